//! The shapes of what faces are answered, which the store fills and `api` hands out.
//!
//! They are a contract: a field may join, none changes its meaning; [`SCHEMA`] goes up only for a real break. Deliberately
//! not here: the calls (`api`), reading (`store`) and formatting (`format`, and the faces).

mod past;
mod processes;
mod sessions;
mod verdicts;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::past::{Change, Changes, Lane, LaneOf, Ribbons, Used};
pub use self::processes::{ProcessGroup, ProcessList, ProcessMember};
pub use self::sessions::{EpisodeInfo, ProcessInfo, SessionInfo};
pub use self::verdicts::{CulpritInfo, EvidenceInfo, MoneyInfo, VerdictInfo};
use super::rule::Severity;
use super::{EventKind, Health, RecorderState, SourceKind};
use crate::metrics::Metric;

/// The version of every JSON shape.
pub const SCHEMA: u32 = 1;

/// The state of everything, now.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Status {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Unix seconds of the newest tick; `null` before the first.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ts: Option<i64>,
    /// What the recorder is doing.
    pub recorder: Recorder,
    /// Every source that is or was here, in the order in which people should see them.
    pub sources: Vec<SourceStatus>,
}

impl Status {
    /// Whether a GPU is or was here.
    pub fn has_gpu(&self) -> bool {
        self.sources.iter().any(|source| source.kind == SourceKind::Gpu)
    }
}

/// What the recorder is doing.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Recorder {
    /// `recording`, `paused` or `off`.
    #[cfg_attr(test, ts(type = "\"recording\" | \"paused\" | \"off\""))]
    pub state: RecorderState,
    /// Unix seconds since when.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since: Option<i64>,
    /// Unix seconds until when, for a pause.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub until: Option<i64>,
    /// Seconds between two ticks, by which a reader knows how long silence is no news; `null` before the first.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub tick: Option<i64>,
}

/// One source, now.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SourceStatus {
    /// Stable id.
    pub id: String,
    /// Sort of thing.
    #[cfg_attr(test, ts(type = "string"))]
    pub kind: SourceKind,
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub label: String,
    /// The source that it is a part of.
    pub part_of: Option<String>,
    /// `ok`, `asleep`, `lost`, `denied`, `unsupported` or `stale`.
    #[cfg_attr(test, ts(type = "\"ok\" | \"asleep\" | \"lost\" | \"denied\" | \"unsupported\" | \"stale\""))]
    pub health: Health,
    /// Why it is not `ok`, in words.
    pub reason: String,
    /// Unix seconds of its newest values.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ts: Option<i64>,
    /// Values by metric key; a metric that was not read is missing.
    #[cfg_attr(test, ts(as = "BTreeMap<String, Value>"))]
    pub metrics: BTreeMap<&'static str, Value>,
    /// What processes do on it, the largest share first; empty where it is no GPU, or nobody uses it.
    pub processes: Vec<GpuProcess>,
}

/// What one process does on a GPU, now. What its driver does not tell is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GpuProcess {
    /// The number that the driver knows it by, which is the host's.
    pub pid: u32,
    /// Its start in clock ticks since boot; `null` where `/proc` does not show it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started: Option<u64>,
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// The path of the program's file; missing where we may not know it. Text from outside, as `identity` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub exe: Option<String>,
    /// Percent of the GPU's time, smoothed over some seconds.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory that it has.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
}

/// A value with its unit.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Value {
    /// In `unit`.
    pub value: f64,
    /// The table's unit.
    pub unit: &'static str,
}

/// What history to read.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// Of what.
    pub metric: Metric,
    /// Of one source, or of all that have it.
    pub source: Option<String>,
    /// Unix seconds, inclusive.
    pub since: i64,
    /// Unix seconds, exclusive.
    pub until: i64,
    /// The most points a series may have; more are folded to minimum, mean and maximum.
    pub points: usize,
}

/// A stretch of history.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct History {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Metric key.
    pub metric: &'static str,
    /// The table's unit.
    pub unit: &'static str,
    /// One a source.
    pub series: Vec<Series>,
}

/// One source's stretch of history.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Series {
    /// The source's id.
    pub source: String,
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub label: String,
    /// Seconds that one point covers.
    #[cfg_attr(test, ts(type = "number"))]
    pub step: i64,
    /// `[ts, minimum, mean, maximum]`, oldest first; nothing recorded is a missing point. Of flags all three are the same:
    /// every bit that was set.
    #[cfg_attr(test, ts(type = "[number, number, number, number][]"))]
    pub points: Vec<(i64, f64, f64, f64)>,
}

/// Who used which GPU, and what that took.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GpuUsages {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Unix seconds of the first minute asked for.
    #[cfg_attr(test, ts(type = "number"))]
    pub since: i64,
    /// Unix seconds, exclusive.
    #[cfg_attr(test, ts(type = "number"))]
    pub until: i64,
    /// Unix seconds until which it is counted: the running minute is told once it is over. `null` where no GPU is told of.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub counted: Option<i64>,
    /// One a GPU of which something is known.
    pub gpus: Vec<GpuTotal>,
}

/// One GPU over a stretch of time. Energies are estimates of what this GPU board took, in joules.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct GpuTotal {
    /// The source's id.
    pub source: String,
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub label: String,
    /// All that it took; `null` where it does not tell. `idle`, `attributed` and `unattributed` add up to it.
    pub energy: Option<f64>,
    /// What it would have taken without work; `null` until that is known, which takes a while without work.
    pub idle: Option<f64>,
    /// What the work of known processes took.
    pub attributed: Option<f64>,
    /// What is left: work of processes that cannot be seen, and all that shares do not explain.
    pub unattributed: Option<f64>,
    /// Seconds in which it worked.
    pub busy: Option<f64>,
    /// Seconds of that which known processes explain.
    pub explained: Option<f64>,
    /// Seconds of which nothing is known, because it was not read.
    pub missing: f64,
    /// Who used it, the largest part first.
    pub usages: Vec<IdentityUsage>,
}

/// What one identity did on a GPU over a stretch of time. What its driver did not tell is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IdentityUsage {
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// Seconds of the GPU's time.
    pub busy: Option<f64>,
    /// The most bytes of the GPU's memory that it had.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Seconds of the encoder's time.
    pub encoder: Option<f64>,
    /// Seconds of the decoder's time.
    pub decoder: Option<f64>,
    /// Its part of the energy, in joules.
    pub energy: Option<f64>,
}

/// One line of the metric table, for a face that lets a person choose.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MetricInfo {
    /// Stable name.
    pub key: &'static str,
    /// The table's unit.
    pub unit: &'static str,
    /// What a person calls it.
    pub label: &'static str,
    /// The panel that shows it.
    pub panel: &'static str,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EventInfo {
    /// Unix seconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub ts: i64,
    /// What.
    #[cfg_attr(test, ts(type = "string"))]
    pub kind: EventKind,
    /// The id of the source concerned.
    pub source: Option<String>,
    /// Details by kind.
    #[cfg_attr(test, ts(type = "Record<string, unknown>"))]
    pub detail: serde_json::Value,
}

/// What happened in a stretch of time.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Happened {
    /// The newest events of the kinds that were asked for, newest first.
    pub events: Vec<EventInfo>,
    /// How many there are of each kind, also of those that were not asked for.
    #[cfg_attr(test, ts(type = "Record<string, number>"))]
    pub counts: BTreeMap<String, usize>,
}

/// An alert that is not over.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AlertInfo {
    /// The rule's id.
    pub rule: String,
    /// The id of the source that it is about.
    pub source: String,
    /// Whose doing it is, by key, where the rule tells that apart.
    pub key: Option<String>,
    /// What a person calls them.
    pub identity: Option<String>,
    /// How much it matters.
    #[cfg_attr(test, ts(type = "'info' | 'warning' | 'critical'"))]
    pub severity: Severity,
    /// `pending`, `firing`, `recovering`, or `nodata` where its source is not read any more.
    pub phase: String,
    /// What is wrong, in a sentence without its end.
    pub title: String,
    /// The metric whose value it compares, where it is one.
    pub metric: Option<String>,
    /// The newest value that is known, in the rule's unit.
    pub value: Option<f64>,
    /// The most extreme value since it fired, in the rule's unit.
    pub peak: Option<f64>,
    /// The unit of value and limit, where it is a metric's.
    pub unit: String,
    /// What the value had to pass.
    pub limit: f64,
    /// Whether what it watches is back: it will be over if that lasts.
    pub is_back: bool,
    /// Unix seconds at which the phase began; from firing to recovering, at which it fired.
    #[cfg_attr(test, ts(type = "number"))]
    pub since: i64,
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use ts_rs::{Config, TS};

    /// Rewrites the page's copy of a shape where it is stale, and says whether it was.
    fn rewrite_stale<T: TS + 'static>(stale: &mut Vec<PathBuf>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/types/generated");
        let file = folder.join(T::output_path().unwrap());
        let text = T::export_to_string(&Config::default()).unwrap();
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, text).unwrap();
            stale.push(file);
        }
    }

    #[test]
    fn the_page_knows_these_shapes() {
        let second = Path::new(env!("CARGO_MANIFEST_DIR")).join("bindings");
        assert!(!second.exists(), "delete {}: the page's copy is the only one", second.display());
        let mut stale = Vec::new();
        rewrite_stale::<crate::language::Language>(&mut stale);
        rewrite_stale::<Status>(&mut stale);
        rewrite_stale::<Recorder>(&mut stale);
        rewrite_stale::<SourceStatus>(&mut stale);
        rewrite_stale::<GpuProcess>(&mut stale);
        rewrite_stale::<ProcessList>(&mut stale);
        rewrite_stale::<ProcessGroup>(&mut stale);
        rewrite_stale::<ProcessMember>(&mut stale);
        rewrite_stale::<GpuUsages>(&mut stale);
        rewrite_stale::<GpuTotal>(&mut stale);
        rewrite_stale::<IdentityUsage>(&mut stale);
        rewrite_stale::<Value>(&mut stale);
        rewrite_stale::<History>(&mut stale);
        rewrite_stale::<Series>(&mut stale);
        rewrite_stale::<MetricInfo>(&mut stale);
        rewrite_stale::<EventInfo>(&mut stale);
        rewrite_stale::<Happened>(&mut stale);
        rewrite_stale::<AlertInfo>(&mut stale);
        rewrite_stale::<VerdictInfo>(&mut stale);
        rewrite_stale::<MoneyInfo>(&mut stale);
        rewrite_stale::<CulpritInfo>(&mut stale);
        rewrite_stale::<EvidenceInfo>(&mut stale);
        rewrite_stale::<ProcessInfo>(&mut stale);
        rewrite_stale::<SessionInfo>(&mut stale);
        rewrite_stale::<EpisodeInfo>(&mut stale);
        rewrite_stale::<Ribbons>(&mut stale);
        rewrite_stale::<Lane>(&mut stale);
        rewrite_stale::<LaneOf>(&mut stale);
        rewrite_stale::<Changes>(&mut stale);
        rewrite_stale::<Change>(&mut stale);
        rewrite_stale::<Used>(&mut stale);
        assert!(
            stale.is_empty(),
            "these files were stale and are rewritten; look at the difference and commit it: {stale:?}"
        );
    }
}
