//! How many alarms a week what was recorded so far predicts, before anybody is bothered by one: pure.
//!
//! Strangers are foretold by those that were seen on one day only (the first term of Good and Toulmin's estimate), which
//! needs no alarm to have happened; odd hours by playing the history through the rule. Deliberately not here: where the
//! history comes from (`api`).

use std::collections::BTreeMap;

use super::baseline::{Baseline, Local, Verdict, Who, who};
use super::expect::Used;
use crate::model::UseRules;
use crate::model::baseline::Learning;

const WEEK: f64 = 7.0;
const DAY: f64 = 86_400.0;

/// A pause that is longer ends a use.
const BRIDGE: i64 = 150;

/// The odd-hour rule says nothing of the first days of a history.
const BLIND: f64 = 28.0;

/// What is to be expected.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Forecast {
    /// Days from the first to the last minute that was looked at.
    pub days: f64,
    /// How many identities were seen at work.
    pub identities: usize,
    /// How many of them on one day only.
    pub once: usize,
    /// Strangers a week; `None` where less than a day is known.
    pub new_a_week: Option<f64>,
    /// Uses at odd hours a week; `None` where less than five weeks are known.
    pub odd_hours_a_week: Option<f64>,
}

/// Plays a history of minutes, oldest first, through the rules; every alarm counts as accepted at once.
pub fn forecast(history: impl IntoIterator<Item = (Local, Used)>, gate: UseRules) -> Forecast {
    let learning = Learning { report: true, learn: std::time::Duration::ZERO };
    let mut baseline = Baseline::default();
    let mut last: BTreeMap<Who, Local> = BTreeMap::new();
    let (mut first, mut end) = (None, 0);
    let mut odd = 0_u32;
    for (at, used) in history.into_iter().filter(|(_, used)| used.is_work(gate)) {
        first.get_or_insert(at.ts);
        end = end.max(at.ts + 60);
        let whose = who(&used.key, &used.label, used.uid);
        let before = last.insert(whose.clone(), at);
        if before.is_some_and(|before| at.ts - before.ts <= BRIDGE) {
            if before.is_none_or(|before| (before.day, before.minute / 60) != (at.day, at.minute / 60)) {
                baseline.note(&whose, &used.label, at, false);
            }
            continue;
        }
        let verdict = baseline.begin(&whose, &used.label, at, &learning).verdict;
        odd += u32::from(verdict == Verdict::OddHour);
        if verdict != Verdict::Usual {
            baseline.accept(&whose.0, whose.1, at.ts);
        }
    }
    let days = first.map_or(0.0, |first| (end - first) as f64 / DAY);
    let once = baseline.rows().filter(|row| row.days == 1).count();
    let seen = days - BLIND;
    Forecast {
        days,
        identities: baseline.rows().count(),
        once,
        new_a_week: (days >= 1.0).then_some(WEEK / days * once as f64),
        odd_hours_a_week: (seen >= WEEK).then_some(f64::from(odd) * WEEK / seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(day: i64, hour: i64, minute: i64, name: &str) -> (Local, Used) {
        let of_day = hour * 60 + minute;
        let at = Local { ts: day * 86_400 + of_day * 60, day, minute: of_day as u16 };
        let (key, label) = (format!("program:{name}").as_str().into(), name.into());
        (at, Used { gpu: "gpu:1".into(), key, label, uid: None, files: Vec::new(), share: Some(50.0), vram: None })
    }

    /// An hour of a game each evening.
    fn evenings(days: i64) -> Vec<(Local, Used)> {
        (0..days).flat_map(|day| (0..90).map(move |at| minute(day, 18 + at / 60, at % 60, "game"))).collect()
    }

    fn of(mut history: Vec<(Local, Used)>) -> Forecast {
        history.sort_by_key(|(at, _)| at.ts);
        forecast(history, UseRules::default())
    }

    #[test]
    fn who_was_seen_on_one_day_foretells_who_was_not_seen_yet() {
        let mut history = evenings(70);
        history.extend((0..20).map(|number| {
            minute(number * 3, 20, 0, &format!("tool{}", ["a", "b", "c", "d", "e"][number as usize % 5]))
        }));
        for name in ["once", "twice", "thrice"] {
            history.push(minute(30, 20, 0, name));
        }
        let found = of(history);
        assert_eq!((found.identities, found.once), (9, 3));
        let week = found.new_a_week.unwrap();
        assert!((week - 0.3).abs() < 0.01, "{found:?}");
        assert_eq!(found.odd_hours_a_week, Some(0.0));
    }

    #[test]
    fn odd_hours_are_counted_as_the_rule_would_have_told_them() {
        let mut history = evenings(42);
        // Before anything is known of habits, and after; and once more at the same hour, which was accepted.
        for day in [5, 35, 36] {
            history.push(minute(day, 3, 0, "game"));
            history.push(minute(day, 3, 1, "game"));
        }
        let found = of(history.clone());
        assert_eq!(found.odd_hours_a_week, Some(0.0), "an hour that was seen while learning is none");
        history.retain(|(at, _)| at.day != 5 || at.minute > 300);
        let found = of(history);
        // One in the 13 days that the rule could look at.
        assert!((found.odd_hours_a_week.unwrap() - 7.0 / 13.0).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn of_nothing_nothing_is_foretold() {
        let none = Forecast { days: 0.0, identities: 0, once: 0, new_a_week: None, odd_hours_a_week: None };
        assert_eq!(of(Vec::new()), none);
        assert_eq!(of(vec![minute(0, 1, 0, "x")]).new_a_week, None);
    }
}
