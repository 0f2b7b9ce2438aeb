//! Whole machines through all sensors: written ones against golden files, captured ones against known values.
//!
//! `tests/machines/<name>` is a machine, `<name>.later` what has changed on it one second later. The golden files list
//! what the sensors make of it; `UPDATE_GOLDEN=1 cargo test -p hoofbeat-core --test machines` writes them anew.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hoofbeat_core::clock::ManualClock;
use hoofbeat_core::identity::Identities;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Condition, GpuUse, Health, Parts, Source, Usage};
use hoofbeat_core::sensors::processes::snapshot;
use hoofbeat_core::sensors::{Roots, SENSORS, Sensor, SensorError};

#[path = "machines/amd.rs"]
mod amd;
#[path = "machines/intel.rs"]
mod intel;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Copies a tree over another one; links stay links, and files are written in place.
fn overlay(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).unwrap(), &to).unwrap();
        } else if kind.is_dir() {
            overlay(&from, &to);
        } else {
            fs::write(&to, fs::read(&from).unwrap()).unwrap();
        }
    }
}

/// A machine in a folder of its own, with its sensors. What this process costs is measured elsewhere.
struct Machine {
    folder: tempfile::TempDir,
    sensors: Vec<(&'static str, Box<dyn Sensor>)>,
    clock: ManualClock,
}

/// What the sensors made of a machine in one sample.
#[derive(Default)]
struct Sample {
    sources: BTreeMap<String, Arc<Source>>,
    values: BTreeMap<(String, Metric), f64>,
    conditions: BTreeMap<String, Condition>,
    usage: Vec<Usage>,
    gpu_uses: Vec<GpuUse>,
    errors: Vec<(&'static str, SensorError)>,
}

impl Machine {
    fn new(fill: impl Fn(&Path)) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let roots = Roots::at(folder.path());
        let new = |line: &hoofbeat_core::sensors::Registration| (line.name, (line.new)(&roots));
        let sensors = SENSORS.iter().filter(|line| line.name != "recorder").map(new).collect();
        Machine { folder, sensors, clock: ManualClock::at(1_763_000_000) }
    }

    fn written(name: &str) -> Machine {
        Machine::new(|folder| overlay(&repository().join("tests/machines").join(name), folder))
    }

    fn sample(&mut self) -> Sample {
        let mut sample = Sample::default();
        for (name, sensor) in &mut self.sensors {
            let mut batch = Batch::default();
            if let Err(error) = sensor.sample(&self.clock, &mut batch) {
                sample.errors.push((name, error));
            }
            let Parts { readings, conditions, usage, gpu_uses, .. } = batch.into_parts();
            for reading in readings {
                let value = reading.metric.to_value(reading.stored as f64);
                let key = (reading.source.id.clone(), reading.metric);
                assert_eq!(sample.values.insert(key, value), None, "{} twice", reading.source.id);
                sample.sources.insert(reading.source.id.clone(), reading.source);
            }
            for (source, condition) in conditions {
                sample.conditions.insert(source.id.clone(), condition);
                sample.sources.insert(source.id.clone(), source);
            }
            sample.usage.extend(usage);
            sample.gpu_uses.extend(gpu_uses);
        }
        sample
    }

    fn later(&mut self, name: &str) -> Sample {
        let later = repository().join("tests/machines").join(format!("{name}.later"));
        if later.is_dir() {
            overlay(&later, self.folder.path());
        }
        self.clock.advance(Duration::from_secs(1));
        self.sample()
    }
}

impl Sample {
    fn value(&self, source: &str, metric: Metric) -> Option<f64> {
        self.values.get(&(source.to_string(), metric)).copied()
    }

    /// One block a source, then who uses GPUs, then usage, then the sensors that could read nothing.
    fn show(&self, folder: &Path) -> String {
        let mut out = String::new();
        for (id, source) in &self.sources {
            let part = source.part_of.as_ref().map(|whole| format!(" part of {whole}")).unwrap_or_default();
            let ok = Condition::OK;
            let Condition { health, reason } = self.conditions.get(id).unwrap_or(&ok);
            let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            let label = source.label.as_bytes().escape_ascii();
            writeln!(out, "{id} [{}] \"{label}\"{part} {}{reason}", source.kind.word(), health.word()).unwrap();
            for ((_, metric), value) in self.values.iter().filter(|((of, _), _)| of == id) {
                writeln!(out, "    {} {value} {}", metric.key(), metric.definition().unit.symbol()).unwrap();
            }
        }
        let mut uses: Vec<_> = self.gpu_uses.iter().collect();
        uses.sort_by(|a, b| (&a.source.id, a.pid).cmp(&(&b.source.id, b.pid)));
        for one in uses {
            let told =
                |value: Option<f64>, unit: &str| value.map_or("unknown".into(), |value| format!("{value:.2}{unit}"));
            let vram = one.vram.map_or("unknown".into(), |bytes| format!("{bytes} B"));
            let (share, busy) = (told(one.share, " %"), told(one.busy, " s"));
            let (encoder, decoder) = (told(one.encoder, " s"), told(one.decoder, " s"));
            let who =
                format!("{:?} {:?} pid {} started {:?} uid {:?}", one.identity, one.key, one.pid, one.started, one.uid);
            let did = format!("{share}, busy {busy}, encoder {encoder}, decoder {decoder}, vram {vram}");
            writeln!(out, "use of {} by {who}: {did}", one.source.id).unwrap();
        }
        let mut usage: Vec<_> = self.usage.iter().collect();
        usage.sort_by(|a, b| (&a.identity, a.uid).cmp(&(&b.identity, b.uid)));
        for Usage { key: _, identity, uid, processes, cpu, memory, io } in usage {
            let io = io.map_or_else(|| "unknown".into(), |io| format!("{io} B"));
            // Pages of other sizes exist.
            let pages = memory / rustix_page();
            writeln!(out, "usage {identity:?} uid {uid}: {processes} processes, {cpu} s, {pages} pages, io {io}")
                .unwrap();
        }
        for (sensor, error) in &self.errors {
            let reason = error.reason.replace(&folder.display().to_string(), "ROOT");
            writeln!(out, "sensor {sensor}: {} ({reason})", error.health.word()).unwrap();
        }
        out
    }
}

fn rustix_page() -> u64 {
    rustix::param::page_size() as u64
}

/// Compares with the golden file, or writes it.
#[track_caller]
fn check(name: &str) {
    let mut machine = Machine::written(name);
    let first = machine.sample();
    let rates = [Metric::CpuUtilization, Metric::CpuPressure, Metric::DiskRead, Metric::NetReceive];
    assert!(first.values.keys().all(|(_, metric)| !rates.contains(metric)), "a rate needs two samples");
    let shown = machine.later(name).show(machine.folder.path());
    let golden = repository().join("src-tauri/core/tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &shown).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap_or_default();
    assert!(shown == expected, "{} differs from\n{shown}", golden.display());
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "an id or a reason moves the cursor");
}

#[test]
fn workstation() {
    check("workstation");
}

#[test]
fn laptop() {
    check("laptop");
}

#[test]
fn small_server() {
    check("small-server");
}

#[test]
fn arc_i915() {
    check("arc-i915");
}

#[test]
fn arc_xe() {
    check("arc-xe");
}

#[test]
fn hostile() {
    check("hostile");
}

#[test]
fn amd_desktop() {
    check("amd-desktop");
}

#[test]
fn amd_laptop() {
    check("amd-laptop");
}

#[test]
fn a_machine_with_nothing_on_it_is_unsupported_and_no_sensor_panics() {
    let mut machine = Machine::new(|_| {});
    for sample in [machine.sample(), machine.sample()] {
        assert!(sample.sources.is_empty() && sample.usage.is_empty());
        let failed: Vec<_> = sample.errors.iter().map(|(name, error)| (*name, error.health)).collect();
        let expected: Vec<_> = machine.sensors.iter().map(|(name, _)| (*name, Health::Unsupported)).collect();
        assert_eq!(failed, expected);
    }
}

#[test]
fn a_file_that_turns_into_a_folder_stops_only_its_own_sensor() {
    let mut machine = Machine::written("workstation");
    machine.sample();
    let meminfo = machine.folder.path().join("proc/meminfo");
    fs::remove_file(&meminfo).unwrap();
    fs::create_dir(&meminfo).unwrap();
    let sample = machine.sample();
    let failed: Vec<_> = sample.errors.iter().map(|(name, _)| *name).collect();
    assert_eq!(failed, ["memory", "amd", "nvidia", "battery", "intel"]);
    assert!(sample.value("hwmon:platform/coretemp.0:Package id 0", Metric::HwmonTemperature).is_some());
}

/// A folder of the captured machines, where they are.
fn captured(name: &str) -> Option<PathBuf> {
    let corpus = std::env::var_os("HOOFBEAT_CORPUS").map(PathBuf::from);
    let folder = corpus.unwrap_or_else(|| repository().join("../shared/corpus")).join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

/// Copies a capture, in which `x.symlink` holds the target of the link `x`.
fn restore(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let from = entry.unwrap().path();
        let to = to.join(from.file_name().unwrap());
        if from.is_dir() {
            restore(&from, &to);
        } else if to.extension().is_some_and(|extension| extension == "symlink") {
            let target = fs::read_to_string(&from).unwrap();
            std::os::unix::fs::symlink(target.trim_end(), to.with_extension("")).unwrap();
        } else {
            fs::write(&to, fs::read(&from).unwrap()).unwrap();
        }
    }
}

#[test]
fn captured_chips() {
    let Some(folder) = captured("hwmon") else { return };
    let mut machine = Machine::new(|root| {
        restore(&folder, root);
        // These two come from other machines and are not linked from the class.
        for (device, name) in [
            ("pci0000:00/0000:00:02.1/0000:01:00.0/nvme/nvme0/hwmon3", "hwmon20"),
            ("pci0000:40/0000:40:01.3/0000:45:00.0/hwmon/hwmon0", "hwmon21"),
        ] {
            let target = Path::new("../../devices").join(device);
            std::os::unix::fs::symlink(target, root.join("sys/class/hwmon").join(name)).unwrap();
        }
    });
    let sample = machine.sample();
    #[track_caller]
    fn check(sample: &Sample, source: &str, metric: Metric, expected: f64) {
        assert_eq!(sample.value(source, metric), Some(expected));
    }
    let temperatures = [
        ("hwmon:platform/coretemp.0:Physical id 0", 55.0),
        ("hwmon:platform/coretemp.0:Core 3", 50.0),
        ("hwmon:platform/coretemp.1:Core 1", 52.0),
        ("hwmon:virtual/unnamed:foosensor/temp1", 55.0),
        ("hwmon:virtual/unnamed:foosensor/temp2", 54.0),
        ("hwmon:platform/soc/18000000.wifi/ieee80211/phy0/mt7996_phy0_1:temp1", 56.0),
        ("hwmon:platform/soc/18000000.wifi/ieee80211/phy0/mt7996_phy0_2:temp1", 57.0),
        ("hwmon:pci0000:00/0000:00:02.1/0000:01:00.0/nvme:Composite", 43.9),
        ("hwmon:pci0000:00/0000:00:02.1/0000:01:00.0/nvme:Sensor 8", 43.9),
        ("hwmon:pci0000:40/0000:40:01.3/0000:45:00.0:loc1", 50.0),
    ];
    temperatures.iter().for_each(|(source, value)| check(&sample, source, Metric::HwmonTemperature, *value));
    check(&sample, "hwmon:platform/nct6775.656:in0", Metric::HwmonVoltage, 0.792);
    check(&sample, "hwmon:platform/nct6775.656:in1", Metric::HwmonVoltage, 1.024);
    check(&sample, "hwmon:platform/nct6775.656:fan2", Metric::HwmonFan, 1098.0);
    assert_eq!(sample.sources["hwmon:platform/nct6775.656"].label.as_bytes(), b"nct6779");
    assert!(!sample.sources.keys().any(|id| id.contains("bogus") || id.contains("asus")), "no channel, no chip");
    let channels = sample.values.keys().filter(|(id, _)| id.starts_with("hwmon:")).count();
    // Two packages of 5, 2 without a name, 3 radios, 3 of the board, 4 of the drive, 1 of the network card.
    assert_eq!(channels, 23);
}

#[test]
fn captured_processes() {
    let Some(folder) = captured("proc/fixtures") else { return };
    let mut machine = Machine::new(|root| restore(&folder, root));
    let sample = machine.sample();
    let usage = |identity: &[u8]| sample.usage.iter().find(|usage| usage.identity.as_bytes() == identity).unwrap();
    let vim = usage(b"vim");
    assert_eq!((vim.uid, vim.processes, vim.memory, vim.io), (1000, 1, 1981 * rustix_page(), Some(0)));
    assert_eq!(usage(b"ata_sff").memory, 0);
    assert_eq!(usage(b"(a b ) ( c d) ").memory, 155 * rustix_page());
    assert_eq!(sample.value("cpu", Metric::CpuTemperature), Some(49.9));

    let proc = machine.folder.path().join("proc");
    let roots = Roots::at(machine.folder.path());
    let mut identities = Identities::new(&roots);
    assert_eq!(
        snapshot(&roots, &mut identities).unwrap_err().health,
        Health::Unsupported,
        "the capture has no /proc/stat"
    );
    fs::write(proc.join("stat"), "btime 1418183276\n").unwrap();
    let list = snapshot(&roots, &mut identities).unwrap();
    assert_eq!(list.iter().map(|process| process.pid).collect::<Vec<_>>(), [584, 26231, 26232]);
    let vim = &list[1];
    assert_eq!((vim.parent, vim.state, vim.threads, vim.cpu_seconds), (5392, 'R', 1, 17.21));
    assert_eq!(vim.started, 1_418_184_099.75);
}
