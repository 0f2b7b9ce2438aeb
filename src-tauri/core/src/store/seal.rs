//! Sealing: a finished hour of `recent` becomes chunks, minutes and hours, in one transaction.
//!
//! Not one for each pack: the packs' rows lie between each other, so every deletion of one pack's rows would write
//! every page of the hour again (measured: 19 MB an hour for 8 packs, against none where whole pages become free).
//! Rows are taken in the order of writing and cut where time goes back, so that each chunk lies on one grid.

use rusqlite::{Connection, TransactionBehavior};

use super::catalog::SeriesRow;
use super::chunk::Chunk;
use super::error::StoreError;
use super::fold::Fold;
use super::{catalog, chunk, hour, minute, recent};
use crate::metrics::Kind;

/// A stretch of one pack's rows in which time only moves forward, within one hour.
#[derive(Default)]
struct Run {
    seconds: Vec<i64>,
    columns: Vec<Vec<Option<i64>>>,
}

impl Run {
    fn push(&mut self, ts: i64, slots: Vec<Option<i64>>) {
        let at = self.seconds.len();
        self.seconds.push(ts);
        for (col, slot) in slots.into_iter().enumerate() {
            if col == self.columns.len() {
                self.columns.push(Vec::with_capacity(at));
            }
            self.columns[col].resize(at, None);
            self.columns[col].push(slot);
        }
    }

    /// Whether a row at `ts` still belongs to it.
    fn takes(&self, ts: i64) -> bool {
        self.seconds.last().is_none_or(|last| ts > *last && ts.div_euclid(3600) == last.div_euclid(3600))
    }

    /// Writes the run's chunk and adds it to the rollups.
    fn write(self, db: &Connection, pack_id: i64) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (self.seconds.first().copied(), self.seconds.last().copied()) else {
            return Ok(());
        };
        // The widest grid that every row lies on: 1 s on mains, 5 s on battery, 10 s for slow sensors.
        let step = self.seconds.iter().fold(0, |step, ts| gcd(step, ts - first)).max(1);
        let slots = ((last - first) / step + 1) as usize;
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| {
                let mut grid = vec![None; slots];
                for (ts, value) in self.seconds.iter().zip(column) {
                    grid[((ts - first) / step) as usize] = *value;
                }
                grid
            })
            .collect();
        chunk::insert(db, &Chunk::seal(pack_id, first, step, &columns))?;
        for (series, kind) in catalog::kinds_of(db, pack_id)? {
            let Some(column) = columns.get(series.col) else { continue };
            let minutes = fold_minutes(first, step, column, kind);
            let of = (series.series_id, kind);
            minute::add(db, of, &minutes, |day| refold(db, series, kind, day))?;
            let whole = minutes.iter().map(|(_, fold)| *fold).reduce(|a, b| a.and(b, kind));
            if let Some(fold) = whole {
                hour::add(db, of, first.div_euclid(3600) * 3600, fold)?;
            }
        }
        Ok(())
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The minutes of a column, oldest first.
fn fold_minutes(t0: i64, step: i64, column: &[Option<i64>], kind: Kind) -> Vec<(i64, Fold)> {
    let mut minutes: Vec<(i64, Fold)> = Vec::new();
    for (at, slot) in column.iter().enumerate() {
        let Some(value) = slot else { continue };
        let ts = (t0 + at as i64 * step).div_euclid(60) * 60;
        match minutes.last_mut() {
            Some((last, fold)) if *last == ts => *fold = fold.and(Fold::of(*value), kind),
            _ => minutes.push((ts, Fold::of(*value))),
        }
    }
    minutes
}

/// The minutes of a column's day, from the samples of it that are kept.
fn refold(db: &Connection, series: SeriesRow, kind: Kind, day: i64) -> Result<Vec<(i64, Fold)>, StoreError> {
    let mut minutes = Vec::new();
    chunk::visit(db, series.pack_id, day, day + minute::DAY, |chunk| {
        match chunk.open().and_then(|columns| Ok(columns.column(series.col)?)) {
            Ok(column) => minutes.extend(fold_minutes(chunk.t0, chunk.step, &column, kind)),
            Err(StoreError::Damaged(text)) => log::warn!("{text}; it is left out"),
            Err(error) => return Err(error),
        }
        Ok(())
    })?;
    Ok(minutes)
}

/// Seals everything before the running hour. Returns whether there was anything.
pub(super) fn seal(db: &mut Connection) -> Result<bool, StoreError> {
    let Some(upto) = recent::finished(db)? else { return Ok(false) };
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for pack_id in catalog::packs(&transaction)? {
        let mut run = Run::default();
        recent::visit(&transaction, pack_id, upto, |ts, vals| {
            if !run.takes(ts) {
                std::mem::take(&mut run).write(&transaction, pack_id)?;
            }
            match recent::slots(vals) {
                Ok(slots) => run.push(ts, slots),
                // One bad row must not keep all later hours from being sealed.
                Err(error) => log::warn!("the tick of {ts} is left out: {error}"),
            }
            Ok(())
        })?;
        run.write(&transaction, pack_id)?;
    }
    recent::delete(&transaction, upto)?;
    transaction.commit()?;
    Ok(true)
}
