//! What a face shows of a stretch of time below its charts: who used a GPU, and what happened.
//!
//! Deliberately not here: the charts ([`Face::history`]), and what differs from before (`changes`).

use std::collections::VecDeque;

use super::Face;
use crate::model::EventKind;
use crate::model::answer::{EventInfo, Happened, Ribbons};
use crate::store::{Reader, StoreError};

/// What a chart is marked with. What GPUs do all day, waking and sleeping, would cover it.
const MARKS: &[EventKind] = &[
    EventKind::RecorderStarted,
    EventKind::RecorderStopped,
    EventKind::Paused,
    EventKind::Resumed,
    EventKind::ClockStep,
    EventKind::Suspend,
    EventKind::AlertFired,
    EventKind::AlertCleared,
    EventKind::UnexpectedUse,
    EventKind::Xid,
];

impl Face {
    /// Who used a GPU from `since` until `until` (Unix seconds), with at most `points` points each. A minute is told once
    /// it is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn ribbons(&self, source: &str, since: i64, until: i64, points: usize) -> Result<Ribbons, StoreError> {
        self.reader.ribbons(source, since, until, points)
    }

    /// What happened from `since` until `until` (Unix seconds), newest first: the last `limit` events of these kinds, or of
    /// all where none is named; and how many there are of each kind.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn happened(&self, kinds: &[EventKind], since: i64, until: i64, limit: usize) -> Result<Happened, StoreError> {
        self.reader.happened(kinds, since, until, limit)
    }

    /// What a chart of the time from `since` until `until` (Unix seconds) is marked with, newest first, at most `limit`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn marks(&self, since: i64, until: i64, limit: usize) -> Result<Vec<EventInfo>, StoreError> {
        let mut marks = VecDeque::new();
        self.reader.events_of(MARKS, since, until, |event| {
            marks.push_front(event);
            marks.truncate(limit);
        })?;
        Ok(marks.into())
    }

    /// When a recorder ended unexpectedly before this moment (Unix seconds) and when the next one began after it; `None`
    /// where that is not why nothing was recorded then.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn broken_off(&self, at: i64) -> Result<Option<(i64, i64)>, StoreError> {
        broken_off(&self.reader, at)
    }
}

/// As [`Face::broken_off`].
pub(super) fn broken_off(reader: &Reader, at: i64) -> Result<Option<(i64, i64)>, StoreError> {
    let mut found = None;
    reader.events_of(&[EventKind::RecorderStarted], at, i64::MAX, |event| {
        found.get_or_insert(event);
    })?;
    let began = found.filter(|event| event.ts > at);
    Ok(began.and_then(|event| Some((event.detail.get("since")?.as_i64()?, event.ts))).filter(|(since, _)| *since < at))
}
