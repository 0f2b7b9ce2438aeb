//! Reads the descriptors of GPUs, and sums up what their clients did since the last reading.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{Mode, OFlags};

use super::holders::{Descriptor, Holder, Holders};
use super::nodes::Nodes;
use super::share::{Share, Track, add, busiest};
use super::text::{Client, Region};
use crate::sensors::names::escaped;
use crate::sensors::{Roots, SensorError};

/// How often new devices are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Longer than any text that a driver prints.
const LONGEST: usize = 32 << 10;

/// Programs that keep descriptors for others: what a client does is the doing of whoever else has it.
const KEEPERS: &[&[u8]] = &[b"systemd", b"systemd-logind", b"elogind", b"elogind-daemon", b"seatd", b"(sd-pam)"];

/// See the module.
#[derive(Debug)]
pub struct Scan {
    roots: Roots,
    holders: Holders,
    nodes: Nodes,
    looked: Option<Duration>,
    /// When descriptors were last read, and how long before that they were read for the last time but one.
    read: Option<Duration>,
    passed: Option<Duration>,
    clients: HashMap<Key, Known>,
    /// The client behind each descriptor, so that a client of many descriptors is asked once.
    behind: HashMap<(u32, u32), Key>,
    text: Vec<u8>,
}

/// What makes a client the same in all processes that share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    device: Arc<str>,
    client: Id,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Id {
    Client(u64),
    /// Of a driver that gives none.
    Descriptor(u32, u32),
}

#[derive(Debug, Default)]
struct Known {
    driver: Vec<u8>,
    track: Track,
    shares: Option<Vec<Share>>,
    regions: Vec<Region>,
    /// The processes that have it; empty until it was seen in a sample.
    pids: Vec<u32>,
}

/// What one process does on one device.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessUse {
    /// Its number, and its start in clock ticks since boot.
    pub pid: u32,
    /// See `pid`.
    pub started: u64,
    /// The address of the device.
    pub device: Arc<str>,
    /// The kernel's name of the driver.
    pub driver: Vec<u8>,
    /// How busy it keeps each engine; `None` at its first reading, which tells nothing about now.
    pub engines: Option<Vec<Share>>,
    /// Bytes of the card's own memory that it alone has, where the driver tells.
    pub local: Option<u64>,
    /// Bytes of the machine's memory that it alone has for the device, where the driver tells.
    pub system: Option<u64>,
}

impl ProcessUse {
    /// How busy it keeps its busiest engine, in percent.
    pub fn share(&self) -> Option<f64> {
        self.engines.as_deref().map(busiest)
    }
}

/// What all visible processes together do on one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeviceUse {
    /// How busy each engine is.
    pub engines: Vec<Share>,
    /// How many clients there are.
    pub clients: usize,
    /// How many of them were read for the second time at least.
    pub measured: usize,
}

impl DeviceUse {
    /// How busy the busiest engine is; `None` while that is known of no client of those that there are.
    pub fn busy(&self) -> Option<f64> {
        (self.clients == 0 || self.measured > 0).then(|| busiest(&self.engines))
    }
}

impl Scan {
    /// Of the machine at `roots`; nothing is read before the first update.
    pub fn new(roots: &Roots) -> Scan {
        Scan {
            roots: roots.clone(),
            holders: Holders::new(roots),
            nodes: Nodes::default(),
            looked: None,
            read: None,
            passed: None,
            clients: HashMap::new(),
            behind: HashMap::new(),
            text: vec![0; LONGEST],
        }
    }

    /// Reads what is new at this moment of the boot clock. Descriptors of a device are asked only where `may_read` says so
    /// of its address; clients of the others are forgotten.
    pub fn update(&mut self, boot: Duration, may_read: &mut dyn FnMut(&str) -> bool) -> Result<(), SensorError> {
        if self.looked.is_none_or(|looked| boot.saturating_sub(looked) >= LOOK_EVERY) {
            self.looked = Some(boot);
            self.nodes = Nodes::find(&self.roots);
        }
        let mut allowed: HashMap<Arc<str>, bool> = HashMap::new();
        for device in self.nodes.devices() {
            if !allowed.contains_key(device) {
                allowed.insert(device.clone(), may_read(device));
            }
        }
        if !allowed.values().any(|allowed| *allowed) {
            self.clients.clear();
            (self.read, self.passed) = (None, None);
            return Ok(());
        }
        self.passed = self.read.replace(boot).map(|before| boot.saturating_sub(before));
        self.holders.update(&self.roots, boot)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = rustix::fs::open(&self.roots.proc, flags, Mode::empty())
            .map_err(|error| SensorError::io(&self.roots.proc, &error.into()))?;
        self.clients.values_mut().for_each(|known| known.pids.clear());
        let mut behind = HashMap::with_capacity(self.behind.len());
        let mut by_pid = std::mem::take(&mut self.holders.by_pid);
        for (pid, holder) in &mut by_pid {
            if std::mem::take(&mut holder.fresh) {
                holder.descriptors.iter().for_each(|descriptor| drop(self.behind.remove(&(*pid, descriptor.number))));
            }
            for descriptor in &holder.descriptors {
                if let Some(key) = self.ask(*pid, *descriptor, &proc, boot, &allowed) {
                    behind.insert((*pid, descriptor.number), key);
                }
            }
        }
        self.holders.by_pid = by_pid;
        self.behind = behind;
        self.clients.retain(|_, known| !known.pids.is_empty());
        Ok(())
    }

    /// Asks one descriptor, unless its client answered through another one already.
    fn ask(
        &mut self,
        pid: u32,
        descriptor: Descriptor,
        proc: &OwnedFd,
        boot: Duration,
        allowed: &HashMap<Arc<str>, bool>,
    ) -> Option<Key> {
        let number = descriptor.number;
        let mapped = descriptor.minor.and_then(|minor| self.nodes.device(minor)).cloned();
        match &mapped {
            Some(device) if !allowed.get(device).copied().unwrap_or(false) => return None,
            // Whose it is cannot be known without asking, which might wake it; a capture cannot be woken.
            None if self.roots.live() => return None,
            _ => {}
        }
        if let Some(key) = self.behind.get(&(pid, number))
            && let Some(known) = self.clients.get_mut(key)
            && !known.pids.is_empty()
        {
            if !known.pids.contains(&pid) {
                known.pids.push(pid);
            }
            return Some(key.clone());
        }
        let client = Client::parse(read(proc, pid, number, &mut self.text)?)?;
        let told = client.device.as_deref().map(|name| Arc::from(escaped(name).as_str()));
        let device: Arc<str> = told.or(mapped)?;
        if !allowed.get(&device).copied().unwrap_or(false) {
            return None;
        }
        let id = client.id.map_or(Id::Descriptor(pid, number), Id::Client);
        let key = Key { device, client: id };
        let known = self.clients.entry(key.clone()).or_default();
        if known.pids.is_empty() {
            known.shares = known.track.advance(boot, &client.engines);
            known.driver = client.driver;
            known.regions = client.regions;
        }
        if !known.pids.contains(&pid) {
            known.pids.push(pid);
        }
        Some(key)
    }

    /// How long the time is that [`Share`]s are of; `None` before the second reading.
    pub fn passed(&self) -> Option<Duration> {
        self.passed
    }

    /// Whether every process shows us its descriptors; where not, a device may be busier than its processes say.
    pub fn sees_all(&self) -> bool {
        self.holders.sees_all()
    }

    /// What each process does on each device, in the order of devices and processes.
    pub fn processes(&self) -> Vec<ProcessUse> {
        let mut sums: BTreeMap<(&str, u32), ProcessUse> = BTreeMap::new();
        for (key, known) in &self.clients {
            let Some(pid) = owner(&known.pids, &self.holders.by_pid) else { continue };
            let sum = sums.entry((&key.device, pid)).or_insert_with(|| ProcessUse {
                pid,
                started: self.holders.by_pid.get(&pid).map_or(0, |holder| holder.started),
                device: key.device.clone(),
                driver: known.driver.clone(),
                engines: None,
                local: None,
                system: None,
            });
            if let Some(shares) = &known.shares {
                add(sum.engines.get_or_insert_default(), shares);
            }
            for region in &known.regions {
                let total = if region.is_local() { &mut sum.local } else { &mut sum.system };
                if let Some(own) = region.own() {
                    *total = Some(total.unwrap_or(0).saturating_add(own));
                }
            }
        }
        sums.into_values().collect()
    }

    /// What all visible processes together do on the device of this address.
    pub fn device(&self, address: &str) -> DeviceUse {
        let mut device = DeviceUse::default();
        for (_, known) in self.clients.iter().filter(|(key, _)| &*key.device == address) {
            device.clients += 1;
            if let Some(shares) = &known.shares {
                device.measured += 1;
                add(&mut device.engines, shares);
            }
        }
        device
    }
}

/// Whom a client counts for, of those that have it. Keepers only hold it for others. A descriptor that was handed on is
/// used by whoever got it, who began later; but children of the same name are workers of their parent.
fn owner(pids: &[u32], holders: &HashMap<u32, Holder>) -> Option<u32> {
    let of = |pid: &u32| holders.get(pid).map(|holder| (*pid, holder));
    let key = |(pid, holder): &(u32, &Holder)| (!KEEPERS.contains(&holder.comm.as_slice()), holder.started, *pid);
    let (mut pid, mut holder) = pids.iter().filter_map(of).max_by_key(key)?;
    // Each step goes to an older process, so that a capture's parents in a circle end it.
    while let Some(parent) = pids.iter().filter(|other| **other == holder.parent).find_map(|other| {
        of(other)
            .filter(|(_, parent)| parent.comm == holder.comm && parent.started < holder.started)
            .map(|(pid, _)| pid)
    }) {
        (pid, holder) = (parent, holders.get(&parent)?);
    }
    Some(pid)
}

/// The text of one descriptor; `None` where it or its process is gone.
fn read<'a>(proc: &OwnedFd, pid: u32, number: u32, text: &'a mut [u8]) -> Option<&'a [u8]> {
    let path = format!("{pid}/fdinfo/{number}");
    // NONBLOCK: a capture may hold a pipe where a file should be.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::openat(proc, path, flags, Mode::empty()).ok()?;
    // The kernel prints it in one piece.
    let len = rustix::io::pread(&file, &mut *text, 0).ok()?;
    Some(&text[..len])
}
