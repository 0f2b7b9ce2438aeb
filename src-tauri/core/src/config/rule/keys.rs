//! The values of a rule's keys, each by itself.
//!
//! Deliberately not here: what they are together (`rule`).

use std::time::Duration;

use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use toml::de::DeValue;

use crate::config::typed::name;
use crate::config::values::{self, Measure, Problem};
use crate::metrics::{Metric, nearest};
use crate::model::rule::{Aggregate, NoData, Severity, Watched, When, Window};
use crate::model::{EventKind, Health, STATES};
use crate::say;

/// No window is longer than this.
const LONGEST_WINDOW: Duration = Duration::from_secs(7 * 86_400);

pub(super) fn metric(text: &str) -> Result<Metric, Problem> {
    Metric::from_key(text).ok_or_else(|| {
        Problem::new(
            say!("there is no metric {metric}", metric = format_args!("{text:?}")),
            say!("the nearest are {near}", near = Metric::nearest_keys(text).join(", ")),
        )
    })
}

/// `"xid"`, `"xid/79"`.
pub(super) fn event(text: &str) -> Result<Watched, Problem> {
    let (kind, what) = text.split_once('/').map_or((text, None), |(kind, what)| (kind, Some(what)));
    let known = EventKind::deserialize(StrDeserializer::<Error>::new(kind));
    let kind = known.ok().filter(|kind| !kind.is_of_alerts()).ok_or_else(|| {
        let words: Vec<String> =
            EventKind::ALL.iter().filter(|one| !one.is_of_alerts()).map(|one| one.word()).collect();
        let near = nearest(kind, words.iter().map(String::as_str)).join(", ");
        Problem::new(
            say!("there is no event {event} for a rule", event = format_args!("{kind:?}")),
            say!("the nearest are {near}; the rest are {rest}", near, rest = rest(&words, &near)),
        )
    })?;
    Ok(Watched::Event { kind, what: what.map(str::to_owned) })
}

/// What is not told yet.
fn rest(words: &[String], told: &str) -> String {
    let left: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| told.split(", ").all(|one| one != *word)).collect();
    left.join(", ")
}

pub(super) fn health(text: &str) -> Result<Watched, Problem> {
    let words: Vec<&str> = Health::WORDS.iter().map(|(_, word)| *word).collect();
    let known = Health::from_word(text).map(Watched::Health);
    known.ok_or_else(|| {
        Problem::new(
            say!("no source has the health {health}", health = format_args!("{text:?}")),
            say!("write one of {words}", words = words.join(", ")),
        )
    })
}

pub(super) fn verdict(text: &str) -> Result<Watched, Problem> {
    let known = STATES.contains(&text).then(|| Watched::Verdict(text.to_owned()));
    known.ok_or_else(|| {
        Problem::new(
            say!("there is no verdict {verdict}", verdict = format_args!("{text:?}")),
            say!("write one of {words}", words = STATES.join(", ")),
        )
    })
}

/// `"avg:10m"`.
pub(super) fn aggregate(text: &str) -> Result<Window, Problem> {
    let words: Vec<&str> = Aggregate::WORDS.iter().map(|(_, word)| *word).collect();
    let bad = || {
        Problem::new(
            say!("{text} is not an aggregate over a time", text = format_args!("{text:?}")),
            say!("write one of {words} and a time: \"avg:10m\"", words = words.join(", ")),
        )
    };
    let (word, over) = text.split_once(':').ok_or_else(bad)?;
    let (aggregate, _) = Aggregate::WORDS.iter().find(|(_, known)| *known == word).ok_or_else(bad)?;
    let over = values::duration(over)?;
    if over < Duration::from_secs(10) || over > LONGEST_WINDOW {
        return Err(Problem::new(
            say!("{text} is too short or too long a time", text = format_args!("{text:?}")),
            say!("write a time from \"10s\" to \"7d\""),
        ));
    }
    Ok(Window { aggregate: *aggregate, over })
}

/// `"away"`, `"gpu.temperature > 75"`.
pub(super) fn when(text: &str) -> Result<When, Problem> {
    if text == "away" {
        return Ok(When::Away);
    }
    let Some(at) = text.find(['<', '>']) else {
        let remedy = say!("write \"away\", or a metric with a limit: \"gpu.temperature > 75\"");
        return Err(Problem::new(say!("{text} is not a condition", text = format_args!("{text:?}")), remedy));
    };
    let metric = metric(text[..at].trim())?;
    Ok(When::Metric(metric, values::threshold(&text[at..], &Measure::metric(metric))?))
}

pub(super) fn repeat(text: &str) -> Result<Duration, Problem> {
    let every = values::duration(text)?;
    if every < Duration::from_secs(60) {
        return Err(Problem::new(
            say!("{text} is too often", text = format_args!("{text:?}")),
            say!("write \"1m\" or more"),
        ));
    }
    Ok(every)
}

pub(super) fn no_data(text: &str) -> Result<NoData, Problem> {
    let known = NoData::WORDS.iter().find(|(_, word)| *word == text).map(|(policy, _)| *policy);
    known.ok_or_else(|| {
        Problem::new(
            say!("nodata cannot be {text}", text = format_args!("{text:?}")),
            say!("write \"hold\", \"fire\" or \"clear\""),
        )
    })
}

pub(super) fn ids(value: &DeValue<'_>) -> Result<Vec<String>, Problem> {
    let bad = || Problem::new(say!("this is not a list of ids"), say!("write inhibit_by = [\"gpu-lost\"]"));
    let list = value.as_array().ok_or_else(bad)?;
    list.iter().map(|item| item.get_ref().as_str().ok_or_else(bad).and_then(name)).collect()
}

pub(in crate::config) fn severity(text: &str) -> Result<Severity, Problem> {
    match text {
        "info" => Ok(Severity::Info),
        "warning" => Ok(Severity::Warning),
        "critical" => Ok(Severity::Critical),
        _ => Err(Problem::new(
            say!("there is no severity {severity}", severity = format_args!("{text:?}")),
            say!("write \"info\", \"warning\" or \"critical\""),
        )),
    }
}

/// Words of a person, with places for what is known only then.
pub(super) fn text(text: &str) -> Result<String, Problem> {
    const LONGEST: usize = 400;
    const PLACES: [&str; 6] = ["source", "value", "limit", "for", "hold", "who"];
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return Err(Problem::new(
            say!("this text is empty or too long"),
            say!("write up to {most} characters", most = LONGEST),
        ));
    }
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else {
            return Err(Problem::new(
                say!("a {open} has no {close}", open = "{", close = "}"),
                say!("close it: \"{value}\""),
            ));
        };
        let place = &rest[open + 1..close];
        if !PLACES.contains(&place) && Metric::from_key(place).is_none() {
            let known = PLACES.map(|place| format!("{{{place}}}")).join(", ");
            return Err(Problem::new(
                say!("there is no place {place}", place = format_args!("{{{place}}}")),
                say!("write {known}, or the key of a metric: {key}", known, key = "{gpu.fan.percent}"),
            ));
        }
        rest = &rest[close + 1..];
    }
    Ok(text.to_owned())
}
