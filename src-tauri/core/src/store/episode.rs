//! The table `episode`: one GPU's stretch of use, by whomever.
//!
//! Written like sessions, which name theirs. Times are in milliseconds, energies in millijoules, temperatures and powers
//! in thousandths; NULL is what was not told. Deliberately not here: when an episode begins and ends (`why`).

use rusqlite::{Connection, params};

use super::catalog::Catalog;
use super::error::StoreError;
use super::gpu_usage::{base, thousandths};
use super::session;
use crate::model::answer::EpisodeInfo;
use crate::model::{Ended, Episode};

pub(super) const CREATE: &str = "
CREATE TABLE episode(episode_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, start_ts INTEGER NOT NULL,
  end_ts INTEGER NOT NULL, ended TEXT, busy_ms INTEGER, attributed_ms INTEGER, energy_mj INTEGER,
  temperature_milli INTEGER, power_mw INTEGER, throttled_ms INTEGER) STRICT;   -- temperature and power: the highest
CREATE INDEX episode_end ON episode(end_ts);   -- the newest; retention
";

/// Writes an episode as it stands.
pub(super) fn write(db: &Connection, catalog: &mut Catalog, one: &Episode) -> Result<(), StoreError> {
    let source_id = catalog.number(db, &one.source, one.end)?;
    db.prepare_cached("INSERT OR REPLACE INTO episode VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        one.id,
        source_id,
        one.start,
        one.end,
        one.ended.map(Ended::word),
        thousandths(one.busy),
        thousandths(one.explained),
        thousandths(one.energy),
        thousandths(one.temperature),
        thousandths(one.power),
        thousandths(one.throttled)
    ])?;
    Ok(())
}

/// The episodes that go on, as far as was written.
pub(super) fn open(db: &Connection) -> Result<Vec<Episode>, StoreError> {
    let mut query = db.prepare(
        "SELECT e.episode_id, e.start_ts, e.end_ts, e.busy_ms, e.attributed_ms, e.energy_mj, e.temperature_milli,
                e.power_mw, e.throttled_ms, s.uid, s.kind, s.label, w.uid
           FROM episode e JOIN source s USING(source_id) JOIN source w ON w.source_id = s.pack_id
          WHERE e.ended IS NULL ORDER BY e.episode_id",
    )?;
    let mut rows = query.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let [busy, explained, energy, temperature, power, throttled] = base(row, 3)?;
        open.push(Episode {
            id: row.get(0)?,
            source: session::source(row, 9)?,
            start: row.get(1)?,
            end: row.get(2)?,
            ended: None,
            busy,
            explained,
            energy,
            temperature,
            power,
            throttled,
        });
    }
    Ok(open)
}

/// Episodes that reach into `since..until`, the newest first, without their sessions.
pub(super) fn read(db: &Connection, source: Option<&str>, range: [i64; 2]) -> Result<Vec<EpisodeInfo>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT e.episode_id, e.start_ts, e.end_ts, e.busy_ms, e.attributed_ms, e.energy_mj, e.temperature_milli,
                e.power_mw, e.throttled_ms, s.uid, s.label, e.ended
           FROM episode e JOIN source s USING(source_id)
          WHERE e.end_ts >= ?1 AND e.start_ts < ?2 AND (?3 IS NULL OR s.uid = ?3)
          ORDER BY e.start_ts DESC, e.episode_id DESC",
    )?;
    let mut rows = query.query(params![range[0], range[1], source])?;
    let mut episodes = Vec::new();
    while let Some(row) = rows.next()? {
        let [busy, explained, energy, temperature, power, throttled] = base(row, 3)?;
        episodes.push(EpisodeInfo {
            id: row.get(0)?,
            source: row.get(9)?,
            label: row.get(10)?,
            start: row.get(1)?,
            end: row.get(2)?,
            ended: row.get::<_, Option<String>>(11)?.map(|word| Ended::from_word(&word).word()),
            busy,
            explained,
            remainder: busy.zip(explained).map(|(busy, explained)| (busy - explained).max(0.0)),
            energy,
            temperature,
            power,
            throttled,
            sessions: Vec::new(),
        });
    }
    Ok(episodes)
}

/// Deletes what ended before `ts`.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM episode WHERE end_ts < ?")?.execute([ts])?)
}

/// The end of the oldest.
pub(super) fn oldest(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(end_ts) FROM episode")?.query_row([], |row| row.get(0))?)
}

/// The highest number that was given to an episode or a session.
pub(super) fn numbered(db: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT max(coalesce((SELECT max(episode_id) FROM episode), 0),
                          coalesce((SELECT max(session_id) FROM session), 0))";
    Ok(db.query_row(sql, [], |row| row.get(0))?)
}

/// Whether an episode or a session of a pack is kept.
pub(super) fn mentions(db: &Connection, pack_id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS(SELECT 1 FROM episode JOIN source USING(source_id) WHERE pack_id = ?1)
                   OR EXISTS(SELECT 1 FROM session JOIN source USING(source_id) WHERE pack_id = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([pack_id], |row| row.get(0))?)
}
