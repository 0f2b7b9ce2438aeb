//! `hoofbeat alerts check`: what rules would have said of the recorded past.
//!
//! Deliberately not here: the replay itself (`hoofbeat_core::api`).

use hoofbeat_core::api::{Face, Replayed, SCHEMA, SourceStatus};
use hoofbeat_core::config::{Config, ConfigError, Listed, Origin};
use hoofbeat_core::engine::words;
use hoofbeat_core::format;
use hoofbeat_core::model::rule::{Rule, Side};
use jiff::Zoned;
use serde_json::json;

use crate::args::{self, Global};
use crate::commands::{face, names};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Names longer than this are cut; the whole id is in `--json`.
const NAME: usize = 32;

/// Replays the rules.
pub fn run(global: &Global, options: &args::AlertsCheck, output: &mut Output) -> Outcome {
    let zoned = Zoned::now();
    let (since, until) = time::parse_stretch(&options.since, "now", &zoned).map_err(Failure::Usage)?;
    let rules = chosen(global, options)?;
    let face = face(global)?;
    // This second may have been recorded already.
    let until = until + 1;
    let replay = |rule: &Rule| face.replay(rule, since, until);
    if output.json {
        let told: Vec<Replayed> = rules.iter().map(replay).collect::<Result<_, _>>()?;
        return Ok(output.json(&json!({ "schema": SCHEMA, "since": since, "until": until, "rules": told }))?);
    }
    if rules.is_empty() {
        return Ok(output.line("The file has no rule of its own to check.")?);
    }
    let shown = Shown { names: Names::of(&face)?, since, until, zoned };
    for rule in &rules {
        shown.tell(rule, &replay(rule)?, output)?;
    }
    Ok(())
}

/// The rules that were asked for: one by its id, also one that is off; of a file what it says itself; else all that are on.
fn chosen(global: &Global, options: &args::AlertsCheck) -> Result<Vec<Rule>, Failure> {
    let config = match &options.file {
        Some(file) => Config::load(file).map_err(|error| match error {
            // It is not the one that a recorder would write.
            ConfigError::Unreadable { file, reason, .. } => {
                Failure::Failed(format!("{}: {reason}; --file takes a config file that is there", file.display()))
            }
            error => Failure::Failed(error.to_string()),
        })?,
        None => super::super::standing(global)?,
    };
    let listed = config.listed();
    if let Some(id) = options.rule.as_deref() {
        return match listed.iter().find(|one| one.rule.id == id) {
            Some(one) => Ok(vec![one.rule.clone()]),
            None => Err(super::unknown(id, listed.iter().map(|one| one.rule.id.as_str()))),
        };
    }
    let is_asked = |one: &Listed| one.is_on && (options.file.is_none() || one.origin != Origin::BuiltIn);
    Ok(listed.into_iter().filter(is_asked).map(|one| one.rule).collect())
}

/// What people call the sources.
struct Names {
    sources: Vec<SourceStatus>,
    names: Vec<String>,
}

impl Names {
    fn of(face: &Face) -> Result<Names, Failure> {
        let sources = face.status()?.sources;
        let names = names::names(&sources);
        Ok(Names { sources, names })
    }

    fn name(&self, source: &str) -> String {
        let at = self.sources.iter().position(|one| one.id == source);
        at.map_or_else(|| output::text(source), |at| self.names[at].clone())
    }
}

/// What stands beside the answers.
struct Shown {
    names: Names,
    since: i64,
    until: i64,
    zoned: Zoned,
}

impl Shown {
    fn tell(&self, rule: &Rule, told: &Replayed, output: &mut Output) -> Outcome {
        let id = output.paint(Style::Bold, &output::text(&rule.id));
        let since = self.looked_at(told);
        if !told.is_replayed {
            let did = match told.fired {
                0 => "did not fire".to_string(),
                fired => format!("did fire {}", times(fired)),
            };
            output.line(format!(
                "{id} cannot be replayed, because how sources are and what GPUs do is only recorded as events; it {did} \
                 {since}."
            ))?;
        } else if told.nothing_until.is_some_and(|first| first >= self.until) && told.fired == 0 {
            output.line(format!("{id} cannot be replayed, because nothing is recorded that it looks at."))?;
        } else {
            let same = told.fired - told.missing.len();
            let did = match (told.fired, told.missing.len()) {
                (0, _) => "it did not fire".to_string(),
                (fired, missing) if missing == 0 || told.alerts.is_empty() => format!("it did fire {}", times(fired)),
                (fired, _) => format!("it did fire {}, {same} of them among these", times(fired)),
            };
            let would = match told.alerts.len() {
                0 => "would not have fired".to_string(),
                count => format!("would have fired {}", times(count)),
            };
            output.line(format!("{id} {would} {since}; {did}."))?;
        }
        self.table(rule, told, output)?;
        if let Some(until) = told.minutes_until {
            let counts = match (rule.window.is_some(), rule.fire.side) {
                (true, _) => "of each its mean or extreme counts",
                (false, Side::Above) => "of each the highest value counts",
                (false, Side::Below) => "of each the lowest value counts",
            };
            let until = time::moment(until, &self.zoned);
            let note =
                format!("  Before {until} only minutes are kept: {counts}, so short peaks may count differently.");
            output.line(output.paint(Style::Dim, &note))?;
        }
        Ok(())
    }

    /// The time that was looked at: as far as it goes back, and not as far as was asked for.
    fn looked_at(&self, told: &Replayed) -> String {
        match told.nothing_until.map(|first| first.min(self.until)) {
            None => format!("since {}", time::moment(self.since, &self.zoned)),
            Some(first) => {
                let long = format::duration(time::since(first, self.until));
                format!("in the {long} on record, since {}", time::moment(first, &self.zoned))
            }
        }
    }

    fn table(&self, rule: &Rule, told: &Replayed, output: &mut Output) -> Outcome {
        if told.alerts.is_empty() && told.missing.is_empty() {
            return Ok(());
        }
        let number = |value: Option<f64>| Cell::known(value.map(|value| words::quantity(rule, value)));
        let row = |since, until: Option<i64>, value, peak, source: &str, what: &'static str| {
            let lasted = until.map(|until| format::duration(time::since(since, until)));
            vec![
                Cell::new(format!("  {}", time::moment(since, &self.zoned))),
                Cell::known(lasted),
                number(value),
                number(peak),
                Cell::name(output::short_name(&self.names.name(source), NAME)),
                Cell::new(what),
            ]
        };
        let head = vec![Cell::new("  SINCE"), Cell::number("LASTED"), Cell::number("VALUE"), Cell::number("PEAK")];
        let head = [head, vec![Cell::new("SOURCE"), Cell::new("THEN")]].concat();
        let mut rows: Vec<(i64, Vec<Cell>)> = Vec::new();
        for one in &told.alerts {
            let what = if one.did_fire { "did fire" } else { "new" };
            rows.push((one.since, row(one.since, one.until, one.value, one.peak, &one.source, what)));
        }
        for one in &told.missing {
            let cells = row(one.since, one.until, one.value, one.peak, &one.source, "did fire, and would not");
            rows.push((one.since, cells.into_iter().map(|cell| cell.style(Style::Dim)).collect()));
        }
        rows.sort_by_key(|(since, _)| *since);
        let head: Vec<Cell> = head.into_iter().map(|cell| cell.style(Style::Dim)).collect();
        let rows: Vec<_> = [head].into_iter().chain(rows.into_iter().map(|(_, cells)| cells)).collect();
        Ok(output.table(&rows)?)
    }
}

fn times(count: usize) -> String {
    match count {
        0 => "never".to_string(),
        1 => "once".to_string(),
        2 => "twice".to_string(),
        count => format!("{count} times"),
    }
}
