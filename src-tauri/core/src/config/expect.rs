//! The `[[expect]]` tables: who may, must or must not use a GPU.
//!
//! Deliberately not here: whether several of them make sense together (`alerts::expect`).

use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::rule::RuleKey;
use super::typed::{Located, get, hold, kind, name, optional, pattern, string};
use super::values::{self, Problem};
use crate::model::expectation::{Expectation, Hours, Policy, User};
use crate::say;

/// Every key of an `[[expect]]` table.
pub const EXPECT_KEYS: &[RuleKey] = &[
    RuleKey { key: "id", required: true, doc: "a name of your choice, without spaces; used once" },
    RuleKey { key: "policy", required: false, doc: "\"allow\" (without it), \"deny\" or \"must_run\"" },
    RuleKey {
        key: "identity",
        required: false,
        doc: "whom, by key or name as `hoofbeat usage` shows them; * is any text: \"docker:ollama\", \"Blender*\"",
    },
    RuleKey {
        key: "program",
        required: false,
        doc: "whom, by program, script, application or game: \"train.py\"; or by its file: \"/opt/*/blender\"",
    },
    RuleKey { key: "unit", required: false, doc: "whom, by systemd unit: \"ollama.service\"" },
    RuleKey { key: "container", required: false, doc: "whom, by container, pod or virtual machine: \"ollama\"" },
    RuleKey { key: "user", required: false, doc: "only of this user, by name or number" },
    RuleKey { key: "gpu", required: false, doc: "only on GPUs whose id matches: \"gpu:*\"" },
    RuleKey { key: "hours", required: false, doc: "only at these local times: \"22:00-07:00\"" },
    RuleKey { key: "share", required: false, doc: "at most this much of the GPU's time, in percent: 80" },
    RuleKey { key: "vram", required: false, doc: "at most this much of the GPU's memory: \"8GiB\"" },
    RuleKey { key: "grace", required: false, doc: "how long one that must run may be missing: \"5m\" (without it)" },
];

/// How long one that must run may be missing where nothing is said.
const GRACE: Duration = Duration::from_secs(300);

/// Reads all expectations. `Err(Err(…))` has no place of its own.
pub(super) fn expectations(value: &DeValue<'_>) -> Result<Vec<Expectation>, Result<Located, Problem>> {
    let remedy = say!("write [[expect]], with two brackets, above each expectation");
    let DeValue::Array(array) = value else {
        return Err(Err(Problem::new(say!("expectations are a list"), remedy)));
    };
    let mut all: Vec<Expectation> = Vec::new();
    for item in array.iter() {
        let DeValue::Table(table) = item.get_ref() else {
            return Err(Ok((item.span(), Problem::new(say!("an expectation is a table"), remedy))));
        };
        let one = expectation(table, item.span()).map_err(Ok)?;
        if all.iter().any(|other| other.id == one.id) {
            let span = get(table, "id").map_or(item.span(), |(span, _)| span);
            let problem = Problem::new(
                say!("there are two expectations {id}", id = format_args!("{:?}", one.id)),
                say!("give one of them another id"),
            );
            return Err(Ok((span, problem)));
        }
        all.push(one);
    }
    Ok(all)
}

fn expectation(table: &DeTable<'_>, whole: Range<usize>) -> Result<Expectation, Located> {
    let at = |key: &str| get(table, key).map_or(whole.clone(), |(span, _)| span);
    for (key, _) in table {
        if !EXPECT_KEYS.iter().any(|known| known.key == key.get_ref().as_ref()) {
            let names: Vec<_> = EXPECT_KEYS.iter().map(|known| known.key).collect();
            let problem = Problem::new(
                say!("an expectation has no {key}", key = format_args!("{:?}", key.get_ref())),
                say!("it has {names}", names = names.join(", ")),
            );
            return Err((key.span(), problem));
        }
    }
    let Some(id) = optional(table, "id", name)? else {
        let problem = Problem::new(say!("this expectation has no id"), say!("add id = \"…\", a name of your choice"));
        return Err((whole, problem));
    };
    let one = Expectation {
        id,
        policy: optional(table, "policy", policy)?.unwrap_or(Policy::Allow),
        identity: optional(table, "identity", pattern_of)?,
        program: optional(table, "program", pattern_of)?,
        unit: optional(table, "unit", pattern_of)?,
        container: optional(table, "container", pattern_of)?,
        user: get(table, "user").map(|(span, value)| user(value).map_err(|problem| (span, problem))).transpose()?,
        gpu: optional(table, "gpu", pattern)?,
        hours: optional(table, "hours", hours)?,
        share: get(table, "share").map(|(span, value)| share(value).map_err(|problem| (span, problem))).transpose()?,
        vram: optional(table, "vram", values::size)?,
        grace: optional(table, "grace", hold)?.unwrap_or(GRACE),
    };
    if one.patterns().all(|(key, _)| key == "gpu") {
        let problem = Problem::new(
            say!("the expectation {id} names nobody", id = format_args!("{:?}", one.id)),
            say!("add identity, program, unit, container or user; identity = \"*\" means everybody"),
        );
        return Err((whole, problem));
    }
    let limits = ["share", "vram"].into_iter().find(|key| get(table, key).is_some());
    if let Some(key) = limits.filter(|_| one.policy == Policy::Deny) {
        let problem = Problem::new(
            say!("what must not run has no limits"),
            say!("remove the line, or write policy = \"allow\" for a limit"),
        );
        return Err((at(key), problem));
    }
    if get(table, "grace").is_some() && one.policy != Policy::MustRun {
        let problem = Problem::new(
            say!("only what must run has a grace"),
            say!("remove the line, or write policy = \"must_run\""),
        );
        return Err((at("grace"), problem));
    }
    Ok(one)
}

fn pattern_of(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(
            say!("an empty pattern matches nobody"),
            say!("remove the line, or write \"*\" for everybody"),
        ));
    }
    pattern(text)
}

fn policy(text: &str) -> Result<Policy, Problem> {
    let known = Policy::WORDS.iter().find(|(_, word)| *word == text);
    known.map(|(policy, _)| *policy).ok_or_else(|| {
        Problem::new(
            say!("there is no policy {policy}", policy = format_args!("{text:?}")),
            say!("write \"allow\", \"deny\" or \"must_run\""),
        )
    })
}

/// A name or a number. Who is not known here is nobody, and no reason to refuse the whole file: a directory of the
/// network may not answer yet when the machine starts.
fn user(value: &DeValue<'_>) -> Result<User, Problem> {
    let name = match value {
        DeValue::Integer(number) => number.as_str().to_owned(),
        _ => pattern_of(string(value)?)?,
    };
    let uid = match name.parse::<u32>() {
        Ok(uid) => Some(uid),
        Err(_) => uzers::get_user_by_name(&name).map(|user| user.uid()),
    };
    Ok(User { name, uid })
}

/// `"22:00-07:00"`, in local time; `24:00` is an end.
pub(super) fn hours(text: &str) -> Result<Hours, Problem> {
    let typed = format!("{text:?}");
    let bad = |reason: String| {
        Problem::new(reason, say!("write two times of day with - between, local time: \"22:00-07:00\""))
    };
    let no_span = || bad(say!("{text} is not a span of hours", text = typed));
    let time = |part: &str| {
        let (hour, minute) = part.trim().split_once(':')?;
        let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let (hour, minute) =
            (hour.parse().ok().filter(|_| digits(hour))?, minute.parse().ok().filter(|_| digits(minute))?);
        let whole: u16 = hour;
        let rest: u16 = minute;
        ((whole < 24 && rest < 60) || (whole == 24 && rest == 0)).then_some(whole * 60 + rest)
    };
    let (from, until) = text.split_once('-').ok_or_else(no_span)?;
    let (Some(from), Some(until)) = (time(from), time(until)) else { return Err(no_span()) };
    if from == 24 * 60 {
        return Err(bad(say!("{text} begins at 24:00, when the day is over", text = typed)));
    }
    if from == until {
        return Err(bad(say!("{text} is a span of no length", text = typed)));
    }
    Ok(Hours { from, until })
}

fn share(value: &DeValue<'_>) -> Result<f64, Problem> {
    let text = match value {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => {
            return Err(Problem::new(
                say!("this is {kind}, not a number", kind = kind(value)),
                say!("write for example share = 80"),
            ));
        }
    };
    let share = text.parse().ok().filter(|share| (0.0..=100.0).contains(share));
    share.ok_or_else(|| {
        Problem::new(say!("{text} is not a share", text), say!("write percent from 0 to 100: share = 80"))
    })
}
