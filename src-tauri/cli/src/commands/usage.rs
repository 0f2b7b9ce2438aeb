//! `hoofbeat usage`: who used which GPU, and what that took.
//!
//! Energies are estimates of what the GPU's board took, never of what the wall gave, and say so by "about". What nobody
//! explains stands in a line of its own. Deliberately not here: how joules are split, which the recorder has done.

use hoofbeat_core::api::{GpuTotal, GpuUsages, IdentityUsage, Users};
use hoofbeat_core::config::{Config, Tariff};
use hoofbeat_core::format;
use hoofbeat_core::metrics::{Metric, Unit};
use hoofbeat_core::model::{HIDDEN, RecorderState};
use hoofbeat_core::paths;
use jiff::Zoned;
use serde::Serialize;

use super::names;
use crate::args::{self, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Cell, Output, Style};
use crate::time;

/// Names longer than this are cut; the whole text is in `--json`.
const NAME_WIDTH: usize = 40;

/// The answer of core with what this machine's users and config add.
#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    since: i64,
    until: i64,
    counted: Option<i64>,
    /// `null` where no price is set.
    tariff: Option<Price<'a>>,
    gpus: Vec<Gpu<'a>>,
}

#[derive(Serialize)]
struct Price<'a> {
    /// Of a kilowatt-hour.
    price: f64,
    currency: &'a str,
}

#[derive(Serialize)]
struct Gpu<'a> {
    source: &'a str,
    label: &'a str,
    /// Joules.
    energy: Option<f64>,
    idle: Option<f64>,
    attributed: Option<f64>,
    unattributed: Option<f64>,
    /// Seconds.
    busy: Option<f64>,
    explained: Option<f64>,
    missing: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
    usages: Vec<Usage<'a>>,
}

#[derive(Serialize)]
struct Usage<'a> {
    #[serde(flatten)]
    of: &'a IdentityUsage,
    /// Empty where it is not known.
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
}

/// Shows who used which GPU.
pub fn run(global: &Global, options: &args::Usage, output: &mut Output) -> Outcome {
    let now = Zoned::now();
    let (since, until) = time::parse_stretch(&options.since, "now", &now).map_err(Failure::Usage)?;
    let face = super::face(global)?;
    let usages = face.gpu_usages(since, until)?;
    let tariff = tariff();
    let mut users = Users::at(global.root.as_deref());
    if output.json {
        return Ok(output.json(&answer(&usages, &tariff, &mut users))?);
    }
    if usages.gpus.is_empty() {
        let status = face.status()?;
        let since = time::moment(since, &now);
        output.line(match (status.has_gpu(), status.recorder.state) {
            (false, _) => super::NO_GPU.to_string(),
            (true, RecorderState::Recording) => {
                format!("Nothing is recorded of a GPU since {since} yet: a minute is told once it is over.")
            }
            (true, _) => format!("Nothing is recorded of a GPU since {since}."),
        })?;
    }
    for (at, gpu) in usages.gpus.iter().enumerate() {
        if at > 0 {
            output.line("")?;
        }
        let label = if gpu.label.is_empty() { &gpu.source } else { &gpu.label };
        output.line(output.paint(Style::Bold, &output::text(label)))?;
        output.table(&rows(gpu, &tariff, &mut users))?;
        if gpu.missing >= 1.0 {
            let missing = format::quantity(gpu.missing, Unit::Second);
            output.line(output.paint(Style::Dim, &format!("Of {missing} nothing is known.")))?;
        }
    }
    // What the sentence of now says of energy counts the running minute in.
    if let Some(counted) = usages.counted.map(|counted| time::moment(counted, &now)) {
        let told = match face.status()?.recorder.state {
            RecorderState::Recording => format!("Counted until {counted}; a minute is told once it is over."),
            RecorderState::Paused => format!("Counted until {counted}; recording is paused."),
            RecorderState::Off => format!("Counted until {counted}; nobody records now."),
        };
        output.line(output.paint(Style::Dim, &told))?;
    }
    Ok(())
}

/// What energy costs; a config that cannot be read names no price.
pub(super) fn tariff() -> Tariff {
    let config = paths::config_file().map_err(|error| error.to_string());
    let config = config.and_then(|file| Config::in_force(&file).map_err(|error| error.to_string()));
    config
        .inspect_err(|error| log::warn!("{error}; costs are left out"))
        .map(|config| config.tariff)
        .unwrap_or_default()
}

fn answer<'a>(usages: &'a GpuUsages, tariff: &'a Tariff, users: &mut Users) -> Answer<'a> {
    let cost = |joules: Option<f64>| joules.and_then(|joules| tariff.cost(joules));
    let mut gpu = |gpu: &'a GpuTotal| Gpu {
        source: &gpu.source,
        label: &gpu.label,
        energy: gpu.energy,
        idle: gpu.idle,
        attributed: gpu.attributed,
        unattributed: gpu.unattributed,
        busy: gpu.busy,
        explained: gpu.explained,
        missing: gpu.missing,
        cost: cost(gpu.energy),
        usages: gpu
            .usages
            .iter()
            .map(|of| Usage { of, user: names::user(of.uid, users), cost: cost(of.energy) })
            .collect(),
    };
    let price = (tariff.price > 0.0).then_some(Price { price: tariff.price, currency: &tariff.currency });
    let gpus = usages.gpus.iter().map(&mut gpu).collect();
    Answer {
        schema: usages.schema,
        since: usages.since,
        until: usages.until,
        counted: usages.counted,
        tariff: price,
        gpus,
    }
}

fn rows(gpu: &GpuTotal, tariff: &Tariff, users: &mut Users) -> Vec<Vec<Cell>> {
    let video = gpu.usages.iter().any(|one| one.encoder.or(one.decoder).is_some());
    let costs = tariff.price > 0.0;
    let columns = |[name, user, time, vram, encoder, decoder, energy, cost]: [Cell; 8]| {
        let video = if video { vec![encoder, decoder] } else { Vec::new() };
        let cost = if costs { vec![cost] } else { Vec::new() };
        [vec![name, user, time, vram], video, vec![energy], cost].concat()
    };
    let time = |seconds: Option<f64>| Cell::known(seconds.map(|seconds| format::quantity(seconds, Unit::Second)));
    let energy = |joules: Option<f64>| Cell::known(joules.map(format::about_energy));
    let cost = |joules: Option<f64>| {
        let amount = joules.and_then(|joules| tariff.cost(joules));
        Cell::known(amount.map(|amount| format::about_money(amount, &tariff.currency)))
    };
    let vram = |bytes: Option<u64>| Cell::known(bytes.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64)));
    let none = || Cell::number("");
    let numbers = [("GPU TIME", 1), ("PEAK VRAM", 4), ("ENCODER", 6), ("DECODER", 7), ("ENERGY", 2), ("COST", 3)];
    let numbers = numbers.map(|(head, spare)| Cell::number(head).spare(spare));
    let [gpu_time, peak, encoder, decoder, joules, money] = numbers;
    let head = [Cell::new("NAME"), Cell::new("USER").spare(5), gpu_time, peak, encoder, decoder, joules, money];
    let mut rows = vec![columns(head.map(|cell| cell.style(Style::Dim)))];
    // What those did whom nobody can name is not explained, and told as that.
    let (hidden, named): (Vec<_>, Vec<_>) = gpu.usages.iter().partition(|one| one.key == HIDDEN);
    for one in named {
        rows.push(columns([
            Cell::name(output::short_name(&one.identity, NAME_WIDTH)),
            Cell::new(output::short_text(&names::user(one.uid, users), 12)),
            time(one.busy),
            vram(one.vram),
            time(one.encoder),
            time(one.decoder),
            energy(one.energy),
            cost(one.energy),
        ]));
    }
    let sum =
        |of: fn(&IdentityUsage) -> Option<f64>| hidden.iter().filter_map(|one| of(one)).reduce(|sum, more| sum + more);
    let unexplained = gpu.busy.zip(gpu.explained).map(|(busy, explained)| busy - explained).filter(|time| *time >= 1.0);
    // What is not there is left out in these lines.
    let some = |seconds: Option<f64>| seconds.map_or_else(none, |seconds| time(Some(seconds)));
    let held = hidden.iter().filter_map(|one| one.vram).max().map_or_else(none, |bytes| vram(Some(bytes)));
    let theirs = [some(unexplained), held, some(sum(|one| one.encoder)), some(sum(|one| one.decoder))];
    // What a GPU takes when idle is learnt while nobody uses it.
    let is_learning = gpu.idle.is_none() && gpu.energy.is_some();
    let idle = if is_learning { Cell::number("not known yet") } else { energy(gpu.idle) };
    for (name, [seconds, vram, encoder, decoder], told, joules) in [
        ("(idle)", [none(), none(), none(), none()], idle, gpu.idle),
        ("(not explained)", theirs, energy(gpu.unattributed), gpu.unattributed),
        ("total", [time(gpu.busy), none(), none(), none()], energy(gpu.energy), gpu.energy),
    ] {
        let cells = [Cell::new(name), Cell::new(""), seconds, vram, encoder, decoder, told, cost(joules)];
        rows.push(columns(cells.map(|cell| cell.style(Style::Dim))));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(identity: &str, key: &str, busy: f64) -> IdentityUsage {
        IdentityUsage {
            identity: identity.to_owned(),
            key: key.to_owned(),
            uid: None,
            busy: Some(busy),
            vram: Some(1 << 30),
            encoder: None,
            decoder: None,
            energy: None,
        }
    }

    #[test]
    fn what_nobody_can_name_stands_in_one_line() {
        let gpu = |usages| GpuTotal {
            source: "gpu:1".to_owned(),
            label: "GPU".to_owned(),
            energy: Some(7200.0),
            idle: None,
            attributed: Some(3600.0),
            unattributed: Some(3600.0),
            busy: Some(50.0),
            explained: Some(20.0),
            missing: 0.0,
            usages,
        };
        let told = |usages| rows(&gpu(usages), &Tariff::default(), &mut Users::at(None));
        let line = |time: &str, vram: &str| {
            let numbers = [time.to_owned(), vram.to_owned(), format::about_energy(3600.0)].map(Cell::number);
            let cells = [Cell::new("(not explained)"), Cell::new("")].into_iter().chain(numbers);
            cells.map(|cell| cell.style(Style::Dim)).collect::<Vec<_>>()
        };
        let named = used("Blender", "program:blender", 20.0);
        // Of the other half minute the driver names somebody for ten seconds only.
        let all = told(vec![named.clone(), used("a process that cannot be seen", HIDDEN, 10.0)]);
        // Its head, Blender, and three lines of nobody's and of all.
        assert_eq!(all.len(), 5, "{all:?}");
        assert!(
            all.contains(&line(
                &format::quantity(30.0, Unit::Second),
                &format::quantity(f64::from(1 << 30), Unit::Byte)
            )),
            "{all:?}"
        );
        assert!(told(vec![named]).contains(&line(&format::quantity(30.0, Unit::Second), "")));
        // What one of another container encoded is told as theirs, too.
        let hidden = IdentityUsage { encoder: Some(7.0), ..used("a process that cannot be seen", HIDDEN, 10.0) };
        let told = told(vec![hidden]);
        let line =
            told.iter().find(|row| row[0] == Cell::new("(not explained)").style(Style::Dim)).expect("it is told");
        assert_eq!(line[4], Cell::number(format::quantity(7.0, Unit::Second)).style(Style::Dim));
    }
}
