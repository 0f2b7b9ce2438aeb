//! The values of TOML by their types, and what several kinds of tables read alike.
//!
//! Deliberately not here: what a value means (`values`, `limits`).

use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::values::{self, Problem};
use crate::say;

/// A problem and the place of it in the text.
pub(super) type Located = (Range<usize>, Problem);

pub(super) fn boolean(value: &DeValue<'_>) -> Result<bool, Problem> {
    value.as_bool().ok_or_else(|| Problem::new(say!("this is {kind}", kind = kind(value)), say!("write true or false")))
}

pub(super) fn string<'a>(value: &'a DeValue<'_>) -> Result<&'a str, Problem> {
    value.as_str().ok_or_else(|| {
        Problem::new(
            say!("this is {kind}, not text", kind = kind(value)),
            say!("put the value in quotes, with its unit: \"1s\", \"30d\""),
        )
    })
}

/// What TOML calls such a value.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => say!("a string"),
        DeValue::Integer(_) => say!("an integer"),
        DeValue::Float(_) => say!("a float"),
        DeValue::Boolean(_) => say!("a boolean"),
        DeValue::Datetime(_) => say!("a datetime"),
        DeValue::Array(_) => say!("an array"),
        DeValue::Table(_) => say!("a table"),
    }
}

pub(super) fn get<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<(Range<usize>, &'t DeValue<'i>)> {
    table.get(key).map(|value| (value.span(), value.get_ref()))
}

pub(super) fn optional<T>(
    table: &DeTable<'_>,
    key: &str,
    read: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<Option<T>, Located> {
    let Some((span, value)) = get(table, key) else { return Ok(None) };
    string(value).and_then(read).map(Some).map_err(|problem| (span, problem))
}

pub(super) fn name(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if text.is_empty() || text.len() > 64 || !text.chars().all(fits) {
        return Err(Problem::new(
            say!("{text} is not a valid id", text = format_args!("{text:?}")),
            say!("use up to 64 letters, digits and - _ . like \"gpu-hot\""),
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn pattern(text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Err(Problem::new(
            say!("an empty source matches nothing"),
            say!("remove the line to watch every source"),
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn hold(text: &str) -> Result<Duration, Problem> {
    let hold = values::duration(text)?;
    if hold > Duration::from_secs(86_400) {
        return Err(Problem::new(
            say!("{text} is longer than a day", text = format_args!("{text:?}")),
            say!("write \"24h\" or less"),
        ));
    }
    Ok(hold)
}
