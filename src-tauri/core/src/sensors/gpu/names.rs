//! What a person calls a GPU: from the databases of the machine, and from a small list of our own where it has none, as
//! in containers and on slim systems.
//!
//! `amdgpu.ids`, which comes with the graphics libraries, knows variants of a chip apart; `pci.ids` knows nearly every
//! chip, and writes the trade name in brackets behind the code name. `chips.txt`, our own, has only what is common and
//! certain, because it would be out of date with every new card. Deliberately not here: what drivers call their cards.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::{AMD, Card, hexadecimal};
use crate::sensors::Roots;

const PCI_IDS: &[&str] = &["usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"];
const AMDGPU_IDS: &str = "usr/share/libdrm/amdgpu.ids";

/// The last resort; see its head.
const CHIPS: &str = include_str!("chips.txt");

/// `pci.ids` has 1.4 MB; a file that is many times as large is something else.
const LARGEST: u64 = 16 << 20;

/// The name of a card, if a database or our own list has it.
pub(crate) fn of(card: &Card, roots: &Roots) -> Option<Vec<u8>> {
    let number = card.number?;
    // The databases of a captured machine lie beside its `sys`. They are the same everywhere but for their age, so
    // those of this machine stand in for them.
    let mut machines = roots.sys.parent().into_iter().chain([Path::new("/")]);
    let known = machines.find_map(|machine| {
        let variant = card.revision.filter(|_| card.vendor == AMD);
        let exact = variant.and_then(|variant| in_amdgpu_ids(&mut open(&machine.join(AMDGPU_IDS))?, number, variant));
        exact.or_else(|| of_chip(machine, card.vendor.number, number))
    });
    let known = known.or_else(|| in_chips(card.vendor.number, number).map(|name| name.as_bytes().to_vec()));
    known.map(|name| with_vendor(card.vendor.name, &name))
}

/// Lines such as `1002 73bf Radeon RX 6800/6800 XT/6900 XT`.
fn in_chips(vendor: u16, number: u16) -> Option<&'static str> {
    let wanted = format!("{vendor:04x} {number:04x} ");
    CHIPS.lines().find_map(|line| line.strip_prefix(wanted.as_str()))
}

/// The trade name of a chip, if the `pci.ids` of the machine at `root` has it.
fn of_chip(root: &Path, vendor: u16, number: u16) -> Option<Vec<u8>> {
    PCI_IDS.iter().find_map(|path| in_pci_ids(&mut open(&root.join(path))?, vendor, number))
}

/// What a card is called that no database has.
pub(crate) fn without(card: &Card) -> Vec<u8> {
    let Card { vendor, .. } = card;
    let numbers = card.number.map(|number| format!(" {:04x}:{number:04x}", vendor.number)).unwrap_or_default();
    format!("{} GPU{numbers}", vendor.name).into_bytes()
}

fn open(path: &Path) -> Option<impl BufRead> {
    Some(BufReader::new(File::open(path).ok()?.take(LARGEST)))
}

/// Lines such as `73BF, C0, AMD Radeon RX 6900 XT`, with tabs behind the commas.
fn in_amdgpu_ids(text: &mut dyn BufRead, number: u16, revision: u8) -> Option<Vec<u8>> {
    text.split(b'\n').map_while(Result::ok).find_map(|line| {
        let mut parts = line.splitn(3, |byte| *byte == b',');
        let of_chip = hexadecimal(parts.next()?)? == u32::from(number);
        let of_variant = hexadecimal(parts.next()?)? == u32::from(revision);
        let name = parts.next()?.trim_ascii();
        (of_chip && of_variant && !name.is_empty()).then(|| name.to_vec())
    })
}

/// Lines such as `1002  Advanced Micro Devices, Inc. [AMD/ATI]`, and below them `<tab>73bf  Navi 21 [Radeon RX 6900 XT]`.
fn in_pci_ids(text: &mut dyn BufRead, vendor: u16, number: u16) -> Option<Vec<u8>> {
    let mut inside = false;
    for line in text.split(b'\n').map_while(Result::ok) {
        let entry = |line: &[u8], wanted: u16| {
            let (id, name) = line.split_at_checked(4)?;
            (hexadecimal(id)? == u32::from(wanted) && name.starts_with(b" ")).then(|| name.trim_ascii().to_vec())
        };
        match line.strip_prefix(b"\t") {
            Some(device) if inside && !device.starts_with(b"\t") => {
                if let Some(name) = entry(device, number) {
                    return Some(trade_name(&name).to_vec()).filter(|name| !name.is_empty());
                }
            }
            Some(_) => {}
            None if line.is_empty() || line.starts_with(b"#") => {}
            // The vendors are sorted, and classes follow them: nothing comes back to this one.
            None if inside => return None,
            None => inside = entry(&line, vendor).is_some(),
        }
    }
    None
}

/// What stands in the last brackets, or all of it.
fn trade_name(name: &[u8]) -> &[u8] {
    let inner = name.strip_suffix(b"]").and_then(|rest| {
        let at = rest.iter().rposition(|byte| *byte == b'[')?;
        Some(rest[at + 1..].trim_ascii())
    });
    inner.filter(|inner| !inner.is_empty()).unwrap_or(name)
}

/// With the vendor in front, unless it says that itself.
pub(crate) fn with_vendor(vendor: &str, name: &[u8]) -> Vec<u8> {
    let says = name.windows(vendor.len()).any(|part| part.eq_ignore_ascii_case(vendor.as_bytes()));
    if says { name.to_vec() } else { [vendor.as_bytes(), b" ", name].concat() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_database_may_hold_anything(
            lines in proptest::collection::vec(
                prop_oneof!["\t{0,2}[0-9a-f]{0,6} {0,3}\\PC{0,9}", "73[Bb][Ff],\t?C1,?\t?\\PC{0,5}", "1002  x", "\tffff"], 0..9),
            bytes: Vec<u8>,
        ) {
            let text = [lines.join("\n").into_bytes(), bytes].concat();
            prop_assert_ne!(in_pci_ids(&mut &text[..], 0x1002, 0xffff), Some(Vec::new()));
            prop_assert_ne!(in_amdgpu_ids(&mut &text[..], 0x73bf, 0xc1), Some(Vec::new()));
        }
    }

    const IDS: &[u8] = b"# comment\n\n1001  Kolter\n\t0010  PCI 1616\n1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\
        \t15bf  Phoenix1\n\t73bf  Navi 21 [Radeon RX 6800/6800 XT / 6900 XT]\n\t\t1da2 438e  NITRO+\n\
        \t163f  VanGogh [AMD Custom GPU 0405]\n\t1313  \n8086  Intel Corporation\n\t56a5  DG2 [Arc A380]\nC 03  Display\n\
        \t73be  not a device\n";

    #[test]
    fn names_come_from_pci_ids() {
        #[track_caller]
        fn check(vendor: u16, number: u16, expected: Option<&str>) {
            let name = in_pci_ids(&mut &IDS[..], vendor, number);
            assert_eq!(name.as_deref(), expected.map(str::as_bytes));
        }
        check(0x1002, 0x73bf, Some("Radeon RX 6800/6800 XT / 6900 XT"));
        check(0x1002, 0x15bf, Some("Phoenix1"));
        check(0x1002, 0x163f, Some("AMD Custom GPU 0405"));
        check(0x8086, 0x56a5, Some("Arc A380"));
        check(0x1002, 0x56a5, None);
        check(0x1002, 0x438e, None);
        check(0x1002, 0x1313, None);
        check(0x10de, 0x73bf, None);
        check(0x000c, 0x73be, None);
    }

    #[test]
    fn variants_come_from_amdgpu_ids() {
        let ids: &[u8] =
            b"# ids\n1.0.0\n73BF,\tC0,\tAMD Radeon RX 6900 XT\n73BF,\tC1,\tAMD Radeon RX 6800 XT\n73BF,\tC2,\n";
        let name = |revision| in_amdgpu_ids(&mut &ids[..], 0x73bf, revision);
        assert_eq!(name(0xc1).as_deref(), Some(&b"AMD Radeon RX 6800 XT"[..]));
        assert_eq!((name(0xc2), name(0xff)), (None, None));
    }

    #[test]
    fn our_own_list_names_common_chips() {
        for (vendor, number, name) in [
            (0x1002, 0x744c, Some("Radeon RX 7900 GRE/7900 XT/7900 XTX")),
            (0x1002, 0x163f, Some("Custom GPU 0405 (Steam Deck)")),
            (0x8086, 0xe20b, Some("Arc B580")),
            (0x8086, 0x3ea0, Some("UHD Graphics 620")),
            (0x10de, 0x2684, Some("GeForce RTX 4090")),
            (0x10de, 0x744c, None),
            (0x1002, 0xfffe, None),
        ] {
            assert_eq!(in_chips(vendor, number), name);
        }
        let lines: Vec<&str> = CHIPS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert!(lines.is_sorted_by(|a, b| a[..9] < b[..9]), "sorted, and each chip once");
        for line in lines {
            let number = |digits: &str| hexadecimal(digits.as_bytes()).is_some() && digits == digits.to_lowercase();
            assert!(number(&line[..4]) && number(&line[5..9]) && &line[9..10] == " ", "{line}");
            assert!(line[10..] == *line[10..].trim() && line.len() > 11, "{line}");
        }
    }

    #[test]
    fn the_vendor_is_named_once() {
        assert_eq!(with_vendor("AMD", b"Radeon RX 6900 XT"), b"AMD Radeon RX 6900 XT");
        assert_eq!(with_vendor("AMD", b"AMD Custom GPU 0405"), b"AMD Custom GPU 0405");
        assert_eq!(trade_name(b"Navi 21 []"), b"Navi 21 []");
        assert_eq!(trade_name(b"]"), b"]");
    }
}
