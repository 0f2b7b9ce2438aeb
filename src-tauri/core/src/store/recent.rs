//! The tables `current` and `recent`: what every pack says now, and the ticks of the running hour.
//!
//! Both hold a pack's values as one JSON array of stored integers, by column. `recent` has no second index and its
//! rows lie in the order of writing: an index by pack would dirty one more page for each pack and tick, which is most
//! of what a tick writes.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::error::StoreError;
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE current(pack_id INTEGER PRIMARY KEY REFERENCES source, ts INTEGER NOT NULL, vals TEXT NOT NULL) STRICT;
CREATE TABLE recent(seq INTEGER PRIMARY KEY, pack_id INTEGER NOT NULL, ts INTEGER NOT NULL, vals TEXT NOT NULL) STRICT;
";

/// Writes the rows of one tick. What it asks of the database is made ready once for all packs, and not for each.
pub(super) struct Rows<'a> {
    db: &'a Connection,
    ts: i64,
    status: CachedStatement<'a>,
    history: CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    /// The rows of the tick at this second.
    pub fn of(db: &'a Connection, ts: i64) -> Result<Rows<'a>, StoreError> {
        let status = db.prepare_cached("UPDATE current SET ts = ?, vals = ?, processes = ? WHERE pack_id = ?")?;
        let history = db.prepare_cached("INSERT INTO recent(pack_id, ts, vals) VALUES(?, ?, ?)")?;
        Ok(Rows { db, ts, status, history })
    }

    /// Writes a pack's: its status in place, with the processes of its GPUs, and its history.
    pub fn write(&mut self, pack_id: i64, vals: &str, processes: Option<&str>) -> Result<(), StoreError> {
        let ts = self.ts;
        if self.status.execute(params![ts, vals, processes, pack_id])? == 0 {
            self.db
                .prepare_cached("INSERT INTO current(pack_id, ts, vals, processes) VALUES(?, ?, ?, ?)")?
                .execute(params![pack_id, ts, vals, processes])?;
        }
        self.history.execute(params![pack_id, ts, vals])?;
        Ok(())
    }
}

/// Empties a pack's status, because nothing was read.
pub(super) fn empty(db: &Connection, pack_id: i64, ts: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE current SET ts = ?, vals = '[]', processes = NULL WHERE pack_id = ?")?
        .execute(params![ts, pack_id])?;
    Ok(())
}

/// The second of the newest tick.
pub(super) fn last_ts(db: &Connection) -> Result<Option<i64>, StoreError> {
    // The newest row, not the largest second: the clock may have been put back since.
    let mut newest = db.prepare_cached("SELECT ts FROM recent ORDER BY seq DESC LIMIT 1")?;
    let newest = newest.query_row([], |row| row.get(0)).optional()?;
    match newest {
        Some(ts) => Ok(Some(ts)),
        None => Ok(db.query_row("SELECT max(ts) FROM current", [], |row| row.get(0))?),
    }
}

/// The largest `seq` before the newest run of rows that lie in one hour: everything up to it can be sealed. Rows are
/// told apart by their own hour and not by the clock, so hours that the clock visited twice are sealed too.
pub(super) fn finished(db: &Connection) -> Result<Option<i64>, StoreError> {
    let Some(last) = last_ts(db)? else { return Ok(None) };
    let hour = last.div_euclid(3600);
    // Newest first, and usually the first row of another hour is far back: this walks at most one hour of rows.
    Ok(db
        .prepare_cached("SELECT seq FROM recent WHERE ts < ?1 OR ts >= ?2 ORDER BY seq DESC LIMIT 1")?
        .query_row([hour * 3600, (hour + 1) * 3600], |row| row.get(0))
        .optional()?)
}

/// Calls `visit` with second and values of each row of a pack, in the order of writing, up to `seq`.
pub(super) fn visit(
    db: &Connection,
    pack_id: i64,
    seq: i64,
    mut visit: impl FnMut(i64, &str) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT ts, vals FROM recent WHERE seq <= ? AND pack_id = ? ORDER BY seq")?;
    let mut rows = query.query([seq, pack_id])?;
    while let Some(row) = rows.next()? {
        let vals = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        visit(row.get(0)?, vals)?;
    }
    Ok(())
}

/// What a reader remembers of the rows' seconds, in place of the index that the table does not have: whoever asks for many
/// metrics at one moment reads all rows once and not each time. A row never changes, and the newest is never deleted,
/// so what is remembered stays true.
#[derive(Debug, Default)]
pub(super) struct Seconds(Vec<(i64, i64)>);

impl Seconds {
    /// Calls `visit` with pack, second and values of each row in `since..until`, in the order of writing.
    pub fn visit(
        &mut self,
        db: &Connection,
        (since, until): (i64, i64),
        mut visit: impl FnMut(i64, i64, &str),
    ) -> Result<(), StoreError> {
        self.catch_up(db)?;
        // Not a range of seconds: the clock may have been put back between two rows.
        let is_asked = |(_, ts): &&(i64, i64)| (since..until).contains(ts);
        let (first, last) = (self.0.iter().find(is_asked), self.0.iter().rev().find(is_asked));
        let Some(((first, _), (last, _))) = first.zip(last) else { return Ok(()) };
        let mut query =
            db.prepare_cached("SELECT pack_id, ts, vals FROM recent WHERE seq BETWEEN ? AND ? ORDER BY seq")?;
        let mut rows = query.query([first, last])?;
        while let Some(row) = rows.next()? {
            let ts = row.get(1)?;
            if (since..until).contains(&ts) {
                visit(row.get(0)?, ts, row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?);
            }
        }
        Ok(())
    }

    fn catch_up(&mut self, db: &Connection) -> Result<(), StoreError> {
        let ends = "SELECT (SELECT min(seq) FROM recent), (SELECT max(seq) FROM recent)";
        let (first, last): (Option<i64>, Option<i64>) =
            db.prepare_cached(ends)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // Should the numbers ever begin anew, nothing of before is true.
        if last < self.0.last().map(|(seq, _)| *seq) {
            self.0.clear();
        }
        let gone = self.0.partition_point(|(seq, _)| first.is_none_or(|first| *seq < first));
        self.0.drain(..gone);
        let known = self.0.last().map_or(i64::MIN, |(seq, _)| *seq);
        if last.is_some_and(|last| last > known) {
            let mut query = db.prepare_cached("SELECT seq, ts FROM recent WHERE seq > ? ORDER BY seq")?;
            let mut rows = query.query([known])?;
            while let Some(row) = rows.next()? {
                self.0.push((row.get(0)?, row.get(1)?));
            }
        }
        Ok(())
    }
}

/// Calls `visit` with the second of each of a pack's newest rows, newest first.
pub(super) fn visit_newest(
    db: &Connection,
    pack_id: i64,
    count: i64,
    mut visit: impl FnMut(i64),
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached("SELECT ts FROM recent WHERE pack_id = ? ORDER BY seq DESC LIMIT ?")?;
    let mut rows = query.query([pack_id, count])?;
    while let Some(row) = rows.next()? {
        visit(row.get(0)?);
    }
    Ok(())
}

/// Deletes the rows up to `seq`.
pub(super) fn delete(db: &Connection, seq: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM recent WHERE seq <= ?")?.execute([seq])?;
    Ok(())
}

/// Deletes the rows before this second, but for the newest one, which says when the newest tick was.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM recent WHERE ts < ? AND seq < (SELECT max(seq) FROM recent)";
    db.prepare_cached(sql)?.execute([ts])?;
    Ok(())
}

/// Slots as a JSON array.
pub(super) fn to_json(slots: &[Option<i64>]) -> String {
    serde_json::to_string(slots).expect("integers and nulls are JSON")
}

/// The slots of a JSON array of integers and nulls.
pub(super) fn slots(vals: &str) -> Result<Vec<Option<i64>>, StoreError> {
    pieces(vals)?.map(number).collect()
}

/// One slot of such an array; a column that the row is too short for is empty.
pub(super) fn slot(vals: &str, col: usize) -> Result<Option<i64>, StoreError> {
    pieces(vals)?.nth(col).map_or(Ok(None), number)
}

fn pieces(vals: &str) -> Result<impl Iterator<Item = &str>, StoreError> {
    let inner = vals
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .ok_or_else(|| StoreError::Damaged(say!("a row of recent values is not a list").into()))?;
    Ok(inner.split(',').filter(|_| !inner.is_empty()))
}

fn number(piece: &str) -> Result<Option<i64>, StoreError> {
    match piece {
        "null" => Ok(None),
        number => {
            number.parse().map(Some).map_err(|_| StoreError::Damaged(say!("a recent value is not a number").into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn json_round_trips(values in prop::collection::vec(proptest::option::of(any::<i64>()), 0..20)) {
            let text = to_json(&values);
            let back = slots(&text).unwrap();
            prop_assert_eq!(&back, &values);
            for (at, value) in values.iter().enumerate() {
                prop_assert_eq!(slot(&text, at).unwrap(), *value);
            }
            prop_assert_eq!(slot(&text, values.len()).unwrap(), None);
            prop_assert!(serde_json::from_str::<Vec<Option<i64>>>(&text).is_ok());
        }

        #[test]
        fn garbage_is_an_error(text in "\\PC{0,20}") {
            if let Ok(slots) = slots(&text) {
                for _ in slots {}
            }
        }
    }
}
