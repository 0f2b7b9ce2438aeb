//! Reading history: raw samples, minutes or hours, whichever the range asks for, folded into points.
//!
//! Up to a day comes from raw samples, up to a quarter from minutes, beyond from hours: a month of raw samples would
//! be read to be folded away again. Where the finer kind is not kept any more, the coarser one fills the older part.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::catalog::{self, SeriesRow};
use super::error::StoreError;
use super::fold::{Buckets, Fold};
use super::{chunk, hour, minute, recent};
use crate::metrics::Metric;
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

/// What a query asks for.
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
    let kind = query.metric.definition().kind;
    let (mut wanted, names): (Vec<_>, Vec<_>) = catalog::series_of(db, query.metric, query.source.as_deref())?
        .into_iter()
        .map(|(row, source, label)| {
            (Wanted { row, buckets: Buckets::new(start, query.until, width, kind) }, (source, label))
        })
        .unzip();
    collect(db, seconds, tier, (query.since, query.until), &mut wanted)?;
    let mut series = Vec::new();
    for (Wanted { row, buckets }, (source, label)) in wanted.into_iter().zip(names) {
        let step = native_step(db, row.pack_id, tier, query.until)?.max(width);
        let points = points(query.metric, &buckets);
        if !points.is_empty() || query.source.is_some() {
            series.push(Series { source, label, step, points });
        }
    }
    let definition = query.metric.definition();
    Ok(History { schema: SCHEMA, metric: definition.key, unit: definition.unit.symbol(), series })
}

/// Second, minimum, mean and maximum.
pub type Point = (i64, f64, f64, f64);

/// Metrics of one source, second by second.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seconds {
    /// How many seconds a sample covers.
    pub step: i64,
    /// Each metric that the source has, with what there is of it; what is no longer kept by the second stands at the first
    /// second of its minute or hour.
    pub metrics: Vec<(Metric, Vec<Point>)>,
}

/// The same as [`read`] says of each of these metrics with a point a second, and what it says of how far samples lie apart
/// where it reads until `at`: what holds all of them is opened once.
pub(super) fn seconds(
    db: &Connection,
    recent: &mut recent::Seconds,
    (source, metrics): (&str, &[Metric]),
    (since, until): (i64, i64),
    at: i64,
) -> Result<Seconds, StoreError> {
    let (mut wanted, mut names) = (Vec::new(), Vec::new());
    for metric in metrics {
        for (row, ..) in catalog::series_of(db, *metric, Some(source))? {
            wanted.push(Wanted { row, buckets: Buckets::new(since, until, 1, metric.definition().kind) });
            names.push(*metric);
        }
    }
    // All columns of a source lie in one pack.
    let Some(pack_id) = wanted.first().map(|one| one.row.pack_id) else { return Ok(Seconds::default()) };
    collect(db, recent, Tier::Raw, (since, until), &mut wanted)?;
    let step = native_step(db, pack_id, Tier::Raw, at)?;
    let metrics = names.into_iter().zip(&wanted).map(|(metric, one)| (metric, points(metric, &one.buckets)));
    Ok(Seconds { step, metrics: metrics.collect() })
}

fn points(metric: Metric, buckets: &Buckets) -> Vec<Point> {
    let value = |stored: f64| metric.to_value(stored);
    buckets
        .filled()
        .map(|(ts, fold)| (ts, value(fold.min as f64), value(fold.mean()), value(fold.max as f64)))
        .collect()
}

/// A series that is read, and what was found of it.
struct Wanted {
    row: SeriesRow,
    buckets: Buckets,
}

/// Reads every wanted series from one tier, each pack once.
fn collect(
    db: &Connection,
    seconds: &mut recent::Seconds,
    tier: Tier,
    (since, until): (i64, i64),
    wanted: &mut [Wanted],
) -> Result<(), StoreError> {
    // The running hour, which is not sealed yet: its rows lie in the order of writing, so one pass serves all series.
    seconds.visit(db, (since, until), |pack_id, ts, vals| {
        for one in wanted.iter_mut().filter(|one| one.row.pack_id == pack_id) {
            // A row that cannot be read is a gap in the chart and not the end of it.
            if let Ok(Some(value)) = recent::slot(vals, one.row.col) {
                one.buckets.add(ts, Fold::of(value));
            }
        }
    })?;
    let packs: BTreeSet<i64> = wanted.iter().map(|one| one.row.pack_id).collect();
    for pack_id in packs {
        let mut own: Vec<&mut Wanted> = wanted.iter_mut().filter(|one| one.row.pack_id == pack_id).collect();
        fill(db, pack_id, tier, (since, until), &mut own)?;
    }
    Ok(())
}

/// The start and the width of at most `points` slots that cover `since..until`. They lie on multiples of their width, so
/// that a chart does not flicker while time passes; that may take one slot more than the range has widths.
pub(super) fn grid(since: i64, until: i64, points: i64, grain: i64) -> (i64, i64) {
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
fn native_step(db: &Connection, pack_id: i64, tier: Tier, until: i64) -> Result<i64, StoreError> {
    if tier != Tier::Raw {
        return Ok(tier.grain());
    }
    // Before the oldest sealed hour only minutes are kept.
    if chunk::oldest_hour(db, pack_id)?.is_some_and(|begins| until <= begins) {
        return Ok(Tier::Minutes.grain());
    }
    let (mut last, mut step) = (None, i64::MAX);
    recent::visit_newest(db, pack_id, 8, |ts| {
        if let Some(last) = last.replace(ts) {
            step = step.min(last - ts).max(1);
        }
    })?;
    if step == i64::MAX {
        chunk::visit(db, pack_id, until - 7200, until, |chunk| {
            step = step.min(chunk.step);
            Ok(())
        })?;
    }
    Ok(if step == i64::MAX { 1 } else { step })
}

/// What was sealed of series of one pack.
fn fill(
    db: &Connection,
    pack_id: i64,
    tier: Tier,
    (since, until): (i64, i64),
    wanted: &mut [&mut Wanted],
) -> Result<(), StoreError> {
    let minutes = |wanted: &mut [&mut Wanted], since, until| {
        wanted.iter_mut().try_for_each(|one| sealed_minutes(db, one.row, since, until, &mut one.buckets))
    };
    match tier {
        Tier::Raw => {
            // The finer kind begins somewhere: what is older comes from the coarser one.
            let begins = chunk::oldest_hour(db, pack_id)?.unwrap_or(i64::MAX);
            if since < begins {
                minutes(wanted, since, until.min(begins))?;
            }
            let mut damaged = Vec::new();
            chunk::visit(db, pack_id, since, until, |chunk| {
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
                for one in wanted.iter_mut() {
                    let mut at = chunk.t0;
                    columns.visit(one.row.col, |slot| {
                        if let Some(value) = slot.filter(|_| at >= since && at < until) {
                            one.buckets.add(at, Fold::of(value));
                        }
                        at += chunk.step;
                    })?;
                }
                Ok(())
            })?;
            // A damaged hour leaves its minutes, and the rest of the chart.
            damaged.into_iter().try_for_each(|(since, until)| minutes(wanted, since, until))
        }
        Tier::Minutes => minutes(wanted, since, until),
        Tier::Hours => wanted
            .iter_mut()
            .try_for_each(|one| hour::visit(db, one.row.series_id, since, until, |ts, fold| one.buckets.add(ts, fold))),
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
