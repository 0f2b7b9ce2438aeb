//! What the sensors of all GPU vendors share: finding the cards, naming them, and leaving those alone that sleep.
//!
//! A card is known by the address of its PCI function, because `cardN` and `hwmonN` change from boot to boot, and
//! because what else would tell two cards apart (a serial number) cannot always be read while the card sleeps. Everything
//! here reads what the kernel keeps in memory: the files of `uevent`, `vendor`, `device`, `class` and `revision`, never
//! `config` or the link's speed, which wake the device on recent kernels. Deliberately not here: values.

pub(crate) mod cards;
pub(crate) mod clients;
pub(crate) mod gate;
pub(crate) mod interrupts;
pub(crate) mod ledger;
pub(crate) mod names;
mod openers;
mod power;
mod rest;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::cards::{Card, Finder};
pub(crate) use self::interrupts::Interrupts;
use super::Roots;
use super::input::attribute;
use super::parse::content;
use crate::model::{Source, SourceKind};
use crate::untrusted::Untrusted;

/// How often cards that joined or left are looked for.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(10);

/// A vendor of GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Vendor {
    /// The number that the PCI consortium gave it.
    pub number: u16,
    /// What a person calls it.
    pub name: &'static str,
    /// The drivers whose cards can be read, as the kernel names them.
    pub drivers: &'static [&'static str],
}

/// The GPUs of AMD and ATI.
pub(crate) const AMD: Vendor = Vendor { number: 0x1002, name: "AMD", drivers: &["amdgpu", "radeon"] };

/// Those of Intel, integrated and as cards.
pub(crate) const INTEL: Vendor = Vendor { number: 0x8086, name: "Intel", drivers: &["i915", "xe"] };

/// Those of NVIDIA, by its own driver; `nouveau` tells nothing that is known here.
pub(crate) const NVIDIA: Vendor = Vendor { number: 0x10de, name: "NVIDIA", drivers: &["nvidia"] };

/// The source of a card.
#[derive(Debug)]
pub(crate) struct Named {
    /// What it is recorded as.
    pub source: Arc<Source>,
    /// Whether a list knew its name; else the label has nothing but its numbers.
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
    let is_known: Vec<bool> = known.iter().map(Option::is_some).collect();
    let labels = known.into_iter().zip(cards).map(|(label, card)| label.unwrap_or_else(|| names::without(card)));
    let labels = numbered(labels.collect());
    let named = |((card, label), known)| Named { source: Named::source(card, label), known };
    cards.iter().zip(labels).zip(is_known).map(named).collect()
}

/// The labels of a machine's cards, of which those that are the same have a number at their end.
pub(crate) fn numbered(labels: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let number = |(at, label): (usize, &Vec<u8>)| {
        let same = |labels: &[Vec<u8>]| labels.iter().filter(|other| *other == label).count();
        let number = if same(&labels) > 1 { format!(" {}", same(&labels[..=at])) } else { String::new() };
        [label.as_slice(), number.as_bytes()].concat()
    };
    labels.iter().enumerate().map(number).collect()
}

/// Whether a file says just this.
fn says(file: &Path, word: &[u8]) -> bool {
    attribute(file).is_some_and(|text| content(&text) == word)
}

/// Whether a screen on this connector shows a picture. Read from the kernel's memory.
fn is_lit(connector: &Path) -> bool {
    says(&connector.join("enabled"), b"enabled") && !says(&connector.join("dpms"), b"Off")
}

/// A number in hexadecimal digits.
fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits.trim_ascii()).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}

#[cfg(test)]
mod tests;
