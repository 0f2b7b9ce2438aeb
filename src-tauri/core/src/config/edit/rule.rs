//! Saves a rule in the text of a config file, or takes it out, and leaves every other letter as it is.
//!
//! The places of keys and values come from the parser, so that a value is replaced where it stands, with the comments
//! around it. What comes of it is read again, and refused unless exactly the one rule is another one.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;

use toml::Table;
use toml::de::{DeTable, DeValue};

use super::{EditError, appended, begun, cut, quoted, replace};
use crate::config::draft::{self, literal};
use crate::config::{Config, Draft, FIELDS, RuleBook, text, unreadable};
use crate::model::rule::Rule;
use crate::say;

impl Config {
    /// Saves a draft. Of a built-in rule only the keys that differ from it are written. The file is made where it is
    /// missing.
    ///
    /// # Errors
    /// See [`EditError`]; also where the file is another one than the `version` of the [`RuleBook`] that the draft began
    /// with. The file is then as it was.
    pub fn save_rule(file: &Path, draft: &Draft, version: &str) -> Result<Config, EditError> {
        let book = opened(file, version)?;
        let checked = book.checked(draft).map_err(|problem| EditError::Refused(problem.message))?;
        let before = begun(file)?;
        let id = draft.id.trim();
        let after = match checked.table {
            Some(table) => with(&before, id, &table),
            // An empty table says nothing, but comments in it may.
            None => without(&before, id).and_then(|after| match marks(&after) == marks(&before) {
                true => Some(after),
                false => with(&before, id, &Table::new()),
            }),
        };
        put(file, &before, after, id, Some((&checked.rule, draft.enabled)))
    }

    /// Takes what the file says of a rule out of it: a built-in one is then as it is built in, another one is gone.
    ///
    /// # Errors
    /// As of [`Config::save_rule`].
    pub fn remove_rule(file: &Path, id: &str, version: &str) -> Result<Config, EditError> {
        opened(file, version)?;
        let before = begun(file)?;
        let built_in = Config::default().rules.into_iter().find(|rule| rule.id == id);
        put(file, &before, without(&before, id), id, built_in.as_ref().map(|rule| (rule, true)))
    }
}

/// The rules of the file, if it still is the one that the person saw.
fn opened(file: &Path, version: &str) -> Result<RuleBook, EditError> {
    let text = match text(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(unreadable(file, &error).into()),
    };
    if draft::version(text.as_deref()) != version {
        return Err(meanwhile(file));
    }
    Ok(RuleBook::of(text.as_deref(), file)?)
}

fn meanwhile(file: &Path) -> EditError {
    EditError::Refused(say!(
        "{file} was changed meanwhile; look at the rule as it is now, and save again",
        file = file.display()
    ))
}

/// Writes the new text, if this rule alone is another one by it, and the file is still as it was before.
fn put(
    file: &Path,
    before: &str,
    after: Option<String>,
    id: &str,
    wanted: Option<(&Rule, bool)>,
) -> Result<Config, EditError> {
    let by_hand = || {
        EditError::Refused(say!(
            "{file}: the rule {id} cannot be changed without touching the rest; change it by hand",
            file = file.display(),
            id = format_args!("{id:?}")
        ))
    };
    let after = after.ok_or_else(by_hand)?;
    let then = Config::parse(before, file)?;
    let Ok(now) = Config::parse(&after, file) else { return Err(by_hand()) };
    let found = now.listed().into_iter().find(|one| one.rule.id == id);
    let is_as_wanted = found.as_ref().map(|one| (&one.rule, one.is_on)) == wanted;
    if !is_as_wanted || rest(&then, id) != rest(&now, id) {
        return Err(by_hand());
    }
    if text(file).ok().as_deref() != Some(before) {
        return Err(meanwhile(file));
    }
    if after != before {
        replace(file, &after)?;
    }
    Ok(now)
}

/// Everything but this rule, in an order of its own.
fn rest(config: &Config, id: &str) -> Config {
    let mut config = config.clone();
    for rules in [&mut config.rules, &mut config.off] {
        rules.retain(|rule| rule.id != id);
        rules.sort_by(|a, b| a.id.cmp(&b.id));
    }
    config
}

/// A table with its place among those of its kind.
fn find<'t, 'i>(root: &'t DeTable<'i>, id: &str) -> Option<(usize, &'t DeTable<'i>)> {
    let rules = root.get("rule")?.get_ref().as_array()?;
    let tables = rules.iter().enumerate().filter_map(|(at, rule)| Some((at, rule.get_ref().as_table()?)));
    let is_it = |table: &DeTable<'_>| table.get("id").and_then(|value| value.get_ref().as_str()) == Some(id);
    tables.into_iter().find(|(_, table)| is_it(table))
}

/// The text without the table of this rule.
fn without(text: &str, id: &str) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    match find(root.get_ref(), id) {
        Some((at, _)) => {
            let mut after = cut(text, "[[rule]]", at)?;
            // The blank line above what was the last table.
            while after.ends_with("\n\n") && !text.ends_with("\n\n") {
                after.pop();
            }
            Some(after)
        }
        None => Some(text.to_owned()),
    }
}

/// The text in which the table of this rule has these keys; in a new table at the end where it has none.
fn with(text: &str, id: &str, wanted: &Table) -> Option<String> {
    let root = DeTable::parse(text).ok()?;
    let Some((_, table)) = find(root.get_ref(), id) else {
        let lines: String = ordered(wanted).map(|(key, value)| format!("{key} = {value}\n")).collect();
        return Some(appended(text, &format!("[[rule]]\nid = {}\n{lines}", quoted(id))));
    };
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut last = 0;
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let line = line(text, key.span().start, value.span().end);
        last = last.max(line.end);
        match wanted.get(name) {
            _ if name == "id" => {}
            None => {
                let comment = text[value.span().end..line.end].trim();
                let stays = if comment.is_empty() { String::new() } else { format!("{comment}{newline}") };
                edits.push((line, stays));
            }
            Some(new) if same(value.get_ref(), new) => {}
            Some(new) => edits.push((value.span(), literal(new))),
        }
    }
    let gap = if text[..last].ends_with('\n') { "" } else { newline };
    let missing = ordered(wanted).filter(|(key, _)| !table.contains_key(*key));
    let added: String = missing.map(|(key, value)| format!("{key} = {value}{newline}")).collect();
    if !added.is_empty() {
        edits.push((last..last, format!("{gap}{added}")));
    }
    // From the end, so that the places before stay.
    edits.sort_by_key(|(range, _)| std::cmp::Reverse((range.start, range.end)));
    let mut after = text.to_owned();
    for (range, new) in edits {
        after.replace_range(range, &new);
    }
    Some(after)
}

/// How many signs there are that may begin a comment.
fn marks(text: &str) -> usize {
    text.matches('#').count()
}

/// The whole lines from one place to another.
fn line(text: &str, from: usize, to: usize) -> Range<usize> {
    let start = text[..from].rfind('\n').map_or(0, |newline| newline + 1);
    start..text[to..].find('\n').map_or(text.len(), |newline| to + newline + 1)
}

fn same(value: &DeValue<'_>, wanted: &toml::Value) -> bool {
    match (value, wanted) {
        (DeValue::String(text), toml::Value::String(wanted)) => text.as_ref() == wanted,
        (DeValue::Boolean(is), toml::Value::Boolean(wanted)) => is == wanted,
        // A form changes nothing else.
        _ => true,
    }
}

/// What a new table says, in the order in which people read it.
fn ordered(table: &Table) -> impl Iterator<Item = (&str, String)> {
    let keys = ["metric"].into_iter().chain(FIELDS).chain(["enabled"]);
    keys.filter_map(|key| Some((key, literal(table.get(key)?))))
}
