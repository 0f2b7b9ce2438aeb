//! What the built-in rules tell of, on readings as machines give them.

use super::*;
use crate::alerts::words;

/// Lets `seconds` pass with these readings, and gives the titles of what was told.
fn pass(rig: &mut Rig, source: &Arc<Source>, readings: &[(Metric, f64)], seconds: u64) -> Vec<String> {
    let readings: Vec<_> = readings.iter().map(|(metric, value)| (source, *metric, *value)).collect();
    let mut told = Vec::new();
    for _ in 0..seconds {
        rig.second(vec![batch(&readings)]);
        told.extend(rig.notices().iter().map(|notice| words::title(notice, &words::plain)));
    }
    told
}

/// Five percent of most ext4 are root's: what everybody else may take is gone when 95 % of the device are.
#[test]
fn a_disk_is_full_when_only_root_may_still_write() {
    let gib = |number: f64| number * f64::from(1 << 30);
    let space =
        |used| [(Metric::DiskUsable, gib(95.0)), (Metric::DiskUsed, gib(used)), (Metric::DiskTotal, gib(100.0))];
    let disk = Source::whole(SourceKind::Filesystem, "fs:/", "/");
    let mut rig = Rig::new(&["sensors"]);
    assert_eq!(pass(&mut rig, &disk, &space(91.0), 400), [""; 0]);
    assert_eq!(pass(&mut rig, &disk, &space(93.1), 400), ["/ 98 % full for 5 min"]);
    assert_eq!(pass(&mut rig, &disk, &space(80.0), 10), ["/ back to 84 % after 1 min 40 s"]);
}

/// Many cards stop their fans while they are cool, so that a fan that stands still there is no fan that is back.
#[test]
fn a_fan_that_may_rest_is_told_so_and_not_as_one_that_turns_again() {
    let fan = |celsius, rpm| [(Metric::GpuTemperature, celsius), (Metric::GpuFanSpeed, rpm)];
    let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
    let mut rig = Rig::new(&["sensors"]);
    assert_eq!(pass(&mut rig, &gpu, &fan(80.0, 0.0), 70), ["GPU fan stands still for 1 min"]);
    assert_eq!(pass(&mut rig, &gpu, &fan(52.0, 0.0), 310), ["GPU at 52 °C, the fan may rest"]);
    assert_eq!(pass(&mut rig, &gpu, &fan(80.0, 0.0), 70), ["GPU fan stands still for 1 min"]);
    assert_eq!(pass(&mut rig, &gpu, &fan(52.0, 900.0), 310).len(), 1);
    assert_eq!(pass(&mut rig, &gpu, &fan(80.0, 900.0), 70), [""; 0]);
}
