//! What a person answers to a notification about an alert: "Snooze 1 h" and "This is expected".
//!
//! Both write what the commands of the same names write, so that every face shows it and it can be taken back. It may
//! take its time (a locked database, a slow disk), so nothing here runs on the thread of the notifications. Deliberately
//! not here: what comes of it, which the recorder decides when it notices.

use std::path::Path;

use hoofbeat_core::alerts::expect::problems;
use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;
use hoofbeat_core::engine::{Notice, Who, words};
use hoofbeat_core::model::EventKind;
use hoofbeat_core::model::expectation::{Expectation, Policy};
use hoofbeat_core::model::rule::Watched;
use hoofbeat_core::say;
use hoofbeat_core::untrusted::Untrusted;
use jiff::Zoned;

use crate::time;

/// How long "Snooze 1 h" lasts.
const SNOOZE_SECONDS: i64 = 3600;
/// The longest part of an expectation's id that comes from a name.
const ID_CHARS: usize = 40;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Say nothing of it for an hour.
    Snooze,
    /// It may use this GPU.
    Expect,
}

/// What an answer led to, for the person.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The news.
    pub title: String,
    /// How to see it and take it back, or what went wrong.
    pub body: String,
    /// Whether it was written.
    pub done: bool,
}

impl Answer {
    /// The answers to an alert, at most two.
    pub fn to(notice: &Notice) -> Vec<Answer> {
        let expect = expected(notice).map(|_| Answer::Expect);
        [Answer::Snooze].into_iter().chain(expect).collect()
    }

    /// The key of its button.
    pub fn key(self) -> &'static str {
        match self {
            Answer::Snooze => "snooze",
            Answer::Expect => "expect",
        }
    }

    /// What stands on its button.
    pub fn label(self) -> &'static str {
        match self {
            Answer::Snooze => say!("Snooze 1 h"),
            Answer::Expect => say!("This is expected"),
        }
    }

    /// Writes it, and says what came of it. May take some seconds.
    pub fn carry_out(self, notice: &Notice, folder: &Path, config: &Path, now: &Zoned) -> Outcome {
        let (done, failed) = match self {
            Answer::Snooze => (snooze(notice, folder, now), say!("It could not be snoozed")),
            Answer::Expect => (expect(notice, folder, config), say!("It could not be noted as expected")),
        };
        match done {
            Ok((title, body)) => Outcome { title, body, done: true },
            Err(problem) => Outcome { title: failed.to_owned(), body: problem, done: false },
        }
    }
}

fn snooze(notice: &Notice, folder: &Path, now: &Zoned) -> Result<(String, String), String> {
    let until = now.timestamp().as_second() + SNOOZE_SECONDS;
    let (rule, source) = (&notice.rule.id, &notice.source.id);
    // Another program that nobody expects is other news.
    let who = notice.who.as_ref().map(|who| who.key.as_str());
    let written = Face::open(folder).and_then(|face| face.snooze_whom(rule, source, who, Some(until)));
    written.map_err(|error| error.to_string())?;
    let title = say!("Snoozed until {moment}", moment = time::moment(until, now));
    let rule = Untrusted::from(rule.as_str()).notification();
    Ok((title, say!("Said again at once: hoofbeat alerts unsnooze {rule}", rule)))
}

/// Who can be declared to be expected: an identity whose use of a GPU was not. Of one that is missing, or whose file is
/// another one, a declaration settles nothing; and a `*` in a key would declare others, too.
fn expected(notice: &Notice) -> Option<&Who> {
    let is_use = matches!(notice.rule.watched, Watched::Event { kind: EventKind::UnexpectedUse, .. });
    let why = notice.detail.event.as_ref().and_then(|event| event.get("why")?.as_str());
    let is_settled = !matches!(why, Some("missing" | "changed_binary"));
    let is_exact = |who: &&Who| !who.key.is_empty() && !who.key.contains('*') && !notice.source.id.contains('*');
    notice.who.as_ref().filter(|_| is_use && is_settled).filter(is_exact)
}

fn expect(notice: &Notice, folder: &Path, file: &Path) -> Result<(String, String), String> {
    let who = expected(notice).ok_or_else(|| say!("It is not known who that is."))?;
    let gpu = &notice.source.id;
    let config = Config::in_force(file).map_err(|error| error.to_string())?;
    let is_it = |one: &Expectation| {
        let same = one.identity.as_deref() == Some(&who.key) && one.gpu.as_deref() == Some(gpu);
        let is_limited = one.hours.is_some() || one.share.is_some() || one.vram.is_some();
        same && !is_limited && one.policy == Policy::Allow && one.patterns().count() == 2
    };
    let id = match config.expectations.iter().find(|one| is_it(one)) {
        // Somebody else was faster.
        Some(one) => one.id.clone(),
        None => {
            let id = fresh_id(&who.name, |id| config.expectations.iter().any(|one| one.id == id));
            let keys = [("id", id.clone()), ("identity", who.key.clone()), ("gpu", gpu.clone())];
            let before = problems(&config.expectations);
            let news = |config: &Config| problems(&config.expectations).into_iter().find(|one| !before.contains(one));
            Config::add_expectation(file, &keys, news).map_err(|error| error.to_string())?;
            id
        }
    };
    // What alarmed does not wait for an answer any more. It is expected in any case, by what stands in the config.
    if let Err(error) = Face::open(folder).and_then(|face| face.accept(&who.key, None)) {
        log::warn!("{} is expected, and still waits for an answer: {error}", who.name.notification());
    }
    let subject = words::subject(&notice.source, &Untrusted::notification);
    let title = say!("Expected from now on: {who} on {gpu}", who = who.name.notification(), gpu = subject);
    let id = Untrusted::from(id.as_str()).notification();
    Ok((title, say!("hoofbeat expect list shows it; hoofbeat expect remove {id} takes it back.", id)))
}

/// `expected-blender`, with a number where that is taken.
fn fresh_id(name: &Untrusted, is_taken: impl Fn(&str) -> bool) -> String {
    let text = name.notification().to_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.collect::<Vec<_>>().join("-");
    let slug = slug.get(..ID_CHARS).unwrap_or(&slug).trim_end_matches('-');
    let first = if slug.is_empty() { "expected-use".to_owned() } else { format!("expected-{slug}") };
    if !is_taken(&first) {
        return first;
    }
    let numbered = |number: u64| format!("{first}-{number}");
    (2..).map(numbered).find(|id| !is_taken(id)).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_says_who_and_is_nobody_elses() {
        #[track_caller]
        fn check(name: &str, taken: &[&str], expected: &str) {
            assert_eq!(fresh_id(&Untrusted::from(name), |id| taken.contains(&id)), expected);
        }
        check("Blender", &[], "expected-blender");
        check("Blender", &["expected-blender", "expected-blender-2"], "expected-blender-3");
        check("jupyter: my notebook", &[], "expected-jupyter-my-notebook");
        check("</b>\u{202e}\n\"", &[], "expected-b");
        check("名前", &[], "expected-use");
        check(&"x".repeat(4 << 20), &[], &format!("expected-{}", "x".repeat(40)));
    }
}
