//! Whether a GPU may be read now.
//!
//! Reading a GPU that sleeps wakes it, and reading one that is awake keeps it so: the drivers count each read as use and
//! start the time after which it may sleep anew. So a GPU is read only while its `power/runtime_status` is `active`, and
//! one that could sleep but is idle is let go: for a minute nothing is read but that file. If it is still awake then,
//! somebody else holds it, and one reading tells whether it has work; if not, it is let go again.
//!
//! A card that was switched off by hand (`vgaswitcheroo`) has no runtime power management to tell so; the kernel's view of
//! its state, `power_state`, does.
//!
//! All files that are read here are answered from the kernel's memory. Deliberately not here: what idle is, which the
//! sensor that reads the GPU tells.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::Health;
use crate::sensors::Roots;
use crate::sensors::gpu::{is_lit, says};
use crate::sensors::input::{Buffer, Input, names};
use crate::sensors::parse::content;

/// How long a GPU has to be idle before it is let go, and how often is asked whether it can sleep at all.
const IDLE: Duration = Duration::from_secs(10);

/// How long it is left alone then. Drivers let a GPU sleep after 5 s without use (amdgpu, xe, i915).
const ALONE: Duration = Duration::from_secs(60);

const ASLEEP: &str = "powered down; reading it would wake it";
const ALONE_REASON: &str = "idle, and left alone so that it can fall asleep";

/// The answer of a gate.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Reading it wakes nothing.
    Read,
    /// It must not be touched: the condition of its source.
    Leave(Health, String),
}

/// Guards one GPU.
#[derive(Debug)]
pub(crate) struct Gate {
    status: Input,
    state: Input,
    control: PathBuf,
    drm: PathBuf,
    idle: Option<Duration>,
    alone: Option<Duration>,
    asked: bool,
}

impl Gate {
    /// The gate of the GPU at `device` (its PCI function) and `drm` (its folder in `/sys/class/drm`).
    pub(crate) fn new(roots: &Roots, device: &Path, drm: &Path) -> Gate {
        Gate {
            status: Input::new(roots, device.join("power/runtime_status")),
            state: Input::new(roots, device.join("power_state")),
            control: device.join("power/control"),
            drm: drm.to_path_buf(),
            idle: None,
            alone: None,
            asked: false,
        }
    }

    /// Whether the GPU may be read at `now` (boot time).
    pub(crate) fn ask(&mut self, now: Duration, buffer: &mut Buffer) -> Answer {
        let answer = self.ask_status(now, buffer);
        let is_off = |state: &[u8]| content(state).starts_with(b"D3");
        if answer == Answer::Read && self.state.read_at_once(buffer).is_ok_and(is_off) {
            (self.idle, self.asked) = (None, false);
            return Answer::Leave(Health::Asleep, ASLEEP.to_string());
        }
        answer
    }

    fn ask_status(&mut self, now: Duration, buffer: &mut Buffer) -> Answer {
        let leave = |health, reason: &str| Answer::Leave(health, reason.to_string());
        let status = match self.status.read_at_once(buffer) {
            Ok(text) => content(text),
            // A kernel without runtime power management: nothing sleeps.
            Err(error) if error.kind() == ErrorKind::NotFound => b"unsupported",
            Err(error) => {
                let reason = format!("whether it sleeps cannot be told: {}: {error}", self.status.path().display());
                let denied = error.kind() == ErrorKind::PermissionDenied;
                return Answer::Leave(if denied { Health::Denied } else { Health::Lost }, reason);
            }
        };
        match status {
            b"unsupported" => Answer::Read,
            b"active" if self.alone.is_some_and(|since| now.saturating_sub(since) < ALONE) => {
                leave(Health::Asleep, ALONE_REASON)
            }
            b"active" => {
                self.asked = self.alone.take().is_some();
                Answer::Read
            }
            b"suspended" | b"suspending" | b"resuming" => {
                (self.idle, self.alone) = (None, None);
                leave(Health::Asleep, ASLEEP)
            }
            b"error" => leave(Health::Lost, "it failed to change its power state; a restart of the machine helps"),
            _ => leave(Health::Lost, "whether it sleeps cannot be told from power/runtime_status"),
        }
    }

    /// Tells whether a reading at `now` found the GPU idle.
    pub(crate) fn saw(&mut self, idle: bool, now: Duration) {
        let again = std::mem::take(&mut self.asked);
        if !idle {
            self.idle = None;
            return;
        }
        let since = *self.idle.get_or_insert(now);
        if again || now.saturating_sub(since) >= IDLE {
            self.alone = self.can_sleep().then_some(now);
            self.idle = Some(now);
        }
    }

    /// Whether the kernel may put it to sleep while nobody uses it: it is allowed to, and no screen hangs on it.
    fn can_sleep(&self) -> bool {
        let is_connector = |name: &std::ffi::OsString| name.as_encoded_bytes().starts_with(b"card");
        let mut connectors = names(&self.drm).into_iter().filter(is_connector);
        says(&self.control, b"auto") && !connectors.any(|name| is_lit(&self.drm.join(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A GPU in a folder of its own, and the second that it is.
    struct Gpu {
        folder: tempfile::TempDir,
        gate: Gate,
        buffer: Buffer,
    }

    impl Gpu {
        fn new(files: &[(&str, &str)]) -> Gpu {
            let folder = tempfile::tempdir().unwrap();
            let (device, drm) = (folder.path().join("device"), folder.path().join("drm"));
            let gate = Gate::new(&Roots::at(folder.path()), &device, &drm);
            let gpu = Gpu { folder, gate, buffer: Buffer::default() };
            files.iter().for_each(|(path, text)| gpu.write(path, text));
            gpu
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn ask(&mut self, second: u64) -> Answer {
            self.gate.ask(Duration::from_secs(second), &mut self.buffer)
        }

        /// Asks and reads each second; gives the seconds in which it was read.
        fn read(&mut self, seconds: std::ops::Range<u64>, idle: bool) -> Vec<u64> {
            let read = |second: &u64| {
                let read = self.ask(*second) == Answer::Read;
                if read {
                    self.gate.saw(idle, Duration::from_secs(*second));
                }
                read
            };
            seconds.filter(read).collect()
        }
    }

    const STATUS: &str = "device/power/runtime_status";

    #[test]
    fn only_a_gpu_that_is_awake_is_read() {
        #[track_caller]
        fn check(status: &str, expected: Option<Health>) {
            let health = match Gpu::new(&[(STATUS, status)]).ask(0) {
                Answer::Read => None,
                Answer::Leave(health, reason) => {
                    assert!(!reason.is_empty());
                    Some(health)
                }
            };
            assert_eq!(health, expected, "{status}");
        }
        check("active\n", None);
        check("active\n\0\0\0", None);
        check("unsupported\n", None);
        check("suspended\n", Some(Health::Asleep));
        check("suspending\n", Some(Health::Asleep));
        check("resuming\n", Some(Health::Asleep));
        check("error\n", Some(Health::Lost));
        check("", Some(Health::Lost));
        check("inactive", Some(Health::Lost));
        let off = |state| Gpu::new(&[(STATUS, "unsupported\n"), ("device/power_state", state)]).ask(0);
        assert_eq!(off("D3cold\n"), Answer::Leave(Health::Asleep, ASLEEP.into()));
        assert_eq!(off("D3hot\n"), Answer::Leave(Health::Asleep, ASLEEP.into()));
        assert_eq!((off("D0\n"), off("unknown\n")), (Answer::Read, Answer::Read));
        assert_eq!(Gpu::new(&[]).ask(0), Answer::Read, "without runtime power management nothing sleeps");
        let folder = Gpu::new(&[("device/power/runtime_status/x", "")]).ask(0);
        assert!(matches!(folder, Answer::Leave(Health::Lost, _)), "{folder:?}");
    }

    #[test]
    fn an_idle_gpu_that_can_sleep_is_let_go() {
        let mut gpu = Gpu::new(&[(STATUS, "active\n"), ("device/power/control", "auto\n")]);
        assert_eq!(gpu.read(0..200, true), [(0..=10).collect(), vec![70], vec![130], vec![190]].concat());
        assert_eq!(gpu.ask(201), Answer::Leave(Health::Asleep, ALONE_REASON.into()));
        gpu.write(STATUS, "suspended\n");
        assert_eq!(gpu.ask(202), Answer::Leave(Health::Asleep, ASLEEP.into()));
        gpu.write(STATUS, "active\n");
        assert_eq!(gpu.read(203..230, true), (203..=213).collect::<Vec<_>>(), "somebody woke it: what for is recorded");
    }

    #[test]
    fn a_gpu_that_works_again_is_read_again() {
        let mut gpu = Gpu::new(&[(STATUS, "active\n"), ("device/power/control", "auto\n")]);
        assert_eq!(gpu.read(0..70, true).last(), Some(&10));
        assert_eq!(gpu.read(70..300, false), (70..300).collect::<Vec<_>>());
        assert_eq!(gpu.read(300..360, true), (300..=310).collect::<Vec<_>>());
    }

    #[test]
    fn a_gpu_that_cannot_sleep_is_always_read() {
        #[track_caller]
        fn check(files: &[(&str, &str)], expected: bool) {
            let always = Gpu::new(files).read(0..100, true).len() == 100;
            assert_eq!(always, expected, "{files:?}");
        }
        let auto = ("device/power/control", "auto\n");
        let (status, lit) = ((STATUS, "active\n"), ("drm/card0-DP-1/enabled", "enabled\n"));
        check(&[status, ("device/power/control", "on\n")], true);
        check(&[status], true);
        check(&[(STATUS, "unsupported\n"), auto], true);
        check(&[status, auto, lit], true);
        check(&[status, auto, lit, ("drm/card0-DP-1/dpms", "On\n")], true);
        check(&[status, auto, lit, ("drm/card0-DP-1/dpms", "Off\n")], false);
        check(&[status, auto, ("drm/card0-DP-1/enabled", "disabled\n")], false);
    }

    #[test]
    fn a_screen_that_is_plugged_in_is_noticed() {
        let mut gpu = Gpu::new(&[(STATUS, "active\n"), ("device/power/control", "auto\n")]);
        assert_eq!(gpu.read(0..70, true).len(), 11);
        gpu.write("drm/card0-DP-1/enabled", "enabled\n");
        assert_eq!(gpu.read(70..150, true).len(), 80);
    }
}
