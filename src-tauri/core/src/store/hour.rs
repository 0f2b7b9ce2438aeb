//! The table `hour`: hour rollups as plain rows, kept for years. Of flags, minimum and maximum are every bit that was set in
//! the hour, and the sum is the count times that (see `fold`).

use rusqlite::{Connection, params};

use super::error::StoreError;
use super::fold::Fold;
use crate::metrics::Kind;

pub(super) const CREATE: &str = "
CREATE TABLE hour(series_id INTEGER NOT NULL, ts INTEGER NOT NULL, n INTEGER NOT NULL, sum INTEGER NOT NULL,
  min INTEGER NOT NULL, max INTEGER NOT NULL, PRIMARY KEY(series_id, ts)) STRICT, WITHOUT ROWID;
";

/// Flags that were once folded like numbers, as they are folded now: of what lay between, both ends are known to have
/// been set. Of hours that hold them already this changes nothing.
pub(super) const FLAGS: &str = "
UPDATE hour SET sum = n * (min | max), min = min | max, max = min | max
 WHERE series_id IN (SELECT series_id FROM series JOIN metric USING(metric_id) WHERE kind = 'flags');
";

/// Adds to an hour of a metric of this kind.
pub(super) fn add(db: &Connection, (series_id, kind): (i64, Kind), ts: i64, fold: Fold) -> Result<(), StoreError> {
    let mut whole = fold;
    visit(db, series_id, ts, ts + 1, |_, old| whole = old.and(fold, kind))?;
    db.prepare_cached("INSERT OR REPLACE INTO hour VALUES(?, ?, ?, ?, ?, ?)")?
        .execute(params![series_id, ts, whole.n, whole.sum, whole.min, whole.max])?;
    Ok(())
}

/// Calls `visit` with each hour of a series that starts in `since..until`.
pub(super) fn visit(
    db: &Connection,
    series_id: i64,
    since: i64,
    until: i64,
    mut visit: impl FnMut(i64, Fold),
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached(
        "SELECT ts, n, sum, min, max FROM hour WHERE series_id = ? AND ts >= ? AND ts < ? ORDER BY ts",
    )?;
    let mut rows = query.query([series_id, since, until])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?, Fold { n: row.get(1)?, sum: row.get(2)?, min: row.get(3)?, max: row.get(4)? });
    }
    Ok(())
}

/// Deletes a series' hours before `ts`.
pub(super) fn delete_before(db: &Connection, series_id: i64, ts: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM hour WHERE series_id = ? AND ts < ?")?.execute([series_id, ts])?)
}

/// The oldest stored hour of a series.
pub(super) fn oldest(db: &Connection, series_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(ts) FROM hour WHERE series_id = ?")?.query_row([series_id], |row| row.get(0))?)
}
