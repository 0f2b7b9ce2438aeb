//! NVIDIA's GPUs, played by the scripted driver: every value right, nobody woken, faults survived.

use std::path::{Path, PathBuf};

use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::{Program, Sandbox, wait_until};
use rustix::process::Signal;
use serde_json::Value;

const ADDRESS: &str = "0000:01:00.0";
const UUID: &str = "GPU-0b0b0b0b-1c1c-2d2d-3e3e-4f4f4f4f4f4f";

/// A machine with one GPU that may sleep, and a scripted driver for it.
struct Machine {
    sandbox: Sandbox,
    root: PathBuf,
}

impl Machine {
    fn new(scenario: &str) -> Machine {
        let sandbox = Sandbox::new();
        let root = sandbox.path("machine");
        let device = root.join("sys/bus/pci/devices").join(ADDRESS);
        std::fs::create_dir_all(device.join("power")).expect("our own folder is writable");
        std::fs::create_dir_all(root.join("proc")).expect("our own folder is writable");
        let machine = Machine { sandbox, root };
        for (file, text) in [("vendor", "0x10de\n"), ("class", "0x030000\n"), ("power/control", "auto\n")] {
            std::fs::write(device.join(file), text).expect("our own folder is writable");
        }
        machine.runtime_status("active");
        // A copy of its own: what a driver remembers belongs to the file that was loaded.
        std::fs::copy(product("libnvml_standin.so"), machine.library()).expect("the driver was built");
        let head = format!(
            "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\nsysfs_root = \"machine/sys\"\n\
             trace = \"calls.txt\"\n[[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"{UUID}\"\npci = \"{ADDRESS}\"\n\
             display_active = false\n"
        );
        std::fs::write(machine.sandbox.path("scenario.toml"), head + scenario).expect("our own folder is writable");
        machine
    }

    fn library(&self) -> PathBuf {
        self.sandbox.path("libnvidia-ml.so.1")
    }

    fn status_file(&self) -> PathBuf {
        self.root.join("sys/bus/pci/devices").join(ADDRESS).join("power/runtime_status")
    }

    fn runtime_status(&self, status: &str) {
        std::fs::write(self.status_file(), format!("{status}\n")).expect("our own folder is writable");
    }

    /// Sets the scenario's clock, where it has one of its own, to so many seconds since its start.
    fn clock(&self, seconds: u64) {
        let file = self.sandbox.path("now.ms");
        let new = file.with_extension("new");
        std::fs::write(&new, format!("{}\n", seconds * 1000)).expect("our own folder is writable");
        std::fs::rename(new, file).expect("our own folder is writable");
    }

    fn watch(&self) -> Program {
        let root = self.root.to_str().expect("our own names are text");
        let mut command = self.sandbox.product("hoofbeat", &["--root", root, "watch", "--headless"]);
        command.env("HOOFBEAT_NVML", self.library()).env("NVML_STANDIN", self.sandbox.path("scenario.toml"));
        let program = Program::start("watch", &mut command, &self.sandbox.logs());
        wait_until("the first tick", || self.sandbox.status().is_some_and(|status| status["ts"].is_i64()));
        program
    }

    /// The GPU as `status --json` has it.
    fn gpu(&self) -> Option<Value> {
        let status = self.sandbox.status()?;
        status["sources"].as_array()?.iter().find(|source| source["id"] == format!("gpu:{UUID}")).cloned()
    }

    fn value(&self, metric: &str) -> Option<f64> {
        self.gpu()?["metrics"][metric]["value"].as_f64()
    }

    fn wait_for_health(&self, health: &str, word: &str) {
        wait_until(&format!("{health}: {word}"), || {
            let gpus = self.sandbox.status().map(|status| status["sources"].clone()).unwrap_or_default();
            gpus.as_array().into_iter().flatten().any(|source| {
                let reason = source["reason"].as_str().unwrap_or_default();
                source["kind"] == "gpu" && source["health"] == health && reason.contains(word)
            })
        });
    }

    /// What the driver was asked so far.
    fn calls(&self) -> String {
        std::fs::read_to_string(self.sandbox.path("calls.txt")).unwrap_or_default()
    }
}

#[test]
fn every_value_is_what_the_driver_says() {
    let machine = Machine::new(
        "[device.curve]\nutil = 42\nmem_util = 17\npower_w = 215.5\ntemp_c = 61\n\
         [[process]]\npid = 4242\ndevice = 0\nkind = \"C\"\nmem_mib = 4096\nshare = 0.7\nname = \"train\"\n",
    );
    let _watch = machine.watch();
    wait_until("the GPU's values", || machine.value("gpu.utilization") == Some(42.0));
    let gpu = machine.gpu().expect("it was just there");
    assert_eq!((gpu["label"].as_str(), gpu["health"].as_str()), (Some("NVIDIA GeForce RTX 4090"), Some("ok")));
    for (metric, expected) in [
        ("gpu.memory.utilization", 17.0),
        ("gpu.power", 215.5),
        ("gpu.temperature", 61.0),
        ("gpu.temperature.margin", 36.0),
        ("gpu.power.limit", 450.0),
        ("gpu.memory.total", 24564.0 * 1_048_576.0),
        ("gpu.clock.graphics", 210e6),
        ("gpu.pstate", 8.0),
        ("gpu.pcie.width", 16.0),
    ] {
        let value = gpu["metrics"][metric]["value"].as_f64();
        assert_eq!(value, Some(expected), "{metric}");
    }
    // The process did seven tenths of what the GPU did.
    let near = |value: Option<f64>, expected: f64| value.is_some_and(|value| (value - expected).abs() <= 3.0);
    wait_until("the explained part", || {
        near(machine.value("gpu.attributed"), 29.4) && near(machine.value("gpu.remainder"), 12.6)
    });
}

#[test]
fn a_gpu_that_sleeps_is_not_touched() {
    let machine = Machine::new("[device.curve]\nutil = 42\n");
    machine.runtime_status("suspended");
    let _watch = machine.watch();
    machine.wait_for_health("asleep", "");
    machine.sandbox.wait_for_ticks(5);
    assert_eq!(machine.calls(), "", "the driver was not asked anything");
    assert_eq!(read(&machine.status_file()), "suspended\n");
    // Somebody wakes it: it is read at once.
    machine.runtime_status("active");
    wait_until("its values", || machine.value("gpu.utilization") == Some(42.0));
    // It went by its address until its driver told its id, and is one GPU.
    let status = machine.sandbox.status().expect("it was just there");
    let sources = status["sources"].as_array().expect("a list").iter();
    let gpus: Vec<_> = sources.filter(|source| source["kind"] == "gpu").map(|source| &source["id"]).collect();
    assert_eq!(gpus, [&Value::from(format!("gpu:{UUID}"))]);
}

#[test]
fn an_idle_gpu_that_may_sleep_is_let_go() {
    let machine = Machine::new("[device.curve]\nutil = 0\n");
    let _watch = machine.watch();
    machine.wait_for_health("asleep", "letting it sleep");
    let calls = machine.calls();
    assert!(calls.lines().last().is_some_and(|last| last.contains("nvmlShutdown")), "{calls}");
    machine.sandbox.wait_for_ticks(5);
    assert_eq!(machine.calls(), calls, "nothing is asked any more");
}

#[test]
fn a_lost_gpu_and_a_reloaded_driver_are_states_and_no_end() {
    let machine = Machine::new(
        "[device.curve]\nutil = 42\n[[fault]]\nat = 4\naction = \"driver_reload\"\ndown_s = 3\n\
         new_version = \"590.48.01\"\n[[fault]]\nat = 20\ndevice = 0\ncall = \"*\"\ncode = \"GPU_IS_LOST\"\n\
         [clock]\nsource = \"file:now.ms\"\nepoch = 1763000000\n",
    );
    machine.clock(0);
    let mut watch = machine.watch();
    wait_until("its values", || machine.value("gpu.utilization") == Some(42.0));
    machine.clock(5);
    machine.wait_for_health("lost", "not loaded");
    machine.clock(10);
    wait_until("its values again", || machine.value("gpu.utilization") == Some(42.0));
    machine.clock(25);
    machine.wait_for_health("lost", "fallen off the bus");
    assert_eq!(machine.value("gpu.utilization"), None, "the last good value is not shown");
    assert!(watch.ended().is_none(), "{}", watch.log());
}

#[test]
fn a_driver_that_hangs_stops_nothing_else() {
    let machine = Machine::new(
        "[device.curve]\nutil = 42\n[[fault]]\nat = 5\nuntil = 6\ncall = \"nvmlDeviceGetUtilizationRates\"\ndelay_ms = 4000\n\
         [[fault]]\nat = 10\ncall = \"nvmlDeviceGetUtilizationRates\"\ndelay_ms = 3600000\n\
         [clock]\nsource = \"file:now.ms\"\nepoch = 1763000000\n",
    );
    machine.clock(0);
    let mut watch = machine.watch();
    wait_until("its values", || machine.value("gpu.utilization") == Some(42.0));
    machine.clock(5);
    machine.wait_for_health("stale", "did not answer");
    assert_eq!(machine.value("gpu.utilization"), None, "the last good value is not shown");
    machine.clock(7);
    wait_until("its values again", || machine.value("gpu.utilization") == Some(42.0));
    machine.clock(10);
    machine.wait_for_health("stale", "did not answer");
    machine.sandbox.wait_for_ticks(3);
    // The call does not return before the test is over; the end does not wait for it.
    assert!(watch.end(Signal::TERM).success(), "{}", watch.log());
}

#[test]
fn a_library_that_is_installed_later_is_found() {
    let machine = Machine::new("[device.curve]\nutil = 42\n");
    std::fs::remove_file(machine.library()).expect("our own folder is writable");
    let _watch = machine.watch();
    machine.wait_for_health("unsupported", "not installed");
    std::fs::copy(product("libnvml_standin.so"), machine.library()).expect("the driver was built");
    wait_until("its values", || machine.value("gpu.utilization") == Some(42.0));
}

#[test]
fn an_error_of_the_driver_is_kept_as_an_event() {
    let machine = Machine::new(
        "[[xid]]\nat = 100\ndevice = 0\ncode = 79\n[clock]\nsource = \"file:now.ms\"\nepoch = 1763000000\n",
    );
    let control = machine.status_file().with_file_name("control");
    std::fs::write(control, "on\n").expect("our own folder is writable");
    machine.clock(0);
    let _watch = machine.watch();
    wait_until("the driver to be listened to", || machine.calls().contains("nvmlDeviceRegisterEvents"));
    machine.clock(101);
    let told = || machine.sandbox.sqlite("select source, detail from events where kind = 'xid'");
    wait_until("the event", || {
        let told = told();
        told.contains(UUID) && told.contains("\"code\":79") && told.contains("fallen off the bus")
    });
}

#[test]
fn doctor_tells_what_the_recorder_met_and_asks_the_driver_nothing() {
    let machine = Machine::new("[[fault]]\nat = 0\ncall = \"nvmlInit*\"\ncode = \"LIB_RM_VERSION_MISMATCH\"\n");
    let doctor = || {
        let root = machine.root.to_str().expect("our own names are text");
        let mut command = machine.sandbox.product("hoofbeat", &["--root", root, "doctor", "--json"]);
        command.env("HOOFBEAT_NVML", machine.library()).env("NVML_STANDIN", machine.sandbox.path("scenario.toml"));
        let answer = command.output().expect("hoofbeat can be started").stdout;
        String::from_utf8(answer).expect("JSON is text")
    };
    let watch = machine.watch();
    machine.wait_for_health("lost", "updated");
    drop(watch);
    let calls = machine.calls();
    let told = doctor();
    assert!(
        told.contains("driver was updated under the running one") && told.contains("restart the machine"),
        "{told}"
    );
    assert_eq!(machine.calls(), calls, "looking asks nothing");
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
