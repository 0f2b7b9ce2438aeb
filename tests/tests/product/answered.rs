//! What a notification server that comes back shows, and what becomes of a notification that was answered elsewhere.

use hoofbeat_product_tests::notifications::{Notification, NotificationServer};
use hoofbeat_product_tests::program::Program;
use hoofbeat_product_tests::{Desktop, wait_for, wait_until};

use super::notification::{RULE, use_memory};

/// Another rule on the same reading, so that it can be seen that the recorder knows of a new server.
const OTHER: &str = r#"
[[rule]]
id = "memory-fuller"
metric = "memory.used"
fire = "> 14 GiB"
clear = "< 13 GiB"
for = "0s"
"#;

/// A machine whose memory is nearly full, with what was shown of that.
struct Full {
    desktop: Desktop,
    server: Option<NotificationServer>,
    watch: Program,
    shown: Notification,
}

impl Full {
    fn start() -> Option<Full> {
        let desktop = Desktop::start()?;
        let server = NotificationServer::start(desktop.bus()).expect("the name is free");
        let root = desktop.path("machine");
        std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
        use_memory(&root, 12);
        desktop.configure(&format!("{RULE}{OTHER}"));
        let watch = desktop.watch(&["--root", root.to_str().expect("our own names are text")]);
        let shown = wait_for("the notification", || server.received().first().cloned());
        Some(Full { desktop, server: Some(server), watch, shown })
    }

    fn server(&self) -> &NotificationServer {
        self.server.as_ref().expect("one runs whenever it is asked")
    }

    fn titles(&self) -> Vec<String> {
        self.server().received().into_iter().map(|one| one.title).collect()
    }

    fn use_memory(&self, gib: u64) {
        use_memory(&self.desktop.path("machine"), gib);
    }

    /// Writes the config with this added, and waits until the recorder obeys it.
    fn configure(&self, more: &str) {
        let obeyed = || self.watch.log().matches("the config was changed and is in force").count();
        let before = obeyed();
        self.desktop.configure(&format!("{RULE}{OTHER}{more}"));
        wait_until("the config in force", || obeyed() > before);
    }

    /// Runs `hoofbeat alerts` with these arguments.
    fn alerts(&self, arguments: &[&str]) {
        let output = self.desktop.run(&[&["alerts"], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn fires(&self) -> bool {
        self.desktop.json(&["alerts"])["alerts"].as_array().is_some_and(|all| !all.is_empty())
    }

    fn wait_until_closed(&self) {
        wait_until("the end of the notification", || self.server().closed() == [self.shown.id]);
        assert_eq!(self.titles().len(), 1, "it is closed quietly: {:?}", self.titles());
    }

    /// Ends the server and starts another one; what that is told until there is something new, and a little later.
    fn restart_server(&mut self) -> Vec<String> {
        let bus = self.desktop.bus();
        self.server = None;
        wait_until("the server's end", || !bus.has_owner("org.freedesktop.Notifications"));
        self.server = Some(NotificationServer::start(bus).expect("the name is free"));
        self.use_memory(15);
        wait_until("the news", || self.titles().iter().any(|title| title.contains("15")));
        self.desktop.wait_for_ticks(2);
        self.titles()
    }
}

#[test]
fn what_fires_is_shown_again_by_a_server_that_comes_back() {
    let Some(mut full) = Full::start() else { return };
    let titles = full.restart_server();
    assert_eq!(titles.iter().filter(|title| title.contains("12")).count(), 1, "{titles:?}");
}

#[test]
fn what_ended_without_a_word_is_not_shown_again() {
    let Some(mut full) = Full::start() else { return };
    full.configure("[notify]\nenabled = false\n");
    full.use_memory(2);
    wait_until("the end of the alert", || !full.fires());
    full.wait_until_closed();
    full.configure("");
    let titles = full.restart_server();
    assert!(titles.iter().all(|title| !title.contains("12")), "{titles:?}");
}

#[test]
fn what_is_snoozed_elsewhere_is_closed_and_not_shown_again_before_that_is_taken_back() {
    let Some(mut full) = Full::start() else { return };
    full.alerts(&["snooze", "memory-full", "--for", "1h"]);
    full.wait_until_closed();
    let titles = full.restart_server();
    assert_eq!(titles.len(), 1, "only the news: {titles:?}");

    full.alerts(&["unsnooze", "memory-full"]);
    wait_until("what fires still", || full.titles().len() == 2);
    let again = full.server().received().pop().expect("there are two");
    assert!(again.replaces == 0 && again.title.starts_with("Still "), "{again:?}");
    full.use_memory(2);
    wait_until("both ends", || full.titles().len() == 4);
    assert!(full.server().received().iter().any(|one| one.title.contains("back to") && one.replaces == again.id));
}

#[test]
fn what_is_acknowledged_is_closed_and_its_end_is_not_told() {
    let Some(full) = Full::start() else { return };
    full.alerts(&["ack", "memory-full"]);
    full.wait_until_closed();
    full.use_memory(2);
    wait_until("the end of the alert", || !full.fires());
    full.desktop.wait_for_ticks(2);
    full.wait_until_closed();
}

#[test]
fn what_came_of_an_answer_to_the_notification_itself_stays() {
    let Some(full) = Full::start() else { return };
    full.server().press(&full.shown, "snooze").expect("the bus runs");
    wait_until("what came of it", || full.titles().last().is_some_and(|title| title.starts_with("Snoozed until")));
    let snoozes = || full.desktop.json(&["alerts", "snooze", "--list"])["snoozes"].as_array().map_or(0, Vec::len);
    assert_eq!(snoozes(), 1);
    full.desktop.wait_for_ticks(3);
    assert_eq!((full.server().closed(), full.titles().len()), (vec![], 2));
}
