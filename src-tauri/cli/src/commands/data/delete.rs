//! `hoofbeat data delete`: what goes is said, and goes once a person means it.
//!
//! The recorder does it, as it does for the window: at once where one runs, and otherwise when the next one starts. Deliberately
//! not here: what a deletion takes with it, which `store` knows.

use std::io::{BufRead, IsTerminal};
use std::path::Path;

use clap::{ArgGroup, Args};
use hoofbeat_core::api::{Face, SCHEMA, day_of};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Unit;
use hoofbeat_core::model::RecorderState;
use jiff::Zoned;
use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::time;

/// Options of `data delete`.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["before", "all"])))]
pub struct Options {
    /// What was recorded before the day (in UTC) of this moment: 30d, yesterday, 2026-11-20 or Unix seconds
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// Everything
    #[arg(long)]
    pub all: bool,
    /// Do not ask; needed where nobody can be asked
    #[arg(long, short)]
    pub yes: bool,
}

/// What goes: since when there is some of it, in Unix seconds; `None` where there is none.
#[derive(Serialize)]
struct Gone {
    samples: Option<i64>,
    minutes: Option<i64>,
    hours: Option<i64>,
    /// How many there are.
    events: usize,
    episodes: usize,
}

#[derive(Serialize)]
struct Answer {
    schema: u32,
    /// Unix seconds: what was recorded before then; `None` is everything.
    before: Option<i64>,
    deletes: Gone,
    /// Whether there was anything to delete, and that is asked for.
    asked: bool,
    /// Whether a recorder runs, which does it at once.
    recorder_runs: bool,
}

impl Gone {
    /// What was recorded before a moment.
    fn before(face: &Face, moment: i64) -> Result<Gone, Failure> {
        let oldest = face.data()?.oldest;
        let is_there = |since: &i64| *since < moment;
        let last = moment - 1;
        Ok(Gone {
            samples: oldest.samples.filter(is_there),
            minutes: oldest.minutes.filter(is_there),
            hours: oldest.hours.filter(is_there),
            events: face.happened(&[], 0, last, 0)?.counts.values().sum(),
            episodes: face.episodes(None, 0, last)?.iter().filter(|one| one.end < moment).count(),
        })
    }

    fn is_empty(&self) -> bool {
        self.samples.or(self.minutes).or(self.hours).is_none() && self.events + self.episodes == 0
    }

    /// A line for each kind of it.
    fn lines(&self, now: &Zoned) -> Vec<String> {
        let since = |what: &str, since: Option<i64>| Some(format!("  {what} since {}", time::moment(since?, now)));
        let count = |number: usize, one: &str, many: &str| match number {
            0 => None,
            1 => Some(format!("  1 {one}")),
            _ => Some(format!("  {number} {many}")),
        };
        [
            since("every sample", self.samples),
            since("minutes", self.minutes),
            since("hours", self.hours),
            count(self.events, "event", "events"),
            count(self.episodes, "episode, with who was in it", "episodes, with who was in them"),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Deletes history.
pub fn run(folder: &Path, options: &Options, output: &mut Output) -> Outcome {
    let now = Zoned::now();
    let present = now.timestamp().as_second();
    let typed = options.before.as_deref().map(|text| time::parse_moment(text, &now)).transpose();
    let typed = typed.map_err(Failure::Usage)?;
    // Before its day is taken: what tomorrow begins with may be today by UTC.
    if let Some(typed) = typed.filter(|typed| *typed > present) {
        let when = time::moment(typed, &now);
        return Err(Failure::Usage(format!("{when} is still to come; --all deletes everything")));
    }
    let before = typed.map(day_of);
    let face = Face::open(folder)?;
    let deletes = Gone::before(&face, before.unwrap_or(i64::MAX / 4))?;
    let runs = face.status()?.recorder.state != RecorderState::Off;
    let is_nothing = before.is_some() && deletes.is_empty();
    if !output.json {
        tell(folder, before, &deletes, &now, output)?;
    }
    if !is_nothing {
        if !options.yes && !is_meant(output)? {
            return Ok(output.line("Nothing is deleted.")?);
        }
        face.delete_before(before)?;
    }
    if output.json {
        let answer = Answer { schema: SCHEMA, before, deletes, asked: !is_nothing, recorder_runs: runs };
        return Ok(output.json(&answer)?);
    }
    match (is_nothing, runs) {
        (true, _) => Ok(()),
        (false, true) => Ok(output.line("The recorder deletes it now.")?),
        (false, false) => Ok(output.line("It is deleted as soon as a recorder runs.")?),
    }
}

/// Says what would go.
fn tell(folder: &Path, before: Option<i64>, deletes: &Gone, now: &Zoned, output: &mut Output) -> Outcome {
    let place = crate::output::text(&folder.display().to_string());
    let size = format::quantity(hoofbeat_core::api::data_bytes(folder) as f64, Unit::Byte);
    match before {
        Some(before) if deletes.is_empty() => {
            return Ok(output.line(format!(
                "Nothing was recorded before {} in {place}, so there is nothing to delete.",
                time::moment(before, now)
            ))?);
        }
        Some(before) => output.line(format!(
            "Of the {size} in {place}, what was recorded before {} goes for good:",
            time::moment(before, now)
        ))?,
        None => output.line(format!("All history in {place}, {size}, goes for good:"))?,
    }
    for line in deletes.lines(now) {
        output.line(line)?;
    }
    Ok(output.line("Settings stay, and what was learnt of who uses GPUs.")?)
}

/// Whether a person says that they mean it.
fn is_meant(output: &mut Output) -> Result<bool, Failure> {
    if output.json || !output.is_seen() || !std::io::stdin().is_terminal() {
        let sentence = "what is deleted is gone for good, and nobody is here to be asked; say --yes";
        return Err(Failure::Usage(sentence.to_owned()));
    }
    output.ask("Delete it? Type yes: ")?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Failure::Failed(format!("the answer cannot be read: {error}; say --yes")))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
