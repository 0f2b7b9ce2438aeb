//! The tables `gpu_usage` and `gpu_minute`: who used which GPU, and what that took, by minute.
//!
//! NULL is what was not told, and adds nothing; `idle_mj` is NULL until it is known what the GPU takes when idle. Times are in milliseconds and energies in millijoules, so that a minute
//! that is written in pieces adds up exactly. Deliberately not here: whose doing energy is (`engine::energy`).

use rusqlite::{Connection, params};

use super::catalog::Catalog;
use super::error::StoreError;
use super::identity;
use crate::model::GpuMinute;
use crate::model::answer::{GpuTotal, IdentityUsage};
use crate::model::baseline::PastUse;
use crate::untrusted::Untrusted;

pub(super) const CREATE: &str = "
CREATE TABLE gpu_usage(ts INTEGER NOT NULL, source_id INTEGER NOT NULL, identity_id INTEGER NOT NULL,
  busy_ms INTEGER, vram_kib INTEGER, encoder_ms INTEGER, decoder_ms INTEGER, energy_mj INTEGER,
  PRIMARY KEY(ts, source_id, identity_id)) STRICT, WITHOUT ROWID;   -- vram_kib: the highest
CREATE TABLE gpu_minute(ts INTEGER NOT NULL, source_id INTEGER NOT NULL, energy_mj INTEGER, idle_mj INTEGER,
  attributed_mj INTEGER, busy_ms INTEGER, attributed_ms INTEGER, missing_ms INTEGER NOT NULL,
  PRIMARY KEY(ts, source_id)) STRICT, WITHOUT ROWID;
";

/// Below this a minute says nothing that a person would ask for: the many windows that hold a GPU and do not use it.
const WORTH_BUSY_MS: i64 = 50;
const WORTH_VRAM_KIB: i64 = 64 << 10;

/// Thousandths of a second or of a joule.
pub(super) fn thousandths(value: Option<f64>) -> Option<i64> {
    value.map(|value| (value * 1000.0).round() as i64)
}

/// Adds a minute. Identities that did next to nothing and hold little memory are left out.
pub(super) fn add(db: &Connection, catalog: &mut Catalog, minute: &GpuMinute) -> Result<(), StoreError> {
    for one in &minute.usage {
        let busy = thousandths(one.busy);
        let vram = one.vram.map(|bytes| (bytes / 1024) as i64);
        if busy.unwrap_or(0) < WORTH_BUSY_MS && vram.unwrap_or(0) < WORTH_VRAM_KIB {
            continue;
        }
        let source_id = catalog.number(db, &one.source, minute.start)?;
        let identity_id = identity::number(db, &one.key, &one.identity, one.uid, minute.start)?;
        // A minute that the clock visits twice adds up.
        db.prepare_cached(
            "INSERT INTO gpu_usage VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(ts, source_id, identity_id) DO UPDATE
             SET busy_ms = coalesce(busy_ms + excluded.busy_ms, busy_ms, excluded.busy_ms),
                 vram_kib = coalesce(max(vram_kib, excluded.vram_kib), vram_kib, excluded.vram_kib),
                 encoder_ms = coalesce(encoder_ms + excluded.encoder_ms, encoder_ms, excluded.encoder_ms),
                 decoder_ms = coalesce(decoder_ms + excluded.decoder_ms, decoder_ms, excluded.decoder_ms),
                 energy_mj = coalesce(energy_mj + excluded.energy_mj, energy_mj, excluded.energy_mj)",
        )?
        .execute(params![
            minute.start,
            source_id,
            identity_id,
            busy,
            vram,
            thousandths(one.encoder),
            thousandths(one.decoder),
            thousandths(one.energy)
        ])?;
    }
    for one in &minute.energy {
        let source_id = catalog.number(db, &one.source, minute.start)?;
        db.prepare_cached(
            "INSERT INTO gpu_minute VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(ts, source_id) DO UPDATE
             SET energy_mj = coalesce(energy_mj + excluded.energy_mj, energy_mj, excluded.energy_mj),
                 idle_mj = coalesce(idle_mj + excluded.idle_mj, idle_mj, excluded.idle_mj),
                 attributed_mj = coalesce(attributed_mj + excluded.attributed_mj, attributed_mj, excluded.attributed_mj),
                 busy_ms = coalesce(busy_ms + excluded.busy_ms, busy_ms, excluded.busy_ms),
                 attributed_ms = coalesce(attributed_ms + excluded.attributed_ms, attributed_ms, excluded.attributed_ms),
                 missing_ms = missing_ms + excluded.missing_ms",
        )?
        .execute(params![
            minute.start,
            source_id,
            thousandths(one.energy),
            thousandths(one.idle),
            thousandths(one.attributed),
            thousandths(one.busy),
            thousandths(one.explained),
            thousandths(Some(one.missing))
        ])?;
    }
    Ok(())
}

/// Deletes minutes before `ts`.
pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    let mut deleted = 0;
    for sql in ["DELETE FROM gpu_usage WHERE ts < ?", "DELETE FROM gpu_minute WHERE ts < ?"] {
        deleted += db.prepare_cached(sql)?.execute([ts])?;
    }
    Ok(deleted)
}

/// The oldest stored minute.
pub(super) fn oldest(db: &Connection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT min(ts) FROM (SELECT min(ts) AS ts FROM gpu_usage UNION ALL SELECT min(ts) FROM gpu_minute)";
    Ok(db.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Whether anything is kept of a pack.
pub(super) fn mentions(db: &Connection, pack_id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS(SELECT 1 FROM gpu_minute JOIN source USING(source_id) WHERE pack_id = ?1)
                   OR EXISTS(SELECT 1 FROM gpu_usage JOIN source USING(source_id) WHERE pack_id = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([pack_id], |row| row.get(0))?)
}

/// Every GPU with what it took and who used it in the minutes that reach into `since..until`.
pub(super) fn totals(db: &Connection, since: i64, until: i64) -> Result<Vec<GpuTotal>, StoreError> {
    let range = [since.saturating_sub(60), until];
    // The minutes are summed before they are joined: otherwise SQLite may index all that there are by their GPU, for one.
    let mut query = db.prepare_cached(
        "WITH m AS MATERIALIZED (
           SELECT source_id, sum(energy_mj) AS energy, sum(idle_mj) AS idle, sum(attributed_mj) AS attributed,
                  sum(busy_ms) AS busy, sum(attributed_ms) AS explained, sum(missing_ms) AS missing
             FROM gpu_minute WHERE ts > ?1 AND ts < ?2 GROUP BY source_id)
         SELECT s.uid, s.label, s.source_id, m.energy, m.idle, m.attributed, m.busy, m.explained, coalesce(m.missing, 0)
           FROM source s LEFT JOIN m ON m.source_id = s.source_id
          WHERE s.kind = 'gpu' AND (m.source_id IS NOT NULL
             OR EXISTS(SELECT 1 FROM gpu_usage u WHERE +u.source_id = s.source_id AND u.ts > ?1 AND u.ts < ?2))
          ORDER BY s.source_id",
    )?;
    let mut rows = query.query(range)?;
    let mut gpus = Vec::new();
    while let Some(row) = rows.next()? {
        let [energy, idle, attributed, busy, explained, missing] = base(row, 3)?;
        // Until it is known what the GPU takes when idle, that is among what nobody is known for. A sum of rounded parts
        // may be a little larger than the rounded whole.
        let unattributed =
            energy.zip(attributed).map(|(energy, attributed)| (energy - idle.unwrap_or(0.0) - attributed).max(0.0));
        let (missing, usages) = (missing.unwrap_or(0.0), usages(db, row.get(2)?, range)?);
        let (source, label) = (row.get(0)?, row.get(1)?);
        gpus.push(GpuTotal { source, label, energy, idle, attributed, unattributed, busy, explained, missing, usages });
    }
    Ok(gpus)
}

/// Every minute from `since` on, oldest first.
pub(super) fn past(db: &Connection, since: i64, mut each: impl FnMut(PastUse)) -> Result<(), StoreError> {
    let mut query = db.prepare_cached(
        "SELECT u.ts, s.uid, i.key, i.name, i.uid, u.busy_ms, u.vram_kib FROM gpu_usage u JOIN identity i USING(identity_id)
           JOIN source s USING(source_id) WHERE u.ts >= ? ORDER BY u.ts",
    )?;
    let mut rows = query.query([since])?;
    while let Some(row) = rows.next()? {
        let text = |at| Ok::<_, StoreError>(Untrusted::new(row.get::<_, Vec<u8>>(at)?));
        let [busy] = base(row, 5)?;
        let vram = row.get::<_, Option<i64>>(6)?.map(|kib| kib.max(0) as u64 * 1024);
        let (ts, gpu, uid) = (row.get(0)?, row.get(1)?, row.get(4)?);
        each(PastUse { ts, gpu, key: text(2)?, identity: text(3)?, uid, busy, vram });
    }
    Ok(())
}

fn usages(db: &Connection, source_id: i64, range: [i64; 2]) -> Result<Vec<IdentityUsage>, StoreError> {
    // From the times to the names, and not for each name that was ever met through all times.
    let mut query = db.prepare_cached(
        "SELECT i.name, i.key, i.uid, max(u.vram_kib), sum(u.busy_ms), sum(u.encoder_ms), sum(u.decoder_ms),
                sum(u.energy_mj)
           FROM gpu_usage u CROSS JOIN identity i USING(identity_id)
          WHERE u.ts > ?2 AND u.ts < ?3 AND +u.source_id = ?1
          GROUP BY i.identity_id ORDER BY sum(u.energy_mj) DESC, sum(u.busy_ms) DESC, max(u.vram_kib) DESC",
    )?;
    let mut rows = query.query([source_id, range[0], range[1]])?;
    let mut usages = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at| Ok::<_, StoreError>(Untrusted::new(row.get::<_, Vec<u8>>(at)?).json().into_owned());
        let [busy, encoder, decoder, energy] = base(row, 4)?;
        let vram = row.get::<_, Option<i64>>(3)?.map(|kib| kib.max(0) as u64 * 1024);
        usages.push(IdentityUsage {
            identity: text(0)?,
            key: text(1)?,
            uid: row.get(2)?,
            busy,
            vram,
            encoder,
            decoder,
            energy,
        });
    }
    Ok(usages)
}

/// A pause of so many seconds between two minutes ends a stretch: one minute may be missed.
const PAUSE: i64 = 120;
/// A stretch is looked for this far back, in seconds.
const FAR: i64 = 7 * 86_400;
/// A minute in which an identity did less, and held less, is a pause.
const ACTIVE_BUSY_MS: i64 = 6_000;
const ACTIVE_VRAM_KIB: i64 = 256 << 10;

/// Since when an identity uses a GPU without a long pause, seen from `at`, and the joules that are its doing since then.
pub(super) fn stretch(
    db: &Connection,
    source: &str,
    key: &Untrusted,
    uid: Option<u32>,
    at: i64,
) -> Result<Option<(i64, Option<f64>)>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT u.ts, u.busy_ms, u.vram_kib, u.energy_mj
           FROM gpu_usage u CROSS JOIN identity i USING(identity_id) CROSS JOIN source s USING(source_id)
          WHERE s.uid = ?1 AND i.key = ?2 AND i.uid IS ?3 AND u.ts <= ?4 AND u.ts > ?5 ORDER BY u.ts DESC",
    )?;
    let mut rows = query.query(params![source, key.as_bytes(), uid, at, at - FAR])?;
    let (mut last, mut joules) = (at - 60, None);
    let mut since = None;
    while let Some(row) = rows.next()? {
        let ts: i64 = row.get(0)?;
        if last - ts > PAUSE {
            break;
        }
        let [busy, vram, energy] = [row.get(1)?, row.get(2)?, row.get::<_, Option<i64>>(3)?];
        if busy.unwrap_or(0) < ACTIVE_BUSY_MS && vram.unwrap_or(0) < ACTIVE_VRAM_KIB {
            continue;
        }
        (last, since) = (ts, Some(ts));
        joules = joules.or(energy.map(|_| 0.0)).map(|sum: f64| sum + energy.unwrap_or(0) as f64 / 1000.0);
    }
    Ok(since.map(|since| (since, joules)))
}

/// Columns in thousandths, from `first` on, as whole units.
pub(super) fn base<const N: usize>(row: &rusqlite::Row<'_>, first: usize) -> Result<[Option<f64>; N], StoreError> {
    let mut values = [None; N];
    for (at, value) in values.iter_mut().enumerate() {
        *value = row.get::<_, Option<i64>>(first + at)?.map(|stored| stored as f64 / 1000.0);
    }
    Ok(values)
}
