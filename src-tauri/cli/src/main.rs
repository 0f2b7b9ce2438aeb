//! `hoofbeat`: the recorder, its tray icon, its notifications, and every command.
//!
//! One small program that may run for years. It links no GUI toolkit: the window is another program
//! (`hoofbeat-desktop`), because only the end of a process gives the memory of a web view back. Nor does it speak with
//! servers or browsers, which `hoofbeat-webhook` and `hoofbeat-serve` do.

mod args;
mod bus;
mod channels;
mod commands;
mod evidence;
mod failure;
mod logind;
mod notify;
mod output;
mod program;
mod summary;
mod time;
mod tray;
mod window;
mod wording;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use hoofbeat_core::language::{self, Language};

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    start_log(matches!(arguments.command, args::Command::Watch(_)));
    match commands::run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Messages go to stderr, without a time: whoever keeps them (the journal) adds its own. A recorder says what it does,
/// a command only what is wrong.
fn start_log(recorder: bool) {
    let default = if recorder { "info" } else { "warn" };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(default))
        .format(|out, record| {
            // What a person is told in their language, too, stands in a log in the one that everybody can search for.
            language::within(Language::English, || match record.level() {
                log::Level::Info => writeln!(out, "hoofbeat: {}", record.args()),
                level => writeln!(out, "hoofbeat: {}: {}", level.as_str().to_lowercase(), record.args()),
            })
        })
        .init();
}
