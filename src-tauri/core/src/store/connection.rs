//! Opening SQLite: every pragma stands here, with its reason.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::codec::{Columns, Encoded};
use super::error::StoreError;
use crate::say;

/// "Hoof": tells our file from any other SQLite file.
pub const APPLICATION_ID: i64 = 0x486f_6f66;

/// Releases before these two lose data in a rare race of several connections over the write-ahead log.
const SAFE_LIBRARY: i32 = 3_051_003;

/// The page of a database that we create, in bytes. A tick changes a few hundred bytes on two or three pages, and each
/// goes to the log as a whole: pages of 2 KiB write 25 MB an hour where those of 4 KiB write 38 (`hoofbeat-bench storage`).
pub(super) const PAGE_SIZE: u32 = 2048;

/// Opens the database for the recorder.
pub(super) fn writer(file: &Path) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < SAFE_LIBRARY {
        return Err(StoreError::Refused(say!(
            "this build has SQLite {version}, which can damage a database; build it with SQLite 3.51.3 or newer",
            version = rusqlite::version()
        )));
    }
    let connection = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW,
    )?;
    // Short: the recorder keeps ticks in memory and tries again, so it need not wait for a lock.
    connection.busy_timeout(Duration::from_millis(250))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        // These two only take effect before the first table, and setting the second again would write. Free pages are
        // given back in steps, because a full VACUUM needs double the space and stops everything.
        connection.pragma_update(None, "page_size", PAGE_SIZE)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    // Readers never block the recorder, and a killed process loses nothing that was committed.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A checkpoint about every quarter of an hour: twice the default, because each one writes the same few hundred
    // pages again (2 MB an hour less). The log stays near 8 MiB and shrinks back to that after a long reader.
    connection.pragma_update(None, "wal_autocheckpoint", 4000)?;
    connection.pragma_update(None, "journal_size_limit", 8 << 20)?;
    // Memory is dear in a program that always runs; one tick touches a handful of pages.
    connection.pragma_update(None, "cache_size", -1024)?;
    common(&connection)?;
    set_durable(&connection, false)?;
    Ok(connection)
}

/// Lets a database that nobody else reads be written without a log; what opens it next turns the log on again. An end
/// half-way leaves garbage.
pub(super) fn without_log(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(())
}

/// Opens the database for a face, which can change nothing.
pub(super) fn reader(file: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let connection = match connection.query_row("PRAGMA schema_version", [], |_| Ok(())) {
        // Even a reader wants to make the index of the log. On a file system where nobody can, nobody writes either: a
        // database without a log is then read as the plain file that it is.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && is_at_rest(file) => {
            let path = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
            let uri = format!("file:{path}?immutable=1");
            Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?
        }
        // Whatever else is wrong with it, the first question finds out.
        _ => connection,
    };
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -4096)?;
    common(&connection)?;
    Ok(connection)
}

fn is_at_rest(file: &Path) -> bool {
    std::fs::metadata(log_of(file)).map_or(true, |log| log.len() == 0)
}

/// The write-ahead log of a database.
pub(super) fn log_of(file: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", file.display()))
}

fn common(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "foreign_keys", true)?;
    // Sorting never leaves a temporary file behind.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // An I/O error under a memory map is a signal that ends the process.
    connection.pragma_update(None, "mmap_size", 0)?;
    // A stranger's file cannot make a view call functions with side effects.
    connection.pragma_update(None, "trusted_schema", false)?;
    // What the views use, as the stock command line has it. Innocuous: it only computes.
    connection.create_scalar_function(
        "sqlar_uncompress",
        2,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS,
        |context| {
            let encoded = Encoded {
                modes: String::new(),
                raw_len: context.get::<i64>(1)?.max(0) as usize,
                body: context.get(0)?,
            };
            let columns = Columns::open(&encoded).map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
            Ok(columns.into_raw())
        },
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Whether the next commits wait for the disk. Without it a killed process still loses nothing; a power cut loses what
/// was committed since the last durable commit or checkpoint.
pub(super) fn set_durable(connection: &Connection, durable: bool) -> Result<(), StoreError> {
    connection.pragma_update(None, "synchronous", if durable { "FULL" } else { "NORMAL" })?;
    Ok(())
}
