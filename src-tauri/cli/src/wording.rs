//! The sentences of tray and notifications: what, value, how long.
//!
//! Titles carry the news, because many desktops hide the body. Labels are text from outside and leave their wrapping
//! only as plain text for a notification; who needs markup escapes the finished sentence. Deliberately not here: who
//! is told, and when.

mod gpus;

use std::time::Duration;

use hoofbeat_core::engine::{Digest, DigestItem, Notice, Snapshot, SourceNow, Trouble, Wait, words};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::SourceKind;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{Verdict, judge};
use hoofbeat_core::{say, say_count};
use jiff::tz::TimeZone;

use crate::{summary, time};

/// The news of a notice: "CPU at 96 °C for 2 min".
pub fn title(notice: &Notice) -> String {
    words::title(notice, &Untrusted::notification)
}

/// What else there is to say of it.
pub fn body(notice: &Notice) -> String {
    words::body(notice, &Untrusted::sentence)
}

/// How many alerts of a digest are told by name.
const LISTED: usize = 5;

/// The news of a digest: "4 alerts while it was quiet"; of a single alert, the alert.
pub fn digest_title(digest: &Digest) -> String {
    let count = digest.items.len() as u64 + digest.more;
    if let ([item], 0) = (digest.items.as_slice(), digest.more) {
        return digest_line(item, digest.ts);
    }
    match digest.wait {
        Wait::Quiet => {
            say_count!(count, "{count} alert while it was quiet", "{count} alerts while it was quiet", count)
        }
        Wait::Burst if digest.window.as_secs() == 60 => {
            say_count!(count, "{count} more alert in the last minute", "{count} more alerts in the last minute", count)
        }
        Wait::Burst => say_count!(
            count,
            "{count} more alert in the last {time}",
            "{count} more alerts in the last {time}",
            count,
            time = format::duration(digest.window)
        ),
        Wait::Hour => {
            say_count!(count, "{count} more alert in the last hour", "{count} more alerts in the last hour", count)
        }
        Wait::Day => say!("{count} notes of the day", count),
        Wait::Over => say!("{count} alerts are over", count),
    }
}

/// The alerts of a digest, a line each, those that still fire first; of a single one, why it comes late.
pub fn digest_body(digest: &Digest) -> String {
    if let ([_], 0) = (digest.items.as_slice(), digest.more) {
        return match digest.wait {
            Wait::Quiet => say!("It waited for the end of the quiet hours."),
            Wait::Burst | Wait::Hour => say!("It waited because there were many alerts."),
            Wait::Day => say!("It was not urgent."),
            Wait::Over => say!("You were told of it together with others."),
        }
        .to_string();
    }
    let mut lines: Vec<String> = digest.items.iter().take(LISTED).map(|item| digest_line(item, digest.ts)).collect();
    let more = digest.items.len().saturating_sub(LISTED) as u64 + digest.more;
    if more > 0 {
        lines.push(say!("and {count} more", count = more));
    }
    lines.join("\n")
}

/// "CPU at 96 °C for 3 h", "CPU at 97 °C, over after 7 min", "CPU at 97 °C, 3 times, 21 min in all".
fn digest_line(item: &DigestItem, now: i64) -> String {
    let long = |seconds: u64| format::duration(Duration::from_secs(seconds));
    let title = item.title.sentence();
    let Some(over) = item.over else {
        let lasts = u64::try_from(now - item.since).unwrap_or(0);
        return if lasts > 0 { say!("{title} for {time}", title, time = long(lasts)) } else { title };
    };
    match (over.times, over.seconds) {
        (..=1, Some(seconds)) => say!("{title}, over after {time}", title, time = long(seconds)),
        (..=1, None) => say!("{title}, over", title),
        (times, Some(seconds)) => say!("{title}, {times} times, {time} in all", title, times, time = long(seconds)),
        (times, None) => say!("{title}, {times} times", title, times),
    }
}

/// The state of the machine in a sentence: the verdict on the busiest GPU, what others do, the CPU, and the memory.
pub fn state(snapshot: &Snapshot, zone: &TimeZone) -> String {
    let now = |kind| snapshot.sources.iter().filter(move |now: &&SourceNow| now.source.kind == kind);
    let verdicts: Vec<Verdict> = snapshot.scenes().iter().map(judge).collect();
    let today = time::zoned(snapshot.ts.unwrap_or_default(), zone);
    let moments = |ts| time::moment(ts, &today);
    let mut parts = gpus::parts(&verdicts, &moments);
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
        parts.push(say!("memory {used}", used = summary::share(Metric::MemoryUsed, used, total)));
    }
    if parts.is_empty() { say!("Nothing was read yet").to_owned() } else { parts.join(" · ") }
}

/// What is wrong with the recording itself, in a few words.
pub fn trouble(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unwritten => say!("History cannot be written; it waits in memory"),
        Trouble::Untidy => say!("Finished hours cannot be put away"),
        Trouble::Config => say!("The settings have a mistake: hoofbeat config check"),
    }
}

#[cfg(test)]
mod tests {
    use hoofbeat_core::engine::Over;
    use hoofbeat_core::language::{Language, within};
    use hoofbeat_core::model::rule::Severity;
    use hoofbeat_core::model::{Condition, Health, RecorderState, Source};

    use hoofbeat_core::why::{Quiet, User};

    use super::*;

    const NOON: i64 = 1_795_262_400; // 2026-11-21 12:00 UTC

    #[test]
    fn a_digest_tells_what_still_fires_and_what_is_over() {
        let item = |at: u64, over| DigestItem {
            rule: "hot".to_string(),
            severity: Severity::Warning,
            source: "gpu:1".to_string(),
            title: Untrusted::from(format!("a\nb at {} °C", 90 + at).as_str()),
            since: NOON - 3600,
            over,
        };
        let over = |times, seconds| Some(Over { times, seconds });
        let window = Duration::from_secs(60);
        let digest = |wait, items, more| Digest { ts: NOON, wait, window, items, more };
        #[track_caller]
        fn check(digest: Digest, title: &str, body: &str) {
            assert_eq!((digest_title(&digest).as_str(), digest_body(&digest).as_str()), (title, body));
        }
        let items =
            vec![item(1, None), item(2, over(1, Some(420))), item(3, over(3, Some(1260))), item(4, over(1, None))];
        check(
            digest(Wait::Quiet, items, 2),
            "6 alerts while it was quiet",
            "a\u{fffd}b at 91 °C for 1 h\na\u{fffd}b at 92 °C, over after 7 min\na\u{fffd}b at 93 °C, 3 times, 21 min in all\n\
             a\u{fffd}b at 94 °C, over\nand 2 more",
        );
        check(
            digest(Wait::Burst, vec![item(1, None)], 0),
            "a\u{fffd}b at 91 °C for 1 h",
            "It waited because there were many alerts.",
        );
        let many = || (0..12).map(|_| item(1, None)).collect();
        assert_eq!(digest_title(&digest(Wait::Burst, many(), 0)), "12 more alerts in the last minute");
        assert_eq!(digest_title(&digest(Wait::Hour, many(), 0)), "12 more alerts in the last hour");
        assert_eq!(digest_title(&digest(Wait::Over, many(), 0)), "12 alerts are over");
        check(
            digest(Wait::Over, vec![item(1, over(1, Some(420)))], 0),
            "a\u{fffd}b at 91 °C, over after 7 min",
            "You were told of it together with others.",
        );
        assert!(digest_body(&digest(Wait::Day, many(), 0)).ends_with("\nand 7 more"));
        within(Language::German, || {
            let items = vec![item(2, over(1, Some(420))), item(3, over(3, None)), item(4, over(1, None))];
            check(
                digest(Wait::Quiet, items, 1),
                "4 Alarme während der Ruhezeit",
                "a\u{fffd}b at 92 °C, vorbei nach 7 min\na\u{fffd}b at 93 °C, 3-mal\na\u{fffd}b at 94 °C, vorbei\nund 1 weitere",
            );
            let one = digest(Wait::Over, vec![item(1, over(1, Some(420)))], 0);
            check(one, "a\u{fffd}b at 91 °C, vorbei nach 7 min", "Der Alarm wurde zusammen mit anderen gemeldet.");
            assert_eq!(digest_title(&digest(Wait::Burst, many(), 0)), "12 weitere Alarme in der letzten Minute");
            assert_eq!(digest_title(&digest(Wait::Hour, Vec::new(), 1)), "1 weiterer Alarm in der letzten Stunde");
            assert_eq!(trouble(Trouble::Unwritten), "Der Verlauf lässt sich nicht schreiben; er wartet im Speicher");
        });
    }

    #[test]
    fn the_state_says_only_what_was_read() {
        #[track_caller]
        fn check(sources: Vec<SourceNow>, expected: &str) {
            let state = RecorderState::Recording;
            let (alerts, snoozes, troubles) = (Vec::new(), Vec::new(), Vec::new());
            let snapshot =
                Snapshot { ts: Some(NOON), state, since: 0, until: None, sources, alerts, snoozes, troubles };
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
            "GPU 0 asleep · GPU 1 98 %: user not visible · CPU 54 °C",
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
        check(vec![unseen], "GPU 90 %: user not visible");
    }
}
