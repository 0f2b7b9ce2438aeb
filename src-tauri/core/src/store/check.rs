//! Checking a database: SQLite's own structure, and every checksum of ours.

use rusqlite::Connection;

use super::error::StoreError;
use super::{chunk, minute};

/// At most this many findings are worth reading.
const FINDINGS: usize = 20;

/// What SQLite finds wrong with the file's structure; empty where all is well.
pub(super) fn structure(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut query = db.prepare(&format!("PRAGMA quick_check({FINDINGS})"))?;
    let rows = query.query_map([], |row| row.get::<_, String>(0))?;
    let mut findings = Vec::new();
    for row in rows {
        match row.map_err(StoreError::from) {
            Ok(text) if text == "ok" => {}
            Ok(text) => findings.push(text),
            Err(StoreError::Damaged(text)) => {
                findings.push(text);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(findings)
}

/// What checksums do not hold.
pub(super) fn checksums(db: &Connection) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    let mut note = |result: Result<(), StoreError>| match result {
        Err(StoreError::Damaged(text)) => {
            if findings.len() < FINDINGS {
                findings.push(text);
            }
            Ok(())
        }
        other => other,
    };
    for id in ids(db, "SELECT chunk_id FROM chunk")? {
        note(chunk::by_id(db, id).and_then(|chunk| chunk.map_or(Ok(()), |chunk| chunk.open().map(drop))))?;
    }
    for id in ids(db, "SELECT minute_id FROM minute")? {
        note(minute::by_id(db, id).map(drop))?;
    }
    Ok(findings)
}

fn ids(db: &Connection, sql: &str) -> Result<Vec<i64>, StoreError> {
    let mut query = db.prepare(sql)?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
