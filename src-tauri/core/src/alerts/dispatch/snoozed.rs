//! Which alerts are snoozed, and when that is over: by the clock, or with the last alert that it covers. Pure.
//!
//! Deliberately not here: what is said when it is over (`dispatch`).

use super::{Dispatch, Key};
use crate::model::snooze::Snooze;

fn silences(snooze: &Snooze, key: &Key) -> bool {
    snooze.silences(key.rule(), key.source(), key.who())
}

impl Dispatch {
    /// Puts these snoozes in force, and no others.
    pub fn snooze(&mut self, snoozes: Vec<Snooze>) {
        // What the store does not hold any more does not come back; what it still holds may have ended here.
        let mut at = 0;
        let taken = self.taken;
        self.ended.retain(|seq| {
            at += 1;
            at > taken || snoozes.iter().any(|one| one.seq == *seq)
        });
        self.taken -= at - self.ended.len();
        self.snoozes = snoozes;
        self.snoozes.retain(|snooze| !self.ended.contains(&snooze.seq));
    }

    /// The snoozes in force.
    pub fn snoozes(&self) -> &[Snooze] {
        &self.snoozes
    }

    /// The numbers of snoozes that ended since this was last asked.
    pub fn take_ended(&mut self) -> Vec<i64> {
        let new = self.ended.split_off(self.taken);
        self.ended.extend_from_slice(&new);
        self.taken = self.ended.len();
        new
    }

    /// Until when an alert is snoozed, where it is: the longest counts.
    pub(super) fn snoozed(&self, key: &Key, ts: i64) -> Option<Option<i64>> {
        let covering = self.snoozes.iter().filter(|one| silences(one, key) && one.holds(ts));
        // None is less than any number, and means for ever here.
        covering.map(|one| one.until).max_by_key(|until| until.unwrap_or(i64::MAX))
    }

    /// Ends the snoozes whose time is over.
    pub(super) fn run_out(&mut self, ts: i64) {
        let (kept, ended) = std::mem::take(&mut self.snoozes).into_iter().partition(|snooze| snooze.holds(ts));
        self.snoozes = kept;
        self.ended.extend(ended.iter().map(|snooze: &Snooze| snooze.seq));
    }

    /// Ends the snoozes that were to last until this alert is over, and cover no other one that fires.
    pub(super) fn release(&mut self, key: &Key) {
        let episodes = &self.episodes;
        let last = |snooze: &Snooze| !episodes.keys().any(|other| silences(snooze, other));
        let ended = &mut self.ended;
        self.snoozes.retain(|snooze| {
            let over = snooze.until.is_none() && silences(snooze, key) && last(snooze);
            ended.extend(over.then_some(snooze.seq));
            !over
        });
    }
}
