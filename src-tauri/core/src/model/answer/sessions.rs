//! Sessions and episodes, as faces read them.

use serde::Serialize;

/// A process, told from a later one of the same number.
#[derive(Clone, Copy, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessInfo {
    /// Its number.
    pub pid: u32,
    /// Its start in clock ticks since boot, where it is known.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started: Option<u64>,
}

/// One identity's stretch of use of one GPU. What its driver did not tell is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SessionInfo {
    /// Its number.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The number of the episode that it is a part of.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub episode: Option<i64>,
    /// The id of the GPU, or of the instance of one.
    pub source: String,
    /// What a person calls the GPU. Text from outside: show it as text, never as markup.
    pub label: String,
    /// What a person calls it. Text from outside, too.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Numeric user id.
    pub uid: Option<u32>,
    /// The short name of the program behind it, of the process that used most where there are several: `python3`. Text
    /// from outside, too.
    pub command: Option<String>,
    /// Unix seconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub start: i64,
    /// Unix seconds: when it last used the GPU, as far as was written.
    #[cfg_attr(test, ts(type = "number"))]
    pub end: i64,
    /// How it ended: `exited`, `idle` or `unknown`; `null` of one that had not ended when that was last written.
    pub ended: Option<&'static str>,
    /// Seconds of the GPU's time.
    pub busy: Option<f64>,
    /// Percent of the GPU's time on the mean.
    pub mean_share: Option<f64>,
    /// The highest percentage.
    pub peak_share: Option<f64>,
    /// The most bytes of the GPU's memory that it had.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Seconds of the encoder's time.
    pub encoder: Option<f64>,
    /// Seconds of the decoder's time.
    pub decoder: Option<f64>,
    /// About how many joules were its doing.
    pub energy: Option<f64>,
    /// The last of its processes.
    pub processes: Vec<ProcessInfo>,
}

/// One GPU's stretch of use, by whomever. What its driver did not tell is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EpisodeInfo {
    /// Its number.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The id of the GPU.
    pub source: String,
    /// What a person calls the GPU. Text from outside: show it as text, never as markup.
    pub label: String,
    /// Unix seconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub start: i64,
    /// Unix seconds: when it was last used, as far as was written.
    #[cfg_attr(test, ts(type = "number"))]
    pub end: i64,
    /// How it ended: `idle` or `unknown`; `null` of one that had not ended when that was last written.
    pub ended: Option<&'static str>,
    /// Seconds in which it worked.
    pub busy: Option<f64>,
    /// Seconds of that which known processes explain.
    pub explained: Option<f64>,
    /// Seconds of that which nobody explains.
    pub remainder: Option<f64>,
    /// About how many joules it took.
    pub energy: Option<f64>,
    /// The highest temperature, in °C.
    pub temperature: Option<f64>,
    /// The highest power, in W.
    pub power: Option<f64>,
    /// Seconds in which something held it back.
    pub throttled: Option<f64>,
    /// The sessions in it, the newest first.
    pub sessions: Vec<SessionInfo>,
}
