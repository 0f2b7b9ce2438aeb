//! The tray icon: how busy the machine is, whether something is wrong, and the way to the window.
//!
//! It has a thread of its own and sees only the newest state. Where there is no bus or no tray it waits for one; where
//! the bus dies it registers anew when it is back. Every call has a limit, because a tray that owns its name and never
//! answers would hold the thread for ever. Deliberately not here: what is shown (`view`), and how the icon is
//! drawn (`icon`).

mod icon;
mod item;
mod login;
mod snooze;
mod view;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hoofbeat_core::engine::{Handle, Snapshot};
use jiff::tz::TimeZone;
use ksni::TrayMethods;

use crate::bus;
use crate::window::Window;
use item::Item;
use view::{State, View};

/// The icon changes at most this often: quicker ones freeze some panels, and nobody can read them.
const CHANGE: Duration = Duration::from_secs(2);
/// Text alone is made and changed less often.
const TEXT: Duration = Duration::from_secs(5);
/// How many pieces of news wait while the bus is slow; the newest state follows in a second anyway.
const WAITING: usize = 64;
/// The waits between attempts to register.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What the tray has to know.
#[derive(Clone, Debug)]
pub enum News {
    /// The newest state.
    Status(Arc<Snapshot>),
    /// The session's bus can be reached.
    BusUp,
    /// It cannot be reached any more.
    BusDown,
}

/// The way to the tray's thread.
#[derive(Clone, Debug)]
pub struct Tray {
    news: SyncSender<News>,
}

impl Tray {
    /// Starts the tray; what a person chooses in its menu goes to `engine`.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(window: Window, engine: Handle) -> std::io::Result<Tray> {
        let (news, receiver) = sync_channel(WAITING);
        let run = move || Thread::new(window, engine).run(&receiver);
        std::thread::Builder::new().name("tray".into()).spawn(run)?;
        Ok(Tray { news })
    }

    /// Tells the tray, and never waits: where the bus hangs, news is dropped.
    pub fn tell(&self, news: News) {
        drop(self.news.try_send(news));
    }
}

/// What is shown, since when, and when that was last looked over.
struct Shown {
    view: View,
    since: Instant,
    checked: Instant,
}

impl Shown {
    fn now(view: View) -> Shown {
        let since = Instant::now();
        Shown { view, since, checked: since }
    }
}

struct Thread {
    state: State,
    window: Window,
    engine: Handle,
    /// The registered icon.
    handle: Option<ksni::Handle<Item>>,
    shown: Option<Shown>,
    /// Whether there was news since the sentence was made.
    is_news: bool,
    /// When to try again, and how long to wait after that.
    retry: Option<(Instant, Duration)>,
}

impl Thread {
    fn new(window: Window, engine: Handle) -> Self {
        Thread { state: State::default(), window, engine, handle: None, shown: None, is_news: false, retry: None }
    }

    fn run(mut self, news: &Receiver<News>) {
        loop {
            let first = match self.next_step() {
                None => news.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => news.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match first {
                Ok(first) => std::iter::once(first).chain(news.try_iter()).for_each(|news| self.take(news)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.retry.is_some_and(|(at, _)| at <= Instant::now()) {
                self.register();
            }
            self.show();
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::BusUp => self.retry = Some((Instant::now(), FIRST_WAIT)),
            News::BusDown => {
                // Its connection is dead and would never notice a bus that is back.
                if let Some(handle) = self.handle.take() {
                    drop(handle.shutdown());
                }
                self.shown = None;
                self.retry = None;
            }
            News::Status(snapshot) => {
                self.state.status(snapshot);
                self.is_news = true;
            }
        }
    }

    fn view(&self) -> View {
        self.state.view(&TimeZone::system())
    }

    /// When there is something to do even without news.
    fn next_step(&self) -> Option<Instant> {
        let retry = self.retry.map(|(at, _)| at);
        let update = self.handle.as_ref().and(self.shown.as_ref()).filter(|_| self.is_news);
        [retry, update.map(|shown| self.due(shown))].into_iter().flatten().min()
    }

    /// When news may be shown. Only the icon is looked at each second: a sentence costs more, and every change of it makes
    /// the panel fetch everything anew.
    fn due(&self, shown: &Shown) -> Instant {
        let is_text = self.state.icon() == shown.view.icon;
        if is_text { shown.checked + TEXT } else { shown.since + CHANGE }
    }

    fn register(&mut self) {
        let Some((_, wait)) = self.retry.take() else { return };
        if let Some(handle) = self.handle.take() {
            drop(handle.shutdown());
        }
        let mut item = Item::new(self.window.clone(), self.engine.clone());
        let view = self.view();
        item.show(view.clone());
        // A tray that is not there yet, or not any more, is no error: panels start late and are restarted.
        let registering = item.assume_sni_available(true).spawn();
        let problem = match async_io::block_on(bus::limited(registering)) {
            Ok(Ok(handle)) => {
                self.handle = Some(handle);
                self.shown = Some(Shown::now(view));
                self.is_news = false;
                return;
            }
            Ok(Err(error)) => error.to_string(),
            Err(late) => late.to_string(),
        };
        log::debug!("no tray icon yet: {problem}");
        self.retry = Some((Instant::now() + wait, (wait * 2).min(LONGEST_WAIT)));
    }

    fn show(&mut self) {
        let (Some(handle), Some(shown)) = (&self.handle, &self.shown) else { return };
        if !self.is_news || Instant::now() < self.due(shown) {
            return;
        }
        self.is_news = false;
        let view = self.view();
        if view == shown.view {
            self.shown = Some(Shown { checked: Instant::now(), view, ..*shown });
            return;
        }
        self.shown = Some(Shown::now(view.clone()));
        let updating = handle.update(|item| item.show(view));
        if !matches!(async_io::block_on(bus::limited(updating)), Ok(Some(()))) {
            log::debug!("the tray icon is gone, or the tray does not answer; registering anew");
            if let Some(handle) = self.handle.take() {
                drop(handle.shutdown());
            }
            self.retry = Some((Instant::now() + FIRST_WAIT, FIRST_WAIT * 2));
        }
    }
}
