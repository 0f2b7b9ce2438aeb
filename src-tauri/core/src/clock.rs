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

    /// How long the machine has slept since it was started: what the boot-time clock counted and the processors did
    /// not see. Only its growth means something.
    fn asleep(&self) -> Duration {
        Duration::ZERO
    }
}

/// A moment is a clock that stands still.
impl Clock for Now {
    fn now(&self) -> Now {
        *self
    }
}

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Now {
        Now { wall: read(rustix::time::ClockId::Realtime), boot: read(rustix::time::ClockId::Boottime) }
    }

    fn asleep(&self) -> Duration {
        // The two are read one after the other, so this is a little too small now and then; nobody sleeps microseconds.
        let awake = read(rustix::time::ClockId::Monotonic);
        read(rustix::time::ClockId::Boottime).saturating_sub(awake)
    }
}

fn read(id: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(id);
    // A wall clock before 1970 (a dead mainboard battery) reads as 1970: the step back is an event anyway.
    Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
}

/// A clock that moves when it is told to.
#[derive(Debug)]
pub struct ManualClock(Mutex<(Now, Duration)>);

impl ManualClock {
    /// Starts at this Unix second, 1,000 s after boot.
    pub fn at(unix: u64) -> Self {
        let now = Now { wall: Duration::from_secs(unix), boot: Duration::from_secs(1000) };
        ManualClock(Mutex::new((now, Duration::ZERO)))
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let now = &mut self.lock().0;
        now.wall += by;
        now.boot += by;
    }

    /// Lets the machine sleep.
    pub fn sleep(&self, by: Duration) {
        self.advance(by);
        self.lock().1 += by;
    }

    /// Sets the wall clock, as a person or NTP does.
    pub fn set_wall(&self, wall: Duration) {
        self.lock().0.wall = wall;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Now, Duration)> {
        // A panic elsewhere cannot leave durations half written.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        self.lock().0
    }

    fn asleep(&self) -> Duration {
        self.lock().1
    }
}
