//! Sensors: each turns one hardware source into a [`Batch`] in base units.
//!
//! A new sensor is one file in this folder and one line in [`SENSORS`]. Reading (I/O) stands apart from parsing
//! (`&str` or `&[u8]` to values), and root path and clock are passed in, so that a captured machine is a test.
//! Deliberately not here: threads, deadlines and health over time, which are the engine's.

pub(crate) mod amd;
mod battery;
mod chips;
mod cpu;
mod disk;
pub mod fdinfo;
mod filesystem;
pub(crate) mod gpu;
mod hwmon;
mod input;
mod intel;
mod memory;
mod mounts;
mod names;
mod network;
pub(crate) mod nvidia;
mod pace;
mod pressure;
pub mod processes;
mod recorder;

use std::path::Path;
use std::time::Duration;

pub use self::gpu::gate::LET_GO;
use crate::clock::Clock;
use crate::model::{Batch, Health};
use crate::parse;
pub use crate::paths::Roots;

/// Why a whole sample failed; the health of every source of the sensor.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct SensorError {
    /// The health that its sources get.
    pub health: Health,
    /// One clause for a person: what, where.
    pub reason: String,
}

impl SensorError {
    /// The health that an I/O error on `path` means.
    pub fn io(path: &Path, error: &std::io::Error) -> SensorError {
        let health = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Health::Denied,
            std::io::ErrorKind::NotFound => Health::Unsupported,
            _ => Health::Lost,
        };
        SensorError { health, reason: format!("{}: {error}", path.display()) }
    }
}

/// Reads one kind of hardware.
pub trait Sensor: Send {
    /// How often it wants to be asked at most; zero is every tick.
    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    /// Reads everything once. A source that cannot be read gets a condition and the others go on; an error means that
    /// nothing could be read at all. The clock is passed in and not a moment, because a rate is of the time between two
    /// readings of its counter: under load that is another one than between two requests.
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError>;
}

/// One line of [`SENSORS`].
pub struct Registration {
    /// Names the sensor in `self.sensor.duration` and in `doctor`.
    pub name: &'static str,
    /// Makes one.
    pub new: fn(&Roots) -> Box<dyn Sensor>,
    /// Whether reading it may wait: for a device, be it only for its thermometer, for a driver, a file system or a program.
    /// One that does not, because the kernel has all of it in memory, shares its thread with its like.
    pub waits: bool,
}

/// Every sensor. The order is that of start-up, and in which those on one thread are read.
pub const SENSORS: &[Registration] = &[
    Registration { name: "cpu", new: cpu::Cpu::boxed, waits: true },
    Registration { name: "memory", new: memory::Memory::boxed, waits: false },
    Registration { name: "disk", new: disk::Disks::boxed, waits: true },
    Registration { name: "filesystem", new: filesystem::Filesystems::boxed, waits: true },
    Registration { name: "network", new: network::Network::boxed, waits: false },
    Registration { name: "hwmon", new: hwmon::Hwmon::boxed, waits: true },
    Registration { name: "amd", new: amd::Amd::boxed, waits: true },
    Registration { name: "nvidia", new: nvidia::Nvidia::boxed, waits: true },
    Registration { name: "battery", new: battery::PowerSupplies::boxed, waits: true },
    Registration { name: "intel", new: intel::Intel::boxed, waits: true },
    Registration { name: "processes", new: processes::Processes::boxed, waits: true },
    Registration { name: "recorder", new: recorder::Recorder::boxed, waits: true },
];

#[cfg(test)]
mod tests;
