//! From ticks to the disk, on a thread of its own: a disk that stalls, fills up or breaks stops neither sampling nor
//! alerts.
//!
//! Ticks that cannot be written wait in memory for at least an hour and are written as soon as that is possible. This
//! thread is also the only one that looks at files while recording: the wish to pause, and the config. Deliberately not
//! here: SQL, and what the person is told (`core`).

mod writer;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(super) use self::writer::{Reopen, Writer, reopen};
use super::Event;
use super::files::ConfigFile;
use super::inbox::Journal;
use super::ring::{self, RING};
use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::model::baseline::Acceptance;
use crate::model::{self, Keep, Now, RecorderState, Tick, snooze::Snooze};
use crate::store::StoreError;

/// A power cut loses at most this much.
const DURABLE: Duration = Duration::from_secs(10);

/// Ticks in one transaction while catching up: a long one would keep readers' checkpoints waiting.
const BATCH: usize = 120;

/// Another process may lock the database for a moment; a longer lock is worth a word.
const PATIENCE: Duration = Duration::from_secs(10);

/// At most one line in the log in this time while nothing can be written.
const LOG: Duration = Duration::from_secs(60);

/// A single tick that is refused for this long while the next one is taken is given up: it must not hold back all history.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Making a new database reads all of the damaged one; not each second.
const REOPEN: Duration = Duration::from_secs(10);

/// Housekeeping that failed is tried again after this; until then the finished hour stays as it is.
const UPKEEP_AGAIN: Duration = Duration::from_secs(60);

/// How often the end of recording tries to write before it gives up, and how long it waits in between.
const LAST_TRIES: u32 = 20;
const LAST_WAIT: Duration = Duration::from_millis(250);

/// What the journal tells the engine.
#[derive(Debug)]
pub(super) enum Report {
    /// Ticks cannot be written and wait in memory.
    Failed {
        /// Why, as one clause.
        reason: String,
    },
    /// Ticks are written, but finished hours cannot be put away.
    UpkeepFailed {
        /// Why, as one clause.
        reason: String,
    },
    /// Finished hours are put away again.
    UpkeepRecovered,
    /// Ticks are written again.
    Recovered {
        /// How many had waited.
        ticks: u64,
        /// How many the memory could not hold.
        lost: u64,
    },
    /// The database was damaged and a new one was made.
    Reopened(Vec<model::Event>),
    /// Somebody wishes another pause, or none.
    Wished(Option<i64>),
    /// Somebody says that a use of a GPU is expected.
    Answered(Vec<(i64, Acceptance)>),
    /// Somebody snoozed alerts, or took that back: all that are snoozed now.
    Snoozed(Vec<Snooze>),
    /// The config file changed.
    Config(Box<Result<Config, ConfigError>>),
    /// The journal has ended.
    Ended(Result<(), StoreError>),
}

/// A failure that goes on.
#[derive(Debug)]
struct Failing {
    since: Duration,
    /// When it was last tried to leave a tick out.
    tried: Duration,
    told: bool,
    logged: Option<Duration>,
    lost: u64,
}

/// The journal's thread.
pub(super) struct Scribe {
    pub journal: Journal,
    pub clock: Arc<dyn Clock>,
    pub events: Sender<Event>,
    pub writer: Option<Box<dyn Writer>>,
    pub reopen: Reopen,
    pub config: ConfigFile,
    pub keep: Keep,
    pending: VecDeque<Tick>,
    failing: Option<Failing>,
    /// When housekeeping failed; it is told once and tried seldom, because ticks are written all the same.
    upkeep_failed: Option<Duration>,
    error: Option<StoreError>,
    reopened: Option<Duration>,
    durable_at: Duration,
    unsynced: bool,
    /// The pause that the engine knows of.
    pub wished: Option<i64>,
    /// Whether people's decisions could not be read at the last look.
    unheard: bool,
}

impl Scribe {
    /// A journal that writes with `writer`.
    pub fn new(
        journal: Journal,
        clock: Arc<dyn Clock>,
        events: Sender<Event>,
        writer: Box<dyn Writer>,
        reopen: Reopen,
        config: ConfigFile,
        keep: Keep,
    ) -> Scribe {
        let durable_at = clock.now().boot;
        let bytes = Some(writer.bytes());
        journal.settled(0, bytes);
        Scribe {
            journal,
            clock,
            events,
            writer: Some(writer),
            reopen,
            config,
            keep,
            pending: VecDeque::new(),
            failing: None,
            upkeep_failed: None,
            error: None,
            reopened: None,
            durable_at,
            unsynced: false,
            wished: None,
            unheard: false,
        }
    }

    /// Starts the thread.
    pub fn spawn(self) -> std::io::Result<JoinHandle<()>> {
        let events = self.events.clone();
        let run = move || {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.run())) {
                // Without it nothing is recorded any more: better to end, loudly, and be started anew.
                let text = super::probe::words(&*panic);
                let error = StoreError::Io(crate::say!("its writer failed: {text}", text));
                let _ = events.send(Event::Journal(Report::Ended(Err(error))));
            }
        };
        thread::Builder::new().name("hb-journal".to_owned()).stack_size(1 << 20).spawn(run)
    }

    fn run(mut self) {
        while !self.round() {}
        let result = self.end();
        let _ = self.events.send(Event::Journal(Report::Ended(result)));
    }

    /// One turn; says whether the end was asked for.
    pub(super) fn round(&mut self) -> bool {
        let journal = self.journal.clone();
        let inbox = journal.take(&mut self.pending);
        self.lose(inbox.lost);
        if let Some(keep) = inbox.keep {
            self.keep = keep;
            if let Some(Err(error)) = self.writer.as_mut().map(|writer| writer.set_keep(keep)) {
                log::warn!("the new limits of the history hold from the next start on: {error}");
            }
        }
        self.write(inbox.durable || inbox.stop);
        if inbox.stop {
            return true;
        }
        if self.pending.is_empty() {
            self.between_ticks();
        }
        self.look();
        false
    }

    /// Writes everything that waits, as far as it goes.
    fn write(&mut self, durable: bool) {
        let now = self.clock.now();
        let durable = durable || now.boot.saturating_sub(self.durable_at) >= DURABLE;
        let mut waited = 0;
        let mut reopened = false;
        while !self.pending.is_empty() || (durable && self.unsynced) {
            if self.writer.is_none() && !self.open_anew(now) {
                break;
            }
            let Some(writer) = &mut self.writer else { break };
            // After an error of the file, one by one: a batch does not tell which of its ticks it dislikes.
            let most = if matches!(self.error, Some(StoreError::Io(_))) { 1 } else { BATCH };
            let count = self.pending.len().min(most);
            let durable = durable && count == self.pending.len();
            match writer.append(&self.pending.make_contiguous()[..count], durable) {
                Ok(()) => {
                    for tick in self.pending.drain(..count) {
                        // The store keeps the wish in step with the deed.
                        match tick.recorder {
                            Some((RecorderState::Paused, until)) => self.wished = until,
                            Some((RecorderState::Recording, _)) => self.wished = None,
                            Some((RecorderState::Off, _)) | None => {}
                        }
                    }
                    waited += count as u64;
                    self.error = None;
                    self.unsynced = !durable;
                    if durable {
                        self.durable_at = now.boot;
                    }
                }
                Err(error) => {
                    let damaged = matches!(error, StoreError::Damaged(_));
                    let alone = count == 1 && matches!(error, StoreError::Io(_));
                    self.fail(error, now);
                    if damaged {
                        self.writer = None;
                    }
                    if alone && self.give_up_first(now) {
                        waited += 1;
                        continue;
                    }
                    // A second damage in a row is the disk's: wait.
                    if !damaged || std::mem::replace(&mut reopened, true) {
                        break;
                    }
                }
            }
        }
        if self.pending.is_empty() {
            self.recover(waited);
        }
        let bytes = self.writer.as_ref().filter(|_| self.failing.is_none()).map(|writer| writer.bytes());
        self.journal.settled(self.pending.len(), bytes);
    }

    /// Sets a damaged database aside and opens another one.
    fn open_anew(&mut self, now: Now) -> bool {
        if self.reopened.is_some_and(|last| now.boot.saturating_sub(last) < REOPEN) {
            return false;
        }
        self.reopened = Some(now.boot);
        match (self.reopen)(self.keep, now) {
            Ok((writer, events)) => {
                self.writer = Some(writer);
                let _ = self.events.send(Event::Journal(Report::Reopened(events)));
                true
            }
            Err(error) => {
                self.fail(error, now);
                false
            }
        }
    }

    fn fail(&mut self, error: StoreError, now: Now) {
        let busy = matches!(error, StoreError::Busy);
        let failing = self.failing.get_or_insert(Failing {
            since: now.boot,
            tried: now.boot,
            told: false,
            logged: None,
            lost: 0,
        });
        let patient = busy && now.boot.saturating_sub(failing.since) < PATIENCE;
        if !patient {
            // The first time a person is told, which is logged, too.
            let first = !std::mem::replace(&mut failing.told, true);
            let is_due = failing.logged.is_none_or(|last| now.boot.saturating_sub(last) >= LOG);
            if is_due {
                failing.logged = Some(now.boot);
            }
            let ticks = self.pending.len();
            if first {
                let reason = error.to_string();
                let _ = self.events.send(Event::Journal(Report::Failed { reason }));
            } else if is_due {
                log::warn!("history is kept in memory ({ticks} ticks): {error}");
            } else {
                log::debug!("{ticks} ticks wait to be written: {error}");
            }
        }
        self.error = Some(error);
        while self.pending.len() > RING {
            let lost = ring::drop_oldest(&mut self.pending);
            self.lose(u64::from(lost));
        }
    }

    /// Leaves out the oldest tick, where it has been refused for long and the next one is taken.
    fn give_up_first(&mut self, now: Now) -> bool {
        let Some(failing) = self.failing.as_mut() else { return false };
        if self.pending.len() < 2 || now.boot.saturating_sub(failing.tried) < GIVE_UP {
            return false;
        }
        failing.tried = now.boot;
        let Some(writer) = &mut self.writer else { return false };
        if writer.append(&self.pending.make_contiguous()[1..2], false).is_err() {
            return false;
        }
        failing.lost += 1;
        self.error = None;
        self.unsynced = true;
        for tick in self.pending.drain(..2).take(1) {
            log::error!("the tick of {} cannot be stored and is left out", tick.ts);
        }
        true
    }

    fn lose(&mut self, ticks: u64) {
        if let Some(failing) = self.failing.as_mut().filter(|_| ticks > 0) {
            failing.lost += ticks;
        } else if ticks > 0 {
            // The disk stalled without an error for more than an hour.
            let boot = self.clock.now().boot;
            self.failing = Some(Failing { since: boot, tried: boot, told: true, logged: None, lost: ticks });
        }
    }

    fn recover(&mut self, ticks: u64) {
        self.error = None;
        let Some(failing) = self.failing.take().filter(|failing| failing.told) else { return };
        log::info!("history is written again: {ticks} ticks had waited, {} were lost", failing.lost);
        let _ = self.events.send(Event::Journal(Report::Recovered { ticks, lost: failing.lost }));
    }

    /// The store's own housekeeping, which may fail although ticks can be written.
    fn between_ticks(&mut self) {
        let now = self.clock.now();
        if self.upkeep_failed.is_some_and(|at| now.boot.saturating_sub(at) < UPKEEP_AGAIN) {
            return;
        }
        let Some(writer) = &mut self.writer else { return };
        match writer.maintain(now) {
            Ok(()) => {
                if self.upkeep_failed.take().is_some() {
                    log::info!("finished hours are put away again");
                    let _ = self.events.send(Event::Journal(Report::UpkeepRecovered));
                }
            }
            Err(StoreError::Busy) => {}
            Err(error @ StoreError::Damaged(_)) => {
                self.fail(error, now);
                self.writer = None;
            }
            Err(error) => {
                if self.upkeep_failed.replace(now.boot).is_none() {
                    let reason = error.to_string();
                    let _ = self.events.send(Event::Journal(Report::UpkeepFailed { reason }));
                }
            }
        }
    }

    /// Looks at what people may have changed.
    fn look(&mut self) {
        if self.writer.as_mut().is_some_and(|writer| writer.has_heard().unwrap_or(false)) || self.unheard {
            // What could not be read now is read at the next look.
            self.unheard = self.listen().is_err();
        }
        if let Some(read) = self.config.changed() {
            let _ = self.events.send(Event::Journal(Report::Config(Box::new(read))));
        }
    }

    /// Reads what people decided in faces.
    fn listen(&mut self) -> Result<(), StoreError> {
        let Some(writer) = self.writer.as_mut() else { return Ok(()) };
        let wished = writer.wished_pause()?;
        if wished != self.wished {
            self.wished = wished;
            let _ = self.events.send(Event::Journal(Report::Wished(wished)));
        }
        let answers = writer.answers()?;
        if !answers.is_empty() {
            let _ = self.events.send(Event::Journal(Report::Answered(answers)));
        }
        if let Some(snoozes) = writer.snoozes()? {
            let _ = self.events.send(Event::Journal(Report::Snoozed(snoozes)));
        }
        Ok(())
    }

    /// Writes the rest and closes.
    fn end(&mut self) -> Result<(), StoreError> {
        for _ in 0..LAST_TRIES {
            if self.pending.is_empty() && !self.unsynced {
                break;
            }
            thread::sleep(LAST_WAIT);
            self.write(true);
        }
        let closed = self.writer.take().map_or(Ok(()), Writer::close);
        match (self.pending.len(), self.error.take()) {
            (0, _) => closed,
            (lost, error) => {
                log::error!("{lost} ticks could not be written before the end");
                Err(error.unwrap_or_else(|| StoreError::Io(crate::say!("the disk did not take it").to_owned())))
            }
        }
    }
}

#[cfg(test)]
mod tests;
