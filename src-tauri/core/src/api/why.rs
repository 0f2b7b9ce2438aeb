//! Gathers what is known of the GPUs at a moment, and has it judged: the moment is now, or any that was recorded.
//!
//! Now comes from the state of everything, with each process. The past comes from the history and from who used a GPU in
//! that minute, so that it knows identities and no processes. Deliberately not here: what follows from it (`why`).

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::past::broken_off;
use crate::metrics::Metric;
use crate::model::answer::{GpuTotal, HistoryQuery, SourceStatus, Status};
use crate::model::{EventKind, HIDDEN, Health, RecorderState, SourceKind};
use crate::store::{Point, Reader, Seconds, StoreError};
use crate::untrusted::Untrusted;
use crate::why::{File, METRICS, Part, Quiet, Sample, Scene, Summary, User, Verdict, judge};

/// A share is told of a minute of the past, so what it is a part of is the mean of that minute, too.
const OF_THE_MINUTE: &[Metric] = &[Metric::GpuUtilization, Metric::GpuRemainder];
/// A value of the past is not older than this many seconds, or than twice what one point covers: minutes and hours are
/// all that is kept of long ago.
const RECENT: i64 = 15;
/// The newest value is looked for in so many seconds; and in so many where samples lie far apart.
const NEAR: i64 = 120;
const FAR: i64 = 7200;
/// What tells for how long a GPU has done nothing.
const LOAD: &[Metric] = &[Metric::GpuUtilization];
/// Seconds after which a session that goes on was written again, at most.
const WRITTEN: i64 = 180;
/// Seconds that are looked back for when a GPU fell asleep.
const SLEEP: i64 = 30 * 86_400;

/// What every GPU did at a moment, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// Unix seconds of the moment; `None` where nothing was recorded then.
    pub at: Option<i64>,
    /// What the recorder does now: while it does nothing, the newest that is known is told.
    pub recorder: RecorderState,
    /// The first and the last moment of which anything is known.
    pub range: Option<(i64, i64)>,
    /// One a GPU, in the order in which people should see them; one without a GPU where there is none.
    pub verdicts: Vec<Verdict>,
}

/// What is known of every GPU at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gathered {
    pub(super) at: Option<i64>,
    pub(super) recorder: RecorderState,
    range: Option<(i64, i64)>,
    pub(super) scenes: Vec<Scene>,
}

/// Judges every GPU at the moment `at` (Unix seconds), or now.
pub(super) fn why(reader: &Reader, status: &Status, at: Option<i64>) -> Result<Why, StoreError> {
    let Gathered { at, recorder, range, scenes } = gather(reader, status, at)?;
    let verdicts = at.map(|at| judged(at, &scenes)).unwrap_or_default();
    Ok(Why { at, recorder, range, verdicts })
}

/// The verdict on each GPU; on none, where there is none.
pub(super) fn judged(at: i64, scenes: &[Scene]) -> Vec<Verdict> {
    if scenes.is_empty() { vec![Verdict::none(at)] } else { scenes.iter().map(judge).collect() }
}

/// Gathers what is known of every GPU at the moment `at` (Unix seconds), or now.
pub(super) fn gather(reader: &Reader, status: &Status, at: Option<i64>) -> Result<Gathered, StoreError> {
    let recorder = status.recorder.state;
    let range = reader.range()?;
    let nothing = Gathered { at: None, recorder, range, scenes: Vec::new() };
    let live = recorder == RecorderState::Recording;
    let moment = at.or(status.ts);
    let is_known = |at: i64| {
        range.is_some_and(|(first, last)| (minute_of(first)..=last.max(status.ts.unwrap_or(last))).contains(&at))
    };
    let Some(moment) = moment.filter(|at| is_known(*at)) else { return Ok(nothing) };
    // What was read before a recorder broke off says nothing of the time in which there was none.
    if at.is_some() && broken_off(reader, moment)?.is_some() {
        return Ok(nothing);
    }
    // Of the running minute only what is now is known: who asks for a moment of it is told of now, and that it is.
    let now = status.ts.filter(|newest| live && newest - moment < 60);
    let (is_now, moment) = (now.is_some(), now.unwrap_or(moment));
    let totals = if is_now { Vec::new() } else { of_minute(reader, moment)? };
    let gpus = gpus(status);
    // One that goes on is written once a minute.
    let from = if is_now { moment.saturating_sub(WRITTEN) } else { moment };
    let mut sessions = reader.sessions(None, from, moment.saturating_add(1))?;
    sessions.retain(|one| !is_now || one.ended.is_none());
    let mut scenes = Vec::new();
    for gpu in &gpus {
        let mut scene = Scene::of(&gpu.id, Untrusted::from(gpu.label.as_str()), gpus.len() == 1, moment);
        if is_now {
            fill_from_status(&mut scene, gpu, status);
            let seconds = reader.seconds(&gpu.id, LOAD, moment - Quiet::WINDOW, moment + 1, moment + 1)?;
            scene.quiet = quiet(&seconds, moment);
        } else {
            fill_from_past(&mut scene, reader, totals.iter().find(|total| total.source == gpu.id))?;
            if scene.samples.is_empty() && status.ts == Some(moment) && gpu.health == Health::Asleep {
                // It is as the recorder left it.
                (scene.health, scene.reason, scene.is_unrecorded) = (gpu.health, gpu.reason.clone(), false);
            }
        }
        let parts = status.sources.iter().filter(|part| part.part_of.as_deref() == Some(&*gpu.id));
        let own: Vec<&str> = parts.chain([*gpu]).map(|one| one.id.as_str()).collect();
        let is_part = |source: &str| own.contains(&source);
        let mut unknown = Vec::new();
        for (at, user) in scene.users.iter_mut().enumerate() {
            // A session knows its beginning to the second; and one that goes on, what it has taken since.
            let own = sessions
                .iter()
                .filter(|one| is_part(&one.source) && one.uid == user.uid && one.key.as_bytes() == user.key.as_bytes());
            let (start, joules) = started(own.map(|one| (one.start, one.energy)));
            if is_now {
                // Use that is no session yet is younger than a minute, or noise. The minutes bridge longer pauses, so
                // that by them it would have begun with an earlier process.
                (user.since, user.energy) = (start, joules);
                continue;
            }
            user.since = start;
            unknown.push(at);
        }
        let who: Vec<_> = unknown.iter().map(|at| (&scene.users[*at].key, scene.users[*at].uid)).collect();
        let stretches = reader.gpu_stretches(&scene.source, &who, moment)?;
        for (at, stretch) in unknown.into_iter().zip(stretches) {
            let user = &mut scene.users[at];
            let Some((since, joules)) = stretch else { continue };
            // What was taken in an earlier session is none of this one's.
            let earlier = user.since.filter(|start| since < minute_of(*start));
            user.energy = match earlier {
                Some(start) => taken(reader, &scene.source, user, start, moment)?,
                None => joules,
            };
            user.since = user.since.or(Some(since));
        }
        scenes.push(scene);
    }
    // The newest moment is one in which something was recorded.
    let is_told = scenes.iter().any(|scene| !scene.samples.is_empty());
    if at.is_some() && !is_now && !is_told && !is_recorded(reader, moment)? {
        return Ok(nothing);
    }
    Ok(Gathered { at: Some(moment), recorder, range, scenes })
}

/// What one GPU did over a stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Sums, with who used it.
    pub total: GpuTotal,
    /// What a sentence is made of.
    pub summary: Summary,
}

/// What every GPU did in a stretch of time; none of which nothing is known.
pub(super) fn since(reader: &Reader, status: &Status, since: i64, until: i64) -> Result<Vec<Past>, StoreError> {
    let gpus = gpus(status);
    let mut all = Vec::new();
    for total in reader.gpu_usages(since, until)?.gpus {
        if !gpus.iter().any(|gpu| gpu.id == total.source) {
            continue;
        }
        let (metric, source) = (Metric::GpuTemperature, Some(total.source.clone()));
        let history = reader.history(&HistoryQuery { metric, source, since, until, points: 1 })?;
        let points = history.series.iter().flat_map(|series| &series.points);
        // What those did whom nobody can name is not explained, and told as that.
        let named = total.usages.iter().filter(|one| one.key != HIDDEN);
        let users = named.map(|one| (Untrusted::from(one.identity.as_str()), one.busy.unwrap_or(0.0)));
        let mut users: Vec<_> = users.collect();
        users.sort_by(|a, b| b.1.total_cmp(&a.1));
        let summary = Summary {
            label: Untrusted::from(total.label.as_str()),
            is_alone: gpus.len() == 1,
            busy: total.busy,
            explained: total.explained,
            energy: total.energy,
            hottest: points.map(|(.., most)| *most).reduce(f64::max),
            users,
        };
        all.push(Past { total, summary });
    }
    Ok(all)
}

/// The joules that were somebody's doing on a GPU in the minutes from one moment to another.
fn taken(reader: &Reader, gpu: &str, user: &User, since: i64, until: i64) -> Result<Option<f64>, StoreError> {
    let gpus = reader.gpu_usages(minute_of(since), minute_of(until) + 60)?.gpus;
    let usages = gpus.iter().filter(|one| one.source == gpu).flat_map(|one| &one.usages);
    let own = usages.filter(|one| one.uid == user.uid && one.key.as_bytes() == user.key.as_bytes());
    Ok(own.filter_map(|one| one.energy).reduce(|sum, more| sum + more))
}

/// When the first of somebody's sessions began, and the joules of all of them.
fn started(sessions: impl Iterator<Item = (i64, Option<f64>)>) -> (Option<i64>, Option<f64>) {
    sessions.fold((None, None), |(start, joules), (other, more)| {
        let joules = joules.into_iter().chain(more).reduce(|sum: f64, more| sum + more);
        (start.into_iter().chain([other]).min(), joules)
    })
}

/// The GPUs of this machine; their instances are parts of them.
fn gpus(status: &Status) -> Vec<&SourceStatus> {
    status.sources.iter().filter(|one| one.kind == SourceKind::Gpu && one.part_of.is_none()).collect()
}

/// Somebody of whom only the name is known yet.
fn user(key: &str, identity: &str, uid: Option<u32>, file: File) -> User {
    let identity = Untrusted::from(identity);
    User { key: Untrusted::from(key), part: Part::of(&identity, file), file, identity, uid, ..User::default() }
}

fn fill_from_status(scene: &mut Scene, gpu: &SourceStatus, status: &Status) {
    (scene.health, scene.reason) = (gpu.health, gpu.reason.clone());
    let ts = gpu.ts.unwrap_or(scene.at);
    let sample = |metric: &Metric| {
        let value = gpu.metrics.get(metric.definition().key)?.value;
        Some(Sample { metric: *metric, ts, value })
    };
    scene.samples = METRICS.iter().filter_map(sample).collect();
    let parts = status.sources.iter().filter(|part| part.part_of.as_deref() == Some(&*gpu.id));
    for one in std::iter::once(gpu).chain(parts).flat_map(|source| &source.processes) {
        scene.users.push(User {
            pids: vec![one.pid],
            is_hidden: one.started.is_none(),
            share: one.share,
            vram: one.vram,
            ..user(&one.key, &one.identity, one.uid, File::of(one.exe.as_deref().map(str::as_bytes)))
        });
    }
}

fn fill_from_past(scene: &mut Scene, reader: &Reader, total: Option<&GpuTotal>) -> Result<(), StoreError> {
    let (at, minute) = (scene.at, minute_of(scene.at));
    let seconds = reader.seconds(&scene.source, METRICS, at - Quiet::WINDOW.max(NEAR), minute + 60, at + 1)?;
    for metric in METRICS {
        let sample = match total {
            Some(_) if OF_THE_MINUTE.contains(metric) => mean(&seconds, *metric, minute),
            _ => newest(reader, &seconds, *metric, &scene.source, at)?,
        };
        scene.samples.extend(sample);
    }
    scene.quiet = quiet(&seconds, at);
    let read = points(&seconds, Metric::GpuUtilization, at - NEAR..at + 1).next_back().map(|(ts, ..)| *ts);
    let slept = if read == Some(at) { None } else { last_sleep(reader, &scene.source, at)? };
    if read.is_some() && slept > read {
        // What was read before it fell asleep says nothing of it any more, and who used it then has gone.
        (scene.health, scene.samples, scene.quiet) = (Health::Asleep, Vec::new(), None);
        return Ok(());
    }
    if scene.samples.is_empty() {
        scene.health = if slept.is_some() { Health::Asleep } else { Health::Stale };
        scene.reason = String::new();
    }
    let Some(total) = total else {
        scene.is_unrecorded = scene.health != Health::Asleep;
        return Ok(());
    };
    let seconds = (60.0 - total.missing).max(1.0);
    // Of a minute in which it slept for a while, how busy it was is told of the rest only, and a share is a part of that.
    let utilization = scene.samples.iter().find(|sample| sample.metric == Metric::GpuUtilization);
    let whole = utilization.map(|sample| sample.value).zip(total.busy.filter(|busy| *busy > 0.0));
    let of_time = whole.map_or(100.0 / seconds, |(percent, busy)| percent / busy);
    for one in &total.usages {
        scene.users.push(User {
            share: one.busy.map(|busy| (busy * of_time).min(100.0)),
            vram: one.vram,
            ..user(&one.key, &one.identity, one.uid, File::Unknown)
        });
    }
    Ok(())
}

fn minute_of(at: i64) -> i64 {
    at - at.rem_euclid(60)
}

fn of_minute(reader: &Reader, at: i64) -> Result<Vec<GpuTotal>, StoreError> {
    let minute = minute_of(at);
    Ok(reader.gpu_usages(minute, minute + 60)?.gpus)
}

/// What was read of a metric in some seconds.
fn points(seconds: &Seconds, metric: Metric, of: Range<i64>) -> impl DoubleEndedIterator<Item = &Point> {
    let points = seconds.metrics.iter().filter(move |(one, _)| *one == metric).flat_map(|(_, points)| points);
    points.filter(move |(ts, ..)| of.contains(ts))
}

/// The mean of a minute.
fn mean(seconds: &Seconds, metric: Metric, minute: i64) -> Option<Sample> {
    let means: Vec<f64> = points(seconds, metric, minute..minute + 60).map(|(_, _, mean, _)| *mean).collect();
    let sum: f64 = means.iter().sum();
    (!means.is_empty()).then(|| Sample { metric, ts: minute, value: sum / means.len() as f64 })
}

/// The newest value that was not old at a moment.
fn newest(
    reader: &Reader,
    seconds: &Seconds,
    metric: Metric,
    source: &str,
    at: i64,
) -> Result<Option<Sample>, StoreError> {
    let fresh = RECENT.max(2 * seconds.step);
    let last = |seconds: &Seconds, far: i64| {
        let (ts, _, value, _) = *points(seconds, metric, at - far..at + 1).next_back()?;
        Some((ts, value))
    };
    let found = match last(seconds, NEAR) {
        // Only samples that lie far apart are looked for further back.
        None if fresh > NEAR => last(&reader.seconds(source, &[metric], at - FAR, at + 1, at + 1)?, FAR),
        found => found,
    };
    Ok(found.filter(|(ts, _)| at - ts <= fresh).map(|(ts, value)| Sample { metric, ts, value }))
}

/// Whether anything was recorded at a moment: every machine has a CPU.
fn is_recorded(reader: &Reader, at: i64) -> Result<bool, StoreError> {
    const CPU: Metric = Metric::CpuUtilization;
    for source in reader.sources_of(CPU)? {
        let seconds = reader.seconds(&source, &[CPU], at - NEAR, at + 1, at + 1)?;
        if newest(reader, &seconds, CPU, &source, at)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// When it fell asleep, where that is the last that was told of its sleep before then.
fn last_sleep(reader: &Reader, source: &str, at: i64) -> Result<Option<i64>, StoreError> {
    let last = reader.newest_event(source, &[EventKind::GpuSlept, EventKind::GpuWoke], at - SLEEP, at)?;
    Ok(last.filter(|event| event.kind == EventKind::GpuSlept).map(|event| event.ts))
}

/// For how long the GPU had done nothing at a moment; `None` where that is not known.
fn quiet(seconds: &Seconds, at: i64) -> Option<i64> {
    let mut quiet = Quiet::default();
    for (ts, _, _, most) in points(seconds, Metric::GpuUtilization, at - Quiet::WINDOW..at + 1) {
        quiet.read(*ts, *most);
    }
    quiet.at(at)
}
