//! The hardware-monitoring sensor: every temperature, fan, voltage and power of every chip.
//!
//! A chip is known by the path of its device and a channel by its label, because `hwmonN` changes from boot to boot.
//! Chips of the same name are told apart by the model of their device (two drives), or by a number (two sockets).
//! Chips of GPUs are left to the sensors of GPUs, those of batteries to `battery`, and `drivetemp` to `disk`, which knows
//! whether the drive rests. A chip whose device sleeps is not touched.
//!
//! Some chips sit behind a slow bus, or stop the whole machine while its firmware answers: a chip is read so seldom that
//! it costs at most a hundredth of the time, and NVMe drives every 10 s (see `disk`); until then the last reading stands,
//! for 10 s at most. Deliberately not here: limits and alarms of the chips.

mod channel;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use self::channel::Channel;
use super::chips::{self, Chip};
use super::input::{Buffer, Input, attribute};
use super::names::{escaped, unique};
use super::pace::Pace;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::model::{Batch, Health, Now, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// How often chips that joined or left are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The longest that a reading stands.
const LONGEST: Duration = Duration::from_secs(10);

/// See the module.
pub struct Hwmon {
    roots: Roots,
    chips: Vec<Watched>,
    looked: Option<Duration>,
    clock: fn() -> Duration,
    buffer: Buffer,
}

/// A chip that is recorded.
struct Watched {
    chip: Chip,
    source: Arc<Source>,
    gate: Option<Input>,
    /// Found when the chip is first read, because even a label may ask the hardware.
    channels: Option<Vec<Channel>>,
    pace: Pace,
    read: Option<Duration>,
}

impl Hwmon {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        Box::new(Hwmon::new(roots, || {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
            Duration::new(time.tv_sec.max(0) as u64, time.tv_nsec.clamp(0, 999_999_999) as u32)
        }))
    }

    /// `clock` measures what a chip costs: waiting delays the tick as much as computing does.
    fn new(roots: &Roots, clock: fn() -> Duration) -> Hwmon {
        Hwmon { roots: roots.clone(), chips: Vec::new(), looked: None, clock, buffer: Buffer::default() }
    }

    fn look(&mut self) {
        let found: Vec<Chip> = chips::scan(&self.roots).into_iter().filter(is_recorded).collect();
        let ids = unique(&found, |chip| chip.identity(&self.roots), |chip| escaped(&chip.name));
        let labels = labels(&found, &ids);
        let mut before: HashMap<_, _> =
            self.chips.drain(..).map(|watched| (watched.chip.folder.clone(), watched)).collect();
        for ((chip, id), label) in found.into_iter().zip(ids).zip(labels) {
            let source = Source::whole(SourceKind::Chip, format!("hwmon:{id}"), Untrusted::new(label));
            let known = before.remove(&chip.folder).filter(|known| known.source == source && known.chip == chip);
            self.chips.push(known.unwrap_or_else(|| Watched::new(chip, source, &self.roots)));
        }
    }
}

impl Sensor for Hwmon {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let now = clock.now();
        if self.looked.is_none_or(|looked| now.boot.saturating_sub(looked) >= LOOK_EVERY) {
            self.looked = Some(now.boot);
            self.look();
        }
        if self.chips.is_empty() {
            // Most virtual machines: nothing to do until a driver is loaded.
            let reason = say!("no chip in {folder}", folder = self.roots.sys.join("class/hwmon").display());
            return Err(SensorError { health: Health::Unsupported, reason });
        }
        let (mut gone, mut open) = (false, 0);
        for watched in &mut self.chips {
            if !watched.is_awake(&mut self.buffer, batch) {
                continue;
            }
            let channels = watched
                .channels
                .get_or_insert_with(|| channel::find(&watched.chip.folder, &watched.source, &self.roots, open));
            open += channels.len();
            gone |= watched.sample(now, self.clock, &mut self.buffer, batch);
        }
        if gone {
            self.looked = None;
        }
        Ok(())
    }
}

impl Watched {
    fn new(chip: Chip, source: Arc<Source>, roots: &Roots) -> Watched {
        let usual = if chip.name == b"nvme" { LONGEST } else { Duration::ZERO };
        let gate = chip.gate(roots);
        Watched { chip, source, gate, channels: None, pace: Pace::new(usual, LONGEST), read: None }
    }

    /// Whether the chip may be touched now.
    fn is_awake(&mut self, buffer: &mut Buffer, batch: &mut Batch) -> bool {
        let awake = chips::may_read(self.gate.as_mut(), buffer);
        if !awake {
            // What was read before it fell asleep is not its state any more.
            self.read = None;
            batch.condition(&self.source, Health::Asleep, channel::asleep());
            self.channels.iter().flatten().for_each(|channel| channel.sleep(batch));
        }
        awake
    }

    /// Whether the chip is no more.
    fn sample(&mut self, now: Now, clock: fn() -> Duration, buffer: &mut Buffer, batch: &mut Batch) -> bool {
        let channels = self.channels.as_mut().map_or(&mut [][..], Vec::as_mut_slice);
        let mut gone = false;
        if self.read.is_none_or(|read| now.boot.saturating_sub(read) >= self.pace.interval()) {
            let before = clock();
            for channel in channels.iter_mut() {
                gone |= channel.read(buffer);
            }
            self.pace.took(clock().saturating_sub(before));
            self.read = Some(now.boot);
        }
        // A chip has no values of its own, and is made known by this. Some have nothing but switches for fans.
        if !channels.is_empty() {
            batch.condition(&self.source, Health::Ok, "");
        }
        channels.iter().for_each(|channel| channel.put(batch));
        gone
    }
}

/// What a person calls each chip: its name, with its device's model or a number where chips share it.
fn labels(chips: &[Chip], ids: &[String]) -> Vec<Vec<u8>> {
    let name = |chip: &Chip| if chip.name.is_empty() { b"unnamed chip".to_vec() } else { chip.name.clone() };
    let mut labels: Vec<Vec<u8>> = chips.iter().map(name).collect();
    let names = labels.clone();
    let twice = |labels: &[Vec<u8>], at: usize| labels.iter().filter(|other| **other == labels[at]).count() > 1;
    for at in (0..chips.len()).filter(|at| twice(&names, *at)) {
        // The kernel keeps the model in memory: reading it touches no drive that sleeps.
        if let Some(model) = attribute(&chips[at].device.join("model")) {
            labels[at].extend([b" (", model.as_slice(), b")"].concat());
        }
    }
    // In the order of ids, because that of `hwmonN` changes from boot to boot.
    let named = labels.clone();
    let mut order: Vec<usize> = (0..chips.len()).collect();
    order.sort_by_key(|at| (ids[*at].len(), &ids[*at]));
    let mut numbers: HashMap<&[u8], usize> = HashMap::new();
    for at in order.into_iter().filter(|at| twice(&named, *at)) {
        let number = numbers.entry(&named[at]).or_default();
        *number += 1;
        labels[at].extend(format!(" {number}").bytes());
    }
    labels
}

/// Chips that no other sensor reads.
fn is_recorded(chip: &Chip) -> bool {
    let of_battery = chip.folder.iter().any(|part| part == "power_supply");
    !of_battery && chip.name != b"drivetemp" && !chip.is_gpu()
}

#[cfg(test)]
mod tests;
