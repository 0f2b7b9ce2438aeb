//! A copy of the catalog beside the database, written when a column joins.
//!
//! A chunk without the knowledge of what its columns are is worth nothing, and the few pages that hold this knowledge
//! may be the damaged ones. Its presence also tells an empty database file from one that was never written.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::error::StoreError;

const SOURCES: &str = "SELECT source_id, uid, kind, label, pack_id, first_ts FROM source ORDER BY source_id";
const SERIES: &str = "SELECT series_id, source_id, metric_id, pack_id, col FROM series ORDER BY series_id";

#[derive(Serialize, Deserialize, Default)]
struct Layout {
    sources: Vec<(i64, String, String, String, i64, i64)>,
    series: Vec<(i64, i64, i64, i64, i64)>,
}

fn file(folder: &Path) -> PathBuf {
    folder.join("hoofbeat.layout.json")
}

/// Whether a database was written in this folder before.
pub(super) fn exists(folder: &Path) -> bool {
    file(folder).exists()
}

fn read_from(db: &Connection) -> Result<Layout, StoreError> {
    let sources = db
        .prepare(SOURCES)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?
        .collect::<Result<_, _>>()?;
    let series = db
        .prepare(SERIES)?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Layout { sources, series })
}

/// Writes the copy: to a new file first, so that there is always a whole one.
pub(super) fn write(db: &Connection, folder: &Path) -> Result<(), StoreError> {
    let layout = serde_json::to_vec(&read_from(db)?).map_err(|error| StoreError::Io(error.to_string()))?;
    let new = folder.join("hoofbeat.layout.json.new");
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(&layout).and_then(|()| file.sync_data()))
        .and_then(|()| fs::rename(&new, file(folder)));
    written.map_err(|error| StoreError::io(new.display(), &error))
}

/// Fills the catalog of a fresh database, from the damaged one where it can be read and from the copy elsewhere.
/// Returns whether there was anything.
pub(super) fn restore(db: &Connection, damaged: Option<&Connection>, folder: &Path) -> Result<bool, StoreError> {
    let copy = || fs::read(file(folder)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let layout: Layout = damaged.and_then(|db| read_from(db).ok()).unwrap_or_else(copy);
    // A part's row names its whole, which may come later in the list.
    db.pragma_update(None, "defer_foreign_keys", true)?;
    for (source_id, uid, kind, label, pack_id, first_ts) in &layout.sources {
        db.execute(
            "INSERT OR IGNORE INTO source VALUES(?1, ?2, ?3, ?4, ?5, ?6, 'stale', ?6, 'not seen since the damage')",
            params![source_id, uid, kind, label, pack_id, first_ts],
        )?;
    }
    for (series_id, source_id, metric_id, pack_id, col) in &layout.series {
        db.execute(
            "INSERT OR IGNORE INTO series VALUES(?, ?, ?, ?, ?)",
            params![series_id, source_id, metric_id, pack_id, col],
        )?;
    }
    Ok(!layout.sources.is_empty())
}
