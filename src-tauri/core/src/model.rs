//! The words that every room shares: sources, readings, health, ticks. No I/O.
//!
//! A *source* is a thing measured. Some sources are parts of another one (a core of the CPU, a channel of a sensor
//! chip); a whole and its parts form a *pack*, which is written as one row. [`Batch::put`] is the only way into the
//! recorder, and what is not put is absent: never 0, −1 or the last good value.

pub mod answer;
pub mod baseline;
mod batch;
pub mod binary;
pub mod channel;
pub mod expectation;
pub mod notify;
pub mod rule;
mod session;
pub mod snooze;
pub(crate) mod throttle;
pub mod tray;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::baseline::BaselineRow;
use self::binary::BinaryRow;
use crate::metrics::Metric;
use crate::untrusted::Untrusted;

pub use self::batch::{Batch, Parts, Room};
pub use self::session::{Ended, Episode, Process, Session, Stretches, UseRules};
pub use self::usage::{GpuEnergy, GpuMinute, GpuUsage, GpuUse, HIDDEN, UNUSED_PERCENT, Usage};

/// The Unix second that stands for "until somebody resumes it", as the end of a pause: the last one of the year 9999, which
/// every tool that reads the file can put into words. What is told of such a pause has no end.
pub const UNTIL_RESUMED: i64 = 253_402_300_799;

/// The end of a pause as it is told: `None` where it has none.
pub(crate) fn told_end(until: i64) -> Option<i64> {
    (until < UNTIL_RESUMED).then_some(until)
}

/// What sort of thing a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// A GPU.
    Gpu,
    /// All CPUs together.
    Cpu,
    /// One logical CPU.
    Core,
    /// Main memory and swap.
    Memory,
    /// A block device.
    Disk,
    /// A mounted file system.
    Filesystem,
    /// A network interface.
    Network,
    /// A hardware-monitoring chip.
    Chip,
    /// One temperature, fan, voltage or power reading of a chip.
    Channel,
    /// A battery.
    Battery,
    /// Mains power.
    Mains,
    /// Hoofbeat itself.
    Recorder,
    /// One of Hoofbeat's sensors.
    Sensor,
}

impl SourceKind {
    /// Every kind, with the word used in JSON and SQL.
    pub const WORDS: &[(SourceKind, &'static str)] = &[
        (SourceKind::Gpu, "gpu"),
        (SourceKind::Cpu, "cpu"),
        (SourceKind::Core, "core"),
        (SourceKind::Memory, "memory"),
        (SourceKind::Disk, "disk"),
        (SourceKind::Filesystem, "filesystem"),
        (SourceKind::Network, "network"),
        (SourceKind::Chip, "chip"),
        (SourceKind::Channel, "channel"),
        (SourceKind::Battery, "battery"),
        (SourceKind::Mains, "mains"),
        (SourceKind::Recorder, "recorder"),
        (SourceKind::Sensor, "sensor"),
    ];

    /// The word used in JSON and SQL.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, word)| word)
    }

    /// The kind with this word.
    pub fn from_word(word: &str) -> Option<SourceKind> {
        Self::WORDS.iter().find(|(_, other)| *other == word).map(|(kind, _)| *kind)
    }
}

/// A thing measured. Made once by its sensor and shared from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Stable across reboots and renumbering: `cpu`, `cpu:3`, `disk:<wwn>`, `net:<MAC>`, `hwmon:<device path>:<label>`.
    /// Printable ASCII or UTF-8 without control characters; sensors escape what the hardware says.
    pub id: String,
    /// What sort of thing it is.
    pub kind: SourceKind,
    /// What a person calls it.
    pub label: Untrusted,
    /// The id of the source that it is a part of; parts are recorded in the row of their whole. One level only.
    pub part_of: Option<String>,
}

impl Source {
    /// A source that stands alone or has parts.
    pub fn whole(kind: SourceKind, id: impl Into<String>, label: impl Into<Untrusted>) -> Arc<Source> {
        Arc::new(Source { id: id.into(), kind, label: label.into(), part_of: None })
    }

    /// A part of `whole`.
    pub fn part(whole: &Source, kind: SourceKind, id: impl Into<String>, label: impl Into<Untrusted>) -> Arc<Source> {
        Arc::new(Source { id: id.into(), kind, label: label.into(), part_of: Some(whole.id.clone()) })
    }

    /// The id of the source in whose row this one is recorded.
    pub fn pack(&self) -> &str {
        self.part_of.as_deref().unwrap_or(&self.id)
    }

    /// Whether this is a GPU, and not a slice of one.
    pub fn is_whole_gpu(&self) -> bool {
        self.kind == SourceKind::Gpu && self.part_of.is_none()
    }
}

/// Why a source has values, or has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Read.
    Ok,
    /// Powered down; deliberately not touched.
    Asleep,
    /// It was there and is not any more.
    Lost,
    /// The operating system refused to let us read it.
    Denied,
    /// The hardware or driver has no such reading.
    Unsupported,
    /// It did not answer in time, or the recorder is off.
    Stale,
}

impl Health {
    /// Every health, with the word used in JSON and SQL.
    pub const WORDS: &[(Health, &'static str)] = &[
        (Health::Ok, "ok"),
        (Health::Asleep, "asleep"),
        (Health::Lost, "lost"),
        (Health::Denied, "denied"),
        (Health::Unsupported, "unsupported"),
        (Health::Stale, "stale"),
    ];

    /// The word used in JSON and SQL.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(health, _)| *health == self).map_or("stale", |(_, word)| word)
    }

    /// The health with this word.
    pub fn from_word(word: &str) -> Option<Health> {
        Self::WORDS.iter().find(|(_, other)| *other == word).map(|(health, _)| *health)
    }
}

/// Health, with the reason in words where it is not `ok`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The state.
    pub health: Health,
    /// One clause for a person; empty for `ok`.
    pub reason: String,
}

impl Condition {
    /// Everything is well.
    pub const OK: Condition = Condition { health: Health::Ok, reason: String::new() };
}

/// A moment, on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Wall clock since 1970 (UTC): names moments, may jump.
    pub wall: Duration,
    /// Time since boot, suspend included (`CLOCK_BOOTTIME`): measures durations, never jumps.
    pub boot: Duration,
}

impl Now {
    /// Whole Unix seconds.
    pub fn unix(self) -> i64 {
        self.wall.as_secs() as i64
    }
}

/// One value, as stored: a whole multiple of its metric's step.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Whose value it is.
    pub source: Arc<Source>,
    /// Of what.
    pub metric: Metric,
    /// See [`Metric::to_value`].
    pub stored: i64,
}

/// Something that happened, kept for as long as the hours are.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unix seconds.
    pub ts: i64,
    /// What: see [`EventKind`].
    pub kind: EventKind,
    /// The id of the source concerned.
    pub source: Option<String>,
    /// Details, as a JSON object.
    pub detail: serde_json::Value,
}

impl Event {
    /// What sensors told of in a batch, as it is recorded.
    pub(crate) fn told(
        ts: i64,
        events: Vec<(Arc<Source>, EventKind, serde_json::Value)>,
    ) -> impl Iterator<Item = Event> {
        events.into_iter().map(move |(source, kind, detail)| Event {
            ts,
            kind,
            source: Some(source.id.clone()),
            detail,
        })
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A recorder began, with its `version`, and whether the one before ended `in_order`; with the folder that stands for `/`
    /// where another one does (`root`). Where that one ended in the middle
    /// of recording, on a machine that ran on, with `since` (Unix seconds of its last word) and the `seconds` since then.
    RecorderStarted,
    /// A recorder ended in order.
    RecorderStopped,
    /// Recording was paused by a person, with `until`.
    Paused,
    /// Recording went on.
    Resumed,
    /// The wall clock jumped, with `seconds`.
    ClockStep,
    /// Nothing was sampled for a while, with `seconds` and `cause`: `sleep`, or `stopped` (the process did not run).
    Suspend,
    /// A rule fired, with `rule`, `value`, `severity`.
    AlertFired,
    /// A rule cleared, with `rule`, `value`, `seconds`.
    AlertCleared,
    /// History could not be written and is kept in memory, with `reason`.
    StoreFailed,
    /// History is written again, with `ticks` kept and `lost`.
    StoreRecovered,
    /// A damaged database was set aside, with `reason`, `file`, `salvaged`.
    DatabaseSetAside,
    /// A GPU woke, with `seconds` that it had slept, where that is known, and who had it open then: `holders`, each with
    /// `pid` and `identity`; `more` of them; processes of others that are `hidden` from us; `cut` where not all were
    /// looked at. Without `holders` nobody could be looked for. `untold` tells how often it woke since the last such event
    /// without one of its own, because it does so all the time.
    GpuWoke,
    /// A GPU fell asleep, with `seconds` that it had been awake.
    GpuSlept,
    /// A GPU that may sleep was left alone for `seconds` and did not fall asleep, with who has it open as in `GpuWoke`, and
    /// `sound` where the sound device on its board is awake, which needs it.
    GpuKeptAwake,
    /// A GPU is used in a way that nobody expects, or is not used by who must: `why` is `new`, `odd_hour`, `denied`,
    /// `over_limit`, `outside_hours`, `missing` or `changed_binary`; with `identity`, `key`, `uid`, `share`, `vram`, `since`,
    /// `expectation` (its id, where one was declared), and `digest` where it is only to be listed: because learning has
    /// just begun, or because it is a `changed_binary`, which nearly always is an update. That one has the `path` of the
    /// program's file, with what is in it (`content`) and what was there `before`.
    UnexpectedUse,
    /// A GPU's driver reported an error by its number, with `code`, and `meaning` for the well-known ones.
    Xid,
    /// The person left this machine or came back, with `state`: `away` with `since` (Unix seconds, before the event where the
    /// session was idle first), or `back` with `since` and `away_since`; `why`: `locked` or `idle`, after the return
    /// `locked` where the screen was locked at any time; `at_latest` where `since` is only when it was first looked.
    Presence,
}

impl EventKind {
    /// Every one.
    pub const ALL: &[EventKind] = &[
        EventKind::RecorderStarted,
        EventKind::RecorderStopped,
        EventKind::Paused,
        EventKind::Resumed,
        EventKind::ClockStep,
        EventKind::Suspend,
        EventKind::AlertFired,
        EventKind::AlertCleared,
        EventKind::StoreFailed,
        EventKind::StoreRecovered,
        EventKind::DatabaseSetAside,
        EventKind::GpuWoke,
        EventKind::GpuSlept,
        EventKind::GpuKeptAwake,
        EventKind::UnexpectedUse,
        EventKind::Xid,
        EventKind::Presence,
    ];

    /// The word used in JSON and SQL.
    pub fn word(self) -> String {
        let word = serde_json::to_value(self).ok();
        word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Whether it tells of an alert: a rule about those would call itself.
    pub fn is_of_alerts(self) -> bool {
        matches!(self, EventKind::AlertFired | EventKind::AlertCleared)
    }
}

/// The words for what a GPU does, as verdicts have them.
pub const STATES: &[&str] = &[
    "asleep",
    "idle",
    "idle-expensive",
    "one",
    "several",
    "display",
    "unattributed",
    "self",
    "throttled",
    "hot-idle",
    "lost",
    "driver",
    "none",
];

/// Where an alert of one rule for one source stands; survives a restart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertRow {
    /// The rule's id.
    pub rule: String,
    /// The source's id.
    pub source: String,
    /// Whose doing it is, where the rule tells that apart: the key of an identity. Empty where it does not.
    pub who: String,
    /// Where it stands; an inactive alert has no row.
    pub phase: AlertPhase,
    /// Unix seconds at which this phase began; from firing to recovering, at which it fired.
    pub since: i64,
    /// The last value seen, in the rule's unit.
    pub value: Option<f64>,
    /// The most extreme value since it fired, in the rule's unit.
    pub peak: Option<f64>,
    /// Unix seconds of the last word about it.
    pub told: Option<i64>,
    /// Unix seconds of its last changes, by which a flutter is known.
    pub turns: Vec<i64>,
    /// How often its end was made to last twice as long, because it flutters.
    pub damped: u32,
}

/// The phases of an alert.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertPhase {
    /// Nothing wrong; such an alert has no row.
    #[default]
    Inactive,
    /// Past the threshold, not yet for long enough.
    Pending,
    /// Told to the person.
    Firing,
    /// Back behind the threshold, not yet for long enough.
    Recovering,
    /// Told to the person, and not read any more.
    NoData,
    /// Over, and remembered for a while: one that comes and goes is known by it.
    Resolved,
}

impl AlertPhase {
    /// Every phase that has a row, with the word used in JSON and SQL.
    pub const WORDS: &[(AlertPhase, &'static str)] = &[
        (AlertPhase::Pending, "pending"),
        (AlertPhase::Firing, "firing"),
        (AlertPhase::Recovering, "recovering"),
        (AlertPhase::NoData, "nodata"),
        (AlertPhase::Resolved, "resolved"),
    ];

    /// Whether a person was told that it fired, and not yet that it is over.
    pub fn is_told(self) -> bool {
        matches!(self, AlertPhase::Firing | AlertPhase::Recovering | AlertPhase::NoData)
    }
}

/// What a recorder is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecorderState {
    /// Sampling and writing.
    Recording,
    /// Told by a person to wait.
    Paused,
    /// Not running.
    Off,
}

/// Everything that one tick adds to the store, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Tick {
    /// Unix seconds on the tick's grid.
    pub ts: i64,
    /// What was read.
    pub readings: Vec<Reading>,
    /// Sources that are new or whose health changed.
    pub conditions: Vec<(Arc<Source>, Condition)>,
    /// Packs that have no readings any more: their status is emptied.
    pub emptied: Vec<Arc<Source>>,
    /// Ids that only stood for a source until its own was known.
    pub replaced: Vec<(String, Arc<Source>)>,
    /// What happened.
    pub events: Vec<Event>,
    /// Alerts whose phase changed; `Inactive` removes the row.
    pub alerts: Vec<AlertRow>,
    /// What each identity used in the minute that starts at the given second; given once, when the minute is over.
    pub usage: Option<(i64, Vec<Usage>)>,
    /// What processes do on the GPUs that have readings in this tick, now.
    pub gpu_uses: Vec<GpuUse>,
    /// What they did in the minute that is over; given once.
    pub gpu_minute: Option<GpuMinute>,
    /// Sessions and episodes that began or ended, and from time to time all that go on.
    pub sessions: Vec<Session>,
    /// See `sessions`.
    pub episodes: Vec<Episode>,
    /// The recorder's state, where it changed, with the second until which it will last.
    pub recorder: Option<(RecorderState, Option<i64>)>,
    /// The seconds until the next tick, where they changed: who reads along has to know how long silence is no news.
    pub step: Option<u64>,
    /// What was learnt of who uses GPUs; a row with 0 days is removed.
    pub baseline: Vec<BaselineRow>,
    /// What was in the files of programs; a row that was seen at 0 is removed.
    pub binaries: Vec<BinaryRow>,
    /// Unix seconds since when that is learnt, and whether a person has ended the learning; where it changed.
    pub learning: Option<(i64, bool)>,
    /// The number of the newest of people's words on that which was learnt.
    pub answered: Option<i64>,
    /// What waits to be told, as JSON, where it changed.
    pub dispatch: Option<String>,
    /// The numbers of snoozes that are over.
    pub snoozes_ended: Vec<i64>,
}

/// How long history is kept, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Every sample.
    pub raw: Duration,
    /// Minute rollups.
    pub minutes: Duration,
    /// Hour rollups and events.
    pub hours: Duration,
    /// What identities used, by minute.
    pub usage: Duration,
    /// The most bytes that the database may take on disk.
    pub cap: u64,
}

impl Default for Keep {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Keep {
            raw: Duration::from_secs(30 * DAY),
            minutes: Duration::from_secs(365 * DAY),
            hours: Duration::from_secs(5 * 365 * DAY),
            usage: Duration::from_secs(90 * DAY),
            cap: 512 << 20,
        }
    }
}
