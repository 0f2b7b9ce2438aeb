//! Which rule watches which source, and what became of it: the memory around `alerts::step`.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::news::{ActiveAlert, Ending, Notice, NoticePhase};
use super::roster::{Place, Voice};
use crate::alerts::{self, State, Transition};
use crate::metrics::TABLE;
use crate::model::rule::{Rule, Severity, matches};
use crate::model::{AlertPhase, AlertRow, Event, EventKind, Now, Reading, Source};

/// What stepping the rules gave: for the store, and for people.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub rows: Vec<AlertRow>,
    pub events: Vec<Event>,
    pub notices: Vec<Notice>,
}

/// An alert that is not inactive.
#[derive(Debug)]
struct Slot {
    source: Arc<Source>,
    state: State,
    /// Whose reading it was, so that a reading is missed only where one was asked for.
    voice: Voice,
    /// Whether this tick brought a reading.
    read: bool,
}

/// The rules and their alerts.
#[derive(Debug, Default)]
pub(super) struct Watch {
    rules: Vec<Rule>,
    /// The rules of each metric, by its number: nearly all are empty, and every reading asks.
    by_metric: Vec<Vec<usize>>,
    slots: HashMap<(usize, Place), Slot>,
    /// Alerts of before the restart whose source was not read yet, by rule and source id.
    waiting: HashMap<(usize, String), State>,
    /// Whether the person wants notifications.
    pub notify: bool,
}

impl Watch {
    /// Begins with these rules and the alerts that an earlier recorder left; rows of rules that are gone are cleared.
    pub fn new(
        rules: Vec<Rule>,
        notify: bool,
        left: &[AlertRow],
        recorded_until: Option<i64>,
        now: Now,
        changes: &mut Changes,
    ) -> Watch {
        let mut watch = Watch { notify, ..Watch::default() };
        watch.adopt(rules);
        for row in left {
            let state = State::restored(row, recorded_until, now);
            match watch.rules.iter().position(|rule| rule.id == row.rule) {
                Some(at) => {
                    watch.waiting.insert((at, row.source.clone()), state);
                }
                None => changes.withdraw(&row.rule, &row.source, &state, now),
            }
        }
        watch
    }

    /// Puts other rules in force. Alerts of rules that stay as they are go on; those of changed rules end.
    pub fn replace(&mut self, rules: Vec<Rule>, now: Now, changes: &mut Changes) {
        let before = std::mem::take(&mut self.rules);
        self.adopt(rules);
        let moved = |at: usize| self.rules.iter().position(|rule| *rule == before[at]);
        let mut slots = HashMap::new();
        for ((at, place), slot) in self.slots.drain() {
            match moved(at) {
                Some(at) => {
                    slots.insert((at, place), slot);
                }
                None => {
                    changes.withdraw(&before[at].id, &slot.source.id, &slot.state, now);
                    if slot.state.is_told() {
                        let (ending, peak) = (Ending::RuleChanged, slot.state.peak);
                        let phase = NoticePhase::Cleared { ending, lasted: slot.state.lasted(now), peak };
                        let since = slot.state.since;
                        changes.notices.push(notice(&before[at], &slot.source, None, phase, since, self.notify));
                    }
                }
            }
        }
        self.slots = slots;
        let mut waiting = HashMap::new();
        for ((at, source), state) in self.waiting.drain() {
            match moved(at) {
                Some(at) => {
                    waiting.insert((at, source), state);
                }
                None => changes.withdraw(&before[at].id, &source, &state, now),
            }
        }
        self.waiting = waiting;
    }

    fn adopt(&mut self, rules: Vec<Rule>) {
        let numbers = TABLE.iter().map(|line| usize::from(line.id)).max().unwrap_or(0);
        self.by_metric = vec![Vec::new(); numbers + 1];
        for (at, rule) in rules.iter().enumerate() {
            self.by_metric[rule.metric as usize].push(at);
        }
        self.rules = rules;
    }

    /// Steps the rules of one reading.
    pub fn read(&mut self, place: Place, voice: Voice, reading: &Reading, value: f64, now: Now, changes: &mut Changes) {
        for &at in &self.by_metric[reading.metric as usize] {
            let rule = &self.rules[at];
            if rule.source.as_deref().is_some_and(|pattern| !matches(pattern, &reading.source.id)) {
                continue;
            }
            let fresh =
                if self.waiting.is_empty() { None } else { self.waiting.remove(&(at, reading.source.id.clone())) };
            let slot = self.slots.get_mut(&(at, place));
            if slot.is_none() && fresh.is_none() && !rule.fire.met(value) {
                continue;
            }
            let before = match slot {
                Some(slot) => slot,
                None => self.slots.entry((at, place)).or_insert(Slot {
                    source: reading.source.clone(),
                    state: fresh.unwrap_or_else(State::inactive),
                    voice,
                    read: true,
                }),
            };
            before.voice = voice;
            before.read = true;
            let (state, transition) = alerts::step(rule, &before.state, Some(value), now);
            let changed = state.phase != before.state.phase || state.since != before.state.since;
            before.state = state;
            changes.collect(rule, before, changed, transition, now, self.notify);
            if before.state.phase == AlertPhase::Inactive {
                self.slots.remove(&(at, place));
            }
        }
    }

    /// Ends a tick: alerts whose reading was asked for and did not come are stepped without one.
    pub fn settle(&mut self, asked: impl Fn(Voice) -> bool, now: Now, changes: &mut Changes) {
        let (rules, notify) = (&self.rules, self.notify);
        self.slots.retain(|(at, _), slot| {
            if !std::mem::replace(&mut slot.read, false) && asked(slot.voice) {
                let (state, transition) = alerts::step(&rules[*at], &slot.state, None, now);
                let changed = state.phase != slot.state.phase;
                slot.state = state;
                changes.collect(&rules[*at], slot, changed, transition, now, notify);
            }
            slot.state.phase != AlertPhase::Inactive
        });
        self.waiting.retain(|(at, source), state| {
            let (next, transition) = alerts::step(&rules[*at], state, None, now);
            if transition.is_some() || next.phase == AlertPhase::Inactive {
                changes.withdraw(&rules[*at].id, source, state, now);
                return false;
            }
            *state = next;
            true
        });
    }

    /// The recorder did not run for a while.
    pub fn interrupt(&mut self) {
        self.slots.values_mut().for_each(|slot| slot.state.interrupt());
        self.waiting.values_mut().for_each(State::interrupt);
    }

    /// Whether a source at this place has an alert.
    pub fn holds(&self, place: Place) -> bool {
        self.slots.keys().any(|(_, other)| *other == place)
    }

    /// Every row that the store should have.
    pub fn rows(&self) -> Vec<AlertRow> {
        let seen = self.slots.iter().map(|((at, _), slot)| slot.state.row(&self.rules[*at].id, &slot.source.id));
        let waiting = self.waiting.iter().map(|((at, source), state)| state.row(&self.rules[*at].id, source));
        seen.chain(waiting).collect()
    }

    /// The alerts that fire, oldest first.
    pub fn active(&self) -> Vec<ActiveAlert> {
        let firing = self.slots.iter().filter(|(_, slot)| slot.state.is_told());
        let mut active: Vec<ActiveAlert> = firing
            .map(|((at, _), slot)| {
                let rule = &self.rules[*at];
                ActiveAlert {
                    rule: rule.id.clone(),
                    severity: rule.severity,
                    source: slot.source.clone(),
                    metric: rule.metric,
                    value: slot.state.value,
                    limit: rule.fire,
                    since: slot.state.since,
                }
            })
            .collect();
        active.sort_by(|a, b| (a.since, &a.rule, &a.source.id).cmp(&(b.since, &b.rule, &b.source.id)));
        active
    }
}

impl Changes {
    fn collect(
        &mut self,
        rule: &Rule,
        slot: &Slot,
        changed: bool,
        transition: Option<Transition>,
        now: Now,
        notify: bool,
    ) {
        if changed {
            self.rows.push(slot.state.row(&rule.id, &slot.source.id));
        }
        let (kind, detail, notice) = match transition {
            None => return,
            Some(Transition::Fired { value }) => (
                EventKind::AlertFired,
                json!({ "rule": rule.id, "metric": rule.metric.key(), "value": value,
                        "limit": rule.fire.limit, "severity": rule.severity }),
                notice(rule, &slot.source, Some(value), NoticePhase::Fired, slot.state.since, notify),
            ),
            Some(Transition::Cleared { value, since, lasted, peak }) => (
                EventKind::AlertCleared,
                json!({ "rule": rule.id, "metric": rule.metric.key(), "value": value, "seconds": lasted.as_secs(),
                        "peak": peak }),
                notice(
                    rule,
                    &slot.source,
                    value,
                    NoticePhase::Cleared { ending: ending(value), lasted, peak },
                    since,
                    notify,
                ),
            ),
        };
        self.events.push(Event { ts: now.unix(), kind, source: Some(slot.source.id.clone()), detail });
        self.notices.push(notice);
    }

    /// Ends an alert that no reading ended.
    fn withdraw(&mut self, rule: &str, source: &str, state: &State, now: Now) {
        let mut row = state.row(rule, source);
        row.phase = AlertPhase::Inactive;
        row.since = now.unix();
        self.rows.push(row);
        if state.is_told() {
            let detail = json!({ "rule": rule, "value": null, "seconds": state.lasted(now).as_secs(),
                                 "peak": state.peak });
            self.events.push(Event {
                ts: now.unix(),
                kind: EventKind::AlertCleared,
                source: Some(source.to_owned()),
                detail,
            });
        }
    }
}

/// What ended an alert of a rule that stayed as it is.
fn ending(value: Option<f64>) -> Ending {
    if value.is_some() { Ending::Read } else { Ending::Unread }
}

fn notice(
    rule: &Rule,
    source: &Arc<Source>,
    value: Option<f64>,
    phase: NoticePhase,
    since: i64,
    notify: bool,
) -> Notice {
    let (rule, severity, metric, limit, hold): (_, Severity, _, _, _) =
        (rule.id.clone(), rule.severity, rule.metric, rule.fire, rule.hold);
    Notice { rule, severity, source: source.clone(), metric, value, limit, hold, phase, since, notify }
}
