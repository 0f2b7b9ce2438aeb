//! What people do not want to hear of, and what waits to be told: kept, told to the recorder once, and removed in the end.

use std::path::Path;

use hoofbeat_core::model::snooze::Snooze;
use hoofbeat_core::model::{AlertPhase, AlertRow, RecorderState, Tick};
use hoofbeat_core::store::{Reader, StoreError, unsnooze};

use crate::support::*;

fn one(seq: i64, rule: &str, source: &str, until: Option<i64>) -> Snooze {
    Snooze { seq, rule: rule.to_owned(), source: source.to_owned(), who: None, until }
}

fn snooze(folder: &Path, rule: &str, source: &str, until: Option<i64>) -> Result<(), StoreError> {
    hoofbeat_core::store::snooze(folder, &one(0, rule, source, until))
}

#[test]
fn snoozes_reach_the_recorder_and_outlive_a_kill() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    assert_eq!(store.snoozes().unwrap(), None);
    // What silences until it is over needs something that fires.
    let refused = snooze(temp.path(), "*", "*", None).unwrap_err().to_string();
    assert!(refused.starts_with("nothing fires that this would silence"), "{refused}");
    let (rule, source, phase) = ("cpu-hot".to_owned(), "cpu".to_owned(), AlertPhase::Firing);
    let alert = AlertRow { rule, source, phase, since: HOUR, ..AlertRow::default() };
    store.append(&[Tick { ts: HOUR, alerts: vec![alert], ..Tick::default() }], false).unwrap();
    assert!(snooze(temp.path(), "gpu-hot", "*", None).is_err() && snooze(temp.path(), "*", "gpu:*", None).is_err());
    assert_eq!(store.snoozes().unwrap(), None);
    snooze(temp.path(), "gpu-hot", "gpu:*", Some(HOUR + 60)).unwrap();
    snooze(temp.path(), "*", "*", None).unwrap();
    let (hot, all) = (one(1, "gpu-hot", "gpu:*", Some(HOUR + 60)), one(2, "*", "*", None));
    assert_eq!(store.snoozes().unwrap(), Some(vec![hot.clone(), all.clone()]));
    assert_eq!(store.snoozes().unwrap(), None, "each change is told once");
    let recorder = Some((RecorderState::Recording, None));
    let state = Some("{\"waits\":1}".to_owned());
    let tick = Tick { ts: HOUR, dispatch: state.clone(), snoozes_ended: vec![1], recorder, ..Tick::default() };
    store.append(&[tick], false).unwrap();
    assert_eq!(store.snoozes().unwrap(), None, "what the recorder ended is no news to it");
    // Killed: not closed, and its log is still there.
    std::mem::forget(store);
    let mut opened = open(temp.path(), HOUR + 1);
    assert_eq!((&opened.snoozes, &opened.dispatch), (&vec![all.clone()], &state));
    assert_eq!(sqlite3(temp.path(), "SELECT rule, source, until FROM snoozes"), "*|*|");

    // The same again makes way for a new one, and no number comes back.
    snooze(temp.path(), "*", "*", Some(HOUR + 90)).unwrap();
    let again = one(3, "*", "*", Some(HOUR + 90));
    assert_eq!(opened.store.snoozes().unwrap(), Some(vec![again.clone()]));
    assert_eq!(Reader::open(temp.path()).unwrap().snoozes().unwrap(), [again]);
    unsnooze(temp.path(), &[3]).unwrap();
    assert_eq!(opened.store.snoozes().unwrap(), Some(Vec::new()));
    snooze(temp.path(), "*", "*", None).unwrap();
    assert_eq!(opened.store.snoozes().unwrap(), Some(vec![one(4, "*", "*", None)]));
}

#[test]
fn one_identity_is_snoozed_beside_all_and_older_snoozes_and_their_numbers_stay() {
    let temp = tempfile::tempdir().unwrap();
    open(temp.path(), HOUR).store.close().unwrap();
    let of = |seq, who: Option<&str>| Snooze { who: who.map(str::to_owned), ..one(seq, "use", "gpu:1", Some(HOUR)) };
    // As a recorder left it that did not tell identities apart.
    let changes = "DROP VIEW snoozes; DROP TABLE snooze;
         CREATE TABLE snooze(seq INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, source TEXT NOT NULL,
           until INTEGER, UNIQUE(rule, source)) STRICT;
         CREATE VIEW snoozes AS SELECT rule, source, until FROM snooze;
         INSERT INTO snooze VALUES(5, 'use', 'gpu:1', 3600), (6, 'x', 'y', 1);
         DELETE FROM snooze WHERE seq = 6;";
    older(temp.path(), 14, &format!("{changes} UPDATE snooze SET until = {HOUR};"));
    let all = of(5, None);
    assert_eq!(Reader::open(temp.path()).unwrap().snoozes().unwrap(), std::slice::from_ref(&all));
    let refused = hoofbeat_core::store::snooze(temp.path(), &of(0, Some("program:x"))).unwrap_err().to_string();
    assert!(refused.contains("an older Hoofbeat records here"), "{refused}");

    let opened = open(temp.path(), HOUR);
    assert_eq!(opened.snoozes, std::slice::from_ref(&all));
    for who in [Some("program:x"), Some("program:y"), Some("program:x")] {
        hoofbeat_core::store::snooze(temp.path(), &of(0, who)).unwrap();
    }
    let snoozes = Reader::open(temp.path()).unwrap().snoozes().unwrap();
    assert_eq!(snoozes, [all, of(8, Some("program:y")), of(9, Some("program:x"))]);
    let told = sqlite3(temp.path(), "SELECT group_concat(coalesce(who, '-')) FROM snoozes");
    assert_eq!(told, "-,program:y,program:x");
}
