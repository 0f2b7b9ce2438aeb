//! The example of the scenario's documentation, played from its start to its end.

use std::path::Path;

use nvml_wrapper::bitmasks::event::EventTypes;
use nvml_wrapper::enums::event::XidError;
use nvml_wrapper::error::NvmlError;

use crate::library::Standin;

/// The example as it stands in the module's head, on a clock that the test sets.
fn example() -> String {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/scenario.rs")).unwrap();
    let lines = source.lines().skip_while(|line| *line != "//! ```toml").skip(1).take_while(|line| *line != "//! ```");
    let text: String = lines.map(|line| line.trim_start_matches("//!").to_owned() + "\n").collect();
    assert!(text.contains("source = \"realtime\""));
    text.replace("source = \"realtime\"", "source = \"file:now.ms\"")
}

#[test]
fn the_documented_scenario_plays_as_it_says() {
    let standin = Standin::on(&example());
    let status = standin.folder.path().join("sys/bus/pci/devices/0000:01:00.0/power/runtime_status");
    std::fs::create_dir_all(status.parent().unwrap()).unwrap();
    std::fs::write(&status, "suspended\n").unwrap();

    let nvml = standin.at(0.0).open();
    assert_eq!(std::fs::read_to_string(&status).unwrap(), "active\n");
    assert_eq!(nvml.sys_driver_version().unwrap(), "580.95.05");
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.uuid().unwrap(), "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f");
    assert_eq!((device.utilization_rates().unwrap().gpu, device.power_usage().unwrap()), (0, 22_000));
    assert!(matches!(device.serial(), Err(NvmlError::NotSupported)));
    assert!(nvml.lib().nvmlDeviceGetMarginTemperature.is_err(), "a hidden symbol");
    let set = device.register_events(EventTypes::CRITICAL_XID_ERROR, nvml.create_event_set().unwrap()).unwrap();

    standin.at(12.0);
    let busy = device.utilization_rates().unwrap();
    assert_eq!((busy.gpu, busy.memory), (95, 40));
    let rows = device.running_compute_processes().unwrap();
    assert!(Path::new("/proc").join(rows[0].pid.to_string()).exists());
    assert_eq!(device.process_utilization_stats(1_763_000_011_000_000).unwrap()[0].sm_util, 76);
    assert_eq!(device.fan_speed(0).unwrap(), 45);

    standin.at(20.0);
    assert!(matches!(device.utilization_rates(), Err(NvmlError::GpuLost)));
    standin.at(25.0);
    assert!(device.utilization_rates().is_ok());
    standin.at(30.0);
    assert!(matches!(device.utilization_rates(), Err(NvmlError::Uninitialized)));
    assert!(matches!(set.wait(0), Err(NvmlError::Uninitialized)));
    drop(set);
    drop(nvml);

    standin.at(36.0);
    let nvml = standin.open();
    assert_eq!(nvml.sys_driver_version().unwrap(), "590.48.01");
    let device = nvml.device_by_index(0).unwrap();
    let set = device.register_events(EventTypes::CRITICAL_XID_ERROR, nvml.create_event_set().unwrap()).unwrap();
    // The event of second 35 was for those who were there.
    assert!(matches!(set.wait(0), Err(NvmlError::Timeout)));
    standin.at(40.0);
    assert!(device.running_compute_processes().unwrap().is_empty());
    assert_eq!(device.utilization_rates().unwrap().gpu, 0);
    let trace = standin.text("calls.txt");
    assert!(trace.contains("nvmlDeviceGetUtilizationRates") && trace.contains(" = GPU_IS_LOST"));
}

#[test]
fn an_event_reaches_who_was_there() {
    let scenario = example().replace("action = \"driver_reload\"", "code = \"UNKNOWN\"\nuntil = 31");
    let standin = Standin::on(&scenario);
    let nvml = standin.at(0.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let set = device.register_events(EventTypes::CRITICAL_XID_ERROR, nvml.create_event_set().unwrap()).unwrap();
    standin.at(35.0);
    assert_eq!(set.wait(5000).unwrap().event_data, Some(XidError::Value(79)));
}

/// Set in the process that a test starts from itself, as the environment is one for all tests.
const INNER: &str = "NVML_STANDIN_TEST_INNER";

#[test]
fn the_environment_names_the_scenario_the_trace_and_where_the_time_is_counted() {
    let name = "example::the_environment_names_the_scenario_the_trace_and_where_the_time_is_counted";
    if std::env::var_os(INNER).is_some() {
        let beside = Standin::profile("h100");
        let nvml = beside.open();
        assert_eq!(nvml.device_by_index(0).unwrap().name().unwrap(), "NVIDIA GeForce RTX 3060 Laptop GPU");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (trace, spent) = (folder.path().join("trace.txt"), folder.path().join("spent.txt"));
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name])
        .env(INNER, "1")
        .env("NVML_STANDIN", Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/laptop-rtx-3060.toml"))
        .env("NVML_STANDIN_TRACE", &trace)
        .env("NVML_STANDIN_SPENT", &spent)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(std::fs::read_to_string(trace).unwrap().contains("nvmlDeviceGetName"));
    let spent = std::fs::read_to_string(spent).unwrap();
    let name = spent.lines().find_map(|line| line.strip_prefix("nvmlDeviceGetName\t")).expect("the call was counted");
    let (calls, nanoseconds) = name.split_once('\t').unwrap();
    assert!(calls == "1" && nanoseconds.parse::<u64>().unwrap() > 0, "{spent}");
}

#[test]
fn a_started_process_ends_with_its_client() {
    let name = "example::a_started_process_ends_with_its_client";
    if std::env::var_os(INNER).is_some() {
        let standin = Standin::new(
            "[[device]]\nprofile = 'h100'\n[[process]]\npid = 'spawn:sleep 1000'\ndevice = 0\nkind = 'C'\n",
        );
        let nvml = standin.open();
        println!("child {}", nvml.device_by_index(0).unwrap().running_compute_processes().unwrap()[0].pid);
        return;
    }
    let client = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INNER, "1")
        .output()
        .unwrap();
    let printed = String::from_utf8(client.stdout).unwrap();
    let pid =
        printed.lines().find_map(|line| line.split_once("child ").map(|(_, pid)| pid)).expect("the client's child");
    assert!(!Path::new("/proc").join(pid).exists(), "process {pid} goes on");
}
