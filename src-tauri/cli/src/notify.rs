//! Notifications: one per crossing, replaced in place when it is over, and closed when it was answered elsewhere.
//!
//! They have a thread of their own, and every call has a limit of two seconds: no server, one that hangs and one that
//! comes back later cost the recording nothing, and what could not be said waits (`waiting`). Buttons are heard by the
//! bus watcher, which listens before anything is sent, so that no answer is missed. Deliberately not here: the words
//! (`wording`), and which alerts are told and when, which core decides (`alerts::dispatch`).

mod answer;
mod chart;
mod send;
mod trial;
mod waiting;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;
use hoofbeat_core::engine::{AlertKey, Digest, Ending, Notice, NoticePhase};
use hoofbeat_core::model::Health;
use hoofbeat_core::model::rule::{Severity, Watched};
use hoofbeat_core::say;
use hoofbeat_core::untrusted::Untrusted;
use jiff::Zoned;
use serde_json::Value;
use zbus::Connection;

use crate::bus::{self, BusEvent};
use crate::window::Window;
use answer::{Answer, Outcome};
use send::{Notification, Urgency};
pub use trial::Trial;
use waiting::{Say, Waiting, key};

/// The key of the button that opens the window.
const OPEN: &str = "open";
/// The key of a click on the notification itself.
const CLICK: &str = "default";
/// The key of the button that leaves everything as it is.
const KEEP: &str = "keep";
/// How many messages wait for the thread while a call takes its two seconds.
const QUEUE: usize = 256;
/// The waits between attempts while there is no server.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

enum Message {
    Notice(Arc<Notice>),
    Digest(Arc<Digest>),
    /// What was said of these is not to be seen any more.
    Withdrawn(Arc<Vec<AlertKey>>),
    Trouble(String),
    /// What an earlier recorder could not show.
    Unshown(Arc<Value>),
    Bus(BusEvent),
    /// Nothing shows the icon on the desktop of this name.
    NoTray(String),
    /// A person answered to an alert, and this came of it.
    Answered(Arc<Notice>, Outcome),
}

/// Who keeps what could not be shown, over a restart.
type Keep = Box<dyn Fn(Value) + Send>;

/// Whether a person wants to be told of Hoofbeat itself. A file that cannot be read does not say that they do not.
pub fn is_wanted(config: &Path) -> bool {
    Config::in_force(config).map_or(true, |config| config.notify.enabled)
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub struct Notifier {
    messages: SyncSender<Message>,
}

impl Notifier {
    /// Starts the thread; "Open" opens `window`, `config` says whether the person wants to be told of trouble, and `keep`
    /// gets what could not be shown yet whenever that changes.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(window: Window, config: PathBuf, keep: Keep) -> std::io::Result<Notifier> {
        let (messages, receiver) = sync_channel(QUEUE);
        let answers = messages.clone();
        let run = move || Thread { keep: Some(keep), ..Thread::new(window, config, answers) }.run(&receiver);
        std::thread::Builder::new().name("notify".into()).spawn(run)?;
        Ok(Notifier { messages })
    }

    /// Tells the person, where it is time to. Never waits.
    pub fn notice(&self, notice: Arc<Notice>) {
        if !notice.notify {
            // What was said before may be over now; where that is missed, nothing is lost.
            if matches!(notice.phase, NoticePhase::Cleared { .. }) {
                drop(self.messages.try_send(Message::Notice(notice)));
            }
        } else if self.messages.try_send(Message::Notice(notice)).is_err() {
            log::warn!("a notification was dropped: too many wait");
        }
    }

    /// Tells the person of several alerts at once. Never waits.
    pub fn digest(&self, digest: Arc<Digest>) {
        if self.messages.try_send(Message::Digest(digest)).is_err() {
            log::warn!("a notification was dropped: too many wait");
        }
    }

    /// Takes away what was said of these alerts. Never waits.
    pub fn withdraw(&self, keys: Arc<Vec<AlertKey>>) {
        drop(self.messages.try_send(Message::Withdrawn(keys)));
    }

    /// Tells the person that something is wrong with the recording itself. Never waits.
    pub fn trouble(&self, sentence: String) {
        drop(self.messages.try_send(Message::Trouble(sentence)));
    }

    /// Gives back what an earlier recorder could not show. Never waits.
    pub fn unshown(&self, said: Arc<Value>) {
        drop(self.messages.try_send(Message::Unshown(said)));
    }

    /// Asks the person what to do where nothing shows the icon, once for all. Never waits.
    pub fn no_tray(&self, folder: PathBuf, config: PathBuf, desktop: String) {
        let messages = self.messages.clone();
        let run = move || {
            if !is_wanted(&config) {
                return;
            }
            let now = Zoned::now().timestamp().as_second();
            match Face::open(&folder).and_then(|face| face.first_told_of_no_tray(now)) {
                // What cannot be said now is kept until it can.
                Ok(true) => drop(messages.send(Message::NoTray(desktop))),
                Ok(false) => {}
                Err(error) => log::debug!("whether it was told that nothing shows the icon is not known: {error}"),
            }
        };
        if let Err(problem) = std::thread::Builder::new().name("no-tray".into()).spawn(run) {
            log::warn!("nobody tells that nothing shows the icon: {problem}");
        }
    }

    /// Tells what happened on the bus. Never waits.
    pub fn bus(&self, event: BusEvent) {
        // The bus is shared: others' notifications may come in any number, and none of them is worth waiting for.
        drop(self.messages.try_send(Message::Bus(event)));
    }
}

/// What is known of the notification server.
#[derive(Debug)]
enum Server {
    /// Nothing: there is no bus, or it was not asked yet.
    Unknown,
    /// It does not run; a desktop may start it with the first notification.
    Absent,
    /// It runs, and can this.
    Can(Vec<String>),
}

/// A notification that may be on screen.
#[derive(Debug)]
struct Shown {
    key: Option<AlertKey>,
    /// The alert, until a person has answered.
    alert: Option<Arc<Notice>>,
}

/// What sends them, and what it knows of the server.
pub struct Thread {
    window: Window,
    config: PathBuf,
    waiting: Waiting,
    keep: Option<Keep>,
    /// What is kept.
    kept: Value,
    /// The way back for what came of an answer.
    answers: SyncSender<Message>,
    /// What may be on screen, by the numbers that the server gave.
    shown: HashMap<u32, Shown>,
    /// Alerts that fire and that a server showed which is gone: another one shows them again.
    lost: Vec<Arc<Notice>>,
    /// The numbers of what is to be taken from the screen.
    closing: Vec<u32>,
    /// The server that shows it; unknown where the first notification only started it, until the bus says its name.
    shown_by: Option<String>,
    /// The connection that listens for answers.
    bus: Option<Connection>,
    server: Server,
    /// When to try again, and how long to wait after that.
    retry: Option<(Instant, Duration)>,
}

impl Thread {
    /// One that sends and hears no answers; "Open" opens `window`.
    pub fn deaf(window: Window, config: PathBuf) -> Self {
        Thread::new(window, config, sync_channel(1).0)
    }

    fn new(window: Window, config: PathBuf, answers: SyncSender<Message>) -> Self {
        Thread {
            window,
            config,
            waiting: Waiting::default(),
            keep: None,
            kept: Value::Null,
            answers,
            shown: HashMap::new(),
            lost: Vec::new(),
            closing: Vec::new(),
            shown_by: None,
            bus: None,
            server: Server::Unknown,
            retry: None,
        }
    }

    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            // Without a bus there is nothing to try; its return is news.
            let retry = self.retry.filter(|_| !matches!(self.server, Server::Unknown));
            let first = match retry {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some((at, _)) => messages.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match first {
                Ok(first) => std::iter::once(first).chain(messages.try_iter()).for_each(|message| self.take(message)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let known = !matches!(self.server, Server::Unknown);
            if known && self.retry.is_none_or(|(at, _)| at <= Instant::now()) {
                self.say_all();
            }
            self.keep_what_waits();
        }
    }

    /// Has what waits kept, where that changed: it counts as said everywhere else.
    fn keep_what_waits(&mut self) {
        let waits = self.waiting.saved();
        if let Some(keep) = self.keep.as_ref().filter(|_| waits != self.kept) {
            keep(waits.clone());
            self.kept = waits;
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Notice(notice) => self.happened(&notice),
            Message::Answered(notice, outcome) => {
                self.waiting.answered(&notice, outcome);
            }
            Message::Digest(digest) => self.waiting.digest(&digest),
            Message::Withdrawn(keys) => keys.iter().for_each(|key| self.withdraw(key)),
            Message::Unshown(said) => {
                self.waiting.restore(&said);
                self.kept = Value::clone(&said);
            }
            Message::Trouble(sentence) => self.waiting.trouble(&sentence),
            Message::NoTray(desktop) => self.waiting.no_tray(&desktop),
            Message::Bus(BusEvent::ServerUp { owner, capabilities }) => {
                // Another server knows nothing of what this one showed. But one that the notification itself started
                // is announced only after it has shown it.
                if self.shown_by.as_ref().is_some_and(|shown_by| *shown_by != owner) {
                    self.forget();
                }
                for notice in std::mem::take(&mut self.lost) {
                    self.waiting.again(&notice);
                }
                self.shown_by = Some(owner);
                self.server = Server::Can(capabilities);
                self.retry = None;
            }
            Message::Bus(BusEvent::ServerDown) => {
                self.server = Server::Absent;
                self.forget();
            }
            Message::Bus(BusEvent::SessionUp(bus)) => self.bus = Some(bus),
            Message::Bus(BusEvent::SessionDown) => {
                self.bus = None;
                self.server = Server::Unknown;
                self.forget();
            }
            Message::Bus(BusEvent::Pressed { id, action, token }) => {
                self.pressed(id, &action, token.as_deref());
            }
            Message::Bus(BusEvent::Closed(id)) => {
                self.shown.remove(&id);
            }
            Message::Bus(BusEvent::Sleeping | BusEvent::Presence(_)) => {}
        }
    }

    fn happened(&mut self, notice: &Arc<Notice>) {
        let about = key(notice);
        if let NoticePhase::Cleared { ending, .. } = notice.phase {
            // That nothing more happened takes nothing back.
            if !notice.notify && ending != Ending::Passed {
                self.withdraw(&about);
            }
            // Also where its end is not told: what is over is not shown again by a server that comes back.
            self.unanswered(&about).for_each(|(_, shown)| shown.alert = None);
        }
        if notice.notify || matches!(notice.phase, NoticePhase::Cleared { .. }) {
            self.lost.retain(|lost| key(lost) != about);
        }
        if notice.notify {
            self.waiting.add(notice);
        }
    }

    /// What is on the screen of an alert, while nobody has answered there.
    fn unanswered(&mut self, about: &AlertKey) -> impl Iterator<Item = (u32, &mut Shown)> {
        let shown = self.shown.iter_mut().map(|(id, shown)| (*id, shown));
        shown.filter(move |(_, shown)| shown.alert.as_deref().is_some_and(|alert| key(alert) == *about))
    }

    /// Takes away that an alert fires, from what waits and from the screen: a person has answered elsewhere, or it is over
    /// and nothing is said of that. What came of an answer to the notification itself stays.
    fn withdraw(&mut self, about: &AlertKey) {
        self.lost.retain(|lost| key(lost) != *about);
        self.waiting.withdraw(about);
        let ids: Vec<u32> = self.unanswered(about).map(|(id, _)| id).collect();
        for id in ids {
            self.shown.remove(&id);
            self.closing.push(id);
        }
    }

    fn pressed(&mut self, id: u32, action: &str, token: Option<&str>) {
        // Buttons of others are told to everybody.
        let Some(shown) = self.shown.get_mut(&id) else { return };
        if action == OPEN || action == CLICK {
            if let Err(problem) = self.window.open(token) {
                log::warn!("the window does not open: {problem}");
            }
            return;
        }
        let answers = shown.alert.as_deref().map(Answer::to).unwrap_or_default();
        let Some(answer) = answers.into_iter().find(|answer| answer.key() == action) else { return };
        // One answer is enough: people click twice.
        let Some(notice) = shown.alert.take() else { return };
        let (folder, config, messages) = (self.window.folder.clone(), self.config.clone(), self.answers.clone());
        let run = move || {
            let outcome = answer.carry_out(&notice, &folder, &config, &Zoned::now());
            if !outcome.done {
                log::warn!("{}: {}", outcome.title, crate::output::text(&outcome.body));
            }
            // The thread of the notifications lives as long as the process.
            drop(messages.send(Message::Answered(notice, outcome)));
        };
        if let Err(problem) = std::thread::Builder::new().name("answer".into()).spawn(run) {
            log::warn!("nobody takes the answer to a notification: {problem}");
        }
    }

    fn forget(&mut self) {
        // Not at once: a server that dies of what it is told would be started with it again and again.
        self.lost.extend(self.shown.drain().filter_map(|(_, shown)| shown.alert));
        self.closing.clear();
        self.shown_by = None;
    }

    fn say_all(&mut self) {
        let Some(bus) = self.bus.clone() else { return };
        for id in std::mem::take(&mut self.closing) {
            if let Err(error) = async_io::block_on(bus::limited(send::close(&bus, id))).and_then(|sent| sent) {
                log::debug!("a notification cannot be closed: {error}");
            }
        }
        self.waiting.condense();
        while let Some(say) = self.waiting.next() {
            let same = |shown: &Shown| shown.key.is_some() && shown.key == say.key;
            let replaced = self.shown.iter().find(|(_, shown)| same(shown)).map(|(id, _)| *id);
            let notification = self.notification(say, replaced);
            match async_io::block_on(bus::limited(notification.send(&bus))) {
                Ok(Ok(id)) => {
                    if let Some(replaced) = replaced {
                        self.shown.remove(&replaced);
                    }
                    self.shown.insert(id, Shown { key: say.key.clone(), alert: say.alert.clone() });
                    self.waiting.said();
                    self.retry = None;
                }
                Ok(Err(error)) => return self.later(&reason(&error)),
                Err(error) => return self.later(&reason(&error)),
            }
        }
    }

    fn later(&mut self, reason: &str) {
        let wait = match self.retry {
            None => {
                log::warn!("notifications wait: {reason}");
                FIRST_WAIT
            }
            Some((_, wait)) => (wait * 2).min(LONGEST_WAIT),
        };
        self.retry = Some((Instant::now() + wait, wait));
    }

    fn notification(&self, say: &Say, replaced: Option<u32>) -> Notification<'static> {
        // The lines are ours; what stands in them is not, and holds no line ends any more.
        let lines = |escape: &dyn Fn(&Untrusted) -> String| {
            say.body.lines().map(|line| escape(&Untrusted::from(line))).collect::<Vec<_>>().join("\n")
        };
        let can = |what: &str| matches!(&self.server, Server::Can(all) if all.iter().any(|one| one == what));
        let running = matches!(self.server, Server::Can(_));
        let body = if can("body-markup") {
            lines(&|line| Untrusted::from(line.sentence().as_str()).html())
        } else if running {
            lines(&Untrusted::sentence)
        } else {
            // Nothing is known of a server that is only about to start: send what reads the same either way.
            lines(&Untrusted::sentence).replace(['<', '>', '&'], "\u{fffd}")
        };
        let (urgency, icon) = match say.severity {
            Some(Severity::Critical) => (Urgency::Critical, "dialog-error"),
            Some(Severity::Warning) => (Urgency::Normal, "dialog-warning"),
            Some(Severity::Info) | None => (Urgency::Low, "dialog-information"),
        };
        let lost = say.alert.as_ref().is_some_and(|alert| alert.rule.watched == Watched::Health(Health::Lost));
        let category = if lost || urgency == Urgency::Critical { "device.error" } else { "device" };
        let title = Untrusted::from(say.title.as_str()).sentence();
        let actions = if can("actions") || !running { actions(say) } else { Vec::new() };
        let replaces = replaced.unwrap_or(0);
        // Large desktops show a picture in the place of the icon, and say only that they show icons.
        let now = Zoned::now().timestamp().as_second();
        let picture = |alert: &Arc<Notice>| chart::of(alert, &self.window.folder, now);
        let chart = say.alert.as_ref().filter(|_| can("icon-static") || can("body-images")).and_then(picture);
        Notification { title, body, icon, urgency, category, transient: say.transient, actions, chart, replaces }
    }
}

/// Keys of buttons, each followed by its label. Xfce knows no click on the notification itself, so there is a button for
/// that as well; GNOME shows three at most.
fn actions(say: &Say) -> Vec<&'static str> {
    if say.asks {
        return vec![CLICK, say!("Open Hoofbeat"), KEEP, say!("Keep watching"), OPEN, say!("Open window")];
    }
    let answers = say.alert.as_deref().map(Answer::to).unwrap_or_default();
    let answers = answers.into_iter().flat_map(|answer| [answer.key(), answer.label()]);
    [CLICK, say!("Open Hoofbeat"), OPEN, say!("Open")].into_iter().chain(answers).collect()
}

fn reason(error: &zbus::Error) -> String {
    match error {
        zbus::Error::InputOutput(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            "the notification server did not answer within two seconds".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
