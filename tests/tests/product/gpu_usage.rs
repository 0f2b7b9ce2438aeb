//! Who uses a GPU: two real processes on the scripted driver, seven to three, now and afterwards.

use std::path::PathBuf;
use std::process::Child;

use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::{Program, Sandbox, wait_until};
use serde_json::Value;

const UUID: &str = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f";

/// A machine whose processes are this one's, with a GPU of the scripted driver; and two programs that use it.
struct Machine {
    sandbox: Sandbox,
    root: PathBuf,
    users: Vec<Child>,
}

impl Machine {
    fn new() -> Machine {
        let sandbox = Sandbox::new();
        let root = sandbox.path("machine");
        let device = root.join("sys/bus/pci/devices/0000:01:00.0");
        std::fs::create_dir_all(&device).expect("our own folder is writable");
        std::os::unix::fs::symlink("/proc", root.join("proc")).expect("our own folder is writable");
        for (file, text) in [("vendor", "0x10de\n"), ("class", "0x030000\n")] {
            std::fs::write(device.join(file), text).expect("our own folder is writable");
        }
        std::fs::copy(product("libnvml_standin.so"), sandbox.path("libnvidia-ml.so.1")).expect("the driver was built");
        let mut machine = Machine { sandbox, root, users: Vec::new() };
        let trainer = machine.start("trainer");
        let renderer = machine.start("renderer");
        // Seven seconds without work tell what the GPU takes when it is idle.
        let scenario = format!(
            "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\nsysfs_root = \"machine/sys\"\n\
             [[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"{UUID}\"\npci = \"0000:01:00.0\"\n\
             display_active = false\n[device.curve]\nutil = [[0, 0], [7, 0], [8, 100]]\npower_w = [[0, 30], [7, 30], [8, 330]]\n\
             [[process]]\npid = {trainer}\ndevice = 0\nkind = \"C\"\nmem_mib = 8192\nshare = 0.7\n\
             [[process]]\npid = {renderer}\ndevice = 0\nkind = \"G\"\nmem_mib = 2048\nshare = 0.3\n"
        );
        std::fs::write(machine.sandbox.path("scenario.toml"), scenario).expect("our own folder is writable");
        machine
    }

    /// Starts a program of this name that does nothing.
    fn start(&mut self, name: &str) -> u32 {
        let program = self.sandbox.path(name);
        std::fs::copy("/bin/sleep", &program).expect("there is a program that sleeps");
        let child = self.sandbox.command(&program).arg("600").spawn().expect("a program can be started");
        self.users.push(child);
        self.users.last().expect("it was just added").id()
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["--root", self.root.to_str().expect("our own names are text")], more].concat()
    }

    fn watch(&self) -> Program {
        let mut command = self.sandbox.product("hoofbeat", &self.arguments(&["watch", "--headless"]));
        command.env("HOOFBEAT_NVML", self.sandbox.path("libnvidia-ml.so.1"));
        command.env("NVML_STANDIN", self.sandbox.path("scenario.toml"));
        let program = Program::start("watch", &mut command, &self.sandbox.logs());
        wait_until("the first tick", || self.sandbox.status().is_some_and(|status| status["ts"].is_i64()));
        program
    }

    /// The shares of both, as `status --json` has them.
    fn shares(&self) -> Option<[f64; 2]> {
        let status = self.sandbox.status()?;
        let gpu = status["sources"].as_array()?.iter().find(|source| source["id"] == format!("gpu:{UUID}"))?.clone();
        let of =
            |child: &Child| gpu["processes"].as_array()?.iter().find(|one| one["pid"] == child.id())?["share"].as_f64();
        Some([of(&self.users[0])?, of(&self.users[1])?])
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for child in &mut self.users {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn who_uses_a_gpu_is_known_by_name_now_and_afterwards() {
    let machine = Machine::new();
    let sandbox = &machine.sandbox;
    let mut watch = machine.watch();
    let near = |found: f64, expected: f64| (found - expected).abs() < 6.0;
    wait_until("seven to three", || machine.shares().is_some_and(|[a, b]| near(a, 70.0) && near(b, 30.0)));

    let top = sandbox.json(&machine.arguments(&["top", "--interval", "50ms"]));
    let [first, second, ..] = &top["processes"].as_array().expect("a list")[..] else { panic!("{top}") };
    for (line, child, name, mib) in [(first, 0, "trainer", 8192.0), (second, 1, "renderer", 2048.0)] {
        assert_eq!(line["pid"], machine.users[child].id(), "{top}");
        assert!(line["identity"].as_str().is_some_and(|identity| identity.contains(name)), "{line}");
        assert!(line["memory"].is_u64() && line["user"].as_str().is_some_and(|user| !user.is_empty()), "{line}");
        assert_eq!(line["gpus"][0]["source"], format!("gpu:{UUID}"));
        assert_eq!(line["gpus"][0]["vram"].as_f64(), Some(mib * 1_048_576.0), "{line}");
    }
    wait_until("the names of both in the sentence", || {
        let said = sandbox.product("hoofbeat", &machine.arguments(&["status"])).output();
        let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        said.lines().any(|line| line.starts_with("GPU 100 %") && line.contains(": trainer and renderer"))
    });
    let rows = sandbox.sqlite("SELECT identity, share > 50, vram / 1048576 FROM gpu_processes ORDER BY share DESC");
    let [trainer, renderer] = &rows.lines().collect::<Vec<_>>()[..] else { panic!("{rows}") };
    assert!(trainer.contains("trainer|1|8192") && renderer.contains("renderer|0|2048"), "{rows}");

    sandbox.wait_for_ticks(8);
    let ended = watch.end(rustix::process::Signal::TERM);
    assert!(ended.success(), "{}", watch.log());
    let usage = sandbox.json(&["usage", "--since", "1h"]);
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number: {usage}"));
    let gpu = &usage["gpus"][0];
    // What it takes when idle may not be known: it has to be seen idle for that.
    assert!(gpu["idle"].is_null() || gpu["idle"].is_number(), "{usage}");
    let parts: f64 = ["idle", "attributed", "unattributed"].iter().filter_map(|part| gpu[*part].as_f64()).sum();
    assert!((parts - number(&gpu["energy"])).abs() < 0.01, "{usage}");
    let [a, b] = &gpu["usages"].as_array().expect("a list")[..] else { panic!("{usage}") };
    assert!(a["identity"].as_str().is_some_and(|identity| identity.contains("trainer")), "{usage}");
    for what in ["busy", "energy"] {
        let ratio = number(&a[what]) / number(&b[what]);
        assert!((ratio - 7.0 / 3.0).abs() < 0.3, "seven to three, not {ratio}: {usage}");
    }
    assert_eq!(number(&a["vram"]), 8192.0 * 1_048_576.0);
    let attributed = number(&a["energy"]) + number(&b["energy"]);
    assert!((attributed - number(&gpu["attributed"])).abs() < 0.01 * attributed, "{usage}");
}
