//! The alerts that stand, and what silences them, as the page gets them.
//!
//! Deliberately not here: when a rule fires and in which words, which core decides; and the rules themselves (`rules`).

use hoofbeat_core::api::{AlertInfo, Face, Status};
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::model::rule::Rule;
use hoofbeat_core::model::snooze::Snooze;
use serde::Serialize;

use crate::failure::{Code, Failure};

/// An alert that is not over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct AlertNow {
    /// As `hoofbeat status --json` prints it.
    #[cfg_attr(test, ts(type = "import(\"./AlertInfo\").AlertInfo"))]
    pub(crate) alert: AlertInfo,
    /// What silences it; empty where nothing does.
    pub(crate) snoozes: Vec<SnoozeInfo>,
}

/// What a person does not want to hear of for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct SnoozeInfo {
    /// The rule's id; `*` is every rule.
    pub(crate) rule: String,
    /// The source's id, in which `*` stands for any text.
    pub(crate) source: String,
    /// Unix seconds until which it holds; `null` until what it covers is over.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub(crate) until: Option<i64>,
}

/// The alerts of a status, worst first, and the snoozes in force at this Unix second. While nobody records, nobody watches
/// either: what stood then says nothing of now.
pub(crate) fn standing(
    face: &Face,
    status: &Status,
    rules: &[Rule],
    now: i64,
) -> Result<(Vec<AlertNow>, Vec<SnoozeInfo>), Failure> {
    let snoozes = face.snoozes(now)?;
    let alerts = match status.recorder.state {
        RecorderState::Recording => face.alerts_of(status, rules)?,
        RecorderState::Paused | RecorderState::Off => Vec::new(),
    };
    let silenced = |alert: AlertInfo| {
        let who = alert.key.as_deref().unwrap_or_default();
        let covering = snoozes.iter().filter(|one| one.silences(&alert.rule, &alert.source, who));
        AlertNow { snoozes: covering.map(SnoozeInfo::from).collect(), alert }
    };
    Ok((alerts.into_iter().map(silenced).collect(), snoozes.iter().map(SnoozeInfo::from).collect()))
}

/// A snooze that is over before it begins is a mistake of the page.
pub(crate) fn check_end(until: Option<i64>, now: i64) -> Result<(), Failure> {
    match until {
        Some(until) if until <= now => {
            Err(Failure::new(Code::BadRequest, format!("A snooze until {until} would be over already.")))
        }
        _ => Ok(()),
    }
}

impl From<&Snooze> for SnoozeInfo {
    fn from(snooze: &Snooze) -> SnoozeInfo {
        SnoozeInfo { rule: snooze.rule.clone(), source: snooze.source.clone(), until: snooze.until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_ends_after_now() {
        assert_eq!(check_end(Some(10), 10).map_err(|failure| failure.code), Err(Code::BadRequest));
        assert_eq!(check_end(Some(11), 10), Ok(()));
        assert_eq!(check_end(None, 10), Ok(()));
    }
}
