//! Runs a program for an alert: with a limit of time, and with what it is given as a file.
//!
//! It runs in a process group of its own, so that at the limit what it started ends with it. What it leaves in the
//! background when it ends by itself is its own affair.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::MemfdFlags;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// How often a running program is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How long a program may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(2);
/// The same when the recorder itself ends.
const HURRY: Duration = Duration::from_millis(400);
/// How much of what it prints is kept.
const KEPT: usize = 4096;

/// Waits that long, or less; says whether everything is to end.
pub type Stopped<'a> = &'a dyn Fn(Duration) -> bool;

/// What becomes of what it prints as errors.
#[derive(Clone, Copy)]
pub enum Errors {
    /// Kept with the rest.
    Kept,
    /// Nobody reads it.
    Dropped,
}

/// How a program ended.
pub enum End {
    /// By itself.
    Itself(ExitStatus),
    /// It was ended at its limit.
    Late,
    /// It was ended with everything else.
    Stopped,
    /// Nobody knows.
    Lost(std::io::Error),
}

/// Runs it once; says how it ended, and what it printed first.
///
/// # Errors
/// It cannot be started.
pub fn run(
    command: &mut Command,
    input: &[u8],
    errors: Errors,
    limit: Duration,
    stopped: Stopped<'_>,
) -> std::io::Result<(End, Vec<u8>)> {
    let (mut child, pipe) = start(command, input, errors)?;
    let mut output = Output { pipe: Some(pipe), kept: Vec::new() };
    let until = Instant::now() + limit;
    let (end, grace) = loop {
        output.take();
        if has_ended(&child) {
            output.take();
            let end = child.wait().map_or_else(End::Lost, End::Itself);
            return Ok((end, output.kept));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break (End::Late, GRACE);
        }
        if stopped(LOOK.min(left)) {
            break (End::Stopped, HURRY);
        }
    };
    kill(&mut child, &mut output, grace, stopped);
    Ok((end, output.kept))
}

fn start(command: &mut Command, input: &[u8], errors: Errors) -> std::io::Result<(Child, PipeReader)> {
    // A file and not a pipe: nobody waits for a program that does not read.
    let mut given = File::from(rustix::fs::memfd_create("alert", MemfdFlags::CLOEXEC)?);
    given.write_all(input)?;
    given.write_all(b"\n")?;
    given.rewind()?;
    let (output, printed) = std::io::pipe()?;
    rustix::io::ioctl_fionbio(&output, true)?;
    let said = match errors {
        Errors::Kept => Stdio::from(printed.try_clone()?),
        Errors::Dropped => Stdio::null(),
    };
    let child = command.process_group(0).stdin(Stdio::from(given)).stdout(printed).stderr(said).spawn()?;
    // The command still holds our ends of the pipe, and nobody would see the last of the others close.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Ok((child, output))
}

/// What a program prints.
struct Output {
    /// Until everybody who could print something has ended.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
}

impl Output {
    /// Takes what is there, so that the program need not wait, and keeps the beginning.
    fn take(&mut self) {
        let mut buffer = [0; KEPT];
        // As much as a pipe holds: who prints without end is not listened to without end.
        for _ in 0..16 {
            let Some(pipe) = &mut self.pipe else { return };
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(count) => {
                    let room = KEPT - self.kept.len();
                    self.kept.extend_from_slice(&buffer[..count.min(room)]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.pipe = None,
            }
        }
    }
}

/// Whether it has ended; it stays a zombie, so that the number of its group remains its own.
fn has_ended(child: &Child) -> bool {
    let Some(pid) = pid(child) else { return true };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Ends a program and what it started: it is asked first.
fn kill(child: &mut Child, output: &mut Output, grace: Duration, stopped: Stopped<'_>) {
    let Some(group) = pid(child) else { return };
    let _ = kill_process_group(group, Signal::TERM);
    let mut until = Instant::now() + grace;
    // Who still holds the pipe has not ended, be it the program or what it started.
    while !(has_ended(child) && output.pipe.is_none()) && Instant::now() < until {
        output.take();
        if stopped(LOOK) {
            until = until.min(Instant::now() + HURRY);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let _ = kill_process_group(group, Signal::KILL);
    // What is killed ends at once, unless a disk holds it in the kernel: then it stays a zombie.
    let until = Instant::now() + HURRY;
    while child.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
}
