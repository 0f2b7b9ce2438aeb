//! The table `chunk`: sealed hours, every sample of one pack's hour in one compressed row.
//!
//! A chunk lies on a regular grid: slot `k` is at `t0 + k * step`, and a tick that was missed is an empty slot. An
//! hour that the clock visited twice has several chunks.

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params};

use super::codec::{Columns, Effort, Encoded, checksum, encode};
use super::error::StoreError;
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE chunk(chunk_id INTEGER PRIMARY KEY, pack_id INTEGER NOT NULL, hour INTEGER NOT NULL, t0 INTEGER NOT NULL,
  step INTEGER NOT NULL, slots INTEGER NOT NULL, modes TEXT NOT NULL, raw_len INTEGER NOT NULL, crc INTEGER NOT NULL,
  body BLOB NOT NULL) STRICT;
CREATE INDEX chunk_pack_hour ON chunk(pack_id, hour);   -- every read of history; retention
";

/// A sealed hour, or a part of one.
#[derive(Debug)]
pub struct Chunk {
    /// Whose.
    pub pack_id: i64,
    /// The second at which its hour starts.
    pub hour: i64,
    /// The second of its first slot.
    pub t0: i64,
    /// Seconds between slots.
    pub step: i64,
    /// How many slots.
    pub slots: i64,
    /// The columns.
    pub encoded: Encoded,
    crc: u32,
}

impl Chunk {
    /// Seals columns of equal length.
    pub fn seal(pack_id: i64, t0: i64, step: i64, columns: &[Vec<Option<i64>>]) -> Chunk {
        let slots = columns.first().map_or(0, Vec::len) as i64;
        let hour = t0.div_euclid(3600) * 3600;
        let encoded = encode(columns, Effort::Thorough);
        let crc = checksum(&encoded, &[pack_id, hour, t0, step, slots]);
        Chunk { pack_id, hour, t0, step, slots, encoded, crc }
    }

    /// Decompresses the columns.
    ///
    /// # Errors
    /// The checksum does not match, or the body is not ours.
    pub fn open(&self) -> Result<Columns, StoreError> {
        self.verify()?;
        Ok(Columns::open(&self.encoded)?)
    }

    /// Compares the checksum.
    ///
    /// # Errors
    /// It does not match.
    pub fn verify(&self) -> Result<(), StoreError> {
        let fields = [self.pack_id, self.hour, self.t0, self.step, self.slots];
        if checksum(&self.encoded, &fields) != self.crc || self.step < 1 {
            return Err(StoreError::Damaged(say!(
                "the checksum of a stored hour ({hour}) does not match",
                hour = self.hour
            )));
        }
        Ok(())
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Chunk> {
        Ok(Chunk {
            pack_id: row.get(0)?,
            hour: row.get(1)?,
            t0: row.get(2)?,
            step: row.get(3)?,
            slots: row.get(4)?,
            encoded: Encoded { modes: row.get(5)?, raw_len: row.get(6)?, body: row.get(8)? },
            crc: row.get(7)?,
        })
    }
}

pub(super) fn insert(db: &Connection, chunk: &Chunk) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO chunk(pack_id, hour, t0, step, slots, modes, raw_len, crc, body) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        chunk.pack_id,
        chunk.hour,
        chunk.t0,
        chunk.step,
        chunk.slots,
        chunk.encoded.modes,
        chunk.encoded.raw_len,
        chunk.crc,
        chunk.encoded.body
    ])?;
    Ok(())
}

/// Calls `visit` with each chunk of a pack whose hour overlaps `since..until`, oldest first.
pub(super) fn visit(
    db: &Connection,
    pack_id: i64,
    since: i64,
    until: i64,
    mut visit: impl FnMut(Chunk) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut query = db.prepare_cached(
        "SELECT pack_id, hour, t0, step, slots, modes, raw_len, crc, body FROM chunk
         WHERE pack_id = ? AND hour > ? - 3600 AND hour < ? ORDER BY hour, chunk_id",
    )?;
    let mut rows = query.query([pack_id, since, until])?;
    while let Some(row) = rows.next()? {
        visit(Chunk::read(row)?)?;
    }
    Ok(())
}

/// The oldest sealed hour of a pack.
pub(super) fn oldest_hour(db: &Connection, pack_id: i64) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(hour) FROM chunk WHERE pack_id = ?")?.query_row([pack_id], |row| row.get(0))?)
}

/// What was recorded in one hour of the wall clock.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The newest of its chunks.
    pub chunk_id: i64,
    /// The second up to which it goes.
    pub until: i64,
    /// How many seconds of it were recorded, by the pack that has most.
    pub seconds: i64,
}

/// The hours that were sealed after the chunk `after`, in the order of sealing.
pub(super) fn recorded_after(db: &Connection, after: i64) -> Result<Vec<Recorded>, StoreError> {
    // Numbers begin anew where the cap took every chunk.
    let newest: Option<i64> = db.query_row("SELECT max(chunk_id) FROM chunk", [], |row| row.get(0))?;
    let after = if newest.is_some_and(|newest| newest < after) { 0 } else { after };
    let mut query = db.prepare_cached(
        "SELECT max(chunk_id), max(t0 + step * slots), max(step * slots) FROM chunk
         WHERE chunk_id > ? GROUP BY hour ORDER BY min(chunk_id)",
    )?;
    let rows = query
        .query_map([after], |row| Ok(Recorded { chunk_id: row.get(0)?, until: row.get(1)?, seconds: row.get(2)? }))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One chunk by its number, for checking and salvage.
pub(super) fn by_id(db: &Connection, chunk_id: i64) -> Result<Option<Chunk>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT pack_id, hour, t0, step, slots, modes, raw_len, crc, body FROM chunk WHERE chunk_id = ?",
    )?;
    let mut rows = query.query([chunk_id])?;
    match rows.next()? {
        Some(row) => Ok(Some(Chunk::read(row)?)),
        None => Ok(None),
    }
}

/// A row that was found outside of SQLite, if it is one of this table's and its checksum holds.
pub(super) fn from_record(values: &[Value]) -> Option<Chunk> {
    use Value::{Blob, Integer, Null, Text};
    let [
        Null,
        Integer(pack_id),
        Integer(hour),
        Integer(t0),
        Integer(step),
        Integer(slots),
        Text(modes),
        Integer(raw_len),
        Integer(crc),
        Blob(body),
    ] = values
    else {
        return None;
    };
    let encoded = Encoded { modes: modes.clone(), raw_len: usize::try_from(*raw_len).ok()?, body: body.clone() };
    let crc = u32::try_from(*crc).ok()?;
    let chunk = Chunk { pack_id: *pack_id, hour: *hour, t0: *t0, step: *step, slots: *slots, encoded, crc };
    chunk.verify().is_ok().then_some(chunk)
}

/// Whether a pack has a chunk of just this time.
pub(super) fn is_there(db: &Connection, chunk: &Chunk) -> Result<bool, StoreError> {
    let mut query = db.prepare_cached("SELECT 1 FROM chunk WHERE pack_id = ? AND hour = ? AND t0 = ? AND slots = ?")?;
    Ok(query.exists([chunk.pack_id, chunk.hour, chunk.t0, chunk.slots])?)
}

/// Deletes a pack's chunks of hours before `hour`.
pub(super) fn delete_before(db: &Connection, pack_id: i64, hour: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM chunk WHERE pack_id = ? AND hour < ?")?.execute([pack_id, hour])?)
}
