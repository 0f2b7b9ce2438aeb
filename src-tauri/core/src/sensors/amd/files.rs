//! The files of one card that are read at each sample, and what can go wrong with them.
//!
//! Which files a card has differs by chip, driver and kernel, so they are looked for once the card is awake, and one that
//! gives no honest value is passed over for the next that could. Deliberately not here: what their text means (`values`,
//! `gpu_metrics`) and whether the card may be read at all.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};

use rustix::io::Errno;

use super::gpu_metrics;
use super::values::Parse;
use crate::metrics::Metric;
use crate::model::Health;
use crate::say;
use crate::sensors::Roots;
use crate::sensors::chips;
use crate::sensors::gpu::Card;
use crate::sensors::input::{Buffer, Input, attribute, names};
use crate::sensors::names::escaped;
use crate::sensors::parse::{content, number};

/// Files of the PCI function; of two for one metric the first that has a value counts.
const DEVICE: &[(Metric, &str, Parse)] = &[
    (Metric::GpuUtilization, "gpu_busy_percent", Parse::Percent),
    (Metric::GpuMemoryUtilization, "mem_busy_percent", Parse::Percent),
    // It decodes and encodes, and does not tell which.
    (Metric::GpuVideo, "vcn_busy_percent", Parse::Percent),
    (Metric::GpuMemoryUsed, "mem_info_vram_used", Parse::Bytes),
    (Metric::GpuMemoryTotal, "mem_info_vram_total", Parse::Size),
    (Metric::GpuMemoryShared, "mem_info_gtt_used", Parse::Bytes),
    (Metric::GpuClock, "pp_dpm_sclk", Parse::Level),
    (Metric::GpuMemoryClock, "pp_dpm_mclk", Parse::Level),
    (Metric::GpuPcieGeneration, "pp_dpm_pcie", Parse::LinkGeneration),
    (Metric::GpuPcieWidth, "pp_dpm_pcie", Parse::LinkWidth),
];

/// Files of the card's sensor chip that need no label.
const CHIP: &[(Metric, &str, Parse)] = &[
    (Metric::GpuPower, "power1_average", Parse::Power),
    (Metric::GpuPower, "power1_input", Parse::Power),
    (Metric::GpuPowerLimit, "power1_cap", Parse::PowerLimit),
    (Metric::GpuFanSpeed, "fan1_input", Parse::Rpm),
];

/// Channels of the chip by what the driver calls them, and by number where it does not (`radeon`, and `amdgpu` before
/// Linux 5.3).
const CHANNELS: &[(Metric, &str, &[u8], &str, Parse)] = &[
    (Metric::GpuTemperature, "temp", b"edge", "temp1", Parse::Celsius),
    (Metric::GpuHotspot, "temp", b"junction", "", Parse::Celsius),
    (Metric::GpuMemoryTemperature, "temp", b"mem", "", Parse::Celsius),
    (Metric::GpuClock, "freq", b"sclk", "freq1", Parse::Hertz),
    (Metric::GpuMemoryClock, "freq", b"mclk", "freq2", Parse::Hertz),
];

/// The chips Raven, Picasso and Dalí: their firmware counts the GPU as busy all the time.
const ALWAYS_BUSY: &[u16] = &[0x15dd, 0x15d8];

/// What came of reading a card.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    /// These values, at least one, and what is to be said of others; mostly nothing.
    Read(BTreeMap<Metric, f64>, String),
    /// None, and why.
    Failed(Health, String),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Files {
    number: Option<u16>,
    inputs: Vec<(Metric, Input, Parse)>,
    metrics: Option<Input>,
    /// By temperature, the degrees at which the card slows itself down; they never change.
    limits: Vec<(Metric, f64)>,
}

/// Where a card may slow itself down, in °C. Drivers of old chips and of broken boards tell 0 or thousands.
const LIMITS: std::ops::RangeInclusive<f64> = 50.0..=150.0;

impl Files {
    /// The files that the card has now. Not to be called while it sleeps.
    pub(super) fn find(card: &Card, roots: &Roots) -> Files {
        let (mut inputs, mut limits) = (Vec::new(), Vec::new());
        if let Some(chip) = chips::of_device(&card.device) {
            let there = names(&chip.folder);
            let has = |name: &str| there.iter().any(|other| other == name);
            let mut add = |metric, name: &str, parse| {
                if has(name) {
                    inputs.push((metric, Input::new(roots, chip.folder.join(name)), parse));
                }
            };
            for (metric, class, wanted, unlabelled, parse) in CHANNELS {
                let channels = (1..=9).map(|n| format!("{class}{n}"));
                let label = |channel: &str| attribute(&chip.folder.join(format!("{channel}_label")));
                let is_wanted = |channel: &String| match label(channel) {
                    Some(label) => content(&label) == *wanted,
                    None => channel == unlabelled,
                };
                for channel in channels.filter(is_wanted) {
                    add(*metric, &format!("{channel}_input"), *parse);
                    // `tempN_crit`, in the kernel's Documentation/hwmon/sysfs-interface.rst.
                    let limit = attribute(&chip.folder.join(format!("{channel}_crit")));
                    let limit = limit.filter(|_| *class == "temp").and_then(|text| Parse::Celsius.value(&text));
                    limits.extend(limit.filter(|limit| LIMITS.contains(limit)).map(|limit| (*metric, limit)));
                }
            }
            CHIP.iter().for_each(|(metric, name, parse)| add(*metric, name, *parse));
            let full = attribute(&chip.folder.join("pwm1_max")).and_then(|text| number(content(&text)));
            let full = full.filter(|full| (1..=65_534).contains(full)).unwrap_or(255);
            add(Metric::GpuFanPercent, "pwm1", Parse::Duty(full as f64));
        }
        let there = names(&card.device);
        let has = |name: &str| there.iter().any(|other| other == name);
        let lies = |metric| {
            metric == Metric::GpuUtilization && card.number.is_some_and(|number| ALWAYS_BUSY.contains(&number))
        };
        for (metric, name, parse) in DEVICE.iter().filter(|(metric, name, _)| has(name) && !lies(*metric)) {
            inputs.push((*metric, Input::new(roots, card.device.join(name)), *parse));
        }
        let metrics = has("gpu_metrics").then(|| Input::new(roots, card.device.join("gpu_metrics")));
        Files { number: card.number, inputs, metrics, limits }
    }

    /// Reads everything once.
    pub(super) fn read(&mut self, buffer: &mut Buffer) -> Outcome {
        let mut values = BTreeMap::new();
        let mut failed = Failures::default();
        let mut odd = Odd::default();
        for (metric, input, parse) in &mut self.inputs {
            if values.contains_key(metric) {
                continue;
            }
            match input.read_at_once(buffer) {
                Ok(text) => match parse.value(text) {
                    Some(value) => _ = values.insert(*metric, value),
                    None if parse.is_odd(text) => odd.note(input),
                    None => {}
                },
                Err(error) => failed.note(input, &error),
            }
        }
        if let Some(input) = &mut self.metrics {
            match input.read_at_once(buffer) {
                Ok(table) => {
                    let contents = gpu_metrics::read(table, self.number);
                    for (metric, value) in contents.values {
                        values.entry(metric).or_insert(value);
                    }
                    // What a file has said better is not missed.
                    if contents.damaged || contents.odd.iter().any(|metric| !values.contains_key(metric)) {
                        odd.note(input);
                    }
                }
                Err(error) => failed.note(input, &error),
            }
        }
        if let (Some(used), Some(total)) = (values.get(&Metric::GpuMemoryUsed), values.get(&Metric::GpuMemoryTotal))
            && used > total
        {
            values.remove(&Metric::GpuMemoryUsed);
            let file = self.inputs.iter().find(|(metric, ..)| *metric == Metric::GpuMemoryUsed);
            file.iter().for_each(|(_, input, _)| odd.note(input));
        }
        // The part that is nearest to its own limit decides.
        let left = self.limits.iter().filter_map(|(metric, limit)| Some(limit - values.get(metric)?));
        if let Some(margin) = left.reduce(f64::min) {
            values.insert(Metric::GpuMargin, margin);
        }
        if values.is_empty() { failed.outcome(odd) } else { Outcome::Read(values, odd.reason()) }
    }
}

/// The files that said what no card has.
#[derive(Debug, Default)]
struct Odd {
    names: Vec<String>,
}

impl Odd {
    fn note(&mut self, input: &Input) {
        let name = input.path().file_name().unwrap_or_default();
        self.names.push(escaped(name.as_encoded_bytes()));
    }

    /// Of all of them, as a clause for a person; nothing if there are none. What they said may change with each sample,
    /// and is left out, so that the reason stays the same.
    fn reason(&self) -> String {
        if self.names.is_empty() {
            return String::new();
        }
        say!("left out, because no GPU has such values: {names}", names = self.names.join(", "))
    }
}

/// Why files could not be read; the first of each sort.
#[derive(Debug, Default)]
struct Failures {
    asleep: Option<String>,
    denied: Option<String>,
    gone: Option<String>,
}

impl Failures {
    fn note(&mut self, input: &Input, error: &Error) {
        let place = match health(error) {
            Some(Health::Asleep) => &mut self.asleep,
            Some(Health::Denied) => &mut self.denied,
            Some(Health::Lost) => &mut self.gone,
            _ => return,
        };
        place.get_or_insert_with(|| format!("{}: {error}", input.path().display()));
    }

    /// What it means that not one file gave a value.
    fn outcome(self, odd: Odd) -> Outcome {
        if let Some(reason) = self.asleep {
            log::debug!("asleep or in a reset: {reason}");
            return Outcome::Failed(Health::Asleep, String::new());
        }
        if let Some(reason) = self.denied {
            return Outcome::Failed(Health::Denied, reason);
        }
        if let Some(reason) = self.gone {
            return Outcome::Failed(Health::Lost, reason);
        }
        let nothing = say!("its driver gives no readings").to_owned();
        let reason = Some(odd.reason()).filter(|reason| !reason.is_empty()).unwrap_or(nothing);
        Outcome::Failed(Health::Unsupported, reason)
    }
}

/// What an error says about the card; `None` where it is only about one file that this chip does not fill.
fn health(error: &Error) -> Option<Health> {
    match Errno::from_io_error(error) {
        // Since Linux 6.12 the driver answers so, instead of waking the card.
        Some(Errno::BUSY | Errno::PERM) => Some(Health::Asleep),
        Some(Errno::ACCESS) => Some(Health::Denied),
        Some(Errno::NODEV | Errno::NXIO) => Some(Health::Lost),
        _ if error.kind() == ErrorKind::NotFound => Some(Health::Lost),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_about_the_card_or_about_one_file() {
        #[track_caller]
        fn check(errno: Errno, expected: Option<Health>) {
            assert_eq!(health(&errno.into()), expected);
        }
        check(Errno::BUSY, Some(Health::Asleep));
        check(Errno::PERM, Some(Health::Asleep));
        check(Errno::ACCESS, Some(Health::Denied));
        check(Errno::NODEV, Some(Health::Lost));
        check(Errno::NOENT, Some(Health::Lost));
        check(Errno::INVAL, None);
        check(Errno::OPNOTSUPP, None);
        check(Errno::IO, None);
        check(Errno::NODATA, None);
    }

    #[test]
    fn a_card_that_gives_nothing_says_why() {
        #[track_caller]
        fn check(errors: &[Errno], expected: Health) {
            let mut failed = Failures::default();
            let input = Input::reopened("/sys/x");
            errors.iter().for_each(|errno| failed.note(&input, &(*errno).into()));
            match failed.outcome(Odd::default()) {
                Outcome::Failed(health, reason) => {
                    assert!(health == expected && reason.is_empty() == (health == Health::Asleep), "{health:?}");
                }
                Outcome::Read(values, _) => panic!("{values:?}"),
            }
        }
        check(&[], Health::Unsupported);
        check(&[Errno::INVAL, Errno::IO], Health::Unsupported);
        check(&[Errno::INVAL, Errno::BUSY, Errno::NODEV], Health::Asleep);
        check(&[Errno::NODEV, Errno::ACCESS], Health::Denied);
        check(&[Errno::INVAL, Errno::NODEV], Health::Lost);
    }
}
