//! A table of processes, in the order of their numbers.
//!
//! A driver lists a handful, or a few hundred, and the sensor asks once a second, when nothing of it is in the processor's
//! caches any more: one stretch of memory costs less there than a tree. Deliberately not here: what is kept of a process.

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct ByPid<T>(Vec<(u32, T)>);

impl<T> Default for ByPid<T> {
    fn default() -> Self {
        ByPid(Vec::new())
    }
}

impl<T> ByPid<T> {
    /// An empty one with room for so many processes.
    pub(super) fn with_room(processes: usize) -> ByPid<T> {
        ByPid(Vec::with_capacity(processes))
    }

    fn place(&self, pid: u32) -> Result<usize, usize> {
        self.0.binary_search_by_key(&pid, |(pid, _)| *pid)
    }

    pub(super) fn get(&self, pid: u32) -> Option<&T> {
        self.place(pid).ok().map(|at| &self.0[at].1)
    }

    /// What is kept of a process, which begins as `new`.
    pub(super) fn entry(&mut self, pid: u32, new: impl FnOnce() -> T) -> &mut T {
        let at = self.place(pid).unwrap_or_else(|at| {
            self.0.insert(at, (pid, new()));
            at
        });
        &mut self.0[at].1
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(u32, &mut T) -> bool) {
        self.0.retain_mut(|(pid, one)| keep(*pid, one));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().map(|(pid, one)| (*pid, one))
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, one)| one)
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, one)| one)
    }

    /// The same processes with something else kept of each.
    pub(super) fn map<U>(&self, mut other: impl FnMut(&T) -> U) -> ByPid<U> {
        ByPid(self.0.iter().map(|(pid, one)| (*pid, other(one))).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_keeps_what_a_tree_would(
            steps in prop::collection::vec((0u32..20, prop::option::of(any::<u8>())), 0..60),
        ) {
            let (mut table, mut tree) = (ByPid::default(), BTreeMap::new());
            for (pid, value) in steps {
                match value {
                    Some(value) => {
                        *table.entry(pid, || 0_u32) += u32::from(value);
                        *tree.entry(pid).or_insert(0_u32) += u32::from(value);
                    }
                    None => {
                        table.retain(|other, _| other != pid);
                        tree.remove(&pid);
                    }
                }
                prop_assert_eq!(table.get(pid), tree.get(&pid));
                prop_assert_eq!(table.is_empty(), tree.is_empty());
                prop_assert!(table.iter().eq(tree.iter().map(|(pid, value)| (*pid, value))));
                let (doubled, tree) = (table.map(|value| value * 2), tree.values().map(|value| value * 2));
                prop_assert!(doubled.values().copied().eq(tree));
            }
        }
    }
}
