//! What faces write: a word of a person to the recorder, which notices it at its next look.
//!
//! Deliberately not here: what becomes of it (`recorder`, `baseline`, `snooze`, `channel`).

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;
use super::folder::database;
use super::{baseline, channel, connection, recorder, schema, snooze as snoozes};
use crate::model::baseline::Acceptance;
use crate::model::snooze::Snooze;
use crate::say;

/// Leaves the wish to pause until a Unix second, or to go on, for the recorder.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn ask_pause(folder: &Path, until: Option<i64>) -> Result<(), StoreError> {
    recorder::write_wish(&wisher(folder)?, until)
}

/// Notes that a person looks at a face at this Unix second.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn note_look(folder: &Path, ts: i64) -> Result<(), StoreError> {
    recorder::write_look(&wisher(folder)?, ts)
}

/// Leaves the wish that everything that began before a Unix second is deleted, for the recorder.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn ask_deletion(folder: &Path, before: i64) -> Result<(), StoreError> {
    let db = wisher(folder)?;
    if schema::version(&db)? < schema::WITH_FORGETTING {
        return Err(StoreError::Refused(
            say!("an older Hoofbeat records here and deletes nothing; start it anew").to_owned(),
        ));
    }
    recorder::write_deletion(&db, before)
}

/// Notes that a person is told now, at a Unix second, that nothing shows the tray's icon; says whether that is the first
/// time.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn first_told_of_no_tray(folder: &Path, ts: i64) -> Result<bool, StoreError> {
    recorder::first_told_of_no_tray(&wisher(folder)?, ts)
}

/// Notes that a channel has told somebody of an alert at this Unix second, or why it has not.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn note_channel(
    folder: &Path,
    channel: &str,
    whom: &str,
    ts: i64,
    failure: Option<&str>,
) -> Result<(), StoreError> {
    channel::write(&wisher(folder)?, channel, whom, ts, failure)
}

/// Leaves a person's word on who may use GPUs for the recorder.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn accept(folder: &Path, acceptance: &Acceptance) -> Result<(), StoreError> {
    let db = wisher(folder)?;
    let found = schema::version(&db)?;
    let needed = match acceptance {
        Acceptance::One { .. } | Acceptance::All => schema::WITH_BASELINE,
        Acceptance::Forget { .. } => schema::WITH_FORGETTING,
    };
    if found < needed {
        return Err(StoreError::Refused(
            say!("an older Hoofbeat records here and does not know how; start it anew").to_owned(),
        ));
    }
    baseline::answer(&db, acceptance)
}

/// Snoozes alerts; for the recorder to notice. The number is given here.
///
/// # Errors
/// There is no recording, or it cannot be written; or nothing fires that is to be silenced until it is over.
pub fn snooze(folder: &Path, snooze: &Snooze) -> Result<(), StoreError> {
    snoozes::add(&snoozer(folder)?, snooze)
}

/// Takes snoozes back, by their numbers.
///
/// # Errors
/// There is no recording, or it cannot be written.
pub fn unsnooze(folder: &Path, numbers: &[i64]) -> Result<(), StoreError> {
    snoozes::remove(&snoozer(folder)?, numbers)
}

fn snoozer(folder: &Path) -> Result<Connection, StoreError> {
    let db = wisher(folder)?;
    if schema::version(&db)? < schema::WITH_SNOOZES_OF_WHOM {
        return Err(StoreError::Refused(
            say!("an older Hoofbeat records here and knows no such snoozes; start it anew").to_owned(),
        ));
    }
    Ok(db)
}

/// A connection for a word to the recorder.
fn wisher(folder: &Path) -> Result<Connection, StoreError> {
    let file = database(folder);
    if !file.exists() {
        return Err(StoreError::NoRecording(folder.to_path_buf()));
    }
    let db = connection::writer(&file)?;
    let found = schema::version(&db)?;
    if found > schema::VERSION {
        return Err(StoreError::Newer { file, found, known: schema::VERSION });
    }
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(db)
}
