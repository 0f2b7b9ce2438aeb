//! In which language sentences for people are written.
//!
//! English stands in the code, where it is read beside what it is made of: `say!("{gpu} asleep", gpu = name)`. Every other
//! language is a file of `languages/` that has the same sentence, places included, for each English one; the pages of
//! `ui/` draw from the same files. Where such a file lacks a sentence, English is said (a test finds it first).
//!
//! Deliberately not here: the command line, the config file and what programs read (JSON, CSV, logs), which are English
//! everywhere; numbers (`format`); and languages that count in more than two ways.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use serde::{Deserialize, Serialize};

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[repr(u8)]
pub enum Language {
    /// What the code is written in.
    #[default]
    #[serde(rename = "en")]
    English,
    /// `languages/de.json`.
    #[serde(rename = "de")]
    German,
}

/// The sentences of a language by their English.
type Catalogue = HashMap<Cow<'static, str>, Cow<'static, str>>;

/// The text of the German catalogue: a flat JSON object.
const GERMAN: &str = include_str!("../../../languages/de.json");

/// Read when German is first spoken: who speaks English pays nothing for it.
static READ: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(GERMAN).expect("it is a part of the program, and a test reads it"));

/// What this process speaks where nobody chose.
static SYSTEM: AtomicU8 = AtomicU8::new(Language::English as u8);
/// What a person chose for it; [`NOBODY`] did.
static CHOSEN: AtomicU8 = AtomicU8::new(NOBODY);
const NOBODY: u8 = u8::MAX;

thread_local! {
    /// What this thread speaks for now.
    static OWN: Cell<Option<Language>> = const { Cell::new(None) };
}

impl Language {
    /// Every language, with its code (ISO 639-1) as the config file has it and its own name.
    pub const ALL: &[(Language, &'static str, &'static str)] =
        &[(Language::English, "en", "English"), (Language::German, "de", "Deutsch")];

    /// Its code.
    pub fn code(self) -> &'static str {
        Language::ALL.iter().find(|(language, ..)| *language == self).map_or("", |(_, code, _)| code)
    }

    /// The language of a code, or of a locale such as `de_AT.UTF-8` and `de-CH`.
    pub fn of(locale: &str) -> Option<Language> {
        let code = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        Language::ALL.iter().find(|(_, known, _)| code.eq_ignore_ascii_case(known)).map(|(language, ..)| *language)
    }

    /// What the environment asks for: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that says anything (POSIX, 8.2).
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
        let said = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|said| !said.is_empty());
        said.and_then(|locale| Language::of(&locale)).unwrap_or_default()
    }

    fn number(number: u8) -> Language {
        Language::ALL.iter().map(|(language, ..)| *language).find(|one| *one as u8 == number).unwrap_or_default()
    }
}

/// From now on this process speaks `language` where nobody chose another one.
pub fn follow(language: Language) {
    SYSTEM.store(language as u8, Ordering::Relaxed);
}

/// From now on this process speaks what a person chose; `None`: what [`follow`] said, which is English where it never did.
pub fn choose(language: Option<Language>) {
    CHOSEN.store(language.map_or(NOBODY, |language| language as u8), Ordering::Relaxed);
}

/// Has this thread speak a language while it does something: answers a page, say.
pub fn within<T>(language: Language, work: impl FnOnce() -> T) -> T {
    /// Goes back to what was spoken before, after a panic, too.
    struct Back(Option<Language>);
    impl Drop for Back {
        fn drop(&mut self) {
            OWN.set(self.0);
        }
    }
    let _back = Back(OWN.replace(Some(language)));
    work()
}

/// What is spoken here and now.
pub fn current() -> Language {
    OWN.get().unwrap_or_else(|| match CHOSEN.load(Ordering::Relaxed) {
        NOBODY => Language::number(SYSTEM.load(Ordering::Relaxed)),
        chosen => Language::number(chosen),
    })
}

/// A text in the language of this moment. It may come from a table, whose texts the test of the catalogues has to know;
/// what stands in the code is written with [`crate::say!`].
pub fn said(english: &str) -> &str {
    match current() {
        Language::English => english,
        Language::German => READ.get(english).map_or(english, |german| german),
    }
}

/// A text with its places, `{name}`, filled. A place that nobody fills stays as it is.
pub fn filled(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(text.len() + 16 * values.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let place = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, after))
        });
        debug_assert!(place.is_some(), "nothing fills a place of {text:?}");
        match place {
            // Writing to a text cannot fail.
            Some((value, after)) => {
                let _ = write!(out, "{value}");
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A sentence in the language of this moment: `say!("asleep")` is a `&'static str`, and
/// `say!("{gpu} idle for {time}", gpu, time = duration(long))` a `String`. Places hold what is formatted already.
#[macro_export]
macro_rules! say {
    ($text:literal $(,)?) => { $crate::language::said($text) };
    ($text:literal, $($name:ident $(= $value:expr)?),+ $(,)?) => {
        $crate::language::filled($crate::language::said($text), &[
            $((stringify!($name), $crate::say!(@ $name $(= $value)?))),+
        ])
    };
    (@ $name:ident = $value:expr) => { &$value as &dyn ::std::fmt::Display };
    (@ $name:ident) => { &$name as &dyn ::std::fmt::Display };
}

/// The same of a number of things, one or more: `say_count!(left, "{left} alert", "{left} alerts", left)`.
#[macro_export]
macro_rules! say_count {
    ($count:expr, $one:literal, $more:literal $(, $($rest:tt)*)?) => {
        if $count == 1 { $crate::say!($one $(, $($rest)*)?) } else { $crate::say!($more $(, $($rest)*)?) }
    };
}

#[cfg(test)]
mod tests;
