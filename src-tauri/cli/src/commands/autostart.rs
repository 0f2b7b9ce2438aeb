//! `hoofbeat autostart`: whether the recorder starts with the person's session; what the tray's menu does, for desktops
//! without a tray.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::autostart::{self, Entry, Start};
use serde_json::json;

use crate::args::{AutostartCommand, Global};
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Switches it on or off, or tells.
pub fn run(global: &Global, command: Option<AutostartCommand>, output: &mut Output) -> Outcome {
    let unknown = "neither HOME nor XDG_CONFIG_HOME is set, so nothing tells where a desktop looks for what it starts";
    let file = autostart::file().ok_or_else(|| Failure::Failed(unknown.to_owned()))?;
    let start = match command {
        None | Some(AutostartCommand::Status) => None,
        Some(AutostartCommand::On) => Some(Some(Start::of_this(&super::folder(global)?))),
        Some(AutostartCommand::Off) => Some(None),
    };
    if let Some(start) = start {
        let failed = |problem| Failure::Failed(format!("starting at login is not changed: {problem}"));
        autostart::set(&file, start.as_ref()).map_err(failed)?;
    }
    let entry = Entry::read(&file);
    let (is_on, is_broken) = (entry.is_on(), entry.is_broken());
    if output.json {
        let answer = json!({ "schema": SCHEMA, "autostart": is_on, "broken": is_on && is_broken, "entry": file });
        return Ok(output.json(&answer)?);
    }
    let entry = file.display();
    Ok(output.line(match (is_on, is_broken) {
        (true, false) => format!("Hoofbeat starts when you log in: {entry}."),
        (true, true) => format!("What {entry} starts when you log in is gone; `hoofbeat autostart on` writes it anew."),
        (false, _) => "Hoofbeat does not start when you log in; `hoofbeat autostart on` changes that.".to_owned(),
    })?)
}
