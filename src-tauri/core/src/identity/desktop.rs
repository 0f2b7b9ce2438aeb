//! Names and icons of applications, from their `.desktop` files.
//!
//! The files are read when the first application is met, and again when one of their folders changed. Names are taken
//! without regard to the language: what is recorded must not be called otherwise once somebody changes it.
//! Deliberately not here: where the icons' files are, which a theme decides.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files;
use super::secret::cut;
use crate::parse::lines;
use crate::paths::Roots;
use crate::procfs::stat::program_name;

/// Where the system's applications are, and a user's below the home.
const SYSTEM: &[&str] = &[
    "usr/share/applications",
    "usr/local/share/applications",
    "var/lib/flatpak/exports/share/applications",
    "var/lib/snapd/desktop/applications",
];
const OWN: &[&str] = &[".local/share/applications", ".local/share/flatpak/exports/share/applications"];

/// More than any desktop has, so that a folder made to fill memory cannot.
const MOST: usize = 4000;
const LARGEST: u64 = 256 << 10;

/// Programs that start others: the file of one of these says nothing about the application.
const STARTERS: &[&[u8]] = &[
    b"bash",
    b"sh",
    b"zsh",
    b"env",
    b"flatpak",
    b"snap",
    b"python",
    b"python3",
    b"perl",
    b"java",
    b"wine",
    b"mono",
    b"electron",
    b"xdg-open",
    b"gtk-launch",
    b"gio",
    b"pkexec",
    b"sudo",
    b"steam",
    b"gapplication",
    b"dbus-launch",
    b"busctl",
    b"systemctl",
    b"xterm",
    b"distrobox",
    b"node",
    b"gjs",
    b"kde-open",
];

/// One application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub name: Vec<u8>,
    pub icon: Option<Vec<u8>>,
    /// It is a terminal or has one: what runs in it goes by a name of its own.
    pub hosts: bool,
}

/// What one `.desktop` file tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parsed {
    entry: Option<Entry>,
    /// The program that it starts, and whether without arguments of its own.
    program: Option<(Vec<u8>, bool)>,
    class: Option<Vec<u8>>,
    flatpak: Option<Vec<u8>>,
}

/// The applications in some folders.
struct Index {
    folders: Vec<(PathBuf, Option<SystemTime>)>,
    entries: Vec<Entry>,
    /// By the file's name without its ending, the flatpak's, and the class of its windows; in small letters.
    by_id: HashMap<Vec<u8>, usize>,
    by_program: HashMap<Vec<u8>, usize>,
}

/// The applications of the system, and of the one user whose home was read last.
#[derive(Default)]
pub(super) struct Applications {
    system: Option<Index>,
    own: Option<(u32, Index)>,
}

impl Applications {
    /// The application of this id.
    pub(super) fn of_id(&mut self, roots: &Roots, user: Option<u32>, id: &[u8]) -> Option<Entry> {
        let id = id.to_ascii_lowercase();
        self.find(roots, user, |index| index.by_id.get(&id))
    }

    /// The application that is started by this program.
    pub(super) fn of_program(&mut self, roots: &Roots, user: Option<u32>, program: &[u8]) -> Option<Entry> {
        let program = program.strip_suffix(b"-bin").unwrap_or(program);
        if STARTERS.contains(&program) || super::command::is_interpreter(program) {
            return None;
        }
        self.find(roots, user, |index| index.by_program.get(program))
    }

    fn find(&mut self, roots: &Roots, user: Option<u32>, look: impl Fn(&Index) -> Option<&usize>) -> Option<Entry> {
        let entry = |index: &Index| look(index).and_then(|at| index.entries.get(*at)).cloned();
        if let Some(user) = user
            && let Some(own) = self.own(roots, user)
            && let Some(found) = entry(own)
        {
            return Some(found);
        }
        let system = self.system.take().filter(Index::is_current);
        entry(self.system.insert(system.unwrap_or_else(|| Index::read(SYSTEM.iter().map(|path| roots.beside(path))))))
    }

    fn own(&mut self, roots: &Roots, user: u32) -> Option<&Index> {
        if !self.own.as_ref().is_some_and(|(of, index)| *of == user && index.is_current()) {
            let home = files::home(roots, user)?;
            self.own = Some((user, Index::read(OWN.iter().map(|path| home.join(path)))));
        }
        self.own.as_ref().map(|(_, index)| index)
    }
}

fn changed(folder: &Path) -> Option<SystemTime> {
    std::fs::metadata(folder).and_then(|meta| meta.modified()).ok()
}

impl Index {
    fn read(folders: impl Iterator<Item = PathBuf>) -> Index {
        let mut index =
            Index { folders: Vec::new(), entries: Vec::new(), by_id: HashMap::new(), by_program: HashMap::new() };
        let mut with_arguments = Vec::new();
        for folder in folders {
            // Before its files are read: what changes meanwhile is read again.
            index.folders.push((folder.clone(), changed(&folder)));
            let Ok(files) = std::fs::read_dir(&folder) else { continue };
            let mut paths: Vec<_> = files.flatten().map(|file| file.path()).take(MOST).collect();
            paths.sort();
            for path in paths.iter().filter(|path| path.extension().is_some_and(|ending| ending == "desktop")) {
                let Some(parsed) = files::read(path, LARGEST).map(|text| parse(&text)) else { continue };
                let Some(entry) = parsed.entry else { continue };
                if index.entries.len() >= MOST {
                    break;
                }
                let at = index.entries.len();
                index.entries.push(entry);
                let stem = path.file_stem().map(|stem| stem.as_encoded_bytes().to_vec());
                for id in [stem, parsed.flatpak, parsed.class].into_iter().flatten() {
                    index.by_id.entry(id.to_ascii_lowercase()).or_insert(at);
                }
                match parsed.program {
                    Some((program, true)) => drop(index.by_program.entry(program).or_insert(at)),
                    Some((program, false)) => with_arguments.push((program, at)),
                    None => {}
                }
            }
        }
        // A file that only opens the program is it; one that opens it in some mode is it where there is no other.
        for (program, at) in with_arguments {
            index.by_program.entry(program).or_insert(at);
        }
        index
    }

    fn is_current(&self) -> bool {
        self.folders.iter().all(|(folder, then)| changed(folder) == *then)
    }
}

fn parse(text: &[u8]) -> Parsed {
    let mut parsed = Parsed::default();
    let (mut name, mut icon, mut hosts) = (None, None, false);
    let group = lines(text).skip_while(|line| line.trim_ascii() != b"[Desktop Entry]").skip(1);
    for line in group.take_while(|line| !line.starts_with(b"[")) {
        let mut parts = line.splitn(2, |byte| *byte == b'=');
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { continue };
        let value = value.trim_ascii();
        if value.is_empty() {
            continue;
        }
        match key.trim_ascii() {
            b"Name" => name = Some(cut(value).to_vec()),
            b"Icon" => icon = Some(cut(value).to_vec()),
            b"Exec" => parsed.program = program(value),
            b"StartupWMClass" => parsed.class = Some(value.to_vec()),
            b"Categories" => {
                let mut kinds = value.split(|byte| *byte == b';');
                hosts = kinds.any(|kind| matches!(kind, b"TerminalEmulator" | b"IDE"));
            }
            b"X-Flatpak" => parsed.flatpak = Some(value.to_vec()),
            _ => {}
        }
    }
    parsed.entry = name.map(|name| Entry { name, icon, hosts });
    parsed
}

/// The program's file name in a line such as `env A=B "/opt/x/thing" --new %U`, and whether it has no argument.
fn program(exec: &[u8]) -> Option<(Vec<u8>, bool)> {
    // Of games that a shop started, the shop is no name.
    if exec.windows(3).any(|part| part == b"://") {
        return None;
    }
    let words = exec.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let mut words = words.skip_while(|word| *word == b"env" || word.contains(&b'='));
    let first = words.next()?;
    let first = first.strip_prefix(b"\"").unwrap_or(first);
    let name = program_name(first.strip_suffix(b"\"").unwrap_or(first)).filter(|name| name.len() < 256)?;
    let name = name.strip_suffix(b"-bin").unwrap_or(name);
    (!STARTERS.contains(&name)).then(|| (name.to_vec(), words.all(|word| word.starts_with(b"%"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_main_group_counts() {
        let parsed = parse(
            b"# x\n[Desktop Entry]\nName=Thing\nName[de]=Ding\nIcon=thing\nExec=env A=B \"/opt/thing-bin\" %U\n\
            [Desktop Action new]\nName=New\nExec=other\n",
        );
        let entry = Entry { name: b"Thing".to_vec(), icon: Some(b"thing".to_vec()), hosts: false };
        assert_eq!(parsed.entry, Some(entry));
        assert_eq!(parsed.program, Some((b"thing".to_vec(), true)));
        assert_eq!(parse(b"Name=x\n"), Parsed::default());
        for exec in ["steam steam://rungameid/570", "bash -c x", "flatpak run x", "", "A=B", "env"] {
            assert_eq!(program(exec.as_bytes()), None, "{exec}");
        }
        assert_eq!(program(b"soffice --calc %U"), Some((b"soffice".to_vec(), false)));
    }

    #[test]
    fn a_new_application_is_found_once_its_folder_changed() {
        let root = tempfile::tempdir().unwrap();
        let roots = Roots::at(root.path());
        let folder = root.path().join("usr/share/applications");
        std::fs::create_dir_all(&folder).unwrap();
        let mut applications = Applications::default();
        assert_eq!(applications.of_program(&roots, None, b"thing"), None);
        std::fs::write(folder.join("a.desktop"), "[Desktop Entry]\nName=In a mode\nExec=thing --mode\n").unwrap();
        std::fs::write(folder.join("b.desktop"), "[Desktop Entry]\nName=Thing\nExec=thing %U\nX-Flatpak=org.Thing\n")
            .unwrap();
        // The clock of a file system may tick slower than this test.
        std::fs::File::open(&folder).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(applications.of_program(&roots, None, b"thing").map(|entry| entry.name), Some(b"Thing".to_vec()));
        assert_eq!(applications.of_id(&roots, Some(7), b"org.thing").map(|entry| entry.name), Some(b"Thing".to_vec()));
    }
}
