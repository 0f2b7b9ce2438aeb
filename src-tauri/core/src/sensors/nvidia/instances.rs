//! The instances of a GPU that is cut up (MIG): each is a source of its own, recorded with its GPU.
//!
//! The whole GPU then tells power, heat and memory, and no use; an instance tells its memory and who holds it, and how
//! busy it is where the GPU counts that. Which
//! instances there are is looked at now and then, because they come and go while the machine runs. Deliberately not
//! here: the whole GPU's readings.

use std::sync::Arc;
use std::time::Duration;

use nvml_wrapper::Device;
use nvml_wrapper::error::NvmlError;

use super::faults::{self, Fault};
use super::lists::Lists;
use super::raw::{self, Handle, Row, Rows};
use super::work::Work;
use crate::metrics::Metric;
use crate::model::{Batch, Source, SourceKind};
use crate::untrusted::Untrusted;

/// Instances that were made or taken away are looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Of a word that stands for no number at all.
const MOST_INSTANCES: u32 = 64;
const MOST_BYTES: u64 = 1 << 50;

/// An instance, and the processes that hold it.
pub(super) type Held = (Arc<Source>, Vec<Row>);

/// The instances of one GPU.
#[derive(Debug, Default)]
pub(super) struct Instances {
    /// The GPU cannot be cut up.
    off: bool,
    looked: Option<Duration>,
    cut: bool,
    all: Vec<Instance>,
}

#[derive(Debug)]
struct Instance {
    source: Arc<Source>,
    handle: Handle,
    /// What its processes are listed under at the whole GPU.
    number: Option<(u32, u32)>,
    lists: Lists,
    work: Work,
}

impl Instances {
    /// Whether the GPU is cut up now.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Reads every instance into the batch; gives the processes that hold each.
    ///
    /// # Errors
    /// The GPU or the whole driver is out of reach.
    pub(super) fn read(
        &mut self,
        gpu: &Device<'_>,
        whole: &Source,
        now: Duration,
        rows: &mut Rows,
        batch: &mut Batch,
    ) -> Result<Vec<Held>, NvmlError> {
        if !self.off && self.looked.is_none_or(|looked| now.saturating_sub(looked) >= LOOK_EVERY) {
            self.looked = Some(now);
            self.look(gpu, whole)?;
        }
        let mut held = Vec::new();
        for instance in &mut self.all {
            let device = raw::device(gpu.nvml(), instance.handle);
            match memory(&device) {
                Ok((total, used)) => {
                    batch.put(&instance.source, Metric::GpuMemoryTotal, total as f64);
                    batch.put(&instance.source, Metric::GpuMemoryUsed, (used <= total).then_some(used as f64));
                }
                Err(error) if matches!(faults::of(&error), Fault::Gpu | Fault::Driver) => return Err(error),
                Err(error) => {
                    let (health, reason) = faults::told(&error);
                    batch.condition(&instance.source, health, reason);
                    // It may have been taken away: the next look tells.
                    self.looked = None;
                    continue;
                }
            }
            if let Some((number, _)) = instance.number {
                instance.work.read(gpu, number, |metric, value| batch.put(&instance.source, metric, value))?;
            }
            held.push((instance.source.clone(), instance.lists.read(&device, rows)?));
        }
        Ok(held)
    }

    /// The instance that processes are listed under by this number at the whole GPU.
    pub(super) fn numbered(&self, number: (u32, u32)) -> Option<&Arc<Source>> {
        self.all.iter().find(|instance| instance.number == Some(number)).map(|instance| &instance.source)
    }

    fn look(&mut self, gpu: &Device<'_>, whole: &Source) -> Result<(), NvmlError> {
        self.cut = match gpu.mig_mode() {
            Ok(mode) => mode.current == 1,
            Err(error) => match faults::of(&error) {
                Fault::Unsupported => {
                    self.off = true;
                    false
                }
                Fault::Passing => return Ok(()),
                Fault::Gpu | Fault::Driver => return Err(error),
            },
        };
        let count = if self.cut { gpu.mig_device_count().unwrap_or(0).min(MOST_INSTANCES) } else { 0 };
        let mut known = std::mem::take(&mut self.all);
        for index in 0..count {
            // Places for instances that were not made answer that nothing is there.
            let Ok(device) = gpu.mig_device_by_index(index) else { continue };
            let Some(id) = device.uuid().ok().and_then(|uuid| super::device::id_of(&uuid)) else { continue };
            let handle = raw::handle(&device);
            let same = |known: &Instance| known.handle == handle && known.source.id == id;
            let instance = match known.iter().position(same) {
                Some(at) => known.swap_remove(at),
                None => {
                    let number = raw::instance(&device).ok();
                    let mut label = device.name().unwrap_or_else(|_| "MIG instance".to_owned());
                    // Instances of one size have one name.
                    if let Some((gpu, _)) = number {
                        label.push_str(&format!(" #{gpu}"));
                    }
                    let source = Source::part(whole, SourceKind::Gpu, id, Untrusted::new(label));
                    Instance { source, handle, number, lists: Lists::default(), work: Work::default() }
                }
            };
            self.all.push(instance);
        }
        Ok(())
    }
}

fn memory(instance: &Device<'_>) -> Result<(u64, u64), NvmlError> {
    let memory = match instance.memory_info() {
        Ok(memory) => (memory.total, memory.used),
        Err(error) if faults::of(&error) == Fault::Unsupported => raw::memory_before_510(instance)?,
        Err(error) => return Err(error),
    };
    if memory.0 == 0 || memory.0 > MOST_BYTES { Err(NvmlError::NotSupported) } else { Ok(memory) }
}
