//! Publishing to the faces in our own process, without ever waiting for one of them.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::news::Published;

/// How many publications wait in a subscriber's channel.
const QUEUE: usize = 16;

/// How many alerts and troubles wait for a subscriber whose channel is full. Beyond it he has been stuck for days.
const BACKLOG: usize = 4096;

/// The engine's mouth; clones speak to the same subscribers.
#[derive(Clone, Debug, Default)]
pub(super) struct Outlet(Arc<Mutex<Subscribers>>);

#[derive(Debug, Default)]
struct Subscribers {
    all: Vec<Subscriber>,
    /// The newest status, which a new subscriber gets at once.
    latest: Option<Published>,
    /// What was said before anybody listened: the engine starts before its faces.
    early: Vec<Published>,
    closed: bool,
}

#[derive(Debug)]
struct Subscriber {
    channel: SyncSender<Published>,
    /// Whether it is told the status of each tick.
    sees: bool,
    backlog: VecDeque<Published>,
}

impl Outlet {
    /// A channel on which everything published from now on arrives, after what was said before anybody listened; the
    /// status only for who `sees` it.
    pub fn subscribe(&self, sees: bool) -> Receiver<Published> {
        let (channel, receiver) = sync_channel(QUEUE);
        let mut subscribers = self.lock();
        let mut subscriber = Subscriber { channel, sees, backlog: VecDeque::new() };
        for said in subscribers.early.iter().chain(&subscribers.latest) {
            subscriber.send(said.clone());
        }
        if subscribers.closed {
            subscriber.send(Published::Stopped);
        } else {
            subscribers.all.push(subscriber);
        }
        receiver
    }

    /// Whether a status would be seen.
    pub fn is_seen(&self) -> bool {
        self.lock().all.iter().any(|subscriber| subscriber.sees)
    }

    /// Forgets the newest status, because nobody listens and it grows old.
    pub fn forget_status(&self) {
        self.lock().latest = None;
    }

    /// Says something to every subscriber.
    pub fn publish(&self, said: Published) {
        let mut subscribers = self.lock();
        match said {
            Published::Status(_) => {
                subscribers.latest = Some(said.clone());
                if !subscribers.all.is_empty() {
                    subscribers.early.clear();
                }
            }
            Published::Stopped => {}
            _ if subscribers.all.is_empty() && subscribers.early.len() < QUEUE => subscribers.early.push(said.clone()),
            _ => {}
        }
        subscribers.all.retain_mut(|subscriber| subscriber.send(said.clone()));
    }

    /// Says [`Published::Stopped`] and closes every channel.
    pub fn close(&self) {
        self.publish(Published::Stopped);
        let mut subscribers = self.lock();
        subscribers.closed = true;
        subscribers.all.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Subscribers> {
        // Nothing in here panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Subscriber {
    /// Says whether the subscriber still listens. A full channel loses a status, which the next one replaces; everything
    /// else waits.
    fn send(&mut self, said: Published) -> bool {
        if self.sees || !matches!(said, Published::Status(_)) {
            self.backlog.push_back(said);
        }
        while let Some(said) = self.backlog.pop_front() {
            match self.channel.try_send(said) {
                Ok(()) => {}
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(said)) => {
                    self.backlog.push_front(said);
                    break;
                }
            }
        }
        self.backlog.retain(|said| !matches!(said, Published::Status(_)));
        if self.backlog.len() > BACKLOG {
            self.backlog.pop_front();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Snapshot;
    use crate::model::RecorderState;

    fn status(ts: i64) -> Published {
        Published::Status(Arc::new(Snapshot {
            ts: Some(ts),
            state: RecorderState::Recording,
            since: 0,
            until: None,
            sources: Vec::new(),
            alerts: Vec::new(),
            snoozes: Vec::new(),
            troubles: Vec::new(),
        }))
    }

    fn word(said: Published) -> String {
        match said {
            Published::Status(snapshot) => snapshot.ts.map_or_else(String::new, |ts| ts.to_string()),
            Published::Trouble(text) => text,
            Published::Alert(notice) => notice.rule.id.clone(),
            Published::Channels(_) => "channels".to_owned(),
            Published::Digest(digest) => digest.items.len().to_string(),
            Published::Unshown(_) => "unshown".to_owned(),
            Published::Withdrawn(keys) => keys.len().to_string(),
            Published::Back(absence) => absence.since.to_string(),
            Published::Icon(style) => style.word().to_owned(),
            Published::Stopped => "stopped".to_owned(),
        }
    }

    #[test]
    fn a_slow_subscriber_misses_statuses_and_nothing_else() {
        let outlet = Outlet::default();
        let slow = outlet.subscribe(true);
        for ts in 0..100 {
            outlet.publish(status(ts));
            outlet.publish(Published::Trouble(format!("t{ts}")));
        }
        let mut heard: Vec<String> = Vec::new();
        // Every publication makes room for what waits.
        for ts in 100..200 {
            heard.extend(slow.try_iter().map(word));
            outlet.publish(status(ts));
        }
        outlet.close();
        heard.extend(slow.iter().map(word));
        let troubles: Vec<_> = heard.iter().filter(|word| word.starts_with('t')).cloned().collect();
        assert_eq!(troubles, (0..100).map(|ts| format!("t{ts}")).collect::<Vec<_>>());
        assert!(heard.contains(&"199".to_owned()) && !heard.contains(&"50".to_owned()));
        assert_eq!(heard.last().map(String::as_str), Some("stopped"));
    }

    #[test]
    fn what_is_said_before_anybody_listens_is_heard() {
        let outlet = Outlet::default();
        outlet.publish(Published::Trouble("config".to_owned()));
        outlet.publish(status(1));
        let first = outlet.subscribe(true);
        let second = outlet.subscribe(true);
        outlet.publish(status(2));
        let third = outlet.subscribe(true);
        assert!(outlet.is_seen());
        for (subscriber, expected) in [(first, "config 1 2"), (second, "config 1 2"), (third, "2")] {
            let heard: Vec<_> = subscriber.try_iter().map(word).collect();
            assert_eq!(heard.join(" "), expected);
        }
        outlet.publish(status(3));
        assert!(!outlet.is_seen());
    }

    #[test]
    fn who_wants_no_status_is_told_the_rest() {
        let outlet = Outlet::default();
        let listener = outlet.subscribe(false);
        assert!(!outlet.is_seen());
        outlet.publish(status(1));
        outlet.publish(Published::Trouble("disk".to_owned()));
        outlet.close();
        assert_eq!(listener.iter().map(word).collect::<Vec<_>>(), ["disk", "stopped"]);
    }

    #[test]
    fn who_comes_after_the_end_hears_that_it_is_over() {
        let outlet = Outlet::default();
        outlet.close();
        assert_eq!(outlet.subscribe(true).iter().map(word).collect::<Vec<_>>(), ["stopped"]);
    }
}
