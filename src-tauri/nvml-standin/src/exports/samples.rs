//! The driver's buffers of past samples.

use crate::abi::{Sample, value_type};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::Gpu;
use crate::scenario::device::Quantity;

/// Samples a second, and how many the buffer keeps.
const RATE: f64 = 10.0;
const BUFFER: u64 = 120;

exports! {
    fn nvmlDeviceGetSamples(
        driver, device: Handle, kind: u32, last: u64, value_type: Out<u32>, count: Out<u32>, samples: Out<Sample>
    ) {
        let gpu = driver.gpu(device)?;
        let (quantity, scale) = quantity(kind)?;
        if gpu.device.has_instances() && scale == 1.0 && kind < 5 {
            return Err(Code::NotSupported);
        }
        gpu.read(quantity)?;
        value_type.put(value_type::UNSIGNED_INT)?;
        let newest = (gpu.at * RATE) as u64;
        let time = |sample: u64| sample as f64 / RATE;
        let after = |sample: &u64| driver.clock.unix_micros(time(*sample)) > last;
        let found: Vec<u64> = (newest.saturating_sub(BUFFER - 1)..=newest).filter(after).collect();
        if samples.is_null() {
            return count.put(found.len() as u32);
        }
        let room = count.get()? as usize;
        if found.is_empty() {
            return Err(Code::NotFound);
        }
        count.put(found.len().min(room) as u32)?;
        for (place, sample) in found.into_iter().take(room).enumerate() {
            samples.put_at(place, row(gpu, quantity, scale, time(sample), driver.clock.unix_micros(time(sample))))?;
        }
        Ok(())
    }
}

/// The quantity of a sampling type, and its scale.
fn quantity(kind: u32) -> Result<(Quantity, f64), Code> {
    match kind {
        0 => Ok((Quantity::PowerW, 1000.0)),
        1 => Ok((Quantity::Util, 1.0)),
        2 => Ok((Quantity::MemUtil, 1.0)),
        3 => Ok((Quantity::Enc, 1.0)),
        4 => Ok((Quantity::Dec, 1.0)),
        5 => Ok((Quantity::GraphicsMhz, 1.0)),
        6 => Ok((Quantity::MemoryMhz, 1.0)),
        7 => Err(Code::NotSupported),
        8 => Ok((Quantity::Jpg, 1.0)),
        9 => Ok((Quantity::Ofa, 1.0)),
        _ => Err(Code::InvalidArgument),
    }
}

fn row(gpu: Gpu, quantity: Quantity, scale: f64, at: f64, timestamp: u64) -> Sample {
    Sample { timestamp, value: (gpu.value_at(quantity, at).unwrap_or(0.0) * scale).round() as u64 }
}
