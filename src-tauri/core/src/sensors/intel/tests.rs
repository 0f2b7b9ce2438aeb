//! The behaviour of the whole sensor over time; whole machines are in `tests/machines`.

use super::*;
use crate::model::{Now, Parts};
use std::collections::BTreeMap;

struct Machine {
    folder: tempfile::TempDir,
    sensor: Box<dyn Sensor>,
}

const GT: &str = "device/tile0/gt0/";

impl Machine {
    /// One card with the files that all of them have.
    fn new(driver: &str) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine { sensor: Intel::boxed(&Roots::at(folder.path())), folder };
        std::fs::create_dir_all(machine.folder.path().join("proc")).unwrap();
        let uevent = format!("DRIVER={driver}\nPCI_ID=8086:E20B\nPCI_SLOT_NAME=0000:03:00.0\n");
        machine.write("device/uevent", &uevent);
        machine.write("dev", "226:1\n");
        machine
    }

    /// A file of the card.
    fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join("sys/class/drm/card1").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn client(&self, pid: u32, busy: u64) {
        let folder = self.folder.path().join(format!("proc/{pid}/fdinfo"));
        std::fs::create_dir_all(&folder).unwrap();
        let head = "drm-driver: xe\ndrm-pdev: 0000:03:00.0\ndrm-client-id: ";
        std::fs::write(folder.join("3"), format!("{head}{pid}\ndrm-engine-rcs: {busy} ns\n")).unwrap();
    }

    fn read(&mut self, second: u64) -> (BTreeMap<Metric, f64>, Health, String) {
        let now = Now { wall: Duration::ZERO, boot: Duration::from_secs(second) };
        let mut batch = Batch::default();
        self.sensor.sample(&now, &mut batch).unwrap();
        let Parts { readings, conditions, .. } = batch.into_parts();
        let values = readings.iter().map(|it| (it.metric, it.metric.to_value(it.stored as f64))).collect();
        let [(_, condition)] = &conditions[..] else { panic!("{conditions:?}") };
        (values, condition.health, condition.reason.clone())
    }

    /// Busy, explained and not explained.
    fn busy(&mut self, second: u64) -> [Option<f64>; 3] {
        let (values, _, _) = self.read(second);
        [Metric::GpuUtilization, Metric::GpuAttributed, Metric::GpuRemainder].map(|metric| values.get(&metric).copied())
    }
}

#[test]
fn a_card_is_as_busy_as_its_idle_time_says_and_its_processes_explain_it() {
    let mut machine = Machine::new("xe");
    machine.write(&format!("{GT}gtidle/idle_residency_ms"), "1000\n");
    machine.client(10, 0);
    assert_eq!(machine.busy(1), [None; 3]);
    machine.write(&format!("{GT}gtidle/idle_residency_ms"), "1200\n");
    machine.client(10, 700_000_000);
    assert_eq!(machine.busy(2), [Some(80.0), Some(70.0), Some(10.0)]);
    // More than the idle time says: engines may begin in the middle of a reading.
    machine.write(&format!("{GT}gtidle/idle_residency_ms"), "1700\n");
    machine.client(10, 1_300_000_000);
    assert_eq!(machine.busy(3), [Some(60.0), Some(60.0), Some(0.0)]);
}

#[test]
fn processes_stand_in_where_no_idle_time_is_told() {
    let mut machine = Machine::new("xe");
    machine.write(&format!("{GT}freq0/act_freq"), "2000\n");
    machine.client(10, 0);
    assert_eq!(machine.busy(1), [None; 3]);
    machine.client(10, 250_000_000);
    assert_eq!(machine.busy(2), [Some(25.0), Some(25.0), Some(0.0)]);
}

#[test]
fn a_card_that_only_its_processes_show_at_work_is_not_let_go() {
    let mut machine = Machine::new("xe");
    machine.write("device/power/runtime_status", "active\n");
    machine.write("device/power/control", "auto\n");
    machine.write(&format!("{GT}freq0/act_freq"), "2000\n");
    for second in 1..30 {
        machine.client(10, second * 500_000_000);
        assert_eq!(machine.read(second).1, Health::Ok, "second {second}");
    }
}

#[test]
fn a_counter_that_stands_still_is_believed_only_of_a_card_that_takes_power() {
    let mut machine = Machine::new("xe");
    machine.write(&format!("{GT}gtidle/idle_residency_ms"), "1000\n");
    machine.write("device/hwmon/hwmon0/name", "xe\n");
    machine.write("device/hwmon/hwmon0/energy2_input", "1000000\n");
    machine.write("device/hwmon/hwmon0/energy2_label", "pkg\n");
    machine.read(1);
    // Everything is seen, and nobody uses it.
    assert_eq!(machine.busy(2), [Some(0.0), Some(0.0), Some(0.0)]);
    machine.write("device/hwmon/hwmon0/energy2_input", "101000000\n");
    assert_eq!(machine.busy(3), [Some(100.0), Some(0.0), Some(100.0)]);
}

#[test]
fn an_idle_card_is_let_go_and_read_again_when_somebody_wakes_it() {
    let mut machine = Machine::new("xe");
    machine.write("device/power/runtime_status", "active\n");
    machine.write("device/power/control", "auto\n");
    machine.write(&format!("{GT}freq0/act_freq"), "400\n");
    let mut health_at = |second: u64, status: &str| {
        machine.write("device/power/runtime_status", status);
        machine.write(&format!("{GT}gtidle/idle_residency_ms"), &format!("{}\n", second * 1000));
        machine.read(second).1
    };
    assert!((1..=11).all(|second| health_at(second, "active\n") == Health::Ok));
    assert!((12..20).all(|second| health_at(second, "active\n") == Health::Asleep));
    assert!((20..90).all(|second| health_at(second, "suspended\n") == Health::Asleep));
    assert_eq!(health_at(90, "active\n"), Health::Ok);
    let (values, _, _) = machine.read(91);
    assert_eq!(values.get(&Metric::GpuUtilization), Some(&100.0), "idle time of sleep is not that of one second");
}

#[test]
fn what_is_wrong_with_one_file_is_said_and_the_rest_stands() {
    let mut machine = Machine::new("i915");
    machine.write("gt/gt0/rps_act_freq_mhz", "655350\n");
    machine.write("gt/gt0/rps_cur_freq_mhz", "600\n");
    machine.write("device/hwmon/hwmon0/name", "i915\n");
    machine.write("device/hwmon/hwmon0/temp1_input", "55000\n");
    let (values, health, reason) = machine.read(1);
    assert_eq!((values[&Metric::GpuClock], values[&Metric::GpuTemperature]), (6e8, 55.0));
    assert_eq!((health, reason.as_str()), (Health::Ok, "rps_act_freq_mhz reads \"655350\", which no GPU has"));
    let mut bare = Machine::new("i915");
    assert_eq!((bare.read(1).1, bare.read(1).0.len()), (Health::Unsupported, 3));
}

#[test]
fn an_address_is_one_gpu() {
    let mut machine = Machine::new("i915");
    machine.write("../card2/device/uevent", "DRIVER=i915\nPCI_ID=8086:E20B\nPCI_SLOT_NAME=0000:03:00.0\n");
    machine.write("../card3/device/uevent", "DRIVER=amdgpu\nPCI_ID=1002:73BF\nPCI_SLOT_NAME=0000:04:00.0\n");
    // It would panic over a second source.
    machine.read(1);
}

#[test]
fn parts_that_join_later_and_a_driver_that_is_loaded_anew_are_found() {
    let mut machine = Machine::new("xe");
    machine.write(&format!("{GT}freq0/act_freq"), "2000\n");
    assert_eq!(machine.read(1).0.get(&Metric::GpuTemperature), None);
    machine.write("device/hwmon/hwmon0/name", "xe\n");
    machine.write("device/hwmon/hwmon0/temp2_input", "50000\n");
    machine.write("device/hwmon/hwmon0/temp2_label", "pkg\n");
    assert_eq!(machine.read(11).0[&Metric::GpuTemperature], 50.0);
    let hwmon = machine.folder.path().join("sys/class/drm/card1/device/hwmon");
    std::fs::rename(hwmon.join("hwmon0"), hwmon.join("hwmon7")).unwrap();
    assert_eq!(machine.read(12).0.get(&Metric::GpuTemperature), None);
    assert_eq!(machine.read(13).0[&Metric::GpuTemperature], 50.0);
}
