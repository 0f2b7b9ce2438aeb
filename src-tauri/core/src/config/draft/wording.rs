//! What is wrong with a field, in the words of a form: who types there sees neither keys nor quotes.
//!
//! The reader of the file has judged already, and its sentence stands where these know nothing better. Deliberately not
//! here: any judgement of a rule.

use toml::{Table, Value};

use super::sentence;
use crate::config::values::{self, Problem};
use crate::metrics::{Metric, Unit};
use crate::{language, say};

/// What to write in this field instead; `keys` are all that the rule has.
pub(super) fn words(field: Option<&str>, keys: &Table, problem: &Problem) -> String {
    let field = field.unwrap_or_default();
    let typed = keys.get(field).and_then(Value::as_str).unwrap_or_default().trim();
    let known = match field {
        "fire" | "clear" => limit(field, typed, keys),
        "for" | "keep" | "repeat" => time(field, typed),
        "id" => Some(say!("A name has up to 64 letters, digits and - _ . and no spaces.").to_owned()),
        "severity" => Some(say!("Choose info, warning or critical.").to_owned()),
        "hours" => Some(say!("Write two different times of the day, like 22:00-07:00.").to_owned()),
        _ => None,
    };
    known.unwrap_or_else(|| {
        let (key, label) = match metric(keys) {
            Some(metric) if ["fire", "clear"].contains(&field) => {
                (metric.key(), language::said(metric.definition().label))
            }
            _ => ("", ""),
        };
        sentence(&problem.reason.replace(key, label), &problem.remedy)
    })
}

/// What a limit is written in.
enum Written {
    Time,
    /// A number, with this behind it or nothing.
    Number(&'static str),
    Bytes,
}

fn limit(field: &str, typed: &str, keys: &Table) -> Option<String> {
    let written = written(keys);
    let sign = if field == "fire" { '>' } else { '<' };
    let example = |sign: char| match written {
        Written::Time => format!("{sign} 24h"),
        Written::Bytes => format!("{sign} 500 MiB"),
        Written::Number("") => format!("{sign} 100"),
        Written::Number("%") => format!("{sign} 90 %"),
        Written::Number(unit) => format!("{sign} 87 {unit}"),
    };
    let what = if matches!(written, Written::Time) { say!("a time") } else { say!("a number") };
    let number = typed.trim_start_matches(['<', '>']).trim();
    let begin = number.trim_end_matches(|c: char| !c.is_ascii_digit());
    if typed.is_empty() {
        return Some(say!("Say when it fires: > or <, then {what}, like {example}.", what, example = example(sign)));
    }
    if number == typed {
        return Some(match begin.parse::<f64>() {
            Ok(_) => say!("Put > or < before it: > {typed} is above, < {typed} is below.", typed),
            Err(_) => say!("Write > or <, then {what}, like {example}.", what, example = example(sign)),
        });
    }
    // The number is one, so its unit is not, or the limit is beyond what there can be.
    let unit = number[begin.len()..].trim();
    match (begin.parse::<f64>(), &written) {
        (Ok(_), Written::Number(own)) if !unit.is_empty() && unit != *own => Some(match *own {
            "" => say!("It has no unit: write the number alone, like {example}.", example = example(sign)),
            own => {
                say!("Its unit is {unit}: write {example}, or the number alone.", unit = own, example = example(sign))
            }
        }),
        (Ok(_), Written::Bytes) if !unit.is_empty() => {
            Some(say!("Write a size, like {example}.", example = example(sign)))
        }
        (Ok(_), Written::Number(_) | Written::Bytes) if field == "clear" => beyond(typed, keys),
        (Ok(_), Written::Number(_) | Written::Bytes) => None,
        (_, Written::Time) if field == "clear" && values::duration(number).is_ok() => beyond(typed, keys),
        (_, Written::Time) if values::duration(number).is_ok() => None,
        _ => Some(say!("After > or < comes {what}, like {example}.", what, example = example(sign))),
    }
}

/// A limit on the wrong side of the one at which it fires; `None` where that is not it.
fn beyond(typed: &str, keys: &Table) -> Option<String> {
    let fire = keys.get("fire")?.as_str()?.trim();
    let limit = fire.trim_start_matches(['<', '>']).trim();
    Some(match fire.starts_with('>') {
        true => say!(
            "With {typed} it would fire and be over at once: it fires at {fire}, so write < and at most {limit}.",
            typed,
            fire,
            limit
        ),
        false => say!(
            "With {typed} it would fire and be over at once: it fires at {fire}, so write > and at least {limit}.",
            typed,
            fire,
            limit
        ),
    })
}

fn time(field: &str, typed: &str) -> Option<String> {
    if values::duration(typed).is_ok() {
        return Some(match field {
            "repeat" => say!("At least a minute: 1m.").to_owned(),
            _ => say!("At most a day: 24h.").to_owned(),
        });
    }
    Some(match typed.parse::<u32>() {
        Ok(number) => say!("Say of what: {number}s, {number}m or {number}h.", number),
        Err(_) => say!("Write a number and s, m, h or d, like 30s, 5m or 1h30m.").to_owned(),
    })
}

fn metric(keys: &Table) -> Option<Metric> {
    Metric::from_key(keys.get("metric")?.as_str()?)
}

fn written(keys: &Table) -> Written {
    let aggregate = keys.get("agg").and_then(Value::as_str).unwrap_or_default();
    if aggregate.starts_with("full:") {
        return Written::Time;
    }
    match metric(keys).map(|metric| metric.definition().unit) {
        _ if keys.contains_key("of") => Written::Number("%"),
        Some(_) if aggregate.starts_with("rate:") => Written::Number(""),
        Some(Unit::Byte) => Written::Bytes,
        Some(unit) => Written::Number(unit.symbol()),
        None => Written::Number(""),
    }
}
