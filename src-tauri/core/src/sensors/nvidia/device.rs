//! One GPU: who it is, and one reading of all that it tells.
//!
//! Deliberately not here: whether it may be touched, and what becomes of the session after an error.

use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};

use super::aside::Aside;
use super::cards::Told;
use super::faults::{self, Fault};
use super::instances::Instances;
use super::lists::Lists;
use super::raw::{self, Field, Handle, Row, Rows, Used};
use super::readings::Readings;
use super::shares::{Shares, Whole};
use crate::metrics::Metric;
use crate::model::{Batch, Health, Now, Source, SourceKind};
use crate::sensors::gpu::clients::{Clients, Figures};
use crate::untrusted::Untrusted;
use crate::{language, say};

/// What a process is called is asked of the driver in a buffer of this size; longer names are cut off.
const NAME: usize = 256;

/// What would bring a GPU back, by the driver's numbers.
const RECOVERY: Field = Field { id: 230, scope: 0 };

fn recovery(number: f64) -> Option<&'static str> {
    Some(match number {
        1.0 => say!("a reset of the GPU"),
        2.0 => say!("a restart of the machine"),
        3.0 => say!("an end of the work that reaches for other GPUs"),
        4.0 => say!("an end of all work on it, and then a reset"),
        _ => return None,
    })
}

/// What reading a GPU needs besides itself.
pub(super) struct Context<'a> {
    pub(super) session: &'a Arc<Nvml>,
    pub(super) now: Now,
    pub(super) clients: &'a mut Clients,
    pub(super) rows: &'a mut Rows,
    pub(super) aside: &'a mut Aside,
    pub(super) batch: &'a mut Batch,
}

/// What is known of one GPU.
#[derive(Debug)]
pub(super) struct Gpu {
    pub(super) source: Arc<Source>,
    /// Whether the source is the GPU's own, and not the one that stands for it until its id is known.
    pub(super) known: bool,
    /// When it was last found out of reach, and why.
    pub(super) lost: Option<(Duration, Health, String)>,
    /// What the driver said would bring it back, since it was last read: it may not say so again.
    remedy: Option<&'static str>,
    /// What the library told of it.
    pub(super) told: Told,
    /// What is good for as long as the library stays open.
    open: Open,
}

#[derive(Debug, Default)]
struct Open {
    handle: Option<Handle>,
    readings: Readings,
    lists: Lists,
    shares: Shares,
    way: Way,
    instances: Instances,
}

/// How the driver tells what processes do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Now,
    Before550,
    Untold,
}

impl Gpu {
    /// A GPU whose id is not known yet: it sleeps, or its driver is away.
    pub(super) fn unknown(key: &str) -> Gpu {
        let source = Source::whole(SourceKind::Gpu, format!("gpu:{key}"), "NVIDIA GPU");
        Gpu { source, known: false, lost: None, remedy: None, told: Told::default(), open: Open::default() }
    }

    /// Learns who it is.
    fn is(&mut self, uuid: String, model: Option<String>) {
        let Some(id) = id_of(&uuid) else { return };
        let label = Untrusted::from(model.as_deref().unwrap_or("NVIDIA GPU"));
        self.source = Source::whole(SourceKind::Gpu, id, label);
        self.known = true;
        self.told = Told { uuid: Some(uuid), model };
    }

    /// Gives it another label.
    pub(super) fn call(&mut self, label: Vec<u8>) {
        let label = Untrusted::new(label);
        if self.known && self.source.label != label {
            self.source = Source::whole(SourceKind::Gpu, self.source.id.clone(), label);
        }
    }

    /// Learns who it is, where that was not asked yet.
    ///
    /// # Errors
    /// It, or the whole driver, is out of reach.
    pub(super) fn meet(&mut self, session: &Nvml, key: &str) -> Result<(), NvmlError> {
        self.open(session, key).map(|_| ())
    }

    /// What the library knows it by, where it was read since the library was opened.
    pub(super) fn handle(&self) -> Option<Handle> {
        self.open.handle
    }

    /// Forgets what is good only while the library stays open.
    pub(super) fn forget(&mut self) {
        self.open = Open::default();
    }

    /// Reads everything; says whether it is in use. Where the session must be `alone`, because one of its GPUs may sleep,
    /// nothing is asked aside: that would reach the GPU at a moment of its own, and keep the library open beyond this one.
    ///
    /// # Errors
    /// It, or the whole driver, is out of reach.
    pub(super) fn read(&mut self, key: &str, alone: bool, context: &mut Context<'_>) -> Result<bool, NvmlError> {
        let session = context.session.clone();
        let device = self.open(&session, key)?;
        let (source, now) = (self.source.clone(), context.now);
        let Context { clients, rows, aside, batch, .. } = context;
        let told = &mut self.open;
        let (mut whole, mut total) = (Whole::default(), None);
        told.readings.read(&device, now.boot, |metric, value| {
            match metric {
                Metric::GpuUtilization => whole.gpu = Some(value),
                Metric::GpuEncoder => whole.encoder = Some(value),
                Metric::GpuDecoder => whole.decoder = Some(value),
                Metric::GpuMemoryTotal => total = Some(value as u64),
                _ => {}
            }
            batch.put(&source, metric, value);
        })?;
        if !alone {
            let put = |metric, value| batch.put(&source, metric, value);
            aside.read(&session, raw::handle(&device), key, now.boot, put);
        }
        let holders = told.lists.read(&device, rows)?;
        let parts = told.instances.read(&device, &source, now.boot, rows, batch)?;
        let told_shares = told.tell_shares(&device, &holders, whole, now, rows);
        let name = |pid| session.sys_process_name(pid, NAME).ok();
        let vram = |row: &Row| row.memory.filter(|memory| total.is_none_or(|total| *memory <= total));
        // Who is on an instance is told there, and not a second time for the whole.
        let in_part = |row: &Row| parts.iter().any(|(_, rows)| rows.iter().any(|other| other.pid == row.pid));
        let mut unnamed = Vec::new();
        for row in holders.iter().filter(|row| !in_part(row)) {
            let mut figures = Figures { vram: vram(row), ..Figures::default() };
            if told_shares {
                let used = told.shares.used(row.pid);
                figures.share = Some(told.shares.share(row.pid));
                figures.busy = used.map(|used| used.busy);
                figures.encoder = used.map(|used| used.encoder);
                figures.decoder = used.map(|used| used.decoder);
            }
            let place = row.instance.and_then(|number| told.instances.numbered(number)).unwrap_or(&source);
            let named = clients.name(place, row.pid, figures, now.boot, Some(&name));
            unnamed.extend((!named.is_named()).then_some(row.pid));
            batch.gpu_use(named);
        }
        // Where a list is missing, nobody knows how much of the work is explained; and work of a process that nobody can
        // name is explained to nobody.
        if let Some(busy) = whole.gpu.filter(|_| told_shares && told.lists.are_told()) {
            let attributed = told.shares.attributed(busy, |pid| !unnamed.contains(&pid));
            batch.put(&source, Metric::GpuAttributed, attributed);
            batch.put(&source, Metric::GpuRemainder, busy - attributed);
        }
        for (place, rows) in &parts {
            for row in rows {
                let figures = Figures { vram: vram(row), ..Figures::default() };
                batch.gpu_use(clients.name(place, row.pid, figures, now.boot, Some(&name)));
            }
        }
        let mut odd = told.readings.odd();
        if !alone {
            odd.extend(aside.odd(key, now.boot));
        }
        if let Some((health, reason)) = told.complaint(&odd) {
            batch.condition(&source, health, reason);
        }
        // Whether a person would miss it: it works, somebody computes on it, or it shows a picture.
        let is_held = told.lists.show_work() || parts.iter().any(|(_, rows)| !rows.is_empty());
        Ok(whole.gpu.is_some_and(|busy| busy > 0.0) || is_held || device.is_display_active().unwrap_or(false))
    }

    /// What the driver says that a GPU needs which it cannot read, or said when it last told.
    pub(super) fn remedy(&mut self, session: &Nvml) -> Option<&'static str> {
        let asked = || {
            let device = raw::device(session, self.open.handle?);
            let asked = raw::fields(&device, &[RECOVERY]).ok()?.pop()?.ok()?;
            recovery(asked)
        };
        self.remedy = asked().or(self.remedy);
        self.remedy
    }

    /// It was read: nothing of what was wrong with it is so any more.
    pub(super) fn recover(&mut self) {
        (self.lost, self.remedy) = (None, None);
    }

    /// The GPU as the library knows it. At the first time in a session it is asked who it is: another one may stand in
    /// its place. By its address, because looking for an id makes the library wake the others.
    fn open<'a>(&mut self, session: &'a Nvml, key: &str) -> Result<Device<'a>, NvmlError> {
        if let Some(handle) = self.open.handle {
            return Ok(raw::device(session, handle));
        }
        let device = match key.parse() {
            Ok(index) => session.device_by_index(index)?,
            Err(_) => session.device_by_pci_bus_id(key)?,
        };
        let uuid = device.uuid()?;
        if !self.known || id_of(&uuid).is_some_and(|id| id != self.source.id) {
            self.is(uuid, device.name().ok());
        }
        self.open.handle = Some(raw::handle(&device));
        Ok(device)
    }
}

impl Open {
    /// Takes in what processes did; says whether the driver tells.
    fn tell_shares(&mut self, device: &Device<'_>, holders: &[Row], whole: Whole, now: Now, rows: &mut Rows) -> bool {
        let Some(samples) = self.samples(device, self.shares.since(now), rows) else { return false };
        let listed: Vec<u32> = holders.iter().map(|row| row.pid).collect();
        self.shares.take(now, &listed, &samples, whole);
        true
    }

    fn samples(&mut self, device: &Device<'_>, since: u64, rows: &mut Rows) -> Option<Vec<Used>> {
        loop {
            let (answer, next) = match self.way {
                Way::Now => (raw::used(device, since, rows), Way::Before550),
                Way::Before550 => (raw::used_before_550(device, since, rows), Way::Untold),
                Way::Untold => return None,
            };
            match answer {
                Ok(samples) => return Some(samples),
                // Nobody did anything.
                Err(NvmlError::NotFound) => return Some(Vec::new()),
                Err(error) if faults::of(&error) == Fault::Unsupported => self.way = next,
                Err(_) => return None,
            }
        }
    }

    /// Why the GPU tells less than it should.
    fn complaint(&self, odd: &[Metric]) -> Option<(Health, String)> {
        let mut all = Vec::new();
        let denied = names(&self.readings.denied());
        if !denied.is_empty() {
            all.push((Health::Denied, say!("needs permission: {names}", names = denied)));
        }
        all.extend(self.lists.missing().map(|(health, reason)| (health, reason.to_owned())));
        let odd = names(odd);
        if !odd.is_empty() {
            let reason = say!("the driver tells impossible values, which are left out: {names}", names = odd);
            all.push((Health::Unsupported, reason));
        }
        if self.instances.is_cut() {
            let reason = say!("cut into instances (MIG): the driver tells no use of the whole GPU");
            all.push((Health::Unsupported, reason.to_owned()));
        }
        // What a person can change goes before what is so.
        let health = all.iter().map(|(health, _)| *health).find(|health| *health == Health::Denied);
        let health = health.or(all.first().map(|(health, _)| *health))?;
        Some((health, all.into_iter().map(|(_, reason)| reason).collect::<Vec<_>>().join(". ")))
    }
}

/// What metrics are called, without what explains the name.
fn names(metrics: &[Metric]) -> String {
    let name = |metric: &Metric| language::said(metric.definition().label).split(" (").next().unwrap_or_default();
    metrics.iter().map(name).collect::<Vec<_>>().join("; ")
}

/// The id of a source, of a driver's id of a GPU or an instance; `None` where that is none.
pub(super) fn id_of(uuid: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '/');
    (!uuid.is_empty() && uuid.len() <= 96 && uuid.chars().all(plain)).then(|| format!("gpu:{uuid}"))
}
