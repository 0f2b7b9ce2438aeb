//! Captured Intel GPUs through their whole sensor, compared with what another program makes of the same files; captured
//! fdinfo; and a GPU that sleeps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hoofbeat_core::clock::ManualClock;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Batch, Health, Parts, SourceKind};
use hoofbeat_core::sensors::fdinfo::text::Client;
use hoofbeat_core::sensors::{Roots, SENSORS, Sensor};
use rustix::fs::inotify;

use super::{captured, overlay, repository};

struct Machine {
    folder: tempfile::TempDir,
    sensor: Box<dyn Sensor>,
    clock: ManualClock,
}

/// What one GPU said in one sample.
struct Gpu {
    label: String,
    health: Health,
    values: BTreeMap<Metric, f64>,
}

impl Machine {
    fn new(fill: impl Fn(&Path)) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("proc")).unwrap();
        fill(folder.path());
        let line = SENSORS.iter().find(|line| line.name == "intel").unwrap();
        let sensor = (line.new)(&Roots::at(folder.path()));
        Machine { folder, sensor, clock: ManualClock::at(1_763_000_000) }
    }

    /// A second later, by address.
    fn sample(&mut self) -> BTreeMap<String, Gpu> {
        let mut batch = Batch::default();
        self.clock.advance(Duration::from_secs(1));
        self.sensor.sample(&self.clock, &mut batch).unwrap();
        let Parts { readings, conditions, .. } = batch.into_parts();
        let mut gpus = BTreeMap::new();
        for (source, condition) in conditions {
            assert_eq!(source.kind, SourceKind::Gpu);
            let label = source.label.terminal();
            gpus.insert(source.id.clone(), Gpu { label, health: condition.health, values: BTreeMap::new() });
        }
        for reading in readings {
            let value = reading.metric.to_value(reading.stored as f64);
            gpus.get_mut(&reading.source.id).unwrap().values.insert(reading.metric, value);
        }
        gpus
    }
}

/// The card in a capture: its address, and its files below the class.
fn card(tree: &Path, root: &Path) {
    for entry in fs::read_dir(tree).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().to_str().unwrap().starts_with("card") {
            overlay(&entry.path(), &root.join("sys/class/drm").join(entry.file_name()));
        }
    }
}

/// The names of the values that LACT decodes, with the metric and the factor between their units.
const LACT: &[(&str, Metric, f64)] = &[
    ("/stats/clockspeed/gpu_clockspeed", Metric::GpuClock, 1e6),
    ("/stats/fan/speed_current", Metric::GpuFanSpeed, 1.0),
    ("/stats/power/cap_current", Metric::GpuPowerLimit, 1.0),
    ("/stats/temps/gpu/current", Metric::GpuTemperature, 1.0),
    ("/stats/temps/pkg/current", Metric::GpuTemperature, 1.0),
    ("/stats/temps/vram/current", Metric::GpuMemoryTemperature, 1.0),
];

#[test]
fn captured_cards_say_what_lact_says() {
    let Some(folder) = captured("intel") else { return };
    let mut trees: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).filter(|it| it.is_dir()).collect();
    trees.sort();
    let mut compared = 0;
    for tree in &trees {
        let mut machine = Machine::new(|root| card(tree, root));
        machine.sample();
        let gpus = machine.sample();
        assert_eq!(gpus.len(), 1, "{}", tree.display());
        let (id, gpu) = gpus.first_key_value().unwrap();
        assert!(id.starts_with("gpu:0000:") && gpu.label.starts_with("Intel Arc "), "{id} {}", gpu.label);
        assert_eq!(gpu.health, Health::Ok);
        assert_eq!(gpu.values[&Metric::GpuThrottle], 0.0);
        // Counters of a capture stand still: no power, and nobody is seen to work.
        assert_eq!(gpu.values.get(&Metric::GpuPower), None);
        assert_eq!(gpu.values[&Metric::GpuUtilization], 0.0);
        assert!(gpu.values[&Metric::GpuEnergy] > 1e4);
        let text = fs::read_to_string(tree.with_extension("lact.snap")).unwrap();
        let oracle: serde_json::Value = serde_json::from_str(text.splitn(3, "---\n").nth(2).unwrap()).unwrap();
        let at = |path: &str| oracle.pointer(path).and_then(serde_json::Value::as_f64);
        for (path, metric, factor) in LACT {
            let Some(expected) = at(path) else { continue };
            let read = gpu.values.get(metric).copied();
            assert_eq!(read, Some(expected * factor), "{} {path}", tree.display());
            compared += 1;
        }
    }
    // A capture that is not compared would pass unseen.
    assert!(compared >= trees.len() * 3, "{compared}");
}

#[test]
fn captured_cards_with_damaged_files_keep_the_rest() {
    let Some(folder) = captured("intel") else { return };
    let damages =
        ["", "N/A\n", "-1\n", "65535\n", "655350000000000\n", "18446744073709551615\n", "<b>\n\u{1b}[2J\u{202e}"];
    for (metric, file) in [
        (Metric::GpuTemperature, "device/hwmon/hwmon0/temp2_input"),
        (Metric::GpuMemoryTemperature, "device/hwmon/hwmon0/temp3_input"),
        (Metric::GpuPowerLimit, "device/hwmon/hwmon0/power2_max"),
        (Metric::GpuEnergy, "device/hwmon/hwmon0/energy2_input"),
    ] {
        for damage in damages {
            let tree = folder.join("a380-xe");
            let whole = Machine::new(|root| card(&tree, root)).sample();
            let mut machine = Machine::new(|root| {
                card(&tree, root);
                fs::write(root.join("sys/class/drm/card0").join(file), damage).unwrap();
            });
            let read = machine.sample();
            let (whole, read) = (&whole.first_key_value().unwrap().1, &read.first_key_value().unwrap().1);
            // A counter of energy gets to any number.
            let honest = metric == Metric::GpuEnergy && ["655350000000000\n", "65535\n"].contains(&damage);
            assert_eq!(read.values.contains_key(&metric), honest, "{file} {damage:?}");
            let rest = |gpu: &Gpu| {
                gpu.values.iter().filter(|(other, _)| **other != metric).map(|(k, v)| (*k, *v)).collect::<Vec<_>>()
            };
            assert_eq!(rest(whole), rest(read), "{file} {damage:?}");
            assert_eq!(read.health, Health::Ok);
        }
    }
}

#[test]
fn captured_fdinfo() {
    let Some(folder) = captured("fdinfo") else { return };
    let client = |name: &str| Client::parse(&fs::read(folder.join(name)).unwrap());
    let known = |name: &str| client(name).unwrap();
    let engine = |client: &Client, name: &str| {
        let engine = client.engines.iter().find(|engine| engine.name == name.as_bytes()).unwrap();
        (engine.capacity, engine.busy, engine.cycles.zip(engine.total_cycles))
    };
    let resident = |client: &Client, name: &str| {
        client.regions.iter().find(|region| region.name == name.as_bytes()).and_then(|region| region.resident)
    };
    assert_eq!(client("not-drm.fdinfo"), None);
    let idle = known("amdgpu-idle-no-engine-keys.SYNTHETIC.fdinfo");
    assert_eq!((idle.id, idle.engines.len(), resident(&idle, "vram")), (Some(186), 0, Some(0)));
    let new = known("amdgpu-new-6.14+.SYNTHETIC.fdinfo");
    assert_eq!(engine(&new, "enc"), (1, Some(5_000_000), None));
    let vram = new.regions.iter().find(|region| region.name == b"vram").unwrap();
    assert_eq!((vram.resident, vram.own()), (Some(60060 << 10), Some((60060 - 16392) << 10)));
    let old = known("amdgpu-old-5.14.SYNTHETIC.fdinfo");
    assert_eq!((resident(&old, "vram"), resident(&old, "gtt")), (Some(2068 << 10), Some(8 << 20)));
    let i915 = known("i915-dgpu.SYNTHETIC.fdinfo");
    assert_eq!(engine(&i915, "render"), (1, Some(1_234_567_890), None));
    assert_eq!((engine(&i915, "video").0, resident(&i915, "local0")), (2, Some(256 << 20)));
    let integrated = known("i915-igpu.SYNTHETIC.fdinfo");
    assert_eq!(integrated.regions.iter().map(|region| region.is_local()).collect::<BTreeSet<_>>(), [false].into());
    let arm = known("panthor-arm.glances.fdinfo");
    assert_eq!(
        (arm.device.as_deref(), engine(&arm, "fragment")),
        (Some(&b"fe9b0000.gpu"[..]), (1, Some(5_000_000), None))
    );
    let xe = known("xe-dgpu.fdinfo");
    assert_eq!(engine(&xe, "rcs"), (1, None, Some((28_257_900, 7_655_183_225))));
    assert_eq!((engine(&xe, "ccs").0, resident(&xe, "vram0")), (4, Some(23992 << 10)));
}

/// Which files of a folder were opened, with those below it.
struct Watch {
    inotify: std::os::fd::OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl Watch {
    fn below(root: &Path) -> Watch {
        let inotify = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
        let mut watch = Watch { inotify, folders: BTreeMap::new() };
        watch.add(root, root);
        watch
    }

    fn add(&mut self, root: &Path, folder: &Path) {
        let number = inotify::add_watch(&self.inotify, folder, inotify::WatchFlags::OPEN).unwrap();
        self.folders.insert(number, folder.strip_prefix(root).unwrap().to_path_buf());
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                self.add(root, &entry.path());
            }
        }
    }

    /// The files, and not the folders: their lists are the kernel's own memory.
    fn opened(&self, root: &Path) -> BTreeSet<String> {
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut files = BTreeSet::new();
        while let Ok(event) = reader.next() {
            let Some(name) = event.file_name() else { continue };
            let path = self.folders[&event.wd()].join(name.to_str().unwrap());
            if root.join(&path).is_file() {
                files.insert(path.display().to_string());
            }
        }
        files
    }
}

/// The written machine whose card sleeps: over an hour nothing of it is opened but what the kernel has in memory.
#[test]
fn a_gpu_that_sleeps_is_not_touched() {
    let device = "sys/devices/pci0000:00/0000:00:01.0/0000:03:00.0";
    let mut machine = Machine::new(|root| {
        overlay(&repository().join("tests/machines/arc-xe"), root);
        fs::write(root.join(device).join("power/runtime_status"), "suspended\n").unwrap();
    });
    let root = machine.folder.path().to_path_buf();
    let watch = Watch::below(&root);
    machine.sample();
    let mut opened = watch.opened(&root);
    for _ in 0..3600 {
        let gpus = machine.sample();
        let gpu = &gpus["gpu:0000:03:00.0"];
        assert_eq!((gpu.health, gpu.values.len()), (Health::Asleep, 0));
        opened.extend(watch.opened(&root));
    }
    let harmless = ["/uevent", "/vendor", "/device", "/class", "/dev", "/power/runtime_status", "/pci.ids"];
    let touched: Vec<_> = opened.iter().filter(|file| !harmless.iter().any(|end| file.ends_with(end))).collect();
    assert!(touched.is_empty(), "{touched:?}");
    // The test sees what is opened: when it wakes, everything is.
    fs::write(root.join(device).join("power/runtime_status"), "active\n").unwrap();
    assert_eq!(machine.sample()["gpu:0000:03:00.0"].health, Health::Ok);
    let opened = watch.opened(&root);
    assert!(opened.contains(&format!("{device}/tile0/gt0/freq0/act_freq")), "{opened:?}");
    assert!(opened.iter().any(|file| file.starts_with("proc/") && file.contains("/fdinfo/")), "{opened:?}");
}
