//! What people do not want to hear of, and what waits to be told: kept, told to the recorder once, and removed in the end.

use hoofbeat_core::model::snooze::Snooze;
use hoofbeat_core::model::{AlertPhase, AlertRow, RecorderState, Tick};
use hoofbeat_core::store::{Reader, snooze, unsnooze};

use crate::support::*;

fn one(seq: i64, rule: &str, source: &str, until: Option<i64>) -> Snooze {
    Snooze { seq, rule: rule.to_owned(), source: source.to_owned(), until }
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
