//! What the engine tells the faces that live in its own process, and what they tell it.
//!
//! Plain data, so that a tray or a notification needs no database. Deliberately not here: how it reaches them
//! (`outlet`), and words for people, which the faces choose.

use std::sync::Arc;
use std::time::Duration;

use crate::metrics::Metric;
use crate::model::rule::{Severity, Threshold};
use crate::model::{Condition, RecorderState, Source};
use crate::why::presence::Hints;
use crate::why::{Quiet, User};

/// What a face asks of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop sampling until a Unix second; recording then goes on by itself. The wish survives a restart.
    Pause {
        /// Unix seconds.
        until: i64,
    },
    /// Go on now.
    Resume,
    /// The machine is about to sleep: bring everything to the disk at once.
    Suspending,
    /// What is said of the person's session now; `None` where nobody says anything any more.
    Presence(Option<Hints>),
    /// Write everything and end.
    Stop,
}

/// What the engine tells its subscribers.
#[derive(Clone, Debug)]
pub enum Published {
    /// The state of everything, after each tick and each change of the recorder's state.
    Status(Arc<Snapshot>),
    /// A rule fired or cleared.
    Alert(Arc<Notice>),
    /// Something that a person should know, in one sentence, said once.
    Trouble(String),
    /// The engine has ended; nothing follows.
    Stopped,
}

/// The state of everything at one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Unix seconds of the newest tick; `None` before the first.
    pub ts: Option<i64>,
    /// What the recorder is doing.
    pub state: RecorderState,
    /// Unix seconds since when.
    pub since: i64,
    /// Unix seconds until when, for a pause.
    pub until: Option<i64>,
    /// Every source, in the order in which they were first seen.
    pub sources: Vec<SourceNow>,
    /// Alerts that fire, oldest first.
    pub alerts: Vec<ActiveAlert>,
    /// What is wrong with the recording itself, worst first.
    pub troubles: Vec<Trouble>,
}

/// Something that is wrong with the recording itself, for as long as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Ticks cannot be written and wait in memory.
    Unwritten,
    /// Finished hours cannot be put away.
    Untidy,
    /// The config file has a mistake, and earlier settings are in force.
    Config,
}

impl Snapshot {
    /// The value of a metric of the source with this id, in the metric's unit.
    pub fn value(&self, source: &str, metric: Metric) -> Option<f64> {
        self.sources.iter().find(|now| now.source.id == source)?.value(metric)
    }
}

/// One source at one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceNow {
    /// Which.
    pub source: Arc<Source>,
    /// Its health, with the reason.
    pub condition: Condition,
    /// Its newest values in the unit of their metric; what was not read is missing. Empty while recording is paused.
    pub values: Vec<(Metric, f64)>,
    /// Who uses it, where it is a GPU and its driver tells, one an identity and user; in no order. Empty while recording
    /// is paused.
    pub users: Vec<User>,
    /// For how long it has done nothing, where it is a GPU.
    pub quiet: Quiet,
}

impl SourceNow {
    /// The value of a metric, in its unit.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.values.iter().find(|(other, _)| *other == metric).map(|(_, value)| *value)
    }
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// On which source.
    pub source: Arc<Source>,
    /// Of what.
    pub metric: Metric,
    /// The last value seen, in the metric's unit.
    pub value: Option<f64>,
    /// What it had to pass.
    pub limit: Threshold,
    /// Unix seconds at which it fired.
    pub since: i64,
}

/// A rule fired or cleared for one source: exactly one of each for a crossing, restarts included.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// On which source.
    pub source: Arc<Source>,
    /// Of what.
    pub metric: Metric,
    /// The value that decided, in the metric's unit; `None` where an alert ends because its rule was changed or its
    /// source was not read for a day.
    pub value: Option<f64>,
    /// What it had to pass in order to fire.
    pub limit: Threshold,
    /// How long it had to stay past the limit before it fired.
    pub hold: Duration,
    /// Fired or cleared.
    pub phase: NoticePhase,
    /// Unix seconds at which it fired.
    pub since: i64,
    /// Whether the person wants notifications at all (`[notify] enabled`).
    pub notify: bool,
}

/// What ends an alert. Only a reading tells that a value is back to normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A reading within the limit.
    Read,
    /// Its source was not read for a day.
    Unread,
    /// Its rule was changed or removed.
    RuleChanged,
}

/// Which way a [`Notice`] goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoticePhase {
    /// It began.
    Fired,
    /// It is over.
    Cleared {
        /// What ended it.
        ending: Ending,
        /// From fired to cleared.
        lasted: Duration,
        /// The most extreme value while it fired, in the metric's unit.
        peak: Option<f64>,
    },
}
