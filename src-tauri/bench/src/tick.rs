//! `tick`: what the real recorder costs while it runs, beside programs that only read the same files.
//!
//! All of them run at the same time, on the same processes, so that a noisy machine is noisy for each of them: the
//! ratios are worth more than the figures.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::{Desktop, LIMIT, Sandbox, wait_until};

use crate::report::Report;

/// Until caches are warm and the first ticks, which find everything, are over.
const WARM_UP: Duration = Duration::from_secs(15);
/// Each figure is the median of so many stretches.
const STRETCHES: u32 = 5;

/// A program to compare with.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Reader {
    /// Reads every `/proc/PID/stat` each second.
    Stat,
    /// Lets the `sysinfo` crate refresh CPU, memory and processes each second.
    Sysinfo,
    /// Is woken each second, and finds nothing to do.
    Nothing,
}

pub fn run(processes: usize, seconds: u64, report: &mut Report) -> Result<()> {
    let _sleepers = (0..processes)
        .map(|_| Ended::start(Command::new("sleep").arg("infinity")))
        .collect::<Result<Vec<Ended>>>()
        .context("`sleep` cannot be started")?;
    let stretch = Duration::from_secs(seconds) / STRETCHES;
    let desktop = Desktop::start();
    match desktop {
        Some(mut desktop) => {
            desktop.start_panel();
            let watch = desktop.watch(&[]);
            let bus = desktop.bus();
            wait_until("the tray icon", || Item::of_hoofbeat(&bus).is_some());
            measure("`hoofbeat watch`, tray shown", watch.pid(), stretch, true, report)?;
            let opened = desktop.run(&["open"]);
            anyhow::ensure!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
            let window = desktop.wait_for_window("Hoofbeat");
            sleep(Duration::from_secs(10));
            desktop.close_window(&window);
            wait_until("the window's end", || desktop.named("hoofbeat-desktop").is_empty());
            measure("  the same after the window was open and closed", watch.pid(), stretch, false, report)
        }
        None => {
            let sandbox = Sandbox::new();
            let watch = sandbox.watch(&["--headless"]);
            measure("`hoofbeat watch`, no tray", watch.pid(), stretch, true, report)
        }
    }
}

/// Measures a recorder, and beside it the programs to compare with.
fn measure(name: &str, pid: u32, stretch: Duration, compare: bool, report: &mut Report) -> Result<()> {
    let this = std::env::current_exe()?;
    let readers = if compare {
        &[("stat", "only reading every /proc/PID/stat"), ("sysinfo", "the sysinfo crate")][..]
    } else {
        &[]
    };
    let children = readers
        .iter()
        .map(|(reader, _)| Ended::start(Command::new(&this).args(["read", reader])))
        .collect::<Result<Vec<Ended>>>()?;
    sleep(WARM_UP);
    let pids: Vec<u32> = std::iter::once(pid).chain(children.iter().map(Ended::pid)).collect();
    let mut shares = vec![Vec::new(); pids.len()];
    for _ in 0..STRETCHES {
        let before = pids.iter().map(|pid| cpu_time(*pid)).collect::<Result<Vec<_>>>()?;
        let began = Instant::now();
        sleep(stretch);
        let elapsed = began.elapsed().as_secs_f64();
        for ((pid, before), shares) in pids.iter().zip(before).zip(&mut shares) {
            shares.push((cpu_time(*pid)? - before).as_secs_f64() / elapsed * 100.0);
        }
    }
    let running = std::fs::read_dir("/proc")?.flatten().filter(|entry| is_number(&entry.file_name())).count();
    let memory = pss(pid)? / 1024.0;
    report.line(
        &format!("{name}, {running} processes"),
        format!("{} of a core, {memory:.1} MiB PSS", percent(&mut shares[0])),
        "≤ 0.25 %, ≤ 12 MiB",
    );
    for ((_, name), shares) in readers.iter().zip(&mut shares[1..]) {
        report.line(&format!("  {name}, at the same time"), format!("{} of a core", percent(shares)), "");
    }
    Ok(())
}

pub fn percent(shares: &mut [f64]) -> String {
    let [low, middle, high] = spread(shares);
    format!("{middle:.2} % ({low:.2}–{high:.2})")
}

/// The lowest, the median and the highest.
pub fn spread(values: &mut [f64]) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0, values.len() / 2, values.len() - 1].map(|at| values[at])
}

/// The time that all threads of a process have run, to the nanosecond (`/proc/PID/stat` counts hundredths of a second).
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        // A thread may end meanwhile.
        let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else { continue };
        sum += text.split_whitespace().next().context("schedstat is empty")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(sum))
}

/// Proportional set size in KiB: memory that others share counts by their number.
pub fn pss(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("there is no Pss")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn is_number(name: &std::ffi::OsStr) -> bool {
    name.to_str().is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The program to compare with; runs until it is killed, and at most an hour.
pub fn read(reader: Reader) -> Result<()> {
    let end = Instant::now() + 60 * LIMIT;
    let mut system = sysinfo::System::new()?;
    let mut buffer = [0; 4096];
    while Instant::now() < end {
        match reader {
            Reader::Stat => {
                for entry in std::fs::read_dir("/proc")?.flatten().filter(|entry| is_number(&entry.file_name())) {
                    if let Ok(mut file) = std::fs::File::open(entry.path().join("stat")) {
                        let _ = std::hint::black_box(file.read(&mut buffer));
                    }
                }
            }
            Reader::Sysinfo => {
                system.refresh_cpu_usage();
                system.refresh_memory();
                system.refresh_processes(sysinfo::ProcessesToUpdate::All, true);
                std::hint::black_box(&system);
            }
            Reader::Nothing => {}
        }
        sleep(Duration::from_secs(1));
    }
    Ok(())
}

/// A child that is gone when this is.
pub struct Ended(Child);

impl Ended {
    pub fn start(command: &mut Command) -> Result<Ended> {
        Ok(Ended(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
