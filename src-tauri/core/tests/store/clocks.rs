//! Clocks that jump, and what is kept how long.

use std::time::Duration;

use hoofbeat_core::api::HistoryQuery;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::Keep;
use hoofbeat_core::store::{Reader, Store};

use crate::support::*;

const DAY: i64 = 86_400;

fn samples(folder: &std::path::Path, since: i64, until: i64) -> i64 {
    sqlite3(
        folder,
        &format!("SELECT count(*) FROM history WHERE metric = 'cpu.utilization' AND ts >= {since} AND ts < {until}"),
    )
    .parse()
    .unwrap()
}

#[test]
fn a_clock_put_back_an_hour_loses_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    let mut record = |from: i64, to: i64| {
        for ts in (from..to).step_by(10) {
            store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
            store.maintain(now(ts)).unwrap();
        }
    };
    record(HOUR, HOUR + 5400);
    record(HOUR + 1800, HOUR + 9000);
    assert_eq!(samples(temp.path(), HOUR, HOUR + 9000), 540 + 720);
    let query =
        HistoryQuery { metric: Metric::CpuUtilization, source: None, since: HOUR, until: HOUR + 9000, points: 10 };
    let points = Reader::open(temp.path()).unwrap().history(&query).unwrap().series[0].points.clone();
    assert!(points.iter().all(|(_, min, mean, max)| (*min, *mean, *max) == (5.0, 5.0, 5.0)));
    assert_sound(temp.path());
}

#[test]
fn a_clock_ten_years_ahead_erases_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    for ts in (HOUR..HOUR + 2 * DAY).step_by(60) {
        store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    let before = samples(temp.path(), HOUR, HOUR + 2 * DAY);
    let ahead = HOUR + 3650 * DAY;
    for ts in (ahead..ahead + 20 * 3600).step_by(60) {
        store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    for ts in (HOUR + 2 * DAY..HOUR + 2 * DAY + 7200).step_by(60) {
        store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    assert_eq!(samples(temp.path(), HOUR, HOUR + 2 * DAY), before);
    assert_sound(temp.path());
}

#[test]
fn each_kind_is_kept_for_its_time_and_no_longer() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let keep = Keep {
        raw: Duration::from_secs(2 * DAY as u64),
        minutes: Duration::from_secs(4 * DAY as u64),
        hours: Duration::from_secs(6 * DAY as u64),
        ..Keep::default()
    };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    let end = HOUR + 9 * DAY;
    for ts in (HOUR..end).step_by(300) {
        store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    let oldest = |sql: &str| sqlite3(temp.path(), sql).parse::<i64>().unwrap();
    let days = |ts: i64| (end - ts) as f64 / DAY as f64;
    let raw = days(oldest("SELECT min(hour) FROM chunk"));
    let minutes = days(oldest("SELECT min(day) FROM minute"));
    let hours = days(oldest("SELECT min(ts) FROM hour"));
    let within = (2.0..2.2).contains(&raw) && (4.0..5.2).contains(&minutes) && (6.0..6.2).contains(&hours);
    assert!(within, "{raw} {minutes} {hours}");
    // The older part of a range comes from the coarser kind.
    let query = HistoryQuery {
        metric: Metric::CpuUtilization,
        source: Some("cpu".into()),
        since: end - 3 * DAY,
        until: end - 2 * DAY,
        points: 1000,
    };
    let reader = Reader::open(temp.path()).unwrap();
    assert_eq!(reader.history(&query).unwrap().series[0].points.len(), 288);
    assert_sound(temp.path());
}

#[test]
fn the_size_cap_holds_and_takes_raw_samples_first() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let keep = Keep { cap: 1 << 20, ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    let mut noise = 1u64;
    for ts in (HOUR..HOUR + 6 * DAY).step_by(2) {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let value = |shift: u32| Some(((noise >> shift) % 101) as f64);
        store
            .append(&[machine.tick(ts, (noise >> 33) as f64 % 100.0, &[value(40), value(48), value(56)])], false)
            .unwrap();
        store.maintain(now(ts)).unwrap();
    }
    assert!(std::fs::metadata(temp.path().join("hoofbeat.db")).unwrap().len() <= keep.cap);
    let count = |sql: &str| sqlite3(temp.path(), sql).parse::<i64>().unwrap();
    assert!(count("SELECT min(hour) FROM chunk") > HOUR, "the oldest samples went");
    assert_eq!(count("SELECT min(ts) FROM hour"), HOUR, "hours stayed");
    assert_sound(temp.path());
}
