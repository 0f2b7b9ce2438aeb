//! When to let go of idle GPUs, so that they may sleep.
//!
//! A driver keeps a GPU powered as long as somebody holds it open or keeps asking (facts: in coarse runtime power
//! management until the last close; in fine-grained one an idle check runs every 5 s, which short ticks always hit). So
//! once every GPU that may sleep has been idle for a while the driver's library is closed, and only the kernel's view is
//! watched. A GPU that stays awake all the same is looked at now and then, more and more seldom. Pure: the clock is
//! passed in. Deliberately not here: reading that view, and the library.

use std::time::Duration;

/// Idle for this long, a GPU is let go.
const IDLE: Duration = Duration::from_secs(10);
/// A GPU that was let go and is still awake is looked at again after these times; the last one goes on.
const LOOKS: &[Duration] = &[Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(900)];

/// What may be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// Read every GPU that is awake.
    Read,
    /// Keep off: the GPUs were idle and are to fall asleep.
    KeepOff,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Since when everything was idle.
    idle_since: Option<Duration>,
    /// Since when the library is closed for that reason, and how many looks were taken since.
    let_go: Option<(Duration, usize)>,
}

impl Rest {
    /// What may be done at `now`, when `awake` says whether any GPU that may sleep is awake. A GPU that slept and woke
    /// is somebody's doing, and is read at once.
    pub(super) fn leave(&mut self, now: Duration, awake: bool) -> Leave {
        if !awake {
            *self = Rest::default();
            return Leave::Read;
        }
        match self.let_go {
            Some((since, looks)) => {
                let wait = LOOKS[looks.min(LOOKS.len() - 1)];
                if now.saturating_sub(since) < wait { Leave::KeepOff } else { Leave::Read }
            }
            None => Leave::Read,
        }
    }

    /// Takes in whether every GPU that may sleep was idle when it was read at `now`; says whether to close the library.
    pub(super) fn read(&mut self, now: Duration, idle: bool) -> bool {
        if !idle {
            *self = Rest::default();
            return false;
        }
        if let Some((since, looks)) = &mut self.let_go {
            // One look was enough.
            (*since, *looks) = (now, *looks + 1);
            return true;
        }
        let since = *self.idle_since.get_or_insert(now);
        let let_go = now.saturating_sub(since) >= IDLE;
        if let_go {
            self.let_go = Some((now, 0));
        }
        let_go
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The seconds of `range` at which the GPU is read, when it is idle all the time and stays awake.
    fn reads(rest: &mut Rest, range: std::ops::Range<u64>) -> Vec<u64> {
        range
            .filter(|second| {
                let read = rest.leave(at(*second), true) == Leave::Read;
                if read {
                    rest.read(at(*second), true);
                }
                read
            })
            .collect()
    }

    #[test]
    fn an_idle_gpu_is_let_go_after_ten_seconds_and_looked_at_ever_more_seldom() {
        let mut rest = Rest::default();
        let first: Vec<u64> = (0..=10).collect();
        assert_eq!(reads(&mut rest, 0..60), first);
        assert_eq!(reads(&mut rest, 60..3600), [70, 370, 1270, 2170, 3070]);
    }

    #[test]
    fn sleep_and_work_begin_everything_anew() {
        let mut rest = Rest::default();
        reads(&mut rest, 0..60);
        assert_eq!(rest.leave(at(60), false), Leave::Read, "there is nothing to keep off");
        assert_eq!(reads(&mut rest, 61..100), (61..=71).collect::<Vec<_>>(), "somebody woke it");
        assert_eq!(rest.leave(at(131), true), Leave::Read);
        assert!(!rest.read(at(131), false), "it works");
        assert_eq!(reads(&mut rest, 132..200), (132..=142).collect::<Vec<_>>());
    }
}
