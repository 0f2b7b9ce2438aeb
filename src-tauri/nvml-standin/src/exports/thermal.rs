//! Temperatures and fans.

use crate::abi::{CoolerInfo, FanSpeed, MarginTemperature, Temperature, ThermalSensor, ThermalSettings, version};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Gpu};
use crate::scenario::device::{Fan, Quantity};

const GPU_SENSOR: u32 = 0;
/// `NVML_THERMAL_TARGET_GPU` and `NVML_THERMAL_CONTROLLER_GPU_INTERNAL`.
const ON_CHIP: i32 = 1;

exports! {
    fn nvmlDeviceGetTemperature(driver, device: Handle, sensor: u32, temperature: Out<u32>) {
        if sensor != GPU_SENSOR {
            return Err(Code::InvalidArgument);
        }
        temperature.put(driver.gpu(device)?.whole(Quantity::TempC)?)
    }
    fn nvmlDeviceGetTemperatureV(driver, device: Handle, temperature: Out<Temperature>) {
        temperature.expect_version(version::<Temperature>(1))?;
        let asked = temperature.get()?;
        if asked.sensor != GPU_SENSOR {
            return Err(Code::InvalidArgument);
        }
        let now = driver.gpu(device)?.read(Quantity::TempC)?.round() as i32;
        temperature.put(Temperature { temperature: now, ..asked })
    }
    fn nvmlDeviceGetMarginTemperature(driver, device: Handle, margin: Out<MarginTemperature>) {
        margin.expect_version(version::<MarginTemperature>(1))?;
        let left = driver.gpu(device)?.read(Quantity::MarginC)?.round() as i32;
        margin.put(MarginTemperature { version: version::<MarginTemperature>(1), margin: left })
    }
    fn nvmlDeviceGetTemperatureThreshold(driver, device: Handle, threshold: u32, temperature: Out<u32>) {
        let thresholds = &driver.gpu(device)?.device.thresholds;
        let found = match threshold {
            0 => thresholds.shutdown_c,
            1 => thresholds.slowdown_c,
            2 => thresholds.memory_max_c,
            3 => thresholds.gpu_max_c,
            4 => thresholds.acoustic_min_c,
            5 => thresholds.acoustic_c,
            6 => thresholds.acoustic_max_c,
            7 => None,
            _ => return Err(Code::InvalidArgument),
        };
        temperature.put(found.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetThermalSettings(driver, device: Handle, _index: u32, settings: Out<ThermalSettings>) {
        let gpu = driver.gpu(device)?;
        let none = ThermalSensor { controller: 0, minimum: 0, maximum: 0, current: 0, target: 0 };
        let current = gpu.read(Quantity::TempC)?.round() as i32;
        let chip = ThermalSensor { controller: ON_CHIP, minimum: -256, maximum: 127, current, target: ON_CHIP };
        settings.put(ThermalSettings { count: 1, sensors: [chip, none, none] })
    }

    fn nvmlDeviceGetNumFans(driver, device: Handle, count: Out<u32>) {
        count.put(driver.gpu(device)?.device.fan.as_ref().map_or(0, |fan| fan.count))
    }
    fn nvmlDeviceGetFanSpeed(driver, device: Handle, percent: Out<u32>) {
        let gpu = driver.gpu(device)?;
        fan(gpu, 0)?;
        percent.put(gpu.whole(Quantity::FanPercent)?)
    }
    fn nvmlDeviceGetFanSpeed_v2(driver, device: Handle, index: u32, percent: Out<u32>) {
        let gpu = driver.gpu(device)?;
        fan(gpu, index)?;
        percent.put(gpu.whole(Quantity::FanPercent)?)
    }
    fn nvmlDeviceGetTargetFanSpeed(driver, device: Handle, index: u32, percent: Out<u32>) {
        let gpu = driver.gpu(device)?;
        fan(gpu, index)?;
        percent.put(gpu.whole(Quantity::FanTargetPercent).or_else(|_| gpu.whole(Quantity::FanPercent))?)
    }
    fn nvmlDeviceGetFanSpeedRPM(driver, device: Handle, speed: Out<FanSpeed>) {
        speed.expect_version(version::<FanSpeed>(1))?;
        let asked = speed.get()?;
        let gpu = driver.gpu(device)?;
        fan(gpu, asked.fan)?;
        speed.put(FanSpeed { speed: gpu.whole(Quantity::FanRpm)?, ..asked })
    }
    fn nvmlDeviceGetMinMaxFanSpeed(driver, device: Handle, least: Out<u32>, most: Out<u32>) {
        let gpu = driver.gpu(device)?;
        let fan = fan(gpu, 0)?;
        least.put(fan.min_percent)?;
        most.put(fan.max_percent)
    }
    fn nvmlDeviceGetFanControlPolicy_v2(driver, device: Handle, index: u32, policy: Out<u32>) {
        let gpu = driver.gpu(device)?;
        policy.put(fan(gpu, index)?.policy.ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetCoolerInfo(driver, device: Handle, cooler: Out<CoolerInfo>) { cooler_info(driver, device, cooler) }
}

/// Data-centre cards have none: their fans are the chassis's.
fn fan(gpu: Gpu<'_>, index: u32) -> Result<&Fan, Code> {
    let fan = gpu.device.fan.as_ref().filter(|fan| fan.count > 0).ok_or(Code::NotSupported)?;
    if index < fan.count { Ok(fan) } else { Err(Code::InvalidArgument) }
}

fn cooler_info(driver: &Driver, device: Handle, cooler: Out<CoolerInfo>) -> Result<(), Code> {
    cooler.expect_version(version::<CoolerInfo>(1))?;
    let asked = cooler.get()?;
    fan(driver.gpu(device)?, asked.index)?;
    /// A signal whose strength varies, and the chip as what is cooled.
    const VARIABLE: u32 = 2;
    const CHIP: u32 = 1 << 1;
    cooler.put(CoolerInfo { signal: VARIABLE, target: CHIP, ..asked })
}
