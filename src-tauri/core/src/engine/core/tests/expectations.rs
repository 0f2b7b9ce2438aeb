//! Who uses a GPU and should not, as events; and what is learnt on the way.

use super::*;
use crate::engine::expectations::Learnt;
use crate::model::GpuUse;
use crate::model::baseline::Acceptance;

fn used(share: f64) -> Answer {
    let gpu = Source::whole(SourceKind::Gpu, "gpu:1", "GPU");
    let mut batch = Batch::default();
    batch.put(&gpu, Metric::GpuUtilization, share);
    for pid in [7, 8] {
        batch.gpu_use(GpuUse {
            source: gpu.clone(),
            pid,
            started: Some(5),
            key: "program:xmrig-6.1".into(),
            identity: "xmrig".into(),
            uid: Some(1000),
            exe: None,
            share: Some(share / 2.0),
            vram: Some(100 << 20),
            busy: None,
            encoder: None,
            decoder: None,
        });
    }
    Ok(batch)
}

fn unexpected(ticks: &[Tick]) -> Vec<(i64, &Happening)> {
    let events = ticks.iter().flat_map(|tick| tick.events.iter().map(move |event| (tick.ts - START as i64, event)));
    events.filter(|(_, event)| event.kind == EventKind::UnexpectedUse).collect()
}

#[test]
fn a_stranger_is_an_event_with_its_evidence_and_is_learnt_once_accepted() {
    let learnt = Learnt { rows: Vec::new(), began: Some(0), trusted: true };
    let mut rig = Rig::with(&["gpu"], "", Left { learnt, ..Left::default() }, None);
    let ticks: Vec<Tick> = (0..40).map(|_| rig.second(vec![used(90.0)])).collect();
    let found = unexpected(&ticks);
    let [(after, event)] = &found[..] else { panic!("{found:?}") };
    assert!((30..=32).contains(after), "{after}");
    assert_eq!(event.source.as_deref(), Some("gpu:1"));
    assert_eq!(
        event.detail,
        json!({ "why": "new", "identity": "xmrig", "key": "program:xmrig-6.1", "uid": 1000, "share": 90.0,
                "vram": 200 << 20, "since": ticks[0].ts, "expectation": null, "digest": false })
    );
    let rows: Vec<_> = ticks.iter().flat_map(|tick| &tick.baseline).collect();
    assert_eq!((rows.len(), rows[0].count, &rows[0].key), (1, 0.0, &"program:xmrig".into()));
    let one = Acceptance::One { key: "program:xmrig".into(), uid: Some(1000) };
    rig.core.handle(Event::Journal(Report::Answered(vec![(4, one)])));
    let tick = rig.second(vec![used(90.0)]);
    assert_eq!((tick.answered, tick.baseline.len(), tick.baseline[0].count), (Some(4), 1, 1.0));
    assert_eq!(rig.second(vec![used(90.0)]).answered, None);
}

#[test]
fn what_is_forbidden_is_an_event_at_once_and_a_new_config_counts_at_once() {
    let deny = "[[expect]]\nid = \"no-miners\"\nprogram = \"xmrig*\"\npolicy = \"deny\"\n";
    let mut rig = Rig::new(&["gpu"]);
    let ticks: Vec<Tick> = (0..3).map(|_| rig.second(vec![used(1.0)])).collect();
    assert_eq!(unexpected(&ticks).len(), 0);
    let config = Config::parse(deny, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    let ticks = [rig.second(vec![used(1.0)])];
    let found = unexpected(&ticks);
    assert_eq!((found.len(), &found[0].1.detail["why"]), (1, &json!("denied")));
    assert_eq!(found[0].1.detail["expectation"], "no-miners");
    assert_eq!(rig.troubles(), [] as [&str; 0]);
}

#[test]
fn declarations_that_contradict_each_other_are_said() {
    let both = "[[expect]]\nid = \"a\"\nprogram = \"x\"\n[[expect]]\nid = \"b\"\nprogram = \"x\"\npolicy = \"deny\"\n";
    let mut rig = Rig::new(&["gpu"]);
    let config = Config::parse(both, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    let said = rig.troubles();
    assert!(said.len() == 1 && said[0].contains("contradict each other"), "{said:?}");
}

#[test]
fn while_it_learns_a_stranger_is_only_listed() {
    let mut rig = Rig::new(&["gpu"]);
    let ticks: Vec<Tick> = (0..40).map(|_| rig.second(vec![used(90.0)])).collect();
    let found = unexpected(&ticks);
    assert!(found.len() == 1 && found[0].1.detail["digest"] == true, "{found:?}");
    assert_eq!(ticks.iter().find_map(|tick| tick.learning).map(|(_, trusted)| trusted), Some(false));
}
