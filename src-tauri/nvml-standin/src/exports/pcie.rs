//! The link to the rest of the machine.

use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Gpu};
use crate::scenario::device::{Pcie, Quantity};

/// `NVML_BUS_TYPE_PCIE`.
const BUS_PCIE: u32 = 2;

exports! {
    fn nvmlDeviceGetBusType(driver, device: Handle, bus: Out<u32>) {
        link(driver.gpu(device)?)?;
        bus.put(BUS_PCIE)
    }
    fn nvmlDeviceGetCurrPcieLinkGeneration(driver, device: Handle, generation: Out<u32>) {
        generation.put(current_generation(driver.gpu(device)?)?)
    }
    fn nvmlDeviceGetCurrPcieLinkWidth(driver, device: Handle, width: Out<u32>) {
        let gpu = driver.gpu(device)?;
        width.put(gpu.whole(Quantity::PcieWidth).or_else(|_| link(gpu).map(|link| link.width))?)
    }
    fn nvmlDeviceGetMaxPcieLinkGeneration(driver, device: Handle, generation: Out<u32>) {
        generation.put(link(driver.gpu(device)?)?.generation)
    }
    fn nvmlDeviceGetGpuMaxPcieLinkGeneration(driver, device: Handle, generation: Out<u32>) {
        let link = link(driver.gpu(device)?)?.clone();
        generation.put(if link.device_generation == 0 { link.generation } else { link.device_generation })
    }
    fn nvmlDeviceGetMaxPcieLinkWidth(driver, device: Handle, width: Out<u32>) {
        width.put(link(driver.gpu(device)?)?.width)
    }
    fn nvmlDeviceGetPcieReplayCounter(driver, device: Handle, count: Out<u32>) {
        count.put(link(driver.gpu(device)?)?.replays)
    }
    fn nvmlDeviceGetPcieSpeed(driver, device: Handle, megabits: Out<u32>) {
        megabits.put(speed(current_generation(driver.gpu(device)?)?)?)
    }
    fn nvmlDeviceGetPcieLinkMaxSpeed(driver, device: Handle, speed: Out<u32>) {
        // An enumeration whose numbers are those of the generations.
        speed.put(link(driver.gpu(device)?)?.generation)
    }
    fn nvmlDeviceGetPcieThroughput(driver, device: Handle, counter: u32, kib: Out<u32>) {
        let gpu = driver.gpu(device)?;
        match counter {
            0 => kib.put(gpu.whole(Quantity::PcieTxKib)?),
            1 => kib.put(gpu.whole(Quantity::PcieRxKib)?),
            _ => Err(Code::InvalidArgument),
        }
    }
    fn nvmlDeviceGetNvLinkState(driver, device: Handle, _link: u32, active: Out<u32>) {
        nvlink(driver, device, active)
    }
    fn nvmlDeviceGetNvLinkRemoteDeviceType(driver, device: Handle, _link: u32, kind: Out<u32>) {
        nvlink(driver, device, kind)
    }
}

fn link<'a>(gpu: Gpu<'a>) -> Result<&'a Pcie, Code> {
    gpu.device.pcie.as_ref().ok_or(Code::NotSupported)
}

fn current_generation(gpu: Gpu) -> Result<u32, Code> {
    gpu.whole(Quantity::PcieGeneration).or_else(|_| link(gpu).map(|link| link.generation))
}

/// Megabits a second of one lane.
fn speed(generation: u32) -> Result<u32, Code> {
    match generation {
        1 => Ok(2_500),
        2 => Ok(5_000),
        3 => Ok(8_000),
        4 => Ok(16_000),
        5 => Ok(32_000),
        6 => Ok(64_000),
        _ => Err(Code::NotSupported),
    }
}

/// No scenario has NVLink yet.
fn nvlink(driver: &Driver, device: Handle, _answer: Out<u32>) -> Result<(), Code> {
    driver.gpu(device)?;
    Err(Code::NotSupported)
}
