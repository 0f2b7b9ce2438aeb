//! The text of the last config file without a fault, kept beside the recording.
//!
//! A slip of the finger in the file is not to take a person's rules out of force, be the recorder started anew with it or a
//! face asked what fires. Deliberately not here: when the file is read, and what is said of one that is refused (`engine`).

use std::path::Path;

use super::{Config, ConfigError, edit, text};
use crate::say;

/// Its name in the folder of the recording.
const NAME: &str = "config.last-good.toml";

impl Config {
    /// What holds by this file, for who does not record: the defaults where there is none; and where it is refused what the
    /// recorder of `folder` last read without a fault, with a sentence on the fault and on what holds.
    pub fn standing(file: &Path, folder: &Path) -> (Config, Option<String>) {
        or_last_good(Config::in_force(file), folder)
    }

    /// What the recorder of `folder` last read without a fault; `None` where it read nothing yet that is.
    pub fn last_good(folder: &Path) -> Option<Config> {
        let file = folder.join(NAME);
        Config::parse(&text(&file).ok()?, &file).ok()
    }
}

/// What was read; or what holds in its place, with a sentence on that.
pub(super) fn or_last_good(read: Result<Config, ConfigError>, folder: &Path) -> (Config, Option<String>) {
    match read {
        Ok(config) => (config, None),
        Err(error) => match Config::last_good(folder) {
            Some(config) => {
                (config, Some(say!("{error}. Until then the last settings without a mistake hold.", error)))
            }
            None => (Config::default(), Some(say!("{error}. Until then the defaults hold.", error))),
        },
    }
}

/// Keeps the text of a file that was read without a fault. A disk that is full loses no more than that.
pub(super) fn keep(folder: &Path, good: &str) {
    let file = folder.join(NAME);
    if text(&file).is_ok_and(|kept| kept == good) {
        return;
    }
    if let Err(error) = edit::replace(&file, good) {
        log::warn!("the settings in force cannot be kept for the next start: {error}");
    }
}
