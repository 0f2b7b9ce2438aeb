//! The documented example queries, through the stock command line.

use hoofbeat_core::model::{Event, EventKind, Usage};
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
    store.append(&[crate::gpus::used_tick(end)], false).unwrap();
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
