//! The memory sensor: `/proc/meminfo` and memory pressure.
//!
//! Used is total minus available, as `free` prints it: what a new program could not get. Kernels before 3.14 have no
//! `MemAvailable`, and guesses made from the free pages are wrong by gigabytes, so both are absent there; so they are
//! where more is said to be available than there is (a container's made-up file). Without swap
//! its total is 0, which was read; so is what is used of it. A plain reader, because the `sysinfo` crate cannot read
//! another root and gives neither cache nor pressure; one sample costs 10 µs, where `sysinfo` takes 13. Deliberately not here: memory of processes
//! and of GPUs.

use std::sync::Arc;

use super::input::{Buffer, Input};
use super::parse::{lines, value_of};
use super::pressure::Pressure;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;

/// See the module.
pub struct Memory {
    source: Arc<Source>,
    input: Input,
    pressure: Pressure,
    buffer: Buffer,
}

impl Memory {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Memory {
            source: Source::whole(SourceKind::Memory, "memory", "Memory"),
            input: Input::new(roots, roots.proc.join("meminfo")),
            pressure: Pressure::new(roots, "memory"),
            buffer: Buffer::default(),
        })
    }
}

impl Sensor for Memory {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let text = match self.input.read(&mut self.buffer) {
            Ok(text) => text,
            Err(error) => return Err(SensorError::io(self.input.path(), &error)),
        };
        let mut info = Info::parse(text);
        let less = |whole: Option<u64>, part: Option<u64>| Some(whole?.checked_sub(part?)? as f64);
        let value = |bytes: Option<u64>| bytes.map(|bytes| bytes as f64);
        if info == Info::default() {
            batch.condition(
                &self.source,
                Health::Unsupported,
                say!("nothing known in {file}", file = self.input.path().display()),
            );
        }
        if info.take_impossible_available() {
            batch.condition(&self.source, Health::Unsupported, say!("more is said to be available than there is"));
        }
        batch.put(&self.source, Metric::MemoryTotal, value(info.total));
        batch.put(&self.source, Metric::MemoryAvailable, value(info.available));
        batch.put(&self.source, Metric::MemoryUsed, less(info.total, info.available));
        batch.put(&self.source, Metric::MemoryCache, value(info.cache()));
        batch.put(&self.source, Metric::SwapTotal, value(info.swap_total));
        batch.put(&self.source, Metric::SwapUsed, less(info.swap_total, info.swap_free));
        batch.put(&self.source, Metric::MemoryPressure, self.pressure.sample(clock, &mut self.buffer));
        Ok(())
    }
}

/// The lines of `/proc/meminfo` that are used, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Info {
    total: Option<u64>,
    available: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    reclaimable: Option<u64>,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
}

impl Info {
    pub(crate) fn parse(text: &[u8]) -> Info {
        let mut info = Info::default();
        for line in lines(text) {
            let fields = [
                ("MemTotal", &mut info.total),
                ("MemAvailable", &mut info.available),
                ("Buffers", &mut info.buffers),
                ("Cached", &mut info.cached),
                ("SReclaimable", &mut info.reclaimable),
                ("SwapTotal", &mut info.swap_total),
                ("SwapFree", &mut info.swap_free),
            ];
            for (key, field) in fields {
                // A line that was cut off has lost its unit, and perhaps digits.
                if line.ends_with(b" kB")
                    && let Some(kib) = value_of(line, key)
                {
                    *field = kib.checked_mul(1024);
                }
            }
        }
        info
    }

    /// Forgets an available memory that is larger than the total one, and tells whether there was one.
    fn take_impossible_available(&mut self) -> bool {
        self.available.take_if(|available| self.total.is_some_and(|total| *available > total)).is_some()
    }

    /// Buffers, page cache and reclaimable slabs, as in the column "buff/cache" of `free`.
    fn cache(&self) -> Option<u64> {
        self.buffers?.checked_add(self.cached?)?.checked_add(self.reclaimable?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_count() {
        #[track_caller]
        fn check(text: &str, expected: Info) {
            assert_eq!(Info::parse(text.as_bytes()), expected);
        }
        let total = Info { total: Some(16_303_428 * 1024), ..Info::default() };
        check("MemTotal:       16303428 kB\nMemFree:  1 kB\nSwapCached:  1 kB\n", total);
        check("MemTotal:       16303428 kB\nMemAvailable:  12", total);
        check("MemTotal:       16303428 kB\nMemAvailable:  -12 kB\nBuffers: x kB\n", total);
        check("MemTotal:       18446744073709551615 kB\n", Info::default());
        check("", Info::default());
        let cache = Info { buffers: Some(1024), cached: Some(2048), reclaimable: Some(4096), ..Info::default() };
        check("Buffers: 1 kB\nCached: 2 kB\nSReclaimable: 4 kB\n", cache);
        assert_eq!(cache.cache(), Some(7 * 1024));
        assert_eq!(Info { reclaimable: None, ..cache }.cache(), None);
    }

    #[test]
    fn more_available_than_there_is_was_not_read() {
        #[track_caller]
        fn check(total: Option<u64>, available: Option<u64>, left: Option<u64>) {
            let mut info = Info { total, available, ..Info::default() };
            assert_eq!(info.take_impossible_available(), available != left);
            assert_eq!(info, Info { total, available: left, ..Info::default() });
        }
        check(Some(16), Some(8), Some(8));
        check(Some(16), Some(16), Some(16));
        check(Some(16), Some(99), None);
        check(None, Some(99), Some(99));
        check(Some(16), None, None);
    }
}
