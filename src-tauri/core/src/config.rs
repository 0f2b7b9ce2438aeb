//! The TOML file of the person: what may be set, what it means, and what holds where nothing is set.
//!
//! [`SETTINGS`], [`RULE_KEYS`] and [`EXPECT_KEYS`] are the one place from which reading, validation, defaults, the commented example file
//! and the docs derive: a new setting is one line there, and the field of [`Config`] that it sets. A file is taken whole
//! or refused whole, with file, line, column, reason and remedy. Deliberately not here: watching the file, and what stays
//! in force when it is refused (`engine`).

mod builtin;
mod channels;
mod draft;
mod edit;
mod example;
mod expect;
mod inhibit;
mod last_good;
mod limits;
mod read;
mod rule;
mod settings;
mod typed;
mod values;

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::format;
use crate::language::Language;
use crate::model::baseline::Learning;
use crate::model::expectation::Expectation;
use crate::model::notify::Notify;
use crate::model::rule::Rule;
use crate::model::tray::IconStyle;
use crate::model::{Keep, UseRules};
use crate::say;

pub use builtin::{Listed, Origin};
pub use channels::{Address, Channels, CommandChannel, SecretFile, WebhookChannel, WebhookFormat};
pub use draft::{Draft, DraftProblem, Entry, FIELDS, RuleBook};
pub use edit::EditError;
pub use expect::EXPECT_KEYS;
pub use read::{Form, SETTINGS, Setting};
pub use rule::{RULE_KEYS, RuleKey};
pub use settings::{SettingNow, SettingsBook};

/// Everything that can be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Time between two samples on mains power; a divisor of a minute.
    pub tick: Duration,
    /// Time between two samples on battery; a divisor of a minute.
    pub tick_on_battery: Duration,
    /// How long history is kept, and how much of it.
    pub keep: Keep,
    /// Whether alerts are shown as notifications, and how many.
    pub notify: Notify,
    /// Where else alerts are told.
    pub channels: Channels,
    /// How the tray's icon says how busy the machine is.
    pub icon: IconStyle,
    /// What language is spoken; `None`: that of the desktop or browser.
    pub language: Option<Language>,
    /// What energy costs; shown where it is known.
    pub tariff: Tariff,
    /// What counts as use of a GPU.
    pub sessions: UseRules,
    /// The alert rules that are on: built in, changed, added.
    pub rules: Vec<Rule>,
    /// Those that are switched off, for who shows them.
    pub off: Vec<Rule>,
    /// Who may, must or must not use a GPU; nobody is forbidden where it is empty.
    pub expectations: Vec<Expectation>,
    /// How uses that nobody declared are learnt.
    pub learning: Learning,
}

/// What energy costs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tariff {
    /// Money for a kilowatt-hour; nothing is said of money where it is 0.
    pub price: f64,
    /// What that money is called.
    pub currency: String,
}

impl Tariff {
    /// What so many joules cost; `None` where no price is set.
    pub fn cost(&self, joules: f64) -> Option<f64> {
        (self.price > 0.0).then_some(joules / 3_600_000.0 * self.price)
    }

    /// So many joules in words: as money where a price is set, else as energy.
    pub fn words(&self, joules: f64) -> String {
        match self.cost(joules) {
            Some(amount) => format::about_money(amount, &self.currency),
            None => format::about_energy(joules),
        }
    }
}

/// Why a config file is refused. Its text is one sentence with the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Something in the file is not as it should be.
    #[error("{}:{line}:{column}: {reason}; {remedy}", .file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
        /// What to write instead.
        remedy: String,
    },
    /// The file cannot be read at all.
    #[error("{}: {reason}; {remedy}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: String,
    },
}

/// A config file is a page of text; anything much larger is not one.
const LONGEST: u64 = 1 << 20;

impl Default for Config {
    /// What holds without a file: the default of every setting, and the built-in rules.
    fn default() -> Self {
        read::defaults()
    }
}

impl Config {
    /// Reads the text of a config file. What it does not set has its default.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`], naming `file`.
    pub fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
        read::parse(text, file)
    }

    /// Reads a config file.
    ///
    /// # Errors
    /// See [`ConfigError`]; a file that does not exist is `Unreadable`.
    pub fn load(file: &Path) -> Result<Config, ConfigError> {
        Config::parse(&text(file).map_err(|error| unreadable(file, &error))?, file)
    }

    /// What holds by this file: the defaults where there is none.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn in_force(file: &Path) -> Result<Config, ConfigError> {
        if file.exists() { Config::load(file) } else { Ok(Config::default()) }
    }

    /// Reads a config file and keeps its text in the `folder` of the recording, for when the file is refused one day.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub(crate) fn take(file: &Path, folder: &Path) -> Result<Config, ConfigError> {
        let text = text(file).map_err(|error| unreadable(file, &error))?;
        let config = Config::parse(&text, file)?;
        last_good::keep(folder, &text);
        Ok(config)
    }

    /// Does the same, after writing the commented example there where no file is. Where it cannot be written
    /// (a home that is read-only), the defaults hold: a machine without a config is no machine without a history. Where the
    /// file is refused, the last settings without a fault hold, and the sentence says so.
    pub(crate) fn begin(file: &Path, folder: &Path) -> (Config, Option<String>) {
        if fs::metadata(file).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            if let Err(error) = create(file) {
                log::warn!("{}: the example config cannot be written ({error}); the defaults hold", file.display());
            }
            last_good::keep(folder, "");
            return (Config::default(), None);
        }
        last_good::or_last_good(Config::take(file, folder), folder)
    }

    /// The commented example file. Read as it is, it gives the defaults; so it does with every comment mark removed.
    pub fn example() -> String {
        example::text()
    }
}

fn text(file: &Path) -> std::io::Result<String> {
    let meta = fs::metadata(file)?;
    if !meta.is_file() {
        return Err(std::io::Error::other(say!("it is not a regular file")));
    }
    if meta.len() > LONGEST {
        return Err(std::io::Error::other(say!("it is larger than 1 MiB")));
    }
    fs::read_to_string(file)
}

fn unreadable(file: &Path, error: &std::io::Error) -> ConfigError {
    let remedy = match error.kind() {
        ErrorKind::NotFound => say!("`hoofbeat watch` writes an example there"),
        ErrorKind::PermissionDenied => say!("make it readable for your user"),
        ErrorKind::InvalidData => say!("save it as UTF-8 text"),
        _ => say!("put a config file there"),
    };
    let reason = match error.kind() {
        ErrorKind::InvalidData => say!("it is not UTF-8 text").to_owned(),
        _ => error.to_string(),
    };
    ConfigError::Unreadable { file: file.to_path_buf(), reason, remedy: remedy.to_owned() }
}

/// Writes the example, readable for its owner alone: rules tell what a person cares about.
fn create(file: &Path) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut out) => out.write_all(Config::example().as_bytes()),
        // Another start was faster; what it wrote is the same.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
