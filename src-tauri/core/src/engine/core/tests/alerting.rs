//! Alerts through the engine: told once, kept over a restart, withdrawn with their rule.

use super::*;
use crate::alerts::words;
use crate::model::GpuUse;
use crate::untrusted::Untrusted;

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

/// Lets a time pass, in ticks that come as late as they may without being a gap; gives what was recorded and told.
fn wait(rig: &mut Rig, source: &Arc<Source>, seconds: u64) -> (Vec<AlertRow>, Vec<Notice>) {
    let (mut rows, mut notices) = (Vec::new(), Vec::new());
    for _ in 0..seconds / 5 {
        rig.clock.advance(Duration::from_secs(4));
        rows.extend(heat(rig, source, 20.0).alerts);
        notices.extend(rig.notices());
    }
    (rows, notices)
}

fn firing_since(since: i64) -> AlertRow {
    let phase = AlertPhase::Firing;
    AlertRow {
        rule: "hot".to_owned(),
        source: "cpu".to_owned(),
        phase,
        since,
        value: Some(90.0),
        ..AlertRow::default()
    }
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
        json!({ "rule": "hot", "metric": "cpu.temperature", "value": 91.0, "limit": 87.0, "severity": "critical",
                "title": "CPU at 91 °C" })
    );
    assert_eq!((tick.alerts[0].phase, tick.alerts[0].since), (AlertPhase::Firing, start + 2));
    let active = rig.status().alerts;
    assert_eq!((active.len(), active[0].value, active[0].since), (1, Some(91.0), start + 2));

    heat(&mut rig, &cpu, 95.0);
    assert!(rig.notices().is_empty());
    let tick = heat(&mut rig, &cpu, 79.0);
    assert_eq!(kinds(&tick.events), [EventKind::AlertCleared]);
    assert_eq!(tick.alerts[0].phase, AlertPhase::Resolved);
    let notice = rig.notices().remove(0);
    assert_eq!((notice.rule.id.as_str(), notice.since, notice.value), ("hot", start + 2, Some(79.0)));
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
    assert_eq!(notices[0].rule.hold, Duration::from_secs(2));
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
    assert_eq!(kinds(&tick.events), [EventKind::RecorderStarted]);
    assert_eq!(tick.alerts, [AlertRow { value: Some(92.0), peak: Some(92.0), ..firing_since(start - 600) }]);
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
    assert_eq!(tick.alerts, [AlertRow { phase: AlertPhase::Inactive, since: start, peak: row.value, ..row }]);
}

#[test]
fn an_alert_of_a_source_that_never_comes_back_ends_after_a_day() {
    let mut rig = rig(Left { alerts: vec![firing_since(START as i64 - 60)], ..Left::default() });
    let other = Source::whole(SourceKind::Cpu, "cpu2", "CPU");
    heat(&mut rig, &other, 20.0);
    assert_eq!(wait(&mut rig, &other, 86_000).0, []);
    let (rows, _) = wait(&mut rig, &other, 600);
    assert_eq!(rows.iter().map(|row| row.phase).collect::<Vec<_>>(), [AlertPhase::Inactive]);
}

#[test]
fn an_alert_of_a_source_that_goes_ends_after_a_day_without_a_reading() {
    let mut rig = rig(Left::default());
    let (cpu, other) = (cpu(), Source::whole(SourceKind::Cpu, "cpu2", "CPU"));
    for _ in 0..3 {
        heat(&mut rig, &cpu, 90.0);
    }
    assert_eq!(rig.notices().len(), 1);
    let notice = wait(&mut rig, &other, 25 * 3600).1.remove(0);
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
    assert_eq!((withdrawn.rule.id.as_str(), withdrawn.value), ("hot", None));
    assert!(matches!(withdrawn.phase, NoticePhase::Cleared { ending: Ending::RuleChanged, peak: Some(90.0), .. }));
    let tick = rig.second(vec![both()]);
    // It fires anew under its new limit; the other rule's alert is the same one.
    let rows: Vec<_> = tick.alerts.iter().map(|row| (row.rule.as_str(), row.phase)).collect();
    assert_eq!(rows, [("hot", AlertPhase::Inactive), ("hot", AlertPhase::Firing)]);
    let notices = rig.notices();
    assert_eq!(
        notices.iter().map(|notice| (notice.rule.id.as_str(), notice.notify)).collect::<Vec<_>>(),
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

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "RTX")
}

/// What a person is told in a tick.
fn titles(rig: &Rig) -> Vec<String> {
    let plain = |name: &Untrusted| name.json().into_owned();
    rig.notices().iter().filter(|notice| notice.notify).map(|notice| words::title(notice, &plain)).collect()
}

fn used(
    source: &Arc<Source>,
    values: &[(Metric, f64)],
    event: Option<(EventKind, serde_json::Value)>,
) -> Result<Batch, SensorError> {
    let readings: Vec<_> = values.iter().map(|(metric, value)| (source, *metric, *value)).collect();
    let mut batch = batch(&readings)?;
    if let Some((kind, detail)) = event {
        batch.event(source, kind, detail);
    }
    Ok(batch)
}

#[test]
fn an_error_of_the_driver_is_told_once_and_its_end_is_no_news() {
    let mut rig = Rig::with(&["sensors"], "[[rule]]\nid = \"gpu-error\"\nfor = \"0s\"", Left::default(), None);
    let gpu = gpu();
    let xid = || Some((EventKind::Xid, json!({ "code": 13, "meaning": "a program crashed" })));
    let calm = || used(&gpu, &[(Metric::GpuTemperature, 50.0), (Metric::GpuUtilization, 0.0)], None);
    rig.second(vec![calm()]);
    rig.second(vec![used(&gpu, &[(Metric::GpuTemperature, 50.0)], xid())]);
    assert_eq!(titles(&rig), ["RTX reports error 13: a program crashed"]);
    rig.second(vec![used(&gpu, &[(Metric::GpuTemperature, 50.0)], xid())]);
    assert_eq!(titles(&rig), [""; 0], "the same trouble is one alert");
    assert_eq!(rig.core.watch.active()[0].value, Some(2.0));
    let mut notices = Vec::new();
    for _ in 0..602 {
        rig.second(vec![calm()]);
        notices.extend(rig.notices());
    }
    assert!(matches!(notices[0].phase, NoticePhase::Cleared { ending: Ending::Passed, .. }), "{notices:?}");
    assert_eq!(rig.core.watch.active(), []);
}

#[test]
fn whose_doing_it_is_makes_alerts_of_their_own_and_what_is_listed_makes_none() {
    let mut rig = Rig::with(&["sensors"], "", Left::default(), None);
    let gpu = gpu();
    let unexpected = |key: &str, digest: bool| {
        let detail = json!({ "why": "new", "key": key, "identity": key, "share": 90.0, "digest": digest });
        Some((EventKind::UnexpectedUse, detail))
    };
    for (key, digest) in [("a", false), ("b", false), ("a", false), ("c", true)] {
        rig.second(vec![used(&gpu, &[(Metric::GpuPower, 50.0)], unexpected(key, digest))]);
    }
    assert_eq!(titles(&rig), ["a uses RTX and never did before", "b uses RTX and never did before"]);
    let who: Vec<_> = rig.core.watch.rows(rig.clock.now()).iter().map(|row| row.who.clone()).collect();
    assert_eq!(who.len(), 2);
    assert!(who.contains(&"a".to_owned()) && who.contains(&"b".to_owned()));
}

#[test]
fn a_gpu_that_is_lost_says_more_than_that_it_is_hot() {
    const RULES: &str = "[[rule]]\nid = \"gpu-lost\"\nfor = \"0s\"\n[[rule]]\nid = \"gpu-error\"\nfor = \"0s\"";
    let mut rig = Rig::with(&["sensors"], RULES, Left::default(), None);
    let gpu = gpu();
    rig.second(vec![used(&gpu, &[(Metric::GpuPower, 50.0)], None)]);
    let mut lost = Batch::default();
    lost.condition(&gpu, Health::Lost, "it fell off the bus");
    let tick = rig.second(vec![Ok(lost)]);
    assert_eq!(titles(&rig), ["RTX is lost: it fell off the bus"]);
    assert!(kinds(&tick.events).contains(&EventKind::AlertFired));
    let mut more = Batch::default();
    more.condition(&gpu, Health::Lost, "it fell off the bus");
    more.event(&gpu, EventKind::Xid, json!({ "code": 79 }));
    let tick = rig.second(vec![Ok(more)]);
    assert_eq!(kinds(&tick.events), [EventKind::Xid, EventKind::AlertFired], "it is recorded");
    assert_eq!(titles(&rig), [""; 0], "and nobody is told twice");
    rig.second(vec![used(&gpu, &[(Metric::GpuPower, 50.0)], None)]);
    let still = "Still RTX reports error 79 for 1 s";
    assert_eq!(titles(&rig), ["RTX is there again after 2 s", still], "what was held down and goes on");
    rig.second(vec![used(&gpu, &[(Metric::GpuPower, 50.0)], None)]);
    assert_eq!(titles(&rig), [""; 0]);
}

#[test]
fn a_rule_knows_what_else_is_so_and_what_a_value_is_a_part_of() {
    const RULES: &str = "[[rule]]\nid = \"gpu-fan-stopped\"\nfor = \"0s\"\n[[rule]]\nid = \"gpu-memory-full\"\nfor = \"0s\"\nseverity = \"warning\"\n\
                         [[rule]]\nid = \"gpu-hot-guess\"\nfor = \"0s\"";
    let mut rig = Rig::with(&["sensors"], RULES, Left::default(), None);
    let gpu = gpu();
    let fan = |heat: f64, speed: f64| used(&gpu, &[(Metric::GpuTemperature, heat), (Metric::GpuFanSpeed, speed)], None);
    rig.second(vec![fan(40.0, 0.0)]);
    assert_eq!(titles(&rig), [""; 0], "a cool card may stop its fan");
    rig.second(vec![fan(80.0, 0.0)]);
    assert_eq!(titles(&rig), ["RTX: GPU fan stands still"]);
    rig.second(vec![fan(80.0, 900.0)]);
    let memory =
        |used_bytes: f64| used(&gpu, &[(Metric::GpuMemoryTotal, 1e9), (Metric::GpuMemoryUsed, used_bytes)], None);
    let _ = titles(&rig);
    rig.second(vec![memory(0.9e9)]);
    rig.second(vec![memory(0.99e9)]);
    assert_eq!(titles(&rig), ["RTX: memory 99 % full"]);
    // Who tells how far the limit is needs no guess.
    let guess = |metrics: &[(Metric, f64)]| used(&gpu, metrics, None);
    rig.second(vec![guess(&[(Metric::GpuMargin, 20.0), (Metric::GpuTemperature, 95.0)])]);
    rig.second(vec![guess(&[(Metric::GpuTemperature, 95.0)])]);
    assert_eq!(titles(&rig), [""; 0]);
}

fn blender(gpu: &Arc<Source>) -> GpuUse {
    GpuUse {
        source: gpu.clone(),
        pid: 7,
        started: Some(900),
        key: "program:blender".into(),
        identity: "Blender".into(),
        uid: Some(1000),
        command: None,
        exe: None,
        share: Some(95.0),
        vram: None,
        busy: Some(0.95),
        encoder: None,
        decoder: None,
    }
}

#[test]
fn what_a_gpu_does_for_long_is_told_with_who_and_why() {
    const RULES: &str =
        "[[rule]]\nid = \"busy\"\nverdict = \"one\"\nfor = \"10s\"\ntext = \"{who}; fan {gpu.fan.percent}\"";
    let mut rig = Rig::with(&["sensors"], RULES, Left::default(), None);
    let gpu = gpu();
    let busy = || {
        let mut batch = used(&gpu, &[(Metric::GpuUtilization, 95.0), (Metric::GpuFanPercent, 60.0)], None)?;
        batch.gpu_use(blender(&gpu));
        Ok(batch)
    };
    let notice = (0..60).find_map(|_| {
        rig.second(vec![busy()]);
        rig.notices().pop()
    });
    let notice = notice.expect("it is told within a minute");
    assert_eq!(notice.rule.id, "busy");
    let because = notice.because.as_ref().map(|because| because.json().into_owned()).unwrap_or_default();
    assert!(because.starts_with("GPU 95 %: Blender"), "{because}");
    assert_eq!(notice.text, Some(format!("{because}; fan 60 %")));
}

/// A machine with so many disks, each as hot.
fn storm(rig: &mut Rig, disks: &[Arc<Source>], heat: f64) -> Tick {
    let mut batch = Batch::default();
    disks.iter().for_each(|disk| batch.put(disk, Metric::DiskTemperature, heat));
    rig.second(vec![Ok(batch)])
}

/// What was said by itself, and the digests with their numbers of alerts.
fn said(rig: &Rig) -> (Vec<String>, Vec<usize>) {
    let (mut alone, mut digests) = (Vec::new(), Vec::new());
    for said in rig.heard.try_iter() {
        match said {
            Published::Alert(notice) if notice.notify => alone.push(notice.source.id.clone()),
            Published::Digest(digest) => digests.push(digest.items.len() + digest.more as usize),
            _ => {}
        }
    }
    (alone, digests)
}

const STORM: &str = "[[rule]]\nid = \"disks\"\nmetric = \"disk.temperature\"\nfire = \"> 70\"\nclear = \"< 60\"\n";

#[test]
fn a_storm_is_recorded_whole_and_told_in_four_words() {
    let mut rig = Rig::with(&["sensors"], STORM, Left::default(), None);
    let disks: Vec<_> = (0..500).map(|at| Source::whole(SourceKind::Disk, format!("disk:{at}"), "D")).collect();
    let tick = storm(&mut rig, &disks, 75.0);
    let fired = kinds(&tick.events).into_iter().filter(|kind| *kind == EventKind::AlertFired).count();
    assert_eq!((fired, tick.alerts.len()), (500, 500));
    assert!(tick.dispatch.is_some_and(|state| serde_json::from_str::<Value>(&state).is_ok()));
    let (alone, digests) = said(&rig);
    assert_eq!((alone.len(), digests), (3, vec![]));
    let mut told = Vec::new();
    for _ in 0..120 {
        storm(&mut rig, &disks, 75.0);
        let (alone, digests) = said(&rig);
        assert_eq!(alone, [""; 0]);
        told.extend(digests);
    }
    assert_eq!(told, [497]);
    storm(&mut rig, &disks, 50.0);
    assert_eq!(said(&rig), (alone, vec![]));
}

#[test]
fn what_waits_outlives_a_restart_and_is_told_once() {
    let mut rig = Rig::with(&["sensors"], STORM, Left::default(), None);
    let disks: Vec<_> = (0..5).map(|at| Source::whole(SourceKind::Disk, format!("disk:{at}"), "D")).collect();
    let tick = storm(&mut rig, &disks, 75.0);
    assert_eq!(said(&rig).0.len(), 3);
    let left = Left { alerts: tick.alerts, dispatch: tick.dispatch, last_ts: Some(tick.ts), ..Left::default() };
    let mut rig = Rig::with(&["sensors"], STORM, left, None);
    let mut told = (Vec::new(), Vec::new());
    for at in 0..70 {
        // It ends before it could be told; how long it went on is told nevertheless.
        storm(&mut rig, &disks, if at < 30 { 75.0 } else { 50.0 });
        let (alone, digests) = said(&rig);
        told.0.extend(alone);
        told.1.extend(digests);
    }
    assert_eq!(told.0.len(), 3, "the ends of those that were told: {:?}", told.0);
    assert_eq!(told.1, [2]);
}

#[test]
fn a_snoozed_alert_is_recorded_and_told_when_that_runs_out() {
    let mut rig = rig(Left::default());
    let snooze = |until| Snooze { seq: 7, rule: "hot".to_owned(), source: "*".to_owned(), who: None, until };
    rig.core.handle(Event::Journal(Report::Snoozed(vec![snooze(Some(START as i64 + 5))])));
    let tick = heat(&mut rig, &cpu(), 91.0);
    assert_eq!((kinds(&tick.events).last(), tick.alerts.len()), (Some(&EventKind::AlertFired), 1));
    assert_eq!(rig.status().snoozes, [snooze(Some(START as i64 + 5))]);
    for _ in 2..5 {
        assert_eq!(heat(&mut rig, &cpu(), 92.0).snoozes_ended, [0; 0]);
        assert_eq!(said(&rig).0, [""; 0]);
    }
    let tick = heat(&mut rig, &cpu(), 92.0);
    assert_eq!(tick.snoozes_ended, [7]);
    let notice = rig.notices().remove(0);
    // The newest value, and how long it lasts by now.
    let lasted = Duration::from_secs(4);
    assert_eq!((notice.notify, notice.value, notice.phase), (true, Some(92.0), NoticePhase::Again { lasted }));
    heat(&mut rig, &cpu(), 92.0);
    assert_eq!((said(&rig).0, rig.core.desk.snoozes()), (vec![], vec![]));
    heat(&mut rig, &cpu(), 70.0);
    assert_eq!(said(&rig).0, ["cpu"]);
}

#[test]
fn what_was_never_there_is_not_lost_and_what_is_forgotten_is_over() {
    const RULES: &str = "[[rule]]\nid = \"gpu-lost\"\nfor = \"0s\"";
    let mut rig = Rig::with(&["sensors"], RULES, Left::default(), None);
    let gpu = gpu();
    let lost = || {
        let mut lost = Batch::default();
        lost.condition(&gpu, Health::Lost, "its driver is not loaded");
        Ok(lost)
    };
    rig.second(vec![lost()]);
    rig.second(vec![lost()]);
    assert_eq!(titles(&rig), [""; 0]);
    rig.second(vec![used(&gpu, &[(Metric::GpuPower, 50.0)], None)]);
    rig.second(vec![lost()]);
    assert_eq!(titles(&rig).len(), 1);
    // It has another name from now on.
    let named = Source::whole(SourceKind::Gpu, "gpu:GPU-1", "RTX");
    let mut renamed = Batch::default();
    renamed.put(&named, Metric::GpuPower, 50.0);
    renamed.replace("gpu:1".to_owned(), &named);
    let tick = rig.second(vec![Ok(renamed)]);
    assert_eq!(rig.core.watch.active(), []);
    assert_eq!(tick.alerts.last().map(|row| row.phase), Some(AlertPhase::Inactive));
}
