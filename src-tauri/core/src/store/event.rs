//! The table `event`: what happened, kept for as long as the hours are.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Rows, params};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use serde_json::Value;

use super::catalog;
use super::error::StoreError;
use crate::model::answer::EventInfo;
use crate::model::{Event, EventKind};
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE event(seq INTEGER PRIMARY KEY, ts INTEGER NOT NULL, kind TEXT NOT NULL, source_id INTEGER,
  detail TEXT NOT NULL CHECK(json_valid(detail))) STRICT;
CREATE INDEX event_ts ON event(ts);   -- the newest first; retention
";

/// When people left and came back is asked often, by the recorder at its start and by faces, and is rare among what happens.
pub(super) const PRESENCE: &str = "
CREATE INDEX event_presence ON event(seq) WHERE kind = 'presence';
";

/// The kind stands in the text, because only then SQLite knows that the index has all of them.
const LAST_PRESENCE: &str = "SELECT e.ts, e.kind, s.uid, e.detail FROM event e LEFT JOIN source s USING(source_id)
  WHERE e.kind = 'presence' ORDER BY e.seq DESC LIMIT 1";

pub(super) fn insert(db: &Connection, event: &Event) -> Result<(), StoreError> {
    let source_id = match &event.source {
        Some(uid) => catalog::source_id(db, uid)?,
        None => None,
    };
    let kind = word(event.kind)?;
    db.prepare_cached("INSERT INTO event(ts, kind, source_id, detail) VALUES(?, ?, ?, ?)")?.execute(params![
        event.ts,
        kind.as_str().unwrap_or_default(),
        source_id,
        event.detail.to_string()
    ])?;
    Ok(())
}

/// Events from `since` on, newest first. Kinds of a newer Hoofbeat are left out.
pub(super) fn read(db: &Connection, since: i64, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e LEFT JOIN source s USING(source_id)
         WHERE e.ts >= ? ORDER BY e.ts DESC, e.seq DESC LIMIT ?",
    )?;
    collect(query.query(params![since, limit as i64])?)
}

/// Events of a stretch of time, both ends included, newest first: of these kinds, or of all where none is named.
pub(super) fn between(
    db: &Connection,
    kinds: &[EventKind],
    [since, until]: [i64; 2],
    limit: usize,
) -> Result<Vec<EventInfo>, StoreError> {
    let words: Vec<Value> = kinds.iter().map(|kind| word(*kind)).collect::<Result<_, _>>()?;
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e LEFT JOIN source s USING(source_id)
         WHERE e.ts BETWEEN ?1 AND ?2 AND (?3 = '[]' OR e.kind IN (SELECT value FROM json_each(?3)))
         ORDER BY e.ts DESC, e.seq DESC LIMIT ?4",
    )?;
    collect(query.query(params![since, until, Value::from(words).to_string(), limit as i64])?)
}

/// How many events of each kind there are in a stretch of time, both ends included. Kinds of a newer Hoofbeat are left out.
pub(super) fn counts(db: &Connection, [since, until]: [i64; 2]) -> Result<BTreeMap<String, usize>, StoreError> {
    let mut query = db.prepare_cached("SELECT kind, count(*) FROM event WHERE ts BETWEEN ? AND ? GROUP BY kind")?;
    let rows = query.query_map([since, until], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut counts = BTreeMap::new();
    for row in rows {
        let (kind, count) = row?;
        if EventKind::deserialize(StrDeserializer::<Error>::new(&kind)).is_ok() {
            counts.insert(kind, usize::try_from(count).unwrap_or_default());
        }
    }
    Ok(counts)
}

/// Unexpected uses of one reason from `since` on, newest first.
pub(super) fn unexpected(db: &Connection, since: i64, why: &str, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e LEFT JOIN source s USING(source_id)
         WHERE e.ts >= ? AND e.kind = 'unexpected_use' AND e.detail ->> 'why' = ?
         ORDER BY e.ts DESC, e.seq DESC LIMIT ?",
    )?;
    collect(query.query(params![since, why, limit as i64])?)
}

/// Calls `each` with every event of these kinds in a stretch of time, both ends included, oldest first.
pub(super) fn visit(
    db: &Connection,
    kinds: &[EventKind],
    [since, until]: [i64; 2],
    mut each: impl FnMut(EventInfo),
) -> Result<(), StoreError> {
    let kinds: Vec<Value> = kinds.iter().map(|kind| word(*kind)).collect::<Result<_, _>>()?;
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e LEFT JOIN source s USING(source_id)
         WHERE e.ts BETWEEN ?1 AND ?2 AND e.kind IN (SELECT value FROM json_each(?3)) ORDER BY e.ts, e.seq",
    )?;
    let mut rows = query.query(params![since, until, Value::from(kinds).to_string()])?;
    while let Some(row) = rows.next()? {
        if let Some(event) = info(row)? {
            each(event);
        }
    }
    Ok(())
}

fn collect(mut rows: Rows<'_>) -> Result<Vec<EventInfo>, StoreError> {
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.extend(info(row)?);
    }
    Ok(events)
}

/// Events of one kind of a source in a stretch of time, both ends included, newest first.
pub(super) fn about(
    db: &Connection,
    source: &str,
    kind: EventKind,
    [since, until]: [i64; 2],
) -> Result<Vec<EventInfo>, StoreError> {
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e JOIN source s USING(source_id)
         WHERE s.uid = ? AND e.ts BETWEEN ? AND ? AND e.kind = ? ORDER BY e.ts DESC, e.seq DESC",
    )?;
    let kind = word(kind)?;
    collect(query.query(params![source, since, until, kind.as_str()])?)
}

/// The newest event of these kinds of a source in a stretch of time, both ends included.
pub(super) fn newest(
    db: &Connection,
    source: &str,
    kinds: &[EventKind],
    [since, until]: [i64; 2],
) -> Result<Option<EventInfo>, StoreError> {
    let kinds: Vec<Value> = kinds.iter().map(|kind| word(*kind)).collect::<Result<_, _>>()?;
    let mut query = db.prepare_cached(
        "SELECT e.ts, e.kind, s.uid, e.detail FROM event e JOIN source s USING(source_id)
         WHERE s.uid = ?1 AND e.ts BETWEEN ?2 AND ?3 AND e.kind IN (SELECT value FROM json_each(?4))
         ORDER BY e.ts DESC, e.seq DESC LIMIT 1",
    )?;
    let mut rows = query.query(params![source, since, until, Value::from(kinds).to_string()])?;
    match rows.next()? {
        Some(row) => info(row),
        None => Ok(None),
    }
}

/// The word on whether people are there that was recorded last, whatever the clock said.
pub(super) fn last_presence(db: &Connection) -> Result<Option<EventInfo>, StoreError> {
    let mut query = db.prepare_cached(LAST_PRESENCE)?;
    let mut rows = query.query([])?;
    match rows.next()? {
        Some(row) => info(row),
        None => Ok(None),
    }
}

/// The word by which a kind is written.
fn word(kind: EventKind) -> Result<Value, StoreError> {
    serde_json::to_value(kind).map_err(|error| StoreError::Io(error.to_string()))
}

/// An event of the columns second, kind, source, details; `None` for a kind of a newer Hoofbeat.
fn info(row: &Row<'_>) -> Result<Option<EventInfo>, StoreError> {
    let kind: String = row.get(1)?;
    let Ok(kind) = EventKind::deserialize(StrDeserializer::<Error>::new(&kind)) else { return Ok(None) };
    let detail: String = row.get(3)?;
    let detail = serde_json::from_str(&detail)
        .map_err(|error| StoreError::Damaged(say!("the details of an event are not JSON: {error}", error)))?;
    Ok(Some(EventInfo { ts: row.get(0)?, kind, source: row.get(2)?, detail }))
}

pub(super) fn delete_before(db: &Connection, ts: i64) -> Result<usize, StoreError> {
    Ok(db.prepare_cached("DELETE FROM event WHERE ts < ?")?.execute([ts])?)
}

/// The second of the oldest event.
pub(super) fn oldest(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(db.prepare_cached("SELECT min(ts) FROM event")?.query_row([], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema;

    #[test]
    fn the_last_presence_is_found_without_looking_at_what_else_happened() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db).unwrap();
        let event = |ts, kind| Event { ts, kind, source: None, detail: serde_json::json!({ "ts": ts }) };
        for ts in 0..50 {
            insert(&db, &event(ts, EventKind::Presence)).unwrap();
            insert(&db, &event(ts, EventKind::GpuWoke)).unwrap();
        }
        // A clock that was set back.
        insert(&db, &event(7, EventKind::Presence)).unwrap();
        insert(&db, &event(8, EventKind::GpuWoke)).unwrap();
        assert_eq!(last_presence(&db).unwrap().map(|event| event.ts), Some(7));
        let plan = |sql: &str| {
            let mut query = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let rows = query.query_map([], |row| row.get::<_, String>("detail")).unwrap();
            rows.collect::<Result<Vec<_>, _>>().unwrap().join("; ")
        };
        let found = plan(LAST_PRESENCE);
        assert!(found.contains("USING INDEX event_presence") && !found.contains("TEMP B-TREE"), "{found}");
        // Without it every event is looked at.
        db.execute_batch("DROP INDEX event_presence").unwrap();
        assert!(plan(LAST_PRESENCE).starts_with("SCAN e"), "{}", plan(LAST_PRESENCE));
    }
}
