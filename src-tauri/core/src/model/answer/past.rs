//! Who used a GPU over a stretch of time, as a chart shows it, and what of that was otherwise before.

use serde::Serialize;

/// Who used one GPU, as ribbons below its chart.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Ribbons {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The id of the GPU.
    pub source: String,
    /// Seconds that one point covers, a whole number of minutes.
    #[cfg_attr(test, ts(type = "number"))]
    pub step: i64,
    /// Those who used it most, the largest first; then all others as one; then what nobody explains.
    pub lanes: Vec<Lane>,
}

/// Whose ribbon it is.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum LaneOf {
    /// One identity.
    Identity,
    /// Everybody who has no ribbon of his own.
    Others,
    /// Work of processes that cannot be seen.
    Unexplained,
}

/// One ribbon.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Lane {
    /// Whose.
    pub of: LaneOf,
    /// What a person calls it; empty where it is nobody's. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// How many identities it stands for.
    pub count: usize,
    /// Seconds of the GPU's time.
    pub busy: f64,
    /// The most bytes of the GPU's memory that any of them had.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// About how many joules were its doing.
    pub energy: Option<f64>,
    /// `[ts, percent of the GPU's time]`, oldest first; a missing point is no use. `null` is one that held memory and did
    /// not tell what it does.
    #[cfg_attr(test, ts(type = "[number, number | null][]"))]
    pub points: Vec<(i64, Option<f64>)>,
}

/// What one GPU was used for in a stretch of time that is otherwise than before.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Changes {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The id of the GPU.
    pub source: String,
    /// Unix seconds of the first minute that is compared.
    #[cfg_attr(test, ts(type = "number"))]
    pub since: i64,
    /// Unix seconds, exclusive.
    #[cfg_attr(test, ts(type = "number"))]
    pub until: i64,
    /// Unix seconds of the first minute that it is compared with; `null` where nothing was recorded before.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub before: Option<i64>,
    /// What differs, the most first.
    pub changes: Vec<Change>,
}

/// How one identity's use of a GPU differs. What its driver did not tell is `null`; whoever did not use it has zeros.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Change {
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// Then.
    pub now: Used,
    /// Before.
    pub before: Used,
}

/// How much of a GPU one identity used.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Used {
    /// Percent of the GPU's time on the mean.
    pub share: Option<f64>,
    /// The most bytes of the GPU's memory that it had.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Watts that were its doing on the mean.
    pub power: Option<f64>,
}
