//! Runs the person's program for an alert: no shell, the alert as JSON on its standard input, and a limit of time.
//!
//! Deliberately not here: which alerts it is told.

use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use hoofbeat_core::config::CommandChannel;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::untrusted::Untrusted;

use super::child::{self, End, Errors, Stopped};
use super::line::{Channel, Outcome};
use super::message::Message;
use super::queue::Waiting;

/// The channel.
pub struct Runner {
    channel: CommandChannel,
}

impl Channel for Runner {
    const NAME: &'static str = "command";
    type Settings = CommandChannel;

    fn is_on(channel: &CommandChannel) -> bool {
        channel.is_on()
    }

    fn least(channel: &CommandChannel) -> Severity {
        channel.severity
    }

    fn new(channel: &CommandChannel) -> Runner {
        Runner { channel: channel.clone() }
    }

    fn whom(&self) -> String {
        self.channel.run.first().map(|program| Untrusted::from(program.as_str()).terminal()).unwrap_or_default()
    }

    /// Runs the program once: one that failed may have done half of it.
    fn tell(&mut self, waiting: &Waiting, stopped: Stopped<'_>) -> Outcome {
        let Some(mut command) = command(&self.channel, &waiting.message) else { return Outcome::Told };
        let (input, limit) = (waiting.message.json.as_bytes(), self.channel.timeout);
        let (end, printed) = match child::run(&mut command, input, Errors::Kept, limit, stopped) {
            Ok(ended) => ended,
            Err(error) => return Outcome::GivenUp(format!("cannot be started: {error}")),
        };
        if !printed.is_empty() {
            log::debug!("{}: {} printed: {}", Self::NAME, self.whom(), Untrusted::new(printed).terminal());
        }
        match end {
            End::Itself(status) if status.success() => Outcome::Told,
            End::Itself(status) => Outcome::GivenUp(failure(status)),
            End::Late => Outcome::GivenUp(format!("took longer than {} s and was ended", limit.as_secs())),
            End::Stopped => Outcome::GivenUp("was ended with the recorder".to_owned()),
            End::Lost(error) => Outcome::GivenUp(format!("was lost: {error}")),
        }
    }
}

fn failure(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with status {code}"),
        None => format!("was killed ({status})"),
    }
}

fn command(channel: &CommandChannel, message: &Message) -> Option<Command> {
    let (program, arguments) = channel.run.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).env("HOOFBEAT_ALERT", message.phase);
    // Where the recorder was started from says nothing to the person who wrote the config.
    if let Some(home) = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_dir()) {
        command.current_dir(home);
    }
    Some(command)
}
