//! Where Hoofbeat's other programs are: the window, and what sends alerts to a web server.
//!
//! They are looked for beside this program first, so that a checkout or an unpacked archive starts its own, then on the
//! path. Deliberately not here: starting them, which each does in its own way.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Where the program of this name is.
///
/// # Errors
/// One sentence that says where it was looked for.
pub fn find(name: &str) -> Result<PathBuf, String> {
    let own = std::env::current_exe().ok();
    find_in(name, own.as_deref().and_then(Path::parent), std::env::var_os("PATH").as_deref())
}

fn find_in(name: &str, beside: Option<&Path>, path: Option<&OsStr>) -> Result<PathBuf, String> {
    let folders = beside.map(Path::to_path_buf).into_iter().chain(path.into_iter().flat_map(std::env::split_paths));
    for folder in folders {
        let program = folder.join(name);
        if rustix::fs::access(&program, rustix::fs::Access::EXEC_OK).is_ok() && program.is_file() {
            return Ok(program);
        }
    }
    let beside = beside.map(|folder| format!("in {} and ", folder.display())).unwrap_or_default();
    Err(format!("{name} is not installed; it was looked for {beside}in the folders of PATH"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_program_beside_ours_comes_before_the_path() {
        const NAME: &str = "hoofbeat-test";
        let here = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let folder = here.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        };
        let install = |folder: &Path, mode: u32| {
            let program = folder.join(NAME);
            std::fs::write(&program, "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
            program
        };
        let (beside, first, second) = (folder("beside"), folder("first"), folder("second"));
        let path = std::env::join_paths([&first, &second]).unwrap();

        let missing = find_in(NAME, Some(&beside), Some(&path)).unwrap_err();
        assert!(missing.contains(&beside.display().to_string()), "{missing}");

        install(&first, 0o644);
        let on_path = install(&second, 0o755);
        assert_eq!(find_in(NAME, Some(&beside), Some(&path)), Ok(on_path), "a file that nobody may run is passed over");

        let sibling = install(&beside, 0o755);
        assert_eq!(find_in(NAME, Some(&beside), Some(&path)), Ok(sibling));
    }
}
