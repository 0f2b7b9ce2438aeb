//! Shares of a GPU's time that mean something: smoothed over some seconds, because a driver may give one process nearly
//! all of a second and the next one all of the next.
//!
//! Who is not mentioned did nothing, so that whoever begins rises from nothing. After a pause that is long against the
//! time of smoothing, what was before it counts for nothing by itself. Pure: the clock is passed in. Deliberately not
//! here: where the shares come from.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// The time in which a share follows a change.
const SMOOTH: Duration = Duration::from_secs(6);
/// A smoothed share below this many percent is none.
const NOTHING: f64 = 0.5;

/// The shares of what `K` names.
#[derive(Debug)]
pub(crate) struct Smooth<K> {
    shares: HashMap<K, f64>,
    at: Option<Duration>,
}

impl<K> Default for Smooth<K> {
    fn default() -> Smooth<K> {
        Smooth { shares: HashMap::new(), at: None }
    }
}

impl<K: Copy + Eq + Hash> Smooth<K> {
    /// Takes in the shares since the last time, in percent; `is_there` tells who is still there at all.
    pub(crate) fn take(&mut self, now: Duration, shares: &HashMap<K, f64>, is_there: impl Fn(K) -> bool) {
        let passed = self.at.replace(now).map(|at| now.saturating_sub(at));
        // The first shares are all that is known: there is nothing to smooth them with.
        let keep = passed.map_or(0.0, |passed| (-passed.as_secs_f64() / SMOOTH.as_secs_f64()).exp());
        self.shares.retain(|key, share| {
            *share *= keep;
            is_there(*key) && (*share >= NOTHING || shares.contains_key(key))
        });
        for (key, share) in shares {
            *self.shares.entry(*key).or_default() += (1.0 - keep) * share;
        }
    }

    /// The share of one, in percent.
    pub(crate) fn of(&self, key: K) -> f64 {
        self.shares.get(&key).copied().unwrap_or(0.0)
    }

    /// Those of all together.
    pub(crate) fn sum(&self) -> f64 {
        self.shares.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(smooth: &mut Smooth<u32>, second: u64, shares: &[(u32, f64)]) {
        smooth.take(Duration::from_secs(second), &shares.iter().copied().collect(), |_| true);
    }

    #[test]
    fn a_share_follows_within_seconds_and_ends_in_nothing() {
        let mut smooth = Smooth::default();
        take(&mut smooth, 1, &[(10, 80.0)]);
        assert_eq!(smooth.of(10), 80.0, "nothing else is known");
        take(&mut smooth, 2, &[(10, 80.0), (20, 90.0)]);
        assert!((smooth.of(10) - 80.0).abs() < 1e-9, "what stays is not changed");
        assert!((smooth.of(20) - 90.0 * (1.0 - (-1.0_f64 / 6.0).exp())).abs() < 1e-9, "{smooth:?}");
        assert!((smooth.sum() - smooth.of(10) - smooth.of(20)).abs() < 1e-9);
        (3..60).for_each(|second| take(&mut smooth, second, &[(20, 90.0)]));
        assert!(smooth.of(10) == 0.0 && (smooth.of(20) - 90.0).abs() < 0.1, "{smooth:?}");
        smooth.take(Duration::from_secs(60), &HashMap::new(), |key| key != 20);
        assert_eq!(smooth.of(20), 0.0, "who is gone has none");
    }

    #[test]
    fn what_was_before_a_pause_counts_for_nothing() {
        let mut smooth = Smooth::default();
        take(&mut smooth, 1, &[(10, 80.0)]);
        take(&mut smooth, 600, &[(10, 20.0)]);
        assert!((smooth.of(10) - 20.0).abs() < 0.1, "{smooth:?}");
    }
}
