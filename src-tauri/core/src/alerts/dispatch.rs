//! Which alerts a person is told of, and when: now, in a digest, or not at all for a reason that can be named. Pure.
//!
//! One word an episode, from fired to cleared, and one of its end, only where its beginning was said. What may not be said at
//! once (quiet hours, too many in a row, mere information) waits for one digest; nothing that fired gets lost. Moments
//! that are measured come from the boot-time clock; the wall clock says only when a person wants silence. Deliberately
//! not here: when a rule fires (`alerts`), words, and how a word reaches the person.

mod digest;
mod limits;
mod saved;
mod snoozed;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::notify::Notify;
use crate::model::rule::Severity;
use crate::model::snooze::Snooze;

pub use digest::{Digest, Item, Over};
pub use words::{Decision, Due, Happening, Key, Moment, Silence, Wait, What};

use digest::{Ended, Waiting};
use limits::{Limits, millis};

/// How an episode stands with the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stand {
    /// They know of it.
    Heard,
    /// It waits for a digest.
    Waiting(Wait),
    /// It is snoozed until a Unix second, or until it is over.
    Snoozed(Option<i64>),
    /// Notifications were off when it would have been said.
    Off,
    /// A rule that says more fires there: it is said when that is over, if it still fires.
    Held,
    /// Nothing is said of it any more, until it is over: a person said that it is expected.
    Silent,
}

/// An alert that fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Episode {
    severity: Severity,
    /// Unix seconds at which it fired.
    since: i64,
    stand: Stand,
    /// Whether the person knows of it, however.
    heard: bool,
    /// Whether it was said by itself.
    told: bool,
    about: Value,
}

impl Episode {
    /// One of which nobody knows.
    fn unheard(severity: Severity, since: i64, stand: Stand, about: Value) -> Episode {
        Episode { severity, since, stand, heard: false, told: false, about }
    }
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dispatch {
    episodes: BTreeMap<Key, Episode>,
    /// What is over and waits for a digest.
    over: Vec<Ended>,
    /// How many more are over than `over` holds.
    more: u64,
    limits: Limits,
    waiting: Waiting,
    snoozes: Vec<Snooze>,
    /// Numbers of snoozes that are over, which a face's list may still hold.
    ended: Vec<i64>,
    /// How many of these were taken away.
    taken: usize,
    /// What was said and a face could not show, in its own shape.
    unshown: Value,
    /// Something was said since it was last settled.
    spoke: bool,
    changed: bool,
    /// Whether what is known of episodes was noted by an earlier recorder.
    noted: bool,
    /// What was said by itself and is not to be seen any more, though nothing is said instead.
    hushed: Vec<Key>,
}

impl Dispatch {
    /// Takes what happened, and says what becomes of it.
    pub fn happened(&mut self, happening: Happening, rules: &Notify, now: Moment) -> Decision {
        self.changed = true;
        let Happening { key, severity, what, about } = happening;
        match what {
            What::Fired => {
                let since = now.local.ts;
                self.episodes.insert(key.clone(), Episode::unheard(severity, since, Stand::Heard, about));
                self.word(&key, rules, now)
            }
            What::Again => match self.episodes.get_mut(&key) {
                None => self.happened(Happening { key, severity, what: What::Fired, about }, rules, now),
                Some(episode) => {
                    episode.about = about;
                    match episode.stand {
                        Stand::Waiting(_) => Decision::Silent(Silence::Waiting),
                        Stand::Snoozed(_) => Decision::Silent(Silence::Snoozed),
                        Stand::Held | Stand::Silent => Decision::Silent(Silence::Unheard),
                        Stand::Off | Stand::Heard => self.word(&key, rules, now),
                    }
                }
            },
            What::Cleared { lasted } => {
                let Some(episode) = self.episodes.remove(&key) else { return Decision::Silent(Silence::Unheard) };
                let decision = self.end(&key, episode, Some(lasted), about, rules, now);
                self.release(&key);
                decision
            }
        }
    }

    /// An alert began of which nothing is said for as long as a rule fires that says more.
    pub fn inhibited(&mut self, key: Key, severity: Severity, about: Value, now: Moment) {
        self.changed = true;
        self.episodes.insert(key, Episode::unheard(severity, now.local.ts, Stand::Held, about));
    }

    /// What is to be said of alerts that were inhibited: `is_free` tells of which the other rule does not fire any more
    /// while they still do.
    pub fn freed(&mut self, is_free: impl Fn(&Key) -> bool, rules: &Notify, now: Moment) -> Vec<Due> {
        let held = self.episodes.iter().filter(|(key, episode)| episode.stand == Stand::Held && is_free(key));
        let free: Vec<Key> = held.map(|(key, _)| key.clone()).collect();
        self.changed |= !free.is_empty();
        let said = free.into_iter().filter(|key| self.word(key, rules, now) == Decision::Say).collect::<Vec<_>>();
        said.iter().filter_map(|key| self.item(key).map(Due::Say)).collect()
    }

    /// People said of what fires, or waits, that it is expected: nothing more is said of those that `is_settled` names, by
    /// their keys and by what was given with them. The keys of those that fire.
    pub fn settled(&mut self, is_settled: impl Fn(&Key, &Value) -> bool) -> Vec<Key> {
        let mut settled = Vec::new();
        for (key, episode) in &mut self.episodes {
            if !is_settled(key, &episode.about) {
                continue;
            }
            settled.push(key.clone());
            if episode.stand != Stand::Silent {
                (episode.stand, self.changed) = (Stand::Silent, true);
                self.hushed.extend(episode.told.then(|| key.clone()));
            }
        }
        let before = self.over.len();
        self.over.retain(|one| !one.is(&is_settled));
        self.changed |= self.over.len() < before;
        settled
    }

    /// Rules may say of what fires that it matters more or less than before; `None` of one that is gone.
    pub fn regrade(&mut self, severity_of: impl Fn(&Key) -> Option<Severity>) {
        for (key, episode) in &mut self.episodes {
            if let Some(severity) = severity_of(key).filter(|severity| *severity != episode.severity) {
                (episode.severity, self.changed) = (severity, true);
            }
        }
    }

    /// Decides on a word about an episode, and notes how that leaves it.
    fn word(&mut self, key: &Key, rules: &Notify, now: Moment) -> Decision {
        let Some(severity) = self.episodes.get(key).map(|episode| episode.severity) else {
            return Decision::Silent(Silence::Unheard);
        };
        let decision = self.judge(key, severity, rules, now);
        if let Decision::Keep(wait) = decision {
            self.waiting.note(wait, now);
        }
        let snoozed = self.snoozed(key, now.local.ts).flatten();
        if let Some(episode) = self.episodes.get_mut(key) {
            episode.stand = match decision {
                Decision::Say => Stand::Heard,
                Decision::Keep(wait) => Stand::Waiting(wait),
                Decision::Silent(Silence::Snoozed) => Stand::Snoozed(snoozed),
                Decision::Silent(_) => Stand::Off,
            };
            if decision == Decision::Say {
                (episode.heard, episode.told, self.spoke) = (true, true, true);
                self.hushed.retain(|other| other != key);
            }
            if decision == Decision::Silent(Silence::Snoozed) && episode.told {
                self.hushed.push(key.clone());
            }
        }
        decision
    }

    fn judge(&mut self, key: &Key, severity: Severity, rules: &Notify, now: Moment) -> Decision {
        if !rules.enabled {
            return Decision::Silent(Silence::Off);
        }
        if self.snoozed(key, now.local.ts).is_some() {
            return Decision::Silent(Silence::Snoozed);
        }
        if severity == Severity::Info {
            return Decision::Keep(Wait::Day);
        }
        let critical = severity == Severity::Critical;
        if !critical && is_quiet(rules, now) {
            return Decision::Keep(Wait::Quiet);
        }
        match self.limits.pass(critical, rules, millis(now.boot)) {
            Ok(()) => Decision::Say,
            Err(wait) => Decision::Keep(wait),
        }
    }

    /// Decides on the end of an episode.
    fn end(
        &mut self,
        key: &Key,
        episode: Episode,
        lasted: Option<Duration>,
        about: Value,
        rules: &Notify,
        now: Moment,
    ) -> Decision {
        let Episode { severity, since, stand, told, .. } = episode;
        let quiet = severity != Severity::Critical && is_quiet(rules, now);
        let wait = match stand {
            Stand::Held | Stand::Silent => return Decision::Silent(Silence::Unheard),
            _ if !rules.enabled => return Decision::Silent(Silence::Off),
            _ if self.snoozed(key, now.local.ts).is_some() => return Decision::Silent(Silence::Snoozed),
            Stand::Off => return Decision::Silent(Silence::Off),
            // It ended in the very moment in which its snooze did.
            Stand::Snoozed(_) if !told => return Decision::Silent(Silence::Snoozed),
            Stand::Waiting(wait) if !told => wait,
            // It was one of several; of the end of what only informed nobody needs to know.
            Stand::Heard if !told && severity == Severity::Info => return Decision::Silent(Silence::Unheard),
            Stand::Heard | Stand::Waiting(_) | Stand::Snoozed(_) if quiet => Wait::Quiet,
            Stand::Heard if !told => {
                self.limits.ended(rules, millis(now.boot));
                Wait::Over
            }
            Stand::Heard | Stand::Waiting(_) | Stand::Snoozed(_) => return Decision::Say,
        };
        self.waiting.note(wait, now);
        self.keep(Ended::new(key.clone(), severity, wait, since, lasted, about));
        Decision::Keep(wait)
    }

    /// What is due by the clocks: alerts whose snooze has ended, and a digest. Costs next to nothing where nothing waits.
    pub fn settle(&mut self, rules: &Notify, now: Moment) -> Vec<Due> {
        if !self.is_busy() {
            return Vec::new();
        }
        let mut due = Vec::new();
        self.run_out(now.local.ts);
        let keys: Vec<Key> = self.episodes.keys().cloned().collect();
        for key in keys {
            let snoozed = self.snoozed(&key, now.local.ts);
            let Some(episode) = self.episodes.get_mut(&key) else { continue };
            let before = episode.stand;
            match (before, snoozed) {
                (Stand::Off | Stand::Held | Stand::Silent, _) => {}
                (Stand::Snoozed(_), Some(until)) => episode.stand = Stand::Snoozed(until),
                (_, Some(until)) => {
                    episode.stand = Stand::Snoozed(until);
                    self.hushed.extend(episode.told.then(|| key.clone()));
                }
                (Stand::Snoozed(until), None) => {
                    // Who takes a snooze back has read the digest, and does not see any more what was said by itself.
                    let by_itself = until.is_some_and(|until| until <= now.local.ts);
                    episode.stand = Stand::Heard;
                    if (by_itself || episode.told || !episode.heard) && self.word(&key, rules, now) == Decision::Say {
                        due.extend(self.item(&key).map(Due::Say));
                    }
                }
                (Stand::Waiting(_), None) if !rules.enabled => episode.stand = Stand::Off,
                (Stand::Waiting(Wait::Burst | Wait::Hour), None)
                    if episode.severity != Severity::Critical && is_quiet(rules, now) =>
                {
                    episode.stand = Stand::Waiting(Wait::Quiet);
                }
                // It matters more than when it began to wait: its rule was changed.
                (Stand::Waiting(wait), None) if may_be_louder(wait, episode.severity, is_quiet(rules, now)) => {
                    if self.word(&key, rules, now) == Decision::Say {
                        due.extend(self.item(&key).map(Due::Say));
                    }
                }
                (Stand::Waiting(_) | Stand::Heard, None) => {}
            }
            self.changed |= self.episodes.get(&key).is_some_and(|episode| episode.stand != before);
        }
        due.extend(self.digest(rules, now).map(Due::Digest));
        self.spoke = false;
        due
    }

    /// The alerts of which what was said is not to be seen any more, since this was last asked: a person snoozed them or
    /// expects them, or they are over and nothing is said of it.
    pub fn take_hushed(&mut self) -> Vec<Key> {
        std::mem::take(&mut self.hushed)
    }

    /// Whether anything may come due, by the clocks or because what held it down is over.
    pub fn is_busy(&self) -> bool {
        let restless = |stand| matches!(stand, Stand::Waiting(_) | Stand::Snoozed(_) | Stand::Held);
        !self.over.is_empty()
            || !self.hushed.is_empty()
            || self.more > 0
            || !self.snoozes.is_empty()
            || self.episodes.values().any(|episode| restless(episode.stand))
    }

    /// An alert ended that nobody was told of: its rule or its source is gone.
    pub fn gone(&mut self, key: &Key, rules: &Notify, now: Moment) {
        if let Some(episode) = self.episodes.remove(key) {
            self.changed = true;
            match episode.told {
                true => self.hushed.push(key.clone()),
                false => {
                    let about = episode.about.clone();
                    self.end(key, episode, None, about, rules, now);
                }
            }
            self.release(key);
        }
    }

    /// Brings what was restored in line with the alerts that fire, each with the Unix second at which it did. What
    /// ended unseen is over; what nothing is known of was told by a recorder that kept no such notes, and was not told
    /// where it kept some.
    pub fn align(&mut self, firing: Vec<(Key, i64)>, rules: &Notify, now: Moment) {
        let gone = self.episodes.keys().filter(|key| !firing.iter().any(|(other, _)| other == *key));
        for key in gone.cloned().collect::<Vec<_>>() {
            self.gone(&key, rules, now);
        }
        for (key, since) in firing {
            let unknown = Episode::unheard(Severity::Warning, since, Stand::Silent, Value::Null);
            let unknown = match self.noted {
                true => unknown,
                false => Episode { stand: Stand::Heard, heard: true, told: true, ..unknown },
            };
            self.episodes.entry(key).or_insert(unknown);
        }
    }

    /// What was given with an alert that fires.
    pub fn about(&self, key: &Key) -> Option<&Value> {
        self.episodes.get(key).map(|episode| &episode.about)
    }

    fn item(&self, key: &Key) -> Option<Item> {
        let Episode { severity, since, about, .. } = self.episodes.get(key)?;
        let (severity, since, about) = (*severity, *since, about.clone());
        Some(Item { key: key.clone(), severity, since, over: None, about })
    }
}

/// Whether what waits for this would not, if it began now.
fn may_be_louder(wait: Wait, severity: Severity, quiet: bool) -> bool {
    match wait {
        Wait::Day => severity != Severity::Info,
        Wait::Quiet => quiet && severity == Severity::Critical,
        Wait::Burst | Wait::Hour | Wait::Over => false,
    }
}

/// Whether only what is critical is told now.
fn is_quiet(rules: &Notify, now: Moment) -> bool {
    rules.quiet.is_some_and(|hours| hours.contains(now.local.minute))
}

#[cfg(test)]
mod tests;
