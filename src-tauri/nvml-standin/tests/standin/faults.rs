//! What goes wrong, when the scenario says so.

use std::time::{Duration, Instant};

use nvml_wrapper::bitmasks::event::EventTypes;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;
use nvml_wrapper::error::NvmlError;

use crate::library::{Standin, get};

#[test]
fn one_device_is_lost_and_comes_back() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[[device]]\nprofile = 'h200'\n[[fault]]\nat = 20\nuntil = 25\ndevice = 0\ncode = 'GPU_IS_LOST'\n",
    );
    let nvml = standin.at(19.0).open();
    let (first, second) = (nvml.device_by_index(0).unwrap(), nvml.device_by_index(1).unwrap());
    assert!(first.power_usage().is_ok());
    standin.at(20.0);
    assert!(matches!(first.power_usage(), Err(NvmlError::GpuLost)));
    assert!(matches!(first.name(), Err(NvmlError::GpuLost)));
    assert!(second.power_usage().is_ok());
    assert_eq!(nvml.device_count().unwrap(), 2);
    standin.at(25.0);
    assert!(first.power_usage().is_ok());
}

#[test]
fn single_calls_fail_by_pattern() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'geforce-rtx-4090'\n[device.codes]\nnvmlDeviceGetSerial = 'NO_PERMISSION'\n[[fault]]\nat = 0\ncall = 'nvmlDeviceGetFanSpeed*'\ncode = 'NOT_SUPPORTED'\n[[fault]]\nat = 5\ncall = 'nvmlDeviceGetUtilizationRates'\ncode = 'UNKNOWN'\n",
    );
    let nvml = standin.at(0.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert!(matches!(device.fan_speed(0), Err(NvmlError::NotSupported)));
    assert!(matches!(device.serial(), Err(NvmlError::NoPermission)));
    assert!(device.utilization_rates().is_ok());
    standin.at(5.0);
    assert!(matches!(device.utilization_rates(), Err(NvmlError::Unknown)));
    assert!(device.temperature(TemperatureSensor::Gpu).is_ok());
}

#[test]
fn a_reloaded_driver_wants_a_new_start_and_has_a_new_version() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'geforce-rtx-4090'\n[[fault]]\nat = 30\naction = 'driver_reload'\ndown_s = 3\nmismatch_s = 2\nnew_version = '590.48.01'\n",
    );
    let (symbols, device) = standin.at(29.0).start();
    let init = || {
        let call = symbols.nvmlInit_v2.as_ref().unwrap();
        // SAFETY: a call without arguments.
        unsafe { call() }
    };
    let power = || get!(symbols, nvmlDeviceGetPowerUsage(device) -> u32);
    assert_eq!(power(), Ok(22_000));
    assert_eq!(get!(symbols, nvmlDeviceGetTotalEnergyConsumption(device) -> u64), Ok(29 * 22_000));
    standin.at(30.0);
    assert_eq!(power(), Err(1));
    let shutdown = symbols.nvmlShutdown.as_ref().unwrap();
    // SAFETY: a call without arguments.
    assert_eq!(unsafe { shutdown() }, 0);
    assert_eq!(init(), 9);
    standin.at(33.5);
    assert_eq!(init(), 18);
    standin.at(36.0);
    assert_eq!(power(), Err(1));
    assert_eq!(init(), 0);
    assert_eq!(power(), Ok(22_000));
    // The counter of energy began anew when the driver did, at second 33.
    assert_eq!(get!(symbols, nvmlDeviceGetTotalEnergyConsumption(device) -> u64), Ok(3 * 22_000));
    assert_eq!(standin.open().sys_driver_version().unwrap(), "590.48.01");
    // A client that never ended and starts again is as good as new.
    standin.at(29.0);
    assert_eq!(init(), 0);
}

#[test]
fn a_slow_call_keeps_nobody_else_waiting() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[[fault]]\nat = 0\ncall = 'nvmlDeviceGetUtilizationRates'\ndelay_ms = 600000\n",
    );
    let nvml = std::sync::Arc::new(standin.at(60.0).open());
    let slow = nvml.clone();
    // This thread outlives the test, as a call that never returns does.
    std::thread::spawn(move || slow.device_by_index(0).unwrap().utilization_rates().map(|_| ()));
    let device = nvml.device_by_index(0).unwrap();
    for _ in 0..50 {
        assert_eq!(device.power_usage().unwrap(), 629_450);
    }
}

#[test]
fn a_delayed_call_answers_in_the_end() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[[fault]]\nat = 0\ncall = 'nvmlDeviceGetPowerUsage'\ndelay_ms = 30\n",
    );
    let nvml = standin.at(60.0).open();
    let started = Instant::now();
    assert_eq!(nvml.device_by_index(0).unwrap().power_usage().unwrap(), 629_450);
    // Not how fast it is: that the wait, which never ends early, took place.
    assert!(started.elapsed() >= Duration::from_millis(30));
}

#[test]
fn every_code_reaches_the_client() {
    let names = [
        (1, "UNINITIALIZED"),
        (2, "INVALID_ARGUMENT"),
        (3, "NOT_SUPPORTED"),
        (4, "NO_PERMISSION"),
        (6, "NOT_FOUND"),
        (7, "INSUFFICIENT_SIZE"),
        (9, "DRIVER_NOT_LOADED"),
        (10, "TIMEOUT"),
        (15, "GPU_IS_LOST"),
        (16, "RESET_REQUIRED"),
        (18, "LIB_RM_VERSION_MISMATCH"),
        (21, "NO_DATA"),
        (26, "DEPRECATED"),
        (27, "NOT_READY"),
        (999, "UNKNOWN"),
    ];
    let fault = |(index, (_, name)): (usize, &(u32, &str))| {
        format!("[[fault]]\nat = {}\nuntil = {}\ncall = 'nvmlDeviceGet*'\ncode = '{name}'\n", index + 1, index + 2)
    };
    let faults: String = names.iter().enumerate().map(fault).collect();
    let standin = Standin::new(&format!("[[device]]\nprofile = 'h100'\n{faults}"));
    let (symbols, device) = standin.at(0.0).start();
    for (index, (number, name)) in names.iter().enumerate() {
        standin.at(index as f64 + 1.0);
        assert_eq!(get!(symbols, nvmlDeviceGetPowerUsage(device) -> u32), Err(*number), "{name}");
    }
}

#[test]
fn whoever_waits_while_the_driver_is_reloaded_learns_it() {
    let standin = Standin::new("[[device]]\nprofile = 'h100'\n[[fault]]\nat = 30\naction = 'driver_reload'\n");
    let nvml = standin.at(0.0).open();
    std::thread::scope(|scope| {
        // Whether the reload comes before or during the wait, a set of the old driver is of no use.
        let waiting = scope.spawn(|| nvml.create_event_set().and_then(|set| set.wait(600_000).map(|_| ())));
        standin.at(30.0);
        assert!(matches!(waiting.join().unwrap(), Err(NvmlError::Uninitialized)));
    });
}

#[test]
fn an_xid_is_delivered_once_to_each_set() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[[xid]]\nat = 1\ndevice = 0\ncode = 31\n[[xid]]\nat = 35\ndevice = 0\ncode = 79\n",
    );
    let nvml = standin.at(10.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let watch = || device.register_events(EventTypes::CRITICAL_XID_ERROR, nvml.create_event_set().unwrap()).unwrap();
    let (first, second) = (watch(), watch());
    // What happened before the device was registered is past, and what has not happened yet is not told.
    assert!(matches!(first.wait(0), Err(NvmlError::Timeout)));
    standin.at(35.0);
    for set in [&first, &second] {
        let event = set.wait(5000).unwrap();
        assert_eq!(event.event_data, Some(nvml_wrapper::enums::event::XidError::Value(79)));
        assert_eq!(event.device.uuid().unwrap(), device.uuid().unwrap());
        assert!(matches!(set.wait(0), Err(NvmlError::Timeout)));
    }
}

#[test]
fn without_a_scenario_there_is_no_driver() {
    let standin = Standin::on("[driver]\nversion = 5\n");
    let symbols = standin.symbols();
    let init = symbols.nvmlInit_v2.as_ref().unwrap();
    // SAFETY: a call without arguments.
    assert_eq!(unsafe { init() }, 9);
    assert_eq!(get!(symbols, nvmlDeviceGetCount_v2() -> u32), Err(9));
    // A scenario that appears later is as a driver that is installed later.
    std::fs::copy(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/h100.toml"),
        standin.folder.path().join("nvml-standin.toml"),
    )
    .unwrap();
    // SAFETY: a call without arguments.
    assert_eq!(unsafe { init() }, 0);
    assert_eq!(get!(symbols, nvmlDeviceGetCount_v2() -> u32), Ok(1));
}
