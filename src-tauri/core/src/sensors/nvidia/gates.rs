//! Which of NVIDIA's cards may be asked now, and when the driver's library is to be closed.
//!
//! Each card has its gate, and the rule is that of all vendors (`sensors/gpu/gate`). Here the library comes on top: it is
//! one session for all cards, and a driver keeps a card powered as long as somebody has it open (coarse runtime power
//! management), or an idle check that short ticks always hit finds it in use (fine-grained). A session has open whatever
//! card it was asked about until it ends. So it ends as soon as a card that it has open is let go; those that may still be
//! read are opened anew. It does not end while a card that it has open sleeps: to let go of the last handle the driver
//! powers a sleeping card up, and one that sleeps in spite of the handle is not kept awake by it.
//!
//! Deliberately not here: the library itself, and what is read.

use std::sync::Arc;
use std::time::Duration;

use super::cards::{Told, stays_awake};
use crate::model::{Batch, Health, Source, SourceKind};
use crate::sensors::Roots;
use crate::sensors::gpu::gate::{Answer, Gate};
use crate::sensors::gpu::ledger::Writer;
use crate::sensors::gpu::{self, Card, Finder, Interrupts, names};
use crate::sensors::input::Buffer;
use crate::untrusted::Untrusted;

/// Cards that joined or left are looked for this often, and what the driver tells of those that are awake is read.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// One card behind its gate.
#[derive(Debug)]
struct Guarded {
    card: Card,
    gate: Gate,
    /// What the driver told of it.
    told: Told,
    /// What it is recorded as: by the driver's id for it, and by its address until that is known.
    source: Arc<Source>,
    /// Its source under its address was said to be this one.
    is_replaced: bool,
    /// The library has it open.
    is_open: bool,
    never_sleeps: bool,
}

impl Guarded {
    /// Takes in what is told of it; says whether that is new. What was told once stays known, also where the driver has
    /// forgotten it since.
    fn learn(&mut self, told: Told) -> bool {
        let before = self.told.clone();
        self.told = Told { uuid: told.uuid.or(self.told.uuid.take()), model: told.model.or(self.told.model.take()) };
        self.told != before
    }
}

/// See the module.
pub(super) struct Gates {
    roots: Roots,
    finder: Finder,
    ledger: Writer,
    cards: Vec<Guarded>,
    looked: Option<Duration>,
    interrupts: Interrupts,
    buffer: Buffer,
}

/// What may be done with the cards in one sample.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// The addresses of those that may be read.
    pub(super) read: Vec<String>,
    /// Those that must be left alone, with the condition of their source.
    pub(super) leave: Vec<(String, Health, String)>,
}

impl Gates {
    pub(super) fn new(roots: &Roots) -> Gates {
        Gates {
            roots: roots.clone(),
            finder: Finder::new(roots, gpu::NVIDIA),
            ledger: Writer::new(roots),
            cards: Vec::new(),
            looked: None,
            interrupts: Interrupts::new(roots),
            buffer: Buffer::default(),
        }
    }

    /// Whether the kernel shows no card: inside some containers the driver knows some all the same.
    pub(super) fn is_empty(&self) -> bool {
        self.cards.is_empty()
    }

    /// Looks for cards, where it is time to.
    pub(super) fn look(&mut self, now: Duration) {
        if self.looked.is_some_and(|looked| now.saturating_sub(looked) < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        let mut before = std::mem::take(&mut self.cards);
        for card in self.finder.find() {
            let known = before.iter().position(|known| known.card == card).map(|at| before.swap_remove(at));
            let one = known.unwrap_or_else(|| Guarded {
                gate: Gate::new(&self.roots, &card),
                source: Source::whole(SourceKind::Gpu, format!("gpu:{}", card.address), Untrusted::default()),
                told: Told::default(),
                is_replaced: false,
                is_open: false,
                never_sleeps: false,
                card,
            });
            self.cards.push(one);
        }
        self.name();
    }

    /// Takes in what the library told of a card.
    pub(super) fn learn(&mut self, address: &str, told: Told) {
        if let Some(one) = self.cards.iter_mut().find(|one| one.card.address == address)
            && one.told != told
        {
            one.told = told;
            self.name();
        }
    }

    /// Gives each card its source. Those of the same name are numbered.
    fn name(&mut self) {
        let label = |one: &Guarded| match &one.told.model {
            Some(model) => model.clone().into_bytes(),
            None => names::of(&one.card, &self.roots).unwrap_or_else(|| names::without(&one.card)),
        };
        let labels = gpu::numbered(self.cards.iter().map(label).collect());
        for (one, label) in self.cards.iter_mut().zip(labels) {
            let label = Untrusted::new(label);
            let id = format!("gpu:{}", one.told.uuid.as_ref().unwrap_or(&one.card.address));
            if one.source.id != id || one.source.label != label {
                one.source = Source::whole(SourceKind::Gpu, id, label);
            }
        }
    }

    /// What a card is recorded as, and whether the driver's id for it is known.
    pub(super) fn source(&self, address: &str) -> Option<(&Arc<Source>, bool)> {
        let one = self.cards.iter().find(|one| one.card.address == address)?;
        Some((&one.source, one.told.uuid.is_some()))
    }

    /// Writes down what happened to the cards, and which of them went by their address before.
    pub(super) fn tell(&mut self, now: Duration, batch: &mut Batch) {
        for one in &mut self.cards {
            if one.told.uuid.is_some() && !std::mem::replace(&mut one.is_replaced, true) {
                batch.replace(format!("gpu:{}", one.card.address), &one.source);
            }
            self.ledger.write(&one.card, &mut one.gate, &one.source, now, batch);
        }
    }

    /// Asks every gate at `now`.
    pub(super) fn ask(&mut self, now: Duration) -> Round {
        let mut round = Round::default();
        let mut is_new = false;
        for one in &mut self.cards {
            let address = one.card.address.clone();
            let was_asleep = one.gate.is_asleep();
            let answer = one.gate.ask(now, &mut self.interrupts, &mut self.buffer);
            // Nobody promises that the driver answers this from memory.
            if answer == Answer::Read && (was_asleep || self.looked == Some(now)) {
                is_new |= one.learn(Told::read(&self.roots, &address));
            }
            match (answer, one.card.is_out_of_reach()) {
                (Answer::Leave(health, reason), _) => round.leave.push((address, health, reason)),
                (Answer::Read, Some(reason)) => round.leave.push((address, Health::Unsupported, reason)),
                (Answer::Read, None) => round.read.push(address),
            }
            if self.looked == Some(now) && !one.gate.is_asleep() {
                one.gate.set_stays_awake(stays_awake(&self.roots, &one.card.address));
            }
            if self.looked == Some(now) {
                one.never_sleeps = one.gate.never_sleeps();
            }
        }
        if is_new {
            self.name();
        }
        round
    }

    /// Whether nothing puts any of the cards to sleep, as far as that was looked at last: what keeps them open for a while
    /// longer does no harm then.
    pub(super) fn never_sleep(&self) -> bool {
        self.cards.iter().all(|one| one.never_sleeps)
    }

    /// Tells that the library was asked about a card at `now`, and whether that showed it idle, where it can tell.
    pub(super) fn saw(&mut self, address: &str, idle: Option<bool>, now: Duration) {
        if let Some(one) = self.cards.iter_mut().find(|one| one.card.address == address) {
            one.is_open = true;
            one.gate.saw(idle, now);
        }
    }

    /// Whether the session is to end, for the sake of a card that is let go.
    pub(super) fn end_session(&self) -> bool {
        let mut open = self.cards.iter().filter(|one| one.is_open);
        open.clone().any(|one| one.gate.is_let_go()) && !open.any(|one| one.gate.is_asleep())
    }

    /// Tells that the session is over.
    pub(super) fn closed(&mut self) {
        self.cards.iter_mut().for_each(|one| one.is_open = false);
    }
}
