//! What rules would have said of the recorded past.
//!
//! A rule on a metric is fed with samples where they are kept and with minutes before: of a minute the largest value where
//! the rule looks for too much, the smallest where it looks for too little, and the mean where it takes means. A rule on
//! events is fed with the events. How a source was and what a GPU did is not kept as it was live, so of rules on those only
//! what did fire is told. Deliberately not here: the steps (`alerts::replay`).

use jiff::tz::TimeZone;
use serde::Serialize;

use super::past_alerts::{self, PastAlert};
use crate::alerts::baseline::Local;
use crate::alerts::replay::{Episode, Replay, count, counts, weight};
use crate::metrics::Metric;
use crate::model::EventKind;
use crate::model::rule::{Aggregate, Rule, Side, Watched, When};
use crate::store::{Kept, Reader, Spread, StoreError};
use crate::why::presence::Absence;

/// What begins within so many seconds of the time that is asked for begins with it: minutes are as fine as the past is.
const BEGINNING: i64 = 120;

/// What one rule would have said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replayed {
    /// The rule's id.
    pub rule: String,
    /// The metric whose values these are, where it is one.
    pub metric: Option<Metric>,
    /// Whether it can be replayed.
    pub is_replayed: bool,
    /// What would have fired, oldest first; what did, where it cannot be replayed.
    pub alerts: Vec<Would>,
    /// What did fire and would not have, oldest first.
    pub missing: Vec<PastAlert>,
    /// How often it did fire.
    pub fired: usize,
    /// Unix seconds before which only minutes are kept of some source; `None` where samples are.
    pub minutes_until: Option<i64>,
    /// Unix seconds before which nothing is on record that the rule looks at; `None` where all is.
    pub nothing_until: Option<i64>,
}

/// An alert that would have been.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Would {
    /// The id of the source.
    pub source: String,
    /// Whose doing, by key, where the rule tells that apart.
    pub key: Option<String>,
    /// Unix seconds.
    pub since: i64,
    /// Unix seconds; `None` where it goes on, or its end was not seen.
    pub until: Option<i64>,
    /// The value with which it fired.
    pub value: Option<f64>,
    /// The most extreme value.
    pub peak: Option<f64>,
    /// Whether it did fire then.
    pub did_fire: bool,
}

/// A source, and whose doing it is there.
type Doing = (String, Option<String>);

/// When nobody was there, and which local hour it was.
struct Moments {
    away: Vec<(i64, i64)>,
    zone: Option<TimeZone>,
}

impl Moments {
    fn of(reader: &Reader, rule: &Rule, since: i64, until: i64) -> Result<Moments, StoreError> {
        let mut away: Vec<(i64, i64)> = Vec::new();
        if rule.when == Some(When::Away) {
            // An absence is told when it begins, and again when it ends.
            reader.events_of(&[EventKind::Presence], since - 30 * 86_400, until, |event| {
                let Some(absence) = Absence::of(&event.detail) else { return };
                away.retain(|(begun, _)| *begun != absence.since);
                away.push((absence.since, absence.until.unwrap_or(i64::MAX)));
            })?;
        }
        Ok(Moments { away, zone: rule.hours.map(|_| TimeZone::system()) })
    }

    /// Whether what else a rule asks for is so.
    fn arms(&self, rule: &Rule, ts: i64, other: Option<f64>) -> bool {
        let when = match rule.when {
            None => true,
            Some(When::Away) => self.away.iter().any(|(since, until)| (*since..*until).contains(&ts)),
            Some(When::Metric(_, threshold)) => other.is_some_and(|value| threshold.met(value)),
        };
        let minute = self.zone.as_ref().map(|zone| Local::at(ts, zone).minute);
        when && rule.hours.zip(minute).is_none_or(|(hours, minute)| hours.contains(minute))
    }
}

/// See [`super::Face::replay`].
pub(super) fn replay(reader: &Reader, rule: &Rule, since: i64, until: i64) -> Result<Replayed, StoreError> {
    let mut fired = past_alerts::past(reader, since, until, Some(&rule.id))?;
    fired.retain(|one| one.since >= since);
    fired.reverse();
    let mut told = Replayed {
        rule: rule.id.clone(),
        metric: rule.metric(),
        is_replayed: true,
        alerts: Vec::new(),
        missing: Vec::new(),
        fired: fired.len(),
        minutes_until: None,
        nothing_until: None,
    };
    let moments = Moments::of(reader, rule, since, until)?;
    match rule.watched {
        Watched::Metric { metric, of } => {
            // Nothing at all, until something is found.
            let mut begin = until;
            for source in reader.sources_of(metric)?.into_iter().filter(|source| rule.is_for(source)) {
                let (episodes, kept, first) = of_source(reader, rule, (metric, of), &source, (since, until), &moments)?;
                begin = begin.min(first.unwrap_or(until));
                told.alerts.extend(episodes.into_iter().map(|episode| would(&source, None, episode)));
                let first_fine = kept.samples.filter(|samples| *samples > since);
                told.minutes_until = told.minutes_until.max(first_fine.filter(|_| kept.minutes.is_some()));
            }
            told.nothing_until = Some(begin).filter(|begin| begin - since > BEGINNING);
        }
        Watched::Event { kind, .. } => {
            events(reader, rule, kind, (since, until), &moments, &mut told)?;
            told.nothing_until = first_start(reader, since, until)?;
        }
        Watched::Health(_) | Watched::Verdict(_) => {
            told.is_replayed = false;
            told.alerts = fired.iter().map(was).collect();
            told.nothing_until = first_start(reader, since, until)?;
        }
    }
    told.alerts.sort_by(|a, b| (a.since, &a.source).cmp(&(b.since, &b.source)));
    let meets = |one: &PastAlert, would: &Would| {
        let ends = |until: Option<i64>| until.unwrap_or(i64::MAX);
        one.source == would.source
            && one.key == would.key
            && one.since <= ends(would.until)
            && would.since <= ends(one.until)
    };
    for one in &mut told.alerts {
        one.did_fire = fired.iter().any(|past| meets(past, one));
    }
    fired.retain(|past| !told.alerts.iter().any(|one| meets(past, one)));
    told.missing = fired;
    Ok(told)
}

/// When a recorder ran first, where that is later than `since`: events are kept for as long as anything.
fn first_start(reader: &Reader, since: i64, until: i64) -> Result<Option<i64>, StoreError> {
    let mut begin = until;
    reader.events_of(&[EventKind::RecorderStarted], 0, until, |event| begin = begin.min(event.ts))?;
    Ok(Some(begin).filter(|begin| begin - since > BEGINNING))
}

fn of_source(
    reader: &Reader,
    rule: &Rule,
    (metric, of): (Metric, Option<Metric>),
    source: &str,
    range: (i64, i64),
    moments: &Moments,
) -> Result<(Vec<Episode>, Kept, Option<i64>), StoreError> {
    let other = match rule.when {
        Some(When::Metric(metric, _)) => Some(metric),
        _ => None,
    };
    let asked: Vec<Metric> = [Some(metric), of, other, rule.without].into_iter().flatten().collect();
    let place = |wanted: Option<Metric>| wanted.and_then(|wanted| asked.iter().position(|one| *one == wanted));
    let (of_at, other_at, without_at) = (place(of), place(other), place(rule.without));
    let aggregate = rule.window.map(|window| window.aggregate);
    // Which value of a minute stands for it.
    let pick = |(min, mean, max): Spread| match (aggregate, rule.fire.side) {
        (Some(Aggregate::Min), _) | (None, Side::Below) => min,
        (Some(Aggregate::Max), _) | (None, Side::Above) => max,
        _ => mean,
    };
    let mut latest: Vec<Option<f64>> = vec![None; asked.len()];
    let mut replay = Replay::new(rule);
    let mut first = None;
    let kept = reader.samples(source, &asked, range.0, range.1, |sample| {
        first = first.or(Some(sample.ts));
        for (latest, value) in latest.iter_mut().zip(sample.values) {
            *latest = value.map(|(_, mean, _)| mean).or(*latest);
        }
        let has = |at: Option<usize>| at.and_then(|at| latest[at]);
        let Some(value) = sample.values[0].filter(|_| has(without_at).is_none()) else { return };
        let whole = has(of_at).filter(|whole| *whole > 0.0);
        if of.is_some() && whole.is_none() {
            return;
        }
        replay.read(sample.ts, pick(value), whole, moments.arms(rule, sample.ts, has(other_at)));
    })?;
    Ok((replay.finish(), kept, first))
}

fn events(
    reader: &Reader,
    rule: &Rule,
    kind: EventKind,
    (since, until): (i64, i64),
    moments: &Moments,
    told: &mut Replayed,
) -> Result<(), StoreError> {
    let mut found: Vec<(Doing, Vec<(i64, f64)>)> = Vec::new();
    reader.events_of(&[kind], since, until, |event| {
        let source = event.source.as_deref().unwrap_or("self");
        if !counts(rule, event.kind, source, &event.detail) {
            return;
        }
        let key = event.detail.get("key").and_then(|key| key.as_str()).map(str::to_owned);
        let place = (source.to_owned(), key);
        let at = found.iter().position(|(one, _)| *one == place).unwrap_or_else(|| {
            found.push((place, Vec::new()));
            found.len() - 1
        });
        found[at].1.push((event.ts, weight(&event.detail)));
    })?;
    for ((source, key), happened) in found {
        let episodes = count(rule, &happened, until, |ts| moments.arms(rule, ts, None));
        told.alerts.extend(episodes.into_iter().map(|episode| would(&source, key.clone(), episode)));
    }
    Ok(())
}

fn would(source: &str, key: Option<String>, episode: Episode) -> Would {
    let Episode { since, until, value, peak } = episode;
    Would { source: source.to_owned(), key, since, until, value, peak, did_fire: false }
}

fn was(past: &PastAlert) -> Would {
    Would {
        source: past.source.clone(),
        key: past.key.clone(),
        since: past.since,
        until: past.until,
        value: past.value,
        peak: past.peak,
        did_fire: true,
    }
}
