//! The handful of calls that a face may make. What they answer is `model::answer`.
//!
//! Command line, tray, window and (later) HTTP all speak through here. Deliberately not here: formatting, and anything
//! that touches hardware — only the recorder does that. A live list of processes is read from `/proc`, which is none.

mod expectations;
mod groups;
mod live;
mod processes;
mod users;

use std::path::{Path, PathBuf};

use crate::metrics::TABLE;
use crate::store::{Reader, StoreError};

pub use self::expectations::{Forecast, Unexpected};
pub use self::groups::groups;
pub use self::live::LiveProcesses;
pub use self::processes::{GpuShare, ProcessNow, Seen};
pub use self::users::Users;
pub use crate::model::answer::{
    EventInfo, GpuProcess, GpuTotal, GpuUsages, History, HistoryQuery, IdentityUsage, MetricInfo, ProcessGroup,
    ProcessList, Recorder, SCHEMA, Series, SourceStatus, Status, Value,
};

/// Every metric of the table.
pub fn metrics() -> Vec<MetricInfo> {
    TABLE
        .iter()
        .map(|line| MetricInfo { key: line.key, unit: line.unit.symbol(), label: line.label, panel: line.panel })
        .collect()
}

/// A face's way to what was recorded. It only reads, but for [`Face::pause`] and [`Face::resume`].
pub struct Face {
    reader: Reader,
    folder: PathBuf,
}

impl Face {
    /// Opens the recording in `folder` for reading.
    ///
    /// # Errors
    /// [`StoreError::NoRecording`] where nothing was recorded yet; see [`StoreError`] for the rest.
    pub fn open(folder: &Path) -> Result<Face, StoreError> {
        Ok(Face { reader: Reader::open(folder)?, folder: folder.to_path_buf() })
    }

    /// A number that changes whenever something was written; costs microseconds.
    ///
    /// # Errors
    /// The database cannot be read any more.
    pub fn version(&self) -> Result<i64, StoreError> {
        self.reader.version()
    }

    /// The state of everything, now. While no recorder runs, every source is `stale` and keeps its last values with
    /// their time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn status(&self) -> Result<Status, StoreError> {
        self.reader.status(crate::store::recorder_runs(&self.folder))
    }

    /// A stretch of history, folded to at most `points` points a series.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn history(&self, query: &HistoryQuery) -> Result<History, StoreError> {
        self.reader.history(query)
    }

    /// Who used which GPU from `since` until `until` (Unix seconds), and what that took, by whole minutes. A minute is
    /// told once it is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn gpu_usages(&self, since: i64, until: i64) -> Result<GpuUsages, StoreError> {
        self.reader.gpu_usages(since, until)
    }

    /// Events from `since` (Unix seconds) on, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events(&self, since: i64, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        self.reader.events(since, limit)
    }

    /// Asks the recorder to pause until `until` (Unix seconds); it notices within a tick.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn pause(&self, until: i64) -> Result<(), StoreError> {
        crate::store::ask_pause(&self.folder, Some(until))
    }

    /// Asks the recorder to go on.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn resume(&self) -> Result<(), StoreError> {
        crate::store::ask_pause(&self.folder, None)
    }
}
