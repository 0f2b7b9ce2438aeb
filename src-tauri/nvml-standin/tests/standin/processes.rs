//! Who uses a device, in each of the shapes that NVML has for it.

use std::path::Path;
use std::time::{Duration, Instant};

use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper_sys::bindings::*;

use crate::library::Standin;

const MIB: u64 = 1 << 20;
const EPOCH_MICROS: u64 = 1_763_000_000_000_000;

/// Two processes that share a busy device, one that draws, and one client of MPS.
const EVENING: &str = r#"
[[device]]
profile = "geforce-rtx-4090"
[device.curve]
util = 90
mem_util = 40
enc = 50
[[process]]
pid = 700
name = "/usr/bin/train"
device = 0
kind = "C"
mem_mib = [[0, 100], [20, 4096]]
share = 0.7
from = 10
to = 40
[[process]]
pid = 300
device = 0
kind = "C+G"
share = 0.3
enc_share = 1.0
from = 10
[[process]]
pid = 200
device = 0
kind = "G"
mem_mib = 64
[[process]]
pid = 900
device = 0
kind = "M"
mem_mib = 10
"#;

#[test]
fn each_list_has_its_kinds_and_a_process_its_time() {
    let standin = Standin::new(EVENING);
    let nvml = standin.at(9.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let pids = |rows: Vec<nvml_wrapper::struct_wrappers::device::ProcessInfo>| {
        rows.into_iter().map(|row| (row.pid, row.used_gpu_memory)).collect::<Vec<_>>()
    };
    assert_eq!(pids(device.running_compute_processes().unwrap()), []);
    standin.at(20.0);
    let known = UsedGpuMemory::Used(4096 * MIB);
    let unknown = UsedGpuMemory::Unavailable;
    let compute = pids(device.running_compute_processes().unwrap());
    assert_eq!(compute, [(700, known), (300, unknown)]);
    let graphics = pids(device.running_graphics_processes().unwrap());
    assert_eq!(graphics, [(300, UsedGpuMemory::Unavailable), (200, UsedGpuMemory::Used(64 * MIB))]);
    assert_eq!(pids(device.mps_running_compute_processes().unwrap()), [(900, UsedGpuMemory::Used(10 * MIB))]);
    assert_eq!(nvml.sys_process_name(700, 64).unwrap(), "/usr/bin/train");
    assert!(matches!(nvml.sys_process_name(0x3fff_ffff, 64), Err(NvmlError::NotFound)));
    // Without a curve of its own, the device's memory is the sum.
    assert_eq!(device.memory_info().unwrap().used, (12 + 4096 + 64 + 10) * MIB);
    standin.at(40.0);
    assert_eq!(pids(device.running_compute_processes().unwrap()), [(300, UsedGpuMemory::Unavailable)]);
}

#[test]
fn use_by_process_is_newer_than_asked_or_not_found() {
    let standin = Standin::new(EVENING);
    let nvml = standin.at(30.4).open();
    let device = nvml.device_by_index(0).unwrap();
    let rows = device.process_utilization_stats(EPOCH_MICROS + 29_000_000).unwrap();
    let rows: Vec<_> =
        rows.iter().map(|row| (row.pid, row.timestamp - EPOCH_MICROS, row.sm_util, row.enc_util)).collect();
    assert_eq!(rows, [(300, 30_000_000, 27, 50), (700, 30_000_000, 63, 0)]);
    assert!(matches!(device.process_utilization_stats(EPOCH_MICROS + 30_000_000), Err(NvmlError::NotFound)));
}

#[test]
fn the_newer_call_says_the_same() {
    let standin = Standin::new(EVENING);
    let (symbols, device) = standin.at(30.0).start();
    let call = symbols.nvmlDeviceGetProcessesUtilizationInfo.as_ref().unwrap();
    // SAFETY: zeros are a value of these structs, and the array is as long as is said.
    unsafe {
        let mut rows: [nvmlProcessUtilizationInfo_v1_t; 4] = std::mem::zeroed();
        let mut info: nvmlProcessesUtilizationInfo_t = std::mem::zeroed();
        info.lastSeenTimeStamp = EPOCH_MICROS;
        assert_eq!(call(device, &mut info), 25);
        info.version = 0x0100_0018;
        assert_eq!((call(device, &mut info), info.processSamplesCount), (7, 2));
        info.procUtilArray = rows.as_mut_ptr();
        info.processSamplesCount = 4;
        assert_eq!((call(device, &mut info), info.processSamplesCount), (0, 2));
        assert_eq!((rows[0].pid, rows[0].smUtil, rows[0].encUtil), (300, 27, 50));
        assert_eq!((rows[1].pid, rows[1].smUtil, rows[1].timeStamp), (700, 63, EPOCH_MICROS + 30_000_000));
    }
}

#[test]
fn a_list_that_does_not_fit_tells_its_length() {
    let standin = Standin::new(EVENING);
    let (symbols, device) = standin.at(20.0).start();
    let second = symbols.nvmlDeviceGetComputeRunningProcesses_v2.as_ref().unwrap();
    let detail = symbols.nvmlDeviceGetRunningProcessDetailList.as_ref().unwrap();
    // SAFETY: zeros are a value of these structs, and each array is as long as is said.
    unsafe {
        let mut count = 1;
        let mut rows: [nvmlProcessInfo_v2_t; 3] = std::mem::zeroed();
        assert_eq!((second(device, &mut count, rows.as_mut_ptr()), count), (7, 2));
        assert_eq!((second(device, &mut count, std::ptr::null_mut()), count), (7, 2));
        count = 3;
        assert_eq!((second(device, &mut count, rows.as_mut_ptr()), count), (0, 2));
        assert_eq!((rows[0].pid, rows[0].usedGpuMemory, rows[0].gpuInstanceId), (700, 4096 * MIB, u32::MAX));
        assert_eq!((rows[1].pid, rows[1].usedGpuMemory), (300, u64::MAX));

        let mut rows: [nvmlProcessDetail_v1_t; 3] = std::mem::zeroed();
        let mut list: nvmlProcessDetailList_t = std::mem::zeroed();
        list.version = 0x0100_0018;
        list.mode = 1;
        list.numProcArrayEntries = 3;
        list.procArray = rows.as_mut_ptr();
        assert_eq!((detail(device, &mut list), list.numProcArrayEntries), (0, 2));
        assert_eq!((rows[0].pid, rows[1].pid, rows[1].usedGpuMemory), (300, 200, 64 * MIB));
    }
}

#[test]
fn some_drivers_write_longer_rows_through_the_same_symbol() {
    let standin = Standin::new(&format!("{EVENING}\n[driver]\nrow_bytes = 32\n"));
    let (symbols, device) = standin.at(20.0).start();
    let third = symbols.nvmlDeviceGetComputeRunningProcesses_v3.as_ref().unwrap();
    let mut words = [0_u64; 8];
    let mut count = 2;
    // SAFETY: the array has room for two rows of 32 bytes.
    assert_eq!(unsafe { third(device, &mut count, words.as_mut_ptr().cast()) }, 0);
    assert_eq!((words[0] as u32, words[1], words[4] as u32), (700, 4096 * MIB, 300));
}

#[test]
fn a_sample_goes_to_one_process_and_in_the_mean_by_share() {
    let standin = Standin::new(&format!("{EVENING}\n[sampling]\nwinner_takes_sample = true\n[noise]\nseed = 4\n"));
    let nvml = standin.at(10.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let mut won = std::collections::BTreeMap::new();
    for second in 41..641 {
        standin.at(f64::from(second));
        // Only the process that goes on is left from second 40 on; before it, both are.
        let last = EPOCH_MICROS + (second as u64 - 1) * 1_000_000;
        let rows = device.process_utilization_stats(last).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].sm_util, 90);
        *won.entry(rows[0].pid).or_insert(0) += 1;
    }
    assert_eq!(won, [(300, 600)].into());

    let longer = EVENING.replace("to = 40", "to = 4000");
    let standin = Standin::new(&format!("{longer}\n[sampling]\nwinner_takes_sample = true\n"));
    let nvml = standin.at(10.0).open();
    let device = nvml.device_by_index(0).unwrap();
    let mut won = 0;
    for second in 1000..2000 {
        standin.at(f64::from(second));
        let rows = device.process_utilization_stats(EPOCH_MICROS + (second as u64 - 1) * 1_000_000).unwrap();
        assert_eq!(rows.len(), 1);
        won += u32::from(rows[0].pid == 700);
    }
    // The one that encodes too weighs by its larger share: 0.7 against 1.0.
    assert!((350..=470).contains(&won), "{won}");
}

#[test]
fn junk_rows_come_along() {
    let standin = Standin::new(&format!("{EVENING}\n[sampling]\njunk_rows = 100\n"));
    let nvml = standin.at(20.0).open();
    let rows = nvml.device_by_index(0).unwrap().process_utilization_stats(0).unwrap();
    assert_eq!(rows.len(), 102);
    assert_eq!(rows.iter().filter(|row| row.sm_util > 100).count(), 100);
}

#[test]
fn a_process_can_be_real() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\n[[process]]\npid = 'spawn:sleep 1000'\ndevice = 0\nkind = 'C'\nfrom = 5\nto = 9\n[[process]]\npid = 'self'\ndevice = 0\nkind = 'G'\n[[process]]\npid = 'file:pid.txt'\ndevice = 0\nkind = 'M'\n",
    );
    let nvml = standin.at(0.0).open();
    let device = nvml.device_by_index(0).unwrap();
    assert!(device.running_compute_processes().unwrap().is_empty());
    assert_eq!(device.running_graphics_processes().unwrap()[0].pid, std::process::id());
    assert!(device.mps_running_compute_processes().unwrap().is_empty());
    std::fs::write(standin.folder.path().join("pid.txt"), "77\n").unwrap();
    assert_eq!(device.mps_running_compute_processes().unwrap()[0].pid, 77);

    standin.at(5.0);
    let child = device.running_compute_processes().unwrap()[0].pid;
    let proc = format!("/proc/{child}");
    // The kernel shows a command line a moment after the program has begun.
    let limit = Instant::now() + Duration::from_secs(30);
    let command = || std::fs::read_to_string(format!("{proc}/cmdline")).unwrap();
    while command().is_empty() && Instant::now() < limit {
        std::thread::yield_now();
    }
    assert_eq!(command(), "sleep\u{0}1000\u{0}");
    assert_eq!(nvml.sys_process_name(child, 64).unwrap(), "sleep");
    // The same one as long as it lasts, also after its client lets the driver go.
    drop(nvml);
    let nvml = standin.open();
    let device = nvml.device_by_index(0).unwrap();
    assert_eq!(device.running_compute_processes().unwrap()[0].pid, child);
    standin.at(9.0);
    assert!(device.running_compute_processes().unwrap().is_empty());
    assert!(!Path::new(&proc).exists());
}

#[test]
fn accounting_is_told_where_it_is_on() {
    let on = EVENING.replace("[device.curve]", "[device.accounting]\nenabled = true\n[device.curve]");
    for (scenario, enabled) in [(EVENING, false), (&on, true)] {
        let standin = Standin::new(scenario);
        let nvml = standin.at(20.0).open();
        let device = nvml.device_by_index(0).unwrap();
        assert_eq!(device.is_accounting_enabled().unwrap(), enabled);
        if enabled {
            assert_eq!(device.accounting_pids().unwrap(), [700, 300, 200, 900]);
            let stats = device.accounting_stats_for(700_u32).unwrap();
            assert_eq!((stats.gpu_utilization, stats.max_memory_usage), (Some(63), Some(4096 * MIB)));
            assert_eq!(stats.start_time, EPOCH_MICROS + 10_000_000);
        } else {
            assert!(matches!(device.accounting_pids(), Err(NvmlError::NotSupported)));
        }
    }
}
