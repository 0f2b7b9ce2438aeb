//! When the person left and came back: one event a change, in a pause and after a restart, too.

use super::*;
use crate::why::presence::{Absence, Hints, Sign};

const LOCKED: Option<Hints> = Some(Hints { is_locked: true, is_idle: false, idle_since: None });
const THERE: Option<Hints> = Some(Hints { is_locked: false, is_idle: false, idle_since: None });

fn told(rig: &mut Rig, said: Option<Hints>) {
    rig.core.handle(Event::Command(Command::Presence(said)));
}

/// What is recorded of it with the next tick.
fn next(rig: &mut Rig) -> Vec<(i64, Value)> {
    rig.advance(1000);
    let events = rig.ticks().into_iter().flat_map(|tick| tick.events);
    events.filter(|event| event.kind == EventKind::Presence).map(|event| (event.ts, event.detail)).collect()
}

#[test]
fn who_leaves_and_comes_back_is_recorded_once() {
    let mut rig = Rig::new(&[]);
    let start = START as i64;
    told(&mut rig, THERE);
    assert_eq!((next(&mut rig), rig.core.presence.is_away_since()), (vec![], None));
    told(&mut rig, LOCKED);
    told(&mut rig, LOCKED);
    let away = json!({ "state": "away", "why": "locked", "since": start + 1 });
    assert_eq!((next(&mut rig), rig.core.presence.is_away_since()), (vec![(start + 1, away)], Some(start + 1)));
    told(&mut rig, THERE);
    let back = json!({ "state": "back", "since": start + 2, "away_since": start + 1, "why": "locked" });
    assert_eq!((next(&mut rig), rig.core.presence.is_away_since()), (vec![(start + 2, back)], None));
}

#[test]
fn what_an_earlier_recorder_told_counts() {
    let absence = Absence { since: 1000, until: None, sign: Sign::Locked, is_at_latest: false };
    let left = || Left { absence: Some(absence), ..Left::default() };
    let mut rig = Rig::with(&[], "", left(), None);
    told(&mut rig, LOCKED);
    assert_eq!((next(&mut rig), rig.core.presence.is_away_since()), (vec![], Some(1000)));
    let mut rig = Rig::with(&[], "", left(), None);
    told(&mut rig, THERE);
    let events = next(&mut rig);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0].1["state"], &events[0].1["away_since"]), (&json!("back"), &json!(1000)));
}

#[test]
fn what_happens_in_a_pause_is_recorded_with_its_end() {
    let mut rig = Rig::new(&[]);
    told(&mut rig, THERE);
    rig.advance(1000);
    rig.core.handle(Event::Command(Command::Pause { until: START as i64 + 60 }));
    rig.ticks();
    told(&mut rig, LOCKED);
    assert_eq!(next(&mut rig), []);
    rig.core.handle(Event::Command(Command::Resume));
    let events = rig.ticks().into_iter().flat_map(|tick| tick.events).collect::<Vec<_>>();
    assert_eq!(kinds(&events), [EventKind::Presence, EventKind::Resumed]);
    assert_eq!(events[0].detail["since"], START as i64 + 1);
}

#[test]
fn that_somebody_is_back_is_told_also_where_nobody_recorded_it_then() {
    let back = |rig: &mut Rig| -> Vec<Absence> {
        let back = |said| match said {
            Published::Back(absence) => Some(absence),
            _ => None,
        };
        rig.heard.try_iter().filter_map(back).collect()
    };
    let start = START as i64;
    let mut rig = Rig::new(&[]);
    told(&mut rig, LOCKED);
    next(&mut rig);
    assert_eq!(back(&mut rig), []);
    told(&mut rig, THERE);
    let over = Absence { since: start, until: Some(start + 1), sign: Sign::Locked, is_at_latest: false };
    let told = back(&mut rig);
    assert_eq!(told.iter().map(|one| (one.since, one.until)).collect::<Vec<_>>(), [(start, Some(start + 1))]);
    let mut rig = Rig::with(&[], "", Left { absence: Some(over), ..Left::default() }, None);
    assert_eq!(back(&mut rig), [over]);
}
