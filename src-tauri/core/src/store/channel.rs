//! The table `channel`: what became of the last alert that was to be told elsewhere.
//!
//! The recorder's channels write it, each on its own thread: as seldom as alerts are told. Deliberately not here: what
//! still waits to be told, which ends with the recorder.

use rusqlite::{Connection, params};

use super::error::StoreError;
use crate::model::channel::ChannelState;

pub(super) const CREATE: &str = "
CREATE TABLE channel(channel TEXT PRIMARY KEY, whom TEXT NOT NULL, told INTEGER, failing_since INTEGER, reason TEXT,
  CHECK((failing_since IS NULL) = (reason IS NULL))) STRICT, WITHOUT ROWID;
";

/// Notes that somebody was told at this Unix second, or why they were not.
pub(super) fn write(
    db: &Connection,
    channel: &str,
    whom: &str,
    ts: i64,
    failure: Option<&str>,
) -> Result<(), StoreError> {
    // What was known of somebody else says nothing of them.
    let sql = "
        INSERT INTO channel VALUES(?1, ?2, iif(?4 IS NULL, ?3, NULL), iif(?4 IS NULL, NULL, ?3), ?4)
        ON CONFLICT DO UPDATE SET
            told = coalesce(excluded.told, iif(whom = excluded.whom, told, NULL)),
            failing_since = iif(excluded.reason IS NULL, NULL,
                coalesce(iif(whom = excluded.whom, failing_since, NULL), excluded.failing_since)),
            reason = excluded.reason,
            whom = excluded.whom";
    db.execute(sql, params![channel, whom, ts, failure])?;
    Ok(())
}

/// How every channel stands that was ever used.
pub(super) fn read(db: &Connection) -> Result<Vec<ChannelState>, StoreError> {
    let mut query = db.prepare("SELECT channel, whom, told, failing_since, reason FROM channel ORDER BY channel")?;
    let rows = query.query_map([], |row| {
        let failing: (Option<i64>, Option<String>) = (row.get(3)?, row.get(4)?);
        let failing = failing.0.zip(failing.1);
        Ok(ChannelState { channel: row.get(0)?, whom: row.get(1)?, told: row.get(2)?, failing })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_keeps_its_beginning_and_ends_with_who_is_told() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(CREATE).unwrap();
        let check = |whom: &str, ts, failure, told: Option<i64>, failing: Option<(i64, &str)>| {
            write(&db, "webhook", whom, ts, failure).unwrap();
            let failing = failing.map(|(since, reason)| (since, reason.to_owned()));
            let expected = ChannelState { channel: "webhook".to_owned(), whom: whom.to_owned(), told, failing };
            assert_eq!(read(&db).unwrap(), [expected]);
        };
        check("a", 10, Some("is away"), None, Some((10, "is away")));
        check("a", 20, None, Some(20), None);
        check("a", 30, Some("is away"), Some(20), Some((30, "is away")));
        check("a", 40, Some("answered 500"), Some(20), Some((30, "answered 500")));
        check("b", 50, Some("is away"), None, Some((50, "is away")));
        check("b", 60, None, Some(60), None);
    }
}
