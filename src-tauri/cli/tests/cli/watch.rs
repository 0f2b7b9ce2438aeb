//! The recorder as a process: one a folder, and how it ends.

use crate::bus::{Bus, Logind};
use crate::sandbox::Sandbox;

#[test]
fn a_second_recorder_says_so_and_leaves() {
    let sandbox = Sandbox::new();
    let mut first = sandbox.watch(|command| command.arg("--headless"));
    let second = sandbox.run(&["watch", "--headless"]);
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.stderr.contains("already records into"), "{second:?}");
    assert_eq!(second.stdout, "");
    first.terminate();
}

#[test]
fn every_polite_signal_ends_it_in_order() {
    for signal in ["TERM", "INT", "HUP"] {
        let sandbox = Sandbox::new();
        let mut watcher = sandbox.watch(|command| command.arg("--headless"));
        sandbox.wait_for_ticks();
        watcher.signal(signal);
        let status = watcher.ended();
        assert_eq!(status.code(), Some(0), "{signal}: {status} {}", watcher.log());
        let status = sandbox.run(&["status", "--json"]).json();
        assert_eq!(status["recorder"]["state"], "off", "{signal}");
        assert!(sandbox.run(&["data", "check"]).code == 0, "{signal}");
    }
}

#[test]
fn ctrl_c_that_a_script_passes_on_is_one_wish() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    watcher.signal("INT");
    watcher.signal("TERM");
    let status = watcher.ended();
    assert_eq!(status.code(), Some(0), "{status} {}", watcher.log());
    assert_eq!(sandbox.run(&["status", "--json"]).json()["recorder"]["state"], "off");
}

#[test]
fn it_stops_by_itself_when_told_how_long() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.args(["--headless", "--for", "1s"]));
    assert_eq!(watcher.ended().code(), Some(0), "{}", watcher.log());
}

#[test]
fn a_machine_without_a_desktop_has_alerts_and_trouble_in_its_log() {
    let sandbox = Sandbox::new();
    sandbox.config("[[rule]]\nid = \"cpu-hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\n");
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.temperature(96);
    watcher.wait_for_line("hoofbeat: CPU at 96 °C");
    sandbox.config("nonsense = 1");
    watcher.wait_for_line("hoofbeat: warn: ");
    assert!(watcher.log().contains("config.toml:1:1"), "{}", watcher.log());
    watcher.terminate();
}

#[test]
fn sleep_waits_for_the_last_samples_with_and_without_a_desktop() {
    for arguments in [&[][..], &["--headless"]] {
        let sandbox = Sandbox::new();
        let bus = Bus::start(sandbox.path("bus"));
        let logind = Logind::start(&bus);
        let mut watcher =
            sandbox.watch(|command| command.args(arguments).env("DBUS_SYSTEM_BUS_ADDRESS", bus.address()));
        assert_eq!(logind.held(1), ("sleep".into(), "delay".into()), "{arguments:?}");
        sandbox.wait_for_ticks();

        // Sleep may go on once the last samples are on the disk, and is held up anew after waking.
        logind.prepare_for_sleep(true);
        logind.let_go();
        logind.prepare_for_sleep(false);
        logind.held(1);
        watcher.terminate();
    }
}
