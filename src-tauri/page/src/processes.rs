//! The processes of this machine, for as long as the page asks for them: only while a person can see them.
//!
//! Deliberately not here: what they do on GPUs, which the recorder wrote, and how often to look, which the page decides.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hoofbeat_core::api::{GpuUsages, LiveProcesses, ProcessList, SCHEMA, Users, add_usages, groups};
use hoofbeat_core::model::{Now, RecorderState};
use hoofbeat_core::sensors::Roots;

use crate::failure::Failure;
use crate::recording::Recording;

/// What was used over a longer time, while nobody looked, is not what is used now.
const OLD: Duration = Duration::from_secs(10);
/// Usage is kept by the minute, so it is asked for seldom.
const USAGE_SECONDS: i64 = 60;
/// A day of the longest, when clocks are put back: what is further back is the history's.
const LONGEST_USAGE: i64 = 25 * 3600;

/// What of the processes a page wants to know.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// What identities did on GPUs is told from then on, in Unix seconds.
    pub since: i64,
    /// The keys of the identities whose processes are told one by one.
    pub unfolded: Vec<String>,
}

/// The processes, and what is remembered of them between two looks.
pub struct Processes {
    known: Mutex<Known>,
    /// Whether they are this machine's, and can be ended.
    here: bool,
}

struct Known {
    live: LiveProcesses,
    users: Users,
    /// What identities did since a Unix second, and when that was asked.
    usages: Option<(i64, i64, GpuUsages)>,
}

impl Processes {
    /// Of this machine, or of the one in the folder that stands for `/`.
    pub fn new(root: Option<&Path>) -> Processes {
        let roots = Roots::at(root.unwrap_or(Path::new("/")));
        let known = Known { live: LiveProcesses::new(&roots), users: Users::at(root), usages: None };
        Processes { known: Mutex::new(known), here: roots.live() }
    }

    /// The processes now, with the CPU that they used since they were asked for.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn list(&self, recording: &Recording, now: Now, wishes: &Wishes) -> Result<ProcessList, Failure> {
        // What is wrong with the recording is told elsewhere on the page; the processes are here all the same.
        let status = recording.ask(|face| face.status()).ok();
        let status = status.filter(|status| status.recorder.state == RecorderState::Recording);
        // After a panic in the middle of a look, the next one is a first look.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { live, users, usages } = &mut *known;
        if live.age(now.boot).is_some_and(|age| age > OLD) {
            live.begin_anew();
        }
        let processes = live.look(now.boot, status.as_ref())?;
        let mut groups = groups(&processes, users, &wishes.unfolded);
        let (since, until) = (wishes.since.max(now.unix() - LONGEST_USAGE), now.unix());
        let fresh =
            |(of, at, _): &(i64, i64, GpuUsages)| *of == wishes.since && (*at..*at + USAGE_SECONDS).contains(&until);
        if !usages.as_ref().is_some_and(fresh) && since < until {
            *usages = recording.ask(|face| face.gpu_usages(since, until)).ok().map(|told| (wishes.since, until, told));
        }
        if let Some((_, _, usages)) = usages {
            add_usages(&mut groups, usages);
        }
        let own = self.here.then(|| rustix::process::geteuid().as_raw());
        Ok(ProcessList { schema: SCHEMA, gpus_known: status.is_some(), own, groups })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(of: &Processes, recording: &Recording, boot: u64, unfolded: &[String]) -> Result<ProcessList, Failure> {
        let now = Now { wall: Duration::from_secs(1_795_000_000 + boot), boot: Duration::from_secs(boot) };
        of.list(recording, now, &Wishes { since: 1_794_990_000, unfolded: unfolded.to_vec() })
    }

    #[test]
    fn this_test_is_in_the_list_and_uses_what_it_used_just_now() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let processes = Processes::new(None);
        let own = |seconds: u64| {
            let list = look(&processes, &recording, seconds, &[]).unwrap();
            assert!(!list.gpus_known, "nobody records here");
            assert_eq!(list.own, Some(rustix::process::geteuid().as_raw()));
            assert!(list.groups.iter().all(|group| group.members.is_empty()));
            let own = |group: &hoofbeat_core::api::ProcessGroup| group.pids.contains(&std::process::id());
            list.groups.into_iter().find(own).expect("this process runs")
        };
        let first = own(100);
        assert_eq!((first.cpu, first.share, first.hidden), (None, None, false));
        assert!(first.memory.is_some_and(|bytes| bytes > 0) && first.user.is_some());
        assert!(own(102).cpu.is_some());
        assert_eq!(own(113).cpu, None, "nobody looked for eleven seconds");

        let list = look(&processes, &recording, 114, &[first.key]).unwrap();
        let member = list.groups.iter().flat_map(|group| &group.members).find(|it| it.pid == std::process::id());
        let member = member.expect("it was unfolded");
        assert!(member.started.is_some_and(|ticks| ticks > 0) && member.parent.is_some() && member.cpu.is_some());
    }

    #[test]
    fn of_another_machine_nothing_can_be_ended() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("proc")).unwrap();
        std::fs::write(folder.path().join("proc/stat"), "btime 1795000000\n").unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let list = look(&Processes::new(Some(folder.path())), &recording, 1, &[]).unwrap();
        assert_eq!((list.own, list.groups.len()), (None, 0));
    }

    #[test]
    fn a_machine_without_proc_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let failure = look(&Processes::new(Some(folder.path())), &recording, 0, &[]).unwrap_err();
        assert!(failure.message.contains("/proc"), "{}", failure.message);
    }
}
