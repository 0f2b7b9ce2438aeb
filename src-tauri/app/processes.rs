//! The processes of this machine, for as long as the page asks for them: only while a person can see them.
//!
//! Deliberately not here: what they do on GPUs, which the recorder wrote, and how often to look, which the page decides.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hoofbeat_core::api::{LiveProcesses, ProcessList, SCHEMA, Users, groups};
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::sensors::Roots;

use crate::failure::Failure;
use crate::recording::Recording;

/// What was used over a longer time, while nobody looked, is not what is used now.
const OLD: Duration = Duration::from_secs(10);

/// The processes, and what is remembered of them between two looks.
pub(crate) struct Processes {
    known: Mutex<(LiveProcesses, Users)>,
}

impl Processes {
    /// Of this machine, or of the one in the folder that stands for `/`.
    pub(crate) fn new(root: Option<&Path>) -> Processes {
        let live = LiveProcesses::new(&Roots::at(root.unwrap_or(Path::new("/"))));
        Processes { known: Mutex::new((live, Users::at(root))) }
    }

    /// The processes now, which is `now` on the boot-time clock, with the CPU that they used since they were asked for.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub(crate) fn list(&self, recording: &Recording, now: Duration) -> Result<ProcessList, Failure> {
        // What is wrong with the recording is told elsewhere on the page; the processes are here all the same.
        let status = recording.ask(|face| face.status()).ok();
        let status = status.filter(|status| status.recorder.state == RecorderState::Recording);
        // After a panic in the middle of a look, the next one is a first look.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (live, users) = &mut *known;
        if live.age(now).is_some_and(|age| age > OLD) {
            live.begin_anew();
        }
        let processes = live.look(now, status.as_ref())?;
        Ok(ProcessList { schema: SCHEMA, gpus_known: status.is_some(), groups: groups(&processes, users) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_test_is_in_the_list_and_uses_what_it_used_just_now() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let processes = Processes::new(None);
        let own = |seconds: u64| {
            let list = processes.list(&recording, Duration::from_secs(seconds)).unwrap();
            assert!(!list.gpus_known, "nobody records here");
            let own = |group: &hoofbeat_core::api::ProcessGroup| group.pids.contains(&std::process::id());
            list.groups.into_iter().find(own).expect("this process runs")
        };
        let first = own(100);
        assert_eq!((first.cpu, first.share, first.hidden), (None, None, false));
        assert!(first.memory.is_some_and(|bytes| bytes > 0) && first.user.is_some());
        assert!(own(102).cpu.is_some());
        assert_eq!(own(113).cpu, None, "nobody looked for eleven seconds");
    }

    #[test]
    fn a_machine_without_proc_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let failure = Processes::new(Some(folder.path())).list(&recording, Duration::ZERO).unwrap_err();
        assert!(failure.message.contains("/proc"), "{}", failure.message);
    }
}
