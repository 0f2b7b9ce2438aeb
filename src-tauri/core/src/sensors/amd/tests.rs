//! The whole sensor on folders that change under it.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::clock::ManualClock;
use crate::model::Parts;

/// A card in a folder of its own, with its sensor.
struct Machine {
    folder: tempfile::TempDir,
    sensor: Box<dyn Sensor>,
    clock: ManualClock,
}

const CARD: &str = "sys/devices/pci0000:00/0000:0c:00.0";

impl Machine {
    fn new(files: &[(&str, &str)]) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let drm = folder.path().join("sys/class/drm/card1");
        fs::create_dir_all(&drm).unwrap();
        std::os::unix::fs::symlink("../../../devices/pci0000:00/0000:0c:00.0", drm.join("device")).unwrap();
        let sensor = Amd::boxed(&Roots::at(folder.path()));
        let machine = Machine { folder, sensor, clock: ManualClock::at(1_763_000_000) };
        machine.write("vendor", "0x1002\n");
        machine.write("device", "0x73bf\n");
        files.iter().for_each(|(path, text)| machine.write(path, text));
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(CARD).join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// The values and the health after one more second.
    fn sample(&mut self) -> (Vec<(Metric, f64)>, Option<Health>) {
        self.clock.advance(Duration::from_secs(1));
        let mut batch = Batch::default();
        self.sensor.sample(&self.clock, &mut batch).unwrap();
        let Parts { readings, conditions, .. } = batch.into_parts();
        let values = readings.iter().map(|reading| (reading.metric, reading.metric.to_value(reading.stored as f64)));
        (
            values.collect(),
            conditions.first().map(|(_, condition)| condition.health).filter(|health| *health != Health::Ok),
        )
    }
}

#[test]
fn the_first_file_with_a_value_counts() {
    let mut machine = Machine::new(&[
        ("gpu_busy_percent", "7\n"),
        ("pp_dpm_sclk", "0: 500Mhz *\n"),
        ("hwmon/hwmon3/name", "amdgpu\n"),
        ("hwmon/hwmon3/freq1_label", "mclk\n"),
        ("hwmon/hwmon3/freq1_input", "96000000\n"),
        ("hwmon/hwmon3/freq2_label", "sclk\n"),
        ("hwmon/hwmon3/freq2_input", "N/A\n"),
        ("hwmon/hwmon3/temp1_label", "junction\n"),
        ("hwmon/hwmon3/temp1_input", "61000\n"),
        ("hwmon/hwmon3/temp2_label", "edge\0\0"),
        ("hwmon/hwmon3/temp2_input", "50000\n"),
        ("hwmon/hwmon3/power1_average", "-1\n"),
        ("hwmon/hwmon3/power1_input", "33000000\n"),
        ("hwmon/hwmon3/pwm1", "51\n"),
        ("hwmon/hwmon3/pwm1_max", "204\n"),
    ]);
    let expected = [
        (Metric::GpuUtilization, 7.0),
        (Metric::GpuTemperature, 50.0),
        (Metric::GpuHotspot, 61.0),
        (Metric::GpuPower, 33.0),
        (Metric::GpuFanPercent, 25.0),
        (Metric::GpuClock, 500e6),
        (Metric::GpuMemoryClock, 96e6),
    ];
    assert_eq!(machine.sample(), (expected.to_vec(), None));
}

#[test]
fn the_video_engine_does_not_tell_whether_it_encodes_or_decodes() {
    let mut machine = Machine::new(&[("vcn_busy_percent", "12\n")]);
    assert_eq!(machine.sample(), (vec![(Metric::GpuVideo, 12.0)], None));
}

#[test]
fn a_driver_without_labels_has_one_temperature() {
    let mut machine = Machine::new(&[
        ("hwmon/hwmon3/name", "radeon\n"),
        ("hwmon/hwmon3/temp1_input", "61000\n"),
        ("hwmon/hwmon3/temp2_input", "62000\n"),
    ]);
    assert_eq!(machine.sample(), (vec![(Metric::GpuTemperature, 61.0)], None));
}

#[test]
fn the_part_that_is_nearest_to_its_own_limit_tells_how_much_is_left() {
    let machine = |limit: &str| {
        Machine::new(&[
            ("hwmon/hwmon3/name", "amdgpu\n"),
            ("hwmon/hwmon3/temp1_label", "edge\n"),
            ("hwmon/hwmon3/temp1_input", "81000\n"),
            ("hwmon/hwmon3/temp1_crit", "100000\n"),
            ("hwmon/hwmon3/temp2_label", "junction\n"),
            ("hwmon/hwmon3/temp2_input", "104000\n"),
            ("hwmon/hwmon3/temp2_crit", limit),
        ])
    };
    let margin =
        |limit: &str| machine(limit).sample().0.iter().find(|(metric, _)| *metric == Metric::GpuMargin).copied();
    assert_eq!(margin("110000\n"), Some((Metric::GpuMargin, 6.0)));
    // What no chip has is no limit.
    for nonsense in ["0\n", "2147483000\n", "-1\n", "x\n", ""] {
        assert_eq!(margin(nonsense), Some((Metric::GpuMargin, 19.0)), "{nonsense:?}");
    }
}

#[test]
fn chips_that_always_say_busy_say_nothing() {
    let mut machine = Machine::new(&[("gpu_busy_percent", "100\n"), ("mem_info_vram_used", "1048576\n")]);
    machine.write("device", "0x15d8\n");
    assert_eq!(machine.sample(), (vec![(Metric::GpuMemoryUsed, 1_048_576.0)], None));
}

#[test]
fn more_memory_used_than_there_is_is_no_value() {
    let mut machine = Machine::new(&[("mem_info_vram_used", "2097152\n"), ("mem_info_vram_total", "1048576\n")]);
    assert_eq!(machine.sample(), (vec![(Metric::GpuMemoryTotal, 1_048_576.0)], None));
}

#[test]
fn what_is_left_out_is_said() {
    let machine = Machine::new(&[
        ("gpu_busy_percent", "655\n"),
        ("mem_info_vram_used", "18446744073709551615\n"),
        ("mem_info_gtt_used", "1048576\n"),
        ("gpu_metrics", "garbage"),
        ("hwmon/hwmon3/name", "amdgpu\n"),
        ("hwmon/hwmon3/temp1_input", "655350\n"),
        ("hwmon/hwmon3/power1_average", "-1\n"),
    ]);
    let reason = |mut machine: Machine| {
        let mut batch = Batch::default();
        machine.sensor.sample(&machine.clock, &mut batch).unwrap();
        let Parts { readings, conditions, .. } = batch.into_parts();
        assert_eq!(readings.iter().map(|reading| reading.metric).next_back(), Some(Metric::GpuMemoryShared));
        assert!(conditions.iter().all(|(_, condition)| condition.health == Health::Ok));
        conditions.into_iter().map(|(_, condition)| condition.reason).collect::<String>()
    };
    let odd =
        "left out, because no GPU has such values: temp1_input, gpu_busy_percent, mem_info_vram_used, gpu_metrics";
    assert_eq!(reason(machine), odd);
    let machine = Machine::new(&[
        ("mem_info_vram_used", "2097152\n"),
        ("mem_info_vram_total", "1048576\n"),
        ("mem_info_gtt_used", "1048576\n"),
    ]);
    assert_eq!(reason(machine), "left out, because no GPU has such values: mem_info_vram_used");
    assert_eq!(reason(Machine::new(&[("mem_info_gtt_used", "1\n"), ("gpu_busy_percent", "65535\n")])), "");
}

#[test]
fn a_card_without_readings_says_so() {
    let mut machine = Machine::new(&[("gpu_busy_percent", "655\n"), ("gpu_metrics", "garbage")]);
    assert_eq!(machine.sample(), (vec![], Some(Health::Unsupported)));
}

#[test]
fn a_card_that_is_unplugged_is_lost_and_may_come_back() {
    let mut machine = Machine::new(&[("gpu_busy_percent", "3\n")]);
    assert_eq!(machine.sample().0, [(Metric::GpuUtilization, 3.0)]);
    fs::rename(machine.folder.path().join(CARD), machine.folder.path().join("gone")).unwrap();
    assert_eq!(machine.sample(), (vec![], Some(Health::Lost)));
    assert_eq!(machine.sample(), (vec![], None), "what is no longer mentioned is lost");
    fs::rename(machine.folder.path().join("gone"), machine.folder.path().join(CARD)).unwrap();
    machine.clock.advance(gpu::LOOK_EVERY);
    assert_eq!(machine.sample().0, [(Metric::GpuUtilization, 3.0)]);
}

#[test]
fn an_idle_card_that_can_sleep_is_let_go() {
    let mut machine =
        Machine::new(&[("gpu_busy_percent", "0\n"), ("power/runtime_status", "active\n"), ("power/control", "auto\n")]);
    let read: Vec<bool> = (0..75).map(|_| !machine.sample().0.is_empty()).collect();
    let seconds: Vec<usize> = (0..75).filter(|second| read[*second]).collect();
    assert_eq!(seconds, [(0..=10).collect(), vec![70]].concat());
    assert_eq!(machine.sample().1, Some(Health::Asleep));
}

#[test]
fn a_card_that_plays_a_video_is_not_let_go() {
    let mut machine = Machine::new(&[
        ("gpu_busy_percent", "0\n"),
        ("vcn_busy_percent", "20\n"),
        ("power/runtime_status", "active\n"),
        ("power/control", "auto\n"),
    ]);
    assert!((0..30).all(|_| !machine.sample().0.is_empty()));
}

#[test]
fn a_card_that_no_database_knows_is_named_by_its_driver_once_it_is_awake() {
    let mut machine = Machine::new(&[
        ("gpu_busy_percent", "3\n"),
        ("product_name", "Instinct MI999\n"),
        ("power/runtime_status", "suspended\n"),
    ]);
    machine.write("device", "0xfffe\n");
    let mut label = || {
        machine.clock.advance(Duration::from_secs(1));
        let mut batch = Batch::default();
        machine.sensor.sample(&machine.clock, &mut batch).unwrap();
        fs::write(machine.folder.path().join(CARD).join("power/runtime_status"), "active\n").unwrap();
        let Parts { readings, conditions, .. } = batch.into_parts();
        let sources = readings.iter().map(|reading| &reading.source).chain(conditions.iter().map(|(source, _)| source));
        sources.map(|source| source.label.as_bytes().to_vec()).collect::<Vec<_>>()
    };
    assert_eq!(label(), [b"AMD GPU 1002:fffe"]);
    assert_eq!(label(), [b"AMD Instinct MI999"]);
}
