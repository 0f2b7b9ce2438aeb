//! Sets one setting in the text of a config file, and leaves every other letter as it is.
//!
//! Settings stand on a line of their own, so a line is replaced or added: the one that sets it, the commented one that
//! shows its default, or a new one at the end of its section. A file that is written in another way is refused.

use std::path::Path;

use super::{EditError, appended, begun, quoted, replace};
use crate::config::{Config, SETTINGS};

impl Config {
    /// Sets `[section] key` to a value as a person types it, text without quotes. The file is made where it is missing.
    ///
    /// # Errors
    /// See [`EditError`]; the file is then as it was.
    pub fn set(file: &Path, section: &str, key: &str, value: &str) -> Result<Config, EditError> {
        let Some(setting) = SETTINGS.iter().find(|one| one.section == section && one.key == key) else {
            let all: Vec<_> = SETTINGS.iter().map(|one| format!("{}.{}", one.section, one.key)).collect();
            return Err(EditError::Refused(format!(
                "there is no setting \"{section}.{key}\"; there are {}",
                all.join(", ")
            )));
        };
        let value = if setting.default.starts_with('"') { quoted(value) } else { value.trim().to_owned() };
        let line = format!("{key} = {value}");
        // What is wrong with the value is said with its own line, not with one of the file.
        Config::parse(&format!("[{section}]\n{line}\n"), Path::new("the new setting"))?;
        let before = begun(file)?;
        let mut wanted = Config::parse(&before, file)?;
        setting.put(&mut wanted, &value);
        let after = put(&before, section, key, &line);
        if Config::parse(&after, file).as_ref() != Ok(&wanted) {
            return Err(EditError::Refused(format!(
                "{}: {section}.{key} cannot be set without touching the rest; write {line} below [{section}] by hand",
                file.display()
            )));
        }
        replace(file, &after)?;
        Ok(wanted)
    }
}

/// The text with this line in its section; what stands behind the old value as a comment stays.
fn put(text: &str, section: &str, key: &str, line: &str) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let head = |line: &String| line.split('#').next().unwrap_or_default().trim() == format!("[{section}]");
    let Some(head) = lines.iter().position(head) else {
        return appended(text, &format!("[{section}]\n{line}\n"));
    };
    let end = lines[head + 1..].iter().position(|line| line.trim_start().starts_with('['));
    let end = end.map_or(lines.len(), |end| head + 1 + end);
    let sets = |line: &str| line.split_once('=').is_some_and(|(before, _)| before.trim() == key);
    let find = |sets: &dyn Fn(&str) -> bool| (head + 1..end).find(|at| sets(&lines[*at]));
    if let Some(at) = find(&sets) {
        let comment = comment(&lines[at]).map(|comment| format!(" {comment}")).unwrap_or_default();
        lines[at] = format!("{line}{comment}\n");
    } else if let Some(at) =
        find(&|line: &str| line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(' ') && sets(rest)))
    {
        lines[at] = format!("{line}\n");
    } else {
        let last = (head..end).rev().find(|at| !lines[*at].trim().is_empty()).unwrap_or(head);
        if !lines[last].ends_with('\n') {
            lines[last].push('\n');
        }
        lines.insert(last + 1, format!("{line}\n"));
    }
    lines.concat()
}

/// The comment at the end of a line; a `#` in quotes begins none.
fn comment(line: &str) -> Option<&str> {
    let mut quoted = false;
    let at = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '#' && !quoted
    });
    at.map(|(at, _)| line[at..].trim_end())
}
