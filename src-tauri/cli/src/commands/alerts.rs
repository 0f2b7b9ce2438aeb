//! `hoofbeat alerts`: what fires, what fired, by which rules; and what a person does about it.
//!
//! Deliberately not here: when a rule fires and who is told, which core decides.

mod check;
mod history;
mod list;
mod rules;
pub mod snooze;
mod switch;
mod trial;

use hoofbeat_core::metrics::nearest;

use crate::args::{self, AlertsCommand, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};

/// Does what was asked for.
pub fn run(global: &Global, options: &args::Alerts, output: &mut Output) -> Outcome {
    match options.command.as_ref().unwrap_or(&AlertsCommand::List) {
        AlertsCommand::List => list::run(global, output),
        AlertsCommand::History(options) => history::run(global, options, output),
        AlertsCommand::Rules => rules::run(global, output),
        AlertsCommand::Enable { rule } => switch::switch(rule, true, output),
        AlertsCommand::Disable { rule } => switch::switch(rule, false, output),
        AlertsCommand::Check(options) => check::run(global, options, output),
        AlertsCommand::Test(options) => trial::run(global, options, output),
        AlertsCommand::Ack(options) => snooze::acknowledge(global, options, output),
        AlertsCommand::Snooze(options) if options.list => snooze::list(global, output),
        AlertsCommand::Snooze(options) => snooze::snooze(global, options, output),
        AlertsCommand::Unsnooze(options) => snooze::unsnooze(global, options, output),
    }
}

/// What is said of a rule that nobody wrote.
fn unknown<'a>(rule: &str, ids: impl Iterator<Item = &'a str>) -> Failure {
    let near = nearest(rule, ids);
    let near = match near.as_slice() {
        [] => "there is none".to_string(),
        [one] => format!("there is {one}"),
        several => format!("the nearest are {}", several.join(", ")),
    };
    Failure::Usage(format!("there is no rule {:?}; {near}; `hoofbeat alerts rules` shows all", output::text(rule)))
}
