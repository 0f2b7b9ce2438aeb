//! Who uses GPUs against what a person expects: from a tick to events, and to what is to be kept of it.
//!
//! Deliberately not here: what is unexpected (`alerts`), and who is told of the events.

use jiff::tz::TimeZone;
use serde_json::json;

use super::examiner::{Examined, Examiner, Question};
use crate::alerts::baseline::{Baseline, Local, Verdict, who};
use crate::alerts::binaries::Binaries;
use crate::alerts::expect::{Reason, Used, together};
use crate::alerts::unexpected::{Finding, Lookout, Rules};
use crate::config::Config;
use crate::model::baseline::{Acceptance, BaselineRow};
use crate::model::binary::BinaryRow;
use crate::model::expectation::Policy;
use crate::model::{Event, EventKind, GpuUse, Now, Tick};
use crate::untrusted::Untrusted;

/// What the key of one that must run and does not begins with; its expectation's id follows.
const DEMANDED: &str = "expect:";

/// What an earlier recorder had learnt.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub rows: Vec<BaselineRow>,
    pub binaries: Vec<BinaryRow>,
    pub began: Option<i64>,
    pub trusted: bool,
}

/// The expectations and their memory.
#[derive(Debug)]
pub(super) struct Expectations {
    lookout: Lookout,
    baseline: Baseline,
    binaries: Binaries,
    examiner: Examiner,
    zone: TimeZone,
    /// What the store knows of the beginning of the learning, and of its end.
    told: (Option<i64>, bool),
    /// The newest of people's words that was learnt, until the store knows that.
    answered: Option<i64>,
}

impl Expectations {
    /// With what was learnt before.
    pub fn new(learnt: Learnt, examiner: Examiner) -> Expectations {
        let told = (learnt.began, learnt.trusted);
        let baseline = Baseline::restored(learnt.rows, learnt.began, learnt.trusted);
        let (lookout, binaries) = (Lookout::default(), Binaries::restored(learnt.binaries));
        Expectations { lookout, baseline, binaries, examiner, zone: TimeZone::system(), told, answered: None }
    }

    /// Looks at a tick that is complete, and adds to it what is unexpected and what was learnt.
    pub fn step(&mut self, tick: &mut Tick, config: &Config, now: Now) {
        let used = together(tick.gpu_uses.iter().map(used));
        let rules = Rules { expectations: &config.expectations, learning: &config.learning, gate: config.sessions };
        let demanded = config.expectations.iter().any(|one| one.policy == Policy::MustRun);
        if !used.is_empty() || demanded || self.lookout.is_following() {
            let at = Local::at(tick.ts, &self.zone);
            for finding in self.lookout.step(used, now.boot, at, rules, &mut self.baseline) {
                tick.events.push(event(&finding, config, tick.ts));
            }
            if config.learning.report {
                self.examine(tick, config, now);
            }
        }
        tick.baseline = self.baseline.take_changes();
        tick.binaries = self.binaries.take_changes();
        if let (Some(began), trusted) = (self.baseline.began(), self.baseline.trusted())
            && self.told != (Some(began), trusted)
        {
            self.told = (Some(began), trusted);
            tick.learning = Some((began, trusted));
        }
        tick.answered = self.answered.take();
    }

    /// What a person calls those whose use an alert is about, while that lasts; empty where one is missing still.
    pub fn lasting(&self, gpu: &str, key: &str, why: Option<&str>) -> Option<Untrusted> {
        match key.strip_prefix(DEMANDED) {
            Some(expectation) => self.lookout.misses(expectation).then(Untrusted::default),
            None => self.lookout.lasting(gpu, key, why).map(|used| used.label.clone()),
        }
    }

    /// Has the files looked at of who is at work.
    fn examine(&mut self, tick: &Tick, config: &Config, now: Now) {
        self.examiner.begin(now.boot);
        // Nearly all were asked about already, which is seen before who they are is looked for.
        for one in &tick.gpu_uses {
            let Some(path) = one.exe.as_ref().filter(|path| self.examiner.is_due((one.pid, one.started), path)) else {
                continue;
            };
            let is_its = |whole: &&Used| whole.key == one.key && whole.uid == one.uid && whole.gpu == one.source.id;
            if let Some(whole) = self.lookout.at_work(config.sessions).find(is_its) {
                let question = Question { used: whole.clone(), ts: tick.ts, pid: one.pid, path: path.clone() };
                self.examiner.ask(question, one.started, now.boot);
            }
        }
    }

    /// Takes what is in a program's file; gives an event where that is worth a note. Only who is known can have changed.
    pub fn examined(&mut self, examined: Examined, config: &Config, ts: i64) -> Option<Event> {
        let Examined { question: Question { used, ts: since, path, .. }, content } = examined;
        let content = content?;
        let whose = who(&used.key, &used.label, used.uid);
        let known = self.baseline.judge(&whose, Local::at(ts, &self.zone)) != Verdict::New;
        let before = self.binaries.see(&whose, &path, &content, ts)?;
        if !known || !config.learning.report {
            return None;
        }
        let finding =
            Finding { reason: Reason::ChangedBinary, expectation: None, used: Some(used), since, digest: true };
        let mut event = event(&finding, config, ts);
        for (name, value) in [("path", path.json().into_owned()), ("content", content), ("before", before)] {
            event.detail[name] = json!(value);
        }
        Some(event)
    }

    /// Learns what people said; the next tick takes it to the store.
    pub fn answer(&mut self, answers: Vec<(i64, Acceptance)>, ts: i64) {
        for (seq, acceptance) in answers {
            match acceptance {
                Acceptance::One { key, uid } => drop(self.baseline.accept(&key, uid, ts)),
                Acceptance::All => drop(self.baseline.trust_all(ts)),
                Acceptance::Forget { key, uid } => drop(self.baseline.forget(&(key, uid))),
            }
            self.answered = self.answered.max(Some(seq));
        }
    }

    /// The store is a new one and knows nothing.
    pub fn retell(&mut self) {
        self.baseline.retell();
        self.binaries.retell();
        self.told = (None, false);
    }
}

/// What one process does.
fn used(one: &GpuUse) -> Used {
    Used {
        gpu: one.source.id.clone(),
        key: one.key.clone(),
        label: one.identity.clone(),
        uid: one.uid,
        files: one.exe.iter().cloned().collect(),
        share: one.share,
        vram: one.vram,
    }
}

fn event(finding: &Finding, config: &Config, ts: i64) -> Event {
    let expectation = finding.expectation.and_then(|at| config.expectations.get(at));
    let used = finding.used.as_ref();
    // Who is missing has no key; what demands them is what a person knows.
    let missing = expectation.filter(|_| used.is_none());
    let detail = json!({
        "why": finding.reason,
        "identity": used.map(|used| used.label.json()).or_else(|| missing.map(|one| one.id.as_str().into())),
        "key": used.map(|used| used.key.json()).or_else(|| missing.map(|one| format!("{DEMANDED}{}", one.id).into())),
        "uid": used.and_then(|used| used.uid),
        "share": used.and_then(|used| used.share),
        "vram": used.and_then(|used| used.vram),
        "since": finding.since,
        "expectation": expectation.map(|one| one.id.as_str()),
        "digest": finding.digest,
    });
    let source = used.map(|used| used.gpu.clone());
    Event { ts, kind: EventKind::UnexpectedUse, source, detail }
}
