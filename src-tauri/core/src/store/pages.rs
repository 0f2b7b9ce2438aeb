//! The rows of a damaged database, read page by page without SQLite.
//!
//! SQLite finds a row through the pages above it: where one of those is gone, a thousand sound rows below it are out of
//! its reach. Every leaf of a table knows its own rows, so each page is looked at for itself (the layout is that of
//! <https://sqlite.org/fileformat2.html>, §1.6 and §2.1). Deliberately not here: which rows are worth anything; old
//! copies and chance finds come too, and whoever takes rows from here checks their checksums.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::types::Value;

use super::connection::PAGE_SIZE;

/// The type of a page that holds rows of a table.
const TABLE_LEAF: u8 = 0x0d;
/// No row of ours is larger; a larger one is a damaged length.
const LARGEST_ROW: u64 = 16 << 20;

/// Calls `visit` with every row that any leaf of the file holds, in the order of the pages.
///
/// # Errors
/// The file cannot be read at all.
pub(super) fn rows(file: &Path, mut visit: impl FnMut(&[Value])) -> io::Result<()> {
    let pages = Pages::open(file)?;
    let mut page = vec![0; pages.size];
    for number in 1..=pages.count {
        if pages.read(number, &mut page).is_err() {
            continue;
        }
        // The first page starts with the header of the file.
        let start = if number == 1 { 100 } else { 0 };
        if page[start] != TABLE_LEAF {
            continue;
        }
        let cells = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
        for pointer in page[start + 8..].chunks_exact(2).take(cells) {
            let at = usize::from(u16::from_be_bytes([pointer[0], pointer[1]]));
            if let Some(values) = page.get(at..).and_then(|cell| pages.payload(cell)).and_then(|row| record(&row)) {
                visit(&values);
            }
        }
    }
    Ok(())
}

struct Pages {
    file: File,
    size: usize,
    count: u64,
}

impl Pages {
    fn open(file: &Path) -> io::Result<Pages> {
        let file = File::open(file)?;
        let mut header = [0; 18];
        file.read_exact_at(&mut header, 0)?;
        // 1 stands for 65,536. A damaged header says anything, and then the size is that which we create.
        let told = match usize::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 65_536,
            told => told,
        };
        let plausible = header.starts_with(b"SQLite format 3\0") && told >= 512 && told.is_power_of_two();
        let size = if plausible { told } else { PAGE_SIZE as usize };
        let count = file.metadata()?.len() / size as u64;
        Ok(Pages { file, size, count })
    }

    fn read(&self, number: u64, page: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(page, (number - 1) * self.size as u64)
    }

    /// The whole content of a cell, with what lies on overflow pages.
    fn payload(&self, cell: &[u8]) -> Option<Vec<u8>> {
        let mut rest = cell;
        let length = usize::try_from(varint(&mut rest).filter(|length| *length <= LARGEST_ROW)?).ok()?;
        let _row_id = varint(&mut rest)?;
        let most = self.size - 35;
        let local = if length <= most {
            length
        } else {
            let least = (self.size - 12) * 32 / 255 - 23;
            let wanted = least + (length - least) % (self.size - 4);
            if wanted <= most { wanted } else { least }
        };
        let mut payload = rest.get(..local)?.to_vec();
        let mut next = rest.get(local..).unwrap_or_default();
        let mut page = vec![0; self.size];
        while payload.len() < length {
            let number = u32::from_be_bytes(next.get(..4)?.try_into().ok()?);
            self.read(u64::from(number).checked_sub(1)? + 1, &mut page).ok()?;
            let take = (length - payload.len()).min(self.size - 4);
            payload.extend_from_slice(&page[4..4 + take]);
            next = &page;
        }
        Some(payload)
    }
}

/// SQLite's number of one to nine bytes.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..9 {
        let byte = *bytes.get(at)?;
        if at == 8 || byte < 0x80 {
            *bytes = &bytes[at + 1..];
            return Some(if at == 8 { value << 8 | u64::from(byte) } else { value << 7 | u64::from(byte) });
        }
        value = value << 7 | u64::from(byte & 0x7f);
    }
    None
}

/// The values of a row: a header with the type of each, then their bytes.
fn record(row: &[u8]) -> Option<Vec<Value>> {
    let mut types = row;
    let header = usize::try_from(varint(&mut types)?).ok()?;
    let mut types = row.get(row.len() - types.len()..header)?;
    let mut body = row.get(header..)?;
    let mut values = Vec::new();
    while !types.is_empty() {
        values.push(value(varint(&mut types)?, &mut body)?);
    }
    Some(values)
}

fn value(serial: u64, body: &mut &[u8]) -> Option<Value> {
    let length = match serial {
        0 | 8 | 9 => 0,
        1..=4 => serial as usize,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => usize::try_from((serial - 12) / 2).ok()?,
    };
    let (bytes, rest) = body.split_at_checked(length)?;
    *body = rest;
    Some(match serial {
        0 => Value::Null,
        1..=6 => {
            // Two's complement, most significant byte first.
            let negative = bytes[0] >= 0x80;
            let start = if negative { -1 } else { 0 };
            Value::Integer(bytes.iter().fold(start, |value, byte| value << 8 | i64::from(*byte)))
        }
        7 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
        8 | 9 => Value::Integer(serial as i64 - 8),
        _ if serial.is_multiple_of(2) => Value::Blob(bytes.to_vec()),
        _ => Value::Text(String::from_utf8(bytes.to_vec()).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What SQLite writes is read back the same, whatever its size.
        #[test]
        fn every_row_that_sqlite_wrote_is_found(
            rows in prop::collection::vec((any::<i64>(), any::<f64>(), ".{0,40}", 0usize..9000), 1..40),
            page_size in prop::sample::select(vec![512u32, 2048, 4096, 65_536]),
        ) {
            let temp = tempfile::tempdir().unwrap();
            let file = temp.path().join("any.db");
            let db = rusqlite::Connection::open(&file).unwrap();
            db.pragma_update(None, "page_size", page_size).unwrap();
            db.execute_batch("CREATE TABLE any(id INTEGER PRIMARY KEY, i INT, r REAL, t TEXT, b BLOB, n, z INT, o INT)")
                .unwrap();
            let mut expected = Vec::new();
            for (integer, real, text, length) in rows {
                let blob: Vec<u8> = (0..length).map(|n| n as u8).collect();
                // SQLite keeps a whole number of a REAL column as an integer, and has no NaN.
                let real = if real.is_nan() || real.fract() == 0.0 { 0.5 } else { real };
                db.execute("INSERT INTO any VALUES(NULL, ?, ?, ?, ?, NULL, 0, 1)", (integer, real, &text, &blob)).unwrap();
                expected.push(vec![
                    Value::Null,
                    Value::Integer(integer),
                    Value::Real(real),
                    Value::Text(text),
                    Value::Blob(blob),
                    Value::Null,
                    Value::Integer(0),
                    Value::Integer(1),
                ]);
            }
            drop(db);
            let mut found = Vec::new();
            super::rows(&file, |row| found.extend((row.len() == 8).then(|| row.to_vec()))).unwrap();
            // Pages come in their own order.
            for row in &expected {
                prop_assert!(found.contains(row), "{row:?}");
            }
            prop_assert_eq!(found.len(), expected.len());
        }

        /// Garbage is no row, and no panic.
        #[test]
        fn garbage_is_survived(garbage in prop::collection::vec(any::<u8>(), 0..6000), leaf in any::<bool>()) {
            let temp = tempfile::tempdir().unwrap();
            let file = temp.path().join("garbage");
            let mut garbage = garbage;
            if leaf {
                for page in garbage.chunks_mut(PAGE_SIZE as usize) {
                    page[0] = TABLE_LEAF;
                }
            }
            std::fs::write(&file, garbage).unwrap();
            let _ = super::rows(&file, |_| ());
        }
    }
}
