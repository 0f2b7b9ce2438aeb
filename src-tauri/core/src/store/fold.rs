//! Folding samples: count, sum, minimum and maximum, from which every rollup and every point of a chart is made.
//!
//! Folds of folds are exact, because the sum is kept and not the mean, and because everything is an integer.

/// What a stretch of samples amounts to, in stored units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// How many samples.
    pub n: i64,
    /// Their sum.
    pub sum: i64,
    /// The smallest.
    pub min: i64,
    /// The largest.
    pub max: i64,
}

impl Fold {
    /// The fold of one sample.
    pub fn of(sample: i64) -> Fold {
        Fold { n: 1, sum: sample, min: sample, max: sample }
    }

    /// The fold of both stretches.
    pub fn and(self, other: Fold) -> Fold {
        Fold {
            n: self.n.saturating_add(other.n),
            sum: self.sum.saturating_add(other.sum),
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// The mean, in stored units.
    pub fn mean(self) -> f64 {
        self.sum as f64 / self.n as f64
    }
}

/// Folds into slots of equal width.
#[derive(Debug)]
pub struct Buckets {
    start: i64,
    width: i64,
    slots: Vec<Option<Fold>>,
}

impl Buckets {
    /// Slots of `width` seconds that cover `start..end`.
    pub fn new(start: i64, end: i64, width: i64) -> Buckets {
        let count = ((end - start).max(0) as u64).div_ceil(width.max(1) as u64);
        Buckets { start, width: width.max(1), slots: vec![None; count as usize] }
    }

    /// Adds what happened at `ts`; what lies outside is left out.
    pub fn add(&mut self, ts: i64, fold: Fold) {
        if ts < self.start {
            return;
        }
        let at = ((ts - self.start) / self.width) as usize;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some(slot.map_or(fold, |old| old.and(fold)));
        }
    }

    /// The slots that hold something, with the second at which each starts.
    pub fn filled(&self) -> impl Iterator<Item = (i64, Fold)> + '_ {
        let (start, width) = (self.start, self.width);
        self.slots.iter().enumerate().filter_map(move |(at, slot)| Some((start + at as i64 * width, (*slot)?)))
    }
}
