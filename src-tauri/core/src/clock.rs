//! The clock, passed in so that tests own time.
//!
//! Wall clock for naming moments, boot-time clock for durations: `Instant` stops while a machine sleeps and the wall
//! clock jumps, so neither may measure how long something took across a night. Deliberately not here: time zones,
//! which belong to the faces.

use std::sync::Mutex;
use std::time::Duration;

use crate::model::Now;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// This moment on both clocks.
    fn now(&self) -> Now;
}

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let read = |id| {
            let time = rustix::time::clock_gettime(id);
            // A wall clock before 1970 (a dead mainboard battery) reads as 1970: the step back is an event anyway.
            Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
        };
        Now { wall: read(rustix::time::ClockId::Realtime), boot: read(rustix::time::ClockId::Boottime) }
    }
}

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct ManualClock(Mutex<Now>);

impl ManualClock {
    /// Starts at this Unix second, 1,000 s after boot.
    pub fn at(unix: u64) -> Self {
        ManualClock(Mutex::new(Now { wall: Duration::from_secs(unix), boot: Duration::from_secs(1000) }))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let mut now = self.lock();
        now.wall += by;
        now.boot += by;
    }

    /// Sets the wall clock, as a person or NTP does.
    pub fn set_wall(&self, wall: Duration) {
        self.lock().wall = wall;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        // A panic elsewhere cannot leave two durations half written.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.lock()
    }
}
