//! Why a GPU did what it did, from what was recorded: the same database always gives the same verdict.

use std::path::Path;
use std::sync::Arc;

use hoofbeat_core::api::{Bundle, Face, Why};
use hoofbeat_core::config::Tariff;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{
    Batch, Condition, Event, EventKind, GpuEnergy, GpuMinute, GpuUsage, HIDDEN, RecorderState, Source, SourceKind, Tick,
};
use hoofbeat_core::store::Store;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::presence::Sign;
use hoofbeat_core::why::{State, Verdict, sentence};

use crate::support::*;

/// What a GPU does in one minute of the script; a minute without it sleeps.
#[derive(Clone, Copy)]
struct Minute {
    busy: f64,
    watts: f64,
    users: &'static [(&'static str, f64, u64)],
}

const IDLE: Minute = Minute { busy: 0.0, watts: 12.0, users: &[] };
const RENDER: Minute = Minute { busy: 90.0, watts: 300.0, users: &[("Blender", 88.0, 8 << 30)] };
const SHARED: Minute =
    Minute { busy: 90.0, watts: 300.0, users: &[("Blender", 60.0, 8 << 30), ("Ollama", 30.0, 4 << 30)] };
const HELD: Minute = Minute { busy: 0.0, watts: 50.0, users: &[("Ollama", 0.0, 18 << 30)] };
const UNSEEN: Minute = Minute { busy: 70.0, watts: 200.0, users: &[] };

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

fn tick(machine: &Machine, ts: i64, minute: Option<Minute>) -> Tick {
    let mut batch = Batch::default();
    if let Some(minute) = minute {
        let seen: f64 = minute.users.iter().map(|(_, share, _)| share).sum();
        batch.put(&gpu(), Metric::GpuUtilization, minute.busy);
        batch.put(&gpu(), Metric::GpuRemainder, (minute.busy - seen).max(0.0));
        batch.put(&gpu(), Metric::GpuPower, minute.watts);
        batch.put(&gpu(), Metric::GpuTemperature, 50.0);
    }
    let mut tick = machine.tick(ts, 3.0, &[]);
    tick.readings.extend(batch.into_parts().readings);
    tick
}

fn usage(start: i64, minute: Minute) -> GpuMinute {
    let one = |(name, share, vram): &(&str, f64, u64)| GpuUsage {
        source: gpu(),
        key: if *name == HIDDEN { HIDDEN.into() } else { format!("program:{name}").as_str().into() },
        identity: (*name).into(),
        uid: Some(1000),
        busy: Some(share * 0.6),
        vram: Some(*vram),
        encoder: None,
        decoder: None,
        energy: Some(100.0),
    };
    let energy = GpuEnergy {
        source: gpu(),
        energy: Some(minute.watts * 60.0),
        idle: None,
        attributed: None,
        busy: Some(minute.busy * 0.6),
        explained: None,
        missing: 0.0,
    };
    GpuMinute { start, usage: minute.users.iter().map(one).collect(), energy: vec![energy] }
}

/// Writes the minutes from `HOUR` on; a minute without a script is one in which nobody recorded.
fn record(folder: &Path, minutes: &[Option<Option<Minute>>]) -> Store {
    let machine = Machine::new();
    let mut store = open(folder, HOUR).store;
    let mut first = machine.first(HOUR);
    first.conditions.push((gpu(), Condition::OK));
    store.append(&[first], false).unwrap();
    let mut was_awake = true;
    for (at, minute) in minutes.iter().enumerate() {
        let start = HOUR + 60 * at as i64;
        let Some(minute) = minute else { continue };
        for second in 1..60 {
            let mut tick = tick(&machine, start + second, *minute);
            if second == 1 && minute.is_some() != was_awake {
                was_awake = minute.is_some();
                let kind = if was_awake { EventKind::GpuWoke } else { EventKind::GpuSlept };
                let source = Some("gpu:1".to_owned());
                tick.events.push(Event { ts: start + second, kind, source, detail: serde_json::json!({}) });
            }
            if second == 59 {
                tick.gpu_minute = minute.map(|minute| usage(start, minute));
            }
            store.append(&[tick], false).unwrap();
        }
    }
    let end = HOUR + 60 * minutes.len() as i64;
    let recorder = Some((RecorderState::Off, None));
    store.append(&[Tick { recorder, ..machine.tick(end, 1.0, &[]) }], true).unwrap();
    store
}

fn why(folder: &Path, at: i64) -> Why {
    Face::open(folder).unwrap().why(Some(at)).unwrap()
}

#[test]
fn what_nobody_can_name_is_told_once() {
    let temp = tempfile::tempdir().unwrap();
    let shared = Minute { users: &[("Blender", 40.0, 8 << 30), (HIDDEN, 50.0, 1 << 30)], ..RENDER };
    record(temp.path(), &[Some(Some(shared)); 3]);
    let past = Face::open(temp.path()).unwrap().why_since(HOUR, HOUR + 180).unwrap();
    let users: Vec<_> = past[0].summary.users.iter().map(|(who, _)| who.clone()).collect();
    assert_eq!(users, ["Blender".into()]);
    // Whoever counts them finds them among those who used it.
    assert_eq!(past[0].total.usages.len(), 2);
}

/// Values from just before it fell asleep are still fresh, and the minute knows who used it then.
#[test]
fn a_gpu_that_has_just_fallen_asleep_is_not_told_as_it_was() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = record(temp.path(), &[Some(Some(IDLE)), Some(Some(RENDER))]);
    let machine = Machine::new();
    let (awake, slept) = (HOUR + 119, HOUR + 122);
    for second in [slept - 1, slept, slept + 1, slept + 5] {
        let mut tick = tick(&machine, second, None);
        if second == slept {
            let source = Some("gpu:1".to_owned());
            tick.events.push(Event { ts: slept, kind: EventKind::GpuSlept, source, detail: serde_json::json!({}) });
        }
        store.append(&[tick], true).unwrap();
    }
    let state = |at| why(temp.path(), at).verdicts[0].state;
    assert_ne!(state(awake), State::Asleep);
    assert_eq!(state(slept + 5), State::Asleep);
    let verdict = &why(temp.path(), slept + 5).verdicts[0];
    assert_eq!(verdict.culprits.len(), 0, "{verdict:?}");
}

#[test]
fn a_past_minute_is_judged_by_who_used_it_then() {
    let temp = tempfile::tempdir().unwrap();
    let on = |minute| Some(Some(minute));
    let script = [
        on(IDLE),
        on(IDLE),
        on(RENDER),
        on(RENDER),
        on(RENDER),
        on(SHARED),
        on(UNSEEN),
        on(HELD),
        on(HELD),
        on(HELD),
        Some(None),
        Some(None),
        None,
        None,
        on(IDLE),
        on(RENDER),
        on(IDLE),
    ];
    record(temp.path(), &script);
    #[track_caller]
    fn check(folder: &Path, minute: i64, state: State, culprits: &[&str]) -> Option<i64> {
        let why = why(folder, HOUR + 60 * minute + 40);
        let [verdict] = why.verdicts.as_slice() else { panic!("{why:?}") };
        let named: Vec<String> = verdict.culprits.iter().map(|one| one.identity.terminal()).collect();
        assert_eq!(
            (verdict.state, named.as_slice()),
            (state, &*culprits.iter().map(|name| name.to_string()).collect::<Vec<_>>())
        );
        verdict.culprits.first().and_then(|one| one.since)
    }
    let check = |minute, state, culprits: &[&str]| check(temp.path(), minute, state, culprits);
    check(1, State::Idle, &[]);
    assert_eq!(check(2, State::One, &["Blender"]), Some(HOUR + 120));
    assert_eq!(check(4, State::One, &["Blender"]), Some(HOUR + 120), "since it began");
    assert_eq!(check(5, State::Several, &["Blender", "Ollama"]), Some(HOUR + 120));
    check(6, State::Unattributed, &[]);
    assert_eq!(check(9, State::IdleExpensive, &["Ollama"]), Some(HOUR + 300), "a pause of one minute is none");
    check(10, State::Asleep, &[]);
    check(11, State::Asleep, &[]);
    assert_eq!(check(15, State::One, &["Blender"]), Some(HOUR + 900), "what was long before is another stretch");
    for nobody in [HOUR - 3600, HOUR + 13 * 60 + 40, HOUR + 30 * 86_400] {
        let why = why(temp.path(), nobody);
        assert_eq!((why.at, why.verdicts.len()), (None, 0), "{nobody}");
        assert_eq!(why.range.map(|(first, _)| first), Some(HOUR));
    }
    assert_eq!(why(temp.path(), HOUR + 160), why(temp.path(), HOUR + 160));
}

#[test]
fn evidence_is_what_was_recorded() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), &[Some(Some(RENDER)), Some(Some(RENDER)), Some(Some(IDLE))]);
    let why = why(temp.path(), HOUR + 100);
    let verdict = &why.verdicts[0];
    let value = |metric| verdict.evidence.iter().find(|one| one.metric == metric).map(|one| (one.ts, one.value));
    assert_eq!(value(Metric::GpuPower), Some((HOUR + 100, 300.0)));
    assert_eq!(value(Metric::GpuUtilization), Some((HOUR + 60, 90.0)), "of the whole minute");
    assert_eq!(verdict.culprits[0].share, Some(88.0));
    assert_eq!(verdict.culprits[0].energy, Some(200.0));
}

#[test]
fn shares_of_a_minute_that_was_slept_through_in_part_are_parts_of_how_busy_it_was_awake() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    for second in 1..60 {
        let mut tick = tick(&machine, HOUR + second, (second <= 20).then_some(SHARED));
        if second == 59 {
            let mut minute = usage(HOUR, SHARED);
            minute.usage.iter_mut().for_each(|one| one.busy = one.busy.map(|busy| busy / 3.0));
            minute.energy[0].busy = minute.energy[0].busy.map(|busy| busy / 3.0);
            tick.gpu_minute = Some(minute);
        }
        store.append(&[tick], false).unwrap();
    }
    let recorder = Some((RecorderState::Off, None));
    store.append(&[Tick { recorder, ..machine.tick(HOUR + 60, 1.0, &[]) }], true).unwrap();
    let verdict = &why(temp.path(), HOUR + 15).verdicts[0];
    let shares: Vec<f64> = verdict.culprits.iter().filter_map(|one| Some(one.share?.round())).collect();
    assert_eq!((verdict.state, verdict.busy), (State::Several, Some(90.0)));
    assert_eq!(shares, [60.0, 30.0]);
}

#[test]
fn what_an_earlier_session_took_is_no_part_of_this_one() {
    let temp = tempfile::tempdir().unwrap();
    let on = |minute| Some(Some(minute));
    // By minutes, a pause of one is none.
    let mut store = record(temp.path(), &[on(RENDER), on(IDLE), on(RENDER), on(IDLE)]);
    let start = HOUR + 125;
    let session = crate::sessions::session(1, &gpu(), "Blender", start, HOUR + 180);
    let tick = Machine::new().tick(HOUR + 241, 1.0, &[]);
    store.append(&[Tick { sessions: vec![session], ..tick }], true).unwrap();
    let blender = &why(temp.path(), HOUR + 170).verdicts[0].culprits[0];
    assert_eq!((blender.since, blender.energy), (Some(start), Some(100.0)));
}

#[test]
fn a_bundle_is_judged_alike_elsewhere_and_tells_no_user() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = record(temp.path(), &[Some(Some(SHARED)), Some(Some(SHARED)), Some(Some(HELD))]);
    let detail = serde_json::json!({ "state": "away", "why": "locked", "since": HOUR + 150 });
    let event = Event { ts: HOUR + 150, kind: EventKind::Presence, source: None, detail };
    store.append(&[Tick { events: vec![event], ..Machine::new().tick(HOUR + 181, 1.0, &[]) }], false).unwrap();
    let face = Face::open(temp.path()).unwrap();
    let tariff = Tariff { price: 0.3, currency: "EUR".to_owned() };
    for at in [HOUR + 100, HOUR + 160] {
        for with_users in [true, false] {
            let bundle = face.bundle(Some(at), tariff.clone(), with_users).unwrap().unwrap();
            let text = serde_json::to_string(&bundle).unwrap();
            assert_eq!(text.contains("1000"), with_users, "{text}");
            assert_eq!(text.contains("presence"), with_users, "{text}");
            assert!(text.contains("\"sessions\":["), "{text}");
            let read = Bundle::parse(&text).unwrap();
            assert_eq!((read.at(), read.tariff()), (at, tariff.clone()));
            let words = |verdicts: Vec<Verdict>| -> Vec<String> {
                let costs = |joules| tariff.words(joules);
                verdicts.iter().map(|one| sentence(one, &costs, &Untrusted::terminal)).collect()
            };
            assert_eq!(words(read.verdicts()), words(why(temp.path(), at).verdicts));
        }
    }
    assert_eq!(face.bundle(Some(HOUR - 86_400), tariff, true).unwrap(), None);
}

#[test]
fn without_a_recording_and_without_a_gpu_that_is_said() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    let empty = Face::open(temp.path()).unwrap().why(None).unwrap();
    assert_eq!((empty.at, empty.range), (None, None));
    store.append(&[machine.first(HOUR)], true).unwrap();
    let why = why(temp.path(), HOUR);
    assert_eq!(why.verdicts.iter().map(|one| one.state).collect::<Vec<_>>(), [State::None]);
}

#[test]
fn the_last_absence_is_the_one_recorded_last() {
    let temp = tempfile::tempdir().unwrap();
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR).store;
    store.append(&[machine.first(HOUR)], false).unwrap();
    let face = Face::open(temp.path()).unwrap();
    assert_eq!(face.last_absence().unwrap(), None);
    // The clock was set back in between.
    for (ts, state) in [(HOUR + 900, "away"), (HOUR + 1, "back")] {
        let detail = serde_json::json!({ "state": state, "why": "idle", "since": ts, "away_since": HOUR });
        let event = Event { ts, kind: EventKind::Presence, source: None, detail };
        store.append(&[Tick { events: vec![event], ..machine.tick(HOUR + 901, 1.0, &[]) }], false).unwrap();
    }
    let last = face.last_absence().unwrap().unwrap();
    assert_eq!((last.since, last.until, last.sign), (HOUR, Some(HOUR + 1), Sign::Idle));
    store.close().unwrap();
    let opened = open(temp.path(), HOUR + 902);
    assert_eq!(opened.presence.map(|event| event.ts), Some(HOUR + 1));
}

/// A recorder that was killed in the middle of a minute, of which it had written what the GPU did and not by whom.
#[test]
fn what_a_killed_recorder_did_not_write_is_not_said_to_be_the_drivers_doing() {
    let temp = tempfile::tempdir().unwrap();
    let (machine, said) = (Machine::new(), |why: &Why| {
        sentence(&why.verdicts[0], &|_| String::new(), &Untrusted::terminal).replace('\u{a0}', " ")
    });
    let mut store = open(temp.path(), HOUR).store;
    let mut first = machine.first(HOUR);
    first.conditions.push((gpu(), Condition::OK));
    first.recorder = Some((RecorderState::Recording, None));
    store.append(&[first], false).unwrap();
    for second in 1..20 {
        store.append(&[tick(&machine, HOUR + second, Some(RENDER))], true).unwrap();
    }
    drop(store);
    let face = Face::open(temp.path()).unwrap();
    for why in [face.why(None).unwrap(), face.why(Some(HOUR + 10)).unwrap()] {
        assert_eq!((why.recorder, why.verdicts[0].state), (RecorderState::Off, State::Unattributed));
        assert_eq!(why.verdicts[0].culprits, []);
        assert_eq!(said(&why), "GPU 90 % busy, 50 °C; who used it then is not recorded");
    }
    // The next one records on, and does not read the GPU at first.
    let mut store = open(temp.path(), HOUR + 600).store;
    for second in 600..620 {
        store.append(&[tick(&machine, HOUR + second, None)], true).unwrap();
    }
    drop(store);
    let later = Face::open(temp.path()).unwrap().why(Some(HOUR + 610)).unwrap();
    assert_eq!(said(&later), "GPU: nothing is recorded of it then");
    assert_eq!(later.verdicts[0].cause.word(), "unrecorded");
}

/// What was read just before it broke off is near, and says nothing of the time in which nobody recorded.
#[test]
fn of_the_time_after_a_recorder_broke_off_nothing_is_told_from_before() {
    let temp = tempfile::tempdir().unwrap();
    let mut store = record(temp.path(), &[Some(Some(RENDER)); 2]);
    assert_eq!(why(temp.path(), HOUR + 120).at, Some(HOUR + 120));
    let mut back = tick(&Machine::new(), HOUR + 180, Some(IDLE));
    let detail = serde_json::json!({ "in_order": false, "since": HOUR + 119, "seconds": 61 });
    back.events.push(Event { ts: HOUR + 180, kind: EventKind::RecorderStarted, source: None, detail });
    store.append(&[back], true).unwrap();
    let told = [119, 120, 150, 179, 180].map(|after| why(temp.path(), HOUR + after).at.map(|at| at - HOUR));
    assert_eq!(told, [Some(119), None, None, None, Some(180)]);
}
