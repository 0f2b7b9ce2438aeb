//! Who uses a GPU, as the commands tell it: two processes share a card of AMD seven to three.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sandbox::{Sandbox, Watcher, wait_for};

const CARD: &str = "m/sys/class/drm/card1";
const PROCESSES: [(u32, &str, f64, u64); 2] = [(812, "ollama", 0.7, 4096), (955, "blender", 0.3, 1024)];

/// Plays the driver: the counters of both processes grow with the time that passes, once the load began.
pub struct Driver {
    stop: Arc<AtomicBool>,
    load: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// Replaces a file at once, so that nobody reads half of it.
fn replace(file: &Path, text: &str) {
    let new = file.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

fn fdinfo(pid: u32, nanoseconds: u64, mib: u64) -> String {
    format!(
        "pos:\t0\ndrm-driver:\tamdgpu\ndrm-client-id:\t{pid}\ndrm-pdev:\t0000:0c:00.0\n\
         drm-resident-vram:\t{mib} MiB\ndrm-engine-gfx:\t{nanoseconds} ns\n"
    )
}

impl Driver {
    pub fn start(sandbox: &Sandbox) -> Driver {
        for (file, text) in [
            ("dev", "226:1\n"),
            ("device/vendor", "0x1002\n"),
            ("device/device", "0x73bf\n"),
            ("device/class", "0x030000\n"),
            ("device/uevent", "DRIVER=amdgpu\nPCI_ID=1002:73BF\nPCI_SLOT_NAME=0000:0c:00.0\n"),
            ("device/gpu_busy_percent", "0\n"),
            ("device/hwmon/hwmon1/name", "amdgpu\n"),
            ("device/hwmon/hwmon1/power1_average", "20000000\n"),
        ] {
            sandbox.write(&format!("{CARD}/{file}"), text);
        }
        for (pid, name, _, mib) in PROCESSES {
            let file = |name: &str| format!("m/proc/{pid}/{name}");
            let tail = "S 1 1 1 0 -1 4194304 0 0 0 0 50 10 0 0 20 0 4 0 4000 100000000 2500";
            sandbox.write(&file("stat"), format!("{pid} ({name}) {tail}\n"));
            sandbox.write(&file("status"), "Uid:\t1000\t1000\t1000\t1000\n");
            sandbox.write(&file("cmdline"), format!("/usr/bin/{name}\0"));
            symlink(format!("/usr/bin/{name}"), sandbox.path(&file("exe"))).unwrap();
            sandbox.write(&file("fdinfo/5"), fdinfo(pid, 1_000_000_000, mib));
            fs::create_dir_all(sandbox.path(&file("fd"))).unwrap();
            symlink("/dev/dri/card1", sandbox.path(&file("fd/5"))).unwrap();
        }
        let (stop, load) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let root = sandbox.path("m");
        let (stopped, loaded) = (stop.clone(), load.clone());
        let thread = std::thread::spawn(move || play(&root, &stopped, &loaded));
        Driver { stop, load, thread: Some(thread) }
    }

    /// The two begin to work.
    pub fn work(&self) {
        self.load.store(true, Ordering::SeqCst);
    }
}

fn play(root: &Path, stop: &AtomicBool, load: &AtomicBool) {
    let device: PathBuf = root.join("sys/class/drm/card1/device");
    let mut begun = None;
    while !stop.load(Ordering::SeqCst) {
        if load.load(Ordering::SeqCst) {
            let begun: &mut Instant = begun.get_or_insert_with(|| {
                replace(&device.join("gpu_busy_percent"), "100\n");
                replace(&device.join("hwmon/hwmon1/power1_average"), "220000000\n");
                Instant::now()
            });
            for (pid, _, share, mib) in PROCESSES {
                let busy = 1_000_000_000 + (begun.elapsed().as_nanos() as f64 * share) as u64;
                replace(&root.join(format!("proc/{pid}/fdinfo/5")), &fdinfo(pid, busy, mib));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn gpu(status: &Value) -> Option<Value> {
    status["sources"].as_array()?.iter().find(|source| source["kind"] == "gpu").cloned()
}

/// Waits until both are told with about their shares.
pub fn wait_for_shares(sandbox: &Sandbox) -> Value {
    wait_for("the shares", || {
        let gpu = gpu(&sandbox.run(&["status", "--json"]).json())?;
        let share = |at: usize| gpu["processes"][at]["share"].as_f64();
        let near = |at, expected: f64| share(at).is_some_and(|share| (share - expected).abs() < 12.0);
        (near(0, 70.0) && near(1, 30.0)).then_some(gpu)
    })
}

pub fn recorder(sandbox: &Sandbox) -> Watcher {
    sandbox.config("[energy]\nprice = 1000\ncurrency = \"EUR\"\n[sessions]\nfor = \"1s\"\n");
    sandbox.watch(|command| command.arg("--headless"))
}

#[test]
fn who_uses_a_gpu_is_told_now_and_afterwards() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    let mut watcher = recorder(&sandbox);
    // What it takes when idle is learnt from some seconds without work.
    (0..4).for_each(|_| sandbox.wait_for_ticks());
    driver.work();
    let told = wait_for_shares(&sandbox);
    let first = &told["processes"][0];
    assert_eq!((first["pid"].as_u64(), first["started"].as_u64()), (Some(812), Some(4000)), "{first}");
    assert_eq!((first["identity"].as_str(), first["key"].as_str()), (Some("Ollama"), Some("program:ollama")));
    assert_eq!((first["uid"].as_u64(), first["vram"].as_u64()), (Some(1000), Some(4 << 30)));
    let text = sandbox.run(&["status"]).stdout;
    assert!(text.contains("  Ollama") && text.contains("4 GiB   pid 812"), "{text}");

    let root = sandbox.path("m").display().to_string();
    // One that /proc does not show any more is listed all the same.
    fs::rename(sandbox.path("m/proc/955/stat"), sandbox.path("m/proc/955/hidden")).unwrap();
    let top = sandbox.run(&["top", "--root", &root, "--interval", "20ms", "--json"]).json();
    let processes = top["processes"].as_array().unwrap();
    let shown: Vec<_> = processes
        .iter()
        .filter(|process| process["gpus"] != serde_json::json!([]))
        .map(|process| {
            (process["pid"].as_u64().unwrap(), process["cpu"].is_null(), process["gpus"][0]["vram"].as_u64())
        })
        .collect();
    assert_eq!(shown[0], (812, false, Some(4 << 30)), "{top}");
    assert_eq!(processes[0]["pid"], 812, "the GPU comes first where one is used: {top}");
    assert_eq!(processes[0]["gpus"][0]["source"], told["id"]);
    fs::rename(sandbox.path("m/proc/955/hidden"), sandbox.path("m/proc/955/stat")).unwrap();
    let text = wait_for("both in the table", || {
        let text = sandbox.run(&["top", "--root", &root, "--interval", "20ms"]).stdout;
        (text.contains("Ollama") && text.contains("Blender")).then_some(text)
    });
    assert!(text.contains("VRAM") && !text.contains("no recorder"), "{text}");

    (0..2).for_each(|_| sandbox.wait_for_ticks());
    watcher.terminate();
    drop(driver);
    // The end writes the minute that has begun.
    let usage = sandbox.run(&["usage", "--since", "1h", "--json"]).json();
    let [gpu] = &usage["gpus"].as_array().unwrap()[..] else { panic!("{usage}") };
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number: {usage}"));
    let parts = ["idle", "attributed", "unattributed"].map(|part| number(&gpu[part]));
    assert!((parts.iter().sum::<f64>() - number(&gpu["energy"])).abs() < 0.01, "{usage}");
    let [a, b] = &gpu["usages"].as_array().unwrap()[..] else { panic!("{usage}") };
    assert_eq!((a["identity"].as_str(), b["identity"].as_str()), (Some("Ollama"), Some("Blender")));
    for key in ["busy", "energy"] {
        let ratio = number(&a[key]) / number(&b[key]);
        assert!((ratio - 7.0 / 3.0).abs() < 0.3, "seven to three, not {ratio}: {usage}");
    }
    assert_eq!((a["vram"].as_u64(), &a["encoder"]), (Some(4 << 30), &Value::Null));
    assert!((number(&a["cost"]) - number(&a["energy"]) / 3600.0).abs() < 1e-6, "{usage}");
    assert_eq!(usage["tariff"], serde_json::json!({ "price": 1000.0, "currency": "EUR" }));
    sessions_are_told(&sandbox, &told["id"]);
    let text = sandbox.run(&["usage"]).stdout;
    for part in ["Ollama", "GPU TIME", "about ", " Wh", " EUR", "(idle)", "(not explained)", "total", "Counted until "]
    {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
}

/// The two have a session each, in one episode; none was seen to end, because the recorder ended first.
fn sessions_are_told(sandbox: &Sandbox, gpu: &Value) {
    let told = sandbox.run(&["sessions", "--json"]).json();
    let mut sessions = told["sessions"].as_array().unwrap().clone();
    sessions.sort_by_key(|one| one["identity"].to_string());
    let [b, a] = &sessions[..] else { panic!("{told}") };
    assert_eq!((a["identity"].as_str(), b["identity"].as_str()), (Some("Ollama"), Some("Blender")));
    assert_eq!((&a["source"], &a["ended"], &a["vram"]), (gpu, &Value::Null, &serde_json::json!(4_u64 << 30)));
    assert_eq!(a["processes"], serde_json::json!([{ "pid": 812, "started": 4000 }]));
    assert_eq!((&a["command"], &b["command"]), (&serde_json::json!("ollama"), &serde_json::json!("blender")));
    assert!(a["busy"].as_f64() > b["busy"].as_f64() && a["mean_share"].as_f64() <= Some(100.0), "{told}");
    let id = gpu.as_str().unwrap();
    let told = sandbox.run(&["episodes", "--json", "--source", id]).json();
    let [episode] = &told["episodes"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!((episode["sessions"].as_array().map(Vec::len), &episode["id"]), (Some(2), &a["episode"]));
    assert!(episode["start"].as_i64() <= a["start"].as_i64() && episode["power"] == 220.0, "{told}");
    let text = sandbox.run(&["sessions"]).stdout;
    assert!(!text.contains('('), "a program is told where it says more: {text}");
    assert!(text.contains("Blender") && text.contains("about ") && text.contains("not seen"), "{text}");
    let text = sandbox.run(&["episodes"]).stdout;
    assert!(text.contains("Ollama, Blender") && text.contains("220 W"), "{text}");
    assert_eq!(sandbox.run(&["sessions", "--source", "cpu"]).code, 2);
    let ended = sandbox.run(&["sessions", "--since", "1h", "--until", "2h"]);
    assert!(ended.code == 2 && ended.stderr.contains("must be before"), "{ended:?}");
}

#[test]
fn what_a_gpu_takes_when_idle_is_not_known_before_it_was_idle() {
    let sandbox = Sandbox::new();
    let driver = Driver::start(&sandbox);
    driver.work();
    wait_for("work", || {
        let busy = fs::read_to_string(sandbox.path(&format!("{CARD}/device/gpu_busy_percent"))).ok()?;
        (busy.trim() == "100").then_some(())
    });
    let mut watcher = recorder(&sandbox);
    wait_for_shares(&sandbox);
    sandbox.wait_for_ticks();
    watcher.terminate();
    drop(driver);
    let usage = sandbox.run(&["usage", "--since", "1h", "--json"]).json();
    let gpu = &usage["gpus"][0];
    assert!(gpu["idle"].is_null() && gpu["attributed"].as_f64() > Some(100.0), "{usage}");
    let text = sandbox.run(&["usage"]).stdout;
    assert!(text.lines().any(|line| line.starts_with("(idle)") && line.contains("not known yet")), "{text}");
}

#[test]
fn without_a_recorder_the_columns_are_empty_and_say_so() {
    let sandbox = Sandbox::new();
    let text = sandbox.run(&["top", "--interval", "20ms", "-n", "3"]).stdout;
    assert!(text.contains("VRAM"), "{text}");
    assert_eq!(text.matches("no recorder runs").count(), 1, "{text}");
    assert_eq!(sandbox.run(&["usage"]).code, 5, "nothing was recorded");
    sandbox.record();
    let text = sandbox.run(&["usage"]).stdout;
    assert!(text.starts_with("No GPU was found"), "{text}");
    assert_eq!(sandbox.run(&["usage", "--since", "soon"]).code, 2);
    assert_eq!(sandbox.run(&["usage", "--json"]).json()["gpus"], serde_json::json!([]));
    assert_eq!(sandbox.run(&["sessions", "--json"]).json()["sessions"], serde_json::json!([]));
    assert!(sandbox.run(&["episodes"]).stdout.starts_with("Nobody used a GPU"));
    assert!(sandbox.run(&["sessions", "--source", "gpu"]).stderr.contains("none was found"));
}
