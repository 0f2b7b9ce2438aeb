//! The engine driven step by step: a clock that the test moves, sensors that the test answers for, a journal that the
//! test reads.

use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::alerts::{Ending, Notice, NoticePhase};
use crate::clock::ManualClock;
use crate::engine::examiner::Question;
use crate::engine::journal::Report;
use crate::engine::news::{Command, Snapshot};
use crate::engine::probe::Request;
use crate::metrics::Metric;
use crate::model::{AlertPhase, Batch, Event as Happening, Usage};
use crate::sensors::SensorError;

mod alerting;
mod builtin;
mod clocks;
mod commands;
mod episodes;
mod expectations;
mod gpus;
mod presence;
mod reworded;
mod sampling;
mod standing;
mod uses;

const START: u64 = 1_700_000_000;

struct Rig {
    clock: Arc<ManualClock>,
    core: Core,
    requests: Vec<Receiver<Request>>,
    journal: Journal,
    questions: Receiver<Question>,
    heard: Receiver<Published>,
}

/// What a sensor answers.
type Answer = Result<Batch, SensorError>;

impl Rig {
    fn new(sensors: &[&'static str]) -> Rig {
        Rig::with(sensors, "", Left::default(), None)
    }

    fn with(sensors: &[&'static str], config: &str, left: Left, run_for: Option<Duration>) -> Rig {
        Rig::later(0, sensors, config, left, run_for)
    }

    /// One that is started so many seconds later.
    fn later(seconds: u64, sensors: &[&'static str], config: &str, left: Left, run_for: Option<Duration>) -> Rig {
        let clock = Arc::new(ManualClock::at(START + seconds));
        let config = Config::parse(config, std::path::Path::new("config.toml")).unwrap();
        let journal = Journal::default();
        journal.settled(0, Some(4096));
        let outlet = Outlet::default();
        let heard = outlet.subscribe(true);
        let probe = |(at, name): (usize, &&'static str)| {
            let (requests, asked) = sync_channel(1);
            (Probe::new(at, name, requests), asked)
        };
        let (probes, requests) = sensors.iter().enumerate().map(probe).unzip();
        let (examiner, questions) = Examiner::new();
        let beside = Beside { probes, journal: journal.clone(), examiner };
        let core = Core::new(clock.clone(), config, beside, outlet, left, run_for, None);
        Rig { clock, core, requests, journal, questions, heard }
    }

    fn advance(&mut self, millis: u64) {
        self.clock.advance(Duration::from_millis(millis));
        self.core.handle(Event::Tick);
    }

    /// The number of the request that waits for a sensor.
    fn asked(&self, sensor: usize) -> Option<u64> {
        self.requests[sensor].try_recv().ok().map(|request| request.number)
    }

    fn answer(&mut self, sensor: usize, number: u64, outcome: Answer) {
        self.answer_wishing(sensor, number, outcome, Duration::ZERO);
    }

    fn answer_wishing(&mut self, sensor: usize, number: u64, outcome: Answer, interval: Duration) {
        let took = Duration::from_micros(120);
        let sensed = Sensed { sensor, number, outcome, panicked: false, took, interval };
        self.core.handle(Event::Sensed(sensed));
    }

    /// Lets a second pass, in which each sensor that is asked answers at once; gives the tick.
    fn second(&mut self, answers: Vec<Answer>) -> Tick {
        self.advance(1000);
        for (sensor, answer) in answers.into_iter().enumerate() {
            let number = self.asked(sensor).expect("it is this sensor's turn");
            self.answer(sensor, number, answer);
        }
        self.tick()
    }

    /// The one tick that was handed over.
    fn tick(&mut self) -> Tick {
        let mut ticks = self.ticks();
        assert_eq!(ticks.len(), 1, "{ticks:?}");
        ticks.remove(0)
    }

    fn ticks(&mut self) -> Vec<Tick> {
        self.journal.pushed().0
    }

    fn notices(&self) -> Vec<Notice> {
        let alert = |said| match said {
            Published::Alert(notice) => Some((*notice).clone()),
            _ => None,
        };
        self.heard.try_iter().filter_map(alert).collect()
    }

    fn troubles(&self) -> Vec<String> {
        let trouble = |said| match said {
            Published::Trouble(text) => Some(text),
            _ => None,
        };
        self.heard.try_iter().filter_map(trouble).collect()
    }

    fn status(&self) -> Snapshot {
        let status = |said| match said {
            Published::Status(snapshot) => Some((*snapshot).clone()),
            _ => None,
        };
        self.heard.try_iter().filter_map(status).last().expect("a status was published")
    }

    fn health(&self, source: &str) -> (Health, String) {
        let sources = self.core.roster.sources();
        let now = sources.iter().find(|now| now.source.id == source).expect("the source is known");
        (now.condition.health, now.condition.reason.clone())
    }
}

fn cpu() -> Arc<Source> {
    Source::whole(SourceKind::Cpu, "cpu", "CPU")
}

fn batch(values: &[(&Arc<Source>, Metric, f64)]) -> Answer {
    let mut batch = Batch::default();
    for (source, metric, value) in values {
        batch.put(source, *metric, *value);
    }
    Ok(batch)
}

fn values(tick: &Tick, source: &str) -> Vec<(Metric, f64)> {
    let readings = tick.readings.iter().filter(|reading| reading.source.id == source);
    readings.map(|reading| (reading.metric, reading.metric.to_value(reading.stored as f64))).collect()
}

fn conditions(tick: &Tick) -> Vec<(&str, Health, &str)> {
    tick.conditions
        .iter()
        .map(|(source, condition)| (source.id.as_str(), condition.health, condition.reason.as_str()))
        .collect()
}

fn kinds(events: &[Happening]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}
