//! Uses followed tick by tick.

use super::*;
use crate::model::expectation::{Hours, Policy};

const LEARNING: Learning = Learning { report: true, learn: Duration::from_secs(14 * 86_400) };

/// A lookout with a clock. Its first day is one in winter, at midnight.
struct Rig {
    lookout: Lookout,
    baseline: Baseline,
    expectations: Vec<Expectation>,
    second: u64,
}

impl Rig {
    /// That knows nothing, and has ended its learning.
    fn new(expectations: Vec<Expectation>) -> Rig {
        let mut baseline = Baseline::default();
        baseline.trust_all(0);
        Rig { lookout: Lookout::default(), baseline, expectations, second: 0 }
    }

    fn at(&self) -> Local {
        let ts = self.second as i64;
        Local { ts, day: ts / 86_400, minute: (ts % 86_400 / 60) as u16 }
    }

    /// So many seconds with the same uses; the reasons that were told, each with the second.
    fn run(&mut self, seconds: u64, used: &[Used]) -> Vec<(u64, Finding)> {
        let mut told = Vec::new();
        for _ in 0..seconds {
            let rules = Rules { expectations: &self.expectations, learning: &LEARNING, gate: UseRules::default() };
            let boot = Duration::from_secs(1000 + self.second);
            let at = self.at();
            let found = self.lookout.step(used.to_vec(), boot, at, rules, &mut self.baseline);
            told.extend(found.into_iter().map(|finding| (self.second, finding)));
            self.second += 1;
        }
        told
    }

    fn reasons(&mut self, seconds: u64, used: &[Used]) -> Vec<(u64, Reason)> {
        self.run(seconds, used).into_iter().map(|(second, finding)| (second, finding.reason)).collect()
    }
}

fn used(key: &str, share: f64, mib: u64) -> Used {
    Used {
        gpu: "gpu:1".into(),
        key: key.into(),
        label: key.into(),
        uid: Some(1000),
        files: Vec::new(),
        share: Some(share),
        vram: Some(mib << 20),
    }
}

fn expectation(policy: Policy, identity: &str) -> Expectation {
    Expectation { grace: Duration::from_secs(120), ..Expectation::of_identity("x", policy, identity) }
}

#[test]
fn a_stranger_is_told_once_after_half_a_minute_with_its_evidence() {
    let mut rig = Rig::new(Vec::new());
    rig.run(100, &[]);
    let told = rig.run(7200, &[used("program:miner", 98.0, 100)]);
    let [(130, finding)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((finding.reason, finding.expectation, finding.since, finding.digest), (Reason::New, None, 100, false));
    assert_eq!(finding.used.as_ref().map(|used| used.share), Some(Some(98.0)));
    // It pauses, and comes back on the same day, and on the next.
    rig.run(200, &[]);
    assert_eq!(rig.reasons(300, &[used("program:miner", 98.0, 100)]), []);
    rig.run(86_400, &[]);
    assert_eq!(rig.reasons(300, &[used("program:miner", 98.0, 100)]).len(), 1);
}

#[test]
fn what_takes_little_or_is_soon_over_is_no_news() {
    let mut rig = Rig::new(Vec::new());
    assert_eq!(rig.reasons(3600, &[used("program:clock", 9.0, 255)]), []);
    assert_eq!(rig.reasons(25, &[used("program:tool", 50.0, 500)]), []);
    rig.run(200, &[]);
    assert_eq!(rig.reasons(25, &[used("program:tool", 50.0, 500)]), [], "two halves of a minute far apart");
    rig.run(200, &[]);
    assert_eq!(rig.reasons(40, &[used("program:memory", 0.0, 256)]).len(), 1);
    let unknown = Used { share: None, vram: None, ..used("program:unknown", 0.0, 0) };
    assert_eq!(rig.reasons(40, &[unknown]), [], "what is not told is not much");
}

#[test]
fn one_that_pauses_each_other_second_is_found_within_a_minute_or_so() {
    let mut rig = Rig::new(Vec::new());
    let told: Vec<_> = (0..40)
        .flat_map(|_| {
            [rig.reasons(1, &[used("program:miner", 98.0, 1)]), rig.reasons(1, &[used("program:miner", 0.0, 1)])]
        })
        .flatten()
        .collect();
    assert_eq!(told, [(60, Reason::New)]);
}

#[test]
fn the_same_on_two_gpus_is_one_piece_of_news() {
    let mut rig = Rig::new(Vec::new());
    let one = used("program:miner", 98.0, 100);
    let other = Used { gpu: "gpu:2".into(), ..one.clone() };
    assert_eq!(rig.reasons(60, &[one, other]).len(), 1);
}

#[test]
fn what_alarmed_stays_unlearnt_for_as_long_as_it_runs() {
    let mut rig = Rig::new(Vec::new());
    rig.run(6 * 3600, &[used("program:miner", 98.0, 100)]);
    let row = rig.baseline.rows().next().unwrap().clone();
    assert_eq!((row.count, row.alarmed), (0.0, 0b11_1111));
    rig.baseline.accept(&row.key, None, rig.at().ts);
    rig.run(200, &[]);
    rig.run(3600, &[used("program:miner", 98.0, 100)]);
    assert!(rig.baseline.rows().next().unwrap().count > 6.0);
}

#[test]
fn while_learning_strangers_are_only_listed() {
    let mut rig = Rig { baseline: Baseline::default(), ..Rig::new(Vec::new()) };
    let told = rig.run(60, &[used("program:game", 98.0, 100)]);
    assert!(told.len() == 1 && told[0].1.digest, "{told:?}");
    rig.run(200, &[]);
    assert_eq!(rig.reasons(60, &[used("program:game", 98.0, 100)]), []);
}

#[test]
fn what_is_forbidden_is_told_at_once_and_each_hour_at_most() {
    let mut rig = Rig::new(vec![expectation(Policy::Deny, "program:miner")]);
    let miner = [used("program:miner", 0.0, 1)];
    assert_eq!(rig.reasons(3000, &miner), [(0, Reason::Denied)]);
    rig.run(200, &[]);
    assert_eq!(rig.reasons(300, &miner), []);
    rig.run(3600, &[]);
    assert_eq!(rig.reasons(300, &miner).len(), 1);
    assert_eq!(rig.baseline.rows().count(), 0, "it is not learnt");
}

#[test]
fn what_is_declared_is_expected_from_its_first_day_on_and_learnt() {
    let mut rig = Rig::new(vec![expectation(Policy::Allow, "program:game")]);
    assert_eq!(rig.reasons(3600, &[used("program:game", 98.0, 100)]), []);
    assert!(rig.baseline.rows().next().unwrap().count >= 1.0);
}

#[test]
fn limits_and_hours_bear_a_moment() {
    let mut limited = expectation(Policy::Allow, "program:game");
    limited.share = Some(50.0);
    limited.hours = Some(Hours { from: 0, until: 60 });
    let mut rig = Rig::new(vec![limited]);
    assert_eq!(rig.reasons(20, &[used("program:game", 98.0, 100)]), []);
    assert_eq!(rig.reasons(600, &[used("program:game", 40.0, 100)]), []);
    assert_eq!(rig.reasons(60, &[used("program:game", 98.0, 100)]), [(650, Reason::OverLimit)]);
    rig.run(2900, &[used("program:game", 40.0, 100)]);
    assert_eq!(rig.reasons(100, &[used("program:game", 40.0, 100)]), [(3630, Reason::OutsideHours)]);
}

#[test]
fn who_must_run_is_missed_after_the_grace_and_anew_after_having_been_there() {
    let mut rig = Rig::new(vec![expectation(Policy::MustRun, "unit:ollama.service")]);
    let told = rig.run(600, &[]);
    assert_eq!((told.len(), told[0].0, told[0].1.reason, &told[0].1.used), (1, 120, Reason::Missing, &None));
    rig.run(10, &[used("unit:ollama.service", 0.0, 1)]);
    assert_eq!(rig.reasons(200, &[]), [], "it was there a moment ago");
    assert_eq!(rig.reasons(60, &[]).len(), 1);
}

#[test]
fn after_a_night_asleep_nothing_goes_on_and_nothing_is_missed_at_once() {
    let mut rig = Rig::new(vec![expectation(Policy::MustRun, "unit:ollama.service")]);
    rig.run(29, &[used("program:miner", 98.0, 100)]);
    rig.second += 8 * 3600;
    assert_eq!(rig.reasons(25, &[used("program:miner", 98.0, 100)]), []);
    rig.second += 8 * 3600;
    assert_eq!(rig.reasons(25, &[used("program:miner", 98.0, 100)]), []);
}

#[test]
fn a_burst_over_a_limit_goes_on_after_some_ticks_below_it() {
    let limited = Expectation { share: Some(50.0), ..expectation(Policy::Allow, "program:game") };
    let bursts = |over: u64, below: u64| {
        let mut rig = Rig::new(vec![limited.clone()]);
        let mut told = Vec::new();
        for _ in 0..600 / (over + below) {
            told.extend(rig.reasons(over, &[used("program:game", 98.0, 100)]));
            told.extend(rig.reasons(below, &[used("program:game", 40.0, 100)]));
        }
        told
    };
    assert_eq!(bursts(20, 1), [(31, Reason::OverLimit)]);
    assert_eq!(bursts(10, 5).len(), 1);
    assert_eq!(bursts(10, 10), [], "those that are far apart are each for a moment");
    // A tick that nobody used anything in is a pause, too.
    let mut rig = Rig::new(vec![limited.clone()]);
    rig.run(20, &[used("program:game", 98.0, 100)]);
    rig.run(1, &[]);
    assert_eq!(rig.reasons(20, &[used("program:game", 98.0, 100)]).len(), 1);
    // A minute of them is more than that, and is not counted.
    let mut rig = Rig::new(vec![limited]);
    rig.run(20, &[used("program:game", 98.0, 100)]);
    rig.run(60, &[]);
    assert_eq!(rig.reasons(20, &[used("program:game", 98.0, 100)]), []);
}

#[test]
fn only_work_is_at_a_wrong_time_and_its_pauses_are_bridged() {
    let nightly = || Expectation {
        hours: Some(Hours { from: 12 * 60, until: 13 * 60 }),
        ..expectation(Policy::Allow, "program:game")
    };
    let mut rig = Rig::new(vec![nightly()]);
    assert_eq!(rig.reasons(3600, &[used("program:game", 0.0, 0)]), []);
    let mut rig = Rig::new(vec![nightly()]);
    let mut told = Vec::new();
    for _ in 0..8 {
        told.extend(rig.reasons(10, &[used("program:game", 98.0, 100)]));
        told.extend(rig.reasons(50, &[used("program:game", 0.0, 0)]));
    }
    assert_eq!(told.iter().map(|(_, reason)| *reason).collect::<Vec<_>>(), [Reason::OutsideHours]);
}
