//! Sessions and episodes: written over while they go on, found again, read, kept and saved.

use std::sync::Arc;

use hoofbeat_core::model::{
    Condition, Ended, Episode, Keep, Process, RecorderState, Session, Source, SourceKind, Stretches, Tick,
};
use hoofbeat_core::store::{Reader, Store};

use crate::support::*;

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

pub fn session(id: i64, source: &Arc<Source>, name: &str, start: i64, end: i64) -> Session {
    Session {
        id,
        source: source.clone(),
        key: format!("program:{name}").as_str().into(),
        identity: name.into(),
        uid: Some(1000),
        command: Some("python3".into()),
        start,
        end,
        ended: None,
        busy: Some(30.5),
        encoder: None,
        decoder: Some(0.25),
        energy: Some(1234.5),
        peak_share: Some(87.5),
        vram: Some(8 << 30),
        processes: vec![Process { pid: 7, started: Some(4711) }, Process { pid: 8, started: None }],
        episode: Some(1),
    }
}

fn episode(id: i64, source: &Arc<Source>, start: i64, end: i64) -> Episode {
    Episode {
        id,
        source: source.clone(),
        start,
        end,
        ended: None,
        busy: Some(50.0),
        explained: Some(30.5),
        energy: Some(5000.0),
        temperature: Some(71.5),
        power: Some(250.25),
        throttled: Some(3.0),
    }
}

/// A tick with a session and its episode, both over.
pub fn over_tick(ts: i64) -> Tick {
    let gpu = gpu();
    let session = Session { ended: Some(Ended::Exited), ..session(2, &gpu, "Ollama", ts - 61, ts) };
    let episode = Episode { ended: Some(Ended::Idle), ..episode(1, &gpu, ts - 61, ts) };
    Tick { sessions: vec![session], episodes: vec![episode], ..tick(ts, &gpu) }
}

fn tick(ts: i64, gpu: &Arc<Source>) -> Tick {
    let mut tick = Machine::new().tick(ts, 1.0, &[]);
    tick.conditions = vec![(gpu.clone(), Condition::OK)];
    tick.recorder = Some((RecorderState::Recording, None));
    tick
}

#[test]
fn what_goes_on_is_written_over_and_found_by_the_next_recorder() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let instance = Source::part(&gpu, SourceKind::Gpu, "gpu:1:mig:2", "Instance 2");
    let mut store = open(temp.path(), HOUR).store;
    let hidden =
        Session { uid: None, command: None, episode: None, ..session(3, &instance, "b\u{1b}[31m", HOUR, HOUR + 40) };
    let first = Tick {
        sessions: vec![session(2, &gpu, "a", HOUR, HOUR + 30), hidden.clone()],
        episodes: vec![episode(1, &gpu, HOUR, HOUR + 30)],
        ..tick(HOUR + 40, &gpu)
    };
    let second = Tick {
        sessions: vec![
            session(2, &gpu, "a", HOUR, HOUR + 90),
            Session { ended: Some(Ended::Idle), ..session(4, &gpu, "c", HOUR, HOUR + 90) },
        ],
        episodes: vec![episode(1, &gpu, HOUR, HOUR + 90)],
        ..tick(HOUR + 100, &gpu)
    };
    store.append(&[first, second], true).unwrap();
    // The power goes: nothing more is said.
    drop(store);
    let found = open(temp.path(), HOUR + 200).stretches;
    let sessions = vec![session(2, &gpu, "a", HOUR, HOUR + 90), hidden];
    let episodes = vec![episode(1, &gpu, HOUR, HOUR + 90)];
    assert_eq!(found, Stretches { sessions, episodes, numbered: 4 });
    assert_sound(temp.path());
}

#[test]
fn faces_and_a_stock_sqlite3_read_the_same() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let other = Source::whole(SourceKind::Gpu, "gpu:2", "Another");
    let mut store = open(temp.path(), HOUR).store;
    let mut tick = over_tick(HOUR + 100);
    tick.sessions.push(Session { episode: None, ..session(9, &other, "x", HOUR + 200, HOUR + 200) });
    tick.sessions.push(session(5, &gpu, "later", HOUR + 90, HOUR + 99));
    store.append(&[tick], false).unwrap();
    let reader = Reader::open(temp.path()).unwrap();
    let ids = |source, since, until| {
        let found = reader.sessions(source, since, until).unwrap();
        found.iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 0, i64::MAX), [9, 5, 2]);
    assert_eq!(ids(Some("gpu:1"), 0, i64::MAX), [5, 2]);
    assert_eq!(ids(None, HOUR + 100, HOUR + 200), [2], "what reaches into the stretch");
    let one = reader.sessions(None, HOUR + 100, HOUR + 200).unwrap().remove(0);
    assert_eq!((one.ended, one.mean_share, one.peak_share), (Some("exited"), Some(50.0), Some(87.5)));
    assert_eq!(one.command.as_deref(), Some("python3"));
    assert_eq!((one.label.as_str(), one.identity.as_str(), one.processes.len()), ("GPU", "Ollama", 2));
    // An instant has no mean.
    assert_eq!(reader.sessions(Some("gpu:2"), 0, i64::MAX).unwrap()[0].mean_share, None);
    let [episode] = &reader.episodes(None, HOUR + 100, i64::MAX).unwrap()[..] else { panic!() };
    assert_eq!((episode.remainder, episode.power, episode.ended), (Some(19.5), Some(250.25), Some("idle")));
    assert_eq!(episode.sessions.iter().map(|one| one.id).collect::<Vec<_>>(), [5, 2]);
    assert_eq!(reader.episodes(Some("gpu:2"), 0, i64::MAX).unwrap(), []);

    let rows = sqlite3(
        temp.path(),
        "SELECT source, identity, key, uid, end_ts - start_ts, ended, busy_seconds, mean_share, peak_share, vram,
                decoder_seconds, energy, processes, command FROM sessions WHERE session = 2",
    );
    assert_eq!(
        rows,
        "gpu:1|Ollama|program:Ollama|1000|61|exited|30.5|50.0|87.5|8589934592|0.25|1234.5|[[7,4711],[8,null]]|python3"
    );
    let rows = sqlite3(
        temp.path(),
        "SELECT source, ended, busy_seconds, remainder_seconds, energy, temperature, power, throttled_seconds FROM episodes",
    );
    assert_eq!(rows, "gpu:1|idle|50.0|19.5|5000.0|71.5|250.25|3.0");
}

#[test]
fn a_session_of_a_recorder_that_knew_no_commands_is_read_before_and_after_the_update() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let mut store = open(temp.path(), HOUR).store;
    store
        .append(&[Tick { sessions: vec![session(2, &gpu, "a", HOUR, HOUR + 30)], ..tick(HOUR + 40, &gpu) }], true)
        .unwrap();
    store.close().unwrap();
    older(
        temp.path(),
        8,
        "DROP VIEW sessions; DROP VIEW snoozes; DROP TABLE snooze; DROP TABLE dispatch; DROP INDEX event_presence;
         DROP VIEW channels; DROP TABLE channel;",
    );
    let read = || Reader::open(temp.path()).unwrap().sessions(None, 0, i64::MAX).unwrap().remove(0);
    assert_eq!((read().identity.as_str(), read().command), ("a", None));
    let found = open(temp.path(), HOUR + 50);
    assert_eq!(found.stretches.sessions, [Session { command: None, ..session(2, &gpu, "a", HOUR, HOUR + 30) }]);
    found.store.close().unwrap();
    assert_eq!(read().command, None);
    assert_eq!(sqlite3(temp.path(), "SELECT identity, coalesce(command, '-') FROM sessions"), "a|-");
}

#[test]
fn sessions_outlive_what_programs_used_by_minute_and_age_like_hours() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    const DAY: i64 = 86_400;
    let days = |days: u64| std::time::Duration::from_secs(days * 86_400);
    let keep = Keep { usage: days(1), hours: days(4), ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    let kept =
        || sqlite3(temp.path(), "SELECT group_concat(identity, ' ') FROM (SELECT identity FROM sessions ORDER BY 1)");
    for day in 0..8 {
        let ts = HOUR + day * DAY;
        let mut used = Tick { gpu_minute: Some(crate::gpus::used_minute(ts)), ..tick(ts, &gpu) };
        if day < 2 {
            used.sessions = vec![session(2 + day, &gpu, &format!("s{day}"), ts, ts + 50)];
            used.episodes = vec![episode(10 + day, &gpu, ts, ts + 50)];
        }
        store.append(&[used, tick(ts + 3600, &gpu)], false).unwrap();
        store.maintain(now(ts + 3600)).unwrap();
        let expected = if day == 0 {
            "s0"
        } else if day <= 4 {
            "s0 s1"
        } else if day == 5 {
            "s1"
        } else {
            ""
        };
        if day != 4 && day != 5 {
            assert_eq!(kept(), expected, "{day}");
        }
    }
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM episodes"), "0");
    assert_sound(temp.path());
}
