//! Retention and the size cap: the oldest goes first, by whole hours and days, a bounded amount at a time.
//!
//! Age is reckoned by the time that recording itself has confirmed (`belief`), and a pass takes at most one day of
//! history: a clock that is wrong for an afternoon erases nothing, one that is wrong for longer a day an hour, and not
//! everything at once. A source of which nothing is left, and which is gone, is forgotten with its series.

mod belief;
mod cap;

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;
use super::{catalog, chunk, episode, event, gpu_usage, hour, identity, minute, recent, session, usage};
use crate::model::Keep;

const DAY: i64 = 86_400;

/// One pass, after a seal. `now` is the wall clock's Unix second.
pub(super) fn pass(db: &mut Connection, keep: &Keep, now: i64) -> Result<(), StoreError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let believed = belief::update(&transaction, now)?;
    delete_old(&transaction, keep, believed)?;
    catalog::forget_gone(&transaction)?;
    transaction.commit()?;
    cap::enforce(db, keep)
}

fn delete_old(db: &Connection, keep: &Keep, now: i64) -> Result<(), StoreError> {
    // At most one day beyond the oldest that there is.
    let bounded = |oldest: Option<i64>, horizon: i64| oldest.map_or(horizon, |oldest| horizon.min(oldest + DAY));
    for pack_id in catalog::packs(db)? {
        // A row goes when the last of what it holds is too old.
        let horizon = bounded(chunk::oldest_hour(db, pack_id)?, before(now - 3600, keep.raw));
        chunk::delete_before(db, pack_id, horizon)?;
        for series in catalog::columns_of(db, pack_id)? {
            let horizon = bounded(minute::oldest_day(db, series.series_id)?, before(now - DAY, keep.minutes));
            minute::delete_before(db, series.series_id, horizon)?;
            let horizon = bounded(hour::oldest(db, series.series_id)?, before(now, keep.hours));
            hour::delete_before(db, series.series_id, horizon)?;
        }
    }
    let minutes = bounded(oldest_usage(db)?, before(now, keep.usage));
    // An hour is not forgotten before its minutes are.
    let hours = bounded(gpu_usage::oldest(db, gpu_usage::HOURS)?, before(now, keep.hours.max(keep.usage)));
    delete_usage(db, minutes, hours)?;
    event::delete_before(db, bounded(event::oldest(db)?, before(now, keep.hours)))?;
    delete_sessions(db, bounded(oldest_session(db)?, before(now, keep.hours)))?;
    Ok(())
}

/// The oldest minute of what processes used, of CPUs or GPUs.
fn oldest_usage(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok([usage::oldest(db)?, gpu_usage::oldest(db, gpu_usage::MINUTES)?].into_iter().flatten().min())
}

/// Deletes what processes used before the hour of `minutes`, its sums before that of `hours`, and who they were where
/// nothing mentions them any more.
fn delete_usage(db: &Connection, minutes: i64, hours: i64) -> Result<usize, StoreError> {
    // All minutes of an hour go together, or what is left of them would not be what the hour adds up to.
    let [minutes, hours] = [minutes, hours].map(gpu_usage::hour_of);
    let deleted = usage::delete_before(db, minutes)?
        + gpu_usage::delete_before(db, gpu_usage::MINUTES, minutes)?
        + gpu_usage::delete_before(db, gpu_usage::HOURS, hours)?;
    if deleted > 0 {
        identity::delete_before(db, minutes.max(hours))?;
    }
    Ok(deleted)
}

/// When the oldest session or episode ended.
fn oldest_session(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok([session::oldest(db)?, episode::oldest(db)?].into_iter().flatten().min())
}

/// Deletes sessions and episodes that ended before `ts`.
fn delete_sessions(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    Ok(session::delete_before(db, ts)? + episode::delete_before(db, ts)?)
}

/// Deletes what began before `ts`, as a person asked for; with `ts` beyond all times, everything but the newest row of a
/// tick. What is deleted is written over, and its room given back. A face can read between any two steps.
pub(super) fn forget(db: &mut Connection, ts: i64) -> Result<(), StoreError> {
    db.pragma_update(None, "secure_delete", true)?;
    let deleted = delete_begun_before(db, ts).and_then(|()| cap::give_all_back(db));
    db.pragma_update(None, "secure_delete", false)?;
    deleted
}

fn delete_begun_before(db: &mut Connection, ts: i64) -> Result<(), StoreError> {
    let packs = catalog::packs(db)?;
    for pack_id in packs {
        // One by one, so that a year of history is no single transaction.
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        chunk::delete_before(&transaction, pack_id, ts)?;
        for series in catalog::columns_of(&transaction, pack_id)? {
            minute::delete_before(&transaction, series.series_id, ts)?;
            hour::delete_before(&transaction, series.series_id, ts)?;
        }
        transaction.commit()?;
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    recent::delete_before(&transaction, ts)?;
    // An hour that has begun before goes with its sum.
    let hour = ts.saturating_add(3599);
    delete_usage(&transaction, hour, hour)?;
    event::delete_before(&transaction, ts)?;
    delete_sessions(&transaction, ts)?;
    Ok(transaction.commit()?)
}

/// The second that lies `age` before `now`. An age beyond all numbers lies before all history, and never after it.
fn before(now: i64, age: Duration) -> i64 {
    now.saturating_sub(i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}

/// The oldest value that `oldest` finds over `ids`.
fn oldest_of(ids: &[i64], oldest: impl Fn(i64) -> Result<Option<i64>, StoreError>) -> Result<Option<i64>, StoreError> {
    let mut found = None;
    for id in ids {
        found = [found, oldest(*id)?].into_iter().flatten().min();
    }
    Ok(found)
}

/// Deletes the oldest raw hour of all packs.
fn drop_raw(db: &Connection) -> Result<usize, StoreError> {
    let packs = catalog::packs(db)?;
    let Some(hour) = oldest_of(&packs, |id| chunk::oldest_hour(db, id))? else { return Ok(0) };
    let mut deleted = 0;
    for pack_id in packs {
        deleted += chunk::delete_before(db, pack_id, hour + 3600)?;
    }
    Ok(deleted)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_beyond_all_numbers_deletes_nothing() {
        assert_eq!(before(1_000, Duration::from_secs(300)), 700);
        for age in [500_000_000_000 * 365 * 86_400, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX] {
            assert!(before(1_795_000_000, Duration::from_secs(age)) < 0, "{age}");
        }
    }
}
