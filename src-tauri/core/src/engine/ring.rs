//! Ticks that wait for the disk, bounded. Pure.

use std::collections::VecDeque;

use crate::model::{Event, Tick};

/// How many ticks wait in memory: more than an hour at one a second.
pub(super) const RING: usize = 4000;

/// The most events that ticks without room leave behind; beyond it the oldest are gone, too.
const EVENTS: usize = 1000;

/// Drops the readings of the oldest tick and hands what else it says (health, alerts, events: said once and never again)
/// to the next one. Says whether readings were lost.
pub(super) fn drop_oldest(ticks: &mut VecDeque<Tick>) -> bool {
    let Some(old) = ticks.pop_front() else { return false };
    let lost = !old.readings.is_empty();
    match ticks.front_mut() {
        Some(next) => absorb(next, old),
        // The only tick there is is not dropped.
        None => {
            ticks.push_front(old);
            return false;
        }
    }
    lost
}

/// Adds to `next` what `old` says beside its readings, where `next` does not say it anew.
fn absorb(next: &mut Tick, old: Tick) {
    prepend(&mut next.conditions, old.conditions, |a, b| a.0.id == b.0.id);
    prepend(&mut next.replaced, old.replaced, |a, b| a.0 == b.0);
    prepend(&mut next.alerts, old.alerts, |a, b| a.rule == b.rule && a.source == b.source);
    prepend(&mut next.sessions, old.sessions, |a, b| a.id == b.id);
    prepend(&mut next.episodes, old.episodes, |a, b| a.id == b.id);
    let readings = std::mem::take(&mut next.readings);
    let emptied = old.emptied.into_iter().filter(|pack| !readings.iter().any(|one| one.source.pack() == pack.pack()));
    prepend(&mut next.emptied, emptied.collect(), |a, b| a.id == b.id);
    next.readings = readings;
    let mut events: Vec<Event> = old.events;
    events.append(&mut next.events);
    let many = events.len().saturating_sub(EVENTS);
    next.events = events.split_off(many);
    next.recorder = next.recorder.or(old.recorder);
    next.step = next.step.or(old.step);
    prepend(&mut next.baseline, old.baseline, |a, b| a.key == b.key && a.uid == b.uid);
    prepend(&mut next.binaries, old.binaries, |a, b| {
        (&a.key, a.uid, &a.path, &a.content) == (&b.key, b.uid, &b.path, &b.content)
    });
    next.learning = next.learning.or(old.learning);
    next.answered = next.answered.max(old.answered);
    next.dispatch = next.dispatch.take().or(old.dispatch);
    prepend(&mut next.snoozes_ended, old.snoozes_ended, |a, b| a == b);
    next.usage = next.usage.take().or(old.usage);
    next.gpu_minute = next.gpu_minute.take().or(old.gpu_minute);
}

/// Puts those of `old` in front of `new` of which `new` has no other version.
fn prepend<T>(new: &mut Vec<T>, old: Vec<T>, same: impl Fn(&T, &T) -> bool) {
    if old.is_empty() {
        return;
    }
    let mut all: Vec<T> = old.into_iter().filter(|old| !new.iter().any(|new| same(old, new))).collect();
    all.append(new);
    *new = all;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metric;
    use crate::model::{
        AlertPhase, AlertRow, Condition, Ended, Episode, EventKind, GpuMinute, Health, Reading, RecorderState, Source,
        SourceKind, Usage,
    };
    use serde_json::json;

    #[test]
    fn what_is_said_once_outlives_its_tick() {
        let cpu = Source::whole(SourceKind::Cpu, "cpu", "CPU");
        let gone = Source::whole(SourceKind::Disk, "disk:1", "Disk");
        let lost = Condition { health: Health::Lost, reason: "no longer present".to_owned() };
        let row =
            |phase| AlertRow { rule: "r".to_owned(), source: "cpu".to_owned(), phase, since: 1, ..AlertRow::default() };
        let event = |ts| Event { ts, kind: EventKind::ClockStep, source: None, detail: json!({}) };
        let usage = Usage {
            key: "program:sh".into(),
            identity: "sh".into(),
            uid: 0,
            processes: 1,
            cpu: 1.0,
            memory: 1,
            io: None,
        };
        let episode = |id, ended| Episode {
            id,
            source: cpu.clone(),
            start: 1,
            end: 2,
            ended,
            busy: None,
            explained: None,
            energy: None,
            temperature: None,
            power: None,
            throttled: None,
        };
        let reading = Reading { source: cpu.clone(), metric: Metric::CpuLoad1, stored: 1 };
        let mut ticks: VecDeque<Tick> = VecDeque::from([
            Tick {
                ts: 1,
                readings: vec![reading.clone()],
                conditions: vec![(cpu.clone(), lost.clone()), (gone.clone(), lost.clone())],
                emptied: vec![gone.clone(), cpu.clone()],
                replaced: vec![("before".to_owned(), cpu.clone())],
                events: vec![event(1)],
                alerts: vec![row(AlertPhase::Pending)],
                usage: Some((0, vec![usage])),
                gpu_minute: Some(GpuMinute::default()),
                gpu_uses: Vec::new(),
                sessions: Vec::new(),
                episodes: vec![episode(1, Some(Ended::Idle)), episode(2, None)],
                recorder: Some((RecorderState::Recording, None)),
                step: Some(1),
                baseline: Vec::new(),
                binaries: Vec::new(),
                learning: Some((1, false)),
                answered: Some(3),
                dispatch: Some("{}".to_owned()),
                snoozes_ended: vec![4],
            },
            Tick {
                ts: 2,
                readings: vec![reading],
                conditions: vec![(cpu.clone(), Condition::OK)],
                events: vec![event(2)],
                alerts: vec![row(AlertPhase::Firing)],
                episodes: vec![episode(2, Some(Ended::Idle))],
                ..Tick::default()
            },
        ]);
        assert!(drop_oldest(&mut ticks));
        assert_eq!(ticks.len(), 1);
        let left = &ticks[0];
        assert_eq!((left.ts, left.readings.len()), (2, 1));
        assert_eq!(left.episodes, [episode(1, Some(Ended::Idle)), episode(2, Some(Ended::Idle))]);
        assert_eq!(left.conditions, [(gone.clone(), lost), (cpu, Condition::OK)]);
        assert_eq!(left.emptied, [gone]);
        assert_eq!(left.replaced.len(), 1);
        assert_eq!(left.events.iter().map(|event| event.ts).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(left.alerts, [row(AlertPhase::Firing)]);
        assert_eq!((left.recorder, left.step), (Some((RecorderState::Recording, None)), Some(1)));
        assert!(left.usage.is_some() && left.gpu_minute.is_some());
        assert_eq!((left.dispatch.as_deref(), left.snoozes_ended.as_slice()), (Some("{}"), &[4][..]));
        // The last one stays.
        assert!(!drop_oldest(&mut ticks));
        assert_eq!(ticks.len(), 1);
    }
}
