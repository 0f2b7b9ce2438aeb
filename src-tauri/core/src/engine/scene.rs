//! What the newest state says of each GPU, as `why` judges it: in the tray just as for `hoofbeat why`, which reads the
//! same from the database.
//!
//! Deliberately not here: the verdict. Who shows one asks for it then, and not the recorder each second.

use super::news::{Snapshot, SourceNow};
use crate::model::{Health, SourceKind};
use crate::why::{METRICS, Part, Sample, Scene, User};

impl Snapshot {
    /// What is known of each GPU, in the order in which they were first seen; instances are parts of theirs.
    pub fn scenes(&self) -> Vec<Scene> {
        let Some(at) = self.ts else { return Vec::new() };
        let gpus = || self.sources.iter().filter(|now| now.source.kind == SourceKind::Gpu);
        let whole = || gpus().filter(|now| now.source.is_whole_gpu());
        let is_alone = whole().count() == 1;
        let scene = |gpu: &SourceNow| {
            let sample = |metric: &_| Some(Sample { metric: *metric, ts: at, value: gpu.value(*metric)? });
            Scene {
                source: gpu.source.id.clone(),
                label: gpu.source.label.clone(),
                is_alone,
                at,
                health: gpu.condition.health,
                reason: gpu.condition.reason.clone(),
                samples: METRICS.iter().filter_map(sample).collect(),
                users: gpus().filter(|now| now.source.pack() == gpu.source.id).flat_map(users).collect(),
                is_unrecorded: false,
                quiet: gpu.quiet.at(at),
            }
        };
        whole().map(scene).collect()
    }
}

/// What was done on a GPU that is not read now is not what is done on it.
fn users(now: &SourceNow) -> impl Iterator<Item = User> {
    let read = now.users.iter().filter(|_| now.condition.health == Health::Ok);
    read.map(|user| User { part: Part::of(&user.identity, user.file), ..user.clone() })
}
