//! Memory: of a device, or of one of its MIG instances.

use crate::abi::{Bar1Memory, ConfComputeMemory, Memory, MemoryV2, NO_MEMORY, version};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::Driver;
use crate::scenario::device::Quantity;

const MIB: f64 = 1_048_576.0;

/// Bytes.
struct Parts {
    total: u64,
    reserved: u64,
    used: u64,
}

exports! {
    fn nvmlDeviceGetMemoryInfo(driver, device: Handle, memory: Out<Memory>) {
        let parts = parts(driver, device)?;
        // The first version knows nothing of reserved memory and counts it as used.
        let used = parts.used.saturating_add(parts.reserved);
        memory.put(Memory { total: parts.total, free: parts.total.saturating_sub(used), used })
    }
    fn nvmlDeviceGetMemoryInfo_v2(driver, device: Handle, memory: Out<MemoryV2>) {
        let passed = memory.version()?;
        if passed != version::<MemoryV2>(2) && !(driver.scenario.driver.lenient_versions && passed == 2) {
            return Err(Code::ArgumentVersionMismatch);
        }
        let Parts { total, reserved, used } = parts(driver, device)?;
        memory.put(MemoryV2 { version: passed, total, reserved, free: total.saturating_sub(reserved).saturating_sub(used), used })
    }
    fn nvmlDeviceGetBAR1MemoryInfo(driver, device: Handle, memory: Out<Bar1Memory>) {
        let (gpu, instance) = driver.any(device)?;
        let (total, used) = match instance {
            Some((_, instance)) => (instance.bar1_mib, 0.0),
            None => {
                let total = gpu.device.memory.as_ref().and_then(|memory| memory.bar1_mib).ok_or(Code::NotSupported)?;
                (total, gpu.value(Quantity::Bar1UsedMib).unwrap_or(0.0).min(total))
            }
        };
        memory.put(Bar1Memory { total: bytes(total), free: bytes(total - used), used: bytes(used) })
    }
    fn nvmlDeviceGetConfComputeMemSizeInfo(driver, device: Handle, memory: Out<ConfComputeMemory>) {
        let sizes = driver.gpu(device)?.device.memory.clone().ok_or(Code::NotSupported)?;
        let kib = |mib: f64| (mib * 1024.0) as u64;
        memory.put(ConfComputeMemory {
            protected_kib: kib(sizes.protected_mib),
            unprotected_kib: kib(sizes.total_mib - sizes.protected_mib),
        })
    }
}

fn bytes(mib: f64) -> u64 {
    (mib * MIB).round() as u64
}

fn parts(driver: &mut Driver, device: Handle) -> Result<Parts, Code> {
    let target = driver.target(device)?;
    let rows = driver.present(target).into_iter().map(|process| process.memory);
    let processes: u64 = rows.filter(|memory| *memory != NO_MEMORY).sum();
    let (gpu, instance) = driver.any(device)?;
    let (total, reserved, used) = match instance {
        Some((_, instance)) => {
            (bytes(instance.memory_mib), 0, bytes(instance.base_mib.value(gpu.at, &|_, _| 0.0)) + processes)
        }
        None => {
            let memory = gpu.device.memory.as_ref().ok_or(Code::NotSupported)?;
            let scripted = gpu.value(Quantity::MemUsedMib).map(bytes);
            let used = scripted.unwrap_or_else(|| bytes(memory.base_mib) + processes);
            (bytes(memory.total_mib), bytes(memory.reserved_mib), used)
        }
    };
    Ok(Parts { total, reserved, used })
}
