//! Power, its limits, and energy.

use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::scenario::device::Quantity;

exports! {
    fn nvmlDeviceGetPowerUsage(driver, device: Handle, milliwatts: Out<u32>) {
        // The mean over a second where the device has one, as since Ampere; else the power now.
        let gpu = driver.gpu(device)?;
        milliwatts.put(gpu.milliwatts(Quantity::PowerAverageW).or_else(|_| gpu.milliwatts(Quantity::PowerW))?)
    }
    fn nvmlDeviceGetTotalEnergyConsumption(driver, device: Handle, millijoules: Out<u64>) {
        let index = driver.gpu(device)?.index;
        millijoules.put((driver.joules(index)? * 1000.0).round() as u64)
    }
    fn nvmlDeviceGetEnforcedPowerLimit(driver, device: Handle, milliwatts: Out<u32>) {
        milliwatts.put(limit(driver.gpu(device)?.device.power.limit_w)?)
    }
    fn nvmlDeviceGetPowerManagementLimit(driver, device: Handle, milliwatts: Out<u32>) {
        let power = &driver.gpu(device)?.device.power;
        milliwatts.put(limit(power.requested_w.or(power.limit_w))?)
    }
    fn nvmlDeviceGetPowerManagementDefaultLimit(driver, device: Handle, milliwatts: Out<u32>) {
        milliwatts.put(limit(driver.gpu(device)?.device.power.default_w)?)
    }
    fn nvmlDeviceGetPowerManagementLimitConstraints(driver, device: Handle, least: Out<u32>, most: Out<u32>) {
        let power = &driver.gpu(device)?.device.power;
        least.put(limit(power.min_w)?)?;
        most.put(limit(power.max_w)?)
    }
    fn nvmlDeviceGetPowerManagementMode(driver, device: Handle, mode: Out<u32>) {
        mode.put(driver.gpu(device)?.device.power.limit_w.map(|_| 1).ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetPowerSource(driver, device: Handle, source: Out<u32>) {
        source.put(driver.gpu(device)?.device.power_source.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetPerformanceState(driver, device: Handle, state: Out<u32>) {
        state.put(driver.gpu(device)?.whole(Quantity::Pstate)?)
    }
    fn nvmlDeviceGetPowerState(driver, device: Handle, state: Out<u32>) {
        state.put(driver.gpu(device)?.whole(Quantity::Pstate)?)
    }
}

/// Milliwatts of a limit, which many laptops do not have.
pub fn limit(watts: Option<f64>) -> Result<u32, Code> {
    watts.map(|watts| (watts * 1000.0).round() as u32).ok_or(Code::NotSupported)
}
