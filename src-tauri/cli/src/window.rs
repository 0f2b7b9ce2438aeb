//! Starting the window, which is another program: `hoofbeat-desktop`.
//!
//! It is looked for beside this program first, so that a checkout or an unpacked archive starts its own, then on the
//! path. Deliberately not here: whether a window is open already; the desktop program keeps itself single.

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::FileType;

/// The program that shows the window.
const PROGRAM: &str = "hoofbeat-desktop";

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
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !set("DISPLAY") && !set("WAYLAND_DISPLAY") {
            return Err("there is no display to open a window on (neither WAYLAND_DISPLAY nor DISPLAY is set)".into());
        }
        let program = find()?;
        let mut command = Command::new(&program);
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

/// Where the program is.
///
/// # Errors
/// One sentence that says where it was looked for.
pub fn find() -> Result<PathBuf, String> {
    let own = std::env::current_exe().ok();
    find_in(own.as_deref().and_then(Path::parent), std::env::var_os("PATH").as_deref())
}

fn find_in(beside: Option<&Path>, path: Option<&OsStr>) -> Result<PathBuf, String> {
    let folders = beside.map(Path::to_path_buf).into_iter().chain(path.into_iter().flat_map(std::env::split_paths));
    for folder in folders {
        let program = folder.join(PROGRAM);
        if rustix::fs::access(&program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file() {
            return Ok(program);
        }
    }
    let beside = beside.map(|folder| format!("in {} and ", folder.display())).unwrap_or_default();
    Err(format!("{PROGRAM} is not installed; it was looked for {beside}in the folders of PATH"))
}

/// The window runs elsewhere, so a relative folder would be another one there.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_program_beside_ours_comes_before_the_path() {
        let here = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = here.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let install = |folder: &Path, mode: u32| {
            let program = folder.join(PROGRAM);
            std::fs::write(&program, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
            program
        };
        let (beside, first, second) = (folder("beside"), folder("first"), folder("second"));
        let path = std::env::join_paths([&first, &second]).unwrap();

        let missing = find_in(Some(&beside), Some(&path)).unwrap_err();
        assert!(missing.contains(&beside.display().to_string()), "{missing}");

        install(&first, 0o644);
        let on_path = install(&second, 0o755);
        assert_eq!(find_in(Some(&beside), Some(&path)), Ok(on_path), "a file that nobody may run is passed over");

        let sibling = install(&beside, 0o755);
        assert_eq!(find_in(Some(&beside), Some(&path)), Ok(sibling));
    }
}
