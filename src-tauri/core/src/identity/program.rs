//! What a process says of itself: its program, script, module, role in a family of processes, and its game.
//!
//! Pure: from the bytes of `stat`, `exe` and `cmdline`. The file behind a process cannot lie, so it goes before the
//! arguments, and these before the name that a process gave itself: Firefox's GPU process calls itself "RDD Process".
//! Deliberately not here: where the process belongs (`cgroup`), and its ancestors.

use super::command::{self, Command, Runs, without_ending};
use super::known::{self, Known, Role};
use super::secret::{cut, cut_at, is_secret, shown};
use crate::procfs::stat::{Stat, kernel_name, program_name};

/// How sure a name is that is more than the program's file, and what it is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Kernel,
    Script,
    Module,
    Windows,
    Title,
    File,
}

impl Sort {
    /// The first part of a key.
    pub(super) fn word(self) -> &'static str {
        match self {
            Sort::Kernel => "kernel",
            Sort::Script => "script",
            Sort::Module => "module",
            Sort::Windows => "windows",
            Sort::Title => "title",
            Sort::File => "program",
        }
    }
}

/// See the module. It holds nothing of the command line but names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Program {
    pub sort: Sort,
    /// The name of what runs, as it came.
    pub name: Vec<u8>,
    pub known: Option<&'static Known>,
    /// The name of its file, of its first argument, or that it gave itself; `None` of the kernel's threads.
    pub command: Option<Vec<u8>>,
    /// What it does among its sisters, and on what: `GPU process`, `runner`, a model.
    pub details: Vec<Vec<u8>>,
    /// The program's file, for finding the members of a family: from `exe`, else the first argument.
    pub path: Vec<u8>,
    /// It is a child in a family of processes that goes by the name of its head.
    pub member: Member,
    /// The game that Steam started here.
    pub game: Option<u32>,
}

/// To whom a process belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// To nobody.
    Not,
    /// To the topmost of its ancestors that run the same program.
    OfSameProgram,
    /// To whatever started it.
    OfParent,
}

/// The longest short name of a program, in bytes.
const LONGEST_COMMAND: usize = 64;

const WINE: &[&[u8]] = &[b"wine", b"wine64", b"wine-preloader", b"wine64-preloader"];

impl Program {
    pub(super) fn of(stat: &Stat<'_>, exe: Option<&[u8]>, cmdline: Option<&[u8]>) -> Program {
        if stat.kernel {
            let name = some(kernel_name(stat.comm)).unwrap_or(b"unnamed").to_vec();
            return Program::new(Sort::Kernel, name, None);
        }
        let command = cmdline.and_then(Command::parse);
        let file = exe.and_then(program_name).and_then(some);
        let called = command.as_ref().and_then(Command::program);
        let base = file.or(called).or_else(|| some(stat.comm));
        let short = base.and_then(shown).map(|name| cut_at(name, LONGEST_COMMAND).to_vec());
        let base = base.unwrap_or(b"unnamed");
        let mut program = Program::named(base, exe, command.as_ref());
        program.command = short;
        program.path = path(exe, command.as_ref());
        if let Some(command) = &command {
            program.describe(command, base);
        }
        if program.known.is_some_and(|known| known.role == Role::Part) {
            program.member = Member::OfParent;
        }
        program
    }

    fn new(sort: Sort, name: Vec<u8>, known: Option<&'static Known>) -> Program {
        Program {
            sort,
            name,
            known,
            command: None,
            details: Vec::new(),
            path: Vec::new(),
            member: Member::Not,
            game: None,
        }
    }

    fn named(base: &[u8], exe: Option<&[u8]>, command: Option<&Command<'_>>) -> Program {
        let plain = || {
            let folder = || exe.filter(|_| !command::is_interpreter(base)).and_then(known::in_folder);
            Program::new(Sort::File, base.to_vec(), known::named(base).or_else(folder))
        };
        let Some(command) = command else { return plain() };
        if WINE.contains(&base) {
            return windows(command).unwrap_or_else(plain);
        }
        if !command::is_interpreter(base) {
            // Electron as such is an interpreter of the application that stands first.
            return electron(base, command).unwrap_or_else(plain);
        }
        match command.runs(base) {
            Some(Runs::Script(path)) => script(path).unwrap_or_else(plain),
            Some(Runs::Module(module)) => shown(module).map_or_else(plain, |module| {
                let first = module.split(|byte| matches!(byte, b'.' | b'/')).next().unwrap_or(module);
                Program::new(Sort::Module, module.to_vec(), known::named(module).or_else(|| known::named(first)))
            }),
            Some(Runs::Inline { worker }) => {
                let member = if worker { Member::OfParent } else { Member::Not };
                let detail: &[u8] = if worker { b"worker" } else { b"inline" };
                Program { details: vec![detail.to_vec()], member, ..plain() }
            }
            // One argument that is not the interpreter: it wrote a title over its arguments.
            None => match command.title() {
                Some(title) if !command.program().is_some_and(command::is_interpreter) => {
                    Program::new(Sort::Title, title.clone(), known::named(&title))
                }
                _ => plain(),
            },
        }
    }

    /// Adds what the arguments tell beside the name.
    fn describe(&mut self, command: &Command<'_>, base: &[u8]) {
        let is_model = self.known.is_some_and(|known| known.role == Role::Model);
        if let Some(role) = role(&command.args) {
            self.member = Member::OfSameProgram;
            self.details.push(role.to_vec());
            return;
        }
        if is_model && command.args.get(1) == Some(&&b"runner"[..]) {
            self.details.push(b"runner".to_vec());
        }
        // `VLLM::EngineCore`, `ray::TrainWorker.fit`: what follows is the part that it plays.
        let title = self
            .known
            .and_then(|_| self.name.windows(2).position(|part| part == b"::").map(|at| self.name[at + 2..].to_vec()));
        self.details.extend(title.filter(|rest| !rest.is_empty()));
        self.details.extend(command.model(is_model, command::is_interpreter(base)).map(<[u8]>::to_vec));
        let python = command.args.first().filter(|_| base.starts_with(b"python"));
        let environment = command::environment(&self.path).or_else(|| command::environment(python?));
        self.details.extend(environment.map(|name| [b"environment ", name].concat()));
        self.game = command.args.iter().any(|arg| *arg == b"SteamLaunch").then(|| game(&command.args)).flatten();
    }
}

/// A name that is no argument: the kernel's, or a file's. Nobody can tell a blank one from none.
fn some(name: &[u8]) -> Option<&[u8]> {
    Some(cut(name)).filter(|name| !name.trim_ascii().is_empty())
}

/// `reaper SteamLaunch AppId=570 -- …`
fn game(args: &[&[u8]]) -> Option<u32> {
    let number = args.iter().find_map(|arg| arg.strip_prefix(b"AppId="))?;
    std::str::from_utf8(number).ok()?.parse().ok().filter(|number| *number != 0)
}

fn path(exe: Option<&[u8]>, command: Option<&Command<'_>>) -> Vec<u8> {
    let first = || command.and_then(|command| command.args.first().copied());
    let path = exe.map(|exe| exe.strip_suffix(b" (deleted)").unwrap_or(exe)).or_else(first).unwrap_or_default();
    // A title is no path.
    if path.starts_with(b"/") && !is_secret(program_name(path).unwrap_or_default()) {
        path.to_vec()
    } else {
        Vec::new()
    }
}

fn script(path: &[u8]) -> Option<Program> {
    let name = program_name(path).and_then(shown)?;
    let bare = without_ending(name) == name;
    // `__main__.py` and `main.py` of a folder with a name are that folder.
    let known = known::in_folder(path).or_else(|| bare.then(|| known::named(name)).flatten());
    if name == b"__main__.py"
        && let Some(folder) = path.rsplit(|byte| *byte == b'/').nth(1).and_then(shown)
    {
        return Some(Program::new(Sort::Module, folder.to_vec(), known.or_else(|| known::named(folder))));
    }
    Some(Program::new(Sort::Script, name.to_vec(), known))
}

/// The last part of `Z:\games\Thing.exe`. The kernel's name for it is cut at 15 bytes, and its file is Wine's loader.
fn windows(command: &Command<'_>) -> Option<Program> {
    let ends = |arg: &&&[u8]| arg.len() > 4 && arg[arg.len() - 4..].eq_ignore_ascii_case(b".exe");
    let arg = command.args.iter().take(3).find(ends)?;
    let name = arg.rsplit(|byte| matches!(byte, b'\\' | b'/')).next().and_then(shown)?;
    Some(Program::new(Sort::Windows, name.to_vec(), known::named(name)))
}

/// `electron32 /usr/lib/thing/app.asar`: a distribution's one Electron for all.
fn electron(base: &[u8], command: &Command<'_>) -> Option<Program> {
    let rest = base.strip_prefix(b"electron")?;
    rest.iter().all(u8::is_ascii_digit).then_some(())?;
    let path = command.args.iter().skip(1).find(|arg| !arg.starts_with(b"-"))?;
    let generic = |part: &&[u8]| !matches!(*part, b"" | b"resources" | b"app" | b"out" | b"dist" | b"lib");
    let mut parts = path.rsplit(|byte| *byte == b'/').filter(generic);
    let name = parts.find(|part| without_ending(part) == *part || !part.contains(&b'.')).and_then(shown)?;
    Some(Program::new(Sort::File, name.to_vec(), known::named(name)))
}

/// What a child of a browser is for, in words for people.
fn role(args: &[&[u8]]) -> Option<&'static [u8]> {
    let kind = args.iter().skip(1).find_map(|arg| arg.strip_prefix(b"--type="));
    if let Some(kind) = kind {
        let utility = || args.iter().find_map(|arg| arg.strip_prefix(b"--utility-sub-type="));
        return Some(match kind {
            b"gpu-process" => b"GPU process",
            b"renderer" => b"tab",
            b"zygote" => b"zygote",
            b"utility" if utility().is_some_and(|of| of.starts_with(b"video")) => b"video",
            b"utility" if utility().is_some_and(|of| of.starts_with(b"audio")) => b"audio",
            b"utility" if utility().is_some_and(|of| of.starts_with(b"network")) => b"network",
            b"utility" => b"utility",
            _ => b"helper",
        });
    }
    args.iter().skip(1).any(|arg| *arg == b"-contentproc").then(|| match args.last().copied().unwrap_or_default() {
        b"gpu" => &b"GPU process"[..],
        b"rdd" => b"video",
        b"tab" => b"tab",
        b"socket" => b"network",
        b"utility" => b"utility",
        _ => b"helper",
    })
}
