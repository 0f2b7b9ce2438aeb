//! The processes seen at the last sample, and what each used since the one before.

use std::collections::{HashMap, hash_map};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use crate::identity::{Identities, Identity};
use crate::model::Usage;
use crate::procfs::stat::Stat;
use crate::procfs::{Folder, LONGEST_STAT, read};
use crate::sensors::{Roots, SensorError};
use crate::untrusted::Untrusted;

/// Reading a `stat` that is open costs half (measured: 3.6 µs against 7.4), but each costs the kernel 5 KiB, and open
/// files are limited to 1,024 a process by default.
const MOST_OPEN: usize = 384;

/// After how many samples a process's user is looked up again, a minute at the usual interval: a program may give up
/// its rights while it runs.
const LOOK_AGAIN: u32 = 12;

/// At which sight a process's name is read for the last time, unless it gives itself another one.
const SETTLED: u32 = LOOK_AGAIN + 1;

/// See the module.
pub(super) struct Table {
    entries: HashMap<u32, Entry>,
    identities: Identities,
    pids: Vec<u32>,
    /// The boot clock at the last sample.
    last: Option<Duration>,
    ticks_per_second: f64,
    page: u64,
    /// Our own user, whose processes show their I/O to us; root sees that of all.
    uid: u32,
    live: bool,
    most_open: usize,
}

/// One process: a number and a start time, since numbers are given again.
struct Entry {
    started: u64,
    comm: Vec<u8>,
    kernel: bool,
    identity: Arc<Identity>,
    uid: u32,
    /// In how many samples it was seen.
    sights: u32,
    stat: Option<OwnedFd>,
    /// Clock ticks: since its start, and since the last sample.
    cpu: u64,
    used_cpu: u64,
    pages: u64,
    /// Bytes: since its start where we may know, and since the last sample.
    io: Option<u64>,
    used_io: u64,
    present: bool,
}

impl Table {
    pub(super) fn new(roots: &Roots) -> Table {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let third = limit.map_or(MOST_OPEN, |limit| (limit / 3).try_into().unwrap_or(MOST_OPEN));
        Table {
            entries: HashMap::new(),
            identities: Identities::new(roots),
            pids: Vec::new(),
            last: None,
            ticks_per_second: rustix::param::clock_ticks_per_second() as f64,
            page: rustix::param::page_size() as u64,
            uid: rustix::process::geteuid().as_raw(),
            live: roots.live(),
            most_open: third.min(MOST_OPEN),
        }
    }

    /// Reads all processes at this moment of the boot clock.
    pub(super) fn update(&mut self, roots: &Roots, boot: Duration) -> Result<(), SensorError> {
        let mut folder = Folder::open(roots).map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
        let mut pids = std::mem::take(&mut self.pids);
        let listed = folder.pids(&mut pids);
        listed.map_err(|errno| SensorError::io(&roots.proc, &errno.into()))?;
        let mut text = [0; LONGEST_STAT];
        let mut open = self.entries.values().filter(|entry| entry.stat.is_some()).count();
        for pid in &pids {
            self.update_one(*pid, &mut folder, &mut text, &mut open);
        }
        self.entries.retain(|_, entry| std::mem::take(&mut entry.present));
        self.pids = pids;
        self.last = Some(boot);
        Ok(())
    }

    fn update_one(&mut self, pid: u32, folder: &mut Folder, text: &mut [u8], open: &mut usize) {
        let kept = self.entries.get_mut(&pid).and_then(|entry| entry.stat.take());
        *open -= usize::from(kept.is_some());
        // An open file fails when its process ended, and its number may have been given again already.
        let kept = kept.and_then(|file| Some((read(&file, text)?.len(), file)));
        let found = kept.or_else(|| {
            let file = folder.open_stat(pid).ok()?;
            Some((read(&file, text)?.len(), file))
        });
        let Some((len, file)) = found else { return };
        let Some(stat) = Stat::parse(&text[..len]) else { return };
        let entry = self.entries.entry(pid);
        let entry = match entry {
            hash_map::Entry::Occupied(known) if known.get().started == stat.started => known.into_mut(),
            entry => {
                let identity = self.identities.resolve(pid, stat.started);
                entry.insert_entry(Entry::meet(&stat, identity, self.last, self.ticks_per_second)).into_mut()
            }
        };
        let renamed = entry.comm != stat.comm;
        entry.go_on(&stat);
        // From its second sight on: most processes are gone before.
        if self.live && entry.sights > 1 && *open < self.most_open {
            *open += 1;
            entry.stat = Some(file);
        }
        // A process is often met between its birth and the program that it turns into, so its second sight counts too;
        // a minute later it has found its place and its title. Workers of the kernel are renamed for each piece of work.
        let changed = entry.sights <= 2 || !entry.kernel && (renamed || entry.sights == SETTLED);
        if changed {
            // The first name is from the meeting.
            if entry.sights > 1 {
                entry.identity = self.identities.renew(pid, entry.started);
            }
        }
        if changed || entry.sights.wrapping_add(pid).is_multiple_of(LOOK_AGAIN) {
            entry.uid = folder.uid(pid).unwrap_or(entry.uid);
        }
        // Without CPU time there was no I/O worth a system call; what little there was is counted next time.
        let visible = !self.live || self.uid == 0 || entry.uid == self.uid;
        if !visible {
            entry.io = None;
        } else if entry.sights <= 2 || entry.used_cpu > 0 {
            let io = folder.io(pid);
            entry.used_io = entry.io.zip(io).map_or(0, |(before, now)| now.saturating_sub(before));
            entry.io = io;
        }
    }

    /// What each identity and user used since the sample before.
    pub(super) fn usage(&self) -> Vec<Usage> {
        let mut sums: HashMap<(&Untrusted, &Untrusted, u32), Usage> = HashMap::new();
        for entry in self.entries.values() {
            let sum = sums.entry((&entry.identity.key, &entry.identity.label, entry.uid)).or_insert_with(|| Usage {
                key: entry.identity.key.clone(),
                identity: entry.identity.label.clone(),
                uid: entry.uid,
                processes: 0,
                cpu: 0.0,
                memory: 0,
                io: None,
            });
            sum.processes += 1;
            sum.cpu += entry.used_cpu as f64 / self.ticks_per_second;
            sum.memory = sum.memory.saturating_add(entry.pages.saturating_mul(self.page));
            if entry.io.is_some() {
                sum.io = Some(sum.io.unwrap_or(0).saturating_add(entry.used_io));
            }
        }
        // What is stored is a signed number of 64 bits.
        let bounded = |usage: Usage| Usage {
            memory: usage.memory.min(i64::MAX as u64),
            io: usage.io.map(|io| io.min(i64::MAX as u64)),
            ..usage
        };
        sums.into_values().map(bounded).collect()
    }
}

impl Entry {
    /// A process that was not there at the last sample. What it used since its start counts only if it started since
    /// then: a recorder that starts, or a process that was hidden, must not bring the past into one sample.
    fn meet(stat: &Stat<'_>, identity: Arc<Identity>, last: Option<Duration>, ticks_per_second: f64) -> Entry {
        let born = last.is_some_and(|last| stat.started as f64 >= (last.as_secs_f64() * ticks_per_second).floor());
        Entry {
            started: stat.started,
            comm: stat.comm.to_vec(),
            kernel: stat.kernel,
            identity,
            uid: 0,
            sights: 0,
            stat: None,
            cpu: if born { 0 } else { stat.cpu },
            used_cpu: 0,
            pages: 0,
            io: born.then_some(0),
            used_io: 0,
            present: false,
        }
    }

    fn go_on(&mut self, stat: &Stat<'_>) {
        if self.comm != stat.comm {
            self.comm.clear();
            self.comm.extend_from_slice(stat.comm);
        }
        // The sum of the threads' times can fall a little when the kernel scales it anew.
        self.used_cpu = stat.cpu.saturating_sub(self.cpu);
        self.cpu = stat.cpu;
        self.pages = stat.pages;
        self.used_io = 0;
        self.sights = self.sights.saturating_add(1);
        self.present = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_io_of_others_is_unknown_and_not_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::at(folder.path());
        let process = roots.proc.join("5");
        std::fs::create_dir_all(&process).unwrap();
        std::fs::write(process.join("stat"), "5 (x) S 1 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 900 1000000 25 0\n")
            .unwrap();
        std::fs::write(process.join("status"), "Uid:\t1000\t1000\t1000\t1000\n").unwrap();
        std::fs::write(process.join("io"), "read_bytes: 4096\nwrite_bytes: 0\n").unwrap();
        // The process starts at 9 s, so that all of its I/O is new at 10 s. (our user, what is known of it)
        for (uid, expected) in [(1000, Some(4096)), (0, Some(4096)), (7, None)] {
            let mut table = Table { live: true, uid, last: Some(Duration::from_secs(5)), ..Table::new(&roots) };
            table.update(&roots, Duration::from_secs(10)).unwrap();
            let usage = table.usage();
            assert_eq!((usage.len(), usage[0].cpu, usage[0].io), (1, 0.09, expected));
            // As others see it whose second sight keeps the file open.
            table.update(&roots, Duration::from_secs(15)).unwrap();
            assert_eq!(table.usage()[0].io, expected.map(|_| 0));
        }
    }
}
