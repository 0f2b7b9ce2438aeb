//! What the tray's menu offers about alerts: not to hear of those that fire for an hour, and to undo each snooze.
//!
//! It silences what fires now, alert by alert: new trouble is told all the same. Each snooze has a row of its own, also
//! while something else is loud. Deliberately not here: what a snooze
//! means for an alert that goes on, which core decides.

use std::path::{Path, PathBuf};

use hoofbeat_core::api::Face;
use hoofbeat_core::engine::{ActiveAlert, Snapshot, words};
use hoofbeat_core::model::snooze::{EVERY, Snooze};
use hoofbeat_core::say;
use hoofbeat_core::store::StoreError;
use hoofbeat_core::untrusted::Untrusted;
use jiff::tz::TimeZone;

use crate::time;

/// How long "Snooze" lasts.
const SECONDS: i64 = 3600;

/// A rule's id, a source's, and the key of whose doing it is where that is told apart.
pub type Which = (String, String, Option<String>);

/// More snoozes than this are only counted.
pub const LISTED: usize = 5;

/// What one click does about alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// Nothing fires and nothing is silent.
    #[default]
    Nothing,
    /// Silences these rules on these sources.
    Snooze(Vec<Which>),
    /// Takes these snoozes back.
    Undo(Vec<Which>),
}

/// The snoozes in force, as rows of the menu.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snoozed {
    /// What each is about and until when, with what undoes it; text from outside in it is harmless for one line.
    pub rows: Vec<(String, Offer)>,
    /// How many more there are.
    pub more: usize,
}

impl Snoozed {
    /// Those that hold now, oldest first.
    pub fn of(snapshot: &Snapshot, zone: &TimeZone) -> Snoozed {
        let mut rows: Vec<(String, Offer)> = snapshot
            .snoozes
            .iter()
            .filter(|one| snapshot.ts.is_none_or(|ts| one.holds(ts)))
            .map(|one| {
                let (ending, what) = (ending(one.until, snapshot, zone), about(one, snapshot));
                (say!("Snoozed {ending}: {what} · Undo", ending, what), Offer::Undo(vec![which(one)]))
            })
            .collect();
        let more = rows.len().saturating_sub(LISTED);
        rows.truncate(LISTED);
        Snoozed { rows, more }
    }
}

impl Offer {
    /// What there is to offer.
    pub fn of(snapshot: &Snapshot) -> Offer {
        let loud = snapshot.alerts.iter().filter(|alert| covering(alert, snapshot).next().is_none());
        let named = |alert: &ActiveAlert| {
            let who = alert.who.as_ref().map(|who| who.key.clone());
            (alert.rule.id.clone(), alert.source.id.clone(), who)
        };
        let mut loud: Vec<Which> = loud.map(named).collect();
        loud.sort();
        loud.dedup();
        if !loud.is_empty() {
            return Offer::Snooze(loud);
        }
        let is_of_all = |snooze: &&Snooze| snooze.rule == EVERY && snooze.source == EVERY;
        let is_in_the_way =
            |snooze: &&Snooze| is_of_all(snooze) || snapshot.alerts.iter().any(|alert| covers(snooze, alert, snapshot));
        let snoozes: Vec<&Snooze> = snapshot.snoozes.iter().filter(is_in_the_way).collect();
        if snoozes.is_empty() {
            return Offer::Nothing;
        }
        Offer::Undo(snoozes.into_iter().map(which).collect())
    }

    /// Does it, in the recording in `folder`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn carry_out(&self, folder: &Path, now: i64) -> Result<(), StoreError> {
        let face = Face::open(folder)?;
        match self {
            Offer::Nothing => Ok(()),
            Offer::Snooze(all) => all.iter().try_for_each(|(rule, source, who)| {
                face.snooze_whom(rule, source, who.as_deref(), Some(now + SECONDS))
            }),
            Offer::Undo(snoozes) => snoozes
                .iter()
                .try_for_each(|(rule, source, who)| face.take_back_whom(rule, source, who.as_deref()).map(drop)),
        }
    }

    /// The same beside the tray's own thread: a disk may hang, and the menu must not.
    pub fn start(self, folder: PathBuf) {
        let now = time::now();
        let run = move || {
            if let Err(error) = self.carry_out(&folder, now) {
                log::warn!("the alerts could not be snoozed or woken: {error}");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("snooze".into()).spawn(run) {
            log::warn!("the alerts could not be snoozed or woken: {error}");
        }
    }
}

fn which(snooze: &Snooze) -> Which {
    (snooze.rule.clone(), snooze.source.clone(), snooze.who.clone())
}

/// What a snooze is about: "all alerts", "gpu-hot on RTX 4090", "unexpected-use of Blender on RTX 4090".
fn about(snooze: &Snooze, snapshot: &Snapshot) -> String {
    let Snooze { rule, source, who, .. } = snooze;
    let outside = |text: &str| Untrusted::from(text).notification();
    let what = if rule == EVERY { say!("all alerts").to_owned() } else { outside(rule) };
    let who = who.as_deref().map(|key| {
        let known = snapshot.alerts.iter().filter_map(|alert| alert.who.as_ref()).find(|who| who.key == key);
        known.map_or_else(|| outside(key), |who| who.name.notification())
    });
    let known = snapshot.sources.iter().find(|one| one.source.id == *source);
    let place = match known {
        _ if source == EVERY => None,
        Some(known) => Some(words::subject(&known.source, &Untrusted::notification)),
        None => Some(outside(source)),
    };
    match (who, place) {
        (None, None) => what,
        (Some(who), None) => say!("{what} of {who}", what, who),
        (None, Some(place)) => say!("{what} on {place}", what, place),
        (Some(who), Some(place)) => say!("{what} of {who} on {place}", what, who, place),
    }
}

/// Until when an alert is silent: "until 15:02"; `None` where it is not.
pub fn silence(alert: &ActiveAlert, snapshot: &Snapshot, zone: &TimeZone) -> Option<String> {
    let mut covering = covering(alert, snapshot).peekable();
    covering.peek()?;
    Some(ending(last(covering), snapshot, zone))
}

/// Whether an alert is silent.
pub fn is_silent(alert: &ActiveAlert, snapshot: &Snapshot) -> bool {
    covering(alert, snapshot).next().is_some()
}

fn covering<'a>(alert: &'a ActiveAlert, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a Snooze> {
    snapshot.snoozes.iter().filter(move |snooze| covers(snooze, alert, snapshot))
}

fn covers(snooze: &Snooze, alert: &ActiveAlert, snapshot: &Snapshot) -> bool {
    let who = alert.who.as_ref().map_or("", |who| &who.key);
    snooze.silences(&alert.rule.id, &alert.source.id, who) && snapshot.ts.is_none_or(|ts| snooze.holds(ts))
}

/// The longest counts; `None` is until it is over.
fn last<'a>(snoozes: impl Iterator<Item = &'a Snooze>) -> Option<i64> {
    snoozes.map(|snooze| snooze.until).max_by_key(|until| until.unwrap_or(i64::MAX)).flatten()
}

fn ending(until: Option<i64>, snapshot: &Snapshot, zone: &TimeZone) -> String {
    match until {
        Some(until) => {
            let now = time::zoned(snapshot.ts.unwrap_or(until), zone);
            say!("until {moment}", moment = time::moment(until, &now))
        }
        None => say!("until it is over").to_owned(),
    }
}
