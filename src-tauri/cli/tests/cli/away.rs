//! What the GPUs did while nobody was there.

use std::os::unix::net::UnixListener;

use crate::bus::{Bus, Session};
use crate::sandbox::{Ended, Sandbox, wait_for};

fn away(sandbox: &Sandbox, bus: &str) -> Ended {
    let output = sandbox.command(&["why", "--away"]).env("DBUS_SYSTEM_BUS_ADDRESS", bus).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn a_session_that_is_idle_tells_since_when() {
    let sandbox = Sandbox::new();
    sandbox.record();
    let bus = Bus::start(sandbox.path("bus"));
    // Two days ago, so that the day is told.
    let since = sandbox.newest().unwrap() - 2 * 86_400;
    let _session = Session::idle_since(&bus, since);
    let told = away(&sandbox, &bus.address());
    let day = jiff::Timestamp::from_second(since).unwrap().strftime("%Y-%m-%d %H:%M").to_string();
    let line = format!("Since you left the screen, which is locked, at {day}:");
    assert_eq!((told.code, told.stdout.lines().next()), (0, Some(line.as_str())), "{told:?}");
}

#[test]
fn without_logind_the_last_look_counts_and_only_one_of_a_person_is() {
    let sandbox = Sandbox::new();
    sandbox.record();
    // A bus that takes the call and never answers.
    let silent = sandbox.path("silent");
    let _listener = UnixListener::bind(&silent).unwrap();
    let silent = format!("unix:path={}", silent.display());
    assert_eq!(sandbox.run(&["why"]).code, 3);
    for bus in [silent.as_str(), "unix:path=/nowhere"] {
        let told = away(&sandbox, bus);
        assert_eq!((told.code, told.stdout.as_str()), (1, ""), "{told:?}");
        assert!(told.stderr.contains("nobody has looked before"), "{told:?}");
    }
    let seen = sandbox.on_terminal(&["why"]).output().unwrap();
    assert!(String::from_utf8_lossy(&seen.stdout).contains("No GPU was found"), "{seen:?}");
    let told = wait_for("a look that is over", || {
        let told = away(&sandbox, "unix:path=/nowhere");
        (told.code == 0).then_some(told)
    });
    assert!(told.stdout.starts_with("Since the last look at "), "{told:?}");
}
