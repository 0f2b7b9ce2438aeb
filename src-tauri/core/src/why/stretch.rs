//! When use begins to count: a window over the last of it. Used for sessions and for episodes alike.
//!
//! A program that stands still moves a cursor now and then, and that is no use worth a line in a list for five years. So
//! a stretch counts once it was kept up for a while, and then from its beginning on: until that is known, what was used is
//! kept in pieces. Deliberately not here: what is added up.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{Now, UseRules};

/// About so many pieces a window has at most, however long it is.
const PIECES: u32 = 64;

/// A tick: when, on both clocks, and the time that it ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Unix seconds on the tick's grid.
    pub ts: i64,
    /// Wall clock, to notice that it was set.
    pub wall: Duration,
    /// Time since boot, suspend included.
    pub boot: Duration,
    /// The seconds between two ticks.
    pub step: u64,
}

impl Moment {
    /// The Unix second at which the time that this tick ends began.
    pub(super) fn begin(&self) -> i64 {
        self.ts.saturating_sub(self.step as i64)
    }

    /// The same moment by the boot-time clock.
    fn begin_boot(&self) -> Duration {
        self.boot.saturating_sub(Duration::from_secs(self.step))
    }

    /// By how many seconds the wall clock was set between `before` and now.
    pub(super) fn moved_since(&self, before: &Moment) -> i64 {
        let wall = self.wall.as_secs_f64() - before.wall.as_secs_f64();
        let moved = wall - (self.boot.as_secs_f64() - before.boot.as_secs_f64());
        if moved.abs() > 1.5 { moved.round() as i64 } else { 0 }
    }

    /// Whether use in this tick comes so soon after the one at `before` that the pause between them is bridged.
    pub(super) fn bridges(&self, before: Duration, bridge: Duration) -> bool {
        self.boot.saturating_sub(before) <= bridge + Duration::from_secs(self.step)
    }

    /// Whether use may come so soon still, after this tick without any.
    pub(super) fn may_bridge(&self, before: Duration, bridge: Duration) -> bool {
        self.boot.saturating_sub(before) <= bridge
    }
}

/// The boot time at which an earlier recorder was last known to see something that ended at `end` or goes on. `None` where
/// that was before this machine was started, or where the clock was put back since.
pub(super) fn last_seen(end: i64, last_ts: Option<i64>, now: Now) -> Option<Duration> {
    let last = last_ts.map_or(end, |ts| ts.max(end));
    now.boot.checked_sub(Duration::from_secs(u64::try_from(now.unix().checked_sub(last)?).ok()?))
}

/// How a GPU was seen in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It was read.
    Read,
    /// It sleeps, or is left alone so that it may. Whoever had memory there has it still.
    Asleep,
    /// It could not be read.
    Blind,
}

/// What adds up over a stretch.
pub(super) trait Sum: Default {
    /// Adds a later part.
    fn add(&mut self, more: Self);
}

/// The sum of two values, of which what is not known adds nothing.
pub(super) fn sum(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}

/// The higher of two values.
pub(super) fn highest(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

#[derive(Debug)]
struct Piece<S> {
    begin: Duration,
    begin_ts: i64,
    /// Seconds of the GPU's time.
    busy: f64,
    sum: S,
}

/// Use that does not count yet.
#[derive(Debug)]
pub(super) struct Window<S> {
    pieces: VecDeque<Piece<S>>,
}

impl<S> Default for Window<S> {
    fn default() -> Self {
        Window { pieces: VecDeque::new() }
    }
}

impl<S: Sum> Window<S> {
    /// Adds a tick with use worth counting.
    pub fn used(&mut self, now: &Moment, rules: &UseRules, busy: f64, sum: S) {
        let begin = now.begin_boot();
        let grain = (rules.hold + rules.bridge) / PIECES;
        match self.pieces.back_mut().filter(|last| begin.saturating_sub(last.begin) < grain) {
            Some(last) => {
                last.busy += busy;
                last.sum.add(sum);
            }
            None => self.pieces.push_back(Piece { begin, begin_ts: now.begin(), busy, sum }),
        }
        // Older than any beginning that is asked for.
        let old = now.boot.saturating_sub(rules.hold + rules.bridge);
        while self.pieces.get(1).is_some_and(|next| next.begin <= old) {
            self.pieces.pop_front();
        }
    }

    /// Adds what belongs to the use before: a pause in it, or what was told late.
    pub fn more(&mut self, sum: S) {
        if let Some(last) = self.pieces.back_mut() {
            last.sum.add(sum);
        }
    }

    /// Where the use counts by its time, the second at which it began: it was kept up for as long as the rules want, and
    /// on the mean as much as they want.
    pub fn counts(&self, now: &Moment, rules: &UseRules) -> Option<i64> {
        let since = now.boot.checked_sub(rules.hold)?;
        let from = self.pieces.iter().rposition(|piece| piece.begin <= since)?;
        let busy: f64 = self.pieces.range(from..).map(|piece| piece.busy).sum();
        let begin = &self.pieces[from];
        // A hair less, because shares are sums of decimal fractions.
        let enough = rules.share / 100.0 * (now.boot - begin.begin).as_secs_f64() - 1e-6;
        (busy >= enough).then_some(begin.begin_ts)
    }

    /// Adds up what was used from the second `start` on; gives the second from which on that is known.
    pub fn take_from(&mut self, start: i64) -> Option<(i64, S)> {
        let from = self.pieces.iter().rposition(|piece| piece.begin_ts <= start).unwrap_or(0);
        let begin = self.pieces.get(from)?.begin_ts;
        let mut sum = S::default();
        std::mem::take(&mut self.pieces).into_iter().skip(from).for_each(|piece| sum.add(piece.sum));
        Some((begin, sum))
    }

    /// The wall clock was set.
    pub fn shift(&mut self, seconds: i64) {
        self.pieces.iter_mut().for_each(|piece| piece.begin_ts = piece.begin_ts.saturating_add(seconds));
    }
}
