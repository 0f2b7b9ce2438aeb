//! Scenarios that are right, and what is said of those that are not.

use super::profiles::PROFILES;
use super::*;

/// The example in this module's head.
fn example() -> String {
    let source = include_str!("../scenario.rs");
    let lines = source.lines().skip_while(|line| *line != "//! ```toml").skip(1).take_while(|line| *line != "//! ```");
    lines.map(|line| line.trim_start_matches("//!").to_owned() + "\n").collect()
}

#[test]
fn the_example_of_the_documentation_is_a_scenario() {
    let scenario = Scenario::parse(&example()).unwrap();
    assert_eq!(scenario.driver.version, "580.95.05");
    assert_eq!(scenario.clock.epoch, Some(1_763_000_000.0));
    let device = &scenario.devices[0];
    assert_eq!(device.name, "NVIDIA GeForce RTX 4090");
    assert_eq!(device.serial, None);
    assert_eq!(device.codes["nvmlDeviceGetDisplayMode"], Code::Deprecated);
    assert_eq!(scenario.processes[0].kind, Kind::Compute);
    assert_eq!(scenario.faults.len(), 3);
    assert_eq!(scenario.faults[1].action, Some(Action::DriverReload));
    assert_eq!(scenario.xids[0].code, 79);
}

#[test]
fn every_profile_is_a_scenario_of_its_own() {
    for (name, text) in PROFILES {
        Scenario::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn a_device_is_laid_over_its_profile() {
    let scenario = Scenario::parse(
        "[driver]\nversion = '1.2'\n[[device]]\nprofile = 'h100'\nuuid = 'GPU-1'\n[device.power]\nmax_w = 9\n[device.curve]\nutil = 5\n",
    )
    .unwrap();
    assert_eq!(scenario.driver.version, "1.2");
    assert_eq!(scenario.driver.cuda, 13_010);
    let device = &scenario.devices[0];
    assert_eq!((device.uuid.as_str(), device.name.as_str()), ("GPU-1", "NVIDIA H100 80GB HBM3"));
    assert_eq!((device.power.max_w, device.power.min_w), (Some(9.0), Some(200.0)));
}

#[test]
fn mistakes_are_named() {
    let driver = "[driver]\nversion='1'\nnvml='1'\ncuda=1\n";
    for (text, expected) in [
        ("[[device]]\nprofile='rtx-9'\n", "no profile is called \"rtx-9\""),
        ("[[device]]\nprofile='h100'\ncolour='red'\n", "unknown field `colour`"),
        ("[[xid]]\nat=1\ndevice=0\ncode=79\n", "device 0 is named, but there are 0"),
        ("[[fault]]\nat=1\ncode='OOPS'\n", "no return code is called \"OOPS\""),
        (
            "[[device]]\nprofile='h100'\n[device.curve]\nutil={kind='lag',of='temp_c',tau=1}\ntemp_c={kind='lag',of='util',tau=1}\n",
            "curves follow each other",
        ),
        ("[sampling]\nperiod=0\n", "must be above 0"),
    ] {
        let error = Scenario::parse(&format!("{driver}{text}")).unwrap_err();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn a_star_stands_for_anything() {
    for (pattern, name, expected) in [
        ("*", "nvmlInit", true),
        ("nvmlInit", "nvmlInit_v2", false),
        ("nvmlInit*", "nvmlInit", true),
        ("nvml*Fan*", "nvmlDeviceGetFanSpeed_v2", true),
        ("*_v2", "nvmlDeviceGetFanSpeed", false),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}
