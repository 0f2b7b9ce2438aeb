//! Alert rules as data: what `config` reads and `alerts` steps.

use std::time::Duration;

use crate::metrics::Metric;

/// One rule of the config file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name that a person gave it; unique.
    pub id: String,
    /// What it watches, on every source that has it.
    pub metric: Metric,
    /// Only sources whose id matches; `*` stands for any text.
    pub source: Option<String>,
    /// When it fires.
    pub fire: Threshold,
    /// When it is over.
    pub clear: Threshold,
    /// How long `fire` must hold before the person is told.
    pub hold: Duration,
    /// How long `clear` must hold before the person is told that it is over.
    pub keep: Duration,
    /// How much it matters.
    pub severity: Severity,
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

/// How much an alert matters; decides the urgency of its notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
