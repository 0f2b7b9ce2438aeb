//! Who has a user id.
//!
//! Of a captured machine its own list of users is asked, where that was captured: the same number is somebody else here.
//! Deliberately not here: groups, and whoever is only known to a directory of the captured machine's network.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A list of users is not longer: a captured file may be anything.
const LONGEST: u64 = 1 << 20;

/// Names of users, each looked up once: a network directory may be slow.
pub struct Users {
    /// Whether they are this machine's.
    here: bool,
    known: HashMap<u32, String>,
}

impl Users {
    /// This machine's, or those of the captured one at `root`.
    pub fn at(root: Option<&Path>) -> Users {
        Users { here: root.is_none(), known: root.map(listed).unwrap_or_default() }
    }

    /// The name of a user, or the number where there is none.
    pub fn name(&mut self, uid: u32) -> String {
        let here = self.here;
        let look = || {
            let user = if here { uzers::get_user_by_uid(uid) } else { None };
            user.map_or_else(|| uid.to_string(), |user| user.name().to_string_lossy().into_owned())
        };
        self.known.entry(uid).or_insert_with(look).clone()
    }
}

/// The users that `etc/passwd` below a root names; the first of a number counts, as it does for the system.
fn listed(root: &Path) -> HashMap<u32, String> {
    let mut bytes = Vec::new();
    let file = root.join("etc/passwd");
    // A pipe would never end to be opened.
    if file.is_file() {
        let read = File::open(&file).and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
        if let Err(error) = read {
            log::warn!("{} cannot be read, so users go by their numbers: {error}", file.display());
        }
    }
    let mut known = HashMap::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let mut fields = line.split(':');
        let (Some(name), Some(uid)) = (fields.next(), fields.nth(1).and_then(|uid| uid.parse().ok())) else { continue };
        if !name.is_empty() {
            known.entry(uid).or_insert_with(|| name.to_owned());
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_a_captured_machine_are_its_own() {
        let root = tempfile::tempdir().unwrap();
        let name = |uid| Users::at(Some(root.path())).name(uid);
        // Whoever has this number here is not asked.
        assert_eq!(name(0), "0");
        std::fs::create_dir(root.path().join("etc")).unwrap();
        let text = "admin:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/sh\neve:x:1000:1::/:/bin/sh\n\
                    no number\n:x:7:7::/:/bin/sh\nbad:x:-1:0::/:/bin/sh\n";
        std::fs::write(root.path().join("etc/passwd"), text).unwrap();
        assert_eq!([0, 1000, 7, 1].map(name), ["admin", "ada", "7", "1"]);
    }
}
