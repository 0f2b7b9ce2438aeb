//! Sets one setting in the text of a config file, or takes it out, and leaves every other letter as it is.
//!
//! The place of a value that stands there comes from the parser, so that it is replaced with the comments around it. One
//! that does not stand there takes the place of the commented line that shows its default, and gives that place back;
//! where there is none, it comes at the end of its section. A file in which that does not do is refused.

use std::ops::Range;
use std::path::Path;

use toml::de::DeTable;

use super::{EditError, appended, begun, quoted, replace};
use crate::config::read::{Form, setting};
use crate::config::{Config, Setting, draft, text};
use crate::say;

impl Config {
    /// Sets `[section] key` to a value as a person types it, text without quotes. The file is made where it is missing.
    ///
    /// # Errors
    /// See [`EditError`]; the file is then as it was.
    pub fn set(file: &Path, section: &str, key: &str, value: &str) -> Result<Config, EditError> {
        let setting = setting(section, key).map_err(EditError::Refused)?;
        let before = begun(file)?;
        let (after, config) = changed(&before, file, setting, Some(value))?;
        replace(file, &after)?;
        Ok(config)
    }

    /// The same for a form: without a value, the default holds again.
    ///
    /// # Errors
    /// See [`EditError`]; also where the file is another one than the `version` of the
    /// [`SettingsBook`](crate::config::SettingsBook) that the form began with. The file is then as it was.
    pub fn save_setting(
        file: &Path,
        (section, key): (&str, &str),
        value: Option<&str>,
        version: &str,
    ) -> Result<Config, EditError> {
        let setting = setting(section, key).map_err(EditError::Refused)?;
        let meanwhile = || {
            EditError::Refused(say!(
                "{file} was changed meanwhile; look at what it says now, and try again",
                file = file.display()
            ))
        };
        // A file that cannot be read is said by `begun`, with what to do.
        if file.exists() == (version == draft::version(None)) {
            return Err(meanwhile());
        }
        let before = begun(file)?;
        if version != draft::version(None) && version != draft::version(Some(&before)) {
            return Err(meanwhile());
        }
        let (after, config) = changed(&before, file, setting, value)?;
        if text(file).ok().as_deref() != Some(before.as_str()) {
            return Err(meanwhile());
        }
        if after != before {
            replace(file, &after)?;
        }
        Ok(config)
    }
}

/// The text in which a setting has this value, or none; and what holds by it.
pub(in crate::config) fn changed(
    before: &str,
    file: &Path,
    setting: &Setting,
    typed: Option<&str>,
) -> Result<(String, Config), EditError> {
    let Setting { section, key, default, .. } = setting;
    let value = typed.map(|typed| match setting.form {
        Form::Text | Form::OneOf(_) | Form::Address => quoted(typed),
        Form::Number | Form::Switch | Form::List => typed.trim().to_owned(),
    });
    let mut wanted = Config::parse(before, file)?;
    let put = setting.put(&mut wanted, value.as_deref().unwrap_or(default));
    put.map_err(|problem| EditError::Refused(format!("{}; {}", problem.reason, problem.remedy)))?;
    let after = match &value {
        Some(value) => with(before, setting, value),
        None => without(before, setting),
    };
    let by_hand = || {
        let line = match &value {
            // A sentence may be logged, and what is secret may not.
            Some(_) if setting.form == Form::Address => say!("write {key} below [{section}] by hand", key, section),
            Some(value) => say!("write {key} = {value} below [{section}] by hand", key, value, section),
            None => say!("remove {key} from [{section}] by hand", key, section),
        };
        EditError::Refused(say!(
            "{file}: {setting} cannot be changed without touching the rest; {by_hand}",
            file = file.display(),
            setting = format_args!("{section}.{key}"),
            by_hand = line
        ))
    };
    let after = after.filter(|after| DeTable::parse(after).is_ok()).ok_or_else(by_hand)?;
    // What is right by itself may be wrong beside the others, which the reader says better.
    if Config::parse(&after, file)? != wanted {
        return Err(by_hand());
    }
    Ok((after, wanted))
}

/// Where the key and its value stand, each.
fn find(text: &str, setting: &Setting) -> Option<(Range<usize>, Range<usize>)> {
    let root = DeTable::parse(text).ok()?;
    let mut table = root.get_ref();
    for name in setting.section.split('.') {
        table = table.get(name)?.get_ref().as_table()?;
    }
    let (key, value) = table.get_key_value(setting.key)?;
    Some((key.span(), value.span()))
}

/// The text in which a setting has this value.
fn with(text: &str, setting: &Setting, value: &str) -> Option<String> {
    let Setting { section, key, .. } = setting;
    if let Some((_, place)) = find(text, setting) {
        let mut after = text.to_owned();
        after.replace_range(place, value);
        return Some(after);
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let line = format!("{key} = {value}{newline}");
    let Some(lines) = Lines::of(text, section) else {
        return Some(appended(text, &format!("[{section}]{newline}{line}")));
    };
    Some(match lines.shown(key) {
        Some(at) => lines.replaced(at..at + 1, &line),
        None => {
            let last = lines.section.clone().rev().find(|at| !lines.all[*at].trim().is_empty());
            let last = last.unwrap_or(lines.section.start);
            let gap = if lines.all[last].ends_with('\n') { "" } else { newline };
            lines.replaced(last + 1..last + 1, &format!("{gap}{line}"))
        }
    })
}

/// The text in which it has none. The comment behind its value stays.
fn without(text: &str, setting: &Setting) -> Option<String> {
    let Setting { section, key, default, .. } = setting;
    let Some((name, value)) = find(text, setting) else { return Some(text.to_owned()) };
    let start = text[..name.start].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[value.end..].find('\n').map_or(text.len(), |newline| value.end + newline + 1);
    let (before, behind) = (&text[start..name.start], &text[value.end..end]);
    let is_alone = before.trim().is_empty() && (behind.trim().is_empty() || behind.trim_start().starts_with('#'));
    if !is_alone {
        return None;
    }
    let is_shown = Lines::of(text, section).is_some_and(|lines| lines.shown(key).is_some());
    let line = match is_shown {
        true if behind.trim().is_empty() => String::new(),
        true => format!("{before}{}", behind.trim_start()),
        false => format!("#{key} = {default}{behind}"),
    };
    Some(format!("{}{line}{}", &text[..start], &text[end..]))
}

/// A text by lines, with those of one section.
struct Lines<'a> {
    all: Vec<&'a str>,
    /// From its head to the next one.
    section: Range<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str, section: &str) -> Option<Lines<'a>> {
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        let head = |line: &&str| line.split('#').next().unwrap_or_default().trim() == format!("[{section}]");
        let head = all.iter().position(head)?;
        let next = all[head + 1..].iter().position(|line| line.trim_start().starts_with('['));
        let end = next.map_or(all.len(), |next| head + 1 + next);
        Some(Lines { all, section: head..end })
    }

    /// The commented line that shows the default of a key: no blank is behind its `#`, as in prose.
    fn shown(&self, key: &str) -> Option<usize> {
        let shows = |line: &str| {
            let rest = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
            rest.and_then(|rest| rest.split_once('=')).is_some_and(|(name, _)| name.trim() == key)
        };
        self.section.clone().find(|at| shows(self.all[*at]))
    }

    fn replaced(&self, lines: Range<usize>, by: &str) -> String {
        [&self.all[..lines.start].concat(), by, &self.all[lines.end..].concat()].concat()
    }
}
