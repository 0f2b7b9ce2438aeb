//! A verdict in one sentence: state, who, how much, since when, and what it costs.
//!
//! Numbers are those that were read; an estimate says "about". Names come from outside, so whoever wants a sentence says
//! how a name is to be written where it will stand. Deliberately not here: which face shows it.

use std::time::Duration;

use super::verdict::{Cause, Culprit, State, Verdict};
use crate::format;
use crate::metrics::Metric;
use crate::untrusted::Untrusted;

/// The longest name, in characters, in a sentence.
const LONGEST: usize = 32;
/// Joules that are worth a word.
const WORTH_TELLING: f64 = 360.0;
/// A remainder that is worth a word, in percent.
const UNSEEN: f64 = 10.0;

/// Of a minute that the recorder did not live to write.
const NOBODY_WROTE: &str = "who used it then is not recorded";

/// How a name is written.
pub type Names<'a> = &'a dyn Fn(&Untrusted) -> String;
/// How joules are told: as energy, or as what they cost.
pub type Costs<'a> = &'a dyn Fn(f64) -> String;

/// The sentence.
pub fn sentence(verdict: &Verdict, costs: Costs<'_>, names: Names<'_>) -> String {
    let words = Words { verdict, costs, names };
    let gpu = subject(verdict, names);
    match verdict.state {
        State::None => "No GPU was found on this machine".to_owned(),
        State::Asleep => format!("{gpu} asleep"),
        State::Idle if verdict.cause == Cause::LetGo => format!("{gpu} idle, left alone so that it may sleep"),
        State::Idle => format!("{gpu} idle{}", words.readings(&[Metric::GpuTemperature, Metric::GpuPower])),
        State::Lost => format!("{gpu} gone{}", words.said()),
        State::Driver if verdict.cause == Cause::Unrecorded => format!("{gpu}: nothing is recorded of it then"),
        State::Driver => format!("{gpu} cannot be read{}", words.said()),
        State::IdleExpensive => words.costly(&gpu),
        State::HotIdle => {
            let readings = words.readings(&[Metric::GpuTemperature, Metric::GpuPower]);
            format!("{gpu} without work and hot{readings}: look at its fan and at the air around it")
        }
        State::One | State::Several | State::Own => format!("{}: {}", words.busy(&gpu), words.who()),
        State::Display => format!("{}: only the desktop, {}", words.busy(&gpu), words.who()),
        State::Throttled => {
            let by = words.value(Metric::GpuThrottle).map(format::throttle).unwrap_or_default();
            let who = match (&verdict.cause, verdict.culprits.as_slice()) {
                // Who holds memory need not be who works.
                (Cause::NoShares, _) => {
                    format!(", and the driver does not say by whom it is used: {}", words.unknown())
                }
                (Cause::Unrecorded, _) => format!("; {NOBODY_WROTE}"),
                (_, []) => String::new(),
                _ => format!(": {}", words.who()),
            };
            format!("{}, held back by {by}{who}", words.busy(&gpu))
        }
        State::Unattributed if verdict.busy.is_none() => {
            let readings = words.readings(&[Metric::GpuTemperature, Metric::GpuPower]);
            format!("{gpu}{readings}: cut into instances (MIG), of which the driver tells no use")
        }
        State::Unattributed if verdict.cause == Cause::Unrecorded => format!("{}; {NOBODY_WROTE}", words.busy(&gpu)),
        State::Unattributed => {
            format!("{}, and the driver does not say by whom: {}", words.busy(&gpu), words.unknown())
        }
    }
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

    fn busy(&self, gpu: &str) -> String {
        let busy = self.verdict.busy.map(|percent| format!(" {} busy", format::value(Metric::GpuUtilization, percent)));
        format!("{gpu}{}{}", busy.unwrap_or_default(), self.readings(&[Metric::GpuTemperature]))
    }

    fn said(&self) -> String {
        match &self.verdict.cause {
            Cause::Said(reason) => format!(": {}", self.text(reason)),
            _ => String::new(),
        }
    }

    /// Words of a sensor, which may be those of a file from elsewhere.
    fn text(&self, reason: &str) -> String {
        (self.names)(&Untrusted::from(reason))
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
            [only] => one(only),
            [first, second] => format!("{} and {}", one(first), one(second)),
            [first, second, rest @ ..] => format!("{}, {} and {} more", one(first), one(second), rest.len()),
        };
        if let [first, ..] = culprits.as_slice() {
            text += &self.since(first);
        }
        if let Some(joules) = self.verdict.energy().filter(|joules| *joules >= WORTH_TELLING) {
            text += &format!(", {}", (self.costs)(joules));
        }
        if let Some(unseen) = self.verdict.remainder.filter(|unseen| *unseen >= UNSEEN) {
            text += &format!("; {} not visible", format::value(Metric::GpuUtilization, unseen));
        }
        text
    }

    fn since(&self, culprit: &Culprit) -> String {
        let seconds = culprit.since.and_then(|since| u64::try_from(self.verdict.at - since).ok());
        let long = seconds.filter(|seconds| *seconds >= 60).map(Duration::from_secs);
        long.map(|long| format!(" for {}", format::duration(long))).unwrap_or_default()
    }

    /// An idle GPU that takes much.
    fn costly(&self, gpu: &str) -> String {
        let verdict = self.verdict;
        let watts = self.value(Metric::GpuPower);
        let power = watts.map(|watts| format!(" and takes {}", format::value(Metric::GpuPower, watts)));
        let clocks = self.value(Metric::GpuPstate).map(|state| format!(" in P{state:.0}")).unwrap_or_default();
        let why = match (&verdict.cause, verdict.culprits.as_slice()) {
            (Cause::Held, [first, rest @ ..]) => {
                let memory = first.vram.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64));
                let more = match rest.len() {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                let hold = if rest.is_empty() { "holds" } else { "hold" };
                format!(": {}{more} {hold} {}{clocks}", self.name(&first.identity), memory.unwrap_or_default())
            }
            (Cause::Screens, _) => format!(": its screens keep its clocks up{clocks}"),
            (Cause::Unrecorded, _) => format!("; {NOBODY_WROTE}"),
            (Cause::Clocks, _) => format!(": its clocks stay up{clocks}, and nobody is seen to use it"),
            _ => String::new(),
        };
        let month = verdict.monthly_energy().map(|joules| format!("; {} a month", (self.costs)(joules)));
        format!("{gpu} idle{}{why}{}", power.unwrap_or_default(), month.unwrap_or_default())
    }

    /// Why nobody is named.
    fn unknown(&self) -> String {
        let why = match &self.verdict.cause {
            Cause::Said(reason) => self.text(reason),
            Cause::Instances => "it is cut into instances (MIG)".to_owned(),
            Cause::Elsewhere => "processes that this machine does not show, of another container".to_owned(),
            Cause::NoShares => "it tells nobody's share".to_owned(),
            _ => "other users, work that ended meanwhile, or the kernel".to_owned(),
        };
        let verb = if self.verdict.cause == Cause::NoShares { "holds" } else { "does" };
        let one = |culprit: &Culprit| {
            let much = match self.verdict.cause {
                Cause::NoShares => culprit.vram.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64)),
                _ => culprit.share.map(|share| format::value(Metric::GpuUtilization, share)),
            };
            Some(format!("; {} {verb} {}", self.name(&culprit.identity), much?))
        };
        why + &self.verdict.culprits.iter().take(2).filter_map(one).collect::<String>()
    }
}
