//! What is shown of which state.

use std::path::Path;
use std::sync::Arc;

use hoofbeat_core::config::Config;
use hoofbeat_core::engine::{Detail, Trouble};
use hoofbeat_core::language::{Language, within};
use hoofbeat_core::model::rule::Rule;
use hoofbeat_core::model::snooze::Snooze;
use hoofbeat_core::model::{Condition, Source};
use hoofbeat_core::why::Quiet;
use hoofbeat_core::why::presence::Sign;

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
        peak: Some(96.0),
        since,
        is_recovering: false,
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
fn a_gpu_that_does_not_tell_its_limit_is_hot_where_the_rule_for_such_ones_fires() {
    let limits = *GUESS;
    assert!(limits.0 > limits.1 && limits.1 > 60.0, "{limits:?}");
    let mut state = State::default();
    let mut check = |values: &[(Metric, f64)], is_hot: bool| {
        let mut now = snapshot(&[(SourceKind::Gpu, Metric::GpuUtilization, 42.0)]);
        now.sources[0].values.extend_from_slice(values);
        state.status(Arc::new(now));
        assert_eq!(state.icon() == Icon::Hot, is_hot, "{values:?}");
    };
    let at = |celsius: f64| [(Metric::GpuTemperature, celsius)];
    check(&at(limits.0), false);
    check(&at(limits.0 + 1.0), true);
    check(&at(limits.1 + 1.0), true);
    check(&at(limits.1), false);
    // One that tells it may be that warm.
    check(&[(Metric::GpuTemperature, limits.0 + 1.0), (Metric::GpuMargin, 20.0)], false);
}

#[test]
fn of_forty_gpus_eight_have_a_row_and_those_in_need_come_first() {
    let mut now = snapshot(&[(SourceKind::Gpu, Metric::GpuUtilization, 0.0); 40]);
    for (at, gpu) in now.sources.iter_mut().enumerate() {
        gpu.source = Source::whole(SourceKind::Gpu, format!("gpu:{at}"), format!("GPU {at}").as_str());
    }
    now.sources[30].condition = Condition { health: Health::Lost, reason: String::new() };
    now.sources[30].values.clear();
    now.sources[39].values = vec![(Metric::GpuMargin, 2.0), (Metric::GpuUtilization, 97.0)];
    let mut state = State::default();
    state.status(Arc::new(now));
    let view = state.view(&TimeZone::UTC);
    let expected = [
        "GPU 30: lost",
        "GPU 39: 97 %",
        "GPU 0: 0 %",
        "GPU 1: 0 %",
        "GPU 2: 0 %",
        "GPU 3: 0 %",
        "GPU 4: 0 %",
        "GPU 5: 0 %",
    ];
    assert_eq!((view.gpus.iter().map(String::as_str).collect::<Vec<_>>(), view.more_gpus), (expected.to_vec(), 32));
    let sentence = view.sentence.replace('\u{a0}', " ");
    assert_eq!(sentence, "GPU 39 97 %: user not visible · GPU 30 gone · and 38 more: 38 idle");
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
fn what_recovers_is_not_told_as_if_it_were_so_still() {
    #[track_caller]
    fn check(value: f64, is_recovering: bool, is_silent: bool, sentence: &str) {
        let one = alert(Severity::Warning, NOON - 120);
        let mut now = snapshot(&[(SourceKind::Cpu, Metric::CpuTemperature, 64.0)]);
        now.alerts = vec![ActiveAlert { value: Some(value), is_recovering, is_silent, ..one }];
        let mut state = State::default();
        state.status(Arc::new(now));
        assert_eq!(state.view(&TimeZone::UTC).sentence, sentence);
    }
    check(64.0, true, false, "CPU 64 °C, was 96 °C, alert since 11:58");
    // An average is past its limit for longer than what is read.
    check(97.0, false, false, "CPU 64 °C, was 96 °C, alert since 11:58");
    check(97.0, false, true, "CPU at 97 °C when it was last read since 11:58");
}

#[test]
fn what_is_snoozed_alarms_nobody_and_can_be_undone_one_by_one() {
    #[track_caller]
    fn check(
        alerts: &[(Severity, &str)],
        snoozes: &[(&str, Option<i64>)],
        icon: Icon,
        sentence: &str,
        rows: &[&str],
        can_snooze: bool,
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
        assert_eq!((view.icon, view.sentence.as_str()), (icon, sentence));
        assert_eq!(view.snoozed.rows.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>(), rows);
        assert_eq!(matches!(view.snooze, Offer::Snooze(_)), can_snooze);
    }
    use Severity::{Critical, Warning};
    let quiet = Icon::Recording { level: 2 };
    let later = Some(NOON + 3720);
    let of_one = "Snoozed until 13:02: all alerts on gpu:1 · Undo";
    check(&[], &[], quiet, "CPU 42 %", &[], false);
    check(&[], &[("cpu", later)], quiet, "CPU 42 %", &["Snoozed until 13:02: all alerts on CPU · Undo"], false);
    check(&[], &[("*", later)], quiet, "CPU 42 %", &["Snoozed until 13:02: all alerts · Undo"], false);
    let one = [(Critical, "gpu:1")];
    check(&one, &[], Icon::Alert, "gpu:1 at 96 °C since 11:58", &[], true);
    check(&one, &[("gpu:1", Some(NOON))], Icon::Alert, "gpu:1 at 96 °C since 11:58", &[], true);
    let silent = "gpu:1 at 96 °C since 11:58 (snoozed until 13:02)";
    check(&one, &[("gpu:1", later)], quiet, silent, &[of_one], false);
    let silent = "gpu:1 at 96 °C since 11:58 (snoozed until it is over)";
    let until_over = "Snoozed until it is over: all alerts on gpu:1 · Undo";
    let both = ["Snoozed until 13:02: all alerts · Undo", until_over];
    check(&one, &[("*", later), ("gpu:1", None)], quiet, silent, &both, false);
    // The one that is not snoozed is told, though it matters less; and the other can be undone all the same.
    let two = [(Critical, "gpu:1"), (Warning, "gpu:2")];
    let loud = "gpu:2 at 96 °C since 11:58 · 1 more alert";
    check(&two, &[("gpu:1", later)], Icon::Alert, loud, &[of_one], true);
}

#[test]
fn a_snooze_is_told_with_whom_it_is_about_and_only_so_many_are() {
    let mut now = snapshot(&[]);
    let who = Some(hoofbeat_core::engine::Who { key: "program:x".into(), name: "x_1\n".into() });
    now.alerts = vec![ActiveAlert { who, ..alert(Severity::Warning, NOON) }];
    let snooze = |key: &str, until| Snooze {
        seq: 1,
        rule: "hot\u{202e}".into(),
        source: "gpu:*".into(),
        who: Some(key.into()),
        until,
    };
    now.snoozes = vec![snooze("program:x", None), snooze("program:gone", Some(NOON + 60)), snooze("", Some(NOON))];
    let told = Snoozed::of(&now, &TimeZone::UTC);
    let expected = [
        "Snoozed until it is over: hot\u{fffd} of x_1\u{fffd} on gpu:* · Undo",
        "Snoozed until 12:01: hot\u{fffd} of program:gone on gpu:* · Undo",
    ];
    assert_eq!(told.rows.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>(), expected);
    let undo = Offer::Undo(vec![("hot\u{202e}".into(), "gpu:*".into(), Some("program:x".into()))]);
    assert_eq!((&told.rows[0].1, told.more), (&undo, 0));
    now.snoozes = (0..9).map(|at| snooze(&at.to_string(), None)).collect();
    let told = Snoozed::of(&now, &TimeZone::UTC);
    assert_eq!((told.rows.len(), told.more), (5, 4));
}

#[test]
fn only_what_fires_is_snoozed_and_only_what_silences_it_is_taken_back() {
    let mut now = snapshot(&[]);
    now.alerts = vec![alert(Severity::Info, NOON), alert(Severity::Info, NOON)];
    let pair = |rule: &str, source: &str| (rule.to_owned(), source.to_owned(), None);
    assert_eq!(Offer::of(&now), Offer::Snooze(vec![pair("hot", "cpu")]));
    let snooze = |rule: &str| Snooze { seq: 1, rule: rule.into(), source: "cpu".into(), who: None, until: None };
    now.snoozes = vec![snooze("other"), snooze("hot")];
    assert_eq!(Offer::of(&now), Offer::Undo(vec![pair("hot", "cpu")]));
}

#[test]
fn digits_follow_the_busiest_and_do_not_flicker() {
    #[track_caller]
    fn check(shown: Option<u8>, now: f64, expected: u8) {
        assert_eq!(percent(shown, now), expected);
    }
    check(None, 41.6, 42);
    check(Some(42), 42.9, 42);
    check(Some(42), 41.1, 42);
    check(Some(42), 43.0, 43);
    check(Some(99), 100.0, 100);
    check(None, 300.0, 100);
    check(None, -1.0, 0);
}

#[test]
fn digits_stand_only_for_a_load_that_is_told() {
    let mut state = State::default();
    let mut check = |values: &[(SourceKind, Metric, f64)], style: IconStyle, icon: Icon| {
        state.style(style);
        state.status(Arc::new(snapshot(values)));
        assert_eq!(state.icon(), icon);
    };
    let busy = [(SourceKind::Gpu, Metric::GpuUtilization, 42.0)];
    check(&busy, IconStyle::Bar, Icon::Recording { level: 2 });
    check(&busy, IconStyle::Digits, Icon::Percent { percent: 42 });
    check(&[(SourceKind::Gpu, Metric::GpuMargin, 5.0), busy[0]], IconStyle::Digits, Icon::Hot);
    check(&[(SourceKind::Cpu, Metric::CpuTemperature, 54.0)], IconStyle::Digits, Icon::Recording { level: 2 });
    check(&busy, IconStyle::Bar, Icon::Recording { level: 2 });
}

#[test]
fn only_of_the_last_absence_something_is_told() {
    let absence = |since: i64| Absence { since, until: Some(since + 60), sign: Sign::Locked, is_at_latest: false };
    let (first, second) = (absence(NOON - 900), absence(NOON - 90));
    let mut state = State::default();
    state.status(Arc::new(snapshot(&[])));
    let told = |state: &State| state.view(&TimeZone::UTC).away;
    let said = |what: &str| Some(what.to_owned());
    state.back(first);
    state.away(first, said("a"));
    assert_eq!(told(&state), said("a"));
    state.back(second);
    assert_eq!(told(&state), None);
    state.away(first, said("a"));
    state.away(second, said("b"));
    state.away(first, None);
    assert_eq!(told(&state), said("b"));
    state.away(second, None);
    assert_eq!(told(&state), None);
}

/// The words of what an alert is about are core's.
#[test]
fn a_german_tray_says_all_of_it_in_german() {
    let seen = |change: &dyn Fn(&mut Snapshot)| {
        let mut now = snapshot(&[(SourceKind::Gpu, Metric::GpuUtilization, 42.0)]);
        now.sources[0].source = Source::whole(SourceKind::Gpu, "gpu:1", "{since}_4090\u{1b}");
        change(&mut now);
        let mut state = State::default();
        state.status(Arc::new(now));
        within(Language::German, || state.view(&TimeZone::UTC))
    };
    let paused = seen(&|now| (now.state, now.until) = (RecorderState::Paused, Some(NOON + 3600)));
    assert_eq!(paused.sentence, "Pausiert bis 13:00");
    let asleep = seen(&|now| {
        now.sources[0].values.clear();
        now.sources[0].condition = Condition { health: Health::Asleep, reason: String::new() };
    });
    assert_eq!(asleep.gpus, ["{since}_4090\u{fffd}: schläft"]);
    let snooze = |rule: &str, who: Option<&str>, until| Snooze {
        seq: 1,
        rule: rule.into(),
        source: "*".into(),
        who: who.map(str::to_owned),
        until,
    };
    let two = |now: &mut Snapshot| {
        now.alerts = vec![alert(Severity::Critical, NOON - 120), alert(Severity::Info, NOON - 60)];
        now.snoozes = vec![
            snooze("*", None, Some(NOON + 3720)),
            Snooze { source: "gpu:1".into(), ..snooze("hot\u{202e}", Some("{place}"), None) },
            snooze("other", Some("x"), None),
        ];
    };
    let loud = seen(&|now| {
        two(now);
        now.snoozes.clear();
    });
    assert!(loud.sentence.ends_with(" seit 11:58 · 1 weiterer Alarm"), "{}", loud.sentence);
    let silent = seen(&two);
    assert!(silent.sentence.contains(" seit 11:58 (stumm bis "), "{}", silent.sentence);
    let rows: Vec<_> = silent.snoozed.rows.iter().map(|(row, _)| row.as_str()).collect();
    assert_eq!(
        rows,
        [
            "Stumm bis 13:02: alle Alarme · Aufheben",
            "Stumm bis es vorbei ist: hot\u{fffd} von {place} auf {since}_4090\u{fffd} · Aufheben",
            "Stumm bis es vorbei ist: other von x · Aufheben",
        ]
    );
    let broken = seen(&|now| now.troubles = vec![Trouble::Config]);
    assert_eq!(broken.sentence, "Die Einstellungen enthalten einen Fehler: hoofbeat config check");
}
