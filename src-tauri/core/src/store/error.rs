//! Why the store refuses or fails, told apart where the recorder acts differently.

use std::fmt;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::codec::CodecError;
use crate::say;

/// Why the store refuses or fails.
#[derive(Debug, Clone)]
pub enum StoreError {
    /// Nothing was recorded in this folder yet.
    NoRecording(PathBuf),
    /// The folder or a file in it may not be used; the text says why and what to do.
    Refused(String),
    /// The file belongs to a newer Hoofbeat: it can be read, not written.
    Newer {
        /// The database.
        file: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Another process holds the write lock.
    Busy,
    /// The disk is full or the quota used up.
    Full,
    /// The file system does not let us write.
    ReadOnly(String),
    /// The database is damaged.
    Damaged(String),
    /// Anything else that SQLite or the file system says.
    Io(String),
}

impl std::error::Error for StoreError {}

/// In the language of whoever asks for the sentence.
impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            StoreError::NoRecording(folder) => {
                say!("there is no recording in {folder}; start one with `hoofbeat watch`", folder = folder.display())
            }
            StoreError::Newer { file, found, known } => say!(
                "{file} was written by a newer Hoofbeat (its schema is {found}, this one knows {known}), so it can be read \
                 but not recorded into; update Hoofbeat, or record into another folder with --data-dir",
                file = file.display(),
                found,
                known
            ),
            StoreError::Busy => say!("the database is locked by another process").to_owned(),
            StoreError::Full => say!("the disk is full").to_owned(),
            StoreError::ReadOnly(reason) => say!("the database cannot be written: {reason}", reason),
            StoreError::Damaged(reason) => say!("the database is damaged: {reason}", reason),
            StoreError::Refused(text) | StoreError::Io(text) => return f.write_str(text),
        })
    }
}

impl StoreError {
    /// Says of an I/O error what was being done.
    pub(super) fn io(what: impl std::fmt::Display, error: &std::io::Error) -> StoreError {
        let text = format!("{what}: {error}");
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
            std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied => StoreError::ReadOnly(text),
            _ => StoreError::Io(text),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
            Some(ErrorCode::DiskFull) => StoreError::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                StoreError::ReadOnly(text)
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(text),
            _ => match error {
                // A row whose types or JSON are not ours was not written by us.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => StoreError::Damaged(text),
                _ => StoreError::Io(text),
            },
        }
    }
}

impl From<CodecError> for StoreError {
    fn from(error: CodecError) -> Self {
        StoreError::Damaged(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn an_error_is_told_in_the_language_of_who_asks() {
        let (newer, none) = (
            StoreError::Newer { file: "/d/{found}.db".into(), found: 99, known: 9 },
            StoreError::NoRecording("/d".into()),
        );
        let full = StoreError::io("x", &std::io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "the disk is full");
        within(Language::German, || {
            assert_eq!(full.to_string(), "das Laufwerk ist voll");
            assert_eq!(none.to_string(), "in /d gibt es keine Aufzeichnung; eine mit `hoofbeat watch` beginnen");
            let said = newer.to_string();
            assert!(
                said.starts_with("/d/{found}.db stammt von einem neueren Hoofbeat (ihr Schema ist 99, dieses kennt 9)")
            );
            let damaged = StoreError::from(rusqlite::Error::IntegralValueOutOfRange(0, 7)).to_string();
            assert!(damaged.starts_with("die Datenbank ist beschädigt: "), "{damaged}");
        });
    }
}
