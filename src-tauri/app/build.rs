//! Declares every command of the window, so that each is denied unless a capability in tauri.conf.json names it.

fn main() {
    let commands = &["subscribe", "unsubscribe", "ask", "save"];
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("{error:#}");
    }
}
