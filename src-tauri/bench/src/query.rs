//! `query`: how long a face waits for a chart of 1,000 points, and for the ribbons of who used a GPU below it.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use hoofbeat_core::api::{Face, HistoryQuery};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{GpuEnergy, GpuMinute, GpuUsage, Source, SourceKind, Tick};
use hoofbeat_core::store::{Reader, Store, database};

use crate::report::Report;
use crate::storage::{KEEP_ALL, START, now};
use crate::trace::Trace;

const DAY: i64 = 86_400;
/// The GPU whose ribbons are read, and who shares it: more than a chart has ribbons.
const SHARED: &str = "gpu:shared";
const SHARING: usize = 10;

pub fn run(raw_days: i64, report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let mut trace = Trace::new();
    let mut store = Store::open(temp.path(), KEEP_ALL, now(START))?.store;
    let shared = Source::whole(SourceKind::Gpu, SHARED, "GPU");
    // A year ago one sample a minute: its minutes and hours take as much space as those of sixty samples.
    let (old, end) = (START, START + 366 * DAY);
    let raw = end - raw_days * DAY;
    for (from, to, step, batch) in [(old, raw, 60, 60), (raw, end + 1800, 1, 60)] {
        let mut ts = from;
        while ts < to {
            let mut ticks: Vec<Tick> = (0..batch).map(|n| trace.tick(ts + n * step)).collect();
            ticks.iter_mut().filter_map(|tick| tick.gpu_minute.as_mut()).for_each(|minute| share(&shared, minute));
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
        let read = |face: &Reader| face.history(&query).map(drop);
        let cold = time(temp.path(), true, Reader::open, read)?;
        let warm = time(temp.path(), false, Reader::open, read)?;
        let points = Reader::open(temp.path())?.history(&query)?.series.first().map_or(0, |series| series.points.len());
        report.line(
            &format!("{name} × 1,000 points"),
            format!("{warm:.1} ms warm, {cold:.1} ms cold ({points} points)"),
            goal,
        );
    }
    for (name, span, goal) in [("24 h", DAY, ""), ("30 d", 30 * DAY, ""), ("1 y", 365 * DAY, "≤ 50 ms")] {
        let until = end + 1800;
        let read = |face: &Face| face.ribbons(SHARED, until - span, until, 1000).map(drop);
        let cold = time(temp.path(), true, Face::open, read)?;
        let warm = time(temp.path(), false, Face::open, read)?;
        let lanes = Face::open(temp.path())?.ribbons(SHARED, until - span, until, 1000)?.lanes;
        let points: usize = lanes.iter().map(|lane| lane.points.len()).sum();
        report.line(
            &format!("who of {SHARING} used a GPU, as ribbons of {name} × 1,000 points"),
            format!("{warm:.1} ms warm, {cold:.1} ms cold ({} ribbons, {points} points)", lanes.len()),
            goal,
        );
    }
    Ok(())
}

/// Adds to a minute who shares a GPU that the trace knows nothing of: each of them all the time.
fn share(gpu: &Arc<Source>, minute: &mut GpuMinute) {
    let usage = |number: usize| {
        let busy = 0.5 * (number + 1) as f64 + (minute.start / 60 + number as i64) as f64 % 3.0;
        GpuUsage {
            source: gpu.clone(),
            key: format!("program:train-{number}").as_str().into(),
            identity: format!("train-{number}").as_str().into(),
            uid: Some(1000),
            busy: Some(busy),
            vram: Some(1 << 30),
            encoder: None,
            decoder: None,
            energy: Some(busy * 290.0),
        }
    };
    let usages: Vec<GpuUsage> = (0..SHARING).map(usage).collect();
    let busy: f64 = usages.iter().filter_map(|one| one.busy).sum();
    minute.usage.extend(usages);
    minute.energy.push(GpuEnergy {
        source: gpu.clone(),
        energy: Some(18_000.0),
        idle: Some(1080.0),
        attributed: Some(busy * 290.0),
        busy: Some(busy * 1.1),
        explained: Some(busy),
        missing: 0.0,
    });
}

/// The median of nine runs in milliseconds, opening the database included where it is cold.
fn time<F, E: std::error::Error + Send + Sync + 'static>(
    folder: &Path,
    cold: bool,
    open: impl Fn(&Path) -> Result<F, E>,
    read: impl Fn(&F) -> Result<(), E>,
) -> Result<f64> {
    let warm = open(folder)?;
    read(&warm)?;
    let mut times = Vec::new();
    for _ in 0..9 {
        if cold {
            drop_page_cache(folder)?;
        }
        let started = Instant::now();
        if cold {
            read(&open(folder)?)?;
        } else {
            read(&warm)?;
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
