//! Finding cards in folders that look like a kernel's, or nearly.

use super::*;
use crate::sensors::gpu::{AMD, INTEL, NVIDIA, sources};

fn scan(roots: &Roots, vendor: Vendor) -> Vec<Card> {
    Finder::new(roots, vendor).find()
}

/// A machine in a folder of its own.
fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let roots = Roots::at(folder.path());
    (folder, roots)
}

fn link(folder: &tempfile::TempDir, target: &str, name: &str) {
    let name = folder.path().join(name);
    fs::create_dir_all(name.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, name).unwrap();
}

#[test]
fn cards_are_found_by_vendor_and_class() {
    let (folder, roots) = machine(&[
        ("sys/devices/pci0000:00/0000:0c:00.0/vendor", "0x1002\n"),
        ("sys/devices/pci0000:00/0000:0c:00.0/device", "0xfffe\n"),
        ("sys/devices/pci0000:00/0000:0c:00.0/class", "0x030000\n"),
        ("sys/devices/pci0000:00/0000:0c:00.0/revision", "0xc0\n"),
        ("sys/devices/pci0000:00/0000:03:00.0/vendor", "0x1002\n"),
        ("sys/devices/pci0000:00/0000:03:00.0/class", "0x120000\n"),
        ("sys/devices/pci0000:00/0000:04:00.0/vendor", "0x8086\n"),
        ("sys/devices/pci0000:00/0000:04:00.0/class", "0x030000\n"),
        ("sys/devices/pci0000:00/0000:05:00.0/vendor", "0x1002\n"),
        ("sys/devices/pci0000:00/0000:05:00.0/class", "0x040300\n"),
        ("sys/devices/platform/display/uevent", "DRIVER=simpledrm\n"),
        ("sys/class/drm/version", "drm 1.1.0\n"),
    ]);
    for (name, device) in [
        ("card1", "pci0000:00/0000:0c:00.0"),
        ("card0", "pci0000:00/0000:04:00.0"),
        ("card2", "pci0000:00/0000:03:00.0"),
        ("card3", "pci0000:00/0000:05:00.0"),
        ("card4", "platform/display"),
        ("renderD128", "pci0000:00/0000:0c:00.0"),
        ("card1-DP-1", "pci0000:00/0000:0c:00.0"),
        ("card10", "pci0000:00/0000:0c:00.0"),
    ] {
        link(&folder, &format!("../../../devices/{device}"), &format!("sys/class/drm/{name}/device"));
    }
    let cards = scan(&roots, AMD);
    let found: Vec<_> = cards.iter().map(|card| (card.address.as_str(), card.number, card.revision)).collect();
    assert_eq!(found, [("0000:03:00.0", None, None), ("0000:0c:00.0", Some(0xfffe), Some(0xc0))]);
    let sources = sources(&cards, &roots);
    assert!(sources.iter().all(|named| !named.known));
    let named: Vec<_> = sources.iter().map(|named| (named.source.id.as_str(), named.source.label.as_bytes())).collect();
    assert_eq!(named, [("gpu:0000:03:00.0", &b"AMD GPU"[..]), ("gpu:0000:0c:00.0", b"AMD GPU 1002:fffe")]);
}

#[test]
fn the_address_comes_from_the_bus_or_uevent_where_the_folder_is_not_named_after_it() {
    let uevent = "DRIVER=amdgpu\nPCI_CLASS=30000\nPCI_ID=1002:73BF\nPCI_SLOT_NAME=0000:0c:00.0\n";
    let (folder, roots) = machine(&[
        ("sys/class/drm/card0/device/uevent", uevent),
        ("sys/class/drm/card1/device/vendor", "0x1002\n\0\0"),
        ("sys/class/drm/card2/device/vendor", "0x1002\n"),
        ("sys/class/drm/card3/device/uevent", uevent),
    ]);
    link(&folder, "../../../class/drm/card3/device", "sys/bus/pci/devices/0000:83:00.0");
    link(&folder, "../../../class/drm/card1/device", "sys/bus/pci/devices/0000:0d:00.0");
    let addresses: Vec<_> = scan(&roots, AMD).into_iter().map(|card| (card.address, card.number)).collect();
    let expected =
        [("0000:0c:00.0", Some(0x73bf)), ("0000:0d:00.0", None), ("0000:83:00.0", Some(0x73bf)), ("card2", None)];
    assert_eq!(addresses, expected.map(|(address, number)| (address.to_string(), number)));
}

#[test]
fn cards_of_one_name_are_numbered() {
    let uevent = |bus| format!("PCI_ID=1002:73BF\nPCI_SLOT_NAME=0000:{bus}:00.0\n");
    let ids = "1002  Advanced Micro Devices, Inc. [AMD/ATI]\n\t73bf  Navi 21 [Radeon RX 6900 XT]\n";
    let (_folder, roots) = machine(&[
        ("sys/class/drm/card0/device/uevent", &uevent("0d")),
        ("sys/class/drm/card1/device/uevent", &uevent("0c")),
        ("usr/share/hwdata/pci.ids", ids),
    ]);
    let labels: Vec<_> =
        sources(&scan(&roots, AMD), &roots).iter().map(|named| named.source.label.as_bytes().to_vec()).collect();
    assert_eq!(labels, [b"AMD Radeon RX 6900 XT 1", b"AMD Radeon RX 6900 XT 2"]);
}

#[test]
fn cards_of_one_number_are_numbered_too() {
    let uevent = |bus| format!("PCI_ID=1002:FFFE\nPCI_SLOT_NAME=0000:{bus}:00.0\n");
    let (_folder, roots) = machine(&[
        ("sys/class/drm/card0/device/uevent", &uevent("0d")),
        ("sys/class/drm/card1/device/uevent", &uevent("0c")),
    ]);
    let named = sources(&scan(&roots, AMD), &roots);
    let labels: Vec<_> = named.iter().map(|named| named.source.label.as_bytes()).collect();
    assert_eq!(labels, [b"AMD GPU 1002:fffe 1", b"AMD GPU 1002:fffe 2"]);
    assert!(named.iter().all(|named| !named.known));
}

#[test]
fn a_uevent_may_hold_anything() {
    #[track_caller]
    fn check(text: &str, expected: &Facts) {
        assert_eq!(Facts::from_uevent(text.as_bytes()), *expected);
    }
    check("PCI_ID=10000:73BF\n", &Facts { number: Some(0x73bf), ..Facts::default() });
    check("PCI_ID=1002\nPCI_SLOT_NAME=../../x\n", &Facts { vendor: Some(0x1002), ..Facts::default() });
    check("PCI_ID=+1:-2\nPCI_CLASS=0x30000\nPCI_SLOT_NAME=\x1b[31m\n", &Facts::default());
    check("PCI_CLASS=30000\n\0\0", &Facts { class: Some(0x30000), ..Facts::default() });
    check("DRIVER=xe \n", &Facts { driver: b"xe".to_vec(), ..Facts::default() });
}

#[test]
fn cards_of_all_vendors_are_numbered_and_known_without_links_or_names() {
    let ids = "8086  Intel Corporation\n\t4680  AlderLake-S GT1\n\te20b  Battlemage G21 [Arc B580]\n";
    let uevent = |bus, number| format!("DRIVER=xe\nPCI_ID=8086:{number}\nPCI_SLOT_NAME=0000:{bus}:00.0\n");
    let (_folder, roots) = machine(&[
        ("sys/class/drm/card10/device/uevent", &uevent("04", "E20B")),
        ("sys/class/drm/card2/device/uevent", &uevent("03", "E20B")),
        ("sys/class/drm/card3/device/vendor", "0x8086\n"),
        ("sys/class/drm/card3/device/device", "0x4680\n"),
        ("sys/class/drm/card4/device/uevent", "DRIVER=i915\n"),
        ("sys/class/drm/card5/device/uevent", "PCI_ID=8086:zz\n"),
        ("sys/class/drm/card6/device/uevent", "DRIVER=amdgpu\n"),
        ("sys/class/drm/renderD128/device/uevent", "DRIVER=xe\n"),
        ("usr/share/hwdata/pci.ids", ids),
    ]);
    let cards = scan(&roots, INTEL);
    let sources = sources(&cards, &roots);
    let shown: Vec<_> = sources.iter().map(|it| (it.source.id.as_str(), it.source.label.terminal())).collect();
    let expected = [
        ("gpu:0000:03:00.0", "Intel Arc B580 1"),
        ("gpu:0000:04:00.0", "Intel Arc B580 2"),
        ("gpu:card3", "Intel AlderLake-S GT1"),
        ("gpu:card4", "Intel GPU 1"),
        ("gpu:card5", "Intel GPU 2"),
    ];
    assert_eq!(shown, expected.map(|(id, label)| (id, label.to_owned())));
}

#[test]
fn cards_without_a_node_are_found_on_the_bus() {
    let (folder, roots) = machine(&[
        ("sys/devices/pci0000:00/0000:01:00.0/vendor", "0x10de\n"),
        ("sys/devices/pci0000:00/0000:01:00.0/class", "0x030200\n"),
        ("sys/devices/pci0000:00/0000:01:00.0/uevent", "DRIVER=nvidia\n"),
        ("sys/devices/pci0000:00/0000:01:00.1/vendor", "0x10de\n"),
        ("sys/devices/pci0000:00/0000:01:00.1/class", "0x040300\n"),
        ("sys/devices/pci0000:00/0000:02:00.0/vendor", "0x10de\n"),
        ("sys/devices/pci0000:00/0000:02:00.0/class", "0x030000\n"),
        ("sys/devices/pci0000:00/0000:02:00.0/uevent", "DRIVER=vfio-pci\n"),
        ("sys/devices/pci0000:00/0000:03:00.0/uevent", "DRIVER=nvidia\nPCI_CLASS=30000\nPCI_ID=10DE:2684\n"),
        ("sys/devices/pci0000:00/0000:04:00.4/uevent", "DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:2684\n"),
        ("sys/devices/pci0000:00/0000:04:00.4/physfn/uevent", ""),
        ("sys/devices/pci0000:00/0000:05:00.1/uevent", "PCI_CLASS=38000\nPCI_ID=10DE:0001\n"),
        ("sys/devices/pci0000:00/0000:06:00.0/uevent", "PCI_CLASS=30000\nPCI_ID=1002:73BF\n"),
        ("sys/bus/pci/devices/0000:07:00.0/vendor", "0x10de\n"),
        ("sys/bus/pci/devices/0000:07:00.0/class", "0x030000\n"),
    ]);
    let functions = ["01:00.0", "01:00.1", "02:00.0", "03:00.0", "04:00.4", "05:00.1", "06:00.0"];
    for name in functions.map(|name| format!("0000:{name}")) {
        link(&folder, &format!("../../../devices/pci0000:00/{name}"), &format!("sys/bus/pci/devices/{name}"));
    }
    link(&folder, "../../../devices/pci0000:00/0000:03:00.0", "sys/class/drm/card1/device");
    let mut finder = Finder::new(&roots, NVIDIA);
    let mut found = || {
        let cards = finder.find();
        cards.iter().map(|card| (card.address.clone(), card.is_out_of_reach().is_some())).collect::<Vec<_>>()
    };
    let expected = [("01", false), ("02", true), ("03", false), ("07", false)];
    let all = expected.map(|(bus, other)| (format!("0000:{bus}:00.0"), other));
    assert_eq!(found(), all);
    // A card is plugged in where something else was, and another one is pulled out.
    let bus = folder.path().join("sys/bus/pci/devices");
    link(&folder, "../../../devices/pci0000:00/0000:02:00.0", "sys/bus/pci/devices/new");
    fs::rename(bus.join("new"), bus.join("0000:01:00.1")).unwrap();
    fs::remove_file(bus.join("0000:02:00.0")).unwrap();
    assert_eq!(found()[1].0, "0000:01:00.1");
    let amd = scan(&roots, AMD);
    assert_eq!(amd[0].is_out_of_reach().as_deref(), Some("no driver has it"));
}
