//! Alerts through the engine: told once, kept over a restart, withdrawn with their rule.

use super::*;

const RULES: &str = r#"
[[rule]]
id = "hot"
metric = "cpu.temperature"
fire = "> 87"
clear = "< 80"
severity = "critical"

[[rule]]
id = "disk"
metric = "disk.temperature"
source = "disk:nvme*"
fire = "> 70"
for = "2s"
"#;

fn rig(left: Left) -> Rig {
    Rig::with(&["sensors"], RULES, left, None)
}

fn heat(rig: &mut Rig, source: &Arc<Source>, value: f64) -> Tick {
    rig.second(vec![batch(&[(source, Metric::CpuTemperature, value)])])
}

fn firing_since(since: i64) -> AlertRow {
    let phase = AlertPhase::Firing;
    AlertRow { rule: "hot".to_owned(), source: "cpu".to_owned(), phase, since, value: Some(90.0) }
}

#[test]
fn a_crossing_is_published_recorded_and_durable() {
    let mut rig = rig(Left::default());
    let cpu = cpu();
    heat(&mut rig, &cpu, 80.0);
    let start = START as i64;
    rig.advance(1000);
    rig.journal.pushed();
    let number = rig.asked(0).unwrap();
    rig.answer(0, number, batch(&[(&cpu, Metric::CpuTemperature, 91.0)]));
    let (ticks, durable, _) = rig.journal.pushed();
    assert!(durable);
    let tick = &ticks[0];
    assert_eq!(kinds(&tick.events), [EventKind::AlertFired]);
    assert_eq!(tick.events[0].source.as_deref(), Some("cpu"));
    assert_eq!(
        tick.events[0].detail,
        json!({ "rule": "hot", "metric": "cpu.temperature", "value": 91.0, "limit": 87.0, "severity": "critical" })
    );
    assert_eq!((tick.alerts[0].phase, tick.alerts[0].since), (AlertPhase::Firing, start + 2));
    let active = rig.status().alerts;
    assert_eq!((active.len(), active[0].value, active[0].since), (1, Some(91.0), start + 2));

    heat(&mut rig, &cpu, 95.0);
    assert!(rig.notices().is_empty());
    let tick = heat(&mut rig, &cpu, 79.0);
    assert_eq!(kinds(&tick.events), [EventKind::AlertCleared]);
    assert_eq!(tick.alerts[0].phase, AlertPhase::Inactive);
    let notice = rig.notices().remove(0);
    assert_eq!((notice.rule.as_str(), notice.since, notice.value), ("hot", start + 2, Some(79.0)));
    assert_eq!(
        notice.phase,
        NoticePhase::Cleared { ending: Ending::Read, lasted: Duration::from_secs(2), peak: Some(95.0) }
    );
    assert!(notice.notify);
    let tick = heat(&mut rig, &cpu, 79.0);
    assert_eq!((tick.events, tick.alerts), (vec![], vec![]));
}

#[test]
fn a_rule_watches_the_sources_that_it_names() {
    let mut rig = rig(Left::default());
    let nvme = Source::whole(SourceKind::Disk, "disk:nvme.1", "A");
    let ata = Source::whole(SourceKind::Disk, "disk:wwn.2", "B");
    let hot = || batch(&[(&nvme, Metric::DiskTemperature, 75.0), (&ata, Metric::DiskTemperature, 75.0)]);
    let tick = rig.second(vec![hot()]);
    assert_eq!(tick.alerts.iter().map(|row| row.phase).collect::<Vec<_>>(), [AlertPhase::Pending]);
    rig.second(vec![hot()]);
    rig.second(vec![hot()]);
    let notices = rig.notices();
    assert_eq!(notices.iter().map(|notice| notice.source.id.as_str()).collect::<Vec<_>>(), ["disk:nvme.1"]);
    assert_eq!(notices[0].hold, Duration::from_secs(2));
}

#[test]
fn a_sensor_that_fails_neither_fires_nor_clears() {
    let mut rig = rig(Left::default());
    let cpu = cpu();
    heat(&mut rig, &cpu, 90.0);
    assert_eq!(rig.notices().len(), 1);
    for _ in 0..100 {
        rig.second(vec![Err(SensorError { health: Health::Lost, reason: "gone".to_owned() })]);
    }
    assert!(rig.notices().is_empty());
    assert_eq!(rig.core.watch.active().len(), 1);
    heat(&mut rig, &cpu, 90.0);
    assert!(rig.notices().is_empty());
    heat(&mut rig, &cpu, 70.0);
    assert_eq!(rig.notices().len(), 1);
}

#[test]
fn a_restart_does_not_tell_the_same_crossing_again() {
    let start = START as i64;
    let left = Left { alerts: vec![firing_since(start - 600)], last_ts: Some(start - 5), ..Left::default() };
    let mut rig = rig(left);
    let cpu = cpu();
    let tick = heat(&mut rig, &cpu, 92.0);
    assert_eq!((kinds(&tick.events), tick.alerts), (vec![EventKind::RecorderStarted], vec![]));
    assert!(rig.notices().is_empty());
    heat(&mut rig, &cpu, 70.0);
    let notice = rig.notices().remove(0);
    assert_eq!(
        notice.phase,
        NoticePhase::Cleared { ending: Ending::Read, lasted: Duration::from_secs(602), peak: Some(92.0) }
    );
}

#[test]
fn a_rule_that_is_gone_leaves_nothing_behind() {
    let start = START as i64;
    let row = AlertRow { rule: "old".to_owned(), ..firing_since(start - 60) };
    let mut rig = rig(Left { alerts: vec![row.clone()], ..Left::default() });
    let tick = heat(&mut rig, &cpu(), 20.0);
    assert_eq!(kinds(&tick.events), [EventKind::RecorderStarted, EventKind::AlertCleared]);
    assert_eq!(tick.alerts, [AlertRow { phase: AlertPhase::Inactive, since: start, ..row }]);
}

#[test]
fn an_alert_of_a_source_that_never_comes_back_ends_after_a_day() {
    let mut rig = rig(Left { alerts: vec![firing_since(START as i64 - 60)], ..Left::default() });
    let other = Source::whole(SourceKind::Cpu, "cpu2", "CPU");
    heat(&mut rig, &other, 20.0);
    rig.clock.advance(Duration::from_secs(25 * 3600));
    let tick = heat(&mut rig, &other, 20.0);
    assert!(kinds(&tick.events).contains(&EventKind::AlertCleared));
    assert_eq!(tick.alerts[0].phase, AlertPhase::Inactive);
}

#[test]
fn an_alert_of_a_source_that_goes_ends_after_a_day_without_a_reading() {
    let mut rig = rig(Left::default());
    let (cpu, other) = (cpu(), Source::whole(SourceKind::Cpu, "cpu2", "CPU"));
    for _ in 0..3 {
        heat(&mut rig, &cpu, 90.0);
    }
    assert_eq!(rig.notices().len(), 1);
    rig.clock.advance(Duration::from_secs(25 * 3600));
    heat(&mut rig, &other, 20.0);
    let notice = rig.notices().remove(0);
    assert_eq!(notice.value, None);
    assert!(
        matches!(notice.phase, NoticePhase::Cleared { ending: Ending::Unread, peak: Some(90.0), .. }),
        "{notice:?}"
    );
}

#[test]
fn a_changed_rule_ends_its_alerts_and_an_unchanged_one_goes_on() {
    let mut rig = rig(Left::default());
    let cpu = cpu();
    let nvme = Source::whole(SourceKind::Disk, "disk:nvme.1", "A");
    let both = || batch(&[(&cpu, Metric::CpuTemperature, 90.0), (&nvme, Metric::DiskTemperature, 75.0)]);
    for _ in 0..3 {
        rig.second(vec![both()]);
    }
    assert_eq!(rig.notices().len(), 2);
    let text = format!("[notify]\nenabled = false\n{}", RULES.replace("> 87", "> 88"));
    let config = Config::parse(&text, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    let withdrawn = rig.notices().remove(0);
    assert_eq!((withdrawn.rule.as_str(), withdrawn.value), ("hot", None));
    assert!(matches!(withdrawn.phase, NoticePhase::Cleared { ending: Ending::RuleChanged, peak: Some(90.0), .. }));
    let tick = rig.second(vec![both()]);
    // It fires anew under its new limit; the other rule's alert is the same one.
    let rows: Vec<_> = tick.alerts.iter().map(|row| (row.rule.as_str(), row.phase)).collect();
    assert_eq!(rows, [("hot", AlertPhase::Inactive), ("hot", AlertPhase::Firing)]);
    let notices = rig.notices();
    assert_eq!(
        notices.iter().map(|notice| (notice.rule.as_str(), notice.notify)).collect::<Vec<_>>(),
        [("hot", false)]
    );
    assert_eq!(rig.core.watch.active().len(), 2);
}

#[test]
fn a_refused_config_changes_nothing_and_is_said_once() {
    let mut rig = rig(Left::default());
    let error = Config::parse("[keep\n", std::path::Path::new("/x/config.toml")).unwrap_err();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Err(error)))));
    let troubles = rig.troubles();
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].starts_with("/x/config.toml:1:") && troubles[0].ends_with("stay in force."), "{troubles:?}");
    heat(&mut rig, &cpu(), 90.0);
    assert_eq!(rig.notices().len(), 1);
    heat(&mut rig, &cpu(), 90.0);
    assert_eq!(rig.status().troubles, [Trouble::Config]);
    let config = rig.core.config.clone();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    heat(&mut rig, &cpu(), 90.0);
    assert_eq!(rig.status().troubles, []);
}
