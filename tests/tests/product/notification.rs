//! A threshold that is crossed, from the sensor to the person.

use std::path::Path;

use hoofbeat_product_tests::desktop::succeeds;
use hoofbeat_product_tests::notifications::NotificationServer;
use hoofbeat_product_tests::{Desktop, wait_for, wait_until};

pub(super) const RULE: &str = r#"
[[rule]]
id = "memory-full"
metric = "memory.used"
fire = "> 8 GiB"
clear = "< 6 GiB"
for = "0s"
severity = "critical"
"#;

/// Lets the machine in `root` have 16 GiB of memory, so much of it in use. Replaced at once, as the kernel would.
pub(super) fn use_memory(root: &Path, gib: u64) {
    let kib = |gib: u64| gib << 20;
    let text = format!(
        "MemTotal:       {} kB\nMemFree:        {1} kB\nMemAvailable:   {1} kB\nBuffers: 0 kB\nCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        kib(16),
        kib(16 - gib)
    );
    std::fs::write(root.join("meminfo.new"), text).expect("our own folder is writable");
    std::fs::rename(root.join("meminfo.new"), root.join("proc/meminfo")).expect("our own folder is writable");
}

#[test]
fn one_crossing_is_one_notification_that_its_end_replaces() {
    let Some(desktop) = Desktop::start() else { return };
    let server = NotificationServer::start(desktop.bus()).expect("the name is free");
    let root = desktop.path("machine");
    std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
    use_memory(&root, 2);
    desktop.configure(RULE);
    let _watch = desktop.watch(&["--root", root.to_str().expect("our own names are text")]);
    desktop.wait_for_ticks(2);
    assert_eq!(server.received().len(), 0, "nothing happened yet: {:?}", server.received());

    use_memory(&root, 12);
    let fired = wait_for("the notification", || server.received().first().cloned());
    assert_eq!(fired.replaces, 0);
    assert_eq!(fired.urgency, Some(2), "critical");
    assert!(fired.application.to_lowercase().contains("hoofbeat"), "{fired:?}");
    assert!(fired.title.contains("12"), "the title carries the news: {fired:?}");
    desktop.wait_for_ticks(4);
    assert_eq!(server.received().len(), 1, "one crossing, one notification: {:?}", server.received());

    // Between the two thresholds it is not over.
    use_memory(&root, 7);
    desktop.wait_for_ticks(3);
    assert_eq!(server.received().len(), 1, "{:?}", server.received());

    let (open, _) =
        fired.actions.iter().find(|(_, label)| label.contains("Open")).expect("it has an Open button").clone();
    server.press(&fired, &open).expect("the bus runs");
    desktop.wait_for_window("Hoofbeat");

    use_memory(&root, 2);
    wait_until("the all-clear", || server.received().len() == 2);
    let cleared = server.received().pop().expect("there are two");
    assert_eq!(cleared.replaces, fired.id, "the end replaces the news: {cleared:?}");
    assert_eq!(cleared.id, fired.id);

    // The person is told first; the disk may take a moment.
    let events = || desktop.sqlite("select kind from events where kind like 'alert%' order by ts");
    wait_until("both events", || events() == "alert_fired\nalert_cleared");
}

#[test]
fn debians_notification_server_shows_it_and_its_click_opens_the_window() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_dunst();
    desktop.configure(&RULE.replace("8 GiB", "1").replace("6 GiB", "0"));
    let _watch = desktop.watch(&[]);
    let displayed = || {
        let output = desktop.command("dunstctl").args(["count", "displayed"]).output().ok()?;
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
    };
    wait_until("a notification on the screen", || displayed() == Some(1));
    desktop.wait_for_ticks(3);
    assert_eq!(displayed(), Some(1));
    assert!(succeeds(desktop.command("dunstctl").args(["action", "0"])), "dunst knows an action");
    desktop.wait_for_window("Hoofbeat");
}
