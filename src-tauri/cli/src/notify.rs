//! Notifications: one per crossing, replaced in place when it is over.
//!
//! They have a thread of their own, and every call has a limit of two seconds: no server, one that hangs and one that
//! comes back later cost the recording nothing, and what could not be said waits (`waiting`). Buttons are heard by the
//! bus watcher, which listens before anything is sent, so that no answer is missed. Deliberately not here: the words
//! (`wording`), and how often a rule may fire, which is the alerts' affair.

mod waiting;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

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
    Bus(BusEvent),
}

/// The way to the thread.
#[derive(Clone, Debug)]
pub struct Notifier {
    messages: SyncSender<Message>,
}

impl Notifier {
    /// Starts the thread; "Open" opens `window`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(window: Window) -> std::io::Result<Notifier> {
        let (messages, receiver) = sync_channel(QUEUE);
        let run = move || Thread::new(window).run(&receiver);
        std::thread::Builder::new().name("notify".into()).spawn(run)?;
        Ok(Notifier { messages })
    }

    /// Tells the person, unless they want no notifications. Never waits.
    pub fn notice(&self, notice: Arc<Notice>) {
        if notice.notify && self.messages.try_send(Message::Notice(notice)).is_err() {
            log::warn!("a notification was dropped: too many wait");
        }
    }

    /// Tells what happened on the bus. Never waits.
    pub fn bus(&self, event: BusEvent) {
        // The bus is shared: others' notifications may come in any number, and none of them is worth waiting for.
        drop(self.messages.try_send(Message::Bus(event)));
    }
}

struct Thread {
    window: Window,
    waiting: Waiting,
    /// The number that the server gave to what was said last about each alert, while it may be on screen.
    shown: HashMap<Key, u32>,
    /// Some desktops take a notification away when the connection that sent it ends, so connections are kept open as
    /// long as anything is shown.
    handles: Vec<NotificationHandle>,
    /// What the server can, once it said so.
    capabilities: Option<Vec<String>>,
    /// When to try again, and how long to wait after that.
    retry: Option<(Instant, Duration)>,
}

impl Thread {
    fn new(window: Window) -> Self {
        Thread {
            window,
            waiting: Waiting::default(),
            shown: HashMap::new(),
            handles: Vec::new(),
            capabilities: None,
            retry: None,
        }
    }

    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let first = match self.retry {
                None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some((at, _)) => messages.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match first {
                Ok(first) => std::iter::once(first).chain(messages.try_iter()).for_each(|message| self.take(message)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.retry.is_none_or(|(at, _)| at <= Instant::now()) {
                self.say_all();
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Notice(notice) => self.waiting.add(&notice),
            Message::Bus(BusEvent::ServerUp(capabilities)) => {
                self.capabilities = Some(capabilities);
                // Another server knows nothing of what this one showed.
                self.forget();
                self.retry = None;
            }
            Message::Bus(BusEvent::SessionDown) => {
                self.capabilities = None;
                self.forget();
            }
            Message::Bus(BusEvent::Pressed { id, action, token }) => {
                let ours = self.shown.values().any(|shown| *shown == id);
                if ours
                    && (action == OPEN || action == CLICK)
                    && let Err(problem) = self.window.open(token.as_deref())
                {
                    log::warn!("the window does not open: {problem}");
                }
            }
            Message::Bus(BusEvent::Closed(id)) => {
                self.shown.retain(|_, shown| *shown != id);
                if self.shown.is_empty() {
                    self.handles.clear();
                }
            }
            Message::Bus(BusEvent::SessionUp | BusEvent::Sleeping) => {}
        }
    }

    fn forget(&mut self) {
        self.shown.clear();
        self.handles.clear();
    }

    fn say_all(&mut self) {
        self.waiting.condense();
        while let Some(say) = self.waiting.next() {
            let replaced = say.key().and_then(|key| self.shown.get(key).copied());
            let notification = self.notification(say, replaced);
            match async_io::block_on(bus::limited(notification.show_async())) {
                Ok(Ok(handle)) => {
                    if let Some(key) = say.key() {
                        self.shown.insert(key.clone(), handle.id());
                    }
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
        let can = |what: &str| self.capabilities.as_ref().is_some_and(|all| all.iter().any(|one| one == what));
        let mut notification = Notification::new();
        notification.appname("Hoofbeat").summary(&say.title);
        let body = Untrusted::from(say.body.as_str());
        match &self.capabilities {
            Some(_) if can("body-markup") => notification.body(&body.html()),
            Some(_) => notification.body(&body.notification()),
            // Nothing is known of a server that is only about to start: send what reads the same either way.
            None => notification.body(&body.notification().replace(['<', '>', '&'], "\u{fffd}")),
        };
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
        if self.capabilities.is_none() || can("actions") {
            // Xfce knows no click on the notification itself, so there is a button as well.
            notification.action(CLICK, "Open Hoofbeat").action(OPEN, "Open");
        }
        if let Some(id) = replaced {
            notification.id(id);
        }
        notification
    }
}
