//! The values of a config file as text: durations, sizes, thresholds.
//!
//! Each reads a person's words and says which forms it knows. Deliberately not here: where in the file they stand.

use std::time::Duration;

use crate::format;
use crate::metrics::{Metric, Unit};
use crate::model::rule::{NEVER_FULL, Side, Threshold};
use crate::say;

/// What is wrong with a value, and what to write instead.
#[derive(Debug, PartialEq)]
pub(super) struct Problem {
    pub reason: String,
    pub remedy: String,
}

impl Problem {
    pub fn new(reason: impl Into<String>, remedy: impl Into<String>) -> Problem {
        Problem { reason: reason.into(), remedy: remedy.into() }
    }
}

/// What a limit is a limit of.
pub(super) struct Measure {
    /// What a person calls it.
    name: &'static str,
    unit: Unit,
    /// The smallest difference that means anything.
    step: f64,
    /// Where it is the value of a metric as it is.
    metric: Option<Metric>,
    /// Whether its limits are written as durations.
    is_time: bool,
    /// The smallest and the largest value that there can be.
    range: (Option<f64>, Option<f64>),
}

impl Measure {
    /// The values of a metric, as they are.
    pub fn metric(metric: Metric) -> Measure {
        let line = metric.definition();
        let (step, range) = (line.scale.step, metric.range());
        Measure { name: line.key, unit: line.unit, step, metric: Some(metric), is_time: false, range }
    }

    /// Something else, in steps.
    pub fn of(name: &'static str, unit: Unit, step: f64) -> Measure {
        Measure { name, unit, step, metric: None, is_time: false, range: (None, None) }
    }

    /// The same, with the smallest and the largest value that there can be.
    pub fn within(self, least: Option<f64>, most: Option<f64>) -> Measure {
        Measure { range: (least, most), ..self }
    }

    /// Whether no value (`false`), or every value (`true`), is past this: such a limit is a slip of the finger.
    fn absurdity(&self, Threshold { side, limit }: Threshold) -> Option<bool> {
        let (least, most) = self.range;
        let (never, always) = match side {
            Side::Above => (most.is_some_and(|most| limit >= most), least.is_some_and(|least| limit < least)),
            Side::Below => (least.is_some_and(|least| limit <= least), most.is_some_and(|most| limit > most)),
        };
        if never { Some(false) } else { always.then_some(true) }
    }

    /// The range in words: "between 0 % and 100 %".
    fn range_words(&self) -> String {
        let number = |value: f64| format::quantity(value, self.unit);
        match self.range {
            (Some(least), Some(most)) => {
                say!("between {least} and {most}", least = number(least), most = number(most))
            }
            (Some(least), None) => say!("at least {least}", least = number(least)),
            (None, Some(most)) => say!("at most {most}", most = number(most)),
            (None, None) => say!("any number").to_owned(),
        }
    }

    /// The time until something is full.
    pub fn time(name: &'static str) -> Measure {
        let range = (Some(0.0), Some(NEVER_FULL));
        Measure { name, unit: Unit::Second, step: 1.0, metric: None, is_time: true, range }
    }
}

/// The unit letters of a duration with their seconds. A year has 365 days.
const TIMES: &[(&str, u64)] =
    &[("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 7 * 86_400), ("y", 365 * 86_400)];

const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1048576.0),
    ("GiB", 1073741824.0),
    ("TiB", 1099511627776.0),
];

const PREFIXES: &[(&str, f64)] = &[("", 1.0), ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9)];

/// `"30s"`, `"2m"`, `"1h"`, `"1h30m"`, `"30d"`.
pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    let bad = || {
        Problem::new(
            say!("{text} is not a duration", text = format_args!("{text:?}")),
            say!(
                "write a whole number and a unit: \"30s\", \"2m\", \"1h\", \"30d\", \"4w\" or \"5y\", or several: \
                 \"1h30m\""
            ),
        )
    };
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    let mut seconds = 0u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let (_, size) = TIMES.iter().find(|(unit, _)| *unit == &rest[..letters]).ok_or_else(bad)?;
        seconds = number.checked_mul(*size).and_then(|more| seconds.checked_add(more)).ok_or_else(bad)?;
        rest = rest[letters..].trim_start();
    }
    Ok(Duration::from_secs(seconds))
}

/// `"512MiB"`, `"2 GiB"`.
pub(super) fn size(text: &str) -> Result<u64, Problem> {
    let bad = || {
        Problem::new(
            say!("{text} is not a size", text = format_args!("{text:?}")),
            say!("write a number and a unit: \"512MiB\", \"2GiB\" or \"500MB\""),
        )
    };
    let (number, unit) = split_number(text).ok_or_else(bad)?;
    let (_, size) = SIZES.iter().find(|(word, _)| *word == unit).ok_or_else(bad)?;
    let bytes = number * size;
    if !(0.0..9e15).contains(&bytes) {
        return Err(bad());
    }
    Ok(bytes as u64)
}

/// `"> 87"`, `"< 200 MiB"`: a comparison with a limit. Without a unit the limit is in the measure's own.
pub(super) fn threshold(text: &str, measure: &Measure) -> Result<Threshold, Problem> {
    let bad_unit = |word: &str| {
        let units = units(measure.unit);
        let remedy = match units.is_empty() {
            true => say!("write the number alone").to_owned(),
            false => say!("write the number alone or with {units}", units = units.join(", ")),
        };
        let reason = say!("{word} is not a unit of {what}", word = format_args!("{word:?}"), what = measure.name);
        Problem::new(reason, remedy)
    };
    let bad = || {
        let remedy = match measure.unit {
            _ if measure.is_time => say!("write > or < and a time: \"< 24h\"").to_owned(),
            Unit::Byte => say!("write > or < and a number: \"> 87\" or \"< 200 MiB\"").to_owned(),
            Unit::Number => say!("write > or < and a number: \"> 87\"").to_owned(),
            unit => say!("write > or < and a number: \"> 87\" or \"> 87 {unit}\"", unit = unit.symbol()),
        };
        let reason = say!("{text} is not a threshold of {what}", text = format_args!("{text:?}"), what = measure.name);
        Problem::new(reason, remedy)
    };
    let text_of_limit = text.trim();
    let (side, limit) = if let Some(limit) = text_of_limit.strip_prefix('>') {
        (Side::Above, limit)
    } else if let Some(limit) = text_of_limit.strip_prefix('<') {
        (Side::Below, limit)
    } else {
        return Err(bad());
    };
    let limit = match measure.is_time {
        true => duration(limit).map_err(|_| bad())?.as_secs_f64(),
        false => {
            let (number, word) = split_number(limit).ok_or_else(bad)?;
            number * unit_factor(word, measure.unit).ok_or_else(|| bad_unit(word))?
        }
    };
    if measure.metric.is_some_and(|metric| metric.to_stored(limit).is_none()) {
        return Err(Problem::new(
            say!("{text} is beyond what {what} can hold", text = format_args!("{text:?}"), what = measure.name),
            say!("write a limit that the metric can reach"),
        ));
    }
    let threshold = Threshold { side, limit };
    if let Some(always) = measure.absurdity(threshold) {
        let (text, what, range) = (format!("{text:?}"), measure.name, measure.range_words());
        let reason = match always {
            true => say!("{text} is always true, because {what} is {range}", text, what, range),
            false => say!("{text} is never true, because {what} is {range}", text, what, range),
        };
        return Err(Problem::new(reason, say!("write a limit that it can be on both sides of")));
    }
    Ok(threshold)
}

/// The units in which a limit may be written.
fn units(unit: Unit) -> Vec<String> {
    let sizes = |behind: &str| SIZES.iter().map(|(word, _)| format!("{word}{behind}")).collect();
    match unit {
        Unit::Byte => sizes(""),
        Unit::BytePerSecond => sizes("/s"),
        Unit::Celsius => vec!["°C".to_owned(), "C".to_owned()],
        Unit::PerSecond => vec!["1/s".to_owned(), "/s".to_owned()],
        Unit::Percent | Unit::Rpm => vec![unit.symbol().to_owned()],
        Unit::Number => Vec::new(),
        Unit::Watt | Unit::Joule | Unit::Hertz | Unit::Second | Unit::Volt => {
            PREFIXES.iter().map(|(prefix, _)| format!("{prefix}{}", unit.symbol())).collect()
        }
    }
}

/// What a number with this unit is multiplied by to be in the metric's unit.
fn unit_factor(word: &str, unit: Unit) -> Option<f64> {
    let prefixed = |symbol: &str| {
        let prefix = word.strip_suffix(symbol)?;
        PREFIXES.iter().find(|(other, _)| *other == prefix).map(|(_, size)| *size)
    };
    let bytes = |word: &str| SIZES.iter().find(|(other, _)| *other == word).map(|(_, size)| *size);
    match unit {
        _ if word.is_empty() => Some(1.0),
        Unit::Byte => bytes(word),
        Unit::BytePerSecond => bytes(word.strip_suffix("/s")?),
        Unit::Celsius => ["°C", "C"].contains(&word).then_some(1.0),
        Unit::PerSecond => ["1/s", "/s"].contains(&word).then_some(1.0),
        Unit::Percent | Unit::Rpm => (word == unit.symbol()).then_some(1.0),
        Unit::Number => None,
        Unit::Watt | Unit::Joule | Unit::Hertz | Unit::Second | Unit::Volt => prefixed(unit.symbol()),
    }
}

/// A finite number and what stands behind it.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c))).unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    number.is_finite().then(|| (number, text[end..].trim_start()))
}

/// The threshold at which a rule without `clear` is over: 5 % back from `fire`, so that noise around the limit is told
/// once; or, where the table keeps no such fine steps or no value is so far back, as soon as `fire` is not met any more.
pub(super) fn default_clear(fire: Threshold, measure: &Measure) -> Threshold {
    let margin = fire.limit.abs() * 0.05;
    let with = |back: f64| match fire.side {
        Side::Above => Threshold { side: Side::Below, limit: fire.limit + back },
        Side::Below => Threshold { side: Side::Above, limit: fire.limit - back },
    };
    // 5 % back from "< 98 %" is more than all.
    let fits = margin >= measure.step && measure.absurdity(with(-margin)).is_none();
    with(if fits { -margin } else { measure.step })
}

/// Whether a value exists, on the steps that the table keeps, that would fire and clear at once.
pub(super) fn overlap(fire: Threshold, clear: Threshold, measure: &Measure) -> bool {
    // A hair less than a step, because limits are decimal fractions.
    let step = measure.step * (1.0 + 1e-9);
    match (fire.side, clear.side) {
        (Side::Above, Side::Below) => clear.limit - fire.limit > step,
        (Side::Below, Side::Above) => fire.limit - clear.limit > step,
        _ => true,
    }
}
