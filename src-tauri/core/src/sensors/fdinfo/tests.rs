//! Processes that use GPUs, written as `/proc` shows them.

use proptest::collection::vec;
use proptest::prelude::*;

use super::text::Client;
use super::*;
use crate::model::{Batch, Source, SourceKind};
use crate::sensors::Roots;
use crate::sensors::gpu::clients::Clients;
use rustix::fs::inotify;
use std::path::Path;
use std::time::Duration;

/// A machine with two GPUs, one of them with a second node, and processes that a test adds.
struct Machine {
    folder: tempfile::TempDir,
    scan: Scan,
}

const CARD: &str = "0000:03:00.0";
const OTHER: &str = "0000:04:00.0";

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let machine = Machine { scan: Scan::new(&Roots::at(folder.path())), folder };
        for (node, minor, address) in [("card0", 0, OTHER), ("card1", 1, CARD), ("renderD128", 128, CARD)] {
            machine.write(&format!("sys/class/drm/{node}/dev"), &format!("226:{minor}\n"));
            machine.write(&format!("sys/class/drm/{node}/device/uevent"), &format!("PCI_SLOT_NAME={address}\n"));
        }
        machine
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn process(&self, pid: u32, comm: &str, parent: u32, started: u64) {
        let head = format!("{pid} ({comm}) S {parent} 1 1 0 -1 4194304 0 0 0 0 5 5 0 0 20 0 1 0");
        self.write(&format!("proc/{pid}/stat"), &format!("{head} {started} 1000 25 0\n"));
        std::fs::create_dir_all(self.folder.path().join(format!("proc/{pid}/fd"))).unwrap();
    }

    fn descriptor(&self, pid: u32, number: u32, node: &str, text: &str) {
        let link = self.folder.path().join(format!("proc/{pid}/fd/{number}"));
        if !link.is_symlink() {
            std::os::unix::fs::symlink(node, link).unwrap();
        }
        self.write(&format!("proc/{pid}/fdinfo/{number}"), text);
    }

    fn update(&mut self, second: u64) {
        self.scan.update(Duration::from_secs(second), &mut |address| address == CARD).unwrap();
    }

    /// What each process does: its number, its share and its memory.
    fn seen(&self) -> Vec<(u32, Option<f64>, Option<u64>)> {
        self.scan.processes().iter().map(|it| (it.pid, it.share(), it.local)).collect()
    }
}

fn xe(client: u64, cycles: u64, total: u64, vram: u64) -> String {
    format!(
        "pos:\t0\nflags:\t0100002\ndrm-driver:\txe\ndrm-client-id:\t{client}\ndrm-pdev:\t{CARD}\n\
         drm-resident-vram0:\t{vram} MiB\ndrm-shared-vram0:\t1 MiB\ndrm-cycles-rcs:\t{cycles}\n\
         drm-total-cycles-rcs:\t{total}\ndrm-cycles-bcs:\t0\ndrm-total-cycles-bcs:\t{total}\n"
    )
}

#[test]
fn clients_are_counted_once_and_for_whoever_uses_them() {
    let mut machine = Machine::new();
    machine.process(1, "systemd", 0, 1);
    machine.process(800, "systemd-logind", 1, 500);
    machine.process(900, "gnome-shell", 1, 600);
    machine.process(950, "blender", 900, 700);
    machine.process(951, "blender", 950, 800);
    machine.process(970, "bash", 1, 900);
    let node = "/dev/dri/renderD128";
    let write = |machine: &Machine, shell: u64, blender: u64, total: u64| {
        // Passed to the two that keep it, and opened twice by the shell itself.
        for (pid, number) in [(1, 40), (800, 12), (900, 9), (900, 10)] {
            machine.descriptor(pid, number, node, &xe(7, shell, total, 101));
        }
        machine.descriptor(900, 11, node, &xe(8, shell, total, 11));
        // Inherited by a worker that began later.
        for pid in [950, 951] {
            machine.descriptor(pid, 5, node, &xe(9, blender, total, 1025));
        }
    };
    write(&machine, 1000, 5000, 100_000);
    machine.descriptor(970, 3, "/home/someone/renderD128", "drm-driver: xe\n");
    machine.update(1);
    assert_eq!(machine.seen(), [(900, None, Some(110 << 20)), (950, None, Some(1024 << 20))]);
    assert_eq!((machine.scan.device(CARD).clients, machine.scan.device(CARD).busy()), (3, None));
    write(&machine, 1100, 5600, 101_000);
    machine.update(2);
    assert_eq!(machine.seen(), [(900, Some(20.0), Some(110 << 20)), (950, Some(60.0), Some(1024 << 20))]);
    assert_eq!(machine.scan.device(CARD).busy(), Some(80.0));
    let first = machine.scan.processes().remove(0);
    assert_eq!((first.started, &*first.device, first.driver), (600, CARD, b"xe".to_vec()));
    assert!(machine.scan.sees_all());
    assert_eq!(machine.scan.device(OTHER), DeviceUse::default());
    assert_eq!(machine.scan.device(OTHER).busy(), Some(0.0), "nobody uses it");
}

#[test]
fn who_comes_and_who_goes_is_noticed() {
    let mut machine = Machine::new();
    let node = "/dev/dri/card1";
    machine.process(10, "a", 1, 5);
    machine.descriptor(10, 3, node, &xe(1, 0, 1000, 8));
    machine.update(1);
    // A new process is looked at at once and for a while, one that opens the GPU later within a round.
    machine.process(11, "b", 1, 100);
    machine.descriptor(11, 3, node, &xe(2, 0, 1000, 8));
    machine.process(12, "c", 1, 100);
    machine.update(2);
    assert_eq!(machine.seen().iter().map(|it| it.0).collect::<Vec<_>>(), [10, 11]);
    machine.descriptor(12, 3, node, &xe(3, 0, 1000, 8));
    machine.update(3);
    assert_eq!(machine.seen().len(), 3);
    machine.process(13, "plain", 1, 100);
    machine.descriptor(13, 3, "/tmp/x", "pos:\t0\n");
    (4..20).for_each(|second| machine.update(second));
    machine.descriptor(13, 4, node, &xe(6, 0, 1000, 8));
    (20..30).for_each(|second| machine.update(second));
    assert_eq!(machine.seen().len(), 4);
    std::fs::remove_dir_all(machine.folder.path().join("proc/13")).unwrap();
    // A number that meant another file is looked at again within a minute.
    machine.process(14, "reuses", 1, 100);
    machine.descriptor(14, 3, "/tmp/x", "pos:\t0\n");
    (30..60).for_each(|second| machine.update(second));
    std::fs::remove_file(machine.folder.path().join("proc/14/fd/3")).unwrap();
    machine.descriptor(14, 3, node, &xe(7, 0, 1000, 8));
    (60..120).for_each(|second| machine.update(second));
    assert_eq!(machine.seen().iter().map(|it| it.0).collect::<Vec<_>>(), [10, 11, 12, 14]);
    std::fs::remove_dir_all(machine.folder.path().join("proc/14")).unwrap();
    // The number of a process is given again, and the descriptor of another one means another client.
    std::fs::remove_dir_all(machine.folder.path().join("proc/10")).unwrap();
    machine.update(120);
    machine.process(10, "d", 1, 700);
    machine.descriptor(10, 3, node, &xe(4, 0, 1000, 8));
    machine.descriptor(11, 3, node, &xe(5, 0, 1000, 8));
    (121..131).for_each(|second| machine.update(second));
    assert_eq!(machine.scan.device(CARD).clients, 3);
    assert_eq!(machine.scan.processes()[0].started, 700);
    std::fs::remove_dir_all(machine.folder.path().join("proc/11")).unwrap();
    machine.update(131);
    assert_eq!(machine.seen().iter().map(|it| it.0).collect::<Vec<_>>(), [10, 12]);
}

#[test]
fn a_driver_that_numbers_no_clients_is_counted_by_descriptor() {
    let mut machine = Machine::new();
    machine.process(10, "a", 1, 5);
    let text = |busy: u64| format!("drm-driver:\tmsm\ndrm-engine-gpu:\t{busy} ns\n");
    for (second, busy) in [(1, 0), (2, 100_000_000)] {
        machine.descriptor(10, 3, "/dev/dri/card1", &text(busy));
        machine.descriptor(10, 4, "/dev/dri/card1", &text(busy * 2));
        machine.update(second);
    }
    assert_eq!(machine.seen(), [(10, Some(30.0), None)]);
}

#[test]
fn a_capture_may_hold_the_texts_alone() {
    let mut machine = Machine::new();
    machine.write("proc/10/fdinfo/3", &xe(1, 0, 1000, 8));
    machine.write("proc/10/fdinfo/4", "pos:\t0\n");
    machine.update(1);
    assert_eq!(machine.seen(), [(10, None, Some(7 << 20))]);
}

#[test]
fn descriptors_of_a_gpu_that_sleeps_are_not_opened() {
    let mut machine = Machine::new();
    machine.process(10, "a", 1, 5);
    machine.descriptor(10, 3, "/dev/dri/card1", &xe(1, 0, 1000, 8));
    machine.descriptor(10, 4, "/dev/dri/card0", "drm-driver:\txe\n");
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
    let texts: &Path = &machine.folder.path().join("proc/10/fdinfo");
    inotify::add_watch(&watch, texts, inotify::WatchFlags::OPEN).unwrap();
    let opened = |watch: &std::os::fd::OwnedFd| {
        let mut buffer = [std::mem::MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(watch, &mut buffer);
        let mut names = Vec::new();
        while let Ok(event) = reader.next() {
            names.extend(event.file_name().map(|name| name.to_str().unwrap().to_owned()));
        }
        names
    };
    machine.update(1);
    assert_eq!(opened(&watch), ["3"]);
    machine.scan.update(Duration::from_secs(20), &mut |_| false).unwrap();
    assert_eq!(opened(&watch), [""; 0]);
    assert_eq!(machine.seen(), []);
    // What it did while nobody was asked is not what it does now.
    machine.descriptor(10, 3, "/dev/dri/card1", &xe(1, 900, 2000, 8));
    machine.update(40);
    assert_eq!(machine.seen(), [(10, None, Some(7 << 20))]);
}

/// Its numbers are those of the same `/proc` in which they are looked up; only a driver tells the host's.
#[test]
fn inside_a_container_users_have_their_names() {
    let mut machine = Machine::new();
    machine.process(10, "encode", 1, 5);
    machine.write("proc/10/cmdline", "/usr/bin/encode\0");
    machine.descriptor(10, 3, "/dev/dri/card1", &xe(1, 500, 1000, 8));
    std::fs::create_dir_all(machine.folder.path().join("proc/self/ns")).unwrap();
    std::os::unix::fs::symlink("pid:[4026532999]", machine.folder.path().join("proc/self/ns/pid")).unwrap();
    machine.update(1);
    let (mut batch, source) = (Batch::default(), Source::whole(SourceKind::Gpu, "gpu:1", "x"));
    let mut clients = Clients::new(&Roots::at(machine.folder.path()));
    uses::put(&machine.scan, CARD, &source, &mut clients, Duration::from_secs(1), &mut batch);
    let told = batch.into_parts().gpu_uses.remove(0);
    assert_eq!((told.pid, told.started, told.identity), (10, Some(5), "encode".into()));
}

#[test]
fn this_machine_can_be_read() {
    let mut scan = Scan::new(&Roots { proc: "/proc".into(), sys: "/sys".into() });
    scan.update(Duration::from_secs(1), &mut |_| false).unwrap();
    assert_eq!(scan.processes(), []);
}

/// Lines that drivers print, and pieces of them.
fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "drm-",
        "driver:",
        "pdev:",
        "client-id:",
        "engine-",
        "engine-capacity-",
        "cycles-",
        "total-cycles-",
        "maxfreq-",
        "total-",
        "shared-",
        "resident-",
        "active-",
        "purgeable-",
        "memory-",
        "render",
        "vram0",
        "gtt",
        ":",
        ":\t",
        " ",
        "\n",
        "\ndrm-",
        "xe",
        "ns",
        " ns",
        " KiB",
        " MiB",
        " MHz",
        "0",
        "1",
        "4096",
        "-1",
        "18446744073709551615",
        "99999999999999999999",
        "9223372036854775808",
        "0000:03:00.0",
        "\0",
        "\u{202e}",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    let damaged = (any::<u64>(), any::<u64>(), vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6)).prop_map(
        |(cycles, total, changes)| {
            let mut text = xe(1, cycles, total, cycles).into_bytes();
            for (at, byte) in changes {
                let at = at.index(text.len());
                text[at] = byte;
            }
            text
        },
    );
    prop_oneof![vec(any::<u8>(), 0..200), vec(piece, 0..120).prop_map(|pieces| pieces.concat()), damaged]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_make_the_parser_panic_or_a_share_absurd(before in any_text(), after in any_text(), seconds in 0_u64..9) {
        let _ = nodes::minor_of(&before);
        let mut track = share::Track::default();
        for (second, text) in [(1, &before), (1 + seconds, &after)] {
            let Some(client) = Client::parse(text) else { continue };
            prop_assert!(!client.driver.is_empty() && client.engines.len() <= 64 && client.regions.len() <= 64);
            for region in &client.regions {
                prop_assert!(region.own().is_none_or(|own| Some(own) <= region.resident));
            }
            for share in track.advance(Duration::from_secs(second), &client.engines).unwrap_or_default() {
                prop_assert!((0.0..=100.0).contains(&share.percent));
            }
        }
    }
}
