//! Everything of Hoofbeat that is not a face: no GUI, no command line.
//!
//! `metrics` and `model` lie at the bottom; rooms beside each other do not import each other; only `engine` and `api`
//! see all of them.

pub mod alerts;
pub mod api;
pub mod autostart;
pub mod clock;
pub mod config;
pub mod engine;
mod fingerprint;
pub mod format;
pub mod heap;
pub mod identity;
pub mod language;
#[cfg(any(test, fuzzing))]
pub mod laws;
pub mod metrics;
pub mod model;
mod parse;
pub mod paths;
mod procfs;
pub mod sensors;
pub mod store;
pub mod untrusted;
pub mod why;
