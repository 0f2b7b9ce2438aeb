//! Migrations: append-only, each in a transaction of its own, counted by `PRAGMA user_version`. They make tables; the
//! views hold nothing and are made anew after the last one.

use rusqlite::{Connection, TransactionBehavior};

use super::connection::APPLICATION_ID;
use super::error::StoreError;
use super::{
    alert, baseline, binary, catalog, channel, chunk, episode, event, gpu_usage, hour, identity, meta, minute,
    processes, recent, recorder, session, snooze, usage, view,
};

type Migration = fn() -> String;

/// Every migration, oldest first. One that was released is never changed.
const MIGRATIONS: &[Migration] = &[
    first,
    gpu_processes,
    flags,
    unknown_idle,
    sessions,
    learnt,
    binaries,
    gpu_hours,
    commands,
    alerts_with_who,
    snoozes,
    processes_unchecked,
    channels,
    presence,
    snoozes_of_whom,
    peaks,
    forgetting,
    hours_of_gpus,
];

/// The first schema that knows what processes do on GPUs. Faces read older ones, too.
pub(super) const WITH_PROCESSES: i64 = 2;

/// The first schema that knows sessions and episodes.
pub(super) const WITH_SESSIONS: i64 = 5;
/// The first schema that knows what was learnt of who uses GPUs.
pub(super) const WITH_BASELINE: i64 = 6;
/// The first schema that keeps the hours of who used which GPU.
pub(super) const WITH_GPU_HOURS: i64 = 8;
/// The first schema that knows which program was behind a session.
pub(super) const WITH_COMMANDS: i64 = 9;

/// The first schema that tells alerts apart by whose doing they are.
pub(super) const WITH_ALERTS_OF_WHOM: i64 = 10;

/// The first schema that knows snoozes.
pub(super) const WITH_SNOOZES: i64 = 11;

/// The first schema that knows how channels stand.
pub(super) const WITH_CHANNELS: i64 = 13;

/// The first schema that knows snoozes of one identity's alerts.
pub(super) const WITH_SNOOZES_OF_WHOM: i64 = 15;

/// The first schema that knows how far an alert that goes on went.
pub(super) const WITH_PEAKS: i64 = 16;

/// The first schema in which a person can have something forgotten.
pub(super) const WITH_FORGETTING: i64 = 17;

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
    tables.concat()
}

/// What processes do on GPUs, and the keys of identities.
fn gpu_processes() -> String {
    [processes::ADD, identity::REBUILD, gpu_usage::CREATE].concat()
}

/// Flags are folded as sets of bits, by the view of the minutes that run, too.
fn flags() -> String {
    hour::FLAGS.to_owned()
}

/// What a GPU takes when idle may be unknown. Only the view `gpu_minutes` differs, and views are made anew in any case.
fn unknown_idle() -> String {
    String::new()
}

/// Sessions and episodes.
fn sessions() -> String {
    [episode::CREATE, session::CREATE].concat()
}

/// What was learnt of who uses GPUs, and what people say of it.
fn learnt() -> String {
    baseline::CREATE.to_owned()
}

/// What was in the files of programs that use GPUs.
fn binaries() -> String {
    binary::CREATE.to_owned()
}

/// The hours of who used which GPU, from the minutes that are there; and sessions are found by both ends.
fn gpu_hours() -> String {
    [gpu_usage::CREATE_HOURS, gpu_usage::FILL_HOURS, session::INDEX_BOTH_ENDS].concat()
}

/// Which program was behind a session.
fn commands() -> String {
    session::ADD_COMMAND.to_owned()
}

/// Whose doing an alert is.
fn alerts_with_who() -> String {
    alert::WITH_WHO.to_owned()
}

/// What a person does not want to hear of, and what waits to be told.
fn snoozes() -> String {
    snooze::CREATE.to_owned()
}

/// What processes do on GPUs is not checked at each tick.
fn processes_unchecked() -> String {
    processes::UNCHECKED.to_owned()
}

/// What became of alerts that were to be told elsewhere.
fn channels() -> String {
    channel::CREATE.to_owned()
}

/// When people left and came back is found without looking at every event.
fn presence() -> String {
    event::PRESENCE.to_owned()
}

/// A person may not want to hear of one identity only.
fn snoozes_of_whom() -> String {
    snooze::WITH_WHO.to_owned()
}

/// How far an alert that goes on went.
fn peaks() -> String {
    alert::WITH_PEAK.to_owned()
}

/// A person may want something forgotten that was learnt.
fn forgetting() -> String {
    baseline::FORGETTING.to_owned()
}

/// The hours of who used which GPU outlive their minutes, and are told by views of their own, which are made anew in any
/// case.
fn hours_of_gpus() -> String {
    String::new()
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
        // A view that names a table holds up changes of it.
        view::drop_all(&transaction)?;
        transaction.execute_batch(&migration())?;
        if at + 1 == MIGRATIONS.len() {
            transaction.execute_batch(&view::create())?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of the first schema, with a name in it, as a recorder of those days left it.
    #[test]
    fn an_older_file_keeps_what_it_has_and_learns_the_rest() {
        let mut db = Connection::open_in_memory().unwrap();
        db.execute_batch(&first()).unwrap();
        db.execute_batch(
            "CREATE VIEW usages AS SELECT name, uid FROM usage JOIN identity USING(identity_id);
             INSERT INTO source VALUES(1, 'gpu:1', 'gpu', 'GPU', 1, 0, 'ok', 0, '');
             INSERT INTO current VALUES(1, 60, '[1]');
             INSERT INTO identity VALUES(7, CAST('blender' AS BLOB), 1000, 0, 60);
             INSERT INTO usage VALUES(60, 7, 1, 500, 70000, NULL);
             PRAGMA user_version = 1;",
        )
        .unwrap();
        migrate(&mut db).unwrap();
        assert_eq!(version(&db).unwrap(), VERSION);
        let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(one("SELECT identity || uid || cpu_seconds || coalesce(key, '-') FROM usages"), "blender10000.5-");
        assert_eq!(one("SELECT source || coalesce(processes, '-') FROM status"), "gpu:1-");
        let name = "blender".into();
        let number = |key: &str, uid| identity::number(&db, &key.into(), &name, uid, 120).unwrap();
        assert_eq!(number("", Some(1000)), 7);
        assert_eq!(number("program:blender", None), number("program:blender", None), "an unknown user is one user");
        assert_ne!(number("program:blender", None), number("program:blender", Some(0)));
    }
}
