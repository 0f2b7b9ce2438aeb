//! What a person declared of who may use a GPU, compared with who uses it: pure.
//!
//! Of the expectations that name a use, the one with the most letters in its patterns says whether it may run at all, so
//! that "nobody but Blender" can be said; where two have as many, the forbidding one. Whoever may run must keep the times
//! and limits of one expectation that allows it. A use that no expectation names is no difference: what was learnt
//! decides (`baseline`). Deliberately not here: for how long a difference must last (`unexpected`), and the file
//! (`config`).

mod problems;

pub use self::problems::problems;
use crate::model::UseRules;
use crate::model::expectation::{Expectation, Policy};
use crate::model::rule::matches;
use crate::say;
use crate::untrusted::Untrusted;

/// Kinds of keys that stand for what runs, whatever it runs in.
const PROGRAMS: &[&str] =
    &["program", "script", "module", "windows", "title", "app", "flatpak", "snap", "appimage", "steam", "kernel"];

/// Kinds of keys that are no containers, beside programs; all others are.
const NO_CONTAINERS: &[&str] = &["unit", "hidden"];

/// What one user's identity does on one GPU, all its processes together.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// The id of the GPU.
    pub gpu: String,
    /// See `GpuUse::key`.
    pub key: Untrusted,
    /// What a person calls it.
    pub label: Untrusted,
    /// Numeric user id, where it is known.
    pub uid: Option<u32>,
    /// The paths of its programs' files, as far as they are known, each once.
    pub files: Vec<Untrusted>,
    /// Percent of the GPU's time, where its driver tells.
    pub share: Option<f64>,
    /// Bytes of the GPU's memory, where its driver tells.
    pub vram: Option<u64>,
}

/// What the processes of each user's identity do on each GPU, all of them together. Of a part that nobody tells, the
/// others make the sum.
pub fn together(each: impl IntoIterator<Item = Used>) -> Vec<Used> {
    // Few at a time: a list is asked faster than a table.
    let each = each.into_iter();
    let mut all: Vec<Used> = Vec::with_capacity(each.size_hint().0);
    for one in each {
        let Some(sum) = all.iter_mut().find(|sum| sum.is_by_same(&one)) else {
            all.push(one);
            continue;
        };
        sum.share = one.share.map(|share| share + sum.share.unwrap_or(0.0)).or(sum.share);
        sum.vram = one.vram.map(|vram| vram.saturating_add(sum.vram.unwrap_or(0))).or(sum.vram);
        for file in one.files {
            if !sum.files.contains(&file) {
                sum.files.push(file);
            }
        }
    }
    all
}

impl Used {
    /// Whether this is enough of a GPU: what would be a session, too.
    pub fn is_work(&self, rules: UseRules) -> bool {
        self.share.is_some_and(|share| share >= rules.share) || self.vram.is_some_and(|vram| vram >= rules.vram)
    }

    /// Whether it is of the same identity of the same user, on the same GPU.
    pub(super) fn is_by_same(&self, other: &Used) -> bool {
        self.uid == other.uid && self.key == other.key && self.gpu == other.gpu
    }
}

/// How a use differs from what was declared, or what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It must not run.
    Denied,
    /// It may run, but not now.
    OutsideHours,
    /// It takes more than it may.
    OverLimit,
    /// It must run and does not.
    Missing,
    /// Nobody declared it, and it was never seen before.
    New,
    /// Nobody declared it, and it was never seen at this time of the day.
    OddHour,
    /// It is known, and its program's file is another one than before.
    ChangedBinary,
}

impl Reason {
    /// Whether this is its word in an event.
    pub fn is_called(self, word: &str) -> bool {
        serde_json::to_value(self).is_ok_and(|own| own == word)
    }

    /// In words, as the end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Reason::Denied => say!("must not run"),
            Reason::OutsideHours => say!("outside its hours"),
            Reason::OverLimit => say!("over its limit"),
            Reason::Missing => say!("missing"),
            Reason::New => say!("never seen before"),
            Reason::OddHour => say!("at an odd hour"),
            Reason::ChangedBinary => say!("its program's file is another one than before"),
        }
    }
}

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is wrong.
    pub reason: Reason,
    /// Which expectation says so, by its place in the list.
    pub expectation: usize,
}

/// What the declarations say of one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// No expectation names it.
    Undeclared,
    /// One allows it as it is; which one, by its place in the list.
    Expected(usize),
    /// It differs.
    Unexpected(Difference),
}

/// Compares one use with the declarations, at a minute of the local day. Only what counts as work by the `gate` is at a wrong
/// time: many programs hold a GPU open all day.
pub fn judge(expectations: &[Expectation], used: &Used, minute: u16, gate: UseRules) -> Judgement {
    let objection = |at: usize| objection(&expectations[at], used, minute, gate);
    let named = expectations.iter().enumerate().filter(|(_, one)| names(one, used));
    // A prohibition at other times is none now, and who must run at other times may run now, for all that says.
    let is_due = |one: &Expectation| one.hours.is_none_or(|hours| hours.contains(minute));
    let named = named.filter(|(_, one)| one.policy == Policy::Allow || is_due(one));
    let mut denied: Option<usize> = None;
    let mut allowed = Vec::new();
    for (at, one) in named {
        if one.policy != Policy::Deny {
            allowed.extend(covers(one, used).then_some(at));
        } else if denied.is_none_or(|best| letters(one) > letters(&expectations[best])) {
            denied = Some(at);
        }
    }
    let best = allowed.iter().map(|at| letters(&expectations[*at])).max();
    if let Some(at) = denied
        && best.is_none_or(|best| best <= letters(&expectations[at]))
    {
        return Judgement::Unexpected(Difference { reason: Reason::Denied, expectation: at });
    }
    // Nor does what is allowed to many lift the limits and hours of one.
    allowed.retain(|at| Some(letters(&expectations[*at])) == best);
    if let Some(at) = allowed.iter().find(|at| objection(**at).is_none()) {
        return Judgement::Expected(*at);
    }
    // One that fits the time of the day says more than one that does not.
    let objections = allowed.iter().filter_map(|at| Some((objection(*at)?, *at)));
    match objections.max_by_key(|(reason, at)| (*reason, std::cmp::Reverse(*at))) {
        Some((reason, expectation)) => Judgement::Unexpected(Difference { reason, expectation }),
        None => Judgement::Undeclared,
    }
}

/// What must run at this minute of the local day, and is not among `used`; places in the list.
pub fn missing(expectations: &[Expectation], used: &[Used], minute: u16) -> Vec<usize> {
    let due = |one: &Expectation| {
        one.policy == Policy::MustRun
            && one.hours.is_none_or(|hours| hours.contains(minute))
            && !used.iter().any(|used| names(one, used))
    };
    (0..expectations.len()).filter(|at| due(&expectations[*at])).collect()
}

/// Why an expectation that allows a use does not allow it as it is.
fn objection(one: &Expectation, used: &Used, minute: u16, gate: UseRules) -> Option<Reason> {
    if used.is_work(gate) && one.hours.is_some_and(|hours| !hours.contains(minute)) {
        return Some(Reason::OutsideHours);
    }
    let over_share = one.share.zip(used.share).is_some_and(|(most, share)| share > most);
    let over_vram = one.vram.zip(used.vram).is_some_and(|(most, vram)| vram > most);
    (over_share || over_vram).then_some(Reason::OverLimit)
}

/// Whether every pattern of an expectation matches a use; that of a path, one of its programs.
pub fn names(one: &Expectation, used: &Used) -> bool {
    let key = used.key.json();
    let label = used.label.json();
    let (kind, name) = key.split_once(':').unwrap_or((&key, ""));
    let fits = |pattern: &Option<String>, kinds: bool| {
        pattern.as_deref().is_none_or(|pattern| kinds && (matches(pattern, name) || matches(pattern, &label)))
    };
    let contained = !PROGRAMS.contains(&kind) && !NO_CONTAINERS.contains(&kind);
    let runs = match path(one) {
        // In a container every path is whatever its image says.
        Some(pattern) => !contained && used.files.iter().any(|file| matches(pattern, &file.json())),
        None => fits(&one.program, PROGRAMS.contains(&kind)),
    };
    one.identity.as_deref().is_none_or(|pattern| matches(pattern, &key) || matches(pattern, &label))
        && runs
        && one.unit.as_deref().is_none_or(|pattern| kind == "unit" && matches(&unit(pattern), name))
        && fits(&one.container, contained)
        && one.user.as_ref().is_none_or(|user| user.name == "*" || (user.uid.is_some() && user.uid == used.uid))
        && one.gpu.as_deref().is_none_or(|pattern| matches(pattern, &used.gpu))
}

/// The pattern of a path that a program's file must have: what a process calls itself it chooses, and its file not.
fn path(one: &Expectation) -> Option<&str> {
    one.program.as_deref().filter(|pattern| pattern.starts_with('/') || pattern.starts_with("*/"))
}

/// Whether an expectation that names a use means all of its programs: what one path may do, another of the same name may
/// not.
fn covers(one: &Expectation, used: &Used) -> bool {
    path(one).is_none_or(|pattern| used.files.iter().all(|file| matches(pattern, &file.json())))
}

/// A unit without its kind is a service, as it is for systemctl.
fn unit(pattern: &str) -> String {
    if pattern.contains('.') || pattern.ends_with('*') { pattern.to_owned() } else { format!("{pattern}.service") }
}

/// How exactly an expectation names whom it means.
fn letters(one: &Expectation) -> usize {
    one.patterns().map(|(_, pattern)| pattern.chars().filter(|c| *c != '*').count()).sum()
}

#[cfg(test)]
mod tests;
