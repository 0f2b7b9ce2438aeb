//! The sentences of tray and notifications: what, value, how long.
//!
//! Titles carry the news, because many desktops hide the body. Labels are text from outside and leave their wrapping
//! only as plain text for a notification; who needs markup escapes the finished sentence. Deliberately not here: who
//! is told, and when.

use std::time::Duration;

use hoofbeat_core::engine::{Ending, Notice, NoticePhase, Snapshot, SourceNow, Trouble};
use hoofbeat_core::format;
use hoofbeat_core::metrics::{Metric, Unit};
use hoofbeat_core::model::rule::Side;
use hoofbeat_core::model::{Source, SourceKind};
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{Verdict, brief, busiest, head, judge};
use jiff::tz::TimeZone;

use crate::{summary, time};

/// What a person calls a source in a sentence.
pub fn subject(source: &Source) -> String {
    match source.kind {
        SourceKind::Cpu => "CPU".to_string(),
        SourceKind::Memory => "Memory".to_string(),
        SourceKind::Recorder => "Hoofbeat".to_string(),
        _ if source.label.is_empty() => Untrusted::from(source.id.as_str()).notification(),
        _ => source.label.notification(),
    }
}

/// The news of a notice: "CPU at 96 °C for 2 min", "CPU back to 64 °C after 7 min".
pub fn title(notice: &Notice) -> String {
    let long = |time: Duration| Some(time).filter(|time| time.as_secs() > 0).map(format::duration);
    match notice.phase {
        NoticePhase::Fired => {
            let news = firing(&notice.source, notice.metric, notice.value, notice.limit.limit);
            let held = long(notice.hold).map(|held| format!(" for {held}"));
            format!("{news}{}", held.unwrap_or_default())
        }
        NoticePhase::Cleared { ending, lasted, .. } => {
            let what = what(&notice.source, notice.metric);
            match (ending, notice.value) {
                (Ending::RuleChanged, _) => format!("{what} is no longer watched as before"),
                (Ending::Read, Some(value)) => {
                    let lasted = long(lasted).map(|lasted| format!(" after {lasted}"));
                    format!("{what} back to {}{}", format::value(notice.metric, value), lasted.unwrap_or_default())
                }
                (Ending::Read | Ending::Unread, _) => format!("{what} was not read any more"),
            }
        }
    }
}

/// What a rule that fires is about: "CPU at 96 °C".
pub fn firing(source: &Source, metric: Metric, value: Option<f64>, limit: f64) -> String {
    let what = what(source, metric);
    match value {
        Some(value) => format!("{what} at {}", format::value(metric, value)),
        None => format!("{what} past {}", format::value(metric, limit)),
    }
}

/// What else there is to say: limit, extreme, rule.
pub fn body(notice: &Notice) -> String {
    let number = |value| format::value(notice.metric, value);
    let rule = Untrusted::from(notice.rule.as_str()).notification();
    match notice.phase {
        NoticePhase::Fired => format!("The limit of rule {rule} is {}.", number(notice.limit.limit)),
        NoticePhase::Cleared { ending, peak, .. } => {
            let why = match ending {
                Ending::Read => "",
                Ending::Unread => "There was no reading for a day, so nobody knows whether it is back to normal. ",
                Ending::RuleChanged => {
                    "The rule was changed or removed, so nobody knows whether it is back to normal. "
                }
            };
            let extreme = match notice.limit.side {
                Side::Above => "highest",
                Side::Below => "lowest",
            };
            let limit = number(notice.limit.limit);
            let was = peak.map(|peak| format!("The {extreme} was {}; the limit of rule {rule} ", number(peak)));
            let was = was.unwrap_or_else(|| format!("The limit of rule {rule} "));
            format!("{why}{was}{} {limit}.", if ending == Ending::RuleChanged { "was" } else { "is" })
        }
    }
}

/// A source with the metric, as short as is clear: a temperature needs no word, "CPU busy" says CPU already.
fn what(source: &Source, metric: Metric) -> String {
    let (subject, line) = (subject(source), metric.definition());
    if line.unit == Unit::Celsius {
        return subject;
    }
    // An explanation in brackets is for tables, not for sentences.
    let label = line.label.split(" (").next().unwrap_or(line.label);
    if label.to_lowercase().starts_with(&subject.to_lowercase()) {
        label.to_string()
    } else {
        format!("{subject}: {}", lower_first(label))
    }
}

/// The first letter small, unless the word is an abbreviation.
fn lower_first(label: &str) -> String {
    let mut chars = label.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(chars).collect()
        }
        _ => label.to_string(),
    }
}

/// The state of the machine in a sentence: the verdict on the busiest GPU, what the others do, the CPU, and the memory.
pub fn state(snapshot: &Snapshot, zone: &TimeZone) -> String {
    let now = |kind| snapshot.sources.iter().filter(move |now: &&SourceNow| now.source.kind == kind);
    let verdicts: Vec<Verdict> = snapshot.scenes().iter().map(judge).collect();
    let busiest = busiest(&verdicts);
    let today = time::zoned(snapshot.ts.unwrap_or_default(), zone);
    let moments = |ts| time::moment(ts, &today);
    let gpu = |(at, verdict)| match busiest == Some(at) {
        true => brief(verdict, &moments, &Untrusted::notification),
        false => head(verdict, &Untrusted::notification),
    };
    let mut parts: Vec<String> = verdicts.iter().enumerate().map(gpu).collect();
    if let Some(cpu) = now(SourceKind::Cpu).next() {
        let values: Vec<String> = [Metric::CpuUtilization, Metric::CpuTemperature]
            .into_iter()
            .filter_map(|metric| Some(format::value(metric, cpu.value(metric)?)))
            .collect();
        if !values.is_empty() {
            parts.push(format!("CPU {}", values.join(", ")));
        }
    }
    if let Some(memory) = now(SourceKind::Memory).next()
        && let Some(used) = memory.value(Metric::MemoryUsed)
    {
        let total = memory.value(Metric::MemoryTotal);
        parts.push(format!("memory {}", summary::share(Metric::MemoryUsed, used, total)));
    }
    if parts.is_empty() { "Nothing was read yet".to_string() } else { parts.join(" · ") }
}

/// What is wrong with the recording itself, in a few words.
pub fn trouble(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unwritten => "History cannot be written; it waits in memory",
        Trouble::Untidy => "Finished hours cannot be put away",
        Trouble::Config => "The settings have a mistake: hoofbeat config check",
    }
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::model::rule::{Severity, Threshold};
    use hoofbeat_core::model::{Condition, Health, RecorderState};

    use hoofbeat_core::why::{Quiet, User};

    use super::*;

    const NOON: i64 = 1_795_262_400; // 2026-11-21 12:00 UTC

    fn notice(kind: SourceKind, label: &str, metric: Metric, value: Option<f64>, hold: u64) -> Notice {
        Notice {
            rule: "hot".to_string(),
            severity: Severity::Warning,
            source: Source::whole(kind, "id", label),
            metric,
            value,
            limit: Threshold { side: Side::Above, limit: 95.0 },
            hold: Duration::from_secs(hold),
            phase: NoticePhase::Fired,
            since: 0,
            notify: true,
        }
    }

    fn cleared(value: Option<f64>, lasted: u64, peak: Option<f64>) -> Notice {
        let ending = if value.is_some() { Ending::Read } else { Ending::Unread };
        let phase = NoticePhase::Cleared { ending, lasted: Duration::from_secs(lasted), peak };
        Notice { phase, ..notice(SourceKind::Cpu, "", Metric::CpuTemperature, value, 120) }
    }

    /// The same, but its rule was changed.
    fn withdrawn(peak: f64) -> Notice {
        let (lasted, peak) = (Duration::from_secs(60), Some(peak));
        Notice { phase: NoticePhase::Cleared { ending: Ending::RuleChanged, lasted, peak }, ..cleared(None, 60, None) }
    }

    #[test]
    fn titles_carry_the_news() {
        #[track_caller]
        fn check(notice: Notice, expected: &str) {
            assert_eq!(title(&notice), expected);
        }
        let temperature = Metric::CpuTemperature;
        check(notice(SourceKind::Cpu, "A Fine CPU", temperature, Some(96.0), 120), "CPU at 96 °C for 2 min");
        check(notice(SourceKind::Cpu, "", temperature, Some(96.0), 0), "CPU at 96 °C");
        check(notice(SourceKind::Cpu, "", temperature, None, 0), "CPU past 95 °C");
        check(notice(SourceKind::Cpu, "", Metric::CpuUtilization, Some(99.0), 60), "CPU busy at 99 % for 1 min");
        check(notice(SourceKind::Gpu, "RTX", Metric::GpuPower, Some(340.0), 0), "RTX: GPU power at 340 W");
        check(notice(SourceKind::Disk, "sda", Metric::DiskBusy, Some(99.0), 0), "sda: disk busy at 99 %");
        let hostile = notice(SourceKind::Chip, "a\nb\x1b", Metric::HwmonTemperature, Some(99.0), 0);
        check(hostile, "a\u{fffd}b\u{fffd} at 99 °C");
        check(cleared(Some(64.0), 420, None), "CPU back to 64 °C after 7 min");
        // Nobody says that all is well without having read it.
        check(cleared(None, 60, None), "CPU was not read any more");
        check(withdrawn(97.0), "CPU is no longer watched as before");
    }

    #[test]
    fn bodies_say_what_the_title_left_out() {
        #[track_caller]
        fn check(notice: Notice, expected: &str) {
            assert_eq!(body(&notice), expected);
        }
        let fired = notice(SourceKind::Cpu, "", Metric::CpuTemperature, Some(96.0), 120);
        check(fired, "The limit of rule hot is 95 °C.");
        check(cleared(Some(64.0), 420, Some(97.0)), "The highest was 97 °C; the limit of rule hot is 95 °C.");
        check(cleared(Some(64.0), 420, None), "The limit of rule hot is 95 °C.");
        check(
            cleared(None, 420, Some(97.0)),
            "There was no reading for a day, so nobody knows whether it is back to normal. The highest was 97 °C; the \
             limit of rule hot is 95 °C.",
        );
        check(
            withdrawn(97.0),
            "The rule was changed or removed, so nobody knows whether it is back to normal. The highest was 97 °C; the \
             limit of rule hot was 95 °C.",
        );
    }

    #[test]
    fn the_state_says_only_what_was_read() {
        #[track_caller]
        fn check(sources: Vec<SourceNow>, expected: &str) {
            let state = RecorderState::Recording;
            let (alerts, troubles) = (Vec::new(), Vec::new());
            let snapshot = Snapshot { ts: Some(NOON), state, since: 0, until: None, sources, alerts, troubles };
            assert_eq!(super::state(&snapshot, &TimeZone::UTC), expected);
        }
        let now = |kind, label: &str, health, values: &[(Metric, f64)]| SourceNow {
            source: Source::whole(kind, label, label),
            condition: Condition { health, reason: String::new() },
            values: values.to_vec(),
            users: Vec::new(),
            quiet: Quiet::default(),
        };
        check(Vec::new(), "Nothing was read yet");
        check(vec![now(SourceKind::Cpu, "cpu", Health::Ok, &[(Metric::CpuUtilization, 12.0)])], "CPU 12 %");
        check(
            vec![
                now(SourceKind::Cpu, "cpu", Health::Ok, &[(Metric::CpuTemperature, 54.0)]),
                now(SourceKind::Gpu, "GPU 0", Health::Asleep, &[]),
                now(SourceKind::Gpu, "GPU 1", Health::Ok, &[(Metric::GpuUtilization, 98.0)]),
                now(SourceKind::Disk, "sda", Health::Ok, &[(Metric::DiskBusy, 98.0)]),
            ],
            "GPU 0 asleep · GPU 1 98 %: not visible · CPU 54 °C",
        );
        let user = |name: &str, share| User {
            key: name.into(),
            identity: name.into(),
            share: Some(share),
            since: Some(NOON - 3600),
            ..User::default()
        };
        let used = SourceNow {
            users: vec![user("a\n<b>", 20.0), user("Blender", 50.0)],
            ..now(SourceKind::Gpu, "RTX", Health::Ok, &[(Metric::GpuUtilization, 90.0), (Metric::GpuPower, 300.0)])
        };
        let unseen =
            SourceNow { values: vec![(Metric::GpuUtilization, 90.0), (Metric::GpuRemainder, 70.0)], ..used.clone() };
        check(vec![used], "GPU 90 %: Blender and a\u{fffd}<b> since 11:00");
        check(vec![unseen], "GPU 90 %: not visible");
    }
}
