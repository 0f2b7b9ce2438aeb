//! Whether anything shows the icon, and when that is told where nothing does: a minute after the session began, because
//! panels start late, and not again in this process.
//!
//! Deliberately not here: what is told, and that it is told once for all (`notify`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a panel may take to start.
const LATE: Duration = Duration::from_secs(60);

/// Whether there is somebody with whom icons are registered; clones know of the same one.
#[derive(Clone, Debug)]
pub struct Watcher(Arc<AtomicBool>);

impl Watcher {
    /// It can be reached.
    pub fn comes(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// It cannot be reached, or not any more.
    pub fn goes(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// See the module.
#[derive(Debug, Default)]
pub struct Missing {
    watcher: Option<Watcher>,
    at: Option<Instant>,
    is_told: bool,
}

impl Missing {
    /// A session begins.
    pub fn begin(&mut self, now: Instant) {
        self.at = (!self.is_told).then(|| now + LATE);
    }

    /// It ends.
    pub fn end(&mut self) {
        self.at = None;
    }

    /// When there is something to find out.
    pub fn at(&self) -> Option<Instant> {
        self.at
    }

    /// For the icon that is registered next; it is taken to have somebody until it says otherwise.
    pub fn watcher(&mut self) -> Watcher {
        self.watcher.insert(Watcher(Arc::new(AtomicBool::new(true)))).clone()
    }

    /// Whether it is to be told now, once, that an icon `is_offered` and nothing shows it.
    pub fn is_due(&mut self, now: Instant, is_offered: bool) -> bool {
        if self.at.is_none_or(|at| now < at) {
            return false;
        }
        self.at = None;
        let is_alone = self.watcher.as_ref().is_some_and(|watcher| !watcher.0.load(Ordering::Relaxed));
        self.is_told |= is_offered && is_alone;
        is_offered && is_alone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_and_only_where_nothing_comes_in_time() {
        let start = Instant::now();
        let later = start + LATE;
        #[track_caller]
        fn check(missing: &mut Missing, now: Instant, is_offered: bool, expected: bool) {
            assert_eq!(missing.is_due(now, is_offered), expected);
        }
        let mut missing = Missing::default();
        check(&mut missing, later, true, false);
        let session = |missing: &mut Missing| {
            missing.begin(start);
            missing.watcher()
        };
        // Somebody is there from the beginning, comes in time, or does not answer.
        session(&mut missing);
        check(&mut missing, later, true, false);
        let watcher = session(&mut missing);
        watcher.goes();
        watcher.comes();
        check(&mut missing, later, true, false);
        session(&mut missing).goes();
        check(&mut missing, later, false, false);
        // A session that ended is none any more; of a panel that goes later nothing is said.
        session(&mut missing).goes();
        missing.end();
        check(&mut missing, later, true, false);
        let watcher = session(&mut missing);
        check(&mut missing, later, true, false);
        watcher.goes();
        check(&mut missing, later, true, false);
        // Nobody comes.
        session(&mut missing).goes();
        check(&mut missing, start, true, false);
        assert_eq!(missing.at(), Some(later));
        check(&mut missing, later, true, true);
        check(&mut missing, later, true, false);
        session(&mut missing).goes();
        check(&mut missing, later, true, false);
    }
}
