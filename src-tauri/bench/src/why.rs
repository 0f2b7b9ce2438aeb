//! `why`: how long a person waits for `hoofbeat why`, from exec to answer, on a year of data.
//!
//! The year goes through the store's own way of writing: samples each second for its last days and one a minute before
//! them, whose minutes and hours take as much space; who used the GPUs, sessions, episodes and events all the time. What a
//! program costs that does nothing stands beside it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use hoofbeat_core::model::{Ended, Episode, Event, EventKind, Keep, Process, Session, Source, SourceKind, Tick};
use hoofbeat_core::store::{Store, lock_recorder};
use hoofbeat_product_tests::sandbox::product;
use serde_json::json;

use crate::query::drop_page_cache;
use crate::report::Report;
use crate::storage::{KEEP_ALL, now};
use crate::tick::spread;
use crate::trace::{Random, Trace};

const DAY: i64 = 86_400;
const YEAR: i64 = 366;
/// Each figure is the median of so many runs.
const RUNS: usize = 25;
const GOAL: &str = "≤ 30 ms";

/// What the trace's two GPUs are used for beside its samples: numbered as the recorder does.
struct Stretches {
    random: Random,
    gpus: [Arc<Source>; 2],
    numbered: i64,
}

impl Stretches {
    /// Adds what came to its end in the hour that begins at `hour`: an episode of each GPU by day, with two sessions; how it
    /// woke and fell asleep; and a stranger now and then.
    fn add(&mut self, hour: i64, tick: &mut Tick) {
        if (2..6).contains(&(hour.rem_euclid(DAY) / 3600)) {
            return;
        }
        for gpu in self.gpus.clone() {
            let start = hour + (self.random.uniform() * 900.0) as i64;
            let end = start + 300 + (self.random.uniform() * 2300.0) as i64;
            let busy = (end - start) as f64 * self.random.uniform();
            self.numbered += 1;
            let id = self.numbered;
            tick.episodes.push(Episode {
                id,
                source: gpu.clone(),
                start,
                end,
                ended: Some(Ended::Idle),
                busy: Some(busy),
                explained: Some(busy * 0.95),
                energy: Some(busy * 290.0),
                temperature: Some(70.0),
                power: Some(320.0),
                throttled: Some(0.0),
            });
            for (key, name, part) in
                [("app:org.blender.Blender", "Blender", 0.9), ("app:org.gnome.Shell", "GNOME Shell", 0.1)]
            {
                self.numbered += 1;
                tick.sessions.push(Session {
                    id: self.numbered,
                    source: gpu.clone(),
                    key: key.into(),
                    identity: name.into(),
                    uid: Some(1000),
                    command: None,
                    start,
                    end,
                    ended: Some(Ended::Exited),
                    busy: Some(busy * part),
                    encoder: Some(0.0),
                    decoder: Some(0.0),
                    energy: Some(busy * part * 290.0),
                    peak_share: Some(95.0),
                    vram: Some(4 << 30),
                    processes: vec![Process { pid: 48_211, started: Some(4_821_100) }],
                    episode: Some(id),
                });
            }
            for (ts, kind) in [(start, EventKind::GpuWoke), (end, EventKind::GpuSlept)] {
                let holders = json!({ "holders": [{ "pid": 48_211, "identity": "Blender" }] });
                tick.events.push(Event { ts, kind, source: Some(gpu.id.clone()), detail: holders });
            }
        }
        if self.random.chance(0.05) {
            let detail =
                json!({ "why": "new", "identity": "xmrig", "key": "program:xmrig", "uid": 1000, "share": 98.0 });
            let source = Some(self.gpus[0].id.clone());
            tick.events.push(Event { ts: hour, kind: EventKind::UnexpectedUse, source, detail });
        }
    }
}

pub fn run(raw_days: i64, report: &mut Report) -> Result<()> {
    let temp = tempfile::tempdir()?;
    let end = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64 / 3600 * 3600 - 1800;
    // While it is held, the recorder counts as running.
    let lock = lock_recorder(temp.path())?;
    fill(temp.path(), end, raw_days)?.close()?;
    let size = std::fs::metadata(hoofbeat_core::store::database(temp.path()))?.len() as f64 / 1e6;
    eprintln!("the database has {size:.0} MB");
    let day_ago = (end - DAY).to_string();
    let long_ago = (end - 200 * DAY).to_string();
    let month_ago = (end - 30 * DAY).to_string();
    for (name, arguments, goal) in [
        ("`hoofbeat --version`, which only starts and ends", &["--version"][..], ""),
        ("`hoofbeat why` on a year of data, from exec to answer", &["why"], GOAL),
        ("  `--at` a day ago", &["why", "--at", &day_ago], GOAL),
        ("  `--at` 200 days ago", &["why", "--at", &long_ago], GOAL),
        ("  `--since` 30 days ago", &["why", "--since", &month_ago], GOAL),
    ] {
        let mut warm = times(temp.path(), arguments, false)?;
        let [low, middle, high] = spread(&mut warm);
        let [_, cold, _] = spread(&mut times(temp.path(), arguments, true)?);
        report.line(name, format!("{middle:.1} ms ({low:.1}–{high:.1}), {cold:.1} ms cold"), goal);
    }
    drop(lock);
    Ok(())
}

/// Writes the year before `end`, with the newest half hour of it not sealed.
fn fill(folder: &Path, end: i64, raw_days: i64) -> Result<Store> {
    let start = end - YEAR * DAY;
    let mut trace = Trace::new();
    let mut stretches = Stretches {
        random: Random::new(0x5eed),
        gpus: [0, 1].map(|n| Source::whole(SourceKind::Gpu, format!("gpu:{n}"), format!("gpu:{n}").as_str())),
        numbered: 0,
    };
    // As much as is kept by default.
    let keep = Keep { raw: Duration::from_secs((raw_days * DAY) as u64), ..KEEP_ALL };
    let mut store = Store::open(folder, keep, now(start))?.store;
    // From the second on at which an hour of samples each second begins.
    let raw = (end - raw_days * DAY) / 3600 * 3600;
    for (from, to, step) in [(start / 3600 * 3600, raw, 60), (raw, end, 1)] {
        let mut ts = from;
        while ts < to {
            let mut ticks: Vec<Tick> = (0..60).map(|n| trace.tick(ts + n * step)).collect();
            ts += 60 * step;
            if ts % 3600 == 0 {
                stretches.add(ts - 3600, ticks.last_mut().context("there are sixty")?);
            }
            store.append(&ticks, false)?;
            store.maintain(now(ts))?;
        }
    }
    Ok(store)
}

/// Milliseconds of each run; a first one, which is not counted, must answer.
fn times(folder: &Path, arguments: &[&str], cold: bool) -> Result<Vec<f64>> {
    let mut command = Command::new(product("hoofbeat"));
    command.args(arguments).env("HOOFBEAT_DATA_DIR", folder).env("HOOFBEAT_CONFIG", folder.join("config.toml"));
    command.stdin(Stdio::null());
    let first = command.output()?;
    ensure!(first.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&first.stderr));
    eprintln!("{arguments:?}: {}", String::from_utf8_lossy(&first.stdout).lines().next().unwrap_or_default());
    let mut times = Vec::new();
    for _ in 0..RUNS {
        if cold {
            drop_page_cache(folder)?;
        }
        let started = Instant::now();
        command.output()?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}
