//! `hoofbeat alerts rules`: every rule, what it watches, where it comes from, and how often it fired.
//!
//! Deliberately not here: changing them, which the config file does.

use hoofbeat_core::api::{Face, PastAlert, SCHEMA, watches};
use hoofbeat_core::config::{Listed, Origin};
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::store::StoreError;
use serde_json::json;

use crate::args::Global;
use crate::commands::status::alerts::style;
use crate::commands::{folder, now};
use crate::failure::Outcome;
use crate::output::{self, Output, Style};

const DAY: i64 = 86_400;

/// Shows them.
pub fn run(global: &Global, output: &mut Output) -> Outcome {
    let listed = super::super::standing(global)?.listed();
    let now = now();
    // Rules hold where nothing was recorded yet, too.
    let past = match Face::open(&folder(global)?) {
        Ok(face) => Some(face.past_alerts(now - 30 * DAY, now, None)?),
        Err(StoreError::NoRecording(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let fired = |id: &str, since: i64| {
        let fits = |one: &&PastAlert| one.rule == id && one.since >= since;
        past.as_ref().map(|past| past.iter().filter(fits).count())
    };
    if output.json {
        let rules: Vec<_> = listed
            .iter()
            .map(|one| {
                let rule = &one.rule;
                json!({
                    "id": rule.id, "enabled": one.is_on, "origin": one.origin, "severity": rule.severity,
                    "watches": watches(rule), "reason": one.reason,
                    "fired": { "24h": fired(&rule.id, now - DAY), "30d": fired(&rule.id, now - 30 * DAY) },
                })
            })
            .collect();
        return Ok(output.json(&json!({ "schema": SCHEMA, "rules": rules }))?);
    }
    for one in &listed {
        let rule = &one.rule;
        let times = match (fired(&rule.id, now - DAY), fired(&rule.id, now - 30 * DAY)) {
            (Some(0), Some(0)) => "never fired in 30 d".to_string(),
            (Some(day), Some(month)) => format!("fired {day}× in 24 h, {month}× in 30 d"),
            _ => "nothing is recorded yet".to_string(),
        };
        let look = |style| if one.is_on { style } else { Style::Dim };
        let id = output.paint(look(Style::Bold), &output::text(&rule.id));
        let severity = output.paint(look(style(rule.severity)), word(rule.severity));
        let facts = if one.is_on { times } else { "off".to_string() };
        output.line(format!("{id} · {severity} · {} · {facts}", origin(one)))?;
        let what = output::text(&watches(rule));
        output.line(format!("  {}", output.paint(look(Style::Plain), &what)))?;
        if let Some(reason) = &one.reason {
            output.line(format!("  {}", output.paint(Style::Dim, reason)))?;
        }
    }
    Ok(())
}

fn origin(one: &Listed) -> &'static str {
    match one.origin {
        Origin::BuiltIn => "built in",
        Origin::Changed => "built in, changed",
        Origin::Own => "own",
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
