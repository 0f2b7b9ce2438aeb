//! A machine, a recording and a config of one test's own, and the binary in the middle of it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
pub const LIMIT: Duration = Duration::from_secs(30);

/// See the module.
pub struct Sandbox {
    folder: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The answer as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

impl Sandbox {
    /// A machine with one CPU and one temperature, and nothing recorded.
    pub fn new() -> Sandbox {
        let sandbox = Sandbox { folder: tempfile::tempdir().unwrap() };
        sandbox
            .write("m/proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\nbtime 1790000000\n");
        sandbox.write("m/proc/meminfo", "MemTotal: 24000000 kB\nMemFree: 1000000 kB\nMemAvailable: 18000000 kB\n");
        sandbox.write("m/sys/devices/platform/chip/hwmon/hwmon0/name", "k10temp\n");
        sandbox.write("m/sys/devices/platform/chip/hwmon/hwmon0/temp1_label", "Tctl\n");
        fs::create_dir_all(sandbox.path("m/sys/class/hwmon")).unwrap();
        symlink("../../devices/platform/chip/hwmon/hwmon0", sandbox.path("m/sys/class/hwmon/hwmon0")).unwrap();
        sandbox.temperature(54);
        fs::create_dir(sandbox.path("home")).unwrap();
        // Beside the window's program, whatever else lies in the build folder.
        fs::create_dir(sandbox.path("bin")).unwrap();
        let built = Path::new(env!("CARGO_BIN_EXE_hoofbeat"));
        sandbox.install("hoofbeat", built);
        // Built from `examples/`, so that it is there and new whenever these tests are.
        sandbox.install("hoofbeat-webhook", &built.with_file_name("examples/hoofbeat-webhook"));
        sandbox
    }

    fn install(&self, name: &str, built: &Path) {
        let binary = self.path("bin").join(name);
        if fs::hard_link(built, &binary).is_err() {
            assert!(built.exists(), "{} is missing; `cargo test -p hoofbeat` builds it", built.display());
            install(built, &binary);
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Sets the machine's temperature, in °C.
    pub fn temperature(&self, degrees: i32) {
        self.write("m/sys/devices/platform/chip/hwmon/hwmon0/temp1_input", format!("{}\n", degrees * 1000));
    }

    /// Writes the config.
    pub fn config(&self, text: &str) {
        self.write("config.toml", text);
    }

    /// Puts a program in the place of the window's: it leaves what it was given in `window`.
    pub fn fake_window(&self) {
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$HOOFBEAT_DATA_DIR\" \"$XDG_ACTIVATION_TOKEN\" \"$*\" > {0}.new && mv {0}.new {0}\n",
            self.path("window").display()
        );
        self.script("bin/hoofbeat-desktop", &script);
    }

    /// Puts a program of this text there; gives where.
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        self.write("script", text);
        install(&self.path("script"), &self.path(name));
        self.path(name)
    }

    /// The lines that the window's program left: folder, token, arguments.
    #[track_caller]
    pub fn window_started(&self) -> Vec<String> {
        let text = wait_for("the window's program", || fs::read_to_string(self.path("window")).ok());
        text.lines().map(str::to_string).collect()
    }

    /// The binary, cut off from everything of this machine.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/hoofbeat"));
        let nowhere = format!("unix:path={}", self.path("no-bus").display());
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", "/usr/bin:/bin")
            .env("TZ", "UTC")
            .env("HOOFBEAT_DATA_DIR", self.data())
            .env("HOOFBEAT_CONFIG", self.path("config.toml"))
            .env("DBUS_SESSION_BUS_ADDRESS", &nowhere)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &nowhere)
            .stdin(Stdio::null());
        command
    }

    /// The binary as [`Sandbox::command`] has it, on a terminal of 80 columns.
    pub fn on_terminal(&self, arguments: &[&str]) -> Command {
        let alone = self.command(arguments);
        let quoted = |word: &std::ffi::OsStr| format!("'{}'", word.to_str().unwrap());
        let words: Vec<String> = std::iter::once(alone.get_program()).chain(alone.get_args()).map(quoted).collect();
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--flush", "--command"]).arg(format!("exec {}", words.join(" ")));
        command.arg("/dev/null").env_clear().stdin(Stdio::null());
        command.envs(alone.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts a recorder on the sandbox's machine and waits until it records.
    pub fn watch(&self, change: impl FnOnce(&mut Command) -> &mut Command) -> Watcher {
        let root = self.path("m").display().to_string();
        let mut command = self.command(&["--root", &root, "watch"]);
        change(&mut command);
        self.started(command)
    }

    /// Starts a recorder by this command and waits until it records.
    pub fn started(&self, command: Command) -> Watcher {
        let watcher = Watcher::start(command);
        watcher.wait_for_line("recording into");
        watcher
    }

    /// Records for a moment, so that there is something to read.
    pub fn record(&self) {
        let mut watcher = self.watch(|command| command.arg("--headless"));
        wait_for("a tick", || self.newest());
        watcher.terminate();
    }

    /// Unix seconds of the newest tick.
    pub fn newest(&self) -> Option<i64> {
        let status = self.run(&["status", "--json"]);
        if status.code == 0 { status.json()["ts"].as_i64() } else { None }
    }

    /// Waits until the CPU's temperature is recorded as `degrees`: a slow read of a busy machine may put the next one off.
    #[track_caller]
    pub fn wait_for_temperature(&self, degrees: f64) {
        let read = || {
            let status = self.run(&["status", "--json"]).json();
            let cpu = status["sources"].as_array()?.iter().find(|source| source["id"] == "cpu")?.clone();
            cpu["metrics"]["cpu.temperature"]["value"].as_f64()
        };
        wait_for("the temperature", || read().filter(|found| (found - degrees).abs() < 0.1));
    }

    /// Waits until a tick is written that is newer than everything so far: the recording goes on.
    #[track_caller]
    pub fn wait_for_ticks(&self) {
        let before = self.newest();
        wait_for("two more ticks", || self.newest().filter(|ts| before.is_none_or(|before| *ts >= before + 2)));
    }
}

/// A running recorder; killed when dropped.
pub struct Watcher {
    child: Child,
    log: Arc<Mutex<String>>,
}

impl Watcher {
    fn start(mut command: Command) -> Watcher {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::<Mutex<String>>::default();
        let (mut stderr, into) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        std::thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|count| count > 0) {
                into.lock().unwrap().push_str(&line);
                line.clear();
            }
            let _ = stderr.read_to_end(&mut Vec::new());
        });
        Watcher { child, log }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    #[track_caller]
    pub fn wait_for_line(&self, part: &str) {
        let found = until(LIMIT, || self.log().contains(part).then_some(()));
        assert!(found.is_some(), "nothing said {part:?}: {}", self.log());
    }

    pub fn signal(&self, name: &str) {
        let done = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits until it has ended.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let ended = until(LIMIT, || self.child.try_wait().unwrap());
        ended.unwrap_or_else(|| panic!("it does not end: {}", self.log()))
    }

    /// Ends it in order.
    #[track_caller]
    pub fn terminate(&mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert!(status.success(), "{status}: {}", self.log());
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Copies a program. Another one copies, because a file that this one has open for writing, or a child of another test
/// meanwhile, cannot be started.
fn install(from: &Path, to: &Path) {
    assert!(Command::new("install").args(["-m", "755"]).args([from, to]).status().unwrap().success());
}

/// Waits until `look` finds something.
#[track_caller]
pub fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    match until(LIMIT, look) {
        Some(found) => found,
        None => panic!("{what} did not come"),
    }
}

/// The same of what comes only after a minute.
#[track_caller]
pub fn wait_for_long<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    match until(LIMIT * 4, look) {
        Some(found) => found,
        None => panic!("{what} did not come"),
    }
}

fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if begun.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A file of the repository.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}
