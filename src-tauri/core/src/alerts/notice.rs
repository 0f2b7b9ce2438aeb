//! What there is to tell of an alert.
//!
//! Deliberately not here: whether and when somebody is told, and in which words (`words`).

use std::sync::Arc;
use std::time::Duration;

use crate::model::Source;
use crate::model::rule::Rule;
use crate::untrusted::Untrusted;

/// An alert that fires.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// Its rule.
    pub rule: Arc<Rule>,
    /// On which source.
    pub source: Arc<Source>,
    /// Whose doing, where the rule tells that apart.
    pub who: Option<Who>,
    /// The last value seen, in the rule's unit.
    pub value: Option<f64>,
    /// The most extreme value since it fired, in the rule's unit.
    pub peak: Option<f64>,
    /// Unix seconds at which it fired.
    pub since: i64,
    /// Whether it is on its way to be over.
    pub is_recovering: bool,
    /// Whether its source is not read any more.
    pub is_silent: bool,
    /// More that is known: what an event told, or why a source is as it is.
    pub detail: Detail,
}

impl ActiveAlert {
    /// The same with the newest reading of what its rule compares, where there is one. A rule that averages fires on for a
    /// while: what is back already is not told as it was.
    pub fn seen_with(self, newest: Option<f64>) -> ActiveAlert {
        let Some(newest) = newest else { return self };
        let is_back = self.rule.clear.met(newest);
        ActiveAlert { value: Some(newest), is_recovering: self.is_recovering || is_back, ..self }
    }
}

/// Whose doing an alert is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The key of the identity, by which two are told apart.
    pub key: String,
    /// What a person calls it.
    pub name: Untrusted,
}

/// What is known beside a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    /// What the last event told.
    pub event: Option<serde_json::Value>,
    /// Why a source is as it is.
    pub reason: Option<String>,
}

/// A rule fired or cleared for one source: exactly one of each for a crossing, restarts included.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Its rule.
    pub rule: Arc<Rule>,
    /// On which source.
    pub source: Arc<Source>,
    /// Whose doing, where the rule tells that apart.
    pub who: Option<Who>,
    /// The value that decided, in the rule's unit; `None` where silence did, where its rule was changed, or its source was
    /// not read for a day.
    pub value: Option<f64>,
    /// Which way.
    pub phase: NoticePhase,
    /// Unix seconds at which it fired.
    pub since: i64,
    /// More that is known.
    pub detail: Detail,
    /// The person's own words for it, filled in.
    pub text: Option<String>,
    /// Why, in one clause: what the GPU does and for whom.
    pub because: Option<Untrusted>,
    /// How long it must be quiet before it is called over, because it comes and goes.
    pub flutters: Option<Duration>,
    /// Whether a person is told now (see `dispatch`); it is recorded in any case.
    pub notify: bool,
}

/// What ends an alert. Only a reading tells that a value is back to normal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ending {
    /// A reading within the limit, or another state.
    Read,
    /// What else the rule asks for is not so any more, and the value is not back. With the reading that the rule asks for,
    /// where it asks for one.
    Disarmed(Option<f64>),
    /// Nothing more happened for a while.
    Passed,
    /// The use that it is about is over, or is as was declared again.
    UseOver,
    /// A person said that it is expected.
    Expected,
    /// Its source was not read for a day.
    Unread,
    /// Its rule was changed or removed.
    RuleChanged,
}

impl Ending {
    /// The word of the record.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Read => "read",
            Ending::Disarmed(_) => "disarmed",
            Ending::Passed => "passed",
            Ending::UseOver => "use_over",
            Ending::Expected => "expected",
            Ending::Unread => "unread",
            Ending::RuleChanged => "rule_changed",
        }
    }
}

/// Which way a [`Notice`] goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NoticePhase {
    /// It began.
    Fired,
    /// It goes on, and it is time to say so again.
    Again {
        /// Since it fired.
        lasted: Duration,
    },
    /// It is over.
    Cleared {
        /// What ended it.
        ending: Ending,
        /// From fired to cleared.
        lasted: Duration,
        /// The most extreme value while it fired, in the rule's unit.
        peak: Option<f64>,
    },
}
