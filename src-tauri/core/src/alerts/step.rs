//! When a rule fires and when it is over: pure, one step a reading.
//!
//! `inactive → pending (for) → firing → recovering (keep) → resolved → inactive`; from recovering back to firing nobody is
//! told anew. What is resolved is remembered for a while: an alert that comes and goes must be quiet for longer and
//! longer before it is called over. A reading that is missing neither fires nor clears, unless the rule wants it to: a
//! sensor that fell silent says nothing about the heat, and an alert whose source is silent stands as `nodata`. Durations
//! come from the boot-time clock, so neither a step of the wall clock nor a night asleep makes an alert. Deliberately not
//! here: which rule watches which source, and what is told to whom (`engine`).

use std::time::Duration;

use crate::model::rule::{NoData, Rule, Side};
use crate::model::{AlertPhase, AlertRow, Now};

/// A longer silence than this breaks a stretch "past the limit for two minutes": what happened in between is unknown.
/// Longer than the interval of the slowest sensor.
pub const CONTINUITY: Duration = Duration::from_secs(90);

/// A firing alert whose source was not read for this long is given up, or an unplugged disk would fire for ever.
pub const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// So many changes within [`REMEMBERED`] are a flutter, and the next end has to last twice as long.
pub const FLAPS: usize = 4;
/// How long a change is remembered.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);
/// What is doubled first where the rule has no `keep` of its own, and the longest that it becomes.
const FIRST_KEEP: Duration = Duration::from_secs(60);
const LONGEST_KEEP: Duration = Duration::from_secs(3600);

/// What a step is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// The value; `None` where it was asked for and did not come.
    pub value: Option<f64>,
    /// Whether the rule's other conditions are met. Where they are not, the value is as good as back.
    pub armed: bool,
}

impl Input {
    /// A value, with nothing else asked.
    pub fn read(value: f64) -> Input {
        Input { value: Some(value), armed: true }
    }

    /// No value.
    pub const MISSING: Input = Input { value: None, armed: true };
}

/// Where one rule stands for one source.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The phase.
    pub phase: AlertPhase,
    /// Unix seconds at which the phase began; from firing to recovering, at which it fired.
    pub since: i64,
    /// The last value seen.
    pub value: Option<f64>,
    /// The most extreme value since it fired.
    pub peak: Option<f64>,
    /// How often its end was made to last twice as long, because it flutters.
    pub damped: u32,
    /// That moment on the boot-time clock; unknown for what was restored after a restart.
    began: Option<Duration>,
    /// How long the value was seen past the limit, while pending; and back, while recovering.
    held: Duration,
    /// Boot time of the last reading.
    read: Option<Duration>,
    /// Whether the last step had a reading.
    unbroken: bool,
    /// Boot time of the last word to a person.
    told: Option<Duration>,
    /// How long ago, at `told`'s clock, each of the last changes was: boot times; one before the machine started is 0.
    turns: Vec<Duration>,
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Transition {
    /// The rule fired.
    Fired {
        /// The value that did it; `None` where it was silence.
        value: Option<f64>,
    },
    /// It still fires, and it is time to say so again.
    Again {
        /// The newest value.
        value: Option<f64>,
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
        /// Whether the value is not back, and only what else the rule asks for is not so any more.
        disarmed: bool,
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
            damped: 0,
            began: None,
            held: Duration::ZERO,
            read: None,
            unbroken: false,
            told: None,
            turns: Vec::new(),
        }
    }

    /// The state that a recorder left behind. `recorded_until` is the Unix second of its last tick: a restart of a few
    /// seconds does not begin a pending alert's time anew, a longer one does.
    pub fn restored(row: &AlertRow, recorded_until: Option<i64>, now: Now) -> State {
        let ago = |ts: i64| Duration::from_secs(u64::try_from(now.unix() - ts).unwrap_or(0));
        let boot = |ts: i64| now.boot.saturating_sub(ago(ts));
        let mut state = State {
            phase: row.phase,
            since: row.since,
            value: row.value,
            peak: row.peak.or(row.value),
            damped: row.damped,
            // Seen now, so that a firing alert waits a day for its source after a restart, too.
            read: Some(now.boot),
            told: row.told.map(boot),
            turns: row.turns.iter().map(|ts| boot(*ts)).collect(),
            ..State::inactive()
        };
        match row.phase {
            AlertPhase::Inactive => return State::inactive(),
            AlertPhase::Resolved => {}
            AlertPhase::Firing | AlertPhase::Recovering | AlertPhase::NoData => state.phase = AlertPhase::Firing,
            AlertPhase::Pending => {
                let away = recorded_until.and_then(|until| u64::try_from(now.unix() - until).ok());
                match (away, recorded_until) {
                    (Some(away), Some(until)) if away <= CONTINUITY.as_secs() => {
                        state.held = Duration::from_secs((until - row.since).max(0) as u64);
                    }
                    _ => state.interrupt(Duration::ZERO),
                }
            }
        }
        state
    }

    /// The recorder did not run for as long as `lost` (the machine slept, recording was paused): a pending alert's time
    /// begins anew with the next reading, that of a recovering one stands still, and the silence of one that does not fire
    /// counts from now. Of one that fires it goes on from where it was: nobody listened meanwhile.
    pub fn interrupt(&mut self, lost: Duration) {
        match self.phase {
            AlertPhase::Pending | AlertPhase::Inactive | AlertPhase::Resolved => self.read = None,
            AlertPhase::Firing | AlertPhase::NoData | AlertPhase::Recovering => {
                self.unbroken &= self.phase != AlertPhase::Recovering;
                self.read = self.read.map(|read| read + lost);
            }
        }
    }

    /// Whether a person was told that it fired, and not yet that it is over.
    pub fn is_told(&self) -> bool {
        self.phase.is_told()
    }

    /// The row to be stored. `Inactive` removes it.
    pub fn row(&self, rule: &str, source: &str, who: &str, now: Now) -> AlertRow {
        let ts = |boot: Duration| now.unix() - now.boot.saturating_sub(boot).as_secs() as i64;
        AlertRow {
            rule: rule.to_owned(),
            source: source.to_owned(),
            who: who.to_owned(),
            phase: self.phase,
            since: self.since,
            value: self.value,
            peak: self.peak,
            told: self.told.map(ts),
            turns: self.turns.iter().map(|boot| ts(*boot)).collect(),
            damped: self.damped,
        }
    }

    /// From the beginning of this phase until `now`; from firing to recovering, from when it fired.
    pub fn lasted(&self, now: Now) -> Duration {
        match self.began {
            Some(began) => now.boot.saturating_sub(began),
            // Before the restart only the wall clock knows.
            None => Duration::from_secs((now.unix() - self.since).max(0) as u64),
        }
    }

    /// How long it must be back before it is over.
    pub fn keep(&self, rule: &Rule) -> Duration {
        if self.damped == 0 {
            return rule.keep;
        }
        let longer = rule.keep.max(FIRST_KEEP).saturating_mul(1 << self.damped.min(16));
        longer.min(LONGEST_KEEP).max(rule.keep)
    }

    fn enter(&mut self, phase: AlertPhase, now: Now) {
        self.phase = phase;
        self.since = now.unix();
        self.began = Some(now.boot);
        self.held = Duration::ZERO;
        self.peak = None;
    }

    /// Remembers a change, and finds whether there are too many of them.
    fn turn(&mut self, now: Now) {
        self.turns.push(now.boot);
        self.told = Some(now.boot);
        if self.turns.len() >= FLAPS && self.phase == AlertPhase::Firing {
            self.turns.clear();
            self.turns.push(now.boot);
            self.damped += 1;
        }
    }

    /// Forgets changes of long ago.
    fn forget(&mut self, now: Now) {
        self.turns.retain(|turn| now.boot.saturating_sub(*turn) < REMEMBERED);
        if self.phase == AlertPhase::Resolved && self.turns.is_empty() {
            let read = self.read;
            *self = State { read, ..State::inactive() };
        }
    }
}

/// Steps `rule` for one source with a reading, or with the news that a reading is missing. Not called for a source
/// whose turn it was not.
pub fn step(rule: &Rule, state: &State, input: Input, now: Now) -> (State, Option<Transition>) {
    let mut next = state.clone();
    next.forget(now);
    let transition = match input.value {
        Some(value) => step_value(rule, &mut next, value, input.armed, now),
        None => step_missing(rule, &mut next, input.armed, now),
    };
    let transition = transition.or_else(|| again(rule, &mut next, now));
    (next, transition)
}

fn step_value(rule: &Rule, state: &mut State, value: f64, armed: bool, now: Now) -> Option<Transition> {
    let silence = state.read.map(|read| now.boot.saturating_sub(read));
    let unbroken = std::mem::replace(&mut state.unbroken, true);
    state.read = Some(now.boot);
    state.value = Some(value);
    let is_past = armed && rule.fire.met(value);
    match state.phase {
        AlertPhase::Inactive | AlertPhase::Resolved if is_past => state.enter(AlertPhase::Pending, now),
        AlertPhase::Inactive | AlertPhase::Resolved => return None,
        AlertPhase::Pending if !is_past => {
            let phase = if state.turns.is_empty() { AlertPhase::Inactive } else { AlertPhase::Resolved };
            state.enter(phase, now);
            return None;
        }
        AlertPhase::Pending => match silence {
            Some(silence) if silence <= CONTINUITY => {
                // Time without readings is not counted: a missing reading does not fire.
                state.held += if unbroken { silence } else { Duration::ZERO };
            }
            _ => state.enter(AlertPhase::Pending, now),
        },
        AlertPhase::Firing | AlertPhase::Recovering | AlertPhase::NoData if !armed || rule.clear.met(value) => {
            let recovering = std::mem::replace(&mut state.phase, AlertPhase::Recovering) == AlertPhase::Recovering;
            state.held = match silence {
                // As above: only time between two readings is counted.
                Some(silence) if recovering && silence <= CONTINUITY => {
                    state.held + if unbroken { silence } else { Duration::ZERO }
                }
                _ => Duration::ZERO,
            };
            let disarmed = !armed && !rule.clear.met(value);
            return (state.held >= state.keep(rule)).then(|| cleared(state, disarmed, now));
        }
        AlertPhase::Firing | AlertPhase::Recovering | AlertPhase::NoData => {
            state.phase = AlertPhase::Firing;
            state.peak = Some(state.peak.map_or(value, |peak| match rule.fire.side {
                Side::Above => peak.max(value),
                Side::Below => peak.min(value),
            }));
            return None;
        }
    }
    (state.held >= rule.hold).then(|| fired(state, Some(value), now))
}

fn step_missing(rule: &Rule, state: &mut State, armed: bool, now: Now) -> Option<Transition> {
    state.unbroken = false;
    // Silence counts from where somebody listened.
    let silence = now.boot.saturating_sub(*state.read.get_or_insert(now.boot));
    match (state.phase, rule.no_data) {
        (AlertPhase::Inactive | AlertPhase::Resolved | AlertPhase::Pending, NoData::Fire)
            if armed && silence > rule.hold.max(CONTINUITY) =>
        {
            state.value = None;
            return Some(fired(state, None, now));
        }
        (AlertPhase::Pending, NoData::Hold | NoData::Clear) if silence > CONTINUITY => {
            state.enter(AlertPhase::Inactive, now);
        }
        (phase, NoData::Clear) if phase.is_told() && silence > state.keep(rule).max(CONTINUITY) => {
            state.value = None;
            return Some(cleared(state, false, now));
        }
        (phase, _) if phase.is_told() && silence > ABANDONED => {
            state.value = None;
            return Some(cleared(state, false, now));
        }
        (AlertPhase::Firing | AlertPhase::Recovering, NoData::Hold) if silence > CONTINUITY => {
            state.phase = AlertPhase::NoData;
        }
        _ => {}
    }
    None
}

fn again(rule: &Rule, state: &mut State, now: Now) -> Option<Transition> {
    let told = state.told.unwrap_or_default();
    let is_due = rule.repeat.is_some_and(|repeat| now.boot.saturating_sub(told) >= repeat);
    (state.phase == AlertPhase::Firing && is_due).then(|| {
        state.told = Some(now.boot);
        Transition::Again { value: state.value }
    })
}

fn fired(state: &mut State, value: Option<f64>, now: Now) -> Transition {
    state.enter(AlertPhase::Firing, now);
    state.peak = value;
    state.turn(now);
    Transition::Fired { value }
}

fn cleared(state: &mut State, disarmed: bool, now: Now) -> Transition {
    let (value, since, peak) = (state.value, state.since, state.peak);
    let transition = Transition::Cleared { value, since, lasted: state.lasted(now), peak, disarmed };
    state.enter(AlertPhase::Resolved, now);
    state.turn(now);
    transition
}

#[cfg(test)]
mod tests;
