//! A folder with a home, a data folder and a clean environment, in which the real programs run.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Program, signal, wait_at_most, wait_until};

/// In the environment of every process of a sandbox, so that grandchildren are found too.
const MARK: &str = "HOOFBEAT_TEST_SANDBOX";

/// See the module.
#[derive(Debug)]
pub struct Sandbox {
    folder: TempDir,
    test: String,
    env: BTreeMap<String, String>,
}

impl Sandbox {
    /// Makes the folders. The environment is made from scratch: a test must not depend on who runs it.
    ///
    /// # Panics
    /// The folder for temporary files is not writable.
    pub fn new() -> Sandbox {
        let folder = tempfile::Builder::new().prefix("hoofbeat-").tempdir().expect("temporary files can be made");
        let test = std::thread::current().name().unwrap_or("main").replace("::", "-");
        let mut sandbox = Sandbox { folder, test, env: BTreeMap::new() };
        for name in ["home", "data", "run", "logs", "home/.config"] {
            std::fs::DirBuilder::new().mode(0o700).create(sandbox.path(name)).expect("our own folder is writable");
        }
        let outside = |name: &str| std::env::var(name).unwrap_or_default();
        let home = outside("HOME");
        let or_home = |name: &str, folder: &str| match outside(name) {
            set if set.is_empty() => format!("{home}/{folder}"),
            set => set,
        };
        for (name, value) in [
            ("PATH", outside("PATH")),
            ("HOME", sandbox.text("home")),
            ("XDG_RUNTIME_DIR", sandbox.text("run")),
            ("HOOFBEAT_DATA_DIR", sandbox.text("data")),
            ("HOOFBEAT_CONFIG", sandbox.text("config.toml")),
            (MARK, sandbox.text("")),
            // Minimal machines say `C`; what breaks there must break here.
            ("LANG", "C.UTF-8".to_string()),
            ("TZ", "UTC".to_string()),
            // Cargo and rustup look for themselves below HOME, which is another one here.
            ("CARGO_HOME", or_home("CARGO_HOME", ".cargo")),
            ("RUSTUP_HOME", or_home("RUSTUP_HOME", ".rustup")),
            ("RUST_BACKTRACE", "1".to_string()),
        ] {
            sandbox.set(name, value);
        }
        sandbox
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Where programs' output goes.
    pub fn logs(&self) -> PathBuf {
        self.path("logs")
    }

    /// Adds to the environment of every later command.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.env.insert(name.to_string(), value.into());
    }

    /// A variable of the sandbox's environment.
    ///
    /// # Panics
    /// It is not set.
    pub fn get(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("{name} is not set in the sandbox"))
    }

    /// Writes the config file.
    ///
    /// # Panics
    /// Our own folder is not writable.
    pub fn configure(&self, toml: &str) {
        std::fs::write(self.path("config.toml"), toml).expect("our own folder is writable");
    }

    /// The config file as it is now.
    ///
    /// # Panics
    /// There is none.
    #[track_caller]
    pub fn config(&self) -> String {
        std::fs::read_to_string(self.path("config.toml")).expect("there is a config file")
    }

    /// Any program, in the sandbox's environment and home.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.env).current_dir(self.path("home")).stdin(Stdio::null());
        command
    }

    /// One of Hoofbeat's programs with arguments.
    pub fn product(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.command(product(program));
        command.args(arguments);
        command
    }

    /// Starts `hoofbeat watch` with further arguments and waits until it records.
    ///
    /// # Panics
    /// It does not.
    #[track_caller]
    pub fn watch(&self, arguments: &[&str]) -> Program {
        let mut command = self.product("hoofbeat", &["watch"]);
        let mut program = Program::start("watch", command.args(arguments), &self.logs());
        let recording = || self.status().is_some_and(|status| status["recorder"]["state"] == "recording");
        wait_until("the first tick", || {
            assert!(program.ended().is_none(), "the recorder ended:\n{}", program.log());
            recording()
        });
        program
    }

    /// Runs `hoofbeat` with arguments to its end.
    ///
    /// # Panics
    /// It cannot be started.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> std::process::Output {
        self.product("hoofbeat", arguments).output().expect("hoofbeat can be started")
    }

    /// Runs `hoofbeat` with arguments and `--json`, and checks that the answer is of schema 1.
    ///
    /// # Panics
    /// It fails, or says anything else than one JSON object of schema 1.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut command = self.product("hoofbeat", arguments);
        let output = command.arg("--json").output().expect("hoofbeat can be started");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "hoofbeat {arguments:?}: {}\n{told}", output.status);
        let value: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("hoofbeat {arguments:?} --json is no JSON: {error}\n{told}"));
        assert_eq!(value["schema"], 1, "hoofbeat {arguments:?} --json lacks its schema");
        value
    }

    /// `hoofbeat status --json`, or `None` while nothing is recorded yet.
    pub fn status(&self) -> Option<Value> {
        let output = self.product("hoofbeat", &["status", "--json"]).output().ok()?;
        output.status.success().then(|| serde_json::from_slice(&output.stdout).ok()).flatten()
    }

    /// The second of the newest tick.
    pub fn newest_tick(&self) -> Option<i64> {
        self.status()?["ts"].as_i64()
    }

    /// Waits until `more` further ticks are recorded.
    ///
    /// # Panics
    /// They are not.
    #[track_caller]
    pub fn wait_for_ticks(&self, more: i64) {
        let from = self.newest_tick().unwrap_or(0);
        wait_until("further ticks", || self.newest_tick().is_some_and(|now| now >= from + more));
    }

    /// Asks the system's own `sqlite3` about the database, which it may only read; columns are parted by `|`.
    ///
    /// # Panics
    /// It refuses.
    #[track_caller]
    pub fn sqlite(&self, sql: &str) -> String {
        let mut command = self.command("sqlite3");
        let output = command.arg("-readonly").arg(self.data().join("hoofbeat.db")).arg(sql).output();
        let output = output.expect("sqlite3 is installed");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "sqlite3 refuses `{sql}`: {told}");
        String::from_utf8(output.stdout).expect("the answer is text").trim_end().to_string()
    }

    /// Every living process that descends from this sandbox, with its name.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let mark = format!("{MARK}={}", self.get(MARK)).into_bytes();
        let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        pids.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .filter(|pid| {
                // A zombie's environment reads as empty, so only living processes are found.
                let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
                environment.split(|byte| *byte == 0).any(|variable| variable == mark)
            })
            .filter_map(|pid| Some((pid, process_name(pid)?)))
            .collect()
    }

    /// The living processes of this sandbox whose program is called so.
    pub fn named(&self, name: &str) -> Vec<u32> {
        self.processes().into_iter().filter(|(_, other)| other == name).map(|(pid, _)| pid).collect()
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    fn keep_logs(&self) {
        let kept = target_folder().join("product-logs").join(&self.test);
        let _ = std::fs::remove_dir_all(&kept);
        let _ = std::fs::create_dir_all(&kept);
        for entry in std::fs::read_dir(self.logs()).into_iter().flatten().flatten() {
            let _ = std::fs::copy(entry.path(), kept.join(entry.file_name()));
        }
        eprintln!("what the programs said is kept in {}", kept.display());
    }
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox::new()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for (how, patience) in [(Signal::TERM, 5), (Signal::KILL, 5)] {
            for (pid, _) in self.processes() {
                signal(pid, how);
            }
            let gone = || self.processes().is_empty().then_some(());
            if wait_at_most(Duration::from_secs(patience), gone).is_some() {
                break;
            }
        }
        if std::thread::panicking() {
            self.keep_logs();
        }
    }
}

/// The file name of a process's program; unlike its `comm` it is not cut off after 15 bytes.
fn process_name(pid: u32) -> Option<String> {
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    // A program that was rebuilt meanwhile reads `… (deleted)`.
    Some(exe.file_name()?.to_string_lossy().trim_end_matches(" (deleted)").to_string())
}

/// The folder in which Cargo builds, found from where this very program lies (`TARGET/PROFILE/deps/…`).
pub fn target_folder() -> PathBuf {
    profile_folder().parent().expect("Cargo builds below its target folder").to_path_buf()
}

fn profile_folder() -> PathBuf {
    let this = std::env::current_exe().expect("a program knows where it lies");
    let folder = this.parent().expect("a file lies in a folder");
    if folder.ends_with("deps") {
        folder.parent().expect("deps lies in a profile").to_path_buf()
    } else {
        folder.into()
    }
}

/// Where one of Hoofbeat's programs was built; `HOOFBEAT_BIN_DIR` names another folder, that of a package for example.
///
/// # Panics
/// It was not built.
pub fn product(program: &str) -> PathBuf {
    let folder = std::env::var_os("HOOFBEAT_BIN_DIR").map_or_else(profile_folder, PathBuf::from);
    let file = folder.join(program);
    assert!(file.exists(), "{} is missing: run `cargo build --workspace` first", file.display());
    file
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the repository")
}
