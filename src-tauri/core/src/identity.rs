//! From a process to what a person calls it.
//!
//! A process is known by its number and its start time. What names it, in the order of trust: where it belongs
//! (`cgroup`: container, virtual machine, unit, application), the game that Steam started, what an interpreter runs, the
//! file of its program, and last what it calls itself. Children of browsers go by the name of their head.
//!
//! Everything is read once for each process (measured: 45 µs of CPU), because names are asked for at every tick and
//! change at most once in a life; see [`Identities::renew`]. Names come from outside and stay in [`Untrusted`]. Command lines pass through
//! (`command`) and only names of scripts, modules, models and programs come out, none that looks like a secret.
//! Deliberately not here: what processes use (`sensors`), who may use the GPU (a person says so), and the languages of
//! applications' names.

mod cache;
pub(crate) mod cgroup;
mod command;
mod container;
mod desktop;
mod files;
mod known;
mod label;
mod program;
mod secret;
mod steam;

use std::sync::Arc;

use self::cache::Cache;
use self::desktop::Applications;
use self::program::Program;
use crate::paths::Roots;
use crate::procfs::stat::Stat;
use crate::procfs::{Folder, LONGEST_STAT, read};
use crate::untrusted::Untrusted;

pub use self::known::{Role, role_of};
pub(crate) use self::secret::shown;

/// How many generations are looked at for who started a process.
const DEEPEST: usize = 32;

/// The first space of process numbers, which is the host's; its number is fixed in the kernel.
const HOST: &str = "pid:[4026531836]";

/// What a person calls a process, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The same for everything that belongs together, on each day: `docker:ollama`, `unit:backup.service`,
    /// `app:org.mozilla.firefox`, `steam:570`, `script:train.py`, `program:blender`.
    pub key: Untrusted,
    /// What a person calls it: `Firefox`, `Dota 2`, `train.py in ollama`.
    pub label: Untrusted,
    /// Which part of it this process is, and what it works on: `GPU process`, `runner, llama3`.
    pub detail: Option<Untrusted>,
    /// What sort of program it is.
    pub role: Role,
    /// The icon's name or file, as its application says.
    pub icon: Option<Untrusted>,
    /// The numeric id of the user that it runs as.
    pub user: Option<u32>,
    /// The short name of the program that this process runs, of whatever it is a part: `python3`, `ollama`.
    pub command: Option<Untrusted>,
    /// What it belongs to: `Docker container ollama`, `backup.service`, `Slurm job 4711`.
    pub parent: Option<Untrusted>,
    /// Who started it, where that is a terminal, an editor, another machine or a timetable: `VS Code`, `cron`.
    pub via: Option<Untrusted>,
}

impl Identity {
    /// All of it in one line: `Ollama (runner, llama3) — ollama.service, via cron`.
    pub fn in_full(&self) -> Untrusted {
        let mut line = self.label.as_bytes().to_vec();
        if let Some(detail) = &self.detail {
            line.extend([b" (", detail.as_bytes(), b")"].concat());
        }
        if let Some(parent) = &self.parent {
            line.extend([" — ".as_bytes(), parent.as_bytes()].concat());
        }
        if let Some(via) = &self.via {
            line.extend([b", via ", via.as_bytes()].concat());
        }
        Untrusted::new(line)
    }

    /// Of a process that has ended, or that this machine does not show us.
    fn hidden() -> Identity {
        Identity {
            key: "hidden".into(),
            label: "a process that cannot be seen".into(),
            detail: None,
            role: Role::Hidden,
            icon: None,
            user: None,
            command: None,
            parent: None,
            via: None,
        }
    }
}

/// A process as it was met: what it says of itself, without where it belongs.
struct Seen {
    pid: u32,
    parent: u32,
    /// Clock ticks since boot.
    started: u64,
    program: Program,
}

/// The names of a machine's processes. What it remembers is bounded.
pub struct Identities {
    roots: Roots,
    folder: Option<Folder>,
    known: Cache<Identity>,
    seen: Cache<Seen>,
    /// The ancestors of each.
    lines: Cache<Vec<Arc<Seen>>>,
    applications: Applications,
    containers: container::Names,
}

impl Identities {
    /// Of the machine at `roots`. Nothing is read yet.
    pub fn new(roots: &Roots) -> Identities {
        Identities {
            roots: roots.clone(),
            folder: None,
            known: Cache::default(),
            seen: Cache::default(),
            lines: Cache::default(),
            applications: Applications::default(),
            containers: container::Names::default(),
        }
    }

    /// The name of the process `pid` that started at `started`, in clock ticks since boot as its `stat` has it. Read at
    /// the first call and remembered.
    pub fn resolve(&mut self, pid: u32, started: u64) -> Arc<Identity> {
        match self.known.get(pid, started) {
            Some(known) => known,
            None => self.read(pid, started),
        }
    }

    /// The same, read again: for a process that was met between its birth and the program that it turned into, or that
    /// has given itself another name.
    pub fn renew(&mut self, pid: u32, started: u64) -> Arc<Identity> {
        self.seen.forget(pid, started);
        self.read(pid, started)
    }

    /// The start time and the name of the process that has this number now.
    pub fn of_process(&mut self, pid: u32) -> (Option<u64>, Arc<Identity>) {
        match self.meet(pid, |_| true) {
            Some(seen) => (Some(seen.started), self.resolve(pid, seen.started)),
            None => (None, Arc::new(Identity::hidden())),
        }
    }

    /// The same of a process that a driver names: drivers tell the host's numbers, which are other processes' or nobody's
    /// where this `/proc` is that of a container.
    pub fn of_driver(&mut self, pid: u32) -> (Option<u64>, Arc<Identity>) {
        if self.sees_host() { self.of_process(pid) } else { (None, Arc::new(Identity::hidden())) }
    }

    /// Whether this `/proc` numbers processes as the host does, and so as a driver does.
    pub fn sees_host(&self) -> bool {
        std::fs::read_link(self.roots.proc.join("self/ns/pid")).map_or(true, |space| space.as_os_str() == HOST)
    }

    /// The path of the file that the process runs, as it sees it itself; `None` where we may not know. It is the same when
    /// the file was deleted meanwhile, as each update does.
    pub(crate) fn file(&mut self, pid: u32, started: u64) -> Option<Untrusted> {
        self.meet(pid, |seen| seen == started)?;
        let path = self.folder.as_mut()?.exe(pid)?;
        let path = path.strip_suffix(b" (deleted)").unwrap_or(path);
        path.starts_with(b"/").then(|| Untrusted::new(path))
    }

    fn read(&mut self, pid: u32, started: u64) -> Arc<Identity> {
        let identity = Arc::new(self.name(pid, started).unwrap_or_else(Identity::hidden));
        self.known.put(pid, started, identity.clone());
        identity
    }

    /// The process itself; `None` where it is gone, or its number was given to a younger one.
    fn meet(&mut self, pid: u32, before: impl Fn(u64) -> bool) -> Option<Arc<Seen>> {
        if self.folder.is_none() {
            self.folder = Folder::open(&self.roots).ok();
        }
        let folder = self.folder.as_mut()?;
        let mut text = [0; LONGEST_STAT];
        let file = folder.open_stat(pid).ok()?;
        let stat = Stat::parse(read(&file, &mut text)?).filter(|stat| before(stat.started))?;
        if let Some(seen) = self.seen.get(pid, stat.started) {
            return Some(seen);
        }
        // The kernel's threads have neither.
        let exe = if stat.kernel { None } else { folder.exe(pid).map(<[u8]>::to_vec) };
        let cmdline = if stat.kernel { None } else { folder.read_file(pid, "cmdline") };
        let program = Program::of(&stat, exe.as_deref(), cmdline);
        let seen = Arc::new(Seen { pid, parent: stat.parent, started: stat.started, program });
        self.seen.put(pid, stat.started, seen.clone());
        Some(seen)
    }

    /// Its parent, that one's parent, and so on. Only the parent is looked at: who was above it is remembered, because
    /// each look costs as much as all else of a name.
    fn ancestors(&mut self, of: &Seen, depth: usize) -> Arc<Vec<Arc<Seen>>> {
        let mut line = Vec::new();
        // Nobody was started by one who is younger.
        if of.parent > 1
            && depth < DEEPEST
            && let Some(parent) = self.meet(of.parent, |started| started <= of.started)
        {
            let above = self.lines.get(parent.pid, parent.started);
            let above = above.unwrap_or_else(|| self.ancestors(&parent, depth + 1));
            line.push(parent);
            line.extend(above.iter().take(DEEPEST - 1).cloned());
        }
        let line = Arc::new(line);
        self.lines.put(of.pid, of.started, line.clone());
        line
    }
}

#[cfg(test)]
mod tests;
