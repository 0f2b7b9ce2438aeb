//! The promise that sleeping GPUs are left alone, proved for the sensors of all vendors on one machine.

mod attached;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify;
use serde_json::{Value, json};

use crate::clock::ManualClock;
use crate::model::{Batch, EventKind, Health, Parts};
use crate::sensors::amd::Amd;
use crate::sensors::intel::Intel;
use crate::sensors::nvidia::Nvidia;
use crate::sensors::{Roots, Sensor};

mod interrupts;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Maker {
    Amd,
    Intel,
    Nvidia,
}

const MAKERS: [Maker; 3] = [Maker::Amd, Maker::Intel, Maker::Nvidia];

const UUID: &str = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f";
const OTHER_UUID: &str = "GPU-1b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f";

/// A machine whose GPUs are all of one maker, with their sensor.
struct Machine {
    maker: Maker,
    folder: tempfile::TempDir,
    sensor: Box<dyn Sensor>,
    clock: ManualClock,
    second: u64,
    /// Somebody works on the GPU.
    works: bool,
    /// How many interrupts it raised, by CPU.
    raised: [u64; 2],
}

/// When the scripted driver's GPUs begin to work: later than any test lasts.
const WORK: u64 = 100_000;

/// What became of the GPUs in one second.
#[derive(Debug, Default)]
struct Second {
    /// By id; `ok` where there are readings.
    health: BTreeMap<String, (Health, String)>,
    values: usize,
    events: Vec<(EventKind, Value)>,
    replaced: Vec<(String, String)>,
}

impl Machine {
    /// One GPU that may sleep and is idle.
    fn new(maker: Maker) -> Machine {
        Machine::with(maker, "")
    }

    fn with(maker: Maker, scenario: &str) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libnvidia-ml.so.1");
        let test = std::env::current_exe().unwrap();
        fs::copy(test.parent().unwrap().join("libnvml_standin.so"), &library).unwrap();
        let device = |uuid, address| {
            format!(
                "[[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"{uuid}\"\npci = \"{address}\"\n\
                 display_active = false\n[device.curve]\nutil = [[0, 0], [{WORK}, 95]]\n"
            )
        };
        let head = "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\ntrace = \"calls.txt\"\nsysfs_root = \"sys\"\n\
            [clock]\nsource = \"file:now.ms\"\nepoch = 1763000000\n";
        let devices = device(UUID, "0000:01:00.0") + &device(OTHER_UUID, "0000:02:00.0");
        fs::write(folder.path().join("nvml-standin.toml"), [head, &devices, scenario].concat()).unwrap();
        fs::write(folder.path().join("now.ms"), "0").unwrap();
        let roots = Roots::at(folder.path());
        let sensor: Box<dyn Sensor> = match maker {
            Maker::Amd => Amd::boxed(&roots),
            Maker::Intel => Intel::boxed(&roots),
            Maker::Nvidia => Box::new(Nvidia::new(&roots, Some(library.into()))),
        };
        fs::create_dir_all(folder.path().join("proc")).unwrap();
        let clock = ManualClock::at(1_763_000_000);
        let machine = Machine { maker, folder, sensor, clock, second: 0, works: false, raised: [0; 2] };
        machine.gpu("01");
        machine
    }

    /// A GPU on this bus, that may sleep.
    fn gpu(&self, bus: &str) {
        let address = format!("0000:{bus}:00.0");
        let (vendor, driver) = match self.maker {
            Maker::Amd => ("0x1002", "amdgpu"),
            Maker::Intel => ("0x8086", "xe"),
            Maker::Nvidia => ("0x10de", "nvidia"),
        };
        self.write(bus, "vendor", &format!("{vendor}\n"));
        self.write(bus, "device", "0xfffe\n");
        self.write(bus, "class", "0x030000\n");
        self.write(bus, "uevent", &format!("DRIVER={driver}\nPCI_SLOT_NAME={address}\n"));
        self.write(bus, "power_state", "D0\n");
        for (file, text) in [
            ("runtime_status", "active"),
            ("control", "auto"),
            ("runtime_active_time", "0"),
            ("runtime_suspended_time", "0"),
        ] {
            self.write(bus, &format!("power/{file}"), &format!("{text}\n"));
        }
        // What would wake it, beside what tells its values.
        for file in
            ["config", "current_link_speed", "current_link_width", "gpu_busy_percent", "hwmon/hwmon3/temp1_input"]
        {
            self.write(bus, file, "0\n");
        }
        self.write(bus, "hwmon/hwmon3/name", &format!("{driver}\n"));
        self.write(bus, "tile0/gt0/gtidle/idle_residency_ms", "0\n");
        self.write(bus, "tile0/gt0/freq0/act_freq", "300\n");
        let link = |target: &str, name: &str| {
            let name = self.folder.path().join(name);
            fs::create_dir_all(name.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, name).unwrap();
        };
        link(&format!("../../../devices/pci0000:00/{address}"), &format!("sys/bus/pci/devices/{address}"));
        // NVIDIA's driver makes no node by itself.
        if self.maker != Maker::Nvidia {
            for node in ["card", "renderD"] {
                let device = format!("../../../devices/pci0000:00/{address}");
                link(&device, &format!("sys/class/drm/{node}{bus}/device"));
            }
        }
        let information = format!("proc/driver/nvidia/gpus/{address}/information");
        self.write_file(&information, "Model: \t\t Unknown\nGPU UUID: \t GPU-????????-????\nDevice Minor: \t 0\n");
    }

    fn device(&self, bus: &str) -> PathBuf {
        self.folder.path().join(format!("sys/devices/pci0000:00/0000:{bus}:00.0"))
    }

    fn write(&self, bus: &str, file: &str, text: &str) {
        write(&self.device(bus).join(file), text);
    }

    fn write_file(&self, file: &str, text: &str) {
        write(&self.folder.path().join(file), text);
    }

    fn status(&self, bus: &str, status: &str) {
        self.write(bus, "power/runtime_status", &format!("{status}\n"));
    }

    /// A program that has the GPU open.
    fn program(&self, pid: u32, name: &str) {
        let stat = format!("{pid} ({name}) S 1 1 1 0 -1 4194304 0 0 0 0 5 5 0 0 20 0 1 0 {pid} 1000 25 0\n");
        self.write_file(&format!("proc/{pid}/stat"), &stat);
        self.write_file(&format!("proc/{pid}/cmdline"), &format!("{name}\0"));
        let node = if self.maker == Maker::Nvidia { "/dev/nvidia0" } else { "/dev/dri/renderD01" };
        let folder = self.folder.path().join(format!("proc/{pid}/fd"));
        fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(node, folder.join("7")).unwrap();
    }

    /// One more second.
    fn sample(&mut self) -> Second {
        self.second += 1;
        self.clock.advance(Duration::from_secs(1));
        let (begun, busy) = if self.works { (WORK, "90\n") } else { (0, "0\n") };
        self.write_file("now.ms", &((begun + self.second) * 1000).to_string());
        self.write("01", "gpu_busy_percent", busy);
        if !self.works {
            self.write("01", "tile0/gt0/gtidle/idle_residency_ms", &format!("{}\n", self.second * 1000));
        }
        let mut batch = Batch::default();
        self.sensor.sample(&self.clock, &mut batch).unwrap();
        let Parts { readings, conditions, events, replaced, .. } = batch.into_parts();
        let mut second = Second { values: readings.len(), ..Second::default() };
        for reading in readings {
            second.health.insert(reading.source.id.clone(), (Health::Ok, String::new()));
        }
        for (source, condition) in conditions {
            second.health.insert(source.id.clone(), (condition.health, condition.reason));
        }
        second.events = events.into_iter().map(|(_, kind, detail)| (kind, detail)).collect();
        second.replaced = replaced.into_iter().map(|(before, source)| (before, source.id.clone())).collect();
        second
    }

    /// The seconds of these in which it was read, beginning with 1.
    fn read(&mut self, seconds: u64) -> Vec<u64> {
        (1..=seconds).filter(|_| self.sample().values > 0).collect()
    }

    /// What NVIDIA's library was asked.
    fn calls(&self) -> String {
        fs::read_to_string(self.folder.path().join("calls.txt")).unwrap_or_default()
    }
}

/// Writes a file in place: one that is emptied first goes to the disk each time, and an hour has many seconds.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(false).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_len(text.len() as u64).unwrap();
}

/// Which files were opened, by the kernel's word.
struct Watch {
    inotify: OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl Watch {
    fn below(root: &Path) -> Watch {
        let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
        let mut watch = Watch { inotify: inotify::init(flags).unwrap(), folders: BTreeMap::new() };
        watch.add(root);
        watch.opened();
        watch
    }

    fn add(&mut self, folder: &Path) {
        let flags = inotify::WatchFlags::OPEN | inotify::WatchFlags::ACCESS;
        self.folders.insert(inotify::add_watch(&self.inotify, folder, flags).unwrap(), folder.to_path_buf());
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                self.add(&entry.path());
            }
        }
    }

    fn opened(&self) -> BTreeSet<String> {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 8192];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut opened = BTreeSet::new();
        while let Ok(event) = reader.next() {
            assert!(!event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW), "too much was opened to tell");
            let is_folder = event.events().contains(inotify::ReadFlags::ISDIR);
            if let Some(name) = event.file_name().filter(|_| !is_folder) {
                let path = self.folders[&event.wd()].join(name.to_str().unwrap());
                opened.insert(path.strip_prefix(self.folders.values().min().unwrap()).unwrap().display().to_string());
            }
        }
        opened
    }
}

/// What a sample of these tests writes, and so opens, itself.
const WRITTEN: &[&str] = &["idle_residency_ms", "gpu_busy_percent"];

/// What the kernel has in memory, by the end of its path; whether the GPU sleeps, and once in a while what it is.
const IN_MEMORY: &[&str] = &[
    "/runtime_status",
    "/runtime_active_time",
    "/runtime_suspended_time",
    "/vendor",
    "/device",
    "/class",
    "/uevent",
    "/revision",
];

#[test]
fn over_an_hour_nothing_of_a_gpu_that_sleeps_is_opened() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        machine.status("01", "suspended");
        machine.write("01", "power_state", "D3cold\n");
        machine.program(100, "mpv");
        let watch = Watch::below(&machine.device("01"));
        let is_harmless = |file: &String| IN_MEMORY.iter().any(|end| format!("/{file}").ends_with(end));
        for second in 0..3600 {
            // What the test itself writes is no concern of the GPU's.
            let second_after = machine.sample();
            let opened: Vec<_> =
                watch.opened().into_iter().filter(|file| !WRITTEN.iter().any(|own| file.ends_with(own))).collect();
            assert!(opened.iter().all(is_harmless), "{maker:?}, second {second}: {opened:?}");
            let health: Vec<_> = second_after.health.values().cloned().collect();
            assert_eq!((health, second_after.values), (vec![(Health::Asleep, String::new())], 0), "{maker:?}");
            assert_eq!(second_after.events, [], "{maker:?}");
        }
        assert_eq!(machine.calls(), "", "{maker:?}");
        // The watch sees what there is to see.
        machine.status("01", "active");
        machine.write("01", "power_state", "D0\n");
        watch.opened();
        assert!(machine.sample().values > 0, "{maker:?}: it is read at once");
        let opened = watch.opened();
        let expected = match maker {
            Maker::Amd => "gpu_busy_percent",
            Maker::Intel => "tile0/gt0/freq0/act_freq",
            Maker::Nvidia => "power_state",
        };
        assert!(opened.contains(expected), "{maker:?}: {opened:?}");
        assert_eq!(machine.calls().is_empty(), maker != Maker::Nvidia);
    }
}

#[test]
fn an_idle_gpu_is_let_go_within_twelve_seconds_and_read_when_it_is_woken() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        let read = machine.read(20);
        assert!((10..=12).contains(&read.len()), "{maker:?}: {read:?}");
        let second = machine.sample();
        assert_eq!(second.health.values().next().unwrap().1, "idle, letting it sleep", "{maker:?}");
        let calls = machine.calls();
        let is_closed = calls.lines().last().is_none_or(|last| last.contains("nvmlShutdown"));
        assert!(is_closed, "{calls}");
        machine.status("01", "suspended");
        let second = machine.sample();
        assert_eq!(second.health.values().next(), Some(&(Health::Asleep, String::new())), "{maker:?}");
        assert_eq!(second.events, [(EventKind::GpuSlept, json!({}))], "{maker:?}");
        assert_eq!(machine.read(30), [0; 0], "{maker:?}");
        assert_eq!(machine.calls(), calls, "{maker:?}");
        machine.program(100, "mpv");
        machine.status("01", "active");
        let second = machine.sample();
        assert!(second.values > 0, "{maker:?}");
        let holders = json!([{ "pid": 100, "identity": "mpv" }]);
        let woke = (EventKind::GpuWoke, json!({ "seconds": 31.0, "holders": holders }));
        assert_eq!(second.events, [woke], "{maker:?}");
    }
}

#[test]
fn a_gpu_that_cannot_sleep_is_read_all_the_time() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        let power = machine.device("01").join("power");
        fs::remove_dir_all(power).unwrap();
        assert_eq!(machine.read(100).len(), 100, "{maker:?}");
        assert_eq!(machine.sample().events, [], "{maker:?}");
    }
}

#[test]
fn a_gpu_that_does_not_fall_asleep_is_told_with_who_holds_it() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        machine.program(100, "mpv");
        let mut events = Vec::new();
        for _ in 0..1000 {
            events.extend(machine.sample().events);
        }
        let holders = json!([{ "pid": 100, "identity": "mpv" }]);
        let kept = (EventKind::GpuKeptAwake, json!({ "seconds": 60.0, "holders": holders }));
        assert_eq!(events, [kept], "{maker:?}: what goes on is told once");
        machine.program(101, "blender");
        let mut events = Vec::new();
        for _ in 0..1000 {
            events.extend(machine.sample().events);
        }
        assert_eq!(events.len(), 1, "{maker:?}: somebody else holds it");
        assert_eq!(events[0].1["holders"][0]["identity"], "Blender");
    }
}

#[test]
fn a_short_sleep_and_a_short_waking_between_two_looks_are_told() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        machine.sample();
        machine.write("01", "power/runtime_suspended_time", "400\n");
        let kinds: Vec<_> = machine.sample().events.into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, [EventKind::GpuSlept, EventKind::GpuWoke], "{maker:?}");
        machine.status("01", "suspended");
        machine.sample();
        machine.write("01", "power/runtime_active_time", "300\n");
        let events = machine.sample().events;
        let woke = (EventKind::GpuWoke, json!({ "seconds": 1.0 }));
        let slept = (EventKind::GpuSlept, json!({ "seconds": 0.3 }));
        assert_eq!(events, [woke, slept], "{maker:?}");
    }
}

/// The library's session is one for all cards: what it has open of one that rests is let go, and the other is read on.
#[test]
fn a_card_that_never_sleeps_does_not_keep_another_one_awake() {
    let mut machine = Machine::new(Maker::Nvidia);
    machine.gpu("02");
    machine.write("02", "power/control", "on\n");
    machine.read(11);
    let before = machine.calls().lines().count();
    assert_eq!(machine.read(30).len(), 30, "the one that never sleeps");
    let calls = machine.calls();
    let after: Vec<_> = calls.lines().skip(before).collect();
    assert!(!after.iter().any(|call| call.contains("0000:01:00.0")), "the other one is not asked");
    let shutdowns = calls.lines().filter(|call| call.contains("nvmlShutdown")).count();
    assert_eq!(shutdowns, 1, "the session that had it open is over");
    assert!(after.iter().any(|call| call.contains("0000:02:00.0")));
}

/// With fine-grained power management a card may sleep though the library has it open; closing would power it up.
#[test]
fn a_session_is_not_closed_while_a_card_that_it_has_open_sleeps() {
    let mut machine = Machine::new(Maker::Nvidia);
    machine.read(3);
    machine.status("01", "suspended");
    let calls = machine.calls();
    assert_eq!(machine.read(60), [0; 0]);
    assert_eq!(machine.calls(), calls, "nothing is asked, and nothing closed");
    machine.status("01", "active");
    assert_eq!(machine.read(30).len(), 11);
    let calls = machine.calls();
    assert!(calls.lines().last().is_some_and(|last| last.contains("nvmlShutdown")), "{calls}");
}

#[test]
fn a_desktop_card_whose_driver_never_lets_it_sleep_is_always_read() {
    let mut machine = Machine::new(Maker::Nvidia);
    let file = "proc/driver/nvidia/gpus/0000:01:00.0/power";
    machine.write_file(file, "Video Memory:  Active\nRuntime D3 status:          Not supported\n");
    assert_eq!(machine.read(100).len(), 100);
}

#[test]
fn the_source_of_a_card_whose_id_is_learned_late_replaces_the_one_under_its_address() {
    let mut machine = Machine::new(Maker::Nvidia);
    machine.status("01", "suspended");
    let asleep = machine.sample();
    assert_eq!(asleep.health.keys().collect::<Vec<_>>(), ["gpu:0000:01:00.0"]);
    assert_eq!(asleep.replaced, []);
    machine.status("01", "active");
    let awake = machine.sample();
    let own = format!("gpu:{UUID}");
    assert_eq!(awake.health.keys().collect::<Vec<_>>(), [&own]);
    assert_eq!(awake.replaced, [("gpu:0000:01:00.0".to_owned(), own.clone())]);
    assert_eq!(machine.sample().replaced, [], "that is said once");
    machine.status("01", "suspended");
    assert_eq!(machine.sample().health.keys().collect::<Vec<_>>(), [&own], "it keeps its id");
}

#[test]
fn cards_of_one_name_are_numbered_whoever_tells_it() {
    let mut machine = Machine::new(Maker::Nvidia);
    machine.gpu("02");
    machine.sample();
    let mut batch = Batch::default();
    machine.sensor.sample(&machine.clock, &mut batch).unwrap();
    let labels: BTreeSet<_> =
        batch.into_parts().readings.iter().map(|reading| reading.source.label.terminal()).collect();
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["NVIDIA GeForce RTX 4090 1", "NVIDIA GeForce RTX 4090 2"]);
}

/// Some program of a desktop has a notebook's GPU open all the time; who computes on one would be missed.
#[test]
fn a_desktop_that_holds_a_gpu_does_not_keep_it_awake_through_us() {
    for (kind, expected) in [("G", 11), ("C", 40), ("M", 40)] {
        let process = format!("[[process]]\npid = 4242\ndevice = 0\nkind = \"{kind}\"\nmem_mib = 4\n");
        let mut machine = Machine::with(Maker::Nvidia, &process);
        assert_eq!(machine.read(40).len(), expected, "{kind}");
    }
}

/// The sound of a GPU is a device of its own, which needs the GPU while it is awake: the usual reason without a holder.
#[test]
fn a_gpu_whose_sound_is_awake_says_so() {
    for maker in MAKERS {
        let mut machine = Machine::new(maker);
        let sound = "sys/bus/pci/devices/0000:01:00.1";
        machine.write_file(&format!("{sound}/class"), "0x040300\n");
        machine.write_file(&format!("{sound}/power/runtime_status"), "active\n");
        let events: Vec<_> = (0..80).flat_map(|_| machine.sample().events).collect();
        let kept = json!({ "seconds": 60.0, "holders": [], "sound": true });
        assert_eq!(events, [(EventKind::GpuKeptAwake, kept)], "{maker:?}");
    }
}
