//! What the GPUs did while nobody was there, and who hears when that was.

use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::bus::Bus;
use crate::sandbox::{Ended, Sandbox, Watcher, wait_for};
use crate::session::Session;

fn away(sandbox: &Sandbox, bus: &str) -> Ended {
    let output = sandbox.command(&["why", "--away"]).env("DBUS_SYSTEM_BUS_ADDRESS", bus).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// The first line of the answer, where there is no bus.
#[track_caller]
fn told(sandbox: &Sandbox) -> String {
    let told = away(sandbox, "unix:path=/nowhere");
    assert_eq!(told.code, 0, "{told:?}");
    told.stdout.lines().next().unwrap().to_owned()
}

/// A recorder on this bus as the system's.
fn watch(sandbox: &Sandbox, bus: &Bus, arguments: &[&str]) -> Watcher {
    sandbox.watch(|command| command.args(arguments).env("DBUS_SYSTEM_BUS_ADDRESS", bus.address()))
}

/// Waits until this many events of who is there are recorded, and gives their details, oldest first.
#[track_caller]
fn recorded(sandbox: &Sandbox, count: usize) -> Vec<Value> {
    wait_for(&format!("event {count}"), || {
        let found = presence(sandbox);
        (found.len() >= count).then_some(found)
    })
}

fn presence(sandbox: &Sandbox) -> Vec<Value> {
    let face = hoofbeat_core::api::Face::open(&sandbox.data()).unwrap();
    let events = face.events(0, 1000).unwrap().into_iter().rev();
    events.filter(|event| event.kind == hoofbeat_core::model::EventKind::Presence).map(|event| event.detail).collect()
}

/// A moment as `why` tells it: its time, and the day where that is not today.
fn clock(unix: &Value) -> String {
    let moment = jiff::Timestamp::from_second(unix.as_i64().unwrap()).unwrap();
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let day = moment.strftime("%Y-%m-%d").to_string();
    let time = moment.strftime("%H:%M");
    if day == today { time.to_string() } else { format!("{day} {time}") }
}

/// What an event says without its times.
fn gist(detail: &Value) -> (&str, &str, bool) {
    let word = |key: &str| detail[key].as_str().unwrap();
    (word("state"), word("why"), detail["at_latest"] == true)
}

#[test]
fn a_session_that_is_idle_tells_since_when() {
    let sandbox = Sandbox::new();
    sandbox.record();
    let bus = Bus::start(sandbox.path("bus"));
    // Two days ago, so that the day is told.
    let since = sandbox.newest().unwrap() - 2 * 86_400;
    let _session = Session::idle_since(&bus, since);
    let told = away(&sandbox, &bus.address());
    let day = jiff::Timestamp::from_second(since).unwrap().strftime("%Y-%m-%d %H:%M").to_string();
    let line = format!("Since you left the screen, which is locked, at {day}:");
    assert_eq!((told.code, told.stdout.lines().next()), (0, Some(line.as_str())), "{told:?}");
}

#[test]
fn without_logind_the_last_look_counts_and_only_one_of_a_person_is() {
    let sandbox = Sandbox::new();
    sandbox.record();
    // A bus that takes the call and never answers.
    let silent = sandbox.path("silent");
    let _listener = UnixListener::bind(&silent).unwrap();
    let silent = format!("unix:path={}", silent.display());
    assert_eq!(sandbox.run(&["why"]).code, 3);
    for bus in [silent.as_str(), "unix:path=/nowhere"] {
        let told = away(&sandbox, bus);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.contains("nobody looked before"), "{told:?}");
    }
    let seen = sandbox.on_terminal(&["why"]).output().unwrap();
    assert!(String::from_utf8_lossy(&seen.stdout).contains("No GPU was found"), "{seen:?}");
    let told = wait_for("a look that is over", || {
        let told = away(&sandbox, "unix:path=/nowhere");
        (told.code == 0).then_some(told)
    });
    assert!(told.stdout.starts_with("Since the last look at "), "{told:?}");
}

#[test]
fn a_recorder_hears_when_the_screen_is_locked_and_unlocked() {
    for arguments in [&[][..], &["--headless"]] {
        let sandbox = Sandbox::new();
        let bus = Bus::start(sandbox.path("bus"));
        let session = Session::start(&bus);
        let mut watcher = watch(&sandbox, &bus, arguments);
        session.asked_after(0);
        session.lock(true);
        let events = recorded(&sandbox, 1);
        assert_eq!(gist(&events[0]), ("away", "locked", false), "{arguments:?}");
        let since = &events[0]["since"];
        // An absence of no second is none.
        let line = wait_for("a second of absence", || {
            let told = away(&sandbox, "unix:path=/nowhere");
            (told.code == 0).then_some(told.stdout)
        });
        assert!(line.starts_with(&format!("Since the screen was locked at {}:\n", clock(since))), "{line}");
        // Idle later, and touched again: the screen is locked still.
        session.idle(Some(since.as_i64().unwrap() + 1));
        session.idle(None);
        session.lock(false);
        let events = recorded(&sandbox, 2);
        assert_eq!((events.len(), gist(&events[1])), (2, ("back", "locked", false)), "{arguments:?}");
        assert_eq!(events[1]["away_since"], *since);
        let stretch = format!("{} to {}", clock(since), clock(&events[1]["since"]));
        assert_eq!(told(&sandbox), format!("While you were away, {stretch} (screen locked):"));
        watcher.terminate();
        assert_eq!(
            told(&sandbox),
            format!("While you were away, {stretch} (screen locked):"),
            "without a recorder, too"
        );
    }
}

#[test]
fn idleness_is_told_from_its_beginning() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let session = Session::start(&bus);
    let mut watcher = watch(&sandbox, &bus, &["--headless"]);
    session.asked_after(0);
    sandbox.wait_for_ticks();
    let since = sandbox.newest().unwrap() - 300;
    session.idle(Some(since));
    let events = recorded(&sandbox, 1);
    assert_eq!((gist(&events[0]), events[0]["since"].as_i64()), (("away", "idle", false), Some(since)));
    assert_eq!(told(&sandbox), format!("Since you left this machine at {}:", clock(&events[0]["since"])));
    session.idle(None);
    let events = recorded(&sandbox, 2);
    assert_eq!((gist(&events[1]), events[1]["away_since"].as_i64()), (("back", "idle", false), Some(since)));
    watcher.terminate();
}

#[test]
fn a_session_and_its_logind_may_come_later_than_the_recorder() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let mut watcher = watch(&sandbox, &bus, &["--headless"]);
    sandbox.wait_for_ticks();
    let session = Session::none(&bus);
    sandbox.wait_for_ticks();
    assert!(presence(&sandbox).is_empty());
    session.begin_locked();
    let events = recorded(&sandbox, 1);
    // Nobody saw when it was locked.
    assert_eq!(gist(&events[0]), ("away", "locked", true));
    session.lock(false);
    assert_eq!(gist(&recorded(&sandbox, 2)[1]), ("back", "locked", false));
    watcher.terminate();
}

#[test]
fn of_the_time_without_a_logind_nothing_is_known() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let session = Session::start(&bus);
    let mut watcher = watch(&sandbox, &bus, &["--headless"]);
    session.asked_after(0);
    session.lock(true);
    recorded(&sandbox, 1);
    session.leave();
    let _session = Session::start(&bus);
    assert_eq!(gist(&recorded(&sandbox, 2)[1]), ("back", "locked", true));
    watcher.terminate();
}

#[test]
fn a_bus_that_dies_and_comes_back_ends_no_absence() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let session = Session::start(&bus);
    let mut watcher = watch(&sandbox, &bus, &["--headless"]);
    session.asked_after(0);
    session.lock(true);
    recorded(&sandbox, 1);
    let bus = Bus::start(bus.stop());
    let session = Session::locked(&bus);
    session.asked_after(0);
    // It is still the same absence; and who is back is seen to be.
    session.lock(false);
    let events = recorded(&sandbox, 2);
    assert_eq!((events.len(), gist(&events[1])), (2, ("back", "locked", false)));
    assert_eq!(events[1]["away_since"], events[0]["since"]);
    watcher.terminate();
}

#[test]
fn an_absence_outlives_its_recorder() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let session = Session::start(&bus);
    let mut first = watch(&sandbox, &bus, &["--headless"]);
    session.asked_after(0);
    session.lock(true);
    let since = recorded(&sandbox, 1)[0]["since"].clone();
    first.terminate();

    // Away still: no second event.
    let before = session.times_asked();
    let mut second = watch(&sandbox, &bus, &["--headless"]);
    session.asked_after(before);
    sandbox.wait_for_ticks();
    assert_eq!(presence(&sandbox).len(), 1);
    second.terminate();

    // Back, and nobody saw when.
    session.lock(false);
    let mut third = watch(&sandbox, &bus, &["--headless"]);
    let events = recorded(&sandbox, 2);
    assert_eq!((gist(&events[1]), &events[1]["away_since"]), (("back", "locked", true), &since));
    let until = clock(&events[1]["since"]);
    let line = format!("While you were away, {} to {until} at the latest (screen locked):", clock(&since));
    assert_eq!(told(&sandbox), line);
    third.terminate();
}
