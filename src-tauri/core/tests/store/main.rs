//! The store against real files: laws, views through the stock `sqlite3`, clocks, faults.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

mod alerts;
mod baseline;
mod channels;
mod clocks;
mod damage;
mod deletion;
mod gpus;
mod laws;
mod refusals;
mod replay;
mod ribbons;
mod sessions;
mod size;
mod snoozes;
mod support;
mod views;
mod why;
