//! The value of some time: what the readings of a window make together.
//!
//! Readings are put into a few dozen buckets, so that a window of a day takes no more memory than one of a minute; what
//! has left the window goes a bucket at a time. A window of which too little was read has no value: a mean over ten
//! minutes is not told after ten seconds. Deliberately not here: what is read, and what its value means (`step`).

use std::collections::VecDeque;
use std::time::Duration;

use super::CONTINUITY;
use crate::model::rule::{Aggregate, COVERAGE, NEVER_FULL, Window};

/// Into how many buckets a window is cut.
const BUCKETS: u32 = 30;

/// Boot time or a stretch of it. Half as large as a `Duration`: of many rules on many sources each tick passes over all of
/// this, and what it costs is the memory.
type Nanos = u64;

fn nanos(time: Duration) -> Nanos {
    // Five hundred years fit.
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn seconds(time: Nanos) -> f64 {
    Duration::from_nanos(time).as_secs_f64()
}

/// What readings make together, in any order of time.
#[derive(Clone, Copy, Debug)]
struct Fold {
    count: u32,
    sum: f64,
    min: f64,
    max: f64,
    /// How much time they stand for.
    covered: Nanos,
}

impl Fold {
    /// Of no readings.
    const NONE: Fold = Fold { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, covered: 0 };

    fn with(self, other: Fold) -> Fold {
        Fold {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            covered: self.covered + other.covered,
        }
    }
}

/// Readings of a piece of time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Boot time of its first reading.
    begin: Nanos,
    /// Boot time of its last reading.
    end: Nanos,
    first: f64,
    last: f64,
    fold: Fold,
}

/// The readings of one source in the window of a rule.
///
/// Each tick asks for the value, so it is not added up anew: what is older than the newest bucket stands added up in
/// `closed`. Nothing is ever taken off a sum, which would let rounding pile up for as long as the recorder runs: of the
/// older half of the buckets `older` holds the sum from each on, made once for all of them, and what leaves is dropped.
#[derive(Clone, Debug)]
pub struct Readings {
    /// All but the newest, oldest first.
    buckets: VecDeque<Bucket>,
    /// The newest, which readings are added to.
    newest: Option<Bucket>,
    /// Boot time from which on a reading begins another bucket.
    turn: Nanos,
    /// Of the oldest buckets what each and those after it make, the last of those first.
    older: Vec<Fold>,
    /// What the buckets behind those make.
    newer: Fold,
    /// What all of `buckets` make.
    closed: Fold,
    /// When the oldest of them ended; the end of time where there is none.
    oldest: Nanos,
    /// Boot time of the last reading; the end of time before the first.
    last: Nanos,
}

impl Default for Readings {
    fn default() -> Self {
        Readings {
            buckets: VecDeque::new(),
            newest: None,
            turn: 0,
            older: Vec::new(),
            newer: Fold::NONE,
            closed: Fold::NONE,
            oldest: Nanos::MAX,
            last: Nanos::MAX,
        }
    }
}

impl Readings {
    /// Takes in a reading. It stands for the time since the one before it, where that is not too long ago.
    pub fn add(&mut self, window: Window, value: f64, boot: Duration) {
        let now = nanos(boot);
        // Before the first reading there was none, for however long.
        let since = if self.last == Nanos::MAX { Nanos::MAX } else { now.saturating_sub(self.last) };
        self.last = now;
        let covered = if since <= nanos(CONTINUITY) { since } else { 0 };
        let fold = Fold { count: 1, sum: value, min: value, max: value, covered };
        match &mut self.newest {
            Some(bucket) if now < self.turn => {
                bucket.end = now;
                bucket.last = value;
                bucket.fold = bucket.fold.with(fold);
            }
            _ => {
                let bucket = Bucket { begin: now, end: now, first: value, last: value, fold };
                if let Some(done) = self.newest.replace(bucket) {
                    self.close(done);
                }
                self.turn = now + nanos((window.over / BUCKETS).max(Duration::from_secs(1)));
            }
        }
        self.pass(window, boot);
    }

    /// Puts away a bucket that gets no more readings.
    fn close(&mut self, done: Bucket) {
        self.newer = self.newer.with(done.fold);
        self.closed = self.closed.with(done.fold);
        self.oldest = self.oldest.min(done.end);
        self.buckets.push_back(done);
    }

    /// Lets go what has left the window by `boot`.
    pub fn pass(&mut self, window: Window, boot: Duration) {
        let (now, over) = (nanos(boot), nanos(window.over));
        let has_left = |end: Nanos| now.saturating_sub(end) >= over;
        while has_left(self.oldest) {
            self.drop_oldest();
        }
        if self.newest.as_ref().is_some_and(|newest| self.buckets.is_empty() && has_left(newest.end)) {
            self.newest = None;
        }
    }

    fn drop_oldest(&mut self) {
        if self.older.is_empty() {
            let mut after = Fold::NONE;
            for bucket in self.buckets.iter().rev() {
                after = bucket.fold.with(after);
                self.older.push(after);
            }
            self.newer = Fold::NONE;
        }
        self.older.pop();
        self.buckets.pop_front();
        self.closed = self.older.last().copied().unwrap_or(Fold::NONE).with(self.newer);
        self.oldest = self.buckets.front().map_or(Nanos::MAX, |bucket| bucket.end);
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.newest.is_none()
    }

    /// Every bucket, oldest first.
    fn all(&self) -> impl DoubleEndedIterator<Item = &Bucket> + Clone {
        self.buckets.iter().chain(&self.newest)
    }

    /// What all of them make.
    fn fold(&self) -> Fold {
        self.newest.as_ref().map_or(self.closed, |newest| self.closed.with(newest.fold))
    }

    /// How many there are, each counted by its value: of events.
    pub fn count(&self) -> f64 {
        self.fold().sum
    }

    /// The window's value. `of` is what the readings grow to, for [`Aggregate::Full`]. `None` where too little was read.
    pub fn value(&self, window: Window, of: Option<f64>) -> Option<f64> {
        let fold = self.fold();
        if window.aggregate == Aggregate::Count {
            return Some(fold.sum);
        }
        if fold.count == 0 || seconds(fold.covered) < COVERAGE * window.over.as_secs_f64() {
            return None;
        }
        match window.aggregate {
            Aggregate::Mean => Some(fold.sum / f64::from(fold.count)),
            Aggregate::Min => Some(fold.min),
            Aggregate::Max => Some(fold.max),
            Aggregate::Rate => {
                let (first, last) = (self.all().next()?, self.newest?);
                let seconds = seconds(last.end.saturating_sub(first.begin));
                // A counter that began anew has no rate over its break.
                let grows = self.all().all(|bucket| bucket.last >= bucket.first);
                let goes_on = self.all().zip(self.all().skip(1)).all(|(one, next)| next.first >= one.last);
                (seconds > 0.0 && grows && goes_on).then(|| (last.last - first.first) / seconds)
            }
            Aggregate::Full => self.until_full(of?),
            Aggregate::Count => Some(fold.sum),
        }
    }

    /// In how many seconds what grows reaches `most`, if it goes on like this. Of the straight line through the whole
    /// window and that through its last third the slower one counts: a step in between is no growth. That nothing grows is
    /// an answer, by which an alert ends, and not the lack of one; so is a slope that is but the rounding of a flat line.
    fn until_full(&self, most: f64) -> Option<f64> {
        let last = self.newest?;
        let third = self.buckets.len() * 2 / 3;
        let slope = self.slope(0)?.min(self.slope(third)?);
        let left = (most - last.last) / slope;
        Some(if slope > 0.0 { left.clamp(0.0, NEVER_FULL) } else { NEVER_FULL })
    }

    /// How much the straight line through the buckets from this one on grows in a second.
    fn slope(&self, from: usize) -> Option<f64> {
        let begin = self.all().nth(from)?.begin;
        let point = |bucket: &Bucket| {
            let time = (seconds(bucket.begin - begin) + seconds(bucket.end - begin)) / 2.0;
            (time, bucket.fold.sum / f64::from(bucket.fold.count))
        };
        let points = || self.all().skip(from).map(point);
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
        assert_eq!(value(window(Aggregate::Full, 60), &step, Some(1000.0)), Some(NEVER_FULL));
        let still = each_second(120, |_| 7.0);
        let full = |trace: &[_], most| value(window(Aggregate::Full, 60), trace, Some(most));
        assert_eq!(full(&still, 10.0), Some(NEVER_FULL), "what does not grow is never full");
        assert_eq!(full(&each_second(120, |second| 500.0 - second as f64), 1000.0), Some(NEVER_FULL));
        // What a mean of a thousand equal numbers is off by looks like growth.
        assert_eq!(full(&each_second(120, |second| 1e12 + second as f64 * 1e-4), 4e12), Some(NEVER_FULL));
        assert_eq!(full(&each_second(120, |second| second as f64), 100.0), Some(0.0), "it is full already");
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

    /// The same window, added up anew each time.
    #[derive(Default)]
    struct Naive {
        /// Of each bucket its readings as `(boot, value, covered)`.
        buckets: Vec<Vec<(Duration, f64, Duration)>>,
        last: Option<Duration>,
    }

    impl Naive {
        fn add(&mut self, window: Window, value: f64, boot: Duration) {
            let since = self.last.replace(boot).map(|last| boot - last).filter(|since| *since <= CONTINUITY);
            let reading = (boot, value, since.unwrap_or_default());
            let width = (window.over / BUCKETS).max(Duration::from_secs(1));
            match self.buckets.last_mut() {
                Some(bucket) if boot - bucket[0].0 < width => bucket.push(reading),
                _ => self.buckets.push(vec![reading]),
            }
            self.pass(window, boot);
        }

        fn pass(&mut self, window: Window, boot: Duration) {
            self.buckets.retain(|bucket| boot - bucket[bucket.len() - 1].0 < window.over);
        }

        /// Mean, smallest, largest and sum; of all but the sum nothing where too little was read.
        fn values(&self, window: Window) -> [Option<f64>; 4] {
            let all: Vec<_> = self.buckets.iter().flatten().copied().collect();
            let sum: f64 = all.iter().map(|one| one.1).sum();
            let covered: Duration = all.iter().map(|one| one.2).sum();
            let is_known = !all.is_empty() && covered.as_secs_f64() >= COVERAGE * window.over.as_secs_f64();
            let known = |value: f64| is_known.then_some(value);
            let fold = |of: fn(f64, f64) -> f64, begin| all.iter().map(|one| one.1).fold(begin, of);
            let (min, max) = (fold(f64::min, f64::INFINITY), fold(f64::max, f64::NEG_INFINITY));
            [known(sum / all.len() as f64), known(min), known(max), Some(sum)]
        }
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
                prop_assert!(kept.all().count() <= BUCKETS as usize + 2);
                if let Some(mean) = kept.value(at(Aggregate::Mean), None) {
                    let (min, max) = (kept.value(at(Aggregate::Min), None), kept.value(at(Aggregate::Max), None));
                    prop_assert!(min.unwrap() - 1e-6 <= mean && mean <= max.unwrap() + 1e-6);
                }
            }
        }

        /// What is kept added up is what adding up gives, however readings come and go.
        #[test]
        fn what_is_kept_added_up_is_what_there_is(
            steps in proptest::collection::vec((0u64..90_000, -1e6f64..1e6, 0u8..12), 1..600), over in 1u64..400,
        ) {
            let (mut kept, mut naive) = (Readings::default(), Naive::default());
            let at = |aggregate| window(aggregate, over);
            let mut millis = 0;
            for (gap, value, way) in steps {
                // Mostly a tick of a second, at times a gap that empties the window; and time may pass without a reading.
                millis += if way < 9 { gap % 2000 } else { gap };
                let boot = Duration::from_millis(millis);
                if way == 8 {
                    kept.pass(at(Aggregate::Mean), boot);
                    naive.pass(at(Aggregate::Mean), boot);
                } else {
                    kept.add(at(Aggregate::Mean), value, boot);
                    naive.add(at(Aggregate::Mean), value, boot);
                }
                let ways = [Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Count];
                let said = ways.map(|aggregate| kept.value(at(aggregate), None));
                let [mean, min, max, sum] = naive.values(at(Aggregate::Mean));
                prop_assert_eq!((said[1], said[2]), (min, max));
                let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
                    (Some(one), Some(other)) => (one - other).abs() <= 1e-4,
                    (one, other) => one == other,
                };
                prop_assert!(near(said[0], mean) && near(said[3], sum), "{:?} {:?} {:?}", said, mean, sum);
                prop_assert_eq!(kept.is_empty(), naive.buckets.is_empty());
            }
        }
    }
}
