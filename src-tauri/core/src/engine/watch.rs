//! Which rule watches which source, and what became of it: the memory around `alerts::step`.
//!
//! Rules on metrics are stepped by their readings; those on events, on how a source is and on what a GPU does are stepped
//! each tick, for as long as there is something to step. Deliberately not here: when a rule fires (`alerts`), and whether
//! somebody is told.

mod inhibition;
mod slot;
mod uses;
mod windows;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

pub(super) use self::slot::Changes;
use self::slot::{Aside, Slot};
pub(super) use self::uses::Known;
use self::windows::{OfMetric, Windows};
use super::roster::{Place, Voice};
use crate::alerts::baseline::Local;
use crate::alerts::replay::{counts, weight};
use crate::alerts::{ActiveAlert, Ending, Input, NoticePhase, State, Transition, Who, step};
use crate::metrics::{Metric, TABLE};
use crate::model::rule::{NoData, Rule, Watched, When};
use crate::model::{AlertPhase, AlertRow, Condition, Event, Health, Now, Reading, Source, SourceKind};
use crate::untrusted::Untrusted;

/// A source's id, and whose doing it is there.
type Named = (String, String);

/// The moment, as far as rules ask for it.
#[derive(Clone, Copy, Debug, Default)]
struct Moment {
    /// Of the newest tick.
    boot: Option<Duration>,
    /// Minute of the local day.
    minute: u16,
    is_away: bool,
}

/// The rules and their alerts.
#[derive(Debug, Default)]
pub(super) struct Watch {
    rules: Vec<Arc<Rule>>,
    /// The rules of each metric, by its number: nearly all are empty, and every reading asks.
    by_metric: Vec<OfMetric>,
    /// By number, whether some rule asks for the metric beside the one that it watches.
    is_asked: Vec<bool>,
    /// The newest values of those.
    latest: HashMap<(Place, Metric), f64>,
    windows: Windows,
    /// Reused between readings: the value of each window of a metric, once it was asked for.
    values: Vec<Option<Option<f64>>>,
    slots: HashMap<(usize, Place), Slot>,
    /// Those that no reading steps.
    others: HashMap<(usize, Named), Slot>,
    /// Alerts of before the restart whose source was not read yet.
    waiting: HashMap<(usize, Named), State>,
    /// Sources that were seen to be there.
    was_there: HashSet<String>,
    moment: Moment,
    zone: Option<jiff::tz::TimeZone>,
}

impl Watch {
    /// Begins with these rules and the alerts that an earlier recorder left; rows of rules that are gone are cleared.
    pub fn new(
        rules: Vec<Rule>,
        left: &[AlertRow],
        recorded_until: Option<i64>,
        now: Now,
        changes: &mut Changes,
    ) -> Watch {
        let mut watch = Watch::default();
        watch.adopt(rules.into_iter().map(Arc::new).collect());
        for row in left {
            let state = State::restored(row, recorded_until, now);
            match watch.rules.iter().position(|rule| rule.id == row.rule) {
                Some(at) => watch.restore(at, row, state, now),
                None => changes.withdraw(&row.rule, (&row.source, &row.who), &state, Ending::RuleChanged, now),
            }
        }
        watch
    }

    fn restore(&mut self, at: usize, row: &AlertRow, state: State, now: Now) {
        let named = (row.source.clone(), row.who.clone());
        let (Watched::Event { .. }, Some(window)) = (&self.rules[at].watched, self.rules[at].window) else {
            self.waiting.insert((at, named), state);
            return;
        };
        // The event that made it fire was as long ago as the last word about it.
        let ago = u64::try_from(now.unix() - row.told.unwrap_or(row.since)).unwrap_or(0);
        let mut slot = Slot::new(Source::whole(SourceKind::Sensor, row.source.as_str(), Untrusted::default()), state);
        slot.who = (!row.who.is_empty()).then(|| Who { key: row.who.clone(), name: row.who.as_str().into() });
        let then = now.boot.saturating_sub(Duration::from_secs(ago));
        // Of what is over nothing counts any more.
        if !matches!(row.phase, AlertPhase::Inactive | AlertPhase::Resolved) {
            slot.readings.add(window, row.value.unwrap_or(1.0), then);
            slot.goes_on(now);
        }
        self.others.insert((at, named), slot);
    }

    /// Puts other rules in force. Alerts of rules that watch what they did go on, in other words where these changed; those
    /// of other rules end.
    pub fn replace(&mut self, rules: Vec<Rule>, now: Now, changes: &mut Changes) {
        let before = std::mem::take(&mut self.rules);
        self.adopt(rules.into_iter().map(Arc::new).collect());
        let after = &self.rules;
        let moved = |at: usize| after.iter().position(|rule| rule.watches_the_same(&before[at]));
        let mut end = |at: usize, slot: &Slot| {
            let whose = (slot.source.id.as_str(), slot.who_key());
            changes.withdraw(&before[at].id, whose, &slot.state, Ending::RuleChanged, now);
            if slot.state.is_told() {
                let (ending, peak) = (Ending::RuleChanged, slot.state.peak);
                let phase = NoticePhase::Cleared { ending, lasted: slot.state.lasted(now), peak };
                changes.notices.push(slot.notice(&before[at], None, phase, slot.state.since, true));
            }
        };
        let mut slots = HashMap::default();
        for ((at, place), slot) in self.slots.drain() {
            match moved(at) {
                Some(at) => drop(slots.insert((at, place), slot)),
                None => end(at, &slot),
            }
        }
        let mut others = HashMap::default();
        for ((at, named), slot) in self.others.drain() {
            match moved(at) {
                Some(at) => drop(others.insert((at, named), slot)),
                None => end(at, &slot),
            }
        }
        let mut waiting = HashMap::default();
        for ((at, named), state) in self.waiting.drain() {
            match moved(at) {
                Some(at) => drop(waiting.insert((at, named), state)),
                None => changes.withdraw(&before[at].id, (&named.0, &named.1), &state, Ending::RuleChanged, now),
            }
        }
        (self.slots, self.others, self.waiting) = (slots, others, waiting);
        self.windows.keep(&self.rules);
    }

    fn adopt(&mut self, rules: Vec<Arc<Rule>>) {
        let numbers = TABLE.iter().map(|line| usize::from(line.id)).max().unwrap_or(0);
        self.by_metric = vec![OfMetric::default(); numbers + 1];
        self.is_asked = vec![false; numbers + 1];
        for (at, rule) in rules.iter().enumerate() {
            let mut asked = vec![rule.without];
            if let Watched::Metric { metric, of } = rule.watched {
                self.by_metric[metric as usize].add(at, rule);
                asked.push(of);
            }
            if let Some(When::Metric(metric, _)) = rule.when {
                asked.push(Some(metric));
            }
            asked.into_iter().flatten().for_each(|metric| self.is_asked[metric as usize] = true);
        }
        let needs_hours = rules.iter().any(|rule| rule.hours.is_some());
        self.zone = needs_hours.then(jiff::tz::TimeZone::system);
        self.rules = rules;
    }

    /// Begins a tick.
    pub fn turn(&mut self, now: Now, is_away: bool) {
        let minute = self.zone.as_ref().map_or(0, |zone| Local::at(now.unix(), zone).minute);
        self.moment = Moment { boot: Some(now.boot), minute, is_away };
    }

    /// Steps the rules of one reading.
    pub fn read(&mut self, place: Place, voice: Voice, reading: &Reading, value: f64, now: Now, changes: &mut Changes) {
        if self.is_asked[reading.metric as usize] {
            self.latest.insert((place, reading.metric), value);
        }
        let metric = reading.metric as usize;
        self.values.clear();
        self.values.resize(self.by_metric[metric].windows.len(), None);
        for nth in 0..self.by_metric[metric].rules.len() {
            let (at, asked) = self.by_metric[metric].rules[nth];
            let rule = &self.rules[at];
            let has = |metric: Metric| self.latest.get(&(place, metric)).copied();
            if !rule.is_for(&reading.source.id) || rule.without.is_some_and(|metric| has(metric).is_some()) {
                continue;
            }
            let Watched::Metric { of, .. } = rule.watched else { continue };
            let of = match of {
                None => None,
                Some(of) => match has(of).filter(|whole| *whole > 0.0) {
                    Some(whole) => Some(whole),
                    None => continue,
                },
            };
            let compared = match asked {
                None => Some(of.map_or(value, |whole| percent(value, whole))),
                Some(asked) => *self.values[asked].get_or_insert_with(|| {
                    let asked = self.by_metric[metric].windows[asked];
                    self.windows.read(asked, place, &reading.source, (value, of), now.boot)
                }),
            };
            let armed = is_armed(rule, self.moment, has);
            let is_past = armed && compared.is_some_and(|value| rule.fire.met(value));
            let slot = self.slots.get_mut(&(at, place)).filter(|slot| slot.source.id == reading.source.id);
            let named = || (at, (reading.source.id.clone(), String::new()));
            let fresh = if self.waiting.is_empty() { None } else { self.waiting.remove(&named()) };
            // Of a reading that is far from the limit nothing needs to be known, but by who waits for silence.
            if slot.is_none() && fresh.is_none() && !is_past && rule.no_data != NoData::Fire {
                continue;
            }
            if slot.is_none() {
                let fresh = Slot::new(reading.source.clone(), fresh.unwrap_or_else(State::inactive));
                self.slots.insert((at, place), fresh);
            }
            let Some(slot) = self.slots.get_mut(&(at, place)) else { continue };
            (slot.voice, slot.read) = (voice, true);
            // A window of which too little was read says nothing yet.
            let Some(value) = compared else { continue };
            let rule = rule.clone();
            let transition = slot.step(&rule, Input { value: Some(value), armed }, now, changes);
            let is_over = slot.is_over(&rule);
            self.told(&rule, at, Key::Place(place), transition, now, changes);
            if is_over {
                self.slots.remove(&(at, place));
            }
        }
    }

    /// Takes in what happened.
    pub fn events(&mut self, events: &[Event], source: impl Fn(&str) -> Option<Arc<Source>>, now: Now) {
        for event in events.iter().filter(|event| !event.kind.is_of_alerts()) {
            for (at, rule) in self.rules.iter().enumerate() {
                let id = event.source.as_deref().unwrap_or("self");
                if !counts(rule, event.kind, id, &event.detail) {
                    continue;
                }
                let told = |key: &str| {
                    let value = event.detail.get(key).filter(|value| !value.is_null())?;
                    Some(value.as_str().map_or(value.to_string(), str::to_owned))
                };
                let Some(window) = rule.window else { continue };
                let key = told("key").unwrap_or_default();
                let slot = self.others.entry((at, (id.to_owned(), key.clone()))).or_insert_with(|| {
                    let unknown = || Source::whole(SourceKind::Sensor, id, Untrusted::default());
                    Slot::new(source(id).unwrap_or_else(unknown), State::inactive())
                });
                if let Some(source) = source(id) {
                    slot.source = source;
                }
                let name = told("identity").unwrap_or_else(|| key.clone());
                slot.who = (!key.is_empty()).then(|| Who { key, name: name.as_str().into() });
                slot.detail.event = Some(event.detail.clone());
                slot.readings.add(window, weight(&event.detail), now.boot);
                slot.goes_on(now);
            }
        }
    }

    /// Takes in how sources are whose health changed.
    pub fn conditions(&mut self, changed: &[(Arc<Source>, Condition)]) {
        for (source, condition) in changed {
            if matches!(condition.health, Health::Ok | Health::Asleep) && !self.was_there.contains(&source.id) {
                self.was_there.insert(source.id.clone());
            }
            for at in 0..self.rules.len() {
                let rule = &self.rules[at];
                let Watched::Health(health) = rule.watched else { continue };
                if rule.is_for(&source.id) {
                    // What was never there is not lost: a driver that is switched off since the machine started.
                    let waits = self.waiting.contains_key(&(at, (source.id.clone(), String::new())));
                    let can_be = health != Health::Lost || waits || self.was_there.contains(&source.id);
                    let is_so = condition.health == health && can_be;
                    self.latch(at, source, is_so, Some(condition.reason.clone()).filter(|_| is_so));
                }
            }
        }
    }

    /// Takes in what GPUs do, by the words of their verdicts.
    pub fn verdicts<'a>(&mut self, verdicts: impl Iterator<Item = (&'a Arc<Source>, &'static str)>) {
        for (source, word) in verdicts {
            for at in 0..self.rules.len() {
                let rule = &self.rules[at];
                let Watched::Verdict(wanted) = &rule.watched else { continue };
                if rule.is_for(&source.id) {
                    self.latch(at, source, wanted == word, None);
                }
            }
        }
    }

    /// Whether some rule asks what GPUs do.
    pub fn asks_verdicts(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.watched, Watched::Verdict(_)))
    }

    fn latch(&mut self, at: usize, source: &Arc<Source>, is_so: bool, reason: Option<String>) {
        let named = (at, (source.id.clone(), String::new()));
        let waits = self.waiting.remove(&named);
        if !is_so && waits.is_none() && !self.others.contains_key(&named) {
            return;
        }
        let state = waits.unwrap_or_else(State::inactive);
        let slot = self.others.entry(named).or_insert_with(|| Slot::new(source.clone(), state));
        slot.latched = Some(f64::from(u8::from(is_so)));
        slot.source = source.clone();
        if reason.is_some() {
            slot.detail.reason = reason;
        }
    }

    /// Ends a tick: steps what no reading steps, and without a reading what was asked for and did not come.
    pub fn settle(
        &mut self,
        asked: impl Fn(Voice) -> bool,
        is_known: impl Fn(&str) -> bool,
        now: Now,
        changes: &mut Changes,
    ) {
        let missed = |slot: &mut Slot| !std::mem::replace(&mut slot.read, false) && asked(slot.voice);
        let missing: Vec<(usize, Place)> =
            self.slots.iter_mut().filter_map(|(key, slot)| missed(slot).then_some(*key)).collect();
        for (at, place) in missing {
            let rule = self.rules[at].clone();
            let Some(slot) = self.slots.get_mut(&(at, place)) else { continue };
            let transition = slot.step(&rule, Input::MISSING, now, changes);
            let is_over = slot.is_over(&rule);
            self.told(&rule, at, Key::Place(place), transition, now, changes);
            if is_over {
                self.slots.remove(&(at, place));
            }
        }
        self.give_up(is_known, now, changes);
        self.settle_others(now, changes);
        let rules = &self.rules;
        self.waiting.retain(|(at, (source, who)), state| {
            let (next, transition) = step(&rules[*at], state, Input::MISSING, now);
            // That it is time to tell it again waits until it is read.
            if matches!(transition, Some(Transition::Cleared { .. })) || next.phase == AlertPhase::Inactive {
                changes.withdraw(&rules[*at].id, (source, who), state, Ending::Unread, now);
                return false;
            }
            *state = next;
            true
        });
    }

    /// Ends what was latched on a source that is forgotten, or that has another id by now: nobody will say that it is over.
    fn give_up(&mut self, is_known: impl Fn(&str) -> bool, now: Now, changes: &mut Changes) {
        let rules = &self.rules;
        self.others.retain(|(at, _), slot| {
            let stays = slot.latched.is_none() || is_known(&slot.source.id);
            if !stays && slot.state.phase != AlertPhase::Inactive {
                let whose = (slot.source.id.as_str(), slot.who_key());
                changes.withdraw(&rules[*at].id, whose, &slot.state, Ending::Unread, now);
            }
            stays
        });
    }

    fn settle_others(&mut self, now: Now, changes: &mut Changes) {
        let keys: Vec<(usize, Named)> = self.others.keys().cloned().collect();
        for key in keys {
            let rule = self.rules[key.0].clone();
            let Some(slot) = self.others.get_mut(&key) else { continue };
            let value = rule.window.map(|window| slot.count(&rule, window, now)).or(slot.latched);
            let armed = is_armed(&rule, self.moment, |_| None);
            let transition = slot.step(&rule, Input { value, armed }, now, changes);
            let is_over = slot.is_over(&rule);
            self.told(&rule, key.0, Key::Named(&key.1), transition, now, changes);
            if is_over {
                self.others.remove(&key);
            }
        }
    }

    /// Makes a notice and an event of a transition.
    fn told(
        &mut self,
        rule: &Arc<Rule>,
        at: usize,
        key: Key<'_>,
        transition: Option<Transition>,
        now: Now,
        changes: &mut Changes,
    ) {
        let Some(transition) = transition else { return };
        let slot = match key {
            Key::Place(place) => self.slots.get(&(at, place)),
            Key::Named(named) => self.others.get(&(at, named.clone())),
        };
        let Some(source) = slot.map(|slot| slot.source.clone()) else { return };
        let asked = match (&rule.when, key) {
            (Some(When::Metric(metric, _)), Key::Place(place)) => self.latest.get(&(place, *metric)).copied(),
            _ => None,
        };
        let aside = Aside { is_held_down: self.is_inhibited(rule, &source), asked };
        let slot = match key {
            Key::Place(place) => self.slots.get_mut(&(at, place)),
            Key::Named(named) => self.others.get_mut(&(at, named.clone())),
        };
        if let Some(slot) = slot {
            slot.tell(rule, transition, aside, now, changes);
        }
    }

    /// The recorder did not run since the last tick.
    pub fn interrupt(&mut self, now: Now) {
        let lost = self.moment.boot.map_or(Duration::ZERO, |last| now.boot.saturating_sub(last));
        self.slots.values_mut().chain(self.others.values_mut()).for_each(|slot| slot.interrupt(lost));
        self.waiting.values_mut().for_each(|state| state.interrupt(lost));
        self.moment.boot = Some(now.boot);
    }

    /// Whether a source at this place has an alert.
    pub fn holds(&self, place: Place) -> bool {
        self.slots.iter().any(|((_, other), slot)| *other == place && slot.state.phase != AlertPhase::Inactive)
    }

    /// Forgets what is known of places where no source is any more.
    pub fn forget(&mut self, is_taken: impl Fn(Place) -> bool) {
        self.slots.retain(|(_, place), _| is_taken(*place));
        self.latest.retain(|(place, _), _| is_taken(*place));
        self.windows.forget(is_taken);
    }

    /// Whether a GPU has an alert or may soon have one, so that it should be known who uses it.
    pub fn looks_at_gpus(&self) -> bool {
        let is_gpu = |slot: &Slot| slot.source.kind == SourceKind::Gpu && slot.state.phase != AlertPhase::Inactive;
        self.slots.values().chain(self.others.values()).any(is_gpu)
    }

    /// What is stepped, each with the place of its rule.
    fn seen(&self) -> impl Iterator<Item = (usize, &Slot)> {
        let slots = self.slots.iter().map(|((at, _), slot)| (*at, slot));
        slots.chain(self.others.iter().map(|((at, _), slot)| (*at, slot)))
    }

    /// Every row that the store should have.
    pub fn rows(&self, now: Now) -> Vec<AlertRow> {
        let seen = self.seen().filter(|(_, slot)| slot.state.phase != AlertPhase::Inactive);
        let seen = seen.map(|(at, slot)| slot.row(&self.rules[at], now));
        let row =
            |((at, (source, who)), state): (&(usize, Named), &State)| state.row(&self.rules[*at].id, source, who, now);
        seen.chain(self.waiting.iter().map(row)).collect()
    }

    /// The alerts that fire, oldest first.
    pub fn active(&self) -> Vec<ActiveAlert> {
        let firing = self.seen().filter(|(_, slot)| slot.state.is_told());
        let mut active: Vec<ActiveAlert> = firing.map(|(at, slot)| slot.active(&self.rules[at])).collect();
        let key = |alert: &ActiveAlert| {
            let who = alert.who.as_ref().map(|who| who.key.clone());
            (alert.since, alert.rule.id.clone(), alert.source.id.clone(), who)
        };
        active.sort_by_key(key);
        active
    }
}

/// Where a slot is found.
#[derive(Clone, Copy)]
enum Key<'a> {
    Place(Place),
    Named(&'a Named),
}

/// A part in percent. Inlined it would be reckoned for rules that ask for no part, too, with whatever lies in the place of
/// the whole: dividing by that took ten times as long as all the rest of a step (`hoofbeat-bench alert`).
#[inline(never)]
fn percent(value: f64, whole: f64) -> f64 {
    value / whole * 100.0
}

/// Whether what else a rule asks for is so.
fn is_armed(rule: &Rule, moment: Moment, has: impl Fn(Metric) -> Option<f64>) -> bool {
    let when = match rule.when {
        None => true,
        Some(When::Away) => moment.is_away,
        Some(When::Metric(metric, threshold)) => has(metric).is_some_and(|value| threshold.met(value)),
    };
    when && rule.hours.is_none_or(|hours| hours.contains(moment.minute))
}
