//! What people do not want to hear of for a while.
//!
//! Deliberately not here: which alerts there are, and whether a rule exists, which the config says.

use super::Face;
use crate::model::snooze::Snooze;
use crate::store::{self, StoreError};

impl Face {
    /// Says nothing of the alerts of a rule on a source (`*` is any) until a Unix second, or until they are over; they are
    /// recorded as ever. A snooze of the same rule and source makes way for this one. The recorder notices it within a
    /// tick.
    ///
    /// # Errors
    /// The database cannot be written; or nothing fires that is to be silenced until it is over.
    pub fn snooze(&self, rule: &str, source: &str, until: Option<i64>) -> Result<(), StoreError> {
        self.snooze_whom(rule, source, None, until)
    }

    /// The same of what is the doing of the identity with this key, where one is named.
    ///
    /// # Errors
    /// As for [`Face::snooze`].
    pub fn snooze_whom(
        &self,
        rule: &str,
        source: &str,
        who: Option<&str>,
        until: Option<i64>,
    ) -> Result<(), StoreError> {
        let (rule, source, who) = (rule.to_owned(), source.to_owned(), who.map(str::to_owned));
        store::snooze(&self.folder, &Snooze { seq: 0, rule, source, who, until })
    }

    /// Takes back the snoozes of this rule, or all of them; gives those that there were at this Unix second.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn unsnooze(&self, rule: Option<&str>, now: i64) -> Result<Vec<Snooze>, StoreError> {
        let mut snoozes = self.snoozes(now)?;
        snoozes.retain(|snooze| rule.is_none_or(|rule| snooze.rule == rule));
        let numbers: Vec<i64> = snoozes.iter().map(|snooze| snooze.seq).collect();
        store::unsnooze(&self.folder, &numbers)?;
        Ok(snoozes)
    }

    /// Takes back the one snooze that names exactly this rule, this source and this identity, or none; false where it is
    /// gone already.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn take_back_whom(&self, rule: &str, source: &str, who: Option<&str>) -> Result<bool, StoreError> {
        let snoozes = self.reader.snoozes()?;
        let wanted = |one: &&Snooze| one.rule == rule && one.source == source && one.who.as_deref() == who;
        let numbers: Vec<i64> = snoozes.iter().filter(wanted).map(|one| one.seq).collect();
        store::unsnooze(&self.folder, &numbers)?;
        Ok(!numbers.is_empty())
    }

    /// The snoozes that hold at this Unix second, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn snoozes(&self, now: i64) -> Result<Vec<Snooze>, StoreError> {
        let mut snoozes = self.reader.snoozes()?;
        snoozes.retain(|snooze| snooze.holds(now));
        Ok(snoozes)
    }
}
