//! The process sensor: what the processes of each name and user use, every 5 s.
//!
//! A process is known by its number and its start time, and its CPU time counts as the difference between two samples;
//! what a process uses after its last sample is lost. Storage I/O is visible for the user's own processes only (root's
//! see all), and is asked for only where CPU time was used. Names are those of `identity`, read once for each process.
//!
//! A plain reader of `/proc`, because the `sysinfo` crate cannot read another root, and takes 15.5 ms for 420 processes
//! (CPU, memory and I/O, without threads) where this takes 1.8: 0.04 % of a core. The interval grows with what a sample
//! costs, to one hundredth of the time: 5,000 processes are read every 6 s, 100,000 every two minutes. Deliberately not
//! here: who uses the GPU.

mod list;
mod table;

use std::time::Duration;

pub use self::list::{Process, one, snapshot};
use self::table::Table;
use super::pace::Pace;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::model::Batch;

/// The cadence while that is cheap.
const USUAL: Duration = Duration::from_secs(5);

/// Usage is kept by the minute: beyond a few of them a slower cadence would show nothing useful.
const LONGEST: Duration = Duration::from_secs(300);

/// See the module.
pub struct Processes {
    roots: Roots,
    table: Table,
    pace: Pace,
    cpu_time: fn() -> Duration,
}

impl Processes {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Processes::new(roots, || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
            Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
        }))
    }

    /// `cpu_time` measures what a sample costs.
    fn new(roots: &Roots, cpu_time: fn() -> Duration) -> Processes {
        Processes { roots: roots.clone(), table: Table::new(roots), pace: Pace::new(USUAL, LONGEST), cpu_time }
    }
}

impl Sensor for Processes {
    fn interval(&self) -> Duration {
        self.pace.interval()
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let before = (self.cpu_time)();
        self.table.update(&self.roots, clock.now().boot)?;
        self.table.usage().into_iter().for_each(|usage| batch.usage(usage));
        self.pace.took((self.cpu_time)().saturating_sub(before));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
