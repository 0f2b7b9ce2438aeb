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

#[test]
fn how_far_it_went_is_kept_once_each_time_it_goes_further() {
    let mut first = rig(Left::default());
    read(&mut first, Some(90.0));
    let mut kept = |celsius| read(&mut first, Some(celsius)).alerts;
    let row = kept(95.0).remove(0);
    assert_eq!(row.peak, Some(95.0));
    assert_eq!((kept(93.0), kept(95.0)), (vec![], vec![]));
    assert_eq!(kept(96.0)[0].peak, Some(96.0));

    let mut next = rig(Left { alerts: vec![AlertRow { peak: Some(99.0), ..row }], ..Left::default() });
    read(&mut next, Some(90.0));
    assert_eq!(next.status().alerts[0].peak, Some(99.0), "also from before a restart");
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

/// Two rules on one reading; the first says more.
fn two(first: &str, second: &str) -> String {
    let rule = |id: &str, rest: &str| format!("[[rule]]\nid = \"{id}\"\nmetric = \"cpu.temperature\"\n{rest}\n");
    rule("melts", first) + &rule("hot", &format!("fire = \"> 87\"\ninhibit_by = [\"melts\"]\n{second}"))
}

/// What people are told in ticks with these readings; `left` is kept as a store keeps it.
fn said(rig: &mut Rig, readings: &[f64], left: &mut Left) -> Vec<(String, NoticePhase)> {
    let mut said = Vec::new();
    for celsius in readings {
        let tick = read(rig, Some(*celsius));
        for row in tick.alerts {
            left.alerts.retain(|other| other.rule != row.rule);
            left.alerts.extend(matches!(row.phase, AlertPhase::Firing).then_some(row));
        }
        left.dispatch = tick.dispatch.or(left.dispatch.take());
        left.last_ts = Some(tick.ts);
        let told = rig.notices().into_iter().filter(|notice| notice.notify);
        said.extend(told.map(|notice| (notice.rule.id.clone(), notice.phase)));
    }
    said
}

/// A recorder that goes on with what another one left.
fn next(config: &str, left: &Left) -> Rig {
    let (alerts, dispatch, last_ts) = (left.alerts.clone(), left.dispatch.clone(), left.last_ts);
    Rig::with(&["sensors"], config, Left { alerts, dispatch, last_ts, ..Left::default() }, None)
}

fn ids(said: &[(String, NoticePhase)]) -> Vec<&str> {
    said.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn the_end_of_what_another_rule_held_down_is_not_told_after_a_restart() {
    let config = two("fire = \"> 95\"\nclear = \"< 60\"", "clear = \"< 60\"\nrepeat = \"1m\"");
    let mut left = Left::default();
    assert_eq!(ids(&said(&mut next(&config, &left), &[99.0], &mut left)), ["melts"]);
    let readings: Vec<f64> = [99.0; 70].into_iter().chain([50.0]).collect();
    assert_eq!(ids(&said(&mut next(&config, &left), &readings, &mut left)), ["melts"]);
}

#[test]
fn what_another_rule_held_down_is_told_once_when_that_is_over_whenever_the_recorder_restarts() {
    let config = two("fire = \"> 95\"\nclear = \"< 92\"", "clear = \"< 60\"");
    for restarts in 0..8 {
        let mut left = Left::default();
        let mut rig = next(&config, &left);
        let mut heard = Vec::new();
        for (at, readings) in [&[99.0][..], &[99.0, 90.0], &[90.0, 90.0], &[90.0, 50.0]].into_iter().enumerate() {
            heard.extend(said(&mut rig, readings, &mut left));
            if restarts & 1 << at != 0 {
                rig = next(&config, &left);
                // Nothing is known of it before it is read again.
                read(&mut rig, None);
                assert_eq!(told(&rig), [], "{restarts:b}");
            }
        }
        assert_eq!(ids(&heard), ["melts", "melts", "hot", "hot"], "{restarts:b}");
        assert!(matches!(heard[2].1, NoticePhase::Again { .. }), "it fires for some time: {heard:?}");
        assert!(matches!(heard[3].1, NoticePhase::Cleared { .. }), "{heard:?}");
    }
}

#[test]
fn what_was_held_down_and_only_waits_to_be_called_over_is_not_told() {
    let config = two("fire = \"> 95\"\nclear = \"< 60\"", "clear = \"< 60\"\nkeep = \"10s\"");
    let mut left = Left::default();
    let mut rig = next(&config, &left);
    let readings: Vec<f64> = [99.0].into_iter().chain([50.0; 20]).collect();
    assert_eq!(ids(&said(&mut rig, &readings, &mut left)), ["melts", "melts"]);
    // Where it comes back before that, it fires, and nothing else says so.
    let readings = [99.0, 50.0, 50.0, 90.0, 90.0];
    assert_eq!(ids(&said(&mut rig, &readings, &mut left)), ["melts", "melts", "hot"]);
}

#[test]
fn what_was_held_down_is_repeated_once_it_is_told() {
    let config = two("fire = \"> 95\"\nclear = \"< 92\"", "clear = \"< 60\"\nrepeat = \"1m\"");
    let mut left = Left::default();
    let mut rig = next(&config, &left);
    assert_eq!(ids(&said(&mut rig, &[99.0, 90.0], &mut left)), ["melts", "melts", "hot"]);
    assert_eq!(ids(&said(&mut rig, &[90.0; 70], &mut left)), ["hot"]);
}
