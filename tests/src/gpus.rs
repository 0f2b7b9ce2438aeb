//! A machine with scripted GPUs and real programs on them.

use std::path::PathBuf;
use std::process::Child;

use serde_json::Value;

use crate::program::{Program, wait_until};
use crate::sandbox::{Sandbox, product};

/// A machine whose processes are this one's, with NVIDIA GPUs of the scripted driver; and programs that use them.
#[derive(Debug)]
pub struct GpuMachine {
    /// Where all of it runs.
    pub sandbox: Sandbox,
    root: PathBuf,
    users: Vec<Child>,
}

impl GpuMachine {
    /// One with so many GPUs, at the addresses that [`GpuMachine::address`] tells.
    ///
    /// # Panics
    /// The sandbox's folder is not writable, or the driver was not built.
    pub fn new(gpus: usize) -> GpuMachine {
        let sandbox = Sandbox::new();
        let root = sandbox.path("machine");
        for gpu in 0..gpus {
            let device = root.join("sys/bus/pci/devices").join(GpuMachine::address(gpu));
            std::fs::create_dir_all(&device).expect("our own folder is writable");
            for (file, text) in [("vendor", "0x10de\n"), ("class", "0x030000\n")] {
                std::fs::write(device.join(file), text).expect("our own folder is writable");
            }
        }
        std::os::unix::fs::symlink("/proc", root.join("proc")).expect("our own folder is writable");
        // A copy of its own: what a driver remembers belongs to the file that was loaded.
        std::fs::copy(product("libnvml_standin.so"), sandbox.path("libnvidia-ml.so.1")).expect("the driver was built");
        GpuMachine { sandbox, root, users: Vec::new() }
    }

    /// Where the GPU of this number is on the bus.
    pub fn address(gpu: usize) -> String {
        format!("0000:{:02x}:00.0", gpu + 1)
    }

    /// The driver's id of the GPU of this number.
    pub fn uuid(gpu: usize) -> String {
        format!("GPU-0b0b0b0b-1c1c-2d2d-3e3e-{gpu:012x}")
    }

    /// The id of that GPU's source.
    pub fn source(gpu: usize) -> String {
        format!("gpu:{}", GpuMachine::uuid(gpu))
    }

    /// How a scenario begins, up to the first device.
    pub fn driver() -> &'static str {
        "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\nsysfs_root = \"machine/sys\"\n"
    }

    /// A device of a scenario without a display, with these curves.
    pub fn device(gpu: usize, curves: &str) -> String {
        format!(
            "[[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"{}\"\npci = \"{}\"\ndisplay_active = false\n\
             [device.curve]\n{curves}\n",
            GpuMachine::uuid(gpu),
            GpuMachine::address(gpu)
        )
    }

    /// Starts a program of this name that does nothing; gives its pid.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(&mut self, name: &str) -> u32 {
        let program = self.sandbox.path(name);
        // Another program copies, because a file that this one has open for writing, or a child of another test meanwhile,
        // cannot be started.
        let copied = std::process::Command::new("cp").arg("/bin/sleep").arg(&program).status();
        assert!(copied.is_ok_and(|status| status.success()), "there is a program that sleeps");
        let child = self.sandbox.command(&program).arg("600").spawn().expect("a program can be started");
        self.users.push(child);
        self.users.last().expect("it was just added").id()
    }

    /// Arguments of `hoofbeat` for this machine.
    pub fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&["--root", self.root.to_str().expect("our own names are text")], more].concat()
    }

    /// Plays a scenario, and starts the recorder.
    ///
    /// # Panics
    /// It does not record.
    pub fn watch(&self, scenario: &str) -> Program {
        std::fs::write(self.sandbox.path("scenario.toml"), scenario).expect("our own folder is writable");
        let mut command = self.sandbox.product("hoofbeat", &self.arguments(&["watch", "--headless"]));
        command.env("HOOFBEAT_NVML", self.sandbox.path("libnvidia-ml.so.1"));
        command.env("NVML_STANDIN", self.sandbox.path("scenario.toml"));
        let program = Program::start("watch", &mut command, &self.sandbox.logs());
        wait_until("the first tick", || self.sandbox.status().is_some_and(|status| status["ts"].is_i64()));
        program
    }

    /// A GPU as `status --json` has it.
    pub fn gpu(&self, gpu: usize) -> Option<Value> {
        let status = self.sandbox.status()?;
        status["sources"].as_array()?.iter().find(|source| source["id"] == GpuMachine::source(gpu)).cloned()
    }
}

impl Drop for GpuMachine {
    fn drop(&mut self) {
        for child in &mut self.users {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
