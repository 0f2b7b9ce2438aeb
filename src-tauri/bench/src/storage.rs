//! `storage`: what history costs on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use hoofbeat_core::model::{Keep, Now, Tick};
use hoofbeat_core::store::{Reader, Store, database};
use libdeflater::{CompressionLvl, Compressor};

use crate::report::Report;
use crate::trace::{SERIES, Trace};

/// The trace's first second: an hour's start in 2026.
pub const START: i64 = 1_795_000_000 / 86_400 * 86_400;

/// Everything is kept, so that all samples of the trace are on the disk when it is measured.
pub const KEEP_ALL: Keep = Keep {
    raw: Duration::from_secs(3650 * 86_400),
    minutes: Duration::from_secs(3650 * 86_400),
    hours: Duration::from_secs(3650 * 86_400),
    usage: Duration::from_secs(3650 * 86_400),
    cap: 64 << 30,
};

pub fn now(ts: i64) -> Now {
    Now { wall: Duration::from_secs(ts as u64), boot: Duration::from_secs(ts as u64) }
}

/// Fills a fresh store with `hours` of the trace, sixty ticks a transaction, and seals all of it.
pub fn fill(folder: &Path, trace: &mut Trace, hours: i64) -> Result<Store> {
    let mut store = Store::open(folder, KEEP_ALL, now(START))?.store;
    for minute in 0..hours * 60 {
        let from = START + minute * 60;
        let ticks: Vec<Tick> = (from..from + 60).map(|ts| trace.tick(ts)).collect();
        store.append(&ticks, false)?;
        store.maintain(now(from))?;
    }
    Ok(store)
}

pub fn run(days: i64, report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let hours = days * 24;
    let mut store = fill(temp.path(), &mut trace, hours)?;
    // One more tick, in the next hour, so that the last hour is sealed too.
    store.append(&[trace.tick(START + hours * 3600)], false)?;
    store.maintain(now(START + hours * 3600))?;
    store.close()?;

    let samples = (SERIES as i64 * hours * 3600) as f64;
    let file = std::fs::metadata(database(temp.path()))?.len();
    report.line("history", format!("{:.3} B a sample ({days} days, the whole file)", file as f64 / samples), "≤ 0.75");
    for (table, bytes) in Reader::open(temp.path())?.table_bytes()?.into_iter().filter(|(_, bytes)| *bytes > file / 500)
    {
        report.line(&format!("  {table}"), format!("{:.3} B a sample", bytes as f64 / samples), "");
    }
    report.line("  control: plain JSON, zlib 6", format!("{:.3} B a sample (samples alone, one day)", control()), "");
    written(report)?;
    sealing(report)
}

/// The same trace as JSON integers under zlib 6, one block a source and hour: what 0.807 B a sample was measured for
/// on a like trace elsewhere, so it tells how hard this trace is.
fn control() -> f64 {
    let mut trace = Trace::new();
    let mut compressor = Compressor::new(CompressionLvl::new(6).unwrap_or_default());
    let mut bytes = 0;
    for hour in 0..24 {
        let mut columns: BTreeMap<(String, usize), Vec<String>> = BTreeMap::new();
        for second in 0..3600 {
            for (at, reading) in trace.tick(START + hour * 3600 + second).readings.iter().enumerate() {
                columns.entry((reading.source.pack().to_owned(), at)).or_default().push(reading.stored.to_string());
            }
        }
        let mut packs: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for ((pack, _), column) in columns {
            packs.entry(pack).or_default().push(format!("[{}]", column.join(",")));
        }
        for columns in packs.into_values() {
            let text = format!("[{}]", columns.join(","));
            let mut out = vec![0; compressor.zlib_compress_bound(text.len())];
            bytes += compressor.zlib_compress(text.as_bytes(), &mut out).unwrap_or(0);
        }
    }
    bytes as f64 / (SERIES as f64 * 86_400.0)
}

/// Bytes that this process handed to `write`.
fn handed_to_write() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("wchar: "));
    Ok(line.unwrap_or("0").trim().parse()?)
}

/// One hour at a commit each second, durable every ten, its seal included, after a day that is there already.
fn written(report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let mut store = fill(temp.path(), &mut trace, 24)?;
    store.append(&[trace.tick(START + 24 * 3600)], false)?;
    store.maintain(now(START + 24 * 3600))?;
    let (before, started) = (handed_to_write()?, Instant::now());
    for second in 1..=3600 {
        let ts = START + 24 * 3600 + second;
        let tick = [trace.tick(ts)];
        store.append(&tick, second % 10 == 0)?;
        store.maintain(now(ts))?;
    }
    let bytes = handed_to_write()? - before;
    report.line("written, a commit each second", format!("{:.1} MB an hour", bytes as f64 / 1e6), "≤ 36 MB");
    let each = started.elapsed().as_secs_f64() / 3600.0 * 1e6;
    report.line("  a tick's transaction", format!("{each:.0} µs (the trace and every tenth disk flush included)"), "");
    Ok(())
}

/// One hour's seal, and a day's retention.
fn sealing(report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let mut store = fill(temp.path(), &mut trace, 48)?;
    store.append(&[trace.tick(START + 48 * 3600)], false)?;
    let started = Instant::now();
    store.maintain(now(START + 48 * 3600))?;
    report.line("sealing one hour", format!("{:.0} ms", started.elapsed().as_secs_f64() * 1e3), "");
    // Everything older than an hour may go: the pass takes one day.
    store.set_keep(Keep { raw: Duration::from_secs(3600), ..KEEP_ALL })?;
    store.append(&[trace.tick(START + 49 * 3600)], false)?;
    let started = Instant::now();
    store.maintain(now(START + 49 * 3600))?;
    report.line(
        "deleting the oldest day",
        format!("{:.0} ms, one tick's seal included", started.elapsed().as_secs_f64() * 1e3),
        "",
    );
    Ok(())
}
