//! Has an alert sent to a web server, and tries again where that may help.
//!
//! Another program speaks with the server, `hoofbeat-webhook`, which is started for one attempt: what TLS takes ends with
//! it, and the recorder stays small. Address and token reach it where nobody else can read them, on its standard input.
//! Deliberately not here: the queue.

pub(super) mod format;
mod secret;

use std::process::Command;
use std::time::Duration;

use hoofbeat_core::clock::{Clock, SystemClock};
use hoofbeat_core::config::WebhookChannel;
use hoofbeat_core::model::rule::Severity;
use serde::Deserialize;
use serde_json::json;

use super::child::{self, End, Errors, Stopped};
use super::line::{Channel, Outcome};
use super::message::Message;
use super::queue::Waiting;
use crate::program;

pub use secret::read as read_secret;

/// The program that speaks with the server.
pub const PROGRAM: &str = "hoofbeat-webhook";
/// How long it may take; by itself it takes ten seconds at most.
const LIMIT: Duration = Duration::from_secs(15);
/// The waits between attempts.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How old an alert may be when it is sent.
const OLDEST: Duration = Duration::from_secs(24 * 3600);

/// The channel, with when it is to be tried again.
pub struct Sender {
    channel: WebhookChannel,
    back_off: BackOff,
}

impl Channel for Sender {
    const NAME: &'static str = "webhook";
    type Settings = WebhookChannel;

    fn is_on(channel: &WebhookChannel) -> bool {
        channel.url.is_some()
    }

    fn least(channel: &WebhookChannel) -> Severity {
        channel.severity
    }

    fn new(channel: &WebhookChannel) -> Sender {
        Sender { channel: channel.clone(), back_off: BackOff::default() }
    }

    fn whom(&self) -> String {
        self.channel.url.as_ref().map(|url| url.server().to_owned()).unwrap_or_default()
    }

    fn tell(&mut self, waiting: &Waiting, stopped: Stopped<'_>) -> Outcome {
        if SystemClock.now().boot.saturating_sub(waiting.since) > OLDEST {
            return Outcome::GivenUp("could not be reached for a day".to_owned());
        }
        match post(&self.channel, &waiting.message, stopped) {
            Ok(()) => {
                self.back_off = BackOff::default();
                Outcome::Told
            }
            Err(Refusal::Forever(reason)) => {
                // The server answers, so what comes next need not wait.
                self.back_off = BackOff::default();
                Outcome::GivenUp(reason)
            }
            Err(Refusal::Now(reason)) => Outcome::Later(reason, self.back_off.failed(SystemClock.now().boot)),
            Err(Refusal::Stopped) => Outcome::Stopped,
        }
    }
}

/// When to try again.
#[derive(Default)]
struct BackOff {
    wait: Duration,
}

impl BackOff {
    /// When the next attempt is due.
    fn failed(&mut self, now: Duration) -> Duration {
        self.wait = (self.wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT);
        now + self.wait
    }
}

/// Why an attempt failed; a reason is the end of a sentence that begins with the server.
enum Refusal {
    /// Another attempt may end otherwise.
    Now(String),
    /// It would end the same way.
    Forever(String),
    /// Everything ended meanwhile.
    Stopped,
}

/// What the program says of an attempt.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    reason: String,
    is_final: bool,
}

fn post(channel: &WebhookChannel, message: &Message, stopped: Stopped<'_>) -> Result<(), Refusal> {
    let Some(url) = &channel.url else { return Ok(()) };
    let untold = |reason: String| Refusal::Now(format!("is told nothing: {reason}"));
    let token = match &channel.secret_file {
        Some(file) => Some(read_secret(file).map_err(|error| untold(error.to_string()))?),
        None => None,
    };
    let (address, body) = format::request(channel.format, url, message)
        .ok_or_else(|| Refusal::Forever("has no topic in its address".to_owned()))?;
    let content_type = "application/json";
    let request = json!({ "address": address, "token": token, "content_type": content_type, "body": body }).to_string();
    let program = program::find(PROGRAM).map_err(untold)?;
    let mut command = Command::new(program);
    // What it could say there is a panic, which may repeat the address.
    let (end, printed) = child::run(&mut command, request.as_bytes(), Errors::Dropped, LIMIT, stopped)
        .map_err(|error| untold(format!("{PROGRAM} cannot be started: {error}")))?;
    match end {
        End::Itself(status) if status.success() => {}
        End::Itself(status) => return Err(untold(format!("{PROGRAM} failed ({status})"))),
        End::Late => return Err(untold(format!("{PROGRAM} took longer than {} s and was ended", LIMIT.as_secs()))),
        End::Stopped => return Err(Refusal::Stopped),
        End::Lost(error) => return Err(untold(format!("{PROGRAM} was lost: {error}"))),
    }
    match serde_json::from_slice(&printed) {
        Ok(Answer { ok: true, .. }) => Ok(()),
        Ok(Answer { reason, is_final: true, .. }) => Err(Refusal::Forever(reason)),
        Ok(Answer { reason, .. }) => Err(Refusal::Now(reason)),
        Err(_) => Err(untold(format!("{PROGRAM} says nothing that we understand; is it of another version?"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_double_up_to_five_minutes() {
        let mut back_off = BackOff::default();
        let mut now = Duration::from_secs(100);
        let mut waits = Vec::new();
        for _ in 0..11 {
            let due = back_off.failed(now);
            waits.push((due - now).as_secs());
            now = due;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
