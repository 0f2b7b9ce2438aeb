//! An alert that could be, for who wants to see what one looks like: of a rule, as if it fired now.
//!
//! What is known is told as it is; what is not, or would not make the rule fire, is made up so that the words are those of a
//! real alert. Deliberately not here: that it is marked as a test, and how it is shown (the faces).

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Detail, Notice, NoticePhase, Who};
use crate::metrics::{Metric, Unit};
use crate::model::rule::{Aggregate, Rule, Side, Watched};
use crate::model::{EventKind, Health, Source, SourceKind};
use crate::untrusted::Untrusted;
use crate::{format, say};

/// Whose doing it is said to be, where nobody is at work.
const NOBODY: &str = "hoofbeat-test";
/// The bytes that it is said to hold.
const HELD: u64 = 2 << 30;

/// What is known of the source that it is to be about.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The source; one that such machines have is made up where there is none.
    pub source: Option<Arc<Source>>,
    /// The newest value, in the rule's unit.
    pub value: Option<f64>,
    /// Why it is as it is.
    pub reason: Option<String>,
    /// What the GPU does and for whom, where somebody uses it.
    pub because: Option<Untrusted>,
}

/// The rule, firing at this Unix second.
pub fn sample(rule: &Rule, known: Known, now: i64) -> Notice {
    let source = known.source.unwrap_or_else(|| invented(rule));
    let value = match rule.watched {
        Watched::Health(_) | Watched::Verdict(_) => 1.0,
        _ => known.value.filter(|value| rule.fire.met(*value)).unwrap_or_else(|| past(rule)),
    };
    let is_event = matches!(rule.watched, Watched::Event { .. });
    let is_at_work = source.kind == SourceKind::Gpu && !is_event && !matches!(rule.watched, Watched::Health(_));
    let does = match &rule.watched {
        Watched::Verdict(word) if word.starts_with("idle") => {
            let memory = format::value(Metric::GpuMemoryUsed, HELD as f64);
            format!("GPU 0 %: {}", say!("{who} holds {memory}", who = NOBODY, memory))
        }
        _ => format!("GPU 97 %: {NOBODY}"),
    };
    let user = || Untrusted::from(does.as_str());
    let because = known.because.or_else(|| is_at_work.then(user)).filter(|_| is_at_work);
    let of_identity = matches!(rule.watched, Watched::Event { kind: EventKind::UnexpectedUse, .. });
    Notice {
        rule: Arc::new(rule.clone()),
        source,
        who: of_identity.then(|| Who { key: format!("program:{NOBODY}"), name: NOBODY.into() }),
        value: Some(value),
        phase: NoticePhase::Fired,
        since: now,
        detail: detail(rule, known.reason),
        text: None,
        because,
        flutters: None,
        notify: true,
    }
}

/// A value that is just past the limit.
fn past(rule: &Rule) -> f64 {
    let limit = rule.fire.limit;
    let aggregate = rule.window.map(|window| window.aggregate);
    let beyond = match (&rule.watched, aggregate) {
        (Watched::Metric { .. }, Some(Aggregate::Full)) => limit / 8.0,
        (Watched::Metric { of: None, metric }, _) => match metric.definition().unit {
            Unit::Celsius | Unit::Percent | Unit::Rpm | Unit::Number => 1.0,
            _ => (limit.abs() * 0.02).max(metric.definition().scale.step),
        },
        _ => 1.0,
    };
    let (least, most) = rule.metric().map_or((Some(0.0), None), Metric::range);
    match rule.fire.side {
        Side::Above => (limit + beyond).min(most.unwrap_or(f64::INFINITY)),
        Side::Below => (limit - beyond).max(least.unwrap_or(f64::NEG_INFINITY)),
    }
}

fn detail(rule: &Rule, reason: Option<String>) -> Detail {
    let event = match &rule.watched {
        Watched::Event { kind: EventKind::Xid, what } => {
            let code = what.as_deref().and_then(|code| code.parse().ok()).unwrap_or(13);
            Some(json!({ "code": code, "meaning": say!("an error that was made up for this test") }))
        }
        Watched::Event { kind: EventKind::UnexpectedUse, what } => {
            let why = what.as_deref().unwrap_or("new");
            Some(json!({ "why": why, "share": 97.0, "vram": HELD }))
        }
        _ => None,
    };
    let reason = match rule.watched {
        Watched::Health(health) => reason.filter(|reason| !reason.is_empty()).or_else(|| Some(excuse(health))),
        _ => None,
    };
    Detail { event, reason }
}

/// Why a source may be so.
fn excuse(health: Health) -> String {
    match health {
        Health::Ok => say!("it answers again").to_owned(),
        Health::Asleep => say!("it sleeps to save power").to_owned(),
        Health::Lost => say!("it is not there any more").to_owned(),
        Health::Denied => say!("this user may not read it").to_owned(),
        Health::Unsupported => say!("its driver does not tell").to_owned(),
        Health::Stale => say!("no answer for {time}", time = format::duration(Duration::from_secs(30))),
    }
}

/// A source that such a rule is about.
fn invented(rule: &Rule) -> Arc<Source> {
    let (kind, label) = about(rule);
    Source::whole(kind, kind.word(), label)
}

/// The kind of source that such a rule is about.
pub fn sample_kind(rule: &Rule) -> SourceKind {
    about(rule).0
}

/// What such a rule is about: its kind, and what a person calls it.
fn about(rule: &Rule) -> (SourceKind, &'static str) {
    let of_panel = |metric: Metric| match (metric, metric.definition().panel) {
        (Metric::DiskUsed | Metric::DiskTotal | Metric::DiskUsable, _) => (SourceKind::Filesystem, "/"),
        (_, "gpu") => (SourceKind::Gpu, "GPU"),
        (_, "cpu") => (SourceKind::Cpu, "CPU"),
        (_, "memory") => (SourceKind::Memory, say!("Memory")),
        (_, "disk") => (SourceKind::Disk, say!("Disk")),
        (_, "network") => (SourceKind::Network, say!("Network")),
        (_, "self") => (SourceKind::Recorder, "Hoofbeat"),
        _ => (SourceKind::Channel, say!("Sensor")),
    };
    let of_pattern = |pattern: &str| match pattern.split([':', '*']).next().unwrap_or_default() {
        "gpu" => (SourceKind::Gpu, "GPU"),
        "self" => (SourceKind::Sensor, say!("A sensor of Hoofbeat")),
        "disk" => (SourceKind::Disk, say!("Disk")),
        _ => (SourceKind::Channel, say!("Sensor")),
    };
    match &rule.watched {
        Watched::Metric { metric, .. } => of_panel(*metric),
        Watched::Verdict(_) => (SourceKind::Gpu, "GPU"),
        Watched::Event { kind, .. } => match kind {
            EventKind::Xid
            | EventKind::UnexpectedUse
            | EventKind::GpuWoke
            | EventKind::GpuSlept
            | EventKind::GpuKeptAwake => (SourceKind::Gpu, "GPU"),
            _ => (SourceKind::Recorder, "Hoofbeat"),
        },
        Watched::Health(_) => rule.source.as_deref().map_or((SourceKind::Sensor, say!("Sensor")), of_pattern),
    }
}
