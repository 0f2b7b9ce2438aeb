//! What of the dispatch survives a restart: one JSON value, stored with the alerts that it is about. Pure.
//!
//! Snoozes have rows of their own.

use serde::{Deserialize, Serialize};

use super::digest::{Ended, Waiting};
use super::limits::{Limits, millis};
use super::{Dispatch, Episode, Key};
use crate::model::snooze::Snooze;

/// The stored shape. A shape that cannot be read is as none: nothing is said twice then, and what waited is lost.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// The moment of the boot-time clock at which it was written, in milliseconds.
    boot: i64,
    episodes: Vec<(Key, Episode)>,
    over: Vec<Ended>,
    more: u64,
    limits: Limits,
    waiting: Waiting,
}

impl Dispatch {
    /// What a recorder left behind, with the snoozes that are in force.
    pub fn restored(json: Option<&str>, snoozes: Vec<Snooze>, boot: std::time::Duration) -> Dispatch {
        let saved = json.and_then(|json| {
            let saved = serde_json::from_str::<Saved>(json);
            saved.inspect_err(|error| log::warn!("what waited to be told cannot be read: {error}")).ok()
        });
        let Some(Saved { boot: then, episodes, over, more, mut limits, mut waiting }) = saved else {
            return Dispatch { snoozes, ..Dispatch::default() };
        };
        // At least so long ago, whether or not the machine was started meanwhile; no wall clock can make it more.
        let now = millis(boot);
        let passed = if now >= then { now - then } else { now };
        let by = now - passed - then;
        limits.shift(by);
        waiting.shift(by);
        let episodes = episodes.into_iter().collect();
        Dispatch { episodes, over, more, limits, waiting, snoozes, ..Dispatch::default() }
    }

    /// What is to be stored, where it changed since it was last asked.
    pub fn take_changed(&mut self, boot: std::time::Duration) -> Option<String> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let saved = Saved {
            boot: millis(boot),
            episodes: self.episodes.iter().map(|(key, episode)| (key.clone(), episode.clone())).collect(),
            over: self.over.clone(),
            more: self.more,
            limits: self.limits.clone(),
            waiting: self.waiting.clone(),
        };
        let json = serde_json::to_string(&saved);
        json.inspect_err(|error| log::warn!("what waits to be told cannot be stored: {error}")).ok()
    }

    /// The store is a new one and knows nothing.
    pub fn retell(&mut self) {
        self.changed = true;
    }
}
