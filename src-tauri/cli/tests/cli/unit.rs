//! The unit for systemd: what it starts records, and systemd understands it.

use std::fs;
use std::process::Command;

use crate::sandbox::{Sandbox, repository, wait_for};

/// The unit, and what it starts.
fn unit() -> (String, Vec<String>) {
    let text = fs::read_to_string(repository("contrib/systemd/hoofbeat.service")).unwrap();
    let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let words = start.split_whitespace().map(str::to_owned).collect();
    (text, words)
}

#[test]
fn what_the_unit_starts_records_without_a_desktop() {
    let (_, words) = unit();
    assert_eq!(words[0], "hoofbeat", "it is found where packages and people put it");
    let sandbox = Sandbox::new();
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    // As systemd starts it: with a home, and nothing of a session.
    let mut command = sandbox.command(&arguments);
    for name in ["HOOFBEAT_DATA_DIR", "HOOFBEAT_CONFIG", "DBUS_SESSION_BUS_ADDRESS", "TZ"] {
        command.env_remove(name);
    }
    let mut recorder = sandbox.started(command);
    let data = sandbox.path("home/.local/share/hoofbeat");
    let status = || {
        let status = sandbox.command(&["status", "--json"]).env("HOOFBEAT_DATA_DIR", &data).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&status.stdout).ok()
    };
    wait_for("a tick", || status()?["ts"].as_i64());
    recorder.terminate();
}

#[test]
fn nothing_in_the_unit_hides_the_gpus_or_who_uses_them() {
    let (text, _) = unit();
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key)
        .collect();
    for key in ["Restart", "MemoryMax", "UMask", "WantedBy"] {
        assert!(keys.contains(&key), "{key} is missing");
    }
    // Each of these makes a user namespace, takes setuid programs away, or hides devices.
    let harmful = |key: &&&str| {
        let families =
            ["Protect", "Private", "Restrict", "SystemCall", "ReadOnly", "ReadWrite", "Inaccessible", "Temporary"];
        let alone = ["NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute", "DevicePolicy", "DynamicUser"];
        alone.contains(*key) || families.iter().any(|family| key.starts_with(family))
    };
    assert_eq!(keys.iter().find(harmful), None);
}

#[test]
fn systemd_understands_the_unit() {
    let sandbox = Sandbox::new();
    let (text, words) = unit();
    // What it starts is found only where it is installed.
    let installed = sandbox.path("bin/hoofbeat").display().to_string();
    sandbox.write("units/hoofbeat.service", text.replace(&format!("={}", words[0]), &format!("={installed}")));
    let unit = sandbox.path("units/hoofbeat.service");
    let verify = Command::new("systemd-analyze")
        .args(["verify", "--user", "--man=no"])
        .arg(unit)
        .env("XDG_RUNTIME_DIR", sandbox.path("home"))
        .output();
    let Ok(verified) = verify else {
        eprintln!("skipped: there is no systemd-analyze here");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    // Of the machine's own units it may say more.
    let ours: Vec<_> = said.lines().filter(|line| line.contains("hoofbeat")).collect();
    assert!(ours.is_empty(), "{ours:?}");
}
