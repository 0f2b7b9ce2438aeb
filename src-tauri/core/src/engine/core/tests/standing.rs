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
