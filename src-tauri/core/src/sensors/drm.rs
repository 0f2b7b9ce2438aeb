//! Finds the graphics cards of a machine, from what the kernel holds in memory: nothing here wakes a card.
//!
//! Deliberately not here: whether a card may be read (`gate`), and what it says.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Roots;
use super::gpu::is_lit;
use super::gpu::names::of_chip;
use super::input::{attribute, names};
use super::parse::lines;
use crate::untrusted::Untrusted;

/// A card: one `cardN` of `/sys/class/drm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    /// Its folder in the class.
    pub folder: PathBuf,
    /// The folder of its device.
    pub device: PathBuf,
    /// `0000:03:00.0`, or the name of a device that is not on PCI.
    pub address: String,
    /// The driver, as the kernel names it.
    pub driver: Vec<u8>,
    /// Vendor and device, `8086:56a5`.
    pub model: Option<(u16, u16)>,
}

/// Every card, in the order of `cardN`.
pub(crate) fn cards(roots: &Roots) -> Vec<Card> {
    let class = roots.sys.join("class/drm");
    let mut entries: Vec<OsString> = names(&class).into_iter().filter(is_card).collect();
    entries.sort_by_key(|name| (name.len(), name.clone()));
    entries.iter().filter_map(|name| Card::open(roots, &class.join(name))).collect()
}

impl Card {
    fn open(roots: &Roots, folder: &Path) -> Option<Card> {
        let device = folder.join("device");
        if !device.is_dir() {
            return None;
        }
        let told = attribute(&device.join("uevent")).unwrap_or_default();
        let value = |key: &str| lines(&told).find_map(|line| line.strip_prefix(key.as_bytes()));
        let linked =
            || std::fs::read_link(device.join("driver")).ok()?.file_name().map(|name| name.as_bytes().to_vec());
        let driver = value("DRIVER=").map(<[u8]>::to_vec).or_else(linked).unwrap_or_default();
        let hex = |file: &str| number(attribute(&device.join(file))?.strip_prefix(b"0x")?);
        let ids = value("PCI_ID=").and_then(|ids| {
            let mut ids = ids.trim_ascii().splitn(2, |byte| *byte == b':');
            Some((number(ids.next()?)?, number(ids.next()?)?))
        });
        let model = ids.or_else(|| Some((hex("vendor")?, hex("device")?)));
        let address = address(roots, folder)?;
        Some(Card { folder: folder.to_path_buf(), device, address, driver, model })
    }

    /// What a person calls it: its name in the list of PCI devices, else its numbers.
    pub(crate) fn label(&self, roots: &Roots, maker: &str) -> Untrusted {
        let Some((vendor, device)) = self.model else { return format!("{maker} GPU").as_str().into() };
        match roots.sys.parent().and_then(|root| of_chip(root, vendor, device)) {
            Some(name) => Untrusted::new([maker.as_bytes(), b" ", &name].concat()),
            None => format!("{maker} GPU {vendor:04x}:{device:04x}").as_str().into(),
        }
    }

    /// Whether it shows a picture: then it is awake for its screen, whoever asks it something. Read from memory.
    pub(crate) fn shows_picture(&self) -> bool {
        let Some(class) = self.folder.parent() else { return false };
        let Some(own) = self.folder.file_name().map(|name| [name.as_bytes(), b"-"].concat()) else { return false };
        let is_own = |name: &OsString| name.as_bytes().starts_with(&own);
        // A connector lies in the class and in the folder of its card.
        [class, &self.folder]
            .into_iter()
            .any(|folder| names(folder).into_iter().filter(is_own).any(|name| is_lit(&folder.join(name))))
    }
}

/// What the device behind a folder of the class is called: its address on PCI, else its name.
pub(crate) fn address(roots: &Roots, folder: &Path) -> Option<String> {
    let device = folder.join("device");
    let told = attribute(&device.join("uevent"));
    let told = told.as_deref().and_then(|text| lines(text).find_map(|line| line.strip_prefix(b"PCI_SLOT_NAME=")));
    if let Some(address) = told.map(<[u8]>::trim_ascii).filter(|address| !address.is_empty()) {
        return Some(super::names::escaped(address));
    }
    let device = std::fs::canonicalize(device).ok()?;
    // In a capture the folder may be called anything, and the bus leads to it.
    let bus = roots.sys.join("bus/pci/devices");
    let leads = |name: &OsString| std::fs::canonicalize(bus.join(name)).is_ok_and(|found| found == device);
    let name = names(&bus).into_iter().find(leads).or_else(|| device.file_name().map(ToOwned::to_owned))?;
    // A capture without any name for it: the card's own number is better than what every one is called.
    let name = if name == "device" { folder.file_name()?.to_owned() } else { name };
    Some(super::names::escaped(name.as_bytes()))
}

/// A number of up to four hexadecimal digits.
fn number(digits: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

fn is_card(name: &OsString) -> bool {
    let digits = name.as_bytes().strip_prefix(b"card").unwrap_or_default();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensors::gpu::names::in_pci_ids;

    const LIST: &[u8] = b"# a comment\n8086  Intel Corporation\n\t1234  Nothing\n\t56a5  DG2 [Arc A380]\n\
        \t\t1849 6004  ASRock Challenger\n\te20b  Battlemage G21 [Arc B580]\n\t4680  AlderLake-S GT1\n\
        1002  Advanced Micro Devices\n\t9999  Wrong vendor\nC 03  Display controller\n";

    #[test]
    fn names_come_from_the_list_of_devices() {
        #[track_caller]
        fn check(vendor: u16, device: u16, expected: Option<&str>) {
            let name = in_pci_ids(&mut { LIST }, vendor, device);
            assert_eq!(name.as_deref(), expected.map(str::as_bytes));
        }
        check(0x8086, 0x56a5, Some("Arc A380"));
        check(0x8086, 0xe20b, Some("Arc B580"));
        check(0x8086, 0x4680, Some("AlderLake-S GT1"));
        check(0x8086, 0x9999, None);
        check(0x8086, 0x6004, None);
        check(0x10de, 0x1234, None);
        assert_eq!(in_pci_ids(&mut &b"\xff\n8086\n\t56a5"[..], 0x8086, 0x56a5), None);
    }

    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let roots = Roots::at(folder.path());
        (folder, roots)
    }

    #[test]
    fn a_card_is_known_by_its_address_and_named_as_on_the_box() {
        let (_folder, roots) = machine(&[
            ("sys/class/drm/card10/device/uevent", "DRIVER=i915\nPCI_ID=8086:4680\nPCI_SLOT_NAME=0000:00:02.0\n"),
            ("sys/class/drm/card2/device/uevent", "DRIVER=xe\nPCI_ID=8086:E20B\nPCI_SLOT_NAME=0000:03:00.0\n"),
            ("sys/class/drm/card2-DP-1/enabled", "disabled\n"),
            ("sys/class/drm/card2/card2-HDMI-A-1/enabled", "enabled\n"),
            ("sys/class/drm/card10-DP-1/enabled", "disabled\n"),
            ("sys/class/drm/card10-DP-2/enabled", "enabled\n"),
            ("sys/class/drm/card10-DP-2/dpms", "Off\n"),
            ("sys/class/drm/card3/device/vendor", "0x8086\n"),
            ("sys/class/drm/card3/device/device", "0x56a5\n"),
            ("sys/class/drm/renderD128/device/uevent", "DRIVER=xe\n"),
            ("usr/share/hwdata/pci.ids", std::str::from_utf8(LIST).unwrap()),
        ]);
        let cards = cards(&roots);
        let shown: Vec<_> = cards
            .iter()
            .map(|card| (card.address.as_str(), card.label(&roots, "Intel").terminal(), card.shows_picture()))
            .collect();
        assert_eq!(
            shown,
            [
                ("0000:03:00.0", "Intel Arc B580".to_owned(), true),
                ("card3", "Intel Arc A380".to_owned(), false),
                ("0000:00:02.0", "Intel AlderLake-S GT1".to_owned(), false),
            ]
        );
        assert_eq!((cards[0].driver.as_slice(), cards[0].model), (&b"xe"[..], Some((0x8086, 0xe20b))));
        let (_folder, bare) = machine(&[("sys/class/drm/card0/device/uevent", "PCI_ID=8086:zz\n")]);
        let label = |roots: &Roots| super::cards(roots)[0].label(roots, "Intel").terminal();
        assert_eq!(label(&bare), "Intel GPU");
        std::fs::write(bare.sys.join("class/drm/card0/device/uevent"), "PCI_ID=8086:56A5\n").unwrap();
        assert_eq!(label(&bare), "Intel GPU 8086:56a5");
    }
}
