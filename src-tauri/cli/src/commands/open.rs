//! `hoofbeat open`: starts the window.

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::window::Window;

/// Starts the window and does not wait for it.
pub fn run(global: &Global) -> Outcome {
    let window = Window { folder: super::folder(global)?, root: global.root.clone() };
    // Whoever started this command may have been given a token to pass on.
    let token = std::env::var("XDG_ACTIVATION_TOKEN").ok();
    window.open(token.as_deref()).map_err(Failure::Failed)
}
