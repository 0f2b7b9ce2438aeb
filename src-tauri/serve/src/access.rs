//! Who may look: whoever knows the token, from a page of ours, under a name that this machine has.
//!
//! A token rather than nothing on loopback, too: every user of the machine reaches that, and the recording is one user's.
//! Deliberately not here: what may be asked, once one may.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use sha2::{Digest, Sha256};

/// A token of one's own has at least so many characters.
const FEWEST: usize = 16;
/// No token is longer; a file that is, is something else.
const MOST: u64 = 4096;
/// The cookie that stands for the token; the port follows, because browsers tell cookies apart by host alone, and several
/// servers, or tunnels to several, may have one host.
const COOKIE: &str = "hoofbeat";

/// What a browser has to know once.
pub struct Token(String);

impl Token {
    /// A new one, of 128 random bits.
    pub fn new() -> Result<Token, String> {
        let mut bits = [0; 16];
        let got = rustix::rand::getrandom(&mut bits[..], rustix::rand::GetRandomFlags::empty())
            .map_err(|error| format!("the system gives no random numbers: {error}"))?;
        if got < bits.len() {
            return Err("the system gives too few random numbers".to_owned());
        }
        Ok(Token(hex(&bits)))
    }

    /// The one in a file that only its owner may read.
    pub fn read(path: &Path) -> Result<Token, String> {
        let cannot = |error: std::io::Error| format!("the token cannot be read: {}: {error}", path.display());
        let file = File::open(path).map_err(cannot)?;
        let mode = file.metadata().map_err(cannot)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.display();
            return Err(format!("others may read the token in {path} (mode {mode:04o}). Run: chmod 600 {path}"));
        }
        let mut text = String::new();
        file.take(MOST).read_to_string(&mut text).map_err(cannot)?;
        let token = text.trim();
        if token.len() < FEWEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!(
                "the token in {} is to be one line of at least {FEWEST} letters, digits and signs, without spaces",
                path.display()
            ));
        }
        Ok(Token(token.to_owned()))
    }

    /// As it is shown to a person.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Judges requests.
pub struct Access {
    token: [u8; 32],
    /// What a browser that knew the token sends from then on: nobody gets the token from it.
    session: String,
    names: Vec<String>,
}

impl Access {
    /// For who knows `token`; `names` are called beside localhost and addresses.
    pub fn new(token: &Token, names: Vec<String>) -> Access {
        let session = hex(&digest(&format!("hoofbeat session {}", token.0)));
        Access { token: digest(&token.0), session, names }
    }

    /// Whether this is the token.
    pub fn knows(&self, token: &str) -> bool {
        // What is compared are digests: how long it takes says nothing about the token.
        digest(token.trim()) == self.token
    }

    /// The cookie for a browser that knew the token and calls us `host`.
    pub fn cookie(&self, host: &str) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000", cookie_name(host), self.session)
    }

    /// Whether the `Cookie` headers of a request to `host` hold ours.
    pub fn is_signed_in<'a>(&self, cookies: impl Iterator<Item = &'a str>, host: &str) -> bool {
        let own = cookie_name(host);
        cookies
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().strip_prefix(own.as_str())?.strip_prefix('='))
            .any(|session| digest(session) == digest(&self.session))
    }

    /// Whether `host` (a `Host` header) may be what this machine is called. A name that a stranger lets point here is not:
    /// a page under that name would be his.
    pub fn is_ours(&self, host: &str) -> bool {
        let name = name(host);
        let is_address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        is_address
            || name.eq_ignore_ascii_case("localhost")
            || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Whether a page at `origin` (an `Origin` header) is the one that `host` serves.
pub fn is_own_page(origin: &str, host: &str) -> bool {
    // TLS, if there is any, ends in front of us.
    let at = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    at.is_some_and(|at| at.eq_ignore_ascii_case(host))
}

/// A `Host` header without its port.
fn name(host: &str) -> &str {
    parts(host).0
}

/// What a browser that calls us `host` keeps our cookie under.
fn cookie_name(host: &str) -> String {
    match parts(host).1 {
        "" => COOKIE.to_owned(),
        port => format!("{COOKIE}-{port}"),
    }
}

/// The name and the port of a `Host` header, without a port where that is the usual one.
fn parts(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const HOST: &str = "127.0.0.1:7667";

    fn access() -> Access {
        Access::new(&Token("correct-horse-battery".to_owned()), vec!["den.example".to_owned()])
    }

    #[test]
    fn only_names_of_this_machine_are_ours() {
        for host in ["localhost", "LOCALHOST:7667", "127.0.0.1:7667", "192.168.1.4", "[::1]:7667", "den.example:80"] {
            assert!(access().is_ours(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:7667", "127.0.0.1.evil.example", "den.example.evil:1"]
        {
            assert!(!access().is_ours(host), "{host}");
        }
    }

    #[test]
    fn only_our_own_page_may_ask() {
        assert!(is_own_page("http://127.0.0.1:7667", "127.0.0.1:7667"));
        assert!(is_own_page("https://den.example", "den.example"));
        for origin in
            ["null", "", "http://127.0.0.1:7668", "http://evil.example", "file://", "http://127.0.0.1:7667.evil"]
        {
            assert!(!is_own_page(origin, "127.0.0.1:7667"), "{origin}");
        }
    }

    #[test]
    fn who_knew_the_token_is_known_by_a_cookie_that_does_not_give_it_away() {
        let access = access();
        assert!(access.knows("correct-horse-battery") && access.knows(" correct-horse-battery\n"));
        assert!(!access.knows("correct-horse") && !access.knows(""));
        let cookie = access.cookie(HOST);
        assert!(!cookie.contains("horse") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let sent = cookie.split(';').next().unwrap();
        assert!(access.is_signed_in([format!("a=b; {sent}; c=d").as_str()].into_iter(), HOST));
        for wrong in [
            "",
            "hoofbeat-7667=",
            "hoofbeat-7667",
            "hoofbeat-7667=correct-horse-battery",
            &sent.replace("hoofbeat", "Hoofbeat"),
        ] {
            assert!(!access.is_signed_in([wrong].into_iter(), HOST), "{wrong}");
        }
        let other = Access::new(&Token("another-horse-battery".to_owned()), Vec::new());
        assert!(!other.is_signed_in([sent].into_iter(), HOST));
        assert_ne!(Token::new().unwrap().text(), Token::new().unwrap().text());
    }

    #[test]
    fn servers_on_one_host_do_not_take_each_others_cookies() {
        let (one, other) = (access(), Access::new(&Token("another-horse-battery".to_owned()), Vec::new()));
        let kept = [one.cookie("localhost:7667"), other.cookie("localhost:7668")];
        let sent = kept.map(|cookie| cookie.split(';').next().unwrap().to_owned());
        let names: Vec<_> = sent.iter().map(|cookie| cookie.split('=').next().unwrap()).collect();
        assert_eq!(names, ["hoofbeat-7667", "hoofbeat-7668"], "a browser keeps both");
        let header = sent.join("; ");
        assert!(one.is_signed_in([header.as_str()].into_iter(), "localhost:7667"));
        assert!(other.is_signed_in([header.as_str()].into_iter(), "localhost:7668"));
        assert!(!other.is_signed_in([header.as_str()].into_iter(), "localhost:7667"));
        for (host, name) in [("den.example", "hoofbeat="), ("[::1]", "hoofbeat="), ("[::1]:80", "hoofbeat-80=")] {
            assert!(one.cookie(host).starts_with(name), "{host}");
        }
    }

    #[test]
    fn a_token_of_ones_own_is_long_and_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let read = |text: &str, mode: u32| {
            std::fs::write(&file, text).unwrap();
            std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            Token::read(&file).map(|token| token.0)
        };
        assert_eq!(read("0123456789abcdef\n", 0o600).as_deref(), Ok("0123456789abcdef"));
        assert!(read("0123456789abcdef", 0o640).unwrap_err().contains("chmod 600"));
        assert!(read("short", 0o600).unwrap_err().contains("at least 16"));
        assert!(read("two words are too few", 0o600).unwrap_err().contains("without spaces"));
        assert!(Token::read(&folder.path().join("none")).is_err_and(|error| error.contains("No such file")));
    }
}
