//! What a page gets to its questions, as JSON.
//!
//! Deliberately not here: what may be asked (`question`), and every query, which is `hoofbeat_core::api`'s.

use hoofbeat_core::api::{self, Face, HistoryQuery};
use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::config::Config;
use hoofbeat_core::language;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::say;

use crate::ending::{self, Wanted};
use crate::failure::{Code, Failure};
use crate::processes::Wishes;
use crate::question::Question;
use crate::{Page, alerts, config_file, expected, json, login, rules, settings};

/// The most points a series may have: a window is not wider than this.
const MOST_POINTS: usize = 4096;
/// The most events at once.
const MOST_EVENTS: usize = 1000;

/// The most episodes at once: a person does not read further.
const MOST_EPISODES: usize = 200;
/// Seconds of a century.
const LONGEST: i64 = 100 * 366 * 86_400;

pub fn answer(page: &Page, question: Question) -> Result<String, Failure> {
    let Page { recording, processes, rehearsals } = page;
    let now = SystemClock.now();
    match question {
        Question::History { metric, source, since, until, points } => {
            let query = query(&metric, source, since, until, points)?;
            json(&recording.ask(|face| face.history(&query))?)
        }
        Question::Metrics => {
            let mut metrics = api::metrics();
            metrics.iter_mut().for_each(|metric| metric.label = language::said(metric.label));
            json(&metrics)
        }
        Question::Events { since, limit } => json(&recording.ask(|face| face.events(since, limit.min(MOST_EVENTS)))?),
        Question::Happened { since, until, kinds, limit } => {
            stretch(since, until)?;
            json(&recording.ask(|face| face.happened(&kinds, since, until, limit.min(MOST_EVENTS)))?)
        }
        Question::Marks { since, until } => {
            stretch(since, until)?;
            json(&recording.ask(|face| face.marks(since, until, MOST_EVENTS))?)
        }
        Question::Ribbons { source, since, until, points } => {
            stretch(since, until)?;
            json(&recording.ask(|face| face.ribbons(&source, since, until, points.clamp(1, MOST_POINTS)))?)
        }
        Question::Episodes { source, since, until } => {
            stretch(since, until)?;
            let mut episodes = recording.ask(|face| face.episodes(source.as_deref(), since, until))?;
            episodes.truncate(MOST_EPISODES);
            json(&episodes)
        }
        Question::Changes { source, since, until } => {
            stretch(since, until)?;
            json(&recording.ask(|face| face.changes(&source, since, until))?)
        }
        Question::Processes { since, unfolded } => {
            json(&processes.list(recording, now, &Wishes { since, unfolded })?)
        }
        Question::EndProcess { pid, started, sure } => {
            json(&ending::end(recording.root(), &Wanted { pid, started }, sure, &SystemClock)?)
        }
        Question::Pause { until } => json(&recording.ask(|face| face.pause(until))?),
        Question::Resume => json(&recording.ask(|face| face.resume())?),
        Question::StartRecorder => json(&recording.start_recorder()?),
        Question::Rules => json(&rules::read(&config_file()?)?),
        Question::CheckRule { draft } => json(&rules::check(&config_file()?, draft)?),
        Question::RehearseRule { draft } => {
            let number = rehearsals.begin();
            json(&rehearsals.run(number, (recording.folder(), &config_file()?), &draft.into(), now.unix())?)
        }
        Question::SaveRule { draft, version } => json(&rules::save(&config_file()?, draft, &version)?),
        Question::RemoveRule { id, version } => json(&rules::remove(&config_file()?, &id, &version)?),
        Question::Expected => {
            let found = |config: &Config| recording.ask(|face| Ok(expected::differences(face, config)));
            json(&expected::declared(&config_file()?, |config| found(config).unwrap_or_default())?)
        }
        Question::Habits => {
            let learnt = recording.ask(|face| face.habits())?;
            json(&expected::habits(learnt, &config_file()?, recording.root()))
        }
        Question::ForecastHabits => {
            // It reads for a while, so nobody else waits for it.
            let face = Face::open(recording.folder())?;
            let since = now.unix() - expected::HISTORY;
            json(&expected::forecast(&config_file()?, |config| Ok(face.forecast(since, config.sessions)?))?)
        }
        Question::CheckExpectation { values } => json(&expected::check(&config_file()?, &values)?),
        Question::AddExpectation { values } => json(&expected::add(&config_file()?, &values)?),
        Question::RemoveExpectation { id } => json(&expected::remove(&config_file()?, &id)?),
        Question::Trust { key, uid } => json(&recording.ask(|face| face.accept(&key, uid)).map(drop)?),
        Question::Forget { key, uid } => json(&recording.ask(|face| face.forget(&key, uid))?),
        Question::TrustAll => json(&recording.ask(|face| face.trust_all())?),
        Question::Settings => json(&settings::read(&config_file()?)?),
        Question::CheckSetting { section, key, value } => {
            json(&settings::check(&config_file()?, &section, &key, &value)?)
        }
        Question::SaveSetting { section, key, value, version } => {
            json(&settings::save(&config_file()?, (&section, &key), value.as_deref(), &version)?)
        }
        Question::Data => {
            let file = config_file()?;
            let size = recording.ask(|face| face.data())?;
            json(&settings::data(size, recording.folder(), &file))
        }
        Question::DeleteHistory { older_than_days } => {
            json(&recording.ask(|face| face.delete_history(older_than_days, now.unix()))?)
        }
        Question::Language => json(&settings::language(&config_file()?)),
        Question::StartsAtLogin => json(&login::read()),
        Question::StartAtLogin { on } => json(&login::set(recording.folder(), on)?),
        Question::About => json(&settings::about(&config_file()?)),
        Question::Snooze { rule, source, key, until } => {
            alerts::check_end(until, now.unix())?;
            json(&recording.ask(|face| face.snooze_whom(&rule, &source, key.as_deref(), until))?)
        }
        Question::Unsnooze { rule, source, key } => {
            json(&recording.ask(|face| face.take_back_whom(&rule, &source, key.as_deref())).map(drop)?)
        }
    }
}

fn query(metric: &str, source: Option<String>, since: i64, until: i64, points: usize) -> Result<HistoryQuery, Failure> {
    let bad = |message: String| Failure::new(Code::BadRequest, message);
    let metric = Metric::from_key(metric)
        .ok_or_else(|| bad(say!("There is no metric {metric}.", metric = format_args!("{metric:?}"))))?;
    stretch(since, until)?;
    Ok(HistoryQuery { metric, source, since, until, points: points.clamp(1, MOST_POINTS) })
}

/// Refuses a stretch of time that is none, or is longer than anybody can have recorded.
fn stretch(since: i64, until: i64) -> Result<(), Failure> {
    if since >= until || until.checked_sub(since).is_none_or(|seconds| seconds > LONGEST) {
        let message = say!("From {since} to {until} is no stretch of time that could be shown.", since, until);
        return Err(Failure::new(Code::BadRequest, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::language::Language;

    use super::*;

    #[test]
    fn what_the_page_asks_is_checked() {
        #[track_caller]
        fn check(metric: &str, since: i64, until: i64, points: usize, expected: Result<usize, Code>) {
            let outcome = query(metric, None, since, until, points);
            assert_eq!(outcome.map(|query| query.points).map_err(|failure| failure.code), expected);
        }
        check("cpu.utilization", 0, 3600, 720, Ok(720));
        check("cpu.utilization", 0, 3600, 0, Ok(1));
        check("cpu.utilization", 0, 3600, usize::MAX, Ok(MOST_POINTS));
        check("cpu.utilisation", 0, 3600, 720, Err(Code::BadRequest));
        check("cpu.utilization", 3600, 3600, 720, Err(Code::BadRequest));
        check("cpu.utilization", i64::MIN, i64::MAX, 720, Err(Code::BadRequest));
        check("'; drop table chunk; --", 0, 1, 1, Err(Code::BadRequest));
    }

    #[test]
    fn a_german_page_is_answered_in_german() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page::new(folder.path(), None);
        let german = Some(Language::German);
        let failed = |question: Question| page.answer(question, german).unwrap_err().message;
        let none = format!(
            "In {} gibt es keine Aufzeichnung; eine mit `hoofbeat watch` beginnen.",
            folder.path().canonicalize().unwrap().display()
        );
        assert_eq!(failed(Question::Events { since: 0, limit: 1 }), none);
        let metric = "\u{1b}{metric}".to_owned();
        assert_eq!(
            failed(Question::History { metric, source: None, since: 0, until: 1, points: 1 }),
            "Es gibt keine Messgröße \"\\u{1b}{metric}\"."
        );
        assert_eq!(
            failed(Question::Marks { since: 5, until: 5 }),
            "Von 5 bis 5 ist kein Zeitraum, der sich zeigen lässt."
        );
        let snooze = Question::Snooze { rule: "*".into(), source: "*".into(), key: None, until: Some(7) };
        assert_eq!(failed(snooze), "Eine Stummschaltung bis 7 wäre schon vorbei.");
        let gone = Question::EndProcess { pid: 0, started: 0, sure: false };
        assert_eq!(failed(gone), "Der Prozess ist bereits beendet.");
        let metrics = page.answer(Question::Metrics, german).unwrap();
        assert!(metrics.contains(r#""label":"Abstand zur Drosselgrenze""#), "{metrics}");
        assert!(!page.answer(Question::Metrics, None).unwrap().contains("Abstand"));
    }

    #[test]
    fn answers_are_json_and_failures_say_why() {
        let folder = tempfile::tempdir().unwrap();
        let page = Page::new(folder.path(), None);
        let metrics = page.answer(Question::Metrics, None).unwrap();
        assert!(metrics.starts_with(r#"[{"key":"#), "{metrics}");
        let failure = page.answer(Question::Events { since: 0, limit: 1 }, None).unwrap_err();
        assert_eq!(failure.code, Code::NoRecording);
        let source = || "gpu:1".to_owned();
        for (since, until, expected) in [(5, 5, Code::BadRequest), (5, 6, Code::NoRecording)] {
            for question in [
                Question::Happened { since, until, kinds: Vec::new(), limit: 1 },
                Question::Marks { since, until },
                Question::Ribbons { source: source(), since, until, points: 1 },
                Question::Episodes { source: None, since, until },
                Question::Changes { source: source(), since, until },
            ] {
                assert_eq!(page.answer(question, None).unwrap_err().code, expected, "{since} to {until}");
            }
        }
    }
}
