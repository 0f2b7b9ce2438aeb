//! The sentences about alerts, case by case.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alerts::notice::NoticePhase;
use crate::language::within;
use crate::model::Health;
use crate::model::rule::Window;

fn rule(watched: Watched, hold: u64) -> Rule {
    Rule { hold: Duration::from_secs(hold), ..Rule::bare(watched, [95.0, 90.0]) }
}

fn of_rule(rule: Rule, kind: SourceKind, label: &str, value: Option<f64>) -> Notice {
    Notice {
        rule: Arc::new(rule),
        source: Source::whole(kind, "id", label),
        who: None,
        value,
        phase: NoticePhase::Fired,
        since: 0,
        detail: Detail::default(),
        text: None,
        because: None,
        flutters: None,
        notify: true,
    }
}

fn notice(kind: SourceKind, label: &str, metric: Metric, value: Option<f64>, hold: u64) -> Notice {
    of_rule(rule(Watched::Metric { metric, of: None }, hold), kind, label, value)
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
        assert_eq!(title(&notice, &Untrusted::notification), expected);
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
        assert_eq!(body(&notice, &Untrusted::notification), expected);
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
fn each_kind_of_rule_has_its_words() {
    #[track_caller]
    fn check(notice: Notice, expected: &str) {
        assert_eq!(title(&notice, &Untrusted::notification), expected);
    }
    let gpu = |watched, value| of_rule(rule(watched, 60), SourceKind::Gpu, "RTX 4090", value);
    let metric = |metric, of, value| gpu(Watched::Metric { metric, of }, Some(value));
    check(metric(Metric::GpuMargin, None, 3.0), "RTX 4090 within 3 °C of its slowdown for 1 min");
    check(metric(Metric::GpuMargin, None, -1.0), "RTX 4090 as hot as it may be for 1 min");
    check(metric(Metric::GpuFanSpeed, None, 0.0), "RTX 4090: GPU fan stands still for 1 min");
    check(metric(Metric::GpuMemoryUsed, Some(Metric::GpuMemoryTotal), 98.4), "RTX 4090: memory 98 % full for 1 min");
    let lost = Detail { reason: Some("fell off the bus".into()), event: None };
    check(
        Notice { detail: lost, ..gpu(Watched::Health(Health::Lost), Some(1.0)) },
        "RTX 4090 is lost for 1 min: fell off the bus",
    );
    check(gpu(Watched::Verdict("throttled".into()), Some(1.0)), "RTX 4090 held back for 1 min");
    let xid = Detail { event: Some(json!({ "code": 79, "meaning": "GPU has fallen off the bus" })), reason: None };
    let event = |kind| Watched::Event { kind, what: None };
    check(
        Notice { detail: xid, ..gpu(event(EventKind::Xid), Some(1.0)) },
        "RTX 4090 reports error 79: GPU has fallen off the bus",
    );
    let used = |why: &str| {
        let event_of = Detail { event: Some(json!({ "why": why, "share": 97.0 })), reason: None };
        let who = Some(Who { key: "program:x".into(), name: "xmrig\n<b>".into() });
        Notice { detail: event_of, who, ..gpu(event(EventKind::UnexpectedUse), Some(1.0)) }
    };
    check(used("new"), "xmrig\u{fffd}<b> uses RTX 4090 and never did before");
    check(used("missing"), "xmrig\u{fffd}<b> should run and does not");
    assert_eq!(body(&used("denied"), &Untrusted::notification), "It has 97 % of the GPU. Rule hot.");
    let hour = Some(Window { aggregate: Aggregate::Count, over: Duration::from_secs(3600) });
    let woken = Rule { window: hour, ..rule(event(EventKind::GpuWoke), 0) };
    check(of_rule(woken, SourceKind::Gpu, "RTX 4090", Some(21.0)), "RTX 4090 was woken 21 times in 1 h");
    check(gpu(event(EventKind::GpuSlept), Some(1.0)), "RTX 4090: fell asleep");
    let busy = |metric, when| Rule { when, ..rule(Watched::Metric { metric, of: None }, 0) };
    let away = busy(Metric::GpuUtilization, Some(When::Away));
    check(of_rule(away, SourceKind::Gpu, "RTX 4090", Some(31.0)), "RTX 4090 31 % busy while nobody was there");
    let here = busy(Metric::GpuUtilization, None);
    check(of_rule(here, SourceKind::Gpu, "RTX 4090", Some(31.0)), "RTX 4090: GPU busy at 31 %");
    let window = Some(Window { aggregate: Aggregate::Full, over: Duration::from_secs(21_600) });
    let disk = rule(Watched::Metric { metric: Metric::DiskUsed, of: Some(Metric::DiskTotal) }, 0);
    let disk = Rule { window, ..disk };
    check(of_rule(disk, SourceKind::Filesystem, "/home", Some(7200.0)), "/home full in 2 h if it goes on like this");
    // The degrees of a margin are not those of a temperature.
    check(
        gpu(Watched::Metric { metric: Metric::GpuMargin, of: None }, None),
        "RTX 4090 within 95 °C of its slowdown for 1 min",
    );
}

#[test]
fn an_end_says_what_its_value_means() {
    #[track_caller]
    fn check(rule: Rule, value: f64, peak: f64, news: &str, rest: &str) {
        let lasted = Duration::from_secs(7200);
        let phase = NoticePhase::Cleared { ending: Ending::Read, lasted, peak: Some(peak) };
        let notice = Notice { phase, ..of_rule(rule, SourceKind::Gpu, "RTX", Some(value)) };
        assert_eq!(title(&notice, &plain), news);
        assert_eq!(body(&notice, &plain), rest);
    }
    let below = |watched, limit, window| {
        let mut rule = Rule { window, ..rule(watched, 60) };
        rule.fire = crate::model::rule::Threshold { side: Side::Below, limit };
        rule
    };
    let margin = below(Watched::Metric { metric: Metric::GpuMargin, of: None }, 5.0, None);
    let rest = "The lowest was 3 °C from its slowdown; the limit of rule hot is 5 °C from its slowdown.";
    check(margin, 12.0, 3.0, "RTX back to 12 °C from its slowdown after 2 h", rest);
    let window = Some(Window { aggregate: Aggregate::Full, over: Duration::from_secs(21_600) });
    let disk = below(Watched::Metric { metric: Metric::DiskUsed, of: Some(Metric::DiskTotal) }, 86_400.0, window);
    let rest = "The lowest was 2 h; the limit of rule hot is 1 d.";
    let slower = "RTX fills up more slowly after 2 h: full in 3 d 4 h if it goes on like this";
    check(disk.clone(), 273_600.0, 7200.0, slower, rest);
    check(disk, NEVER_FULL, 7200.0, "RTX no longer fills up after 2 h", rest);
}

proptest! {
    /// Whatever a window makes of what was read, and whatever the limit is.
    #[test]
    fn there_are_words_for_every_value(value in any::<f64>(), limit in any::<f64>(), ended in any::<bool>()) {
        let aggregates = [None, Some(Aggregate::Full), Some(Aggregate::Rate), Some(Aggregate::Mean)];
        let over = Duration::from_secs(60);
        for aggregate in aggregates {
            for (metric, of) in [(Metric::DiskUsed, Some(Metric::DiskTotal)), (Metric::GpuMargin, None), (Metric::GpuUtilization, None)] {
                let window = aggregate.map(|aggregate| Window { aggregate, over });
                let mut rule = Rule { window, ..rule(Watched::Metric { metric, of }, 60) };
                rule.fire.limit = limit;
                let fired = of_rule(rule, SourceKind::Filesystem, "/home", Some(value));
                let phase = NoticePhase::Cleared { ending: Ending::Read, lasted: over, peak: Some(value) };
                let notice = if ended { Notice { phase, ..fired } } else { fired };
                for said in [title(&notice, &plain), body(&notice, &plain), filled("{value} {limit}", &notice, |_| Some(value), &plain)] {
                    prop_assert!(!said.contains("NaN") && !said.contains("inf"), "{}", said);
                }
            }
        }
    }
}

#[test]
fn a_persons_own_words_are_filled_in() {
    let heat = notice(SourceKind::Gpu, "RTX", Metric::GpuTemperature, Some(96.0), 120);
    let read = |metric| (metric == Metric::GpuFanPercent).then_some(100.0);
    let said = |text| filled(text, &heat, read, &Untrusted::notification);
    assert_eq!(said("{source} at {value} (limit {limit}) for {for}"), "RTX at 96 °C (limit 95 °C) for 2 min");
    assert_eq!(said("fan {gpu.fan.percent}, {gpu.power}, {who}"), "fan 100 %, –, –");
    assert_eq!(said("no place }"), "no place }");
    // It is told anew how long it lasts, and not how long the rule waits.
    let lasted = Duration::from_secs(7200);
    let again = Notice { phase: NoticePhase::Again { lasted }, ..heat.clone() };
    assert_eq!(filled("for {for}, after {hold}", &again, read, &Untrusted::notification), "for 2 h, after 2 min");
    // What follows is another sentence.
    let rule = Arc::new(Rule { text: Some("Hot! {who}".to_owned()), ..(*heat.rule).clone() });
    let of =
        |text: &str| Notice { text: Some(text.to_owned()), because: Some("GPU 97 %: Blender".into()), ..heat.clone() };
    let limit = "The limit of rule hot is 95 °C.";
    assert_eq!(body(&of("Look at it"), &plain), format!("Look at it. GPU 97 %: Blender. {limit}"));
    assert_eq!(body(&of("Look at it! "), &plain), format!("Look at it! GPU 97 %: Blender. {limit}"));
    let told = Notice { rule, ..of("Hot! GPU 97 %: Blender") };
    assert_eq!(body(&told, &plain), format!("Hot! GPU 97 %: Blender. {limit}"));
}

#[test]
fn titles_and_bodies_are_german_where_german_is_spoken() {
    #[track_caller]
    fn check(notice: Notice, news: &str, rest: &str) {
        within(Language::German, || {
            assert_eq!(title(&notice, &Untrusted::notification).replace('\u{a0}', " "), news);
            assert_eq!(body(&notice, &Untrusted::notification).replace('\u{a0}', " "), rest);
        });
    }
    let (limit, hot) = ("Die Grenze der Regel hot ist 95 °C.", Metric::CpuTemperature);
    check(notice(SourceKind::Cpu, "", hot, Some(96.0), 120), "CPU bei 96 °C seit 2 min", limit);
    check(notice(SourceKind::Chip, "{what}\n{", hot, None, 0), "{what}\u{fffd}{ jenseits von 95 °C", limit);
    let peak = format!("Höchstwert: 97 °C; {}", limit.replace("Die", "die"));
    check(cleared(Some(64.0), 420, Some(97.0)), "CPU wieder bei 64 °C (nach 7 min)", &peak);
    let normal = "ob wieder alles normal ist, weiß niemand.";
    let unread = format!("Seit einem Tag kam kein Messwert; {normal} {peak}");
    check(cleared(None, 60, Some(97.0)), "CPU wurde nicht mehr gelesen", &unread);
    let changed = format!("Die Regel wurde geändert oder entfernt; {normal} {}", peak.replace(" ist ", " war "));
    check(
        withdrawn(97.0),
        "CPU wird nicht mehr wie bisher überwacht",
        &changed.replace("alles normal war", "alles normal ist"),
    );
    let again = NoticePhase::Again { lasted: Duration::from_secs(7200) };
    let again = Notice { phase: again, ..notice(SourceKind::Cpu, "", hot, Some(96.0), 120) };
    let flutters = Notice { flutters: Some(Duration::from_secs(600)), ..again };
    let quiet = "Der Alarm kommt und geht; er ist vorbei, sobald 10 min lang Ruhe ist.";
    check(flutters, "Weiterhin: CPU bei 96 °C seit 2 h", &format!("{quiet} {limit}"));

    let gpu = |watched, value| of_rule(rule(watched, 60), SourceKind::Gpu, "RTX", value);
    let metric = |metric, of, value| gpu(Watched::Metric { metric, of }, Some(value));
    let margin = "Die Grenze der Regel hot ist 95 °C vor der Drosselgrenze.";
    check(metric(Metric::GpuMargin, None, 3.0), "RTX nur 3 °C vor der Drosselgrenze seit 1 min", margin);
    let full = metric(Metric::GpuMemoryUsed, Some(Metric::GpuMemoryTotal), 98.4);
    check(full, "RTX: Speicher zu 98 % voll seit 1 min", "Die Grenze der Regel hot ist 95 %.");
    // A label is a noun and keeps its first letter.
    let power = within(Language::German, || label(Metric::GpuPower));
    let limit = "Die Grenze der Regel hot ist 95 W.";
    check(metric(Metric::GpuPower, None, 340.0), &format!("RTX: {power} bei 340 W seit 1 min"), limit);
    let lost = Detail { reason: Some("fell off the bus".into()), event: None };
    let gone = Notice { detail: lost, ..gpu(Watched::Health(Health::Lost), Some(1.0)) };
    check(gone, "RTX ist verschwunden seit 1 min: fell off the bus", "Regel hot.");
    check(gpu(Watched::Verdict("throttled".into()), Some(1.0)), "RTX gedrosselt seit 1 min", "Regel hot.");
    let event = |kind| gpu(Watched::Event { kind, what: None }, Some(21.0));
    check(event(EventKind::GpuWoke), "RTX wurde 21-mal geweckt", "Regel hot.");
    let over = NoticePhase::Cleared { ending: Ending::Read, lasted: Duration::from_secs(60), peak: Some(3.0) };
    let cool = Notice { phase: over, ..metric(Metric::GpuMargin, None, 12.0) };
    let peak = "Höchstwert: 3 °C vor der Drosselgrenze; die Grenze der Regel hot ist 95 °C vor der Drosselgrenze.";
    check(cool, "RTX wieder bei 12 °C vor der Drosselgrenze (nach 1 min)", peak);
    check(event(EventKind::Suspend), "RTX: Ruhezustand", "Regel hot.");
    let used = |phase| {
        let detail =
            Detail { event: Some(json!({ "why": "new", "share": 97.0, "vram": 1_610_612_736_u64 })), reason: None };
        let who = Some(Who { key: "program:x".into(), name: "xmrig\n{gpu}".into() });
        Notice { detail, who, phase, ..event(EventKind::UnexpectedUse) }
    };
    let share = "Anteil an der GPU: 97 % und 1,5 GiB. Regel hot.";
    check(used(NoticePhase::Fired), "xmrig\u{fffd}{gpu} nutzt RTX zum ersten Mal", share);
    let over = |ending| NoticePhase::Cleared { ending, lasted: Duration::from_secs(1380), peak: None };
    check(used(over(Ending::UseOver)), "xmrig\u{fffd}{gpu} nutzt RTX nicht mehr (nach 23 min)", "Regel hot.");
    check(used(over(Ending::Expected)), "xmrig\u{fffd}{gpu} wird auf RTX ab jetzt erwartet", "Regel hot.");
}

#[test]
fn an_event_is_called_by_its_word() {
    for kind in EventKind::ALL {
        let word = match kind {
            EventKind::GpuWoke => "woke up".to_owned(),
            EventKind::GpuSlept => "fell asleep".to_owned(),
            EventKind::GpuKeptAwake => "kept awake".to_owned(),
            EventKind::Xid => "driver error".to_owned(),
            _ => kind.word().replace('_', " "),
        };
        assert_eq!(event_word(*kind), word);
        assert_ne!(within(Language::German, || event_word(*kind)), event_word(*kind));
    }
    for (health, word) in Health::WORDS {
        let notice = of_rule(rule(Watched::Health(*health), 0), SourceKind::Gpu, "RTX", Some(1.0));
        let (begun, over) = match health {
            Health::Denied => ("RTX may not be read".to_owned(), "RTX may be read again"),
            Health::Stale => ("RTX does not answer".to_owned(), "RTX answers again"),
            _ => (format!("RTX is {word}"), "RTX is there again"),
        };
        assert_eq!(title(&notice, &plain), begun);
        let phase = NoticePhase::Cleared { ending: Ending::Read, lasted: Duration::ZERO, peak: None };
        assert_eq!(title(&Notice { phase, ..notice }, &plain), over);
    }
}

#[test]
fn what_an_alert_could_look_like_is_made_up_in_the_language_that_is_spoken() {
    use crate::alerts::sample::{Known, sample};
    #[track_caller]
    fn check(watched: Watched, news: &str, rest: &str) {
        within(Language::German, || {
            let notice = sample(&Rule::bare(watched, [0.5, 0.5]), Known::default(), 0);
            assert_eq!(title(&notice, &plain).replace('\u{a0}', " "), news);
            assert!(body(&notice, &plain).replace('\u{a0}', " ").starts_with(rest), "{}", body(&notice, &plain));
        });
    }
    let error = Watched::Event { kind: EventKind::Xid, what: Some("79".to_owned()) };
    check(error, "GPU meldet Fehler 79: ein für diesen Test erfundener Fehler", "Regel ");
    check(Watched::Health(Health::Stale), "Sensor antwortet nicht: seit 30 s keine Antwort", "Regel ");
    let idle = Watched::Verdict("idle-expensive".to_owned());
    check(idle, "GPU untätig bei hohem Verbrauch", "GPU 0 %: hoofbeat-test belegt 2 GiB. Regel ");
}
