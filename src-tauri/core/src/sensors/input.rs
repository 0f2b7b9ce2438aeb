//! Files of `/proc` and `/sys` that are read again and again.
//!
//! On the live machine a file is opened once and read from its start each time: opening a sysfs file costs eight times
//! what reading it does (measured: 9.4 µs against 1.2 µs; `/proc/stat` 10.3 against 6.4, `/proc/loadavg` 4.6 against
//! 1.3). The files of a captured machine are opened each time, because a test may replace them. Deliberately not here:
//! what the bytes mean.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::Roots;

/// No file that a sensor reads is larger on any machine; a captured one may hold anything.
const LARGEST: usize = 8 << 20;

/// The kernel hands out an attribute of sysfs in one piece of at most a page.
const PAGE: usize = 4096;

/// Where files are read into; one for all files of a sensor.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    fn fill(&mut self, file: &File, at_once: bool) -> io::Result<&[u8]> {
        let mut len = 0;
        loop {
            if self.0.len() - len < PAGE {
                if len >= LARGEST {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "unreasonably large"));
                }
                self.0.resize((self.0.len() * 2).max(PAGE), 0);
            }
            match file.read_at(&mut self.0[len..], len as u64) {
                Ok(0) => break,
                Ok(n) => len += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            // The read that only finds the end costs a system call a file.
            if at_once {
                break;
            }
        }
        Ok(&self.0[..len])
    }
}

/// A file that is read at every sample.
#[derive(Debug)]
pub(crate) struct Input {
    path: PathBuf,
    keep: bool,
    file: Option<File>,
}

impl Input {
    pub(crate) fn new(roots: &Roots, path: impl Into<PathBuf>) -> Input {
        Input { path: path.into(), keep: roots.live(), file: None }
    }

    /// A file that is opened at every read even on the live machine, where open files are scarce.
    pub(crate) fn reopened(path: impl Into<PathBuf>) -> Input {
        Input { path: path.into(), keep: false, file: None }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole file, of any number of records.
    pub(crate) fn read<'a>(&mut self, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
        self.read_with(buffer, false)
    }

    /// A file that the kernel writes in one piece: any of sysfs, and the short ones of `/proc`.
    pub(crate) fn read_at_once<'a>(&mut self, buffer: &'a mut Buffer) -> io::Result<&'a [u8]> {
        self.read_with(buffer, true)
    }

    fn read_with<'a>(&mut self, buffer: &'a mut Buffer, at_once: bool) -> io::Result<&'a [u8]> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        let text = buffer.fill(&file, at_once)?;
        // A file that failed is dropped: its device may be gone, and another one may come under the same path.
        if self.keep {
            self.file = Some(file);
        }
        Ok(text)
    }
}

/// The text of a small file that is read once, without the white space around it; `None` where it cannot be read or
/// is empty.
pub(crate) fn attribute(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    let mut buffer = Buffer::default();
    let text = buffer.fill(&file, true).ok()?.trim_ascii();
    (!text.is_empty()).then(|| text.to_vec())
}

/// The names in a folder, sorted; none where it cannot be read.
pub(crate) fn names(folder: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_file_shows_what_is_in_it_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("value");
        let mut buffer = Buffer::default();
        for keep in [true, false] {
            std::fs::write(&path, "1\n").unwrap();
            let mut input = Input { path: path.clone(), keep, file: None };
            assert_eq!(input.read_at_once(&mut buffer).unwrap(), b"1\n");
            let long = vec![b'x'; 3 * PAGE + 5];
            std::fs::write(&path, &long).unwrap();
            assert_eq!(input.read(&mut buffer).unwrap(), &long);
            std::fs::write(&path, "").unwrap();
            assert_eq!(input.read(&mut buffer).unwrap(), b"");
        }
    }

    #[test]
    fn an_unreasonably_large_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        File::create(&path).unwrap().set_len(3 * LARGEST as u64).unwrap();
        let error = Input::reopened(&path).read(&mut Buffer::default()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(Input::reopened(folder.path().join("missing")).read(&mut Buffer::default()).is_err());
        assert_eq!(attribute(folder.path()), None);
    }
}
