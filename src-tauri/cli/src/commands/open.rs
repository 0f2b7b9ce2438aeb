//! `hoofbeat open`: starts the window.

use hoofbeat_core::api::SCHEMA;
use serde_json::json;

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::program;
use crate::window::{self, Window};

/// Starts the window and does not wait for it.
pub fn run(global: &Global, output: &mut Output) -> Outcome {
    let window = Window { folder: super::folder(global)?, root: global.root.clone() };
    // Whoever started this command may have been given a token to pass on.
    let token = std::env::var("XDG_ACTIVATION_TOKEN").ok();
    window.open(token.as_deref()).map_err(Failure::Failed)?;
    if output.json {
        let program = program::find(window::PROGRAM).map_err(Failure::Failed)?;
        output.json(&json!({ "schema": SCHEMA, "opened": true, "program": program }))?;
    }
    Ok(())
}
