//! The table `session`: one identity's stretch of use of one GPU.
//!
//! A session that goes on is written from time to time under its number, with its sums so far and no `ended`; what an
//! earlier recorder left so, the next one finds here. Times are in milliseconds, energies in millijoules, shares in
//! thousandths; NULL is what was not told. Deliberately not here: when a session begins and ends (`why`).

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::catalog::Catalog;
use super::error::StoreError;
use super::gpu_usage::{base, thousandths};
use super::{identity, schema};
use crate::model::answer::{ProcessInfo, SessionInfo};
use crate::model::{Ended, Process, Session, Source, SourceKind};
use crate::untrusted::Untrusted;

/// `processes` is a JSON array of `[pid, start in clock ticks since boot or null]`.
pub(super) const CREATE: &str = "
CREATE TABLE session(session_id INTEGER PRIMARY KEY, source_id INTEGER NOT NULL, identity_id INTEGER NOT NULL,
  episode_id INTEGER, start_ts INTEGER NOT NULL, end_ts INTEGER NOT NULL, ended TEXT, busy_ms INTEGER,
  encoder_ms INTEGER, decoder_ms INTEGER, energy_mj INTEGER, peak_share_permille INTEGER, vram_kib INTEGER,
  processes TEXT NOT NULL CHECK(json_valid(processes))) STRICT;
CREATE INDEX session_end ON session(end_ts);   -- the newest; retention
";

/// The short name of the program behind it, as identities' names are kept; NULL where that is not known.
pub(super) const ADD_COMMAND: &str = "ALTER TABLE session ADD COLUMN command BLOB;\n";

/// Whoever asks for long ago would read every later session to see that it began too late.
pub(super) const INDEX_BOTH_ENDS: &str = "
DROP INDEX session_end;
CREATE INDEX session_end ON session(end_ts, start_ts);   -- the newest; those of a moment; retention
";

/// Writes a session as it stands.
pub(super) fn write(db: &Connection, catalog: &mut Catalog, one: &Session) -> Result<(), StoreError> {
    let source_id = catalog.number(db, &one.source, one.end)?;
    let identity_id = identity::number(db, &one.key, &one.identity, one.uid, one.end)?;
    let processes: Vec<_> = one.processes.iter().map(|process| (process.pid, process.started)).collect();
    let processes = serde_json::to_string(&processes).map_err(|error| StoreError::Io(error.to_string()))?;
    db.prepare_cached("INSERT OR REPLACE INTO session VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        params![
            one.id,
            source_id,
            identity_id,
            one.episode,
            one.start,
            one.end,
            one.ended.map(Ended::word),
            thousandths(one.busy),
            thousandths(one.encoder),
            thousandths(one.decoder),
            thousandths(one.energy),
            one.peak_share.map(|percent| (percent * 10.0).round() as i64),
            one.vram.map(|bytes| (bytes / 1024) as i64),
            processes,
            one.command.as_ref().map(Untrusted::as_bytes)
        ],
    )?;
    Ok(())
}

/// The sessions that go on, as far as was written.
pub(super) fn open(db: &Connection) -> Result<Vec<Session>, StoreError> {
    let mut query = db.prepare(
        "SELECT n.session_id, n.episode_id, n.start_ts, n.end_ts, i.key, i.name, i.uid, n.processes,
                n.peak_share_permille, n.vram_kib, n.busy_ms, n.encoder_ms, n.decoder_ms, n.energy_mj, s.uid, s.kind,
                s.label, w.uid, n.command
           FROM session n JOIN identity i USING(identity_id) JOIN source s USING(source_id)
           JOIN source w ON w.source_id = s.pack_id WHERE n.ended IS NULL ORDER BY n.session_id",
    )?;
    let mut rows = query.query([])?;
    let mut open = Vec::new();
    while let Some(row) = rows.next()? {
        let [busy, encoder, decoder, energy] = base(row, 10)?;
        open.push(Session {
            id: row.get(0)?,
            source: source(row, 14)?,
            key: Untrusted::new(row.get::<_, Vec<u8>>(4)?),
            identity: Untrusted::new(row.get::<_, Vec<u8>>(5)?),
            uid: row.get(6)?,
            command: row.get::<_, Option<Vec<u8>>>(18)?.map(Untrusted::new),
            start: row.get(2)?,
            end: row.get(3)?,
            ended: None,
            busy,
            encoder,
            decoder,
            energy,
            peak_share: percent(row.get(8)?),
            vram: bytes(row.get(9)?),
            processes: processes(&row.get::<_, String>(7)?),
            episode: row.get(1)?,
        });
    }
    Ok(open)
}

/// Sessions that reach into `since..until`, the newest first.
pub(super) fn read(db: &Connection, source: Option<&str>, range: [i64; 2]) -> Result<Vec<SessionInfo>, StoreError> {
    // A recorder of before may write the file still.
    let command = if schema::version(db)? < schema::WITH_COMMANDS { "NULL" } else { "n.command" };
    let mut query = db.prepare_cached(&format!(
        "SELECT n.session_id, n.episode_id, n.start_ts, n.end_ts, i.key, i.name, i.uid, n.processes,
                n.peak_share_permille, n.vram_kib, n.busy_ms, n.encoder_ms, n.decoder_ms, n.energy_mj, s.uid, s.label,
                n.ended, {command}
           FROM session n JOIN identity i USING(identity_id) JOIN source s USING(source_id)
           JOIN source w ON w.source_id = s.pack_id
          WHERE n.end_ts >= ?1 AND n.start_ts < ?2 AND (?3 IS NULL OR ?3 IN (s.uid, w.uid))
          ORDER BY n.start_ts DESC, n.session_id DESC",
    ))?;
    let mut rows = query.query(params![range[0], range[1], source])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        let named = |bytes: Vec<u8>| Untrusted::new(bytes).json().into_owned();
        let text = |at| Ok::<_, StoreError>(named(row.get(at)?));
        let [busy, encoder, decoder, energy] = base(row, 10)?;
        let (start, end): (i64, i64) = (row.get(2)?, row.get(3)?);
        let told = processes(&row.get::<_, String>(7)?);
        let (key, identity) = (text(4)?, text(5)?);
        sessions.push(SessionInfo {
            id: row.get(0)?,
            episode: row.get(1)?,
            source: row.get(14)?,
            label: row.get(15)?,
            identity,
            key,
            uid: row.get(6)?,
            command: row.get::<_, Option<Vec<u8>>>(17)?.map(named),
            start,
            end,
            ended: row.get::<_, Option<String>>(16)?.map(|word| Ended::from_word(&word).word()),
            busy,
            mean_share: mean(busy, start, end),
            peak_share: percent(row.get(8)?),
            vram: bytes(row.get(9)?),
            encoder,
            decoder,
            energy,
            processes: told.into_iter().map(|one| ProcessInfo { pid: one.pid, started: one.started }).collect(),
        });
    }
    Ok(sessions)
}

/// The mean share in percent of busy seconds in a stretch.
fn mean(busy: Option<f64>, start: i64, end: i64) -> Option<f64> {
    let seconds = (end - start) as f64;
    // Two engines work at the same time, but nobody has more than all of a GPU.
    busy.filter(|_| seconds > 0.0).map(|busy| (busy / seconds * 100.0).min(100.0))
}

/// The source in the columns from `first` on: id, kind, label and the id of its whole.
pub(super) fn source(row: &rusqlite::Row<'_>, first: usize) -> Result<Arc<Source>, StoreError> {
    let (id, kind, label, whole): (String, String, String, String) =
        (row.get(first)?, row.get(first + 1)?, row.get(first + 2)?, row.get(first + 3)?);
    let kind = SourceKind::from_word(&kind).unwrap_or(SourceKind::Gpu);
    let part_of = (whole != id).then_some(whole);
    Ok(Arc::new(Source { id, kind, label: label.as_str().into(), part_of }))
}

fn percent(permille: Option<i64>) -> Option<f64> {
    permille.map(|permille| permille as f64 / 10.0)
}

fn bytes(kib: Option<i64>) -> Option<u64> {
    kib.map(|kib| kib.max(0) as u64 * 1024)
}

/// What cannot be read names nobody.
fn processes(text: &str) -> Vec<Process> {
    let told: Vec<(u32, Option<u64>)> = serde_json::from_str(text).unwrap_or_default();
    told.into_iter().map(|(pid, started)| Process { pid, started }).collect()
}

/// Deletes what ended before `ts`.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM session WHERE end_ts < ?")?.execute([ts])?)
}

/// The end of the oldest.
pub(super) fn oldest(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(end_ts) FROM session")?.query_row([], |row| row.get(0))?)
}
