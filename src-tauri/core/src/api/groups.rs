//! The processes of one identity and one user as one: a browser has dozens, and a person means all of them.
//!
//! Deliberately not here: order, and how many are shown.

use std::collections::HashMap;

use super::processes::{ProcessNow, Seen};
use super::users::Users;
use crate::model::answer::ProcessGroup;

/// Puts together what belongs together.
pub fn groups(processes: &[ProcessNow], users: &mut Users) -> Vec<ProcessGroup> {
    let mut groups: Vec<ProcessGroup> = Vec::new();
    let mut places = HashMap::new();
    for one in processes {
        let (key, identity, uid, memory) = match &one.seen {
            Seen::Here(process) => {
                let identity = &process.identity;
                (&identity.key, &identity.label, Some(process.uid), Some(process.memory))
            }
            Seen::Hidden { identity, key, uid } => (key, identity, *uid, None),
        };
        let hidden = matches!(one.seen, Seen::Hidden { .. });
        let at = *places.entry((key, uid, hidden)).or_insert_with(|| {
            groups.push(ProcessGroup {
                identity: identity.json().into_owned(),
                key: key.json().into_owned(),
                user: uid.map(|uid| users.name(uid)),
                pids: Vec::new(),
                hidden,
                share: None,
                vram: None,
                cpu: None,
                memory: None,
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.pids.push(one.pid);
        group.share = sum(group.share, one.share(), |a, b| a + b);
        group.vram = sum(group.vram, one.vram(), u64::saturating_add);
        group.cpu = sum(group.cpu, one.cpu, |a, b| a + b);
        group.memory = sum(group.memory, memory, u64::saturating_add);
    }
    groups
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

    use super::super::processes::GpuShare;
    use super::super::processes::tests::process;
    use super::*;
    use crate::sensors::processes::Process;

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
        let told: Vec<_> = groups(&all, &mut Users::at(Some(Path::new("nowhere"))))
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
}
