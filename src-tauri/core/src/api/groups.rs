//! The processes of one identity and one user as one: a browser has dozens, and a person means all of them.
//!
//! Deliberately not here: order, and how many are shown.

use std::collections::HashMap;

use super::processes::{ProcessNow, Seen};
use super::users::Users;
use crate::identity::Identity;
use crate::model::answer::{GpuUsages, ProcessGroup, ProcessMember};
use crate::sensors::processes::Process;
use crate::untrusted::Untrusted;

/// Puts together what belongs together. Members are told of the keys that are `unfolded`: a machine has thousands, and a
/// person looks into a few.
pub fn groups(processes: &[ProcessNow], users: &mut Users, unfolded: &[String]) -> Vec<ProcessGroup> {
    let mut groups: Vec<ProcessGroup> = Vec::new();
    let mut places = HashMap::new();
    let family = Family::of(processes);
    for one in processes {
        let (key, identity, uid, memory) = match &one.seen {
            Seen::Here(process) => {
                let identity = &process.identity;
                (&identity.key, &identity.label, Some(process.uid), Some(process.memory))
            }
            Seen::Hidden { identity, key, uid } => (key, identity, *uid, None),
        };
        let hidden = matches!(one.seen, Seen::Hidden { .. });
        let place = place(one);
        let at = *places.entry((key, uid, hidden)).or_insert_with(|| {
            groups.push(ProcessGroup {
                identity: identity.json().into_owned(),
                key: key.json().into_owned(),
                user: uid.map(|uid| users.name(uid)),
                uid,
                pids: Vec::new(),
                hidden,
                since: None,
                place: place.clone(),
                origin: None,
                share: None,
                vram: None,
                cpu: None,
                memory: None,
                busy: None,
                energy: None,
                members: Vec::new(),
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.pids.push(one.pid);
        if let Some(since) = since(one).filter(|since| group.since.is_none_or(|oldest| *since < oldest)) {
            group.since = Some(since);
            group.origin = family.parent(one).filter(|parent| parent.key != *key).map(|it| text(&it.label));
        }
        // What only some of them belong to says nothing of the rest.
        group.place = group.place.take().filter(|common| Some(common) == place.as_ref());
        group.share = sum(group.share, one.share(), |a, b| a + b);
        group.vram = sum(group.vram, one.vram(), u64::saturating_add);
        group.cpu = sum(group.cpu, one.cpu, |a, b| a + b);
        group.memory = sum(group.memory, memory, u64::saturating_add);
        if unfolded.contains(&group.key) {
            group.members.push(family.member(one));
        }
    }
    groups
}

/// Adds what the identities of the groups did on GPUs over a stretch of time, of all GPUs together.
pub fn add_usages(groups: &mut [ProcessGroup], usages: &GpuUsages) {
    let mut sums: HashMap<(&str, Option<u32>), Sums> = HashMap::new();
    for usage in usages.gpus.iter().flat_map(|gpu| &gpu.usages) {
        let sums = sums.entry((&usage.key, usage.uid)).or_default();
        sums.busy = sum(sums.busy, usage.busy, |a, b| a + b);
        sums.energy = sum(sums.energy, usage.energy, |a, b| a + b);
    }
    for group in groups {
        if let Some(Sums { busy, energy }) = sums.get(&(group.key.as_str(), group.uid)) {
            (group.busy, group.energy) = (*busy, *energy);
        }
    }
}

/// What an identity did.
#[derive(Default)]
struct Sums {
    busy: Option<f64>,
    energy: Option<f64>,
}

/// Who each process is, for its children.
struct Family<'a>(HashMap<u32, &'a Identity>);

impl<'a> Family<'a> {
    fn of(processes: &'a [ProcessNow]) -> Family<'a> {
        Family(processes.iter().filter_map(|one| Some((one.pid, &*here(one)?.identity))).collect())
    }

    /// Who started it.
    fn parent(&self, one: &ProcessNow) -> Option<&'a Identity> {
        self.0.get(&here(one)?.parent).copied()
    }

    fn member(&self, one: &ProcessNow) -> ProcessMember {
        let process = here(one);
        let identity = process.map(|process| &process.identity);
        ProcessMember {
            pid: one.pid,
            started: process.map(|process| process.ticks),
            since: since(one),
            program: identity.and_then(|identity| identity.command.as_ref()).map(text),
            detail: identity.and_then(|identity| identity.detail.as_ref()).map(text),
            place: place(one),
            via: identity.and_then(|identity| identity.via.as_ref()).map(text),
            parent: process.map(|process| process.parent).filter(|parent| *parent > 0),
            parent_name: self.parent(one).map(|parent| text(&parent.label)),
            state: process.map(|process| process.state),
            gpus: one.gpus.iter().map(|gpu| gpu.source.clone()).collect(),
            share: one.share(),
            vram: one.vram(),
            cpu: one.cpu,
            memory: process.map(|process| process.memory),
        }
    }
}

/// What `/proc` shows of it.
fn here(one: &ProcessNow) -> Option<&Process> {
    match &one.seen {
        Seen::Here(process) => Some(process),
        Seen::Hidden { .. } => None,
    }
}

/// The Unix second at which it began.
fn since(one: &ProcessNow) -> Option<i64> {
    here(one).map(|process| process.started as i64)
}

/// What it belongs to.
fn place(one: &ProcessNow) -> Option<String> {
    here(one)?.identity.parent.as_ref().map(text)
}

fn text(text: &Untrusted) -> String {
    text.json().into_owned()
}

/// What nobody told is nothing to add, and not 0.
fn sum<T: Copy>(a: Option<T>, b: Option<T>, add: impl Fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(add(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::processes::GpuShare;
    use super::super::processes::tests::process;
    use super::*;
    use crate::model::answer::{GpuTotal, IdentityUsage};

    #[test]
    fn what_belongs_together_is_one_and_what_nobody_told_is_no_zero() {
        let here = |pid, uid, cpu, gpus: &[(Option<f64>, Option<u64>)]| ProcessNow {
            pid,
            seen: Seen::Here(Process { uid, memory: 10, ..process(pid, 0) }),
            cpu,
            gpus: gpus
                .iter()
                .map(|(share, vram)| GpuShare { source: "gpu:1".into(), share: *share, vram: *vram })
                .collect(),
        };
        let hidden = ProcessNow {
            seen: Seen::Hidden { identity: "x".into(), key: "program:x".into(), uid: Some(1) },
            ..here(9, 1, None, &[(None, Some(3))])
        };
        let all = [
            here(1, 1, Some(5.0), &[(Some(20.0), None), (Some(3.0), Some(7))]),
            here(2, 2, None, &[]),
            here(3, 1, Some(2.5), &[(Some(30.0), Some(u64::MAX))]),
            hidden,
        ];
        let told: Vec<_> = groups(&all, &mut Users::at(Some(Path::new("nowhere"))), &[])
            .into_iter()
            .map(|group| (group.user, group.pids, group.hidden, group.share, group.vram, group.cpu, group.memory))
            .collect();
        let user = |uid: &str| Some(uid.to_owned());
        assert_eq!(
            told,
            [
                (user("1"), vec![1, 3], false, Some(53.0), Some(u64::MAX), Some(7.5), Some(20)),
                (user("2"), vec![2], false, None, None, None, Some(10)),
                (user("1"), vec![9], true, None, Some(3), None, None),
            ]
        );
    }

    #[test]
    fn members_are_told_of_what_is_unfolded_with_who_started_them_and_where_they_belong() {
        let here = |pid, parent, key: &str, place: Option<&str>| {
            let plain = process(pid, u64::from(pid) * 100);
            let (key, place) = (key.into(), place.map(Into::into));
            let identity = Identity { label: key, parent: place, ..(*plain.identity).clone() };
            let identity = Arc::new(Identity { key: identity.label.clone(), ..identity });
            let started = 1000.9 - f64::from(pid);
            ProcessNow {
                pid,
                seen: Seen::Here(Process { parent, started, identity, ..plain }),
                cpu: None,
                gpus: vec![],
            }
        };
        let all = [
            here(1, 0, "systemd", None),
            here(7, 1, "web", Some("web.service")),
            here(8, 7, "web", Some("web.service")),
            here(9, 77, "web", None),
        ];
        let mut users = Users::at(Some(Path::new("nowhere")));
        let told = groups(&all, &mut users, &["web".into()]);
        assert!(told[0].members.is_empty() && told[0].place.is_none());
        assert_eq!((told[1].since, &told[1].place), (Some(991), &None), "one of them belongs to nothing");
        assert_eq!(told[1].origin, None, "nobody knows who started the oldest of them");
        let members: Vec<_> = told[1]
            .members
            .iter()
            .map(|it| (it.pid, it.started, it.parent, it.parent_name.as_deref(), it.place.as_deref()))
            .collect();
        let unit = Some("web.service");
        assert_eq!(
            members,
            [
                (7, Some(700), Some(1), Some("systemd"), unit),
                (8, Some(800), Some(7), Some("web"), unit),
                (9, Some(900), Some(77), None, None),
            ]
        );
        let told = groups(&all[..3], &mut users, &[]);
        assert_eq!(
            (told[1].place.as_deref(), told[1].origin.as_deref()),
            (unit, None),
            "the oldest is its sister's child"
        );
        let told = groups(&all[..2], &mut users, &[]);
        assert_eq!(told[1].origin.as_deref(), Some("systemd"));
    }

    #[test]
    fn what_an_identity_did_on_all_gpus_is_added_up_by_user() {
        let usage = |key: &str, uid, busy, energy| IdentityUsage {
            identity: key.into(),
            key: key.into(),
            uid: Some(uid),
            busy,
            vram: None,
            encoder: None,
            decoder: None,
            energy,
        };
        let gpu = |usages| GpuTotal {
            source: String::new(),
            label: String::new(),
            energy: None,
            idle: None,
            attributed: None,
            unattributed: None,
            busy: None,
            explained: None,
            missing: 0.0,
            usages,
        };
        let gpus = vec![
            gpu(vec![usage("program:x", 1, Some(60.0), None), usage("program:x", 2, Some(5.0), Some(9.0))]),
            gpu(vec![usage("program:x", 1, Some(30.0), Some(7.0)), usage("program:y", 3, Some(1.0), None)]),
        ];
        let usages = GpuUsages { schema: 1, since: 0, until: 60, counted: Some(60), gpus };
        let here = |pid, uid| ProcessNow {
            pid,
            seen: Seen::Here(Process { uid, ..process(pid, 0) }),
            cpu: None,
            gpus: vec![],
        };
        let mut told = groups(&[here(1, 1), here(2, 2), here(3, 3)], &mut Users::at(Some(Path::new("nowhere"))), &[]);
        add_usages(&mut told, &usages);
        let sums: Vec<_> = told.iter().map(|group| (group.busy, group.energy)).collect();
        assert_eq!(sums, [(Some(90.0), Some(7.0)), (Some(5.0), Some(9.0)), (None, None)]);
    }
}
