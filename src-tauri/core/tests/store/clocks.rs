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

fn keep_days(raw: i64, minutes: i64, hours: i64) -> Keep {
    let days = |days: i64| Duration::from_secs((days * DAY) as u64);
    Keep { raw: days(raw), minutes: days(minutes), hours: days(hours), ..Keep::default() }
}

fn number(folder: &std::path::Path, sql: &str) -> i64 {
    sqlite3(folder, sql).parse().unwrap()
}

#[test]
fn a_clock_far_ahead_takes_a_day_of_history_a_pass_after_a_day_of_samples() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = Store::open(temp.path(), keep_days(30, 365, 1825), now(HOUR)).unwrap().store;
    let mut record = |from: i64, to: i64| {
        for ts in (from..to).step_by(300) {
            store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
            store.maintain(now(ts)).unwrap();
        }
    };
    let past = || samples(temp.path(), HOUR, HOUR + 20 * DAY);
    record(HOUR, HOUR + 20 * DAY);
    let (all, day) = (past(), DAY / 300);
    assert_eq!(all, 20 * day);
    // With breaks, which are no reason to believe it sooner or later.
    let ahead = HOUR + 3650 * DAY;
    record(ahead, ahead + 12 * 3600);
    record(ahead + 4 * DAY, ahead + 4 * DAY + 12 * 3600);
    assert_eq!(past(), all);
    record(ahead + 5 * DAY, ahead + 5 * DAY + 3 * 3600);
    let left = past();
    assert!((all - 4 * day..all).contains(&left), "{left} of {all}");
    // Put right again, nothing more goes.
    record(HOUR + 20 * DAY, HOUR + 22 * DAY);
    assert_eq!(past(), left);
    assert_sound(temp.path());
}

#[test]
fn history_ages_on_a_computer_of_the_weekend() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = Store::open(temp.path(), keep_days(10, 20, 30), now(HOUR)).unwrap().store;
    let mut end = HOUR;
    for weekend in 0..12 {
        for day in [0, 1] {
            let morning = HOUR + (weekend * 7 + day) * DAY;
            end = morning + 8 * 3600;
            for ts in (morning..end).step_by(300) {
                store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
                store.maintain(now(ts)).unwrap();
            }
        }
    }
    // The week's breaks are confirmed within two weekends, and ages are reckoned with that much delay.
    let days = |sql: &str| (end - number(temp.path(), sql)) / DAY;
    let raw = days("SELECT min(hour) FROM chunk");
    let minutes = days("SELECT min(day) FROM minute");
    let hours = days("SELECT min(ts) FROM hour");
    let within = (10..=24).contains(&raw) && (20..=35).contains(&minutes) && (30..=44).contains(&hours);
    assert!(within, "{raw} {minutes} {hours}");
    assert_sound(temp.path());
}

#[test]
fn each_kind_is_kept_for_its_time_and_no_longer() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = Store::open(temp.path(), keep_days(2, 4, 6), now(HOUR)).unwrap().store;
    let end = HOUR + 9 * DAY;
    for ts in (HOUR..end).step_by(300) {
        store.append(&[machine.tick(ts, 5.0, &[])], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    let days = |sql: &str| (end - number(temp.path(), sql)) as f64 / DAY as f64;
    let raw = days("SELECT min(hour) FROM chunk");
    let minutes = days("SELECT min(day) FROM minute");
    let hours = days("SELECT min(ts) FROM hour");
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
fn a_reader_that_stays_open_sees_what_comes_what_is_sealed_and_what_a_clock_put_back_wrote() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR + 3000)], false).unwrap();
    let reader = Reader::open(temp.path()).unwrap();
    let seen = |since: i64, until: i64| {
        let source = Some("cpu".to_owned());
        let query =
            HistoryQuery { metric: Metric::CpuUtilization, source, since, until, points: (until - since) as usize };
        let history = reader.history(&query).unwrap();
        history.series.iter().flat_map(|series| &series.points).map(|point| point.0).collect::<Vec<_>>()
    };
    assert_eq!(seen(HOUR + 2990, HOUR + 3010), [HOUR + 3000]);
    let mut record = |from: i64, to: i64| {
        let ticks: Vec<_> = (from..to).map(|ts| machine.tick(ts, 5.0, &[])).collect();
        store.append(&ticks, false).unwrap();
        store.maintain(now(to)).unwrap();
    };
    record(HOUR + 3001, HOUR + 3003);
    assert_eq!(seen(HOUR + 2990, HOUR + 3010), [HOUR + 3000, HOUR + 3001, HOUR + 3002]);
    // The clock is put back, and goes on.
    record(HOUR + 2000, HOUR + 2002);
    assert_eq!(seen(HOUR + 1990, HOUR + 2010), [HOUR + 2000, HOUR + 2001]);
    assert_eq!(seen(HOUR + 2990, HOUR + 3010).len(), 3);
    // All of that is sealed, and the running hour is another one.
    record(HOUR + 3600, HOUR + 3602);
    assert_eq!(seen(HOUR + 2990, HOUR + 3602).len(), 5);
    assert_eq!(seen(HOUR + 1990, HOUR + 2010).len(), 2);
}
