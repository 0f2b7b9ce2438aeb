//! The errors that NVIDIA's driver reports by number ("XID"), heard as they happen.
//!
//! The driver delivers them to an event set, on which a thread waits. Such a set keeps its GPUs open and so awake, and
//! the thread the session: it listens only where none of a session's GPUs ever sleeps. The thread shares the session until it is told to stop, and looks up for
//! that every few seconds. Deliberately not here: what is done about an error.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use nvml_wrapper::Nvml;
use nvml_wrapper::bitmasks::event::EventTypes;
use nvml_wrapper::enums::event::XidError;
use nvml_wrapper::error::NvmlError;
use serde_json::{Value, json};

use super::faults::{self, Fault};
use super::raw::{self, Handle};
use crate::say;

/// So many milliseconds the thread waits at a time: a session that is closed lives on for as long.
const WAIT: u32 = 5_000;
/// Waiting for the driver needs little stack.
const STACK: usize = 256 << 10;

/// What a number means that a person may meet (NVIDIA's list has some 150, most of them for NVIDIA's engineers).
fn meaning(code: u64) -> Option<&'static str> {
    Some(match code {
        8 => say!("a program's work on the GPU took too long and was stopped"),
        13 => say!("a program did something on the GPU that is not allowed, such as writing outside its memory"),
        31 => say!("a program reached for GPU memory that it does not have"),
        32 => say!("damaged commands reached the GPU; the PCIe link may be bad"),
        38 => say!("the driver's firmware stopped with an error"),
        43 => say!("a program's work on the GPU was stopped after an error of its own"),
        45 => say!("a program's work on the GPU was cleared away, usually because the program ended or failed"),
        46 => say!("the GPU stopped processing"),
        48 => say!("the GPU's memory had an error that could not be corrected"),
        56 => say!("the display engine failed"),
        57 => say!("the memory or the link to it could not be trained"),
        61 => say!("a controller inside the GPU stopped; a restart is needed"),
        62 => say!("a controller inside the GPU halted; a restart is needed"),
        63 => say!("a bad place in the GPU's memory was marked and will be replaced"),
        64 => say!("a bad place in the GPU's memory could not be marked for replacement"),
        68 => say!("the video engine failed"),
        69 => say!("a program used the GPU's graphics engine wrongly"),
        74 => say!("a link between GPUs (NVLink) failed"),
        79 => say!("the GPU has fallen off the bus: the machine cannot reach it any more"),
        92 => say!("the GPU's memory had unusually many errors that were corrected"),
        94 => say!("a memory error could not be corrected; only the program that met it was hit"),
        95 => say!("a memory error could not be corrected and hit every program on the GPU; a reset is needed"),
        109 => say!("switching between programs on the GPU took too long"),
        119 => say!("the GPU's own processor (GSP) did not answer; a reset or a restart may be needed"),
        120 => say!("the GPU's own processor (GSP) failed; a reset or a restart is needed"),
        121 => say!("a link between chips (C2C) had an error that was corrected"),
        137 => say!("another GPU reached for memory over a link in a way that is not allowed"),
        140 => say!("an error in the GPU's memory circuits could not be corrected"),
        143 => say!("the GPU could not be started"),
        144 => say!("a link between GPUs (NVLink) had an error"),
        154 => say!("the driver says what the GPU needs to recover: a reset, or a restart of the machine"),
        _ => return None,
    })
}

/// One error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Xid(u64);

impl Xid {
    /// What is recorded of it.
    pub(super) fn detail(self) -> Value {
        match meaning(self.0) {
            Some(meaning) => json!({ "code": self.0, "meaning": meaning }),
            None => json!({ "code": self.0 }),
        }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Listener {
    thread: Option<Ear>,
}

/// The sensor's end of the thread; it stops when this is dropped.
struct Ear {
    session: Weak<Nvml>,
    gpus: Vec<(String, Handle)>,
    heard: Receiver<(String, Xid)>,
    stop: Arc<AtomicBool>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Listener {
    /// Listens to the GPUs of `may` from now on, as far as they have been read, and to no others. One that is lost is
    /// listened to all the same: what it says last is what a person wants to know.
    pub(super) fn listen(&mut self, session: &Arc<Nvml>, may: &[(&String, Option<Handle>)]) {
        let wanted = || may.iter().filter_map(|(key, handle)| Some((*key, (*handle)?)));
        let enough = |ear: &Ear| {
            let allowed = ear.gpus.iter().all(|(key, _)| may.iter().any(|(other, _)| *other == key));
            let same = std::ptr::eq(ear.session.as_ptr(), Arc::as_ptr(session));
            let knows = |(key, handle)| ear.gpus.iter().any(|(known, its)| known == key && *its == handle);
            same && allowed && wanted().all(knows)
        };
        if self.thread.as_ref().is_some_and(enough) {
            return;
        }
        let wanted: Vec<(String, Handle)> = wanted().map(|(key, handle)| (key.clone(), handle)).collect();
        self.thread = None;
        if !wanted.is_empty() {
            self.thread = start(session.clone(), wanted);
        }
    }

    /// Stops listening.
    pub(super) fn stop(&mut self) {
        self.thread = None;
    }

    /// What was heard since the last time, and at which GPU.
    pub(super) fn heard(&self) -> Vec<(String, Xid)> {
        self.thread.iter().flat_map(|ear| ear.heard.try_iter()).collect()
    }
}

fn start(session: Arc<Nvml>, gpus: Vec<(String, Handle)>) -> Option<Ear> {
    let (told, heard) = channel();
    let stop = Arc::new(AtomicBool::new(false));
    let (here, stopped, known) = (gpus.clone(), stop.clone(), Arc::downgrade(&session));
    let serve = move || {
        if let Err(error) = wait(&session, &here, &told, &stopped) {
            log::debug!("the driver's errors are not heard any more: {error}");
        }
    };
    let started = thread::Builder::new().name("hb-nvidia-xid".to_owned()).stack_size(STACK).spawn(serve);
    let ear = started.map(|_| Ear { session: known, gpus, heard, stop });
    ear.map_err(|error| log::warn!("no thread for the driver's errors: {error}")).ok()
}

fn wait(
    session: &Arc<Nvml>,
    gpus: &[(String, Handle)],
    told: &Sender<(String, Xid)>,
    stop: &AtomicBool,
) -> Result<(), NvmlError> {
    let mut set = session.create_event_set()?;
    for (key, handle) in gpus {
        let gpu = raw::device(session, *handle);
        // Asked first, because a refusal takes the set with it.
        if !gpu.supported_event_types().is_ok_and(|types| types.contains(EventTypes::CRITICAL_XID_ERROR)) {
            log::debug!("the driver does not report its errors at {key}");
            continue;
        }
        set = gpu.register_events(EventTypes::CRITICAL_XID_ERROR, set).map_err(|error| error.error)?;
    }
    // A session that only this thread still holds is to be closed.
    while !stop.load(Ordering::Relaxed) && Arc::strong_count(session) > 1 {
        let event = match set.wait(WAIT) {
            Ok(event) => event,
            Err(NvmlError::Timeout) => continue,
            Err(error) if faults::of(&error) == Fault::Driver => return Err(error),
            // A GPU that is lost makes this fail at once, again and again; others may still have something to say.
            Err(_) => {
                thread::sleep(Duration::from_millis(WAIT.into()));
                continue;
            }
        };
        let place = raw::handle(&event.device);
        let gpu = gpus.iter().find(|(_, handle)| *handle == place);
        let code = match event.event_data {
            Some(XidError::Value(code)) => code,
            // The wrapper's word for the one that the driver itself does not know.
            Some(XidError::Unknown) => 999,
            None => continue,
        };
        if let Some((key, _)) = gpu {
            // Nobody listens any more where the sensor is gone.
            let _ = told.send((key.clone(), Xid(code)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, within};

    #[test]
    fn what_a_person_may_meet_has_a_meaning() {
        for code in [13, 31, 43, 45, 48, 61, 62, 63, 64, 74, 79, 92, 94, 95, 119, 120, 140, 143] {
            let detail = Xid(code).detail();
            assert!(detail["meaning"].as_str().is_some_and(|words| words.len() > 10), "{detail}");
        }
        assert_eq!(Xid(999).detail(), json!({ "code": 999 }));
        let detail = within(Language::German, || Xid(79).detail());
        let meaning = "die GPU ist vom Bus gefallen: Der Rechner erreicht sie nicht mehr";
        assert_eq!(detail, json!({ "code": 79, "meaning": meaning }));
    }
}
