//! What fires, what fired and by which rules: in words and for programs, whatever the names of this world are.

use std::fs;
use std::path::{Path, PathBuf};

use hoofbeat_core::model::{
    AlertPhase, AlertRow, Condition, Event, EventKind, Keep, Now, RecorderState, Source, SourceKind, Tick,
};
use hoofbeat_core::store::Store;
use hoofbeat_core::untrusted::Untrusted;
use serde_json::{Value, json};

use crate::bus::{Bus, Server};
use crate::sandbox::{Sandbox, repository};

/// 2020-09-13 12:00 UTC, so that no test is on the same day.
const THEN: i64 = 1_599_998_400;
/// 2100: what began then has lasted for no time.
const LATER: i64 = 4_102_444_800;

const RULES: &str = "[[rule]]\nid = \"hot\"\nmetric = \"gpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n\
                     [[rule]]\nid = \"gpu-hot\"\nseverity = \"critical\"\n\
                     [[rule]]\nid = \"cpu-hot\"\nenabled = false\n";

/// Names that strangers chose.
fn hostile() -> Vec<Vec<u8>> {
    vec![
        b"a\nb".to_vec(),
        b"\x1b[31mred\x1b]0;x\x07".to_vec(),
        b"</b><img src=x>".to_vec(),
        "evil\u{202e}gnp.exe".as_bytes().to_vec(),
        vec![b'x'; 4 << 20],
        b"no \xff\xfe text".to_vec(),
    ]
}

fn row(rule: &str, source: &str, phase: AlertPhase, since: i64) -> AlertRow {
    let (rule, source) = (rule.to_owned(), source.to_owned());
    AlertRow { rule, source, phase, since, value: Some(95.0), ..AlertRow::default() }
}

fn event(ts: i64, source: &str, kind: EventKind, detail: Value) -> Event {
    Event { ts, kind, source: Some(source.to_owned()), detail }
}

/// A recording in which a GPU of each of these names fired an alert, one that is over and one that goes on.
fn record(sandbox: &Sandbox, names: &[Vec<u8>]) {
    record_on(&sandbox.data(), names);
}

fn record_on(folder: &Path, names: &[Vec<u8>]) {
    let now = |unix: i64| Now { wall: std::time::Duration::from_secs(unix as u64), boot: std::time::Duration::ZERO };
    let mut store = Store::open(folder, Keep::default(), now(THEN)).unwrap().store;
    let mut tick = Tick { ts: THEN, recorder: Some((RecorderState::Recording, None)), ..Tick::default() };
    for (at, name) in names.iter().enumerate() {
        let (id, label) = (format!("gpu:{at}"), Untrusted::new(name.clone()));
        let source = Source::whole(SourceKind::Gpu, id.as_str(), label.clone());
        tick.conditions.push((source, Condition::OK));
        let title = format!("{} at 95 °C", label.json());
        let since = THEN + at as i64 * 1000;
        let fired = json!({ "rule": "hot", "metric": "gpu.temperature", "value": 95.0, "limit": 90.0,
                            "severity": "warning", "title": title, "key": "unit:x", "identity": label.json() });
        let over = json!({ "rule": "hot", "metric": "gpu.temperature", "value": 58.0, "seconds": 420, "peak": 97.0,
                           "title": title, "key": "unit:x" });
        tick.events.push(event(since, &id, EventKind::AlertFired, fired));
        tick.events.push(event(since + 420, &id, EventKind::AlertCleared, over));
        tick.alerts.push(row("hot", &id, AlertPhase::Firing, LATER));
    }
    tick.alerts.push(row("gpu-hot", "gpu:0", AlertPhase::Pending, LATER));
    store.append(&[tick], true).unwrap();
    store.close().unwrap();
}

/// Compares with what is committed. Four million of one letter are told by their number.
#[track_caller]
fn golden(name: &str, text: &str) {
    let text = text.replace(&"x".repeat(4 << 20), "x*4194304");
    let file: PathBuf = repository("src-tauri/cli/tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &text).unwrap();
    }
    let expected = fs::read_to_string(&file).expect("UPDATE_GOLDEN=1 writes it");
    assert_eq!(text, expected, "{name}");
}

#[test]
fn hostile_names_are_harmless_in_lists_and_whole_in_json() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    record(&sandbox, &hostile());
    let since = (THEN - 10).to_string();
    let list = sandbox.run(&["alerts"]);
    assert_eq!(list.code, 0, "{:?}", list.stderr);
    let history = sandbox.run(&["alerts", "history", "--since", &since]);
    assert_eq!(history.code, 0, "{:?}", history.stderr);
    let text = format!("{}\n{}", list.stdout, history.stdout);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    golden("alerts-hostile.txt", &text);

    let json = sandbox.run(&["alerts", "list", "--json"]).json();
    let titles: Vec<_> = json["alerts"].as_array().unwrap().iter().map(|one| one["title"].clone()).collect();
    let mut told = sandbox.run(&["alerts", "history", "--since", &since, "--json"]).json();
    told["until"] = json!(0);
    golden("alerts-hostile.json", &format!("{}\n{}\n", json!(titles), told));
}

#[test]
fn hostile_words_of_a_config_are_harmless_among_the_rules() {
    let sandbox = Sandbox::new();
    let rule = |id: &str, more: &str| {
        format!("[[rule]]\nid = \"{id}\"\nmetric = \"gpu.temperature\"\nfire = \"> 90\"\n{more}\n")
    };
    let patterns =
        ["a\\nb", "\\u001b[31mred\\u001b]0;x\\u0007", "</b><img src=x>", "evil\\u202egnp.exe", "\\u2067x\\u061c"];
    let rules = patterns
        .iter()
        .enumerate()
        .map(|(at, pattern)| rule(&format!("evil-{at}"), &format!("source = \"{pattern}*\"\ntext = \"{pattern}\"")));
    sandbox.config(&rules.collect::<String>());
    record(&sandbox, &hostile());
    let text = sandbox.run(&["alerts", "rules"]);
    assert_eq!(text.code, 0, "{:?}", text.stderr);
    assert!(text.stdout.chars().all(|c| c == '\n' || !c.is_control()));
    let own: Vec<&str> = text.stdout.split_inclusive('\n').skip_while(|line| !line.starts_with("evil-")).collect();
    let json = sandbox.run(&["alerts", "rules", "--json"]).json();
    let rules = json["rules"].as_array().unwrap().iter().filter(|one| one["origin"] == "own");
    let rules: String = rules.map(|one| format!("{one}\n")).collect();
    // What is asked for may be as hostile, and so may an id in the file.
    let mut told = format!("{}\n{rules}\n", own.concat());
    for pattern in ["a\nb", "\u{1b}[31mred", "evil\u{202e}gnp.exe"] {
        told.push_str(&sandbox.run(&["alerts", "history", "--rule", pattern]).stderr);
    }
    sandbox.config(&rule("\\u001b[31m\\u202e", ""));
    told.push_str(&sandbox.run(&["alerts", "rules"]).stderr.replace(&sandbox.path("").display().to_string(), ""));
    assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
    golden("alert-rules-hostile.txt", &told);
}

#[test]
fn one_program_is_silenced_by_its_name_or_its_key() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    record(&sandbox, &hostile()[..1]);
    let silenced = |arguments: &[&str]| sandbox.run(&[&["alerts", "snooze", "hot"], arguments].concat());
    let unknown = silenced(&["--who", "blender"]);
    assert_eq!((unknown.code, unknown.stderr.lines().count()), (2, 1), "{unknown:?}");
    assert!(unknown.stderr.starts_with("hoofbeat: none of these alerts is about \"blender\""), "{}", unknown.stderr);
    let one = silenced(&["--who", "program:blender", "--json"]).json();
    assert_eq!(one["snoozed"]["key"], "program:blender");
    assert_eq!(silenced(&["--who", "program:blender", "--until-clear"]).code, 1, "that one does not fire");
    let all = silenced(&[]);
    assert!(all.stdout.starts_with("Alerts of hot are silenced until "), "{}", all.stdout);
    let listed = sandbox.run(&["alerts", "snooze", "--list", "--json"]).json();
    let keys: Vec<_> = listed["snoozes"].as_array().unwrap().iter().map(|one| one["key"].clone()).collect();
    assert_eq!(keys, [json!("program:blender"), json!(null)]);
    let table = sandbox.run(&["alerts", "snooze", "--list"]).stdout;
    assert!(
        table.contains("program:blender") && table.lines().nth(2).is_some_and(|line| line.contains("all")),
        "{table}"
    );
    let status = sandbox.run(&["status"]).stdout;
    assert!(status.contains("Alerts of hot about program:blender are silenced until "), "{status}");
    assert_eq!(sandbox.run(&["alerts", "unsnooze", "hot"]).stdout.lines().count(), 2);
}

#[test]
fn a_terminal_is_moved_by_no_name() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    record(&sandbox, &hostile()[..4]);
    let output = sandbox.on_terminal(&["alerts", "--color", "never"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.contains("fires"), "{text}");
    assert!(text.chars().all(|c| c == '\n' || c == '\r' || !c.is_control()), "{text:?}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn the_list_is_empty_in_words_and_tells_what_is_watched() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    assert_eq!(sandbox.run(&["alerts"]).code, 5);
    let rules = sandbox.run(&["alerts", "rules"]);
    assert!(rules.code == 0 && rules.stdout.contains("nothing is recorded yet"), "{rules:?}");
    sandbox.record();
    let list = sandbox.run(&["alerts", "list"]);
    assert!(list.stdout.starts_with("No alerts. Watched by 17 rules on "), "{list:?}");
    assert_eq!(sandbox.run(&["alerts", "--json"]).json(), json!({ "schema": 1, "alerts": [] }));
    let none = sandbox.run(&["alerts", "history", "--rule", "hot"]).stdout;
    assert!(none.starts_with("No alert of rule hot since "), "{none}");
}

#[test]
fn each_rule_tells_what_it_watches_where_it_comes_from_and_how_often_it_fired() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    sandbox.record();
    let text = sandbox.run(&["alerts", "rules"]).stdout;
    for part in [
        "gpu-hot · critical · built in, changed · never fired in 30 d\n  Margin to slowdown below 5 °C for 1 min\n  Within",
        "hot · warning · own · never fired in 30 d\n  GPU temperature above 90 °C\n",
        "cpu-hot · warning · built in · off\n  CPU temperature above 97 °C for 5 min\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let rules = sandbox.run(&["alerts", "rules", "--json"]).json();
    let one = rules["rules"].as_array().unwrap().iter().find(|one| one["id"] == "cpu-hot").unwrap().clone();
    assert_eq!((&one["enabled"], &one["origin"]), (&json!(false), &json!("built-in")));
    assert_eq!(one["fired"], json!({ "24h": 0, "30d": 0 }));
}

#[test]
fn a_rule_is_switched_in_the_file_and_back_without_a_trace() {
    let sandbox = Sandbox::new();
    sandbox.config("# Mine.\n[keep]\nraw = \"7d\"\n");
    let file = || std::fs::read_to_string(sandbox.path("config.toml")).unwrap();
    let before = file();
    let off = sandbox.run(&["alerts", "disable", "cpu-hot"]);
    assert!(off.code == 0 && off.stdout.starts_with("Rule cpu-hot is off in "), "{off:?}");
    assert_eq!(file(), format!("{before}\n[[rule]]\nid = \"cpu-hot\"\nenabled = false\n"));
    assert_eq!(sandbox.run(&["alerts", "disable", "cpu-hot"]).code, 0);
    let on = sandbox.run(&["alerts", "enable", "cpu-hot", "--json"]).json();
    assert_eq!(on, json!({ "schema": 1, "rule": "cpu-hot", "enabled": true }));
    assert_eq!(file(), before);
    let unknown = sandbox.run(&["alerts", "disable", "cpu-hit"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("the nearest are cpu-hot"), "{unknown:?}");
}

#[test]
fn a_replay_says_what_other_rules_would_have_said() {
    let sandbox = Sandbox::new();
    sandbox.config("[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\nclear = \"< 60\"\n");
    sandbox.temperature(96);
    sandbox.record();
    let told = sandbox.run(&["alerts", "check", "--since", "1h", "--rule", "hot"]);
    // A young recording is not taken for the whole time that was asked for.
    assert!(told.stdout.starts_with("hot would have fired once in the "), "{told:?}");
    assert!(told.stdout.contains(" s on record, since "), "{told:?}");
    assert!(told.stdout.contains("; it did fire once.") && told.stdout.contains("96 °C"), "{told:?}");
    sandbox.write("other.toml", "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 99\"\n");
    let file = sandbox.path("other.toml").display().to_string();
    let told = sandbox.run(&["alerts", "check", "--since", "1h", "--file", &file]);
    assert!(told.stdout.starts_with("hot would not have fired in the "), "{told:?}");
    assert!(told.stdout.contains("did fire, and would not"), "{told:?}");
    let json = sandbox.run(&["alerts", "check", "--since", "1h", "--json"]).json();
    let one = json["rules"].as_array().unwrap().iter().find(|one| one["rule"] == "hot").unwrap();
    assert_eq!((&one["alerts"][0]["did_fire"], &one["alerts"][0]["value"]), (&json!(true), &json!(96.0)));
    let lost = sandbox.run(&["alerts", "check", "--rule", "gpu-lost"]).stdout;
    assert!(lost.starts_with("gpu-lost cannot be replayed, because "), "{lost}");
    assert!(lost.contains("; it did not fire in the ") && lost.contains(" on record, since "), "{lost}");
    let none = sandbox.run(&["alerts", "check", "--rule", "gpu-hot"]).stdout;
    assert_eq!(none, "gpu-hot cannot be replayed, because nothing is recorded that it looks at.\n");
    let nowhere = sandbox.run(&["alerts", "check", "--file", "/nope"]);
    let sentence =
        "hoofbeat: /nope: No such file or directory (os error 2); --file takes a config file that is there\n";
    assert_eq!((nowhere.code, nowhere.stderr.as_str()), (1, sentence));
}

#[test]
fn a_test_is_sent_as_the_recorder_would_send_it() {
    let sandbox = Sandbox::new();
    sandbox.config("[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\n");
    sandbox.record();
    let unseen = sandbox.run(&["alerts", "test", "hot"]);
    let sentence = "hoofbeat: it was not shown: the message bus of your session cannot be reached\n";
    assert_eq!((unseen.code, unseen.stderr.as_str()), (1, sentence), "{unseen:?}");
    let bus = Bus::start(sandbox.path("bus"));
    let test = |id: &str| {
        let mut command = sandbox.command(&["alerts", "test", id]);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).output().unwrap()
    };
    let alone = test("hot");
    let problem = String::from_utf8(alone.stderr).unwrap();
    assert_eq!((alone.status.code(), problem.lines().count()), (Some(1), 1), "{problem}");
    assert!(problem.contains("no notification server answers"), "{problem}");
    let server = Server::start(&bus, &["actions", "body", "body-markup"], false);
    let shown = test("hot");
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "Test: CPU at 91 °C\nThe limit of rule hot is 90 °C.\n");
    let seen = server.wait_for(1);
    assert_eq!((seen.title.as_str(), seen.urgency, seen.replaces), ("Test: CPU at 91 °C", 1, 0));
    assert_eq!((shown.status.code(), seen.body.as_str()), (Some(0), "The limit of rule hot is 90 °C."));

    // A name that strangers chose, where the server shows markup.
    record_on(&sandbox.path("hostile"), &hostile()[2..3]);
    let mut command = sandbox.command(&["alerts", "test", "gpu-error"]);
    let output = command
        .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
        .env("HOOFBEAT_DATA_DIR", sandbox.path("hostile"))
        .output();
    assert!(output.unwrap().status.success());
    let seen = server.wait_for(2);
    assert!(!seen.body.contains('<') && seen.title.starts_with("Test: "), "{seen:?}");

    // What the desktop speaks, and before that what a person chose.
    let buttons = |language: &str, number: usize| {
        let mut command = sandbox.command(&["alerts", "test", "hot"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env("LANG", language);
        assert!(command.output().unwrap().status.success());
        server.wait_for(number).actions
    };
    let german = ["default", "Hoofbeat öffnen", "open", "Öffnen", "snooze", "1 h stumm"];
    assert_eq!(buttons("de_DE.UTF-8", 3), german);
    sandbox
        .config("[text]\nlanguage = \"de\"\n[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 90\"\n");
    assert_eq!(buttons("en_GB.UTF-8", 4), german);
}

#[test]
fn what_is_not_there_is_refused_with_what_is_near() {
    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    sandbox.record();
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], start: &str) {
        let refused = sandbox.run(&[&["alerts"], arguments].concat());
        assert_eq!((refused.code, refused.stderr.lines().count()), (2, 1), "{refused:?}");
        assert!(refused.stderr.starts_with(&format!("hoofbeat: {start}")), "{}", refused.stderr);
    }
    let near = "there is no rule \"gpu-hto\"; the nearest are gpu-hot, ";
    check(&sandbox, &["history", "--rule", "gpu-hto"], near);
    check(&sandbox, &["check", "--rule", "gpu-hto"], near);
    check(&sandbox, &["test", "gpu-hto"], near);
    check(&sandbox, &["test", "hot", "--source", "gpux"], "there is no source \"gpux\"; ");
    check(&sandbox, &["history", "--since", "yesteryear"], "");
    check(&sandbox, &["ack", "gpu-hto"], "there is no rule \"gpu-hto\"; ");
    check(&sandbox, &["ack", "hot", "--source", "gpux"], "there is no source \"gpux\"; ");
    // What does not fire cannot be acknowledged: that would silence the next alert.
    let quiet = sandbox.run(&["alerts", "ack", "hot"]);
    assert_eq!((quiet.code, quiet.stderr.lines().count(), quiet.stdout.as_str()), (1, 1, ""));
    assert!(quiet.stderr.starts_with("hoofbeat: nothing fires that this would silence"), "{}", quiet.stderr);
    assert_eq!(sandbox.run(&["alerts", "snooze", "--list"]).stdout, "Nothing is snoozed.\n");

    let sandbox = Sandbox::new();
    sandbox.config(RULES);
    record(&sandbox, &hostile()[..1]);
    let known = sandbox.run(&["alerts", "ack", "hot"]);
    assert_eq!(known.stdout, "Alerts of hot are silenced until they are over. They are recorded as ever.\n");
    assert!(sandbox.run(&["alerts"]).stdout.contains("Alerts of hot are silenced until they are over"));
}

#[test]
fn an_alert_of_which_nobody_is_told_says_why() {
    let sandbox = Sandbox::new();
    sandbox.config(&format!(
        "{RULES}[[rule]]\nid = \"warm\"\nmetric = \"gpu.temperature\"\nfire = \"> 70\"\ninhibit_by = [\"hot\"]\n"
    ));
    let now = |unix: i64| Now { wall: std::time::Duration::from_secs(unix as u64), boot: std::time::Duration::ZERO };
    let mut store = Store::open(&sandbox.data(), Keep::default(), now(THEN)).unwrap().store;
    let source = |id: &str| (Source::whole(SourceKind::Gpu, id, id), Condition::OK);
    let conditions = vec![source("gpu:a"), source("gpu:b")];
    let alerts = vec![
        row("hot", "gpu:a", AlertPhase::Firing, LATER),
        row("warm", "gpu:a", AlertPhase::Firing, LATER),
        row("warm", "gpu:b", AlertPhase::Firing, LATER),
    ];
    store.append(&[Tick { ts: THEN, conditions, alerts, ..Tick::default() }], true).unwrap();
    store.close().unwrap();
    let told = || {
        let json = sandbox.run(&["alerts", "--json"]).json();
        let one = |alert: &Value| {
            let place = format!("{} {}", alert["rule"], alert["source"]).replace('"', "");
            (place, ["held_down_by", "acked", "snoozed", "snoozed_until"].map(|key| alert[key].clone()))
        };
        json["alerts"].as_array().unwrap().iter().map(one).collect::<std::collections::BTreeMap<_, _>>()
    };
    let said = [json!(null), json!(false), json!(false), json!(null)];
    assert_eq!(told()["warm gpu:a"], [json!("hot"), json!(false), json!(false), json!(null)]);
    assert_eq!((&told()["hot gpu:a"], &told()["warm gpu:b"]), (&said, &said));
    assert!(sandbox.run(&["alerts"]).stdout.contains("fires, held down by hot"));
    let snoozed = sandbox.run(&["alerts", "snooze", "hot", "--for", "1h", "--json"]).json();
    let until = snoozed["snoozed"]["until"].clone();
    assert_eq!(told()["hot gpu:a"], [json!(null), json!(false), json!(true), until]);
    assert!(sandbox.run(&["alerts"]).stdout.contains("fires, snoozed"));
    assert_eq!(sandbox.run(&["alerts", "ack", "warm", "--source", "gpu:b"]).code, 0);
    assert_eq!(told()["warm gpu:b"], [json!(null), json!(true), json!(true), json!(null)]);
    assert!(sandbox.run(&["alerts"]).stdout.contains("fires, acknowledged"));
}

#[test]
fn a_pattern_that_matches_nothing_now_is_a_warning() {
    let sandbox = Sandbox::new();
    let rule = |source: &str| {
        let keys = "metric = \"cpu.temperature\"\nfire = \"> 90\"\n";
        sandbox.config(&format!("[[rule]]\nid = \"mine\"\n{keys}source = \"{source}\"\n"));
    };
    rule("cpuu*");
    let check = || sandbox.run(&["config", "check"]);
    assert_eq!(check().stdout.lines().count(), 1, "nobody knows before anything is recorded");
    sandbox.record();
    let told = check();
    let warning = "rule mine watches nothing now: no source matches \"cpuu*\"; the nearest are cpu, ";
    assert!(told.code == 0 && told.stdout.contains(&format!(" is valid.\nWarning: {warning}")), "{told:?}");
    let json = sandbox.run(&["config", "check", "--json"]).json();
    assert!(json["valid"] == true && json["warnings"][0].as_str().unwrap().starts_with(warning), "{json}");
    let doctor = sandbox.run(&["doctor", "--json"]).json();
    let finding = doctor["doctor"].as_array().unwrap().iter().find(|one| one["check"] == "rules").unwrap().clone();
    assert!(finding["level"] == "warning" && finding["message"].as_str().unwrap().starts_with(warning), "{finding}");
    rule("cp*");
    assert_eq!(sandbox.run(&["config", "check", "--json"]).json()["warnings"], json!([]));
}

#[test]
fn a_test_of_each_built_in_rule_reads_like_an_alert() {
    let sandbox = Sandbox::new();
    let now = |unix: i64| Now { wall: std::time::Duration::from_secs(unix as u64), boot: std::time::Duration::ZERO };
    let mut store = Store::open(&sandbox.data(), Keep::default(), now(THEN)).unwrap().store;
    let source = |kind, id: &str, label: &str| (Source::whole(kind, id, label), Condition::OK);
    let conditions = vec![
        source(SourceKind::Cpu, "cpu", "Ryzen"),
        source(SourceKind::Filesystem, "fs:/home", "/home"),
        source(SourceKind::Gpu, "gpu:1", "RTX 4090"),
    ];
    store.append(&[Tick { ts: THEN, conditions, ..Tick::default() }], true).unwrap();
    store.close().unwrap();
    let listed = sandbox.run(&["alerts", "rules", "--json"]).json();
    let mut told = String::new();
    for rule in listed["rules"].as_array().unwrap() {
        let id = rule["id"].as_str().unwrap();
        // Nothing shows it here, and what would be shown is told all the same.
        let shown = sandbox.run(&["alerts", "test", id]).stdout;
        assert_eq!(shown.lines().count(), 2, "{id}: {shown}");
        told.push_str(&format!("{id}\n{shown}\n"));
    }
    golden("alert-tests.txt", &told);
}
