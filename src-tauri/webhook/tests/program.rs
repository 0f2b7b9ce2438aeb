//! The real program, as `hoofbeat watch` starts it. What it does with a server is tested from there.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], request: &str) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_hoofbeat-webhook"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without reading.
    let _ = program.stdin.take().unwrap().write_all(request.as_bytes());
    program.wait_with_output().unwrap()
}

#[track_caller]
fn check(request: &str, is_final: bool, part: &str) {
    let output = run(&[], request);
    let said = String::from_utf8(output.stdout).unwrap();
    let outcome: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&outcome["ok"], &outcome["is_final"]), (&false.into(), &is_final.into()), "{said}");
    assert!(outcome["reason"].as_str().unwrap().contains(part), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    assert!(output.status.success() && output.stderr.is_empty());
}

fn to(address: &str) -> String {
    serde_json::json!({ "address": address, "token": "hunter2", "content_type": "text/plain", "body": "x" }).to_string()
}

#[test]
fn what_is_no_request_is_refused_without_repeating_it() {
    for request in ["", "hunter2", "{\"address\":\"hunter2\"}", "[]", &to("x").replace("token", "tokens")] {
        check(request, false, "of different versions");
    }
    check(&to("http://hunter2 /"), true, "has an address that is none");
}

#[test]
fn who_does_not_listen_is_asked_again() {
    let at = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    check(&to(&format!("http://{at}/hunter2")), false, "cannot be");
}

#[test]
fn it_tells_whoever_starts_it_by_hand_what_it_is_for() {
    let output = run(&["https://example.com"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("[notify.webhook]"));
}
