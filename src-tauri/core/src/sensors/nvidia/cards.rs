//! The NVIDIA GPUs that the kernel knows, and whether each may be touched now.
//!
//! From `/sys/bus/pci/devices` alone: `lspci`, a card's `config` and its link files wake a sleeping device (facts of the
//! kernel's `PCI/sysfs: Ensure devices are powered for config reads`). `runtime_status` and `control` are the kernel's
//! own view and wake nothing. Deliberately not here: anything that needs the driver's library.

use std::path::PathBuf;

use super::super::Roots;
use super::super::input::{Buffer, Input, attribute, names};

/// One GPU.
#[derive(Debug)]
pub(super) struct Card {
    /// `0000:01:00.0`.
    pub(super) address: String,
    folder: PathBuf,
    status: Input,
}

/// What may be done with a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It never sleeps: it has no runtime power management, or that is switched off.
    Always,
    /// It may sleep, and is awake.
    Awake,
    /// It sleeps, or is just falling asleep or waking up: keep off.
    Asleep,
}

/// Every NVIDIA display controller.
pub(super) fn find(roots: &Roots) -> Vec<Card> {
    let devices = roots.sys.join("bus/pci/devices");
    let is = |folder: &std::path::Path, file: &str, start: &[u8]| {
        attribute(&folder.join(file)).is_some_and(|text| text.starts_with(start))
    };
    let mut cards: Vec<Card> = names(&devices)
        .into_iter()
        .filter_map(|name| {
            let folder = devices.join(&name);
            let ours = is(&folder, "vendor", b"0x10de") && is(&folder, "class", b"0x03");
            ours.then(|| Card {
                address: name.to_string_lossy().into_owned(),
                status: Input::new(roots, folder.join("power/runtime_status")),
                folder,
            })
        })
        .collect();
    cards.sort_by(|a, b| a.address.cmp(&b.address));
    cards
}

impl Card {
    /// Whether it may be touched now.
    pub(super) fn gate(&mut self, buffer: &mut Buffer) -> Gate {
        // No such file, or `unsupported`: no runtime power management.
        let Ok(status) = self.status.read(buffer) else { return Gate::Always };
        match status.trim_ascii() {
            b"unsupported" => Gate::Always,
            b"active" => match attribute(&self.folder.join("power/control")).as_deref() {
                Some(b"auto") => Gate::Awake,
                _ => Gate::Always,
            },
            _ => Gate::Asleep,
        }
    }
}
