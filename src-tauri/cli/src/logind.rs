//! What logind tells of the person's session: whether anybody is there, now and whenever that changes.
//!
//! logind tells of a session whether it is idle and since when, and whether its screen is locked, but not since when that
//! is; and it forgets both once the person is back, which is why the recorder listens. A machine without logind, and one
//! whose bus is silent, are no error. Deliberately not here: what follows from it (`hoofbeat_core::why::presence`), and the
//! last look at a face, which the store knows.

use std::collections::HashMap;

use futures_lite::StreamExt;
use hoofbeat_core::why::presence::Hints;
use zbus::connection::Builder;
use zbus::fdo::DBusProxy;
use zbus::message::Type;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};
use zbus::{Connection, MatchRule, Message, MessageStream};

use crate::bus;

/// logind's name on the bus.
pub const LOGIND: &str = "org.freedesktop.login1";
const ROOT: &str = "/org/freedesktop/login1";
const USER: &str = "/org/freedesktop/login1/user/self";
/// The caller's own session, where the user has none with a screen.
const OWN: &str = "/org/freedesktop/login1/session/auto";

/// What decides who is there, or which session is asked.
const TELLING: &[&str] = &["LockedHint", "IdleHint", "IdleSinceHint", "Display"];

/// A session that nobody is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// Unix seconds.
    pub since: i64,
    /// Whether the screen is locked.
    pub is_locked: bool,
}

/// Since when the user's session is idle; `None` where he is there, or nobody tells. Waits for two seconds at most.
pub fn away() -> Option<Away> {
    let asking = async {
        let bus = bus::connect(Builder::system()?).await?;
        bus::driven(&bus, session(&bus)).await
    };
    match async_io::block_on(bus::limited(asking)) {
        Ok(Ok(session)) => {
            let hints = session.hints()?;
            Some(Away { since: hints.idle_since?, is_locked: hints.is_locked })
        }
        Ok(Err(error)) | Err(error) => {
            log::debug!("logind does not tell who is there: {error}");
            None
        }
    }
}

/// Tells what is said of the user's session, at once and whenever it may have changed; `None` where nothing is. Stays as
/// long as the bus does.
///
/// # Errors
/// The bus is gone, or logind does not answer.
pub async fn watch(bus: &Connection, tell: impl Fn(Option<Hints>)) -> zbus::Result<()> {
    let names = DBusProxy::new(bus).await?;
    let owners = names.receive_name_owner_changed_with_args(&[(0, LOGIND)]).await?;
    let owners = owners.map(|change| {
        let is_there = change.args()?.new_owner().is_some();
        zbus::Result::Ok(if is_there { News::Look } else { News::Gone })
    });
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(LOGIND)?.path_namespace(ROOT)?.build();
    let signals = MessageStream::for_match_rule(rule, bus, None).await?;
    let signals = signals.map(|signal| Ok(if concerns(&signal?) { News::Look } else { News::Other }));
    let mut news = std::pin::pin!(owners.or(signals));
    tell(look(bus).await?);
    while let Some(one) = news.next().await {
        match one? {
            News::Look => tell(look(bus).await?),
            News::Gone => tell(None),
            News::Other => {}
        }
    }
    Ok(())
}

/// What a signal is to us.
enum News {
    /// The session is to be looked at again.
    Look,
    /// logind ended.
    Gone,
    Other,
}

/// Whether a signal of logind's may change who is there. The session itself is asked then: what the signal says may be of
/// another one.
fn concerns(signal: &Message) -> bool {
    let (header, body) = (signal.header(), signal.body());
    match header.member().map(|member| member.as_str()) {
        Some("SessionNew" | "SessionRemoved") => true,
        Some("PropertiesChanged") => {
            let told = body.deserialize::<(&str, HashMap<&str, Value<'_>>, Vec<&str>)>();
            told.is_ok_and(|(_, changed, stale)| changed.keys().chain(&stale).any(|name| TELLING.contains(name)))
        }
        _ => false,
    }
}

async fn look(bus: &Connection) -> zbus::Result<Option<Hints>> {
    match session(bus).await {
        Ok(session) => Ok(session.hints().filter(|_| session.is_graphical())),
        // No logind, or no session.
        Err(zbus::Error::MethodError(name, ..)) => {
            log::debug!("nobody tells who is there: {name}");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The user's session with a screen, or else the caller's own.
async fn session(bus: &Connection) -> zbus::Result<Session> {
    let user = properties(bus, USER, "org.freedesktop.login1.User").await;
    let display = user.ok().and_then(|mut user| <(String, OwnedObjectPath)>::try_from(user.remove("Display")?).ok());
    let path = display.map(|(_, path)| path.to_string()).filter(|path| path.len() > 1);
    properties(bus, path.as_deref().unwrap_or(OWN), "org.freedesktop.login1.Session").await.map(Session)
}

async fn properties(bus: &Connection, path: &str, of: &str) -> zbus::Result<HashMap<String, OwnedValue>> {
    let interface = Some("org.freedesktop.DBus.Properties");
    bus.call_method(Some(LOGIND), path, interface, "GetAll", &of).await?.body().deserialize()
}

/// The properties of a session.
struct Session(HashMap<String, OwnedValue>);

impl Session {
    /// Who is there; `None` where the session tells neither.
    fn hints(&self) -> Option<Hints> {
        let is = |name: &str| self.0.get(name).and_then(|value| bool::try_from(value).ok());
        let (locked, idle) = (is("LockedHint"), is("IdleHint"));
        locked.or(idle)?;
        let is_idle = idle.unwrap_or(false);
        let micros = self.0.get("IdleSinceHint").and_then(|value| u64::try_from(value).ok());
        let since = micros.and_then(|micros| i64::try_from(micros / 1_000_000).ok());
        let idle_since = since.filter(|since| is_idle && *since > 0);
        Some(Hints { is_locked: locked.unwrap_or(false), is_idle, idle_since })
    }

    /// Of a session in text, logind looks for itself how long nobody typed, and tells nobody when that changes.
    fn is_graphical(&self) -> bool {
        let kind = self.0.get("Type").and_then(|value| <&str>::try_from(value).ok());
        !matches!(kind, Some("tty" | "unspecified"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: (&str, Value<'static>) = ("IdleHint", Value::Bool(true));
    const THERE: (&str, Value<'static>) = ("IdleHint", Value::Bool(false));
    const LOCKED: (&str, Value<'static>) = ("LockedHint", Value::Bool(true));

    fn session(told: &[(&str, Value<'static>)]) -> Session {
        let owned = |(name, value): &(&str, Value<'static>)| Some(((*name).to_owned(), value.try_to_owned().ok()?));
        Session(told.iter().filter_map(owned).collect())
    }

    #[test]
    fn only_a_session_that_is_idle_tells_since_when() {
        #[track_caller]
        fn check(told: &[(&str, Value<'static>)], expected: Option<(bool, bool, Option<i64>)>) {
            let hints = session(told).hints();
            assert_eq!(hints.map(|hints| (hints.is_locked, hints.is_idle, hints.idle_since)), expected);
        }
        let since = ("IdleSinceHint", Value::from(1_795_262_400_500_000_u64));
        let told = Some(1_795_262_400);
        check(&[IDLE, since.clone()], Some((false, true, told)));
        check(&[IDLE, LOCKED, since.clone()], Some((true, true, told)));
        // He is back, or nobody knows when the screen was locked.
        check(&[THERE, since.clone()], Some((false, false, None)));
        check(&[LOCKED, since.clone()], Some((true, false, None)));
        check(&[IDLE, ("IdleSinceHint", Value::from(0_u64))], Some((false, true, None)));
        check(&[IDLE, ("IdleSinceHint", Value::from("x"))], Some((false, true, None)));
        check(&[since], None);
        check(&[("IdleHint", Value::from("x"))], None);
        check(&[], None);
    }

    #[test]
    fn a_session_in_text_tells_nobody_when_it_changes() {
        let of = |kind: &'static str| session(&[IDLE, ("Type", Value::from(kind))]).is_graphical();
        assert!(of("x11") && of("wayland") && session(&[IDLE]).is_graphical());
        assert!(!of("tty") && !of("unspecified"));
    }

    #[test]
    fn only_what_may_change_who_is_there_is_looked_at() {
        #[track_caller]
        fn check(member: &str, changed: &[&str], stale: &[&str], expected: bool) {
            let changed: HashMap<&str, Value<'_>> = changed.iter().map(|name| (*name, Value::from(true))).collect();
            let signal = Message::signal("/s/_31", "org.freedesktop.DBus.Properties", member).unwrap();
            let signal = signal.build(&("org.freedesktop.login1.Session", changed, stale)).unwrap();
            assert_eq!(concerns(&signal), expected);
        }
        check("PropertiesChanged", &["LockedHint"], &[], true);
        check("PropertiesChanged", &["State"], &["IdleHint"], true);
        check("PropertiesChanged", &["State"], &["Active"], false);
        check("Lock", &["LockedHint"], &[], false);
        let signal = Message::signal("/s/_31", "org.freedesktop.DBus.Properties", "PropertiesChanged").unwrap();
        assert!(!concerns(&signal.build(&"nonsense").unwrap()));
        let signal = Message::signal(ROOT, "org.freedesktop.login1.Manager", "SessionNew").unwrap();
        assert!(concerns(&signal.build(&("2", "/s/_32")).unwrap()));
    }
}
