//! NVIDIA's driver: the part in the kernel, the library, and whether the two belong together.
//!
//! The library is looked for and never loaded: loading it is what wakes a GPU.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::Finding;
use super::cards::{Card, Maker};
use super::{DRIVER, Machine};

const LIBRARY: &str = "libnvidia-ml.so.1";

/// Where distributions put it, below the root; the loader's list comes before.
const FOLDERS: &[&str] = &[
    "usr/lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "usr/lib64",
    "usr/lib",
    "usr/lib/x86_64-linux-gnu/nvidia/current",
    "usr/lib/nvidia",
    "usr/local/nvidia/lib64",
    "run/opengl-driver/lib",
    WSL,
];

/// Where Windows puts what it lends to Linux.
const WSL: &str = "usr/lib/wsl/lib";

/// All checks of NVIDIA's driver; none where there is nothing for it to drive.
pub(super) fn check(machine: &Machine, cards: &[Card]) -> Vec<Finding> {
    let cards: Vec<&Card> = cards.iter().filter(|card| card.maker == Maker::Nvidia).collect();
    if machine.is_wsl() {
        return vec![on_wsl(machine)];
    }
    if cards.is_empty() {
        return Vec::new();
    }
    let loaded = loaded(machine);
    let mut findings: Vec<Finding> = cards.iter().filter_map(|card| taken(machine, card, loaded.as_deref())).collect();
    if let Some(loaded) = loaded {
        findings.push(library(machine, &loaded));
    }
    findings
}

/// What is wrong with the kernel's driver of one card.
fn taken(machine: &Machine, card: &Card, loaded: Option<&str>) -> Option<Finding> {
    let address = &card.address;
    match (card.driver.as_deref(), loaded) {
        (Some("nouveau" | "nova" | "nova_core"), _) => {
            let driver = card.driver.as_deref().unwrap_or_default();
            let message = format!("NVIDIA {address} runs with {driver}, which tells neither its load nor who uses it");
            Some(Finding::failure(DRIVER, message, install(machine)))
        }
        (Some(driver @ ("vfio-pci" | "pci-stub")), _) => {
            let message = format!("NVIDIA {address} is set aside for a virtual machine ({driver})");
            Some(Finding::warning("gpu", message, "run Hoofbeat in that machine; from here it cannot be read"))
        }
        (_, None) => {
            let message = format!("NVIDIA {address} is there, but no driver of NVIDIA is loaded");
            let installed = find(machine).is_some();
            let remedy =
                if installed { "`sudo modprobe nvidia`, and see what it says".into() } else { install(machine) };
            Some(Finding::failure(DRIVER, message, remedy))
        }
        (None, Some(version)) => {
            let message = format!("driver {version} is loaded, but has not taken NVIDIA {address}");
            let remedy = "`sudo dmesg | grep NVRM` tells why; older cards need an older driver";
            Some(Finding::failure(DRIVER, message, remedy))
        }
        (Some(_), Some(_)) => None,
    }
}

/// How NVIDIA's driver is installed here.
fn install(machine: &Machine) -> String {
    let text = machine.text(&machine.root.join("etc/os-release")).unwrap_or_default();
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().replace('"', "");
    let names = format!("{} {}", value("ID="), value("ID_LIKE="));
    let is = |name: &str| names.split_whitespace().any(|word| word == name);
    let how = if is("ubuntu") {
        "`sudo ubuntu-drivers install`"
    } else if is("debian") {
        "`sudo apt install nvidia-driver` (from the part non-free)"
    } else if is("fedora") {
        "`sudo dnf install akmod-nvidia` (from RPM Fusion)"
    } else if is("arch") {
        "`sudo pacman -S nvidia-open`"
    } else {
        "take your distribution's package"
    };
    format!("install NVIDIA's own driver and restart: {how}")
}

/// The version of the driver that is loaded.
fn loaded(machine: &Machine) -> Option<String> {
    let text = machine.text(&machine.roots.proc.join("driver/nvidia/version"))?;
    // `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build`; the words differ by driver.
    let line = text.lines().find(|line| line.starts_with("NVRM version"))?;
    line.split_whitespace().find(|word| is_version(word)).map(str::to_string)
}

/// `550.54.14`: two or three numbers.
fn is_version(word: &str) -> bool {
    let numbers: Vec<&str> = word.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (2..=3).contains(&numbers.len()) && numbers.iter().all(is_number)
}

fn library(machine: &Machine, loaded: &str) -> Finding {
    if let Some(library) = machine.library.as_deref().filter(|library| library.is_absolute() && !library.exists()) {
        let message = format!("HOOFBEAT_NVML names {}, which is not there", library.display());
        return Finding::failure(DRIVER, message, "name the library that there is, or leave the variable out");
    }
    let Some(library) = find(machine) else {
        let message = format!("driver {loaded} is loaded, but its library {LIBRARY} is not installed");
        let remedy = "install the driver's library (Debian: libnvidia-ml1, Fedora: xorg-x11-drv-nvidia-cuda-libs); \
                      give a container NVIDIA_DRIVER_CAPABILITIES=utility";
        return Finding::failure(DRIVER, message, remedy);
    };
    match version(&library) {
        Some(version) if version != loaded => {
            let message =
                format!("driver {loaded} is loaded, but its library is of {version}: it was updated meanwhile");
            Finding::failure("library", message, "restart the machine; until then nothing can be read")
        }
        _ => Finding::ok(DRIVER, format!("NVIDIA's driver {loaded}, with {}", library.display())),
    }
}

/// The version in the name of the file behind the link.
fn version(library: &Path) -> Option<String> {
    let file = fs::canonicalize(library).ok()?;
    let name = file.file_name()?.to_str()?;
    name.strip_prefix("libnvidia-ml.so.").filter(|rest| is_version(rest)).map(str::to_string)
}

/// The library that would be loaded.
fn find(machine: &Machine) -> Option<PathBuf> {
    if let Some(library) = machine.library.as_ref().filter(|library| library.is_absolute()) {
        return Some(library.clone());
    }
    let listed = listed(&fs::read(machine.root.join("etc/ld.so.cache")).unwrap_or_default());
    let listed = listed.iter().map(|path| machine.root.join(path.trim_start_matches('/')));
    let known = FOLDERS.iter().map(|folder| machine.root.join(folder).join(LIBRARY));
    listed.chain(known).find(|path| path.exists())
}

/// The paths of the library in the loader's list, whose strings lie there as they are.
fn listed(cache: &[u8]) -> Vec<String> {
    let ending = format!("/{LIBRARY}");
    let strings = cache.split(|byte| *byte == 0).filter(|text| text.ends_with(ending.as_bytes()));
    // The first string has the list's numbers in front of it.
    let path = |text: &[u8]| Some(text[text.iter().position(|byte| *byte == b'/')?..].to_vec());
    strings.filter_map(path).filter_map(|path| String::from_utf8(path).ok()).collect()
}

fn on_wsl(machine: &Machine) -> Finding {
    if !machine.root.join(WSL).join(LIBRARY).exists() {
        let message = "this is WSL, and Windows lends no GPU of NVIDIA to it";
        return Finding::warning(
            DRIVER,
            message,
            "install NVIDIA's driver in Windows, not here, then `wsl --shutdown`",
        );
    }
    let message = "this is WSL: Windows' driver does not tell which processes use the GPU, and its load is unreliable";
    Finding::warning("wsl", message, "for who uses the GPU, see Windows' Task Manager")
}
