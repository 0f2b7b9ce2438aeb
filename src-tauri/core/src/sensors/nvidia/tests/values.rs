//! What a GPU tells of itself.

use super::*;

#[test]
fn a_data_centre_gpu_tells_margins_memory_power_and_what_its_memory_went_through() {
    let mut rig = Rig::new(
        "h100",
        "[device.curve]\nmargin_c = 45\nmemory_temp_c = 58\nmemory_power_w = 94\npower_w = 444\npower_average_w = 432\n\
         sw_power_cap_us = 2500000\nsw_thermal_us = 1500000\nhw_thermal_us = 500000\njpg = 7\nofa = 3\n\
         [device.ecc]\nenabled = true\ncorrected = 5\nuncorrected = 1\n\
         [device.remapped_rows]\ncorrected = 2\nuncorrected = 1\npending = true\n",
    );
    let told = rig.at(1);
    for (metric, expected) in [
        (Metric::GpuMargin, 45.0),
        (Metric::GpuMemoryTemperature, 58.0),
        (Metric::GpuMemoryPower, 94.0),
        (Metric::GpuPowerInstant, 444.0),
        (Metric::GpuPowerCapTime, 2.5),
        (Metric::GpuHeatTime, 1.5),
        (Metric::GpuHardwareHeatTime, 0.5),
        (Metric::GpuJpeg, 7.0),
        (Metric::GpuOpticalFlow, 3.0),
        (Metric::GpuEccCorrected, 5.0),
        (Metric::GpuEccUncorrected, 1.0),
        (Metric::GpuRemappedRows, 3.0),
        (Metric::GpuRemapPending, 1.0),
        (Metric::GpuRemapFailed, 0.0),
    ] {
        assert_eq!(told.value(metric), Some(expected), "{metric:?}");
    }
    assert_eq!(told.value(Metric::GpuRetiredPages), None, "it replaces rows instead");
    assert_eq!(told.value(Metric::GpuFanPercent), None);
    assert_eq!(told.condition(), None, "what it does not have is no fault");
}

#[test]
fn numbered_values_have_their_number_in_each_driver_and_their_sign() {
    for version in ["575.64.03", "580.82.07"] {
        let script =
            format!("[device.curve]\nmargin_c = -3\nsw_thermal_us = 1500000\n[driver]\nversion = \"{version}\"\n");
        let told = Rig::new("h100", &script).at(1);
        assert_eq!(told.value(Metric::GpuHeatTime), Some(1.5), "{version}");
        assert_eq!(told.value(Metric::GpuMargin), Some(-3.0), "{version}");
    }
}

#[test]
fn what_newer_libraries_give_up_is_asked_for_by_its_new_name() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\ntemp_c = 61\nthrottle = 0x24\n[device.codes]\n\
         nvmlDeviceGetTemperature = \"DEPRECATED\"\nnvmlDeviceGetPowerUsage = \"NOT_SUPPORTED\"\n\
         [driver]\nhide = [\"nvmlDeviceGetCurrentClocksThrottleReasons\"]\ntrace = \"calls.txt\"\n",
    );
    let told = rig.at(1);
    assert_eq!((told.value(Metric::GpuTemperature), told.value(Metric::GpuMargin)), (Some(61.0), Some(36.0)));
    assert_eq!(told.value(Metric::GpuThrottle), Some(3.0));
    assert!(told.value(Metric::GpuPower).is_some(), "{told:?}");
    rig.calls();
    rig.at(2);
    let calls = rig.calls();
    assert!(!calls.iter().any(|call| call == "nvmlDeviceGetTemperature"), "it is not tried again: {calls:?}");
}

#[test]
fn older_drivers_have_the_older_names() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nthrottle = 0x100000024\n\
         [driver]\nhide = [\"nvmlDeviceGetCurrentClocksEventReasons\", \"nvmlDeviceGetTemperatureV\"]\n",
    );
    // A bit that nobody knows yet takes nothing away.
    assert_eq!(rig.at(1).value(Metric::GpuThrottle), Some(3.0));
}

#[test]
fn what_no_gpu_can_have_is_absent_and_said() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "name = \"<b>GPU</b>\\nof \\u001b[31mnobody\"\n[device.curve]\nutil = 655\nmem_util = 17\ntemp_c = 65535\nfan_percent = 65535\n\
         mem_used_mib = 17592186044415\npower_w = 4294967\n",
    );
    let told = rig.at(1);
    for metric in [
        Metric::GpuUtilization,
        Metric::GpuTemperature,
        Metric::GpuMargin,
        Metric::GpuFanPercent,
        Metric::GpuMemoryUsed,
        Metric::GpuPower,
        Metric::GpuRemainder,
    ] {
        assert_eq!(told.value(metric), None, "{metric:?}");
    }
    assert!(told.is(Health::Unsupported, "GPU busy; GPU memory used; GPU temperature; "), "{told:?}");
    assert!(told.is(Health::Unsupported, "GPU fan, intended") && !told.is(Health::Unsupported, "("), "{told:?}");
    assert_eq!(told.value(Metric::GpuMemoryUtilization), Some(17.0), "nothing else changes");
    assert!(told.value(Metric::GpuMemoryTotal).is_some());
    let label = &told.labels[&format!("gpu:{UUID}")];
    assert!(!label.contains(['\n', '\u{1b}']), "{label:?}");
    // It comes to its senses.
    let mut rig =
        Rig::new("geforce-rtx-4090", "[device.curve]\nutil = [[0, 655], [5, 42]]\ntemp_c = 40\npower_w = 50\n");
    assert!(rig.until(4).condition().is_some());
    let told = rig.until(6);
    assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (Some(42.0), None));
}

#[test]
fn what_this_user_may_not_read_is_absent_and_said() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nutil = 42\n[device.codes]\nnvmlDeviceGetUtilizationRates = \"NO_PERMISSION\"\n\
         nvmlDeviceGetEncoderUtilization = \"NOT_SUPPORTED\"\nnvmlDeviceGetTotalEnergyConsumption = \"NO_PERMISSION\"\n\
         nvmlDeviceGetPowerUsage = \"NO_PERMISSION\"\n",
    );
    let told = rig.until(2);
    assert_eq!((told.value(Metric::GpuUtilization), told.value(Metric::GpuEnergy)), (None, None));
    assert!(told.value(Metric::GpuPower).is_some(), "there is another way to it");
    let condition = told.condition().unwrap();
    assert_eq!((condition.health, &*condition.reason), (Health::Denied, "needs permission: GPU busy; GPU energy"));
}

#[test]
fn a_tick_makes_few_calls() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nutil = 42\n[[process]]\npid = 10\ndevice = 0\nkind = \"C\"\nshare = 0.5\n[driver]\ntrace = \"calls.txt\"\n",
    );
    rig.until(3);
    rig.calls();
    rig.at(4);
    let mut calls = rig.calls();
    // The threads for traffic and for errors ask when they like.
    let aside = ["PcieThroughput", "SupportedEventTypes", "RegisterEvents", "EventSet"];
    calls.retain(|call| !aside.iter().any(|name| call.contains(name)));
    // Each of them costs a call into the kernel; a constant is asked for once.
    assert!(calls.len() <= 16, "{} calls: {calls:#?}", calls.len());
    assert!(!calls.iter().any(|call| call.contains("Threshold") || call.contains("HandleBy")), "{calls:?}");
}

#[test]
fn traffic_is_counted_aside() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\npcie_tx_kib = 100\npcie_rx_kib = 200\n[driver]\ntrace = \"calls.txt\"\n",
    );
    let told = rig.wait_until("the traffic", |told| told.value(Metric::GpuPcieTransmit).is_some());
    assert_eq!(told.value(Metric::GpuPcieTransmit), Some(102_000.0));
    assert_eq!(told.value(Metric::GpuPcieReceive), Some(205_000.0));
}

#[test]
fn traffic_that_no_link_can_carry_is_absent_and_said() {
    let mut rig = Rig::new("geforce-rtx-4090", "[device.curve]\npcie_tx_kib = 4294967295\npcie_rx_kib = 200\n");
    let told = rig.wait_until("the traffic", |told| told.value(Metric::GpuPcieReceive).is_some());
    assert_eq!(told.value(Metric::GpuPcieTransmit), None);
    assert!(told.is(Health::Unsupported, "left out: PCIe, from the GPU"), "{told:?}");
}

#[test]
fn a_memory_without_a_clock_and_an_energy_that_no_gpu_uses_are_absent() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nmemory_mhz = 0\npower_w = [[0, 100], [10, 4000000], [20, 100]]\n",
    );
    let told = rig.until(9);
    assert_eq!((told.value(Metric::GpuMemoryClock), told.condition()), (None, None));
    assert!(told.value(Metric::GpuEnergy).is_some() && told.value(Metric::GpuClock).is_some());
    let told = rig.until(15);
    assert!(told.value(Metric::GpuEnergy).is_none() && told.is(Health::Unsupported, "GPU energy"), "{told:?}");
    assert!(rig.until(25).value(Metric::GpuEnergy).is_some());
}

#[test]
fn a_threshold_that_could_not_be_read_at_first_is_asked_for_again() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\ntemp_c = 61\n[[fault]]\nat = 0\nuntil = 3\ncall = \"nvmlDeviceGetTemperatureThreshold\"\ncode = \"TIMEOUT\"\n",
    );
    let told = rig.at(1);
    assert_eq!((told.value(Metric::GpuTemperature), told.value(Metric::GpuMargin)), (Some(61.0), None));
    assert_eq!(rig.until(4).value(Metric::GpuMargin), Some(36.0));
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[[fault]]\nat = 0\ncall = \"nvmlDeviceGetTemperatureThreshold\"\ncode = \"GPU_IS_LOST\"\n",
    );
    assert!(rig.at(1).is(Health::Lost, "fallen off the bus"));
}
