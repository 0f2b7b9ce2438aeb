//! `hoofbeat alerts snooze` and `unsnooze`: what is recorded as ever and not said for a while.
//!
//! A snooze is a row that the recorder notices within a tick, and at its next start where none runs. Deliberately not
//! here: what silence means for an alert that goes on, which core decides.

use hoofbeat_core::api::{Face, SCHEMA};
use hoofbeat_core::config::Config;
use hoofbeat_core::model::rule::Rule;
use hoofbeat_core::model::snooze::{EVERY, Snooze};
use jiff::Zoned;
use serde_json::json;

use crate::args::{self, Global};
use crate::commands::{face, names, now};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Snoozes the alerts of a rule.
pub fn snooze(global: &Global, options: &args::Snooze, output: &mut Output) -> Outcome {
    let rule = options.rule.as_deref().unwrap_or(EVERY);
    let config = super::super::standing(global)?;
    known(rule, &config)?;
    let face = face(global)?;
    let source = match options.source.as_deref() {
        None => EVERY.to_string(),
        Some(pattern) if pattern.contains('*') => pattern.to_string(),
        Some(name) => names::source(&face.status()?.sources, name, "source")?,
    };
    let who = match &options.who {
        None => None,
        Some(name) => Some(identity(&face, &config.rules, (rule, &source), name)?),
    };
    let until = match options.span.as_secs() {
        _ if options.until_clear => None,
        0 => return Err(Failure::Usage("a snooze lasts at least a second".to_string())),
        seconds => Some(now() + seconds as i64),
    };
    face.snooze_whom(rule, &source, who.as_deref(), until)?;
    let snooze = Snooze { seq: 0, rule: rule.to_string(), source, who, until };
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "snoozed": snooze }))?);
    }
    Ok(output.line(format!("{}. They are recorded as ever.", line(&snooze, &Zoned::now())))?)
}

/// Says nothing more of what fires now, until it is over.
pub fn acknowledge(global: &Global, options: &args::Ack, output: &mut Output) -> Outcome {
    let options = args::Snooze {
        rule: Some(options.rule.clone()),
        source: options.source.clone(),
        who: options.who.clone(),
        span: std::time::Duration::ZERO,
        until_clear: true,
        list: false,
    };
    snooze(global, &options, output)
}

/// A rule that nobody wrote is nearly always a slip of the finger.
fn known(rule: &str, config: &Config) -> Result<(), Failure> {
    let ids = || config.rules.iter().map(|one| one.id.as_str());
    if rule == EVERY || ids().any(|id| id == rule) {
        return Ok(());
    }
    if config.off.iter().any(|one| one.id == rule) {
        let rule = output::text(rule);
        return Err(Failure::Usage(format!(
            "rule {rule:?} is switched off, so that it says nothing anyway; `hoofbeat alerts enable {rule}` switches it on"
        )));
    }
    Err(super::unknown(rule, ids()))
}

/// The key of who is called so in an alert that fires; a key itself need not fire now.
fn identity(face: &Face, rules: &[Rule], (rule, source): (&str, &str), name: &str) -> Result<String, Failure> {
    let (rule, source) = (rule.to_string(), source.to_string());
    let all = Snooze { rule, source, ..Snooze::default() };
    let alerts = face.alerts_of(&face.status()?, rules)?;
    let firing = alerts.iter().filter(|alert| all.covers(&alert.rule, &alert.source));
    let known: Vec<(&str, &str)> =
        firing.filter_map(|one| Some((one.key.as_deref()?, one.identity.as_deref()?))).collect();
    let is_it = |(key, label): &&(&str, &str)| *key == name || label.to_lowercase() == name.to_lowercase();
    if let Some((key, _)) = known.iter().find(is_it) {
        return Ok((*key).to_string());
    }
    if name.contains(':') {
        return Ok(name.to_string());
    }
    let labels: Vec<String> = known.iter().map(|(_, label)| output::text(label)).collect();
    let there =
        if labels.is_empty() { "they name nobody".to_string() } else { format!("they name {}", labels.join(", ")) };
    Err(Failure::Usage(format!("none of these alerts is about {:?}; {there}", output::text(name))))
}

/// "Alerts of gpu-hot on gpu:1".
fn subject(snooze: &Snooze) -> String {
    let Snooze { rule, source, who, .. } = snooze;
    let mut text = if rule == EVERY { "All alerts".to_string() } else { format!("Alerts of {}", output::text(rule)) };
    if source != EVERY {
        text.push_str(&format!(" on {}", output::text(source)));
    }
    if let Some(who) = who {
        text.push_str(&format!(" about {}", output::text(who)));
    }
    text
}

fn ending(until: Option<i64>, now: &Zoned) -> String {
    match until {
        Some(until) => format!("until {}", time::moment(until, now)),
        None => "until they are over".to_string(),
    }
}

fn say(ending: &str) -> String {
    format!("are silenced {ending}")
}

/// "All alerts are silenced until 14:00": a line of `status`.
pub fn line(snooze: &Snooze, now: &Zoned) -> String {
    format!("{} {}", subject(snooze), say(&ending(snooze.until, now)))
}

/// Shows what is snoozed.
pub fn list(global: &Global, output: &mut Output) -> Outcome {
    let snoozes = face(global)?.snoozes(now())?;
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "snoozes": snoozes }))?);
    }
    if snoozes.is_empty() {
        return Ok(output.line("Nothing is snoozed.")?);
    }
    let zoned = Zoned::now();
    let head = ["RULE", "SOURCE", "WHO", "UNTIL"].map(|text| Cell::new(text).style(Style::Dim)).to_vec();
    let rows = snoozes.iter().map(|snooze| {
        let who = snooze.who.as_deref().map_or("all".to_string(), output::text);
        let until = snooze.until.map_or("it is over".to_string(), |until| time::moment(until, &zoned));
        [output::text(&snooze.rule), output::text(&snooze.source), who, until].map(Cell::new).to_vec()
    });
    let rows: Vec<_> = [head].into_iter().chain(rows).collect();
    Ok(output.table(&rows)?)
}

/// Takes snoozes back.
pub fn unsnooze(global: &Global, options: &args::Unsnooze, output: &mut Output) -> Outcome {
    let rule = options.rule.as_deref().filter(|_| !options.all);
    let removed = face(global)?.unsnooze(rule, now())?;
    if let (Some(rule), true) = (rule, removed.is_empty()) {
        return Err(Failure::Usage(format!(
            "no snooze of {:?} is in force; `hoofbeat alerts snooze --list` shows those that are",
            output::text(rule)
        )));
    }
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "unsnoozed": removed }))?);
    }
    if removed.is_empty() {
        return Ok(output.line("Nothing is snoozed.")?);
    }
    for snooze in &removed {
        output.line(format!("{} are said again.", subject(snooze)))?;
    }
    Ok(())
}
