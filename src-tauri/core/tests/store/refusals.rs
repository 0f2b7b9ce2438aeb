//! Files and folders that are not ours to write.

use hoofbeat_core::model::Keep;
use hoofbeat_core::store::{Reader, Store, StoreError, database, first_told_of_no_tray};
use rusqlite::Connection;

use crate::support::*;

#[test]
fn a_newer_schema_is_read_and_not_written() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    store.close().unwrap();
    Connection::open(database(temp.path())).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = Store::open(temp.path(), Keep::default(), now(HOUR)).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("update Hoofbeat"));
    assert_eq!(Reader::open(temp.path()).unwrap().status(false).unwrap().ts, Some(HOUR));
}

#[test]
fn another_programs_database_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let file = database(temp.path());
    let other = Connection::open(&file).unwrap();
    other.execute_batch("PRAGMA application_id = 42; CREATE TABLE theirs(x);").unwrap();
    drop(other);
    let before = std::fs::read(&file).unwrap();
    for error in
        [Store::open(temp.path(), Keep::default(), now(HOUR)).unwrap_err(), Reader::open(temp.path()).err().unwrap()]
    {
        assert!(matches!(error, StoreError::Refused(_)), "{error}");
    }
    assert!(std::fs::read(&file).unwrap() == before, "not a byte of it changed");
}

#[test]
fn an_empty_folder_has_no_recording() {
    let temp = tempfile::tempdir().unwrap();
    assert!(matches!(Reader::open(temp.path()), Err(StoreError::NoRecording(_))));
    assert!(matches!(hoofbeat_core::store::ask_pause(temp.path(), None), Err(StoreError::NoRecording(_))));
}

#[test]
fn a_link_to_a_recording_is_refused_in_the_same_words_for_reading() {
    let temp = tempfile::tempdir().unwrap();
    let link = temp.path().join("link");
    std::os::unix::fs::symlink(temp.path(), &link).unwrap();
    let error = Reader::open(&link).err().unwrap().to_string();
    assert!(error.contains("symbolic link") && error.contains("--data-dir"), "{error}");
}

#[test]
fn a_locked_database_is_busy_and_then_takes_the_same_tick() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    let stranger = Connection::open(database(temp.path())).unwrap();
    stranger.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ticks = [machine.tick(HOUR + 1, 2.0, &[]), machine.tick(HOUR + 2, 3.0, &[])];
    assert!(matches!(store.append(&ticks[..1], false), Err(StoreError::Busy)));
    stranger.execute_batch("ROLLBACK").unwrap();
    store.append(&ticks, true).unwrap();
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM history WHERE metric = 'cpu.utilization'"), "3");
}

#[test]
fn that_there_is_no_tray_is_told_once() {
    let temp = tempfile::tempdir().unwrap();
    assert!(first_told_of_no_tray(temp.path(), 1).is_err(), "there is nothing to note it in");
    open(temp.path(), HOUR).store.close().unwrap();
    let told: Vec<_> = (1..4).map(|ts| first_told_of_no_tray(temp.path(), ts).unwrap()).collect();
    assert_eq!(told, [true, false, false]);
}

#[test]
fn a_wish_reaches_the_recorder_and_survives_it() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    assert_eq!(store.wished_pause().unwrap(), None);
    hoofbeat_core::store::ask_pause(temp.path(), Some(HOUR + 3600)).unwrap();
    assert_eq!(store.wished_pause().unwrap(), Some(HOUR + 3600));
    store.close().unwrap();
    assert_eq!(open(temp.path(), HOUR + 60).paused_until, Some(HOUR + 3600));
    assert_eq!(open(temp.path(), HOUR + 3601).paused_until, None);
}
