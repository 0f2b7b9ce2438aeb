//! The views: how any stock `sqlite3` (3.40 and later) reads everything. `docs/queries.sql` shows them in use.
//!
//! A column's characters (see `codec`) become JSON numbers again through `replace`, one for each character; an empty
//! slot's `null,` comes last, because it is made of letters itself. The chain is cut into subqueries because SQLite's
//! parser stops at about thirty calls inside each other. Differences are summed by a window over one chunk, so a
//! condition on `hour` or `day` (not on `ts` alone) is what keeps a query from decoding everything.
//!
//! In `minutes` and `hours`, `mean`, `min` and `max` of flags (`metric.kind`) are all the same: every bit that was set.

use rusqlite::Connection;

use super::catalog::LISTED;
use super::codec::{DIFFERENCES, EMPTY, LAST, LETTERS, MINUS, ZEROS};
use super::error::StoreError;

/// How many bits of flags the minutes that are not sealed yet tell. Each is looked at in every row of every metric, so
/// there are few more than `gpu.throttle` has.
const FLAGS: u32 = 8;

/// `text` (an SQL expression in the columns of `from`) with every letter turned into a number and a comma; the result
/// is the column `numbers`.
fn decoded(text: &str, from: &str) -> String {
    let mut pairs: Vec<(char, String)> = Vec::new();
    for n in 0..=LETTERS {
        pairs.push((char::from(b'A' + n as u8), format!("{n},")));
    }
    for n in 1..=LETTERS {
        pairs.push((char::from(b'a' + n as u8), format!("-{n},")));
    }
    pairs.extend(LAST.iter().enumerate().map(|(digit, sign)| (char::from(*sign), format!("{digit},"))));
    pairs.extend(MINUS.iter().enumerate().map(|(at, sign)| (char::from(*sign), format!("-{}", at + 1))));
    pairs.extend(ZEROS.iter().enumerate().map(|(at, sign)| (char::from(*sign), "0".repeat(at + 2) + ",")));
    pairs.push((char::from(EMPTY), "null,".into()));
    let mut query = format!("SELECT *, {text} AS step0 {from}");
    let stages: Vec<_> = pairs.chunks(13).collect();
    for (at, stage) in stages.iter().enumerate() {
        let mut expression = format!("step{at}");
        for (letter, number) in *stage {
            expression = format!("replace({expression},'{letter}','{number}')");
        }
        let name = if at + 1 == stages.len() { "numbers".into() } else { format!("step{}", at + 1) };
        query = format!("SELECT *, {expression} AS {name} FROM ({query})");
    }
    query
}

/// Removes every view.
pub(super) fn drop_all(db: &Connection) -> Result<(), StoreError> {
    let mut query = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")?;
    let names: Vec<String> = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in names {
        db.execute_batch(&format!("DROP VIEW \"{}\"", name.replace('"', "\"\"")))?;
    }
    Ok(())
}

/// The views of who used a GPU, and of what nobody did, in the stretches of two tables.
fn gpu_uses(usages: &str, usage: &str, totals: &str, total: &str) -> String {
    format!(
        "CREATE VIEW {usages} AS
 SELECT u.ts, s.uid AS source, CAST(i.name AS TEXT) AS identity, CAST(i.key AS TEXT) AS key, i.uid,
   u.busy_ms / 1000.0 AS busy_seconds, u.vram_kib * 1024 AS vram, u.encoder_ms / 1000.0 AS encoder_seconds,
   u.decoder_ms / 1000.0 AS decoder_seconds, u.energy_mj / 1000.0 AS energy
   FROM {usage} u JOIN identity i USING(identity_id) JOIN source s USING(source_id);

CREATE VIEW {totals} AS
 SELECT m.ts, s.uid AS source, m.energy_mj / 1000.0 AS energy, m.idle_mj / 1000.0 AS idle,
   m.attributed_mj / 1000.0 AS attributed, (m.energy_mj - coalesce(m.idle_mj, 0) - m.attributed_mj) / 1000.0 AS unattributed,
   m.busy_ms / 1000.0 AS busy_seconds, m.attributed_ms / 1000.0 AS attributed_seconds,
   m.missing_ms / 1000.0 AS missing_seconds
   FROM {total} m JOIN source s USING(source_id);"
    )
}

/// Makes every view.
pub(super) fn create() -> String {
    let column = |col: &str| format!("json_extract(CAST(sqlar_uncompress(body, raw_len) AS TEXT), '$['||{col}||']')");
    let series = "FROM series e JOIN metric m USING(metric_id) JOIN source s ON s.source_id = e.source_id";
    let history = decoded(
        &column("col"),
        &format!(
            "FROM (SELECT m.key AS metric, s.uid AS source, m.multiply, m.divide, e.col, c.chunk_id, c.hour, c.t0,
               c.step, c.modes, c.body, c.raw_len {series} JOIN chunk c ON c.pack_id = e.pack_id)"
        ),
    );
    let minutes = decoded(
        &[0, 1, 2, 3].map(|col| column(&col.to_string())).join("||"),
        &format!(
            "FROM (SELECT m.key AS metric, s.uid AS source, m.multiply, m.divide, d.day, d.modes, d.body, d.raw_len
               {series} JOIN minute d USING(series_id))"
        ),
    );
    // Minutes of who used a GPU, and hours of it, have the same columns.
    let gpu_minutes = gpu_uses("gpu_usages", "gpu_usage", "gpu_minutes", "gpu_minute");
    let gpu_hours = gpu_uses("gpu_usage_hours", "gpu_usage_hour", "gpu_hours", "gpu_hour");
    // SQLite folds no bits by itself.
    let any = (0..FLAGS).map(|bit| format!("max(value & {})", 1_u64 << bit)).collect::<Vec<_>>().join(" + ");
    let any = format!("({any}) * 1.0");
    format!(
        "
CREATE VIEW status AS
 SELECT s.uid AS source, s.kind, s.label, s.health, s.reason, c.ts,
   (SELECT json_group_object(m.key, json_extract(c.vals, '$['||e.col||']') * m.multiply / m.divide)
      FROM series e JOIN metric m USING(metric_id)
     WHERE e.source_id = s.source_id AND json_extract(c.vals, '$['||e.col||']') IS NOT NULL) AS metrics,
   (SELECT json_group_array(json(v.value)) FROM source w JOIN json_each(c.processes) v
     WHERE w.source_id = s.pack_id AND s.health = 'ok' AND coalesce(v.value ->> 'source', w.uid) = s.uid
    HAVING count(*) > 0) AS processes
   FROM source s LEFT JOIN current c USING(pack_id) WHERE {LISTED};

CREATE VIEW gpu_processes AS
 SELECT s.uid AS source, v.value ->> 'pid' AS pid, v.value ->> 'started' AS started, v.value ->> 'identity' AS identity,
   v.value ->> 'uid' AS uid, v.value ->> 'share' AS share, v.value ->> 'vram' AS vram, v.value ->> 'key' AS key,
   v.value ->> 'exe' AS exe FROM current c JOIN source w ON w.source_id = c.pack_id JOIN json_each(c.processes) v
   JOIN source s ON s.uid = coalesce(v.value ->> 'source', w.uid) WHERE s.health = 'ok';

CREATE VIEW history AS
 SELECT metric, source, hour, ts, stored * multiply / divide AS value FROM (
   SELECT metric, source, hour, t0 + v.key * step AS ts, multiply, divide, v.value AS present,
     CASE substr(modes, col + 1, 1) WHEN '{DIFFERENCES}'
       THEN sum(v.value) OVER (PARTITION BY metric, source, hour, chunk_id ORDER BY v.key) ELSE v.value END AS stored
     FROM ({history}) JOIN json_each('[' || rtrim(numbers, ',') || ']') v)
  WHERE present IS NOT NULL
 UNION ALL
 SELECT m.key, s.uid, r.ts - r.ts % 3600, r.ts, json_extract(r.vals, '$['||e.col||']') * m.multiply / m.divide
   {series} JOIN recent r ON r.pack_id = e.pack_id WHERE json_extract(r.vals, '$['||e.col||']') IS NOT NULL;

CREATE VIEW minutes AS
 SELECT metric, source, day, day + minute * 60 AS ts,
   max(stored) FILTER (WHERE field = 0) AS n,
   max(stored) FILTER (WHERE field = 1) * multiply / divide / max(stored) FILTER (WHERE field = 0) AS mean,
   max(stored) FILTER (WHERE field = 2) * multiply / divide AS min,
   max(stored) FILTER (WHERE field = 3) * multiply / divide AS max
  FROM (
   SELECT metric, source, day, multiply, divide, v.key / 1440 AS field, v.key % 1440 AS minute, v.value AS present,
     CASE substr(modes, v.key / 1440 + 1, 1) WHEN '{DIFFERENCES}'
       THEN sum(v.value) OVER (PARTITION BY metric, source, day, v.key / 1440 ORDER BY v.key) ELSE v.value END AS stored
     FROM ({minutes}) JOIN json_each('[' || rtrim(numbers, ',') || ']') v)
  WHERE present IS NOT NULL GROUP BY metric, source, day, minute
 UNION ALL
 SELECT metric, source, hour - hour % 86400, ts - ts % 60, count(*), iif(kind = 'flags', {any}, avg(value)),
   iif(kind = 'flags', {any}, min(value)), iif(kind = 'flags', {any}, max(value))
   FROM (SELECT m.key AS metric, m.kind, s.uid AS source, r.ts - r.ts % 3600 AS hour, r.ts,
           json_extract(r.vals, '$['||e.col||']') * m.multiply / m.divide AS value
           {series} JOIN recent r ON r.pack_id = e.pack_id)
  WHERE value IS NOT NULL GROUP BY metric, source, hour - hour % 86400, ts - ts % 60;

CREATE VIEW hours AS
 SELECT m.key AS metric, s.uid AS source, h.ts, h.n, h.sum * m.multiply / m.divide / h.n AS mean,
   h.min * m.multiply / m.divide AS min, h.max * m.multiply / m.divide AS max
   {series} JOIN hour h USING(series_id);

CREATE VIEW usages AS
 SELECT u.ts, CAST(i.name AS TEXT) AS identity, i.uid, u.processes, u.cpu_ms / 1000.0 AS cpu_seconds,
   u.memory_kib * 1024 AS memory, u.io_kib * 1024 AS io, nullif(CAST(i.key AS TEXT), '') AS key FROM usage u JOIN identity i USING(identity_id);

{gpu_minutes}

{gpu_hours}

CREATE VIEW sessions AS
 SELECT n.session_id AS session, n.episode_id AS episode, s.uid AS source, CAST(i.name AS TEXT) AS identity,
   CAST(i.key AS TEXT) AS key, i.uid, n.start_ts, n.end_ts, n.ended, n.busy_ms / 1000.0 AS busy_seconds,
   min(100.0, n.busy_ms / 10.0 / nullif(n.end_ts - n.start_ts, 0)) AS mean_share,
   n.peak_share_permille / 10.0 AS peak_share, n.vram_kib * 1024 AS vram, n.encoder_ms / 1000.0 AS encoder_seconds,
   n.decoder_ms / 1000.0 AS decoder_seconds, n.energy_mj / 1000.0 AS energy, n.processes,
   CAST(n.command AS TEXT) AS command
   FROM session n JOIN identity i USING(identity_id) JOIN source s USING(source_id);

CREATE VIEW episodes AS
 SELECT e.episode_id AS episode, s.uid AS source, e.start_ts, e.end_ts, e.ended, e.busy_ms / 1000.0 AS busy_seconds,
   e.attributed_ms / 1000.0 AS attributed_seconds, (e.busy_ms - e.attributed_ms) / 1000.0 AS remainder_seconds,
   e.energy_mj / 1000.0 AS energy, e.temperature_milli / 1000.0 AS temperature, e.power_mw / 1000.0 AS power,
   e.throttled_ms / 1000.0 AS throttled_seconds FROM episode e JOIN source s USING(source_id);

CREATE VIEW habits AS
 SELECT CAST(key AS TEXT) AS key, nullif(uid, -1) AS uid, CAST(label AS TEXT) AS identity, first_ts, updated_ts, count,
   hours, days, alarmed <> 0 AS unanswered FROM baseline;

CREATE VIEW binaries AS
 SELECT CAST(key AS TEXT) AS key, nullif(uid, -1) AS uid, CAST(path AS TEXT) AS path, content, first_ts, seen_ts
   FROM binary;

CREATE VIEW snoozes AS SELECT rule, source, until, nullif(who, '') AS who FROM snooze;

CREATE VIEW channels AS SELECT channel, whom, told, failing_since, reason FROM channel;

CREATE VIEW events AS
 SELECT e.seq, e.ts, e.kind, s.uid AS source, e.detail FROM event e LEFT JOIN source s USING(source_id);
"
    )
}
