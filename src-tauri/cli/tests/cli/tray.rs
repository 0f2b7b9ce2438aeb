//! The tray icon as a panel sees it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_lite::StreamExt;
use serde_json::Value;
use zbus::zvariant::{OwnedValue, Structure, Value as Variant};
use zbus::{Connection, MatchRule, MessageStream};

use crate::bus::{Bus, Server, Tray, block};
use crate::gpus::{Driver, wait_for_shares};
use crate::sandbox::{Sandbox, Watcher, wait_for, wait_for_long};
use crate::session::Session;

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

    /// Number and label of each row of the menu that is seen.
    fn rows(&self) -> Option<Vec<(i32, String)>> {
        let body = (0_i32, -1_i32, Vec::<String>::new());
        let menu = Some("com.canonical.dbusmenu");
        let reply = block(self.bus.call_method(Some(self.name.as_str()), "/MenuBar", menu, "GetLayout", &body)).ok()?;
        let (_, (_, _, children)): (u32, Layout) = reply.body().deserialize().ok()?;
        let row = |child: OwnedValue| {
            let (id, properties, _) = Layout::try_from(Structure::try_from(child).ok()?).ok()?;
            let label = properties.get("label").and_then(|label| <&str>::try_from(label).ok()).unwrap_or_default();
            let is_seen = properties.get("visible").and_then(|seen| bool::try_from(seen).ok()).unwrap_or(true);
            Some((id, label.to_string(), is_seen))
        };
        let rows: Option<Vec<_>> = children.into_iter().map(row).collect();
        Some(rows?.into_iter().filter(|(.., is_seen)| *is_seen).map(|(id, label, _)| (id, label)).collect())
    }

    #[track_caller]
    fn choose(&self, label: &str) {
        let rows = self.rows().unwrap();
        let (id, _) = rows.iter().find(|(_, other)| other == label).unwrap_or_else(|| panic!("no {label} in {rows:?}"));
        let body = (*id, "clicked", Variant::from(0_i32), 0_u32);
        let menu = Some("com.canonical.dbusmenu");
        block(self.bus.call_method(Some(self.name.as_str()), "/MenuBar", menu, "Event", &body)).unwrap();
    }
}

/// Counts a signal of an icon.
struct Heard(Arc<AtomicUsize>);

impl Heard {
    /// The signal of this name; every signal of the interface where it is empty.
    fn from(item: &Item, interface: &'static str, member: &'static str) -> Heard {
        let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).sender(item.name.clone()).unwrap();
        let rule = rule.interface(interface).unwrap();
        let rule = if member.is_empty() { rule } else { rule.member(member).unwrap() };
        let mut signals = block(MessageStream::for_match_rule(rule.build(), item.bus, None)).unwrap();
        let counted = Arc::<AtomicUsize>::default();
        let counting = counted.clone();
        std::thread::spawn(move || {
            while block(signals.next()).is_some() {
                counting.fetch_add(1, Ordering::SeqCst);
            }
        });
        Heard(counted)
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
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
    let Variant::Array(pixmaps) = &*pixmaps else { panic!("no list: {pixmaps:?}") };
    let sizes = pixmaps.iter().map(|pixmap| {
        let (width, height, data) =
            <(i32, i32, Vec<u8>)>::try_from(Structure::try_from(pixmap.try_clone().unwrap()).unwrap()).unwrap();
        assert_eq!((width, data.len() as i32), (height, width * height * 4));
        assert!(data.chunks_exact(4).any(|pixel| pixel[0] == 255), "something is drawn");
        width
    });
    assert_eq!(sizes.collect::<Vec<_>>(), [16, 22, 24, 32, 48]);

    wait_for("the temperature in the tooltip", || item.sentence().filter(|sentence| sentence.contains("CPU 54 °C")));
    let labels: Vec<_> = item.rows().unwrap().into_iter().map(|(_, label)| label).collect();
    assert!(labels[0].contains("CPU 54 °C"), "{labels:?}");
    let lasting = "Pause until I resume it";
    let rows =
        ["", "Open Hoofbeat", "Snooze alerts for 1 h", "Pause for 1 hour", lasting, "", "Start at login", "Quit"];
    assert_eq!(labels[1..], rows);
    let rebuilt = Heard::from(&item, "com.canonical.dbusmenu", "LayoutUpdated");

    item.choose("Pause for 1 hour");
    wait_for("the pause", || item.sentence().filter(|sentence| sentence.starts_with("Paused until")));
    assert_eq!(sandbox.run(&["status", "--json"]).json()["recorder"]["state"], "paused");
    item.choose("Resume recording");
    wait_for("the end of the pause", || {
        item.rows()?.iter().any(|(_, label)| label == "Pause for 1 hour").then_some(())
    });

    item.choose(lasting);
    wait_for("the pause", || item.sentence().filter(|sentence| sentence == "Paused"));
    let status = sandbox.run(&["status", "--json"]).json();
    assert_eq!((status["recorder"]["state"].as_str(), &status["recorder"]["until"]), (Some("paused"), &Value::Null));
    assert!(item.rows().unwrap().iter().all(|(_, label)| !label.starts_with("Pause ")), "{:?}", item.rows());
    item.choose("Resume recording");
    wait_for("the end of the pause", || item.rows()?.iter().any(|(_, label)| label == lasting).then_some(()));

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
    let undo = wait_for("the way back", || row("Snoozed until "));
    assert!(undo.ends_with(": cpu-hot on CPU · Undo"), "{undo}");
    item.choose(&undo);
    wait_for("the alarm", || item.text("Status").filter(|status| status == "NeedsAttention"));

    sandbox.temperature(50);
    wait_for("the end of the alert", || item.text("Status").filter(|status| status == "Active"));
    assert_eq!(rebuilt.count(), 0, "a menu that is open is not built anew, whatever happens");

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

#[test]
fn who_comes_back_is_told_what_happened_until_they_look() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let bus = Bus::start(sandbox.path("bus"));
    let (session, tray) = (Session::start(&bus), Tray::start(&bus));
    sandbox.fake_window();
    let mut watcher = sandbox.watch(|command| {
        let address = bus.address();
        command
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address)
            .env("DISPLAY", ":none")
    });
    let item = Item::of(&tray);
    session.asked_after(0);
    sandbox.wait_for_ticks();
    let row = || item.rows()?.into_iter().find(|(_, label)| label.starts_with("While you were away: "));
    assert_eq!(row(), None);

    session.idle(sandbox.newest().map(|now| now - 3600));
    driver.work();
    wait_for_shares(&sandbox);
    // A minute is written once it is over, and where recording is.
    assert_eq!(sandbox.run(&["pause", "1h"]).code, 0);
    wait_for("the pause", || item.sentence().filter(|sentence| sentence.starts_with("Paused")));
    assert_eq!(sandbox.run(&["resume"]).code, 0);
    sandbox.wait_for_ticks();
    let rebuilt = Heard::from(&item, "com.canonical.dbusmenu", "LayoutUpdated");
    session.idle(None);
    let (_, told) = wait_for("what happened", row);
    assert!(told.starts_with("While you were away: GPU worked for ") && told.contains("Ollama"), "{told}");
    item.choose(&told);
    assert_eq!(sandbox.window_started()[0], sandbox.data().display().to_string());

    // The window notes that somebody looks, and so does this.
    let mut looked = sandbox.on_terminal(&["why"]);
    assert!(looked.output().unwrap().status.success());
    wait_for("the end of the row", || row().is_none().then_some(()));
    assert_eq!(rebuilt.count(), 0);
    watcher.terminate();
}

#[test]
fn digits_are_shown_where_they_are_wanted_and_only_while_they_are() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let bus = Bus::start(sandbox.path("bus"));
    let tray = Tray::start(&bus);
    let mut watcher = watch(&sandbox, &bus);
    let item = Item::of(&tray);
    driver.work();
    // Of 24 pixels, and of 16, where digits could not be read.
    let picture = |at: usize| -> Option<Vec<u8>> {
        let pixmaps = item.property("IconPixmap")?;
        let Variant::Array(pixmaps) = &*pixmaps else { return None };
        let (.., data) =
            <(i32, i32, Vec<u8>)>::try_from(Structure::try_from(pixmaps.get::<Variant>(at).ok()??).ok()?).ok()?;
        Some(data)
    };
    wait_for("the full bar", || item.sentence().filter(|sentence| sentence.contains("GPU 100 %")));
    let (small, bar) = (picture(0), picture(2));
    assert!(small.is_some() && bar.is_some());
    sandbox.config("[tray]\nicon = \"digits\"\n");
    wait_for("digits", || picture(2).filter(|now| Some(now) != bar.as_ref()));
    assert!(picture(0) == small, "16 pixels show what they did");
    sandbox.config("");
    wait_for("the bar", || (picture(2) == bar).then_some(()));
    watcher.terminate();
}

#[test]
fn nothing_is_told_to_the_panel_while_nothing_changes() {
    let sandbox = Sandbox::new();
    let bus = Bus::start(sandbox.path("bus"));
    let tray = Tray::start(&bus);
    let mut watcher = watch(&sandbox, &bus);
    let item = Item::of(&tray);
    wait_for("the sentence", || item.sentence().filter(|sentence| sentence.contains("CPU 54 °C")));
    let icon = Heard::from(&item, "org.kde.StatusNotifierItem", "");
    let menu = Heard::from(&item, "com.canonical.dbusmenu", "");
    (0..4).for_each(|_| sandbox.wait_for_ticks());
    assert_eq!((icon.count(), menu.count()), (0, 0));
    sandbox.temperature(60);
    wait_for("news", || (icon.count() > 0 && menu.count() > 0).then_some(()));
    watcher.terminate();
}

#[test]
fn a_desktop_without_a_tray_is_asked_once_and_gets_its_icon_when_there_is_one() {
    let sandbox = Sandbox::new();
    sandbox.fake_window();
    let bus = Bus::start(sandbox.path("bus"));
    let server = Server::start(&bus, &["actions", "body", "body-markup"], false);
    let start = || {
        sandbox.watch(|command| {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("DISPLAY", ":none");
            command.env("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
        })
    };
    let mut watcher = start();
    // A panel that comes within a minute is in time: what is waited for here comes after that.
    let asked = wait_for_long("a question", || server.received().into_iter().next());
    assert_eq!((asked.title.as_str(), asked.urgency), ("Hoofbeat records, without an icon", 0));
    assert!(asked.body.contains("AppIndicator") && asked.body.contains("hoofbeat open"), "{}", asked.body);
    assert!(asked.body.contains("hoofbeat autostart on"), "{}", asked.body);
    let buttons = ["default", "Open Hoofbeat", "keep", "Keep watching", "open", "Open window"];
    assert_eq!(asked.actions, buttons);
    server.emit("ActionInvoked", &(asked.id, "keep"));
    server.emit("ActionInvoked", &(asked.id, "open"));
    assert_eq!(sandbox.window_started()[0], sandbox.data().display().to_string());
    watcher.terminate();

    // Not again, and the recording goes on.
    let mut watcher = start();
    wait_for_long("the end of the wait", || watcher.log().contains("no tray shows the icon").then_some(()));
    sandbox.wait_for_ticks();
    assert_eq!(server.received().len(), 1, "{:?}", server.received());
    let tray = Tray::start(&bus);
    assert_eq!(Item::of(&tray).text("Id").as_deref(), Some("hoofbeat"));
    watcher.terminate();
}
