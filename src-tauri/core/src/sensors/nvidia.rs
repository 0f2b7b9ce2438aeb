//! The NVIDIA sensor: every GPU that NVIDIA's driver knows, through its library (NVML).
//!
//! A GPU that sleeps is not touched, and one that is idle and may sleep is let go (`rest`): the library is then closed,
//! because an open one keeps the GPU awake. The library is opened without attaching GPUs, so that reading one does not
//! wake another. What the driver cannot do for a GPU is absent; a GPU or a driver that is gone is a state of its own and
//! looked for again. No call of the library is made on the thread that the engine waits for (`watchdog`). Deliberately
//! not here: what a process is called, and what a value means for a person.

mod aside;
mod cards;
mod device;
mod faults;
mod instances;
mod lists;
mod raw;
mod readings;
mod rest;
mod shares;
mod watchdog;
mod work;
mod xid;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::error::NvmlError;

use self::aside::Aside;
use self::cards::{Card, Gate};
use self::device::{Context, Gpu};
use self::faults::Fault;
use self::raw::Rows;
use self::rest::{Leave, Rest};
use self::watchdog::{Known, Watched};
use self::xid::Listener;
use super::gpu::clients::Clients;
use super::input::{Buffer, attribute};
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::model::{Batch, EventKind, Health, Now, Source};

/// Names the driver's library, in place of the system's.
const LIBRARY: &str = "HOOFBEAT_NVML";

/// GPUs that joined or left are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A driver that is out of reach is tried again after the first wait, and then more and more seldom.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(50);
/// A GPU that is lost is asked again this often.
const LOST_WAIT: Duration = Duration::from_secs(30);

/// See the module.
pub struct Nvidia {
    roots: Roots,
    /// The library to load; the system's where `None`.
    library: Option<OsString>,
    cards: Vec<Card>,
    looked: Option<Duration>,
    session: Option<Arc<Nvml>>,
    /// When the library may be opened again, after it could not be, and how long the next wait is.
    retry: Option<(Duration, Duration)>,
    /// What the kernel said of the driver when it could not be: another driver is worth another attempt at once.
    driver: Option<Vec<u8>>,
    /// Why it could not be opened.
    reason: Option<(Health, String)>,
    rest: Rest,
    /// By PCI address, or by index where the kernel shows no card.
    gpus: HashMap<String, Gpu>,
    clients: Clients,
    aside: Aside,
    listener: Listener,
    rows: Rows,
    buffer: Buffer,
}

impl Nvidia {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        let (roots, library) = (roots.clone(), std::env::var_os(LIBRARY).filter(|name| !name.is_empty()));
        Box::new(Watched::new(move || Nvidia::new(&roots, library.clone())))
    }

    fn new(roots: &Roots, library: Option<OsString>) -> Nvidia {
        Nvidia {
            roots: roots.clone(),
            library,
            cards: Vec::new(),
            looked: None,
            session: None,
            retry: None,
            driver: None,
            reason: None,
            rest: Rest::default(),
            gpus: HashMap::new(),
            clients: Clients::new(roots),
            aside: Aside::default(),
            listener: Listener::default(),
            rows: Rows::default(),
            buffer: Buffer::default(),
        }
    }

    /// Opens the library where it is not open.
    fn open(&mut self, now: Duration) {
        let waits = self.retry.is_some_and(|(at, _)| now < at);
        if self.session.is_some() || waits && self.driver == driver(&self.roots) {
            return;
        }
        let mut builder = Nvml::builder();
        builder.flags(InitFlags::NO_ATTACH);
        if let Some(library) = &self.library {
            builder.lib_path(library);
        }
        match builder.init() {
            Ok(session) => {
                self.session = Some(Arc::new(session));
                self.reason = None;
                // What the driver could not do may have changed, and its handles have.
                self.gpus.values_mut().for_each(Gpu::forget);
                self.aside.reset();
            }
            Err(error) => self.close(&error, now),
        }
    }

    /// Closes the library after an error, and plans the next attempt.
    fn close(&mut self, error: &NvmlError, now: Duration) {
        self.session = None;
        self.listener.stop();
        self.driver = driver(&self.roots);
        let wait = self.retry.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LONGEST_WAIT));
        self.retry = Some((now + wait, wait));
        self.reason = Some(faults::told(error));
    }

    fn condition(&mut self, key: &str, health: Health, reason: &str, batch: &mut Batch) {
        let gpu = self.gpus.entry(key.to_owned()).or_insert_with(|| Gpu::unknown(key));
        batch.condition(&gpu.source, health, reason);
    }

    /// Reads the GPUs with these keys. Returns whether all of `sleepy` were idle, or the error that ends the session.
    fn read(&mut self, keys: &[String], sleepy: &[String], now: Now, batch: &mut Batch) -> Result<bool, NvmlError> {
        let Some(session) = self.session.clone() else { return Ok(true) };
        self.clients.begin();
        for (key, error) in self.listener.heard() {
            if let Some(gpu) = self.gpus.get(&key) {
                batch.event(&gpu.source, EventKind::Xid, error.detail());
            }
        }
        // Listening keeps a GPU open, so only those are listened to that never sleep.
        let lasting = keys.iter().filter(|key| !sleepy.contains(key));
        let lasting: Vec<_> = lasting.map(|key| (key, self.gpus.get(key).and_then(Gpu::handle))).collect();
        self.listener.listen(&session, &lasting);
        self.aside.begin(now.boot);
        let mut context = Context {
            session: &session,
            now,
            clients: &mut self.clients,
            rows: &mut self.rows,
            aside: &mut self.aside,
            batch,
        };
        let mut idle = true;
        for key in keys {
            let gpu = self.gpus.entry(key.clone()).or_insert_with(|| Gpu::unknown(key));
            if let Some((at, health, reason)) = &gpu.lost
                && now.boot.saturating_sub(*at) < LOST_WAIT
            {
                context.batch.condition(&gpu.source, *health, reason.clone());
                continue;
            }
            match gpu.read(key, &mut context) {
                Ok(busy) => {
                    gpu.lost = None;
                    idle &= !(busy && sleepy.contains(key));
                }
                Err(error) if faults::ends_session(&error) => return Err(error),
                Err(error) => {
                    let (health, mut reason) = faults::told(&error);
                    if faults::of(&error) == Fault::Gpu {
                        if let Some(remedy) = gpu.remedy(&session) {
                            reason = format!("{reason}; the driver asks for {remedy}");
                        }
                        gpu.lost = Some((now.boot, health, reason.clone()));
                        gpu.forget();
                    }
                    context.batch.condition(&gpu.source, health, reason);
                }
            }
        }
        // Only now: a driver that opens, and then fails, is tried more and more seldom, too.
        self.retry = None;
        Ok(idle)
    }
}

/// The version of the driver that is loaded, in the kernel's words.
fn driver(roots: &Roots) -> Option<Vec<u8>> {
    attribute(&roots.proc.join("driver/nvidia/version"))
}

impl Known for Nvidia {
    fn sources(&self) -> Vec<Arc<Source>> {
        self.gpus.values().flat_map(Gpu::sources).collect()
    }
}

impl Sensor for Nvidia {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let moment = clock.now();
        let now = moment.boot;
        if self.looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK_EVERY) {
            self.looked = Some(now);
            self.cards = cards::find(&self.roots);
            for card in &self.cards {
                let gpu = self.gpus.entry(card.address.clone()).or_insert_with(|| Gpu::unknown(&card.address));
                if let (false, Some(uuid)) = (gpu.known, &card.uuid) {
                    gpu.is(uuid, card.model.as_deref());
                }
            }
        }
        if self.cards.is_empty() && self.library.is_none() {
            let reason = "no NVIDIA GPU in /sys/bus/pci/devices".to_owned();
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        if !self.roots.live() && self.library.is_none() {
            let reason = "another machine's GPUs have no driver here".to_owned();
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        let (mut awake, mut asleep, mut sleepy) = (Vec::new(), Vec::new(), Vec::new());
        for card in &mut self.cards {
            match card.gate(&mut self.buffer) {
                Gate::Always => awake.push(card.address.clone()),
                Gate::Awake => {
                    awake.push(card.address.clone());
                    sleepy.push(card.address.clone());
                }
                Gate::Asleep => asleep.push(card.address.clone()),
            }
        }
        for key in &asleep {
            self.condition(key, Health::Asleep, "asleep; it is not woken to be asked", batch);
        }
        // One that never sleeps keeps the library open anyway, and an open one only counts for GPUs that were asked.
        let may_rest = sleepy.len() == awake.len();
        if !awake.is_empty() && may_rest && self.rest.leave(now, true) == Leave::KeepOff {
            for key in &awake {
                self.condition(key, Health::Asleep, "idle; let go, so that it may sleep", batch);
            }
            return Ok(());
        }
        if awake.is_empty() && !self.cards.is_empty() {
            self.rest.leave(now, false);
            self.session = None;
            return Ok(());
        }
        self.open(now);
        if let Some((health, reason)) = self.reason.clone() {
            for key in &awake {
                self.condition(key, health, &reason, batch);
            }
            return if awake.is_empty() { Err(SensorError { health, reason }) } else { Ok(()) };
        }
        if self.cards.is_empty() {
            // Inside some containers the kernel shows no PCI devices.
            let count = self.session.as_ref().and_then(|session| session.device_count().ok()).unwrap_or(0);
            awake = (0..count).map(|index| index.to_string()).collect();
        }
        match self.read(&awake, &sleepy, moment, batch) {
            Ok(idle) => {
                if may_rest && !sleepy.is_empty() && self.rest.read(now, idle) {
                    self.session = None;
                }
            }
            Err(error) => {
                self.close(&error, now);
                let (health, reason) = faults::told(&error);
                for key in &awake {
                    self.condition(key, health, &reason, batch);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
