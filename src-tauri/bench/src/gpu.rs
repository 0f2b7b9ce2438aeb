//! `gpu`: what a tick costs more where two GPUs work for ten processes.
//!
//! Two recorders run at the same time on the same small written machine; one of them finds GPUs, which the scripted driver
//! plays. What is measured is the CPU time of the whole recorder, names and database included; the time within the
//! driver is the stand-in's own, which says nothing of a real one, and is taken off. Beside them runs a program that only
//! wakes, because in a virtual machine that alone may take longer than much of our work. Each recorder has a view of its own
//! of the file system, in which that machine is the machine: what is kept open on a real one is kept open there, too.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::{Program, Sandbox, wait_until};

use crate::machine::Machine;
use crate::report::Report;
use crate::tick::{Ended, cpu_time};

const GPUS: u32 = 2;
const PROCESSES: u32 = 10;
/// Until what is read only once has been read, and names have been read again for the last time.
const WARM_UP: Duration = Duration::from_secs(65);
/// Ticks that are taken together: what is read or written only each so many seconds is in all of these stretches, and
/// what a full minute writes in one of six.
const STRETCH: u64 = 10;
/// The written machine takes the place of the real one, but for the recorder's own process.
const VIEW: &str = r#"
mount --rbind /proc "$MACHINE/kernel"
ln -s "$MACHINE/kernel/self" "$MACHINE/proc/self"
mount --bind "$MACHINE/proc" /proc
mount --bind "$MACHINE/sys" /sys
exec "$HOOFBEAT" watch --headless
"#;

/// A recorder with a sandbox of its own.
struct Recorder {
    watch: Program,
    sandbox: Sandbox,
    started: Instant,
}

impl Recorder {
    fn start(gpus: u32) -> Result<Recorder> {
        let sandbox = Sandbox::new();
        let root = sandbox.path("machine");
        machine(&root, gpus)?;
        let mut command = sandbox.command("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-ec", VIEW]);
        command.env("HOOFBEAT", product("hoofbeat")).env("MACHINE", &root);
        if gpus > 0 {
            fs::write(sandbox.path("scenario.toml"), scenario(gpus))?;
            command.env("HOOFBEAT_NVML", product("libnvml_standin.so"));
            command.env("NVML_STANDIN", sandbox.path("scenario.toml"));
            command.env("NVML_STANDIN_SPENT", sandbox.path("spent"));
        }
        let started = Instant::now();
        let watch = Program::start("watch", &mut command, &sandbox.logs());
        wait_until("the first tick", || sandbox.newest_tick().is_some());
        Ok(Recorder { watch, sandbox, started })
    }

    /// How many GPUs answer now.
    fn answering(&self) -> usize {
        let status = self.sandbox.status().unwrap_or_default();
        let sources = status["sources"].as_array().into_iter().flatten();
        sources.filter(|source| source["metrics"]["gpu.utilization"]["value"].is_number()).count()
    }
}

pub fn run(seconds: u64, report: &mut Report) -> Result<()> {
    measure("on an idle machine", seconds, report)?;
    let _awake = awake()?;
    measure("while something else keeps its cores awake", seconds, report)
}

/// Programs that keep every core from sleeping, and give way to all others: what is left is our work, without the way out
/// of sleep, which in a virtual machine is longer than much of that.
fn awake() -> Result<Vec<Ended>> {
    let cores = std::thread::available_parallelism().context("the cores cannot be counted")?;
    let spin = || Ended::start(Command::new("chrt").args(["--idle", "0", "sh", "-c", "while :; do :; done"]));
    (0..cores.get()).map(|_| spin()).collect::<Result<_>>().context("`chrt` cannot be started")
}

fn measure(when: &str, seconds: u64, report: &mut Report) -> Result<()> {
    let (mut with, without) = (Recorder::start(GPUS)?, Recorder::start(0)?);
    let sleeper = Ended::start(Command::new(std::env::current_exe()?).args(["read", "nothing"]))?;
    sleep(WARM_UP);
    anyhow::ensure!(with.answering() == GPUS as usize, "the scripted GPUs do not answer:\n{}", with.watch.log());
    let more = || {
        Ok::<_, anyhow::Error>(cpu_time(with.watch.pid())?.as_secs_f64() - cpu_time(without.watch.pid())?.as_secs_f64())
    };
    let (mut at_ends, mut woken) = (Vec::new(), Vec::new());
    for stretch in 0..=seconds.div_ceil(STRETCH) {
        for _ in 0..if stretch == 0 { 1 } else { STRETCH } {
            between_ticks()?;
        }
        at_ends.push(more()? * 1e6);
        woken.push(cpu_time(sleeper.pid())?.as_secs_f64() * 1e6);
    }
    let ticks = with.started.elapsed().as_secs_f64();
    with.watch.end(rustix::process::Signal::TERM);
    let (calls, driver) = spent(&with.sandbox.path("spent"))?;
    let (calls, driver) = (calls / ticks, driver.as_secs_f64() / ticks * 1e6);
    let mean = (at_ends[at_ends.len() - 1] - at_ends[0]) / ((at_ends.len() - 1) * STRETCH as usize) as f64 - driver;
    let mut own: Vec<f64> = per_tick(&at_ends).map(|time| time - driver).collect();
    let mut woken: Vec<f64> = per_tick(&woken).collect();
    report.line(
        &format!("a tick with {GPUS} GPUs and {PROCESSES} processes on them, more than without, {when}"),
        micros(&mut own),
        "≤ 150 µs",
    );
    report.line("  the mean of all ticks, those at full minutes included", format!("{mean:.0} µs"), "");
    report.line("  a program that only wakes once a second, at the same time", micros(&mut woken), "");
    report.line(
        "  within the scripted driver, which is not counted above",
        format!("{driver:.0} µs in {calls:.0} calls"),
        "",
    );
    Ok(())
}

/// Waits until half a second after the next tick, which comes with each full second.
fn between_ticks() -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    sleep(Duration::from_nanos(1_500_000_000 - u64::from(now.subsec_nanos())));
    Ok(())
}

/// What grew from the end of one stretch to that of the next, by the tick.
fn per_tick(at_ends: &[f64]) -> impl Iterator<Item = f64> {
    at_ends.windows(2).map(|ends| (ends[1] - ends[0]) / STRETCH as f64)
}

/// The median, with the quartiles: on a machine with other work single stretches take many times as long.
fn micros(values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let [low, middle, high] = [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4]);
    format!("{middle:.0} µs ({low:.0}–{high:.0})")
}

/// Calls of the driver, and the time in them, but for its start.
fn spent(file: &Path) -> Result<(f64, Duration)> {
    let (mut calls, mut nanoseconds) = (0, 0);
    for line in fs::read_to_string(file).context("the driver did not say how long it was in use")?.lines() {
        let mut columns = line.split('\t');
        let (Some(call), Some(count), Some(time)) = (columns.next(), columns.next(), columns.next()) else { continue };
        if !call.starts_with("nvmlInit") {
            calls += count.parse::<u64>()?;
            nanoseconds += time.parse::<u64>()?;
        }
    }
    Ok((calls as f64, Duration::from_nanos(nanoseconds)))
}

/// A machine with processes, and with GPUs that never sleep.
fn machine(root: &Path, gpus: u32) -> Result<()> {
    let machine = Machine::at(root)?;
    for pid in pids() {
        let stat = format!("{pid} (python3) R 1 {pid} {pid} 0 -1 4194304 0 0 0 0 9 0 0 0 20 0 1 0 900 1000000 25 0\n");
        machine.write(&format!("proc/{pid}/stat"), &stat)?;
        machine.write(&format!("proc/{pid}/cmdline"), &format!("python3\0train-{pid}.py\0"))?;
        machine.write(&format!("proc/{pid}/cgroup"), "0::/user.slice/user-1000.slice/session-2.scope\n")?;
        machine.write(&format!("proc/{pid}/status"), "Name:\tpython3\nUid:\t1000\t1000\t1000\t1000\n")?;
    }
    machine.write("sys/kernel/notes", "")?;
    fs::create_dir(machine.path("kernel"))?;
    for gpu in 0..gpus {
        let device = format!("sys/bus/pci/devices/{}", address(gpu));
        for (file, text) in [
            ("vendor", "0x10de\n"),
            ("class", "0x030000\n"),
            ("power/control", "on\n"),
            ("power/runtime_status", "active\n"),
            ("power/runtime_active_time", "52000\n"),
            ("power/runtime_suspended_time", "0\n"),
            ("power_state", "D0\n"),
        ] {
            machine.write(&format!("{device}/{file}"), text)?;
        }
    }
    Ok(())
}

fn pids() -> impl Iterator<Item = u32> {
    4001..4001 + PROCESSES
}

fn address(gpu: u32) -> String {
    format!("0000:{:02x}:00.0", gpu + 1)
}

/// GPUs that work, and share their work among the processes.
fn scenario(gpus: u32) -> String {
    let devices = (0..gpus).map(|gpu| {
        format!(
            "[[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"GPU-{gpu}\"\npci = \"{}\"\n[device.curve]\n\
             util = 80\nmem_util = 30\npower_w = 300\ntemp_c = 66\nfan_percent = 50\nenc = 0\ndec = 0\n",
            address(gpu)
        )
    });
    let processes = pids().map(|pid| {
        let share = f64::from(GPUS) / f64::from(PROCESSES);
        format!("[[process]]\npid = {pid}\ndevice = {}\nkind = \"C\"\nmem_mib = 1024\nshare = {share}\n", pid % GPUS)
    });
    devices.chain(processes).collect()
}
