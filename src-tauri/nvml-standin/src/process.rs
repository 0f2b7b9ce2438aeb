//! Who uses a device at a time: pids, memory, and samples of the use. Children that the scenario asks for are started and
//! ended here.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};

use crate::abi::{NO_INSTANCE, NO_MEMORY};
use crate::clock::Clock;
use crate::scenario::device::Quantity;
use crate::scenario::{Kind, Pid, Process, Scenario};

const MIB: f64 = 1_048_576.0;

/// How far back the driver's buffer of samples reaches.
const SAMPLES: u32 = 120;

/// A process that is there.
#[derive(Debug, Clone)]
pub struct Present {
    pub pid: u32,
    pub kind: Kind,
    /// Bytes, or `NO_MEMORY`.
    pub memory: u64,
    pub mig: Option<usize>,
    pub gpu_instance: u32,
    pub compute_instance: u32,
    /// Which `[[process]]` it is.
    pub index: usize,
}

/// What a process did in one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Use {
    pub pid: u32,
    pub micros: u64,
    pub sm: u32,
    pub memory: u32,
    pub encoder: u32,
    pub decoder: u32,
}

/// The processes that the stand-in started, by `[[process]]`.
#[derive(Debug, Default)]
pub struct Children(BTreeMap<usize, Child>);

impl Children {
    /// Starts whose time has come and ends whose time is over.
    pub fn update(&mut self, scenario: &Scenario, at: f64) {
        for (index, process) in scenario.processes.iter().enumerate() {
            let Pid::From(from) = &process.pid else { continue };
            let Some(command) = from.strip_prefix("spawn:") else { continue };
            match (there(process, at), self.0.get_mut(&index)) {
                (true, None) => {
                    if let Some(child) = spawn(command, scenario) {
                        self.0.insert(index, child);
                    }
                }
                (false, Some(child)) => {
                    end(child);
                    self.0.remove(&index);
                }
                _ => {}
            }
        }
    }

    /// The pid of a child that has not ended by itself.
    fn pid(&mut self, index: usize) -> Option<u32> {
        let child = self.0.get_mut(&index)?;
        matches!(child.try_wait(), Ok(None)).then(|| child.id())
    }

    /// Ends all.
    pub fn end(&mut self) {
        for child in self.0.values_mut() {
            end(child);
        }
        self.0.clear();
    }
}

fn spawn(command: &str, scenario: &Scenario) -> Option<Child> {
    let mut words = command.split_whitespace();
    let mut start = Command::new(words.next()?);
    start.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // The client's library path leads to this stand-in, which a process of the scenario must not load.
    start.env_remove("LD_LIBRARY_PATH");
    if scenario.folder.is_dir() {
        start.current_dir(&scenario.folder);
    }
    match start.spawn() {
        Ok(child) => Some(child),
        Err(error) => {
            eprintln!("nvml-standin: {command:?} does not start: {error}");
            None
        }
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself, and then both fail.
    let _ = child.kill();
    let _ = child.wait();
}

fn there(process: &Process, at: f64) -> bool {
    process.from <= at && process.to.is_none_or(|to| at < to)
}

/// The processes on a device now, in the file's order.
pub fn present(scenario: &Scenario, children: &mut Children, device: usize, at: f64) -> Vec<Present> {
    let mut found = Vec::new();
    for (index, process) in scenario.processes.iter().enumerate() {
        if process.device != device || !there(process, at) {
            continue;
        }
        let Some(pid) = pid_of(scenario, children, index) else { continue };
        let mig = scenario.devices[device].mig.as_ref().filter(|mig| mig.enabled);
        let instance = mig.and_then(|mig| mig.instance.get(process.mig?));
        found.push(Present {
            pid,
            kind: process.kind,
            memory: process.mem_mib.as_ref().map_or(NO_MEMORY, |curve| (curve.value(at, &|_, _| 0.0) * MIB) as u64),
            mig: process.mig,
            gpu_instance: instance.map_or(NO_INSTANCE, |instance| instance.gpu),
            compute_instance: instance.map_or(NO_INSTANCE, |instance| instance.compute),
            index,
        });
    }
    found
}

fn pid_of(scenario: &Scenario, children: &mut Children, index: usize) -> Option<u32> {
    match &scenario.processes[index].pid {
        Pid::Foreign(pid) => Some(*pid),
        Pid::From(from) if from == "self" => Some(std::process::id()),
        Pid::From(from) => match from.split_once(':') {
            Some(("file", path)) => std::fs::read_to_string(scenario.file(path.as_ref())).ok()?.trim().parse().ok(),
            _ => children.pid(index),
        },
    }
}

/// Each process's newest sample of use after a timestamp. A sample in which a process did nothing is not one.
pub fn samples(scenario: &Scenario, clock: &Clock, present: &[Present], device: usize, at: f64, last: u64) -> Vec<Use> {
    let period = scenario.sampling.period;
    let newest = (at / period).floor() as i64;
    let mut found: Vec<Use> = Vec::new();
    for sample in (newest - i64::from(SAMPLES)..=newest).rev() {
        let time = sample as f64 * period;
        let micros = clock.unix_micros(time);
        if sample < 0 || micros <= last || found.len() == present.len() {
            break;
        }
        for used in sample_at(scenario, present, device, time, sample, micros) {
            if found.iter().all(|known| known.pid != used.pid) {
                found.push(used);
            }
        }
    }
    found.sort_by_key(|used| used.pid);
    found
}

fn sample_at(scenario: &Scenario, present: &[Present], device: usize, time: f64, sample: i64, micros: u64) -> Vec<Use> {
    let rates = &scenario.devices[device];
    let rate = |quantity| rates.value(quantity, time).unwrap_or(0.0).clamp(0.0, 100.0);
    let (util, memory) = (rate(Quantity::Util), rate(Quantity::MemUtil));
    let (encoder, decoder) = (rate(Quantity::Enc), rate(Quantity::Dec));
    let share_of = |curve: Option<&crate::curve::Curve>| curve.map_or(0.0, |curve| curve.value(time, &|_, _| 0.0));
    let shares: Vec<[f64; 4]> = present
        .iter()
        .map(|one| {
            let process = &scenario.processes[one.index];
            let share = process.share.as_ref();
            let each =
                [share, process.mem_share.as_ref().or(share), process.enc_share.as_ref(), process.dec_share.as_ref()];
            if there(process, time) { each.map(share_of) } else { [0.0; 4] }
        })
        .collect();
    let winner = scenario.sampling.winner_takes_sample.then(|| winner(&shares, scenario.noise.seed, sample));
    let mut found = Vec::new();
    for (index, (one, shares)) in present.iter().zip(&shares).enumerate() {
        let shares = match winner {
            None => *shares,
            Some(winner) if winner == Some(index) => shares.map(|share| if share > 0.0 { 1.0 } else { 0.0 }),
            Some(_) => [0.0; 4],
        };
        let percent = |share: f64, rate: f64| (share * rate).round() as u32;
        let used = Use {
            pid: one.pid,
            micros,
            sm: percent(shares[0], util),
            memory: percent(shares[1], memory),
            encoder: percent(shares[2], encoder),
            decoder: percent(shares[3], decoder),
        };
        if used.sm + used.memory + used.encoder + used.decoder > 0 {
            found.push(used);
        }
    }
    found
}

/// Draws the process that gets a sample whole, by share.
fn winner(shares: &[[f64; 4]], seed: u64, sample: i64) -> Option<usize> {
    let weight = |shares: &[f64; 4]| shares.iter().copied().fold(0.0, f64::max);
    let sum: f64 = shares.iter().map(weight).sum();
    let mut drawn = chance(seed, sample as u64) * sum;
    for (index, shares) in shares.iter().enumerate() {
        drawn -= weight(shares);
        if drawn < 0.0 {
            return Some(index);
        }
    }
    None
}

/// A number from 0 to below 1 that looks drawn, and is the same for the same seed and place (SplitMix64).
pub fn chance(seed: u64, place: u64) -> f64 {
    let mut state = seed.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}
