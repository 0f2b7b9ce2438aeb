//! How much a person wants to be told, as data: what `config` reads and `alerts::dispatch` follows.

use std::time::Duration;

use super::expectation::Hours;

/// What `[notify]` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Notify {
    /// Whether anything is told at all.
    pub enabled: bool,
    /// The local hours in which only what is critical is told at once.
    pub quiet: Option<Hours>,
    /// How many notifications may come within `window`.
    pub burst: u32,
    /// The time that `burst` counts in.
    pub window: Duration,
    /// How many that are not critical may come within an hour.
    pub max_per_hour: u32,
}

impl Default for Notify {
    fn default() -> Self {
        Notify { enabled: true, quiet: None, burst: 3, window: Duration::from_secs(60), max_per_hour: 10 }
    }
}
