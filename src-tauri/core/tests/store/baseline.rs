//! What was learnt of who uses GPUs is kept, and what people say of it reaches the recorder once.

use hoofbeat_core::model::baseline::{Acceptance, BaselineRow};
use hoofbeat_core::model::binary::BinaryRow;
use hoofbeat_core::model::{RecorderState, Tick};
use hoofbeat_core::store::{Reader, accept};

use crate::support::*;

pub fn row(key: &str, uid: Option<u32>, count: f64) -> BaselineRow {
    let mut hours = [0.0; 24];
    hours[3] = count;
    BaselineRow {
        key: key.into(),
        uid,
        label: "a\"b\u{1b}".into(),
        first: HOUR,
        updated: HOUR + 60,
        count,
        hours,
        days: 3,
        last_day: 20_000,
        alarmed: 1 << 3,
    }
}

#[test]
fn what_was_learnt_is_there_after_a_restart() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let rows = vec![row("program:a", None, 1.5), row("program:a", Some(0), 2.0), row("program:b", Some(7), 0.25)];
    let learning = Some((HOUR, true));
    let recorder = Some((RecorderState::Recording, None));
    let tick = Tick { ts: HOUR, baseline: rows.clone(), learning, recorder, ..Tick::default() };
    store.append(&[tick], false).unwrap();
    assert_eq!(Reader::open(temp.path()).unwrap().baseline().unwrap(), (rows.clone(), Some(HOUR), true));
    let gone = BaselineRow { days: 0, ..rows[2].clone() };
    let more = row("program:a", Some(0), 3.0);
    let tick = Tick { ts: HOUR + 1, baseline: vec![gone, more.clone()], ..Tick::default() };
    store.append(&[tick], false).unwrap();
    store.close().unwrap();
    let opened = open(temp.path(), HOUR + 60);
    assert_eq!((opened.baseline, opened.learning), (vec![rows[0].clone(), more], (Some(HOUR), true)));
    assert_eq!(
        sqlite3(temp.path(), "SELECT key, uid, days, unanswered FROM habits"),
        "program:a||3|1\nprogram:a|0|3|1"
    );
}

#[test]
fn what_was_in_programs_files_is_there_after_a_restart() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let row = |uid, content: &str, seen| BinaryRow {
        key: "program:blender".into(),
        uid,
        path: "/opt/a'b\u{1b}".into(),
        content: content.to_owned(),
        first: HOUR,
        seen,
    };
    let rows = vec![row(None, "sha256:1", HOUR), row(Some(7), "sha256:1", HOUR), row(Some(7), "sha256:2", HOUR + 5)];
    store.append(&[Tick { ts: HOUR, binaries: rows, ..Tick::default() }], false).unwrap();
    let later = vec![row(Some(7), "sha256:1", 0), row(Some(7), "sha256:2", 2 * HOUR)];
    store.append(&[Tick { ts: HOUR + 1, binaries: later, ..Tick::default() }], false).unwrap();
    store.close().unwrap();
    let kept = open(temp.path(), HOUR + 60).binaries;
    assert_eq!(kept, [row(None, "sha256:1", HOUR), row(Some(7), "sha256:2", 2 * HOUR)]);
    let sql = "SELECT key, uid, content, seen_ts > first_ts FROM binaries";
    assert_eq!(sqlite3(temp.path(), sql), "program:blender||sha256:1|0\nprogram:blender|7|sha256:2|1");
}

#[test]
fn a_persons_word_is_heard_once_and_kept_until_it_was_learnt() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    assert_eq!(store.answers().unwrap(), []);
    let one = Acceptance::One { key: "program:a".into(), uid: Some(7) };
    accept(temp.path(), &one).unwrap();
    accept(temp.path(), &Acceptance::All).unwrap();
    assert_eq!(store.answers().unwrap(), [(1, one.clone()), (2, Acceptance::All)]);
    assert_eq!(store.answers().unwrap(), []);
    // The recorder dies before it has written what it learnt.
    drop(store);
    let mut store = open(temp.path(), HOUR).store;
    assert_eq!(store.answers().unwrap().len(), 2);
    store.append(&[Tick { ts: HOUR, answered: Some(2), ..Tick::default() }], false).unwrap();
    assert_eq!(store.answers().unwrap(), []);
    let forget = Acceptance::Forget { key: "program:a".into(), uid: None };
    accept(temp.path(), &forget).unwrap();
    assert_eq!(store.answers().unwrap(), [(1, forget)], "the same number is another word");
}
