//! What the commands answer.

use crate::sandbox::{Sandbox, wait_for};

#[test]
fn every_answer_in_json_carries_its_schema() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    for (arguments, field) in [
        (&["status"][..], "sources"),
        (&["history", "cpu.temperature", "--since", "1h"], "series"),
        (&["top", "--interval", "50ms"], "processes"),
        (&["usage"], "gpus"),
        (&["sessions"], "sessions"),
        (&["episodes"], "episodes"),
        (&["doctor"], "doctor"),
        (&["data"], "tables"),
        (&["data", "path"], "path"),
        (&["data", "check"], "problems"),
        (&["config"], "valid"),
        (&["config", "path"], "path"),
        (&["config", "show"], "settings"),
        (&["config", "example"], "text"),
        (&["pause", "1h"], "until"),
        (&["resume"], "paused"),
        (&["autostart"], "autostart"),
    ] {
        let ended = sandbox.run(&[arguments, &["--json"]].concat());
        let answer = ended.json();
        assert_eq!(answer["schema"], 1, "{arguments:?}");
        assert!(!answer[field].is_null(), "{arguments:?}: no {field} in {answer}");
        assert_eq!(ended.stdout.lines().count(), 1, "{arguments:?}");
    }
    watcher.terminate();
}

#[test]
fn starting_at_login_needs_no_tray() {
    let sandbox = Sandbox::new();
    let entry = sandbox.path("home/.config/autostart/hoofbeat.desktop");
    let told = |arguments: &[&str]| sandbox.run(&[&["autostart"], arguments].concat());
    assert!(told(&[]).stdout.starts_with("Hoofbeat does not start when you log in"), "{}", told(&[]).stdout);
    let json = |arguments: &[&str]| {
        let answer = told(&[arguments, &["--json"]].concat()).json();
        assert_eq!(answer["entry"], entry.display().to_string());
        (answer["autostart"].clone(), answer["broken"].clone())
    };
    assert_eq!(json(&["on"]), (true.into(), false.into()));
    let text = std::fs::read_to_string(&entry).unwrap();
    let data = sandbox.data().display().to_string();
    assert!(text.contains(&format!("\"--data-dir\" \"{data}\" \"watch\"\n")), "{text}");
    assert!(told(&["status"]).stdout.starts_with("Hoofbeat starts when you log in: "));

    // The program was moved.
    std::fs::write(&entry, text.replace("hoofbeat\" \"--data-dir", "gone\" \"--data-dir")).unwrap();
    assert_eq!(json(&["status"]), (true.into(), true.into()));
    assert!(told(&[]).stdout.contains("is gone"), "{}", told(&[]).stdout);
    assert_eq!(told(&["on"]).code, 0);
    assert_eq!(std::fs::read_to_string(&entry).unwrap(), text);

    assert_eq!(json(&["off"]), (false.into(), false.into()));
    assert!(!entry.exists());
    assert_eq!(told(&["off"]).code, 0, "it is off already");
}

#[test]
fn status_says_what_is_and_since_when_it_is_not() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    let json = sandbox.run(&["status", "--json"]).json();
    assert_eq!(json["recorder"]["state"], "recording");
    let cpu = json["sources"].as_array().unwrap().iter().find(|source| source["id"] == "cpu").unwrap().clone();
    assert_eq!(cpu["metrics"]["cpu.temperature"], serde_json::json!({ "value": 54.0, "unit": "°C" }));
    let text = sandbox.run(&["status"]).stdout;
    assert!(text.starts_with("Recording since") && text.contains("54 °C"), "{text}");
    assert!(sandbox.run(&["status", "--all"]).stdout.contains("cpu.temperature"));

    assert_eq!(sandbox.run(&["pause", "10m"]).code, 0);
    wait_for("the pause", || Some(sandbox.run(&["status"]).stdout).filter(|text| text.starts_with("Paused since")));
    assert_eq!(sandbox.run(&["resume"]).stdout, "Recording goes on.\n");
    wait_for("its end", || Some(sandbox.run(&["status"]).stdout).filter(|text| text.starts_with("Recording since")));
    assert_eq!(sandbox.run(&["resume"]).stdout, "Recording was not paused; it goes on.\n");

    watcher.terminate();
    let text = sandbox.run(&["status"]).stdout;
    assert!(text.starts_with("Not recording since") && text.contains("hoofbeat watch"), "{text}");
    assert_eq!(sandbox.run(&["status", "--json"]).json()["recorder"]["state"], "off");
}

#[test]
fn status_tells_the_alerts_that_fire() {
    let sandbox = Sandbox::new();
    let rule = |id: &str, metric: &str, limit: u32, severity: &str| {
        format!("[[rule]]\nid = \"{id}\"\nmetric = \"{metric}\"\nfire = \"> {limit}\"\nseverity = \"{severity}\"\n")
    };
    let rules = [
        rule("warm", "cpu.temperature", 60, "info"),
        rule("hot", "cpu.temperature", 90, "critical"),
        rule("crowded", "memory.used", 1, "warning"),
    ];
    sandbox.config(&rules.concat());
    sandbox.temperature(54);
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    let alerts = || sandbox.run(&["status", "--json"]).json()["alerts"].as_array().unwrap().clone();
    wait_for("the one about memory", || (alerts().len() == 1).then_some(()));
    sandbox.temperature(96);
    let found = wait_for("all three", || Some(alerts()).filter(|alerts| alerts.len() == 3));
    let order: Vec<_> = found.iter().map(|alert| alert["rule"].as_str().unwrap()).collect();
    assert_eq!(order, ["hot", "crowded", "warm"], "worst first");
    let hot = &found[0];
    assert_eq!(
        (&hot["source"], &hot["metric"], &hot["unit"]),
        (&"cpu".into(), &"cpu.temperature".into(), &"°C".into())
    );
    assert_eq!((&hot["value"], &hot["limit"], &hot["severity"]), (&96.0.into(), &90.0.into(), &"critical".into()));
    let text = sandbox.run(&["status"]).stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("CPU at 96 °C · limit 90 °C · since ") && lines[1].ends_with("rule hot"), "{text}");
    assert!(lines[3].ends_with("rule warm") && lines[4].is_empty(), "{text}");
    sandbox.temperature(54);
    wait_for("the end of two", || (alerts().len() == 1).then_some(()));
    watcher.terminate();
}

#[test]
fn history_is_bars_json_or_csv() {
    let sandbox = Sandbox::new();
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    watcher.terminate();

    let json = sandbox.run(&["history", "cpu.temperature", "--since", "1h", "--points", "60", "--json"]).json();
    assert_eq!((json["metric"].as_str(), json["unit"].as_str()), (Some("cpu.temperature"), Some("°C")));
    let points = json["series"][0]["points"].as_array().unwrap().clone();
    assert!(!points.is_empty() && points.len() <= 60);
    assert_eq!(points[0].as_array().unwrap()[1..], [54.0, 54.0, 54.0].map(serde_json::Value::from));

    let csv = sandbox.run(&["history", "cpu.temperature", "--since", "1h", "--csv"]).stdout;
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("ts,time,source,label,min (°C),avg (°C),max (°C)"));
    let cells: Vec<_> = lines.next().unwrap().split(',').collect();
    assert_eq!((cells[2], &cells[4..]), ("cpu", &["54", "54", "54"][..]), "{csv}");
    assert!(cells[1].ends_with("+00:00"), "{csv}");

    let bars = sandbox.run(&["history", "cpu.temperature", "--since", "1h"]).stdout;
    assert!(bars.contains('█') && bars.contains("max 54 °C"), "{bars}");
    let nothing = sandbox.run(&["history", "cpu.temperature", "--since", "2h", "--until", "1h"]).stdout;
    assert!(nothing.contains("Nothing was recorded"), "{nothing}");
    assert_eq!(sandbox.run(&["history", "cpu.temperature", "--source", "CPU"]).code, 0, "a label will do");
    let named = sandbox.run(&["history", "hwmon.temperature", "--source", "k10temp · Tctl"]);
    assert!(named.code == 0 && named.stdout.contains("max 54 °C"), "so will the name that `status` shows: {named:?}");
}

#[test]
fn names_from_outside_cannot_reach_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.write("m/sys/devices/platform/chip/hwmon/hwmon0/temp1_label", "=cmd\x1b[2J\u{202e}\n");
    sandbox.write("m/proc/7/stat", b"7 (a) \xff\x1b[2J) S 1 7 7 0 -1 0 0 0 0 0 10 10 0 0 20 0 1 0 100 4096 25 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    sandbox.write("m/proc/7/cmdline", b"/opt/\x1b[2J\xffevil\0");
    sandbox.record();
    let root = sandbox.path("m").display().to_string();
    for arguments in [
        &["status"][..],
        &["status", "--all"],
        &["history", "hwmon.temperature"],
        &["history", "hwmon.temperature", "--csv"],
        &["history", "hwmon.temperature", "--source", "\x1b[2J"],
        &["top", "--interval", "20ms", "--root", &root],
        &["data"],
    ] {
        let ended = sandbox.run(arguments);
        let outside = [&ended.stdout, &ended.stderr].into_iter().flat_map(|text| text.chars());
        let bad: Vec<char> = outside.filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
        assert!(bad.is_empty(), "{arguments:?}: {bad:?} in {ended:?}");
        assert!(!ended.stdout.is_empty() || ended.code == 2, "{arguments:?}: {ended:?}");
    }
    let csv = sandbox.run(&["history", "hwmon.temperature", "--csv"]).stdout;
    assert!(!csv.contains(",=cmd"), "no spreadsheet may run it: {csv}");
}

#[test]
fn top_measures_what_is_used_meanwhile() {
    let sandbox = Sandbox::new();
    let top = sandbox.run(&["top", "--interval", "300ms", "--number", "0", "--json"]).json();
    let processes = top["processes"].as_array().unwrap().clone();
    let this = processes.iter().find(|process| process["pid"] == std::process::id()).expect("this test runs");
    assert!(this["memory"].as_u64().unwrap() > 1 << 20 && this["started"].as_f64().unwrap() > 1e9, "{this}");
    assert_eq!(this["gpus"], serde_json::json!([]));
    assert!(!this["user"].as_str().unwrap().is_empty() && !this["identity"].as_str().unwrap().is_empty(), "{this}");
    assert!(this["key"].as_str().unwrap().contains(':'), "{this}");
    let used: Vec<f64> = processes.iter().map(|process| process["cpu"].as_f64().unwrap()).collect();
    assert!(used.is_sorted_by(|a, b| a >= b), "{used:?}");
    let memory = sandbox.run(&["top", "--interval", "10ms", "--sort", "memory", "-n", "3", "--json"]).json();
    let memory: Vec<_> = memory["processes"].as_array().unwrap().iter().map(|one| one["memory"].as_u64()).collect();
    assert!(memory.len() <= 3 && memory.is_sorted_by(|a, b| a >= b), "{memory:?}");
}

#[test]
fn doctor_tells_what_is_missing_and_fails_for_what_is_broken() {
    let sandbox = Sandbox::new();
    let level = |ended: &crate::sandbox::Ended, check: &str| {
        let findings = ended.json()["doctor"].as_array().unwrap().clone();
        let finding = findings.iter().find(|finding| finding["check"] == check).cloned();
        finding.unwrap_or_else(|| panic!("no {check}: {ended:?}"))["level"].as_str().unwrap().to_string()
    };
    let ended = sandbox.run(&["doctor", "--json"]);
    assert_eq!((ended.code, level(&ended, "recorder").as_str()), (0, "warning"), "{ended:?}");

    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    let ended = sandbox.run(&["doctor", "--json"]);
    assert_eq!((ended.code, level(&ended, "recorder").as_str()), (0, "ok"), "{ended:?}");
    assert_eq!((level(&ended, "bus").as_str(), level(&ended, "newest").as_str()), ("warning", "ok"));
    let text = sandbox.run(&["doctor"]).stdout;
    assert!(text.contains('✓') && text.contains('!') && text.contains('→'), "{text}");
    // It looks at this machine, and the recorder does not.
    let root = sandbox.path("m").display().to_string();
    assert!(text.contains(&format!("the recorder reads the machine below {root}, and this looks at /")), "{text}");
    let same = sandbox.run(&["--root", &root, "doctor"]).stdout;
    assert!(!same.contains("the recorder reads"), "{same}");

    sandbox.config("nonsense = 1");
    let ended = sandbox.run(&["doctor", "--json"]);
    assert_eq!((ended.code, level(&ended, "config").as_str()), (1, "failure"), "{ended:?}");
    watcher.terminate();
}

#[test]
fn doctor_ends_in_its_own_way_where_only_a_driver_is_missing() {
    let sandbox = Sandbox::new();
    let root = sandbox.path("m").display().to_string();
    let doctor = || sandbox.run(&["--root", &root, "doctor"]);
    // No GPU at all: a machine as healthy as another.
    let ended = doctor();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("no GPU"), "{ended:?}");
    sandbox.write("m/sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
    sandbox.write("m/sys/bus/pci/devices/0000:01:00.0/class", "0x030000\n");
    sandbox.write("m/sys/bus/pci/devices/0000:01:00.0/uevent", "DRIVER=nouveau\n");
    let ended = doctor();
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stdout.contains("runs with nouveau") && ended.stdout.contains("→ install NVIDIA's own"), "{ended:?}");
    // Something else is broken too.
    sandbox.config("nonsense = 1");
    assert_eq!(doctor().code, 1);
}

#[test]
fn doctor_does_not_promise_to_save_what_belongs_to_another_program() {
    let sandbox = Sandbox::new();
    sandbox.record();
    // Where SQLite keeps whose file it is.
    let file = sandbox.data().join("hoofbeat.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[68..72].fill(0);
    std::fs::write(&file, &bytes).unwrap();
    let ended = sandbox.run(&["doctor"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("is not a database of Hoofbeat"), "{ended:?}");
    assert!(ended.stdout.contains("→ choose another folder with --data-dir"), "{ended:?}");
    assert!(!ended.stdout.contains("saves what can be saved"), "{ended:?}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes, "looking changes nothing");
}

#[test]
fn data_shows_what_is_large_and_says_what_it_leaves_out() {
    let sandbox = Sandbox::new();
    sandbox.record();
    let tables = sandbox.run(&["data", "--json"]).json()["tables"].as_array().unwrap().len();
    let text = sandbox.run(&["data"]).stdout;
    let shown: Vec<&str> = text.lines().skip_while(|line| !line.is_empty()).skip(1).collect();
    assert_eq!(shown.len(), 9, "{text}");
    assert!(shown[8].starts_with(&format!("and {} more with ", tables - 8)), "{text}");
}

#[test]
fn config_is_shown_checked_and_explained() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("config.toml");
    assert_eq!(sandbox.run(&["config", "path"]).stdout.trim_end(), path.display().to_string());
    assert!(sandbox.run(&["config"]).stdout.contains("does not exist yet"));
    let example = sandbox.run(&["config", "example"]).stdout;
    assert!(example.contains("[[rule]]"), "{example}");
    assert!(!path.exists(), "looking makes nothing");

    let defaults = sandbox.run(&["config", "show", "--json"]).json();
    assert_eq!((&defaults["exists"], &defaults["settings"]["recording"]["tick"]), (&false.into(), &1.into()));
    assert_eq!(defaults["path"], path.display().to_string());
    assert_eq!(sandbox.run(&["config", "example", "--json"]).json()["text"], example);

    sandbox.config("[recording]\ntick = \"2s\"\n[[rule]]\nid = \"x\"\nmetric = \"cpu.temperature\"\nfire = \"> 60\"\n");
    let shown = sandbox.run(&["config", "show", "--json"]).json();
    assert_eq!((&shown["exists"], &shown["settings"]["recording"]["tick"]), (&true.into(), &2.into()));
    let rules = shown["rules"].as_array().unwrap();
    assert!(rules.len() > 10, "the built-in ones hold, too: {shown}");
    assert_eq!(rules.last().unwrap()["fire"], serde_json::json!({ "side": ">", "limit": 60.0 }));

    sandbox.config(&example);
    assert_eq!(sandbox.run(&["config", "check"]).code, 0);
    assert_eq!(sandbox.run(&["config", "show"]).stdout, example);

    sandbox.config("[[rule]]\nid = \"x\"\nmetric = \"cpu.temperatur\"\nfire = \"> 1\"\n");
    let ended = sandbox.run(&["config", "check"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("config.toml:3:") && ended.stderr.contains("cpu.temperature"), "{ended:?}");
    let shown = sandbox.run(&["config", "show", "--json"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""), "what is refused is not in force: {shown:?}");
    let ended = sandbox.run(&["config", "check", "--json"]);
    assert_eq!((ended.code, &ended.json()["valid"]), (1, &serde_json::Value::Bool(false)));
}

#[test]
fn open_starts_the_program_beside_this_one() {
    let sandbox = Sandbox::new();
    let command = |sandbox: &Sandbox| sandbox.command(&["open"]).env("DISPLAY", ":none").output().unwrap();
    let missing = command(&sandbox);
    assert_eq!(missing.status.code(), Some(1));
    let said = String::from_utf8(missing.stderr).unwrap();
    assert!(said.contains(&sandbox.path("bin").display().to_string()), "it says where it looked: {said}");

    sandbox.fake_window();
    let plain = command(&sandbox);
    assert_eq!((plain.status.code(), plain.stdout.as_slice()), (Some(0), &b""[..]));
    assert_eq!(sandbox.window_started()[0], sandbox.data().display().to_string());
    let output = sandbox.command(&["open", "--json"]).env("DISPLAY", ":none").output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let program = sandbox.path("bin/hoofbeat-desktop").display().to_string();
    assert_eq!(answer, serde_json::json!({ "schema": 1, "opened": true, "program": program }));
}

#[test]
fn serve_becomes_the_program_beside_this_one() {
    let sandbox = Sandbox::new();
    let missing = sandbox.run(&["serve"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    assert!(missing.stderr.contains("hoofbeat-serve is not installed"), "{missing:?}");
    assert_eq!(sandbox.run(&["serve", "--json"]).code, 2);
    assert_eq!(sandbox.run(&["serve", "--bind", "here"]).code, 2);

    sandbox.script("bin/hoofbeat-serve", "#!/bin/sh\necho $$ \"$@\"\n");
    let given = ["serve", "--bind", "[::1]:80", "--token-file", "t", "--name", "den", "--allow-changes"];
    let child = sandbox.command(&given).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let data = sandbox.data().display().to_string();
    let expected = format!("{pid} --data-dir {data} --bind [::1]:80 --token-file t --name den --allow-changes\n");
    assert_eq!(said, expected, "a signal to the one reaches the other");
}
