//! From what uses GPUs, tick by tick, to what is unexpected about it: declarations first, and what was learnt where they
//! say nothing. Pure; durations come from the boot-time clock.
//!
//! A use counts once it took enough of a GPU for long enough ([`UseRules`]); what is forbidden counts at once. Each difference
//! is told once while it lasts, and again at the earliest after a while, because the same sentence each night helps
//! nobody. Deliberately not here: what is declared or usual (`expect`, `baseline`), and who is told (`engine`).

use std::collections::BTreeMap;
use std::time::Duration;

use super::CONTINUITY;
use super::baseline::{Baseline, Local, Verdict, Who, who};
use super::expect::{self, Difference, Judgement, Reason, Used};
use crate::model::UseRules;
use crate::model::baseline::Learning;
use crate::model::expectation::Expectation;

/// A limit that is kept for no longer than this, some ticks, is broken still.
const PAUSE: Duration = Duration::from_secs(5);

/// So long the same difference from what was declared is not told again.
const QUIET: Duration = Duration::from_secs(3600);

/// So many uses are followed at the same time.
const MOST: usize = 1024;

/// What stays the same from tick to tick.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// What a person declared.
    pub expectations: &'a [Expectation],
    /// How what nobody declared is learnt.
    pub learning: &'a Learning,
    /// What counts as work.
    pub gate: UseRules,
}

/// Something unexpected, told once.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Why.
    pub reason: Reason,
    /// Which expectation says so, by its place in the list; `None` where it was learnt.
    pub expectation: Option<usize>,
    /// The use; `None` where it is missing.
    pub used: Option<Used>,
    /// Unix seconds since when it is so.
    pub since: i64,
    /// Only to be listed: learning has just begun.
    pub digest: bool,
}

/// One identity's use of one GPU, with short pauses.
#[derive(Clone, Debug)]
struct Stretch {
    used: Used,
    since: i64,
    /// Boot time of the last look at it, and of the last at which it was enough.
    seen: Duration,
    enough: Duration,
    /// How long it was enough.
    held: Duration,
    /// Where it has counted as work: the last hour that was noted, and whether it is not to be learnt.
    noted: Option<(i64, u16)>,
    alarmed: bool,
    /// What differs from the declarations, with short pauses.
    wrong: Option<Wrong>,
}

/// A difference that lasts.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    difference: Difference,
    /// How long it was there, pauses not counted, and since when, in Unix seconds.
    held: Duration,
    since: i64,
    /// Since when it is not, by boot time, while that may be a pause.
    right: Option<Duration>,
}

impl Wrong {
    /// How long a pause of it may be: of use at a wrong time as long as that of work, which it has to be.
    fn bridge(&self) -> Duration {
        if self.difference.reason == Reason::OutsideHours { CONTINUITY } else { PAUSE }
    }

    /// What is left of it where it is not there now.
    fn paused(self, boot: Duration) -> Option<Wrong> {
        let right = self.right.unwrap_or(boot);
        (boot.saturating_sub(right) <= self.bridge()).then_some(Wrong { right: Some(right), ..self })
    }
}

/// One that must run and does not.
#[derive(Clone, Copy, Debug)]
struct Absence {
    boot: Duration,
    since: i64,
    told: bool,
}

/// Follows all uses.
#[derive(Clone, Debug, Default)]
pub struct Lookout {
    /// Few at a time: a list is asked faster than a table.
    stretches: Vec<Stretch>,
    absent: BTreeMap<String, Absence>,
    /// When a difference from what was declared was last told, by boot time.
    told: BTreeMap<(Who, Reason), Duration>,
    last: Option<Duration>,
}

impl Lookout {
    /// Looks at the uses of one tick; those of GPUs that were not read in it are missing without being over.
    pub fn step(
        &mut self,
        used: Vec<Used>,
        boot: Duration,
        at: Local,
        rules: Rules<'_>,
        baseline: &mut Baseline,
    ) -> Vec<Finding> {
        let silence = self.last.replace(boot).map(|last| boot.saturating_sub(last));
        if silence.is_none_or(|silence| silence > CONTINUITY) {
            // Nobody knows what happened meanwhile.
            self.stretches.clear();
            self.absent.clear();
        }
        self.stretches.retain(|stretch| boot.saturating_sub(stretch.seen) <= CONTINUITY);
        self.told.retain(|_, told| boot.saturating_sub(*told) < QUIET);
        let mut findings = Vec::new();
        let step = silence.unwrap_or_default();
        let mut next = 0;
        for one in used {
            // They come in the same order in each tick: mostly it is the one behind the last.
            let (before, behind) = self.stretches.split_at(next.min(self.stretches.len()));
            let is_it = |stretch: &Stretch| stretch.used.is_by_same(&one);
            let known = behind.iter().position(is_it).map(|at| before.len() + at);
            let known = known.or_else(|| before.iter().position(is_it));
            next = known.unwrap_or(self.stretches.len()) + 1;
            let stretch = match known {
                Some(place) => &mut self.stretches[place],
                None if self.stretches.len() >= MOST => continue,
                None => {
                    self.stretches.push(Stretch {
                        used: one.clone(),
                        since: at.ts,
                        seen: boot,
                        enough: boot,
                        held: Duration::ZERO,
                        noted: None,
                        alarmed: false,
                        wrong: None,
                    });
                    self.stretches.last_mut().expect("it was pushed just now")
                }
            };
            let Some(finding) = stretch.step(one, (boot, step), at, rules, baseline) else { continue };
            let one = &stretch.used;
            // What was learnt knows by itself when it is news.
            let whose = (who(&one.key, &one.label, one.uid), finding.reason);
            if finding.expectation.is_none() || !self.told.contains_key(&whose) {
                if finding.expectation.is_some() {
                    self.told.insert(whose, boot);
                }
                findings.push(finding);
            }
        }
        self.look_for_missing(boot, at, rules, &mut findings);
        findings
    }

    /// Whether there are uses that may be pausing, or missing ones that may be there again, so that a look at a tick without
    /// any tells something, too.
    pub fn is_following(&self) -> bool {
        !self.stretches.is_empty() || !self.absent.is_empty()
    }

    /// The use of this GPU by who has this key, where it was seen in the last step and is still as unexpected as `why` says;
    /// where that is not known, where it is work or differs from what was declared.
    pub fn lasting(&self, gpu: &str, key: &str, why: Option<&str>) -> Option<&Used> {
        let is_it = |stretch: &&Stretch| stretch.used.gpu == gpu && stretch.used.key.json() == key;
        let is_so = |stretch: &&Stretch| {
            let works = Some(stretch.enough) == self.last;
            let wrong = stretch.wrong.filter(|wrong| wrong.right.is_none() && Some(stretch.seen) == self.last);
            match why {
                None => works || wrong.is_some(),
                Some("new" | "odd_hour" | "changed_binary") => works,
                Some(why) => wrong.is_some_and(|wrong| wrong.difference.reason.is_called(why)),
            }
        };
        self.stretches.iter().filter(is_it).find(is_so).map(|stretch| &stretch.used)
    }

    /// Whether what this expectation demands is missing.
    pub fn misses(&self, expectation: &str) -> bool {
        self.absent.contains_key(expectation)
    }

    /// The uses of the last step that have counted as work for long enough.
    pub fn at_work(&self, gate: UseRules) -> impl Iterator<Item = &Used> {
        let is_now = move |stretch: &&Stretch| Some(stretch.seen) == self.last && stretch.held >= gate.hold;
        self.stretches.iter().filter(is_now).map(|stretch| &stretch.used)
    }

    fn look_for_missing(&mut self, boot: Duration, at: Local, rules: Rules<'_>, findings: &mut Vec<Finding>) {
        let expectations = rules.expectations;
        if !expectations.iter().any(|one| one.policy == crate::model::expectation::Policy::MustRun) {
            self.absent.clear();
            return;
        }
        let present: Vec<Used> = self.stretches.iter().map(|stretch| stretch.used.clone()).collect();
        let missing = expect::missing(expectations, &present, at.minute);
        self.absent.retain(|id, _| missing.iter().any(|at| expectations[*at].id == *id));
        for place in missing {
            let one = &expectations[place];
            let new = Absence { boot, since: at.ts, told: false };
            let absence = self.absent.entry(one.id.clone()).or_insert(new);
            if !absence.told && boot.saturating_sub(absence.boot) >= one.grace {
                absence.told = true;
                findings.push(Finding {
                    reason: Reason::Missing,
                    expectation: Some(place),
                    used: None,
                    since: absence.since,
                    digest: false,
                });
            }
        }
    }
}

impl Stretch {
    /// A look at it, so long after the last look at anything.
    fn step(
        &mut self,
        used: Used,
        (boot, step): (Duration, Duration),
        at: Local,
        rules: Rules<'_>,
        baseline: &mut Baseline,
    ) -> Option<Finding> {
        let passed = boot.saturating_sub(std::mem::replace(&mut self.seen, boot));
        self.used = used;
        let used = &self.used;
        if used.is_work(rules.gate) {
            self.held += passed;
            self.enough = boot;
        } else if boot.saturating_sub(self.enough) > CONTINUITY {
            self.held = Duration::ZERO;
            // What comes after such a pause begins anew.
            (self.noted, self.alarmed) = (None, false);
        }
        let works = self.held >= rules.gate.hold;
        let judgement = expect::judge(rules.expectations, used, at.minute, rules.gate);
        let whose = || who(&used.key, &used.label, used.uid);
        let finding = |reason, expectation, since, digest| {
            Some(Finding { reason, expectation, used: Some(used.clone()), since, digest })
        };
        if let Judgement::Unexpected(difference) = judgement {
            let absent = passed.saturating_sub(step);
            let goes_on = |wrong: &Wrong| wrong.difference == difference && absent <= wrong.bridge();
            let before = self.wrong.filter(goes_on).and_then(|wrong| wrong.paused(boot));
            let more = |wrong: Wrong| (wrong.held + passed.min(step), wrong.since);
            let (held, since) = before.map_or((Duration::ZERO, at.ts), more);
            self.wrong = Some(Wrong { difference, held, since, right: None });
            // What is only a little late, or high for a moment, is no difference.
            let due = difference.reason == Reason::Denied || held >= rules.gate.hold;
            return if due { finding(difference.reason, Some(difference.expectation), since, false) } else { None };
        }
        self.wrong = self.wrong.and_then(|wrong| wrong.paused(boot));
        let hour = (at.day, at.minute / 60);
        if !works || self.noted == Some(hour) {
            return None;
        }
        let begins = self.noted.replace(hour).is_none();
        if !begins || judgement != Judgement::Undeclared {
            baseline.note(&whose(), &used.label, at, self.alarmed);
            return None;
        }
        let digest = baseline.is_learning(at, rules.learning);
        let beginning = baseline.begin(&whose(), &used.label, at, rules.learning);
        let reason = match beginning.verdict {
            Verdict::Usual => return None,
            Verdict::New => Reason::New,
            Verdict::OddHour => Reason::OddHour,
        };
        if !rules.learning.report {
            return None;
        }
        self.alarmed = !digest;
        if beginning.told { finding(reason, None, self.since, digest) } else { None }
    }
}

#[cfg(test)]
mod tests;
