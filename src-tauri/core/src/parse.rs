//! Words and numbers in the bytes that the kernel prints.
//!
//! Everything here takes bytes and answers `None` for what is no honest number: text from a captured machine, or a
//! name that a stranger chose, may be anything. Deliberately not here: reading.

use std::time::Duration;

/// The lines of a text.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
}

/// The words of a line.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// What a file of sysfs holds, without the white space around it and the zeros that fill some captures up to a page.
pub(crate) fn content(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii()
}

/// A word of digits; `None` for a sign, a fraction, or more than 64 bits.
pub(crate) fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u64, |sum, byte| match byte {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

/// A whole number with an optional minus, and white space around it: the content of most files of sysfs.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let text = text.trim_ascii();
    match text.strip_prefix(b"-") {
        Some(digits) => 0_i64.checked_sub_unsigned(number(digits)?),
        None => number(text)?.try_into().ok(),
    }
}

/// A plain decimal number such as `0.05`.
pub(crate) fn decimal(word: &[u8]) -> Option<f64> {
    // The standard parser would take "inf", "nan" and "1e300" too.
    if !word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

/// The number after `key` in lines such as `MemTotal:   24684084 kB`.
pub(crate) fn value_of(line: &[u8], key: &str) -> Option<u64> {
    let rest = line.strip_prefix(key.as_bytes())?.trim_ascii_start().strip_prefix(b":")?;
    number(words(rest).next()?)
}

/// Seconds from one sample to the next; `None` where no time passed.
pub(crate) fn seconds(before: Duration, now: Duration) -> Option<f64> {
    now.checked_sub(before).filter(|passed| !passed.is_zero()).map(|passed| passed.as_secs_f64())
}

/// How fast a counter grew. `None` where it went back: it wrapped, or its device was made anew.
pub(crate) fn rate(before: u64, after: u64, seconds: f64) -> Option<f64> {
    Some(after.checked_sub(before)? as f64 / seconds)
}

/// A reading in thousandths of a degree; `None` for the markers of a sensor that is not there.
pub(crate) fn celsius(text: &[u8]) -> Option<f64> {
    // −128 °C, 127 °C and 0xffff are what 8- and 16-bit registers hold when nothing is connected.
    let milli = integer(text).filter(|milli| (-100_000..127_000).contains(milli) && *milli != 65_535)?;
    Some(milli as f64 / 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_honest_numbers_are_numbers() {
        #[track_caller]
        fn check(text: &str, unsigned: Option<u64>, signed: Option<i64>, fraction: Option<f64>) {
            assert_eq!(number(text.as_bytes()), unsigned);
            assert_eq!(integer(text.as_bytes()), signed);
            assert_eq!(decimal(text.as_bytes()), fraction);
        }
        check("0", Some(0), Some(0), Some(0.0));
        check("42", Some(42), Some(42), Some(42.0));
        check("-128000", None, Some(-128_000), None);
        check(" 38850\n", None, Some(38_850), None);
        check("0.05", None, None, Some(0.05));
        check("18446744073709551615", Some(u64::MAX), None, Some(18_446_744_073_709_551_615.0));
        check("18446744073709551616", None, None, Some(18_446_744_073_709_551_616.0));
        check("-9223372036854775808", None, Some(i64::MIN), None);
        for text in ["", "-", ".", "+1", "1e3", "inf", "NaN", "0x10", "1_000", "٣", "1 2", "--1", "1.2.3"] {
            check(text, None, None, None);
        }
    }

    #[test]
    fn a_counter_that_went_back_has_no_rate() {
        assert_eq!(rate(10, 30, 2.0), Some(10.0));
        assert_eq!(rate(30, 30, 2.0), Some(0.0));
        assert_eq!(rate(30, 10, 2.0), None);
        assert_eq!(seconds(Duration::from_secs(2), Duration::from_secs(5)), Some(3.0));
        assert_eq!(seconds(Duration::from_secs(5), Duration::from_secs(5)), None);
        assert_eq!(seconds(Duration::from_secs(5), Duration::from_secs(2)), None);
    }

    #[test]
    fn a_key_is_matched_whole() {
        assert_eq!(value_of(b"Cached:   1698988 kB", "Cached"), Some(1_698_988));
        assert_eq!(value_of(b"read_bytes: 5", "read_bytes"), Some(5));
        assert_eq!(value_of(b"SwapCached: 1 kB", "Cached"), None);
        assert_eq!(value_of(b"CachedX: 1 kB", "Cached"), None);
        assert_eq!(value_of(b"Cached: -1 kB", "Cached"), None);
        assert_eq!(value_of(b"Cached:", "Cached"), None);
    }

    #[test]
    fn markers_of_missing_sensors_are_no_temperatures() {
        #[track_caller]
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(celsius(text.as_bytes()), expected);
        }
        check("38850\n", Some(38.85));
        check("-5000\n", Some(-5.0));
        check("0\n", Some(0.0));
        check("126500", Some(126.5));
        ["-128000", "127000", "127500", "65535", "65535000", "-273150", "", "x", "1e3", "99999999999999999999"]
            .iter()
            .for_each(|text| check(text, None));
    }
}
