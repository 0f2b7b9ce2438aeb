//! The table `minute`: minute rollups, one row for each series and UTC day.
//!
//! A row's body holds four columns of 1,440 slots: count, sum, minimum, maximum of each minute; of flags the last two are
//! every bit that was set in it, and the sum is the count times that (see `fold`). One row a series and
//! not a pack, because a month of one metric then costs thirty small rows and not thirty large ones.

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params};

use super::codec::{Columns, Effort, Encoded, checksum, encode};
use super::error::StoreError;
use super::fold::Fold;
use crate::metrics::Kind;
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE minute(minute_id INTEGER PRIMARY KEY, series_id INTEGER NOT NULL, day INTEGER NOT NULL,
  modes TEXT NOT NULL, raw_len INTEGER NOT NULL, crc INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX minute_series_day ON minute(series_id, day);   -- every read of minutes; retention
";

/// Seconds in a row.
pub const DAY: i64 = 86_400;
/// Minutes in a row.
const SLOTS: usize = 1440;

/// The minutes of one day; a minute without samples is `None`.
pub type Minutes = Vec<Option<Fold>>;

fn columns(minutes: &[Option<Fold>]) -> [Vec<Option<i64>>; 4] {
    let column = |pick: fn(&Fold) -> i64| minutes.iter().map(|slot| slot.as_ref().map(pick)).collect();
    [column(|fold| fold.n), column(|fold| fold.sum), column(|fold| fold.min), column(|fold| fold.max)]
}

fn decode(series_id: i64, day: i64, crc: u32, encoded: &Encoded) -> Result<Minutes, StoreError> {
    if checksum(encoded, &[series_id, day]) != crc {
        return Err(StoreError::Damaged(say!("the checksum of a stored day of minutes ({day}) does not match", day)));
    }
    let columns = Columns::open(encoded)?;
    let mut parts = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for (at, part) in parts.iter_mut().enumerate() {
        *part = columns.column(at)?;
    }
    let [n, sum, min, max] = parts;
    let minutes = n.into_iter().zip(sum).zip(min).zip(max);
    Ok(minutes.map(|(((n, sum), min), max)| Some(Fold { n: n?, sum: sum?, min: min?, max: max? })).collect())
}

/// The minutes of a series on the day that starts at `day`.
pub(super) fn read(db: &Connection, series_id: i64, day: i64) -> Result<Option<Minutes>, StoreError> {
    let row = db
        .prepare_cached("SELECT modes, raw_len, crc, body FROM minute WHERE series_id = ? AND day = ?")?
        .query_row([series_id, day], |row| {
            Ok((Encoded { modes: row.get(0)?, raw_len: row.get(1)?, body: row.get(3)? }, row.get(2)?))
        })
        .optional()?;
    row.map(|(encoded, crc)| decode(series_id, day, crc, &encoded)).transpose()
}

/// Adds minutes (by second) to the days that they lie in. A day that turns out damaged is made anew by `refold`, which
/// gives all its minutes, the added ones among them.
pub(super) fn add(
    db: &Connection,
    (series_id, kind): (i64, Kind),
    minutes: &[(i64, Fold)],
    refold: impl Fn(i64) -> Result<Vec<(i64, Fold)>, StoreError>,
) -> Result<(), StoreError> {
    let mut rest = minutes;
    while let Some((ts, _)) = rest.first() {
        let day = ts.div_euclid(DAY) * DAY;
        let len = rest.iter().take_while(|(ts, _)| (day..day + DAY).contains(ts)).count();
        let (today, later) = rest.split_at(len);
        let (mut slots, today) = match read(db, series_id, day) {
            Ok(slots) => (slots.unwrap_or_default(), today.to_vec()),
            Err(StoreError::Damaged(text)) => {
                log::warn!("{text}; its minutes are folded from the samples again");
                (Minutes::new(), refold(day)?)
            }
            Err(error) => return Err(error),
        };
        slots.resize(SLOTS, None);
        for (ts, fold) in &today {
            let slot = &mut slots[((ts - day) / 60) as usize];
            *slot = Some(slot.map_or(*fold, |old| old.and(*fold, kind)));
        }
        // The day is written again each hour until its last minute is there.
        let effort = if slots[SLOTS - 1].is_some() { Effort::Thorough } else { Effort::Quick };
        write(db, series_id, day, &slots, effort)?;
        rest = later;
    }
    Ok(())
}

fn write(
    db: &Connection,
    series_id: i64,
    day: i64,
    minutes: &[Option<Fold>],
    effort: Effort,
) -> Result<(), StoreError> {
    let encoded = encode(&columns(minutes), effort);
    let crc = checksum(&encoded, &[series_id, day]);
    db.prepare_cached(
        "INSERT INTO minute(series_id, day, modes, raw_len, crc, body) VALUES(?, ?, ?, ?, ?, ?)
         ON CONFLICT(series_id, day) DO UPDATE
         SET modes = excluded.modes, raw_len = excluded.raw_len, crc = excluded.crc, body = excluded.body",
    )?
    .execute(params![series_id, day, encoded.modes, encoded.raw_len, crc, encoded.body])?;
    Ok(())
}

/// Calls `visit` with each stored minute of a series in `since..until`. Returns the days whose checksum does not hold.
pub(super) fn visit(
    db: &Connection,
    series_id: i64,
    since: i64,
    until: i64,
    mut visit: impl FnMut(i64, Fold),
) -> Result<Vec<i64>, StoreError> {
    let mut damaged = Vec::new();
    let mut query = db.prepare_cached(
        "SELECT day, modes, raw_len, crc, body FROM minute WHERE series_id = ? AND day > ? - 86400 AND day < ?
         ORDER BY day",
    )?;
    let mut rows = query.query([series_id, since, until])?;
    while let Some(row) = rows.next()? {
        let day: i64 = row.get(0)?;
        let encoded = Encoded { modes: row.get(1)?, raw_len: row.get(2)?, body: row.get(4)? };
        let minutes = match decode(series_id, day, row.get(3)?, &encoded) {
            Ok(minutes) => minutes,
            Err(StoreError::Damaged(_)) => {
                damaged.push(day);
                continue;
            }
            Err(error) => return Err(error),
        };
        for (at, fold) in minutes.into_iter().enumerate() {
            let ts = day + at as i64 * 60;
            if let Some(fold) = fold.filter(|_| ts >= since && ts < until) {
                visit(ts, fold);
            }
        }
    }
    Ok(damaged)
}

/// The oldest stored day of a series.
pub(super) fn oldest_day(db: &Connection, series_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT min(day) FROM minute WHERE series_id = ?")?
        .query_row([series_id], |row| row.get(0))?)
}

/// Deletes a series' days before `day`.
pub(super) fn delete_before(db: &Connection, series_id: i64, day: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM minute WHERE series_id = ? AND day < ?")?.execute([series_id, day])?)
}

/// One row by its number, for checking and salvage: its series, its day, its minutes.
pub(super) fn by_id(db: &Connection, minute_id: i64) -> Result<Option<(i64, i64, Minutes)>, StoreError> {
    let row = db
        .prepare_cached("SELECT series_id, day, modes, raw_len, crc, body FROM minute WHERE minute_id = ?")?
        .query_row([minute_id], |row| {
            let encoded = Encoded { modes: row.get(2)?, raw_len: row.get(3)?, body: row.get(5)? };
            Ok((row.get(0)?, row.get(1)?, row.get(4)?, encoded))
        })
        .optional()?;
    let Some((series_id, day, crc, encoded)) = row else { return Ok(None) };
    Ok(Some((series_id, day, decode(series_id, day, crc, &encoded)?)))
}

/// Writes a whole day, in place of what is there.
pub(super) fn put(db: &Connection, series_id: i64, day: i64, minutes: &[Option<Fold>]) -> Result<(), StoreError> {
    write(db, series_id, day, minutes, Effort::Thorough)
}

/// A row that was found outside of SQLite, if it is one of this table's and its checksum holds: series, day, minutes.
pub(super) fn from_record(values: &[Value]) -> Option<(i64, i64, Minutes)> {
    use Value::{Blob, Integer, Null, Text};
    let [Null, Integer(series_id), Integer(day), Text(modes), Integer(raw_len), Integer(crc), Blob(body)] = values
    else {
        return None;
    };
    let encoded = Encoded { modes: modes.clone(), raw_len: usize::try_from(*raw_len).ok()?, body: body.clone() };
    let minutes = decode(*series_id, *day, u32::try_from(*crc).ok()?, &encoded).ok()?;
    Some((*series_id, *day, minutes))
}

/// Writes a whole day where less of it is there; a day is written again each hour, and old copies lie about. Returns
/// whether it did.
pub(super) fn put_if_more(
    db: &Connection,
    series_id: i64,
    day: i64,
    minutes: &[Option<Fold>],
) -> Result<bool, StoreError> {
    let there = read(db, series_id, day)?.unwrap_or_default();
    let samples = |minutes: &[Option<Fold>]| minutes.iter().flatten().map(|fold| fold.n).sum::<i64>();
    let more = samples(minutes) > samples(&there);
    if more {
        put(db, series_id, day, minutes)?;
    }
    Ok(more)
}
