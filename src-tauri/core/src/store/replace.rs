//! Making a database, and putting a new one in a damaged one's place, so that a process that is killed at any moment
//! loses nothing.
//!
//! A new file is built under another name and gets its own when it is whole. For a damaged one that means: what can be
//! read moves into the new file first, then the damaged one is renamed to `*.corrupt-<time>`, then the new one takes its
//! place. The damaged file is never written to and never deleted.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::json;

use super::error::StoreError;
use super::{ballast, catalog, connection, salvage, schema};
use crate::model::{Event, EventKind, Now};
use crate::say;

/// A file that is not whole yet: the next start throws it away.
const BUILDING: &str = "hoofbeat.db.building";
/// A whole file that holds what could be saved, and waits for the damaged one to make way.
const READY: &str = "hoofbeat.db.ready";

/// Makes an empty database.
pub(super) fn create(folder: &Path, file: &Path) -> Result<Connection, StoreError> {
    let built = build(folder, |_| Ok(()))?;
    place(folder, &built, file)?;
    connection::writer(file)
}

/// Puts a new database with all that can be saved in a damaged one's place; what a person should be told comes with it.
pub(super) fn replace(folder: &Path, file: &Path, now: Now, reason: &str) -> Result<(Connection, Event), StoreError> {
    let mut saved = salvage::Saved::default();
    let mut fill = |fresh: &mut Connection| {
        saved = salvage::salvage(file, fresh, folder)?;
        Ok(())
    };
    let built = match build(folder, &mut fill) {
        Err(StoreError::Full) if ballast::release(folder) => build(folder, &mut fill)?,
        built => built?,
    };
    place(folder, &built, &folder.join(READY))?;
    let aside = set_aside(file, now)?;
    place(folder, &folder.join(READY), file)?;
    let detail = json!({
        "reason": reason,
        "file": aside.to_string_lossy(),
        "salvaged": { "hours": saved.chunks, "days": saved.minutes, "rows": saved.rows },
    });
    Ok((connection::writer(file)?, told(now, detail)))
}

/// Ends a replacement that was interrupted between the last two renames.
pub(super) fn finish(folder: &Path, file: &Path, now: Now) -> Result<Option<Event>, StoreError> {
    let ready = folder.join(READY);
    if !ready.exists() {
        return Ok(None);
    }
    if file.exists() {
        // The damaged one did not make way yet; it is read once more.
        fs::remove_file(&ready).map_err(|error| StoreError::io(ready.display(), &error))?;
        return Ok(None);
    }
    // Its log may still be there, and must not become the new one's.
    let aside = set_aside(file, now)?;
    place(folder, &ready, file)?;
    let reason = "it was damaged, and saving what can be read of it was interrupted";
    Ok(Some(told(now, json!({ "reason": reason, "file": aside.to_string_lossy() }))))
}

fn told(now: Now, detail: serde_json::Value) -> Event {
    Event { ts: now.unix(), kind: EventKind::DatabaseSetAside, source: None, detail }
}

/// Builds a database and lets `fill` write to it.
fn build(
    folder: &Path,
    mut fill: impl FnMut(&mut Connection) -> Result<(), StoreError>,
) -> Result<PathBuf, StoreError> {
    let file = folder.join(BUILDING);
    for left in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(format!("{}{left}", file.display()));
    }
    // Made here and not by SQLite, so that it is private from its first moment on; SQLite gives its log the same mode.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    drop(made.map_err(|error| StoreError::io(say!("cannot make {path}", path = file.display()), &error))?);
    let mut db = connection::writer(&file)?;
    // Nobody reads it before it is whole, so a log would only double the space that it takes.
    connection::without_log(&db)?;
    schema::migrate(&mut db)?;
    catalog::write_metrics(&db)?;
    fill(&mut db)?;
    db.close().map_err(|(_, error)| StoreError::from(error))?;
    Ok(file)
}

/// Gives a whole file its name. No handle of it stays open: closing one later would drop all locks that this process has
/// on the file by then, and another program's end would take the log away from under us
/// (<https://sqlite.org/howtocorrupt.html>, §2.2).
fn place(folder: &Path, from: &Path, to: &Path) -> Result<(), StoreError> {
    File::open(from)
        .and_then(|file| file.sync_all())
        .and_then(|()| fs::rename(from, to))
        .and_then(|()| File::open(folder)?.sync_all())
        .map_err(|error| StoreError::io(say!("cannot make {path}", path = to.display()), &error))
}

/// Renames the database and its log; the names still match, so that SQLite finds the log of the renamed file.
fn set_aside(file: &Path, now: Now) -> Result<PathBuf, StoreError> {
    let name = |suffix: &str, aside: &str| PathBuf::from(format!("{}{aside}{suffix}", file.display()));
    let mut aside = format!(".corrupt-{}", now.unix());
    let mut tries = 1;
    while name("", &aside).exists() || name("-wal", &aside).exists() {
        tries += 1;
        aside = format!(".corrupt-{}-{tries}", now.unix());
    }
    for suffix in ["", "-wal"] {
        let from = name(suffix, "");
        if from.exists() {
            fs::rename(&from, name(suffix, &aside)).map_err(|error| StoreError::io(from.display(), &error))?;
        }
    }
    // The index of the log is made anew from it.
    let _ = fs::remove_file(name("-shm", ""));
    Ok(name("", &aside))
}
