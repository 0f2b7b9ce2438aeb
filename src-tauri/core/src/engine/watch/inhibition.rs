//! Which alerts say nothing because a rule fires there that says more, and when that is over.
//!
//! Deliberately not here: what is then said (`alerts::dispatch`).

use super::{Slot, Watch};
use crate::model::rule::Rule;
use crate::model::{AlertPhase, Source};

impl Watch {
    /// Whether a rule that says more fires there.
    pub(super) fn is_inhibited(&self, rule: &Rule, source: &Source) -> bool {
        if rule.inhibit_by.is_empty() {
            return false;
        }
        let says_more = |at: usize| rule.inhibit_by.contains(&self.rules[at].id);
        // Of an alert of before the restart nothing was read yet; until it is, it goes on.
        let waits = self.waiting.iter().any(|((at, (id, _)), state)| {
            state.is_told() && (*id == source.id || id == source.pack()) && says_more(*at)
        });
        let fires = |slot: &Slot| slot.state.is_told() && slot.source.pack() == source.pack();
        waits || self.seen().any(|(at, slot)| fires(slot) && says_more(at))
    }

    /// Whether an alert fires, and no rule that says more does there. One whose value is back and that only waits to be
    /// called over is no news.
    pub fn is_free(&self, rule: &str, source: &str, who: &str) -> bool {
        let is_it =
            |at: usize, slot: &Slot| self.rules[at].id == rule && slot.source.id == source && slot.who_key() == who;
        let mut own = self.seen().filter(|(at, slot)| is_it(*at, slot));
        own.any(|(at, slot)| {
            slot.state.phase == AlertPhase::Firing && !self.is_inhibited(&self.rules[at], &slot.source)
        })
    }
}
