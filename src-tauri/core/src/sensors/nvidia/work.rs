//! How busy one instance of a GPU is, which only the GPU's own counters tell (GPM, Hopper and later).
//!
//! Two samples make a value: the one of this tick and the one before. Deliberately not here: the whole GPU, whose use
//! the driver tells by itself.

use nvml_wrapper::Device;
use nvml_wrapper::enums::gpm::GpmMetricId;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::gpm::gpm_metrics_get;

use super::faults::{self, Fault};
use super::raw::{self, Kept};
use crate::metrics::Metric;

/// What is asked for, and as what it counts: the part of the time in which anything ran, and of the memory's bandwidth.
const ASKED: [(GpmMetricId, Metric); 2] =
    [(GpmMetricId::GraphicsUtil, Metric::GpuUtilization), (GpmMetricId::DramBwUtil, Metric::GpuMemoryUtilization)];

/// The counters of one instance.
#[derive(Debug, Default)]
pub(super) struct Work {
    off: bool,
    /// The library keeps it; when the session is closed first, a few hundred bytes of it are not given back.
    last: Option<Kept>,
}

impl Work {
    /// Gives what the instance of this number did since the last time.
    ///
    /// # Errors
    /// The GPU or the whole driver is out of reach.
    pub(super) fn read(
        &mut self,
        gpu: &Device<'_>,
        instance: u32,
        mut put: impl FnMut(Metric, f64),
    ) -> Result<(), NvmlError> {
        if self.off {
            return Ok(());
        }
        let last = self.last.take().map(|last| raw::kept(gpu.nvml(), last));
        let answer = gpu.gpm_mig_sample(instance).and_then(|now| {
            if let Some(last) = &last {
                let ids = ASKED.map(|(id, _)| id);
                for ((_, metric), value) in ASKED.iter().zip(gpm_metrics_get(gpu.nvml(), last, &now, &ids)?) {
                    // One that this GPU does not count is absent.
                    if let Ok(value) = value.map(|value| value.value)
                        && (0.0..=100.0).contains(&value)
                    {
                        put(*metric, value);
                    }
                }
            }
            self.last = Some(raw::keep(now));
            Ok(())
        });
        let Err(error) = answer else { return Ok(()) };
        match faults::of(&error) {
            Fault::Unsupported => self.off = true,
            Fault::Passing => {}
            Fault::Gpu | Fault::Driver => return Err(error),
        }
        Ok(())
    }
}
