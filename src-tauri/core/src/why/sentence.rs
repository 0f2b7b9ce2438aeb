//! A verdict in one sentence: state, who, how much, since when, and what it costs.
//!
//! Numbers are those that were read; an estimate says "about". Names come from outside, so whoever wants a sentence says
//! how a name is to be written where it will stand. Deliberately not here: which face shows it.

use std::time::Duration;

use super::brief::{holds, listed};
use super::verdict::{Cause, Culprit, State, Verdict};
use crate::metrics::Metric;
use crate::untrusted::Untrusted;
use crate::{format, language, say};

/// The longest name, in characters, in a sentence.
const LONGEST: usize = 32;
/// Joules that are worth a word.
const WORTH_TELLING: f64 = 360.0;
/// A remainder that is worth a word, in percent.
const UNSEEN: f64 = 10.0;

/// How a name is written.
pub type Names<'a> = &'a dyn Fn(&Untrusted) -> String;
/// How joules are told: as energy, or as what they cost.
pub type Costs<'a> = &'a dyn Fn(f64) -> String;

/// The sentence.
pub fn sentence(verdict: &Verdict, costs: Costs<'_>, names: Names<'_>) -> String {
    let words = Words { verdict, costs, names };
    let gpu = subject(verdict, names);
    let warmth = [Metric::GpuTemperature, Metric::GpuPower];
    match verdict.state {
        State::None => say!("No GPU was found on this machine").to_owned(),
        State::Asleep => say!("{gpu} asleep", gpu),
        State::Idle if verdict.cause == Cause::LetGo => say!("{gpu} idle, left alone so that it may sleep", gpu),
        State::Idle => say!("{gpu} idle{readings}", gpu, readings = words.readings(&warmth)),
        State::Lost => say!("{gpu} gone", gpu) + &words.said(),
        State::Driver if verdict.cause == Cause::Unrecorded => say!("{gpu}: nothing is recorded of it then", gpu),
        State::Driver => say!("{gpu} cannot be read", gpu) + &words.said(),
        State::IdleExpensive => words.costly(gpu),
        State::HotIdle => {
            let readings = words.readings(&warmth);
            say!("{gpu} without work and hot{readings}: look at its fan and at the air around it", gpu, readings)
        }
        State::One | State::Several | State::Own => format!("{}: {}", words.busy(gpu), words.who()),
        State::Display => say!("{gpu}: only the desktop, {who}", gpu = words.busy(gpu), who = words.who()),
        State::Throttled => {
            let limits = words.value(Metric::GpuThrottle).map(format::throttle).unwrap_or_default();
            let state = say!("{gpu}, held back by {limits}", gpu = words.busy(gpu), limits);
            match (&verdict.cause, verdict.culprits.as_slice()) {
                // Who holds memory need not be who works.
                (Cause::NoShares, _) => {
                    let why = words.unknown();
                    say!("{state}, and the driver does not say by whom it is used: {why}", state, why)
                }
                (Cause::Unrecorded, _) => unrecorded(state),
                (_, []) => state,
                _ => format!("{state}: {}", words.who()),
            }
        }
        State::Unattributed if verdict.busy.is_none() => {
            let readings = words.readings(&warmth);
            say!("{gpu}{readings}: cut into instances (MIG), of which the driver tells no use", gpu, readings)
        }
        State::Unattributed if verdict.cause == Cause::Unrecorded => unrecorded(words.busy(gpu)),
        State::Unattributed => {
            let (state, why) = (words.busy(gpu), words.unknown());
            say!("{state}, and the driver does not say by whom: {why}", state, why)
        }
    }
}

/// Of a minute that the recorder did not live to write.
fn unrecorded(state: String) -> String {
    say!("{state}; who used it then is not recorded", state)
}

/// What the GPU is called.
pub(super) fn subject(verdict: &Verdict, names: Names<'_>) -> String {
    match () {
        () if verdict.is_alone => "GPU".to_owned(),
        () if verdict.label.is_empty() => cut(names(&Untrusted::from(verdict.source.as_str()))),
        () => cut(names(&verdict.label)),
    }
}

/// A name that does not fill the whole sentence.
pub(super) fn cut(name: String) -> String {
    if name.chars().count() <= LONGEST {
        return name;
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

struct Words<'a> {
    verdict: &'a Verdict,
    costs: Costs<'a>,
    names: Names<'a>,
}

impl Words<'_> {
    fn value(&self, metric: Metric) -> Option<f64> {
        self.verdict.value(metric)
    }

    /// Values, each after a comma.
    fn readings(&self, metrics: &[Metric]) -> String {
        let told = |metric: &Metric| Some(format!(", {}", format::value(*metric, self.value(*metric)?)));
        metrics.iter().filter_map(told).collect()
    }

    fn busy(&self, gpu: String) -> String {
        let busy = self.verdict.busy.map(|percent| format::value(Metric::GpuUtilization, percent));
        let gpu = match busy {
            Some(percent) => say!("{gpu} {percent} busy", gpu, percent),
            None => gpu,
        };
        gpu + &self.readings(&[Metric::GpuTemperature])
    }

    fn said(&self) -> String {
        match &self.verdict.cause {
            Cause::Said(reason) => format!(": {}", self.text(reason)),
            _ => String::new(),
        }
    }

    /// Words of a sensor, which may be those of a file from elsewhere.
    fn text(&self, reason: &str) -> String {
        (self.names)(&Untrusted::from(language::said(reason)))
    }

    fn name(&self, name: &Untrusted) -> String {
        cut((self.names)(name))
    }

    /// Who works, since when and at what cost; and how much is left unexplained.
    fn who(&self) -> String {
        let culprits = &self.verdict.culprits;
        let one = |culprit: &Culprit| {
            let share = culprit.share.filter(|_| culprits.len() > 1);
            let share = share.map(|share| format!(" {}", format::value(Metric::GpuUtilization, share)));
            format!("{}{}", self.name(&culprit.identity), share.unwrap_or_default())
        };
        let mut text = match culprits.as_slice() {
            [] => String::new(),
            [first, rest @ ..] => self.since(first, listed(one(first), rest.first().map(one), rest.len())),
        };
        if let Some(joules) = self.verdict.energy().filter(|joules| *joules >= WORTH_TELLING) {
            text += &format!(", {}", (self.costs)(joules));
        }
        if let Some(unseen) = self.verdict.remainder.filter(|unseen| *unseen >= UNSEEN) {
            let share = format::value(Metric::GpuUtilization, unseen);
            text = say!("{who}; {share} not visible", who = text, share);
        }
        text
    }

    fn since(&self, culprit: &Culprit, who: String) -> String {
        let seconds = culprit.since.and_then(|since| u64::try_from(self.verdict.at - since).ok());
        match seconds.filter(|seconds| *seconds >= 60).map(Duration::from_secs) {
            Some(long) => say!("{who} for {time}", who, time = format::duration(long)),
            None => who,
        }
    }

    /// An idle GPU that takes much.
    fn costly(&self, gpu: String) -> String {
        let verdict = self.verdict;
        let power = self.value(Metric::GpuPower).map(|watts| format::value(Metric::GpuPower, watts));
        let idle = match power {
            Some(power) => say!("{gpu} idle and takes {power}", gpu, power),
            None => say!("{gpu} idle", gpu),
        };
        let clocks = self.value(Metric::GpuPstate).map(|state| format!("P{state:.0}"));
        let at = |why: String| match &clocks {
            Some(clocks) => say!("{why} in {clocks}", why, clocks),
            None => why,
        };
        let idle = match (&verdict.cause, verdict.culprits.as_slice()) {
            (Cause::Held, [first, rest @ ..]) => {
                format!("{idle}: {}", at(holds(self.name(&first.identity), first.vram, rest.len())))
            }
            (Cause::Screens, _) => format!("{idle}: {}", at(say!("its screens keep its clocks up").to_owned())),
            (Cause::Unrecorded, _) => unrecorded(idle),
            (Cause::Clocks, _) => {
                let clocks = at(say!("its clocks stay up").to_owned());
                say!("{idle}: {clocks}, and nobody is seen to use it", idle, clocks)
            }
            _ => idle,
        };
        match verdict.monthly_energy().map(self.costs) {
            Some(cost) => say!("{idle}; {cost} a month", idle, cost),
            None => idle,
        }
    }

    /// Why nobody is named.
    fn unknown(&self) -> String {
        let why = match &self.verdict.cause {
            Cause::Said(reason) => self.text(reason),
            Cause::Instances => say!("it is cut into instances (MIG)").to_owned(),
            Cause::Elsewhere => say!("processes that this machine does not show, of another container").to_owned(),
            Cause::NoShares => say!("it tells nobody's share").to_owned(),
            _ => say!("other users, work that ended meanwhile, or the kernel").to_owned(),
        };
        let one = |culprit: &Culprit| {
            let who = self.name(&culprit.identity);
            Some(match self.verdict.cause {
                Cause::NoShares => holds(who, Some(culprit.vram?), 0),
                _ => {
                    let share = culprit.share.map(|share| format::value(Metric::GpuUtilization, share))?;
                    say!("{who} does {share}", who, share)
                }
            })
        };
        let told = self.verdict.culprits.iter().take(2).filter_map(one);
        std::iter::once(why).chain(told).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
mod tests;
