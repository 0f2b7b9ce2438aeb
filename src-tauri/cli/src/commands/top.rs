//! `hoofbeat top`: the processes that use the most, measured while one waits.
//!
//! It reads `/proc` itself, twice: a live list belongs to whoever looks at it, not to the history. The kernel counts CPU
//! time in steps of 10 ms, so less than a second tells little about one process. Who looks at a terminal sees something
//! meanwhile: memory, which is known at once, and the CPU that each process used on average since it began, as other
//! tops show it first. A program gets one answer, the measured one, because it could not tell the two apart. What a
//! process does on a GPU is what the recorder wrote last: only the recorder touches a GPU.

mod line;

use std::cmp::Ordering;
use std::time::Duration;

use hoofbeat_core::api::{Face, LiveProcesses, ProcessNow, SCHEMA, Status, Users};
use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::format;
use hoofbeat_core::metrics::{Metric, Unit};
use hoofbeat_core::model::RecorderState;
use serde::Serialize;

use self::line::Line;
use crate::args::{self, Global, Sort};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};

/// Said below a table whose columns of GPUs are empty for want of a recorder.
const NOBODY_RECORDS: &str = "What GPUs are used for is not known: no recorder runs (start one with `hoofbeat watch`).";

#[derive(Serialize)]
struct Top {
    schema: u32,
    processes: Vec<Line>,
}

/// Shows the processes that use the most.
pub fn run(global: &Global, options: &args::Top, output: &mut Output) -> Outcome {
    if options.interval.is_zero() {
        return Err(Failure::Usage("--interval must be longer than nothing".to_string()));
    }
    let roots = super::machine(global)?;
    let mut live = LiveProcesses::new(&roots);
    let mut look =
        |status: Option<&Status>| live.look(boot(), status).map_err(|error| Failure::Failed(error.to_string()));
    // Names of users stand in this machine's files, and not in those of a captured one.
    let mut users = Users::at(global.root.as_deref());
    let face = super::face(global).ok();
    let drafts = output.redraws && !output.json;
    let status = if drafts { written(face.as_ref()) } else { None };
    let begun = boot();
    let mut first = look(status.as_ref())?;
    if drafts {
        let now = global.root.is_none().then(|| SystemClock.now().wall.as_secs_f64());
        first.iter_mut().for_each(|one| one.cpu = now.and_then(|now| one.average_cpu(now)));
        let lines = largest(lines(first, &mut users), options);
        let note = format!("CPU since each began; measuring for {} …", seconds(options.interval));
        output.draft(&rows(&lines, status.as_ref()), &note)?;
    }
    std::thread::sleep(options.interval.saturating_sub(boot().saturating_sub(begun)));
    let status = written(face.as_ref());
    let lines = largest(lines(look(status.as_ref())?, &mut users), options);
    if output.json {
        return Ok(output.json(&Top { schema: SCHEMA, processes: lines })?);
    }
    output.replace_draft()?;
    output.table(&rows(&lines, status.as_ref()))?;
    if status.is_none() {
        output.line(output.paint(Style::Dim, NOBODY_RECORDS))?;
    }
    Ok(())
}

fn boot() -> Duration {
    SystemClock.now().boot
}

fn lines(processes: Vec<ProcessNow>, users: &mut Users) -> Vec<Line> {
    processes.into_iter().map(|one| Line::of(one, users)).collect()
}

/// What a recorder that runs wrote last.
fn written(face: Option<&Face>) -> Option<Status> {
    let status = face?.status().inspect_err(|error| log::warn!("the recording cannot be read: {error}")).ok()?;
    (status.recorder.state == RecorderState::Recording).then_some(status)
}

fn seconds(time: Duration) -> String {
    format::quantity(time.as_secs_f64(), Unit::Second)
}

/// The lines that were asked for, in the order that was asked for.
fn largest(mut lines: Vec<Line>, options: &args::Top) -> Vec<Line> {
    let by_gpu = |a: &Line, b: &Line| {
        let share = |line: &Line| line.share.unwrap_or(0.0);
        share(b).total_cmp(&share(a)).then(b.vram.cmp(&a.vram))
    };
    let by_cpu = |a: &Line, b: &Line| b.cpu.unwrap_or(0.0).total_cmp(&a.cpu.unwrap_or(0.0));
    let by_memory = |a: &Line, b: &Line| b.memory.cmp(&a.memory);
    let gpu_is_used = lines.iter().any(|line| !line.gpus.is_empty());
    let order: fn(Ordering, Ordering, Ordering) -> Ordering =
        match options.sort.unwrap_or(if gpu_is_used { Sort::Gpu } else { Sort::Cpu }) {
            Sort::Gpu => |gpu, cpu, memory| gpu.then(cpu).then(memory),
            Sort::Cpu => |_, cpu, memory| cpu.then(memory),
            Sort::Memory => |_, cpu, memory| memory.then(cpu),
        };
    lines.sort_by(|a, b| order(by_gpu(a, b), by_cpu(a, b), by_memory(a, b)));
    if options.number > 0 {
        lines.truncate(options.number);
    }
    lines
}

fn rows(lines: &[Line], status: Option<&Status>) -> Vec<Vec<Cell>> {
    // A machine without a GPU needs no columns for it; without a recorder that is not known.
    let gpus = status.is_none_or(Status::has_gpu);
    let columns = |[pid, user, gpu, vram, cpu, memory, name]: [Cell; 7]| {
        let gpu = if gpus { vec![gpu, vram] } else { Vec::new() };
        [vec![pid, user], gpu, vec![cpu, memory, name]].concat()
    };
    // Where there is little room, the name is what tells most, and then who works.
    let numbers =
        [("GPU", 1), ("VRAM", 4), ("CPU", 2), ("MEMORY", 5)].map(|(head, spare)| Cell::number(head).spare(spare));
    let [gpu, vram, cpu, memory] = numbers;
    let head = [Cell::number("PID").spare(3), Cell::new("USER").spare(6), gpu, vram, cpu, memory, Cell::new("NAME")];
    let mut rows = vec![columns(head.map(|cell| cell.style(Style::Dim)))];
    let percent = |value: Option<f64>| value.map(|value| format!("{value:.1} %"));
    let bytes = |value: Option<u64>| value.map(|value| format::value(Metric::MemoryUsed, value as f64));
    let known = |text: Option<String>| Cell::number(text.unwrap_or_else(|| "–".to_string()));
    let used = |text: Option<String>| Cell::number(text.unwrap_or_default());
    rows.extend(lines.iter().map(|line| {
        columns([
            Cell::number(line.pid.to_string()),
            Cell::new(output::short_text(&line.user, 12)),
            used(percent(line.share)),
            used(bytes(line.vram)),
            known(percent(line.cpu)),
            known(bytes(line.memory)),
            Cell::new(output::text(&line.more.in_full)),
        ])
    }));
    rows
}
