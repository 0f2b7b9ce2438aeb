//! What identities did on each GPU, and what the GPU took, folded into minutes.
//!
//! A GPU's counter is kept in whole joules, so that a stretch of few of them tells little about whose they are: stretches
//! are added up until there is something to split. Deliberately not here: how joules are split (`energy`), who is what
//! identity (`sensors`), and which of them are worth keeping (`store`).

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::energy::{Meter, Passed, split};
use super::frame::{Frame, MOST, OTHER, TRIM};
use crate::metrics::Metric;
use crate::model::{GpuEnergy, GpuMinute, GpuUsage, GpuUse, Reading, Source, UNUSED_PERCENT};
use crate::untrusted::Untrusted;

/// A stretch with at least this many joules is split, or one of this many seconds.
const ENOUGH_JOULES: f64 = 16.0;
const ENOUGH_SECONDS: f64 = 10.0;

/// Who used what.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub source: Arc<Source>,
    pub key: Untrusted,
    pub identity: Untrusted,
    pub uid: Option<u32>,
}

impl Who {
    fn parts(&self) -> (&str, &Untrusted, &Untrusted, Option<u32>) {
        (&self.source.id, &self.key, &self.identity, self.uid)
    }
}

// A source is known by its id: there may be several copies of it. Keys tell most apart, so they go first.
impl PartialEq for Who {
    fn eq(&self, other: &Who) -> bool {
        self.key == other.key
            && self.uid == other.uid
            && is_same(&self.source, &other.source)
            && self.identity == other.identity
    }
}

impl Eq for Who {}

impl Hash for Who {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The rest rarely differs where the key is the same.
        self.key.hash(state);
    }
}

fn is_same(one: &Arc<Source>, other: &Arc<Source>) -> bool {
    Arc::ptr_eq(one, other) || one.id == other.id
}

fn who(one: &GpuUse) -> Who {
    let GpuUse { source, key, identity, uid, .. } = one;
    Who { source: source.clone(), key: key.clone(), identity: identity.clone(), uid: *uid }
}

fn is_by(one: &GpuUse, who: &Who) -> bool {
    let GpuUse { source, key, identity, uid, .. } = one;
    *key == who.key && *uid == who.uid && is_same(source, &who.source) && *identity == who.identity
}

/// One GPU.
#[derive(Debug)]
struct Gpu {
    meter: Meter,
    /// What was not split yet.
    open: Stretch,
    minute: GpuEnergy,
}

/// Time whose joules were not split yet.
#[derive(Debug, Default)]
struct Stretch {
    joules: f64,
    seconds: f64,
    /// Seconds in which the GPU worked; `None` where it did not tell that of all of them.
    busy: Option<f64>,
    /// Nobody used it in any of them.
    settled: bool,
    /// Few at a time: a list is asked faster than a table.
    users: Vec<(Who, f64)>,
}

/// Joules of stretches that were split, until somebody takes them.
#[derive(Debug, Default)]
pub(super) struct Spent {
    /// By who worked on which GPU.
    pub by_use: Vec<(Who, f64)>,
    /// By the GPU's id: all that it took.
    pub by_gpu: Vec<(String, f64)>,
}

/// All GPUs, and the minute that is being folded.
#[derive(Debug, Default)]
pub(super) struct Gpus {
    frame: Frame,
    by_id: HashMap<String, Gpu>,
    usage: HashMap<Who, GpuUsage>,
    spent: Spent,
    /// What each GPU takes when nobody uses it, as far as the store knew when recording began.
    idle: HashMap<String, f64>,
}

impl Gpus {
    /// No GPU yet; of some it is known what they take when nobody uses them.
    pub fn knowing(idle_power: Vec<(String, f64)>) -> Gpus {
        Gpus { idle: idle_power.into_iter().collect(), ..Gpus::default() }
    }

    /// Adds what one sensor read at the tick `ts`, which ends a stretch of about `step` seconds. `quiet` are its sources
    /// that have no readings now.
    pub fn sample<'a>(
        &mut self,
        ts: i64,
        boot: Duration,
        step: u64,
        readings: &[Reading],
        uses: &[GpuUse],
        quiet: impl Iterator<Item = &'a Arc<Source>>,
    ) {
        // Readings of one source mostly stand together.
        let mut gpus: Vec<(&Arc<Source>, [Option<f64>; 4])> = Vec::new();
        for own in readings.chunk_by(|a, b| Arc::ptr_eq(&a.source, &b.source)) {
            let Some(source) = own.first().map(|first| &first.source).filter(|source| source.is_whole_gpu()) else {
                continue;
            };
            let at = gpus.iter().position(|(gpu, _)| gpu.id == source.id).unwrap_or_else(|| {
                gpus.push((source, [None; 4]));
                gpus.len() - 1
            });
            let values = &mut gpus[at].1;
            for reading in own {
                let at = match reading.metric {
                    Metric::GpuEnergy => 0,
                    Metric::GpuPower => 1,
                    Metric::GpuUtilization => 2,
                    Metric::GpuEncoder | Metric::GpuDecoder | Metric::GpuVideo => 3,
                    _ => continue,
                };
                let value = reading.metric.to_value(reading.stored as f64);
                values[at] = Some(values[at].map_or(value, |other: f64| other.max(value)));
            }
        }
        gpus.retain(|(_, values)| values.iter().any(Option::is_some));
        for source in quiet.filter(|source| source.is_whole_gpu() && !gpus.iter().any(|(gpu, _)| gpu.id == source.id)) {
            if let Some(gpu) = self.by_id.get_mut(&source.id) {
                gpu.meter.pause();
            }
        }
        if gpus.is_empty() && uses.is_empty() {
            return;
        }
        let start = self.frame.begin(ts);
        for (source, [counter, power, utilization, video]) in gpus {
            let id = source.id.as_str();
            if !self.by_id.contains_key(id) {
                let meter = Meter::knowing(self.idle.get(id).copied());
                self.by_id.insert(id.to_owned(), Gpu { meter, open: Stretch::default(), minute: none_of(source) });
            }
            let Some(gpu) = self.by_id.get_mut(id) else { continue };
            let own: Vec<&GpuUse> = uses.iter().filter(|one| one.source.pack() == id).collect();
            let since = gpu.meter.since_last(boot);
            // Without its load nobody can tell: whom `/proc` hides may use it.
            let shares: f64 = own.iter().filter_map(|one| one.share).sum();
            let others = shares.max(video.unwrap_or(0.0));
            let unused = utilization.is_some_and(|percent| percent.max(others) <= UNUSED_PERCENT);
            let passed = gpu.meter.read(boot, counter, power, unused, step as f64);
            // How busy it is now tells of a tick, and not of an hour.
            let recent = since.filter(|seconds| *seconds <= 2.5 * step as f64);
            let busy = utilization.zip(recent).map(|(percent, seconds)| percent / 100.0 * seconds);
            // A GPU that nobody has is used by nobody.
            let told = own.iter().map(|one| one.explains()).fold(own.is_empty().then_some(0.0), add);
            gpu.minute.busy = add(gpu.minute.busy, busy);
            let limit = busy.or(since);
            gpu.minute.explained = add(gpu.minute.explained, told.zip(limit).map(|(told, limit)| told.min(limit)));
            match passed {
                Passed::Untold => {}
                Passed::Missing(seconds) => gpu.minute.missing += seconds.min((ts - start).clamp(0, 60) as f64),
                Passed::Took { joules, seconds } => {
                    let open = &mut gpu.open;
                    open.settled = (open.seconds == 0.0 || open.settled) && gpu.meter.is_settled(boot);
                    open.busy = if open.seconds == 0.0 { busy } else { open.busy.zip(busy).map(|(a, b)| a + b) };
                    open.joules += joules;
                    open.seconds += seconds;
                    for one in own {
                        let Some(busy) = one.explains().filter(|busy| *busy > 0.0) else { continue };
                        match open.users.iter_mut().find(|(who, _)| is_by(one, who)) {
                            Some((_, sum)) => *sum += busy,
                            None => open.users.push((who(one), busy)),
                        }
                    }
                    if open.joules >= ENOUGH_JOULES || open.seconds >= ENOUGH_SECONDS {
                        gpu.close(&mut self.usage, &mut self.spent);
                    }
                }
            }
        }
        self.note(uses);
    }

    /// Adds what processes did, that was told too late for the tick that it belongs to.
    pub fn late(&mut self, ts: i64, uses: &[GpuUse]) {
        if !uses.is_empty() {
            self.frame.begin(ts);
            self.note(uses);
        }
    }

    /// Adds times, and the memory that the processes of each identity have together.
    fn note(&mut self, uses: &[GpuUse]) {
        let mut joined: Vec<(Who, [Option<f64>; 3], Option<u64>)> = Vec::with_capacity(uses.len());
        for one in uses {
            let at = joined.iter().position(|(who, ..)| is_by(one, who)).unwrap_or_else(|| {
                joined.push((who(one), [None; 3], None));
                joined.len() - 1
            });
            let (_, times, vram) = &mut joined[at];
            for (sum, more) in times.iter_mut().zip([one.busy, one.encoder, one.decoder]) {
                *sum = add(*sum, more);
            }
            *vram = one.vram.map(|bytes| vram.unwrap_or(0).saturating_add(bytes)).or(*vram);
        }
        for (who, [busy, encoder, decoder], vram) in joined {
            let usage = entry(&mut self.usage, who);
            usage.busy = add(usage.busy, busy);
            usage.encoder = add(usage.encoder, encoder);
            usage.decoder = add(usage.decoder, decoder);
            usage.vram = usage.vram.max(vram.map(|bytes| bytes.min(i64::MAX as u64)));
        }
        if self.usage.len() > TRIM {
            self.trim();
        }
    }

    /// The joules of stretches that were split since this was last asked.
    pub fn spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    /// The minute, where the tick `ts` is past its end (or the clock is before its beginning).
    pub fn take_over(&mut self, ts: i64) -> Option<GpuMinute> {
        if self.frame.is_over(ts) { self.take() } else { None }
    }

    /// The minute as it is, at the end of recording.
    pub fn take(&mut self) -> Option<GpuMinute> {
        let start = self.frame.take()?;
        let mut energy = Vec::new();
        for gpu in self.by_id.values_mut() {
            gpu.close(&mut self.usage, &mut self.spent);
            let empty = none_of(&gpu.minute.source);
            let minute = std::mem::replace(&mut gpu.minute, empty);
            if minute.energy.or(minute.busy).is_some() || minute.missing > 0.0 {
                energy.push(minute);
            }
        }
        self.trim();
        let mut usage: Vec<_> = std::mem::take(&mut self.usage).into_iter().collect();
        usage.sort_by(|a, b| a.0.parts().cmp(&b.0.parts()));
        energy.sort_by(|a, b| a.source.id.cmp(&b.source.id));
        let usage: Vec<GpuUsage> = usage.into_iter().map(|(_, usage)| usage).collect();
        (!usage.is_empty() || !energy.is_empty()).then_some(GpuMinute { start, usage, energy })
    }

    /// Keeps the identities that used the most time and those that hold the most memory; adds up the rest.
    fn trim(&mut self) {
        if self.usage.len() <= MOST {
            return;
        }
        let mut all: Vec<(Who, GpuUsage)> = std::mem::take(&mut self.usage).into_iter().collect();
        all.sort_by(|a, b| b.1.busy.unwrap_or(0.0).total_cmp(&a.1.busy.unwrap_or(0.0)));
        let mut rest = all.split_off(MOST / 2);
        rest.sort_by_key(|(_, usage)| std::cmp::Reverse(usage.vram));
        let small = rest.split_off(MOST / 2);
        self.usage.extend(all.into_iter().chain(rest));
        for (Who { source, uid, .. }, one) in small {
            let who = Who { source, key: Untrusted::from(OTHER), identity: Untrusted::from(OTHER), uid };
            let other = entry(&mut self.usage, who);
            other.busy = add(other.busy, one.busy);
            other.encoder = add(other.encoder, one.encoder);
            other.decoder = add(other.decoder, one.decoder);
            other.energy = add(other.energy, one.energy);
            other.vram = other.vram.max(one.vram);
        }
    }
}

impl Gpu {
    /// Splits what is open.
    fn close(&mut self, usage: &mut HashMap<Who, GpuUsage>, spent: &mut Spent) {
        let Stretch { joules, seconds, busy, settled, mut users } = std::mem::take(&mut self.open);
        if seconds <= 0.0 {
            return;
        }
        let times: Vec<f64> = users.iter().map(|(_, seconds)| *seconds).collect();
        let parts = split(joules, self.meter.idle(joules, seconds, settled), seconds, busy, &times);
        self.minute.energy = add(self.minute.energy, Some(joules));
        self.minute.idle = add(self.minute.idle, parts.idle);
        self.minute.attributed = add(self.minute.attributed, Some(parts.attributed()));
        spent.by_gpu.push((self.minute.source.id.clone(), joules));
        for ((who, _), energy) in users.drain(..).zip(parts.users) {
            let usage = match usage.get_mut(&who) {
                Some(known) => known,
                None => entry(usage, who.clone()),
            };
            usage.energy = add(usage.energy, Some(energy));
            spent.by_use.push((who, energy));
        }
        // A GPU at work is split at each tick: the list keeps its room.
        self.open.users = users;
    }
}

fn entry(all: &mut HashMap<Who, GpuUsage>, who: Who) -> &mut GpuUsage {
    all.entry(who).or_insert_with_key(|Who { source, key, identity, uid }| GpuUsage {
        source: source.clone(),
        key: key.clone(),
        identity: identity.clone(),
        uid: *uid,
        busy: None,
        vram: None,
        encoder: None,
        decoder: None,
        energy: None,
    })
}

fn none_of(source: &Arc<Source>) -> GpuEnergy {
    let source = source.clone();
    GpuEnergy { source, energy: None, idle: None, attributed: None, busy: None, explained: None, missing: 0.0 }
}

/// What is not known adds nothing.
fn add(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    match (sum, more) {
        (Some(sum), Some(more)) => Some(sum + more),
        (sum, more) => sum.or(more),
    }
}

#[cfg(test)]
mod tests;
