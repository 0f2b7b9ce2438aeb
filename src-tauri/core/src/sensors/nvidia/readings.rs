//! What is read of an awake GPU, by the lines of a `table`.
//!
//! A call that this GPU does not know is not made again until the library is opened anew. [`Readings::odd`] names what no
//! GPU can have, and [`Readings::denied`] what this user may not read. Deliberately not here: which GPU may be touched.

mod table;

use std::time::Duration;

use nvml_wrapper::Device;
use nvml_wrapper::enum_wrappers::device::TemperatureThreshold;
use nvml_wrapper::error::NvmlError;

use self::table::{LINES, NUMBERED, POWER, Taken};
use super::faults::{self, Fault};
use super::raw::{self, Field};
use crate::metrics::Metric;

/// What is known of one GPU's readings since the library was opened.
#[derive(Debug)]
pub(super) struct Readings {
    lines: Vec<Known>,
    numbered: Vec<Known>,
    /// The GPU's own limit, which does not change: `None` until it was asked for.
    slowdown: Option<Option<f64>>,
    /// The last energy, and when it was read.
    energy: Option<(Duration, f64)>,
}

#[derive(Debug, Default)]
struct Known {
    /// How many of the line's calls the driver does not have for this GPU.
    passed: usize,
    /// Whether the driver has one of them, and not for this user.
    is_denied: bool,
    read: Option<Duration>,
    held: Vec<(Metric, f64)>,
    odd: Vec<Metric>,
}

impl Known {
    /// Whether it is to be read now; what was read before is then forgotten.
    fn begin(&mut self, every: Duration, now: Duration) -> bool {
        let due = self.read.is_none_or(|read| now.saturating_sub(read) >= every);
        if due {
            self.clear();
            self.read = Some(now);
        }
        due
    }

    /// Leaves out an energy that grew faster since the last one than any GPU could use it.
    fn check_energy(&mut self, last: &mut Option<(Duration, f64)>, now: Duration) {
        let Some(at) = self.held.iter().position(|(metric, _)| *metric == Metric::GpuEnergy) else { return };
        let energy = self.held[at].1;
        let Some((then, before)) = last.replace((now, energy)) else { return };
        // The driver counts on while it is asked, and not at even times.
        let passed = now.saturating_sub(then).as_secs_f64() + 1.0;
        if energy - before > *POWER.end() * passed {
            self.held.remove(at);
            self.odd.push(Metric::GpuEnergy);
        }
    }

    fn clear(&mut self) {
        self.held.clear();
        self.odd.clear();
    }
}

impl Default for Readings {
    fn default() -> Self {
        let known = |count| std::iter::repeat_with(Known::default).take(count).collect();
        Readings { lines: known(LINES.len()), numbered: known(NUMBERED.len()), slowdown: None, energy: None }
    }
}

impl Readings {
    /// Reads what is due at `now` and gives every value.
    ///
    /// # Errors
    /// The GPU or the whole driver is out of reach.
    pub(super) fn read(
        &mut self,
        gpu: &Device<'_>,
        now: Duration,
        mut put: impl FnMut(Metric, f64),
    ) -> Result<(), NvmlError> {
        let slowdown = self.slowdown(gpu)?;
        let (mut answered, mut unknown) = (0, 0);
        for (line, known) in LINES.iter().zip(&mut self.lines).filter(|(line, known)| known.passed < line.calls.len()) {
            if !known.begin(line.every, now) {
                continue;
            }
            while let Some(call) = line.calls.get(known.passed) {
                let mut taken = Taken { held: &mut known.held, odd: &mut known.odd, slowdown };
                let Err(error) = call(gpu, &mut taken) else {
                    answered += 1;
                    known.is_denied = false;
                    known.check_energy(&mut self.energy, now);
                    break;
                };
                known.clear();
                known.is_denied |= matches!(error, NvmlError::NoPermission);
                match faults::of(&error) {
                    Fault::Unsupported => known.passed += 1,
                    Fault::Passing => {
                        unknown += u32::from(matches!(error, NvmlError::Unknown));
                        break;
                    }
                    Fault::Gpu | Fault::Driver => return Err(error),
                }
            }
        }
        // An error that says nothing, from everything: the driver itself is out of order.
        if answered == 0 && unknown > 1 {
            return Err(NvmlError::Unknown);
        }
        self.read_numbered(gpu, now)?;
        let known = self.lines.iter().chain(&self.numbered);
        known.flat_map(|known| &known.held).for_each(|(metric, value)| put(*metric, *value));
        Ok(())
    }

    fn slowdown(&mut self, gpu: &Device<'_>) -> Result<Option<f64>, NvmlError> {
        if let Some(known) = self.slowdown {
            return Ok(known);
        }
        let limit = match gpu.temperature_threshold(TemperatureThreshold::Slowdown) {
            Ok(limit) => Some(f64::from(limit)).filter(|limit| (1.0..200.0).contains(limit)),
            Err(error) => match faults::of(&error) {
                Fault::Unsupported => None,
                Fault::Passing => return Ok(None),
                Fault::Gpu | Fault::Driver => return Err(error),
            },
        };
        self.slowdown = Some(limit);
        Ok(limit)
    }

    fn read_numbered(&mut self, gpu: &Device<'_>, now: Duration) -> Result<(), NvmlError> {
        let mut due = Vec::new();
        for (line, known) in NUMBERED.iter().zip(&mut self.numbered) {
            if known.passed == 0 && known.begin(line.every, now) {
                due.push((line, known));
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let asked: Vec<Field> = due.iter().map(|(line, _)| line.field).collect();
        let answers = match raw::fields(gpu, &asked) {
            Ok(answers) => answers,
            Err(error) => match faults::of(&error) {
                Fault::Gpu | Fault::Driver => return Err(error),
                fault => {
                    for (_, known) in due {
                        known.passed = usize::from(fault == Fault::Unsupported);
                        known.is_denied = matches!(error, NvmlError::NoPermission);
                    }
                    return Ok(());
                }
            },
        };
        for ((line, known), answer) in due.iter_mut().zip(answers) {
            match answer {
                Ok(value) => {
                    let mut taken = Taken { held: &mut known.held, odd: &mut known.odd, slowdown: None };
                    taken.put(line.metric, value * line.unit, line.range.clone());
                }
                Err(error) => match faults::of(&error) {
                    Fault::Unsupported => {
                        known.passed = 1;
                        known.is_denied = matches!(error, NvmlError::NoPermission);
                    }
                    Fault::Passing => {}
                    Fault::Gpu | Fault::Driver => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// What the driver has, and does not let this user read.
    pub(super) fn denied(&self) -> Vec<Metric> {
        let lines = LINES.iter().zip(&self.lines).map(|(line, known)| (line.metric, known));
        let numbered = NUMBERED.iter().zip(&self.numbered).map(|(line, known)| (line.metric, known));
        lines.chain(numbered).filter(|(_, known)| known.is_denied).map(|(metric, _)| metric).collect()
    }

    /// What the driver tells with a value that no GPU can have.
    pub(super) fn odd(&self) -> Vec<Metric> {
        let known = self.lines.iter().chain(&self.numbered);
        known.flat_map(|known| &known.odd).copied().collect()
    }
}
