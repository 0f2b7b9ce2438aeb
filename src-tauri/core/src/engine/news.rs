//! What the engine tells the faces that live in its own process, and what they tell it.
//!
//! Plain data, so that a tray or a notification needs no database. Deliberately not here: how it reaches them
//! (`outlet`), and words for people, which the faces choose.

use std::sync::Arc;
use std::time::Duration;

use crate::alerts::dispatch::{Key as AlertKey, Over, Wait};
use crate::alerts::{ActiveAlert, Notice};
use crate::config::Channels;
use crate::metrics::Metric;
use crate::model::rule::Severity;
use crate::model::snooze::Snooze;
use crate::model::tray::IconStyle;
use crate::model::{Condition, RecorderState, Source};
use crate::untrusted::Untrusted;
use crate::why::presence::{Absence, Hints};
use crate::why::{Quiet, User};

/// What a face asks of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop sampling until a Unix second; recording then goes on by itself. The wish survives a restart.
    Pause {
        /// Unix seconds; [`UNTIL_RESUMED`](crate::model::UNTIL_RESUMED) where a person will say when.
        until: i64,
    },
    /// Go on now.
    Resume,
    /// The machine is about to sleep: bring everything to the disk at once.
    Suspending,
    /// What is said of the person's session now; `None` where nobody says anything any more.
    Presence(Option<Hints>),
    /// What could not be shown yet, in the face's own shape; `null` where all was. It is kept over a restart.
    Unshown(serde_json::Value),
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
    /// Where else alerts are told: at the start where anywhere is, and whenever that changes.
    Channels(Arc<Channels>),
    /// Alerts that were not told one by one.
    Digest(Arc<Digest>),
    /// What an earlier recorder could not show: what its face gave with [`Command::Unshown`].
    Unshown(Arc<serde_json::Value>),
    /// What was told of these alerts is not to be seen any more: a person snoozed them or expects them, or they are over
    /// and nothing is told of it.
    Withdrawn(Arc<Vec<AlertKey>>),
    /// Somebody is back, now or in the time of an earlier recorder: when nobody was there.
    Back(Absence),
    /// How the tray's icon says how busy the machine is: at the start where that is not the usual way, and whenever it
    /// changes.
    Icon(IconStyle),
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
    /// Unix seconds until when, for a pause; `None` where a person will say when.
    pub until: Option<i64>,
    /// Every source, in the order in which they were first seen.
    pub sources: Vec<SourceNow>,
    /// Alerts that fire, oldest first.
    pub alerts: Vec<ActiveAlert>,
    /// What people do not want to hear of.
    pub snoozes: Vec<Snooze>,
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

/// Alerts that were not told one by one, as one word.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// Unix seconds at which it is told.
    pub ts: i64,
    /// What they waited for.
    pub wait: Wait,
    /// The time in which there were too many, where that was a burst.
    pub window: Duration,
    /// The alerts: those that still fire first, the worst of them before the others.
    pub items: Vec<DigestItem>,
    /// How many more there were.
    pub more: u64,
}

/// An alert in a digest.
#[derive(Clone, Debug, PartialEq)]
pub struct DigestItem {
    /// The rule's id.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// The id of the source.
    pub source: String,
    /// What it was about, with the newest value where it fires, and the most extreme one where it is over.
    pub title: Untrusted,
    /// Unix seconds at which it fired; the last time, where it did several times.
    pub since: i64,
    /// How it went, where it is over.
    pub over: Option<Over>,
}
