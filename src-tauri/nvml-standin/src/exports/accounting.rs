//! What the driver remembers of processes, if somebody has told it to.

use crate::abi::{AccountingStats, NO_MEMORY};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Target};
use crate::process;

exports! {
    fn nvmlDeviceGetAccountingMode(driver, device: Handle, mode: Out<u32>) {
        mode.put(driver.gpu(device)?.device.accounting.as_ref().ok_or(Code::NotSupported)?.enabled.into())
    }
    fn nvmlDeviceGetAccountingBufferSize(driver, device: Handle, size: Out<u32>) {
        size.put(driver.gpu(device)?.device.accounting.as_ref().ok_or(Code::NotSupported)?.buffer)
    }
    fn nvmlDeviceGetAccountingPids(driver, device: Handle, count: Out<u32>, pids: Out<u32>) {
        let index = accounted(driver, device)?;
        let found = driver.present(Target::Device(index));
        let room = count.get()?;
        count.put(found.len() as u32)?;
        if (room as usize) < found.len() {
            return Err(Code::InsufficientSize);
        }
        for (place, process) in found.iter().enumerate() {
            pids.put_at(place, process.pid)?;
        }
        Ok(())
    }
    fn nvmlDeviceGetAccountingStats(driver, device: Handle, pid: u32, stats: Out<AccountingStats>) {
        let index = accounted(driver, device)?;
        let found = driver.present(Target::Device(index));
        let one = found.iter().find(|process| process.pid == pid).ok_or(Code::NotFound)?;
        let at = driver.now();
        let uses = process::samples(&driver.scenario, &driver.clock, &found, index, at, 0);
        let used = uses.iter().find(|used| used.pid == pid);
        let from = driver.scenario.processes[one.index].from;
        stats.put(AccountingStats {
            gpu: used.map_or(0, |used| used.sm),
            memory: used.map_or(0, |used| used.memory),
            max_memory: if one.memory == NO_MEMORY { 0 } else { one.memory },
            // Milliseconds that a process runs are told once it has ended; these all run.
            time: 0,
            start: driver.clock.unix_micros(from),
            is_running: 1,
            reserved: [0; 5],
        })
    }
}

/// The device, if accounting is on.
fn accounted(driver: &Driver, device: Handle) -> Result<usize, Code> {
    let gpu = driver.gpu(device)?;
    let on = gpu.device.accounting.as_ref().is_some_and(|accounting| accounting.enabled);
    if on { Ok(gpu.index) } else { Err(Code::NotSupported) }
}
