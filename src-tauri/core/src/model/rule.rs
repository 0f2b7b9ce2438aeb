//! Alert rules as data: what `config` reads and `alerts` steps.

use std::time::Duration;

use super::expectation::Hours;
use super::{EventKind, Health};
use crate::metrics::Metric;

/// One rule: a built-in one, or one of the config file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name that a person gave it; unique.
    pub id: String,
    /// What it watches.
    pub watched: Watched,
    /// Only sources whose id matches; `*` stands for any text.
    pub source: Option<String>,
    /// How readings become the value that is compared; the newest one itself where `None`.
    pub window: Option<Window>,
    /// When it fires.
    pub fire: Threshold,
    /// When it is over.
    pub clear: Threshold,
    /// What else must be true for it to fire.
    pub when: Option<When>,
    /// The local hours in which it may fire; any where `None`.
    pub hours: Option<Hours>,
    /// It is not for sources that have this metric: another rule, with a better measure, is.
    pub without: Option<Metric>,
    /// How long `fire` must hold before the person is told.
    pub hold: Duration,
    /// How long `clear` must hold before the person is told that it is over.
    pub keep: Duration,
    /// How often the person is told again while it goes on.
    pub repeat: Option<Duration>,
    /// What becomes of it where nothing can be read.
    pub no_data: NoData,
    /// The ids of rules that say more: while one of them fires on the same source, this one is recorded and not told.
    pub inhibit_by: Vec<String>,
    /// What the person is told, in place of the usual words.
    pub text: Option<String>,
    /// How much it matters.
    pub severity: Severity,
}

impl Rule {
    /// Whether it is about this source.
    pub fn is_for(&self, source: &str) -> bool {
        self.source.as_deref().is_none_or(|pattern| matches(pattern, source))
    }

    /// Whether its value is when something will be full.
    pub fn is_forecast(&self) -> bool {
        self.window.is_some_and(|window| window.aggregate == Aggregate::Full)
    }

    /// Whether its value is how many degrees are left until a GPU slows itself down.
    pub fn is_margin(&self) -> bool {
        self.metric() == Some(Metric::GpuMargin)
    }

    /// Whether it is the same trouble that both tell of: one may say it in other words, more or less loud, sooner or later.
    pub fn watches_the_same(&self, other: &Rule) -> bool {
        let what = |rule: &Rule| (rule.window, rule.fire, rule.clear, rule.without);
        self.id == other.id && self.watched == other.watched && self.source == other.source && what(self) == what(other)
    }

    /// The metric whose readings it compares as they are, in the metric's unit.
    pub fn metric(&self) -> Option<Metric> {
        match (&self.watched, &self.window) {
            (Watched::Metric { metric, of: None }, None) => Some(*metric),
            (Watched::Metric { metric, of: None }, Some(window)) if !window.aggregate.is_other_unit() => Some(*metric),
            _ => None,
        }
    }
}

#[cfg(test)]
impl Rule {
    /// One that does nothing but compare.
    pub(crate) fn bare(watched: Watched, [above, below]: [f64; 2]) -> Rule {
        Rule {
            id: "hot".to_owned(),
            watched,
            source: None,
            window: None,
            fire: Threshold { side: Side::Above, limit: above },
            clear: Threshold { side: Side::Below, limit: below },
            when: None,
            hours: None,
            without: None,
            hold: Duration::ZERO,
            keep: Duration::ZERO,
            repeat: None,
            no_data: NoData::Hold,
            inhibit_by: Vec::new(),
            text: None,
            severity: Severity::Warning,
        }
    }
}

/// What a rule watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    /// A metric, on every source that has it.
    Metric {
        /// Which.
        metric: Metric,
        /// In percent of this other metric of the same source.
        of: Option<Metric>,
    },
    /// Events: the value is how many there were in the window.
    Event {
        /// Of this kind.
        kind: EventKind,
        /// Only those whose `why` or `code` is this.
        what: Option<String>,
    },
    /// The health of a source: the value is 1 while it is this, else 0.
    Health(Health),
    /// What a GPU does, by the word of its verdict: the value is 1 while it does this, else 0.
    Verdict(String),
}

/// How readings of some time become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// How.
    pub aggregate: Aggregate,
    /// Of how much time.
    pub over: Duration,
}

/// The share of a window that must have been read for its value to mean something.
pub const COVERAGE: f64 = 0.8;

/// Seconds that no disk lasts: what will be full as late as that, or later, does not fill up ([`Aggregate::Full`]).
pub const NEVER_FULL: f64 = 100.0 * 365.0 * 86_400.0;

/// How readings become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// By how much they grow in a second.
    Rate,
    /// How many there were: of events.
    Count,
    /// In how many seconds they will have grown to the metric that they are a part of, if they go on like this;
    /// [`NEVER_FULL`] where they do not grow.
    Full,
}

impl Aggregate {
    /// Every one, with its word in the config file.
    pub const WORDS: &[(Aggregate, &'static str)] = &[
        (Aggregate::Mean, "avg"),
        (Aggregate::Min, "min"),
        (Aggregate::Max, "max"),
        (Aggregate::Rate, "rate"),
        (Aggregate::Count, "count"),
        (Aggregate::Full, "full"),
    ];

    /// The word of the config file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(one, _)| *one == self).map_or("avg", |(_, word)| word)
    }

    /// Whether its value is in another unit than the readings.
    pub fn is_other_unit(self) -> bool {
        matches!(self, Aggregate::Rate | Aggregate::Count | Aggregate::Full)
    }
}

/// What else must be true for a rule to fire.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// Nobody is at the machine.
    Away,
    /// Another metric of the same source is past this.
    Metric(Metric, Threshold),
}

/// What becomes of an alert where nothing can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoData {
    /// It stays as it is.
    #[default]
    Hold,
    /// It fires: silence is the news.
    Fire,
    /// It is over.
    Clear,
}

impl NoData {
    /// Every one, with its word in the config file.
    pub const WORDS: &[(NoData, &'static str)] =
        &[(NoData::Hold, "hold"), (NoData::Fire, "fire"), (NoData::Clear, "clear")];
}

/// A comparison with a limit in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Which side of the limit.
    pub side: Side,
    /// The limit, in the metric's unit.
    pub limit: f64,
}

impl Threshold {
    /// Whether `value` is past the limit. A threshold is strict: `> 87` is not met by 87.
    pub fn met(self, value: f64) -> bool {
        match self.side {
            Side::Above => value > self.limit,
            Side::Below => value < self.limit,
        }
    }
}

/// Which side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `>`
    Above,
    /// `<`
    Below,
}

/// How much an alert matters, the least first; decides the urgency of its notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it today.
    Warning,
    /// Look at it now.
    Critical,
}

/// Whether `text` matches `pattern`, in which `*` stands for any text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let Some(at) = rest.find(middle) else { return false };
            rest = &rest[at + middle.len()..];
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        #[track_caller]
        fn check(pattern: &str, text: &str, expected: bool) {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        check("cpu", "cpu", true);
        check("cpu", "cpu:1", false);
        check("*", "", true);
        check("disk:*", "disk:nvme0", true);
        check("disk:*", "disk", false);
        check("*:temp1", "hwmon:x:temp1", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("ab*ba", "aba", false);
        check("**", "x", true);
        check("a*aa", "aa", false);
    }
}
