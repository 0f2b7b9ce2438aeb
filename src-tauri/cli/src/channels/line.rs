//! A channel's thread, and what waits for it.
//!
//! What is to be told waits in a bounded queue, so that neither a tick nor a face ever waits for a program or for the
//! network. What waits is kept in memory: it ends with the recorder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::store;

use super::child::Stopped;
use super::message::Message;
use super::queue::{Queue, Waiting, alerts};

/// A way to tell of alerts. One is made anew whenever the settings change.
pub trait Channel: 'static {
    /// As logs name it; the thread's name, too.
    const NAME: &'static str;
    /// What the config says of it.
    type Settings: Clone + Send;

    /// Whether anything is to be told.
    fn is_on(settings: &Self::Settings) -> bool;

    /// The least that is told.
    fn least(settings: &Self::Settings) -> Severity;

    /// The channel, with nothing tried yet.
    fn new(settings: &Self::Settings) -> Self;

    /// Who is told, for people.
    fn whom(&self) -> String;

    /// Tries once, with a limit of its own.
    fn tell(&mut self, waiting: &Waiting, stopped: Stopped<'_>) -> Outcome;
}

/// What became of an attempt. A reason is the end of a sentence that begins with who was to be told.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// It was told.
    Told,
    /// It was not, and is not tried again.
    GivenUp(String),
    /// It was not, and is tried again at this time of the boot-time clock, or as soon as the settings change.
    Later(String, Duration),
    /// Everything ended before it was told.
    Stopped,
}

/// What the thread and its owner share.
pub struct Line<C: Channel> {
    state: Mutex<State<C::Settings>>,
    changed: Condvar,
    /// The folder of the recording, where `hoofbeat doctor` finds what became of what was told.
    recording: PathBuf,
}

struct State<S> {
    settings: S,
    /// Whether the settings were changed since the thread looked.
    is_new: bool,
    queue: Queue,
    stopped: bool,
    ended: bool,
}

/// What is to be done next.
struct Job<S> {
    /// Where they were changed.
    settings: Option<S>,
    waiting: Arc<Waiting>,
}

impl<C: Channel> Line<C> {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system gives us none.
    pub fn start(settings: &C::Settings, recording: &Path) -> std::io::Result<Arc<Line<C>>> {
        let queue = Queue::new(C::NAME);
        let state = State { settings: settings.clone(), is_new: false, queue, stopped: false, ended: false };
        let recording = recording.to_path_buf();
        let line = Arc::new(Line { state: Mutex::new(state), changed: Condvar::new(), recording });
        let (worker, settings) = (line.clone(), settings.clone());
        std::thread::Builder::new().name(C::NAME.into()).spawn(move || worker.work(C::new(&settings)))?;
        Ok(line)
    }

    fn lock(&self) -> MutexGuard<'_, State<C::Settings>> {
        // Nothing panics half-way through a change of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts other settings in force.
    pub fn set(&self, settings: &C::Settings) {
        let mut state = self.lock();
        state.settings = settings.clone();
        state.is_new = true;
        self.changed.notify_all();
    }

    /// Adds what came at this time of the boot-time clock, if it matters enough.
    pub fn add(&self, message: &Arc<Message>, boot: Duration) {
        let mut state = self.lock();
        if message.is_worth(C::least(&state.settings)) {
            state.queue.push(message.clone(), boot);
            self.changed.notify_all();
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.lock().queue.len()
    }

    /// Ends the thread, and what it has started.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Waits for the thread's end until then, and says what it leaves untold.
    pub fn wait_for_the_end(&self, until: Instant) {
        let limit = until.saturating_duration_since(Instant::now());
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.queue.say_what_is_left();
    }

    /// The thread.
    fn work(&self, mut channel: C) {
        let mut standing = Standing::default();
        let mut due = Duration::ZERO;
        while let Some(job) = self.next(due) {
            if let Some(settings) = job.settings {
                (channel, standing, due) = (C::new(&settings), standing.renewed(), Duration::ZERO);
            }
            let outcome = channel.tell(&job.waiting, &|limit| self.is_stopped_within(limit));
            standing.note(&outcome, C::NAME, &channel.whom(), &self.recording);
            match outcome {
                Outcome::Told => self.lock().queue.done(&job.waiting, true),
                Outcome::GivenUp(_) => self.lock().queue.done(&job.waiting, false),
                Outcome::Later(_, at) => due = at,
                Outcome::Stopped => {}
            }
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits until something is to be told, not before `due` on the boot-time clock, but at once where the settings were
    /// changed. `None` when it is over.
    fn next(&self, due: Duration) -> Option<Job<C::Settings>> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let left = due.saturating_sub(SystemClock.now().boot);
            state = match state.queue.first() {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(waiting) if state.is_new || left.is_zero() => {
                    let settings = std::mem::take(&mut state.is_new).then(|| state.settings.clone());
                    return Some(Job { settings, waiting });
                }
                Some(_) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }

    /// Waits that long, or until it is over; says whether it is.
    fn is_stopped_within(&self, limit: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.stopped);
        waited.unwrap_or_else(PoisonError::into_inner).0.stopped
    }
}

/// How often it is said how many were not told while a fault lasts.
const REMIND: Duration = Duration::from_secs(3600);

/// Whether a channel works, so that a fault that lasts is said once, and what it costs no more often than now and then.
#[derive(Default)]
struct Standing {
    /// Why it does not.
    failing: Option<String>,
    /// How many were given up since it was last said.
    lost: u64,
    /// When that was, on the boot-time clock.
    said: Duration,
}

impl Standing {
    /// The same with other settings, which may mend it.
    fn renewed(self) -> Standing {
        Standing { failing: None, ..self }
    }

    /// Says what became of an attempt where that is news, and notes it in the recording.
    fn note(&mut self, outcome: &Outcome, channel: &'static str, whom: &str, recording: &Path) {
        let failing = match outcome {
            Outcome::Told => None,
            Outcome::GivenUp(reason) | Outcome::Later(reason, _) => Some(reason.clone()),
            Outcome::Stopped => return,
        };
        let now = SystemClock.now();
        if let Some((level, sentence)) = self.said_of(outcome, whom, now.boot) {
            log::log!(level, "{channel}: {sentence}");
        }
        // Of a server that is away each attempt says the same.
        let is_news = failing.is_none() || failing != self.failing;
        self.failing = failing;
        let at = now.unix();
        if is_news && let Err(error) = store::note_channel(recording, channel, whom, at, self.failing.as_deref()) {
            log::debug!("{channel}: what became of the alert is not noted: {error}");
        }
    }

    /// What is said of an attempt at this time of the boot-time clock, and how loudly.
    fn said_of(&mut self, outcome: &Outcome, whom: &str, boot: Duration) -> Option<(log::Level, String)> {
        let is_known = self.failing.is_some();
        let (level, sentence) = match outcome {
            Outcome::Stopped => return None,
            Outcome::Told if self.lost > 0 => {
                let lost = alerts(std::mem::take(&mut self.lost));
                return Some((log::Level::Warn, format!("{whom} works again; {lost} not told meanwhile")));
            }
            Outcome::Told => return is_known.then(|| (log::Level::Info, format!("{whom} works again"))),
            Outcome::GivenUp(reason) if is_known => {
                self.lost += 1;
                if boot.saturating_sub(self.said) < REMIND {
                    (log::Level::Debug, format!("{whom} {reason}; it is not told of this alert"))
                } else {
                    let lost = alerts(std::mem::take(&mut self.lost));
                    (log::Level::Warn, format!("{whom} {reason}; {lost} not told since that was last said"))
                }
            }
            Outcome::GivenUp(reason) => (log::Level::Warn, format!("{whom} {reason}; it is not told of this alert")),
            Outcome::Later(reason, _) => {
                let level = if is_known { log::Level::Debug } else { log::Level::Warn };
                (level, format!("{whom} {reason}; it is tried again for a day"))
            }
        };
        if level == log::Level::Warn {
            self.said = boot;
        }
        Some((level, sentence))
    }
}

#[cfg(test)]
mod tests {
    use log::Level;

    use super::*;

    #[test]
    fn what_a_lasting_fault_costs_is_said_now_and_then_and_at_its_end() {
        let mut standing = Standing::default();
        let mut note = |outcome: Outcome, seconds: u64| {
            let said = standing.said_of(&outcome, "the server", Duration::from_secs(seconds));
            standing.failing = match outcome {
                Outcome::GivenUp(reason) | Outcome::Later(reason, _) => Some(reason),
                Outcome::Told | Outcome::Stopped => None,
            };
            said
        };
        let given_up = || Outcome::GivenUp("says 404".to_owned());
        let warned = |sentence: &str| Some((Level::Warn, format!("the server {sentence}")));
        assert_eq!(note(given_up(), 10_000), warned("says 404; it is not told of this alert"));
        for second in 1..20 {
            let said = note(given_up(), 10_000 + second * 60);
            assert!(said.is_some_and(|(level, _)| level == Level::Debug), "{second}");
        }
        assert_eq!(note(given_up(), 13_600), warned("says 404; 20 alerts were not told since that was last said"));
        assert!(note(given_up(), 13_700).is_some_and(|(level, _)| level == Level::Debug));
        assert_eq!(note(Outcome::Told, 13_800), warned("works again; 1 alert was not told meanwhile"));
        // Where nothing was lost, it is no warning; and what works as ever is no news.
        assert!(note(Outcome::Later("is away".to_owned(), Duration::ZERO), 20_000).is_some());
        assert_eq!(note(Outcome::Told, 20_060), Some((Level::Info, "the server works again".to_owned())));
        assert_eq!(note(Outcome::Told, 20_120), None);
    }
}
