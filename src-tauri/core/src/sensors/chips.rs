//! Finds the hardware-monitoring chips of a machine and tells whether one may be read.
//!
//! Shared by the sensors that read chips: all of them (`hwmon`), that of the CPU, those of disks. A chip's `hwmonN`
//! number changes from boot to boot, so it is known by the path of its device. Deliberately not here: values.

use std::fs;
use std::path::{Path, PathBuf};

use super::Roots;
use super::input::{Buffer, Input, attribute, names};
use super::names::escaped;

/// Drivers whose chips sit on a GPU. The sensors of GPUs read them, or leave them asleep.
const GPU_DRIVERS: &[&[u8]] = &[b"amdgpu", b"nouveau", b"radeon", b"i915", b"xe", b"nvidia"];

/// One folder of `/sys/class/hwmon`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chip {
    /// The folder with its files, without links.
    pub folder: PathBuf,
    /// What its driver calls it; empty where it does not.
    pub name: Vec<u8>,
    /// The folder of its device, without links; the chip's own where it has none.
    pub device: PathBuf,
}

impl Chip {
    fn open(folder: &Path) -> Option<Chip> {
        let folder = fs::canonicalize(folder).ok()?;
        let device = fs::canonicalize(folder.join("device")).ok();
        let device = device.or_else(|| parent_device(&folder)).unwrap_or_else(|| folder.clone());
        match attribute(&folder.join("name")) {
            Some(name) => Some(Chip { folder, name, device }),
            // Drivers of the old style (`applesmc`) have their files beside the folder `hwmon`, not in it.
            None if device.join("name").is_file() => {
                let name = attribute(&device.join("name")).unwrap_or_default();
                Some(Chip { folder: device.clone(), name, device })
            }
            None => Some(Chip { folder, name: Vec::new(), device }),
        }
    }

    /// Whether it sits on a GPU: by its driver, or because its device is a PCI display controller.
    pub(crate) fn is_gpu(&self) -> bool {
        let display = |device: &Path| attribute(&device.join("class")).is_some_and(|class| class.starts_with(b"0x03"));
        GPU_DRIVERS.contains(&self.name.as_slice()) || self.device.ancestors().take(4).any(display)
    }

    /// What stays the same across reboots: the path of the device below `/sys/devices`, without numbers that are
    /// handed out in the order of discovery. Virtual chips are known by name.
    pub(crate) fn identity(&self, roots: &Roots) -> String {
        let path = below_devices(&self.folder, roots);
        if path.is_empty() || path[0] == "virtual" {
            let name = if self.name.is_empty() { "unnamed".to_string() } else { escaped(&self.name) };
            return format!("virtual/{name}");
        }
        stable(&path)
    }

    /// The file that tells whether the chip's device sleeps, if it can: see [`may_read`].
    pub(crate) fn gate(&self, roots: &Roots) -> Option<Input> {
        let status = |device: &Path| {
            let path = device.join("power/runtime_status");
            attribute(&path).filter(|status| status != b"unsupported").map(|_| Input::new(roots, path))
        };
        // An NVMe controller is a child of the PCI function that sleeps. Above a bus such as I2C nothing counts: its
        // adapter is always `suspended` and wakes for each transfer by design.
        for device in self.device.ancestors() {
            let name = device.file_name()?.to_string_lossy().into_owned();
            if name.starts_with("i2c-") || name == "devices" {
                return None;
            }
            if let Some(gate) = status(device) {
                return Some(gate);
            }
            if is_pci_function(&name) {
                return None;
            }
        }
        None
    }
}

/// Whether a device with this `power/runtime_status` may be read without waking it. Anything but `active` is left
/// alone, errors and the moments of falling asleep included; a status that cannot be read belongs to a device that
/// cannot sleep.
pub(crate) fn may_read(gate: Option<&mut Input>, buffer: &mut Buffer) -> bool {
    let Some(gate) = gate else { return true };
    match gate.read_at_once(buffer) {
        Ok(status) => matches!(status.trim_ascii(), b"active" | b"unsupported" | b""),
        Err(_) => true,
    }
}

/// Every chip, in the order of `hwmonN`.
pub(crate) fn scan(roots: &Roots) -> Vec<Chip> {
    let class = roots.sys.join("class/hwmon");
    let mut entries = names(&class);
    entries.sort_by_key(|name| (name.len(), name.clone()));
    entries.iter().filter_map(|name| Chip::open(&class.join(name))).collect()
}

/// The chip of a device: a folder `hwmonN` in it, or in its folder `hwmon`.
pub(crate) fn of_device(device: &Path) -> Option<Chip> {
    let is_chip = |name: &std::ffi::OsString| name.to_string_lossy().strip_prefix("hwmon").is_some_and(is_digits);
    [device.to_path_buf(), device.join("hwmon")]
        .iter()
        .find_map(|folder| names(folder).into_iter().find(is_chip).map(|name| folder.join(name)))
        .and_then(|folder| Chip::open(&folder))
}

/// The device's path below `/sys/devices` as the tail of an id.
pub(crate) fn device_path(device: &Path, roots: &Roots) -> Option<String> {
    let path = below_devices(&fs::canonicalize(device).ok()?, roots);
    (!path.is_empty()).then(|| stable(&path))
}

fn below_devices(path: &Path, roots: &Roots) -> Vec<String> {
    let devices = fs::canonicalize(roots.sys.join("devices")).unwrap_or_default();
    let below = path.strip_prefix(&devices).unwrap_or(Path::new(""));
    below.iter().map(|part| escaped(std::os::unix::ffi::OsStrExt::as_bytes(part))).collect()
}

/// Drops what is numbered in the order of discovery: `hwmon/hwmon3`, `nvme/nvme0`, `virtio2` (the only child of its
/// device), and the instance at the end of a HID device (`0003:1E71:2007.0004`).
fn stable(path: &[String]) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path {
        let numbered = |class: &str| part.strip_prefix(class).is_some_and(is_digits);
        if part == "hwmon"
            || numbered("hwmon")
            || numbered("virtio")
            || parts.last().is_some_and(|class| numbered(class))
        {
            continue;
        }
        parts.push(match part.split_once('.') {
            Some((id, instance)) if is_hid(id) && instance.len() == 4 => id,
            _ => part,
        });
    }
    parts.join("/")
}

/// The device of a chip in a capture that left the links out: `…/<device>/hwmon/hwmonN` or `…/<device>/hwmonN`.
fn parent_device(folder: &Path) -> Option<PathBuf> {
    let parent = folder.parent().filter(|_| folder.iter().any(|part| part == "devices"))?;
    Some(if parent.ends_with("hwmon") { parent.parent()? } else { parent }.to_path_buf())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hid(text: &str) -> bool {
    let mut parts = 0;
    text.split(':').all(|part| {
        parts += 1;
        part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
    }) && parts == 3
}

/// `0000:01:00.0`
pub(crate) fn is_pci_function(name: &str) -> bool {
    let hex = |text: &str, len: usize| text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = name.split(':');
    let domain = parts.next().is_some_and(|domain| domain.len() >= 4 && hex(domain, domain.len()));
    let bus = parts.next().is_some_and(|bus| hex(bus, 2));
    let slot = parts.next().and_then(|slot| slot.split_once('.')).is_some_and(|(d, f)| hex(d, 2) && hex(f, 1));
    domain && bus && slot && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_path_keeps_nothing_that_is_numbered_by_discovery() {
        #[track_caller]
        fn check(path: &str, expected: &str) {
            assert_eq!(stable(&path.split('/').map(String::from).collect::<Vec<_>>()), expected);
        }
        check("platform/coretemp.0/hwmon/hwmon0", "platform/coretemp.0");
        check("platform/nct6775.656/hwmon/hwmon3", "platform/nct6775.656");
        check("pci0000:00/0000:01:00.0/nvme/nvme0/hwmon3", "pci0000:00/0000:01:00.0/nvme");
        check("pci0000:00/0000:00:18.3/hwmon/hwmon10", "pci0000:00/0000:00:18.3");
        check("usb1/1-8/1-8:1.0/0003:1E71:2007.0002/hwmon/hwmon5", "usb1/1-8/1-8:1.0/0003:1E71:2007");
        check("pci0000:00/0000:00:03.0/virtio2", "pci0000:00/0000:00:03.0");
        check("platform/ACPI0007.0002", "platform/ACPI0007.0002");
    }

    #[test]
    fn pci_functions_are_known_by_their_shape() {
        assert!(is_pci_function("0000:01:00.0") && is_pci_function("10000:e1:00.0"));
        assert!(!is_pci_function("pci0000:00") && !is_pci_function("0003:1E71:2007.0002") && !is_pci_function("nvme0"));
    }
}
