//! Ends one process that a person points at, and no other: what is checked and what is told to end are the same process,
//! held by a descriptor (pidfd) that no later one with its number can slip under.
//!
//! It is asked to end first (SIGTERM), so that it can save what it has, and made to (SIGKILL) where it does not. Only
//! processes of the user that Hoofbeat runs as; what else would end with it is asked about before (`doubt`). Deliberately
//! not here: whether this page may change anything, which is the way's decision on which the question came, and what the
//! GPU did before and after, which the history knows.

mod doubt;

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use hoofbeat_core::api::{Process, Users, process};
use hoofbeat_core::clock::Clock;
use hoofbeat_core::identity::Role;
use hoofbeat_core::say;
use hoofbeat_core::sensors::Roots;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};
use serde::Serialize;

pub use self::doubt::Doubt;
use crate::failure::{Code, Failure};

/// So long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// The kernel ends at once what is killed, unless that waits for a device.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// Which process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its number.
    pub pid: u32,
    /// When it began, in clock ticks since boot.
    pub started: u64,
}

/// What became of it. Times are Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Ending {
    /// Nothing was done: a person has to know this and say yes once more.
    Doubted {
        /// What else would happen.
        doubt: Doubt,
    },
    /// It is not there any more.
    Ended {
        /// When it was asked to.
        #[cfg_attr(test, ts(type = "number"))]
        asked: i64,
        /// When it had.
        #[cfg_attr(test, ts(type = "number"))]
        ended: i64,
        /// Whether it had to be made to.
        killed: bool,
    },
    /// It was killed and is still there, because it waits for a device: it ends when that answers.
    Stuck {
        /// When it was asked to end.
        #[cfg_attr(test, ts(type = "number"))]
        asked: i64,
    },
}

/// Ends it.
///
/// # Errors
/// It may not be ended from here, or is none any more.
pub fn end(root: Option<&Path>, wanted: &Wanted, sure: bool, clock: &dyn Clock) -> Result<Ending, Failure> {
    end_within(PATIENCE, root, wanted, sure, clock)
}

fn end_within(
    patience: Duration,
    root: Option<&Path>,
    wanted: &Wanted,
    sure: bool,
    clock: &dyn Clock,
) -> Result<Ending, Failure> {
    let roots = Roots::at(root.unwrap_or(Path::new("/")));
    if !roots.live() {
        return Err(refused(say!("These are the processes of another machine, which cannot be ended from here.")));
    }
    // First the descriptor, then the look at whom it holds: the other way round, the number could change hands between.
    let held = hold(wanted.pid)?;
    let process = process(&roots, wanted.pid)?.filter(|process| process.ticks == wanted.started).ok_or_else(gone)?;
    permit(&process, geteuid().as_raw())?;
    if !sure && let Some(doubt) = doubt::about(&roots, &process) {
        return Ok(Ending::Doubted { doubt });
    }
    let asked = clock.now().unix();
    tell(&held, Signal::TERM)?;
    let mut killed = false;
    if !has_ended(&held, patience)? {
        tell(&held, Signal::KILL)?;
        killed = true;
        if !has_ended(&held, KILL_PATIENCE)? {
            return Ok(Ending::Stuck { asked });
        }
    }
    Ok(Ending::Ended { asked, ended: clock.now().unix(), killed })
}

/// A descriptor of the process that has this number now.
fn hold(pid: u32) -> Result<OwnedFd, Failure> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).ok_or_else(gone)?;
    pidfd_open(pid, PidfdFlags::empty()).map_err(failed)
}

/// Refuses what nobody may end from here, whatever they say.
fn permit(process: &Process, own: u32) -> Result<(), Failure> {
    let pid = process.pid;
    if pid == 1 {
        return Err(refused(say!(
            "Process 1 is what everything else on this machine was started by: shut it down instead."
        )));
    }
    if process.identity.role == Role::Kernel {
        return Err(refused(say!("It is a part of the kernel, which cannot be ended.")));
    }
    if pid == std::process::id() {
        return Err(refused(say!("It is what shows you this page: close that instead.")));
    }
    if process.uid != own {
        let mut users = Users::at(None);
        let (whose, ours) = (users.name(process.uid), users.name(own));
        let words = say!(
            "It belongs to {whose}, and Hoofbeat runs as {ours} and ends only what is {ours}'s. Whoever may can end it \
             in a terminal: `sudo kill {pid}`.",
            whose,
            ours,
            pid
        );
        return Err(refused(&words));
    }
    Ok(())
}

fn tell(held: &OwnedFd, signal: Signal) -> Result<(), Failure> {
    match pidfd_send_signal(held, signal) {
        // It ended meanwhile, which is what was wanted.
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(errno) => Err(failed(errno)),
    }
}

/// Waits until it has ended, at most so long. One that has and that its parent has not noticed counts as ended: it holds
/// nothing any more.
fn has_ended(held: &OwnedFd, patience: Duration) -> Result<bool, Failure> {
    let until = std::time::Instant::now() + patience;
    loop {
        let left = until.saturating_duration_since(std::time::Instant::now());
        let left = Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        match poll(&mut [PollFd::from_borrowed_fd(held.as_fd(), PollFlags::IN)], Some(&left)) {
            Err(Errno::INTR) => {}
            Err(errno) => return Err(failed(errno)),
            Ok(ready) => return Ok(ready > 0),
        }
    }
}

fn gone() -> Failure {
    refused(say!("It has ended already."))
}

fn refused(words: &str) -> Failure {
    Failure::new(Code::CannotEnd, words)
}

fn failed(errno: Errno) -> Failure {
    match errno {
        Errno::SRCH => gone(),
        Errno::PERM => refused(say!("The kernel does not let Hoofbeat end it: it has rights that Hoofbeat has not.")),
        Errno::NOSYS => {
            refused(say!("This kernel is too old (before 5.3) for ending exactly one process: use `kill`."))
        }
        errno => refused(&say!("It could not be ended: {error}.", error = errno)),
    }
}

#[cfg(test)]
mod tests;
