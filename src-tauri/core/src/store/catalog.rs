//! The tables `metric`, `source` and `series`: who is who, and which column of which pack holds what.
//!
//! A pack's columns are only ever appended, so a row written before a column existed is simply shorter: a new metric
//! needs no migration and no rewriting.

use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::{episode, gpu_usage};
use crate::metrics::{Kind, Metric, TABLE};
use crate::model::{Condition, Source};
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE metric(metric_id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, kind TEXT NOT NULL,
  label TEXT NOT NULL, multiply REAL NOT NULL, divide REAL NOT NULL) STRICT;   -- value = stored * multiply / divide
CREATE TABLE source(source_id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, label TEXT NOT NULL,
  pack_id INTEGER NOT NULL REFERENCES source, first_ts INTEGER NOT NULL,
  health TEXT NOT NULL, health_ts INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE series(series_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL REFERENCES source,
  metric_id INTEGER NOT NULL REFERENCES metric, pack_id INTEGER NOT NULL REFERENCES source, col INTEGER NOT NULL,
  UNIQUE(source_id, metric_id), UNIQUE(pack_id, col)) STRICT;   -- the second finds the columns of a pack
";

/// One recorded series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeriesRow {
    /// Its number.
    pub series_id: i64,
    /// Whose column it is.
    pub pack_id: i64,
    /// Which one.
    pub col: usize,
}

/// Where the series of one source are written.
pub struct Columns<'a> {
    entry: &'a mut Entry,
    width: &'a mut usize,
    joined: &'a mut usize,
    /// Behind the column that was found last: readings come in the same order in each tick.
    next: usize,
}

impl Columns<'_> {
    /// The source's pack.
    pub fn pack_id(&self) -> i64 {
        self.entry.pack_id
    }

    /// The column of a metric in the pack's rows, which is made where it is new.
    pub fn of(&mut self, db: &Connection, metric: Metric) -> Result<usize, StoreError> {
        let columns = &mut self.entry.columns;
        let (before, behind) = columns.split_at(self.next.min(columns.len()));
        let found = behind.iter().position(|(known, _)| *known == metric).map(|at| before.len() + at);
        let found = found.or_else(|| before.iter().position(|(known, _)| *known == metric));
        if let Some(at) = found {
            self.next = at + 1;
            return Ok(columns[at].1);
        }
        let (pack_id, col) = (self.entry.pack_id, *self.width);
        db.prepare_cached("INSERT INTO series(source_id, metric_id, pack_id, col) VALUES(?, ?, ?, ?)")?
            .execute(params![self.entry.source_id, metric as u16, pack_id, col])?;
        columns.push((metric, col));
        *self.width += 1;
        *self.joined += 1;
        Ok(col)
    }
}

#[derive(Debug)]
struct Entry {
    source_id: i64,
    pack_id: i64,
    columns: Vec<(Metric, usize)>,
}

/// The condition, on `source s` and its pack's `current c`, under which a source counts among those that are here: this
/// run of the recorder has spoken of it and did not lose it, or it was last seen less than a day ago. A part of a whole
/// that goes on has no time of its own and stays. History keeps the others. "Newest" goes by the order of writing and
/// not by the clock, which may have been put back.
pub(super) const LISTED: &str = "(
  s.health <> 'lost' AND s.health_ts >=
    coalesce((SELECT ts FROM event WHERE kind = 'recorder_started' ORDER BY seq DESC LIMIT 1), 0)
  OR CASE WHEN s.health = 'lost' THEN s.health_ts ELSE max(s.health_ts, coalesce(c.ts, s.health_ts)) END >=
    coalesce((SELECT ts FROM recent ORDER BY seq DESC LIMIT 1), 0) - 86400)";

/// The writer's copy of the catalog. Where a transaction that changed it fails, [`Catalog::load`] it again.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: HashMap<String, Entry>,
    widths: HashMap<i64, usize>,
    /// Sources and columns that have joined.
    joined: usize,
}

impl Catalog {
    /// Writes the metric table of this build and reads the rest.
    pub fn load(db: &Connection) -> Result<Catalog, StoreError> {
        let mut catalog = Catalog::default();
        let mut by_id = HashMap::default();
        let mut sources = db.prepare("SELECT source_id, uid, pack_id FROM source")?;
        let mut rows = sources.query([])?;
        while let Some(row) = rows.next()? {
            let (source_id, uid, pack_id): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            by_id.insert(source_id, uid.clone());
            catalog.entries.insert(uid, Entry { source_id, pack_id, columns: Vec::new() });
        }
        let mut series = db.prepare("SELECT source_id, metric_id, pack_id, col FROM series")?;
        let mut rows = series.query([])?;
        while let Some(row) = rows.next()? {
            let (source_id, metric_id, pack_id, col): (i64, u16, i64, usize) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let width = catalog.widths.entry(pack_id).or_default();
            *width = (*width).max(col + 1);
            // A metric that this build does not know keeps its column and is not written any more.
            let entry = by_id.get(&source_id).and_then(|uid| catalog.entries.get_mut(uid));
            if let (Some(metric), Some(entry)) = (Metric::from_id(metric_id), entry) {
                entry.columns.push((metric, col));
            }
        }
        Ok(catalog)
    }

    /// How many sources and columns have joined: grows with each, and never shrinks.
    pub fn len(&self) -> usize {
        self.joined
    }

    /// The pack of a known source.
    pub fn pack(&self, source: &Source) -> Option<i64> {
        self.entries.get(source.id.as_str()).map(|entry| entry.pack_id)
    }

    /// Where what is read of a source is written; makes the source where it is new.
    pub fn columns(&mut self, db: &Connection, source: &Source, ts: i64) -> Result<Columns<'_>, StoreError> {
        self.number(db, source, ts)?;
        let Some(entry) = self.entries.get_mut(source.id.as_str()) else {
            return Err(StoreError::Damaged(say!(
                "the source {source} was written and is not there",
                source = source.id
            )));
        };
        let width = self.widths.entry(entry.pack_id).or_default();
        Ok(Columns { entry, width, joined: &mut self.joined, next: 0 })
    }

    /// Writes a source's health, making the source where it is new.
    pub fn set_condition(
        &mut self,
        db: &Connection,
        source: &Source,
        condition: &Condition,
        ts: i64,
    ) -> Result<(), StoreError> {
        if self.update(db, source, condition, ts)? == 0 {
            // Retention forgot it while it was gone. What comes back is told first, so here is where that is noticed.
            if let Some(pack_id) = self.pack(source) {
                self.entries.retain(|_, entry| entry.pack_id != pack_id);
                self.widths.remove(&pack_id);
            }
            self.update(db, source, condition, ts)?;
        }
        Ok(())
    }

    /// Makes one of two sources, of which the first only stood for the second: what happened to it happened to the second,
    /// and it is not listed any more. Its row stays until retention forgets it.
    pub fn replace(&mut self, db: &Connection, before: &str, source: &Source, ts: i64) -> Result<(), StoreError> {
        let Some(old) = source_id(db, before)? else { return Ok(()) };
        let new = self.number(db, source, ts)?;
        for sql in [
            "UPDATE event SET source_id = ? WHERE source_id = ?",
            "UPDATE session SET source_id = ? WHERE source_id = ?",
            "UPDATE episode SET source_id = ? WHERE source_id = ?",
        ] {
            db.prepare_cached(sql)?.execute([new, old])?;
        }
        db.prepare_cached("UPDATE source SET health = 'lost', health_ts = 0, reason = ? WHERE source_id = ?")?
            .execute(params![format!("now known as {}", source.id), old])?;
        Ok(())
    }

    fn update(
        &mut self,
        db: &Connection,
        source: &Source,
        condition: &Condition,
        ts: i64,
    ) -> Result<usize, StoreError> {
        let source_id = self.number(db, source, ts)?;
        let mut update = db.prepare_cached(
            "UPDATE source SET kind = ?, label = ?, health = ?, health_ts = ?, reason = ? WHERE source_id = ? AND uid = ?",
        )?;
        Ok(update.execute(params![
            source.kind.word(),
            source.label.json(),
            condition.health.word(),
            ts,
            condition.reason,
            source_id,
            source.id
        ])?)
    }

    /// The number of a source, which is made where it is new.
    pub fn number(&mut self, db: &Connection, source: &Source, ts: i64) -> Result<i64, StoreError> {
        if let Some(entry) = self.entries.get(source.id.as_str()) {
            return Ok(entry.source_id);
        }
        // A part may be mentioned before its whole; the whole then gets a row of its own, named like its id until its
        // sensor says more.
        let whole = match &source.part_of {
            Some(whole) if *whole != source.id => match self.entries.get(whole.as_str()) {
                Some(entry) => Some(entry.source_id),
                None => Some(insert(db, whole, source.kind.word(), whole, None, ts)?),
            },
            _ => None,
        };
        if let (Some(whole), Some(id)) = (&source.part_of, whole) {
            self.entries.entry(whole.clone()).or_insert(Entry { source_id: id, pack_id: id, columns: Vec::new() });
        }
        let source_id = insert(db, &source.id, source.kind.word(), &source.label.json(), whole, ts)?;
        self.joined += 1;
        let pack_id = whole.unwrap_or(source_id);
        self.entries.insert(source.id.clone(), Entry { source_id, pack_id, columns: Vec::new() });
        Ok(source_id)
    }
}

fn insert(db: &Connection, uid: &str, kind: &str, label: &str, whole: Option<i64>, ts: i64) -> Result<i64, StoreError> {
    let id: i64 =
        db.prepare_cached("SELECT coalesce(max(source_id), 0) + 1 FROM source")?.query_row([], |row| row.get(0))?;
    db.prepare_cached("INSERT INTO source VALUES(?, ?, ?, ?, ?, ?, 'ok', ?, '')")?.execute(params![
        id,
        uid,
        kind,
        label,
        whole.unwrap_or(id),
        ts,
        ts
    ])?;
    Ok(id)
}

/// Forgets packs that are gone and of which nothing is left: no value, no rollup, no event, nobody's use of it, by minute
/// or as a session. One that may have been given
/// the highest number stays, so that no number is given twice: pages that were freed long ago may still hold rows of the
/// old owner, which a salvage would give to the new one.
pub(super) fn forget_gone(db: &Connection) -> Result<(), StoreError> {
    let gone: Vec<i64> = db
        .prepare_cached(&format!(
            "SELECT w.source_id FROM source w WHERE w.pack_id = w.source_id
               AND NOT EXISTS(SELECT 1 FROM chunk WHERE pack_id = w.source_id)
               AND NOT EXISTS(SELECT 1 FROM series e WHERE e.pack_id = w.source_id AND (
                 EXISTS(SELECT 1 FROM minute WHERE series_id = e.series_id)
                 OR EXISTS(SELECT 1 FROM hour WHERE series_id = e.series_id)))
               AND NOT EXISTS(SELECT 1 FROM source s LEFT JOIN current c ON c.pack_id = s.pack_id
                 WHERE s.pack_id = w.source_id AND {LISTED})
               AND w.source_id NOT IN (SELECT pack_id FROM recent)
               AND w.source_id NOT IN (SELECT s.pack_id FROM event JOIN source s USING(source_id))
               AND w.source_id <> (SELECT pack_id FROM source ORDER BY source_id DESC LIMIT 1)
               AND w.source_id <> coalesce((SELECT pack_id FROM series ORDER BY series_id DESC LIMIT 1), 0)"
        ))?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for pack_id in gone {
        if gpu_usage::mentions(db, pack_id)? || episode::mentions(db, pack_id)? {
            continue;
        }
        for table in ["series", "current", "source"] {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE pack_id = ?"))?.execute([pack_id])?;
        }
    }
    Ok(())
}

/// Brings the `metric` table up to this build's table.
pub(super) fn write_metrics(db: &Connection) -> Result<(), StoreError> {
    // Even an upsert that changes nothing waits for the lock, and another program's lock is no reason not to record.
    let known: HashMap<u16, String> = db
        .prepare("SELECT metric_id, label FROM metric")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut insert = db.prepare(
        "INSERT INTO metric VALUES(?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT(metric_id) DO UPDATE SET label = excluded.label WHERE label <> excluded.label",
    )?;
    for line in TABLE.iter().filter(|line| known.get(&line.id).is_none_or(|label| label != line.label)) {
        let step = line.scale.step;
        let (multiply, divide) = if step < 1.0 { (1.0, (1.0 / step).round()) } else { (step, 1.0) };
        insert.execute(params![
            line.id,
            line.key,
            line.unit.symbol(),
            line.kind.word(),
            line.label,
            multiply,
            divide
        ])?;
    }
    Ok(())
}

/// The series of one metric, with the source's id and label; of one source, or of all.
pub(super) fn series_of(
    db: &Connection,
    metric: Metric,
    source: Option<&str>,
) -> Result<Vec<(SeriesRow, String, String)>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT e.series_id, e.pack_id, e.col, s.uid, s.label FROM series e JOIN source s USING(source_id)
         WHERE e.metric_id = ?1 AND (?2 IS NULL OR s.uid = ?2) ORDER BY s.source_id",
    )?;
    let rows = query.query_map(params![metric as u16, source], |row| {
        Ok((SeriesRow { series_id: row.get(0)?, pack_id: row.get(1)?, col: row.get(2)? }, row.get(3)?, row.get(4)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The series of a pack, by column.
pub(super) fn columns_of(db: &Connection, pack_id: i64) -> Result<Vec<SeriesRow>, StoreError> {
    let mut query = db.prepare_cached("SELECT series_id, pack_id, col FROM series WHERE pack_id = ? ORDER BY col")?;
    let rows = query
        .query_map([pack_id], |row| Ok(SeriesRow { series_id: row.get(0)?, pack_id: row.get(1)?, col: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The series of a pack with the kind of each, by column. A metric of a newer Hoofbeat is taken for a level.
pub(super) fn kinds_of(db: &Connection, pack_id: i64) -> Result<Vec<(SeriesRow, Kind)>, StoreError> {
    let mut query =
        db.prepare_cached("SELECT series_id, pack_id, col, metric_id FROM series WHERE pack_id = ? ORDER BY col")?;
    let rows = query.query_map([pack_id], |row| {
        let kind = Metric::from_id(row.get(3)?).map_or(Kind::Gauge, |metric| metric.definition().kind);
        Ok((SeriesRow { series_id: row.get(0)?, pack_id: row.get(1)?, col: row.get(2)? }, kind))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every pack.
pub(super) fn packs(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut query = db.prepare_cached("SELECT DISTINCT pack_id FROM source ORDER BY pack_id")?;
    let rows = query.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of a source.
pub(super) fn source_id(db: &Connection, uid: &str) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT source_id FROM source WHERE uid = ?")?
        .query_row([uid], |row| row.get(0))
        .optional()?)
}
