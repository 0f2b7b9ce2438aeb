//! The graphics cards that the kernel lists.
//!
//! `vendor`, `class`, `uevent`, `boot_vga` and what lies in `power/` are the kernel's own memory: reading them wakes
//! nothing. Deliberately not here: `config` and the files of the link, which do.

use std::collections::HashSet;
use std::ffi::OsStr;
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

/// Every display controller and accelerator: those of the bus in its order, then what else draws.
pub(super) fn find(roots: &Roots) -> Vec<Card> {
    let entries = |folder: PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    let mut seen = HashSet::new();
    // A card of the bus has a folder in both.
    let mut is_new = |folder: &PathBuf| fs::canonicalize(folder).is_ok_and(|found| seen.insert(found));
    let on_bus = entries(roots.sys.join("bus/pci/devices"));
    let mut cards: Vec<Card> =
        on_bus.iter().filter(|folder| is_new(folder)).filter_map(|folder| card(folder, None)).collect();
    // Those of systems on a chip are not on it, nor are those of some captures.
    let drawing = entries(roots.sys.join("class/drm"));
    for folder in drawing.iter().filter(|folder| is_card(folder)) {
        let device = folder.join("device");
        if is_new(&device) {
            cards.extend(card(&device, folder.file_name()));
        }
    }
    cards
}

/// `card0`, and not `card0-HDMI-A-1`.
fn is_card(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str());
    let number = name.and_then(|name| name.strip_prefix("card")).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// `None` for what is no graphics card; what draws, under the name `draws`, is one even where it does not say so.
fn card(folder: &Path, draws: Option<&OsStr>) -> Option<Card> {
    let text = |file: &str| Some(fs::read_to_string(folder.join(file)).ok()?.trim().to_string());
    let told = text("uevent").unwrap_or_default();
    let in_uevent = |key: &str| told.lines().find_map(|line| line.strip_prefix(key)).map(str::to_string);
    // Some captures have the one file, and some the other.
    let class = text("class").or_else(|| in_uevent("PCI_CLASS="));
    let class = class.and_then(|class| u32::from_str_radix(class.trim_start_matches("0x"), 16).ok()).map(|it| it >> 16);
    if !class.map_or(draws.is_some(), |class| matches!(class, 0x03 | 0x12)) {
        return None;
    }
    let vendor = text("vendor").or_else(|| in_uevent("PCI_ID=")).unwrap_or_default();
    let linked = || Some(fs::read_link(folder.join("driver")).ok()?.file_name()?.to_string_lossy().into_owned());
    let name = draws.or_else(|| folder.file_name())?.to_string_lossy().into_owned();
    Some(Card {
        maker: match vendor.trim_start_matches("0x").get(..4) {
            Some("10de" | "10DE") => Maker::Nvidia,
            Some("1002") => Maker::Amd,
            // Intel's accelerators are no GPUs that Hoofbeat reads.
            Some("8086") if class != Some(0x12) => Maker::Intel,
            _ => Maker::Other,
        },
        address: in_uevent("PCI_SLOT_NAME=").unwrap_or(name),
        driver: in_uevent("DRIVER=").or_else(linked),
        boots: text("boot_vga").as_deref() == Some("1"),
        status: text("power/runtime_status"),
        control: text("power/control"),
        folder: folder.to_path_buf(),
    })
}
