//! `hoofbeat alerts`: what a person does about alerts.
//!
//! Deliberately not here: when a rule fires and who is told, which core decides.

pub mod snooze;

use crate::args::{self, AlertsCommand, Global};
use crate::failure::Outcome;
use crate::output::Output;

/// Does what was asked for.
pub fn run(global: &Global, options: &args::Alerts, output: &mut Output) -> Outcome {
    match &options.command {
        AlertsCommand::Snooze(options) if options.list => snooze::list(global, output),
        AlertsCommand::Snooze(options) => snooze::snooze(global, options, output),
        AlertsCommand::Unsnooze(options) => snooze::unsnooze(global, options, output),
    }
}
