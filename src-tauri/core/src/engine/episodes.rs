//! Sessions and episodes, from tick to tick: what the pure rooms make of the samples goes into the tick's transaction.
//!
//! Those that go on are written once a minute, so that the end of power or of the process loses little of them; those
//! that begin or end, at once. At the end of recording they stay open: whoever records next knows whether their processes
//! are there still. Deliberately not here: when they begin and end (`why`).

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::gpus::Spent;
use super::news::SourceNow;
use crate::metrics::Metric;
use crate::model::throttle;
use crate::model::{GpuUse, Health, Now, Session, Source, Stretches, Tick, UseRules};
use crate::why::episode::{Episodes, Look};
use crate::why::session::{Moment, On, Sessions, Sight};

/// How often those that go on are written.
const WRITE: Duration = Duration::from_secs(60);

/// All of them, with what is known of the GPUs.
#[derive(Debug)]
pub(super) struct Stretching {
    sessions: Sessions,
    episodes: Episodes,
    numbered: i64,
    /// How each GPU is, as it was last told.
    health: HashMap<String, Health>,
    written: Duration,
    last_ts: Option<i64>,
}

impl Stretching {
    /// Goes on with what an earlier recorder left open.
    pub fn continuing(left: Stretches, last_ts: Option<i64>, now: Now) -> Stretching {
        Stretching {
            sessions: Sessions::continuing(left.sessions, last_ts, now),
            episodes: Episodes::continuing(left.episodes, last_ts, now),
            numbered: left.numbered,
            health: HashMap::default(),
            written: now.boot,
            last_ts: None,
        }
    }

    /// Adds what processes did, that was told too late for the tick that it belongs to.
    pub fn late(&mut self, uses: &[GpuUse]) {
        self.sessions.late(uses);
    }

    /// Takes what was read in a tick of about `step` seconds, and adds to it what is to be written. `spent` are the joules
    /// that were told since the last one.
    pub fn step(&mut self, tick: &mut Tick, now: Now, step: u64, rules: &UseRules, spent: Spent) {
        for (source, condition) in tick.conditions.iter().filter(|(source, _)| source.is_whole_gpu()) {
            self.health.insert(source.id.clone(), condition.health);
        }
        let passed = self.last_ts.replace(tick.ts).map(|last| tick.ts - last).filter(|passed| *passed > 0);
        let step = passed.map_or(step, |passed| step.min(passed as u64));
        let moment = Moment { ts: tick.ts, wall: now.wall, boot: now.boot, step };
        let mut looks = looks(tick);
        let health = &self.health;
        let sight = |source: &Source| match health.get(source.pack()) {
            _ if looks.iter().any(|look| look.source.id == source.pack()) => Sight::Read,
            Some(Health::Asleep) => Sight::Asleep,
            _ => Sight::Blind,
        };
        let uses = &tick.gpu_uses;
        tick.sessions = self.sessions.step(&moment, sight, uses, rules, &mut self.numbered);
        let told: HashSet<i64> = tick.sessions.iter().map(|one| one.id).collect();
        tick.sessions.extend(self.sessions.turned(&moment).into_iter().filter(|one| !told.contains(&one.id)));
        self.spend(spent);
        for source in self.episodes.sources() {
            if !is_among(&looks, source) {
                let asleep = self.health.get(&source.id) == Some(&Health::Asleep);
                looks.push(unread(source, if asleep { Sight::Asleep } else { Sight::Blind }));
            }
        }
        looks.sort_by(|a, b| a.source.id.cmp(&b.source.id));
        looks.iter_mut().for_each(|look| look.on = self.sessions.on(&look.source.id));
        tick.episodes = self.episodes.step(&moment, &looks, rules, &mut self.numbered);
        if now.boot.saturating_sub(self.written) >= WRITE {
            self.written = now.boot;
            self.add_open(tick);
        }
        self.join(&mut tick.sessions);
    }

    /// Adds those that go on to the last tick before a pause or the end. `spent` are the joules that were told since the
    /// one before.
    pub fn write(&mut self, tick: &mut Tick, spent: Spent) {
        self.spend(spent);
        self.add_open(tick);
        self.join(&mut tick.sessions);
    }

    /// Tells since when those who use a GPU do, and what they have taken since.
    pub fn date(&self, sources: &mut [SourceNow]) {
        for now in sources.iter_mut().filter(|now| !now.users.is_empty()) {
            for user in &mut now.users {
                let running = self.sessions.running(now.source.pack(), &user.key, user.uid);
                (user.since, user.energy) = running.map_or((None, None), |(since, joules)| (Some(since), joules));
            }
        }
    }

    fn spend(&mut self, spent: Spent) {
        for (who, joules) in &spent.by_use {
            self.sessions.spent(&who.source.id, &who.key, who.uid, *joules);
        }
        for (gpu, joules) in &spent.by_gpu {
            self.episodes.spent(gpu, *joules);
        }
    }

    /// Adds those that go on, as they stand, where the tick does not tell of them already.
    fn add_open(&self, tick: &mut Tick) {
        let told: HashSet<i64> = tick.sessions.iter().map(|one| one.id).collect();
        tick.sessions.extend(self.sessions.open().into_iter().filter(|one| !told.contains(&one.id)));
        let told: HashSet<i64> = tick.episodes.iter().map(|one| one.id).collect();
        tick.episodes.extend(self.episodes.open().into_iter().filter(|one| !told.contains(&one.id)));
    }

    /// A session is a part of the episode on its GPU.
    fn join(&self, sessions: &mut [Session]) {
        for one in sessions.iter_mut().filter(|one| one.episode.is_none()) {
            one.episode = self.episodes.latest(one.source.pack());
        }
    }
}

/// A look that tells nothing yet.
fn unread(source: &Arc<Source>, sight: Sight) -> Look {
    Look {
        source: source.clone(),
        sight,
        utilization: None,
        temperature: None,
        power: None,
        is_throttled: None,
        explained: None,
        on: On::default(),
    }
}

fn is_among(looks: &[Look], source: &Source) -> bool {
    looks.iter().any(|look| look.source.id == source.id)
}

/// What each GPU that was read tells. Machines have few, so that a list is asked faster than a table.
fn looks(tick: &Tick) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    // Readings of one source mostly stand together.
    for readings in tick.readings.chunk_by(|a, b| Arc::ptr_eq(&a.source, &b.source)) {
        let Some(source) = readings.first().map(|first| &first.source).filter(|source| source.is_whole_gpu()) else {
            continue;
        };
        let look = look_at(&mut looks, source);
        for reading in readings {
            let value = Some(reading.metric.to_value(reading.stored as f64));
            match reading.metric {
                Metric::GpuUtilization => look.utilization = value,
                Metric::GpuTemperature => look.temperature = value,
                Metric::GpuPower => look.power = value,
                Metric::GpuThrottle => {
                    look.is_throttled = Some(reading.stored as u64 & throttle::HELD_BACK != 0);
                }
                _ => {}
            }
        }
    }
    for one in tick.gpu_uses.iter().filter(|one| one.source.is_whole_gpu()) {
        look_at(&mut looks, &one.source);
    }
    for look in &mut looks {
        let mut own = tick.gpu_uses.iter().filter(|one| one.source.pack() == look.source.id).peekable();
        // A GPU that nobody has is used by nobody.
        let nobody = own.peek().is_none().then_some(0.0);
        look.explained = own.filter_map(|one| one.explains()).chain(nobody).reduce(|a, b| a + b);
    }
    looks
}

fn look_at<'a>(looks: &'a mut Vec<Look>, source: &Arc<Source>) -> &'a mut Look {
    let known = looks.iter().position(|look| look.source.id == source.id);
    let at = known.unwrap_or_else(|| {
        looks.push(unread(source, Sight::Read));
        looks.len() - 1
    });
    &mut looks[at]
}
