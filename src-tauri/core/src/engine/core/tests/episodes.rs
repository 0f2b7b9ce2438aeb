//! Sessions and episodes: written when they begin and end, each minute while they go on, and taken up again.

use super::*;
use crate::model::throttle;
use crate::model::{Ended, Episode, GpuUse, Session, Stretches};

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

/// A second of a GPU at this power and load, of which a process makes the half.
fn working(gpu: &Arc<Source>, watts: f64, percent: f64) -> Answer {
    let mut batch = Batch::default();
    batch.put(gpu, Metric::GpuPower, watts);
    batch.put(gpu, Metric::GpuUtilization, percent);
    batch.put(gpu, Metric::GpuTemperature, 50.0);
    batch.put(gpu, Metric::GpuThrottle, throttle::HEAT as f64);
    batch.gpu_use(GpuUse {
        source: gpu.clone(),
        pid: 7,
        started: Some(5),
        key: "program:a".into(),
        identity: "A".into(),
        uid: Some(1000),
        exe: None,
        command: None,
        share: Some(percent / 2.0),
        vram: Some(1 << 30),
        busy: Some(percent / 200.0),
        encoder: None,
        decoder: None,
    });
    Ok(batch)
}

fn unused(gpu: &Arc<Source>) -> Answer {
    batch(&[(gpu, Metric::GpuUtilization, 0.0), (gpu, Metric::GpuPower, 50.0)])
}

/// What the ticks left in a store: each as it was last written.
fn written(ticks: &[Tick]) -> (Vec<Session>, Vec<Episode>) {
    let (mut sessions, mut episodes) = (Vec::<Session>::new(), Vec::<Episode>::new());
    for tick in ticks {
        sessions.retain(|one| !tick.sessions.iter().any(|new| new.id == one.id));
        sessions.extend(tick.sessions.iter().cloned());
        episodes.retain(|one| !tick.episodes.iter().any(|new| new.id == one.id));
        episodes.extend(tick.episodes.iter().cloned());
    }
    (sessions, episodes)
}

/// A recorder that finds what these ticks left, this long after the last of them.
fn again(ticks: &[Tick], after: u64) -> Rig {
    let (sessions, episodes) = written(ticks);
    let stretches = Stretches {
        sessions: sessions.into_iter().filter(|one| one.ended.is_none()).collect(),
        episodes: episodes.into_iter().filter(|one| one.ended.is_none()).collect(),
        numbered: 2,
    };
    let last_ts = ticks.last().unwrap().ts;
    // The rig's clock begins at `START`, after which this is.
    let moved = last_ts + after as i64 - START as i64;
    let stretches = Stretches {
        sessions: stretches.sessions.into_iter().map(|one| shifted(one, moved)).collect(),
        episodes: stretches
            .episodes
            .into_iter()
            .map(|one| Episode { start: one.start - moved, end: one.end - moved, ..one })
            .collect(),
        ..stretches
    };
    let left = Left { stretches, last_ts: Some(last_ts - moved), ..Left::default() };
    Rig::with(&["gpu"], "", left, None)
}

fn shifted(one: Session, moved: i64) -> Session {
    Session { start: one.start - moved, end: one.end - moved, ..one }
}

#[test]
fn a_session_and_its_episode_are_written_as_they_go_and_at_their_end() {
    let left = Left { idle_power: vec![("gpu:1".to_owned(), 50.0)], ..Left::default() };
    let mut rig = Rig::with(&["gpu"], "", left, None);
    let gpu = gpu();
    let mut ticks: Vec<Tick> = (0..200).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    let at =
        |ticks: &[Tick]| ticks.iter().filter(|tick| !tick.sessions.is_empty()).map(|tick| tick.ts).collect::<Vec<_>>();
    let start = START as i64;
    assert_eq!(at(&ticks), [30, 60, 120, 180].map(|second| start + second), "when it counts, and each minute");
    ticks.extend((0..10).map(|_| rig.second(vec![unused(&gpu)])));
    let (sessions, episodes) = written(&ticks);
    assert_eq!((sessions[0].end, sessions[0].ended), (start + 200, Some(Ended::Exited)), "its process has ended");
    assert_eq!(episodes[0].ended, None, "somebody may go on with it");
    ticks.extend((0..60).map(|_| rig.second(vec![unused(&gpu)])));
    let (sessions, episodes) = written(&ticks);
    let ([session], [episode]) = (&sessions[..], &episodes[..]) else { panic!("{sessions:?} {episodes:?}") };
    assert_eq!((session.start, session.end, session.ended), (start, start + 200, Some(Ended::Exited)));
    assert_eq!((episode.start, episode.end, episode.ended), (start, start + 200, Some(Ended::Idle)));
    assert_eq!(session.episode, Some(episode.id));
    let near = |found: Option<f64>, expected: f64| found.is_some_and(|found| (found - expected).abs() < 1.0);
    assert!(near(session.busy, 100.0) && near(episode.busy, 200.0) && near(episode.explained, 100.0), "{episode:?}");
    assert_eq!((episode.throttled, episode.temperature, episode.power), (Some(200.0), Some(50.0), Some(250.0)));
    // Half of what it took beyond idle, and about all that it took while the episode went on.
    assert!(session.energy.is_some_and(|joules| (joules - 199.0 * 100.0).abs() < 300.0), "{session:?}");
    assert!(episode.energy.is_some_and(|joules| (50_000.0..54_000.0).contains(&joules)), "{episode:?}");
}

#[test]
fn the_end_leaves_them_open_and_the_next_recorder_takes_them_up() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    let mut ticks: Vec<Tick> = (0..50).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    rig.core.handle(Event::Command(Command::Stop));
    ticks.extend(rig.ticks());
    let (sessions, _) = written(&ticks);
    assert_eq!((sessions[0].end, sessions[0].ended), (START as i64 + 50, None));
    let mut rig = again(&ticks, 20);
    let more: Vec<Tick> = (0..70).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    let (sessions, episodes) = written(&more);
    assert_eq!((sessions.len(), episodes.len()), (1, 1));
    assert_eq!(
        (sessions[0].start, sessions[0].ended, sessions[0].episode),
        (START as i64 - 70, None, Some(episodes[0].id))
    );
}

#[test]
fn after_a_power_loss_they_end_where_they_were_last_written() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    // The last half minute of it was written in none of them, and the machine comes up too late.
    let ticks: Vec<Tick> = (0..90).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    let mut rig = again(&ticks, 300);
    let more: Vec<Tick> = (0..40).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    let (sessions, episodes) = written(&more);
    let told: Vec<_> =
        sessions.iter().map(|one| (one.start - START as i64, one.end - START as i64, one.ended)).collect();
    assert_eq!(told, [(-390, -330, Some(Ended::Unknown)), (0, 30, None)]);
    let told: Vec<_> = episodes.iter().map(|one| (one.start - START as i64, one.ended)).collect();
    assert_eq!(told, [(-390, Some(Ended::Unknown)), (0, None)]);
}

#[test]
fn a_pause_writes_them_and_a_long_one_ends_them() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    let mut ticks: Vec<Tick> = (0..45).map(|_| rig.second(vec![working(&gpu, 250.0, 100.0)])).collect();
    rig.core.handle(Event::Command(Command::Pause { until: START as i64 + 3600 }));
    ticks.extend(rig.ticks());
    assert_eq!(written(&ticks).0[0].end, START as i64 + 45);
    rig.clock.advance(Duration::from_secs(600));
    rig.core.handle(Event::Command(Command::Resume));
    rig.ticks();
    let more = rig.second(vec![working(&gpu, 250.0, 100.0)]);
    assert_eq!((more.sessions[0].end, more.sessions[0].ended), (START as i64 + 45, Some(Ended::Unknown)));
}

#[test]
fn a_gpu_that_is_left_alone_keeps_who_holds_its_memory() {
    let mut rig = Rig::new(&["gpu"]);
    let gpu = gpu();
    let mut ticks: Vec<Tick> = (0..40).map(|_| rig.second(vec![working(&gpu, 250.0, 1.0)])).collect();
    let asleep = || {
        let mut batch = Batch::default();
        batch.condition(&gpu, Health::Asleep, "idle, letting it sleep");
        Ok(batch)
    };
    ticks.extend((0..200).map(|_| rig.second(vec![asleep()])));
    ticks.push(rig.second(vec![working(&gpu, 250.0, 1.0)]));
    let (sessions, episodes) = written(&ticks);
    assert_eq!((sessions[0].ended, episodes[0].ended), (None, None));
    ticks.extend((0..62).map(|_| rig.second(vec![unused(&gpu)])));
    let (sessions, episodes) = written(&ticks);
    assert_eq!((sessions[0].end, sessions[0].ended), (START as i64 + 241, Some(Ended::Exited)));
    assert_eq!((episodes[0].end, episodes.len()), (START as i64 + 241, 1));
}
