//! Salvage: what can still be read of a damaged database moves into a fresh one.
//!
//! Chunks and minutes are taken row by row where their checksum holds: those that SQLite still finds, the ones in its
//! log among them, and then those that only a look at every page finds (`pages`). Plain rows carry no checksum and are
//! taken as far as a walk from either end gets. The damaged file itself is never written to and never deleted.

use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::connection::PAGE_SIZE;
use super::error::StoreError;
use super::{chunk, connection, gpu_usage, layout, minute, pages};

/// After this many numbers without a row the end of a table is assumed.
const GAP: i64 = 20_000;

/// What was saved.
#[derive(Clone, Copy, Debug, Default)]
pub struct Saved {
    /// Sealed hours of packs.
    pub chunks: u64,
    /// Days of minutes.
    pub minutes: u64,
    /// Plain rows: hours, events, usage, recent ticks.
    pub rows: u64,
}

/// Moves what can be read of `damaged` into `fresh`.
pub(super) fn salvage(damaged: &Path, fresh: &mut Connection, folder: &Path) -> Result<Saved, StoreError> {
    let repaired = folder.join("hoofbeat.salvage");
    let old = open_damaged(damaged, &repaired, fresh);
    let transaction = fresh.transaction()?;
    let known = layout::restore(&transaction, old.as_ref(), folder)?;
    let mut saved = Saved::default();
    if let (true, Some(old)) = (known, &old) {
        saved.chunks = each_id(|id| match chunk::by_id(old, id) {
            Ok(Some(chunk)) if chunk.verify().is_ok() => chunk::insert(&transaction, &chunk).map(|()| true),
            Ok(None) => Ok(false),
            _ => Ok(false),
        })?;
        saved.minutes = each_id(|id| match minute::by_id(old, id) {
            Ok(Some((series_id, day, minutes))) => minute::put(&transaction, series_id, day, &minutes).map(|()| true),
            _ => Ok(false),
        })?;
        for (table, order) in PLAIN {
            saved.rows += walk(old, &transaction, table, order)?;
        }
        // Where minutes were saved, their sums: they need not be all.
        transaction.execute_batch(gpu_usage::FILL_HOURS)?;
    }
    if known {
        let found = from_pages(damaged, &transaction)?;
        saved.chunks += found.chunks;
        saved.minutes += found.minutes;
    }
    transaction.commit()?;
    drop(old);
    let _ = std::fs::remove_file(repaired);
    Ok(saved)
}

/// Takes the chunks and minutes that SQLite did not find.
fn from_pages(damaged: &Path, fresh: &Connection) -> Result<Saved, StoreError> {
    let mut saved = Saved::default();
    let mut take = |row: &[Value]| -> Result<(), StoreError> {
        if let Some(chunk) = chunk::from_record(row) {
            if !chunk::is_there(fresh, &chunk)? {
                chunk::insert(fresh, &chunk)?;
                saved.chunks += 1;
            }
        } else if let Some((series_id, day, minutes)) = minute::from_record(row) {
            saved.minutes += u64::from(minute::put_if_more(fresh, series_id, day, &minutes)?);
        }
        Ok(())
    };
    let mut failed = None;
    let read = pages::rows(damaged, |row| {
        if failed.is_none() {
            failed = take(row).err();
        }
    });
    if let Err(error) = read {
        // A file that is empty or gone holds nothing.
        log::warn!("{} cannot be looked through: {error}", damaged.display());
    }
    failed.map_or(Ok(saved), Err)
}

/// Tables whose rows carry no checksum, with the key to walk them by.
const PLAIN: &[(&str, &str)] = &[
    ("hour", "series_id, ts"),
    ("identity", "identity_id"),
    ("usage", "ts, identity_id"),
    ("gpu_usage", "ts, source_id, identity_id"),
    ("gpu_minute", "ts, source_id"),
    ("gpu_usage_hour", "ts, source_id, identity_id"),
    ("gpu_hour", "ts, source_id"),
    ("episode", "episode_id"),
    ("session", "session_id"),
    ("event", "seq"),
    ("recent", "seq"),
    ("alert", "rule, source"),
    ("baseline", "key, uid"),
    ("binary", "key, uid, path, content"),
    ("snooze", "seq"),
    ("channel", "channel"),
];

/// Opens the damaged file for reading; where its header is gone, a copy of it with a fresh one.
fn open_damaged(damaged: &Path, repaired: &Path, fresh: &Connection) -> Option<Connection> {
    let readable = |file: &Path| {
        let db = connection::reader(file).ok()?;
        db.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'chunk'", [], |row| row.get::<_, i64>(0))
            .ok()
            .filter(|found| *found == 1)?;
        Some(db)
    };
    readable(damaged).or_else(|| {
        repair_header(damaged, repaired, fresh).ok()?;
        readable(repaired)
    })
}

/// Copies `damaged` and gives the copy the header that a database of ours has (https://sqlite.org/fileformat.html §1.3).
fn repair_header(damaged: &Path, repaired: &Path, fresh: &Connection) -> Result<(), StoreError> {
    use std::io::{Seek, SeekFrom, Write};
    let failed = |error: std::io::Error| StoreError::io(repaired.display(), &error);
    let image = repaired.with_extension("header");
    let _ = std::fs::remove_file(&image);
    fresh.execute("VACUUM INTO ?", [image.to_string_lossy()])?;
    let header = std::fs::read(&image).map_err(failed);
    let _ = std::fs::remove_file(&image);
    let mut header = header?;
    header.truncate(100);
    std::fs::copy(damaged, repaired).map_err(failed)?;
    let mut file = std::fs::OpenOptions::new().write(true).open(repaired).map_err(failed)?;
    let pages = file.metadata().map_err(failed)?.len() / u64::from(PAGE_SIZE);
    // Read and write version 1: the copy has no write-ahead log. Then its size in pages, valid because the change
    // counter equals the "version valid for" number; and no free pages, which only reading does not need.
    header[18..20].copy_from_slice(&[1, 1]);
    header[24..28].copy_from_slice(&1u32.to_be_bytes());
    header[28..32].copy_from_slice(&(pages as u32).to_be_bytes());
    header[32..40].fill(0);
    header[92..96].copy_from_slice(&1u32.to_be_bytes());
    file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(&header)).map_err(failed)
}

/// Tries each number from 1 on until none was found for long, and counts what `take` took.
fn each_id(mut take: impl FnMut(i64) -> Result<bool, StoreError>) -> Result<u64, StoreError> {
    let (mut id, mut last, mut taken) = (1, 0, 0);
    // Ids go up with time and retention deletes from the front: the first that is there may be far in.
    let far = GAP * 50;
    while id - last < if taken == 0 { far } else { GAP } {
        if take(id)? {
            last = id;
            taken += 1;
        }
        id += 1;
    }
    Ok(taken)
}

/// Copies the rows of a table from its front until the first unreadable page, then from its back.
fn walk(old: &Connection, fresh: &Connection, table: &str, order: &str) -> Result<u64, StoreError> {
    let backwards = order.split(", ").map(|key| format!("{key} DESC")).collect::<Vec<_>>().join(", ");
    let mut copied = 0;
    for order in [order, &backwards] {
        // Both names come from `PLAIN`.
        let Ok(mut select) = old.prepare(&format!("SELECT * FROM {table} ORDER BY {order}")) else { continue };
        let width = select.column_count();
        let marks = vec!["?"; width].join(", ");
        // A file of an older schema has fewer columns, and in another order.
        let columns = select.column_names().collect::<Vec<_>>().join(", ");
        let Ok(mut insert) = fresh.prepare(&format!("INSERT OR IGNORE INTO {table}({columns}) VALUES({marks})")) else {
            continue;
        };
        let Ok(mut rows) = select.query([]) else { continue };
        let whole = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    let values: Result<Vec<Value>, _> = (0..width).map(|at| row.get(at)).collect();
                    let Ok(values) = values else { continue };
                    // A row that breaks a rule of the table is not ours.
                    copied += insert.execute(params_from_iter(values)).unwrap_or(0) as u64;
                }
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        if whole {
            break;
        }
    }
    Ok(copied)
}
