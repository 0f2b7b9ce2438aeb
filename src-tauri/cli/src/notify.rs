//! Notifications: one per crossing, replaced in place when it is over.
//!
//! They have a thread of their own, and every call has a limit of two seconds: no server, one that hangs and one that
//! comes back later cost the recording nothing, and what could not be said waits (`waiting`). Buttons are heard by the
//! bus watcher, which listens before anything is sent, so that no answer is missed. Deliberately not here: the words
//! (`wording`), and how often a rule may fire, which is the alerts' affair.

mod waiting;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hoofbeat_core::config::Config;
use hoofbeat_core::engine::Notice;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::untrusted::Untrusted;
use notify_rust::{Hint, Notification, NotificationHandle, Urgency};

use crate::bus::{self, BusEvent};
use crate::window::Window;
use waiting::{Key, Say, Waiting};

/// The name of the desktop file, by which desktops find icon and settings.
const DESKTOP_ENTRY: &str = "hoofbeat";
/// The key of the button that opens the window.
const OPEN: &str = "open";
/// The key of a click on the notification itself.
const CLICK: &str = "default";
/// How many messages wait for the thread while a call takes its two seconds.
const QUEUE: usize = 256;
/// How many connections are kept open, at most.
const HANDLES: usize = 16;
/// The waits between attempts while there is no server.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

enum Message {
    Notice(Arc<Notice>),
    Trouble(String),
    Bus(BusEvent),
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub struct Notifier {
    messages: SyncSender<Message>,
}

impl Notifier {
    /// Starts the thread; "Open" opens `window`, and `config` says whether the person wants to be told of trouble.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(window: Window, config: PathBuf) -> std::io::Result<Notifier> {
        let (messages, receiver) = sync_channel(QUEUE);
        let run = move || Thread::new(window, config).run(&receiver);
        std::thread::Builder::new().name("notify".into()).spawn(run)?;
        Ok(Notifier { messages })
    }

    /// Tells the person, unless they want no notifications. Never waits.
    pub fn notice(&self, notice: Arc<Notice>) {
        if notice.notify && self.messages.try_send(Message::Notice(notice)).is_err() {
            log::warn!("a notification was dropped: too many wait");
        }
    }

    /// Tells the person that something is wrong with the recording itself. Never waits.
    pub fn trouble(&self, sentence: String) {
        drop(self.messages.try_send(Message::Trouble(sentence)));
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

struct Thread {
    window: Window,
    config: PathBuf,
    waiting: Waiting,
    /// What may be on screen: the numbers that the server gave, with the alerts that they are about.
    shown: HashMap<u32, Option<Key>>,
    /// The server that shows it; unknown where the first notification only started it, until the bus says its name.
    shown_by: Option<String>,
    /// Some desktops take a notification away when the connection that sent it ends, so connections are kept open as
    /// long as anything is shown.
    handles: Vec<NotificationHandle>,
    server: Server,
    /// When to try again, and how long to wait after that.
    retry: Option<(Instant, Duration)>,
}

impl Thread {
    fn new(window: Window, config: PathBuf) -> Self {
        Thread {
            window,
            config,
            waiting: Waiting::default(),
            shown: HashMap::new(),
            shown_by: None,
            handles: Vec::new(),
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
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Notice(notice) => self.waiting.add(&notice),
            Message::Trouble(sentence) => {
                // A config that cannot be read does not say that nothing may be said.
                if Config::load(&self.config).map_or(true, |config| config.notify) {
                    self.waiting.trouble(&sentence);
                }
            }
            Message::Bus(BusEvent::ServerUp { owner, capabilities }) => {
                // Another server knows nothing of what this one showed. But one that the notification itself started
                // is announced only after it has shown it.
                if self.shown_by.as_ref().is_some_and(|shown_by| *shown_by != owner) {
                    self.forget();
                }
                self.shown_by = Some(owner);
                self.server = Server::Can(capabilities);
                self.retry = None;
            }
            Message::Bus(BusEvent::ServerDown) => {
                self.server = Server::Absent;
                self.forget();
            }
            Message::Bus(BusEvent::SessionDown) => {
                self.server = Server::Unknown;
                self.forget();
            }
            Message::Bus(BusEvent::Pressed { id, action, token }) => {
                let opens = action == OPEN || action == CLICK;
                if opens
                    && self.shown.contains_key(&id)
                    && let Err(problem) = self.window.open(token.as_deref())
                {
                    log::warn!("the window does not open: {problem}");
                }
            }
            Message::Bus(BusEvent::Closed(id)) => {
                self.shown.remove(&id);
                if self.shown.is_empty() {
                    self.handles.clear();
                }
            }
            Message::Bus(BusEvent::SessionUp | BusEvent::Sleeping) => {}
        }
    }

    fn forget(&mut self) {
        self.shown.clear();
        self.shown_by = None;
        self.handles.clear();
    }

    fn say_all(&mut self) {
        self.waiting.condense();
        while let Some(say) = self.waiting.next() {
            let same = |shown: &Option<Key>| shown.is_some() && *shown == say.key;
            let replaced = self.shown.iter().find(|(_, shown)| same(shown)).map(|(id, _)| *id);
            let notification = self.notification(say, replaced);
            match async_io::block_on(bus::limited(notification.show_async())) {
                Ok(Ok(handle)) => {
                    if let Some(replaced) = replaced {
                        self.shown.remove(&replaced);
                    }
                    self.shown.insert(handle.id(), say.key.clone());
                    self.keep(handle);
                    self.waiting.said();
                    self.retry = None;
                }
                Ok(Err(error)) => return self.later(&error.to_string()),
                Err(_) => return self.later("the notification server did not answer within two seconds"),
            }
        }
    }

    fn keep(&mut self, handle: NotificationHandle) {
        if self.handles.len() == HANDLES {
            self.handles.remove(0);
        }
        self.handles.push(handle);
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

    fn notification(&self, say: &Say, replaced: Option<u32>) -> Notification {
        let mut notification = Notification::new();
        notification.appname("Hoofbeat").summary(&say.title);
        let body = Untrusted::from(say.body.as_str());
        let can = |what: &str| matches!(&self.server, Server::Can(all) if all.iter().any(|one| one == what));
        let running = matches!(self.server, Server::Can(_));
        if can("body-markup") {
            notification.body(&body.html());
        } else if running {
            notification.body(&body.notification());
        } else {
            // Nothing is known of a server that is only about to start: send what reads the same either way.
            notification.body(&body.notification().replace(['<', '>', '&'], "\u{fffd}"));
        }
        let (urgency, icon) = match say.severity {
            Some(Severity::Critical) => (Urgency::Critical, "dialog-error"),
            Some(Severity::Warning) => (Urgency::Normal, "dialog-warning"),
            Some(Severity::Info) | None => (Urgency::Low, "dialog-information"),
        };
        notification.icon(icon).urgency(urgency);
        notification.hint(Hint::DesktopEntry(DESKTOP_ENTRY.into())).hint(Hint::Category("device".into()));
        if say.transient {
            notification.hint(Hint::Transient(true));
        }
        if can("actions") || !running {
            // Xfce knows no click on the notification itself, so there is a button as well.
            notification.action(CLICK, "Open Hoofbeat").action(OPEN, "Open");
        }
        if let Some(id) = replaced {
            notification.id(id);
        }
        notification
    }
}
