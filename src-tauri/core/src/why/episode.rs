//! Episodes: one GPU's stretch of use, by whomever.
//!
//! An episode begins with the first session on the GPU, or where the GPU is as busy as a session would have to be and
//! nobody is known for it, and lasts until all that is over. Its remainder is what known processes do not explain.
//! Deliberately not here: whose sessions those are (`session`).

use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::session::On;
use super::stretch::{Moment, Sight, Sum, Window, highest, last_seen, sum};
use crate::model::{Ended, Episode, Now, Source, UseRules};

/// Between two looks at a GPU nothing is known of longer than this many ticks.
const LONGEST_TICKS: f64 = 2.5;

/// What one GPU tells in a tick.
#[derive(Clone, Debug)]
pub struct Look {
    /// The GPU.
    pub source: Arc<Source>,
    /// Whether that was read.
    pub sight: Sight,
    /// Percent of its time in which it worked.
    pub utilization: Option<f64>,
    /// In °C.
    pub temperature: Option<f64>,
    /// In W.
    pub power: Option<f64>,
    /// Whether anything held it back.
    pub is_throttled: Option<bool>,
    /// Seconds of its time that known processes used; `None` where that is not told of any.
    pub explained: Option<f64>,
    /// The sessions on it.
    pub on: On,
}

/// What adds up of an episode.
#[derive(Clone, Debug, Default)]
struct Taken {
    busy: Option<f64>,
    explained: Option<f64>,
    throttled: Option<f64>,
    energy: Option<f64>,
    temperature: Option<f64>,
    power: Option<f64>,
}

impl Sum for Taken {
    fn add(&mut self, more: Taken) {
        self.busy = sum(self.busy, more.busy);
        self.explained = sum(self.explained, more.explained);
        self.throttled = sum(self.throttled, more.throttled);
        self.energy = sum(self.energy, more.energy);
        self.temperature = highest(self.temperature, more.temperature);
        self.power = highest(self.power, more.power);
    }
}

#[derive(Debug)]
struct Open {
    id: i64,
    start: i64,
    total: Taken,
    /// What was taken since its last tick with use.
    pause: Taken,
}

#[derive(Debug)]
struct Gpu {
    source: Arc<Source>,
    window: Window<Taken>,
    open: Option<Open>,
    /// Its last tick with use.
    end: i64,
    last: Duration,
    /// When it was last read.
    read: Option<Duration>,
    /// An earlier recorder began it, and nothing was done since.
    is_doubtful: bool,
    /// The number of the episode that goes on, or was the last.
    latest: Option<i64>,
}

/// The episodes of all GPUs.
#[derive(Debug, Default)]
pub struct Episodes {
    gpus: HashMap<String, Gpu>,
    last: Option<Moment>,
    /// What an earlier recorder left open, and is over for sure.
    over: Vec<Episode>,
}

impl Episodes {
    /// Goes on with what an earlier recorder left open. It wrote its last tick at `last_ts`.
    pub fn continuing(left: Vec<Episode>, last_ts: Option<i64>, now: Now) -> Episodes {
        let mut episodes = Episodes::default();
        for one in left {
            match last_seen(one.end, last_ts, now).filter(|_| !episodes.gpus.contains_key(&one.source.id)) {
                Some(last) => {
                    episodes.gpus.insert(one.source.id.clone(), Gpu::left(one, last));
                }
                None => episodes.over.push(Episode { ended: Some(Ended::Unknown), ..one }),
            }
        }
        episodes
    }

    /// Takes a tick; gives the episodes that began or ended with it. `numbered` is the highest number given so far.
    pub fn step(&mut self, now: &Moment, looks: &[Look], rules: &UseRules, numbered: &mut i64) -> Vec<Episode> {
        let mut changed = std::mem::take(&mut self.over);
        if let Some(before) = self.last.replace(*now) {
            let moved = now.moved_since(&before);
            self.gpus.values_mut().filter(|_| moved != 0).for_each(|gpu| gpu.shift(moved));
            if !now.bridges(before.boot, rules.bridge) {
                for gpu in self.gpus.values_mut() {
                    changed.extend(gpu.close(Ended::Unknown));
                    gpu.window = Window::default();
                }
            }
        }
        for look in looks {
            let is_busy = look.utilization.is_some_and(|percent| percent > 0.0 && percent >= rules.share);
            if !self.gpus.contains_key(&look.source.id) {
                self.gpus.insert(look.source.id.clone(), Gpu::new(&look.source, now));
            }
            let Some(gpu) = self.gpus.get_mut(&look.source.id) else { continue };
            changed.extend(gpu.take(look, is_busy || look.on.is_used, now, rules, numbered));
        }
        let looked = |id: &str| looks.iter().find(|look| look.source.id == id);
        for (id, gpu) in &mut self.gpus {
            let look = looked(id);
            // A session that goes on keeps its episode open.
            if look.is_some_and(|look| look.on.since.is_some()) || now.may_bridge(gpu.last, rules.bridge) {
                continue;
            }
            gpu.window = Window::default();
            let sight = look.map_or(Sight::Blind, |look| look.sight);
            let is_known = sight != Sight::Blind && !gpu.is_doubtful;
            changed.extend(gpu.close(if is_known { Ended::Idle } else { Ended::Unknown }));
        }
        changed.sort_by_key(|episode| episode.id);
        changed
    }

    /// Adds joules that the GPU of this id took, a little earlier.
    pub fn spent(&mut self, source: &str, joules: f64) {
        if let Some(gpu) = self.gpus.get_mut(source) {
            let taken = Taken { energy: Some(joules), ..Taken::default() };
            match &mut gpu.open {
                Some(open) => open.total.add(taken),
                None => gpu.window.more(taken),
            }
        }
    }

    /// Those that go on, as they stand.
    pub fn open(&self) -> Vec<Episode> {
        let mut open: Vec<Episode> = self.gpus.values().filter_map(Gpu::row).collect();
        open.sort_by_key(|episode| episode.id);
        open
    }

    /// Every GPU that was seen.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.gpus.values().map(|gpu| &gpu.source)
    }

    /// The number of the episode that goes on on the GPU of this id, or was the last.
    pub fn latest(&self, gpu: &str) -> Option<i64> {
        self.gpus.get(gpu)?.latest
    }
}

impl Gpu {
    fn new(source: &Arc<Source>, now: &Moment) -> Gpu {
        Gpu {
            source: source.clone(),
            window: Window::default(),
            open: None,
            end: now.ts,
            last: now.boot,
            read: None,
            is_doubtful: false,
            latest: None,
        }
    }

    /// What an earlier recorder left open, and last saw used at this boot time.
    fn left(one: Episode, last: Duration) -> Gpu {
        let total = Taken {
            busy: one.busy,
            explained: one.explained,
            throttled: one.throttled,
            energy: one.energy,
            temperature: one.temperature,
            power: one.power,
        };
        Gpu {
            source: one.source,
            window: Window::default(),
            open: Some(Open { id: one.id, start: one.start, total, pause: Taken::default() }),
            end: one.end,
            last,
            read: None,
            is_doubtful: true,
            latest: Some(one.id),
        }
    }

    /// Takes what it tells; gives the episodes that ended or began with that.
    fn take(
        &mut self,
        look: &Look,
        is_active: bool,
        now: &Moment,
        rules: &UseRules,
        numbered: &mut i64,
    ) -> Vec<Episode> {
        let mut changed = Vec::new();
        let taken = self.taken(look, now);
        if is_active && self.open.is_some() && look.on.since.is_none() && !now.bridges(self.last, rules.bridge) {
            let ended = if self.is_doubtful { Ended::Unknown } else { Ended::Idle };
            changed.extend(self.close(ended));
        }
        match &mut self.open {
            Some(open) if is_active => {
                // A session counts from its beginning on, which may lie before what the GPU itself told.
                open.start = look.on.since.map_or(open.start, |since| since.min(open.start));
                open.total.add(std::mem::take(&mut open.pause));
                open.total.add(taken);
            }
            Some(open) => open.pause.add(taken),
            None if is_active => {
                let busy = look.utilization.unwrap_or(0.0) / 100.0 * now.step as f64;
                self.window.used(now, rules, busy, taken);
            }
            None => self.window.more(taken),
        }
        if !is_active {
            return changed;
        }
        (self.end, self.last, self.is_doubtful) = (now.ts, now.boot, false);
        if self.open.is_none()
            && let Some(start) = [look.on.since, self.window.counts(now, rules)].into_iter().flatten().min()
            && let Some((_, total)) = self.window.take_from(start)
        {
            *numbered += 1;
            self.latest = Some(*numbered);
            self.open = Some(Open { id: *numbered, start, total, pause: Taken::default() });
            changed.extend(self.row());
        }
        changed
    }

    fn taken(&mut self, look: &Look, now: &Moment) -> Taken {
        if look.sight != Sight::Read {
            return Taken::default();
        }
        let step = now.step as f64;
        let since = self.read.replace(now.boot).map(|last| now.boot.saturating_sub(last).as_secs_f64());
        let seconds = since.filter(|seconds| *seconds <= LONGEST_TICKS * step).unwrap_or(step);
        let busy = look.utilization.map(|percent| percent.clamp(0.0, 100.0) / 100.0 * seconds);
        Taken {
            busy,
            // Nobody explains more than there was.
            explained: look.explained.zip(busy).map(|(explained, busy)| explained.min(busy)),
            throttled: look.is_throttled.map(|is_throttled| if is_throttled { seconds } else { 0.0 }),
            energy: None,
            temperature: look.temperature,
            power: look.power,
        }
    }

    fn close(&mut self, ended: Ended) -> Option<Episode> {
        let row = self.row()?;
        (self.open, self.is_doubtful) = (None, false);
        Some(Episode { ended: Some(ended), ..row })
    }

    /// The wall clock was set.
    fn shift(&mut self, seconds: i64) {
        self.end = self.end.saturating_add(seconds);
        self.window.shift(seconds);
        if let Some(open) = &mut self.open {
            open.start = open.start.saturating_add(seconds);
        }
    }

    fn row(&self) -> Option<Episode> {
        let Open { id, start, total, .. } = self.open.as_ref()?;
        Some(Episode {
            id: *id,
            source: self.source.clone(),
            start: *start,
            end: self.end.max(*start),
            ended: None,
            busy: total.busy,
            explained: total.explained,
            energy: total.energy,
            temperature: total.temperature,
            power: total.power,
            throttled: total.throttled,
        })
    }
}

#[cfg(test)]
mod tests;
