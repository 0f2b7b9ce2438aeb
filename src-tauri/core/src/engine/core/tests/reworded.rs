//! Rules that are changed while they fire: other words are no other alert.

use super::*;

const RULE: &str = "[[rule]]\nid = \"hot\"\nmetric = \"cpu.temperature\"\nfire = \"> 87\"\nclear = \"< 80\"\n";

fn read(rig: &mut Rig, celsius: f64) -> Tick {
    rig.second(vec![batch(&[(&cpu(), Metric::CpuTemperature, celsius)])])
}

/// Whether an alert that fires goes on when its rule is changed so.
#[track_caller]
fn check(change: impl Fn(&str) -> String, goes_on: bool) {
    let mut rig = Rig::with(&["sensors"], RULE, Left::default(), None);
    read(&mut rig, 90.0);
    let before = rig.core.watch.active();
    assert_eq!((before.len(), rig.notices().len()), (1, 1));
    let changed = change(RULE);
    let config = Config::parse(&changed, std::path::Path::new("x")).unwrap();
    assert_ne!(config.rules, rig.core.config.rules, "{changed}");
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    let tick = read(&mut rig, 90.0);
    let ended = tick.events.iter().any(|event| event.kind == EventKind::AlertCleared);
    assert_eq!((ended, rig.notices().is_empty()), (!goes_on, goes_on), "{changed}");
    let after = rig.core.watch.active();
    if goes_on {
        assert_eq!((after.len(), after[0].since), (1, before[0].since), "{changed}");
        assert_eq!(&*after[0].rule, rig.core.config.rules.last().unwrap(), "it is listed as it is told now");
    }
}

#[test]
fn only_another_trouble_ends_it() {
    for line in
        ["text = \"hot, {value}\"", "severity = \"critical\"", "repeat = \"1h\"", "for = \"5m\"", "keep = \"1m\""]
    {
        check(|rule| format!("{rule}{line}\n"), true);
    }
    for (what, other) in [("> 87", "> 88"), ("< 80", "< 79"), ("\"hot\"", "\"warm\"")] {
        check(|rule| rule.replace(what, other), false);
    }
    for line in ["source = \"cpu*\"", "agg = \"max:1m\""] {
        check(|rule| format!("{rule}{line}\n"), false);
    }
}

#[test]
fn it_is_said_again_in_the_new_words() {
    let mut rig = Rig::with(&["sensors"], RULE, Left::default(), None);
    read(&mut rig, 90.0);
    let changed = format!("{RULE}text = \"far too hot: {{value}}\"\nrepeat = \"1m\"\n");
    let config = Config::parse(&changed, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    rig.notices();
    let mut told = Vec::new();
    for _ in 0..70 {
        read(&mut rig, 91.0);
        told.extend(rig.notices().into_iter().filter_map(|notice| notice.text));
    }
    assert_eq!(told, ["far too hot: 91 °C"]);
}

#[test]
fn what_only_informed_and_matters_now_is_said() {
    let told = |rig: &Rig| rig.notices().iter().filter(|notice| notice.notify).count();
    let mut rig = Rig::with(&["sensors"], &format!("{RULE}severity = \"info\"\n"), Left::default(), None);
    read(&mut rig, 90.0);
    assert_eq!(told(&rig), 0);
    let config = Config::parse(RULE, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    read(&mut rig, 90.0);
    assert_eq!(told(&rig), 1);
    read(&mut rig, 70.0);
    assert_eq!(told(&rig), 1, "and its end");
}
