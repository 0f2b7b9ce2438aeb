//! The icon in a real panel while something fires: the middle button, and how often the panel hears of changes.

use std::path::{Path, PathBuf};
use std::time::Instant;

use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::{Desktop, LIMIT, Program, wait_for, wait_until};

use super::notification::{RULE, use_memory};

/// A desktop with the icon of a recorder whose machine has so much memory in use.
fn begin(config: &str) -> Option<(Desktop, Program, Item, PathBuf)> {
    let mut desktop = Desktop::start()?;
    desktop.start_panel();
    let root = desktop.path("machine");
    std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
    use_memory(&root, 2);
    desktop.configure(config);
    let watch = desktop.watch(&["--root", root.to_str().expect("our own names are text")]);
    let bus = desktop.bus();
    let item = wait_for("the icon", || Item::of_hoofbeat(&bus));
    Some((desktop, watch, item, root))
}

#[test]
fn the_middle_button_snoozes_what_is_loud_and_takes_that_back() {
    let Some((desktop, _watch, item, root)) = begin(RULE) else { return };
    let is = |wanted: &str| item.text("Status").is_ok_and(|status| status == wanted);
    let snoozes = || desktop.json(&["alerts", "snooze", "--list"])["snoozes"].as_array().map_or(0, Vec::len);
    use_memory(&root, 12);
    wait_until("the alarm", || is("NeedsAttention"));
    assert_eq!(snoozes(), 0);
    item.activate_secondary().expect("the icon can be clicked");
    wait_until("the calm", || is("Active"));
    assert_eq!(snoozes(), 1);
    wait_until("its end in the tooltip", || item.tooltip().is_ok_and(|(_, text)| text.contains("(snoozed until ")));
    item.activate_secondary().expect("the icon can be clicked");
    wait_until("the alarm again", || is("NeedsAttention"));
    assert_eq!(snoozes(), 0);
}

/// Lets a CPU have been busy and idle for so many jiffies since it started.
fn have_worked(root: &Path, (busy, idle): (u64, u64)) {
    let text = format!("cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {busy} 0 0 {idle} 0 0 0 0 0 0\n");
    std::fs::write(root.join("stat.new"), text).expect("our own folder is writable");
    std::fs::rename(root.join("stat.new"), root.join("proc/stat")).expect("our own folder is writable");
}

/// Panels that hear of changes more often freeze now and then. What is held against it is the product's own rule, of at
/// least two seconds between changes: there are never more of them than that many seconds allow.
#[test]
fn a_panel_hears_of_what_changes_all_the_time_at_most_every_two_seconds() {
    let Some((desktop, _watch, item, root)) = begin("[tray]\nicon = \"digits\"\n") else { return };
    let begun = Instant::now();
    let icons = item.count("NewIcon").expect("the bus runs");
    let tooltips = item.count("NewToolTip").expect("the bus runs");
    let (mut busy, mut idle) = (0, 0);
    while icons.so_far() < 6 {
        assert!(begun.elapsed() < 2 * LIMIT, "{} changes of the icon", icons.so_far());
        (busy, idle) = if busy <= idle { (busy + 900, idle + 100) } else { (busy + 100, idle + 900) };
        have_worked(&root, (busy, idle));
        desktop.wait_for_ticks(1);
    }
    let (icons, tooltips) = (icons.so_far(), tooltips.so_far());
    let allowed = 1 + begun.elapsed().as_secs() as usize / 2;
    assert!(icons <= allowed && tooltips <= allowed, "{icons} icons and {tooltips} tooltips, {allowed} allowed");
}
