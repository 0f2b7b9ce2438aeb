//! `hoofbeat serve`: the window's pages for a browser. It becomes another program, `hoofbeat-serve`, so that this one
//! holds nothing of HTTP.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, ValueHint};
use hoofbeat_core::paths::absolute;

use crate::args::Global;
use crate::failure::{Failure, Outcome};
use crate::program;

/// The program that speaks with browsers.
const PROGRAM: &str = "hoofbeat-serve";

/// Options of `serve`.
#[derive(Debug, Args)]
pub struct Options {
    /// Where to listen; an address that others reach needs --token-file
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7667")]
    bind: SocketAddr,
    /// A file of mode 0600 with the token that a browser has to know; without it, a new one at each start
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    token_file: Option<PathBuf>,
    /// A name by which a browser may call this machine, beside localhost and addresses
    #[arg(long, value_name = "HOST", value_hint = ValueHint::Hostname)]
    name: Vec<String>,
    /// Let the page pause the recorder, snooze alerts, change the config and end processes of yours
    #[arg(long)]
    allow_changes: bool,
}

/// Becomes that program; comes back only where it cannot.
pub fn run(global: &Global, options: &Options) -> Outcome {
    let program = program::find(PROGRAM).map_err(Failure::Failed)?;
    let mut command = Command::new(&program);
    command.arg("--data-dir").arg(absolute(&super::folder(global)?));
    if let Some(root) = &global.root {
        command.arg("--root").arg(absolute(root));
    }
    command.arg("--bind").arg(options.bind.to_string());
    if let Some(file) = &options.token_file {
        command.arg("--token-file").arg(file);
    }
    for name in &options.name {
        command.arg("--name").arg(name);
    }
    if options.allow_changes {
        command.arg("--allow-changes");
    }
    Err(Failure::Failed(format!("{} does not start: {}", program.display(), command.exec())))
}
