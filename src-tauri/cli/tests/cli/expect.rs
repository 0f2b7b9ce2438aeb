//! Who may use a GPU: declared, listed, compared with who does, and taken back.

use std::fs;
use std::time::Duration;

use hoofbeat_core::api::Face;
use hoofbeat_core::model::baseline::BaselineRow;
use hoofbeat_core::model::{EventKind, Keep, Now, Tick};
use hoofbeat_core::store::Store;
use serde_json::json;

use crate::gpus::{Driver, recorder, wait_for_shares};
use crate::sandbox::{Sandbox, wait_for};

/// A moment of the past.
const START: i64 = 1_780_000_000;

#[test]
fn a_forbidden_program_is_told_as_soon_as_it_is_declared_and_no_more_once_that_is_removed() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let mut watcher = recorder(&sandbox);
    driver.work();
    wait_for_shares(&sandbox);
    let calm = sandbox.run(&["expect", "check"]);
    assert_eq!((calm.code, calm.stdout.as_str()), (0, "Everything is as declared.\n"), "{calm:?}");
    let before = fs::read_to_string(sandbox.path("config.toml")).unwrap();

    let added = sandbox.run(&["expect", "add", "no-blender", "--program", "blender", "--deny"]);
    assert_eq!(added.code, 0, "{added:?}");
    let text = fs::read_to_string(sandbox.path("config.toml")).unwrap();
    assert_eq!(text, format!("{before}\n[[expect]]\nid = \"no-blender\"\npolicy = \"deny\"\nprogram = \"blender\"\n"));
    let listed = sandbox.run(&["expect", "list", "--json"]).json();
    let one = &listed["expectations"][0];
    assert_eq!(
        (&one["id"], &one["policy"], &one["program"]),
        (&json!("no-blender"), &json!("deny"), &json!("blender"))
    );
    assert!(sandbox.run(&["expect"]).stdout.contains("program blender"));
    let event = wait_for("the event", || {
        let events = Face::open(&sandbox.data()).ok()?.events(0, 100).ok()?;
        // A slow machine gets here when the program is also known to be a new one.
        events.into_iter().find(|event| event.kind == EventKind::UnexpectedUse && event.detail["why"] == "denied")
    });
    assert_eq!(event.detail["expectation"], "no-blender");
    assert_eq!((&event.detail["key"], &event.detail["uid"]), (&json!("program:blender"), &json!(1000)));
    let differs = sandbox.run(&["expect", "check", "--json"]);
    assert_eq!((differs.code, &differs.json()["differences"][0]["why"]), (1, &json!("denied")), "{differs:?}");
    let words = sandbox.run(&["expect", "check"]).stdout;
    assert!(words.starts_with("Blender of ") && words.contains(": must not run (\"no-blender\")."), "{words}");

    let removed = sandbox.run(&["expect", "remove", "no-blender"]);
    assert_eq!(removed.code, 0, "{removed:?}");
    assert_eq!(fs::read_to_string(sandbox.path("config.toml")).unwrap().trim_end(), before.trim_end());
    assert_eq!(sandbox.run(&["expect", "check"]).code, 0);
    watcher.terminate();
}

#[test]
fn a_path_means_the_file_and_nobody_else_of_the_same_name() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let mut watcher = recorder(&sandbox);
    driver.work();
    let told = wait_for_shares(&sandbox);
    assert_eq!(told["processes"][1]["exe"], "/usr/bin/blender");
    let reasons = |path: &str| {
        let added = sandbox.run(&["expect", "add", "paths", "--program", path, "--deny"]);
        assert_eq!(added.code, 0, "{added:?}");
        let checked = sandbox.run(&["expect", "check", "--json"]).json();
        sandbox.run(&["expect", "remove", "paths"]);
        let differences = checked["differences"].as_array().unwrap();
        differences.iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reasons("/usr/bin/blender"), ["program:blender"]);
    assert_eq!(reasons("/usr/*").len(), 2);
    assert_eq!(reasons("/opt/*/blender"), [] as [&str; 0]);
    let home = sandbox.run(&["expect", "add", "home", "--program", "~/blender"]);
    assert!(home.code == 2 && home.stderr.contains("without ~"), "{home:?}");
    watcher.terminate();
}

#[test]
fn what_makes_no_sense_is_refused_in_one_sentence_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.config("# mine\n[[expect]]\nid = \"a\"\nprogram = \"x\"\n");
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], code: i32, said: &str) {
        let ended = sandbox.run(&[&["expect"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(said) && ended.stderr.lines().count() == 1, "{arguments:?}: {ended:?}");
    }
    let check = |arguments: &[&str], code, said| check(&sandbox, arguments, code, said);
    check(&["add", "b", "--program", "x", "--deny"], 2, "\"b\" decides");
    check(&["add", "b", "--identity", "x", "--deny"], 2, "contradict each other");
    check(&["add", "b", "--program", ""], 2, "an empty pattern matches nobody");
    check(&["add", "b", "--program", "y", "--hours", "25:00-7:00"], 2, "is not a span of hours");
    check(&["add", "b", "--program", "y", "--share=-1"], 2, "-1 is not a share");
    check(&["add", "b", "--program", "y", "--share", "0"], 2, "--deny");
    check(&["add", "b", "--program", "y", "--vram", "0MiB"], 2, "--deny");
    check(&["add", "b", "--user", "nobody-of-this-name"], 2, "there is no user");
    check(&["add", "b", "--program", "y", "--unit", "z"], 2, "can never match");
    check(&["add", "b"], 2, "names nobody");
    check(&["add", "a", "--program", "y"], 2, "there are two expectations \"a\"");
    check(&["remove", "z"], 2, "there is no expectation \"z\"; there are a");
    for nothing in [&["forecast"][..], &["habits"], &["accept", "x"], &["forget", "x"], &["trust-all"]] {
        check(nothing, 5, "hoofbeat watch");
    }
    let text = fs::read_to_string(sandbox.path("config.toml")).unwrap();
    assert_eq!(text, "# mine\n[[expect]]\nid = \"a\"\nprogram = \"x\"\n");
    assert_eq!(sandbox.run(&["expect", "check"]).code, 0, "nothing is recorded, and nothing differs");
    sandbox.record();
    check(&["accept", "x"], 2, "nothing of \"x\" waits for an answer");
    check(&["forget", "x"], 2, "nothing was learnt of \"x\"");
    let trusted = sandbox.run(&["expect", "trust-all", "--json"]);
    assert_eq!((trusted.code, &trusted.json()["trusted"]), (0, &json!(true)), "{trusted:?}");
    let forecast = sandbox.run(&["expect", "forecast", "--json"]).json();
    assert_eq!((&forecast["forecast"]["identities"], &forecast["forecast"]["new_a_week"]), (&json!(0), &json!(null)));
    // What was said while nothing recorded is learnt by the next recorder.
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    wait_for("the end of the learning", || {
        (sandbox.run(&["expect", "habits", "--json"]).json()["trusted"] == true).then_some(())
    });
    watcher.terminate();
}

#[test]
fn a_pattern_that_matches_no_gpu_is_written_with_a_warning() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let mut watcher = recorder(&sandbox);
    driver.work();
    wait_for_shares(&sandbox);
    let add = |id: &str, gpu: &str| sandbox.run(&["expect", "add", id, "--program", id, "--gpu", gpu]);
    let (right, wrong) = (add("right", "gpu:*"), add("wrong", "nosuch*"));
    assert_eq!((right.code, right.stdout.lines().count()), (0, 1), "{right:?}");
    assert_eq!((wrong.code, wrong.stdout.lines().count()), (0, 2), "{wrong:?}");
    assert!(wrong.stdout.contains("no id matches \"nosuch*\"; there are gpu:"), "{wrong:?}");
    let checked = sandbox.run(&["expect", "check"]);
    assert!(checked.code == 0 && checked.stdout.lines().count() == 1, "{checked:?}");
    assert!(checked.stdout.contains("\"wrong\" is about no GPU"), "{checked:?}");
    let warnings = sandbox.run(&["expect", "check", "--json"]).json();
    assert_eq!(warnings["warnings"].as_array().map(Vec::len), Some(1), "{warnings}");
    watcher.terminate();
}

#[test]
fn what_was_learnt_of_somebody_is_forgotten_by_key_or_name_and_of_one_user_where_that_is_said() {
    let sandbox = Sandbox::new();
    let row = |key: &str, label: &str, uid| BaselineRow {
        key: key.into(),
        uid: Some(uid),
        label: label.into(),
        first: START,
        updated: START,
        count: 1.0,
        hours: [0.0; 24],
        days: 3,
        last_day: 0,
        alarmed: 0,
    };
    let baseline = vec![
        row("program:blender", "Blender", 1000),
        row("program:blender", "Blender", 1001),
        row("docker:ollama", "Ollama", 0),
        BaselineRow { alarmed: 1, ..row("unit:x", "x", 0) },
    ];
    let wall = Duration::from_secs(START as u64);
    let mut store = Store::open(&sandbox.data(), Keep::default(), Now { wall, boot: wall }).unwrap().store;
    let learning = Some((START, false));
    store.append(&[Tick { ts: START, baseline, learning, ..Tick::default() }], true).unwrap();
    drop(store);

    // It is told which of them can be accepted, and why others cannot.
    let table = sandbox.run(&["expect", "habits"]).stdout;
    let line = |key: &str| table.lines().find(|line| line.contains(key)).unwrap_or_else(|| panic!("{table}"));
    assert!(
        line("unit:x").ends_with("waits for `expect accept`") && line("docker:").ends_with("not needed"),
        "{table}"
    );
    let known = sandbox.run(&["expect", "accept", "Ollama"]);
    assert!(known.code == 2 && known.stderr.contains("Ollama waits for no answer"), "{known:?}");

    let one = sandbox.run(&["expect", "forget", "Blender", "--uid", "1001", "--json"]).json();
    assert_eq!(one["forgotten"], json!([{ "key": "program:blender", "uid": 1001 }]));
    let words = sandbox.run(&["expect", "forget", "docker:ollama"]);
    assert_eq!((words.code, words.stdout.as_str()), (0, "Ollama is new when it comes again.\n"), "{words:?}");
    let unknown = sandbox.run(&["expect", "forget", "Blender", "--uid", "7"]);
    assert!(unknown.code == 2 && unknown.stderr.contains("expect habits"), "{unknown:?}");

    // What was said while nothing recorded is learnt by the next recorder.
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    let habits = || sandbox.run(&["expect", "habits", "--json"]).json()["habits"].clone();
    let left = wait_for("what is left", || {
        let left: Vec<_> = habits().as_array()?.iter().map(|one| (one["key"].clone(), one["uid"].clone())).collect();
        (left.len() == 2).then_some(left)
    });
    assert_eq!(left, [(json!("unit:x"), json!(0)), (json!("program:blender"), json!(1000))]);
    watcher.terminate();
}
