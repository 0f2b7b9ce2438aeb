//! Alerts of the past: each that fired, with its end, as the events tell them.
//!
//! Deliberately not here: the alerts that stand now (`alerts`), and what other rules would have said (`replay`).

use serde::Serialize;
use serde_json::Value;

use crate::alerts::describe;
use crate::model::EventKind;
use crate::model::answer::EventInfo;
use crate::model::rule::{Rule, Severity};
use crate::store::{Reader, StoreError};

/// One alert, from its beginning to its end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastAlert {
    /// The rule's id.
    pub rule: String,
    /// The id of the source that it was about.
    pub source: String,
    /// Whose doing it was, by key, where the rule tells that apart.
    pub key: Option<String>,
    /// What a person calls them. Text from outside.
    pub identity: Option<String>,
    /// How much it mattered; `None` where its beginning is not recorded any more.
    pub severity: Option<Severity>,
    /// What was wrong. Holds text from outside.
    pub title: String,
    /// The metric whose values these are, where it is one.
    pub metric: Option<String>,
    /// The value with which it fired.
    pub value: Option<f64>,
    /// The most extreme value until it was over, or until now where it goes on.
    pub peak: Option<f64>,
    /// What the value had to pass.
    pub limit: Option<f64>,
    /// Unix seconds at which it fired.
    pub since: i64,
    /// Unix seconds at which it was over; `None` where it goes on, or its end was not seen.
    pub until: Option<i64>,
    /// How long it fired, as the recorder measured it.
    pub seconds: Option<u64>,
    /// What ended it: `read` (it is back), `disarmed`, `passed`, `use_over`, `expected`, `unread`, `rule_changed`; `None` where
    /// that is not recorded.
    pub ending: Option<String>,
    /// Whether it fires still.
    pub goes_on: bool,
}

/// Alerts of a rule, or of all, that fired or were over in `since..=until`, the newest first.
pub(super) fn past(reader: &Reader, since: i64, until: i64, rule: Option<&str>) -> Result<Vec<PastAlert>, StoreError> {
    let standing = reader.alerts()?;
    let mut open: Vec<PastAlert> = Vec::new();
    let mut done: Vec<PastAlert> = Vec::new();
    reader.events_of(&[EventKind::AlertFired, EventKind::AlertCleared], since, until, |event| {
        let Some(id) = event.detail["rule"].as_str().filter(|id| rule.is_none_or(|rule| rule == *id)) else { return };
        let key = text(&event, "key");
        let source = event.source.clone().unwrap_or_default();
        let before = open.iter().position(|one| one.rule == id && one.source == source && one.key == key);
        if event.kind == EventKind::AlertFired {
            // One that fires anew was not seen to end.
            done.extend(before.map(|at| open.swap_remove(at)));
            open.push(begun(&event, id, source, key));
            return;
        }
        let seconds = event.detail["seconds"].as_u64();
        let mut one = before.map(|at| open.swap_remove(at)).unwrap_or_else(|| PastAlert {
            severity: None,
            value: None,
            since: event.ts.saturating_sub(seconds.unwrap_or(0) as i64),
            ..begun(&event, id, source, key)
        });
        one.until = Some(event.ts);
        one.seconds = seconds;
        one.ending = text(&event, "ending");
        one.peak = event.detail["peak"].as_f64();
        done.push(one);
    })?;
    for one in &mut open {
        let key = one.key.clone().unwrap_or_default();
        let stands = standing
            .iter()
            .find(|row| row.phase.is_told() && row.rule == one.rule && row.source == one.source && row.who == key);
        one.goes_on = stands.is_some();
        // How far one went whose end was not seen, nobody knows.
        one.peak = stands.and_then(|row| row.peak).or(one.peak);
    }
    done.append(&mut open);
    done.sort_by(|a, b| (b.since, &a.rule, &a.source).cmp(&(a.since, &b.rule, &b.source)));
    Ok(done)
}

fn begun(event: &EventInfo, rule: &str, source: String, key: Option<String>) -> PastAlert {
    let detail = &event.detail;
    PastAlert {
        rule: rule.to_owned(),
        source,
        key,
        identity: text(event, "identity"),
        severity: serde_json::from_value(detail.get("severity").cloned().unwrap_or(Value::Null)).ok(),
        title: text(event, "title").unwrap_or_else(|| rule.to_owned()),
        metric: text(event, "metric"),
        value: detail["value"].as_f64(),
        peak: detail["value"].as_f64(),
        limit: detail["limit"].as_f64(),
        since: event.ts,
        until: None,
        seconds: None,
        ending: None,
        goes_on: false,
    }
}

fn text(event: &EventInfo, key: &str) -> Option<String> {
    event.detail.get(key)?.as_str().map(str::to_owned)
}

/// What a rule watches, in a line. Its pattern of sources is the config's text.
pub fn watches(rule: &Rule) -> String {
    describe::watches(rule)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn every_built_in_rule_is_told_in_a_sentence() {
        let config = Config::default();
        #[track_caller]
        fn check(config: &Config, id: &str, line: &str) {
            let rule = config.rules.iter().find(|rule| rule.id == id).unwrap();
            assert_eq!(watches(rule), line);
        }
        check(&config, "gpu-hot", "Margin to slowdown below 5 °C for 1 min");
        check(&config, "gpu-hot-guess", "GPU temperature above 97 °C for 5 min, where margin to slowdown is not known");
        check(&config, "gpu-held-back", "A GPU is held back by heat or power for 5 min");
        check(&config, "gpu-fan-stopped", "GPU fan below 1 RPM for 1 min, while GPU temperature is above 75 °C");
        check(&config, "gpu-memory-full", "GPU memory used above 97 % of GPU memory for 10 min");
        check(&config, "gpu-lost", "A source is lost for 30 s, on gpu:*");
        check(&config, "gpu-error", "Any error of a GPU, told after 45 s");
        check(&config, "unexpected-use", "Any unexpected use of a GPU");
        check(&config, "busy-while-away", "GPU busy above 30 % on average over 15 min, while nobody is there");
        check(&config, "idle-expensive", "A GPU is idle at much power for 2 h");
        check(&config, "wake-storm", "More than 20 wake-ups of a GPU in 1 h");
        check(
            &config,
            "disk-fills",
            "Space used will fill usable space in less than 1 d at the pace of the last 6 h, for 30 min",
        );
    }

    #[test]
    fn a_rule_of_ones_own_is_told_whole() {
        #[track_caller]
        fn check(keys: &str, line: &str) {
            let config = Config::parse(&format!("[[rule]]\nid = \"mine\"\n{keys}"), Path::new("x")).unwrap();
            assert_eq!(watches(config.rules.iter().find(|rule| rule.id == "mine").unwrap()), line);
        }
        check("metric = \"cpu.temperature\"\nfire = \"> 95\"", "CPU temperature above 95 °C");
        check(
            "metric = \"net.receive\"\nagg = \"max:10m\"\nfire = \"> 1 MB/s\"\nhours = \"22:00-07:00\"\nsource = \"net:e*\"",
            "Highest received of 10 min above 1 MB/s, at 22:00-07:00, on net:e*",
        );
        check("event = \"suspend\"", "Any event suspend");
        check("event = \"xid/79\"\nfire = \"> 2\"", "More than 2 errors of a GPU (79) in 10 min");
        check("verdict = \"asleep\"", "A GPU is asleep");
    }

    #[test]
    fn german_tells_what_a_rule_watches() {
        use crate::language::{Language, said, within};
        let config = Config::default();
        let check = |id: &str, line: &str| {
            let rule = config.rules.iter().find(|rule| rule.id == id).unwrap();
            within(Language::German, || {
                // What metrics are called stands in their table.
                let labels = ["GPU temperature", "GPU fan", "GPU memory used", "GPU memory", "GPU busy"];
                let labels = ["Space used", "Usable space"].into_iter().chain(labels);
                let line = labels.fold(line.to_owned(), |line, label| line.replace(&format!("<{label}>"), said(label)));
                assert_eq!(watches(rule), line);
            });
        };
        check("gpu-held-back", "Eine GPU ist durch Hitze oder Leistung gedrosselt, 5 min lang");
        let fan = "<GPU fan> unter 1 RPM, 1 min lang, während <GPU temperature> über 75 °C liegt";
        check("gpu-fan-stopped", fan);
        check("gpu-memory-full", "<GPU memory used> über 97 % von „<GPU memory>“, 10 min lang");
        check("gpu-lost", "Eine Quelle ist verschwunden, 30 s lang, auf gpu:*");
        check("gpu-error", "Jeder Fehler einer GPU, gemeldet nach 45 s");
        check("busy-while-away", "<GPU busy> im Mittel über 15 min über 30 %, während niemand da ist");
        check("wake-storm", "Aufwachen einer GPU öfter als 20-mal in 1 h");
        let disk = "<Space used> füllt „<Usable space>“ in weniger als 1 d, wenn es weitergeht wie in den letzten 6 h, 30 min lang";
        check("disk-fills", disk);
    }
}
