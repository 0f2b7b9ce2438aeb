//! The processes of now, as faces get them: by what a person means, and one by one where a person looks into it.

use serde::Serialize;

/// The processes of this machine now, those of one identity and one user together.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessList {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// Whether a recorder tells what they do on GPUs; without one, nothing is known of that.
    pub gpus_known: bool,
    /// The numeric id of the user whose processes can be ended from here; `null` where none can, because they are
    /// another machine's.
    pub own: Option<u32>,
    /// In no order.
    pub groups: Vec<ProcessGroup>,
}

/// The processes of one identity and one user. What is not known of any of them is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessGroup {
    /// What a person calls it. Text from outside: show it as text, never as markup.
    pub identity: String,
    /// The same for all that belongs together.
    pub key: String,
    /// Whose it is: a name, or a number where there is none.
    pub user: Option<String>,
    /// The same as a number.
    pub uid: Option<u32>,
    /// Its processes.
    pub pids: Vec<u32>,
    /// Whether only a GPU's driver tells of them.
    pub hidden: bool,
    /// Unix seconds at which the oldest of them began.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since: Option<i64>,
    /// The unit, container or application that all of them belong to. Text from outside.
    pub place: Option<String>,
    /// What a person calls the process that started the oldest of them, and is none of them. Text from outside.
    pub origin: Option<String>,
    /// Percent of one GPU's time, of all GPUs together.
    pub share: Option<f64>,
    /// Bytes of the memory of GPUs.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Percent of one core.
    pub cpu: Option<f64>,
    /// Resident memory, in bytes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub memory: Option<u64>,
    /// Seconds of GPUs' time in the stretch that was asked for, of all that went by this name.
    pub busy: Option<f64>,
    /// What that took, in joules: an estimate.
    pub energy: Option<f64>,
    /// Each of them, where that was asked for; empty otherwise.
    pub members: Vec<ProcessMember>,
}

/// One process. What is not known of it is `null`.
#[derive(Clone, Debug, Serialize, PartialEq)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProcessMember {
    /// Its number.
    pub pid: u32,
    /// When it began, in clock ticks since boot, as `/proc` has it; with the number it tells it from every other one.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub started: Option<u64>,
    /// The same in Unix seconds.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub since: Option<i64>,
    /// The short name of its program. Text from outside, as are all of the following.
    pub program: Option<String>,
    /// Which part it is, and what it works on.
    pub detail: Option<String>,
    /// The unit, container or application that it belongs to.
    pub place: Option<String>,
    /// From where it was started: a terminal, an editor, another machine, a timetable.
    pub via: Option<String>,
    /// The process that started it, or that adopted it.
    pub parent: Option<u32>,
    /// What a person calls that.
    pub parent_name: Option<String>,
    /// `R` running, `S` sleeping, `D` waiting for a device, `T` stopped, `Z` ended and not yet noticed.
    pub state: Option<char>,
    /// The ids of the GPUs that it uses.
    pub gpus: Vec<String>,
    /// Percent of one GPU's time, of all GPUs together.
    pub share: Option<f64>,
    /// Bytes of the memory of GPUs.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub vram: Option<u64>,
    /// Percent of one core.
    pub cpu: Option<f64>,
    /// Resident memory, in bytes.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub memory: Option<u64>,
}
