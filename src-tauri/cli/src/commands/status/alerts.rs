//! The alerts that fire now, as `status` tells them.
//!
//! Each is read from the newest word of the record about its rule and source: fired, or cleared. Deliberately not here:
//! when a rule fires, and the sentence about it, which `wording` has for notifications, too.

use std::cmp::Reverse;
use std::collections::HashSet;

use hoofbeat_core::api::{EventInfo, Face, SourceStatus};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::model::{EventKind, Source, SourceKind};
use hoofbeat_core::store::StoreError;
use jiff::Zoned;
use serde::{Deserialize, Serialize};

use crate::output::{self, Output, Style};
use crate::{time, wording};

/// One alert that fires.
#[derive(Debug, PartialEq, Serialize)]
pub struct Alert {
    rule: String,
    source: String,
    metric: String,
    severity: Severity,
    /// The newest value, in the metric's unit; `null` where none was read.
    value: Option<f64>,
    unit: &'static str,
    limit: f64,
    /// Unix seconds at which it fired.
    since: i64,
}

/// What the record says of an alert that fired.
#[derive(Deserialize)]
struct Fired {
    rule: String,
    metric: String,
    limit: f64,
    severity: Severity,
}

/// Every alert that fires, worst first. It may have fired long ago, so all events are looked at.
///
/// # Errors
/// The database cannot be read.
pub fn read(face: &Face, sources: &[SourceStatus]) -> Result<Vec<Alert>, StoreError> {
    Ok(firing(face.events(0, i64::MAX as usize)?, sources))
}

/// The alerts that fire by `events`, which come newest first.
fn firing(events: Vec<EventInfo>, sources: &[SourceStatus]) -> Vec<Alert> {
    let mut decided = HashSet::new();
    let mut alerts: Vec<Alert> = Vec::new();
    for event in events {
        let (EventKind::AlertFired | EventKind::AlertCleared, Some(source)) = (event.kind, event.source) else {
            continue;
        };
        let Some(rule) = event.detail["rule"].as_str().map(str::to_string) else { continue };
        if !decided.insert((rule, source.clone())) || event.kind == EventKind::AlertCleared {
            continue;
        }
        // A newer Hoofbeat may have written other details.
        let Ok(Fired { rule, metric, limit, severity }) = serde_json::from_value(event.detail) else { continue };
        let Some(known) = Metric::from_key(&metric) else { continue };
        let value = of(sources, &source).and_then(|source| source.metrics.get(known.key())).map(|value| value.value);
        let unit = known.definition().unit.symbol();
        alerts.push(Alert { rule, source, metric, severity, value, unit, limit, since: event.ts });
    }
    let rank = |severity| match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    };
    alerts.sort_by(|a, b| {
        (Reverse(rank(a.severity)), a.since, &a.rule, &a.source).cmp(&(
            Reverse(rank(b.severity)),
            b.since,
            &b.rule,
            &b.source,
        ))
    });
    alerts
}

impl Alert {
    /// "CPU at 96 °C · limit 90 °C · since 14:02 (7 min) · rule cpu-hot".
    pub fn line(&self, sources: &[SourceStatus], now: &Zoned, output: &Output) -> String {
        let style = match self.severity {
            Severity::Critical => Style::Bad,
            Severity::Warning => Style::Warning,
            Severity::Info => Style::Plain,
        };
        let ago = format::duration(time::since(self.since, now.timestamp().as_second()));
        let (since, rule) = (time::moment(self.since, now), output::text(&self.rule));
        let Some(metric) = Metric::from_key(&self.metric) else { return rule };
        let (kind, label) =
            of(sources, &self.source).map_or((SourceKind::Sensor, ""), |source| (source.kind, &source.label));
        let source = Source::whole(kind, self.source.as_str(), label);
        let news = output::text(&wording::firing(&source, metric, self.value, self.limit));
        let limit = format::value(metric, self.limit);
        format!("{} · limit {limit} · since {since} ({ago}) · rule {rule}", output.paint(style, &news))
    }
}

fn of<'a>(sources: &'a [SourceStatus], id: &str) -> Option<&'a SourceStatus> {
    sources.iter().find(|source| source.id == id)
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::api::Value;
    use hoofbeat_core::model::Health;
    use serde_json::json;

    use super::*;

    fn cpu() -> SourceStatus {
        let metrics = [(Metric::CpuTemperature.key(), Value { value: 96.0, unit: "°C" })].into();
        SourceStatus {
            id: "cpu".into(),
            kind: SourceKind::Cpu,
            label: "CPU".into(),
            part_of: None,
            health: Health::Ok,
            reason: String::new(),
            ts: Some(1000),
            metrics,
            processes: Vec::new(),
        }
    }

    fn event(ts: i64, kind: EventKind, rule: &str, source: &str, severity: &str) -> EventInfo {
        let detail =
            json!({ "rule": rule, "metric": "cpu.temperature", "value": 91, "limit": 90, "severity": severity });
        EventInfo { ts, kind, source: Some(source.into()), detail }
    }

    #[test]
    fn the_newest_word_about_an_alert_counts_and_the_worst_comes_first() {
        use EventKind::{AlertCleared, AlertFired};
        let events = vec![
            event(90, AlertFired, "again", "cpu", "info"),
            event(80, AlertCleared, "over", "cpu", "critical"),
            event(70, AlertCleared, "again", "cpu", "info"),
            event(60, AlertFired, "over", "cpu", "critical"),
            event(50, AlertFired, "hot", "gone", "critical"),
            event(40, AlertFired, "hot", "cpu", "warning"),
            event(30, AlertFired, "again", "cpu", "info"),
            EventInfo { detail: json!({}), ..event(20, AlertFired, "", "cpu", "info") },
            EventInfo { source: None, ..event(10, AlertFired, "x", "cpu", "info") },
        ];
        let found = firing(events, &[cpu()]);
        let found: Vec<_> =
            found.iter().map(|alert| (alert.rule.as_str(), alert.source.as_str(), alert.since, alert.value)).collect();
        let expected = [("hot", "gone", 50, None), ("hot", "cpu", 40, Some(96.0)), ("again", "cpu", 90, Some(96.0))];
        assert_eq!(found, expected);
    }
}
