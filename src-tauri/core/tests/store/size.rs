//! The size cap, and what is forgotten.

use std::sync::Arc;
use std::time::Duration;

use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Condition, Event, EventKind, Health, Keep, Source, SourceKind, Tick};
use hoofbeat_core::store::{Reader, Store};

use crate::support::*;

const DAY: i64 = 86_400;

fn number(folder: &std::path::Path, sql: &str) -> i64 {
    sqlite3(folder, sql).parse().unwrap()
}

/// Records noise, which does not compress.
fn record_noise(store: &mut Store, machine: &Machine, from: i64, to: i64) {
    let mut noise = from as u64 | 1;
    let mut tick = |ts: i64| {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let value = |shift: u32| Some(((noise >> shift) % 101) as f64);
        machine.tick(ts, (noise >> 33) as f64 % 100.0, &[value(40), value(48), value(56)])
    };
    for minute in (from..to).step_by(60) {
        let ticks: Vec<_> = (minute..to.min(minute + 60)).step_by(2).map(&mut tick).collect();
        store.append(&ticks, false).unwrap();
        store.maintain(now(minute)).unwrap();
    }
}

#[test]
fn the_size_cap_holds_and_takes_raw_samples_first() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let keep = Keep { cap: 2 << 20, ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    record_noise(&mut store, &machine, HOUR, HOUR + 6 * DAY);
    assert!(std::fs::metadata(temp.path().join("hoofbeat.db")).unwrap().len() <= keep.cap);
    assert!(number(temp.path(), "SELECT min(hour) FROM chunk") > HOUR, "the oldest samples went");
    assert_eq!(number(temp.path(), "SELECT min(ts) FROM hour"), HOUR, "hours stayed");
    let range = Reader::open(temp.path()).unwrap().range().unwrap();
    assert_eq!(range.map(|(first, _)| first), Some(HOUR), "what is known begins with them");
    assert_sound(temp.path());
}

#[test]
fn what_is_known_begins_when_recording_began_and_not_with_its_hour() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    let began = HOUR + 57 * 60 + 20;
    store.append(&[machine.first(began)], false).unwrap();
    let range = || Reader::open(temp.path()).unwrap().range().unwrap();
    assert_eq!(range(), Some((began, began)));
    let later: Vec<_> = (1..600).map(|after| machine.tick(began + after, 5.0, &[])).collect();
    store.append(&later, false).unwrap();
    store.maintain(now(HOUR + 2 * 3600)).unwrap();
    assert_eq!(number(temp.path(), "SELECT min(ts) FROM hour"), HOUR, "the hour is sealed");
    assert_eq!(range().map(|(first, _)| first), Some(began));
}

fn mount(name: &str) -> Arc<Source> {
    Source::whole(SourceKind::Filesystem, format!("fs:{name}"), name)
}

/// A tick at which a file system is there, or is lost.
fn mounted(machine: &Machine, ts: i64, source: &Arc<Source>, health: Health) -> Tick {
    let mut tick = machine.tick(ts, 5.0, &[]);
    let mut batch = Batch::default();
    if health == Health::Ok {
        batch.put(source, Metric::DiskUsed, (1_u64 << 30) as f64);
    } else {
        tick.emptied.push(source.clone());
    }
    tick.readings.extend(batch.into_parts().readings);
    tick.conditions.push((source.clone(), Condition { health, reason: String::new() }));
    tick
}

fn started(ts: i64) -> Event {
    Event { ts, kind: EventKind::RecorderStarted, source: None, detail: serde_json::json!({}) }
}

#[test]
fn a_source_that_is_gone_is_listed_for_a_day_and_kept_in_history() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    let mut first = machine.first(HOUR);
    first.events.push(started(HOUR));
    let denied = Condition { health: Health::Denied, reason: "not yours".into() };
    first.conditions.push((mount("/denied"), denied));
    store.append(&[first], false).unwrap();
    let (lost, left) = (mount("/tmp/lost"), mount("/tmp/left"));
    store.append(&[mounted(&machine, HOUR + 10, &lost, Health::Ok)], false).unwrap();
    store.append(&[mounted(&machine, HOUR + 20, &lost, Health::Lost)], false).unwrap();
    store.append(&[mounted(&machine, HOUR + 30, &left, Health::Ok)], false).unwrap();
    let listed =
        || sqlite3(temp.path(), "SELECT group_concat(source, ' ') FROM (SELECT source FROM status ORDER BY source)");
    let all = "cpu cpu:0 cpu:1 cpu:2 fs:/denied fs:/tmp/left fs:/tmp/lost memory";
    assert_eq!(listed(), all);
    // A new run does not find the other one, either; it may come back within the day.
    let mut again = machine.first(HOUR + 3600);
    again.events.push(started(HOUR + 3600));
    again.conditions.push((mount("/denied"), Condition { health: Health::Denied, reason: "not yours".into() }));
    store.append(&[again, machine.tick(HOUR + DAY, 5.0, &[])], false).unwrap();
    assert_eq!(listed(), all);
    store.append(&[machine.tick(HOUR + DAY + 60, 5.0, &[])], false).unwrap();
    assert_eq!(listed(), "cpu cpu:0 cpu:1 cpu:2 fs:/denied memory");
    let status = Reader::open(temp.path()).unwrap().status(true).unwrap();
    let faces: Vec<_> = status.sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(faces, ["cpu", "cpu:0", "cpu:1", "cpu:2", "memory", "fs:/denied"]);
    assert_eq!(number(temp.path(), "SELECT count(*) FROM history WHERE source LIKE 'fs:%'"), 2);
}

#[test]
fn a_source_of_which_nothing_is_left_is_forgotten_and_may_come_back() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let day = Duration::from_secs(DAY as u64);
    let keep = Keep { raw: day, minutes: day, hours: 2 * day, ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    let (short, long, later) = (mount("/tmp/short"), mount("/tmp/long"), mount("/later"));
    store.append(&[machine.first(HOUR)], false).unwrap();
    let mut record = |from: i64, to: i64, source: Option<&Arc<Source>>, health: Health| {
        for ts in (from..to).step_by(300) {
            let tick = match source {
                Some(source) => mounted(&machine, ts, source, health),
                None => machine.tick(ts, 5.0, &[]),
            };
            store.append(&[tick], false).unwrap();
            store.maintain(now(ts)).unwrap();
        }
    };
    record(HOUR + 300, HOUR + 900, Some(&short), Health::Ok);
    record(HOUR + 900, HOUR + 1200, Some(&short), Health::Lost);
    record(HOUR + 1200, HOUR + 2 * DAY, Some(&long), Health::Ok);
    record(HOUR + 2 * DAY, HOUR + 2 * DAY + 300, Some(&long), Health::Lost);
    record(HOUR + 2 * DAY + 300, HOUR + 2 * DAY + 600, Some(&later), Health::Ok);
    record(HOUR + 2 * DAY + 600, HOUR + 3 * DAY, None, Health::Ok);
    let known = || sqlite3(temp.path(), "SELECT group_concat(uid, ' ') FROM source WHERE kind = 'filesystem'");
    assert_eq!(known(), "fs:/tmp/long fs:/later");
    assert_eq!(
        number(temp.path(), "SELECT count(*) FROM series JOIN source USING(source_id) WHERE kind = 'filesystem'"),
        2
    );
    let highest = number(temp.path(), "SELECT max(source_id) FROM source");
    record(HOUR + 3 * DAY, HOUR + 3 * DAY + 7200, Some(&short), Health::Ok);
    assert_eq!(number(temp.path(), "SELECT source_id FROM source WHERE uid = 'fs:/tmp/short'"), highest + 1);
    let sql =
        "SELECT count(*) FROM history WHERE source = 'fs:/tmp/short' AND metric = 'disk.used' AND value = 1 << 30";
    assert_eq!(number(temp.path(), sql), 24);
    assert_sound(temp.path());
}

#[test]
fn a_lowered_cap_is_met_at_the_next_hour() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = Store::open(temp.path(), Keep::default(), now(HOUR)).unwrap().store;
    record_noise(&mut store, &machine, HOUR, HOUR + 2 * DAY);
    let file = temp.path().join("hoofbeat.db");
    let before = std::fs::metadata(&file).unwrap().len();
    let keep = Keep { cap: 600 << 10, ..Keep::default() };
    assert!(before > keep.cap, "{before}");
    store.set_keep(keep).unwrap();
    record_noise(&mut store, &machine, HOUR + 2 * DAY, HOUR + 2 * DAY + 3602);
    let after = std::fs::metadata(&file).unwrap().len();
    assert!(after <= keep.cap, "{after} of {before}");
}
