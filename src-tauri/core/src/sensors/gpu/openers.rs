//! Which programs have a GPU open, from the links in `/proc/<pid>/fd`: reading a link opens nothing and wakes nothing.
//!
//! That costs 4 µs a descriptor, so it is done only when something happened to a GPU, at most once in ten seconds, and
//! for a bounded number of descriptors, beginning with the youngest processes: who just woke a GPU is mostly new.
//! Other users' processes do not show theirs; how many these are is told. Deliberately not here: what they do with it.

use std::ffi::CStr;
use std::fs;
use std::time::Duration;

use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::Errno;
use serde_json::{Value, json};

use super::cards::Card;
use crate::identity::Identities;
use crate::procfs::stat::Stat;
use crate::procfs::{Folder, LONGEST_STAT, read};
use crate::sensors::Roots;
use crate::sensors::input::{attribute, names};

/// Between two looks at all processes.
const AGAIN: Duration = Duration::from_secs(10);

/// The most descriptors that one look reads: 80 ms of work.
const MOST_LINKS: usize = 20_000;

/// The most programs that are named.
const MOST_NAMES: usize = 16;

/// A process with the node of a GPU open.
#[derive(Debug)]
struct Opener {
    pid: u32,
    /// The last part of the node's path: `nvidia0`, `renderD128`.
    node: Vec<u8>,
}

/// What one look found.
#[derive(Debug, Default)]
struct Found {
    openers: Vec<Opener>,
    /// Processes that do not show us what they have open.
    hidden: usize,
    /// There were more descriptors than were read.
    cut: bool,
}

/// See the module.
pub(super) struct Openers {
    roots: Roots,
    identities: Identities,
    looked: Option<(Duration, Found)>,
}

impl Openers {
    pub(super) fn new(roots: &Roots) -> Openers {
        Openers { roots: roots.clone(), identities: Identities::new(roots), looked: None }
    }

    /// The programs that have the card open at `now`, when it must be awake, for the details of an event; nothing where all processes were looked
    /// at only just before.
    pub(super) fn of(&mut self, card: &Card, now: Duration) -> Option<Opened> {
        let is_due = self.looked.as_ref().is_none_or(|(looked, _)| now.saturating_sub(*looked) >= AGAIN);
        if is_due {
            self.looked = Some((now, look(&self.roots)?));
        }
        let (looked, found) = self.looked.as_ref()?;
        if *looked != now {
            return None;
        }
        let nodes = nodes(card, &self.roots);
        let mut pids: Vec<u32> =
            found.openers.iter().filter(|opener| nodes.has(&opener.node)).map(|opener| opener.pid).collect();
        pids.dedup();
        let more = pids.len().saturating_sub(MOST_NAMES);
        pids.truncate(MOST_NAMES);
        let mut folder = Folder::open(&self.roots).ok()?;
        let mut programs = Vec::new();
        for pid in &pids {
            let mut text = [0; LONGEST_STAT];
            let stat = folder.open_stat(*pid).ok();
            let started = stat.and_then(|file| Some(Stat::parse(read(&file, &mut text)?)?.started));
            // It ended meanwhile.
            let Some(started) = started else { continue };
            // Read anew: a process may have turned into another program since it was last named.
            let identity = self.identities.renew(*pid, started);
            programs.push((*pid, identity.label.json().into_owned()));
        }
        Some(Opened { programs, more, hidden: found.hidden, cut: found.cut })
    }
}

/// Who has a GPU open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Number and name, the youngest first.
    pub programs: Vec<(u32, String)>,
    more: usize,
    hidden: usize,
    cut: bool,
}

impl Opened {
    /// Adds it to the details of an event.
    pub(super) fn tell(&self, detail: &mut serde_json::Map<String, Value>) {
        let one = |(pid, name): &(u32, String)| json!({ "pid": pid, "identity": name });
        detail.insert("holders".into(), self.programs.iter().map(one).collect());
        for (key, count) in [("more", self.more), ("hidden", self.hidden)] {
            if count > 0 {
                detail.insert(key.into(), count.into());
            }
        }
        if self.cut {
            detail.insert("cut".into(), true.into());
        }
    }
}

/// The nodes of a card.
struct Nodes {
    names: Vec<Vec<u8>>,
    /// Any node of NVIDIA's driver for a GPU counts, because its number is not known.
    any_nvidia: bool,
}

impl Nodes {
    fn has(&self, node: &[u8]) -> bool {
        let is_nvidia = || node.strip_prefix(b"nvidia").is_some_and(is_number);
        self.names.iter().any(|name| name == node) || self.any_nvidia && is_nvidia()
    }
}

fn nodes(card: &Card, roots: &Roots) -> Nodes {
    let class = roots.sys.join("class/drm");
    let is_own = |name: &std::ffi::OsString| {
        is_node(name.as_encoded_bytes())
            && fs::canonicalize(class.join(name).join("device")).is_ok_and(|device| device == card.device)
    };
    let mut found: Vec<Vec<u8>> =
        names(&class).into_iter().filter(is_own).map(|name| name.into_encoded_bytes()).collect();
    let is_nvidia = card.vendor == super::NVIDIA;
    let minor = is_nvidia.then(|| minor_of(card, roots)).flatten();
    found.extend(minor.map(|minor| format!("nvidia{minor}").into_bytes()));
    Nodes { names: found, any_nvidia: is_nvidia && minor.is_none() }
}

/// The number of NVIDIA's own node. To be asked of a card that is awake: that its driver tells this from memory is likely
/// and nobody promises it.
fn minor_of(card: &Card, roots: &Roots) -> Option<u32> {
    let file = roots.proc.join("driver/nvidia/gpus").join(&card.address).join("information");
    let text = String::from_utf8_lossy(&attribute(&file)?).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("Device Minor:"))?;
    line.trim().parse().ok()
}

/// Looks at what every process has open.
fn look(roots: &Roots) -> Option<Found> {
    let mut folder = Folder::open(roots).ok()?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open(&roots.proc, flags, Mode::empty()).ok()?;
    let mut pids = Vec::new();
    folder.pids(&mut pids).ok()?;
    pids.sort_unstable();
    let mut found = Found::default();
    let mut links = 0;
    let mut entries = Vec::with_capacity(8 << 10);
    let mut target = [0_u8; 256];
    for pid in pids.into_iter().rev() {
        if links >= MOST_LINKS {
            found.cut = true;
            break;
        }
        let list = match rustix::fs::openat(&proc, format!("{pid}/fd"), flags, Mode::empty()) {
            Ok(list) => list,
            Err(error) => {
                found.hidden += usize::from(matches!(error, Errno::ACCESS | Errno::PERM));
                continue;
            }
        };
        let mut entries = RawDir::new(&list, entries.spare_capacity_mut());
        while let Some(Ok(entry)) = entries.next() {
            let name: &CStr = entry.file_name();
            if !is_number(name.to_bytes()) {
                continue;
            }
            links += 1;
            let Ok(len) = rustix::fs::readlinkat_raw(&list, name, &mut target[..]) else { continue };
            if let Some(node) = node_of(&target[..len])
                && !found.openers.iter().any(|opener| opener.pid == pid && opener.node == node)
            {
                found.openers.push(Opener { pid, node: node.to_vec() });
            }
        }
    }
    Some(found)
}

/// The node of a GPU that a descriptor leads to.
fn node_of(target: &[u8]) -> Option<&[u8]> {
    let mut parts = target.rsplit(|byte| *byte == b'/');
    let (name, folder) = (parts.next()?, parts.next()?);
    let is_one = name.strip_prefix(b"nvidia").is_some_and(is_number) || folder == b"dri" && is_node(name);
    is_one.then_some(name)
}

fn is_node(name: &[u8]) -> bool {
    name.strip_prefix(b"renderD").or_else(|| name.strip_prefix(b"card")).is_some_and(is_number)
}

fn is_number(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
