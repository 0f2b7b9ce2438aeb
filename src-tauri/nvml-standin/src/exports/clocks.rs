//! Clocks, and why they are not higher.

use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Gpu};
use crate::fault;
use crate::loader::major;
use crate::scenario::device::Quantity;

/// From this driver on, application clocks and the display mode are no more.
pub const DEPRECATED_SINCE: u32 = 590;

exports! {
    fn nvmlDeviceGetClockInfo(driver, device: Handle, clock: u32, megahertz: Out<u32>) {
        megahertz.put(current(driver.gpu(device)?, clock)?)
    }
    fn nvmlDeviceGetMaxClockInfo(driver, device: Handle, clock: u32, megahertz: Out<u32>) {
        megahertz.put(highest(driver.gpu(device)?, clock)?)
    }
    fn nvmlDeviceGetClock(driver, device: Handle, clock: u32, id: u32, megahertz: Out<u32>) {
        let gpu = driver.gpu(device)?;
        match id {
            0 => megahertz.put(current(gpu, clock)?),
            1 | 2 if is_deprecated(driver) => Err(Code::Deprecated),
            1 | 2 => megahertz.put(highest(gpu, clock)?),
            3 => megahertz.put(gpu.device.clocks.boost_mhz.ok_or(Code::NotSupported)?),
            _ => Err(Code::InvalidArgument),
        }
    }
    fn nvmlDeviceGetMaxCustomerBoostClock(driver, device: Handle, clock: u32, megahertz: Out<u32>) {
        if clock > 3 {
            return Err(Code::InvalidArgument);
        }
        megahertz.put(driver.gpu(device)?.device.clocks.boost_mhz.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetApplicationsClock(driver, device: Handle, clock: u32, megahertz: Out<u32>) {
        application(driver, device, clock, megahertz)
    }
    fn nvmlDeviceGetDefaultApplicationsClock(driver, device: Handle, clock: u32, megahertz: Out<u32>) {
        application(driver, device, clock, megahertz)
    }

    fn nvmlDeviceGetCurrentClocksThrottleReasons(driver, device: Handle, reasons: Out<u64>) { now(driver, device, reasons) }
    fn nvmlDeviceGetCurrentClocksEventReasons(driver, device: Handle, reasons: Out<u64>) { now(driver, device, reasons) }
    fn nvmlDeviceGetSupportedClocksThrottleReasons(driver, device: Handle, reasons: Out<u64>) {
        reasons.put(driver.gpu(device)?.device.throttle_supported.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetSupportedClocksEventReasons(driver, device: Handle, reasons: Out<u64>) {
        reasons.put(driver.gpu(device)?.device.throttle_supported.ok_or(Code::NotSupported)?)
    }
}

pub fn is_deprecated(driver: &Driver) -> bool {
    major(fault::version(&driver.scenario, driver.now())) >= DEPRECATED_SINCE
}

fn application(driver: &Driver, device: Handle, clock: u32, megahertz: Out<u32>) -> Result<(), Code> {
    let gpu = driver.gpu(device)?;
    if is_deprecated(driver) {
        return Err(Code::Deprecated);
    }
    megahertz.put(highest(gpu, clock)?)
}

fn current(gpu: Gpu, clock: u32) -> Result<u32, Code> {
    match clock {
        0 => gpu.whole(Quantity::GraphicsMhz),
        1 => gpu.whole(Quantity::SmMhz).or_else(|_| gpu.whole(Quantity::GraphicsMhz)),
        2 => gpu.whole(Quantity::MemoryMhz),
        3 => gpu.whole(Quantity::VideoMhz),
        _ => Err(Code::InvalidArgument),
    }
}

fn highest(gpu: Gpu, clock: u32) -> Result<u32, Code> {
    let clocks = &gpu.device.clocks;
    let found = match clock {
        0 => clocks.graphics_mhz,
        1 => clocks.sm_mhz.or(clocks.graphics_mhz),
        2 => clocks.memory_mhz,
        3 => clocks.video_mhz,
        _ => return Err(Code::InvalidArgument),
    };
    found.ok_or(Code::NotSupported)
}

fn now(driver: &Driver, device: Handle, reasons: Out<u64>) -> Result<(), Code> {
    reasons.put(driver.gpu(device)?.read(Quantity::Throttle)? as u64)
}
