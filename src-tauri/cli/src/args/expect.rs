//! What a person can type behind `hoofbeat expect`. Deliberately not here: what is done about it (`commands::expect`).

use clap::{Args, Subcommand};

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
