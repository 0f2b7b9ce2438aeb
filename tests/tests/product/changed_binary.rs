//! A known program whose file is another one than before: a real process on the scripted driver, replaced by another.

use std::path::PathBuf;
use std::process::Child;

use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::{Program, Sandbox, wait_until};

/// A machine whose processes are this one's, with a GPU of the scripted driver on which one program works.
struct Machine {
    sandbox: Sandbox,
    root: PathBuf,
    user: Option<Child>,
}

impl Machine {
    fn new() -> Machine {
        let sandbox = Sandbox::new();
        sandbox.configure("[sessions]\nfor = \"1s\"\n");
        let root = sandbox.path("machine");
        let device = root.join("sys/bus/pci/devices/0000:01:00.0");
        std::fs::create_dir_all(&device).expect("our own folder is writable");
        std::os::unix::fs::symlink("/proc", root.join("proc")).expect("our own folder is writable");
        for (file, text) in [("vendor", "0x10de\n"), ("class", "0x030000\n")] {
            std::fs::write(device.join(file), text).expect("our own folder is writable");
        }
        std::fs::copy(product("libnvml_standin.so"), sandbox.path("libnvidia-ml.so.1")).expect("the driver was built");
        let scenario = "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\n\
             sysfs_root = \"machine/sys\"\n[[device]]\nprofile = \"geforce-rtx-4090\"\npci = \"0000:01:00.0\"\n\
             [device.curve]\nutil = 80\n\
             [[process]]\npid = \"file:pid.txt\"\ndevice = 0\nkind = \"C\"\nmem_mib = 8192\nshare = 1.0\n";
        std::fs::write(sandbox.path("scenario.toml"), scenario).expect("our own folder is writable");
        Machine { sandbox, root, user: None }
    }

    /// Puts another file in the place of the program, as an update does, and starts it.
    fn update(&mut self, more: &str) {
        self.end();
        let program = self.sandbox.path("trainer");
        let new = program.with_extension("new");
        // What stands behind a program's end is not looked at when it is started. A shell writes it, because a file that this
        // process has open for writing, or a child of another test meanwhile, cannot be started.
        let write = "cp /bin/sleep \"$0\" && printf %s \"$1\" >> \"$0\"";
        let written = self.sandbox.command("sh").args(["-c", write]).arg(&new).arg(more).status();
        assert!(written.is_ok_and(|status| status.success()), "there is a program that sleeps");
        std::fs::rename(new, &program).expect("our own folder is writable");
        let child = self.sandbox.command(&program).arg("600").spawn().expect("a program can be started");
        let pid = self.sandbox.path("pid.new");
        std::fs::write(&pid, child.id().to_string()).expect("our own folder is writable");
        std::fs::rename(pid, self.sandbox.path("pid.txt")).expect("our own folder is writable");
        self.user = Some(child);
    }

    fn end(&mut self) {
        if let Some(mut child) = self.user.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn watch(&self) -> Program {
        let root = self.root.to_str().expect("our own names are text");
        let mut command = self.sandbox.product("hoofbeat", &["--root", root, "watch", "--headless"]);
        command.env("HOOFBEAT_NVML", self.sandbox.path("libnvidia-ml.so.1"));
        command.env("NVML_STANDIN", self.sandbox.path("scenario.toml"));
        let program = Program::start("watch", &mut command, &self.sandbox.logs());
        wait_until("the first tick", || self.sandbox.status().is_some_and(|status| status["ts"].is_i64()));
        program
    }

    /// The contents that are known of the program's file.
    fn contents(&self) -> String {
        let path = self.sandbox.path("trainer").display().to_string();
        self.sandbox.sqlite(&format!("SELECT content FROM binaries WHERE path = '{path}' ORDER BY first_ts"))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn a_known_program_with_another_content_at_its_path_is_a_note_and_no_alarm() {
    let mut machine = Machine::new();
    machine.update("");
    let mut watch = machine.watch();
    wait_until("the content of its file", || machine.contents().starts_with("sha256:"));
    let first = machine.contents();
    let told = "SELECT detail ->> 'digest', detail ->> 'before', detail ->> 'content' FROM events
                WHERE kind = 'unexpected_use' AND detail ->> 'why' = 'changed_binary'";

    // The same content in another file is the same program.
    machine.update("");
    let sandbox = &machine.sandbox;
    sandbox.wait_for_ticks(6);
    assert_eq!(machine.contents(), first);
    let check = sandbox.json(&["expect", "check"]);
    assert_eq!(check["notes"], serde_json::json!([]), "{check}");

    machine.update("changed");
    let sandbox = &machine.sandbox;
    wait_until("the note", || !sandbox.sqlite(told).is_empty());
    let contents = machine.contents();
    let [before, after] = &contents.lines().collect::<Vec<_>>()[..] else { panic!("{contents}") };
    assert_eq!(sandbox.sqlite(told), format!("1|{before}|{after}"));
    let sum = std::process::Command::new("sha256sum").arg(sandbox.path("trainer")).output().expect("it is installed");
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(after.trim_start_matches("sha256:")), "{after}");
    let check = sandbox.run(&["expect", "check"]);
    let words = String::from_utf8_lossy(&check.stdout);
    assert!(check.status.success(), "a note is no difference: {words}");
    assert!(words.contains("Everything is as declared.") && words.contains("trainer than before"), "{words}");
    let ended = watch.end(rustix::process::Signal::TERM);
    assert!(ended.success(), "{}", watch.log());
}
