//! `gpu_metrics`: the table in which the driver hands out what the firmware measured, in one read.
//!
//! Pure. The table begins with its size, format and content revision; each format has its layout, as
//! `kgd_pp_interface.h` of Linux lays it out. A field of nothing but ones is one that the chip does not have. Revisions of
//! one format share neither layout nor units for certain, so one that is not listed gives nothing. Deliberately not taken: the load and the power of APUs (2.x), whose unit depends on the
//! firmware; the driver gives both in files, in units of its own. Residencies of throttling (1.6 and later, 3.0), which
//! need two readings; format 1.9, which lists its fields.

use std::ops::Range;

use super::values::{MOST_RPM, MOST_WATTS, generation, turning, width};
use crate::metrics::Metric;
use crate::model::throttle;

/// Where a field is: its first byte, and how many it has.
type At = Option<(usize, usize)>;

/// The layout of one revision.
#[derive(Clone, Copy, Debug, Default)]
struct Layout {
    /// The size of one degree in the three temperatures.
    degree: f64,
    edge: At,
    hotspot: At,
    memory: At,
    busy: At,
    memory_busy: At,
    power: At,
    /// The size of one watt in `power`.
    watt: f64,
    energy: At,
    energy_unit: Energy,
    /// The clock now, and its mean.
    clock: [At; 2],
    memory_clock: [At; 2],
    /// The reasons in bits that are the chip's own, and in bits that are the same for all.
    throttle: At,
    throttle_common: At,
    fan: At,
    lanes: At,
    /// In tenths of a GT/s.
    link: At,
}

/// What the energy counter counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Energy {
    /// Two to the minus sixteenth joules, as the header says.
    #[default]
    Documented,
    /// Not said; it depends on the chip.
    ByChip,
}

/// Linux knows formats up to 3; some more may come before this file learns of them.
const NEWEST_FORMAT: u8 = 9;

const fn at16(at: usize) -> At {
    Some((at, 2))
}

/// 1.1, 1.2 and 1.3: cards.
const CARD: Layout = Layout {
    degree: 1.0,
    edge: at16(4),
    hotspot: at16(6),
    memory: at16(8),
    busy: at16(16),
    memory_busy: at16(18),
    power: at16(22),
    watt: 1.0,
    energy: Some((24, 8)),
    energy_unit: Energy::ByChip,
    clock: [at16(54), at16(40)],
    memory_clock: [at16(58), at16(44)],
    throttle: Some((68, 4)),
    throttle_common: None,
    fan: at16(72),
    lanes: at16(74),
    link: at16(76),
};

/// 1.0, which begins with the time.
const FIRST_CARD: Layout = Layout {
    edge: at16(16),
    hotspot: at16(18),
    memory: at16(20),
    busy: at16(28),
    memory_busy: at16(30),
    power: at16(34),
    energy: Some((36, 4)),
    clock: [at16(54), at16(40)],
    memory_clock: [at16(58), at16(44)],
    lanes: Some((74, 1)),
    link: Some((75, 1)),
    ..CARD
};

/// 1.4: the accelerators from MI300 on. Later revisions move what follows the load.
const ACCELERATOR: Layout = Layout {
    degree: 1.0,
    edge: None,
    hotspot: at16(4),
    memory: at16(6),
    busy: at16(12),
    memory_busy: at16(14),
    power: at16(10),
    watt: 1.0,
    energy: Some((24, 8)),
    energy_unit: Energy::Documented,
    clock: [at16(240), None],
    memory_clock: [at16(280), None],
    throttle: Some((40, 4)),
    throttle_common: None,
    fan: None,
    lanes: at16(48),
    link: at16(50),
};

/// 2.1: APUs.
const APU: Layout = Layout {
    degree: 100.0,
    edge: at16(4),
    hotspot: None,
    memory: None,
    busy: None,
    memory_busy: None,
    power: None,
    watt: 1.0,
    energy: None,
    energy_unit: Energy::Documented,
    clock: [at16(76), at16(64)],
    memory_clock: [at16(80), at16(68)],
    throttle: Some((108, 4)),
    throttle_common: None,
    fan: None,
    lanes: None,
    link: None,
};

fn layout(format: u8, content: u8) -> Option<Layout> {
    let common = |at| Some((at, 8));
    Some(match (format, content) {
        (1, 0) => FIRST_CARD,
        (1, 1 | 2) => CARD,
        (1, 3) => Layout { throttle_common: common(112), ..CARD },
        (1, 4) => ACCELERATOR,
        (1, 5) => Layout {
            energy: Some((88, 8)),
            clock: [at16(312), None],
            memory_clock: [at16(352), None],
            throttle: Some((104, 4)),
            lanes: at16(112),
            link: at16(114),
            ..ACCELERATOR
        },
        (1, 6) => Layout {
            energy: Some((16, 8)),
            clock: [at16(264), None],
            memory_clock: [at16(304), None],
            throttle: None,
            lanes: at16(60),
            link: at16(62),
            ..ACCELERATOR
        },
        (1, 7 | 8) => Layout {
            energy: Some((24, 8)),
            clock: [at16(296), None],
            memory_clock: [at16(336), None],
            throttle: None,
            lanes: at16(68),
            link: at16(70),
            ..ACCELERATOR
        },
        (2, 0) => Layout {
            edge: at16(16),
            clock: [at16(80), at16(68)],
            memory_clock: [at16(84), at16(72)],
            throttle: Some((112, 4)),
            ..APU
        },
        (2, 1) => APU,
        (2, 2..=4) => Layout { throttle_common: common(120), ..APU },
        (3, 0) => Layout {
            busy: at16(42),
            power: Some((112, 4)),
            watt: 1000.0,
            clock: [None, at16(174)],
            memory_clock: [None, at16(186)],
            throttle: None,
            ..APU
        },
        _ => return None,
    })
}

/// What a table holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// The values, in the metrics' units.
    pub values: Vec<(Metric, f64)>,
    /// The metrics in whose fields stands what no card has.
    pub odd: Vec<Metric>,
    /// It is no table that any driver writes. One of a revision that is not listed is none of these.
    pub damaged: bool,
}

/// The table's contents. The number of the chip tells what its energy counter counts.
pub(crate) fn read(file: &[u8], chip: Option<u16>) -> Contents {
    let (table, layout) = match open(file) {
        Ok(Some(known)) => known,
        Ok(None) => return Contents::default(),
        Err(Damaged) => return Contents { damaged: true, ..Contents::default() },
    };
    let field = |at: At| table.field(at);
    // A field that is not there is `None`, one that is odd is an infinite value.
    let limited = |value: f64, most: f64| if value <= most { value } else { f64::INFINITY };
    let up_to = |at: At, unit: f64, most: f64| field(at).map(|raw| limited(raw as f64 / unit, most));
    let either = |[first, second]: [At; 2]| field(first).or_else(|| field(second));
    // No GPU has zero degrees; chips that lack a sensor do.
    let degrees = |at| up_to(at, layout.degree, 126.0).filter(|degrees| *degrees > 0.0);
    let clock = |at| either(at).map(|megahertz| limited(megahertz as f64 * 1e6, 20e9));
    let found = [
        (Metric::GpuUtilization, up_to(layout.busy, 1.0, 100.0)),
        (Metric::GpuMemoryUtilization, up_to(layout.memory_busy, 1.0, 100.0)),
        (Metric::GpuTemperature, degrees(layout.edge)),
        (Metric::GpuHotspot, degrees(layout.hotspot)),
        (Metric::GpuMemoryTemperature, degrees(layout.memory)),
        (Metric::GpuPower, up_to(layout.power, layout.watt, MOST_WATTS as f64)),
        // A counter that does not move is one that the firmware does not keep.
        (Metric::GpuEnergy, joules(&table, &layout, chip).filter(|joules| *joules > 0.0)),
        (Metric::GpuFanSpeed, up_to(layout.fan, 1.0, MOST_RPM as f64).map(turning)),
        (Metric::GpuClock, clock(layout.clock)),
        (Metric::GpuMemoryClock, clock(layout.memory_clock)),
        (Metric::GpuThrottle, reasons(&table, &layout).map(|bits| bits as f64)),
        (Metric::GpuPcieGeneration, field(layout.link).and_then(|tenths| generation(tenths as f64 / 10.0))),
        (Metric::GpuPcieWidth, field(layout.lanes).and_then(width)),
    ];
    let mut contents = Contents::default();
    for (metric, value) in found {
        match value {
            Some(value) if value.is_finite() => contents.values.push((metric, value)),
            Some(_) => contents.odd.push(metric),
            None => {}
        }
    }
    contents
}

/// The table without what follows it.
struct Table<'a>(&'a [u8]);

impl Table<'_> {
    /// The number in a field, if the table has it and the chip fills it.
    fn field(&self, at: At) -> Option<u64> {
        let (first, len) = at?;
        let bytes = self.0.get(Range { start: first, end: first.checked_add(len)? })?;
        if bytes.iter().all(|byte| *byte == 0xff) {
            return None;
        }
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// See [`Contents`].
struct Damaged;

/// The table and its layout, if that is known.
fn open(file: &[u8]) -> Result<Option<(Table<'_>, Layout)>, Damaged> {
    let [low, high, format, content, ..] = *file else { return Err(Damaged) };
    // Captures fill the file up to a page; a file that ends before its table does is damaged.
    let table = file.get(..usize::from(u16::from_le_bytes([low, high]))).filter(|table| table.len() > 4);
    let table = table.filter(|_| (1..=NEWEST_FORMAT).contains(&format)).ok_or(Damaged)?;
    Ok(layout(format, content).map(|layout| (Table(table), layout)))
}

fn joules(table: &Table<'_>, layout: &Layout, chip: Option<u16>) -> Option<f64> {
    let count = table.field(layout.energy)? as f64;
    match (layout.energy_unit, chip) {
        (Energy::Documented, _) => Some(count / 65_536.0),
        // MI100 and MI200.
        (Energy::ByChip, Some(0x738c | 0x738e | 0x7408..=0x7410)) => Some(count / 65_536.0),
        // Navi 1x and 2x count millijoules: an RX 6900 XT that drew 36 W stood at 17,691,682 after 533 s.
        (Energy::ByChip, Some(0x7310..=0x73ff)) => Some(count / 1000.0),
        _ => None,
    }
}

/// What holds the clock down, in the bits of [`throttle`].
fn reasons(table: &Table<'_>, layout: &Layout) -> Option<u64> {
    // A graphics engine that is switched off is not slowed down. RDNA 3 sets the bit of the hotspot then, at any
    // temperature.
    if table.field(layout.clock[1]) == Some(0) {
        return None;
    }
    let bits = |range: Range<u32>| range.map(|bit| 1_u64 << bit).fold(0, |mask, bit| mask | bit);
    // As in `amdgpu_smu.h`: 0–15 power, 16–31 current, 32–43 temperatures, 44 and 45 hot regulators, 46 and 47 the
    // signal PROCHOT.
    let kinds = [
        (0..16, throttle::POWER),
        (16..32, throttle::CURRENT),
        (32..46, throttle::HEAT),
        (46..48, throttle::SIGNAL),
        (48..64, throttle::OTHER),
    ];
    if let Some(common) = table.field(layout.throttle_common) {
        let of = |(range, kind): (Range<u32>, u64)| if common & bits(range) == 0 { 0 } else { kind };
        return Some(kinds.into_iter().map(of).fold(0, |all, kind| all | kind));
    }
    table.field(layout.throttle).map(|own| if own == 0 { 0 } else { throttle::OTHER })
}

#[cfg(test)]
mod tests;
