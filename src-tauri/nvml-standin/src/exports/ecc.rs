//! Errors of the memory, and what the card has done about them.

use crate::abi::RowHistogram;
use crate::argument::{Handle, Out};
use crate::call::exports;
use crate::code::Code;
use crate::driver::Driver;
use crate::scenario::device::Ecc;

/// The place of errors that the scenario counts: device memory. All others are clean.
const DEVICE_MEMORY: u32 = 2;
const PLACES: u32 = 8;

exports! {
    fn nvmlDeviceGetEccMode(driver, device: Handle, current: Out<u32>, pending: Out<u32>) {
        let on = driver.gpu(device)?.device.ecc.as_ref().ok_or(Code::NotSupported)?.enabled;
        current.put(on.into())?;
        pending.put(on.into())
    }
    fn nvmlDeviceGetDefaultEccMode(driver, device: Handle, mode: Out<u32>) {
        mode.put(driver.gpu(device)?.device.ecc.as_ref().map(|_| 1).ok_or(Code::NotSupported)?)
    }
    fn nvmlDeviceGetTotalEccErrors(driver, device: Handle, kind: u32, counter: u32, count: Out<u64>) {
        count.put(errors(driver, device, kind, counter)?)
    }
    fn nvmlDeviceGetMemoryErrorCounter(driver, device: Handle, kind: u32, counter: u32, place: u32, count: Out<u64>) {
        let all = errors(driver, device, kind, counter)?;
        match place {
            DEVICE_MEMORY => count.put(all),
            0..PLACES => count.put(0),
            _ => Err(Code::InvalidArgument),
        }
    }
    fn nvmlDeviceGetRemappedRows(
        driver, device: Handle, corrected: Out<u32>, uncorrected: Out<u32>, pending: Out<u32>, failed: Out<u32>
    ) {
        // A card that is cut into instances tells only how many rows are left.
        let whole = Some(driver.gpu(device)?.device).filter(|device| !device.has_instances());
        let rows = whole.and_then(|device| device.remapped_rows.as_ref()).ok_or(Code::NotSupported)?;
        corrected.put(rows.corrected)?;
        uncorrected.put(rows.uncorrected)?;
        pending.put(rows.pending.into())?;
        failed.put(rows.failed.into())
    }
    fn nvmlDeviceGetRowRemapperHistogram(driver, device: Handle, histogram: Out<RowHistogram>) {
        let rows = driver.gpu(device)?.device.remapped_rows.as_ref().ok_or(Code::NotSupported)?;
        let [max, high, partial, low, none] = rows.histogram;
        histogram.put(RowHistogram { max, high, partial, low, none })
    }
    fn nvmlDeviceGetRetiredPages(driver, device: Handle, cause: u32, count: Out<u32>, addresses: Out<u64>) {
        retired(driver, device, cause, count, addresses, None)
    }
    fn nvmlDeviceGetRetiredPages_v2(
        driver, device: Handle, cause: u32, count: Out<u32>, addresses: Out<u64>, timestamps: Out<u64>
    ) {
        retired(driver, device, cause, count, addresses, Some(timestamps))
    }
    fn nvmlDeviceGetRetiredPagesPendingStatus(driver, device: Handle, pending: Out<u32>) {
        let pages = driver.gpu(device)?.device.retired_pages.as_ref().ok_or(Code::NotSupported)?;
        pending.put(pages.pending.into())
    }
}

fn errors(driver: &Driver, device: Handle, kind: u32, counter: u32) -> Result<u64, Code> {
    let ecc = driver.gpu(device)?.device.ecc.as_ref().filter(|ecc| ecc.enabled).ok_or(Code::NotSupported)?;
    count(ecc, kind, counter).ok_or(Code::InvalidArgument)
}

/// Corrected errors are 0, others 1; those since the last start are 0, those of the card's life 1.
pub fn count(ecc: &Ecc, kind: u32, counter: u32) -> Option<u64> {
    match (kind, counter) {
        (0, 0) => Some(ecc.volatile_corrected),
        (1, 0) => Some(ecc.volatile_uncorrected),
        (0, 1) => Some(ecc.corrected),
        (1, 1) => Some(ecc.uncorrected),
        _ => None,
    }
}

fn retired(
    driver: &Driver,
    device: Handle,
    cause: u32,
    count: Out<u32>,
    addresses: Out<u64>,
    timestamps: Option<Out<u64>>,
) -> Result<(), Code> {
    let gpu = driver.gpu(device)?;
    let pages = gpu.device.retired_pages.as_ref().ok_or(Code::NotSupported)?;
    let pages = match cause {
        0 => &pages.single_bit,
        1 => &pages.double_bit,
        _ => return Err(Code::InvalidArgument),
    };
    let room = count.get()? as usize;
    count.put(pages.len() as u32)?;
    if room < pages.len() {
        return Err(Code::InsufficientSize);
    }
    for (index, page) in pages.iter().enumerate() {
        addresses.put_at(index, *page)?;
        if let Some(timestamps) = timestamps {
            timestamps.put_at(index, driver.clock.unix_micros(0.0))?;
        }
    }
    Ok(())
}
