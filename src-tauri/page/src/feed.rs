//! The thread that pushes news to the page: it looks at SQLite's `data_version` a few times a second and reads the
//! status only when somebody wrote.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use hoofbeat_core::api::{Face, Status, VerdictInfo};
use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::language::Language;
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::paths;
use hoofbeat_core::store::recorder_runs;
use serde::Serialize;

use crate::alerts::{self, AlertNow, SnoozeInfo};
use crate::away::{AwayInfo, LastAbsence};
use crate::config::{ConfigNow, ConfigTrouble};
use crate::failure::Failure;
use crate::recording::Recording;

/// How often it looks; a look costs microseconds.
const LOOK: Duration = Duration::from_millis(200);
/// How often it asks whether the recorder still runs.
const ASK: Duration = Duration::from_secs(1);
/// How often it notes that somebody looks: `hoofbeat why --away` tells what happened since.
const NOTE: Duration = Duration::from_secs(60);
/// How often the config is read, for its rules and the price of energy: whoever edits it sees it soon. As often it is asked
/// whether somebody came back.
const SETTINGS: Duration = Duration::from_secs(10);
/// After this long without a write, the file is opened again: a recorder that found it damaged has set it aside, and an
/// open file would go on showing the old one. Longer than the tick on battery.
const REOPEN: Duration = Duration::from_secs(8);

/// What is pushed to the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum News {
    /// The state of everything.
    Status {
        /// Unix seconds by the clock of this machine, which a phone's may differ from: a page counts from it.
        #[cfg_attr(test, ts(type = "number"))]
        now: i64,
        /// As `hoofbeat status --json` prints it.
        #[cfg_attr(test, ts(type = "import(\"./Status\").Status"))]
        status: Status,
        /// Why each GPU does what it does, in the order in which people should see them; empty while nobody records.
        #[cfg_attr(test, ts(type = "Array<import(\"./VerdictInfo\").VerdictInfo>"))]
        verdicts: Vec<VerdictInfo>,
        /// What is not over, worst first; empty while nobody records.
        alerts: Vec<AlertNow>,
        /// What people do not want to hear of for a while, oldest first.
        snoozes: Vec<SnoozeInfo>,
    },
    /// The recording cannot be read.
    Unreadable {
        /// Why.
        failure: Failure,
    },
    /// Whether starting a recorder failed.
    Recorder {
        /// Why; `null` once one runs.
        failure: Option<Failure>,
    },
    /// Whether the config file has a mistake.
    Config {
        /// Which; `null` once it is mended.
        trouble: Option<ConfigTrouble>,
    },
    /// In which language pages are to speak.
    Language {
        /// Which a person chose; `null` where none, so that each follows its desktop or browser.
        #[cfg_attr(test, ts(type = "import(\"./Language\").Language | null"))]
        language: Option<Language>,
    },
    /// What the GPUs did while nobody was there.
    Away {
        /// What; `null` once it is no news any more, or somebody has left again.
        away: Option<AwayInfo>,
    },
}

impl News {
    /// Whether it tells nothing else than `other`, whatever time it is.
    fn says_the_same(&self, other: &News) -> bool {
        match (self, other) {
            (
                News::Status { now: _, status, verdicts, alerts, snoozes },
                News::Status {
                    now: _,
                    status: other_status,
                    verdicts: other_verdicts,
                    alerts: other_alerts,
                    snoozes: other_snoozes,
                },
            ) => (status, verdicts, alerts, snoozes) == (other_status, other_verdicts, other_alerts, other_snoozes),
            _ => self == other,
        }
    }
}

/// Pushes news until `stop` says so or is dropped, or nobody listens any more (`push` answers `false`).
pub fn run(recording: &Recording, stop: &Receiver<()>, mut push: impl FnMut(News) -> bool) {
    let mut feed = Feed { settings: ConfigNow::of(paths::config_file().ok()), ..Feed::default() };
    loop {
        for news in feed.look(recording, Instant::now()) {
            if !push(news) {
                return;
            }
        }
        match stop.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What was pushed last, so that only changes are pushed. The first look tells all, also what is not so: a page that was
/// away does not know what has ended meanwhile.
#[derive(Default)]
struct Feed {
    has_begun: bool,
    face: Option<Face>,
    version: Option<i64>,
    changed: Option<Instant>,
    asked: Option<Instant>,
    noted: Option<Instant>,
    /// When the config was read.
    settled: Option<Instant>,
    settings: ConfigNow,
    trouble: Option<ConfigTrouble>,
    language: Option<Language>,
    absence: LastAbsence,
    runs: Option<bool>,
    /// The status that was pushed last; none after anything else was told of the recording.
    status: Option<News>,
    unreadable: Option<Failure>,
    start_failure: Option<Failure>,
}

impl Feed {
    fn look(&mut self, recording: &Recording, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let elapsed = |since: Option<Instant>, limit| since.is_none_or(|since| now.duration_since(since) >= limit);
        let mut recorder_changed = false;
        if elapsed(self.asked, ASK) {
            self.asked = Some(now);
            let runs = recorder_runs(recording.folder());
            recorder_changed = self.runs.replace(runs) != Some(runs);
        }
        // A recorder that came up some other way makes an earlier failure to start one old news.
        let start_failure = recording.start_failure().filter(|_| self.runs == Some(false));
        if is_first || start_failure != self.start_failure {
            self.start_failure = start_failure.clone();
            news.push(News::Recorder { failure: start_failure });
        }
        if elapsed(self.changed, REOPEN) {
            self.changed = Some(now);
            self.face = None;
            recording.forget();
        }
        let is_to_be_read = elapsed(self.settled, SETTINGS);
        if is_to_be_read {
            self.settled = Some(now);
            self.settings.read(recording.folder());
        }
        let is_to_be_noted = elapsed(self.noted, NOTE);
        let read = self.read(recording, recorder_changed, is_to_be_noted);
        if is_to_be_noted && read.is_ok() {
            self.noted = Some(now);
        }
        match read {
            Ok(Some(read)) => {
                self.changed = Some(now);
                self.unreadable = None;
                if !self.status.as_ref().is_some_and(|last| last.says_the_same(&read)) {
                    self.status = Some(read.clone());
                    news.push(read);
                }
            }
            Ok(None) => {}
            Err(failure) => {
                (self.face, self.status) = (None, None);
                if self.unreadable.as_ref() != Some(&failure) {
                    self.unreadable = Some(failure.clone());
                    news.push(News::Unreadable { failure });
                }
            }
        }
        if is_to_be_read {
            news.extend(self.config_news(is_first));
            news.extend(self.language_news(is_first));
            news.extend(self.away_news(is_first));
        }
        news
    }

    /// What is wrong with the config, where that is another thing than before.
    fn config_news(&mut self, is_first: bool) -> Option<News> {
        let trouble = self.settings.trouble();
        let is_news = is_first || trouble != self.trouble;
        self.trouble = trouble.clone();
        is_news.then_some(News::Config { trouble })
    }

    /// The language that a person chose, where that is another one than before. A file with a mistake chooses none, and
    /// changes none.
    fn language_news(&mut self, is_first: bool) -> Option<News> {
        let language = self.settings.language;
        let is_news = self.trouble.is_none() && (is_first || language != self.language);
        is_news.then(|| {
            self.language = language;
            News::Language { language }
        })
    }

    /// What happened in the last absence, where that is another thing than before. What is wrong with the recording, the
    /// status tells.
    fn away_news(&mut self, is_first: bool) -> Option<News> {
        let told = self.face.as_ref().and_then(|face| {
            let told = self.absence.step(face, &self.settings.tariff, SystemClock.now().unix());
            told.inspect_err(|error| log::debug!("what happened in the last absence is not known: {error}")).ok()?
        });
        told.or_else(|| is_first.then_some(None)).map(|away| News::Away { away })
    }

    /// The status with its verdicts and alerts, where it differs from the one before.
    fn read(&mut self, recording: &Recording, changed: bool, is_to_be_noted: bool) -> Result<Option<News>, Failure> {
        let face = match self.face.take() {
            Some(face) => face,
            None => {
                self.version = None;
                Face::open(recording.folder())?
            }
        };
        // A folder that may only be read is looked at all the same; and our own write is no news.
        if is_to_be_noted && let Err(error) = face.note_look(SystemClock.now().unix()) {
            log::debug!("the look cannot be noted: {error}");
        }
        // The version is taken before the status: a write in between is then read twice rather than missed.
        let version = face.version()?;
        let read = if changed || self.version != Some(version) { Some(self.judged(&face)?) } else { None };
        self.version = Some(version);
        self.face = Some(face);
        Ok(read)
    }

    /// The status; and the verdicts, which say nothing of now while nobody records.
    fn judged(&self, face: &Face) -> Result<News, Failure> {
        let now = SystemClock.now().unix();
        let status = face.status()?;
        let verdicts = match status.recorder.state {
            RecorderState::Recording => {
                let why = face.why_now(&status)?;
                why.verdicts.iter().map(|verdict| VerdictInfo::priced(verdict, &self.settings.tariff)).collect()
            }
            RecorderState::Paused | RecorderState::Off => Vec::new(),
        };
        let (alerts, snoozes) = alerts::standing(face, &status, &self.settings.rules, now)?;
        Ok(News::Status { now, status, verdicts, alerts, snoozes })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    use hoofbeat_core::metrics::Metric;
    use hoofbeat_core::model::{
        AlertPhase, AlertRow, Batch, Condition, Keep, Now, RecorderState, Source, SourceKind, Tick,
    };
    use hoofbeat_core::store::{RecorderLock, Store, lock_recorder};
    use ts_rs::{Config, TS};

    use crate::failure::Code;

    const START: i64 = 1_795_000_000;

    /// A recorder that ticks when it is told to.
    struct Recorder {
        store: Store,
        _lock: RecorderLock,
    }

    impl Recorder {
        fn start(folder: &Path) -> Recorder {
            let lock = lock_recorder(folder).unwrap().expect("nobody else records here");
            let wall = Duration::from_secs(START as u64);
            let opened = Store::open(folder, Keep::default(), Now { wall, boot: wall }).unwrap();
            Recorder { store: opened.store, _lock: lock }
        }

        fn tick(&mut self, after: i64) {
            let memory = Source::whole(SourceKind::Memory, "memory", "Memory");
            let mut batch = Batch::default();
            batch.put(&memory, Metric::MemoryUsed, 1e9);
            let readings = batch.into_parts().readings;
            let conditions = vec![(memory, Condition::OK)];
            let recorder = Some((RecorderState::Recording, None));
            let tick = Tick { ts: START + after, readings, conditions, recorder, ..Tick::default() };
            self.store.append(&[tick], false).unwrap();
        }

        /// A rule fires on the memory.
        fn fire(&mut self, rule: &str, after: i64) {
            let row = AlertRow {
                rule: rule.to_owned(),
                source: "memory".to_owned(),
                phase: AlertPhase::Firing,
                since: START,
                value: Some(1e9),
                ..AlertRow::default()
            };
            let tick = Tick { ts: START + after, alerts: vec![row], ..Tick::default() };
            self.store.append(&[tick], false).unwrap();
        }
    }

    /// What one look brings: `off@3` is a status of second 3 without a recorder.
    fn words(news: &[News]) -> Vec<String> {
        let word = |news: &News| match news {
            News::Status { status, .. } => {
                let state = format!("{:?}", status.recorder.state).to_lowercase();
                format!("{state}@{}", status.ts.map_or(-1, |ts| ts - START))
            }
            News::Unreadable { failure } => format!("unreadable {:?}", failure.code),
            News::Recorder { failure } => format!("recorder {:?}", failure.as_ref().map(|failure| failure.code)),
            News::Away { away } => format!("away {:?}", away.as_ref().map(|one| (one.since, one.until, one.episodes))),
            News::Language { language } => format!("language {language:?}"),
            News::Config { trouble } => format!("config {:?}", trouble.as_ref().map(|one| (one.line, one.in_force))),
        };
        news.iter().map(word).collect()
    }

    #[test]
    fn only_changes_are_pushed() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let (mut feed, begin) = (Feed::default(), Instant::now());
        let mut look = |millis: u64| words(&feed.look(&recording, begin + Duration::from_millis(millis)));

        assert_eq!(look(0), ["recorder None", "unreadable NoRecording", "config None", "language None", "away None"]);
        assert_eq!(look(200), [""; 0], "the same failure is told once");
        let mut recorder = Recorder::start(folder.path());
        recorder.tick(0);
        assert_eq!(look(1200), ["recording@0"]);
        assert_eq!(look(1400), [""; 0]);
        recorder.tick(1);
        assert_eq!(look(1600), ["recording@1"]);
        drop(recorder);
        assert_eq!(look(1800), [""; 0], "the lock is asked for once a second");
        assert_eq!(look(2700), ["off@1"]);
        for again in [12_000, 24_000, 36_000] {
            assert_eq!(look(again), [""; 0], "the file is opened again, and says the same");
        }
    }

    #[test]
    fn a_status_says_what_time_it_is_here() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        Recorder::start(folder.path()).tick(0);
        let before = SystemClock.now().unix();
        let news = Feed::default().look(&recording, Instant::now());
        let told = news.iter().find_map(|news| if let News::Status { now, .. } = news { Some(*now) } else { None });
        assert!(told.is_some_and(|now| now >= before), "{told:?}");
    }

    #[test]
    fn an_alert_is_told_with_what_silences_it_and_not_while_nobody_records() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        std::fs::write(&config, "[[rule]]\nid = \"full\"\nmetric = \"memory.used\"\nfire = \"> 4\"\n").unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let mut recorder = Recorder::start(folder.path());
        recorder.tick(0);
        recorder.fire("full", 1);
        let settings = ConfigNow::of(Some(config.clone()));
        let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
        let mut told = |seconds: u64| {
            let news = feed.look(&recording, begin + Duration::from_secs(seconds));
            let status = news.into_iter().find(|news| matches!(news, News::Status { .. }));
            let Some(News::Status { alerts, snoozes, .. }) = status else { panic!("there is no status") };
            let silenced = |one: &AlertNow| one.snoozes.iter().map(|snooze| snooze.source.clone()).collect::<Vec<_>>();
            let titles = alerts.iter().map(|one| (one.alert.title.clone(), silenced(one))).collect::<Vec<_>>();
            (titles, snoozes.len())
        };
        let title = || "Memory used at 954 MiB".to_owned();
        assert_eq!(told(0), (vec![(title(), vec![])], 0));

        recording.ask(|face| face.snooze_whom("full", "memory", None, None)).unwrap();
        recording.ask(|face| face.snooze("other", "*", Some(i64::MAX))).unwrap();
        assert_eq!(told(1), (vec![(title(), vec!["memory".to_owned()])], 2));

        // The last good rules stay in force, as the recorder has kept them.
        std::fs::copy(&config, folder.path().join("config.last-good.toml")).unwrap();
        std::fs::write(&config, "[[rule]]\n").unwrap();
        assert!(recording.ask(|face| face.take_back_whom("full", "memory", None)).unwrap());
        assert!(!recording.ask(|face| face.take_back_whom("full", "memory", None)).unwrap());
        assert_eq!(told(11), (vec![(title(), vec![])], 1));

        drop(recorder);
        assert_eq!(told(13), (vec![], 1));
    }

    #[test]
    fn a_mistake_in_the_config_is_told_once_and_so_is_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        std::fs::write(&config, "[keep]\nraw = \"much\"\n").unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let mut recorder = Recorder::start(folder.path());
        recorder.tick(0);
        let settings = ConfigNow::of(Some(config.clone()));
        let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
        let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
        assert_eq!(look(0), ["recorder None", "recording@0", "config Some((Some(2), Defaults))", "away None"]);
        assert_eq!(look(11), [""; 0]);
        std::fs::write(folder.path().join("config.last-good.toml"), "").unwrap();
        assert_eq!(look(22), ["config Some((Some(2), LastGood))"]);
        std::fs::write(&config, "").unwrap();
        assert_eq!(look(33), ["config None"]);
    }

    #[test]
    fn a_language_that_is_chosen_is_told_to_pages_that_are_open() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config.toml");
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let settings = ConfigNow::of(Some(config.clone()));
        let (mut feed, begin) = (Feed { settings, ..Feed::default() }, Instant::now());
        let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
        assert!(look(0).contains(&"language None".to_owned()));
        std::fs::write(&config, "[text]\nlanguage = \"de\"\n").unwrap();
        assert_eq!(look(11), ["language Some(German)"]);
        std::fs::write(&config, "[text]\nlanguage = \"dutch\"\n").unwrap();
        assert_eq!(look(22), ["config Some((Some(2), Defaults))"], "a mistake changes no page");
        std::fs::write(&config, "").unwrap();
        assert_eq!(look(33), ["config None", "language None"]);
    }

    #[test]
    fn a_window_that_is_open_is_a_look() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        Recorder::start(folder.path()).tick(0);
        let before = SystemClock.now().unix();
        let face = Face::open(folder.path()).unwrap();
        assert_eq!(face.last_look().unwrap(), None);
        let mut feed = Feed::default();
        feed.look(&recording, Instant::now());
        assert!(face.last_look().unwrap().is_some_and(|look| look >= before));
    }

    #[test]
    fn a_database_that_was_replaced_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        Recorder::start(folder.path()).tick(7);
        let (mut feed, begin) = (Feed::default(), Instant::now());
        assert_eq!(
            words(&feed.look(&recording, begin)),
            ["recorder None", "off@7", "config None", "language None", "away None"]
        );
        assert_eq!(recording.ask(|face| face.status()).unwrap().ts, Some(START + 7));

        for file in std::fs::read_dir(folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        Recorder::start(folder.path()).tick(9);
        assert_eq!(words(&feed.look(&recording, begin + REOPEN)), ["off@9"]);
        assert_eq!(recording.ask(|face| face.status()).unwrap().ts, Some(START + 9));
    }

    #[test]
    fn a_failed_start_is_told_until_a_recorder_runs() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        recording.set_start_failure(Some(Failure::new(Code::RecorderStart, "no")));
        let (mut feed, begin) = (Feed::default(), Instant::now());
        let mut look = |seconds: u64| words(&feed.look(&recording, begin + Duration::from_secs(seconds)));
        let first =
            ["recorder Some(RecorderStart)", "unreadable NoRecording", "config None", "language None", "away None"];
        assert_eq!(look(0), first);
        assert_eq!(look(1), [""; 0]);
        let mut recorder = Recorder::start(folder.path());
        recorder.tick(0);
        assert_eq!(look(2), ["recorder None", "recording@0"]);
    }

    #[test]
    fn a_feed_ends_when_it_is_told_to_and_when_nobody_listens() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::new(folder.path().to_path_buf(), None);
        let (sender, stop) = std::sync::mpsc::channel();
        run(&recording, &stop, |_| false);
        sender.send(()).unwrap();
        run(&recording, &stop, |_| true);
        drop(sender);
        run(&recording, &stop, |_| true);
    }

    /// Rewrites the page's copy of a shape where it is stale, and says whether it was.
    fn rewrite_stale<T: TS + 'static>(stale: &mut Vec<PathBuf>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/src/lib/types/generated");
        let file = folder.join(T::output_path().unwrap());
        let text = T::export_to_string(&Config::default()).unwrap();
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&file, text).unwrap();
            stale.push(file);
        }
    }

    #[test]
    fn the_page_knows_these_shapes() {
        let mut stale = Vec::new();
        rewrite_stale::<News>(&mut stale);
        rewrite_stale::<crate::question::Question>(&mut stale);
        rewrite_stale::<crate::ending::Ending>(&mut stale);
        rewrite_stale::<crate::ending::Doubt>(&mut stale);
        rewrite_stale::<AwayInfo>(&mut stale);
        rewrite_stale::<AlertNow>(&mut stale);
        rewrite_stale::<SnoozeInfo>(&mut stale);
        rewrite_stale::<crate::rules::Rules>(&mut stale);
        rewrite_stale::<crate::rules::RuleInfo>(&mut stale);
        rewrite_stale::<crate::rules::Compared>(&mut stale);
        rewrite_stale::<crate::rules::RuleDraft>(&mut stale);
        rewrite_stale::<crate::rules::DraftInfo>(&mut stale);
        rewrite_stale::<crate::rules::FieldProblem>(&mut stale);
        rewrite_stale::<crate::rules::Rehearsed>(&mut stale);
        rewrite_stale::<crate::rules::Told>(&mut stale);
        rewrite_stale::<crate::config::ConfigTrouble>(&mut stale);
        rewrite_stale::<crate::config::InForce>(&mut stale);
        rewrite_stale::<crate::expected::Expected>(&mut stale);
        rewrite_stale::<crate::expected::DeclaredInfo>(&mut stale);
        rewrite_stale::<crate::expected::ExpectKey>(&mut stale);
        rewrite_stale::<crate::expected::ExpectProblem>(&mut stale);
        rewrite_stale::<crate::expected::Habits>(&mut stale);
        rewrite_stale::<crate::expected::HabitInfo>(&mut stale);
        rewrite_stale::<crate::expected::ForecastInfo>(&mut stale);
        rewrite_stale::<crate::settings::Settings>(&mut stale);
        rewrite_stale::<crate::settings::SettingInfo>(&mut stale);
        rewrite_stale::<crate::settings::SettingForm>(&mut stale);
        rewrite_stale::<crate::settings::DataInfo>(&mut stale);
        rewrite_stale::<crate::settings::AboutInfo>(&mut stale);
        rewrite_stale::<crate::settings::ChannelInfo>(&mut stale);
        rewrite_stale::<Failure>(&mut stale);
        rewrite_stale::<Code>(&mut stale);
        assert!(
            stale.is_empty(),
            "these files were stale and are rewritten; look at the difference and commit it: {stale:?}"
        );
    }
}
