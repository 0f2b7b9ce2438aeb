//! Who used a GPU, as a chart shows it, and what of it was otherwise before.

use std::sync::Arc;

use hoofbeat_core::api::{Face, Lane, LaneOf};
use hoofbeat_core::model::{
    Condition, Event, EventKind, GpuEnergy, GpuMinute, GpuUsage, HIDDEN, Source, SourceKind, Tick,
};
use hoofbeat_core::store::Store;
use serde_json::json;

use crate::support::*;

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

/// Writes a minute in which these used the GPU for so many seconds; a name may stand before its key.
fn write(store: &mut Store, start: i64, used: &[(&str, f64)]) {
    let gpu = gpu();
    let usage = |&(name, busy): &(&str, f64)| {
        let (identity, key) = name.split_once('=').unwrap_or((name, name));
        GpuUsage {
            source: gpu.clone(),
            key: key.into(),
            identity: identity.into(),
            uid: Some(1000),
            busy: (busy > 0.0).then_some(busy),
            vram: Some(1 << 30),
            encoder: None,
            decoder: None,
            energy: Some(busy * 200.0),
        }
    };
    let sum = |used: &mut dyn Iterator<Item = &(&str, f64)>| used.map(|(_, busy)| busy).sum();
    let (busy, explained) = (sum(&mut used.iter()), sum(&mut used.iter().filter(|(name, _)| !name.ends_with(HIDDEN))));
    let energy = GpuEnergy {
        source: gpu.clone(),
        energy: Some(9000.0),
        idle: None,
        attributed: Some(6000.0),
        busy: Some(busy),
        explained: Some(explained),
        missing: 0.0,
    };
    let minute = GpuMinute { start, usage: used.iter().map(usage).collect(), energy: vec![energy] };
    let conditions = vec![(gpu.clone(), Condition::OK)];
    store.append(&[Tick { ts: start + 60, conditions, gpu_minute: Some(minute), ..Tick::default() }], false).unwrap();
}

fn told(lane: &Lane) -> String {
    let points: Vec<_> =
        lane.points.iter().map(|(ts, share)| format!("{}:{}", (ts - HOUR) / 60, share.unwrap_or(-1.0))).collect();
    format!("{} {}", if lane.of == LaneOf::Identity { &lane.identity } else { "-" }, points.join(" "))
}

#[test]
fn ribbons_are_shares_of_their_buckets_the_largest_first() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    write(&mut store, HOUR, &[("Blender", 30.0), ("Ollama", 12.0)]);
    write(&mut store, HOUR + 60, &[("Blender", 60.0)]);
    // Under another name, and a while later.
    write(&mut store, HOUR + 300, &[("Blender 5=Blender", 6.0), ("Browser", 0.0)]);
    let face = Face::open(temp.path()).unwrap();
    let ribbons = |points| face.ribbons("gpu:1", HOUR, HOUR + 600, points).unwrap();
    let fine = ribbons(10);
    assert_eq!(fine.step, 60);
    let lines: Vec<_> = fine.lanes.iter().map(told).collect();
    assert_eq!(lines, ["Blender 5 0:50 1:100 5:10", "Ollama 0:20", "Browser 5:-1"]);
    let coarse = ribbons(5);
    assert_eq!((coarse.step, told(&coarse.lanes[0]).as_str()), (120, "Blender 5 0:75 4:5"));
    assert_eq!((coarse.lanes[0].busy, coarse.lanes[0].energy), (96.0, Some(19_200.0)));
    assert!(face.ribbons("gpu:2", HOUR, HOUR + 600, 10).unwrap().lanes.is_empty());
    assert!(face.ribbons("gpu:1", HOUR + 600, HOUR + 900, 10).unwrap().lanes.is_empty());
}

#[test]
fn five_have_ribbons_and_all_others_share_one() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let used: Vec<_> = names.iter().enumerate().map(|(at, name)| (*name, 14.0 - 2.0 * at as f64)).collect();
    write(&mut store, HOUR, &used);
    let lanes = Face::open(temp.path()).unwrap().ribbons("gpu:1", HOUR, HOUR + 60, 1).unwrap().lanes;
    assert_eq!(lanes.len(), 6);
    let others = &lanes[5];
    assert_eq!((others.of, others.count, others.busy), (LaneOf::Others, 2, 6.0));
}

/// The driver tells of a process that nobody can name, and its work explains nothing.
#[test]
fn what_nobody_can_name_has_one_ribbon() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    write(&mut store, HOUR, &[("Blender", 20.0), ("a process that cannot be seen=hidden", 30.0)]);
    let lanes = Face::open(temp.path()).unwrap().ribbons("gpu:1", HOUR, HOUR + 60, 1).unwrap().lanes;
    let told: Vec<_> = lanes.iter().map(|lane| (lane.of, lane.busy, lane.vram)).collect();
    let vram = Some(1 << 30);
    assert_eq!(told, [(LaneOf::Identity, 20.0, vram), (LaneOf::Unexplained, 30.0, vram)]);
}

#[test]
fn a_year_says_what_its_minutes_say() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    write(&mut store, HOUR, &[("Blender", 60.0)]);
    write(&mut store, HOUR + 1800, &[("Blender", 60.0)]);
    let ribbons = Face::open(temp.path()).unwrap().ribbons("gpu:1", HOUR, HOUR + 365 * 86_400, 365).unwrap();
    assert_eq!((ribbons.step % 3600, ribbons.lanes[0].busy), (0, 120.0));
    assert_eq!(ribbons.lanes[0].points.len(), 1);
}

#[test]
fn what_differs_from_before_is_told_where_there_is_a_before() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    for minute in 0..20 {
        write(&mut store, HOUR + minute * 60, &[(if minute < 15 { "Ollama" } else { "Blender" }, 30.0)]);
    }
    let face = Face::open(temp.path()).unwrap();
    let changes = face.changes("gpu:1", HOUR + 15 * 60 + 20, HOUR + 20 * 60).unwrap();
    // Four times five minutes would begin before the recording.
    assert_eq!(changes.before, Some(HOUR));
    let told: Vec<_> =
        changes.changes.iter().map(|one| (one.identity.as_str(), one.before.share, one.now.share)).collect();
    assert_eq!(told, [("Blender", Some(0.0), Some(50.0)), ("Ollama", Some(50.0), Some(0.0))]);
    let first = face.changes("gpu:1", HOUR, HOUR + 60).unwrap();
    assert!(first.before.is_none() && first.changes.is_empty());
}

#[test]
fn a_chart_is_marked_with_what_matters_on_it() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let kinds = [EventKind::Suspend, EventKind::GpuWoke, EventKind::AlertFired, EventKind::Paused];
    let events =
        (0..4).zip(kinds).map(|(at, kind)| Event { ts: HOUR + at * 60, kind, source: None, detail: json!({}) });
    store.append(&[Tick { ts: HOUR + 300, events: events.collect(), ..Tick::default() }], false).unwrap();
    let face = Face::open(temp.path()).unwrap();
    let told = |since, until, limit| {
        let marks = face.marks(since, until, limit).unwrap();
        marks.into_iter().map(|mark| mark.ts - HOUR).collect::<Vec<_>>()
    };
    assert_eq!(told(HOUR, HOUR + 600, 9), [180, 120, 0]);
    assert_eq!(told(HOUR, HOUR + 150, 1), [120]);
}

#[test]
fn what_happened_is_told_of_any_time_and_of_the_kinds_that_are_wanted_and_counted_by_kind() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let kinds = [EventKind::Suspend, EventKind::GpuWoke, EventKind::AlertFired, EventKind::GpuWoke];
    let events =
        (0..4).zip(kinds).map(|(at, kind)| Event { ts: HOUR + at * 60, kind, source: None, detail: json!({}) });
    store.append(&[Tick { ts: HOUR + 300, events: events.collect(), ..Tick::default() }], false).unwrap();
    let face = Face::open(temp.path()).unwrap();
    let told = |kinds: &[EventKind], until, limit| {
        let happened = face.happened(kinds, HOUR, until, limit).unwrap();
        let events: Vec<_> = happened.events.into_iter().map(|event| event.ts - HOUR).collect();
        let counts: Vec<_> = happened.counts.into_iter().collect();
        (events, counts)
    };
    let counts = |counts: &[(&str, usize)]| counts.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
    let all: Vec<(String, usize)> = counts(&[("alert_fired", 1), ("gpu_woke", 2), ("suspend", 1)]);
    assert_eq!(told(&[], HOUR + 600, 9), (vec![180, 120, 60, 0], all.clone()));
    assert_eq!(told(&[], HOUR + 600, 2), (vec![180, 120], all.clone()));
    assert_eq!(told(&[EventKind::GpuWoke], HOUR + 600, 9), (vec![180, 60], all));
    let early = counts(&[("alert_fired", 1), ("gpu_woke", 1), ("suspend", 1)]);
    assert_eq!(told(&[EventKind::Paused], HOUR + 150, 9), (vec![], early));
}
