//! Where Hoofbeat's files are.
//!
//! Deliberately not here: making folders and judging whether they are safe, which is the store's.

use std::path::PathBuf;

/// The folder of the database: `chosen` (`--data-dir`), else `HOOFBEAT_DATA_DIR`, else `$XDG_DATA_HOME/hoofbeat`, else
/// `~/.local/share/hoofbeat`.
pub fn data_dir(chosen: Option<PathBuf>) -> PathBuf {
    chosen.or_else(|| variable("HOOFBEAT_DATA_DIR")).unwrap_or_else(|| base("XDG_DATA_HOME", ".local/share"))
}

/// The config file: `HOOFBEAT_CONFIG`, else `$XDG_CONFIG_HOME/hoofbeat/config.toml`, else
/// `~/.config/hoofbeat/config.toml`.
pub fn config_file() -> PathBuf {
    variable("HOOFBEAT_CONFIG").unwrap_or_else(|| base("XDG_CONFIG_HOME", ".config").join("config.toml"))
}

fn base(name: &str, under_home: &str) -> PathBuf {
    // The XDG specification wants a relative path in these variables to be ignored.
    let folder = variable(name).filter(|path| path.is_absolute());
    folder.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(under_home)).join("hoofbeat")
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
