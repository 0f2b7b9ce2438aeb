//! The calls of NVIDIA's library that nvml-wrapper lacks, or makes in a way that breaks.
//!
//! Its process lists ask twice for each list and its buffers have no room for a process that comes in between; its
//! fields know no scope and no signed numbers; a dozen newer calls are missing. With `heap`, this is the only module of the
//! workspace outside the stand-in with `unsafe` in it, so it holds calls and nothing else: every buffer is sized here, and
//! what leaves is plain values. A symbol that the library does not have is [`NvmlError::FailedToLoadSymbol`]. Deliberately
//! not here: what a value means, and what is done about an error.

#![expect(unsafe_code, reason = "the library's interface is C, and nvml-wrapper leaves these calls out")]

use std::mem::{size_of, zeroed};

use nvml_wrapper::error::{NvmlError, nvml_sym, nvml_try};
use nvml_wrapper::{Device, FieldIdScheme, GpmSample, Nvml};
use nvml_wrapper_sys::bindings as sys;

/// The driver's word for "no such number" in a row of 32 bits, and of 64.
const NO_INSTANCE: u32 = u32::MAX;
const NO_MEMORY: u64 = u64::MAX;

/// So many rows are asked for at first, which is more than drivers keep samples of; a fuller list makes its buffer grow.
const ROWS: usize = 128;
/// Between an answer that says how much room is needed and the next attempt, so many more may have come.
const SPARE: usize = 16;
/// No machine has more processes on one GPU; a larger count is a broken one.
const MOST_ROWS: usize = 65_536;

/// A GPU's or an instance's handle, good for as long as the session that gave it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle(usize);

/// The handle of a device.
pub(super) fn handle(gpu: &Device<'_>) -> Handle {
    Handle(raw(gpu) as usize)
}

/// The device of a handle that this session gave.
pub(super) fn device(session: &Nvml, handle: Handle) -> Device<'_> {
    // SAFETY: `Device::new` only wraps; the library checks each handle that it is given and refuses one it does not know.
    unsafe { Device::new(handle.0 as sys::nvmlDevice_t, session) }
}

fn raw(gpu: &Device<'_>) -> sys::nvmlDevice_t {
    // SAFETY: copying a pointer out; it is only passed back to the library that it came from.
    unsafe { gpu.handle() }
}

/// Calls a symbol whose last argument is a place for one answer made of numbers.
macro_rules! get {
    ($gpu:expr, $name:ident($($argument:expr),*), $answer:expr) => {{
        let call = nvml_sym($gpu.nvml().lib().$name.as_ref())?;
        let mut answer = $answer;
        // SAFETY: the arguments are those of the library's declaration, and `answer` is a place for one answer.
        nvml_try(unsafe { call(raw($gpu), $($argument,)* &mut answer) })?;
        answer
    }};
}

/// `size | version << 24`, as the library wants it in the head of newer structs.
const fn version<T>(number: u32) -> u32 {
    size_of::<T>() as u32 | number << 24
}

/// Degrees Celsius, for drivers that have given up the older call.
pub(super) fn temperature(gpu: &Device<'_>) -> Result<i32, NvmlError> {
    let asked = sys::nvmlTemperature_t { version: version::<sys::nvmlTemperature_t>(1), sensorType: 0, temperature: 0 };
    Ok(get!(gpu, nvmlDeviceGetTemperatureV(), asked).temperature)
}

/// Degrees left until the GPU slows itself down; data-centre GPUs tell this and no threshold.
pub(super) fn margin(gpu: &Device<'_>) -> Result<i32, NvmlError> {
    let version = version::<sys::nvmlMarginTemperature_t>(1);
    let asked = sys::nvmlMarginTemperature_t { version, marginTemperature: 0 };
    Ok(get!(gpu, nvmlDeviceGetMarginTemperature(), asked).marginTemperature)
}

/// What holds the clocks down, by the name that replaces "throttle reasons".
pub(super) fn clocks_event_reasons(gpu: &Device<'_>) -> Result<u64, NvmlError> {
    Ok(get!(gpu, nvmlDeviceGetCurrentClocksEventReasons(), 0))
}

/// The same by its old name. The wrapper refuses the whole answer where it does not know one of its bits.
pub(super) fn throttle_reasons(gpu: &Device<'_>) -> Result<u64, NvmlError> {
    Ok(get!(gpu, nvmlDeviceGetCurrentClocksThrottleReasons(), 0))
}

/// Total and used memory in bytes, of drivers before 510; what they reserve for themselves counts as used.
pub(super) fn memory_before_510(gpu: &Device<'_>) -> Result<(u64, u64), NvmlError> {
    let memory = get!(gpu, nvmlDeviceGetMemoryInfo(), sys::nvmlMemory_t { total: 0, free: 0, used: 0 });
    Ok((memory.total, memory.used))
}

/// The numbers that an instance's processes are listed under: of its part of the GPU, and of its part of that.
pub(super) fn instance(instance: &Device<'_>) -> Result<(u32, u32), NvmlError> {
    Ok((get!(instance, nvmlDeviceGetGpuInstanceId(), 0), get!(instance, nvmlDeviceGetComputeInstanceId(), 0)))
}

/// Percent of its time that the JPEG engine works.
pub(super) fn jpeg(gpu: &Device<'_>) -> Result<u32, NvmlError> {
    let (mut percent, call) = (0, nvml_sym(gpu.nvml().lib().nvmlDeviceGetJpgUtilization.as_ref())?);
    let mut period = 0;
    // SAFETY: both are places for one number.
    nvml_try(unsafe { call(raw(gpu), &mut percent, &mut period) })?;
    Ok(percent)
}

/// Percent of its time that the optical-flow engine works.
pub(super) fn optical_flow(gpu: &Device<'_>) -> Result<u32, NvmlError> {
    let (mut percent, call) = (0, nvml_sym(gpu.nvml().lib().nvmlDeviceGetOfaUtilization.as_ref())?);
    let mut period = 0;
    // SAFETY: both are places for one number.
    nvml_try(unsafe { call(raw(gpu), &mut percent, &mut period) })?;
    Ok(percent)
}

/// A sample of the GPU's own counters that is kept for the next one to be compared with.
#[derive(Debug)]
pub(super) struct Kept(usize);

/// Keeps a sample beyond this look at its session.
pub(super) fn keep(sample: GpmSample<'_>) -> Kept {
    Kept(sample.into_handle() as usize)
}

/// A sample that was kept in this session; it is given back to the library when it is dropped.
pub(super) fn kept(session: &Nvml, kept: Kept) -> GpmSample<'_> {
    // SAFETY: it came out of `keep`, and since `Kept` is used up here nobody else gives it back.
    unsafe { GpmSample::from_handle(session, kept.0 as sys::nvmlGpmSample_t) }
}

/// What the memory's spare rows were used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RemappedRows {
    pub(super) corrected: u32,
    pub(super) uncorrected: u32,
    /// Some wait for the next reset.
    pub(super) pending: bool,
    /// No spare row was left.
    pub(super) failed: bool,
}

/// The rows that the GPU has replaced.
pub(super) fn remapped_rows(gpu: &Device<'_>) -> Result<RemappedRows, NvmlError> {
    let call = nvml_sym(gpu.nvml().lib().nvmlDeviceGetRemappedRows.as_ref())?;
    let (mut corrected, mut uncorrected, mut pending, mut failed) = (0, 0, 0, 0);
    // SAFETY: all four are places for one number.
    nvml_try(unsafe { call(raw(gpu), &mut corrected, &mut uncorrected, &mut pending, &mut failed) })?;
    Ok(RemappedRows { corrected, uncorrected, pending: pending != 0, failed: failed != 0 })
}

/// How many pages of memory are out of use, by the cause in the library's numbering.
pub(super) fn retired_pages(gpu: &Device<'_>, cause: u32) -> Result<u32, NvmlError> {
    let call = nvml_sym(gpu.nvml().lib().nvmlDeviceGetRetiredPages.as_ref())?;
    let mut count = 0;
    // SAFETY: no room is offered, so that nothing but the count is written.
    let code = unsafe { call(raw(gpu), cause, &mut count, std::ptr::null_mut()) };
    match nvml_try(code) {
        Ok(()) | Err(NvmlError::InsufficientSize(_)) => Ok(count),
        Err(error) => Err(error),
    }
}

/// One of the driver's numbered values; the scope tells the whole GPU (0) from its memory (2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: u32,
    pub(super) scope: u32,
}

/// Several numbered values in one call, in the order in which they were asked for. Their ids are those of CUDA 12; drivers
/// from 580.82 on have other numbers for some of them.
pub(super) fn fields(gpu: &Device<'_>, asked: &[Field]) -> Result<Vec<Result<f64, NvmlError>>, NvmlError> {
    let call = nvml_sym(gpu.nvml().lib().nvmlDeviceGetFieldValues.as_ref())?;
    let renumbered = gpu.nvml().field_id_scheme() == FieldIdScheme::V13Update1;
    // SAFETY: a struct of numbers and a union of numbers, for which zeros are a value.
    let empty: sys::nvmlFieldValue_t = unsafe { zeroed() };
    // One entry more than is asked for: for some fields the library looks at the one behind.
    let mut values = vec![empty; asked.len() + 1];
    for (value, field) in values.iter_mut().zip(asked) {
        let moved = renumbered && (251..=255).contains(&field.id);
        value.fieldId = if moved { field.id + 18 } else { field.id };
        value.scopeId = field.scope;
        // What the library leaves as it was is no value.
        value.nvmlReturn = sys::nvmlReturn_enum_NVML_ERROR_NOT_SUPPORTED;
    }
    // SAFETY: there is room for as many values as the count says.
    nvml_try(unsafe { call(raw(gpu), asked.len() as i32, values.as_mut_ptr()) })?;
    values.truncate(asked.len());
    Ok(values.iter().map(number).collect())
}

fn number(value: &sys::nvmlFieldValue_t) -> Result<f64, NvmlError> {
    nvml_try(value.nvmlReturn)?;
    let number = value.value;
    // SAFETY: every member of the union is a number of at most its size, all bytes of which are set.
    let number = unsafe {
        match value.valueType {
            0 => number.dVal,
            1 => f64::from(number.uiVal),
            2 => number.ulVal as f64,
            3 => number.ullVal as f64,
            4 => number.sllVal as f64,
            5 => f64::from(number.siVal),
            6 => f64::from(number.usVal),
            other => return Err(NvmlError::UnexpectedVariant(other)),
        }
    };
    Ok(number)
}

/// The lists in which processes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    Compute,
    Graphics,
    /// Clients of CUDA's multi-process service.
    Mps,
}

/// A process in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) pid: u32,
    /// Bytes of the GPU's memory, where the driver tells.
    pub(super) memory: Option<u64>,
    /// The part of a GPU that is cut into instances, where the driver tells.
    pub(super) instance: Option<(u32, u32)>,
}

/// Where lists are read into; it grows to what the fullest needed.
#[derive(Debug, Default)]
pub(super) struct Rows {
    processes: Vec<sys::nvmlProcessInfo_t>,
    used: Vec<sys::nvmlProcessUtilizationInfo_v1_t>,
    used_before: Vec<sys::nvmlProcessUtilizationSample_t>,
}

type Listing = unsafe extern "C" fn(sys::nvmlDevice_t, *mut u32, *mut sys::nvmlProcessInfo_t) -> u32;

/// Whether this driver writes longer rows through the symbols of the lists than it says, and so past the end of any
/// buffer. Those around 535.54 do; they are known by a call that they have and one that they lack.
pub(super) fn has_longer_rows(gpu: &Device<'_>) -> bool {
    let lib = gpu.nvml().lib();
    lib.nvmlDeviceGetConfComputeMemSizeInfo.is_ok() && lib.nvmlDeviceGetRunningProcessDetailList.is_err()
}

/// Puts the processes of one list into `listed`, in place of those that stood there; after an error these stay.
pub(super) fn processes(gpu: &Device<'_>, list: List, rows: &mut Rows, listed: &mut Vec<Row>) -> Result<(), NvmlError> {
    let lib = gpu.nvml().lib();
    if has_longer_rows(gpu) {
        return Err(NvmlError::NotSupported);
    }
    // Drivers before 510 have the same rows under the older name.
    let (now, before) = match list {
        List::Compute => (&lib.nvmlDeviceGetComputeRunningProcesses_v3, &lib.nvmlDeviceGetComputeRunningProcesses_v2),
        List::Graphics => {
            (&lib.nvmlDeviceGetGraphicsRunningProcesses_v3, &lib.nvmlDeviceGetGraphicsRunningProcesses_v2)
        }
        List::Mps => (&lib.nvmlDeviceGetMPSComputeRunningProcesses_v3, &lib.nvmlDeviceGetMPSComputeRunningProcesses_v2),
    };
    let call: &Listing = nvml_sym(now.as_ref().or(before.as_ref()))?;
    let empty = sys::nvmlProcessInfo_t { pid: 0, usedGpuMemory: NO_MEMORY, gpuInstanceId: 0, computeInstanceId: 0 };
    let count = filled(&mut rows.processes, empty, |room, place| {
        // SAFETY: there is room for as many rows as the count says.
        let code = unsafe { call(raw(gpu), room, place) };
        nvml_try(code)
    })?;
    let known = |row: &sys::nvmlProcessInfo_t| Row {
        pid: row.pid,
        memory: Some(row.usedGpuMemory).filter(|memory| *memory != NO_MEMORY),
        instance: Some((row.gpuInstanceId, row.computeInstanceId)).filter(|(gpu, _)| *gpu != NO_INSTANCE),
    };
    listed.clear();
    listed.extend(rows.processes[..count].iter().map(known));
    Ok(())
}

/// What a process did, in percent of the time of each engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) pid: u32,
    /// Microseconds on the driver's clock.
    pub(super) timestamp: u64,
    pub(super) share: u32,
    pub(super) encoder: u32,
    pub(super) decoder: u32,
}

/// What processes did since a moment of the driver's clock; one that did nothing is not mentioned.
pub(super) fn used(gpu: &Device<'_>, since: u64, rows: &mut Rows) -> Result<Vec<Used>, NvmlError> {
    let call = nvml_sym(gpu.nvml().lib().nvmlDeviceGetProcessesUtilizationInfo.as_ref())?;
    let empty = sys::nvmlProcessUtilizationInfo_v1_t {
        timeStamp: 0,
        pid: 0,
        smUtil: 0,
        memUtil: 0,
        encUtil: 0,
        decUtil: 0,
        jpgUtil: 0,
        ofaUtil: 0,
    };
    let count = filled(&mut rows.used, empty, |room, place| {
        let mut asked = sys::nvmlProcessesUtilizationInfo_t {
            version: version::<sys::nvmlProcessesUtilizationInfo_t>(1),
            processSamplesCount: *room,
            lastSeenTimeStamp: since,
            procUtilArray: place,
        };
        // SAFETY: there is room for as many rows as the count says.
        let code = unsafe { call(raw(gpu), &mut asked) };
        *room = asked.processSamplesCount;
        nvml_try(code)
    })?;
    let known = |row: &sys::nvmlProcessUtilizationInfo_v1_t| Used {
        pid: row.pid,
        timestamp: row.timeStamp,
        share: row.smUtil,
        encoder: row.encUtil,
        decoder: row.decUtil,
    };
    Ok(rows.used[..count].iter().map(known).collect())
}

/// The same, of drivers before 550.
pub(super) fn used_before_550(gpu: &Device<'_>, since: u64, rows: &mut Rows) -> Result<Vec<Used>, NvmlError> {
    let call = nvml_sym(gpu.nvml().lib().nvmlDeviceGetProcessUtilization.as_ref())?;
    let empty =
        sys::nvmlProcessUtilizationSample_t { pid: 0, timeStamp: 0, smUtil: 0, memUtil: 0, encUtil: 0, decUtil: 0 };
    let count = filled(&mut rows.used_before, empty, |room, place| {
        // SAFETY: there is room for as many rows as the count says.
        let code = unsafe { call(raw(gpu), place, room, since) };
        nvml_try(code)
    })?;
    let known = |row: &sys::nvmlProcessUtilizationSample_t| Used {
        pid: row.pid,
        timestamp: row.timeStamp,
        share: row.smUtil,
        encoder: row.encUtil,
        decoder: row.decUtil,
    };
    Ok(rows.used_before[..count].iter().map(known).collect())
}

/// Fills a buffer; where it is too small it grows to what the library says and is tried once more, because others may
/// have come meanwhile. Gives how many rows are filled.
fn filled<T: Copy>(
    buffer: &mut Vec<T>,
    empty: T,
    mut call: impl FnMut(&mut u32, *mut T) -> Result<(), NvmlError>,
) -> Result<usize, NvmlError> {
    if buffer.is_empty() {
        buffer.resize(ROWS, empty);
    }
    let mut count = buffer.len() as u32;
    let mut answer = call(&mut count, buffer.as_mut_ptr());
    if matches!(answer, Err(NvmlError::InsufficientSize(_))) && (count as usize) < MOST_ROWS {
        buffer.resize((count as usize).max(buffer.len()) + SPARE, empty);
        count = buffer.len() as u32;
        answer = call(&mut count, buffer.as_mut_ptr());
    }
    answer.map(|()| (count as usize).min(buffer.len()))
}
