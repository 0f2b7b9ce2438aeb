//! The sentence about an alert that is on its way to be over: how it is now, and how it was.
//!
//! "GPU busy at 0 %" would tell as true what has passed. Deliberately not here: when an alert is over (`step`), and what is
//! said then (`words`).

use super::notice::ActiveAlert;
use super::words::{Names, news, quantity, what};
use crate::metrics::Metric;
use crate::model::Health;
use crate::model::rule::{NEVER_FULL, Rule, Watched};
use crate::say;

/// The news: "CPU 64 °C, was 96 °C"; `None` where what fired is so still, and only what else its rule asks for is not.
pub(super) fn sentence(alert: &ActiveAlert, names: Names<'_>) -> Option<String> {
    let ActiveAlert { rule, source, who, value, detail, .. } = alert;
    let value = value.filter(|value| rule.clear.met(*value))?;
    let what = what(rule, source, names);
    Some(match &rule.watched {
        Watched::Event { .. } => {
            let news = news(rule, source, who.as_ref(), alert.peak, detail, names);
            if value > 0.0 { news } else { say!("{news}; nothing more since", news) }
        }
        Watched::Health(health) => again(*health, what),
        Watched::Verdict(word) => state(word, what),
        Watched::Metric { metric, of } => {
            let number = quantity(rule, value);
            let now = match metric {
                _ if rule.is_forecast() && value >= NEVER_FULL => return Some(say!("{what} no longer fills up", what)),
                _ if rule.is_forecast() => say!("{what} full in {time} if it goes on like this", what, time = number),
                Metric::GpuMargin => say!("{what} {margin} from its slowdown", what, margin = number),
                _ if of.is_some() => say!("{what} {share} full", what, share = number),
                _ => format!("{what} {number}"),
            };
            format!("{now}, {}", was(rule, *metric, alert.peak))
        }
    })
}

/// How it was at worst.
fn was(rule: &Rule, metric: Metric, peak: Option<f64>) -> String {
    match (metric, peak) {
        // A limit is known where the value is not.
        (Metric::GpuMargin, None) => say!("was within {margin}", margin = quantity(rule, rule.fire.limit)),
        (_, None) => say!("was past {limit}", limit = quantity(rule, rule.fire.limit)),
        (Metric::GpuMargin, Some(peak)) if peak <= 0.0 => say!("was as hot as it may be").to_owned(),
        (Metric::GpuMargin, Some(peak)) => say!("was within {margin}", margin = quantity(rule, peak)),
        (Metric::GpuFanSpeed, Some(peak)) if peak < 1.0 => say!("stood still").to_owned(),
        (_, Some(peak)) => say!("was {value}", value = quantity(rule, peak)),
    }
}

/// How a source was that is there again.
fn again(health: Health, what: String) -> String {
    match health {
        Health::Ok => say!("{what} is there again, was ok", what),
        Health::Asleep => say!("{what} is there again, was asleep", what),
        Health::Lost => say!("{what} is there again, was lost", what),
        Health::Denied => say!("{what} may be read again", what),
        Health::Unsupported => say!("{what} is there again, was unsupported", what),
        Health::Stale => say!("{what} answers again", what),
    }
}

/// What was said of a GPU in this state.
fn state(word: &str, gpu: String) -> String {
    match word {
        "throttled" => say!("{gpu} was held back", gpu),
        "idle-expensive" => say!("{gpu} was idle and yet took much power", gpu),
        "hot-idle" => say!("{gpu} was hot without work", gpu),
        "unattributed" => say!("{gpu} was busy, and nobody saw for whom", gpu),
        "driver" => say!("{gpu} was doing something that its driver does not tell", gpu),
        "lost" => say!("{gpu} was gone", gpu),
        "asleep" => say!("{gpu} was asleep", gpu),
        "idle" => say!("{gpu} was idle", gpu),
        _ => say!("{gpu} was busy", gpu),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::alerts::{Detail, Who, words};
    use crate::model::rule::{Aggregate, Window};
    use crate::model::{EventKind, Source, SourceKind};
    use crate::untrusted::Untrusted;

    #[track_caller]
    fn check(rule: Rule, value: f64, peak: Option<f64>, expected: &str) {
        let alert = ActiveAlert {
            rule: Arc::new(rule),
            source: Source::whole(SourceKind::Gpu, "gpu:1", "RTX"),
            who: Some(Who { key: "program:x".into(), name: "x\n".into() }),
            value: Some(value),
            peak,
            since: 0,
            is_recovering: true,
            is_silent: false,
            detail: Detail { event: Some(json!({ "why": "new" })), reason: Some("fell off the bus".into()) },
        };
        assert_eq!(words::firing(&alert, &Untrusted::notification), expected);
    }

    fn of(metric: Metric, of: Option<Metric>, limits: [f64; 2]) -> Rule {
        Rule::bare(Watched::Metric { metric, of }, limits)
    }

    #[test]
    fn what_is_over_is_told_as_past_with_how_it_is_now() {
        let hot = || of(Metric::GpuTemperature, None, [87.0, 80.0]);
        check(hot(), 64.0, Some(91.0), "RTX 64 °C, was 91 °C");
        check(hot(), 64.0, None, "RTX 64 °C, was past 87 °C");
        check(of(Metric::GpuUtilization, None, [90.0, 80.0]), 0.0, Some(98.0), "RTX: GPU busy 0 %, was 98 %");
        let full = of(Metric::GpuMemoryUsed, Some(Metric::GpuMemoryTotal), [97.0, 90.0]);
        check(full, 41.0, Some(98.0), "RTX: memory 41 % full, was 98 %");
        let below = |metric, fire: f64, clear: f64| {
            let mut rule = of(metric, None, [0.0, 0.0]);
            (rule.fire.side, rule.fire.limit) = (crate::model::rule::Side::Below, fire);
            (rule.clear.side, rule.clear.limit) = (crate::model::rule::Side::Above, clear);
            rule
        };
        check(below(Metric::GpuMargin, 5.0, 10.0), 25.0, Some(3.0), "RTX 25 °C from its slowdown, was within 3 °C");
        let limit = "RTX 25 °C from its slowdown, was as hot as it may be";
        check(below(Metric::GpuMargin, 5.0, 10.0), 25.0, Some(-1.0), limit);
        check(below(Metric::GpuFanSpeed, 1.0, 10.0), 900.0, Some(0.0), "RTX: GPU fan 900 RPM, stood still");
        let window = Some(Window { aggregate: Aggregate::Full, over: Duration::from_secs(21_600) });
        let disk = Rule { window, ..below(Metric::GpuMemoryUsed, 86_400.0, 172_800.0) };
        let said = "RTX: GPU memory used full in 3 d if it goes on like this, was 2 h";
        check(disk.clone(), 259_200.0, Some(7200.0), said);
        check(disk, NEVER_FULL, Some(7200.0), "RTX: GPU memory used no longer fills up");
        check(below(Metric::GpuMargin, 5.0, 10.0), 25.0, None, "RTX 25 °C from its slowdown, was within 5 °C");
    }

    #[test]
    fn so_is_what_has_no_value() {
        let latched = |watched| Rule::bare(watched, [0.5, 0.5]);
        check(latched(Watched::Health(Health::Lost)), 0.0, Some(1.0), "RTX is there again, was lost");
        check(latched(Watched::Verdict("throttled".into())), 0.0, Some(1.0), "RTX was held back");
        let used = latched(Watched::Event { kind: EventKind::UnexpectedUse, what: None });
        check(used, 0.0, Some(1.0), "x\u{fffd} uses RTX and never did before; nothing more since");
    }

    #[test]
    fn german_tells_it_alike() {
        use crate::language::{Language, within};
        let check = |rule, value, peak, expected| within(Language::German, || check(rule, value, peak, expected));
        let latched = |watched| Rule::bare(watched, [0.5, 0.5]);
        check(of(Metric::GpuTemperature, None, [87.0, 80.0]), 64.0, Some(91.0), "RTX 64 °C, vorher 91 °C");
        check(of(Metric::GpuTemperature, None, [87.0, 80.0]), 64.0, None, "RTX 64 °C, vorher jenseits von 87 °C");
        check(latched(Watched::Health(Health::Lost)), 0.0, Some(1.0), "RTX ist wieder da, war verschwunden");
        check(latched(Watched::Verdict("asleep".into())), 0.0, Some(1.0), "RTX schlief");
        let used = latched(Watched::Event { kind: EventKind::UnexpectedUse, what: None });
        check(used, 0.0, Some(1.0), "x\u{fffd} nutzt RTX zum ersten Mal; seitdem nichts mehr");
    }

    #[test]
    fn every_state_of_a_source_has_its_words() {
        for (health, word) in Health::WORDS {
            let said = match health {
                Health::Denied => "RTX may be read again".to_owned(),
                Health::Stale => "RTX answers again".to_owned(),
                _ => format!("RTX is there again, was {word}"),
            };
            check(Rule::bare(Watched::Health(*health), [0.5, 0.5]), 0.0, Some(1.0), &said);
        }
    }

    #[test]
    fn what_is_so_still_is_told_as_it_is() {
        // Somebody is there again, and the GPU is as busy as before.
        check(of(Metric::GpuUtilization, None, [30.0, 20.0]), 98.0, Some(99.0), "RTX: GPU busy at 98 %");
    }
}
