//! What doctor says of GPUs, on machines that are folders of the test.

use super::super::Level;
use super::*;

const CARD: &str = "sys/bus/pci/devices/0000:01:00.0";
const VERSION: &str = "proc/driver/nvidia/version";
const LIBRARY: &str = "usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1";

/// A machine that is written down for one test.
struct Written {
    folder: tempfile::TempDir,
    library: Option<PathBuf>,
}

impl Written {
    fn new(files: &[(&str, &str)]) -> Written {
        let written = Written { folder: tempfile::tempdir().unwrap(), library: None };
        std::fs::create_dir(written.folder.path().join("proc")).unwrap();
        files.iter().fold(written, |written, (file, text)| written.with(file, text))
    }

    /// With an NVIDIA card that this driver has taken.
    fn nvidia(driver: Option<&str>) -> Written {
        let uevent = driver.map(|driver| format!("DRIVER={driver}\n")).unwrap_or_default();
        Written::new(&[]).card("0000:01:00.0", "0x10de", &uevent)
    }

    /// With NVIDIA's driver, as it says itself, and its library of this version.
    fn driver(self, version: &str, library: &str) -> Written {
        let line =
            format!("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build  (a@b)\n");
        let file = format!("libnvidia-ml.so.{library}");
        let written = self.with(VERSION, &line).with(&format!("usr/lib/x86_64-linux-gnu/{file}"), "");
        written.link(LIBRARY, &file)
    }

    fn card(self, address: &str, vendor: &str, uevent: &str) -> Written {
        let folder = format!("sys/bus/pci/devices/{address}");
        self.with(&format!("{folder}/vendor"), vendor)
            .with(&format!("{folder}/class"), "0x030000\n")
            .with(&format!("{folder}/uevent"), uevent)
    }

    fn with(self, file: &str, text: &str) -> Written {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn link(self, file: &str, target: &str) -> Written {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    fn look(&self) -> Vec<Finding> {
        let roots = Roots::at(self.folder.path());
        look(&Machine { roots: &roots, root: self.folder.path(), library: self.library.clone() }, None)
    }

    /// That a check finds this, with one remedy that says this.
    #[track_caller]
    fn check(&self, check: &str, level: Level, message: &str, remedy: &str) {
        let findings = self.look();
        let found = findings.iter().find(|finding| finding.check == check && finding.level == level);
        let found = found.unwrap_or_else(|| panic!("no {level:?} of {check}: {findings:?}"));
        assert!(found.message.contains(message), "{found:?}");
        assert!(found.remedy.as_deref().unwrap_or_default().contains(remedy), "{found:?}");
        assert_eq!(found.remedy.is_none(), level == Level::Ok, "{found:?}");
    }

    /// That nothing but good is found.
    #[track_caller]
    fn is_well(&self) {
        let findings = self.look();
        assert!(findings.iter().all(|finding| finding.level == Level::Ok), "{findings:?}");
    }
}

#[test]
fn no_gpu_at_all_is_said_and_is_no_failure() {
    Written::new(&[]).check("gpu", Level::Warning, "no GPU", "given the GPU first");
    let remote = Written::new(&[]).card("0000:03:00.0", "0x1a03\n", "DRIVER=ast\n");
    remote.check("gpu", Level::Warning, "there is a display adapter 0000:03:00.0 (ast)", "recorded without one");
    // A network card is no GPU.
    let other = Written::new(&[(&format!("{CARD}/vendor"), "0x8086\n"), (&format!("{CARD}/class"), "0x020000\n")]);
    other.check("gpu", Level::Warning, "lists no graphics card", "");
}

#[test]
fn a_gpu_that_is_recorded_is_there_whatever_the_kernel_lists() {
    let written = Written::new(&[]);
    let roots = Roots::at(written.folder.path());
    let machine = Machine { roots: &roots, root: written.folder.path(), library: None };
    let told = found(&machine, &[], &["NVIDIA H100"]);
    assert_eq!((told.level, told.remedy), (Level::Ok, None), "{}", told.message);
    assert!(told.message.starts_with("NVIDIA H100: recorded"), "{}", told.message);
}

#[test]
fn a_card_is_found_on_the_bus_or_where_it_draws_and_only_once() {
    let link = "../../../bus/pci/devices/0000:03:00.0";
    let both = Written::new(&[]).card("0000:03:00.0", "0x1002\n", "DRIVER=amdgpu\n");
    let both = both.link("sys/class/drm/card0/device", link).with("sys/class/drm/card0-DP-1/enabled", "enabled\n");
    assert_eq!(both.look()[0].message, "AMD 0000:03:00.0 (amdgpu)");
    let uevent = "DRIVER=amdgpu\nPCI_ID=1002:15BF\nPCI_SLOT_NAME=0000:64:00.0\n";
    let drawing = Written::new(&[("sys/class/drm/card1/device/uevent", uevent)]);
    drawing.with("sys/class/drm/card1/device/vendor", "0x1002\n").check("gpu", Level::Ok, "AMD 0000:64:00.0", "");
    let chip = Written::new(&[("sys/class/drm/card0/device/uevent", "DRIVER=panfrost\n")]);
    chip.check("gpu", Level::Warning, "there is a display adapter card0 (panfrost)", "recorded without one");
}

#[test]
fn a_card_with_another_driver_than_nvidias() {
    let nouveau = Written::nvidia(Some("nouveau"));
    nouveau.check(DRIVER, Level::Failure, "runs with nouveau", "your distribution's package");
    let debian = nouveau.with("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux\"\nID=debian\n");
    debian.check(DRIVER, Level::Failure, "nouveau", "apt install nvidia-driver");
    let mint = debian.with("etc/os-release", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
    mint.check(DRIVER, Level::Failure, "nouveau", "ubuntu-drivers install");
    let lent = Written::nvidia(Some("vfio-pci")).driver("580.95.05", "580.95.05");
    lent.check("gpu", Level::Warning, "set aside for a virtual machine", "run Hoofbeat in that machine");
}

#[test]
fn a_card_without_a_driver() {
    let bare = Written::nvidia(None);
    bare.check(DRIVER, Level::Failure, "no driver of NVIDIA is loaded", "install NVIDIA's own driver");
    bare.with(LIBRARY, "").check(DRIVER, Level::Failure, "no driver of NVIDIA is loaded", "modprobe nvidia");
    let refused = Written::nvidia(None).driver("580.95.05", "580.95.05");
    refused.check(DRIVER, Level::Failure, "has not taken NVIDIA 0000:01:00.0", "dmesg");
}

#[test]
fn a_driver_and_its_library() {
    let lonely = Written::nvidia(Some("nvidia"))
        .with(VERSION, "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n");
    lonely.check(DRIVER, Level::Failure, "driver 550.54.14 is loaded, but its library", "libnvidia-ml1");
    let updated = Written::nvidia(Some("nvidia")).driver("550.54.14", "580.95.05");
    updated.check("library", Level::Failure, "its library is of 580.95.05", "restart the machine");
    let well = Written::nvidia(Some("nvidia")).driver("580.95.05", "580.95.05");
    well.check(DRIVER, Level::Ok, "driver 580.95.05", "");
    well.is_well();
    // Where no folder that is known has it, the loader's list does.
    let elsewhere = lonely
        .with("opt/driver/libnvidia-ml.so.1", "")
        .with("etc/ld.so.cache", "ld.so-1.7.0\0\u{1}\u{2}/lib/libc.so.6\0/opt/driver/libnvidia-ml.so.1\0x\0");
    elsewhere.check(DRIVER, Level::Ok, "opt/driver/libnvidia-ml.so.1", "");
    let missing = Written { library: Some("/nowhere/libnvidia-ml.so.1".into()), ..well };
    missing.check(DRIVER, Level::Failure, "HOOFBEAT_NVML names /nowhere", "leave the variable out");
}

#[test]
fn windows_tells_less() {
    let wsl = Written::new(&[("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n")]);
    wsl.check(DRIVER, Level::Warning, "lends no GPU", "driver in Windows");
    let lent = wsl.with("usr/lib/wsl/lib/libnvidia-ml.so.1", "");
    lent.check("wsl", Level::Warning, "does not tell which processes", "Task Manager");
    lent.check("gpu", Level::Ok, "under WSL", "");
}

#[test]
fn processes_that_cannot_be_seen_are_explained() {
    let amd = || Written::new(&[]).card("0000:03:00.0", "0x1002\n", "DRIVER=amdgpu\n");
    amd().is_well();
    amd().link("proc/self/ns/pid", "pid:[4026531836]").is_well();
    let inside = amd().link("proc/self/ns/pid", "pid:[4026532999]");
    inside.check("processes", Level::Warning, "in a container", "--pid=host");

    let nobody = "CapInh:\t0\nCapEff:\t0000000000000000\n";
    let root = "CapEff:\t000001ffffffffff\n";
    amd().with("proc/self/status", root).is_well();
    amd().with("proc/self/status", nobody).check("processes", Level::Warning, "shows as a remainder", "cap_sys_ptrace");
    // NVIDIA's driver names everybody's processes.
    let nvidia = || Written::nvidia(Some("nvidia")).driver("580.95.05", "580.95.05").with("proc/self/status", nobody);
    nvidia().is_well();
    let mounts = |options: &str| format!("sysfs /sys sysfs rw 0 0\nproc /proc proc rw,nosuid{options} 0 0\n");
    nvidia().with("proc/self/mounts", &mounts("")).is_well();
    nvidia().with("proc/self/mounts", &mounts(",hidepid=off")).is_well();
    let hidden = nvidia().with("proc/self/mounts", &mounts(",hidepid=invisible"));
    hidden.check("processes", Level::Warning, "hidepid=invisible", "cap_sys_ptrace");
    hidden.with("proc/self/status", root).is_well();
}

#[test]
fn a_laptops_second_gpu_that_is_kept_awake_is_a_hint() {
    let battery = ("sys/class/power_supply/BAT0/type", "Battery\n");
    let written = |power: &[(&str, &str)], supply: (&str, &str)| {
        let first = "sys/bus/pci/devices/0000:00:02.0";
        let written = Written::nvidia(Some("nvidia")).driver("580.95.05", "580.95.05").with(supply.0, supply.1);
        let written = written.card("0000:00:02.0", "0x8086\n", "DRIVER=i915\n").with(&format!("{first}/boot_vga"), "1");
        // The first one is kept awake too, and shows the screen.
        let written = written
            .with(&format!("{first}/power/control"), "on\n")
            .with(&format!("{first}/power/runtime_status"), "active\n");
        power.iter().fold(written, |written, (file, text)| written.with(&format!("{CARD}/power/{file}"), text))
    };
    let awake = [("control", "on\n"), ("runtime_status", "active\n")];
    written(&awake, battery).check("awake", Level::Warning, "NVIDIA 0000:01:00.0 is never let sleep", "echo auto");
    written(&awake, ("sys/class/power_supply/AC/type", "Mains\n")).is_well();
    written(&awake, battery).with("sys/class/power_supply/BAT0/scope", "Device\n").is_well();
    written(&[("control", "auto\n"), ("runtime_status", "active\n")], battery).is_well();
    let asleep = written(&[("control", "auto\n"), ("runtime_status", "suspended\n")], battery);
    asleep.check("gpu", Level::Ok, "NVIDIA 0000:01:00.0 (nvidia, asleep)", "");
}
