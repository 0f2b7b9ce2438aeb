//! Clocks that step and machines that sleep: an event and a gap, never a wrong value.

use super::*;

fn step(rig: &mut Rig) -> Tick {
    let cpu = cpu();
    rig.second(vec![batch(&[(&cpu, Metric::CpuTemperature, 90.0)])])
}

const HOT: &str = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\nfor = \"10s\"\n";

#[test]
fn a_night_asleep_is_one_event_one_gap_and_no_alert() {
    let mut rig = Rig::with(&["cpu"], HOT, Left::default(), None);
    for _ in 0..9 {
        step(&mut rig);
    }
    rig.clock.sleep(Duration::from_secs(8 * 3600));
    let tick = step(&mut rig);
    assert_eq!(kinds(&tick.events), [EventKind::Suspend]);
    assert_eq!(tick.events[0].detail, json!({ "seconds": 28800.0, "cause": "sleep" }));
    assert_eq!(tick.ts, START as i64 + 10 + 8 * 3600);
    rig.core.handle(Event::Tick);
    assert!(rig.ticks().is_empty(), "missed ticks are not caught up");
    assert!(rig.notices().is_empty(), "the time of a pending alert begins anew");
    for _ in 0..9 {
        step(&mut rig);
    }
    assert!(rig.notices().is_empty());
    step(&mut rig);
    assert_eq!(rig.notices().len(), 1);
}

#[test]
fn a_stopped_process_is_a_gap_too() {
    let mut rig = Rig::with(&["cpu"], HOT, Left::default(), None);
    step(&mut rig);
    rig.clock.advance(Duration::from_secs(60));
    let tick = step(&mut rig);
    assert_eq!(tick.events[0].detail, json!({ "seconds": 60.0, "cause": "stopped" }));
    assert_eq!(step(&mut rig).events, []);
}

#[test]
fn a_wall_clock_that_is_set_is_an_event_and_recording_goes_on() {
    #[track_caller]
    fn check(wall: u64, seconds: f64) {
        let mut rig = Rig::with(&["cpu"], HOT, Left::default(), None);
        for _ in 0..5 {
            step(&mut rig);
        }
        rig.clock.set_wall(Duration::from_secs(wall));
        let tick = step(&mut rig);
        assert_eq!(tick.ts, wall as i64 + 1);
        assert_eq!(kinds(&tick.events), [EventKind::ClockStep]);
        assert_eq!(tick.events[0].detail, json!({ "seconds": seconds }));
        for _ in 0..4 {
            assert_eq!(step(&mut rig).events, []);
        }
        assert!(rig.notices().is_empty());
        // The alert's time is not touched by it: ten seconds are ten seconds.
        step(&mut rig);
        assert_eq!(rig.notices().len(), 1);
    }
    check(START + 5 - 3600, -3600.0);
    check(START + 5 + 3600, 3600.0);
    check(START + 5 + 315_360_000, 315_360_000.0);
    check(1, 1.0 - (START + 5) as f64);
}

#[test]
fn on_battery_it_ticks_less_often() {
    let mut rig = Rig::new(&["power"]);
    let mains = Source::whole(SourceKind::Mains, "power:ac", "AC");
    let battery = Source::whole(SourceKind::Battery, "power:bat", "Battery");
    let power = |online: f64, power: Option<f64>| {
        let mut batch = Batch::default();
        batch.put(&mains, Metric::PowerOnline, online);
        batch.put(&battery, Metric::BatteryCharge, 80.0);
        batch.put(&battery, Metric::BatteryPower, power);
        Ok(batch)
    };
    let mut told = None;
    let mut ticks_in = |online, watts| {
        let mut ticks = Vec::new();
        for _ in 0..20 {
            rig.advance(1000);
            if let Some(number) = rig.asked(0) {
                rig.answer(0, number, power(online, watts));
            }
            for tick in rig.ticks() {
                ticks.push(tick.ts);
                told = tick.step.or(told);
            }
        }
        (ticks.split_off(ticks.len().saturating_sub(3)), told)
    };
    let start = START as i64;
    assert_eq!(ticks_in(1.0, Some(-10.0)), (vec![start + 18, start + 19, start + 20], Some(1)));
    assert_eq!(ticks_in(0.0, Some(10.0)), (vec![start + 30, start + 35, start + 40], Some(5)));
    // Charged over a dock, though no mains is online.
    assert_eq!(ticks_in(0.0, Some(-10.0)), (vec![start + 58, start + 59, start + 60], Some(1)));
    // A battery that cannot measure.
    assert_eq!(ticks_in(0.0, None), (vec![start + 70, start + 75, start + 80], Some(5)));
}

#[test]
fn it_ends_by_itself_when_told_so() {
    let mut rig = Rig::with(&["cpu"], "", Left::default(), Some(Duration::from_secs(3)));
    let cpu = cpu();
    for _ in 0..2 {
        rig.second(vec![batch(&[(&cpu, Metric::CpuLoad1, 1.0)])]);
    }
    rig.advance(1000);
    let (ticks, durable, stop) = rig.journal.pushed();
    assert_eq!(kinds(&ticks.last().unwrap().events), [EventKind::RecorderStopped]);
    assert!(durable && stop);
    assert!(rig.core.ended.is_none(), "it waits for the disk");
    rig.core.handle(Event::Journal(Report::Ended(Ok(()))));
    assert!(matches!(rig.core.ended, Some(Ok(()))));
}

#[test]
fn a_disk_that_hangs_does_not_hold_the_end_for_ever() {
    let mut rig = Rig::new(&[]);
    rig.core.handle(Event::Command(Command::Stop));
    rig.advance(19_999);
    assert!(rig.core.ended.is_none());
    rig.advance(1);
    assert!(matches!(rig.core.ended, Some(Err(StoreError::Io(_)))));
}
