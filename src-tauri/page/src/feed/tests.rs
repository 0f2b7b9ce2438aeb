//! What is pushed, and when.

use std::path::Path;

use super::*;

use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{
    AlertPhase, AlertRow, Batch, Condition, Keep, Now, RecorderState, Source, SourceKind, Tick,
};
use hoofbeat_core::store::{RecorderLock, Store, lock_recorder};

use crate::failure::Code;

const START: i64 = 1_795_000_000;

/// A recorder that ticks when it is told to.
struct Recorder {
    store: Store,
    _lock: RecorderLock,
}

impl Recorder {
    fn start(folder: &Path) -> Recorder {
        let lock = lock_recorder(folder).unwrap().expect("nobody else records here");
        let wall = Duration::from_secs(START as u64);
        let opened = Store::open(folder, Keep::default(), Now { wall, boot: wall }).unwrap();
        Recorder { store: opened.store, _lock: lock }
    }

    fn tick(&mut self, after: i64) {
        let memory = Source::whole(SourceKind::Memory, "memory", "Memory");
        let mut batch = Batch::default();
        batch.put(&memory, Metric::MemoryUsed, 1e9);
        let readings = batch.into_parts().readings;
        let conditions = vec![(memory, Condition::OK)];
        let recorder = Some((RecorderState::Recording, None));
        let tick = Tick { ts: START + after, readings, conditions, recorder, ..Tick::default() };
        self.store.append(&[tick], false).unwrap();
    }

    /// A rule fires on the memory.
    fn fire(&mut self, rule: &str, after: i64) {
        let row = AlertRow {
            rule: rule.to_owned(),
            source: "memory".to_owned(),
            phase: AlertPhase::Firing,
            since: START,
            value: Some(1e9),
            ..AlertRow::default()
        };
        let tick = Tick { ts: START + after, alerts: vec![row], ..Tick::default() };
        self.store.append(&[tick], false).unwrap();
    }
}

/// What one look brings: `off@3` is a status of second 3 without a recorder.
fn words(news: &[News]) -> Vec<String> {
    let word = |news: &News| match news {
        News::Status { status, .. } => {
            let state = format!("{:?}", status.recorder.state).to_lowercase();
            format!("{state}@{}", status.ts.map_or(-1, |ts| ts - START))
        }
        News::Unreadable { failure } => format!("unreadable {:?}", failure.code),
        News::Recorder { failure } => format!("recorder {:?}", failure.as_ref().map(|failure| failure.code)),
        News::Away { away } => format!("away {:?}", away.as_ref().map(|one| (one.since, one.until, one.episodes))),
        News::Language { language } => format!("language {language:?}"),
        News::Config { trouble } => format!("config {:?}", trouble.as_ref().map(|one| (one.line, one.in_force))),
    };
    news.iter().map(word).collect()
}

#[test]
fn only_changes_are_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    let (mut feed, begin) = (Feed::default(), Instant::now());
    let mut look = |millis: u64| words(&feed.look(&recording, begin + Duration::from_millis(millis)));

    assert_eq!(look(0), ["recorder None", "unreadable NoRecording", "config None", "language None", "away None"]);
    assert_eq!(look(200), [""; 0], "the same failure is told once");
    let mut recorder = Recorder::start(folder.path());
    recorder.tick(0);
    assert_eq!(look(1200), ["recording@0"]);
    assert_eq!(look(1400), [""; 0]);
    recorder.tick(1);
    assert_eq!(look(1600), ["recording@1"]);
    drop(recorder);
    assert_eq!(look(1800), [""; 0], "the lock is asked for once a second");
    assert_eq!(look(2700), ["off@1"]);
    for again in [12_000, 24_000, 36_000] {
        assert_eq!(look(again), [""; 0], "the file is opened again, and says the same");
    }
}

#[test]
fn a_status_says_what_time_it_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    Recorder::start(folder.path()).tick(0);
    let before = SystemClock.now().unix();
    let news = Feed::default().look(&recording, Instant::now());
    let told = news.iter().find_map(|news| if let News::Status { now, .. } = news { Some(*now) } else { None });
    assert!(told.is_some_and(|now| now >= before), "{told:?}");
}

#[test]
fn an_alert_is_told_with_what_silences_it_and_not_while_nobody_records() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[[rule]]\nid = \"full\"\nmetric = \"memory.used\"\nfire = \"> 4\"\n").unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    let mut recorder = Recorder::start(folder.path());
    recorder.tick(0);
    recorder.fire("full", 1);
    let settings = ConfigNow::of(Some(config.clone()));
    let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
    let mut told = |seconds: u64| {
        let news = feed.look(&recording, begin + Duration::from_secs(seconds));
        let status = news.into_iter().find(|news| matches!(news, News::Status { .. }));
        let Some(News::Status { alerts, snoozes, .. }) = status else { panic!("there is no status") };
        let silenced = |one: &AlertNow| one.snoozes.iter().map(|snooze| snooze.source.clone()).collect::<Vec<_>>();
        let titles = alerts.iter().map(|one| (one.alert.title.clone(), silenced(one))).collect::<Vec<_>>();
        (titles, snoozes.len())
    };
    let title = || "Memory used at 954 MiB".to_owned();
    assert_eq!(told(0), (vec![(title(), vec![])], 0));

    recording.ask(|face| face.snooze_whom("full", "memory", None, None)).unwrap();
    recording.ask(|face| face.snooze("other", "*", Some(i64::MAX))).unwrap();
    assert_eq!(told(1), (vec![(title(), vec!["memory".to_owned()])], 2));

    // The last good rules stay in force, as the recorder has kept them.
    std::fs::copy(&config, folder.path().join("config.last-good.toml")).unwrap();
    std::fs::write(&config, "[[rule]]\n").unwrap();
    assert!(recording.ask(|face| face.take_back_whom("full", "memory", None)).unwrap());
    assert!(!recording.ask(|face| face.take_back_whom("full", "memory", None)).unwrap());
    assert_eq!(told(11), (vec![(title(), vec![])], 1));

    drop(recorder);
    assert_eq!(told(13), (vec![], 1));
}

#[test]
fn a_mistake_in_the_config_is_told_once_and_so_is_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "[keep]\nraw = \"much\"\n").unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    let mut recorder = Recorder::start(folder.path());
    recorder.tick(0);
    let settings = ConfigNow::of(Some(config.clone()));
    let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
    let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
    assert_eq!(look(0), ["recorder None", "recording@0", "config Some((Some(2), Defaults))", "away None"]);
    assert_eq!(look(11), [""; 0]);
    std::fs::write(folder.path().join("config.last-good.toml"), "").unwrap();
    assert_eq!(look(22), ["config Some((Some(2), LastGood))"]);
    std::fs::write(&config, "").unwrap();
    assert_eq!(look(33), ["config None"]);
}

#[test]
fn a_language_that_is_chosen_is_told_to_pages_that_are_open() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let recording = Recording::new(folder.path().to_path_buf(), None);
    let settings = ConfigNow::of(Some(config.clone()));
    let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
    let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
    assert!(look(0).contains(&"language None".to_owned()));
    std::fs::write(&config, "[text]\nlanguage = \"de\"\n").unwrap();
    assert_eq!(look(11), ["language Some(German)"]);
    std::fs::write(&config, "[text]\nlanguage = \"dutch\"\n").unwrap();
    assert_eq!(look(22), ["config Some((Some(2), Defaults))"], "a mistake changes no page");
    std::fs::write(&config, "").unwrap();
    assert_eq!(look(33), ["config None", "language None"]);
}

#[test]
fn a_window_that_is_open_is_a_look() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    Recorder::start(folder.path()).tick(0);
    let before = SystemClock.now().unix();
    let face = Face::open(folder.path()).unwrap();
    assert_eq!(face.last_look().unwrap(), None);
    let mut feed = Feed::default();
    feed.look(&recording, Instant::now());
    assert!(face.last_look().unwrap().is_some_and(|look| look >= before));
}

#[test]
fn a_database_that_was_replaced_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    Recorder::start(folder.path()).tick(7);
    let (mut feed, begin) = (Feed::default(), Instant::now());
    assert_eq!(
        words(&feed.look(&recording, begin)),
        ["recorder None", "off@7", "config None", "language None", "away None"]
    );
    assert_eq!(recording.ask(|face| face.status()).unwrap().ts, Some(START + 7));

    for file in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    Recorder::start(folder.path()).tick(9);
    assert_eq!(words(&feed.look(&recording, begin + REOPEN)), ["off@9"]);
    assert_eq!(recording.ask(|face| face.status()).unwrap().ts, Some(START + 9));
}

#[test]
fn a_failed_start_is_told_until_a_recorder_runs() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    recording.set_start_failure(Some(Failure::new(Code::RecorderStart, "no")));
    let (mut feed, begin) = (Feed::default(), Instant::now());
    let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
    let first = ["recorder Some(RecorderStart)", "unreadable NoRecording", "config None", "language None", "away None"];
    assert_eq!(look(0), first);
    assert_eq!(look(1), [""; 0]);
    let mut recorder = Recorder::start(folder.path());
    recorder.tick(0);
    assert_eq!(look(2), ["recorder None", "recording@0"]);
}

#[test]
fn a_feed_ends_when_it_is_told_to_and_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::new(folder.path().to_path_buf(), None);
    let (sender, stop) = std::sync::mpsc::channel();
    run(&recording, &stop, |_| false);
    sender.send(()).unwrap();
    run(&recording, &stop, |_| true);
    drop(sender);
    run(&recording, &stop, |_| true);
}
