//! The part of logind that tells who is at the machine: one session with a screen, which may be locked and idle, and may
//! come later than its logind.

use std::sync::{Arc, Mutex};

use zbus::Connection;
use zbus::zvariant::OwnedObjectPath;

use crate::bus::{Bus, block};

const LOGIND: &str = "org.freedesktop.login1";
const LOGIND_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const USER_PATH: &str = "/org/freedesktop/login1/user/self";
const SESSION_PATH: &str = "/org/freedesktop/login1/session/_31";
/// What logind names where a user has no session with a screen.
const NO_SESSION: &str = "/";

/// What logind knows of the session.
#[derive(Clone, Copy, Default)]
struct Hints {
    is_there: bool,
    is_locked: bool,
    idle_since: Option<i64>,
}

/// See the module.
pub struct Session {
    bus: Connection,
    hints: Arc<Mutex<Hints>>,
    /// How often the last of its properties was read.
    asked: Arc<Mutex<usize>>,
}

impl Session {
    /// A session that somebody is at.
    pub fn start(bus: &Bus) -> Session {
        Session::with(bus, Hints { is_there: true, ..Hints::default() })
    }

    /// One with a locked screen.
    pub fn locked(bus: &Bus) -> Session {
        Session::with(bus, Hints { is_there: true, is_locked: true, idle_since: None })
    }

    /// One with a locked screen that is idle since this Unix second.
    pub fn idle_since(bus: &Bus, since: i64) -> Session {
        Session::with(bus, Hints { is_there: true, is_locked: true, idle_since: Some(since) })
    }

    /// Nobody has logged in.
    pub fn none(bus: &Bus) -> Session {
        Session::with(bus, Hints::default())
    }

    fn with(bus: &Bus, hints: Hints) -> Session {
        let bus = bus.connect();
        let (hints, asked) = (Arc::new(Mutex::new(hints)), Arc::<Mutex<usize>>::default());
        let user = LogindUser { hints: hints.clone() };
        block(bus.object_server().at(USER_PATH, user)).unwrap();
        let session = Session { bus, hints, asked };
        if session.hints.lock().unwrap().is_there {
            session.show();
        }
        block(session.bus.request_name(LOGIND)).unwrap();
        session
    }

    fn show(&self) {
        block(
            self.bus
                .object_server()
                .at(SESSION_PATH, LogindSession { hints: self.hints.clone(), asked: self.asked.clone() }),
        )
        .unwrap();
    }

    /// How often somebody asked whether the screen is locked.
    pub fn times_asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    /// Waits until somebody has asked once more than so many times, and was answered.
    #[track_caller]
    pub fn asked_after(&self, before: usize) {
        crate::sandbox::wait_for("a look at the session", || (self.times_asked() > before).then_some(()));
    }

    /// The person logs in, at a screen that is locked already.
    pub fn begin_locked(&self) {
        *self.hints.lock().unwrap() = Hints { is_there: true, is_locked: true, idle_since: None };
        self.show();
        let session: OwnedObjectPath = SESSION_PATH.try_into().unwrap();
        block(self.bus.emit_signal(None::<&str>, LOGIND_PATH, MANAGER, "SessionNew", &("1", session))).unwrap();
    }

    /// logind ends.
    pub fn leave(self) {
        assert!(block(self.bus.release_name(LOGIND)).unwrap());
    }

    /// Locks or unlocks the screen.
    pub fn lock(&self, is_locked: bool) {
        self.hints.lock().unwrap().is_locked = is_locked;
        self.tell(async |session, emitter| session.locked_hint_changed(emitter).await);
    }

    /// Becomes idle, since this Unix second, or is not any more.
    pub fn idle(&self, since: Option<i64>) {
        self.hints.lock().unwrap().idle_since = since;
        self.tell(async |session, emitter| session.idle_hint_changed(emitter).await);
    }

    fn tell(
        &self,
        emit: impl AsyncFnOnce(&LogindSession, &zbus::object_server::SignalEmitter<'_>) -> zbus::Result<()>,
    ) {
        block(async {
            let session = self.bus.object_server().interface::<_, LogindSession>(SESSION_PATH).await.unwrap();
            emit(&*session.get().await, session.signal_emitter()).await.unwrap();
        });
    }
}

struct LogindUser {
    hints: Arc<Mutex<Hints>>,
}

#[zbus::interface(name = "org.freedesktop.login1.User")]
impl LogindUser {
    #[zbus(property)]
    fn display(&self) -> (String, OwnedObjectPath) {
        let (id, path) = if self.hints.lock().unwrap().is_there { ("1", SESSION_PATH) } else { ("", NO_SESSION) };
        (id.to_owned(), path.try_into().unwrap())
    }
}

struct LogindSession {
    hints: Arc<Mutex<Hints>>,
    asked: Arc<Mutex<usize>>,
}

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl LogindSession {
    #[zbus(property)]
    fn idle_hint(&self) -> bool {
        self.hints.lock().unwrap().idle_since.is_some()
    }

    #[zbus(property)]
    fn idle_since_hint(&self) -> u64 {
        self.hints.lock().unwrap().idle_since.unwrap_or(0) as u64 * 1_000_000
    }

    // The last of all, by its place and by its name: once it was read, the others were, too.
    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        let is_locked = self.hints.lock().unwrap().is_locked;
        *self.asked.lock().unwrap() += 1;
        is_locked
    }
}
