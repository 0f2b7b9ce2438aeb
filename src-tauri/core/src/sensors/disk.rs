//! The disk sensor: what each physical disk reads and writes, how busy and how hot it is.
//!
//! Recorded are whole devices that have hardware (or a hypervisor) behind them: no partitions, and no layers such as
//! loop, zram, LVM, dm-crypt or RAID, whose bytes would be counted again below them; no optical and floppy drives. A
//! disk is known by its WWN, else its serial number, else the path of its device, because `sda` names another disk
//! after the next boot.
//!
//! A temperature is read at most every 10 s and stands until the next reading, because asking a drive each second keeps
//! it from its deepest idle state. A rotating disk is only asked after it was seen to work: some drives count the
//! question as work and never spin down (seen on WD120EFAX, says the kernel's documentation of `drivetemp`).
//!
//! One sample costs 12 µs with one disk; the `sysinfo` crate, which cannot read another root, takes 83. Deliberately not
//! here: free space, which is the file systems'.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::chips;
use super::input::{Buffer, Input, attribute, names};
use super::names::{escaped, unique};
use super::parse::{celsius, lines, number, rate, seconds, words};
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// A sector of `/proc/diskstats`, whatever the disk's own sectors are.
const SECTOR: f64 = 512.0;

/// How long a temperature stands.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(10);

/// How often the devices are looked at anew without a sign of change.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// See the module.
pub struct Disks {
    roots: Roots,
    stats: Input,
    /// By kernel name; a device that is not recorded has a `None`, so that it is looked at once.
    disks: HashMap<Vec<u8>, Option<Disk>>,
    /// When the devices were looked at last, since boot.
    met: Duration,
    buffer: Buffer,
}

struct Disk {
    source: Arc<Source>,
    last: Option<(Duration, Counters)>,
    thermometer: Option<Thermometer>,
}

struct Thermometer {
    input: Input,
    gate: Option<Input>,
    rotates: bool,
    read: Option<(Duration, Option<f64>)>,
    /// The operations of the disk at that reading, or when the disk was first seen.
    operations: Option<u64>,
    /// Whether its file is no more.
    gone: bool,
}

impl Disks {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        let stats = Input::new(roots, roots.proc.join("diskstats"));
        let buffer = Buffer::default();
        Box::new(Disks { roots: roots.clone(), stats, disks: HashMap::new(), met: Duration::ZERO, buffer })
    }

    /// Looks at all devices anew, because their set changed or a thermometer may have joined: the module `drivetemp`
    /// can be loaded at any time.
    fn meet(&mut self, stats: &[Line]) {
        let block = self.roots.sys.join("block");
        let found: Vec<Found> = stats.iter().filter_map(|line| Found::look(&block, &line.name, &self.roots)).collect();
        let ids = unique(&found, |disk| disk.id.clone(), |disk| escaped(&disk.name));
        let mut before = std::mem::take(&mut self.disks);
        self.disks = stats.iter().map(|line| (line.name.clone(), None)).collect();
        for (disk, id) in found.into_iter().zip(ids) {
            let id = format!("disk:{id}");
            let known = before.remove(&disk.name).flatten().filter(|known| known.source.id == id);
            let mut known = known.unwrap_or_else(|| Disk {
                source: Source::whole(SourceKind::Disk, id, disk.label()),
                last: None,
                thermometer: None,
            });
            known.thermometer = known.thermometer.or_else(|| Thermometer::of(&disk, &self.roots));
            self.disks.insert(disk.name, Some(known));
        }
    }
}

impl Sensor for Disks {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let (boot, stats) = match self.stats.read(&mut self.buffer) {
            Ok(text) => (clock.now().boot, parse_diskstats(text)),
            Err(error) => return Err(SensorError::io(self.stats.path(), &error)),
        };
        if !self.roots.sys.join("block").is_dir() {
            // Without it nothing tells a disk from a partition.
            let reason = say!("{path} is missing", path = self.roots.sys.join("block").display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        // A counter that went back belongs to another disk under the same name.
        let replaced = |line: &Line| match self.disks.get(&line.name) {
            Some(Some(Disk { last: Some((_, before)), .. })) => line.counters.since(before, 1.0).is_none(),
            Some(_) => false,
            None => true,
        };
        let long_ago = boot.saturating_sub(self.met) >= LOOK_EVERY;
        if stats.len() != self.disks.len() || long_ago || stats.iter().any(replaced) {
            self.met = boot;
            self.meet(&stats);
        }
        for line in &stats {
            if let Some(Some(disk)) = self.disks.get_mut(&line.name) {
                disk.put(boot, &line.counters, &mut self.buffer, batch);
            }
        }
        Ok(())
    }
}

impl Disk {
    fn put(&mut self, boot: Duration, counters: &Counters, buffer: &mut Buffer, batch: &mut Batch) {
        let before = self.last.replace((boot, *counters));
        let rates = before.and_then(|(since, before)| counters.since(&before, seconds(since, boot)?));
        if let Some(rates) = rates {
            batch.put(&self.source, Metric::DiskRead, rates.read);
            batch.put(&self.source, Metric::DiskWrite, rates.written);
            batch.put(&self.source, Metric::DiskReadOperations, rates.reads);
            batch.put(&self.source, Metric::DiskWriteOperations, rates.writes);
            batch.put(&self.source, Metric::DiskBusy, rates.busy);
        } else {
            // At its first sample, or where its counters start anew, it is there all the same.
            batch.condition(&self.source, Health::Ok, "");
        }
        if let Some(thermometer) = &mut self.thermometer {
            let operations = counters.reads.saturating_add(counters.writes);
            batch.put(&self.source, Metric::DiskTemperature, thermometer.read(boot, operations, buffer));
            if thermometer.gone {
                self.thermometer = None;
            }
        }
    }
}

impl Thermometer {
    fn of(disk: &Found, roots: &Roots) -> Option<Thermometer> {
        let is_path = |name: &OsString| name.to_string_lossy().starts_with("nvme");
        let chip = chips::of_device(&disk.device).or_else(|| {
            // A drive that several controllers can reach is a child of a subsystem, which lists them.
            let paths = names(&disk.device).into_iter().filter(is_path);
            paths
                .filter_map(|path| fs::canonicalize(disk.device.join(path)).ok())
                .find_map(|path| chips::of_device(&path))
        })?;
        let rotates = attribute(&disk.folder.join("queue/rotational")).is_some_and(|text| text == b"1");
        let input = Input::new(roots, chip.folder.join("temp1_input"));
        Some(Thermometer { input, gate: chip.gate(roots), rotates, read: None, operations: None, gone: false })
    }

    fn read(&mut self, boot: Duration, operations: u64, buffer: &mut Buffer) -> Option<f64> {
        if let Some((since, celsius)) = self.read
            && boot.saturating_sub(since) < TEMPERATURE_EVERY
        {
            return celsius;
        }
        let rests = *self.operations.get_or_insert(operations) == operations;
        if self.rotates && rests || !chips::may_read(self.gate.as_mut(), buffer) {
            return None;
        }
        let text = self.input.read_at_once(buffer);
        // Its chip may come back under another number.
        self.gone = text.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        let value = text.ok().and_then(celsius);
        self.read = Some((boot, value));
        self.operations = Some(operations);
        value
    }
}

/// A disk as it was found in `/sys/block`.
struct Found {
    name: Vec<u8>,
    folder: PathBuf,
    device: PathBuf,
    id: String,
    model: Option<Vec<u8>>,
}

impl Found {
    fn look(block: &Path, name: &[u8], roots: &Roots) -> Option<Found> {
        // The kernel replaces `/` in the names of devices by `!` here.
        let name_in_sysfs: Vec<u8> = name.iter().map(|byte| if *byte == b'/' { b'!' } else { *byte }).collect();
        if name_in_sysfs.starts_with(b".") {
            return None;
        }
        let folder = block.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&name_in_sysfs));
        // Only what has a device of its own has hardware behind it; a device made of others lists them as slaves.
        let device = fs::canonicalize(folder.join("device")).ok()?;
        let hidden = attribute(&folder.join("hidden")).is_some_and(|text| text == b"1");
        let empty = attribute(&folder.join("size")).is_some_and(|text| text == b"0");
        if hidden || empty || !names(&folder.join("slaves")).is_empty() || is_no_disk(name) {
            return None;
        }
        let id = identity(&folder, &device, roots).unwrap_or_else(|| escaped(name));
        let model = attribute(&device.join("model")).or_else(|| attribute(&device.join("name")));
        Some(Found { name: name.to_vec(), folder, device, id, model })
    }

    fn label(&self) -> Untrusted {
        let mut label = self.model.clone().unwrap_or_default();
        if label.is_empty() {
            return Untrusted::new(self.name.clone());
        }
        label.extend_from_slice(b" (");
        label.extend_from_slice(&self.name);
        label.push(b')');
        Untrusted::new(label)
    }
}

/// Optical drives, floppies, and the small boot areas of memory cards, which share their card's serial number.
fn is_no_disk(name: &[u8]) -> bool {
    let numbered = |prefix: &[u8]| {
        name.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
    };
    let area = |word: &[u8]| name.starts_with(b"mmcblk") && name.windows(word.len()).any(|part| part == word);
    numbered(b"sr") || numbered(b"fd") || area(b"boot") || area(b"rpmb") || area(b"gp")
}

/// WWN, else serial number, else the path of the device.
fn identity(folder: &Path, device: &Path, roots: &Roots) -> Option<String> {
    let own = ["wwid", "device/wwid", "serial", "device/serial", "device/cid"].iter().map(|file| folder.join(file));
    // A USB stick has its serial number at the USB device, a few folders up, beside its vendor.
    let usb = device.ancestors().skip(1).take(6).find(|folder| folder.join("idVendor").exists());
    let told = own.chain(usb.map(|folder| folder.join("serial"))).find_map(|path| {
        let text = attribute(&path)?;
        // Cheap sticks answer with nothing but zeros or blanks, all of them the same.
        text.iter().any(|byte| byte.is_ascii_alphanumeric() && *byte != b'0').then(|| squeezed(&text))
    });
    told.or_else(|| chips::device_path(device, roots))
}

/// The vendor, model and serial number inside a `t10.` WWN are padded with runs of blanks.
fn squeezed(text: &[u8]) -> String {
    escaped(&words(text).collect::<Vec<_>>().join(&b'_'))
}

/// One line of `/proc/diskstats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    name: Vec<u8>,
    counters: Counters,
}

/// Totals since boot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counters {
    reads: u64,
    sectors_read: u64,
    writes: u64,
    sectors_written: u64,
    busy_ms: u64,
}

/// What happened a second.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rates {
    reads: f64,
    read: f64,
    writes: f64,
    written: f64,
    busy: f64,
}

impl Counters {
    fn since(&self, before: &Counters, seconds: f64) -> Option<Rates> {
        Some(Rates {
            reads: rate(before.reads, self.reads, seconds)?,
            read: rate(before.sectors_read, self.sectors_read, seconds)? * SECTOR,
            writes: rate(before.writes, self.writes, seconds)?,
            written: rate(before.sectors_written, self.sectors_written, seconds)? * SECTOR,
            // Milliseconds a second; the kernel rounds up to its own tick, so that 101 % would be possible.
            busy: (rate(before.busy_ms, self.busy_ms, seconds)? / 10.0).min(100.0),
        })
    }
}

/// The devices of `/proc/diskstats`; a line that is cut off or holds no numbers is left out.
pub(crate) fn parse_diskstats(text: &[u8]) -> Vec<Line> {
    let parse = |line| {
        let mut words = words(line);
        let name = words.nth(2)?.to_vec();
        // reads, merged, sectors, ms; writes, merged, sectors, ms; in flight, busy ms, weighted ms. Newer kernels add
        // discards and flushes.
        let mut numbers = [0; 11];
        for field in &mut numbers {
            *field = number(words.next()?)?;
        }
        let [reads, _, sectors_read, _, writes, _, sectors_written, _, _, busy_ms, _] = numbers;
        Some(Line { name, counters: Counters { reads, sectors_read, writes, sectors_written, busy_ms } })
    };
    lines(text).filter_map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_of_diskstats_are_left_out() {
        #[track_caller]
        fn check(text: &[u8], expected: &[&str]) {
            let found: Vec<_> =
                parse_diskstats(text).into_iter().map(|line| String::from_utf8(line.name).unwrap()).collect();
            assert_eq!(found, expected);
        }
        let vda =
            b" 254 0 vda 45054 11625 7543874 41293 46332 49789 17185080 81718 0 16548 124177 8545 42 815536 826\n";
        check(vda, &["vda"]);
        check(&[&vda[..], b" 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n"].concat(), &["vda", "sda"]);
        check(b" 8 0 sda 1 2 3 4 5 6 7 8 9 10\n", &[]);
        check(b" 8 0 sda 1 2 3 4 5 6 -7 8 9 10 11\n", &[]);
        check(b" 8 0 sda 1 2 99999999999999999999 4 5 6 7 8 9 10 11\n 8 1 sda1 1 2 3 4 5 6 7 8 9 10 11", &["sda1"]);
        check(b"", &[]);
        check(b"\xff\n\0\n 8\n", &[]);
        let counters = parse_diskstats(vda)[0].counters;
        let expected = Counters {
            reads: 45054,
            sectors_read: 7_543_874,
            writes: 46332,
            sectors_written: 17_185_080,
            busy_ms: 16548,
        };
        assert_eq!(counters, expected);
    }

    #[test]
    fn rates_are_of_the_time_that_passed() {
        let before = Counters { reads: 10, sectors_read: 100, writes: 20, sectors_written: 200, busy_ms: 1000 };
        let after = Counters { reads: 30, sectors_read: 300, writes: 20, sectors_written: 208, busy_ms: 1500 };
        let expected = Rates { reads: 10.0, read: 51200.0, writes: 0.0, written: 2048.0, busy: 25.0 };
        assert_eq!(after.since(&before, 2.0), Some(expected));
        assert_eq!(before.since(&after, 2.0), None);
        assert_eq!(after.since(&before, 0.1).map(|rates| rates.busy), Some(100.0));
    }

    #[test]
    fn drives_that_are_no_disks_are_known_by_name() {
        for name in ["sr0", "sr12", "fd0", "mmcblk0boot0", "mmcblk1rpmb", "mmcblk0gp1"] {
            assert!(is_no_disk(name.as_bytes()), "{name}");
        }
        for name in ["sda", "vda", "nvme0n1", "mmcblk0", "fdx", "sr", "xvda"] {
            assert!(!is_no_disk(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_resting_disk_is_not_asked_for_its_temperature() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("temp1_input");
        let thermometer = |rotates| Thermometer {
            input: Input::reopened(&path),
            gate: None,
            rotates,
            read: None,
            operations: None,
            gone: false,
        };
        // (second, operations, what the file says, what is recorded)
        #[track_caller]
        fn check(thermometer: &mut Thermometer, path: &Path, steps: &[(u64, u64, &str, Option<f64>)]) {
            for (second, operations, text, expected) in steps {
                fs::write(path, text).unwrap();
                let read = thermometer.read(Duration::from_secs(*second), *operations, &mut Buffer::default());
                assert_eq!(read, *expected, "at {second} s");
            }
        }
        let rotating = [
            (0, 4, "29000", None),
            (1, 5, "30000", Some(30.0)),
            (2, 5, "31000", Some(30.0)),
            (10, 6, "31000", Some(30.0)),
            (11, 6, "32000", Some(32.0)),
            (21, 6, "33000", None),
            (300, 6, "34000", None),
            (301, 7, "35000", Some(35.0)),
            (311, 8, "127000", None),
        ];
        check(&mut thermometer(true), &path, &rotating);
        let flash = [(0, 5, "30000", Some(30.0)), (9, 5, "31000", Some(30.0)), (10, 5, "31000", Some(31.0))];
        check(&mut thermometer(false), &path, &flash);
        let gate = folder.path().join("runtime_status");
        let mut gated = Thermometer { gate: Some(Input::reopened(&gate)), ..thermometer(false) };
        fs::write(&gate, "suspended\n").unwrap();
        check(&mut gated, &path, &[(0, 5, "30000", None)]);
        fs::write(&gate, "active\n").unwrap();
        check(&mut gated, &path, &[(1, 5, "30000", Some(30.0))]);
    }
}
