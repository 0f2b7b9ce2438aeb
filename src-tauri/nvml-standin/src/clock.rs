//! The scenario's clock: seconds since its start, and the Unix time that timestamps are made of. It follows the real clock,
//! or a file that a test writes, so that an hour passes in a moment.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::scenario::Scenario;

/// Where a simulated clock starts, unless the scenario says otherwise.
const EPOCH: f64 = 1_763_000_000.0;

/// Nobody tells when a clock that a test writes goes on.
const LOOK: Duration = Duration::from_millis(100);

/// What the time is read from.
#[derive(Debug)]
pub enum Clock {
    Real { start: f64 },
    File { path: PathBuf, epoch: f64, last: AtomicU64 },
}

impl Clock {
    pub fn new(scenario: &Scenario) -> Result<Clock, String> {
        let clock = &scenario.clock;
        match clock.source.split_once(':') {
            None if clock.source == "realtime" => Ok(Clock::Real { start: clock.epoch.unwrap_or_else(unix_time) }),
            Some(("file", path)) => {
                let epoch = clock.epoch.unwrap_or(EPOCH);
                Ok(Clock::File { path: scenario.file(path.as_ref()), epoch, last: AtomicU64::default() })
            }
            _ => Err(format!("clock.source is {:?}; write \"realtime\" or \"file:PATH\"", clock.source)),
        }
    }

    /// Seconds since the scenario's start. A file that is being written has no number in it for a moment: the clock then
    /// stands still.
    pub fn now(&self) -> f64 {
        match self {
            Clock::Real { start } => (unix_time() - start).max(0.0),
            Clock::File { path, last, .. } => {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                match text.trim().parse::<f64>() {
                    Ok(milliseconds) => {
                        let now = milliseconds.max(0.0) / 1000.0;
                        last.store(now.to_bits(), Ordering::Relaxed);
                        now
                    }
                    Err(_) => f64::from_bits(last.load(Ordering::Relaxed)),
                }
            }
        }
    }

    /// How long it is until this time of the scenario, or a look at the clock is due.
    pub fn until(&self, next: Option<f64>) -> Duration {
        match self {
            Clock::Real { .. } => {
                let left = next.and_then(|next| Duration::try_from_secs_f64(next - self.now()).ok());
                left.map_or(Duration::MAX, |left| left + Duration::from_millis(1))
            }
            Clock::File { .. } => LOOK,
        }
    }

    /// A time of the scenario as NVML's timestamps tell it.
    pub fn unix_micros(&self, at: f64) -> u64 {
        let start = match self {
            Clock::Real { start } => *start,
            Clock::File { epoch, .. } => *epoch,
        };
        ((start + at) * 1e6).round() as u64
    }
}

fn unix_time() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_being_written_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("now.ms");
        let clock = Clock::File { path: path.clone(), epoch: 100.0, last: AtomicU64::default() };
        assert_eq!(clock.now(), 0.0);
        for (text, expected) in [("1500\n", 1.5), ("", 1.5), ("rubbish", 1.5), ("250", 0.25), ("-7", 0.0)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(clock.now(), expected, "{text:?}");
        }
        assert_eq!(clock.unix_micros(2.5), 102_500_000);
    }
}
