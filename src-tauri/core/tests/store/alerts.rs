//! How alerts stand, and what faces tell of them.

use std::path::Path;

use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{AlertPhase, AlertRow, Batch, Event, EventKind, Tick};
use hoofbeat_core::store::Reader;
use serde_json::json;

use crate::support::{HOUR, Machine, older, open};

const RULE: &str = "[[rule]]\nid = \"busy\"\nmetric = \"cpu.utilization\"\nfire = \"> 90\"\nclear = \"< 60\"\n";

fn row(phase: AlertPhase, value: f64, peak: Option<f64>) -> AlertRow {
    let (rule, source) = ("busy".to_owned(), "cpu".to_owned());
    AlertRow { rule, source, phase, since: HOUR, value: Some(value), peak, ..AlertRow::default() }
}

fn fired(ts: i64) -> Event {
    let detail = json!({ "rule": "busy", "metric": "cpu.utilization", "value": 91.0, "title": "CPU busy at 91 %" });
    Event { ts, kind: EventKind::AlertFired, source: Some("cpu".to_owned()), detail }
}

#[test]
fn the_peak_of_an_alert_that_goes_on_is_how_far_it_went_until_now() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let first = Tick { alerts: vec![row(AlertPhase::Firing, 91.0, Some(91.0))], ..Machine::new().first(HOUR) };
    store.append(&[Tick { events: vec![fired(HOUR)], ..first }], false).unwrap();
    let told = |folder: &Path| {
        let past = Face::open(folder).unwrap().past_alerts(HOUR - 60, HOUR + 60, None).unwrap();
        (past[0].value, past[0].peak, past[0].goes_on)
    };
    assert_eq!(told(temp.path()), (Some(91.0), Some(91.0), true));
    let alerts = vec![row(AlertPhase::Firing, 99.0, Some(99.0))];
    store.append(&[Tick { ts: HOUR + 1, alerts, ..Tick::default() }], false).unwrap();
    assert_eq!(told(temp.path()), (Some(91.0), Some(99.0), true));
    store.close().unwrap();
    assert_eq!(open(temp.path(), HOUR + 2).alerts[0].peak, Some(99.0), "the next recorder knows it, too");
}

#[test]
fn what_recovers_is_told_as_it_is_now_and_as_it_was() {
    let temp = tempfile::tempdir().unwrap();
    let rules = Config::parse(RULE, Path::new("x")).unwrap().rules;
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[Tick { events: vec![fired(HOUR)], ..machine.first(HOUR) }], false).unwrap();
    let mut told = |after: i64, now: f64, phase: AlertPhase| {
        let mut batch = Batch::default();
        batch.put(&machine.cpu, Metric::CpuUtilization, now);
        let (readings, alerts) = (batch.into_parts().readings, vec![row(phase, now, Some(98.0))]);
        store.append(&[Tick { ts: HOUR + after, readings, alerts, ..Tick::default() }], false).unwrap();
        let alert = Face::open(temp.path()).unwrap().alerts(&rules).unwrap().remove(0);
        (alert.title, alert.peak)
    };
    let peak = Some(98.0);
    assert_eq!(told(1, 95.0, AlertPhase::Firing), ("CPU busy at 95 %".to_owned(), peak));
    assert_eq!(told(2, 0.0, AlertPhase::Recovering), ("CPU busy 0 %, was 98 %".to_owned(), peak));
    // Where the rule averages, it fires still.
    assert_eq!(told(3, 3.0, AlertPhase::Firing), ("CPU busy 3 %, was 98 %".to_owned(), peak));
    // What is neither past the limit nor back is as it is.
    assert_eq!(told(4, 70.0, AlertPhase::Firing).0, "CPU busy at 70 %");
}

#[test]
fn alerts_of_an_older_recorder_are_read_without_their_peak() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path(), HOUR).store;
    let alerts = vec![row(AlertPhase::Firing, 91.0, Some(99.0))];
    store.append(&[Tick { alerts, ..Machine::new().first(HOUR) }], false).unwrap();
    store.close().unwrap();
    older(temp.path(), 15, "");
    let read = Reader::open(temp.path()).unwrap().alerts().unwrap();
    assert_eq!(read, [row(AlertPhase::Firing, 91.0, None)]);
    assert_eq!(open(temp.path(), HOUR + 1).alerts, read);
}
