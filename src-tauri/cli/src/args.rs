//! What a person can type: every command and option, and the words that help, man page and completions show.
//!
//! Deliberately not here: what the commands do (`commands`), and whether a value makes sense (the command that uses it
//! says so in one sentence).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

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
    /// At which moment: 2h, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds; without it, now
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
    /// From when on: 24h, 30d, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
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
    /// From when on: 24h, 30d, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
}

/// Options of `sessions` and `episodes`.
#[derive(Debug, Args)]
pub struct Stretches {
    /// Only this GPU: its id, its label or its name in `status --all`
    #[arg(long, short, value_name = "GPU")]
    pub source: Option<String>,
    /// From when on: 24h, 30d, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub since: String,
    /// Until when
    #[arg(long, value_name = "TIME", default_value = "now")]
    pub until: String,
}

/// What to do with expectations.
#[derive(Debug, Args)]
pub struct Expect {
    /// What to do; without it, list what is declared.
    #[command(subcommand)]
    pub command: Option<ExpectCommand>,
}

/// Commands below `expect`.
#[derive(Debug, Subcommand)]
pub enum ExpectCommand {
    /// Show what is declared
    List,
    /// Declare who may, must or must not use a GPU
    Add(Box<Whom>),
    /// Remove a declaration
    Remove {
        /// Its id
        id: String,
    },
    /// Show what differs from the declarations now, which of them make no sense, and whose file changed
    Check,
    /// Show how many alerts a week the history foretells
    Forecast,
    /// Show who was learnt to use a GPU, and what waits for an answer
    Habits,
    /// Say that what raised an alert is expected
    Accept {
        /// Its key or name, as `expect habits` shows it
        identity: String,
        /// Only of the user with this number
        #[arg(long, value_name = "NUMBER")]
        uid: Option<u32>,
    },
    /// Take back what was learnt of a program or service: it is new when it comes again
    Forget {
        /// Its key or name, as `expect habits` shows it
        identity: String,
        /// Only of the user with this number
        #[arg(long, value_name = "NUMBER")]
        uid: Option<u32>,
    },
    /// Say that everything seen so far is expected, and end the learning
    TrustAll,
}

/// Whom a declaration is about. In patterns, * is any text.
#[derive(Debug, Args)]
pub struct Whom {
    /// A name of your choice for it, without spaces
    pub id: String,
    /// They must not run; without this, they may
    #[arg(long, conflicts_with = "must_run")]
    pub deny: bool,
    /// One of them must run
    #[arg(long)]
    pub must_run: bool,
    /// By key or name, for example docker:ollama
    #[arg(long, value_name = "PATTERN")]
    pub identity: Option<String>,
    /// By program, script, application or game; or by the path of its file: "/opt/*/blender"
    #[arg(long, value_name = "PATTERN")]
    pub program: Option<String>,
    /// By systemd unit
    #[arg(long, value_name = "PATTERN")]
    pub unit: Option<String>,
    /// By container, pod or virtual machine
    #[arg(long, value_name = "PATTERN")]
    pub container: Option<String>,
    /// Only of this user, by name or number
    #[arg(long)]
    pub user: Option<String>,
    /// Only on GPUs whose id matches
    #[arg(long, value_name = "PATTERN")]
    pub gpu: Option<String>,
    /// Only at these local times, for example 22:00-07:00
    #[arg(long)]
    pub hours: Option<String>,
    /// At most this much of the GPU's time, in percent
    #[arg(long, value_name = "PERCENT")]
    pub share: Option<f64>,
    /// At most this much of the GPU's memory, for example 8GiB
    #[arg(long, value_name = "SIZE")]
    pub vram: Option<String>,
    /// How long one that must run may be missing, for example 5m
    #[arg(long, value_name = "DURATION")]
    pub grace: Option<String>,
}

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
    /// From when on: 24h, 30d, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
    #[arg(long, value_name = "TIME", default_value = "7d")]
    pub since: String,
    /// Only this rule, by its id
    #[arg(long, short, value_name = "RULE")]
    pub rule: Option<String>,
}

/// Options of `alerts check`.
#[derive(Debug, Args)]
pub struct AlertsCheck {
    /// From when on: 24h, 30d, 14:00, "yesterday 03:12", "2026-11-20 14:00" or Unix seconds
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
