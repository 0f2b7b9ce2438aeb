//! Lists the files of the built pages, so that the program carries them: it is one file that runs anywhere.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo sets it"));
    let pages = own.join("../../ui/dist");
    println!("cargo::rerun-if-changed={}", pages.display());
    assert!(pages.join("index.html").exists(), "ui/dist is not built; `make setup` does that");
    let mut table = String::from("&[\n");
    list(&pages, &pages, &mut table);
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    fs::write(out.join("pages.rs"), table).expect("Cargo's folder can be written");
}

fn list(folder: &Path, root: &Path, table: &mut String) {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("it is there").map(|file| file.expect("it can be read").path()).collect();
    // The same pages make the same program.
    files.sort();
    for file in files {
        if file.is_dir() {
            list(&file, root, table);
            continue;
        }
        let name = file.strip_prefix(root).expect("it lies within").to_str().expect("our own names are text");
        writeln!(table, "    ({:?}, include_bytes!({file:?})),", format!("/{name}")).expect("memory takes it");
    }
}
