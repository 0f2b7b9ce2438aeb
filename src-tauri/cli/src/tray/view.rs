//! What the tray shows, derived from what is known. Pure, but for the time zone. What is shown is true just now; what a
//! person must not miss is a notification, too.

use std::cmp::Reverse;
use std::sync::Arc;

use hoofbeat_core::engine::{ActiveAlert, Snapshot, SourceNow, words};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::model::{Health, RecorderState, SourceKind};
use hoofbeat_core::untrusted::Untrusted;
use jiff::tz::TimeZone;

use super::icon::{Icon, STEPS};
use super::snooze::{self, Offer};
use crate::{time, wording};

/// The bar moves only when the value has left its step by this much: a value on the edge would make it flicker.
const EDGE: f64 = 3.0;

/// With so many degrees left until it slows itself down a GPU is hot, and with more than this many it is not any more.
const HOT: f64 = 10.0;
const COOL: f64 = 14.0;

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The icon.
    pub icon: Icon,
    /// The news in a sentence; holds text from outside, made harmless for one line of plain text.
    pub sentence: String,
    /// A line for each GPU; names in it are text from outside, too.
    pub gpus: Vec<String>,
    /// Whether the menu offers to go on instead of to pause.
    pub paused: bool,
    /// What the menu offers about alerts.
    pub snooze: Offer,
}

impl Default for View {
    fn default() -> Self {
        let (icon, sentence) = (Icon::Recording { level: 0 }, "Starting".into());
        View { icon, sentence, gpus: Vec::new(), paused: false, snooze: Offer::Nothing }
    }
}

/// What is known.
#[derive(Debug, Default)]
pub struct State {
    snapshot: Option<Arc<Snapshot>>,
    level: u8,
    is_hot: bool,
}

impl State {
    /// Takes the newest state.
    pub fn status(&mut self, snapshot: Arc<Snapshot>) {
        if let Some(busy) = busiest(&snapshot) {
            self.level = step(self.level, busy);
        }
        let most = if self.is_hot { COOL } else { HOT };
        self.is_hot = gpus(&snapshot).any(|gpu| gpu.value(Metric::GpuMargin).is_some_and(|left| left <= most));
        self.snapshot = Some(snapshot);
    }

    /// The icon alone, which costs next to nothing. It tells whether recording is paused.
    pub fn icon(&self) -> Icon {
        let Some(snapshot) = &self.snapshot else { return View::default().icon };
        match () {
            () if snapshot.state == RecorderState::Paused => Icon::Paused,
            () if snapshot.alerts.iter().any(|alert| is_alarm(alert, snapshot)) => Icon::Alert,
            () if !snapshot.troubles.is_empty() => Icon::Trouble,
            () if self.is_hot => Icon::Hot,
            () if are_asleep(snapshot) => Icon::Asleep,
            () => Icon::Recording { level: self.level },
        }
    }

    /// What to show.
    pub fn view(&self, zone: &TimeZone) -> View {
        let Some(snapshot) = &self.snapshot else { return View::default() };
        let paused = snapshot.state == RecorderState::Paused;
        let trouble = snapshot.troubles.first().map(|trouble| wording::trouble(*trouble));
        let sentence = match (worst(snapshot), trouble) {
            _ if paused => paused_until(snapshot, zone),
            (Some(worst), None) => alert_sentence(worst, snapshot, zone),
            (Some(worst), Some(trouble)) => format!("{} · {trouble}", alert_sentence(worst, snapshot, zone)),
            (None, Some(trouble)) => trouble.to_owned(),
            (None, None) => wording::state(snapshot, zone),
        };
        let gpus = gpus(snapshot).map(line).collect();
        View { icon: self.icon(), sentence, gpus, paused, snooze: Offer::of(snapshot, zone) }
    }
}

/// Whole GPUs: what one is cut into has no fan and no heat of its own.
fn gpus(snapshot: &Snapshot) -> impl Iterator<Item = &SourceNow> {
    snapshot.sources.iter().filter(|now| now.source.kind == SourceKind::Gpu && now.source.part_of.is_none())
}

/// Whether there are GPUs, and all of them sleep.
fn are_asleep(snapshot: &Snapshot) -> bool {
    let mut all = gpus(snapshot).peekable();
    all.peek().is_some() && all.all(|gpu| gpu.condition.health == Health::Asleep)
}

/// "RTX 4090: 98 %, 64 °C, 301 W, 18.2 GiB"; of one that tells nothing, how it is.
fn line(gpu: &SourceNow) -> String {
    let label = gpu.source.label.notification();
    let told = [Metric::GpuUtilization, Metric::GpuTemperature, Metric::GpuPower, Metric::GpuMemoryUsed];
    let told: Vec<String> =
        told.into_iter().filter_map(|metric| Some(format::value(metric, gpu.value(metric)?))).collect();
    match (told.is_empty(), gpu.condition.health) {
        // Nothing is read while recording is paused. The row stays: a menu whose rows change closes.
        (true, Health::Ok) => label,
        (true, health) => format!("{label}: {}", health.word()),
        (false, _) => format!("{label}: {}", told.join(", ")),
    }
}

/// How busy the busiest GPU is; without a GPU that tells, the CPU.
fn busiest(snapshot: &Snapshot) -> Option<f64> {
    let of = |kind, metric| {
        let values = snapshot.sources.iter().filter(move |now| now.source.kind == kind);
        values.filter_map(|now| now.value(metric)).max_by(f64::total_cmp)
    };
    of(SourceKind::Gpu, Metric::GpuUtilization).or_else(|| of(SourceKind::Cpu, Metric::CpuUtilization))
}

/// The step for a value in percent, seen from the step that is shown.
fn step(shown: u8, percent: f64) -> u8 {
    let width = 100.0 / f64::from(STEPS);
    let position = percent.clamp(0.0, 100.0) / width;
    if (position - f64::from(shown)).abs() <= 0.5 + EDGE / width { shown } else { position.round() as u8 }
}

/// Whether an alert is worth a red icon: what is good to know is not, and who snoozed one knows of it.
fn is_alarm(alert: &ActiveAlert, snapshot: &Snapshot) -> bool {
    alert.rule.severity > Severity::Info && !snooze::is_silent(alert, snapshot)
}

/// The alert that matters most; among equals the one that fires longest. A snoozed one comes after the others.
fn worst(snapshot: &Snapshot) -> Option<&ActiveAlert> {
    let order = |alert: &&ActiveAlert| (snooze::is_silent(alert, snapshot), Reverse(alert.rule.severity), alert.since);
    snapshot.alerts.iter().min_by_key(order)
}

fn alert_sentence(worst: &ActiveAlert, snapshot: &Snapshot, zone: &TimeZone) -> String {
    let now = time::zoned(snapshot.ts.unwrap_or(worst.since), zone);
    let news = words::firing(worst, &Untrusted::notification);
    let more = match snapshot.alerts.len() {
        0 | 1 => String::new(),
        2 => " · 1 more alert".to_string(),
        count => format!(" · {} more alerts", count - 1),
    };
    let silence =
        snooze::silence(worst, snapshot, zone).map(|ending| format!(" (snoozed {ending})")).unwrap_or_default();
    format!("{news} since {}{silence}{more}", time::moment(worst.since, &now))
}

fn paused_until(snapshot: &Snapshot, zone: &TimeZone) -> String {
    match snapshot.until {
        Some(until) => {
            format!("Paused until {}", time::moment(until, &time::zoned(snapshot.ts.unwrap_or(until), zone)))
        }
        None => "Paused".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use hoofbeat_core::config::Config;
    use hoofbeat_core::engine::{Detail, Trouble};
    use hoofbeat_core::model::rule::Rule;
    use hoofbeat_core::model::snooze::Snooze;
    use hoofbeat_core::model::{Condition, Source};
    use hoofbeat_core::why::Quiet;

    use super::*;

    const NOON: i64 = 1_795_262_400; // 2026-11-21 12:00 UTC

    fn snapshot(values: &[(SourceKind, Metric, f64)]) -> Snapshot {
        let sources = values.iter().map(|(kind, metric, value)| SourceNow {
            source: Source::whole(*kind, kind.word(), kind.word()),
            condition: Condition::OK,
            values: vec![(*metric, *value)],
            users: Vec::new(),
            quiet: Quiet::default(),
        });
        Snapshot {
            ts: Some(NOON),
            state: RecorderState::Recording,
            since: NOON - 60,
            until: None,
            sources: sources.collect(),
            alerts: Vec::new(),
            snoozes: Vec::new(),
            troubles: Vec::new(),
        }
    }

    fn alert(severity: Severity, since: i64) -> ActiveAlert {
        let text = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 95\"";
        let rules = Config::parse(text, Path::new("x")).unwrap().rules;
        ActiveAlert {
            rule: Arc::new(Rule { severity, ..rules.last().unwrap().clone() }),
            source: Source::whole(SourceKind::Cpu, "cpu", "CPU"),
            who: None,
            value: Some(96.0),
            since,
            is_silent: false,
            detail: Detail::default(),
        }
    }

    #[test]
    fn the_bar_follows_the_busiest_and_does_not_flicker() {
        #[track_caller]
        fn check(shown: u8, percent: f64, expected: u8) {
            assert_eq!(step(shown, percent), expected);
        }
        check(0, 0.0, 0);
        check(0, 12.0, 0);
        check(0, 14.0, 1);
        check(1, 11.0, 1);
        check(1, 6.0, 0);
        check(0, 100.0, 5);
        check(5, 91.0, 5);
        check(5, 300.0, 5);
        check(3, -1.0, 0);
    }

    #[test]
    fn a_gpu_is_shown_before_the_cpu() {
        use SourceKind::{Cpu, Gpu};
        #[track_caller]
        fn check(values: &[(SourceKind, Metric, f64)], expected: Option<f64>) {
            assert_eq!(busiest(&snapshot(values)), expected);
        }
        check(&[(Cpu, Metric::CpuUtilization, 90.0), (Gpu, Metric::GpuUtilization, 10.0)], Some(10.0));
        let two = [(Gpu, Metric::GpuUtilization, 10.0), (Gpu, Metric::GpuUtilization, 70.0)];
        check(&two, Some(70.0));
        check(&[(Cpu, Metric::CpuUtilization, 90.0), (Gpu, Metric::GpuTemperature, 40.0)], Some(90.0));
        check(&[], None);
    }

    #[test]
    fn a_gpu_that_sleeps_or_is_hot_is_seen_in_the_icon_and_told_in_a_line() {
        use Metric::{GpuMargin, GpuMemoryUsed, GpuPower, GpuTemperature, GpuUtilization};
        let mut state = State::default();
        let mut check = |values: &[(Metric, f64)], health: Health, icon: Icon, line: &str| {
            let mut now = snapshot(&[(SourceKind::Gpu, GpuUtilization, 0.0)]);
            let gpu = &mut now.sources[0];
            gpu.values = values.to_vec();
            gpu.source = Source::whole(SourceKind::Gpu, "gpu:1", "RTX_4090\u{1b}");
            gpu.condition = Condition { health, reason: String::new() };
            state.status(Arc::new(now));
            let view = state.view(&TimeZone::UTC);
            assert_eq!((view.icon, view.gpus), (icon, vec![line.to_owned()]));
        };
        let work = [(GpuUtilization, 40.0), (GpuTemperature, 64.0), (GpuPower, 301.4), (GpuMemoryUsed, 18e9)];
        let level = Icon::Recording { level: 2 };
        check(&work, Health::Ok, level, "RTX_4090\u{fffd}: 40 %, 64 °C, 301 W, 16.8 GiB");
        let warm = |left: f64| [work[0], (GpuMargin, left)];
        check(&warm(11.0), Health::Ok, level, "RTX_4090\u{fffd}: 40 %");
        check(&warm(10.0), Health::Ok, Icon::Hot, "RTX_4090\u{fffd}: 40 %");
        check(&warm(13.0), Health::Ok, Icon::Hot, "RTX_4090\u{fffd}: 40 %");
        check(&warm(15.0), Health::Ok, level, "RTX_4090\u{fffd}: 40 %");
        check(&[], Health::Asleep, Icon::Asleep, "RTX_4090\u{fffd}: asleep");
        check(&[], Health::Lost, level, "RTX_4090\u{fffd}: lost");
        check(&[], Health::Ok, level, "RTX_4090\u{fffd}");
    }

    #[test]
    fn what_matters_most_is_what_is_said() {
        #[track_caller]
        fn check(change: impl FnOnce(&mut State, &mut Snapshot), icon: Icon, sentence: &str, paused: bool) {
            let (mut state, mut snapshot) =
                (State::default(), snapshot(&[(SourceKind::Cpu, Metric::CpuUtilization, 42.0)]));
            change(&mut state, &mut snapshot);
            state.status(Arc::new(snapshot));
            let view = state.view(&TimeZone::UTC);
            assert_eq!((view.icon, view.sentence.as_str(), view.paused), (icon, sentence, paused));
        }
        check(|_, _| (), Icon::Recording { level: 2 }, "CPU 42 %", false);
        check(
            |_, now| now.alerts.push(alert(Severity::Info, NOON - 120)),
            Icon::Recording { level: 2 },
            "CPU at 96 °C since 11:58",
            false,
        );
        check(
            |_, now| now.alerts = vec![alert(Severity::Info, NOON - 240), alert(Severity::Critical, NOON - 120)],
            Icon::Alert,
            "CPU at 96 °C since 11:58 · 1 more alert",
            false,
        );
        check(
            |_, now| {
                now.state = RecorderState::Paused;
                now.until = Some(NOON + 3600);
                now.alerts.push(alert(Severity::Critical, NOON));
            },
            Icon::Paused,
            "Paused until 13:00",
            true,
        );
        let config = "The settings have a mistake: hoofbeat config check";
        check(|_, now| now.troubles = vec![Trouble::Config], Icon::Trouble, config, false);
        check(
            |_, now| {
                now.alerts.push(alert(Severity::Info, NOON - 120));
                now.troubles = vec![Trouble::Config];
            },
            Icon::Trouble,
            &format!("CPU at 96 °C since 11:58 · {config}"),
            false,
        );
        assert_eq!(State::default().view(&TimeZone::UTC), View::default());
    }

    #[test]
    fn what_is_snoozed_alarms_nobody_and_says_until_when() {
        #[track_caller]
        fn check(
            alerts: &[(Severity, &str)],
            snoozes: &[(&str, Option<i64>)],
            icon: Icon,
            sentence: &str,
            offer: &str,
        ) {
            let mut now = snapshot(&[(SourceKind::Cpu, Metric::CpuUtilization, 42.0)]);
            now.alerts = alerts
                .iter()
                .map(|(severity, source)| ActiveAlert {
                    source: Source::whole(SourceKind::Gpu, *source, *source),
                    ..alert(*severity, NOON - 120)
                })
                .collect();
            now.snoozes = snoozes
                .iter()
                .map(|(source, until)| Snooze {
                    seq: 1,
                    rule: "*".into(),
                    source: (*source).into(),
                    who: None,
                    until: *until,
                })
                .collect();
            let mut state = State::default();
            state.status(Arc::new(now));
            let view = state.view(&TimeZone::UTC);
            assert_eq!((view.icon, view.sentence.as_str(), view.snooze.label().as_str()), (icon, sentence, offer));
        }
        use Severity::{Critical, Warning};
        let (quiet, offer) = (Icon::Recording { level: 2 }, "Snooze alerts for 1 h");
        let later = Some(NOON + 3720);
        check(&[], &[], quiet, "CPU 42 %", offer);
        check(&[], &[("gpu:*", later)], quiet, "CPU 42 %", offer);
        check(&[], &[("*", later)], quiet, "CPU 42 %", "Alerts snoozed until 13:02 · Wake");
        let one = [(Critical, "gpu:1")];
        check(&one, &[], Icon::Alert, "gpu:1 at 96 °C since 11:58", offer);
        check(&one, &[("gpu:1", Some(NOON))], Icon::Alert, "gpu:1 at 96 °C since 11:58", offer);
        let silent = "gpu:1 at 96 °C since 11:58 (snoozed until 13:02)";
        check(&one, &[("gpu:1", later)], quiet, silent, "Alerts snoozed until 13:02 · Wake");
        let silent = "gpu:1 at 96 °C since 11:58 (snoozed until it is over)";
        check(&one, &[("*", later), ("gpu:1", None)], quiet, silent, "Alerts snoozed until they are over · Wake");
        // The one that is not snoozed is told, though it matters less.
        let two = [(Critical, "gpu:1"), (Warning, "gpu:2")];
        check(&two, &[("gpu:1", later)], Icon::Alert, "gpu:2 at 96 °C since 11:58 · 1 more alert", offer);
        let silent = "gpu:1 at 96 °C since 11:58 (snoozed until 13:02) · 1 more alert";
        // The first of them to speak again says until when all are silent.
        let both = [("gpu:1", later), ("gpu:2", Some(NOON + 60))];
        check(&two, &both, quiet, silent, "Alerts snoozed until 12:01 · Wake");
    }

    #[test]
    fn only_what_fires_is_snoozed_and_only_what_silences_it_is_taken_back() {
        let mut now = snapshot(&[]);
        now.alerts = vec![alert(Severity::Info, NOON), alert(Severity::Info, NOON)];
        let pair = |rule: &str, source: &str| (rule.to_owned(), source.to_owned(), None);
        assert_eq!(Offer::of(&now, &TimeZone::UTC), Offer::Snooze(vec![pair("hot", "cpu")]));
        let snooze = |rule: &str| Snooze { seq: 1, rule: rule.into(), source: "cpu".into(), who: None, until: None };
        now.snoozes = vec![snooze("other"), snooze("hot")];
        let ending = "until they are over".to_owned();
        let expected = Offer::Wake { ending, snoozes: vec![pair("hot", "cpu")] };
        assert_eq!(Offer::of(&now, &TimeZone::UTC), expected);
    }
}
