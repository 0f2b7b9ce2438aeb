//! The tables `gpu_usage` and `gpu_minute`: who used which GPU, and what that took, by minute; and `gpu_usage_hour` and
//! `gpu_hour`, the sums of their hours.
//!
//! A month has more minutes than can be summed while a person waits, so that of whole hours the sums are read. They are
//! written with each minute, so that they always are what their minutes add up to, and are kept for longer. NULL is what was
//! not told, and adds nothing; `idle_mj` is NULL until it is known what the GPU takes when idle. Times are in milliseconds
//! and energies in millijoules, so that a minute that is written in pieces adds up exactly. Deliberately not here: whose
//! doing energy is (`engine::energy`).

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::catalog::{self, Catalog};
use super::error::StoreError;
use super::{identity, schema};
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

pub(super) const CREATE_HOURS: &str = "
CREATE TABLE gpu_usage_hour(ts INTEGER NOT NULL, source_id INTEGER NOT NULL, identity_id INTEGER NOT NULL,
  busy_ms INTEGER, vram_kib INTEGER, encoder_ms INTEGER, decoder_ms INTEGER, energy_mj INTEGER,
  PRIMARY KEY(ts, source_id, identity_id)) STRICT, WITHOUT ROWID;   -- of gpu_usage; ts: the hour's first second
CREATE TABLE gpu_hour(ts INTEGER NOT NULL, source_id INTEGER NOT NULL, energy_mj INTEGER, idle_mj INTEGER,
  attributed_mj INTEGER, busy_ms INTEGER, attributed_ms INTEGER, missing_ms INTEGER NOT NULL,
  PRIMARY KEY(ts, source_id)) STRICT, WITHOUT ROWID;   -- of gpu_minute
";

/// Makes the hours of the minutes that are there.
pub(super) const FILL_HOURS: &str = "
INSERT OR REPLACE INTO gpu_usage_hour SELECT ts - ((ts % 3600) + 3600) % 3600, source_id, identity_id, sum(busy_ms), max(vram_kib),
    sum(encoder_ms), sum(decoder_ms), sum(energy_mj) FROM gpu_usage GROUP BY 1, 2, 3;
INSERT OR REPLACE INTO gpu_hour SELECT ts - ((ts % 3600) + 3600) % 3600, source_id, sum(energy_mj), sum(idle_mj),
    sum(attributed_mj), sum(busy_ms), sum(attributed_ms), sum(missing_ms) FROM gpu_minute GROUP BY 1, 2;
";

/// Where who used a GPU stands, and where what it took: the minutes and the hours.
pub(super) const MINUTES: [&str; 2] = ["gpu_usage", "gpu_minute"];
pub(super) const HOURS: [&str; 2] = ["gpu_usage_hour", "gpu_hour"];
pub(super) const HOUR: i64 = 3600;

/// The first second of the hour that a second lies in.
pub(super) fn hour_of(ts: i64) -> i64 {
    ts.saturating_sub(ts.rem_euclid(HOUR))
}

/// Below this a minute says nothing that a person would ask for: the many windows that hold a GPU and do not use it.
const WORTH_BUSY_MS: i64 = 50;
const WORTH_VRAM_KIB: i64 = 64 << 10;

/// Thousandths of a second or of a joule.
pub(super) fn thousandths(value: Option<f64>) -> Option<i64> {
    value.map(|value| (value * 1000.0).round() as i64)
}

/// Adds a minute, to its hour too. Identities that did next to nothing and hold little memory are left out.
pub(super) fn add(db: &Connection, catalog: &mut Catalog, minute: &GpuMinute) -> Result<(), StoreError> {
    let places = [(MINUTES, minute.start), (HOURS, hour_of(minute.start))];
    for one in &minute.usage {
        let busy = thousandths(one.busy);
        let vram = one.vram.map(|bytes| (bytes / 1024) as i64);
        if busy.unwrap_or(0) < WORTH_BUSY_MS && vram.unwrap_or(0) < WORTH_VRAM_KIB {
            continue;
        }
        let source_id = catalog.number(db, &one.source, minute.start)?;
        let identity_id = identity::number(db, &one.key, &one.identity, one.uid, minute.start)?;
        // A minute that the clock visits twice adds up.
        for ([table, _], ts) in places {
            db.prepare_cached(&format!(
                "INSERT INTO {table} VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(ts, source_id, identity_id) DO UPDATE
                 SET busy_ms = coalesce(busy_ms + excluded.busy_ms, busy_ms, excluded.busy_ms),
                     vram_kib = coalesce(max(vram_kib, excluded.vram_kib), vram_kib, excluded.vram_kib),
                     encoder_ms = coalesce(encoder_ms + excluded.encoder_ms, encoder_ms, excluded.encoder_ms),
                     decoder_ms = coalesce(decoder_ms + excluded.decoder_ms, decoder_ms, excluded.decoder_ms),
                     energy_mj = coalesce(energy_mj + excluded.energy_mj, energy_mj, excluded.energy_mj)",
            ))?
            .execute(params![
                ts,
                source_id,
                identity_id,
                busy,
                vram,
                thousandths(one.encoder),
                thousandths(one.decoder),
                thousandths(one.energy)
            ])?;
        }
    }
    for one in &minute.energy {
        let source_id = catalog.number(db, &one.source, minute.start)?;
        for ([_, table], ts) in places {
            db.prepare_cached(&format!(
                "INSERT INTO {table} VALUES(?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(ts, source_id) DO UPDATE
                 SET energy_mj = coalesce(energy_mj + excluded.energy_mj, energy_mj, excluded.energy_mj),
                     idle_mj = coalesce(idle_mj + excluded.idle_mj, idle_mj, excluded.idle_mj),
                     attributed_mj =
                       coalesce(attributed_mj + excluded.attributed_mj, attributed_mj, excluded.attributed_mj),
                     busy_ms = coalesce(busy_ms + excluded.busy_ms, busy_ms, excluded.busy_ms),
                     attributed_ms =
                       coalesce(attributed_ms + excluded.attributed_ms, attributed_ms, excluded.attributed_ms),
                     missing_ms = missing_ms + excluded.missing_ms",
            ))?
            .execute(params![
                ts,
                source_id,
                thousandths(one.energy),
                thousandths(one.idle),
                thousandths(one.attributed),
                thousandths(one.busy),
                thousandths(one.explained),
                thousandths(Some(one.missing))
            ])?;
        }
    }
    Ok(())
}

/// Deletes the minutes, or the hours, before `ts`, which begins an hour.
pub(super) fn delete_before(db: &Connection, tables: [&str; 2], ts: i64) -> Result<usize, StoreError> {
    let mut deleted = 0;
    for table in tables {
        deleted += db.prepare_cached(&format!("DELETE FROM {table} WHERE ts < ?"))?.execute([ts])?;
    }
    Ok(deleted)
}

/// The oldest stored minute, or hour.
pub(super) fn oldest(db: &Connection, [usages, totals]: [&str; 2]) -> Result<Option<i64>, StoreError> {
    let sql =
        format!("SELECT min(ts) FROM (SELECT min(ts) AS ts FROM {usages} UNION ALL SELECT min(ts) FROM {totals})");
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Until when use is told, where the last tick was at `last`: the minute that ran then is told where the recorder wrote it
/// when it ended. A minute in which nobody used a GPU has no row, and is told all the same.
pub(super) fn counted(db: &Connection, last: i64) -> Result<i64, StoreError> {
    let minute = last - last.rem_euclid(60);
    let [usages, totals] = MINUTES;
    let sql =
        format!("SELECT EXISTS(SELECT 1 FROM {usages} WHERE ts = ?1) OR EXISTS(SELECT 1 FROM {totals} WHERE ts = ?1)");
    let is_told: bool = db.prepare_cached(&sql)?.query_row([minute], |row| row.get(0))?;
    Ok(if is_told { last + 1 } else { minute })
}

/// The hour from which on minutes are kept; of what was before, only hours are.
pub(super) fn minutes_since(db: &Connection) -> Result<i64, StoreError> {
    Ok(oldest(db, MINUTES)?.map_or(i64::MAX, hour_of))
}

/// Whether anything is kept of a pack.
pub(super) fn mentions(db: &Connection, pack_id: i64) -> Result<bool, StoreError> {
    // No minute is without its hour.
    let sql = "SELECT EXISTS(SELECT 1 FROM gpu_hour JOIN source USING(source_id) WHERE pack_id = ?1)
                   OR EXISTS(SELECT 1 FROM gpu_usage_hour JOIN source USING(source_id) WHERE pack_id = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([pack_id], |row| row.get(0))?)
}

/// Every GPU with what it took and who used it in the minutes that reach into `since..until`; where those are not kept any
/// more, in the hours that do.
pub(super) fn totals(db: &Connection, since: i64, until: i64) -> Result<Vec<GpuTotal>, StoreError> {
    let from = since.saturating_sub(59);
    // A recorder of an older Hoofbeat writes minutes only.
    if schema::version(db)? < schema::WITH_GPU_HOURS {
        return summed(db, MINUTES, parts(from, until));
    }
    // What an hour adds up to says nothing of a minute of it.
    if until.saturating_sub(since) < HOUR {
        return summed(db, HOURS, parts(from, until));
    }
    let kept = minutes_since(db)?;
    let from = if since < kept { hour_of(since) } else { from };
    let until = if until < kept { hour_of(until.saturating_add(HOUR - 1)) } else { until };
    summed(db, HOURS, parts(from, until))
}

/// The same, with the whole hours from these tables.
fn summed(db: &Connection, middle: [&str; 2], parts: [i64; 4]) -> Result<Vec<GpuTotal>, StoreError> {
    let [usages_of, totals_of] = [0, 1].map(|at| {
        let part = |table: &str, from: u8| format!("SELECT * FROM {table} WHERE ts >= ?{from} AND ts < ?{}", from + 1);
        [part(MINUTES[at], 1), part(middle[at], 2), part(MINUTES[at], 3)].join(" UNION ALL ")
    });
    let mut query = db.prepare_cached(&format!(
        "WITH m AS MATERIALIZED (
           SELECT source_id, sum(energy_mj) AS energy, sum(idle_mj) AS idle, sum(attributed_mj) AS attributed,
                  sum(busy_ms) AS busy, sum(attributed_ms) AS explained, sum(missing_ms) AS missing
             FROM ({totals_of}) GROUP BY source_id)
         SELECT s.uid, s.label, s.source_id, m.energy, m.idle, m.attributed, m.busy, m.explained, coalesce(m.missing, 0)
           FROM source s LEFT JOIN m ON m.source_id = s.source_id
          WHERE s.kind = 'gpu' AND (m.source_id IS NOT NULL
             OR s.source_id IN (SELECT source_id FROM ({usages_of})))
          ORDER BY s.source_id",
    ))?;
    let mut rows = query.query(parts)?;
    let mut gpus = Vec::new();
    while let Some(row) = rows.next()? {
        let [energy, idle, attributed, busy, explained, missing] = base(row, 3)?;
        // Until it is known what the GPU takes when idle, that is among what nobody is known for. A sum of rounded parts
        // may be a little larger than the rounded whole.
        let unattributed =
            energy.zip(attributed).map(|(energy, attributed)| (energy - idle.unwrap_or(0.0) - attributed).max(0.0));
        let (missing, usages) = (missing.unwrap_or(0.0), usages(db, row.get(2)?, &usages_of, parts)?);
        let (source, label) = (row.get(0)?, row.get(1)?);
        gpus.push(GpuTotal { source, label, energy, idle, attributed, unattributed, busy, explained, missing, usages });
    }
    Ok(gpus)
}

/// What `from..until` is made of: minutes from the first to the second, whole hours to the third, minutes to the fourth.
fn parts(from: i64, until: i64) -> [i64; 4] {
    let first = hour_of(from.saturating_add(HOUR - 1)).min(until).max(from);
    [from, first, hour_of(until).max(first), until]
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

fn usages(db: &Connection, source_id: i64, of: &str, parts: [i64; 4]) -> Result<Vec<IdentityUsage>, StoreError> {
    // From the times to the names, and not for each name that was ever met through all times.
    let mut query = db.prepare_cached(&format!(
        "SELECT i.name, i.key, i.uid, max(u.vram_kib), sum(u.busy_ms), sum(u.encoder_ms), sum(u.decoder_ms),
                sum(u.energy_mj)
           FROM ({of}) u CROSS JOIN identity i USING(identity_id)
          WHERE +u.source_id = ?5
          GROUP BY i.identity_id ORDER BY sum(u.energy_mj) DESC, sum(u.busy_ms) DESC, max(u.vram_kib) DESC",
    ))?;
    let [from, first, last, until] = parts;
    let mut rows = query.query([from, first, last, until, source_id])?;
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

/// Since when (Unix seconds) somebody uses a GPU without a long pause, and the joules that are his doing since then.
pub type UsedSince = (i64, Option<f64>);

/// Since when each identity (key and user) uses a GPU without a long pause, seen from `at`, and the joules that are its
/// doing since then.
pub(super) fn stretches(
    db: &Connection,
    source: &str,
    who: &[(&Untrusted, Option<u32>)],
    at: i64,
) -> Result<Vec<Option<UsedSince>>, StoreError> {
    let mut found = vec![None; who.len()];
    let Some(source_id) = catalog::source_id(db, source)? else { return Ok(found) };
    // One that changed its name has several numbers, and one that is asked for twice has one place.
    let places: Vec<usize> = who.iter().map(|one| who.iter().position(|other| other == one).unwrap_or(0)).collect();
    let mut numbers = HashMap::new();
    let mut query = db.prepare_cached("SELECT identity_id FROM identity WHERE key = ? AND uid IS ?")?;
    for (place, (key, uid)) in places.iter().copied().zip(who) {
        for number in query.query_map(params![key.as_bytes(), uid], |row| row.get::<_, i64>(0))? {
            numbers.insert(number?, place);
        }
    }
    let mut last = vec![at - 60; who.len()];
    // From now on back, through the minutes of all of them at once: days of them are read.
    let mut query = db.prepare_cached(
        "SELECT ts, identity_id, busy_ms, vram_kib, energy_mj FROM gpu_usage
          WHERE ts <= ?1 AND ts > ?2 AND +source_id = ?3 ORDER BY ts DESC",
    )?;
    let mut rows = query.query([at, at - FAR, source_id])?;
    while let Some(row) = rows.next()? {
        let ts: i64 = row.get(0)?;
        if last.iter().all(|last| last - ts > PAUSE) {
            break;
        }
        let Some(place) = numbers.get(&row.get(1)?).copied().filter(|place| last[*place] - ts <= PAUSE) else {
            continue;
        };
        let [busy, vram, energy] = [row.get(2)?, row.get(3)?, row.get::<_, Option<i64>>(4)?];
        if busy.unwrap_or(0) < ACTIVE_BUSY_MS && vram.unwrap_or(0) < ACTIVE_VRAM_KIB {
            continue;
        }
        last[place] = ts;
        let joules = found[place].and_then(|(_, joules)| joules);
        let joules = match (joules, energy) {
            (joules, None) => joules,
            (joules, Some(energy)) => Some(joules.unwrap_or(0.0) + energy as f64 / 1000.0),
        };
        found[place] = Some((ts, joules));
    }
    Ok(places.into_iter().map(|place| found[place]).collect())
}

/// Columns in thousandths, from `first` on, as whole units.
pub(super) fn base<const N: usize>(row: &rusqlite::Row<'_>, first: usize) -> Result<[Option<f64>; N], StoreError> {
    let mut values = [None; N];
    for (at, value) in values.iter_mut().enumerate() {
        *value = row.get::<_, Option<i64>>(first + at)?.map(|stored| stored as f64 / 1000.0);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{GpuEnergy, GpuUsage, Source, SourceKind};

    fn amount() -> impl Strategy<Value = Option<f64>> {
        prop::option::weighted(0.8, (0_u32..60_000).prop_map(|thousandths| f64::from(thousandths) / 1000.0))
    }

    fn gpu() -> impl Strategy<Value = Arc<Source>> {
        (0..3).prop_map(|n| Source::whole(SourceKind::Gpu, format!("gpu:{n}"), "GPU"))
    }

    prop_compose! {
        fn usage()(
            source in gpu(),
            name in prop_oneof![Just("Blender"), Just("Ollama"), Just("Xorg")],
            uid in prop::option::of(0_u32..2),
            [busy, encoder, decoder, energy] in [amount(), amount(), amount(), amount()],
            vram in prop::option::of(0_u64..1 << 36),
        ) -> GpuUsage {
            GpuUsage { source, key: name.into(), identity: name.into(), uid, busy, vram, encoder, decoder, energy }
        }
    }

    prop_compose! {
        fn energy()(
            source in gpu(),
            [energy, idle, attributed, busy, explained] in [amount(), amount(), amount(), amount(), amount()],
            missing in 0_u8..60,
        ) -> GpuEnergy {
            GpuEnergy { source, energy, idle, attributed, busy, explained, missing: f64::from(missing) }
        }
    }

    prop_compose! {
        /// Within a few hours, so that minutes and hours are hit more than once.
        fn minute()(
            at in -100_i64..300,
            usage in prop::collection::vec(usage(), 0..4),
            energy in prop::collection::vec(energy(), 0..3),
        ) -> GpuMinute {
            GpuMinute { start: at * 60, usage, energy }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn whole_hours_say_what_their_minutes_do(
            minutes in prop::collection::vec(minute(), 0..40),
            ranges in prop::collection::vec((-7000_i64..20_000, -7000_i64..20_000), 8),
            gone in -7000_i64..20_000,
        ) {
            let mut db = Connection::open_in_memory().unwrap();
            schema::migrate(&mut db).unwrap();
            let mut catalog = Catalog::default();
            for minute in &minutes {
                add(&db, &mut catalog, minute).unwrap();
            }
            let check = |db: &Connection| -> Result<(), TestCaseError> {
                for (since, until) in ranges.iter().copied().chain([(i64::MIN, i64::MAX), (i64::MAX, i64::MIN)]) {
                    let from = since.saturating_sub(59);
                    let by_minutes = summed(db, MINUTES, [from, until, until, until]).unwrap();
                    prop_assert_eq!(totals(db, since, until).unwrap(), by_minutes, "{} – {}", since, until);
                }
                Ok(())
            };
            check(&db)?;
            let whole = |db: &Connection| {
                let hours = |ts: i64| hour_of(ts) - HOUR..hour_of(ts);
                ranges.iter().map(|(since, until)| totals(db, hours(*since).start, hours(*until).end).unwrap()).collect::<Vec<_>>()
            };
            let before = whole(&db);
            delete_before(&db, MINUTES, hour_of(gone)).unwrap();
            prop_assert_eq!(whole(&db), before, "hours outlive their minutes");
            delete_before(&db, HOURS, hour_of(gone)).unwrap();
            check(&db)?;
            // From the minutes alone, as of a file that an older Hoofbeat wrote.
            db.execute_batch("DELETE FROM gpu_usage_hour; DELETE FROM gpu_hour;").unwrap();
            db.execute_batch(FILL_HOURS).unwrap();
            check(&db)?;
            // And while one writes it still.
            db.execute_batch("DROP TABLE gpu_usage_hour; DROP TABLE gpu_hour;").unwrap();
            db.pragma_update(None, "user_version", schema::WITH_GPU_HOURS - 1).unwrap();
            check(&db)?;
        }
    }
    /// Since when one identity uses a GPU, by a question of its own.
    fn stretch(db: &Connection, gpu: &str, key: &Untrusted, uid: Option<u32>, at: i64) -> Option<UsedSince> {
        let mut query = db
            .prepare_cached(
                "SELECT u.ts, u.busy_ms, u.vram_kib, u.energy_mj
                   FROM gpu_usage u CROSS JOIN identity i USING(identity_id) CROSS JOIN source s USING(source_id)
                  WHERE s.uid = ?1 AND i.key = ?2 AND i.uid IS ?3 AND u.ts <= ?4 AND u.ts > ?5 ORDER BY u.ts DESC",
            )
            .unwrap();
        let mut rows = query.query(params![gpu, key.as_bytes(), uid, at, at - FAR]).unwrap();
        let (mut last, mut since, mut joules) = (at - 60, None, None);
        while let Some(row) = rows.next().unwrap() {
            let ts: i64 = row.get(0).unwrap();
            if last - ts > PAUSE {
                break;
            }
            let [busy, vram, energy] = [1, 2, 3].map(|at| row.get::<_, Option<i64>>(at).unwrap());
            if busy.unwrap_or(0) < ACTIVE_BUSY_MS && vram.unwrap_or(0) < ACTIVE_VRAM_KIB {
                continue;
            }
            (last, since) = (ts, Some(ts));
            joules = energy.map_or(joules, |energy| Some(joules.unwrap_or(0.0) + energy as f64 / 1000.0));
        }
        since.map(|since| (since, joules))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn one_pass_finds_the_stretch_of_each(
            minutes in prop::collection::vec(minute(), 0..120),
            at in prop::collection::vec(-6000_i64..20_000, 8),
        ) {
            let mut db = Connection::open_in_memory().unwrap();
            schema::migrate(&mut db).unwrap();
            let mut catalog = Catalog::default();
            for minute in &minutes {
                // Close together, so that there are stretches.
                add(&db, &mut catalog, &GpuMinute { start: minute.start.div_euclid(240) * 60, ..minute.clone() }).unwrap();
            }
            let names = ["Blender", "Ollama", "nobody", "Blender"].map(Untrusted::from);
            let who: Vec<_> = names.iter().flat_map(|name| [None, Some(0), Some(1)].map(|uid| (name, uid))).collect();
            for at in at.into_iter().map(|at| at / 4) {
                let alone: Vec<_> = who.iter().map(|(key, uid)| stretch(&db, "gpu:1", key, *uid, at)).collect();
                prop_assert_eq!(stretches(&db, "gpu:1", &who, at).unwrap(), alone);
            }
            prop_assert_eq!(stretches(&db, "gpu:9", &who, 0).unwrap(), vec![None; who.len()]);
        }
    }
}
