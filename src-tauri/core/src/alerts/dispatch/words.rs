//! What the dispatch is told and what it answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Digest, Item};
use crate::alerts::baseline::Local;
use crate::model::rule::Severity;

/// What an alert is known by: its rule, its source, and who it is about where one source may have several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(String, String, String);

impl Key {
    /// The key of an alert; `who` is empty where the source says it all.
    pub fn new(rule: &str, source: &str, who: &str) -> Key {
        Key(rule.to_owned(), source.to_owned(), who.to_owned())
    }

    /// The rule's id.
    pub fn rule(&self) -> &str {
        &self.0
    }

    /// The source's id.
    pub fn source(&self) -> &str {
        &self.1
    }

    /// Whose doing it is; empty where that is not told apart.
    pub fn who(&self) -> &str {
        &self.2
    }
}

/// A moment: measured, and as people name it.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The boot-time clock.
    pub boot: Duration,
    /// The local time.
    pub local: Local,
}

/// Something that happened to an alert.
#[derive(Clone, Debug)]
pub struct Happening {
    /// Which alert.
    pub key: Key,
    /// How much it matters.
    pub severity: Severity,
    /// What happened.
    pub what: What,
    /// What a later word about it needs to know; the dispatch keeps it and does not look into it.
    pub about: Value,
}

/// What happens to alerts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// It began.
    Fired,
    /// It still fires, and its rule wants that to be repeated.
    Again,
    /// It is over.
    Cleared {
        /// From fired to cleared.
        lasted: Duration,
    },
}

/// What becomes of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is said now.
    Say,
    /// It waits for a digest.
    Keep(Wait),
    /// It is not said.
    Silent(Silence),
}

/// What a word waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wait {
    /// The end of the quiet hours.
    Quiet,
    /// The end of a burst.
    Burst,
    /// An hour in which less is said.
    Hour,
    /// Its turn once a day: it only informs.
    Day,
    /// The ends of others, of whose beginning a digest told as well.
    Over,
}

/// Why a word is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// Notifications are off.
    Off,
    /// It is snoozed.
    Snoozed,
    /// It is the end of something whose beginning was not said by itself.
    Unheard,
    /// It is the repetition of something that waits already.
    Waiting,
}

/// A word whose time has come.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// An alert that still fires, and whose snooze has ended.
    Say(Item),
    /// What waited.
    Digest(Digest),
}
