//! Child processes that are certain to end, and waiting with a limit.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a test waits for anything before it fails. Generous: two cores may be compiling meanwhile.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Waits until `probe` answers.
///
/// # Panics
/// After [`LIMIT`], naming `what` did not happen.
#[track_caller]
pub fn wait_for<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    wait_at_most(LIMIT, probe).unwrap_or_else(|| panic!("waited {LIMIT:?} in vain for {what}"))
}

/// Waits until `probe` holds.
///
/// # Panics
/// After [`LIMIT`], naming `what` did not happen.
#[track_caller]
pub fn wait_until(what: &str, mut probe: impl FnMut() -> bool) {
    wait_for(what, || probe().then_some(()));
}

/// Says that the test that runs now cannot, and why; `scripts/test` counts these lines.
pub fn say_skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_string();
    // Past the test runner's capture: a test that did not run must not look like one that passed.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// Waits until `probe` answers, or gives up.
pub fn wait_at_most<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        if start.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks a process to end, or ends it; one that is gone already is fine.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// A started program; ends with its value. What it says goes to a log file.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts `command`; its output goes to `LOGS/NAME.log`, behind what an earlier program of that name said.
    ///
    /// # Panics
    /// It cannot be started.
    #[track_caller]
    pub fn start(name: &str, command: &mut Command, logs: &Path) -> Program {
        let log = logs.join(format!("{name}.log"));
        let out = File::options().create(true).append(true).open(&log).expect("the log folder is ours");
        let err = out.try_clone().expect("a file handle can be doubled");
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} did not start: {error} ({command:?})"));
        Program { name: name.to_string(), child, log }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be waited for")
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// It is still there after `limit`.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        wait_at_most(limit, || self.ended())
            .unwrap_or_else(|| panic!("{} still runs after {limit:?}; it said:\n{}", self.name, self.log()))
    }

    /// Sends a signal and waits until it ends.
    ///
    /// # Panics
    /// It does not end.
    #[track_caller]
    pub fn end(&mut self, how: Signal) -> ExitStatus {
        if self.ended().is_none() {
            signal(self.pid(), how);
        }
        self.wait(LIMIT)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        signal(self.pid(), Signal::TERM);
        if wait_at_most(Duration::from_secs(5), || self.child.try_wait().ok().flatten()).is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
