//! Makes sure that a recorder runs: `hoofbeat watch`, which outlives this window.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hoofbeat_core::say;
use hoofbeat_core::store::recorder_runs;

use crate::failure::{Code, Failure};

/// How long a new recorder may take until it holds its lock. It opens, checks and perhaps salvages the database first.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);

/// Starts a recorder for `folder` where none runs, and waits until it does. With a `root` it reads that folder's `proc`
/// and `sys`.
///
/// # Errors
/// [`Code::RecorderStart`], with what the recorder said.
pub fn ensure(folder: &Path, root: Option<&Path>) -> Result<(), Failure> {
    if recorder_runs(folder) {
        return Ok(());
    }
    start(&program(), folder, root, log_file().as_deref())
}

fn start(program: &Path, folder: &Path, root: Option<&Path>, log: Option<&Path>) -> Result<(), Failure> {
    let failed = |message: String| Failure::new(Code::RecorderStart, message);
    let mut command = Command::new(program);
    command.arg("watch").arg("--data-dir").arg(folder);
    if let Some(root) = root {
        command.arg("--root").arg(root);
    }
    // A process group of its own: neither the end of this window nor ^C or a closed terminal reaches it.
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(log.and_then(create_log).map_or_else(Stdio::null, Stdio::from));
    let mut child = command.spawn().map_err(|error| {
        failed(say!("The recorder could not be started: {program}: {error}.", program = program.display(), error))
    })?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if recorder_runs(folder) {
            reap_later(child);
            return Ok(());
        }
        match child.try_wait() {
            // Somebody else's recorder may have won the race; ours then ends in order.
            Ok(Some(_)) if recorder_runs(folder) => return Ok(()),
            Ok(Some(status)) => return Err(failed(ended(status, log))),
            Ok(None) => {}
            Err(error) => return Err(failed(say!("The recorder was started and then lost: {error}.", error))),
        }
        if Instant::now() >= deadline {
            reap_later(child);
            let seconds = PATIENCE.as_secs();
            return Err(failed(say!("The recorder was started but does not record after {seconds} s.", seconds)));
        }
        std::thread::sleep(LOOK);
    }
}

/// `hoofbeat` beside this program, as installed and as built; else the one on PATH.
pub fn program() -> PathBuf {
    let sibling = std::env::current_exe().ok().map(|own| own.with_file_name("hoofbeat"));
    sibling.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from("hoofbeat"))
}

/// A sentence for a recorder that ended at once, with the last thing it said.
fn ended(status: ExitStatus, log: Option<&Path>) -> String {
    let said = log.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    match said.lines().rev().find(|line| !line.trim().is_empty()) {
        Some(line) => say!("The recorder ended at once: {line}", line = line.trim()),
        None => say!("The recorder ended at once ({status}).", status),
    }
}

/// Waits for the recorder's end, should it come before ours: an ended child that nobody waits for stays in the process
/// table.
fn reap_later(mut child: Child) {
    let spawned = std::thread::Builder::new().name("recorder-reaper".into()).spawn(move || child.wait());
    if let Err(error) = spawned {
        log::warn!("cannot wait for the recorder: {error}");
    }
}

/// What the recorder says goes to a file: a pipe would break when this window ends before the recorder does.
fn log_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    Some(state.join("hoofbeat").join("watch.log"))
}

fn create_log(path: &Path) -> Option<File> {
    DirBuilder::new().recursive(true).mode(0o700).create(path.parent()?).ok()?;
    // Removed first: another recorder, for another folder, may still write to the file of before.
    let _ = std::fs::remove_file(path);
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let failure = start(Path::new("/nonexistent/hoofbeat"), folder.path(), None, None).unwrap_err();
        assert_eq!(failure.code, Code::RecorderStart);
        assert!(failure.message.contains("/nonexistent/hoofbeat"), "{}", failure.message);
    }

    #[test]
    fn the_last_words_of_a_recorder_that_ends_at_once_are_told() {
        let folder = tempfile::tempdir().unwrap();
        // A shell finds no script that is called `watch`, says so and ends.
        let shell = Path::new("/bin/sh");
        let log = folder.path().join("state/watch.log");
        let failure = start(shell, folder.path(), None, Some(&log)).unwrap_err();
        assert!(failure.message.starts_with("The recorder ended at once: "), "{}", failure.message);
        assert!(failure.message.contains("watch"), "{}", failure.message);
        let failure = start(shell, folder.path(), None, None).unwrap_err();
        assert!(failure.message.contains("exit status"), "{}", failure.message);
    }
}
