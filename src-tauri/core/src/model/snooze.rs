//! A person's word that they do not want to hear of an alert for a while.

use serde::Serialize;

use super::rule::matches;

/// What stands for every rule, or for every source.
pub const EVERY: &str = "*";

/// Alerts that are recorded as ever and not said.
///
/// Who snoozes all of them means all: the critical ones are silent, too. Quiet hours are what lets those pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snooze {
    /// Its number, which is given once.
    #[serde(skip)]
    pub seq: i64,
    /// The rule's id, or [`EVERY`].
    pub rule: String,
    /// The source's id, in which `*` stands for any text.
    pub source: String,
    /// The key of the identity whose doing it must be, where it is about one only.
    #[serde(rename = "key", skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Unix seconds until which it holds; `null` until what it covers is over.
    pub until: Option<i64>,
}

impl Snooze {
    /// Whether it is about all alerts of this rule on this source, whoever's doing they are.
    pub fn covers(&self, rule: &str, source: &str) -> bool {
        self.who.is_none() && self.is_for(rule, source)
    }

    /// Whether it is about the alert of this rule on this source that is the doing of the identity with this key; an empty
    /// one where nobody is told apart.
    pub fn silences(&self, rule: &str, source: &str, who: &str) -> bool {
        self.who.as_deref().is_none_or(|key| key == who) && self.is_for(rule, source)
    }

    fn is_for(&self, rule: &str, source: &str) -> bool {
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
            let (rule, source, until) = (rule.to_owned(), source.to_owned(), Some(60));
            let snooze = Snooze { rule, source, until, ..Snooze::default() };
            assert_eq!(snooze.covers("gpu-hot", "gpu:1"), expected, "{snooze:?}");
            assert_eq!(snooze.silences("gpu-hot", "gpu:1", "program:x"), expected, "{snooze:?}");
            let of_one = Snooze { who: Some("program:x".to_owned()), ..snooze.clone() };
            assert_eq!(of_one.silences("gpu-hot", "gpu:1", "program:x"), expected, "{of_one:?}");
            assert!(!of_one.silences("gpu-hot", "gpu:1", "program:y") && !of_one.silences("gpu-hot", "gpu:1", ""));
            assert!(!of_one.covers("gpu-hot", "gpu:1"));
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
