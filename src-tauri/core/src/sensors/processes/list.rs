//! A live list of processes, for faces that show one while they are looked at.

use std::sync::Arc;

use crate::identity::{Identities, Identity};
use crate::model::Health;
use crate::procfs::stat::{self, Stat};
use crate::procfs::{Folder, LONGEST_STAT, read};
use crate::say;
use crate::sensors::input::{Buffer, Input};
use crate::sensors::{Roots, SensorError};

/// One process, now. CPU use is the difference of [`Process::cpu_seconds`] between two lists; a process is the same one
/// if `pid` and `started` are.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The number of the process that started it, or that adopted it.
    pub parent: u32,
    /// Whether it began the session that it belongs to.
    pub leads_session: bool,
    /// Unix seconds.
    pub started: f64,
    /// The same in clock ticks since boot, as `/proc` has it.
    pub ticks: u64,
    /// What a person calls it, and where it belongs.
    pub identity: Arc<Identity>,
    /// The numeric id of the user that it runs as.
    pub uid: u32,
    /// `R` running, `S` sleeping, `D` waiting for a device, `Z` ended and not yet noticed, …
    pub state: char,
    /// How many threads.
    pub threads: u32,
    /// CPU time used since its start, in seconds of one core.
    pub cpu_seconds: f64,
    /// Resident memory, in bytes.
    pub memory: u64,
}

/// Every process that exists now, by number. What is known of their names is passed in and kept by who looks again.
///
/// # Errors
/// `/proc` cannot be read, or does not tell when the machine booted.
pub fn snapshot(roots: &Roots, identities: &mut Identities) -> Result<Vec<Process>, SensorError> {
    let mut folder = Folder::open(roots).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
    let mut pids = Vec::new();
    folder.pids(&mut pids).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
    pids.sort_unstable();
    let mut reading = Reading::begin(roots, folder)?;
    Ok(pids.into_iter().filter_map(|pid| reading.process(pid, identities)).collect())
}

/// One process as it is now; `None` where none that can be seen has that number.
///
/// # Errors
/// `/proc` cannot be read, or does not tell when the machine booted.
pub fn one(roots: &Roots, identities: &mut Identities, pid: u32) -> Result<Option<Process>, SensorError> {
    let folder = Folder::open(roots).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
    Ok(Reading::begin(roots, folder)?.process(pid, identities))
}

/// What is the same for all processes that are read at one time.
struct Reading {
    folder: Folder,
    boot_time: u64,
    ticks_per_second: f64,
    page: u64,
    text: [u8; LONGEST_STAT],
}

impl Reading {
    fn begin(roots: &Roots, folder: Folder) -> Result<Reading, SensorError> {
        Ok(Reading {
            folder,
            boot_time: boot_time(roots)?,
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page: rustix::param::page_size() as u64,
            text: [0; LONGEST_STAT],
        })
    }

    /// A process that ends while it is read is none.
    fn process(&mut self, pid: u32, identities: &mut Identities) -> Option<Process> {
        let file = self.folder.open_stat(pid).ok()?;
        let stat = Stat::parse(read(&file, &mut self.text)?)?;
        Some(Process {
            pid,
            parent: stat.parent,
            leads_session: stat.session == Some(stat.pid),
            started: self.boot_time as f64 + stat.started as f64 / self.ticks_per_second,
            ticks: stat.started,
            identity: identities.resolve(pid, stat.started),
            uid: self.folder.uid(pid)?,
            state: char::from(stat.state),
            threads: stat.threads,
            cpu_seconds: stat.cpu as f64 / self.ticks_per_second,
            memory: stat.pages.saturating_mul(self.page),
        })
    }
}

fn boot_time(roots: &Roots) -> Result<u64, SensorError> {
    let mut input = Input::reopened(roots.proc.join("stat"));
    let mut buffer = Buffer::default();
    let text = input.read(&mut buffer).map_err(|error| SensorError::io(&roots.proc.join("stat"), &error))?;
    stat::parse_boot_time(text).ok_or_else(|| SensorError {
        health: Health::Unsupported,
        reason: say!("{file} does not tell when the machine booted", file = roots.proc.join("stat").display()),
    })
}
