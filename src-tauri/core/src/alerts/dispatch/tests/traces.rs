//! What always holds, on random traces with restarts, reboots and clocks that are set.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// A step of a random trace.
#[derive(Clone, Debug)]
enum Step {
    Fire(usize),
    Clear(usize),
    Snooze(Option<usize>, Option<i64>),
    Unsnooze,
    Pass(i64),
    Set(i64),
    Restart,
    Reboot(i64),
}

const NAMES: [(&str, Severity); 6] = [
    ("a", Severity::Warning),
    ("b", Severity::Warning),
    ("c", Severity::Critical),
    ("d", Severity::Critical),
    ("e", Severity::Info),
    ("f", Severity::Warning),
];

fn step() -> impl Strategy<Value = Step> {
    let name = 0..NAMES.len();
    prop_oneof![
        8 => name.clone().prop_map(Step::Fire),
        6 => name.clone().prop_map(Step::Clear),
        1 => (proptest::option::of(name), proptest::option::of(1i64..20_000)).prop_map(|(n, u)| Step::Snooze(n, u)),
        1 => Just(Step::Unsnooze),
        8 => prop_oneof![Just(1i64), 1..90i64, 600..40_000i64].prop_map(Step::Pass),
        1 => (-90_000i64..90_000).prop_map(Step::Set),
        1 => Just(Step::Restart),
        1 => (1i64..50_000).prop_map(Step::Reboot),
    ]
}

/// This one is inhibited by that one.
const HELD: (&str, &str) = ("f", "a");

/// What a person heard of one episode.
#[derive(Debug, Default)]
struct Heard {
    words: usize,
    /// Whether it was said by itself.
    alone: bool,
    /// How many snoozes it met, each of which may bring one more word when it runs out.
    snoozes: usize,
    over: bool,
    /// Whether a digest told of it while it fired, and whether one told of its end.
    listed: bool,
    ended: bool,
    /// Whether a rule that says more fires there, and did from its beginning.
    held: bool,
}

#[derive(Default)]
struct Ear {
    episodes: HashMap<&'static str, Vec<Heard>>,
    /// True seconds at which something was said by itself, and whether it was critical.
    alone: Vec<(i64, bool)>,
    digests: Vec<i64>,
}

impl Ear {
    fn newest(&mut self, name: &str) -> &mut Heard {
        self.episodes.get_mut(name).and_then(|all| all.last_mut()).expect("it fired")
    }

    fn say(&mut self, name: &str, at: i64) {
        let critical = NAMES.iter().any(|(other, severity)| *other == name && *severity == Severity::Critical);
        self.alone.push((at, critical));
        let heard = self.newest(name);
        (heard.words, heard.alone) = (heard.words + 1, true);
        assert!(!heard.over, "{name} is over and was said");
    }

    fn hear(&mut self, due: Vec<Due>, at: i64) {
        for due in due {
            match due {
                Due::Say(item) => self.say(item.key.rule(), at),
                Due::Digest(digest) => {
                    assert!(!digest.items.is_empty());
                    self.digests.push(at);
                    if digest.wait == Wait::Over {
                        self.alone.push((at, false));
                    }
                    for item in digest.items {
                        let all = self.episodes.get_mut(item.key.rule()).expect("it fired");
                        match item.over {
                            None => {
                                let newest = all.last_mut().expect("it fired");
                                assert!(!newest.over);
                                (newest.words, newest.listed) = (newest.words + 1, true);
                            }
                            Some(over) => {
                                let mut left = over.times;
                                // First those of which nothing was said; then those that a digest told of; then those that
                                // ended in quiet hours after they had been said, or after a snooze that ran out.
                                for rank in if digest.wait == Wait::Over { [1, 0, 2] } else { [0, 1, 2] } {
                                    let fits = |one: &&mut Heard| match rank {
                                        0 => one.over && one.words == 0 && !one.held,
                                        1 => one.over && !one.ended && one.listed && !one.alone,
                                        _ => one.over && !one.ended && (one.alone || one.snoozes > 0),
                                    };
                                    for one in all.iter_mut().rev().filter(fits) {
                                        if left > 0 {
                                            (one.words, one.ended) = (one.words.max(1), true);
                                            left -= 1;
                                        }
                                    }
                                }
                                assert_eq!(left, 0, "an end that nobody knows of");
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What is said of what was held down and is not any more.
fn free(rig: &mut Rig, ear: &mut Ear, firing: &HashMap<&str, bool>) -> Vec<Due> {
    let fires = |name: &str| firing.get(name) == Some(&true);
    let is_free = |key: &Key| key.rule() == HELD.0 && fires(HELD.0) && !fires(HELD.1);
    let now = rig.now();
    let due = rig.dispatch.freed(is_free, &rig.rules, now);
    if fires(HELD.0) && !fires(HELD.1) {
        ear.newest(HELD.0).held = false;
    }
    due
}

fn check(steps: Vec<Step>, quiet: bool) {
    let mut rig = if quiet { Rig::quiet(NOON) } else { Rig::at(NOON) };
    let (mut truth, mut seq) = (0i64, 0);
    let mut ear = Ear::default();
    let mut firing: HashMap<&str, bool> = HashMap::new();
    let met = |ear: &mut Ear, snoozes: &[Snooze], ts: i64| {
        for (name, all) in &mut ear.episodes {
            let covers = |one: &&Snooze| one.covers(name, "gpu:1") && one.holds(ts);
            let count = snoozes.iter().filter(covers).count();
            // What is over and still waits is not said either.
            let newest = all.len() - 1;
            let waits = |one: &Heard| one.words == 0 || (one.listed && !one.ended);
            let met = all.iter_mut().enumerate().filter(|(at, one)| *at == newest || waits(one));
            met.for_each(|(_, one)| one.snoozes += count);
        }
    };
    for step in steps {
        match step {
            Step::Fire(at) => {
                let (name, severity) = NAMES[at];
                if !std::mem::replace(firing.entry(name).or_default(), true) {
                    ear.episodes.entry(name).or_default().push(Heard::default());
                    let snoozes = rig.dispatch.snoozes().to_vec();
                    let covering = snoozes.iter().filter(|one| one.covers(name, "gpu:1") && one.holds(rig.wall));
                    ear.newest(name).snoozes = covering.count();
                    if name == HELD.0 && firing.get(HELD.1) == Some(&true) {
                        let now = rig.now();
                        rig.dispatch.inhibited(Key::new(name, "gpu:1", ""), severity, json!(name), now);
                        ear.newest(name).held = true;
                        continue;
                    }
                    let decision = rig.happened(name, severity, What::Fired);
                    let quiet_now = is_quiet(&rig.rules, rig.now());
                    match decision {
                        Decision::Say => {
                            assert!(severity == Severity::Critical || !quiet_now);
                            ear.say(name, truth);
                        }
                        Decision::Silent(Silence::Snoozed) => assert!(ear.newest(name).snoozes > 0),
                        Decision::Silent(other) => panic!("silent: {other:?}"),
                        Decision::Keep(Wait::Quiet) => assert!(quiet_now && severity != Severity::Critical),
                        Decision::Keep(wait) => assert_eq!(wait == Wait::Day, severity == Severity::Info),
                    }
                }
            }
            Step::Clear(at) => {
                let (name, severity) = NAMES[at];
                if std::mem::replace(firing.entry(name).or_default(), false) {
                    let lasted = Duration::from_secs(60);
                    let decision = rig.happened(name, severity, What::Cleared { lasted });
                    let heard = ear.newest(name);
                    heard.over = true;
                    assert!(!heard.held || decision == Decision::Silent(Silence::Unheard), "{decision:?}");
                    assert!(decision != Decision::Say || heard.alone, "the end of what was not said");
                }
            }
            Step::Snooze(of, seconds) => {
                seq += 1;
                let rule = of.map_or("*", |at| NAMES[at].0).to_owned();
                let until = seconds.map(|seconds| rig.wall + seconds);
                let one = Snooze { seq, rule, source: "*".to_owned(), who: None, until };
                met(&mut ear, std::slice::from_ref(&one), rig.wall);
                let all = rig.dispatch.snoozes().iter().cloned().chain([one]).collect();
                rig.dispatch.snooze(all);
            }
            Step::Unsnooze => rig.dispatch.snooze(Vec::new()),
            Step::Pass(seconds) => {
                (rig.boot, rig.wall, truth) = (rig.boot + seconds, rig.wall + seconds, truth + seconds);
            }
            Step::Set(seconds) => rig.wall += seconds,
            Step::Restart => rig.restart(None),
            Step::Reboot(seconds) => {
                let boot = seconds.min(30);
                rig.restart(Some(boot));
                (rig.wall, truth) = (rig.wall + seconds, truth + seconds);
            }
        }
        let now = rig.now();
        let due = free(&mut rig, &mut ear, &firing);
        ear.hear(due, truth);
        ear.hear(rig.dispatch.settle(&rig.rules, now), truth);
    }
    // What still waits comes in the end.
    rig.dispatch.snooze(Vec::new());
    if std::mem::replace(firing.entry(HELD.1).or_default(), false) {
        rig.happened(HELD.1, NAMES[0].1, What::Cleared { lasted: Duration::from_secs(60) });
        ear.newest(HELD.1).over = true;
    }
    let due = free(&mut rig, &mut ear, &firing);
    ear.hear(due, truth);
    for _ in 0..200 {
        (rig.boot, rig.wall, truth) = (rig.boot + 1800, rig.wall + 1800, truth + 1800);
        let now = rig.now();
        ear.hear(rig.dispatch.settle(&rig.rules, now), truth);
    }
    for (name, all) in &ear.episodes {
        let is_snoozed = all.iter().any(|heard| heard.snoozes > 0);
        for heard in all {
            assert!(!heard.held || (heard.words == 0 && heard.over), "{name} was held to no end: {heard:?}");
            if heard.held {
                continue;
            }
            assert!(heard.words >= 1 || heard.snoozes > 0, "{name} was lost: {heard:?}");
            assert!(heard.words >= 1 || heard.over, "{name} still fires and was lost: {heard:?}");
            let is_info = NAMES.iter().any(|(other, severity)| other == name && *severity == Severity::Info);
            let ends = heard.listed && heard.over && !heard.alone && !is_info && !is_snoozed;
            assert!(quiet || !ends || heard.ended, "the end of {name} was lost: {heard:?}");
            assert!(heard.words <= 1 + heard.snoozes, "{name} was told too often: {heard:?}");
        }
    }
    let most = |span: i64, counts: &dyn Fn(bool) -> bool| {
        let times: Vec<i64> = ear.alone.iter().filter(|(_, critical)| counts(*critical)).map(|(at, _)| *at).collect();
        times.iter().map(|from| times.iter().filter(|at| (*from..from + span).contains(*at)).count()).max()
    };
    assert!(most(60, &|_| true) <= Some(3), "too many in a minute: {:?}", ear.alone);
    assert!(most(3600, &|critical| !critical) <= Some(10), "too many in an hour: {:?}", ear.alone);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn one_word_an_episode_none_lost_and_never_too_many(
        steps in proptest::collection::vec(step(), 1..120), quiet in any::<bool>(),
    ) {
        check(steps, quiet);
    }
}
