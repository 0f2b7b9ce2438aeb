//! What people and the disk ask of the engine: pause, go on, end, another config.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Core, Mode};
use crate::alerts::expect::problems;
use crate::config::Config;
use crate::engine::grid::Grid;
use crate::engine::journal::Report;
use crate::engine::news::{Command, Published, Trouble};
use crate::model::{self, EventKind, Now, RecorderState};
use crate::why::presence::Absence;
use crate::{language, say};

impl Core {
    pub(super) fn command(&mut self, command: Command, now: Now) {
        match command {
            _ if matches!(self.mode, Mode::Ending { .. }) => {}
            Command::Pause { until } => self.pause(until, now),
            Command::Resume => self.resume(now, false),
            Command::Suspending => {
                self.cut_short(now);
                self.journal.flush();
            }
            Command::Presence(said) => {
                if let Some(detail) = self.presence.step(said, now.unix()) {
                    self.say_who_is_back(Absence::of(&detail));
                    self.note(now, EventKind::Presence, detail);
                }
            }
            Command::Unshown(said) => self.desk.unshown(said),
            Command::Stop => self.stop(now),
        }
    }

    /// Tells of an absence that is over: what happened in it is news.
    pub(super) fn say_who_is_back(&self, absence: Option<Absence>) {
        if let Some(over) = absence.filter(|absence| absence.until.is_some()) {
            self.outlet.publish(Published::Back(over));
        }
    }

    /// Stops sampling. The store keeps the wish for the next start.
    pub(super) fn pause(&mut self, until: i64, now: Now) {
        if until <= now.unix() || matches!(self.mode, Mode::Ending { .. }) {
            return;
        }
        if let Mode::Paused { until: before, .. } = self.mode
            && before == until
        {
            return;
        }
        self.cut_short(now);
        self.between.clear();
        let boot = now.boot + Duration::from_secs((until - now.unix()).max(0) as u64);
        if matches!(self.mode, Mode::Recording) {
            self.since = now.unix();
        }
        self.mode = Mode::Paused { until, boot };
        self.note(now, EventKind::Paused, json!({ "until": model::told_end(until) }));
        self.next.recorder = Some((RecorderState::Paused, Some(until)));
        self.next.usage = self.minute.take();
        self.next.gpu_minute = self.gpus.take();
        self.stretching.write(&mut self.next, self.gpus.spent());
        self.durable = true;
        self.hand_over_news(now.unix());
        self.roster.quiet();
        self.say_status();
    }

    /// Goes on. `by_itself`: the wished time is over.
    pub(super) fn resume(&mut self, now: Now, by_itself: bool) {
        if !matches!(self.mode, Mode::Paused { .. }) {
            return;
        }
        self.mode = Mode::Recording;
        self.since = now.unix();
        self.grid = Grid::begin(now, self.clock.asleep());
        self.watch.interrupt(now);
        self.note(now, EventKind::Resumed, json!({ "by_itself": by_itself }));
        self.next.recorder = Some((RecorderState::Recording, None));
        self.durable = true;
        self.hand_over_news(now.unix());
        self.say_status();
    }

    pub(super) fn stop(&mut self, now: Now) {
        if matches!(self.mode, Mode::Ending { .. }) {
            return;
        }
        self.cut_short(now);
        self.mode = Mode::Ending { since: now.boot };
        self.note(now, EventKind::RecorderStopped, json!({}));
        self.next.recorder = Some((RecorderState::Off, None));
        self.next.usage = self.minute.take();
        self.next.gpu_minute = self.gpus.take();
        self.stretching.write(&mut self.next, self.gpus.spent());
        self.durable = true;
        self.hand_over_news(now.unix());
        self.journal.stop();
    }

    pub(super) fn report(&mut self, report: Report, now: Now) {
        match report {
            Report::Failed { reason } => {
                self.troubles.insert(Trouble::Unwritten);
                self.note(now, EventKind::StoreFailed, json!({ "reason": reason }));
                self.trouble(say!(
                    "History cannot be written ({reason}); recording goes on in memory, for an hour at least, and is \
                     written as soon as that is possible.",
                    reason
                ));
            }
            Report::UpkeepFailed { reason } => {
                self.troubles.insert(Trouble::Untidy);
                self.trouble(say!(
                    "Finished hours cannot be put away ({reason}); recording goes on, and this is tried again each \
                     minute.",
                    reason
                ));
            }
            Report::UpkeepRecovered => {
                self.troubles.remove(&Trouble::Untidy);
            }
            Report::Recovered { ticks, lost } => {
                self.troubles.remove(&Trouble::Unwritten);
                self.note(now, EventKind::StoreRecovered, json!({ "ticks": ticks, "lost": lost }));
            }
            Report::Reopened(events) => {
                for event in &events {
                    self.trouble(set_aside(event));
                }
                self.next.events.extend(events);
                self.retell = true;
                self.durable = true;
            }
            Report::Wished(Some(until)) => self.pause(until, now),
            Report::Wished(None) => self.resume(now, false),
            Report::Answered(answers) => self.expectations.answer(answers, now.unix()),
            Report::Snoozed(snoozes) => self.desk.snooze(snoozes),
            Report::Config(read) => match *read {
                Ok(config) => {
                    if self.troubles.remove(&Trouble::Config) && config == self.config {
                        log::info!("the config has no mistake any more, and says what was in force meanwhile");
                    }
                    self.apply(config, now);
                }
                Err(error) => {
                    self.troubles.insert(Trouble::Config);
                    self.trouble(say!("{error}. The settings from before stay in force.", error));
                }
            },
            Report::Ended(result) => {
                self.journal_is_done = true;
                self.ended = Some(result);
            }
        }
    }

    /// Ends the alerts about uses that are expected by now.
    pub(super) fn settle_expected(&mut self, now: Now) {
        let keys = self.desk.settle_expected(&self.config, now);
        self.watch.expect(&keys, now, &mut self.changes);
        self.tell_alerts();
    }

    /// Puts a changed config in force.
    fn apply(&mut self, config: Config, now: Now) {
        if config == self.config {
            return;
        }
        log::info!("the config was changed and is in force");
        if config.keep != self.config.keep {
            self.journal.keep(config.keep);
        }
        if config.channels != self.config.channels {
            self.outlet.publish(Published::Channels(Arc::new(config.channels.clone())));
        }
        language::choose(config.language);
        if config.icon != self.config.icon {
            self.outlet.publish(Published::Icon(config.icon));
        }
        if config.rules != self.config.rules {
            self.watch.replace(config.rules.clone(), now, &mut self.changes);
            self.desk.regrade(&config.rules);
            self.tell_alerts();
        }
        if config.expectations != self.config.expectations {
            problems(&config.expectations).into_iter().for_each(|sentence| self.trouble(sentence));
        }
        self.config = config;
        self.settle_expected(now);
        let step = self.wanted_step();
        if step != self.step {
            self.step = step;
            // At once: until a slow tick comes, who reads along would take the silence for a fault.
            self.cut_short(now);
            self.next.step = Some(step);
            self.told_step = Some(step);
            self.hand_over_news(now.unix());
        }
    }
}

/// The sentence for a damaged database.
pub(in crate::engine) fn set_aside(event: &model::Event) -> String {
    let text = |key| event.detail.get(key).and_then(Value::as_str);
    match event.kind {
        EventKind::DatabaseSetAside => say!(
            "The database was damaged ({reason}) and was set aside as {file}; recording goes on in a new one, with what \
             could be saved.",
            reason = text("reason").unwrap_or(say!("unreadable")),
            file = text("file").unwrap_or(say!("a file beside it")),
        ),
        _ => say!("The store reports: {detail}.", detail = event.detail),
    }
}
