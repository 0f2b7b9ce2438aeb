//! Each language says everything that is said in English, and nothing else.
//!
//! The sentences are found in the sources: the literals of `say!("…")` and `say_count!(n, "…", "…")` in Rust, of
//! `say('…')` and `sayCount(n, '…', '…')` in the pages. What tables say is asked of the tables.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hoofbeat_core::config::{Config, EXPECT_KEYS, RULE_KEYS, SETTINGS};
use hoofbeat_core::metrics;
use hoofbeat_core::model::Health;
use hoofbeat_core::paths::PathError;
use hoofbeat_core::sensors::LET_GO;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The catalogue of a language.
fn catalogue(file: &Path) -> BTreeMap<String, String> {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The text of a literal that begins here, and what follows it.
fn literal(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let (mut out, mut rest) = (String::new(), &text[1..]);
    loop {
        let next = rest.chars().next()?;
        rest = &rest[next.len_utf8()..];
        match next {
            _ if next == quote => return Some((out, rest)),
            '\\' => {
                let escaped = rest.chars().next()?;
                rest = &rest[escaped.len_utf8()..];
                match escaped {
                    // Rust's way of going on in the next line.
                    '\n' => rest = rest.trim_start(),
                    'n' => out.push('\n'),
                    'u' => {
                        let (code, after) = rest.trim_start_matches('{').split_at_checked(rest.find('}')? - 1)?;
                        out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
                        rest = &after[1..];
                    }
                    other => out.push(other),
                }
            }
            other => out.push(other),
        }
    }
}

/// What a source says.
fn said_in(source: &str) -> Vec<String> {
    let mut said = Vec::new();
    for call in ["say!(", "say("] {
        for (at, _) in source.match_indices(call) {
            let is_word = source[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_');
            let text = literal(source[at + call.len()..].trim_start()).filter(|_| !is_word);
            said.extend(text.map(|(text, _)| text));
        }
    }
    for call in ["say_count!(", "sayCount("] {
        for (at, _) in source.match_indices(call) {
            // What is counted is no text.
            let inner = &source[at + call.len()..];
            let Some((one, rest)) = inner.find(['"', '\'']).and_then(|at| literal(&inner[at..])) else { continue };
            said.push(one);
            said.extend(literal(rest.trim_start_matches(',').trim_start()).map(|(more, _)| more));
        }
    }
    said
}

/// The sources of programs and pages; tests say nothing to people.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_source = (name.ends_with(".rs") || name.ends_with(".ts") || name.ends_with(".svelte"))
            && !name.ends_with(".test.ts")
            && !matches!(name.as_str(), "tests.rs" | "language.rs" | "language.ts");
        if path.is_dir() {
            if !matches!(name.as_str(), "tests" | "target" | "node_modules" | "generated" | "gallery" | "fixture") {
                sources(&path, found);
            }
        } else if is_source {
            found.push(path);
        }
    }
}

/// Everything that is said in English, with where it is said first.
fn said() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    sources(&root().join("src-tauri"), &mut files);
    sources(&root().join("ui/src"), &mut files);
    files.sort();
    let mut said = BTreeMap::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        // The tests at the end of a file.
        let source = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for text in said_in(source) {
            said.entry(text).or_insert_with(|| file.display().to_string());
        }
    }
    for line in metrics::TABLE {
        said.entry(line.label.to_owned()).or_insert_with(|| "the metric table".to_owned());
    }
    let mut table = |name: &str, text: &str| {
        said.entry(text.to_owned()).or_insert_with(|| name.to_owned());
    };
    SETTINGS.iter().for_each(|setting| table("the settings", setting.doc));
    EXPECT_KEYS.iter().for_each(|key| table("the keys of expectations", key.doc));
    // A form has words of its own for the keys of rules; only this one is told as the config file has it.
    RULE_KEYS.iter().filter(|key| key.key == "fire").for_each(|key| table("the keys of rules", key.doc));
    Config::default()
        .listed()
        .iter()
        .filter_map(|one| one.reason.as_deref())
        .for_each(|reason| table("a rule", reason));
    let healths = Health::WORDS.iter().filter(|(health, _)| *health != Health::Ok);
    healths.for_each(|(_, word)| table("the healths", word));
    table("the sensors of GPUs", LET_GO);
    table("the paths", &PathError::NoConfigFile.to_string());
    said
}

/// The places of a text.
fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[test]
fn each_language_says_everything_and_nothing_else() {
    let said = said();
    assert!(said.len() > 200, "only {} texts were found", said.len());
    for file in fs::read_dir(root().join("languages")).unwrap().map(|entry| entry.unwrap().path()) {
        let other = catalogue(&file);
        let mut wrong = Vec::new();
        for (text, place) in &said {
            match other.get(text) {
                None => wrong.push(format!("lacks {text:?} of {place}")),
                Some(other) if places(other) != places(text) => {
                    wrong.push(format!("has other places in {other:?} than {text:?}"));
                }
                Some(_) => {}
            }
        }
        wrong.extend(other.keys().filter(|text| !said.contains_key(*text)).map(|text| format!("nobody says {text:?}")));
        assert!(wrong.is_empty(), "{}:\n{}", file.display(), wrong.join("\n"));
    }
}

#[test]
fn what_is_said_is_found() {
    let rust = "let a = say!(\"{who} is\\u{a0}here\", who); say_count!(\n    n,\n    \"one \\\"x\\\"\",\n    \"two \\\n     three\",\n);";
    assert_eq!(said_in(rust), ["{who} is\u{a0}here", "one \"x\"", "two three"]);
    let page = "{say('it’s')} {essay('no')} {sayCount(all.length, '{n} day', \"{n} days'\", { n })}";
    assert_eq!(said_in(page), ["it’s", "{n} day", "{n} days'"]);
}
