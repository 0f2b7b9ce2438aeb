//! `hoofbeat alerts list`: what is not over, worst first.
//!
//! Deliberately not here: the sentences, which core makes.

use hoofbeat_core::api::{AlertInfo, SCHEMA, Silence, silence};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use jiff::Zoned;
use serde::Serialize;
use serde_json::json;

use crate::args::Global;
use crate::commands::status::alerts::style;
use crate::commands::{face, now};
use crate::failure::Outcome;
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Titles longer than this are cut; the whole text is in `--json`.
const TITLE: usize = 60;

/// An alert, and why nobody is told of it.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    alert: &'a AlertInfo,
    #[serde(flatten)]
    silence: Silence,
}

/// Shows them.
pub fn run(global: &Global, output: &mut Output) -> Outcome {
    let rules = super::super::standing(global)?.rules;
    let face = face(global)?;
    let status = face.status()?;
    let alerts = face.alerts_of(&status, &rules)?;
    let snoozes = face.snoozes(now())?;
    let quiet = |alert: &AlertInfo| silence(alert, &alerts, &rules, &status.sources, &snoozes);
    let listed: Vec<Listed<'_>> = alerts.iter().map(|alert| Listed { alert, silence: quiet(alert) }).collect();
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "alerts": listed }))?);
    }
    let zoned = Zoned::now();
    if alerts.is_empty() {
        let rules = if rules.len() == 1 { "1 rule".to_string() } else { format!("{} rules", rules.len()) };
        let sources = status.sources.len();
        output
            .line(format!("No alerts. Watched by {rules} on {sources} sources; `hoofbeat alerts rules` shows them."))?;
    } else {
        let head = vec![Cell::new("ALERT"), Cell::new("STATE").spare(1), Cell::new("SINCE").spare(3)];
        let numbers = [Cell::number("LASTS").spare(2), Cell::number("LIMIT").spare(4)];
        let head = [head, numbers.to_vec(), vec![Cell::new("RULE").spare(5)]].concat();
        let mut rows = vec![head.into_iter().map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()];
        for Listed { alert, silence } in &listed {
            let limit = alert.metric.as_deref().and_then(Metric::from_key);
            let limit = limit.map(|metric| format::value(metric, alert.limit));
            let is_pending = alert.phase == "pending";
            let look = |style| if is_pending { Style::Dim } else { style };
            rows.push(vec![
                Cell::name(output::short_name(&alert.title, TITLE)).style(look(style(alert.severity))),
                Cell::new(state(&alert.phase, silence)).style(look(Style::Plain)),
                Cell::new(time::moment(alert.since, &zoned)).style(look(Style::Plain)),
                Cell::number(format::duration(time::since(alert.since, now()))).style(look(Style::Plain)),
                Cell::known(limit).style(look(Style::Plain)),
                Cell::new(output::text(&alert.rule)).style(look(Style::Plain)),
            ]);
        }
        output.table(&rows)?;
    }
    for snooze in &snoozes {
        output.line(output.paint(Style::Dim, &super::snooze::line(snooze, &zoned)))?;
    }
    Ok(())
}

/// The phase as a person calls it, and why nothing is said of it.
fn state(phase: &str, silence: &Silence) -> String {
    let phase = match phase {
        // Nobody is told of that in any case.
        "pending" => return "not yet long enough".to_string(),
        "recovering" => "about to be over",
        "nodata" => "not read any more",
        _ => "fires",
    };
    let why = match &silence.held_down_by {
        Some(rule) => format!(", held down by {}", output::text(rule)),
        None if silence.acked => ", acknowledged".to_string(),
        None if silence.snoozed => ", snoozed".to_string(),
        None => String::new(),
    };
    format!("{phase}{why}")
}
