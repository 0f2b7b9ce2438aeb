//! Which device it is.

use std::ffi::c_char;

use crate::abi::{PciInfo, PciInfoExt, version};
use crate::argument::{Handle, Out, characters};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Gpu, Target};

const VGA_CLASS: u32 = 3;

exports! {
    fn nvmlDeviceGetName(driver, device: Handle, name: Out<c_char>, length: u32) {
        let (gpu, instance) = driver.any(device)?;
        match instance {
            None => name.put_text(length, &gpu.device.name),
            Some((_, instance)) => name.put_text(length, &format!("{} MIG {}", gpu.device.name, instance.name)),
        }
    }
    fn nvmlDeviceGetUUID(driver, device: Handle, uuid: Out<c_char>, length: u32) {
        let (gpu, instance) = driver.any(device)?;
        uuid.put_text(length, instance.map_or(&gpu.device.uuid, |(_, instance)| &instance.uuid))
    }
    fn nvmlDeviceGetSerial(driver, device: Handle, serial: Out<c_char>, length: u32) {
        serial.put_text(length, driver.gpu(device)?.device.serial.as_deref().ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetVbiosVersion(driver, device: Handle, text: Out<c_char>, length: u32) {
        text.put_text(length, driver.gpu(device)?.device.vbios.as_deref().ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetGspFirmwareVersion(driver, device: Handle, text: Out<c_char>) {
        // The interface has no length here; the header gives the buffer 64 bytes.
        text.put_text(64, driver.gpu(device)?.device.gsp_firmware.as_deref().ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetGspFirmwareMode(driver, device: Handle, enabled: Out<u32>, default: Out<u32>) {
        let on = driver.gpu(device)?.device.gsp_firmware.is_some();
        enabled.put(on.into())?;
        default.put(on.into())
    }
    fn nvmlDeviceGetIndex(driver, device: Handle, index: Out<u32>) {
        let (gpu, instance) = driver.any(device)?;
        index.put(instance.map_or(gpu.index, |(place, _)| place) as u32)
    }
    fn nvmlDeviceGetMinorNumber(driver, device: Handle, minor: Out<u32>) {
        let gpu = driver.gpu(device)?;
        minor.put(gpu.device.minor.unwrap_or(gpu.index as u32))
    }
    fn nvmlDeviceGetBrand(driver, device: Handle, brand: Out<u32>) {
        brand.put(driver.any(device)?.0.device.brand.ok_or(Code::NotSupported)? as u32)
    }
    fn nvmlDeviceGetArchitecture(driver, device: Handle, architecture: Out<u32>) {
        architecture.put(driver.any(device)?.0.device.architecture.ok_or(Code::NotSupported)? as u32)
    }
    fn nvmlDeviceGetCudaComputeCapability(driver, device: Handle, major: Out<i32>, minor: Out<i32>) {
        let capability = driver.any(device)?.0.device.cuda_capability.ok_or(Code::NotSupported)?;
        major.put(capability.0)?;
        minor.put(capability.1)
    }
    fn nvmlDeviceGetNumGpuCores(driver, device: Handle, cores: Out<u32>) {
        cores.put(driver.gpu(device)?.device.cores.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetMemoryBusWidth(driver, device: Handle, bits: Out<u32>) {
        bits.put(driver.gpu(device)?.device.memory_bus_bits.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetNumaNodeId(driver, device: Handle, node: Out<u32>) {
        node.put(driver.gpu(device)?.device.numa_node.ok_or(Code::NotSupported)?)
    }

    fn nvmlDeviceGetPciInfo(driver, device: Handle, pci: Out<PciInfo>) { pci_info(driver, device, pci) }
    fn nvmlDeviceGetPciInfo_v2(driver, device: Handle, pci: Out<PciInfo>) { pci_info(driver, device, pci) }
    fn nvmlDeviceGetPciInfo_v3(driver, device: Handle, pci: Out<PciInfo>) { pci_info(driver, device, pci) }
    fn nvmlDeviceGetPciInfoExt(driver, device: Handle, pci: Out<PciInfoExt>) {
        pci.expect_version(version::<PciInfoExt>(1))?;
        let gpu = driver.any(device)?.0;
        let (domain, bus, slot) = address(gpu)?;
        pci.put(PciInfoExt {
            version: version::<PciInfoExt>(1),
            domain,
            bus,
            device: slot,
            pci_device_id: gpu.device.pci_device_id,
            pci_subsystem_id: gpu.device.pci_subsystem_id,
            base_class: VGA_CLASS,
            sub_class: gpu.device.pci_subclass,
            bus_id: characters(&format!("{domain:08X}:{bus:02X}:{slot:02X}.0")),
        })
    }
}

fn pci_info(driver: &Driver, device: Handle, pci: Out<PciInfo>) -> Result<(), Code> {
    let Target::Device(index) = driver.target(device)? else { return Err(Code::NotSupported) };
    let gpu = driver.gpu_at(index);
    let (domain, bus, slot) = address(gpu)?;
    pci.put(PciInfo {
        bus_id_legacy: characters(&format!("{domain:04X}:{bus:02X}:{slot:02X}.0")),
        domain,
        bus,
        device: slot,
        pci_device_id: gpu.device.pci_device_id,
        pci_subsystem_id: gpu.device.pci_subsystem_id,
        bus_id: characters(&format!("{domain:08X}:{bus:02X}:{slot:02X}.0")),
    })
}

fn address(gpu: Gpu) -> Result<(u32, u32, u32), Code> {
    gpu.device.address().ok_or(Code::Unknown)
}
