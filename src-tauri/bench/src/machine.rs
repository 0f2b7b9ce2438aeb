//! A small written machine to which each measurement adds what it is about.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A folder that stands for the root of a machine.
pub struct Machine<'a> {
    root: &'a Path,
}

impl<'a> Machine<'a> {
    /// A machine with one core and some memory.
    pub fn at(root: &'a Path) -> Result<Machine<'a>> {
        let machine = Machine { root };
        machine
            .write("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\nbtime 1790000000\n")?;
        machine.write("proc/meminfo", "MemTotal: 24000000 kB\nMemFree: 1000000 kB\nMemAvailable: 18000000 kB\n")?;
        Ok(machine)
    }

    /// Where a file of it lies.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// Writes a file, and the folders that it lies in.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path(file);
        fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        fs::write(path, text).context("the sandbox's folder is ours")
    }
}
