//! What is usual, learnt: who uses GPUs, how often, and at what hours of the local day. Pure.
//!
//! An observation is one hour of the clock in which a user's identity was seen at work. Old observations count less: half
//! after [`HALF_LIFE`]. An identity is *new* where next to nothing of it is left, and its hour is *odd* where it is well
//! known and was never there in that hour nor in the ones beside it; only the beginning of a use can be odd, because work
//! that takes longer than usual is no news. What alarms is not learnt until a person accepts it, or a miner that stays
//! for a week would become usual. Deliberately not here: what counts as work (`unexpected`), what a person declared
//! (`expect`), and where it is kept (`store`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::stranger::normalised;
use crate::model::baseline::{BaselineRow, Learning};
use crate::untrusted::Untrusted;

const DAY: i64 = 86_400;

/// Days after which an observation counts half.
const HALF_LIFE: f64 = 90.0;

/// Below this count an identity is new: it was seen once, more than a year ago.
const NEW: f64 = 0.05;

/// An identity that is known for so long, and by so many observations on so many days, has habits.
const KNOWN: i64 = 28 * DAY;
const ENOUGH: f64 = 10.0;
const ENOUGH_DAYS: u32 = 5;

/// Below this count an hour and the ones beside it are odd.
const ODD: f64 = 0.5;

/// An identity that came to an hour for the first time more often than this, as a part of its observations, has no odd
/// hours.
const REGULAR: f64 = 0.05;

/// So many identities are remembered; a user could make up new ones for ever.
const MOST: usize = 4096;

/// Whose use it is: a key without versions, and a user.
pub type Who = (Untrusted, Option<u32>);

/// A moment in the local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// Unix seconds.
    pub ts: i64,
    /// Number of the local day; only differences mean something.
    pub day: i64,
    /// Minute of the local day.
    pub minute: u16,
}

impl Local {
    /// The local time of a moment.
    pub fn at(ts: i64, zone: &TimeZone) -> Local {
        let offset = Timestamp::from_second(ts).map_or(0, |moment| zone.to_offset(moment).seconds());
        let local = ts.saturating_add(offset.into());
        Local { ts, day: local.div_euclid(86_400), minute: (local.rem_euclid(86_400) / 60) as u16 }
    }

    fn hour(self) -> usize {
        usize::from(self.minute / 60) % 24
    }
}

/// How usual a use is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As always.
    Usual,
    /// Nothing is known of it.
    New,
    /// It is well known, at other hours.
    OddHour,
}

/// What is said of a use that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// How usual it is.
    pub verdict: Verdict,
    /// Whether that is news: what nobody has answered is told again on the second day, the fourth, the eighth and so on,
    /// and an odd hour not at all.
    pub told: bool,
}

/// Everything that was learnt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    rows: BTreeMap<Who, BaselineRow>,
    /// Unix seconds of the first observation of all.
    began: Option<i64>,
    /// Whether a person has ended the learning before its time.
    trusted: bool,
    changed: BTreeSet<Who>,
}

/// Whose use it is, by the key and name that a sensor gave.
pub fn who(key: &Untrusted, label: &Untrusted, uid: Option<u32>) -> Who {
    (normalised(key, label), uid)
}

/// A count as it is `seconds` later.
fn decayed(count: f64, seconds: i64) -> f64 {
    // A clock that was set back makes nothing grow.
    count * (-(seconds.max(0) as f64) / (HALF_LIFE * DAY as f64)).exp2()
}

impl Baseline {
    /// As it was kept. `began` and `trusted` are what [`Baseline::began`] and [`Baseline::trusted`] told.
    pub fn restored(rows: Vec<BaselineRow>, began: Option<i64>, trusted: bool) -> Baseline {
        let rows: BTreeMap<Who, BaselineRow> = rows.into_iter().map(|row| ((row.key.clone(), row.uid), row)).collect();
        let began = began.or_else(|| rows.values().map(|row| row.first).min());
        Baseline { rows, began, trusted, changed: BTreeSet::new() }
    }

    /// Unix seconds since when it learns.
    pub fn began(&self) -> Option<i64> {
        self.began
    }

    /// Whether a person has said that all that was seen is expected.
    pub fn trusted(&self) -> bool {
        self.trusted
    }

    /// Whether too little is known yet for an alarm.
    pub fn is_learning(&self, at: Local, learning: &Learning) -> bool {
        let learn = i64::try_from(learning.learn.as_secs()).unwrap_or(i64::MAX);
        !self.trusted && self.began.is_none_or(|began| at.ts.saturating_sub(began) < learn)
    }

    /// Everything that is known.
    pub fn rows(&self) -> impl Iterator<Item = &BaselineRow> {
        self.rows.values()
    }

    /// The rows that have changed since the last call; one with 0 days is to be removed.
    pub fn take_changes(&mut self) -> Vec<BaselineRow> {
        let gone = |(key, uid): &Who| BaselineRow { days: 0, ..blank(key.clone(), *uid, &Untrusted::default(), 0) };
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|who| self.rows.get(&who).cloned().unwrap_or_else(|| gone(&who)))
            .collect()
    }

    /// Everything counts as changed.
    pub fn retell(&mut self) {
        self.changed = self.rows.keys().cloned().collect();
    }

    /// How usual it is that this use begins now.
    pub fn judge(&self, who: &Who, at: Local) -> Verdict {
        let Some(row) = self.rows.get(who) else { return Verdict::New };
        let passed = at.ts.saturating_sub(row.updated);
        let count = decayed(row.count, passed);
        if count < NEW {
            return Verdict::New;
        }
        let habits = at.ts.saturating_sub(row.first) >= KNOWN && count >= ENOUGH && row.days >= ENOUGH_DAYS;
        if !habits || decayed(window(row, at.hour()), passed) >= ODD {
            return Verdict::Usual;
        }
        // As many as came once to an hour will come to yet another one (Good and Turing's estimate).
        let once: f64 = (0..24).filter(|hour| window(row, *hour) <= 1.0).map(|hour| row.hours[hour]).sum();
        if once <= REGULAR * row.count { Verdict::OddHour } else { Verdict::Usual }
    }

    /// A use begins. While learning, everything is learnt, and only an identity that is seen for the first time is told
    /// of; later, what is not usual is not learnt.
    pub fn begin(&mut self, who: &Who, label: &Untrusted, at: Local, learning: &Learning) -> Beginning {
        let early = self.is_learning(at, learning) || !learning.report;
        let verdict = match self.judge(who, at) {
            Verdict::OddHour if early => Verdict::Usual,
            verdict => verdict,
        };
        let (alarmed, last_day) = self.rows.get(who).map_or((0, None), |row| (row.alarmed, Some(row.last_day)));
        self.note(who, label, at, verdict != Verdict::Usual && !early);
        let days = self.rows.get(who).map_or(0, |row| row.days);
        let told = match verdict {
            Verdict::Usual => false,
            Verdict::New => alarmed == 0 || (last_day.is_some_and(|last| at.day > last) && days.is_power_of_two()),
            Verdict::OddHour => (at.hour() + 23..).take(3).all(|hour| alarmed & (1 << (hour % 24)) == 0),
        };
        Beginning { verdict, told }
    }

    /// A use that has begun goes on into another hour, or does what was declared; `alarmed`: it is not to be learnt.
    pub fn note(&mut self, who: &Who, label: &Untrusted, at: Local, alarmed: bool) {
        self.began.get_or_insert(at.ts);
        if self.rows.len() >= MOST && !self.rows.contains_key(who) {
            self.forget_least(at.ts);
        }
        let row = self.rows.entry(who.clone()).or_insert_with(|| blank(who.0.clone(), who.1, label, at.ts));
        row.label = label.clone();
        if row.days == 0 || at.day > row.last_day {
            row.days = row.days.saturating_add(1);
            row.last_day = at.day;
        }
        if alarmed {
            row.alarmed |= 1 << at.hour();
        } else {
            learn(row, at.hour(), at.ts);
        }
        self.changed.insert(who.clone());
    }

    /// A person says that what alarmed of an identity is expected, of one user or of all of them. Gives how many rows
    /// that was.
    pub fn accept(&mut self, key: &Untrusted, uid: Option<u32>, ts: i64) -> usize {
        self.accept_where(ts, |row| row.key == *key && (uid.is_none() || row.uid == uid))
    }

    /// A person says that everything that was seen so far is expected, and ends the learning.
    pub fn trust_all(&mut self, ts: i64) -> usize {
        self.trusted = true;
        self.began.get_or_insert(ts);
        self.accept_where(ts, |_| true)
    }

    fn accept_where(&mut self, ts: i64, wanted: impl Fn(&BaselineRow) -> bool) -> usize {
        let mut accepted = 0;
        for (who, row) in self.rows.iter_mut().filter(|(_, row)| row.alarmed != 0 && wanted(row)) {
            let hours = std::mem::take(&mut row.alarmed);
            for hour in (0..24).filter(|hour| hours & (1 << hour) != 0) {
                learn(row, hour, ts);
            }
            self.changed.insert(who.clone());
            accepted += 1;
        }
        accepted
    }

    /// A person says that what was learnt of one user's identity is not to count: it is new when it comes again. Says
    /// whether anything was known of it.
    pub fn forget(&mut self, who: &Who) -> bool {
        let known = self.rows.remove(who).is_some();
        if known {
            self.changed.insert(who.clone());
        }
        known
    }

    fn forget_least(&mut self, ts: i64) {
        let worth = |row: &BaselineRow| decayed(row.count, ts.saturating_sub(row.updated));
        let least =
            self.rows.iter().min_by(|(_, a), (_, b)| worth(a).total_cmp(&worth(b)).then(a.updated.cmp(&b.updated)));
        if let Some(who) = least.map(|(who, _)| who.clone()) {
            self.rows.remove(&who);
            self.changed.insert(who);
        }
    }
}

fn blank(key: Untrusted, uid: Option<u32>, label: &Untrusted, ts: i64) -> BaselineRow {
    BaselineRow {
        key,
        uid,
        label: label.clone(),
        first: ts,
        updated: ts,
        count: 0.0,
        hours: [0.0; 24],
        days: 0,
        last_day: 0,
        alarmed: 0,
    }
}

/// The counts of an hour and of the ones beside it, as of the row's moment.
fn window(row: &BaselineRow, hour: usize) -> f64 {
    [23, 0, 1].into_iter().map(|step| row.hours[(hour + step) % 24]).sum()
}

/// Adds one observation.
fn learn(row: &mut BaselineRow, hour: usize, ts: i64) {
    let passed = ts.saturating_sub(row.updated);
    row.count = decayed(row.count, passed) + 1.0;
    for count in &mut row.hours {
        *count = decayed(*count, passed);
    }
    row.hours[hour] += 1.0;
    row.updated = row.updated.max(ts);
}

#[cfg(test)]
mod tests;
