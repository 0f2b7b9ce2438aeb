-- Example queries for Debian's `sqlite3` (3.40 and later):
--
--     sqlite3 -readonly ~/.local/share/hoofbeat/hoofbeat.db < docs/queries.sql
--
-- The history of one hour is one compressed row; a condition on `hour` (for `history`) or `day` (for `minutes`) tells
-- SQLite which rows to decompress, a condition on `ts` alone makes it read all of them.

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
