//! Values by number. Each has a code of its own, and the call succeeds.

use crate::abi::{FieldValue, value_type};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Gpu};
use crate::exports::ecc;
use crate::exports::power::limit;
use crate::fault;
use crate::scenario::device::Quantity;

/// A device as a whole, and its memory alone.
const SCOPE_GPU: u32 = 0;
const SCOPE_MEMORY: u32 = 2;

enum Value {
    Unsigned(u32),
    Signed(i32),
    Long(u64),
}

exports! {
    fn nvmlDeviceGetFieldValues(driver, device: Handle, count: i32, values: Out<FieldValue>) {
        driver.any(device)?;
        let count = usize::try_from(count).map_err(|_| Code::InvalidArgument)?;
        if count == 0 || values.is_null() {
            return Err(Code::InvalidArgument);
        }
        let timestamp = driver.clock.unix_micros(driver.now()).cast_signed();
        for index in 0..count {
            let asked = values.get_at(index)?;
            let answer = field(driver, device, asked.id, asked.scope);
            let (code, value_type, value) = match answer {
                Ok(Value::Unsigned(value)) => (Code::Success, value_type::UNSIGNED_INT, u64::from(value)),
                Ok(Value::Signed(value)) => (Code::Success, value_type::SIGNED_INT, u64::from(value.cast_unsigned())),
                Ok(Value::Long(value)) => (Code::Success, value_type::UNSIGNED_LONG_LONG, value),
                Err(code) => (code, value_type::UNSIGNED_INT, 0),
            };
            let row = FieldValue { timestamp, latency: 0, value_type, code: code as u32, value, ..asked };
            values.put_at(index, row)?;
        }
        Ok(())
    }
}

fn field(driver: &mut Driver, device: Handle, id: u32, scope: u32) -> Result<Value, Code> {
    let index = driver.gpu(device)?.index;
    // Drivers from 580.82 on have other numbers for these three, and gave the old ones to something else.
    let id = match (id, renumbered(fault::version(&driver.scenario, driver.now()))) {
        (251..=253, false) => id + 18,
        (254..=273, false) | (251..=268, true) => return Err(Code::NotSupported),
        _ => id,
    };
    if id == 83 || id == 191 {
        return Ok(Value::Long((driver.joules(index)? * 1000.0).round() as u64));
    }
    let gpu = driver.gpu_at(index);
    let power = &gpu.device.power;
    let watts = |milliwatts: Result<u32, Code>| if scope == SCOPE_GPU { milliwatts } else { Err(Code::NotSupported) };
    let unsigned = match id {
        82 => gpu.whole(Quantity::MemoryTempC),
        185 if scope == SCOPE_MEMORY => gpu.milliwatts(Quantity::MemoryPowerW),
        185 => watts(gpu.milliwatts(Quantity::PowerAverageW)),
        186 => watts(gpu.milliwatts(Quantity::PowerW)),
        187 => watts(limit(power.min_w)),
        188 => watts(limit(power.max_w)),
        189 => watts(limit(power.default_w)),
        190 => watts(limit(power.limit_w)),
        192 => watts(limit(power.requested_w.or(power.limit_w))),
        94 => gpu.device.pcie.as_ref().map(|pcie| pcie.replays).ok_or(Code::NotSupported),
        230 => gpu.whole(Quantity::RecoveryAction),
        _ => return other(gpu, id),
    };
    unsigned.map(Value::Unsigned)
}

fn other(gpu: Gpu, id: u32) -> Result<Value, Code> {
    let limits = &gpu.device.limits;
    let degrees = |limit: Option<i32>| limit.map(Value::Signed).ok_or(Code::NotSupported);
    match id {
        1 | 2 => gpu.device.ecc.as_ref().map(|ecc| Value::Unsigned(ecc.enabled.into())).ok_or(Code::NotSupported),
        3..=6 => {
            let counts = gpu.device.ecc.as_ref().filter(|ecc| ecc.enabled).ok_or(Code::NotSupported)?;
            let count = ecc::count(counts, (id - 3) % 2, (id - 3) / 2);
            count.map(Value::Long).ok_or(Code::NotSupported)
        }
        142..=145 => {
            let rows = gpu.device.remapped_rows.as_ref().filter(|_| !gpu.device.has_instances());
            let rows = rows.ok_or(Code::NotSupported)?;
            let each = [rows.corrected, rows.uncorrected, rows.pending.into(), rows.failed.into()];
            Ok(Value::Unsigned(each[(id - 142) as usize]))
        }
        193 => degrees(limits.shutdown_c),
        194 => degrees(limits.slowdown_c),
        195 => degrees(limits.memory_max_c),
        196 => degrees(limits.gpu_max_c),
        74 => nanoseconds(gpu, Quantity::SwPowerCapUs),
        76 => nanoseconds(gpu, Quantity::SyncBoostUs),
        269 => nanoseconds(gpu, Quantity::SwThermalUs),
        270 => nanoseconds(gpu, Quantity::HwThermalUs),
        271 => nanoseconds(gpu, Quantity::PowerBrakeUs),
        _ => Err(Code::NotSupported),
    }
}

fn nanoseconds(gpu: Gpu, quantity: Quantity) -> Result<Value, Code> {
    Ok(Value::Long((gpu.read(quantity)? * 1000.0) as u64))
}

/// Whether a driver numbers the fields 251–273 anew, as 580.82 did.
fn renumbered(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (580, 82)
}

#[cfg(test)]
mod tests {
    use super::renumbered;

    #[test]
    fn the_numbers_changed_within_one_branch() {
        for (version, expected) in
            [("575.64", false), ("580.65.06", false), ("580.82.07", true), ("580.95.05", true), ("590.48.01", true)]
        {
            assert_eq!(renumbered(version), expected, "{version}");
        }
    }
}
