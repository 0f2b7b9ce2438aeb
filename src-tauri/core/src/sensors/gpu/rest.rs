//! When an idle GPU is let go, so that it may sleep, and when it is looked at again: after fixed times, and at once when
//! it raises more interrupts than one that is merely kept open does. Pure: clock and counts are passed in.
//!
//! Deliberately not here: whether it sleeps, and whether it may.

use std::time::Duration;

/// Idle for this long, a GPU is let go.
const IDLE: Duration = Duration::from_secs(10);

/// A GPU that was let go and is still awake is looked at again after these times; the last one goes on.
const LOOKS: &[Duration] = &[Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(900)];

/// How long a look may take: where use is a difference of two readings, the first one tells nothing.
const LOOK: Duration = Duration::from_secs(5);

/// So many interrupts a second are worth a look. One that nobody uses raises none but for what its driver and firmware
/// tell each other once in a while, and a window with a blinking cursor has it draw twice a second, with one or two
/// interrupts for each picture. Whoever works has more pieces done than that: the slowest film has 24 pictures a second.
/// The beat of lit screens does not count here, because a GPU with one is never let go.
const STIRRING: f64 = 10.0;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Since when it is idle.
    idle: Option<Duration>,
    /// Since when it is let go, or was last looked at, and how many looks there were.
    let_go: Option<(Duration, usize)>,
    /// Since when it is looked at after that, and whether its interrupts were the reason.
    look: Option<(Duration, bool)>,
    /// How many looks for that reason found it idle. Each doubles the number of interrupts that the next one needs: else
    /// an idle GPU that raises many would be kept awake by our looks.
    mistakes: i32,
}

/// What may be done with a GPU that is awake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It may be read.
    Read,
    /// It may be read once more. It did not fall asleep in this time, where that is long enough to be told.
    Look(Option<Duration>),
    /// It is left alone.
    Leave,
}

impl Rest {
    /// What may be done at `now`. `interrupts` are those a second that it raised lately, where that was counted.
    pub(super) fn turn(&mut self, now: Duration, interrupts: Option<f64>) -> Turn {
        let Some((since, looks)) = self.let_go.filter(|_| self.look.is_none()) else { return Turn::Read };
        let alone = now.saturating_sub(since);
        let stirs = interrupts.is_some_and(|rate| rate > STIRRING * 2_f64.powi(self.mistakes));
        if alone < LOOKS[looks.min(LOOKS.len() - 1)] && !stirs {
            return Turn::Leave;
        }
        self.look = Some((now, stirs));
        Turn::Look(Some(alone).filter(|alone| *alone >= LOOKS[0]))
    }

    /// Takes in what a reading at `now` showed, `None` where it cannot tell; whether the GPU may sleep is asked only where
    /// that decides.
    pub(super) fn saw(&mut self, idle: Option<bool>, now: Duration, can_sleep: impl FnOnce() -> bool) {
        if idle == Some(false) {
            self.start_over();
        } else if let (Some((began, stirred)), Some((_, looks))) = (self.look, self.let_go) {
            if idle.is_some() || now.saturating_sub(began) >= LOOK {
                // The looks that come anyway become seldom by themselves only.
                (self.let_go, self.look) = (Some((now, looks + usize::from(!stirred))), None);
                self.mistakes = self.mistakes.saturating_add(i32::from(stirred));
            }
        } else {
            let since = *self.idle.get_or_insert(now);
            if now.saturating_sub(since) >= IDLE {
                self.idle = Some(now);
                self.let_go = can_sleep().then_some((now, 0));
            }
        }
    }

    pub(super) fn is_let_go(&self) -> bool {
        self.let_go.is_some() && self.look.is_none()
    }

    /// It slept, was woken, works or must stay awake: what was learned about it is over.
    pub(super) fn start_over(&mut self) {
        *self = Rest::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds of `range` at which a GPU that shows this and stays awake is read.
    fn reads(rest: &mut Rest, range: std::ops::Range<u64>, idle: Option<bool>, can_sleep: bool) -> Vec<u64> {
        let at = Duration::from_secs;
        range
            .filter(|second| {
                let read = rest.turn(at(*second), None) != Turn::Leave;
                if read {
                    rest.saw(idle, at(*second), || can_sleep);
                }
                read
            })
            .collect()
    }

    #[test]
    fn an_idle_gpu_is_let_go_after_ten_seconds_and_looked_at_ever_more_seldom() {
        let mut rest = Rest::default();
        assert_eq!(reads(&mut rest, 0..60, Some(true), true), (0..=10).collect::<Vec<_>>());
        assert_eq!(reads(&mut rest, 60..3600, Some(true), true), [70, 370, 1270, 2170, 3070]);
        assert_eq!(rest.turn(Duration::from_secs(4000), None), Turn::Look(Some(Duration::from_secs(930))));
        assert_eq!(rest.turn(Duration::from_secs(4001), None), Turn::Read, "a look lasts until it showed something");
    }

    #[test]
    fn a_look_lasts_until_it_can_tell_and_not_for_ever() {
        let mut rest = Rest::default();
        assert_eq!(reads(&mut rest, 0..60, None, true), (0..=10).collect::<Vec<_>>());
        assert_eq!(reads(&mut rest, 60..72, None, true), [70, 71]);
        assert_eq!(reads(&mut rest, 72..400, Some(true), true), [72, 372]);
        assert_eq!(reads(&mut rest, 1272..1300, None, true), (1272..=1277).collect::<Vec<_>>());
    }

    #[test]
    fn work_begins_everything_anew() {
        let mut rest = Rest::default();
        reads(&mut rest, 0..70, Some(true), true);
        assert_eq!(reads(&mut rest, 70..300, Some(false), true), (70..300).collect::<Vec<_>>());
        assert_eq!(reads(&mut rest, 300..360, Some(true), true), (300..=310).collect::<Vec<_>>());
    }

    #[test]
    fn many_interrupts_are_a_reason_to_look_and_each_mistake_doubles_what_many_is() {
        let at = Duration::from_secs;
        let mut rest = Rest::default();
        reads(&mut rest, 0..20, Some(true), true);
        assert_eq!(rest.turn(at(20), Some(10.0)), Turn::Leave);
        assert_eq!(rest.turn(at(21), Some(11.0)), Turn::Look(None), "too early to say that it does not sleep");
        rest.saw(Some(true), at(21), || true);
        assert_eq!(rest.turn(at(26), Some(20.0)), Turn::Leave);
        assert_eq!(rest.turn(at(31), Some(21.0)), Turn::Look(None));
        rest.saw(Some(true), at(31), || true);
        assert_eq!(rest.turn(at(36), Some(21.0)), Turn::Leave);
        assert_eq!(rest.turn(at(91), None), Turn::Look(Some(at(60))), "the others come as if these had not been");
        rest.saw(Some(true), at(91), || true);
        assert_eq!(rest.turn(at(100), Some(39.0)), Turn::Leave, "what a look without a reason finds changes nothing");
        assert_eq!(rest.turn(at(105), Some(41.0)), Turn::Look(None));
        rest.saw(Some(false), at(105), || true);
        reads(&mut rest, 106..120, Some(true), true);
        assert_eq!(rest.turn(at(121), Some(11.0)), Turn::Look(None), "it worked: what was learned is over");
    }

    #[test]
    fn a_gpu_that_must_stay_awake_is_never_let_go() {
        assert_eq!(reads(&mut Rest::default(), 0..100, Some(true), false).len(), 100);
    }
}
