//! NVML's structs as C lays them out, declared anew, with their sizes asserted. Names are NVML's without prefix.
//! Deliberately not here: anything that the stand-in neither reads nor writes.
#![allow(missing_docs)]

use std::ffi::{c_char, c_uint};
use std::mem::size_of;

/// A value that the driver could not find out, in the process lists.
pub const NO_MEMORY: u64 = u64::MAX;
/// Not a MIG instance.
pub const NO_INSTANCE: c_uint = 0xFFFF_FFFF;

/// A version field: size of the struct and its number.
pub const fn version<T>(number: u32) -> u32 {
    size_of::<T>() as u32 | number << 24
}

macro_rules! structs {
    ($($name:ident $size:literal { $($field:ident: $type:ty,)* })*) => {$(
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name { $(pub $field: $type,)* }
        const _: () = assert!(size_of::<$name>() == $size);
    )*};
}

structs! {
    PciInfo 68 {
        bus_id_legacy: [c_char; 16], domain: u32, bus: u32, device: u32, pci_device_id: u32, pci_subsystem_id: u32,
        bus_id: [c_char; 32],
    }
    PciInfoExt 64 {
        version: u32, domain: u32, bus: u32, device: u32, pci_device_id: u32, pci_subsystem_id: u32, base_class: u32,
        sub_class: u32, bus_id: [c_char; 32],
    }
    Memory 24 { total: u64, free: u64, used: u64, }
    MemoryV2 40 { version: u32, total: u64, reserved: u64, free: u64, used: u64, }
    Bar1Memory 24 { total: u64, free: u64, used: u64, }
    ConfComputeMemory 16 { protected_kib: u64, unprotected_kib: u64, }
    Utilization 8 { gpu: u32, memory: u32, }
    ProcessV1 16 { pid: u32, memory: u64, }
    ProcessV2 24 { pid: u32, memory: u64, gpu_instance: u32, compute_instance: u32, }
    ProcessDetail 32 { pid: u32, memory: u64, gpu_instance: u32, compute_instance: u32, protected_memory: u64, }
    ProcessDetailList 24 { version: u32, mode: u32, count: u32, rows: *mut ProcessDetail, }
    ProcessSample 32 { pid: u32, timestamp: u64, sm: u32, memory: u32, encoder: u32, decoder: u32, }
    ProcessUtilization 40 {
        timestamp: u64, pid: u32, sm: u32, memory: u32, encoder: u32, decoder: u32, jpeg: u32, ofa: u32,
    }
    ProcessesUtilization 24 { version: u32, count: u32, last: u64, rows: *mut ProcessUtilization, }
    FieldValue 40 {
        id: u32, scope: u32, timestamp: i64, latency: i64, value_type: u32, code: u32, value: u64,
    }
    Sample 16 { timestamp: u64, value: u64, }
    EventData 32 { device: usize, event_type: u64, data: u64, gpu_instance: u32, compute_instance: u32, }
    AccountingStats 56 {
        gpu: u32, memory: u32, max_memory: u64, time: u64, start: u64, is_running: u32, reserved: [u32; 5],
    }
    FanSpeed 12 { version: u32, fan: u32, speed: u32, }
    Temperature 12 { version: u32, sensor: u32, temperature: i32, }
    MarginTemperature 8 { version: u32, margin: i32, }
    CoolerInfo 16 { version: u32, index: u32, signal: u32, target: u32, }
    ThermalSensor 20 { controller: i32, minimum: i32, maximum: i32, current: i32, target: i32, }
    ThermalSettings 64 { count: u32, sensors: [ThermalSensor; 3], }
    RowHistogram 20 { max: u32, high: u32, partial: u32, low: u32, none: u32, }
    EncoderSession 32 {
        id: u32, pid: u32, vgpu: u32, codec: u32, width: u32, height: u32, fps: u32, latency: u32,
    }
    FbcStats 12 { sessions: u32, fps: u32, latency: u32, }
    DeviceAttributes 40 {
        multiprocessors: u32, copy_engines: u32, decoders: u32, encoders: u32, jpegs: u32, ofas: u32, gpu_slices: u32,
        compute_slices: u32, memory_mib: u64,
    }
    GpmSupport 8 { version: u32, supported: u32, }
    GpmMetric 40 {
        id: u32, code: u32, value: f64, short_name: *const c_char, long_name: *const c_char, unit: *const c_char,
    }
    GpmMetricsHead 24 { version: u32, count: u32, first: usize, second: usize, }
}

/// GPM's request has room for this many metrics behind its head; older headers have room for fewer, so only as many as
/// the caller counts are touched.
pub const GPM_METRICS: usize = 333;
const _: () = assert!(size_of::<GpmMetricsHead>() + GPM_METRICS * size_of::<GpmMetric>() == 13_344);
const _: () = assert!(version::<MemoryV2>(2) == 0x0200_0028);
const _: () = assert!(version::<FanSpeed>(1) == 0x0100_000c);
const _: () = assert!(version::<Temperature>(1) == 0x0100_000c);
const _: () = assert!(version::<MarginTemperature>(1) == 0x0100_0008);
const _: () = assert!(version::<ProcessesUtilization>(1) == 0x0100_0018);
const _: () = assert!(version::<ProcessDetailList>(1) == 0x0100_0018);
const _: () = assert!(version::<CoolerInfo>(1) == 0x0100_0010);
const _: () = assert!(version::<PciInfoExt>(1) == 0x0100_0040);

/// The bit of an XID among the event types, and all that the stand-in takes.
pub const EVENT_XID: u64 = 0x8;
pub const EVENT_TYPES: u64 = 0x19f;

/// Types of a field's or a sample's value.
pub mod value_type {
    pub const UNSIGNED_INT: u32 = 1;
    pub const UNSIGNED_LONG_LONG: u32 = 3;
    pub const SIGNED_INT: u32 = 5;
}
