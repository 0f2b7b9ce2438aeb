//! What is not understood, what is missing, and the exit status of each.

use std::process::Stdio;
use std::time::Duration;

use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Event, EventKind, Keep, Now, Source, SourceKind, Tick};
use hoofbeat_core::store::Store;
use serde_json::json;

use crate::sandbox::Sandbox;

#[test]
fn mistakes_are_said_in_one_sentence_with_the_right_exit_status() {
    let sandbox = Sandbox::new();
    sandbox.record();
    #[track_caller]
    fn check(sandbox: &Sandbox, arguments: &[&str], code: i32, said: &str) {
        let ended = sandbox.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(ended.stderr.contains(said), "{arguments:?}: {ended:?}");
        if ended.stderr.starts_with("hoofbeat: ") {
            assert_eq!(ended.stderr.lines().count(), 1, "{arguments:?}: {ended:?}");
        }
    }
    let check = |arguments: &[&str], code, said| check(&sandbox, arguments, code, said);
    check(&[], 2, "Usage");
    check(&["gallop"], 2, "unrecognized subcommand");
    check(&["watch", "--for", "soon"], 2, "is not a duration");
    check(&["watch", "--json"], 2, "no answer in JSON");
    check(&["history"], 2, "METRIC");
    check(&["history", "cpu.utilisation"], 2, "cpu.utilization");
    check(&["history", "\x1b[2J"], 2, "there is no metric");
    check(&["history", "cpu.temperature", "--since", "a while ago"], 2, "is not a time");
    check(&["history", "cpu.temperature", "--since", "1h", "--until", "2h"], 2, "must be before");
    check(&["history", "cpu.temperature", "--source", "gpu"], 2, "there is no source \"gpu\"; there are cpu");
    check(&["history", "cpu.temperature", "--points", "0"], 2, "0");
    check(&["history", "cpu.temperature", "--csv", "--json"], 2, "cannot be used with");
    check(&["why", "--at", "yesterdy"], 2, "\"yesterdy\" is not a time");
    check(&["why", "--at", "2099-01-01"], 2, "is still to come");
    check(&["why", "--at", "tomorrow 10:00"], 2, "10:00 is still to come");
    check(&["data", "delete"], 2, "<--before <TIME>|--all>");
    check(&["history", "nope"], 2, "there is no metric \"nope\"; `hoofbeat status --all --json` names");
    check(&["why", "--at", "2001-01-01"], 5, "nothing is recorded of 2001-01-01 00:00; there is something from");
    check(&["why", "--from", "/no/such/file"], 1, "/no/such/file cannot be read");
    check(&["why", "--from", "/proc/version"], 1, "it is no bundle");
    check(&["why", "--bundle", "/proc/version"], 1, "is there already");
    check(&["history", "gpu.power@1@gpu:1"], 2, "there is no source \"gpu:1\"");
    check(&["pause", "0s"], 2, "at least a second");
    check(&["top", "--interval", "0s"], 2, "longer than nothing");
    check(&["man", "gallop"], 2, "there is no command");
    check(&["pause"], 5, "nothing records");
    check(&["resume"], 5, "nothing records");
    check(&["open"], 1, "no display");
    check(&["open", "--json"], 1, "no display");
}

#[test]
fn a_recording_that_does_not_exist_has_an_exit_status_of_its_own() {
    let sandbox = Sandbox::new();
    for arguments in
        [&["status"][..], &["why"], &["history", "cpu.temperature"], &["data"], &["data", "check"], &["pause"]]
    {
        let ended = sandbox.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("hoofbeat watch"), "it says what helps: {ended:?}");
    }
    assert!(!sandbox.data().exists(), "reading makes nothing");
}

#[test]
fn a_root_without_a_machine_is_said_and_nothing_records_there() {
    let sandbox = Sandbox::new();
    let nowhere = sandbox.path("mistyped").display().to_string();
    for arguments in [&["watch", "--headless", "--for", "1s"][..], &["top"]] {
        let ended = sandbox.run(&[arguments, &["--root", &nowhere]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("mistyped/proc is not there"), "{arguments:?}: {ended:?}");
    }
    assert!(!sandbox.data().exists(), "nothing was begun");
    let ended = sandbox.run(&["doctor", "--root", &nowhere]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("mistyped/proc is not there"), "{ended:?}");
    assert!(!ended.stdout.contains("sensors-detect"), "{ended:?}");
}

#[test]
fn nowhere_to_record_is_said() {
    let sandbox = Sandbox::new();
    let output = sandbox.command(&["status"]).env_remove("HOOFBEAT_DATA_DIR").env_remove("HOME").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--data-dir"));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let sandbox = Sandbox::new();
    let mut child =
        sandbox.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Closed before anything can have been read.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

#[test]
fn colours_are_for_those_who_see_them() {
    let sandbox = Sandbox::new();
    sandbox.record();
    let colored = |arguments: &[&str]| sandbox.run(arguments).stdout.contains("\x1b[");
    assert!(!colored(&["status"]), "a file has no colours");
    assert!(colored(&["status", "--color", "always"]));
    assert!(!colored(&["status", "--color", "never"]));
    assert!(!colored(&["status", "--json", "--color", "always"]));
}

#[test]
fn a_machine_without_a_gpu_is_told_and_has_an_exit_status_of_its_own() {
    let sandbox = Sandbox::new();
    sandbox.record();
    let told = sandbox.run(&["why"]);
    assert_eq!((told.code, told.stderr.as_str()), (3, ""), "{told:?}");
    assert!(told.stdout.contains("No GPU was found on this machine"), "{told:?}");
    let told = sandbox.run(&["why", "--json"]);
    assert_eq!((told.code, &told.json()["verdicts"][0]["state"]), (3, &"none".into()), "{told:?}");
}

#[test]
fn what_is_still_to_come_is_not_deleted_wherever_the_day_has_begun() {
    let sandbox = Sandbox::new();
    sandbox.record();
    // East of Greenwich tomorrow begins today, by UTC.
    for zone in ["<+14>-14", "<+07>-7", "UTC", "<-11>11"] {
        let delete = ["data", "delete", "--before", "tomorrow", "--yes"];
        let told = sandbox.command(&delete).env("TZ", zone).output().unwrap();
        let said = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.code() == Some(2) && said.contains("is still to come"), "{zone}: {told:?}");
    }
}

#[test]
fn why_nothing_is_told_of_a_moment_is_said_where_a_recorder_broke_off() {
    // 2025-10-09 08:53:20 UTC.
    const START: i64 = 1_760_000_000;
    let sandbox = Sandbox::new();
    let wall = Duration::from_secs(START as u64);
    let mut store = Store::open(&sandbox.data(), Keep::default(), Now { wall, boot: wall }).unwrap().store;
    let memory = Source::whole(SourceKind::Memory, "memory", "Memory");
    let detail = json!({ "in_order": false, "since": START + 60, "seconds": 150 });
    let began = Event { ts: START + 210, kind: EventKind::RecorderStarted, source: None, detail };
    let ticks = [0, 60, 210].map(|after| {
        let events = if after == 210 { vec![began.clone()] } else { Vec::new() };
        let mut batch = Batch::default();
        batch.put(&memory, Metric::MemoryUsed, 1e9);
        Tick { ts: START + after, readings: batch.into_parts().readings, events, ..Tick::default() }
    });
    store.append(&ticks, false).unwrap();
    store.close().unwrap();
    for at in ["2025-10-09 08:54:21", "2025-10-09 08:54:30", "2025-10-09 08:56"] {
        let told = sandbox.run(&["why", "--at", at]);
        assert_eq!((told.code, told.stdout.as_str()), (5, ""), "{told:?}");
        let said = "the recorder ended unexpectedly at 2025-10-09 08:54 and was away for 2 min 30 s";
        assert!(told.stderr.contains(said), "{told:?}");
    }
}
