//! Whether a graphics card may be read now: a card that sleeps is not touched, and one that could fall asleep is let go.
//!
//! Reading a card that may sleep keeps it awake: each reading takes the device for a moment and starts its timer anew (xe
//! waits 1 s, i915 10 s). So a card that idles and shows no picture is left alone for a while. If it is still awake
//! then, reading it was not the cause; it is read as before, and the next attempt comes later. What is looked at here,
//! `power/`, is the kernel's own memory. Deliberately not here: how a card is found, and what it says.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::input::{Buffer, Input};
use super::names::escaped;
use super::{Roots, SensorError};
use crate::model::Health;

/// How long a card idles before it is let go.
const QUIET: Duration = Duration::from_secs(10);

/// How long a card is left alone: longer than any driver's timer.
const ALONE: Duration = Duration::from_secs(30);

/// The time from a futile attempt to the next one, doubled each time, and the most.
const AGAIN: Duration = Duration::from_secs(300);
const LATEST: Duration = Duration::from_secs(3600);

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It may be read.
    Open,
    /// It must not be touched: the condition of its source.
    Shut(Health, String),
}

/// The gate of one card.
#[derive(Debug)]
pub(crate) struct Gate {
    status: Input,
    /// Where captures and some kernels have it.
    spare: Input,
    control: Input,
    /// Since when it idles.
    quiet: Option<Duration>,
    /// Until when it is left alone.
    alone: Option<Duration>,
    /// When it may be let go again, and how long the next wait is.
    next: Option<Duration>,
    wait: Duration,
}

impl Gate {
    pub(crate) fn new(roots: &Roots, device: &Path, address: &str) -> Gate {
        let bus = roots.sys.join("bus/pci/devices").join(address);
        Gate {
            status: Input::new(roots, device.join("power/runtime_status")),
            spare: Input::new(roots, bus.join("power/runtime_status")),
            control: Input::new(roots, device.join("power/control")),
            quiet: None,
            alone: None,
            next: None,
            wait: AGAIN,
        }
    }

    /// Asked before each reading.
    pub(crate) fn look(&mut self, boot: Duration, buffer: &mut Buffer) -> Access {
        let mut status = None;
        for input in [&mut self.status, &mut self.spare] {
            match input.read_at_once(buffer) {
                Ok(text) => {
                    status = Some(text.trim_ascii().to_vec());
                    break;
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    let SensorError { health, reason } = SensorError::io(input.path(), &error);
                    return Access::Shut(health, format!("whether it sleeps cannot be told: {reason}"));
                }
            }
        }
        match status.as_deref() {
            // A device without the file cannot sleep.
            None | Some(b"unsupported" | b"") => {
                self.forget();
                Access::Open
            }
            Some(b"active") => match self.alone {
                Some(until) if boot < until => {
                    Access::Shut(Health::Asleep, "idle, and left alone so that it can fall asleep".into())
                }
                Some(_) => {
                    // It stayed awake by itself.
                    self.alone = None;
                    self.quiet = None;
                    self.next = Some(boot + self.wait);
                    self.wait = (self.wait * 2).min(LATEST);
                    Access::Open
                }
                None => Access::Open,
            },
            // The moments of falling asleep and waking up are left alone like sleep itself.
            Some(b"suspended" | b"suspending" | b"resuming") => {
                self.forget();
                Access::Shut(Health::Asleep, "powered down".into())
            }
            Some(status) => {
                self.forget();
                let status = escaped(status);
                Access::Shut(
                    Health::Lost,
                    format!("whether it sleeps cannot be told: runtime_status reads \"{status}\""),
                )
            }
        }
    }

    /// Told after each reading whether the card idles, where that is known, and whether it shows a picture.
    pub(crate) fn seen(&mut self, boot: Duration, idle: Option<bool>, picture: impl Fn() -> bool, buffer: &mut Buffer) {
        if idle != Some(true) {
            self.quiet = None;
            return;
        }
        let since = *self.quiet.get_or_insert(boot);
        if boot.saturating_sub(since) < QUIET || self.next.is_some_and(|next| boot < next) {
            return;
        }
        let may_sleep = self.control.read_at_once(buffer).is_ok_and(|text| text.trim_ascii() == b"auto");
        if may_sleep && !picture() {
            self.alone = Some(boot + ALONE);
        } else {
            self.quiet = None;
        }
    }

    /// It slept or was woken by somebody else: what was learned about it is over.
    fn forget(&mut self) {
        (self.quiet, self.alone, self.next, self.wait) = (None, None, None, AGAIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Card {
        folder: tempfile::TempDir,
        gate: Gate,
        buffer: Buffer,
    }

    impl Card {
        fn new(files: &[(&str, &str)]) -> Card {
            let folder = tempfile::tempdir().unwrap();
            let device = folder.path().join("sys/device");
            std::fs::create_dir_all(device.join("power")).unwrap();
            files.iter().for_each(|(file, text)| std::fs::write(device.join("power").join(file), text).unwrap());
            let gate = Gate::new(&Roots::at(folder.path()), &device, "0000:03:00.0");
            Card { folder, gate, buffer: Buffer::default() }
        }

        fn set(&self, status: &str) {
            std::fs::write(self.folder.path().join("sys/device/power/runtime_status"), status).unwrap();
        }

        fn is_open(&mut self, second: u64) -> bool {
            self.gate.look(Duration::from_secs(second), &mut self.buffer) == Access::Open
        }

        fn read(&mut self, second: u64, idle: Option<bool>, picture: bool) -> bool {
            let open = self.is_open(second);
            if open {
                self.gate.seen(Duration::from_secs(second), idle, || picture, &mut self.buffer);
            }
            open
        }
    }

    #[test]
    fn only_what_is_awake_or_cannot_sleep_is_read() {
        #[track_caller]
        fn check(status: Option<&str>, expected: bool) {
            let files: Vec<_> = status.map(|status| ("runtime_status", status)).into_iter().collect();
            assert_eq!(Card::new(&files).is_open(1), expected);
        }
        check(None, true);
        check(Some("active\n"), true);
        check(Some("unsupported\n"), true);
        check(Some("suspended\n"), false);
        check(Some("suspending\n"), false);
        check(Some("resuming\n"), false);
        check(Some("error\n"), false);
        check(Some("\u{1b}[2J"), false);
    }

    #[test]
    fn a_status_that_cannot_be_read_shuts() {
        let mut card = Card::new(&[]);
        std::fs::create_dir(card.folder.path().join("sys/device/power/runtime_status")).unwrap();
        let access = card.gate.look(Duration::ZERO, &mut card.buffer);
        assert!(matches!(access, Access::Shut(Health::Lost, _)), "{access:?}");
    }

    #[test]
    fn the_bus_tells_where_the_device_does_not() {
        let mut card = Card::new(&[]);
        let bus = card.folder.path().join("sys/bus/pci/devices/0000:03:00.0/power");
        std::fs::create_dir_all(&bus).unwrap();
        std::fs::write(bus.join("runtime_status"), "suspended\n").unwrap();
        assert!(!card.is_open(1));
    }

    #[test]
    fn an_idle_card_is_let_go_until_it_shows_that_something_else_keeps_it_awake() {
        let mut card = Card::new(&[("runtime_status", "active\n"), ("control", "auto\n")]);
        let opened = |card: &mut Card, from: u64, to: u64| -> Vec<u64> {
            (from..to).filter(|second| card.read(*second, Some(true), false)).collect()
        };
        assert_eq!(opened(&mut card, 0, 41), [(0..=10).collect::<Vec<_>>(), vec![40]].concat());
        // It stayed awake: the next attempt comes after five minutes, then after ten.
        assert_eq!(opened(&mut card, 41, 341).len(), 300);
        assert_eq!(opened(&mut card, 341, 370).len(), 0);
        assert_eq!(opened(&mut card, 370, 971).len(), 601);
        assert_eq!(opened(&mut card, 971, 1000).len(), 0);
        // It fell asleep, and somebody woke it: it is read again.
        card.set("suspended\n");
        assert_eq!(opened(&mut card, 1000, 1010).len(), 0);
        card.set("active\n");
        assert_eq!(opened(&mut card, 1010, 1021).len(), 11);
        assert_eq!(opened(&mut card, 1021, 1022).len(), 0);
    }

    #[test]
    fn a_card_that_works_or_must_stay_awake_is_read_all_the_time() {
        #[track_caller]
        fn check(control: &str, idle: Option<bool>, picture: bool) {
            let mut card = Card::new(&[("runtime_status", "active\n"), ("control", control)]);
            assert!((0..100).all(|second| card.read(second, idle, picture)));
        }
        check("auto\n", Some(false), false);
        check("auto\n", None, false);
        check("auto\n", Some(true), true);
        check("on\n", Some(true), false);
        check("", Some(true), false);
    }
}
