//! Which GPU a device node belongs to, from the numbers of the node: nothing is opened, so nothing wakes.
//!
//! Deliberately not here: what kind of GPU it is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::sensors::Roots;
use crate::sensors::gpu::cards;
use crate::sensors::input::{attribute, names};
use crate::sensors::parse::number;

/// The kernel's number for all nodes of GPUs.
pub(super) const MAJOR: u32 = 226;

/// The device of each node, by the second of its numbers.
#[derive(Debug, Default)]
pub(super) struct Nodes(HashMap<u32, Arc<str>>);

impl Nodes {
    pub(super) fn find(roots: &Roots) -> Nodes {
        let class = roots.sys.join("class/drm");
        let node = |name: &std::ffi::OsString| {
            let folder = class.join(name);
            // Connectors lie in the same folder and have no numbers.
            let numbers = attribute(&folder.join("dev"))?;
            let colon = numbers.iter().position(|byte| *byte == b':')?;
            let (major, minor) = (number(&numbers[..colon])?, number(&numbers[colon + 1..])?);
            let device: Arc<str> = cards::address(roots, &folder)?.into();
            (major == u64::from(MAJOR)).then_some((minor.try_into().ok()?, device))
        };
        Nodes(names(&class).iter().filter_map(node).collect())
    }

    pub(super) fn device(&self, minor: u32) -> Option<&Arc<str>> {
        self.0.get(&minor)
    }

    /// Every device, once for each of its nodes.
    pub(super) fn devices(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.values()
    }
}

/// The second number of the node that a link points to. Nodes are numbered as they are named: `renderD128` is 226:128.
pub(super) fn minor_of(target: &[u8]) -> Option<u32> {
    let mut parts = target.rsplit(|byte| *byte == b'/');
    let name = parts.next()?;
    if parts.next() != Some(b"dri") {
        return None;
    }
    let digits = name.strip_prefix(b"renderD").or_else(|| name.strip_prefix(b"card"))?;
    number(digits)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_lead_to_devices_by_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::at(folder.path());
        let class = roots.sys.join("class/drm");
        for (node, dev, uevent) in [
            ("card1", "226:1\n", "DRIVER=xe\nPCI_SLOT_NAME=0000:03:00.0\n"),
            ("renderD128", "226:128\n", "DRIVER=xe\nPCI_SLOT_NAME=0000:03:00.0\n"),
            ("card0", "226:0", ""),
            ("card7", "29:7", "PCI_SLOT_NAME=0000:04:00.0"),
            ("card8", "226", "PCI_SLOT_NAME=0000:05:00.0"),
        ] {
            std::fs::create_dir_all(class.join(node).join("device")).unwrap();
            std::fs::write(class.join(node).join("dev"), dev).unwrap();
            std::fs::write(class.join(node).join("device/uevent"), uevent).unwrap();
        }
        std::fs::create_dir_all(class.join("card1-DP-1")).unwrap();
        let nodes = Nodes::find(&roots);
        let device = |minor| nodes.device(minor).map(|device| device.to_string());
        assert_eq!((device(1), device(128)), (Some("0000:03:00.0".into()), Some("0000:03:00.0".into())));
        assert_eq!((device(0), device(7), device(8)), (Some("card0".into()), None, None));
        assert_eq!(nodes.devices().count(), 3);
    }

    #[test]
    fn links_are_known_by_their_name() {
        #[track_caller]
        fn check(target: &str, expected: Option<u32>) {
            assert_eq!(minor_of(target.as_bytes()), expected);
        }
        check("/dev/dri/renderD128", Some(128));
        check("/dev/dri/card1", Some(1));
        check("/dri/renderD129", Some(129));
        check("/dev/dri/card", None);
        check("/home/me/card1", None);
        check("/dev/dri/renderD99999999999", None);
        check("socket:[123]", None);
        check("", None);
    }
}
