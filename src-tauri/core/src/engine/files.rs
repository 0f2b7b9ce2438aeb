//! Noticing that the config file changed.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use crate::config::{Config, ConfigError};

/// What tells one version of a file from the next, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    modified: (i64, i64),
    /// Changes with rights and owner: a file that became readable is a new version.
    changed: (i64, i64),
}

/// The config file, watched by looking: one `stat`, which costs less than a watch that must be kept alive.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    /// Of the recording, where what was read without a fault is kept.
    folder: PathBuf,
    /// The version in force, or refused.
    known: Option<Stamp>,
    /// The version seen at the last look.
    seen: Option<Stamp>,
}

impl ConfigFile {
    /// Watches `path` from its present version on.
    pub fn new(path: PathBuf, folder: PathBuf) -> ConfigFile {
        let known = stamp(&path);
        ConfigFile { path, folder, known, seen: known }
    }

    /// The new content, once, where there is another version that was not just being written. A file that is gone changes
    /// nothing: editors remove it for a moment.
    pub fn changed(&mut self) -> Option<Result<Config, ConfigError>> {
        let stamp = stamp(&self.path)?;
        let before = self.seen.replace(stamp);
        // Still the same at two looks: nobody is in the middle of writing it.
        if self.known == Some(stamp) || before != Some(stamp) {
            return None;
        }
        self.known = Some(stamp);
        Some(Config::take(&self.path, &self.folder))
    }
}

fn stamp(path: &std::path::Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some(Stamp {
        inode: meta.ino(),
        size: meta.size(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_new_version_is_read_once_and_not_while_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let mut file = ConfigFile::new(path.clone(), folder.path().to_owned());
        assert!(file.changed().is_none());
        fs::write(&path, "[keep]\nraw = \"1d\"\n").unwrap();
        assert!(file.changed().is_none(), "it may be half written");
        assert_eq!(file.changed().unwrap().unwrap().keep.raw.as_secs(), 86_400);
        assert!(file.changed().is_none());
        // An editor writes a new file and renames it.
        let other = folder.path().join("new");
        fs::write(&other, "[keep]\nraw = \"2\"\n").unwrap();
        fs::remove_file(&path).unwrap();
        assert!(file.changed().is_none());
        fs::rename(&other, &path).unwrap();
        assert!(file.changed().is_none());
        assert!(file.changed().unwrap().is_err());
        assert!(file.changed().is_none(), "a refusal is said once");
    }
}
