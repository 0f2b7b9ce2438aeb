//! The table `binary`: what was in the files of programs that use GPUs, each content once.
//!
//! A user that is not known is −1, because it is a part of the key. Deliberately not here: what a change means
//! (`alerts::binaries`).

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::model::binary::BinaryRow;
use crate::untrusted::Untrusted;

pub(super) const CREATE: &str = "
CREATE TABLE binary(key BLOB NOT NULL, uid INTEGER NOT NULL, path BLOB NOT NULL, content TEXT NOT NULL,
  first_ts INTEGER NOT NULL, seen_ts INTEGER NOT NULL, PRIMARY KEY(key, uid, path, content)) STRICT, WITHOUT ROWID;
";

/// Writes rows; one that was seen at 0 is removed.
pub(super) fn write(db: &Connection, rows: &[BinaryRow]) -> Result<(), StoreError> {
    for row in rows {
        let (key, uid, path) = (row.key.as_bytes(), row.uid.map_or(-1, i64::from), row.path.as_bytes());
        if row.seen == 0 {
            db.prepare_cached("DELETE FROM binary WHERE key = ? AND uid = ? AND path = ? AND content = ?")?
                .execute(params![key, uid, path, row.content])?;
        } else {
            db.prepare_cached("INSERT OR REPLACE INTO binary VALUES(?, ?, ?, ?, ?, ?)")?.execute(params![
                key,
                uid,
                path,
                row.content,
                row.first,
                row.seen
            ])?;
        }
    }
    Ok(())
}

pub(super) fn read(db: &Connection) -> Result<Vec<BinaryRow>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT key, uid, path, content, first_ts, seen_ts FROM binary ORDER BY key, uid, path, content",
    )?;
    let rows = query.query_map([], |row| {
        Ok(BinaryRow {
            key: Untrusted::new(row.get::<_, Vec<u8>>(0)?),
            uid: u32::try_from(row.get::<_, i64>(1)?).ok(),
            path: Untrusted::new(row.get::<_, Vec<u8>>(2)?),
            content: row.get(3)?,
            first: row.get(4)?,
            seen: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
