//! What one sensor read in one sample: the only way into the recorder.
//!
//! Deliberately not here: what becomes of it, which is the engine's.

use std::sync::Arc;

use super::{Condition, EventKind, GpuUse, Health, Reading, Source, Usage};
use crate::metrics::Metric;

/// What one sensor read in one sample.
#[derive(Debug, Default)]
pub struct Batch {
    parts: Parts,
}

/// A batch, taken apart.
#[derive(Debug, Default)]
pub struct Parts {
    /// Values.
    pub readings: Vec<Reading>,
    /// Why sources have none, or fewer.
    pub conditions: Vec<(Arc<Source>, Condition)>,
    /// What identities used.
    pub usage: Vec<Usage>,
    /// What processes do on GPUs.
    pub gpu_uses: Vec<GpuUse>,
    /// What happened to sources.
    pub events: Vec<(Arc<Source>, EventKind, serde_json::Value)>,
    /// Ids that only stood for a source until its own was known.
    pub replaced: Vec<(String, Arc<Source>)>,
}

/// How much a batch holds of what sensors read most of.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room {
    readings: usize,
    gpu_uses: usize,
}

impl Batch {
    /// An empty one with room for as much as another held: a sensor mostly reads as much as the last time.
    pub fn with_room(room: Room) -> Batch {
        let readings = Vec::with_capacity(room.readings);
        Batch { parts: Parts { readings, gpu_uses: Vec::with_capacity(room.gpu_uses), ..Parts::default() } }
    }

    /// How much it holds.
    pub fn room(&self) -> Room {
        Room { readings: self.parts.readings.len(), gpu_uses: self.parts.gpu_uses.len() }
    }

    /// Records a value in the metric's unit. `None`, a value that is not finite, or one beyond what can be stored is
    /// absent.
    pub fn put(&mut self, source: &Arc<Source>, metric: Metric, value: impl Into<Option<f64>>) {
        if let Some(stored) = value.into().and_then(|value| metric.to_stored(value)) {
            self.parts.readings.push(Reading { source: source.clone(), metric, stored });
        }
    }

    /// Says why a source has no values, or fewer than it should. A source with readings and no condition is `ok`.
    pub fn condition(&mut self, source: &Arc<Source>, health: Health, reason: impl Into<String>) {
        self.parts.conditions.push((source.clone(), Condition { health, reason: reason.into() }));
    }

    /// Records what an identity used since the last sample.
    pub fn usage(&mut self, usage: Usage) {
        self.parts.usage.push(usage);
    }

    /// Records what a process does on a GPU. A GPU that has readings and no uses in a batch is used by nobody that its
    /// driver tells of.
    pub fn gpu_use(&mut self, gpu_use: GpuUse) {
        self.parts.gpu_uses.push(gpu_use);
    }

    /// Records that something happened to a source, with details as a JSON object.
    pub fn event(&mut self, source: &Arc<Source>, kind: EventKind, detail: serde_json::Value) {
        self.parts.events.push((source.clone(), kind, detail));
    }

    /// Says that the id `before` only stood for `source` until its own id was known: it is nothing by itself any more.
    pub fn replace(&mut self, before: String, source: &Arc<Source>) {
        self.parts.replaced.push((before, source.clone()));
    }

    /// Takes the batch apart.
    pub fn into_parts(self) -> Parts {
        self.parts
    }
}
