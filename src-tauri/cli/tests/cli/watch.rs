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

/// glibc's further heaps: each has 64 MiB of addresses to itself, of which the first are in use.
#[cfg(target_env = "gnu")]
fn further_heaps(pid: u32) -> usize {
    const ROOM: u64 = 64 << 20;
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let parts = |line: &str| {
        let mut columns = line.split_ascii_whitespace();
        let (from, to) = columns.next()?.split_once('-')?;
        let hex = |text| u64::from_str_radix(text, 16).ok();
        Some((hex(from)?, hex(to)?, columns.next()?.to_owned()))
    };
    let all: Vec<_> = maps.lines().map(|line| parts(line).unwrap()).collect();
    let is_heap = |pair: &&[(u64, u64, String)]| {
        let [(from, used, first), (rest, to, second)] = *pair else { return false };
        from % ROOM == 0 && to - from == ROOM && used == rest && first == "rw-p" && second == "---p"
    };
    all.windows(2).filter(is_heap).count()
}

#[test]
#[cfg(target_env = "gnu")]
fn its_threads_share_one_heap() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    assert_eq!(further_heaps(watcher.id()), 0);
    watcher.terminate();
}
