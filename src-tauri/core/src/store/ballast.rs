//! The ballast: a file that holds a little disk space in reserve.
//!
//! On a full disk SQLite cannot even delete, because deleting writes to its log first. Giving the ballast up makes
//! room for some minutes of recording and for cleaning up; it is laid again at the next hour that has room for it.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

const SIZE: u64 = 1 << 20;

fn file(folder: &Path) -> PathBuf {
    folder.join("hoofbeat.ballast")
}

/// Lays the ballast where it is missing and the disk has room to spare. A disk that has none keeps its space.
pub(super) fn keep(folder: &Path, cap: u64) {
    let path = file(folder);
    if path.exists() {
        return;
    }
    let room = rustix::fs::statvfs(folder).map_or(0, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
    if room < 8 * SIZE || cap < 8 * SIZE {
        return;
    }
    let laid =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).and_then(|file| {
            rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, SIZE).map_err(std::io::Error::from)
        });
    if let Err(error) = laid {
        log::debug!("no ballast could be laid: {error}");
        let _ = fs::remove_file(&path);
    }
}

/// Gives the ballast up. Returns whether there was one.
pub(super) fn release(folder: &Path) -> bool {
    fs::remove_file(file(folder)).is_ok()
}
