//! The dashboard: a window that is started on demand and ends when it is closed.
//!
//! WebKit gives its memory back only when its process ends, so the window is a process of its own and the recorder with
//! its tray lives in the small binary. This one reads the arguments, makes sure that a recorder runs, and opens the
//! window. Deliberately not here: what the page may ask, and the answers (`hoofbeat_page`).

mod commands;
mod save;
mod window;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use hoofbeat_core::config::Config;
use hoofbeat_core::language::{self, Language};
use hoofbeat_page::Page;
use tauri::Manager;

use crate::commands::Feed;

/// Shows what Hoofbeat records, in a window.
#[derive(Parser)]
#[command(name = "hoofbeat-desktop", version)]
struct Arguments {
    /// The folder of the database [default: $HOOFBEAT_DATA_DIR, or else $XDG_DATA_HOME/hoofbeat]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Closes the window where it is open and in front; opens or raises it otherwise
    #[arg(long)]
    toggle: bool,

    /// Processes, and a recorder that has to be started, read DIR/proc and DIR/sys instead of this machine's
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

fn main() -> ExitCode {
    env_logger::init_from_env(env_logger::Env::default().default_filter_or("warn"));
    let arguments = Arguments::parse();
    // GTK would panic without a display; a person deserves a sentence.
    if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty())) {
        eprintln!("hoofbeat-desktop: there is no display to show a window on; `hoofbeat status` works in a terminal");
        return ExitCode::FAILURE;
    }
    let folder = match hoofbeat_core::paths::data_folder(arguments.data_dir.as_deref()) {
        Ok(folder) => folder,
        Err(error) => return fail(&error),
    };
    speak();
    match run(&folder, arguments.root.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// Speaks the language that a person chose, or else that of the desktop, where no page says which is its own.
fn speak() {
    language::follow(Language::of_environment(|name| std::env::var(name).ok()));
    let config = hoofbeat_core::paths::config_file().ok().and_then(|file| Config::in_force(&file).ok());
    language::choose(config.and_then(|config| config.language));
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("hoofbeat-desktop: {error}");
    ExitCode::FAILURE
}

fn run(folder: &Path, root: Option<&Path>) -> tauri::Result<()> {
    let page = Arc::new(Page::new(folder, root));
    let managed = page.clone();
    tauri::Builder::default()
        // First, so that a second launch ends before it does anything else.
        .plugin(window::single_instance(folder, page.clone()))
        .manage(managed)
        .manage(Feed::default())
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::unsubscribe,
            commands::ask,
            commands::save
        ])
        .setup(move |app| {
            // Beside the window, which takes about as long to open.
            std::thread::Builder::new().name("recorder-start".into()).spawn(move || page.ensure_recorder())?;
            window::open(app.handle())?;
            Ok(())
        })
        .on_window_event(|window, event| {
            if let tauri::WindowEvent::Destroyed = event {
                window.state::<Feed>().replace(None);
            }
        })
        .run(tauri::generate_context!())
}
