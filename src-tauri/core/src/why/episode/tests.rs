//! When a GPU's stretch of use begins and ends, and what it adds up to.

use super::*;
use crate::model::SourceKind;

const START: i64 = 1_795_000_000;

struct Rig {
    gpu: Arc<Source>,
    episodes: Episodes,
    numbered: i64,
    ts: i64,
    told: Vec<Episode>,
}

impl Rig {
    fn new() -> Rig {
        Rig::continuing(Vec::new(), START)
    }

    fn continuing(left: Vec<Episode>, ts: i64) -> Rig {
        let episodes = Episodes::continuing(left, Some(START), now(ts));
        let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
        Rig { gpu, episodes, numbered: 0, ts, told: Vec::new() }
    }

    fn look(&self, utilization: f64, explained: f64, on: On) -> Look {
        Look {
            source: self.gpu.clone(),
            sight: Sight::Read,
            utilization: Some(utilization),
            temperature: Some(40.0 + utilization / 2.0),
            power: Some(utilization),
            is_throttled: Some(utilization > 90.0),
            explained: Some(explained),
            on,
        }
    }

    fn seconds(&mut self, count: i64, look: &Look) {
        (0..count).for_each(|_| self.after(1, look));
    }

    fn after(&mut self, seconds: i64, look: &Look) {
        self.ts += seconds;
        let Now { wall, boot } = now(self.ts);
        let moment = Moment { ts: self.ts, wall, boot, step: 1 };
        let looks = std::slice::from_ref(look);
        self.told.extend(self.episodes.step(&moment, looks, &UseRules::default(), &mut self.numbered));
    }

    fn ended(&self) -> Vec<(i64, i64, Ended)> {
        self.told.iter().filter_map(|one| Some((one.start - START, one.end - START, one.ended?))).collect()
    }
}

fn now(ts: i64) -> Now {
    Now { wall: Duration::from_secs(ts as u64), boot: Duration::from_secs((ts - START + 10_000) as u64) }
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-6), "{found:?}, not {expected}");
}

#[test]
fn a_gpu_that_works_for_nobody_has_an_episode_with_a_remainder() {
    let mut rig = Rig::new();
    let (idle, busy) = (rig.look(1.0, 0.0, On::default()), rig.look(80.0, 0.3, On::default()));
    rig.seconds(10, &idle);
    rig.seconds(40, &busy);
    assert_eq!((rig.told.len(), rig.told[0].start, rig.told[0].ended), (1, START + 10, None));
    rig.episodes.spent("gpu:1", 500.0);
    rig.seconds(30, &idle);
    rig.seconds(5, &rig.look(100.0, 7.0, On::default()));
    rig.seconds(100, &idle);
    assert_eq!(rig.ended(), [(10, 85, Ended::Idle)]);
    let over = rig.told.last().unwrap();
    near(over.busy, 40.0 * 0.8 + 30.0 * 0.01 + 5.0);
    near(over.explained, 40.0 * 0.3 + 5.0);
    near(over.throttled, 5.0);
    assert_eq!((over.temperature, over.power, over.energy), (Some(90.0), Some(100.0), Some(500.0)));
    assert_eq!(rig.episodes.latest("gpu:1"), Some(1));
}

#[test]
fn a_burst_is_none() {
    let mut rig = Rig::new();
    rig.seconds(20, &rig.look(100.0, 0.0, On::default()));
    rig.seconds(100, &rig.look(0.0, 0.0, On::default()));
    assert_eq!((rig.told.len(), rig.numbered), (0, 0));
}

#[test]
fn a_session_begins_one_and_keeps_it() {
    let mut rig = Rig::new();
    rig.seconds(20, &rig.look(0.0, 0.0, On { is_used: true, since: None }));
    let since = Some(START);
    rig.seconds(20, &rig.look(0.0, 0.0, On { is_used: true, since }));
    assert_eq!((rig.told.len(), rig.told[0].start), (1, START));
    rig.seconds(500, &rig.look(0.0, 0.0, On { is_used: false, since }));
    assert_eq!(rig.ended(), []);
    rig.seconds(1, &rig.look(0.0, 0.0, On::default()));
    assert_eq!(rig.ended(), [(0, 40, Ended::Idle)]);
}

#[test]
fn a_night_asleep_ends_it_and_a_moment_does_not() {
    let mut rig = Rig::new();
    let busy = rig.look(80.0, 0.8, On::default());
    rig.seconds(40, &busy);
    rig.after(50, &busy);
    assert_eq!(rig.ended(), []);
    rig.after(3600, &busy);
    assert_eq!(rig.ended(), [(0, 90, Ended::Unknown)]);
    near(rig.told.last().unwrap().busy, 41.0 * 0.8);
}

#[test]
fn a_restart_goes_on_with_it_or_ends_it() {
    let mut rig = Rig::new();
    let (busy, idle) = (rig.look(80.0, 0.8, On::default()), rig.look(0.0, 0.0, On::default()));
    rig.seconds(40, &busy);
    let left = rig.episodes.open();
    let left = || left.iter().cloned().map(|one| Episode { start: START - 60, end: START - 5, ..one }).collect();
    let mut soon = Rig::continuing(left(), START + 30);
    soon.seconds(10, &busy);
    let [open] = &soon.episodes.open()[..] else { panic!("{:?}", soon.told) };
    assert_eq!((open.id, open.start, open.end), (1, START - 60, START + 40));
    near(open.busy, 40.0);
    let mut over = Rig::continuing(left(), START + 30);
    over.seconds(100, &idle);
    assert_eq!(over.ended(), [(-60, -5, Ended::Unknown)]);
    let mut late = Rig::continuing(left(), START + 300);
    late.seconds(100, &busy);
    assert_eq!(late.ended(), [(-60, -5, Ended::Unknown)]);
    assert_eq!(late.episodes.open().len(), 1);
}
