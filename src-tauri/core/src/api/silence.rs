//! Why an alert that stands is not said: somebody asked for that, or a rule that says more fires there.
//!
//! Deliberately not here: what is said when (`engine`), and quiet hours, which end by themselves.

use serde::Serialize;

use crate::model::answer::{AlertInfo, SourceStatus};
use crate::model::rule::Rule;
use crate::model::snooze::Snooze;

/// Why one alert is not said; all is empty where it is said as ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// The id of the rule that says more and fires there.
    pub held_down_by: Option<String>,
    /// Whether somebody does not want to hear of it until it is over.
    pub acked: bool,
    /// Whether somebody does not want to hear of it for a while, or until it is over.
    pub snoozed: bool,
    /// Unix seconds until which that holds; `null` until it is over.
    pub snoozed_until: Option<i64>,
}

/// Why this alert is not said, of all that stand.
pub fn silence(
    alert: &AlertInfo,
    all: &[AlertInfo],
    rules: &[Rule],
    sources: &[SourceStatus],
    snoozes: &[Snooze],
) -> Silence {
    let pack = |id: &str| {
        let whole = sources.iter().find(|source| source.id == id).and_then(|source| source.part_of.clone());
        whole.unwrap_or_else(|| id.to_owned())
    };
    let own = pack(&alert.source);
    let rule = rules.iter().find(|rule| rule.id == alert.rule);
    let says_more = |id: &&String| {
        all.iter().any(|other| other.rule == **id && other.phase != "pending" && pack(&other.source) == own)
    };
    let held_down_by = rule.and_then(|rule| rule.inhibit_by.iter().find(says_more)).cloned();
    let key = alert.key.as_deref().unwrap_or_default();
    let covering = || snoozes.iter().filter(|snooze| snooze.silences(&alert.rule, &alert.source, key));
    let acked = covering().any(|snooze| snooze.until.is_none());
    let until = covering().filter_map(|snooze| snooze.until).max();
    Silence { held_down_by, acked, snoozed: acked || until.is_some(), snoozed_until: until.filter(|_| !acked) }
}
