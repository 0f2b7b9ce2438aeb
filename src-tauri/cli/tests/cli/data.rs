//! What is deleted of a recording: what is said before, who is asked, and who does it.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use hoofbeat_core::api::{Face, day_of};
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Condition, Event, EventKind, Keep, Now, Source, SourceKind, Tick};
use hoofbeat_core::store::Store;
use serde_json::json;

use crate::sandbox::{Sandbox, wait_for};

const DAY: i64 = 86_400;

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Writes what a recorder would have written at these moments, with an event at each.
fn write(sandbox: &Sandbox, moments: &[i64]) {
    let wall = Duration::from_secs(moments[0] as u64);
    let mut store = Store::open(&sandbox.data(), Keep::default(), Now { wall, boot: wall }).unwrap().store;
    for ts in moments {
        let memory = Source::whole(SourceKind::Memory, "memory", "Memory");
        let mut batch = Batch::default();
        batch.put(&memory, Metric::MemoryUsed, 1e9);
        let event = Event { ts: *ts, kind: EventKind::Paused, source: None, detail: json!({}) };
        let readings = batch.into_parts().readings;
        let conditions = vec![(memory, Condition::OK)];
        let tick = Tick { ts: *ts, readings, conditions, events: vec![event], ..Tick::default() };
        store.append(&[tick], false).unwrap();
    }
}

/// How many pauses are told of the time before a moment, and from then on.
fn pauses(sandbox: &Sandbox, moment: i64) -> (usize, usize) {
    let face = Face::open(&sandbox.data()).unwrap();
    let count = |since, until| face.happened(&[EventKind::Paused], since, until, 99).unwrap().events.len();
    (count(0, moment - 1), count(moment, i64::MAX / 4))
}

fn awaits(sandbox: &Sandbox) -> bool {
    sandbox.run(&["data", "--json"]).json()["awaits_deletion"].as_bool().unwrap()
}

#[test]
fn nobody_who_can_be_asked_and_no_yes_is_no_deletion() {
    let sandbox = Sandbox::new();
    let none = sandbox.run(&["data", "delete", "--all", "--yes"]);
    assert_eq!((none.code, none.stdout.as_str()), (5, ""), "{none:?}");
    write(&sandbox, &[now() - 60]);
    for (arguments, said) in [
        (&["--all"][..], "say --yes"),
        (&["--all", "--json"], "say --yes"),
        (&[], "--before <TIME>"),
        (&["--all", "--before", "7d"], "cannot be used with"),
        (&["--before", "2099-01-01", "--yes"], "still to come"),
        (&["--before", "soon", "--yes"], "is not a time"),
    ] {
        let refused = sandbox.run(&[&["data", "delete"], arguments].concat());
        assert!(refused.code == 2 && refused.stderr.contains(said), "{arguments:?}: {refused:?}");
    }
    let old = sandbox.run(&["data", "delete", "--before", "30d"]);
    assert!(old.code == 0 && old.stdout.starts_with("Nothing was recorded before "), "{old:?}");
    let old = sandbox.run(&["data", "delete", "--before", "30d", "--json"]).json();
    assert_eq!((&old["asked"], &old["deletes"]["samples"]), (&json!(false), &json!(null)));
    assert!(!awaits(&sandbox));
}

#[test]
fn a_person_is_told_what_goes_and_is_asked_and_the_next_recorder_deletes_it() {
    let sandbox = Sandbox::new();
    let (today, recent) = (day_of(now()), now() - 1);
    write(&sandbox, &[today - 3 * DAY, today - 2 * DAY, recent]);
    let answer = |typed: &str| {
        let mut child = sandbox
            .on_terminal(&["data", "delete", "--before", &today.to_string(), "--color", "never"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let no = answer("no\n");
    assert!(no.contains("every sample since ") && no.contains("  2 events"), "{no}");
    assert!(no.contains("Settings stay") && no.contains("Nothing is deleted."), "{no}");
    assert!(!awaits(&sandbox));
    let yes = answer("yes\n");
    assert!(yes.contains("Delete it? Type yes:") && yes.contains("It is deleted as soon as a recorder runs."), "{yes}");
    assert!(awaits(&sandbox));
    assert!(sandbox.run(&["data"]).stdout.contains("is to be deleted"));
    assert_eq!(pauses(&sandbox, today), (2, 1));

    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    wait_for("the deletion", || (!awaits(&sandbox)).then_some(()));
    assert_eq!(pauses(&sandbox, today), (0, 1));
    watcher.terminate();
}

#[test]
fn a_recorder_that_runs_deletes_everything_at_once_and_goes_on() {
    let sandbox = Sandbox::new();
    write(&sandbox, &[now() - 3 * DAY]);
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    sandbox.wait_for_ticks();
    let asked = sandbox.run(&["data", "delete", "--all", "--yes", "--json"]).json();
    assert_eq!((&asked["schema"], &asked["before"], &asked["asked"]), (&json!(1), &json!(null), &json!(true)));
    assert_eq!((&asked["recorder_runs"], asked["deletes"]["events"].as_i64() >= Some(2)), (&json!(true), true));
    wait_for("the deletion", || (!awaits(&sandbox)).then_some(()));
    assert_eq!(pauses(&sandbox, now()), (0, 0));
    sandbox.wait_for_ticks();
    let words = sandbox.run(&["data", "delete", "--all", "-y"]);
    assert!(words.stdout.starts_with("All history in ") && words.stdout.ends_with("deletes it now.\n"), "{words:?}");
    watcher.terminate();
}
