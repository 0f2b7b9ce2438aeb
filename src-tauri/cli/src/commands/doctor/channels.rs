//! The channels that tell of alerts elsewhere: which are on, and whether what they need is there.
//!
//! Deliberately not here: sending anything. What became of the last alert is in the recorder's log.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hoofbeat_core::config::{Channels, CommandChannel, Config, WebhookChannel};
use hoofbeat_core::paths;
use hoofbeat_core::untrusted::Untrusted;

use super::Finding;
use crate::channels::{WEBHOOK, read_secret};
use crate::program;

/// Checks the channels of the config file; one that is not valid is told of elsewhere.
pub fn check() -> Vec<Finding> {
    let config = paths::config_file().map_or_else(|_| Some(Config::default()), |path| Config::in_force(&path).ok());
    config.map_or_else(Vec::new, |config| findings(&config.channels, &program::find(WEBHOOK)))
}

/// What the program that sends is, or why there is none.
type Sender = Result<PathBuf, String>;

fn findings(channels: &Channels, sender: &Sender) -> Vec<Finding> {
    if !channels.are_on() {
        return vec![Finding::ok("channels", "off: alerts are sent nowhere")];
    }
    command(&channels.command).into_iter().chain(webhook(&channels.webhook, sender)).collect()
}

fn command(channel: &CommandChannel) -> Option<Finding> {
    const NAME: &str = "command";
    let program = channel.run.first()?;
    let shown = Untrusted::from(program.as_str()).terminal();
    Some(match is_there(program) {
        true => Finding::ok(NAME, format!("{shown} is run for alerts")),
        false => {
            let remedy = "write its whole path in [notify.command], and make it executable";
            Finding::warning(NAME, format!("{shown} is no program here, so nothing is run for alerts"), remedy)
        }
    })
}

fn is_there(program: &str) -> bool {
    let runs = |path: &Path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    if program.contains('/') {
        return runs(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(program)).any(|path| runs(&path))
}

fn webhook(channel: &WebhookChannel, sender: &Sender) -> Option<Finding> {
    const NAME: &str = "webhook";
    let (server, format) = (channel.url.as_ref()?.server(), channel.format.word());
    if let Err(problem) = sender {
        let remedy = "install the package whole, or build it beside `hoofbeat`";
        return Some(Finding::warning(NAME, format!("nothing is sent to {server}: {problem}"), remedy));
    }
    Some(match channel.secret_file.as_ref().map(read_secret) {
        None | Some(Ok(_)) => Finding::ok(NAME, format!("alerts are sent to {server} ({format})")),
        Some(Err(error)) => {
            let error = error.to_string();
            let (problem, remedy) = error.split_once("; ").unwrap_or((&error, "see [notify.webhook] secret_file"));
            Finding::warning(NAME, format!("nothing is sent to {server}: {problem}"), remedy)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::Level;

    fn of(text: &str) -> Vec<(Level, String)> {
        with(text, &Ok(PathBuf::from("/there")))
    }

    fn with(text: &str, sender: &Sender) -> Vec<(Level, String)> {
        let config = Config::parse(text, Path::new("x")).unwrap();
        findings(&config.channels, sender).into_iter().map(|found| (found.level, found.message)).collect()
    }

    #[test]
    fn each_channel_is_told_with_what_it_lacks_and_without_its_secrets() {
        assert_eq!(of(""), [(Level::Ok, "off: alerts are sent nowhere".to_owned())]);
        assert_eq!(of("[notify.command]\nrun = [\"sh\"]"), [(Level::Ok, "sh is run for alerts".to_owned())]);
        assert_eq!(of("[notify.command]\nrun = [\"/no/such\"]")[0].0, Level::Warning);
        assert_eq!(of("[notify.command]\nrun = [\"/etc/passwd\"]")[0].0, Level::Warning);
        let url = "[notify.webhook]\nurl = \"https://hooks.example/services/hunter2\"\nformat = \"slack\"\n";
        let sent = "alerts are sent to https://hooks.example (slack)".to_owned();
        assert_eq!(of(url), [(Level::Ok, sent)]);
        let missing = of(&format!("{url}secret_file = \"/no/such\"\n"));
        let nothing = "nothing is sent to https://hooks.example: /no/such does not exist".to_owned();
        assert_eq!(missing, [(Level::Warning, nothing)]);
        let alone = with(url, &Err("it is not installed".to_owned()));
        let nothing = "nothing is sent to https://hooks.example: it is not installed".to_owned();
        assert_eq!(alone, [(Level::Warning, nothing)]);
    }
}
