//! Alert rules as data: what `config` reads and `alerts` steps.

use std::time::Duration;

use crate::metrics::Metric;

/// One rule of the config file.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name that a person gave it; unique.
    pub id: String,
    /// What it watches, on every source that has it.
    pub metric: Metric,
    /// Only sources whose id matches; `*` stands for any text.
    pub source: Option<String>,
    /// When it fires.
    pub fire: Threshold,
    /// When it is over.
    pub clear: Threshold,
    /// How long `fire` must hold before the person is told.
    pub hold: Duration,
    /// How long `clear` must hold before the person is told that it is over.
    pub keep: Duration,
    /// How much it matters.
    pub severity: Severity,
}

/// A comparison with a limit in the metric's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Which side of the limit.
    pub side: Side,
    /// The limit, in the metric's unit.
    pub limit: f64,
}

impl Threshold {
    /// Whether `value` is past the limit. A threshold is strict: `> 87` is not met by 87.
    pub fn met(self, value: f64) -> bool {
        match self.side {
            Side::Above => value > self.limit,
            Side::Below => value < self.limit,
        }
    }
}

/// Which side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `>`
    Above,
    /// `<`
    Below,
}

/// How much an alert matters; decides the urgency of its notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Look at it today.
    Warning,
    /// Look at it now.
    Critical,
}
