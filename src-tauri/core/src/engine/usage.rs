//! What each identity used, folded into minutes.
//!
//! Deliberately not here: who is what identity (`sensors`), and which identities are worth keeping for months (`store`).

use std::collections::HashMap;

use super::frame::{Frame, MOST, OTHER, TRIM};
use crate::model::Usage;
use crate::untrusted::Untrusted;

/// Key, name and user.
type Who = (Untrusted, Untrusted, u32);

fn who(usage: &Usage) -> Who {
    (usage.key.clone(), usage.identity.clone(), usage.uid)
}

/// The minute that is being folded.
#[derive(Debug, Default)]
pub(super) struct Minute {
    frame: Frame,
    by_identity: HashMap<Who, Usage>,
}

impl Minute {
    /// Adds what was used in the stretch that ended at `ts`.
    pub fn add(&mut self, ts: i64, usage: Vec<Usage>) {
        if usage.is_empty() {
            return;
        }
        self.frame.begin(ts);
        for one in usage {
            match self.by_identity.get_mut(&who(&one)) {
                Some(sum) => fold(sum, &one),
                None => {
                    self.by_identity.insert(who(&one), one);
                }
            }
        }
        if self.by_identity.len() > TRIM {
            self.trim();
        }
    }

    /// The minute, where the tick `ts` is past its end (or the clock is before its beginning).
    pub fn take_over(&mut self, ts: i64) -> Option<(i64, Vec<Usage>)> {
        if self.frame.is_over(ts) { self.take() } else { None }
    }

    /// The minute as it is, at the end of recording.
    pub fn take(&mut self) -> Option<(i64, Vec<Usage>)> {
        let start = self.frame.take()?;
        self.trim();
        let mut usage: Vec<Usage> = std::mem::take(&mut self.by_identity).into_values().collect();
        usage.sort_by(|a, b| (&a.identity, a.uid, &a.key).cmp(&(&b.identity, b.uid, &b.key)));
        Some((start, usage))
    }

    /// Keeps the identities that used the most CPU and those that hold the most memory; adds up the rest.
    fn trim(&mut self) {
        if self.by_identity.len() <= MOST {
            return;
        }
        let mut all: Vec<Usage> = std::mem::take(&mut self.by_identity).into_values().collect();
        all.sort_by(|a, b| b.cpu.total_cmp(&a.cpu));
        let mut rest = all.split_off(MOST / 2);
        rest.sort_by_key(|usage| std::cmp::Reverse(usage.memory));
        let small = rest.split_off(MOST / 2);
        for one in all.into_iter().chain(rest) {
            self.by_identity.insert(who(&one), one);
        }
        // One for each user. Programs at the same time add up …
        let mut others: HashMap<u32, Usage> = HashMap::new();
        for mut one in small {
            (one.key, one.identity) = (Untrusted::from(OTHER), Untrusted::from(OTHER));
            match others.get_mut(&one.uid) {
                Some(sum) => {
                    let (memory, processes) = (sum.memory + one.memory, sum.processes.saturating_add(one.processes));
                    fold(sum, &one);
                    (sum.memory, sum.processes) = (memory, processes);
                }
                None => {
                    others.insert(one.uid, one);
                }
            }
        }
        // … with what was left over earlier in the minute only their time does.
        for other in others.into_values() {
            match self.by_identity.get_mut(&who(&other)) {
                Some(sum) => fold(sum, &other),
                None => {
                    self.by_identity.insert(who(&other), other);
                }
            }
        }
    }
}

/// Adds a later stretch of the same identity: time and bytes add up, of levels the highest counts.
fn fold(sum: &mut Usage, more: &Usage) {
    sum.cpu += more.cpu;
    sum.io = match (sum.io, more.io) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    sum.memory = sum.memory.max(more.memory);
    sum.processes = sum.processes.max(more.processes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(identity: &str, processes: u32, cpu: f64, memory: u64, io: Option<u64>) -> Usage {
        Usage { key: "program:x".into(), identity: identity.into(), uid: 1000, processes, cpu, memory, io }
    }

    #[test]
    fn a_minute_is_given_once_when_it_is_over() {
        let mut minute = Minute::default();
        minute.add(65, vec![usage("cc", 2, 1.5, 100, Some(10)), usage("sh", 1, 0.0, 5, None)]);
        assert_eq!(minute.take_over(65), None);
        minute.add(120, vec![usage("cc", 8, 2.0, 50, None), usage("sh", 1, 0.0, 7, Some(3))]);
        assert_eq!(
            minute.take_over(120),
            Some((60, vec![usage("cc", 8, 3.5, 100, Some(10)), usage("sh", 1, 0.0, 7, Some(3))]))
        );
        assert_eq!(minute.take_over(121), None);
        minute.add(125, vec![usage("cc", 1, 1.0, 1, None)]);
        // The clock was set back meanwhile: the minute does not wait until that time comes again.
        assert_eq!(minute.take_over(10), Some((120, vec![usage("cc", 1, 1.0, 1, None)])));
        minute.add(15, vec![usage("cc", 1, 1.0, 1, None)]);
        assert_eq!(minute.take().map(|(start, _)| start), Some(0));
        assert_eq!(minute.take(), None);
    }

    #[test]
    fn a_minute_is_bounded_and_loses_no_time() {
        let mut minute = Minute::default();
        let count = 10_000u32;
        let names = (0..count).map(|at| usage(&format!("p{at}"), 1, f64::from(at), u64::from(count - at), Some(1)));
        for one in names {
            minute.add(30, vec![one]);
        }
        let (_, all) = minute.take().unwrap();
        assert!(all.len() <= MOST + 1, "{}", all.len());
        assert_eq!(all.iter().map(|one| one.cpu).sum::<f64>(), f64::from(count) * f64::from(count - 1) / 2.0);
        assert_eq!(all.iter().filter_map(|one| one.io).sum::<u64>(), u64::from(count));
        // The busiest and the largest keep their names.
        assert!(all.iter().any(|one| one.identity.as_bytes() == b"p9999"));
        assert!(all.iter().any(|one| one.identity.as_bytes() == b"p0"));
    }
}
