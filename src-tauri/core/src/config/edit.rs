//! Adds an expectation to the text of a config file, takes one out, sets a setting (`set`) or saves a rule (`rule`), and
//! leaves every other letter as it is.
//!
//! The file is a person's, with their comments and order, so tables are added at the end and cut out by lines; what comes
//! of it is read again, and refused unless it means exactly what was wanted. Deliberately not here: any other change of
//! the file.

mod rule;
pub(super) mod set;

use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::draft::capital;
use super::{Config, ConfigError, DraftProblem, create, text, unreadable};
use crate::say;

/// Why the file was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is not valid, or would not be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// What was asked for makes no sense with what stands there.
    #[error("{0}")]
    Refused(String),
    /// It cannot be written.
    #[error("{0}")]
    Io(String),
}

impl Config {
    /// Adds an expectation at the end of the file, which is made where it is missing; unless `objection` finds something to
    /// say against what would hold then.
    ///
    /// # Errors
    /// See [`EditError`]; the file is then as it was.
    pub fn add_expectation(
        file: &Path,
        keys: &[(&str, String)],
        objection: impl FnOnce(&Config) -> Option<String>,
    ) -> Result<Config, EditError> {
        let (after, config) = with_expectation(&begun(file)?, file, keys, objection)?;
        replace(file, &after)?;
        Ok(config)
    }

    /// What is wrong with an expectation that is to be added, with its key; for a form.
    ///
    /// # Errors
    /// See [`EditError`]: the file itself cannot be read, or is not valid.
    pub fn expectation_problem(
        file: &Path,
        keys: &[(&str, String)],
        objection: impl FnOnce(&Config) -> Option<String>,
    ) -> Result<Option<DraftProblem>, EditError> {
        let before = match text(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unreadable(file, &error).into()),
        };
        Config::parse(&before, file)?;
        let problem = |field: Option<&str>, said: &str| DraftProblem {
            field: field.map(str::to_owned),
            message: capital(&format!("{}.", said.trim_end_matches('.'))),
        };
        Ok(match with_expectation(&before, file, keys, objection) {
            Ok(_) => None,
            Err(EditError::Config(ConfigError::Invalid { file, line, reason, remedy, .. })) => {
                // Below the head of the new table stands one key a line.
                let at = line.checked_sub(2).filter(|_| file.as_path() == Path::new(new_one()));
                let field = at.and_then(|at| keys.get(at)).map(|(key, _)| *key);
                Some(problem(field, &format!("{reason}; {remedy}")))
            }
            Err(error) => Some(problem(None, &error.to_string())),
        })
    }

    /// Takes the expectation with this id out of the file.
    ///
    /// # Errors
    /// See [`EditError`]; the file is then as it was.
    pub fn remove_expectation(file: &Path, id: &str) -> Result<Config, EditError> {
        let before = text(file).map_err(|error| unreadable(file, &error))?;
        let mut wanted = Config::parse(&before, file)?;
        let Some(at) = wanted.expectations.iter().position(|one| one.id == id) else {
            let ids: Vec<_> = wanted.expectations.iter().map(|one| one.id.as_str()).collect();
            let id = format!("{id:?}");
            return Err(EditError::Refused(match ids.is_empty() {
                true => say!("there is no expectation {id}; there is none", id),
                false => say!("there is no expectation {id}; there are {ids}", id, ids = ids.join(", ")),
            }));
        };
        wanted.expectations.remove(at);
        let after = cut(&before, "[[expect]]", at).filter(|after| Config::parse(after, file).as_ref() == Ok(&wanted));
        let Some(after) = after else {
            return Err(EditError::Refused(say!(
                "{file}: the expectation {id} cannot be cut out without touching the rest; remove it by hand",
                file = file.display(),
                id = format_args!("{id:?}")
            )));
        };
        replace(file, &after)?;
        Ok(wanted)
    }
}

/// What a mistake in an expectation that is to be added is said of.
fn new_one() -> &'static str {
    say!("the new expectation")
}

/// The text with an expectation at its end, and what holds by it.
fn with_expectation(
    before: &str,
    file: &Path,
    keys: &[(&str, String)],
    objection: impl FnOnce(&Config) -> Option<String>,
) -> Result<(String, Config), EditError> {
    Config::parse(before, file)?;
    let mut table = String::from("[[expect]]\n");
    for (key, value) in keys {
        // Every value may be text in this table, but for a share, which is a number.
        let is_number = *key == "share" && value.parse::<f64>().is_ok();
        let value = if is_number { value.clone() } else { quoted(value) };
        table.push_str(&format!("{key} = {value}\n"));
    }
    // What is wrong with the new table is said with its own lines, not with those of the file.
    Config::parse(&table, Path::new(new_one()))?;
    let after = appended(before, &table);
    let config = Config::parse(&after, file)?;
    match objection(&config) {
        Some(sentence) => Err(EditError::Refused(sentence)),
        None => Ok((after, config)),
    }
}

/// The text of the file, which is made where it is missing.
fn begun(file: &Path) -> Result<String, EditError> {
    match text(file) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(file).map_err(|error| EditError::Io(format!("{}: {error}", file.display())))?;
            Ok(Config::example())
        }
        Err(error) => Err(unreadable(file, &error).into()),
    }
}

/// The text with a table at its end.
fn appended(text: &str, table: &str) -> String {
    let gap = if text.is_empty() || text.ends_with("\n\n") {
        ""
    } else if text.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    format!("{text}{gap}{table}")
}

/// The text without the table at this place among those with the same head. The comment above it goes with it; what stands above
/// the next table stays with that.
fn cut(text: &str, head: &str, at: usize) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let begins = |line: &str| line.trim_start().starts_with(head);
    let (begin, _) = lines.iter().enumerate().filter(|(_, line)| begins(line)).nth(at)?;
    let next = lines[begin + 1..].iter().position(|line| line.trim_start().starts_with('['));
    let mut end = next.map_or(lines.len(), |next| begin + 1 + next);
    let prose = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    while end > begin + 1 && prose(lines[end - 1]) {
        end -= 1;
    }
    let mut from = begin;
    while from > 0 && lines[from - 1].trim_start().starts_with("# ") {
        from -= 1;
    }
    // A comment that is glued to what stands above belongs to the file, as the example's head of this section does.
    let own = from == 0 || lines[from - 1].trim().is_empty();
    let from = if own && !lines[from..begin].iter().any(|line| line.contains(head)) { from } else { begin };
    // One of the blank lines around it goes, too.
    let blank = |line: Option<&&str>| line.is_some_and(|line| line.trim().is_empty());
    let end = if from > 0 && blank(lines.get(from - 1)) && blank(lines.get(end)) { end + 1 } else { end };
    Some([&lines[..from], &lines[end..]].concat().concat())
}

/// Text as TOML writes it, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}

/// Puts a file in the place of another one, whole or not at all; where the file is a link, in the place of what it
/// points to.
pub(super) fn replace(file: &Path, text: &str) -> Result<(), EditError> {
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_path_buf());
    let failed =
        |error: std::io::Error| EditError::Io(say!("{file} cannot be written: {error}", file = real.display(), error));
    let mode = fs::metadata(&real).map_or(0o600, |meta| meta.permissions().mode() & 0o777);
    let mut name = real.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = real.with_file_name(name);
    let written = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&new).and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    written.and_then(|()| fs::rename(&new, &real)).map_err(|error| {
        let _ = fs::remove_file(&new);
        failed(error)
    })
}
