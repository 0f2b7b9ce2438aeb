//! Columns of scaled integers ↔ the compressed body of a chunk or of a day of minutes.
//!
//! A body is a zlib stream of a JSON array with one string a column. A column's string holds one token a slot, without
//! separators: `A`–`Z` are 0 to 25, `b`–`z` are −1 to −25, and `a` is an empty slot. Any other number is written in
//! decimal, with signs for what would otherwise cost a character of its own: [`LAST`] ends a number with a digit,
//! [`ZEROS`] with several zeros, and [`MINUS`] begins a negative one. A column's *mode* says whether its numbers are the values (`=`) or the differences
//! from the last value before (`+`), whichever came out smaller.
//!
//! Why this and not something cleverer: most neighbouring samples differ by very little, so a sample is one letter and
//! deflate's Huffman stage spends 3–5 bits on it, where plain JSON pays for a comma at each one. And a stock `sqlite3`
//! still reads it: `sqlar_uncompress`, a chain of `replace` that turns letters back into JSON numbers, `json_each` and
//! a window `sum` (see `view`). Deliberately not here: what the columns mean.

use libdeflater::{CompressionLvl, Compressor, Decompressor};

/// The mode of a column that holds values.
pub const VALUES: char = '=';
/// The mode of a column that holds differences.
pub const DIFFERENCES: char = '+';

/// The largest magnitude that has a letter of its own.
pub const LETTERS: i64 = 25;
const LEAST: i64 = -LETTERS;
/// The last digit of a longer number, 0 to 9.
pub const LAST: &[u8; 10] = b"!#$%&()*+.";
/// The first digit of a negative longer number, 1 to 9.
pub const MINUS: &[u8; 9] = b"/:;<>?@[]";
/// The end of a number in 2 to 6 zeros: rates keep three digits, so theirs mostly end so.
pub const ZEROS: &[u8; 5] = b"^_{|}";
/// The letter of an empty slot.
pub const EMPTY: u8 = b'a';

/// No body is longer than this uncompressed; a damaged length must not make us allocate without bound. A pack of a
/// thousand series with twenty digits a sample stays below.
const RAW_LIMIT: usize = 128 << 20;

/// How much work compression may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// For bodies that will be written again soon.
    Quick,
    /// For bodies that will stay: takes several times as long and saves some per cent.
    Thorough,
}

impl Effort {
    fn level(self) -> CompressionLvl {
        match self {
            Effort::Quick => CompressionLvl::default(),
            Effort::Thorough => CompressionLvl::best(),
        }
    }
}

/// An encoded set of columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// One character a column: [`VALUES`] or [`DIFFERENCES`].
    pub modes: String,
    /// Length of the uncompressed JSON; equal to `body.len()` where compression would not have helped.
    pub raw_len: usize,
    /// zlib stream, or the JSON itself.
    pub body: Vec<u8>,
}

/// Why a body cannot be decoded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the body of a stored block is damaged: {0}")]
pub struct CodecError(&'static str);

/// Encodes columns, in order.
pub fn encode(columns: &[Vec<Option<i64>>], effort: Effort) -> Encoded {
    let mut judge = Compressor::new(CompressionLvl::default());
    let mut modes = String::with_capacity(columns.len());
    let mut raw = String::from("[");
    for column in columns {
        let values = tokens(column.iter().copied());
        let mut last = 0;
        let differences = tokens(column.iter().map(|slot| {
            let value = (*slot)?;
            // Wrapping, so that decoding is exact for every pair of integers.
            let difference = value.wrapping_sub(last);
            last = value;
            Some(difference)
        }));
        let (mode, text) = if deflated_len(&mut judge, &differences) < deflated_len(&mut judge, &values) {
            (DIFFERENCES, differences)
        } else {
            (VALUES, values)
        };
        if !modes.is_empty() {
            raw.push(',');
        }
        modes.push(mode);
        raw.push('"');
        raw.push_str(&text);
        raw.push('"');
    }
    raw.push(']');
    let raw = raw.into_bytes();
    let mut compressor = Compressor::new(effort.level());
    let mut body = vec![0; compressor.zlib_compress_bound(raw.len())];
    let body = match compressor.zlib_compress(&raw, &mut body) {
        Ok(len) if len < raw.len() => {
            body.truncate(len);
            body.shrink_to_fit();
            body
        }
        // `sqlar_uncompress` returns a body of exactly `raw_len` bytes as it is.
        _ => raw.clone(),
    };
    Encoded { modes, raw_len: raw.len(), body }
}

fn deflated_len(judge: &mut Compressor, text: &str) -> usize {
    let mut out = vec![0; judge.deflate_compress_bound(text.len())];
    judge.deflate_compress(text.as_bytes(), &mut out).unwrap_or(usize::MAX)
}

fn tokens(slots: impl Iterator<Item = Option<i64>>) -> String {
    let mut text = String::new();
    for slot in slots {
        match slot {
            None => text.push(char::from(EMPTY)),
            Some(n @ 0..=LETTERS) => text.push(char::from(b'A' + n as u8)),
            Some(n @ LEAST..=-1) => text.push(char::from(b'a' + (-n) as u8)),
            Some(n) => push_longer(&mut text, n),
        }
    }
    text
}

/// A number of at least two digits.
fn push_longer(text: &mut String, n: i64) {
    let digits = n.unsigned_abs().to_string();
    let zeros = digits.bytes().rev().take_while(|digit| *digit == b'0').count().min(ZEROS.len() + 1);
    let (front, end) = if zeros >= 2 {
        (&digits[..digits.len() - zeros], ZEROS[zeros - 2])
    } else {
        let (front, last) = digits.split_at(digits.len() - 1);
        (front, LAST[usize::from(last.as_bytes()[0] - b'0')])
    };
    match front.bytes().next() {
        Some(first) if n < 0 => {
            text.push(char::from(MINUS[usize::from(first - b'1')]));
            text.push_str(&front[1..]);
        }
        _ => text.push_str(front),
    }
    text.push(char::from(end));
}

/// A number of several characters that is being read.
#[derive(Clone, Copy, Default)]
struct Longer {
    magnitude: u64,
    negative: bool,
}

impl Longer {
    /// Takes one more character; the number, where it was the last.
    fn take(&mut self, byte: u8) -> Result<Option<i64>, CodecError> {
        let at = |signs: &[u8]| signs.iter().position(|sign| *sign == byte).map(|at| at as u64);
        let (digit, power, ends) = if byte.is_ascii_digit() {
            (u64::from(byte - b'0'), 1, false)
        } else if let Some(digit) = at(LAST) {
            (digit, 1, true)
        } else if let Some(zeros) = at(ZEROS) {
            (0, zeros as u32 + 2, true)
        } else if let (Some(digit), 0) = (at(MINUS), self.magnitude) {
            self.negative = true;
            (digit + 1, 1, false)
        } else {
            return Err(CodecError("it holds an unknown character"));
        };
        let scaled = 10u64.checked_pow(power).and_then(|scale| self.magnitude.checked_mul(scale));
        self.magnitude = scaled.and_then(|magnitude| magnitude.checked_add(digit)).ok_or(TOO_LARGE)?;
        if !ends {
            return Ok(None);
        }
        let Longer { magnitude, negative } = std::mem::take(self);
        let value = if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
        value.map(Some).ok_or(TOO_LARGE)
    }
}

const TOO_LARGE: CodecError = CodecError("a number is too large");

/// A decompressed body.
#[derive(Debug)]
pub struct Columns {
    raw: Vec<u8>,
    modes: Vec<u8>,
}

impl Columns {
    /// Decompresses a body.
    ///
    /// # Errors
    /// The bytes are not what [`encode`] makes.
    pub fn open(encoded: &Encoded) -> Result<Columns, CodecError> {
        if encoded.raw_len > RAW_LIMIT {
            return Err(CodecError("it claims an impossible length"));
        }
        let raw = if encoded.body.len() == encoded.raw_len {
            encoded.body.clone()
        } else {
            let mut raw = vec![0; encoded.raw_len];
            let len = Decompressor::new()
                .zlib_decompress(&encoded.body, &mut raw)
                .map_err(|_| CodecError("it cannot be decompressed"))?;
            if len != encoded.raw_len {
                return Err(CodecError("it is too short"));
            }
            raw
        };
        Ok(Columns { raw, modes: encoded.modes.as_bytes().to_vec() })
    }

    /// The decompressed JSON.
    pub fn into_raw(self) -> Vec<u8> {
        self.raw
    }

    /// Calls `visit` with each slot of a column, in order; a column that does not exist has no slots.
    ///
    /// # Errors
    /// The text is not what [`encode`] makes.
    pub fn visit(&self, column: usize, mut visit: impl FnMut(Option<i64>)) -> Result<(), CodecError> {
        let Some(mode) = self.modes.get(column) else { return Ok(()) };
        // The strings hold neither quotes nor escapes, so every other piece between quotes is a column.
        let text = self.raw.split(|byte| *byte == b'"').nth(2 * column + 1).ok_or(CodecError("a column is missing"))?;
        let differences = *mode == DIFFERENCES as u8;
        let mut last = 0i64;
        let mut longer = Longer::default();
        for byte in text {
            let number = match *byte {
                EMPTY => {
                    visit(None);
                    continue;
                }
                b'A'..=b'Z' => i64::from(byte - b'A'),
                b'b'..=b'z' => -i64::from(byte - b'a'),
                other => match longer.take(other)? {
                    Some(number) => number,
                    None => continue,
                },
            };
            last = if differences { last.wrapping_add(number) } else { number };
            visit(Some(last));
        }
        Ok(())
    }

    /// A column as a vector.
    ///
    /// # Errors
    /// As [`Columns::visit`].
    pub fn column(&self, column: usize) -> Result<Vec<Option<i64>>, CodecError> {
        let mut slots = Vec::new();
        self.visit(column, |slot| slots.push(slot))?;
        Ok(slots)
    }
}

/// The checksum of a block: its body and everything in its row that says how to read it. SQLite's own checks find
/// almost no flipped byte inside a blob.
pub fn checksum(encoded: &Encoded, fields: &[i64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for field in fields {
        hasher.update(&field.to_le_bytes());
    }
    hasher.update(encoded.modes.as_bytes());
    hasher.update(&(encoded.raw_len as u64).to_le_bytes());
    hasher.update(&encoded.body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slot() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![
            3 => (-30i64..30).prop_map(Some),
            2 => (-100_000i64..100_000).prop_map(Some),
            1 => any::<i64>().prop_map(Some),
            1 => (-999i64..999, 0u32..16).prop_map(|(front, zeros)| Some(front * 10i64.pow(zeros))),
            1 => Just(None),
        ]
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(columns in prop::collection::vec(prop::collection::vec(slot(), 0..200), 0..6)) {
            for effort in [Effort::Quick, Effort::Thorough] {
                let decoded = Columns::open(&encode(&columns, effort)).unwrap();
                prop_assert_eq!(decoded.modes.len(), columns.len());
                for (at, column) in columns.iter().enumerate() {
                    prop_assert_eq!(&decoded.column(at).unwrap(), column);
                }
            }
        }

        #[test]
        fn garbage_is_refused_or_read_but_never_panics(
            body in prop::collection::vec(any::<u8>(), 0..200), modes in "[=+]{0,4}", raw_len in 0usize..400,
        ) {
            let same_len = Encoded { modes: modes.clone(), raw_len: body.len(), body: body.clone() };
            for encoded in [Encoded { modes, raw_len, body }, same_len] {
                if let Ok(columns) = Columns::open(&encoded) {
                    for at in 0..columns.modes.len() {
                        let _ = columns.column(at);
                    }
                }
            }
        }
    }

    #[test]
    fn any_change_of_a_byte_changes_the_checksum() {
        let encoded = encode(&[(0..100).map(|n| Some(n * 37 % 11)).collect()], Effort::Thorough);
        let before = checksum(&encoded, &[1, 2]);
        for at in 0..encoded.body.len() {
            let mut damaged = encoded.clone();
            damaged.body[at] ^= 0x10;
            assert_ne!(checksum(&damaged, &[1, 2]), before);
        }
        assert_ne!(checksum(&encoded, &[1, 3]), before);
    }
}
