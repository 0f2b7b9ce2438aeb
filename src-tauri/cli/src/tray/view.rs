//! What the tray shows, derived from what is known. Pure, but for the time zone. What is shown is true just now; what a
//! person must not miss is a notification, too.

use std::cmp::Reverse;
use std::sync::{Arc, LazyLock};

use hoofbeat_core::config::Config;
use hoofbeat_core::engine::{ActiveAlert, Snapshot, SourceNow, words};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::rule::Severity;
use hoofbeat_core::model::tray::IconStyle;
use hoofbeat_core::model::{Health, RecorderState, SourceKind};
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::presence::Absence;
use hoofbeat_core::{language, say, say_count};
use jiff::tz::TimeZone;

use super::icon::{Icon, STEPS};
use super::snooze::{self, Offer, Snoozed};
use crate::{time, wording};

/// The bar moves only when the value has left its step by this much: a value on the edge would make it flicker.
const EDGE: f64 = 3.0;

/// With so many degrees left until it slows itself down a GPU is hot, and with more than this many it is not any more.
const HOT: f64 = 10.0;
const COOL: f64 = 14.0;

/// The limits, in degrees Celsius, of the built-in rule for GPUs that do not tell how much is left: past the first one is hot,
/// and below the second it is not any more.
static GUESS: LazyLock<(f64, f64)> = LazyLock::new(|| {
    let rules = Config::default().rules;
    let rule = rules.iter().find(|rule| rule.id == "gpu-hot-guess").expect("it is built in, and a test looks for it");
    (rule.fire.limit, rule.clear.limit)
});

/// So many GPUs have a row in the menu, those that need a person first; of the others their number is told.
pub const LISTED: usize = 8;

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The icon.
    pub icon: Icon,
    /// The news in a sentence; holds text from outside, made harmless for one line of plain text.
    pub sentence: String,
    /// A line for each of the first [`LISTED`] GPUs; names in it are text from outside, too.
    pub gpus: Vec<String>,
    /// How many more GPUs there are.
    pub more_gpus: usize,
    /// What the GPUs did while nobody was there, as long as that is news; holds names from outside, made harmless.
    pub away: Option<String>,
    /// Whether the menu offers to go on instead of to pause.
    pub paused: bool,
    /// What the menu offers about alerts.
    pub snooze: Offer,
    /// What is snoozed.
    pub snoozed: Snoozed,
}

impl Default for View {
    fn default() -> Self {
        let (icon, sentence) = (Icon::Recording { level: 0 }, say!("Starting").into());
        let (snooze, snoozed) = (Offer::Nothing, Snoozed::default());
        View { icon, sentence, gpus: Vec::new(), more_gpus: 0, away: None, paused: false, snooze, snoozed }
    }
}

/// What is known.
#[derive(Debug, Default)]
pub struct State {
    snapshot: Option<Arc<Snapshot>>,
    level: u8,
    /// The percent that the digits show, where digits are wanted and something tells it.
    percent: Option<u8>,
    style: IconStyle,
    is_hot: bool,
    /// The last absence that is over.
    back: Option<Absence>,
    away: Option<String>,
}

impl State {
    /// Takes the newest state.
    pub fn status(&mut self, snapshot: Arc<Snapshot>) {
        let busy = busiest(&snapshot);
        if let Some(busy) = busy {
            self.level = step(self.level, busy);
        }
        self.percent = busy.map(|busy| percent(self.percent, busy));
        let was_hot = self.is_hot;
        self.is_hot = gpus(&snapshot).any(|gpu| is_hot(gpu, was_hot));
        self.snapshot = Some(snapshot);
    }

    /// Somebody is back: of earlier absences nothing is told any more.
    pub fn back(&mut self, absence: Absence) {
        (self.back, self.away) = (Some(absence), None);
    }

    /// What is told of an absence, if it is the last one.
    pub fn away(&mut self, absence: Absence, sentence: Option<String>) {
        if self.back == Some(absence) {
            self.away = sentence;
        }
    }

    /// How the icon says how busy the machine is.
    pub fn style(&mut self, style: IconStyle) {
        self.style = style;
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
            () => match self.percent.filter(|_| self.style == IconStyle::Digits) {
                Some(percent) => Icon::Percent { percent },
                None => Icon::Recording { level: self.level },
            },
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
        let (gpus, more_gpus) = rows(snapshot);
        let away = self.away.clone();
        let (snooze, snoozed) = (Offer::of(snapshot), Snoozed::of(snapshot, zone));
        View { icon: self.icon(), sentence, gpus, more_gpus, away, paused, snooze, snoozed }
    }
}

/// Whole GPUs: what one is cut into has no fan and no heat of its own.
fn gpus(snapshot: &Snapshot) -> impl Iterator<Item = &SourceNow> {
    snapshot.sources.iter().filter(|now| now.source.is_whole_gpu())
}

/// Whether a GPU is near the point at which it slows itself down, seen from whether one was.
fn is_hot(gpu: &SourceNow, was_hot: bool) -> bool {
    match gpu.value(Metric::GpuMargin) {
        Some(left) => left <= if was_hot { COOL } else { HOT },
        // Intel's GPUs tell only how warm they are.
        None => {
            let (hot, cool) = *GUESS;
            gpu.value(Metric::GpuTemperature).is_some_and(|celsius| celsius > if was_hot { cool } else { hot })
        }
    }
}

/// The lines of the first GPUs, and how many more there are. Those that need a person come first, and the others stay in
/// their order: rows that changed places with the load could not be read.
fn rows(snapshot: &Snapshot) -> (Vec<String>, usize) {
    let mut all: Vec<&SourceNow> = gpus(snapshot).collect();
    let is_well = |gpu: &&SourceNow| matches!(gpu.condition.health, Health::Ok | Health::Asleep) && !is_hot(gpu, false);
    if all.len() > LISTED {
        all.sort_by_key(is_well);
    }
    (all.iter().take(LISTED).map(|gpu| line(gpu)).collect(), all.len().saturating_sub(LISTED))
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
        (true, health) => format!("{label}: {}", language::said(health.word())),
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
    let source = snapshot.sources.iter().find(|one| one.source.id == worst.source.id);
    let newest = worst.rule.metric().and_then(|metric| source?.value(metric)).filter(|_| !worst.is_silent);
    let worst = &worst.clone().seen_with(newest);
    let news = words::firing(worst, &Untrusted::notification);
    let more = match snapshot.alerts.len().saturating_sub(1) {
        0 => String::new(),
        count => say_count!(count, " · {count} more alert", " · {count} more alerts", count),
    };
    let since = time::moment(worst.since, &now);
    // What recovers is not so since then.
    let alert = match (worst.is_recovering, snooze::silence(worst, snapshot, zone)) {
        (false, None) => say!("{news} since {since}", news, since),
        (true, None) => say!("{news}, alert since {since}", news, since),
        (false, Some(ending)) => say!("{news} since {since} (snoozed {ending})", news, since, ending),
        (true, Some(ending)) => say!("{news}, alert since {since} (snoozed {ending})", news, since, ending),
    };
    format!("{alert}{more}")
}

fn paused_until(snapshot: &Snapshot, zone: &TimeZone) -> String {
    match snapshot.until {
        Some(until) => {
            let now = time::zoned(snapshot.ts.unwrap_or(until), zone);
            say!("Paused until {moment}", moment = time::moment(until, &now))
        }
        None => say!("Paused").to_owned(),
    }
}

/// The percent to show, seen from the one that is shown: a value between two would make it flicker.
fn percent(shown: Option<u8>, percent: f64) -> u8 {
    let now = percent.clamp(0.0, 100.0);
    shown.filter(|shown| (now - f64::from(*shown)).abs() < 1.0).unwrap_or(now.round() as u8)
}

#[cfg(test)]
mod tests;
