//! The alerts that stand, what silences them, and the rules behind them, as the page gets them.
//!
//! Deliberately not here: when a rule fires and in which words, which core decides.

use hoofbeat_core::api::{AlertInfo, Face, Status, watches};
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::model::rule::{Rule, Severity};
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

/// A rule that is in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct RuleInfo {
    /// Its name.
    pub(crate) id: String,
    /// How much its alerts matter.
    #[cfg_attr(test, ts(type = "'info' | 'warning' | 'critical'"))]
    pub(crate) severity: Severity,
    /// Only sources whose id matches; `null` is any.
    pub(crate) source: Option<String>,
    /// When it fires, in words.
    pub(crate) watches: String,
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

impl From<&Rule> for RuleInfo {
    fn from(rule: &Rule) -> RuleInfo {
        RuleInfo { id: rule.id.clone(), severity: rule.severity, source: rule.source.clone(), watches: watches(rule) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hoofbeat_core::config::Config;

    use super::*;

    #[test]
    fn a_rule_says_when_it_fires() {
        #[track_caller]
        fn check(keys: &str, expected: &str) {
            let text = format!("[[rule]]\nid = \"mine\"\n{keys}");
            let config = Config::parse(&text, Path::new("x")).unwrap();
            let rule = config.rules.iter().find(|rule| rule.id == "mine").unwrap();
            assert_eq!(RuleInfo::from(rule).watches, expected);
        }
        let hot = "metric = \"cpu.temperature\"\nfire = \"> 95\"";
        check(hot, "CPU temperature above 95 °C");
        check(&format!("{hot}\nfor = \"2m\""), "CPU temperature above 95 °C for 2 min");
        let full = "metric = \"disk.used\"\nof = \"disk.total\"\nfire = \"> 97\"";
        check(full, "Space used above 97 % of space");
        check("health = \"lost\"\nfor = \"30s\"", "A source is lost for 30 s");
        check("verdict = \"throttled\"", "A GPU is held back by heat or power");
    }

    #[test]
    fn every_rule_that_is_built_in_has_words() {
        for rule in Config::default().rules {
            let info = RuleInfo::from(&rule);
            assert!(info.watches.len() > 8, "{info:?}");
        }
    }

    #[test]
    fn a_snooze_ends_after_now() {
        assert_eq!(check_end(Some(10), 10).map_err(|failure| failure.code), Err(Code::BadRequest));
        assert_eq!(check_end(Some(11), 10), Ok(()));
        assert_eq!(check_end(None, 10), Ok(()));
    }
}
