//! The table `meta`: single integers that the store remembers about itself.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;

pub(super) const CREATE: &str = "
CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

pub(super) fn get(db: &Connection, key: &str) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT value FROM meta WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()?)
}

pub(super) fn remove(db: &Connection, key: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM meta WHERE key = ?")?.execute([key])?;
    Ok(())
}

pub(super) fn set(db: &Connection, key: &str, value: i64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO meta VALUES(?, ?)")?.execute(params![key, value])?;
    Ok(())
}
