//! Starting, ending, and what concerns the whole system.
//!
//! Which GPUs a call touches is that of NVML's reference (nvml.h, "Initialization and Cleanup" and the handles of "Device
//! Queries"): starting attaches all GPUs, and with NVML_INIT_FLAG_NO_ATTACH none. A handle by index or PCI address
//! initialises the target GPU; one by UUID or serial number may initialise others in the search for it, so here it does.

use std::ffi::c_char;

use crate::argument::{Out, Text};
use crate::call::exports;
use crate::code::{self, Code};
use crate::driver::{Driver, Target};
use crate::fault;
use crate::scenario::{Pid, Process};

/// NVML_INIT_FLAG_NO_ATTACH.
const NO_ATTACH: u32 = 2;

exports! {
    fn nvmlInit(driver) { driver.start(true) }
    fn nvmlInit_v2(driver) { driver.start(true) }
    fn nvmlInitWithFlags(driver, flags: u32) { driver.start(flags & NO_ATTACH == 0) }
    fn nvmlShutdown(driver) { driver.stop(); Ok(()) }

    fn nvmlSystemGetDriverVersion(driver, version: Out<c_char>, length: u32) {
        version.put_text(length, fault::version(&driver.scenario, driver.now()))
    }
    fn nvmlSystemGetNVMLVersion(driver, version: Out<c_char>, length: u32) {
        version.put_text(length, &driver.scenario.driver.nvml)
    }
    fn nvmlSystemGetCudaDriverVersion(driver, version: Out<i32>) { version.put(driver.scenario.driver.cuda) }
    fn nvmlSystemGetCudaDriverVersion_v2(driver, version: Out<i32>) { version.put(driver.scenario.driver.cuda) }

    fn nvmlSystemGetProcessName(driver, pid: u32, name: Out<c_char>, length: u32) {
        let scripted = |process: &&Process| matches!(process.pid, Pid::Foreign(foreign) if foreign == pid);
        let named = driver.scenario.processes.iter().find(scripted).and_then(|process| process.name.clone());
        let found = named.or_else(|| command(pid)).ok_or(Code::NotFound)?;
        // Here, alone among the texts, what does not fit is cut.
        let room = found.floor_char_boundary((length as usize).saturating_sub(1));
        name.put_text(length, &found[..room])
    }

    fn nvmlDeviceGetCount(driver, count: Out<u32>) { count.put(driver.scenario.devices.len() as u32) }
    fn nvmlDeviceGetCount_v2(driver, count: Out<u32>) { count.put(driver.scenario.devices.len() as u32) }
    fn nvmlDeviceGetHandleByIndex(driver, index: u32, device: Out<usize>) { by_index(driver, index, device) }
    fn nvmlDeviceGetHandleByIndex_v2(driver, index: u32, device: Out<usize>) { by_index(driver, index, device) }

    fn nvmlDeviceGetHandleByUUID(driver, uuid: Text, device: Out<usize>) {
        let uuid = uuid.read()?;
        driver.wake_all();
        let mut found = None;
        for (index, one) in driver.scenario.devices.iter().enumerate() {
            if one.uuid == uuid {
                found = Some(Target::Device(index));
            }
            let instances = one.mig.as_ref().filter(|mig| mig.enabled).map_or(&[][..], |mig| &mig.instance);
            if let Some(instance) = instances.iter().position(|instance| instance.uuid == uuid) {
                found = Some(Target::Instance(index, instance));
            }
        }
        device.put(driver.handle(found.ok_or(Code::NotFound)?).0)
    }

    fn nvmlDeviceGetHandleByPciBusId(driver, bus_id: Text, device: Out<usize>) { by_bus_id(driver, bus_id, device) }
    fn nvmlDeviceGetHandleByPciBusId_v2(driver, bus_id: Text, device: Out<usize>) { by_bus_id(driver, bus_id, device) }
    fn nvmlDeviceGetHandleBySerial(driver, serial: Text, device: Out<usize>) {
        let serial = serial.read()?;
        driver.wake_all();
        let index = driver.scenario.devices.iter().position(|one| one.serial.as_deref() == Some(&*serial));
        device.put(driver.handle(Target::Device(index.ok_or(Code::NotFound)?)).0)
    }
}

fn by_index(driver: &Driver, index: u32, device: Out<usize>) -> Result<(), Code> {
    if index as usize >= driver.scenario.devices.len() {
        return Err(Code::InvalidArgument);
    }
    driver.wake(index as usize);
    device.put(driver.handle(Target::Device(index as usize)).0)
}

/// The domain may have four digits or eight.
fn by_bus_id(driver: &Driver, bus_id: Text, device: Out<usize>) -> Result<(), Code> {
    let asked = bus_id.read()?.to_lowercase();
    let asked = asked.strip_prefix("0000").filter(|rest| rest.len() == "0000:00:00.0".len()).unwrap_or(&asked);
    let index = driver.scenario.devices.iter().position(|one| one.pci.to_lowercase() == *asked);
    let index = index.ok_or(Code::NotFound)?;
    driver.wake(index);
    device.put(driver.handle(Target::Device(index)).0)
}

/// A process's command without its arguments, else the name that the kernel has for it.
fn command(pid: u32) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
    match line.split('\0').next() {
        Some(first) if !first.is_empty() => Some(first.to_owned()),
        _ => Some(std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim().to_owned()),
    }
}

/// NVML's `nvmlErrorString`: the text of a code, which works at any time.
#[unsafe(no_mangle)]
pub extern "C" fn nvmlErrorString(number: u32) -> *const c_char {
    code::text(number).as_ptr()
}
