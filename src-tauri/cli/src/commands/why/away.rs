//! Which stretch `why --away` is about: since when nobody is there, or from when to when nobody was.
//!
//! The recorder hears when people leave and come back; where none did, logind is asked what it still knows, and otherwise
//! the last look at a face counts. Deliberately not here: what the GPUs did then (`why`).

use hoofbeat_core::api::Face;
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::why::presence::{Absence, Sign};
use jiff::Zoned;

use crate::failure::Failure;
use crate::logind::{self, Away};
use crate::time;

/// A stretch of time, and why it is this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Nobody has been there since, as a recorder heard.
    Left(Absence),
    /// The same, as logind tells.
    Idle(Away),
    /// Nobody was there until this second.
    Over(Absence, i64),
    /// Nobody has looked since this second.
    Unseen(i64),
}

impl Stretch {
    /// The one that counts at the moment `now`.
    pub(super) fn at(face: &Face, now: i64) -> Result<Stretch, Failure> {
        let is_recording = face.status()?.recorder.state == RecorderState::Recording;
        choose(face.last_absence()?, is_recording, logind::away, face.last_look()?, now).ok_or_else(|| {
            Failure::Failed(
                "since when you were away is not known: no recorder heard you leave, logind does not tell, and nobody \
                 looked before; ask with --since 8h"
                    .to_owned(),
            )
        })
    }

    /// Its first second, and the first one after it.
    pub(super) fn ends(self, now: i64) -> (i64, i64) {
        match self {
            Stretch::Left(absence) => (absence.since, now),
            Stretch::Idle(away) => (away.since, now),
            Stretch::Over(absence, until) => (absence.since, until),
            Stretch::Unseen(since) => (since, now),
        }
    }

    /// "Since the screen was locked at 18:02:".
    pub(super) fn words(self, now: &Zoned) -> String {
        let told = |unix| time::moment(unix, now);
        match self {
            Stretch::Left(Absence { since, sign, is_at_latest, .. }) => {
                let what = match sign {
                    Sign::Locked => "the screen was locked",
                    Sign::Idle => "you left this machine",
                };
                let when = told(since);
                if is_at_latest {
                    format!("Since {what}, at {when} at the latest:")
                } else {
                    format!("Since {what} at {when}:")
                }
            }
            Stretch::Idle(Away { since, is_locked: true }) => {
                format!("Since you left the screen, which is locked, at {}:", told(since))
            }
            Stretch::Idle(Away { since, is_locked: false }) => {
                format!("Since you left this machine at {}:", told(since))
            }
            Stretch::Over(Absence { since, sign, is_at_latest, .. }, until) => {
                let what = match sign {
                    Sign::Locked => "screen locked",
                    Sign::Idle => "session idle",
                };
                let until = format!("{}{}", told(until), if is_at_latest { " at the latest" } else { "" });
                format!("While you were away, {} to {until} ({what}):", told(since))
            }
            Stretch::Unseen(since) => format!("Since the last look at {}:", told(since)),
        }
    }
}

fn choose(
    last: Option<Absence>,
    is_recording: bool,
    ask: impl FnOnce() -> Option<Away>,
    looked: Option<i64>,
    now: i64,
) -> Option<Stretch> {
    let looked = looked.filter(|looked| *looked < now);
    let open = last.filter(|last| last.until.is_none()).map(Stretch::Left);
    // Whoever does not record has not heard whether somebody was there meanwhile.
    let left = if is_recording && open.is_some() { open } else { ask().map(Stretch::Idle).or(open) };
    // A look from elsewhere, while nobody is at the screen, is one, too.
    let counts = |left: &Stretch| {
        let (since, until) = left.ends(now);
        since < until && looked.is_none_or(|looked| looked <= since)
    };
    let over = last.and_then(|last| Some((last, last.until?)));
    let is_news = |(last, until): &(Absence, i64)| {
        last.since < *until && *until <= now && looked.is_none_or(|looked| looked < *until)
    };
    left.filter(counts)
        .or_else(|| over.filter(is_news).map(|(last, until)| Stretch::Over(last, until)))
        .or_else(|| looked.map(Stretch::Unseen))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    const NOW: i64 = 1_795_300_000;

    fn absence(since: i64, until: Option<i64>) -> Absence {
        Absence { since, until, sign: Sign::Locked, is_at_latest: false }
    }

    #[test]
    fn what_is_newest_and_surest_counts() {
        #[track_caller]
        fn check(
            last: Option<Absence>,
            is_recording: bool,
            asked: Option<Away>,
            looked: Option<i64>,
            expected: Option<Stretch>,
        ) {
            assert_eq!(choose(last, is_recording, || asked, looked, NOW), expected);
        }
        let idle = |since| Away { since, is_locked: false };
        let (left, back) = (absence(NOW - 900, None), absence(NOW - 900, Some(NOW - 500)));
        check(None, true, None, None, None);
        // Still away: the recorder knows the longer truth, and is believed only while it records.
        check(Some(left), true, Some(idle(NOW - 600)), None, Some(Stretch::Left(left)));
        check(Some(left), false, Some(idle(NOW - 600)), None, Some(Stretch::Idle(idle(NOW - 600))));
        check(Some(left), false, None, None, Some(Stretch::Left(left)));
        check(None, true, Some(idle(NOW - 600)), None, Some(Stretch::Idle(idle(NOW - 600))));
        check(Some(left), true, None, Some(NOW - 1000), Some(Stretch::Left(left)));
        check(Some(left), true, None, Some(NOW - 800), Some(Stretch::Unseen(NOW - 800)));
        // Back, and the look of just now does not count.
        let over = Some(Stretch::Over(back, NOW - 500));
        check(Some(back), true, None, None, over);
        check(Some(back), true, None, Some(NOW), over);
        check(Some(back), true, None, Some(NOW - 700), over);
        check(Some(back), true, None, Some(NOW - 400), Some(Stretch::Unseen(NOW - 400)));
        check(Some(back), false, None, Some(NOW - 1000), over);
        // Away again, and nobody has recorded that.
        check(Some(back), false, Some(idle(NOW - 100)), None, Some(Stretch::Idle(idle(NOW - 100))));
        // A clock that was set back.
        check(Some(absence(NOW + 50, None)), true, None, Some(NOW - 9), Some(Stretch::Unseen(NOW - 9)));
        check(Some(absence(NOW - 50, Some(NOW + 50))), true, None, None, None);
        check(Some(absence(NOW - 50, Some(NOW - 50))), true, None, None, None);
    }

    #[test]
    fn it_is_said_which_one_it_is() {
        let now = time::zoned(NOW, &TimeZone::UTC);
        let idle = |is_at_latest| Absence { sign: Sign::Idle, is_at_latest, ..absence(NOW - 86_400, Some(NOW)) };
        let check = |stretch: Stretch, expected: &str| assert_eq!(stretch.words(&now), expected);
        check(Stretch::Left(absence(NOW - 3600, None)), "Since the screen was locked at 21:26:");
        check(Stretch::Left(idle(false)), "Since you left this machine at 2026-11-20 22:26:");
        check(Stretch::Left(idle(true)), "Since you left this machine, at 2026-11-20 22:26 at the latest:");
        check(
            Stretch::Over(absence(NOW - 3600, Some(NOW)), NOW),
            "While you were away, 21:26 to 22:26 (screen locked):",
        );
        check(
            Stretch::Over(idle(true), NOW),
            "While you were away, 2026-11-20 22:26 to 22:26 at the latest (session idle):",
        );
        check(Stretch::Unseen(NOW - 60), "Since the last look at 22:25:");
    }
}
