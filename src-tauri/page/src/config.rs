//! The config file as a page reads it: its rules, the price of energy, and what is wrong with it.
//!
//! A recorder goes on with the last settings that it could read, so a file with a mistake is easily overlooked. Deliberately
//! not here: how rules are changed (`rules`).

use std::path::{Path, PathBuf};

use hoofbeat_core::config::{Config, ConfigError, Tariff};
use hoofbeat_core::language::Language;
use hoofbeat_core::model::rule::Rule;
use serde::Serialize;

use crate::failure::sentence;

/// What is wrong with the config file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ConfigTrouble {
    /// The file.
    pub file: String,
    /// The line, from 1; `null` where the file cannot be read at all.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub line: Option<usize>,
    /// What is wrong, a sentence.
    pub reason: String,
    /// What to do, a sentence.
    pub remedy: String,
    /// What holds until it is mended.
    pub in_force: InForce,
}

/// What holds while the config file has a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum InForce {
    /// What a recorder last read without a mistake.
    LastGood,
    /// The defaults and the built-in rules: none ever read anything else here.
    Defaults,
}

/// What the config says.
pub struct ConfigNow {
    /// Where it stands; without it the rules are the built-in ones and no price is known.
    file: Option<PathBuf>,
    pub tariff: Tariff,
    pub rules: Vec<Rule>,
    /// What a person chose for every page; `None` where each follows its desktop or browser.
    pub language: Option<Language>,
    error: Option<ConfigError>,
    in_force: InForce,
}

impl Default for ConfigNow {
    /// What holds without a file.
    fn default() -> ConfigNow {
        ConfigNow::of(None)
    }
}

impl ConfigNow {
    /// What this file says, once it is read.
    pub fn of(file: Option<PathBuf>) -> ConfigNow {
        let Config { tariff, rules, language, .. } = Config::default();
        ConfigNow { file, tariff, rules, language, error: None, in_force: InForce::Defaults }
    }

    /// Reads the file. Rules that cannot be read leave the last good ones in force, as in the recorder of `folder`: also
    /// where this window was opened only afterwards. A price is not told by what was once true, and a language stays.
    pub fn read(&mut self, folder: &Path) {
        match self.file.as_deref().map_or_else(|| Ok(Config::default()), Config::in_force) {
            Ok(Config { tariff, rules, language, .. }) => {
                (self.tariff, self.rules, self.language, self.error) = (tariff, rules, language, None);
            }
            Err(error) => {
                (self.tariff, self.error) = (Tariff::default(), Some(error));
                let kept = Config::last_good(folder);
                self.in_force = if kept.is_some() { InForce::LastGood } else { InForce::Defaults };
                self.rules = kept.unwrap_or_default().rules;
            }
        }
    }

    /// What is wrong with it.
    pub fn trouble(&self) -> Option<ConfigTrouble> {
        let (file, line, reason, remedy) = match self.error.as_ref()? {
            ConfigError::Invalid { file, line, reason, remedy, .. } => (file, Some(*line), reason, remedy),
            ConfigError::Unreadable { file, reason, remedy } => (file, None, reason, remedy),
        };
        let (file, reason, remedy) = (file.display().to_string(), sentence(reason), sentence(remedy));
        Some(ConfigTrouble { file, line, reason, remedy, in_force: self.in_force })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_energy_is_that_of_the_config_as_it_is_by_now() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let mut settings = ConfigNow::of(Some(file.clone()));
        let mut price = || {
            settings.read(folder.path());
            (settings.tariff.price, settings.tariff.currency.clone())
        };
        assert_eq!(price().0, 0.0);
        std::fs::write(&file, "[energy]\nprice = 0.31\ncurrency = \"EUR\"\n").unwrap();
        assert_eq!(price(), (0.31, "EUR".to_owned()));
        std::fs::write(&file, "[energy]\nprice = \"much\"\n").unwrap();
        assert_eq!(price().0, 0.0);
    }

    #[test]
    fn a_mistake_is_told_with_its_line_and_what_holds_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let mut settings = ConfigNow::of(Some(file.clone()));
        let mut read = || {
            settings.read(folder.path());
            (settings.trouble(), settings.rules.iter().any(|rule| rule.id == "mine"))
        };
        assert_eq!(read(), (None, false));

        let own = "[[rule]]\nid = \"mine\"\nmetric = \"cpu.temperature\"\nfire = \"> 80\"\n";
        std::fs::write(&file, own.replace("temperature", "temp")).unwrap();
        let (trouble, has_own) = read();
        let trouble = trouble.unwrap();
        assert_eq!((trouble.line, trouble.in_force, has_own), (Some(3), InForce::Defaults, false));
        assert_eq!(trouble.file, file.display().to_string());
        assert!(trouble.reason.starts_with("There is no metric \"cpu.temp\"") && trouble.remedy.ends_with('.'));
        // What a recorder keeps of the last settings that it could read, also for a window that is opened only now.
        std::fs::write(folder.path().join("config.last-good.toml"), own).unwrap();
        let (trouble, has_own) = read();
        assert_eq!((trouble.map(|trouble| trouble.in_force), has_own), (Some(InForce::LastGood), true));

        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        let trouble = read().0.unwrap();
        assert_eq!((trouble.line, trouble.reason.as_str()), (None, "It is not UTF-8 text."));
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read(), (None, false));
    }
}
