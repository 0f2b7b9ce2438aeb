//! What was learnt of who uses GPUs, as data: what `store` keeps and `alerts` reckons with.
//!
//! Deliberately not here: what is new or odd (`alerts::baseline`).

use std::time::Duration;

use crate::untrusted::Untrusted;

/// How uses that nobody declared are learnt, and told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learning {
    /// Whether uses that the past does not explain are told at all.
    pub report: bool,
    /// So long after the beginning they are only listed, as nothing is known yet.
    pub learn: Duration,
}

/// One line of what was learnt: how often, and at what hours, a user's identity used GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineRow {
    /// The key without versions, numbers of builds and the like.
    pub key: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// What a person last called it.
    pub label: Untrusted,
    /// Unix seconds of the first observation.
    pub first: i64,
    /// Unix seconds as of which the counts below hold.
    pub updated: i64,
    /// Observations, of which old ones count less.
    pub count: f64,
    /// The same by the hour of the local day.
    pub hours: [f64; 24],
    /// On how many local days it was seen, the alarming ones included.
    pub days: u32,
    /// The newest of these days, as a number of days since 1970.
    pub last_day: i64,
    /// Hours of the local day at which it alarmed and that nobody has accepted yet, as bits.
    pub alarmed: u32,
}

/// A person's word on what was learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// This is expected: an identity of any user, or of one.
    One {
        /// See [`BaselineRow::key`].
        key: Untrusted,
        /// `None` accepts it for every user.
        uid: Option<u32>,
    },
    /// All that was seen so far is expected.
    All,
    /// What was learnt of this does not count any more.
    Forget {
        /// See [`BaselineRow::key`].
        key: Untrusted,
        /// See [`BaselineRow::uid`]: of one user, or of whom nobody knows.
        uid: Option<u32>,
    },
}

/// A minute of one identity on one GPU, as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct PastUse {
    /// Unix seconds of its beginning.
    pub ts: i64,
    /// The id of the GPU.
    pub gpu: String,
    /// See `GpuUse::key`.
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// Seconds of the GPU's time.
    pub busy: Option<f64>,
    /// The most bytes of the GPU's memory that it had.
    pub vram: Option<u64>,
}
