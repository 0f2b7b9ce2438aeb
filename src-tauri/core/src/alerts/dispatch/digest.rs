//! What waits, and when it is said in one: at the end of quiet hours, of a burst or of an hour that had too much; what
//! only informs once from nine to nine, with something else that is said or at nine. The ends of what a digest told of are
//! said in one, too. Pure.

use std::cmp::Reverse;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::millis;
use super::{Dispatch, Key, Moment, Stand, Wait, is_quiet};
use crate::alerts::baseline::Local;
use crate::model::notify::Notify;
use crate::model::rule::Severity;

/// The minute of the local day at which mere information is said where nothing else was.
const NINE: u16 = 9 * 60;

/// Between two digests of mere information lies at least this much, whatever the wall clock does. One that came along with
/// something else at five does not hold up that of nine o'clock.
const APART: Duration = Duration::from_secs(4 * 3600);

/// So many alerts that are over wait with what is known of them; further ones are only counted.
const MOST: usize = 256;

/// What waited, as one word.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// What it waited for; where there was more than one reason, the first in the order of [`Wait`].
    pub wait: Wait,
    /// The alerts: those that still fire first, the worst of them before the others.
    pub items: Vec<Item>,
    /// How many more there were.
    pub more: u64,
}

/// An alert that waited.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Which.
    pub key: Key,
    /// How much it matters.
    pub severity: Severity,
    /// Unix seconds at which it fired; the last time, where it did several times.
    pub since: i64,
    /// How it went, where it is over.
    pub over: Option<Over>,
    /// What was given with it.
    pub about: Value,
}

/// How an alert went that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// How often it fired.
    pub times: u32,
    /// For how many seconds, in sum; unknown where nobody saw it end.
    pub seconds: Option<u64>,
}

/// An alert that is over and waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ended {
    key: Key,
    severity: Severity,
    wait: Wait,
    since: i64,
    over: Over,
    about: Value,
}

impl Ended {
    pub fn new(key: Key, severity: Severity, wait: Wait, since: i64, lasted: Option<Duration>, about: Value) -> Ended {
        let over = Over { times: 1, seconds: lasted.map(|lasted| lasted.as_secs()) };
        Ended { key, severity, wait, since, over, about }
    }

    /// Whether it is one of these.
    pub fn is(&self, which: impl Fn(&Key, &Value) -> bool) -> bool {
        which(&self.key, &self.about)
    }
}

/// When mere information waits for its turn since, and when it last had it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// The newest nine o'clock that had passed when the first of it came.
    since: Option<i64>,
    /// The newest nine o'clock that had passed at its last digest, and the moment.
    last: Option<(i64, i64)>,
}

impl Waiting {
    /// Something waits from now on.
    pub fn note(&mut self, wait: Wait, now: Moment) {
        if wait == Wait::Day {
            self.since.get_or_insert(nine(now.local));
        }
    }

    /// Whether mere information may be said now, and whether it must not wait for something else to be said.
    fn turn(&self, now: Moment) -> (bool, bool) {
        let may = self
            .last
            .is_none_or(|(day, at)| day != nine(now.local) && millis(now.boot).saturating_sub(at) >= millis(APART));
        (may, may && self.since.is_none_or(|since| since != nine(now.local)))
    }

    fn said(&mut self, now: Moment) {
        (self.since, self.last) = (None, Some((nine(now.local), millis(now.boot))));
    }

    pub fn shift(&mut self, by: i64) {
        self.last = self.last.map(|(day, at)| (day, at.saturating_add(by)));
    }
}

/// The number of the newest nine o'clock.
fn nine(local: Local) -> i64 {
    if local.minute >= NINE { local.day } else { local.day - 1 }
}

impl Dispatch {
    /// Keeps something that is over for a digest; several times the same is one line.
    pub(super) fn keep(&mut self, ended: Ended) {
        let same = |other: &&mut Ended| other.key == ended.key && other.wait == ended.wait;
        if let Some(before) = self.over.iter_mut().find(same) {
            let times = before.over.times.saturating_add(ended.over.times);
            let seconds = before.over.seconds.zip(ended.over.seconds).map(|(one, other)| one + other);
            *before = Ended { over: Over { times, seconds }, ..ended };
        } else if self.over.len() < MOST {
            self.over.push(ended);
        } else {
            self.more += 1;
        }
    }

    /// The digest that is due, where one is.
    pub(super) fn digest(&mut self, rules: &Notify, now: Moment) -> Option<Digest> {
        if !rules.enabled {
            self.changed |= !self.over.is_empty() || self.more > 0;
            self.over.clear();
            self.more = 0;
            return None;
        }
        let quiet = is_quiet(rules, now);
        let ts = now.local.ts;
        let over = std::mem::take(&mut self.over);
        self.over = over.into_iter().filter(|one| self.snoozed(&one.key, ts).is_none()).collect();
        for one in self.over.iter_mut().filter(|one| quiet && one.severity != Severity::Critical) {
            if one.wait != Wait::Day {
                one.wait = Wait::Quiet;
            }
        }
        let (may, must) = self.waiting.turn(now);
        let due = |wait| match wait {
            Wait::Quiet => !quiet,
            Wait::Day => must && !quiet,
            Wait::Burst | Wait::Hour | Wait::Over => self.limits.over(wait, rules, millis(now.boot)),
        };
        let waits = || {
            let firing = self.episodes.values().filter_map(|episode| match episode.stand {
                Stand::Waiting(wait) => Some(wait),
                _ => None,
            });
            firing.chain(self.over.iter().map(|one| one.wait))
        };
        // Where another digest is near, mere information comes along with that.
        let soon = waits().any(|wait| matches!(wait, Wait::Burst | Wait::Hour));
        let spoke = self.spoke && may && !quiet && !soon;
        let ready = |wait| due(wait) || (wait == Wait::Day && spoke);
        let alone = self.more > 0 && waits().next().is_none() && !quiet;
        if !waits().any(ready) && !alone {
            return None;
        }
        // What else waits comes along, so that one word does for all.
        let comes = |wait| match wait {
            Wait::Quiet => !quiet,
            Wait::Day => may && !quiet,
            Wait::Burst | Wait::Hour | Wait::Over => true,
        };
        Some(self.gather(comes, now))
    }

    /// Takes what waits for this.
    fn gather(&mut self, comes: impl Fn(Wait) -> bool, now: Moment) -> Digest {
        let mut reasons = Vec::new();
        let mut items = Vec::new();
        for (key, episode) in &mut self.episodes {
            if let Stand::Waiting(wait) = episode.stand
                && comes(wait)
            {
                (episode.stand, episode.heard) = (Stand::Heard, true);
                reasons.push(wait);
                let (severity, since, about) = (episode.severity, episode.since, episode.about.clone());
                items.push(Item { key: key.clone(), severity, since, over: None, about });
            }
        }
        let (told, kept) = std::mem::take(&mut self.over).into_iter().partition(|one| comes(one.wait));
        self.over = kept;
        for Ended { key, severity, wait, since, over, about } in told {
            reasons.push(wait);
            items.push(Item { key, severity, since, over: Some(over), about });
        }
        items.sort_by_key(|item| (item.over.is_some(), Reverse(item.severity), item.since));
        if reasons.contains(&Wait::Day) {
            self.waiting.said(now);
        }
        let wait = reasons.into_iter().min().unwrap_or(Wait::Hour);
        self.limits.summed(wait, millis(now.boot));
        self.changed = true;
        Digest { wait, items, more: std::mem::take(&mut self.more) }
    }
}
