//! A person has history deleted: what is older goes, what is newer stays, and nothing of it is left in the file.

use hoofbeat_core::api::Face;
use hoofbeat_core::model::{Event, EventKind};
use hoofbeat_core::store::ask_deletion;

use crate::support::*;

const DAY: i64 = 86_400;

/// Midnight in UTC.
const MIDNIGHT: i64 = HOUR / DAY * DAY;

/// What would be found in the bytes of the file.
const TRACE: &str = "a-name-that-nobody-else-has";

#[test]
fn what_is_older_goes_and_everything_goes_where_that_was_asked_for() {
    let (temp, machine) = (tempfile::tempdir().unwrap(), Machine::new());
    let mut store = open(temp.path(), MIDNIGHT).store;
    store.append(&[machine.first(MIDNIGHT - 3 * DAY)], false).unwrap();
    for hour in 0..80 {
        let ts = MIDNIGHT - 3 * DAY + hour * 3600;
        let mut ticks: Vec<_> = (1..60).map(|at| machine.tick(ts + at * 60, 50.0, &[Some(1.0)])).collect();
        if hour == 10 {
            let detail = serde_json::json!({ "name": TRACE });
            ticks[0].events = vec![Event { ts, kind: EventKind::RecorderStarted, source: None, detail }];
        }
        store.append(&ticks, false).unwrap();
        store.maintain(now(ts + 3600)).unwrap();
    }
    let end = MIDNIGHT - 3 * DAY + 80 * 3600;
    let face = Face::open(temp.path()).unwrap();
    let before = face.data().unwrap();
    assert_eq!((before.oldest.samples, before.awaits_deletion), (Some(MIDNIGHT - 3 * DAY), false));
    assert!(before.bytes > 0);

    face.delete_history(Some(1), MIDNIGHT + 5).unwrap();
    assert!(face.data().unwrap().awaits_deletion, "no recorder has looked yet");
    store.maintain(now(end)).unwrap();
    let after = face.data().unwrap();
    assert!(!after.awaits_deletion);
    let oldest = (after.oldest.samples, after.oldest.minutes, after.oldest.hours);
    assert_eq!(oldest, (Some(MIDNIGHT - DAY), Some(MIDNIGHT - DAY), Some(MIDNIGHT - DAY)));
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM events"), "0");
    assert_eq!(sqlite3(temp.path(), "PRAGMA freelist_count"), "0");
    assert_sound(temp.path());

    // It goes on, and the next hour is put away as ever.
    let next = |hour: i64| (0..60).map(move |at| end + hour * 3600 + at * 60);
    let ticks: Vec<_> = next(0).map(|ts| machine.tick(ts, 50.0, &[Some(1.0)])).collect();
    store.append(&ticks, false).unwrap();
    face.delete_history(None, end).unwrap();
    store.maintain(now(end + 3600)).unwrap();
    let nothing = face.data().unwrap().oldest;
    assert_eq!((nothing.minutes, nothing.hours), (None, None));
    assert_eq!(nothing.samples, Some(end + 59 * 60), "the newest tick says when that was");
    for hour in 1..3 {
        let ticks: Vec<_> = next(hour).map(|ts| machine.tick(ts, 50.0, &[Some(1.0)])).collect();
        store.append(&ticks, false).unwrap();
        store.maintain(now(end + (hour + 1) * 3600)).unwrap();
    }
    assert!(face.data().unwrap().oldest.hours.is_some());
    store.close().unwrap();
    assert_sound(temp.path());
    let bytes = std::fs::read(hoofbeat_core::store::database(temp.path())).unwrap();
    assert!(!bytes.windows(TRACE.len()).any(|window| window == TRACE.as_bytes()), "what is deleted is written over");
}

#[test]
fn a_deletion_waits_for_a_recorder() {
    let (temp, machine) = (tempfile::tempdir().unwrap(), Machine::new());
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR), machine.tick(HOUR + 1, 2.0, &[])], false).unwrap();
    store.close().unwrap();
    ask_deletion(temp.path(), HOUR + 10).unwrap();
    let mut store = open(temp.path(), HOUR + 60).store;
    store.maintain(now(HOUR + 60)).unwrap();
    let oldest = Face::open(temp.path()).unwrap().data().unwrap().oldest;
    assert_eq!(oldest.samples, Some(HOUR + 1));
}
