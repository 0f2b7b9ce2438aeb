//! What a rule watches, in a line: "gpu.temperature.margin < 5 °C for 1 min".
//!
//! Ids and patterns of a config file are its owner's, and whoever shows the line makes it fit for its place. Deliberately
//! not here: what is said when it fires (`words`).

use std::time::Duration;

use super::words::quantity;
use crate::format;
use crate::model::rule::{Aggregate, Rule, Side, Threshold, Watched, When};

/// What the rule watches, and what makes it fire.
pub fn watches(rule: &Rule) -> String {
    let over = rule.window.map(|window| format::duration(window.over)).unwrap_or_default();
    let mut line = match &rule.watched {
        Watched::Metric { metric, of } => {
            let mut what = metric.key().to_owned();
            let aggregate = rule.window.map(|window| window.aggregate);
            if let Some(of) = of {
                what = match aggregate {
                    Some(Aggregate::Full) => format!("{what} reaches {}", of.key()),
                    _ => format!("{what} of {}", of.key()),
                };
            }
            match aggregate {
                Some(Aggregate::Full) => format!("time until {what}, by the last {over},"),
                Some(Aggregate::Mean) => format!("mean of {what} over {over}"),
                Some(Aggregate::Min) => format!("smallest {what} in {over}"),
                Some(Aggregate::Max) => format!("largest {what} in {over}"),
                Some(Aggregate::Rate) => format!("growth of {what} over {over}"),
                Some(Aggregate::Count) | None => what,
            }
        }
        Watched::Event { kind, what } => {
            let word = kind.word();
            match what {
                Some(what) => format!("events {word}/{what} in {over}"),
                None => format!("events {word} in {over}"),
            }
        }
        Watched::Health(health) => format!("source is {}", health.word()),
        Watched::Verdict(word) => format!("verdict is {word}"),
    };
    if matches!(rule.watched, Watched::Metric { .. } | Watched::Event { .. }) {
        line.push_str(&format!(" {}", threshold(rule.fire, &quantity(rule, rule.fire.limit))));
    }
    if rule.hold > Duration::ZERO {
        line.push_str(&format!(" for {}", format::duration(rule.hold)));
    }
    match rule.when {
        None => {}
        Some(When::Away) => line.push_str(", while nobody is there"),
        Some(When::Metric(metric, past)) => {
            let limit = format::value(metric, past.limit);
            line.push_str(&format!(", while {} {}", metric.key(), threshold(past, &limit)));
        }
    }
    if let Some(hours) = rule.hours {
        line.push_str(&format!(", at {}", hours.words()));
    }
    if let Some(source) = &rule.source {
        line.push_str(&format!(", on {source}"));
    }
    if let Some(metric) = rule.without {
        line.push_str(&format!(", where there is no {}", metric.key()));
    }
    line
}

fn threshold(threshold: Threshold, limit: &str) -> String {
    let sign = match threshold.side {
        Side::Above => ">",
        Side::Below => "<",
    };
    format!("{sign} {limit}")
}
