//! Processes that have GPUs open, as `/proc` shows them.

use super::*;
use crate::sensors::gpu::{AMD, Finder, NVIDIA};

struct Machine {
    folder: tempfile::TempDir,
    openers: Openers,
}

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine { openers: Openers::new(&Roots::at(folder.path())), folder };
        for (bus, minor) in [("01", 0), ("02", 1)] {
            let device = format!("sys/bus/pci/devices/0000:{bus}:00.0");
            machine.write(&format!("{device}/vendor"), "0x10de\n");
            machine.write(&format!("{device}/class"), "0x030000\n");
            let information = format!("Model: \t\t NVIDIA X\nDevice Minor: \t {minor}\n");
            machine.write(&format!("proc/driver/nvidia/gpus/0000:{bus}:00.0/information"), &information);
        }
        for node in ["card1", "renderD129"] {
            machine.write(&format!("sys/devices/0000:0c:00.0/drm/{node}/dev"), "");
            let link = machine.folder.path().join("sys/class/drm").join(node);
            fs::create_dir_all(&link).unwrap();
            std::os::unix::fs::symlink("../../../devices/0000:0c:00.0", link.join("device")).unwrap();
        }
        machine.write("sys/devices/0000:0c:00.0/vendor", "0x1002\n");
        machine
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn process(&self, pid: u32, parent: u32, comm: &str, nodes: &[&str]) {
        let head = format!("{pid} ({comm}) S {parent} 1 1 0 -1 4194304 0 0 0 0 5 5 0 0 20 0 1 0");
        self.write(&format!("proc/{pid}/stat"), &format!("{head} {pid} 1000 25 0\n"));
        self.write(&format!("proc/{pid}/cmdline"), &format!("{comm}\0"));
        let folder = self.folder.path().join(format!("proc/{pid}/fd"));
        fs::create_dir_all(&folder).unwrap();
        for (number, node) in nodes.iter().enumerate() {
            std::os::unix::fs::symlink(node, folder.join(number.to_string())).unwrap();
        }
    }

    fn of(&mut self, vendor: crate::sensors::gpu::Vendor, address: &str, second: u64) -> Option<Vec<String>> {
        let cards = Finder::new(&Roots::at(self.folder.path()), vendor).find();
        let card = cards.iter().find(|card| card.address == address).unwrap();
        let opened = self.openers.of(card, Duration::from_secs(second))?;
        Some(opened.programs.into_iter().map(|(_, name)| name).collect())
    }
}

#[test]
fn programs_are_found_by_the_nodes_of_the_card() {
    let mut machine = Machine::new();
    machine.process(10, 1, "blender", &["/dev/nvidiactl", "/dev/nvidia0", "/dev/nvidia0", "/dev/nvidia-uvm"]);
    machine.process(11, 1, "ollama", &["/dev/nvidia1", "socket:[1]", "/home/a/nvidia0/x", "/dev/null"]);
    machine.process(12, 1, "Xorg", &["/dev/dri/card1", "/dev/dri/renderD129"]);
    machine.process(13, 1, "mpv", &["/dev/dri/renderD128", "/home/a/renderD129", "/dev/nvidiactl"]);
    machine.process(14, 1, "hoofbeat-desktop", &[]);
    machine.process(15, 14, "WebKitWebProces", &["/dev/dri/renderD129"]);
    machine.write("proc/15/cmdline", "/usr/lib/webkit2gtk-4.1/WebKitWebProcess\0\x37\0");
    let names = |names: &[&str]| Some(names.iter().map(|name| name.to_string()).collect());
    assert_eq!(machine.of(NVIDIA, "0000:01:00.0", 1), names(&["Blender"]));
    assert_eq!(machine.of(NVIDIA, "0000:02:00.0", 1), names(&["Ollama"]));
    assert_eq!(machine.of(AMD, "0000:0c:00.0", 1), names(&["Hoofbeat's window", "Xorg"]));
    // All processes are not looked at again so soon.
    assert_eq!(machine.of(NVIDIA, "0000:01:00.0", 5), None);
    machine.process(16, 1, "darktable", &["/dev/nvidia0"]);
    assert_eq!(machine.of(NVIDIA, "0000:01:00.0", 11), names(&["darktable", "Blender"]));
    // A driver that tells no number.
    fs::remove_dir_all(machine.folder.path().join("proc/driver")).unwrap();
    assert_eq!(machine.of(NVIDIA, "0000:02:00.0", 21), names(&["darktable", "Ollama", "Blender"]));
}

#[test]
fn what_was_left_out_is_told() {
    let opened = |programs: &[(u32, &str)], more, hidden, cut| {
        let programs = programs.iter().map(|(pid, name)| (*pid, name.to_string())).collect();
        let mut detail = serde_json::Map::new();
        Opened { programs, more, hidden, cut }.tell(&mut detail);
        Value::Object(detail)
    };
    assert_eq!(opened(&[], 0, 0, false), json!({ "holders": [] }));
    let all = json!({ "holders": [{ "pid": 7, "identity": "<b>" }], "more": 2, "hidden": 9, "cut": true });
    assert_eq!(opened(&[(7, "<b>")], 2, 9, true), all);
    let mut machine = Machine::new();
    for pid in 100..130 {
        machine.process(pid, 1, "worker", &["/dev/nvidia0"]);
    }
    assert_eq!(machine.of(NVIDIA, "0000:01:00.0", 1).unwrap().len(), MOST_NAMES);
}
