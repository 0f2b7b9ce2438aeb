//! Alerts for elsewhere: a program of the person's, and a web server. Off unless the config names one.
//!
//! Each has a thread of its own, so that a program that takes its time does not hold up the web server, and there is none
//! for what is off. Deliberately not here: whether an alert is told at all, which was decided before it comes here.

mod child;
mod command;
mod line;
mod message;
mod queue;
mod trouble;
mod webhook;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::config::Channels as Settings;
use hoofbeat_core::engine::{Digest, Notice};

use command::Runner;
use line::{Channel, Line};
use message::Message;
use webhook::Sender;

pub use webhook::{PROGRAM as WEBHOOK, read_secret};

/// How long the end of the recorder waits for what is under way.
const FAREWELL: Duration = Duration::from_millis(900);

/// All channels; see the module.
pub struct Channels {
    /// The folder of the recording.
    recording: PathBuf,
    command: Option<Arc<Line<Runner>>>,
    webhook: Option<Arc<Line<Sender>>>,
}

impl Channels {
    /// None is on yet. What becomes of what they tell is noted in the recording in this folder.
    pub fn new(recording: PathBuf) -> Channels {
        Channels { recording, command: None, webhook: None }
    }

    /// Puts other settings in force; starts the thread of a channel that is on now, and ends that of one that is off.
    pub fn set(&mut self, settings: &Settings) {
        set(&mut self.command, &settings.command, &self.recording);
        set(&mut self.webhook, &settings.webhook, &self.recording);
    }

    /// Tells of an alert, unless nobody is to be told. Never waits.
    pub fn notice(&self, notice: &Notice) {
        if notice.notify && self.are_on() {
            self.add(Message::of(notice, SystemClock.now().unix()));
        }
    }

    /// Tells of alerts that were not told one by one. Never waits.
    pub fn digest(&self, digest: &Digest) {
        if self.are_on() {
            self.add(Message::of_digest(digest));
        }
    }

    /// Tells of trouble with the recording itself. Never waits.
    pub fn trouble(&self, sentence: &str) {
        if self.are_on() {
            self.add(Message::of_trouble(sentence, SystemClock.now().unix()));
        }
    }

    /// Ends within a second; what is not told by then is not told any more.
    pub fn end(self) {
        let until = Instant::now() + FAREWELL;
        let (command, webhook) = (self.command.as_deref(), self.webhook.as_deref());
        // Both are told before either is waited for.
        command.inspect(|line| line.stop());
        webhook.inspect(|line| line.stop());
        command.inspect(|line| line.wait_for_the_end(until));
        webhook.inspect(|line| line.wait_for_the_end(until));
    }

    fn are_on(&self) -> bool {
        self.command.is_some() || self.webhook.is_some()
    }

    fn add(&self, message: Message) {
        let (message, now) = (Arc::new(message), SystemClock.now().boot);
        self.command.as_ref().inspect(|line| line.add(&message, now));
        self.webhook.as_ref().inspect(|line| line.add(&message, now));
    }
}

fn set<C: Channel>(line: &mut Option<Arc<Line<C>>>, settings: &C::Settings, recording: &Path) {
    match (line.take(), C::is_on(settings)) {
        (Some(running), true) => {
            running.set(settings);
            *line = Some(running);
        }
        (Some(running), false) => running.stop(),
        (None, true) => match Line::start(settings, recording) {
            Ok(started) => *line = Some(started),
            Err(error) => log::warn!("{}: alerts are not told: the system gives us no thread: {error}", C::NAME),
        },
        (None, false) => {}
    }
}

#[cfg(test)]
mod tests;
