//! `hoofbeat config`: where the config file is, whether it is valid, and what can stand in it.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::config::Config;
use hoofbeat_core::paths;
use serde_json::json;

use crate::args::{self, ConfigCommand};
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Shows, checks or explains the config file.
pub fn run(options: &args::Config, output: &mut Output) -> Outcome {
    let path = paths::config_file()?;
    match options.command.unwrap_or(ConfigCommand::Check) {
        ConfigCommand::Path if output.json => {
            output.json(&json!({ "schema": SCHEMA, "path": path, "exists": path.exists() }))?;
        }
        ConfigCommand::Path => output.line(path.display().to_string())?,
        ConfigCommand::Example => output.raw(Config::example().as_bytes())?,
        ConfigCommand::Show => match std::fs::read(&path) {
            Ok(bytes) => output.raw(&bytes)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                output.line(format!("# {} does not exist yet; the defaults are in force.", path.display()))?;
                output.raw(Config::example().as_bytes())?;
            }
            Err(error) => return Err(Failure::Failed(format!("{}: {error}", path.display()))),
        },
        ConfigCommand::Check => check(&path, output)?,
    }
    Ok(())
}

fn check(path: &std::path::Path, output: &mut Output) -> Outcome {
    if !path.exists() {
        if output.json {
            let answer = json!({ "schema": SCHEMA, "path": path, "exists": false, "valid": true, "problem": null });
            return Ok(output.json(&answer)?);
        }
        return Ok(output.line(format!("{} does not exist yet; the defaults are in force.", path.display()))?);
    }
    let problem = Config::load(path).err().map(|error| error.to_string());
    if output.json {
        let valid = problem.is_none();
        output.json(&json!({ "schema": SCHEMA, "path": path, "exists": true, "valid": valid, "problem": problem }))?;
        return if valid { Ok(()) } else { Err(Failure::Reported) };
    }
    match problem {
        None => Ok(output.line(format!("{} is valid.", path.display()))?),
        Some(problem) => Err(Failure::Failed(problem)),
    }
}
