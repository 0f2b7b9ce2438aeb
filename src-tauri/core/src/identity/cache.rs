//! What is remembered of processes, bounded: those that were not asked for lately are forgotten.

use std::collections::HashMap;
use std::sync::Arc;

/// The most processes of a generation. Machines have some hundred processes; who has thousands keeps the names that it
/// needs at every tick by itself.
const MOST: usize = 512;

/// Two generations: when the younger one is full it becomes the older one, which is dropped.
pub(super) struct Cache<T> {
    young: HashMap<(u32, u64), Arc<T>>,
    old: HashMap<(u32, u64), Arc<T>>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Cache { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<T> Cache<T> {
    pub(super) fn get(&mut self, pid: u32, started: u64) -> Option<Arc<T>> {
        if let Some(found) = self.young.get(&(pid, started)) {
            return Some(found.clone());
        }
        let found = self.old.remove(&(pid, started))?;
        self.put(pid, started, found.clone());
        Some(found)
    }

    pub(super) fn put(&mut self, pid: u32, started: u64, value: Arc<T>) {
        if self.young.len() >= MOST {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert((pid, started), value);
    }

    pub(super) fn forget(&mut self, pid: u32, started: u64) {
        self.young.remove(&(pid, started));
        self.old.remove(&(pid, started));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_is_bounded() {
        let mut cache = Cache::default();
        cache.put(1, 7, Arc::new(0));
        for pid in 2..20_000 {
            cache.put(pid, 7, Arc::new(pid));
            assert_eq!(cache.get(1, 7).as_deref(), Some(&0));
            assert!(cache.young.len() + cache.old.len() <= 2 * MOST);
        }
        assert_eq!(cache.get(2, 7), None);
        assert_eq!(cache.get(19_999, 8), None, "another process of this number");
        cache.forget(1, 7);
        assert_eq!(cache.get(1, 7), None);
    }
}
