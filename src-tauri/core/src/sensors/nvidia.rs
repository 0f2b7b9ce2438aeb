//! The NVIDIA sensor: every GPU that NVIDIA's driver knows, through its library (NVML).
//!
//! A GPU that sleeps is not touched, and one that is idle and may sleep is let go (`gates`): the library is then closed,
//! because an open one keeps the GPU awake. The library is opened without attaching GPUs, so that reading one does not
//! wake another. What the driver cannot do for a GPU is absent; a GPU or a driver that is gone is a state of its own and
//! looked for again. A call may take seconds (the first one on a GPU that nobody keeps awake) or never return (a GPU whose
//! firmware hangs): then this sensor is silent, as any may be, and the engine goes on without it. Deliberately not here:
//! what a process is called, and what a value means for a person.

mod aside;
mod by_pid;
pub(crate) mod cards;
mod device;
mod faults;
mod gates;
mod instances;
mod lists;
mod raw;
mod readings;
mod shares;
mod stretch;
mod work;
mod xid;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::error::NvmlError;

use self::aside::Aside;
use self::device::{Context, Gpu};
use self::faults::Fault;
use self::gates::Gates;
use self::raw::Rows;
use self::xid::Listener;
use super::gpu::{self, clients::Clients};
use super::input::attribute;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::model::{Batch, EventKind, Health, Now};
use crate::say;

/// Names the driver's library, in place of the system's.
const LIBRARY: &str = "HOOFBEAT_NVML";

/// A driver that is out of reach is tried again after the first wait, and then more and more seldom.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(50);
/// A GPU that is lost is asked again this often.
const LOST_WAIT: Duration = Duration::from_secs(30);
/// A driver that takes longer than this for a sample is asked less often, so that it is not asked without a pause: each
/// so many times as long after the last as that took, and at least so often.
const EASY: Duration = Duration::from_millis(250);
const PAUSE: u32 = 4;
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// See the module.
pub struct Nvidia {
    roots: Roots,
    /// The library to load; the system's where `None`.
    library: Option<OsString>,
    gates: Gates,
    session: Option<Arc<Nvml>>,
    /// When the library may be opened again, after it could not be, and how long the next wait is.
    retry: Option<(Duration, Duration)>,
    /// What the kernel said of the driver when it could not be: another driver is worth another attempt at once.
    driver: Option<Vec<u8>>,
    /// Why it could not be opened.
    reason: Option<(Health, String)>,
    gpus: Gpus,
    clients: Clients,
    aside: Aside,
    listener: Listener,
    rows: Rows,
    /// How long it is to be left alone after this sample.
    interval: Duration,
}

/// All GPUs by PCI address, or by index where the kernel shows no card: machines have few, so that a list is asked faster
/// than a table.
#[derive(Default)]
struct Gpus(Vec<(String, Gpu)>);

impl Gpus {
    fn get(&self, key: &str) -> Option<&Gpu> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, gpu)| gpu)
    }

    /// The GPU with this key, which is not known yet where it is new.
    fn entry(&mut self, key: &str) -> &mut Gpu {
        let at = self.0.iter().position(|(known, _)| known == key).unwrap_or_else(|| {
            self.0.push((key.to_owned(), Gpu::unknown(key)));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    fn keys(&self) -> Vec<String> {
        self.0.iter().map(|(key, _)| key.clone()).collect()
    }
}

impl Nvidia {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Nvidia::new(roots, std::env::var_os(LIBRARY).filter(|name| !name.is_empty())))
    }

    pub(super) fn new(roots: &Roots, library: Option<OsString>) -> Nvidia {
        Nvidia {
            roots: roots.clone(),
            library,
            gates: Gates::new(roots),
            session: None,
            retry: None,
            driver: None,
            reason: None,
            gpus: Gpus::default(),
            clients: Clients::new(roots),
            aside: Aside::default(),
            listener: Listener::default(),
            rows: Rows::default(),
            interval: Duration::ZERO,
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
                self.gpus.0.iter_mut().for_each(|(_, gpu)| gpu.forget());
                self.aside.reset();
            }
            Err(error) => self.close(&error, now),
        }
    }

    /// Closes the library after an error, and plans the next attempt.
    fn close(&mut self, error: &NvmlError, now: Duration) {
        self.end_session();
        self.driver = driver(&self.roots);
        let wait = self.retry.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LONGEST_WAIT));
        self.retry = Some((now + wait, wait));
        self.reason = Some(faults::told(error));
    }

    fn end_session(&mut self) {
        self.session = None;
        self.listener.stop();
        self.gates.closed();
    }

    /// The keys of the GPUs that the driver lists, for where the kernel shows no PCI devices: inside some containers.
    ///
    /// # Errors
    /// The driver is out of reach.
    fn listed(&self) -> Result<Vec<String>, NvmlError> {
        let Some(session) = &self.session else { return Ok(Vec::new()) };
        Ok((0..session.device_count()?).map(|index| index.to_string()).collect())
    }

    /// Says of the GPUs that the driver listed once that it does not list them any more, be it under another number.
    fn tell_missing(&self, listed: &[String], batch: &mut Batch) {
        let is_listed = |id: &str| listed.iter().any(|key| self.gpus.get(key).is_some_and(|gpu| gpu.source.id == id));
        for (_, gpu) in self.gpus.0.iter().filter(|(_, gpu)| gpu.known && !is_listed(&gpu.source.id)) {
            batch.condition(&gpu.source, Health::Lost, say!("NVIDIA's driver does not list this GPU any more"));
        }
    }

    fn condition(&mut self, key: &str, health: Health, reason: &str, batch: &mut Batch) {
        let gpu = self.gpus.entry(key);
        batch.condition(&gpu.source, health, reason);
    }

    /// Gives each GPU the source that its card has.
    fn name(&mut self, keys: &[String]) {
        for key in keys {
            if let Some((source, known)) = self.gates.source(key) {
                let gpu = self.gpus.entry(key);
                (gpu.source, gpu.known) = (source.clone(), known);
            }
        }
    }

    /// Numbers those of the same name, where the kernel shows no card that it could be done by.
    fn number(&mut self, session: &Nvml, keys: &[String]) {
        for key in keys {
            let gpu = self.gpus.entry(key);
            if gpu.lost.is_none() {
                // Why it cannot be told who one is, is said where it is read.
                let _ = gpu.meet(session, key);
            }
        }
        let model = |key: &String| Some((key.clone(), self.gpus.get(key)?.told.model.clone()?.into_bytes()));
        let (named, models): (Vec<_>, Vec<_>) = keys.iter().filter_map(model).unzip();
        for (key, label) in named.iter().zip(gpu::numbered(models)) {
            self.gpus.entry(key).call(label);
        }
    }

    /// Reads the GPUs with these keys. Returns the error that ends the session.
    fn read(&mut self, keys: &[String], now: Now, batch: &mut Batch) -> Result<(), NvmlError> {
        let Some(session) = self.session.clone() else { return Ok(()) };
        self.clients.begin();
        for (key, error) in self.listener.heard() {
            if let Some(gpu) = self.gpus.get(&key) {
                batch.event(&gpu.source, EventKind::Xid, error.detail());
            }
        }
        // Other threads keep the session, and with it every GPU that it has open, for moments of their own.
        let alone = !self.gates.never_sleep();
        let heard = if alone { &[] } else { keys };
        let heard: Vec<_> = heard.iter().map(|key| (key, self.gpus.get(key).and_then(Gpu::handle))).collect();
        self.listener.listen(&session, &heard);
        self.aside.begin(now.boot);
        if self.gates.is_empty() {
            self.number(&session, keys);
        }
        let mut context = Context {
            session: &session,
            now,
            clients: &mut self.clients,
            rows: &mut self.rows,
            aside: &mut self.aside,
            batch,
        };
        for key in keys {
            let gpu = self.gpus.entry(key);
            if let Some((at, health, reason)) = &gpu.lost
                && now.boot.saturating_sub(*at) < LOST_WAIT
            {
                context.batch.condition(&gpu.source, *health, reason.clone());
                continue;
            }
            let read = gpu.read(key, alone, &mut context);
            self.gates.saw(key, read.as_ref().ok().map(|busy| !busy), now.boot);
            match read {
                Ok(_) => {
                    gpu.recover();
                    if gpu.told.uuid.is_some() {
                        self.gates.learn(key, gpu.told.clone());
                    }
                }
                Err(error) if faults::ends_session(&error) => return Err(error),
                Err(error) => {
                    let (health, mut reason) = faults::told(&error);
                    if faults::of(&error) == Fault::Gpu {
                        if let Some(remedy) = gpu.remedy(&session) {
                            reason = say!("{reason}; the driver asks for {remedy}", reason, remedy);
                        }
                        gpu.lost = Some((now.boot, health, reason.clone()));
                        gpu.forget();
                    } else if matches!(error, NvmlError::NotFound) {
                        gpu.lost = Some((now.boot, health, reason.clone()));
                    }
                    context.batch.condition(&gpu.source, health, reason);
                }
            }
        }
        // Only now: a driver that opens, and then fails, is tried more and more seldom, too.
        self.retry = None;
        Ok(())
    }
}

/// The version of the driver that is loaded, in the kernel's words.
fn driver(roots: &Roots) -> Option<Vec<u8>> {
    attribute(&roots.proc.join("driver/nvidia/version"))
}

impl Sensor for Nvidia {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let began = Instant::now();
        let outcome = self.sample_all(clock.now(), batch);
        let took = began.elapsed();
        let is_without =
            self.gpus.0.is_empty() && outcome.as_ref().is_err_and(|error| error.health == Health::Unsupported);
        self.interval = if is_without {
            gpu::LOOK_EVERY
        } else if took > EASY {
            (took * PAUSE).min(LONGEST_PAUSE)
        } else {
            Duration::ZERO
        };
        outcome
    }
}

impl Nvidia {
    fn sample_all(&mut self, moment: Now, batch: &mut Batch) -> Result<(), SensorError> {
        let now = moment.boot;
        self.gates.look(now);
        if self.gates.is_empty() && self.library.is_none() {
            let reason = say!("no NVIDIA GPU in /sys/bus/pci/devices").to_owned();
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        if !self.roots.live() && self.library.is_none() {
            let reason = say!("another machine's GPUs have no driver here").to_owned();
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        let round = self.gates.ask(now);
        self.name(&round.read);
        self.name(&round.leave.iter().map(|(key, ..)| key.clone()).collect::<Vec<_>>());
        for (key, health, reason) in &round.leave {
            self.condition(key, *health, reason, batch);
        }
        let mut awake = round.read;
        if awake.is_empty() && !self.gates.is_empty() {
            if self.gates.end_session() {
                self.end_session();
            }
            self.gates.tell(now, batch);
            return Ok(());
        }
        self.open(now);
        if let Some((health, reason)) = self.reason.clone() {
            if self.gates.is_empty() {
                awake = self.gpus.keys();
            }
            for key in &awake {
                self.condition(key, health, &reason, batch);
            }
            self.gates.tell(now, batch);
            return if awake.is_empty() { Err(SensorError { health, reason }) } else { Ok(()) };
        }
        let is_listed = self.gates.is_empty();
        let mut read = Ok(());
        if is_listed {
            awake = self.gpus.keys();
            match self.listed() {
                Ok(listed) => awake = listed,
                Err(error) => read = Err(error),
            }
        }
        if let Err(error) = read.and_then(|()| self.read(&awake, moment, batch)) {
            self.close(&error, now);
            let (health, reason) = faults::told(&error);
            for key in &awake {
                self.condition(key, health, &reason, batch);
            }
            if awake.is_empty() {
                return Err(SensorError { health, reason });
            }
        }
        if is_listed {
            self.tell_missing(&awake, batch);
        }
        if self.gates.end_session() {
            self.end_session();
        }
        self.gates.tell(now, batch);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
