//! Minutes of GPUs: who used them, and whose doing their energy was.

use super::*;
use crate::model::{Batch, SourceKind};

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

fn used(source: &Arc<Source>, name: &str, pid: u32, busy: Option<f64>, vram: Option<u64>) -> GpuUse {
    GpuUse {
        source: source.clone(),
        pid,
        started: Some(1),
        key: name.into(),
        identity: name.into(),
        uid: Some(1000),
        exe: None,
        command: None,
        share: busy.map(|busy| busy * 100.0),
        vram,
        busy,
        encoder: None,
        decoder: None,
    }
}

/// Takes a second of this power and load.
fn second(gpus: &mut Gpus, at: i64, source: &Arc<Source>, watts: f64, percent: f64, uses: &[GpuUse]) {
    let mut batch = Batch::default();
    batch.put(source, Metric::GpuPower, watts);
    batch.put(source, Metric::GpuUtilization, percent);
    let readings = batch.into_parts().readings;
    gpus.sample(at, Duration::from_secs(at as u64), 1, &readings, uses, std::iter::empty());
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-6), "{found:?}, not {expected}");
}

#[test]
fn energy_goes_to_who_worked() {
    let (gpu, mut gpus) = (gpu(), Gpus::knowing(vec![("gpu:1".into(), 50.0)]));
    for at in 1..=60 {
        let uses = [
            used(&gpu, "a", 1, Some(0.4), Some(100)),
            used(&gpu, "a", 2, Some(0.3), Some(if at == 30 { 500 } else { 50 })),
            used(&gpu, "b", 3, Some(0.3), None),
            used(&gpu, "c", 4, None, Some(7)),
            used(&gpu, "d", 5, Some(0.0), None),
        ];
        second(&mut gpus, at, &gpu, 300.0, 100.0, &uses);
    }
    let GpuMinute { start, usage, energy } = gpus.take_over(60).unwrap();
    assert_eq!(start, 0);
    let [all] = &energy[..] else { panic!("{energy:?}") };
    // The first reading begins the first stretch.
    near(all.energy, 59.0 * 300.0);
    near(all.idle, 59.0 * 50.0);
    near(all.attributed, 59.0 * 250.0);
    near(all.busy, 59.0);
    near(all.explained, 59.0);
    let [a, b, c, d] = &usage[..] else { panic!("{usage:?}") };
    near(a.energy, 59.0 * 175.0);
    near(b.energy, 59.0 * 75.0);
    near(a.busy, 42.0);
    assert_eq!((a.vram, b.vram, c.vram), (Some(600), None, Some(7)), "the highest of what it had at the same time");
    assert_eq!((c.busy, c.energy), (None, None), "not told is not nothing");
    assert_eq!((d.busy, d.energy), (Some(0.0), None), "nobody pays for nothing");
    assert_eq!(gpus.take(), None);
}

#[test]
fn of_a_gpu_that_always_worked_idle_is_not_known() {
    let (gpu, mut gpus) = (gpu(), Gpus::default());
    let uses = |share| [used(&gpu, "a", 1, Some(share), None)];
    for at in 1..=60 {
        second(&mut gpus, at, &gpu, 300.0, 100.0, &uses(0.5));
    }
    let GpuMinute { usage, energy, .. } = gpus.take_over(60).unwrap();
    assert_eq!(energy[0].idle, None);
    near(energy[0].energy, 59.0 * 300.0);
    near(energy[0].attributed, 59.0 * 150.0);
    near(usage[0].energy, 59.0 * 150.0);
    // Somebody works whose work the driver's load does not count, and then nobody does.
    for at in 61..=70 {
        second(&mut gpus, at, &gpu, 100.0, 0.0, &uses(0.5));
    }
    for at in 71..=90 {
        second(&mut gpus, at, &gpu, 20.0, 0.0, &uses(0.0));
    }
    for at in 91..=100 {
        second(&mut gpus, at, &gpu, 300.0, 100.0, &uses(1.0));
    }
    let GpuMinute { energy, .. } = gpus.take().unwrap();
    // From the fifth second without use on.
    near(energy[0].idle, 26.0 * 20.0);
}

#[test]
fn a_gpu_that_plays_a_video_is_used() {
    let (gpu, mut gpus) = (gpu(), Gpus::default());
    for at in 1..=30 {
        let mut batch = Batch::default();
        batch.put(&gpu, Metric::GpuPower, 40.0);
        batch.put(&gpu, Metric::GpuUtilization, 0.0);
        batch.put(&gpu, Metric::GpuVideo, 30.0);
        gpus.sample(at, Duration::from_secs(at as u64), 1, &batch.into_parts().readings, &[], std::iter::empty());
    }
    assert_eq!(gpus.take().unwrap().energy[0].idle, None);
}

#[test]
fn what_is_not_explained_is_nobodys() {
    let (gpu, mut gpus) = (gpu(), Gpus::knowing(vec![("gpu:1".into(), 100.0)]));
    for at in 1..=30 {
        second(&mut gpus, at, &gpu, 300.0, 80.0, &[used(&gpu, "a", 1, Some(0.2), None)]);
    }
    let GpuMinute { usage, energy, .. } = gpus.take().unwrap();
    near(energy[0].attributed, 29.0 * 50.0);
    near(usage[0].energy, 29.0 * 50.0);
    near(energy[0].busy, 29.0 * 0.8);
    near(energy[0].explained, 29.0 * 0.2);
}

#[test]
fn few_joules_are_added_up_before_they_are_split() {
    let (gpu, mut gpus) = (gpu(), Gpus::knowing(vec![("gpu:1".into(), 0.5)]));
    // A counter of whole joules at half a watt: each second says 0 or 1.
    for at in 1..=41_i64 {
        let mut batch = Batch::default();
        batch.put(&gpu, Metric::GpuEnergy, (at / 2) as f64);
        let readings = batch.into_parts().readings;
        let boot = Duration::from_secs(at as u64);
        gpus.sample(at, boot, 1, &readings, &[used(&gpu, "a", 1, Some(0.01), None)], std::iter::empty());
    }
    let GpuMinute { energy, .. } = gpus.take().unwrap();
    near(energy[0].energy, 20.0);
    near(energy[0].idle, 20.0);
}

#[test]
fn a_gpu_that_sleeps_misses_nothing_and_a_gap_is_told() {
    let (gpu, mut gpus) = (gpu(), Gpus::default());
    second(&mut gpus, 1, &gpu, 20.0, 0.0, &[]);
    second(&mut gpus, 2, &gpu, 20.0, 0.0, &[]);
    gpus.sample(3, Duration::from_secs(3), 1, &[], &[], [&gpu].into_iter());
    second(&mut gpus, 20, &gpu, 20.0, 0.0, &[]);
    second(&mut gpus, 25, &gpu, 20.0, 0.0, &[]);
    let GpuMinute { energy, .. } = gpus.take().unwrap();
    near(energy[0].energy, 20.0);
    assert_eq!(energy[0].missing, 5.0);
}

#[test]
fn a_minute_is_bounded_and_loses_no_time() {
    let (gpu, mut gpus) = (gpu(), Gpus::default());
    for at in 0..5000_u32 {
        gpus.late(30, &[used(&gpu, &format!("p{at}"), at, Some(f64::from(at)), Some(u64::from(5000 - at)))]);
    }
    let usage = gpus.take().unwrap().usage;
    assert!(usage.len() <= MOST + 1, "{}", usage.len());
    assert_eq!(usage.iter().filter_map(|one| one.busy).sum::<f64>(), 5000.0 * 4999.0 / 2.0);
    assert!(usage.iter().any(|one| one.identity.as_bytes() == b"p4999"));
    assert!(usage.iter().any(|one| one.identity.as_bytes() == b"p0"));
}

#[test]
fn work_of_a_process_that_nobody_can_name_explains_nothing() {
    let (gpu, mut gpus) = (gpu(), Gpus::knowing(vec![("gpu:1".into(), 50.0)]));
    for at in 1..=60 {
        let uses = [used(&gpu, "a", 1, Some(0.3), None), used(&gpu, crate::model::HIDDEN, 2, Some(0.6), None)];
        second(&mut gpus, at, &gpu, 300.0, 90.0, &uses);
    }
    let GpuMinute { usage, energy, .. } = gpus.take_over(60).unwrap();
    let [all] = &energy[..] else { panic!("{energy:?}") };
    near(all.explained, 59.0 * 0.3);
    near(all.attributed, 59.0 * 250.0 / 3.0);
    // That somebody used it so long is known.
    let [a, hidden] = &usage[..] else { panic!("{usage:?}") };
    near(a.energy, 59.0 * 250.0 / 3.0);
    assert_eq!(hidden.energy, None);
    near(hidden.busy, 36.0);
}
