//! The processes that hold descriptors of GPUs, found among all processes.
//!
//! Looking at a descriptor costs 4 µs, and machines have thousands. So every process is looked at every 10 s, a part of
//! them at each sample, and of one that was looked at before only the numbers that are new; all of them once a minute,
//! since numbers are given again. A process that just began is looked at every time: that is when most open a GPU.
//! Deliberately not here: what the descriptors tell.

use std::collections::HashMap;
use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, StatxFlags};
use rustix::io::Errno;

use super::nodes::{MAJOR, minor_of};
use crate::procfs::stat::Stat;
use crate::procfs::{Folder, LONGEST_STAT, read};
use crate::sensors::parse::number;
use crate::sensors::{Roots, SensorError};

/// Every process is looked at once in so many parts, and in this time.
const PARTS: u32 = 10;
const ROUND: Duration = Duration::from_secs(10);

/// In how many of its looks at a process the descriptors that it had before are taken for what they were, and in how
/// many samples a process counts as new.
const TRUSTED: u8 = 5;
const YOUNG: u8 = 10;

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

/// What is known of a process, whether it has a GPU or not.
#[derive(Debug, Default)]
struct Known {
    access: Access,
    /// Samples in which it still counts as new.
    young: u8,
    /// Descriptors of anything but a GPU, in order, and for how many looks that is taken to stay so.
    plain: Vec<u32>,
    trusted: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Access {
    #[default]
    Shown,
    /// Its descriptors are not for us to see.
    Hidden,
    /// A thread of the kernel, which has none.
    Kernel,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Holders {
    pub by_pid: HashMap<u32, Holder>,
    known: HashMap<u32, Known>,
    /// How many processes hide their descriptors.
    hidden: usize,
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
            known: HashMap::new(),
            hidden: 0,
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
        self.hidden == 0 && (!self.live || self.pids.first() == Some(&1))
    }

    /// Looks at the processes whose turn it is.
    pub(super) fn update(&mut self, roots: &Roots, boot: Duration) -> Result<(), SensorError> {
        let mut folder = Folder::open(roots).map_err(|error| SensorError::io(&roots.proc, &error.into()))?;
        let proc = open_folder(rustix::fs::CWD, &roots.proc).map_err(|e| SensorError::io(&roots.proc, &e.into()))?;
        let mut pids = std::mem::take(&mut self.pids);
        folder.pids(&mut pids).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
        pids.sort_unstable();
        let (parts, young) = match self.updated.replace(boot) {
            // Seldom samples take larger parts.
            Some(last) => {
                let passed = boot.saturating_sub(last).as_secs_f64();
                ((ROUND.as_secs_f64() / passed).clamp(1.0, PARTS.into()) as u32, YOUNG)
            }
            // Those that are there at the start are looked at once, however young they are.
            None => (1, 0),
        };
        self.part = self.part.wrapping_add(1);
        let is_there = |pid: &u32| pids.binary_search(pid).is_ok();
        self.by_pid.retain(|pid, _| is_there(pid));
        self.known.retain(|pid, _| is_there(pid));
        let mut known = std::mem::take(&mut self.known);
        for pid in &pids {
            let mut is_due = pid % parts == self.part % parts;
            let process = known.entry(*pid).or_insert_with(|| {
                is_due = true;
                Known { young, ..Known::default() }
            });
            is_due |= process.young > 0;
            process.young = process.young.saturating_sub(1);
            if is_due && process.access != Access::Kernel {
                self.look(*pid, process, &proc, &mut folder);
            }
        }
        self.hidden = known.values().filter(|process| process.access == Access::Hidden).count();
        (self.known, self.pids) = (known, pids);
        Ok(())
    }

    /// Looks at the descriptors of one process.
    fn look(&mut self, pid: u32, process: &mut Known, proc: &OwnedFd, folder: &mut Folder) {
        let mut found = Vec::new();
        let before = std::mem::take(&mut process.plain);
        // Nothing is taken for granted of a process whose descriptors change the most.
        let trusts = process.trusted > 0 && process.young == 0;
        process.trusted = if trusts { process.trusted - 1 } else { TRUSTED };
        if before.is_empty() {
            // Processes that were met at the same time are not all looked at in full at the same time again.
            process.trusted = ((pid / PARTS) % (u32::from(TRUSTED) + 1)) as u8;
        }
        let trusted = if trusts { before.as_slice() } else { &[] };
        let listed = self.descriptors(pid, proc, trusted, &mut found, &mut process.plain);
        process.plain.sort_unstable();
        let is_denied = matches!(listed, Err(Errno::ACCESS | Errno::PERM));
        if found.is_empty() {
            self.by_pid.remove(&pid);
            let is_first = is_denied && process.access == Access::Shown || listed == Ok(0);
            process.access = if is_first && stat(pid, folder, |stat| stat.kernel).unwrap_or(false) {
                Access::Kernel
            } else if is_denied {
                Access::Hidden
            } else {
                Access::Shown
            };
            return;
        }
        process.access = Access::Shown;
        let told = stat(pid, folder, |stat| (stat.started, stat.comm.to_vec(), stat.parent));
        let (started, comm, parent) = match told {
            Some(told) => told,
            // It ended meanwhile; a capture may have left the file out.
            None if self.live => return,
            None => (0, Vec::new(), 0),
        };
        self.by_pid.insert(pid, Holder { started, comm, parent, descriptors: found, fresh: true });
    }

    /// The descriptors of GPUs of one process, and those of other files, of which some are known; tells how many there are.
    fn descriptors(
        &mut self,
        pid: u32,
        proc: &OwnedFd,
        known: &[u32],
        found: &mut Vec<Descriptor>,
        plain: &mut Vec<u32>,
    ) -> Result<usize, Errno> {
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
            let node = if known.binary_search(&number).is_ok() {
                None
            } else if self.live {
                node(&folder, name)
            } else {
                captured_node(&folder, name)
            };
            match node {
                Some(minor) => found.push(Descriptor { number, minor }),
                None => plain.push(number),
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::fd::AsRawFd;

    /// Real descriptors of this process. A node can be made by root alone, and is looked at without a driver behind it.
    #[test]
    fn a_descriptor_is_known_by_the_numbers_of_its_node() {
        let own = open_folder(rustix::fs::CWD, "/proc/self/fd").unwrap();
        let of = |file: &OwnedFd| node(&own, &CString::new(file.as_raw_fd().to_string()).unwrap());
        let path = OFlags::PATH | OFlags::CLOEXEC;
        let null = rustix::fs::open("/dev/null", path, Mode::empty()).unwrap();
        assert_eq!(of(&null), None);
        assert_eq!(of(&own), None);
        let folder = tempfile::tempdir().unwrap();
        let gpu = folder.path().join("renderD128");
        let number = rustix::fs::makedev(MAJOR, 128);
        match rustix::fs::mknodat(rustix::fs::CWD, &gpu, FileType::CharacterDevice, Mode::RUSR, number) {
            Ok(()) => assert_eq!(of(&rustix::fs::open(&gpu, path, Mode::empty()).unwrap()), Some(Some(128))),
            Err(error) => println!("skipped: no node can be made here: {error}"),
        }
    }

    #[test]
    fn this_process_shows_itself() {
        let roots = Roots { proc: "/proc".into(), sys: "/nowhere".into() };
        let mut holders = Holders::new(&roots);
        for second in 1..20 {
            holders.update(&roots, Duration::from_secs(second)).unwrap();
        }
        let own = &holders.known[&std::process::id()];
        assert_eq!(own.access, Access::Shown);
        assert!(own.plain.len() >= 3, "the standard ones, at least: {own:?}");
    }
}
