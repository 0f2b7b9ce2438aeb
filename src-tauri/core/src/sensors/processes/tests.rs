//! Tables of processes that come, go and change.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::identity::Identities;
use crate::model::{Now, Usage};

struct Machine {
    _folder: tempfile::TempDir,
    roots: Roots,
}

impl Machine {
    fn new() -> Machine {
        // Thousands of folders are made much faster where there is no disk below.
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let roots = Roots::at(folder.path());
        fs::create_dir_all(&roots.proc).unwrap();
        fs::write(roots.proc.join("stat"), "cpu  1 2 3 4\nbtime 1700000000\n").unwrap();
        fs::write(roots.proc.join("not-a-process"), "").unwrap();
        Machine { _folder: folder, roots }
    }

    fn process(&self, pid: u32, comm: &str, ticks: u64, started: u64) -> PathBuf {
        let folder = self.roots.proc.join(pid.to_string());
        fs::create_dir_all(&folder).unwrap();
        let text = format!(
            "{pid} ({comm}) S 1 1 1 0 -1 4194304 0 0 0 0 {ticks} 0 0 0 20 0 1 0 {started} 1000000 25 18446744073709551615 0\n"
        );
        fs::write(folder.join("stat"), text).unwrap();
        fs::write(folder.join("status"), "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n").unwrap();
        folder
    }
}

/// `name/uid processes cpu-seconds io`, sorted.
fn sample(sensor: &mut Processes, second: u64) -> Vec<String> {
    let mut batch = Batch::default();
    let now = Now { wall: Duration::from_secs(second), boot: Duration::from_secs(second) };
    sensor.sample(&now, &mut batch).unwrap();
    let show = |usage: &Usage| {
        let io = usage.io.map_or_else(|| "-".into(), |io| io.to_string());
        format!("{}/{} {} {} {io}", usage.identity.terminal(), usage.uid, usage.processes, usage.cpu)
    };
    let mut lines: Vec<_> = batch.into_parts().usage.iter().map(show).collect();
    lines.sort();
    lines
}

fn at_no_cost() -> Duration {
    Duration::ZERO
}

#[test]
fn usage_is_what_was_used_since_the_last_sample() {
    let machine = Machine::new();
    machine.process(7, "bash", 500, 100);
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    assert_eq!(sample(&mut sensor, 100), ["bash/1000 1 0 -"], "the past does not count");
    machine.process(7, "bash", 650, 100);
    machine.process(8, "young", 30, 10_200);
    machine.process(9, "hidden", 900, 200);
    assert_eq!(sample(&mut sensor, 105), ["bash/1000 1 1.5 -", "hidden/1000 1 0 -", "young/1000 1 0.3 -"]);
    // The number is given again, to a process with less and one with more CPU time.
    machine.process(7, "reused", 40, 10_600);
    machine.process(8, "young", 30, 10_650);
    fs::remove_dir_all(machine.roots.proc.join("9")).unwrap();
    assert_eq!(sample(&mut sensor, 110), ["reused/1000 1 0.4 -", "young/1000 1 0.3 -"]);
    machine.process(7, "reused", 30, 10_600);
    assert_eq!(sample(&mut sensor, 115), ["reused/1000 1 0 -", "young/1000 1 0 -"], "a counter that falls is no use");
}

#[test]
fn processes_of_one_name_and_user_are_one_line() {
    let machine = Machine::new();
    for pid in 1..=3 {
        let folder = machine.process(pid, "worker", 100, 5);
        std::os::unix::fs::symlink("/opt/app/server (deleted)", folder.join("exe")).unwrap();
    }
    let other = machine.process(4, "worker", 100, 5);
    std::os::unix::fs::symlink("/opt/app/server", other.join("exe")).unwrap();
    fs::write(other.join("status"), "Uid:\t1\t0\t0\t0\n").unwrap();
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    sample(&mut sensor, 1);
    (1..=4).for_each(|pid| drop(machine.process(pid, "worker", 150, 5)));
    fs::write(other.join("status"), "Uid:\t1\t0\t0\t0\n").unwrap();
    assert_eq!(sample(&mut sensor, 2), ["server/0 1 0.5 -", "server/1000 3 1.5 -"]);
}

#[test]
fn a_process_that_becomes_another_program_is_called_by_the_new_one() {
    let machine = Machine::new();
    machine.process(5, "sh", 1, 5);
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    for second in 1..=4 {
        assert_eq!(sample(&mut sensor, second), ["sh/1000 1 0 -"]);
    }
    machine.process(5, "blender", 1, 5);
    assert_eq!(sample(&mut sensor, 5), ["Blender/1000 1 0 -"]);
}

#[test]
fn a_process_that_writes_a_title_later_is_called_by_it() {
    let machine = Machine::new();
    let folder = machine.process(5, "python3", 1, 5);
    let title = |text: &str| fs::write(folder.join("cmdline"), text).unwrap();
    title("python3\0serve.py\0");
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    for second in 1..=2 {
        assert_eq!(sample(&mut sensor, second), ["serve.py/1000 1 0 -"]);
    }
    title("python3\0later.py\0");
    let found: Vec<_> = (3..=20).map(|second| sample(&mut sensor, second)[0].clone()).collect();
    assert!(found[0].starts_with("serve.py"), "names are not read at each sample");
    assert!(found[17].starts_with("later.py"), "but once more");
}

#[test]
fn io_is_counted_where_it_is_visible() {
    let machine = Machine::new();
    let folder = machine.process(5, "copy", 10, 5);
    let io = |bytes: u64| fs::write(folder.join("io"), format!("read_bytes: {bytes}\nwrite_bytes: 100\n")).unwrap();
    io(1000);
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    assert_eq!(sample(&mut sensor, 1), ["copy/1000 1 0 0"]);
    io(1500);
    assert_eq!(sample(&mut sensor, 2), ["copy/1000 1 0 500"]);
    io(1700);
    assert_eq!(sample(&mut sensor, 3), ["copy/1000 1 0 0"], "not asked without CPU time");
    machine.process(5, "copy", 20, 5);
    assert_eq!(sample(&mut sensor, 4), ["copy/1000 1 0.1 200"], "and not lost either");
    let young = machine.process(6, "young", 10, 450);
    fs::write(young.join("io"), "read_bytes: 7\nwrite_bytes: 0\n").unwrap();
    assert_eq!(sample(&mut sensor, 5), ["copy/1000 1 0 0", "young/1000 1 0.1 7"]);
    fs::remove_file(folder.join("io")).unwrap();
    machine.process(5, "copy", 30, 5);
    assert_eq!(sample(&mut sensor, 6), ["copy/1000 1 0.1 -", "young/1000 1 0 0"]);
}

#[test]
fn kernel_threads_and_hostile_names_have_names() {
    let machine = Machine::new();
    let kernel = "2 (kworker/3:1-events) I 0 0 0 0 -1 69238880 0 0 0 0 9 9 0 0 20 0 1 0 5 0 0 0\n";
    fs::write(machine.process(2, "", 0, 0).join("stat"), kernel).unwrap();
    machine.process(3, "a) R 1 (b", 0, 5);
    machine.process(4, "", 0, 5);
    let raw = machine.process(5, "x", 0, 5).join("stat");
    let text = [b"5 (\xff\x1b[2J\n) S ", &fs::read(&raw).unwrap()[8..]].concat();
    fs::write(&raw, text).unwrap();
    for broken in [6, 7] {
        fs::create_dir_all(machine.roots.proc.join(broken.to_string())).unwrap();
    }
    fs::write(machine.roots.proc.join("7/stat"), "7 (cut of").unwrap();
    fs::create_dir_all(machine.roots.proc.join("99999999999999999999")).unwrap();
    let expected =
        ["a) R 1 (b/1000 1 0 -", "kworker/1000 1 0 -", "unnamed/1000 1 0 -", "\u{fffd}\u{fffd}[2J\u{fffd}/1000 1 0 -"];
    assert_eq!(sample(&mut Processes::new(&machine.roots, at_no_cost), 1), expected);
}

#[test]
fn the_interval_grows_with_what_a_sample_costs() {
    static MILLISECONDS: AtomicU64 = AtomicU64::new(0);
    static STEP: AtomicU64 = AtomicU64::new(0);
    // Asked before and after a sample.
    fn scripted() -> Duration {
        Duration::from_millis(MILLISECONDS.fetch_add(STEP.load(Ordering::Relaxed), Ordering::Relaxed))
    }
    let machine = Machine::new();
    let mut sensor = Processes::new(&machine.roots, scripted);
    assert_eq!(sensor.interval(), Duration::from_secs(5));
    let mut check = |cost: u64, samples: u64, seconds: u64| {
        STEP.store(cost, Ordering::Relaxed);
        (0..samples).for_each(|second| drop(sample(&mut sensor, second)));
        assert_eq!(sensor.interval().as_secs(), seconds);
    };
    check(3, 4, 5);
    check(900, 40, 89);
    check(10_000, 40, 300);
    check(3, 40, 5);
}

#[test]
fn thousands_of_processes_are_each_counted() {
    const MANY: u32 = 5_000;
    let machine = Machine::new();
    (1..=MANY).for_each(|pid| drop(machine.process(pid, &format!("p{}", pid % 10), 10, 5)));
    let mut sensor = Processes::new(&machine.roots, at_no_cost);
    sample(&mut sensor, 1);
    (1..=MANY).for_each(|pid| drop(machine.process(pid, &format!("p{}", pid % 10), 20, 5)));
    let mut batch = Batch::default();
    sensor.sample(&Now { wall: Duration::ZERO, boot: Duration::from_secs(2) }, &mut batch).unwrap();
    let usage = batch.into_parts().usage;
    assert_eq!(usage.len(), 10);
    assert!(usage.iter().all(|usage| usage.processes == MANY / 10 && (usage.cpu - 50.0).abs() < 1e-6));
}

#[test]
fn the_live_list_says_when_each_process_started() {
    let machine = Machine::new();
    machine.process(12, "b", 250, 1050);
    machine.process(3, "a", 0, 5);
    let mut identities = Identities::new(&machine.roots);
    let list = snapshot(&machine.roots, &mut identities).unwrap();
    let shown: Vec<_> =
        list.iter().map(|p| (p.pid, p.identity.label.terminal(), p.started, p.cpu_seconds, p.uid)).collect();
    assert_eq!(shown, [(3, "a".into(), 1_700_000_000.05, 0.0, 1000), (12, "b".into(), 1_700_000_010.5, 2.5, 1000)]);
    assert_eq!((list[0].parent, list[0].state, list[0].threads), (1, 'S', 1));
    fs::write(machine.roots.proc.join("stat"), "cpu 1 2 3 4\n").unwrap();
    assert!(snapshot(&machine.roots, &mut identities).is_err());
    fs::remove_dir_all(&machine.roots.proc).unwrap();
    let missing = snapshot(&machine.roots, &mut identities).unwrap_err();
    assert_eq!(missing.health, crate::model::Health::Unsupported);
}

#[test]
fn this_machine_lists_this_test() {
    let roots = Roots::at(std::path::Path::new("/"));
    let list = snapshot(&roots, &mut Identities::new(&roots)).unwrap();
    let me = list.iter().find(|process| process.pid == std::process::id()).unwrap();
    assert_eq!(me.uid, rustix::process::geteuid().as_raw());
    assert!(me.memory > 0 && me.threads > 0);
    let mut sensor = Processes::new(&roots, at_no_cost);
    for second in 0..3 {
        // The open files of the second sight are read at the third.
        assert!(!sample(&mut sensor, second).is_empty());
    }
}
