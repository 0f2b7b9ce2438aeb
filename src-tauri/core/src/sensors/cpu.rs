//! The CPU sensor: utilization of all CPUs and of each, frequency, temperature, load and pressure.
//!
//! Time waiting for disks counts as idle; time that the hypervisor took away counts as busy; guest time is inside user
//! time already. The frequency is the mean of `cpufreq`. Where that is missing (most virtual machines) it is that of
//! the first CPUs of `/proc/cpuinfo`, of which no more than a page is read: the whole file costs 10 µs a CPU, more than
//! a millisecond a tick on a large machine, and a virtual CPU's frequency is a constant.
//!
//! A plain reader, because the `sysinfo` crate cannot read another root: one sample costs 34 µs with 2 CPUs, where
//! `sysinfo` takes 64 for utilization and frequency alone. Deliberately not here: which process uses the CPU.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::chips;
use super::input::{Buffer, Input, attribute, names};
use super::parse::{celsius, decimal, integer, lines, number, words};
use super::pressure::Pressure;
use super::{Roots, Sensor, SensorError};
use crate::clock::Clock;
use crate::metrics::Metric;
use crate::model::{Batch, Health, Source, SourceKind};
use crate::say;
use crate::untrusted::Untrusted;

/// No kernel is built for more; a captured file may say anything.
const MOST_CPUS: u32 = 8192;

/// Frequencies are read of at most this many CPUs, evenly spaced: each one is an open file and a system call a tick.
const MOST_FREQUENCIES: usize = 64;

/// How often the thermometers are looked for while they say nothing: their driver may be loaded at any time, and on some
/// boards a channel that nothing is connected to says so for ever.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// See the module.
pub struct Cpu {
    roots: Roots,
    source: Arc<Source>,
    cores: Vec<Core>,
    stat: Input,
    load: Input,
    pressure: Pressure,
    /// All CPUs together, at the last sample.
    last: Option<Times>,
    frequencies: Vec<Input>,
    cpuinfo: Input,
    temperatures: Vec<Input>,
    /// Boot time of the last look for them.
    looked: Option<Duration>,
    buffer: Buffer,
}

struct Core {
    number: u32,
    source: Arc<Source>,
    last: Times,
}

impl Cpu {
    /// The sensor of the machine at `roots`.
    pub fn boxed(roots: &Roots) -> Box<dyn Sensor> {
        let mut cpuinfo = Input::new(roots, roots.proc.join("cpuinfo"));
        let mut buffer = Buffer::default();
        let model = cpuinfo.read_at_once(&mut buffer).ok().and_then(|text| parse_cpuinfo(text).0);
        let model = model.or_else(|| {
            // The boards of the ARM world name themselves here, with a NUL at the end.
            let mut model = attribute(&roots.sys.join("firmware/devicetree/base/model"))?;
            model.retain(|byte| *byte != 0);
            Some(Untrusted::new(model))
        });
        Box::new(Cpu {
            source: Source::whole(SourceKind::Cpu, "cpu", model.unwrap_or_else(|| "CPU".into())),
            cores: Vec::new(),
            stat: Input::new(roots, roots.proc.join("stat")),
            load: Input::new(roots, roots.proc.join("loadavg")),
            pressure: Pressure::new(roots, "cpu"),
            last: None,
            frequencies: Vec::new(),
            cpuinfo,
            temperatures: Vec::new(),
            looked: None,
            buffer,
            roots: roots.clone(),
        })
    }

    fn utilization(&mut self, batch: &mut Batch) -> Result<(), SensorError> {
        let text = match self.stat.read(&mut self.buffer) {
            Ok(text) => text,
            Err(error) => return Err(SensorError::io(self.stat.path(), &error)),
        };
        let (all, cores) = parse_stat(text);
        let before = std::mem::replace(&mut self.last, all);
        if let (Some(before), Some(all)) = (before, all) {
            batch.put(&self.source, Metric::CpuUtilization, all.busy_since(&before));
        }
        if all.is_none() && cores.is_empty() {
            let reason = say!("no CPU in {file}", file = self.stat.path().display());
            batch.condition(&self.source, Health::Unsupported, reason);
        }
        if !cores.iter().map(|(number, _)| *number).eq(self.cores.iter().map(|core| core.number)) {
            self.meet(&cores);
        }
        for (core, (_, times)) in self.cores.iter_mut().zip(cores) {
            let before = std::mem::replace(&mut core.last, times);
            match times.busy_since(&before) {
                Some(busy) => batch.put(&core.source, Metric::CpuCoreUtilization, busy),
                // At its first sample it is there all the same.
                None => batch.condition(&core.source, Health::Ok, ""),
            }
        }
        Ok(())
    }

    /// Notes the CPUs that are there now: at the first sample, and when one was switched on or off.
    fn meet(&mut self, cores: &[(u32, Times)]) {
        let whole = &self.source;
        let meet = |(number, last): &(u32, Times)| Core {
            number: *number,
            source: Source::part(whole, SourceKind::Core, format!("cpu:{number}"), format!("CPU {number}").as_str()),
            last: *last,
        };
        self.cores = cores.iter().map(meet).collect();
        let folder = self.roots.sys.join("devices/system/cpu");
        let files: Vec<PathBuf> = cores
            .iter()
            .map(|(number, _)| folder.join(format!("cpu{number}/cpufreq/scaling_cur_freq")))
            .filter(|path| path.exists())
            .collect();
        let stride = files.len().div_ceil(MOST_FREQUENCIES).max(1);
        self.frequencies = files.into_iter().step_by(stride).map(|path| Input::new(&self.roots, path)).collect();
    }

    fn frequency(&mut self) -> Option<f64> {
        if self.frequencies.is_empty() {
            return self.cpuinfo.read_at_once(&mut self.buffer).ok().and_then(|text| parse_cpuinfo(text).1);
        }
        let buffer = &mut self.buffer;
        let khz = self.frequencies.iter_mut().filter_map(|input| integer(input.read_at_once(buffer).ok()?));
        mean(khz.filter(|khz| *khz > 0).map(|khz| khz as f64 * 1e3))
    }

    fn temperature(&mut self, boot: Duration) -> Option<f64> {
        let hottest = self.hottest();
        if hottest.is_some() || self.looked.is_some_and(|looked| boot.saturating_sub(looked) < LOOK_EVERY) {
            return hottest;
        }
        self.looked = Some(boot);
        self.temperatures = package_temperatures(&self.roots);
        self.hottest()
    }

    fn hottest(&mut self) -> Option<f64> {
        let buffer = &mut self.buffer;
        let values = self.temperatures.iter_mut().filter_map(|input| celsius(input.read_at_once(buffer).ok()?));
        values.reduce(f64::max)
    }
}

impl Sensor for Cpu {
    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let utilization = self.utilization(batch);
        let load = self.load.read(&mut self.buffer).ok().and_then(parse_loadavg);
        let frequency = self.frequency();
        let temperature = self.temperature(clock.now().boot);
        let pressure = self.pressure.sample(clock, &mut self.buffer);
        if let Err(error) = utilization {
            if load.is_none() && frequency.is_none() && temperature.is_none() && pressure.is_none() {
                return Err(error);
            }
            batch.condition(&self.source, error.health, error.reason);
        }
        for (index, metric) in [Metric::CpuLoad1, Metric::CpuLoad5, Metric::CpuLoad15].into_iter().enumerate() {
            batch.put(&self.source, metric, load.map(|load| load[index]));
        }
        batch.put(&self.source, Metric::CpuFrequency, frequency);
        batch.put(&self.source, Metric::CpuTemperature, temperature);
        batch.put(&self.source, Metric::CpuPressure, pressure);
        Ok(())
    }
}

/// Jiffies of one CPU since boot: user, nice, system, idle, iowait, irq, softirq, steal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times([u64; 8]);

impl Times {
    /// Percent of the time since `before` in which the CPU worked; `None` where no time was counted.
    pub(crate) fn busy_since(&self, before: &Times) -> Option<f64> {
        // Counters go back where a CPU was switched off and on, and iowait does so by itself.
        let mut grown = [0_u64; 8];
        for (grown, (now, before)) in grown.iter_mut().zip(self.0.iter().zip(before.0)) {
            *grown = now.saturating_sub(before);
        }
        let total: f64 = grown.iter().map(|jiffies| *jiffies as f64).sum();
        let idle = grown[3] as f64 + grown[4] as f64;
        (total > 0.0).then(|| 100.0 * (total - idle) / total)
    }
}

/// The first lines of `/proc/stat`: all CPUs together, and each by number.
pub(crate) fn parse_stat(text: &[u8]) -> (Option<Times>, Vec<(u32, Times)>) {
    let (mut all, mut cores) = (None, Vec::new());
    for line in lines(text).take_while(|line| line.starts_with(b"cpu")) {
        let mut words = words(line);
        let name = words.next().unwrap_or_default();
        let mut times = Times::default();
        let mut count = 0;
        // Guest time, the ninth and tenth number, is part of user and nice already.
        let whole = words.take(times.0.len()).zip(&mut times.0).all(|(word, time)| {
            count += 1;
            number(word).map(|jiffies| *time = jiffies).is_some()
        });
        // Kernels before 2.6 had only the first four.
        if !whole || count < 4 {
            continue;
        }
        match &name[3..] {
            b"" => all = Some(times),
            digits => cores.extend(number(digits).filter(|n| *n < u64::from(MOST_CPUS)).map(|n| (n as u32, times))),
        }
    }
    cores.sort_by_key(|(number, _)| *number);
    cores.dedup_by_key(|(number, _)| *number);
    (all, cores)
}

/// Load over 1, 5 and 15 minutes.
pub(crate) fn parse_loadavg(text: &[u8]) -> Option<[f64; 3]> {
    let mut words = words(text);
    let mut next = || words.next().and_then(decimal);
    Some([next()?, next()?, next()?])
}

/// The model name, and the mean of the frequencies (Hz) in what was read of `/proc/cpuinfo`.
pub(crate) fn parse_cpuinfo(text: &[u8]) -> (Option<Untrusted>, Option<f64>) {
    // The last line may be cut off in the middle of a number.
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(&text[..0], |end| &text[..end]);
    let field = |line, key: &str| {
        let rest: &[u8] = <[u8]>::strip_prefix(line, key.as_bytes())?;
        rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii)
    };
    let model = lines(whole).find_map(|line| field(line, "model name")).filter(|model| !model.is_empty());
    let mhz = lines(whole).filter_map(|line| decimal(field(line, "cpu MHz")?)).filter(|mhz| *mhz > 0.0);
    (model.map(Untrusted::new), mean(mhz.map(|mhz| mhz * 1e6)))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// The files that hold the temperatures of CPU packages: of the first of these that the machine has.
fn package_temperatures(roots: &Roots) -> Vec<Input> {
    let chips = chips::scan(roots);
    // Drivers, and the labels that mean the whole package, best first. Without a label of the list all count: the
    // hottest core stands for the package on drivers that only know cores. The thermal zones of ARM boards come as
    // chips named after the zone.
    type Drivers = (fn(&[u8]) -> bool, &'static [&'static [u8]]);
    let drivers: [Drivers; 4] = [
        (|name| name == b"coretemp", &[b"Package id", b"Physical id"]),
        (|name| name == b"zenpower", &[b"Tdie", b"Tctl"]),
        (|name| name == b"k10temp", &[b"Tdie", b"Tctl"]),
        (|name| matches!(name, b"k8temp" | b"via_cputemp") || is_cpu_zone(name), &[]),
    ];
    for (driver, labels) in drivers {
        let mut files = Vec::new();
        for chip in chips.iter().filter(|chip| driver(&chip.name)) {
            let inputs = names(&chip.folder).into_iter().filter_map(|name| {
                let name = name.into_string().ok()?;
                let channel = name.strip_suffix("_input").filter(|channel| channel.starts_with("temp"))?;
                let label = attribute(&chip.folder.join(format!("{channel}_label"))).unwrap_or_default();
                Some((label, chip.folder.join(&name)))
            });
            let inputs: Vec<_> = inputs.collect();
            let with = |prefix: &[u8]| {
                let matching = inputs.iter().filter(|(label, _)| label.starts_with(prefix));
                Some(matching.map(|(_, path)| path.clone()).collect::<Vec<_>>()).filter(|paths| !paths.is_empty())
            };
            files.extend(labels.iter().find_map(|label| with(label)).or_else(|| with(b"")).unwrap_or_default());
        }
        if !files.is_empty() {
            return files.into_iter().map(|path| Input::new(roots, path)).collect();
        }
    }
    let class = roots.sys.join("class/thermal");
    let zones = names(&class).into_iter().filter(|name| name.to_string_lossy().starts_with("thermal_zone"));
    zones
        .map(|zone| class.join(zone))
        .filter(|zone| attribute(&zone.join("type")).is_some_and(|kind| is_cpu_zone(&kind)))
        .map(|zone| Input::new(roots, zone.join("temp")))
        .collect()
}

/// Whether a thermal zone is that of the CPU: `x86_pkg_temp`, `cpu-thermal`, `cpu0_thermal`, `CPU-therm`, or the one
/// zone of a Raspberry Pi. `acpitz` is not: many boards answer with a constant.
fn is_cpu_zone(kind: &[u8]) -> bool {
    let kind = kind.to_ascii_lowercase();
    let has = |word: &[u8]| kind.windows(word.len()).any(|part| part == word);
    kind == b"x86_pkg_temp" || has(b"therm") && (has(b"cpu") || has(b"soc") || has(b"bcm2"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Now;

    #[test]
    fn busy_is_neither_idle_nor_waiting_for_disks() {
        #[track_caller]
        fn check(before: [u64; 8], after: [u64; 8], expected: Option<f64>) {
            assert_eq!(Times(after).busy_since(&Times(before)), expected);
        }
        check([0; 8], [10, 5, 5, 60, 20, 0, 0, 0], Some(20.0));
        check([0; 8], [0, 0, 0, 75, 0, 5, 5, 15], Some(25.0));
        check([5; 8], [5; 8], None);
        // iowait fell by 3 and counts as nothing, not as a giant number.
        check([10, 0, 0, 90, 5, 0, 0, 0], [20, 0, 0, 120, 2, 0, 0, 0], Some(25.0));
        check([100; 8], [0; 8], None);
        check([0; 8], [u64::MAX; 8], Some(75.0));
    }

    #[test]
    fn broken_lines_of_stat_are_left_out() {
        #[track_caller]
        fn check(text: &[u8], all: bool, expected: &[u32]) {
            let (found, cores) = parse_stat(text);
            assert_eq!(found.is_some(), all);
            assert_eq!(cores.iter().map(|(number, _)| *number).collect::<Vec<_>>(), expected);
        }
        check(b"cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\ncpu2 1 2 3 4 5 6 7 8\nintr 1\n", true, &[0, 2]);
        check(b"cpu  1 2 3 4\ncpu0 1 2 3 4\n", true, &[0]);
        check(b"cpu  1 2 3\ncpu0 1 2 -3 4\ncpu1 1 2 3 99999999999999999999\ncpu7 1 2 3 4", false, &[7]);
        check(b"cpu9 1 1 1 1\ncpu1 1 1 1 1\ncpu9 2 2 2 2\n", false, &[1, 9]);
        check(b"cpu4294967296 1 1 1 1\ncpu8192 1 1 1 1\ncpux 1 1 1 1\n", false, &[]);
        check(b"intr 1\ncpu  1 2 3 4\n", false, &[]);
        check(b"", false, &[]);
        check(b"\xff\xfe\0", false, &[]);
    }

    #[test]
    fn cpuinfo_is_read_as_far_as_whole_lines_go() {
        #[track_caller]
        fn check(text: &str, model: Option<&str>, hertz: Option<f64>) {
            assert_eq!(parse_cpuinfo(text.as_bytes()), (model.map(Untrusted::from), hertz));
        }
        let first = "processor\t: 0\nmodel name\t: AMD EPYC\ncpu MHz\t\t: 2500.000\n";
        check(first, Some("AMD EPYC"), Some(2.5e9));
        check(&format!("{first}\ncpu MHz\t\t: 35"), Some("AMD EPYC"), Some(2.5e9));
        check(&format!("{first}\ncpu MHz\t\t: 3500.000\n"), Some("AMD EPYC"), Some(3.0e9));
        check("processor\t: 0\nBogoMIPS\t: 108.00\nModel\t\t: Raspberry Pi 4\n", None, None);
        check("cpu MHz\t\t: unknown\nmodel name\t: \n", None, None);
        check("cpu MHz : 0\n", None, None);
        check("", None, None);
    }

    #[test]
    fn load_is_three_numbers() {
        assert_eq!(parse_loadavg(b"0.05 0.19 12.17 1/90 14878\n"), Some([0.05, 0.19, 12.17]));
        assert_eq!(parse_loadavg(b"0.05 0.19"), None);
        assert_eq!(parse_loadavg(b"0.05 inf 1"), None);
        assert_eq!(parse_loadavg(b""), None);
    }

    fn write(root: &std::path::Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// What the sensor says of a metric of all CPUs.
    fn sample(sensor: &mut dyn Sensor, clock: &dyn Clock, metric: Metric) -> Option<f64> {
        let mut batch = Batch::default();
        sensor.sample(clock, &mut batch).unwrap();
        let readings = batch.into_parts().readings;
        let reading = readings.iter().find(|reading| reading.source.id == "cpu" && reading.metric == metric)?;
        Some(metric.to_value(reading.stored as f64))
    }

    #[test]
    fn thermometers_are_looked_for_every_ten_seconds_while_they_say_nothing() {
        let machine = tempfile::tempdir().unwrap();
        let root = machine.path();
        write(root, "proc/loadavg", "0.05 0.19 12.17 1/90 14878\n");
        let mut sensor = Cpu::boxed(&Roots::at(root));
        let mut at = |second, expected| {
            let now = Now { wall: Duration::ZERO, boot: Duration::from_secs(second) };
            assert_eq!(sample(&mut *sensor, &now, Metric::CpuTemperature), expected, "at {second} s");
        };
        at(100, None);
        // The driver is loaded later than the recorder starts; its only channel is connected to nothing.
        write(root, "sys/class/hwmon/hwmon0/name", "k10temp\n");
        write(root, "sys/class/hwmon/hwmon0/temp1_input", "127000\n");
        (101..=110).for_each(|second| at(second, None));
        // A better one joins. It is not looked for at each sample.
        write(root, "sys/class/hwmon/hwmon1/name", "coretemp\n");
        write(root, "sys/class/hwmon/hwmon1/temp1_input", "50000\n");
        (111..=119).for_each(|second| at(second, None));
        at(120, Some(50.0));
        // Its driver is loaded anew under another number.
        std::fs::remove_dir_all(root.join("sys/class/hwmon/hwmon1")).unwrap();
        write(root, "sys/class/hwmon/hwmon2/name", "coretemp\n");
        write(root, "sys/class/hwmon/hwmon2/temp1_input", "51000\n");
        at(130, Some(51.0));
    }

    #[test]
    fn a_thermometer_that_hangs_does_not_make_the_pressure_wrong() {
        let machine = tempfile::tempdir().unwrap();
        let root = machine.path();
        write(root, "proc/loadavg", "0.05 0.19 12.17 1/90 14878\n");
        write(root, "proc/pressure/cpu", "some avg10=0.00 total=1000000\n");
        write(root, "sys/class/hwmon/hwmon0/name", "coretemp\n");
        write(root, "sys/class/hwmon/hwmon0/temp1_input", "50000\n");
        let mut sensor = Cpu::boxed(&Roots::at(root));
        let clock = crate::clock::ManualClock::at(1_795_000_000);
        assert_eq!(sample(&mut *sensor, &clock, Metric::CpuTemperature), Some(50.0));
        // Opening a pipe waits until somebody opens its other end.
        let thermometer = root.join("sys/class/hwmon/hwmon0/temp1_input");
        std::fs::remove_file(&thermometer).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&thermometer).status().unwrap().success());
        let share = std::thread::scope(|scope| {
            scope.spawn(|| {
                clock.advance(Duration::from_secs(8));
                write(root, "proc/pressure/cpu", "some avg10=0.00 total=5000000\n");
                drop(std::fs::OpenOptions::new().write(true).open(&thermometer).unwrap());
            });
            sample(&mut *sensor, &clock, Metric::CpuPressure)
        });
        assert_eq!(share, Some(50.0));
    }

    #[test]
    fn zones_of_the_cpu_are_known_by_name() {
        for kind in ["x86_pkg_temp", "cpu-thermal", "cpu0_thermal", "CPU-therm", "soc-thermal", "bcm2835_thermal"] {
            assert!(is_cpu_zone(kind.as_bytes()), "{kind}");
        }
        for kind in ["acpitz", "iwlwifi_1", "pch_cannonlake", "INT3400 Thermal", "gpu-thermal", "cpu_fan", ""] {
            assert!(!is_cpu_zone(kind.as_bytes()), "{kind}");
        }
    }
}
