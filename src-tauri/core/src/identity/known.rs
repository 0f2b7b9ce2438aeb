//! The table of programs that people know by another name than their file's: `known.txt`.
//!
//! It is data, read once. Deliberately not here: which programs may use a GPU; that is what a person decides.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What sort of program it is, where that matters to others than itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// It works for a person.
    Program,
    /// Hoofbeat itself, which goes by its own names wherever it was started.
    Own,
    /// It runs a model, whose name stands in its arguments.
    Model,
    /// It mines coins.
    Miner,
    /// A part of the desktop, which uses the GPU whenever something is on the screen.
    Desktop,
    /// It belongs to whatever started it.
    Part,
    /// A terminal: what runs in it has a name of its own.
    Terminal,
    /// An editor with a terminal in it.
    Editor,
    /// Lets people in from other machines.
    Remote,
    /// Starts programs at a time or in a queue.
    Schedule,
    /// Starts services and containers.
    Host,
    /// A part of the kernel.
    Kernel,
    /// A process that this machine does not show us.
    Hidden,
}

impl Role {
    /// The roles that the table may give.
    const WORDS: &[(&str, Role)] = &[
        ("program", Role::Program),
        ("own", Role::Own),
        ("model", Role::Model),
        ("miner", Role::Miner),
        ("desktop", Role::Desktop),
        ("part", Role::Part),
        ("terminal", Role::Terminal),
        ("editor", Role::Editor),
        ("remote", Role::Remote),
        ("schedule", Role::Schedule),
        ("host", Role::Host),
    ];

    /// Whether a person would say that something was started "via" this.
    pub(super) fn starts(self) -> bool {
        matches!(self, Role::Terminal | Role::Editor | Role::Remote | Role::Schedule)
    }

    /// Whether what runs inside of it goes by a name of its own.
    pub(super) fn is_place_for_others(self) -> bool {
        self.starts() || matches!(self, Role::Desktop | Role::Host)
    }
}

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub role: Role,
    pub name: &'static str,
}

struct Table {
    exact: HashMap<&'static str, Known>,
    prefixes: Vec<(&'static str, Known)>,
    folders: HashMap<&'static str, Known>,
    names: HashMap<&'static str, Role>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table =
        Table { exact: HashMap::new(), prefixes: Vec::new(), folders: HashMap::new(), names: HashMap::new() };
    // A line that says nothing is left out here; a test sees to it that there is none.
    for (role, name, patterns) in include_str!("known.txt").lines().filter_map(line) {
        table.names.insert(name, role);
        for pattern in patterns.split_whitespace() {
            let known = Known { role, name };
            if let Some(folder) = pattern.strip_prefix('/') {
                table.folders.insert(folder, known);
            } else if let Some(prefix) = pattern.strip_suffix('*') {
                table.prefixes.push((prefix, known));
            } else {
                table.exact.insert(pattern, known);
            }
        }
    }
    table
});

fn line(line: &'static str) -> Option<(Role, &'static str, &'static str)> {
    let mut columns = line.split('|').map(str::trim);
    let role = columns.next().filter(|word| !word.starts_with('#'))?;
    let role = Role::WORDS.iter().find(|(word, _)| *word == role)?.1;
    Some((role, columns.next()?, columns.next()?))
}

/// The program of this name: of a file, a script without its ending, a module, a unit or an application.
pub(super) fn named(name: &[u8]) -> Option<&'static Known> {
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    let prefixed = || TABLE.prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, known)| known);
    TABLE.exact.get(name.as_str()).or_else(prefixed)
}

/// The role of what people call so, or whose program is called so; `None` for one that the table does not have.
pub fn role_of(name: &[u8]) -> Option<Role> {
    let name = std::str::from_utf8(name).ok()?;
    TABLE.names.get(name).copied().or_else(|| named(name.as_bytes()).map(|known| known.role))
}

/// The program that lives in a folder of this path, the innermost first.
pub(super) fn in_folder(path: &[u8]) -> Option<&'static Known> {
    let folders = path.rsplit(|byte| *byte == b'/').skip(1).filter_map(|folder| std::str::from_utf8(folder).ok());
    folders.into_iter().find_map(|folder| TABLE.folders.get(folder.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_says_something_new() {
        let mut seen = std::collections::HashSet::new();
        for text in include_str!("known.txt").lines().filter(|text| !text.is_empty() && !text.starts_with('#')) {
            let (_, name, patterns) = line(text).unwrap_or_else(|| panic!("{text}"));
            assert!(!name.is_empty() && text.split('|').count() == 3, "{text}");
            assert!(patterns.split_whitespace().count() > 0, "{text}");
            for pattern in patterns.split_whitespace() {
                assert_eq!(pattern, pattern.to_ascii_lowercase(), "{text}");
                assert!(seen.insert(pattern), "{pattern} twice");
            }
        }
    }

    #[test]
    fn programs_are_found_by_name_prefix_and_folder() {
        assert_eq!(named(b"Ollama").map(|known| known.name), Some("Ollama"));
        assert_eq!(named(b"VLLM::EngineCore").map(|known| known.role), Some(Role::Model));
        assert_eq!(in_folder(b"/home/bob/ComfyUI/main.py").map(|known| known.name), Some("ComfyUI"));
        assert_eq!(in_folder(b"/home/bob/work/comfyui"), None);
        assert_eq!(named(b"\xff"), None);
        assert_eq!(named(b""), None);
    }
}
