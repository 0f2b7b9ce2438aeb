//! The tray icon as a panel sees it.

use std::collections::HashMap;

use zbus::Connection;
use zbus::zvariant::{OwnedValue, Structure, Value};

use crate::bus::{Bus, Tray, block};
use crate::sandbox::{Sandbox, Watcher, wait_for};

fn watch(sandbox: &Sandbox, bus: &Bus) -> Watcher {
    sandbox.config("[[rule]]\nid = \"cpu-hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n");
    sandbox.watch(|command| command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("DISPLAY", ":none"))
}

/// The icon, seen over the bus.
struct Item<'a> {
    bus: &'a Connection,
    name: String,
}

type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

impl Item<'_> {
    fn of(tray: &Tray) -> Item<'_> {
        Item { bus: &tray.bus, name: tray.item() }
    }

    fn property(&self, property: &str) -> Option<OwnedValue> {
        let interface = Some("org.freedesktop.DBus.Properties");
        let body = ("org.kde.StatusNotifierItem", property);
        let call = self.bus.call_method(Some(self.name.as_str()), "/StatusNotifierItem", interface, "Get", &body);
        block(call).ok()?.body().deserialize().ok()
    }

    fn text(&self, property: &str) -> Option<String> {
        String::try_from(self.property(property)?).ok()
    }

    /// The text of the tooltip.
    fn sentence(&self) -> Option<String> {
        let tooltip = Structure::try_from(self.property("ToolTip")?).ok()?;
        tooltip.fields().last().and_then(|field| <&str>::try_from(field).ok()).map(str::to_string)
    }

    /// Number and label of each row of the menu.
    fn rows(&self) -> Option<Vec<(i32, String)>> {
        let body = (0_i32, -1_i32, Vec::<String>::new());
        let menu = Some("com.canonical.dbusmenu");
        let reply = block(self.bus.call_method(Some(self.name.as_str()), "/MenuBar", menu, "GetLayout", &body)).ok()?;
        let (_, (_, _, children)): (u32, Layout) = reply.body().deserialize().ok()?;
        let row = |child: OwnedValue| {
            let (id, properties, _) = Layout::try_from(Structure::try_from(child).ok()?).ok()?;
            let label = properties.get("label").and_then(|label| <&str>::try_from(label).ok()).unwrap_or_default();
            Some((id, label.to_string()))
        };
        children.into_iter().map(row).collect()
    }

    #[track_caller]
    fn choose(&self, label: &str) {
        let rows = self.rows().unwrap();
        let (id, _) = rows.iter().find(|(_, other)| other == label).unwrap_or_else(|| panic!("no {label} in {rows:?}"));
        let body = (*id, "clicked", Value::from(0_i32), 0_u32);
        let menu = Some("com.canonical.dbusmenu");
        block(self.bus.call_method(Some(self.name.as_str()), "/MenuBar", menu, "Event", &body)).unwrap();
    }
}

#[test]
fn the_icon_shows_the_state_and_its_menu_controls_it() {
    let sandbox = Sandbox::new();
    sandbox.fake_window();
    let bus = Bus::start(sandbox.path("bus"));
    let tray = Tray::start(&bus);
    let mut watcher = watch(&sandbox, &bus);
    let item = Item::of(&tray);

    assert_eq!((item.text("Id").unwrap(), item.text("Title").unwrap()), ("hoofbeat".into(), "Hoofbeat".into()));
    let pixmaps = item.property("IconPixmap").unwrap();
    let Value::Array(pixmaps) = &*pixmaps else { panic!("no list: {pixmaps:?}") };
    let sizes = pixmaps.iter().map(|pixmap| {
        let (width, height, data) =
            <(i32, i32, Vec<u8>)>::try_from(Structure::try_from(pixmap.try_clone().unwrap()).unwrap()).unwrap();
        assert_eq!((width, data.len() as i32), (height, width * height * 4));
        assert!(data.chunks_exact(4).any(|pixel| pixel[0] == 255), "something is drawn");
        width
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [16, 22, 24, 32, 48, 64]);

    wait_for("the temperature in the tooltip", || item.sentence().filter(|sentence| sentence.contains("CPU 54 °C")));
    let labels: Vec<_> = item.rows().unwrap().into_iter().map(|(_, label)| label).collect();
    assert!(labels[0].contains("CPU 54 °C"), "{labels:?}");
    let rows = ["", "Open Hoofbeat", "Snooze alerts for 1 h", "Pause for 1 hour", "", "Start at login", "Quit"];
    assert_eq!(labels[1..], rows);

    item.choose("Pause for 1 hour");
    wait_for("the pause", || item.sentence().filter(|sentence| sentence.starts_with("Paused until")));
    assert_eq!(sandbox.run(&["status", "--json"]).json()["recorder"]["state"], "paused");
    item.choose("Resume recording");
    wait_for("the end of the pause", || item.rows()?.iter().any(|(_, label)| label.starts_with("Pause")).then_some(()));

    sandbox.temperature(96);
    wait_for("the alert", || item.text("Status").filter(|status| status == "NeedsAttention"));
    wait_for("its sentence", || item.sentence().filter(|sentence| sentence.starts_with("CPU at 96 °C since")));

    item.choose("Snooze alerts for 1 h");
    wait_for("the calm", || item.text("Status").filter(|status| status == "Active"));
    wait_for("until when", || item.sentence().filter(|sentence| sentence.contains("(snoozed until ")));
    let snoozes = sandbox.run(&["alerts", "snooze", "--list", "--json"]).json();
    assert_eq!(snoozes["snoozes"].as_array().map(Vec::len), Some(1), "{snoozes}");
    assert_ne!(snoozes["snoozes"][0]["rule"], "*", "what else may come is told: {snoozes}");
    let row = |start: &str| item.rows()?.into_iter().map(|(_, label)| label).find(|label| label.starts_with(start));
    let wake = wait_for("the way back", || row("Alerts snoozed until "));
    item.choose(&wake);
    wait_for("the alarm", || item.text("Status").filter(|status| status == "NeedsAttention"));

    sandbox.temperature(50);
    wait_for("the end of the alert", || item.text("Status").filter(|status| status == "Active"));

    let click = ("/StatusNotifierItem", Some("org.kde.StatusNotifierItem"), "Activate");
    block(tray.bus.call_method(Some(item.name.as_str()), click.0, click.1, click.2, &(0, 0))).unwrap();
    assert_eq!(sandbox.window_started()[0], sandbox.data().display().to_string());

    item.choose("Quit");
    assert!(watcher.ended().success(), "{}", watcher.log());
}

#[test]
fn a_tray_that_comes_late_and_a_bus_that_comes_back_get_the_icon() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();

    let tray = Tray::start(&bus);
    assert_eq!(Item::of(&tray).text("Id").as_deref(), Some("hoofbeat"));

    let socket = bus.stop();
    sandbox.wait_for_ticks();
    let bus = Bus::start(socket);
    let tray = Tray::start(&bus);
    assert_eq!(Item::of(&tray).text("Id").as_deref(), Some("hoofbeat"));
    watcher.terminate();
}

#[test]
fn a_tray_that_does_not_answer_is_asked_again() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let tray = Tray::start_mute(&bus, 1);
    let mut watcher = watch(&sandbox, &bus);
    let names = tray.items(2);

    let item = Item { bus: &tray.bus, name: names[1].clone() };
    assert_eq!(item.text("Id").as_deref(), Some("hoofbeat"));
    sandbox.temperature(96);
    wait_for("the alert", || item.text("Status").filter(|status| status == "NeedsAttention"));
    wait_for("the end of the first icon", || (!tray.knows(&names[0])).then_some(()));
    watcher.terminate();
}

#[test]
fn a_tray_that_comes_late_and_does_not_answer_is_asked_again() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let mut watcher = watch(&sandbox, &bus);
    sandbox.wait_for_ticks();

    let tray = Tray::start_mute(&bus, 1);
    tray.items(1);
    // The next change of the icon notices.
    sandbox.temperature(96);
    let item = Item { bus: &tray.bus, name: tray.items(2)[1].clone() };
    wait_for("the alert", || item.text("Status").filter(|status| status == "NeedsAttention"));
    watcher.terminate();
}

#[test]
fn without_any_bus_it_records_all_the_same() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command);
    sandbox.wait_for_ticks();
    let text = std::fs::read_to_string(format!("/proc/{}/stat", watcher.id())).unwrap();
    assert!(!text.is_empty());
    watcher.terminate();
}
