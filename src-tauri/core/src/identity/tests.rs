//! Labelled cases through the real reading code, and what no bytes may do.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// The cases: see the head of the file.
const CASES: &str = include_str!("../../tests/identity/cases.txt");

/// A container's number.
const NUMBER: &str = "3f2a9c0d1e2f3f2a9c0d1e2f3f2a9c0d1e2f3f2a9c0d1e2f3f2a9c0d1e2f3f2a";

struct Machine {
    root: tempfile::TempDir,
    /// The process that is asked for: the first.
    asked: Option<u32>,
    last: u32,
}

impl Machine {
    fn new() -> Machine {
        let memory = Path::new("/dev/shm");
        let root = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let machine = Machine { root, asked: None, last: 0 };
        machine.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000:Bob:/home/bob:/bin/sh\n");
        machine
    }

    fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn of_process(&self, file: &str, text: impl AsRef<[u8]>) {
        self.file(&format!("proc/{}/{file}", self.last), text);
    }

    /// One line of the file.
    fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let text = rest.replace("@ID@", NUMBER).replace("\\n", "\n").replace("\\t", "\t");
        let words = text.replace('|', "\0") + "\0";
        match word {
            "process" | "kernel" => {
                let (pid, rest) = rest.split_once(" < ").unwrap();
                let (parent, comm) = rest.split_once(' ').unwrap();
                self.last = pid.parse().unwrap();
                self.asked.get_or_insert(self.last);
                let flags = if word == "kernel" { 0x0020_0000 } else { 0 };
                let stat =
                    format!("{pid} ({comm}) S {parent} 1 1 0 -1 {flags} 0 0 0 0 1 0 0 0 20 0 1 0 {pid} 1 25 0\n");
                self.of_process("stat", stat);
                self.of_process("status", "Uid:\t1000\t1000\t1000\t1000\n");
            }
            "uid" => self.of_process("status", format!("Uid:\t{rest}\t{rest}\t{rest}\t{rest}\n")),
            "exe" => {
                let link = self.root.path().join(format!("proc/{}/exe", self.last));
                std::os::unix::fs::symlink(text, link).unwrap();
            }
            "cmd" => self.of_process("cmdline", words),
            "env" => self.of_process("environ", words),
            "cgroup" => self.of_process("cgroup", text + "\n"),
            "file" => {
                let (path, text) = text.split_once(' ').unwrap();
                self.file(path, text);
            }
            _ => panic!("what is {line:?}?"),
        }
    }

    fn ask(&self) -> Arc<Identity> {
        let pid = self.asked.unwrap();
        Identities::new(&Roots::at(self.root.path())).resolve(pid, u64::from(pid))
    }
}

/// An identity in the words of the cases.
fn words(identity: &Identity) -> Vec<String> {
    let mut words = vec![format!("label {}", identity.label.terminal()), format!("key {}", identity.key.terminal())];
    let others =
        [("detail", &identity.detail), ("parent", &identity.parent), ("via", &identity.via), ("icon", &identity.icon)];
    words.extend(others.iter().filter_map(|(word, text)| Some(format!("{word} {}", text.as_ref()?.terminal()))));
    if identity.role != Role::Program {
        words.push(format!("role {:?}", identity.role));
    }
    words
}

#[test]
fn every_case_is_called_what_a_person_calls_it() {
    let (mut count, mut wrong) = (0, String::new());
    for case in CASES.split("\n== ").skip(1) {
        let (title, lines) = case.split_once('\n').unwrap();
        let mut machine = Machine::new();
        let mut expected = Vec::new();
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix("= ") {
                Some(line) => expected.push(line.to_string()),
                None => machine.line(line),
            }
        }
        let mut found = words(&machine.ask());
        expected.sort();
        found.sort();
        if expected != found {
            wrong += &format!("\n{title}\n  expected {expected:#?}\n  found {found:#?}");
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 60, "{count} cases");
}

#[test]
fn a_name_is_read_once_and_again_when_told() {
    let mut machine = Machine::new();
    ["process 900 < 1 sh", "cmd sh"].into_iter().for_each(|line| machine.line(line));
    let mut identities = Identities::new(&Roots::at(machine.root.path()));
    let label = |identity: &Identity| identity.label.terminal();
    assert_eq!(label(&identities.resolve(900, 900)), "sh");
    machine.line("cmd blender|-b");
    assert_eq!(label(&identities.resolve(900, 900)), "sh");
    assert_eq!(label(&identities.renew(900, 900)), "Blender");
    assert_eq!(label(&identities.resolve(900, 900)), "Blender");
    // Another process of this number, and none.
    for (pid, started) in [(900, 901), (901, 900), (0, 0)] {
        assert_eq!(*identities.resolve(pid, started), Identity::hidden());
    }
}

#[test]
fn a_parent_that_is_younger_is_somebody_else() {
    let mut machine = Machine::new();
    let lines = ["process 900 < 950 python3", "cmd python3|a.py", "process 950 < 1 sshd", "cmd sshd: bob"];
    lines.into_iter().for_each(|line| machine.line(line));
    assert_eq!(machine.ask().via, None);
}

#[test]
fn in_a_container_the_numbers_of_a_driver_are_nobody() {
    let mut machine = Machine::new();
    machine.line("process 900 < 1 blender");
    let link = machine.root.path().join("proc/self/ns/pid");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    let mut identities = Identities::new(&Roots::at(machine.root.path()));
    let mut ask = |space: Option<&str>| {
        space.into_iter().for_each(|space| std::os::unix::fs::symlink(space, &link).unwrap());
        let (started, identity) = identities.of_driver(900);
        let _ = fs::remove_file(&link);
        (started, identity.label.terminal())
    };
    let seen = (Some(900), "Blender".to_string());
    assert_eq!(ask(None), seen, "a captured machine has no spaces");
    assert_eq!(ask(Some(HOST)), seen);
    assert_eq!(ask(Some("pid:[4026532999]")), (None, Identity::hidden().label.terminal()));
    assert_eq!(identities.of_driver(77), (None, Arc::new(Identity::hidden())));
}

#[test]
fn the_line_in_full_says_all_of_it() {
    let words = |text: &str| Some(Untrusted::from(text));
    let mut identity = Identity { label: "Ollama".into(), ..Identity::hidden() };
    assert_eq!(identity.in_full().terminal(), "Ollama");
    identity.detail = words("runner, llama3");
    identity.parent = words("Docker container chat");
    identity.via = words("VS Code");
    assert_eq!(identity.in_full().terminal(), "Ollama (runner, llama3) — Docker container chat, via VS Code");
}

#[test]
fn pipes_and_folders_where_files_should_be_are_no_trouble() {
    let mut machine = Machine::new();
    ["process 900 < 1 thing", "exe /usr/bin/thing", "env A=1"].into_iter().for_each(|line| machine.line(line));
    let root = machine.root.path();
    for folder in ["proc/900/cmdline", "usr/share/applications/x.desktop", "var/log/pods"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for pipe in ["proc/900/cgroup", "usr/share/applications/y.desktop"] {
        let made = std::process::Command::new("mkfifo").arg(root.join(pipe)).status().unwrap();
        assert!(made.success());
    }
    assert_eq!(words(&machine.ask()), ["label thing", "key program:thing"]);
}

/// Pieces of what stands in these files: they get further than random bytes do.
fn pieces(words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        9 => proptest::sample::select(words).prop_map(|word| word.replace("@ID@", NUMBER).into_bytes()),
        1 => vec(any::<u8>(), 0..4),
    ];
    prop_oneof![vec(piece, 0..30).prop_map(|pieces| pieces.concat()), vec(any::<u8>(), 0..200)]
}

const GROUPS: &[&str] = &[
    "0::/",
    "1:name=systemd:/",
    "/",
    "/",
    "\n",
    ":",
    "-",
    "@",
    ".",
    "\\x2d",
    "\\x",
    "docker-",
    "docker/",
    "libpod-",
    "@ID@",
    "3f2a9c0d1e2f",
    ".scope",
    ".service",
    ".slice",
    "kubepods",
    "-pod",
    "pod",
    "lxc.payload.",
    "lxc/",
    "machine-",
    "qemu-1-",
    "qemu.slice/",
    "user-1000",
    "user@1000",
    "app-",
    "app-gnome-",
    "app-flatpak-",
    "dbus-:1.2-",
    "snap.",
    "hook.",
    "job_7",
    "systemd-nspawn@",
    "run-u1",
    "ollama",
    "\u{202e}",
    "\x1b[2J",
];

const COMMANDS: &[&str] = &[
    "\0",
    "\0",
    "\0",
    " ",
    "/",
    "-",
    "--",
    "=",
    ":",
    "::",
    ".",
    "\\",
    "python3",
    "node",
    "java",
    "bash",
    "wine64",
    "electron",
    "chrome",
    "ollama",
    "-m",
    "-c",
    "-um",
    "-jar",
    "--model",
    "--type=",
    "-contentproc",
    "serve",
    "runner",
    "train.py",
    "__main__.py",
    "app.asar",
    "x.exe",
    "SteamLaunch",
    "AppId=",
    "570",
    "from multiprocessing",
    "/.mount_",
    "/usr/bin/",
    "/home/bob/ComfyUI/main.py",
    "\u{202e}",
    "\x1b[2J",
    "vllm",
    "torchrun",
];

/// A process with these files.
fn named(comm: &[u8], exe: Option<&[u8]>, cmdline: &[u8], cgroup: &[u8], environ: &[u8]) -> Arc<Identity> {
    let mut machine = Machine::new();
    machine.line("process 900 < 1 x");
    let stat = [b"900 (", comm, b") S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 900 1 25 0\n"].concat();
    machine.of_process("stat", stat);
    machine.of_process("cmdline", cmdline);
    machine.of_process("cgroup", cgroup);
    machine.of_process("environ", environ);
    if let Some(exe) = exe {
        let target = Path::new(std::ffi::OsStr::from_bytes(exe));
        std::os::unix::fs::symlink(target, machine.root.path().join("proc/900/exe")).unwrap();
    }
    machine.ask()
}

/// Words that look like what services give out.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "sk-[a-zA-Z0-9]{24,48}",
        "sk-proj-[a-zA-Z0-9]{20,40}",
        "ghp_[a-zA-Z0-9]{36}",
        "hf_[a-zA-Z]{34}",
        "AKIA[A-Z0-9]{16}",
        "eyJ[a-zA-Z0-9]{20}\\.eyJ[a-zA-Z0-9]{20}\\.[a-zA-Z0-9_-]{20}",
        "xoxb-[0-9]{12}-[a-zA-Z0-9]{24}",
        "https://[a-z]{4}:[a-zA-Z0-9]{8}@host/x[.]py",
        "(token|api_key|password)=[a-z0-9]{6,20}",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}"
            .prop_filter("of digits and letters", |uuid| { super::secret::is_secret(uuid.as_bytes()) }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_panic_and_names_are_bounded(
        comm in vec(any::<u8>(), 0..16),
        exe in proptest::option::of(pieces(COMMANDS)),
        cmdline in pieces(COMMANDS),
        cgroup in pieces(GROUPS),
        environ in pieces(&["SteamAppId=", "APPIMAGE=", "\0", "570", "/x.AppImage", "=", "-1.0"]),
    ) {
        let exe = exe.map(|exe| exe.into_iter().filter(|byte| *byte != 0).take(1000).collect::<Vec<_>>());
        let exe = exe.filter(|exe| !exe.is_empty());
        let identity = named(&comm, exe.as_deref(), &cmdline, &cgroup, &environ);
        prop_assert!(!identity.key.is_empty() && !identity.label.is_empty());
        prop_assert!(identity.in_full().as_bytes().len() < 2000);
    }

    #[test]
    fn no_argument_that_looks_like_a_secret_comes_out(
        secret in secret(),
        before in vec(proptest::sample::select(COMMANDS), 0..5),
        after in vec(proptest::sample::select(COMMANDS), 0..5),
        joined in proptest::sample::select(&["", "/tmp/", "--model=", "--model\0", "-m\0", "C:\\\\", "ray::", "serve\0"][..]),
        ending in proptest::sample::select(&["", ".py", ".exe", ".sh", "/__main__.py", ".jar", ".gguf", "/app.asar"][..]),
        program in proptest::sample::select(&["python3", "node", "java", "wine64", "electron", "ollama", "x", "bash"][..]),
    ) {
        let args = [&[program][..], &before, &[joined]].concat().join("\0").replace("\0\0", "\0");
        let cmdline = format!("{args}{secret}{ending}\0{}", after.join("\0"));
        // The same as a title, without the program before it.
        for cmdline in [cmdline.clone(), cmdline.split_once('\0').unwrap().1.to_string()] {
            for exe in [Some(format!("/usr/bin/{program}").into_bytes()), None] {
                let identity = named(b"x", exe.as_deref(), cmdline.as_bytes(), b"0::/", format!("APPIMAGE=/x/{secret}").as_bytes());
                let told = format!("{} {}", identity.in_full().json(), identity.key.json());
                // Not even a part of it.
                let part = secret.as_bytes().windows(12).find(|part| told.as_bytes().windows(12).any(|word| word == *part));
                prop_assert!(part.is_none(), "{told}");
            }
        }
    }
}

#[test]
fn the_file_of_a_process_is_what_the_kernel_says_and_stays_the_same_when_it_is_replaced() {
    let file = |lines: &[&str]| {
        let mut machine = Machine::new();
        lines.iter().for_each(|line| machine.line(line));
        let mut identities = Identities::new(&Roots::at(machine.root.path()));
        (identities.file(7, 7), identities.file(7, 8))
    };
    let whole = Some(Untrusted::from("/usr/bin/blender"));
    let process = "process 7 < 1 blender";
    assert_eq!(
        file(&[process, "exe /usr/bin/blender", "cmd /tmp/other"]),
        (whole.clone(), None),
        "none of another start"
    );
    assert_eq!(file(&[process, "exe /usr/bin/blender (deleted)"]).0, whole);
    // What it says of itself is not believed.
    assert_eq!(file(&[process, "cmd /usr/bin/blender"]).0, None);
}
