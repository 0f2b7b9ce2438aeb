//! What is learnt, what alarms, and what a person's word changes.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const LEARNING: Learning = Learning { report: true, learn: Duration::from_secs(14 * 86_400) };
const HOUR: i64 = 3600;

fn at(day: i64, hour: i64) -> Local {
    Local { ts: day * DAY + hour * HOUR, day, minute: (hour * 60) as u16 }
}

fn whose(name: &str) -> Who {
    (Untrusted::from(format!("program:{name}").as_str()), Some(1000))
}

fn begin(baseline: &mut Baseline, name: &str, at: Local) -> Verdict {
    baseline.begin(&whose(name), &name.into(), at, &LEARNING).verdict
}

/// A program that was used on each of so many days from 18 to 20 o'clock, from day 0 on.
fn evenings(days: i64) -> Baseline {
    let mut baseline = Baseline::default();
    for day in 0..days {
        for hour in 18..21 {
            begin(&mut baseline, "game", at(day, hour));
        }
    }
    baseline
}

#[test]
fn an_identity_is_new_once_while_learning_and_until_it_is_accepted_afterwards() {
    let mut baseline = Baseline::default();
    assert_eq!(begin(&mut baseline, "game", at(0, 18)), Verdict::New);
    assert_eq!(begin(&mut baseline, "game", at(0, 19)), Verdict::Usual, "it was learnt");
    for day in 1..14 {
        begin(&mut baseline, "game", at(day, 18));
    }
    for day in 18..21 {
        assert_eq!(begin(&mut baseline, "miner", at(day, 18)), Verdict::New);
        baseline.note(&whose("miner"), &"miner".into(), at(day, 19), true);
    }
    let row = |baseline: &Baseline| baseline.rows[&whose("miner")].clone();
    assert_eq!((row(&baseline).count, row(&baseline).days, row(&baseline).alarmed), (0.0, 3, 3 << 18));
    assert_eq!(baseline.accept(&whose("miner").0, Some(1001), at(21, 0).ts), 0, "of another user");
    assert_eq!(baseline.accept(&whose("miner").0, Some(1000), at(21, 0).ts), 1);
    assert_eq!(begin(&mut baseline, "miner", at(21, 18)), Verdict::Usual);
    assert_eq!(baseline.accept(&whose("miner").0, None, at(21, 0).ts), 0, "there is nothing more to accept");
    assert!(!baseline.clone().forget(&(whose("miner").0, Some(1001))), "of another user nothing is known");
    let mut forgotten = baseline.clone();
    assert!(forgotten.forget(&whose("miner")));
    assert_eq!(forgotten.judge(&whose("miner"), at(21, 0)), Verdict::New);
}

#[test]
fn another_user_is_another_one() {
    let mut baseline = evenings(20);
    let other = (whose("game").0, Some(1001));
    assert_eq!(baseline.begin(&other, &"game".into(), at(20, 18), &LEARNING).verdict, Verdict::New);
}

#[test]
fn an_hour_is_odd_where_the_habits_are_known() {
    #[track_caller]
    fn check(days: i64, hour: i64, expected: Verdict) {
        assert_eq!(evenings(days).judge(&whose("game"), at(days, hour)), expected, "{days} {hour}");
    }
    check(40, 3, Verdict::OddHour);
    check(40, 18, Verdict::Usual);
    check(40, 17, Verdict::Usual);
    check(40, 21, Verdict::Usual);
    check(40, 22, Verdict::OddHour);
    check(40, 16, Verdict::OddHour);
    check(27, 3, Verdict::Usual);
    // One evening that lasted, and nothing since: no habit.
    let mut baseline = Baseline::default();
    for hour in 10..22 {
        begin(&mut baseline, "once", at(0, hour));
    }
    assert_eq!(baseline.judge(&whose("once"), at(40, 3)), Verdict::Usual);
    // Midnight lies between two hours.
    let mut baseline = Baseline::default();
    for day in 0..40 {
        begin(&mut baseline, "nightly", at(day, 23));
    }
    assert_eq!(baseline.judge(&whose("nightly"), at(40, 0)), Verdict::Usual);
    assert_eq!(baseline.judge(&whose("nightly"), at(40, 12)), Verdict::OddHour);
}

#[test]
fn who_comes_at_any_hour_has_no_odd_ones() {
    let mut baseline = Baseline::default();
    for day in 0..40 {
        let hour = if day % 10 == 0 { (day / 10 * 4) % 16 } else { 20 };
        begin(&mut baseline, "player", at(day, hour));
    }
    assert_eq!(baseline.judge(&whose("player"), at(40, 16)), Verdict::Usual);
}

#[test]
fn an_odd_hour_is_not_learnt_until_it_is_accepted() {
    let mut baseline = evenings(40);
    for day in 40..45 {
        assert_eq!(begin(&mut baseline, "game", at(day, 3)), Verdict::OddHour);
    }
    baseline.accept(&whose("game").0, None, at(45, 0).ts);
    assert_eq!(begin(&mut baseline, "game", at(45, 3)), Verdict::Usual);
    assert_eq!(begin(&mut baseline, "game", at(45, 11)), Verdict::OddHour, "only what was seen is accepted");
}

#[test]
fn what_nobody_answers_is_told_more_and_more_seldom() {
    let mut baseline = evenings(40);
    let mut told = |name: &str, day, hour| baseline.begin(&whose(name), &name.into(), at(day, hour), &LEARNING).told;
    let days: Vec<i64> = (40..60).filter(|day| told("miner", *day, 3)).collect();
    assert_eq!(days, [40, 41, 43, 47, 55]);
    assert!(!told("miner", 59, 20), "twice a day");
    let hours: Vec<(i64, i64)> =
        [(60, 3), (60, 4), (61, 2), (62, 12)].into_iter().filter(|(day, hour)| told("game", *day, *hour)).collect();
    assert_eq!(hours, [(60, 3), (62, 12)]);
}

#[test]
fn what_was_not_seen_for_more_than_a_year_is_new_again() {
    let mut baseline = Baseline::default();
    begin(&mut baseline, "tool", at(0, 12));
    assert_eq!(baseline.judge(&whose("tool"), at(380, 12)), Verdict::Usual);
    assert_eq!(baseline.judge(&whose("tool"), at(400, 12)), Verdict::New);
}

#[test]
fn trusting_everything_ends_the_learning_and_accepts_what_alarmed() {
    let mut baseline = Baseline::default();
    begin(&mut baseline, "game", at(0, 18));
    assert!(baseline.is_learning(at(0, 18), &LEARNING));
    baseline.trust_all(at(1, 0).ts);
    assert!(!baseline.is_learning(at(1, 0), &LEARNING));
    assert_eq!(begin(&mut baseline, "game", at(1, 18)), Verdict::Usual);
    assert_eq!(begin(&mut baseline, "miner", at(1, 18)), Verdict::New);
    assert_eq!(begin(&mut baseline, "miner", at(2, 18)), Verdict::New);
    assert_eq!(baseline.trust_all(at(3, 0).ts), 1);
    assert_eq!(begin(&mut baseline, "miner", at(3, 18)), Verdict::Usual);
}

#[test]
fn where_nobody_wants_to_be_told_everything_is_learnt() {
    let silent = Learning { report: false, ..LEARNING };
    let mut baseline = evenings(20);
    baseline.begin(&whose("tool"), &"tool".into(), at(20, 12), &silent);
    assert_eq!(begin(&mut baseline, "tool", at(21, 12)), Verdict::Usual);
}

#[test]
fn what_is_kept_and_read_again_is_the_same() {
    let mut baseline = evenings(40);
    begin(&mut baseline, "game", at(40, 3));
    let rows = baseline.take_changes();
    assert_eq!((rows.len(), baseline.take_changes().len()), (1, 0));
    assert_eq!(Baseline::restored(rows, baseline.began(), false), baseline);
}

#[test]
fn no_more_than_so_many_are_remembered_and_the_rest_is_forgotten_in_the_store_too() {
    let mut baseline = evenings(20);
    for number in 0..=MOST {
        let who = (Untrusted::from(format!("steam:{number}").as_str()), None);
        baseline.note(&who, &"x".into(), at(20, 12), false);
    }
    assert_eq!(baseline.rows.len(), MOST);
    assert!(baseline.rows.contains_key(&whose("game")));
    assert_eq!(baseline.take_changes().iter().filter(|row| row.days == 0).count(), 2);
}

proptest! {
    #[test]
    fn counts_fade_the_same_in_one_step_and_in_many(count in 0.0..1e6, steps in proptest::collection::vec(0i64..50 * DAY, 0..20)) {
        let once = decayed(count, steps.iter().sum());
        let many = steps.iter().fold(count, |count, step| decayed(count, *step));
        prop_assert!((once - many).abs() <= 1e-9 * count, "{once} {many}");
    }

    #[test]
    fn hours_add_up_to_the_count_and_nothing_that_alarmed_is_in_them(
        uses in proptest::collection::vec((0i64..200, 0i64..24, 0usize..3), 0..200),
    ) {
        let mut baseline = Baseline::default();
        let mut uses = uses;
        uses.sort_unstable();
        for (day, hour, name) in uses {
            let name = ["game", "tool", "miner"][name];
            let before = baseline.rows.get(&whose(name)).cloned();
            let learning = baseline.is_learning(at(day, hour), &LEARNING);
            let verdict = begin(&mut baseline, name, at(day, hour));
            let after = &baseline.rows[&whose(name)];
            if verdict != Verdict::Usual && !learning {
                let (count, hours) = before.map_or((0.0, [0.0; 24]), |row| (row.count, row.hours));
                prop_assert_eq!((after.count, after.hours), (count, hours));
                let mut accepted = baseline.clone();
                accepted.accept(&whose(name).0, None, at(day, hour).ts);
                prop_assert_eq!(accepted.judge(&whose(name), at(day, hour)), Verdict::Usual);
            }
            prop_assert!((after.hours.iter().sum::<f64>() - after.count).abs() < 1e-6);
        }
    }
}
