//! Alerts about uses of GPUs that nobody expects: they last as long as what they are about, and end at once when a person
//! says that it is expected.
//!
//! Deliberately not here: what is unexpected (`alerts::unexpected`), and who said what (`desk`).

use std::sync::Arc;
use std::time::Duration;

use super::{Slot, Watch};
use crate::alerts::dispatch::Key;
use crate::alerts::{CONTINUITY, Detail, Ending, NoticePhase, Who};
use crate::engine::watch::Changes;
use crate::model::rule::{Rule, Watched, Window};
use crate::model::{AlertPhase, EventKind, Now, Source};
use crate::untrusted::Untrusted;

/// What is known of an alert of before the restart.
pub(in crate::engine) type Known = (Arc<Source>, Option<Who>, Detail);

/// Whether alerts of this rule are about one use each, and not about how many there were.
pub(super) fn lasts_with_use(rule: &Rule) -> bool {
    let is_use = matches!(rule.watched, Watched::Event { kind: EventKind::UnexpectedUse, .. });
    is_use && rule.fire.met(1.0) && !rule.fire.met(0.0)
}

impl Slot {
    /// What a rule that counts events compares.
    pub(super) fn count(&mut self, rule: &Rule, window: Window, now: Now) -> f64 {
        self.readings.pass(window, now.boot);
        let count = self.readings.count();
        match lasts_with_use(rule) {
            true if now.boot <= self.lasts_until => count.max(1.0),
            true => 0.0,
            false => count,
        }
    }

    /// What it is about goes on. A pause of it is no end, nor is a restart of the recorder.
    pub(super) fn goes_on(&mut self, now: Now) {
        self.lasts_until = now.boot + CONTINUITY;
    }

    /// The recorder did not run for so long.
    pub(super) fn interrupt(&mut self, lost: Duration) {
        self.state.interrupt(lost);
        self.lasts_until += lost;
    }
}

impl Watch {
    /// Takes in which uses last that alerts are about: `lasting` gives the name of who uses a GPU, by its id, their key, and
    /// why it is unexpected.
    pub fn uses(&mut self, lasting: impl Fn(&str, &str, Option<&str>) -> Option<Untrusted>, now: Now) {
        for ((at, (source, who)), slot) in &mut self.others {
            // What is over begins anew only by an event.
            let is_open = !matches!(slot.state.phase, AlertPhase::Inactive | AlertPhase::Resolved);
            if !is_open || now.boot > slot.lasts_until || !lasts_with_use(&self.rules[*at]) {
                continue;
            }
            let why = slot.detail.event.as_ref().and_then(|event| event.get("why")?.as_str());
            if lasting(source, who, why).is_some() {
                slot.goes_on(now);
            }
        }
    }

    /// Learns what is known of alerts of before the restart whose source no reading will tell.
    pub fn recall(&mut self, known: impl Fn(&Key) -> Option<Known>) {
        for ((at, (source, who)), slot) in &mut self.others {
            let key = Key::new(&self.rules[*at].id, source, who);
            if let Some((source, who, detail)) = known(&key) {
                (slot.source, slot.who, slot.detail) = (source, who, detail);
            }
        }
    }

    /// Ends these alerts: a person said that what they are about is expected.
    pub fn expect(&mut self, keys: &[Key], now: Now, changes: &mut Changes) {
        let rules = &self.rules;
        self.others.retain(|(at, (source, who)), slot| {
            let rule = &rules[*at];
            if !slot.state.is_told() || !keys.contains(&Key::new(&rule.id, source, who)) {
                return true;
            }
            let (ending, peak, since) = (Ending::Expected, slot.state.peak, slot.state.since);
            let phase = NoticePhase::Cleared { ending, lasted: slot.state.lasted(now), peak };
            changes.withdraw(&rule.id, (source, who), &slot.state, ending, now);
            changes.notices.push(slot.notice(rule, None, phase, since, true));
            false
        });
    }
}
