//! Watches the two message buses: when the session's comes and goes, what the notification server can and what people
//! do with notifications, when the machine is about to sleep, and whether anybody is there.
//!
//! One thread for all of it. Nothing here can hold up the recorder: no bus, a bus that dies and one that never answers
//! only mean that nothing is reported, and it is tried again. Deliberately not here: the tray's own
//! connection, what is sent (`notify`), and which session is asked (`logind`).

use std::future::Future;
use std::time::Duration;

use async_io::Timer;
use futures_lite::{StreamExt, future};
use hoofbeat_core::why::presence::Hints;
use zbus::connection::{Builder, Connection};
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::zvariant::OwnedFd;
use zbus::{MatchRule, MessageStream};

use crate::logind::{self, LOGIND};

/// The notification server's name on the bus.
pub const NOTIFICATIONS: &str = "org.freedesktop.Notifications";
/// Where tray icons are registered.
pub const TRAY_HOST: &str = "org.kde.StatusNotifierWatcher";

/// The longest that any answer may take.
pub const LIMIT: Duration = Duration::from_secs(2);
/// The waits between attempts to reach a bus.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How long sleep is held up, at most, so that the last samples reach the disk; the machine itself waits 5 s at most.
const FLUSH: Duration = Duration::from_secs(1);

/// What happens on the buses.
#[derive(Clone, Debug)]
pub enum BusEvent {
    /// The session's bus can be reached, over this connection. It moves as long as the bus does.
    SessionUp(Connection),
    /// It cannot be reached any more.
    SessionDown,
    /// A notification server can be reached, perhaps another one than before.
    ServerUp {
        /// Its connection's name on the bus, by which it can be told from another one.
        owner: String,
        /// What it can.
        capabilities: Vec<String>,
    },
    /// No notification server runs.
    ServerDown,
    /// A person pressed a button of a notification; not necessarily one of ours.
    Pressed {
        /// The server's number of the notification.
        id: u32,
        /// The key of the button.
        action: String,
        /// Lets a window come to the front on Wayland.
        token: Option<String>,
    },
    /// A notification is gone; not necessarily one of ours.
    Closed(u32),
    /// The machine is about to sleep.
    Sleeping,
    /// What is said of the person's session; `None` where nothing is. Not necessarily another thing than before.
    Presence(Option<Hints>),
}

/// Reports what happens on both buses to `tell`, for as long as the process lives.
///
/// # Errors
/// The system has no thread left.
pub fn watch(tell: impl Fn(BusEvent) + Send + 'static) -> std::io::Result<()> {
    spawn(move || {
        async_io::block_on(future::zip(
            again_and_again(async || session(&tell).await),
            again_and_again(async || system(&tell).await),
        ));
    })
}

/// Reports only what happens on the system's bus: a machine without a desktop sleeps, too.
///
/// # Errors
/// The system has no thread left.
pub fn watch_system(tell: impl Fn(BusEvent) + Send + 'static) -> std::io::Result<()> {
    spawn(move || async_io::block_on(again_and_again(async || system(&tell).await)))
}

fn spawn(run: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name("bus".into()).spawn(run)?;
    Ok(())
}

/// Tries for ever, more and more slowly while it fails at once.
async fn again_and_again(attempt: impl AsyncFn() -> zbus::Result<()>) {
    let mut wait = FIRST_WAIT;
    loop {
        let begun = std::time::Instant::now();
        if let Err(error) = attempt().await {
            log::debug!("bus: {error}");
        }
        wait = if begun.elapsed() > LONGEST_WAIT { FIRST_WAIT } else { (wait * 2).min(LONGEST_WAIT) };
        Timer::after(wait).await;
    }
}

/// Stays as long as the session's bus does.
async fn session(tell: &impl Fn(BusEvent)) -> zbus::Result<()> {
    let bus = connect(Builder::session()?).await?;
    tell(BusEvent::SessionUp(bus.clone()));
    let ended = driven(&bus, session_signals(&bus, tell)).await;
    tell(BusEvent::SessionDown);
    ended
}

async fn session_signals(bus: &Connection, tell: &impl Fn(BusEvent)) -> zbus::Result<()> {
    let names = DBusProxy::new(bus).await?;
    let owners = names.receive_name_owner_changed_with_args(&[(0, NOTIFICATIONS)]).await?;
    let rule = MatchRule::builder().msg_type(Type::Signal).interface(NOTIFICATIONS)?.build();
    let signals = MessageStream::for_match_rule(rule, bus, None).await?;
    match names.get_name_owner(NOTIFICATIONS.try_into()?).await {
        Ok(owner) => server_up(bus, owner.to_string(), tell).await,
        Err(zbus::fdo::Error::NameHasNoOwner(_)) => tell(BusEvent::ServerDown),
        Err(error) => return Err(error.into()),
    }
    let owners = async {
        let mut owners = owners;
        while let Some(change) = owners.next().await {
            match change.args()?.new_owner().as_ref() {
                Some(owner) => server_up(bus, owner.to_string(), tell).await,
                None => tell(BusEvent::ServerDown),
            }
        }
        Ok(())
    };
    future::or(owners, answers(signals, tell)).await
}

/// Asks what the server can: markup may be sent only where it is understood.
async fn server_up(bus: &Connection, owner: String, tell: &impl Fn(BusEvent)) {
    let path = "/org/freedesktop/Notifications";
    let reply = bus.call_method(Some(owner.as_str()), path, Some(NOTIFICATIONS), "GetCapabilities", &()).await;
    let capabilities = reply.and_then(|reply| reply.body().deserialize()).unwrap_or_else(|error| {
        log::debug!("the notification server does not say what it can: {error}");
        Vec::new()
    });
    tell(BusEvent::ServerUp { owner, capabilities });
}

/// What people do with notifications. The server tells everybody; each picks out its own by their numbers.
async fn answers(mut signals: MessageStream, tell: &impl Fn(BusEvent)) -> zbus::Result<()> {
    // The token comes just before the button that it belongs to.
    let mut token: Option<(u32, String)> = None;
    while let Some(signal) = signals.next().await {
        let signal = signal?;
        let (header, body) = (signal.header(), signal.body());
        match header.member().map(|member| member.as_str()) {
            Some("ActivationToken") => token = body.deserialize().ok(),
            Some("ActionInvoked") => {
                if let Ok((id, action)) = body.deserialize() {
                    let token = token.take().filter(|(of, _)| *of == id).map(|(_, token)| token);
                    tell(BusEvent::Pressed { id, action, token });
                }
            }
            Some("NotificationClosed") => {
                if let Ok((id, _reason)) = body.deserialize::<(u32, u32)>() {
                    tell(BusEvent::Closed(id));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Stays as long as the system's bus does, tells who is there, and holds sleep up for a moment whenever it comes.
async fn system(tell: &impl Fn(BusEvent)) -> zbus::Result<()> {
    let bus = connect(Builder::system()?).await?;
    let presence = logind::watch(&bus, |said| tell(BusEvent::Presence(said)));
    let ended = driven(&bus, future::or(sleep_signals(&bus, tell), presence)).await;
    tell(BusEvent::Presence(None));
    ended
}

async fn sleep_signals(bus: &Connection, tell: &impl Fn(BusEvent)) -> zbus::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(LOGIND)?
        .interface("org.freedesktop.login1.Manager")?
        .member("PrepareForSleep")?
        .build();
    let mut signals = MessageStream::for_match_rule(rule, bus, Some(2)).await?;
    let mut hold = inhibit(bus).await?;
    while let Some(signal) = signals.next().await {
        let begins: bool = signal?.body().deserialize()?;
        if begins {
            tell(BusEvent::Sleeping);
            Timer::after(FLUSH).await;
            drop(hold.take());
        } else {
            hold = inhibit(bus).await?;
        }
    }
    Ok(())
}

/// Asks for a moment before each sleep. Where it is refused, sleep is noticed by the clocks afterwards all the same.
async fn inhibit(bus: &Connection) -> zbus::Result<Option<OwnedFd>> {
    let what = ("sleep", "Hoofbeat", "Writing the last samples to the disk", "delay");
    let manager = Some("org.freedesktop.login1.Manager");
    match bus.call_method(Some(LOGIND), "/org/freedesktop/login1", manager, "Inhibit", &what).await {
        Ok(reply) => Ok(Some(reply.body().deserialize()?)),
        Err(zbus::Error::MethodError(name, ..)) => {
            log::debug!("sleep cannot be held up: {name}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Connects, without a thread of its own, and with a limit for every answer.
pub async fn connect(builder: Builder<'_>) -> zbus::Result<Connection> {
    let connecting = builder.internal_executor(false).method_timeout(LIMIT).build();
    limited(connecting).await?
}

/// Runs `task` together with what moves the connection's messages.
pub async fn driven<T>(bus: &Connection, task: impl Future<Output = T>) -> T {
    let mover = async {
        loop {
            bus.executor().tick().await;
        }
    };
    future::or(task, mover).await
}

/// Gives up after [`LIMIT`].
pub async fn limited<T>(task: impl Future<Output = T>) -> zbus::Result<T> {
    let late = async {
        Timer::after(LIMIT).await;
        Err(zbus::Error::InputOutput(std::sync::Arc::new(std::io::ErrorKind::TimedOut.into())))
    };
    future::or(async { Ok(task.await) }, late).await
}
