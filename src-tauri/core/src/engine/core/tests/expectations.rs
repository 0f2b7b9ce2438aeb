//! Who uses a GPU and should not, as events; and what is learnt on the way.

use super::*;
use crate::engine::examiner::Examined;
use crate::engine::expectations::Learnt;
use crate::model::GpuUse;
use crate::model::baseline::{Acceptance, BaselineRow};

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
            command: None,
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
    let learnt = Learnt { began: Some(0), trusted: true, ..Learnt::default() };
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
    let forget = Acceptance::Forget { key: "program:xmrig".into(), uid: Some(1000) };
    rig.core.handle(Event::Journal(Report::Answered(vec![(5, forget)])));
    let tick = rig.second(vec![used(90.0)]);
    assert_eq!((tick.answered, tick.baseline.len(), tick.baseline[0].days), (Some(5), 1, 0), "its row goes");
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

/// The program at work, running from a file.
fn from_file(path: &str) -> Answer {
    let uses = used(90.0)?.into_parts().gpu_uses;
    let mut batch = Batch::default();
    for one in uses.into_iter().take(1) {
        batch.gpu_use(GpuUse { exe: Some(path.into()), ..one });
    }
    Ok(batch)
}

impl Rig {
    /// Lets so many seconds pass with this file at work, in which each question is answered with this content.
    fn run_from(&mut self, seconds: u64, path: &str, content: Option<&str>) -> Vec<Tick> {
        let mut ticks = Vec::new();
        for _ in 0..seconds {
            ticks.push(self.second(vec![from_file(path)]));
            let asked: Vec<Question> = self.questions.try_iter().collect();
            for question in asked {
                assert_eq!(question.path, path.into());
                let examined = Examined { question, content: content.map(str::to_owned) };
                self.core.handle(Event::Examined(examined));
            }
        }
        ticks
    }
}

fn knowing_blender(report: bool) -> Rig {
    let mut hours = [0.0; 24];
    hours.fill(5.0);
    let row = BaselineRow {
        key: "program:xmrig".into(),
        uid: Some(1000),
        label: "xmrig".into(),
        first: 0,
        updated: START as i64 - 86_400,
        count: 120.0,
        hours,
        days: 40,
        last_day: 0,
        alarmed: 0,
    };
    let learnt = Learnt { rows: vec![row], trusted: true, began: Some(0), ..Learnt::default() };
    let config = format!("[baseline]\nreport = {report}\n");
    Rig::with(&["gpu"], if report { "" } else { &config }, Left { learnt, ..Left::default() }, None)
}

#[test]
fn a_known_program_with_another_content_at_its_path_is_a_note() {
    let mut rig = knowing_blender(true);
    let early = rig.run_from(25, "/opt/x", Some("sha256:1"));
    assert!(early.iter().all(|tick| tick.binaries.is_empty()), "what is soon over is not looked at");
    let ticks = rig.run_from(20, "/opt/x", Some("sha256:1"));
    let rows: Vec<_> = ticks.iter().flat_map(|tick| &tick.binaries).collect();
    assert_eq!((rows.len(), &rows[0].key, &rows[0].path), (1, &"program:xmrig".into(), &"/opt/x".into()));
    assert_eq!(unexpected(&ticks).len(), 0);
    // It is asked about again later, and cannot be read for a while.
    let again = rig.run_from(620, "/opt/x", None);
    assert_eq!(unexpected(&again).len(), 0);
    let ticks = rig.run_from(1300, "/opt/x", Some("sha256:2"));
    let found = unexpected(&ticks);
    let [(_, event)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(event.source.as_deref(), Some("gpu:1"));
    for (name, value) in [
        ("why", json!("changed_binary")),
        ("key", json!("program:xmrig-6.1")),
        ("path", json!("/opt/x")),
        ("before", json!("sha256:1")),
        ("content", json!("sha256:2")),
        ("digest", json!(true)),
        ("share", json!(45.0)),
    ] {
        assert_eq!(event.detail[name], value, "{name}");
    }
    let known: Vec<_> = ticks.iter().flat_map(|tick| &tick.binaries).collect();
    assert_eq!(known.len(), 1);
    // A new store is told everything.
    rig.core.handle(Event::Journal(Report::Reopened(Vec::new())));
    assert_eq!(rig.second(vec![from_file("/opt/x")]).binaries.len(), 2);
}

#[test]
fn of_strangers_and_where_nothing_is_told_nothing_is_noted() {
    // A stranger is an alarm of its own.
    let learnt = Learnt { began: Some(0), trusted: true, ..Learnt::default() };
    let mut rig = Rig::with(&["gpu"], "", Left { learnt, ..Left::default() }, None);
    rig.run_from(40, "/opt/x", Some("sha256:1"));
    let ticks = rig.run_from(700, "/opt/x", Some("sha256:2"));
    assert_eq!(ticks.iter().flat_map(|tick| &tick.binaries).count(), 1, "it is kept all the same");
    assert!(unexpected(&ticks).iter().all(|(_, event)| event.detail["why"] != "changed_binary"));
    let mut rig = knowing_blender(false);
    (0..60).for_each(|_| drop(rig.second(vec![from_file("/opt/x")])));
    assert_eq!(rig.questions.try_iter().count(), 0, "nobody wants to know");
}

/// Whoever answered "This is expected" hears no more of it: not as a repetition, not after a restart, and not where the
/// answer came while nobody recorded.
#[test]
fn nothing_more_is_said_of_a_use_that_was_declared_meanwhile() {
    let rule = "[[rule]]\nid = \"unexpected-use\"\nrepeat = \"1m\"\n";
    let declared = format!("{rule}[[expect]]\nid = \"x\"\nidentity = \"program:xmrig-6.1\"\ngpu = \"gpu:1\"\n");
    let said = |rig: &mut Rig, seconds: usize, left: &mut Left| {
        let mut said = Vec::new();
        for _ in 0..seconds {
            let tick = rig.second(vec![used(90.0)]);
            left.last_ts = Some(tick.ts);
            left.dispatch = tick.dispatch.or(left.dispatch.take());
            left.alerts = if tick.alerts.is_empty() { std::mem::take(&mut left.alerts) } else { tick.alerts };
            said.extend(rig.notices().into_iter().filter(|notice| notice.notify).map(|notice| notice.phase));
        }
        said
    };
    let learnt = || Learnt { began: Some(0), trusted: true, ..Learnt::default() };
    let again = |left: &Left| Left {
        alerts: left.alerts.clone(),
        dispatch: left.dispatch.clone(),
        last_ts: left.last_ts,
        learnt: learnt(),
        ..Left::default()
    };
    let mut left = Left::default();
    let mut rig = Rig::with(&["gpu"], rule, Left { learnt: learnt(), ..Left::default() }, None);
    let heard = said(&mut rig, 110, &mut left);
    assert!(matches!(heard[..], [NoticePhase::Fired, NoticePhase::Again { .. }]), "{heard:?}");
    // Declared while nobody records.
    let mut rig_of_later = Rig::with(&["gpu"], &declared, again(&left), None);
    assert_eq!(said(&mut rig_of_later, 150, &mut again(&left)), []);
    // Declared at once, and then a restart.
    let config = Config::parse(&declared, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
    assert_eq!(said(&mut rig, 150, &mut left), []);
    let mut rig = Rig::with(&["gpu"], &declared, again(&left), None);
    assert_eq!(said(&mut rig, 150, &mut left), []);
}
