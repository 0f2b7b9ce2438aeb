//! What the value of each setting may be, and what is said of one that it may not be.
//!
//! Deliberately not here: which settings there are (`read`).

use std::time::Duration;

use toml::de::DeValue;

use super::expect::hours;
use super::typed::{kind, string};
use super::values::{self, Problem};
use crate::language::Language;
use crate::model::expectation::Hours;
use crate::model::tray::IconStyle;
use crate::say;

pub(super) fn tick(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let tick = values::duration(string(value)?)?;
    let seconds = tick.as_secs();
    if seconds == 0 || 60 % seconds != 0 {
        return Err(Problem::new(
            say!("a tick of {seconds} s does not divide a minute", seconds),
            say!(
                "write \"1s\", \"2s\", \"3s\", \"4s\", \"5s\", \"6s\", \"10s\", \"12s\", \"15s\", \"20s\", \"30s\" or \
                 \"60s\""
            ),
        ));
    }
    Ok(tick)
}

/// Older than any disk; what is longer is a slip of the finger.
const LONGEST_AGE: Duration = Duration::from_secs(100 * 365 * 86_400);

pub(super) fn age(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let age = values::duration(string(value)?)?;
    // What is younger was not yet put into the form in which it can be deleted cheaply.
    if age < Duration::from_secs(2 * 3600) {
        return Err(Problem::new(say!("history cannot be kept for less than two hours"), say!("write \"2h\" or more")));
    }
    if age > LONGEST_AGE {
        return Err(Problem::new(
            say!("history cannot be kept for more than 100 years"),
            say!("write \"100y\" or less"),
        ));
    }
    Ok(age)
}

pub(super) fn cap(value: &DeValue<'_>) -> Result<u64, Problem> {
    let cap = values::size(string(value)?)?;
    if cap < 16 << 20 {
        return Err(Problem::new(say!("the database cannot be kept below 16 MiB"), say!("write \"16MiB\" or more")));
    }
    Ok(cap)
}

pub(super) fn icon(value: &DeValue<'_>) -> Result<IconStyle, Problem> {
    let text = string(value)?;
    let known = IconStyle::WORDS.iter().find(|(_, word)| *word == text).map(|(style, _)| *style);
    known.ok_or_else(|| {
        Problem::new(
            say!("there is no icon {icon}", icon = format_args!("{text:?}")),
            say!("write \"bar\" or \"digits\""),
        )
    })
}

pub(super) fn language(value: &DeValue<'_>) -> Result<Option<Language>, Problem> {
    let text = string(value)?;
    if text == "auto" {
        return Ok(None);
    }
    let known = Language::ALL.iter().find(|(_, code, _)| *code == text).map(|(language, ..)| Some(*language));
    known.ok_or_else(|| {
        Problem::new(
            say!("there is no language {language}", language = format_args!("{text:?}")),
            say!("write \"auto\", \"en\" or \"de\""),
        )
    })
}

pub(super) fn learn(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let learn = values::duration(string(value)?)?;
    if learn > Duration::from_secs(365 * 86_400) {
        return Err(Problem::new(say!("nothing takes more than a year to be learnt"), say!("write \"365d\" or less")));
    }
    Ok(learn)
}

/// More than any money that is in use makes of a kilowatt-hour.
const HIGHEST_PRICE: f64 = 1e9;

pub(super) fn price(value: &DeValue<'_>) -> Result<f64, Problem> {
    let text = match value {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => {
            return Err(Problem::new(
                say!("this is {kind}, not a number", kind = kind(value)),
                say!("write for example price = 0.32"),
            ));
        }
    };
    let price = text.parse().ok().filter(|price| (0.0..=HIGHEST_PRICE).contains(price));
    price.ok_or_else(|| Problem::new(say!("{text} is not a price", text), say!("write for example price = 0.32")))
}

pub(super) fn currency(value: &DeValue<'_>) -> Result<String, Problem> {
    let text = string(value)?;
    let fits = |c: char| {
        c.is_alphanumeric()
            || ('!'..='~').contains(&c)
            || ('\u{a2}'..='\u{a5}').contains(&c)
            || ('\u{20a0}'..='\u{20cf}').contains(&c)
    };
    if text.is_empty() || text.chars().count() > 8 || !text.chars().all(fits) {
        return Err(Problem::new(
            say!("{text} is not the name of a currency", text = format_args!("{text:?}")),
            say!("write up to 8 letters or signs without spaces, like \"EUR\" or \"$\""),
        ));
    }
    Ok(text.to_owned())
}

/// A share of time in percent, with the sign or without.
pub(super) fn share(value: &DeValue<'_>) -> Result<f64, Problem> {
    let text = string(value)?;
    let number = text.trim().trim_end_matches('%').trim_end().parse().ok();
    number.filter(|percent| (0.1..=100.0).contains(percent)).ok_or_else(|| {
        Problem::new(
            say!("{text} is not a share of a GPU's time", text = format_args!("{text:?}")),
            say!("write \"0.1%\" to \"100%\", like \"10%\""),
        )
    })
}

pub(super) fn vram(value: &DeValue<'_>) -> Result<u64, Problem> {
    let vram = values::size(string(value)?)?;
    if vram < 1 << 20 {
        return Err(Problem::new(
            say!("every program that draws has that much memory"),
            say!("write \"1MiB\" or more"),
        ));
    }
    Ok(vram)
}

pub(super) fn pause(text: &str) -> Result<Duration, Problem> {
    let pause = values::duration(text)?;
    if pause > Duration::from_secs(3600) {
        return Err(Problem::new(
            say!("{text} is longer than an hour", text = format_args!("{text:?}")),
            say!("write \"1h\" or less"),
        ));
    }
    Ok(pause)
}

/// Hours of the local day; none where the text is empty.
pub(super) fn quiet(value: &DeValue<'_>) -> Result<Option<Hours>, Problem> {
    let text = string(value)?;
    if text.trim().is_empty() { Ok(None) } else { hours(text).map(Some) }
}

/// From 1 to `most` notifications.
pub(super) fn count(value: &DeValue<'_>, most: u32) -> Result<u32, Problem> {
    let DeValue::Integer(number) = value else {
        return Err(Problem::new(
            say!("this is {kind}, not a whole number", kind = kind(value)),
            say!("write a number from 1 to {most}, without quotes", most),
        ));
    };
    let text = number.as_str();
    text.parse().ok().filter(|count| (1..=most).contains(count)).ok_or_else(|| {
        Problem::new(
            say!("{text} is not a number of notifications", text),
            say!("write 1 to {most}; enabled = false shows none at all", most),
        )
    })
}

pub(super) fn window(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let text = string(value)?;
    let window = values::duration(text)?;
    if !(Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&window) {
        return Err(Problem::new(
            say!("{text} is not a time window for a burst of notifications", text = format_args!("{text:?}")),
            say!("write \"1s\" to \"1h\", like \"60s\""),
        ));
    }
    Ok(window)
}
