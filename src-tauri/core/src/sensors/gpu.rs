//! What the sensors of all GPU vendors share: finding the cards, naming them, and leaving those alone that sleep.
//!
//! A card is known by the address of its PCI function, because `cardN` and `hwmonN` change from boot to boot, and
//! because what else would tell two cards apart (a serial number) cannot always be read while the card sleeps. Everything
//! here reads what the kernel keeps in memory: the files of `uevent`, `vendor`, `device`, `class` and `revision`, never
//! `config` or the link's speed, which wake the device on recent kernels. Deliberately not here: values.

pub(crate) mod clients;
pub(crate) mod gate;
pub(crate) mod names;
pub(crate) mod throttle;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Roots;
use super::chips::is_pci_function;
use super::input::{attribute, names as entries};
use super::parse::{content, lines};
use crate::model::{Source, SourceKind};
use crate::untrusted::Untrusted;

/// A vendor of GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vendor {
    /// The number that the PCI consortium gave it.
    pub number: u16,
    /// What a person calls it.
    pub name: &'static str,
}

/// The GPUs of AMD and ATI.
pub(crate) const AMD: Vendor = Vendor { number: 0x1002, name: "AMD" };

/// One GPU with a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    /// The folder of its PCI function, without links.
    pub device: PathBuf,
    /// Its folder in `/sys/class/drm`, in which its connectors are.
    pub drm: PathBuf,
    /// The address of its PCI function: `0000:0c:00.0`.
    pub address: String,
    /// Whose it is.
    pub vendor: Vendor,
    /// Which chip it is, in the vendor's numbering.
    pub number: Option<u16>,
    /// Which variant of the chip.
    pub revision: Option<u8>,
}

impl Card {
    fn open(drm: PathBuf, vendor: Vendor, roots: &Roots) -> Option<Card> {
        let device = fs::canonicalize(drm.join("device")).ok()?;
        let facts = Facts::read(&device);
        if facts.vendor != Some(vendor.number) || !facts.is_gpu() {
            return None;
        }
        let by_name = device.file_name().and_then(|name| name.to_str()).filter(|name| is_pci_function(name));
        // Captures hold a folder where the kernel has a link to one that is named after the address.
        let address = by_name.map(String::from).or_else(|| linked_as(&device, roots)).or(facts.address)?;
        Some(Card { device, drm, address, vendor, number: facts.number, revision: facts.revision })
    }
}

/// The cards of a vendor, in the order of their addresses.
pub(crate) fn scan(roots: &Roots, vendor: Vendor) -> Vec<Card> {
    let class = roots.sys.join("class/drm");
    let is_card = |name: &str| {
        name.strip_prefix("card").is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let names = entries(&class).into_iter().filter(|name| name.to_str().is_some_and(is_card));
    let mut cards: Vec<Card> = names.filter_map(|name| Card::open(class.join(name), vendor, roots)).collect();
    cards.sort_by(|a, b| a.address.cmp(&b.address));
    cards.dedup_by(|a, b| a.address == b.address);
    cards
}

/// The source of a card.
#[derive(Debug)]
pub(crate) struct Named {
    /// What it is recorded as.
    pub source: Arc<Source>,
    /// Whether a database knew its name; else the label has nothing but its numbers.
    pub known: bool,
}

impl Named {
    /// The source of `card` under `label`.
    pub(crate) fn source(card: &Card, label: Vec<u8>) -> Arc<Source> {
        Source::whole(SourceKind::Gpu, format!("gpu:{}", card.address), Untrusted::new(label))
    }
}

/// The source of each card. Cards of the same name are numbered in the order of their addresses.
pub(crate) fn sources(cards: &[Card], roots: &Roots) -> Vec<Named> {
    let known: Vec<Option<Vec<u8>>> = cards.iter().map(|card| names::of(card, roots)).collect();
    let named = |(at, card): (usize, &Card)| {
        let Some(mut label) = known[at].clone() else {
            return Named { source: Named::source(card, names::without(card)), known: false };
        };
        let same = |labels: &[Option<Vec<u8>>]| labels.iter().filter(|other| other.as_ref() == Some(&label)).count();
        if same(&known) > 1 {
            let number = same(&known[..=at]);
            label.extend(format!(" {number}").bytes());
        }
        Named { source: Named::source(card, label), known: true }
    };
    cards.iter().enumerate().map(named).collect()
}

/// What the PCI function says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    vendor: Option<u16>,
    number: Option<u16>,
    revision: Option<u8>,
    class: Option<u32>,
    address: Option<String>,
}

impl Facts {
    /// Each number has a file of its own, and most stand in `uevent` too, for kernels and captures that lack the file.
    fn read(device: &Path) -> Facts {
        let mut facts = Facts::from_uevent(&attribute(&device.join("uevent")).unwrap_or_default());
        let number = |name: &str| {
            let text = attribute(&device.join(name))?;
            hexadecimal(content(&text).strip_prefix(b"0x")?)
        };
        facts.vendor = number("vendor").and_then(|number| number.try_into().ok()).or(facts.vendor);
        facts.number = number("device").and_then(|number| number.try_into().ok()).or(facts.number);
        facts.revision = number("revision").and_then(|number| number.try_into().ok());
        facts.class = number("class").or(facts.class);
        facts
    }

    fn from_uevent(text: &[u8]) -> Facts {
        let mut facts = Facts::default();
        for line in lines(content(text)) {
            if let Some(id) = line.strip_prefix(b"PCI_ID=") {
                let mut parts = id.split(|byte| *byte == b':').map(|part| hexadecimal(part)?.try_into().ok());
                facts.vendor = parts.next().flatten();
                facts.number = parts.next().flatten();
            } else if let Some(class) = line.strip_prefix(b"PCI_CLASS=") {
                facts.class = hexadecimal(class);
            } else if let Some(address) = line.strip_prefix(b"PCI_SLOT_NAME=") {
                let address = std::str::from_utf8(address).ok().filter(|address| is_pci_function(address));
                facts.address = address.map(String::from);
            }
        }
        facts
    }

    /// Display controllers, and the processing accelerators that the newest GPUs without a display are. What has a
    /// folder in `/sys/class/drm` and does not tell its class is taken for one.
    fn is_gpu(&self) -> bool {
        self.class.is_none_or(|class| matches!(class >> 16, 0x03 | 0x12))
    }
}

/// Whether a file says just this.
fn says(file: &Path, word: &[u8]) -> bool {
    attribute(file).is_some_and(|text| content(&text) == word)
}

/// Whether a screen on this connector shows a picture. Read from the kernel's memory.
pub(crate) fn is_lit(connector: &Path) -> bool {
    says(&connector.join("enabled"), b"enabled") && !says(&connector.join("dpms"), b"Off")
}

/// A number in hexadecimal digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits.trim_ascii()).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}

/// The address under which the bus knows a device whose folder is not named after it.
fn linked_as(device: &Path, roots: &Roots) -> Option<String> {
    let bus = roots.sys.join("bus/pci/devices");
    let names = entries(&bus).into_iter().filter_map(|name| name.into_string().ok());
    names
        .filter(|name| is_pci_function(name))
        .find(|name| fs::canonicalize(bus.join(name)).is_ok_and(|it| it == device))
}

#[cfg(test)]
mod tests;
