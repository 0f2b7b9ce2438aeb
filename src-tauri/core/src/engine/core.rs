//! The engine's one mind: every trigger is an [`Event`], handled one after the other.
//!
//! It owns no thread and waits for nothing, so tests drive it step by step with a clock of their own. A tick goes: ask
//! the sensors whose turn it is; fold what they answer, and step the alerts; when all have answered, or the deadline is
//! over, hand one [`Tick`] to the journal and publish.

mod orders;
mod telling;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Event;
use super::desk::{Desk, Kept};
use super::episodes::Stretching;
use super::examiner::Examiner;
use super::expectations::{Expectations, Learnt};
use super::gpus::Gpus;
use super::grid::{Gap, Grid};
use super::inbox::Journal;
use super::news::{Published, Trouble};
use super::outlet::Outlet;
use super::probe::{Probe, Sensed, overdue};
use super::roster::{OWN, Roster, Voice};
use super::usage::Minute;
use super::watch::{Changes, Watch};
pub(super) use orders::set_aside;

use crate::clock::Clock;
use crate::config::Config;
use crate::model::snooze::Snooze;
use crate::model::{self, AlertRow, EventKind, Health, Now, Parts, Reading, RecorderState, Source, SourceKind, Tick};
use crate::say;
use crate::store::StoreError;
use crate::why::presence::{Absence, Presence};

/// A tick waits for its sensors for this share of the step, and never longer than [`LONGEST_DEADLINE`].
const DEADLINE: f64 = 0.6;
const LONGEST_DEADLINE: Duration = Duration::from_millis(600);

/// How often sources that are long gone are forgotten.
const PRUNE: Duration = Duration::from_secs(600);

/// How long the end waits for the disk.
const LONGEST_END: Duration = Duration::from_secs(20);

/// What an earlier recorder left behind.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub alerts: Vec<AlertRow>,
    pub events: Vec<model::Event>,
    pub paused_until: Option<i64>,
    pub last_ts: Option<i64>,
    pub state: Option<RecorderState>,
    pub idle_power: Vec<(String, f64)>,
    pub stretches: model::Stretches,
    pub snoozes: Vec<Snooze>,
    pub dispatch: Option<String>,
    pub learnt: Learnt,
    pub absence: Option<Absence>,
    /// What was wrong before anything was recorded.
    pub troubles: BTreeSet<Trouble>,
}

/// The engine's ends of what goes on beside it.
pub(super) struct Beside {
    pub probes: Vec<Probe>,
    pub journal: Journal,
    pub examiner: Examiner,
}

/// What the recorder is doing.
#[derive(Clone, Copy, Debug)]
enum Mode {
    Recording,
    /// Until a Unix second; or until a boot time, where the wall clock was set back meanwhile.
    Paused {
        until: i64,
        boot: Duration,
    },
    /// Everything was handed to the journal, at this boot time.
    Ending {
        since: Duration,
    },
}

/// A tick under way.
#[derive(Debug)]
struct Open {
    now: Now,
    deadline: Duration,
    /// Sensors that were asked for this tick and did not answer yet.
    waiting: usize,
    tick: Tick,
    /// By voice: whether it was its turn.
    asked: Vec<bool>,
}

/// The engine without its threads.
pub(super) struct Core {
    clock: Arc<dyn Clock>,
    config: Config,
    probes: Vec<Probe>,
    journal: Journal,
    outlet: Outlet,
    grid: Grid,
    step: u64,
    /// The step that the store knows of.
    told_step: Option<u64>,
    mode: Mode,
    since: i64,
    last_ts: Option<i64>,
    open: Option<Open>,
    roster: Roster,
    watch: Watch,
    desk: Desk,
    minute: Minute,
    gpus: Gpus,
    stretching: Stretching,
    expectations: Expectations,
    presence: Presence,
    own: Arc<Source>,
    /// What the next tick takes along.
    next: Tick,
    changes: Changes,
    /// The next tick must survive a power cut.
    durable: bool,
    /// Sensors were asked just now.
    asked: bool,
    /// Answers that came between two ticks, from sensors with time.
    between: Vec<Sensed>,
    /// The longest that each sensor took since it was last told.
    took: Vec<Option<Duration>>,
    /// The tick at which we last told of ourselves.
    told: Option<i64>,
    /// The store is a new one and knows nothing.
    retell: bool,
    troubles: BTreeSet<Trouble>,
    ends: Option<Duration>,
    pruned: Duration,
    /// How the journal ended; the engine is then done.
    pub ended: Option<Result<(), StoreError>>,
    /// Whether the journal's thread has nothing more to do.
    pub journal_is_done: bool,
}

fn voice(sensor: usize) -> Voice {
    OWN + 1 + sensor
}

impl Core {
    /// Begins recording, or the rest of a pause.
    pub fn new(
        clock: Arc<dyn Clock>,
        config: Config,
        beside: Beside,
        outlet: Outlet,
        left: Left,
        run_for: Option<Duration>,
        root: Option<&Path>,
    ) -> Core {
        let Beside { probes, journal, examiner } = beside;
        let now = clock.now();
        let mut changes = Changes::default();
        let watch = Watch::new(config.rules.clone(), &left.alerts, left.last_ts, now, &mut changes);
        let kept = Kept { dispatch: left.dispatch, snoozes: left.snoozes };
        let mut core = Core {
            grid: Grid::begin(now, clock.asleep()),
            step: config.tick.as_secs(),
            told_step: None,
            mode: Mode::Recording,
            since: now.unix(),
            last_ts: None,
            open: None,
            roster: Roster::default(),
            desk: Desk::new(kept, &watch.rows(now), &config.notify, now),
            watch,
            minute: Minute::default(),
            gpus: Gpus::knowing(left.idle_power),
            stretching: Stretching::continuing(left.stretches, left.last_ts, now),
            expectations: Expectations::new(left.learnt, examiner),
            presence: Presence::continuing(left.absence),
            own: own_source(),
            next: Tick { events: left.events, ..Tick::default() },
            changes,
            durable: true,
            asked: false,
            between: Vec::new(),
            took: vec![None; probes.len()],
            told: None,
            retell: false,
            ends: run_for.map(|time| now.boot + time),
            pruned: now.boot,
            troubles: left.troubles,
            ended: None,
            journal_is_done: false,
            clock,
            config,
            probes,
            journal,
            outlet,
        };
        if let Some(said) = core.desk.was_unshown().filter(|_| core.config.notify.enabled) {
            core.outlet.publish(Published::Unshown(Arc::new(said)));
        }
        core.say_who_is_back(left.absence);
        // They may have been declared while nobody recorded.
        // The rules, too, may have changed while nobody recorded.
        core.desk.regrade(&core.config.rules);
        core.watch.recall(|key| core.desk.known(key));
        core.settle_expected(now);
        let began = telling::began((left.state, left.last_ts), root, now);
        core.note(now, EventKind::RecorderStarted, began);
        match left.paused_until.filter(|until| *until > now.unix()) {
            Some(until) => core.pause(until, now),
            None => core.next.recorder = Some((RecorderState::Recording, None)),
        }
        core
    }

    /// Handles one event, and whatever is due by the clock.
    pub fn handle(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Tick => {}
            Event::Sensed(sensed) => self.sensed(sensed, now),
            Event::Command(command) => self.command(command, now),
            Event::Journal(report) => self.report(report, now),
            Event::Examined(examined) => {
                self.next.events.extend(self.expectations.examined(examined, &self.config, now.unix()));
            }
        }
        self.advance(now);
    }

    /// Whether sensors were asked since the last time that this was.
    pub fn has_asked(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    /// How long nothing needs to be done unless an event comes.
    pub fn wait(&self) -> Duration {
        let now = self.clock.now();
        let until = |boot: Duration| boot.saturating_sub(now.boot);
        let work = match (self.mode, &self.open) {
            (Mode::Ending { since }, _) => until(since + LONGEST_END),
            (Mode::Paused { until: end, boot }, _) => {
                let wall = Duration::from_secs(end.max(0) as u64).saturating_sub(now.wall);
                // Short enough to notice that the wall clock was set.
                wall.min(until(boot)).min(Duration::from_secs(5))
            }
            (Mode::Recording, Some(open)) => until(open.deadline),
            (Mode::Recording, None) => self.grid.wait(self.step, now),
        };
        match self.ends {
            Some(ends) if !matches!(self.mode, Mode::Ending { .. }) => work.min(until(ends)),
            _ => work,
        }
    }

    /// Does what is due by the clock.
    fn advance(&mut self, now: Now) {
        if self.ends.is_some_and(|ends| now.boot >= ends) {
            self.stop(now);
        }
        match self.mode {
            Mode::Ending { since } => {
                if now.boot.saturating_sub(since) >= LONGEST_END && self.ended.is_none() {
                    self.ended = Some(Err(StoreError::Io(say!("the disk did not answer").to_owned())));
                }
                return;
            }
            Mode::Paused { until, boot } => {
                if now.unix() < until && now.boot < boot {
                    return;
                }
                self.resume(now, true);
            }
            Mode::Recording => {}
        }
        if self.open.as_ref().is_some_and(|open| open.waiting == 0 || now.boot >= open.deadline) {
            self.finish(now);
        }
        if self.open.is_none()
            && let Some(ts) = self.grid.due(self.step, now)
        {
            self.begin(ts, now);
            if self.open.as_ref().is_some_and(|open| open.waiting == 0) {
                self.finish(now);
            }
        }
    }

    /// Begins a tick: asks the sensors whose turn it is.
    fn begin(&mut self, ts: i64, now: Now) {
        let passed = self.grid.take(ts, self.step, now, self.clock.asleep());
        if let Some(seconds) = passed.step {
            self.note(now, EventKind::ClockStep, json!({ "seconds": seconds.round() }));
        }
        if let Some(Gap { seconds, slept }) = passed.gap {
            let cause = if slept { "sleep" } else { "stopped" };
            self.note(now, EventKind::Suspend, json!({ "seconds": seconds.round(), "cause": cause }));
            self.watch.interrupt(now);
        }
        self.watch.turn(now, self.presence.is_away_since().is_some());
        let deadline = now.boot + Duration::from_secs(self.step).mul_f64(DEADLINE).min(LONGEST_DEADLINE);
        let mut asked = vec![false; voice(self.probes.len())];
        let mut waiting = 0;
        for (sensor, probe) in self.probes.iter_mut().enumerate() {
            if !probe.is_due(ts, now) {
                continue;
            }
            asked[voice(sensor)] = true;
            // One that has not answered yet is not asked again: requests to a stuck sensor do not pile up.
            if probe.flight.is_none() {
                probe.ask(ts, now, deadline);
                self.asked = true;
                waiting += 1;
            }
        }
        let tick = Tick { ts, ..std::mem::take(&mut self.next) };
        self.open = Some(Open { now, deadline, waiting, tick, asked });
        for sensed in std::mem::take(&mut self.between) {
            self.fold(sensed);
        }
    }

    /// Takes a sensor's answer.
    fn sensed(&mut self, sensed: Sensed, now: Now) {
        let Some(flight) = self.probes.get_mut(sensed.sensor).and_then(|probe| probe.land(&sensed, now)) else {
            return;
        };
        if sensed.panicked {
            log::warn!("the sensor {} failed and is made anew", self.probes[sensed.sensor].name);
        }
        let longest = &mut self.took[sensed.sensor];
        *longest = (*longest).max(Some(sensed.took));
        if flight.unwanted {
            // Its values are old. What processes used is a sum, and belongs to the minute all the same; and what happened,
            // happened.
            if let Ok(batch) = sensed.outcome {
                let Parts { usage, gpu_uses, events, replaced, .. } = batch.into_parts();
                self.minute.add(now.unix(), usage);
                self.gpus.late(now.unix(), &gpu_uses);
                self.stretching.late(&gpu_uses);
                self.next.events.extend(model::Event::told(now.unix(), events));
                self.roster.replace(replaced, |place| self.watch.holds(place), &mut self.next);
            }
            return;
        }
        match &mut self.open {
            Some(open) => {
                open.waiting -= usize::from(flight.ts == open.tick.ts);
                self.fold(sensed);
            }
            None => self.between.push(sensed),
        }
    }

    /// Folds a sensor's answer into the open tick.
    fn fold(&mut self, sensed: Sensed) {
        let Some(open) = &mut self.open else { return };
        let voice = voice(sensed.sensor);
        open.asked[voice] = true;
        let (moment, tick) = (open.now, &mut open.tick);
        let probe = &self.probes[sensed.sensor];
        match sensed.outcome {
            Ok(batch) => {
                let Parts { readings, conditions, usage, gpu_uses, events, replaced } = batch.into_parts();
                self.roster.replace(replaced, |place| self.watch.holds(place), tick);
                let told = conditions.iter().map(|(source, _)| source);
                self.gpus.sample(tick.ts, moment.boot, self.step, &readings, &gpu_uses, told);
                let (watch, changes) = (&mut self.watch, &mut self.changes);
                let each = |place, reading: &Reading, value| watch.read(place, voice, reading, value, moment, changes);
                self.roster.fold(voice, readings, conditions, moment.boot, tick, each);
                // Names and their parts are for those who look; where nobody does, this is most of what they would cost.
                if self.outlet.is_seen() || self.watch.looks_at_gpus() || Core::judges(&self.watch, tick.ts, self.step)
                {
                    self.roster.note_users(voice, &gpu_uses);
                }
                tick.gpu_uses.extend(gpu_uses);
                self.roster.condition(OWN, &probe.source, Health::Ok, "", moment.boot, tick);
                self.minute.add(tick.ts, usage);
                tick.events.extend(model::Event::told(moment.unix(), events));
            }
            Err(error) => {
                self.roster.fail(voice, error.health, &error.reason, moment.boot, tick);
                self.roster.condition(OWN, &probe.source, error.health, &error.reason, moment.boot, tick);
            }
        }
        self.tell_alerts();
    }

    /// Ends the tick that is open early, because something else comes: who did not answer yet is not to blame.
    fn cut_short(&mut self, now: Now) {
        self.probes.iter_mut().filter_map(|probe| probe.flight.as_mut()).for_each(|flight| flight.unwanted = true);
        if let Some(open) = &mut self.open {
            open.asked.fill(false);
            open.deadline = now.boot;
            self.conclude();
        }
    }

    /// Ends the open tick at its deadline: a sensor that had its time and did not answer makes its sources stale.
    fn finish(&mut self, now: Now) {
        let Some(open) = &mut self.open else { return };
        for (sensor, probe) in self.probes.iter_mut().enumerate() {
            let Some(flight) = probe.flight.as_mut().filter(|flight| now.boot >= flight.limit) else { continue };
            flight.unwanted = true;
            let reason = overdue(now.boot.saturating_sub(flight.since));
            self.roster.fail(voice(sensor), Health::Stale, &reason, open.now.boot, &mut open.tick);
            self.roster.condition(OWN, &probe.source, Health::Stale, &reason, open.now.boot, &mut open.tick);
        }
        self.conclude();
    }

    /// Hands the open tick to the journal and to the faces.
    fn conclude(&mut self) {
        let Some(Open { now, mut tick, asked, .. }) = self.open.take() else { return };
        self.tell_of_ourselves(&mut tick, now);
        self.roster.settle(&mut tick);
        tick.usage = self.minute.take_over(tick.ts);
        tick.gpu_minute = self.gpus.take_over(tick.ts);
        self.stretching.step(&mut tick, now, self.step, &self.config.sessions, self.gpus.spent());
        if std::mem::take(&mut self.retell) {
            self.roster.retell();
            self.expectations.retell();
            self.desk.retell();
            self.changes.rows = self.watch.rows(now);
            let state = (RecorderState::Recording, None);
            tick.recorder.get_or_insert(state);
            self.told_step = None;
        }
        self.expectations.step(&mut tick, &self.config, now);
        let step = self.wanted_step();
        if self.told_step.replace(step) != Some(step) {
            tick.step = Some(step);
        }
        self.roster.tell(&mut tick);
        self.last_ts = Some(tick.ts);
        self.watch.conditions(&tick.conditions);
        if Core::judges(&self.watch, tick.ts, self.step) {
            self.judge();
        }
        tick.events.append(&mut self.next.events);
        self.watch.events(&tick.events, |id| self.roster.source(id), now);
        let expectations = &self.expectations;
        self.watch.uses(|gpu, key, why| expectations.lasting(gpu, key, why), now);
        let is_asked = |voice: Voice| asked.get(voice).copied().unwrap_or(false);
        let is_known = |id: &str| self.roster.source(id).is_some();
        self.watch.settle(is_asked, is_known, now, &mut self.changes);
        self.tell_alerts();
        self.tell_what_waited();
        self.hand_over(tick);
        self.say_status();
        self.step = step;
        if now.boot.saturating_sub(self.pruned) > PRUNE {
            self.pruned = now.boot;
            self.roster.prune(now.boot, |place| self.watch.holds(place));
            self.watch.forget(|place| self.roster.is_taken(place));
        }
    }

    /// The seconds between two ticks that the config wants now.
    fn wanted_step(&self) -> u64 {
        if self.roster.on_battery() { self.config.tick_on_battery } else { self.config.tick }.as_secs()
    }

    /// Says one sentence to people; the faces show it or log it.
    pub fn trouble(&self, sentence: String) {
        log::debug!("{sentence}");
        self.outlet.publish(Published::Trouble(sentence));
    }

    fn note(&mut self, now: Now, kind: EventKind, detail: Value) {
        self.next.events.push(model::Event { ts: now.unix(), kind, source: None, detail });
    }
}

/// The source that stands for Hoofbeat itself.
pub(super) fn own_source() -> Arc<Source> {
    Source::whole(SourceKind::Recorder, "self", "Hoofbeat")
}

#[cfg(test)]
mod tests;
