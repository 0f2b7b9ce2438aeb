//! The ledger of a GPU's sleep: when it woke and who had it open then, when it fell asleep, and when it could have and
//! did not.
//!
//! The kernel counts how long a GPU was awake and how long it slept, so that a short sleep or waking between two looks is
//! seen, too. Some programs wake a GPU every few seconds, all day: then one waking an hour is told, with how many were not.
//! A refusal to sleep that goes on is told once an hour, and when others hold the GPU. Deliberately not here: whether it
//! may be read (`gate`).

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::cards::Card;
use super::gate::Gate;
use super::openers::{Opened, Openers};
use super::power::{State, Times};
use super::says;
use crate::model::{Batch, EventKind, Source};
use crate::sensors::Roots;
use crate::sensors::input::attribute;

/// Something that happened to a GPU. Times are those before it, where they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Happening {
    /// After so long asleep. Of one that sleeps again already nobody can tell who woke it.
    Woke { after: Option<Duration>, is_over: bool },
    /// After so long awake.
    Slept { after: Option<Duration> },
    /// It was let go for so long and did not fall asleep.
    KeptAwake { alone: Duration },
}

/// How often a refusal to sleep that goes on is told, and a waking where there are too many.
const AGAIN: Duration = Duration::from_secs(3600);

/// So many wakings of a GPU are told one by one before that.
const MANY: u32 = 12;

/// What is known of one GPU.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    seen: Option<Seen>,
    happenings: Vec<Happening>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    is_awake: bool,
    /// Since when, where that was seen.
    since: Option<Duration>,
    times: Times,
}

impl Ledger {
    /// Takes in how the GPU is at `now`. Tells whether it slept since the last time and is awake again.
    pub(super) fn see(&mut self, state: &State, times: Times, now: Duration) -> bool {
        let is_awake = match state {
            State::Awake | State::Unmanaged => true,
            State::Asleep => false,
            // What comes of it is seen later.
            State::Changing | State::Unknown(..) => return false,
        };
        let Some(seen) = self.seen.replace(Seen { is_awake, since: None, times }) else { return false };
        let passed = seen.since.map(|since| now.saturating_sub(since));
        let grown = |before: Option<Duration>, after: Option<Duration>| {
            before.zip(after).map(|(before, after)| after.saturating_sub(before)).filter(|grown| !grown.is_zero())
        };
        let (slept, woke) = match (seen.is_awake, is_awake) {
            (true, true) => (grown(seen.times.asleep, times.asleep), None),
            (false, false) => (None, grown(seen.times.awake, times.awake)),
            (true, false) => {
                self.happenings.push(Happening::Slept { after: passed });
                (None, None)
            }
            (false, true) => {
                self.happenings.push(Happening::Woke { after: passed, is_over: false });
                (None, None)
            }
        };
        if let Some(slept) = slept {
            self.happenings.push(Happening::Slept { after: passed });
            self.happenings.push(Happening::Woke { after: Some(slept), is_over: false });
        }
        if let Some(woke) = woke {
            self.happenings.push(Happening::Woke { after: passed, is_over: true });
            self.happenings.push(Happening::Slept { after: Some(woke) });
        }
        let is_same = seen.is_awake == is_awake && slept.is_none() && woke.is_none();
        self.seen = Some(Seen { is_awake, since: if is_same { seen.since } else { Some(now) }, times });
        slept.is_some()
    }

    /// It was let go for so long and is awake.
    pub(super) fn refused(&mut self, alone: Duration) {
        self.happenings.push(Happening::KeptAwake { alone });
    }

    pub(super) fn take(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }
}

/// Writes down what happened to the GPUs of a sensor.
pub(crate) struct Writer {
    roots: Roots,
    openers: Openers,
    refusals: Vec<Refusal>,
    budgets: HashMap<String, Budget>,
}

/// How many wakings of one GPU may be told.
struct Budget {
    left: u32,
    /// Since when one more may be told after each hour.
    since: Duration,
    untold: u64,
    /// Whether the last waking was told, so that its end is told, too.
    is_told: bool,
}

impl Budget {
    fn new(now: Duration) -> Budget {
        Budget { left: MANY, since: now, untold: 0, is_told: true }
    }

    /// Whether a waking at `now` is told, and how many were not before it.
    fn take(&mut self, now: Duration) -> Option<u64> {
        while self.left < MANY && now.saturating_sub(self.since) >= AGAIN {
            (self.left, self.since) = (self.left + 1, self.since + AGAIN);
        }
        if self.left == MANY {
            self.since = now;
        }
        self.is_told = self.left > 0;
        if !self.is_told {
            self.untold += 1;
            return None;
        }
        self.left -= 1;
        Some(std::mem::take(&mut self.untold))
    }
}

/// A refusal to sleep that was told.
struct Refusal {
    address: String,
    holders: Vec<String>,
    told: Duration,
}

impl Writer {
    pub(crate) fn new(roots: &Roots) -> Writer {
        Writer { roots: roots.clone(), openers: Openers::new(roots), refusals: Vec::new(), budgets: HashMap::new() }
    }

    /// Puts what happened to a card since the last time into the batch. To be called after its gate was asked.
    pub(crate) fn write(
        &mut self,
        card: &Card,
        gate: &mut Gate,
        source: &std::sync::Arc<Source>,
        now: Duration,
        batch: &mut Batch,
    ) {
        for happening in gate.happenings() {
            let mut detail = Map::new();
            let budget = self.budgets.entry(card.address.clone()).or_insert_with(|| Budget::new(now));
            let kind = match happening {
                Happening::Slept { after } => {
                    self.refusals.retain(|refusal| refusal.address != card.address);
                    if !budget.is_told {
                        continue;
                    }
                    tell(&mut detail, after);
                    EventKind::GpuSlept
                }
                Happening::Woke { after, is_over } => {
                    let Some(untold) = budget.take(now) else { continue };
                    if untold > 0 {
                        detail.insert("untold".into(), untold.into());
                    }
                    tell(&mut detail, after);
                    // Of one that sleeps again, not even its node's number is read.
                    if let Some(opened) = (!is_over).then(|| self.openers.of(card, now)).flatten() {
                        opened.tell(&mut detail);
                    }
                    EventKind::GpuWoke
                }
                Happening::KeptAwake { alone } => {
                    let opened = self.openers.of(card, now);
                    if !self.is_new(card, opened.as_ref(), now) {
                        continue;
                    }
                    tell(&mut detail, Some(alone));
                    if is_sound_awake(card, &self.roots) {
                        detail.insert("sound".into(), true.into());
                    }
                    if let Some(opened) = opened {
                        opened.tell(&mut detail);
                    }
                    EventKind::GpuKeptAwake
                }
            };
            batch.event(source, kind, Value::Object(detail));
        }
    }

    /// Whether a refusal is to be told, which is then remembered.
    fn is_new(&mut self, card: &Card, opened: Option<&Opened>, now: Duration) -> bool {
        let programs = opened.into_iter().flat_map(|opened| &opened.programs);
        let mut holders: Vec<String> = programs.map(|(_, name)| name.clone()).collect();
        holders.sort_unstable();
        holders.dedup();
        let is_known = |refusal: &Refusal| {
            refusal.address == card.address && refusal.holders == holders && now.saturating_sub(refusal.told) < AGAIN
        };
        if self.refusals.iter().any(is_known) {
            return false;
        }
        self.refusals.retain(|refusal| refusal.address != card.address);
        self.refusals.push(Refusal { address: card.address.clone(), holders, told: now });
        true
    }
}

/// Whether the sound device on the card's board is awake, which needs the card for that.
fn is_sound_awake(card: &Card, roots: &Roots) -> bool {
    let Some(board) = card.address.strip_suffix('0').filter(|board| board.ends_with('.')) else { return false };
    let sound = roots.sys.join("bus/pci/devices").join(format!("{board}1"));
    let is_sound = attribute(&sound.join("class")).is_some_and(|class| class.starts_with(b"0x0403"));
    is_sound && says(&sound.join("power/runtime_status"), b"active")
}

/// How long the state before lasted, to the tenth of a second.
fn tell(detail: &mut Map<String, Value>, time: Option<Duration>) {
    if let Some(time) = time {
        detail.insert("seconds".into(), ((time.as_secs_f64() * 10.0).round() / 10.0).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel showed: a letter for the state, with the milliseconds awake and asleep.
    fn happenings(looks: &[(u64, State, u64, u64)]) -> Vec<Happening> {
        let mut ledger = Ledger::default();
        for (second, state, awake, asleep) in looks {
            let time = |milliseconds: &u64| Some(Duration::from_millis(*milliseconds));
            let times = Times { awake: time(awake), asleep: time(asleep) };
            ledger.see(state, times, Duration::from_secs(*second));
        }
        ledger.take()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn sleep_and_waking_are_told_with_how_long_it_was_before() {
        let looks = [
            (1, State::Awake, 900, 0),
            (2, State::Changing, 1900, 0),
            (3, State::Asleep, 2500, 400),
            (4, State::Asleep, 2500, 1400),
            (5, State::Changing, 2510, 1900),
            (6, State::Awake, 3000, 1900),
            (8, State::Asleep, 4000, 2900),
        ];
        let expected = [
            Happening::Slept { after: None },
            Happening::Woke { after: Some(3 * SECOND), is_over: false },
            Happening::Slept { after: Some(2 * SECOND) },
        ];
        assert_eq!(happenings(&looks), expected);
    }

    #[test]
    fn what_happened_between_two_looks_is_told_too() {
        let short_sleep = [(1, State::Awake, 0, 500), (2, State::Awake, 300, 1200)];
        let milliseconds = Duration::from_millis;
        let expected =
            [Happening::Slept { after: None }, Happening::Woke { after: Some(milliseconds(700)), is_over: false }];
        assert_eq!(happenings(&short_sleep), expected);
        let short_waking = [(1, State::Asleep, 100, 0), (9, State::Asleep, 350, 7750)];
        let expected =
            [Happening::Woke { after: None, is_over: true }, Happening::Slept { after: Some(milliseconds(250)) }];
        assert_eq!(happenings(&short_waking), expected);
    }

    #[test]
    fn a_gpu_that_wakes_all_day_does_not_fill_the_ledger() {
        let mut budget = Budget::new(Duration::ZERO);
        let mut told = Vec::new();
        for second in (0..86_400).step_by(10) {
            told.extend(budget.take(Duration::from_secs(second)).map(|untold| (second, untold)));
        }
        assert_eq!(told.len(), MANY as usize + 23, "{told:?}");
        assert!(told[..MANY as usize].iter().all(|(_, untold)| *untold == 0), "the first ones one by one");
        assert_eq!(told.iter().map(|(_, untold)| untold + 1).sum::<u64>() + budget.untold, 8640, "none is forgotten");
        let later = Duration::from_secs(10 * 86_400);
        let calm = (0..MANY).filter(|n| budget.take(later + *n * SECOND).is_some()).count();
        assert_eq!(calm, MANY as usize, "after quiet days they are told one by one again");
    }

    #[test]
    fn counters_that_stand_still_or_begin_anew_tell_nothing() {
        assert_eq!(happenings(&[(1, State::Awake, 5000, 700), (2, State::Awake, 90, 0)]), []);
        assert_eq!(happenings(&[(1, State::Unmanaged, 0, 0), (2, State::Unmanaged, 0, 0)]), []);
        assert_eq!(happenings(&[(1, State::Asleep, 0, 0)]), [], "since when is not known");
    }
}
