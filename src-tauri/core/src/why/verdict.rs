//! The verdict: what a GPU did at a moment, who did it, and how sure that is.
//!
//! Deliberately not here: how it is reached (`judge`), and its words (`sentence`).

use super::scene::{Sample, Scene};
use crate::metrics::Metric;
use crate::untrusted::Untrusted;

/// What a GPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It sleeps.
    Asleep,
    /// It does nothing and takes little.
    Idle,
    /// It does nothing and takes much all the same.
    IdleExpensive,
    /// One identity uses it.
    One,
    /// Several do.
    Several,
    /// Only the desktop does.
    Display,
    /// It works, and nobody tells for whom.
    Unattributed,
    /// It works for Hoofbeat.
    Own,
    /// It works, and something that ought not to holds it back.
    Throttled,
    /// It does nothing and is hot.
    HotIdle,
    /// It is gone.
    Lost,
    /// Its driver does not tell what it does.
    Driver,
    /// There is none.
    None,
}

impl State {
    /// The state by its word in `--json`, which never changes.
    pub fn word(self) -> &'static str {
        match self {
            State::Asleep => "asleep",
            State::Idle => "idle",
            State::IdleExpensive => "idle-expensive",
            State::One => "one",
            State::Several => "several",
            State::Display => "display",
            State::Unattributed => "unattributed",
            State::Own => "self",
            State::Throttled => "throttled",
            State::HotIdle => "hot-idle",
            State::Lost => "lost",
            State::Driver => "driver",
            State::None => "none",
        }
    }
}

/// What else is to be said of a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing.
    Plain,
    /// It was let go so that it may fall asleep.
    LetGo,
    /// What somebody keeps in its memory keeps it awake.
    Held,
    /// What drives the screens keeps it awake: many pixels, or many pictures a second.
    Screens,
    /// Its clocks stay up though nobody is seen to use it.
    Clocks,
    /// It works for processes that this machine does not show: of another container.
    Elsewhere,
    /// It is cut into instances, of which the driver tells no use.
    Instances,
    /// The driver tells nobody's share.
    NoShares,
    /// It works for other users, for work that ended meanwhile, or for the kernel.
    Unseen,
    /// Nothing is recorded of who used it then, or of it at all.
    Unrecorded,
    /// In the sensor's own words.
    Said(String),
}

impl Cause {
    /// The cause by its word, which never changes.
    pub fn word(&self) -> &'static str {
        match self {
            Cause::Plain => "plain",
            Cause::LetGo => "let-go",
            Cause::Held => "held",
            Cause::Screens => "screens",
            Cause::Clocks => "clocks",
            Cause::Elsewhere => "elsewhere",
            Cause::Instances => "instances",
            Cause::NoShares => "no-shares",
            Cause::Unseen => "unseen",
            Cause::Unrecorded => "unrecorded",
            Cause::Said(_) => "said",
        }
    }
}

/// Seconds of a month of 30.4 days.
const MONTH: f64 = 30.4 * 86_400.0;

/// Somebody who is named.
#[derive(Clone, Debug, PartialEq)]
pub struct Culprit {
    /// The same for everything that belongs together.
    pub key: Untrusted,
    /// What a person calls it.
    pub identity: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// Its processes, in order; empty for a past minute.
    pub pids: Vec<u32>,
    /// Percent of the GPU's time, never more than 100 together.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory.
    pub vram: Option<u64>,
    /// Unix seconds since when.
    pub since: Option<i64>,
    /// Joules since then, about.
    pub energy: Option<f64>,
}

/// What a GPU did at a moment, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The source's id; empty where there is no GPU.
    pub source: String,
    /// What a person calls it.
    pub label: Untrusted,
    /// Whether it is the only one.
    pub is_alone: bool,
    /// Unix seconds of the moment.
    pub at: i64,
    /// What it did.
    pub state: State,
    /// What else there is to say.
    pub cause: Cause,
    /// Who is behind it, the most important first.
    pub culprits: Vec<Culprit>,
    /// How busy it was, in percent.
    pub busy: Option<f64>,
    /// How much of that nobody explains, in percent; `None` where that is not known.
    pub remainder: Option<f64>,
    /// From 0 to 1: how sure this is.
    pub confidence: f64,
    /// What it rests on.
    pub evidence: Vec<Sample>,
}

impl Verdict {
    /// Of a GPU of which nothing else is known yet.
    pub(super) fn of(scene: &Scene) -> Verdict {
        let verdict = Verdict::none(scene.at);
        let (source, label) = (scene.source.clone(), scene.label.clone());
        Verdict { source, label, is_alone: scene.is_alone, state: State::Driver, ..verdict }
    }

    /// What was read of a metric that it rests on.
    pub fn value(&self, metric: Metric) -> Option<f64> {
        self.evidence.iter().find(|sample| sample.metric == metric).map(|sample| sample.value)
    }

    /// About how many joules the work of those who are named took since they began.
    pub fn energy(&self) -> Option<f64> {
        let told = self.culprits.iter().filter(|_| self.state != State::IdleExpensive).filter_map(|one| one.energy);
        told.reduce(|sum, joules| sum + joules)
    }

    /// About how many joules an idle GPU that takes much takes in a month, as it is.
    pub fn monthly_energy(&self) -> Option<f64> {
        self.value(Metric::GpuPower).filter(|_| self.state == State::IdleExpensive).map(|watts| watts * MONTH)
    }

    /// On a machine without a GPU, at this moment.
    pub fn none(at: i64) -> Verdict {
        Verdict {
            source: String::new(),
            label: Untrusted::default(),
            is_alone: true,
            at,
            state: State::None,
            cause: Cause::Plain,
            culprits: Vec::new(),
            busy: None,
            remainder: None,
            confidence: 0.95,
            evidence: Vec::new(),
        }
    }
}
