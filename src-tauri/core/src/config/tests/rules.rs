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
    check("event = \"boom\"", "no event is called \"boom\"");
    check("event = \"alert_fired\"", "no event is called \"alert_fired\"");
    check("event = \"xid\"\nagg = \"avg:1m\"", "events can only be counted");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"full:1h\"", "nobody knows what it fills");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"avg:1s\"", "is too short or too long");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nagg = \"mean:1m\"", "write one of avg, min, max, rate, count, full");
    check("health = \"bad\"", "write one of ok, asleep, lost, denied, unsupported, stale");
    check("verdict = \"hot\"", "write one of asleep, idle, idle-expensive");
    check("health = \"lost\"\nfire = \"> 1\"", "a state has no limit");
    check("health = \"lost\"\nof = \"gpu.power\"", "only a metric is a part of another one");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nwhen = \"at home\"", "\"at home\" is no condition");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ntext = \"{vlaue}\"", "nothing is known as {vlaue}");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ntext = \"{value\"", "a { has no }");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nrepeat = \"1s\"", "is too often");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nnodata = \"panic\"", "write \"hold\", \"fire\" or \"clear\"");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\ninhibit_by = \"x\"", "this is no list of ids");
    check("metric = \"gpu.power\"\nfire = \"> 1\"\nenabled = 1", "write true or false");
}
