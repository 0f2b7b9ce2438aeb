//! Alerts about uses that nobody expects: how long they last, what ends them, and what is said then.

use super::*;
use crate::alerts::words;
use crate::engine::expectations::Learnt;
use crate::model::GpuUse;
use crate::untrusted::Untrusted;

/// Long enough to be sure that a use is over, and not long enough for anything else.
const OVER: usize = 100;

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "RTX")
}

/// What xmrig does on the GPU, where it does anything.
fn used(share: Option<f64>) -> Answer {
    let mut batch = Batch::default();
    batch.put(&gpu(), Metric::GpuUtilization, share.unwrap_or(0.0));
    if let Some(share) = share {
        batch.gpu_use(GpuUse {
            source: gpu(),
            pid: 7,
            started: Some(5),
            key: "program:xmrig-6.1".into(),
            identity: "xmrig".into(),
            uid: Some(1000),
            exe: None,
            command: None,
            share: Some(share),
            vram: Some(1 << 20),
            busy: None,
            encoder: None,
            decoder: None,
        });
    }
    Ok(batch)
}

/// What an evening was like: what was said, and what was recorded of ends.
#[derive(Default)]
struct Evening {
    left: Left,
    said: Vec<String>,
    endings: Vec<String>,
}

impl Evening {
    fn learnt() -> Learnt {
        Learnt { began: Some(0), trusted: true, ..Learnt::default() }
    }

    /// A recorder that goes on with what the one before it left.
    fn rig(&self, config: &str) -> Rig {
        let (alerts, dispatch, last_ts) = (self.left.alerts.clone(), self.left.dispatch.clone(), self.left.last_ts);
        let left = Left { alerts, dispatch, last_ts, learnt: Evening::learnt(), ..Left::default() };
        let passed = last_ts.map_or(0, |ts| ts - START as i64);
        Rig::later(passed as u64, &["gpu"], config, left, None)
    }

    fn pass(&mut self, rig: &mut Rig, seconds: usize, share: Option<f64>) {
        for _ in 0..seconds {
            let tick = rig.second(vec![used(share)]);
            for row in tick.alerts {
                self.left.alerts.retain(|other| other.who != row.who);
                self.left.alerts.extend((row.phase != AlertPhase::Inactive).then_some(row));
            }
            self.left.dispatch = tick.dispatch.or(self.left.dispatch.take());
            self.left.last_ts = Some(tick.ts);
            let ended = tick.events.iter().filter(|event| event.kind == EventKind::AlertCleared);
            self.endings.extend(ended.map(|event| event.detail["ending"].as_str().unwrap_or("none").to_owned()));
            let plain = |name: &Untrusted| name.json().into_owned();
            let told = rig.notices().into_iter().filter(|notice| notice.notify);
            self.said.extend(told.map(|notice| words::title(&notice, &plain)));
        }
    }
}

fn configure(rig: &mut Rig, config: &str) {
    let config = Config::parse(config, std::path::Path::new("x")).unwrap();
    rig.core.handle(Event::Journal(Report::Config(Box::new(Ok(config)))));
}

#[test]
fn it_lasts_as_long_as_the_use_and_its_end_names_the_program() {
    let mut evening = Evening::default();
    let mut rig = evening.rig("");
    evening.pass(&mut rig, 1200, Some(90.0));
    assert_eq!(evening.said, ["xmrig uses RTX and never did before"]);
    // A pause is no end.
    evening.pass(&mut rig, 60, None);
    evening.pass(&mut rig, 60, Some(90.0));
    assert_eq!(rig.core.watch.active().len(), 1);
    evening.pass(&mut rig, OVER, None);
    assert_eq!(rig.core.watch.active(), []);
    assert_eq!(evening.said[1..], ["xmrig stopped using RTX after 23 min"]);
    assert_eq!(evening.endings, ["use_over"]);
    // A restart does not make it begin anew.
    let mut later = evening.rig("");
    evening.pass(&mut later, 30, None);
    assert_eq!((evening.said.len(), later.core.watch.active()), (2, vec![]));
    // On the same day it is no news.
    evening.pass(&mut rig, 60, Some(90.0));
    assert_eq!((evening.said.len(), rig.core.watch.active()), (2, vec![]));
}

#[test]
fn a_use_that_is_soon_over_is_not_listed_for_longer() {
    let mut evening = Evening::default();
    let mut rig = evening.rig("");
    evening.pass(&mut rig, 40, Some(90.0));
    assert_eq!(rig.core.watch.active().len(), 1);
    // It holds on to the GPU without work.
    evening.pass(&mut rig, OVER, Some(0.0));
    assert_eq!((rig.core.watch.active(), evening.said.len()), (vec![], 2));
}

#[test]
fn it_goes_on_over_a_restart_under_its_name() {
    let mut evening = Evening::default();
    let mut rig = evening.rig("");
    evening.pass(&mut rig, 1200, Some(90.0));
    let mut rig = evening.rig("");
    evening.pass(&mut rig, 1200, Some(90.0));
    assert_eq!(evening.said, ["xmrig uses RTX and never did before"]);
    let active = rig.core.watch.active();
    let plain = |name: &Untrusted| name.json().into_owned();
    assert_eq!(words::firing(&active[0], &plain), "xmrig uses RTX and never did before");
    // One that is over when the recorder comes back ends, too.
    let mut rig = evening.rig("");
    evening.pass(&mut rig, OVER, None);
    assert_eq!(evening.said[1..], ["xmrig stopped using RTX after 41 min"]);
}

#[test]
fn a_limit_that_is_kept_again_is_the_end_and_a_new_breach_is_told_after_an_hour() {
    let limit = "[[expect]]\nid = \"x\"\nprogram = \"xmrig*\"\nshare = 50\n";
    let mut evening = Evening::default();
    let mut rig = evening.rig(limit);
    evening.pass(&mut rig, 120, Some(90.0));
    evening.pass(&mut rig, OVER, Some(20.0));
    assert_eq!(evening.said.len(), 2, "{:?}", evening.said);
    assert!(evening.said[1].starts_with("xmrig uses no more of RTX than it may after"), "{:?}", evening.said);
    evening.pass(&mut rig, 120, Some(90.0));
    assert_eq!((evening.said.len(), rig.core.watch.active()), (2, vec![]));
    evening.pass(&mut rig, 3600, Some(20.0));
    evening.pass(&mut rig, 120, Some(90.0));
    assert_eq!(evening.said.len(), 3);
}

#[test]
fn what_a_person_expects_ends_at_once_and_quietly() {
    let declared = "[[expect]]\nid = \"x\"\nidentity = \"program:xmrig-6.1\"\ngpu = \"gpu:1\"\n";
    let mut evening = Evening::default();
    let mut rig = evening.rig("");
    evening.pass(&mut rig, 60, Some(90.0));
    assert_eq!(rig.core.watch.active().len(), 1);
    configure(&mut rig, declared);
    assert_eq!(rig.core.watch.active(), []);
    let last = rig.notices().pop().expect("faces are told");
    assert!(matches!(last.phase, NoticePhase::Cleared { ending: Ending::Expected, .. }) && !last.notify, "{last:?}");
    evening.pass(&mut rig, 60, Some(90.0));
    assert_eq!((evening.said.len(), &evening.endings[..]), (1, &["expected".to_owned()][..]));
    assert_eq!(evening.left.alerts, []);
}

#[test]
fn one_that_must_run_is_named_and_missing_until_it_runs() {
    let demanded = "[[expect]]\nid = \"my-miner\"\nprogram = \"xmrig*\"\npolicy = \"must_run\"\ngrace = \"30s\"\n";
    let mut evening = Evening::default();
    let mut rig = evening.rig(demanded);
    evening.pass(&mut rig, 1200, None);
    assert_eq!(evening.said, ["my-miner should run and does not"]);
    let mut rig = evening.rig(demanded);
    evening.pass(&mut rig, 1200, None);
    assert_eq!((evening.said.len(), rig.core.watch.active().len()), (1, 1));
    evening.pass(&mut rig, OVER, Some(90.0));
    assert_eq!(evening.said[1..], ["my-miner is not missing any more after 41 min"]);
}

#[test]
fn a_rule_that_counts_uses_counts_them_as_before() {
    let count = "[[rule]]\nid = \"unexpected-use\"\nenabled = false\n[[rule]]\nid = \"many\"\nevent = \"unexpected_use\"\n\
                 fire = \"> 1\"\n";
    let mut evening = Evening::default();
    let mut rig = evening.rig(count);
    evening.pass(&mut rig, 1200, Some(90.0));
    assert_eq!(evening.said, [""; 0]);
}
