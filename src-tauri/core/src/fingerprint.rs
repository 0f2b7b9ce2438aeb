//! What is in the file of a program, as a number that tells it from any other: SHA-256, read in pieces.
//!
//! A file is opened through its process, so that it is the one that runs, also after an update has replaced it. The
//! number is remembered with the file's place, size and times: the same file is not read twice. One that is larger than
//! [`LARGEST`] is not read at all; its inode, size and time of writing stand for its content, so that the same content
//! that was installed again counts as another one. Files on network file systems and those of user space are left alone: their server
//! may be slow, asleep or far. Deliberately not here: the threads and the rests between the pieces (`engine`), and what
//! a change means (`alerts`).

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{Mode, OFlags, PROC_SUPER_MAGIC, ResolveFlags};
use sha2::{Digest, Sha256};

use crate::paths::{Roots, network};
use crate::untrusted::Untrusted;

/// A larger file is not read: at the engine's pace it would take longer than a minute.
const LARGEST: u64 = 256 << 20;

/// So much is read at once.
pub(crate) const PIECE: usize = 256 << 10;

/// So many files are remembered, those that were asked for last.
const MOST: usize = 64;

/// What tells one version of a file from the next, without reading it. The time of the last change of anything cannot be
/// set back, as that of writing can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// The file that a process runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// Its path, as the process sees it.
    pub path: Untrusted,
    /// See `model::binary::BinaryRow`.
    pub content: String,
}

/// See the module.
pub(crate) struct Fingerprints {
    roots: Roots,
    known: VecDeque<(Stamp, String)>,
    largest: u64,
}

impl Fingerprints {
    /// Of the machine at `roots`.
    pub(crate) fn new(roots: &Roots) -> Fingerprints {
        Fingerprints { roots: roots.clone(), known: VecDeque::new(), largest: LARGEST }
    }

    /// The file that this process runs; `rest` is called after each piece of at most [`PIECE`] bytes. `None` where we may
    /// not read it, or it changes under our eyes.
    pub(crate) fn of(&mut self, pid: u32, mut rest: impl FnMut()) -> Option<Fingerprint> {
        let (path, mut file) = self.open(pid)?;
        let stamp = stamp(&file)?;
        if stamp.size > self.largest {
            let (seconds, nanoseconds) = stamp.modified;
            let content = format!("stat:{}:{seconds}.{nanoseconds:09}:{}", stamp.inode, stamp.size);
            return Some(Fingerprint { path, content });
        }
        let known = self.known.iter().position(|(known, _)| *known == stamp).and_then(|at| self.known.remove(at));
        let (_, content) = match known {
            Some(known) => known,
            None => (stamp, read(&mut file, stamp, &mut rest)?),
        };
        self.known.push_back((stamp, content.clone()));
        if self.known.len() > MOST {
            self.known.pop_front();
        }
        Some(Fingerprint { path, content })
    }

    fn open(&self, pid: u32) -> Option<(Untrusted, File)> {
        let link = self.roots.proc.join(pid.to_string()).join("exe");
        let target = std::fs::read_link(&link).ok()?;
        let name = target.as_os_str().as_bytes();
        let name = name.strip_suffix(b" (deleted)").unwrap_or(name);
        let itself = rustix::fs::open(&link, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()).ok()?;
        // NONBLOCK: a capture may hold a pipe where a file should be.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = if rustix::fs::fstatfs(&itself).ok()?.f_type == PROC_SUPER_MAGIC {
            // The kernel's own link leads to the file itself, whatever its name now is, and in whatever container.
            rustix::fs::open(&link, flags, Mode::empty()).ok()?
        } else {
            // That of a captured machine is a name below its root.
            let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::open(self.roots.beside(""), folder, Mode::empty()).ok()?;
            rustix::fs::openat2(root, name, flags, Mode::empty(), ResolveFlags::IN_ROOT).ok()?
        };
        let remote = network(rustix::fs::fstatfs(&file).ok()?.f_type as u32).is_some();
        (!remote && name.starts_with(b"/")).then(|| (Untrusted::new(name), File::from(file)))
    }
}

fn stamp(file: &File) -> Option<Stamp> {
    let meta = file.metadata().ok().filter(|meta| meta.is_file() && meta.len() > 0)?;
    Some(Stamp {
        device: meta.dev(),
        inode: meta.ino(),
        size: meta.len(),
        modified: (meta.mtime(), meta.mtime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
    })
}

fn read(file: &mut File, before: Stamp, rest: &mut impl FnMut()) -> Option<String> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE.min(before.size as usize)];
    let mut left = before.size;
    while left > 0 {
        let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        // It became shorter while it was read.
        let read = file.read(&mut piece[..length]).ok().filter(|read| *read > 0)?;
        hash.update(&piece[..read]);
        left -= read as u64;
        rest();
    }
    (stamp(file)? == before).then(|| format!("sha256:{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Machine {
            Machine(tempfile::tempdir().unwrap())
        }

        fn file(&self, path: &str, text: impl AsRef<[u8]>) {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            // A new file in the place of the old one, as an update does it.
            let new = path.with_extension("new");
            std::fs::write(&new, text).unwrap();
            std::fs::rename(new, path).unwrap();
        }

        fn runs(&self, pid: u32, target: &str) {
            let folder = self.0.path().join(format!("proc/{pid}"));
            std::fs::create_dir_all(&folder).unwrap();
            symlink(target, folder.join("exe")).unwrap();
        }

        fn fingerprints(&self) -> Fingerprints {
            Fingerprints::new(&Roots::at(self.0.path()))
        }
    }

    fn content(fingerprints: &mut Fingerprints, pid: u32) -> (Option<String>, u32) {
        let mut rests = 0;
        let found = fingerprints.of(pid, || rests += 1);
        (found.map(|found| found.content), rests)
    }

    const ABC: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_file_is_read_in_pieces_and_once_until_it_is_another() {
        let machine = Machine::new();
        machine.file("usr/bin/tool", "abc");
        machine.runs(7, "/usr/bin/tool");
        machine.runs(8, "/usr/bin/tool (deleted)");
        let mut fingerprints = machine.fingerprints();
        let found = fingerprints.of(7, || {}).unwrap();
        assert_eq!((found.path, found.content.as_str()), ("/usr/bin/tool".into(), ABC));
        assert_eq!(content(&mut fingerprints, 8), (Some(ABC.to_owned()), 0), "it is remembered");
        machine.file("usr/bin/tool", vec![7; 3 * PIECE + 1]);
        let (large, rests) = content(&mut fingerprints, 7);
        assert_eq!(rests, 4);
        assert_ne!(large.as_deref(), Some(ABC));
        machine.file("usr/bin/tool", "abc");
        assert_eq!(content(&mut fingerprints, 7), (Some(ABC.to_owned()), 1));
    }

    #[test]
    fn a_large_file_is_known_by_its_place_size_and_time_and_not_read() {
        let machine = Machine::new();
        machine.file("opt/game", vec![1; 9]);
        machine.runs(7, "/opt/game");
        let mut fingerprints = Fingerprints { largest: 8, ..machine.fingerprints() };
        let first = content(&mut fingerprints, 7);
        assert!(first.0.as_deref().is_some_and(|text| text.starts_with("stat:") && text.ends_with(":9")), "{first:?}");
        assert_eq!(first, content(&mut fingerprints, 7));
        assert_eq!(first.1, 0);
        machine.file("opt/other", "");
        machine.file("opt/game", vec![1; 9]);
        let second = content(&mut fingerprints, 7);
        assert!(second.0.is_some() && second != first, "{second:?}");
    }

    #[test]
    fn the_link_of_a_captured_machine_stays_below_its_root() {
        let machine = Machine::new();
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("tool"), "abc").unwrap();
        machine.runs(7, outside.path().join("tool").to_str().unwrap());
        machine.runs(8, "../../../../../../../../etc/hostname");
        machine.runs(9, "/opt/linked");
        machine.file("opt/x", "x");
        symlink(outside.path().join("tool"), machine.0.path().join("opt/linked")).unwrap();
        machine.runs(10, "/opt");
        machine.runs(11, "/empty");
        machine.file("empty", "");
        let mut fingerprints = machine.fingerprints();
        for pid in 7..=12 {
            assert_eq!(content(&mut fingerprints, pid), (None, 0), "{pid}");
        }
    }

    #[test]
    fn a_live_process_is_read_through_the_kernel_after_its_file_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("tool");
        std::fs::copy("/bin/sleep", &tool).unwrap();
        let mut child = std::process::Command::new(&tool).arg("1000").spawn().unwrap();
        let mut fingerprints = Fingerprints::new(&Roots::at(std::path::Path::new("/")));
        let before = fingerprints.of(child.id(), || {}).unwrap();
        std::fs::remove_file(&tool).unwrap();
        std::fs::write(&tool, "another").unwrap();
        fingerprints.known.clear();
        let after = fingerprints.of(child.id(), || {}).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(before, after);
        assert_eq!(after.path, Untrusted::from(tool.to_str().unwrap()));
    }

    #[test]
    fn one_that_is_written_while_it_is_read_has_no_content_yet() {
        let machine = Machine::new();
        machine.file("tool", vec![1; 2 * PIECE]);
        machine.runs(7, "/tool");
        let path = machine.0.path().join("tool");
        let grow = || std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        let mut fingerprints = machine.fingerprints();
        let found = fingerprints.of(7, || std::io::Write::write_all(&mut grow(), b"x").unwrap());
        assert_eq!(found, None);
        let shorter = fingerprints.of(7, || grow().set_len(1).unwrap());
        assert_eq!(shorter, None);
    }
}
