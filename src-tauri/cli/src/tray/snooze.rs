//! What the tray's menu offers about alerts: not to hear of those that fire for an hour, and to take that back.
//!
//! It silences what fires now, alert by alert: new trouble is told all the same. Deliberately not here: what a snooze
//! means for an alert that goes on, which core decides.

use std::path::{Path, PathBuf};

use hoofbeat_core::api::Face;
use hoofbeat_core::engine::{ActiveAlert, Snapshot};
use hoofbeat_core::model::snooze::{EVERY, Snooze};
use hoofbeat_core::store::StoreError;
use jiff::tz::TimeZone;

use crate::time;

/// How long "Snooze" lasts.
const SECONDS: i64 = 3600;

/// A rule's id, a source's, and the key of whose doing it is where that is told apart.
pub type Which = (String, String, Option<String>);

/// What the row of the menu does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// Nothing fires and nothing is silent.
    #[default]
    Nothing,
    /// Silences these rules on these sources.
    Snooze(Vec<Which>),
    /// Takes these snoozes back.
    Wake {
        /// Until when all is silent: "until 15:02".
        ending: String,
        /// Which.
        snoozes: Vec<Which>,
    },
}

impl Offer {
    /// The words of the row.
    pub fn label(&self) -> String {
        match self {
            Offer::Nothing | Offer::Snooze(_) => "Snooze alerts for 1 h".to_owned(),
            Offer::Wake { ending, .. } => format!("Alerts snoozed {ending} · Wake"),
        }
    }

    /// What there is to offer.
    pub fn of(snapshot: &Snapshot, zone: &TimeZone) -> Offer {
        let loud = snapshot.alerts.iter().filter(|alert| covering(alert, snapshot).next().is_none());
        let which = |alert: &ActiveAlert| {
            let who = alert.who.as_ref().map(|who| who.key.clone());
            (alert.rule.id.clone(), alert.source.id.clone(), who)
        };
        let mut loud: Vec<Which> = loud.map(which).collect();
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
        // The first end counts: from then on something is told again.
        let of_each = snapshot.alerts.iter().map(|alert| last(covering(alert, snapshot)));
        let of_all = snoozes.iter().map(|snooze| snooze.until);
        let first = match snapshot.alerts.is_empty() {
            true => of_all.min_by_key(|until| until.unwrap_or(i64::MAX)),
            false => of_each.min_by_key(|until| until.unwrap_or(i64::MAX)),
        };
        let snoozes = snoozes.iter().map(|one| (one.rule.clone(), one.source.clone(), one.who.clone())).collect();
        let ending = ending(first.flatten(), snapshot, zone, "they are");
        Offer::Wake { ending, snoozes }
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
            Offer::Wake { snoozes, .. } => snoozes
                .iter()
                .try_for_each(|(rule, source, who)| face.take_back_whom(rule, source, who.as_deref()).map(drop)),
        }
    }

    /// The same beside the tray's own thread: a disk may hang, and the menu must not.
    pub fn start(self, folder: PathBuf) {
        let now = jiff::Timestamp::now().as_second();
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

/// Until when an alert is silent: "until 15:02"; `None` where it is not.
pub fn silence(alert: &ActiveAlert, snapshot: &Snapshot, zone: &TimeZone) -> Option<String> {
    let mut covering = covering(alert, snapshot).peekable();
    covering.peek()?;
    Some(ending(last(covering), snapshot, zone, "it is"))
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

fn ending(until: Option<i64>, snapshot: &Snapshot, zone: &TimeZone, is: &str) -> String {
    match until {
        Some(until) => {
            let now = time::zoned(snapshot.ts.unwrap_or(until), zone);
            format!("until {}", time::moment(until, &now))
        }
        None => format!("until {is} over"),
    }
}
