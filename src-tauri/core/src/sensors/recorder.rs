//! The recorder's own cost: CPU and memory of this process, every 30 s.
//!
//! Always of this process, also where a captured machine is read. CPU comes from the process's clock, which counts
//! nanoseconds; `/proc/self/stat` counts hundredths of a second, four times what the recorder uses in one. Memory is
//! its proportional share (PSS): pages that other programs share count in part. The kernel walks all mappings for it
//! (22 µs for 30 of them), hence so seldom. Deliberately not here: sensor durations and the size of the database, which
//! the engine knows.

use std::sync::Arc;
use std::time::Duration;

use super::input::{Buffer, Input};
use super::parse::{lines, seconds, value_of};
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Source, SourceKind};

/// See the module.
pub struct Recorder {
    source: Arc<Source>,
    /// Boot clock and CPU time at the last sample.
    last: Option<(Duration, Duration)>,
    rollup: Input,
    buffer: Buffer,
}

impl Recorder {
    /// The sensor of this process, wherever `roots` are.
    pub fn boxed(_roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Recorder {
            source: Source::whole(SourceKind::Recorder, "self", "Hoofbeat"),
            last: None,
            rollup: Input::reopened("/proc/self/smaps_rollup"),
            buffer: Buffer::default(),
        })
    }
}

impl Sensor for Recorder {
    fn interval(&self) -> Duration {
        Duration::from_secs(30)
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let boot = clock.now().boot;
        let cpu = Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32);
        if let Some((since, before)) = self.last.replace((boot, cpu))
            && let Some(seconds) = seconds(since, boot)
        {
            batch.put(&self.source, Metric::SelfCpu, cpu.saturating_sub(before).as_secs_f64() * 100.0 / seconds);
        }
        match self.rollup.read(&mut self.buffer) {
            Ok(text) => batch.put(&self.source, Metric::SelfMemory, parse_pss(text)),
            // Kernels before 4.14 have no such file.
            Err(error) => {
                let SensorError { health, reason } = SensorError::io(self.rollup.path(), &error);
                batch.condition(&self.source, health, reason);
            }
        }
        Ok(())
    }
}

/// Bytes.
pub(crate) fn parse_pss(text: &[u8]) -> Option<f64> {
    let kib = lines(text).find_map(|line| value_of(line, "Pss"))?;
    Some(kib as f64 * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Now;

    #[test]
    fn the_proportional_share_is_found() {
        #[track_caller]
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(parse_pss(text.as_bytes()), expected);
        }
        let head = "5580ab73e000-7fff49fdd000 ---p 00000000 00:00 0                          [rollup]\n";
        check(&format!("{head}Rss:  1768 kB\nPss:  421 kB\nPss_Dirty:  108 kB\n"), Some(421.0 * 1024.0));
        check(&format!("{head}Rss:  1768 kB\nPss_Dirty:  108 kB\n"), None);
        check("", None);
    }

    #[test]
    fn this_process_uses_cpu_and_memory() {
        let mut sensor = Recorder::boxed(&Roots::at(std::path::Path::new("/nowhere")));
        let at = |second| Now { wall: Duration::from_secs(second), boot: Duration::from_secs(second) };
        let mut batch = Batch::default();
        sensor.sample(&at(1), &mut batch).unwrap();
        sensor.sample(&at(2), &mut batch).unwrap();
        let readings = batch.into_parts().readings;
        let of = |metric| readings.iter().filter(|reading| reading.metric == metric).count();
        assert_eq!((of(Metric::SelfCpu), of(Metric::SelfMemory)), (1, 2));
        let memory = readings.iter().find(|reading| reading.metric == Metric::SelfMemory).unwrap().stored;
        assert!(memory > 100, "a Rust test takes more than 100 KiB");
    }
}
