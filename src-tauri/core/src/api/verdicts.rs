//! Verdicts as plain data, for JSON and for the window. Deliberately not here: their words (`why`, and the window).

use crate::config::Tariff;
use crate::metrics::Metric;
use crate::model::answer::{CulpritInfo, EvidenceInfo, MoneyInfo, VerdictInfo};
use crate::why::{Cause, Culprit, Sample, Verdict};

/// The id of a value: `gpu.power@1763730000@gpu:0000:01:00.0`.
pub fn evidence_id(metric: Metric, source: &str, ts: i64) -> String {
    format!("{}@{ts}@{source}", metric.definition().key)
}

impl VerdictInfo {
    /// The verdict, with what it costs at this tariff.
    pub fn priced(verdict: &Verdict, tariff: &Tariff) -> VerdictInfo {
        let money = |joules: f64| Some(MoneyInfo { amount: tariff.cost(joules)?, currency: tariff.currency.clone() });
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
            cost: verdict.energy().and_then(money),
            monthly_cost: verdict.monthly_energy().and_then(money),
            confidence: (verdict.confidence * 100.0).round() / 100.0,
            evidence: verdict.evidence.iter().map(evidence).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::why::State;

    #[test]
    fn what_it_costs_is_told_where_a_price_is_known() {
        let culprit = |joules| Culprit {
            key: "program:a".into(),
            identity: "a".into(),
            uid: None,
            pids: Vec::new(),
            share: Some(40.0),
            vram: None,
            since: None,
            energy: joules,
        };
        let working = Verdict {
            state: State::Several,
            culprits: vec![culprit(Some(1_800_000.0)), culprit(Some(1_800_000.0)), culprit(None)],
            ..Verdict::none(7)
        };
        let power = Sample { metric: Metric::GpuPower, ts: 7, value: 50.0 };
        let idle = Verdict { state: State::IdleExpensive, evidence: vec![power], ..working.clone() };
        let unknown = Verdict { culprits: vec![culprit(None)], ..working.clone() };
        let told = |verdict: &Verdict, price| {
            let told = VerdictInfo::priced(verdict, &Tariff { price, currency: "EUR".to_owned() });
            [told.cost, told.monthly_cost]
                .map(|money| money.map(|money| format!("{:.2} {}", money.amount, money.currency)))
        };
        assert_eq!(told(&working, 0.3), [Some("0.30 EUR".to_owned()), None]);
        assert_eq!(told(&idle, 0.3), [None, Some("10.94 EUR".to_owned())]);
        assert_eq!(told(&unknown, 0.3), [None, None]);
        assert_eq!(told(&working, 0.0), [None, None]);
    }
}
