//! Alerts that people snooze, and those that wait for the end of quiet hours: in every face, and over a kill.

use hoofbeat_core::api::Face;
use hoofbeat_core::model::EventKind;
use serde_json::json;

use crate::bus::{Bus, Server};
use crate::sandbox::{Sandbox, Watcher, wait_for};

const RULE: &str = "[[rule]]\nid = \"cpu-hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n";

fn watch(sandbox: &Sandbox, bus: &Bus) -> Watcher {
    sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("DISPLAY", ":none"))
}

/// Waits until so many events of this kind are recorded.
#[track_caller]
fn wait_for_events(sandbox: &Sandbox, kind: EventKind, count: usize) {
    wait_for("the events", || {
        let events = Face::open(&sandbox.data()).ok()?.events(0, 1000).ok()?;
        (events.iter().filter(|event| event.kind == kind).count() >= count).then_some(())
    });
}

#[test]
fn a_snooze_outlives_a_killed_recorder_and_ends_when_its_alert_is_over() {
    let sandbox = Sandbox::new();
    sandbox.config(RULE);
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, &["body"], false);
    let mut watcher = watch(&sandbox, &bus);
    wait_for("a tick", || sandbox.newest());
    // Nothing fires yet, and what would silence the next alert is refused.
    let early = sandbox.run(&["alerts", "snooze", "cpu-hot", "--source", "CPU", "--until-clear"]);
    assert_eq!((early.code, early.stderr.starts_with("hoofbeat: nothing fires that this would")), (1, true));
    sandbox.temperature(96);
    wait_for_events(&sandbox, EventKind::AlertFired, 1);
    assert_eq!(server.wait_for(1).title, "CPU at 96 °C");
    let snoozed = sandbox.run(&["alerts", "snooze", "cpu-hot", "--source", "CPU", "--until-clear"]);
    assert_eq!(snoozed.code, 0, "{snoozed:?}");
    assert_eq!(
        snoozed.stdout,
        "Alerts of cpu-hot on cpu are silenced until they are over. They are recorded as ever.\n"
    );
    watcher.signal("KILL");
    watcher.ended();

    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();
    let one = json!([{ "rule": "cpu-hot", "source": "cpu", "until": null }]);
    assert_eq!(sandbox.run(&["status", "--json"]).json()["snoozes"], one);
    assert_eq!(sandbox.run(&["alerts", "snooze", "--list", "--json"]).json()["snoozes"], one);
    assert!(sandbox.run(&["status"]).stdout.contains("Alerts of cpu-hot on cpu are silenced until they are over"));
    // Killed in the middle of it, it is still silent.
    watcher.signal("KILL");
    watcher.ended();
    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();
    sandbox.temperature(50);
    wait_for_events(&sandbox, EventKind::AlertCleared, 1);
    wait_for("the end of the snooze", || {
        let list = sandbox.run(&["alerts", "snooze", "--list"]).stdout;
        (list == "Nothing is snoozed.\n").then_some(())
    });
    assert_eq!(server.received().len(), 1, "{:?}", server.received());

    sandbox.temperature(96);
    assert_eq!(server.wait_for(2).title, "CPU at 96 °C");
    watcher.terminate();
}

#[test]
fn what_is_about_to_fire_goes_on_over_a_kill() {
    let sandbox = Sandbox::new();
    sandbox.config(&RULE.replace("fire =", "for = \"1h\"\nfire ="));
    let bus = Bus::start(sandbox.path("bus"));
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    let pending = || {
        let alerts = sandbox.run(&["alerts", "--json"]).json()["alerts"].clone();
        (alerts[0]["phase"] == "pending").then(|| alerts[0]["since"].clone())
    };
    let since = wait_for("a pending alert", pending);
    sandbox.wait_for_ticks();
    watcher.signal("KILL");
    watcher.ended();
    let mut watcher = watch(&sandbox, &bus);
    (0..2).for_each(|_| sandbox.wait_for_ticks());
    assert_eq!(pending(), Some(since));
    watcher.terminate();
}

#[test]
fn what_fires_in_quiet_hours_is_told_when_they_are_over() {
    let sandbox = Sandbox::new();
    sandbox.config(RULE);
    let set = sandbox.run(&["config", "set", "notify.quiet", "00:00-24:00"]);
    assert!(set.code == 0 && set.stdout.starts_with("notify.quiet is set in "), "{set:?}");
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, &["body"], false);
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    wait_for_events(&sandbox, EventKind::AlertFired, 1);
    watcher.signal("KILL");
    watcher.ended();
    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();
    assert_eq!(server.received().len(), 0, "{:?}", server.received());

    assert_eq!(sandbox.run(&["config", "set", "notify.quiet", ""]).code, 0);
    let told = server.wait_for(1);
    assert!(told.title.starts_with("CPU at 96 °C for "), "{}", told.title);
    assert_eq!(told.body, "It waited for the end of the quiet hours.");
    // Its beginning was not said by itself, so its end is not.
    sandbox.temperature(50);
    wait_for_events(&sandbox, EventKind::AlertCleared, 1);
    sandbox.wait_for_ticks();
    watcher.terminate();
    assert_eq!(server.received().len(), 1, "{:?}", server.received());
}

#[test]
fn a_snooze_of_what_is_not_there_is_refused_and_one_can_be_taken_back() {
    let sandbox = Sandbox::new();
    sandbox.config(RULE);
    assert_eq!(sandbox.run(&["alerts", "snooze", "--list"]).code, 5);
    sandbox.record();
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], error: &str) {
        let refused = sandbox.run(&[&["alerts"], arguments].concat());
        assert_eq!((refused.code, refused.stderr.as_str()), (2, format!("hoofbeat: {error}\n").as_str()));
    }
    let unknown = sandbox.run(&["alerts", "snooze", "gpu-hott"]);
    let sentence = "hoofbeat: there is no rule \"gpu-hott\"; the nearest are gpu-hot, ";
    assert!(unknown.code == 2 && unknown.stderr.starts_with(sentence), "{unknown:?}");
    check(&sandbox, &["snooze", "cpu-hot", "--for", "0s"], "a snooze lasts at least a second");
    check(
        &sandbox,
        &["unsnooze", "cpu-hot"],
        "no snooze of \"cpu-hot\" is in force; `hoofbeat alerts snooze --list` shows those that are",
    );
    let refused = sandbox.run(&["config", "set", "notify.quiet", "late"]);
    assert!(refused.code == 2 && refused.stderr.contains("\"late\" is not a span of hours"), "{refused:?}");
    assert_eq!(sandbox.run(&["alerts", "unsnooze", "--all"]).stdout, "Nothing is snoozed.\n");
    assert!(sandbox.run(&["alerts", "snooze", "*"]).stdout.starts_with("All alerts are silenced until "));
    // The same again makes way.
    let snoozed = sandbox.run(&["alerts", "snooze", "*", "--for", "2h", "--json"]).json();
    let listed = sandbox.run(&["alerts", "snooze", "--list", "--json"]).json();
    assert_eq!(listed["snoozes"], json!([snoozed["snoozed"]]));
    assert_eq!(sandbox.run(&["alerts", "unsnooze", "*"]).stdout, "All alerts are said again.\n");
    assert_eq!(sandbox.run(&["alerts", "snooze", "--list", "--json"]).json()["snoozes"], json!([]));
}
