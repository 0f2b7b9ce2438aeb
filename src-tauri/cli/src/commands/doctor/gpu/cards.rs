//! The graphics cards that the kernel lists.
//!
//! `vendor`, `class`, `uevent`, `boot_vga` and what lies in `power/` are the kernel's own memory: reading them wakes
//! nothing. Deliberately not here: `config` and the files of the link, which do.

use std::fs;
use std::path::{Path, PathBuf};

use hoofbeat_core::sensors::Roots;

/// Who made a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    Nvidia,
    Amd,
    Intel,
    /// Of a virtual machine, of a server's remote control, or one that nobody reads yet.
    Other,
}

impl Maker {
    pub(super) fn name(self) -> &'static str {
        match self {
            Maker::Nvidia => "NVIDIA",
            Maker::Amd => "AMD",
            Maker::Intel => "Intel",
            Maker::Other => "a display adapter",
        }
    }
}

/// One card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) maker: Maker,
    /// `0000:01:00.0`.
    pub(super) address: String,
    pub(super) folder: PathBuf,
    /// The kernel's driver that has taken it.
    pub(super) driver: Option<String>,
    /// The machine's firmware showed its first picture with it.
    pub(super) boots: bool,
    status: Option<String>,
    control: Option<String>,
}

impl Card {
    /// Whether it sleeps, or may be just about to.
    pub(super) fn is_asleep(&self) -> bool {
        self.status.as_deref().is_some_and(|status| !matches!(status, "active" | "unsupported"))
    }

    /// Whether it could sleep and is told not to.
    pub(super) fn is_kept_awake(&self) -> bool {
        self.status.as_deref() == Some("active") && self.control.as_deref() == Some("on")
    }
}

/// Every display controller and accelerator of the bus, in the order of the bus.
pub(super) fn find(roots: &Roots) -> Vec<Card> {
    let Ok(entries) = fs::read_dir(roots.sys.join("bus/pci/devices")) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders.iter().filter_map(|folder| card(folder)).collect()
}

fn card(folder: &Path) -> Option<Card> {
    let text = |file: &str| Some(fs::read_to_string(folder.join(file)).ok()?.trim().to_string());
    let told = text("uevent").unwrap_or_default();
    let in_uevent = |key: &str| told.lines().find_map(|line| line.strip_prefix(key)).map(str::to_string);
    // Some captures have the one file, and some the other.
    let class = text("class").or_else(|| in_uevent("PCI_CLASS="))?;
    let class = u32::from_str_radix(class.trim_start_matches("0x"), 16).ok()?;
    if !matches!(class >> 16, 0x03 | 0x12) {
        return None;
    }
    let vendor = text("vendor").or_else(|| in_uevent("PCI_ID="))?;
    let linked = || Some(fs::read_link(folder.join("driver")).ok()?.file_name()?.to_string_lossy().into_owned());
    Some(Card {
        maker: match vendor.trim_start_matches("0x").get(..4) {
            Some("10de" | "10DE") => Maker::Nvidia,
            Some("1002") => Maker::Amd,
            // AMD's, Habana's and others' accelerators are no GPUs that Hoofbeat reads.
            Some("8086") if class >> 16 == 0x03 => Maker::Intel,
            _ => Maker::Other,
        },
        address: folder.file_name()?.to_string_lossy().into_owned(),
        driver: in_uevent("DRIVER=").or_else(linked),
        boots: text("boot_vga").as_deref() == Some("1"),
        status: text("power/runtime_status"),
        control: text("power/control"),
        folder: folder.to_path_buf(),
    })
}
