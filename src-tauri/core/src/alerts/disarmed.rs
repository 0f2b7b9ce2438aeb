//! The sentences about an alert that ended because what else its rule asks for is not so any more.
//!
//! The value itself is not back, so that "back to 0 RPM" would be wrong: a fan may stand still once its card is cool.
//! Deliberately not here: every other end (`words`).

use super::notice::{Notice, NoticePhase};
use super::words::{Names, amount, subject};
use super::{Ending, words};
use crate::metrics::{Metric, Unit};
use crate::model::rule::{Rule, Watched, When};
use crate::{format, say};

/// The news: "GPU at 52 °C, the fan may rest".
pub(super) fn title(notice: &Notice, asked: Option<f64>, names: Names<'_>) -> String {
    let Notice { rule, source, value, .. } = notice;
    let is_fan = matches!(rule.watched, Watched::Metric { metric: Metric::GpuFanSpeed | Metric::HwmonFan, .. });
    let subject = subject(source, names);
    let temperature = asked.zip(condition(rule)).filter(|(_, metric)| metric.definition().unit == Unit::Celsius);
    if let Some((celsius, metric)) = temperature.filter(|_| is_fan) {
        let temperature = format::value(metric, celsius);
        return say!("{gpu} at {temperature}, the fan may rest", gpu = subject, temperature);
    }
    let (what, why) = (words::what(rule, source, names), why(notice, asked));
    match value.map(|value| amount(rule, value)) {
        Some(value) if rule.is_margin() => say!("{what} {value} does not matter any more: {why}", what, value, why),
        Some(value) => say!("{what} at {value} does not matter any more: {why}", what, value, why),
        None => say!("{what} does not matter any more: {why}", what, why),
    }
}

/// Why, in a sentence, for the text below the news.
pub(super) fn body(notice: &Notice) -> Option<String> {
    let NoticePhase::Cleared { ending: Ending::Disarmed(asked), .. } = notice.phase else { return None };
    let because = say!("It ended because {why}.", why = why(notice, asked));
    let last = notice.value.map(|value| say!("It was last at {value}.", value = amount(&notice.rule, value)));
    Some(std::iter::once(because).chain(last).collect::<Vec<_>>().join(" "))
}

fn why(notice: &Notice, asked: Option<f64>) -> String {
    let rule = &notice.rule;
    match (&rule.when, asked) {
        // Where both could be it, the other condition is named: the hours end by themselves.
        (Some(When::Metric(metric, past)), Some(value)) if !past.met(value) => {
            say!("{metric} is at {value}", metric = metric.key(), value = format::value(*metric, value))
        }
        (Some(When::Metric(metric, _)), None) => say!("{metric} is not read any more", metric = metric.key()),
        (Some(When::Away), _) if rule.hours.is_none() => say!("somebody is there again").to_owned(),
        (Some(When::Away), _) => say!("somebody is there again, or the hours of the rule are over").to_owned(),
        _ => say!("the hours of the rule are over").to_owned(),
    }
}

fn condition(rule: &Rule) -> Option<Metric> {
    match &rule.when {
        Some(When::Metric(metric, _)) => Some(*metric),
        Some(When::Away) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::alerts::Detail;
    use crate::language::{self, Language};
    use crate::model::expectation::Hours;
    use crate::model::rule::{Side, Threshold};
    use crate::model::{Source, SourceKind};

    #[test]
    fn an_end_without_a_value_that_is_back_says_why_it_is_one() {
        #[track_caller]
        fn check(rule: Rule, value: f64, asked: Option<f64>, title: &str, body: &str) {
            let ending = Ending::Disarmed(asked);
            let notice = Notice {
                rule: Arc::new(rule),
                source: Source::whole(SourceKind::Gpu, "gpu:1", "GPU"),
                who: None,
                value: Some(value),
                phase: NoticePhase::Cleared { ending, lasted: Duration::from_secs(420), peak: Some(value) },
                since: 0,
                detail: Detail::default(),
                text: None,
                because: None,
                flutters: None,
                notify: true,
            };
            assert_eq!(words::title(&notice, &words::plain), title);
            assert!(words::body(&notice, &words::plain).starts_with(body), "{}", words::body(&notice, &words::plain));
        }
        let fan = Watched::Metric { metric: Metric::GpuFanSpeed, of: None };
        let hot = Some(When::Metric(Metric::GpuTemperature, Threshold { side: Side::Above, limit: 75.0 }));
        let rule = Rule { when: hot, ..Rule::bare(fan, [1.0, 2.0]) };
        let body = "It ended because gpu.temperature is at 52 °C. It was last at 0 RPM.";
        check(rule.clone(), 0.0, Some(52.0), "GPU at 52 °C, the fan may rest", body);
        let body = "Der Alarm ist vorbei, denn gpu.temperature liegt bei 52 °C. Letzter Wert: 0 RPM.";
        language::within(Language::German, || {
            check(rule.clone(), 0.0, Some(52.0), "GPU bei 52 °C, der Lüfter darf ruhen", body);
        });
        let title = "GPU fan at 0 RPM does not matter any more: gpu.temperature is not read any more";
        check(rule.clone(), 0.0, None, title, "It ended because gpu.temperature is not read any more.");
        let hours = Some(Hours { from: 22 * 60, until: 7 * 60 });
        let title = "GPU fan at 0 RPM does not matter any more: the hours of the rule are over";
        check(Rule { when: None, hours, ..rule.clone() }, 0.0, None, title, "It ended because the hours");
        let busy = Watched::Metric { metric: Metric::GpuUtilization, of: None };
        let away = Rule { when: Some(When::Away), ..Rule::bare(busy, [30.0, 10.0]) };
        let title = "GPU busy at 97 % does not matter any more: somebody is there again";
        check(away, 97.0, None, title, "It ended because somebody is there again.");
    }
}
