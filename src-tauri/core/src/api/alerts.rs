//! The alerts that stand now, for faces.
//!
//! The store knows where each stands; what it watches stands in the config, and who and why in the record of the moment at
//! which it fired. Deliberately not here: when a rule fires (`alerts`).

use std::collections::HashMap;
use std::sync::Arc;

use crate::alerts::{ActiveAlert, Detail, Who, words};
use crate::metrics::Metric;
use crate::model::answer::{AlertInfo, SourceStatus};
use crate::model::rule::{Rule, Watched};
use crate::model::{AlertPhase, AlertRow, EventKind, Source, SourceKind};
use crate::say;
use crate::store::{Reader, StoreError};
use crate::untrusted::Untrusted;

/// Every alert that is not over, worst first, among equals the one that stands longest.
pub(super) fn alerts(reader: &Reader, sources: &[SourceStatus], rules: &[Rule]) -> Result<Vec<AlertInfo>, StoreError> {
    let by_id: HashMap<&str, &Rule> = rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let mut all = Vec::new();
    for row in reader.alerts()? {
        if matches!(row.phase, AlertPhase::Inactive | AlertPhase::Resolved) {
            continue;
        }
        // A config that was changed while no recorder runs may have forgotten the rule.
        let Some(rule) = by_id.get(row.rule.as_str()) else { continue };
        all.push(info(reader, sources, rule, row)?);
    }
    all.sort_by(|a, b| (b.severity, a.since, &a.rule, &a.source).cmp(&(a.severity, b.since, &b.rule, &b.source)));
    Ok(all)
}

fn info(reader: &Reader, sources: &[SourceStatus], rule: &Rule, row: AlertRow) -> Result<AlertInfo, StoreError> {
    let fired = match row.phase.is_told() {
        true => reader.events_about(&row.source, EventKind::AlertFired, row.since, row.since + 1)?,
        false => Vec::new(),
    };
    let fired = fired.into_iter().map(|event| event.detail).find(|detail| {
        detail["rule"] == row.rule.as_str() && (row.who.is_empty() || detail["key"] == row.who.as_str())
    });
    let text = |key: &str| fired.as_ref().and_then(|detail| detail.get(key)?.as_str().map(str::to_owned));
    let status = sources.iter().find(|source| source.id == row.source);
    let (kind, label) = status.map_or((SourceKind::Sensor, ""), |source| (source.kind, source.label.as_str()));
    let source = Source::whole(kind, row.source.as_str(), Untrusted::from(label));
    // Not what was read before the alert changed.
    let status = status.filter(|status| status.ts.is_none_or(|ts| ts >= row.since));
    let newest = rule.metric().and_then(|metric: Metric| Some(status?.metrics.get(metric.key())?.value));
    let peak = row.peak.filter(|_| row.phase.is_told());
    let who = (!row.who.is_empty()).then(|| {
        let name = text("identity").unwrap_or_else(|| row.who.clone());
        Who { key: row.who.clone(), name: Untrusted::from(name.as_str()) }
    });
    let identity = who.as_ref().map(|who| who.name.json().into_owned());
    let alert = ActiveAlert {
        rule: Arc::new(rule.clone()),
        source,
        who,
        value: row.value,
        peak,
        since: row.since,
        is_recovering: row.phase == AlertPhase::Recovering,
        is_silent: row.phase == AlertPhase::NoData,
        detail: Detail::default(),
    };
    let alert = alert.seen_with(newest);
    let (value, is_recovering) = (alert.value, alert.is_recovering && row.phase.is_told());
    // What an event told, and why a source is as it is, only the record of that moment knows.
    let is_reading = matches!(rule.watched, Watched::Metric { .. }) && value.is_some();
    let is_event = matches!(rule.watched, Watched::Event { .. });
    let title = match text("title").filter(|_| !is_reading && (is_event || !is_recovering)) {
        Some(title) if is_recovering => say!("{news}; nothing more since", news = title),
        Some(title) => title,
        None => words::firing(&alert, &words::plain),
    };
    let phase = AlertPhase::WORDS.iter().find(|(phase, _)| *phase == row.phase).map_or("pending", |(_, word)| word);
    Ok(AlertInfo {
        rule: row.rule,
        source: row.source,
        key: Some(row.who).filter(|key| !key.is_empty()),
        identity,
        severity: rule.severity,
        phase: phase.to_owned(),
        title,
        metric: rule.metric().map(|metric| metric.key().to_owned()),
        value,
        peak,
        unit: rule.metric().map_or("", |metric| metric.definition().unit.symbol()).to_owned(),
        limit: rule.fire.limit,
        is_back: is_recovering,
        since: row.since,
    })
}
