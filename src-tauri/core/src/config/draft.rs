//! Rules as a person changes them in a form: a typed text for each key that forms offer.
//!
//! What is typed is judged by the reader of the config file itself, so that a form accepts exactly what the file may say.
//! What is wrong is told field by field
//! (`problems`), in the words of a form (`wording`). Deliberately not here: how the file is changed (`edit`).

mod problems;
mod wording;

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};
use toml::de::DeTable;
use toml::{Table, Value};

use super::edit::quoted;
use super::rule::{BUILTIN, WATCHED, rules};
use super::{Config, ConfigError, Listed, unreadable};
use crate::model::rule::{Rule, Severity, Watched};
use crate::say;

/// The keys that a form offers for every rule, in the order in which they are written.
pub const FIELDS: [&str; 9] = ["fire", "clear", "for", "keep", "severity", "source", "repeat", "hours", "text"];

/// A rule as a person types it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its id; of one that is not new it stays.
    pub id: String,
    /// Whether there is none with this id yet.
    pub is_new: bool,
    /// Whether it is on.
    pub enabled: bool,
    /// What is typed, by key: one of [`FIELDS`], and `metric` where it is new. What is empty is not set, and what a
    /// built-in rule has is then as it is built in.
    pub values: BTreeMap<String, String>,
}

/// What is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftProblem {
    /// The key that is to be changed; `None` where no single one is.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

/// A rule with the texts that a form begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The rule, and where it comes from.
    pub listed: Listed,
    /// The text of each key that it has and a form offers.
    pub values: BTreeMap<String, String>,
    /// What of that is built in and holds again where the text is taken away; empty where the rule is not built in.
    pub built_in: BTreeMap<String, String>,
}

impl Entry {
    /// The keys that this rule may have, of those that a form offers: a state has no limits.
    pub fn fields(&self) -> Vec<&'static str> {
        let is_state = matches!(self.listed.rule.watched, Watched::Health(_) | Watched::Verdict(_));
        FIELDS.into_iter().filter(|field| !(is_state && ["fire", "clear"].contains(field))).collect()
    }

    /// The draft that changes nothing.
    pub fn draft(&self) -> Draft {
        let Entry { listed, values, .. } = self;
        Draft { id: listed.rule.id.clone(), is_new: false, enabled: listed.is_on, values: values.clone() }
    }
}

/// Every rule of a config file, as a form shows it.
#[derive(Clone, Debug)]
pub struct RuleBook {
    /// What tells this version of the file from all others.
    pub version: String,
    /// Every rule, those that are switched off at the end.
    pub entries: Vec<Entry>,
    own: BTreeMap<String, Table>,
}

/// A draft that the file may say.
#[derive(Debug, PartialEq)]
pub(super) struct Checked {
    pub rule: Rule,
    /// What is to stand in the rule's table, its id apart; `None` where it needs none.
    pub table: Option<Table>,
}

impl RuleBook {
    /// Reads the rules of a config file; the built-in ones where there is none.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(file: &Path) -> Result<RuleBook, ConfigError> {
        match super::text(file) {
            Ok(text) => RuleBook::of(Some(&text), file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => RuleBook::of(None, file),
            Err(error) => Err(unreadable(file, &error)),
        }
    }

    pub(super) fn of(text: Option<&str>, file: &Path) -> Result<RuleBook, ConfigError> {
        let config = Config::parse(text.unwrap_or_default(), file)?;
        let (own, built_in) = (tables(text.unwrap_or_default()), tables(BUILTIN));
        let entry = |listed: Listed| {
            let id = listed.rule.id.as_str();
            let base = base(id, own.get(id), &built_in);
            let mut values = texts(&merged(own.get(id), base));
            values.insert("severity".to_owned(), word(listed.rule.severity).to_owned());
            let mut built_in = base.map(texts).unwrap_or_default();
            if base.is_some() {
                built_in.entry("severity".to_owned()).or_insert_with(|| word(Severity::Warning).to_owned());
            }
            Entry { listed, values, built_in }
        };
        let entries = config.listed().into_iter().map(entry).collect();
        Ok(RuleBook { version: version(text), entries, own })
    }

    /// The rule with this id.
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.listed.rule.id == id)
    }

    /// The rule that a draft makes, be it on or off.
    ///
    /// # Errors
    /// What the file may not say, with the key that is to be changed.
    pub fn check(&self, draft: &Draft) -> Result<Rule, DraftProblem> {
        self.checked(draft).map(|checked| checked.rule)
    }

    pub(super) fn checked(&self, draft: &Draft) -> Result<Checked, DraftProblem> {
        let id = draft.id.trim();
        let typed = format!("{id:?}");
        let problem = |field: &str, message: String| DraftProblem { field: Some(field.to_owned()), message };
        match self.entry(id) {
            Some(_) if draft.is_new => {
                return Err(problem("id", say!("There is a rule {id} already: choose another name.", id = typed)));
            }
            None if !draft.is_new => {
                let message = say!("There is no rule {id} any more: somebody has changed the file.", id = typed);
                return Err(DraftProblem { field: None, message });
            }
            _ => {}
        }
        let is_missing = |key: &str| draft.values.get(key).is_none_or(|text| text.trim().is_empty());
        if draft.is_new && id.is_empty() {
            let message = say!("Give the rule a name: up to 64 letters, digits and - _ . without spaces.");
            return Err(problem("id", message.to_owned()));
        }
        if draft.is_new && is_missing("metric") {
            return Err(problem("metric", say!("Choose what the rule watches.").to_owned()));
        }
        let own = self.own.get(id);
        let built_in = tables(BUILTIN);
        let base = base(id, own, &built_in);
        let mut table = own.cloned().unwrap_or_default();
        table.remove("id");
        for (key, text) in &draft.values {
            let is_offered = FIELDS.contains(&key.as_str()) || key == "metric";
            if !is_offered {
                let message = say!("A form has no {key}.", key = format_args!("{key:?}"));
                return Err(DraftProblem { field: None, message });
            }
            if key == "metric" && !draft.is_new {
                continue;
            }
            let text = if key == "text" { text.as_str() } else { text.trim() };
            match text.trim().is_empty() {
                true => table.remove(key),
                false => table.insert(key.clone(), Value::from(text)),
            };
        }
        let stands = |key: &str| base.is_none() && own.is_some_and(|own| own.contains_key(key));
        match draft.enabled && !stands("enabled") {
            true => table.remove("enabled"),
            false => table.insert("enabled".to_owned(), Value::from(draft.enabled)),
        };
        let rule = read(id, &table, base)?;
        // What changes nothing is not written: of a built-in rule at all, of another one what a form fills in by itself.
        for key in FIELDS.into_iter().filter(|key| base.is_some() || (*key == "severity" && !stands(key))) {
            let Some(value) = table.remove(key) else { continue };
            if read(id, &table, base).as_ref() != Ok(&rule) {
                table.insert(key.to_owned(), value);
            }
        }
        let needs_none = base.is_some() && table.is_empty();
        Ok(Checked { rule, table: (!needs_none).then_some(table) })
    }
}

/// What tells one version of a file from all others.
pub(super) fn version(text: Option<&str>) -> String {
    let Some(text) = text else { return "none".to_owned() };
    Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The `[[rule]]` tables of a text that was read already, by id.
fn tables(text: &str) -> BTreeMap<String, Table> {
    let root: Table = toml::from_str(text).unwrap_or_default();
    let all = root.get("rule").and_then(Value::as_array).into_iter().flatten();
    let named = |one: &Value| Some((one.get("id")?.as_str()?.to_owned(), one.as_table()?.clone()));
    all.filter_map(named).collect()
}

/// The built-in rule that the file's table changes; one that says itself what it watches takes its place.
fn base<'a>(id: &str, own: Option<&Table>, built_in: &'a BTreeMap<String, Table>) -> Option<&'a Table> {
    let is_whole = own.is_some_and(|own| WATCHED.iter().any(|key| own.contains_key(*key)));
    built_in.get(id).filter(|_| !is_whole)
}

fn merged(own: Option<&Table>, base: Option<&Table>) -> Table {
    let mut all = base.cloned().unwrap_or_default();
    all.extend(own.cloned().unwrap_or_default());
    all
}

/// The texts of the keys that a form offers.
fn texts(table: &Table) -> BTreeMap<String, String> {
    let text = |key: &str| Some((key.to_owned(), table.get(key)?.as_str()?.to_owned()));
    FIELDS.into_iter().chain(["metric"]).filter_map(text).collect()
}

/// The rule that these keys make. It is read as a whole, each key on a line of its own, so that what is wrong has its key.
fn read(id: &str, table: &Table, base: Option<&Table>) -> Result<Rule, DraftProblem> {
    let mut keys = merged(Some(table), base);
    keys.remove("id");
    let mut names = vec!["id"];
    let mut text = String::from("[[rule]]\n");
    text.push_str(&format!("id = {}\n", quoted(id)));
    for (key, value) in &keys {
        names.push(key);
        text.push_str(&format!("{key} = {}\n", literal(value)));
    }
    let problem = |field: Option<&str>, message: String| DraftProblem { field: field.map(str::to_owned), message };
    let root =
        DeTable::parse(&text).map_err(|error| problem(None, sentence(error.message(), say!("type something else"))))?;
    let found = rules(root.get_ref().get("rule").map(|rule| rule.get_ref()));
    let (on, off) = found.map_err(|found| {
        let (place, found) = match found {
            Ok((span, found)) => (span.start, found),
            Err(found) => (0, found),
        };
        let line = text[..place.min(text.len())].matches('\n').count();
        let is_missing = |key: &str| !keys.contains_key(key);
        let field = match line.checked_sub(1).and_then(|line| names.get(line)) {
            Some(name) => Some(*name),
            // What is wrong with the whole is what it lacks.
            None if is_missing("fire") => Some("fire"),
            None => None,
        };
        problem(field, wording::words(field, &keys, &found))
    })?;
    let rule = on.into_iter().chain(off).find(|rule| rule.id == id);
    rule.ok_or_else(|| problem(None, sentence(say!("this makes no rule"), say!("type something else"))))
}

/// A value as it is written in the file, on one line.
pub(super) fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}

fn sentence(reason: &str, remedy: &str) -> String {
    format!("{}; {remedy}.", capital(reason))
}

/// The text with a large letter at its beginning.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", rest.as_str())
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}
