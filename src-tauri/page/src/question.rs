//! What a page may ask. A question is a closed set of typed values: never SQL, paths or programs. A new one is a variant
//! here, and a line in `answer`.

use std::collections::BTreeMap;

use hoofbeat_core::model::EventKind;
use serde::Deserialize;

use crate::rules::RuleDraft;

/// What a page may ask. Times are Unix seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum Question {
    /// A stretch of history of one metric, of one source or of all that have it.
    History {
        /// The metric's key.
        metric: String,
        /// The source's id; `null` is every source.
        source: Option<String>,
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
        /// At most so many of each source.
        points: usize,
    },
    /// Every metric of the table.
    Metrics,
    /// What happened, newest first.
    Events {
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// At most so many.
        limit: usize,
    },
    /// What happened in a stretch of time, newest first, and how much of each kind.
    Happened {
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
        /// Only events of these kinds; of all, where none is named.
        #[cfg_attr(test, ts(type = "Array<string>"))]
        kinds: Vec<EventKind>,
        /// At most so many.
        limit: usize,
    },
    /// What charts of a stretch of time are marked with, newest first.
    Marks {
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
    },
    /// Who used a GPU, as ribbons below its chart.
    Ribbons {
        /// The GPU's id.
        source: String,
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
        /// At most so many of each ribbon.
        points: usize,
    },
    /// When a GPU was used, and by whom, newest first.
    Episodes {
        /// The GPU's id; `null` is every GPU.
        source: Option<String>,
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
    },
    /// What a GPU was used for that is otherwise than in the time before.
    Changes {
        /// The GPU's id.
        source: String,
        /// From then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// Before then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
    },
    /// The processes of this machine now, with what they do on GPUs as far as a recorder wrote it.
    Processes {
        /// What they did there is told from then on.
        #[cfg_attr(test, ts(type = "number"))]
        since: i64,
        /// The keys of the identities whose processes are told one by one.
        unfolded: Vec<String>,
    },
    /// A process of this user is to end: by itself if it does so in five seconds, and otherwise at once. The answer
    /// comes when it has.
    EndProcess {
        /// Its number.
        pid: u32,
        /// When it began, in clock ticks since boot: the number alone may be another one's by now.
        #[cfg_attr(test, ts(type = "number"))]
        started: u64,
        /// Whether a person knows what else ends with it.
        sure: bool,
    },
    /// The recorder is to pause.
    Pause {
        /// Until then.
        #[cfg_attr(test, ts(type = "number"))]
        until: i64,
    },
    /// The recorder is to go on.
    Resume,
    /// A recorder is to run; the answer comes when it does.
    StartRecorder,
    /// Every rule, as the config file has them, and the version of that file.
    Rules,
    /// What is to be said of a rule as it is typed.
    CheckRule {
        /// What is typed.
        draft: RuleDraft,
    },
    /// What it would have said of the last days; `null` where a newer question has made this one outdated.
    RehearseRule {
        /// What is typed.
        draft: RuleDraft,
    },
    /// A rule is to be saved in the config file, if that still is of the version that the page saw.
    SaveRule {
        /// What is typed.
        draft: RuleDraft,
        /// What the page saw.
        version: String,
    },
    /// What the config file says of a rule is to be taken out of it.
    RemoveRule {
        /// The rule's id.
        id: String,
        /// What the page saw.
        version: String,
    },
    /// What is declared of who may use a GPU, and what differs from it now.
    Expected,
    /// What was learnt of who uses GPUs.
    Habits,
    /// How many alarms a week the history foretells.
    ForecastHabits,
    /// What is wrong with an expectation as it is typed; `null` where nothing is.
    CheckExpectation {
        /// What is typed, by key; what is empty is not set.
        values: BTreeMap<String, String>,
    },
    /// An expectation is to be added to the config file.
    AddExpectation {
        /// What is typed, by key; what is empty is not set.
        values: BTreeMap<String, String>,
    },
    /// An expectation is to be taken out of the config file.
    RemoveExpectation {
        /// Its id.
        id: String,
    },
    /// What alarmed of an identity is expected.
    Trust {
        /// Its key, as the habits have it.
        key: String,
        /// Of this user; `null` is of whom nobody knows, and of all.
        uid: Option<u32>,
    },
    /// What was learnt of one user's identity does not count any more.
    Forget {
        /// Its key, as the habits have it.
        key: String,
        /// That user; `null` is one of whom nobody knows.
        uid: Option<u32>,
    },
    /// All that was seen so far is expected.
    TrustAll,
    /// Every setting, as the config file has it, and the version of that file.
    Settings,
    /// What is wrong with a setting as it is typed; `null` where nothing is.
    CheckSetting {
        /// The table of the file that it stands in.
        section: String,
        /// Its name there.
        key: String,
        /// What is typed.
        value: String,
    },
    /// A setting is to be saved in the config file, if that still is of the version that the page saw.
    SaveSetting {
        /// The table of the file that it stands in.
        section: String,
        /// Its name there.
        key: String,
        /// What is typed; `null` is the default.
        value: Option<String>,
        /// What the page saw.
        version: String,
    },
    /// How much the recording takes, and how far back it reaches.
    Data,
    /// What was recorded is to be deleted.
    DeleteHistory {
        /// Only what is more than so many days old; `null` is everything.
        older_than_days: Option<u32>,
    },
    /// Which language a person chose for every page; `null` where none, so that each follows its desktop or browser.
    Language,
    /// Whether the recorder starts with the session; `null` where nothing tells where a desktop looks for that.
    StartsAtLogin,
    /// The recorder is to start with the session, or not any more.
    StartAtLogin {
        /// Which of both.
        on: bool,
    },
    /// What Hoofbeat is, and whom it tells of alerts.
    About,
    /// Nothing is to be said of the alerts of a rule on a source for a while.
    Snooze {
        /// The rule's id.
        rule: String,
        /// The source's id.
        source: String,
        /// The key of the identity whose doing it must be; `null` is everybody.
        key: Option<String>,
        /// Until then; `null` is until they are over.
        #[cfg_attr(test, ts(type = "number | null"))]
        until: Option<i64>,
    },
    /// The snooze that names exactly this rule, this source and this identity or none is taken back. One that is gone
    /// already is no failure.
    Unsnooze {
        /// The rule's id.
        rule: String,
        /// The source's id.
        source: String,
        /// The identity's key.
        key: Option<String>,
    },
}

impl Question {
    /// Whether it changes anything, and not only reads.
    pub fn changes(&self) -> bool {
        match self {
            Question::History { .. }
            | Question::Metrics
            | Question::Events { .. }
            | Question::Happened { .. }
            | Question::Marks { .. }
            | Question::Ribbons { .. }
            | Question::Episodes { .. }
            | Question::Changes { .. }
            | Question::Processes { .. }
            | Question::Rules
            | Question::CheckRule { .. }
            | Question::RehearseRule { .. }
            | Question::Expected
            | Question::Habits
            | Question::ForecastHabits
            | Question::CheckExpectation { .. }
            | Question::Settings
            | Question::CheckSetting { .. }
            | Question::Data
            | Question::StartsAtLogin
            | Question::Language
            | Question::About => false,
            Question::EndProcess { .. }
            | Question::Pause { .. }
            | Question::Resume
            | Question::StartRecorder
            | Question::SaveRule { .. }
            | Question::RemoveRule { .. }
            | Question::AddExpectation { .. }
            | Question::RemoveExpectation { .. }
            | Question::Trust { .. }
            | Question::Forget { .. }
            | Question::TrustAll
            | Question::SaveSetting { .. }
            | Question::DeleteHistory { .. }
            | Question::StartAtLogin { .. }
            | Question::Snooze { .. }
            | Question::Unsnooze { .. } => true,
        }
    }

    /// Whether it is about the session of who sits at the machine, which is nothing that a page from elsewhere shows.
    pub fn is_about_the_session(&self) -> bool {
        matches!(self, Question::StartsAtLogin | Question::StartAtLogin { .. })
    }

    /// Whether it says which program Hoofbeat starts or which server it tells of alerts. Who may do that runs what he likes,
    /// so that it is not for pages that came over a network.
    pub fn sets_a_channel(&self) -> bool {
        match self {
            Question::SaveSetting { section, .. } => ["notify.command", "notify.webhook"].contains(&section.as_str()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_read_from_what_a_page_sends_and_nothing_else_is_one() {
        let read = |text: &str| serde_json::from_str::<Question>(text);
        assert!(!read(r#"{"ask": "metrics"}"#).unwrap().changes());
        assert!(read(r#"{"ask": "pause", "until": 1}"#).unwrap().changes());
        for (text, changes) in
            [(r#"{"ask": "starts_at_login"}"#, false), (r#"{"ask": "start_at_login", "on": true}"#, true)]
        {
            let question = read(text).unwrap();
            assert_eq!((question.changes(), question.is_about_the_session()), (changes, true), "{text}");
        }
        assert!(read(r#"{"ask": "end_process", "pid": 7, "started": 1, "sure": true}"#).unwrap().changes());
        assert!(
            read(r#"{"ask": "snooze", "rule": "r", "source": "*", "key": null, "until": null}"#).unwrap().changes()
        );
        let happened =
            |kinds: &str| format!(r#"{{"ask": "happened", "since": 1, "until": 2, "kinds": [{kinds}], "limit": 9}}"#);
        assert!(!read(&happened(r#""gpu_woke""#)).unwrap().changes());
        assert!(read(&happened(r#""no_such_kind""#)).is_err());
        for wrong in [r#"{"ask": "sql"}"#, r#"{"ask": "pause"}"#, r#"{"ask": "pause", "until": 1, "path": "/"}"#, "{}"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
