//! One file a command.
//!
//! A command turns options into calls of `hoofbeat_core` and answers into text or JSON. Deliberately not here: anything
//! that touches hardware or SQL.

mod alerts;
mod autostart;
mod config;
pub mod data;
mod doctor;
mod expect;
mod generate;
mod history;
mod names;
mod open;
mod pause;
pub mod serve;
mod sessions;
mod status;
mod top;
mod unmatched;
mod usage;
mod watch;
mod why;

use std::path::{Path, PathBuf};

use hoofbeat_core::api::Face;
use hoofbeat_core::config::Config;
use hoofbeat_core::model::rule::Rule;
use hoofbeat_core::paths;
use hoofbeat_core::sensors::Roots;

use crate::args::{Arguments, Command, Global};
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};
use crate::time::now;

/// Said where something is asked of GPUs, and none is or was here.
const NO_GPU: &str = "No GPU was found on this machine; `hoofbeat doctor` tells why.";

/// Does what was typed.
///
/// # Errors
/// Why it could not be done.
pub fn run(arguments: Arguments) -> Outcome {
    let Arguments { global, command } = arguments;
    let speechless = match command {
        Command::Watch(_) => Some("watch"),
        Command::Serve(_) => Some("serve"),
        Command::Completions(_) => Some("completions"),
        Command::Man(_) => Some("man"),
        _ => None,
    };
    if let Some(name) = speechless.filter(|_| global.json) {
        return Err(Failure::Usage(format!("`{name}` has no answer in JSON")));
    }
    match command {
        // The recorder may run for months: it holds no lock on stdout.
        Command::Watch(options) => watch::run(&global, &options),
        Command::Serve(options) => serve::run(&global, &options),
        Command::Status(options) => answered(&global, |output| status::run(&global, &options, output)),
        Command::History(options) => answered(&global, |output| history::run(&global, &options, output)),
        Command::Top(options) => answered(&global, |output| top::run(&global, &options, output)),
        Command::Usage(options) => answered(&global, |output| usage::run(&global, &options, output)),
        Command::Why(options) => answered(&global, |output| why::run(&global, &options, output)),
        Command::Sessions(options) => answered(&global, |output| sessions::sessions(&global, &options, output)),
        Command::Episodes(options) => answered(&global, |output| sessions::episodes(&global, &options, output)),
        Command::Expect(options) => answered(&global, |output| expect::run(&global, &options, output)),
        Command::Alerts(options) => answered(&global, |output| alerts::run(&global, &options, output)),
        Command::Doctor => answered(&global, |output| doctor::run(&global, output)),
        Command::Data(options) => answered(&global, |output| data::run(&global, &options, output)),
        Command::Config(options) => answered(&global, |output| config::run(&global, &options, output)),
        Command::Autostart(options) => answered(&global, |output| autostart::run(&global, options.command, output)),
        Command::Open => answered(&global, |output| open::run(&global, output)),
        Command::Pause(options) => answered(&global, |output| pause::pause(&global, &options, output)),
        Command::Resume => answered(&global, |output| pause::resume(&global, output)),
        Command::Completions(options) => answered(&global, |output| generate::completions(&options, output)),
        Command::Man(options) => answered(&global, |output| generate::man(&options, output)),
    }
}

/// Has a command answer on stdout.
fn answered(global: &Global, answer: impl FnOnce(&mut Output) -> Outcome) -> Outcome {
    let mut output = Output::new(global);
    let outcome = answer(&mut output);
    // What was said before a failure is said all the same.
    let flushed = output.finish();
    outcome?;
    Ok(flushed?)
}

/// The rules that hold; where the config is refused, which `config check` explains, those before it.
fn rules(global: &Global) -> Vec<Rule> {
    let files = paths::config_file().ok().zip(folder(global).ok());
    files.map(|(file, folder)| Config::standing(&file, &folder).0).unwrap_or_default().rules
}

/// What holds, for who cannot wait until the config is right: an alert fires whatever stands there now. Of a file that is
/// refused this says what is wrong, and goes on with what was in force before it.
fn standing(global: &Global) -> Result<Config, Failure> {
    let (config, refused) = Config::standing(&paths::config_file()?, &folder(global)?);
    if let Some(sentence) = refused {
        log::warn!("{}", output::text(&sentence));
    }
    Ok(config)
}

/// The config in force; the defaults where there is no file.
fn config() -> Result<Config, Failure> {
    Config::in_force(&paths::config_file()?).map_err(|error| Failure::Failed(error.to_string()))
}

/// The folder of the recording.
fn folder(global: &Global) -> Result<PathBuf, Failure> {
    Ok(paths::data_folder(global.data_dir.as_deref())?)
}

/// The recording, opened for reading.
fn face(global: &Global) -> Result<Face, Failure> {
    Ok(Face::open(&folder(global)?)?)
}

/// Where hardware is read.
fn roots(global: &Global) -> Roots {
    Roots::at(global.root.as_deref().unwrap_or(Path::new("/")))
}

/// The same, where there is a machine to read: below a folder that was mistyped every source would be missing without
/// being wrong, and a recorder would look healthy for months.
fn machine(global: &Global) -> Result<Roots, Failure> {
    let roots = roots(global);
    match missing(&roots) {
        None => Ok(roots),
        Some((problem, remedy)) => Err(Failure::Failed(format!("{problem}; {remedy}"))),
    }
}

/// What is missing of the machine below `roots`, and what helps.
fn missing(roots: &Roots) -> Option<(String, &'static str)> {
    if roots.proc.is_dir() {
        return None;
    }
    let problem = format!("{} is not there, so nothing can be read", roots.proc.display());
    Some((problem, "name a folder with `proc` and `sys` in it with --root, or leave --root out"))
}
