//! What the kernel knows of a GPU's power without asking the GPU: whether it sleeps, how long it was awake and how long
//! it slept since the machine was started, and whether it may sleep at all.
//!
//! All files that are read here are answered from the kernel's memory. Deliberately not here: what follows from them.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use super::cards::Card;
use super::{is_lit, says};
use crate::model::Health;
use crate::say;
use crate::sensors::input::{Buffer, Input, names};
use crate::sensors::names::escaped;
use crate::sensors::parse::{content, number};
use crate::sensors::{Roots, SensorError};

/// Whether a GPU sleeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It has no runtime power management, so that nothing puts it to sleep.
    Unmanaged,
    Awake,
    Asleep,
    /// It is falling asleep or waking up.
    Changing,
    /// That cannot be told.
    Unknown(Health, String),
}

/// How long a GPU was awake and asleep since the machine was started; `None` where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    pub awake: Option<Duration>,
    pub asleep: Option<Duration>,
}

/// The files of one GPU.
#[derive(Debug)]
pub(super) struct Power {
    /// In the folder of the device; captures have some of them in that of the bus.
    status: Vec<Input>,
    state: Input,
    active: Input,
    suspended: Input,
    control: [PathBuf; 2],
    drm: Option<PathBuf>,
}

impl Power {
    pub(super) fn new(roots: &Roots, card: &Card) -> Power {
        let bus = roots.sys.join("bus/pci/devices").join(&card.address);
        let input = |file: &str| Input::new(roots, card.device.join(file));
        let mut status = vec![input("power/runtime_status")];
        if bus != card.device {
            status.push(Input::new(roots, bus.join("power/runtime_status")));
        }
        Power {
            status,
            state: input("power_state"),
            active: input("power/runtime_active_time"),
            suspended: input("power/runtime_suspended_time"),
            control: [card.device.join("power/control"), bus.join("power/control")],
            drm: card.drm.clone(),
        }
    }

    pub(super) fn state(&mut self, buffer: &mut Buffer) -> State {
        let mut told = State::Unmanaged;
        for input in &mut self.status {
            match input.read_at_once(buffer) {
                Ok(text) => told = State::of(content(text)),
                // A kernel or a device without runtime power management.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    let SensorError { health, reason } = SensorError::io(input.path(), &error);
                    return State::Unknown(health, say!("whether it sleeps cannot be told: {reason}", reason));
                }
            }
            break;
        }
        // A card that was switched off by hand (`vgaswitcheroo`) has no runtime power management to tell so; the kernel's
        // view of its state does.
        let is_off = |state: &[u8]| content(state).starts_with(b"D3");
        if matches!(told, State::Unmanaged | State::Awake) && self.state.read_at_once(buffer).is_ok_and(is_off) {
            return State::Asleep;
        }
        told
    }

    /// How long it was in the state in which it is not: only that grows unseen between two looks that find the same. What
    /// nothing puts to sleep has no such times.
    pub(super) fn times(&mut self, state: &State, buffer: &mut Buffer) -> Times {
        let mut time = |input: &mut Input| {
            let text = input.read_at_once(buffer).ok()?;
            number(content(text)).map(Duration::from_millis)
        };
        match state {
            State::Awake => Times { asleep: time(&mut self.suspended), awake: None },
            State::Asleep => Times { awake: time(&mut self.active), asleep: None },
            State::Unmanaged | State::Changing | State::Unknown(..) => Times::default(),
        }
    }

    /// Whether the kernel may put it to sleep while nobody uses it: it is allowed to, and no screen hangs on it.
    pub(super) fn can_sleep(&self) -> bool {
        self.may_sleep() && !self.shows_picture()
    }

    /// Whether the kernel is allowed to put it to sleep.
    pub(super) fn may_sleep(&self) -> bool {
        self.control.iter().any(|file| says(file, b"auto"))
    }

    fn shows_picture(&self) -> bool {
        let Some(drm) = &self.drm else { return false };
        let Some(own) = drm.file_name().map(|name| [name.as_encoded_bytes(), b"-"].concat()) else { return false };
        let is_own = |name: &OsString| name.as_encoded_bytes().starts_with(&own);
        // A connector lies in the folder of its card, and is linked from the class.
        [Some(drm.as_path()), drm.parent()]
            .into_iter()
            .flatten()
            .any(|folder| names(folder).into_iter().filter(is_own).any(|name| is_lit(&folder.join(name))))
    }
}

impl State {
    fn of(status: &[u8]) -> State {
        match status {
            b"unsupported" | b"" => State::Unmanaged,
            b"active" => State::Awake,
            b"suspended" => State::Asleep,
            b"suspending" | b"resuming" => State::Changing,
            b"error" => State::Unknown(
                Health::Lost,
                say!("it failed to change its power state; a restart of the machine helps").into(),
            ),
            status => {
                let told = escaped(status);
                State::Unknown(
                    Health::Lost,
                    say!("whether it sleeps cannot be told: power/runtime_status reads \"{text}\"", text = told),
                )
            }
        }
    }
}
