//! What one client did between two readings of its counters, and what several did together.
//!
//! Deliberately not here: where the counters come from, and when a device may be asked for them.

use std::time::Duration;

use super::text::Engine;
use crate::sensors::parse::seconds;

/// How busy a client, a process or a device kept one sort of engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// The driver's name of the engine.
    pub engine: Vec<u8>,
    /// 0 to 100, of all engines of this sort together.
    pub percent: f64,
}

/// The counters of one client at its last reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Track {
    at: Option<Duration>,
    engines: Vec<Engine>,
}

impl Track {
    /// Takes the counters of this moment; `None` at the first reading, which tells nothing about now.
    pub(crate) fn advance(&mut self, boot: Duration, engines: &[Engine]) -> Option<Vec<Share>> {
        let first = self.at.is_none();
        let passed = self.at.replace(boot).and_then(|before| seconds(before, boot));
        let mut shares = Vec::new();
        for now in engines {
            let before = match self.engines.iter_mut().find(|engine| engine.name == now.name) {
                Some(before) => before,
                None => {
                    // Drivers leave out what was never used: an engine that joins later began at nothing.
                    let start = if first { now.clone() } else { Engine { busy: Some(0), ..now.clone() } };
                    self.engines.push(start);
                    let last = self.engines.len() - 1;
                    &mut self.engines[last]
                }
            };
            if let Some(seconds) = passed
                && let Some(fraction) = fraction(before, now, seconds)
            {
                let percent = (fraction / now.capacity as f64 * 100.0).clamp(0.0, 100.0);
                shares.push(Share { engine: now.name.clone(), percent });
            }
            hold(before, now);
        }
        passed.map(|_| shares)
    }
}

/// How many engines' worth of the time was spent, `None` where the counters do not tell.
fn fraction(before: &Engine, now: &Engine, seconds: f64) -> Option<f64> {
    let grown = |before: Option<u64>, now: Option<u64>| Some(now?.saturating_sub(before?) as f64);
    if let Some(busy) = grown(before.busy, now.busy) {
        return Some(busy / 1e9 / seconds);
    }
    let cycles = grown(before.cycles, now.cycles)?;
    let possible = match grown(before.total_cycles, now.total_cycles) {
        Some(total) => total,
        None => now.max_frequency? as f64 * seconds,
    };
    // A clock that stands still belongs to a GPU that does nothing.
    if cycles == 0.0 { Some(0.0) } else { (possible > 0.0).then(|| cycles / possible) }
}

/// A counter may go back a little, when the driver replaces an estimate; the larger value holds, so that nothing counts
/// twice.
fn hold(before: &mut Engine, now: &Engine) {
    before.busy = now.busy.max(before.busy.filter(|_| now.busy.is_some()));
    before.cycles = now.cycles.max(before.cycles.filter(|_| now.cycles.is_some()));
    before.total_cycles = now.total_cycles.max(before.total_cycles.filter(|_| now.total_cycles.is_some()));
}

/// Adds what another client did at the same time.
pub(super) fn add(sum: &mut Vec<Share>, shares: &[Share]) {
    for share in shares {
        match sum.iter_mut().find(|known| known.engine == share.engine) {
            Some(known) => known.percent = (known.percent + share.percent).min(100.0),
            None => sum.push(share.clone()),
        }
    }
}

/// The busiest engine: engines work side by side, so their sum says nothing.
pub(super) fn busiest(shares: &[Share]) -> f64 {
    shares.iter().map(|share| share.percent).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(name: &str, busy: u64) -> Engine {
        Engine { name: name.into(), capacity: 1, busy: Some(busy), ..Engine::default() }
    }

    fn cycles(cycles: u64, total: u64, capacity: u64) -> Engine {
        let total_cycles = Some(total).filter(|total| *total > 0);
        Engine { name: b"ccs".to_vec(), capacity, cycles: Some(cycles), total_cycles, ..Engine::default() }
    }

    #[track_caller]
    fn check(track: &mut Track, second: u64, engines: &[Engine], expected: Option<&[f64]>) {
        let shares = track.advance(Duration::from_secs(second), engines);
        let percent = shares.map(|shares| shares.iter().map(|share| share.percent).collect::<Vec<_>>());
        assert_eq!(percent.as_deref(), expected);
    }

    #[test]
    fn busy_time_is_a_share_of_the_time_and_the_capacity() {
        let mut track = Track::default();
        check(&mut track, 10, &[engine("render", 5_000_000_000)], None);
        check(&mut track, 12, &[engine("render", 5_500_000_000)], Some(&[25.0]));
        // An engine that was not used until now.
        check(&mut track, 13, &[engine("render", 5_500_000_000), engine("video", 100_000_000)], Some(&[0.0, 10.0]));
        let two = Engine { capacity: 2, ..engine("video", 1_100_000_000) };
        check(&mut track, 14, &[two], Some(&[50.0]));
        // No time passed, then more than could be.
        check(&mut track, 14, &[engine("video", 1_200_000_000)], None);
        check(&mut track, 15, &[engine("video", 9_900_000_000)], Some(&[100.0]));
    }

    #[test]
    fn cycles_are_a_share_of_the_cycles_of_the_clock() {
        let mut track = Track::default();
        check(&mut track, 1, &[cycles(1000, 10_000, 4)], None);
        check(&mut track, 2, &[cycles(3000, 11_000, 4)], Some(&[50.0]));
        check(&mut track, 3, &[cycles(3000, 11_000, 4)], Some(&[0.0]));
        check(&mut track, 4, &[cycles(3500, 11_000, 4)], Some(&[]));
        let at = |count| Engine { max_frequency: Some(2_000_000_000), ..cycles(count, 0, 1) };
        let mut track = Track::default();
        check(&mut track, 1, &[at(0)], None);
        check(&mut track, 3, &[at(1_000_000_000)], Some(&[25.0]));
        let mut track = Track::default();
        check(&mut track, 1, &[cycles(0, 0, 1)], None);
        check(&mut track, 2, &[cycles(9, 0, 1)], Some(&[]));
    }

    #[test]
    fn a_counter_that_goes_back_counts_nothing_twice() {
        let mut track = Track::default();
        check(&mut track, 1, &[engine("gfx", 4_000_000_000)], None);
        check(&mut track, 2, &[engine("gfx", 3_500_000_000)], Some(&[0.0]));
        check(&mut track, 3, &[engine("gfx", 4_250_000_000)], Some(&[25.0]));
    }

    #[test]
    fn engines_are_added_by_name_and_never_to_each_other() {
        let share = |engine: &str, percent| Share { engine: engine.into(), percent };
        let mut sum = vec![share("render", 40.0)];
        add(&mut sum, &[share("render", 30.0), share("copy", 90.0)]);
        assert_eq!(sum, [share("render", 70.0), share("copy", 90.0)]);
        add(&mut sum, &[share("render", 40.0)]);
        assert_eq!((busiest(&sum), busiest(&[])), (100.0, 0.0));
    }
}
