//! Migrations: append-only, each in a transaction of its own, counted by `PRAGMA user_version`.

use rusqlite::{Connection, TransactionBehavior};

use super::connection::APPLICATION_ID;
use super::error::StoreError;
use super::{alert, catalog, chunk, event, hour, meta, minute, recent, recorder, usage, view};

type Migration = fn() -> String;

/// Every migration, oldest first. One that was released is never changed.
const MIGRATIONS: &[Migration] = &[first];

/// The schema that this build writes.
pub const VERSION: i64 = MIGRATIONS.len() as i64;

fn first() -> String {
    let tables = [
        catalog::CREATE,
        recent::CREATE,
        chunk::CREATE,
        minute::CREATE,
        hour::CREATE,
        usage::CREATE,
        event::CREATE,
        alert::CREATE,
        recorder::CREATE,
        meta::CREATE,
    ];
    tables.concat() + &view::create()
}

/// The schema number of a file.
pub fn version(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings a file up to [`VERSION`].
pub fn migrate(db: &mut Connection) -> Result<(), StoreError> {
    let from = version(db)?;
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(from.max(0) as usize) {
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(&migration())?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}
