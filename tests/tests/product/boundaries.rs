//! What Hoofbeat promises not to do.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;

use hoofbeat_product_tests::sandbox::repository;
use hoofbeat_product_tests::{Desktop, wait_until};

/// The crates that a package's programs link, by name.
fn dependencies(package: &str) -> HashSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--locked", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    let output = command.args(["--package", package]).current_dir(repository()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8_lossy(&output.stdout);
    names.lines().filter_map(|line| Some(line.split(' ').next()?.to_string())).collect()
}

#[test]
fn the_recorder_links_no_gui_toolkit() {
    const TOOLKITS: &[&str] = &["gtk", "gdk", "webkit", "tauri", "wry", "tao", "winit"];
    for package in ["hoofbeat-core", "hoofbeat"] {
        let linked = dependencies(package);
        assert!(linked.contains("rusqlite"), "the list is not that of {package}: {linked:?}");
        let toolkits: Vec<_> =
            linked.iter().filter(|name| TOOLKITS.iter().any(|toolkit| name.starts_with(toolkit))).collect();
        assert!(toolkits.is_empty(), "{package} links {toolkits:?}");
    }
}

#[test]
fn sql_is_in_the_store_alone() {
    fn look(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("the sources lie there").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(repository()).expect("we look in the repository").display().to_string();
            if path.is_dir() {
                look(&path, found);
            } else if name.ends_with(".rs") && !name.starts_with("src-tauri/core/src/store") {
                let text = std::fs::read_to_string(&path).expect("sources are text");
                if text.contains("rusqlite::") {
                    found.push(name);
                }
            }
        }
    }
    let mut found = Vec::new();
    for package in ["core", "cli", "app"] {
        look(&repository().join("src-tauri").join(package), &mut found);
    }
    // Tests of other rooms may look into the database with their own eyes.
    found.retain(|name| !name.contains("/tests"));
    assert!(found.is_empty(), "rusqlite outside of the store: {found:?}");
}

#[test]
fn nothing_opens_a_network_connection() {
    let Some(mut desktop) = Desktop::start() else { return };
    desktop.start_panel();
    let watch = desktop.watch(&[]);
    assert!(desktop.run(&["open"]).status.success());
    desktop.wait_for_window("Hoofbeat");
    desktop.wait_for_ticks(3);
    wait_until("WebKit's process for the network", || !desktop.named("WebKitNetworkProcess").is_empty());

    // Each socket of ours must be none of those that reach a network.
    let mut sockets = HashSet::new();
    for table in ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"] {
        let text = std::fs::read_to_string(format!("/proc/{}/net/{table}", watch.pid())).unwrap_or_default();
        sockets.extend(
            text.lines().skip(1).filter_map(|line| Some(format!("socket:[{}]", line.split_whitespace().nth(9)?))),
        );
    }
    let ours = |name: &str| name.starts_with("hoofbeat") || name.starts_with("WebKit");
    let processes: Vec<_> = desktop.processes().into_iter().filter(|(_, name)| ours(name)).collect();
    assert!(processes.len() >= 4, "recorder, window and WebKit's own: {processes:?}");
    for (pid, name) in processes {
        for entry in std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let Ok(target) = std::fs::read_link(entry.path()) else { continue };
            assert!(!sockets.contains(&*target.to_string_lossy()), "{name} ({pid}) has a network socket");
        }
    }
}
