//! One alert of one rule, with what must be remembered for it, and what stepping the rules gave.
//!
//! Deliberately not here: which alerts there are (`watch`).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::uses;
use crate::alerts::window::Readings;
use crate::alerts::{ActiveAlert, Detail, Ending, Input, Notice, NoticePhase, State, Transition, Who, step, words};
use crate::engine::roster::{OWN, Voice};
use crate::model::rule::{NoData, Rule, Watched};
use crate::model::{AlertPhase, AlertRow, Event, EventKind, Now, Source};

/// What stepping the rules gave: for the store, and for people.
#[derive(Debug, Default)]
pub(in crate::engine) struct Changes {
    pub rows: Vec<AlertRow>,
    pub events: Vec<Event>,
    pub notices: Vec<Notice>,
}

/// What a word about an alert needs to know from beside it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aside {
    /// A rule that says more fires there.
    pub is_held_down: bool,
    /// The newest value of what else the rule asks for.
    pub asked: Option<f64>,
}

/// An alert, or what may become one.
#[derive(Debug)]
pub(super) struct Slot {
    pub source: Arc<Source>,
    pub who: Option<Who>,
    pub state: State,
    /// The events that the rule counts; what rules on metrics have in their windows is shared (`windows`).
    pub readings: Readings,
    /// 1 while a state is so that a rule watches, else 0.
    pub latched: Option<f64>,
    pub detail: Detail,
    /// Whose reading it was, so that a reading is missed only where one was asked for.
    pub voice: Voice,
    /// Whether this tick brought a reading.
    pub read: bool,
    /// Boot time until which it is taken to go on, where it lasts as long as what it is about.
    pub lasts_until: Duration,
}

impl Slot {
    pub fn new(source: Arc<Source>, state: State) -> Slot {
        Slot {
            source,
            who: None,
            state,
            readings: Readings::default(),
            latched: None,
            detail: Detail::default(),
            voice: OWN,
            read: true,
            lasts_until: Duration::ZERO,
        }
    }

    /// Steps it, and notes the row where that changed.
    pub fn step(&mut self, rule: &Rule, input: Input, now: Now, changes: &mut Changes) -> Option<Transition> {
        let (state, transition) = step(rule, &self.state, input, now);
        // Also how far it went, or a restart and a face would know only with what it fired.
        let known = |state: &State| (state.phase, state.since, state.damped, state.peak);
        let is_changed = known(&state) != known(&self.state) || transition.is_some();
        self.state = state;
        if is_changed {
            changes.rows.push(self.row(rule, now));
        }
        transition
    }

    /// Whether nothing of it needs to be remembered.
    pub fn is_over(&self, rule: &Rule) -> bool {
        let waits = rule.no_data == NoData::Fire && matches!(rule.watched, Watched::Metric { .. });
        self.state.phase == AlertPhase::Inactive && self.readings.is_empty() && !waits
    }

    pub fn row(&self, rule: &Rule, now: Now) -> AlertRow {
        self.state.row(&rule.id, &self.source.id, self.who_key(), now)
    }

    /// Whose doing it is, for the store.
    pub fn who_key(&self) -> &str {
        self.who.as_ref().map_or("", |who| &who.key)
    }

    pub fn active(&self, rule: &Arc<Rule>) -> ActiveAlert {
        ActiveAlert {
            rule: rule.clone(),
            source: self.source.clone(),
            who: self.who.clone(),
            value: self.state.value,
            peak: self.state.peak,
            since: self.state.since,
            is_recovering: self.state.phase == AlertPhase::Recovering,
            is_silent: self.state.phase == AlertPhase::NoData,
            detail: self.detail.clone(),
        }
    }

    /// Makes a notice and an event of a transition.
    pub fn tell(&mut self, rule: &Arc<Rule>, transition: Transition, aside: Aside, now: Now, changes: &mut Changes) {
        let notice = match transition {
            Transition::Fired { value } => {
                self.notice(rule, value, NoticePhase::Fired, self.state.since, !aside.is_held_down)
            }
            Transition::Again { value } => {
                let phase = NoticePhase::Again { lasted: self.state.lasted(now) };
                self.notice(rule, value, phase, self.state.since, !aside.is_held_down)
            }
            Transition::Cleared { value, since, lasted, peak, disarmed } => {
                let ending = match (&rule.watched, value) {
                    (_, None) => Ending::Unread,
                    _ if disarmed => Ending::Disarmed(aside.asked),
                    _ if uses::lasts_with_use(rule) => Ending::UseOver,
                    (Watched::Event { .. }, _) => Ending::Passed,
                    _ => Ending::Read,
                };
                let phase = NoticePhase::Cleared { ending, lasted, peak };
                self.notice(rule, value, phase, since, true)
            }
        };
        if !matches!(notice.phase, NoticePhase::Again { .. }) {
            changes.events.push(event(&notice, now));
        }
        changes.notices.push(notice);
    }

    pub fn notice(&self, rule: &Arc<Rule>, value: Option<f64>, phase: NoticePhase, since: i64, notify: bool) -> Notice {
        let flutters = (self.state.damped > 0).then(|| self.state.keep(rule));
        Notice {
            rule: rule.clone(),
            source: self.source.clone(),
            who: self.who.clone(),
            value,
            phase,
            since,
            detail: self.detail.clone(),
            text: None,
            because: None,
            flutters,
            notify,
        }
    }
}

/// What the record says of it.
fn event(notice: &Notice, now: Now) -> Event {
    let Notice { rule, value, .. } = notice;
    let mut detail = Map::new();
    let mut put = |key: &str, value: Value| drop(detail.insert(key.to_owned(), value));
    put("rule", json!(rule.id));
    // Only where the value is in the metric's unit: who reads the record shows it so.
    if let Some(metric) = rule.metric() {
        put("metric", json!(metric.key()));
    }
    put("value", json!(value));
    let kind = match notice.phase {
        NoticePhase::Fired | NoticePhase::Again { .. } => {
            put("limit", json!(rule.fire.limit));
            put("severity", json!(rule.severity));
            EventKind::AlertFired
        }
        NoticePhase::Cleared { ending, lasted, peak } => {
            put("ending", json!(ending.word()));
            put("seconds", json!(lasted.as_secs()));
            put("peak", json!(peak));
            EventKind::AlertCleared
        }
    };
    if let Some(who) = &notice.who {
        put("key", json!(who.key));
        put("identity", json!(who.name.json()));
    }
    put("title", json!(words::title(notice, &words::plain)));
    Event { ts: now.unix(), kind, source: Some(notice.source.id.clone()), detail: Value::Object(detail) }
}

impl Changes {
    /// Ends an alert that no reading ended.
    pub fn withdraw(&mut self, rule: &str, (source, who): (&str, &str), state: &State, ending: Ending, now: Now) {
        let mut row = state.row(rule, source, who, now);
        row.phase = AlertPhase::Inactive;
        row.since = now.unix();
        self.rows.push(row);
        if state.is_told() {
            let mut detail = json!({ "rule": rule, "value": null, "seconds": state.lasted(now).as_secs(),
                                     "peak": state.peak, "ending": ending.word() });
            if !who.is_empty() {
                detail["key"] = json!(who);
            }
            self.events.push(Event {
                ts: now.unix(),
                kind: EventKind::AlertCleared,
                source: Some(source.to_owned()),
                detail,
            });
        }
    }
}
