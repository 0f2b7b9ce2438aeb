//! Alerts for elsewhere: a program of the person's, and a web server. Off unless the config names one.
//!
//! One thread serves both, and there is none while both are off. What is to be told waits in bounded queues, so that
//! neither a tick nor a face ever waits for a program or for the network. What waits is kept in memory: it ends with the
//! recorder. Deliberately not here: whether an alert is told at all, which was decided before it comes here.

mod command;
mod message;
mod queue;
mod webhook;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::config::Channels as Settings;
use hoofbeat_core::engine::{Digest, Notice};

use command::Runner;
use message::Message;
use queue::{Queue, Waiting};
use webhook::Sender;

pub use webhook::read_secret;

/// How long the end of the recorder waits for what is under way.
const FAREWELL: Duration = Duration::from_millis(900);

/// All channels; see the module.
#[derive(Default)]
pub struct Channels {
    line: Option<Arc<Line>>,
}

impl Channels {
    /// Puts other settings in force; starts the thread with the first channel, and ends it with the last.
    pub fn set(&mut self, settings: &Settings) {
        if let Some(line) = &self.line {
            line.set(settings);
            if !settings.are_on() {
                self.line = None;
            }
        } else if settings.are_on() {
            let line = Arc::new(Line::new(settings));
            let worker = line.clone();
            match std::thread::Builder::new().name("channels".into()).spawn(move || worker.work()) {
                Ok(_) => self.line = Some(line),
                Err(error) => log::warn!("alerts are told nowhere else: the system gives us no thread: {error}"),
            }
        }
    }

    /// Tells of an alert, unless nobody is to be told. Never waits.
    pub fn notice(&self, notice: &Notice) {
        if let Some(line) = self.line.as_ref().filter(|_| notice.notify) {
            let now = SystemClock.now();
            line.add(&Arc::new(Message::of(notice, now.unix())), now.boot);
        }
    }

    /// Tells of alerts that were not told one by one. Never waits.
    pub fn digest(&self, digest: &Digest) {
        if let Some(line) = &self.line {
            line.add(&Arc::new(Message::of_digest(digest)), SystemClock.now().boot);
        }
    }

    /// Ends within a second; what is not told by then is not told any more.
    pub fn end(self) {
        if let Some(line) = self.line {
            line.stop();
            line.wait_for_the_end(FAREWELL);
        }
    }
}

/// What the thread and its owner share.
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    settings: Settings,
    /// Whether the settings were changed since the thread looked.
    is_new: bool,
    command: Queue,
    webhook: Queue,
    stopped: bool,
    ended: bool,
}

/// What is to be done next.
struct Job {
    settings: Settings,
    is_new: bool,
    command: Option<Arc<Waiting>>,
    webhook: Option<Arc<Waiting>>,
}

impl Line {
    fn new(settings: &Settings) -> Line {
        let state = State {
            settings: settings.clone(),
            is_new: false,
            command: Queue::new("command"),
            webhook: Queue::new("webhook"),
            stopped: false,
            ended: false,
        };
        Line { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics half-way through a change of it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, settings: &Settings) {
        let mut state = self.lock();
        if !settings.command.is_on() {
            state.command.clear();
        }
        if settings.webhook.url.is_none() {
            state.webhook.clear();
        }
        state.settings = settings.clone();
        state.is_new = true;
        state.stopped = !settings.are_on();
        self.changed.notify_all();
    }

    fn add(&self, message: &Arc<Message>, boot: Duration) {
        let mut state = self.lock();
        let Settings { command, webhook } = &state.settings;
        let to_command = command.is_on() && message.is_worth(command.severity);
        let to_webhook = webhook.url.is_some() && message.is_worth(webhook.severity);
        if to_command {
            state.command.push(message.clone(), boot);
        }
        if to_webhook {
            state.webhook.push(message.clone(), boot);
        }
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    fn wait_for_the_end(&self, limit: Duration) {
        let state = self.lock();
        let waited = self.changed.wait_timeout_while(state, limit, |state| !state.ended);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        for queue in [&state.command, &state.webhook] {
            queue.say_what_is_left();
        }
    }

    /// The thread.
    fn work(&self) {
        let mut runner = Runner::default();
        let mut sender = Sender::default();
        while let Some(job) = self.next(sender.due()) {
            if job.is_new {
                runner = Runner::default();
                sender = Sender::default();
            }
            if let Some(waiting) = job.command {
                // It is told once: a program that failed may have done half of it.
                let stopped = |limit| self.is_stopped_within(limit);
                runner.run(&job.settings.command, &waiting.message, &stopped);
                self.lock().command.done(&waiting, runner.works());
            }
            if let Some(waiting) = job.webhook
                && sender.send(&job.settings.webhook, &waiting, || SystemClock.now().boot)
            {
                self.lock().webhook.done(&waiting, sender.works());
            }
        }
        self.lock().ended = true;
        self.changed.notify_all();
    }

    /// Waits until something is to be done; the webhook not before `due`, on the boot-time clock, but at once where the
    /// settings were changed. `None` when it is over.
    fn next(&self, due: Duration) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.stopped {
                return None;
            }
            let now = SystemClock.now().boot;
            let command = state.command.first();
            let webhook = state.webhook.first().filter(|_| state.is_new || due <= now);
            if command.is_some() || webhook.is_some() {
                let is_new = std::mem::take(&mut state.is_new);
                return Some(Job { settings: state.settings.clone(), is_new, command, webhook });
            }
            state = match state.webhook.first() {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(_) => {
                    let limit = due.saturating_sub(now);
                    self.changed.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Waits that long, or until it is over; says whether it is.
    fn is_stopped_within(&self, limit: Duration) -> bool {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while !state.stopped {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.stopped
    }
}

/// Whether a channel works, so that a fault that lasts is said once.
#[derive(Default)]
struct Standing {
    failing: bool,
}

impl Standing {
    fn failed(&mut self, sentence: &str) {
        if self.failing {
            log::debug!("{sentence}");
        } else {
            log::warn!("{sentence}");
        }
        self.failing = true;
    }

    fn worked(&mut self, channel: &str) {
        if std::mem::take(&mut self.failing) {
            log::info!("{channel} works again");
        }
    }
}

#[cfg(test)]
mod tests;
