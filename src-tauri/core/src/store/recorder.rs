//! The tables `recorder` and `wish`: what the recorder is doing, and what a person asked of it in a face.
//!
//! Faces write `wish`, so that a click in any of them reaches the recorder without a protocol. In `meta` stands when
//! somebody last looked at one of them, and what is said only once.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::StoreError;
use super::meta;
use crate::model::answer::Recorder;
use crate::model::{RecorderState, told_end};

pub(super) const CREATE: &str = "
CREATE TABLE recorder(one INTEGER PRIMARY KEY CHECK(one = 1), state TEXT NOT NULL, since INTEGER NOT NULL,
  until INTEGER) STRICT;
CREATE TABLE wish(one INTEGER PRIMARY KEY CHECK(one = 1), pause_until INTEGER) STRICT;
";

/// The key in `meta` of the seconds between two ticks.
const TICK: &str = "tick_seconds";

/// The key in `meta` of the Unix second at which a person last looked at a face.
const LOOK: &str = "last_look";

/// Before which second everything is to be deleted.
const DELETION: &str = "delete_before";

/// The key in `meta` of the Unix second at which a person was told that nothing shows the tray's icon.
const NO_TRAY: &str = "told_of_no_tray";

const STATES: [(RecorderState, &str); 3] =
    [(RecorderState::Recording, "recording"), (RecorderState::Paused, "paused"), (RecorderState::Off, "off")];

pub(super) fn write(db: &Connection, state: RecorderState, since: i64, until: Option<i64>) -> Result<(), StoreError> {
    let word = STATES.iter().find(|(known, _)| *known == state).map_or("off", |(_, word)| word);
    db.prepare_cached("INSERT OR REPLACE INTO recorder VALUES(1, ?, ?, ?)")?.execute(params![word, since, until])?;
    Ok(())
}

/// What the recorder last said of itself; `None` where none ever did.
pub(super) fn read(db: &Connection) -> Result<Option<Recorder>, StoreError> {
    let row = db
        .prepare_cached("SELECT state, since, until FROM recorder")?
        .query_row([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?)))
        .optional()?;
    let tick = meta::get(db, TICK)?;
    Ok(row.map(|(word, since, until)| Recorder {
        state: STATES.iter().find(|(_, known)| *known == word).map_or(RecorderState::Off, |(state, _)| *state),
        since: Some(since),
        until: until.and_then(told_end),
        tick,
    }))
}

/// Tells readers how many seconds lie between two ticks from now on.
pub(super) fn write_tick(db: &Connection, seconds: u64) -> Result<(), StoreError> {
    meta::set(db, TICK, i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// Notes that a person looks at a face.
pub(super) fn write_look(db: &Connection, ts: i64) -> Result<(), StoreError> {
    meta::set(db, LOOK, ts)
}

/// Notes that a person was told that nothing shows the tray's icon; says whether that was not noted before.
pub(super) fn first_told_of_no_tray(db: &Connection, ts: i64) -> Result<bool, StoreError> {
    let is_first = meta::get(db, NO_TRAY)?.is_none();
    meta::set(db, NO_TRAY, ts)?;
    Ok(is_first)
}

/// When a person last looked at one; `None` where nobody ever did.
pub(super) fn read_look(db: &Connection) -> Result<Option<i64>, StoreError> {
    meta::get(db, LOOK)
}

/// Leaves the wish that what began before this second is deleted.
pub(super) fn write_deletion(db: &Connection, before: i64) -> Result<(), StoreError> {
    meta::set(db, DELETION, before)
}

/// Before which second everything is to be deleted; `None` where nothing is.
pub(super) fn read_deletion(db: &Connection) -> Result<Option<i64>, StoreError> {
    meta::get(db, DELETION)
}

/// It was done.
pub(super) fn end_deletion(db: &Connection) -> Result<(), StoreError> {
    meta::remove(db, DELETION)
}

pub(super) fn write_wish(db: &Connection, pause_until: Option<i64>) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO wish VALUES(1, ?)")?.execute([pause_until])?;
    Ok(())
}

pub(super) fn read_wish(db: &Connection) -> Result<Option<i64>, StoreError> {
    let wish = db.prepare_cached("SELECT pause_until FROM wish")?.query_row([], |row| row.get(0)).optional()?;
    Ok(wish.flatten())
}
