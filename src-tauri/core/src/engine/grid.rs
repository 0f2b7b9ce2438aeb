//! When a tick is due, and what happened to the clocks since the last one.
//!
//! Ticks fall on whole seconds of the wall clock that are multiples of the step, so that the histories of many machines
//! line up and chunks have a regular grid. Deliberately not here: what is done about a jump.

use std::time::Duration;

use crate::model::Now;

/// Wall and boot clock may drift apart by this much between two ticks before it is called a step. NTP slews far slower.
const STEP: f64 = 1.5;

/// A tick that comes later than this was not merely delayed by load: the process was stopped.
const STOPPED: Duration = Duration::from_secs(5);

/// Shorter sleeps leave no visible gap.
const SLEPT: Duration = Duration::from_millis(1500);

/// The longest wait: a wall clock that was set while we wait is noticed within it.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The last tick.
#[derive(Clone, Copy, Debug)]
struct Last {
    ts: i64,
    now: Now,
    asleep: Duration,
}

/// The grid of ticks.
#[derive(Debug)]
pub(super) struct Grid {
    last: Last,
}

/// What happened to the clocks since the last tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Passed {
    /// The wall clock was set: by so many seconds.
    pub step: Option<f64>,
    /// Nothing could be sampled for a while.
    pub gap: Option<Gap>,
}

/// A stretch without samples that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gap {
    /// How long.
    pub seconds: f64,
    /// Whether the machine slept; otherwise the process did not run.
    pub slept: bool,
}

impl Grid {
    /// Begins now: the first tick is the next one on the grid, so that no rate is measured over a few milliseconds. After
    /// a pause a grid begins anew, because there is no gap to be told.
    pub fn begin(now: Now, asleep: Duration) -> Grid {
        Grid { last: Last { ts: now.unix(), now, asleep } }
    }

    /// The second on the grid to be sampled now; `None` where it is too early.
    pub fn due(&self, step: u64, now: Now) -> Option<i64> {
        let step = step as i64;
        let ts = now.unix() - now.unix().rem_euclid(step);
        let last = self.last;
        // A clock that NTP moves back over a boundary must not make two ticks of one, but one that was set back an hour
        // must not stop recording for an hour. Seconds may repeat.
        let set_back = last.ts - ts > step.max(2);
        let late = now.boot.saturating_sub(last.now.boot) >= Duration::from_millis(step as u64 * 1500);
        (ts > last.ts || set_back || late).then_some(ts)
    }

    /// How long until a tick may be due.
    pub fn wait(&self, step: u64, now: Now) -> Duration {
        if self.due(step, now).is_some() {
            return Duration::ZERO;
        }
        let into = Duration::new(now.wall.as_secs() % step, now.wall.subsec_nanos());
        (Duration::from_secs(step) - into).min(LONGEST_WAIT)
    }

    /// Begins the tick `ts`.
    pub fn take(&mut self, ts: i64, step: u64, now: Now, asleep: Duration) -> Passed {
        let last = std::mem::replace(&mut self.last, Last { ts, now, asleep });
        let boot = now.boot.saturating_sub(last.now.boot);
        let slept = asleep.saturating_sub(last.asleep);
        let moved = now.wall.as_secs_f64() - last.now.wall.as_secs_f64() - boot.as_secs_f64();
        let late = boot.saturating_sub(Duration::from_secs(step));
        Passed {
            step: (moved.abs() > STEP).then_some(moved),
            gap: if slept > SLEPT {
                Some(Gap { seconds: slept.as_secs_f64(), slept: true })
            } else if late > STOPPED {
                Some(Gap { seconds: late.as_secs_f64(), slept: false })
            } else {
                None
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(wall: f64, boot: f64) -> Now {
        Now { wall: Duration::from_secs_f64(wall), boot: Duration::from_secs_f64(boot) }
    }

    #[test]
    fn a_tick_is_due_on_the_grid_and_never_stays_away() {
        #[track_caller]
        fn check(step: u64, last: Option<(i64, f64, f64)>, wall: f64, boot: f64, due: Option<i64>) {
            let mut grid = Grid::begin(now(1000.4, 5.0), Duration::ZERO);
            if let Some((ts, wall, boot)) = last {
                grid.take(ts, step, now(wall, boot), Duration::ZERO);
            }
            assert_eq!(grid.due(step, now(wall, boot)), due);
            assert_eq!(grid.wait(step, now(wall, boot)) == Duration::ZERO, due.is_some());
        }
        check(1, None, 1000.4, 5.0, None);
        check(1, None, 1001.0, 5.6, Some(1001));
        check(5, None, 1001.4, 6.0, None);
        check(5, None, 1005.0, 9.6, Some(1005));
        check(1, Some((1000, 1000.01, 5.0)), 1000.9, 5.89, None);
        check(1, Some((1000, 1000.01, 5.0)), 1001.0, 5.99, Some(1001));
        check(5, Some((1000, 1000.01, 5.0)), 1004.9, 9.9, None);
        check(5, Some((1000, 1000.01, 5.0)), 1005.0, 10.0, Some(1005));
        // Ticks missed while nothing ran are not caught up.
        check(1, Some((1000, 1000.01, 5.0)), 1600.5, 605.5, Some(1600));
        // NTP takes the clock back over the boundary: no second tick at once …
        check(1, Some((1000, 1000.0, 5.0)), 999.9, 5.1, None);
        // … but recording goes on.
        check(1, Some((1000, 1000.0, 5.0)), 1000.9, 6.5, Some(1000));
        // Set back an hour, a day forward, to 1970.
        check(1, Some((10_000, 10_000.0, 5.0)), 6400.2, 5.2, Some(6400));
        check(1, Some((10_000, 10_000.0, 5.0)), 96_400.2, 5.2, Some(96_400));
        check(1, Some((10_000, 10_000.0, 5.0)), 3.2, 5.2, Some(3));
    }

    #[test]
    fn a_wait_ends_at_the_next_second_of_the_grid() {
        let grid = Grid::begin(now(1000.0, 5.0), Duration::ZERO);
        assert_eq!(grid.wait(1, now(1000.25, 5.25)), Duration::from_millis(750));
        assert_eq!(grid.wait(5, now(1002.0, 7.0)), Duration::from_secs(3));
        let grid = Grid::begin(now(1030.0, 5.0), Duration::ZERO);
        assert_eq!(grid.wait(60, now(1040.5, 7.0)), LONGEST_WAIT);
    }

    #[test]
    fn jumps_and_sleep_are_told_apart() {
        #[track_caller]
        fn check(wall: f64, boot: f64, asleep: f64, step: Option<f64>, gap: Option<(f64, bool)>) {
            let mut grid = Grid::begin(now(1000.0, 5.0), Duration::from_secs(50));
            let passed = grid.take(
                0,
                1,
                now(1000.0 + wall, 5.0 + boot),
                Duration::from_secs(50) + Duration::from_secs_f64(asleep),
            );
            assert_eq!(passed.step.map(f64::round), step);
            assert_eq!(passed.gap.map(|gap| (gap.seconds.round(), gap.slept)), gap);
        }
        check(1.0, 1.0, 0.0, None, None);
        check(2.3, 1.0, 0.0, None, None);
        check(3601.0, 1.0, 0.0, Some(3600.0), None);
        check(-999.0, 1.0, 0.0, Some(-1000.0), None);
        check(600.0, 600.0, 598.0, None, Some((598.0, true)));
        check(600.0, 600.0, 0.0, None, Some((599.0, false)));
        check(4.0, 4.0, 0.0, None, None);
        // Slept, and the hardware clock was wrong.
        check(4200.0, 600.0, 598.0, Some(3600.0), Some((598.0, true)));
    }
}
