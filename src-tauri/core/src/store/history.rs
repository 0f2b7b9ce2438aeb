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

pub(super) fn read(db: &Connection, query: &HistoryQuery) -> Result<History, StoreError> {
    let span = (query.until - query.since).max(0);
    let tier = if span <= RAW_RANGE {
        Tier::Raw
    } else if span <= MINUTE_RANGE {
        Tier::Minutes
    } else {
        Tier::Hours
    };
    let grain = tier.grain();
    let wanted = (span as u64).div_ceil(query.points.max(1) as u64).max(1);
    let width = wanted.div_ceil(grain as u64) as i64 * grain;
    let start = query.since.div_euclid(width) * width;
    let mut series = Vec::new();
    for (row, source, label) in catalog::series_of(db, query.metric, query.source.as_deref())? {
        let mut buckets = Buckets::new(start, query.until, width);
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
    recent_into(db, row, since, until, buckets)?;
    match tier {
        Tier::Raw => {
            // The finer kind begins somewhere: what is older comes from the coarser one.
            let begins = chunk::oldest_hour(db, row.pack_id)?.unwrap_or(i64::MAX);
            if since < begins {
                sealed_minutes(db, row, since, until.min(begins), buckets)?;
            }
            chunk::visit(db, row.pack_id, since, until, |chunk| {
                let mut at = chunk.t0;
                Ok(chunk.open()?.visit(row.col, |slot| {
                    if let Some(value) = slot.filter(|_| at >= since && at < until) {
                        buckets.add(at, Fold::of(value));
                    }
                    at += chunk.step;
                })?)
            })
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
    minute::visit(db, row.series_id, since, until, |ts, fold| buckets.add(ts, fold))
}

/// The running hour, which is not sealed yet.
fn recent_into(
    db: &Connection,
    row: SeriesRow,
    since: i64,
    until: i64,
    buckets: &mut Buckets,
) -> Result<(), StoreError> {
    recent::visit(db, row.pack_id, i64::MAX, |ts, vals| {
        if let Some(value) = recent::slot(vals, row.col)?.filter(|_| ts >= since && ts < until) {
            buckets.add(ts, Fold::of(value));
        }
        Ok(())
    })
}
