//! Rules on readings of every kind, step by step.

use proptest::prelude::*;

use super::*;
use crate::metrics::Metric;
use crate::model::rule::Watched;

fn rule(hold: u64) -> Rule {
    let watched = Watched::Metric { metric: Metric::CpuTemperature, of: None };
    Rule { hold: Duration::from_secs(hold), ..Rule::bare(watched, [87.0, 80.0]) }
}

fn input(value: Option<f64>) -> Input {
    Input { value, armed: true }
}

fn at(boot: u64) -> Now {
    Now { wall: Duration::from_secs(1_700_000_000 + boot), boot: Duration::from_secs(boot) }
}

/// Steps through `(boot second, reading)` and gives the seconds at which it fired and cleared.
fn run(rule: &Rule, trace: &[(u64, Option<f64>)]) -> Vec<(u64, &'static str)> {
    let mut state = State::inactive();
    let mut told = Vec::new();
    for &(boot, reading) in trace {
        let (next, transition) = step(rule, &state, input(reading), at(boot));
        state = next;
        match transition {
            Some(Transition::Fired { .. }) => told.push((boot, "fired")),
            Some(Transition::Cleared { .. }) => told.push((boot, "cleared")),
            Some(Transition::Again { .. }) => told.push((boot, "again")),
            None => {}
        }
    }
    told
}

#[test]
fn a_crossing_is_told_once_and_its_end_once() {
    #[track_caller]
    fn check(hold: u64, trace: &[(u64, Option<f64>)], told: &[(u64, &'static str)]) {
        assert_eq!(run(&rule(hold), trace), told);
    }
    // Without a duration the first reading decides, and the limit itself is not past the limit.
    check(0, &[(1, Some(87.0)), (2, Some(87.1)), (3, Some(99.0))], &[(2, "fired")]);
    // Between the limits nothing happens, in either direction.
    check(0, &[(1, Some(90.0)), (2, Some(80.0)), (3, Some(86.0)), (4, Some(79.9))], &[(1, "fired"), (4, "cleared")]);
    // The time counts from the first reading past the limit.
    check(2, &[(1, Some(90.0)), (2, Some(90.0)), (3, Some(90.0)), (4, Some(90.0))], &[(3, "fired")]);
    // A dip begins the time anew.
    check(2, &[(1, Some(90.0)), (2, Some(85.0)), (3, Some(90.0)), (4, Some(90.0)), (5, Some(90.0))], &[(5, "fired")]);
    // A missing reading neither fires nor ends the stretch, and its time is not counted.
    check(3, &[(1, Some(90.0)), (2, Some(90.0)), (3, None), (4, Some(90.0)), (5, Some(90.0))], &[]);
    check(2, &[(1, Some(90.0)), (2, Some(90.0)), (3, None), (4, Some(90.0)), (5, Some(90.0))], &[(5, "fired")]);
    // Missing readings do not clear.
    check(0, &[(1, Some(90.0)), (2, None), (3, None), (4, Some(90.0))], &[(1, "fired")]);
    // A slow sensor's interval is no gap.
    check(60, &[(0, Some(90.0)), (60, Some(90.0))], &[(60, "fired")]);
    // A gap longer than any interval begins the time anew.
    check(60, &[(0, Some(90.0)), (600, Some(90.0)), (630, Some(90.0)), (660, Some(90.0))], &[(660, "fired")]);
    // A source that is gone for a day fires no more.
    check(0, &[(0, Some(90.0)), (86_400, None), (86_401, None), (86_402, None)], &[(0, "fired"), (86_401, "cleared")]);
}

#[test]
fn the_end_is_told_once_the_value_was_back_for_as_long_as_the_rule_says() {
    #[track_caller]
    fn check(trace: &[(u64, Option<f64>)], told: &[(u64, &'static str)]) {
        let rule = Rule { keep: Duration::from_secs(3), ..rule(0) };
        assert_eq!(run(&rule, trace), told);
    }
    let (hot, warm, cool) = (Some(90.0), Some(85.0), Some(70.0));
    check(&[(1, hot), (2, cool), (3, cool), (4, cool), (5, cool), (6, cool)], &[(1, "fired"), (5, "cleared")]);
    // Whoever comes back meanwhile is told neither end nor beginning, also from between the limits.
    check(&[(1, hot), (2, cool), (3, cool), (4, hot), (5, cool), (6, cool), (7, cool)], &[(1, "fired")]);
    check(&[(1, hot), (2, cool), (3, cool), (4, warm), (5, cool), (6, cool), (7, cool)], &[(1, "fired")]);
    // Time without readings is not counted, and a long one begins the time anew.
    check(&[(1, hot), (2, cool), (3, cool), (4, None), (5, cool), (6, cool)], &[(1, "fired")]);
    check(&[(1, hot), (2, cool), (4, cool), (600, cool), (602, cool)], &[(1, "fired")]);
}

#[test]
fn what_recovers_is_told_when_it_is_over_and_counts_from_when_it_fired() {
    let rule = Rule { keep: Duration::from_secs(60), ..rule(0) };
    let (state, _) = step(&rule, &State::inactive(), input(Some(88.0)), at(10));
    let (mut state, transition) = step(&rule, &state, input(Some(70.0)), at(20));
    assert_eq!((state.phase, state.since, transition), (AlertPhase::Recovering, at(10).unix(), None));
    assert!(state.is_told());
    // A night asleep is no recovery.
    state.interrupt(Duration::from_secs(30));
    let (state, transition) = step(&rule, &state, input(Some(70.0)), at(80));
    assert_eq!((state.phase, transition), (AlertPhase::Recovering, None));
    // After a restart the time begins anew.
    let restored = State::restored(&state.row("hot", "cpu", "", at(80)), Some(at(80).unix()), at(81));
    assert_eq!((restored.phase, restored.since), (AlertPhase::Firing, at(10).unix()));
    let (_, transition) = step(&rule, &state, input(Some(70.0)), at(140));
    assert!(matches!(transition, Some(Transition::Cleared { lasted, .. }) if lasted.as_secs() == 130));
}

#[test]
fn a_clear_says_how_long_and_how_far() {
    let rule = rule(0);
    let (state, _) = step(&rule, &State::inactive(), input(Some(88.0)), at(10));
    let (state, _) = step(&rule, &state, input(Some(93.0)), at(20));
    let (state, _) = step(&rule, &state, input(Some(85.0)), at(30));
    // The wall clock was set back an hour meanwhile; the duration is still right.
    let mut now = at(70);
    now.wall -= Duration::from_secs(3600);
    let (state, transition) = step(&rule, &state, input(Some(70.0)), now);
    assert_eq!(state.phase, AlertPhase::Resolved);
    assert_eq!(
        transition,
        Some(Transition::Cleared {
            value: Some(70.0),
            since: at(10).unix(),
            lasted: Duration::from_secs(60),
            peak: Some(93.0),
            disarmed: false,
        })
    );
}

#[test]
fn a_firing_alert_survives_a_restart_without_being_told_again() {
    let rule = rule(120);
    let row = AlertRow {
        rule: rule.id.clone(),
        source: "cpu".to_owned(),
        phase: AlertPhase::Firing,
        since: at(0).unix(),
        value: Some(91.0),
        ..AlertRow::default()
    };
    let state = State::restored(&row, Some(at(50).unix()), at(1000));
    let (state, transition) = step(&rule, &state, input(Some(92.0)), at(1001));
    assert_eq!((state.phase, transition), (AlertPhase::Firing, None));
    let (_, transition) = step(&rule, &state, input(Some(60.0)), at(1002));
    assert!(
        matches!(transition, Some(Transition::Cleared { lasted, peak: Some(92.0), .. }) if lasted.as_secs() == 1002)
    );
}

#[test]
fn a_pending_alert_goes_on_over_a_short_restart_only() {
    #[track_caller]
    fn check(recorded_until: Option<u64>, restart: u64, fires: u64) {
        let rule = rule(120);
        let row = AlertRow {
            rule: rule.id.clone(),
            source: "cpu".to_owned(),
            phase: AlertPhase::Pending,
            since: at(100).unix(),
            value: Some(91.0),
            ..AlertRow::default()
        };
        let mut state = State::restored(&row, recorded_until.map(|until| at(until).unix()), at(restart));
        let fired = (restart..).find(|&boot| {
            let (next, transition) = step(&rule, &state, input(Some(92.0)), at(boot));
            state = next;
            transition.is_some()
        });
        assert_eq!(fired, Some(fires));
    }
    // 60 s were seen before, 60 more are needed; the seconds in between were not seen.
    check(Some(160), 165, 225);
    check(Some(160), 900, 1020);
    check(None, 165, 285);
    // The wall clock was set back while it did not run.
    check(Some(500), 165, 285);
}

#[test]
fn an_interruption_begins_the_time_anew_and_leaves_a_firing_alert_alone() {
    let rule = rule(10);
    let mut state = State::inactive();
    for boot in 0..=9 {
        state = step(&rule, &state, input(Some(90.0)), at(boot)).0;
    }
    state.interrupt(Duration::ZERO);
    let (mut state, transition) = step(&rule, &state, input(Some(90.0)), at(12));
    assert_eq!((state.phase, transition), (AlertPhase::Pending, None));
    for boot in 13..=22 {
        state = step(&rule, &state, input(Some(90.0)), at(boot)).0;
    }
    assert_eq!(state.phase, AlertPhase::Firing);
    state.interrupt(Duration::ZERO);
    assert_eq!(
        step(&rule, &state, input(Some(85.0)), at(30)),
        (State { read: Some(at(30).boot), value: Some(85.0), ..state }, None)
    );
}

/// A trace of plateaus with noise that stays on its side, some readings missing, and pauses between.
fn noisy() -> impl Strategy<Value = Vec<(bool, Vec<(f64, bool)>)>> {
    let plateau = prop::collection::vec((-3.0..3.0f64, prop::bool::weighted(0.1)), 5..60);
    prop::collection::vec(plateau, 1..12)
        .prop_map(|plateaus| plateaus.into_iter().enumerate().map(|(at, noise)| (at % 2 == 1, noise)).collect())
}

proptest! {
    #[test]
    fn every_crossing_gives_one_fired_and_one_cleared(trace in noisy(), hold in 0u64..20) {
        let rule = rule(hold);
        let mut state = State::inactive();
        let mut boot = 0;
        for (hot, noise) in trace {
            // The noise stays on its side of both limits.
            let middle = if hot { 91.0 } else { 76.0 };
            // So seldom that it is no flutter.
            boot += REMEMBERED.as_secs();
            let (mut fired, mut cleared) = (0, 0);
            for (noise, missing) in &noise {
                boot += 1;
                let reading = (!missing).then_some(middle + noise);
                let (next, transition) = step(&rule, &state, input(reading), at(boot));
                state = next;
                match transition {
                    Some(Transition::Fired { .. }) => fired += 1,
                    Some(Transition::Cleared { .. }) => cleared += 1,
                    Some(Transition::Again { .. }) => prop_assert!(false, "nobody wants to be told again"),
                    None => {}
                }
            }
            prop_assert!(fired <= u64::from(hot) && cleared <= u64::from(!hot));
            // Unbroken pairs of readings each count a second.
            let seen = noise.windows(2).filter(|pair| !pair[0].1 && !pair[1].1).count() as u64;
            if hot && noise.iter().any(|(_, missing)| !missing) {
                prop_assert_eq!(fired == 1, seen >= hold, "seen {} of {}", seen, hold);
            }
        }
    }

    #[test]
    fn what_stands_is_one_episode_whatever_the_recorder_does_meanwhile(
        breaks in prop::collection::vec((0..3u8, 0u64..500_000, 0u64..43_200, 1u64..5), 0..12), keep in 0u64..300,
    ) {
        let rule = Rule { keep: Duration::from_secs(keep), ..rule(0) };
        let (mut state, mut boot) = (step(&rule, &State::inactive(), Input::read(90.0), at(0)).0, 0);
        // Days away, and up to half a day without a reading while the recorder runs.
        for (kind, away, silent, hot) in breaks {
            match kind {
                0 => {
                    let row = state.row("hot", "cpu", "", at(boot));
                    state = State::restored(&row, Some(at(boot).unix()), at(boot + away));
                }
                // Asleep.
                1 => state.interrupt(Duration::from_secs(away)),
                // Nothing but silence.
                _ => {}
            }
            boot += if kind < 2 { away } else { 0 };
            for at_second in 1..=silent.div_euclid(30) {
                let (next, transition) = step(&rule, &state, Input::MISSING, at(boot + at_second * 30));
                prop_assert_eq!(transition, None);
                state = next;
            }
            boot += silent;
            for _ in 0..hot {
                boot += 1;
                let (next, transition) = step(&rule, &state, Input::read(90.0), at(boot));
                prop_assert_eq!((next.phase, transition), (AlertPhase::Firing, None));
                state = next;
            }
        }
        // And its one end.
        let mut ends = 0;
        for _ in 0..=keep {
            boot += 1;
            let (next, transition) = step(&rule, &state, Input::read(70.0), at(boot));
            ends += usize::from(matches!(transition, Some(Transition::Cleared { .. })));
            state = next;
        }
        prop_assert_eq!(ends, 1);
    }

    #[test]
    fn noise_around_the_limit_is_told_at_most_once(values in prop::collection::vec(80.0..95.0f64, 1..300)) {
        let trace: Vec<_> = values.iter().enumerate().map(|(at, value)| (at as u64, Some(*value))).collect();
        prop_assert!(run(&rule(0), &trace).len() <= 1);
    }

    #[test]
    fn a_gap_never_makes_an_alert(before in 0u64..9, gap in 91u64..1_000_000, after in 0u64..9) {
        let mut trace: Vec<_> = (0..=before).map(|boot| (boot, Some(90.0))).collect();
        trace.extend((0..=after).map(|boot| (before + gap + boot, Some(90.0))));
        prop_assert_eq!(run(&rule(10), &trace), []);
    }
}

#[test]
fn an_alert_that_comes_and_goes_must_be_quiet_for_longer() {
    let rule = rule(0);
    let mut state = State::inactive();
    let mut fired = Vec::new();
    // A minute hot, a minute cool, for two hours.
    for boot in 0..7200 {
        let value = if boot / 60 % 2 == 0 { 90.0 } else { 70.0 };
        let (next, transition) = step(&rule, &state, Input::read(value), at(boot));
        state = next;
        if matches!(transition, Some(Transition::Fired { .. })) {
            fired.push(boot);
        }
    }
    // After the third time it has to be cool for two minutes, which it never is.
    assert_eq!(fired, [0, 120, 240]);
    assert_eq!((state.phase.is_told(), state.damped, state.keep(&rule).as_secs()), (true, 1, 120));
    // It is remembered over a restart, and forgotten when it has been quiet for long.
    let row = state.row("hot", "cpu", "", at(7200));
    let restored = State::restored(&row, Some(at(7199).unix()), at(7201));
    assert_eq!((restored.damped, restored.phase), (1, AlertPhase::Firing));
    let mut state = restored;
    for boot in 7201..7201 + 121 + REMEMBERED.as_secs() + 1 {
        state = step(&rule, &state, Input::read(70.0), at(boot)).0;
    }
    assert_eq!((state.phase, state.damped), (AlertPhase::Inactive, 0));
}

#[test]
fn an_alert_that_goes_on_is_told_again_as_often_as_the_rule_says() {
    let rule = Rule { repeat: Some(Duration::from_secs(600)), ..rule(0) };
    let trace: Vec<_> = (0..1500).map(|boot| (boot, Some(90.0))).collect();
    assert_eq!(run(&rule, &trace), [(0, "fired"), (600, "again"), (1200, "again")]);
    // A restart does not tell it at once.
    let mut state = State::inactive();
    for boot in 0..100 {
        state = step(&rule, &state, Input::read(90.0), at(boot)).0;
    }
    let state = State::restored(&state.row("hot", "cpu", "", at(100)), Some(at(100).unix()), at(110));
    assert_eq!(step(&rule, &state, Input::read(90.0), at(599)).1, None);
    assert!(matches!(step(&rule, &state, Input::read(90.0), at(601)).1, Some(Transition::Again { .. })));
}

#[test]
fn silence_does_what_the_rule_says() {
    let seen = |policy, trace: &[(u64, Option<f64>)]| run(&Rule { no_data: policy, ..rule(0) }, trace);
    let silent = |from: u64, to: u64| (from..to).map(|boot| (boot, None)).collect::<Vec<_>>();
    let after = |value, to| [vec![(1, Some(value))], silent(2, to)].concat();
    assert_eq!(seen(NoData::Hold, &after(90.0, 4000)), [(1, "fired")]);
    assert_eq!(seen(NoData::Clear, &after(90.0, 4000)), [(1, "fired"), (92, "cleared")]);
    assert_eq!(seen(NoData::Fire, &after(50.0, 4000)), [(92, "fired")]);
    // Nobody listened while the machine slept.
    let rule = Rule { no_data: NoData::Fire, ..rule(0) };
    let mut state = step(&rule, &State::inactive(), Input::read(50.0), at(10)).0;
    state.interrupt(Duration::ZERO);
    let (state, transition) = step(&rule, &state, Input::MISSING, at(30_000));
    assert_eq!((state.phase, transition), (AlertPhase::Inactive, None));
}

#[test]
fn what_is_not_read_any_more_is_known_as_such_and_is_not_over() {
    let rule = rule(0);
    let mut state = step(&rule, &State::inactive(), Input::read(90.0), at(0)).0;
    for boot in 1..200 {
        state = step(&rule, &state, Input::MISSING, at(boot)).0;
    }
    assert_eq!(state.phase, AlertPhase::NoData);
    let (state, transition) = step(&rule, &state, Input::read(90.0), at(200));
    assert_eq!((state.phase, transition), (AlertPhase::Firing, None));
}

#[test]
fn where_what_else_it_asks_for_is_not_so_it_is_as_good_as_over() {
    let rule = rule(0);
    let unarmed = |value| Input { value: Some(value), armed: false };
    assert_eq!(step(&rule, &State::inactive(), unarmed(99.0), at(1)).0.phase, AlertPhase::Inactive);
    let firing = step(&rule, &State::inactive(), Input::read(99.0), at(1)).0;
    let (_, transition) = step(&rule, &firing, unarmed(99.0), at(2));
    assert!(matches!(transition, Some(Transition::Cleared { disarmed: true, .. })));
    let (_, transition) = step(&rule, &firing, unarmed(70.0), at(2));
    assert!(matches!(transition, Some(Transition::Cleared { disarmed: false, .. })));
}
