//! `hoofbeat top`: the processes that use the most, measured while one waits.
//!
//! It reads `/proc` itself, twice: a live list belongs to whoever looks at it, not to the history. The kernel counts CPU
//! time in steps of 10 ms, so less than a second tells little about one process. Who looks at a terminal sees something
//! meanwhile: memory, which is known at once, and the CPU that each process used on average since it began, as other
//! tops show it first. A program gets one answer, the measured one, because it could not tell the two apart.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::format;
use hoofbeat_core::identity::{Identities, Identity};
use hoofbeat_core::metrics::{Metric, Unit};
use hoofbeat_core::sensors::processes::{self, Process};
use hoofbeat_core::untrusted::Untrusted;
use serde::Serialize;

use crate::args::{self, Global, Sort};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};

#[derive(Serialize)]
struct Top {
    schema: u32,
    processes: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    pid: u32,
    /// Unix seconds.
    started: f64,
    identity: String,
    #[serde(flatten)]
    more: More,
    user: String,
    /// Percent of one core; not known of a captured machine's past, because it stands still.
    cpu: Option<f64>,
    /// Bytes.
    memory: u64,
    gpus: Vec<Share>,
}

/// What else is known of an identity; what is not known is left out.
#[derive(Serialize)]
struct More {
    /// The same for all that belongs together.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    /// All of it, for people.
    #[serde(skip)]
    in_full: String,
}

impl More {
    fn of(identity: &Identity) -> More {
        let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.json().into_owned());
        More {
            key: identity.key.json().into_owned(),
            detail: text(&identity.detail),
            parent: text(&identity.parent),
            via: text(&identity.via),
            in_full: identity.in_full().json().into_owned(),
        }
    }
}

/// What a process uses of a GPU.
#[derive(Serialize)]
struct Share {
    source: String,
    share: f64,
    vram: u64,
}

/// Shows the processes that use the most.
pub fn run(global: &Global, options: &args::Top, output: &mut Output) -> Outcome {
    if options.interval.is_zero() {
        return Err(Failure::Usage("--interval must be longer than nothing".to_string()));
    }
    let roots = super::machine(global)?;
    let mut identities = Identities::new(&roots);
    let mut sample =
        || processes::snapshot(&roots, &mut identities).map_err(|error| Failure::Failed(error.to_string()));
    let users = Users::of(global);
    let before = sample()?;
    let begun = Instant::now();
    if output.redraws && !output.json {
        let now = global.root.is_none().then(|| jiff::Timestamp::now().as_millisecond() as f64 / 1000.0);
        let lines = largest(averages(&before, now, &users), options);
        let note = format!("CPU since each began; measuring for {} …", seconds(options.interval));
        output.draft(&rows(&lines, output.width), &note)?;
    }
    std::thread::sleep(options.interval.saturating_sub(begun.elapsed()));
    let after = sample()?;
    let lines = largest(lines(&before, &after, begun.elapsed().as_secs_f64(), &users), options);
    if output.json {
        return Ok(output.json(&Top { schema: SCHEMA, processes: lines })?);
    }
    output.replace_draft()?;
    Ok(output.table(&rows(&lines, output.width))?)
}

fn seconds(time: Duration) -> String {
    format::quantity(time.as_secs_f64(), Unit::Second)
}

/// The lines that were asked for, in the order that was asked for.
fn largest(mut lines: Vec<Line>, options: &args::Top) -> Vec<Line> {
    let by_cpu = |a: &Line, b: &Line| b.cpu.unwrap_or(0.0).total_cmp(&a.cpu.unwrap_or(0.0));
    match options.sort {
        Sort::Cpu => lines.sort_by(|a, b| by_cpu(a, b).then(b.memory.cmp(&a.memory))),
        Sort::Memory => lines.sort_by(|a, b| b.memory.cmp(&a.memory).then(by_cpu(a, b))),
    }
    if options.number > 0 {
        lines.truncate(options.number);
    }
    lines
}

fn rows(lines: &[Line], width: usize) -> Vec<Vec<Cell>> {
    let mut rows = vec![
        [Cell::number("PID"), Cell::new("USER"), Cell::number("CPU"), Cell::number("MEMORY"), Cell::new("NAME")]
            .map(|cell| cell.style(Style::Dim))
            .to_vec(),
    ];
    rows.extend(lines.iter().map(|line| {
        vec![
            Cell::number(line.pid.to_string()),
            Cell::new(output::short_text(&line.user, 12)),
            Cell::number(line.cpu.map_or("–".to_string(), |cpu| format!("{cpu:.1} %"))),
            Cell::number(format::value(Metric::MemoryUsed, line.memory as f64)),
            Cell::new(output::short_text(&line.more.in_full, width.saturating_sub(44).max(16))),
        ]
    }));
    rows
}

/// What each process used on average since it began, seen from `now` (Unix seconds).
fn averages(processes: &[Process], now: Option<f64>, users: &Users) -> Vec<Line> {
    let mut names = HashMap::new();
    let average = |process: &Process| {
        let age = now? - process.started;
        // A clock that was set, or a process of this very moment.
        (age >= 0.01).then(|| percent(process.cpu_seconds, age))
    };
    processes.iter().map(|process| line(process, average(process), users, &mut names)).collect()
}

/// CPU time in percent of one core, with one decimal.
fn percent(used: f64, seconds: f64) -> f64 {
    (used / seconds * 1000.0).round().max(0.0) / 10.0
}

fn line(process: &Process, cpu: Option<f64>, users: &Users, names: &mut HashMap<u32, String>) -> Line {
    Line {
        pid: process.pid,
        started: process.started,
        identity: process.identity.label.json().into_owned(),
        more: More::of(&process.identity),
        user: names.entry(process.uid).or_insert_with(|| users.name(process.uid)).clone(),
        cpu,
        memory: process.memory,
        gpus: Vec::new(),
    }
}

/// What each process used in between. A process that began in between counts from its beginning; one that has ended
/// is left out.
fn lines(before: &[Process], after: &[Process], seconds: f64, users: &Users) -> Vec<Line> {
    // A number alone names another process once it was given out again.
    let key = |process: &Process| (process.pid, process.started.to_bits());
    let earlier: HashMap<_, f64> = before.iter().map(|process| (key(process), process.cpu_seconds)).collect();
    let mut names = HashMap::new();
    after
        .iter()
        .map(|process| {
            let used = process.cpu_seconds - earlier.get(&key(process)).copied().unwrap_or(0.0);
            line(process, Some(percent(used, seconds)), users, &mut names)
        })
        .collect()
}

/// Who has a user id.
enum Users {
    /// As this machine says, network directories included.
    Here,
    /// A captured machine had other users than this one.
    Elsewhere,
}

impl Users {
    fn of(global: &Global) -> Users {
        if global.root.is_none() { Users::Here } else { Users::Elsewhere }
    }

    fn name(&self, uid: u32) -> String {
        match self {
            Users::Here => uzers::get_user_by_uid(uid).map(|user| user.name().to_string_lossy().into_owned()),
            Users::Elsewhere => None,
        }
        .unwrap_or_else(|| uid.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hoofbeat_core::identity::Role;

    use super::*;

    fn process(pid: u32) -> Process {
        Process {
            pid,
            parent: 0,
            started: 0.0,
            identity: Arc::new(Identity {
                key: "program:x".into(),
                label: "x".into(),
                detail: None,
                role: Role::Program,
                icon: None,
                user: None,
                parent: None,
                via: None,
            }),
            state: 'S',
            threads: 1,
            uid: 0,
            cpu_seconds: 0.0,
            memory: 1,
        }
    }

    #[test]
    fn a_reused_number_is_another_process() {
        let process = |pid, started, cpu_seconds| Process { started, cpu_seconds, ..process(pid) };
        let before = [process(1, 10.0, 100.0), process(2, 10.0, 50.0), process(3, 10.0, 1.0)];
        let after = [process(1, 10.0, 101.0), process(2, 20.0, 0.5), process(4, 20.0, 0.25)];
        let found: Vec<_> =
            lines(&before, &after, 2.0, &Users::Elsewhere).into_iter().map(|line| (line.pid, line.cpu)).collect();
        assert_eq!(found, [(1, Some(50.0)), (2, Some(25.0)), (4, Some(12.5))]);
    }

    #[test]
    fn a_first_table_says_only_what_is_known() {
        let begun = |started| Process { started, cpu_seconds: 3.0, ..process(1) };
        let average = |started, now| averages(&[begun(started)], now, &Users::Elsewhere)[0].cpu;
        assert_eq!(average(100.0, Some(110.0)), Some(30.0));
        assert_eq!(average(100.0, Some(99.0)), None, "the clock was set back");
        assert_eq!(average(100.0, Some(100.0)), None);
        assert_eq!(average(100.0, None), None, "a captured machine has no now");
    }
}
