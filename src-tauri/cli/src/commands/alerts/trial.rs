//! `hoofbeat alerts test`: the notification of a rule as it would look, with the newest value that is known.
//!
//! Deliberately not here: how it is sent (`notify`).

use std::sync::Arc;

use hoofbeat_core::api::{SCHEMA, SourceStatus};
use hoofbeat_core::engine::{Detail, Notice, NoticePhase, words};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::{Rule, Watched};
use hoofbeat_core::model::{Source, SourceKind};
use hoofbeat_core::paths;
use hoofbeat_core::untrusted::Untrusted;
use serde_json::json;

use crate::args::{self, Global};
use crate::commands::{face, folder, names, now};
use crate::failure::{Failure, Outcome};
use crate::notify::{Thread, Trial};
use crate::output::{self, Output};
use crate::window::Window;

/// Shows it.
pub fn run(global: &Global, options: &args::AlertsTest, output: &mut Output) -> Outcome {
    let listed = super::super::config()?.listed();
    let Some(one) = listed.iter().find(|one| one.rule.id == options.rule) else {
        return Err(super::unknown(&options.rule, listed.iter().map(|one| one.rule.id.as_str())));
    };
    let rule = &one.rule;
    let sources = face(global)?.status()?.sources;
    let source = match options.source.as_deref() {
        Some(name) => {
            let id = names::source(&sources, name, "source")?;
            sources.iter().find(|source| source.id == id)
        }
        // One of which the value is known says most.
        None => {
            let fitting = || sources.iter().filter(|source| rule.is_for(&source.id));
            fitting().find(|source| value(rule, source).is_some()).or_else(|| match rule.watched {
                Watched::Metric { .. } => None,
                _ => fitting().find(|source| source.kind == SourceKind::Gpu).or_else(|| fitting().next()),
            })
        }
    };
    let trial = Trial::of(&Arc::new(notice(rule, source)));
    let window = Window { folder: folder(global)?, root: global.root.clone() };
    let thread = Thread::deaf(window, paths::config_file()?);
    let sent = trial.send(thread);
    if output.json {
        let (title, body) = (trial.title(), trial.body());
        output.json(&json!({ "schema": SCHEMA, "title": title, "body": body, "sent": sent.is_ok() }))?;
    } else {
        output.line(output::text(trial.title()))?;
        for line in trial.body().lines() {
            output.line(output::text(line))?;
        }
    }
    sent.map_err(|problem| Failure::Failed(format!("it was not shown: {problem}")))
}

/// The rule, firing now on this source.
fn notice(rule: &Rule, source: Option<&SourceStatus>) -> Notice {
    let whole =
        |source: &SourceStatus| Source::whole(source.kind, source.id.as_str(), Untrusted::from(source.label.as_str()));
    let none = || Source::whole(SourceKind::Sensor, "no source", Untrusted::default());
    let mut notice = Notice {
        rule: Arc::new(rule.clone()),
        source: source.map_or_else(none, whole),
        who: None,
        value: source.and_then(|source| value(rule, source)),
        phase: NoticePhase::Fired,
        since: now(),
        detail: Detail::default(),
        text: None,
        because: None,
        flutters: None,
        notify: true,
    };
    let newest = |metric: Metric| source.and_then(|source| Some(source.metrics.get(metric.key())?.value));
    notice.text = rule.text.as_deref().map(|text| words::filled(text, &notice, newest, &Untrusted::notification));
    notice
}

/// The newest value in the rule's unit, where one reading has it.
fn value(rule: &Rule, source: &SourceStatus) -> Option<f64> {
    let read = |metric: Metric| source.metrics.get(metric.key()).map(|value| value.value);
    match (&rule.watched, rule.window) {
        (Watched::Metric { metric, of: Some(of) }, None) => {
            Some(read(*metric)? / read(*of).filter(|whole| *whole > 0.0)? * 100.0)
        }
        _ => read(rule.metric()?),
    }
}
