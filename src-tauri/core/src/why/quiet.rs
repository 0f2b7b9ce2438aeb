//! For how long a GPU has done nothing.
//!
//! The same rule for the values that come in one after the other and for those of the past, so that both are judged
//! alike. Deliberately not here: what follows from it (`judge`).

use super::judge::WORK;

/// What a GPU did earlier than this many seconds ago says nothing of now.
const LONGEST: i64 = 300;
/// A pause of more seconds between two readings tells nothing of the time in it.
const GAP: i64 = 120;

/// What was read of one GPU's utilization lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// Since when it was read without a long pause, and the newest reading.
    read: Option<(i64, i64)>,
    worked: Option<i64>,
}

impl Quiet {
    /// So many seconds back readings matter.
    pub const WINDOW: i64 = LONGEST;

    /// Takes a reading in percent, at a Unix second.
    pub fn read(&mut self, ts: i64, percent: f64) {
        self.read = match self.read {
            Some((first, last)) if (0..=GAP).contains(&(ts - last)) => Some((first, ts)),
            // A first one, one after a long pause, or a clock that was set back.
            _ => Some((ts, ts)),
        };
        if percent >= WORK {
            self.worked = Some(ts);
        }
    }

    /// The seconds for which it has done nothing at this moment; `None` where that is not known.
    pub fn at(&self, at: i64) -> Option<i64> {
        let (first, last) = self.read?;
        let ago = |ts: i64| Some(at - ts).filter(|seconds| (0..=LONGEST).contains(seconds));
        ago(last)?;
        // Of one that never worked in that time it is known for as long as it was read.
        Some(self.worked.and_then(ago).unwrap_or((at - first).min(LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_is_counted_from_the_last_work_and_only_while_it_was_watched() {
        #[track_caller]
        fn check(readings: &[(i64, f64)], at: i64, expected: Option<i64>) {
            let mut quiet = Quiet::default();
            readings.iter().for_each(|(ts, percent)| quiet.read(*ts, *percent));
            assert_eq!(quiet.at(at), expected);
        }
        check(&[], 1000, None);
        check(&[(990, 0.0)], 1000, Some(10));
        check(&[(900, 80.0), (990, 4.0)], 1000, Some(100));
        check(&[(900, 0.0), (1000, 80.0)], 1000, Some(0));
        // Nobody looked while it slept, and what was long ago is over.
        check(&[(100, 0.0), (990, 0.0)], 1000, Some(10));
        check(&[(600, 80.0), (700, 0.0), (800, 0.0), (900, 0.0), (1000, 0.0)], 1000, Some(300));
        check(&[(800, 80.0), (990, 0.0)], 1000, Some(200));
        check(&[(600, 0.0)], 1000, None);
        // A clock that was set back.
        check(&[(5000, 80.0), (990, 0.0)], 1000, Some(10));
    }
}
