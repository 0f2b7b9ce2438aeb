//! A device of a scenario. A key that is not there is a value that the driver does not have: its call answers
//! NOT_SUPPORTED.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::code::Code;
use crate::curve::Curve;

/// What changes over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    Util,
    MemUtil,
    Enc,
    Dec,
    Jpg,
    Ofa,
    /// What the energy counter counts, and the power now.
    PowerW,
    /// The mean over a second.
    PowerAverageW,
    MemoryPowerW,
    TempC,
    MemoryTempC,
    /// Degrees left until the GPU slows down.
    MarginC,
    FanPercent,
    FanTargetPercent,
    FanRpm,
    GraphicsMhz,
    SmMhz,
    MemoryMhz,
    VideoMhz,
    Pstate,
    /// Bits of the clocks event reasons.
    Throttle,
    /// Left out, the processes' memory and `memory.base_mib`.
    MemUsedMib,
    Bar1UsedMib,
    PcieTxKib,
    PcieRxKib,
    PcieGeneration,
    PcieWidth,
    EncoderSessions,
    EncoderFps,
    EncoderLatencyUs,
    SwPowerCapUs,
    SyncBoostUs,
    SwThermalUs,
    HwThermalUs,
    PowerBrakeUs,
    RecoveryAction,
}

/// A graphics card, as the scenario describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    pub name: String,
    pub uuid: String,
    /// Domain, bus, device and function, e.g. `0000:01:00.0`.
    pub pci: String,
    #[serde(default)]
    pub pci_device_id: u32,
    #[serde(default)]
    pub pci_subsystem_id: u32,
    #[serde(default)]
    pub pci_subclass: u32,
    pub serial: Option<String>,
    pub brand: Option<Brand>,
    pub architecture: Option<Architecture>,
    /// The number of `/dev/nvidiaN`; left out, the device's index.
    pub minor: Option<u32>,
    pub vbios: Option<String>,
    pub gsp_firmware: Option<String>,
    pub cuda_capability: Option<(i32, i32)>,
    pub cores: Option<u32>,
    pub memory_bus_bits: Option<u32>,
    pub persistence: Option<bool>,
    pub display_active: Option<bool>,
    pub display_mode: Option<bool>,
    pub compute_mode: Option<u32>,
    pub numa_node: Option<u32>,
    /// 0 mains, 1 battery.
    pub power_source: Option<u32>,
    pub gpm: Option<bool>,
    /// Whether calls that tell about processes work; they do unless this says no.
    pub process_list: Option<bool>,
    pub process_utilization: Option<bool>,
    pub memory: Option<Memory>,
    #[serde(default)]
    pub power: Power,
    #[serde(default)]
    pub clocks: Clocks,
    #[serde(default)]
    pub thresholds: Thresholds,
    #[serde(default)]
    pub limits: Margins,
    pub fan: Option<Fan>,
    pub pcie: Option<Pcie>,
    pub ecc: Option<Ecc>,
    pub remapped_rows: Option<RemappedRows>,
    pub retired_pages: Option<RetiredPages>,
    pub accounting: Option<Accounting>,
    pub mig: Option<Mig>,
    /// Bits of the clocks event reasons that the device can give.
    pub throttle_supported: Option<u64>,
    #[serde(default)]
    pub codes: BTreeMap<String, Code>,
    #[serde(default)]
    pub curve: BTreeMap<Quantity, Curve>,
}

/// Kinds of product, with NVML's numbers.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brand {
    Quadro = 1,
    Tesla = 2,
    Geforce = 5,
    Titan = 6,
    QuadroRtx = 12,
    NvidiaRtx = 13,
    Nvidia = 14,
    GeforceRtx = 15,
}

/// Generations of chips, with NVML's numbers.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    Kepler = 2,
    Maxwell = 3,
    Pascal = 4,
    Volta = 5,
    Turing = 6,
    Ampere = 7,
    Ada = 8,
    Hopper = 9,
    Blackwell = 10,
}

macro_rules! tables {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }
    )*};
}

tables! {
    Memory { total_mib: f64, reserved_mib: f64, base_mib: f64, bar1_mib: Option<f64>, protected_mib: f64, }
    Power { limit_w: Option<f64>, requested_w: Option<f64>, default_w: Option<f64>, min_w: Option<f64>, max_w: Option<f64>, }
    Clocks {
        graphics_mhz: Option<u32>, sm_mhz: Option<u32>, memory_mhz: Option<u32>, video_mhz: Option<u32>,
        boost_mhz: Option<u32>,
    }
    /// Temperatures at which something happens.
    Thresholds {
        shutdown_c: Option<u32>, slowdown_c: Option<u32>, memory_max_c: Option<u32>, gpu_max_c: Option<u32>,
        acoustic_min_c: Option<u32>, acoustic_c: Option<u32>, acoustic_max_c: Option<u32>,
    }
    /// The same as degrees from the GPU's own limit, as data-centre cards tell it.
    Margins { shutdown_c: Option<i32>, slowdown_c: Option<i32>, memory_max_c: Option<i32>, gpu_max_c: Option<i32>, }
    Fan { count: u32, min_percent: u32, max_percent: u32, policy: Option<u32>, }
    Pcie { generation: u32, device_generation: u32, width: u32, replays: u32, }
    Ecc { enabled: bool, volatile_corrected: u64, volatile_uncorrected: u64, corrected: u64, uncorrected: u64, }
    RemappedRows {
        corrected: u32, uncorrected: u32, pending: bool, failed: bool,
        /// Banks with all, many, some, few and no spare rows left.
        histogram: [u32; 5],
    }
    RetiredPages { single_bit: Vec<u64>, double_bit: Vec<u64>, pending: bool, }
    Accounting { enabled: bool, buffer: u32, }
    Mig { enabled: bool, max: u32, instance: Vec<Instance>, }
    /// One MIG instance.
    Instance {
        name: String, uuid: String, gpu: u32, compute: u32, memory_mib: f64, base_mib: Curve, bar1_mib: f64,
        /// What GPM tells of it.
        util: Option<Curve>, mem_util: Option<Curve>,
        multiprocessors: u32, copy_engines: u32, decoders: u32, encoders: u32, jpegs: u32, ofas: u32, gpu_slices: u32,
        compute_slices: u32,
    }
}

impl Device {
    /// Whether the device is cut into instances.
    pub fn has_instances(&self) -> bool {
        self.mig.as_ref().is_some_and(|mig| mig.enabled)
    }

    /// The address in numbers: domain, bus, device.
    pub fn address(&self) -> Option<(u32, u32, u32)> {
        let (place, _function) = self.pci.rsplit_once('.')?;
        let mut parts = place.split(':').map(|part| u32::from_str_radix(part, 16).ok());
        let address = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(address)
    }

    /// Finds what could not be played.
    pub fn check(&self) -> Result<(), String> {
        let instances = self.mig.iter().flat_map(|mig| &mig.instance);
        if instances.flat_map(|one| one.util.iter().chain(&one.mem_util)).any(|curve| curve.follows().is_some()) {
            return Err("an instance's curve cannot follow another one; write numbers, steps, a line or a wave".into());
        }
        if self.address().is_none() {
            return Err(format!("{:?} is no PCI address; write it like 0000:01:00.0", self.pci));
        }
        for start in self.curve.keys() {
            let mut at = *start;
            for _ in 0..self.curve.len() {
                match self.curve.get(&at).map(Curve::follows) {
                    Some(Some(next)) => at = next,
                    Some(None) => break,
                    None => return Err(format!("the curve of {start:?} needs one of {at:?}")),
                }
            }
            if self.curve[&at].follows().is_some() {
                return Err(format!("curves follow each other in a circle: {start:?} and {at:?}"));
            }
        }
        Ok(())
    }

    /// A quantity at a time of the scenario, without noise.
    pub fn value(&self, quantity: Quantity, at: f64) -> Option<f64> {
        let curve = self.curve.get(&quantity)?;
        Some(curve.value(at, &|of, at| self.value(of, at).unwrap_or(0.0)))
    }
}
