//! The handful of calls that a face may make. What they answer is `model::answer`.
//!
//! Command line, tray, window and (later) HTTP all speak through here. Deliberately not here: formatting, and anything
//! that touches hardware — only the recorder does that. A live list of processes is read from `/proc`, which is none.

mod alerts;
mod bundle;
mod changes;
mod data;
mod expectations;
mod groups;
mod live;
mod past;
mod past_alerts;
mod processes;
mod replay;
mod silence;
mod snoozes;
mod users;
mod verdicts;
mod why;

use std::path::{Path, PathBuf};

use crate::config::Tariff;
use crate::metrics::TABLE;
use crate::model::channel::ChannelState;
use crate::model::rule::Rule;
use crate::store::{Reader, StoreError};
use crate::why::presence::Absence;

pub use self::bundle::{Bundle, BundleError};
pub use self::data::{DataSize, bytes as data_bytes, day_of};
pub use self::expectations::{Forecast, Unexpected};
pub use self::groups::{add_usages, groups};
pub use self::live::{LiveProcesses, process};
pub use self::past_alerts::{PastAlert, watches};
pub use self::processes::{GpuShare, ProcessNow, Seen};
pub use self::replay::{Replayed, Would};
pub use self::silence::{Silence, silence};
pub use self::users::Users;
pub use self::verdicts::evidence_id;
pub use self::why::{Past, Why};
pub use crate::model::answer::{
    AlertInfo, Change, Changes, EpisodeInfo, EventInfo, GpuProcess, GpuTotal, GpuUsages, Happened, History,
    HistoryQuery, IdentityUsage, Lane, LaneOf, MetricInfo, ProcessGroup, ProcessInfo, ProcessList, ProcessMember,
    Recorder, Ribbons, SCHEMA, Series, SessionInfo, SourceStatus, Status, Used, Value, VerdictInfo,
};
pub use crate::sensors::processes::Process;

/// Every metric of the table.
pub fn metrics() -> Vec<MetricInfo> {
    TABLE
        .iter()
        .map(|line| MetricInfo { key: line.key, unit: line.unit.symbol(), label: line.label, panel: line.panel })
        .collect()
}

/// A face's way to what was recorded. It only reads, but for [`Face::pause`], [`Face::resume`],
/// [`Face::note_look`], and what people say of expectations and alerts.
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

    /// Every alert that is not over, worst first: of these rules, as the config has them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alerts(&self, rules: &[Rule]) -> Result<Vec<AlertInfo>, StoreError> {
        alerts::alerts(&self.reader, &self.status()?.sources, rules)
    }

    /// The same for a status that was read already.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alerts_of(&self, status: &Status, rules: &[Rule]) -> Result<Vec<AlertInfo>, StoreError> {
        alerts::alerts(&self.reader, &status.sources, rules)
    }

    /// Alerts of a rule, or of all, that fired or were over from `since` until `until` (Unix seconds), newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn past_alerts(&self, since: i64, until: i64, rule: Option<&str>) -> Result<Vec<PastAlert>, StoreError> {
        past_alerts::past(&self.reader, since, until, rule)
    }

    /// What a rule would have said from `since` until `until` (Unix seconds), and how that differs from what it said.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn replay(&self, rule: &Rule, since: i64, until: i64) -> Result<Replayed, StoreError> {
        replay::replay(&self.reader, rule, since, until)
    }

    /// Why each GPU does what it does: now, or at the moment `at` (Unix seconds).
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn why(&self, at: Option<i64>) -> Result<Why, StoreError> {
        why::why(&self.reader, &self.status()?, at)
    }

    /// The same for a status that was read already: why each GPU does what it does now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn why_now(&self, status: &Status) -> Result<Why, StoreError> {
        why::why(&self.reader, status, None)
    }

    /// What a verdict on the moment `at` (Unix seconds), or now, rests on, for somebody else to look at; `None` where
    /// nothing was recorded then. Users are numbers there unless `with_users`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn bundle(&self, at: Option<i64>, tariff: Tariff, with_users: bool) -> Result<Option<Bundle>, StoreError> {
        Bundle::gather(&self.reader, &self.status()?, at, tariff, with_users)
    }

    /// What each GPU did from `since` until `until` (Unix seconds), by whole minutes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn why_since(&self, since: i64, until: i64) -> Result<Vec<Past>, StoreError> {
        why::since(&self.reader, &self.status()?, since, until)
    }

    /// Sessions that reach into the time from `since` until `until` (Unix seconds), the newest first; on one GPU with its
    /// instances, or on all. One that goes on is told as it was last written, which is once a minute.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sessions(&self, source: Option<&str>, since: i64, until: i64) -> Result<Vec<SessionInfo>, StoreError> {
        self.reader.sessions(source, since, until)
    }

    /// Episodes that reach into that time, the newest first, each with all of its sessions.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn episodes(&self, source: Option<&str>, since: i64, until: i64) -> Result<Vec<EpisodeInfo>, StoreError> {
        self.reader.episodes(source, since, until)
    }

    /// Events from `since` (Unix seconds) on, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn events(&self, since: i64, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        self.reader.events(since, limit)
    }

    /// The Unix second at which a person last looked at the window or asked `hoofbeat why`; `None` where nobody did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_look(&self) -> Result<Option<i64>, StoreError> {
        self.reader.last_look()
    }

    /// What became of the last alerts that were to be told elsewhere.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn channels(&self) -> Result<Vec<ChannelState>, StoreError> {
        self.reader.channels()
    }

    /// When nobody was at this machine last, as a recorder saw it; `None` where none did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_absence(&self) -> Result<Option<Absence>, StoreError> {
        Ok(self.reader.last_presence()?.and_then(|event| Absence::of(&event.detail)))
    }

    /// Notes that a person looks now, at a Unix second.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note_look(&self, ts: i64) -> Result<(), StoreError> {
        crate::store::note_look(&self.folder, ts)
    }

    /// Notes that a person is told now, at a Unix second, that nothing shows the tray's icon; says whether that is the first
    /// time, which it is once for all.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn first_told_of_no_tray(&self, ts: i64) -> Result<bool, StoreError> {
        crate::store::first_told_of_no_tray(&self.folder, ts)
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
