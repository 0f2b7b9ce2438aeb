//! The sentences about alerts: what, value, how long.
//!
//! Titles carry the news, because many desktops hide the body. Names come from outside, so whoever wants a sentence says
//! how a name is to be written where it will stand. Deliberately not here: who is told, and when.

use std::time::Duration;

use super::notice::{ActiveAlert, Detail, Ending, Notice, NoticePhase, Who};
use super::{disarmed, recovering, uses};
use crate::language::{self, Language};
use crate::metrics::{Metric, Unit};
use crate::model::rule::{Aggregate, NEVER_FULL, Rule, Side, Watched, When};
use crate::model::{EventKind, Health, Source, SourceKind};
use crate::untrusted::Untrusted;
use crate::{format, say};

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
        SourceKind::Memory => say!("Memory").to_owned(),
        SourceKind::Recorder => "Hoofbeat".to_owned(),
        _ if source.label.is_empty() => names(&Untrusted::from(source.id.as_str())),
        _ => names(&source.label),
    }
}

/// A value of a rule, with its unit.
pub fn quantity(rule: &Rule, value: f64) -> String {
    match (&rule.watched, rule.window.map(|window| window.aggregate)) {
        (Watched::Metric { .. }, Some(Aggregate::Full)) if value >= NEVER_FULL => say!("never").to_owned(),
        (Watched::Metric { .. }, Some(Aggregate::Full)) => format::span(value),
        (Watched::Metric { of: Some(_), .. }, _) => format::quantity(value, Unit::Percent),
        (Watched::Metric { metric, .. }, Some(Aggregate::Rate)) => format!("{}/s", format::value(*metric, value)),
        (Watched::Metric { metric, .. }, _) => format::value(*metric, value),
        _ => format::quantity(value, Unit::Number),
    }
}

/// The same where nothing around it says what the degrees of a margin are degrees of.
pub(super) fn amount(rule: &Rule, value: f64) -> String {
    let number = quantity(rule, value);
    if rule.is_margin() { say!("{margin} from its slowdown", margin = number) } else { number }
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
    let Notice { rule, source, who, value, detail, .. } = notice;
    match notice.phase {
        NoticePhase::Fired => {
            // What happened has happened, and a forecast is of the time to come.
            let held =
                Some(rule.hold).filter(|_| !rule.is_forecast() && !matches!(rule.watched, Watched::Event { .. }));
            // Not "is lost: it fell off the bus for 1 min".
            let (said, reason) = parted(rule, source, who.as_ref(), *value, detail, names);
            joined(lasting_for(said, held.unwrap_or_default()), reason)
        }
        NoticePhase::Again { lasted } => {
            let news = news(rule, source, who.as_ref(), *value, detail, names);
            lasting_for(say!("Still {news}", news), lasted)
        }
        NoticePhase::Cleared { ending, lasted, .. } => {
            let what = what(rule, source, names);
            let over = match (ending, value, &rule.watched) {
                (Ending::RuleChanged, ..) => return say!("{what} is no longer watched as before", what),
                (Ending::Unread, ..) | (Ending::Read, None, Watched::Metric { .. } | Watched::Event { .. }) => {
                    return say!("{what} was not read any more", what);
                }
                (Ending::Disarmed(asked), ..) => return disarmed::title(notice, asked, names),
                (Ending::Expected, ..) => return uses::expected(notice, &what, names),
                (Ending::Passed, ..) => say!("{what}: nothing more", what),
                (Ending::UseOver, ..) => uses::over(notice, &what, names),
                (Ending::Read, _, Watched::Health(of)) => mended(*of, what),
                (Ending::Read, _, Watched::Verdict(_)) => say!("{what} is back to normal", what),
                (Ending::Read, Some(value), _) if rule.is_forecast() && *value >= NEVER_FULL => {
                    say!("{what} no longer fills up", what)
                }
                (Ending::Read, Some(value), _) if rule.is_forecast() => {
                    let time = quantity(rule, *value);
                    let over = lasted_for(say!("{what} fills up more slowly", what), lasted);
                    return joined(over, Some(&say!("full in {time} if it goes on like this", time)));
                }
                (Ending::Read, Some(value), _) => say!("{what} back to {value}", what, value = amount(rule, *value)),
            };
            lasted_for(over, lasted)
        }
    }
}

/// A time that is worth a word.
fn long(time: Duration) -> Option<String> {
    Some(time).filter(|time| time.as_secs() > 0).map(format::duration)
}

/// News that are so for this long already.
fn lasting_for(news: String, lasted: Duration) -> String {
    match long(lasted) {
        Some(time) => say!("{news} for {time}", news, time),
        None => news,
    }
}

/// News that something is over which was so for this long.
fn lasted_for(news: String, lasted: Duration) -> String {
    match long(lasted) {
        Some(time) => say!("{news} after {time}", news, time),
        None => news,
    }
}

/// What an alert that fires now is about: "CPU at 96 °C"; of one that recovers, "CPU 64 °C, was 96 °C".
pub fn firing(alert: &ActiveAlert, names: Names<'_>) -> String {
    if let Some(said) = recovering::sentence(alert, names).filter(|_| alert.is_recovering) {
        return said;
    }
    let news = news(&alert.rule, &alert.source, alert.who.as_ref(), alert.value, &alert.detail, names);
    if alert.is_silent { say!("{news} when it was last read", news) } else { news }
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
    let (said, reason) = parted(rule, source, who, value, detail, names);
    joined(said, reason)
}

fn joined(said: String, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{said}: {reason}"),
        None => said,
    }
}

/// What fired, and the reason that comes behind all that is said of it.
fn parted<'a>(
    rule: &Rule,
    source: &Source,
    who: Option<&Who>,
    value: Option<f64>,
    detail: &'a Detail,
    names: Names<'_>,
) -> (String, Option<&'a str>) {
    let what = what(rule, source, names);
    let said = match &rule.watched {
        Watched::Event { kind: EventKind::GpuWoke, .. } => woken(rule, what, value),
        Watched::Event { kind, .. } => event(*kind, what, who, detail, names),
        Watched::Health(of) => {
            let reason = detail.reason.as_deref().filter(|reason| !reason.is_empty());
            return (health(*of, what), reason.map(language::said));
        }
        Watched::Verdict(word) => state(word, what),
        Watched::Metric { metric: Metric::GpuUtilization | Metric::CpuUtilization, of: None }
            if rule.when == Some(When::Away) && rule.metric().is_some() =>
        {
            // What is asked once somebody is back.
            let share = quantity(rule, value.unwrap_or(rule.fire.limit));
            say!("{what} {share} busy while nobody was there", what = subject(source, names), share)
        }
        Watched::Metric { metric, of } => match value {
            Some(value) => reading(rule, *metric, value, what, of.is_some()),
            // A silence, or the last value is not known any more.
            None if rule.is_margin() => within(what, quantity(rule, rule.fire.limit)),
            None => say!("{what} past {limit}", what, limit = quantity(rule, rule.fire.limit)),
        },
    };
    (said, None)
}

/// That a reading is past its limit. `part`: in percent of another one.
pub(super) fn reading(rule: &Rule, metric: Metric, value: f64, what: String, part: bool) -> String {
    let number = quantity(rule, value);
    match metric {
        _ if rule.is_forecast() && value >= NEVER_FULL => say!("{what} does not fill up", what),
        _ if rule.is_forecast() => say!("{what} full in {time} if it goes on like this", what, time = number),
        // The margin says nothing to whom who does not know the limit.
        Metric::GpuMargin if value <= 0.0 => say!("{what} as hot as it may be", what),
        Metric::GpuMargin => within(what, number),
        Metric::MemoryPressure => say!("Tasks wait for memory {share} of the time", share = number),
        Metric::CpuPressure => say!("Tasks wait for a CPU {share} of the time", share = number),
        Metric::GpuFanSpeed if value < 1.0 => say!("{what} stands still", what),
        _ if part => say!("{what} {share} full", what, share = number),
        _ => say!("{what} at {value}", what, value = number),
    }
}

/// That a GPU is so close to the point at which it slows itself down.
fn within(what: String, margin: String) -> String {
    say!("{what} within {margin} of its slowdown", what, margin)
}

/// That a GPU was woken so often.
fn woken(rule: &Rule, gpu: String, count: Option<f64>) -> String {
    let count = count.map(|count| format::quantity(count, Unit::Number)).unwrap_or_default();
    match rule.window {
        Some(window) => {
            say!("{what} was woken {count} times in {time}", what = gpu, count, time = format::duration(window.over))
        }
        None => say!("{what} was woken {count} times", what = gpu, count),
    }
}

fn event(kind: EventKind, what: String, who: Option<&Who>, detail: &Detail, names: Names<'_>) -> String {
    let told = |key: &str| detail.event.as_ref().and_then(|event| event.get(key)?.as_str().map(Untrusted::from));
    let name = || who.map_or_else(|| say!("somebody").to_owned(), |who| names(&who.name));
    match kind {
        EventKind::Xid => {
            let code = detail.event.as_ref().and_then(|event| event.get("code")?.as_i64());
            let said = match code {
                Some(code) => say!("{what} reports error {code}", what, code),
                None => say!("{what} reports error", what),
            };
            let meaning = told("meaning").map(|meaning| names(&Untrusted::from(language::said(&meaning.json()))));
            joined(said, meaning.as_deref())
        }
        EventKind::UnexpectedUse => uses::begun(detail, name(), what),
        _ => joined(what, Some(event_word(kind))),
    }
}

/// What a kind of event is called: "driver error".
fn event_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::RecorderStarted => say!("recorder started"),
        EventKind::RecorderStopped => say!("recorder stopped"),
        EventKind::Paused => say!("paused"),
        EventKind::Resumed => say!("resumed"),
        EventKind::ClockStep => say!("clock step"),
        EventKind::Suspend => say!("suspend"),
        EventKind::AlertFired => say!("alert fired"),
        EventKind::AlertCleared => say!("alert cleared"),
        EventKind::StoreFailed => say!("store failed"),
        EventKind::StoreRecovered => say!("store recovered"),
        EventKind::DatabaseSetAside => say!("database set aside"),
        EventKind::GpuWoke => say!("woke up"),
        EventKind::GpuSlept => say!("fell asleep"),
        EventKind::GpuKeptAwake => say!("kept awake"),
        EventKind::UnexpectedUse => say!("unexpected use"),
        EventKind::Xid => say!("driver error"),
        EventKind::Presence => say!("presence"),
    }
}

/// How a source is.
fn health(health: Health, what: String) -> String {
    match health {
        Health::Ok => say!("{what} is ok", what),
        Health::Asleep => say!("{what} is asleep", what),
        Health::Lost => say!("{what} is lost", what),
        Health::Denied => say!("{what} may not be read", what),
        Health::Unsupported => say!("{what} is unsupported", what),
        Health::Stale => say!("{what} does not answer", what),
    }
}

/// That a source is not so any more.
fn mended(health: Health, what: String) -> String {
    match health {
        Health::Denied => say!("{what} may be read again", what),
        Health::Stale => say!("{what} answers again", what),
        Health::Ok | Health::Asleep | Health::Lost | Health::Unsupported => say!("{what} is there again", what),
    }
}

/// What is said of a GPU in this state.
fn state(word: &str, gpu: String) -> String {
    match word {
        "throttled" => say!("{gpu} held back", gpu),
        "idle-expensive" => say!("{gpu} idle at much power", gpu),
        "hot-idle" => say!("{gpu} hot without work", gpu),
        "unattributed" => say!("{gpu} busy, and nobody sees for whom", gpu),
        "driver" => say!("{gpu} does something that its driver does not tell", gpu),
        "lost" => say!("{gpu} gone", gpu),
        "asleep" => say!("{gpu} asleep", gpu),
        "idle" => say!("{gpu} idle", gpu),
        _ => say!("{gpu} busy", gpu),
    }
}

/// What else there is to say: who and why, then limit and rule.
pub fn body(notice: &Notice, names: Names<'_>) -> String {
    let Notice { rule, detail, .. } = notice;
    let number = |value| amount(rule, value);
    let id = names(&Untrusted::from(rule.id.as_str()));
    let mut lines: Vec<String> = Vec::new();
    lines.extend(notice.text.as_deref().map(ended));
    // Who wants to be told that in words of their own is not told it twice.
    let is_said = notice.text.is_some() && rule.text.as_deref().is_some_and(|text| text.contains("{who}"));
    let because = notice.because.as_ref().filter(|_| !is_said);
    lines.extend(because.map(|because| format!("{}.", names(because))));
    let has_limit = rule.metric().is_some() || matches!(rule.watched, Watched::Metric { .. });
    let limit = || number(rule.fire.limit);
    match notice.phase {
        NoticePhase::Fired | NoticePhase::Again { .. } => {
            if let Some(lasting) = notice.flutters {
                let time = format::duration(lasting);
                lines.push(say!("It comes and goes; it is over when it is quiet for {time}.", time));
            }
            lines.extend(share(detail));
            lines.push(match has_limit {
                true => say!("The limit of rule {rule} is {limit}.", rule = id, limit = limit()),
                false => say!("Rule {rule}.", rule = id),
            });
        }
        NoticePhase::Cleared { ending, peak, .. } => {
            lines.extend(match ending {
                Ending::Read | Ending::Passed | Ending::UseOver | Ending::Expected => None,
                Ending::Disarmed(_) => disarmed::body(notice),
                Ending::Unread => Some(
                    say!("There was no reading for a day, so nobody knows whether it is back to normal.").to_owned(),
                ),
                Ending::RuleChanged => Some(
                    say!("The rule was changed or removed, so nobody knows whether it is back to normal.").to_owned(),
                ),
            });
            let was = ending == Ending::RuleChanged;
            lines.push(match has_limit {
                true => limited(rule.fire.side, was, peak.map(number), id, limit()),
                false => say!("Rule {rule}.", rule = id),
            });
        }
    }
    lines.join(" ")
}

/// How far it went, and the limit that the rule has, or had before it was changed.
fn limited(side: Side, was: bool, peak: Option<String>, rule: String, limit: String) -> String {
    match (side, was, peak) {
        (Side::Above, false, Some(peak)) => {
            say!("The highest was {peak}; the limit of rule {rule} is {limit}.", peak, rule, limit)
        }
        (Side::Above, true, Some(peak)) => {
            say!("The highest was {peak}; the limit of rule {rule} was {limit}.", peak, rule, limit)
        }
        (Side::Below, false, Some(peak)) => {
            say!("The lowest was {peak}; the limit of rule {rule} is {limit}.", peak, rule, limit)
        }
        (Side::Below, true, Some(peak)) => {
            say!("The lowest was {peak}; the limit of rule {rule} was {limit}.", peak, rule, limit)
        }
        (_, false, None) => say!("The limit of rule {rule} is {limit}.", rule, limit),
        (_, true, None) => say!("The limit of rule {rule} was {limit}.", rule, limit),
    }
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
    match (value("share", Metric::GpuUtilization), value("vram", Metric::GpuMemoryUsed)) {
        (Some(share), Some(memory)) => Some(say!("It has {share} and {memory} of the GPU.", share, memory)),
        (Some(share), None) | (None, Some(share)) => Some(say!("It has {share} of the GPU.", share)),
        (None, None) => None,
    }
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
        (Metric::GpuMemoryUsed, Some(_)) => say!("memory"),
        // An explanation in brackets is for tables, not for sentences.
        _ => label(*metric).split(" (").next().unwrap_or_default(),
    };
    if label.to_lowercase().starts_with(&subject.to_lowercase()) {
        label.to_owned()
    } else {
        format!("{subject}: {}", inside(label))
    }
}

/// What a metric is called.
pub(super) fn label(metric: Metric) -> &'static str {
    language::said(metric.definition().label)
}

/// A label where it does not begin a sentence: in English the first letter is small, unless the word is an abbreviation.
pub(super) fn inside(label: &str) -> String {
    if language::current() == Language::German {
        return label.to_owned();
    }
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
