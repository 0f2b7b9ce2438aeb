//! Which values of a source matter most, and how they read side by side.
//!
//! Used by `status` and by the tray's sentence. Deliberately not here: how one number is written, which is
//! `hoofbeat_core::format`'s.

use hoofbeat_core::format;
use hoofbeat_core::metrics::{Kind, Metric, TABLE};
use hoofbeat_core::model::SourceKind;
use hoofbeat_core::say;

/// What to show of one kind of source.
enum Part {
    /// One value.
    One(Metric),
    /// A value that explains itself only with a word before it.
    Named(&'static str, Metric),
    /// How much of a whole.
    Of(Metric, Metric),
    /// How much of a whole, with a word before it; nothing where the whole is nothing (no swap).
    NamedOf(&'static str, Metric, Metric),
    /// The GPU's part of the machine's memory, of one inside the processor, which has no link and little memory of its
    /// own, and of a card once that part is the larger one.
    Shared,
    /// What holds the GPU back, where anything does.
    Throttle,
    /// Yes or no.
    Either(Metric, &'static str, &'static str),
}

use Part::{Either, Named, NamedOf, Of, One, Shared, Throttle};

/// The values that matter most, most telling first. A kind without a line shows the first of what it has.
const PARTS: &[(SourceKind, &[Part])] = &[
    (
        SourceKind::Gpu,
        &[
            One(Metric::GpuUtilization),
            One(Metric::GpuTemperature),
            One(Metric::GpuPower),
            Of(Metric::GpuMemoryUsed, Metric::GpuMemoryTotal),
            Shared,
            Throttle,
        ],
    ),
    (
        SourceKind::Cpu,
        &[
            One(Metric::CpuUtilization),
            One(Metric::CpuTemperature),
            One(Metric::CpuFrequency),
            Named("load", Metric::CpuLoad1),
        ],
    ),
    (
        SourceKind::Memory,
        &[Of(Metric::MemoryUsed, Metric::MemoryTotal), NamedOf("swap", Metric::SwapUsed, Metric::SwapTotal)],
    ),
    (
        SourceKind::Disk,
        &[
            Named("read", Metric::DiskRead),
            Named("write", Metric::DiskWrite),
            Named("busy", Metric::DiskBusy),
            One(Metric::DiskTemperature),
        ],
    ),
    (SourceKind::Filesystem, &[Of(Metric::DiskUsed, Metric::DiskUsable)]),
    (SourceKind::Network, &[Named("in", Metric::NetReceive), Named("out", Metric::NetTransmit)]),
    (SourceKind::Battery, &[One(Metric::BatteryCharge), One(Metric::BatteryPower)]),
    (SourceKind::Mains, &[Either(Metric::PowerOnline, "connected", "not connected")]),
    (
        SourceKind::Recorder,
        &[
            Named("CPU", Metric::SelfCpu),
            Named("memory", Metric::SelfMemory),
            Named("database", Metric::SelfDatabaseBytes),
        ],
    ),
];

/// How many values are shown of a kind that has no line in [`PARTS`].
const FIRST: usize = 4;

/// The values that matter most of a source of this kind, in words; what was not read is left out.
pub fn main_values(kind: SourceKind, value: impl Fn(Metric) -> Option<f64>) -> Vec<String> {
    match PARTS.iter().find(|(other, _)| *other == kind) {
        Some((_, parts)) => parts.iter().filter_map(|part| words(part, &value)).collect(),
        None => TABLE
            .iter()
            .filter(|line| line.kind != Kind::Flags)
            .filter_map(|line| Some(format::value(line.metric, value(line.metric)?)))
            .take(FIRST)
            .collect(),
    }
}

fn words(part: &Part, value: &impl Fn(Metric) -> Option<f64>) -> Option<String> {
    match *part {
        One(metric) => Some(format::value(metric, value(metric)?)),
        Named(name, metric) => Some(format!("{name} {}", format::value(metric, value(metric)?))),
        Of(used, total) => Some(share(used, value(used)?, value(total))),
        NamedOf(name, used, total) => match value(total) {
            Some(0.0) => None,
            whole => Some(format!("{name} {}", share(used, value(used)?, whole))),
        },
        Shared => {
            let own = value(Metric::GpuMemoryUsed).unwrap_or(0.0);
            let inside = value(Metric::GpuPcieWidth).is_none();
            let shared = value(Metric::GpuMemoryShared).filter(|shared| inside || *shared > own)?;
            Some(format!("shared {}", format::value(Metric::GpuMemoryShared, shared)))
        }
        Throttle => {
            let bits = value(Metric::GpuThrottle).filter(|bits| *bits > 0.0)?;
            Some(format!("held back by {}", format::value(Metric::GpuThrottle, bits)))
        }
        Either(metric, yes, no) => Some(if value(metric)? != 0.0 { yes } else { no }.to_string()),
    }
}

/// "6.1 of 24 GiB": the unit is said once where both have the same.
pub fn share(metric: Metric, used: f64, total: Option<f64>) -> String {
    let used_text = format::value(metric, used);
    let Some(total) = total else { return used_text };
    let total_text = format::value(metric, total);
    match (used_text.rsplit_once([' ', '\u{a0}', '\u{202f}']), total_text.rsplit_once([' ', '\u{a0}', '\u{202f}'])) {
        (Some((number, unit)), Some((_, other))) if unit == other => {
            say!("{part} of {whole}", part = number, whole = total_text)
        }
        _ => say!("{part} of {whole}", part = used_text, whole = total_text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_read_is_left_out() {
        #[track_caller]
        fn check(kind: SourceKind, values: &[(Metric, f64)], expected: &[&str]) {
            let found = main_values(kind, |metric| values.iter().find(|(other, _)| *other == metric).map(|(_, v)| *v));
            let expected: Vec<String> = expected.iter().map(|text| text.to_string()).collect();
            assert_eq!(found, expected);
        }
        let percent = format::value(Metric::CpuUtilization, 12.0);
        let degrees = format::value(Metric::CpuTemperature, 54.0);
        check(SourceKind::Cpu, &[(Metric::CpuTemperature, 54.0)], &[&degrees]);
        check(
            SourceKind::Cpu,
            &[(Metric::CpuTemperature, 54.0), (Metric::CpuUtilization, 12.0)],
            &[&percent, &degrees],
        );
        check(SourceKind::Gpu, &[(Metric::GpuThrottle, 0.0)], &[]);
        check(SourceKind::Gpu, &[(Metric::GpuThrottle, 3.0)], &["held back by power limit, heat"]);
        let memory = |own, shared, lanes| {
            [(Metric::GpuMemoryUsed, own), (Metric::GpuMemoryShared, shared), (Metric::GpuPcieWidth, lanes)]
        };
        let text = |shared| format!("shared {}", format::value(Metric::GpuMemoryShared, shared));
        let own = format::value(Metric::GpuMemoryUsed, 5e8);
        check(SourceKind::Gpu, &memory(5e8, 7e8, 16.0), &[&own, &text(7e8)]);
        check(SourceKind::Gpu, &memory(5e8, 1e8, 16.0), &[&own]);
        check(SourceKind::Gpu, &memory(5e8, 1e8, 16.0)[..2], &[&own, &text(1e8)]);
        check(SourceKind::Mains, &[(Metric::PowerOnline, 0.0)], &["not connected"]);
        check(SourceKind::Memory, &[(Metric::SwapUsed, 0.0), (Metric::SwapTotal, 0.0)], &[]);
        check(SourceKind::Channel, &[(Metric::CpuTemperature, 54.0)], &[&degrees]);
        check(SourceKind::Network, &[], &[]);
    }

    #[test]
    fn a_unit_is_said_once() {
        const GIB: f64 = (1 << 30) as f64;
        let found = share(Metric::MemoryUsed, 6.0 * GIB, Some(24.0 * GIB));
        assert_eq!(found.matches("GiB").count(), 1, "{found}");
        let found = share(Metric::MemoryUsed, 0.5 * GIB, Some(24.0 * GIB));
        assert!(found.contains("MiB") && found.contains("GiB"), "{found}");
    }
}
