//! Who may use a GPU, as a person sees and changes it: what is declared in the config file, and what was learnt.
//!
//! Deliberately not here: what is unexpected, which core decides, and what an expectation may say, which the reader of the
//! config file decides.

use std::collections::BTreeMap;
use std::path::Path;

use hoofbeat_core::alerts::expect::problems;
use hoofbeat_core::api::{Face, Forecast, Unexpected, Users};
use hoofbeat_core::config::{Config, EXPECT_KEYS};
use hoofbeat_core::model::baseline::BaselineRow;
use hoofbeat_core::model::expectation::{Expectation, Policy};
use hoofbeat_core::{language, say};
use serde::Serialize;

use crate::failure::Failure;

/// Everything that is declared, and what differs from it now.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Expected {
    /// In the order of the file.
    pub declared: Vec<DeclaredInfo>,
    /// What is wrong with them as they stand; a sentence each.
    pub problems: Vec<String>,
    /// What an expectation may say.
    pub keys: Vec<ExpectKey>,
}

/// An expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct DeclaredInfo {
    /// Its name.
    pub id: String,
    /// What is expected.
    #[cfg_attr(test, ts(type = "'allow' | 'deny' | 'must_run'"))]
    pub policy: Policy,
    /// Whom and where it means: key and pattern.
    pub whom: Vec<(String, String)>,
    /// At which local times, as the file has it.
    pub hours: Option<String>,
    /// The most percent of the GPU's time.
    pub share: Option<f64>,
    /// The most bytes of its memory.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// For how many seconds one that must run may be missing.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub grace: Option<u64>,
    /// What differs from it now, in words; empty where nothing does.
    pub now: Vec<String>,
}

/// A key of an expectation.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExpectKey {
    /// Its name.
    pub key: &'static str,
    /// Whether each has it.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
    /// The words that it may be, where it is no text of one's own.
    pub words: Vec<&'static str>,
}

/// What was learnt of who uses GPUs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Habits {
    /// Unix seconds since when it learns; `null` where it has not begun.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub began: Option<i64>,
    /// Unix seconds from which on what is new is told; `null` where it has not begun, or nothing is told at all.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub tells_from: Option<i64>,
    /// Whether what is new is told at all; `null` where the config cannot be read.
    pub reports: Option<bool>,
    /// In no order.
    pub habits: Vec<HabitInfo>,
}

/// How one user's identity uses GPUs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HabitInfo {
    /// Its key, without versions.
    pub key: String,
    /// What a person calls it.
    pub identity: String,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// That user's name.
    pub user: Option<String>,
    /// Unix seconds of the first observation.
    #[cfg_attr(test, ts(type = "number"))]
    pub first: i64,
    /// On how many days it was seen.
    pub days: u32,
    /// How often at each hour of the local day; what is long ago counts less.
    pub hours: Vec<f64>,
    /// Whether it alarmed, and nobody has said that it is expected.
    pub is_unanswered: bool,
}

/// How many alarms a week the history foretells.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ForecastInfo {
    /// Days that were looked at.
    pub days: f64,
    /// How many identities were seen at work.
    pub identities: usize,
    /// How many of them on one day only.
    pub once: usize,
    /// New ones a week; `null` where less than a day is known.
    pub new_a_week: Option<f64>,
    /// Uses at odd hours a week; `null` where less than five weeks are known.
    pub odd_hours_a_week: Option<f64>,
}

/// What is wrong with an expectation as it is typed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ExpectProblem {
    /// The key that is to be changed; `null` where no single one is.
    pub field: Option<String>,
    /// One sentence.
    pub message: String,
}

/// How far back a forecast looks; the detailed history reaches no further.
pub const HISTORY: i64 = 90 * 86_400;

/// What is declared, and what differs from it now. Before anything was recorded, nothing does.
pub fn declared(file: &Path, face: impl FnOnce(&Config) -> Vec<Unexpected>) -> Result<Expected, Failure> {
    let config = Config::in_force(file)?;
    let found = if config.expectations.is_empty() { Vec::new() } else { face(&config) };
    let declared = config.expectations.iter().map(|one| info(one, &found)).collect();
    let key = |key: &hoofbeat_core::config::RuleKey| ExpectKey {
        key: key.key,
        required: key.required,
        doc: language::said(key.doc),
        words: if key.key == "policy" { Policy::WORDS.iter().map(|(_, word)| *word).collect() } else { Vec::new() },
    };
    Ok(Expected { declared, problems: problems(&config.expectations), keys: EXPECT_KEYS.iter().map(key).collect() })
}

fn info(one: &Expectation, found: &[Unexpected]) -> DeclaredInfo {
    let in_words = |differs: &Unexpected| match &differs.used {
        Some(used) => {
            let (who, gpu) = (used.label.json(), &used.gpu);
            say!("{who} on {gpu}: {reason}", who, gpu, reason = differs.reason.words())
        }
        None => say!("must run, and does not use a GPU").to_owned(),
    };
    DeclaredInfo {
        id: one.id.clone(),
        policy: one.policy,
        whom: one.patterns().map(|(key, pattern)| (key.to_owned(), pattern.to_owned())).collect(),
        hours: one.hours.map(|hours| hours.words()),
        share: one.share,
        vram: one.vram,
        grace: (one.policy == Policy::MustRun).then_some(one.grace.as_secs()),
        now: found.iter().filter(|differs| differs.expectation == one.id).map(in_words).collect(),
    }
}

/// What was learnt.
pub fn habits(learnt: (Vec<BaselineRow>, Option<i64>, bool), file: &Path, root: Option<&Path>) -> Habits {
    let (rows, began, trusted) = learnt;
    let learning = Config::in_force(file).ok().map(|config| config.learning);
    let tells_from = learning.filter(|learning| learning.report).zip(began).map(|(learning, began)| match trusted {
        true => began,
        false => began.saturating_add_unsigned(learning.learn.as_secs()),
    });
    let mut users = Users::at(root);
    let mut habit = |row: &BaselineRow| HabitInfo {
        key: row.key.json().into_owned(),
        identity: row.label.json().into_owned(),
        uid: row.uid,
        user: row.uid.map(|uid| users.name(uid)),
        first: row.first,
        days: row.days,
        hours: row.hours.to_vec(),
        is_unanswered: row.alarmed != 0,
    };
    let habits = rows.iter().map(&mut habit).collect();
    Habits { began, tells_from, reports: learning.map(|learning| learning.report), habits }
}

/// How many alarms a week the history foretells.
pub fn forecast(file: &Path, ask: impl FnOnce(&Config) -> Result<Forecast, Failure>) -> Result<ForecastInfo, Failure> {
    let Forecast { days, identities, once, new_a_week, odd_hours_a_week } = ask(&Config::in_force(file)?)?;
    Ok(ForecastInfo { days, identities, once, new_a_week, odd_hours_a_week })
}

/// What is typed of an expectation, without what is empty.
pub type Typed = BTreeMap<String, String>;

fn keys(typed: &Typed) -> Vec<(&str, String)> {
    let text = |key: &str| typed.get(key).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    EXPECT_KEYS.iter().filter_map(|one| Some((one.key, text(one.key)?))).collect()
}

/// What makes no sense beside what stands there already.
fn objection(before: &[String], config: &Config) -> Option<String> {
    problems(&config.expectations).into_iter().find(|problem| !before.contains(problem))
}

/// What is wrong with an expectation that is to be added; `None` where nothing is.
pub fn check(file: &Path, typed: &Typed) -> Result<Option<ExpectProblem>, Failure> {
    let before = problems(&Config::in_force(file)?.expectations);
    let problem = Config::expectation_problem(file, &keys(typed), |config| objection(&before, config))?;
    Ok(problem.map(|problem| ExpectProblem { field: problem.field, message: problem.message }))
}

/// Adds an expectation to the file.
pub fn add(file: &Path, typed: &Typed) -> Result<(), Failure> {
    let before = problems(&Config::in_force(file)?.expectations);
    Ok(Config::add_expectation(file, &keys(typed), |config| objection(&before, config)).map(drop)?)
}

/// Takes an expectation out of the file.
pub fn remove(file: &Path, id: &str) -> Result<(), Failure> {
    Ok(Config::remove_expectation(file, id).map(drop)?)
}

/// What differs from the declarations now; nothing where nothing can be read, which is told elsewhere on the page.
pub fn differences(face: &Face, config: &Config) -> Vec<Unexpected> {
    face.unexpected(&config.expectations, config.sessions).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hoofbeat_core::alerts::expect::{Reason, Used};

    use super::*;

    fn typed(values: &[(&str, &str)]) -> Typed {
        values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    #[test]
    fn an_expectation_is_judged_added_shown_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let read = || declared(&file, |_| Vec::new()).unwrap();
        assert!(read().declared.is_empty());
        assert!(read().keys.iter().any(|key| key.key == "policy" && key.words == ["allow", "deny", "must_run"]));
        let wrong = |values: &[(&str, &str)]| check(&file, &typed(values)).unwrap().expect("it is wrong");
        assert_eq!(wrong(&[("id", "a"), ("program", "x"), ("hours", "late")]).field.as_deref(), Some("hours"));
        let nobody = wrong(&[("id", "a"), ("program", " ")]);
        assert!(nobody.message.starts_with("The expectation \"a\" names nobody; "), "{}", nobody.message);
        let injected = wrong(&[("id", "a"), ("program", "x"), ("share", "1\n[notify.command]\nrun = [\"sh\"]")]);
        assert_eq!(injected.field.as_deref(), Some("share"));
        let fine = typed(&[("id", "a"), ("program", "train.py"), ("share", "80"), ("vram", "1GiB"), ("gpu", "")]);
        assert_eq!(check(&file, &fine).unwrap(), None);
        assert!(!file.exists(), "nothing is written by that");
        add(&file, &fine).unwrap();
        let one = read().declared.remove(0);
        assert_eq!((one.id.as_str(), one.share, one.vram, one.grace), ("a", Some(80.0), Some(1 << 30), None));
        assert_eq!(one.whom, [("program".to_owned(), "train.py".to_owned())]);
        assert!(wrong(&[("id", "a"), ("program", "x")]).message.contains("two expectations"));
        remove(&file, "a").unwrap();
        assert!(read().declared.is_empty());
        assert!(remove(&file, "a").is_err());
    }

    #[test]
    fn what_differs_now_stands_with_its_expectation() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        fs::write(&file, "[[expect]]\nid = \"no\"\nprogram = \"x*\"\npolicy = \"deny\"\n").unwrap();
        let used = Used {
            gpu: "gpu:1".to_owned(),
            key: "program:xmrig".into(),
            label: "xmrig".into(),
            uid: None,
            files: Vec::new(),
            share: None,
            vram: None,
        };
        let now = Unexpected { reason: Reason::Denied, expectation: "no".to_owned(), used: Some(used) };
        let found = declared(&file, |_| vec![now.clone()]).unwrap();
        assert_eq!(found.declared[0].now, ["xmrig on gpu:1: must not run"]);
        let missing = Unexpected { used: None, ..now.clone() };
        let found = language::within(language::Language::German, || declared(&file, |_| vec![now, missing])).unwrap();
        assert!(found.declared[0].now[0].starts_with("xmrig auf gpu:1: "), "{:?}", found.declared[0].now);
        assert_eq!(found.declared[0].now[1], "muss laufen und nutzt keine GPU");
        let doc = found.keys.iter().find(|key| key.key == "unit").map(|key| key.doc);
        assert_eq!(doc, Some("wen, nach systemd-Unit: \"ollama.service\""));
    }

    #[test]
    fn it_is_told_from_when_on_what_is_new_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let tells = |text: &str, trusted: bool| {
            fs::write(&file, text).unwrap();
            let habits = habits((Vec::new(), Some(1000), trusted), &file, None);
            (habits.reports, habits.tells_from)
        };
        assert_eq!(tells("[baseline]\nlearn = \"1d\"\n", false), (Some(true), Some(1000 + 86_400)));
        assert_eq!(tells("", true), (Some(true), Some(1000)));
        assert_eq!(tells("[baseline]\nreport = false\n", true), (Some(false), None));
        assert_eq!(tells("[", true), (None, None));
    }
}
