//! Whether the `inhibit_by` of all rules together makes sense: each names rules that there are, and none holds itself down.
//!
//! Of rules that hold down each other nobody would be told, be it in a circle of one or of many. Deliberately not here: how
//! the list is read (`rule`), and when a rule holds down another one (`engine`).

use std::ops::Range;

use super::typed::Located;
use super::values::Problem;
use crate::metrics::nearest;
use crate::model::rule::Rule;
use crate::say;

/// An id in the `inhibit_by` of a rule of the file.
pub(super) struct Named {
    /// The rule that is held down.
    pub rule: String,
    /// The id that it names.
    pub by: String,
    /// Where that stands.
    pub place: Range<usize>,
}

/// Judges what the file names; the built-in rules alone make sense.
pub(super) fn check(rules: &[&Rule], named: &[Named]) -> Result<(), Located> {
    for Named { rule, by, place } in named {
        let wrong = |reason: String, remedy: String| Err((place.clone(), Problem::new(reason, remedy)));
        if by == rule {
            let reason = say!(
                "rule {rule} would hold down itself, and nobody would ever be told of it",
                rule = format_args!("{rule:?}")
            );
            return wrong(reason, say!("name another rule, or remove it").to_owned());
        }
        if !rules.iter().any(|one| one.id == *by) {
            let near = nearest(by, rules.iter().map(|one| one.id.as_str()).filter(|id| id != rule));
            let reason = say!("there is no rule {rule}", rule = format_args!("{by:?}"));
            return wrong(reason, say!("the nearest are {near}", near = near.join(", ")));
        }
        if let Some(circle) = way(rules, by, rule) {
            let ids = std::iter::once(rule.as_str()).chain(circle).map(|id| format!("{id:?}"));
            let circle = ids.rev().reduce(|by, held| say!("{held} by {by}", held, by)).unwrap_or_default();
            let reason = say!("rules would hold down each other in a circle ({circle})", circle);
            return wrong(reason, say!("remove one of them from the inhibit_by of another").to_owned());
        }
    }
    Ok(())
}

/// The ids on a way from one rule to another one, each held down by the next; both ends are told.
fn way<'a>(rules: &[&'a Rule], from: &str, to: &str) -> Option<Vec<&'a str>> {
    let rule_of = |id: &str| rules.iter().find(|one| one.id == id);
    let mut ways: Vec<Vec<&'a str>> = vec![vec![rule_of(from)?.id.as_str()]];
    let mut seen: Vec<&str> = vec![from];
    while let Some(way) = ways.pop() {
        let last = way.last().copied().unwrap_or_default();
        if last == to {
            return Some(way);
        }
        for next in rule_of(last).into_iter().flat_map(|rule| &rule.inhibit_by) {
            if !seen.contains(&next.as_str()) {
                seen.push(next);
                ways.push([way.as_slice(), &[next.as_str()]].concat());
            }
        }
    }
    None
}
