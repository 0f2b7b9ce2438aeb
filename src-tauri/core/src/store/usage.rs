//! The table `usage`: what each program of each user used, by minute.

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::identity;
use crate::model::Usage;

/// With the first form of `identity`, which has a file of its own since.
pub(super) const CREATE: &str = "
CREATE TABLE identity(identity_id INTEGER PRIMARY KEY, name BLOB NOT NULL, uid INTEGER NOT NULL,
  first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL, UNIQUE(name, uid)) STRICT;   -- name: bytes as they came
CREATE TABLE usage(ts INTEGER NOT NULL, identity_id INTEGER NOT NULL, processes INTEGER NOT NULL,
  cpu_ms INTEGER NOT NULL, memory_kib INTEGER NOT NULL, io_kib INTEGER,
  PRIMARY KEY(ts, identity_id)) STRICT, WITHOUT ROWID;   -- ts: the minute's first second
";

/// Below this an identity's minute says nothing that a person would ask for: the hundreds of sleeping daemons.
const WORTH_CPU_MS: i64 = 50;
const WORTH_MEMORY_KIB: i64 = 64 << 10;

/// Adds a minute. Identities that did next to nothing and hold little memory are left out.
pub(super) fn add(db: &Connection, minute: i64, usage: &[Usage]) -> Result<(), StoreError> {
    for one in usage {
        let cpu_ms = (one.cpu * 1000.0).round() as i64;
        let memory_kib = (one.memory / 1024) as i64;
        if cpu_ms < WORTH_CPU_MS && memory_kib < WORTH_MEMORY_KIB {
            continue;
        }
        let identity_id = identity::number(db, &one.key, &one.identity, Some(one.uid), minute)?;
        // A minute that the clock visits twice adds up.
        db.prepare_cached(
            "INSERT INTO usage VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(ts, identity_id) DO UPDATE
             SET processes = max(processes, excluded.processes), cpu_ms = cpu_ms + excluded.cpu_ms,
                 memory_kib = max(memory_kib, excluded.memory_kib),
                 io_kib = coalesce(io_kib + excluded.io_kib, io_kib, excluded.io_kib)",
        )?
        .execute(params![
            minute,
            identity_id,
            one.processes,
            cpu_ms,
            memory_kib,
            one.io.map(|bytes| (bytes / 1024) as i64)
        ])?;
    }
    Ok(())
}

/// Deletes minutes before `ts`.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM usage WHERE ts < ?")?.execute([ts])?)
}

/// The oldest stored minute.
pub(super) fn oldest(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(ts) FROM usage")?.query_row([], |row| row.get(0))?)
}
