//! Files beside `/proc` that give names: read once in a while, bounded, and never waited for.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::parse::lines;
use crate::paths::Roots;

/// The content of a plain file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    // NONBLOCK: where a file should be, a stranger may have put a pipe.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?);
    let meta = file.metadata().ok()?;
    if !meta.is_file() || meta.len() > limit {
        return None;
    }
    let mut text = Vec::with_capacity(meta.len() as usize);
    file.take(limit).read_to_end(&mut text).ok()?;
    Some(text)
}

/// The home of a user, below the machine's root. On the live machine only our own: what lies in the homes of others may
/// be on a server that does not answer, and would let them rename what is not theirs.
pub(super) fn home(roots: &Roots, uid: u32) -> Option<PathBuf> {
    if roots.live() && uid != rustix::process::geteuid().as_raw() {
        return None;
    }
    let text = read(&roots.beside("etc/passwd"), 1 << 20)?;
    let home = lines(&text).find_map(|line| {
        let mut columns = line.split(|byte| *byte == b':').skip(2);
        let found = std::str::from_utf8(columns.next()?).ok()?.parse() == Ok(uid);
        found.then(|| columns.nth(2)).flatten()
    })?;
    let home = std::str::from_utf8(home).ok()?.strip_prefix('/').filter(|home| !home.is_empty())?;
    Some(roots.beside(home))
}
