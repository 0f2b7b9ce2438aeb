//! Chips as the kernel shows them, the odd ones among them.

use std::fs;
use std::path::Path;

use super::*;
use crate::metrics::Metric;
use crate::model::Parts;

/// A machine with chips written as `chip/file` pairs.
struct Machine {
    folder: tempfile::TempDir,
    roots: Roots,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::at(folder.path());
        fs::create_dir_all(roots.sys.join("class/hwmon")).unwrap();
        let machine = Machine { folder, roots };
        files.iter().for_each(|(path, text)| machine.write(path, text));
        machine
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join("sys").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, target: &str, link: &str) {
        let link = self.folder.path().join("sys").join(link);
        std::os::unix::fs::symlink(Path::new(target), link).unwrap();
    }

    fn remove(&self, path: &str) {
        fs::remove_dir_all(self.folder.path().join("sys").join(path)).unwrap();
    }
}

/// `id=value` of each reading, then `id:health` of each condition but `ok`.
fn sample(sensor: &mut Hwmon, second: u64) -> Vec<String> {
    let now = Now { wall: Duration::from_secs(second), boot: Duration::from_secs(second) };
    let mut batch = Batch::default();
    let result = sensor.sample(&now, &mut batch);
    assert_eq!(result.is_err(), sensor.chips.is_empty());
    let Parts { readings, conditions, .. } = batch.into_parts();
    let readings = readings.iter().map(|r| format!("{}={}", r.source.id, r.metric.to_value(r.stored as f64)));
    let conditions = conditions.iter().filter(|(_, condition)| condition.health != Health::Ok);
    let conditions = conditions.map(|(source, condition)| format!("{}:{}", source.id, condition.health.word()));
    readings.chain(conditions).collect()
}

fn at_no_cost() -> Duration {
    Duration::ZERO
}

#[test]
fn one_bad_channel_hides_no_other_and_says_so_when_it_stays_bad() {
    let machine = Machine::new(&[
        ("devices/platform/nct/hwmon/hwmon0/name", "nct6798\n"),
        ("devices/platform/nct/hwmon/hwmon0/temp1_input", "-128000\n"),
        ("devices/platform/nct/hwmon/hwmon0/temp2_input", "41000\n"),
        ("devices/platform/nct/hwmon/hwmon0/temp3_input", "12000\n"),
        ("devices/platform/nct/hwmon/hwmon0/temp3_fault", "1\n"),
        ("devices/platform/nct/hwmon/hwmon0/temp10_input", "42000\n"),
        ("devices/platform/nct/hwmon/hwmon0/fan1_input/nonsense", ""),
    ]);
    machine.link("../../devices/platform/nct/hwmon/hwmon0", "class/hwmon/hwmon0");
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    let good = ["hwmon:platform/nct:temp2=41", "hwmon:platform/nct:temp10=42"];
    assert_eq!(sample(&mut sensor, 1), good);
    assert_eq!(sample(&mut sensor, 2), good);
    let bad = ["temp1", "temp3", "fan1"].map(|channel| format!("hwmon:platform/nct:{channel}:unsupported"));
    assert_eq!(sample(&mut sensor, 3), [&good.map(String::from)[..], &bad].concat());
    machine.write("devices/platform/nct/hwmon/hwmon0/temp3_fault", "0\n");
    assert!(sample(&mut sensor, 4).contains(&"hwmon:platform/nct:temp3=12".to_string()));
}

#[test]
fn chips_come_and_go() {
    let machine = Machine::new(&[
        ("devices/platform/a/hwmon/hwmon0/name", "a\n"),
        ("devices/platform/a/hwmon/hwmon0/temp1_input", "20000\n"),
        ("devices/platform/b/hwmon/hwmon1/name", "b\n"),
        ("devices/platform/b/hwmon/hwmon1/fan1_input", "900\n"),
    ]);
    machine.link("../../devices/platform/a/hwmon/hwmon0", "class/hwmon/hwmon0");
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    assert_eq!(sample(&mut sensor, 1), ["hwmon:platform/a:temp1=20"]);
    machine.link("../../devices/platform/b/hwmon/hwmon1", "class/hwmon/hwmon1");
    assert_eq!(sample(&mut sensor, 2), ["hwmon:platform/a:temp1=20"], "not looked for at each sample");
    let both = ["hwmon:platform/a:temp1=20", "hwmon:platform/b:fan1=900"];
    assert_eq!(sample(&mut sensor, 11), both);
    machine.remove("devices/platform/a");
    assert_eq!(sample(&mut sensor, 12), &both[1..]);
    // The lost file made it look at once; the same device under another number is the same source.
    machine.write("devices/platform/a/hwmon/hwmon7/name", "a\n");
    machine.write("devices/platform/a/hwmon/hwmon7/temp1_input", "21000\n");
    machine.link("../../devices/platform/a/hwmon/hwmon7", "class/hwmon/hwmon7");
    assert_eq!(sample(&mut sensor, 13), ["hwmon:platform/b:fan1=900", "hwmon:platform/a:temp1=21"]);
}

#[test]
fn a_sleeping_device_is_not_touched() {
    const DEVICE: &str = "devices/pci0000:00/0000:01:00.0";
    let machine = Machine::new(&[
        (&format!("{DEVICE}/power/runtime_status"), "suspended\n"),
        (&format!("{DEVICE}/nvme/nvme0/power/runtime_status"), "unsupported\n"),
        (&format!("{DEVICE}/nvme/nvme0/hwmon0/name"), "nvme\n"),
        (&format!("{DEVICE}/nvme/nvme0/hwmon0/temp1_input"), "30000\n"),
        (&format!("{DEVICE}/nvme/nvme0/hwmon0/temp1_label"), "Composite\n"),
    ]);
    machine.link(&format!("../../{DEVICE}/nvme/nvme0/hwmon0"), "class/hwmon/hwmon0");
    machine.link("../../nvme0", &format!("{DEVICE}/nvme/nvme0/hwmon0/device"));
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    let id = "hwmon:pci0000:00/0000:01:00.0/nvme";
    assert_eq!(sample(&mut sensor, 1), [format!("{id}:asleep")]);
    assert!(sensor.chips[0].channels.is_none(), "not even its labels are read");
    machine.write(&format!("{DEVICE}/power/runtime_status"), "active\n");
    assert_eq!(sample(&mut sensor, 2), [format!("{id}:Composite=30")]);
    for status in ["suspending\n", "resuming\n", "error\n"] {
        machine.write(&format!("{DEVICE}/power/runtime_status"), status);
        assert_eq!(sample(&mut sensor, 3), [format!("{id}:asleep"), format!("{id}:Composite:asleep")]);
    }
}

#[test]
fn chips_of_others_are_left_to_them() {
    let machine = Machine::new(&[
        ("devices/pci0000:00/0000:01:00.0/class", "0x030000\n"),
        ("devices/pci0000:00/0000:01:00.0/hwmon/hwmon0/name", "somegpu\n"),
        ("devices/pci0000:00/0000:01:00.0/hwmon/hwmon0/temp1_input", "30000\n"),
        ("devices/virtual/hwmon/hwmon1/name", "amdgpu\n"),
        ("devices/virtual/hwmon/hwmon1/temp1_input", "30000\n"),
        ("devices/x/host0/target0:0:0/0:0:0:0/hwmon/hwmon2/name", "drivetemp\n"),
        ("devices/x/host0/target0:0:0/0:0:0:0/hwmon/hwmon2/temp1_input", "30000\n"),
        ("devices/x/PNP0C0A:00/power_supply/BAT0/hwmon3/name", "BAT0\n"),
        ("devices/x/PNP0C0A:00/power_supply/BAT0/hwmon3/in0_input", "12000\n"),
    ]);
    machine.link("../../devices/pci0000:00/0000:01:00.0/hwmon/hwmon0", "class/hwmon/hwmon0");
    machine.link("../../devices/virtual/hwmon/hwmon1", "class/hwmon/hwmon1");
    machine.link("../../devices/x/host0/target0:0:0/0:0:0:0/hwmon/hwmon2", "class/hwmon/hwmon2");
    machine.link("../../devices/x/PNP0C0A:00/power_supply/BAT0/hwmon3", "class/hwmon/hwmon3");
    assert_eq!(sample(&mut Hwmon::new(&machine.roots, at_no_cost), 1), [""; 0]);
}

#[test]
fn a_slow_chip_is_read_seldom_and_its_reading_stands() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static MILLISECONDS: AtomicU64 = AtomicU64::new(0);
    // Each reading of a chip asks the clock twice: it takes 30 ms, so it is due again after 3 s.
    fn clock() -> Duration {
        Duration::from_millis(MILLISECONDS.fetch_add(30, Ordering::Relaxed))
    }
    let machine = Machine::new(&[
        ("devices/platform/slow/hwmon/hwmon0/name", "slow\n"),
        ("devices/platform/slow/hwmon/hwmon0/temp1_input", "20000\n"),
    ]);
    machine.link("../../devices/platform/slow/hwmon/hwmon0", "class/hwmon/hwmon0");
    let mut sensor = Hwmon::new(&machine.roots, clock);
    for (second, expected) in [(1, 20), (2, 20), (3, 20), (4, 30)] {
        assert_eq!(sample(&mut sensor, second), [format!("hwmon:platform/slow:temp1={expected}")]);
        machine.write("devices/platform/slow/hwmon/hwmon0/temp1_input", "30000\n");
    }
}

#[test]
fn labels_that_repeat_or_are_hostile_make_distinct_ids() {
    let machine = Machine::new(&[
        ("devices/virtual/hwmon/hwmon0/name", "<b>evil\u{1b}[2J\n"),
        ("devices/virtual/hwmon/hwmon0/temp1_input", "1000\n"),
        ("devices/virtual/hwmon/hwmon0/temp1_label", "CPU\n"),
        ("devices/virtual/hwmon/hwmon0/fan1_input", "2\n"),
        ("devices/virtual/hwmon/hwmon0/fan1_label", "CPU\n"),
        ("devices/virtual/hwmon/hwmon0/in1_input", "3000\n"),
        ("devices/virtual/hwmon/hwmon0/in1_label", "a\nb\u{202e}\n"),
        ("devices/virtual/hwmon/hwmon0/power1_average", "4000000\n"),
        ("devices/virtual/hwmon/hwmon0/power2_average", "5000000\n"),
        ("devices/virtual/hwmon/hwmon0/power2_input", "6000000\n"),
    ]);
    machine.link("../../devices/virtual/hwmon/hwmon0", "class/hwmon/hwmon0");
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    let chip = "hwmon:virtual/<b>evil\\x1b[2J";
    let expected = ["CPU/temp1=1", "CPU/fan1=2", "a\\x0ab\\xe2\\x80\\xae=3", "power1=4", "power2=6"];
    assert_eq!(sample(&mut sensor, 1), expected.map(|channel| format!("{chip}:{channel}")));
    let mut batch = Batch::default();
    sensor.sample(&Now { wall: Duration::ZERO, boot: Duration::from_secs(2) }, &mut batch).unwrap();
    let Parts { readings, conditions, .. } = batch.into_parts();
    assert_eq!(conditions.iter().map(|(source, _)| source.id.as_str()).collect::<Vec<_>>(), [chip]);
    assert!(readings.iter().all(|reading| reading.source.part_of.as_deref() == Some(chip)));
    assert!(readings.iter().any(|reading| reading.metric == Metric::HwmonVoltage));
}

#[test]
fn a_driver_of_the_old_style_has_its_files_at_the_device() {
    let machine = Machine::new(&[
        ("devices/platform/applesmc.768/name", "applesmc\n"),
        ("devices/platform/applesmc.768/fan1_input", "1998\n"),
        ("devices/platform/applesmc.768/fan1_label", "Exhaust\n"),
        ("devices/platform/applesmc.768/hwmon/hwmon2/uevent", ""),
    ]);
    machine.link("../../../applesmc.768", "devices/platform/applesmc.768/hwmon/hwmon2/device");
    machine.link("../../devices/platform/applesmc.768/hwmon/hwmon2", "class/hwmon/hwmon2");
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    assert_eq!(sample(&mut sensor, 1), ["hwmon:platform/applesmc.768:Exhaust=1998"]);
}

#[test]
fn chips_of_the_same_name_can_be_told_apart() {
    const DRIVES: [(&str, &str); 3] =
        [("0000:01:00.0", "SSD 980 PRO"), ("0000:02:00.0", ""), ("0000:03:00.0", "SN850")];
    let machine = Machine::new(&[]);
    // The number that the kernel gave out says nothing about which socket it is.
    for (number, device, name) in [(0, "coretemp.1", "coretemp"), (1, "coretemp.0", "coretemp"), (2, "x", "acpitz")] {
        machine.write(&format!("devices/platform/{device}/hwmon/hwmon{number}/name"), name);
        machine.link(
            &format!("../../devices/platform/{device}/hwmon/hwmon{number}"),
            &format!("class/hwmon/hwmon{number}"),
        );
    }
    for (at, (function, model)) in DRIVES.iter().enumerate() {
        let (number, device) = (at + 3, format!("devices/pci0000:00/{function}/nvme/nvme{at}"));
        machine.write(&format!("{device}/hwmon{number}/name"), "nvme\n");
        machine.write(&format!("{device}/model"), &format!("{model}      \n"));
        machine.link(&format!("../../nvme{at}"), &format!("{device}/hwmon{number}/device"));
        machine.link(&format!("../../{device}/hwmon{number}"), &format!("class/hwmon/hwmon{number}"));
    }
    let mut sensor = Hwmon::new(&machine.roots, at_no_cost);
    let labels = |sensor: &Hwmon| -> Vec<String> {
        sensor.chips.iter().map(|watched| watched.source.label.terminal()).collect()
    };
    sample(&mut sensor, 1);
    let expected = ["coretemp 2", "coretemp 1", "acpitz", "nvme (SSD 980 PRO)", "nvme", "nvme (SN850)"];
    assert_eq!(labels(&sensor), expected);
    // Two of the same model are numbered, and one that is alone needs nothing.
    machine.write("devices/pci0000:00/0000:03:00.0/nvme/nvme2/model", "SSD 980 PRO\n");
    machine.remove("devices/platform/coretemp.1");
    fs::remove_file(machine.roots.sys.join("class/hwmon/hwmon0")).unwrap();
    sample(&mut sensor, 11);
    let expected = ["coretemp", "acpitz", "nvme (SSD 980 PRO) 1", "nvme", "nvme (SSD 980 PRO) 2"];
    assert_eq!(labels(&sensor), expected);
}
