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
    /// The driver's own id and the model, where the driver was in use since the machine was started: it tells them
    /// without touching the GPU (`/proc/driver/nvidia/gpus/*/information`).
    pub(super) uuid: Option<String>,
    pub(super) model: Option<String>,
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
                uuid: None,
                model: None,
                address: name.to_string_lossy().into_owned(),
                status: Input::new(roots, folder.join("power/runtime_status")),
                folder,
            })
        })
        .collect();
    cards.sort_by(|a, b| a.address.cmp(&b.address));
    for card in &mut cards {
        let file = roots.proc.join("driver/nvidia/gpus").join(&card.address).join("information");
        let text = attribute(&file).unwrap_or_default();
        let told = |key: &str| told(&text, key);
        // A driver that nobody has used yet tells question marks.
        card.uuid = told("GPU UUID").filter(|uuid| uuid.starts_with("GPU-") && !uuid.contains('?'));
        card.model = told("Model").filter(|model| !model.contains('?') && model != "Unknown");
    }
    cards
}

/// The value of a line `KEY: \t VALUE`, by its key and never by its place: drivers change the order.
pub(crate) fn told(text: &[u8], key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

impl Card {
    /// Whether it may be touched now.
    pub(super) fn gate(&mut self, buffer: &mut Buffer) -> Gate {
        // A card that was switched off by hand has no runtime power management to tell so.
        if attribute(&self.folder.join("power_state")).is_some_and(|state| state.starts_with(b"D3")) {
            return Gate::Asleep;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_key() {
        let text =
            b"Model: \t\t NVIDIA GeForce RTX 3060\nIRQ:   \t\t 129\nGPU UUID: \t GPU-1\nVideo BIOS: \t ??.??.??\n";
        assert_eq!(told(text, "GPU UUID").as_deref(), Some("GPU-1"));
        assert_eq!(told(text, "Model").as_deref(), Some("NVIDIA GeForce RTX 3060"));
        assert_eq!(told(text, "Serial"), None);
        assert_eq!(told(b"Model:\n", "Model"), None);
    }
}
