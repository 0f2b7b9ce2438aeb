//! The driver's state: the scenario that is played, who has initialised it, and what grows over time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::argument::Handle;
use crate::clock::Clock;
use crate::code::Code;
use crate::fault::{self, Outcome};
use crate::process::{self, Children, Present, chance};
use crate::runtime_pm;
use crate::scenario::Scenario;
use crate::scenario::device::{Device, Instance, Quantity};
use crate::trace::Trace;

/// Handles lie from here on: 256 a device, of which the first is its own and the others those of its MIG instances.
const HANDLES: usize = 0x5AFE_0000;

/// The step in which power is summed to energy, in seconds; also how long one piece of noise lasts.
const STEP: f64 = 0.5;

/// So many steps, a day of them, are summed one by one; more are summed in so many pieces.
const CATCH_UP: u64 = 172_800;
const PIECES: u64 = 1000;

/// Calls that work, or fail, before anything is initialised.
const STARTS: &[&str] = &["nvmlInit", "nvmlInit_v2", "nvmlInitWithFlags"];

/// The driver as one client's process sees it.
#[derive(Debug)]
pub struct Driver {
    pub scenario: Scenario,
    pub clock: Clock,
    pub trace: Trace,
    pub children: Children,
    pub event_sets: BTreeMap<usize, EventSet>,
    pub gpm_samples: BTreeMap<usize, Option<GpmSample>>,
    /// The next event set or sample.
    pub next_token: usize,
    /// The scenario's file.
    pub path: PathBuf,
    energy: BTreeMap<usize, Energy>,
    references: u32,
    /// How many reloads of the driver there had been when the client started.
    reloads: usize,
}

/// What a client waits for.
#[derive(Debug, Default)]
pub struct EventSet {
    /// Device, event types, and since when.
    pub registered: Vec<(usize, u64, f64)>,
    pub delivered: BTreeSet<usize>,
}

/// A moment of a device, or of one of its MIG instances.
#[derive(Debug, Clone, Copy)]
pub struct GpmSample {
    pub device: usize,
    pub instance: Option<usize>,
    pub at: f64,
}

/// Joules from the first step to before the next one.
#[derive(Debug, Clone, Copy)]
struct Energy {
    first: u64,
    steps: u64,
    joules: f64,
}

/// A device as one call sees it.
#[derive(Debug, Clone, Copy)]
pub struct Gpu<'a> {
    pub device: &'a Device,
    pub index: usize,
    pub at: f64,
    driver: &'a Driver,
}

/// A device, and the instance of it that was asked for, if it was one.
pub type Asked<'a> = (Gpu<'a>, Option<(usize, &'a Instance)>);

/// What a handle stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Device(usize),
    Instance(usize, usize),
}

impl Driver {
    /// Loads a scenario.
    pub fn load(path: &Path) -> Result<Driver, String> {
        let scenario = Scenario::read(path)?;
        Ok(Driver {
            clock: Clock::new(&scenario)?,
            trace: Trace::open(&scenario),
            children: Children::default(),
            event_sets: BTreeMap::new(),
            gpm_samples: BTreeMap::new(),
            next_token: 0xE000,
            path: path.to_owned(),
            energy: BTreeMap::new(),
            references: 0,
            reloads: 0,
            scenario,
        })
    }

    /// Whether nobody uses it, so that another scenario may take its place.
    pub fn is_idle(&self) -> bool {
        self.references == 0
    }

    pub fn now(&self) -> f64 {
        self.clock.now()
    }

    /// For how long the scenario has nothing in store for somebody who waits.
    pub fn quiet(&self) -> Duration {
        let at = self.now();
        let (xids, faults) = (self.scenario.xids.iter(), self.scenario.faults.iter());
        let next =
            xids.map(|xid| xid.at).chain(faults.map(|fault| fault.at)).filter(|next| *next > at).reduce(f64::min);
        self.clock.until(next)
    }

    /// What happens before each call: time goes on, the device that it names wakes, and the scenario's faults strike.
    pub fn begin(&mut self, call: &str, handle: Option<Handle>) -> Outcome {
        let at = self.now();
        let device = handle.and_then(|handle| self.target(handle).ok()).map(|target| match target {
            Target::Device(index) | Target::Instance(index, _) => index,
        });
        self.children.update(&self.scenario, at);
        if let Some(device) = device.filter(|_| self.references > 0) {
            self.wake(device);
        }
        let starts = STARTS.contains(&call);
        if !starts && self.references == 0 {
            return Outcome { code: Some(Code::Uninitialized), delay: Duration::ZERO };
        }
        if !starts && call != "nvmlShutdown" && self.is_stale() {
            return Outcome { code: Some(Code::Uninitialized), delay: Duration::ZERO };
        }
        let mut outcome = fault::meet(&self.scenario, call, device, at);
        let fixed = device.and_then(|index| self.scenario.devices[index].codes.get(call));
        outcome.code = outcome.code.or(fixed.copied());
        outcome
    }

    /// Whether the driver has been reloaded since the client started.
    pub fn is_stale(&self) -> bool {
        self.reloads != fault::reloads(&self.scenario, self.now()).count
    }

    /// A device is touched.
    pub fn wake(&self, device: usize) {
        if let Some(sysfs) = &self.scenario.driver.sysfs_root {
            runtime_pm::wake(&self.scenario.file(sysfs), &self.scenario.devices[device]);
        }
    }

    /// All devices are.
    pub fn wake_all(&self) {
        (0..self.scenario.devices.len()).for_each(|device| self.wake(device));
    }

    /// Starts it for a client, which may want all devices attached.
    pub fn start(&mut self, attach: bool) -> Result<(), Code> {
        let reloads = fault::reloads(&self.scenario, self.now());
        if reloads.start != Code::Success {
            return Err(reloads.start);
        }
        if self.reloads != reloads.count {
            // Whoever started before the reload has to start anew, and has no references left.
            self.references = 0;
            self.event_sets.clear();
        }
        self.reloads = reloads.count;
        self.references += 1;
        if attach {
            self.wake_all();
        }
        Ok(())
    }

    pub fn stop(&mut self) {
        self.references -= 1;
        if self.references == 0 {
            self.event_sets.clear();
            self.gpm_samples.clear();
        }
    }

    pub fn token(&mut self) -> usize {
        self.next_token += 0x10;
        self.next_token
    }

    pub fn handle(&self, target: Target) -> Handle {
        match target {
            Target::Device(index) => Handle(HANDLES + index * 256),
            Target::Instance(index, instance) => Handle(HANDLES + index * 256 + instance + 1),
        }
    }

    pub fn target(&self, handle: Handle) -> Result<Target, Code> {
        let place = handle.0.checked_sub(HANDLES).ok_or(Code::InvalidArgument)?;
        let (index, instance) = (place / 256, place % 256);
        let device = self.scenario.devices.get(index).ok_or(Code::InvalidArgument)?;
        match instance.checked_sub(1) {
            None => Ok(Target::Device(index)),
            Some(instance) if instance < device.mig.as_ref().map_or(0, |mig| mig.instance.len()) => {
                Ok(Target::Instance(index, instance))
            }
            Some(_) => Err(Code::InvalidArgument),
        }
    }

    /// A whole device; what only whole devices know, a MIG instance does not support.
    pub fn gpu(&self, handle: Handle) -> Result<Gpu<'_>, Code> {
        match self.target(handle)? {
            Target::Device(index) => Ok(self.gpu_at(index)),
            Target::Instance(..) => Err(Code::NotSupported),
        }
    }

    /// The device of a handle, be it its own or that of one of its instances.
    pub fn any(&self, handle: Handle) -> Result<Asked<'_>, Code> {
        match self.target(handle)? {
            Target::Device(index) => Ok((self.gpu_at(index), None)),
            Target::Instance(index, instance) => {
                let mig = self.scenario.devices[index].mig.as_ref().ok_or(Code::InvalidArgument)?;
                Ok((self.gpu_at(index), Some((instance, &mig.instance[instance]))))
            }
        }
    }

    pub fn gpu_at(&self, index: usize) -> Gpu<'_> {
        Gpu { device: &self.scenario.devices[index], index, at: self.now(), driver: self }
    }

    /// Who is on a device, or on one of its instances.
    pub fn present(&mut self, target: Target) -> Vec<Present> {
        let at = self.now();
        let (index, instance) = match target {
            Target::Device(index) => (index, None),
            Target::Instance(index, instance) => (index, Some(instance)),
        };
        let mut all = process::present(&self.scenario, &mut self.children, index, at);
        all.retain(|process| instance.is_none() || process.mig == instance);
        all
    }

    /// Joules since the driver was loaded.
    pub fn joules(&mut self, index: usize) -> Result<f64, Code> {
        let gpu = self.gpu_at(index);
        gpu.read(Quantity::PowerW)?;
        let watts = |step: u64| gpu.value_at(Quantity::PowerW, step as f64 * STEP).unwrap_or(0.0);
        let steps = (gpu.at / STEP) as u64;
        let first = (fault::loaded_at(&self.scenario, gpu.at) / STEP).ceil() as u64;
        if steps < first {
            return Ok(0.0);
        }
        // A clock that was set back starts the sum again; it comes out as it was.
        let known = self.energy.get(&index).filter(|energy| energy.first == first && energy.steps <= steps);
        let mut energy = known.copied().unwrap_or(Energy { first, steps: first, joules: 0.0 });
        let behind = steps - energy.steps;
        if behind > CATCH_UP {
            // A scenario that began long ago: nobody has looked meanwhile, so nobody sees that the sum is a rough one.
            for piece in 0..PIECES {
                energy.joules += watts(energy.steps + behind * piece / PIECES) * STEP * behind as f64 / PIECES as f64;
            }
            energy.steps = steps;
        }
        while energy.steps < steps {
            energy.joules += watts(energy.steps) * STEP;
            energy.steps += 1;
        }
        let joules = energy.joules + watts(steps) * (gpu.at - steps as f64 * STEP);
        self.energy.insert(index, energy);
        Ok(joules)
    }
}

impl Gpu<'_> {
    pub fn value(&self, quantity: Quantity) -> Option<f64> {
        self.value_at(quantity, self.at)
    }

    /// The value with the scenario's noise, which percentages and limits do not leave their range for.
    pub fn value_at(&self, quantity: Quantity, at: f64) -> Option<f64> {
        let value = self.device.value(quantity, at)?;
        let noise = &self.driver.scenario.noise;
        let shakes = matches!(
            quantity,
            Quantity::Util
                | Quantity::MemUtil
                | Quantity::PowerW
                | Quantity::GraphicsMhz
                | Quantity::SmMhz
                | Quantity::PcieTxKib
                | Quantity::PcieRxKib
        );
        if noise.percent == 0.0 || !shakes {
            return Some(value);
        }
        let place = (at / STEP) as u64 * 64 + quantity as u64 + self.index as u64 * 4096;
        let noisy = value * (1.0 + noise.percent / 100.0 * (2.0 * chance(noise.seed, place) - 1.0));
        let ceiling = if matches!(quantity, Quantity::Util | Quantity::MemUtil) { 100.0 } else { f64::INFINITY };
        Some(noisy.clamp(0.0, ceiling))
    }

    pub fn read(&self, quantity: Quantity) -> Result<f64, Code> {
        self.value(quantity).ok_or(Code::NotSupported)
    }

    /// A quantity as the whole number that NVML returns.
    pub fn whole(&self, quantity: Quantity) -> Result<u32, Code> {
        self.read(quantity).map(|value| value.round() as u32)
    }

    /// Use in percent, which a device that is cut into instances does not tell.
    pub fn percent(&self, quantity: Quantity) -> Result<u32, Code> {
        if self.device.has_instances() { Err(Code::NotSupported) } else { self.whole(quantity) }
    }

    pub fn milliwatts(&self, quantity: Quantity) -> Result<u32, Code> {
        self.read(quantity).map(|watts| (watts * 1000.0).round() as u32)
    }
}
