//! `docs/json.md` names every field that a command answers with `--json`, and none that there is not.
//!
//! Deliberately not here: whether what stands in the fields is right, which the tests of each command have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::gpus::{Driver, wait_for_shares};
use crate::sandbox::{Sandbox, repository, wait_for};

/// Something fires, a price is known, and a use is a session soon.
const CONFIG: &str = r#"
[energy]
price = 1000
currency = "EUR"

[sessions]
for = "1s"

[[rule]]
id = "warm"
metric = "cpu.temperature"
fire = "> 50"
"#;

/// Objects whose keys are not fields, but names of what there is.
const BY_NAME: &[&str] = &["metrics"];

/// What is as the config file has it, and documented there.
const ELSEWHERE: &str = "settings";

/// The fields of an answer: `sources[].id`, and `sources[].metrics.*.value`.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) if path != ELSEWHERE && !object.is_empty() => {
            let is_by_name = BY_NAME.iter().any(|name| path.rsplit('.').next() == Some(name));
            for (key, value) in object {
                let key = if is_by_name { "*" } else { key };
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                fields(value, &path, found);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            items.iter().for_each(|item| fields(item, &format!("{path}[]"), found));
        }
        _ => {
            found.insert(path.to_owned());
        }
    }
}

/// What the page says: of each command, its fields, and whether each is always there. Those of all stand under no
/// command's name.
fn documented() -> BTreeMap<String, BTreeMap<String, bool>> {
    let page = fs::read_to_string(repository("docs/json.md")).unwrap();
    let mut all = BTreeMap::<String, BTreeMap<String, bool>>::new();
    let mut commands = Vec::new();
    let mut common = BTreeMap::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            commands = heading.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            commands.iter().for_each(|command: &String| _ = all.entry(command.clone()).or_default());
        } else if let Some(row) = line.strip_prefix("| `") {
            let (names, rest) = row.split_once(" | ").unwrap();
            let is_always = !rest.contains("(where ");
            for name in names.split('`').step_by(2) {
                if commands.is_empty() {
                    common.insert(name.to_owned(), is_always);
                }
                for command in &commands {
                    all.get_mut(command).unwrap().insert(name.to_owned(), is_always);
                }
            }
        }
    }
    all.values_mut().for_each(|fields| fields.extend(common.clone()));
    all
}

/// Adds what a command answers; where that is no JSON, what it said instead.
fn told(answers: &mut BTreeMap<String, BTreeSet<String>>, sandbox: &Sandbox, command: &str, arguments: &[&str]) {
    let words = [&command.split(' ').collect::<Vec<_>>()[..], arguments, &["--json"]].concat();
    // The window is opened where there is a display.
    let ended = sandbox.command(&words).env("DISPLAY", ":none").output().unwrap();
    let answer = serde_json::from_slice(&ended.stdout).unwrap_or(Value::Null);
    let said = String::from_utf8_lossy(&ended.stderr);
    let found = answers.entry(command.to_owned()).or_default();
    fields(&answer, if answer.is_null() { &said } else { "" }, found);
}

#[test]
fn every_field_of_an_answer_is_documented() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    sandbox.fake_window();
    sandbox.config(CONFIG);
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    driver.work();
    wait_for_shares(&sandbox);
    wait_for("a session", || {
        let sessions = sandbox.run(&["sessions", "--json"]).json();
        (!sessions["sessions"].as_array()?.is_empty()).then_some(())
    });
    wait_for("an alert", || {
        let alerts = sandbox.run(&["alerts", "history", "--json"]).json();
        (!alerts["alerts"].as_array()?.is_empty()).then_some(())
    });
    let mut answers = BTreeMap::new();
    let mut tell = |command: &str, arguments: &[&str]| told(&mut answers, &sandbox, command, arguments);
    tell("status", &[]);
    tell("why", &[]);
    tell("history", &["cpu.temperature"]);
    tell("top", &["--interval", "100ms"]);
    tell("sessions", &[]);
    tell("episodes", &[]);
    tell("expect add", &["games", "--deny", "--program", "blender", "--hours", "08:00-20:00"]);
    tell("expect list", &[]);
    tell("expect check", &[]);
    tell("expect forecast", &[]);
    tell("expect habits", &[]);
    tell("expect remove", &["games"]);
    tell("expect trust-all", &[]);
    tell("alerts list", &[]);
    tell("alerts history", &[]);
    tell("alerts rules", &[]);
    tell("alerts check", &["--since", "1h"]);
    tell("alerts ack", &["warm"]);
    tell("alerts snooze", &["cpu-hot"]);
    tell("alerts snooze --list", &[]);
    tell("alerts unsnooze", &["cpu-hot"]);
    tell("alerts disable", &["cpu-hot"]);
    tell("alerts enable", &["cpu-hot"]);
    tell("alerts test", &["cpu-hot"]);
    tell("doctor", &[]);
    tell("data", &[]);
    tell("data check", &[]);
    tell("data path", &[]);
    tell("autostart on", &[]);
    tell("autostart", &[]);
    tell("autostart off", &[]);
    tell("config path", &[]);
    tell("config check", &[]);
    tell("config show", &[]);
    tell("config example", &[]);
    tell("config set", &["notify.quiet", "22:00-07:00"]);
    tell("open", &[]);
    tell("pause", &["1m"]);
    tell("resume", &[]);
    // The minute that runs is written at the end.
    watcher.terminate();
    assert!(sandbox.on_terminal(&["why"]).output().unwrap().status.success(), "somebody looks, and leaves");
    wait_for("a look that is over", || (sandbox.run(&["why", "--away"]).code == 0).then_some(()));
    tell("usage", &[]);
    tell("why --since", &["1h"]);
    tell("why --away", &[]);
    tell("data delete", &["--all", "--yes"]);

    let documented = documented();
    let mut wrong = Vec::new();
    for (command, fields) in &answers {
        let Some(known) = documented.get(command) else {
            wrong.push(format!("{command}: nothing: {fields:?}"));
            continue;
        };
        let new = fields.iter().filter(|field| !known.contains_key(*field));
        wrong.extend(new.map(|field| format!("{command}: {field} is not documented")));
        let gone = known.iter().filter(|(field, is_always)| **is_always && !fields.contains(*field));
        wrong.extend(gone.map(|(field, _)| format!("{command}: {field} is documented and not there")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
