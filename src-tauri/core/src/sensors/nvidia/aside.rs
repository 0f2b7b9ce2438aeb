//! What takes too long for a tick is asked for on a thread of its own: how much crosses the PCIe bus, which the driver
//! counts for 20 ms in each direction while the caller waits.
//!
//! One question is under way at a time, so a call that never returns holds up only the next one of its kind. The thread
//! shares the session for the time of one question and no longer, so that it does not keep the library open. Deliberately
//! not here: which GPU may be asked at a moment that nobody has chosen.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::PcieUtilCounter;
use nvml_wrapper::error::NvmlError;

use super::faults::{self, Fault};
use super::raw::{self, Handle};
use crate::metrics::Metric;

/// Each GPU is asked this often.
const EVERY: Duration = Duration::from_secs(5);
/// An answer stands for this long: a thread that hangs must not leave its last word there for ever.
const STANDS: Duration = Duration::from_secs(12);
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

/// See the module.
#[derive(Default)]
pub(super) struct Aside {
    thread: Option<(SyncSender<Question>, Receiver<Answer>)>,
    /// Whether an answer is still to come.
    waits: bool,
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
        let Some((_, answers)) = &self.thread else { return };
        for Answer { key, traffic } in answers.try_iter() {
            self.waits = false;
            let known = self.known.entry(key).or_default();
            match traffic {
                Ok(traffic) => known.traffic = Some((now, traffic)),
                Err(error) => known.off = faults::of(&error) == Fault::Unsupported,
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
        let known = self.known.entry(key.to_owned()).or_default();
        for (metric, value) in known.stands(now).filter(|(_, value)| *value <= MOST) {
            put(metric, value);
        }
        let due = known.asked.is_none_or(|asked| now.saturating_sub(asked) >= EVERY);
        if known.off || !due || self.waits {
            return;
        }
        known.asked = Some(now);
        let question = Question { session: session.clone(), handle, key: key.to_owned() };
        if self.thread.is_none() {
            self.thread = start();
        }
        let Some((questions, _)) = &self.thread else { return };
        match questions.try_send(question) {
            Ok(()) => self.waits = true,
            // It is started anew at the next question.
            Err(TrySendError::Disconnected(_)) => self.thread = None,
            Err(TrySendError::Full(_)) => {}
        }
    }
}

/// The thread ends when its questions' sender is dropped. Nobody waits for that: it may hang in the driver.
fn start() -> Option<(SyncSender<Question>, Receiver<Answer>)> {
    let (questions, asked) = sync_channel::<Question>(1);
    let (answers, answered) = sync_channel(1);
    let serve = move || {
        for Question { session, handle, key } in asked {
            let traffic = traffic(&session, handle);
            drop(session);
            if answers.send(Answer { key, traffic }).is_err() {
                return;
            }
        }
    };
    let started = thread::Builder::new().name("hb-nvidia-pcie".to_owned()).stack_size(STACK).spawn(serve);
    started.map(|_| (questions, answered)).map_err(|error| log::warn!("no thread for PCIe traffic: {error}")).ok()
}

fn traffic(session: &Nvml, handle: Handle) -> Result<Traffic, NvmlError> {
    let gpu = raw::device(session, handle);
    let bytes = |counter| gpu.pcie_throughput(counter).map(|kib| f64::from(kib) * 1024.0);
    Ok((bytes(PcieUtilCounter::Receive)?, bytes(PcieUtilCounter::Send)?))
}
