//! Starting the window, which is another program: `hoofbeat-desktop`.
//!
//! Deliberately not here: whether a window is open already; the desktop program keeps itself single.

use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use hoofbeat_core::paths::absolute;
use rustix::fs::FileType;

use crate::program;

/// The program that shows the window.
pub const PROGRAM: &str = "hoofbeat-desktop";

/// Starts the window on one recording.
#[derive(Clone, Debug)]
pub struct Window {
    /// The folder of the recording that it shows.
    pub folder: PathBuf,
    /// The folder that stands for `/`, where it is another one.
    pub root: Option<PathBuf>,
}

impl Window {
    /// Starts the program and leaves it alone; `token` lets it come to the front on Wayland.
    ///
    /// # Errors
    /// One sentence: it was not found (and where it was looked for), there is no display, or it did not start.
    pub fn open(&self, token: Option<&str>) -> Result<(), String> {
        self.start(token, &[])
    }

    /// The same, but that it closes where it is open and in front.
    ///
    /// # Errors
    /// As for [`Window::open`].
    pub fn toggle(&self, token: Option<&str>) -> Result<(), String> {
        self.start(token, &["--toggle"])
    }

    fn start(&self, token: Option<&str>, arguments: &[&str]) -> Result<(), String> {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
            return Err("there is no display to open a window on (neither WAYLAND_DISPLAY nor DISPLAY is set)".into());
        }
        let program = program::find(PROGRAM)?;
        let mut command = Command::new(&program);
        command.args(arguments);
        command.env("HOOFBEAT_DATA_DIR", absolute(&self.folder)).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(root) = &self.root {
            command.arg("--root").arg(absolute(root));
        }
        // A token is good for one window only: one that we inherited ourselves is long used up.
        command.env_remove("XDG_ACTIVATION_TOKEN").env_remove("DESKTOP_STARTUP_ID");
        if let Some(token) = token {
            command.env("XDG_ACTIVATION_TOKEN", token).env("DESKTOP_STARTUP_ID", token);
        }
        // The window would hold a pipe open for as long as it is there, and whoever reads it would wait for its end.
        if is_pipe(std::io::stderr()) {
            command.stderr(Stdio::null());
        }
        // In its own group, Ctrl+C in the recorder's terminal does not close the window.
        command.process_group(0);
        let mut child = command.spawn().map_err(|error| format!("{} does not start: {error}", program.display()))?;
        log::info!("started {}", program.display());
        // Somebody has to take note of its end, or the process table keeps it for as long as we run.
        let waiter = std::thread::Builder::new().name("window".into());
        if let Err(error) = waiter.spawn(move || child.wait()) {
            log::warn!("nobody waits for the end of the window: {error}");
        }
        Ok(())
    }
}

fn is_pipe(output: impl AsFd) -> bool {
    rustix::fs::fstat(output).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo)
}
