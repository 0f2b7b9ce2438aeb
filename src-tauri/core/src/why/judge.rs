//! From a scene to a verdict.
//!
//! What cannot be doubted comes first (gone, asleep, unreadable), then work, then what a GPU does that has none. Nobody is
//! named without a share or memory that the driver told; where more is unexplained than explained, nobody is said to
//! do the work. Deliberately not here: words.

use std::cmp::Ordering;

use super::scene::{File, Part, Scene, User};
use super::verdict::{Cause, Culprit, State, Verdict};
use crate::metrics::Metric;
use crate::model::{HIDDEN, Health, throttle};
use crate::untrusted::Untrusted;

/// A GPU that is less busy than this, in percent, does no work worth a name; a smaller share is none, and a smaller remainder
/// is rounding and the driver's own doing.
pub(super) const WORK: f64 = 5.0;
/// Up to here a desktop that stands still counts as nothing.
const STILL: f64 = crate::model::UNUSED_PERCENT;
/// Who does less than this part of what the first does, does not share the GPU with it.
const SECOND: f64 = 1.0 / 3.0;
/// Bytes of memory that are worth a name: what a window holds is less.
const HELD: u64 = 256 << 20;
/// A desktop of which only the name is known, and which does more than this, in percent, or holds more than this, in bytes,
/// may be somebody who only calls himself so.
const MUCH_FOR_DESKTOP: f64 = 30.0;
const LARGE_FOR_DESKTOP: u64 = 4 << 30;
/// Shares that come to so many percent on a GPU that tells of none contradict it.
const CONTRADICTS: f64 = 15.0;
/// Watts that an idle GPU takes too many of, where somebody holds memory on it, and where nobody does.
const COSTLY_HELD: f64 = 30.0;
const COSTLY: f64 = 40.0;
/// The same as a part of its limit: large cards take more by nature.
const COSTLY_PART: f64 = 0.1;
/// States of the clock up to this one are those of work (P0 to P2).
const HIGH_CLOCKS: f64 = 2.0;
/// Degrees Celsius that a GPU without work has no reason for, and how close to its limit it is then.
const HOT: f64 = 75.0;
const MARGIN: f64 = 10.0;
/// Seconds after work in which it may still be hot, and in which it keeps its clocks up.
const COOLS: i64 = 120;
const SETTLES: i64 = 30;
/// Watts that explain heat.
const WARMS: f64 = 60.0;

/// Judges one GPU.
pub fn judge(scene: &Scene) -> Verdict {
    let mut verdict = Verdict::of(scene);
    let said = || if scene.reason.is_empty() { Cause::Plain } else { Cause::Said(scene.reason.clone()) };
    match scene.health {
        // One that sleeps gives no reason, in whatever language the recorder gives them.
        Health::Asleep if !scene.reason.is_empty() => {
            (verdict.state, verdict.cause) = (State::Idle, Cause::LetGo);
            return verdict;
        }
        Health::Asleep => {
            verdict.state = State::Asleep;
            return verdict;
        }
        Health::Lost => {
            (verdict.state, verdict.cause) = (State::Lost, said());
            return verdict;
        }
        Health::Stale => {
            verdict.cause = if scene.is_unrecorded { Cause::Unrecorded } else { said() };
            return verdict;
        }
        Health::Ok | Health::Denied | Health::Unsupported => {}
    }
    let people = people(&scene.users);
    let told: Vec<f64> = people.iter().filter_map(|one| one.share).collect();
    let sum: f64 = told.iter().sum();
    let read = scene.value(Metric::GpuUtilization);
    // Some drivers count only some of a GPU's engines as busy; who is told to work, does, if with less certainty. What is
    // smoothed may be over for a second or two.
    let contradicts = read.is_some_and(|busy| busy < WORK) && sum >= CONTRADICTS;
    let Some(busy) = read.filter(|_| !contradicts).or((!told.is_empty()).then_some(sum.min(100.0))) else {
        if unattributed(scene, &people) == Cause::Instances {
            // Somebody may well use it; of one that is cut the driver says no more.
            (verdict.state, verdict.cause, verdict.confidence) = (State::Unattributed, Cause::Instances, 0.6);
            rests_on(&mut verdict, scene, &[Metric::GpuTemperature, Metric::GpuPower]);
        } else {
            verdict.cause = said();
        }
        return verdict;
    };
    verdict.busy = Some(busy);
    verdict.remainder = scene.value(Metric::GpuRemainder).map(|left| left.min(busy));
    if verdict.remainder.is_none() && !told.is_empty() && told.len() == people.len() {
        // Who cannot be named explains nothing.
        let explained: f64 = people.iter().filter(|one| one.is_named()).filter_map(|one| one.share).sum();
        verdict.remainder = Some((busy - explained).clamp(0.0, busy));
    }
    rests_on(
        &mut verdict,
        scene,
        &[Metric::GpuUtilization, Metric::GpuRemainder, Metric::GpuTemperature, Metric::GpuPower],
    );
    if busy >= WORK {
        work(&mut verdict, scene, people, busy);
        if contradicts {
            verdict.confidence = verdict.confidence.min(0.5);
        }
    } else {
        rest(&mut verdict, scene, people, busy);
    }
    verdict
}

/// Of a GPU that works.
fn work(verdict: &mut Verdict, scene: &Scene, people: Vec<Person>, busy: f64) {
    let unseen = verdict.remainder;
    let is_unexplained = unseen.is_some_and(|left| left >= WORK && left > busy / 2.0);
    let works = |one: &&Person| one.share.is_some_and(|share| share >= WORK && !one.is_remainder(share, unseen));
    let mut workers: Vec<&Person> = people.iter().filter(works).collect();
    workers.sort_by(|a, b| by_share(a, b));
    if workers.is_empty() && unseen.is_some_and(|left| left <= busy / 2.0) {
        // Each does little, and together they are what it does.
        workers.extend(people.iter().filter(|one| one.share.is_some_and(|share| share > 0.0)));
        workers.sort_by(|a, b| by_share(a, b));
    }
    let most = workers.first().and_then(|one| one.share).unwrap_or(0.0);
    let known = unseen.map_or(0.3, |left| 0.5 * left / busy);
    verdict.confidence = 0.98 - known;
    let mut named: Vec<&Person> =
        workers.iter().copied().filter(|one| one.share.unwrap_or(0.0) >= most * SECOND).collect();
    if named.iter().all(|one| one.part == Part::Desktop) {
        // It is not only the desktop where somebody works beside it, however little that is.
        named.extend(workers.iter().copied().filter(|one| one.part == Part::Work));
    }
    if is_unexplained || named.is_empty() {
        verdict.state = State::Unattributed;
        verdict.cause = unattributed(scene, &people);
        verdict.culprits = culprits(&workers);
        verdict.confidence = 0.8;
        // What holds memory is worth knowing where nobody's share is told; it is not said to work.
        if matches!(verdict.cause, Cause::NoShares) {
            verdict.culprits = culprits(&holders(&people, HELD));
        }
    } else if named.iter().all(|one| one.is_desktop()) {
        verdict.state = State::Display;
        verdict.culprits = culprits(&named);
    } else if named[0].part == Part::Own && named.iter().all(|one| !one.is_at_work()) {
        verdict.state = State::Own;
        verdict.culprits = culprits(&named);
    } else {
        verdict.state = if named.len() > 1 { State::Several } else { State::One };
        verdict.culprits = culprits(&named);
    }
    let bits = scene.value(Metric::GpuThrottle).unwrap_or(0.0);
    if bits as u64 & throttle::HELD_BACK != 0 {
        verdict.state = State::Throttled;
    }
    if bits > 0.0 {
        rests_on(verdict, scene, &[Metric::GpuThrottle]);
    }
}

/// Of a GPU that does next to nothing.
fn rest(verdict: &mut Verdict, scene: &Scene, people: Vec<Person>, busy: f64) {
    let value = |metric| scene.value(metric);
    let power = value(Metric::GpuPower);
    let holders = holders(&people, HELD);
    let openers = self::holders(&people, 1);
    let is_hot = value(Metric::GpuTemperature).is_some_and(|celsius| celsius >= HOT)
        || value(Metric::GpuMargin).is_some_and(|margin| margin <= MARGIN);
    let rests_for = |least: i64| scene.quiet.is_none_or(|seconds| seconds >= least);
    let clocks_are_up = value(Metric::GpuPstate).is_some_and(|state| state <= HIGH_CLOCKS);
    let part = value(Metric::GpuPowerLimit).filter(|limit| *limit > 0.0).zip(power).map(|(limit, power)| power / limit);
    let is_costly = power.is_some_and(|power| match holders.is_empty() {
        false => power >= COSTLY_HELD,
        true => power >= COSTLY && part.is_none_or(|part| part >= COSTLY_PART),
    });
    let mut screens: Vec<&Person> = people.iter().filter(|one| one.is_desktop()).collect();
    // The drivers tell of processes in no order.
    screens.sort_by(|a, b| by_share(a, b));
    if is_hot && rests_for(COOLS) && power.is_none_or(|power| power < WARMS) {
        (verdict.state, verdict.confidence) = (State::HotIdle, 0.7);
        rests_on(verdict, scene, &[Metric::GpuMargin, Metric::GpuFanPercent, Metric::GpuFanSpeed]);
    } else if is_costly && rests_for(SETTLES) {
        verdict.state = State::IdleExpensive;
        (verdict.cause, verdict.culprits, verdict.confidence) = if !holders.is_empty() {
            (Cause::Held, culprits(&holders), 0.85)
        } else if !screens.is_empty() {
            (Cause::Screens, culprits(&screens[..1]), 0.7)
        } else if clocks_are_up && !openers.is_empty() {
            // A context as small as can be is enough to keep the clocks of work.
            (Cause::Held, culprits(&openers), 0.7)
        } else if scene.is_unrecorded {
            (Cause::Unrecorded, Vec::new(), 0.5)
        } else if clocks_are_up {
            (Cause::Clocks, Vec::new(), 0.6)
        } else {
            (Cause::Plain, Vec::new(), 0.5)
        };
        rests_on(verdict, scene, &[Metric::GpuPstate, Metric::GpuMemoryClock, Metric::GpuMemoryUsed]);
    } else if busy > STILL
        && !screens.is_empty()
        && people.iter().all(|one| one.is_desktop() || one.share.unwrap_or(0.0) < STILL)
    {
        verdict.state = State::Display;
        verdict.culprits = culprits(&screens[..1]);
    } else {
        verdict.state = State::Idle;
    }
}

/// Why nobody is said to do the work.
fn unattributed(scene: &Scene, people: &[Person]) -> Cause {
    if scene.is_unrecorded {
        return Cause::Unrecorded;
    }
    if scene.reason.contains("(MIG)") {
        return Cause::Instances;
    }
    if !scene.reason.is_empty() {
        return Cause::Said(scene.reason.clone());
    }
    if people.iter().any(|one| one.is_hidden) {
        return Cause::Elsewhere;
    }
    if !people.is_empty() && people.iter().all(|one| one.share.is_none()) {
        return Cause::NoShares;
    }
    Cause::Unseen
}

/// What all processes of one identity and user do together.
struct Person {
    key: Untrusted,
    identity: Untrusted,
    uid: Option<u32>,
    part: Part,
    file: File,
    pids: Vec<u32>,
    is_hidden: bool,
    share: Option<f64>,
    vram: Option<u64>,
    since: Option<i64>,
    energy: Option<f64>,
}

impl Person {
    fn is_named(&self) -> bool {
        self.key.as_bytes() != HIDDEN.as_bytes()
    }

    /// Whether it surely is a part of the desktop: its file says so, or it does no more than a desktop does.
    fn is_desktop(&self) -> bool {
        let is_much = self.share.is_some_and(|share| share > MUCH_FOR_DESKTOP)
            || self.vram.is_some_and(|bytes| bytes > LARGE_FOR_DESKTOP);
        self.part == Part::Desktop && (self.file == File::Installed || !is_much)
    }

    /// Whether it may be at work for somebody.
    fn is_at_work(&self) -> bool {
        self.part == Part::Work || self.part == Part::Desktop && !self.is_desktop()
    }

    /// Whether what it does is told as the remainder already: nobody can name it, and the remainder has room for it. A share
    /// may be smoothed where the remainder is not, so that the two are seldom equal.
    fn is_remainder(&self, share: f64, remainder: Option<f64>) -> bool {
        !self.is_named() && remainder.is_some_and(|left| left >= WORK && left >= share / 2.0)
    }
}

/// Joins the processes of each identity. Together they did no more than all of the GPU's time.
fn people(users: &[User]) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::new();
    for user in users {
        let share = user.share.filter(|share| share.is_finite() && *share >= 0.0);
        match people.iter_mut().find(|one| one.key == user.key && one.uid == user.uid) {
            Some(one) => {
                one.pids.extend(&user.pids);
                if user.part == Part::Work {
                    // One who only calls himself so spoils the name for the others.
                    one.part = Part::Work;
                }
                one.file = one.file.and(user.file);
                one.share = add(one.share, share);
                one.vram = match (one.vram, user.vram) {
                    (Some(a), Some(b)) => Some(a.saturating_add(b)),
                    (a, b) => a.or(b),
                };
                one.since = one.since.into_iter().chain(user.since).min();
                one.energy = add(one.energy, user.energy);
                one.is_hidden |= user.is_hidden;
            }
            None => people.push(Person {
                key: user.key.clone(),
                identity: user.identity.clone(),
                uid: user.uid,
                part: user.part,
                file: user.file,
                pids: user.pids.clone(),
                is_hidden: user.is_hidden,
                share,
                vram: user.vram,
                since: user.since,
                energy: user.energy,
            }),
        }
    }
    let sum: f64 = people.iter().filter_map(|one| one.share).sum();
    for one in &mut people {
        one.pids.sort_unstable();
        one.pids.dedup();
        one.share = one.share.map(|share| if sum > 100.0 { share * 100.0 / sum } else { share });
    }
    people
}

/// Who does the most first.
fn by_share(a: &Person, b: &Person) -> Ordering {
    b.share.unwrap_or(0.0).total_cmp(&a.share.unwrap_or(0.0)).then(a.key.cmp(&b.key))
}

/// Who holds at least so many bytes and is no part of the desktop, the most first.
fn holders(people: &[Person], least: u64) -> Vec<&Person> {
    let holds = |one: &&Person| one.vram.is_some_and(|bytes| bytes >= least) && !one.is_desktop();
    let mut holders: Vec<&Person> = people.iter().filter(holds).collect();
    holders.sort_by(|a, b| b.vram.cmp(&a.vram).then(a.key.cmp(&b.key)));
    holders
}

fn culprits(people: &[&Person]) -> Vec<Culprit> {
    let culprit = |one: &&Person| Culprit {
        key: one.key.clone(),
        identity: one.identity.clone(),
        uid: one.uid,
        pids: one.pids.clone(),
        share: one.share,
        vram: one.vram,
        since: one.since,
        energy: one.energy,
    };
    people.iter().map(culprit).collect()
}

fn rests_on(verdict: &mut Verdict, scene: &Scene, metrics: &[Metric]) {
    verdict.evidence.extend(metrics.iter().filter_map(|metric| scene.sample(*metric)));
}

fn add(sum: Option<f64>, more: Option<f64>) -> Option<f64> {
    match (sum, more) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    }
}
