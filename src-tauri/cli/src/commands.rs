//! One file a command.
//!
//! A command turns options into calls of `hoofbeat_core` and answers into text or JSON. Deliberately not here: anything
//! that touches hardware or SQL.

mod alerts;
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
    // The recorder may run for months: it holds no lock on stdout.
    if let Command::Watch(options) = command {
        return watch::run(&global, &options);
    }
    let mut output = Output::new(&global);
    let outcome = match command {
        Command::Watch(_) => unreachable!("it was dealt with above"),
        Command::Serve(options) => serve::run(&global, &options),
        Command::Status(options) => status::run(&global, &options, &mut output),
        Command::History(options) => history::run(&global, &options, &mut output),
        Command::Top(options) => top::run(&global, &options, &mut output),
        Command::Usage(options) => usage::run(&global, &options, &mut output),
        Command::Why(options) => why::run(&global, &options, &mut output),
        Command::Sessions(options) => sessions::sessions(&global, &options, &mut output),
        Command::Episodes(options) => sessions::episodes(&global, &options, &mut output),
        Command::Expect(options) => expect::run(&global, &options, &mut output),
        Command::Alerts(options) => alerts::run(&global, &options, &mut output),
        Command::Doctor => doctor::run(&global, &mut output),
        Command::Data(options) => data::run(&global, &options, &mut output),
        Command::Config(options) => config::run(&global, &options, &mut output),
        Command::Open => open::run(&global, &mut output),
        Command::Pause(options) => pause::pause(&global, &options, &mut output),
        Command::Resume => pause::resume(&global, &mut output),
        Command::Completions(options) => generate::completions(&options, &mut output),
        Command::Man(options) => generate::man(&options, &mut output),
    };
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

/// Unix seconds.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
