//! What is told and when: each rule by an example. What always holds is in `traces`.

mod hushed;
mod traces;

use serde_json::json;

use super::*;
use crate::alerts::baseline::Local;
use crate::model::expectation::Hours;

/// 12:00 of a local day.
const NOON: i64 = 19_000 * 86_400 + 12 * 3600;

fn moment(boot: i64, wall: i64) -> Moment {
    let local = Local { ts: wall, day: wall.div_euclid(86_400), minute: (wall.rem_euclid(86_400) / 60) as u16 };
    Moment { boot: Duration::from_secs(boot as u64), local }
}

/// A person's evening: a dispatch with its clocks.
struct Rig {
    dispatch: Dispatch,
    rules: Notify,
    boot: i64,
    wall: i64,
}

impl Rig {
    fn at(wall: i64) -> Rig {
        Rig { dispatch: Dispatch::default(), rules: Notify::default(), boot: 1_000, wall }
    }

    fn quiet(wall: i64) -> Rig {
        let mut rig = Rig::at(wall);
        rig.rules.quiet = Some(Hours { from: 22 * 60, until: 7 * 60 });
        rig
    }

    fn now(&self) -> Moment {
        moment(self.boot, self.wall)
    }

    fn happened(&mut self, name: &str, severity: Severity, what: What) -> Decision {
        let happening = Happening { key: Key::new(name, "gpu:1", ""), severity, what, about: json!(name) };
        let now = self.now();
        self.dispatch.happened(happening, &self.rules, now)
    }

    fn fire(&mut self, name: &str) -> Decision {
        self.happened(name, Severity::Warning, What::Fired)
    }

    fn clear(&mut self, name: &str) -> Decision {
        self.happened(name, Severity::Warning, What::Cleared { lasted: Duration::from_secs(420) })
    }

    fn pass(&mut self, seconds: i64) -> Vec<String> {
        (self.boot, self.wall) = (self.boot + seconds, self.wall + seconds);
        self.settle()
    }

    /// What is due, in words: the name of who is said, and "wait: name, name(over) +more" for a digest.
    fn settle(&mut self) -> Vec<String> {
        let now = self.now();
        let name = |item: &Item| match item.over {
            None => item.key.rule().to_owned(),
            Some(over) => format!("{}({}x {}s)", item.key.rule(), over.times, over.seconds.unwrap_or(0)),
        };
        let words = |due| match due {
            Due::Say(item) => name(&item),
            Due::Digest(digest) => {
                let items: Vec<_> = digest.items.iter().map(name).collect();
                format!("{:?}: {}", digest.wait, items.join(", "))
            }
        };
        self.dispatch.settle(&self.rules, now).into_iter().map(words).collect()
    }

    fn snooze(&mut self, seq: i64, rule: &str, until: Option<i64>) {
        let snooze = Snooze { seq, rule: rule.to_owned(), source: "*".to_owned(), who: None, until };
        let all = self.dispatch.snoozes().iter().cloned().chain([snooze]).collect();
        self.dispatch.snooze(all);
        assert_eq!(self.settle(), [""; 0]);
    }

    /// A restart of the recorder; with `boot`, of the machine.
    fn restart(&mut self, boot: Option<i64>) {
        self.restart_at(boot, self.wall);
    }

    /// A start at a boot time and at a Unix second.
    fn restart_at(&mut self, boot: Option<i64>, wall: i64) {
        self.dispatch.retell();
        let json = self.dispatch.take_changed(self.now());
        (self.boot, self.wall) = (boot.unwrap_or(self.boot), wall);
        let snoozes = self.dispatch.snoozes().to_vec();
        self.dispatch = Dispatch::restored(json.as_deref(), snoozes, self.now());
    }
}

const SNOOZED: Decision = Decision::Silent(Silence::Snoozed);
const OVER: Decision = Decision::Keep(Wait::Over);
const NOTHING: [&str; 0] = [];

#[test]
fn the_end_is_said_where_the_beginning_was() {
    let mut rig = Rig::at(NOON);
    assert_eq!((rig.fire("a"), rig.clear("a")), (Decision::Say, Decision::Say));
    assert_eq!(rig.clear("a"), Decision::Silent(Silence::Unheard));
    rig.rules.enabled = false;
    assert_eq!(rig.fire("a"), Decision::Silent(Silence::Off));
    rig.rules.enabled = true;
    assert_eq!(rig.clear("a"), Decision::Silent(Silence::Off));
    // Neither the ends nor what is silent count to the limits.
    for name in ["b", "c"] {
        assert_eq!((rig.fire(name), rig.clear(name)), (Decision::Say, Decision::Say));
    }
    assert_eq!(rig.fire("d"), Decision::Keep(Wait::Burst));
    assert_eq!(rig.pass(60), ["Burst: d"]);
    // That of a digest is said, too, after a while in which others may end.
    assert_eq!((rig.clear("d"), rig.pass(59), rig.pass(1)), (OVER, vec![], vec!["Over: d(1x 420s)".to_owned()]));
    assert_eq!(rig.happened("e", Severity::Warning, What::Fired), Decision::Say);
    assert_eq!(rig.happened("e", Severity::Warning, What::Again), Decision::Say);
}

#[test]
fn a_night_is_one_digest_and_critical_alerts_pass() {
    let mut rig = Rig::quiet(NOON + 11 * 3600);
    assert_eq!(rig.fire("disk"), Decision::Keep(Wait::Quiet));
    assert_eq!(rig.happened("lost", Severity::Critical, What::Fired), Decision::Say);
    assert_eq!(rig.happened("lost", Severity::Critical, What::Cleared { lasted: Duration::ZERO }), Decision::Say);
    assert_eq!((rig.fire("hot"), rig.clear("hot")), (Decision::Keep(Wait::Quiet), Decision::Keep(Wait::Quiet)));
    assert_eq!(rig.pass(60), NOTHING);
    assert_eq!((rig.fire("hot"), rig.clear("hot")), (Decision::Keep(Wait::Quiet), Decision::Keep(Wait::Quiet)));
    assert_eq!(rig.fire("hot"), Decision::Keep(Wait::Quiet));
    assert_eq!(rig.happened("hot", Severity::Warning, What::Again), Decision::Silent(Silence::Waiting));
    rig.restart(Some(5));
    assert_eq!(rig.pass(7 * 3600), NOTHING);
    assert_eq!(rig.pass(3600), ["Quiet: disk, hot, hot(2x 840s)"]);
    assert_eq!(rig.pass(60), NOTHING);
    assert_eq!(rig.clear("hot"), OVER);
}

#[test]
fn what_began_by_day_and_ends_at_night_is_a_line_in_the_morning() {
    let mut rig = Rig::quiet(NOON + 9 * 3600);
    assert_eq!(rig.fire("hot"), Decision::Say);
    assert_eq!(rig.pass(2 * 3600), NOTHING);
    assert_eq!(rig.clear("hot"), Decision::Keep(Wait::Quiet));
    assert_eq!(rig.pass(8 * 3600), ["Quiet: hot(1x 420s)"]);
}

#[test]
fn a_storm_is_three_words_and_a_digest() {
    let mut rig = Rig::at(NOON);
    let said = (0..500).filter(|at| rig.fire(&format!("rule-{at}")) == Decision::Say).count();
    assert_eq!(said, 3);
    assert_eq!(rig.pass(59), NOTHING);
    let digest = rig.pass(1);
    assert_eq!(digest.len(), 1);
    assert_eq!(digest[0].split(", ").count(), 497);
    // All of it ends: the three that were said, and the others as one.
    let said = (0..500).filter(|at| rig.clear(&format!("rule-{at}")) == Decision::Say).count();
    assert_eq!((said, rig.pass(59)), (3, vec![]));
    let ends = rig.pass(1);
    assert!(ends.len() == 1 && ends[0].starts_with("Over: ") && ends[0].split(", ").count() == 256, "{ends:?}");
    assert_eq!(rig.pass(3600), NOTHING);
}

#[test]
fn an_hour_that_has_enough_ends_with_a_digest() {
    let mut rig = Rig::at(NOON);
    for at in 0..10 {
        assert_eq!(rig.fire(&format!("{at}")), Decision::Say);
        assert_eq!(rig.pass(60), NOTHING);
    }
    assert_eq!(rig.fire("eleventh"), Decision::Keep(Wait::Hour));
    assert_eq!(rig.happened("lost", Severity::Critical, What::Fired), Decision::Say);
    rig.restart(None);
    assert_eq!(rig.pass(2999), NOTHING);
    assert_eq!(rig.pass(1), ["Hour: eleventh"]);
    assert_eq!(rig.fire("twelfth"), Decision::Say);
}

#[test]
fn the_ends_of_a_digest_count_to_the_hour_and_wait_for_the_morning() {
    let mut rig = Rig::quiet(NOON + 18 * 3600);
    for at in 0..20 {
        assert_eq!(rig.fire(&format!("{at}")), Decision::Keep(Wait::Quiet));
    }
    assert_eq!(rig.pass(3600).len(), 1);
    let mut said = 0;
    for at in 0..20 {
        assert_eq!(rig.clear(&format!("{at}")), OVER);
        said += rig.pass(120).len();
    }
    assert_eq!(said, 10, "no more than an hour may have");
    assert_eq!(rig.pass(3600).len(), 1, "the rest in one");
    assert_eq!(rig.pass(86_400), NOTHING);
    rig.wall = NOON + 18 * 3600;
    assert_eq!(rig.fire("night"), Decision::Keep(Wait::Quiet));
    assert_eq!(rig.pass(3600), ["Quiet: night"]);
    rig.restart(None);
    assert_eq!(rig.pass(15 * 3600), NOTHING);
    assert_eq!(rig.clear("night"), Decision::Keep(Wait::Quiet));
    assert_eq!(rig.pass(9 * 3600), ["Quiet: night(1x 420s)"]);
}

#[test]
fn mere_information_is_never_said_alone() {
    let info = |rig: &mut Rig, name: &str| rig.happened(name, Severity::Info, What::Fired);
    let mut rig = Rig::at(NOON);
    assert_eq!(info(&mut rig, "a"), Decision::Keep(Wait::Day));
    assert_eq!(rig.pass(3600), NOTHING);
    assert_eq!(rig.fire("hot"), Decision::Say);
    assert_eq!(rig.settle(), ["Day: a"]);
    // Once a day; a clock that is set does not make days.
    assert_eq!(info(&mut rig, "b"), Decision::Keep(Wait::Day));
    rig.wall += 5 * 86_400;
    assert_eq!((rig.fire("hot"), rig.pass(1)), (Decision::Say, vec![]));
    rig.wall -= 5 * 86_400;
    rig.restart(None);
    assert_eq!(rig.pass(19 * 3600 + 1800), NOTHING);
    assert_eq!(rig.pass(1800), ["Day: b"]);
}

#[test]
fn a_snoozed_alert_is_said_when_that_runs_out_and_it_still_fires() {
    let mut rig = Rig::at(NOON);
    let until = Some(NOON + 3600);
    assert_eq!(rig.fire("told"), Decision::Say);
    rig.snooze(1, "*", until);
    // All means all.
    assert_eq!(rig.happened("lost", Severity::Critical, What::Fired), SNOOZED);
    assert_eq!((rig.fire("short"), rig.clear("short")), (SNOOZED, SNOOZED));
    assert_eq!(rig.happened("lost", Severity::Critical, What::Again), SNOOZED);
    rig.restart(None);
    assert_eq!(rig.pass(3599), NOTHING);
    assert_eq!(rig.pass(1), ["lost", "told"]);
    assert_eq!((rig.dispatch.take_ended(), rig.dispatch.take_ended()), (vec![1], vec![]));
    assert_eq!(rig.pass(10), NOTHING);
    // The store's list may be older than that.
    let stale = Snooze { seq: 1, rule: "*".to_owned(), source: "*".to_owned(), ..Snooze::default() };
    rig.dispatch.snooze(vec![stale]);
    assert_eq!(rig.dispatch.snoozes(), []);
    assert_eq!(rig.clear("told"), Decision::Say);
}

#[test]
fn a_snooze_until_it_is_over_ends_with_the_last_that_it_covers() {
    let mut rig = Rig::at(NOON);
    assert_eq!(rig.fire("hot"), Decision::Say);
    rig.snooze(1, "hot", None);
    assert_eq!(rig.pass(86_400), NOTHING);
    assert_eq!((rig.clear("hot"), rig.dispatch.take_ended()), (SNOOZED, vec![1]));
    assert_eq!(rig.dispatch.snoozes(), []);
    assert_eq!(rig.fire("hot"), Decision::Say);
}

#[test]
fn a_snooze_of_one_identity_leaves_the_others_to_be_said() {
    let mut rig = Rig::at(NOON);
    let happened = |rig: &mut Rig, who: &str, what: What| {
        let key = Key::new("unexpected-use", "gpu:1", who);
        let now = rig.now();
        let happening = Happening { key, severity: Severity::Warning, what, about: Value::Null };
        rig.dispatch.happened(happening, &rig.rules, now)
    };
    let over = What::Cleared { lasted: Duration::ZERO };
    assert_eq!(happened(&mut rig, "program:blender", What::Fired), Decision::Say);
    let (rule, source, who) = ("unexpected-use".to_owned(), "gpu:1".to_owned(), Some("program:blender".to_owned()));
    rig.dispatch.snooze(vec![Snooze { seq: 1, rule, source, who, until: None }]);
    assert_eq!(happened(&mut rig, "program:blender", What::Again), SNOOZED);
    assert_eq!(happened(&mut rig, "program:xmrig", What::Fired), Decision::Say);
    assert_eq!(happened(&mut rig, "program:xmrig", over), Decision::Say);
    // It ends with the one that it is about, and not with another.
    assert_eq!((happened(&mut rig, "program:blender", over), rig.dispatch.take_ended()), (SNOOZED, vec![1]));
    assert_eq!(happened(&mut rig, "program:blender", What::Fired), Decision::Say);
}

#[test]
fn what_ended_unseen_is_over_and_what_was_not_noted_was_told_where_nothing_was_noted() {
    let mut rig = Rig::quiet(NOON + 11 * 3600);
    assert_eq!(rig.fire("gone"), Decision::Keep(Wait::Quiet));
    rig.restart(None);
    let now = rig.now();
    let firing = || vec![(Key::new("old", "gpu:1", ""), NOON)];
    rig.dispatch.align(firing(), &rig.rules, now);
    assert_eq!(rig.pass(8 * 3600), ["Quiet: gone(1x 0s)"]);
    assert_eq!(rig.clear("old"), Decision::Silent(Silence::Unheard));
    // Nor can it be known of notes that cannot be read.
    for (json, decision) in [(None, Decision::Say), (Some("{}"), Decision::Silent(Silence::Unheard))] {
        rig.dispatch = Dispatch::restored(json, Vec::new(), now);
        assert!(rig.dispatch.episodes.is_empty());
        rig.dispatch.align(firing(), &rig.rules, now);
        assert_eq!(rig.clear("old"), decision);
    }
}

#[test]
fn nothing_is_said_of_what_a_rule_that_says_more_held_down_also_after_a_restart() {
    let mut rig = Rig::at(NOON);
    assert_eq!(rig.fire("lost"), Decision::Say);
    for restarts in [false, true] {
        let now = rig.now();
        rig.dispatch.inhibited(Key::new("error", "gpu:1", ""), Severity::Warning, json!("error"), now);
        if restarts {
            rig.restart(None);
            let firing = ["lost", "error"].map(|rule| (Key::new(rule, "gpu:1", ""), NOON)).to_vec();
            rig.dispatch.align(firing, &rig.rules, now);
        }
        assert_eq!(rig.happened("error", Severity::Warning, What::Again), Decision::Silent(Silence::Unheard));
        assert_eq!((rig.pass(3600), rig.clear("error")), (vec![], Decision::Silent(Silence::Unheard)));
    }
    assert_eq!(rig.clear("lost"), Decision::Say);
}

#[test]
fn what_a_face_could_not_show_is_kept_until_it_says_that_all_was() {
    let mut rig = Rig::at(NOON);
    rig.dispatch.set_unshown(json!(["hot"]));
    assert!(rig.dispatch.take_changed(rig.now()).is_some());
    rig.dispatch.set_unshown(json!(["hot"]));
    assert_eq!(rig.dispatch.take_changed(rig.now()), None);
    rig.restart(Some(20));
    assert_eq!(rig.dispatch.unshown(), &json!(["hot"]));
    rig.dispatch.set_unshown(Value::Null);
    rig.restart(None);
    assert_eq!(rig.dispatch.unshown(), &Value::Null);
}

#[test]
fn mere_information_comes_each_day_of_a_machine_that_runs_eight_hours_of_it() {
    let info = |rig: &mut Rig, name: &str| rig.happened(name, Severity::Info, What::Fired);
    // Switched on at ten and off at six.
    let ten = NOON - 2 * 3600;
    let mut rig = Rig::at(ten);
    assert_eq!(info(&mut rig, "0"), Decision::Keep(Wait::Day));
    assert_eq!(rig.pass(8 * 3600), NOTHING);
    for day in 1..8 {
        rig.restart_at(Some(20), ten + day * 86_400);
        assert_eq!(rig.pass(1), [format!("Day: {}", day - 1)]);
        assert_eq!((rig.clear(&format!("{}", day - 1)), rig.pass(1)), (Decision::Silent(Silence::Unheard), vec![]));
        assert_eq!(info(&mut rig, &format!("{day}")), Decision::Keep(Wait::Day));
        assert_eq!(rig.pass(8 * 3600 - 100), NOTHING);
    }
}

#[test]
fn mere_information_comes_at_nine_though_some_came_along_at_night() {
    let info = |rig: &mut Rig, name: &str| rig.happened(name, Severity::Info, What::Fired);
    let mut rig = Rig::at(NOON + 11 * 3600);
    assert_eq!((info(&mut rig, "a"), rig.fire("hot")), (Decision::Keep(Wait::Day), Decision::Say));
    assert_eq!(rig.pass(2 * 3600), ["Day: a"]);
    assert_eq!(info(&mut rig, "b"), Decision::Keep(Wait::Day));
    assert_eq!((rig.pass(7 * 3600), rig.pass(3600)), (vec![], vec!["Day: b".to_owned()]));
}
