//! What was kept of some metrics of one source, as fine as it was kept, in the order of time and never all at once.
//!
//! Samples where they are kept, minutes before them and in the place of damaged hours. Deliberately not here: hours, which
//! say too little of what happened within one, and folding to points (`history`).

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::catalog::{self, SeriesRow};
use super::error::StoreError;
use super::{chunk, minute, recent};
use crate::metrics::Metric;

/// The smallest value, the mean and the largest of a moment.
pub type Spread = (f64, f64, f64);

/// What was kept of one moment.
#[derive(Debug)]
pub struct Sample<'a> {
    /// Unix seconds.
    pub ts: i64,
    /// Whether it is what a minute was folded to.
    pub is_minute: bool,
    /// What each metric was, in the order in which they were asked for; never all of them `None`.
    pub values: &'a [Option<Spread>],
}

/// How fine the past was kept, as Unix seconds from which on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Minutes in the place of samples that are gone; `None` where there are none.
    pub minutes: Option<i64>,
    /// Samples; `None` where only those of the last hour are there.
    pub samples: Option<i64>,
}

pub(super) fn visit(
    db: &Connection,
    seconds: &mut recent::Seconds,
    (source, metrics): (&str, &[Metric]),
    (since, until): (i64, i64),
    mut each: impl FnMut(&Sample<'_>),
) -> Result<Kept, StoreError> {
    let mut rows = Vec::new();
    for metric in metrics {
        rows.push(catalog::series_of(db, *metric, Some(source))?.into_iter().next().map(|(row, ..)| row));
    }
    // All columns of a source lie in one pack.
    let Some(pack_id) = rows.iter().flatten().next().map(|row| row.pack_id) else { return Ok(Kept::default()) };
    let samples = chunk::oldest_hour(db, pack_id)?;
    let mut oldest = None;
    for row in rows.iter().flatten() {
        let day = minute::oldest_day(db, row.series_id)?;
        oldest = [oldest, day].into_iter().flatten().min();
    }
    let wanted = Wanted { metrics, rows: &rows };
    let mut minutes = None;
    if let Some(oldest) = oldest {
        let end = until.min(samples.unwrap_or(i64::MAX));
        wanted.minutes(db, since.max(oldest), end, &mut |sample| {
            minutes.get_or_insert(sample.ts);
            each(sample);
        })?;
    }
    let mut columns: Vec<Vec<Option<i64>>> = vec![Vec::new(); metrics.len()];
    let mut values = vec![None; metrics.len()];
    chunk::visit(db, pack_id, since, until, |chunk| {
        let opened = match chunk.open() {
            Ok(opened) => opened,
            Err(StoreError::Damaged(_)) => {
                let end = chunk.t0 + chunk.slots * chunk.step.max(1);
                return wanted.minutes(db, chunk.t0.max(since), end.min(until), &mut each);
            }
            Err(error) => return Err(error),
        };
        for (column, row) in columns.iter_mut().zip(&rows) {
            column.clear();
            if let Some(row) = row {
                opened.visit(row.col, |slot| column.push(slot))?;
            }
        }
        for at in 0..columns.iter().map(Vec::len).max().unwrap_or(0) {
            let ts = chunk.t0 + at as i64 * chunk.step;
            for ((value, column), metric) in values.iter_mut().zip(&columns).zip(metrics) {
                *value = column.get(at).copied().flatten().map(|stored| spread(*metric, stored));
            }
            if (since..until).contains(&ts) && values.iter().any(Option::is_some) {
                each(&Sample { ts, is_minute: false, values: &values });
            }
        }
        Ok(())
    })?;
    seconds.visit(db, (since, until), |pack, ts, vals| {
        if pack != pack_id {
            return;
        }
        for ((value, row), metric) in values.iter_mut().zip(&rows).zip(metrics) {
            // A row that cannot be read is a gap.
            let stored = row.and_then(|row| recent::slot(vals, row.col).ok().flatten());
            *value = stored.map(|stored| spread(*metric, stored));
        }
        if values.iter().any(Option::is_some) {
            each(&Sample { ts, is_minute: false, values: &values });
        }
    })?;
    Ok(Kept { minutes, samples })
}

fn spread(metric: Metric, stored: i64) -> Spread {
    let value = metric.to_value(stored as f64);
    (value, value, value)
}

struct Wanted<'a> {
    metrics: &'a [Metric],
    rows: &'a [Option<SeriesRow>],
}

impl Wanted<'_> {
    /// The minutes of a stretch, a day at a time.
    fn minutes(
        &self,
        db: &Connection,
        since: i64,
        until: i64,
        each: &mut impl FnMut(&Sample<'_>),
    ) -> Result<(), StoreError> {
        let mut begin = since;
        while begin < until {
            let end = (begin.div_euclid(minute::DAY) * minute::DAY + minute::DAY).min(until);
            let mut day: BTreeMap<i64, Vec<Option<Spread>>> = BTreeMap::new();
            for (at, (row, metric)) in self.rows.iter().zip(self.metrics).enumerate() {
                let Some(row) = row else { continue };
                // A day that is damaged is a gap.
                minute::visit(db, row.series_id, begin, end, |ts, fold| {
                    let value = |stored| metric.to_value(stored);
                    let values = day.entry(ts).or_insert_with(|| vec![None; self.metrics.len()]);
                    values[at] = Some((value(fold.min as f64), value(fold.mean()), value(fold.max as f64)));
                })?;
            }
            for (ts, values) in &day {
                each(&Sample { ts: *ts, is_minute: true, values });
            }
            begin = end;
        }
        Ok(())
    }
}
