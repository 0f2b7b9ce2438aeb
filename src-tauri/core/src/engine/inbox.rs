//! What lies between the engine and the journal's thread: the engine never waits for the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ring::{self, RING};
use crate::model::{Keep, Tick};

/// How often the journal looks at files where no tick comes.
const LOOK: Duration = Duration::from_secs(2);

/// What lies between the two threads.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    ticks: VecDeque<Tick>,
    /// Everything is to be on the disk, power cut or not.
    pub durable: bool,
    /// How long history is kept from now on.
    pub keep: Option<Keep>,
    /// Recording ends.
    pub stop: bool,
    /// Ticks that the journal took and could not write yet.
    held: usize,
    /// Ticks that found no room.
    pub lost: u64,
    /// Size of the database; unknown while it cannot be written.
    bytes: Option<u64>,
}

/// The engine's end.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal(Arc<(Mutex<Inbox>, Condvar)>);

impl Journal {
    /// Adds a tick, to be written durably if need be.
    pub fn push(&self, tick: Tick, durable: bool) {
        self.change(|inbox| {
            inbox.ticks.push_back(tick);
            inbox.durable |= durable;
            if inbox.ticks.len() + inbox.held > RING {
                inbox.lost += u64::from(ring::drop_oldest(&mut inbox.ticks));
            }
        });
    }

    /// Asks for everything so far to be brought to the disk.
    pub fn flush(&self) {
        self.change(|inbox| inbox.durable = true);
    }

    /// Changes how long history is kept.
    pub fn keep(&self, keep: Keep) {
        self.change(|inbox| inbox.keep = Some(keep));
    }

    /// Writes what there is, closes, and reports [`Report::Ended`].
    pub fn stop(&self) {
        self.change(|inbox| inbox.stop = true);
    }

    /// Bytes of the database, as of its last commit; `None` while it cannot be written.
    pub fn bytes(&self) -> Option<u64> {
        self.lock().bytes
    }

    /// Changes something and wakes the journal, which then finds the lock free: it would wake a second time for that.
    fn change(&self, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.lock());
        self.0.1.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        // Nothing under this lock panics half-way.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what lies in the inbox, after waiting for something for at most [`LOOK`]. Ticks move to the end of
    /// `pending`.
    pub fn take(&self, pending: &mut VecDeque<Tick>) -> Inbox {
        let idle = |inbox: &mut Inbox| inbox.ticks.is_empty() && !inbox.durable && !inbox.stop && inbox.keep.is_none();
        let (mut inbox, _) =
            self.0.1.wait_timeout_while(self.lock(), LOOK, idle).unwrap_or_else(PoisonError::into_inner);
        pending.append(&mut inbox.ticks);
        inbox.held = pending.len();
        let taken = Inbox { durable: inbox.durable, stop: inbox.stop, lost: inbox.lost, ..Inbox::default() };
        (inbox.durable, inbox.lost) = (false, 0);
        Inbox { keep: inbox.keep.take(), ..taken }
    }

    /// What was pushed so far, and whether it was to be durable, without waiting.
    #[cfg(test)]
    pub fn pushed(&self) -> (Vec<Tick>, bool, bool) {
        let mut inbox = self.lock();
        (inbox.ticks.drain(..).collect(), std::mem::take(&mut inbox.durable), inbox.stop)
    }

    /// Says how the last round went: how many ticks wait still, and how large the database is.
    pub fn settled(&self, held: usize, bytes: Option<u64>) {
        let mut inbox = self.lock();
        inbox.held = held;
        inbox.bytes = bytes;
    }
}
