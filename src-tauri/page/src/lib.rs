//! What a page may ask, and the news that it gets without asking: the same for the window and for a browser.
//!
//! A page sends a [`Question`] and gets JSON, and listens to [`News`]. Deliberately not here: how either travels (Tauri's
//! channel in the window, HTTP in `hoofbeat serve`), and every query, which is `hoofbeat_core::api`'s.

mod alerts;
mod answer;
mod away;
mod config;
mod ending;
mod expected;
mod failure;
mod feed;
mod login;
mod processes;
mod question;
mod recorder;
mod recording;
mod rules;
mod settings;
#[cfg(test)]
mod shapes;

use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use hoofbeat_core::language::{self, Language};
use hoofbeat_core::paths::absolute;
use hoofbeat_core::say;
use serde::Serialize;

pub use self::alerts::{AlertNow, SnoozeInfo};
pub use self::away::AwayInfo;
pub use self::ending::{Doubt, Ending};
pub use self::expected::{DeclaredInfo, ExpectKey, ExpectProblem, Expected, ForecastInfo, HabitInfo, Habits};
pub use self::failure::{Code, Failure};
pub use self::feed::News;
pub use self::question::Question;
pub use self::rules::{DraftInfo, Rehearsed, RuleDraft, RuleInfo, Rules, Told};
pub use self::settings::{AboutInfo, ChannelInfo, DataInfo, SettingForm, SettingInfo, Settings};

use self::processes::Processes;
use self::recording::Recording;
use self::rules::Rehearsals;

/// One recording, and whoever looks at it.
pub struct Page {
    recording: Recording,
    processes: Processes,
    rehearsals: Rehearsals,
}

impl Page {
    /// Of the recording in `folder`, which need not exist yet. Processes, and a recorder that has to be started, read the
    /// `proc` and `sys` of `root`, which stands for `/`.
    pub fn new(folder: &Path, root: Option<&Path>) -> Page {
        // They are handed to the recorder, which may be started from elsewhere.
        let root = root.map(absolute);
        Page {
            processes: Processes::new(root.as_deref()),
            recording: Recording::new(absolute(folder), root),
            rehearsals: Rehearsals::default(),
        }
    }

    /// Starts a recorder where none runs. What keeps it from that, the news tell.
    pub fn ensure_recorder(&self) {
        self.recording.ensure_recorder();
    }

    /// Tells news until `stop` says so or is dropped, or nobody listens any more (`push` answers `false`). It looks and
    /// waits on the thread that it is called on. Sentences are in the language of the page, or of this process.
    pub fn tell(&self, language: Option<Language>, stop: &Receiver<()>, push: impl FnMut(News) -> bool) {
        speaking(language, || feed::run(&self.recording, stop, push));
    }

    /// The answer to a question, as JSON, in the language of the page or of this process. It reads files and may take
    /// seconds.
    ///
    /// # Errors
    /// What went wrong, in a sentence for a person.
    pub fn answer(&self, question: Question, language: Option<Language>) -> Result<String, Failure> {
        speaking(language, || answer::answer(self, question))
    }
}

/// Has this thread speak the language of a page, or of this process, while it does something.
pub fn speaking<T>(page: Option<Language>, work: impl FnOnce() -> T) -> T {
    match page {
        Some(language) => language::within(language, work),
        None => work(),
    }
}

/// Where the config is.
fn config_file() -> Result<PathBuf, Failure> {
    let file = hoofbeat_core::paths::config_file();
    file.map_err(|error| Failure::new(Code::BadConfig, failure::sentence(language::said(&error.to_string()))))
}

/// What a page gets.
fn json(answer: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(answer)
        .map_err(|error| Failure::new(Code::Io, say!("The answer cannot be sent: {error}.", error)))
}
