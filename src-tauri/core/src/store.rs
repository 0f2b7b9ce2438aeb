//! All SQLite. (Signatures only in this commit; the rooms that use the store are built against them.)

use std::path::{Path, PathBuf};

use crate::api::{EventInfo, History, HistoryQuery, Status};
use crate::model::{AlertRow, Keep, Now, RecorderState, Tick};

/// Why the store refuses or fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing was recorded in this folder yet.
    #[error("there is no recording in {}; start one with `hoofbeat watch`", .0.display())]
    NoRecording(PathBuf),
    /// The folder or a file in it may not be used; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// The file belongs to a newer Hoofbeat: it can be read, not written.
    #[error("{} was written by a newer Hoofbeat (schema {found}, this one knows {known}); update Hoofbeat, or choose another folder with --data-dir", .file.display())]
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process holds the write lock.
    #[error("the database is locked by another process")]
    Busy,
    /// The disk is full or the quota used up.
    #[error("the disk is full")]
    Full,
    /// The file system does not let us write.
    #[error("the database cannot be written: {0}")]
    ReadOnly(String),
    /// The database is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// Anything else that SQLite or the file system says.
    #[error("{0}")]
    Io(String),
}

/// The recorder's store: the only writer of measurements.
#[derive(Debug)]
pub struct Store {}

/// What opening found.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Things that a person should be told, as events to be recorded (a damaged file set aside, …).
    pub events: Vec<crate::model::Event>,
    /// Things to be said once in the log (a network file system, …).
    pub warnings: Vec<String>,
    /// Alerts as they stood.
    pub alerts: Vec<AlertRow>,
    /// A pause that a person asked for earlier, as Unix seconds until which it lasts.
    pub paused_until: Option<i64>,
    /// The second of the newest tick in the store.
    pub last_ts: Option<i64>,
    /// What the recorder was doing when it last wrote: anything but `Off` means that it did not end in order.
    pub left: Option<RecorderState>,
}

impl Store {
    /// Opens or makes the database in `folder` (made with mode 0700 where missing) for writing. The caller holds the
    /// recorder's lock (see [`lock_recorder`]). A damaged database is set aside and salvaged.
    ///
    /// # Errors
    /// See [`StoreError`]; `Damaged` is not among them.
    pub fn open(_folder: &Path, _keep: Keep, _now: Now) -> Result<Opened, StoreError> {
        unimplemented!()
    }

    /// Appends ticks, oldest first, in one transaction. With `durable` the commit survives a power cut.
    ///
    /// # Errors
    /// Nothing of `ticks` was stored. `Busy`, `Full` and `ReadOnly` may pass: try again with the same ticks.
    /// `Damaged`: call [`Store::open`] again.
    pub fn append(&mut self, _ticks: &[Tick], _durable: bool) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Seals finished hours, applies retention and the size cap, and gives back disk space, a bounded amount of work
    /// a call. Cheap where there is nothing to do. Call between ticks.
    ///
    /// # Errors
    /// As for [`Store::append`]; nothing is lost.
    pub fn maintain(&mut self, _now: Now) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// The pause that a person asked for in a face, as Unix seconds until which it lasts. Costs microseconds where
    /// nothing changed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn wished_pause(&mut self) -> Result<Option<i64>, StoreError> {
        unimplemented!()
    }

    /// Changes how long history is kept.
    pub fn set_keep(&mut self, _keep: Keep) {
        unimplemented!()
    }

    /// Bytes that the database takes on disk, its write-ahead log included.
    pub fn bytes(&self) -> u64 {
        unimplemented!()
    }

    /// Writes everything through to the disk and closes.
    ///
    /// # Errors
    /// The disk refused.
    pub fn close(self) -> Result<(), StoreError> {
        unimplemented!()
    }
}

/// Holds the right to record into a folder; dropped or at the end of the process it is free again.
#[derive(Debug)]
pub struct RecorderLock {}

/// Takes the recorder's lock of `folder` (made where missing), or `None` where another recorder holds it.
///
/// # Errors
/// The folder is refused (a symbolic link, writable by others) or cannot be made.
pub fn lock_recorder(_folder: &Path) -> Result<Option<RecorderLock>, StoreError> {
    unimplemented!()
}

/// Whether a recorder records into `folder`.
pub fn recorder_runs(_folder: &Path) -> bool {
    unimplemented!()
}

/// Leaves the wish to pause until a Unix second, or to go on, for the recorder.
pub fn ask_pause(_folder: &Path, _until: Option<i64>) -> Result<(), StoreError> {
    unimplemented!()
}

/// A face's read-only view of the database.
pub struct Reader {}

impl Reader {
    /// Opens the database in `folder` for reading.
    pub fn open(_folder: &Path) -> Result<Reader, StoreError> {
        unimplemented!()
    }

    /// `PRAGMA data_version`.
    pub fn version(&self) -> Result<i64, StoreError> {
        unimplemented!()
    }

    /// See [`crate::api::Face::status`].
    pub fn status(&self, _recorder_runs: bool) -> Result<Status, StoreError> {
        unimplemented!()
    }

    /// See [`crate::api::Face::history`].
    pub fn history(&self, _query: &HistoryQuery) -> Result<History, StoreError> {
        unimplemented!()
    }

    /// See [`crate::api::Face::events`].
    pub fn events(&self, _since: i64, _limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        unimplemented!()
    }

    /// Bytes of each table and index, largest first.
    pub fn table_bytes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        unimplemented!()
    }

    /// Checks the whole file and every checksum; the findings in words, empty where all is well.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        unimplemented!()
    }
}
