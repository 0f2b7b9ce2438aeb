//! What is wrong with declarations as they stand: those that can never match, and those that contradict each other.
//!
//! Deliberately not here: what they say of a use (`expect`).

use super::{letters, path};
use crate::model::expectation::{Expectation, Policy};
use crate::say;

/// What is wrong with the declarations as they stand: those that can never match, and those that contradict each other.
/// One sentence each.
pub fn problems(expectations: &[Expectation]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, one) in expectations.iter().enumerate() {
        if let Some(sentence) = never(one) {
            found.push(sentence);
        }
        for other in &expectations[..at] {
            if let Some(sentence) = contradiction(other, one) {
                found.push(sentence);
            }
        }
    }
    found
}

/// Why an expectation can never match anything.
fn never(one: &Expectation) -> Option<String> {
    let id = format!("{:?}", one.id);
    if let Some((key, _)) = one.patterns().find(|(_, pattern)| pattern.is_empty()) {
        return Some(say!("The expectation {id} can never match: its {key} is empty.", id, key));
    }
    if one.patterns().next().is_none() {
        return Some(say!(
            "The expectation {id} names nobody: give it an identity, program, unit, container or user.",
            id
        ));
    }
    let limits = [("share", one.share == Some(0.0)), ("vram", one.vram == Some(0))];
    if let Some((key, _)) = limits.iter().find(|(_, is_zero)| *is_zero) {
        return Some(say!(
            "The expectation {id} cannot be kept: its {key} allows 0 of a GPU; to forbid all use, write policy = \"deny\" \
             (--deny) without a limit.",
            id,
            key
        ));
    }
    if one.program.as_deref().is_some_and(|pattern| pattern.starts_with("~/")) {
        return Some(say!("The expectation {id} can never match: write the whole path of its program, without ~.", id));
    }
    if path(one).is_some() && one.container.is_some() {
        return Some(say!(
            "The expectation {id} can never match: the path of a program means none in a container, whose paths are its \
             own.",
            id
        ));
    }
    // A service has both a unit and a file.
    let program = if path(one).is_some() { &None } else { &one.program };
    let places = [program, &one.unit, &one.container];
    if places.into_iter().flatten().count() > 1 {
        return Some(say!(
            "The expectation {id} can never match: a use goes by its container, its unit or its program, never by two of \
             them.",
            id
        ));
    }
    let nobody = one.user.as_ref().filter(|user| user.uid.is_none() && user.name != "*");
    let name = format!("{:?}", nobody?.name);
    Some(say!("The expectation {id} can never match: there is no user {name} here.", id, name))
}

/// How two expectations contradict each other: of those that name the same use, neither names it more exactly.
fn contradiction(one: &Expectation, other: &Expectation) -> Option<String> {
    let id = |of: &Expectation| format!("{:?}", of.id);
    let apart = || match (one.hours, other.hours) {
        (Some(a), Some(b)) => !(0..24 * 60).any(|minute| a.contains(minute) && b.contains(minute)),
        _ => false,
    };
    let mut denials = [one, other].into_iter().filter(|of| of.policy == Policy::Deny);
    let (denial, is_both) = (denials.next(), denials.next().is_some());
    if let Some(denial) = denial.filter(|_| !is_both) {
        // Allowed by day and forbidden by night is no contradiction.
        let is_one = overlap(one, other) && letters(one) == letters(other) && !apart();
        return is_one.then(|| {
            say!(
                "The expectations {one} and {other} contradict each other: both mean the same as exactly, and {denial} \
                 decides, which denies; remove one of them, or name more exactly whom the other means.",
                one = id(one),
                other = id(other),
                denial = id(denial)
            )
        });
    }
    let whom = |of: &Expectation| of.patterns().map(|(key, text)| (key, text.to_owned())).collect::<Vec<_>>();
    if whom(one) != whom(other) || whom(one).is_empty() {
        return None;
    }
    let limits = |of: &Expectation| (of.policy, of.hours, of.share, of.vram);
    let is_twice = is_both && !apart() || limits(one) == limits(other);
    is_twice.then(|| {
        say!("The expectations {one} and {other} say the same twice: remove one.", one = id(one), other = id(other))
    })
}

/// Whether there are uses that both name: nothing that both say something of tells them apart, and both say something of
/// who it is.
fn overlap(one: &Expectation, other: &Expectation) -> bool {
    let both = |get: fn(&Expectation) -> Option<&str>| get(one).zip(get(other));
    let meet = |get| both(get).is_none_or(|(a, b)| meets(a, b));
    // A pattern of an identity may be that of what a person calls it, as that of a program, unit or container may.
    let places: [fn(&Expectation) -> Option<&str>; 3] =
        [|of| of.program.as_deref(), |of| of.unit.as_deref(), |of| of.container.as_deref()];
    let crosses = |of: &Expectation, with: &Expectation| {
        let text = |get: fn(&Expectation) -> Option<&str>| get(with).filter(|_| path(with).is_none());
        of.identity.as_deref().is_some_and(|a| places.iter().filter_map(|get| text(*get)).any(|b| meets(a, b)))
    };
    let user = |of: &Expectation| of.user.as_ref().filter(|user| user.name != "*").map(|user| user.uid);
    let is_user_same = user(one).zip(user(other)).is_none_or(|(a, b)| a.is_some() && a == b);
    let is_who_same = both(|of| of.identity.as_deref()).is_some()
        || places.iter().any(|get| both(*get).is_some())
        || crosses(one, other)
        || crosses(other, one)
        || one.user.is_some() && other.user.is_some();
    let is_place_same = {
        let place = |of: &Expectation| places.iter().position(|get| get(of).is_some());
        place(one).zip(place(other)).is_none_or(|(a, b)| a == b)
    };
    is_who_same
        && is_user_same
        && is_place_same
        && meet(|of| of.identity.as_deref())
        && places.iter().all(|get| meet(*get))
        && meet(|of| of.gpu.as_deref())
}

/// Whether some text matches both patterns.
fn meets(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Whether the rest of `a` from here on meets the rest of `b` from each place on.
    let mut next: Vec<bool> = Vec::new();
    for at in (0..=a.len()).rev() {
        let mut row = vec![false; b.len() + 1];
        for place in (0..=b.len()).rev() {
            let (one, other) = (a.get(at), b.get(place));
            row[place] = match (one, other) {
                (None, None) => true,
                (Some('*'), _) if next[place] => true,
                (_, Some('*')) if row[place + 1] => true,
                (Some('*'), Some(_)) => row[place + 1],
                (Some(_), Some('*')) => next[place],
                (Some(one), Some(other)) => one == other && next[place + 1],
                (Some(_), None) | (None, Some(_)) => false,
            };
        }
        next = row;
    }
    next[0]
}
