//! What a rule watches, in a sentence without its end: "CPU temperature above 95 °C for 2 min".
//!
//! Every face tells a rule in these words. Patterns of a config file are its owner's, and whoever shows the line makes it
//! fit for its place. Deliberately not here: what is said when it fires (`words`).

use super::words::{lower_first, quantity};
use crate::format;
use crate::metrics::Metric;
use crate::model::EventKind;
use crate::model::rule::{Aggregate, Rule, Side, Threshold, Watched, When, Window};

/// What the rule watches, and what makes it fire.
pub fn watches(rule: &Rule) -> String {
    let mut line = match &rule.watched {
        Watched::Metric { metric, of } => reading(rule, *metric, *of),
        Watched::Event { kind, what } => events(rule, *kind, what.as_deref()),
        Watched::Health(health) => format!("A source is {}", health.word()),
        Watched::Verdict(word) => format!("A GPU is {}", state(word)),
    };
    if !rule.hold.is_zero() {
        // What happened has happened: an event does not last, its alert waits.
        let waits = match (&rule.watched, rule.window) {
            (Watched::Event { .. }, _) => ", told after",
            (_, Some(Window { aggregate: Aggregate::Full, .. })) => ", for",
            _ => " for",
        };
        line.push_str(&format!("{waits} {}", format::duration(rule.hold)));
    }
    match rule.when {
        None => {}
        Some(When::Away) => line.push_str(", while nobody is there"),
        Some(When::Metric(metric, past)) => {
            let limit = format::value(metric, past.limit);
            line.push_str(&format!(", while {} is {} {limit}", lower_first(metric.definition().label), side(past)));
        }
    }
    if let Some(hours) = rule.hours {
        line.push_str(&format!(", at {}", hours.words()));
    }
    if let Some(source) = &rule.source {
        line.push_str(&format!(", on {source}"));
    }
    if let Some(metric) = rule.without {
        line.push_str(&format!(", where {} is not known", lower_first(metric.definition().label)));
    }
    line
}

fn reading(rule: &Rule, metric: Metric, of: Option<Metric>) -> String {
    let label = metric.definition().label;
    let small = lower_first(label);
    let whole = of.map(|of| lower_first(of.definition().label)).unwrap_or_default();
    let past = format!("{} {}", side(rule.fire), quantity(rule, rule.fire.limit));
    let past = if of.is_some() { format!("{past} of {whole}") } else { past };
    let Some(Window { aggregate, over }) = rule.window else { return format!("{label} {past}") };
    let over = format::duration(over);
    match aggregate {
        Aggregate::Mean => format!("{label} {past} on average over {over}"),
        Aggregate::Min => format!("Lowest {small} of {over} {past}"),
        Aggregate::Max => format!("Highest {small} of {over} {past}"),
        Aggregate::Rate => format!("Growth of {small} over {over} {past}"),
        Aggregate::Full => {
            let within = if rule.fire.side == Side::Below { "less" } else { "more" };
            let time = quantity(rule, rule.fire.limit);
            format!("{label} will fill {whole} in {within} than {time} at the pace of the last {over}")
        }
        Aggregate::Count => format!("{label} {past}"),
    }
}

fn events(rule: &Rule, kind: EventKind, what: Option<&str>) -> String {
    let (one, many) = match kind {
        EventKind::Xid => ("error of a GPU", "errors of a GPU"),
        EventKind::UnexpectedUse => ("unexpected use of a GPU", "unexpected uses of a GPU"),
        EventKind::GpuWoke => ("wake-up of a GPU", "wake-ups of a GPU"),
        _ => ("event", "events"),
    };
    let which = match (one, what) {
        ("event", None) => format!(" {}", kind.word()),
        ("event", Some(what)) => format!(" {}/{what}", kind.word()),
        (_, None) => String::new(),
        (_, Some(what)) => format!(" ({what})"),
    };
    let limit = quantity(rule, rule.fire.limit);
    let over = rule.window.map(|window| format!(" in {}", format::duration(window.over))).unwrap_or_default();
    match rule.fire.side {
        Side::Above if rule.fire.limit < 1.0 => format!("Any {one}{which}"),
        Side::Above => format!("More than {limit} {many}{which}{over}"),
        Side::Below => format!("Fewer than {limit} {many}{which}{over}"),
    }
}

/// What a GPU does, by the word of its verdict.
fn state(word: &str) -> &str {
    match word {
        "throttled" => "held back by heat or power",
        "idle-expensive" => "idle at much power",
        "hot-idle" => "hot without work",
        "unattributed" => "busy for nobody knows whom",
        "one" => "used by one program",
        "several" => "used by several programs",
        "display" => "used by the screen alone",
        "self" => "used by Hoofbeat itself",
        "driver" => "in the hands of a driver that tells nothing",
        "none" => "without a verdict",
        word => word,
    }
}

fn side(threshold: Threshold) -> &'static str {
    match threshold.side {
        Side::Above => "above",
        Side::Below => "below",
    }
}
