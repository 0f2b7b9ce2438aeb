//! What a GPU takes, and whose doing that is. Pure.
//!
//! Joules come from the GPU's own counter where it has one, and from its power otherwise. What it would have taken
//! without work is nobody's; the rest is spread over those who made it work, by their time. What it takes without work is
//! learnt while nobody uses it, and until then nothing is known of it: the lowest power of a GPU that only ever worked is
//! what work takes. It is an estimate: a second of one program may cost twice that of another, and sensors are off by some
//! percent. Whatever shares do not explain stays unattributed and is not forced on anybody. Deliberately not here: minutes
//! and identities (`gpus`).

use std::time::Duration;

/// Between two readings of power at most this many ticks may lie: beyond it nobody knows what was in between.
const LONGEST_TICKS: f64 = 2.5;

/// A counter loses nothing in between, but after longer the joules would be told in the wrong minute.
const LONGEST_COUNTED: f64 = 60.0;

/// No GPU takes more; a counter that says so was set to something else.
const MOST_WATTS: f64 = 10_000.0;

/// A GPU counts as unused once it was so for this long: power is a mean of up to a second, clocks fall in steps, and
/// work pauses between two batches. An idle GPU that may sleep is let go after ten seconds, so it cannot be much longer.
const SETTLED: Duration = Duration::from_secs(4);

/// What passed between two readings of one GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Passed {
    /// There was no reading before, or this GPU tells neither energy nor power.
    Untold,
    /// It tells, but nothing is known of these seconds.
    Missing(f64),
    /// It took so many joules in so many seconds.
    Took { joules: f64, seconds: f64 },
}

/// Turns the readings of one GPU into joules.
#[derive(Debug, Default)]
pub(super) struct Meter {
    last: Option<(Duration, Option<f64>, Option<f64>)>,
    /// Since when nobody has used it.
    unused: Option<Duration>,
    /// Watts when nobody uses it: the lowest power, and the lowest mean of its counter, which stands in where the GPU
    /// never told its power.
    idle: Option<f64>,
    idle_mean: Option<f64>,
}

impl Meter {
    /// One that may know from before what the GPU takes when nobody uses it.
    pub(super) fn knowing(idle: Option<f64>) -> Meter {
        Meter { idle, ..Meter::default() }
    }

    /// The seconds since the last reading.
    pub(super) fn since_last(&self, boot: Duration) -> Option<f64> {
        self.last.map(|(at, ..)| boot.saturating_sub(at).as_secs_f64())
    }

    /// Takes a reading: the counter in joules, the power in watts, and whether nobody uses the GPU. A tick is `tick`
    /// seconds.
    pub(super) fn read(
        &mut self,
        boot: Duration,
        counter: Option<f64>,
        power: Option<f64>,
        unused: bool,
        tick: f64,
    ) -> Passed {
        self.unused = if unused { self.unused.or(Some(boot)) } else { None };
        if let Some(watts) = power.filter(|watts| *watts > 0.0 && self.is_settled(boot)) {
            self.idle = Some(self.idle.map_or(watts, |lowest| lowest.min(watts)));
        }
        let before = self.last.replace((boot, counter, power));
        let Some((at, counter_before, power_before)) = before.filter(|(at, ..)| *at < boot) else {
            return Passed::Untold;
        };
        let seconds = (boot - at).as_secs_f64();
        let counted = counter_before.zip(counter).map(|(before, now)| now - before);
        // A counter begins anew with its driver.
        let counted =
            counted.filter(|joules| (0.0..=MOST_WATTS * seconds).contains(joules) && seconds <= LONGEST_COUNTED);
        let by_power = || {
            let (before, now) = power_before.zip(power)?;
            (seconds <= LONGEST_TICKS * tick).then_some((before + now) / 2.0 * seconds)
        };
        match counted.or_else(by_power) {
            Some(joules) => Passed::Took { joules: joules.max(0.0), seconds },
            None if counter.or(power).is_some() => Passed::Missing(seconds),
            None => Passed::Untold,
        }
    }

    /// The GPU is not read for a while, and that is as it should be.
    pub(super) fn pause(&mut self) {
        self.last = None;
        self.unused = None;
    }

    /// Whether nobody has used the GPU for so long that it takes what it takes when idle.
    pub(super) fn is_settled(&self, boot: Duration) -> bool {
        self.unused.is_some_and(|since| boot.saturating_sub(since) >= SETTLED)
    }

    /// Joules that the GPU would have taken in this stretch without work, once that is known. `settled`: it did none.
    pub(super) fn idle(&mut self, joules: f64, seconds: f64, settled: bool) -> Option<f64> {
        if settled {
            let mean = joules / seconds;
            self.idle_mean = Some(self.idle_mean.map_or(mean, |lowest| lowest.min(mean)));
        }
        self.idle.or(self.idle_mean).map(|watts| (watts * seconds).min(joules))
    }
}

/// Whose doing the joules of a stretch are. With what is left, which is nobody's, they add up to what the GPU took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Split {
    /// The GPU's, that would have taken them without work; `None` while that is not known.
    pub(super) idle: Option<f64>,
    /// Each user's, in their order.
    pub(super) users: Vec<f64>,
}

impl Split {
    /// Everybody's together.
    pub(super) fn attributed(&self) -> f64 {
        self.users.iter().sum()
    }
}

/// Spreads the joules beyond `idle`, or all of them while that is not known, over users by their busy seconds. `busy` are
/// the seconds in which the GPU worked; where that is not known it may have worked all the time.
pub(super) fn split(joules: f64, idle: Option<f64>, seconds: f64, busy: Option<f64>, users: &[f64]) -> Split {
    let idle = idle.map(|idle| idle.clamp(0.0, joules.max(0.0)));
    let sum: f64 = users.iter().sum();
    if sum <= 0.0 {
        return Split { idle, users: vec![0.0; users.len()] };
    }
    let explained = (sum / busy.unwrap_or(seconds).max(f64::MIN_POSITIVE)).min(1.0);
    let work = (joules - idle.unwrap_or(0.0)).max(0.0) * explained;
    Split { idle, users: users.iter().map(|own| work * (own / sum)).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[track_caller]
    fn took(passed: Passed, joules: f64, seconds: f64) {
        assert_eq!(passed, Passed::Took { joules, seconds });
    }

    #[test]
    fn the_counter_counts_and_power_stands_in() {
        let mut meter = Meter::default();
        assert_eq!(meter.read(at(1), Some(1000.0), Some(50.0), false, 1.0), Passed::Untold);
        took(meter.read(at(2), Some(1070.0), Some(60.0), false, 1.0), 70.0, 1.0);
        // The driver was loaded anew: what power says holds until there are two readings of the new counter.
        took(meter.read(at(3), Some(5.0), Some(80.0), false, 1.0), 70.0, 1.0);
        took(meter.read(at(4), Some(90.0), Some(80.0), false, 1.0), 85.0, 1.0);
        // A counter that jumps is no counter.
        took(meter.read(at(5), Some(1e9), Some(40.0), false, 1.0), 60.0, 1.0);
        took(meter.read(at(6), None, Some(60.0), false, 1.0), 50.0, 1.0);
    }

    #[test]
    fn what_lies_between_readings_too_far_apart_is_missing() {
        let mut meter = Meter::default();
        meter.read(at(10), None, Some(50.0), false, 1.0);
        took(meter.read(at(12), None, Some(50.0), false, 1.0), 100.0, 2.0);
        assert_eq!(meter.read(at(15), None, Some(50.0), false, 1.0), Passed::Missing(3.0));
        took(meter.read(at(20), None, Some(70.0), false, 5.0), 300.0, 5.0);
        // A counter bridges a gap, but not one of hours.
        let mut meter = Meter::default();
        meter.read(at(10), Some(0.0), None, false, 1.0);
        took(meter.read(at(40), Some(300.0), None, false, 1.0), 300.0, 30.0);
        assert_eq!(meter.read(at(4000), Some(900.0), None, false, 1.0), Passed::Missing(3960.0));
        // A GPU that slept is not one of which something is missing, and one that tells nothing never is.
        meter.pause();
        assert_eq!(meter.read(at(9000), Some(950.0), None, false, 1.0), Passed::Untold);
        assert_eq!(meter.read(at(9001), None, None, false, 1.0), Passed::Untold);
    }

    #[test]
    fn idle_is_the_lowest_power_while_nobody_uses_it() {
        let mut meter = Meter::knowing(Some(12.0));
        meter.read(at(1), None, Some(0.0), true, 1.0);
        meter.read(at(20), None, Some(30.0), true, 1.0);
        let mut idle = |joules| meter.idle(joules, 10.0, false);
        assert_eq!((idle(300.0), idle(80.0), idle(0.0)), (Some(120.0), Some(80.0), Some(0.0)));
        meter.read(at(21), None, Some(9.0), true, 1.0);
        assert_eq!(meter.idle(300.0, 10.0, false), Some(90.0));
        // Without power the counter tells.
        let mut meter = Meter::default();
        assert_eq!((meter.idle(50.0, 10.0, true), meter.idle(300.0, 10.0, true)), (Some(50.0), Some(50.0)));
    }

    #[test]
    fn what_work_takes_is_not_idle() {
        let mut meter = Meter::default();
        for second in 1..100 {
            meter.read(at(second), None, Some(300.0), false, 1.0);
            assert_eq!(meter.idle(300.0, 1.0, false), None);
        }
        // A pause between two batches is none, and neither is the first second after the work.
        for second in 100..104 {
            meter.read(at(second), None, Some(150.0), true, 1.0);
        }
        assert_eq!(meter.idle(300.0, 1.0, false), None);
        meter.read(at(104), None, Some(300.0), false, 1.0);
        meter.read(at(105), None, Some(200.0), true, 1.0);
        assert_eq!(meter.idle(300.0, 1.0, false), None);
        // What it slept through is not known to be unused.
        meter.pause();
        meter.read(at(150), None, Some(90.0), true, 1.0);
        assert_eq!(meter.idle(300.0, 1.0, false), None);
        meter.read(at(154), None, Some(30.0), true, 1.0);
        assert_eq!(meter.idle(300.0, 1.0, false), Some(30.0));
    }

    #[test]
    fn seventy_and_thirty() {
        let Split { idle, users } = split(300.0, Some(50.0), 1.0, Some(1.0), &[0.7, 0.3]);
        assert_eq!((idle, users[0].round(), users[1].round()), (Some(50.0), 175.0, 75.0));
        // Half of what it did is explained.
        assert_eq!(split(300.0, Some(100.0), 1.0, Some(0.8), &[0.4]).users, [100.0]);
        // It is not known how long it worked: nobody is charged for more than the time itself explains.
        assert_eq!(split(300.0, Some(100.0), 2.0, None, &[0.5, 0.5]).users, [50.0, 50.0]);
        // Until it is known what it takes without work, all that it takes is theirs who work.
        assert_eq!(split(300.0, None, 1.0, Some(1.0), &[0.5]), Split { idle: None, users: vec![150.0] });
    }

    proptest! {
        #[test]
        fn the_parts_add_up_and_nobody_pays_for_nothing(
            joules in 0.0..1e6f64,
            idle in proptest::option::of(0.0..1e6f64),
            seconds in 0.01..600.0f64,
            busy in proptest::option::of(0.0..600.0f64),
            users in prop::collection::vec(prop_oneof![Just(0.0), 0.0..600.0f64], 0..20),
        ) {
            let parts = split(joules, idle, seconds, busy, &users);
            let idle = parts.idle.unwrap_or(0.0);
            let left = joules - idle - parts.attributed();
            prop_assert!(idle >= 0.0 && left >= -1e-6 * joules, "{parts:?} leave {left}");
            for (own, energy) in users.iter().zip(&parts.users) {
                prop_assert!(*energy >= 0.0 && (*own > 0.0 || *energy == 0.0), "{own} s are {energy} J");
            }
        }

        #[test]
        fn no_reading_makes_energy_out_of_nothing(
            readings in prop::collection::vec(
                (0u64..200, proptest::option::of(-1e3..1e7f64), proptest::option::of(0.0..2e3f64), any::<bool>()), 1..50),
        ) {
            let mut meter = Meter::default();
            let mut boot = 100;
            for (step, counter, power, unused) in readings {
                boot += step;
                if let Passed::Took { joules, seconds } = meter.read(at(boot), counter, power, unused, 1.0) {
                    prop_assert!((0.0..=MOST_WATTS * seconds).contains(&joules));
                    let settled = meter.is_settled(at(boot));
                    let idle = meter.idle(joules, seconds, settled).unwrap_or(0.0);
                    prop_assert!((0.0..=joules).contains(&idle), "{idle} of {joules}");
                }
            }
        }
    }
}
