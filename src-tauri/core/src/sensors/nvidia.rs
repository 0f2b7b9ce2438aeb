//! The NVIDIA sensor: every GPU that NVIDIA's driver knows, through its library (NVML).
//!
//! A GPU that sleeps is not touched, and one that is idle and may sleep is let go (`rest`): the library is then closed,
//! because an open one keeps the GPU awake. The library is opened without attaching GPUs, so that reading one does not
//! wake another. What the driver cannot do for a GPU is absent; a GPU or a driver that is gone is a state of its own and
//! looked for again. Deliberately not here: what a process is called, and what a
//! value means for a person.

pub(crate) mod cards;
mod faults;
mod readings;
mod rest;
mod shares;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessUtilizationSample;
use nvml_wrapper::{Device, Nvml};

use self::cards::{Card, Gate};
use self::faults::Fault;
use self::readings::Readings;
use self::rest::{Leave, Rest};
use self::shares::{Sample, Shares};
use super::input::Buffer;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Now, Source, SourceKind};
use crate::untrusted::Untrusted;

/// Names the driver's library, in place of the system's.
const LIBRARY: &str = "HOOFBEAT_NVML";

/// GPUs that joined or left are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A driver that is out of reach is tried again after the first wait, and then more and more seldom.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A GPU that is lost is asked again this often.
const LOST_WAIT: Duration = Duration::from_secs(30);

/// See the module.
pub struct Nvidia {
    roots: Roots,
    /// The library to load; the system's where `None`.
    library: Option<OsString>,
    cards: Vec<Card>,
    looked: Option<Duration>,
    session: Option<Nvml>,
    /// When the library may be opened again, after it could not be, and how long the next wait is.
    retry: Option<(Duration, Duration)>,
    /// Why it could not be opened.
    reason: Option<(Health, String)>,
    rest: Rest,
    /// By PCI address, or by index where the kernel shows no card.
    gpus: HashMap<String, Gpu>,
    buffer: Buffer,
}

/// What is known of one GPU.
#[derive(Debug)]
struct Gpu {
    source: Arc<Source>,
    /// Whether the source is the GPU's own, and not the one that stands for it until its id is known.
    known: bool,
    readings: Readings,
    shares: Shares,
    /// Whether the driver tells what processes do on it.
    tells_shares: bool,
    lost: Option<Duration>,
}

impl Nvidia {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Nvidia::new(roots, std::env::var_os(LIBRARY).filter(|name| !name.is_empty())))
    }

    fn new(roots: &Roots, library: Option<OsString>) -> Nvidia {
        Nvidia {
            roots: roots.clone(),
            library,
            cards: Vec::new(),
            looked: None,
            session: None,
            retry: None,
            reason: None,
            rest: Rest::default(),
            gpus: HashMap::new(),
            buffer: Buffer::default(),
        }
    }

    /// Opens the library where it is not open.
    fn open(&mut self, now: Duration) {
        if self.session.is_some() || self.retry.is_some_and(|(at, _)| now < at) {
            return;
        }
        let mut builder = Nvml::builder();
        builder.flags(InitFlags::NO_ATTACH);
        if let Some(library) = &self.library {
            builder.lib_path(library);
        }
        match builder.init() {
            Ok(session) => {
                self.session = Some(session);
                (self.retry, self.reason) = (None, None);
            }
            Err(error) => self.close(&error, now),
        }
    }

    /// Closes the library after an error, and plans the next attempt.
    fn close(&mut self, error: &NvmlError, now: Duration) {
        self.session = None;
        let wait = self.retry.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LONGEST_WAIT));
        self.retry = Some((now + wait, wait));
        self.reason = Some(faults::told(error));
        self.gpus.values_mut().for_each(|gpu| gpu.readings = Readings::default());
    }

    fn condition(&mut self, key: &str, health: Health, reason: &str, batch: &mut Batch) {
        let gpu = self.gpus.entry(key.to_owned()).or_insert_with(|| Gpu::unknown(key));
        batch.condition(&gpu.source, health, reason);
    }

    /// Reads the GPUs with these keys. Returns whether all of `sleepy` were idle, or the error that ends the session.
    fn read(&mut self, keys: &[String], sleepy: &[String], now: Now, batch: &mut Batch) -> Result<bool, NvmlError> {
        let Some(session) = &self.session else { return Ok(true) };
        let mut idle = true;
        for key in keys {
            let gpu = self.gpus.entry(key.clone()).or_insert_with(|| Gpu::unknown(key));
            if gpu.lost.is_some_and(|at| now.boot.saturating_sub(at) < LOST_WAIT) {
                let (health, reason) = faults::told(&NvmlError::GpuLost);
                batch.condition(&gpu.source, health, reason);
                continue;
            }
            match gpu.read(session, key, now, batch) {
                Ok(busy) => {
                    gpu.lost = None;
                    idle &= !(busy && sleepy.contains(key));
                }
                Err(error) if faults::of(&error) == Fault::Driver => return Err(error),
                Err(error) => {
                    if faults::of(&error) == Fault::Gpu {
                        gpu.lost = Some(now.boot);
                        gpu.readings = Readings::default();
                    }
                    let (health, reason) = faults::told(&error);
                    batch.condition(&gpu.source, health, reason);
                }
            }
        }
        Ok(idle)
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

impl Gpu {
    /// A GPU whose id is not known yet: it sleeps, or its driver is away.
    fn unknown(key: &str) -> Gpu {
        let source = Source::whole(SourceKind::Gpu, format!("gpu:{key}"), "NVIDIA GPU");
        let (readings, shares) = (Readings::default(), Shares::default());
        Gpu { source, known: false, readings, shares, tells_shares: true, lost: None }
    }

    fn is(&mut self, uuid: &str, name: Option<&str>) {
        let label = Untrusted::from(name.unwrap_or("NVIDIA GPU"));
        self.source = Source::whole(SourceKind::Gpu, format!("gpu:{uuid}"), label);
        self.known = true;
    }

    /// Reads everything; says whether it is in use.
    fn read(&mut self, session: &Nvml, key: &str, now: Now, batch: &mut Batch) -> Result<bool, NvmlError> {
        let device = match key.parse() {
            Ok(index) => session.device_by_index(index)?,
            Err(_) => session.device_by_pci_bus_id(key)?,
        };
        if !self.known {
            self.is(&device.uuid()?, device.name().ok().as_deref());
        }
        let (source, mut busy) = (self.source.clone(), None);
        self.readings.read(&device, now.boot, |metric, value| {
            if metric == Metric::GpuUtilization {
                busy = Some(value);
            }
            batch.put(&source, metric, value);
        })?;
        let holders = holders(&device);
        if let Some(busy) = busy {
            self.explain(&device, &holders, busy, now, batch);
        }
        // Whether a person would miss it: it works, somebody else's process holds it, or it shows a picture.
        let own = std::process::id();
        let is_held = holders.iter().any(|pid| *pid != own);
        Ok(busy.is_some_and(|busy| busy > 0.0) || is_held || device.is_display_active().unwrap_or(false))
    }

    /// Tells how much of `busy` percent the processes that hold the GPU explain.
    fn explain(&mut self, device: &Device<'_>, holders: &[u32], busy: f64, now: Now, batch: &mut Batch) {
        if !self.tells_shares {
            return;
        }
        let samples = match device.process_utilization_stats(self.shares.since(now)) {
            Ok(samples) => samples,
            // Nobody did anything.
            Err(NvmlError::NotFound) => Vec::new(),
            Err(error) => {
                self.tells_shares = faults::of(&error) != Fault::Unsupported;
                return;
            }
        };
        let sample =
            |one: &ProcessUtilizationSample| Sample { pid: one.pid, timestamp: one.timestamp, share: one.sm_util };
        self.shares.take(now, holders, &samples.iter().map(sample).collect::<Vec<_>>());
        let attributed = self.shares.attributed(busy);
        batch.put(&self.source, Metric::GpuAttributed, attributed);
        batch.put(&self.source, Metric::GpuRemainder, busy - attributed);
    }
}

/// The processes that hold a GPU. One may be in several lists.
fn holders(device: &Device<'_>) -> Vec<u32> {
    let lists = [
        device.running_compute_processes(),
        device.running_graphics_processes(),
        device.mps_running_compute_processes(),
    ];
    let mut pids: Vec<u32> = lists.into_iter().flatten().flatten().map(|process| process.pid).collect();
    pids.sort_unstable();
    pids.dedup();
    pids
}
