//! Sessions: one identity's stretch of use of one GPU.
//!
//! What counts as use is the person's to say ([`UseRules`]): so much of the GPU's time on the mean, or so much of its
//! memory, kept up for a while. A session goes from the first to the last tick with use; pauses in it are bridged, and what
//! little is used in the pause that turns out to be its end is not its own. Who has memory on a GPU that is left alone
//! has it still, and waits with it until somebody looks again.
//!
//! Whether a process was killed or ended by itself cannot be told from outside, and is not told. Deliberately not here:
//! whose doing joules are (`engine`), and episodes (`episode`).

mod chief;
mod together;

use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;

use self::chief::Chief;
use self::together::Together;
pub use super::stretch::{Moment, Sight};
use super::stretch::{Sum, Window, highest, last_seen, sum};
use crate::model::{Ended, GpuUse, Now, Process, Session, Source, UseRules};
use crate::untrusted::Untrusted;

/// So many identities are watched at the same time; names made to fill memory cannot.
const MOST: usize = 512;

/// So many processes of a session are kept: enough to know it again after a restart.
const PROCESSES: usize = 16;

/// One of which no process was there for so long has ended, until one comes back: most programs that are gone for a second
/// start another process each second.
const GONE: Duration = Duration::from_secs(5);

/// What adds up of a session.
#[derive(Clone, Debug, Default)]
struct Used {
    busy: Option<f64>,
    encoder: Option<f64>,
    decoder: Option<f64>,
    energy: Option<f64>,
    share: Option<f64>,
    vram: Option<u64>,
}

impl Sum for Used {
    fn add(&mut self, more: Used) {
        self.busy = sum(self.busy, more.busy);
        self.encoder = sum(self.encoder, more.encoder);
        self.decoder = sum(self.decoder, more.decoder);
        self.energy = sum(self.energy, more.energy);
        self.share = highest(self.share, more.share);
        self.vram = self.vram.max(more.vram);
    }
}

/// A session that counts.
#[derive(Debug)]
struct Open {
    id: i64,
    start: i64,
    episode: Option<i64>,
    total: Used,
    /// What was used since its last tick with use.
    pause: Used,
}

/// One identity on one GPU: a session, or what may become one.
#[derive(Debug)]
struct Track {
    source: Arc<Source>,
    identity: Untrusted,
    uid: Option<u32>,
    processes: Vec<Process>,
    chief: Option<Chief>,
    window: Window<Used>,
    open: Option<Open>,
    /// Since when it has had enough memory: Unix seconds, and boot time.
    held: Option<(i64, Duration)>,
    /// Its last tick with use.
    end: i64,
    last: Duration,
    /// Whether it was there when the GPU was last read.
    is_present: bool,
    /// Since when it was not, by boot time, and whether its session is told as ended for that.
    gone: Option<Duration>,
    is_gone: bool,
    /// Whether it was met in this tick, and used the GPU.
    is_met: bool,
    is_active: bool,
    /// An earlier recorder began it, and none of its processes was met since.
    is_doubtful: bool,
}

/// All sessions of all GPUs.
#[derive(Debug, Default)]
pub struct Sessions {
    tracks: HashMap<Untrusted, Vec<Track>>,
    last: Option<Moment>,
    /// What an earlier recorder left open, and is over for sure.
    over: Vec<Session>,
}

/// What sessions there are on one GPU and its instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct On {
    /// Somebody uses it now.
    pub is_used: bool,
    /// When the first of those that go on began.
    pub since: Option<i64>,
}

impl Sessions {
    /// Goes on with what an earlier recorder left open. It wrote its last tick at `last_ts`.
    pub fn continuing(left: Vec<Session>, last_ts: Option<i64>, now: Now) -> Sessions {
        let mut sessions = Sessions::default();
        for one in left {
            match last_seen(one.end, last_ts, now) {
                Some(last) => sessions.tracks.entry(one.key.clone()).or_default().push(Track::left(one, last)),
                None => sessions.over.push(Session { ended: Some(Ended::Unknown), ..one }),
            }
        }
        sessions
    }

    /// Takes a tick; gives the sessions that began or ended with it. `numbered` is the highest number given so far.
    pub fn step(
        &mut self,
        now: &Moment,
        sight: impl Fn(&Source) -> Sight,
        uses: &[GpuUse],
        rules: &UseRules,
        numbered: &mut i64,
    ) -> Vec<Session> {
        let mut changed = std::mem::take(&mut self.over);
        if let Some(before) = self.last.replace(*now) {
            let moved = now.moved_since(&before);
            if moved != 0 {
                self.all_mut().for_each(|(_, track)| track.shift(moved));
            }
            if !now.bridges(before.boot, rules.bridge) {
                for (key, tracks) in std::mem::take(&mut self.tracks) {
                    changed.extend(tracks.into_iter().filter_map(|mut track| track.close(&key, Ended::Unknown)));
                }
            }
        }
        for (_, track) in self.all_mut() {
            (track.is_met, track.is_active) = (false, false);
        }
        let mut count: usize = self.tracks.values().map(Vec::len).sum();
        for one in Together::of(uses) {
            let busy = one.busy(now);
            let holds = one.used.vram.is_some_and(|bytes| bytes >= rules.vram);
            let is_active = holds || busy > 0.0 && busy >= rules.share / 100.0 * now.step as f64;
            let key = &one.first.key;
            let known = self.tracks.get_mut(key).and_then(|tracks| tracks.iter_mut().find(|track| track.is_of(&one)));
            let track = match known {
                Some(track) => track,
                None if is_active && count < MOST => {
                    count += 1;
                    let tracks = self.tracks.entry(key.clone()).or_default();
                    tracks.push(Track::new(one.first, now));
                    tracks.last_mut().expect("it was pushed just now")
                }
                None => continue,
            };
            changed.extend(track.meet(&one, is_active, now, rules));
            track.take(one, (is_active, holds, busy), now, rules);
            changed.extend(track.begin(now, rules, numbered).then(|| track.row(key)).flatten());
        }
        self.tracks.retain(|key, tracks| {
            tracks.retain_mut(|track| {
                let goes_on = track.ages(sight(&track.source), now, rules);
                let ended = if goes_on { None } else { Some(track.how(sight(&track.source))) };
                changed.extend(ended.and_then(|ended| track.close(key, ended)));
                goes_on
            });
            !tracks.is_empty()
        });
        changed.sort_by_key(|session| session.id);
        changed
    }

    /// Adds what was told too late for the tick that it belongs to.
    pub fn late(&mut self, uses: &[GpuUse]) {
        for one in Together::of(uses) {
            let tracks = self.tracks.get_mut(&one.first.key);
            if let Some(track) = tracks.and_then(|tracks| tracks.iter_mut().find(|track| track.is_of(&one))) {
                let Used { busy, encoder, decoder, .. } = one.used;
                track.more(Used { busy, encoder, decoder, ..Used::default() });
            }
        }
    }

    /// Adds joules that were an identity's doing on the GPU of this id, a little earlier.
    pub fn spent(&mut self, source: &str, key: &Untrusted, uid: Option<u32>, joules: f64) {
        let tracks = self.tracks.get_mut(key);
        let is_of = |track: &&mut Track| track.source.id == source && track.uid == uid;
        if let Some(track) = tracks.and_then(|tracks| tracks.iter_mut().find(is_of)) {
            track.more(Used { energy: Some(joules), ..Used::default() });
        }
    }

    /// Those of which all processes have ended by now, and those that have one again, each once. A session may go on after
    /// such a pause.
    pub fn turned(&mut self, now: &Moment) -> Vec<Session> {
        let turns = |(key, track): (&Untrusted, &mut Track)| track.turns(now).then(|| track.standing(key)).flatten();
        let mut turned: Vec<Session> = self.all_mut().filter_map(turns).collect();
        turned.sort_by_key(|session| session.id);
        turned
    }

    /// Those that may go on, as they stand.
    pub fn open(&self) -> Vec<Session> {
        let each = self.tracks.iter().flat_map(|(key, tracks)| tracks.iter().filter_map(|track| track.standing(key)));
        let mut open: Vec<Session> = each.collect();
        open.sort_by_key(|session| session.id);
        open
    }

    /// What there is on the GPU of this id and on its instances.
    pub fn on(&self, gpu: &str) -> On {
        let mut on = On::default();
        for track in self.tracks.values().flatten().filter(|track| track.source.pack() == gpu) {
            on.is_used |= track.is_active;
            if let Some(open) = &track.open {
                on.since = Some(on.since.map_or(open.start, |since| since.min(open.start)));
            }
        }
        on
    }

    /// Since when somebody's session on the GPU of this id, or on its instances, goes on, and the joules that were its doing.
    pub fn running(&self, gpu: &str, key: &Untrusted, uid: Option<u32>) -> Option<(i64, Option<f64>)> {
        let tracks = self.tracks.get(key)?.iter().filter(|track| track.uid == uid && track.source.pack() == gpu);
        let open = tracks.filter_map(|track| track.open.as_ref()).map(|open| (open.start, open.total.energy));
        open.reduce(|(start, joules), (other, more)| (start.min(other), sum(joules, more)))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = (&Untrusted, &mut Track)> {
        self.tracks.iter_mut().flat_map(|(key, tracks)| tracks.iter_mut().map(move |track| (key, track)))
    }
}

impl Track {
    fn new(of: &GpuUse, now: &Moment) -> Track {
        Track {
            source: of.source.clone(),
            identity: of.identity.clone(),
            uid: of.uid,
            processes: Vec::new(),
            chief: None,
            window: Window::default(),
            open: None,
            held: None,
            end: now.ts,
            last: now.boot,
            is_present: true,
            gone: None,
            is_gone: false,
            is_met: false,
            is_active: false,
            is_doubtful: false,
        }
    }

    /// What an earlier recorder left open, and last saw at this boot time.
    fn left(one: Session, last: Duration) -> Track {
        let total = Used {
            busy: one.busy,
            encoder: one.encoder,
            decoder: one.decoder,
            energy: one.energy,
            share: one.peak_share,
            vram: one.vram,
        };
        let open = Open { id: one.id, start: one.start, episode: one.episode, total, pause: Used::default() };
        Track {
            chief: Chief::left(&one),
            source: one.source,
            identity: one.identity,
            uid: one.uid,
            processes: one.processes,
            window: Window::default(),
            open: Some(open),
            held: None,
            end: one.end,
            last,
            is_present: false,
            gone: None,
            is_gone: false,
            is_met: false,
            is_active: false,
            is_doubtful: true,
        }
    }

    fn is_of(&self, one: &Together<'_>) -> bool {
        self.uid == one.first.uid && self.source.id == one.first.source.id
    }

    /// Meets its processes, or others of the same name; gives the session that is over with that.
    fn meet(&mut self, one: &Together<'_>, is_active: bool, now: &Moment, rules: &UseRules) -> Option<Session> {
        let knows = |process: &Process| process.started.is_some() && self.processes.contains(process);
        let over = if self.is_doubtful {
            let is_over = !one.processes().any(|process| knows(&process)) || !now.bridges(self.last, rules.bridge);
            is_over.then_some(Ended::Unknown)
        } else {
            let is_over = is_active && !now.bridges(self.last, rules.bridge);
            is_over.then(|| self.how(Sight::Read))
        };
        let closed = over.and_then(|ended| self.close(&one.first.key, ended));
        if over.is_some() {
            *self = Track::new(one.first, now);
        }
        (self.is_met, self.is_present, self.is_doubtful, self.gone) = (true, true, false, None);
        closed
    }

    /// Takes what it does in this tick: whether that is use that counts, whether its memory is, and its time.
    fn take(&mut self, one: Together<'_>, (is_active, holds, busy): (bool, bool, f64), now: &Moment, rules: &UseRules) {
        self.is_active = is_active;
        let since = (now.begin(), now.boot.saturating_sub(Duration::from_secs(now.step)));
        self.held = holds.then(|| self.held.unwrap_or(since));
        if !is_active {
            match &mut self.open {
                Some(open) => open.pause.add(one.used),
                None => self.window.more(one.used),
            }
            return;
        }
        (self.end, self.last) = (now.ts, now.boot);
        self.identity = one.first.identity.clone();
        self.chief = one.uses().fold(self.chief.take(), |chief, used| Some(Chief::after(chief, used)));
        for process in one.processes().take(PROCESSES) {
            if !self.processes.contains(&process) {
                self.processes.push(process);
            }
        }
        let many = self.processes.len().saturating_sub(PROCESSES);
        self.processes.drain(..many);
        match &mut self.open {
            Some(open) => {
                open.total.add(std::mem::take(&mut open.pause));
                open.total.add(one.used);
            }
            None => self.window.used(now, rules, busy, one.used),
        }
    }

    /// Begins the session where it counts by now; tells whether it does.
    fn begin(&mut self, now: &Moment, rules: &UseRules, numbered: &mut i64) -> bool {
        if self.open.is_some() || !self.is_active {
            return false;
        }
        let held = self.held.filter(|(_, since)| now.boot.saturating_sub(*since) >= rules.hold).map(|(ts, _)| ts);
        let Some(start) = [held, self.window.counts(now, rules)].into_iter().flatten().min() else { return false };
        let Some((start, total)) = self.window.take_from(start) else { return false };
        *numbered += 1;
        self.open = Some(Open { id: *numbered, start, episode: None, total, pause: Used::default() });
        true
    }

    /// Lets a tick without use pass; tells whether it goes on.
    fn ages(&mut self, sight: Sight, now: &Moment, rules: &UseRules) -> bool {
        if self.is_active {
            return true;
        }
        match sight {
            Sight::Read if !self.is_met => {
                (self.is_present, self.held) = (false, None);
                self.gone = self.gone.or(Some(now.boot));
            }
            // It waits with its memory until somebody looks.
            Sight::Asleep if self.held.is_some() => self.last = now.boot,
            _ => {}
        }
        now.may_bridge(self.last, rules.bridge)
    }

    /// How it ended, where it ends now.
    fn how(&self, sight: Sight) -> Ended {
        match sight {
            _ if self.is_doubtful => Ended::Unknown,
            _ if !self.is_present => Ended::Exited,
            Sight::Blind => Ended::Unknown,
            Sight::Read | Sight::Asleep => Ended::Idle,
        }
    }

    /// Ends its session, if it is one.
    fn close(&mut self, key: &Untrusted, ended: Ended) -> Option<Session> {
        let row = self.row(key)?;
        self.open = None;
        Some(Session { ended: Some(ended), ..row })
    }

    /// Adds what belongs to use before this tick.
    fn more(&mut self, used: Used) {
        match &mut self.open {
            Some(open) => open.total.add(used),
            None => self.window.more(used),
        }
    }

    /// The wall clock was set.
    fn shift(&mut self, seconds: i64) {
        self.end = self.end.saturating_add(seconds);
        self.held = self.held.map(|(ts, boot)| (ts.saturating_add(seconds), boot));
        self.window.shift(seconds);
        if let Some(open) = &mut self.open {
            open.start = open.start.saturating_add(seconds);
        }
    }

    /// Whether all of its processes have ended, or came back, since this was last asked.
    fn turns(&mut self, now: &Moment) -> bool {
        let is_gone = self.gone.is_some_and(|gone| now.boot.saturating_sub(gone) >= GONE) && !self.is_doubtful;
        std::mem::replace(&mut self.is_gone, is_gone) != is_gone
    }

    /// The session as it stands: who is gone has ended, unless he comes back.
    fn standing(&self, key: &Untrusted) -> Option<Session> {
        Some(Session { ended: self.is_gone.then_some(Ended::Exited), ..self.row(key)? })
    }

    fn row(&self, key: &Untrusted) -> Option<Session> {
        let Open { id, start, episode, total, .. } = self.open.as_ref()?;
        Some(Session {
            id: *id,
            source: self.source.clone(),
            key: key.clone(),
            identity: self.identity.clone(),
            uid: self.uid,
            command: self.chief.as_ref().and_then(Chief::command).cloned(),
            start: *start,
            end: self.end.max(*start),
            ended: None,
            busy: total.busy,
            encoder: total.encoder,
            decoder: total.decoder,
            energy: total.energy,
            peak_share: total.share,
            vram: total.vram,
            processes: self.processes.clone(),
            episode: *episode,
        })
    }
}

#[cfg(test)]
mod tests;
