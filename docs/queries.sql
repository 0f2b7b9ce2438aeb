-- Example queries for Debian's `sqlite3` (3.40 and later):
--
--     sqlite3 -readonly ~/.local/share/hoofbeat/hoofbeat.db < docs/queries.sql
--
-- The history of one hour is one compressed row; a condition on `hour` (for `history`) or `day` (for `minutes`) tells
-- SQLite which rows to decompress, a condition on `ts` alone makes it read all of them.
--
-- In `minutes` and `hours`, min, mean and max of flags (`gpu.throttle`) are all the same: every bit that was set.

-- What does every source say now?
SELECT source, label, health, datetime(ts, 'unixepoch', 'localtime') AS at, metrics FROM status;

-- How busy was the CPU, second by second, in the last ten minutes?
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, value FROM history
 WHERE metric = 'cpu.utilization' AND source = 'cpu'
   AND hour >= unixepoch('now', '-2 hours') AND ts >= unixepoch('now', '-10 minutes') ORDER BY ts;

-- The busiest ten seconds of the last day.
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, value FROM history
 WHERE metric = 'cpu.utilization' AND hour >= unixepoch('now', '-25 hours') ORDER BY value DESC LIMIT 10;

-- Memory, minute by minute, in GiB.
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, min / 1073741824.0, mean / 1073741824.0, max / 1073741824.0
  FROM minutes WHERE metric = 'memory.used' AND day >= unixepoch('now', '-2 days') ORDER BY ts DESC LIMIT 60;

-- The last days by the hour.
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, round(mean, 1) AS mean, max FROM hours
 WHERE metric = 'cpu.utilization' AND ts >= unixepoch('now', '-7 days') ORDER BY ts;

-- Which programs used the most CPU time today?
SELECT identity, uid, round(sum(cpu_seconds), 1) AS cpu_seconds, max(memory) / 1048576 AS peak_mib FROM usages
 WHERE ts >= unixepoch('now', '-1 day') GROUP BY identity, uid ORDER BY cpu_seconds DESC LIMIT 10;

-- Who uses a GPU now, and how much of it?
SELECT source, pid, identity, uid, share, vram / 1048576 AS vram_mib FROM gpu_processes ORDER BY share DESC;

-- Who used which GPU this week, for how long, and about how many watt-hours were their doing?
SELECT source, identity, uid, round(sum(busy_seconds) / 3600, 2) AS gpu_hours, max(vram) / 1048576 AS peak_mib,
       round(sum(energy) / 3600, 1) AS about_wh FROM gpu_usages
 WHERE ts >= unixepoch('now', '-7 days') GROUP BY source, identity, uid ORDER BY about_wh DESC;

-- What did each GPU take today, and how much of that was nobody's? (idle is NULL until the GPU was seen unused; the other
-- two hold that part until then.)
SELECT source, round(sum(energy) / 3600, 1) AS about_wh, round(sum(idle) / 3600, 1) AS idle_wh,
       round(sum(unattributed) / 3600, 1) AS unattributed_wh FROM gpu_minutes
 WHERE ts >= unixepoch('now', '-1 day') GROUP BY source;

-- Who used a GPU from when to when this week, and how did that end? (ended is NULL while it goes on.)
SELECT datetime(start_ts, 'unixepoch', 'localtime') AS since, datetime(end_ts, 'unixepoch', 'localtime') AS until, source,
       identity, uid, ended, round(mean_share, 1) AS mean_share, vram / 1048576 AS peak_mib FROM sessions
 WHERE end_ts >= unixepoch('now', '-7 days') ORDER BY start_ts DESC;

-- When was a GPU used at all, how hot did it get, and how many seconds of its work does nobody explain?
SELECT datetime(e.start_ts, 'unixepoch', 'localtime') AS since, e.source, e.end_ts - e.start_ts AS seconds, e.temperature,
       round(e.remainder_seconds, 1) AS nobodys, group_concat(DISTINCT n.identity) AS identities
  FROM episodes e LEFT JOIN sessions n USING(episode)
 WHERE e.end_ts >= unixepoch('now', '-7 days') GROUP BY episode ORDER BY e.start_ts DESC;

-- What happened?
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, kind, source, detail FROM events ORDER BY seq DESC LIMIT 20;

-- Every alert with its value.
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, source, detail ->> 'rule' AS rule, detail ->> 'value' AS value
  FROM events WHERE kind = 'alert_fired' ORDER BY ts DESC;

-- When did a GPU wake, how long had it slept, and who had it open then?
SELECT datetime(e.ts, 'unixepoch', 'localtime') AS at, e.source, e.detail ->> 'seconds' AS slept,
       group_concat(h.value ->> 'identity', ', ') AS holders
  FROM events e LEFT JOIN json_each(e.detail, '$.holders') h
 WHERE e.kind = 'gpu_woke' GROUP BY e.seq ORDER BY e.seq DESC LIMIT 20;

-- Who uses GPUs here as far as was learnt, and what alarmed and waits for an answer (`hoofbeat expect accept`)?
SELECT identity, key, uid, days, datetime(first_ts, 'unixepoch', 'localtime') AS first, unanswered FROM habits
 ORDER BY unanswered DESC, days DESC LIMIT 20;

-- Whose file has had more than one content, and since when the newest?
SELECT key, uid, path, count(*) AS contents, datetime(max(first_ts), 'unixepoch', 'localtime') AS newest
  FROM binaries GROUP BY key, uid, path HAVING count(*) > 1 ORDER BY max(first_ts) DESC LIMIT 20;

-- When was nobody at this machine?
SELECT datetime(detail ->> 'away_since', 'unixepoch', 'localtime') AS since,
       datetime(detail ->> 'since', 'unixepoch', 'localtime') AS until, detail ->> 'why' AS why
  FROM events WHERE kind = 'presence' AND detail ->> 'state' = 'back' ORDER BY seq DESC LIMIT 20;

-- Which uses were unexpected, and why?
SELECT datetime(ts, 'unixepoch', 'localtime') AS at, source, detail ->> 'identity' AS identity, detail ->> 'why' AS why
  FROM events WHERE kind = 'unexpected_use' ORDER BY seq DESC LIMIT 20;
