//! The tray icon: how busy the machine is, whether something is wrong, and the way to the window.
//!
//! It has a thread of its own and sees only the newest state. Where there is no bus or no tray it waits for one; where
//! the bus dies it registers anew when it is back. Every call has a limit, because a tray that owns its name and never
//! answers would hold the thread for ever. Deliberately not here: what is shown (`view`), and how the icon is
//! drawn (`icon`).

mod away;
mod icon;
mod item;
mod missing;
mod snooze;
mod view;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use hoofbeat_core::autostart::{self, Start};
use hoofbeat_core::engine::{Handle, Snapshot};
use hoofbeat_core::model::tray::IconStyle;
use hoofbeat_core::why::presence::Absence;
use jiff::tz::TimeZone;
use ksni::TrayMethods;

use crate::bus;
use crate::window::Window;
use icon::Icon;
use item::Item;
use missing::Missing;
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
    /// Somebody is back, after this.
    Back(Absence),
    /// What to tell of that absence; `None` once nothing is.
    Away(Absence, Option<String>),
    /// How the icon says how busy the machine is.
    Icon(IconStyle),
}

/// The way to the tray's thread.
#[derive(Clone, Debug)]
pub struct Tray {
    news: SyncSender<News>,
}

impl Tray {
    /// Starts the tray; what a person chooses in its menu goes to `engine`, and `missed` is called where nothing shows the
    /// icon.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(window: Window, engine: Handle, missed: Box<dyn Fn() + Send>) -> std::io::Result<Tray> {
        let (news, receiver) = sync_channel(WAITING);
        let own = news.clone();
        let run = move || Thread::new(window, engine, own, missed).run(&receiver);
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

    /// When news may be shown, where this is the icon now. Only that is looked at each second: a sentence costs more, and
    /// every change of it makes the panel fetch everything anew.
    fn due(&self, icon: Icon) -> Instant {
        if icon == self.view.icon { self.checked + TEXT } else { self.since + CHANGE }
    }

    /// What is shown next where only the load has moved and the sentence is not due: digits move all the time. An icon that
    /// says anything else comes with its sentence.
    fn moved(&self, icon: Icon, now: Instant) -> Option<Shown> {
        let is_load = icon.is_load() && self.view.icon.is_load();
        let view = || View { icon, ..self.view.clone() };
        (is_load && now < self.checked + TEXT).then(|| Shown { view: view(), since: now, checked: self.checked })
    }
}

struct Thread {
    state: State,
    window: Window,
    engine: Handle,
    /// The way to ourselves, for what is found out beside this thread.
    own: SyncSender<News>,
    missing: Missing,
    /// What is done where nothing shows the icon.
    missed: Box<dyn Fn() + Send>,
    /// The registered icon.
    handle: Option<ksni::Handle<Item>>,
    shown: Option<Shown>,
    /// Whether there was news since the sentence was made.
    is_news: bool,
    /// When to try again, and how long to wait after that.
    retry: Option<(Instant, Duration)>,
}

impl Thread {
    fn new(window: Window, engine: Handle, own: SyncSender<News>, missed: Box<dyn Fn() + Send>) -> Self {
        let (state, missing) = (State::default(), Missing::default());
        Thread { state, window, engine, own, missing, missed, handle: None, shown: None, is_news: false, retry: None }
    }

    fn run(mut self, news: &Receiver<News>) {
        self.mend_entry();
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
            if self.missing.is_due(Instant::now(), self.handle.is_some()) {
                log::info!("no tray shows the icon; the recording goes on without one");
                (self.missed)();
            }
        }
    }

    /// An entry that starts nothing, after this program was moved, say, would keep its word only in the menu.
    fn mend_entry(&self) {
        let Some(file) = autostart::file() else { return };
        match autostart::mend(&file, &Start::of_this(&self.window.folder)) {
            Ok(false) => {}
            Ok(true) => log::info!("what was to be started at login was gone; from now on it is this program"),
            Err(problem) => log::warn!("what is to be started at login is gone, and not mended: {problem}"),
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::BusUp => {
                self.retry = Some((Instant::now(), FIRST_WAIT));
                self.missing.begin(Instant::now());
            }
            News::BusDown => {
                // Its connection is dead and would never notice a bus that is back.
                if let Some(handle) = self.handle.take() {
                    drop(handle.shutdown());
                }
                self.shown = None;
                self.retry = None;
                self.missing.end();
            }
            News::Status(snapshot) => {
                self.state.status(snapshot);
                self.is_news = true;
            }
            News::Back(absence) => {
                self.state.back(absence);
                away::watch(self.window.folder.clone(), absence, self.own.clone());
                self.is_news = true;
            }
            News::Away(absence, sentence) => {
                self.state.away(absence, sentence);
                self.is_news = true;
            }
            News::Icon(style) => {
                self.state.style(style);
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
        [retry, update.map(|shown| shown.due(self.state.icon())), self.missing.at()].into_iter().flatten().min()
    }

    fn register(&mut self) {
        let Some((_, wait)) = self.retry.take() else { return };
        if let Some(handle) = self.handle.take() {
            drop(handle.shutdown());
        }
        let mut item = Item::new(self.window.clone(), self.engine.clone(), self.missing.watcher());
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
        let (now, icon) = (Instant::now(), self.state.icon());
        if !self.is_news || now < shown.due(icon) {
            return;
        }
        let moved = shown.moved(icon, now);
        // The sentence's news is still to come.
        self.is_news = moved.is_some();
        let next = moved.unwrap_or_else(|| Shown::now(self.view()));
        if next.view == shown.view {
            self.shown = Some(Shown { since: shown.since, ..next });
            return;
        }
        let view = next.view.clone();
        self.shown = Some(next);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_hears_of_an_icon_after_two_seconds_and_of_words_after_five() {
        let mut shown = Shown::now(View::default());
        let begun = shown.since;
        let (same, other) = (shown.view.icon, Icon::Alert);
        assert_eq!((shown.due(same), shown.due(other)), (begun + TEXT, begun + CHANGE));
        // The words were looked over and are the same: an icon that changes then need not wait again.
        shown.checked = begun + TEXT;
        assert_eq!((shown.due(same), shown.due(other)), (begun + TEXT * 2, begun + CHANGE));
    }

    #[test]
    fn digits_move_without_new_words_until_those_are_due() {
        let sentence = "GPU at work".to_owned();
        let shown = Shown::now(View { icon: Icon::Percent { percent: 40 }, sentence, ..View::default() });
        let begun = shown.since;
        let next = Icon::Percent { percent: 43 };
        let moved = shown.moved(next, begun + CHANGE).unwrap();
        assert_eq!((moved.view.icon, &moved.view.sentence), (next, &shown.view.sentence));
        assert_eq!((moved.since, moved.due(next)), (begun + CHANGE, begun + TEXT));
        assert!(moved.moved(Icon::Percent { percent: 45 }, begun + TEXT).is_none(), "the words are due");
        for other in [Icon::Alert, Icon::Hot, Icon::Asleep, Icon::Paused, Icon::Trouble] {
            assert!(shown.moved(other, begun + CHANGE).is_none(), "{other:?} comes with its words");
        }
    }
}
