//! Reads `/proc/<pid>`: the list of processes and the files of one.

use std::ffi::CStr;
use std::fmt::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::stat;
use crate::sensors::parse::number;
use crate::sensors::{Roots, SensorError};
use crate::untrusted::Untrusted;

/// Longer than any `stat` the kernel prints: 52 numbers and a name of at most 63 bytes.
pub(in crate::sensors) const LONGEST_STAT: usize = 2048;

/// The kernel cuts the target of a link at a page.
const LONGEST_TEXT: usize = 4096;

/// The open `/proc`, with the buffers that its files are read into.
pub(in crate::sensors) struct Folder {
    proc: OwnedFd,
    live: bool,
    entries: Vec<u8>,
    path: String,
    text: Vec<u8>,
}

impl Folder {
    pub(in crate::sensors) fn open(roots: &Roots) -> Result<Folder, SensorError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let proc = rustix::fs::open(&roots.proc, flags, Mode::empty())
            .map_err(|error| SensorError::io(&roots.proc, &error.into()))?;
        // 32 KiB hold the entries of a thousand processes.
        let entries = Vec::with_capacity(32 << 10);
        Ok(Folder { proc, live: roots.live(), entries, path: String::new(), text: vec![0; LONGEST_TEXT] })
    }

    /// The processes that exist now; to be asked once, because it reads the folder to its end.
    pub(in crate::sensors) fn pids(&mut self, pids: &mut Vec<u32>) -> Result<(), Errno> {
        pids.clear();
        let mut entries = RawDir::new(&self.proc, self.entries.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let name: &CStr = entry.as_ref().map_err(|error| *error)?.file_name();
            pids.extend(number(name.to_bytes()).and_then(|pid| u32::try_from(pid).ok()));
        }
        Ok(())
    }

    /// Opens `stat` of a process; it stays that process's, also when another one gets its number.
    pub(in crate::sensors) fn open_stat(&mut self, pid: u32) -> Result<OwnedFd, Errno> {
        self.open_file(pid, "stat")
    }

    /// Bytes read from and written to storage since the process began; `None` where we may not know.
    pub(in crate::sensors) fn io(&mut self, pid: u32) -> Option<u64> {
        stat::parse_io(self.read_file(pid, "io")?)
    }

    /// The user that the process runs as.
    pub(in crate::sensors) fn uid(&mut self, pid: u32) -> Option<u32> {
        // A capture's files belong to whoever captured them.
        let told = if self.live { None } else { self.read_file(pid, "status").and_then(stat::parse_uid) };
        told.or_else(|| {
            let path = path(&mut self.path, pid, "");
            rustix::fs::statat(&self.proc, path, AtFlags::empty()).ok().map(|found| found.st_uid)
        })
    }

    /// What a person calls the process: its program's file, where we may see it, else the name it gave itself.
    pub(in crate::sensors) fn identity(&mut self, pid: u32, comm: &[u8], kernel: bool) -> Untrusted {
        let mut name = if kernel { stat::kernel_name(comm) } else { comm };
        let path = path(&mut self.path, pid, "exe");
        if !kernel
            && let Ok(len) = rustix::fs::readlinkat_raw(&self.proc, path, &mut self.text[..])
            && let Some(program) = stat::program_name(&self.text[..len])
        {
            name = program;
        }
        if name.is_empty() { "unnamed".into() } else { Untrusted::new(name) }
    }

    fn open_file(&mut self, pid: u32, file: &str) -> Result<OwnedFd, Errno> {
        let path = path(&mut self.path, pid, file);
        // NONBLOCK: a capture may hold a pipe where a file should be.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        rustix::fs::openat(&self.proc, path, flags, Mode::empty())
    }

    fn read_file(&mut self, pid: u32, file: &str) -> Option<&[u8]> {
        let file = self.open_file(pid, file).ok()?;
        read(&file, &mut self.text)
    }
}

fn path<'a>(buffer: &'a mut String, pid: u32, file: &str) -> &'a str {
    buffer.clear();
    // Writing into a string cannot fail.
    let _ = write!(buffer, "{pid}/{file}");
    buffer
}

/// Reads a file from its start, as far as `text` goes; `None` where its process is gone.
pub(in crate::sensors) fn read<'a>(file: &OwnedFd, text: &'a mut [u8]) -> Option<&'a [u8]> {
    let len = rustix::io::pread(file, &mut *text, 0).ok()?;
    Some(&text[..len])
}
