//! What is told of a whole card: temperatures, power and energy, fans. Integrated GPUs have none of it.
//!
//! i915 numbers its channels and names none. xe gives each a label (`card`, `pkg`, `vram`), and which of them are alive
//! changes from kernel to kernel, so labels decide and numbers stand in for them. Deliberately not here: voltages, the
//! duty of fans (0 in automatic mode, whatever they do), and limits of temperatures.

use std::path::Path;
use std::time::Duration;

use super::look::Look;
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Source};
use crate::sensors::Roots;
use crate::sensors::input::{Input, attribute, names};
use crate::sensors::parse::{rate, seconds};

/// No card takes as much as five kilowatts.
const MICROWATTS: std::ops::RangeInclusive<i64> = 0..=5_000_000_000;
const WATTS: f64 = 5_000.0;

/// The period register of a fan that never turned is all ones.
const RPM: std::ops::RangeInclusive<i64> = 0..=65_534;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Board {
    temperature: Option<Input>,
    memory: Vec<Input>,
    /// Of the whole card first, then of its chip.
    energy: Vec<Counter>,
    power: Option<Input>,
    limits: Vec<Input>,
    fans: Vec<Input>,
    /// The counter that is recorded: the first one that was seen alive, so that its history never jumps to another one.
    chosen: Option<usize>,
}

#[derive(Debug)]
struct Counter {
    input: Input,
    last: Option<(Duration, u64)>,
    watts: Option<f64>,
}

impl Board {
    /// The channels of the card's chip. To be called only while the card may be read.
    pub(super) fn find(roots: &Roots, device: &Path, driver: &[u8]) -> Board {
        // A card may have a chip for each of its GTs besides (`i915_gt0`).
        let base = device.join("hwmon");
        let is_own = |folder: &std::path::PathBuf| attribute(&folder.join("name")).is_some_and(|name| name == driver);
        let Some(folder) = names(&base).into_iter().map(|name| base.join(name)).find(is_own) else {
            return Board::default();
        };
        let channels = channels(&folder, driver);
        let of = |quantity: &str, kind: &str, label: &str| {
            let wanted = move |channel: &&Channel| {
                channel.quantity == quantity
                    && channel.kind == kind
                    && (label.is_empty() || channel.label == label.as_bytes())
            };
            channels
                .iter()
                .filter(wanted)
                .map(|channel| Input::new(roots, folder.join(&channel.file)))
                .collect::<Vec<_>>()
        };
        let parts = ["card", "pkg"];
        let own =
            |quantity: &str, kind: &str| parts.iter().flat_map(|label| of(quantity, kind, label)).collect::<Vec<_>>();
        let memory = of("temp", "input", "vram");
        let memory = if memory.is_empty() {
            let is_part = |channel: &&Channel| channel.quantity == "temp" && channel.label.starts_with(b"vram_");
            let inputs = channels.iter().filter(|channel| channel.kind == "input").filter(is_part);
            inputs.map(|channel| Input::new(roots, folder.join(&channel.file))).collect()
        } else {
            memory
        };
        let counter = |input| Counter { input, last: None, watts: None };
        Board {
            temperature: ["pkg", "card"].iter().flat_map(|label| of("temp", "input", label)).next(),
            memory,
            energy: own("energy", "input").into_iter().map(counter).collect(),
            power: own("power", "input").into_iter().chain(own("power", "average")).next(),
            limits: parts
                .iter()
                .flat_map(|label| of("power", "max", label).into_iter().chain(of("power", "cap", label)))
                .collect(),
            fans: of("fan", "input", ""),
            chosen: None,
        }
    }

    /// Whether the card has none of it, or none yet.
    pub(super) fn is_empty(&self) -> bool {
        self.temperature.is_none() && self.energy.is_empty() && self.fans.is_empty() && self.limits.is_empty()
    }

    /// Records it; tells whether energy was used since the last sample, as it is by any card that is awake.
    pub(super) fn read(
        &mut self,
        source: &std::sync::Arc<Source>,
        clock: &dyn Clock,
        look: &mut Look<'_>,
        batch: &mut Batch,
    ) -> bool {
        let temperature = self.temperature.as_mut().and_then(|input| look.celsius(input));
        batch.put(source, Metric::GpuTemperature, temperature);
        let memory = self.memory.iter_mut().filter_map(|input| look.celsius(input)).reduce(f64::max);
        batch.put(source, Metric::GpuMemoryTemperature, memory);
        // The first fan that turns: some cards tell of more fans than they have.
        let fans: Vec<i64> = self.fans.iter_mut().filter_map(|input| look.integer(input, RPM)).collect();
        let fan = fans.iter().find(|rpm| **rpm > 0).or(fans.first());
        batch.put(source, Metric::GpuFanSpeed, fan.map(|rpm| *rpm as f64));
        // A limit of 0 is one that is switched off, and less than a watt is none that a card could keep.
        let limit = self
            .limits
            .iter_mut()
            .filter_map(|input| look.integer(input, MICROWATTS))
            .find(|limit| *limit >= 1_000_000);
        batch.put(source, Metric::GpuPowerLimit, limit.map(|microwatts| microwatts as f64 / 1e6));
        self.read_energy(source, clock, look, batch)
    }

    fn read_energy(
        &mut self,
        source: &std::sync::Arc<Source>,
        clock: &dyn Clock,
        look: &mut Look<'_>,
        batch: &mut Batch,
    ) -> bool {
        for counter in &mut self.energy {
            counter.read(clock, look);
        }
        let is_alive = |counter: &Counter| counter.watts.is_some_and(|watts| watts > 0.0);
        // Some kernels have a counter for the whole card that stands still.
        self.chosen = self.chosen.or_else(|| self.energy.iter().position(is_alive));
        let counts = |counter: &Counter| counter.last.is_some_and(|(_, microjoules)| microjoules > 0);
        let chosen = self.chosen.or_else(|| self.energy.iter().position(counts));
        let chosen = chosen.and_then(|at| self.energy.get(at));
        let direct = self.power.as_mut().and_then(|input| look.integer(input, MICROWATTS)).filter(|power| *power > 0);
        // What is awake takes power: a counter that stands still tells nothing.
        let watts = direct.map(|microwatts| microwatts as f64 / 1e6);
        let watts = watts.or_else(|| chosen.and_then(|counter| counter.watts).filter(|watts| *watts > 0.0));
        batch.put(source, Metric::GpuPower, watts);
        let joules = chosen.and_then(|counter| counter.last).map(|(_, microjoules)| microjoules as f64 / 1e6);
        batch.put(source, Metric::GpuEnergy, joules.filter(|joules| *joules > 0.0));
        self.energy.iter().any(is_alive)
    }

    /// It was not asked for a while.
    pub(super) fn pause(&mut self) {
        self.energy.iter_mut().for_each(|counter| (counter.last, counter.watts) = (None, None));
    }
}

impl Counter {
    fn read(&mut self, clock: &dyn Clock, look: &mut Look<'_>) {
        self.watts = None;
        let Some(microjoules) = look.integer(&mut self.input, 0..=i64::MAX - 1).map(i64::unsigned_abs) else {
            self.last = None;
            return;
        };
        let boot = clock.now().boot;
        let before = self.last.replace((boot, microjoules));
        let watts = before.and_then(|(since, before)| rate(before, microjoules, seconds(since, boot)?));
        self.watts = watts.map(|microwatts| microwatts / 1e6).filter(|watts| *watts <= WATTS);
    }
}

/// A file of a chip: `temp2_input` is the `input` of `temp` number 2.
struct Channel {
    file: String,
    quantity: String,
    number: u32,
    kind: String,
    label: Vec<u8>,
}

fn channels(folder: &Path, driver: &[u8]) -> Vec<Channel> {
    let channel = |name: std::ffi::OsString| {
        let file = name.into_string().ok()?;
        let (channel, kind) = file.split_once('_')?;
        let quantity = channel.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = channel[quantity.len()..].parse().ok()?;
        let named = attribute(&folder.join(format!("{channel}_label")));
        let label = named.unwrap_or_else(|| usual(driver, quantity, number).into());
        Some(Channel { quantity: quantity.into(), number, kind: kind.into(), label, file })
    };
    let is_read = |channel: &Channel| matches!(channel.kind.as_str(), "input" | "average" | "max" | "cap");
    let mut channels: Vec<Channel> = names(folder).into_iter().filter_map(channel).filter(is_read).collect();
    channels.sort_by_key(|channel| channel.number);
    channels
}

/// What a channel without a label is, by the order in which the drivers number theirs.
fn usual(driver: &[u8], quantity: &str, number: u32) -> &'static str {
    match (driver, quantity, number) {
        (b"i915", "temp", 1) => "pkg",
        (_, "temp", 3) => "vram",
        (_, _, 1) => "card",
        (_, _, 2) => "pkg",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Now, SourceKind};
    use crate::sensors::input::Buffer;

    struct Card {
        folder: tempfile::TempDir,
        board: Board,
    }

    impl Card {
        fn new(driver: &str, files: &[(&str, &str)]) -> Card {
            let card = Card { folder: tempfile::tempdir().unwrap(), board: Board::default() };
            card.write(&[("name", driver)]);
            card.write(files);
            let board = Board::find(&Roots::at(card.folder.path()), card.folder.path(), driver.as_bytes());
            Card { board, ..card }
        }

        fn write(&self, files: &[(&str, &str)]) {
            let folder = self.folder.path().join("hwmon/hwmon3");
            std::fs::create_dir_all(&folder).unwrap();
            files.iter().for_each(|(file, text)| std::fs::write(folder.join(file), format!("{text}\n")).unwrap());
        }

        #[track_caller]
        fn check(&mut self, second: u64, expected: &[(Metric, f64)], alive: bool) {
            let source = Source::whole(SourceKind::Gpu, "gpu:x", "x");
            let now = Now { wall: Duration::ZERO, boot: Duration::from_secs(second) };
            let (mut buffer, mut batch) = (Buffer::default(), Batch::default());
            assert_eq!(self.board.read(&source, &now, &mut Look::new(&mut buffer), &mut batch), alive);
            let readings = batch.into_parts().readings;
            let read: Vec<_> = readings.iter().map(|it| (it.metric, it.metric.to_value(it.stored as f64))).collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    fn i915_numbers_its_channels() {
        let mut card = Card::new(
            "i915",
            &[
                ("energy1_input", "5000000"),
                ("fan1_input", "0"),
                ("power1_max", "55000000"),
                ("power1_rated_max", "0"),
                ("temp1_input", "55000"),
            ],
        );
        let rest = [(Metric::GpuTemperature, 55.0), (Metric::GpuFanSpeed, 0.0), (Metric::GpuPowerLimit, 55.0)];
        card.check(1, &[&rest[..], &[(Metric::GpuEnergy, 5.0)]].concat(), false);
        card.write(&[("energy1_input", "65000000")]);
        card.check(3, &[&rest[..], &[(Metric::GpuPower, 30.0), (Metric::GpuEnergy, 65.0)]].concat(), true);
        card.check(4, &[&rest[..], &[(Metric::GpuEnergy, 65.0)]].concat(), false);
    }

    #[test]
    fn labels_of_xe_decide() {
        let mut card = Card::new(
            "xe",
            &[
                ("energy1_input", "0"),
                ("energy1_label", "card"),
                ("energy2_input", "1000000"),
                ("energy2_label", "pkg"),
                ("fan1_input", "0"),
                ("fan2_input", "900"),
                ("power1_max", "0"),
                ("power1_cap", "190000000"),
                ("power1_label", "card"),
                ("power2_max", "120000000"),
                ("power2_label", "pkg"),
                ("temp2_input", "54000"),
                ("temp2_label", "mctrl"),
                ("temp3_input", "56000"),
                ("temp3_label", "pkg"),
                ("temp6_input", "52000"),
                ("temp6_label", "vram_ch_0"),
                ("temp7_input", "53500"),
                ("temp7_label", "vram_ch_1"),
            ],
        );
        let rest = [
            (Metric::GpuTemperature, 56.0),
            (Metric::GpuMemoryTemperature, 53.5),
            (Metric::GpuFanSpeed, 900.0),
            (Metric::GpuPowerLimit, 190.0),
        ];
        card.check(1, &[&rest[..], &[(Metric::GpuEnergy, 1.0)]].concat(), false);
        card.write(&[("energy2_input", "21000000")]);
        card.check(2, &[&rest[..], &[(Metric::GpuPower, 20.0), (Metric::GpuEnergy, 21.0)]].concat(), true);
        card.board.pause();
        card.write(&[("energy2_input", "91000000")]);
        card.check(3, &[&rest[..], &[(Metric::GpuEnergy, 91.0)]].concat(), false);
    }

    #[test]
    fn a_counter_that_jumps_or_goes_back_has_no_power() {
        let mut card = Card::new("i915", &[("energy1_input", "5000000")]);
        card.check(1, &[(Metric::GpuEnergy, 5.0)], false);
        card.write(&[("energy1_input", "900000000000")]);
        card.check(2, &[(Metric::GpuEnergy, 900_000.0)], false);
        card.write(&[("energy1_input", "7000000")]);
        card.check(3, &[(Metric::GpuEnergy, 7.0)], false);
        card.write(&[("energy1_input", "-1")]);
        card.check(4, &[], false);
        assert!(Card::new("xe_gt0", &[]).board.is_empty());
    }
}
