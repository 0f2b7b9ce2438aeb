//! Very much at once: a person gets a few notifications and a summary, and the record has everything.

use hoofbeat_product_tests::notifications::NotificationServer;
use hoofbeat_product_tests::{Desktop, wait_until};

use super::notification::use_memory;

/// So many alerts fire in one second.
const MANY: usize = 500;

#[test]
fn a_storm_is_three_notifications_and_a_summary_and_so_is_its_end() {
    let Some(desktop) = Desktop::start() else { return };
    let server = NotificationServer::start(desktop.bus()).expect("the name is free");
    let root = desktop.path("machine");
    std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
    use_memory(&root, 2);
    let rule =
        |at| format!("[[rule]]\nid = \"rule-{at}\"\nmetric = \"memory.used\"\nfire = \"> 8 GiB\"\nfor = \"0s\"\n");
    let rules: String = (0..MANY).map(rule).collect();
    desktop.configure(&format!("{rules}[notify]\nwindow = \"3s\"\n"));
    let _watch = desktop.watch(&["--root", root.to_str().expect("our own names are text")]);
    desktop.wait_for_ticks(2);
    assert_eq!(server.received().len(), 0, "nothing happened yet");

    let titles = || server.received().into_iter().map(|one| one.title).collect::<Vec<_>>();
    let recorded = |kind: &str| desktop.sqlite(&format!("select count(*) from events where kind = '{kind}'"));
    let summary = format!("{} more alerts", MANY - 3);
    use_memory(&root, 12);
    wait_until("the summary", || titles().iter().any(|title| title.starts_with(&summary)));
    desktop.wait_for_ticks(5);
    assert_eq!(titles().len(), 4, "three and a summary: {:?}", titles());
    wait_until("every event", || recorded("alert_fired") == MANY.to_string());
    let ticks = desktop.sqlite("select count(distinct ts) from events where kind = 'alert_fired'");
    assert_eq!(ticks, "1", "all of it in one second");

    use_memory(&root, 2);
    let ends = format!("{} alerts are over", MANY - 3);
    wait_until("the summary of the ends", || titles().last() == Some(&ends));
    desktop.wait_for_ticks(5);
    assert_eq!(titles().len(), 8, "three ends and a summary: {:?}", titles());
    let replaced = server.received().iter().filter(|one| one.replaces > 0).count();
    assert_eq!(replaced, 3, "each of the three was replaced by its end");
    wait_until("every end", || recorded("alert_cleared") == MANY.to_string());
}
