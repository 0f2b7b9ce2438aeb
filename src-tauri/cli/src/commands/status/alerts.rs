//! The alerts that fire now, as `status` tells them.
//!
//! Deliberately not here: when a rule fires, and the sentence about it.

use hoofbeat_core::api::AlertInfo;
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::Severity;
use jiff::Zoned;

use crate::output::{self, Output, Style};
use crate::time;

/// "CPU at 96 °C · limit 90 °C · since 14:02 (7 min) · rule cpu-hot".
pub fn line(alert: &AlertInfo, now: &Zoned, output: &Output) -> String {
    let ago = format::duration(time::since(alert.since, now.timestamp().as_second()));
    let (since, rule) = (time::moment(alert.since, now), output::text(&alert.rule));
    let limit = alert.metric.as_deref().and_then(Metric::from_key);
    let limit = limit.map(|metric| format!(" · limit {}", format::value(metric, alert.limit))).unwrap_or_default();
    let title = output.paint(style(alert.severity), &output::text(&alert.title));
    format!("{title}{limit} · since {since} ({ago}) · rule {rule}")
}

/// How loud a severity is on a terminal.
pub fn style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::Bad,
        Severity::Warning => Style::Warning,
        Severity::Info => Style::Plain,
    }
}
