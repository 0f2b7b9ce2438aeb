//! The minute that is being folded, and how much of it is kept: the same for what programs use of the machine and of GPUs.
//!
//! Deliberately not here: what is folded.

/// The most identities that a minute keeps; a build farm may start thousands.
pub(super) const MOST: usize = 400;

/// What the identities beyond [`MOST`] are counted as.
pub(super) const OTHER: &str = "other";

/// Past this many the minute is trimmed early, so that names made to fill memory cannot.
pub(super) const TRIM: usize = 4 * MOST;

/// Which minute it is.
#[derive(Debug, Default)]
pub(super) struct Frame {
    /// Its first second; `None` while there is nothing in it.
    start: Option<i64>,
}

impl Frame {
    /// The first second of the minute in which `ts` ends a stretch.
    pub fn begin(&mut self, ts: i64) -> i64 {
        // What is sampled on the full minute was used in the one before.
        *self.start.get_or_insert((ts - 1).div_euclid(60) * 60)
    }

    /// Whether the tick `ts` is past its end, or the clock is before its beginning.
    pub fn is_over(&self, ts: i64) -> bool {
        self.start.is_some_and(|start| !(start..start + 60).contains(&ts))
    }

    /// Ends it; its first second.
    pub fn take(&mut self) -> Option<i64> {
        self.start.take()
    }
}
