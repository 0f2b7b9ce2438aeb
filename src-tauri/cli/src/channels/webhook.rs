//! Sends an alert to a web server, and tries again where that may help.
//!
//! Certificates are always verified, against what this machine trusts; redirects are not followed, because an alert goes
//! to the server that the person named and to no other. Everything for TLS is made for one request and dropped after it:
//! alerts are rare, and the recorder is small. Deliberately not here: the queue.

pub(super) mod format;
mod secret;

use std::sync::Arc;
use std::time::Duration;

use hoofbeat_core::config::{Address, WebhookChannel};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::Standing;
use super::message::Message;
use super::queue::Waiting;

pub use secret::read as read_secret;

/// How long one attempt may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The waits between attempts.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// How old an alert may be when it is sent.
const OLDEST: Duration = Duration::from_secs(24 * 3600);

/// The channel, with what became of the last attempt.
#[derive(Default)]
pub struct Sender {
    standing: Standing,
    back_off: BackOff,
}

impl Sender {
    /// When the next attempt is due, on the boot-time clock.
    pub fn due(&self) -> Duration {
        self.back_off.due
    }

    /// Whether the last attempt worked.
    pub fn works(&self) -> bool {
        !self.standing.failing
    }

    /// Tries once. Says whether the message needs no further attempt.
    pub fn send(&mut self, channel: &WebhookChannel, waiting: &Waiting, now: impl Fn() -> Duration) -> bool {
        let Some(url) = &channel.url else { return true };
        let named = format!("webhook: {}", url.server());
        if now().saturating_sub(waiting.since) > OLDEST {
            self.standing.failed(&format!("{named} could not be reached for a day; an alert was given up"));
            return true;
        }
        match post(channel, url, &waiting.message) {
            Ok(()) => {
                self.standing.worked(&named);
                self.back_off = BackOff::default();
                true
            }
            Err(Refusal { reason, is_final: true }) => {
                self.standing.failed(&format!("{named} {reason}; the alert is not sent there"));
                // The server answers, so what comes next need not wait.
                self.back_off = BackOff::default();
                true
            }
            Err(Refusal { reason, is_final: false }) => {
                self.standing.failed(&format!("{named} {reason}; it is tried again for a day"));
                self.back_off.failed(now());
                false
            }
        }
    }
}

/// When to try again.
#[derive(Default)]
struct BackOff {
    wait: Duration,
    due: Duration,
}

impl BackOff {
    fn failed(&mut self, now: Duration) {
        self.wait = (self.wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT);
        self.due = now + self.wait;
    }
}

/// Why an attempt failed.
struct Refusal {
    /// As the end of a sentence that begins with the server.
    reason: String,
    /// Whether another attempt would end the same way.
    is_final: bool,
}

impl Refusal {
    fn now(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into(), is_final: false }
    }

    fn forever(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into(), is_final: true }
    }
}

fn post(channel: &WebhookChannel, url: &Address, message: &Message) -> Result<(), Refusal> {
    let token = match &channel.secret_file {
        Some(file) => Some(read_secret(file).map_err(|error| Refusal::now(format!("is told nothing: {error}")))?),
        None => None,
    };
    let (to, body) =
        format::request(channel.format, url, message).ok_or_else(|| Refusal::forever("has no topic in its address"))?;
    let agent = agent(url)?;
    let mut request = agent.post(&to).content_type("application/json");
    if let Some(token) = token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let status = request.send(body).map_err(|error| failed(&error))?.status().as_u16();
    match status {
        200..=299 => Ok(()),
        300..=399 => Err(Refusal::forever(format!("answered {status}: it points elsewhere, which is not followed"))),
        408 | 429 => Err(Refusal::now(format!("answered {status}"))),
        400..=499 => Err(Refusal::forever(format!("refused it with {status}"))),
        _ => Err(Refusal::now(format!("answered {status}"))),
    }
}

fn agent(url: &Address) -> Result<Agent, Refusal> {
    let mut settings = Agent::config_builder()
        .timeout_global(Some(LIMIT))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("hoofbeat/", env!("CARGO_PKG_VERSION")));
    if url.is_encrypted() {
        // There may be one from an earlier request.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let found = rustls_native_certs::load_native_certs().certs;
        if found.is_empty() {
            return Err(Refusal::now("cannot be verified: this machine trusts nobody; install ca-certificates"));
        }
        let certificates: Vec<_> = found.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
        let roots = RootCerts::Specific(Arc::new(certificates));
        settings = settings.tls_config(TlsConfig::builder().root_certs(roots).build());
    } else {
        // A proxy would carry it away from this machine.
        settings = settings.proxy(None);
    }
    Ok(settings.build().new_agent())
}

/// No sentence here repeats the address: it may hold a secret.
fn failed(error: &ureq::Error) -> Refusal {
    use ureq::Error::{BadUri, ConnectionFailed, HostNotFound, Http, Io, Rustls, Timeout, Tls};
    match error {
        Timeout(_) => Refusal::now("did not answer within 10 seconds"),
        HostNotFound => Refusal::now("is not known by this name"),
        ConnectionFailed => Refusal::now("cannot be connected to"),
        Rustls(_) | Tls(_) => Refusal::now(format!("could not prove who it is ({error})")),
        // What is wrong with a certificate mostly arrives as an error of the connection.
        Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            Refusal::now(format!("could not prove who it is ({error})"))
        }
        Io(error) => Refusal::now(format!("cannot be reached ({error})")),
        BadUri(_) | Http(_) => Refusal::forever("has an address that is none"),
        _ => Refusal::now("answered something that is no answer"),
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
            back_off.failed(now);
            waits.push((back_off.due - now).as_secs());
            now = back_off.due;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    }
}
