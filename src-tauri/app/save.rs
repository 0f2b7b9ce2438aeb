//! Charts and tables that a person takes from the page: files in the folder for downloads.
//!
//! This is not WebKit's own download. For that one, the guard of the window would have to let through addresses that a page
//! makes up (`blob:`), the page would not hear where the file lies or why there is none, and what came into being between
//! a look for a free name and the writing would be overwritten. A browser on `hoofbeat serve` saves by itself.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use hoofbeat_core::say;
use hoofbeat_page::{Code, Failure};

/// What a page may save, by the end of its name.
const KINDS: [&str; 3] = ["csv", "png", "svg"];
/// Longer names would be refused by file systems once a number joins them.
const LONGEST: usize = 120;
/// After so many files of one name, somebody presses a key and does not look.
const MOST: u32 = 1000;

/// Writes a new file into the folder for downloads, under this name or, where that is taken, with a number behind it. Only
/// its owner can read it, as with everything that is recorded.
pub(crate) fn new_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
    let Some((stem, kind)) = parts(name) else {
        return Err(Failure::new(
            Code::BadRequest,
            say!("A file cannot be called {name}.", name = format!("{name:?}")),
        ));
    };
    let cannot = |error: std::io::Error| {
        let code = if error.kind() == ErrorKind::StorageFull { Code::Full } else { Code::Io };
        let folder = folder.display();
        Failure::new(
            code,
            say!("{name} cannot be saved in {folder}: {error}. Copying works without a file.", name, folder, error),
        )
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    for number in 1..=MOST {
        let free = if number == 1 { name.to_owned() } else { format!("{stem}-{number}.{kind}") };
        let path = folder.join(free);
        // Neither a file nor a link that somebody laid there is ever written to.
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(cannot(error)),
        };
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            // Half a file would be taken for a whole one.
            let _ = fs::remove_file(&path);
            return Err(cannot(error));
        }
        return Ok(path);
    }
    let folder = folder.display();
    Err(Failure::new(
        Code::Io,
        say!(
            "There are {most} files called {name} in {folder} already. Remove some of them.",
            most = MOST,
            name,
            folder
        ),
    ))
}

/// The folder for downloads: the one that the desktop names, otherwise `Downloads` as with browsers.
pub(crate) fn folder(named: Option<PathBuf>, home: &Path) -> PathBuf {
    named.unwrap_or_else(|| home.join("Downloads"))
}

/// A path as a person says it.
pub(crate) fn spoken(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) => format!("~/{}", rest.display()),
        Err(_) => path.display().to_string(),
    }
}

/// A name before its last dot and after it, where a page may save that.
fn parts(name: &str) -> Option<(&str, &str)> {
    let (stem, kind) = name.rsplit_once('.')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_ours = KINDS.contains(&kind) && !stem.is_empty() && name.len() <= LONGEST && stem.chars().all(is_plain);
    is_ours.then_some((stem, kind))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_takes_a_free_name_and_is_its_owners_alone() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Downloads");
        let first = new_file(&folder, "gpu-power.csv", b"1").unwrap();
        let second = new_file(&folder, "gpu-power.csv", b"2").unwrap();
        assert_eq!(first, folder.join("gpu-power.csv"));
        assert_eq!(second, folder.join("gpu-power-2.csv"));
        assert_eq!(fs::read(&first).unwrap(), b"1");
        assert_eq!(fs::read(&second).unwrap(), b"2");
        assert_eq!(fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(spoken(&second, home.path()), "~/Downloads/gpu-power-2.csv");
    }

    #[test]
    fn a_link_that_lies_there_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        symlink(&target, folder.path().join("a.png")).unwrap();
        assert_eq!(new_file(folder.path(), "a.png", b"x").unwrap(), folder.path().join("a-2.png"));
        assert!(!target.exists());
    }

    #[test]
    fn a_page_may_not_choose_where() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("{}.csv", "x".repeat(LONGEST));
        for name in
            ["", ".csv", "a", "a.sh", "../a.csv", "a/b.csv", "/tmp/a.csv", "a b.csv", "a.b.csv", "a\0.csv", &long]
        {
            let refused = new_file(folder.path(), name, b"x").unwrap_err();
            assert_eq!(refused.code, Code::BadRequest, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn where_nothing_can_be_written_it_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let refused = new_file(&file, "a.csv", b"x").unwrap_err();
        assert!(refused.message.contains("a.csv cannot be saved in"), "{}", refused.message);
    }

    #[test]
    fn the_desktops_own_folder_comes_first() {
        let home = Path::new("/home/eva");
        assert_eq!(folder(Some("/data/in".into()), home), Path::new("/data/in"));
        assert_eq!(folder(None, home), Path::new("/home/eva/Downloads"));
        assert_eq!(spoken(Path::new("/data/in/a.csv"), home), "/data/in/a.csv");
    }
}
