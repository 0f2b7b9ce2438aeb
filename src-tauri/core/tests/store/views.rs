//! The documented example queries, through the stock command line.

use std::sync::Arc;

use hoofbeat_core::model::binary::BinaryRow;
use hoofbeat_core::model::{Condition, Event, EventKind, Health, Source, SourceKind, Tick, Usage};
use hoofbeat_core::store::Reader;
use hoofbeat_core::untrusted::Untrusted;

use crate::support::*;

/// Every statement of `docs/queries.sql` runs and finds something in a database that holds two hours.
#[test]
fn every_documented_query_answers() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let end = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let start = end - 7200;
    let mut store = open(temp.path(), start).store;
    let mut first = machine.first(start);
    first.events.push(Event {
        ts: start,
        kind: EventKind::RecorderStarted,
        source: None,
        detail: "{}".parse().unwrap(),
    });
    first.events.push(Event {
        ts: start,
        kind: EventKind::AlertFired,
        source: Some("cpu".into()),
        detail: serde_json::json!({"rule": "hot", "value": 96.0, "severity": "warning"}),
    });
    first.events.push(Event {
        ts: start,
        kind: EventKind::GpuWoke,
        source: None,
        detail: serde_json::json!({"seconds": 60.0, "holders": [{"pid": 7, "identity": "Blender"}]}),
    });
    first.events.push(Event {
        ts: start,
        kind: EventKind::UnexpectedUse,
        source: None,
        detail: serde_json::json!({"why": "new", "identity": "xmrig"}),
    });
    first.events.push(Event {
        ts: start,
        kind: EventKind::Presence,
        source: None,
        detail: serde_json::json!({"state": "back", "since": start, "away_since": start - 60, "why": "locked"}),
    });
    first.baseline.push(crate::baseline::row("program:xmrig", Some(1000), 1.0));
    let content = |content: &str| BinaryRow {
        key: "program:blender".into(),
        uid: None,
        path: "/usr/bin/blender".into(),
        content: content.to_owned(),
        first: start,
        seen: start,
    };
    first.binaries = vec![content("sha256:1"), content("sha256:2")];
    let usage = Usage {
        key: "program:blender".into(),
        identity: Untrusted::from("blender"),
        uid: 1000,
        processes: 1,
        cpu: 42.0,
        memory: 1 << 30,
        io: None,
    };
    first.gpu_minute = Some(crate::gpus::used_minute(start / 60 * 60));
    first.usage = Some((start / 60 * 60, vec![usage]));
    store.append(&[first], false).unwrap();
    let ticks: Vec<_> =
        (1..7200).map(|s| machine.tick(start + s, (s % 100) as f64, &[Some(3.0), None, None])).collect();
    store.append(&ticks, false).unwrap();
    store.append(&[crate::gpus::used_tick(end), crate::sessions::over_tick(end)], false).unwrap();
    store.maintain(now(end)).unwrap();

    let queries = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/queries.sql")).unwrap();
    let statements: Vec<_> = queries
        .split(";\n")
        .map(|text| text.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n"))
        .filter(|text| !text.trim().is_empty())
        .collect();
    assert!(statements.len() >= 8, "{}", statements.len());
    for statement in statements {
        assert!(!sqlite3(temp.path(), &statement).is_empty(), "nothing found by:\n{statement}");
    }
}

/// A source that only stood for another one is not listed beside it, and what happened to it happened to that one.
#[test]
fn a_source_under_another_name_is_one_source() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let gpu = |id: &str| Source::whole(SourceKind::Gpu, id, "GPU");
    let (by_address, own) = (gpu("gpu:0000:01:00.0"), gpu("gpu:GPU-0b0b"));
    let tick = |ts: i64, source: &Arc<Source>, health, replaced| {
        let event =
            Event { ts, kind: EventKind::GpuSlept, source: Some(source.id.clone()), detail: "{}".parse().unwrap() };
        let conditions = vec![(source.clone(), Condition { health, reason: String::new() })];
        Tick { ts, conditions, events: vec![event], replaced, ..Machine::new().tick(ts, 1.0, &[]) }
    };
    store.append(&[tick(HOUR, &by_address, Health::Asleep, Vec::new())], false).unwrap();
    let listed = || {
        let status = Reader::open(temp.path()).unwrap().status(true).unwrap();
        status.sources.into_iter().filter(|it| it.kind == SourceKind::Gpu).map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(listed(), ["gpu:0000:01:00.0"]);
    let replaced = vec![(by_address.id.clone(), own.clone()), ("gpu:never-seen".to_owned(), own.clone())];
    store.append(&[tick(HOUR + 1, &own, Health::Ok, replaced)], false).unwrap();
    assert_eq!(listed(), ["gpu:GPU-0b0b"]);
    let events = sqlite3(temp.path(), "SELECT source, count(*) FROM events GROUP BY source");
    assert_eq!(events, "gpu:GPU-0b0b|2");
    assert_eq!(sqlite3(temp.path(), "SELECT source FROM status WHERE kind = 'gpu'"), "gpu:GPU-0b0b");
    assert_sound(temp.path());
}
