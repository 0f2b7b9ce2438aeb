//! How busy a device is. A device that is cut into MIG instances does not tell.

use crate::abi::{EncoderSession, FbcStats, Utilization};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::Driver;
use crate::scenario::device::Quantity;

/// The driver's sampling period of the video engines, in microseconds.
const PERIOD: u32 = 167_000;

exports! {
    fn nvmlDeviceGetUtilizationRates(driver, device: Handle, rates: Out<Utilization>) {
        let gpu = driver.gpu(device)?;
        rates.put(Utilization { gpu: gpu.percent(Quantity::Util)?, memory: gpu.percent(Quantity::MemUtil)? })
    }
    fn nvmlDeviceGetEncoderUtilization(driver, device: Handle, percent: Out<u32>, period: Out<u32>) {
        engine(driver, device, Quantity::Enc, percent, period)
    }
    fn nvmlDeviceGetDecoderUtilization(driver, device: Handle, percent: Out<u32>, period: Out<u32>) {
        engine(driver, device, Quantity::Dec, percent, period)
    }
    fn nvmlDeviceGetJpgUtilization(driver, device: Handle, percent: Out<u32>, period: Out<u32>) {
        engine(driver, device, Quantity::Jpg, percent, period)
    }
    fn nvmlDeviceGetOfaUtilization(driver, device: Handle, percent: Out<u32>, period: Out<u32>) {
        engine(driver, device, Quantity::Ofa, percent, period)
    }
    fn nvmlDeviceGetEncoderStats(driver, device: Handle, sessions: Out<u32>, fps: Out<u32>, latency: Out<u32>) {
        let gpu = driver.gpu(device)?;
        sessions.put(gpu.whole(Quantity::EncoderSessions)?)?;
        fps.put(gpu.whole(Quantity::EncoderFps)?)?;
        latency.put(gpu.whole(Quantity::EncoderLatencyUs)?)
    }
    fn nvmlDeviceGetEncoderSessions(driver, device: Handle, count: Out<u32>, rows: Out<EncoderSession>) {
        // The scenario tells how many there are, not which.
        driver.gpu(device)?.read(Quantity::EncoderSessions)?;
        let _ = rows;
        count.put(0)
    }
    fn nvmlDeviceGetFBCStats(driver, device: Handle, stats: Out<FbcStats>) {
        driver.gpu(device)?.read(Quantity::EncoderSessions)?;
        stats.put(FbcStats { sessions: 0, fps: 0, latency: 0 })
    }
}

fn engine(driver: &Driver, device: Handle, engine: Quantity, percent: Out<u32>, period: Out<u32>) -> Result<(), Code> {
    percent.put(driver.gpu(device)?.percent(engine)?)?;
    period.put(PERIOD)
}
