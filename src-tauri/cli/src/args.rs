//! What a person can type: every command and option, and the words that help, man page and completions show.
//!
//! Deliberately not here: what the commands do (`commands`), and whether a value makes sense (the command that uses it
//! says so in one sentence).

mod alerts;
mod expect;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub use self::alerts::{Ack, Alerts, AlertsCheck, AlertsCommand, AlertsHistory, AlertsTest, Snooze, Unsnooze};
pub use self::expect::{Expect, ExpectCommand, Whom};

/// Printed below `--help`; part of the contract with scripts.
const AFTER: &str = "\
Exit status: 0 done, 1 failed, 2 wrong usage, 3 no GPU, 4 driver missing, 5 nothing recorded.

Variables: HOOFBEAT_DATA_DIR is the default of --data-dir, HOOFBEAT_CONFIG names the config file, NO_COLOR switches \
colours off, RUST_LOG sets what is logged.";

/// Why is my GPU running? Tells it in one sentence, now and at any minute of the past weeks.
///
/// Who uses it, since when, how hot it is and what that costs. A flight recorder for Linux machines with a GPU: always on,
/// at next to no cost; with a tray icon, a window and this command; and it tells when something gets too hot or somebody
/// unexpected uses a GPU.
#[derive(Debug, Parser)]
#[command(name = "hoofbeat", version, after_help = AFTER, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Where the recording is
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath, help_heading = "Global options")]
    pub data_dir: Option<PathBuf>,
    /// Read DIR/proc and DIR/sys instead of /proc and /sys
    #[arg(long, value_name = "DIR", global = true, value_hint = ValueHint::DirPath, help_heading = "Global options")]
    pub root: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// When to use colours
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", help_heading = "Global options")]
    pub color: Color,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record, show the tray icon and send notifications, until told to stop
    Watch(Watch),
    /// Show the state of everything, now
    Status(Status),
    /// Tell why each GPU runs, now or at a past moment
    Why(Why),
    /// Show how a metric went
    History(History),
    /// Show the processes that use the most
    Top(Top),
    /// Show who used which GPU, and what that took
    Usage(Usage),
    /// Show who used a GPU from when to when
    Sessions(Stretches),
    /// Show when a GPU was used, by whomever
    Episodes(Stretches),
    /// Declare who may, must and must not use a GPU, and show what differs from it
    Expect(Expect),
    /// Show alerts and the rules behind them, try rules out, and settle what fires
    Alerts(Alerts),
    /// Look for what keeps Hoofbeat from working well, and say what helps
    Doctor,
    /// Show where the recording is and how large; check it, or delete history
    Data(Data),
    /// Show, check or explain the config file
    Config(Config),
    /// Open the window
    Open,
    /// Start Hoofbeat when you log in, as the tray's menu does
    Autostart(Autostart),
    /// Show the window's pages to a browser, on this machine or a phone
    Serve(crate::commands::serve::Options),
    /// Pause recording
    Pause(Pause),
    /// Go on recording
    Resume,
    /// Print shell completions
    Completions(Completions),
    /// Print the manual page
    Man(Man),
}

/// Options of `watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// Without a desktop: no tray icon, no notifications on it; `[notify.command]` and `[notify.webhook]` are told as ever
    #[arg(long)]
    pub headless: bool,
    /// Stop after this long, for example 65s or 10m
    #[arg(long = "for", value_name = "DURATION", value_parser = crate::time::parse_span)]
    pub run_for: Option<std::time::Duration>,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct Status {
    /// Show every source and every metric
    #[arg(long, short)]
    pub all: bool,
}

/// Options of `why`.
#[derive(Debug, Args)]
pub struct Why {
    /// At which moment: 2h, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds; without it, now
    #[arg(long, value_name = "TIME", conflicts_with_all = ["since", "until"])]
    pub at: Option<String>,
    /// What they did from this moment on, in sum: 8h, yesterday, "2026-11-20 14:00"
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "now", requires = "since")]
    pub until: String,
    /// What they did while you were away: since you left, or until you came back, or since the last look with why or at the window
    #[arg(long, conflicts_with_all = ["at", "since", "bundle", "from"])]
    pub away: bool,
    /// Write what the answer rests on to a new file, for a report; users become numbers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "since")]
    pub bundle: Option<PathBuf>,
    /// Keep the numbers of users in the bundle, who had a GPU open, and when nobody was there
    #[arg(long, requires = "bundle")]
    pub with_users: bool,
    /// Answer from such a file, and not from a recording
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["at", "since", "bundle"])]
    pub from: Option<PathBuf>,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct History {
    /// Which metric, for example cpu.utilization; or the id of an evidence that `why --json` names
    pub metric: String,
    /// Only this source: its id, its label or its name in `status --all`
    #[arg(long, short, value_name = "SOURCE")]
    pub source: Option<String>,
    /// From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub until: String,
    /// At most this many points a source; more are folded to minimum, average and maximum
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub points: Option<u32>,
    /// Answer in CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// Options of `top`.
#[derive(Debug, Args)]
pub struct Top {
    /// How long to measure; on a terminal a first table comes at once
    #[arg(long, short, value_name = "DURATION", default_value = "1s", value_parser = crate::time::parse_span)]
    pub interval: std::time::Duration,
    /// What to sort by; without it the GPU, where one is used
    #[arg(long, short, value_name = "COLUMN")]
    pub sort: Option<Sort>,
    /// How many processes to show; 0 shows all
    #[arg(short, long = "number", value_name = "N", default_value = "20")]
    pub number: usize,
}

/// What `top` sorts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// Share of the GPU's time, and then its memory
    Gpu,
    /// CPU time used while measuring
    Cpu,
    /// Resident memory
    Memory,
}

/// Options of `usage`.
#[derive(Debug, Args)]
pub struct Usage {
    /// From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
}

/// Options of `sessions` and `episodes`.
#[derive(Debug, Args)]
pub struct Stretches {
    /// Only this GPU: its id, its label or its name in `status --all`
    #[arg(long, short, value_name = "GPU")]
    pub source: Option<String>,
    /// From when on: 24h, 30d, 14:00 (the last one), "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub until: String,
}

/// What to do with the recording.
#[derive(Debug, Args)]
pub struct Data {
    /// What to do; without it, show a summary.
    #[command(subcommand)]
    pub command: Option<DataCommand>,
}

/// Commands below `data`.
#[derive(Clone, Debug, Subcommand)]
pub enum DataCommand {
    /// Check the whole database and every checksum
    Check,
    /// Print the folder
    Path,
    /// Delete history for good, as the window's settings do; settings and what was learnt stay
    Delete(crate::commands::data::Delete),
}

/// What to do with the config file.
#[derive(Debug, Args)]
pub struct Config {
    /// What to do; without it, check the file.
    #[command(subcommand)]
    pub command: Option<ConfigCommand>,
}

/// Commands below `config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print where the file is
    Path,
    /// Check the file
    Check,
    /// Print the file that is in force
    Show,
    /// Print an example that explains every setting
    Example,
    /// Set one setting, and leave the rest of the file as it is
    Set {
        /// Which, for example notify.quiet
        setting: String,
        /// To what, for example 22:00-07:00
        value: String,
    },
}

/// What to do about starting at login.
#[derive(Debug, Args)]
pub struct Autostart {
    /// What to do; without it, tell whether it does.
    #[command(subcommand)]
    pub command: Option<AutostartCommand>,
}

/// Commands below `autostart`.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum AutostartCommand {
    /// Start at login from now on, recording where this command looks
    On,
    /// Do not start at login any more
    Off,
    /// Tell whether it starts at login
    Status,
}

/// Options of `pause`.
#[derive(Debug, Args)]
pub struct Pause {
    /// For how long
    #[arg(value_name = "DURATION", default_value = "1h", value_parser = crate::time::parse_span)]
    pub duration: std::time::Duration,
}

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    pub shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct Man {
    /// Of this command
    pub command: Option<String>,
}
