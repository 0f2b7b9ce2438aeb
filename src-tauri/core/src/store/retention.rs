//! Retention and the size cap: the oldest goes first, by whole hours and days, a bounded amount at a time.
//!
//! A clock that jumps must never erase history. After a jump of more than a day nothing is deleted until a whole day
//! was recorded under the new time, and then at most one day of history a pass.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;
use super::{catalog, chunk, event, hour, meta, minute, recent, usage};
use crate::model::Keep;

const DAY: i64 = 86_400;

/// The newest second that a pass saw.
const SEEN: &str = "retention_seen";
/// The second since which time has gone on without a jump of more than a day.
const STEADY: &str = "retention_steady_since";

/// Pages given back to the file system in one pass: a few tens of milliseconds.
const VACUUM_PAGES: u32 = 512;

/// Bytes in use: free pages are used again before the file grows.
pub(super) fn bytes_used(db: &Connection) -> Result<u64, StoreError> {
    let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    Ok(((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?).max(0) as u64)
}

/// One pass, after a seal. `now` is the wall clock's Unix second.
pub(super) fn pass(db: &mut Connection, keep: &Keep, now: i64) -> Result<(), StoreError> {
    let seen = meta::get(db, SEEN)?;
    let mut steady = meta::get(db, STEADY)?.unwrap_or(now);
    if seen.is_none_or(|seen| (now - seen).abs() > DAY) {
        steady = now;
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    meta::set(&transaction, SEEN, now)?;
    meta::set(&transaction, STEADY, steady)?;
    if (now - steady).abs() >= DAY {
        delete_old(&transaction, keep, now)?;
    }
    transaction.commit()?;
    cap(db, keep.cap)?;
    give_back(db)
}

fn delete_old(db: &Connection, keep: &Keep, now: i64) -> Result<(), StoreError> {
    let before = |age: std::time::Duration| now - age.as_secs() as i64;
    // At most one day beyond the oldest that there is.
    let bounded = |oldest: Option<i64>, horizon: i64| oldest.map_or(horizon, |oldest| horizon.min(oldest + DAY));
    for pack_id in catalog::packs(db)? {
        // A row goes when the last of what it holds is too old.
        let horizon = bounded(chunk::oldest_hour(db, pack_id)?, before(keep.raw) - 3600);
        chunk::delete_before(db, pack_id, horizon)?;
        for series in catalog::columns_of(db, pack_id)? {
            let horizon = bounded(minute::oldest_day(db, series.series_id)?, before(keep.minutes) - DAY);
            minute::delete_before(db, series.series_id, horizon)?;
            let horizon = bounded(hour::oldest(db, series.series_id)?, before(keep.hours));
            hour::delete_before(db, series.series_id, horizon)?;
        }
    }
    usage::delete_before(db, bounded(usage::oldest(db)?, before(keep.usage)))?;
    event::delete_before(db, bounded(event::oldest(db)?, before(keep.hours)))?;
    Ok(())
}

/// Deletes the oldest until the database is below 85 % of the cap: raw hours, then days of minutes, then usage, and
/// hours and events only where nothing else is left.
pub(super) fn cap(db: &mut Connection, cap: u64) -> Result<(), StoreError> {
    let limit = cap / 100 * 85;
    type Stage = fn(&Connection) -> Result<usize, StoreError>;
    let stages: [Stage; 5] = [drop_raw, drop_minutes, drop_usage, drop_hours, drop_events];
    for stage in stages {
        while bytes_used(db)? > limit {
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

/// The oldest value that `oldest` finds over `ids`.
fn oldest_of(ids: &[i64], oldest: impl Fn(i64) -> Result<Option<i64>, StoreError>) -> Result<Option<i64>, StoreError> {
    let mut found = None;
    for id in ids {
        found = [found, oldest(*id)?].into_iter().flatten().min();
    }
    Ok(found)
}

fn all_series(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut ids = Vec::new();
    for pack_id in catalog::packs(db)? {
        ids.extend(catalog::columns_of(db, pack_id)?.iter().map(|series| series.series_id));
    }
    Ok(ids)
}

/// Deletes the oldest raw hour of all packs.
pub(super) fn drop_raw(db: &Connection) -> Result<usize, StoreError> {
    let packs = catalog::packs(db)?;
    let Some(hour) = oldest_of(&packs, |id| chunk::oldest_hour(db, id))? else { return Ok(0) };
    let mut deleted = 0;
    for pack_id in packs {
        deleted += chunk::delete_before(db, pack_id, hour + 3600)?;
    }
    Ok(deleted)
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
    usage::oldest(db)?.map_or(Ok(0), |oldest| usage::delete_before(db, oldest + DAY))
}

fn drop_hours(db: &Connection) -> Result<usize, StoreError> {
    let series = all_series(db)?;
    let Some(oldest) = oldest_of(&series, |id| hour::oldest(db, id))? else { return Ok(0) };
    let mut deleted = 0;
    for id in series {
        deleted += hour::delete_before(db, id, oldest + 7 * DAY)?;
    }
    Ok(deleted)
}

fn drop_events(db: &Connection) -> Result<usize, StoreError> {
    event::oldest(db)?.map_or(Ok(0), |oldest| event::delete_before(db, oldest + 7 * DAY))
}

/// Gives free pages back where there are many. In steady state the next hour uses them again, so a small share stays.
fn give_back(db: &Connection) -> Result<(), StoreError> {
    let free: i64 = db.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    if free * 10 > pages && free > i64::from(VACUUM_PAGES) {
        // The pragma works a page for each row that is asked for.
        let mut vacuum = db.prepare(&format!("PRAGMA incremental_vacuum({VACUUM_PAGES})"))?;
        let mut rows = vacuum.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(())
}

/// Frees room on a full disk: the oldest raw hours go, as long as more than a day of them is left. Returns whether
/// anything went. Small steps with a checkpoint after each, because deleting writes too.
pub(super) fn make_room(db: &mut Connection) -> Result<bool, StoreError> {
    let packs = catalog::packs(db)?;
    let oldest = oldest_of(&packs, |id| chunk::oldest_hour(db, id))?;
    let (Some(oldest), Some(last)) = (oldest, recent::last_ts(db)?) else { return Ok(false) };
    if oldest > last - DAY {
        return Ok(false);
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let deleted = drop_raw(&transaction)?;
    transaction.commit()?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(deleted > 0)
}
