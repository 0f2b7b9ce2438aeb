//! What a GPU was used for in a stretch of time that is otherwise than in the time before it.
//!
//! The time before is four times as long, or as long as there is one. Shares and powers are of all of the time, whether
//! or not the machine ran; of what was not read nothing is known, and that time counts for neither. Deliberately not here:
//! words, which the faces find.

use std::collections::HashMap;

use super::Face;
use crate::model::answer::{Change, Changes, GpuTotal, SCHEMA, Used};
use crate::store::StoreError;

/// The time before is so many times as long.
const LONGER: i64 = 4;
/// At most so many differences are told.
const MOST: usize = 5;
/// A difference that a person would notice: in percent of the GPU's time, in bytes, and in watts.
const NOTICED_SHARE: f64 = 3.0;
const NOTICED_VRAM: f64 = 512.0 * 1024.0 * 1024.0;
const NOTICED_POWER: f64 = 5.0;

impl Face {
    /// What a GPU was used for from `since` until `until` (Unix seconds), by whole minutes, that is otherwise than before.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn changes(&self, source: &str, since: i64, until: i64) -> Result<Changes, StoreError> {
        let since = since.div_euclid(60) * 60;
        let until = until.saturating_add(59).div_euclid(60) * 60;
        let oldest = self.reader.oldest_use()?.unwrap_or(i64::MAX);
        let wanted = since.saturating_sub(until.saturating_sub(since).max(0).saturating_mul(LONGER));
        let before = Some(wanted.max(oldest)).filter(|begin| *begin < since);
        let mut changes =
            Changes { schema: SCHEMA, source: source.to_owned(), since, until, before, changes: Vec::new() };
        if let Some(begin) = before {
            let (then, now) = (self.uses(source, begin, since)?, self.uses(source, since, until)?);
            changes.changes = differences(&then, &now);
        }
        Ok(changes)
    }

    /// What each used, by key and user.
    fn uses(&self, source: &str, since: i64, until: i64) -> Result<Uses, StoreError> {
        let total = self.reader.gpu_usages(since, until)?.gpus.into_iter().find(|gpu| gpu.source == source);
        Ok(total.map(|total| rates(&total, (until - since) as f64)).unwrap_or_default())
    }
}

/// What each used, by key and user, with its name.
type Uses = HashMap<(String, Option<u32>), (String, Used)>;

/// What each used of a time of so many seconds.
fn rates(total: &GpuTotal, seconds: f64) -> Uses {
    let known = (seconds - total.missing).max(1.0);
    let mut uses = Uses::new();
    for one in &total.usages {
        let (_, sum) = uses
            .entry((one.key.clone(), one.uid))
            .or_insert_with(|| (one.identity.clone(), Used { share: None, vram: None, power: None }));
        let add = |sum: Option<f64>, value: Option<f64>| value.map_or(sum, |value| Some(sum.unwrap_or(0.0) + value));
        let share = one.busy.map(|busy| (busy / known * 100.0).min(100.0));
        sum.share = add(sum.share, share);
        sum.power = add(sum.power, one.energy.map(|joules| joules / known));
        sum.vram = sum.vram.max(one.vram);
    }
    uses
}

/// What differs so much that a person would notice it, the most first.
fn differences(then: &Uses, now: &Uses) -> Vec<Change> {
    const UNUSED: Used = Used { share: Some(0.0), vram: Some(0), power: Some(0.0) };
    let mut found: Vec<(f64, Change)> = Vec::new();
    let gone = then.iter().filter(|(who, _)| !now.contains_key(*who));
    for (who, (name, used)) in now.iter().chain(gone) {
        let of = |uses: &Uses| uses.get(who).map_or(UNUSED, |(_, used)| *used);
        let (before, now) = (of(then), if now.contains_key(who) { *used } else { UNUSED });
        let weight = weight(before, now);
        if weight >= 1.0 {
            found.push((weight, Change { identity: name.clone(), key: who.0.clone(), uid: who.1, now, before }));
        }
    }
    found
        .sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| (&one.key, one.uid).cmp(&(&other.key, other.uid))));
    found.into_iter().take(MOST).map(|(_, change)| change).collect()
}

/// How many times as much as a person would notice. What is not known on either side says nothing.
fn weight(before: Used, now: Used) -> f64 {
    let differ = |a: Option<f64>, b: Option<f64>, noticed: f64| a.zip(b).map_or(0.0, |(a, b)| (a - b).abs() / noticed);
    let bytes = |vram: Option<u64>| vram.map(|bytes| bytes as f64);
    differ(before.share, now.share, NOTICED_SHARE)
        .max(differ(bytes(before.vram), bytes(now.vram), NOTICED_VRAM))
        .max(differ(before.power, now.power, NOTICED_POWER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(all: &[(&str, f64, u64)]) -> Uses {
        all.iter()
            .map(|&(name, share, gib)| {
                let used = Used { share: Some(share), vram: Some(gib << 30), power: None };
                ((format!("program:{name}"), Some(1000)), (name.to_owned(), used))
            })
            .collect()
    }

    fn told(then: &[(&str, f64, u64)], now: &[(&str, f64, u64)]) -> Vec<String> {
        let told = differences(&uses(then), &uses(now));
        let share = |used: Used| used.share.unwrap_or(-1.0);
        told.iter().map(|one| format!("{} {} to {}", one.identity, share(one.before), share(one.now))).collect()
    }

    #[test]
    fn who_came_who_went_and_who_does_more_is_told_and_noise_is_not() {
        let then = [("Ollama", 30.0, 8), ("GNOME Shell", 1.0, 0), ("Firefox", 2.0, 1)];
        let now = [("Blender", 90.0, 6), ("GNOME Shell", 3.5, 0), ("Firefox", 2.0, 3)];
        assert_eq!(told(&then, &now), ["Blender 0 to 90", "Ollama 30 to 0", "Firefox 2 to 2"]);
        assert!(told(&then, &then).is_empty());
    }

    #[test]
    fn no_more_is_told_than_a_person_reads() {
        let now: Vec<_> = ["a", "b", "c", "d", "e", "f", "g"].iter().map(|name| (*name, 10.0, 0)).collect();
        assert_eq!(told(&[], &now).len(), MOST);
    }

    #[test]
    fn what_a_driver_does_not_tell_differs_from_nothing() {
        let unknown = Used { share: None, vram: None, power: None };
        let busy = Used { share: Some(90.0), vram: Some(8 << 30), power: Some(200.0) };
        assert_eq!(weight(unknown, busy), 0.0);
    }
}
