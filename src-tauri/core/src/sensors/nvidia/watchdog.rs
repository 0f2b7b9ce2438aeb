//! Keeps a driver that does not answer away from the tick.
//!
//! A call into a driver may take seconds (the first one on a GPU that nobody keeps awake) or never return (a GPU whose
//! firmware hangs), and nothing can take it back. So the sensor lives on a thread of its own and is lent to it for each
//! sample: the answer is waited for as long as a tick can spare, and until it comes every GPU is said not to answer.
//! There is one such thread; while it hangs nothing further is asked of it, and what was asked last is taken in when it
//! comes back to life. Nobody waits for it at the end. Deliberately not here: what is sampled.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::model::{Batch, Health, Now, Source};
use crate::sensors::{Sensor, SensorError};

/// An answer is waited for this long, which is what a tick of a second can spare.
const PATIENCE: Duration = Duration::from_millis(400);
/// A sample that takes longer than this is asked for less often, so that the driver is not asked without a pause.
const EASY: Duration = Duration::from_millis(250);
/// The share of the time that such a driver is asked, as the interval for each sample's length; and the longest.
const REST: u32 = 4;
const LONGEST: Duration = Duration::from_secs(10);
/// A machine without such a GPU is looked at this often.
const ABSENT: Duration = Duration::from_secs(10);
/// Values that are older than this when they come are not told any more.
const STALE: Duration = Duration::from_secs(3);
/// The driver's library runs on this stack, and starts threads and reads files of its own at its first call.
const STACK: usize = 2 << 20;

/// A sensor that knows its sources without reading them.
pub(super) trait Known: Sensor + 'static {
    /// Every source that it has spoken of.
    fn sources(&self) -> Vec<Arc<Source>>;
}

/// See the module.
pub(super) struct Watched<S> {
    make: Box<dyn Fn() -> S + Send>,
    /// `None` while the thread has it.
    sensor: Option<Box<S>>,
    worker: Option<Worker<S>>,
    /// When the thread was asked what it has not answered yet.
    asked: Option<Duration>,
    sources: Vec<Arc<Source>>,
    interval: Duration,
    patience: Duration,
}

struct Worker<S> {
    requests: SyncSender<(Box<S>, Now)>,
    answers: Receiver<Answer<S>>,
}

struct Answer<S> {
    sensor: Box<S>,
    outcome: thread::Result<Result<Batch, SensorError>>,
    took: Duration,
}

impl<S: Known> Watched<S> {
    /// Watches over the sensor that `make` makes.
    pub(super) fn new(make: impl Fn() -> S + Send + 'static) -> Watched<S> {
        Watched {
            sensor: Some(Box::new(make())),
            make: Box::new(make),
            worker: None,
            asked: None,
            sources: Vec::new(),
            interval: Duration::ZERO,
            patience: PATIENCE,
        }
    }

    fn silent(&self, batch: &mut Batch) -> Result<(), SensorError> {
        const REASON: &str = "NVIDIA's driver does not answer; its answer is waited for";
        if self.sources.is_empty() {
            return Err(SensorError { health: Health::Stale, reason: REASON.to_owned() });
        }
        self.sources.iter().for_each(|source| batch.condition(source, Health::Stale, REASON));
        Ok(())
    }

    /// Takes the sensor back, with what it read.
    fn land(&mut self, answer: Answer<S>, waited: Duration, batch: &mut Batch) -> Result<(), SensorError> {
        let Answer { sensor, outcome, took } = answer;
        self.sources = sensor.sources();
        self.sensor = Some(sensor);
        self.asked = None;
        self.interval = if took > EASY { (took * REST).min(LONGEST) } else { Duration::ZERO };
        match outcome {
            Ok(Ok(read)) if waited > STALE => {
                // What happened, happened.
                let events = read.into_parts().events;
                events.into_iter().for_each(|(source, kind, detail)| batch.event(&source, kind, detail));
                self.silent(batch)
            }
            Ok(Ok(read)) => {
                *batch = read;
                Ok(())
            }
            Ok(Err(error)) => {
                if error.health == Health::Unsupported && self.sources.is_empty() {
                    // Nothing to watch over: the thread ends with its channel.
                    self.worker = None;
                    self.interval = ABSENT;
                }
                Err(error)
            }
            Err(panic) => resume_unwind(panic),
        }
    }
}

impl<S: Known> Sensor for Watched<S> {
    fn interval(&self) -> Duration {
        self.interval
    }

    fn sample(&mut self, clock: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
        let now = clock.now();
        if let Some(sensor) = self.sensor.take() {
            if self.worker.is_none() {
                self.worker = start();
            }
            let Some(worker) = &self.worker else {
                self.sensor = Some(sensor);
                let reason = "the system gives no thread to ask NVIDIA's driver with".to_owned();
                return Err(SensorError { health: Health::Stale, reason });
            };
            self.asked = Some(now.boot);
            // The thread waits for a request whenever it does not have the sensor.
            if let Err(TrySendError::Full((sensor, _)) | TrySendError::Disconnected((sensor, _))) =
                worker.requests.try_send((sensor, now))
            {
                (self.sensor, self.worker, self.asked) = (Some(sensor), None, None);
                return self.silent(batch);
            }
        }
        let Some(worker) = &self.worker else { return self.silent(batch) };
        // A sensor that is asked seldom has more time.
        match worker.answers.recv_timeout(self.patience.max(self.interval / 2)) {
            Ok(answer) => {
                let waited = self.asked.map_or(Duration::ZERO, |asked| now.boot.saturating_sub(asked));
                self.land(answer, waited, batch)
            }
            Err(RecvTimeoutError::Timeout) => self.silent(batch),
            Err(RecvTimeoutError::Disconnected) => {
                // The thread took the sensor with it.
                (self.sensor, self.worker, self.asked) = (Some(Box::new((self.make)())), None, None);
                self.silent(batch)
            }
        }
    }
}

fn start<S: Known>() -> Option<Worker<S>> {
    let (requests, asked) = sync_channel::<(Box<S>, Now)>(1);
    let (answers, answered) = sync_channel(1);
    let serve = move || {
        for (mut sensor, now) in asked {
            let began = std::time::Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                let mut batch = Batch::default();
                sensor.sample(&now, &mut batch).map(|()| batch)
            }));
            if answers.send(Answer { sensor, outcome, took: began.elapsed() }).is_err() {
                return;
            }
        }
    };
    let started = thread::Builder::new().name("hb-nvidia-calls".to_owned()).stack_size(STACK).spawn(serve);
    let worker = started.map(|_| Worker { requests, answers: answered });
    worker.map_err(|error| log::warn!("no thread for NVIDIA's driver: {error}")).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Mutex, MutexGuard};

    use super::*;
    use crate::clock::ManualClock;
    use crate::metrics::Metric;
    use crate::model::{EventKind, Parts, SourceKind};

    /// A sensor that answers only when it is let.
    struct Slow {
        source: Arc<Source>,
        gate: Arc<Mutex<()>>,
        began: Sender<()>,
        met: bool,
    }

    impl Sensor for Slow {
        fn sample(&mut self, _: &dyn Clock, batch: &mut Batch) -> Result<(), SensorError> {
            let _ = self.began.send(());
            let _open = self.gate.lock().unwrap();
            self.met = true;
            batch.put(&self.source, Metric::GpuUtilization, 42.0);
            batch.event(&self.source, EventKind::Xid, serde_json::json!({}));
            Ok(())
        }
    }

    impl Known for Slow {
        fn sources(&self) -> Vec<Arc<Source>> {
            self.met.then(|| self.source.clone()).into_iter().collect()
        }
    }

    struct Rig {
        gate: Arc<Mutex<()>>,
        began: Receiver<()>,
        clock: ManualClock,
        watched: Watched<Slow>,
    }

    impl Rig {
        fn new() -> Rig {
            let (began_here, began) = channel();
            let gate = Arc::new(Mutex::new(()));
            let source = Source::whole(SourceKind::Gpu, "gpu:1", "x");
            let here = gate.clone();
            let slow =
                move || Slow { source: source.clone(), gate: here.clone(), began: began_here.clone(), met: false };
            Rig { gate, began, clock: ManualClock::at(1_700_000_000), watched: Watched::new(slow) }
        }

        /// A sample that waits so long for its answer.
        fn sample(&mut self, patience: Duration) -> Result<Parts, SensorError> {
            self.clock.advance(Duration::from_secs(1));
            self.watched.patience = patience;
            let mut batch = Batch::default();
            self.watched.sample(&self.clock, &mut batch).map(|()| batch.into_parts())
        }

        fn answer(&mut self) -> Parts {
            self.sample(Duration::from_secs(60)).unwrap()
        }

        fn hang(&self) -> MutexGuard<'static, ()> {
            let gate: &'static Arc<Mutex<()>> = Box::leak(Box::new(self.gate.clone()));
            gate.lock().unwrap()
        }
    }

    #[test]
    fn a_call_that_never_returns_is_said_and_comes_back_to_life() {
        let mut rig = Rig::new();
        assert_eq!(rig.answer().readings.len(), 1);
        let hanging = rig.hang();
        rig.began.try_iter().count();
        for _ in 0..5 {
            let parts = rig.sample(Duration::from_millis(1)).unwrap();
            let (source, condition) = &parts.conditions[0];
            assert_eq!((source.id.as_str(), condition.health), ("gpu:1", Health::Stale));
            assert!(condition.reason.contains("does not answer") && parts.readings.is_empty());
        }
        drop(hanging);
        // What comes now was asked for long ago, so it is not told; the next sample is.
        let late = rig.answer();
        assert!(late.readings.is_empty() && late.conditions.len() == 1);
        assert_eq!(late.events.len(), 1, "what happened is told all the same");
        assert_eq!(rig.began.try_iter().count(), 1, "requests did not pile up");
        let parts = rig.answer();
        assert!(parts.conditions.is_empty() && parts.readings.len() == 1);
    }

    #[test]
    fn a_first_call_that_takes_its_time_is_an_error_of_the_sensor() {
        let mut rig = Rig::new();
        let hanging = rig.hang();
        let error = rig.sample(Duration::from_millis(1)).map(|_| ()).unwrap_err();
        assert_eq!(error.health, Health::Stale);
        drop(hanging);
        // It was asked for a second ago.
        assert_eq!(rig.answer().readings.len(), 1);
    }
}
