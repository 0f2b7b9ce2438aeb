//! The dashboard: a window that is started on demand and ends when it is closed.
//!
//! WebKit gives its memory back only when its process ends, so the window is a process of its own and the recorder with
//! its tray lives in the small binary. This one reads the arguments, makes sure that a recorder runs, and opens the
//! window. Deliberately not here: measuring, but for the list of processes, and every query, which is `hoofbeat_core::api`'s.

mod alerts;
mod commands;
mod failure;
mod feed;
mod processes;
mod recorder;
mod recording;
mod rules;
mod window;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use tauri::Manager;

use crate::processes::Processes;
use crate::recording::Recording;
use crate::rules::Rehearsals;

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
    match run(&folder, arguments.root.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("hoofbeat-desktop: {error}");
    ExitCode::FAILURE
}

/// A relative folder must mean the same for the recorder, which may be started from elsewhere.
fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf())
}

fn run(folder: &Path, root: Option<&Path>) -> tauri::Result<()> {
    let folder = absolute(folder);
    let recording = Arc::new(Recording::new(folder.clone(), root.map(absolute)));
    let managed = recording.clone();
    tauri::Builder::default()
        // First, so that a second launch ends before it does anything else.
        .plugin(window::single_instance(&folder, recording.clone()))
        .manage(managed)
        .manage(Processes::new(root))
        .manage(Arc::new(Rehearsals::default()))
        .invoke_handler(tauri::generate_handler![
            commands::subscribe,
            commands::history,
            commands::metrics,
            commands::events,
            commands::processes,
            commands::pause,
            commands::resume,
            commands::rules,
            commands::check_rule,
            commands::rehearse_rule,
            commands::save_rule,
            commands::remove_rule,
            commands::snooze,
            commands::unsnooze,
            commands::start_recorder,
        ])
        .setup(move |app| {
            // Beside the window, which takes about as long to open.
            std::thread::Builder::new().name("recorder-start".into()).spawn(move || recording.ensure_recorder())?;
            window::open(app.handle())?;
            Ok(())
        })
        .on_window_event(|window, event| {
            if let tauri::WindowEvent::Destroyed = event {
                window.state::<Arc<Recording>>().end_feed();
            }
        })
        .run(tauri::generate_context!())
}
