//! What is recorded here is this machine's, and any program can read it.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use hoofbeat_product_tests::sandbox::repository;
use hoofbeat_product_tests::{LIMIT, Program, Sandbox};
use rustix::process::Signal;
use serde_json::Value;

/// `MemTotal` of this machine in bytes, as the kernel says it.
fn memory_total() -> f64 {
    let meminfo = std::fs::read_to_string("/proc/meminfo").expect("every Linux has it");
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:")).expect("every Linux tells it");
    let kib: f64 = line.split_whitespace().nth(1).expect("a number follows").parse().expect("a number follows");
    kib * 1024.0
}

fn source<'a>(status: &'a Value, id: &str) -> &'a Value {
    let sources = status["sources"].as_array().expect("sources are a list");
    sources.iter().find(|source| source["id"] == id).unwrap_or_else(|| panic!("no source {id} in {status:#}"))
}

#[test]
fn a_minute_of_this_machine_is_there_for_sqlite3_and_for_every_command() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.product("hoofbeat", &["watch", "--headless", "--for", "65s"]);
    let mut watch = Program::start("watch", &mut command, &sandbox.logs());
    let ended = watch.wait(Duration::from_secs(65) + LIMIT);
    assert!(ended.success(), "{ended}: {}", watch.log());

    // The system's own sqlite3, as a person would type it.
    let sources: Vec<String> = sandbox.sqlite("select source from status").lines().map(str::to_string).collect();
    let distinct = sandbox.sqlite("select count(distinct source) from status");
    assert_eq!(sources.len().to_string(), distinct, "one row a source: {sources:?}");
    for id in ["cpu", "memory"] {
        assert!(sources.iter().any(|source| source == id), "no {id} in {sources:?}");
    }
    let total = r#"select json_extract(metrics, '$."memory.total"') from status where source = 'memory'"#;
    assert_eq!(sandbox.sqlite(total).parse(), Ok(memory_total()));
    let ticks: u32 = sandbox.sqlite("select count(distinct ts) from history").parse().expect("a count");
    assert!(ticks >= 60, "only {ticks} ticks in 65 seconds");
    let examples = std::fs::read_to_string(repository().join("docs/queries.sql")).expect("the examples are there");
    let answers = sandbox.sqlite(&format!("\n{examples}"));
    assert!(answers.contains("recorder_started"), "{answers}");
    assert_eq!(sandbox.sqlite("pragma integrity_check"), "ok");

    let status = sandbox.json(&["status"]);
    assert_eq!(status["recorder"]["state"], "off");
    let memory = source(&status, "memory");
    assert_eq!(memory["metrics"]["memory.total"]["value"], memory_total());
    assert_eq!(memory["metrics"]["memory.total"]["unit"], "B");
    assert_eq!(memory["health"], "stale", "nobody records any more");
    let busy = source(&status, "cpu")["metrics"]["cpu.utilization"]["value"].as_f64().expect("the CPU was read");
    assert!((0.0..=100.0).contains(&busy), "{busy}");

    let history = sandbox.json(&["history", "cpu.utilization", "--since", "1h"]);
    assert_eq!((&history["metric"], &history["unit"]), (&"cpu.utilization".into(), &"%".into()));
    let points = history["series"][0]["points"].as_array().expect("points are a list");
    assert!(!points.is_empty());
    for point in points {
        let [_, low, mean, high] = [0, 1, 2, 3].map(|at| point[at].as_f64().expect("four numbers"));
        assert!(0.0 <= low && low <= mean && mean <= high && high <= 100.0, "{point}");
    }

    let top = sandbox.json(&["top"]);
    let processes = top["processes"].as_array().expect("processes are a list");
    assert!(processes.iter().all(|one| one["pid"].as_u64().is_some_and(|pid| pid > 0)), "{top:#}");
    assert!(!processes.is_empty());
    sandbox.json(&["doctor"]);

    // What a person did is nobody else's business.
    let mode = |path: std::path::PathBuf| std::fs::metadata(path).expect("it was made").mode() & 0o777;
    assert_eq!(mode(sandbox.data()), 0o700);
    assert_eq!(mode(sandbox.data().join("hoofbeat.db")), 0o600);
}

#[test]
fn a_killed_recorder_is_followed_by_one_that_goes_on() {
    let sandbox = Sandbox::new();
    let mut first = sandbox.watch(&["--headless"]);
    sandbox.wait_for_ticks(3);
    let seen = sandbox.newest_tick().expect("ticks were recorded");
    first.end(Signal::KILL);
    assert_eq!(sandbox.sqlite("pragma integrity_check"), "ok");
    let kept: i64 = sandbox.sqlite("select max(ts) from history").parse().expect("a second");
    assert!(kept >= seen, "tick {seen} was seen, and {kept} is the newest that is left");
    assert_eq!(sandbox.json(&["status"])["recorder"]["state"], "off");

    let _second = sandbox.watch(&["--headless"]);
    sandbox.wait_for_ticks(2);
    let before: i64 =
        sandbox.sqlite(&format!("select count(*) from history where ts <= {seen}")).parse().expect("a count");
    assert!(before > 0, "the first recorder's history is still there");
}

#[test]
fn one_recorder_a_folder_and_an_orderly_end() {
    let sandbox = Sandbox::new();
    let mut first = sandbox.watch(&["--headless"]);
    let second = sandbox.run(&["watch", "--headless"]);
    assert_eq!(second.status.code(), Some(0));
    let told = String::from_utf8_lossy(&second.stderr);
    assert!(told.contains("already"), "the second recorder says why it ends: {told:?}");
    for how in [Signal::TERM, Signal::INT] {
        let ended = first.end(how);
        assert!(ended.success(), "{how:?}: {ended}: {}", first.log());
        first = sandbox.watch(&["--headless"]);
    }
    let ends = "select count(*) from events where kind = 'recorder_stopped'";
    assert_eq!(sandbox.sqlite(ends), "2");
}

#[test]
fn a_wrong_question_has_its_own_exit_code() {
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], code: i32, word: &str) {
        let output = sandbox.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(word), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty(), "{arguments:?}: what went wrong belongs on stderr");
    }
    let sandbox = Sandbox::new();
    check(&sandbox, &["status"], 5, "hoofbeat watch");
    check(&sandbox, &["history", "cpu.utilization"], 5, "hoofbeat watch");
    check(&sandbox, &["gallop"], 2, "gallop");
    check(&sandbox, &["history"], 2, "METRIC");
    let _watch = sandbox.watch(&["--headless"]);
    check(&sandbox, &["history", "cpu.utilisation"], 2, "cpu.utilization");
}
