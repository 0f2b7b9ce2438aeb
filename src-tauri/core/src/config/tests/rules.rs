//! The `[[rule]]` tables: built in, changed, and of one's own.

use super::*;

fn rules(text: &str) -> Vec<Rule> {
    Config::parse(text, Path::new("config.toml")).unwrap().rules
}

fn rule_of(text: &str, id: &str) -> Option<Rule> {
    rules(text).into_iter().find(|rule| rule.id == id)
}

#[test]
fn a_built_in_rule_is_changed_key_by_key_or_switched_off() {
    let built_in = rule_of("", "gpu-hot").unwrap();
    let changed = rule_of("[[rule]]\nid = \"gpu-hot\"\nfor = \"5m\"", "gpu-hot").unwrap();
    assert_eq!(changed, Rule { hold: Duration::from_secs(300), ..built_in.clone() });
    assert_eq!(rule_of("[[rule]]\nid = \"gpu-hot\"\nenabled = false", "gpu-hot"), None);
    assert_eq!(rules("[[rule]]\nid = \"gpu-hot\"\nenabled = false").len() + 1, rules("").len());
    // One that says what it watches takes its place.
    let own = "[[rule]]\nid = \"gpu-hot\"\nmetric = \"gpu.temperature\"\nfire = \"> 80\"";
    let own = rule_of(own, "gpu-hot").unwrap();
    assert_eq!((own.hold, own.metric()), (Duration::ZERO, Some(Metric::GpuTemperature)));
}

#[test]
fn a_rule_may_watch_more_than_a_reading() {
    let read = |keys: &str| rule_of(&format!("[[rule]]\nid = \"r\"\n{keys}"), "r").unwrap();
    let of = read("metric = \"gpu.memory.used\"\nof = \"gpu.memory.total\"\nfire = \"> 95 %\"");
    assert_eq!((of.fire.limit, of.metric()), (95.0, None));
    let mean = read("metric = \"cpu.utilization\"\nagg = \"avg:10m\"\nfire = \"> 90\"");
    let over = Duration::from_secs(600);
    assert_eq!(mean.window, Some(Window { aggregate: Aggregate::Mean, over }));
    assert_eq!(mean.metric(), Some(Metric::CpuUtilization));
    let full = read("metric = \"disk.used\"\nof = \"disk.total\"\nagg = \"full:6h\"\nfire = \"< 24h\"");
    assert_eq!((full.fire.limit, full.clear.limit), (86_400.0, 90_720.0));
    let event = read("event = \"xid/79\"\ninhibit_by = [\"gpu-lost\"]");
    assert_eq!(event.watched, Watched::Event { kind: EventKind::Xid, what: Some("79".into()) });
    assert_eq!((event.fire.limit, event.clear.limit, event.inhibit_by), (0.0, 1.0, vec!["gpu-lost".to_owned()]));
    assert_eq!(read("health = \"lost\"").watched, Watched::Health(Health::Lost));
    assert_eq!(read("verdict = \"throttled\"").watched, Watched::Verdict("throttled".into()));
    let when = read("metric = \"gpu.fan.speed\"\nfire = \"< 1\"\nwhen = \"gpu.temperature > 75\"\nrepeat = \"4h\"");
    assert!(matches!(when.when, Some(When::Metric(Metric::GpuTemperature, past)) if past.limit == 75.0));
    assert_eq!(when.repeat, Some(Duration::from_secs(14_400)));
    let away = read(
        "metric = \"gpu.utilization\"\nfire = \"> 5\"\nwhen = \"away\"\nhours = \"22:00-07:00\"\nnodata = \"clear\"",
    );
    assert_eq!((away.when, away.no_data), (Some(When::Away), NoData::Clear));
}

#[test]
fn what_holds_a_rule_down_is_another_one_that_there_is() {
    #[track_caller]
    fn check(text: &str, line: usize, column: usize, error: &str) {
        let said = refused(text);
        assert_eq!(said, format!("config.toml:{line}:{column}: {error}"));
    }
    let rule = |id: &str, by: &str| {
        format!("[[rule]]\nid = \"{id}\"\nmetric = \"gpu.power\"\nfire = \"> 1\"\ninhibit_by = [{by}]\n")
    };
    check(
        &rule("mine", "\"gpu-lost\", \"mine\""),
        5,
        27,
        "rule \"mine\" would hold down itself, and nobody would ever be told of it; name another rule, or remove it",
    );
    check(
        &rule("mine", "\"gpu-losst\""),
        5,
        15,
        "there is no rule \"gpu-losst\"; the nearest are gpu-lost, gpu-hot, cpu-hot",
    );
    let circle = [rule("a", "\"b\""), rule("b", "\"c\""), rule("c", "\"a\"")].concat();
    check(
        &circle,
        5,
        15,
        "rules would hold down each other in a circle (\"a\" by \"b\" by \"c\" by \"a\"); remove one of them from the \
         inhibit_by of another",
    );
    // With a built-in one, too.
    let said = refused("[[rule]]\nid = \"gpu-lost\"\ninhibit_by = [\"gpu-hot\"]\n");
    assert!(said.contains("(\"gpu-lost\" by \"gpu-hot\" by \"gpu-lost\")"), "{said}");
    // A rule that is switched off is one that there is, and two ways to one rule are no circle.
    let off = "[[rule]]\nid = \"gpu-lost\"\nenabled = false\n";
    let both = [off, &rule("a", "\"b\", \"gpu-lost\""), &rule("b", "\"gpu-lost\"")].concat();
    assert_eq!(rule_of(&both, "a").unwrap().inhibit_by, ["b", "gpu-lost"]);
}

#[test]
fn a_limit_that_nothing_or_everything_is_past_is_refused() {
    let rule = |metric: &str, keys: &str| format!("[[rule]]\nid = \"r\"\nmetric = \"{metric}\"\n{keys}");
    #[track_caller]
    fn check(text: &str, error: &str) {
        let said = refused(text);
        assert!(said.contains(error), "{said}");
    }
    let busy = |keys: &str| rule("gpu.utilization", keys);
    check(
        &busy("fire = \"> 200\""),
        "config.toml:4:8: \"> 200\" is never true, because gpu.utilization is between 0 % and 100 %; write a limit that it can \
         be on both sides of",
    );
    check(&busy("fire = \"> 100 %\""), "is never true");
    check(&busy("fire = \"< 101\""), "is always true");
    check(&busy("fire = \"> -1\""), "is always true");
    check(&busy("fire = \"> 90\"\nclear = \"< 0\""), "config.toml:5:9: \"< 0\" is never true");
    check(&rule("gpu.power", "fire = \"< 0\""), "is never true, because gpu.power is at least 0 W");
    check(&rule("gpu.power", "fire = \"> 90\"\nwhen = \"gpu.utilization > 100\""), "\"> 100\" is never true");
    let used = |of: &str| rule("gpu.memory.used", &format!("of = \"{of}\"\nfire = \"> 150\""));
    check(&used("gpu.memory.total"), "is never true, because percent of another metric is between 0 % and 100 %");
    check("[[rule]]\nid = \"r\"\nevent = \"xid\"\nfire = \"< 0\"", "a number of events is at least 0");
    let full =
        |limit: &str| rule("disk.used", &format!("of = \"disk.usable\"\nagg = \"full:6h\"\nfire = \"< {limit}\""));
    check(&full("101y"), "\"< 101y\" is always true, because the time until it is full is between 0 s and 36500 d");
    check(&full("18446744073709551615s"), "is always true");
    assert!(rule_of(&full("99y"), "r").is_some());
    // What may be more than all, or less than nothing, is.
    for fine in [
        rule("gpu.fan.percent", "fire = \"> 110\""),
        rule("battery.power", "fire = \"< -20\""),
        rule("gpu.temperature.margin", "fire = \"< -5\""),
        used("memory.total"),
        rule("disk.used", "agg = \"rate:10m\"\nfire = \"> 1 GB/s\""),
    ] {
        assert!(rule_of(&fine, "r").is_some(), "{fine}");
    }
    // What is over by itself can be over.
    let low = rule_of(&rule("battery.charge", "fire = \"< 98\""), "r").unwrap();
    assert_eq!(low.clear, Threshold { side: Side::Above, limit: 97.0 });
    let grows = rule_of(&rule("disk.used", "agg = \"rate:10m\"\nfire = \"> 1 GB/s\""), "r").unwrap();
    assert_eq!(grows.fire.limit, 1e9);
    check(
        &rule("net.receive", "fire = \"> 1 GiB\""),
        "\"GiB\" is not a unit of net.receive; write the number alone or with B/s, kB/s, KB/s, MB/s, GB/s, TB/s, KiB/s,",
    );
    check(&busy("fire = \"> 90 W\""), "\"W\" is not a unit of gpu.utilization; write the number alone or with %");
    check(&rule("gpu.pstate", "fire = \"> 5 W\""), "\"W\" is not a unit of gpu.pstate; write the number alone");
}

#[test]
fn a_mistyped_id_of_a_built_in_rule_is_told_the_right_one() {
    let said = refused("[[rule]]\nid = \"gpu-hott\"\nfor = \"5m\"\n");
    let expected = "config.toml:2:6: no rule \"gpu-hott\" is built in, and this one has no metric; write \"gpu-hot\" to change \
                    that one, or add metric = \"…\", or event, health or verdict";
    assert_eq!(said, expected);
    assert!(refused("[[rule]]\nid = \"mine\"\n").contains(":1:1: this rule has no metric"));
}

#[test]
fn every_kind_of_event_is_among_all() {
    let known = serde_json::from_str::<EventKind>("\"?\"").unwrap_err().to_string();
    // What was asked for, and then every word that would be right, stand between backticks.
    assert_eq!(known.matches('`').count() / 2 - 1, EventKind::ALL.len(), "{known}");
}

#[test]
fn a_rule_that_cannot_mean_anything_is_refused_in_one_sentence() {
    #[track_caller]
    fn check(keys: &str, error: &str) {
        let said = refused(&format!("[[rule]]\nid = \"r\"\n{keys}"));
        assert!(said.contains(error), "{said}");
    }
    check(
        "metric = \"gpu.power\"\nevent = \"xid\"\nfire = \"> 1\"",
        "a rule watches one thing; remove all but one of metric, event",
    );
    check("event = \"gpu_woken\"", "there is no event \"gpu_woken\" for a rule; the nearest are gpu_woke, ");
    check("event = \"nope\"", "; the rest are recorder_started, ");
    check("event = \"alert_fired\"", "there is no event \"alert_fired\"");
    check("event = \"xid\"\nagg = \"avg:1m\"", "events can only be counted");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"full:1h\"", "nobody knows what it fills");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"avg:1s\"", "is too short or too long");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"mean:1m\"", "write one of avg, min, max, rate, count, full");
    check("health = \"bad\"", "write one of ok, asleep, lost, denied, unsupported, stale");
    check("verdict = \"hot\"", "write one of asleep, idle, idle-expensive");
    check("health = \"lost\"\nfire = \"> 1\"", "a state has no limit");
    check("health = \"lost\"\nof = \"gpu.power\"", "only a metric can be a part of another one");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nwhen = \"at home\"", "\"at home\" is not a condition");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ntext = \"{vlaue}\"", "there is no place {vlaue}");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ntext = \"{value\"", "a { has no }");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nrepeat = \"1s\"", "is too often");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nnodata = \"panic\"", "write \"hold\", \"fire\" or \"clear\"");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ninhibit_by = \"x\"", "this is not a list of ids");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nenabled = 1", "write true or false");
}
