//! The real binary, run as people and desktops run it: what it prints, how it ends, what it says on the message bus.
//!
//! Every test has a machine, a recording, a config and a bus of its own in a temporary folder. Deliberately not here:
//! real panels and notification servers, which the whole-product tests have.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as loudly as tests")]

mod alert_list;
mod alerts;
mod answers;
mod away;
mod broken_config;
mod bus;
mod channels;
mod commands;
mod data;
mod dependencies;
mod expect;
mod generated;
mod gpus;
mod notifications;
mod sandbox;
mod session;
mod shapes;
mod terminal;
mod tray;
mod unit;
mod usage;
mod watch;
mod web;
