//! An alert that stands through what takes long: a sleep, a pause, a restart, all of them longer than a day.

use super::*;

const DAYS: u64 = 3 * 86_400;

/// A card that is too hot, and a rule that says so at once.
fn rig(left: Left) -> Rig {
    let config = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\nclear = \"< 80\"";
    Rig::with(&["sensors"], config, left, None)
}

fn read(rig: &mut Rig, celsius: Option<f64>) -> Tick {
    let cpu = cpu();
    let values: Vec<_> = celsius.map(|celsius| (&cpu, Metric::CpuTemperature, celsius)).into_iter().collect();
    rig.second(vec![batch(&values)])
}

fn told(rig: &Rig) -> Vec<NoticePhase> {
    rig.notices().iter().map(|notice| notice.phase).collect()
}

#[test]
fn a_sleep_of_days_neither_ends_it_nor_tells_it_anew() {
    let mut rig = rig(Left::default());
    read(&mut rig, Some(90.0));
    assert_eq!(told(&rig), [NoticePhase::Fired]);
    rig.clock.sleep(Duration::from_secs(DAYS));
    // The first sample after it comes too late.
    read(&mut rig, None);
    read(&mut rig, Some(90.0));
    assert_eq!(told(&rig), []);
    read(&mut rig, Some(70.0));
    assert!(matches!(told(&rig)[..], [NoticePhase::Cleared { ending: Ending::Read, .. }]));
}

#[test]
fn a_pause_of_days_neither_ends_it_nor_tells_it_anew() {
    let mut rig = rig(Left::default());
    read(&mut rig, Some(90.0));
    assert_eq!(told(&rig), [NoticePhase::Fired]);
    let until = (START + DAYS) as i64;
    rig.core.handle(Event::Command(Command::Pause { until }));
    rig.clock.advance(Duration::from_secs(DAYS));
    rig.core.handle(Event::Tick);
    rig.ticks();
    read(&mut rig, None);
    read(&mut rig, Some(90.0));
    assert_eq!(told(&rig), []);
}

#[test]
fn a_stop_of_days_neither_ends_it_nor_tells_it_anew() {
    let start = START as i64;
    let phase = AlertPhase::Firing;
    let row = AlertRow { rule: "hot".to_owned(), source: "cpu".to_owned(), phase, ..AlertRow::default() };
    let row = AlertRow { since: start - DAYS as i64 - 60, value: Some(90.0), ..row };
    let last_ts = Some(start - DAYS as i64);
    let mut rig = rig(Left { alerts: vec![row], last_ts, ..Left::default() });
    read(&mut rig, None);
    read(&mut rig, Some(90.0));
    assert_eq!(told(&rig), []);
    read(&mut rig, Some(70.0));
    assert!(matches!(told(&rig)[..], [NoticePhase::Cleared { ending: Ending::Read, .. }]));
}

/// A driver may say for days that a GPU is gone, and sources that are gone are forgotten after an hour.
#[test]
fn a_gpu_that_is_said_to_be_gone_for_hours_is_told_once() {
    let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
    let said = |health, reason: &str| {
        let mut batch = Batch::default();
        batch.condition(&gpu, health, reason);
        Ok(batch)
    };
    let mut rig = Rig::new(&["sensors"]);
    rig.second(vec![said(Health::Ok, "")]);
    let mut heard = Vec::new();
    for _ in 0..5 * 720 {
        rig.clock.advance(Duration::from_secs(4));
        rig.second(vec![said(Health::Lost, "it fell off the bus")]);
        heard.extend(told(&rig));
    }
    assert_eq!(heard, [NoticePhase::Fired]);
}

#[test]
fn the_end_of_what_another_rule_held_down_is_not_told_after_a_restart() {
    let rule = |id: &str, fire: &str, rest: &str| {
        format!("[[rule]]\nid = \"{id}\"\nmetric = \"cpu.temperature\"\nfire = \"{fire}\"\nclear = \"< 60\"\n{rest}\n")
    };
    let config = rule("melts", "> 95", "") + &rule("hot", "> 87", "inhibit_by = [\"melts\"]\nrepeat = \"1m\"");
    let mut rig = Rig::with(&["sensors"], &config, Left::default(), None);
    let tick = read(&mut rig, Some(99.0));
    let heard: Vec<_> = rig.notices().into_iter().map(|notice| (notice.rule.id.clone(), notice.notify)).collect();
    assert_eq!(heard, [("melts".to_owned(), true), ("hot".to_owned(), false)]);
    let left = Left { alerts: tick.alerts, dispatch: tick.dispatch, last_ts: Some(tick.ts), ..Left::default() };
    let mut rig = Rig::with(&["sensors"], &config, left, None);
    let mut said = Vec::new();
    for celsius in [99.0; 70].into_iter().chain([50.0]) {
        read(&mut rig, Some(celsius));
        said.extend(rig.notices().into_iter().filter(|notice| notice.notify));
    }
    assert_eq!(said.iter().map(|notice| notice.rule.id.as_str()).collect::<Vec<_>>(), ["melts"]);
}
