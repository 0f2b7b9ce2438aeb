//! The alerts that stand, and what silences them, as the page gets them.
//!
//! Deliberately not here: when a rule fires and in which words, which core decides; and the rules themselves (`rules`).

use hoofbeat_core::api::{AlertInfo, Face, Status};
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::model::rule::Rule;
use hoofbeat_core::model::snooze::Snooze;
use hoofbeat_core::say;
use serde::Serialize;

use crate::failure::{Code, Failure};

/// An alert that is not over.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AlertNow {
    /// As `hoofbeat status --json` prints it.
    #[cfg_attr(test, ts(type = "import(\"./AlertInfo\").AlertInfo"))]
    pub alert: AlertInfo,
    /// What silences it; empty where nothing does.
    pub snoozes: Vec<SnoozeInfo>,
}

/// What a person does not want to hear of for a while.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SnoozeInfo {
    /// The rule's id; `*` is every rule.
    pub rule: String,
    /// The source's id, in which `*` stands for any text.
    pub source: String,
    /// The key of the identity whose doing it must be; `null` where it is about everybody.
    pub key: Option<String>,
    /// What a person calls them, where that is known.
    pub identity: Option<String>,
    /// Unix seconds until which it holds; `null` until what it covers is over.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub until: Option<i64>,
}

/// The alerts of a status, worst first, and the snoozes in force at this Unix second. While nobody records, nobody watches
/// either: what stood then says nothing of now.
pub fn standing(
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
    let name = |key: &str| alerts.iter().find(|one| one.key.as_deref() == Some(key))?.identity.clone();
    let told: Vec<SnoozeInfo> = snoozes.iter().map(|one| SnoozeInfo::of(one, name)).collect();
    let silenced = |alert: &AlertInfo| {
        let who = alert.key.as_deref().unwrap_or_default();
        let all = snoozes.iter().zip(&told);
        let covering = all.filter(|(one, _)| one.silences(&alert.rule, &alert.source, who));
        AlertNow { snoozes: covering.map(|(_, told)| told.clone()).collect(), alert: alert.clone() }
    };
    Ok((alerts.iter().map(silenced).collect(), told))
}

/// A snooze that is over before it begins is a mistake of the page.
pub fn check_end(until: Option<i64>, now: i64) -> Result<(), Failure> {
    match until {
        Some(until) if until <= now => {
            Err(Failure::new(Code::BadRequest, say!("A snooze until {until} would be over already.", until)))
        }
        _ => Ok(()),
    }
}

impl SnoozeInfo {
    fn of(snooze: &Snooze, name: impl Fn(&str) -> Option<String>) -> SnoozeInfo {
        let Snooze { rule, source, who, until, .. } = snooze.clone();
        SnoozeInfo { rule, source, identity: who.as_deref().and_then(name), key: who, until }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snooze_of_one_identity_is_told_with_its_key_and_its_name_where_that_is_known() {
        let of = |who: Option<&str>| Snooze {
            seq: 7,
            rule: "use".to_owned(),
            source: "gpu:1".to_owned(),
            who: who.map(str::to_owned),
            until: None,
        };
        let told = |who| {
            let info = SnoozeInfo::of(&of(who), |key| (key == "program:x").then(|| "X".to_owned()));
            (info.key, info.identity)
        };
        assert_eq!(told(None), (None, None));
        assert_eq!(told(Some("program:x")), (Some("program:x".to_owned()), Some("X".to_owned())));
        assert_eq!(told(Some("program:y")), (Some("program:y".to_owned()), None));
    }

    #[test]
    fn a_snooze_ends_after_now() {
        assert_eq!(check_end(Some(10), 10).map_err(|failure| failure.code), Err(Code::BadRequest));
        assert_eq!(check_end(Some(11), 10), Ok(()));
        assert_eq!(check_end(None, 10), Ok(()));
    }
}
