//! `hoofbeat-webhook`: see the library of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    hoofbeat_webhook::run()
}
