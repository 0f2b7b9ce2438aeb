//! A person's word that they do not want to hear of an alert for a while.

use serde::Serialize;

use super::rule::matches;

/// What stands for every rule, or for every source.
pub const EVERY: &str = "*";

/// Alerts that are recorded as ever and not said.
///
/// Who snoozes all of them means all: the critical ones are silent, too. Quiet hours are what lets those pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snooze {
    /// Its number, which is given once.
    #[serde(skip)]
    pub seq: i64,
    /// The rule's id, or [`EVERY`].
    pub rule: String,
    /// The source's id, in which `*` stands for any text.
    pub source: String,
    /// Unix seconds until which it holds; `null` until what it covers is over.
    pub until: Option<i64>,
}

impl Snooze {
    /// Whether it is about alerts of this rule on this source.
    pub fn covers(&self, rule: &str, source: &str) -> bool {
        (self.rule == EVERY || self.rule == rule) && matches(&self.source, source)
    }

    /// Whether it still holds at this Unix second, as far as the time tells.
    pub fn holds(&self, ts: i64) -> bool {
        self.until.is_none_or(|until| ts < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_is_about_what_it_names() {
        #[track_caller]
        fn check(rule: &str, source: &str, expected: bool) {
            let snooze = Snooze { seq: 1, rule: rule.to_owned(), source: source.to_owned(), until: Some(60) };
            assert_eq!(snooze.covers("gpu-hot", "gpu:1"), expected, "{rule} {source}");
            assert!(snooze.holds(59) && !snooze.holds(60));
        }
        check("gpu-hot", "gpu:1", true);
        check("gpu-hot", "gpu:*", true);
        check("gpu-hot", "gpu:2", false);
        check("cpu-hot", "*", false);
        check("*", "*", true);
        check("*", "cpu", false);
    }
}
