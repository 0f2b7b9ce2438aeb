//! The whole sensor on a scripted driver, on a clock that the test sets.

mod faults;
mod processes;
mod values;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::metrics::Metric;
use crate::model::{Condition, GpuUse, Parts};

const ADDRESS: &str = "0000:01:00.0";
const UUID: &str = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f";
const EPOCH: u64 = 1_763_000_000;

/// A machine with a scripted driver of its own.
struct Rig {
    folder: tempfile::TempDir,
    sensor: Nvidia,
    /// Seconds since the scenario's start.
    second: u64,
}

impl Rig {
    /// One GPU of a profile, to which the scenario adds, and which never sleeps.
    fn new(profile: &str, scenario: &str) -> Rig {
        Rig::of(&format!(
            "[[device]]\nprofile = \"{profile}\"\nuuid = \"{UUID}\"\npci = \"{ADDRESS}\"\n{scenario}\n\
             [clock]\nsource = \"file:now.ms\"\nepoch = {EPOCH}\n"
        ))
    }

    fn of(scenario: &str) -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let device = folder.path().join("sys/bus/pci/devices").join(ADDRESS);
        std::fs::create_dir_all(device.join("power")).unwrap();
        std::fs::create_dir_all(folder.path().join("proc")).unwrap();
        for (file, text) in [
            ("vendor", "0x10de\n"),
            ("class", "0x030000\n"),
            ("power/control", "on\n"),
            ("power/runtime_status", "active\n"),
        ] {
            std::fs::write(device.join(file), text).unwrap();
        }
        std::fs::write(folder.path().join("nvml-standin.toml"), scenario).unwrap();
        let library = folder.path().join("libnvidia-ml.so.1");
        let rig_sensor = Nvidia::new(&Roots::at(folder.path()), Some(library.into_os_string()));
        let rig = Rig { folder, sensor: rig_sensor, second: 0 };
        rig.install();
        rig
    }

    /// One where the kernel shows no card, as inside some containers.
    fn bare(scenario: &str) -> Rig {
        let rig = Rig::new("geforce-rtx-4090", scenario);
        std::fs::remove_dir_all(rig.path("sys")).unwrap();
        rig
    }

    /// A copy of its own: what a driver remembers belongs to the file that was loaded.
    fn install(&self) {
        let test = std::env::current_exe().unwrap();
        std::fs::copy(test.parent().unwrap().join("libnvml_standin.so"), self.path("libnvidia-ml.so.1")).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a process into the machine's `/proc`.
    fn process(&self, pid: u32, program: &str) {
        let folder = self.path("proc").join(pid.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let stat = format!("{pid} ({program}) S 1 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 900 1000000 25 0\n");
        std::fs::write(folder.join("stat"), stat).unwrap();
        std::fs::write(folder.join("status"), "Uid:\t1000\t1000\t1000\t1000\n").unwrap();
        std::fs::write(folder.join("cmdline"), format!("/usr/bin/{program}\0")).unwrap();
    }

    /// One sample at this second of the scenario.
    fn at(&mut self, second: u64) -> Told {
        std::fs::write(self.path("now.ms"), format!("{}", second * 1000)).unwrap();
        self.second = second;
        let now = Now { wall: Duration::from_secs(EPOCH + second), boot: Duration::from_secs(1000 + second) };
        let mut batch = Batch::default();
        self.sensor.sample(&now, &mut batch).unwrap();
        Told::of(batch)
    }

    /// A sample each second, up to and with this one; gives the last.
    fn until(&mut self, second: u64) -> Told {
        let mut last = None;
        while self.second < second {
            let next = self.second + 1;
            last = Some(self.at(next));
        }
        last.expect("time goes on")
    }

    /// Samples until `probe` holds, for what other threads do; the scenario's clock goes on by a second each time.
    #[track_caller]
    fn wait_until(&mut self, what: &str, mut probe: impl FnMut(&Told) -> bool) -> Told {
        let started = std::time::Instant::now();
        loop {
            let told = self.until(self.second + 1);
            if probe(&told) {
                return told;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "waited in vain for {what}: {told:?}");
            std::thread::yield_now();
        }
    }

    /// The names of the calls that the driver was asked since the last time, in their order. The scenario names the file
    /// `calls.txt`.
    fn calls(&self) -> Vec<String> {
        let file = self.path("calls.txt");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(file, "").unwrap();
        let name = |line: &str| line.split(' ').nth(2).and_then(|call| call.split('(').next()).map(str::to_owned);
        text.lines().filter_map(name).collect()
    }
}

/// What one sample told.
#[derive(Debug)]
struct Told {
    values: HashMap<(String, Metric), f64>,
    conditions: HashMap<String, Condition>,
    labels: HashMap<String, String>,
    uses: Vec<GpuUse>,
    events: Vec<(String, serde_json::Value)>,
}

impl Told {
    fn of(batch: Batch) -> Told {
        let Parts { readings, conditions, gpu_uses, events, .. } = batch.into_parts();
        let sources = readings.iter().map(|reading| &reading.source).chain(conditions.iter().map(|(source, _)| source));
        let labels = sources.map(|source| (source.id.clone(), source.label.terminal())).collect();
        let value = |reading: &crate::model::Reading| reading.metric.to_value(reading.stored as f64);
        Told {
            values: readings.iter().map(|one| ((one.source.id.clone(), one.metric), value(one))).collect(),
            conditions: conditions.into_iter().map(|(source, condition)| (source.id.clone(), condition)).collect(),
            labels,
            uses: gpu_uses,
            events: events.into_iter().map(|(source, _, detail)| (source.id.clone(), detail)).collect(),
        }
    }

    fn value(&self, metric: Metric) -> Option<f64> {
        self.value_of(&format!("gpu:{UUID}"), metric)
    }

    fn value_of(&self, source: &str, metric: Metric) -> Option<f64> {
        self.values.get(&(source.to_owned(), metric)).copied()
    }

    fn condition(&self) -> Option<&Condition> {
        self.conditions.get(&format!("gpu:{UUID}"))
    }

    /// Whether the GPU has this health, for a reason with this word in it.
    fn is(&self, health: Health, word: &str) -> bool {
        self.condition().is_some_and(|condition| condition.health == health && condition.reason.contains(word))
    }

    #[track_caller]
    fn one(&self, pid: u32) -> &GpuUse {
        self.uses.iter().find(|one| one.pid == pid).unwrap_or_else(|| panic!("{pid} is not told of: {self:?}"))
    }
}
