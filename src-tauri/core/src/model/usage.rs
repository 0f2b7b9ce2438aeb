//! What programs use: of the machine, and of each GPU, now and by minute.
//!
//! Deliberately not here: who is what identity (`identity`), and how a minute is added up (`engine`).

use std::sync::Arc;

use super::Source;
use crate::untrusted::Untrusted;

/// What the processes of one name and user used since the last sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Usage {
    /// The same for everything that belongs together, on each day: `docker:ollama`, `program:blender`.
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id.
    pub uid: u32,
    /// How many processes.
    pub processes: u32,
    /// CPU time used, in seconds of one core.
    pub cpu: f64,
    /// Resident memory now, in bytes, summed over the processes.
    pub memory: u64,
    /// Bytes read from and written to storage, where the kernel lets us see them.
    pub io: Option<u64>,
}

/// What one process does on one GPU, now and since the last sample.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuUse {
    /// The GPU, or the instance of one.
    pub source: Arc<Source>,
    /// The number that its driver knows the process by, which is the host's.
    pub pid: u32,
    /// Its start in clock ticks since boot; `None` where `/proc` does not show us the process.
    pub started: Option<u64>,
    /// The same for everything that belongs together, on each day: `docker:ollama`, `steam:570`.
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// The path of the program's file, as the process itself sees it; `None` where we may not know.
    pub exe: Option<Untrusted>,
    /// The short name of the program that it runs, of whatever it is a part: `python3`. `None` where that is not known.
    pub command: Option<Untrusted>,
    /// Percent of the GPU's time; smoothed over some seconds where the driver only takes samples of it, exact where it counts.
    /// `None` where the driver does not tell, which is not zero.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory that it has, where the driver tells.
    pub vram: Option<u64>,
    /// Seconds of the GPU's time that it used since the last sample, not smoothed.
    pub busy: Option<f64>,
    /// The same of the encoder's time.
    pub encoder: Option<f64>,
    /// The same of the decoder's time.
    pub decoder: Option<f64>,
}

/// The key of every process that its driver numbers, and nobody names: of another container, or of another user.
pub const HIDDEN: &str = "hidden";

impl GpuUse {
    /// Whether it is known who it is.
    pub fn is_named(&self) -> bool {
        self.key.as_bytes() != HIDDEN.as_bytes()
    }

    /// Seconds of the GPU's time that it explains. What a process does that nobody can name explains nothing, and is a
    /// part of the remainder.
    pub fn explains(&self) -> Option<f64> {
        if self.is_named() { self.busy } else { self.busy.map(|_| 0.0) }
    }
}

/// What one identity did on one GPU in a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuUsage {
    /// The GPU, or the instance of one.
    pub source: Arc<Source>,
    /// See [`GpuUse::key`].
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// Seconds of the GPU's time; `None` where the driver did not tell, which is not zero. So it is with the others.
    pub busy: Option<f64>,
    /// The most bytes of the GPU's memory that its processes had at the same time.
    pub vram: Option<u64>,
    /// Seconds of the encoder's time.
    pub encoder: Option<f64>,
    /// Seconds of the decoder's time.
    pub decoder: Option<f64>,
    /// Its part of the GPU's energy, in joules.
    pub energy: Option<f64>,
}

/// At most this busy, in percent, a GPU counts as unused: a desktop that stands still moves a cursor now and then.
pub const UNUSED_PERCENT: f64 = 2.0;

/// What one GPU took in a minute, in joules, and whose doing that was.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuEnergy {
    /// The GPU.
    pub source: Arc<Source>,
    /// All that it took.
    pub energy: Option<f64>,
    /// What it would have taken without work; `None` until that is known, which takes a while without work.
    pub idle: Option<f64>,
    /// What the work of known processes took beyond that; the rest is nobody's.
    pub attributed: Option<f64>,
    /// Seconds in which it worked.
    pub busy: Option<f64>,
    /// Seconds of that which known processes explain.
    pub explained: Option<f64>,
    /// Seconds of which nothing is known, because it was not read.
    pub missing: f64,
}

/// A minute of all GPUs, given once, when it is over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuMinute {
    /// Its first second.
    pub start: i64,
    /// Who used them.
    pub usage: Vec<GpuUsage>,
    /// What they took.
    pub energy: Vec<GpuEnergy>,
}
