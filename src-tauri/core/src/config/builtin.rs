//! The rules that hold where the file says nothing of them, for who shows where a rule comes from and why it is there.
//!
//! Deliberately not here: how a file changes them (`rule`).

use std::collections::HashMap;

use super::rule::BUILTIN;
use super::{Config, read};
use crate::model::rule::Rule;

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// As it is built in.
    BuiltIn,
    /// Built in, and changed by the file.
    Changed,
    /// Of the file alone.
    Own,
}

/// A rule that is on or off.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The rule.
    pub rule: Rule,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is on.
    pub is_on: bool,
    /// Why it is built in; `None` where it is not.
    pub reason: Option<String>,
}

impl Config {
    /// Every rule, those that are switched off at the end.
    pub fn listed(&self) -> Vec<Listed> {
        let defaults = read::defaults().rules;
        let reasons = reasons();
        let all = self.rules.iter().map(|rule| (rule, true)).chain(self.off.iter().map(|rule| (rule, false)));
        let list = |(rule, is_on): (&Rule, bool)| {
            let origin = match defaults.iter().find(|one| one.id == rule.id) {
                None => Origin::Own,
                Some(same) if same == rule => Origin::BuiltIn,
                Some(_) => Origin::Changed,
            };
            let reason = reasons.get(rule.id.as_str()).cloned();
            Listed { rule: rule.clone(), origin, is_on, reason }
        };
        all.map(list).collect()
    }
}

/// The ids of the built-in rules.
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    BUILTIN.lines().filter_map(id)
}

/// The id that a line of the built-in rules gives.
fn id(line: &'static str) -> Option<&'static str> {
    line.strip_prefix("id = \"").and_then(|rest| rest.strip_suffix('"'))
}

/// The comment above each built-in rule, as one line.
fn reasons() -> HashMap<&'static str, String> {
    let mut reasons = HashMap::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in BUILTIN.lines() {
        if let Some(text) = line.strip_prefix('#') {
            comment.push(text.trim());
        } else if let Some(id) = id(line) {
            reasons.insert(id, comment.join(" "));
        } else if line.is_empty() {
            comment.clear();
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_built_in_rule_has_its_reason() {
        let listed = Config::default().listed();
        assert!(listed.len() > 10);
        for one in &listed {
            let reason = one.reason.as_deref().unwrap_or_default();
            assert!(one.is_on && one.origin == Origin::BuiltIn && reason.ends_with('.'), "{}: {reason}", one.rule.id);
        }
        let hot = listed.iter().find(|one| one.rule.id == "gpu-hot").unwrap();
        let reason = "Within 5 °C of the point at which the card slows itself down, whichever card it is.";
        assert_eq!(hot.reason.as_deref(), Some(reason));
    }

    #[test]
    fn a_rule_tells_where_it_comes_from_and_whether_it_is_on() {
        let text = "[[rule]]\nid = \"gpu-hot\"\nfire = \"< 8\"\n[[rule]]\nid = \"cpu-hot\"\nenabled = false\n\
                    [[rule]]\nid = \"mine\"\nmetric = \"cpu.utilization\"\nfire = \"> 90\"\nenabled = false\n";
        let listed = Config::parse(text, Path::new("config.toml")).unwrap().listed();
        #[track_caller]
        fn check(listed: &[Listed], id: &str, origin: Origin, is_on: bool, has_reason: bool) {
            let one = listed.iter().find(|one| one.rule.id == id).unwrap();
            assert_eq!((one.origin, one.is_on, one.reason.is_some()), (origin, is_on, has_reason), "{id}");
        }
        check(&listed, "gpu-hot", Origin::Changed, true, true);
        check(&listed, "cpu-hot", Origin::BuiltIn, false, true);
        check(&listed, "mine", Origin::Own, false, false);
        check(&listed, "disk-full", Origin::BuiltIn, true, true);
    }
}
