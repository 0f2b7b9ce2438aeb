//! Whose work a GPU does: each process's share of its time, smoothed.
//!
//! The driver gives one process nearly all of a sample and the next one all of the next (facts: two equal encoders
//! alternate 99/0 each second), so a share means something only over some seconds. A process that is not mentioned did
//! nothing: that is a zero, not an error. What is neither listed nor possible (facts: drivers return a hundred junk rows
//! after zombies) is left out. Pure. Deliberately not here: the calls, and what a process is called.

use std::collections::HashMap;
use std::time::Duration;

use crate::model::Now;

/// The time in which a share follows a change.
const SMOOTH: Duration = Duration::from_secs(6);
/// A sample from further ahead than this is junk: it would hide all that come after it.
const AHEAD: u64 = 60_000_000;
/// A smoothed share below this many percent is none.
const NOTHING: f64 = 0.5;

/// One process in one of the driver's samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) pid: u32,
    /// Microseconds on the driver's clock.
    pub(super) timestamp: u64,
    /// Percent of the GPU's time.
    pub(super) share: u32,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// The newest sample that was taken in.
    newest: u64,
    smooth: HashMap<u32, f64>,
    at: Option<Duration>,
}

impl Shares {
    /// What is newer than this, in microseconds on the driver's clock, was not taken in yet. Never all that the driver
    /// has: its buffer reaches back to processes that are long gone.
    pub(super) fn since(&self, now: Now) -> u64 {
        if self.newest > 0 { self.newest } else { (now.wall.as_micros() as u64).saturating_sub(1_000_000) }
    }

    /// Takes in the samples since the last time; `listed` are the processes that hold the GPU.
    pub(super) fn take(&mut self, now: Now, listed: &[u32], samples: &[Sample]) {
        let latest = now.wall.as_micros() as u64 + AHEAD;
        let mut sums: HashMap<u32, (f64, u32)> = HashMap::new();
        let since = self.newest;
        for sample in samples.iter().filter(|sample| sample.timestamp > since && sample.timestamp < latest) {
            // A junk row must not decide from when on samples are asked for either.
            if sample.pid == 0 || sample.share > 100 || !listed.contains(&sample.pid) {
                continue;
            }
            self.newest = self.newest.max(sample.timestamp);
            let (sum, count) = sums.entry(sample.pid).or_default();
            (*sum, *count) = (*sum + f64::from(sample.share), *count + 1);
        }
        // The first samples are all that is known: there is nothing to smooth them with.
        let keep = self.at.replace(now.boot).map_or(0.0, |at| {
            let passed = now.boot.saturating_sub(at);
            (-passed.as_secs_f64() / SMOOTH.as_secs_f64()).exp()
        });
        self.smooth.retain(|pid, share| {
            *share *= keep;
            listed.contains(pid) && (*share >= NOTHING || sums.contains_key(pid))
        });
        for (pid, (sum, count)) in sums {
            *self.smooth.entry(pid).or_default() += (1.0 - keep) * sum / f64::from(count);
        }
    }

    /// Percent of the GPU's time that is explained, at most `busy`, which is what the whole GPU says.
    pub(super) fn attributed(&self, busy: f64) -> f64 {
        self.smooth.values().sum::<f64>().min(busy)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(pid: u32, second: u64, share: u32) -> Sample {
        Sample { pid, timestamp: second * 1_000_000, share }
    }

    fn at(second: u64) -> Now {
        Now { wall: Duration::from_secs(second), boot: Duration::from_secs(second) }
    }

    fn share(shares: &Shares, pid: u32) -> f64 {
        shares.smooth.get(&pid).copied().unwrap_or(0.0)
    }

    #[test]
    fn two_equal_encoders_that_alternate_have_half_each() {
        let mut shares = Shares::default();
        for second in 1..=60 {
            let pid = if second % 2 == 0 { 10 } else { 20 };
            shares.take(at(second), &[10, 20], &[sample(pid, second, 99)]);
        }
        for pid in [10, 20] {
            assert!((share(&shares, pid) - 49.5).abs() < 5.0, "{shares:?}");
        }
        assert!((shares.attributed(100.0) - 99.0).abs() < 1.0);
        assert_eq!(shares.attributed(40.0), 40.0, "never more than the GPU did");
    }

    #[test]
    fn junk_is_left_out_and_decides_nothing() {
        let mut shares = Shares::default();
        let junk = [sample(0, 9, 50), sample(10, 9, 4000), sample(77, 9_000_000, 90), sample(10, 1, 60)];
        shares.take(at(1), &[10], &junk);
        assert!(share(&shares, 10) > 30.0 && share(&shares, 77) == 0.0, "{shares:?}");
        assert_eq!(shares.since(at(1)), 1_000_000);
        shares.take(at(2), &[10], &[sample(10, 1, 60)]);
        let before = share(&shares, 10);
        shares.take(at(3), &[10], &[]);
        assert!(share(&shares, 10) < before, "not mentioned is not busy");
        shares.take(at(60), &[10], &[]);
        assert_eq!(share(&shares, 10), 0.0);
    }

    proptest! {
        #[test]
        fn shares_stay_within_a_hundred_percent_each(
            rounds in prop::collection::vec(prop::collection::vec((0u32..5, any::<u64>(), any::<u32>()), 0..20), 0..20),
        ) {
            let mut shares = Shares::default();
            for (second, round) in rounds.iter().enumerate() {
                let samples: Vec<_> =
                    round.iter().map(|(pid, timestamp, share)| Sample { pid: *pid, timestamp: *timestamp, share: share % 120 }).collect();
                shares.take(at(second as u64), &[1, 2, 3], &samples);
                prop_assert!(shares.smooth.values().all(|share| (0.0..=100.0 + 1e-9).contains(share)), "{shares:?}");
                prop_assert!(shares.attributed(50.0) <= 50.0);
            }
        }
    }
}
