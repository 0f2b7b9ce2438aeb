//! `stretches`: what sessions, episodes and the search for unexpected uses cost a tick, with two GPUs that ten processes use.
//!
//! The recorder's own steps, one after the other as in its tick, on what its sensors would have told; the clock is played, so
//! that an hour takes a moment. Of the uses some pause and come back, because beginnings and ends cost more than what goes
//! on. Not in the figure is what `gpu` measures as a part of the whole: sensors, names, and the database.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use hoofbeat_core::alerts::baseline::{Baseline, Local};
use hoofbeat_core::alerts::expect::{Used, together};
use hoofbeat_core::alerts::unexpected::{Lookout, Rules};
use hoofbeat_core::model::baseline::Learning;
use hoofbeat_core::model::{GpuUse, Source, SourceKind, UseRules};
use hoofbeat_core::why::episode::{Episodes, Look};
use hoofbeat_core::why::session::{Moment, Sessions, Sight};

use crate::report::Report;
use crate::tick::spread;

const GPUS: u32 = 2;
const PROCESSES: u32 = 10;
/// Ticks of one stretch that is measured: an hour.
const TICKS: u64 = 3600;
const STRETCHES: u64 = 9;
const BEGIN: i64 = 1_795_000_000;

pub fn run(report: &mut Report) -> Result<()> {
    let gpus: Vec<Arc<Source>> = (0..GPUS)
        .map(|gpu| Source::whole(SourceKind::Gpu, format!("gpu:{gpu}"), format!("GPU {gpu}").as_str()))
        .collect();
    let rules = UseRules::default();
    let learning = Learning { report: true, learn: Duration::from_secs(14 * 86_400) };
    let (mut sessions, mut episodes, mut numbered) = (Sessions::default(), Episodes::default(), 0);
    let (mut lookout, mut baseline) = (Lookout::default(), Baseline::default());
    let mut each = Vec::new();
    let mut written = 0;
    for stretch in 0..STRETCHES {
        let mut taken = Duration::ZERO;
        for tick in stretch * TICKS..(stretch + 1) * TICKS {
            let ts = BEGIN + tick as i64;
            let boot = Duration::from_secs(1000 + tick);
            let moment = Moment { ts, wall: Duration::from_secs(ts as u64), boot, step: 1 };
            let uses: Vec<GpuUse> = (0..PROCESSES).filter_map(|process| used(&gpus, process, tick)).collect();
            let began = Instant::now();
            let changed = sessions.step(&moment, |_| Sight::Read, &uses, &rules, &mut numbered);
            let looks: Vec<Look> = gpus.iter().map(|gpu| look(gpu, &uses, &sessions)).collect();
            let ended = episodes.step(&moment, &looks, &rules, &mut numbered);
            let together = together(uses.iter().map(one));
            let at = Local { ts, day: ts / 86_400, minute: (ts % 86_400 / 60) as u16 };
            let rules = Rules { expectations: &[], learning: &learning, gate: rules };
            let found = lookout.step(together, boot, at, rules, &mut baseline);
            let learnt = baseline.take_changes();
            if tick % 60 == 0 {
                written += sessions.open().len() + episodes.open().len();
            }
            taken += began.elapsed();
            written += changed.len() + ended.len() + found.len() + learnt.len();
        }
        each.push(taken.as_secs_f64() * 1e6 / TICKS as f64);
    }
    anyhow::ensure!(black_box(written) > 0, "nothing was found in nine hours of work");
    let [low, middle, high] = spread(&mut each);
    report.line(
        &format!("sessions, episodes and what is unexpected, a tick with {GPUS} GPUs and {PROCESSES} processes"),
        format!("{middle:.1} µs ({low:.1}–{high:.1})"),
        "≤ 50 µs",
    );
    Ok(())
}

/// What a process does in a tick: half of them pause for two minutes out of seven, each at a time of its own.
fn used(gpus: &[Arc<Source>], process: u32, tick: u64) -> Option<GpuUse> {
    let pauses = process % 2 == 1 && (tick + u64::from(process) * 40) % 420 < 120;
    let share = 100.0 * f64::from(GPUS) / f64::from(PROCESSES);
    (!pauses).then(|| GpuUse {
        source: gpus[(process % GPUS) as usize].clone(),
        pid: 4000 + process,
        started: Some(900),
        key: format!("program:train-{process}.py").as_str().into(),
        identity: format!("train-{process}.py").as_str().into(),
        uid: Some(1000),
        exe: None,
        command: None,
        share: Some(share),
        vram: Some(1 << 30),
        busy: Some(share / 100.0),
        encoder: Some(0.0),
        decoder: Some(0.0),
    })
}

fn look(gpu: &Arc<Source>, uses: &[GpuUse], sessions: &Sessions) -> Look {
    let own = uses.iter().filter(|one| one.source.id == gpu.id);
    Look {
        source: gpu.clone(),
        sight: Sight::Read,
        utilization: Some(95.0),
        temperature: Some(66.0),
        power: Some(300.0),
        is_throttled: Some(false),
        explained: own.map(GpuUse::explains).sum(),
        on: sessions.on(&gpu.id),
    }
}

/// What one process does, for who looks for what is unexpected.
fn one(one: &GpuUse) -> Used {
    Used {
        gpu: one.source.id.clone(),
        key: one.key.clone(),
        label: one.identity.clone(),
        uid: one.uid,
        files: Vec::new(),
        share: one.share,
        vram: one.vram,
    }
}
