//! What the recording says of the GPUs: which are recorded now, and which could not be read.
//!
//! Deliberately not here: what the kernel lists, and whether there is a recording at all, which are other checks.

use hoofbeat_core::api::{SourceStatus, Status};
use hoofbeat_core::model::{Health, RecorderState, SourceKind};

use super::super::Finding;

/// Whether the state of the sources is of now, and not of when somebody last recorded.
fn records(status: &Status) -> bool {
    status.recorder.state == RecorderState::Recording
}

fn wholes(status: &Status) -> impl Iterator<Item = &SourceStatus> {
    status.sources.iter().filter(|source| source.kind == SourceKind::Gpu && source.part_of.is_none())
}

/// The names of the GPUs that are being recorded.
pub(super) fn names(status: &Status) -> Vec<&str> {
    let here = |gpu: &&SourceStatus| records(status) && gpu.health != Health::Lost;
    wholes(status).filter(here).map(|gpu| if gpu.label.is_empty() { &*gpu.id } else { &*gpu.label }).collect()
}

/// GPUs and instances of theirs that the recorder could not read, in its own words.
pub(super) fn problems(status: &Status) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gpu in wholes(status) {
        let parts = || status.sources.iter().filter(|part| part.part_of.as_deref() == Some(&*gpu.id));
        if is_problem(status, gpu) {
            // What is read of its instances is read of the GPU: one that is cut into them tells of itself only there.
            let told_by_parts =
                gpu.health == Health::Unsupported && parts().any(|part| matches!(part.health, Health::Ok));
            if !told_by_parts {
                findings.push(finding(gpu));
            }
        }
        // Whoever cuts a GPU anew takes instances away; and what all of a GPU suffers is said once.
        let own = |part: &&SourceStatus| part.health != Health::Lost && part.reason != gpu.reason;
        findings.extend(parts().filter(|part| is_problem(status, part)).filter(own).map(finding));
    }
    findings
}

fn is_problem(status: &Status, gpu: &SourceStatus) -> bool {
    match gpu.health {
        Health::Ok | Health::Asleep => false,
        // While nobody records, every value is old, and that is another check's.
        Health::Stale => records(status),
        Health::Lost | Health::Denied | Health::Unsupported => true,
    }
}

fn finding(gpu: &SourceStatus) -> Finding {
    let (problem, told) = match gpu.reason.split_once("; ") {
        Some((problem, told)) => (problem, Some(told)),
        None => (&*gpu.reason, None),
    };
    let problem = if problem.is_empty() { gpu.health.word() } else { problem };
    let name = if gpu.label.is_empty() { &gpu.id } else { &gpu.label };
    Finding::warning("recorded", format!("{name}: {problem}"), remedy(gpu.health, told))
}

/// What helps: what the sensor itself says, unless it only says that it waits.
fn remedy(health: Health, told: Option<&str>) -> &str {
    match (health, told) {
        (Health::Stale, _) => {
            "`sudo dmesg` tells what the kernel knows of it; where no answer comes any more, only a restart helps"
        }
        (_, Some(told)) => told,
        (Health::Lost, None) => {
            "nothing is to do if it was taken out or its driver unloaded; otherwise `sudo dmesg` tells why it is gone"
        }
        (Health::Denied, None) => {
            "record as a user who may read it: root may, and often the members of the groups `video` and `render`"
        }
        (Health::Unsupported | Health::Ok | Health::Asleep, None) => {
            "another version of the driver may tell more; what can be read is recorded without it"
        }
    }
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::api::Recorder;

    use super::super::super::Level;
    use super::*;

    const SILENT: &str = "did not answer for 10 s";
    const CUT: &str = "cut into instances (MIG): the driver tells no use of the whole GPU";

    fn gpu(id: &str, part_of: Option<&str>, health: Health, reason: &str) -> SourceStatus {
        SourceStatus {
            id: id.into(),
            kind: SourceKind::Gpu,
            label: format!("label of {id}"),
            part_of: part_of.map(str::to_string),
            health,
            reason: reason.into(),
            ts: Some(1000),
            metrics: [].into(),
            processes: Vec::new(),
        }
    }

    fn status(state: RecorderState, sources: Vec<SourceStatus>) -> Status {
        let recorder = Recorder { state, since: None, until: None, tick: Some(1) };
        Status { schema: 1, ts: Some(1000), recorder, sources }
    }

    #[track_caller]
    fn check(sources: Vec<SourceStatus>, expected: &[(&str, &str)]) {
        let found = problems(&status(RecorderState::Recording, sources));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, (message, remedy)) in found.iter().zip(expected) {
            assert_eq!(found.level, Level::Warning);
            assert!(found.message.contains(message), "{found:?}");
            assert!(found.remedy.as_deref().unwrap_or_default().contains(remedy), "{found:?}");
        }
    }

    #[test]
    fn a_driver_that_does_not_answer_is_a_problem_while_somebody_records() {
        let silent = || vec![gpu("a", None, Health::Stale, SILENT), gpu("b", Some("a"), Health::Stale, SILENT)];
        check(silent(), &[("label of a: did not answer for 10 s", "only a restart helps")]);
        for state in [RecorderState::Paused, RecorderState::Off] {
            assert_eq!(problems(&status(state, silent())), []);
        }
    }

    #[test]
    fn a_gpu_that_is_told_by_its_instances_is_well() {
        let cut = || gpu("a", None, Health::Unsupported, CUT);
        check(vec![cut(), gpu("b", Some("a"), Health::Ok, "")], &[]);
        check(vec![cut(), gpu("b", Some("a"), Health::Ok, ""), gpu("c", Some("a"), Health::Lost, "gone")], &[]);
        let refused = gpu("b", Some("a"), Health::Denied, "the driver does not let this user read the GPU");
        check(
            vec![cut(), gpu("c", Some("a"), Health::Ok, ""), refused],
            &[("label of b: the driver does not let", "record as a user")],
        );
        // Without an instance nothing of it is told.
        check(vec![cut()], &[("label of a: cut into", "another version of the driver")]);
    }

    #[test]
    fn every_problem_has_a_remedy_of_its_own() {
        check(vec![gpu("a", None, Health::Ok, ""), gpu("b", None, Health::Asleep, "idle")], &[]);
        check(vec![gpu("a", None, Health::Lost, "no longer present")], &[("no longer present", "if it was taken out")]);
        let lost = "the GPU has fallen off the bus; a restart may bring it back";
        check(vec![gpu("a", None, Health::Lost, lost)], &[("fallen off the bus", "a restart may bring it back")]);
        check(vec![gpu("a", None, Health::Lost, "")], &[("label of a: lost", "dmesg")]);
    }

    #[test]
    fn gpus_that_are_recorded_are_named_while_somebody_records() {
        let sources = || vec![gpu("a", None, Health::Stale, SILENT), gpu("b", None, Health::Lost, "gone")];
        assert_eq!(names(&status(RecorderState::Recording, sources())), ["label of a"]);
        assert!(names(&status(RecorderState::Off, sources())).is_empty());
    }
}
