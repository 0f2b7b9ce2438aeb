//! What the journal needs of a store, and how a store is opened for it.
//!
//! Deliberately not here: when something is written, and what becomes of an error (`journal`).

use std::path::Path;
use std::time::Duration;

use crate::model::baseline::Acceptance;
use crate::model::{self, Keep, Now, Tick, snooze::Snooze};
use crate::store::{Store, StoreError};

/// Damage that comes back within this time, although a check of everything found none, is no passing one.
const DAMAGED_AGAIN: Duration = Duration::from_secs(3600);

/// What the journal needs of a store; the tests have stores that fail.
pub(in crate::engine) trait Writer: Send {
    /// See [`Store::append`].
    fn append(&mut self, ticks: &[Tick], durable: bool) -> Result<(), StoreError>;
    /// See [`Store::maintain`].
    fn maintain(&mut self, now: Now) -> Result<(), StoreError>;
    /// See [`Store::has_heard`].
    fn has_heard(&mut self) -> Result<bool, StoreError>;
    /// See [`Store::wished_pause`].
    fn wished_pause(&mut self) -> Result<Option<i64>, StoreError>;
    /// See [`Store::answers`].
    fn answers(&mut self) -> Result<Vec<(i64, Acceptance)>, StoreError>;
    /// See [`Store::snoozes`].
    fn snoozes(&mut self) -> Result<Option<Vec<Snooze>>, StoreError>;
    /// See [`Store::set_keep`].
    fn set_keep(&mut self, keep: Keep) -> Result<(), StoreError>;
    /// See [`Store::bytes`].
    fn bytes(&self) -> u64;
    /// See [`Store::close`].
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

impl Writer for Store {
    fn append(&mut self, ticks: &[Tick], durable: bool) -> Result<(), StoreError> {
        Store::append(self, ticks, durable)
    }

    fn maintain(&mut self, now: Now) -> Result<(), StoreError> {
        Store::maintain(self, now)
    }

    fn has_heard(&mut self) -> Result<bool, StoreError> {
        Store::has_heard(self)
    }

    fn wished_pause(&mut self) -> Result<Option<i64>, StoreError> {
        Store::wished_pause(self)
    }

    fn answers(&mut self) -> Result<Vec<(i64, Acceptance)>, StoreError> {
        Store::answers(self)
    }

    fn snoozes(&mut self) -> Result<Option<Vec<Snooze>>, StoreError> {
        Store::snoozes(self)
    }

    fn set_keep(&mut self, keep: Keep) -> Result<(), StoreError> {
        Store::set_keep(self, keep)
    }

    fn bytes(&self) -> u64 {
        Store::bytes(self)
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Store::close(*self)
    }
}

/// Opens the store anew after it was damaged; gives what a person should be told.
pub(in crate::engine) type Reopen =
    Box<dyn FnMut(Keep, Now) -> Result<(Box<dyn Writer>, Vec<model::Event>), StoreError> + Send>;

/// Opens the store in `folder` for [`Scribe`].
pub(in crate::engine) fn reopen(folder: &Path) -> Reopen {
    let folder = folder.to_path_buf();
    let mut found_sound: Option<Duration> = None;
    Box::new(move |keep, now| {
        let again = found_sound.is_some_and(|at| now.boot.saturating_sub(at) < DAMAGED_AGAIN);
        let opened = Store::open_again(&folder, keep, now, again)?;
        found_sound = opened.events.is_empty().then_some(now.boot);
        for warning in &opened.warnings {
            log::warn!("{warning}");
        }
        Ok((Box::new(opened.store) as Box<dyn Writer>, opened.events))
    })
}
