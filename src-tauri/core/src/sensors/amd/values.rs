//! What the single files of a card say, in base units.
//!
//! Pure. A marker of a register that is not there, and what no card can have, is no value. Deliberately not here:
//! reading, and `gpu_metrics`.

use crate::sensors::parse::{celsius, content, decimal, integer, lines, number, words};

/// How the text of a file becomes a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Parse {
    /// 0–100.
    Percent,
    /// Bytes in use.
    Bytes,
    /// Bytes that there are.
    Size,
    /// Thousandths of a degree.
    Celsius,
    /// Millionths of a watt.
    Power,
    /// The same, as a limit.
    PowerLimit,
    /// Turns a minute.
    Rpm,
    /// The duty of a fan, of this many steps.
    Duty(f64),
    /// Hertz.
    Hertz,
    /// The clock of the level in use, of a list of levels.
    Level,
    /// The PCIe generation of the link state in use.
    LinkGeneration,
    /// The lanes of the link state in use.
    LinkWidth,
}

impl Parse {
    /// The value in the metric's unit.
    pub(super) fn value(self, text: &[u8]) -> Option<f64> {
        let text = content(text);
        let up_to = |most: u64| number(text).filter(|value| *value <= most).map(|value| value as f64);
        match self {
            Parse::Percent => up_to(100),
            Parse::Bytes => up_to(MOST_BYTES),
            Parse::Size => up_to(MOST_BYTES).filter(|bytes| *bytes > 0.0),
            Parse::Celsius => celsius(text),
            Parse::Power => up_to(MOST_WATTS * 1_000_000).map(|value| value / 1e6),
            // A card of no watts at all: the driver does not know the limit.
            Parse::PowerLimit => Parse::Power.value(text).filter(|watts| *watts > 0.0),
            Parse::Rpm => up_to(MOST_RPM).map(turning),
            Parse::Duty(full) => up_to(full as u64).map(|steps| steps / full * 100.0),
            Parse::Hertz => up_to(MOST_HERTZ),
            Parse::Level => in_use(text, |level| {
                let digits = level.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (megahertz, unit) = level.split_at(digits);
                let clock = number(megahertz)?.checked_mul(1_000_000).filter(|hertz| *hertz <= MOST_HERTZ)?;
                unit.trim_ascii_start().to_ascii_lowercase().starts_with(b"mhz").then_some(clock as f64)
            }),
            Parse::LinkGeneration => in_use(text, |level| {
                let speed = words(level).find_map(|word| word.strip_suffix(b"GT/s,").or(word.strip_suffix(b"GT/s")))?;
                generation(decimal(speed)?)
            }),
            Parse::LinkWidth => in_use(text, |level| {
                let lanes = words(level).find_map(|word| word.strip_prefix(b"x"))?;
                width(number(lanes.strip_suffix(b",").unwrap_or(lanes))?)
            }),
        }
    }
}

/// What registers hold, and drivers print, for a reading that the hardware does not have.
const MARKERS: [i64; 5] = [-1, 0xffff, 0xffff_ffff, i64::MAX, i64::MIN];

impl Parse {
    /// Whether a text that is no value is one that no driver writes: neither a marker, nor a zero or an empty file where
    /// the chip has no such thing, nor a list without a level in use.
    pub(super) fn is_odd(self, text: &[u8]) -> bool {
        let text = content(text);
        let list = matches!(self, Parse::Level | Parse::LinkGeneration | Parse::LinkWidth);
        let absent = text.is_empty() || text == b"N/A" || text == b"0";
        let marker = integer(text).is_some_and(|value| {
            // The driver may have brought them to the file's unit. Absolute zero is a marker, too.
            let scaled = |scale| value % scale == 0 && MARKERS.contains(&(value / scale));
            [1, 1000, 1_000_000].into_iter().any(scaled) || self == Parse::Celsius && value == -273_150
        });
        !(list || absent || marker)
    }
}

/// No card has 64 TiB, 5 kW, 30,000 turns a minute or 20 GHz.
const MOST_BYTES: u64 = 1 << 46;
pub(super) const MOST_WATTS: u64 = 5_000;
pub(super) const MOST_RPM: u64 = 30_000;
const MOST_HERTZ: u64 = 20_000_000_000;

/// No fan turns slower, and what counts its turns sees some where there are none: captured cards whose fans stood still
/// told of 5 (Vega 56) and 29 (RX 5700 XT) a minute.
const LEAST_RPM: f64 = 60.0;

/// The turns a minute of a fan that tells this many.
pub(super) fn turning(rpm: f64) -> f64 {
    if rpm < LEAST_RPM { 0.0 } else { rpm }
}

/// What `read` makes of the lines that end in a star, which marks the level in use: `1: 875Mhz *`. A link has several
/// marked lines where its states differ only in what is not shown; where they differ in what is asked for, there is no
/// answer.
fn in_use(text: &[u8], read: impl Fn(&[u8]) -> Option<f64>) -> Option<f64> {
    let marked = lines(text).filter_map(|line| line.trim_ascii().strip_suffix(b"*"));
    let mut found = marked.map(|line| {
        let at = line.iter().position(|byte| *byte == b':')?;
        read(line[at + 1..].trim_ascii())
    });
    let first = found.next()??;
    found.all(|other| other == Some(first)).then_some(first)
}

/// The PCIe generation of a transfer rate in GT/s.
pub(super) fn generation(rate: f64) -> Option<f64> {
    let rates = [2.5, 5.0, 8.0, 16.0, 32.0, 64.0];
    rates.iter().position(|known| *known == rate).map(|at| (at + 1) as f64)
}

/// The lanes of a link, if links of so many exist.
pub(super) fn width(lanes: u64) -> Option<f64> {
    matches!(lanes, 1 | 2 | 4 | 8 | 12 | 16 | 32).then_some(lanes as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: &[Parse] = &[
        Parse::Percent,
        Parse::Bytes,
        Parse::Size,
        Parse::Celsius,
        Parse::Power,
        Parse::PowerLimit,
        Parse::Rpm,
        Parse::Duty(255.0),
        Parse::Hertz,
        Parse::Level,
        Parse::LinkGeneration,
        Parse::LinkWidth,
    ];

    proptest! {
        #[test]
        fn no_text_gives_a_value_that_no_card_has(
            pieces in proptest::collection::vec(
                prop_oneof!["[0-9]{1,20}", "[-:*x,. \n\0]{1,2}", "(Mhz|GT/s|GT/s,|%)( ?\\*)?", "\\PC{0,3}"], 0..12),
        ) {
            let text = pieces.concat();
            for parse in ALL {
                if let Some(value) = parse.value(text.as_bytes()) {
                    prop_assert!((-100.0..=MOST_BYTES as f64).contains(&value), "{parse:?} {text:?} {value}");
                }
            }
        }

        #[test]
        fn random_bytes_do_no_harm(text: Vec<u8>) {
            prop_assert!(ALL.iter().filter_map(|parse| parse.value(&text)).all(f64::is_finite));
        }
    }

    #[track_caller]
    fn check(parse: Parse, text: &str, expected: Option<f64>) {
        assert_eq!(parse.value(text.as_bytes()), expected, "{parse:?} {text:?}");
    }

    #[test]
    fn plain_files() {
        check(Parse::Percent, "3\n", Some(3.0));
        check(Parse::Percent, "3\n\0\0\0\0", Some(3.0));
        check(Parse::Percent, "100", Some(100.0));
        ["655", "101", "-1", "65535", "N/A", "", "3 %", "0x3", "\0"]
            .iter()
            .for_each(|text| check(Parse::Percent, text, None));
        check(Parse::Bytes, "17163091968\n", Some(17_163_091_968.0));
        check(Parse::Bytes, "0\n", Some(0.0));
        check(Parse::Bytes, "18446744073709551615\n", None);
        check(Parse::Size, "0\n", None);
        check(Parse::Celsius, "56000\n", Some(56.0));
        check(Parse::Celsius, "-273150\n", None);
        check(Parse::Power, "36000000\n", Some(36.0));
        check(Parse::Power, "0\n", Some(0.0));
        check(Parse::Power, "4294967295000\n", None);
        check(Parse::PowerLimit, "0\n", None);
        check(Parse::PowerLimit, "289000000\n", Some(289.0));
        check(Parse::Rpm, "1395\n", Some(1395.0));
        check(Parse::Rpm, "65535\n", None);
        ["0", "5", "29"].iter().for_each(|stopped| check(Parse::Rpm, stopped, Some(0.0)));
        check(Parse::Rpm, "595\n", Some(595.0));
        check(Parse::Duty(255.0), "51\n", Some(20.0));
        check(Parse::Duty(255.0), "256\n", None);
        check(Parse::Hertz, "798080000\n", Some(798_080_000.0));
        check(Parse::Hertz, "4294967295000000\n", None);
    }

    #[test]
    fn only_what_no_driver_writes_is_odd() {
        for (parse, text, odd) in [
            (Parse::Percent, "655\n", true),
            (Parse::Bytes, "18446744073709551615\n", true),
            (Parse::Celsius, "655350\n", true),
            (Parse::Power, "-5\n", true),
            (Parse::Rpm, "3e4", true),
            (Parse::Percent, "65535\n", false),
            (Parse::Power, "-1\n", false),
            (Parse::Power, "4294967295\n", false),
            (Parse::Power, "4294967295000\n", false),
            (Parse::Celsius, "65535000\n", false),
            (Parse::Hertz, "N/A\n", false),
            (Parse::Rpm, "\n", false),
            (Parse::Size, "0\n", false),
            (Parse::Celsius, "-273150\n", false),
            (Parse::Level, "0: 500Mhz\n", false),
        ] {
            assert_eq!(parse.is_odd(text.as_bytes()), odd, "{parse:?} {text:?}");
        }
    }

    #[test]
    fn the_marked_level_counts() {
        check(Parse::Level, "0: 100Mhz \n1: 500Mhz \n2: 875Mhz *\n", Some(875e6));
        check(Parse::Level, "0: 500Mhz\n1: 31Mhz *\n2: 2219Mhz", Some(31e6));
        check(Parse::Level, "0: 400Mhz*\n", Some(400e6));
        check(Parse::Level, "S: 19Mhz *\n0: 615Mhz \n", Some(19e6));
        check(Parse::Level, "0: 687Mhz \n2: 687Mhz *\n3: 687Mhz *\n", Some(687e6));
        check(Parse::Level, "0: 1 MHz *\n", Some(1e6));
        [
            "0: 600Mhz *\n1: 687Mhz *",
            "0: 300Mhz \n",
            "",
            "*",
            "0: *",
            "0: Mhz *",
            "0: 99999999Mhz *",
            "400Mhz *",
            "0: 4Ghz *",
        ]
        .iter()
        .for_each(|text| check(Parse::Level, text, None));
    }

    #[test]
    fn a_link_has_a_generation_and_a_width() {
        #[track_caller]
        fn both(text: &str, expected: Option<(f64, f64)>) {
            check(Parse::LinkGeneration, text, expected.map(|(generation, _)| generation));
            check(Parse::LinkWidth, text, expected.map(|(_, width)| width));
        }
        both("0: 2.5GT/s, x16 619Mhz \n1: 8.0GT/s, x16 619Mhz *\n", Some((3.0, 16.0)));
        both("0: 2.5GT/s, x8 \n1: 8.0GT/s, x16 *\n", Some((3.0, 16.0)));
        both("0: 16.0GT/s, x8 78Mhz *\n1: 16.0GT/s, x8 156Mhz *\n", Some((4.0, 8.0)));
        both("0: 5.0GT/s, x1 *", Some((2.0, 1.0)));
        both("0: 9.0GT/s, x3 *", None);
        both("0: 2.5GT/s, x8 *\n1: 8.0GT/s, x16 *\n", None);
        both("0: 2.5GT/s, x8 \n", None);
        both("1: x\u{e9}*", None);
    }
}
