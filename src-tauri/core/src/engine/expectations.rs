//! Who uses GPUs against what a person expects: from a tick to events, and to what is to be kept of it.
//!
//! Deliberately not here: what is unexpected (`alerts`), and who is told of the events.

use jiff::tz::TimeZone;
use serde_json::json;

use crate::alerts::baseline::{Baseline, Local};
use crate::alerts::expect::{Used, together};
use crate::alerts::unexpected::{Finding, Lookout, Rules};
use crate::config::Config;
use crate::model::baseline::{Acceptance, BaselineRow};
use crate::model::expectation::Policy;
use crate::model::{Event, EventKind, GpuUse, Now, Tick};

/// What an earlier recorder had learnt.
#[derive(Debug, Default)]
pub(super) struct Learnt {
    pub rows: Vec<BaselineRow>,
    pub began: Option<i64>,
    pub trusted: bool,
}

/// The expectations and their memory.
#[derive(Debug)]
pub(super) struct Expectations {
    lookout: Lookout,
    baseline: Baseline,
    zone: TimeZone,
    /// What the store knows of the beginning of the learning, and of its end.
    told: (Option<i64>, bool),
    /// The newest of people's words that was learnt, until the store knows that.
    answered: Option<i64>,
}

impl Expectations {
    /// With what was learnt before.
    pub fn new(learnt: Learnt) -> Expectations {
        let told = (learnt.began, learnt.trusted);
        let baseline = Baseline::restored(learnt.rows, learnt.began, learnt.trusted);
        Expectations { lookout: Lookout::default(), baseline, zone: TimeZone::system(), told, answered: None }
    }

    /// Looks at a tick that is complete, and adds to it what is unexpected and what was learnt.
    pub fn step(&mut self, tick: &mut Tick, config: &Config, now: Now) {
        let used = together(tick.gpu_uses.iter().map(used));
        let rules = Rules { expectations: &config.expectations, learning: &config.learning, gate: config.sessions };
        let demanded = config.expectations.iter().any(|one| one.policy == Policy::MustRun);
        if !used.is_empty() || demanded {
            let at = Local::at(tick.ts, &self.zone);
            for finding in self.lookout.step(&used, now.boot, at, rules, &mut self.baseline) {
                tick.events.push(event(&finding, config, tick.ts));
            }
        }
        tick.baseline = self.baseline.take_changes();
        if let (Some(began), trusted) = (self.baseline.began(), self.baseline.trusted())
            && self.told != (Some(began), trusted)
        {
            self.told = (Some(began), trusted);
            tick.learning = Some((began, trusted));
        }
        tick.answered = self.answered.take();
    }

    /// Learns what people said; the next tick takes it to the store.
    pub fn answer(&mut self, answers: Vec<(i64, Acceptance)>, ts: i64) {
        for (seq, acceptance) in answers {
            match acceptance {
                Acceptance::One { key, uid } => self.baseline.accept(&key, uid, ts),
                Acceptance::All => self.baseline.trust_all(ts),
            };
            self.answered = self.answered.max(Some(seq));
        }
    }

    /// The store is a new one and knows nothing.
    pub fn retell(&mut self) {
        self.baseline.retell();
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
    let detail = json!({
        "why": finding.reason,
        "identity": used.map(|used| used.label.json()),
        "key": used.map(|used| used.key.json()),
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
