//! The table `identity`: what people call the processes of each user, for the tables of what they used.
//!
//! Keys and names are bytes as they came. A user that is not known is no user's: NULL, which a plain UNIQUE would take
//! for another one each time.

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::untrusted::Untrusted;

/// Made anew from the table of the first schema, which knew no keys and demanded a user. A row of those days keeps the
/// empty key.
pub(super) const REBUILD: &str = "
CREATE TABLE identity_new(identity_id INTEGER PRIMARY KEY, key BLOB NOT NULL DEFAULT x'', name BLOB NOT NULL,
  uid INTEGER, first_ts INTEGER NOT NULL, last_ts INTEGER NOT NULL) STRICT;
INSERT INTO identity_new(identity_id, name, uid, first_ts, last_ts)
  SELECT identity_id, name, uid, first_ts, last_ts FROM identity;
DROP TABLE identity;
ALTER TABLE identity_new RENAME TO identity;
CREATE UNIQUE INDEX identity_who ON identity(key, name, coalesce(uid, -1));
";

/// The number of an identity, which is made where it is new, and was seen in this minute.
pub(super) fn number(
    db: &Connection,
    key: &Untrusted,
    name: &Untrusted,
    uid: Option<u32>,
    minute: i64,
) -> Result<i64, StoreError> {
    let mut upsert = db.prepare_cached(
        "INSERT INTO identity(key, name, uid, first_ts, last_ts) VALUES(?1, ?2, ?3, ?4, ?4)
         ON CONFLICT(key, name, coalesce(uid, -1)) DO UPDATE SET last_ts = max(last_ts, excluded.last_ts)
         RETURNING identity_id",
    )?;
    Ok(upsert.query_row(params![key.as_bytes(), name.as_bytes(), uid, minute], |row| row.get(0))?)
}

/// Deletes identities that were last seen before `ts`: who calls has deleted all that mentions them, but for sessions and
/// the hours of GPUs, which are kept for longer.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM identity WHERE last_ts < ? AND identity_id NOT IN (SELECT identity_id FROM session)
                  AND identity_id NOT IN (SELECT identity_id FROM gpu_usage_hour)";
    db.prepare_cached(sql)?.execute([ts])?;
    Ok(())
}
