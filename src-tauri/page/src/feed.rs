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
mod tests;
