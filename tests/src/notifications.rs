//! A notification server that remembers what it was told, and presses buttons.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::Result;
use zbus::message::Header;
use zbus::zvariant::OwnedValue;

use crate::bus::Bus;

const PATH: &str = "/org/freedesktop/Notifications";
const NAME: &str = "org.freedesktop.Notifications";

/// One call of `Notify`.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The number that the server gave it.
    pub id: u32,
    /// The sender's connection.
    pub sender: String,
    /// The number of the one that it replaces; 0 for a new one.
    pub replaces: u32,
    /// The sender's name.
    pub application: String,
    /// The line that is always seen.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Keys and labels of its buttons.
    pub actions: Vec<(String, String)>,
    /// 0 low, 1 normal, 2 critical.
    pub urgency: Option<u8>,
    /// When it came.
    pub arrived: Instant,
}

/// See the module. Gone when dropped.
#[derive(Debug)]
pub struct NotificationServer {
    bus: Bus,
    received: Arc<Mutex<Vec<Notification>>>,
    closed: Arc<Mutex<Vec<u32>>>,
}

impl NotificationServer {
    /// Takes the notification server's name on the bus.
    ///
    /// # Errors
    /// Somebody else has it.
    pub fn start(bus: Bus) -> Result<NotificationServer> {
        let received = Arc::<Mutex<Vec<Notification>>>::default();
        let closed = Arc::<Mutex<Vec<u32>>>::default();
        bus.0.object_server().at(PATH, Interface { received: received.clone(), closed: closed.clone() })?;
        bus.0.request_name(NAME)?;
        Ok(NotificationServer { bus, received, closed })
    }

    /// Every notification so far, oldest first.
    ///
    /// # Panics
    /// Never: nothing panics while it is locked.
    pub fn received(&self) -> Vec<Notification> {
        self.received.lock().expect("nothing panics while it is locked").clone()
    }

    /// The numbers of the notifications that their sender closed, oldest first.
    ///
    /// # Panics
    /// Never: nothing panics while it is locked.
    pub fn closed(&self) -> Vec<u32> {
        self.closed.lock().expect("nothing panics while it is locked").clone()
    }

    /// Presses a button of a notification. Like dunst, it tells the sender alone.
    ///
    /// # Errors
    /// The bus is gone.
    pub fn press(&self, notification: &Notification, action: &str) -> Result<()> {
        Ok(self.bus.0.emit_signal(
            Some(notification.sender.as_str()),
            PATH,
            NAME,
            "ActionInvoked",
            &(notification.id, action),
        )?)
    }
}

struct Interface {
    received: Arc<Mutex<Vec<Notification>>>,
    closed: Arc<Mutex<Vec<u32>>>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Interface {
    fn get_capabilities(&self) -> Vec<&'static str> {
        vec!["actions", "body", "body-markup", "persistence"]
    }

    fn get_server_information(&self) -> (&'static str, &'static str, &'static str, &'static str) {
        ("recorder", "hoofbeat-product-tests", "1", "1.2")
    }

    fn close_notification(&self, id: u32) {
        self.closed.lock().expect("nothing panics while it is locked").push(id);
    }

    // The shape is the specification's.
    #[allow(clippy::too_many_arguments)]
    fn notify(
        &self,
        #[zbus(header)] header: Header<'_>,
        application: String,
        replaces: u32,
        _icon: String,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let arrived = Instant::now();
        let mut received = self.received.lock().expect("nothing panics while it is locked");
        let id = if replaces > 0 { replaces } else { received.iter().map(|one| one.id).max().unwrap_or(0) + 1 };
        let actions = actions.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        received.push(Notification { id, sender, replaces, application, title, body, actions, urgency, arrived });
        id
    }
}
