//! `hoofbeat expect`: who may, must and must not use a GPU, what differs from that, and what was learnt.
//!
//! Declarations stand in the config file, where `add` and `remove` change nothing else. Deliberately not here: what is
//! unexpected, which core decides.

use hoofbeat_core::alerts::expect::{Used, problems};
use hoofbeat_core::api::{SCHEMA, Users};
use hoofbeat_core::config::{Config, EditError};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::SourceKind;
use hoofbeat_core::model::expectation::{Expectation, Policy};
use hoofbeat_core::model::rule::matches;
use hoofbeat_core::paths;
use jiff::Zoned;
use serde_json::{Value, json};

use crate::args::{self, ExpectCommand, Global, Whom};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// How far back notes are told.
const NOTES: i64 = 7 * 86_400;

/// How far back a forecast looks; the detailed history reaches no further.
const HISTORY: i64 = 90 * 86_400;

/// Does what was asked for.
pub fn run(global: &Global, options: &args::Expect, output: &mut Output) -> Outcome {
    match &options.command {
        None | Some(ExpectCommand::List) => list(output),
        Some(ExpectCommand::Add(whom)) => add(global, whom, output),
        Some(ExpectCommand::Remove { id }) => remove(id, output),
        Some(ExpectCommand::Check) => check(global, output),
        Some(ExpectCommand::Forecast) => forecast(global, output),
        Some(ExpectCommand::Habits) => habits(global, output),
        Some(ExpectCommand::Accept { identity, uid }) => accept(global, identity, *uid, output),
        Some(ExpectCommand::Forget { identity, uid }) => forget(global, identity, *uid, output),
        Some(ExpectCommand::TrustAll) => trust_all(global, output),
    }
}

fn list(output: &mut Output) -> Outcome {
    let config = super::config()?;
    if output.json {
        let all: Vec<Value> = config.expectations.iter().map(in_json).collect();
        return Ok(output.json(&json!({ "schema": SCHEMA, "expectations": all }))?);
    }
    if config.expectations.is_empty() {
        output.line(
            "Nothing is declared; `hoofbeat expect add` does that, and what was learnt here is judged meanwhile.",
        )?;
        return Ok(());
    }
    let head = ["ID", "POLICY", "WHO", "WHEN AND HOW MUCH"].map(|text| Cell::new(text).style(Style::Dim));
    let row = |one: &Expectation| {
        let whom: Vec<String> =
            one.patterns().map(|(key, pattern)| format!("{key} {}", output::text(pattern))).collect();
        [&one.id, &one.policy.word().replace('_', " "), &whom.join(", "), &limits(one)]
            .map(|text| Cell::new(text.clone()))
    };
    let rows: Vec<Vec<Cell>> =
        [head.to_vec()].into_iter().chain(config.expectations.iter().map(|one| row(one).to_vec())).collect();
    Ok(output.table(&rows)?)
}

/// Times and limits in words.
fn limits(one: &Expectation) -> String {
    let share = one.share.map(|share| format!("at most {share} %"));
    let vram = one.vram.map(|bytes| format!("at most {}", format::value(Metric::GpuMemoryUsed, bytes as f64)));
    let grace = (one.policy == Policy::MustRun).then(|| format!("missing for {} s at most", one.grace.as_secs()));
    let parts = [one.hours.map(|hours| hours.words()), share, vram, grace];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// An expectation under the names that the file has for it; times in seconds, sizes in bytes.
pub(super) fn in_json(one: &Expectation) -> Value {
    let Expectation { id, policy, identity, program, unit, container, user, gpu, hours, share, vram, grace } = one;
    json!({
        "id": id, "policy": policy, "identity": identity, "program": program, "unit": unit, "container": container,
        "user": user.as_ref().map(|user| &user.name), "gpu": gpu, "hours": hours.map(|hours| hours.words()),
        "share": share, "vram": vram, "grace": (*policy == Policy::MustRun).then_some(grace.as_secs()),
    })
}

fn add(global: &Global, whom: &Whom, output: &mut Output) -> Outcome {
    let file = paths::config_file()?;
    let policy = match (whom.deny, whom.must_run) {
        (true, _) => Some("deny".to_owned()),
        (_, true) => Some("must_run".to_owned()),
        _ => None,
    };
    let keys = [
        ("id", Some(whom.id.clone())),
        ("policy", policy),
        ("identity", whom.identity.clone()),
        ("program", whom.program.clone()),
        ("unit", whom.unit.clone()),
        ("container", whom.container.clone()),
        ("user", whom.user.clone()),
        ("gpu", whom.gpu.clone()),
        ("hours", whom.hours.clone()),
        ("share", whom.share.map(|share| share.to_string())),
        ("vram", whom.vram.clone()),
        ("grace", whom.grace.clone()),
    ];
    let keys: Vec<(&str, String)> = keys.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    // What makes no sense beside what stands there is refused before anything is written.
    let before = problems(&super::config()?.expectations);
    let config = Config::add_expectation(&file, &keys, |config| {
        problems(&config.expectations).into_iter().find(|problem| !before.contains(problem))
    });
    config.map_err(failure)?;
    // It may be about a GPU that is yet to come.
    let warning = whom.gpu.as_deref().and_then(|pattern| without_gpu(&whom.id, pattern, &gpus(global)?));
    let answer = json!({ "schema": SCHEMA, "added": whom.id, "warning": warning });
    say(&answer, &format!("{:?} is in {}.", whom.id, file.display()), output)?;
    match warning {
        Some(warning) if !output.json => Ok(output.line(output::text(&warning))?),
        _ => Ok(()),
    }
}

/// The ids of the GPUs that were recorded; `None` where nothing was.
fn gpus(global: &Global) -> Option<Vec<String>> {
    let status = super::face(global).ok()?.status().ok()?;
    let gpus = status.sources.into_iter().filter(|source| source.kind == SourceKind::Gpu);
    Some(gpus.map(|gpu| gpu.id).collect())
}

/// That the pattern of an expectation matches no GPU.
fn without_gpu(id: &str, pattern: &str, gpus: &[String]) -> Option<String> {
    if gpus.iter().any(|gpu| matches(pattern, gpu)) {
        return None;
    }
    let known = if gpus.is_empty() { "none was recorded".to_owned() } else { format!("there are {}", gpus.join(", ")) };
    Some(format!("Until now the expectation {id:?} is about no GPU: no id matches {pattern:?}; {known}."))
}

fn remove(id: &str, output: &mut Output) -> Outcome {
    let file = paths::config_file()?;
    Config::remove_expectation(&file, id).map_err(failure)?;
    say(&json!({ "schema": SCHEMA, "removed": id }), &format!("{id:?} is removed from {}.", file.display()), output)
}

fn failure(error: EditError) -> Failure {
    match error {
        EditError::Refused(sentence) => Failure::Usage(sentence),
        EditError::Config(error) => Failure::Usage(error.to_string()),
        EditError::Io(sentence) => Failure::Failed(sentence),
    }
}

fn say(answer: &Value, sentence: &str, output: &mut Output) -> Outcome {
    if output.json {
        return Ok(output.json(answer)?);
    }
    Ok(output.line(sentence)?)
}

fn check(global: &Global, output: &mut Output) -> Outcome {
    let config = super::config()?;
    let problems = problems(&config.expectations);
    let (found, notes) = match super::face(global) {
        Ok(face) => {
            (face.unexpected(&config.expectations, config.sessions)?, face.changed_binaries(super::now() - NOTES)?)
        }
        // What is declared can be looked at before anything was recorded.
        Err(Failure::NoRecording(_)) => (Vec::new(), Vec::new()),
        Err(error) => return Err(error),
    };
    let gpus = gpus(global).unwrap_or_default();
    let patterns = config.expectations.iter().filter_map(|one| Some((one.id.as_str(), one.gpu.as_deref()?)));
    let warnings: Vec<String> = match gpus.is_empty() {
        true => Vec::new(),
        false => patterns.filter_map(|(id, pattern)| without_gpu(id, pattern, &gpus)).collect(),
    };
    let mut users = Users::at(global.root.as_deref());
    if output.json {
        let differences: Vec<Value> = found
            .iter()
            .map(|one| {
                let used = one.used.as_ref();
                json!({
                    "why": one.reason, "expectation": one.expectation, "source": used.map(|used| &used.gpu),
                    "identity": used.map(|used| used.label.json()), "key": used.map(|used| used.key.json()),
                    "uid": used.and_then(|used| used.uid), "share": used.and_then(|used| used.share),
                    "vram": used.and_then(|used| used.vram),
                })
            })
            .collect();
        output.json(&json!({
            "schema": SCHEMA, "problems": problems, "warnings": warnings, "differences": differences, "notes": notes,
        }))?;
    } else {
        for sentence in problems.iter().chain(&warnings) {
            output.line(output::text(sentence))?;
        }
        for one in &found {
            let id = &one.expectation;
            let sentence = match &one.used {
                Some(used) => format!("{}: {} ({id:?}).", in_words(used, &mut users), one.reason.words()),
                None => format!("{id:?} must run, and does not use a GPU."),
            };
            output.line(sentence)?;
        }
        if problems.is_empty() && warnings.is_empty() && found.is_empty() {
            output.line("Everything is as declared.")?;
        }
        let now = Zoned::now();
        for note in &notes {
            let text = |key: &str| output::text(note.detail[key].as_str().unwrap_or_default());
            let when = time::moment(note.ts, &now);
            output.line(format!(
                "Note: since {when} {} runs from another {} than before, as after an update.",
                text("identity"),
                text("path")
            ))?;
        }
    }
    if problems.is_empty() && found.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

/// Who, whose, and how much.
fn in_words(used: &Used, users: &mut Users) -> String {
    let share = used.share.map(|share| format!("{share:.0} %"));
    let vram = used.vram.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64));
    let much: Vec<String> = share.into_iter().chain(vram).collect();
    let much = if much.is_empty() { String::new() } else { format!(" with {}", much.join(" and ")) };
    let user = used.uid.map(|uid| format!(" of {}", output::text(&users.name(uid)))).unwrap_or_default();
    format!("{}{user} on {}{much}", used.label.terminal(), used.gpu)
}

fn forecast(global: &Global, output: &mut Output) -> Outcome {
    let found = super::face(global)?.forecast(super::now() - HISTORY, super::config()?.sessions)?;
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "forecast": found }))?);
    }
    if found.identities == 0 {
        return Ok(output.line("Nothing is recorded of programs that work on a GPU, so nothing can be foretold.")?);
    }
    let days = found.days;
    output.line(format!(
        "In {days:.1} days {} programs worked on a GPU, {} of them on one day only.",
        found.identities, found.once
    ))?;
    match found.new_a_week {
        Some(new) => output.line(format!("About {new:.1} alerts a week about new ones are to be expected."))?,
        None => output.line("How many new ones are to be expected can be told after a day of history.")?,
    }
    match found.odd_hours_a_week {
        Some(odd) => output.line(format!("Odd hours would have made about {odd:.1} alerts a week."))?,
        None => output.line("How many odd hours are to be expected can be told after five weeks of history.")?,
    }
    Ok(())
}

fn habits(global: &Global, output: &mut Output) -> Outcome {
    let (mut rows, began, trusted) = super::face(global)?.habits()?;
    rows.sort_by_key(|row| (row.alarmed == 0, std::cmp::Reverse(row.days)));
    if output.json {
        let all: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "identity": row.label.json(), "key": row.key.json(), "uid": row.uid, "first": row.first,
                    "count": row.count, "hours": row.hours, "days": row.days, "unanswered": row.alarmed != 0,
                })
            })
            .collect();
        return Ok(output.json(&json!({ "schema": SCHEMA, "began": began, "trusted": trusted, "habits": all }))?);
    }
    if rows.is_empty() {
        return Ok(output.line("Nothing was learnt yet: nobody has worked on a GPU for half a minute.")?);
    }
    let mut users = Users::at(global.root.as_deref());
    let mut table = vec![
        [
            Cell::new("NAME"),
            Cell::new("KEY").spare(2),
            Cell::new("USER").spare(1),
            Cell::number("DAYS").spare(3),
            Cell::new("ANSWER"),
        ]
        .map(|cell| cell.style(Style::Dim))
        .to_vec(),
    ];
    for row in &rows {
        let user = row.uid.map(|uid| users.name(uid)).unwrap_or_default();
        let waits = if row.alarmed == 0 { "not needed" } else { "waits for `expect accept`" };
        table.push(vec![
            Cell::name(row.label.terminal()),
            Cell::new(row.key.terminal()),
            Cell::new(output::short_text(&user, 12)),
            Cell::number(row.days.to_string()),
            Cell::new(waits),
        ]);
    }
    Ok(output.table(&table)?)
}

fn accept(global: &Global, identity: &str, uid: Option<u32>, output: &mut Output) -> Outcome {
    let face = super::face(global)?;
    let accepted = face.accept(identity, uid)?;
    if accepted.is_empty() {
        if let Some(known) = face.learnt_of(identity, uid)?.first() {
            return Err(Failure::Usage(format!(
                "{} waits for no answer: it is known already; `hoofbeat expect forget` makes it new",
                known.label.terminal()
            )));
        }
        return Err(Failure::Usage(format!(
            "nothing of {identity:?} waits for an answer; `hoofbeat expect habits` shows what does"
        )));
    }
    let names: Vec<String> = accepted.iter().map(|row| row.key.json().into_owned()).collect();
    let sentence = format!("{} is expected from now on.", accepted[0].label.terminal());
    say(&json!({ "schema": SCHEMA, "accepted": names }), &sentence, output)
}

fn forget(global: &Global, identity: &str, uid: Option<u32>, output: &mut Output) -> Outcome {
    let forgotten = super::face(global)?.forget_named(identity, uid)?;
    let Some(first) = forgotten.first() else {
        return Err(Failure::Usage(format!(
            "nothing was learnt of {identity:?}; `hoofbeat expect habits` shows of whom something was"
        )));
    };
    let sentence = format!("{} is new when it comes again.", first.label.terminal());
    let rows = forgotten.iter().map(|row| json!({ "key": row.key.json(), "uid": row.uid }));
    say(&json!({ "schema": SCHEMA, "forgotten": rows.collect::<Vec<_>>() }), &sentence, output)
}

fn trust_all(global: &Global, output: &mut Output) -> Outcome {
    super::face(global)?.trust_all()?;
    let sentence = "Everything that was seen so far is expected; what is new from now on is told.";
    say(&json!({ "schema": SCHEMA, "trusted": true }), sentence, output)
}
