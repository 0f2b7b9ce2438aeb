//! Who uses a GPU: told in each tick, and by minute with the energy that it took.

use super::*;
use crate::model::GpuUse;

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

/// A second in which two processes keep a GPU busy, seven to three.
fn busy(gpu: &Arc<Source>, watts: f64) -> Answer {
    let mut batch = Batch::default();
    batch.put(gpu, Metric::GpuPower, watts);
    batch.put(gpu, Metric::GpuUtilization, 100.0);
    for (pid, name, busy) in [(1, "train.py", 0.7), (2, "Blender", 0.3)] {
        batch.gpu_use(GpuUse {
            source: gpu.clone(),
            pid,
            started: Some(5),
            key: name.into(),
            identity: name.into(),
            uid: None,
            exe: None,
            command: None,
            share: Some(busy * 100.0),
            vram: Some(u64::from(pid) << 30),
            busy: Some(busy),
            encoder: None,
            decoder: None,
        });
    }
    Ok(batch)
}

#[test]
fn who_works_gets_the_energy_beyond_what_the_gpu_takes_idle() {
    let left = Left { idle_power: vec![("gpu:1".to_owned(), 50.0)], ..Left::default() };
    let mut rig = Rig::with(&["gpu"], "", left, None);
    let gpu = gpu();
    // 1,700,000,000 is 20 s into its minute.
    let ticks: Vec<_> = (0..101).map(|_| rig.second(vec![busy(&gpu, 250.0)])).collect();
    assert!(ticks.iter().all(|tick| tick.gpu_uses.len() == 2 && tick.gpu_uses[0].share == Some(70.0)));
    let minutes: Vec<_> = ticks.into_iter().filter_map(|tick| tick.gpu_minute).collect();
    let [_, whole] = &minutes[..] else { panic!("{minutes:?}") };
    assert_eq!(whole.start, START as i64 + 40);
    let near = |found: Option<f64>, expected: f64| found.is_some_and(|found| (found - expected).abs() < 0.01);
    let [energy] = &whole.energy[..] else { panic!("{whole:?}") };
    assert!(
        near(energy.energy, 15_000.0) && near(energy.idle, 3000.0) && near(energy.attributed, 12_000.0),
        "{energy:?}"
    );
    assert!(near(energy.busy, 60.0) && near(energy.explained, 60.0) && energy.missing == 0.0, "{energy:?}");
    let [blender, train] = &whole.usage[..] else { panic!("{whole:?}") };
    assert!(near(train.energy, 8400.0) && near(train.busy, 42.0) && train.vram == Some(1 << 30), "{train:?}");
    assert!(near(blender.energy, 3600.0) && near(blender.busy, 18.0) && blender.vram == Some(2 << 30), "{blender:?}");
}

#[test]
fn faces_hear_who_works_on_a_gpu_until_that_is_over() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    let users = |rig: &Rig| {
        let users = rig.status().sources.into_iter().flat_map(|now| now.users);
        users.map(|user| (user.key, user.share, user.pids)).collect::<Vec<_>>()
    };
    let mut two_runners = busy(&gpu, 250.0).unwrap().into_parts().gpu_uses;
    two_runners[1].key = two_runners[0].key.clone();
    two_runners.push(GpuUse { share: None, key: "idle".into(), ..two_runners[0].clone() });
    rig.second(vec![busy(&gpu, 250.0)]);
    assert_eq!(users(&rig), [("train.py".into(), Some(70.0), vec![1]), ("Blender".into(), Some(30.0), vec![2])]);
    let mut together = batch(&[(&gpu, Metric::GpuUtilization, 100.0)]).unwrap();
    two_runners.into_iter().for_each(|one| together.gpu_use(one));
    rig.second(vec![Ok(together)]);
    let holds = ("idle".into(), None, vec![1]);
    assert_eq!(users(&rig), [("train.py".into(), Some(100.0), vec![1, 2]), holds]);
    rig.second(vec![batch(&[(&gpu, Metric::GpuUtilization, 0.0)])]);
    assert_eq!(users(&rig), []);
}

#[test]
fn the_end_writes_the_minute_that_has_begun() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    for _ in 0..5 {
        assert_eq!(rig.second(vec![busy(&gpu, 250.0)]).gpu_minute, None);
    }
    rig.core.handle(Event::Command(Command::Stop));
    let minute = rig.tick().gpu_minute.unwrap();
    assert_eq!((minute.start, minute.usage.len()), (START as i64 - 20, 2));
}

#[test]
fn an_answer_that_comes_too_late_counts_for_who_worked_but_is_not_now() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    rig.advance(1000);
    let number = rig.asked(0).unwrap();
    rig.advance(600);
    assert_eq!(rig.tick().gpu_uses, []);
    rig.answer(0, number, busy(&gpu, 250.0));
    rig.core.handle(Event::Command(Command::Stop));
    let told: Vec<_> = rig.ticks().into_iter().filter_map(|tick| tick.gpu_minute).collect();
    assert_eq!((told.len(), told[0].usage[0].busy, told[0].energy.len()), (1, Some(0.3), 0));
}
