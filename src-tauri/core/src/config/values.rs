//! The values of a config file as text: durations, sizes, thresholds.
//!
//! Each reads a person's words and says which forms it knows. Deliberately not here: where in the file they stand.

use std::time::Duration;

use crate::metrics::{Definition, Unit};
use crate::model::rule::{Side, Threshold};

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

/// `"30s"`, `"2m"`, `"1h"`, `"1h30m"`, `"30d"`.
pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    let bad = || {
        Problem::new(
            format!("{text:?} is not a duration"),
            "write a whole number and a unit: \"30s\", \"2m\", \"1h\", \"30d\", \"4w\" or \"5y\", or several: \"1h30m\"",
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
        Problem::new(format!("{text:?} is not a size"), "write a number and a unit: \"512MiB\", \"2GiB\" or \"500MB\"")
    };
    let (number, unit) = split_number(text).ok_or_else(bad)?;
    let (_, size) = SIZES.iter().find(|(word, _)| *word == unit).ok_or_else(bad)?;
    let bytes = number * size;
    if !(0.0..9e15).contains(&bytes) {
        return Err(bad());
    }
    Ok(bytes as u64)
}

/// `"> 87"`, `"< 200 MiB"`: a comparison with a limit of the metric. Without a unit the limit is in the table's.
pub(super) fn threshold(text: &str, line: &Definition) -> Result<Threshold, Problem> {
    let bad = || {
        let unit = line.unit;
        let with_unit = match unit {
            Unit::Byte => " or \"< 200 MiB\"".to_owned(),
            Unit::Number => String::new(),
            unit => format!(" or \"> 87 {}\"", unit.symbol()),
        };
        Problem::new(
            format!("{text:?} is not a threshold of {}", line.key),
            format!("write > or < and a number: \"> 87\"{with_unit}"),
        )
    };
    let text_of_limit = text.trim();
    let (side, limit) = if let Some(limit) = text_of_limit.strip_prefix('>') {
        (Side::Above, limit)
    } else if let Some(limit) = text_of_limit.strip_prefix('<') {
        (Side::Below, limit)
    } else {
        return Err(bad());
    };
    let (number, word) = split_number(limit).ok_or_else(bad)?;
    let factor = unit_factor(word, line.unit).ok_or_else(bad)?;
    let limit = number * factor;
    let Some(_) = line.metric.to_stored(limit) else {
        return Err(Problem::new(
            format!("{text:?} is beyond what {} can hold", line.key),
            "write a limit that the metric can reach",
        ));
    };
    Ok(Threshold { side, limit })
}

/// What a number with this unit is multiplied by to be in the metric's unit.
fn unit_factor(word: &str, unit: Unit) -> Option<f64> {
    let prefixed = |symbol: &str| {
        let prefix = word.strip_suffix(symbol)?;
        [("", 1.0), ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9)]
            .into_iter()
            .find(|(other, _)| *other == prefix)
            .map(|(_, size)| size)
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
/// once; or, where the table keeps no such fine steps, as soon as `fire` is not met any more.
pub(super) fn default_clear(fire: Threshold, line: &Definition) -> Threshold {
    let margin = fire.limit.abs() * 0.05;
    let back = if margin >= line.scale.step { -margin } else { line.scale.step };
    match fire.side {
        Side::Above => Threshold { side: Side::Below, limit: fire.limit + back },
        Side::Below => Threshold { side: Side::Above, limit: fire.limit - back },
    }
}

/// Whether a value exists, on the steps that the table keeps, that would fire and clear at once.
pub(super) fn overlap(fire: Threshold, clear: Threshold, line: &Definition) -> bool {
    // A hair less than a step, because limits are decimal fractions.
    let step = line.scale.step * (1.0 + 1e-9);
    match (fire.side, clear.side) {
        (Side::Above, Side::Below) => clear.limit - fire.limit > step,
        (Side::Below, Side::Above) => fire.limit - clear.limit > step,
        _ => true,
    }
}
