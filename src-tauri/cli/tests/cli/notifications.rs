//! Notifications: fields, replacement, buttons, and servers that are absent, late, mute or limited.

use crate::bus::{Bus, Notification, Server};
use crate::sandbox::{Sandbox, Watcher, wait_for};

/// What the servers of large desktops can.
const USUAL: &[&str] = &["actions", "body", "body-markup", "persistence"];

const RULES: &str = r#"
[[rule]]
id = "cpu-hot"
metric = "cpu.temperature"
fire = "> 90"
clear = "< 60"
severity = "critical"
"#;

fn watch(sandbox: &Sandbox, bus: &Bus) -> Watcher {
    sandbox.config(RULES);
    sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("DISPLAY", ":none"))
}

#[test]
fn an_alert_is_one_notification_that_is_replaced_when_it_is_over() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    let mut watcher = watch(&sandbox, &bus);

    sandbox.temperature(96);
    let fired = server.wait_for(1);
    assert_eq!(fired.title, "CPU at 96 °C");
    assert!(fired.body.contains("90 °C") && fired.body.contains("cpu-hot"), "{}", fired.body);
    assert_eq!((fired.application.as_str(), fired.desktop_entry.as_str()), ("Hoofbeat", "hoofbeat"));
    assert_eq!((fired.replaces, fired.urgency, fired.transient), (0, 2, false));
    assert_eq!(fired.actions, ["default", "Open Hoofbeat", "open", "Open", "snooze", "Snooze 1 h"]);
    assert_eq!(fired.category, "device.error");

    sandbox.temperature(97);
    sandbox.wait_for_temperature(97.0);
    sandbox.temperature(50);
    let over = server.wait_for(2);
    assert!(over.title.starts_with("CPU back to 50 °C"), "{}", over.title);
    assert!(over.body.contains("97 °C"), "the highest is said: {}", over.body);
    assert_eq!((over.replaces, over.urgency, over.transient), (fired.id, 0, true));
    assert_eq!(fired.image, None, "this server shows none");
    assert_eq!((over.actions.len(), over.category.as_str()), (4, "device"), "there is nothing to answer any more");

    watcher.terminate();
    assert_eq!(server.received().len(), 2, "{:?}", server.received());
}

#[test]
fn what_goes_on_is_said_again_when_its_snooze_is_over() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    sandbox.config(&RULES.replace("critical", "warning"));
    let mut watcher = sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()));

    sandbox.temperature(96);
    let fired = server.wait_for(1);
    assert_eq!((fired.urgency, fired.category.as_str()), (1, "device"));
    // Meanwhile nothing of it is on the screen.
    assert_eq!(sandbox.run(&["alerts", "snooze", "cpu-hot", "--for", "3s"]).code, 0);
    let again = server.wait_for(2);
    assert!(again.title.starts_with("Still CPU at 96 °C for "), "{}", again.title);
    assert_eq!((again.replaces, again.urgency, again.transient), (0, 1, false));
    assert_eq!((again.actions, again.category), (fired.actions, fired.category));
    sandbox.temperature(50);
    let is_end = |one: &Notification| one.title.starts_with("CPU back to 50 °C");
    let over = wait_for("the end", || server.received().into_iter().find(is_end));
    assert_eq!((over.replaces, over.urgency, over.transient), (again.id, 0, true));
    watcher.terminate();
}

#[test]
fn a_server_that_shows_pictures_gets_a_chart_of_what_fires() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, &["actions", "body", "icon-static"], false);
    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();
    // A machine under full load may not have one in time: it is never waited for.
    let mut crossing = 0..10;
    let image = crossing.find_map(|at| {
        sandbox.temperature(96);
        let image = server.wait_for(2 * at + 1).image;
        sandbox.temperature(50);
        assert_eq!(server.wait_for(2 * at + 2).image, None, "it is over");
        image
    });
    let (width, height, row, transparency, bits, channels, pixels) = image.unwrap();
    assert_eq!((width, height, row, transparency, bits, channels), (240, 80, 720, false, 8, 3));
    assert_eq!(pixels.len(), 240 * 80 * 3);
    watcher.terminate();
}

#[test]
fn open_opens_the_window_and_others_buttons_do_not() {
    let sandbox = Sandbox::new();
    sandbox.fake_window();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    let _watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    let id = server.wait_for(1).id;

    server.emit("ActionInvoked", &(id + 1, "open"));
    server.emit("ActionInvoked", &(id, "something-else"));
    server.emit("ActivationToken", &(id, "token-1"));
    server.emit("ActionInvoked", &(id, "open"));
    let root = format!("--root {}", sandbox.path("m").display());
    assert_eq!(sandbox.window_started(), [sandbox.data().display().to_string(), "token-1".into(), root]);
}

#[test]
fn what_nobody_could_show_is_shown_when_a_server_comes() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    watcher.wait_for_line("notifications wait");
    sandbox.wait_for_ticks();

    let server = Server::start(&bus, USUAL, false);
    assert_eq!(server.wait_for(1).title, "CPU at 96 °C");
}

#[test]
fn what_nobody_could_show_is_shown_once_after_the_recorder_started_again() {
    // The tick that is being written may be the one before what was just said, and the next one holds it.
    let stored = |sandbox: &Sandbox| (0..2).for_each(|_| sandbox.wait_for_ticks());
    for ends in ["TERM", "KILL"] {
        let sandbox = Sandbox::new();
        let bus = Bus::start(sandbox.path("bus"));
        let mut watcher = watch(&sandbox, &bus);
        sandbox.temperature(96);
        watcher.wait_for_line("notifications wait");
        stored(&sandbox);
        watcher.signal(ends);
        watcher.ended();

        let mut watcher = watch(&sandbox, &bus);
        sandbox.wait_for_ticks();
        let server = Server::start(&bus, USUAL, false);
        let fired = server.wait_for(1);
        assert_eq!(fired.title, "CPU at 96 °C", "{ends}");
        assert!(fired.body.contains("before a restart"), "{}", fired.body);
        stored(&sandbox);
        watcher.signal(ends);
        watcher.ended();

        // It was shown, and is not shown again; its end is told.
        let mut watcher = watch(&sandbox, &bus);
        sandbox.wait_for_ticks();
        sandbox.temperature(50);
        assert!(server.wait_for(2).title.starts_with("CPU back to 50 °C"), "{ends}: {:?}", server.received());
        watcher.terminate();
        assert_eq!(server.received().len(), 2, "{ends}: {:?}", server.received());
    }
}

#[test]
fn a_server_that_the_first_notification_starts_is_the_one_that_showed_it() {
    let sandbox = Sandbox::new();
    sandbox.fake_window();
    let bus = Bus::start_with_server_on_demand(sandbox.path("bus"));
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    bus.wanted();
    let server = Server::start(&bus, USUAL, false);
    let fired = server.wait_for(1);
    // Meanwhile the bus has announced the server.
    sandbox.wait_for_ticks();

    server.emit("ActionInvoked", &(fired.id, "open"));
    assert_eq!(sandbox.window_started()[0], sandbox.data().display().to_string());
    sandbox.temperature(50);
    assert_eq!(server.wait_for(2).replaces, fired.id);
    watcher.terminate();
}

#[test]
fn another_server_shows_what_still_fires_and_is_not_asked_to_replace_what_it_never_showed() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let first = Server::start(&bus, USUAL, false);
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    first.wait_for(1);
    first.leave();
    let second = Server::start(&bus, USUAL, false);
    let shown = second.wait_for(1);
    assert_eq!((shown.title.as_str(), shown.replaces), ("CPU at 96 °C", 0));
    sandbox.temperature(50);
    assert_eq!(second.wait_for(2).replaces, shown.id);

    second.leave();
    let third = Server::start(&bus, USUAL, false);
    sandbox.wait_for_ticks();
    assert_eq!(third.received().len(), 0, "it is over: {:?}", third.received());
    watcher.terminate();
}

#[test]
fn what_a_person_closed_or_answered_is_not_shown_by_another_server() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let first = Server::start(&bus, USUAL, false);
    sandbox.config(&format!("{RULES}{}", RULES.replace("cpu-hot", "cpu-warm").replace("> 90", "> 80")));
    let mut watcher = sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()));
    sandbox.temperature(96);
    first.wait_for(2);
    let shown = first.received();
    let id = |rule: &str| shown.iter().find(|one| one.body.contains(rule)).unwrap().id;
    first.emit("NotificationClosed", &(id("cpu-hot"), 2u32));
    first.emit("ActionInvoked", &(id("cpu-warm"), "snooze"));
    // What came before that was heard, too.
    assert!(first.wait_for(3).title.starts_with("Snoozed until"));
    first.leave();
    let second = Server::start(&bus, USUAL, false);
    sandbox.wait_for_ticks();
    sandbox.temperature(50);
    let told = second.wait_for(1);
    assert!(told.title.starts_with("CPU back to 50 °C") && told.replaces == 0, "{told:?}");
    assert!(told.body.contains("cpu-hot"), "{}", told.body);
    watcher.terminate();
}

#[test]
fn a_server_that_never_answers_holds_nothing_up() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, true);
    let mut watcher = watch(&sandbox, &bus);
    sandbox.temperature(96);
    server.wait_for(1);
    watcher.wait_for_line("did not answer");
    sandbox.wait_for_ticks();
    watcher.terminate();
}

#[test]
fn a_server_without_markup_gets_plain_text_and_without_buttons_gets_none() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, &["body"], false);
    let _watcher = watch_with_an_odd_config(&sandbox, &bus);
    let told = server.wait_for(1);
    assert!(told.body.contains("/<b>&.toml"), "{}", told.body);
    assert_eq!(told.actions, Vec::<String>::new());
}

#[test]
fn a_server_with_markup_gets_nothing_that_it_could_take_for_markup() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    let _watcher = watch_with_an_odd_config(&sandbox, &bus);
    let told = server.wait_for(1);
    assert!(told.body.contains("/&lt;b&gt;&amp;.toml"), "{}", told.body);
}

/// The name of the config is said because it is invalid.
fn watch_with_an_odd_config(sandbox: &Sandbox, bus: &Bus) -> Watcher {
    sandbox.write("<b>&.toml", "nonsense = 1");
    sandbox.watch(|command| {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("HOOFBEAT_CONFIG", sandbox.path("<b>&.toml"))
    })
}

#[test]
fn names_from_outside_cannot_leave_their_line() {
    let sandbox = Sandbox::new();
    sandbox.write("m/sys/devices/platform/chip/hwmon/hwmon0/temp1_label", "<b>\x1b[31mevil</b>\n");
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    let config = RULES.replace("cpu.temperature", "hwmon.temperature");
    sandbox.config(&config);
    let _watcher = sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()));
    sandbox.temperature(96);
    let title = server.wait_for(1).title;
    assert!(title.contains("evil") && !title.chars().any(char::is_control), "{title:?}");
}

#[test]
fn who_wants_no_notifications_gets_none() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    sandbox.config(&format!("[notify]\nenabled = false\n{RULES}"));
    let watcher = sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()));
    sandbox.temperature(96);
    watcher.wait_for_line("CPU at 96 °C");
    sandbox.temperature(50);
    watcher.wait_for_line("CPU back to 50 °C");

    // Switched on again, the next one comes, and it is the first.
    sandbox.config(RULES);
    watcher.wait_for_line("the config was changed");
    sandbox.temperature(98);
    assert_eq!(server.wait_for(1).title, "CPU at 98 °C");
}

#[test]
fn trouble_with_the_recording_is_told() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, USUAL, false);
    let _watcher = watch(&sandbox, &bus);
    sandbox.config("tick = \"never\"");
    let told = server.wait_for(1);
    assert_eq!((told.title.as_str(), told.urgency), ("Hoofbeat needs attention", 1));
    assert!(told.body.contains("config.toml"), "{}", told.body);
}
