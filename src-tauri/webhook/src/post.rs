//! One attempt.
//!
//! Certificates are always verified, against what this machine trusts; redirects are not followed, because an alert goes
//! to the server that the person named and to no other.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::{Outcome, Request};

/// How long it may take.
const LIMIT: Duration = Duration::from_secs(10);

pub fn post(request: &Request) -> Outcome {
    let agent = match agent(&request.address) {
        Ok(agent) => agent,
        Err(outcome) => return outcome,
    };
    let mut asked = agent.post(&request.address).content_type(&request.content_type);
    if let Some(token) = &request.token {
        asked = asked.header("Authorization", format!("Bearer {token}"));
    }
    match asked.send(&request.body) {
        Ok(answer) => answered(answer.status().as_u16()),
        Err(error) => failed(&error),
    }
}

fn answered(status: u16) -> Outcome {
    match status {
        200..=299 => Outcome::sent(),
        300..=399 => Outcome::never(format!("answered {status}: it points elsewhere, which is not followed")),
        408 | 429 => Outcome::again(format!("answered {status}")),
        400..=499 => Outcome::never(format!("refused it with {status}")),
        _ => Outcome::again(format!("answered {status}")),
    }
}

fn agent(address: &str) -> Result<Agent, Outcome> {
    let mut settings = Agent::config_builder()
        .timeout_global(Some(LIMIT))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("hoofbeat/", env!("CARGO_PKG_VERSION")));
    if address.starts_with("https://") {
        // Nothing else in this process could have installed one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let found = rustls_native_certs::load_native_certs().certs;
        if found.is_empty() {
            return Err(Outcome::again("cannot be verified: this machine trusts nobody; install ca-certificates"));
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
fn failed(error: &ureq::Error) -> Outcome {
    use ureq::Error::{BadUri, ConnectionFailed, HostNotFound, Http, Io, Rustls, Timeout, Tls};
    match error {
        Timeout(_) => Outcome::again("did not answer within 10 seconds"),
        HostNotFound => Outcome::again("is not known by this name"),
        ConnectionFailed => Outcome::again("cannot be connected to"),
        Rustls(_) | Tls(_) => Outcome::again(format!("could not prove who it is ({error})")),
        // What is wrong with a certificate mostly arrives as an error of the connection.
        Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            Outcome::again(format!("could not prove who it is ({error})"))
        }
        Io(error) => Outcome::again(format!("cannot be reached ({error})")),
        BadUri(_) | Http(_) => Outcome::never("has an address that is none"),
        _ => Outcome::again("answered something that is no answer"),
    }
}
