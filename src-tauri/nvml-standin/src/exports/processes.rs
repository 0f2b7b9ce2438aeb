//! Who uses a device, in each of the shapes that NVML has had for it.

use crate::abi::{
    ProcessDetail, ProcessDetailList, ProcessSample, ProcessUtilization, ProcessV1, ProcessV2, ProcessesUtilization,
    version,
};
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::{Driver, Target};
use crate::process::{self, Present, Use};
use crate::scenario::Kind;

/// The kinds of process that a list is about.
const COMPUTE: &[Kind] = &[Kind::Compute, Kind::Both];
const GRAPHICS: &[Kind] = &[Kind::Graphics, Kind::Both];
const MPS: &[Kind] = &[Kind::Mps];

exports! {
    fn nvmlDeviceGetComputeRunningProcesses(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV1>) {
        first(driver, device, COMPUTE, count, rows)
    }
    fn nvmlDeviceGetComputeRunningProcesses_v2(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        second(driver, device, COMPUTE, count, rows)
    }
    fn nvmlDeviceGetComputeRunningProcesses_v3(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        third(driver, device, COMPUTE, count, rows)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV1>) {
        first(driver, device, GRAPHICS, count, rows)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses_v2(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        second(driver, device, GRAPHICS, count, rows)
    }
    fn nvmlDeviceGetGraphicsRunningProcesses_v3(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        third(driver, device, GRAPHICS, count, rows)
    }
    fn nvmlDeviceGetMPSComputeRunningProcesses(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV1>) {
        first(driver, device, MPS, count, rows)
    }
    fn nvmlDeviceGetMPSComputeRunningProcesses_v2(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        second(driver, device, MPS, count, rows)
    }
    fn nvmlDeviceGetMPSComputeRunningProcesses_v3(driver, device: Handle, count: Out<u32>, rows: Out<ProcessV2>) {
        third(driver, device, MPS, count, rows)
    }

    fn nvmlDeviceGetRunningProcessDetailList(driver, device: Handle, list: Out<ProcessDetailList>) {
        list.expect_version(version::<ProcessDetailList>(1))?;
        let asked = list.get()?;
        let kinds = match asked.mode {
            0 => COMPUTE,
            1 => GRAPHICS,
            2 => MPS,
            _ => return Err(Code::InvalidArgument),
        };
        let found = listed(driver, device, kinds)?;
        list.put(ProcessDetailList { count: found.len() as u32, ..asked })?;
        write(&found, asked.count, Out::at(asked.rows), detail)
    }

    fn nvmlDeviceGetProcessUtilization(
        driver, device: Handle, rows: Out<ProcessSample>, count: Out<u32>, last: u64
    ) {
        let found = used(driver, device, last)?;
        let room = count.get()?;
        count.put(found.len() as u32)?;
        if found.is_empty() {
            return Err(Code::NotFound);
        }
        write(&found, room, rows, |used| ProcessSample {
            pid: used.pid,
            timestamp: used.micros,
            sm: used.sm,
            memory: used.memory,
            encoder: used.encoder,
            decoder: used.decoder,
        })
    }

    fn nvmlDeviceGetProcessesUtilizationInfo(driver, device: Handle, info: Out<ProcessesUtilization>) {
        info.expect_version(version::<ProcessesUtilization>(1))?;
        let asked = info.get()?;
        let found = used(driver, device, asked.last)?;
        info.put(ProcessesUtilization { count: found.len() as u32, ..asked })?;
        if found.is_empty() {
            return Err(Code::NotFound);
        }
        write(&found, asked.count, Out::at(asked.rows), |used| ProcessUtilization {
            timestamp: used.micros,
            pid: used.pid,
            sm: used.sm,
            memory: used.memory,
            encoder: used.encoder,
            decoder: used.decoder,
            jpeg: 0,
            ofa: 0,
        })
    }
}

fn first(
    driver: &mut Driver,
    device: Handle,
    kinds: &[Kind],
    count: Out<u32>,
    rows: Out<ProcessV1>,
) -> Result<(), Code> {
    let found = listed(driver, device, kinds)?;
    let room = count.get()?;
    count.put(found.len() as u32)?;
    write(&found, room, rows, |process| ProcessV1 { pid: process.pid, memory: process.memory })
}

fn second(
    driver: &mut Driver,
    device: Handle,
    kinds: &[Kind],
    count: Out<u32>,
    rows: Out<ProcessV2>,
) -> Result<(), Code> {
    let found = listed(driver, device, kinds)?;
    let room = count.get()?;
    count.put(found.len() as u32)?;
    write(&found, room, rows, |process| ProcessV2 {
        pid: process.pid,
        memory: process.memory,
        gpu_instance: process.gpu_instance,
        compute_instance: process.compute_instance,
    })
}

/// The newest list, whose rows some drivers wrote longer than anybody had declared them.
fn third(
    driver: &mut Driver,
    device: Handle,
    kinds: &[Kind],
    count: Out<u32>,
    rows: Out<ProcessV2>,
) -> Result<(), Code> {
    if driver.scenario.driver.row_bytes == 24 {
        return second(driver, device, kinds, count, rows);
    }
    let found = listed(driver, device, kinds)?;
    let room = count.get()?;
    count.put(found.len() as u32)?;
    write(&found, room, rows.cast(), detail)
}

fn detail(process: &Present) -> ProcessDetail {
    ProcessDetail {
        pid: process.pid,
        memory: process.memory,
        gpu_instance: process.gpu_instance,
        compute_instance: process.compute_instance,
        protected_memory: 0,
    }
}

fn listed(driver: &mut Driver, device: Handle, kinds: &[Kind]) -> Result<Vec<Present>, Code> {
    let target = driver.target(device)?;
    if driver.any(device)?.0.device.process_list == Some(false) {
        return Err(Code::NotSupported);
    }
    let mut found = driver.present(target);
    found.retain(|process| kinds.contains(&process.kind));
    Ok(found)
}

/// Rows into the client's array, if it has room for all of them.
fn write<S, T: Copy>(found: &[S], room: u32, rows: Out<T>, row: impl Fn(&S) -> T) -> Result<(), Code> {
    if found.is_empty() {
        return Ok(());
    }
    if rows.is_null() || (room as usize) < found.len() {
        return Err(Code::InsufficientSize);
    }
    for (index, one) in found.iter().enumerate() {
        rows.put_at(index, row(one))?;
    }
    Ok(())
}

fn used(driver: &mut Driver, device: Handle, last: u64) -> Result<Vec<Use>, Code> {
    let Target::Device(index) = driver.target(device)? else { return Err(Code::NotSupported) };
    let config = driver.gpu(device)?.device;
    if config.has_instances() || config.process_utilization == Some(false) {
        return Err(Code::NotSupported);
    }
    let present = driver.present(Target::Device(index));
    let at = driver.now();
    let mut found = process::samples(&driver.scenario, &driver.clock, &present, index, at, last);
    let micros = driver.clock.unix_micros(at);
    for junk in 0..driver.scenario.sampling.junk_rows {
        // Half of them belong to nobody, half to pids that no list knows.
        let pid = if junk % 2 == 0 { 0 } else { 0x3000_0000 + junk };
        let absurd = 1_000_000 + junk;
        found.push(Use { pid, micros, sm: absurd, memory: absurd, encoder: absurd, decoder: absurd });
    }
    Ok(found)
}
