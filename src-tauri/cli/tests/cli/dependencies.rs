//! What the small binary must never be built from.

use std::process::Command;

use crate::sandbox::repository;

/// Names of the packages that `package` is built from.
fn packages(package: &str) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "-p", package, "-e", "normal,build", "--prefix", "none", "--no-dedupe"])
        .current_dir(repository("."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // Name and version; what follows may be a folder of this machine.
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<String> =
        text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    lines.dedup();
    assert!(lines.iter().any(|line| line.starts_with("serde_json ")), "that is no tree: {lines:?}");
    lines
}

#[test]
fn no_gui_toolkit_is_linked() {
    for package in ["hoofbeat", "hoofbeat-core"] {
        let found = packages(package);
        let gui: Vec<_> = found
            .iter()
            .filter(|line| {
                ["gtk", "gdk", "webkit", "tauri", "wry", "tao ", "x11", "wayland", "tokio"]
                    .iter()
                    .any(|name| line.contains(name))
            })
            .collect();
        assert!(gui.is_empty(), "{package} is built from {gui:?}");
    }
}

#[test]
fn nothing_that_speaks_with_servers_is_linked() {
    const NAMES: &[&str] =
        &["ureq", "rustls", "ring ", "webpki", "native-tls", "openssl", "aws-lc", "hyper", "reqwest", "http "];
    let network = |package| {
        let mut found = packages(package);
        found.retain(|line| NAMES.iter().any(|name| line.starts_with(name)));
        found
    };
    for package in ["hoofbeat", "hoofbeat-core"] {
        let found = network(package);
        assert!(found.is_empty(), "{package} is built from {found:?}, which belongs into hoofbeat-webhook");
    }
    assert!(network("hoofbeat-webhook").len() >= 3, "the names are those of what is linked there");
}

#[test]
fn there_is_one_sqlite_and_one_message_bus() {
    let found = packages("hoofbeat");
    for name in ["libsqlite3-sys ", "rusqlite ", "zbus ", "rustix "] {
        let versions: Vec<_> = found.iter().filter(|line| line.starts_with(name)).collect();
        assert_eq!(versions.len(), 1, "{versions:?}");
    }
}
