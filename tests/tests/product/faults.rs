//! A disk that is full, read-only or locked: nothing that was measured is lost, and the person is told once.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hoofbeat_product_tests::desktop::succeeds;
use hoofbeat_product_tests::program::say_skipped;
use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::{LIMIT, Program, Sandbox, wait_until};
use rustix::process::Signal;

/// What a recorder says when its disk refuses, and when it no longer does.
const REFUSED: &str = "History cannot be written";
const WRITTEN_AGAIN: &str = "history is written again";

/// What it says of each further tick that is refused, to who wants to know that much.
const WAITS: &str = "ticks wait to be written";

/// Where scripts find the program.
const HOOFBEAT: &str = "HOOFBEAT";

/// Whether this machine lets an ordinary user have a file system of their own; some containers and distributions do not.
fn has_namespaces(sandbox: &Sandbox) -> bool {
    let mut command = sandbox.command("unshare");
    let allowed = succeeds(command.args(["--user", "--map-root-user", "--mount", "true"]));
    if !allowed {
        say_skipped("this machine allows no user namespaces");
    }
    allowed
}

/// Runs a script with a data folder that is a file system of its own, of 4 MiB in memory, which only it sees.
fn on_a_small_disk(sandbox: &Sandbox, script: &str) -> Program {
    let mut command = sandbox.command("unshare");
    command.env(HOOFBEAT, product("hoofbeat"));
    let mount = r#"mount -t tmpfs -o size=4m,mode=700 tmpfs "$HOOFBEAT_DATA_DIR""#;
    command.args(["--user", "--map-root-user", "--mount", "sh", "-ec"]).arg(format!("{mount}; {script}"));
    Program::start("small-disk", &mut command, &sandbox.logs())
}

/// Runs a command where that folder is seen; what it said, if it succeeded.
fn inside(sandbox: &Sandbox, program: &Program, script: &str) -> Option<String> {
    let mut command = sandbox.command("nsenter");
    command.env(HOOFBEAT, product("hoofbeat"));
    command.args(["--preserve-credentials", "--user", "--mount", "--target", &program.pid().to_string()]);
    let output = command.args(["sh", "-ec", script]).output().expect("nsenter is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Whether there is a tick for nearly each second from the first to the last. A machine that is busy misses some; had
/// those been lost that waited, most would be missing.
fn assert_without_a_gap(ticks: &str) {
    let mut numbers = ticks.split('|').map(|number| number.parse::<i64>().expect("a number"));
    let (count, span) = (numbers.next().expect("a count"), numbers.next().expect("a span"));
    assert!(count > 0 && count * 4 >= span * 3, "{count} ticks in {span} seconds");
}

const TICKS: &str = "select count(distinct ts), max(ts) - min(ts) + 1 from history";

#[test]
fn a_full_disk_costs_no_tick() {
    let sandbox = Sandbox::new();
    if !has_namespaces(&sandbox) {
        return;
    }
    // Each refused tick is a line of its own.
    let script = r#"RUST_LOG=info,hoofbeat_core::engine::journal=debug exec "$HOOFBEAT" watch --headless"#;
    let mut watch = on_a_small_disk(&sandbox, script);
    let sqlite = format!(r#"sqlite3 -readonly "$HOOFBEAT_DATA_DIR/hoofbeat.db" "{TICKS}""#);
    wait_until("the first ticks", || {
        inside(&sandbox, &watch, &sqlite).is_some_and(|ticks| !ticks.starts_with('0') && !ticks.starts_with('1'))
    });
    // `dd` fails, as it must: that is how it finds the end of the disk.
    inside(&sandbox, &watch, r#"dd if=/dev/zero of="$HOOFBEAT_DATA_DIR/filler" bs=4096 2>/dev/null || true"#);
    wait_until("a word about the full disk", || watch.log().contains(REFUSED));
    assert!(watch.log().contains("full"), "{}", watch.log());
    // So often that a second word would have been said by now, were each tick's failure told.
    wait_until("five more refusals", || watch.log().matches(WAITS).count() >= 5);
    assert!(watch.ended().is_none(), "it records on: {}", watch.log());

    inside(&sandbox, &watch, r#"rm "$HOOFBEAT_DATA_DIR/filler""#).expect("the file is ours");
    wait_until("what waited is written", || watch.log().contains(WRITTEN_AGAIN));
    assert_without_a_gap(&inside(&sandbox, &watch, &sqlite).expect("it can be read"));
    let checked = r#""$HOOFBEAT" data check"#;
    inside(&sandbox, &watch, checked).expect("the database is sound");
    assert_eq!(watch.log().matches(REFUSED).count(), 1, "{}", watch.log());
    assert!(watch.end(Signal::TERM).success());
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_and_can_be_read() {
    let sandbox = Sandbox::new();
    if !has_namespaces(&sandbox) {
        return;
    }
    let script = r#"
        "$HOOFBEAT" watch --headless --for 2s
        mount -o remount,ro "$HOOFBEAT_DATA_DIR"
        "$HOOFBEAT" status > "$HOME/status"
        "$HOOFBEAT" watch --headless --for 2s && exit 1
        exit 42"#;
    let mut program = on_a_small_disk(&sandbox, script);
    let status = program.wait(LIMIT);
    assert_eq!(status.code(), Some(42), "{}", program.log());
    let log = program.log();
    let last = log.lines().last().expect("the refusal");
    assert!(last.starts_with("hoofbeat: ") && last.contains("Read-only") && last.contains("/data"), "{log}");
    let status = std::fs::read_to_string(sandbox.path("home/status")).expect("status was written");
    assert!(status.contains("Not recording"), "{status}");
}

#[test]
fn another_program_that_holds_the_database_for_a_minute_costs_no_tick() {
    let sandbox = Sandbox::new();
    let mut watch = sandbox.watch(&["--headless"]);
    let database = sandbox.data().join("hoofbeat.db");
    let mut other = Program::start("sqlite3", hold(&mut sandbox.command("sqlite3"), &database), &sandbox.logs());
    wait_until("a word about the lock", || watch.log().contains(REFUSED));
    let before = sandbox.sqlite(TICKS);
    assert!(other.wait(Duration::from_secs(60) + LIMIT).success(), "{}", other.log());
    wait_until("what waited is written", || watch.log().contains(WRITTEN_AGAIN));
    sandbox.wait_for_ticks(1);
    assert_without_a_gap(&sandbox.sqlite(TICKS));
    assert_ne!(sandbox.sqlite(TICKS), before);
    assert_eq!(watch.log().matches(REFUSED).count(), 1, "{}", watch.log());
    assert!(watch.end(Signal::TERM).success());
}

/// The system's `sqlite3`, which takes the lock for writing and keeps it for a minute.
fn hold<'a>(command: &'a mut Command, database: &Path) -> &'a mut Command {
    command.arg(database).args([".timeout 10000", "begin immediate", ".shell sleep 60", "rollback"])
}
