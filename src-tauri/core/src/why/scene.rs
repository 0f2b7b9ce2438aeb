//! What is known of one GPU at one moment: all that a verdict may rest on.
//!
//! Deliberately not here: what follows from it (`judge`).

use serde::{Deserialize, Serialize};

use crate::identity::{Role, role_of};
use crate::metrics::Metric;
use crate::model::{GpuUse, Health};
use crate::untrusted::Untrusted;

/// What a verdict may rest on.
pub const METRICS: &[Metric] = &[
    Metric::GpuUtilization,
    Metric::GpuRemainder,
    Metric::GpuTemperature,
    Metric::GpuMargin,
    Metric::GpuPower,
    Metric::GpuPowerLimit,
    Metric::GpuPstate,
    Metric::GpuThrottle,
    Metric::GpuMemoryUsed,
    Metric::GpuMemoryClock,
    Metric::GpuFanPercent,
    Metric::GpuFanSpeed,
];

/// One value that was read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Of what.
    pub metric: Metric,
    /// Unix seconds.
    pub ts: i64,
    /// In the metric's unit.
    pub value: f64,
}

/// What part a user of a GPU plays on the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// It works for somebody.
    #[default]
    Work,
    /// It draws the desktop, and uses the GPU whenever something moves on the screen.
    Desktop,
    /// It is Hoofbeat.
    Own,
}

impl Part {
    /// What is known of this name.
    pub fn of(identity: &Untrusted) -> Part {
        match role_of(identity.as_bytes()) {
            Some(Role::Desktop) => Part::Desktop,
            Some(Role::Own) => Part::Own,
            _ => Part::Work,
        }
    }
}

/// Somebody who uses the GPU, as the driver told; processes of one identity may come apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The same for everything that belongs together.
    #[serde(with = "name")]
    pub key: Untrusted,
    /// What a person calls it.
    #[serde(with = "name")]
    pub identity: Untrusted,
    /// What part it plays.
    pub part: Part,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// The processes; empty for a past minute, of which only identities are kept.
    pub pids: Vec<u32>,
    /// Whether only the driver tells of it, and `/proc` does not show it.
    pub is_hidden: bool,
    /// Percent of the GPU's time; `None` where the driver does not tell, which is not zero.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory, where the driver tells.
    pub vram: Option<u64>,
    /// Unix seconds since when it uses the GPU without a long pause, where that is known.
    pub since: Option<i64>,
    /// Joules that are its doing since then, about.
    pub energy: Option<f64>,
}

impl User {
    /// A process as its driver told of it. The recorder does this each second, so that its part is left to who judges it.
    pub fn of(one: &GpuUse) -> User {
        User {
            key: one.key.clone(),
            identity: one.identity.clone(),
            part: Part::default(),
            uid: one.uid,
            pids: vec![one.pid],
            is_hidden: one.started.is_none(),
            share: one.share,
            vram: one.vram,
            since: None,
            energy: None,
        }
    }

    /// Adds another process of the same identity and user.
    pub fn add(&mut self, one: &GpuUse) {
        self.pids.push(one.pid);
        self.is_hidden |= one.started.is_none();
        self.share = self.share.into_iter().chain(one.share).reduce(|a, b| a + b);
        self.vram = self.vram.into_iter().chain(one.vram).reduce(u64::saturating_add);
    }
}

/// One GPU at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The source's id.
    pub source: String,
    /// What a person calls the GPU.
    #[serde(with = "name")]
    pub label: Untrusted,
    /// Whether it is the only one, which then needs no name.
    pub is_alone: bool,
    /// Unix seconds of the moment.
    pub at: i64,
    /// How it was.
    pub health: Health,
    /// Why it was not `ok`, in the sensor's words; may say what is missing of one that is.
    pub reason: String,
    /// What was read, one value a metric.
    pub samples: Vec<Sample>,
    /// Who used it.
    pub users: Vec<User>,
    /// Seconds for which it had done nothing, where that is known.
    pub quiet: Option<i64>,
}

impl Scene {
    /// The sample of a metric, unless its value is one that cannot be.
    pub(super) fn sample(&self, metric: Metric) -> Option<Sample> {
        let sample = self.samples.iter().find(|sample| sample.metric == metric)?;
        let is_possible = match metric {
            Metric::GpuUtilization | Metric::GpuRemainder | Metric::GpuAttributed => {
                (0.0..=100.0).contains(&sample.value)
            }
            _ => sample.value.is_finite(),
        };
        is_possible.then_some(*sample)
    }

    pub(super) fn value(&self, metric: Metric) -> Option<f64> {
        self.sample(metric).map(|sample| sample.value)
    }
}

/// Names in a bundle: text for JSON.
mod name {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::untrusted::Untrusted;

    pub(super) fn serialize<S: Serializer>(name: &Untrusted, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&name.json())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Untrusted, D::Error> {
        Ok(Untrusted::from(String::deserialize(deserializer)?.as_str()))
    }
}
