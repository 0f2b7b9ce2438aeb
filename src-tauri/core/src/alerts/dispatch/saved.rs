//! What of the dispatch survives a restart: one JSON value, stored with the alerts that it is about. Pure.
//!
//! With it goes what was said and could not be shown; only the face knows that, and its shape.
//!
//! Snoozes have rows of their own.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::{Ended, Waiting};
use super::limits::{Limits, millis};
use super::{Dispatch, Episode, Key, Moment};
use crate::model::snooze::Snooze;

/// The stored shape. Of a shape that cannot be read what waited is lost, and nothing is said of the end of what fires.
#[derive(Serialize, Deserialize)]
struct Saved {
    /// The moment of the boot-time clock at which it was written, in milliseconds.
    boot: i64,
    /// The Unix second of that moment, where it was noted.
    #[serde(default)]
    ts: Option<i64>,
    episodes: Vec<(Key, Episode)>,
    over: Vec<Ended>,
    more: u64,
    limits: Limits,
    waiting: Waiting,
    #[serde(default)]
    unshown: Value,
}

impl Dispatch {
    /// What a recorder left behind, with the snoozes that are in force.
    pub fn restored(json: Option<&str>, snoozes: Vec<Snooze>, at: Moment) -> Dispatch {
        let saved = json.and_then(|json| {
            let saved = serde_json::from_str::<Saved>(json);
            saved.inspect_err(|error| log::warn!("what waited to be told cannot be read: {error}")).ok()
        });
        let noted = json.is_some();
        let Some(Saved { boot: then, ts, episodes, over, more, mut limits, mut waiting, unshown }) = saved else {
            return Dispatch { snoozes, noted, ..Dispatch::default() };
        };
        // At least so long ago, whether or not the machine was started meanwhile; no wall clock can make it more.
        let now = millis(at.boot);
        let passed = if now >= then { now - then } else { now };
        limits.shift(now - passed - then);
        // A digest a day must not wait for a machine that runs eight hours of each to have run for long enough.
        let named = ts.map_or(0, |ts| at.local.ts.saturating_sub(ts).saturating_mul(1000));
        waiting.shift(now.saturating_sub(passed.max(named)) - then);
        let episodes = episodes.into_iter().collect();
        Dispatch { episodes, over, more, limits, waiting, unshown, snoozes, noted, ..Dispatch::default() }
    }

    /// What is to be stored, where it changed since it was last asked.
    pub fn take_changed(&mut self, now: Moment) -> Option<String> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let saved = Saved {
            boot: millis(now.boot),
            ts: Some(now.local.ts),
            episodes: self.episodes.iter().map(|(key, episode)| (key.clone(), episode.clone())).collect(),
            over: self.over.clone(),
            more: self.more,
            limits: self.limits.clone(),
            waiting: self.waiting.clone(),
            unshown: self.unshown.clone(),
        };
        let json = serde_json::to_string(&saved);
        json.inspect_err(|error| log::warn!("what waits to be told cannot be stored: {error}")).ok()
    }

    /// What was said and a face could not show; null where all was.
    pub fn unshown(&self) -> &Value {
        &self.unshown
    }

    /// Keeps what a face could not show, without a look into it.
    pub fn set_unshown(&mut self, said: Value) {
        self.changed |= self.unshown != said;
        self.unshown = said;
    }

    /// The store is a new one and knows nothing.
    pub fn retell(&mut self) {
        self.changed = true;
    }
}
