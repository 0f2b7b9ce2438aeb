//! The GPUs, and whether what reads them is in place.
//!
//! A GPU is not asked anything: it may sleep, and looking must not wake it. Everything comes from what the kernel holds
//! in memory: no library of a driver is loaded, no device opened, and no file read that a sleeping device would have to
//! answer. Deliberately not here: what the GPUs do (`hoofbeat status`).

mod cards;
mod nvidia;
mod recorded;
mod rights;

use std::path::{Path, PathBuf};

use hoofbeat_core::api::{Face, Status};
use hoofbeat_core::sensors::Roots;

use self::cards::{Card, Maker};
use super::Finding;

/// What the checks of GPUs are called where the driver is what is missing; `doctor` ends with a status of its own then.
pub const DRIVER: &str = "driver";

/// The machine that the checks look at.
struct Machine<'a> {
    roots: &'a Roots,
    /// Where files beside `proc` and `sys` are.
    root: &'a Path,
    /// The library that the environment names in place of the system's.
    library: Option<PathBuf>,
}

impl Machine<'_> {
    /// A small file as text; `None` where it cannot be read.
    fn text(&self, path: &Path) -> Option<String> {
        let text = std::fs::read(path).ok()?;
        Some(String::from_utf8_lossy(&text).trim().to_string())
    }

    fn is_wsl(&self) -> bool {
        let release = self.text(&self.roots.proc.join("sys/kernel/osrelease"));
        release.is_some_and(|release| release.to_ascii_lowercase().contains("microsoft"))
    }
}

/// All checks of the GPUs, and what the recording in `folder` says of them.
pub fn check(roots: &Roots, folder: &Path) -> Vec<Finding> {
    let library = std::env::var_os("HOOFBEAT_NVML").filter(|name| !name.is_empty()).map(PathBuf::from);
    let root = roots.proc.parent().unwrap_or(Path::new("/"));
    // Whether there is a recording at all is another check's.
    let status = Face::open(folder).and_then(|face| face.status()).ok();
    let mut findings = look(&Machine { roots, root, library }, status.as_ref());
    findings.extend(status.iter().flat_map(recorded::problems));
    findings
}

fn look(machine: &Machine, status: Option<&Status>) -> Vec<Finding> {
    let cards = cards::find(machine.roots);
    let mut findings = vec![found(machine, &cards, &status.map(recorded::names).unwrap_or_default())];
    findings.extend(nvidia::check(machine, &cards));
    findings.extend(rights::check(machine, &cards));
    findings.extend(cards.iter().filter_map(|card| kept_awake(machine, &cards, card)));
    findings
}

fn found(machine: &Machine, cards: &[Card], recorded: &[&str]) -> Finding {
    const NAME: &str = "gpu";
    let named = |card: &Card| {
        let driver = card.driver.as_deref().unwrap_or("no driver");
        let asleep = if card.is_asleep() { ", asleep" } else { "" };
        format!("{} {} ({driver}{asleep})", card.maker.name(), card.address)
    };
    let (ours, others): (Vec<&Card>, Vec<&Card>) = cards.iter().partition(|card| card.maker != Maker::Other);
    if !ours.is_empty() {
        return Finding::ok(NAME, ours.into_iter().map(named).collect::<Vec<_>>().join(", "));
    }
    if machine.is_wsl() {
        // The card is not on this bus: Windows has it.
        return Finding::ok(NAME, "none on the bus here: under WSL GPUs are Windows' own");
    }
    // A container may be given a GPU and not its place in sysfs.
    if !recorded.is_empty() {
        return Finding::ok(
            NAME,
            format!("{}: recorded, though the kernel does not list it here", recorded.join(", ")),
        );
    }
    let message = match &others[..] {
        [] => format!("no GPU: {} lists no graphics card", machine.roots.sys.join("bus/pci/devices").display()),
        others => {
            let names: Vec<String> = others.iter().map(|card| named(card)).collect();
            format!("no GPU of NVIDIA, AMD or Intel; there is {}", names.join(", "))
        }
    };
    let remedy =
        "everything else is recorded without one; a virtual machine or a container must be given the GPU first";
    Finding::warning(NAME, message, remedy)
}

/// A laptop's second GPU that may not sleep costs an hour or two of a battery's charge.
fn kept_awake(machine: &Machine, cards: &[Card], card: &Card) -> Option<Finding> {
    // The GPU that the machine started with shows the screen, and has no business sleeping.
    let second = !card.boots && card.maker != Maker::Other && cards.iter().any(|other| other.boots);
    if !(second && card.is_kept_awake() && has_battery(machine)) {
        return None;
    }
    let message = format!(
        "{} {} is never let sleep (power/control is `on`), and this machine runs on a battery",
        card.maker.name(),
        card.address
    );
    let file = card.folder.join("power/control");
    let remedy = format!("`echo auto | sudo tee {}`; a udev rule does it at every start", file.display());
    Some(Finding::warning("awake", message, remedy))
}

fn has_battery(machine: &Machine) -> bool {
    let Ok(supplies) = std::fs::read_dir(machine.roots.sys.join("class/power_supply")) else { return false };
    supplies.flatten().any(|supply| {
        let says = |file: &str, word: &str| machine.text(&supply.path().join(file)).is_some_and(|text| text == word);
        // That of a mouse has the scope `Device`.
        says("type", "Battery") && !says("scope", "Device")
    })
}

#[cfg(test)]
mod tests;
