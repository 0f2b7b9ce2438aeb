//! Verdicts as plain data, for JSON and for the window. Deliberately not here: their words (`why`, and the window).

use crate::metrics::Metric;
use crate::model::answer::{CulpritInfo, EvidenceInfo, VerdictInfo};
use crate::why::{Cause, Culprit, Sample, Verdict};

/// The id of a value: `gpu.power@1763730000@gpu:0000:01:00.0`.
pub fn evidence_id(metric: Metric, source: &str, ts: i64) -> String {
    format!("{}@{ts}@{source}", metric.definition().key)
}

impl From<&Verdict> for VerdictInfo {
    fn from(verdict: &Verdict) -> VerdictInfo {
        let evidence = |sample: &Sample| {
            let definition = sample.metric.definition();
            EvidenceInfo {
                id: evidence_id(sample.metric, &verdict.source, sample.ts),
                metric: definition.key,
                ts: sample.ts,
                value: sample.value,
                unit: definition.unit.symbol(),
            }
        };
        let culprit = |one: &Culprit| CulpritInfo {
            identity: one.identity.json().into_owned(),
            key: one.key.json().into_owned(),
            uid: one.uid,
            pids: one.pids.clone(),
            share: one.share,
            vram: one.vram,
            since: one.since,
            energy: one.energy,
        };
        let reason = match &verdict.cause {
            Cause::Said(reason) => Some(reason.clone()),
            _ => None,
        };
        VerdictInfo {
            source: verdict.source.clone(),
            label: verdict.label.json().into_owned(),
            state: verdict.state.word(),
            cause: verdict.cause.word(),
            reason,
            culprits: verdict.culprits.iter().map(culprit).collect(),
            busy: verdict.busy,
            remainder: verdict.remainder,
            confidence: (verdict.confidence * 100.0).round() / 100.0,
            evidence: verdict.evidence.iter().map(evidence).collect(),
        }
    }
}
