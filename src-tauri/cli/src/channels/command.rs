//! Runs the person's program for an alert: no shell, the alert as JSON on its standard input, and a limit of time.
//!
//! It runs in a process group of its own, so that at the limit what it started ends with it. What it leaves in the
//! background when it ends by itself is its own affair. Deliberately not here: which alerts it is told.

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Seek, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hoofbeat_core::config::CommandChannel;
use hoofbeat_core::untrusted::Untrusted;
use rustix::fs::MemfdFlags;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::Standing;
use super::message::Message;

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

/// The channel, with what became of the last program.
#[derive(Default)]
pub struct Runner {
    standing: Standing,
}

impl Runner {
    /// Whether the last program did its work.
    pub fn works(&self) -> bool {
        !self.standing.failing
    }

    /// Runs the program once.
    pub fn run(&mut self, channel: &CommandChannel, message: &Message, stopped: Stopped<'_>) {
        let Some(program) = channel.run.first() else { return };
        let named = format!("command: {}", Untrusted::from(program.as_str()).terminal());
        match run(channel, message, stopped) {
            Ok(printed) => {
                self.standing.worked(&named);
                say(&named, &printed);
            }
            Err((reason, printed)) => {
                self.standing.failed(&format!("{named} {reason}"));
                say(&named, &printed);
            }
        }
    }
}

fn say(named: &str, printed: &[u8]) {
    if !printed.is_empty() {
        log::debug!("{named} printed: {}", Untrusted::new(printed).terminal());
    }
}

type Failed = (String, Vec<u8>);

fn run(channel: &CommandChannel, message: &Message, stopped: Stopped<'_>) -> Result<Vec<u8>, Failed> {
    let fault = |error: std::io::Error| (format!("cannot be started: {error}"), Vec::new());
    let (mut child, output) = start(channel, message).map_err(fault)?;
    let mut output = Output { pipe: Some(output), kept: Vec::new() };
    let limit = Instant::now() + channel.timeout;
    let reason = loop {
        output.take();
        if has_ended(&child) {
            output.take();
            break None;
        }
        if Instant::now() >= limit {
            break Some((format!("took longer than {} s and was ended", channel.timeout.as_secs()), GRACE));
        }
        if stopped(LOOK.min(limit.saturating_duration_since(Instant::now()))) {
            break Some(("was ended with the recorder".to_owned(), HURRY));
        }
    };
    if let Some((reason, grace)) = reason {
        end(&mut child, &mut output, grace, stopped);
        return Err((reason, output.kept));
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(output.kept),
        Ok(status) => Err((failure(status), output.kept)),
        Err(error) => Err((format!("was lost: {error}"), output.kept)),
    }
}

fn failure(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with status {code}"),
        None => format!("was killed ({status})"),
    }
}

fn start(channel: &CommandChannel, message: &Message) -> std::io::Result<(Child, PipeReader)> {
    // A file and not a pipe: nobody waits for a program that does not read.
    let mut input = File::from(rustix::fs::memfd_create("alert", MemfdFlags::CLOEXEC)?);
    input.write_all(message.json.as_bytes())?;
    input.write_all(b"\n")?;
    input.rewind()?;
    let (output, printed) = std::io::pipe()?;
    rustix::io::ioctl_fionbio(&output, true)?;
    let mut command = Command::new(&channel.run[0]);
    command
        .args(&channel.run[1..])
        .env("HOOFBEAT_ALERT", message.phase)
        .process_group(0)
        .stdin(Stdio::from(input))
        .stdout(printed.try_clone()?)
        .stderr(printed);
    // Where the recorder was started from says nothing to the person who wrote the config.
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_dir()) {
        command.current_dir(home);
    }
    Ok((command.spawn()?, output))
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
fn end(child: &mut Child, output: &mut Output, grace: Duration, stopped: Stopped<'_>) {
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
