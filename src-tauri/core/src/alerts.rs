//! When a rule fires and when it is over: pure, one step a reading.
//!
//! `inactive → pending (for) → firing → recovering (keep) → inactive`; from recovering back to firing nobody is told
//! anew. A reading that is missing neither fires nor clears: a sensor that fell silent says nothing about the heat. Durations come from the boot-time clock, so neither a step of the wall clock
//! nor a night asleep makes an alert. Deliberately not here: which rule watches which source, and what is told to whom
//! (`engine`).

pub mod baseline;
pub mod binaries;
pub mod expect;
pub mod forecast;
mod stranger;
pub mod unexpected;

use std::time::Duration;

use crate::model::rule::{Rule, Side};
use crate::model::{AlertPhase, AlertRow, Now};

/// A longer silence than this breaks a stretch "past the limit for two minutes": what happened in between is unknown.
/// Longer than the interval of the slowest sensor.
pub const CONTINUITY: Duration = Duration::from_secs(90);

/// A firing alert whose source was not read for this long ends, or an unplugged disk would fire for ever.
pub const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// Where one rule stands for one source.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The phase.
    pub phase: AlertPhase,
    /// Unix seconds at which the phase began; while recovering, at which it fired.
    pub since: i64,
    /// The last value seen, in the metric's unit.
    pub value: Option<f64>,
    /// The most extreme value since it fired, in the metric's unit.
    pub peak: Option<f64>,
    /// That moment on the boot-time clock; unknown for what was restored after a restart.
    began: Option<Duration>,
    /// How long the value was seen past the limit, while pending; and back, while recovering.
    held: Duration,
    /// Boot time of the last reading.
    read: Option<Duration>,
    /// Whether the last step had a reading.
    unbroken: bool,
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// The rule fired.
    Fired {
        /// The value that did it.
        value: f64,
    },
    /// It is over.
    Cleared {
        /// The value that ended it; `None` where there was none for [`ABANDONED`].
        value: Option<f64>,
        /// Unix seconds at which it had fired.
        since: i64,
        /// From fired to cleared.
        lasted: Duration,
        /// The most extreme value in between.
        peak: Option<f64>,
    },
}

impl State {
    /// Nothing wrong.
    pub const fn inactive() -> State {
        State {
            phase: AlertPhase::Inactive,
            since: 0,
            value: None,
            peak: None,
            began: None,
            held: Duration::ZERO,
            read: None,
            unbroken: false,
        }
    }

    /// The state that a recorder left behind. `recorded_until` is the Unix second of its last tick: a restart of a few
    /// seconds does not begin a pending alert's time anew, a longer one does.
    pub fn restored(row: &AlertRow, recorded_until: Option<i64>, now: Now) -> State {
        let mut state = State {
            phase: row.phase,
            since: row.since,
            value: row.value,
            peak: row.value,
            // Seen now, so that a firing alert waits a day for its source after a restart, too.
            read: Some(now.boot),
            ..State::inactive()
        };
        match row.phase {
            AlertPhase::Inactive => return State::inactive(),
            AlertPhase::Firing | AlertPhase::Recovering => state.phase = AlertPhase::Firing,
            AlertPhase::Pending => {
                let away = recorded_until.and_then(|until| u64::try_from(now.unix() - until).ok());
                match (away, recorded_until) {
                    (Some(away), Some(until)) if away <= CONTINUITY.as_secs() => {
                        state.held = Duration::from_secs((until - row.since).max(0) as u64);
                    }
                    _ => state.interrupt(),
                }
            }
        }
        state
    }

    /// The recorder did not run for a while (the machine slept, recording was paused): a pending alert's time begins
    /// anew with the next reading, and that of a recovering one stands still.
    pub fn interrupt(&mut self) {
        match self.phase {
            AlertPhase::Pending => self.read = None,
            AlertPhase::Recovering => self.unbroken = false,
            AlertPhase::Inactive | AlertPhase::Firing => {}
        }
    }

    /// Whether a person was told that it fired, and not yet that it is over.
    pub fn is_told(&self) -> bool {
        matches!(self.phase, AlertPhase::Firing | AlertPhase::Recovering)
    }

    /// The row to be stored. `Inactive` removes it.
    pub fn row(&self, rule: &str, source: &str) -> AlertRow {
        AlertRow {
            rule: rule.to_owned(),
            source: source.to_owned(),
            phase: self.phase,
            since: self.since,
            value: self.value,
        }
    }

    /// From the beginning of this phase until `now`; while recovering, from when it fired.
    pub fn lasted(&self, now: Now) -> Duration {
        match self.began {
            Some(began) => now.boot.saturating_sub(began),
            // Before the restart only the wall clock knows.
            None => Duration::from_secs((now.unix() - self.since).max(0) as u64),
        }
    }

    fn enter(&mut self, phase: AlertPhase, now: Now) {
        self.phase = phase;
        self.since = now.unix();
        self.began = Some(now.boot);
        self.held = Duration::ZERO;
        self.peak = None;
    }
}

/// Steps `rule` for one source with a reading, or with the news that a reading is missing. Not called for a source
/// whose turn it was not.
pub fn step(rule: &Rule, state: &State, reading: Option<f64>, now: Now) -> (State, Option<Transition>) {
    let mut next = state.clone();
    let transition = match reading {
        Some(value) => step_value(rule, &mut next, value, now),
        None => step_missing(&mut next, now),
    };
    (next, transition)
}

fn step_value(rule: &Rule, state: &mut State, value: f64, now: Now) -> Option<Transition> {
    let silence = state.read.map(|read| now.boot.saturating_sub(read));
    let unbroken = std::mem::replace(&mut state.unbroken, true);
    state.read = Some(now.boot);
    state.value = Some(value);
    match state.phase {
        AlertPhase::Inactive if rule.fire.met(value) => {
            state.enter(AlertPhase::Pending, now);
        }
        AlertPhase::Inactive => return None,
        AlertPhase::Pending if !rule.fire.met(value) => {
            state.enter(AlertPhase::Inactive, now);
            return None;
        }
        AlertPhase::Pending => match silence {
            Some(silence) if silence <= CONTINUITY => {
                // Time without readings is not counted: a missing reading does not fire.
                state.held += if unbroken { silence } else { Duration::ZERO };
            }
            _ => state.enter(AlertPhase::Pending, now),
        },
        AlertPhase::Firing | AlertPhase::Recovering if rule.clear.met(value) => {
            let recovering = std::mem::replace(&mut state.phase, AlertPhase::Recovering) == AlertPhase::Recovering;
            state.held = match silence {
                // As above: only time between two readings is counted.
                Some(silence) if recovering && silence <= CONTINUITY => {
                    state.held + if unbroken { silence } else { Duration::ZERO }
                }
                _ => Duration::ZERO,
            };
            return (state.held >= rule.keep).then(|| cleared(state, now));
        }
        AlertPhase::Firing | AlertPhase::Recovering => {
            state.phase = AlertPhase::Firing;
            state.peak = Some(state.peak.map_or(value, |peak| match rule.fire.side {
                Side::Above => peak.max(value),
                Side::Below => peak.min(value),
            }));
            return None;
        }
    }
    if state.held < rule.hold {
        return None;
    }
    state.enter(AlertPhase::Firing, now);
    state.peak = Some(value);
    Some(Transition::Fired { value })
}

fn step_missing(state: &mut State, now: Now) -> Option<Transition> {
    state.unbroken = false;
    let silence = state.read.map_or(Duration::MAX, |read| now.boot.saturating_sub(read));
    match state.phase {
        AlertPhase::Pending if silence > CONTINUITY => state.enter(AlertPhase::Inactive, now),
        AlertPhase::Firing | AlertPhase::Recovering if silence > ABANDONED => {
            state.value = None;
            return Some(cleared(state, now));
        }
        _ => {}
    }
    None
}

fn cleared(state: &mut State, now: Now) -> Transition {
    let transition =
        Transition::Cleared { value: state.value, since: state.since, lasted: state.lasted(now), peak: state.peak };
    state.enter(AlertPhase::Inactive, now);
    transition
}

#[cfg(test)]
mod tests;
