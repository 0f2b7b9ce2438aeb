//! The thread that pushes news to the page: it looks at SQLite's `data_version` a few times a second and reads the
//! status only when somebody wrote.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use hoofbeat_core::api::{Face, Status};
use hoofbeat_core::store::recorder_runs;
use serde::Serialize;

use crate::failure::Failure;
use crate::recording::Recording;

/// How often it looks; a look costs microseconds.
const LOOK: Duration = Duration::from_millis(200);
/// How often it asks whether the recorder still runs.
const ASK: Duration = Duration::from_secs(1);
/// After this long without a write, the file is opened again: a recorder that found it damaged has set it aside, and an
/// open file would go on showing the old one. Longer than the tick on battery.
const REOPEN: Duration = Duration::from_secs(8);

/// What is pushed to the page.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) enum News {
    /// The state of everything.
    Status {
        /// As `hoofbeat status --json` prints it.
        #[cfg_attr(test, ts(type = "import(\"./Status\").Status"))]
        status: Status,
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
}

/// Pushes news until `stop` says so or is dropped, or nobody listens any more (`push` answers `false`).
pub(crate) fn run(recording: &Recording, stop: &Receiver<()>, mut push: impl FnMut(News) -> bool) {
    let mut feed = Feed::default();
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

/// What was pushed last, so that only changes are pushed.
#[derive(Default)]
struct Feed {
    face: Option<Face>,
    version: Option<i64>,
    changed: Option<Instant>,
    asked: Option<Instant>,
    runs: Option<bool>,
    unreadable: Option<Failure>,
    start_failure: Option<Failure>,
}

impl Feed {
    fn look(&mut self, recording: &Recording, now: Instant) -> Vec<News> {
        let mut news = Vec::new();
        let elapsed = |since: Option<Instant>, limit| since.is_none_or(|since| now.duration_since(since) >= limit);
        let mut recorder_changed = false;
        if elapsed(self.asked, ASK) {
            self.asked = Some(now);
            let runs = recorder_runs(recording.folder());
            recorder_changed = self.runs.replace(runs) != Some(runs);
        }
        // A recorder that came up some other way makes an earlier failure to start one old news.
        let start_failure = recording.start_failure().filter(|_| self.runs == Some(false));
        if start_failure != self.start_failure {
            self.start_failure = start_failure.clone();
            news.push(News::Recorder { failure: start_failure });
        }
        if elapsed(self.changed, REOPEN) {
            self.changed = Some(now);
            self.face = None;
            recording.forget();
        }
        match self.read(recording, recorder_changed) {
            Ok(Some(status)) => {
                self.changed = Some(now);
                self.unreadable = None;
                news.push(News::Status { status });
            }
            Ok(None) => {}
            Err(failure) => {
                self.face = None;
                if self.unreadable.as_ref() != Some(&failure) {
                    self.unreadable = Some(failure.clone());
                    news.push(News::Unreadable { failure });
                }
            }
        }
        news
    }

    /// The status, where it differs from the one before.
    fn read(&mut self, recording: &Recording, changed: bool) -> Result<Option<Status>, Failure> {
        let face = match self.face.take() {
            Some(face) => face,
            None => {
                self.version = None;
                Face::open(recording.folder())?
            }
        };
        // The version is taken before the status: a write in between is then read twice rather than missed.
        let version = face.version()?;
        let status = if changed || self.version != Some(version) { Some(face.status()?) } else { None };
        self.version = Some(version);
        self.face = Some(face);
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};
    use ts_rs::{Config, TS};

    use crate::failure::Code;

    /// Rewrites the page's copy of a shape where it is stale, and says whether it was.
    fn rewrite_stale<T: TS + 'static>(stale: &mut Vec<PathBuf>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/types/generated");
        let file = folder.join(T::output_path().expect("a shape with a name"));
        let text = T::export_to_string(&Config::default()).expect("a shape that TypeScript can say");
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            std::fs::create_dir_all(&folder).expect("the folder of the generated types");
            std::fs::write(&file, text).expect("a generated type");
            stale.push(file);
        }
    }

    #[test]
    fn the_page_knows_these_shapes() {
        let mut stale = Vec::new();
        rewrite_stale::<News>(&mut stale);
        rewrite_stale::<Failure>(&mut stale);
        rewrite_stale::<Code>(&mut stale);
        assert!(
            stale.is_empty(),
            "these files were stale and are rewritten; look at the difference and commit it: {stale:?}"
        );
    }
}
