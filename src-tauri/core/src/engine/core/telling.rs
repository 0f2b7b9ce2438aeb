//! What the engine tells: of itself, to the journal, and to the faces in its process.
//!
//! Deliberately not here: when it is time to.

use std::sync::Arc;

use super::{Core, Mode, OWN};
use crate::engine::news::{Published, Snapshot};
use crate::metrics::Metric;
use crate::model::{Now, RecorderState, Tick};

/// How often we tell of ourselves, in seconds: as often as `sensors::recorder` does.
const OURSELVES: i64 = 30;

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
        self.journal.push(tick, std::mem::take(&mut self.durable));
    }

    /// Hands over what happened while nothing is sampled.
    pub(super) fn hand_over_news(&mut self, ts: i64) {
        let tick = Tick { ts, ..std::mem::take(&mut self.next) };
        self.hand_over(tick);
    }

    /// Publishes alerts at once: the person does not wait for the slowest sensor.
    pub(super) fn tell_alerts(&mut self) {
        for notice in self.changes.notices.drain(..) {
            self.outlet.publish(Published::Alert(Arc::new(notice)));
        }
    }

    pub(super) fn say_status(&self) {
        // A pause is told to those who come later, too; a status of each second only to those who look.
        if matches!(self.mode, Mode::Recording) && !self.outlet.is_seen() {
            self.outlet.forget_status();
            return;
        }
        let (state, until) = match self.mode {
            Mode::Recording => (RecorderState::Recording, None),
            Mode::Paused { until, .. } => (RecorderState::Paused, Some(until)),
            Mode::Ending { .. } => (RecorderState::Off, None),
        };
        let mut sources = self.roster.sources();
        self.stretching.date(&mut sources);
        let snapshot = Snapshot {
            ts: self.last_ts,
            state,
            since: self.since,
            until,
            sources,
            alerts: self.watch.active(),
            troubles: self.troubles.iter().copied().collect(),
        };
        self.outlet.publish(Published::Status(Arc::new(snapshot)));
    }
}
