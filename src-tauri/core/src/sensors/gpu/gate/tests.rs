//! One gate before a GPU in a folder, second by second.

use super::*;
use crate::sensors::gpu::{Finder, INTEL};
use std::fs;

/// A GPU in a folder of its own.
struct Gpu {
    folder: tempfile::TempDir,
    gate: Gate,
    interrupts: Interrupts,
    buffer: Buffer,
}

const DEVICE: &str = "sys/class/drm/card0/device";
const STATUS: &str = "sys/class/drm/card0/device/power/runtime_status";
const ACTIVE: &str = "sys/class/drm/card0/device/power/runtime_active_time";
const SUSPENDED: &str = "sys/class/drm/card0/device/power/runtime_suspended_time";
const AUTO: (&str, &str) = ("sys/class/drm/card0/device/power/control", "auto\n");
const CONNECTOR: &str = "sys/class/drm/card0/card0-DP-1/enabled";

impl Gpu {
    fn new(files: &[(&str, &str)]) -> Gpu {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(DEVICE)).unwrap();
        let uevent = "DRIVER=xe\nPCI_SLOT_NAME=0000:03:00.0\n";
        fs::write(folder.path().join(DEVICE).join("uevent"), uevent).unwrap();
        let roots = Roots::at(folder.path());
        let card = Finder::new(&roots, INTEL).find().remove(0);
        let (gate, interrupts) = (Gate::new(&roots, &card), Interrupts::new(&roots));
        let gpu = Gpu { gate, interrupts, folder, buffer: Buffer::default() };
        files.iter().for_each(|(path, text)| gpu.write(path, text));
        gpu
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn ask(&mut self, second: u64) -> Answer {
        self.gate.ask(Duration::from_secs(second), &mut self.interrupts, &mut self.buffer)
    }

    /// Asks and reads each second; gives the seconds in which it was read.
    fn read(&mut self, seconds: std::ops::Range<u64>, idle: Option<bool>) -> Vec<u64> {
        let read = |second: &u64| {
            let read = self.ask(*second) == Answer::Read;
            if read {
                self.gate.saw(idle, Duration::from_secs(*second));
            }
            read
        };
        seconds.filter(read).collect()
    }
}

const IDLE: Option<bool> = Some(true);

#[test]
fn only_a_gpu_that_is_awake_is_read() {
    #[track_caller]
    fn check(files: &[(&str, &str)], expected: Option<Health>) {
        let health = match Gpu::new(files).ask(0) {
            Answer::Read => None,
            Answer::Leave(health, reason) => {
                assert_eq!(reason.is_empty(), health == Health::Asleep, "asleep is a word of its own");
                Some(health)
            }
        };
        assert_eq!(health, expected, "{files:?}");
    }
    let state = |text| ("sys/class/drm/card0/device/power_state", text);
    let bus = |text| ("sys/bus/pci/devices/0000:03:00.0/power/runtime_status", text);
    check(&[], None);
    check(&[(STATUS, "active\n")], None);
    check(&[(STATUS, "unsupported\n")], None);
    check(&[(STATUS, "suspended\n")], Some(Health::Asleep));
    check(&[(STATUS, "suspending\n")], Some(Health::Asleep));
    check(&[(STATUS, "resuming\n")], Some(Health::Asleep));
    check(&[(STATUS, "error\n")], Some(Health::Lost));
    check(&[(STATUS, "\u{1b}[2J")], Some(Health::Lost));
    check(&[(&format!("{STATUS}/x"), "")], Some(Health::Lost));
    check(&[(STATUS, "suspended\n\0\0")], Some(Health::Asleep));
    check(&[state("D3cold\n")], Some(Health::Asleep));
    check(&[(STATUS, "unsupported\n"), state("D3hot\n")], Some(Health::Asleep));
    check(&[(STATUS, "active\n"), state("D3hot\n")], Some(Health::Asleep));
    check(&[(STATUS, "active\n"), state("D0\n")], None);
    check(&[state("unknown\n")], None);
    check(&[bus("suspended\n")], Some(Health::Asleep));
    check(&[(STATUS, "active\n"), bus("suspended\n")], None);
}

#[test]
fn an_idle_gpu_that_may_sleep_is_let_go_and_read_when_somebody_wakes_it() {
    let mut gpu = Gpu::new(&[(STATUS, "active\n"), AUTO]);
    assert_eq!(gpu.read(0..200, IDLE), [(0..=10).collect(), vec![70]].concat());
    assert_eq!(gpu.read(200..1400, IDLE), [370, 1270]);
    assert_eq!(gpu.ask(1400), Answer::Leave(Health::Asleep, LET_GO.into()));
    gpu.write(STATUS, "suspended\n");
    assert_eq!(gpu.ask(1402), Answer::Leave(Health::Asleep, String::new()));
    gpu.write(STATUS, "active\n");
    assert_eq!(gpu.read(1403..1430, IDLE), (1403..=1413).collect::<Vec<_>>(), "what for is recorded");
}

#[test]
fn a_short_sleep_that_no_look_saw_starts_over_too() {
    let mut gpu = Gpu::new(&[(STATUS, "active\n"), AUTO, (ACTIVE, "5000\n"), (SUSPENDED, "100\n")]);
    assert_eq!(gpu.read(0..30, IDLE).len(), 11);
    gpu.write(SUSPENDED, "450\n");
    assert_eq!(gpu.read(30..60, IDLE), (30..=40).collect::<Vec<_>>());
    let woke = Happening::Woke { after: Some(Duration::from_millis(350)), is_over: false };
    assert_eq!(gpu.gate.happenings(), [Happening::Slept { after: None }, woke]);
}

#[test]
fn a_refusal_to_sleep_is_noted() {
    let mut gpu = Gpu::new(&[(STATUS, "active\n"), AUTO]);
    gpu.read(0..100, IDLE);
    assert_eq!(gpu.gate.happenings(), [Happening::KeptAwake { alone: Duration::from_secs(60) }]);
    gpu.read(100..300, Some(false));
    assert_eq!(gpu.gate.happenings(), []);
}

#[test]
fn a_gpu_that_must_stay_awake_is_always_read() {
    #[track_caller]
    fn check(files: &[(&str, &str)], idle: Option<bool>, expected: bool) {
        let always = Gpu::new(files).read(0..100, idle).len() == 100;
        assert_eq!(always, expected, "{files:?}");
    }
    let status = (STATUS, "active\n");
    let (lit, dpms) = ((CONNECTOR, "enabled\n"), |text| ("sys/class/drm/card0/card0-DP-1/dpms", text));
    check(&[status, (AUTO.0, "on\n")], IDLE, true);
    check(&[status], IDLE, true);
    check(&[(STATUS, "unsupported\n"), AUTO], IDLE, true);
    check(&[status, AUTO, lit], IDLE, true);
    check(&[status, AUTO, lit, dpms("On\n")], IDLE, true);
    check(&[status, AUTO, lit, dpms("Off\n")], IDLE, false);
    check(&[status, AUTO, (CONNECTOR, "disabled\n")], IDLE, false);
    check(&[status, AUTO, ("sys/class/drm/card0-DP-1/enabled", "enabled\n")], IDLE, true);
    check(&[status, AUTO, ("sys/class/drm/card01-DP-1/enabled", "enabled\n")], IDLE, false);
    check(&[status, AUTO], Some(false), true);
    check(&[status, AUTO], None, false);
}

#[test]
fn a_screen_that_is_plugged_in_is_noticed_within_ten_seconds() {
    let mut gpu = Gpu::new(&[(STATUS, "active\n"), AUTO]);
    assert_eq!(gpu.read(0..90, IDLE).len(), 12);
    gpu.write(CONNECTOR, "enabled\n");
    let first = gpu.read(90..150, IDLE)[0];
    assert!(first <= 100, "{first}");
    assert_eq!(gpu.read(150..250, IDLE).len(), 100);
}
