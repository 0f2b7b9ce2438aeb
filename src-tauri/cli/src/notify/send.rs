//! One notification, as the freedesktop specification has it
//! (<https://specifications.freedesktop.org/notification-spec/latest/>, version 1.2).
//!
//! Sent over the very connection that listens for answers: dunst tells only the sender which button was pressed, and
//! some desktops take a notification away when its sender's connection ends. Deliberately not here: when, and what it
//! says.

use std::collections::HashMap;

use zbus::message::Flags;
use zbus::zvariant::Value;
use zbus::{Connection, Message};

use super::chart::{self, Pixels};
use crate::bus::NOTIFICATIONS;

const PATH: &str = "/org/freedesktop/Notifications";

/// How loud it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// It may pass unseen.
    Low = 0,
    /// As usual.
    Normal = 1,
    /// It stays until it is dismissed.
    Critical = 2,
}

/// See the module.
#[derive(Debug)]
pub struct Notification<'a> {
    /// The line that is always seen.
    pub title: String,
    /// The rest; markup only for a server that takes it.
    pub body: String,
    /// The icon's name in the desktop's theme.
    pub icon: &'a str,
    /// How loud it is.
    pub urgency: Urgency,
    /// What it is about, as the specification calls it.
    pub category: &'a str,
    /// Whether it need not be kept once it was seen.
    pub transient: bool,
    /// Keys of buttons, each followed by its label.
    pub actions: Vec<&'a str>,
    /// A chart, in the place of the icon.
    pub chart: Option<Pixels>,
    /// The number of the one that it takes the place of; 0 for none.
    pub replaces: u32,
}

impl Notification<'_> {
    /// Shows it; gives the number by which the server calls it.
    ///
    /// # Errors
    /// There is no server, or it did not answer in time.
    pub async fn send(&self, bus: &Connection) -> zbus::Result<u32> {
        let mut hints = HashMap::from([
            ("urgency", Value::U8(self.urgency as u8)),
            // The name of the desktop file, by which desktops find icon and settings.
            ("desktop-entry", Value::from("hoofbeat")),
            ("category", Value::from(self.category)),
        ]);
        if self.transient {
            hints.insert("transient", Value::Bool(true));
        }
        if let Some(pixels) = &self.chart {
            let [width, height, channels] = [chart::WIDTH, chart::HEIGHT, chart::CHANNELS].map(|size| size as i32);
            let picture = (width, height, width * channels, false, 8i32, channels, pixels.clone());
            hints.insert("image-data", Value::from(picture));
        }
        // The server's own time, or for ever where it is critical.
        let timeout = -1i32;
        let call = ("Hoofbeat", self.replaces, self.icon, &self.title, &self.body, &self.actions, hints, timeout);
        bus.call_method(Some(NOTIFICATIONS), PATH, Some(NOTIFICATIONS), "Notify", &call).await?.body().deserialize()
    }
}

/// Takes a notification from the screen. Nobody waits for the answer: a server that is gone, or that closed it already, is
/// as good, and one that hangs does it when it wakes up.
///
/// # Errors
/// The bus is gone.
pub async fn close(bus: &Connection, id: u32) -> zbus::Result<()> {
    let message = Message::method_call(PATH, "CloseNotification")?
        .destination(NOTIFICATIONS)?
        .interface(NOTIFICATIONS)?
        .with_flags(Flags::NoReplyExpected)?
        .with_flags(Flags::NoAutoStart)?
        .build(&id)?;
    bus.send(&message).await
}
