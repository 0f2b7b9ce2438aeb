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

/// What is known of the file that a user of a GPU runs. A name anybody can choose, and only root where packages put files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum File {
    /// Nothing: it is another user's, or of the past.
    #[default]
    Unknown,
    /// It lies where packages put files.
    Installed,
    /// It lies anywhere else.
    Elsewhere,
}

/// Where packages of distributions put files.
const INSTALLED: &[&[u8]] = &[
    b"/usr/",
    b"/bin/",
    b"/sbin/",
    b"/lib",
    b"/opt/",
    b"/nix/store/",
    b"/gnu/store/",
    b"/snap/",
    b"/app/",
    b"/ostree/",
];

impl File {
    /// What is known of the file at this path.
    pub fn of(path: Option<&[u8]>) -> File {
        let Some(path) = path else { return File::Unknown };
        let is_installed = INSTALLED.iter().any(|folder| path.starts_with(folder));
        if is_installed { File::Installed } else { File::Elsewhere }
    }

    /// What is known of both.
    pub(super) fn and(self, other: File) -> File {
        match (self, other) {
            (File::Elsewhere, _) | (_, File::Elsewhere) => File::Elsewhere,
            (File::Installed, File::Installed) => File::Installed,
            _ => File::Unknown,
        }
    }
}

impl Part {
    /// What is known of this name, if its file does not say that it only calls itself so.
    pub fn of(identity: &Untrusted, file: File) -> Part {
        match role_of(identity.as_bytes()) {
            Some(Role::Desktop) if file == File::Elsewhere => Part::Work,
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
    /// What is known of its file.
    #[serde(default)]
    pub file: File,
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
            file: File::of(one.exe.as_ref().map(Untrusted::as_bytes)),
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
        self.file = self.file.and(File::of(one.exe.as_ref().map(Untrusted::as_bytes)));
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
    /// Nothing is recorded of who used it then, which is not the driver's doing: the recorder ended before it wrote that.
    #[serde(default)]
    pub is_unrecorded: bool,
    /// Seconds for which it had done nothing, where that is known.
    pub quiet: Option<i64>,
}

impl Scene {
    /// A GPU at a moment at which nothing is known of it yet.
    pub fn of(source: &str, label: Untrusted, is_alone: bool, at: i64) -> Scene {
        Scene {
            source: source.to_owned(),
            label,
            is_alone,
            at,
            health: Health::Ok,
            reason: String::new(),
            samples: Vec::new(),
            users: Vec::new(),
            is_unrecorded: false,
            quiet: None,
        }
    }

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
