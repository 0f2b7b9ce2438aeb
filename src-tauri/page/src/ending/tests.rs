//! Real processes that end when they are asked to, do not, or are others by now.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use hoofbeat_core::clock::SystemClock;
use hoofbeat_core::identity::Identity;

use super::*;

/// Long enough for any machine to end what obeys, and never waited for by a test that passes.
const LONG: Duration = Duration::from_secs(60);

/// A process of the test's own, which ends with the test.
struct Started(Child);

impl Started {
    /// Runs a script of the shell until it says that it is ready.
    fn new(script: &str) -> Started {
        Started::of(Path::new("sh"), script)
    }

    /// The same of a shell of another name.
    fn of(shell: &Path, script: &str) -> Started {
        let mut child =
            Command::new(shell).args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Started(child)
    }

    fn process(&self) -> Process {
        process(&Roots::at(Path::new("/")), self.0.id()).unwrap().expect("it runs")
    }

    fn wanted(&self) -> Wanted {
        Wanted { pid: self.0.id(), started: self.process().ticks }
    }

    fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It has mostly ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn end_it(patience: Duration, wanted: &Wanted) -> Result<Ending, Failure> {
    end_within(patience, None, wanted, false, &SystemClock)
}

#[track_caller]
fn check_refused(outcome: Result<Ending, Failure>, words: &str) {
    let failure = outcome.unwrap_err();
    assert_eq!(failure.code, Code::CannotEnd);
    assert!(failure.message.contains(words), "{}", failure.message);
}

#[test]
fn one_that_obeys_ends_by_itself() {
    // It says goodbye only where it was asked, and not killed.
    let mut child = Started::new("trap 'exit 7' TERM; echo ready; while :; do read -r line || exit 1; done");
    let ending = end_it(LONG, &child.wanted()).unwrap();
    assert!(
        matches!(ending, Ending::Ended { killed: false, asked, ended } if asked > 0 && ended >= asked),
        "{ending:?}"
    );
    assert_eq!(child.0.wait().unwrap().code(), Some(7));
    check_refused(end_it(LONG, &Wanted { pid: child.0.id(), started: 1 }), "ended already");
}

#[test]
fn one_that_does_not_listen_is_killed() {
    let mut child = Started::new("trap '' TERM; echo ready; read -r line; exit 0");
    let ending = end_it(Duration::from_millis(50), &child.wanted()).unwrap();
    assert!(matches!(ending, Ending::Ended { killed: true, .. }), "{ending:?}");
    let status = child.0.wait().unwrap();
    assert_eq!(status.signal(), Some(9));
}

#[test]
fn another_one_with_the_number_is_left_alone() {
    let mut child = Started::new("echo ready; read -r line");
    let right = child.wanted();
    for started in [right.started - 1, right.started + 1, 0, u64::MAX] {
        check_refused(end_it(LONG, &Wanted { started, ..right }), "ended already");
    }
    assert!(child.runs());
    for pid in [0, u32::MAX] {
        check_refused(end_it(LONG, &Wanted { pid, ..right }), "ended already");
    }
}

#[test]
fn what_is_not_ours_the_first_one_and_the_kernel_are_refused() {
    let child = Started::new("echo ready; read -r line");
    let own = geteuid().as_raw();
    let it = child.process();
    assert_eq!(permit(&it, own), Ok(()));
    let check =
        |process: Process, own: u32, words: &str| check_refused(permit(&process, own).map(|()| unreachable!()), words);
    check(it.clone(), own.wrapping_add(1), &format!("`sudo kill {}`", it.pid));
    check(Process { pid: 1, ..it.clone() }, own, "Process 1");
    check(Process { pid: std::process::id(), ..it.clone() }, own, "close that");
    let kernel = Identity { role: Role::Kernel, ..(*it.identity).clone() };
    check(Process { identity: Arc::new(kernel), ..it }, own, "kernel");
}

#[test]
fn processes_of_another_machine_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Started::new("echo ready; read -r line");
    check_refused(end_within(LONG, Some(folder.path()), &child.wanted(), true, &SystemClock), "another machine");
    assert!(child.runs());
}

#[test]
fn what_would_take_more_with_it_needs_a_second_yes() {
    let roots = Roots::at(Path::new("/"));
    let child = Started::new("echo ready; read -r line");
    let it = child.process();
    assert_eq!(doubt::about(&roots, &it), None);
    let named = |role: Role, command: &str| {
        let identity = Identity { role, command: Some(command.into()), ..(*it.identity).clone() };
        doubt::about(&roots, &Process { identity: Arc::new(identity), ..it.clone() })
    };
    assert_eq!(named(Role::Own, "hoofbeat"), Some(Doubt::Hoofbeat));
    assert_eq!(named(Role::Program, "kwin_wayland"), Some(Doubt::Desktop));
    assert_eq!(named(Role::Program, "Xorg"), Some(Doubt::Desktop));
    assert_eq!(named(Role::Host, "systemd"), Some(Doubt::Host));
    assert_eq!(named(Role::Program, "python3"), None);
    // A login: begun by another user, as the first of its session.
    let of_another = |leads_session| Process { uid: it.uid.wrapping_add(1), leads_session, ..it.clone() };
    assert_eq!(doubt::about(&roots, &of_another(true)), Some(Doubt::Session));
    assert_eq!(doubt::about(&roots, &of_another(false)), None);
    assert_eq!(doubt::about(&roots, &Process { leads_session: true, ..it.clone() }), None);
    // Whoever runs this test.
    let parent = process(&roots, it.parent).unwrap().unwrap().parent;
    assert_eq!(doubt::about(&roots, &Process { pid: parent, ..it.clone() }), Some(Doubt::Ancestor));
}

#[test]
fn a_second_yes_is_asked_for_and_taken() {
    // A copy of the shell under the name of a compositor. Another program copies, because a file that this one has open
    // for writing, or a child of another test meanwhile, cannot be started.
    let folder = tempfile::tempdir().unwrap();
    let sway = folder.path().join("sway");
    assert!(Command::new("cp").arg("/bin/sh").arg(&sway).status().unwrap().success());
    let mut child = Started::of(&sway, "echo ready; read -r line");
    let wanted = child.wanted();
    assert_eq!(end_it(LONG, &wanted), Ok(Ending::Doubted { doubt: Doubt::Desktop }));
    assert!(child.runs());
    let ending = end_within(LONG, None, &wanted, true, &SystemClock).unwrap();
    assert!(matches!(ending, Ending::Ended { killed: false, .. }), "{ending:?}");
}
