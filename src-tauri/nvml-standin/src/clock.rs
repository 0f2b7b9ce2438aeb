//! The scenario's clock: seconds since its start, and the Unix time that timestamps are made of. It follows the real clock,
//! or a file that a test writes, so that an hour passes in a moment.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::scenario::Scenario;

/// Where a simulated clock starts, unless the scenario says otherwise.
const EPOCH: f64 = 1_763_000_000.0;

/// What the time is read from.
#[derive(Debug)]
pub enum Clock {
    Real { start: f64 },
    File { path: PathBuf, epoch: f64 },
}

impl Clock {
    pub fn new(scenario: &Scenario) -> Result<Clock, String> {
        let clock = &scenario.clock;
        match clock.source.split_once(':') {
            None if clock.source == "realtime" => Ok(Clock::Real { start: clock.epoch.unwrap_or_else(unix_time) }),
            Some(("file", path)) => {
                Ok(Clock::File { path: scenario.file(path.as_ref()), epoch: clock.epoch.unwrap_or(EPOCH) })
            }
            _ => Err(format!("clock.source is {:?}; write \"realtime\" or \"file:PATH\"", clock.source)),
        }
    }

    /// Seconds since the scenario's start. A clock's file that cannot be read stands at the start.
    pub fn now(&self) -> f64 {
        match self {
            Clock::Real { start } => (unix_time() - start).max(0.0),
            Clock::File { path, .. } => {
                let text = std::fs::read_to_string(path).unwrap_or_default();
                text.trim().parse::<f64>().map_or(0.0, |milliseconds| milliseconds.max(0.0) / 1000.0)
            }
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
