//! `hoofbeat alerts history`: what fired, for how long and how far.
//!
//! Deliberately not here: what other rules would have said (`check`).

use std::time::Duration;

use hoofbeat_core::api::{PastAlert, SCHEMA};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use jiff::Zoned;
use serde_json::json;

use crate::args::{self, Global};
use crate::commands::status::alerts::style;
use crate::commands::{face, now};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Titles longer than this are cut; the whole text is in `--json`.
const TITLE: usize = 60;

/// Shows it.
pub fn run(global: &Global, options: &args::AlertsHistory, output: &mut Output) -> Outcome {
    let zoned = Zoned::now();
    let (since, until) = time::parse_stretch(&options.since, "now", &zoned).map_err(Failure::Usage)?;
    let face = face(global)?;
    let alerts = face.past_alerts(since, until, options.rule.as_deref())?;
    if let (Some(rule), true) = (options.rule.as_deref(), alerts.is_empty()) {
        // A rule that is gone may have a past.
        let listed = super::super::standing(global)?.listed();
        if !listed.iter().any(|one| one.rule.id == rule) {
            return Err(super::unknown(rule, listed.iter().map(|one| one.rule.id.as_str())));
        }
    }
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "since": since, "until": until, "alerts": alerts }))?);
    }
    if alerts.is_empty() {
        let whose = options.rule.as_deref().map(|rule| format!("of rule {} ", output::text(rule))).unwrap_or_default();
        return Ok(output.line(format!("No alert {whose}since {}.", time::moment(since, &zoned)))?);
    }
    let when = [Cell::new("SINCE").spare(1), Cell::number("LASTED").spare(2)];
    let what = [Cell::new("ALERT"), Cell::number("PEAK").spare(3), Cell::new("RULE").spare(4)];
    let head = [when.to_vec(), what.to_vec()].concat();
    let mut rows = vec![head.into_iter().map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
    for one in &alerts {
        rows.push(vec![
            Cell::new(time::moment(one.since, &zoned)),
            Cell::number(lasted(one)),
            Cell::name(output::short_name(&one.title, TITLE)).style(one.severity.map_or(Style::Plain, style)),
            Cell::known(quantity(one.metric.as_deref(), one.peak)),
            Cell::new(output::text(&one.rule)),
        ]);
    }
    Ok(output.table(&rows)?)
}

fn lasted(one: &PastAlert) -> String {
    match (one.seconds, one.goes_on) {
        (Some(seconds), _) if one.ending.as_deref() == Some("expected") => {
            format!("{}, expected", format::duration(Duration::from_secs(seconds)))
        }
        (Some(seconds), _) => format::duration(Duration::from_secs(seconds)),
        (None, true) => format!("{}, goes on", format::duration(time::since(one.since, now()))),
        (None, false) => "end not seen".to_string(),
    }
}

/// A value in its metric's unit.
fn quantity(metric: Option<&str>, value: Option<f64>) -> Option<String> {
    Some(format::value(Metric::from_key(metric?)?, value?))
}
