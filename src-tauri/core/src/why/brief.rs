//! A verdict in a row of a menu or a tooltip: state, who, since when, at what cost.
//!
//! It stands there for hours and is looked at for a second, so that it names a moment and no duration, and of a sum that
//! grows only large steps: whatever changes makes the panel draw anew. Deliberately not here: money, evidence, and the
//! reasons that take a sentence (`sentence`).

use super::sentence::{Names, cut, subject};
use super::verdict::{Cause, Culprit, State, Verdict};
use crate::format;
use crate::metrics::{Metric, Unit};
use crate::{say, say_count};

/// Use of less than this many seconds began just now.
const LONG: i64 = 60;

/// Joules of the smallest step in which energy is told: at full load some minutes.
const STEP: f64 = 0.1 * 3.6e6;

/// How a moment (Unix seconds) is written.
pub type Moments<'a> = &'a dyn Fn(i64) -> String;

/// The place of the GPU that does most; where none says what it does, of the first.
pub fn busiest(verdicts: &[Verdict]) -> Option<usize> {
    let busy = |at: &usize| verdicts[*at].busy.unwrap_or(-1.0);
    (0..verdicts.len()).rev().max_by(|a, b| busy(a).total_cmp(&busy(b)))
}

/// All of it: "GPU 94 %, 71 °C: Blender since 21:40".
pub fn brief(verdict: &Verdict, moments: Moments<'_>, names: Names<'_>) -> String {
    let name = |culprit: &Culprit| cut(names(&culprit.identity));
    let since = |who: String| {
        let since = verdict.culprits.first().and_then(|first| first.since);
        match since.filter(|since| verdict.at - since >= LONG).map(moments).zip(Some(cost(verdict))) {
            Some((time, Some(energy))) => say!("{who} since {time}, about {energy}", who, time, energy),
            Some((time, None)) => say!("{who} since {time}", who, time),
            None => who,
        }
    };
    let who = match (verdict.state, &verdict.cause, verdict.culprits.as_slice()) {
        (State::Display, ..) => say!("only the desktop").to_owned(),
        (State::IdleExpensive, Cause::Held, [first, rest @ ..]) => holds(name(first), first.vram, rest.len()),
        (State::IdleExpensive, Cause::Screens, _) => say!("its screens").to_owned(),
        (State::IdleExpensive, Cause::Clocks, _) => say!("its clocks stay up").to_owned(),
        (State::Unattributed, cause, _) => unseen(cause).to_owned(),
        // Held back while it works for nobody that is seen.
        (State::Throttled, Cause::Plain, culprits @ [_, ..])
        | (State::One | State::Several | State::Own, _, culprits) => match culprits {
            [] => return head(verdict, names),
            [first, rest @ ..] => since(listed(name(first), rest.first().map(name), rest.len())),
        },
        (State::Throttled, cause, _) if *cause != Cause::Plain => unseen(cause).to_owned(),
        _ => return head(verdict, names),
    };
    format!("{}: {who}", head(verdict, names))
}

/// About what it took, cut to the step; `None` where that is less.
fn cost(verdict: &Verdict) -> Option<String> {
    let steps = verdict.energy().map_or(0.0, |joules| (joules / STEP).floor());
    (steps >= 1.0).then(|| format::quantity(steps * STEP, Unit::Joule))
}

/// Only what the GPU does: "GPU 94 %, 71 °C".
pub fn head(verdict: &Verdict, names: Names<'_>) -> String {
    let value = |metric| Some(format::value(metric, verdict.value(metric)?));
    let readings = |metric: Metric| value(metric).map(|text| format!(", {text}")).unwrap_or_default();
    let gpu = subject(verdict, names);
    match verdict.state {
        State::None => say!("No GPU").to_owned(),
        State::Asleep => say!("{gpu} asleep", gpu),
        State::Lost => say!("{gpu} gone", gpu),
        State::Driver => say!("{gpu} cannot be read", gpu),
        State::Idle => say!("{gpu} idle{readings}", gpu, readings = readings(Metric::GpuTemperature)),
        State::IdleExpensive => say!("{gpu} idle{readings}", gpu, readings = readings(Metric::GpuPower)),
        State::HotIdle => say!("{gpu} idle and hot{readings}", gpu, readings = readings(Metric::GpuTemperature)),
        State::One | State::Several | State::Display | State::Unattributed | State::Own | State::Throttled => {
            let busy = verdict.busy.map(|percent| format::value(Metric::GpuUtilization, percent));
            let gpu = format!("{gpu} {}{}", busy.unwrap_or_default(), readings(Metric::GpuTemperature));
            let by = Some(verdict.state).filter(|state| *state == State::Throttled);
            match by.and_then(|_| verdict.value(Metric::GpuThrottle)).map(format::throttle) {
                Some(limits) => say!("{gpu}, held back by {limits}", gpu, limits),
                None => gpu,
            }
        }
    }
}

/// Why nobody is named.
fn unseen(cause: &Cause) -> &'static str {
    match cause {
        Cause::Instances => say!("its instances (MIG)"),
        Cause::Elsewhere => say!("another container"),
        Cause::NoShares => say!("nobody's share is told"),
        _ => say!("user not visible"),
    }
}

/// Those who use a GPU, with what is said of each: the first two, and how many there are beside the first.
pub(super) fn listed(first: String, second: Option<String>, others: usize) -> String {
    match (second, others.saturating_sub(1)) {
        (None, _) => first,
        (Some(second), 0) => say!("{first} and {second}", first, second),
        (Some(second), count) => say_count!(
            count,
            "{first}, {second} and 1 more",
            "{first}, {second} and {count} more",
            first,
            second,
            count
        ),
    }
}

/// That somebody keeps so many bytes in a GPU's memory, and how many others do, too.
pub(super) fn holds(who: String, bytes: Option<u64>, others: usize) -> String {
    let memory = bytes.map(|bytes| format::value(Metric::GpuMemoryUsed, bytes as f64)).unwrap_or_default();
    match others {
        0 => say!("{who} holds {memory}", who, memory),
        count => say_count!(
            count,
            "{who} and 1 more hold {memory}",
            "{who} and {count} more hold {memory}",
            who,
            count,
            memory
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Sample;
    use super::*;
    use crate::model::throttle;
    use crate::untrusted::Untrusted;

    fn culprit(name: &str, since: Option<i64>) -> Culprit {
        Culprit {
            key: name.into(),
            identity: name.into(),
            uid: None,
            pids: Vec::new(),
            share: Some(40.0),
            vram: Some(18 << 30),
            since,
            energy: None,
        }
    }

    fn verdict(state: State, culprits: &[&str]) -> Verdict {
        let sample = |(metric, value)| Sample { metric, ts: 1000, value };
        let read = [(Metric::GpuTemperature, 71.0), (Metric::GpuPower, 50.0)];
        Verdict {
            source: "gpu:1".to_owned(),
            state,
            busy: Some(94.0),
            culprits: culprits.iter().map(|name| culprit(name, Some(100))).collect(),
            evidence: read.into_iter().map(sample).collect(),
            ..Verdict::none(1000)
        }
    }

    #[track_caller]
    fn check(verdict: &Verdict, expected: &str) {
        let said = brief(verdict, &|ts| format!("@{ts}"), &Untrusted::notification);
        assert_eq!(said.replace('\u{a0}', " "), expected);
    }

    #[test]
    fn what_it_took_is_told_in_large_steps() {
        let took = |joules: f64| {
            let mut verdict = verdict(State::Several, &["a", "b"]);
            verdict.culprits.iter_mut().for_each(|one| one.energy = Some(joules / 2.0));
            verdict
        };
        check(&took(0.35e6), "GPU 94 %, 71 °C: a and b since @100");
        check(&took(1e6), "GPU 94 %, 71 °C: a and b since @100, about 200 Wh");
        check(&took(4e6), "GPU 94 %, 71 °C: a and b since @100, about 1.1 kWh");
    }

    #[test]
    fn those_who_use_it_are_named_and_since_when() {
        use State::{One, Several};
        check(&verdict(One, &["Blender"]), "GPU 94 %, 71 °C: Blender since @100");
        check(&verdict(Several, &["a", "b"]), "GPU 94 %, 71 °C: a and b since @100");
        check(&verdict(Several, &["a", "b", "c", "d"]), "GPU 94 %, 71 °C: a, b and 2 more since @100");
        let now = Verdict { culprits: vec![culprit("a", Some(990))], ..verdict(One, &[]) };
        check(&now, "GPU 94 %, 71 °C: a");
        let long = "a name that nobody would want to read to its end";
        check(&verdict(One, &[long]), "GPU 94 %, 71 °C: a name that nobody would want t… since @100");
        check(&verdict(One, &["a\n<b>"]), "GPU 94 %, 71 °C: a\u{fffd}<b> since @100");
    }

    #[test]
    fn every_state_has_its_words() {
        check(&verdict(State::Asleep, &[]), "GPU asleep");
        check(&verdict(State::Idle, &[]), "GPU idle, 71 °C");
        check(&verdict(State::Lost, &[]), "GPU gone");
        check(&verdict(State::Driver, &[]), "GPU cannot be read");
        check(&verdict(State::HotIdle, &[]), "GPU idle and hot, 71 °C");
        check(&verdict(State::Display, &["Shell"]), "GPU 94 %, 71 °C: only the desktop");
        check(&Verdict::none(1000), "No GPU");
        let because = |state, cause, who: &[&str]| Verdict { cause, ..verdict(state, who) };
        let costly = |cause, who: &[&str]| because(State::IdleExpensive, cause, who);
        check(&costly(Cause::Held, &["Ollama", "b"]), "GPU idle, 50 W: Ollama and 1 more hold 18 GiB");
        check(&costly(Cause::Screens, &["Shell"]), "GPU idle, 50 W: its screens");
        check(&costly(Cause::Clocks, &[]), "GPU idle, 50 W: its clocks stay up");
        check(&costly(Cause::Plain, &[]), "GPU idle, 50 W");
        let unknown = |cause| because(State::Unattributed, cause, &["a"]);
        check(&unknown(Cause::Unseen), "GPU 94 %, 71 °C: user not visible");
        check(&unknown(Cause::Said("x".to_owned())), "GPU 94 %, 71 °C: user not visible");
        check(&unknown(Cause::NoShares), "GPU 94 %, 71 °C: nobody's share is told");
        let mut slowed = verdict(State::Throttled, &["Blender"]);
        slowed.evidence.push(Sample { metric: Metric::GpuThrottle, ts: 1000, value: throttle::HEAT as f64 });
        let by = format::throttle(throttle::HEAT as f64);
        check(&slowed, &format!("GPU 94 %, 71 °C, held back by {by}: Blender since @100"));
        slowed.cause = Cause::Unseen;
        check(&slowed, &format!("GPU 94 %, 71 °C, held back by {by}: user not visible"));
    }

    #[test]
    fn german_has_its_own_words() {
        use crate::language::{Language, within};
        let check = |verdict: &Verdict, expected| within(Language::German, || check(verdict, expected));
        let mut held = Verdict { cause: Cause::Held, ..verdict(State::IdleExpensive, &["Ollama", "b"]) };
        check(&held, "GPU untätig, 50 W: Ollama und 1 weiteres belegen 18 GiB");
        held.culprits.push(culprit("c", None));
        check(&held, "GPU untätig, 50 W: Ollama und 2 weitere belegen 18 GiB");
        held.culprits.truncate(1);
        check(&held, "GPU untätig, 50 W: Ollama belegt 18 GiB");
        let mut several = verdict(State::Several, &["a", "b{who}", "c"]);
        several.culprits[0].energy = Some(4e6);
        check(&several, "GPU 94 %, 71 °C: a, b{who} und 1 weiteres seit @100, etwa 1,1 kWh");
        several.evidence.push(Sample { metric: Metric::GpuThrottle, ts: 1000, value: throttle::POWER as f64 });
        let slowed = Verdict { state: State::Throttled, cause: Cause::Unseen, ..several };
        check(&slowed, "GPU 94 %, 71 °C, gedrosselt durch Leistungsgrenze: Benutzer nicht sichtbar");
        check(&verdict(State::Display, &["Shell"]), "GPU 94 %, 71 °C: nur der Desktop");
        check(&verdict(State::Lost, &[]), "GPU verschwunden");
        check(&Verdict::none(1000), "Keine GPU");
    }

    #[test]
    fn the_busiest_is_the_first_of_those_that_do_most() {
        let of = |busy| Verdict { busy, ..verdict(State::One, &[]) };
        assert_eq!(busiest(&[of(None), of(Some(20.0)), of(Some(80.0)), of(Some(80.0))]), Some(2));
        assert_eq!(busiest(&[of(None), of(None)]), Some(0));
        assert_eq!(busiest(&[]), None);
        let named = Verdict { is_alone: false, label: "RTX".into(), ..verdict(State::Asleep, &[]) };
        assert_eq!(head(&named, &Untrusted::terminal), "RTX asleep");
        let nameless = Verdict { label: Untrusted::default(), ..named };
        assert_eq!(head(&nameless, &Untrusted::terminal), "gpu:1 asleep");
    }
}
