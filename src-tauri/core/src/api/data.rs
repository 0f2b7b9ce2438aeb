//! What a recording takes, and how far back it reaches.
//!
//! Deliberately not here: what a single table takes, which only the command line asks for.

use std::path::Path;

use serde::Serialize;

use super::Face;
use crate::store::{self, Oldest, StoreError};

/// A recording as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DataSize {
    /// Bytes of all its files.
    pub bytes: u64,
    /// Bytes that its file system has left for this user; `None` where it does not say.
    pub free: Option<u64>,
    /// The oldest of everything.
    pub oldest: Oldest,
    /// Whether a person asked for a deletion that no recorder has done yet.
    pub awaits_deletion: bool,
}

/// Beyond all times of a recording.
const EVERYTHING: i64 = i64::MAX / 4;

const DAY: i64 = 86_400;

impl Face {
    /// What the recording takes, and how far back it reaches.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn data(&self) -> Result<DataSize, StoreError> {
        let (oldest, awaits_deletion) = (self.reader.oldest()?, self.reader.awaits_deletion()?);
        Ok(DataSize { bytes: bytes(&self.folder), free: free(&self.folder), oldest, awaits_deletion })
    }

    /// Asks the recorder to delete what was recorded more than so many days before `now` (Unix seconds), by whole days in
    /// UTC; or everything. What was learnt of who uses GPUs stays, and what stands now.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn delete_history(&self, older_than_days: Option<u32>, now: i64) -> Result<(), StoreError> {
        self.delete_before(older_than_days.map(|days| now - i64::from(days) * DAY))
    }

    /// The same of what was recorded before the day of a moment (Unix seconds); or of everything.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn delete_before(&self, moment: Option<i64>) -> Result<(), StoreError> {
        store::ask_deletion(&self.folder, moment.map_or(EVERYTHING, day_of))
    }
}

/// The first second of the day in UTC that a moment lies in: history is deleted by whole days.
pub fn day_of(moment: i64) -> i64 {
    moment - moment.rem_euclid(DAY)
}

/// Bytes of all files in a recording's folder, the write-ahead log and what was set aside included.
pub fn bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).filter(|data| data.is_file()).map(|data| data.len()).sum()
}

fn free(folder: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(folder).ok()?;
    Some(room.f_bavail.saturating_mul(room.f_frsize))
}
