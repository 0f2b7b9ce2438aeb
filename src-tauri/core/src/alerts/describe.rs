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
            "Space used will fill space in less than 1 d at the pace of the last 6 h, for 30 min",
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
}
