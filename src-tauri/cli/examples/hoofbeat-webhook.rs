//! The program that sends alerts, for the tests of this package: before them Cargo builds examples, but no programs of
//! other packages.

use std::process::ExitCode;

fn main() -> ExitCode {
    hoofbeat_webhook::run()
}
