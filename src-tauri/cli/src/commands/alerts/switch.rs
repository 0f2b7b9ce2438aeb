//! `hoofbeat alerts enable|disable`: switches a rule in the config file, as the window does.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::config::{Config, Draft, EditError, RuleBook};
use hoofbeat_core::paths;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};

/// Switches it. A running recorder notices that within seconds.
pub fn switch(rule: &str, enabled: bool, output: &mut Output) -> Outcome {
    let file = paths::config_file()?;
    let book = RuleBook::read(&file).map_err(|error| Failure::Failed(error.to_string()))?;
    let Some(entry) = book.entry(rule) else {
        return Err(super::unknown(rule, book.entries.iter().map(|entry| entry.listed.rule.id.as_str())));
    };
    if entry.listed.is_on != enabled {
        let draft = Draft { enabled, ..entry.draft() };
        Config::save_rule(&file, &draft, &book.version).map_err(|error| match error {
            EditError::Io(sentence) => Failure::Failed(sentence),
            error => Failure::Usage(error.to_string()),
        })?;
    }
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "rule": rule, "enabled": enabled }))?);
    }
    let word = if enabled { "on" } else { "off" };
    Ok(output.line(format!("Rule {} is {word} in {}.", output::text(rule), file.display()))?)
}
