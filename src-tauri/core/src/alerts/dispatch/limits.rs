//! How many words in a row are too many: a burst, and an hour. Pure.
//!
//! Moments are milliseconds of the boot-time clock, so that no step of the wall clock makes anybody talk.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Wait;
use crate::model::notify::Notify;

/// The time that `max_per_hour` counts in.
const HOUR: i64 = 3_600_000;

/// What was said lately, and when what was too much may be summed up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Limits {
    /// When something was said, oldest first, and whether the hour counts it.
    said: Vec<(i64, bool)>,
    /// When the burst that is too large may be summed up.
    burst: Option<i64>,
    /// The same for the hour.
    hour: Option<i64>,
    /// The same for the ends of what a digest told of.
    #[serde(default)]
    ends: Option<i64>,
}

/// A moment of the boot-time clock.
pub(super) fn millis(boot: Duration) -> i64 {
    i64::try_from(boot.as_millis()).unwrap_or(i64::MAX)
}

impl Limits {
    /// Whether one more may be said now, which then counts; else what it waits for.
    pub fn pass(&mut self, critical: bool, rules: &Notify, now: i64) -> Result<(), Wait> {
        let window = millis(rules.window);
        self.said.retain(|(at, counted)| now - at < window || (*counted && now - at < HOUR));
        if !critical {
            let counted = self.said.iter().filter(|(at, counted)| *counted && now - at < HOUR);
            let counted: Vec<i64> = counted.map(|(at, _)| *at).collect();
            if counted.len() >= rules.max_per_hour as usize {
                self.hour.get_or_insert(counted.first().copied().unwrap_or(now) + HOUR);
                return Err(Wait::Hour);
            }
        }
        let lately: Vec<i64> = self.said.iter().map(|(at, _)| *at).filter(|at| now - at < window).collect();
        if lately.len() >= rules.burst as usize {
            self.burst.get_or_insert(lately.first().copied().unwrap_or(now) + window);
            return Err(Wait::Burst);
        }
        self.said.push((now, !critical));
        Ok(())
    }

    /// The end of something that a digest told of: others may end soon.
    pub fn ended(&mut self, rules: &Notify, now: i64) {
        self.ends.get_or_insert(now + millis(rules.window));
    }

    /// Whether one more would be said now.
    fn has_room(&self, rules: &Notify, now: i64) -> bool {
        let counted = self.said.iter().filter(|(at, counted)| *counted && now - at < HOUR).count();
        let lately = self.said.iter().filter(|(at, _)| now - at < millis(rules.window)).count();
        counted < rules.max_per_hour as usize && lately < rules.burst as usize
    }

    /// Whether what waits for this may be summed up.
    pub fn over(&self, wait: Wait, rules: &Notify, now: i64) -> bool {
        let due = match wait {
            Wait::Over if !self.has_room(rules, now) => return false,
            Wait::Over => self.ends,
            Wait::Burst => self.burst,
            Wait::Hour => self.hour,
            Wait::Quiet | Wait::Day => None,
        };
        due.is_none_or(|due| due <= now)
    }

    /// Everything that was too much is summed up, or ends are, which count as one more that is said.
    pub fn summed(&mut self, wait: Wait, now: i64) {
        if wait == Wait::Over {
            self.said.push((now, true));
        }
        (self.burst, self.hour, self.ends) = (None, None, None);
    }

    /// Moves every moment, because the clock that counted them was another one.
    pub fn shift(&mut self, by: i64) {
        self.said.iter_mut().for_each(|(at, _)| *at += by);
        self.burst = self.burst.map(|due| due + by);
        self.hour = self.hour.map(|due| due + by);
        self.ends = self.ends.map(|due| due + by);
    }
}
