//! Finds the cards of a vendor, from what the kernel holds in memory: nothing here wakes a card.
//!
//! A card is a `cardN` of `/sys/class/drm`, or a display controller of the PCI bus that has none: NVIDIA's driver makes
//! one only together with `nvidia-drm`, and a card that is lent to a virtual machine has none either. Captures may lack
//! links, names and the bus. Deliberately not here: what a card is called, and whether it may be read.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use super::{Vendor, hexadecimal};
use crate::say;
use crate::sensors::Roots;
use crate::sensors::chips::is_pci_function;
use crate::sensors::input::{attribute, names};
use crate::sensors::names::escaped;
use crate::sensors::parse::{content, lines};

/// One GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    /// The folder of its PCI function, without links.
    pub device: PathBuf,
    /// Its folder in `/sys/class/drm`, where it has one.
    pub drm: Option<PathBuf>,
    /// The address of its PCI function, `0000:0c:00.0`, or the name of a device that is not on PCI.
    pub address: String,
    /// Whose it is.
    pub vendor: Vendor,
    /// The driver, as the kernel names it; empty where it does not tell.
    pub driver: Vec<u8>,
    /// Which chip it is, in the vendor's numbering.
    pub number: Option<u16>,
    /// Which variant of the chip.
    pub revision: Option<u8>,
}

impl Card {
    fn of_node(drm: PathBuf, vendor: Vendor, roots: &Roots) -> Option<Card> {
        let device = fs::canonicalize(drm.join("device")).ok()?;
        let facts = Facts::read(&device);
        if !facts.are_of(vendor) || facts.class.is_some_and(|class| !is_gpu(class)) {
            return None;
        }
        let address = address_of(&drm, &device, facts.address.clone(), roots)?;
        Some(Card::new(device, Some(drm), address, vendor, facts))
    }

    /// A display controller that has no node.
    fn of_function(device: PathBuf, address: &str, vendor: Vendor) -> Option<Card> {
        let facts = Facts::read(&device);
        // What a card lends to virtual machines is no card of this one, and old chips have a second function that
        // nobody drives.
        let is_lent = device.join("physfn").exists();
        let is_second = facts.driver.is_empty() && !address.ends_with(".0");
        if !facts.are_of(vendor) || is_lent || is_second {
            return None;
        }
        Some(Card::new(device, None, address.to_owned(), vendor, facts))
    }

    fn new(device: PathBuf, drm: Option<PathBuf>, address: String, vendor: Vendor, facts: Facts) -> Card {
        let Facts { driver, number, revision, .. } = facts;
        Card { device, drm, address, vendor, driver, number, revision }
    }

    /// Why it cannot be read at all: another driver has it, or none. A capture may not tell.
    pub(crate) fn is_out_of_reach(&self) -> Option<String> {
        let maker = self.vendor.name;
        if self.drm.is_none() && self.driver.is_empty() && maker != super::NVIDIA.name {
            return Some(say!("no driver has it").to_owned());
        }
        let is_known = self.vendor.drivers.iter().any(|driver| driver.as_bytes() == self.driver);
        let other = escaped(&self.driver);
        (!is_known && !other.is_empty())
            .then(|| say!("the driver {driver} has it, which tells nothing that is known here", driver = other))
    }
}

/// Looks for the cards of one vendor.
#[derive(Debug)]
pub(crate) struct Finder {
    roots: Roots,
    vendor: Vendor,
    /// The functions of the bus that are something else, or another vendor's, with the number of their entry, which is
    /// another one for a device that was plugged in meanwhile: machines have hundreds, and each costs an open file.
    others: HashSet<(OsString, u64)>,
}

impl Finder {
    pub(crate) fn new(roots: &Roots, vendor: Vendor) -> Finder {
        Finder { roots: roots.clone(), vendor, others: HashSet::new() }
    }

    /// The cards that are there now, in the order of their addresses.
    pub(crate) fn find(&mut self) -> Vec<Card> {
        let class = self.roots.sys.join("class/drm");
        let nodes = names(&class).into_iter().filter(is_card);
        let mut cards: Vec<Card> =
            nodes.filter_map(|name| Card::of_node(class.join(name), self.vendor, &self.roots)).collect();
        // Of two nodes of one device the first one counts.
        cards.sort_by(|a, b| (&a.address, &a.drm).cmp(&(&b.address, &b.drm)));
        cards.dedup_by(|a, b| a.address == b.address);
        for (address, device) in self.functions() {
            let is_known = cards.iter().any(|card| card.address == address || card.device == device);
            cards.extend(Card::of_function(device, &address, self.vendor).filter(|_| !is_known));
        }
        cards.sort_by(|a, b| a.address.cmp(&b.address));
        cards
    }

    /// The display controllers on the bus, but for those that say that they are another vendor's.
    fn functions(&mut self) -> Vec<(String, PathBuf)> {
        let bus = self.roots.sys.join("bus/pci/devices");
        let before = std::mem::take(&mut self.others);
        let mut found = Vec::new();
        for entry in fs::read_dir(&bus).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(address) = name.to_str().filter(|name| is_pci_function(name)).map(String::from) else { continue };
            let key = (name, entry.ino());
            if !before.contains(&key)
                && let Ok(device) = fs::canonicalize(entry.path())
                && Facts::class_of(&device).is_some_and(is_gpu)
                && Facts::vendor_of(&device).is_none_or(|vendor| vendor == self.vendor.number)
            {
                found.push((address, device));
            } else {
                self.others.insert(key);
            }
        }
        found
    }
}

/// What the device behind a folder of `/sys/class/drm` is called: its address on PCI, else its name.
pub(crate) fn address(roots: &Roots, folder: &Path) -> Option<String> {
    let device = fs::canonicalize(folder.join("device")).ok()?;
    let told = Facts::from_uevent(&attribute(&device.join("uevent")).unwrap_or_default()).address;
    address_of(folder, &device, told, roots)
}

fn address_of(folder: &Path, device: &Path, told: Option<String>, roots: &Roots) -> Option<String> {
    let name = device.file_name()?;
    if let Some(name) = name.to_str().filter(|name| is_pci_function(name)) {
        return Some(name.to_owned());
    }
    // Captures hold a folder where the kernel has a link to one that is named after the address.
    let known = linked_as(device, roots).or(told);
    // Without any name for it the card's own number is better than what every one is called.
    let name = if name == "device" { folder.file_name()? } else { name };
    Some(known.unwrap_or_else(|| escaped(name.as_bytes())))
}

/// The address under which the bus knows a device whose folder is not named after it.
fn linked_as(device: &Path, roots: &Roots) -> Option<String> {
    let bus = roots.sys.join("bus/pci/devices");
    let names = names(&bus).into_iter().filter_map(|name| name.into_string().ok());
    names
        .filter(|name| is_pci_function(name))
        .find(|name| fs::canonicalize(bus.join(name)).is_ok_and(|it| it == device))
}

/// Display controllers, and the processing accelerators that the newest GPUs without a display are.
fn is_gpu(class: u32) -> bool {
    matches!(class >> 16, 0x03 | 0x12)
}

fn is_card(name: &OsString) -> bool {
    let digits = name.as_bytes().strip_prefix(b"card").unwrap_or_default();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

/// What the PCI function says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
struct Facts {
    vendor: Option<u16>,
    number: Option<u16>,
    revision: Option<u8>,
    class: Option<u32>,
    address: Option<String>,
    driver: Vec<u8>,
}

impl Facts {
    /// Each number has a file of its own, and most stand in `uevent` too, for kernels and captures that lack the file.
    fn read(device: &Path) -> Facts {
        let mut facts = Facts::from_uevent(&attribute(&device.join("uevent")).unwrap_or_default());
        let number = |name: &str| number(&device.join(name));
        facts.vendor = number("vendor").and_then(|number| number.try_into().ok()).or(facts.vendor);
        facts.number = number("device").and_then(|number| number.try_into().ok()).or(facts.number);
        facts.revision = number("revision").and_then(|number| number.try_into().ok());
        facts.class = number("class").or(facts.class);
        if facts.driver.is_empty()
            && let Ok(link) = fs::read_link(device.join("driver"))
        {
            facts.driver = link.file_name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        }
        facts
    }

    fn vendor_of(device: &Path) -> Option<u16> {
        number(&device.join("vendor"))?.try_into().ok()
    }

    fn class_of(device: &Path) -> Option<u32> {
        number(&device.join("class"))
            .or_else(|| Facts::from_uevent(&attribute(&device.join("uevent")).unwrap_or_default()).class)
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
            } else if let Some(driver) = line.strip_prefix(b"DRIVER=") {
                facts.driver = driver.trim_ascii().to_vec();
            } else if let Some(address) = line.strip_prefix(b"PCI_SLOT_NAME=") {
                let address = std::str::from_utf8(address).ok().filter(|address| is_pci_function(address));
                facts.address = address.map(String::from);
            }
        }
        facts
    }

    fn are_of(&self, vendor: Vendor) -> bool {
        match self.vendor {
            Some(number) => number == vendor.number,
            None => vendor.drivers.iter().any(|driver| driver.as_bytes() == self.driver),
        }
    }
}

fn number(file: &Path) -> Option<u32> {
    hexadecimal(content(&attribute(file)?).strip_prefix(b"0x")?)
}

#[cfg(test)]
mod tests;
