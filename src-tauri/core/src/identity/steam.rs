//! What a game is called that Steam started.
//!
//! Deliberately not here: finding out that it did (`program`, from the ancestors' arguments, and the environment).

use std::path::{Path, PathBuf};

use super::files;
use super::secret::cut;
use crate::parse::lines;
use crate::paths::Roots;

/// Where Steam's folder lies below a home, by how it was installed.
const FOLDERS: &[&str] = &[
    ".local/share/Steam",
    ".steam/steam",
    ".steam/debian-installation",
    ".var/app/com.valvesoftware.Steam/.local/share/Steam",
    "snap/steam/common/.local/share/Steam",
];

const LARGEST: u64 = 1 << 20;

/// The game's name, from the library that it is installed in.
pub(super) fn name(roots: &Roots, user: u32, game: u32) -> Option<Vec<u8>> {
    let home = files::home(roots, user)?;
    let manifest = format!("appmanifest_{game}.acf");
    FOLDERS.iter().find_map(|folder| {
        let apps = home.join(folder).join("steamapps");
        let others = files::read(&apps.join("libraryfolders.vdf"), LARGEST).unwrap_or_default();
        let others = values(&others, b"path").filter_map(|path| library(roots, path));
        std::iter::once(apps.clone()).chain(others).take(16).find_map(|apps| manifest_name(&apps.join(&manifest)))
    })
}

fn library(roots: &Roots, path: &[u8]) -> Option<PathBuf> {
    let path = std::str::from_utf8(path).ok()?.strip_prefix('/')?;
    Some(roots.beside(path).join("steamapps"))
}

fn manifest_name(path: &Path) -> Option<Vec<u8>> {
    let text = files::read(path, LARGEST)?;
    values(&text, b"name").next().map(|name| cut(name).to_vec()).filter(|name| !name.is_empty())
}

/// The values of lines such as `"name"   "Dota 2"`.
fn values<'a>(text: &'a [u8], key: &'static [u8]) -> impl Iterator<Item = &'a [u8]> {
    lines(text).filter_map(move |line| {
        let rest = line.trim_ascii().strip_prefix(b"\"")?.strip_prefix(key)?.strip_prefix(b"\"")?;
        rest.trim_ascii().strip_prefix(b"\"")?.strip_suffix(b"\"")
    })
}
