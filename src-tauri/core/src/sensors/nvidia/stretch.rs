//! Who worked when in a stretch of time of which the driver tells each process's newest sample alone.
//!
//! A sample mostly goes to one process whole. Whoever lost the newest one is told with an older one that it won, and to
//! count each row in full would make unequal processes equal. But a process did nothing since its row, so it is known
//! who worked from the newest row back to that of a second process. Where this known part ends does not depend on what
//! came before it. So the work in the known parts of many stretches, divided by the length of them all, is each
//! process's share without a bias (Wald's identity), which the share within one known part is not. What came before is
//! divided by these shares among the processes that may have worked then: those whose row is not older.
//!
//! One row a process and stretch is little to go by: shares of 70 and 30 percent come out with a deviation of about 5
//! points over two minutes where a stretch lasts 5 s, and no other way to count the same rows has a smaller one. Pure.
//! Deliberately not here: which rows are taken for good, and how busy the whole GPU was.

use std::ops::Range;

use super::by_pid::ByPid;

/// Rows that are less than this many seconds apart are of one sample.
const SAME: f64 = 0.05;
/// Between two samples lie so many seconds, by NVIDIA's manual (`nvmlUtilization_t`).
const PERIOD: (f64, f64) = (1.0 / 6.0, 1.0);
/// After so many stretches it is learned anew how far samples are apart.
const ANEW: u32 = 100;
/// What the shares are averaged over, in seconds.
const MEMORY: f64 = 120.0;

/// Percent of the time of each engine.
pub(super) type Engines = [f64; 3];

/// A process's newest sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Newest {
    pub(super) pid: u32,
    /// Seconds before the stretch's end.
    pub(super) age: f64,
    pub(super) engines: Engines,
}

/// What the known parts of the last stretches tell.
#[derive(Debug)]
pub(super) struct Division {
    /// Seconds between two samples.
    period: f64,
    /// How many stretches it was learned from.
    learned: u32,
    /// The length of the known parts, and what was done in them.
    known: f64,
    work: ByPid<Engines>,
    /// The length of the others, and what each process was given of them.
    unknown: f64,
    given: ByPid<Engines>,
}

impl Default for Division {
    fn default() -> Self {
        Division {
            period: PERIOD.1,
            learned: 0,
            known: 0.0,
            work: ByPid::default(),
            unknown: 0.0,
            given: ByPid::default(),
        }
    }
}

impl Division {
    /// Seconds between two samples, as far as that was seen.
    pub(super) fn period(&self) -> f64 {
        self.period
    }

    /// What each process did on average in a stretch of `length` seconds; `most` is what all could do together.
    pub(super) fn divide(&mut self, length: f64, mut rows: Vec<Newest>, most: Engines) -> ByPid<Engines> {
        rows.sort_by(|one, other| one.age.total_cmp(&other.age).then(one.pid.cmp(&other.pid)));
        let mut starts: Vec<usize> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            if starts.last().is_none_or(|start| row.age - rows[*start].age >= SAME) {
                starts.push(at);
            }
        }
        self.learn(length, starts.iter().map(|start| rows[*start].age));
        let mut spent = ByPid::with_room(rows.len());
        let parts = self.parts(length, &rows, &starts);
        // Up to the first sample of a second process all is known.
        let (known, rest) = parts.split_at(parts.len().min(3));
        for part in known {
            let newest: Vec<_> = rows[..part.before].iter().map(|row| (row.pid, row.engines)).collect();
            part.spend(&rows, &newest, most, &mut spent);
        }
        self.remember(length, known, &spent);
        let total = self.shares(self.work.iter().map(|(pid, _)| pid));
        let total: Engines = std::array::from_fn(|engine| sum(&total, engine));
        for part in rest {
            let mut able = self.owed(part.seconds, rows[..part.before].iter().map(|row| row.pid));
            scale(&mut able, |engine, sum| f64::min(total[engine], most[engine]) / sum);
            let mut given = ByPid::with_room(rows.len());
            part.spend(&rows, &able, most, &mut given);
            self.unknown += part.seconds;
            add(&mut self.given, &given);
            add(&mut spent, &given);
        }
        spent.values_mut().flatten().for_each(|spent| *spent /= length);
        spent
    }

    /// Forgets processes that are gone.
    pub(super) fn retain(&mut self, listed: &[u32]) {
        self.work.retain(|pid, _| listed.contains(&pid));
        self.given.retain(|pid, _| listed.contains(&pid));
    }

    /// Learns how far samples are apart: the longest time of which all that lies between two rows is a multiple. One late
    /// row would shorten it for good, so it is begun anew now and then.
    fn learn(&mut self, length: f64, ages: impl Iterator<Item = f64>) {
        self.learned = (self.learned + 1) % ANEW;
        if self.learned == 0 {
            self.period = PERIOD.1;
        }
        let mut last = None;
        for between in ages.filter_map(|age| Some(age - last.replace(age)?)).chain([length]) {
            let (mut long, mut short) = (self.period, between);
            while short >= SAME {
                (long, short) = (short, (long - (long / short).round() * short).abs());
            }
            self.period = long.clamp(PERIOD.0, PERIOD.1);
        }
    }

    /// Each sample, from the newest on, and after each the time before it of which nothing is told.
    fn parts(&self, length: f64, rows: &[Newest], starts: &[usize]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(2 * starts.len());
        for (at, start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(rows.len());
            let next = rows.get(end).map_or(length, |row| row.age.min(length));
            let age = rows[*start].age.min(length);
            let covered = (age + self.period).min(next);
            parts.push(Part { seconds: covered - age, before: *start, own: *start..end });
            parts.push(Part { seconds: next - covered, before: end, own: end..end });
        }
        parts
    }

    fn remember(&mut self, length: f64, known: &[Part], spent: &ByPid<Engines>) {
        let keep = (-length / MEMORY).exp();
        self.known = self.known * keep + known.iter().map(|part| part.seconds).sum::<f64>();
        self.unknown *= keep;
        let all = self.work.values_mut().chain(self.given.values_mut());
        all.flatten().for_each(|percent| *percent *= keep);
        add(&mut self.work, spent);
    }

    /// What each of these has to get in `seconds` of which nothing is told, so that all such time until now is divided by
    /// the shares that are known now: those of the first stretches were little better than a guess.
    fn owed(&self, seconds: f64, pids: impl Iterator<Item = u32>) -> Vec<(u32, Engines)> {
        let mut owed = self.shares(pids);
        let shares = owed.clone();
        for (pid, engines) in &mut owed {
            let given = self.given.get(*pid).copied().unwrap_or_default();
            for (share, given) in engines.iter_mut().zip(given) {
                *share = (*share * (self.unknown + seconds) - given).max(0.0);
            }
        }
        for engine in (0..3).filter(|engine| sum(&owed, *engine) <= 0.0).collect::<Vec<_>>() {
            owed.iter_mut().zip(&shares).for_each(|(owed, share)| owed.1[engine] = share.1[engine]);
        }
        owed
    }

    fn shares(&self, pids: impl Iterator<Item = u32>) -> Vec<(u32, Engines)> {
        let share = |work: &Engines| work.map(|work| if self.known > 0.0 { work / self.known } else { 0.0 });
        pids.map(|pid| (pid, self.work.get(pid).map_or([0.0; 3], share))).collect()
    }
}

/// A part of a stretch.
#[derive(Debug)]
struct Part {
    seconds: f64,
    /// The rows before this one are of processes that may have worked then.
    before: usize,
    /// Those that tell what was done then.
    own: Range<usize>,
}

impl Part {
    /// Adds up who worked in this part: what its own rows say, and in what room they leave those who may have, too.
    fn spend(&self, rows: &[Newest], able: &[(u32, Engines)], most: Engines, spent: &mut ByPid<Engines>) {
        let own: Vec<_> = rows[self.own.clone()].iter().map(|row| (row.pid, row.engines)).collect();
        let mut able = able.to_vec();
        if !own.is_empty() {
            scale(&mut able, |engine, all| ((most[engine] - sum(&own, engine)).max(0.0) / all).min(1.0));
        }
        for (pid, engines) in own.iter().chain(&able) {
            let spent = spent.entry(*pid, Engines::default);
            spent.iter_mut().zip(engines).for_each(|(spent, percent)| *spent += percent * self.seconds);
        }
    }
}

fn add(all: &mut ByPid<Engines>, more: &ByPid<Engines>) {
    for (pid, more) in more.iter() {
        all.entry(pid, Engines::default).iter_mut().zip(more).for_each(|(all, more)| *all += more);
    }
}

fn sum(all: &[(u32, Engines)], engine: usize) -> f64 {
    all.iter().map(|(_, engines)| engines[engine]).sum()
}

/// Multiplies each engine by what `factor` makes of its sum.
fn scale(all: &mut [(u32, Engines)], factor: impl Fn(usize, f64) -> f64) {
    for engine in 0..3 {
        let sum = sum(all, engine);
        if sum > 0.0 {
            let factor = factor(engine, sum);
            all.iter_mut().for_each(|(_, engines)| engines[engine] *= factor);
        }
    }
}
