//! What takes too long for a tick is asked for on a thread of its own: how much crosses the PCIe bus, which the driver
//! counts for 20 ms in each direction while the caller waits.
//!
//! One question is under way at a time. The thread shares the session for the time of one question and no longer, so that
//! it does not keep the library open. A call that never returns keeps its session all the same, which is then never shut
//! down, also where the driver was loaded anew meanwhile; nothing can take it back. So such a thread is left to itself
//! after a while and another one takes its place, with the session of that time; where a few hang, no more are asked.
//! Deliberately not here: which GPU may be asked at a moment that nobody has chosen.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use foldhash::HashMap;
use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::PcieUtilCounter;
use nvml_wrapper::error::NvmlError;

use super::faults::{self, Fault};
use super::raw::{self, Handle};
use crate::metrics::Metric;

/// Each GPU is asked this often: two hundredths of a second say as much of ten as of five, and waking a thread costs.
const EVERY: Duration = Duration::from_secs(10);
/// An answer stands for this long: a thread that hangs must not leave its last word there for ever.
const STANDS: Duration = Duration::from_secs(22);
/// An answer that takes longer than this is not waited for any more.
const PATIENCE: Duration = Duration::from_secs(30);
/// So many threads may hang before nothing is asked any more.
const MOST_HANGING: usize = 3;
/// Loading no code and reading two numbers needs little stack.
const STACK: usize = 256 << 10;

/// Four times what the fastest link there is can carry, in bytes a second.
const MOST: f64 = 512e9;

/// Bytes a second, to the GPU and from it.
type Traffic = (f64, f64);

struct Question {
    session: Arc<Nvml>,
    handle: Handle,
    key: String,
}

struct Answer {
    key: String,
    traffic: Result<Traffic, NvmlError>,
}

struct Worker {
    questions: SyncSender<Question>,
    answers: Receiver<Answer>,
    thread: JoinHandle<()>,
}

/// See the module.
#[derive(Default)]
pub(super) struct Aside {
    worker: Option<Worker>,
    /// When the question was put whose answer is still to come.
    waits: Option<Duration>,
    /// Threads that were not waited for any more and have not ended.
    hanging: Vec<JoinHandle<()>>,
    known: HashMap<String, Known>,
}

#[derive(Default)]
struct Known {
    asked: Option<Duration>,
    /// With the time at which it came.
    traffic: Option<(Duration, Traffic)>,
    off: bool,
}

impl Known {
    fn stands(&self, now: Duration) -> impl Iterator<Item = (Metric, f64)> {
        let traffic = self.traffic.filter(|(at, _)| now.saturating_sub(*at) < STANDS).map(|(_, traffic)| traffic);
        traffic
            .into_iter()
            .flat_map(|(received, sent)| [(Metric::GpuPcieReceive, received), (Metric::GpuPcieTransmit, sent)])
    }
}

impl Aside {
    /// Takes in what was answered since the last time.
    pub(super) fn begin(&mut self, now: Duration) {
        let Some(worker) = &self.worker else { return };
        loop {
            match worker.answers.try_recv() {
                Ok(Answer { key, traffic }) => {
                    self.waits = None;
                    let known = self.known.entry(key).or_default();
                    match traffic {
                        Ok(traffic) => known.traffic = Some((now, traffic)),
                        Err(error) => known.off = faults::of(&error) == Fault::Unsupported,
                    }
                }
                Err(TryRecvError::Empty) if self.waits.is_some_and(|put| now.saturating_sub(put) >= PATIENCE) => {
                    self.waits = None;
                    self.hanging.extend(self.worker.take().map(|worker| worker.thread));
                    return;
                }
                Err(TryRecvError::Empty) => return,
                // It panicked, and is started anew at the next question.
                Err(TryRecvError::Disconnected) => {
                    (self.worker, self.waits) = (None, None);
                    return;
                }
            }
        }
    }

    /// Forgets everything: the library is opened anew.
    pub(super) fn reset(&mut self) {
        self.known.clear();
    }

    /// What is known of the GPU `key` with a value that no link has.
    pub(super) fn odd(&self, key: &str, now: Duration) -> Vec<Metric> {
        let known = self.known.get(key).into_iter().flat_map(|known| known.stands(now));
        known.filter(|(_, value)| *value > MOST).map(|(metric, _)| metric).collect()
    }

    /// Gives what is known of the GPU `key`, and asks again where that is due.
    pub(super) fn read(
        &mut self,
        session: &Arc<Nvml>,
        handle: Handle,
        key: &str,
        now: Duration,
        mut put: impl FnMut(Metric, f64),
    ) {
        if !self.known.contains_key(key) {
            self.known.insert(key.to_owned(), Known::default());
        }
        let Some(known) = self.known.get_mut(key) else { return };
        for (metric, value) in known.stands(now).filter(|(_, value)| *value <= MOST) {
            put(metric, value);
        }
        let due = known.asked.is_none_or(|asked| now.saturating_sub(asked) >= EVERY);
        if known.off || !due || self.waits.is_some() {
            return;
        }
        known.asked = Some(now);
        let question = Question { session: session.clone(), handle, key: key.to_owned() };
        if self.worker.is_none() {
            // One that came back to life ends by itself.
            self.hanging.retain(|thread| !thread.is_finished());
            self.worker = if self.hanging.len() < MOST_HANGING { start(traffic) } else { None };
        }
        let Some(worker) = &self.worker else { return };
        match worker.questions.try_send(question) {
            Ok(()) => self.waits = Some(now),
            // It is started anew at the next question.
            Err(TrySendError::Disconnected(_)) => self.worker = None,
            Err(TrySendError::Full(_)) => {}
        }
    }
}

#[cfg(test)]
impl Aside {
    /// How many threads hang.
    pub(super) fn hanging(&self) -> usize {
        self.hanging.len()
    }

    /// Puts the next question to a thread that panics over it.
    pub(super) fn break_off(&mut self) {
        self.known.clear();
        (self.worker, self.waits) = (start(|_, _| panic!("as a library may")), None);
    }
}

/// The thread ends when its questions' sender is dropped. Nobody waits for that: it may hang in the driver.
fn start(ask: impl Fn(&Nvml, Handle) -> Result<Traffic, NvmlError> + Send + 'static) -> Option<Worker> {
    let (questions, asked) = sync_channel::<Question>(1);
    let (answers, answered) = sync_channel(1);
    let serve = move || {
        for Question { session, handle, key } in asked {
            let traffic = ask(&session, handle);
            drop(session);
            if answers.send(Answer { key, traffic }).is_err() {
                return;
            }
        }
    };
    let started = thread::Builder::new().name("hb-nvidia-pcie".to_owned()).stack_size(STACK).spawn(serve);
    started
        .map(|thread| Worker { questions, answers: answered, thread })
        .map_err(|error| log::warn!("no thread for PCIe traffic: {error}"))
        .ok()
}

fn traffic(session: &Nvml, handle: Handle) -> Result<Traffic, NvmlError> {
    let gpu = raw::device(session, handle);
    let bytes = |counter| gpu.pcie_throughput(counter).map(|kib| f64::from(kib) * 1024.0);
    Ok((bytes(PcieUtilCounter::Receive)?, bytes(PcieUtilCounter::Send)?))
}
