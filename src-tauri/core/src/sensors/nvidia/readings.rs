//! What is read of an awake GPU: a table with a line a call.
//!
//! Units are those of the driver's library (<https://docs.nvidia.com/deploy/nvml-api/>) and become ours here: mW, mJ,
//! MHz and MiB never leave this file. A call that this GPU does not know is not made again until the library is opened
//! anew; a value that stands for "not there" is absent. Deliberately not here: which GPU may be touched.

use std::time::Duration;

use nvml_wrapper::Device;
use nvml_wrapper::bitmasks::device::ThrottleReasons;
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor, TemperatureThreshold};
use nvml_wrapper::enums::device::SampleValue;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::structs::device::FieldId;

use super::faults::{self, Fault};
use crate::metrics::Metric;
use crate::sensors::gpu::throttle;

/// What changes slowly, or costs more, is read this often; until then its last reading stands.
const SLOW: Duration = Duration::from_secs(5);

type Put<'a> = dyn FnMut(Metric, f64) + 'a;

/// One call.
struct Line {
    every: Duration,
    read: fn(&Device<'_>, &mut Put<'_>) -> Result<(), NvmlError>,
}

const fn tick(read: fn(&Device<'_>, &mut Put<'_>) -> Result<(), NvmlError>) -> Line {
    Line { every: Duration::ZERO, read }
}

const fn slow(read: fn(&Device<'_>, &mut Put<'_>) -> Result<(), NvmlError>) -> Line {
    Line { every: SLOW, read }
}

/// The fields of `nvmlDeviceGetFieldValues` that have no call of their own.
const MEMORY_TEMPERATURE: u32 = 82;
const POWER_INSTANT: u32 = 186;

const LINES: &[Line] = &[
    tick(|gpu, put| {
        let rates = gpu.utilization_rates()?;
        percent(rates.gpu, Metric::GpuUtilization, put);
        percent(rates.memory, Metric::GpuMemoryUtilization, put);
        Ok(())
    }),
    tick(|gpu, put| {
        percent(gpu.encoder_utilization()?.utilization, Metric::GpuEncoder, put);
        Ok(())
    }),
    tick(|gpu, put| {
        percent(gpu.decoder_utilization()?.utilization, Metric::GpuDecoder, put);
        Ok(())
    }),
    tick(|gpu, put| {
        // Machines whose GPU has no memory of its own say 0 (facts: DGX Spark).
        let memory = gpu.memory_info()?;
        if memory.total > 0 && memory.used <= memory.total && memory.total < 1 << 50 {
            put(Metric::GpuMemoryTotal, memory.total as f64);
            put(Metric::GpuMemoryUsed, memory.used as f64);
        }
        Ok(())
    }),
    tick(|gpu, put| {
        let degrees = gpu.temperature(TemperatureSensor::Gpu)?;
        celsius(degrees, Metric::GpuTemperature, put);
        // Data-centre GPUs tell a margin instead and have no threshold: theirs is absent here.
        if let Ok(limit) = gpu.temperature_threshold(TemperatureThreshold::Slowdown)
            && (1..200).contains(&limit)
            && degrees < 200
        {
            put(Metric::GpuMargin, f64::from(limit) - f64::from(degrees));
        }
        Ok(())
    }),
    tick(|gpu, put| {
        field(gpu, MEMORY_TEMPERATURE, |value| (0.0..200.0).contains(&value), Metric::GpuMemoryTemperature, 1.0, put)
    }),
    tick(|gpu, put| match gpu.power_usage() {
        Ok(milliwatts) => {
            watts(milliwatts, Metric::GpuPower, put);
            Ok(())
        }
        // Some Blackwell cards know only the instantaneous power (facts).
        Err(error) if faults::of(&error) == Fault::Unsupported => {
            field(gpu, POWER_INSTANT, |value| value < 1e7, Metric::GpuPower, 1e-3, put)
        }
        Err(error) => Err(error),
    }),
    tick(|gpu, put| {
        put(Metric::GpuEnergy, gpu.total_energy_consumption()? as f64 * 1e-3);
        Ok(())
    }),
    tick(|gpu, put| {
        put(Metric::GpuClock, f64::from(gpu.clock_info(Clock::Graphics)?) * 1e6);
        Ok(())
    }),
    tick(|gpu, put| {
        put(Metric::GpuMemoryClock, f64::from(gpu.clock_info(Clock::Memory)?) * 1e6);
        Ok(())
    }),
    tick(|gpu, put| {
        let state = gpu.performance_state()? as u32;
        if state <= 15 {
            put(Metric::GpuPstate, f64::from(state));
        }
        Ok(())
    }),
    tick(|gpu, put| {
        put(Metric::GpuThrottle, throttle(gpu.current_throttle_reasons()?) as f64);
        Ok(())
    }),
    slow(|gpu, put| {
        watts(gpu.enforced_power_limit()?, Metric::GpuPowerLimit, put);
        Ok(())
    }),
    slow(|gpu, put| {
        put(Metric::GpuFanPercent, f64::from(gpu.fan_speed(0)?));
        Ok(())
    }),
    slow(|gpu, put| {
        put(Metric::GpuFanSpeed, f64::from(gpu.fan_speed_rpm(0)?));
        Ok(())
    }),
    slow(|gpu, put| {
        put(Metric::GpuPcieGeneration, f64::from(gpu.current_pcie_link_gen()?));
        Ok(())
    }),
    slow(|gpu, put| {
        put(Metric::GpuPcieWidth, f64::from(gpu.current_pcie_link_width()?));
        Ok(())
    }),
];

fn percent(value: u32, metric: Metric, put: &mut Put<'_>) {
    if value <= 100 {
        put(metric, f64::from(value));
    }
}

fn celsius(value: u32, metric: Metric, put: &mut Put<'_>) {
    if value < 200 {
        put(metric, f64::from(value));
    }
}

fn watts(milliwatts: u32, metric: Metric, put: &mut Put<'_>) {
    // 10 kW: what is beyond stands for "not there".
    if milliwatts < 10_000_000 {
        put(metric, f64::from(milliwatts) * 1e-3);
    }
}

fn field(
    gpu: &Device<'_>,
    id: u32,
    plausible: fn(f64) -> bool,
    metric: Metric,
    unit: f64,
    put: &mut Put<'_>,
) -> Result<(), NvmlError> {
    // The wrapper gives ids back translated: a single field is the first.
    let sample = gpu.field_values_for(&[FieldId(id)])?.into_iter().next().ok_or(NvmlError::NotFound)??;
    let value = match sample.value? {
        SampleValue::F64(value) => value,
        SampleValue::U32(value) => f64::from(value),
        SampleValue::U64(value) => value as f64,
        SampleValue::I64(value) => value as f64,
    };
    if plausible(value) {
        put(metric, value * unit);
    }
    Ok(())
}

/// What holds a GPU below the clock that it would take. Being idle and settings that a person made do not.
fn throttle(reasons: ThrottleReasons) -> u64 {
    const HEAT: ThrottleReasons = ThrottleReasons::SW_THERMAL_SLOWDOWN.union(ThrottleReasons::HW_THERMAL_SLOWDOWN);
    let bit = |set: ThrottleReasons, bit: u64| if reasons.intersects(set) { bit } else { 0 };
    let power = bit(ThrottleReasons::SW_POWER_CAP, throttle::POWER);
    let causes = bit(HEAT, throttle::HEAT) | bit(ThrottleReasons::HW_POWER_BRAKE_SLOWDOWN, throttle::SIGNAL);
    // `HW_SLOWDOWN` comes together with its cause where the driver knows it.
    let other = if causes == 0 { bit(ThrottleReasons::HW_SLOWDOWN, throttle::OTHER) } else { 0 };
    power | causes | other
}

/// What is known of one GPU's lines.
#[derive(Debug)]
pub(super) struct Readings {
    lines: Vec<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The driver does not have it for this GPU.
    off: bool,
    read: Option<Duration>,
    held: Vec<(Metric, f64)>,
}

impl Default for Readings {
    fn default() -> Self {
        Readings { lines: LINES.iter().map(|_| Known::default()).collect() }
    }
}

impl Readings {
    /// Reads what is due at `now` and gives every value.
    ///
    /// # Errors
    /// The GPU or the whole driver is out of reach.
    pub(super) fn read(
        &mut self,
        gpu: &Device<'_>,
        now: Duration,
        mut put: impl FnMut(Metric, f64),
    ) -> Result<(), NvmlError> {
        for (line, known) in LINES.iter().zip(&mut self.lines).filter(|(_, known)| !known.off) {
            let due = known.read.is_none_or(|read| now.saturating_sub(read) >= line.every);
            if due {
                known.held.clear();
                known.read = Some(now);
                let held = &mut known.held;
                if let Err(error) = (line.read)(gpu, &mut |metric, value| held.push((metric, value))) {
                    match faults::of(&error) {
                        Fault::Unsupported => known.off = true,
                        Fault::Passing => {}
                        Fault::Gpu | Fault::Driver => return Err(error),
                    }
                }
            }
            known.held.iter().for_each(|(metric, value)| put(*metric, *value));
        }
        Ok(())
    }
}
