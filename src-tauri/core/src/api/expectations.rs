//! What faces ask of expectations: what is unexpected now, what was learnt, what the history foretells; and what people
//! say of it.
//!
//! Deliberately not here: events of what was unexpected, which are among all others ([`Face::events`]).

use jiff::tz::TimeZone;

use super::Face;
use crate::alerts::baseline::{Local, who};
use crate::alerts::expect::{Judgement, Reason, Used, judge, missing, together};
use crate::alerts::forecast::forecast;
use crate::model::UseRules;
use crate::model::answer::EventInfo;
use crate::model::baseline::{Acceptance, BaselineRow};
use crate::model::expectation::Expectation;
use crate::store::{self, StoreError};
use crate::untrusted::Untrusted;

pub use crate::alerts::forecast::Forecast;

/// At most so many notes are told.
const NOTES: usize = 100;

/// A difference from what was declared, now.
#[derive(Clone, Debug, PartialEq)]
pub struct Unexpected {
    /// Why.
    pub reason: Reason,
    /// The id of the expectation that says so.
    pub expectation: String,
    /// The use; `None` where it is missing.
    pub used: Option<Used>,
}

impl Face {
    /// What differs from the declarations at the newest tick, without waiting for how long. Where nothing records,
    /// nothing is known and nothing is missing.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unexpected(&self, expectations: &[Expectation], gate: UseRules) -> Result<Vec<Unexpected>, StoreError> {
        let status = self.status()?;
        let Some(ts) = status.ts.filter(|_| status.recorder.state == crate::model::RecorderState::Recording) else {
            return Ok(Vec::new());
        };
        let minute = Local::at(ts, &TimeZone::system()).minute;
        let processes =
            status.sources.iter().flat_map(|source| source.processes.iter().map(move |one| (&source.id, one)));
        let all = together(processes.map(|(gpu, one)| Used {
            gpu: gpu.clone(),
            key: Untrusted::from(one.key.as_str()),
            label: Untrusted::from(one.identity.as_str()),
            uid: one.uid,
            files: one.exe.iter().map(|path| Untrusted::from(path.as_str())).collect(),
            share: one.share,
            vram: one.vram,
        }));
        let id = |at: usize| expectations[at].id.clone();
        let differs = all.iter().filter_map(|used| match judge(expectations, used, minute, gate) {
            Judgement::Unexpected(found) => {
                Some(Unexpected { reason: found.reason, expectation: id(found.expectation), used: Some(used.clone()) })
            }
            Judgement::Undeclared | Judgement::Expected(_) => None,
        });
        let absent = missing(expectations, &all, minute).into_iter();
        let absent = absent.map(|at| Unexpected { reason: Reason::Missing, expectation: id(at), used: None });
        Ok(differs.chain(absent).collect())
    }

    /// Programs that are known and ran from another file than before at the same path, from `since` (Unix seconds) on, newest
    /// first: an event each.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn changed_binaries(&self, since: i64) -> Result<Vec<EventInfo>, StoreError> {
        self.reader.unexpected(since, "changed_binary", NOTES)
    }

    /// What was learnt of who uses GPUs; and since when, and whether a person has ended the learning.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn habits(&self) -> Result<(Vec<BaselineRow>, Option<i64>, bool), StoreError> {
        self.reader.baseline()
    }

    /// How many alarms a week the history from `since` on foretells.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn forecast(&self, since: i64, rules: UseRules) -> Result<Forecast, StoreError> {
        let zone = TimeZone::system();
        let mut history = Vec::new();
        self.reader.gpu_past(since, |past| {
            let used = Used {
                gpu: past.gpu,
                key: past.key,
                label: past.identity,
                uid: past.uid,
                files: Vec::new(),
                share: past.busy.map(|seconds| seconds / 60.0 * 100.0),
                vram: past.vram,
            };
            history.push((Local::at(past.ts, &zone), used));
        })?;
        Ok(forecast(history, rules))
    }

    /// Says that what alarmed of an identity is expected, which the recorder learns within a tick. `name` is its key, as
    /// any use of it has it, or what a person calls it. Gives what was accepted, which is nothing where nothing waits for an
    /// answer.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn accept(&self, name: &str, uid: Option<u32>) -> Result<Vec<BaselineRow>, StoreError> {
        let mut rows = self.learnt_of(name, uid)?;
        rows.retain(|row| row.alarmed != 0);
        for row in &rows {
            store::accept(&self.folder, &Acceptance::One { key: row.key.clone(), uid: row.uid })?;
        }
        Ok(rows)
    }

    /// Says the same as [`Face::forget`] of all that goes by this key or name, of one user or of all. Gives what is
    /// forgotten, which is nothing where nothing was learnt of it.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn forget_named(&self, name: &str, uid: Option<u32>) -> Result<Vec<BaselineRow>, StoreError> {
        let rows = self.learnt_of(name, uid)?;
        for row in &rows {
            store::accept(&self.folder, &Acceptance::Forget { key: row.key.clone(), uid: row.uid })?;
        }
        Ok(rows)
    }

    /// What was learnt of whom a person calls so: by key, as any use has it, or by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn learnt_of(&self, name: &str, uid: Option<u32>) -> Result<Vec<BaselineRow>, StoreError> {
        let named = Untrusted::from(name);
        let (mut rows, ..) = self.reader.baseline()?;
        rows.retain(|row| {
            let same = row.label == named || row.key == named || row.key == who(&named, &row.label, None).0;
            same && (uid.is_none() || row.uid == uid)
        });
        Ok(rows)
    }

    /// Says that what was learnt of one user's identity is not to count, by its key among the [habits](Face::habits): it is
    /// new when it comes again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget(&self, key: &str, uid: Option<u32>) -> Result<(), StoreError> {
        store::accept(&self.folder, &Acceptance::Forget { key: Untrusted::from(key), uid })
    }

    /// Says that everything that was seen so far is expected, and ends the learning.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn trust_all(&self) -> Result<(), StoreError> {
        store::accept(&self.folder, &Acceptance::All)
    }
}
