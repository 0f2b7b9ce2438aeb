//! Which room of the house sees which: siblings do not import each other, and nothing at the bottom looks up.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may name. A new room gets its line here.
const ROOMS: &[(&str, &[&str])] = &[
    ("language", &[]),
    ("metrics", &[]),
    ("untrusted", &[]),
    ("paths", &[]),
    ("heap", &[]),
    ("autostart", &["paths"]),
    ("parse", &[]),
    ("procfs", &["parse", "paths", "untrusted"]),
    ("model", &["language", "metrics", "untrusted"]),
    ("clock", &["model"]),
    ("format", &["language", "metrics", "model"]),
    ("alerts", BELOW),
    ("config", BELOW),
    // What part somebody plays follows from the name.
    ("why", &["language", "metrics", "untrusted", "identity", "model", "format"]),
    // A process is named while it is met, beside what the sensors read of it.
    ("identity", &["untrusted", "paths", "parse", "procfs"]),
    ("fingerprint", &["untrusted", "paths"]),
    (
        "sensors",
        &["language", "metrics", "untrusted", "paths", "parse", "procfs", "identity", "model", "clock", "format"],
    ),
    ("store", BELOW),
    // It looks into the parsers of the rooms beside it, and none of them knows of it.
    ("laws", &["metrics", "untrusted", "paths", "procfs", "identity", "sensors"]),
    (
        "engine",
        &[
            "language",
            "metrics",
            "untrusted",
            "paths",
            "model",
            "clock",
            "format",
            "alerts",
            "config",
            "fingerprint",
            "sensors",
            "store",
            "why",
        ],
    ),
    (
        "api",
        &[
            "identity",
            "language",
            "metrics",
            "untrusted",
            "paths",
            "model",
            "clock",
            "format",
            "alerts",
            "config",
            "sensors",
            "store",
            "why",
        ],
    ),
];

/// What lies below the siblings.
const BELOW: &[&str] = &["language", "metrics", "untrusted", "paths", "parse", "procfs", "model", "clock", "format"];

/// The rooms that a source text names in code, the tests in it included.
fn named(text: &str) -> Vec<String> {
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let first = |path: &str| path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        // Another crate's name may end in these letters.
        if code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        match rest.strip_prefix('{') {
            Some(list) => {
                found.extend(list.split('}').next().unwrap_or_default().split(',').map(|one| first(one.trim())))
            }
            None => found.push(first(rest)),
        }
    }
    found
}

/// The rooms that each file of a folder names; a room is a file `x.rs` with its folder `x`.
fn look(folder: &Path, room: Option<&str>, seen: &mut BTreeMap<String, Vec<(String, String)>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let of = room.unwrap_or(&stem).to_owned();
        if path.is_dir() {
            look(&path, Some(&of), seen);
        } else if path.extension().is_some_and(|end| end == "rs") && of != "lib" {
            let names = named(&fs::read_to_string(&path).unwrap());
            let file = path.display().to_string();
            seen.entry(of).or_default().extend(names.into_iter().map(|name| (file.clone(), name)));
        }
    }
}

#[test]
fn no_room_looks_up_or_beside_itself() {
    let mut seen = BTreeMap::new();
    look(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), None, &mut seen);
    for (room, names) in &seen {
        let line = ROOMS.iter().find(|(known, _)| known == room);
        let (_, may) = line.unwrap_or_else(|| panic!("{room} is new: say in ROOMS what it may name"));
        for (file, name) in
            names.iter().filter(|(_, name)| name != room && ROOMS.iter().any(|(known, _)| known == name))
        {
            assert!(may.contains(&name.as_str()), "{file} names {name}, which {room} must not know");
        }
    }
    // The test sees what there is to see.
    let names = |room: &str, other: &str| seen[room].iter().any(|(_, name)| name == other);
    assert!(names("engine", "store") && names("store", "model") && names("api", "store"));
}

/// The files of a folder, and of those in it.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn two_modules_alone_speak_c() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    all.retain(|path| fs::read_to_string(path).unwrap().contains("unsafe_code"));
    all.sort();
    assert_eq!(all, ["heap.rs", "sensors/nvidia/raw.rs"].map(|path| source.join(path)));
}

#[test]
fn names_are_found_in_code_alone() {
    let text = "//! crate::api\nuse crate::{model, store::Reader};\nuse tests_crate::engine;\nlet x = crate::clock::now(); // crate::why\n";
    assert_eq!(named(text), ["model", "store", "clock"]);
}
