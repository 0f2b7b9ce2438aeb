//! `[notify.command]` and `[notify.webhook]`: what they may be, and what is said of what they may not.

use std::path::{Path, PathBuf};

use super::super::{Channels, Config, WebhookFormat};
use super::refused;
use crate::model::rule::Severity;

#[track_caller]
fn read(text: &str) -> Channels {
    Config::parse(text, Path::new("x")).unwrap_or_else(|error| panic!("{error}")).channels
}

#[track_caller]
fn address(url: &str) -> super::super::Address {
    read(&format!("[notify.webhook]\nurl = {url:?}\ninsecure = true\n")).webhook.url.expect("an address")
}

#[test]
fn channels_are_off_unless_the_file_names_one() {
    assert!(!Config::default().channels.are_on());
    assert_eq!(Config::default().channels, Channels::default(), "the file's defaults are those of the types");
    assert!(!read("[notify.command]\ntimeout = \"5s\"\n[notify.webhook]\nformat = \"ntfy\"\n").are_on());
    let both = read(
        "[notify]\nenabled = true\n[notify.command]\nrun = [\"mpv\", \"ping.ogg\"]\ntimeout = \"5s\"\nseverity = \
         \"critical\"\n[notify.webhook]\nurl = \"https://ntfy.example/gpu\"\nformat = \"ntfy\"\nsecret_file = \
         \"~/s\"\nseverity = \"info\"\n",
    );
    assert!(both.are_on());
    assert_eq!((both.command.run.join(" "), both.command.timeout.as_secs()), ("mpv ping.ogg".to_owned(), 5));
    assert_eq!((both.command.severity, both.webhook.severity), (Severity::Critical, Severity::Info));
    assert_eq!(both.webhook.format, WebhookFormat::Ntfy);
    let secret = both.webhook.secret_file.expect("a secret");
    assert_eq!(secret.path(Some(PathBuf::from("/home/me"))), Some(PathBuf::from("/home/me/s")));
    assert_eq!(secret.path(None), None);
}

#[test]
fn a_channel_that_cannot_work_is_refused_in_one_sentence() {
    #[track_caller]
    fn check(text: &str, error: &str) {
        let said = refused(text);
        assert!(said.starts_with("config.toml:2:") && said.contains(error), "{said}");
    }
    let command = |keys: &str| format!("[notify.command]\n{keys}\n");
    check(&command("run = \"mpv ping.ogg\""), "this is a string, not a list; no shell takes it apart");
    check(&command("run = [\"mpv\", 3]"), "not everything in this list is text");
    check(&command("run = [\"bin/ping\"]"), "\"bin/ping\" names no program; write its whole path");
    check(&command("run = [\"~/ping\"]"), "names no program");
    check(&command("run = [\"\"]"), "names no program");
    check(&command("timeout = \"0s\""), "is not a time limit for a program");
    check(&command("timeout = \"6m\""), "write \"1s\" to \"5m\"");
    check(&command("severity = \"high\""), "there is no severity \"high\"");
    check(&command("shell = true"), "[notify.command] has no setting \"shell\"; it has run, timeout, severity");
    check("[notify]\nwebhok = { url = \"\" }", "max_per_hour, command, webhook");
    check("[notify]\nwebhook = \"https://ntfy.sh/x\"", "write [notify.webhook] on a line of its own");
    let webhook = |keys: &str| format!("[notify.webhook]\n{keys}\n");
    check(&webhook("format = \"xml\""), "there is no format \"xml\"");
    check(&webhook("secret_file = \"tk_123\""), "this is not the whole path of a file");
    check(&webhook("url = \"https://u:p@ntfy.sh/x\"\nsecret_file = \"/s\""), "only one of them can be sent");
    check(&webhook("url = \"https://ntfy.sh\"\nformat = \"ntfy\""), "this address names no topic");
    let quoted = "[\"notify.webhook\"]\nurl = \"\"\n";
    assert!(refused(quoted).contains("there is no section \"notify.webhook\""), "{}", refused(quoted));
}

#[test]
fn an_address_is_one_that_nobody_can_read_differently_and_no_sentence_repeats_it() {
    for bad in [
        "ntfy.sh/x",
        "ftp://hunter2.example/x",
        "https://",
        "https:///hunter2",
        "https://hunter2:pass@",
        "https://a@b@hunter2.example/",
        "https://exa mple/hunter2",
        "https://example\\\\@hunter2/",
        "https://example:99999/hunter2",
        "https://example:/hunter2",
        "https://[::1/hunter2",
        "https://[::1]x/hunter2",
        "https://exämple/hunter2",
        "https://example/#hunter2",
    ] {
        let said = refused(&format!("[notify.webhook]\nurl = \"{bad}\"\n"));
        assert!(said.contains("web address") && !said.contains("hunter2"), "{bad}: {said}");
    }
    let secret = address("https://user:hunter2@hooks.example:8443/services/hunter2?token=hunter2");
    assert_eq!(secret.server(), "https://hooks.example:8443");
    assert!(!format!("{secret:?}").contains("hunter2"), "{secret:?}");
    assert!(secret.secret().contains("hunter2"));
}

#[test]
fn unencrypted_is_for_this_machine_unless_the_person_says_otherwise() {
    #[track_caller]
    fn check(url: &str, expected: bool) {
        let read = Config::parse(&format!("[notify.webhook]\nurl = {url:?}\n"), Path::new("x"));
        assert_eq!(read.is_ok(), expected, "{url}: {read:?}");
        assert!(Config::parse(&format!("[notify.webhook]\nurl = {url:?}\ninsecure = true\n"), Path::new("x")).is_ok());
    }
    check("http://localhost/x", true);
    check("http://LOCALHOST:8080", true);
    check("http://127.0.0.1:80/x", true);
    check("http://127.9.9.9/x", true);
    check("http://[::1]:80/x", true);
    check("https://ntfy.sh/x", true);
    check("http://ntfy.sh/x", false);
    check("http://127.0.0.1@ntfy.sh/x", false);
    check("http://127.0.0.1.ntfy.sh/x", false);
    check("http://localhost.ntfy.sh/x", false);
    check("http://0.0.0.0/x", false);
    check("http://[::ffff:10.0.0.1]/x", false);
}

#[test]
fn ntfy_takes_the_topic_apart_from_the_server() {
    #[track_caller]
    fn check(url: &str, expected: Option<(&str, &str)>) {
        let address = address(url);
        let topic = address.topic();
        assert_eq!(topic.as_ref().map(|(server, topic)| (server.as_str(), *topic)), expected);
    }
    check("https://ntfy.sh/gpu", Some(("https://ntfy.sh/", "gpu")));
    check("https://u:p@host:8443/below/gpu?auth=x/y", Some(("https://u:p@host:8443/below/?auth=x/y", "gpu")));
    check("https://ntfy.sh", None);
    check("https://ntfy.sh/", None);
    check("https://ntfy.sh?a=/b", None);
}
