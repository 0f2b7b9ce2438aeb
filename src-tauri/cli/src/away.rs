//! Since when nobody has been at this machine, by logind.
//!
//! logind tells of a session when it went idle, and whether its screen is locked, but not when that was. Who is back is not
//! idle any more, so that only the last look at a face tells of him. A machine without logind, and one whose bus is silent,
//! are no error. Deliberately not here: that last look, which the store knows.

use std::collections::HashMap;

use zbus::Connection;
use zbus::connection::Builder;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};

use crate::bus;

const LOGIND: &str = "org.freedesktop.login1";
const USER: &str = "/org/freedesktop/login1/user/self";
/// The caller's own session, where the user has none with a screen.
const OWN: &str = "/org/freedesktop/login1/session/auto";

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
        bus::driven(&bus, ask(&bus)).await
    };
    match async_io::block_on(bus::limited(asking)) {
        Ok(Ok(away)) => away,
        Ok(Err(error)) | Err(error) => {
            log::debug!("logind does not tell who is there: {error}");
            None
        }
    }
}

async fn ask(bus: &Connection) -> zbus::Result<Option<Away>> {
    let user = properties(bus, USER, "org.freedesktop.login1.User").await;
    let display = user.ok().and_then(|mut user| <(String, OwnedObjectPath)>::try_from(user.remove("Display")?).ok());
    let path = display.map(|(_, path)| path.to_string()).filter(|path| path.len() > 1);
    let session = properties(bus, path.as_deref().unwrap_or(OWN), "org.freedesktop.login1.Session").await?;
    Ok(read(session))
}

async fn properties(bus: &Connection, path: &str, of: &str) -> zbus::Result<HashMap<String, OwnedValue>> {
    let interface = Some("org.freedesktop.DBus.Properties");
    bus.call_method(Some(LOGIND), path, interface, "GetAll", &of).await?.body().deserialize()
}

/// What the properties of a session say.
fn read(mut session: HashMap<String, OwnedValue>) -> Option<Away> {
    let mut is = |name: &str| session.remove(name).and_then(|value| bool::try_from(value).ok()).unwrap_or(false);
    let (is_idle, is_locked) = (is("IdleHint"), is("LockedHint"));
    let micros = session.remove("IdleSinceHint").and_then(|value| u64::try_from(value).ok());
    let since = micros.and_then(|micros| i64::try_from(micros / 1_000_000).ok()).filter(|since| *since > 0)?;
    is_idle.then_some(Away { since, is_locked })
}

#[cfg(test)]
mod tests {
    use zbus::zvariant::Value;

    use super::*;

    #[test]
    fn only_a_session_that_is_idle_tells_since_when() {
        #[track_caller]
        fn check(told: &[(&str, Value<'static>)], expected: Option<Away>) {
            let owned = |(name, value): &(&str, Value<'static>)| Some(((*name).to_owned(), value.try_to_owned().ok()?));
            assert_eq!(read(told.iter().filter_map(owned).collect()), expected);
        }
        let (idle, locked) = (("IdleHint", Value::from(true)), ("LockedHint", Value::from(true)));
        let since = ("IdleSinceHint", Value::from(1_795_262_400_500_000_u64));
        let away = |is_locked| Some(Away { since: 1_795_262_400, is_locked });
        check(&[idle.clone(), since.clone()], away(false));
        check(&[idle.clone(), locked.clone(), since.clone()], away(true));
        // He is back, or nobody knows when the screen was locked.
        check(&[("IdleHint", Value::from(false)), since.clone()], None);
        check(&[locked, since], None);
        check(&[idle.clone(), ("IdleSinceHint", Value::from(0_u64))], None);
        check(&[idle, ("IdleSinceHint", Value::from("x"))], None);
        check(&[], None);
    }
}
