//! The processes of this machine while somebody looks at them, with the CPU that each used since the look before.
//!
//! It reads `/proc` itself: a live list belongs to whoever looks at it, not to the history. Deliberately not here: when to
//! look again. The kernel counts CPU time in steps of 10 ms, so less than a second tells little about one process.

use std::collections::HashMap;
use std::time::Duration;

use super::processes::{ProcessNow, Seen, with_gpus};
use crate::identity::Identities;
use crate::model::answer::Status;
use crate::sensors::processes::{Process, one, snapshot};
use crate::sensors::{Roots, SensorError};

/// Looks at processes again and again.
pub struct LiveProcesses {
    roots: Roots,
    identities: Identities,
    before: Option<Look>,
}

/// What one look found.
struct Look {
    at: Duration,
    processes: HashMap<Key, Met>,
}

/// A number alone names another process once it was given out again.
type Key = (u32, u64);

/// A process as it was at one look.
struct Met {
    cpu_seconds: f64,
    /// Whether it was met just then, and perhaps between its birth and the program that it turned into.
    new: bool,
}

impl LiveProcesses {
    /// Of the machine at `roots`. Nothing is read yet.
    pub fn new(roots: &Roots) -> LiveProcesses {
        LiveProcesses { roots: roots.clone(), identities: Identities::new(roots), before: None }
    }

    /// Every process now, with what `status` says that it does on GPUs. `now` is the boot-time clock's. A process that
    /// began since the look before counts from its beginning; one that has ended is left out.
    ///
    /// # Errors
    /// `/proc` cannot be read.
    pub fn look(&mut self, now: Duration, status: Option<&Status>) -> Result<Vec<ProcessNow>, SensorError> {
        let mut processes = snapshot(&self.roots, &mut self.identities)?;
        let before = self.before.take();
        let earlier = |process: &Process| before.as_ref()?.processes.get(&key(process));
        let mut met = HashMap::with_capacity(processes.len());
        for process in &mut processes {
            let earlier = earlier(process);
            if earlier.is_some_and(|met| met.new) {
                process.identity = self.identities.renew(process.pid, process.ticks);
            }
            // Those of the first look have mostly lived for long.
            let new = before.is_some() && earlier.is_none();
            met.insert(key(process), Met { cpu_seconds: process.cpu_seconds, new });
        }
        let passed = before.as_ref().map(|before| now.saturating_sub(before.at).as_secs_f64());
        let mut all = with_gpus(processes, status);
        for one in &mut all {
            if let Seen::Here(process) = &one.seen {
                let used = process.cpu_seconds - earlier(process).map_or(0.0, |met| met.cpu_seconds);
                one.cpu = passed.filter(|passed| *passed > 0.0).map(|passed| percent(used, passed));
            }
        }
        self.before = Some(Look { at: now, processes: met });
        Ok(all)
    }

    /// How long ago the last look was, on the clock of [`LiveProcesses::look`]; `None` before the first.
    pub fn age(&self, now: Duration) -> Option<Duration> {
        self.before.as_ref().map(|before| now.saturating_sub(before.at))
    }

    /// Forgets what was used so far, so that the next look is a first one; names stay known.
    pub fn begin_anew(&mut self) {
        self.before = None;
    }
}

/// One process as it is now, whoever has that number; `None` where none can be seen.
///
/// # Errors
/// `/proc` cannot be read.
pub fn process(roots: &Roots, pid: u32) -> Result<Option<Process>, SensorError> {
    one(roots, &mut Identities::new(roots), pid)
}

impl ProcessNow {
    /// The CPU that it used on average since it began, seen from `now` (Unix seconds), in percent of one core.
    pub fn average_cpu(&self, now: f64) -> Option<f64> {
        let Seen::Here(process) = &self.seen else { return None };
        let age = now - process.started;
        // A clock that was set, or a process of this very moment.
        (age >= 0.01).then(|| percent(process.cpu_seconds, age))
    }
}

fn key(process: &Process) -> Key {
    (process.pid, process.ticks)
}

/// CPU time in percent of one core, with one decimal.
fn percent(used: f64, seconds: f64) -> f64 {
    (used / seconds * 1000.0).round().max(0.0) / 10.0
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::processes::tests::process;
    use super::*;

    /// Writes a process with this start and CPU time, both in clock ticks.
    fn write(root: &Path, pid: u32, name: &str, started: u64, cpu: u64) {
        let folder = root.join(format!("proc/{pid}"));
        std::fs::create_dir_all(&folder).unwrap();
        let fields = [1, pid, pid, 0, 0, 0, 0, 0, 0, 0].map(|field| field.to_string()).join(" ");
        let stat = format!("{pid} ({name}) S {fields} {cpu} 0 0 0 20 0 1 0 {started} 1000 10 0 0\n");
        std::fs::write(folder.join("stat"), stat).unwrap();
        std::fs::write(folder.join("cmdline"), format!("/usr/bin/{name}\0")).unwrap();
    }

    /// Each process with its name and CPU.
    fn found(live: &mut LiveProcesses, seconds: u64) -> Vec<(u32, String, Option<f64>)> {
        let all = live.look(Duration::from_secs(seconds), None).unwrap();
        let told = |one: ProcessNow| match one.seen {
            Seen::Here(process) => (one.pid, process.identity.label.terminal(), one.cpu),
            Seen::Hidden { .. } => panic!("nobody told of {}", one.pid),
        };
        all.into_iter().map(told).collect()
    }

    #[test]
    fn cpu_is_what_was_used_since_the_look_before() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("proc")).unwrap();
        std::fs::write(root.path().join("proc/stat"), "btime 1795000000\n").unwrap();
        let ticks = rustix::param::clock_ticks_per_second();
        for (pid, cpu) in [(1001, 100), (1002, 50), (1003, 1)] {
            write(root.path(), pid, "sleeper", 10, cpu * ticks);
        }
        let mut live = LiveProcesses::new(&Roots::at(root.path()));
        assert_eq!(live.age(Duration::from_secs(7)), None);
        assert!(found(&mut live, 100).iter().all(|(.., cpu)| cpu.is_none()));
        assert_eq!(live.age(Duration::from_secs(107)), Some(Duration::from_secs(7)));

        write(root.path(), 1001, "sleeper", 10, 101 * ticks);
        // The same number, given out again.
        write(root.path(), 1002, "sleeper", 20, ticks / 2);
        std::fs::remove_dir_all(root.path().join("proc/1003")).unwrap();
        write(root.path(), 1004, "launcher", 20, ticks / 4);
        let told = |pid, name: &str, cpu| (pid, name.to_owned(), cpu);
        let expected =
            [told(1001, "sleeper", Some(50.0)), told(1002, "sleeper", Some(25.0)), told(1004, "launcher", Some(12.5))];
        assert_eq!(found(&mut live, 102), expected);

        // What was met as its launcher has turned into its program by now.
        write(root.path(), 1004, "program", 20, ticks / 4);
        assert_eq!(found(&mut live, 104)[2], told(1004, "program", Some(0.0)));

        live.begin_anew();
        assert!(found(&mut live, 900).iter().all(|(.., cpu)| cpu.is_none()));
    }

    #[test]
    fn an_average_says_only_what_is_known() {
        let average = |started, now| {
            let process = Process { started, cpu_seconds: 3.0, ..process(1, 0) };
            let now_here = ProcessNow { pid: 1, seen: Seen::Here(process), cpu: None, gpus: Vec::new() };
            now_here.average_cpu(now)
        };
        assert_eq!(average(100.0, 110.0), Some(30.0));
        assert_eq!(average(100.0, 99.0), None, "the clock was set back");
        assert_eq!(average(100.0, 100.0), None);
    }
}
