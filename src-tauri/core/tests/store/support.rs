//! A store in a temporary folder, and ticks to fill it with.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Condition, Keep, Now, RecorderState, Source, SourceKind, Tick};
use hoofbeat_core::store::{Opened, Reader, Store, database};

/// An hour's first second, in 2026.
pub const HOUR: i64 = 1_795_000_000 / 3600 * 3600;

pub fn now(unix: i64) -> Now {
    Now { wall: Duration::from_secs(unix as u64), boot: Duration::from_secs(1000) }
}

pub fn open(folder: &Path, unix: i64) -> Opened {
    Store::open(folder, Keep::default(), now(unix)).unwrap()
}

/// What undoes each migration that added a column, newest first.
const UNDO: &[(i64, &str)] = &[
    (17, "ALTER TABLE acceptance DROP COLUMN forget"),
    (16, "ALTER TABLE alert DROP COLUMN peak"),
    (9, "ALTER TABLE session DROP COLUMN command"),
];

/// Makes the recording one of an older recorder, but for what was added as a whole since; its tables can still be changed.
pub fn older(folder: &Path, version: i64, changes: &str) {
    let db = rusqlite::Connection::open(database(folder)).unwrap();
    db.execute_batch(changes).unwrap();
    for (_, undo) in UNDO.iter().filter(|(added, _)| *added > version) {
        db.execute_batch(undo).unwrap();
    }
    db.pragma_update(None, "user_version", version).unwrap();
}

pub struct Machine {
    pub cpu: Arc<Source>,
    pub cores: Vec<Arc<Source>>,
    pub memory: Arc<Source>,
}

impl Machine {
    pub fn new() -> Machine {
        let cpu = Source::whole(SourceKind::Cpu, "cpu", "A CPU");
        let cores = (0..3).map(|n| Source::part(&cpu, SourceKind::Core, format!("cpu:{n}"), "core")).collect();
        Machine { cpu, cores, memory: Source::whole(SourceKind::Memory, "memory", "Memory") }
    }

    /// A tick whose values derive from `seed`; `None` in a core's place is a value that was not read.
    pub fn tick(&self, ts: i64, cpu: f64, cores: &[Option<f64>]) -> Tick {
        let mut batch = Batch::default();
        batch.put(&self.cpu, Metric::CpuUtilization, cpu);
        for (core, value) in self.cores.iter().zip(cores) {
            batch.put(core, Metric::CpuCoreUtilization, *value);
        }
        batch.put(&self.memory, Metric::MemoryUsed, (4_i64 << 30) as f64 + cpu * 1e6);
        let readings = batch.into_parts().readings;
        Tick { ts, readings, ..Tick::default() }
    }

    /// The first tick of a recorder: every source is new.
    pub fn first(&self, ts: i64) -> Tick {
        let mut tick = self.tick(ts, 1.0, &[Some(1.0), Some(2.0), Some(3.0)]);
        let all = [&self.cpu, &self.memory].into_iter().chain(&self.cores);
        tick.conditions = all.map(|source| (source.clone(), Condition::OK)).collect();
        tick.recorder = Some((RecorderState::Recording, None));
        tick.step = Some(1);
        tick
    }
}

/// What Debian's `sqlite3` answers.
pub fn sqlite3(folder: &Path, sql: &str) -> String {
    let out = Command::new("sqlite3")
        .arg("-readonly")
        .arg(folder.join("hoofbeat.db"))
        .arg(sql)
        .output()
        .expect("the sqlite3 command is installed");
    assert!(out.status.success(), "{sql}\n{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim_end().to_owned()
}

/// Nothing is wrong with the file, and the hours of GPUs are the sums of their minutes.
#[track_caller]
pub fn assert_sound(folder: &Path) {
    assert_eq!(Reader::open(folder).unwrap().check().unwrap(), Vec::<String>::new());
    // Hours outlive their minutes.
    let hours = "SELECT source_id, ts, sum(energy_mj), sum(missing_ms) FROM gpu_hour
                  WHERE ts >= (SELECT min(ts) / 3600 * 3600 FROM gpu_minute) GROUP BY 1, 2 ORDER BY 1, 2;
                 SELECT source_id, identity_id, ts, sum(busy_ms), max(vram_kib), sum(energy_mj) FROM gpu_usage_hour
                  WHERE ts >= (SELECT min(ts) / 3600 * 3600 FROM gpu_usage) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
    let minutes = hours.replace(" ts,", " ts / 3600 * 3600 AS ts,").replace("_hour", "_minute");
    let minutes = minutes.replace("gpu_usage_minute", "gpu_usage");
    assert_eq!(sqlite3(folder, hours), sqlite3(folder, &minutes));
}
