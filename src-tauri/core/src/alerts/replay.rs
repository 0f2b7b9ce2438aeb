//! What a rule would have said of a past: the same steps as live, fed with what was kept.
//!
//! Readings come in the order of time; where they lie further apart than usual, a reading is missing, as it was live. A
//! recorder that did not run cannot be told from a silent sensor, so silence neither fires nor clears here, whatever the
//! rule says of it. Deliberately not here: where the past is read from (`api`).

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::window::Readings;
use super::{ABANDONED, CONTINUITY, Input, State, Transition, step};
use crate::model::rule::{Aggregate, NoData, Rule, Watched};
use crate::model::{AlertPhase, EventKind, Now};

/// How many distances between readings are remembered: the smallest of them is the usual one.
const DISTANCES: usize = 8;

/// One alert that would have been, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Unix seconds at which it fired.
    pub since: i64,
    /// Unix seconds at which it was over; `None` where it goes on.
    pub until: Option<i64>,
    /// The value that did it.
    pub value: Option<f64>,
    /// The most extreme value.
    pub peak: Option<f64>,
}

/// One rule on one source.
#[derive(Debug)]
pub struct Replay {
    rule: Rule,
    state: State,
    readings: Readings,
    /// The second of the last reading.
    last: Option<i64>,
    distances: VecDeque<i64>,
    episodes: Vec<Episode>,
}

impl Replay {
    /// Begins with nothing wrong.
    pub fn new(rule: &Rule) -> Replay {
        Replay {
            rule: Rule { no_data: NoData::Hold, ..rule.clone() },
            state: State::inactive(),
            readings: Readings::default(),
            last: None,
            distances: VecDeque::new(),
            episodes: Vec::new(),
        }
    }

    /// Takes in a reading at a Unix second, and what it is a part of where the rule asks for that. A reading that is not
    /// later than the last one is passed over: the clock was put back.
    pub fn read(&mut self, ts: i64, value: f64, of: Option<f64>, armed: bool) {
        if self.last.is_some_and(|last| ts <= last) {
            return;
        }
        self.miss_until(ts);
        self.last = Some(ts);
        let percent = |value: f64| of.map_or(value, |whole| value / whole * 100.0);
        let value = match self.rule.window {
            None => {
                let value = percent(value);
                // Nearly every reading of a calm past ends here.
                if self.state.phase == AlertPhase::Inactive && !(armed && self.rule.fire.met(value)) {
                    return;
                }
                value
            }
            Some(window) => {
                let is_full = window.aggregate == Aggregate::Full;
                self.readings.add(window, if is_full { value } else { percent(value) }, boot(ts));
                // A window of which too little was read says nothing yet.
                let Some(value) = self.readings.value(window, of.filter(|_| is_full)) else { return };
                value
            }
        };
        self.step(Input { value: Some(value), armed }, ts);
    }

    /// The readings that are missing before the one at `ts`. Of many in a row only those are stepped that change anything:
    /// the first, the one after which a stretch is broken, and the one after which nobody waits any more.
    fn miss_until(&mut self, ts: i64) {
        let Some(last) = self.last else { return };
        let usual = self.distances.iter().min().copied();
        self.distances.push_back(ts - last);
        if self.distances.len() > DISTANCES {
            self.distances.pop_front();
        }
        let Some(usual) = usual.filter(|usual| ts - last > *usual && self.state.phase != AlertPhase::Inactive) else {
            return;
        };
        let first_after = |long: Duration| (long.as_secs() as i64 / usual + 1) * usual;
        for after in [usual, first_after(CONTINUITY), first_after(ABANDONED)] {
            if last + after < ts {
                self.step(Input::MISSING, last + after);
            }
        }
    }

    fn step(&mut self, input: Input, ts: i64) {
        let now = Now { wall: boot(ts), boot: boot(ts) };
        let (state, transition) = step(&self.rule, &self.state, input, now);
        self.state = state;
        match transition {
            Some(Transition::Fired { value }) => {
                self.episodes.push(Episode { since: ts, until: None, value, peak: value });
            }
            Some(Transition::Cleared { peak, .. }) => {
                if let Some(last) = self.episodes.last_mut() {
                    (last.until, last.peak) = (Some(ts), peak);
                }
            }
            Some(Transition::Again { .. }) | None => {}
        }
    }

    /// What fired, oldest first.
    pub fn finish(mut self) -> Vec<Episode> {
        if let Some(last) = self.episodes.last_mut().filter(|last| last.until.is_none()) {
            last.peak = self.state.peak;
        }
        self.episodes
    }
}

/// What events at these seconds, rising, each with how many it stands for, would have made of a rule that counts them, up
/// to a moment.
pub fn count(rule: &Rule, events: &[(i64, f64)], until: i64, armed: impl Fn(i64) -> bool) -> Vec<Episode> {
    let mut replay = Replay::new(rule);
    let Some(window) = rule.window else { return Vec::new() };
    let mut events = events.iter().peekable();
    let mut ts = i64::MIN;
    loop {
        if replay.state.phase == AlertPhase::Inactive && replay.readings.is_empty() {
            // Nothing to wait for but the next one.
            match events.peek() {
                Some((next, _)) => ts = ts.max(*next),
                None => return replay.finish(),
            }
        }
        if ts > until {
            return replay.finish();
        }
        while let Some((_, weight)) = events.next_if(|(at, _)| *at <= ts) {
            replay.readings.add(window, *weight, boot(ts));
        }
        replay.readings.pass(window, boot(ts));
        let value = Some(replay.readings.count());
        replay.step(Input { value, armed: armed(ts) }, ts);
        ts += 1;
    }
}

/// Whether a rule counts this event, by its kind, the source that it is about, and its details.
pub fn counts(rule: &Rule, kind: EventKind, source: &str, detail: &Value) -> bool {
    let Watched::Event { kind: watched, what } = &rule.watched else { return false };
    let told = |key: &str| detail.get(key).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
    let is_what = || what.is_none() || *what == told("why") || *what == told("code");
    // What is only to be listed is listed.
    let is_listed = detail.get("digest").is_some_and(|digest| digest == true);
    *watched == kind && rule.is_for(source) && !is_listed && is_what()
}

/// How many an event stands for: where it happens all the time only some have an event of their own.
pub fn weight(detail: &Value) -> f64 {
    1.0 + detail.get("untold").and_then(Value::as_f64).unwrap_or_default()
}

fn boot(ts: i64) -> Duration {
    Duration::from_secs(u64::try_from(ts).unwrap_or(0))
}
