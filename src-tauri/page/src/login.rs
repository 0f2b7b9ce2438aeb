//! Whether the recorder starts with the person's session, for the window's settings.
//!
//! What the entry is, core's `autostart` knows alone. Deliberately not here: which pages may change it (`question`).

use std::path::Path;

use hoofbeat_core::autostart::{self, Entry, Start};
use hoofbeat_core::say;

use crate::failure::{Code, Failure};
use crate::recorder;

/// Whether it does; `null` where nothing tells where a desktop looks for that.
pub fn read() -> Option<bool> {
    let entry = Entry::read(&autostart::file()?);
    Some(entry.is_on() && !entry.is_broken())
}

/// From now on it does, recording into `folder`, or does not any more.
///
/// # Errors
/// [`Code::Io`]: the entry cannot be written.
pub fn set(folder: &Path, on: bool) -> Result<(), Failure> {
    let unknown = || say!("Nothing tells where your desktop looks for what it starts at login.").to_owned();
    let file = autostart::file().ok_or_else(|| Failure::new(Code::Io, unknown()))?;
    change(&file, on.then(|| Start::of(recorder::program(), folder)).as_ref())
}

fn change(file: &Path, start: Option<&Start>) -> Result<(), Failure> {
    autostart::set(file, start)
        .map_err(|problem| Failure::new(Code::Io, say!("Starting at login is not changed: {problem}.", problem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_cannot_be_written_is_said_in_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let start = Start { program: "/usr/bin/hoofbeat".into(), recording: "/data".into(), config: None };
        let entry = folder.path().join("autostart/hoofbeat.desktop");
        change(&entry, Some(&start)).unwrap();
        assert!(entry.exists());
        change(&entry, None).unwrap();
        assert!(!entry.exists());
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let failure = change(&file.join("hoofbeat.desktop"), Some(&start)).unwrap_err();
        assert_eq!(failure.code, Code::Io);
        assert!(failure.message.starts_with("Starting at login is not changed: "), "{}", failure.message);
    }
}
