//! How often a reading may be repeated, given what it costs.
//!
//! A machine with 100,000 processes, or a sensor chip behind a slow bus, must not make the recorder expensive: the
//! interval grows so that reading takes at most a hundredth of the time. Deliberately not here: measuring; the
//! durations are passed in.

use std::time::Duration;

/// Reading may take one part in this many of the time.
const SHARE: u32 = 100;

/// The interval of one reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    usual: Duration,
    longest: Duration,
    cost: Option<Duration>,
}

impl Pace {
    /// Every `usual` while that is cheap, and at least every `longest` whatever it costs.
    pub(crate) const fn new(usual: Duration, longest: Duration) -> Pace {
        Pace { usual, longest, cost: None }
    }

    /// Tells what one reading took. A single outlier moves the interval by a quarter of what it would alone.
    pub(crate) fn took(&mut self, cost: Duration) {
        self.cost = Some(self.cost.map_or(cost, |before| (before * 3 + cost) / 4));
    }

    /// The time from one reading to the next.
    pub(crate) fn interval(&self) -> Duration {
        let affordable = self.cost.unwrap_or_default().saturating_mul(SHARE);
        affordable.clamp(self.usual, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dear_is_done_less_often() {
        #[track_caller]
        fn check(costs_ms: &[u64], expected_ms: u64) {
            let mut pace = Pace::new(Duration::from_secs(5), Duration::from_secs(300));
            costs_ms.iter().for_each(|ms| pace.took(Duration::from_millis(*ms)));
            assert_eq!(pace.interval(), Duration::from_millis(expected_ms));
        }
        check(&[], 5_000);
        check(&[2, 2, 2], 5_000);
        check(&[500; 8], 50_000);
        check(&[2, 2, 102], 5_000);
        check(&[2, 2, 402], 10_200);
        check(&[400, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 5_000);
        check(&[100_000; 2], 300_000);
    }
}
