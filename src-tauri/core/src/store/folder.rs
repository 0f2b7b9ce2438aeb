//! The data folder: whether it may be used, and who may record into it.
//!
//! A folder that others can write to, or a symbolic link, would let another user choose what we overwrite; a network
//! file system breaks the locks that SQLite's write-ahead log needs.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;

use super::error::StoreError;
use crate::paths::network;
use crate::say;

/// Name of the database in the data folder.
pub const DATABASE: &str = "hoofbeat.db";
const LOCK: &str = "hoofbeat.lock";

/// The database of a data folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Makes the folder where it is missing (0700) and refuses one that is not safely ours.
pub(super) fn prepare(folder: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(folder).is_err() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
            StoreError::io(say!("cannot make the folder {folder}", folder = folder.display()), &error)
        })?;
    }
    let shown = folder.display();
    let meta = fs::symlink_metadata(folder).map_err(|error| StoreError::io(folder.display(), &error))?;
    if meta.is_symlink() {
        return Err(is_link(folder));
    }
    if !meta.is_dir() {
        return Err(StoreError::Refused(say!("{path} is not a folder; choose another with --data-dir", path = shown)));
    }
    let user = rustix::process::geteuid().as_raw();
    if meta.uid() != user {
        return Err(StoreError::Refused(say!(
            "{path} belongs to user {user}, not to you; choose another folder with --data-dir",
            path = shown,
            user = meta.uid()
        )));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(StoreError::Refused(say!(
            "{path} can be written by other users; close it with `chmod go-w {path}` and start again",
            path = shown
        )));
    }
    // Only the owner may look into what is recorded, and a folder that was made by hand is often open to all. One that
    // holds other things as well is not ours to close; our files in it are closed all the same.
    let is_ours = || folder.join(LOCK).exists() || fs::read_dir(folder).is_ok_and(|mut files| files.next().is_none());
    if meta.mode() & 0o077 != 0 && is_ours() {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
            .map_err(|error| StoreError::io(say!("cannot close {path} to others", path = shown), &error))?;
    }
    for name in [DATABASE, LOCK] {
        let file = folder.join(name);
        if fs::symlink_metadata(&file).is_ok_and(|meta| meta.is_symlink()) {
            return Err(StoreError::Refused(say!(
                "{path} is a symbolic link; put the file itself there or choose another folder with --data-dir",
                path = file.display()
            )));
        }
    }
    Ok(())
}

/// SQLite follows no link, and neither do we: somebody else may have made it.
pub(super) fn is_link(folder: &Path) -> StoreError {
    StoreError::Refused(say!(
        "{path} is a symbolic link; name the folder that it leads to with --data-dir",
        path = folder.display()
    ))
}

/// A sentence about the folder's file system where a database on it is at risk.
pub(super) fn network_warning(folder: &Path) -> Option<String> {
    let name = network(rustix::fs::statfs(folder).ok()?.f_type as u32)?;
    Some(format!(
        "{} is on a network or user-space file system ({name}), where file locks may fail and history can be damaged; \
         a folder on a local disk is safer (--data-dir)",
        folder.display()
    ))
}

/// Holds the right to record into a folder; dropped, or at the end of the process, it is free again.
#[derive(Debug)]
pub struct RecorderLock(#[allow(dead_code, reason = "the open file is the lock")] File);

fn lock_file(folder: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))
}

/// Takes the recorder's lock of `folder` (made where missing), or `None` where another recorder holds it.
///
/// # Errors
/// The folder is refused (a symbolic link, writable by others) or cannot be made.
pub fn lock_recorder(folder: &Path) -> Result<Option<RecorderLock>, StoreError> {
    prepare(folder)?;
    let shown = folder.join(LOCK);
    let file = lock_file(folder).map_err(|error| StoreError::io(shown.display(), &error))?;
    // A face that asks whether a recorder runs holds a shared lock for a moment: only a lock that stays is a recorder.
    for _ in 0..20 {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(RecorderLock(file))),
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(std::time::Duration::from_millis(5)),
            Err(error) => return Err(StoreError::io(shown.display(), &error.into())),
        }
    }
    Ok(None)
}

/// Whether a recorder records into `folder`.
pub fn recorder_runs(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOCK)) else { return false };
    matches!(rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn only_a_folder_of_our_own_is_taken() {
        #[track_caller]
        fn refused(folder: &Path, word: &str) {
            let error = lock_recorder(folder).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let temp = tempfile::tempdir().unwrap();
        let ours = temp.path().join("deep/ours");
        assert!(lock_recorder(&ours).unwrap().is_some());
        assert_eq!(fs::metadata(&ours).unwrap().mode() & 0o777, 0o700);

        let link = temp.path().join("link");
        symlink(&ours, &link).unwrap();
        refused(&link, "symbolic link");

        symlink("/etc/hostname", ours.join(DATABASE)).unwrap();
        refused(&ours, "symbolic link");

        let open = temp.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o770)).unwrap();
        refused(&open, "chmod go-w");

        let readable = temp.path().join("readable");
        let mode = |folder: &Path| fs::metadata(folder).unwrap().mode() & 0o777;
        fs::create_dir(&readable).unwrap();
        fs::set_permissions(&readable, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(lock_recorder(&readable).unwrap().is_some());
        assert_eq!(mode(&readable), 0o700, "an empty folder becomes ours alone");

        let shared = temp.path().join("shared");
        fs::create_dir_all(shared.join("photos")).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&shared).unwrap();
        assert_eq!(mode(&shared), 0o755, "a folder with other things in it is left as it is");

        fs::write(temp.path().join("file"), "").unwrap();
        refused(&temp.path().join("file"), "not a folder");
    }

    #[test]
    fn one_recorder_a_folder() {
        let temp = tempfile::tempdir().unwrap();
        assert!(!recorder_runs(temp.path()));
        let held = lock_recorder(temp.path()).unwrap();
        assert!(held.is_some());
        assert!(recorder_runs(temp.path()));
        assert!(lock_recorder(temp.path()).unwrap().is_none());
        drop(held);
        assert!(!recorder_runs(temp.path()));
        assert!(lock_recorder(temp.path()).unwrap().is_some());
    }
}
