//! THE TABLE: every metric that Hoofbeat knows, one line each.
//!
//! SQL, JSON, CSV headers, UI labels and the docs derive from it, so a new metric is one line here and one `put` in
//! its sensor. Keys and ids are a contract: a key is never renamed and an id never used again, because histories
//! that were written years ago refer to them. Deliberately not here: how a value is read (`sensors`) and how it is
//! shown to a person (`format`).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The unit of every value of a metric, inside and outside; formatting for people happens in `format` alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 0–100 unless the metric's line says otherwise.
    Percent,
    /// Degrees Celsius.
    Celsius,
    /// Watts; negative where a battery is charged.
    Watt,
    /// Joules.
    Joule,
    /// Bytes.
    Byte,
    /// Bytes a second.
    BytePerSecond,
    /// Events a second.
    PerSecond,
    /// Hertz.
    Hertz,
    /// Seconds.
    Second,
    /// Revolutions a minute.
    Rpm,
    /// Volts.
    Volt,
    /// A plain number: load, a count, a state, a set of bits.
    Number,
}

impl Unit {
    /// The symbol used in JSON, CSV headers and SQL views.
    pub const fn symbol(self) -> &'static str {
        match self {
            Unit::Percent => "%",
            Unit::Celsius => "°C",
            Unit::Watt => "W",
            Unit::Joule => "J",
            Unit::Byte => "B",
            Unit::BytePerSecond => "B/s",
            Unit::PerSecond => "1/s",
            Unit::Hertz => "Hz",
            Unit::Second => "s",
            Unit::Rpm => "RPM",
            Unit::Volt => "V",
            Unit::Number => "",
        }
    }
}

/// How a metric behaves over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A level: mean, minimum and maximum describe a stretch of it.
    Gauge,
    /// A total that only grows while its source lives: differences describe a stretch of it.
    Counter,
    /// A set of bits.
    Flags,
}

impl Kind {
    /// The word used in SQL and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Gauge => "gauge",
            Kind::Counter => "counter",
            Kind::Flags => "flags",
        }
    }
}

/// How finely a value is kept. Values are stored as whole multiples of `step`, at the sensor's own resolution: finer
/// digits are noise that costs disk space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The size of one stored unit, in the metric's unit.
    pub step: f64,
    /// Significant decimal digits kept, for rates that span many orders of magnitude.
    pub digits: Option<u32>,
}

const fn step(step: f64) -> Scale {
    Scale { step, digits: None }
}

const fn digits(step: f64, digits: u32) -> Scale {
    Scale { step, digits: Some(digits) }
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The metric that this line defines.
    pub metric: Metric,
    /// Stable number in the database.
    pub id: u16,
    /// Stable name everywhere else.
    pub key: &'static str,
    /// Unit of every value.
    pub unit: Unit,
    /// Resolution of stored values.
    pub scale: Scale,
    /// Gauge, counter or flags.
    pub kind: Kind,
    /// The panel of the window that shows it.
    pub panel: &'static str,
    /// What a person calls it.
    pub label: &'static str,
}

macro_rules! table {
    ($($name:ident = $id:literal $key:literal $unit:ident $scale:expr, $kind:ident $panel:literal $label:literal;)*) => {
        /// A metric of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Metric { $(#[doc = $label] $name = $id),* }

        /// The table itself, in the order in which people should see it.
        pub const TABLE: &[Definition] = &[$(Definition {
            metric: Metric::$name, id: $id, key: $key, unit: Unit::$unit, scale: $scale,
            kind: Kind::$kind, panel: $panel, label: $label,
        }),*];

        impl Metric {
            /// This metric's line of the table.
            pub const fn definition(self) -> &'static Definition {
                // One match arm a line compiles to a jump table: `put` runs this for every value of every tick.
                const fn index(metric: Metric) -> usize {
                    let mut at = 0;
                    while at < TABLE.len() {
                        if TABLE[at].id == metric as u16 { return at; }
                        at += 1;
                    }
                    panic!("every metric has a line")
                }
                match self { $(Metric::$name => { const AT: usize = index(Metric::$name); &TABLE[AT] }),* }
            }
        }
    };
}

#[rustfmt::skip]
table! {
    GpuUtilization       = 100 "gpu.utilization"         Percent       step(1.0),      Gauge   "gpu"     "GPU busy";
    GpuMemoryUtilization = 101 "gpu.memory.utilization"  Percent       step(1.0),      Gauge   "gpu"     "GPU memory bus busy";
    GpuEncoder           = 102 "gpu.encoder.utilization" Percent       step(1.0),      Gauge   "gpu"     "Video encoder busy";
    GpuDecoder           = 103 "gpu.decoder.utilization" Percent       step(1.0),      Gauge   "gpu"     "Video decoder busy";
    GpuMemoryUsed        = 104 "gpu.memory.used"         Byte          step(MIB),      Gauge   "gpu"     "GPU memory used";
    GpuMemoryTotal       = 105 "gpu.memory.total"        Byte          step(KIB),      Gauge   "gpu"     "GPU memory";
    GpuMemoryShared      = 106 "gpu.memory.shared.used"  Byte          step(MIB),      Gauge   "gpu"     "Shared memory used";
    GpuTemperature       = 107 "gpu.temperature"         Celsius       step(0.1),      Gauge   "gpu"     "GPU temperature";
    GpuHotspot           = 108 "gpu.temperature.hotspot" Celsius       step(0.1),      Gauge   "gpu"     "Hotspot temperature";
    GpuMemoryTemperature = 109 "gpu.temperature.memory"  Celsius       step(0.1),      Gauge   "gpu"     "GPU memory temperature";
    GpuMargin            = 110 "gpu.temperature.margin"  Celsius       step(0.1),      Gauge   "gpu"     "Margin to slowdown";
    GpuPower             = 111 "gpu.power"               Watt          step(0.1),      Gauge   "gpu"     "GPU power";
    GpuPowerLimit        = 112 "gpu.power.limit"         Watt          step(0.1),      Gauge   "gpu"     "GPU power limit";
    GpuEnergy            = 113 "gpu.energy"              Joule         step(1.0),      Counter "gpu"     "GPU energy";
    GpuFanSpeed          = 114 "gpu.fan.speed"           Rpm           step(1.0),      Gauge   "gpu"     "GPU fan";
    GpuFanPercent        = 115 "gpu.fan.percent"         Percent       step(1.0),      Gauge   "gpu"     "GPU fan, intended (may exceed 100)";
    GpuClock             = 116 "gpu.clock.graphics"      Hertz         step(1e6),      Gauge   "gpu"     "GPU clock";
    GpuMemoryClock       = 117 "gpu.clock.memory"        Hertz         step(1e6),      Gauge   "gpu"     "GPU memory clock";
    GpuThrottle          = 118 "gpu.throttle"            Number        step(1.0),      Flags   "gpu"     "Throttle reasons";
    GpuPstate            = 119 "gpu.pstate"              Number        step(1.0),      Gauge   "gpu"     "Performance state";
    GpuPcieGeneration    = 120 "gpu.pcie.generation"     Number        step(1.0),      Gauge   "gpu"     "PCIe generation";
    GpuPcieWidth         = 121 "gpu.pcie.width"          Number        step(1.0),      Gauge   "gpu"     "PCIe lanes";
    GpuAttributed        = 122 "gpu.attributed"          Percent       step(1.0),      Gauge   "gpu"     "Busy, explained";
    GpuRemainder         = 123 "gpu.remainder"           Percent       step(1.0),      Gauge   "gpu"     "Busy, unexplained";
    GpuPowerInstant      = 140 "gpu.power.instant"       Watt          step(0.1),      Gauge   "gpu"     "GPU power, this instant";
    GpuMemoryPower       = 141 "gpu.power.memory"        Watt          step(0.1),      Gauge   "gpu"     "GPU memory power";
    GpuVideo             = 156 "gpu.video.utilization"   Percent       step(1.0),      Gauge   "gpu"     "Video engines busy";
    GpuJpeg              = 142 "gpu.jpeg.utilization"    Percent       step(1.0),      Gauge   "gpu"     "JPEG engine busy";
    GpuOpticalFlow       = 143 "gpu.ofa.utilization"     Percent       step(1.0),      Gauge   "gpu"     "Optical-flow engine busy";
    GpuPcieReceive       = 144 "gpu.pcie.receive"        BytePerSecond digits(1.0, 3), Gauge   "gpu"     "PCIe, to the GPU";
    GpuPcieTransmit      = 145 "gpu.pcie.transmit"       BytePerSecond digits(1.0, 3), Gauge   "gpu"     "PCIe, from the GPU";
    GpuPcieReplays       = 146 "gpu.pcie.replays"        Number        step(1.0),      Counter "gpu"     "PCIe packets sent again";
    GpuPowerCapTime      = 147 "gpu.throttle.power.time" Second        step(0.001),    Counter "gpu"     "Time held down by the power limit";
    GpuHeatTime          = 148 "gpu.throttle.heat.time"  Second        step(0.001),    Counter "gpu"     "Time held down by heat";
    GpuHardwareHeatTime  = 155 "gpu.throttle.hardware.time" Second     step(0.001),    Counter "gpu"     "Time that the hardware itself slowed down for heat";
    GpuEccCorrected      = 149 "gpu.ecc.corrected"       Number        step(1.0),      Counter "gpu"     "Memory errors, corrected";
    GpuEccUncorrected    = 150 "gpu.ecc.uncorrected"     Number        step(1.0),      Counter "gpu"     "Memory errors, not corrected";
    GpuRemappedRows      = 151 "gpu.rows.remapped"       Number        step(1.0),      Gauge   "gpu"     "Memory rows replaced";
    GpuRemapPending      = 152 "gpu.rows.pending"        Number        step(1.0),      Gauge   "gpu"     "Memory rows wait for a reset";
    GpuRemapFailed       = 153 "gpu.rows.failed"         Number        step(1.0),      Gauge   "gpu"     "No spare memory row was left";
    GpuRetiredPages      = 154 "gpu.pages.retired"       Number        step(1.0),      Gauge   "gpu"     "Memory pages out of use";

    CpuUtilization       = 1   "cpu.utilization"         Percent       step(0.1),      Gauge   "cpu"     "CPU busy";
    CpuCoreUtilization   = 2   "cpu.core.utilization"    Percent       step(1.0),      Gauge   "cpu"     "Core busy";
    CpuFrequency         = 3   "cpu.frequency"           Hertz         step(1e7),      Gauge   "cpu"     "CPU frequency";
    CpuTemperature       = 4   "cpu.temperature"         Celsius       step(0.1),      Gauge   "cpu"     "CPU temperature";
    CpuLoad1             = 5   "cpu.load.1m"             Number        step(0.01),     Gauge   "cpu"     "Load, 1 minute";
    CpuLoad5             = 6   "cpu.load.5m"             Number        step(0.01),     Gauge   "cpu"     "Load, 5 minutes";
    CpuLoad15            = 7   "cpu.load.15m"            Number        step(0.01),     Gauge   "cpu"     "Load, 15 minutes";
    CpuPressure          = 8   "cpu.pressure"            Percent       step(0.1),      Gauge   "cpu"     "Time tasks waited for a CPU";

    MemoryUsed           = 20  "memory.used"             Byte          step(MIB),      Gauge   "memory"  "Memory used";
    MemoryAvailable      = 21  "memory.available"        Byte          step(MIB),      Gauge   "memory"  "Memory available";
    MemoryTotal          = 22  "memory.total"            Byte          step(KIB),      Gauge   "memory"  "Memory";
    MemoryCache          = 23  "memory.cache"            Byte          step(MIB),      Gauge   "memory"  "Memory for caches";
    SwapUsed             = 24  "memory.swap.used"        Byte          step(MIB),      Gauge   "memory"  "Swap used";
    SwapTotal            = 25  "memory.swap.total"       Byte          step(KIB),      Gauge   "memory"  "Swap";
    MemoryPressure       = 26  "memory.pressure"         Percent       step(0.1),      Gauge   "memory"  "Time tasks waited for memory";

    DiskRead             = 40  "disk.read"               BytePerSecond digits(1.0, 3), Gauge   "disk"    "Read";
    DiskWrite            = 41  "disk.write"              BytePerSecond digits(1.0, 3), Gauge   "disk"    "Written";
    DiskReadOperations   = 42  "disk.read.operations"    PerSecond     digits(1.0, 3), Gauge   "disk"    "Reads";
    DiskWriteOperations  = 43  "disk.write.operations"   PerSecond     digits(1.0, 3), Gauge   "disk"    "Writes";
    DiskBusy             = 44  "disk.busy"               Percent       step(0.1),      Gauge   "disk"    "Disk busy";
    DiskUsed             = 45  "disk.used"               Byte          step(MIB),      Gauge   "disk"    "Space used";
    DiskTotal            = 46  "disk.total"              Byte          step(KIB),      Gauge   "disk"    "Space";
    DiskUsable           = 48  "disk.usable"             Byte          step(MIB),      Gauge   "disk"    "Usable space";
    DiskTemperature      = 47  "disk.temperature"        Celsius       step(0.1),      Gauge   "disk"    "Disk temperature";

    NetReceive           = 60  "net.receive"             BytePerSecond digits(1.0, 3), Gauge   "network" "Received";
    NetTransmit          = 61  "net.transmit"            BytePerSecond digits(1.0, 3), Gauge   "network" "Sent";
    NetReceivePackets    = 62  "net.receive.packets"     PerSecond     digits(1.0, 3), Gauge   "network" "Packets received";
    NetTransmitPackets   = 63  "net.transmit.packets"    PerSecond     digits(1.0, 3), Gauge   "network" "Packets sent";
    NetReceiveErrors     = 64  "net.receive.errors"      PerSecond     digits(1.0, 3), Gauge   "network" "Receive errors";
    NetTransmitErrors    = 65  "net.transmit.errors"     PerSecond     digits(1.0, 3), Gauge   "network" "Send errors";

    HwmonTemperature     = 80  "hwmon.temperature"       Celsius       step(0.1),      Gauge   "sensors" "Temperature";
    HwmonFan             = 81  "hwmon.fan"               Rpm           step(1.0),      Gauge   "sensors" "Fan";
    HwmonVoltage         = 82  "hwmon.voltage"           Volt          step(0.001),    Gauge   "sensors" "Voltage";
    HwmonPower           = 83  "hwmon.power"             Watt          step(0.01),     Gauge   "sensors" "Power";
    BatteryCharge        = 84  "battery.charge"          Percent       step(1.0),      Gauge   "sensors" "Battery charge";
    BatteryPower         = 85  "battery.power"           Watt          step(0.01),     Gauge   "sensors" "Battery power (negative: charging)";
    PowerOnline          = 86  "power.online"            Number        step(1.0),      Gauge   "sensors" "Mains connected";

    SelfCpu              = 200 "self.cpu"                Percent       step(0.01),     Gauge   "self"    "Hoofbeat's CPU, of one core";
    SelfMemory           = 201 "self.memory"             Byte          step(KIB),      Gauge   "self"    "Hoofbeat's memory (PSS)";
    SelfSensorDuration   = 202 "self.sensor.duration"    Second        digits(1e-6, 2), Gauge  "self"    "Time a sensor took";
    SelfDatabaseBytes    = 203 "self.database.bytes"     Byte          step(KIB),      Gauge   "self"    "Database size";
}

/// The largest stored magnitude. JSON readers keep integers exactly up to 2^53, and a sum over a year of such values
/// must not overflow 64 bits, so anything past 2^50 is treated as a broken reading.
pub const LIMIT: i64 = 1 << 50;

impl Metric {
    /// The metric with this key.
    pub fn from_key(key: &str) -> Option<Metric> {
        TABLE.iter().find(|line| line.key == key).map(|line| line.metric)
    }

    /// The metric with this stable number.
    pub fn from_id(id: u16) -> Option<Metric> {
        TABLE.iter().find(|line| line.id == id).map(|line| line.metric)
    }

    /// The stable name.
    pub const fn key(self) -> &'static str {
        self.definition().key
    }

    /// The stored number for `value` (in the metric's unit), or `None` where no honest number exists: not finite, or
    /// beyond [`LIMIT`].
    pub fn to_stored(self, value: f64) -> Option<i64> {
        let scale = self.definition().scale;
        let stored = (value / scale.step).round();
        if !stored.is_finite() || stored.abs() > LIMIT as f64 {
            return None;
        }
        let stored = stored as i64;
        Some(match scale.digits {
            None => stored,
            Some(digits) => {
                let mut unit = 1;
                while stored.abs() / unit >= 10_i64.pow(digits) {
                    unit *= 10;
                }
                // Half away from zero, as `f64::round` does.
                (stored + stored.signum() * (unit / 2)) / unit * unit
            }
        })
    }

    /// The value (in the metric's unit) of a stored number.
    pub fn to_value(self, stored: f64) -> f64 {
        let step = self.definition().scale.step;
        if step < 1.0 {
            // Dividing by 10 prints 38.9 where multiplying by 0.1 prints 38.900000000000006.
            stored / (1.0 / step).round()
        } else {
            stored * step
        }
    }

    /// The smallest and the largest value that it can have by what it measures, where there are such.
    pub fn range(self) -> (Option<f64>, Option<f64>) {
        match (self, self.definition().unit) {
            // What a driver intends may be more than all, and several cores are more than one.
            (Metric::GpuFanPercent | Metric::SelfCpu, _) => (Some(0.0), None),
            // Charging is negative, and so is what lies beyond the slowdown.
            (Metric::BatteryPower, _) => (None, None),
            (Metric::PowerOnline, _) => (Some(0.0), Some(1.0)),
            (_, Unit::Percent) => (Some(0.0), Some(100.0)),
            (_, Unit::Celsius) => (Some(-273.15), None),
            (_, Unit::Volt) => (None, None),
            _ => (Some(0.0), None),
        }
    }

    /// The keys nearest to a mistyped one, best first, at most three.
    pub fn nearest_keys(wrong: &str) -> Vec<&'static str> {
        nearest(wrong, TABLE.iter().map(|line| line.key))
    }
}

/// Of some names those nearest to a mistyped one, best first, at most three.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ranked: Vec<_> = names.map(|name| (edit_distance(wrong, name), name)).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// The name that was probably meant by a mistyped one: so near that a slip of the finger explains it.
pub fn slip<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.map(|name| (edit_distance(wrong, name), name)).min()?;
    (near.0 <= wrong.chars().count() / 4).then_some(near.1)
}

/// Whether a name is like a mistyped one: it has that in it, or half of the letters agree.
pub fn is_like(wrong: &str, name: &str) -> bool {
    let longest = wrong.chars().count().max(name.chars().count());
    (!wrong.is_empty() && name.contains(wrong)) || edit_distance(wrong, name) * 2 <= longest
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        Metric::from_key(&key).ok_or_else(|| {
            let near = Metric::nearest_keys(&key).join(", ");
            serde::de::Error::custom(format!("there is no metric {key:?}; the nearest are {near}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_and_keys_are_unique_and_well_formed() {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        for line in TABLE {
            assert!(ids.insert(line.id), "id {} is used twice", line.id);
            assert!(keys.insert(line.key), "key {} is used twice", line.key);
            assert!(
                line.key
                    .split('.')
                    .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()))
            );
            assert_eq!(Metric::from_key(line.key), Some(line.metric));
            assert_eq!(Metric::from_id(line.id), Some(line.metric));
            assert_eq!(line.metric.definition().key, line.key);
        }
    }

    #[test]
    fn values_keep_the_resolution_of_their_line() {
        #[track_caller]
        fn check(metric: Metric, value: f64, stored: Option<i64>, back: f64) {
            assert_eq!(metric.to_stored(value), stored);
            if let Some(stored) = stored {
                assert_eq!(metric.to_value(stored as f64), back);
            }
        }
        check(Metric::HwmonTemperature, 38.85, Some(389), 38.9);
        check(Metric::CpuFrequency, 3_404_000_000.0, Some(340), 3.4e9);
        check(Metric::MemoryTotal, 24117.0 * 1024.0, Some(24117), 24117.0 * 1024.0);
        check(Metric::NetReceive, 12_345_678.0, Some(12_300_000), 12.3e6);
        check(Metric::NetReceive, 999.0, Some(999), 999.0);
        check(Metric::BatteryPower, -12.345, Some(-1235), -12.35);
        check(Metric::SelfSensorDuration, 0.000_123, Some(120), 0.000_12);
        check(Metric::HwmonPower, f64::NAN, None, 0.0);
        check(Metric::DiskRead, 1.9e19, None, 0.0);
    }

    #[test]
    fn a_mistyped_key_finds_its_neighbours() {
        assert_eq!(Metric::nearest_keys("cpu.utilisation")[0], "cpu.utilization");
        assert!(is_like("cpu.utilisation", "cpu.utilization") && is_like("power", "gpu.power"));
        assert!(!Metric::nearest_keys("nope").iter().any(|near| is_like("nope", near)));
    }
}
