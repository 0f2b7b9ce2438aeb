//! Everything that is wrong with a draft, each field's own.
//!
//! The reader of the config file stops at the first mistake, as it should: a file is refused whole. So each field that it
//! names is given a value that is right, and it is asked again. Deliberately not here: any judgement of a rule.

use super::{Draft, DraftProblem, FIELDS, RuleBook, base, tables};
use crate::config::rule::BUILTIN;

/// Limits that are right for whatever a rule watches: as it is built in or none, a number, a time.
const LIMITS: [&str; 3] = ["", "> 0", "> 0s"];

impl RuleBook {
    /// All that is wrong with a draft; nothing where the file may say it. Each field is named once; one of which nothing can
    /// be said before another is right is not.
    pub fn problems(&self, draft: &Draft) -> Vec<DraftProblem> {
        let mut rest = draft.clone();
        let mut found: Vec<DraftProblem> = Vec::new();
        // Each turn puts one field right: those of every rule, and the name and the metric of a new one.
        for _ in 0..FIELDS.len() + 2 {
            let Err(problem) = self.checked(&rest) else { break };
            let field = problem.field.clone();
            if found.iter().any(|one| one.field == field) {
                break;
            }
            found.push(problem);
            match field.as_deref() {
                Some("id") => rest.id = self.unused(),
                Some("metric") => {
                    put(&mut rest, "metric", "cpu.temperature");
                    // Whether a limit fits to what is not chosen yet, nobody can say.
                    if !typed(&rest, "fire").is_empty() {
                        put(&mut rest, "fire", "> 0");
                    }
                    put(&mut rest, "clear", "");
                }
                Some("fire") => {
                    let clear = typed(&rest, "clear").to_owned();
                    put(&mut rest, "clear", "");
                    self.put_right(&mut rest, "fire", &LIMITS);
                    found.extend(
                        Some(clear).filter(|clear| !clear.is_empty()).and_then(|clear| self.alone(&rest, &clear)),
                    );
                }
                Some("clear") => {
                    let opposite = self.opposite(&rest);
                    self.put_right(&mut rest, "clear", &["", &opposite]);
                }
                Some(key) => put(&mut rest, key, ""),
                None => break,
            }
        }
        found
    }

    /// What is wrong with the limit at which it is over, whatever that is at which it fires.
    fn alone(&self, draft: &Draft, clear: &str) -> Option<DraftProblem> {
        let mut draft = draft.clone();
        put(&mut draft, "fire", clear);
        let problem = self.checked(&draft).err().filter(|problem| problem.field.as_deref() == Some("fire"))?;
        Some(DraftProblem { field: Some("clear".to_owned()), ..problem })
    }

    /// Gives a field the first of these values with which it is not what is wrong.
    fn put_right(&self, draft: &mut Draft, key: &str, values: &[&str]) {
        for value in values {
            put(draft, key, value);
            if self.checked(draft).err().is_none_or(|problem| problem.field.as_deref() != Some(key)) {
                return;
            }
        }
    }

    /// The limit at which it fires, from its other side.
    fn opposite(&self, draft: &Draft) -> String {
        let built_in = tables(BUILTIN);
        let base = base(&draft.id, self.own.get(&draft.id), &built_in);
        let fire = match typed(draft, "fire") {
            "" => base.and_then(|base| base.get("fire")?.as_str()).unwrap_or_default(),
            fire => fire,
        };
        match fire.strip_prefix('>') {
            Some(limit) => format!("<{limit}"),
            None => fire.replacen('<', ">", 1),
        }
    }

    /// A name that no rule has.
    fn unused(&self) -> String {
        let names = (0..=self.entries.len()).map(|number| format!("new-{number}"));
        names.into_iter().find(|name| self.entry(name).is_none()).unwrap_or_default()
    }
}

fn typed<'a>(draft: &'a Draft, key: &str) -> &'a str {
    draft.values.get(key).map_or("", |text| text.trim())
}

fn put(draft: &mut Draft, key: &str, value: &str) {
    draft.values.insert(key.to_owned(), value.to_owned());
}
