//! The journal on disks that fail, one round at a time.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard};

use serde_json::json;

use super::*;
use crate::clock::ManualClock;
use crate::metrics::Metric;
use crate::model::{EventKind, Reading, Source, SourceKind};

/// A disk that the test breaks and mends.
#[derive(Default)]
struct Disk {
    broken: Option<fn() -> StoreError>,
    /// Housekeeping that fails.
    untidy: Option<fn() -> StoreError>,
    /// A tick that is never taken.
    poison: Option<i64>,
    /// What reopening says.
    reopening: Option<fn() -> StoreError>,
    reopened: u32,
    ticks: Vec<i64>,
    /// How many ticks were safe from a power cut.
    safe: usize,
    appends: u32,
    maintained: u32,
    wished: Option<i64>,
    closed: bool,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Disk>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap()
    }
}

impl Writer for Shared {
    fn append(&mut self, ticks: &[Tick], durable: bool) -> Result<(), StoreError> {
        let mut disk = self.lock();
        disk.appends += 1;
        if let Some(error) = disk.broken {
            return Err(error());
        }
        if ticks.iter().any(|tick| Some(tick.ts) == disk.poison) {
            return Err(StoreError::Io("constraint failed".to_owned()));
        }
        disk.ticks.extend(ticks.iter().map(|tick| tick.ts));
        if durable {
            disk.safe = disk.ticks.len();
        }
        if let Some((state, until)) = ticks.iter().rev().find_map(|tick| tick.recorder) {
            disk.wished = until.filter(|_| state == RecorderState::Paused);
        }
        Ok(())
    }

    fn maintain(&mut self, _now: Now) -> Result<(), StoreError> {
        let mut disk = self.lock();
        disk.maintained += 1;
        disk.untidy.map_or(Ok(()), |error| Err(error()))
    }

    fn has_heard(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn wished_pause(&mut self) -> Result<Option<i64>, StoreError> {
        Ok(self.lock().wished)
    }

    fn snoozes(&mut self) -> Result<Option<Vec<crate::model::snooze::Snooze>>, StoreError> {
        Ok(None)
    }

    fn answers(&mut self) -> Result<Vec<(i64, crate::model::baseline::Acceptance)>, StoreError> {
        Ok(Vec::new())
    }

    fn set_keep(&mut self, _keep: Keep) -> Result<(), StoreError> {
        Ok(())
    }

    fn bytes(&self) -> u64 {
        4096
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        self.lock().closed = true;
        Ok(())
    }
}

struct Rig {
    clock: Arc<ManualClock>,
    disk: Shared,
    journal: Journal,
    scribe: Scribe,
    events: Receiver<Event>,
    ts: i64,
}

impl Rig {
    fn new() -> Rig {
        let clock = Arc::new(ManualClock::at(1_700_000_000));
        let disk = Shared::default();
        let journal = Journal::default();
        let (sender, events) = channel();
        let other = disk.clone();
        let reopen: Reopen = Box::new(move |_, _| {
            let mut disk = other.lock();
            disk.reopened += 1;
            if let Some(error) = disk.reopening {
                return Err(error());
            }
            disk.broken = None;
            let event = model::Event { ts: 1, kind: EventKind::DatabaseSetAside, source: None, detail: json!({}) };
            drop(disk);
            Ok((Box::new(other.clone()) as Box<dyn Writer>, vec![event]))
        });
        let config = ConfigFile::new("/nowhere/config.toml".into(), "/nowhere".into());
        let writer = Box::new(disk.clone());
        let scribe = Scribe::new(journal.clone(), clock.clone(), sender, writer, reopen, config, Keep::default());
        Rig { clock, disk, journal, scribe, events, ts: 0 }
    }

    /// A second passes; its tick comes and the journal has its turn.
    fn second(&mut self) {
        self.push(false);
        self.scribe.round();
    }

    fn push(&mut self, durable: bool) {
        self.clock.advance(Duration::from_secs(1));
        self.ts += 1;
        let cpu = Source::whole(SourceKind::Cpu, "cpu", "CPU");
        let readings = vec![Reading { source: cpu, metric: Metric::CpuLoad1, stored: self.ts }];
        self.journal.push(Tick { ts: self.ts, readings, ..Tick::default() }, durable);
    }

    /// What was reported since the last look, in words.
    fn reports(&self) -> Vec<String> {
        let word = |event| match event {
            Event::Journal(Report::Failed { reason }) => format!("failed: {reason}"),
            Event::Journal(Report::Recovered { ticks, lost }) => format!("recovered {ticks}, lost {lost}"),
            Event::Journal(Report::UpkeepFailed { reason }) => format!("upkeep failed: {reason}"),
            Event::Journal(Report::UpkeepRecovered) => "upkeep recovered".to_owned(),
            Event::Journal(Report::Reopened(events)) => format!("reopened with {} events", events.len()),
            Event::Journal(Report::Wished(until)) => format!("wished {until:?}"),
            Event::Journal(Report::Ended(result)) => format!("ended {}", result.is_ok()),
            other => format!("{other:?}"),
        };
        self.events.try_iter().map(word).collect()
    }

    fn break_disk(&self, error: fn() -> StoreError) {
        self.disk.lock().broken = Some(error);
    }

    fn stored(&self) -> Vec<i64> {
        self.disk.lock().ticks.clone()
    }
}

#[test]
fn each_tick_is_written_at_once_and_made_safe_every_ten_seconds() {
    let mut rig = Rig::new();
    for _ in 0..9 {
        rig.second();
    }
    assert_eq!(rig.stored(), (1..=9).collect::<Vec<_>>());
    assert_eq!(rig.disk.lock().safe, 0);
    rig.second();
    assert_eq!(rig.disk.lock().safe, 10);
    for _ in 0..5 {
        rig.second();
    }
    assert_eq!(rig.disk.lock().safe, 10);
    // An alert does not wait for the tenth second.
    rig.push(true);
    rig.scribe.round();
    assert_eq!(rig.disk.lock().safe, 16);
    // Nor does a machine that goes to sleep, though there is nothing new.
    rig.second();
    rig.journal.flush();
    rig.scribe.round();
    assert_eq!(rig.disk.lock().safe, 17);
    let appends = rig.disk.lock().appends;
    rig.journal.flush();
    rig.scribe.round();
    assert_eq!(rig.disk.lock().appends, appends, "what is safe is not written again");
    assert!(rig.disk.lock().maintained >= 17);
    assert_eq!(rig.journal.bytes(), Some(4096));
    assert!(rig.reports().is_empty());
}

#[test]
fn an_hour_on_a_disk_that_takes_nothing_loses_nothing_and_is_told_once() {
    #[track_caller]
    fn check(error: fn() -> StoreError) {
        let mut rig = Rig::new();
        rig.second();
        rig.break_disk(error);
        for _ in 0..3600 {
            rig.second();
        }
        assert_eq!(rig.reports(), [format!("failed: {}", error())]);
        assert_eq!(rig.journal.bytes(), None);
        rig.disk.lock().broken = None;
        rig.second();
        assert_eq!(rig.stored(), (1..=3602).collect::<Vec<_>>(), "all, in order, once");
        assert_eq!(rig.reports(), ["recovered 3601, lost 0"]);
        assert_eq!(rig.journal.bytes(), Some(4096));
        rig.second();
        assert!(rig.reports().is_empty());
    }
    check(|| StoreError::Full);
    check(|| StoreError::ReadOnly("read-only file system".to_owned()));
    check(|| StoreError::Io("input/output error".to_owned()));
    check(|| StoreError::Busy);
}

#[test]
fn a_lock_that_passes_is_not_worth_a_word() {
    let mut rig = Rig::new();
    rig.break_disk(|| StoreError::Busy);
    for _ in 0..9 {
        rig.second();
    }
    rig.disk.lock().broken = None;
    rig.second();
    assert_eq!(rig.stored(), (1..=10).collect::<Vec<_>>());
    assert!(rig.reports().is_empty());
}

#[test]
fn what_the_memory_cannot_hold_is_counted() {
    let mut rig = Rig::new();
    rig.break_disk(|| StoreError::Full);
    for _ in 0..RING + 500 {
        rig.second();
    }
    rig.disk.lock().broken = None;
    rig.second();
    let reports = rig.reports();
    let stored = rig.stored();
    let lost = RING + 501 - stored.len();
    assert!((500..=502).contains(&lost), "{lost}");
    assert_eq!(reports, ["failed: the disk is full".to_owned(), format!("recovered {}, lost {lost}", stored.len())]);
    assert_eq!(stored.last(), Some(&(RING as i64 + 501)));
    assert!(stored.is_sorted());
}

#[test]
fn a_disk_that_stalls_holds_up_no_tick_and_costs_no_more_than_the_ring() {
    let mut rig = Rig::new();
    // The journal's thread hangs in a write: nobody takes what is pushed.
    for _ in 0..RING + 100 {
        rig.push(false);
    }
    rig.scribe.round();
    assert_eq!(rig.stored().len(), RING);
    assert_eq!(rig.reports(), [format!("recovered {RING}, lost 100")]);
}

#[test]
fn a_damaged_database_is_replaced_and_keeps_what_waited() {
    let mut rig = Rig::new();
    rig.second();
    rig.break_disk(|| StoreError::Damaged("bad page".to_owned()));
    rig.second();
    assert_eq!(rig.stored(), [1, 2]);
    let reports = rig.reports();
    assert_eq!(reports, ["failed: the database is damaged: bad page", "reopened with 1 events", "recovered 1, lost 0"]);
}

#[test]
fn housekeeping_that_fails_is_told_once_and_tried_seldom_while_ticks_are_written() {
    let mut rig = Rig::new();
    rig.disk.lock().untidy = Some(|| StoreError::Full);
    for _ in 0..130 {
        rig.second();
    }
    assert_eq!(rig.reports(), ["upkeep failed: the disk is full"]);
    assert_eq!(rig.stored(), (1..=130).collect::<Vec<_>>());
    let tried = rig.disk.lock().maintained;
    assert!((2..=3).contains(&tried), "{tried}");
    rig.disk.lock().untidy = None;
    for _ in 0..70 {
        rig.second();
    }
    assert!(rig.disk.lock().maintained > tried + 1, "each second again");
    assert_eq!(rig.reports(), ["upkeep recovered"]);
}

#[test]
fn a_database_that_cannot_be_replaced_is_tried_again_now_and_then() {
    let mut rig = Rig::new();
    rig.break_disk(|| StoreError::Damaged("bad page".to_owned()));
    rig.disk.lock().reopening = Some(|| StoreError::Full);
    for _ in 0..60 {
        rig.second();
    }
    let tried = rig.disk.lock().reopened;
    assert!((6..=7).contains(&tried), "{tried}");
    rig.disk.lock().reopening = None;
    for _ in 0..10 {
        rig.second();
    }
    assert_eq!(rig.stored(), (1..=70).collect::<Vec<_>>());
}

#[test]
fn a_tick_that_is_never_taken_does_not_hold_back_the_others() {
    let mut rig = Rig::new();
    rig.break_disk(|| StoreError::Full);
    rig.disk.lock().poison = Some(5);
    for _ in 0..10 {
        rig.second();
    }
    rig.disk.lock().broken = None;
    for _ in 10..100 {
        rig.second();
    }
    let expected: Vec<_> = (1..=100).filter(|ts| *ts != 5).collect();
    assert_eq!(rig.stored(), expected);
    assert!(rig.reports().last().is_some_and(|last| last.ends_with("lost 1")));
}

#[test]
fn a_wish_is_reported_once_and_our_own_is_none() {
    let mut rig = Rig::new();
    rig.disk.lock().wished = Some(50);
    rig.second();
    rig.second();
    assert_eq!(rig.reports(), ["wished Some(50)"]);
    // The engine ends the pause: the store's wish follows, and is no news.
    rig.journal.push(Tick { ts: 3, recorder: Some((RecorderState::Recording, None)), ..Tick::default() }, true);
    rig.scribe.round();
    let paused = Some((RecorderState::Paused, Some(60)));
    rig.journal.push(Tick { ts: 4, recorder: paused, ..Tick::default() }, true);
    rig.scribe.round();
    assert!(rig.reports().is_empty());
    rig.disk.lock().wished = None;
    rig.second();
    assert_eq!(rig.reports(), ["wished None"]);
}

#[test]
fn the_end_writes_the_rest_and_closes() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.push(false);
    }
    rig.journal.stop();
    assert!(rig.scribe.round());
    assert!(rig.scribe.end().is_ok());
    let disk = rig.disk.lock();
    assert_eq!((disk.ticks.len(), disk.safe, disk.closed), (3, 3, true));
}

#[test]
fn a_writer_that_panics_ends_the_recorder_loudly() {
    let mut rig = Rig::new();
    rig.break_disk(|| panic!("a defect"));
    rig.push(false);
    let Rig { scribe, events, .. } = rig;
    scribe.spawn().unwrap().join().unwrap();
    let ended = events.iter().last().unwrap();
    let Event::Journal(Report::Ended(Err(error))) = ended else { panic!("{ended:?}") };
    assert_eq!(error.to_string(), "its writer failed: a defect");
}
