//! Between the alerts and the people: which notices are told now, which later as one, and what of that is kept.
//!
//! Deliberately not here: the decision (`alerts::dispatch`), words, and how a word reaches somebody.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::news::{Digest, DigestItem, Published};
use super::watch::{Known, Watch};
use crate::alerts::baseline::Local;
use crate::alerts::dispatch::{Decision, Dispatch, Due, Happening, Item, Key, Moment, What};
use crate::alerts::expect::{Judgement, Used, judge};
use crate::alerts::{ActiveAlert, Detail, Ending, Notice, NoticePhase, Who, words};
use crate::config::Config;
use crate::model::notify::Notify;
use crate::model::rule::{Rule, Watched};
use crate::model::snooze::Snooze;
use crate::model::{AlertPhase, AlertRow, EventKind, Now, Source, SourceKind, Tick};
use crate::untrusted::Untrusted;

/// What an earlier recorder left, and what people do not want to hear of.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub dispatch: Option<String>,
    pub snoozes: Vec<Snooze>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Desk {
    dispatch: Dispatch,
    zone: TimeZone,
}

/// The one place where an alert gets its key.
fn key(rule: &str, source: &str, who: &str) -> Key {
    Key::new(rule, source, who)
}

fn key_of(rule: &str, source: &Source, who: Option<&Who>) -> Key {
    key(rule, &source.id, who.map_or("", |who| &who.key))
}

fn moment(now: Now, zone: &TimeZone) -> Moment {
    Moment { boot: now.boot, local: Local::at(now.unix(), zone) }
}

impl Desk {
    /// With what was kept, and the alerts as they stand.
    pub fn new(kept: Kept, alerts: &[AlertRow], rules: &Notify, now: Now) -> Desk {
        let zone = TimeZone::system();
        let dispatch = Dispatch::restored(kept.dispatch.as_deref(), kept.snoozes, moment(now, &zone));
        let mut desk = Desk { dispatch, zone };
        let firing = alerts.iter().filter(|row| row.phase.is_told());
        let firing = firing.map(|row| (key(&row.rule, &row.source, &row.who), row.since)).collect();
        desk.dispatch.align(firing, rules, desk.moment(now));
        desk
    }

    fn moment(&self, now: Now) -> Moment {
        moment(now, &self.zone)
    }

    /// Decides whether a notice is told now.
    pub fn take(&mut self, notice: &mut Notice, rules: &Notify, now: Now) {
        let key = key_of(&notice.rule.id, &notice.source, notice.who.as_ref());
        // A rule that says more fires there.
        if !notice.notify && !matches!(notice.phase, NoticePhase::Cleared { .. }) {
            if notice.phase == NoticePhase::Fired {
                self.dispatch.inhibited(key, notice.rule.severity, about(notice), self.moment(now));
            }
            return;
        }
        let what = match notice.phase {
            NoticePhase::Fired => What::Fired,
            NoticePhase::Again { .. } => What::Again,
            NoticePhase::Cleared { lasted, .. } => What::Cleared { lasted },
        };
        let happening = Happening { key, severity: notice.rule.severity, what, about: about(notice) };
        let decision = self.dispatch.happened(happening, rules, self.moment(now));
        log::debug!("{} on {}: {decision:?}", notice.rule.id, notice.source.id);
        // That nothing more happened is no news.
        let is_event = matches!(notice.rule.watched, Watched::Event { .. });
        let is_news =
            !matches!(notice.phase, NoticePhase::Cleared { ending, .. } if is_event && ending != Ending::UseOver);
        notice.notify &= decision == Decision::Say && is_news;
    }

    /// What is due, by the clocks or because no rule that says more fires there any more.
    pub fn settle(&mut self, watch: &Watch, config: &Config, now: Now) -> Vec<Published> {
        if !self.dispatch.is_busy() {
            return Vec::new();
        }
        let (moment, is_free) = (self.moment(now), |key: &Key| watch.is_free(key.rule(), key.source(), key.who()));
        let mut due = self.dispatch.freed(is_free, &config.notify, moment);
        due.extend(self.dispatch.settle(&config.notify, moment));
        let hushed = Some(self.dispatch.take_hushed()).filter(|keys| !keys.is_empty());
        let mut published: Vec<_> = hushed.map(|keys| Published::Withdrawn(Arc::new(keys))).into_iter().collect();
        if due.is_empty() {
            return published;
        }
        let active = watch.active();
        let newest: HashMap<Key, &ActiveAlert> =
            active.iter().map(|one| (key_of(&one.rule.id, &one.source, one.who.as_ref()), one)).collect();
        let line = |item: &Item| {
            let now = newest.get(&item.key).filter(|_| item.over.is_none());
            now.map(|one| of_active(one)).or_else(|| of_item(item))
        };
        published.extend(due.into_iter().filter_map(|due| match due {
            Due::Say(item) => {
                let notice = newest.get(&item.key).map(|one| still(one, now)).or_else(|| kept(&item, config, now));
                Some(Published::Alert(Arc::new(notice?)))
            }
            Due::Digest(digest) => {
                let items: Vec<DigestItem> = digest.items.iter().filter_map(&line).collect();
                let unknown = (digest.items.len() - items.len()) as u64;
                let (wait, more) = (digest.wait, digest.more + unknown);
                let digest = Digest { ts: now.unix(), wait, window: config.notify.window, items, more };
                Some(Published::Digest(Arc::new(digest)))
            }
        }));
        published
    }

    /// Adds to a tick what is to be kept. Alerts that end in it without a notice are over for us, too.
    pub fn keep(&mut self, tick: &mut Tick, rules: &Notify, now: Now) {
        if !tick.alerts.is_empty() {
            // The last row of an alert is how it stands.
            let last: HashMap<Key, AlertPhase> =
                tick.alerts.iter().map(|row| (key(&row.rule, &row.source, &row.who), row.phase)).collect();
            let moment = self.moment(now);
            for (key, _) in
                last.iter().filter(|(_, phase)| matches!(phase, AlertPhase::Inactive | AlertPhase::Resolved))
            {
                self.dispatch.gone(key, rules, moment);
            }
        }
        tick.snoozes_ended.extend(self.dispatch.take_ended());
        tick.dispatch = self.dispatch.take_changed(self.moment(now));
    }

    /// Takes over how much these rules say that alerts matter.
    pub fn regrade(&mut self, rules: &[Rule]) {
        self.dispatch.regrade(|key| rules.iter().find(|rule| rule.id == key.rule()).map(|rule| rule.severity));
    }

    /// Says nothing more of uses of GPUs that are expected by now: a person answered to the alert. The keys of those that
    /// fire.
    pub fn settle_expected(&mut self, config: &Config, now: Now) -> Vec<Key> {
        let minute = self.moment(now).local.minute;
        self.dispatch.settled(|key, about| {
            let rule = config.rules.iter().find(|rule| rule.id == key.rule());
            let is_use = |rule: &Rule| matches!(rule.watched, Watched::Event { kind: EventKind::UnexpectedUse, .. });
            // That something is missing, or another file than before, is no use that could be expected.
            let is_of_use = !matches!(about["event"]["why"].as_str(), None | Some("missing" | "changed_binary"));
            rule.is_some_and(is_use)
                && is_of_use
                && matches!(
                    judge(&config.expectations, &used(key, about), minute, config.sessions),
                    Judgement::Expected(_)
                )
        })
    }

    /// What was noted of an alert that fires.
    pub fn known(&self, key: &Key) -> Option<Known> {
        known(key, self.dispatch.about(key)?)
    }

    /// Puts these snoozes in force, and no others.
    pub fn snooze(&mut self, snoozes: Vec<Snooze>) {
        self.dispatch.snooze(snoozes);
    }

    /// The snoozes in force.
    pub fn snoozes(&self) -> Vec<Snooze> {
        self.dispatch.snoozes().to_vec()
    }

    /// Keeps what a face could not show.
    pub fn unshown(&mut self, said: Value) {
        self.dispatch.set_unshown(said);
    }

    /// What an earlier recorder's face could not show, where anything.
    pub fn was_unshown(&self) -> Option<Value> {
        Some(self.dispatch.unshown().clone()).filter(|said| !said.is_null())
    }

    /// The store is a new one and knows nothing.
    pub fn retell(&mut self) {
        self.dispatch.retell();
    }
}

/// What a later word about an alert needs to know.
fn about(notice: &Notice) -> Value {
    let Notice { rule, source, who, detail, .. } = notice;
    let value = match notice.phase {
        NoticePhase::Fired | NoticePhase::Again { .. } => notice.value,
        NoticePhase::Cleared { peak, .. } => peak.or(notice.value),
    };
    let title = words::news(rule, source, who.as_ref(), value, detail, &words::plain);
    json!({
        "title": title, "kind": source.kind.word(), "label": source.label.json(), "value": value,
        "identity": who.as_ref().map(|who| who.name.json()), "event": detail.event, "reason": detail.reason,
    })
}

/// The use that an alert is about, as far as it was noted.
fn used(key: &Key, about: &Value) -> Used {
    let event = &about["event"];
    Used {
        gpu: key.source().to_owned(),
        key: Untrusted::from(key.who()),
        label: Untrusted::from(about["identity"].as_str().unwrap_or_default()),
        uid: event["uid"].as_u64().and_then(|uid| u32::try_from(uid).ok()),
        files: Vec::new(),
        share: event["share"].as_f64(),
        vram: event["vram"].as_u64(),
    }
}

/// The same as a line of a digest; `None` where another version of Hoofbeat wrote it.
fn of_item(item: &Item) -> Option<DigestItem> {
    Some(DigestItem {
        rule: item.key.rule().to_owned(),
        severity: item.severity,
        source: item.key.source().to_owned(),
        title: Untrusted::from(item.about.get("title")?.as_str()?),
        since: item.since,
        over: item.over,
    })
}

fn of_active(one: &ActiveAlert) -> DigestItem {
    DigestItem {
        rule: one.rule.id.clone(),
        severity: one.rule.severity,
        source: one.source.id.clone(),
        title: Untrusted::from(words::firing(one, &words::plain).as_str()),
        since: one.since,
        over: None,
    }
}

/// The notice of an alert that fires for some time already.
fn still(one: &ActiveAlert, now: Now) -> Notice {
    let lasted = Duration::from_secs(u64::try_from(now.unix() - one.since).unwrap_or(0));
    Notice {
        rule: one.rule.clone(),
        source: one.source.clone(),
        who: one.who.clone(),
        value: one.value,
        phase: NoticePhase::Again { lasted },
        since: one.since,
        detail: one.detail.clone(),
        text: None,
        because: None,
        flutters: None,
        notify: true,
    }
}

/// What was noted of an alert; `None` where another version of Hoofbeat noted it.
fn known(key: &Key, about: &Value) -> Option<Known> {
    let text = |key: &str| about.get(key).and_then(Value::as_str);
    let source = Source::whole(SourceKind::from_word(text("kind")?)?, key.source(), text("label")?);
    let who = text("identity").map(|name| Who { key: key.who().to_owned(), name: Untrusted::from(name) });
    let detail = Detail {
        event: about.get("event").filter(|event| !event.is_null()).cloned(),
        reason: text("reason").map(str::to_owned),
    };
    Some((source, who, detail))
}

/// The same of one whose source was not read since a restart.
fn kept(item: &Item, config: &Config, now: Now) -> Option<Notice> {
    let rule = config.rules.iter().find(|rule| rule.id == item.key.rule())?;
    let (source, who, detail) = known(&item.key, &item.about)?;
    let active = ActiveAlert {
        rule: Arc::new(rule.clone()),
        source,
        who,
        value: item.about.get("value").and_then(Value::as_f64),
        peak: None,
        since: item.since,
        is_recovering: false,
        is_silent: true,
        detail,
    };
    Some(still(&active, now))
}
