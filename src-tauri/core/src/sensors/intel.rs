//! Intel's GPUs, integrated and as cards, by either of their drivers: i915 and xe.
//!
//! A GPU is known by its address and read from the files of its driver; who uses it comes from fdinfo. How busy it is
//! follows from the time that its engines were idle: that counts everybody, also those whose processes are hidden from
//! us. Where a driver has no such counter, or has one that stands still, the busiest engine of the visible processes
//! stands in. A GPU that sleeps is not touched, and one that could sleep is let go (see [`gate`](super::gpu::gate)).
//!
//! Deliberately not here: the PCIe link, because Arc tells of the link to the switch on its own board, which is always
//! the slowest one; how full the card's memory is, which the driver tells nobody without opening it; the video engines,
//! which encode and decode and do not tell which.

mod board;
mod gt;
mod look;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use self::board::Board;
use self::gt::Gt;
use self::look::Look;
use super::fdinfo::{Scan, uses};
use super::gpu::clients::Clients;
use super::gpu::gate::{Answer, Gate};
use super::gpu::ledger::Writer;
use super::gpu::{self, Card, Finder, Interrupts};
use super::input::Buffer;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source};
use crate::say;

/// A GPU that does less is idle: being asked is a little work, too.
const IDLE_PERCENT: f64 = 2.0;

/// See the module.
pub struct Intel {
    roots: Roots,
    finder: Finder,
    ledger: Writer,
    gpus: Vec<Gpu>,
    scan: Scan,
    clients: Clients,
    looked: Option<Duration>,
    interrupts: Interrupts,
    buffer: Buffer,
}

struct Gpu {
    card: Card,
    source: Arc<Source>,
    gate: Gate,
    /// Found when it is first read, because even a label may ask the hardware.
    parts: Option<Parts>,
    look_again: bool,
}

struct Parts {
    gts: Vec<Gt>,
    board: Board,
}

impl Intel {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Intel {
            roots: roots.clone(),
            finder: Finder::new(roots, gpu::INTEL),
            ledger: Writer::new(roots),
            gpus: Vec::new(),
            scan: Scan::new(roots),
            clients: Clients::new(roots),
            looked: None,
            interrupts: Interrupts::new(roots),
            buffer: Buffer::default(),
        })
    }

    fn look(&mut self) {
        let found = self.finder.find();
        let sources = gpu::sources(&found, &self.roots);
        let mut before: HashMap<_, _> = self.gpus.drain(..).map(|gpu| (gpu.card.address.clone(), gpu)).collect();
        for (card, named) in found.into_iter().zip(sources) {
            let is_same = |known: &Gpu| known.card == card && known.source == named.source;
            let known = before.remove(&card.address).filter(is_same);
            self.gpus.push(known.unwrap_or_else(|| Gpu::new(card, named.source, &self.roots)));
        }
        for gpu in &mut self.gpus {
            gpu.look_again = true;
        }
    }
}

impl Sensor for Intel {
    fn interval(&self) -> Duration {
        if self.gpus.is_empty() { gpu::LOOK_EVERY } else { Duration::ZERO }
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let boot = clock.now().boot;
        if self.looked.is_none_or(|looked| boot.saturating_sub(looked) >= gpu::LOOK_EVERY) {
            self.looked = Some(boot);
            self.look();
        }
        if self.gpus.is_empty() {
            let reason = say!("no Intel GPU in {folder}", folder = self.roots.sys.join("class/drm").display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        let mut open: Vec<&mut Gpu> = Vec::new();
        for gpu in &mut self.gpus {
            let is_open = gpu.is_open(boot, &mut self.interrupts, &mut self.buffer, batch);
            self.ledger.write(&gpu.card, &mut gpu.gate, &gpu.source, boot, batch);
            if is_open {
                open.push(gpu);
            }
        }
        let mut may_read = |address: &str| open.iter().any(|gpu| gpu.card.address == address);
        // Without the processes the cards have everything else.
        let seen = self.scan.update(clock.now().boot, &mut may_read);
        self.clients.begin();
        for gpu in open {
            if seen.is_ok() {
                uses::put(&self.scan, &gpu.card.address, &gpu.source, &mut self.clients, boot, batch);
            }
            gpu.read(&self.roots, clock, seen.is_ok().then_some(&self.scan), &mut self.buffer, batch);
        }
        Ok(())
    }
}

impl Gpu {
    fn new(card: Card, source: Arc<Source>, roots: &Roots) -> Gpu {
        Gpu { gate: Gate::new(roots, &card), card, source, parts: None, look_again: false }
    }

    /// Whether it may be read now.
    fn is_open(&mut self, boot: Duration, interrupts: &mut Interrupts, buffer: &mut Buffer, batch: &mut Batch) -> bool {
        let shut = match (self.gate.ask(boot, interrupts, buffer), self.card.is_out_of_reach()) {
            (Answer::Leave(health, reason), _) => (health, reason),
            (Answer::Read, Some(reason)) => (Health::Unsupported, reason),
            (Answer::Read, None) => return true,
        };
        batch.condition(&self.source, shut.0, shut.1);
        if let Some(parts) = &mut self.parts {
            parts.gts.iter_mut().for_each(Gt::pause);
            parts.board.pause();
        }
        false
    }

    fn read(&mut self, roots: &Roots, clock: &dyn Clock, scan: Option<&Scan>, buffer: &mut Buffer, batch: &mut Batch) {
        let parts = self.parts.get_or_insert_with(|| Parts {
            gts: gt::find(roots, self.card.drm.as_deref().unwrap_or(&self.card.device), &self.card.device),
            board: Board::find(roots, &self.card.device, &self.card.driver),
        });
        // The files of a driver that is being loaded appear one after the other.
        if std::mem::take(&mut self.look_again) {
            if parts.gts.is_empty() {
                parts.gts = gt::find(roots, self.card.drm.as_deref().unwrap_or(&self.card.device), &self.card.device);
            }
            if parts.board.is_empty() {
                parts.board = Board::find(roots, &self.card.device, &self.card.driver);
            }
        }
        let mut look = Look::new(buffer);
        let gts: Vec<gt::Reading> = parts.gts.iter_mut().map(|gt| gt.read(clock, &mut look)).collect();
        let alive = parts.board.read(&self.source, clock, &mut look, batch);

        // Media halves have a clock of their own, which is not what a person calls the GPU's.
        let fastest = |media| gts.iter().filter(|gt| gt.media == media).filter_map(|gt| gt.clock).reduce(f64::max);
        batch.put(&self.source, Metric::GpuClock, fastest(false).or_else(|| fastest(true)));
        let throttle = gts.iter().filter_map(|gt| gt.throttle).reduce(|all, one| all | one);
        batch.put(&self.source, Metric::GpuThrottle, throttle.map(|bits| bits as f64));

        // An idle counter that never moved is believed only while another one shows that the GPU is awake.
        let counted = gts.iter().filter(|gt| gt.moved || alive).filter_map(|gt| gt.busy).reduce(f64::max);
        let explained = scan.and_then(|scan| scan.device(&self.card.address).busy());
        let sees_all = scan.is_some_and(Scan::sees_all);
        let busy = match (counted, explained) {
            // No program does more than the GPU.
            (Some(counted), explained) => Some(counted.max(explained.unwrap_or(0.0))),
            (None, explained) => explained.filter(|percent| sees_all || *percent > 0.0),
        };
        batch.put(&self.source, Metric::GpuUtilization, busy);
        batch.put(&self.source, Metric::GpuAttributed, explained);
        let remainder = busy.zip(explained).map(|(busy, explained)| (busy - explained).max(0.0));
        batch.put(&self.source, Metric::GpuRemainder, remainder.filter(|_| counted.is_some() || sees_all));

        let Look { trouble, gone, .. } = look;
        let has_clock = gts.iter().any(|gt| gt.clock.is_some());
        let (health, reason) = match trouble {
            // What is left out is said, and the rest stands.
            Some((_, reason)) if has_clock || !parts.board.is_empty() => (Health::Ok, reason),
            Some(trouble) => trouble,
            None if parts.gts.is_empty() && parts.board.is_empty() => {
                let driver = super::names::escaped(&self.card.driver);
                (Health::Unsupported, say!("its driver ({driver}) tells nothing that is known here", driver))
            }
            None => (Health::Ok, String::new()),
        };
        batch.condition(&self.source, health, reason);
        if gone {
            self.parts = None;
        }
        // That the visible processes do nothing tells nothing of the others.
        let idle = busy.map(|busy| busy < IDLE_PERCENT).filter(|idle| counted.is_some() || !idle);
        self.gate.saw(idle, clock.now().boot);
    }
}

#[cfg(test)]
mod tests;
