//! `query`: how long a face waits for a chart of 1,000 points.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use hoofbeat_core::api::HistoryQuery;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::Tick;
use hoofbeat_core::store::{Reader, Store, database};

use crate::report::Report;
use crate::storage::{KEEP_ALL, START, now};
use crate::trace::Trace;

const DAY: i64 = 86_400;

pub fn run(raw_days: i64, report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let mut store = Store::open(temp.path(), KEEP_ALL, now(START))?.store;
    // A year ago one sample a minute: its minutes and hours take as much space as those of sixty samples.
    let (old, end) = (START, START + 366 * DAY);
    let raw = end - raw_days * DAY;
    for (from, to, step, batch) in [(old, raw, 60, 60), (raw, end + 1800, 1, 60)] {
        let mut ts = from;
        while ts < to {
            let ticks: Vec<Tick> = (0..batch).map(|n| trace.tick(ts + n * step)).collect();
            ts += batch * step;
            store.append(&ticks, false)?;
            store.maintain(now(ts))?;
        }
    }
    store.close()?;
    for (name, span, goal) in
        [("1 h", 3600, ""), ("24 h", DAY, "≤ 10 ms"), ("30 d", 30 * DAY, "≤ 20 ms"), ("1 y", 365 * DAY, "≤ 5 ms")]
    {
        let query = HistoryQuery {
            metric: Metric::CpuUtilization,
            source: Some("cpu".into()),
            since: end + 1800 - span,
            until: end + 1800,
            points: 1000,
        };
        let cold = time(temp.path(), &query, true)?;
        let warm = time(temp.path(), &query, false)?;
        let points = Reader::open(temp.path())?.history(&query)?.series.first().map_or(0, |series| series.points.len());
        report.line(
            &format!("{name} × 1,000 points"),
            format!("{warm:.1} ms warm, {cold:.1} ms cold ({points} points)"),
            goal,
        );
    }
    Ok(())
}

/// The median of nine runs in milliseconds, opening the database included where it is cold.
fn time(folder: &Path, query: &HistoryQuery, cold: bool) -> Result<f64> {
    let warm = Reader::open(folder)?;
    warm.history(query)?;
    let mut times = Vec::new();
    for _ in 0..9 {
        if cold {
            drop_page_cache(folder)?;
        }
        let started = Instant::now();
        if cold {
            Reader::open(folder)?.history(query)?;
        } else {
            warm.history(query)?;
        }
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// Asks the kernel to forget the file.
pub fn drop_page_cache(folder: &Path) -> Result<()> {
    let file = std::fs::File::open(database(folder))?;
    file.sync_all()?;
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}
