//! One reading of a chip: its file, its unit, and the values that mean that nothing is connected.

use std::path::Path;
use std::sync::Arc;

use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::sensors::Roots;
use crate::sensors::input::{Buffer, Input, attribute, names};
use crate::sensors::names::{escaped, unique};
use crate::sensors::parse::{celsius, integer};
use crate::untrusted::Untrusted;

/// A channel that gave nothing this many times says so; a single miss (a busy bus) is only a gap.
const PERSISTENT: u32 = 3;

/// Open files are scarce (1,024 a process by default, and a channel may have two); the channels of all chips beyond
/// these are opened at each read.
const MOST_OPEN: usize = 128;

/// Why a chip and its channels have no values.
pub(super) fn asleep() -> &'static str {
    say!("its device is powered down")
}

/// A temperature, fan, voltage or power of a chip.
#[derive(Debug)]
pub(super) struct Channel {
    source: Arc<Source>,
    quantity: Quantity,
    input: Input,
    /// The driver's own word that nothing is connected.
    fault: Option<Input>,
    value: Option<f64>,
    /// How often in a row nothing was read, and why.
    misses: u32,
    reason: (Health, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Temperature,
    Fan,
    Voltage,
    Power,
}

impl Quantity {
    /// From `temp3` and the like.
    fn of(channel: &str) -> Option<Quantity> {
        let prefix = channel.trim_end_matches(|c: char| c.is_ascii_digit());
        (prefix.len() < channel.len()).then_some(())?;
        Some(match prefix {
            "temp" => Quantity::Temperature,
            "fan" => Quantity::Fan,
            "in" => Quantity::Voltage,
            "power" => Quantity::Power,
            _ => return None,
        })
    }

    fn metric(self) -> Metric {
        match self {
            Quantity::Temperature => Metric::HwmonTemperature,
            Quantity::Fan => Metric::HwmonFan,
            Quantity::Voltage => Metric::HwmonVoltage,
            Quantity::Power => Metric::HwmonPower,
        }
    }

    /// The value in the metric's unit; `None` for what a register holds when nothing is connected.
    fn parse(self, text: &[u8]) -> Option<f64> {
        let raw = integer(text)?;
        match self {
            Quantity::Temperature => celsius(text),
            // The period register of a fan that never turned is all ones.
            Quantity::Fan => (0..65_535).contains(&raw).then_some(raw as f64),
            // Negative rails exist.
            Quantity::Voltage => (raw.unsigned_abs() < 1_000_000 && raw != 65_535).then_some(raw as f64 / 1e3),
            Quantity::Power => (0..i64::from(u32::MAX)).contains(&raw).then_some(raw as f64 / 1e6),
        }
    }
}

impl Channel {
    /// Reads it; tells whether its file is no more since the last read, which means that the chip left.
    pub(super) fn read(&mut self, buffer: &mut Buffer) -> bool {
        let faulty = |fault: &mut Input, buffer: &mut Buffer| {
            fault.read_at_once(buffer).is_ok_and(|text| integer(text).is_some_and(|value| value != 0))
        };
        self.value = None;
        let mut gone = false;
        if self.fault.as_mut().is_some_and(|fault| faulty(fault, buffer)) {
            self.reason = (Health::Unsupported, say!("the chip reports a fault: probably nothing is connected").into());
        } else {
            match self.input.read_at_once(buffer) {
                Ok(text) => {
                    self.value = self.quantity.parse(text);
                    if self.value.is_none() {
                        let text = escaped(text.trim_ascii());
                        self.reason =
                            (Health::Unsupported, say!("it reads \"{text}\": probably nothing is connected", text));
                    }
                }
                Err(error) => {
                    // ENOENT and ENODEV. Some drivers say so for years of a channel that nothing is connected to.
                    gone = self.misses == 0 && matches!(error.raw_os_error(), Some(2 | 19));
                    let health = match error.kind() {
                        std::io::ErrorKind::PermissionDenied => Health::Denied,
                        _ => Health::Unsupported,
                    };
                    self.reason = (health, say!("the driver does not answer: {error}", error));
                }
            }
        }
        self.misses = if self.value.is_some() { 0 } else { self.misses.saturating_add(1) };
        gone
    }

    /// Records what was read last.
    pub(super) fn put(&self, batch: &mut Batch) {
        batch.put(&self.source, self.quantity.metric(), self.value);
        if self.misses >= PERSISTENT {
            batch.condition(&self.source, self.reason.0, self.reason.1.clone());
        } else if self.misses > 0 {
            // It is there all the same: what is not mentioned counts as gone.
            batch.condition(&self.source, Health::Ok, "");
        }
    }

    /// Says that it sleeps with its chip.
    pub(super) fn sleep(&self, batch: &mut Batch) {
        batch.condition(&self.source, Health::Asleep, asleep());
    }
}

/// The channels of the chip in `folder`: temperatures, fans, voltages, powers, each by number. `before` is how many
/// channels the other chips have.
pub(super) fn find(folder: &Path, chip: &Source, roots: &Roots, before: usize) -> Vec<Channel> {
    struct Found {
        channel: String,
        quantity: Quantity,
        file: String,
        label: Option<Vec<u8>>,
    }
    let mut found: Vec<Found> = Vec::new();
    for name in names(folder) {
        let Ok(file) = name.into_string() else { continue };
        // `power1_average` stands in where there is no `power1_input`, which sorts behind it.
        let Some((channel, kind)) = file.split_once('_') else { continue };
        let Some(quantity) = Quantity::of(channel) else { continue };
        if kind == "input" || kind == "average" && quantity == Quantity::Power {
            found.retain(|other| other.channel != channel);
            let label = attribute(&folder.join(format!("{channel}_label")));
            found.push(Found { channel: channel.to_string(), quantity, file, label });
        }
    }
    found.sort_by_key(|found| (found.quantity as u8, found.channel.len(), found.channel.clone()));
    let name = |found: &Found| found.label.as_deref().map_or_else(|| found.channel.clone(), escaped);
    let ids = unique(&found, name, |found| found.channel.clone());
    let open = |index: usize, path| {
        if before + index < MOST_OPEN { Input::new(roots, path) } else { Input::reopened(path) }
    };
    found
        .into_iter()
        .zip(ids)
        .enumerate()
        .map(|(index, (found, id))| {
            let label = found.label.map_or_else(|| found.channel.as_str().into(), Untrusted::new);
            let fault = folder.join(format!("{}_fault", found.channel));
            Channel {
                source: Source::part(chip, SourceKind::Channel, format!("{}:{id}", chip.id), label),
                quantity: found.quantity,
                input: open(index, folder.join(&found.file)),
                fault: fault.exists().then(|| open(index, fault)),
                value: None,
                misses: 0,
                reason: (Health::Unsupported, String::new()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_values_become_units_and_markers_nothing() {
        #[track_caller]
        fn check(quantity: Quantity, text: &str, expected: Option<f64>) {
            assert_eq!(quantity.parse(text.as_bytes()), expected);
        }
        check(Quantity::Temperature, "43850\n", Some(43.85));
        check(Quantity::Temperature, "-128000\n", None);
        check(Quantity::Fan, "1205\n", Some(1205.0));
        check(Quantity::Fan, "0\n", Some(0.0));
        check(Quantity::Fan, "65535\n", None);
        check(Quantity::Fan, "-1\n", None);
        check(Quantity::Voltage, "1216\n", Some(1.216));
        check(Quantity::Voltage, "-11904\n", Some(-11.904));
        check(Quantity::Voltage, "65535\n", None);
        check(Quantity::Power, "12345678\n", Some(12.345678));
        check(Quantity::Power, "4294967295\n", None);
        check(Quantity::Power, "-5\n", None);
        for quantity in [Quantity::Temperature, Quantity::Fan, Quantity::Voltage, Quantity::Power] {
            ["", "\n", "N/A", "12.5", "99999999999999999999", "-9223372036854775808", "\u{1b}[31m"]
                .iter()
                .for_each(|text| check(quantity, text, None));
        }
    }

    #[test]
    fn a_channel_is_a_quantity_and_a_number() {
        #[track_caller]
        fn check(channel: &str, expected: Option<Quantity>) {
            assert_eq!(Quantity::of(channel), expected);
        }
        check("temp1", Some(Quantity::Temperature));
        check("in0", Some(Quantity::Voltage));
        check("power12", Some(Quantity::Power));
        check("temp", None);
        check("intrusion0", None);
        check("curr1", None);
        check("pwm1", None);
        check("", None);
    }

    proptest::proptest! {
        #[test]
        fn any_register_is_a_sane_value_or_none(raw in proptest::num::i64::ANY, text in ".{0,40}") {
            for quantity in [Quantity::Temperature, Quantity::Fan, Quantity::Voltage, Quantity::Power] {
                let sane = |value: f64| quantity.metric().to_stored(value).is_some() && value.abs() < 1e5;
                proptest::prop_assert!(quantity.parse(raw.to_string().as_bytes()).is_none_or(sane));
                proptest::prop_assert!(quantity.parse(text.as_bytes()).is_none_or(sane));
            }
        }
    }
}
