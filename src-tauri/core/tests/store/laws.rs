//! What is written is what is read, and every rollup is the fold of the raw samples.

use std::collections::BTreeMap;

use hoofbeat_core::api::HistoryQuery;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Source, SourceKind, Tick};
use hoofbeat_core::store::Reader;
use proptest::prelude::*;

use crate::support::*;

type Samples = BTreeMap<i64, Option<f64>>;

/// Seconds after [`HOUR`], rising, with gaps; and what a core said then.
fn samples() -> impl Strategy<Value = Samples> {
    prop::collection::btree_map(
        0i64..4 * 3600,
        proptest::option::weighted(0.9, (0u8..=100).prop_map(f64::from)),
        1..300,
    )
}

fn folded(samples: &Samples, width: i64) -> BTreeMap<i64, (f64, f64, f64)> {
    let mut slots: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (ts, value) in samples {
        if let Some(value) = value {
            slots.entry((HOUR + ts).div_euclid(width) * width).or_default().push(*value);
        }
    }
    let fold = |values: &Vec<f64>| {
        let sum: f64 = values.iter().sum();
        (
            values.iter().copied().fold(f64::MAX, f64::min),
            sum / values.len() as f64,
            values.iter().copied().fold(f64::MIN, f64::max),
        )
    };
    slots.iter().map(|(ts, values)| (*ts, fold(values))).collect()
}

fn read(reader: &Reader, since: i64, until: i64, points: usize) -> BTreeMap<i64, (f64, f64, f64)> {
    let query = HistoryQuery { metric: Metric::CpuCoreUtilization, source: Some("cpu:0".into()), since, until, points };
    let history = reader.history(&query).unwrap();
    history.series[0].points.iter().map(|(ts, min, mean, max)| (*ts, (*min, *mean, *max))).collect()
}

fn close(a: &BTreeMap<i64, (f64, f64, f64)>, b: &BTreeMap<i64, (f64, f64, f64)>) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|((t, x), (u, y))| t == u && x.0 == y.0 && (x.1 - y.1).abs() < 1e-9 && x.2 == y.2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn history_is_the_fold_of_what_was_written(samples in samples(), batch in 1usize..50) {
        let temp = tempfile::tempdir().unwrap();
        let machine = Machine::new();
        let mut store = open(temp.path(), HOUR).store;
        let ticks: Vec<_> = samples
            .iter()
            .map(|(ts, core)| machine.tick(HOUR + ts, 1.0, &[*core, Some(1.0), None]))
            .collect();
        for ticks in ticks.chunks(batch) {
            store.append(ticks, false).unwrap();
            store.maintain(now(ticks.last().unwrap().ts)).unwrap();
        }
        store.close().unwrap();
        let reader = Reader::open(temp.path()).unwrap();
        if samples.values().any(Option::is_some) {
            let day = HOUR - HOUR.rem_euclid(86_400);
            // Raw, minutes and hours, each in its own grain.
            prop_assert!(close(&read(&reader, HOUR, HOUR + 4 * 3600, 14_400), &folded(&samples, 1)));
            prop_assert!(close(&read(&reader, day, day + 3 * 86_400, 4320), &folded(&samples, 60)));
            prop_assert!(close(&read(&reader, day - 200 * 86_400, day + 3 * 86_400, 4900), &folded(&samples, 3600)));
            // A view of the stock command line says the same.
            let raw: BTreeMap<i64, (f64, f64, f64)> = sqlite3(temp.path(),
                "SELECT ts, value FROM history WHERE metric = 'cpu.core.utilization' AND source = 'cpu:0' ORDER BY ts")
                .lines()
                .map(|line| line.split_once('|').unwrap())
                .map(|(ts, value)| (ts.parse().unwrap(), value.parse::<f64>().unwrap()))
                .map(|(ts, value)| (ts, (value, value, value)))
                .collect();
            prop_assert!(close(&raw, &folded(&samples, 1)));
            let minutes: BTreeMap<i64, (f64, f64, f64)> = sqlite3(temp.path(),
                "SELECT ts, min(min), sum(mean * n) / sum(n), max(max) FROM minutes
                  WHERE metric = 'cpu.core.utilization' AND source = 'cpu:0' GROUP BY ts ORDER BY ts")
                .lines()
                .map(|line| line.split('|').map(|cell| cell.parse::<f64>().unwrap()).collect::<Vec<_>>())
                .map(|cells| (cells[0] as i64, (cells[1], cells[2], cells[3])))
                .collect();
            prop_assert!(close(&minutes, &folded(&samples, 60)));
        }
        prop_assert!(reader.check().unwrap().is_empty());
    }
}

#[test]
fn the_status_is_the_newest_tick() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    store.append(&[machine.tick(HOUR + 1, 12.3, &[Some(5.0), None, Some(7.0)])], false).unwrap();
    let status = Reader::open(temp.path()).unwrap().status(true).unwrap();
    assert_eq!((status.ts, status.recorder.tick), (Some(HOUR + 1), Some(1)));
    let ids: Vec<_> = status.sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, ["cpu", "cpu:0", "cpu:1", "cpu:2", "memory"]);
    assert_eq!(status.sources[0].metrics["cpu.utilization"].value, 12.3);
    assert_eq!(status.sources[1].metrics["cpu.core.utilization"].value, 5.0);
    assert!(status.sources[2].metrics.is_empty(), "a value that was not read is absent");
    assert_eq!(status.sources[3].part_of.as_deref(), Some("cpu"));

    let rows = sqlite3(temp.path(), "SELECT source, health, metrics FROM status ORDER BY source");
    let expected = "cpu|ok|{\"cpu.utilization\":12.3}\ncpu:0|ok|{\"cpu.core.utilization\":5.0}\ncpu:1|ok|{}\n\
                    cpu:2|ok|{\"cpu.core.utilization\":7.0}\nmemory|ok|{\"memory.used\":4307550208.0}";
    assert_eq!(rows, expected);
}

/// Each slot's samples with every bit that was set in it, as minimum, mean and maximum alike.
fn united(samples: &BTreeMap<i64, u8>, width: i64) -> BTreeMap<i64, (f64, f64, f64)> {
    let mut slots: BTreeMap<i64, u8> = BTreeMap::new();
    for (ts, bits) in samples {
        *slots.entry((HOUR + ts).div_euclid(width) * width).or_default() |= bits;
    }
    slots.into_iter().map(|(ts, bits)| (ts, (f64::from(bits), f64::from(bits), f64::from(bits)))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Power limit and current limit never come to heat between them.
    #[test]
    fn bits_are_united_and_never_averaged(
        samples in prop::collection::btree_map(0i64..4 * 3600, 0u8..32, 1..200),
        batch in 1usize..50,
    ) {
        let temp = tempfile::tempdir().unwrap();
        let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
        let mut store = open(temp.path(), HOUR).store;
        let ticks: Vec<_> = samples
            .iter()
            .map(|(ts, bits)| {
                let mut batch = Batch::default();
                batch.put(&gpu, Metric::GpuThrottle, f64::from(*bits));
                Tick { ts: HOUR + ts, readings: batch.into_parts().readings, ..Tick::default() }
            })
            .collect();
        for ticks in ticks.chunks(batch) {
            store.append(ticks, false).unwrap();
            store.maintain(now(ticks.last().unwrap().ts)).unwrap();
        }
        store.close().unwrap();
        let reader = Reader::open(temp.path()).unwrap();
        let read = |since, until, points| {
            let query = HistoryQuery { metric: Metric::GpuThrottle, source: None, since, until, points };
            let history = reader.history(&query).unwrap();
            history.series[0].points.iter().map(|(ts, a, b, c)| (*ts, (*a, *b, *c))).collect::<BTreeMap<_, _>>()
        };
        let day = HOUR - HOUR.rem_euclid(86_400);
        prop_assert_eq!(read(HOUR, HOUR + 4 * 3600, 14_400), united(&samples, 1));
        prop_assert_eq!(read(HOUR, HOUR + 4 * 3600, 24), united(&samples, 600));
        prop_assert_eq!(read(day, day + 3 * 86_400, 4320), united(&samples, 60));
        prop_assert_eq!(read(day - 200 * 86_400, day + 3 * 86_400, 4900), united(&samples, 3600));
        // So do the views: the minutes that are sealed and those that run, and the hours that are sealed.
        let view = |name: &str| -> BTreeMap<i64, (f64, f64, f64)> {
            sqlite3(temp.path(), &format!("SELECT ts, min, mean, max FROM {name} WHERE metric = 'gpu.throttle'"))
                .lines()
                .map(|line| line.split('|').map(|cell| cell.parse::<f64>().unwrap()).collect::<Vec<_>>())
                .map(|cells| (cells[0] as i64, (cells[1], cells[2], cells[3])))
                .collect()
        };
        prop_assert_eq!(view("minutes"), united(&samples, 60));
        let last = (HOUR + samples.last_key_value().unwrap().0).div_euclid(3600) * 3600;
        let mut sealed = united(&samples, 3600);
        sealed.remove(&last);
        prop_assert_eq!(view("hours"), sealed);
    }
}

/// A store of the days when flags were folded like numbers tells what it knows, and nothing that never was.
#[test]
fn flags_that_were_averaged_once_are_read_as_bits() {
    let temp = tempfile::tempdir().unwrap();
    let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
    let mut batch = Batch::default();
    batch.put(&gpu, Metric::GpuThrottle, 0.0);
    let mut store = open(temp.path(), HOUR).store;
    let tick = Tick { ts: HOUR, readings: batch.into_parts().readings, ..Tick::default() };
    store.append(&[tick], false).unwrap();
    store.close().unwrap();
    let db = rusqlite::Connection::open(temp.path().join("hoofbeat.db")).unwrap();
    // Half an hour of the power limit (1), half an hour of the current limit (4).
    let old = format!("INSERT INTO hour SELECT series_id, {}, 2, 5, 1, 4 FROM series", HOUR - 3600);
    db.execute(&old, []).unwrap();
    let query = HistoryQuery {
        metric: Metric::GpuThrottle,
        source: None,
        since: HOUR - 200 * 86_400,
        until: HOUR,
        points: 4900,
    };
    let read = || Reader::open(temp.path()).unwrap().history(&query).unwrap().series[0].points.clone();
    assert_eq!(read(), [(HOUR - 3600, 5.0, 5.0, 5.0)]);
    // A recorder that finds such a file brings the plain rows up to date.
    // What came later is not there yet.
    db.execute_batch("DROP VIEW sessions; DROP VIEW episodes; DROP TABLE session; DROP TABLE episode").unwrap();
    db.pragma_update(None, "user_version", 2).unwrap();
    db.execute_batch(
        "DROP VIEW habits; DROP TABLE baseline; DROP TABLE acceptance; DROP VIEW binaries; DROP TABLE binary;
         DROP TABLE gpu_usage_hour; DROP TABLE gpu_hour; DROP VIEW snoozes; DROP TABLE snooze; DROP TABLE dispatch;
         DROP VIEW channels; DROP TABLE channel; DROP INDEX event_presence",
    )
    .unwrap();
    drop(db);
    open(temp.path(), HOUR).store.close().unwrap();
    assert_eq!(sqlite3(temp.path(), "SELECT mean, min, max FROM hours"), "5.0|5.0|5.0");
    assert_eq!(read(), [(HOUR - 3600, 5.0, 5.0, 5.0)]);
}
