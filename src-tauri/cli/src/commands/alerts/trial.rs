//! `hoofbeat alerts test`: the notification of a rule as it would look, with what is known where that fits.
//!
//! Deliberately not here: how it is sent (`notify`).

use std::sync::Arc;

use hoofbeat_core::api::{SCHEMA, SourceStatus, Why};
use hoofbeat_core::engine::{Known, Notice, sample, sample_kind, words};
use hoofbeat_core::language::{self, Language};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::Source;
use hoofbeat_core::model::rule::{Rule, Watched};
use hoofbeat_core::paths;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::brief;
use jiff::Zoned;
use serde_json::json;

use crate::args::{self, Global};
use crate::commands::{face, folder, names, now};
use crate::failure::{Failure, Outcome};
use crate::notify::{Thread, Trial};
use crate::output::{self, Output};
use crate::time;
use crate::window::Window;

/// Shows it.
pub fn run(global: &Global, options: &args::AlertsTest, output: &mut Output) -> Outcome {
    let config = super::super::standing(global)?;
    let listed = config.listed();
    let Some(one) = listed.iter().find(|one| one.rule.id == options.rule) else {
        return Err(super::unknown(&options.rule, listed.iter().map(|one| one.rule.id.as_str())));
    };
    let rule = &one.rule;
    let face = face(global)?;
    let status = face.status()?;
    let why = face.why_now(&status).ok();
    let sources = &status.sources;
    let source = match options.source.as_deref() {
        Some(name) => {
            let id = names::source(sources, name, "source")?;
            sources.iter().find(|source| source.id == id)
        }
        // One of which the value is known says most.
        None => {
            let fitting = || sources.iter().filter(|source| rule.is_for(&source.id));
            let known = fitting().find(|source| value(rule, source).is_some());
            known.or_else(|| fitting().find(|source| source.kind == sample_kind(rule)))
        }
    };
    // From here on it speaks as the recorder would.
    language::follow(Language::of_environment(|name| std::env::var(name).ok()));
    language::choose(config.language);
    let trial = Trial::of(&Arc::new(notice(rule, source, why.as_ref())));
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

/// The rule, firing now on this source: with what is known there, and made up beyond that.
fn notice(rule: &Rule, source: Option<&SourceStatus>, why: Option<&Why>) -> Notice {
    let label = |source: &SourceStatus| Untrusted::from(source.label.as_str());
    let known = Known {
        source: source.map(|source| Source::whole(source.kind, source.id.as_str(), label(source))),
        value: source.and_then(|source| value(rule, source)),
        reason: source.map(|source| source.reason.clone()).filter(|_| is_so(rule, source)),
        because: source.zip(why).and_then(|(source, why)| because(source, why)),
    };
    let mut notice = sample(rule, known, now());
    let newest = |metric: Metric| source.and_then(|source| Some(source.metrics.get(metric.key())?.value));
    notice.text = rule.text.as_deref().map(|text| words::filled(text, &notice, newest, &Untrusted::notification));
    notice
}

/// Whether the source is as the rule wants to be told of.
fn is_so(rule: &Rule, source: Option<&SourceStatus>) -> bool {
    matches!(rule.watched, Watched::Health(health) if source.is_some_and(|source| source.health == health))
}

/// What the GPU does and for whom, where that is known.
fn because(source: &SourceStatus, why: &Why) -> Option<Untrusted> {
    let whole = source.part_of.as_deref().unwrap_or(&source.id);
    let verdict = why.verdicts.iter().find(|verdict| verdict.source == whole && !verdict.culprits.is_empty())?;
    let zoned = Zoned::now();
    let said = brief(verdict, &|ts| time::moment(ts, &zoned), &Untrusted::notification);
    Some(Untrusted::from(said.as_str()))
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
