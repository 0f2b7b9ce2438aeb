//! Whose work a GPU does: each process's share of its time, smoothed, and the seconds that it used.
//!
//! The driver gives one process nearly all of a sample and the next one all of the next (`nvidia-smi pmon` shows two
//! equal encoders alternate between 99 and nothing each second), so a share means something only over some seconds: it is
//! the mean of the last ones, or of all since the process began to work, so that who has just begun is not taken for
//! little; and together the shares are never more than the GPU does now, so that who has just ended is not shown at work. The
//! seconds are not smoothed: what is added up over minutes evens out by itself, and together the processes never used
//! more than the GPU was busy. A process that is not mentioned did nothing: that is a zero, not an error. What is neither
//! listed nor possible is left out: after zombies some drivers return a hundred junk rows (nvtop's issue 110). Pure.
//! Deliberately not here: the calls, what a process is called, and who worked between two rows (`stretch`).

use std::time::Duration;

use super::by_pid::ByPid;
use super::raw::Used;
use super::stretch::{Division, Engines, Newest};
use crate::model::Now;

/// The time in which a share follows a change.
const SMOOTH: Duration = Duration::from_secs(6);
/// A sample from further ahead than this is junk, or the clock was set back: it would hide all that come after it.
const AHEAD: u64 = 2_000_000;
/// A smoothed share below this many percent is none.
const NOTHING: f64 = 0.5;
/// Over a longer stretch than this, the driver's last sample says nothing about the time before it.
const LONGEST: Duration = Duration::from_secs(15);

/// How busy the whole GPU was, in percent, where it tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Whole {
    pub(super) gpu: Option<f64>,
    pub(super) encoder: Option<f64>,
    pub(super) decoder: Option<f64>,
}

/// Seconds of each engine that a process used since the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Seconds {
    pub(super) busy: f64,
    pub(super) encoder: f64,
    pub(super) decoder: f64,
}

/// A mean over the last seconds, in which what is older weighs less.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Mean {
    sum: f64,
    /// Of all that is in the sum: less than one as long as there is little.
    weight: f64,
}

impl Mean {
    fn take(&mut self, keep: f64, share: f64) {
        self.sum = self.sum * keep + share * (1.0 - keep);
        self.weight = self.weight * keep + 1.0 - keep;
    }

    fn value(self) -> f64 {
        if self.weight > 0.0 { self.sum / self.weight } else { 0.0 }
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Shares {
    /// The newest sample that was taken in.
    newest: u64,
    smooth: ByPid<Mean>,
    /// How busy the GPU is, which the shares together do not exceed.
    most: f64,
    at: Option<Duration>,
    /// What was used in the last stretch; `None` where there was none, or one too long to say.
    used: Option<ByPid<Seconds>>,
    division: Division,
}

impl Shares {
    /// What is newer than this, in microseconds on the driver's clock, was not taken in yet. Never all that the driver
    /// has: its buffer reaches back to processes that are long gone.
    pub(super) fn since(&self, now: Now) -> u64 {
        let wall = now.wall.as_micros() as u64;
        // The driver's clock is the wall clock, and that may have been set back.
        let usable = self.newest > 0 && self.newest <= wall + AHEAD;
        if usable { self.newest } else { wall.saturating_sub(1_000_000) }
    }

    /// Takes in the samples since the last time; `listed` are the processes that hold the GPU.
    pub(super) fn take(&mut self, now: Now, listed: &[u32], samples: &[Used], whole: Whole) {
        let wall = now.wall.as_micros() as u64;
        let latest = wall + AHEAD;
        let since = if self.newest <= latest { self.newest } else { 0 };
        self.newest = since;
        let mut rows: ByPid<Used> = ByPid::with_room(listed.len());
        for sample in samples.iter().filter(|sample| sample.timestamp > since && sample.timestamp < latest) {
            let engines = [sample.share, sample.encoder, sample.decoder];
            // A junk row must not decide from when on samples are asked for either.
            if sample.pid == 0 || engines.iter().any(|share| *share > 100) || !listed.contains(&sample.pid) {
                continue;
            }
            self.newest = self.newest.max(sample.timestamp);
            let known = rows.entry(sample.pid, || *sample);
            if known.timestamp < sample.timestamp {
                *known = *sample;
            }
        }
        let passed = self.at.replace(now.boot).map(|at| now.boot.saturating_sub(at));
        self.division.retain(listed);
        let means = self.means(wall, since, passed, &rows, whole);
        self.used = passed.filter(|passed| *passed <= LONGEST).map(|passed| seconds(&means, passed, whole));
        // The first samples are all that is known: there is nothing to smooth them with.
        let keep = passed.map_or(0.0, |passed| (-passed.as_secs_f64() / SMOOTH.as_secs_f64()).exp());
        self.most = whole.gpu.unwrap_or(100.0);
        // Who worked before the GPU fell idle says nothing of who will work next.
        self.smooth.retain(|pid, _| listed.contains(&pid) && self.most > 0.0);
        for (pid, [share, ..]) in means.iter().filter(|_| self.most > 0.0) {
            self.smooth.entry(pid, Mean::default).take(keep, *share);
        }
        self.smooth.retain(|pid, mean| {
            let has_worked = means.get(pid).is_some();
            if !has_worked {
                mean.take(keep, 0.0);
            }
            has_worked || mean.value() >= NOTHING
        });
    }

    /// What each process did on average since the last time.
    fn means(
        &mut self,
        wall: u64,
        since: u64,
        passed: Option<Duration>,
        rows: &ByPid<Used>,
        whole: Whole,
    ) -> ByPid<Engines> {
        if rows.is_empty() {
            return ByPid::default();
        }
        let period = (self.division.period() * 1e6) as u64;
        // Where the next sample should have come long ago and did not, nobody did anything in it.
        let end = if self.newest + 2 * period < wall { wall - period } else { self.newest };
        let passed = passed.map_or(period, |passed| passed.as_micros() as u64).max(1);
        let seconds = |micros: u64| micros as f64 * 1e-6;
        let engine = |share: u32| f64::from(share);
        let newest = rows.values().map(|row| Newest {
            pid: row.pid,
            age: seconds(end - row.timestamp),
            engines: [engine(row.share), engine(row.encoder), engine(row.decoder)],
        });
        let most = [whole.gpu, whole.encoder, whole.decoder].map(|whole| whole.unwrap_or(100.0));
        self.division.divide(seconds(passed.min(end - since)), newest.collect(), most)
    }

    /// A listed process's percent of the GPU's time, smoothed.
    pub(super) fn share(&self, pid: u32) -> f64 {
        let scale = self.scale();
        self.smooth.get(pid).map_or(0.0, |mean| mean.value() * scale)
    }

    fn scale(&self) -> f64 {
        let sum: f64 = self.smooth.values().map(|mean| mean.value()).sum();
        if sum > self.most { self.most / sum } else { 1.0 }
    }

    /// What a listed process used since the last time; `None` where there was no last time.
    pub(super) fn used(&self, pid: u32) -> Option<Seconds> {
        self.used.as_ref().map(|used| used.get(pid).copied().unwrap_or_default())
    }

    /// Percent of the GPU's time that processes explain of whom it `is_known` who they are; at most `busy`, which is what
    /// the whole GPU says.
    pub(super) fn attributed(&self, busy: f64, is_known: impl Fn(u32) -> bool) -> f64 {
        let known = self.smooth.iter().filter(|(pid, _)| is_known(*pid));
        let sum: f64 = known.map(|(_, mean)| mean.value()).sum();
        (sum * self.scale()).min(busy)
    }
}

/// Seconds out of percentages, scaled down where the processes together would have used more than the whole GPU did.
fn seconds(means: &ByPid<Engines>, passed: Duration, whole: Whole) -> ByPid<Seconds> {
    let per_percent = |engine: usize, whole: Option<f64>| {
        let sum: f64 = means.values().map(|shares| shares[engine]).sum();
        let most = whole.unwrap_or(100.0);
        let scale = if sum > most { most / sum } else { 1.0 };
        scale * passed.as_secs_f64() / 100.0
    };
    let [busy, encoder, decoder] =
        [per_percent(0, whole.gpu), per_percent(1, whole.encoder), per_percent(2, whole.decoder)];
    means.map(|shares| Seconds { busy: shares[0] * busy, encoder: shares[1] * encoder, decoder: shares[2] * decoder })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const BUSY: Whole = Whole { gpu: Some(100.0), encoder: None, decoder: None };

    fn sample(pid: u32, second: u64, share: u32) -> Used {
        Used { pid, timestamp: second * 1_000_000, share, ..Used::default() }
    }

    fn at(second: u64) -> Now {
        Now { wall: Duration::from_secs(second), boot: Duration::from_secs(second) }
    }

    #[test]
    fn two_equal_encoders_that_alternate_have_half_each() {
        let mut shares = Shares::default();
        for second in 1..=60 {
            let pid = if second % 2 == 0 { 10 } else { 20 };
            shares.take(at(second), &[10, 20], &[sample(pid, second, 99)], BUSY);
        }
        for pid in [10, 20] {
            assert!((shares.share(pid) - 49.5).abs() < 5.0, "{shares:?}");
        }
        assert!((shares.attributed(100.0, |_| true) - 99.0).abs() < 1.0);
        assert_eq!(shares.attributed(40.0, |_| true), 40.0, "never more than the GPU did");
        assert_eq!(shares.attributed(100.0, |pid| pid == 10), shares.share(10), "the other one is not known");
    }

    /// What a person sees who starts a program, and ends it.
    #[test]
    fn who_has_just_begun_explains_the_load_and_who_has_just_ended_does_not() {
        let mut shares = Shares::default();
        let idle = Whole { gpu: Some(0.0), ..Whole::default() };
        (1..=20).for_each(|second| shares.take(at(second), &[10, 20], &[], idle));
        for second in 21..=24 {
            shares.take(at(second), &[10, 20], &[sample(10, second, 97)], BUSY);
            assert!(shares.share(10) > 90.0 && shares.attributed(100.0, |_| true) > 90.0, "{second}: {shares:?}");
        }
        // A second one joins and wins every other sample: within a few seconds each has about half.
        for second in 25..=44 {
            let pid = if second % 2 == 0 { 10 } else { 20 };
            shares.take(at(second), &[10, 20], &[sample(pid, second, 97)], BUSY);
            assert!(shares.share(10) + shares.share(20) <= 100.0 + 1e-9);
        }
        assert!((shares.share(10) - 48.5).abs() < 8.0 && (shares.share(20) - 48.5).abs() < 8.0, "{shares:?}");
        shares.take(at(45), &[10, 20], &[], idle);
        assert_eq!((shares.share(10), shares.share(20)), (0.0, 0.0));
        // Work that nobody who is listed did is nobody's, whoever worked before.
        shares.take(at(46), &[10, 20], &[], BUSY);
        assert_eq!(shares.attributed(100.0, |_| true), 0.0);
    }

    #[test]
    fn seconds_are_those_of_the_stretch_and_never_more_than_the_gpu_was_busy() {
        let mut shares = Shares::default();
        let samples = |second| {
            let encoder = Used { encoder: 30, decoder: 10, ..sample(10, second, 80) };
            [encoder, sample(20, second, 80)]
        };
        shares.take(at(1), &[10, 20], &samples(1), BUSY);
        assert_eq!(shares.used(10), None, "there was no last time");
        shares.take(at(3), &[10, 20, 30], &samples(3), Whole { gpu: Some(80.0), encoder: Some(15.0), decoder: None });
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        let used = shares.used(10).unwrap();
        assert!(near(used.busy, 0.8) && near(used.encoder, 0.3) && near(used.decoder, 0.2), "{used:?}");
        assert!(near(shares.used(20).unwrap().busy, 0.8));
        assert_eq!(shares.used(30), Some(Seconds::default()), "listed and not mentioned is idle");
        shares.take(at(60), &[10], &[sample(10, 60, 80)], BUSY);
        assert_eq!(shares.used(10), None, "nobody knows what it did in a minute");
    }

    #[test]
    fn a_clock_that_was_set_back_hides_nothing() {
        let mut shares = Shares::default();
        shares.take(at(5000), &[10], &[sample(10, 5000, 50)], BUSY);
        let back = Now { wall: Duration::from_secs(1000), boot: Duration::from_secs(5001) };
        assert_eq!(shares.since(back), 999_000_000);
        shares.take(back, &[10], &[sample(10, 1000, 50)], BUSY);
        assert!(shares.used(10).unwrap().busy > 0.4, "{shares:?}");
    }

    #[test]
    fn junk_is_left_out_and_decides_nothing() {
        let mut shares = Shares::default();
        let mad = Used { decoder: 4000, ..sample(10, 2, 5) };
        let junk =
            [sample(0, 2, 50), sample(10, 2, 4000), mad, sample(77, 2, 90), sample(10, 9_000, 90), sample(10, 1, 60)];
        shares.take(at(1), &[10], &junk, BUSY);
        assert!(shares.share(10) > 30.0 && shares.share(77) == 0.0, "{shares:?}");
        assert_eq!(shares.since(at(1)), 1_000_000);
        shares.take(at(2), &[10], &[sample(10, 1, 60)], BUSY);
        let before = shares.share(10);
        shares.take(at(3), &[10], &[], BUSY);
        assert!(shares.share(10) < before, "not mentioned is not busy");
        shares.take(at(60), &[10], &[], BUSY);
        assert_eq!(shares.share(10), 0.0);
    }

    /// Percent of the work that the first of two processes gets in `seconds`, where its part is `part` of every sample,
    /// or so many of the samples whole.
    fn divided(part: f64, (tick, period): (f64, f64), whole_samples: bool, seconds: f64, seed: u64) -> f64 {
        let mut shares = Shares::default();
        let won = |sample: u64| {
            let mut drawn = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ sample.wrapping_mul(0xD129_0B26_88A2_5C1D);
            drawn = (drawn ^ (drawn >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            drawn = (drawn ^ (drawn >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((drawn ^ (drawn >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 <= part
        };
        let time = |sample: u64| ((1000.0 + sample as f64 * period) * 1e6).round() as u64;
        let (mut all, mut one) = (0.0, 0.0);
        for number in 0..=(seconds / tick) as u64 {
            let passed = number as f64 * tick;
            let now = Duration::from_secs_f64(1000.0 + passed);
            let since = shares.since(Now { wall: now, boot: now });
            let mut rows: BTreeMap<u32, Used> = BTreeMap::new();
            for sample in (0..=(passed / period + 1e-9) as u64).filter(|sample| time(*sample) > since) {
                let engines = match (whole_samples, won(sample)) {
                    (false, _) => vec![(10, 90.0 * part), (20, 90.0 * (1.0 - part))],
                    (true, true) => vec![(10, 90.0)],
                    (true, false) => vec![(20, 90.0)],
                };
                for (pid, share) in engines {
                    let share = f64::round(share) as u32;
                    rows.insert(pid, Used { pid, timestamp: time(sample), share, ..Used::default() });
                }
            }
            let rows: Vec<Used> = rows.into_values().collect();
            let whole = Whole { gpu: Some(90.0), ..Whole::default() };
            shares.take(Now { wall: now, boot: now }, &[10, 20], &rows, whole);
            let used = [10, 20].map(|pid| shares.used(pid).unwrap_or_default().busy);
            assert!(used[0] + used[1] <= 0.9 * tick + 1e-9, "{used:?}");
            (one, all) = (one + used[0], all + used[0] + used[1]);
        }
        one / all * 100.0
    }

    #[test]
    fn each_process_has_what_it_used_whatever_the_drivers_period_and_ours() {
        const SEEDS: u64 = 40;
        for tick in [1.0, 5.0] {
            for period in [1.0 / 6.0, 0.2, 1.0] {
                for part in [0.7, 0.5, 0.9] {
                    let expected = part * 100.0;
                    let even = divided(part, (tick, period), false, 120.0, 1);
                    assert!((even - expected).abs() < 0.5, "{even} of {expected} at {tick} s and {period} s");
                    let drawn = |seed| divided(part, (tick, period), true, 120.0, seed);
                    let all: Vec<f64> = (0..SEEDS).map(drawn).collect();
                    let mean = all.iter().sum::<f64>() / SEEDS as f64;
                    let dev = (all.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / SEEDS as f64).sqrt();
                    let told = format!("{mean} and by {dev} of {expected} at {tick} s and {period} s");
                    assert!((mean - expected).abs() < 2.0, "{told}");
                    // As far as the samples themselves are from the truth, or one row a process and stretch allows.
                    assert!(dev < if tick > 1.0 { 6.5 } else { 4.5 }, "{told}");
                }
            }
        }
    }

    #[test]
    fn a_process_whose_row_is_old_did_nothing_since() {
        let mut shares = Shares::default();
        shares.take(at(1), &[10, 20], &[sample(10, 1, 90), sample(20, 1, 5)], BUSY);
        shares.take(at(11), &[10, 20], &[sample(10, 11, 90), sample(20, 2, 90)], BUSY);
        let used = [10, 20].map(|pid| shares.used(pid).unwrap().busy);
        assert!((used[0] - 8.2).abs() < 0.2 && (used[1] - 0.9).abs() < 0.2, "{used:?}");
        shares.take(at(16), &[10, 20], &[sample(10, 12, 90)], BUSY);
        let used = shares.used(10).unwrap().busy;
        assert!((used - 0.9).abs() < 1.0 && used <= 1.8, "nobody worked in the rest: {used}");
    }

    proptest! {
        #[test]
        fn shares_and_seconds_stay_within_what_the_gpu_did(
            rounds in prop::collection::vec(prop::collection::vec((0u32..5, any::<u64>(), any::<u32>()), 0..20), 0..20),
        ) {
            let mut shares = Shares::default();
            for (second, round) in rounds.iter().enumerate() {
                let samples: Vec<_> = round
                    .iter()
                    .map(|(pid, timestamp, share)| Used { pid: *pid, timestamp: *timestamp, share: share % 120, ..Used::default() })
                    .collect();
                shares.take(at(second as u64), &[1, 2, 3], &samples, Whole { gpu: Some(60.0), ..Whole::default() });
                let shown: f64 = [1, 2, 3].map(|pid| shares.share(pid)).iter().sum();
                prop_assert!((0.0..=60.0 + 1e-9).contains(&shown), "{shares:?}");
                prop_assert!(shares.attributed(50.0, |_| true) <= 50.0);
                let used: f64 = shares.used.iter().flat_map(|used| used.values()).map(|used| used.busy).sum();
                prop_assert!(used <= 0.6 + 1e-9, "{shares:?}");
            }
        }
    }
}
