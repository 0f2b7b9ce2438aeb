//! How a device is set up.

use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::exports::clocks::is_deprecated;

exports! {
    fn nvmlDeviceGetPersistenceMode(driver, device: Handle, mode: Out<u32>) {
        mode.put(driver.gpu(device)?.device.persistence.ok_or(Code::NotSupported)?.into())
    }
    fn nvmlDeviceGetDisplayActive(driver, device: Handle, active: Out<u32>) {
        active.put(driver.gpu(device)?.device.display_active.ok_or(Code::NotSupported)?.into())
    }
    fn nvmlDeviceGetDisplayMode(driver, device: Handle, mode: Out<u32>) {
        let gpu = driver.gpu(device)?;
        if is_deprecated(driver) {
            return Err(Code::Deprecated);
        }
        mode.put(gpu.device.display_mode.ok_or(Code::NotSupported)?.into())
    }
    fn nvmlDeviceGetComputeMode(driver, device: Handle, mode: Out<u32>) {
        mode.put(driver.gpu(device)?.device.compute_mode.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetHostVgpuMode(driver, device: Handle, _mode: Out<u32>) {
        driver.gpu(device)?;
        Err(Code::NotSupported)
    }
    fn nvmlDeviceGetActiveVgpus(driver, device: Handle, _count: Out<u32>, _instances: Out<u32>) {
        driver.gpu(device)?;
        Err(Code::NotSupported)
    }
}
