//! What an identity does on one GPU in one tick, its processes together. Pure.
//!
//! Deliberately not here: whether that is use that counts, and what becomes of it over time.

use super::{Moment, Used, sum};
use crate::model::{GpuUse, Process};

/// What an identity does on one GPU in one tick, its processes together.
pub(super) struct Together<'a> {
    pub first: &'a GpuUse,
    /// Mostly it has no other processes.
    others: Vec<&'a GpuUse>,
    pub used: Used,
}

impl Together<'_> {
    pub fn of(uses: &[GpuUse]) -> Vec<Together<'_>> {
        // Few at a time: a list is asked faster than a table.
        let mut all: Vec<Together<'_>> = Vec::with_capacity(uses.len());
        for one in uses {
            let is_same =
                |other: &GpuUse| other.uid == one.uid && other.key == one.key && other.source.id == one.source.id;
            let place = match all.iter().position(|other| is_same(other.first)) {
                Some(place) => {
                    all[place].others.push(one);
                    place
                }
                None => {
                    all.push(Together { first: one, others: Vec::new(), used: Used::default() });
                    all.len() - 1
                }
            };
            let used = &mut all[place].used;
            // At the same time memory and shares add up, too.
            used.vram = match (used.vram, one.vram) {
                (Some(a), Some(b)) => Some(a.saturating_add(b)),
                (a, b) => a.or(b),
            };
            used.share = sum(used.share, one.share);
            used.busy = sum(used.busy, one.busy);
            used.encoder = sum(used.encoder, one.encoder);
            used.decoder = sum(used.decoder, one.decoder);
        }
        // Two engines of a GPU work at the same time, but nobody has more than all of it.
        all.iter_mut().for_each(|one| one.used.share = one.used.share.map(|share| share.clamp(0.0, 100.0)));
        all
    }

    pub fn uses(&self) -> impl Iterator<Item = &GpuUse> {
        std::iter::once(self.first).chain(self.others.iter().copied())
    }

    pub fn processes(&self) -> impl Iterator<Item = Process> {
        self.uses().map(|one| Process { pid: one.pid, started: one.started })
    }

    /// Seconds of the GPU's time, by its share where they are not told.
    pub fn busy(&self, now: &Moment) -> f64 {
        self.used.busy.or(self.used.share.map(|share| share / 100.0 * now.step as f64)).unwrap_or(0.0)
    }
}
