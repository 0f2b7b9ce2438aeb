//! `hoofbeat pause` and `hoofbeat resume`: a wish that the recorder notices within a tick.

use hoofbeat_core::api::SCHEMA;
use hoofbeat_core::model::RecorderState;
use hoofbeat_core::store;
use jiff::Zoned;
use serde_json::json;

use crate::args::{self, Global};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::time;

/// Asks the recorder to pause.
pub fn pause(global: &Global, options: &args::Pause, output: &mut Output) -> Outcome {
    if options.duration.as_secs() == 0 {
        return Err(Failure::Usage("a pause lasts at least a second".to_string()));
    }
    let face = running(global)?;
    let until = super::now() + options.duration.as_secs() as i64;
    face.pause(until)?;
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "paused": true, "until": until }))?);
    }
    Ok(output.line(format!("Recording pauses until {}.", time::moment(until, &Zoned::now())))?)
}

/// Asks the recorder to go on.
pub fn resume(global: &Global, output: &mut Output) -> Outcome {
    let face = running(global)?;
    // A pause that was wished for just now is taken back, too, before the recorder says that it pauses.
    let was_paused = face.status()?.recorder.state == RecorderState::Paused;
    face.resume()?;
    if output.json {
        return Ok(output.json(&json!({ "schema": SCHEMA, "paused": false }))?);
    }
    Ok(output.line(if was_paused { "Recording goes on." } else { "Recording was not paused; it goes on." })?)
}

/// The recording, while somebody records: a wish that nobody hears would be a lie.
fn running(global: &Global) -> Result<hoofbeat_core::api::Face, Failure> {
    let face = super::face(global)?;
    let folder = super::folder(global)?;
    if store::recorder_runs(&folder) {
        return Ok(face);
    }
    Err(Failure::NoRecording(format!("nothing records into {}; start with `hoofbeat watch`", folder.display())))
}
