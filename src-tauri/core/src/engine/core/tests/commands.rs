//! What faces and the journal tell the engine: pause, end, a store that fails.

use super::*;
use crate::model::UNTIL_RESUMED;
use crate::model::tray::IconStyle;

fn step(rig: &mut Rig) -> Tick {
    let cpu = cpu();
    rig.second(vec![batch(&[(&cpu, Metric::CpuLoad1, 1.0)])])
}

fn pause(rig: &mut Rig, seconds: i64) -> i64 {
    let until = rig.clock.now().unix() + seconds;
    rig.core.handle(Event::Command(Command::Pause { until }));
    until
}

#[test]
fn a_pause_until_it_is_resumed_has_no_end_that_is_told() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    rig.core.handle(Event::Command(Command::Pause { until: UNTIL_RESUMED }));
    let status = rig.status();
    assert_eq!((status.state, status.until), (RecorderState::Paused, None));
    let tick = &rig.ticks()[0];
    assert_eq!(tick.recorder, Some((RecorderState::Paused, Some(UNTIL_RESUMED))), "the next recorder has to know it");
    assert_eq!(tick.events[0].detail, json!({ "until": null }));
    rig.advance(400 * 86_400 * 1000);
    assert!(rig.ticks().is_empty() && rig.asked(0).is_none());
    rig.core.handle(Event::Command(Command::Resume));
    assert_eq!(rig.status().state, RecorderState::Recording);
}

#[test]
fn another_icon_is_told_at_once() {
    let mut rig = Rig::new(&["cpu"]);
    let config = Config { icon: IconStyle::Digits, ..Config::default() };
    for _ in 0..2 {
        rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config.clone())))));
    }
    let told = |said| match said {
        Published::Icon(style) => Some(style),
        _ => None,
    };
    assert_eq!(rig.heard.try_iter().filter_map(told).collect::<Vec<_>>(), [IconStyle::Digits]);
}

#[test]
fn a_pause_stops_sampling_and_ends_by_itself() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    let until = pause(&mut rig, 3600);
    let (ticks, durable, _) = rig.journal.pushed();
    assert_eq!(ticks[0].recorder, Some((RecorderState::Paused, Some(until))));
    assert_eq!(kinds(&ticks[0].events), [EventKind::Paused]);
    assert!(durable);
    let status = rig.status();
    assert_eq!((status.state, status.until, status.since), (RecorderState::Paused, Some(until), START as i64 + 1));
    assert_eq!(status.value("cpu", Metric::CpuLoad1), None, "old values are not shown as if they were new");
    for _ in 0..3599 {
        rig.advance(1000);
    }
    assert!(rig.ticks().is_empty() && rig.asked(0).is_none());
    rig.advance(1000);
    let tick = rig.tick();
    assert_eq!(
        (tick.recorder, kinds(&tick.events)),
        (Some((RecorderState::Recording, None)), vec![EventKind::Resumed])
    );
    let tick = step(&mut rig);
    assert_eq!((values(&tick, "cpu").len(), tick.events), (1, vec![]), "a pause is no gap that nobody asked for");
    assert_eq!(rig.status().state, RecorderState::Recording);
}

#[test]
fn a_pause_may_be_changed_ended_and_wished_elsewhere() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    let first = pause(&mut rig, 60);
    let second = pause(&mut rig, 120);
    let states: Vec<_> = rig.ticks().into_iter().filter_map(|tick| tick.recorder).collect();
    assert_eq!(states, [(RecorderState::Paused, Some(first)), (RecorderState::Paused, Some(second))]);
    // The journal sees in the database what was just written there: nothing new.
    rig.core.handle(Event::Journal(Report::Wished(Some(second))));
    assert!(rig.ticks().is_empty());
    rig.core.handle(Event::Command(Command::Resume));
    assert_eq!(kinds(&rig.tick().events), [EventKind::Resumed]);
    rig.core.handle(Event::Command(Command::Resume));
    assert!(rig.ticks().is_empty());
    let until = rig.clock.now().unix() + 60;
    rig.core.handle(Event::Journal(Report::Wished(Some(until))));
    assert_eq!(rig.tick().recorder, Some((RecorderState::Paused, Some(until))));
    rig.core.handle(Event::Journal(Report::Wished(None)));
    assert_eq!(rig.tick().recorder, Some((RecorderState::Recording, None)));
    // A pause that is over already is none.
    pause(&mut rig, 0);
    assert!(rig.ticks().is_empty());
}

#[test]
fn a_clock_that_is_set_back_does_not_lengthen_a_pause() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    pause(&mut rig, 60);
    rig.clock.set_wall(Duration::from_secs(1000));
    rig.ticks();
    rig.advance(59_999);
    assert!(rig.ticks().is_empty());
    rig.advance(1);
    assert_eq!(kinds(&rig.tick().events), [EventKind::Resumed]);
}

#[test]
fn a_recorder_that_broke_off_is_told_with_its_times_and_one_that_went_with_the_machine_is_not() {
    let started = |state, ago: i64| {
        let left = Left { state: Some(state), last_ts: Some(START as i64 - ago), ..Left::default() };
        let mut rig = Rig::with(&["cpu"], "", left, None);
        let tick = step(&mut rig);
        let [event] = &tick.events[..] else { panic!("{:?}", tick.events) };
        assert_eq!(event.kind, EventKind::RecorderStarted);
        (event.detail["since"].as_i64(), event.detail["seconds"].as_i64())
    };
    assert_eq!(started(RecorderState::Recording, 180), (Some(START as i64 - 180), Some(180)));
    // The machine was started a thousand seconds ago.
    assert_eq!(started(RecorderState::Recording, 1200), (None, None));
    assert_eq!(started(RecorderState::Off, 180), (None, None));
    // When it ended in a pause nobody knows.
    assert_eq!(started(RecorderState::Paused, 180), (None, None));
}

#[test]
fn a_pause_survives_a_restart() {
    let until = START as i64 + 100;
    let mut rig = Rig::with(&["cpu"], "", Left { paused_until: Some(until), ..Left::default() }, None);
    let tick = rig.tick();
    assert_eq!(kinds(&tick.events), [EventKind::RecorderStarted, EventKind::Paused]);
    assert_eq!(tick.recorder, Some((RecorderState::Paused, Some(until))));
    assert_eq!(rig.status().state, RecorderState::Paused);
    rig.advance(99_000);
    assert!(rig.ticks().is_empty());
    rig.advance(1000);
    assert_eq!(kinds(&rig.tick().events), [EventKind::Resumed]);
}

#[test]
fn what_is_under_way_when_something_else_comes_is_nobodys_fault() {
    #[track_caller]
    fn check(command: Command) {
        let mut rig = Rig::new(&["cpu", "slow"]);
        let (cpu, disk) = (cpu(), Source::whole(SourceKind::Disk, "disk:a", "A"));
        let good = || vec![batch(&[(&cpu, Metric::CpuLoad1, 1.0)]), batch(&[(&disk, Metric::DiskUsed, 1e9)])];
        rig.second(good());
        rig.advance(1000);
        let number = rig.asked(0).unwrap();
        rig.answer(0, number, good().remove(0));
        let late = rig.asked(1).unwrap();
        rig.core.handle(Event::Command(command));
        let (ticks, durable, _) = rig.journal.pushed();
        assert!(durable);
        assert_eq!(values(&ticks[0], "cpu").len(), 1, "what was read is kept");
        assert_eq!(rig.health("disk:a"), (Health::Ok, String::new()));
        // Its answer belongs to no tick.
        rig.answer(1, late, good().remove(1));
        assert!(rig.ticks().is_empty());
    }
    check(Command::Suspending);
    check(Command::Stop);
    check(Command::Pause { until: START as i64 + 1000 });
}

#[test]
fn an_end_is_recorded_and_nothing_comes_after_it() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    rig.core.handle(Event::Command(Command::Stop));
    let (ticks, durable, stop) = rig.journal.pushed();
    assert_eq!(ticks[0].recorder, Some((RecorderState::Off, None)));
    assert_eq!(kinds(&ticks[0].events), [EventKind::RecorderStopped]);
    assert!(durable && stop);
    for command in [Command::Stop, Command::Resume, Command::Suspending, Command::Pause { until: i64::MAX }] {
        rig.core.handle(Event::Command(command));
    }
    rig.advance(1000);
    assert!(rig.ticks().is_empty());
}

#[test]
fn a_store_that_fails_is_told_once_and_recorded_when_it_works_again() {
    let mut rig = Rig::new(&["cpu"]);
    step(&mut rig);
    rig.core.handle(Event::Journal(Report::Failed { reason: "the disk is full".to_owned() }));
    let troubles = rig.troubles();
    assert_eq!(troubles.len(), 1);
    assert!(troubles[0].contains("the disk is full"));
    rig.journal.settled(1, None);
    let tick = step(&mut rig);
    assert_eq!(rig.status().troubles, [Trouble::Unwritten]);
    assert_eq!(tick.events[0].detail, json!({ "reason": "the disk is full" }));
    assert_eq!(values(&tick, "self"), [], "the size is not known now");
    rig.core.handle(Event::Journal(Report::Recovered { ticks: 2, lost: 0 }));
    assert_eq!(step(&mut rig).events[0].detail, json!({ "ticks": 2, "lost": 0 }));
    assert_eq!(rig.status().troubles, []);
    assert!(rig.troubles().is_empty());
}

#[test]
fn a_new_database_is_told_everything_anew() {
    let hot = "[[rule]]\nid = \"load\"\nmetric = \"cpu.load.1m\"\nfire = \"> 0.5\"\n";
    let mut rig = Rig::with(&["cpu"], hot, Left::default(), None);
    step(&mut rig);
    assert_eq!(step(&mut rig).conditions.len(), 0);
    let event = Happening {
        ts: 1,
        kind: EventKind::DatabaseSetAside,
        source: None,
        detail: json!({ "reason": "bad page", "file": "hoofbeat.db.corrupt-1" }),
    };
    rig.core.handle(Event::Journal(Report::Reopened(vec![event.clone()])));
    let troubles = rig.troubles();
    assert!(troubles[0].contains("bad page") && troubles[0].contains("hoofbeat.db.corrupt-1"), "{troubles:?}");
    let tick = step(&mut rig);
    assert_eq!(tick.events, [event]);
    assert_eq!(conditions(&tick).iter().map(|(id, ..)| *id).collect::<Vec<_>>(), ["cpu", "self:cpu", "self"]);
    assert_eq!(tick.recorder, Some((RecorderState::Recording, None)));
    assert_eq!(tick.alerts.iter().map(|row| row.phase).collect::<Vec<_>>(), [AlertPhase::Firing]);
    let tick = step(&mut rig);
    assert_eq!((tick.conditions.len(), tick.alerts.len(), tick.recorder), (0, 0, None));
}

#[test]
fn a_tick_that_is_changed_is_told_before_it_comes() {
    let mut rig = Rig::new(&["cpu"]);
    let cpu = cpu();
    rig.second(vec![batch(&[(&cpu, Metric::CpuLoad1, 1.0)])]);
    let config = Config::parse("[recording]\ntick = \"60s\"", std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    assert_eq!(rig.ticks().iter().map(|tick| tick.step).collect::<Vec<_>>(), [Some(60)]);
}

#[test]
fn troubles_are_told_in_the_language_of_the_recorder() {
    use crate::language::{Language, within};
    let detail = json!({ "reason": "{file}", "file": "hoofbeat.db.damaged" });
    let event = model::Event { ts: 1, kind: EventKind::DatabaseSetAside, source: None, detail };
    let said = within(Language::German, || super::super::orders::set_aside(&event));
    let expected = "Die Datenbank war beschädigt ({file}) und liegt jetzt als hoofbeat.db.damaged beiseite; die \
                    Aufzeichnung geht in einer neuen weiter, mit allem, was zu retten war.";
    assert_eq!(said, expected);
}
