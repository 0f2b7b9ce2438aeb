//! What is read in one pass is what each question alone would say.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::{Batch, Condition, Keep, Now, Source, Tick};
use crate::store::Store;

const START: i64 = 1_795_000_000 / 3600 * 3600;
/// What the simulated GPU has of what a verdict may rest on.
const READ: [Metric; 4] = [Metric::GpuUtilization, Metric::GpuPower, Metric::GpuThrottle, Metric::GpuTemperature];

fn query(metric: Metric, source: &str, since: i64, until: i64, points: i64) -> HistoryQuery {
    HistoryQuery { metric, source: Some(source.to_owned()), since, until, points: points as usize }
}

/// The newest value that was not old, by a question of its own.
fn newest_alone(reader: &Reader, metric: Metric, source: &str, at: i64) -> Option<Sample> {
    [NEAR, FAR].into_iter().find_map(|far| {
        let history = reader.history(&query(metric, source, at - far, at + 1, far + 1)).unwrap();
        let fresh = history.series.into_iter().filter_map(|series| {
            let (ts, _, value, _) = *series.points.last()?;
            (at - ts <= RECENT.max(2 * series.step)).then_some(Sample { metric, ts, value })
        });
        fresh.max_by_key(|sample| sample.ts)
    })
}

/// The mean of a minute, by a question of its own.
fn mean_alone(reader: &Reader, metric: Metric, source: &str, minute: i64) -> Option<Sample> {
    let history = reader.history(&query(metric, source, minute, minute + 60, 60)).unwrap();
    let points: Vec<_> = history.series.into_iter().flat_map(|series| series.points).collect();
    let sum: f64 = points.iter().map(|(_, _, mean, _)| mean).sum();
    (!points.is_empty()).then(|| Sample { metric, ts: minute, value: sum / points.len() as f64 })
}

/// For how long it had done nothing, by a question of its own.
fn quiet_alone(reader: &Reader, source: &str, at: i64) -> Option<i64> {
    let window = query(Metric::GpuUtilization, source, at - Quiet::WINDOW, at + 1, Quiet::WINDOW + 1);
    let mut quiet = Quiet::default();
    for (ts, _, _, most) in reader.history(&window).unwrap().series.into_iter().flat_map(|series| series.points) {
        quiet.read(ts, most);
    }
    quiet.at(at)
}

fn scene(source: &str, at: i64) -> Scene {
    Scene::of(source, Untrusted::default(), true, at)
}

fn total(source: &str) -> GpuTotal {
    GpuTotal {
        source: source.to_owned(),
        label: String::new(),
        energy: None,
        idle: None,
        attributed: None,
        unattributed: None,
        busy: None,
        explained: None,
        missing: 0.0,
        usages: Vec::new(),
    }
}

prop_compose! {
    /// Stretches of samples, each so many seconds apart, and pauses between them.
    fn stretches()(
        stretches in prop::collection::vec(
            (prop::sample::select(vec![1_i64, 5, 90, 1500]), 1_usize..120, 0_i64..4000,
             prop::collection::vec(prop::option::weighted(0.8, 0_u8..=100), READ.len() * 7)),
            1..8,
        ),
    ) -> Vec<(i64, [Option<u8>; READ.len()])> {
        let (mut ts, mut ticks) = (START, Vec::new());
        for (step, count, pause, values) in stretches {
            for n in 0..count {
                let value = |at: usize| values[(n * READ.len() + at) % values.len()];
                ticks.push((ts, std::array::from_fn(value)));
                ts += step;
            }
            ts += pause;
        }
        ticks
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn one_pass_says_what_each_question_would(
        ticks in stretches(), moments in prop::collection::vec((any::<prop::sample::Index>(), -200_i64..200), 12),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let now = |unix: i64| Now { wall: Duration::from_secs(unix as u64), boot: Duration::from_secs(1000) };
        // So that of most there are only minutes.
        let keep = Keep { raw: Duration::from_secs(7200), ..Keep::default() };
        let mut store = Store::open(temp.path(), keep, now(START)).unwrap().store;
        let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
        for (ts, values) in &ticks {
            let mut batch = Batch::default();
            for (metric, value) in READ.into_iter().zip(values) {
                batch.put(&gpu, metric, value.map(f64::from));
            }
            let readings = batch.into_parts().readings;
            let conditions = vec![(gpu.clone(), Condition::OK)];
            store.append(&[Tick { ts: *ts, readings, conditions, ..Tick::default() }], false).unwrap();
            store.maintain(now(*ts)).unwrap();
        }
        store.close().unwrap();
        let reader = Reader::open(temp.path()).unwrap();
        for (tick, after) in moments {
            let at = tick.get(&ticks).0 + after;
            for total in [None, Some(total(&gpu.id))] {
                let mut told = scene(&gpu.id, at);
                fill_from_past(&mut told, &reader, total.as_ref()).unwrap();
                let alone = |metric: &Metric| match total {
                    Some(_) if OF_THE_MINUTE.contains(metric) => mean_alone(&reader, *metric, &gpu.id, minute_of(at)),
                    _ => newest_alone(&reader, *metric, &gpu.id, at),
                };
                let expected: Vec<Sample> = METRICS.iter().filter_map(alone).collect();
                prop_assert_eq!(told.samples, expected, "at {}", at - START);
                prop_assert_eq!(told.quiet, quiet_alone(&reader, &gpu.id, at));
            }
        }
    }
}

#[test]
fn of_long_ago_the_minutes_tell_at_any_second() {
    let temp = tempfile::tempdir().unwrap();
    let now = |unix: i64| Now { wall: Duration::from_secs(unix as u64), boot: Duration::from_secs(1000) };
    let keep = Keep { raw: Duration::from_secs(7200), ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(START)).unwrap().store;
    let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
    for ts in (START..START + 6 * 3600).step_by(10) {
        let mut batch = Batch::default();
        batch.put(&gpu, Metric::GpuTemperature, 50.0);
        let readings = batch.into_parts().readings;
        let conditions = vec![(gpu.clone(), Condition::OK)];
        store.append(&[Tick { ts, readings, conditions, ..Tick::default() }], false).unwrap();
        store.maintain(now(ts)).unwrap();
    }
    store.close().unwrap();
    let reader = Reader::open(temp.path()).unwrap();
    for second in [0, 14, 16, 40, 59] {
        let mut told = scene(&gpu.id, START + 1800 + second);
        fill_from_past(&mut told, &reader, None).unwrap();
        let temperature = Sample { metric: Metric::GpuTemperature, ts: START + 1800, value: 50.0 };
        assert_eq!(told.samples, [temperature], "{second} s after the minute began");
    }
}
