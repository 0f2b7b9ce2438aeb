//! What people answer to notifications, from the button to what is recorded, configured and not said again.

use std::fs;

use hoofbeat_core::api::Face;
use hoofbeat_core::model::EventKind;
use serde_json::json;

use crate::bus::{Bus, Notification, Server};
use crate::gpus::{Driver, wait_for_shares};
use crate::sandbox::{Sandbox, Watcher, wait_for};

const USUAL: &[&str] = &["actions", "body", "body-markup", "persistence"];

const HOT: &str = r#"
[[rule]]
id = "cpu-hot"
metric = "cpu.temperature"
fire = "> 90"
clear = "< 60"
"#;

/// Blender is forbidden, so that its use is unexpected at once.
const FORBIDDEN: &str = r#"# mine
[sessions]
for = "1s"

[[expect]] # stays
id = "no-blender"
policy = "deny"
program = "blender"
"#;

fn watch(sandbox: &Sandbox, bus: &Bus) -> Watcher {
    sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("DISPLAY", ":none"))
}

#[track_caller]
fn wait_for_title(server: &Server, part: &str) -> Notification {
    wait_for(part, || server.received().into_iter().find(|one| one.title.contains(part)))
}

#[test]
fn snooze_is_shown_in_its_place_and_silences_the_next_crossing_until_it_is_taken_back() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    sandbox.config(HOT);
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    let id = server.wait_for(1).id;

    // Of a use nobody said anything.
    server.emit("ActionInvoked", &(id, "expect"));
    server.emit("ActionInvoked", &(id, "snooze"));
    server.emit("ActionInvoked", &(id, "snooze"));
    let snoozed = server.wait_for(2);
    assert!(snoozed.title.starts_with("Snoozed until "), "{}", snoozed.title);
    assert!(snoozed.body.contains("hoofbeat alerts unsnooze cpu-hot"), "{}", snoozed.body);
    assert_eq!((snoozed.replaces, snoozed.urgency, snoozed.transient), (id, 0, true));
    assert_eq!(snoozed.actions, ["default", "Open Hoofbeat", "open", "Open"]);
    let listed = sandbox.run(&["alerts", "snooze", "--list", "--json"]).json();
    let [one] = &listed["snoozes"].as_array().unwrap()[..] else { panic!("one answer is enough: {listed}") };
    assert_eq!((&one["rule"], &one["source"]), (&json!("cpu-hot"), &json!("cpu")));
    assert!(sandbox.run(&["alerts", "snooze", "--list"]).stdout.contains("cpu-hot"));

    sandbox.wait_for_ticks();
    sandbox.temperature(50);
    watcher.wait_for_line("CPU back to 50 °C");
    sandbox.temperature(98);
    watcher.wait_for_line("CPU at 98 °C");
    sandbox.temperature(51);
    watcher.wait_for_line("CPU back to 51 °C");
    assert_eq!(server.received().len(), 2, "{:?}", server.received());

    assert_eq!(sandbox.run(&["alerts", "unsnooze", "cpu-hot"]).code, 0);
    sandbox.wait_for_ticks();
    sandbox.temperature(99);
    assert_eq!(server.wait_for(3).title, "CPU at 99 °C");
    watcher.terminate();
}

#[test]
fn what_is_expected_stands_in_the_config_and_alarms_no_more() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    sandbox.config(FORBIDDEN);
    let mut watcher = watch(&sandbox, &bus);
    driver.work();
    let gpu = wait_for_shares(&sandbox)["id"].as_str().unwrap().to_owned();
    let alarm = wait_for_title(&server, "Blender uses");
    let buttons = ["open", "Open", "snooze", "Snooze 1 h", "expect", "This is expected"];
    assert_eq!(alarm.actions[2..], buttons);

    server.emit("ActionInvoked", &(alarm.id, "expect"));
    let settled = wait_for_title(&server, "Expected from now on: Blender on ");
    assert!(settled.body.contains("hoofbeat expect list"), "{}", settled.body);
    assert_eq!((settled.replaces, settled.urgency, settled.transient), (alarm.id, 0, true));
    let written = format!("\n[[expect]]\nid = \"expected-blender\"\nidentity = \"program:blender\"\ngpu = \"{gpu}\"\n");
    assert_eq!(fs::read_to_string(sandbox.path("config.toml")).unwrap(), format!("{FORBIDDEN}{written}"));
    let listed = sandbox.run(&["expect", "list", "--json"]).json();
    assert_eq!(listed["expectations"][1]["id"], "expected-blender");
    watcher.wait_for_line("the config was changed");
    // It is over at once, and the record says why.
    (0..2).for_each(|_| sandbox.wait_for_ticks());
    let listed = sandbox.run(&["alerts", "--json"]).json();
    assert_eq!(listed["alerts"], json!([]));
    let past = sandbox.run(&["alerts", "history", "--rule", "unexpected-use", "--json"]).json();
    assert_eq!((past["alerts"].as_array().map(Vec::len), &past["alerts"][0]["ending"]), (Some(1), &json!("expected")));
    let told = sandbox.run(&["alerts", "history", "--rule", "unexpected-use"]).stdout;
    assert!(told.contains(", expected"), "{told}");

    // A recorder that starts anew meets the same use as if for the first time.
    watcher.terminate();
    let mut watcher = watch(&sandbox, &bus);
    (0..2).for_each(|_| sandbox.wait_for_ticks());
    assert_eq!(sandbox.run(&["expect", "check"]).stdout, "Everything is as declared.\n");
    watcher.terminate();
    let events = Face::open(&sandbox.data()).unwrap().events(0, 1000).unwrap();
    let denied = |why: &serde_json::Value| why == "denied";
    let alarms = events.iter().filter(|one| one.kind == EventKind::UnexpectedUse && denied(&one.detail["why"]));
    assert_eq!(alarms.count(), 1, "{events:?}");
    let about_blender = |one: &Notification| one.title.contains("Blender");
    assert_eq!(server.received().into_iter().filter(about_blender).count(), 2, "{:?}", server.received());
    drop(driver);
}

#[test]
fn a_config_that_cannot_be_changed_says_so_in_the_same_place_and_stays_as_it_is() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    sandbox.config(FORBIDDEN);
    let mut watcher = watch(&sandbox, &bus);
    driver.work();
    let alarm = wait_for_title(&server, "Blender uses");
    sandbox.config("nonsense = 1");
    server.emit("ActionInvoked", &(alarm.id, "expect"));
    let told = wait_for_title(&server, "It could not be noted as expected");
    assert!(told.body.contains("config.toml") && told.body.contains("nonsense"), "{}", told.body);
    assert_eq!((told.replaces, told.transient, &told.actions), (alarm.id, false, &alarm.actions));
    assert_eq!(fs::read_to_string(sandbox.path("config.toml")).unwrap(), "nonsense = 1");

    // Mended, the same button does it.
    sandbox.config(FORBIDDEN);
    server.emit("ActionInvoked", &(told.id, "expect"));
    wait_for_title(&server, "Expected from now on: Blender on ");
    watcher.terminate();
    drop(driver);
}
