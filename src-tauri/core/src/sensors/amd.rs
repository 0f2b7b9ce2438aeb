//! AMD's GPUs, by the files of the driver `amdgpu` (and the few that the old `radeon` has).
//!
//! One source a card. What the driver gives in a file of its own comes from there, because it has brought firmware,
//! units and chip together; what it does not comes from `gpu_metrics`. All of it is read only while the card is awake,
//! and an idle card that can sleep is let go: see [`gate`](super::gpu::gate). Never read at all: `pcie_bw`, which sleeps
//! a second in the kernel; `config` and `current_link_*`, which wake the card. Who uses a card comes from fdinfo, and is
//! asked for only of a card that was just read.

mod files;
pub(crate) mod gpu_metrics;
mod values;

use std::time::Duration;

use self::files::{Files, Outcome};
use super::fdinfo::{Scan, uses};
use super::gpu::clients::Clients;
use super::gpu::gate::{Answer, Gate};
use super::gpu::ledger::Writer;
use super::gpu::{self, Card, Finder, Interrupts, Named, names};
use super::input::{Buffer, attribute};
use super::parse::content;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health};
use crate::say;

/// The share of time below which a card counts as idle, in percent.
const IDLE_BELOW: f64 = 1.0;

/// See the module.
pub struct Amd {
    roots: Roots,
    finder: Finder,
    ledger: Writer,
    cards: Vec<Watched>,
    /// Whether there ever was one: a card that was unplugged is lost, which is not to be without cards.
    seen: bool,
    looked: Option<Duration>,
    scan: Scan,
    clients: Clients,
    interrupts: Interrupts,
    buffer: Buffer,
}

/// A card that is recorded.
struct Watched {
    card: Card,
    named: Named,
    gate: Gate,
    /// Found when the card is first seen awake, because even a label may ask the hardware.
    files: Option<Files>,
    /// How busy it is, where that is known, if it was read in this sample.
    read: Option<Option<f64>>,
}

impl Amd {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Amd {
            roots: roots.clone(),
            finder: Finder::new(roots, gpu::AMD),
            ledger: Writer::new(roots),
            cards: Vec::new(),
            seen: false,
            looked: None,
            scan: Scan::new(roots),
            clients: Clients::new(roots),
            interrupts: Interrupts::new(roots),
            buffer: Buffer::default(),
        })
    }

    fn look(&mut self) {
        let found = self.finder.find();
        if found.iter().eq(self.cards.iter().map(|watched| &watched.card)) {
            return;
        }
        let sources = gpu::sources(&found, &self.roots);
        let mut before = std::mem::take(&mut self.cards);
        for (card, named) in found.into_iter().zip(sources) {
            let known = before.iter().position(|known| known.card == card && known.named.source == named.source);
            self.cards.push(match known {
                Some(at) => before.swap_remove(at),
                None => Watched { gate: Gate::new(&self.roots, &card), files: None, read: None, card, named },
            });
        }
    }
}

impl Sensor for Amd {
    fn interval(&self) -> Duration {
        if self.seen { Duration::ZERO } else { gpu::LOOK_EVERY }
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let now = clock.now().boot;
        if self.looked.is_none_or(|looked| now.saturating_sub(looked) >= gpu::LOOK_EVERY) {
            self.looked = Some(now);
            self.look();
        }
        if self.cards.is_empty() && !self.seen {
            let reason = say!("no GPU of AMD in {folder}", folder = self.roots.sys.join("class/drm").display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        self.seen = true;
        for watched in &mut self.cards {
            if watched.sample(now, &self.roots, &mut self.interrupts, &mut self.buffer, batch) {
                self.looked = None;
            }
            self.ledger.write(&watched.card, &mut watched.gate, &watched.named.source, now, batch);
        }
        self.tell_users(now, batch);
        Ok(())
    }
}

impl Amd {
    /// Tells who uses the cards that were read, and how much of what they do that explains.
    fn tell_users(&mut self, now: Duration, batch: &mut Batch) {
        let cards = &self.cards;
        let mut may_read = |address: &str| cards.iter().any(|one| one.read.is_some() && one.card.address == address);
        // Without the processes the cards have everything else.
        if self.scan.update(now, &mut may_read).is_err() {
            return;
        }
        self.clients.begin();
        for Watched { card, named, read, .. } in &self.cards {
            let Some(busy) = *read else { continue };
            uses::put(&self.scan, &card.address, &named.source, &mut self.clients, now, batch);
            // Without a second reading, or without the nodes of a card, nothing is known of anybody's share.
            let explained = self.scan.passed().and_then(|_| self.scan.device(&card.address).busy());
            // What decodes videos is no part of what the driver calls busy.
            let explained = busy.zip(explained).map(|(busy, explained)| busy.min(explained)).or(explained);
            batch.put(&named.source, Metric::GpuAttributed, explained);
            batch.put(
                &named.source,
                Metric::GpuRemainder,
                busy.zip(explained).map(|(busy, explained)| busy - explained),
            );
        }
    }
}

impl Watched {
    /// Whether the card is no more.
    fn sample(
        &mut self,
        now: Duration,
        roots: &Roots,
        interrupts: &mut Interrupts,
        buffer: &mut Buffer,
        batch: &mut Batch,
    ) -> bool {
        self.read = None;
        if let Answer::Leave(health, reason) = self.gate.ask(now, interrupts, buffer) {
            // Which files there are may be another matter after it slept: the driver may have been loaded anew.
            self.files = None;
            batch.condition(&self.named.source, health, reason);
            return false;
        }
        if let Some(reason) = self.card.is_out_of_reach() {
            batch.condition(&self.named.source, Health::Unsupported, reason);
            return false;
        }
        if self.files.is_none() && !self.named.known {
            self.ask_for_its_name();
        }
        let files = self.files.get_or_insert_with(|| Files::find(&self.card, roots));
        match files.read(buffer) {
            Outcome::Read(values, odd) => {
                let busy = values.get(&Metric::GpuUtilization).copied();
                // What decodes videos is no part of what the driver calls busy.
                let video = values.get(&Metric::GpuVideo).copied().unwrap_or(0.0);
                self.gate.saw(busy.map(|busy| busy.max(video) < IDLE_BELOW), now);
                self.read = Some(busy);
                values.iter().for_each(|(metric, value)| batch.put(&self.named.source, *metric, *value));
                if !odd.is_empty() {
                    batch.condition(&self.named.source, Health::Ok, odd);
                }
                false
            }
            Outcome::Failed(health, reason) => {
                self.files = None;
                batch.condition(&self.named.source, health, reason);
                health == Health::Lost
            }
        }
    }

    /// Accelerators keep their name in a memory of their board, which the driver has read. On most cards it is empty.
    fn ask_for_its_name(&mut self) {
        let product = attribute(&self.card.device.join("product_name")).unwrap_or_default();
        let product = content(&product);
        if !product.is_empty() {
            let label = names::with_vendor(self.card.vendor.name, product);
            self.named = Named { source: Named::source(&self.card, label), known: true };
        }
    }
}

#[cfg(test)]
mod tests;
