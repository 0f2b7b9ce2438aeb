//! `hoofbeat top`: the processes that use the most, measured while one waits.
//!
//! It reads `/proc` itself, twice: a live list belongs to whoever looks at it, not to the history.

use std::collections::HashMap;
use std::time::Instant;

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::sensors::processes::{self, Process};
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
    user: String,
    /// Percent of one core.
    cpu: f64,
    /// Bytes.
    memory: u64,
    gpus: Vec<Share>,
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
    let sample = || processes::snapshot(&roots).map_err(|error| Failure::Failed(error.to_string()));
    let before = sample()?;
    let begun = Instant::now();
    std::thread::sleep(options.interval);
    let after = sample()?;
    let mut lines = lines(&before, &after, begun.elapsed().as_secs_f64(), &Users::of(global));
    match options.sort {
        Sort::Cpu => lines.sort_by(|a, b| b.cpu.total_cmp(&a.cpu).then(b.memory.cmp(&a.memory))),
        Sort::Memory => lines.sort_by(|a, b| b.memory.cmp(&a.memory).then(b.cpu.total_cmp(&a.cpu))),
    }
    if options.number > 0 {
        lines.truncate(options.number);
    }
    if output.json {
        return Ok(output.json(&Top { schema: SCHEMA, processes: lines })?);
    }
    let mut rows = vec![
        [Cell::number("PID"), Cell::new("USER"), Cell::number("CPU"), Cell::number("MEMORY"), Cell::new("NAME")]
            .map(|cell| cell.style(Style::Dim))
            .to_vec(),
    ];
    rows.extend(lines.iter().map(|line| {
        vec![
            Cell::number(line.pid.to_string()),
            Cell::new(output::short_text(&line.user, 12)),
            Cell::number(format!("{:.1} %", line.cpu)),
            Cell::number(format::value(Metric::MemoryUsed, line.memory as f64)),
            Cell::new(output::short_text(&line.identity, output.width.saturating_sub(44).max(16))),
        ]
    }));
    Ok(output.table(&rows)?)
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
            Line {
                pid: process.pid,
                started: process.started,
                identity: process.identity.json().into_owned(),
                user: names.entry(process.uid).or_insert_with(|| users.name(process.uid)).clone(),
                cpu: (used / seconds * 1000.0).round().max(0.0) / 10.0,
                memory: process.memory,
                gpus: Vec::new(),
            }
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
    use hoofbeat_core::untrusted::Untrusted;

    use super::*;

    #[test]
    fn a_reused_number_is_another_process() {
        let process = |pid, started, cpu_seconds| Process {
            pid,
            parent: 0,
            started,
            identity: Untrusted::from("x"),
            state: 'S',
            threads: 1,
            uid: 0,
            cpu_seconds,
            memory: 1,
        };
        let before = [process(1, 10.0, 100.0), process(2, 10.0, 50.0), process(3, 10.0, 1.0)];
        let after = [process(1, 10.0, 101.0), process(2, 20.0, 0.5), process(4, 20.0, 0.25)];
        let found: Vec<_> =
            lines(&before, &after, 2.0, &Users::Elsewhere).into_iter().map(|line| (line.pid, line.cpu)).collect();
        assert_eq!(found, [(1, 50.0), (2, 25.0), (4, 12.5)]);
    }
}
