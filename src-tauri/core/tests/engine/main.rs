//! The engine with its real threads, the real clock and a real database; only the hardware is played.

#![allow(clippy::unwrap_used, reason = "a test that fails should fail loudly; helpers outside of #[test] too")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use hoofbeat_core::api::{Face, HistoryQuery, Status};
use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::engine::{self, Command, EngineError, Handle, NoticePhase, Options, Published};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, EventKind, Health, RecorderState, Source, SourceKind};
use hoofbeat_core::sensors::{Registration, Roots, Sensor, SensorError};

mod verdicts;

/// Nothing here takes longer on a machine that works.
const LIMIT: Duration = Duration::from_secs(60);

/// A sensor that reads a number.
struct Steady(Arc<Source>, fn() -> f64);

impl Sensor for Steady {
    fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        batch.put(&self.0, Metric::CpuTemperature, (self.1)());
        Ok(())
    }
}

fn cpu(value: fn() -> f64) -> Box<dyn Sensor> {
    Box::new(Steady(Source::whole(SourceKind::Cpu, "cpu", "CPU"), value))
}

struct Recording {
    folder: tempfile::TempDir,
    handle: Handle,
    heard: Receiver<Published>,
}

fn options(folder: &Path, sensors: &'static [Registration]) -> Options {
    Options {
        folder: folder.join("data"),
        config: folder.join("config.toml"),
        roots: Roots::at(Path::new("/")),
        clock: Arc::new(SystemClock),
        run_for: None,
        sensors,
    }
}

impl Recording {
    fn start(config: &str, sensors: &'static [Registration]) -> Recording {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), config).unwrap();
        Recording::start_in(folder, sensors)
    }

    fn start_in(folder: tempfile::TempDir, sensors: &'static [Registration]) -> Recording {
        let handle = engine::start(options(folder.path(), sensors)).unwrap();
        let heard = handle.subscribe();
        Recording { folder, handle, heard }
    }

    /// The next publication that `pick` takes.
    fn hear<T>(&self, mut pick: impl FnMut(&Published) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            match self.heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(said) => {
                    if let Some(picked) = pick(&said) {
                        return picked;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("it was not published in time"),
                Err(RecvTimeoutError::Disconnected) => panic!("the engine ended"),
            }
        }
    }

    fn face(&self) -> Face {
        Face::open(&self.folder.path().join("data")).unwrap()
    }

    /// The status in the database once it is as wished.
    fn status(&self, wished: impl Fn(&Status) -> bool) -> Status {
        let face = self.face();
        let deadline = Instant::now() + LIMIT;
        loop {
            let status = face.status().unwrap();
            if wished(&status) {
                return status;
            }
            assert!(Instant::now() < deadline, "the status is not as wished: {status:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop(self) -> tempfile::TempDir {
        self.handle.send(Command::Stop);
        self.handle.wait().unwrap();
        self.folder
    }
}

fn health(status: &Status, id: &str) -> Option<Health> {
    status.sources.iter().find(|source| source.id == id).map(|source| source.health)
}

fn kinds(face: &Face) -> Vec<EventKind> {
    let mut kinds: Vec<_> = face.events(0, 100).unwrap().into_iter().map(|event| event.kind).collect();
    kinds.reverse();
    kinds
}

/// Seconds at which a value of `cpu` is stored.
fn stored(face: &Face) -> Vec<i64> {
    let now = SystemClock.now().unix();
    let query = HistoryQuery {
        metric: Metric::CpuTemperature,
        source: Some("cpu".to_owned()),
        since: now - 600,
        until: now + 10,
        points: 1000,
    };
    face.history(&query).unwrap().series.first().map_or_else(Vec::new, |series| {
        assert_eq!(series.step, 1, "single seconds were asked for");
        series.points.iter().map(|point| point.0).collect()
    })
}

#[test]
fn it_records_publishes_and_ends_in_order() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false }];
    let recording = Recording::start("", SENSORS);
    let snapshot = recording.hear(|said| match said {
        Published::Status(snapshot) if snapshot.ts.is_some() => Some(snapshot.clone()),
        _ => None,
    });
    assert_eq!(snapshot.value("cpu", Metric::CpuTemperature), Some(42.0));
    assert_eq!(snapshot.state, RecorderState::Recording);
    let status = recording.status(|status| status.ts >= snapshot.ts);
    assert_eq!(status.recorder.state, RecorderState::Recording);
    assert!(status.sources.iter().any(|source| source.id == "self" && !source.metrics.is_empty()));

    // A second recorder says so and leaves the first alone.
    let second = engine::start(options(recording.folder.path(), SENSORS));
    assert!(matches!(second, Err(EngineError::AlreadyRecording { .. })));

    let handle = recording.handle.clone();
    let face = recording.face();
    let folder = recording.stop();
    assert!(matches!(handle.subscribe().recv(), Ok(Published::Status(_) | Published::Stopped)));
    assert_eq!(face.status().unwrap().recorder.state, RecorderState::Off);
    assert_eq!(kinds(&face), [EventKind::RecorderStarted, EventKind::RecorderStopped]);

    let again = Recording::start_in(folder, SENSORS);
    again.hear(|said| matches!(said, Published::Status(_)).then_some(()));
    again.stop();
    assert_eq!(kinds(&face).len(), 4);
}

#[test]
fn sensors_that_hang_or_panic_hold_up_nobody() {
    static GATE: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());
    static MADE: AtomicU64 = AtomicU64::new(0);
    struct Hanging(Arc<Source>);
    impl Sensor for Hanging {
        fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
            let open = GATE.1.wait_while(GATE.0.lock().unwrap(), |open| !*open).unwrap();
            batch.put(&self.0, Metric::DiskBusy, 1.0);
            drop(open);
            Ok(())
        }
    }
    struct Panicking;
    impl Sensor for Panicking {
        fn sample(&mut self, _clock: &dyn Clock, _batch: &mut Batch) -> Result<(), SensorError> {
            panic!("a defect of this sensor")
        }
    }
    static SENSORS: &[Registration] = &[
        Registration {
            name: "hanging",
            new: |_| Box::new(Hanging(Source::whole(SourceKind::Disk, "disk:nfs", "NFS"))),
            waits: true,
        },
        Registration {
            name: "panicking",
            new: |_| {
                MADE.fetch_add(1, Ordering::SeqCst);
                Box::new(Panicking)
            },
            waits: false,
        },
        Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false },
    ];
    let recording = Recording::start("", SENSORS);
    let reason = |status: &Status, id: &str| {
        let stale = status.sources.iter().find(|source| source.id == id && source.health == Health::Stale);
        stale.map(|source| source.reason.clone()).unwrap_or_default()
    };
    // A busy machine takes its time to tell of a panic, and until then that sensor is one that does not answer, too.
    recording.status(|status| {
        reason(status, "self:hanging").starts_with("did not answer for ")
            && reason(status, "self:panicking").ends_with("a defect of this sensor")
            && health(status, "cpu") == Some(Health::Ok)
    });
    // Ticks go on meanwhile, and the broken one is made anew.
    let face = recording.face();
    recording.status(|_| stored(&face).len() >= 3 && MADE.load(Ordering::SeqCst) >= 2);
    *GATE.0.lock().unwrap() = true;
    GATE.1.notify_all();
    recording.status(|status| health(status, "disk:nfs") == Some(Health::Ok));
    recording.stop();
}

#[test]
fn another_process_that_locks_the_database_costs_no_tick() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false }];
    let recording = Recording::start("", SENSORS);
    let face = recording.face();
    recording.status(|_| !stored(&face).is_empty());
    let other = rusqlite::Connection::open(recording.folder.path().join("data/hoofbeat.db")).unwrap();
    other.busy_timeout(LIMIT).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = stored(&face);
    let mut ticks = Vec::new();
    recording.hear(|said| {
        if let Published::Status(snapshot) = said {
            ticks.extend(snapshot.ts);
        }
        (ticks.len() >= 4).then_some(())
    });
    assert_eq!(stored(&face), before, "nothing can be written");
    other.execute_batch("ROLLBACK").unwrap();
    recording.status(|_| ticks.iter().all(|ts| stored(&face).contains(ts)));
    recording.stop();
}

/// Five hundred disks, each too hot.
struct Disks(Vec<Arc<Source>>);

impl Sensor for Disks {
    fn sample(&mut self, _clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        self.0.iter().for_each(|disk| batch.put(disk, Metric::DiskTemperature, 80.0));
        Ok(())
    }
}

fn disks() -> Box<dyn Sensor> {
    let disk = |at| Source::whole(SourceKind::Disk, format!("disk:{at}"), "Disk");
    Box::new(Disks((0..500).map(disk).collect()))
}

#[test]
fn a_storm_of_alerts_is_stored_whole_and_said_in_four_words() {
    static SENSORS: &[Registration] = &[Registration { name: "disks", new: |_| disks(), waits: false }];
    const RULE: &str =
        "[notify]\nwindow = \"5s\"\n[[rule]]\nid = \"hot\"\nmetric = \"disk.temperature\"\nfire = \"> 70\"\n";
    let recording = Recording::start(RULE, SENSORS);
    let mut alone = 0;
    let digest = recording.hear(|said| match said {
        Published::Alert(notice) => {
            alone += usize::from(notice.notify);
            None
        }
        Published::Digest(digest) => Some(digest.clone()),
        _ => None,
    });
    assert_eq!((alone, digest.items.len(), digest.more), (3, 497, 0));
    // Killed or not: a restart in the middle of it says nothing anew.
    let recording = Recording::start_in(recording.stop(), SENSORS);
    let mut seen = 0;
    recording.hear(|said| match said {
        Published::Alert(_) | Published::Digest(_) => panic!("said again: {said:?}"),
        Published::Status(snapshot) => {
            seen += usize::from(snapshot.alerts.len() == 500);
            (seen >= 2).then_some(())
        }
        _ => None,
    });
    let face = recording.face();
    recording.stop();
    let fired = face.events(0, 10_000).unwrap().into_iter().filter(|event| event.kind == EventKind::AlertFired);
    assert_eq!(fired.count(), 500);
}

#[test]
fn an_alert_is_published_once_over_a_restart_and_cleared_once() {
    static HOT: AtomicBool = AtomicBool::new(true);
    static SENSORS: &[Registration] = &[Registration {
        name: "cpu",
        new: |_| cpu(|| if HOT.load(Ordering::SeqCst) { 95.0 } else { 50.0 }),
        waits: false,
    }];
    const RULE: &str = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n";
    let recording = Recording::start(RULE, SENSORS);
    let fired = recording.hear(|said| match said {
        Published::Alert(notice) => Some(notice.clone()),
        _ => None,
    });
    assert_eq!((fired.rule.id.as_str(), fired.value, fired.phase), ("hot", Some(95.0), NoticePhase::Fired));
    recording.hear(|said| matches!(said, Published::Status(_)).then_some(()));
    let recording = Recording::start_in(recording.stop(), SENSORS);
    // It fires still, and nobody is told again.
    recording.hear(|said| match said {
        Published::Alert(notice) => panic!("told again: {notice:?}"),
        Published::Status(snapshot) => (!snapshot.alerts.is_empty()).then_some(()),
        _ => None,
    });
    HOT.store(false, Ordering::SeqCst);
    let cleared = recording.hear(|said| match said {
        Published::Alert(notice) => Some(notice.clone()),
        _ => None,
    });
    assert!(matches!(cleared.phase, NoticePhase::Cleared { .. }));
    assert_eq!(cleared.since, fired.since);
    let face = recording.face();
    recording.stop();
    let alerts: Vec<_> = kinds(&face)
        .into_iter()
        .filter(|kind| matches!(kind, EventKind::AlertFired | EventKind::AlertCleared))
        .collect();
    assert_eq!(alerts, [EventKind::AlertFired, EventKind::AlertCleared]);
}

#[test]
fn a_face_pauses_and_resumes_and_so_does_a_command() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false }];
    let recording = Recording::start("", SENSORS);
    let face = recording.face();
    recording.status(|status| status.ts.is_some());
    let until = SystemClock.now().unix() + 3600;
    face.pause(until).unwrap();
    let status = recording.status(|status| status.recorder.state == RecorderState::Paused);
    assert_eq!(status.recorder.until, Some(until));
    // Ended in the tray, so that the wish in the database must end, too …
    recording.handle.send(Command::Resume);
    recording.status(|status| status.recorder.state == RecorderState::Recording);
    // … or this one, begun in the tray and ended in a face, would not be noticed.
    recording.handle.send(Command::Pause { until });
    recording.status(|status| status.recorder.state == RecorderState::Paused);
    face.resume().unwrap();
    recording.status(|status| status.recorder.state == RecorderState::Recording);
    // A pause outlives a restart.
    recording.handle.send(Command::Pause { until });
    recording.status(|status| status.recorder.state == RecorderState::Paused);
    let recording = Recording::start_in(recording.stop(), SENSORS);
    recording.hear(|said| match said {
        Published::Status(snapshot) => (snapshot.until == Some(until)).then_some(()),
        _ => None,
    });
    recording.stop();
}

#[test]
fn a_config_is_refused_in_words_and_taken_when_it_is_right() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 95.0), waits: false }];
    let recording = Recording::start("[recording]\ntick = \"2 minutes\"\n", SENSORS);
    let config = recording.folder.path().join("config.toml");
    let trouble = || {
        recording.hear(|said| match said {
            Published::Trouble(sentence) => Some(sentence.clone()),
            _ => None,
        })
    };
    let first = trouble();
    assert!(first.contains("config.toml:2:8: \"2 minutes\" is not a duration"), "{first}");
    assert!(first.ends_with("the defaults hold."), "{first}");
    std::fs::write(&config, "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\n").unwrap();
    recording.hear(|said| matches!(said, Published::Alert(_)).then_some(()));
    std::fs::write(&config, "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperatur\"\nfire = \"> 90\"\n").unwrap();
    let refused = trouble();
    assert!(refused.contains("config.toml:3:10: there is no metric"), "{refused}");
    assert!(refused.ends_with("The settings from before stay in force."), "{refused}");
    recording.hear(|said| match said {
        Published::Status(snapshot) => (snapshot.alerts.len() == 1).then_some(()),
        _ => None,
    });
    // Started anew with the same file, it goes on with what held.
    let recording = Recording::start_in(recording.stop(), SENSORS);
    let mut told = None;
    let mut fires = false;
    recording.hear(|said| {
        match said {
            Published::Trouble(sentence) => told = Some(sentence.clone()),
            Published::Status(snapshot) => fires = snapshot.alerts.iter().any(|one| one.rule.id == "hot"),
            _ => {}
        }
        (fires && told.is_some()).then_some(())
    });
    assert!(
        told.as_deref().is_some_and(|told| told.ends_with("the last settings without a mistake hold.")),
        "{told:?}"
    );
    recording.stop();
}

#[test]
fn channels_are_published_at_the_start_and_when_they_change() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false }];
    let recording = Recording::start("[notify.command]\nrun = [\"true\"]\n", SENSORS);
    let channels = || {
        recording.hear(|said| match said {
            Published::Channels(channels) => Some(channels.clone()),
            _ => None,
        })
    };
    assert_eq!(channels().command.run, ["true"]);
    std::fs::write(recording.folder.path().join("config.toml"), "[notify.webhook]\nurl = \"https://a/b\"\n").unwrap();
    let changed = channels();
    assert_eq!((changed.command.is_on(), changed.webhook.url.is_some()), (false, true));
    recording.stop();
}

#[test]
fn it_ends_by_itself_and_writes_an_example_config() {
    static SENSORS: &[Registration] = &[Registration { name: "cpu", new: |_| cpu(|| 42.0), waits: false }];
    let folder = tempfile::tempdir().unwrap();
    let run_for = Some(Duration::from_secs(5));
    let handle = engine::start(Options { run_for, ..options(folder.path(), SENSORS) }).unwrap();
    handle.wait().unwrap();
    let face = Face::open(&folder.path().join("data")).unwrap();
    assert!(!stored(&face).is_empty());
    let config = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    assert_eq!(config, hoofbeat_core::config::Config::example());
}
