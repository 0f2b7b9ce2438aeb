//! The channels that leave the machine: a program to run, an address to send to. Off unless the file names one.
//!
//! Deliberately not here: running and sending (`hoofbeat watch`), and the content of the file with the secret, which is
//! read when something is sent.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::typed::{Located, get, kind, string};
use super::values::{self, Problem};
use crate::model::rule::Severity;
use crate::say;

/// Both channels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Channels {
    /// A program.
    pub command: CommandChannel,
    /// A web server.
    pub webhook: WebhookChannel,
}

impl Channels {
    /// Whether anything is to be sent anywhere.
    pub fn are_on(&self) -> bool {
        self.command.is_on() || self.webhook.url.is_some()
    }
}

/// `[notify.command]`.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandChannel {
    /// The program and its arguments; nothing is run where it is empty.
    pub run: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// The least that it is told.
    pub severity: Severity,
}

impl CommandChannel {
    /// Whether there is a program to run.
    pub fn is_on(&self) -> bool {
        !self.run.is_empty()
    }
}

impl Default for CommandChannel {
    fn default() -> Self {
        CommandChannel { run: Vec::new(), timeout: Duration::from_secs(10), severity: Severity::Warning }
    }
}

/// `[notify.webhook]`.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookChannel {
    /// Where to; nothing is sent where there is none.
    pub url: Option<Address>,
    /// The least that is sent.
    pub severity: Severity,
    /// What the server understands.
    pub format: WebhookFormat,
    /// The file whose content is sent as a bearer token.
    pub secret_file: Option<SecretFile>,
    /// Whether it may be sent unencrypted to another machine.
    pub insecure: bool,
}

impl Default for WebhookChannel {
    fn default() -> Self {
        let (severity, format) = (Severity::Warning, WebhookFormat::Json);
        WebhookChannel { url: None, severity, format, secret_file: None, insecure: false }
    }
}

/// What a web server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookFormat {
    /// All that is known, in Hoofbeat's own shape.
    Json,
    /// Slack's, which Mattermost and others take, too.
    Slack,
    /// That of ntfy.
    Ntfy,
    /// That of Gotify.
    Gotify,
}

impl WebhookFormat {
    const WORDS: &[(WebhookFormat, &str)] = &[
        (WebhookFormat::Json, "json"),
        (WebhookFormat::Slack, "slack"),
        (WebhookFormat::Ntfy, "ntfy"),
        (WebhookFormat::Gotify, "gotify"),
    ];

    /// As it is written in the file.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(format, _)| *format == self).map_or("", |(_, word)| word)
    }
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFile(String);

impl SecretFile {
    /// As it is written in the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file, for a person with this home.
    pub fn path(&self, home: Option<PathBuf>) -> Option<PathBuf> {
        match self.0.strip_prefix("~/") {
            Some(below) => home.map(|home| home.join(below)),
            None => Some(PathBuf::from(&self.0)),
        }
    }
}

/// A web address. What stands before and behind the server's name often is a secret (with Slack the path is one), so it
/// has no `Display`, and says of itself only the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    whole: String,
    /// Scheme, host and port.
    server: String,
    /// Where the path begins.
    path: usize,
}

impl Address {
    /// Everything, for sending.
    pub fn secret(&self) -> &str {
        &self.whole
    }

    /// Scheme, server and port, for people: `https://ntfy.sh`.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Whether what is sent there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.whole.starts_with(HTTPS)
    }

    /// The address without its last name, and that name: the server of ntfy, and the topic. What follows a `?` stays with
    /// the server.
    pub fn topic(&self) -> Option<(String, &str)> {
        let (before, rest) = self.whole.split_at(self.path);
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (folder, topic) = path.rsplit_once('/')?;
        (!topic.is_empty()).then(|| (format!("{before}{folder}/{query}"), topic))
    }

    fn has_user(&self) -> bool {
        self.whole[..self.path].contains('@')
    }

    /// Whether it is this machine.
    fn is_here(&self) -> bool {
        let host = self.server.split("://").nth(1).unwrap_or_default();
        if let Some(host) = host.strip_prefix('[') {
            let host = host.split(']').next().and_then(|host| host.parse::<Ipv6Addr>().ok());
            return host.is_some_and(|ip| ip.is_loopback());
        }
        let host = host.split(':').next().unwrap_or_default();
        host.eq_ignore_ascii_case("localhost") || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/…", self.server)
    }
}

/// More arguments than any command line of a person has.
const MOST_WORDS: usize = 64;

pub(super) fn run(value: &DeValue<'_>) -> Result<Vec<String>, Problem> {
    let remedy = say!("write the program and its arguments as a list: run = [\"/usr/bin/mpv\", \"ping.ogg\"]");
    let DeValue::Array(array) = value else {
        return Err(Problem::new(
            say!("this is {kind}, not a list; no shell takes it apart", kind = kind(value)),
            remedy,
        ));
    };
    let words: Option<Vec<String>> = array.iter().map(|word| word.get_ref().as_str().map(str::to_owned)).collect();
    let words = words.ok_or_else(|| Problem::new(say!("not everything in this list is text"), remedy))?;
    if words.len() > MOST_WORDS || words.iter().any(|word| word.contains('\0')) {
        return Err(Problem::new(
            say!("no program can be given that"),
            say!("write a script that does it, and name that"),
        ));
    }
    let is_somewhere = |program: &String| !program.is_empty() && (program.starts_with('/') || !program.contains('/'));
    if words.first().is_some_and(|program| !is_somewhere(program)) {
        return Err(Problem::new(
            say!("{text} names no program", text = format_args!("{:?}", words[0])),
            say!("write its whole path, beginning with /, or a name that is found in PATH"),
        ));
    }
    Ok(words)
}

pub(super) fn timeout(value: &DeValue<'_>) -> Result<Duration, Problem> {
    let text = string(value)?;
    let timeout = values::duration(text)?;
    if timeout.is_zero() || timeout > Duration::from_secs(300) {
        return Err(Problem::new(
            say!("{text} is not a time limit for a program that tells of alerts", text = format_args!("{text:?}")),
            say!("write \"1s\" to \"5m\"; what takes longer can go on in the background"),
        ));
    }
    Ok(timeout)
}

pub(super) fn format(value: &DeValue<'_>) -> Result<WebhookFormat, Problem> {
    let text = string(value)?;
    WebhookFormat::WORDS.iter().find(|(_, word)| *word == text).map(|(format, _)| *format).ok_or_else(|| {
        Problem::new(
            say!("there is no format {format}", format = format_args!("{text:?}")),
            say!("write \"json\", \"slack\" (Mattermost takes that, too), \"ntfy\" or \"gotify\""),
        )
    })
}

pub(super) fn secret_file(value: &DeValue<'_>) -> Result<Option<SecretFile>, Problem> {
    let text = string(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains('\0') || !(text.starts_with('/') || text.starts_with("~/")) {
        return Err(Problem::new(
            say!("this is not the whole path of a file"),
            say!(
                "begin it with / or ~/, like \"~/.config/hoofbeat/webhook.secret\"; the secret itself stands in that file"
            ),
        ));
    }
    Ok(Some(SecretFile(text.to_owned())))
}

const HTTPS: &str = "https://";

/// No sentence here repeats the address: it may hold a secret, and mistakes are logged.
pub(super) fn url(value: &DeValue<'_>) -> Result<Option<Address>, Problem> {
    let text = string(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let bad = |reason: &str| Problem::new(reason, say!("write one like \"https://ntfy.sh/my-topic\""));
    let Some(scheme) = [HTTPS, "http://"].into_iter().find(|scheme| text.starts_with(scheme)) else {
        return Err(bad(say!("this is not a web address")));
    };
    // What two readers of an address could understand differently is no address.
    let odd = |c: char| !c.is_ascii_graphic() || "\\\"<>^`{|}#".contains(c);
    if text.len() > 2048 || text.contains(odd) {
        return Err(bad(say!("this web address holds a letter that has no place in one")));
    }
    let name = &text[scheme.len()..];
    let before = name.split(['/', '?']).next().unwrap_or_default();
    let server = before.split_once('@').map_or(before, |(_, server)| server);
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host.parse::<Ipv6Addr>().is_ok(), port),
        None => {
            let end = server.find(':').unwrap_or(server.len());
            let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            (end > 0 && server[..end].chars().all(fits), &server[end..])
        }
    };
    let port_is_one = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0),
        None => port.is_empty(),
    };
    if !host || !port_is_one {
        return Err(bad(say!("this web address names no server")));
    }
    let path = scheme.len() + before.len();
    Ok(Some(Address { whole: text.to_owned(), server: format!("{scheme}{server}"), path }))
}

/// What is wrong with the table as a whole, once each of its settings is right.
pub(super) fn check(channel: &WebhookChannel, table: &DeTable<'_>) -> Result<(), Located> {
    let Some(url) = &channel.url else { return Ok(()) };
    let span = get(table, "url").map(|(span, _)| span).unwrap_or_default();
    if !url.is_encrypted() && !url.is_here() && !channel.insecure {
        let problem = Problem::new(
            say!("over http:// anybody on the way can read along and change what is sent"),
            say!("write https://, or insecure = true where you know the way"),
        );
        return Err((span, problem));
    }
    if url.has_user() && channel.secret_file.is_some() {
        let problem = Problem::new(
            say!("this address has a user, and secret_file names a token; only one of them can be sent"),
            say!("remove the user from the address, or the line secret_file"),
        );
        return Err((span, problem));
    }
    if channel.format == WebhookFormat::Ntfy && url.topic().is_none() {
        let problem = Problem::new(
            say!("this address names no topic"),
            say!("end it with the topic: \"https://ntfy.sh/my-topic\""),
        );
        return Err((span, problem));
    }
    Ok(())
}
