//! The scenario: a TOML file that says what the machine's GPUs do, and when.
//!
//! The library reads the file that `NVML_STANDIN` names, else `nvml-standin.toml` in its own folder. Files that a scenario
//! names are relative to the scenario. Times are seconds on the scenario's clock. An unknown key is an error, which is
//! printed to stderr; the driver then counts as not loaded.
//!
//! ```toml
//! [driver]                          # left out, it is that of the first device's profile
//! version = "580.95.05"             # also numbers the fields 251–273 and makes newer symbols disappear
//! nvml = "13.580.95.05"
//! cuda = 13000
//! hide = ["nvmlDeviceGetMarginTemperature"]  # dlsym does not find these; `*` stands for anything
//! lenient_versions = false          # whether nvmlDeviceGetMemoryInfo_v2 takes a bare 2 for its version
//! row_bytes = 24                    # 32: the process rows that drivers around 535.54 wrote
//! sysfs_root = "sys"                # a touch makes a device's runtime_status below it `active`, if it has one
//! trace = "calls.txt"               # one line a call: time, symbol, arguments, code; or NVML_STANDIN_TRACE
//!
//! [clock]
//! source = "realtime"               # or "file:now.ms": a file with the milliseconds since the start
//! epoch = 1763000000                # Unix time of the start; realtime without it starts when it is loaded
//!
//! [sampling]                        # of the use by process
//! period = 1.0
//! winner_takes_sample = false       # each sample goes to one process, as real drivers mostly do
//! junk_rows = 0                     # rows of nobody with absurd values, as real drivers sometimes add
//!
//! [noise]
//! percent = 0.0                     # of every curve's value
//! seed = 1
//!
//! [[device]]
//! profile = "geforce-rtx-4090"      # a device of `profiles/`; what follows is laid over it
//! uuid = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f"
//! pci = "0000:01:00.0"
//! serial = "unsupported"            # takes a key of the profile away: the call answers NOT_SUPPORTED
//! [device.codes]                    # an answer for good, by symbol
//! nvmlDeviceGetDisplayMode = "DEPRECATED"
//! [device.curve]                    # a number, [[time, value], …] in steps, or a shape
//! util = { kind = "steps", at = [[0, 0], [10, 95], [40, 0]] }
//! mem_util = { kind = "line", at = [[0, 0], [10, 40]] }
//! power_w = { kind = "follow", of = "util", idle = 22, max = 410 }  # the energy counter is its integral
//! temp_c = { kind = "lag", of = "power_w", tau = 30, base = 28, gain = 0.1 }
//! fan_percent = { kind = "wave", mean = 40, amplitude = 5, period = 60 }
//!
//! [[process]]
//! pid = "spawn:sleep 60"            # a number; "self"; "file:pid.txt"; or a command, which each client starts for itself
//! device = 0
//! kind = "C"                        # C, G, C+G, or M for a client of MPS
//! mem_mib = [[10, 4096]]            # left out: the driver does not know
//! share = [[10, 0.8]]               # of the device's use; also mem_share, enc_share, dec_share
//! from = 10
//! to = 40
//!
//! [[fault]]                         # from `at` until `until`, or for good
//! at = 20
//! until = 25
//! device = 0                        # left out: every device, and calls that name none
//! call = "*"
//! code = "GPU_IS_LOST"
//!
//! [[fault]]                         # every call answers UNINITIALIZED until the client shuts down and starts again:
//! at = 30                           # for `down_s` DRIVER_NOT_LOADED, for `mismatch_s` LIB_RM_VERSION_MISMATCH, then well
//! action = "driver_reload"
//! down_s = 3
//! mismatch_s = 2
//! new_version = "590.48.01"
//!
//! [[fault]]
//! at = 50
//! call = "nvmlDeviceGetUtilizationRates"
//! delay_ms = 1500                   # real milliseconds, on the simulated clock too
//!
//! [[xid]]
//! at = 35
//! device = 0
//! code = 79
//! ```
//!
//! A profile (`profiles/*.toml`) is a whole scenario, which shows every further key of a device: idle for its first minute
//! and under load from then on.
//!
//! Deliberately not here: what a value means to a call; that is `exports`.

pub mod device;
mod profiles;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::code::Code;
use crate::curve::Curve;
use device::Device;

/// A scenario as it is played.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub driver: DriverVersion,
    #[serde(default)]
    pub clock: ClockSource,
    #[serde(default)]
    pub sampling: Sampling,
    #[serde(default)]
    pub noise: Noise,
    #[serde(default, rename = "device")]
    pub devices: Vec<Device>,
    #[serde(default, rename = "process")]
    pub processes: Vec<Process>,
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
    #[serde(default, rename = "xid")]
    pub xids: Vec<Xid>,
    /// The folder of the scenario's file.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// The driver as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverVersion {
    pub version: String,
    pub nvml: String,
    pub cuda: i32,
    #[serde(default)]
    pub hide: Vec<String>,
    #[serde(default)]
    pub lenient_versions: bool,
    #[serde(default = "twenty_four")]
    pub row_bytes: u32,
    pub sysfs_root: Option<PathBuf>,
    pub trace: Option<PathBuf>,
}

/// What the scenario's time follows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSource {
    #[serde(default = "realtime")]
    pub source: String,
    pub epoch: Option<f64>,
}

/// How the use by process is sampled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sampling {
    pub period: f64,
    pub winner_takes_sample: bool,
    pub junk_rows: u32,
}

/// Small differences from one half second to the next.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Noise {
    pub percent: f64,
    pub seed: u64,
}

/// One process that uses a device.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    pub pid: Pid,
    pub device: usize,
    /// The MIG instance's index, where the device is cut into instances.
    pub mig: Option<usize>,
    pub kind: Kind,
    /// What `nvmlSystemGetProcessName` says of a foreign pid.
    pub name: Option<String>,
    pub mem_mib: Option<Curve>,
    pub share: Option<Curve>,
    pub mem_share: Option<Curve>,
    pub enc_share: Option<Curve>,
    pub dec_share: Option<Curve>,
    #[serde(default)]
    pub from: f64,
    pub to: Option<f64>,
}

/// A pid, or where it comes from.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Pid {
    Foreign(u32),
    From(String),
}

/// In which lists a process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Kind {
    #[serde(rename = "C")]
    Compute,
    #[serde(rename = "G")]
    Graphics,
    #[serde(rename = "C+G")]
    Both,
    #[serde(rename = "M")]
    Mps,
}

/// Something that goes wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub at: f64,
    pub until: Option<f64>,
    pub device: Option<usize>,
    #[serde(default = "everything")]
    pub call: String,
    pub code: Option<Code>,
    #[serde(default)]
    pub delay_ms: u64,
    pub action: Option<Action>,
    #[serde(default)]
    pub down_s: f64,
    #[serde(default)]
    pub mismatch_s: f64,
    pub new_version: Option<String>,
}

/// What a fault does besides its code and delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    DriverReload,
}

/// An event that the driver reports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Xid {
    pub at: f64,
    pub device: usize,
    pub code: u64,
}

impl Default for ClockSource {
    fn default() -> ClockSource {
        ClockSource { source: realtime(), epoch: None }
    }
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { period: 1.0, winner_takes_sample: false, junk_rows: 0 }
    }
}

fn realtime() -> String {
    "realtime".into()
}

fn everything() -> String {
    "*".into()
}

fn twenty_four() -> u32 {
    24
}

impl Scenario {
    /// Reads a scenario file.
    pub fn read(path: &Path) -> Result<Scenario, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}; name a scenario in NVML_STANDIN", path.display()))?;
        let mut scenario = Scenario::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        scenario.folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(scenario)
    }

    /// Reads a scenario's text, with the profiles that it names.
    pub fn parse(text: &str) -> Result<Scenario, String> {
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        let mut driver = None;
        if let Some(Value::Array(devices)) = table.get_mut("device") {
            for device in devices {
                let Value::Table(own) = device else { continue };
                let Some(Value::String(name)) = own.remove("profile") else { continue };
                let mut profile = profiles::load(&name)?;
                driver = driver.or(profile.remove("driver"));
                let mut base = profiles::first_device(profile).ok_or_else(|| format!("profile {name:?} is empty"))?;
                lay_over(&mut base, std::mem::take(own));
                *own = base;
            }
        }
        if let Some(Value::Table(mut base)) = driver {
            if let Some(Value::Table(own)) = table.remove("driver") {
                lay_over(&mut base, own);
            }
            table.insert("driver".into(), Value::Table(base));
        }
        let scenario: Scenario = table.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), String> {
        for (index, device) in self.devices.iter().enumerate() {
            device.check().map_err(|error| format!("device {index}: {error}"))?;
        }
        let devices = self.devices.len();
        let named = self.processes.iter().map(|process| process.device).chain(self.xids.iter().map(|xid| xid.device));
        for device in named.chain(self.faults.iter().filter_map(|fault| fault.device)) {
            if device >= devices {
                return Err(format!("device {device} is named, but there are {devices}, counted from 0"));
            }
        }
        let curves = |process: &Process| {
            let each = [&process.mem_mib, &process.share, &process.mem_share, &process.enc_share, &process.dec_share];
            each.into_iter().flatten().any(|curve| curve.follows().is_some())
        };
        if self.processes.iter().any(curves) {
            return Err("a process's curve cannot follow another one; write numbers, steps, a line or a wave".into());
        }
        if self.sampling.period.is_nan() || self.sampling.period <= 0.0 {
            return Err("sampling.period must be above 0".into());
        }
        if ![24, 32].contains(&self.driver.row_bytes) {
            return Err("driver.row_bytes must be 24 or 32".into());
        }
        Ok(())
    }

    /// A file that the scenario names.
    pub fn file(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }
}

/// Lays a table over another one, key by key; the text "unsupported" takes a key away.
fn lay_over(base: &mut Table, own: Table) {
    for (key, value) in own {
        match (base.get_mut(&key), value) {
            (_, Value::String(text)) if text == "unsupported" => {
                base.remove(&key);
            }
            // A curve is one value: the keys of two shapes do not mix.
            (Some(Value::Table(below)), Value::Table(above)) if !above.contains_key("kind") => lay_over(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Whether a name matches a pattern in which `*` stands for anything.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, after)) => name.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| matches(after, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests;
