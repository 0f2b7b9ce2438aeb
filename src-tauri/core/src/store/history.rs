//! Reading history: raw samples, minutes or hours, whichever the range asks for, folded into points.
//!
//! Up to a day comes from raw samples, up to a quarter from minutes, beyond from hours: a month of raw samples would
//! be read to be folded away again. Where the finer kind is not kept any more, the coarser one fills the older part.

use rusqlite::Connection;

use super::catalog::{self, SeriesRow};
use super::error::StoreError;
use super::fold::{Buckets, Fold};
use super::{chunk, hour, minute, recent};
use crate::model::answer::{History, HistoryQuery, SCHEMA, Series};

const RAW_RANGE: i64 = 26 * 3600;
const MINUTE_RANGE: i64 = 100 * 86_400;

/// Where points come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Raw,
    Minutes,
    Hours,
}

impl Tier {
    /// Points are never finer than this, in seconds.
    fn grain(self) -> i64 {
        match self {
            Tier::Raw => 1,
            Tier::Minutes => 60,
            Tier::Hours => 3600,
        }
    }
}

pub(super) fn read(
    db: &Connection,
    seconds: &mut recent::Seconds,
    query: &HistoryQuery,
) -> Result<History, StoreError> {
    let span = (query.until - query.since).max(0);
    let tier = if span <= RAW_RANGE {
        Tier::Raw
    } else if span <= MINUTE_RANGE {
        Tier::Minutes
    } else {
        Tier::Hours
    };
    let (start, width) = grid(query.since, query.until, query.points.max(1) as i64, tier.grain());
    let mut found: Vec<_> = catalog::series_of(db, query.metric, query.source.as_deref())?
        .into_iter()
        .map(|(row, source, label)| {
            (row, source, label, Buckets::new(start, query.until, width, query.metric.definition().kind))
        })
        .collect();
    // The running hour, which is not sealed yet: its rows lie in the order of writing, so one pass serves all series.
    seconds.visit(db, (query.since, query.until), |pack_id, ts, vals| {
        for (row, _, _, buckets) in found.iter_mut().filter(|(row, ..)| row.pack_id == pack_id) {
            // A row that cannot be read is a gap in the chart and not the end of it.
            if let Ok(Some(value)) = recent::slot(vals, row.col) {
                buckets.add(ts, Fold::of(value));
            }
        }
    })?;
    let mut series = Vec::new();
    for (row, source, label, mut buckets) in found {
        fill(db, row, tier, query.since, query.until, &mut buckets)?;
        let step = native_step(db, row, tier, query)?.max(width);
        let value = |stored: f64| query.metric.to_value(stored);
        let points: Vec<_> = buckets
            .filled()
            .map(|(ts, fold)| (ts, value(fold.min as f64), value(fold.mean()), value(fold.max as f64)))
            .collect();
        if !points.is_empty() || query.source.is_some() {
            series.push(Series { source, label, step, points });
        }
    }
    let definition = query.metric.definition();
    Ok(History { schema: SCHEMA, metric: definition.key, unit: definition.unit.symbol(), series })
}

/// The start and the width of at most `points` slots that cover `since..until`. They lie on multiples of their width, so
/// that a chart does not flicker while time passes; that may take one slot more than the range has widths.
fn grid(since: i64, until: i64, points: i64, grain: i64) -> (i64, i64) {
    let up = |value: i64, step: i64| (value.max(1) as u64).div_ceil(step as u64) as i64;
    let aligned = |points: i64| {
        let width = up(up(until - since, points), grain) * grain;
        (since.div_euclid(width) * width, width)
    };
    let (start, width) = aligned(points);
    if up(until - start, width) <= points {
        (start, width)
    } else if points > 1 {
        aligned(points - 1)
    } else {
        let start = since.div_euclid(grain) * grain;
        (start, up(until - start, grain) * grain)
    }
}

/// Slow sensors leave seconds empty on purpose: a point of theirs covers as many seconds as lie between two samples.
fn native_step(db: &Connection, row: SeriesRow, tier: Tier, query: &HistoryQuery) -> Result<i64, StoreError> {
    if tier != Tier::Raw {
        return Ok(tier.grain());
    }
    let (mut last, mut step) = (None, i64::MAX);
    recent::visit_newest(db, row.pack_id, 8, |ts| {
        if let Some(last) = last.replace(ts) {
            step = step.min(last - ts).max(1);
        }
    })?;
    if step == i64::MAX {
        chunk::visit(db, row.pack_id, query.until - 7200, query.until, |chunk| {
            step = step.min(chunk.step);
            Ok(())
        })?;
    }
    Ok(if step == i64::MAX { 1 } else { step })
}

fn fill(
    db: &Connection,
    row: SeriesRow,
    tier: Tier,
    since: i64,
    until: i64,
    buckets: &mut Buckets,
) -> Result<(), StoreError> {
    match tier {
        Tier::Raw => {
            // The finer kind begins somewhere: what is older comes from the coarser one.
            let begins = chunk::oldest_hour(db, row.pack_id)?.unwrap_or(i64::MAX);
            if since < begins {
                sealed_minutes(db, row, since, until.min(begins), buckets)?;
            }
            let mut damaged = Vec::new();
            chunk::visit(db, row.pack_id, since, until, |chunk| {
                let columns = match chunk.open() {
                    Ok(columns) => columns,
                    Err(StoreError::Damaged(_)) => {
                        // A minute is named by its first second.
                        let first = chunk.t0.div_euclid(60) * 60;
                        damaged.push((first.max(since), (chunk.t0 + chunk.slots * chunk.step).min(until)));
                        return Ok(());
                    }
                    Err(error) => return Err(error),
                };
                let mut at = chunk.t0;
                Ok(columns.visit(row.col, |slot| {
                    if let Some(value) = slot.filter(|_| at >= since && at < until) {
                        buckets.add(at, Fold::of(value));
                    }
                    at += chunk.step;
                })?)
            })?;
            // A damaged hour leaves its minutes, and the rest of the chart.
            damaged.into_iter().try_for_each(|(since, until)| sealed_minutes(db, row, since, until, buckets))
        }
        Tier::Minutes => sealed_minutes(db, row, since, until, buckets),
        Tier::Hours => hour::visit(db, row.series_id, since, until, |ts, fold| buckets.add(ts, fold)),
    }
}

fn sealed_minutes(
    db: &Connection,
    row: SeriesRow,
    since: i64,
    until: i64,
    buckets: &mut Buckets,
) -> Result<(), StoreError> {
    let begins = minute::oldest_day(db, row.series_id)?.unwrap_or(i64::MAX);
    if since < begins {
        hour::visit(db, row.series_id, since, until.min(begins), |ts, fold| buckets.add(ts, fold))?;
    }
    for day in minute::visit(db, row.series_id, since, until, |ts, fold| buckets.add(ts, fold))? {
        let (since, until) = (day.max(since), (day + minute::DAY).min(until));
        hour::visit(db, row.series_id, since, until, |ts, fold| buckets.add(ts, fold))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_grid_covers_the_range_with_no_more_slots_than_asked_for(
            since in -1_000_000i64..2_000_000_000,
            span in 0i64..200_000_000,
            points in 1i64..2000,
            grain in prop::sample::select(vec![1i64, 60, 3600]),
        ) {
            let until = since + span;
            let (start, width) = grid(since, until, points, grain);
            prop_assert!(start <= since && width % grain == 0);
            prop_assert!(start + points * width >= until, "{start} + {points} × {width}");
        }
    }
}
