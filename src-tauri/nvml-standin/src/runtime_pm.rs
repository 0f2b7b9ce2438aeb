//! The kernel's side of a touch: a GPU that is attached or asked anything is awake. Where the scenario names a sysfs root and the
//! device has a `runtime_status` below it, that becomes `active`; so a test can prove that nobody asked.

use std::fs;
use std::path::Path;

use crate::scenario::device::Device;

/// Wakes a device.
pub fn wake(sysfs: &Path, device: &Device) {
    let status = sysfs.join("bus/pci/devices").join(device.pci.to_lowercase()).join("power/runtime_status");
    // No file: a machine without runtime power management. A file that cannot be written stays, as sysfs files do.
    if fs::read_to_string(&status).is_ok_and(|now| now.trim() != "active") {
        let _ = fs::write(&status, "active\n");
    }
}
