//! Since when nobody is at this machine: from what the system says of the person's session to one event a change.
//!
//! A person is away while the screen is locked or the session is idle. Where nobody says, that is neither away nor there:
//! an absence that was told is then still the last one that is known, and nothing follows from it for now. Deliberately
//! not here: who is asked (the recorder's `bus` thread), and where events are written (`store`).

use serde_json::{Value, json};

/// What the system says of the person's session, in logind's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// The screen is locked.
    pub is_locked: bool,
    /// Nobody has touched anything for a while.
    pub is_idle: bool,
    /// Unix seconds since when it is idle, where that is told.
    pub idle_since: Option<i64>,
}

/// What shows that somebody is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The screen is locked.
    Locked,
    /// The session is idle.
    Idle,
}

impl Sign {
    /// The sign by its word, which never changes.
    fn word(self) -> &'static str {
        match self {
            Sign::Locked => "locked",
            Sign::Idle => "idle",
        }
    }

    fn of(detail: &Value) -> Option<Sign> {
        let word = detail.get("why")?.as_str()?;
        [Sign::Locked, Sign::Idle].into_iter().find(|sign| sign.word() == word)
    }
}

/// A stretch of time in which nobody was there, as an event tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Unix seconds.
    pub since: i64,
    /// Unix seconds at which somebody was back; `None` where that is not told.
    pub until: Option<i64>,
    /// Of one that is over, [`Sign::Locked`] where the screen was locked at any time in it.
    pub sign: Sign,
    /// Its newest end is the moment of the first look at the session, and came earlier.
    pub is_at_latest: bool,
}

impl Absence {
    /// For how many seconds after the return it is news.
    const NEWS: i64 = 4 * 3600;
    /// For how many seconds a sum over it still grows: a minute is written once it is over.
    const GROWS: i64 = 90;

    /// The second at which somebody was back, while that is news at the second `now`.
    pub fn news(self, now: i64) -> Option<i64> {
        self.until.filter(|until| (*until..until.saturating_add(Absence::NEWS)).contains(&now))
    }

    /// Whether a sum over it that was made at the second `now` is not the last word.
    pub fn grows(self, now: i64) -> bool {
        self.until.is_some_and(|until| (until..until.saturating_add(Absence::GROWS)).contains(&now))
    }

    /// What the details of an event of the kind `presence` say; `None` where they are of a newer Hoofbeat.
    pub fn of(detail: &Value) -> Option<Absence> {
        let second = |key| detail.get(key).and_then(Value::as_i64);
        let (since, until) = match detail.get("state")?.as_str()? {
            "away" => (second("since")?, None),
            "back" => (second("away_since")?, Some(second("since")?)),
            _ => return None,
        };
        let is_at_latest = detail.get("at_latest").and_then(Value::as_bool).unwrap_or(false);
        Some(Absence { since, until, sign: Sign::of(detail)?, is_at_latest })
    }

    fn detail(self) -> Value {
        let why = self.sign.word();
        let mut detail = match self.until {
            None => json!({ "state": "away", "why": why, "since": self.since }),
            Some(until) => json!({ "state": "back", "since": until, "away_since": self.since, "why": why }),
        };
        if self.is_at_latest {
            detail["at_latest"] = true.into();
        }
        detail
    }
}

/// Who is there, as far as it was said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Presence {
    /// The absence that was told last, unless somebody came back since.
    away: Option<Absence>,
    /// When somebody last came back: no absence began before that.
    back: Option<i64>,
    /// Whether it is said how it is now.
    is_known: bool,
}

impl Presence {
    /// Goes on after the last absence that an earlier recorder told.
    pub fn continuing(last: Option<Absence>) -> Presence {
        let back = last.and_then(|last| last.until);
        Presence { away: last.filter(|last| last.until.is_none()), back, is_known: false }
    }

    /// Takes what is said at a Unix second, `None` where nobody says anything; gives the details of the event that follows.
    pub fn step(&mut self, said: Option<Hints>, now: i64) -> Option<Value> {
        let was_known = std::mem::replace(&mut self.is_known, said.is_some());
        let hints = said?;
        let idle = hints.is_idle.then(|| hints.idle_since.map(|since| self.bounded(since, now)));
        match (&mut self.away, hints.is_locked, idle) {
            (None, false, None) => None,
            (None, is_locked, idle) => {
                let told = idle.flatten();
                let since = told.unwrap_or(now);
                // Of two signs the earlier one tells since when.
                let sign = if is_locked && since == now { Sign::Locked } else { Sign::Idle };
                let is_at_latest = !was_known && told.is_none();
                let absence = Absence { since, until: None, sign, is_at_latest };
                self.away = Some(Absence { sign: if is_locked { Sign::Locked } else { sign }, ..absence });
                Some(absence.detail())
            }
            (Some(away), false, None) => {
                let since = away.since.min(now);
                let over = Absence { since, until: Some(now), sign: away.sign, is_at_latest: !was_known };
                *self = Presence { away: None, back: Some(now), is_known: true };
                Some(over.detail())
            }
            (Some(away), is_locked, idle) => {
                away.since = idle.flatten().map_or(away.since, |since| since.min(away.since));
                if is_locked {
                    away.sign = Sign::Locked;
                }
                None
            }
        }
    }

    /// The Unix second since when nobody is there; `None` where somebody is, and where nobody says.
    pub fn is_away_since(&self) -> Option<i64> {
        self.away.filter(|_| self.is_known).map(|away| away.since)
    }

    /// A beginning that may be one: a clock that was set, and a session that counts from its start, name others.
    fn bounded(&self, since: i64, now: i64) -> i64 {
        self.back.map_or(since, |back| since.max(back)).min(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: Option<Hints> = Some(Hints { is_locked: false, is_idle: false, idle_since: None });
    const LOCKED: Option<Hints> = Some(Hints { is_locked: true, is_idle: false, idle_since: None });
    const UNKNOWN: Option<Hints> = None;

    fn idle(since: i64) -> Option<Hints> {
        Some(Hints { is_locked: false, is_idle: true, idle_since: Some(since) })
    }

    fn both(since: i64) -> Option<Hints> {
        Some(Hints { is_locked: true, ..idle(since).unwrap() })
    }

    /// Tells these one after the other, each at its second; gives the events with theirs.
    fn told(presence: &mut Presence, said: &[(i64, Option<Hints>)]) -> Vec<(i64, Value)> {
        said.iter().filter_map(|(now, said)| Some((*now, presence.step(*said, *now)?))).collect()
    }

    #[track_caller]
    fn check(said: &[(i64, Option<Hints>)], expected: &[(i64, Value)]) {
        assert_eq!(told(&mut Presence::default(), said), expected);
    }

    fn away(why: &str, since: i64) -> Value {
        json!({ "state": "away", "why": why, "since": since })
    }

    fn back(away_since: i64, since: i64, why: &str) -> Value {
        json!({ "state": "back", "since": since, "away_since": away_since, "why": why })
    }

    #[test]
    fn each_change_is_told_once() {
        check(&[], &[]);
        check(&[(10, UNKNOWN), (20, THERE), (30, THERE)], &[]);
        check(
            &[(10, THERE), (20, LOCKED), (30, LOCKED), (40, THERE), (50, THERE)],
            &[(20, away("locked", 20)), (40, back(20, 40, "locked"))],
        );
        check(
            &[(10, THERE), (400, idle(100)), (500, THERE)],
            &[(400, away("idle", 100)), (500, back(100, 500, "idle"))],
        );
        check(
            &[(10, THERE), (20, idle(15)), (30, THERE), (40, idle(35))],
            &[(20, away("idle", 15)), (30, back(15, 30, "idle")), (40, away("idle", 35))],
        );
    }

    #[test]
    fn idle_and_locked_are_one_absence_that_begins_with_the_earlier() {
        check(
            &[(10, THERE), (400, idle(100)), (420, both(100)), (500, LOCKED), (510, THERE)],
            &[(400, away("idle", 100)), (510, back(100, 510, "locked"))],
        );
        check(
            &[(10, THERE), (20, LOCKED), (320, both(20)), (400, LOCKED), (500, THERE)],
            &[(20, away("locked", 20)), (500, back(20, 500, "locked"))],
        );
        // The screen locks itself, and only then it is said since when nobody touched it.
        check(
            &[(10, THERE), (400, LOCKED), (401, both(100)), (500, THERE)],
            &[(400, away("locked", 400)), (500, back(100, 500, "locked"))],
        );
        check(
            &[(10, THERE), (400, both(100)), (500, THERE)],
            &[(400, away("idle", 100)), (500, back(100, 500, "locked"))],
        );
        // Unlocked, and nobody touches anything.
        check(
            &[(10, THERE), (20, both(20)), (30, idle(20)), (40, THERE)],
            &[(20, away("locked", 20)), (40, back(20, 40, "locked"))],
        );
    }

    #[test]
    fn what_was_there_at_the_first_look_began_earlier() {
        let found = |mut detail: Value| {
            detail["at_latest"] = true.into();
            detail
        };
        check(&[(10, LOCKED)], &[(10, found(away("locked", 10)))]);
        check(&[(10, idle(5))], &[(10, away("idle", 5))]);
        check(&[(10, Some(Hints { is_idle: true, ..Hints::default() }))], &[(10, found(away("idle", 10)))]);
        check(
            &[(10, THERE), (20, LOCKED), (30, UNKNOWN), (40, THERE), (50, UNKNOWN), (60, LOCKED)],
            &[(20, away("locked", 20)), (40, found(back(20, 40, "locked"))), (60, found(away("locked", 60)))],
        );
    }

    #[test]
    fn a_silence_ends_no_absence_and_nobody_is_away_in_it() {
        let mut presence = Presence::default();
        assert_eq!(presence.is_away_since(), None);
        let events = told(&mut presence, &[(10, THERE), (20, LOCKED)]);
        assert_eq!((events.len(), presence.is_away_since()), (1, Some(20)));
        assert_eq!((presence.step(UNKNOWN, 30), presence.is_away_since()), (None, None));
        assert_eq!((presence.step(LOCKED, 40), presence.is_away_since()), (None, Some(20)));
        assert_eq!((presence.step(THERE, 50), presence.is_away_since()), (Some(back(20, 50, "locked")), None));
    }

    #[test]
    fn a_recorder_goes_on_where_the_one_before_it_ended() {
        #[track_caller]
        fn check(last: Value, now: Option<Hints>, expected: Option<Value>, since: Option<i64>) {
            let last = Absence::of(&last);
            assert!(last.is_some());
            let mut presence = Presence::continuing(last);
            assert_eq!(presence.is_away_since(), None, "nobody has said how it is now");
            assert_eq!((presence.step(now, 100), presence.is_away_since()), (expected, since));
        }
        let at_latest = |mut detail: Value| {
            detail["at_latest"] = true.into();
            Some(detail)
        };
        check(away("locked", 20), LOCKED, None, Some(20));
        check(away("idle", 20), idle(20), None, Some(20));
        check(away("idle", 20), THERE, at_latest(back(20, 100, "idle")), None);
        check(away("idle", 20), UNKNOWN, None, None);
        check(back(20, 50, "locked"), THERE, None, None);
        check(back(20, 50, "locked"), LOCKED, at_latest(away("locked", 100)), Some(100));
        // An absence does not begin before the one before it ended, and not in the future.
        check(back(20, 50, "locked"), idle(30), Some(away("idle", 50)), Some(50));
        check(back(20, 50, "locked"), idle(900), Some(away("idle", 100)), Some(100));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_absence_that_ends_before_it_begins() {
        check(
            &[(10, THERE), (2000, LOCKED), (1000, THERE)],
            &[(2000, away("locked", 2000)), (1000, back(1000, 1000, "locked"))],
        );
    }

    #[test]
    fn what_an_event_says_is_read_back() {
        let absence = |until, is_at_latest| Absence { since: 20, until, sign: Sign::Idle, is_at_latest };
        for one in [absence(None, false), absence(None, true), absence(Some(50), false), absence(Some(50), true)] {
            assert_eq!(Absence::of(&one.detail()), Some(one));
        }
        for strange in [
            json!({}),
            json!([]),
            json!({ "state": "asleep", "since": 1, "why": "idle" }),
            json!({ "state": "away", "since": 1, "why": "bored" }),
            json!({ "state": "away", "since": "noon", "why": "idle" }),
            json!({ "state": "back", "since": 1, "why": "idle" }),
        ] {
            assert_eq!(Absence::of(&strange), None, "{strange}");
        }
    }

    #[test]
    fn news_grow_old() {
        #[track_caller]
        fn check(until: Option<i64>, now: i64, expected: (bool, bool)) {
            let absence = Absence { since: 100, until, sign: Sign::Idle, is_at_latest: false };
            assert_eq!((absence.news(now).is_some(), absence.grows(now)), expected);
        }
        check(None, 200, (false, false));
        check(Some(200), 199, (false, false));
        check(Some(200), 200, (true, true));
        check(Some(200), 290, (true, false));
        check(Some(200), 200 + 4 * 3600 - 1, (true, false));
        check(Some(200), 200 + 4 * 3600, (false, false));
    }
}
