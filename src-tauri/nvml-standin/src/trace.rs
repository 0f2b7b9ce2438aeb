//! One line a call: the scenario's time in milliseconds, the client's pid, the symbol with its arguments, the code.

use std::fs::{File, OpenOptions};
use std::io::Write;

use crate::argument::Argument;
use crate::code::Code;
use crate::scenario::Scenario;

/// An open trace, or none.
#[derive(Debug)]
pub struct Trace(Option<File>);

impl Trace {
    /// Opens the file of `NVML_STANDIN_TRACE`, else that of the scenario; lines are appended.
    pub fn open(scenario: &Scenario) -> Trace {
        let named = std::env::var_os("NVML_STANDIN_TRACE").map(std::path::PathBuf::from);
        let Some(path) = named.or_else(|| Some(scenario.file(scenario.driver.trace.as_ref()?))) else {
            return Trace(None);
        };
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Trace(Some(file)),
            Err(error) => {
                eprintln!("nvml-standin: no trace is written: {}: {error}", path.display());
                Trace(None)
            }
        }
    }

    pub fn write(&mut self, at: f64, call: &str, arguments: &[&dyn Argument], code: Code) {
        let Some(file) = &mut self.0 else { return };
        let mut line = format!("{:.0} {} {call}(", at * 1000.0, std::process::id());
        for (index, argument) in arguments.iter().enumerate() {
            line.push_str(if index == 0 { "" } else { ", " });
            argument.show(&mut line);
        }
        line.push_str(") = ");
        line.push_str(code.name());
        line.push('\n');
        // One write a line, so that the lines of several clients do not mix. A full disk must not stop a client.
        let _ = file.write_all(line.as_bytes());
    }
}
