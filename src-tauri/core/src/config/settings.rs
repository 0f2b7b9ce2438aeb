//! The settings as a form shows them: what is set, what holds without that, and what is wrong with what is typed.
//!
//! What is typed is judged by the reader of the config file itself. Deliberately not here: which settings there are
//! (`read`), and how the file is changed (`edit`).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml::de::DeValue;
use toml::{Table, Value};

use super::edit::{EditError, set};
use super::read::{Form, SETTINGS, Setting, setting};
use super::{Config, ConfigError, channels, draft, unreadable};

impl Setting {
    /// The default as a person types it.
    pub fn default_text(&self) -> String {
        let quoted = matches!(self.form, Form::Text | Form::OneOf(_) | Form::Address);
        let inner = self.default.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.filter(|_| quoted).unwrap_or(self.default).to_owned()
    }
}

/// A setting with what the file says of it.
pub struct SettingNow {
    /// The setting.
    pub setting: &'static Setting,
    /// Its text as a person types it, and of an address its server alone; `None` where the default holds.
    pub set: Option<String>,
}

/// Every setting, as a form shows it.
pub struct SettingsBook {
    /// What tells this version of the file from all others.
    pub version: String,
    /// Every setting, in the order of the table.
    pub settings: Vec<SettingNow>,
    /// What holds.
    pub config: Config,
    file: PathBuf,
    text: Option<String>,
}

impl SettingsBook {
    /// Reads the settings of a config file; the defaults where there is none.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(file: &Path) -> Result<SettingsBook, ConfigError> {
        let text = match super::text(file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(unreadable(file, &error)),
        };
        let config = Config::parse(text.as_deref().unwrap_or_default(), file)?;
        let root: Table = toml::from_str(text.as_deref().unwrap_or_default()).unwrap_or_default();
        let now = |setting: &'static Setting| SettingNow { setting, set: found(&root, setting) };
        let settings = SETTINGS.iter().map(now).collect();
        Ok(SettingsBook { version: draft::version(text.as_deref()), settings, config, file: file.to_path_buf(), text })
    }

    /// Whether there is a file.
    pub fn exists(&self) -> bool {
        self.text.is_some()
    }

    /// What is wrong with this text of a setting, in a sentence; `None` where the file may say it.
    pub fn problem(&self, section: &str, key: &str, typed: &str) -> Option<String> {
        let setting = match setting(section, key) {
            Ok(setting) => setting,
            Err(sentence) => return Some(draft::capital(&format!("{sentence}."))),
        };
        let example = || Config::example();
        let before = self.text.clone().unwrap_or_else(example);
        let said = match set::changed(&before, &self.file, setting, Some(typed)).err()? {
            EditError::Config(ConfigError::Invalid { reason, remedy, .. }) => format!("{reason}; {remedy}"),
            error => error.to_string(),
        };
        Some(draft::capital(&format!("{said}.")))
    }
}

/// What the file says of a setting, as a person types it.
fn found(root: &Table, setting: &Setting) -> Option<String> {
    let mut table = root;
    for name in setting.section.split('.') {
        table = table.get(name)?.as_table()?;
    }
    Some(match table.get(setting.key)? {
        Value::String(text) if setting.form == Form::Address => server(text),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// What may be shown of an address that is right: what stands behind its server may be a secret.
fn server(text: &str) -> String {
    let address = channels::url(&DeValue::String(text.into())).ok().flatten();
    address.map_or_else(String::new, |address| format!("{}/…", address.server()))
}
