//! The recorder: wires sensors, alerts, store and faces. One thread, one closed [`enum`](Event) of everything that can
//! happen to it.
//!
//! Around it stand one small thread for each sensor that may hang and one for all that cannot, one for the disk, which may
//! stall, and one that reads programs' files, which takes its time; none stops a tick. Deliberately not here: SQL (`store`),
//! reading hardware (`sensors`), when a rule fires (`alerts`), and every word for people but the few sentences of
//! [`Published::Trouble`].

mod core;
mod desk;
mod energy;
mod episodes;
mod examiner;
mod expectations;
mod files;
mod frame;
mod gpus;
mod grid;
mod inbox;
mod journal;
mod news;
mod outlet;
mod probe;
mod ring;
mod roster;
mod rules;
mod scene;
mod usage;
mod watch;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use self::core::{Beside, Core, Left};
use self::examiner::{Examined, Examiner};
use self::expectations::Learnt;
use self::files::ConfigFile;
use self::inbox::Journal;
use self::journal::{Report, Scribe};
use self::outlet::Outlet;
use self::probe::Sensed;
use crate::alerts;
use crate::clock::Clock;
use crate::config::Config;
use crate::language;
use crate::model::tray::IconStyle;
use crate::paths::absolute;
use crate::sensors::{Registration, Roots};
use crate::store::{self, RecorderLock, Store, StoreError};
use crate::why::presence::Absence;

pub use news::{Command, Digest, DigestItem, Published, Snapshot, SourceNow, Trouble};
pub use rules::Rules;

pub use crate::alerts::dispatch::{Key as AlertKey, Over, Wait};
pub use crate::alerts::sample::{Known, sample, sample_kind};
pub use crate::alerts::{ActiveAlert, Detail, Ending, Notice, NoticePhase, Who, words};

/// Sensors that were asked have this long before the engine looks for what they answered. Most answer within it, and
/// the engine wakes once for all of them: a wake-up costs more than taking an answer does.
const GATHERING: Duration = Duration::from_millis(5);

/// How to record.
pub struct Options {
    /// The folder of the database.
    pub folder: PathBuf,
    /// The config file; made where missing, and watched.
    pub config: PathBuf,
    /// Where `/proc` and `/sys` are.
    pub roots: Roots,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// End by itself after this long.
    pub run_for: Option<Duration>,
    /// What to read; [`crate::sensors::SENSORS`] but in tests.
    pub sensors: &'static [Registration],
}

/// Why recording did not begin, or did not end in order.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Another recorder records into this folder.
    #[error("another Hoofbeat already records into {}", folder.display())]
    AlreadyRecording {
        /// The folder.
        folder: PathBuf,
    },
    /// The store refuses or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no more threads.
    #[error("no thread could be started: {0}")]
    Threads(std::io::Error),
    /// The engine itself failed, which is a defect.
    #[error("the recorder failed: {0}")]
    Panicked(String),
}

/// Everything that can happen to the engine.
#[derive(Debug)]
enum Event {
    /// Time went by.
    Tick,
    /// A sensor answered.
    Sensed(Sensed),
    /// A face wants something.
    Command(Command),
    /// News from the disk: failures, wishes, the config.
    Journal(Report),
    /// The file of a program was looked at.
    Examined(Examined),
}

/// A running engine. Clones speak to the same one; it goes on when all are dropped.
#[derive(Clone)]
pub struct Handle {
    events: Sender<Event>,
    outlet: Outlet,
    thread: Arc<Mutex<Option<Thread>>>,
}

type Thread = JoinHandle<Result<(), EngineError>>;

impl Handle {
    /// A channel with everything that is published from now on, beginning with the newest status. It is bounded: a slow
    /// subscriber misses statuses that a newer one replaces, never an alert. After [`Published::Stopped`] it closes.
    pub fn subscribe(&self) -> Receiver<Published> {
        self.outlet.subscribe(true)
    }

    /// The same without the status of each tick, which then is not even made: alerts, trouble, and the end.
    pub fn listen(&self) -> Receiver<Published> {
        self.outlet.subscribe(false)
    }

    /// Asks for something; never waits. After the end it does nothing.
    pub fn send(&self, command: Command) {
        let _ = self.events.send(Event::Command(command));
    }

    /// Waits until the engine has ended and everything is on the disk. Only the first of several waiting clones waits and
    /// learns how it ended.
    ///
    /// # Errors
    /// [`EngineError::Store`] where the last ticks could not be written.
    pub fn wait(self) -> Result<(), EngineError> {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        match thread.map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(result)) => result,
            Some(Err(panic)) => Err(EngineError::Panicked(probe::words(&*panic))),
        }
    }
}

/// Takes the folder's recorder lock, opens the store and begins to record.
///
/// A config file that is refused does not keep the recorder from starting: the last settings without a fault
/// hold, or the defaults where there are none, and the reason is published as [`Published::Trouble`].
///
/// # Errors
/// See [`EngineError`].
pub fn start(options: Options) -> Result<Handle, EngineError> {
    let Some(lock) = store::lock_recorder(&options.folder)? else {
        return Err(EngineError::AlreadyRecording { folder: options.folder });
    };
    // Looked at before it is read: a change in between is read again.
    let watched = ConfigFile::new(options.config.clone(), options.folder.clone());
    let (config, refused) = Config::begin(&options.config, &options.folder);
    let now = options.clock.now();
    let opened = Store::open(&options.folder, config.keep, now)?;
    opened.warnings.iter().for_each(|warning| log::warn!("{warning}"));
    let left = Left {
        alerts: opened.alerts,
        events: opened.events,
        paused_until: opened.paused_until,
        last_ts: opened.last_ts,
        state: opened.left,
        idle_power: opened.idle_power,
        stretches: opened.stretches,
        snoozes: opened.snoozes,
        dispatch: opened.dispatch,
        learnt: Learnt {
            rows: opened.baseline,
            binaries: opened.binaries,
            began: opened.learning.0,
            trusted: opened.learning.1,
        },
        absence: opened.presence.as_ref().and_then(|event| Absence::of(&event.detail)),
        troubles: refused.iter().map(|_| Trouble::Config).collect(),
    };
    let troubles: Vec<String> = left
        .events
        .iter()
        .map(core::set_aside)
        .chain(refused)
        .chain(alerts::expect::problems(&config.expectations))
        .collect();

    let (events, inbox) = mpsc::channel();
    let journal = Journal::default();
    let outlet = Outlet::default();
    if config.channels.are_on() {
        outlet.publish(Published::Channels(Arc::new(config.channels.clone())));
    }
    language::choose(config.language);
    if config.icon != IconStyle::default() {
        outlet.publish(Published::Icon(config.icon));
    }
    let probes =
        probe::start(options.sensors, &options.roots, &options.clock, &events).map_err(EngineError::Threads)?;
    let mut scribe = Scribe::new(
        journal.clone(),
        options.clock.clone(),
        events.clone(),
        Box::new(opened.store),
        journal::reopen(&options.folder),
        watched,
        config.keep,
    );
    scribe.wished = left.paused_until;
    let scribe = scribe.spawn().map_err(EngineError::Threads)?;
    let (examiner, questions) = Examiner::new();
    examiner::spawn(&options.roots, questions, events.clone()).map_err(EngineError::Threads)?;
    let beside = Beside { probes, journal, examiner };
    let root = options.roots.proc.parent().filter(|_| !options.roots.live()).map(absolute);
    let core = Core::new(options.clock, config, beside, outlet.clone(), left, options.run_for, root.as_deref());
    troubles.into_iter().for_each(|sentence| core.trouble(sentence));
    let spoken = outlet.clone();
    let thread = thread::Builder::new()
        .name("hb-engine".to_owned())
        .stack_size(1 << 20)
        .spawn(move || run(core, &inbox, scribe, spoken, lock))
        .map_err(EngineError::Threads)?;
    Ok(Handle { events, outlet, thread: Arc::new(Mutex::new(Some(thread))) })
}

/// Tells the subscribers that it is over, however it ends.
struct Closing(Outlet);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// The engine's thread.
fn run(
    mut core: Core,
    inbox: &Receiver<Event>,
    scribe: JoinHandle<()>,
    outlet: Outlet,
    lock: RecorderLock,
) -> Result<(), EngineError> {
    let closing = Closing(outlet);
    let result = loop {
        let event = match inbox.recv_timeout(core.wait()) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Event::Tick,
        };
        core.handle(event);
        if core.has_asked() {
            thread::sleep(GATHERING);
        }
        if let Some(result) = core.ended.take() {
            break result;
        }
    };
    if core.journal_is_done {
        let _ = scribe.join();
        drop(lock);
    } else {
        // It hangs in the disk and may still write: no other recorder may begin here while this process lives.
        std::mem::forget(lock);
    }
    drop(closing);
    result.map_err(EngineError::Store)
}
