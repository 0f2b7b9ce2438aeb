//! The value of some time: what the readings of a window make together.
//!
//! Readings are put into a few dozen buckets, so that a window of a day takes no more memory than one of a minute; what
//! has left the window goes a bucket at a time. A window of which too little was read has no value: a mean over ten
//! minutes is not told after ten seconds. Deliberately not here: what is read, and what its value means (`step`).

use std::collections::VecDeque;
use std::time::Duration;

use super::CONTINUITY;
use crate::model::rule::{Aggregate, COVERAGE, Window};

/// Into how many buckets a window is cut.
const BUCKETS: u32 = 30;

/// Readings of a piece of time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Boot time of its first reading.
    begin: Duration,
    /// Boot time of its last reading.
    end: Duration,
    count: u32,
    sum: f64,
    min: f64,
    max: f64,
    first: f64,
    last: f64,
    /// How much time its readings stand for.
    covered: Duration,
}

/// The readings of one source in the window of a rule.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    buckets: VecDeque<Bucket>,
    /// Boot time of the last reading.
    last: Option<Duration>,
}

impl Readings {
    /// Takes in a reading. It stands for the time since the one before it, where that is not too long ago.
    pub fn add(&mut self, window: Window, value: f64, boot: Duration) {
        let since = self.last.replace(boot).map(|last| boot.saturating_sub(last));
        let covered = since.filter(|since| *since <= CONTINUITY).unwrap_or_default();
        let width = (window.over / BUCKETS).max(Duration::from_secs(1));
        match self.buckets.back_mut() {
            Some(bucket) if boot.saturating_sub(bucket.begin) < width => {
                bucket.end = boot;
                bucket.count += 1;
                bucket.sum += value;
                bucket.min = bucket.min.min(value);
                bucket.max = bucket.max.max(value);
                bucket.last = value;
                bucket.covered += covered;
            }
            _ => self.buckets.push_back(Bucket {
                begin: boot,
                end: boot,
                count: 1,
                sum: value,
                min: value,
                max: value,
                first: value,
                last: value,
                covered,
            }),
        }
        self.pass(window, boot);
    }

    /// Lets go what has left the window by `boot`.
    pub fn pass(&mut self, window: Window, boot: Duration) {
        while self.buckets.front().is_some_and(|oldest| boot.saturating_sub(oldest.end) >= window.over) {
            self.buckets.pop_front();
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// How many there are, each counted by its value: of events.
    pub fn count(&self) -> f64 {
        self.buckets.iter().map(|bucket| bucket.sum).sum()
    }

    /// The window's value. `of` is what the readings grow to, for [`Aggregate::Full`]. `None` where too little was read,
    /// and where what grows to be full does not grow.
    pub fn value(&self, window: Window, of: Option<f64>) -> Option<f64> {
        if window.aggregate == Aggregate::Count {
            return Some(self.count());
        }
        let covered: Duration = self.buckets.iter().map(|bucket| bucket.covered).sum();
        if covered.as_secs_f64() < COVERAGE * window.over.as_secs_f64() {
            return None;
        }
        let (first, last) = (self.buckets.front()?, self.buckets.back()?);
        match window.aggregate {
            Aggregate::Mean => {
                let count: u32 = self.buckets.iter().map(|bucket| bucket.count).sum();
                Some(self.count() / f64::from(count))
            }
            Aggregate::Min => self.buckets.iter().map(|bucket| bucket.min).reduce(f64::min),
            Aggregate::Max => self.buckets.iter().map(|bucket| bucket.max).reduce(f64::max),
            Aggregate::Rate => {
                let seconds = last.end.saturating_sub(first.begin).as_secs_f64();
                // A counter that began anew has no rate over its break.
                let whole = self.buckets.iter().zip(self.buckets.iter().skip(1));
                let grows = self.buckets.iter().all(|bucket| bucket.last >= bucket.first);
                let goes_on = whole.into_iter().all(|(one, next)| next.first >= one.last);
                (seconds > 0.0 && grows && goes_on).then(|| (last.last - first.first) / seconds)
            }
            Aggregate::Full => self.until_full(of?),
            Aggregate::Count => Some(self.count()),
        }
    }

    /// In how many seconds what grows reaches `most`, if it goes on like this. Of the straight line through the whole
    /// window and that through its last third the slower one counts: a step in between is no growth.
    fn until_full(&self, most: f64) -> Option<f64> {
        let last = self.buckets.back()?;
        let third = (self.buckets.len() - 1) * 2 / 3;
        let slope = self.slope(0)?.min(self.slope(third)?);
        (slope > 0.0).then(|| ((most - last.last) / slope).max(0.0))
    }

    /// How much the straight line through the buckets from this one on grows in a second.
    fn slope(&self, from: usize) -> Option<f64> {
        let begin = self.buckets.get(from)?.begin;
        let point = |bucket: &Bucket| {
            let time = (bucket.begin + bucket.end).as_secs_f64() / 2.0 - begin.as_secs_f64();
            (time, bucket.sum / f64::from(bucket.count))
        };
        let points = || self.buckets.iter().skip(from).map(point);
        let count = points().count() as f64;
        let (time, value) =
            (points().map(|at| at.0).sum::<f64>() / count, points().map(|at| at.1).sum::<f64>() / count);
        let (mut up, mut across) = (0.0, 0.0);
        for (at, of) in points() {
            up += (at - time) * (of - value);
            across += (at - time) * (at - time);
        }
        (across > 0.0).then(|| up / across)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(aggregate: Aggregate, over: u64) -> Window {
        Window { aggregate, over: Duration::from_secs(over) }
    }

    /// What readings at `(second, value)` make.
    fn value(window: Window, readings: &[(u64, f64)], of: Option<f64>) -> Option<f64> {
        let mut kept = Readings::default();
        readings.iter().for_each(|(second, value)| kept.add(window, *value, Duration::from_secs(*second)));
        kept.value(window, of)
    }

    fn each_second(seconds: u64, of: impl Fn(u64) -> f64) -> Vec<(u64, f64)> {
        (0..=seconds).map(|second| (second + 1000, of(second))).collect()
    }

    #[test]
    fn a_window_has_a_value_once_enough_of_it_was_read() {
        let mean = window(Aggregate::Mean, 60);
        assert_eq!(value(mean, &each_second(47, |_| 5.0), None), None);
        assert_eq!(value(mean, &each_second(48, |_| 5.0), None), Some(5.0));
        // A sensor that is asked each thirty seconds covers its time, too.
        let seldom: Vec<_> = (0..5).map(|at| (1000 + at * 30, at as f64)).collect();
        assert_eq!(value(mean, &seldom, None), Some(3.5));
        // What was before a gap does not count for the gap.
        let mut gap = each_second(60, |_| 5.0);
        gap.push((1200, 9.0));
        assert_eq!(value(mean, &gap, None), None);
    }

    #[test]
    fn each_aggregate_is_what_its_word_says() {
        let trace = each_second(120, |second| second as f64);
        let of = |aggregate| value(window(aggregate, 60), &trace, Some(1000.0)).unwrap();
        assert!((of(Aggregate::Mean) - 90.0).abs() <= 1.5);
        assert!((of(Aggregate::Min) - 60.0).abs() <= 2.0);
        assert_eq!(of(Aggregate::Max), 120.0);
        assert!((of(Aggregate::Rate) - 1.0).abs() < 1e-9);
        assert!((of(Aggregate::Full) - 880.0).abs() < 1e-6);
        // One large download is no growth that goes on.
        let step = each_second(120, |second| if second > 80 { 500.0 } else { 0.0 });
        assert_eq!(value(window(Aggregate::Full, 60), &step, Some(1000.0)), None);
        let still = each_second(120, |_| 7.0);
        assert_eq!(value(window(Aggregate::Full, 60), &still, Some(10.0)), None, "what does not grow is never full");
        let anew = each_second(120, |second| (second % 50) as f64);
        assert_eq!(value(window(Aggregate::Rate, 60), &anew, None), None);
    }

    #[test]
    fn events_are_counted_as_long_as_they_are_in_the_window() {
        let count = window(Aggregate::Count, 60);
        let mut kept = Readings::default();
        for second in [10, 20, 30] {
            kept.add(count, 1.0, Duration::from_secs(second));
        }
        assert_eq!(kept.value(count, None), Some(3.0));
        kept.pass(count, Duration::from_secs(75));
        assert_eq!(kept.value(count, None), Some(2.0));
        kept.pass(count, Duration::from_secs(90));
        assert!(kept.is_empty());
    }

    proptest! {
        /// However many there are, the memory is bounded and a mean lies among its readings.
        #[test]
        fn a_mean_lies_between_its_extremes(
            readings in proptest::collection::vec((1u64..40, -1e6f64..1e6), 1..400), over in 1u64..5000,
        ) {
            let mut second = 0;
            let mut kept = Readings::default();
            let at = |aggregate| window(aggregate, over);
            for (gap, value) in readings {
                second += gap;
                kept.add(at(Aggregate::Mean), value, Duration::from_secs(second));
                prop_assert!(kept.buckets.len() <= BUCKETS as usize + 2);
                if let Some(mean) = kept.value(at(Aggregate::Mean), None) {
                    let (min, max) = (kept.value(at(Aggregate::Min), None), kept.value(at(Aggregate::Max), None));
                    prop_assert!(min.unwrap() - 1e-6 <= mean && mean <= max.unwrap() + 1e-6);
                }
            }
        }
    }
}
