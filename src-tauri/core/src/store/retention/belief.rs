//! Which time recording has confirmed, so that a wrong clock erases as little history as can be.
//!
//! A machine that comes back says only "it is later now", and nothing tells a holiday from a clock that went wrong
//! meanwhile. So a leap of more than a day is believed once a day's worth of samples was recorded after it; until then
//! ages are reckoned by the time that was believed before, under which history goes on to age. What counts is
//! recorded time: a computer of the weekend confirms a week's break within two weekends, though it never runs for a day,
//! and breaks reset nothing, or history would never age on it.
//!
//! A time that fits what is believed proves a leap wrong that was not confirmed yet. Time far behind does not: a machine
//! whose battery is dead begins each day in 1970 until the network knows better. It is believed after a day of samples,
//! too, so that a wrong time far ahead, once believed, does not stay so. Where the wall clock itself is behind, it alone
//! counts: too early a time deletes too little, which the size cap makes good.

use rusqlite::Connection;

use super::DAY;
use crate::store::error::StoreError;
use crate::store::{chunk, meta};

/// The newest chunk that was looked at.
const CHUNK: &str = "retention_chunk";
const CLOCK: &str = "retention_clock";
const AHEAD: &str = "retention_ahead";
const BEHIND: &str = "retention_behind";

/// What is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Belief {
    /// The newest second that recording has confirmed.
    clock: i64,
    /// Seconds recorded at times more than a day after it, and before it.
    ahead: i64,
    behind: i64,
}

impl Belief {
    const fn at(clock: i64) -> Belief {
        Belief { clock, ahead: 0, behind: 0 }
    }

    /// Takes in that `seconds` were recorded up to the second `until`.
    fn after(mut self, until: i64, seconds: i64) -> Belief {
        if until > self.clock + DAY {
            self.ahead += seconds;
            if self.ahead < DAY { self } else { Belief::at(until) }
        } else if until < self.clock - DAY {
            self.behind += seconds;
            if self.behind < DAY { self } else { Belief::at(until) }
        } else {
            Belief::at(until.max(self.clock))
        }
    }

    /// The second by which ages are reckoned when the wall clock says `now`.
    fn now(self, now: i64) -> i64 {
        if now > self.clock + DAY { self.clock } else { now }
    }
}

/// Takes in what was sealed since the last time, and gives the second by which ages are reckoned.
pub(super) fn update(db: &Connection, now: i64) -> Result<i64, StoreError> {
    let seen = meta::get(db, CHUNK)?.unwrap_or(0);
    let recorded = chunk::recorded_after(db, seen)?;
    let known = match meta::get(db, CLOCK)? {
        Some(clock) => Some(Belief {
            clock,
            ahead: meta::get(db, AHEAD)?.unwrap_or(0),
            behind: meta::get(db, BEHIND)?.unwrap_or(0),
        }),
        None => recorded.first().map(|first| Belief::at(first.until)),
    };
    let Some(known) = known else { return Ok(now) };
    let belief = recorded.iter().fold(known, |belief, hour| belief.after(hour.until, hour.seconds));
    let newest = recorded.iter().map(|hour| hour.chunk_id).max().unwrap_or(seen);
    for (key, value) in [(CHUNK, newest), (CLOCK, belief.clock), (AHEAD, belief.ahead), (BEHIND, belief.behind)] {
        meta::set(db, key, value)?;
    }
    Ok(belief.now(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const START: i64 = 1_795_000_000;

    /// Records `hours` whole hours from `from` on.
    fn record(belief: Belief, from: i64, hours: i64) -> Belief {
        (1..=hours).fold(belief, |belief, hour| belief.after(from + hour * HOUR, HOUR))
    }

    #[test]
    fn a_leap_ahead_is_believed_after_a_day_of_samples() {
        let far = START + 3650 * DAY;
        let belief = record(Belief::at(START), far, 23);
        assert_eq!((belief.clock, belief.now(far + 23 * HOUR)), (START, START));
        // What fits the old time proves the new one wrong.
        let right = record(belief, START, 1);
        assert_eq!(right, Belief::at(START + HOUR));
        assert_eq!(record(right, far, 23).clock, right.clock);
        // In two pieces it is a day all the same.
        let belief = record(belief, far + 40 * DAY, 1);
        assert_eq!(belief, Belief::at(far + 40 * DAY + HOUR));
        assert_eq!(belief.now(far + 41 * DAY), far + 41 * DAY);
    }

    #[test]
    fn moments_of_1970_neither_delay_nor_prove_anything() {
        let mut belief = Belief::at(START);
        for weekend in 1..=3 {
            let saturday = START + weekend * 7 * DAY;
            belief = record(belief.after(10, 10), saturday, 9);
        }
        assert_eq!(belief.clock, START + 21 * DAY + 6 * HOUR + 3 * HOUR);
        assert_eq!(belief.now(100), 100);
    }

    #[test]
    fn a_wrong_time_that_was_believed_does_not_stay_so() {
        let far = START + 3650 * DAY;
        let belief = record(Belief::at(START), far, 30);
        assert_eq!(belief.now(START), START);
        let belief = record(belief, START, 24);
        assert_eq!(belief, Belief::at(START + DAY));
        assert_eq!(record(belief, far, 23).clock, START + DAY);
    }
}
