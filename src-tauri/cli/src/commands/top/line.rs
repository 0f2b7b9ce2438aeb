//! The lines of `top`: one process with what it used, as `--json` tells it.

use std::collections::HashMap;

use hoofbeat_core::api::{GpuShare, ProcessNow, Seen, Status, with_gpus};
use hoofbeat_core::identity::Identity;
use hoofbeat_core::sensors::processes::Process;
use hoofbeat_core::untrusted::Untrusted;
use serde::Serialize;

use crate::commands::users::Users;

/// One process.
#[derive(Serialize)]
pub struct Line {
    pub pid: u32,
    /// Unix seconds; not known of one that cannot be seen.
    pub started: Option<f64>,
    identity: String,
    #[serde(flatten)]
    pub more: More,
    /// Empty where it is not known.
    pub user: String,
    /// Percent of one core; not known of one that cannot be seen, nor of a captured machine's past.
    pub cpu: Option<f64>,
    /// Bytes.
    pub memory: Option<u64>,
    pub gpus: Vec<Share>,
}

/// What else is known of an identity; what is not known is left out.
#[derive(Serialize)]
pub struct More {
    /// The same for all that belongs together.
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<String>,
    /// All of it, for people.
    #[serde(skip)]
    pub in_full: String,
}

/// What a process uses of a GPU; what its driver does not tell is `null`.
#[derive(Serialize)]
pub struct Share {
    source: String,
    /// Percent.
    share: Option<f64>,
    /// Bytes.
    vram: Option<u64>,
}

impl Line {
    /// Percent of one GPU, of all GPUs together; `None` where nothing is told.
    pub fn share(&self) -> Option<f64> {
        self.gpus.iter().filter_map(|gpu| gpu.share).reduce(|a, b| a + b)
    }

    /// Bytes on all GPUs together.
    pub fn vram(&self) -> Option<u64> {
        self.gpus.iter().filter_map(|gpu| gpu.vram).reduce(u64::saturating_add)
    }

    fn of(process: &Process, cpu: Option<f64>, gpus: Vec<Share>, users: &mut Users) -> Line {
        Line {
            pid: process.pid,
            started: Some(process.started),
            identity: process.identity.label.json().into_owned(),
            more: More::of(&process.identity),
            user: users.name(process.uid),
            cpu,
            memory: Some(process.memory),
            gpus,
        }
    }

    fn hidden(
        pid: u32,
        identity: &Untrusted,
        key: &Untrusted,
        uid: Option<u32>,
        gpus: Vec<Share>,
        users: &mut Users,
    ) -> Line {
        // Some are called that already.
        let note = if key.as_bytes() == b"hidden" { "" } else { " (not visible)" };
        let in_full = format!("{}{note}", identity.json());
        let more = More { key: key.json().into_owned(), detail: None, parent: None, via: None, in_full };
        let user = uid.map(|uid| users.name(uid)).unwrap_or_default();
        let identity = identity.json().into_owned();
        Line { pid, started: None, identity, more, user, cpu: None, memory: None, gpus }
    }
}

impl More {
    fn of(identity: &Identity) -> More {
        let text = |text: &Option<Untrusted>| text.as_ref().map(|text| text.json().into_owned());
        More {
            key: identity.key.json().into_owned(),
            detail: text(&identity.detail),
            parent: text(&identity.parent),
            via: text(&identity.via),
            in_full: identity.in_full().json().into_owned(),
        }
    }
}

/// The lines of all processes, with the CPU that `cpu` knows of each.
fn each(
    processes: &[Process],
    status: Option<&Status>,
    users: &mut Users,
    cpu: impl Fn(&Process) -> Option<f64>,
) -> Vec<Line> {
    let shares = |gpus: Vec<GpuShare>| {
        gpus.into_iter().map(|gpu| Share { source: gpu.source, share: gpu.share, vram: gpu.vram }).collect()
    };
    let line = |ProcessNow { pid, seen, gpus }: ProcessNow| match seen {
        Seen::Here(process) => Line::of(&process, cpu(&process), shares(gpus), users),
        Seen::Hidden { identity, key, uid } => Line::hidden(pid, &identity, &key, uid, shares(gpus), users),
    };
    with_gpus(processes.to_vec(), status).into_iter().map(line).collect()
}

/// What each process used on average since it began, seen from `now` (Unix seconds).
pub fn averages(processes: &[Process], now: Option<f64>, status: Option<&Status>, users: &mut Users) -> Vec<Line> {
    let average = |process: &Process| {
        let age = now? - process.started;
        // A clock that was set, or a process of this very moment.
        (age >= 0.01).then(|| percent(process.cpu_seconds, age))
    };
    each(processes, status, users, average)
}

/// What each process used in between. A process that began in between counts from its beginning; one that has ended
/// is left out.
pub fn measured(
    before: &[Process],
    after: &[Process],
    seconds: f64,
    status: Option<&Status>,
    users: &mut Users,
) -> Vec<Line> {
    // A number alone names another process once it was given out again.
    let key = |process: &Process| (process.pid, process.ticks);
    let earlier: HashMap<_, f64> = before.iter().map(|process| (key(process), process.cpu_seconds)).collect();
    each(after, status, users, |process| {
        let used = process.cpu_seconds - earlier.get(&key(process)).copied().unwrap_or(0.0);
        Some(percent(used, seconds))
    })
}

/// CPU time in percent of one core, with one decimal.
fn percent(used: f64, seconds: f64) -> f64 {
    (used / seconds * 1000.0).round().max(0.0) / 10.0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hoofbeat_core::identity::Role;

    use super::*;

    fn process(pid: u32) -> Process {
        Process {
            pid,
            parent: 0,
            started: 0.0,
            ticks: 0,
            identity: Arc::new(Identity {
                key: "program:x".into(),
                label: "x".into(),
                detail: None,
                role: Role::Program,
                icon: None,
                user: None,
                parent: None,
                via: None,
            }),
            state: 'S',
            threads: 1,
            uid: 0,
            cpu_seconds: 0.0,
            memory: 1,
        }
    }

    #[test]
    fn a_reused_number_is_another_process() {
        let process = |pid, ticks, cpu_seconds| Process { ticks, cpu_seconds, ..process(pid) };
        let before = [process(1, 10, 100.0), process(2, 10, 50.0), process(3, 10, 1.0)];
        let after = [process(1, 10, 101.0), process(2, 20, 0.5), process(4, 20, 0.25)];
        let lines = measured(&before, &after, 2.0, None, &mut Users::elsewhere());
        let found: Vec<_> = lines.into_iter().map(|line| (line.pid, line.cpu)).collect();
        assert_eq!(found, [(1, Some(50.0)), (2, Some(25.0)), (4, Some(12.5))]);
    }

    #[test]
    fn a_first_table_says_only_what_is_known() {
        let begun = |started| Process { started, cpu_seconds: 3.0, ..process(1) };
        let average = |started, now| averages(&[begun(started)], now, None, &mut Users::elsewhere())[0].cpu;
        assert_eq!(average(100.0, Some(110.0)), Some(30.0));
        assert_eq!(average(100.0, Some(99.0)), None, "the clock was set back");
        assert_eq!(average(100.0, Some(100.0)), None);
        assert_eq!(average(100.0, None), None, "a captured machine has no now");
    }
}
