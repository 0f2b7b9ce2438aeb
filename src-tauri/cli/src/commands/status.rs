//! `hoofbeat status`: the state of everything, now.

pub mod alerts;

use std::collections::BTreeMap;

use hoofbeat_core::api::{AlertInfo, GpuProcess, SourceStatus, Status};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::snooze::Snooze;
use hoofbeat_core::model::{Health, RecorderState, SourceKind};
use hoofbeat_core::store::StoreError;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{brief, busiest};
use jiff::Zoned;
use serde::Serialize;

use super::alerts::snooze;
use crate::args::{self, Global};
use crate::failure::Outcome;
use crate::output::{self, Cell, Output, Style};
use crate::{summary, time};

/// Labels longer than this are cut; the whole text is in `--json`.
const LABEL_WIDTH: usize = 32;

/// How many of those who use a GPU are shown beneath it; `top` shows all.
const PROCESSES: usize = 3;

/// How many cores are shown one by one.
const CORES: usize = 32;

/// The state of everything with the alerts that fire.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    status: &'a Status,
    /// Worst first; `null` where they cannot be read.
    alerts: Option<Vec<AlertInfo>>,
    /// What people do not want to hear of.
    snoozes: Vec<Snooze>,
}

/// Shows the newest values of every source.
pub fn run(global: &Global, options: &args::Status, output: &mut Output) -> Outcome {
    let face = super::face(global)?;
    let status = face.status()?;
    // What else there is to say does not depend on a damaged page of old events.
    let unreadable = |error: &StoreError| log::warn!("the alerts that fire cannot be read: {error}");
    let rules = super::rules(global);
    let alerts = face.alerts_of(&status, &rules).inspect_err(unreadable).ok();
    let firing = |alerts: Vec<AlertInfo>| alerts.into_iter().filter(|alert| alert.phase != "pending").collect();
    let alerts: Option<Vec<AlertInfo>> = alerts.map(firing);
    let snoozes = face.snoozes(super::now())?;
    if output.json {
        return Ok(output.json(&Answer { status: &status, alerts, snoozes })?);
    }
    let now = Zoned::now();
    output.line(headline(&status, &now, output))?;
    if status.recorder.state == RecorderState::Recording && status.has_gpu() {
        let verdicts = face.why_now(&status)?.verdicts;
        if let Some(at) = busiest(&verdicts) {
            output.line(brief(&verdicts[at], &|ts| time::moment(ts, &now), &Untrusted::terminal))?;
        }
    }
    for alert in alerts.iter().flatten() {
        output.line(alerts::line(alert, &now, output))?;
    }
    for one in &snoozes {
        output.line(output.paint(Style::Dim, &snooze::line(one, &now)))?;
    }
    output.line("")?;
    let rows: Vec<_> =
        if options.all { every_value(&status) } else { main_values(&status, now.timestamp().as_second()) };
    Ok(output.table(&rows)?)
}

/// What the recorder does, since when, and how old the values are.
fn headline(status: &Status, now: &Zoned, output: &Output) -> String {
    let unix = now.timestamp().as_second();
    let recorder = &status.recorder;
    let since = recorder.since.map(|since| {
        let ago = format::duration(time::since(since, unix));
        format!(" since {} ({ago})", time::moment(since, now))
    });
    let since = since.unwrap_or_default();
    match recorder.state {
        RecorderState::Recording => {
            let age = status.ts.map(|ts| format!(" · newest values {} old", format::duration(time::since(ts, unix))));
            format!("{}{since}{}", output.paint(Style::Good, "Recording"), age.unwrap_or_default())
        }
        RecorderState::Paused => {
            let until = recorder.until.map(|until| format!(", until {}", time::moment(until, now)));
            format!("{}{since}{}", output.paint(Style::Warning, "Paused"), until.unwrap_or_default())
        }
        RecorderState::Off => {
            let last = status.ts.or(recorder.since).map(|ts| {
                let ago = format::duration(time::since(ts, unix));
                format!(
                    " since {} ({ago}); these are the last values. Start with `hoofbeat watch`",
                    time::moment(ts, now)
                )
            });
            format!("{}{}", output.paint(Style::Bad, "Not recording"), last.unwrap_or_default())
        }
    }
}

/// A row a source: its label, the values that matter most, and its health where it is not well. The parts of a chip
/// are rows of their own, cores are one row, the sensors of the recorder are left out.
fn main_values(status: &Status, now: i64) -> Vec<Vec<Cell>> {
    let mut parts: BTreeMap<&str, Vec<&SourceStatus>> = BTreeMap::new();
    for source in &status.sources {
        if let Some(whole) = &source.part_of {
            parts.entry(whole).or_default().push(source);
        }
    }
    let mut rows = Vec::new();
    for source in status.sources.iter().filter(|source| source.part_of.is_none()) {
        let values = summary::main_values(source.kind, |metric| value(source, metric));
        rows.push(row("", source, values.join("   "), status, now));
        rows.extend(users(source));
        let parts = parts.remove(source.id.as_str()).unwrap_or_default();
        if let Some(cores) = cores(&parts) {
            rows.push(vec![Cell::new("  cores").style(Style::Dim), Cell::new(cores)]);
        }
        for part in parts.iter().filter(|part| !matches!(part.kind, SourceKind::Core | SourceKind::Sensor)) {
            let values = summary::main_values(part.kind, |metric| value(part, metric));
            rows.push(row("  ", part, values.join("   "), status, now));
            rows.extend(users(part));
        }
    }
    rows
}

fn row(indent: &str, source: &SourceStatus, values: String, status: &Status, now: i64) -> Vec<Cell> {
    let label = if source.label.is_empty() { &source.id } else { &source.label };
    let label = format!("{indent}{}", output::short_name(label, LABEL_WIDTH - indent.len()));
    let mut row = vec![Cell::new(label)];
    // Without values, what is wrong stands right behind the name, or it would begin where a terminal ends.
    if !values.is_empty() {
        row.push(Cell::new(values));
    }
    // While nothing records, the headline says so once; the values are all equally old.
    let off = status.recorder.state != RecorderState::Recording && source.health == Health::Stale;
    if source.health != Health::Ok && !off {
        let style = match source.health {
            Health::Asleep | Health::Unsupported => Style::Dim,
            Health::Stale | Health::Denied => Style::Warning,
            _ => Style::Bad,
        };
        row.push(Cell::new(condition(source, now)).style(style));
    }
    row
}

/// What is the matter with a source, in words.
fn condition(source: &SourceStatus, now: i64) -> String {
    let (word, reason) = (source.health.word(), output::text(&source.reason));
    let words = match (source.health, reason.as_str()) {
        (_, "") => word.to_string(),
        // One that is left alone may not sleep yet: the reason says all of it, and the word would deny it.
        (Health::Asleep, reason) => reason.to_string(),
        (_, reason) => format!("{word}: {reason}"),
    };
    match (source.health, source.ts) {
        (Health::Stale | Health::Lost, Some(ts)) => {
            format!("{words} (last read {} ago)", format::duration(time::since(ts, now)))
        }
        _ => words,
    }
}

/// Who uses the GPU above: the first of them, and how many there are beside.
fn users(gpu: &SourceStatus) -> Vec<Vec<Cell>> {
    let mut rows: Vec<_> = gpu.processes.iter().take(PROCESSES).map(user).collect();
    let more = gpu.processes.len().saturating_sub(PROCESSES);
    if more > 0 {
        rows.push(vec![Cell::new(format!("  and {more} more")).style(Style::Dim)]);
    }
    rows
}

/// One who uses the GPU above, and what of it.
fn user(process: &GpuProcess) -> Vec<Cell> {
    let name = format!("  {}", output::short_name(&process.identity, LABEL_WIDTH - 2));
    let share = process.share.map(|share| format::value(Metric::GpuUtilization, share));
    let vram = process.vram.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64));
    let pid = format!("pid {}", process.pid);
    let told = share.into_iter().chain(vram).chain([pid]).collect::<Vec<_>>().join("   ");
    vec![Cell::new(name).style(Style::Dim), Cell::new(told).style(Style::Dim)]
}

/// How busy each core is, in one line.
fn cores(parts: &[&SourceStatus]) -> Option<String> {
    let busy: Vec<String> = parts
        .iter()
        .filter(|part| part.kind == SourceKind::Core)
        .filter_map(|core| value(core, Metric::CpuCoreUtilization))
        .map(|busy| format!("{busy:.0}"))
        .collect();
    match busy.len() {
        0 => None,
        count if count > CORES => Some(format!("{} … %", busy[..CORES].join(" "))),
        _ => Some(format!("{} %", busy.join(" "))),
    }
}

/// Every metric of every source, a row each.
fn every_value(status: &Status) -> Vec<Vec<Cell>> {
    let mut rows = vec![["SOURCE", "METRIC", "VALUE", "HEALTH"].map(|head| Cell::new(head).style(Style::Dim)).to_vec()];
    for (source, name) in status.sources.iter().zip(super::names::names(&status.sources)) {
        let health = Cell::new(source.health.word()).style(Style::Dim);
        if source.metrics.is_empty() {
            let cells = vec![Cell::name(&name), Cell::new(""), Cell::new("")];
            rows.push([cells, vec![health.clone()]].concat());
        }
        for (key, value) in &source.metrics {
            let shown = match Metric::from_key(key) {
                Some(metric) => format::value(metric, value.value),
                None => format!("{} {}", value.value, value.unit),
            };
            rows.push(vec![Cell::name(&name), Cell::new(*key), Cell::number(shown), health.clone()]);
        }
    }
    rows
}

fn value(source: &SourceStatus, metric: Metric) -> Option<f64> {
    source.metrics.get(metric.key()).map(|value| value.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gpu(health: Health, reason: &str, count: u32) -> SourceStatus {
        let process = |pid| GpuProcess {
            pid,
            started: None,
            key: String::new(),
            identity: format!("program {pid}"),
            uid: None,
            exe: None,
            share: None,
            vram: None,
        };
        SourceStatus {
            id: "gpu:1".into(),
            kind: SourceKind::Gpu,
            label: "GPU".into(),
            part_of: None,
            health,
            reason: reason.into(),
            ts: Some(1000),
            metrics: BTreeMap::new(),
            processes: (1..=count).map(process).collect(),
        }
    }

    #[test]
    fn what_is_the_matter_is_said_once() {
        #[track_caller]
        fn check(health: Health, reason: &str, expected: &str) {
            assert_eq!(condition(&gpu(health, reason, 0), 1060), expected);
        }
        check(Health::Asleep, "", "asleep");
        check(Health::Asleep, "idle, letting it sleep", "idle, letting it sleep");
        check(Health::Denied, "not yours", "denied: not yours");
        check(Health::Lost, "", "lost (last read 1 min ago)");
        check(Health::Stale, "no answer", "stale: no answer (last read 1 min ago)");
    }

    #[test]
    fn users_that_are_not_shown_are_counted() {
        let last = |count| users(&gpu(Health::Ok, "", count)).pop();
        assert_eq!(last(0), None);
        assert_eq!(last(3), Some(user(&gpu(Health::Ok, "", 3).processes[2])));
        assert_eq!(last(7), Some(vec![Cell::new("  and 4 more").style(Style::Dim)]));
        assert_eq!(users(&gpu(Health::Ok, "", 7)).len(), 4);
    }
}
