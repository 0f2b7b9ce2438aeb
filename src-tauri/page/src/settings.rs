//! The settings as a person sees and changes them, how much the recording takes, and what Hoofbeat is.
//!
//! Which settings there are, what they mean and what they may be, core's config knows alone. Deliberately not here: rules
//! and expectations, which are lists (`rules`, `expected`).

use std::path::Path;

use hoofbeat_core::api::DataSize;
use hoofbeat_core::config::{Address, Config, Form, SettingNow, SettingsBook};
use hoofbeat_core::language::{self, Language};
use serde::Serialize;

use crate::failure::Failure;

/// Every setting, and the version of the file that they are from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Settings {
    /// To be handed back with what is saved.
    pub version: String,
    /// Where the file is.
    pub file: String,
    /// Whether there is one.
    pub exists: bool,
    /// In the order of the file; those of one section stand together.
    pub settings: Vec<SettingInfo>,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SettingInfo {
    /// The table of the file that it stands in.
    pub section: &'static str,
    /// Its name there.
    pub key: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// What holds where it is not set, as it is typed.
    pub default: String,
    /// What is set, as it is typed, and of an address its server alone; `null` where the default holds.
    pub value: Option<String>,
    /// How it is typed.
    pub form: SettingForm,
}

/// How the value of a setting is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum SettingForm {
    /// As words.
    Text,
    /// As a number.
    Number,
    /// As `true` or `false`.
    Switch,
    /// As a list, with brackets and quotes.
    List,
    /// As one of these words.
    Choice {
        /// The words.
        words: &'static [&'static str],
    },
    /// As a web address, of which only the server is shown.
    Address,
}

/// How much the recording takes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DataInfo {
    /// Where it is.
    pub folder: String,
    /// Bytes of all its files.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// The most that the database may take; `null` where the config cannot be read.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub cap: Option<u64>,
    /// Bytes that the disk has left; `null` where it does not say.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub free: Option<u64>,
    /// Unix seconds from which on every sample is there.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub samples: Option<i64>,
    /// The same of minutes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub minutes: Option<i64>,
    /// The same of hours.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub hours: Option<i64>,
    /// Whether a person asked for a deletion that no recorder has done yet.
    pub awaits_deletion: bool,
}

/// What Hoofbeat is, and whom it tells of alerts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AboutInfo {
    /// Of this program.
    pub version: &'static str,
    /// What is told of alerts beside the desktop; `null` where the config cannot be read.
    pub channels: Option<Vec<ChannelInfo>>,
}

/// Somebody who is told of alerts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChannelInfo {
    /// Whether it is a program of this machine or a web server.
    #[cfg_attr(test, ts(type = "'program' | 'server'"))]
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

impl From<&SettingNow> for SettingInfo {
    fn from(SettingNow { setting, set }: &SettingNow) -> SettingInfo {
        SettingInfo {
            section: setting.section,
            key: setting.key,
            doc: language::said(setting.doc),
            default: setting.default_text(),
            value: set.clone(),
            form: setting.form.into(),
        }
    }
}

impl From<Form> for SettingForm {
    fn from(form: Form) -> SettingForm {
        match form {
            Form::Text => SettingForm::Text,
            Form::Number => SettingForm::Number,
            Form::Switch => SettingForm::Switch,
            Form::List => SettingForm::List,
            Form::OneOf(words) => SettingForm::Choice { words },
            Form::Address => SettingForm::Address,
        }
    }
}

/// The settings of the file.
pub fn read(file: &Path) -> Result<Settings, Failure> {
    let book = SettingsBook::read(file)?;
    let settings = book.settings.iter().map(SettingInfo::from).collect();
    Ok(Settings { exists: book.exists(), version: book.version, file: file.display().to_string(), settings })
}

/// What is wrong with this text of a setting, by the file as it is now; `None` where nothing is.
pub fn check(file: &Path, section: &str, key: &str, value: &str) -> Result<Option<String>, Failure> {
    Ok(SettingsBook::read(file)?.problem(section, key, value))
}

/// Saves a setting in the file; without a value, its default holds again.
pub fn save(file: &Path, name: (&str, &str), value: Option<&str>, version: &str) -> Result<(), Failure> {
    Ok(Config::save_setting(file, name, value, version).map(drop)?)
}

/// How much the recording takes, and the most that it may.
pub fn data(size: DataSize, folder: &Path, file: &Path) -> DataInfo {
    let DataSize { bytes, free, oldest, awaits_deletion } = size;
    let cap = Config::in_force(file).ok().map(|config| config.keep.cap);
    let folder = folder.display().to_string();
    let (samples, minutes, hours) = (oldest.samples, oldest.minutes, oldest.hours);
    DataInfo { folder, bytes, cap, free, samples, minutes, hours, awaits_deletion }
}

/// The language that a person chose. A config file with a mistake chooses none.
pub fn language(file: &Path) -> Option<Language> {
    Config::in_force(file).ok().and_then(|config| config.language)
}

/// What Hoofbeat is, and whom it tells of alerts.
pub fn about(file: &Path) -> AboutInfo {
    let channels = Config::in_force(file).ok().map(|config| {
        let program = config.channels.command.run.first().map(|name| ("program", name.clone()));
        let server = config.channels.webhook.url.as_ref().map(|url| ("server", Address::server(url).to_owned()));
        program.into_iter().chain(server).map(|(kind, name)| ChannelInfo { kind, name }).collect()
    });
    AboutInfo { version: env!("CARGO_PKG_VERSION"), channels }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::failure::Code;

    #[test]
    fn settings_are_shown_judged_saved_and_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let raw = || read(&file).unwrap().settings.into_iter().find(|one| (one.section, one.key) == ("keep", "raw"));
        let before = read(&file).unwrap();
        assert!(!before.exists && before.file.ends_with("config.toml"));
        let one = raw().unwrap();
        assert_eq!((one.default.as_str(), &one.value, one.form), ("30d", &None, SettingForm::Text));
        assert_eq!(check(&file, "keep", "raw", "7d").unwrap(), None);
        assert!(check(&file, "keep", "raw", "1s").unwrap().is_some_and(|said| said.contains("two hours")));
        language::within(Language::German, || {
            assert_eq!(raw().unwrap().doc, "Wie lange jede einzelne Messung aufbewahrt wird.");
            assert!(check(&file, "keep", "raw", "1s").unwrap().is_some_and(|said| said.contains("zwei Stunden")));
        });
        save(&file, ("keep", "raw"), Some("7d"), &before.version).unwrap();
        assert_eq!(raw().unwrap().value.as_deref(), Some("7d"));
        let failure = save(&file, ("keep", "raw"), None, &before.version).unwrap_err();
        assert_eq!(failure.code, Code::BadConfig);
        save(&file, ("keep", "raw"), None, &read(&file).unwrap().version).unwrap();
        assert_eq!(raw().unwrap().value, None);
        assert_eq!(fs::read_to_string(&file).unwrap(), Config::example());
        fs::write(&file, "[keep\n").unwrap();
        assert_eq!(read(&file).unwrap_err().code, Code::BadConfig);
    }

    #[test]
    fn it_is_said_who_is_told_of_alerts_and_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        assert_eq!(about(&file).channels, Some(Vec::new()));
        let text = "[notify.command]\nrun = [\"/usr/bin/mpv\", \"ping\"]\n[notify.webhook]\nurl = \"https://a.example/secret\"\n";
        fs::write(&file, text).unwrap();
        let named = |kind, name: &str| ChannelInfo { kind, name: name.to_owned() };
        let expected = [named("program", "/usr/bin/mpv"), named("server", "https://a.example")];
        assert_eq!(about(&file).channels.as_deref(), Some(expected.as_slice()));
        fs::write(&file, "[keep\n").unwrap();
        assert_eq!(about(&file).channels, None);
    }
}
