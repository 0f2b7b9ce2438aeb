//! What waits for a channel: bounded, so that a server that is away for days costs no memory.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::message::Message;

/// How many wait at most; the oldest is dropped then.
pub const MOST: usize = 64;

/// Something to tell.
pub struct Waiting {
    /// What.
    pub message: Arc<Message>,
    /// When it came, on the boot-time clock.
    pub since: Duration,
}

/// What waits for one channel, oldest first.
pub struct Queue {
    channel: &'static str,
    waiting: VecDeque<Arc<Waiting>>,
    dropped: u64,
}

impl Queue {
    /// An empty one.
    pub fn new(channel: &'static str) -> Queue {
        Queue { channel, waiting: VecDeque::new(), dropped: 0 }
    }

    /// Adds something.
    pub fn push(&mut self, message: Arc<Message>, since: Duration) {
        if self.waiting.len() == MOST {
            self.waiting.pop_front();
            if self.dropped == 0 {
                log::warn!("{}: more than {MOST} alerts wait; the oldest are dropped", self.channel);
            }
            self.dropped += 1;
        }
        self.waiting.push_back(Arc::new(Waiting { message, since }));
    }

    /// The oldest.
    pub fn first(&self) -> Option<Arc<Waiting>> {
        self.waiting.front().cloned()
    }

    /// It needs no more telling. Where it was the oldest when it was taken, it may have been dropped meanwhile.
    pub fn done(&mut self, told: &Arc<Waiting>, works: bool) {
        if self.waiting.front().is_some_and(|first| Arc::ptr_eq(first, told)) {
            self.waiting.pop_front();
        }
        if works && self.dropped > 0 {
            log::warn!("{}: {} dropped meanwhile", self.channel, alerts(self.dropped));
            self.dropped = 0;
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many were dropped since the channel last worked.
    #[cfg(test)]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// For the log, at the end.
    pub fn say_what_is_left(&self) {
        let count = self.waiting.len() as u64 + self.dropped;
        if count > 0 {
            log::warn!("{}: {} not told, because the recorder ends", self.channel, alerts(count));
        }
    }
}

/// "3 alerts were": the beginning of what became of them.
pub fn alerts(count: u64) -> String {
    if count == 1 { "1 alert was".to_owned() } else { format!("{count} alerts were") }
}
