//! Folding samples: count, sum, minimum and maximum, from which every rollup and every point of a chart is made.
//!
//! Folds of folds are exact, because the sum is kept and not the mean, and because everything is an integer. Sets of bits
//! have neither order nor mean: what a stretch of them amounts to is every bit that was set in it, and that stands in
//! place of minimum, mean and maximum alike, so that whoever reads a fold need not know which kind it is of.

use crate::metrics::Kind;

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

    /// The fold of both stretches of a metric of this kind.
    pub fn and(self, other: Fold, kind: Kind) -> Fold {
        let n = self.n.saturating_add(other.n);
        if kind == Kind::Flags {
            return Fold::of_bits(n, self.bits() | other.bits());
        }
        Fold { n, sum: self.sum.saturating_add(other.sum), min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// Every bit that is known to have been set. Both ends were samples where flags were once folded like numbers.
    fn bits(self) -> i64 {
        self.min | self.max
    }

    fn of_bits(n: i64, bits: i64) -> Fold {
        Fold { n, sum: bits.saturating_mul(n), min: bits, max: bits }
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
    kind: Kind,
    slots: Vec<Option<Fold>>,
}

impl Buckets {
    /// Slots of `width` seconds that cover `start..end`, for samples of this kind.
    pub fn new(start: i64, end: i64, width: i64, kind: Kind) -> Buckets {
        let count = ((end - start).max(0) as u64).div_ceil(width.max(1) as u64);
        Buckets { start, width: width.max(1), kind, slots: vec![None; count as usize] }
    }

    /// Adds what happened at `ts`; what lies outside is left out.
    pub fn add(&mut self, ts: i64, fold: Fold) {
        if ts < self.start {
            return;
        }
        let at = ((ts - self.start) / self.width) as usize;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some(match *slot {
                Some(old) => old.and(fold, self.kind),
                None if self.kind == Kind::Flags => Fold::of_bits(fold.n, fold.bits()),
                None => fold,
            });
        }
    }

    /// The slots that hold something, with the second at which each starts.
    pub fn filled(&self) -> impl Iterator<Item = (i64, Fold)> + '_ {
        let (start, width) = (self.start, self.width);
        self.slots.iter().enumerate().filter_map(move |(at, slot)| Some((start + at as i64 * width, (*slot)?)))
    }
}
