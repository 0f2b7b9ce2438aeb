//! Devices that are cut into instances.

use crate::abi::DeviceAttributes;
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::Target;

exports! {
    fn nvmlDeviceGetMigMode(driver, device: Handle, current: Out<u32>, pending: Out<u32>) {
        let on = driver.gpu(device)?.device.mig.as_ref().ok_or(Code::NotSupported)?.enabled;
        current.put(on.into())?;
        pending.put(on.into())
    }
    fn nvmlDeviceIsMigDeviceHandle(driver, device: Handle, is_instance: Out<u32>) {
        is_instance.put(matches!(driver.target(device)?, Target::Instance(..)).into())
    }
    fn nvmlDeviceGetMaxMigDeviceCount(driver, device: Handle, count: Out<u32>) {
        count.put(driver.gpu(device)?.device.mig.as_ref().map_or(0, |mig| mig.max))
    }
    fn nvmlDeviceGetMigDeviceHandleByIndex(driver, device: Handle, index: u32, instance: Out<usize>) {
        let gpu = driver.gpu(device)?;
        let mig = gpu.device.mig.as_ref().filter(|mig| mig.enabled).ok_or(Code::NotSupported)?;
        if index as usize >= mig.instance.len() {
            return Err(if index < mig.max { Code::NotFound } else { Code::InvalidArgument });
        }
        instance.put(driver.handle(Target::Instance(gpu.index, index as usize)).0)
    }
    fn nvmlDeviceGetDeviceHandleFromMigDeviceHandle(driver, instance: Handle, device: Out<usize>) {
        let Target::Instance(index, _) = driver.target(instance)? else { return Err(Code::InvalidArgument) };
        device.put(driver.handle(Target::Device(index)).0)
    }
    fn nvmlDeviceGetGpuInstanceId(driver, device: Handle, id: Out<u32>) {
        id.put(driver.any(device)?.1.ok_or(Code::NotSupported)?.1.gpu)
    }
    fn nvmlDeviceGetComputeInstanceId(driver, device: Handle, id: Out<u32>) {
        id.put(driver.any(device)?.1.ok_or(Code::NotSupported)?.1.compute)
    }
    fn nvmlDeviceGetAttributes(driver, device: Handle, attributes: Out<DeviceAttributes>) {
        attributes.put(attributes_of(driver, device)?)
    }
    fn nvmlDeviceGetAttributes_v2(driver, device: Handle, attributes: Out<DeviceAttributes>) {
        attributes.put(attributes_of(driver, device)?)
    }
}

fn attributes_of(driver: &crate::driver::Driver, device: Handle) -> Result<DeviceAttributes, Code> {
    let (_, instance) = driver.any(device)?;
    let (_, instance) = instance.ok_or(Code::NotSupported)?;
    Ok(DeviceAttributes {
        multiprocessors: instance.multiprocessors,
        copy_engines: instance.copy_engines,
        decoders: instance.decoders,
        encoders: instance.encoders,
        jpegs: instance.jpegs,
        ofas: instance.ofas,
        gpu_slices: instance.gpu_slices,
        compute_slices: instance.compute_slices,
        memory_mib: instance.memory_mib as u64,
    })
}
