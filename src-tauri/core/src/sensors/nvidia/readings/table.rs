//! The table of what is read: a line a call, and a line a numbered value.
//!
//! Units are those of the driver's library (<https://docs.nvidia.com/deploy/nvml-api/>) and become ours here: mW, mJ,
//! MHz and MiB never leave this file. A value that stands for "not there", or that no GPU can have, is absent. Deliberately
//! not here: when a line's turn is, and what becomes of an error.

use std::ops::RangeInclusive;
use std::time::Duration;

use nvml_wrapper::Device;
use nvml_wrapper::enum_wrappers::device::{Clock, EccCounter, MemoryError, TemperatureSensor};
use nvml_wrapper::error::NvmlError;

use super::super::raw::{self, Field};
use crate::metrics::Metric;
use crate::model::throttle;

/// What changes slowly, or costs more, is read this often; until then its last reading stands.
const SLOW: Duration = Duration::from_secs(5);
/// What changes once in months is read this often.
const RARE: Duration = Duration::from_secs(60);

pub(super) type Call = fn(&Device<'_>, &mut Taken<'_>) -> Result<(), NvmlError>;

/// One reading: the calls that give it, of which the first that this GPU knows is made.
pub(super) struct Line {
    pub(super) every: Duration,
    /// The first of the metrics that they give.
    pub(super) metric: Metric,
    pub(super) calls: &'static [Call],
}

const fn tick(metric: Metric, calls: &'static [Call]) -> Line {
    Line { every: Duration::ZERO, metric, calls }
}

const fn slow(metric: Metric, calls: &'static [Call]) -> Line {
    Line { every: SLOW, metric, calls }
}

const fn rare(metric: Metric, calls: &'static [Call]) -> Line {
    Line { every: RARE, metric, calls }
}

const PERCENT: RangeInclusive<f64> = 0.0..=100.0;
/// A fan may be driven past what it is made for.
const FAN: RangeInclusive<f64> = 0.0..=200.0;
const CELSIUS: RangeInclusive<f64> = -60.0..=199.0;
/// Watts.
pub(super) const POWER: RangeInclusive<f64> = 0.0..=10_000.0;
/// Joules: a megawatt for thirty years.
const ENERGY: RangeInclusive<f64> = 0.0..=1e15;
/// Hertz.
const CLOCK: RangeInclusive<f64> = 0.0..=20e9;
const COUNT: RangeInclusive<f64> = 0.0..=1e12;
/// Seconds: a hundred years.
const TIME: RangeInclusive<f64> = 0.0..=3.2e9;
/// Bytes: a pebibyte.
const MEMORY: RangeInclusive<f64> = 0.0..=1_125_899_906_842_624.0;

pub(super) const LINES: &[Line] = &[
    tick(
        Metric::GpuUtilization,
        &[|gpu, taken| {
            let rates = gpu.utilization_rates()?;
            taken.put(Metric::GpuUtilization, f64::from(rates.gpu), PERCENT);
            taken.put(Metric::GpuMemoryUtilization, f64::from(rates.memory), PERCENT);
            Ok(())
        }],
    ),
    tick(
        Metric::GpuEncoder,
        &[|gpu, taken| {
            taken.put(Metric::GpuEncoder, f64::from(gpu.encoder_utilization()?.utilization), PERCENT);
            Ok(())
        }],
    ),
    tick(
        Metric::GpuDecoder,
        &[|gpu, taken| {
            taken.put(Metric::GpuDecoder, f64::from(gpu.decoder_utilization()?.utilization), PERCENT);
            Ok(())
        }],
    ),
    tick(
        Metric::GpuMemoryUsed,
        &[
            |gpu, taken| {
                let memory = gpu.memory_info()?;
                taken.memory(memory.total, memory.used);
                Ok(())
            },
            |gpu, taken| {
                let (total, used) = raw::memory_before_510(gpu)?;
                taken.memory(total, used);
                Ok(())
            },
        ],
    ),
    // Newer libraries give the older call up.
    tick(
        Metric::GpuTemperature,
        &[
            |gpu, taken| {
                taken.temperature(f64::from(gpu.temperature(TemperatureSensor::Gpu)?));
                Ok(())
            },
            |gpu, taken| {
                taken.temperature(f64::from(raw::temperature(gpu)?));
                Ok(())
            },
        ],
    ),
    // A data-centre GPU has no threshold of its own to subtract from and tells what is left of it.
    tick(
        Metric::GpuMargin,
        &[|gpu, taken| {
            if taken.slowdown.is_some() {
                return Err(NvmlError::NotSupported);
            }
            taken.put(Metric::GpuMargin, f64::from(raw::margin(gpu)?), -200.0..=200.0);
            Ok(())
        }],
    ),
    // The mean of a second, where the GPU has it (Ampere and later); some Blackwell cards know only this instant's.
    tick(
        Metric::GpuPower,
        &[
            |gpu, taken| {
                taken.put(Metric::GpuPower, f64::from(gpu.power_usage()?) * 1e-3, POWER);
                Ok(())
            },
            |gpu, taken| {
                taken.put(Metric::GpuPower, single(gpu, POWER_AVERAGE)? * 1e-3, POWER);
                Ok(())
            },
            |gpu, taken| {
                taken.put(Metric::GpuPower, single(gpu, POWER_INSTANT)? * 1e-3, POWER);
                Ok(())
            },
        ],
    ),
    tick(
        Metric::GpuEnergy,
        &[|gpu, taken| {
            taken.put(Metric::GpuEnergy, gpu.total_energy_consumption()? as f64 * 1e-3, ENERGY);
            Ok(())
        }],
    ),
    tick(
        Metric::GpuClock,
        &[|gpu, taken| {
            taken.put(Metric::GpuClock, f64::from(gpu.clock_info(Clock::Graphics)?) * 1e6, CLOCK);
            Ok(())
        }],
    ),
    tick(
        Metric::GpuMemoryClock,
        &[|gpu, taken| {
            // 0 is the word for one that is not told: memory in use has a clock.
            let megahertz = gpu.clock_info(Clock::Memory)?;
            if megahertz > 0 {
                taken.put(Metric::GpuMemoryClock, f64::from(megahertz) * 1e6, CLOCK);
            }
            Ok(())
        }],
    ),
    tick(
        Metric::GpuPstate,
        &[|gpu, taken| {
            // 32 is the driver's word for a state that it does not know.
            let state = gpu.performance_state()? as u32;
            if state != 32 {
                taken.put(Metric::GpuPstate, f64::from(state), 0.0..=15.0);
            }
            Ok(())
        }],
    ),
    tick(
        Metric::GpuThrottle,
        &[
            |gpu, taken| {
                taken.put(Metric::GpuThrottle, throttle(raw::clocks_event_reasons(gpu)?) as f64, COUNT);
                Ok(())
            },
            |gpu, taken| {
                taken.put(Metric::GpuThrottle, throttle(raw::throttle_reasons(gpu)?) as f64, COUNT);
                Ok(())
            },
        ],
    ),
    slow(
        Metric::GpuPowerLimit,
        &[|gpu, taken| {
            taken.put(Metric::GpuPowerLimit, f64::from(gpu.enforced_power_limit()?) * 1e-3, POWER);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuFanPercent,
        &[|gpu, taken| {
            taken.put(Metric::GpuFanPercent, f64::from(gpu.fan_speed(0)?), FAN);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuFanSpeed,
        &[|gpu, taken| {
            taken.put(Metric::GpuFanSpeed, f64::from(gpu.fan_speed_rpm(0)?), 0.0..=30_000.0);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuPcieGeneration,
        &[|gpu, taken| {
            taken.put(Metric::GpuPcieGeneration, f64::from(gpu.current_pcie_link_gen()?), 0.0..=16.0);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuPcieWidth,
        &[|gpu, taken| {
            taken.put(Metric::GpuPcieWidth, f64::from(gpu.current_pcie_link_width()?), 0.0..=64.0);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuJpeg,
        &[|gpu, taken| {
            taken.put(Metric::GpuJpeg, f64::from(raw::jpeg(gpu)?), PERCENT);
            Ok(())
        }],
    ),
    slow(
        Metric::GpuOpticalFlow,
        &[|gpu, taken| {
            taken.put(Metric::GpuOpticalFlow, f64::from(raw::optical_flow(gpu)?), PERCENT);
            Ok(())
        }],
    ),
    // Those of the card's life; some cards count only since the driver was loaded.
    rare(
        Metric::GpuEccCorrected,
        &[|gpu, taken| taken.errors(gpu, EccCounter::Aggregate), |gpu, taken| taken.errors(gpu, EccCounter::Volatile)],
    ),
    rare(
        Metric::GpuRemappedRows,
        &[|gpu, taken| {
            let rows = raw::remapped_rows(gpu)?;
            let sum = f64::from(rows.corrected) + f64::from(rows.uncorrected);
            taken.put(Metric::GpuRemappedRows, sum, COUNT);
            taken.put(Metric::GpuRemapPending, f64::from(u8::from(rows.pending)), COUNT);
            taken.put(Metric::GpuRemapFailed, f64::from(u8::from(rows.failed)), COUNT);
            Ok(())
        }],
    ),
    // What GPUs before Ampere did instead: single errors again and again (0), and double ones (1).
    rare(
        Metric::GpuRetiredPages,
        &[|gpu, taken| {
            let sum = f64::from(raw::retired_pages(gpu, 0)?) + f64::from(raw::retired_pages(gpu, 1)?);
            taken.put(Metric::GpuRetiredPages, sum, COUNT);
            Ok(())
        }],
    ),
    rare(
        Metric::GpuPcieReplays,
        &[|gpu, taken| {
            taken.put(Metric::GpuPcieReplays, f64::from(gpu.pcie_replay_counter()?), COUNT);
            Ok(())
        }],
    ),
];

/// One numbered value; all that are due are asked for in one call.
pub(super) struct Numbered {
    pub(super) every: Duration,
    pub(super) field: Field,
    pub(super) metric: Metric,
    /// The size of the driver's unit in ours.
    pub(super) unit: f64,
    pub(super) range: RangeInclusive<f64>,
}

const fn whole(id: u32) -> Field {
    Field { id, scope: 0 }
}

const POWER_AVERAGE: Field = whole(185);
const POWER_INSTANT: Field = whole(186);

pub(super) const NUMBERED: &[Numbered] = &[
    Numbered {
        every: Duration::ZERO,
        field: whole(82),
        metric: Metric::GpuMemoryTemperature,
        unit: 1.0,
        range: CELSIUS,
    },
    Numbered { every: Duration::ZERO, field: POWER_INSTANT, metric: Metric::GpuPowerInstant, unit: 1e-3, range: POWER },
    Numbered {
        every: Duration::ZERO,
        field: Field { id: 185, scope: 2 },
        metric: Metric::GpuMemoryPower,
        unit: 1e-3,
        range: POWER,
    },
    // Nanoseconds since the driver was loaded.
    Numbered { every: SLOW, field: whole(74), metric: Metric::GpuPowerCapTime, unit: 1e-9, range: TIME },
    Numbered { every: SLOW, field: whole(251), metric: Metric::GpuHeatTime, unit: 1e-9, range: TIME },
    Numbered { every: SLOW, field: whole(252), metric: Metric::GpuHardwareHeatTime, unit: 1e-9, range: TIME },
];

fn single(gpu: &Device<'_>, field: Field) -> Result<f64, NvmlError> {
    raw::fields(gpu, &[field])?.pop().unwrap_or(Err(NvmlError::NotFound))
}

/// What holds a GPU below the clock that it would take. Being idle and settings that a person made do not.
fn throttle(reasons: u64) -> u64 {
    const POWER_CAP: u64 = 0x04;
    const SLOWDOWN: u64 = 0x08;
    const HEAT: u64 = 0x20 | 0x40;
    const POWER_BRAKE: u64 = 0x80;
    let bit = |set: u64, bit: u64| if reasons & set != 0 { bit } else { 0 };
    let causes = bit(HEAT, throttle::HEAT) | bit(POWER_BRAKE, throttle::SIGNAL);
    // A slowdown comes together with its cause where the driver knows it.
    let other = if causes == 0 { bit(SLOWDOWN, throttle::OTHER) } else { 0 };
    bit(POWER_CAP, throttle::POWER) | causes | other
}

/// Where a call puts its values.
pub(super) struct Taken<'a> {
    pub(super) held: &'a mut Vec<(Metric, f64)>,
    pub(super) odd: &'a mut Vec<Metric>,
    /// Degrees Celsius at which the GPU slows itself down.
    pub(super) slowdown: Option<f64>,
}

impl Taken<'_> {
    pub(super) fn put(&mut self, metric: Metric, value: f64, range: RangeInclusive<f64>) {
        if range.contains(&value) {
            self.held.push((metric, value));
        } else {
            self.odd.push(metric);
        }
    }

    fn temperature(&mut self, degrees: f64) {
        self.put(Metric::GpuTemperature, degrees, CELSIUS);
        if let Some(slowdown) = self.slowdown.filter(|_| CELSIUS.contains(&degrees)) {
            self.held.push((Metric::GpuMargin, slowdown - degrees));
        }
    }

    fn memory(&mut self, total: u64, used: u64) {
        // Machines whose GPU has no memory of its own say 0 (DGX Spark).
        if total == 0 {
            return;
        }
        self.put(Metric::GpuMemoryTotal, total as f64, MEMORY);
        let most = if MEMORY.contains(&(total as f64)) { total as f64 } else { *MEMORY.end() };
        self.put(Metric::GpuMemoryUsed, used as f64, 0.0..=most);
    }

    fn errors(&mut self, gpu: &Device<'_>, counter: EccCounter) -> Result<(), NvmlError> {
        let corrected = gpu.total_ecc_errors(MemoryError::Corrected, counter)?;
        let uncorrected = gpu.total_ecc_errors(MemoryError::Uncorrected, counter)?;
        self.put(Metric::GpuEccCorrected, corrected as f64, COUNT);
        self.put(Metric::GpuEccUncorrected, uncorrected as f64, COUNT);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_holds_a_gpu_down_counts_as_throttling() {
        for (reasons, expected) in [
            (0, 0),
            // Idle, the clocks that a person set, and the display's.
            (0x01 | 0x02 | 0x10 | 0x100, 0),
            (0x04, throttle::POWER),
            (0x08, throttle::OTHER),
            (0x08 | 0x40, throttle::HEAT),
            (0x20 | 0x04, throttle::HEAT | throttle::POWER),
            (0x80, throttle::SIGNAL),
            (1 << 40, 0),
        ] {
            assert_eq!(throttle(reasons), expected, "{reasons:#x}");
        }
    }
}
