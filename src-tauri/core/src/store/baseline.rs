//! The tables `baseline` and `acceptance`: what was learnt of who uses GPUs, and what people say of it.
//!
//! A user that is not known is −1, because it is a part of the key. The hours are a JSON array, so that any SQLite reads
//! them. An acceptance waits until the recorder has learnt from it. Deliberately not here: what is usual
//! (`alerts::baseline`).

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::meta;
use crate::model::baseline::{Acceptance, BaselineRow};
use crate::untrusted::Untrusted;

pub(super) const CREATE: &str = "
CREATE TABLE baseline(key BLOB NOT NULL, uid INTEGER NOT NULL, label BLOB NOT NULL, first_ts INTEGER NOT NULL,
  updated_ts INTEGER NOT NULL, count REAL NOT NULL, hours TEXT NOT NULL CHECK(json_valid(hours)), days INTEGER NOT NULL,
  last_day INTEGER NOT NULL, alarmed INTEGER NOT NULL, PRIMARY KEY(key, uid)) STRICT, WITHOUT ROWID;
CREATE TABLE acceptance(seq INTEGER PRIMARY KEY, key BLOB, uid INTEGER) STRICT;   -- without a key, everything
";

/// A word may say the opposite of an acceptance.
pub(super) const FORGETTING: &str = "ALTER TABLE acceptance ADD COLUMN forget INTEGER NOT NULL DEFAULT 0;";

/// Since when it learns, and whether a person has ended that.
const BEGAN: &str = "baseline_began";
const TRUSTED: &str = "baseline_trusted";

fn number(uid: Option<u32>) -> i64 {
    uid.map_or(-1, i64::from)
}

/// Writes rows; one with 0 days is removed.
pub(super) fn write(db: &Connection, rows: &[BaselineRow]) -> Result<(), StoreError> {
    for row in rows {
        let uid = number(row.uid);
        if row.days == 0 {
            db.prepare_cached("DELETE FROM baseline WHERE key = ? AND uid = ?")?
                .execute(params![row.key.as_bytes(), uid])?;
            continue;
        }
        let hours: Vec<f64> = row.hours.iter().map(|count| (count * 1e6).round() / 1e6).collect();
        let hours = serde_json::to_string(&hours).map_err(|error| StoreError::Io(error.to_string()))?;
        db.prepare_cached("INSERT OR REPLACE INTO baseline VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
            row.key.as_bytes(),
            uid,
            row.label.as_bytes(),
            row.first,
            row.updated,
            row.count,
            hours,
            row.days,
            row.last_day,
            row.alarmed
        ])?;
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<Vec<BaselineRow>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT key, uid, label, first_ts, updated_ts, count, hours, days, last_day, alarmed FROM baseline
         ORDER BY key, uid",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at| Ok::<_, StoreError>(Untrusted::new(row.get::<_, Vec<u8>>(at)?));
        // A row that cannot be read is learnt anew.
        let Ok(hours) = serde_json::from_str::<[f64; 24]>(&row.get::<_, String>(6)?) else { continue };
        let uid: i64 = row.get(1)?;
        found.push(BaselineRow {
            key: text(0)?,
            uid: u32::try_from(uid).ok(),
            label: text(2)?,
            first: row.get(3)?,
            updated: row.get(4)?,
            count: row.get(5)?,
            hours,
            days: row.get(7)?,
            last_day: row.get(8)?,
            alarmed: row.get(9)?,
        });
    }
    Ok(found)
}

/// Since when it learns, and whether a person has ended that.
pub(super) fn read_learning(db: &Connection) -> Result<(Option<i64>, bool), StoreError> {
    Ok((meta::get(db, BEGAN)?, meta::get(db, TRUSTED)?.is_some_and(|trusted| trusted != 0)))
}

pub(super) fn write_learning(db: &Connection, began: i64, trusted: bool) -> Result<(), StoreError> {
    meta::set(db, BEGAN, began)?;
    meta::set(db, TRUSTED, trusted.into())
}

/// Leaves a person's word for the recorder.
pub(super) fn answer(db: &Connection, acceptance: &Acceptance) -> Result<(), StoreError> {
    let (key, uid) = match acceptance {
        Acceptance::One { key, uid } => (Some(key.as_bytes()), *uid),
        Acceptance::All => (None, None),
        Acceptance::Forget { key, uid } => {
            let sql = "INSERT INTO acceptance(key, uid, forget) VALUES(?, ?, 1)";
            db.prepare_cached(sql)?.execute(params![key.as_bytes(), uid])?;
            return Ok(());
        }
    };
    db.prepare_cached("INSERT INTO acceptance(key, uid) VALUES(?, ?)")?.execute(params![key, uid])?;
    Ok(())
}

/// What people said that was not learnt yet, by number.
pub(super) fn answers(db: &Connection) -> Result<Vec<(i64, Acceptance)>, StoreError> {
    let mut query = db.prepare_cached("SELECT seq, key, uid, forget FROM acceptance ORDER BY seq")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let acceptance = match row.get::<_, Option<Vec<u8>>>(1)? {
            Some(key) if row.get(3)? => Acceptance::Forget { key: Untrusted::new(key), uid: row.get(2)? },
            Some(key) => Acceptance::One { key: Untrusted::new(key), uid: row.get(2)? },
            None => Acceptance::All,
        };
        found.push((row.get(0)?, acceptance));
    }
    Ok(found)
}

/// Removes what was learnt, up to this number.
pub(super) fn answered(db: &Connection, seq: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM acceptance WHERE seq <= ?")?.execute([seq])?;
    Ok(())
}
