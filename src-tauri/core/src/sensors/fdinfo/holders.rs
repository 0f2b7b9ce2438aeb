//! The processes that hold descriptors of GPUs, found among all processes.
//!
//! Every process is looked at every 5 s, a part of them at each sample, so that no sample is dearer than the others; one
//! that is new is looked at at once. Deliberately not here: what the descriptors tell.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, StatxFlags};
use rustix::io::Errno;

use super::nodes::{MAJOR, minor_of};
use crate::sensors::parse::number;
use crate::sensors::processes::folder::{Folder, LONGEST_STAT, read};
use crate::sensors::processes::stat::Stat;
use crate::sensors::{Roots, SensorError};

/// Every process is looked at once in so many parts, and in this time.
const PARTS: u32 = 5;
const ROUND: Duration = Duration::from_secs(5);

/// A process with descriptors of GPUs.
#[derive(Debug)]
pub(super) struct Holder {
    /// Clock ticks since boot: with the number it names the process, since numbers are given again.
    pub started: u64,
    pub comm: Vec<u8>,
    pub parent: u32,
    pub descriptors: Vec<Descriptor>,
    /// Whether it was looked at since its descriptors were last asked: a number may mean another client now.
    pub fresh: bool,
}

/// An open descriptor of a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub number: u32,
    /// The second number of its node; `None` where a capture does not tell.
    pub minor: Option<u32>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Holders {
    pub by_pid: HashMap<u32, Holder>,
    /// Processes whose descriptors we may not see.
    hidden: HashSet<u32>,
    kernel: HashSet<u32>,
    pids: Vec<u32>,
    updated: Option<Duration>,
    part: u32,
    live: bool,
    entries: Vec<u8>,
    path: String,
}

impl Holders {
    pub(super) fn new(roots: &Roots) -> Holders {
        Holders {
            by_pid: HashMap::new(),
            hidden: HashSet::new(),
            kernel: HashSet::new(),
            pids: Vec::new(),
            updated: None,
            part: 0,
            live: roots.live(),
            entries: Vec::with_capacity(8 << 10),
            path: String::new(),
        }
    }

    /// Whether every process shows us its descriptors.
    pub(super) fn sees_all(&self) -> bool {
        // Where `/proc` hides other users' processes, it hides the first one.
        self.hidden.is_empty() && (!self.live || self.pids.first() == Some(&1))
    }

    /// Looks at the processes whose turn it is.
    pub(super) fn update(&mut self, roots: &Roots, boot: Duration) -> Result<(), SensorError> {
        let mut folder = Folder::open(roots)?;
        let proc = open_folder(rustix::fs::CWD, &roots.proc).map_err(|e| SensorError::io(&roots.proc, &e.into()))?;
        let mut pids = Vec::with_capacity(self.pids.len());
        folder.pids(&mut pids).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
        pids.sort_unstable();
        let before = std::mem::replace(&mut self.pids, pids);
        let parts = match self.updated.replace(boot) {
            // Seldom samples take larger parts.
            Some(last) => {
                (ROUND.as_secs_f64() / boot.saturating_sub(last).as_secs_f64()).clamp(1.0, PARTS.into()) as u32
            }
            None => 1,
        };
        self.part = self.part.wrapping_add(1);
        let pids = std::mem::take(&mut self.pids);
        let is_there = |pid: &u32| pids.binary_search(pid).is_ok();
        self.by_pid.retain(|pid, _| is_there(pid));
        self.hidden.retain(is_there);
        self.kernel.retain(is_there);
        for pid in &pids {
            let is_due = pid % parts == self.part % parts || before.binary_search(pid).is_err();
            if is_due && !self.kernel.contains(pid) {
                self.look(*pid, &proc, &mut folder);
            }
        }
        self.pids = pids;
        Ok(())
    }

    /// Looks at the descriptors of one process.
    fn look(&mut self, pid: u32, proc: &OwnedFd, folder: &mut Folder) {
        let mut found = Vec::new();
        let listed = self.descriptors(pid, proc, &mut found);
        let denied = matches!(listed, Err(Errno::ACCESS | Errno::PERM));
        let known = self.hidden.contains(&pid);
        if !denied {
            self.hidden.remove(&pid);
        }
        if found.is_empty() {
            self.by_pid.remove(&pid);
            // Threads of the kernel have no descriptors, and need not be looked at again.
            if (denied && !known || listed == Ok(0)) && stat(pid, folder, |stat| stat.kernel).unwrap_or(false) {
                self.kernel.insert(pid);
            } else if denied {
                self.hidden.insert(pid);
            }
            return;
        }
        let told = stat(pid, folder, |stat| (stat.started, stat.comm.to_vec(), stat.parent));
        let (started, comm, parent) = match told {
            Some(told) => told,
            // It ended meanwhile; a capture may have left the file out.
            None if self.live => return,
            None => (0, Vec::new(), 0),
        };
        self.by_pid.insert(pid, Holder { started, comm, parent, descriptors: found, fresh: true });
    }

    /// The descriptors of GPUs of one process; tells how many descriptors it has altogether.
    fn descriptors(&mut self, pid: u32, proc: &OwnedFd, found: &mut Vec<Descriptor>) -> Result<usize, Errno> {
        use std::fmt::Write;
        self.path.clear();
        // Writing into a string cannot fail.
        let _ = write!(self.path, "{pid}/fd");
        let folder = match open_folder(proc, &*self.path) {
            // A capture may hold the texts alone.
            Err(Errno::NOENT) if !self.live => {
                self.path.push_str("info");
                open_folder(proc, &*self.path)?
            }
            folder => folder?,
        };
        let mut count = 0;
        let mut entries = RawDir::new(&folder, self.entries.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let name: &CStr = entry.as_ref().map_err(|error| *error)?.file_name();
            let Some(number) = number(name.to_bytes()).and_then(|number| u32::try_from(number).ok()) else { continue };
            count += 1;
            let node = if self.live { node(&folder, name) } else { captured_node(&folder, name) };
            found.extend(node.map(|minor| Descriptor { number, minor }));
        }
        Ok(count)
    }
}

/// The node behind a descriptor, if it is a GPU's. The descriptor's file is not opened, and a file system that would have
/// to ask its server is not made to.
fn node(folder: &OwnedFd, name: &CStr) -> Option<Option<u32>> {
    let flags = AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    let file = rustix::fs::statx(folder, name, flags, StatxFlags::TYPE).ok()?;
    let is_device = FileType::from_raw_mode(u32::from(file.stx_mode)) == FileType::CharacterDevice;
    (is_device && file.stx_rdev_major == MAJOR).then_some(Some(file.stx_rdev_minor))
}

/// In a capture the link tells; what is no link there may be anything.
fn captured_node(folder: &OwnedFd, name: &CStr) -> Option<Option<u32>> {
    let mut target = [0_u8; 256];
    match rustix::fs::readlinkat_raw(folder, name, &mut target[..]) {
        Ok(len) => minor_of(&target[..len]).map(Some),
        Err(_) => Some(None),
    }
}

fn open_folder(at: impl std::os::fd::AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(at, path, flags, Mode::empty())
}

fn stat<T>(pid: u32, folder: &mut Folder, of: impl Fn(&Stat<'_>) -> T) -> Option<T> {
    let mut text = [0; LONGEST_STAT];
    let file = folder.open_stat(pid).ok()?;
    Stat::parse(read(&file, &mut text)?).map(|stat| of(&stat))
}
