//! What the engine tells: of itself, to the journal, and to the faces in its process.
//!
//! Deliberately not here: when it is time to.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Core, Mode, OWN};
use crate::alerts::{Notice, NoticePhase, words};
use crate::engine::news::{Published, Snapshot, SourceNow};
use crate::engine::watch::Watch;
use crate::metrics::Metric;
use crate::model::rule::Watched;
use crate::model::{Now, RecorderState, SourceKind, Tick, told_end};
use crate::untrusted::Untrusted;
use crate::why::{brief, judge};

/// How often we tell of ourselves, in seconds: as often as `sensors::recorder` does.
const OURSELVES: i64 = 30;
/// How often rules are told what GPUs do, in seconds: each verdict costs more than a reading, and no trouble that it tells
/// of is one of seconds.
const JUDGED: i64 = 15;

/// What is said of a beginning: how the recorder before ended, by its state and its last word, and what stands for `/`.
pub(super) fn began((state, last_ts): (Option<RecorderState>, Option<i64>), root: Option<&Path>, now: Now) -> Value {
    let mut detail = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "in_order": state.is_none_or(|state| state == RecorderState::Off),
    });
    if let Some(root) = root {
        detail["root"] = json!(root.to_string_lossy());
    }
    // One that ended in the middle of recording. Where the machine was started since, it went with that, and nobody can
    // tell it from a power cut.
    let booted = now.wall.saturating_sub(now.boot).as_secs();
    let is_since = |last: &i64| *last < now.unix() && u64::try_from(*last).is_ok_and(|last| last > booted);
    if let Some(last) = last_ts.filter(|_| state == Some(RecorderState::Recording)).filter(is_since) {
        (detail["since"], detail["seconds"]) = (json!(last), json!(now.unix() - last));
    }
    detail
}

impl Core {
    /// Adds what recording costs: on the same ticks as the sensor of our CPU and memory, so that one row has all of it.
    pub(super) fn tell_of_ourselves(&mut self, tick: &mut Tick, now: Now) {
        let bytes = self.journal.bytes();
        if bytes.is_none() {
            self.roster.take(OWN, &self.own, Metric::SelfDatabaseBytes);
        }
        if self.told.is_some_and(|told| told.div_euclid(OURSELVES) == tick.ts.div_euclid(OURSELVES)) {
            return;
        }
        self.told = Some(tick.ts);
        if let Some(bytes) = bytes {
            self.roster.put(OWN, &self.own, Metric::SelfDatabaseBytes, bytes as f64, now.boot, tick);
        }
        for (probe, took) in self.probes.iter().zip(&mut self.took) {
            if let Some(took) = took.take() {
                let seconds = took.as_secs_f64();
                self.roster.put(OWN, &probe.source, Metric::SelfSensorDuration, seconds, now.boot, tick);
            }
        }
    }

    /// Gives a tick to the journal, with what happened meanwhile.
    pub(super) fn hand_over(&mut self, mut tick: Tick) {
        // Notices were published when they came; here only the store's part is left.
        self.durable |= !self.changes.events.is_empty();
        tick.events.append(&mut self.next.events);
        tick.events.append(&mut self.changes.events);
        tick.alerts.append(&mut self.changes.rows);
        tick.recorder = self.next.recorder.take().or(tick.recorder);
        self.desk.keep(&mut tick, &self.config.notify, self.clock.now());
        self.journal.push(tick, std::mem::take(&mut self.durable));
    }

    /// Hands over what happened while nothing is sampled.
    pub(super) fn hand_over_news(&mut self, ts: i64) {
        let tick = Tick { ts, ..std::mem::take(&mut self.next) };
        self.hand_over(tick);
    }

    /// Publishes alerts at once: the person does not wait for the slowest sensor.
    pub(super) fn tell_alerts(&mut self) {
        if self.changes.notices.is_empty() {
            return;
        }
        let moment = self.clock.now();
        let sources = self.roster.sources();
        for mut notice in std::mem::take(&mut self.changes.notices) {
            self.desk.take(&mut notice, &self.config.notify, moment);
            let now = sources.iter().find(|now| now.source.id == notice.source.id);
            notice.because = now.filter(|_| !over(&notice)).and_then(|_| self.because(&notice, &sources));
            let value_of = |metric| now.and_then(|now| now.value(metric));
            notice.text = notice
                .rule
                .text
                .as_deref()
                .filter(|_| !over(&notice))
                .map(|text| words::filled(text, &notice, value_of, &Untrusted::notification));
            self.outlet.publish(Published::Alert(Arc::new(notice)));
        }
    }

    /// What the GPU of a notice does, and for whom.
    fn because(&self, notice: &Notice, sources: &[SourceNow]) -> Option<Untrusted> {
        if notice.source.kind != SourceKind::Gpu || matches!(notice.rule.watched, Watched::Event { .. }) {
            return None;
        }
        let snapshot = self.snapshot(sources.to_vec());
        let scene = snapshot.scenes().into_iter().find(|scene| scene.source == notice.source.pack())?;
        let verdict = judge(&scene);
        let zone = jiff::tz::TimeZone::system();
        let time = |ts: i64| {
            jiff::Timestamp::from_second(ts).map(|at| at.to_zoned(zone.clone()).strftime("%H:%M").to_string())
        };
        let moments = |ts| time(ts).unwrap_or_default();
        let said = brief(&verdict, &moments, &Untrusted::notification);
        (!verdict.culprits.is_empty()).then(|| Untrusted::from(said.as_str()))
    }

    /// Whether it is time to judge what GPUs do, for the rules that ask.
    pub(super) fn judges(watch: &Watch, ts: i64, step: u64) -> bool {
        ts.rem_euclid(JUDGED) < step as i64 && watch.asks_verdicts()
    }

    /// Judges what GPUs do, for the rules that ask.
    pub(super) fn judge(&mut self) {
        let snapshot = self.snapshot(self.roster.sources());
        let scenes = snapshot.scenes();
        let verdicts = scenes.iter().filter_map(|scene| {
            let source = snapshot.sources.iter().find(|now| now.source.id == scene.source)?;
            Some((&source.source, judge(scene).state.word()))
        });
        self.watch.verdicts(verdicts);
    }

    fn snapshot(&self, mut sources: Vec<SourceNow>) -> Snapshot {
        let (state, until) = match self.mode {
            Mode::Recording => (RecorderState::Recording, None),
            Mode::Paused { until, .. } => (RecorderState::Paused, told_end(until)),
            Mode::Ending { .. } => (RecorderState::Off, None),
        };
        self.stretching.date(&mut sources);
        Snapshot {
            ts: self.last_ts,
            state,
            since: self.since,
            until,
            sources,
            alerts: self.watch.active(),
            snoozes: self.desk.snoozes(),
            troubles: self.troubles.iter().copied().collect(),
        }
    }

    /// Publishes what waited for its time.
    pub(super) fn tell_what_waited(&mut self) {
        let due = self.desk.settle(&self.watch, &self.config, self.clock.now());
        // What was said must not be said again after a power cut.
        self.durable |= !due.is_empty();
        due.into_iter().for_each(|said| self.outlet.publish(said));
    }

    pub(super) fn say_status(&self) {
        // A pause is told to those who come later, too; a status of each second only to those who look.
        if matches!(self.mode, Mode::Recording) && !self.outlet.is_seen() {
            self.outlet.forget_status();
            return;
        }
        let snapshot = self.snapshot(self.roster.sources());
        self.outlet.publish(Published::Status(Arc::new(snapshot)));
    }
}

/// Whether it tells of an end.
fn over(notice: &Notice) -> bool {
    matches!(notice.phase, NoticePhase::Cleared { .. })
}
