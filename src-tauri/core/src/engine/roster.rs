//! Every source that was seen: its health and its newest values, folded from what the sensors say.
//!
//! A source belongs to the sensor that named it first; another one may add values to it (a chip's temperature of a disk).
//! Deliberately not here: threads and deadlines (`probe`), and the past (`journal`).

use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use super::news::SourceNow;
use crate::metrics::Metric;
use crate::model::{Condition, GpuUse, Health, Reading, Source, SourceKind, Tick};
use crate::say;
use crate::why::{Quiet, User};

/// How long a source that is gone is remembered; a container host makes and loses network interfaces all day.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// How many copies of one source are known by their address.
const COPIES: usize = 4;

/// Who said something: the engine itself, or a sensor.
pub(super) type Voice = usize;

/// The engine's own voice. It owns no source that a sensor names, too.
pub(super) const OWN: Voice = 0;

/// A source's place in the roster.
pub(super) type Place = usize;

/// One source.
#[derive(Debug)]
struct Entry {
    source: Arc<Source>,
    /// Earlier copies of the same source, kept so that no other source can have their address.
    copies: Vec<Arc<Source>>,
    owner: Voice,
    /// Who spoke of it; nearly always one.
    voices: Vec<Voice>,
    condition: Condition,
    /// Whether the store knows the condition.
    told: bool,
    values: Vec<(Metric, f64, Voice)>,
    /// Who uses it, where it is a GPU.
    users: Vec<(User, Voice)>,
    quiet: Quiet,
    /// The samples that last mentioned it, and that last said how it is.
    mentioned: u64,
    conditioned: u64,
    /// Whether it had values at the end of the last tick.
    had_values: bool,
    /// Boot time since which it is lost.
    lost: Option<Duration>,
}

/// All sources.
#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: Vec<Option<Entry>>,
    by_address: HashMap<usize, Place>,
    by_id: HashMap<String, Place>,
    /// The places that each voice spoke of.
    members: Vec<Vec<Place>>,
    samples: u64,
}

fn address(source: &Arc<Source>) -> usize {
    Arc::as_ptr(source) as usize
}

impl Roster {
    /// Folds a successful sample of `voice` into the roster and `tick`. What it no longer mentions is lost. `each` sees
    /// every reading with its place.
    pub fn fold(
        &mut self,
        voice: Voice,
        mut readings: Vec<Reading>,
        conditions: Vec<(Arc<Source>, Condition)>,
        boot: Duration,
        tick: &mut Tick,
        mut each: impl FnMut(Place, &Reading, f64),
    ) {
        self.samples += 1;
        let sample = self.samples;
        self.silence(voice);
        // Readings of one source stand together: the table is asked once for all of them.
        let mut last = (0, 0);
        for reading in &readings {
            let here = address(&reading.source);
            if last.0 != here {
                last = (here, self.place(voice, &reading.source));
            }
            let value = reading.metric.to_value(reading.stored as f64);
            if let Some(entry) = &mut self.entries[last.1] {
                entry.mentioned = sample;
                entry.values.push((reading.metric, value, voice));
                if reading.metric == Metric::GpuUtilization {
                    entry.quiet.read(tick.ts, value);
                }
            }
            each(last.1, reading, value);
        }
        for (source, condition) in conditions {
            let place = self.place(voice, &source);
            if let Some(entry) = &mut self.entries[place] {
                entry.mentioned = sample;
                entry.conditioned = sample;
                entry.turn(condition.health, &condition.reason, boot, tick);
            }
        }
        for &place in &self.members[voice] {
            let Some(entry) = &mut self.entries[place] else { continue };
            if entry.owner != voice || entry.conditioned == sample {
                continue;
            }
            if entry.mentioned == sample {
                entry.turn(Health::Ok, "", boot, tick);
            } else if entry.values.is_empty() {
                entry.turn(Health::Lost, say!("no longer present"), boot, tick);
            }
        }
        if tick.readings.is_empty() { tick.readings = readings } else { tick.readings.append(&mut readings) }
    }

    /// Gives every source of `voice` this health and takes its values away.
    pub fn fail(&mut self, voice: Voice, health: Health, reason: &str, boot: Duration, tick: &mut Tick) {
        self.silence(voice);
        let Some(members) = self.members.get(voice) else { return };
        for &place in members {
            if let Some(entry) = self.entries[place].as_mut().filter(|entry| entry.owner == voice) {
                // What was gone before the sensor failed is gone still.
                if entry.condition.health != Health::Lost {
                    entry.turn(health, reason, boot, tick);
                }
            }
        }
    }

    /// Adds one value of a source, and leaves the other values of the voice as they are.
    pub fn put(
        &mut self,
        voice: Voice,
        source: &Arc<Source>,
        metric: Metric,
        value: f64,
        boot: Duration,
        tick: &mut Tick,
    ) {
        let Some(stored) = metric.to_stored(value) else { return };
        let place = self.place(voice, source);
        let Some(entry) = &mut self.entries[place] else { return };
        entry.values.retain(|(other, _, by)| *other != metric || *by != voice);
        entry.values.push((metric, metric.to_value(stored as f64), voice));
        if !entry.told && entry.condition.health == Health::Ok {
            entry.turn(Health::Ok, "", boot, tick);
        }
        tick.readings.push(Reading { source: source.clone(), metric, stored });
    }

    /// Takes one value of a source away.
    pub fn take(&mut self, voice: Voice, source: &Arc<Source>, metric: Metric) {
        let place = self.place(voice, source);
        if let Some(entry) = &mut self.entries[place] {
            entry.values.retain(|(other, _, by)| *other != metric || *by != voice);
        }
    }

    /// Says how a source is.
    pub fn condition(
        &mut self,
        voice: Voice,
        source: &Arc<Source>,
        health: Health,
        reason: &str,
        boot: Duration,
        tick: &mut Tick,
    ) {
        let place = self.place(voice, source);
        if let Some(entry) = &mut self.entries[place] {
            entry.turn(health, reason, boot, tick);
        }
    }

    /// Ends a tick: names the packs that had values at its beginning and have none any more.
    pub fn settle(&mut self, tick: &mut Tick) {
        let mut emptied: Vec<Place> = Vec::new();
        for (place, entry) in self.entries.iter_mut().enumerate() {
            let Some(entry) = entry else { continue };
            let has_values = !entry.values.is_empty();
            if std::mem::replace(&mut entry.had_values, has_values) && !has_values {
                emptied.push(place);
            }
        }
        for place in emptied {
            let Some(entry) = &self.entries[place] else { continue };
            let pack = entry.source.pack();
            let alive = self.entries.iter().flatten().any(|other| other.had_values && other.source.pack() == pack);
            if alive || tick.emptied.iter().any(|other| other.pack() == pack) {
                continue;
            }
            let whole = self.by_id.get(pack).and_then(|place| self.entries[*place].as_ref());
            tick.emptied.push(whole.unwrap_or(entry).source.clone());
        }
    }

    /// Takes every value away: recording is paused.
    pub fn quiet(&mut self) {
        for entry in self.entries.iter_mut().flatten() {
            entry.values.clear();
            entry.users.clear();
        }
    }

    /// Tells the store every condition anew.
    pub fn retell(&mut self) {
        for entry in self.entries.iter_mut().flatten() {
            entry.told = false;
        }
    }

    /// Adds the conditions that the store does not know yet.
    pub fn tell(&mut self, tick: &mut Tick) {
        for entry in self.entries.iter_mut().flatten().filter(|entry| !entry.told) {
            entry.told = true;
            tick.conditions.push((entry.source.clone(), entry.condition.clone()));
        }
    }

    /// Forgets sources that were lost long ago, but for those that `keep` names; gives the free places.
    pub fn prune(&mut self, boot: Duration, keep: impl Fn(Place) -> bool) {
        for place in 0..self.entries.len() {
            let old = |entry: &Entry| entry.lost.is_some_and(|since| boot.saturating_sub(since) > REMEMBERED);
            if !self.entries[place].as_ref().is_some_and(old) || keep(place) {
                continue;
            }
            self.remove(place);
        }
    }

    /// Forgets ids that only stood for another source, without a word: they are not lost. One that `keep` names stays.
    pub fn replace(&mut self, replaced: Vec<(String, Arc<Source>)>, keep: impl Fn(Place) -> bool, tick: &mut Tick) {
        for (before, source) in replaced {
            if let Some(place) = self.by_id.get(&before).copied().filter(|place| !keep(*place)) {
                self.remove(place);
            }
            tick.replaced.push((before, source));
        }
    }

    fn remove(&mut self, place: Place) {
        let Some(entry) = self.entries[place].take() else { return };
        self.by_id.remove(&entry.source.id);
        for copy in entry.copies.iter().chain([&entry.source]) {
            self.by_address.remove(&address(copy));
        }
        for members in &mut self.members {
            members.retain(|other| *other != place);
        }
    }

    /// Notes who uses GPUs, of the sample that was folded just now.
    pub fn note_users(&mut self, voice: Voice, uses: &[GpuUse]) {
        for one in uses {
            let Some(&place) = self.by_id.get(&one.source.id) else { continue };
            let Some(entry) = &mut self.entries[place] else { continue };
            let is_of = |user: &User| user.uid == one.uid && user.key == one.key;
            match entry.users.iter_mut().find(|(user, by)| *by == voice && is_of(user)) {
                Some((user, _)) => user.add(one),
                None => entry.users.push((User::of(one), voice)),
            }
        }
    }

    /// Whether a source is at this place.
    pub fn is_taken(&self, place: Place) -> bool {
        self.entries.get(place).is_some_and(Option::is_some)
    }

    /// The source with this id.
    pub fn source(&self, id: &str) -> Option<Arc<Source>> {
        let entry = self.entries.get(*self.by_id.get(id)?)?.as_ref()?;
        Some(entry.source.clone())
    }

    /// Every source with its values, in the order of first sight.
    pub fn sources(&self) -> Vec<SourceNow> {
        let entries = self.entries.iter().flatten();
        entries
            .map(|entry| SourceNow {
                source: entry.source.clone(),
                condition: entry.condition.clone(),
                values: entry.values.iter().map(|(metric, value, _)| (*metric, *value)).collect(),
                users: entry.users.iter().map(|(user, _)| user.clone()).collect(),
                quiet: entry.quiet,
            })
            .collect()
    }

    /// Whether the machine runs on its battery: no mains is online, and a battery is discharged, or cannot tell.
    pub fn on_battery(&self) -> bool {
        let (mut mains, mut online, mut batteries, mut discharging, mut charging) = (false, false, false, false, false);
        for entry in self.entries.iter().flatten() {
            let value = |metric| entry.values.iter().find(|(other, ..)| *other == metric).map(|(_, value, _)| *value);
            match entry.source.kind {
                SourceKind::Mains => {
                    if let Some(state) = value(Metric::PowerOnline) {
                        mains = true;
                        online |= state > 0.0;
                    }
                }
                SourceKind::Battery if !entry.values.is_empty() => {
                    batteries = true;
                    // A power of exactly 0 is a battery that is full, or one that cannot measure.
                    if let Some(power) = value(Metric::BatteryPower) {
                        discharging |= power > 0.0;
                        charging |= power < 0.0;
                    }
                }
                _ => {}
            }
        }
        // A notebook on a dock may have no mains online and be charged all the same.
        !online && (discharging || (mains && batteries && !charging))
    }

    /// Takes away what a voice said before.
    fn silence(&mut self, voice: Voice) {
        if self.members.len() <= voice {
            self.members.resize_with(voice + 1, Vec::new);
        }
        for &place in &self.members[voice] {
            if let Some(entry) = &mut self.entries[place] {
                entry.values.retain(|(_, _, by)| *by != voice);
                entry.users.retain(|(_, by)| *by != voice);
            }
        }
    }

    /// The place of a source, found by its address, else by its id, else made.
    fn place(&mut self, voice: Voice, source: &Arc<Source>) -> Place {
        let here = address(source);
        let place = match self.by_address.get(&here) {
            Some(place) => *place,
            None => self.meet(voice, source),
        };
        if let Some(entry) = self.entries[place].as_mut().filter(|entry| !entry.voices.contains(&voice)) {
            entry.voices.push(voice);
            if entry.owner == OWN {
                entry.owner = voice;
            }
            if self.members.len() <= voice {
                self.members.resize_with(voice + 1, Vec::new);
            }
            self.members[voice].push(place);
        }
        place
    }

    fn meet(&mut self, voice: Voice, source: &Arc<Source>) -> Place {
        let place = match self.by_id.get(&source.id) {
            Some(&place) => {
                if let Some(entry) = &mut self.entries[place] {
                    // Its label or its whole may have changed.
                    entry.told &= *entry.source == **source;
                    let before = std::mem::replace(&mut entry.source, source.clone());
                    entry.copies.push(before);
                    if entry.copies.len() > COPIES {
                        self.by_address.remove(&address(&entry.copies.remove(0)));
                    }
                }
                place
            }
            None => {
                let entry = Entry {
                    source: source.clone(),
                    copies: Vec::new(),
                    owner: voice,
                    voices: Vec::new(),
                    condition: Condition::OK,
                    told: false,
                    values: Vec::new(),
                    users: Vec::new(),
                    quiet: Quiet::default(),
                    mentioned: 0,
                    conditioned: 0,
                    had_values: false,
                    lost: None,
                };
                let place = self.entries.iter().position(Option::is_none).unwrap_or(self.entries.len());
                if place == self.entries.len() {
                    self.entries.push(Some(entry));
                } else {
                    self.entries[place] = Some(entry);
                }
                self.by_id.insert(source.id.clone(), place);
                place
            }
        };
        self.by_address.insert(address(source), place);
        place
    }
}

impl Entry {
    fn turn(&mut self, health: Health, reason: &str, boot: Duration, tick: &mut Tick) {
        if self.told && self.condition.health == health && self.condition.reason == reason {
            return;
        }
        if health == Health::Lost {
            self.lost.get_or_insert(boot);
        } else {
            self.lost = None;
        }
        self.condition = Condition { health, reason: reason.to_owned() };
        self.told = true;
        tick.conditions.push((self.source.clone(), self.condition.clone()));
    }
}
