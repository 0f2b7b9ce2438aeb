//! What a person can type behind `hoofbeat alerts`. Deliberately not here: what is done about it (`commands::alerts`).

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};

/// What to do about alerts.
#[derive(Debug, Args)]
pub struct Alerts {
    /// What to do; without it, list what is not over.
    #[command(subcommand)]
    pub command: Option<AlertsCommand>,
}

/// Commands below `alerts`.
#[derive(Debug, Subcommand)]
pub enum AlertsCommand {
    /// Show what is not over, worst first
    List,
    /// Show what fired, for how long and how far
    History(AlertsHistory),
    /// Show every rule: what it watches, why, and how often it fired
    Rules,
    /// Switch a rule on, in the config file
    Enable {
        /// Which rule, by its id
        rule: String,
    },
    /// Switch a rule off, in the config file
    Disable {
        /// Which rule, by its id
        rule: String,
    },
    /// Replay rules over the recorded past: when they would have fired
    Check(AlertsCheck),
    /// Show the notification of a rule as it would look
    Test(AlertsTest),
    /// Say "I know": nothing more of what fires now, until it is over
    Ack(Ack),
    /// Say nothing of a rule's alerts for a while; they are recorded as ever
    Snooze(Snooze),
    /// Take snoozes back
    Unsnooze(Unsnooze),
}

/// Options of `alerts history`.
#[derive(Debug, Args)]
pub struct AlertsHistory {
    /// From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub since: String,
    /// Only this rule, by its id
    #[arg(long, short, value_name = "RULE")]
    pub rule: Option<String>,
}

/// Options of `alerts check`.
#[derive(Debug, Args)]
pub struct AlertsCheck {
    /// From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub since: String,
    /// Only this rule, by its id, be it off or on
    #[arg(long, short, value_name = "RULE")]
    pub rule: Option<String>,
    /// The rules of this file, and not those that hold
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

/// Options of `alerts test`.
#[derive(Debug, Args)]
pub struct AlertsTest {
    /// Which rule, by its id
    pub rule: String,
    /// On this source: its id, label or name in `status --all`; without it, one that has a value
    #[arg(long, short, value_name = "SOURCE")]
    pub source: Option<String>,
}

/// Options of `alerts ack`.
#[derive(Debug, Args)]
pub struct Ack {
    /// Which rule, by its id
    pub rule: String,
    /// Only on this source: its id, label or name in `status --all`; or a pattern, in which * is any text
    #[arg(long, short, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only what this program or service does, by its name or its key in `alerts --json`
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
}

/// Options of `alerts snooze`.
#[derive(Debug, Args)]
pub struct Snooze {
    /// Which rule, by its id; "*" snoozes all alerts, the critical ones, too
    #[arg(required_unless_present = "list")]
    pub rule: Option<String>,
    /// Only on this source: its id, label or name in `status --all`; or a pattern, in which * is any text
    #[arg(long, short, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Only what this program or service does, by its name or its key in `alerts --json`
    #[arg(long, value_name = "NAME")]
    pub who: Option<String>,
    /// For how long; what fires still is said then
    #[arg(long = "for", value_name = "DURATION", default_value = "1h", value_parser = crate::time::parse_span)]
    pub span: std::time::Duration,
    /// Until what fires now is over
    #[arg(long, conflicts_with = "span")]
    pub until_clear: bool,
    /// Show what is snoozed
    #[arg(long, conflicts_with_all = ["rule", "source", "who", "span", "until_clear"])]
    pub list: bool,
}

/// Options of `alerts unsnooze`.
#[derive(Debug, Args)]
pub struct Unsnooze {
    /// Which rule's snoozes, as `snooze --list` shows it
    #[arg(required_unless_present = "all")]
    pub rule: Option<String>,
    /// All snoozes
    #[arg(long, conflicts_with = "rule")]
    pub all: bool,
}
