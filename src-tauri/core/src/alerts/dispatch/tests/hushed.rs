//! What is not to be seen any more, and what is said when a snooze is taken back.

use super::*;

/// The rules of the alerts that are to be taken from the screen.
fn hushed(rig: &mut Rig) -> Vec<String> {
    rig.dispatch.take_hushed().iter().map(|key| key.rule().to_owned()).collect()
}

#[test]
fn who_takes_a_snooze_back_is_told_once_more_what_was_taken_from_the_screen() {
    let mut rig = Rig::at(NOON);
    assert_eq!(rig.fire("told"), Decision::Say);
    rig.snooze(1, "*", Some(NOON + 3600));
    assert_eq!(rig.fire("new"), SNOOZED);
    assert_eq!((hushed(&mut rig), hushed(&mut rig)), (vec!["told".to_owned()], vec![]));
    rig.dispatch.snooze(Vec::new());
    assert_eq!((rig.settle(), rig.settle()), (vec!["new".to_owned(), "told".to_owned()], vec![]));
    assert_eq!((rig.clear("told"), hushed(&mut rig)), (Decision::Say, vec![]));
}

#[test]
fn what_is_snoozed_is_taken_from_the_screen_once_however_that_is_noticed() {
    let mut rig = Rig::at(NOON);
    assert_eq!((rig.fire("a"), rig.fire("b")), (Decision::Say, Decision::Say));
    let all = Snooze { seq: 1, rule: "*".to_owned(), source: "*".to_owned(), ..Snooze::default() };
    rig.dispatch.snooze(vec![all]);
    assert_eq!(rig.happened("a", Severity::Warning, What::Again), SNOOZED);
    assert!(rig.dispatch.is_busy());
    assert_eq!((rig.settle(), hushed(&mut rig)), (vec![], vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!((rig.pass(60), hushed(&mut rig)), (vec![], vec![]));
}

#[test]
fn what_ends_without_a_word_or_is_expected_is_taken_from_the_screen_unless_it_fires_anew() {
    let mut rig = Rig::at(NOON);
    let gone = |rig: &mut Rig, name: &str| {
        let now = rig.now();
        rig.dispatch.gone(&Key::new(name, "gpu:1", ""), &rig.rules, now);
    };
    for name in ["a", "b", "c"] {
        assert_eq!(rig.fire(name), Decision::Say);
    }
    assert_eq!(rig.fire("unheard"), Decision::Keep(Wait::Burst));
    ["a", "b", "unheard"].iter().for_each(|name| gone(&mut rig, name));
    rig.dispatch.settled(|key, _| key.rule() == "c");
    rig.boot += 3600;
    assert_eq!(rig.fire("b"), Decision::Say);
    assert_eq!(hushed(&mut rig), ["a", "c"]);
}

#[test]
fn the_end_in_the_second_in_which_a_snooze_is_taken_back_is_said_of_what_was_said() {
    let mut rig = Rig::at(NOON);
    assert_eq!(rig.fire("told"), Decision::Say);
    rig.snooze(1, "*", Some(NOON + 3600));
    assert_eq!(rig.fire("new"), SNOOZED);
    rig.dispatch.snooze(Vec::new());
    assert_eq!((rig.clear("told"), rig.clear("new")), (Decision::Say, SNOOZED));
    assert_eq!(rig.settle(), NOTHING);
}
