//! Where the recording, the config file and the machine's own files are: one rule for every program of Hoofbeat.
//!
//! Deliberately not here: making the folders (the store and the config do that, with the rights that they need).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where `/proc` and `/sys` are: the real ones, or those of a captured machine (`--root`).
#[derive(Clone, Debug)]
pub struct Roots {
    /// The folder that stands for `/proc`.
    pub proc: PathBuf,
    /// The folder that stands for `/sys`.
    pub sys: PathBuf,
}

impl Roots {
    /// `ROOT/proc` and `ROOT/sys`.
    pub fn at(root: &Path) -> Roots {
        Roots { proc: root.join("proc"), sys: root.join("sys") }
    }

    /// A file of the same machine beside them, named from its root without the first slash.
    pub(crate) fn beside(&self, path: &str) -> PathBuf {
        self.proc.parent().unwrap_or(Path::new("/")).join(path)
    }

    /// Whether these are the real ones: what asks the kernel directly (the space of a file system, this process) would
    /// answer for the wrong machine elsewhere.
    pub fn live(&self) -> bool {
        self.proc == Path::new("/proc")
    }
}

/// The name of a network or user-space file system, by its number in statfs(2); `None` for every other.
pub(crate) fn network(magic: u32) -> Option<&'static str> {
    const NETWORK: &[(u32, &str)] = &[
        (0x6969, "NFS"),
        (0x517b, "SMB"),
        (0xff53_4d42, "CIFS"),
        (0xfe53_4d42, "SMB"),
        (0x0102_1997, "9P"),
        (0x5346_414f, "AFS"),
        (0x00c3_6400, "Ceph"),
        (0x6573_5546, "FUSE"),
    ];
    NETWORK.iter().find(|(known, _)| *known == magic).map(|(_, name)| *name)
}

/// Nothing tells where a folder should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// No folder for the recording.
    #[error("neither HOME nor XDG_DATA_HOME is set; say where to record with --data-dir or HOOFBEAT_DATA_DIR")]
    NoDataFolder,
    /// No place for the config file.
    #[error("neither HOME nor XDG_CONFIG_HOME is set; name the config file with HOOFBEAT_CONFIG")]
    NoConfigFile,
}

/// The folder of the recording: `given` (the command line's `--data-dir`), else `HOOFBEAT_DATA_DIR`, else
/// `$XDG_DATA_HOME/hoofbeat`, else `~/.local/share/hoofbeat`.
///
/// # Errors
/// None of them is known.
pub fn data_folder(given: Option<&Path>) -> Result<PathBuf, PathError> {
    data_folder_from(given, &|name| std::env::var_os(name))
}

/// The config file: `HOOFBEAT_CONFIG`, else `$XDG_CONFIG_HOME/hoofbeat/config.toml`, else
/// `~/.config/hoofbeat/config.toml`.
///
/// # Errors
/// None of them is known.
pub fn config_file() -> Result<PathBuf, PathError> {
    config_file_from(&|name| std::env::var_os(name))
}

/// Where a desktop looks for what it starts with a person's session: `$XDG_CONFIG_HOME/autostart`, else
/// `~/.config/autostart`. `None` where neither is known.
pub fn autostart_folder() -> Option<PathBuf> {
    base(&|name| std::env::var_os(name), "XDG_CONFIG_HOME", ".config").map(|base| base.join("autostart"))
}

/// The same folder or file for a program that runs elsewhere, where a relative one would be another.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

fn data_folder_from(given: Option<&Path>, variable: Variables) -> Result<PathBuf, PathError> {
    given
        .map(Path::to_path_buf)
        .or_else(|| path(variable, "HOOFBEAT_DATA_DIR"))
        .or_else(|| base(variable, "XDG_DATA_HOME", ".local/share").map(|base| base.join("hoofbeat")))
        .ok_or(PathError::NoDataFolder)
}

fn config_file_from(variable: Variables) -> Result<PathBuf, PathError> {
    path(variable, "HOOFBEAT_CONFIG")
        .or_else(|| base(variable, "XDG_CONFIG_HOME", ".config").map(|base| base.join("hoofbeat/config.toml")))
        .ok_or(PathError::NoConfigFile)
}

/// A variable that is set to nothing counts as not set, as everywhere in the XDG rules.
fn path(variable: Variables, name: &str) -> Option<PathBuf> {
    variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// An XDG base folder. The XDG rules say that a relative one is to be ignored: it would mean another folder in every
/// working directory.
fn base(variable: Variables, name: &str, below_home: &str) -> Option<PathBuf> {
    path(variable, name)
        .filter(|path| path.is_absolute())
        .or_else(|| path(variable, "HOME").map(|home| home.join(below_home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&'static str, &'static str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| set.iter().find(|(other, _)| *other == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn the_nearest_word_about_the_data_folder_counts() {
        #[track_caller]
        fn check(given: Option<&str>, set: &[(&'static str, &'static str)], expected: Result<&str, PathError>) {
            let found = data_folder_from(given.map(Path::new), &variables(set));
            assert_eq!(found, expected.map(PathBuf::from));
        }
        let home = ("HOME", "/home/me");
        check(Some("d"), &[("HOOFBEAT_DATA_DIR", "/e"), home], Ok("d"));
        check(None, &[("HOOFBEAT_DATA_DIR", "e"), home], Ok("e"));
        check(None, &[("HOOFBEAT_DATA_DIR", ""), home], Ok("/home/me/.local/share/hoofbeat"));
        check(None, &[("XDG_DATA_HOME", "/x"), home], Ok("/x/hoofbeat"));
        check(None, &[("XDG_DATA_HOME", "x"), home], Ok("/home/me/.local/share/hoofbeat"));
        check(None, &[], Err(PathError::NoDataFolder));
    }

    #[test]
    fn the_nearest_word_about_the_config_file_counts() {
        #[track_caller]
        fn check(set: &[(&'static str, &'static str)], expected: Result<&str, PathError>) {
            assert_eq!(config_file_from(&variables(set)), expected.map(PathBuf::from));
        }
        let home = ("HOME", "/home/me");
        check(&[("HOOFBEAT_CONFIG", "/c.toml"), home], Ok("/c.toml"));
        check(&[("XDG_CONFIG_HOME", "/x"), home], Ok("/x/hoofbeat/config.toml"));
        check(&[home], Ok("/home/me/.config/hoofbeat/config.toml"));
        check(&[], Err(PathError::NoConfigFile));
    }
}
