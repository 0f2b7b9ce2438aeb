//! Rules on the recorded past say what they would have said live.

use std::time::Duration;

use hoofbeat_core::alerts::{Input, State, Transition, step};
use hoofbeat_core::api::{Face, Replayed};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::{Aggregate, NoData, Rule, Severity, Side, Threshold, Watched, Window};
use hoofbeat_core::model::{Batch, Event, EventKind, Now, Tick};
use proptest::prelude::*;
use serde_json::json;

use crate::support::*;

fn rule(watched: Watched, limits: (f64, f64), hold: u64, keep: u64) -> Rule {
    Rule {
        id: "hot".to_owned(),
        watched,
        source: None,
        window: None,
        fire: Threshold { side: Side::Above, limit: limits.0 },
        clear: Threshold { side: Side::Below, limit: limits.1 },
        when: None,
        hours: None,
        without: None,
        hold: Duration::from_secs(hold),
        keep: Duration::from_secs(keep),
        repeat: None,
        no_data: NoData::Hold,
        inhibit_by: Vec::new(),
        text: None,
        severity: Severity::Warning,
    }
}

fn busy() -> Watched {
    Watched::Metric { metric: Metric::CpuUtilization, of: None }
}

/// Stretches of a level, each read so often and then missing so often.
fn trace() -> impl Strategy<Value = Vec<Option<f64>>> {
    let level = prop_oneof![Just(20.0), Just(85.0), Just(95.0)];
    let missing = prop_oneof![4 => Just(0usize), 2 => 1usize..20, 1 => 80usize..200];
    prop::collection::vec((level, 2usize..120, missing), 1..25).prop_map(|stretches| {
        let mut all = Vec::new();
        for (level, read, missing) in stretches {
            all.extend(std::iter::repeat_n(Some(level), read));
            all.extend(std::iter::repeat_n(None, missing));
        }
        all
    })
}

/// What stepping each second of it live gives: beginnings and ends, with the most extreme values.
fn live(rule: &Rule, trace: &[Option<f64>]) -> Vec<(i64, Option<i64>, Option<f64>)> {
    let (mut state, mut found) = (State::inactive(), Vec::new());
    for (at, value) in trace.iter().enumerate() {
        let ts = HOUR + at as i64;
        let now = Now { wall: Duration::from_secs(ts as u64), boot: Duration::from_secs(50_000 + at as u64) };
        let (next, transition) = step(rule, &state, Input { value: *value, armed: true }, now);
        state = next;
        match transition {
            Some(Transition::Fired { value }) => found.push((ts, None, value)),
            Some(Transition::Cleared { peak, .. }) => {
                let last = found.last_mut().unwrap();
                (last.1, last.2) = (Some(ts), peak);
            }
            _ => {}
        }
    }
    if let Some(last) = found.last_mut().filter(|last| last.1.is_none()) {
        last.2 = state.peak;
    }
    found
}

fn tick(machine: &Machine, ts: i64, cpu: Option<f64>) -> Tick {
    let mut batch = Batch::default();
    batch.put(&machine.cpu, Metric::CpuUtilization, cpu);
    // Others go on being read.
    batch.put(&machine.memory, Metric::MemoryUsed, 1e9);
    Tick { ts, readings: batch.into_parts().readings, ..Tick::default() }
}

fn short(told: &Replayed) -> Vec<(i64, Option<i64>, Option<f64>)> {
    told.alerts.iter().map(|one| (one.since, one.until, one.peak)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn a_replay_says_what_was_said_live(trace in trace(), hold in 0u64..90, keep in 0u64..90) {
        let temp = tempfile::tempdir().unwrap();
        let machine = Machine::new();
        let mut store = open(temp.path(), HOUR).store;
        store.append(&[machine.first(HOUR - 1)], false).unwrap();
        let ticks: Vec<_> = trace.iter().enumerate()
            .map(|(at, value)| tick(&machine, HOUR + at as i64, *value)).collect();
        for ticks in ticks.chunks(500) {
            store.append(ticks, false).unwrap();
            store.maintain(now(ticks.last().unwrap().ts)).unwrap();
        }
        store.close().unwrap();
        let rule = rule(busy(), (90.0, 80.0), hold, keep);
        let face = Face::open(temp.path()).unwrap();
        let told = face.replay(&rule, HOUR, HOUR + 30 * 86_400).unwrap();
        prop_assert_eq!(short(&told), live(&rule, &trace));
        prop_assert!(told.minutes_until.is_none() && told.is_replayed);
    }
}

#[test]
fn events_are_counted_and_compared_with_what_fired() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    let mut first = machine.first(HOUR);
    let event = |ts, kind, detail| Event { ts, kind, source: Some("cpu".to_owned()), detail };
    for at in [100, 110, 120, 5000] {
        first.events.push(event(HOUR + at, EventKind::GpuWoke, json!({ "untold": 1 })));
    }
    // One that did fire then, and one at another time.
    for (at, kind) in [(125, EventKind::AlertFired), (300, EventKind::AlertCleared), (9000, EventKind::AlertFired)] {
        first.events.push(event(HOUR + at, kind, json!({ "rule": "hot", "value": 5.0, "seconds": 175 })));
    }
    store.append(&[first], true).unwrap();
    store.close().unwrap();
    let woke = Watched::Event { kind: EventKind::GpuWoke, what: None };
    let window = Some(Window { aggregate: Aggregate::Count, over: Duration::from_secs(60) });
    let rule = Rule { window, ..rule(woke, (3.0, 2.0), 0, 0) };
    let told = Face::open(temp.path()).unwrap().replay(&rule, HOUR, HOUR + 10_000).unwrap();
    // Four at the second event, six at the third; none is left of any a minute after the last.
    assert_eq!(short(&told), [(HOUR + 110, Some(HOUR + 180), Some(6.0))]);
    assert!(told.alerts[0].did_fire);
    assert_eq!((told.fired, told.missing.len(), told.missing[0].since), (2, 1, HOUR + 9000));
    // What a verdict was is not kept: it is told as it fired.
    let verdict = Rule { window: None, watched: Watched::Verdict("throttled".to_owned()), ..rule };
    let told = Face::open(temp.path()).unwrap().replay(&verdict, HOUR, HOUR + 10_000).unwrap();
    assert_eq!((told.is_replayed, told.alerts.len(), told.missing.len()), (false, 2, 0));
}
