//! Each value that Hoofbeat reads, through nvml-wrapper: what the scenario says comes out.

use nvml_wrapper::enum_wrappers::device::*;
use nvml_wrapper::enums::device::{DeviceArchitecture, SampleValue};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;
use nvml_wrapper_sys::bindings::*;

use crate::library::{Standin, get};

const MIB: u64 = 1 << 20;

#[test]
fn a_data_centre_card_tells_all_of_the_table() {
    let standin = Standin::profile("h100");
    let nvml = standin.at(60.0).open();
    assert_eq!(nvml.sys_driver_version().unwrap(), "590.48.01");
    assert_eq!(nvml.sys_nvml_version().unwrap(), "13.590.48.01");
    assert_eq!(nvml.sys_cuda_driver_version().unwrap(), 13_010);
    assert_eq!(nvml.device_count().unwrap(), 1);
    let device = nvml.device_by_index(0).unwrap();

    // Once a device.
    assert_eq!(device.name().unwrap(), "NVIDIA H100 80GB HBM3");
    assert_eq!(device.uuid().unwrap(), "GPU-6f2a0100-5c1b-4d1e-9a77-100000000001");
    assert_eq!(device.serial().unwrap(), "1650000000001");
    assert_eq!(device.brand().unwrap(), Brand::Nvidia);
    assert_eq!(device.architecture().unwrap(), DeviceArchitecture::Hopper);
    let pci = device.pci_info().unwrap();
    assert_eq!((pci.domain, pci.bus, pci.device), (0, 0, 9));
    assert_eq!((pci.pci_device_id, pci.pci_sub_system_id), (0x2330_10de, Some(0x16c1_10de)));
    assert_eq!(pci.bus_id, "00000000:00:09.0");
    assert_eq!(device.minor_number().unwrap(), 0);
    let capability = device.cuda_compute_capability().unwrap();
    assert_eq!((capability.major, capability.minor), (9, 0));
    assert_eq!(device.vbios_version().unwrap(), "96.00.A5.00.01");
    assert_eq!(device.num_fans().unwrap(), 0);
    assert_eq!(device.max_clock_info(Clock::Graphics).unwrap(), 1980);
    assert_eq!(device.max_clock_info(Clock::Memory).unwrap(), 2619);
    assert_eq!((device.max_pcie_link_gen().unwrap(), device.max_pcie_link_width().unwrap()), (5, 16));
    assert!(matches!(device.temperature_threshold(TemperatureThreshold::Shutdown), Err(NvmlError::NotSupported)));
    let limits = device.power_management_limit_constraints().unwrap();
    assert_eq!((limits.min_limit, limits.max_limit), (200_000, 700_000));
    assert_eq!(device.power_management_limit_default().unwrap(), 700_000);
    assert!(device.is_ecc_enabled().unwrap().currently_enabled);
    assert!(!device.mig_is_mig_device_handle().unwrap());
    assert_eq!(device.supported_throttle_reasons().unwrap().bits(), 0x1ff);

    // Each tick.
    let use_now = device.utilization_rates().unwrap();
    assert_eq!((use_now.gpu, use_now.memory), (100, 11));
    let memory = device.memory_info().unwrap();
    assert_eq!((memory.total, memory.reserved, memory.used), (81_559 * MIB, 479 * MIB, 19_818 * MIB));
    assert_eq!(memory.free, (81_559 - 479 - 19_818) * MIB);
    assert_eq!(device.power_usage().unwrap(), 629_450);
    assert_eq!(device.temperature(TemperatureSensor::Gpu).unwrap(), 59);
    for (clock, megahertz) in [(Clock::Graphics, 1980), (Clock::SM, 1980), (Clock::Memory, 2619), (Clock::Video, 1545)]
    {
        assert_eq!(device.clock_info(clock).unwrap(), megahertz);
    }
    assert_eq!(device.performance_state().unwrap(), PerformanceState::Zero);
    assert!(device.current_throttle_reasons().unwrap().is_empty());
    assert_eq!(device.encoder_utilization().unwrap().utilization, 0);
    assert_eq!(device.decoder_utilization().unwrap().utilization, 0);

    // Now and then.
    assert_eq!(device.enforced_power_limit().unwrap(), 700_000);
    assert!(matches!(device.fan_speed(0), Err(NvmlError::NotSupported)));
    let bar1 = device.bar1_memory_info().unwrap();
    assert_eq!((bar1.total, bar1.used), (131_072 * MIB, 19_819 * MIB));
    assert_eq!((device.current_pcie_link_gen().unwrap(), device.current_pcie_link_width().unwrap()), (5, 16));
    assert_eq!(device.pcie_throughput(PcieUtilCounter::Send).unwrap(), 3092);
    assert_eq!(device.pcie_throughput(PcieUtilCounter::Receive).unwrap(), 6346);
    assert_eq!(device.total_ecc_errors(MemoryError::Corrected, EccCounter::Volatile).unwrap(), 0);
    assert_eq!(device.pcie_replay_counter().unwrap(), 9);
    assert!(!device.is_accounting_enabled().unwrap());
}

#[test]
fn fields_have_their_types_scopes_and_codes() {
    let standin = Standin::profile("h100");
    let (symbols, device) = standin.at(60.0).start();
    let asked =
        [(82, 0), (83, 0), (185, 0), (185, 2), (186, 0), (186, 2), (193, 0), (196, 0), (230, 0), (253, 0), (9999, 0)];
    // SAFETY: zeros are a value of these structs.
    let mut fields: Vec<nvmlFieldValue_t> = asked.iter().map(|_| unsafe { std::mem::zeroed() }).collect();
    for (field, (id, scope)) in fields.iter_mut().zip(asked) {
        (field.fieldId, field.scopeId) = (id, scope);
    }
    let call = symbols.nvmlDeviceGetFieldValues.as_ref().unwrap();
    // SAFETY: the array is as long as is said.
    assert_eq!(unsafe { call(device, fields.len() as i32, fields.as_mut_ptr()) }, 0);
    // SAFETY: the union's members are numbers.
    let found: Vec<_> =
        fields.iter().map(|field| (field.nvmlReturn, field.valueType, unsafe { field.value.sllVal })).collect();
    let idle_joules = 69.62 * 60.0;
    let minus = |value: i32| i64::from(value.cast_unsigned());
    assert_eq!(
        found,
        [
            (0, 1, 55),
            (0, 3, (idle_joules * 1000.0) as i64),
            (0, 1, 629_450),
            (0, 1, 85_830),
            (0, 1, 588_390),
            (3, 1, 0),
            (0, 5, minus(-8)),
            (0, 5, 0),
            (0, 1, 0),
            (3, 1, 0),
            (3, 1, 0),
        ]
    );
    assert_eq!(fields[0].timestamp, 1_763_000_060_000_000);
}

#[test]
fn reason_counters_are_numbered_as_the_driver_does() {
    for (driver, number) in [("580.65.06", 251), ("580.95.05", 269)] {
        let standin = Standin::new(&format!(
            "[[device]]\nprofile = 'geforce-rtx-4090'\n[device.curve]\nsw_thermal_us = 7\n[driver]\nversion = '{driver}'\n"
        ));
        let nvml = standin.at(0.0).open();
        let device = nvml.device_by_index(0).unwrap();
        // The wrapper knows a field by its newest number and translates it on the way in.
        let values = device.field_values_for(&[FieldId(251)]).unwrap();
        let value = values[0].as_ref().unwrap();
        assert_eq!(value.field.0, number, "driver {driver}");
        assert!(matches!(value.value, Ok(SampleValue::U64(7000))), "driver {driver}: {:?}", value.value);
    }
}

#[test]
fn a_desktop_card_has_fans_and_limits_in_degrees_and_lacks_the_rest() {
    let standin = Standin::profile("geforce-rtx-4090");
    let nvml = standin.at(75.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.num_fans().unwrap(), 2);
    assert_eq!(device.fan_speed(1).unwrap(), 42);
    assert_eq!(device.fan_speed_rpm(1).unwrap(), 1350);
    assert!(matches!(device.fan_speed(2), Err(NvmlError::InvalidArg)));
    assert_eq!(device.min_max_fan_speed().unwrap(), (30, 100));
    assert_eq!(device.temperature_threshold(TemperatureThreshold::Shutdown).unwrap(), 100);
    assert_eq!(device.temperature_threshold(TemperatureThreshold::Slowdown).unwrap(), 97);
    assert_eq!(device.temperature_threshold(TemperatureThreshold::GpuMax).unwrap(), 90);
    assert!(matches!(device.temperature_threshold(TemperatureThreshold::MemoryMax), Err(NvmlError::NotSupported)));
    assert!(matches!(device.serial(), Err(NvmlError::NotSupported)));
    assert!(matches!(device.is_ecc_enabled(), Err(NvmlError::NotSupported)));
    assert!(matches!(device.mig_mode(), Err(NvmlError::NotSupported)));
    assert!(matches!(device.retired_pages(RetirementCause::DoubleBitEccError), Err(NvmlError::NotSupported)));
    assert!(matches!(device.gpm_support(), Ok(false)));
    assert_eq!(device.current_throttle_reasons().unwrap().bits(), 4);
    assert_eq!(device.performance_state().unwrap(), PerformanceState::Two);
    assert!(device.is_display_active().unwrap());
    assert_eq!(device.power_source().unwrap(), nvml_wrapper::enums::device::PowerSource::Ac);
}

#[test]
fn a_laptop_has_no_limits_of_power() {
    let standin = Standin::profile("laptop-rtx-3060");
    let nvml = standin.at(60.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.power_usage().unwrap(), 70_060);
    assert!(matches!(device.enforced_power_limit(), Err(NvmlError::NotSupported)));
    assert!(matches!(device.power_management_limit_constraints(), Err(NvmlError::NotSupported)));
    assert!(matches!(device.fan_speed(0), Err(NvmlError::NotSupported)));
    assert!(matches!(device.fan_speed_rpm(0), Err(NvmlError::FailedToLoadSymbol(_))));
    assert_eq!(device.current_pcie_link_gen().unwrap(), 4);
}

#[test]
fn energy_is_the_integral_of_power_and_never_falls() {
    let standin = Standin::profile("geforce-rtx-4090");
    let nvml = standin.at(0.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let at = |seconds| {
        standin.at(seconds);
        device.total_energy_consumption().unwrap()
    };
    let load = 22.0 + (420.0 - 22.0) * 0.97;
    assert_eq!(at(0.0), 0);
    assert_eq!(at(60.0), 22 * 60_000);
    assert_eq!(at(60.25), 22 * 60_000 + (load * 250.0_f64).round() as u64);
    assert_eq!(at(3660.0), 22 * 60_000 + (load * 3_600_000.0_f64).round() as u64);
    let mut last = 0;
    for step in 0..2000 {
        let now = at(f64::from(step) * 0.07);
        assert!(now >= last, "at step {step}");
        last = now;
    }
}

#[test]
fn a_scenario_that_began_long_ago_has_used_its_energy() {
    let standin = Standin::new("[[device]]\nprofile = 'h100'\n[device.curve]\npower_w = 100\n");
    let nvml = standin.at(4e7).open();
    let device = nvml.device_by_index(0).unwrap();
    let joules = device.total_energy_consumption().unwrap() / 1000;
    assert!(joules.abs_diff(4_000_000_000) < 100, "{joules}");
    standin.at(4e7 + 10.0);
    let later = device.total_energy_consumption().unwrap() / 1000;
    assert!((later - joules).abs_diff(1000) <= 1, "{joules} {later}");
}

#[test]
fn heat_follows_power_slowly() {
    let standin = Standin::profile("geforce-rtx-4090");
    let nvml = standin.at(59.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let at = |seconds| {
        standin.at(seconds);
        device.temperature(TemperatureSensor::Gpu).unwrap()
    };
    let (before, soon, later) = (at(59.0), at(75.0), at(600.0));
    assert!(before < soon && soon < later, "{before} {soon} {later}");
    assert_eq!((before, later), (31, 70));
}

#[test]
fn instances_stand_for_themselves() {
    let standin = Standin::profile("h100-mig");
    let nvml = standin.at(60.0).open();
    let parent = nvml.device_by_index(0).unwrap();
    assert_eq!(parent.mig_mode().unwrap().current, 1);
    assert_eq!(parent.mig_device_count().unwrap(), 7);
    assert!(matches!(parent.utilization_rates(), Err(NvmlError::NotSupported)));
    assert!(matches!(parent.encoder_utilization(), Err(NvmlError::NotSupported)));
    assert!(matches!(parent.process_utilization_stats(0), Err(NvmlError::NotSupported)));
    assert_eq!(parent.power_usage().unwrap(), 432_210);
    assert_eq!(parent.memory_info().unwrap().used, 11_125 * MIB);

    let instance = parent.mig_device_by_index(0).unwrap();
    assert!(instance.mig_is_mig_device_handle().unwrap());
    assert_eq!(instance.name().unwrap(), "NVIDIA H100 80GB HBM3 MIG 3g.40gb");
    assert_eq!(instance.uuid().unwrap(), "MIG-6f2a0300-5c1b-4d1e-9a77-300000000001");
    let memory = instance.memory_info().unwrap();
    assert_eq!((memory.total, memory.used), (40_448 * MIB, 11_091 * MIB));
    assert!(matches!(instance.power_usage(), Err(NvmlError::NotSupported)));
    let attributes = instance.attributes().unwrap();
    assert_eq!((attributes.multiprocessor_count, attributes.shared_decoder_count), (60, 3));
    assert_eq!(instance.mig_parent_device().unwrap().uuid().unwrap(), parent.uuid().unwrap());
    assert_eq!(nvml.device_by_uuid(instance.uuid().unwrap()).unwrap().name().unwrap(), instance.name().unwrap());
    assert!(matches!(parent.mig_device_by_index(4), Err(NvmlError::NotFound)));

    let rows = parent.running_compute_processes().unwrap();
    assert_eq!(rows.iter().map(|row| row.gpu_instance_id).collect::<Vec<_>>(), [Some(2); 3]);
    assert_eq!(instance.running_compute_processes().unwrap().len(), 3);
    assert_eq!(parent.mig_device_by_index(1).unwrap().running_compute_processes().unwrap(), []);

    let (symbols, device) = standin.start();
    let handle = get!(symbols, nvmlDeviceGetMigDeviceHandleByIndex(device, 3) -> nvmlDevice_t).unwrap();
    assert_eq!(get!(symbols, nvmlDeviceGetGpuInstanceId(handle) -> u32), Ok(10));
    assert_eq!(get!(symbols, nvmlDeviceGetComputeInstanceId(handle) -> u32), Ok(0));
    assert_eq!(get!(symbols, nvmlDeviceGetGpuInstanceId(device) -> u32), Err(3));
}

#[test]
fn what_the_wrapper_lacks() {
    let standin = Standin::profile("h100");
    let (symbols, device) = standin.at(60.0).start();
    let engine = |found: Result<u32, u32>| found;
    let mut period = 0;
    let jpeg = symbols.nvmlDeviceGetJpgUtilization.as_ref().unwrap();
    let mut percent = 99;
    // SAFETY: two places for numbers.
    assert_eq!(unsafe { jpeg(device, &mut percent, &mut period) }, 0);
    assert_eq!(engine(Ok(percent)), Ok(0));
    assert!(period > 0);

    // SAFETY: zeros are a value of this struct.
    let mut margin: nvmlMarginTemperature_t = unsafe { std::mem::zeroed() };
    margin.version = 0x0100_0008;
    let call = symbols.nvmlDeviceGetMarginTemperature.as_ref().unwrap();
    // SAFETY: a place for the struct of this version.
    assert_eq!(unsafe { call(device, &mut margin) }, 0);
    assert_eq!(margin.marginTemperature, 26);

    // SAFETY: zeros are a value of this struct.
    let mut temperature: nvmlTemperature_t = unsafe { std::mem::zeroed() };
    temperature.version = 0x0100_000c;
    let call = symbols.nvmlDeviceGetTemperatureV.as_ref().unwrap();
    // SAFETY: as above.
    assert_eq!(unsafe { call(device, &mut temperature) }, 0);
    assert_eq!(temperature.temperature, 59);

    let rows = symbols.nvmlDeviceGetRemappedRows.as_ref().unwrap();
    let mut found = [9; 4];
    let [corrected, uncorrected, pending, failed] = &mut found;
    // SAFETY: four places for numbers.
    assert_eq!(unsafe { rows(device, corrected, uncorrected, pending, failed) }, 0);
    assert_eq!(found, [0; 4]);
    let banks = get!(symbols, nvmlDeviceGetRowRemapperHistogram(device) -> nvmlRowRemapperHistogramValues_t).unwrap();
    assert_eq!((banks.max, banks.none), (2560, 0));
    assert_eq!(get!(symbols, nvmlDeviceGetCurrentClocksEventReasons(device) -> u64), Ok(0));
    assert_eq!(get!(symbols, nvmlDeviceGetSupportedClocksEventReasons(device) -> u64), Ok(0x1ff));
    assert_eq!(get!(symbols, nvmlDeviceGetGpuMaxPcieLinkGeneration(device) -> u32), Ok(5));
    assert_eq!(get!(symbols, nvmlDeviceGetPowerState(device) -> u32), Ok(0));
    assert_eq!(get!(symbols, nvmlDeviceGetTargetFanSpeed(device, 0) -> u32), Err(3));
    // The first version of the memory's struct counts what is reserved as used.
    let memory = get!(symbols, nvmlDeviceGetMemoryInfo(device) -> nvmlMemory_t).unwrap();
    assert_eq!(memory.used, (19_818 + 479) * MIB);
}

#[test]
fn buffered_samples_show_what_was_between_two_ticks() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'geforce-rtx-4090'\n[device.curve]\nutil = [[0, 0], [60.5, 80], [60.7, 0]]\n",
    );
    let nvml = standin.at(61.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let samples = device.samples(Sampling::GpuUtilization, 1_763_000_060_000_000).unwrap();
    let values: Vec<SampleValue> = samples.into_iter().map(|sample| sample.value).collect();
    let busy = values.iter().filter(|value| matches!(value, SampleValue::U32(80))).count();
    assert_eq!((values.len(), busy), (10, 2));
    assert!(matches!(device.samples(Sampling::GpuUtilization, 1_763_000_061_000_000), Ok(none) if none.is_empty()));
}

#[test]
fn gpm_is_the_mean_between_two_samples() {
    let standin = Standin::profile("h100");
    let nvml = standin.at(50.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert!(device.gpm_support().unwrap());
    let first = device.gpm_sample().unwrap();
    standin.at(70.0);
    let second = device.gpm_sample().unwrap();
    use nvml_wrapper::enums::gpm::GpmMetricId;
    let asked = [GpmMetricId::SmUtil, GpmMetricId::DramBwUtil, GpmMetricId::Nvdec0Util];
    let found = nvml_wrapper::gpm::gpm_metrics_get(&nvml, &first, &second, &asked).unwrap();
    assert_eq!(found[0].as_ref().unwrap().value, 50.0);
    assert_eq!(found[1].as_ref().unwrap().value, 5.5);
    assert!(found[2].is_err());
}

#[test]
fn noise_is_small_the_same_each_time_and_off_unless_asked_for() {
    let series = |noise: &str| {
        let standin = Standin::new(&format!(
            "[[device]]\nprofile = 'geforce-rtx-4090'\n[device.curve]\nutil = 50\npower_w = 300\npower_average_w = 300\n{noise}"
        ));
        let nvml = standin.at(0.0).open();
        let device = nvml.device_by_index(0).unwrap();
        let at = |second: u32| {
            standin.at(f64::from(second));
            (device.utilization_rates().unwrap().gpu, device.samples(Sampling::Power, 0).unwrap().pop().unwrap().value)
        };
        (0..20).map(at).map(|(util, power)| (util, format!("{power:?}"))).collect::<Vec<_>>()
    };
    let still = series("");
    assert!(still.iter().all(|one| *one == still[0]), "{still:?}");
    let noisy = series("[noise]\npercent = 10\nseed = 3\n");
    assert!(noisy.iter().any(|one| one.0 != 50) && noisy.iter().all(|one| (45..=55).contains(&one.0)), "{noisy:?}");
    assert_eq!(noisy, series("[noise]\npercent = 10\nseed = 3\n"));
    assert_ne!(noisy, series("[noise]\npercent = 10\nseed = 4\n"));
}

#[test]
fn absurd_values_are_played_as_they_stand() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\nname = \"<b>a\\nb</b>\"\n[device.curve]\nutil = 655\ntemp_c = 4294967295\npower_average_w = 65535\nmem_used_mib = 1e13\n",
    );
    let nvml = standin.at(0.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.name().unwrap(), "<b>a\nb</b>");
    assert_eq!(device.utilization_rates().unwrap().gpu, 655);
    assert_eq!(device.temperature(TemperatureSensor::Gpu).unwrap(), u32::MAX);
    assert_eq!(device.power_usage().unwrap(), 65_535_000);
    let memory = device.memory_info().unwrap();
    assert_eq!((memory.used, memory.free), (10_000_000_000_000 << 20, 0));
}
