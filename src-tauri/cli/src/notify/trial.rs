//! A notification on trial: as the recorder would send it, from this process and over a connection of its own.
//!
//! Deliberately not here: which alert it pretends (`commands::alerts`), and the wait for a server, because a person is
//! watching.

use std::sync::Arc;

use hoofbeat_core::engine::Notice;
use hoofbeat_core::say;
use zbus::Connection;
use zbus::connection::Builder;

use super::waiting::Say;
use super::{Server, Thread, reason};
use crate::bus::{self, NOTIFICATIONS};

/// What it says.
pub struct Trial {
    say: Say,
}

impl Trial {
    /// What would be said, marked as a test.
    pub fn of(notice: &Arc<Notice>) -> Trial {
        let say = Say::about(notice, true);
        Trial { say: Say { title: say!("Test: {title}", title = say.title), transient: true, ..say } }
    }

    /// The line that is always seen.
    pub fn title(&self) -> &str {
        &self.say.title
    }

    /// The rest.
    pub fn body(&self) -> &str {
        &self.say.body
    }

    /// Shows it.
    ///
    /// # Errors
    /// One sentence: no bus, no server, or one that does not answer.
    pub fn send(&self, thread: Thread) -> Result<(), String> {
        async_io::block_on(async {
            let bus = async { bus::connect(Builder::session()?).await }.await;
            let bus = bus.map_err(|_| "the message bus of your session cannot be reached".to_string())?;
            bus::driven(&bus, self.send_over(&bus, thread)).await
        })
    }

    async fn send_over(&self, bus: &Connection, mut thread: Thread) -> Result<(), String> {
        let path = "/org/freedesktop/Notifications";
        let asked = bus.call_method(Some(NOTIFICATIONS), path, Some(NOTIFICATIONS), "GetCapabilities", &());
        let reply = bus::limited(asked).await.and_then(|reply| reply);
        let told = reply.and_then(|reply| reply.body().deserialize());
        thread.server =
            Server::Can(told.map_err(|error| format!("no notification server answers: {}", reason(&error)))?);
        let notification = thread.notification(&self.say, None);
        let sent = bus::limited(notification.send(bus)).await.and_then(|sent| sent);
        sent.map(drop).map_err(|error| format!("the notification server refuses it: {}", reason(&error)))
    }
}
