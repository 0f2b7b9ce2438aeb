//! What has still to be said; pure.
//!
//! Each alert waits at most once: where it began and ended unheard, only its end is said. Many at once become one
//! summary, because a pile of old notifications helps nobody.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use hoofbeat_core::engine::AlertKey as Key;
use hoofbeat_core::engine::{Digest, Notice, NoticePhase};
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::say;

use super::answer::Outcome;
use crate::wording;

/// Which alert a notice is about.
pub fn key(notice: &Notice) -> Key {
    Key::new(&notice.rule.id, &notice.source.id, notice.who.as_ref().map_or("", |who| &who.key))
}

/// More than this many become a summary.
const MANY: usize = 3;
/// How many titles a summary lists.
const LISTED: usize = 5;
/// How many wait at most; the oldest is only counted then.
const MOST: usize = 64;

/// What makes GNOME show tray icons.
const EXTENSION: &str = "AppIndicator and KStatusNotifierItem Support";
const EXTENSION_PAGE: &str = "https://extensions.gnome.org/extension/615/appindicator-support/";

/// Something to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Say {
    /// The alert that it is about: what is said about it later replaces it.
    pub key: Option<Key>,
    /// The alert, while it fires and a person may answer. It is not kept over a restart.
    #[serde(skip)]
    pub alert: Option<Arc<Notice>>,
    /// The news.
    pub title: String,
    /// The rest; plain text that may hold text from outside.
    pub body: String,
    /// How much it matters; `None` for something that is over.
    pub severity: Option<Severity>,
    /// Whether it may vanish without having been read.
    pub transient: bool,
    /// Whether it asks what to do where nothing shows an icon.
    #[serde(default)]
    pub asks: bool,
    /// Whether it is said that it happened before a restart.
    #[serde(default)]
    pub is_late: bool,
    /// Whether it is about the recording itself: then its title tells no news.
    #[serde(default)]
    pub is_trouble: bool,
}

impl Say {
    /// What is said of a notice; `told_of` where its beginning was said.
    pub fn about(notice: &Arc<Notice>, told_of: bool) -> Say {
        let over = matches!(notice.phase, NoticePhase::Cleared { .. });
        Say {
            key: Some(key(notice)),
            alert: (!over).then(|| notice.clone()),
            title: wording::title(notice),
            body: wording::body(notice),
            severity: (!over).then_some(notice.rule.severity),
            // Where nobody was told that it began, its end is news that should not vanish.
            transient: over && told_of,
            ..Say::of(String::new(), String::new())
        }
    }

    /// Something else to say, which matters little.
    fn of(title: String, body: String) -> Say {
        Say {
            key: None,
            alert: None,
            title,
            body,
            severity: None,
            transient: false,
            asks: false,
            is_late: false,
            is_trouble: false,
        }
    }
}

/// What has still to be said, oldest first.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: VecDeque<Say>,
    /// How many were given up.
    dropped: usize,
}

impl Waiting {
    /// Something happened.
    pub fn add(&mut self, notice: &Arc<Notice>) {
        let key = key(notice);
        let earlier = self.queue.iter().position(|say| say.key.as_ref() == Some(&key));
        let unheard = earlier.is_some_and(|at| self.queue.remove(at).is_some_and(|say| !say.transient));
        self.push(Say::about(notice, !unheard));
    }

    /// What was said is not to be seen any more, and still so.
    pub fn again(&mut self, notice: &Arc<Notice>) {
        let key = key(notice);
        if !self.queue.iter().any(|say| say.key.as_ref() == Some(&key)) {
            self.push(Say::about(notice, true));
        }
    }

    /// Several things happened.
    pub fn digest(&mut self, digest: &Digest) {
        let firing = digest.items.iter().filter(|item| item.over.is_none());
        let severity = firing.map(|item| item.severity).max();
        let said = Say::of(wording::digest_title(digest), wording::digest_body(digest));
        self.push(Say { severity, ..said });
    }

    /// That an alert fires is not to be said any more; what came of an answer is.
    pub fn withdraw(&mut self, key: &Key) {
        self.queue.retain(|say| say.key.as_ref() != Some(key) || say.severity.is_none());
    }

    /// A person answered, and this came of it.
    pub fn answered(&mut self, notice: &Arc<Notice>, outcome: Outcome) {
        let key = key(notice);
        self.queue.retain(|say| say.key.as_ref() != Some(&key));
        let Outcome { title, body, done } = outcome;
        // What failed may be tried again.
        let alert = (!done).then(|| notice.clone());
        let severity = (!done).then_some(Severity::Warning);
        self.push(Say { key: Some(key), alert, severity, transient: done, ..Say::of(title, body) });
    }

    /// Something is wrong with the recording itself.
    pub fn trouble(&mut self, sentence: &str) {
        let said = Say::of(say!("Hoofbeat needs attention").to_owned(), sentence.to_owned());
        self.push(Say { severity: Some(Severity::Warning), is_trouble: true, ..said });
    }

    /// Nothing shows the icon on this desktop.
    pub fn no_tray(&mut self, desktop: &str) {
        let body = match desktop.split(':').any(|name| name.eq_ignore_ascii_case("gnome")) {
            true => say!(
                "GNOME shows tray icons only with the extension “{extension}” ({page}). Once that is there, the icon \
                 appears; until then, hoofbeat open opens the window, and hoofbeat autostart on starts this at login.",
                extension = EXTENSION,
                page = EXTENSION_PAGE
            ),
            false => say!(
                "Nothing here shows tray icons; the panels of most desktops can be given a tray. Once that is there, \
                 the icon appears; until then, hoofbeat open opens the window, and hoofbeat autostart on starts this at \
                 login."
            )
            .to_owned(),
        };
        let title = say!("Hoofbeat records, without an icon").to_owned();
        self.push(Say { asks: true, ..Say::of(title, body) });
    }

    /// What waits, to be kept over a restart; null where nothing does.
    pub fn saved(&self) -> Value {
        match self.queue.is_empty() && self.dropped == 0 {
            true => Value::Null,
            false => json!({ "queue": self.queue, "dropped": self.dropped }),
        }
    }

    /// Takes what an earlier recorder could not show; it stands before what came since. Of another version's shape nothing
    /// is known.
    pub fn restore(&mut self, saved: &Value) {
        let Ok(queue) = VecDeque::<Say>::deserialize(&saved["queue"]) else { return };
        self.dropped += saved["dropped"].as_u64().map_or(0, |dropped| dropped as usize);
        let since = std::mem::take(&mut self.queue);
        for mut say in queue {
            if !say.is_late {
                // It may be over by now.
                let late = say!("It happened before a restart and could not be shown then.");
                say.body = format!("{}\n{late}", say.body);
                say.is_late = true;
            }
            // What came since says more.
            if say.key.is_none() || !since.iter().any(|newer| newer.key == say.key) {
                self.push(say);
            }
        }
        since.into_iter().for_each(|say| self.push(say));
    }

    fn push(&mut self, say: Say) {
        if self.queue.len() == MOST {
            self.queue.pop_front();
            self.dropped += 1;
        }
        self.queue.push_back(say);
    }

    /// Turns many into one.
    pub fn condense(&mut self) {
        if self.queue.len() <= MANY && self.dropped == 0 {
            return;
        }
        let count = self.queue.len() + self.dropped;
        let severity = self.queue.iter().map(|say| say.severity).max().flatten();
        // The newest matter most. Trouble has the same title always.
        let news = |say: &Say| if say.is_trouble { say.body.clone() } else { say.title.clone() };
        let titles: Vec<String> = self.queue.iter().rev().take(LISTED).map(news).collect();
        let more = if count > titles.len() { " · …" } else { "" };
        let body = format!("{}{more}", titles.join(" · "));
        let title = say!("{count} messages", count);
        self.queue.clear();
        self.dropped = 0;
        self.queue.push_back(Say { severity, ..Say::of(title, body) });
    }

    /// What to say next.
    pub fn next(&self) -> Option<&Say> {
        self.queue.front()
    }

    /// It was said.
    pub fn said(&mut self) {
        self.queue.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::path::Path;

    use hoofbeat_core::config::Config;
    use hoofbeat_core::engine::{Detail, Ending};
    use hoofbeat_core::language::{Language, within};
    use hoofbeat_core::model::rule::Rule;
    use hoofbeat_core::model::{Source, SourceKind};

    use super::*;

    const LATE: &str = "It happened before a restart and could not be shown then.";

    fn notice(rule: &str, over: bool, severity: Severity) -> Arc<Notice> {
        let phase = match over {
            true => NoticePhase::Cleared { ending: Ending::Read, lasted: Duration::from_secs(60), peak: None },
            false => NoticePhase::Fired,
        };
        let text = format!("[[rule]]\nid = {rule:?}\nmetric = \"cpu.temperature\"\nfire = \"> 95\"");
        let rules = Config::parse(&text, Path::new("x")).unwrap().rules;
        let rule = Rule { severity, ..rules.last().unwrap().clone() };
        Arc::new(Notice {
            rule: Arc::new(rule),
            source: Source::whole(SourceKind::Cpu, "cpu", "CPU"),
            who: None,
            value: Some(96.0),
            phase,
            since: 0,
            detail: Detail::default(),
            text: None,
            because: None,
            flutters: None,
            notify: true,
        })
    }

    fn said(waiting: &mut Waiting) -> Vec<(String, bool)> {
        let mut all = Vec::new();
        while let Some(say) = waiting.next() {
            all.push((say.title.clone(), say.transient));
            waiting.said();
        }
        all
    }

    #[test]
    fn each_alert_waits_once() {
        #[track_caller]
        fn check(notices: &[(&str, bool)], expected: &[(&str, bool)]) {
            let mut waiting = Waiting::default();
            notices.iter().for_each(|(rule, over)| waiting.add(&notice(rule, *over, Severity::Warning)));
            let expected: Vec<_> = expected.iter().map(|(title, transient)| (title.to_string(), *transient)).collect();
            assert_eq!(said(&mut waiting), expected);
        }
        const FIRED: &str = "CPU at 96 °C";
        const OVER: &str = "CPU back to 96 °C after 1 min";
        check(&[("a", false)], &[(FIRED, false)]);
        check(&[("a", true)], &[(OVER, true)]);
        // It began and ended unheard: its end stays until it is read.
        check(&[("a", false), ("a", true)], &[(OVER, false)]);
        check(&[("a", false), ("a", true), ("a", false)], &[(FIRED, false)]);
        check(&[("a", false), ("b", false)], &[(FIRED, false), (FIRED, false)]);
    }

    #[test]
    fn many_become_one() {
        let mut waiting = Waiting::default();
        for at in 0..MANY {
            waiting.add(&notice(&at.to_string(), false, Severity::Info));
        }
        waiting.condense();
        assert_eq!(waiting.queue.len(), MANY, "a few are said one by one");

        waiting.add(&notice("one-too-many", true, Severity::Critical));
        waiting.add(&notice("hot", false, Severity::Warning));
        waiting.condense();
        let summary = waiting.next().cloned().unwrap();
        assert_eq!(summary.title, format!("{} messages", MANY + 2));
        assert_eq!((summary.severity, summary.key, summary.transient), (Some(Severity::Warning), None, false));
        assert_eq!(said(&mut waiting).len(), 1);
    }

    #[test]
    fn what_waits_outlives_a_restart() {
        let mut waiting = Waiting::default();
        assert_eq!(waiting.saved(), Value::Null);
        for rule in ["a", "b"] {
            waiting.add(&notice(rule, false, Severity::Warning));
        }
        let saved = waiting.saved();
        let mut next = Waiting::default();
        next.add(&notice("b", true, Severity::Warning));
        next.restore(&saved);
        let titles: Vec<_> = next.queue.iter().map(|say| (say.title.as_str(), say.body.ends_with(LATE))).collect();
        assert_eq!(titles, [("CPU at 96 °C", true), ("CPU back to 96 °C after 1 min", false)]);
        // It is replaced by its end, as if there had been no restart; and it is not marked twice.
        next.restore(&Value::Null);
        next.restore(&json!({ "queue": 7 }));
        let again = next.saved();
        let mut next = Waiting::default();
        next.restore(&again);
        assert_eq!(next.queue[0].body.matches(LATE).count(), 1);
        next.add(&notice("a", true, Severity::Warning));
        assert_eq!(next.queue.iter().filter(|say| say.key == next.queue[1].key).count(), 1);
    }

    /// What waits is said in the language in which it was put into words; what is added is said in today's.
    #[test]
    fn what_waits_may_be_in_another_language_than_what_comes_of_it() {
        let mut waiting = Waiting::default();
        within(Language::German, || {
            for at in 0..=MANY {
                waiting.trouble(&format!("Platte {at} ist </b> voll"));
            }
            waiting.no_tray("ubuntu:GNOME");
        });
        assert_eq!(waiting.next().unwrap().title, "Hoofbeat braucht Aufmerksamkeit");
        let asks = waiting.queue.back().cloned().unwrap();
        assert!(asks.asks && asks.body.starts_with("GNOME zeigt Symbole im Infobereich nur mit der Erweiterung „App"));
        let mut next = Waiting::default();
        next.restore(&waiting.saved());
        assert!(next.next().unwrap().body.ends_with(LATE));
        let again = next.saved();
        let mut last = Waiting::default();
        within(Language::German, || last.restore(&again));
        assert!(last.next().unwrap().body.ends_with(LATE), "it is marked once, in whatever language");
        within(Language::German, || last.condense());
        let told = last.next().unwrap();
        assert_eq!(told.title, "5 Meldungen");
        assert!(told.body.contains("Platte 3 ist </b> voll"), "{}", told.body);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut waiting = Waiting::default();
        for at in 0..10 * MOST {
            waiting.add(&notice(&at.to_string(), false, Severity::Info));
        }
        assert_eq!(waiting.queue.len(), MOST);
        waiting.condense();
        assert_eq!(waiting.next().unwrap().title, format!("{} messages", 10 * MOST));
    }
}
