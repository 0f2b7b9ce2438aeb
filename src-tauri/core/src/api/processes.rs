//! The processes of this machine with what they do on its GPUs: what `/proc` shows now, joined with what the recorder
//! wrote last, because only the recorder touches a GPU.
//!
//! Deliberately not here: which of them a face shows, in which order, and how.

use std::collections::HashMap;
use std::sync::Arc;

use crate::identity::Identity;
use crate::model::answer::{GpuProcess, Status};
use crate::sensors::processes::Process;
use crate::untrusted::Untrusted;

/// One process.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessNow {
    /// Its number.
    pub pid: u32,
    /// What is known of it.
    pub seen: Seen,
    /// Percent of one core since the look before; `None` where there was none, or it cannot be seen.
    pub cpu: Option<f64>,
    /// What it does on each GPU that it uses.
    pub gpus: Vec<GpuShare>,
}

/// What is known of a process.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// What `/proc` shows.
    Here(Process),
    /// A GPU's driver names it, and `/proc` does not show it to us.
    Hidden {
        /// What a person calls it, as far as the recorder knew.
        identity: Untrusted,
        /// The same for all that belongs together.
        key: Untrusted,
        /// Numeric user id, where it is known.
        uid: Option<u32>,
    },
}

/// What a process does on one GPU. What the driver does not tell is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuShare {
    /// The source's id.
    pub source: String,
    /// Percent of the GPU's time.
    pub share: Option<f64>,
    /// Bytes of its memory.
    pub vram: Option<u64>,
}

impl ProcessNow {
    /// Percent of one GPU, of all GPUs together; `None` where nothing is told.
    pub fn share(&self) -> Option<f64> {
        self.gpus.iter().filter_map(|gpu| gpu.share).reduce(|a, b| a + b)
    }

    /// Bytes on all GPUs together.
    pub fn vram(&self) -> Option<u64> {
        self.gpus.iter().filter_map(|gpu| gpu.vram).reduce(u64::saturating_add)
    }
}

/// Joins a list of processes with a status. A process is the same one if number and start are; one of the list whose
/// number the recorder knew under another start has replaced it. Hidden processes come last.
pub(super) fn with_gpus(processes: Vec<Process>, status: Option<&Status>) -> Vec<ProcessNow> {
    let here =
        |process: Process| ProcessNow { pid: process.pid, seen: Seen::Here(process), cpu: None, gpus: Vec::new() };
    let mut all: Vec<ProcessNow> = processes.into_iter().map(here).collect();
    let places: HashMap<u32, usize> = all.iter().enumerate().map(|(at, process)| (process.pid, at)).collect();
    let mut hidden: HashMap<(u32, Option<u64>), usize> = HashMap::new();
    for source in status.iter().flat_map(|status| &status.sources) {
        for one in &source.processes {
            let at = match (places.get(&one.pid), one.started) {
                (Some(&at), Some(started)) if matches!(&all[at].seen, Seen::Here(it) if it.ticks == started) => {
                    name(&mut all[at], one);
                    at
                }
                (Some(_), Some(_)) => continue,
                _ => *hidden.entry((one.pid, one.started)).or_insert_with(|| {
                    all.push(unseen(one));
                    all.len() - 1
                }),
            };
            all[at].gpus.push(GpuShare { source: source.id.clone(), share: one.share, vram: one.vram });
        }
    }
    all
}

/// Takes over the recorder's name for a process, which is also what its history goes by: whoever looks from elsewhere may
/// know less of it, such as the name of a game.
fn name(process: &mut ProcessNow, one: &GpuProcess) {
    let Seen::Here(process) = &mut process.seen else { return };
    if process.identity.label.json() != one.identity {
        let (label, key) = (one.identity.as_str().into(), one.key.as_str().into());
        process.identity = Arc::new(Identity { label, key, ..(*process.identity).clone() });
    }
}

fn unseen(one: &GpuProcess) -> ProcessNow {
    let (identity, key) = (one.identity.as_str().into(), one.key.as_str().into());
    ProcessNow { pid: one.pid, seen: Seen::Hidden { identity, key, uid: one.uid }, cpu: None, gpus: Vec::new() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::identity::Role;
    use crate::model::answer::{Recorder, SourceStatus};
    use crate::model::{Health, RecorderState, SourceKind};

    pub(in crate::api) fn process(pid: u32, ticks: u64) -> Process {
        let identity = Identity {
            key: "program:x".into(),
            label: "x".into(),
            detail: None,
            role: Role::Program,
            icon: None,
            user: None,
            command: None,
            parent: None,
            via: None,
        };
        Process {
            pid,
            parent: 0,
            leads_session: false,
            started: 0.0,
            ticks,
            identity: Arc::new(identity),
            state: 'S',
            threads: 1,
            uid: 0,
            cpu_seconds: 0.0,
            memory: 1,
        }
    }

    fn gpu(id: &str, processes: &[(u32, Option<u64>, f64)]) -> SourceStatus {
        let told = |(pid, started, share): &(u32, Option<u64>, f64)| GpuProcess {
            pid: *pid,
            started: *started,
            identity: "y".into(),
            key: "program:y".into(),
            uid: Some(7),
            exe: None,
            share: Some(*share),
            vram: None,
        };
        SourceStatus {
            id: id.into(),
            kind: SourceKind::Gpu,
            label: id.into(),
            part_of: None,
            health: Health::Ok,
            reason: String::new(),
            ts: None,
            metrics: Default::default(),
            processes: processes.iter().map(told).collect(),
        }
    }

    #[test]
    fn a_process_is_the_same_by_number_and_start() {
        let recorder = Recorder { state: RecorderState::Recording, since: None, until: None, tick: None };
        let sources = vec![
            gpu("gpu:1", &[(1, Some(10), 70.0), (2, Some(10), 20.0), (9, None, 5.0)]),
            gpu("gpu:2", &[(1, Some(10), 3.0), (9, None, 1.0), (3, None, 2.0), (8, Some(4), 9.0)]),
        ];
        let status = Status { schema: 1, ts: None, recorder, sources };
        let all = with_gpus(vec![process(1, 10), process(2, 20), process(3, 30)], Some(&status));
        let told: Vec<_> = all
            .iter()
            .map(|it| {
                let shares = it.gpus.iter().map(|gpu| (gpu.source.as_str(), gpu.share.unwrap())).collect::<Vec<_>>();
                (it.pid, matches!(it.seen, Seen::Here(_)), shares)
            })
            .collect();
        assert_eq!(
            told,
            [
                (1, true, vec![("gpu:1", 70.0), ("gpu:2", 3.0)]),
                (2, true, vec![]),
                (3, true, vec![]),
                (9, false, vec![("gpu:1", 5.0), ("gpu:2", 1.0)]),
                (3, false, vec![("gpu:2", 2.0)]),
                (8, false, vec![("gpu:2", 9.0)]),
            ]
        );
        let name = |it: &ProcessNow| match &it.seen {
            Seen::Here(process) => process.identity.label.json().into_owned(),
            Seen::Hidden { identity, .. } => identity.json().into_owned(),
        };
        let names: Vec<_> = all.iter().map(name).collect();
        assert_eq!(names, ["y", "x", "x", "y", "y", "y"], "the recorder's name holds in every face");
        assert_eq!(with_gpus(vec![process(1, 10)], None)[0].gpus, []);
    }
}
