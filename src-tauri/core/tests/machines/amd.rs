//! GPUs of AMD: captured cards against what LACT, another program, decodes from them; and proof that a sleeping card is
//! not touched.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::inotify;

use super::*;

/// Where a captured card differs from what LACT makes of it: the card, the metric, LACT's value, ours, and why.
const DIFFERENCES: &[(&str, Metric, f64, Option<f64>, &str)] = &[
    ("phoenix", Metric::GpuPcieGeneration, 4.0, None, SOLDERED),
    ("phoenix", Metric::GpuPcieWidth, 16.0, None, SOLDERED),
    ("rx5700xt", Metric::GpuFanSpeed, 29.0, Some(0.0), STOPPED),
    ("rx5700xt", Metric::GpuPcieGeneration, 4.0, Some(3.0), SWITCH),
    ("rx6600", Metric::GpuPcieGeneration, 4.0, Some(3.0), SWITCH),
    ("rx6600", Metric::GpuPcieWidth, 16.0, Some(8.0), SWITCH),
    ("vangogh", Metric::GpuPcieGeneration, 3.0, None, SOLDERED),
    ("vangogh", Metric::GpuPcieWidth, 16.0, None, SOLDERED),
    ("vega56", Metric::GpuFanSpeed, 5.0, Some(0.0), STOPPED),
];
const STOPPED: &str = "a fan that stands still is counted as turning a few times a minute";
const SOLDERED: &str = "a GPU inside the processor has no link: the file is a default";
const SWITCH: &str = "LACT reads the link between the chip and the switch on its own board, which always runs at full \
    speed; the driver knows that of the board to the machine";

/// A machine with one captured card, and a `pci.ids` that knows its chip.
fn captured_card(tree: &Path, model: &str, number: &str) -> Machine {
    let card = fs::read_dir(tree).unwrap().map(|entry| entry.unwrap().path());
    let card = card.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("card")).max().unwrap();
    Machine::new(|root| {
        overlay(&card, &root.join("sys/class/drm").join(card.file_name().unwrap()));
        fs::create_dir_all(root.join("usr/share/misc")).unwrap();
        let line = format!("1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t{}  {model}\n", number.to_lowercase());
        fs::write(root.join("usr/share/misc/pci.ids"), line).unwrap();
    })
}

/// What LACT says of a card, in our metrics.
fn decoded(lact: &serde_json::Value) -> Vec<(Metric, f64)> {
    let at = |path: &str| lact.pointer(path).and_then(serde_json::Value::as_f64);
    let words = |path: &str| lact.pointer(path).and_then(serde_json::Value::as_str);
    let scaled = |path: &str, scale: f64| at(path).map(|value| value * scale);
    let rate = words("/info/link_info/current_speed").and_then(|speed| speed.strip_suffix(" GT/s PCIe"));
    let generation = rate.map(|rate| match rate {
        "8.0" => 3.0,
        "16.0" => 4.0,
        other => panic!("{other} GT/s"),
    });
    // Its list of limits is taken from the fan's curve on some cards, where it is no duty.
    let duty = at("/stats/fan/pwm_current").map(|duty| (duty / 255.0 * 100.0).round());
    let values = [
        (Metric::GpuUtilization, at("/stats/busy_percent")),
        (Metric::GpuMemoryUsed, scaled("/stats/vram/used", 1.0).map(mebibytes)),
        (Metric::GpuMemoryTotal, at("/stats/vram/total")),
        (Metric::GpuTemperature, at("/stats/temps/edge/current")),
        (Metric::GpuHotspot, at("/stats/temps/junction/current")),
        (Metric::GpuMemoryTemperature, at("/stats/temps/mem/current")),
        (Metric::GpuPower, at("/stats/power/average").map(tenths)),
        (Metric::GpuPowerLimit, at("/stats/power/cap_current")),
        (Metric::GpuFanSpeed, at("/stats/fan/speed_current")),
        (Metric::GpuFanPercent, duty),
        (Metric::GpuClock, scaled("/stats/clockspeed/gpu_clockspeed", 1e6)),
        (Metric::GpuMemoryClock, scaled("/stats/clockspeed/vram_clockspeed", 1e6)),
        (Metric::GpuPcieGeneration, generation),
        (Metric::GpuPcieWidth, words("/info/link_info/current_width").map(|width| width.parse().unwrap())),
    ];
    values.into_iter().filter_map(|(metric, value)| Some((metric, value?))).collect()
}

fn mebibytes(bytes: f64) -> f64 {
    (bytes / 1_048_576.0).round() * 1_048_576.0
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[test]
fn captured_cards_read_as_another_program_reads_them() {
    let Some(folder) = captured("amd") else { return };
    let mut differing = Vec::new();
    let mut cards = 0;
    let trees: BTreeSet<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for tree in trees.iter().filter(|path| path.is_dir()) {
        let name = tree.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(snapshot) = fs::read_to_string(folder.join(format!("{name}.lact.snap"))) else { continue };
        let lact: serde_json::Value = serde_json::from_str(&snapshot[snapshot.find("\n{").unwrap()..]).unwrap();
        let chip = |key: &str| lact["info"]["pci_info"]["device_pci_info"][key].as_str().unwrap().to_string();
        let mut machine = captured_card(tree, &chip("model"), &chip("model_id"));
        let sample = machine.sample();
        let (id, source) = sample.sources.iter().find(|(id, _)| id.starts_with("gpu:")).unwrap();
        let trade_name = chip("model").split('[').next_back().unwrap().trim_end_matches(']').to_string();
        let label = String::from_utf8(source.label.as_bytes().to_vec()).unwrap();
        assert!(label.starts_with("AMD ") && label.ends_with(&trade_name), "{label}");
        assert_eq!(sample.conditions.get(id), None, "{name}");
        for (metric, theirs) in decoded(&lact) {
            let ours = sample.value(id, metric);
            if ours != Some(theirs) {
                differing.push((name.clone(), metric, theirs, ours));
            }
        }
        cards += 1;
    }
    let deliberate: Vec<_> = DIFFERENCES
        .iter()
        .filter(|(name, ..)| folder.join(name).is_dir())
        .map(|(name, metric, theirs, ours, _)| (name.to_string(), *metric, *theirs, *ours))
        .collect();
    assert_eq!(differing, deliberate);
    assert!(cards > 0);
}

#[test]
fn captured_tables_fill_what_the_files_leave_open() {
    let Some(folder) = captured("amd") else { return };
    #[track_caller]
    fn check(folder: &Path, name: &str, expected: &[(Metric, Option<f64>)]) {
        let sample = captured_card(&folder.join(name), "Chip", "0000").sample();
        let id = sample.sources.keys().find(|id| id.starts_with("gpu:")).unwrap();
        let found: Vec<_> = expected.iter().map(|(metric, _)| (*metric, sample.value(id, *metric))).collect();
        assert_eq!(found, expected, "{name}");
    }
    // 17,692 J in 533 s are 33 W; the card drew 36 W when it was captured.
    let navi = [
        (Metric::GpuEnergy, Some(17_692.0)),
        (Metric::GpuThrottle, Some(0.0)),
        (Metric::GpuPcieGeneration, Some(4.0)),
        (Metric::GpuMemoryUtilization, Some(0.0)),
        (Metric::GpuMemoryShared, Some(mebibytes(62_369_792.0))),
    ];
    check(&folder, "rx6900xt", &navi);
    // It rests with its graphics engine switched off, and its table claims a hot spot at 54 °C then.
    let resting = [(Metric::GpuEnergy, None), (Metric::GpuThrottle, None), (Metric::GpuPcieWidth, Some(8.0))];
    check(&folder, "rx7600s", &resting);
    let apu = [
        (Metric::GpuMemoryClock, Some(400e6)),
        (Metric::GpuThrottle, Some(0.0)),
        (Metric::GpuFanSpeed, None),
        (Metric::GpuPowerLimit, None),
        (Metric::GpuMemoryUtilization, None),
    ];
    check(&folder, "phoenix", &apu);
    check(&folder, "vangogh", &[(Metric::GpuMemoryClock, Some(687e6)), (Metric::GpuFanPercent, None)]);
}

/// Which files below a folder were opened or read, told by the kernel.
struct Watch {
    inotify: std::os::fd::OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl Watch {
    fn below(folder: &Path) -> Watch {
        let inotify = inotify::init(inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC).unwrap();
        let mut watch = Watch { inotify, folders: BTreeMap::new() };
        watch.add(folder);
        watch
    }

    fn add(&mut self, folder: &Path) {
        let flags = inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS;
        self.folders.insert(inotify::add_watch(&self.inotify, folder, flags).unwrap(), folder.to_path_buf());
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_dir() {
                self.add(&entry.path());
            }
        }
        // Looking for folders opened them.
        self.touched();
    }

    /// The files, without folders, since it was last asked.
    fn touched(&self) -> BTreeSet<String> {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut touched = BTreeSet::new();
        while let Ok(event) = reader.next() {
            assert!(!event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW), "too much was touched to tell");
            let is_folder = event.events().contains(inotify::ReadFlags::ISDIR);
            if let Some(name) = event.file_name().filter(|_| !is_folder) {
                let path = self.folders[&event.wd()].join(OsStr::from_bytes(name.to_bytes()));
                touched.insert(path.file_name().unwrap().to_string_lossy().into_owned());
            }
        }
        touched
    }
}

#[test]
fn a_sleeping_card_is_not_touched() {
    let mut machine = Machine::written("amd-laptop");
    let card = machine.folder.path().join("sys/devices/pci0000:00/0000:00:01.1/0000:01:00.0/0000:02:00.0/0000:03:00.0");
    let watch = Watch::below(&card);
    // What the card is, once in a while, and whether it sleeps. The chip's name is asked by the sensor of chips.
    let in_memory = BTreeSet::from(["class", "device", "name", "revision", "runtime_status", "uevent", "vendor"]);
    // An hour, in which cards are looked for again and again.
    for _ in 0..3600 {
        machine.sensors.iter_mut().filter(|(name, _)| ["amd", "hwmon"].contains(name)).for_each(|(_, sensor)| {
            sensor.sample(&machine.clock, &mut Batch::default()).ok();
        });
        let touched = watch.touched();
        let allowed = touched.iter().all(|name| in_memory.contains(name.as_str()));
        assert!(allowed, "{touched:?}");
        machine.clock.advance(Duration::from_secs(1));
    }
    let sample = machine.sample();
    assert_eq!(sample.conditions["gpu:0000:03:00.0"].health, Health::Asleep);
    assert!(!sample.values.keys().any(|(id, _)| id == "gpu:0000:03:00.0"));
    assert!(watch.touched().iter().all(|name| in_memory.contains(name.as_str())));

    fs::write(card.join("power_state"), "D0\n").unwrap();
    fs::write(card.join("power/runtime_status"), "active\n").unwrap();
    assert_eq!(machine.sample().value("gpu:0000:03:00.0", Metric::GpuUtilization), Some(0.0));
    assert!(watch.touched().contains("gpu_busy_percent"), "the watch sees what is read");
}

#[test]
fn a_card_that_is_awake_is_not_asked_what_takes_long_or_wakes() {
    let mut machine = Machine::written("amd-desktop");
    let watch = Watch::below(&machine.folder.path().join("sys/devices"));
    machine.sample();
    let touched = watch.touched();
    assert!(touched.contains("gpu_metrics"), "{touched:?}");
    let never = ["config", "current_link_speed", "current_link_width", "pcie_bw", "max_link_speed", "max_link_width"];
    assert!(never.iter().all(|name| !touched.contains(*name)), "{touched:?}");
}

#[test]
fn the_chip_of_a_card_is_not_a_source_of_its_own() {
    for machine in ["amd-desktop", "amd-laptop"] {
        let sample = Machine::written(machine).sample();
        assert!(!sample.sources.keys().any(|id| id.starts_with("hwmon:")), "{machine}");
    }
}

#[test]
fn a_card_whose_files_hold_garbage_has_no_values() {
    for garbage in ["", "-1\n", "N/A\n", "18446744073709551615\n", "<b>\n\u{202e}\0", "0: \u{b5}Mhz *\n"] {
        let mut machine = Machine::written("amd-desktop");
        let card = "sys/devices/pci0000:00/0000:00:03.1/0000:0a:00.0/0000:0b:00.0/0000:0c:00.0";
        let card = machine.folder.path().join(card);
        for folder in [card.clone(), card.join("hwmon/hwmon5")] {
            let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
            let known = ["vendor", "device", "class", "uevent", "name"];
            let is_value = |path: &PathBuf| !known.contains(&path.file_name().unwrap().to_str().unwrap());
            files.filter(is_value).for_each(|path| fs::write(path, garbage).unwrap());
        }
        let sample = machine.sample();
        assert!(!sample.values.keys().any(|(id, _)| id.starts_with("gpu:")), "{garbage:?}");
        let condition = &sample.conditions["gpu:0000:0c:00.0"];
        assert!(condition.health == Health::Unsupported && !condition.reason.is_empty(), "{garbage:?}");
        assert_eq!(sample.sources["gpu:0000:0c:00.0"].label.as_bytes(), b"AMD Radeon RX 6800/6800 XT / 6900 XT");
    }
}
