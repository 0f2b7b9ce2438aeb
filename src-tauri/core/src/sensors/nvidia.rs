//! The NVIDIA sensor: every GPU that NVIDIA's driver knows, through its library (NVML).
//!
//! A GPU that sleeps is not touched, and one that is idle and may sleep is let go (`gates`): the library is then closed,
//! because an open one keeps the GPU awake. The library is opened without attaching GPUs, so that reading one does not
//! wake another. What the driver cannot do for a GPU is absent; a GPU or a driver that is gone is a state of its own and
//! looked for again. Deliberately not here: what a process is called, and what a
//! value means for a person.

mod cards;
mod faults;
mod gates;
mod readings;
mod shares;

use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::bitmasks::InitFlags;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessUtilizationSample;
use nvml_wrapper::{Device, Nvml};

use self::cards::Told;
use self::faults::Fault;
use self::gates::Gates;
use self::readings::Readings;
use self::shares::{Sample, Shares};
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Now, Source, SourceKind};
use crate::untrusted::Untrusted;

/// Names the driver's library, in place of the system's.
const LIBRARY: &str = "HOOFBEAT_NVML";

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
    gates: Gates,
    session: Option<Nvml>,
    /// When the library may be opened again, after it could not be, and how long the next wait is.
    retry: Option<(Duration, Duration)>,
    /// Why it could not be opened.
    reason: Option<(Health, String)>,
    /// By PCI address, or by index where the kernel shows no card.
    gpus: HashMap<String, Gpu>,
}

/// What is known of one GPU.
#[derive(Debug)]
struct Gpu {
    source: Arc<Source>,
    /// Whether the source is the GPU's own, and not the one that stands for it until its id is known.
    known: bool,
    /// What the library told of it.
    told: Told,
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

    pub(super) fn new(roots: &Roots, library: Option<OsString>) -> Nvidia {
        Nvidia {
            roots: roots.clone(),
            library,
            gates: Gates::new(roots),
            session: None,
            retry: None,
            reason: None,
            gpus: HashMap::new(),
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
        self.end_session();
        let wait = self.retry.map_or(FIRST_WAIT, |(_, wait)| (wait * 2).min(LONGEST_WAIT));
        self.retry = Some((now + wait, wait));
        self.reason = Some(faults::told(error));
        self.gpus.values_mut().for_each(|gpu| gpu.readings = Readings::default());
    }

    fn end_session(&mut self) {
        self.session = None;
        self.gates.closed();
    }

    fn condition(&mut self, key: &str, health: Health, reason: &str, batch: &mut Batch) {
        let gpu = self.gpus.entry(key.to_owned()).or_insert_with(|| Gpu::unknown(key));
        batch.condition(&gpu.source, health, reason);
    }

    /// Gives each GPU the source that its card has.
    fn name(&mut self, keys: &[String]) {
        for key in keys {
            if let Some((source, known)) = self.gates.source(key) {
                let gpu = self.gpus.entry(key.clone()).or_insert_with(|| Gpu::unknown(key));
                (gpu.source, gpu.known) = (source.clone(), known);
            }
        }
    }

    /// Reads the GPUs with these keys. Returns the error that ends the session.
    fn read(&mut self, keys: &[String], now: Now, batch: &mut Batch) -> Result<(), NvmlError> {
        let Some(session) = &self.session else { return Ok(()) };
        for key in keys {
            let gpu = self.gpus.entry(key.clone()).or_insert_with(|| Gpu::unknown(key));
            if gpu.lost.is_some_and(|at| now.boot.saturating_sub(at) < LOST_WAIT) {
                let (health, reason) = faults::told(&NvmlError::GpuLost);
                batch.condition(&gpu.source, health, reason);
                continue;
            }
            let read = gpu.read(session, key, now, batch);
            self.gates.saw(key, read.as_ref().ok().map(|busy| !busy), now.boot);
            match read {
                Ok(_) => {
                    gpu.lost = None;
                    if gpu.told.uuid.is_some() {
                        self.gates.learn(key, gpu.told.clone());
                    }
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
        Ok(())
    }
}

impl Sensor for Nvidia {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let moment = clock.now();
        let now = moment.boot;
        self.gates.look(now);
        if self.gates.is_empty() && self.library.is_none() {
            let reason = "no NVIDIA GPU in /sys/bus/pci/devices".to_owned();
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        if !self.roots.live() && self.library.is_none() {
            let reason = "another machine's GPUs have no driver here".to_owned();
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
            for key in &awake {
                self.condition(key, health, &reason, batch);
            }
            self.gates.tell(now, batch);
            return if awake.is_empty() { Err(SensorError { health, reason }) } else { Ok(()) };
        }
        if self.gates.is_empty() {
            // Inside some containers the kernel shows no PCI devices.
            let count = self.session.as_ref().and_then(|session| session.device_count().ok()).unwrap_or(0);
            awake = (0..count).map(|index| index.to_string()).collect();
        }
        if let Err(error) = self.read(&awake, moment, batch) {
            self.close(&error, now);
            let (health, reason) = faults::told(&error);
            for key in &awake {
                self.condition(key, health, &reason, batch);
            }
        }
        if self.gates.end_session() {
            self.end_session();
        }
        self.gates.tell(now, batch);
        Ok(())
    }
}

impl Gpu {
    /// A GPU whose id is not known yet: it sleeps, or its driver is away.
    fn unknown(key: &str) -> Gpu {
        let source = Source::whole(SourceKind::Gpu, format!("gpu:{key}"), "NVIDIA GPU");
        let (readings, shares) = (Readings::default(), Shares::default());
        Gpu { source, known: false, told: Told::default(), readings, shares, tells_shares: true, lost: None }
    }

    fn is(&mut self, uuid: String, model: Option<String>) {
        let label = Untrusted::from(model.as_deref().unwrap_or("NVIDIA GPU"));
        self.source = Source::whole(SourceKind::Gpu, format!("gpu:{uuid}"), label);
        self.known = true;
        self.told = Told { uuid: Some(uuid), model };
    }

    /// Reads everything; says whether it is in use.
    fn read(&mut self, session: &Nvml, key: &str, now: Now, batch: &mut Batch) -> Result<bool, NvmlError> {
        let device = match key.parse() {
            Ok(index) => session.device_by_index(index)?,
            Err(_) => session.device_by_pci_bus_id(key)?,
        };
        if !self.known {
            self.is(device.uuid()?, device.name().ok());
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
        // Whether a person would miss it: it works, somebody else's process computes on it, or it shows a picture. That a
        // desktop's programs hold it open is no reason: on a notebook some of them do so all the time.
        let is_busy = busy.is_some_and(|busy| busy > 0.0);
        Ok(is_busy || is_computed_on(&device) || device.is_display_active().unwrap_or(false))
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
    let graphics = device.running_graphics_processes().unwrap_or_default();
    let mut pids = computing(device);
    pids.extend(graphics.iter().map(|process| process.pid));
    pids.sort_unstable();
    pids.dedup();
    pids
}

fn computing(device: &Device<'_>) -> Vec<u32> {
    let lists = [device.running_compute_processes(), device.mps_running_compute_processes()];
    lists.into_iter().flatten().flatten().map(|process| process.pid).collect()
}

/// Whether anybody but us has memory and programs on a GPU, be they idle.
fn is_computed_on(device: &Device<'_>) -> bool {
    computing(device).iter().any(|pid| *pid != std::process::id())
}
