//! Reads single files of a card, and keeps what was wrong with them.
//!
//! Deliberately not here: which files there are.

use std::io::ErrorKind;
use std::ops::RangeInclusive;

use crate::model::Health;
use crate::say;
use crate::sensors::input::{Buffer, Input};
use crate::sensors::names::escaped;
use crate::sensors::parse::{celsius, integer};

/// What registers hold, and drivers print, for a reading that the hardware does not have.
const MARKERS: [i64; 5] = [-1, 0xffff, 0xffff_ffff, i64::MAX, i64::MIN];

/// The reading of one card in one sample.
pub(super) struct Look<'a> {
    pub buffer: &'a mut Buffer,
    /// The first thing that was wrong, as a clause for a person, and the health that it means if nothing else was read.
    pub trouble: Option<(Health, String)>,
    /// A file that was there is no more: the driver was loaded anew, or the card left.
    pub gone: bool,
}

impl<'a> Look<'a> {
    pub(super) fn new(buffer: &'a mut Buffer) -> Look<'a> {
        Look { buffer, trouble: None, gone: false }
    }

    /// A whole number in this range; anything else is absent, and only what no hardware means is trouble.
    pub(super) fn integer(&mut self, input: &mut Input, range: RangeInclusive<i64>) -> Option<i64> {
        let text = self.text(input)?;
        match integer(&text) {
            Some(value) if range.contains(&value) => Some(value),
            Some(value) if MARKERS.contains(&value) => None,
            _ => self.refuse(input, &text),
        }
    }

    /// Degrees, from thousandths.
    pub(super) fn celsius(&mut self, input: &mut Input) -> Option<f64> {
        let text = self.text(input)?;
        if integer(&text).is_some_and(|value| MARKERS.contains(&value)) {
            return None;
        }
        celsius(&text).or_else(|| self.refuse(input, &text))
    }

    fn text(&mut self, input: &mut Input) -> Option<Vec<u8>> {
        match input.read_at_once(self.buffer) {
            Ok(text) => Some(text.trim_ascii().to_vec()),
            Err(error) => {
                let health = match error.kind() {
                    ErrorKind::PermissionDenied => Health::Denied,
                    ErrorKind::NotFound => Health::Lost,
                    _ => Health::Unsupported,
                };
                self.gone |= matches!(error.raw_os_error(), Some(2 | 19));
                let told = (health, say!("{file} cannot be read: {error}", file = name(input), error));
                self.trouble.get_or_insert(told);
                None
            }
        }
    }

    fn refuse<T>(&mut self, input: &Input, text: &[u8]) -> Option<T> {
        let told = say!("{file} reads \"{text}\", which no GPU has", file = name(input), text = escaped(text));
        self.trouble.get_or_insert((Health::Unsupported, told));
        None
    }
}

fn name(input: &Input) -> String {
    let name = input.path().file_name().unwrap_or_default();
    escaped(name.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_honest_values_are_values_and_only_nonsense_is_trouble() {
        #[track_caller]
        fn check(text: Option<&str>, number: Option<i64>, degrees: Option<f64>, trouble: Option<Health>) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("temp1_input");
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let mut buffer = Buffer::default();
            let mut look = Look::new(&mut buffer);
            assert_eq!(look.integer(&mut Input::reopened(&path), 0..=100_000), number);
            assert_eq!(look.trouble.as_ref().map(|(health, _)| *health), trouble);
            assert_eq!(look.gone, text.is_none());
            look.trouble = None;
            assert_eq!(look.celsius(&mut Input::reopened(&path)), degrees);
            assert_eq!(look.trouble.map(|(health, _)| health), trouble);
        }
        check(Some("55000\n"), Some(55_000), Some(55.0), None);
        check(Some("-1\n"), None, None, None);
        check(Some("65535"), Some(65_535), None, None);
        check(Some("9223372036854775807\n"), None, None, None);
        check(Some("655000\n"), None, None, Some(Health::Unsupported));
        check(Some("<b>55</b>\n\u{1b}[2J"), None, None, Some(Health::Unsupported));
        check(Some("N/A\n"), None, None, Some(Health::Unsupported));
        check(Some(""), None, None, Some(Health::Unsupported));
        check(None, None, None, Some(Health::Lost));
    }
}
