//! Values with units as text for people: the only place in Rust that does it. `ui/` has a TypeScript twin; the cases in
//! `format.json`, and in `format.de.json` for German, are plain data so that both can be held to them.
//!
//! Deliberately not here: moments (time zones belong to the faces) and names from outside (`untrusted`).

use std::time::Duration;

use crate::language::{self, Language};
use crate::metrics::{Metric, Unit};
use crate::say;

/// The bits of `gpu.throttle` by name, from the lowest on.
fn throttles() -> [&'static str; 5] {
    [say!("power limit"), say!("heat"), say!("current limit"), say!("signal from the board"), say!("other limit")]
}

/// A value of a metric, with its unit: `64 °C`, `1.2 GiB`, `38 %`.
pub fn value(metric: Metric, value: f64) -> String {
    if metric == Metric::GpuThrottle && value.is_finite() {
        return throttle(value);
    }
    quantity(value, metric.definition().unit)
}

/// A number with a unit. The unit is scaled to a prefix that a person can read.
pub fn quantity(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        // Such a value is never stored; a face that computes one (a mean of nothing) must not show "NaN".
        return "–".to_owned();
    }
    match unit {
        Unit::Percent => format!("{} %", short(value)),
        Unit::Celsius => format!("{} °C", fixed(value, 0)),
        Unit::Watt => scaled(value, 1000.0, &[" W", " kW", " MW"], Base::Short),
        // Nobody pays for joules.
        Unit::Joule => scaled(value / 3600.0, 1000.0, &[" Wh", " kWh", " MWh"], Base::Short),
        Unit::Byte => scaled(value, 1024.0, &[" B", " KiB", " MiB", " GiB", " TiB", " PiB"], Base::Whole),
        Unit::BytePerSecond => scaled(value, 1000.0, &[" B/s", " kB/s", " MB/s", " GB/s", " TB/s"], Base::Whole),
        Unit::PerSecond => scaled(value, 1000.0, &["/s", " k/s", " M/s"], Base::Short),
        Unit::Hertz => scaled(value, 1000.0, &[" Hz", " kHz", " MHz", " GHz", " THz"], Base::Whole),
        Unit::Second => seconds(value),
        Unit::Rpm => format!("{} RPM", fixed(value, 0)),
        Unit::Volt => format!("{} V", fixed(value, if value.abs() < 9.995 { 2 } else { 1 })),
        Unit::Number => short(value),
    }
}

/// A stretch of time: `45 s`, `2 min`, `1 h 12 min`, `3 d 4 h`. Cut, not rounded: what has not passed is not claimed.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let pair = |big: u64, big_unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{big} {big_unit}"),
        small => format!("{big} {big_unit} {small} {small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds} s"),
        60..600 => pair(minutes, "min", seconds % 60, "s"),
        600..3600 => format!("{minutes} min"),
        3600..86_400 => pair(hours, "h", minutes, "min"),
        _ => pair(days, "d", hours, "h"),
    }
}

/// Seconds that were computed, as a stretch of time. However large a number is, there are words for it.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "–".to_owned();
    }
    duration(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)))
}

/// Seconds that no clock counts; more are not told apart.
const LONGEST: f64 = 1e12;

/// What holds a GPU back: `power limit, heat`, or `nothing`. A bit that is not known yet is a limit, too.
pub fn throttle(bits: f64) -> String {
    let (bits, all) = (bits as u64, throttles());
    let last = all.len() - 1;
    let is_set = |bit: &usize| bits & 1 << bit != 0 || *bit == last && bits >> last != 0;
    let names: Vec<&str> = (0..all.len()).filter(is_set).map(|bit| all[bit]).collect();
    if names.is_empty() { say!("nothing").to_owned() } else { names.join(", ") }
}

/// Energy as an estimate: `about 12 Wh`. What a GPU says of its power is some percent off, so no more than two figures.
pub fn about_energy(joules: f64) -> String {
    // What would be shown as 1000 Wh is 1 kWh.
    match joules / 3600.0 {
        hours if hours < 995.0 => about(hours, "Wh"),
        hours if hours < 995_000.0 => about(hours / 1000.0, "kWh"),
        hours => about(hours / 1e6, "MWh"),
    }
}

/// Money as an estimate: `about 0.42 EUR`.
pub fn about_money(amount: f64, currency: &str) -> String {
    about(amount, currency)
}

fn about(value: f64, unit: &str) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let (mut figures, mut power) = (value.abs(), 0_usize);
    match figures {
        0.0 => return format!("0 {unit}"),
        size if size < 0.01 => return say!("less than {amount}", amount = format!("{} {unit}", fixed(0.01, 2))),
        _ => {}
    }
    let mut decimals = 0;
    while figures >= 99.5 {
        figures /= 10.0;
        power += 1;
    }
    while figures < 9.95 && decimals < 3 {
        figures *= 10.0;
        decimals += 1;
    }
    let whole = figures.round();
    let number = match decimals {
        0 => format!("{whole}{}", "0".repeat(power)),
        decimals => fixed(whole / 10_f64.powi(decimals), decimals as usize),
    };
    say!("about {amount}", amount = format!("{number} {unit}"))
}

/// How a number without a prefix is shown.
#[derive(Clone, Copy)]
enum Base {
    /// Half a byte does not exist.
    Whole,
    /// As by [`short`].
    Short,
}

fn seconds(value: f64) -> String {
    match value.abs() {
        0.0 => "0 s".to_owned(),
        size if size >= 59.95 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", span(size.round()))
        }
        _ => scaled(value * 1e6, 1000.0, &[" µs", " ms", " s"], Base::Short),
    }
}

/// Two or three digits that matter: `0.04`, `7.3`, `38`, `1234`.
fn short(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 0.995 => 2,
        size if size < 9.95 => 1,
        _ => 0,
    };
    fixed(value, decimals)
}

fn scaled(value: f64, step: f64, units: &[&str], base: Base) -> String {
    let mut value = value;
    let mut at = 0;
    // Half a unit in the last shown place counts, or 1023.6 KiB would be shown as "1024 KiB".
    while value.abs() >= step - 0.5 && at + 1 < units.len() {
        value /= step;
        at += 1;
    }
    let number = match base {
        Base::Whole if at == 0 => fixed(value, 0),
        Base::Short if at == 0 => short(value),
        _ => fixed(value, usize::from(value.abs() < 99.95)),
    };
    format!("{number}{}", units[at])
}

/// A fixed number of decimals, without zeros at the end and without a negative zero.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    match (text, language::current()) {
        ("-0", _) => "0".to_owned(),
        (text, Language::English) => text.to_owned(),
        (text, Language::German) => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Kind;

    #[derive(serde::Deserialize)]
    struct Cases {
        quantities: Vec<(f64, String, String)>,
        durations: Vec<(u64, String)>,
        energies: Vec<(f64, String)>,
        money: Vec<(f64, String, String)>,
        throttles: Vec<(u64, String)>,
    }

    fn cases() -> Cases {
        serde_json::from_str(include_str!("format.json")).unwrap()
    }

    /// In each language its own cases.
    fn each(check: impl Fn(Cases)) {
        check(cases());
        let german: Cases = serde_json::from_str(include_str!("format.de.json")).unwrap();
        assert_eq!(german.quantities.len(), cases().quantities.len(), "the same values in every language");
        language::within(Language::German, || check(german));
    }

    #[test]
    fn each_bit_of_what_holds_a_gpu_back_has_its_own_name() {
        use crate::model::throttle::{CURRENT, HEAT, OTHER, POWER, SIGNAL};
        let named = [(POWER, "power"), (HEAT, "heat"), (CURRENT, "current"), (SIGNAL, "signal"), (OTHER, "other")];
        for (bit, word) in named {
            let name = throttle(bit as f64);
            assert!(name.contains(word) && !name.contains(','), "{name}");
        }
    }

    #[test]
    fn quantities_read_as_people_write_them() {
        each(|cases| {
            for (value, symbol, text) in cases.quantities {
                let shown =
                    |line: &&crate::metrics::Definition| line.unit.symbol() == symbol && line.kind != Kind::Flags;
                let line = crate::metrics::TABLE.iter().find(shown).unwrap();
                assert_eq!(super::value(line.metric, value), text, "{value} {symbol}");
            }
        });
    }

    #[test]
    fn durations_read_as_people_write_them() {
        each(|cases| {
            for (seconds, text) in cases.durations {
                assert_eq!(duration(Duration::from_secs(seconds)), text, "{seconds} s");
            }
        });
    }

    #[test]
    fn estimates_have_two_figures() {
        each(|cases| {
            for (joules, text) in cases.energies {
                assert_eq!(about_energy(joules), text, "{joules} J");
            }
            for (amount, currency, text) in cases.money {
                assert_eq!(about_money(amount, &currency), text, "{amount}");
            }
        });
    }

    #[test]
    fn throttle_reasons_have_names() {
        each(|cases| {
            for (bits, text) in cases.throttles {
                assert_eq!(super::value(Metric::GpuThrottle, bits as f64), text, "{bits}");
            }
        });
    }

    #[test]
    fn every_unit_has_a_case_and_nothing_ever_reads_as_not_a_number() {
        let cases = cases();
        for line in crate::metrics::TABLE {
            let symbol = line.unit.symbol();
            assert!(cases.quantities.iter().any(|(_, other, _)| other == symbol), "no case for {symbol:?}");
            for value in [f64::NAN, f64::INFINITY] {
                assert_eq!(super::value(line.metric, value), "–");
            }
        }
    }
}
