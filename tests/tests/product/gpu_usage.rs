//! Who uses a GPU: two real processes on the scripted driver, seven to three, now and afterwards.

use hoofbeat_product_tests::{GpuMachine, wait_until};
use serde_json::Value;

/// The shares of two processes, as `status --json` has them.
fn shares(machine: &GpuMachine, pids: [u32; 2]) -> Option<[f64; 2]> {
    let gpu = machine.gpu(0)?;
    let of = |pid: u32| gpu["processes"].as_array()?.iter().find(|one| one["pid"] == pid)?["share"].as_f64();
    Some([of(pids[0])?, of(pids[1])?])
}

#[test]
fn who_uses_a_gpu_is_known_by_name_now_and_afterwards() {
    let mut machine = GpuMachine::new(1);
    let pids = ["trainer", "renderer"].map(|name| machine.start(name));
    let [trainer, renderer] = pids;
    // Seven seconds without work tell what the GPU takes when it is idle.
    let curves = "util = [[0, 0], [7, 0], [8, 100]]\npower_w = [[0, 30], [7, 30], [8, 330]]";
    let scenario = format!(
        "{}{}[[process]]\npid = {trainer}\ndevice = 0\nkind = \"C\"\nmem_mib = 8192\nshare = 0.7\n\
         [[process]]\npid = {renderer}\ndevice = 0\nkind = \"G\"\nmem_mib = 2048\nshare = 0.3\n",
        GpuMachine::driver(),
        GpuMachine::device(0, curves)
    );
    let sandbox = &machine.sandbox;
    let mut watch = machine.watch(&scenario);
    let near = |found: f64, expected: f64| (found - expected).abs() < 6.0;
    wait_until("seven to three", || shares(&machine, pids).is_some_and(|[a, b]| near(a, 70.0) && near(b, 30.0)));

    let top = sandbox.json(&machine.arguments(&["top", "--interval", "50ms"]));
    let [first, second, ..] = &top["processes"].as_array().expect("a list")[..] else { panic!("{top}") };
    for (line, child, name, mib) in [(first, 0, "trainer", 8192.0), (second, 1, "renderer", 2048.0)] {
        assert_eq!(line["pid"], pids[child], "{top}");
        assert!(line["identity"].as_str().is_some_and(|identity| identity.contains(name)), "{line}");
        assert!(line["memory"].is_u64() && line["user"].as_str().is_some_and(|user| !user.is_empty()), "{line}");
        assert_eq!(line["gpus"][0]["source"], GpuMachine::source(0));
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
