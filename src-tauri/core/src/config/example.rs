//! The commented example file, made from the tables.
//!
//! Deliberately not here: a second copy of any default.

use std::fmt::Write;

use super::expect::EXPECT_KEYS;
use super::read::SETTINGS;
use super::rule::{BUILTIN, RULE_KEYS};

/// Expectations are a person's own: there are none by default, and the example of them is prose.
const EXPECTATIONS: &str = r#"#
#   [[expect]]
#   id = "night-training"
#   program = "train.py"
#   user = "ada"
#   hours = "22:00-07:00"
#
#   [[expect]]
#   id = "no-miners"
#   program = "*miner*"
#   policy = "deny"
"#;

const HEAD: &str = "\
# Hoofbeat. A change takes effect within seconds of saving; a mistake is reported with its line, and what was in force
# before stays in force. Lines like \"#key = value\" show the defaults: remove the # to change one.
";

/// Widest line of prose.
const WIDTH: usize = 110;

pub(super) fn text() -> String {
    let mut out = HEAD.to_owned();
    let mut section = "";
    for setting in SETTINGS {
        if setting.section != section {
            section = setting.section;
            let _ = write!(out, "\n[{section}]\n");
        }
        prose(&mut out, setting.doc);
        let _ = writeln!(out, "#{} = {}", setting.key, setting.default);
    }
    out.push('\n');
    prose(
        &mut out,
        "Alert rules. Those below are built in: name one by its id to change it, key by key, or to switch it off \
         (enabled = false). Others join them. What a rule may say:",
    );
    for key in RULE_KEYS {
        prose(&mut out, &format!("  {:<10} {}", key.key, key.doc));
    }
    out.push('\n');
    for line in BUILTIN.lines().skip_while(|line| !line.is_empty()).skip(1) {
        let mark = if line.is_empty() || line.starts_with('#') { "" } else { "#" };
        let _ = writeln!(out, "{mark}{line}");
    }
    out.push('\n');
    prose(
        &mut out,
        "Who may, must or must not use a GPU. Of those that name a use, the one with the most letters in its patterns \
         decides. What none of them names is judged by what is usual here.",
    );
    for key in EXPECT_KEYS {
        prose(&mut out, &format!("  {:<10} {}", key.key, key.doc));
    }
    out.push_str(EXPECTATIONS);
    out
}

/// Appends a comment: "# " and text, so that it differs from "#key = value".
fn prose(out: &mut String, text: &str) {
    let indent = text.len() - text.trim_start().len();
    let mut line = format!("#{}", " ".repeat(indent));
    for word in text.split_inclusive(' ').filter(|word| !word.trim().is_empty() || indent > 0) {
        if line.trim_end().len() > 1 && line.chars().count() + word.trim_end().chars().count() > WIDTH {
            let _ = writeln!(out, "{}", line.trim_end());
            line = format!("#{}", " ".repeat(if indent > 0 { indent + 11 } else { 0 }));
        }
        if line == "#" {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{}", line.trim_end());
}
