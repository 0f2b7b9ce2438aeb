//! The channels that tell of alerts elsewhere: which are on, whether what they need is there, and what became of the last
//! alert.
//!
//! Deliberately not here: sending anything.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use hoofbeat_core::api::Face;
use hoofbeat_core::config::{Channels, CommandChannel, Config, WebhookChannel};
use hoofbeat_core::model::channel::ChannelState;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::{format, paths};
use jiff::Zoned;

use super::{Finding, Level};
use crate::channels::{WEBHOOK, read_secret};
use crate::{program, time};

/// Checks the channels of the config file; one that is not valid is told of elsewhere, as is a recording that cannot be
/// read.
pub fn check(folder: &Path) -> Vec<Finding> {
    let config = paths::config_file().map_or_else(|_| Some(Config::default()), |path| Config::in_force(&path).ok());
    let states = Face::open(folder).and_then(|face| face.channels()).unwrap_or_default();
    config.map_or_else(Vec::new, |config| findings(&config.channels, &program::find(WEBHOOK), &states, &Zoned::now()))
}

/// What the program that sends is, or why there is none.
type Sender = Result<PathBuf, String>;

fn findings(channels: &Channels, sender: &Sender, states: &[ChannelState], now: &Zoned) -> Vec<Finding> {
    if !channels.are_on() {
        return vec![Finding::ok("channels", "off: alerts are sent nowhere")];
    }
    let found = command(&channels.command).into_iter().chain(webhook(&channels.webhook, sender));
    found.map(|(whom, finding)| with_the_last(finding, &whom, states, now)).collect()
}

/// What became of the last alert that they were to be told, where nothing else is wrong.
fn with_the_last(found: Finding, whom: &str, states: &[ChannelState], now: &Zoned) -> Finding {
    let state = states.iter().find(|state| state.channel == found.check && state.whom == whom);
    let Some(state) = state.filter(|_| found.level == Level::Ok) else { return found };
    let ago = |ts| format::duration(time::since(ts, now.timestamp().as_second()));
    let told = state.told.map(|ts| format!("; last told {} ago", ago(ts))).unwrap_or_default();
    match &state.failing {
        None => Finding { message: format!("{}{told}", found.message), ..found },
        Some((since, reason)) => {
            let message = format!("{whom} {reason}, since {}{told}", time::moment(*since, now));
            let remedy = "see [notify] in the config and the recorder's log; the next alert that arrives clears this";
            Finding::warning(found.check, message, remedy)
        }
    }
}

/// Who is told, and whether they can be.
fn command(channel: &CommandChannel) -> Option<(String, Finding)> {
    const NAME: &str = "command";
    let program = channel.run.first()?;
    let shown = Untrusted::from(program.as_str()).terminal();
    let finding = match is_there(program) {
        true => Finding::ok(NAME, format!("{shown} is run for alerts")),
        false => {
            let remedy = "write its whole path in [notify.command], and make it executable";
            Finding::warning(NAME, format!("{shown} is no program here, so nothing is run for alerts"), remedy)
        }
    };
    Some((shown, finding))
}

fn is_there(program: &str) -> bool {
    let runs = |path: &Path| path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0);
    if program.contains('/') {
        return runs(Path::new(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder: PathBuf| folder.join(program)).any(|path| runs(&path))
}

fn webhook(channel: &WebhookChannel, sender: &Sender) -> Option<(String, Finding)> {
    const NAME: &str = "webhook";
    let (server, format) = (channel.url.as_ref()?.server(), channel.format.word());
    let finding = match (sender, channel.secret_file.as_ref().map(read_secret)) {
        (Err(problem), _) => {
            let remedy = "install the package whole, or build it beside `hoofbeat`";
            Finding::warning(NAME, format!("nothing is sent to {server}: {problem}"), remedy)
        }
        (Ok(_), None | Some(Ok(_))) => Finding::ok(NAME, format!("alerts are sent to {server} ({format})")),
        (Ok(_), Some(Err(error))) => {
            let error = error.to_string();
            let (problem, remedy) = error.split_once("; ").unwrap_or((&error, "see [notify.webhook] secret_file"));
            Finding::warning(NAME, format!("nothing is sent to {server}: {problem}"), remedy)
        }
    };
    Some((server.to_owned(), finding))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn of(text: &str) -> Vec<(Level, String)> {
        with(text, &Ok(PathBuf::from("/there")), &[])
    }

    fn with(text: &str, sender: &Sender, states: &[ChannelState]) -> Vec<(Level, String)> {
        let config = Config::parse(text, Path::new("x")).unwrap();
        let now = time::zoned(1_790_000_000, &TimeZone::UTC);
        findings(&config.channels, sender, states, &now).into_iter().map(|found| (found.level, found.message)).collect()
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
        let alone = with(url, &Err("it is not installed".to_owned()), &[]);
        let nothing = "nothing is sent to https://hooks.example: it is not installed".to_owned();
        assert_eq!(alone, [(Level::Warning, nothing)]);
    }

    #[test]
    fn what_became_of_the_last_alert_is_told_of_who_is_told_now() {
        const URL: &str = "[notify.webhook]\nurl = \"https://a.example/x\"\nformat = \"gotify\"\n";
        let with_state = |whom: &str, failing: Option<(i64, String)>| {
            let (channel, told) = ("webhook".to_owned(), Some(1_790_000_000 - 14 * 60));
            let state = ChannelState { channel, whom: whom.to_owned(), told, failing };
            with(URL, &Ok(PathBuf::from("/there")), &[state])
        };
        let refused = || Some((1_790_000_000 - 60, "refused it with 403".to_owned()));
        let sent = "alerts are sent to https://a.example (gotify)";
        let told = format!("{sent}; last told 14 min ago");
        assert_eq!(with_state("https://a.example", None), [(Level::Ok, told)]);
        assert_eq!(with_state("https://b.example", refused()), [(Level::Ok, sent.to_owned())]);
        let failed = "https://a.example refused it with 403, since 14:12; last told 14 min ago".to_owned();
        assert_eq!(with_state("https://a.example", refused()), [(Level::Warning, failed)]);
    }
}
