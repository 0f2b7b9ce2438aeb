//! The size cap: what the database and its log may take together on disk.
//!
//! Rows are deleted until what is in use fits, and then the file is cut, in steps that keep the disk busy for a few tens
//! of milliseconds each. A face can read between any two of them. The newest tick waits in memory until the last step:
//! after a cap of 512 MiB was lowered to 16, that is some ten seconds, once.

use rusqlite::{Connection, TransactionBehavior};

use super::{DAY, delete_sessions, delete_usage, drop_raw, oldest_of, oldest_session, oldest_usage};
use crate::model::Keep;
use crate::store::error::StoreError;
use crate::store::{catalog, event, gpu_usage, hour, minute, open};

/// Pages given back to the file system in one step: a few tens of milliseconds.
const STEP: u32 = 512;

/// What the write-ahead log takes between two checkpoints (`connection`).
const LOG: u64 = 8 << 20;

/// What the file may take, so that it fits below the cap together with its log.
fn room(cap: u64) -> u64 {
    cap - LOG.min(cap / 2)
}

/// Bytes of the file, and those of them in use: free pages are used again before the file grows.
fn sizes(db: &Connection) -> Result<(u64, u64), StoreError> {
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (pages, free, size) = (pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?);
    Ok(((pages * size).max(0) as u64, ((pages - free) * size).max(0) as u64))
}

/// Brings the database below the cap, and gives free pages back where there are many.
pub(super) fn enforce(db: &mut Connection, keep: &Keep) -> Result<(), StoreError> {
    delete(db, keep.cap)?;
    let (mut size, mut used) = sizes(db)?;
    let large = size > room(keep.cap);
    while size > room(keep.cap) && size > used {
        give_back(db)?;
        let before = std::mem::replace(&mut size, sizes(db)?.0);
        if size >= before {
            break;
        }
    }
    if large {
        // The file is cut when its log moves into it; a reader may hold up that for now.
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        // A file that was larger than the limit had to be let be.
        open::limit_size(db, keep)?;
    }
    // In steady state the next hour uses free pages again, so a small share stays.
    (size, used) = sizes(db)?;
    if (size - used) * 10 > size && size - used > 1 << 20 {
        give_back(db)?;
    }
    Ok(())
}

/// Deletes the oldest until what is in use takes less than 85 % of the room: raw hours, then days of minutes, then usage,
/// and hours, sessions and events only where nothing else is left.
fn delete(db: &mut Connection, cap: u64) -> Result<(), StoreError> {
    let limit = room(cap) / 100 * 85;
    type Stage = fn(&Connection) -> Result<usize, StoreError>;
    let stages: [Stage; 6] = [drop_raw, drop_minutes, drop_usage, drop_hours, drop_sessions, drop_events];
    for stage in stages {
        while sizes(db)?.1 > limit {
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let deleted = stage(&transaction)?;
            transaction.commit()?;
            if deleted == 0 {
                break;
            }
        }
    }
    Ok(())
}

fn all_series(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    for pack_id in catalog::packs(db)? {
        ids.extend(catalog::columns_of(db, pack_id)?.iter().map(|series| series.series_id));
    }
    Ok(ids)
}

fn drop_minutes(db: &Connection) -> Result<usize, StoreError> {
    let series = all_series(db)?;
    let Some(day) = oldest_of(&series, |id| minute::oldest_day(db, id))? else { return Ok(0) };
    let mut deleted = 0;
    for id in series {
        deleted += minute::delete_before(db, id, day + DAY)?;
    }
    Ok(deleted)
}

fn drop_usage(db: &Connection) -> Result<usize, StoreError> {
    oldest_usage(db)?.map_or(Ok(0), |oldest| delete_usage(db, oldest + DAY, i64::MIN))
}

fn drop_hours(db: &Connection) -> Result<usize, StoreError> {
    let series = all_series(db)?;
    let of_gpus = gpu_usage::oldest(db, gpu_usage::HOURS)?;
    let oldest = [oldest_of(&series, |id| hour::oldest(db, id))?, of_gpus].into_iter().flatten().min();
    let Some(oldest) = oldest else { return Ok(0) };
    // No minute is left whose hour this could be.
    let mut deleted = delete_usage(db, i64::MIN, oldest + 7 * DAY)?;
    for id in series {
        deleted += hour::delete_before(db, id, oldest + 7 * DAY)?;
    }
    Ok(deleted)
}

fn drop_sessions(db: &Connection) -> Result<usize, StoreError> {
    oldest_session(db)?.map_or(Ok(0), |oldest| delete_sessions(db, oldest + 7 * DAY))
}

fn drop_events(db: &Connection) -> Result<usize, StoreError> {
    event::oldest(db)?.map_or(Ok(0), |oldest| event::delete_before(db, oldest + 7 * DAY))
}

/// Gives all free pages back, however few they are.
pub(super) fn give_all_back(db: &Connection) -> Result<(), StoreError> {
    let (mut size, used) = sizes(db)?;
    while size > used {
        give_back(db)?;
        let before = std::mem::replace(&mut size, sizes(db)?.0);
        if size >= before {
            break;
        }
    }
    // What was deleted stands in the log, too.
    Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// One step of giving free pages back.
fn give_back(db: &Connection) -> Result<(), StoreError> {
    // The pragma works a page for each row that is asked for.
    let mut vacuum = db.prepare(&format!("PRAGMA incremental_vacuum({STEP})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::chunk::{self, Chunk};
    use crate::store::{Store, connection};

    #[test]
    fn the_file_and_its_log_are_cut_below_a_lowered_cap() {
        let temp = tempfile::tempdir().unwrap();
        let now = crate::model::Now { wall: std::time::Duration::ZERO, boot: std::time::Duration::ZERO };
        let mut store = Store::open(temp.path(), Keep::default(), now).unwrap().store;
        let mut noise = 1_u64;
        let hour = (0..3600).map(|_| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Some((noise >> 24) as i64)
        });
        store.db.execute("INSERT INTO source VALUES(1, 'cpu', 'cpu', 'CPU', 1, 0, 'ok', 0, '')", []).unwrap();
        chunk::insert(&store.db, &Chunk::seal(1, 0, 1, &[hour.collect()])).unwrap();
        for hour in 1..600 {
            let copy = "INSERT INTO chunk SELECT ?1 + 1, pack_id, ?1 * 3600, t0, step, slots, modes, raw_len, crc, body
                        FROM chunk WHERE chunk_id = 1";
            store.db.execute(copy, [hour]).unwrap();
        }
        let on_disk = || {
            let file = temp.path().join("hoofbeat.db");
            let len = |file| std::fs::metadata(file).map_or(0, |meta: std::fs::Metadata| meta.len());
            len(connection::log_of(&file)) + len(file)
        };
        let keep = Keep { cap: 4 << 20, ..Keep::default() };
        let before = on_disk();
        assert!(before > 3 * keep.cap, "{before}");
        enforce(&mut store.db, &keep).unwrap();
        let after = on_disk();
        assert!(after <= keep.cap, "{after} of {before}");
        let (oldest, newest): (i64, i64) = store
            .db
            .query_row("SELECT min(hour), max(hour) FROM chunk", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert!(oldest > 0 && newest == 599 * 3600, "{oldest} {newest}");
    }
}
