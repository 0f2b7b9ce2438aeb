//! What the targets share. Each feeds one parser through `hoofbeat_core::laws`, which says what must hold.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A folder of this run's own, for parsers that read files.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| std::env::temp_dir().join(format!("hoofbeat-fuzz-{}", std::process::id())))
}
