//! The sentences of tray and notifications: what, value, how long.
//!
//! Titles carry the news, because many desktops hide the body. Labels are text from outside and leave their wrapping
//! only as plain text for a notification; who needs markup escapes the finished sentence. Deliberately not here: who
//! is told, and when.

use hoofbeat_core::engine::{Notice, Snapshot, SourceNow, Trouble, words};
use hoofbeat_core::format;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::SourceKind;
use hoofbeat_core::untrusted::Untrusted;
use hoofbeat_core::why::{Verdict, brief, busiest, head, judge};
use jiff::tz::TimeZone;

use crate::{summary, time};

/// The news of a notice: "CPU at 96 °C for 2 min".
pub fn title(notice: &Notice) -> String {
    words::title(notice, &Untrusted::notification)
}

/// What else there is to say of it.
pub fn body(notice: &Notice) -> String {
    words::body(notice, &Untrusted::notification)
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
    use hoofbeat_core::model::{Condition, Health, RecorderState, Source};

    use hoofbeat_core::why::{Quiet, User};

    use super::*;

    const NOON: i64 = 1_795_262_400; // 2026-11-21 12:00 UTC

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
