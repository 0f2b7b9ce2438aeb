//! The tables `snooze` and `dispatch`: what a person does not want to hear of, and what waits to be told.
//!
//! Faces write snoozes, and the recorder notices them as it does a wish to pause; it removes those that are over. Their
//! numbers are never given twice, so that one that is over is not taken for a new one. Deliberately not here: what is
//! said when (`alerts::dispatch`).

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::error::StoreError;
use super::{alert, schema};
use crate::model::AlertRow;
use crate::model::snooze::Snooze;
use crate::say;

pub(super) const CREATE: &str = "
CREATE TABLE snooze(seq INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, source TEXT NOT NULL, until INTEGER,
  UNIQUE(rule, source)) STRICT;
CREATE TABLE dispatch(one INTEGER PRIMARY KEY CHECK(one = 1), state TEXT NOT NULL CHECK(json_valid(state))) STRICT;
";

/// Whose doing it is joins what is unique. The numbers go on from where they were.
pub(super) const WITH_WHO: &str = "
ALTER TABLE snooze RENAME TO snooze_of_all;
CREATE TABLE snooze(seq INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, source TEXT NOT NULL,
  who TEXT NOT NULL DEFAULT '', until INTEGER, UNIQUE(rule, source, who)) STRICT;
INSERT INTO sqlite_sequence(name, seq) SELECT 'snooze', seq FROM sqlite_sequence WHERE name = 'snooze_of_all';
INSERT INTO snooze(seq, rule, source, until) SELECT seq, rule, source, until FROM snooze_of_all;
DROP TABLE snooze_of_all;
";

/// Adds a snooze; one of the same rule, source and identity makes way for it. One that is to last until what it covers is over needs
/// something that it covers: else it would silence the next alert, which nobody has seen yet.
pub(super) fn add(db: &Connection, snooze: &Snooze) -> Result<(), StoreError> {
    // Nothing ends between the question and the row.
    let transaction = Transaction::new_unchecked(db, TransactionBehavior::Immediate)?;
    let silences = |row: &AlertRow| row.phase.is_told() && snooze.silences(&row.rule, &row.source, &row.who);
    if snooze.until.is_none() && !alert::read(db, schema::version(db)?)?.iter().any(silences) {
        let reason = say!(
            "nothing fires that this would silence until it is over, and the next alert is not silenced before it is \
             there; `hoofbeat alerts` shows what fires"
        );
        return Err(StoreError::Refused(reason.to_owned()));
    }
    let Snooze { rule, source, who, until, .. } = snooze;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO snooze(rule, source, who, until) VALUES(?, ?, ?, ?)")?
        .execute(params![rule, source, who.as_deref().unwrap_or_default(), until])?;
    Ok(transaction.commit()?)
}

/// Removes the snoozes with these numbers.
pub(super) fn remove(db: &Connection, numbers: &[i64]) -> Result<(), StoreError> {
    for seq in numbers {
        db.prepare_cached("DELETE FROM snooze WHERE seq = ?")?.execute([seq])?;
    }
    Ok(())
}

/// Every snooze, oldest first; of a file whose schema has this number.
pub(super) fn read(db: &Connection, version: i64) -> Result<Vec<Snooze>, StoreError> {
    let mut query = db.prepare_cached(match version < schema::WITH_SNOOZES_OF_WHOM {
        true => "SELECT seq, rule, source, NULL, until FROM snooze ORDER BY seq",
        false => "SELECT seq, rule, source, nullif(who, ''), until FROM snooze ORDER BY seq",
    })?;
    let rows = query.query_map([], |row| {
        Ok(Snooze { seq: row.get(0)?, rule: row.get(1)?, source: row.get(2)?, who: row.get(3)?, until: row.get(4)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores what waits to be told.
pub(super) fn write_dispatch(db: &Connection, state: &str) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO dispatch VALUES(1, ?)")?.execute([state])?;
    Ok(())
}

/// What waits to be told; `None` where nothing was ever told.
pub(super) fn read_dispatch(db: &Connection) -> Result<Option<String>, StoreError> {
    Ok(db.prepare_cached("SELECT state FROM dispatch")?.query_row([], |row| row.get(0)).optional()?)
}
