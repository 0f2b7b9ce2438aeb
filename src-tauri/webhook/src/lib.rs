//! `hoofbeat-webhook`: sends one alert to a web server, says what became of it, and ends.
//!
//! `hoofbeat watch` starts it for each attempt. The recorder runs for years and is small; what TLS takes ends with this
//! process. It reads one JSON object, [`Request`], from its standard input, because arguments and the environment can be
//! seen by others, and prints one, [`Outcome`]. Deliberately not here: what servers understand, the file with the secret,
//! and whether and when it is tried again, which is all the recorder's; and a log, because libraries for HTTP write whole
//! addresses into theirs.

mod post;

use std::io::{Read, Write};
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

/// More than any alert has.
const LONGEST: u64 = 1 << 20;

/// What is to be sent, and where to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    /// The whole address, which may hold a secret.
    address: String,
    /// What the server is to know us by, if it wants that.
    token: Option<String>,
    content_type: String,
    body: String,
}

/// What became of it.
#[derive(Debug, PartialEq, Serialize)]
struct Outcome {
    ok: bool,
    /// As the end of a sentence that begins with the server; empty where it went well. It never repeats the address.
    reason: String,
    /// Whether another attempt would end the same way.
    is_final: bool,
}

impl Outcome {
    fn sent() -> Outcome {
        Outcome { ok: true, reason: String::new(), is_final: true }
    }

    fn again(reason: impl Into<String>) -> Outcome {
        Outcome { ok: false, reason: reason.into(), is_final: false }
    }

    fn never(reason: impl Into<String>) -> Outcome {
        Outcome { ok: false, reason: reason.into(), is_final: true }
    }
}

/// The whole program.
pub fn run() -> ExitCode {
    // Whoever tries it by hand learns what it is for, instead of waiting for a request.
    if std::env::args_os().len() > 1 {
        eprintln!(
            "hoofbeat-webhook takes no arguments: `hoofbeat watch` starts it to send an alert; see [notify.webhook]"
        );
        return ExitCode::from(2);
    }
    let mut text = String::new();
    let outcome = match std::io::stdin().take(LONGEST).read_to_string(&mut text) {
        Ok(_) => match serde_json::from_str(&text) {
            Ok(request) => post::post(&request),
            // The error would quote what it read.
            Err(_) => Outcome::again("was not asked: hoofbeat and hoofbeat-webhook are of different versions"),
        },
        Err(error) => Outcome::again(format!("was not asked: the request cannot be read ({error})")),
    };
    match serde_json::to_writer(std::io::stdout(), &outcome)
        .map_err(Into::into)
        .and_then(|()| std::io::stdout().flush())
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hoofbeat-webhook: nobody hears what became of the request: {error}");
            ExitCode::FAILURE
        }
    }
}
