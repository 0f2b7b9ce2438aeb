//! What NVML promises of every call: initialisation, handles, versions, sizes, threads.

use std::ffi::CStr;
use std::os::raw::c_char;

use nvml_wrapper_sys::bindings::*;

use crate::library::{Standin, device, get};

const NULL: nvmlDevice_t = std::ptr::null_mut();

#[test]
fn nothing_works_before_the_first_start_or_after_the_last_end() {
    let standin = Standin::profile("h100");
    let symbols = standin.at(0.0).symbols();
    let init = *symbols.nvmlInit_v2.as_ref().unwrap();
    let shutdown = *symbols.nvmlShutdown.as_ref().unwrap();
    let count = || get!(symbols, nvmlDeviceGetCount_v2() -> u32);
    assert_eq!(count(), Err(1));
    // SAFETY: calls without arguments.
    unsafe {
        assert_eq!(shutdown(), 1);
        assert_eq!((init(), init()), (0, 0));
        assert_eq!(count(), Ok(1));
        let first = device(&symbols, 0);
        assert_eq!((shutdown(), count()), (0, Ok(1)));
        assert_eq!((shutdown(), count()), (0, Err(1)));
        assert_eq!((init(), device(&symbols, 0)), (0, first));
    }
}

#[test]
fn a_bad_handle_is_an_invalid_argument() {
    let standin = Standin::profile("h100-mig");
    let (symbols, first) = standin.at(0.0).start();
    for wrong in [NULL, first.wrapping_byte_add(200), first.wrapping_byte_add(256), first.wrapping_byte_sub(1)] {
        assert_eq!(get!(symbols, nvmlDeviceGetPowerUsage(wrong) -> u32), Err(2), "{wrong:?}");
    }
    assert_eq!(get!(symbols, nvmlDeviceGetHandleByIndex_v2(1) -> nvmlDevice_t).err(), Some(2));
    let power = symbols.nvmlDeviceGetPowerUsage.as_ref().unwrap();
    // SAFETY: null is what is tried.
    assert_eq!(unsafe { power(first, std::ptr::null_mut()) }, 2);
}

#[test]
fn devices_are_found_by_index_uuid_and_address() {
    let standin = Standin::new(
        "[[device]]\nprofile = 'h100'\npci = '0000:c1:00.0'\n[[device]]\nprofile = 'h200'\npci = '0000:0A:00.0'\n",
    );
    let nvml = standin.at(0.0).open();
    assert_eq!(nvml.device_count().unwrap(), 2);
    let second = nvml.device_by_index(1).unwrap();
    assert_eq!(second.index().unwrap(), 1);
    assert_eq!(nvml.device_by_uuid(second.uuid().unwrap()).unwrap().name().unwrap(), "NVIDIA H200");
    for address in ["00000000:0A:00.0", "0000:0a:00.0"] {
        assert_eq!(nvml.device_by_pci_bus_id(address).unwrap().name().unwrap(), "NVIDIA H200");
    }
    assert!(nvml.device_by_uuid("GPU-nobody").is_err());
}

#[test]
fn a_text_that_does_not_fit_is_refused() {
    let standin = Standin::profile("h100");
    let (symbols, device) = standin.at(0.0).start();
    let name = symbols.nvmlDeviceGetName.as_ref().unwrap();
    let expected = "NVIDIA H100 80GB HBM3";
    let mut buffer: [c_char; 64] = [1; 64];
    // SAFETY: the buffer is longer than each length that is passed.
    unsafe {
        assert_eq!(name(device, buffer.as_mut_ptr(), expected.len() as u32), 7);
        assert_eq!(buffer, [1; 64]);
        assert_eq!(name(device, buffer.as_mut_ptr(), expected.len() as u32 + 1), 0);
        assert_eq!(CStr::from_ptr(buffer.as_ptr()).to_str().unwrap(), expected);
    }
}

#[test]
fn versions_are_checked() {
    for (lenient, bare) in [(false, 25), (true, 0)] {
        let standin = Standin::new(&format!("[[device]]\nprofile = 'h100'\n[driver]\nlenient_versions = {lenient}\n"));
        let (symbols, device) = standin.at(0.0).start();
        let call = symbols.nvmlDeviceGetMemoryInfo_v2.as_ref().unwrap();
        for (version, expected) in [(0x0200_0028, 0), (2, bare), (0, 25), (0x0300_0028, 25)] {
            // SAFETY: zeros are a value of this struct, which is a place for the answer.
            let code = unsafe {
                let mut memory: nvmlMemory_v2_t = std::mem::zeroed();
                memory.version = version;
                call(device, &mut memory)
            };
            assert_eq!(code, expected, "version {version:#x}, lenient: {lenient}");
        }
    }
}

#[test]
fn every_code_has_a_text() {
    let standin = Standin::profile("h100");
    let symbols = standin.symbols();
    let text = symbols.nvmlErrorString.as_ref().unwrap();
    // SAFETY: the texts are static.
    let text = |code| unsafe { CStr::from_ptr(text(code)) }.to_str().unwrap();
    assert_eq!(text(0), "Success");
    assert_eq!(text(15), "GPU is lost");
    assert_eq!(text(26), "Requested functionality has been deprecated");
    assert_eq!(text(12_345), "Unknown Error");
}

#[test]
fn many_threads_may_call_at_once() {
    let standin = Standin::profile("h100");
    let nvml = standin.at(60.0).open();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let device = nvml.device_by_index(0).unwrap();
                    assert_eq!(device.utilization_rates().unwrap().gpu, 100);
                    assert_eq!(device.running_compute_processes().unwrap().len(), 3);
                }
            });
        }
    });
}

#[test]
fn a_call_is_traced_and_wakes_its_device_alone() {
    let standin = Standin::new(
        "[driver]\ntrace = 'calls.txt'\nsysfs_root = 'sys'\n[[device]]\nprofile = 'h100'\n[[device]]\nprofile = 'h200'\n[[device]]\nprofile = 'geforce-rtx-4090'\n",
    );
    let status = |address: &str| format!("sys/bus/pci/devices/{address}/power/runtime_status");
    let [first, second] = ["0000:00:09.0", "0000:83:00.0"].map(status);
    let sleep = || {
        for path in [&first, &second] {
            let path = standin.folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "suspended\n").unwrap();
        }
    };
    sleep();
    let symbols = standin.at(1.5).symbols();
    assert_eq!((standin.text(&first), standin.text(&second)), ("suspended\n".into(), "suspended\n".into()));

    let (symbols_started, device) = standin.start();
    assert_eq!((standin.text(&first), standin.text(&second)), ("active\n".into(), "active\n".into()));
    sleep();
    get!(symbols_started, nvmlDeviceGetPowerUsage(device) -> u32).unwrap();
    assert_eq!((standin.text(&first), standin.text(&second)), ("active\n".into(), "suspended\n".into()));
    // A machine without runtime power management has no such file, and gets none.
    assert!(!standin.folder.path().join(status("0000:01:00.0")).exists());

    get!(symbols, nvmlDeviceGetTemperature(device, 7) -> u32).unwrap_err();
    let trace = standin.text("calls.txt");
    let lines: Vec<&str> = trace.lines().collect();
    let pid = std::process::id();
    assert_eq!(lines[0], format!("1500 {pid} nvmlInit_v2() = SUCCESS"));
    assert_eq!(lines[1], format!("1500 {pid} nvmlDeviceGetHandleByIndex_v2(0, out) = SUCCESS"));
    assert_eq!(lines[2], format!("1500 {pid} nvmlDeviceGetPowerUsage({device:p}, out) = SUCCESS"));
    assert_eq!(lines[3], format!("1500 {pid} nvmlDeviceGetTemperature({device:p}, 7, out) = INVALID_ARGUMENT"));
    assert_eq!(lines.len(), 4);

    // Who starts it without attaching touches nothing, an address one device, and the search for an id all.
    sleep();
    // SAFETY: it takes a number and no pointer.
    assert_eq!(unsafe { symbols_started.nvmlInitWithFlags(2) }, 0);
    let mut count = 0_u32;
    // SAFETY: the place is that of a number.
    assert_eq!(unsafe { symbols_started.nvmlDeviceGetCount_v2(&mut count) }, 0);
    assert_eq!((standin.text(&first), standin.text(&second)), ("suspended\n".into(), "suspended\n".into()));
    let nvml = standin.open();
    sleep();
    nvml.device_by_pci_bus_id("0000:83:00.0").unwrap();
    assert_eq!((standin.text(&first), standin.text(&second)), ("suspended\n".into(), "active\n".into()));
    sleep();
    nvml.device_by_uuid("GPU-nobody").unwrap_err();
    assert_eq!((standin.text(&first), standin.text(&second)), ("active\n".into(), "active\n".into()));
}
