//! Stretches of use: of one GPU by one identity (a session), and of one GPU by anybody (an episode).
//!
//! Deliberately not here: when one begins and ends (`why`).

use std::sync::Arc;
use std::time::Duration;

use super::Source;
use crate::untrusted::Untrusted;

/// How a session or an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// No process of it has the GPU any more. Whether it was killed or ended by itself cannot be told from outside.
    Exited,
    /// It has the GPU still, or the GPU is there still, and nothing is done on it.
    Idle,
    /// Nobody looked: the recorder was off, the machine slept, or the GPU could not be read.
    Unknown,
}

impl Ended {
    /// Every way to end, with the word used in JSON and SQL.
    pub const WORDS: &[(Ended, &'static str)] =
        &[(Ended::Exited, "exited"), (Ended::Idle, "idle"), (Ended::Unknown, "unknown")];

    /// The word used in JSON and SQL.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(ended, _)| *ended == self).map_or("unknown", |(_, word)| word)
    }

    /// The way to end with this word; one of a newer Hoofbeat is not known here.
    pub fn from_word(word: &str) -> Ended {
        Self::WORDS.iter().find(|(_, other)| *other == word).map_or(Ended::Unknown, |(ended, _)| *ended)
    }
}

/// A process, told from a later one of the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its start in clock ticks since boot, where it is known.
    pub started: Option<u64>,
}

/// One identity's stretch of use of one GPU. What its driver did not tell is `None`, which is not zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its number, given once.
    pub id: i64,
    /// The GPU, or the instance of one.
    pub source: Arc<Source>,
    /// See [`super::GpuUse::key`].
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// The short name of the program behind it: see [`super::GpuUse::command`]; of several, of the process that used most.
    pub command: Option<Untrusted>,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds: when it last used the GPU.
    pub end: i64,
    /// `None` while it goes on.
    pub ended: Option<Ended>,
    /// Seconds of the GPU's time.
    pub busy: Option<f64>,
    /// Seconds of the encoder's time.
    pub encoder: Option<f64>,
    /// Seconds of the decoder's time.
    pub decoder: Option<f64>,
    /// About how many joules were its doing.
    pub energy: Option<f64>,
    /// The highest share of the GPU's time, in percent.
    pub peak_share: Option<f64>,
    /// The most bytes of the GPU's memory that it had.
    pub vram: Option<u64>,
    /// The last of its processes.
    pub processes: Vec<Process>,
    /// The number of the episode that it is a part of.
    pub episode: Option<i64>,
}

/// One GPU's stretch of use.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// Its number, given once.
    pub id: i64,
    /// The GPU.
    pub source: Arc<Source>,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds: when it was last used.
    pub end: i64,
    /// `None` while it goes on.
    pub ended: Option<Ended>,
    /// Seconds in which it worked.
    pub busy: Option<f64>,
    /// Seconds of that which known processes explain.
    pub explained: Option<f64>,
    /// About how many joules it took.
    pub energy: Option<f64>,
    /// The highest temperature, in °C.
    pub temperature: Option<f64>,
    /// The highest power, in W.
    pub power: Option<f64>,
    /// Seconds in which something held it back that ought not to: a limit on power is no such thing.
    pub throttled: Option<f64>,
}

/// What an earlier recorder left open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stretches {
    /// Sessions without an end.
    pub sessions: Vec<Session>,
    /// Episodes without an end.
    pub episodes: Vec<Episode>,
    /// Every number up to this one was given, of a session or of an episode.
    pub numbered: i64,
}

/// What counts as use, and how long a pause of it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UseRules {
    /// Pauses up to this long are bridged.
    pub bridge: Duration,
    /// Percent of the GPU's time that counts …
    pub share: f64,
    /// … and bytes of its memory that do, …
    pub vram: u64,
    /// … after this long.
    pub hold: Duration,
}

impl Default for UseRules {
    fn default() -> Self {
        UseRules { bridge: Duration::from_secs(60), share: 10.0, vram: 256 << 20, hold: Duration::from_secs(30) }
    }
}
