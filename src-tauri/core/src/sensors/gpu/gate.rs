//! Whether a GPU may be read now. One rule for the GPUs of all vendors:
//!
//! - It is read only while its `power/runtime_status` is `active`, or where there is no such file or `unsupported` in it:
//!   then nothing puts it to sleep. The moments of falling asleep and waking up are left alone like sleep itself, and so
//!   is a card whose `power_state` is D3.
//! - Reading one that is awake keeps it so: drivers count each reading as use, and NVIDIA's keep a GPU powered as long as
//!   their library has it open. So a GPU that may sleep (`power/control` is `auto`, and no screen on it is lit) and was
//!   idle for 10 s is let go: nothing is read but what the kernel has in memory. A GPU of which nothing tells whether it
//!   works counts as idle, because never to be the cause comes first.
//! - One that is still awake after 60 s is kept so by somebody else. It is looked at once, after 5 minutes once more, and
//!   then every 15 minutes; where a look shows work, it is read as before.
//! - Whoever holds it may begin to work in between. So its interrupts, which the kernel counts, are looked at every 5 s,
//!   and many of them are a reason to look at it at once (`interrupts`, `rest`).
//! - All that starts over when it slept, when somebody woke it, also in between two ticks, and when it must stay awake.
//!
//! Deliberately not here: what idle is, which the sensor that reads the GPU tells, and who woke it (`ledger`).

use std::time::Duration;

use super::cards::Card;
use super::interrupts::{Interrupts, Meter};
use super::ledger::{Happening, Ledger};
use super::power::{Power, State};
use super::rest::{Rest, Turn};
use crate::model::Health;
use crate::sensors::Roots;
use crate::sensors::input::Buffer;

/// What is said of a GPU that was let go. Of one that sleeps its health is said, which is the word for it. It stands in the
/// database in English: by it `why` and the pages tell one from the other, and who shows it says it (`language`).
pub const LET_GO: &str = "idle, letting it sleep";

/// How often is asked whether a GPU that was let go may still sleep: a screen may be plugged in.
const CHECK: Duration = Duration::from_secs(10);

/// The answer of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Reading it wakes nothing.
    Read,
    /// It must not be touched: the condition of its source.
    Leave(Health, String),
}

/// Guards one GPU.
#[derive(Debug)]
pub(crate) struct Gate {
    power: Power,
    rest: Rest,
    meter: Meter,
    ledger: Ledger,
    checked: Option<Duration>,
    /// Its driver says that it never sleeps.
    stays_awake: bool,
    is_asleep: bool,
    is_unmanaged: bool,
}

impl Gate {
    /// The gate of a card.
    pub(crate) fn new(roots: &Roots, card: &Card) -> Gate {
        Gate {
            power: Power::new(roots, card),
            rest: Rest::default(),
            meter: Meter::new(card),
            ledger: Ledger::default(),
            checked: None,
            stays_awake: false,
            is_asleep: false,
            is_unmanaged: false,
        }
    }

    /// Whether the GPU may be read at `now` (boot time). To be asked before each reading.
    pub(crate) fn ask(&mut self, now: Duration, interrupts: &mut Interrupts, buffer: &mut Buffer) -> Answer {
        let state = self.power.state(buffer);
        let times = self.power.times(&state, buffer);
        let slept_meanwhile = self.ledger.see(&state, times, now);
        self.is_asleep = matches!(state, State::Asleep | State::Changing);
        self.is_unmanaged = state == State::Unmanaged;
        match state {
            State::Unmanaged => {
                self.rest.start_over();
                Answer::Read
            }
            State::Awake => {
                if slept_meanwhile || self.rest.is_let_go() && self.must_stay_awake(now) {
                    self.rest.start_over();
                }
                let is_let_go = self.rest.is_let_go();
                let rate = is_let_go.then(|| self.meter.rate(interrupts, now, buffer)).flatten();
                match self.rest.turn(now, rate) {
                    Turn::Leave => return Answer::Leave(Health::Asleep, LET_GO.to_owned()),
                    Turn::Look(Some(alone)) => self.ledger.refused(alone),
                    Turn::Look(None) | Turn::Read => {}
                }
                self.meter.forget();
                Answer::Read
            }
            State::Asleep | State::Changing => {
                self.rest.start_over();
                Answer::Leave(Health::Asleep, String::new())
            }
            State::Unknown(health, reason) => {
                self.rest.start_over();
                Answer::Leave(health, reason)
            }
        }
    }

    /// Tells whether a reading at `now` found the GPU idle, where it can tell.
    pub(crate) fn saw(&mut self, idle: Option<bool>, now: Duration) {
        let can_sleep = !self.stays_awake;
        self.rest.saw(idle, now, || can_sleep && self.power.can_sleep());
    }

    /// Tells that its driver never lets it sleep, or does.
    pub(crate) fn set_stays_awake(&mut self, stays_awake: bool) {
        self.stays_awake = stays_awake;
    }

    /// Whether nothing puts it to sleep, be a screen lit on it or not.
    pub(crate) fn never_sleeps(&self) -> bool {
        !self.is_asleep && (self.stays_awake || self.is_unmanaged || !self.power.may_sleep())
    }

    /// Whether it was asleep when it was last asked.
    pub(crate) fn is_asleep(&self) -> bool {
        self.is_asleep
    }

    /// Whether it is left alone so that it can fall asleep.
    pub(crate) fn is_let_go(&self) -> bool {
        self.rest.is_let_go()
    }

    /// What happened to it since this was last asked.
    pub(super) fn happenings(&mut self) -> Vec<Happening> {
        self.ledger.take()
    }

    fn must_stay_awake(&mut self, now: Duration) -> bool {
        if self.checked.is_some_and(|checked| now.saturating_sub(checked) < CHECK) {
            return false;
        }
        self.checked = Some(now);
        self.stays_awake || !self.power.can_sleep()
    }
}

#[cfg(test)]
mod tests;
