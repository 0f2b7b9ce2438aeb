//! What a rule watches, in a sentence without its end: "CPU temperature above 95 °C for 2 min".
//!
//! Every face tells a rule in these words. Patterns of a config file are its owner's, and whoever shows the line makes it
//! fit for its place. Deliberately not here: what is said when it fires (`words`).

use super::words::{inside, label, quantity};
use crate::metrics::Metric;
use crate::model::rule::{Aggregate, Rule, Side, Threshold, Watched, When, Window};
use crate::model::{EventKind, Health};
use crate::{format, say};

/// What the rule watches, and what makes it fire.
pub fn watches(rule: &Rule) -> String {
    let mut line = match &rule.watched {
        Watched::Metric { metric, of } => reading(rule, *metric, *of),
        Watched::Event { kind, what } => events(rule, *kind, what.as_deref()),
        Watched::Health(of) => health(*of).to_owned(),
        Watched::Verdict(word) => state(word).to_owned(),
    };
    if !rule.hold.is_zero() {
        let time = format::duration(rule.hold);
        // What happened has happened: an event does not last, its alert waits.
        line = match (&rule.watched, rule.window) {
            (Watched::Event { .. }, _) => say!("{line}, told after {time}", line, time),
            (_, Some(Window { aggregate: Aggregate::Full, .. })) => say!("{line}, for {time}", line, time),
            _ => say!("{line} for {time}", line, time),
        };
    }
    match rule.when {
        None => {}
        Some(When::Away) => line = say!("{line}, while nobody is there", line),
        Some(When::Metric(metric, past)) => {
            let (limit, metric) = (format::value(metric, past.limit), inside(label(metric)));
            line = match past.side {
                Side::Above => say!("{line}, while {metric} is above {limit}", line, metric, limit),
                Side::Below => say!("{line}, while {metric} is below {limit}", line, metric, limit),
            };
        }
    }
    if let Some(hours) = rule.hours {
        line = say!("{line}, at {hours}", line, hours = hours.words());
    }
    if let Some(source) = &rule.source {
        line = say!("{line}, on {source}", line, source);
    }
    if let Some(metric) = rule.without {
        line = say!("{line}, where {metric} is not known", line, metric = inside(label(metric)));
    }
    line
}

fn reading(rule: &Rule, metric: Metric, of: Option<Metric>) -> String {
    let label = label(metric);
    let small = inside(label);
    let whole = of.map(|of| inside(super::words::label(of)));
    let limit = past(rule.fire, quantity(rule, rule.fire.limit));
    let past = match &whole {
        Some(whole) => say!("{past} of {whole}", past = limit, whole),
        None => limit,
    };
    let Some(Window { aggregate, over }) = rule.window else { return format!("{label} {past}") };
    let time = format::duration(over);
    match aggregate {
        Aggregate::Mean => say!("{metric} {past} on average over {time}", metric = label, past, time),
        Aggregate::Min => say!("Lowest {metric} of {time} {past}", metric = small, time, past),
        Aggregate::Max => say!("Highest {metric} of {time} {past}", metric = small, time, past),
        Aggregate::Rate => say!("Growth of {metric} over {time} {past}", metric = small, time, past),
        Aggregate::Full => {
            let (whole, limit) = (whole.unwrap_or_default(), quantity(rule, rule.fire.limit));
            match rule.fire.side {
                Side::Below => say!(
                    "{metric} will fill {whole} in less than {limit} at the pace of the last {time}",
                    metric = label,
                    whole,
                    limit,
                    time
                ),
                Side::Above => say!(
                    "{metric} will fill {whole} in more than {limit} at the pace of the last {time}",
                    metric = label,
                    whole,
                    limit,
                    time
                ),
            }
        }
        Aggregate::Count => format!("{label} {past}"),
    }
}

/// On which side of its limit a value is.
fn past(threshold: Threshold, limit: String) -> String {
    match threshold.side {
        Side::Above => say!("above {limit}", limit),
        Side::Below => say!("below {limit}", limit),
    }
}

fn events(rule: &Rule, kind: EventKind, what: Option<&str>) -> String {
    let is_named = matches!(kind, EventKind::Xid | EventKind::UnexpectedUse | EventKind::GpuWoke);
    let which = match what {
        None if is_named => String::new(),
        Some(what) if is_named => format!(" ({what})"),
        None => format!(" {}", kind.word()),
        Some(what) => format!(" {}/{what}", kind.word()),
    };
    if rule.fire.side == Side::Above && rule.fire.limit < 1.0 {
        return match kind {
            EventKind::Xid => say!("Any error of a GPU{which}", which),
            EventKind::UnexpectedUse => say!("Any unexpected use of a GPU{which}", which),
            EventKind::GpuWoke => say!("Any wake-up of a GPU{which}", which),
            _ => say!("Any event{which}", which),
        };
    }
    let limit = quantity(rule, rule.fire.limit);
    let line = match (rule.fire.side, kind) {
        (Side::Above, EventKind::Xid) => say!("More than {limit} errors of a GPU{which}", limit, which),
        (Side::Above, EventKind::UnexpectedUse) => {
            say!("More than {limit} unexpected uses of a GPU{which}", limit, which)
        }
        (Side::Above, EventKind::GpuWoke) => say!("More than {limit} wake-ups of a GPU{which}", limit, which),
        (Side::Above, _) => say!("More than {limit} events{which}", limit, which),
        (Side::Below, EventKind::Xid) => say!("Fewer than {limit} errors of a GPU{which}", limit, which),
        (Side::Below, EventKind::UnexpectedUse) => {
            say!("Fewer than {limit} unexpected uses of a GPU{which}", limit, which)
        }
        (Side::Below, EventKind::GpuWoke) => say!("Fewer than {limit} wake-ups of a GPU{which}", limit, which),
        (Side::Below, _) => say!("Fewer than {limit} events{which}", limit, which),
    };
    match rule.window.map(|window| format::duration(window.over)) {
        Some(time) => say!("{line} in {time}", line, time),
        None => line,
    }
}

/// How a source is.
fn health(health: Health) -> &'static str {
    match health {
        Health::Ok => say!("A source is ok"),
        Health::Asleep => say!("A source is asleep"),
        Health::Lost => say!("A source is lost"),
        Health::Denied => say!("A source may not be read"),
        Health::Unsupported => say!("A source is unsupported"),
        Health::Stale => say!("A source does not answer"),
    }
}

/// What a GPU does, by the word of its verdict.
fn state(word: &str) -> &'static str {
    match word {
        "asleep" => say!("A GPU is asleep"),
        "idle" => say!("A GPU is idle"),
        "lost" => say!("A GPU is lost"),
        "throttled" => say!("A GPU is held back by heat or power"),
        "idle-expensive" => say!("A GPU is idle at much power"),
        "hot-idle" => say!("A GPU is hot without work"),
        "unattributed" => say!("A GPU is busy for nobody knows whom"),
        "one" => say!("A GPU is used by one program"),
        "several" => say!("A GPU is used by several programs"),
        "display" => say!("A GPU is used by the screen alone"),
        "self" => say!("A GPU is used by Hoofbeat itself"),
        "driver" => say!("A GPU is in the hands of a driver that tells nothing"),
        _ => say!("A GPU is without a verdict"),
    }
}
