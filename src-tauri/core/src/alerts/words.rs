//! The sentences about alerts: what, value, how long.
//!
//! Titles carry the news, because many desktops hide the body. Names come from outside, so whoever wants a sentence says
//! how a name is to be written where it will stand. Deliberately not here: who is told, and when.

use std::time::Duration;

use super::notice::{ActiveAlert, Detail, Ending, Notice, NoticePhase, Who};
use super::{disarmed, recovering, uses};
use crate::format;
use crate::metrics::{Metric, Unit};
use crate::model::rule::{Aggregate, Rule, Side, Watched};
use crate::model::{EventKind, Source, SourceKind};
use crate::untrusted::Untrusted;

/// How a name is written.
pub type Names<'a> = &'a dyn Fn(&Untrusted) -> String;

/// Names as they are, for a sentence that is written down by somebody else.
pub fn plain(name: &Untrusted) -> String {
    name.json().into_owned()
}

/// What a person calls a source in a sentence.
pub fn subject(source: &Source, names: Names<'_>) -> String {
    match source.kind {
        SourceKind::Cpu => "CPU".to_owned(),
        SourceKind::Memory => "Memory".to_owned(),
        SourceKind::Recorder => "Hoofbeat".to_owned(),
        _ if source.label.is_empty() => names(&Untrusted::from(source.id.as_str())),
        _ => names(&source.label),
    }
}

/// A value of a rule, with its unit.
pub fn quantity(rule: &Rule, value: f64) -> String {
    match (&rule.watched, rule.window.map(|window| window.aggregate)) {
        (Watched::Metric { .. }, Some(Aggregate::Full)) => format::duration(Duration::from_secs_f64(value.max(0.0))),
        (Watched::Metric { of: Some(_), .. }, _) => format::quantity(value, Unit::Percent),
        (Watched::Metric { metric, .. }, Some(Aggregate::Rate)) => format!("{}/s", format::value(*metric, value)),
        (Watched::Metric { metric, .. }, _) => format::value(*metric, value),
        _ => format::quantity(value, Unit::Number),
    }
}

/// The unit of a rule's values and limits; `None` where they only count.
pub fn unit(rule: &Rule) -> Option<String> {
    let unit = match (&rule.watched, rule.window.map(|window| window.aggregate)) {
        (Watched::Metric { .. }, Some(Aggregate::Full)) => Unit::Second.symbol().to_owned(),
        (Watched::Metric { of: Some(_), .. }, _) => Unit::Percent.symbol().to_owned(),
        (Watched::Metric { metric, .. }, Some(Aggregate::Rate)) => format!("{}/s", metric.definition().unit.symbol()),
        (Watched::Metric { metric, .. }, _) => metric.definition().unit.symbol().to_owned(),
        _ => String::new(),
    };
    Some(unit).filter(|unit| !unit.is_empty())
}

/// The news of a notice: "CPU at 96 °C for 2 min", "CPU back to 64 °C after 7 min".
pub fn title(notice: &Notice, names: Names<'_>) -> String {
    let long = |time: Duration| Some(time).filter(|time| time.as_secs() > 0).map(format::duration);
    let Notice { rule, source, who, value, detail, .. } = notice;
    match notice.phase {
        NoticePhase::Fired => {
            // What happened has happened, and a forecast is of the time to come.
            let full = rule.window.is_some_and(|window| window.aggregate == Aggregate::Full);
            let held = long(rule.hold).filter(|_| !full && !matches!(rule.watched, Watched::Event { .. }));
            let held = held.map(|held| format!(" for {held}")).unwrap_or_default();
            let said = news(rule, source, who.as_ref(), *value, detail, names);
            // Not "is lost: it fell off the bus for 1 min".
            let reason = detail.reason.as_deref().filter(|_| matches!(rule.watched, Watched::Health(_)));
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            match said.strip_suffix(&reason) {
                Some(said) => format!("{said}{held}{reason}"),
                None => format!("{said}{held}"),
            }
        }
        NoticePhase::Again { lasted } => {
            let lasted = long(lasted).map(|lasted| format!(" for {lasted}")).unwrap_or_default();
            format!("Still {}{lasted}", news(rule, source, who.as_ref(), *value, detail, names))
        }
        NoticePhase::Cleared { ending, lasted, .. } => {
            let after = long(lasted).map(|lasted| format!(" after {lasted}")).unwrap_or_default();
            let what = what(rule, source, names);
            match (ending, value, &rule.watched) {
                (Ending::RuleChanged, ..) => format!("{what} is no longer watched as before"),
                (Ending::Unread, ..) => format!("{what} was not read any more"),
                (Ending::Passed, ..) => format!("{what}: nothing more{after}"),
                (Ending::UseOver | Ending::Expected, ..) => uses::over(notice, ending, &what, &after, names),
                (Ending::Disarmed(asked), ..) => disarmed::title(notice, asked, names),
                (Ending::Read, _, Watched::Health(_)) => format!("{what} is there again{after}"),
                (Ending::Read, _, Watched::Verdict(_)) => format!("{what} is back to normal{after}"),
                (Ending::Read, Some(value), _) => format!("{what} back to {}{after}", quantity(rule, *value)),
                (Ending::Read, None, _) => format!("{what} was not read any more"),
            }
        }
    }
}

/// What an alert that fires now is about: "CPU at 96 °C"; of one that recovers, "CPU 64 °C, was 96 °C".
pub fn firing(alert: &ActiveAlert, names: Names<'_>) -> String {
    if let Some(said) = recovering::sentence(alert, names).filter(|_| alert.is_recovering) {
        return said;
    }
    let said = news(&alert.rule, &alert.source, alert.who.as_ref(), alert.value, &alert.detail, names);
    if alert.is_silent { format!("{said} when it was last read") } else { said }
}

/// What fired.
pub fn news(
    rule: &Rule,
    source: &Source,
    who: Option<&Who>,
    value: Option<f64>,
    detail: &Detail,
    names: Names<'_>,
) -> String {
    let what = what(rule, source, names);
    match &rule.watched {
        Watched::Event { kind, .. } => event(*kind, &what, who, value, detail, names),
        Watched::Health(health) => match &detail.reason {
            Some(reason) if !reason.is_empty() => format!("{what} is {}: {reason}", health.word()),
            _ => format!("{what} is {}", health.word()),
        },
        Watched::Verdict(word) => format!("{what} {}", state(word)),
        Watched::Metric { metric, of } => {
            let full = rule.window.is_some_and(|window| window.aggregate == Aggregate::Full);
            let Some(value) = value else {
                let past = quantity(rule, rule.fire.limit);
                // A silence, or the last value is not known any more.
                return format!("{what} past {past}");
            };
            let number = quantity(rule, value);
            match metric {
                _ if full => format!("{what} full in {number} if it goes on like this"),
                // The margin says nothing to whom who does not know the limit.
                Metric::GpuMargin if value <= 0.0 => format!("{what} as hot as it may be"),
                Metric::GpuMargin => format!("{what} within {number} of its slowdown"),
                Metric::MemoryPressure => format!("Tasks wait for memory {number} of the time"),
                Metric::CpuPressure => format!("Tasks wait for a CPU {number} of the time"),
                Metric::GpuFanSpeed if value < 1.0 => format!("{what} stands still"),
                _ if of.is_some() => format!("{what} {number} full"),
                _ => format!("{what} at {number}"),
            }
        }
    }
}

fn event(
    kind: EventKind,
    what: &str,
    who: Option<&Who>,
    count: Option<f64>,
    detail: &Detail,
    names: Names<'_>,
) -> String {
    let told = |key: &str| detail.event.as_ref().and_then(|event| event.get(key)?.as_str().map(Untrusted::from));
    let name = || who.map_or_else(|| "somebody".to_owned(), |who| names(&who.name));
    match kind {
        EventKind::Xid => {
            let code = detail.event.as_ref().and_then(|event| event.get("code")?.as_i64());
            let code = code.map(|code| format!(" {code}")).unwrap_or_default();
            let meaning = told("meaning").map(|meaning| format!(": {}", names(&meaning))).unwrap_or_default();
            format!("{what} reports error{code}{meaning}")
        }
        EventKind::UnexpectedUse => uses::begun(detail, &name(), what),
        EventKind::GpuWoke => {
            let count = count.map(|count| format::quantity(count, Unit::Number)).unwrap_or_default();
            format!("{what} was woken {count} times")
        }
        _ => format!("{what}: {}", event_word(kind)),
    }
}

/// What a kind of event is called: "gpu woke".
fn event_word(kind: EventKind) -> String {
    kind.word().replace('_', " ")
}

/// What is said of a GPU in this state.
fn state(word: &str) -> &'static str {
    match word {
        "throttled" => "held back",
        "idle-expensive" => "idle at much power",
        "hot-idle" => "hot without work",
        "unattributed" => "busy, and nobody sees for whom",
        "driver" => "does something that its driver does not tell",
        "lost" => "gone",
        "asleep" => "asleep",
        "idle" => "idle",
        _ => "busy",
    }
}

/// What else there is to say: who and why, then limit and rule.
pub fn body(notice: &Notice, names: Names<'_>) -> String {
    let Notice { rule, detail, .. } = notice;
    let number = |value| quantity(rule, value);
    let id = names(&Untrusted::from(rule.id.as_str()));
    let mut lines: Vec<String> = Vec::new();
    lines.extend(notice.text.as_deref().map(ended));
    // Who wants to be told that in words of their own is not told it twice.
    let is_said = notice.text.is_some() && rule.text.as_deref().is_some_and(|text| text.contains("{who}"));
    let because = notice.because.as_ref().filter(|_| !is_said);
    lines.extend(because.map(|because| format!("{}.", names(because))));
    let has_limit = rule.metric().is_some() || matches!(rule.watched, Watched::Metric { .. });
    match notice.phase {
        NoticePhase::Fired | NoticePhase::Again { .. } => {
            if let Some(lasting) = notice.flutters {
                lines
                    .push(format!("It comes and goes; it is over when it is quiet for {}.", format::duration(lasting)));
            }
            lines.extend(share(detail));
            lines.push(match has_limit {
                true => format!("The limit of rule {id} is {}.", number(rule.fire.limit)),
                false => format!("Rule {id}."),
            });
        }
        NoticePhase::Cleared { ending, peak, .. } => {
            let why = match ending {
                Ending::Read | Ending::Passed | Ending::UseOver | Ending::Expected => None,
                Ending::Disarmed(_) => disarmed::body(notice),
                Ending::Unread => {
                    Some("There was no reading for a day, so nobody knows whether it is back to normal.".to_owned())
                }
                Ending::RuleChanged => {
                    Some("The rule was changed or removed, so nobody knows whether it is back to normal.".to_owned())
                }
            };
            let extreme = match rule.fire.side {
                Side::Above => "highest",
                Side::Below => "lowest",
            };
            lines.extend(why);
            let is = if ending == Ending::RuleChanged { "was" } else { "is" };
            lines.push(match (has_limit, peak) {
                (true, Some(peak)) => format!(
                    "The {extreme} was {}; the limit of rule {id} {is} {}.",
                    number(peak),
                    number(rule.fire.limit)
                ),
                (true, None) => format!("The limit of rule {id} {is} {}.", number(rule.fire.limit)),
                (false, _) => format!("Rule {id}."),
            });
        }
    }
    lines.join(" ")
}

/// A person's words as a sentence, which another one follows.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with(['.', '!', '?', '…', ':']) { text.to_owned() } else { format!("{text}.") }
}

/// How long it is past the limit: when it is told first, as long as the rule asks for.
fn lasting(notice: &Notice) -> Duration {
    match notice.phase {
        NoticePhase::Fired => notice.rule.hold,
        NoticePhase::Again { lasted } | NoticePhase::Cleared { lasted, .. } => lasted,
    }
}

/// How much of a GPU an event names.
fn share(detail: &Detail) -> Option<String> {
    let event = detail.event.as_ref()?;
    let value = |key: &str, metric| Some(format::value(metric, event.get(key)?.as_f64()?));
    let parts = [value("share", Metric::GpuUtilization), value("vram", Metric::GpuMemoryUsed)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("It has {} of the GPU.", parts.join(" and ")))
}

/// A source with what the rule measures there, as short as is clear: a temperature needs no word, "CPU busy" says CPU
/// already.
pub(super) fn what(rule: &Rule, source: &Source, names: Names<'_>) -> String {
    let subject = subject(source, names);
    let Watched::Metric { metric, of } = &rule.watched else { return subject };
    let line = metric.definition();
    if line.unit == Unit::Celsius {
        return subject;
    }
    let label = match (metric, of) {
        (Metric::DiskUsed, Some(_)) => return subject,
        (Metric::GpuMemoryUsed, Some(_)) => "memory",
        // An explanation in brackets is for tables, not for sentences.
        _ => line.label.split(" (").next().unwrap_or(line.label),
    };
    if label.to_lowercase().starts_with(&subject.to_lowercase()) {
        label.to_owned()
    } else {
        format!("{subject}: {}", lower_first(label))
    }
}

/// The first letter small, unless the word is an abbreviation.
pub(super) fn lower_first(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(chars).collect()
        }
        _ => label.to_owned(),
    }
}

/// A person's own words with what is known filled in; what is not known leaves a dash.
pub fn filled(text: &str, notice: &Notice, value_of: impl Fn(Metric) -> Option<f64>, names: Names<'_>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((place, after)) = after.split_once('}') else { break };
        let rule = &notice.rule;
        let known = match place {
            "source" => Some(subject(&notice.source, names)),
            "value" => notice.value.map(|value| quantity(rule, value)),
            "limit" => Some(quantity(rule, rule.fire.limit)),
            "for" => Some(format::duration(lasting(notice))),
            "hold" => Some(format::duration(rule.hold)),
            "who" => notice.who.as_ref().map(|who| names(&who.name)).or(notice.because.as_ref().map(names)),
            key => Metric::from_key(key).and_then(|metric| Some(format::value(metric, value_of(metric)?))),
        };
        out.push_str(known.as_deref().unwrap_or("–"));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
