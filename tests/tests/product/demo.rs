//! The demo: it is one, says so, and leaves nothing behind.

use std::path::Path;

use hoofbeat_product_tests::sandbox::{product, repository};
use hoofbeat_product_tests::{Program, Sandbox, wait_for, wait_until};
use rustix::process::Signal;

#[test]
fn the_demo_says_what_it_is_and_ends_with_whoever_started_it() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("demo");
    let text = |path: &Path| path.to_str().expect("our own names are text").to_string();
    let mut stage = sandbox.command(repository().join("scripts/demo"));
    let mut stage = Program::start("stage", stage.args(["stage", &text(&folder)]), &sandbox.logs());
    wait_until("the stage", || folder.join("evening.toml").exists());
    let mut watch = sandbox.product("hoofbeat", &["--root", &text(&folder.join("machine")), "watch", "--headless"]);
    watch.env("HOOFBEAT_NVML", product("libnvml_standin.so")).env("NVML_STANDIN", folder.join("evening.toml"));
    let _watch = Program::start("watch", &mut watch, &sandbox.logs());

    let pid = wait_for("a program on the GPU", || std::fs::read_to_string(folder.join("pids/ollama")).ok());
    wait_until("its memory", || {
        let status = sandbox.status().unwrap_or_default();
        let gpu = status["sources"].as_array().into_iter().flatten().find(|source| source["kind"] == "gpu").cloned();
        let gpu = gpu.unwrap_or_default();
        gpu["label"].as_str().is_some_and(|label| label.ends_with("(demo)"))
            && gpu["metrics"]["gpu.memory.used"]["value"].as_f64().is_some_and(|used| used > 6e9)
    });

    let program = Path::new("/proc").join(pid.trim());
    assert!(program.exists(), "{}", stage.log());
    // Not even time to say goodbye.
    stage.end(Signal::KILL);
    wait_until("the program's end", || !program.join("exe").exists());
}
