//! Completions and manual pages are generated, committed for the packages, and kept up to date by these tests.

use std::collections::BTreeMap;

use crate::sandbox::{Sandbox, repository};

/// Where they lie.
const FOLDER: &str = "src-tauri/cli/generated";

#[test]
fn completions_and_manual_pages_are_up_to_date() {
    let sandbox = Sandbox::new();
    let mut files = BTreeMap::new();
    for (shell, file) in [("bash", "hoofbeat.bash"), ("zsh", "_hoofbeat"), ("fish", "hoofbeat.fish")] {
        files.insert(file.to_string(), sandbox.run(&["completions", shell]).stdout);
    }
    let page = sandbox.run(&["man"]).stdout;
    let commands: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("hoofbeat\\-").and_then(|line| line.strip_suffix("(1)")))
        .map(str::to_string)
        .collect();
    assert!(commands.len() >= 12, "{commands:?} of {page}");
    for command in commands.iter().filter(|command| *command != "help") {
        files.insert(format!("hoofbeat-{command}.1"), sandbox.run(&["man", command]).stdout);
    }
    files.insert("hoofbeat.1".to_string(), page);

    let folder = repository(FOLDER);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    }
    let committed: BTreeMap<String, String> = std::fs::read_dir(&folder)
        .expect("UPDATE_GOLDEN=1 writes it")
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap()))
        .collect();
    assert_eq!(
        committed.keys().collect::<Vec<_>>(),
        files.keys().collect::<Vec<_>>(),
        "UPDATE_GOLDEN=1 writes them anew"
    );
    for (name, text) in files {
        assert!(committed[&name] == text, "{name} is stale: UPDATE_GOLDEN=1 writes it anew");
    }
}
