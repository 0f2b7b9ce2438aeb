//! The rules as a person sees and changes them: what each watches, what is typed of it, and what it would have said.
//!
//! What may be typed, the reader of the config file decides; the file is written by core. Deliberately not here: any
//! second opinion on a rule.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use hoofbeat_core::api::{Face, Replayed, watches};
use hoofbeat_core::config::{Config, ConfigError, Draft, DraftProblem, EditError, Entry, Origin, RuleBook};
use hoofbeat_core::language;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::{Rule, Severity, Side, Watched};
use hoofbeat_core::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure, sentence};

/// How far back a draft is tried on what was recorded.
const PAST: i64 = 30 * 86_400;
/// For how long what the rule in force would have said is taken for known.
const KNOWN: i64 = 300;

/// Every rule, and the version of the file that they are from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rules {
    /// To be handed back with what is saved.
    pub version: String,
    /// Those that are switched off at the end.
    pub rules: Vec<RuleInfo>,
}

/// A rule, with what a form begins with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleInfo {
    /// Its name.
    pub id: String,
    /// How much its alerts matter.
    #[cfg_attr(test, ts(type = "'info' | 'warning' | 'critical'"))]
    pub severity: Severity,
    /// When it fires, in words.
    pub watches: String,
    /// Why it is built in; `null` where it is not.
    pub reason: Option<String>,
    /// Where it comes from.
    #[cfg_attr(test, ts(type = "'built-in' | 'changed' | 'own'"))]
    pub origin: Origin,
    /// Whether it is on.
    pub enabled: bool,
    /// The keys that it may have, of those that a form offers.
    pub fields: Vec<&'static str>,
    /// The text of each that it has.
    pub values: BTreeMap<String, String>,
    /// What holds again where that text is taken away; empty where the rule is not built in.
    pub built_in: BTreeMap<String, String>,
    /// Which readings it compares; `null` where it compares none, or what becomes of them is of another unit.
    pub compared: Option<Compared>,
}

/// The readings that a rule compares, of all sources that it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Compared {
    /// Of this metric.
    pub metric: &'static str,
    /// In percent of this other metric of the same source.
    pub of: Option<&'static str>,
    /// Whether it fires above its limit, and not below it.
    pub above: bool,
    /// Only of sources whose id matches; `*` stands for any text.
    pub source: Option<String>,
    /// Not of sources that have this metric.
    pub without: Option<&'static str>,
}

impl Compared {
    fn of(rule: &Rule) -> Option<Compared> {
        let Watched::Metric { metric, of } = &rule.watched else { return None };
        if rule.window.is_some_and(|window| window.aggregate.is_other_unit()) {
            return None;
        }
        Some(Compared {
            metric: metric.key(),
            of: of.map(Metric::key),
            above: rule.fire.side == Side::Above,
            source: rule.source.clone(),
            without: rule.without.map(Metric::key),
        })
    }
}

/// A rule as it is typed.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RuleDraft {
    /// Its id.
    id: String,
    /// Whether there is none with this id yet.
    is_new: bool,
    /// Whether it is on.
    enabled: bool,
    /// What is typed, by key; what is empty is not set.
    values: BTreeMap<String, String>,
}

/// What is to be said of a draft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum DraftInfo {
    /// It may be saved.
    Fine {
        /// When it fires, in words.
        watches: String,
    },
    /// It may not.
    Wrong {
        /// All of them, each of another field.
        problems: Vec<FieldProblem>,
    },
}

/// One thing that is wrong with a draft.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldProblem {
    /// The key that is to be changed; `null` where no single one is.
    pub field: Option<String>,
    /// One sentence, in the words of the form.
    pub message: String,
}

/// What a draft would have said of the last days, beside the rule that it changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rehearsed {
    /// What the draft would have said.
    pub draft: Told,
    /// What the rule as it is in force would have said; `null` for a new one.
    pub in_force: Option<Told>,
    /// Whether no source that is known has an id as the draft asks for.
    pub is_about_nothing: bool,
}

/// How often a rule would have fired.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Told {
    /// False where it cannot be replayed: then this is how often it did fire.
    pub is_replayed: bool,
    /// How often.
    pub times: usize,
    /// Unix seconds of the last time.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub last: Option<i64>,
    /// For how many seconds, that time; `null` where it goes on.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub lasted: Option<i64>,
    /// Unix seconds from which on anything is on record that it could have spoken of.
    #[cfg_attr(test, ts(type = "number"))]
    pub since: i64,
    /// Unix seconds before which only minutes are kept, so that short peaks may count differently.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub minutes_until: Option<i64>,
}

impl From<RuleDraft> for Draft {
    fn from(RuleDraft { id, is_new, enabled, values }: RuleDraft) -> Draft {
        Draft { id, is_new, enabled, values }
    }
}

impl From<&Entry> for RuleInfo {
    fn from(entry: &Entry) -> RuleInfo {
        let Entry { listed, values, built_in } = entry;
        RuleInfo {
            id: listed.rule.id.clone(),
            severity: listed.rule.severity,
            watches: watches(&listed.rule),
            reason: listed.reason.as_deref().map(|reason| language::said(reason).to_owned()),
            origin: listed.origin,
            enabled: listed.is_on,
            fields: entry.fields(),
            values: values.clone(),
            built_in: built_in.clone(),
            compared: Compared::of(&listed.rule),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::new(Code::BadConfig, sentence(&error.to_string()))
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Failure {
        let code = match error {
            EditError::Config(_) | EditError::Refused(_) => Code::BadConfig,
            EditError::Io(_) => Code::Io,
        };
        Failure::new(code, sentence(&error.to_string()))
    }
}

/// The rules of the file.
pub fn read(file: &Path) -> Result<Rules, Failure> {
    let book = RuleBook::read(file)?;
    Ok(Rules { rules: book.entries.iter().map(RuleInfo::from).collect(), version: book.version })
}

/// What is to be said of a draft, by the file as it is now.
pub fn check(file: &Path, draft: RuleDraft) -> Result<DraftInfo, Failure> {
    let (book, draft) = (RuleBook::read(file)?, draft.into());
    Ok(match book.check(&draft) {
        Ok(rule) => DraftInfo::Fine { watches: watches(&rule) },
        Err(_) => {
            let told = |DraftProblem { field, message }: DraftProblem| FieldProblem { field, message };
            DraftInfo::Wrong { problems: book.problems(&draft).into_iter().map(told).collect() }
        }
    })
}

/// Saves a draft in the file.
pub fn save(file: &Path, draft: RuleDraft, version: &str) -> Result<(), Failure> {
    Ok(Config::save_rule(file, &draft.into(), version).map(drop)?)
}

/// Takes what the file says of a rule out of it.
pub fn remove(file: &Path, id: &str, version: &str) -> Result<(), Failure> {
    Ok(Config::remove_rule(file, id, version).map(drop)?)
}

/// Tries drafts on what was recorded: one after another, and only the newest.
#[derive(Default)]
pub struct Rehearsals {
    newest: AtomicU64,
    /// What the rule in force would have said, and when that was found.
    known: Mutex<Option<(Rule, i64, Told)>>,
}

impl Rehearsals {
    /// The number of a new rehearsal, which makes those before it outdated.
    pub fn begin(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What a draft would have said up to a Unix second; `None` where this rehearsal is outdated, or the draft is wrong. It
    /// reads for a while and opens the recording for itself, so that nobody waits for it.
    pub fn run(
        &self,
        number: u64,
        (folder, file): (&Path, &Path),
        draft: &Draft,
        now: i64,
    ) -> Result<Option<Rehearsed>, Failure> {
        let is_outdated = || self.newest.load(Ordering::Relaxed) != number;
        // What is known is replaced as a whole, so a panic elsewhere cannot leave it half written.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if is_outdated() {
            return Ok(None);
        }
        let book = RuleBook::read(file)?;
        let Ok(rule) = book.check(draft) else { return Ok(None) };
        let face = Face::open(folder)?;
        let mut tell = |rule: &Rule| face.replay(rule, now - PAST, now + 1).map(|told| Told::of(&told, now - PAST));
        let draft_told = tell(&rule)?;
        if is_outdated() {
            return Ok(None);
        }
        let in_force = match book.entry(&draft.id) {
            None => None,
            Some(entry) => Some(in_force(&mut known, &entry.listed.rule, now, &mut tell)?),
        };
        let sources = face.status()?.sources;
        let is_about_nothing = rule.source.is_some() && !sources.iter().any(|source| rule.is_for(&source.id));
        Ok(Some(Rehearsed { draft: draft_told, in_force, is_about_nothing }))
    }
}

/// The same for the rule in force, which does not change while a person types.
fn in_force(
    known: &mut Option<(Rule, i64, Told)>,
    rule: &Rule,
    now: i64,
    tell: &mut impl FnMut(&Rule) -> Result<Told, StoreError>,
) -> Result<Told, StoreError> {
    match known {
        Some((of, when, told)) if of == rule && (0..KNOWN).contains(&(now - *when)) => Ok(told.clone()),
        _ => {
            let told = tell(rule)?;
            *known = Some((rule.clone(), now, told.clone()));
            Ok(told)
        }
    }
}

impl Told {
    fn of(replayed: &Replayed, since: i64) -> Told {
        let last = replayed.alerts.last();
        Told {
            is_replayed: replayed.is_replayed,
            times: replayed.alerts.len(),
            last: last.map(|one| one.since),
            lasted: last.and_then(|one| Some(one.until? - one.since)),
            since: replayed.nothing_until.unwrap_or(since),
            minutes_until: replayed.minutes_until,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use hoofbeat_core::model::{Batch, Condition, Keep, Now, Source, SourceKind, Tick};
    use hoofbeat_core::store::Store;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn draft(id: &str, values: &[(&str, &str)]) -> RuleDraft {
        let values = values.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        RuleDraft { id: id.to_owned(), is_new: true, enabled: true, values }
    }

    /// Some minutes of a processor's temperature, hot for one of them.
    fn record(folder: &Path) {
        let now = Now { wall: Duration::from_secs(NOW as u64), boot: Duration::from_secs(1000) };
        let mut store = Store::open(folder, Keep::default(), now).unwrap().store;
        let cpu = Source::whole(SourceKind::Cpu, "cpu", "CPU");
        for after in 0..240 {
            let mut batch = Batch::default();
            batch.put(&cpu, Metric::CpuTemperature, if (60..120).contains(&after) { 90.0 } else { 60.0 });
            let readings = batch.into_parts().readings;
            let conditions = vec![(cpu.clone(), Condition::OK)];
            store.append(&[Tick { ts: NOW - 240 + after, readings, conditions, ..Tick::default() }], false).unwrap();
        }
    }

    #[test]
    fn a_draft_is_judged_and_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        let rules = read(&file).unwrap();
        let hot = rules.rules.iter().find(|rule| rule.id == "cpu-hot").unwrap();
        assert_eq!((hot.origin, hot.values["fire"].as_str(), hot.fields.len()), (Origin::BuiltIn, "> 97", 9));
        let compared = |id: &str| rules.rules.iter().find(|rule| rule.id == id).unwrap().compared.clone();
        let full = compared("gpu-memory-full").unwrap();
        assert_eq!((full.metric, full.of, full.above), ("gpu.memory.used", Some("gpu.memory.total"), true));
        assert_eq!(compared("gpu-hot-guess").unwrap().without, Some("gpu.temperature.margin"));
        assert_eq!(compared("gpu-lost"), None, "a state is no reading");
        let filling = rules.rules.iter().find(|rule| rule.values.get("fire").is_some_and(|fire| fire == "< 24h"));
        assert_eq!(filling.unwrap().compared, None, "when a disk is full is no reading of it");
        for rule in &rules.rules {
            assert!(rule.watches.len() > 8, "{rule:?}");
        }
        let german = language::within(language::Language::German, || read(&file).unwrap().rules);
        for (rule, german) in rules.rules.iter().zip(&german) {
            assert!(rule.reason.is_some() && rule.reason != german.reason, "{german:?}");
        }
        let values = [("metric", "cpu.temperature"), ("fire", "> 80")];
        let fine = DraftInfo::Fine { watches: "CPU temperature above 80 °C".to_owned() };
        assert_eq!(check(&file, draft("mine", &values)).unwrap(), fine);
        let two = [values[0], ("for", "long")];
        let DraftInfo::Wrong { problems } = check(&file, draft("mine", &two)).unwrap() else {
            panic!("it is not fine")
        };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_deref()).collect();
        assert_eq!(fields, [Some("fire"), Some("for")]);
        save(&file, draft("mine", &values), &rules.version).unwrap();
        let refused = save(&file, draft("other", &values), &rules.version).unwrap_err();
        assert_eq!(refused.code, Code::BadConfig);
        assert!(refused.message.ends_with("and save again."), "{}", refused.message);
        let rules = read(&file).unwrap();
        assert!(rules.rules.iter().any(|rule| rule.id == "mine" && rule.origin == Origin::Own));
        remove(&file, "mine", &rules.version).unwrap();
        assert!(read(&file).unwrap().rules.iter().all(|rule| rule.id != "mine"));
        fs::write(&file, "[[rule]]\n").unwrap();
        assert_eq!(read(&file).unwrap_err().code, Code::BadConfig);
        assert_eq!(check(&file, draft("mine", &values)).unwrap_err().code, Code::BadConfig);
    }

    #[test]
    fn a_draft_is_tried_on_what_was_recorded_beside_the_rule_in_force() {
        let folder = tempfile::tempdir().unwrap();
        record(folder.path());
        let file = folder.path().join("config.toml");
        fs::write(&file, "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 95\"\n").unwrap();
        let rehearsals = Rehearsals::default();
        let run =
            |number, draft: RuleDraft| rehearsals.run(number, (folder.path(), &file), &draft.into(), NOW).unwrap();
        let changed = |source: &str| {
            let values = [("fire", "> 80"), ("clear", "< 70"), ("source", source)];
            RuleDraft { is_new: false, ..draft("hot", &values) }
        };
        let told = run(rehearsals.begin(), changed("")).unwrap();
        assert_eq!((told.draft.times, told.draft.last, told.draft.lasted), (1, Some(NOW - 180), Some(60)));
        assert_eq!(told.in_force.as_ref().map(|told| told.times), Some(0));
        assert_eq!((told.draft.since, told.is_about_nothing), (NOW - 240, false), "no more is on record");
        let told = run(rehearsals.begin(), changed("gpu:*")).unwrap();
        assert_eq!((told.draft.times, told.is_about_nothing), (0, true));

        let older = rehearsals.begin();
        let newer = rehearsals.begin();
        assert_eq!(run(older, changed("")), None, "it is outdated");
        let lost = run(newer, RuleDraft { is_new: false, ..draft("gpu-lost", &[]) }).unwrap();
        assert!(!lost.draft.is_replayed && lost.in_force.is_some_and(|told| !told.is_replayed));
        let values = [("metric", "cpu.temperature"), ("fire", "> 80")];
        assert_eq!(run(rehearsals.begin(), draft("new", &values)).unwrap().in_force, None);
        assert_eq!(run(rehearsals.begin(), draft("new", &values[..1])), None, "it is wrong");
        let empty = folder.path().join("none");
        let number = rehearsals.begin();
        let nothing = rehearsals.run(number, (&empty, &file), &draft("new", &values).into(), NOW);
        assert_eq!(nothing.unwrap_err().code, Code::NoRecording);
    }
}
