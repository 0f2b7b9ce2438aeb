//! When sessions begin, what they add up to, and how they end.

use proptest::prelude::*;

use super::*;
use crate::model::SourceKind;

const START: i64 = 1_795_000_000;
const GIB: u64 = 1 << 30;

/// Sessions that a test feeds second by second.
struct Rig {
    gpu: Arc<Source>,
    sessions: Sessions,
    numbered: i64,
    rules: UseRules,
    ts: i64,
    boot: u64,
    sight: Sight,
    told: Vec<Session>,
    turned: Vec<Session>,
}

impl Rig {
    fn new() -> Rig {
        Rig::continuing(Vec::new(), START, 1000)
    }

    /// A recorder that begins at this second, and finds these open; the last tick before was at [`START`].
    fn continuing(left: Vec<Session>, ts: i64, boot: u64) -> Rig {
        let now = Now { wall: Duration::from_secs(ts as u64), boot: Duration::from_secs(boot) };
        Rig {
            gpu: Source::whole(SourceKind::Gpu, "gpu:1", "GPU"),
            sessions: Sessions::continuing(left, Some(START), now),
            numbered: 10,
            rules: UseRules::default(),
            ts,
            boot,
            sight: Sight::Read,
            told: Vec::new(),
            turned: Vec::new(),
        }
    }

    fn used(&self, name: &str, pid: u32, busy: f64, vram: u64) -> GpuUse {
        GpuUse {
            source: self.gpu.clone(),
            pid,
            started: Some(u64::from(pid) * 10),
            key: format!("program:{name}").as_str().into(),
            identity: name.into(),
            uid: Some(1000),
            exe: None,
            command: None,
            share: Some(busy * 100.0),
            vram: Some(vram),
            busy: Some(busy),
            encoder: None,
            decoder: Some(busy / 10.0),
        }
    }

    /// Lets so many seconds pass at once, of which the last one is a tick.
    fn after(&mut self, seconds: u64, uses: &[GpuUse]) {
        self.ts += seconds as i64;
        self.boot += seconds;
        let now = Moment {
            ts: self.ts,
            wall: Duration::from_secs(self.ts as u64),
            boot: Duration::from_secs(self.boot),
            step: 1,
        };
        let sight = self.sight;
        let told = self.sessions.step(&now, |_| sight, uses, &self.rules, &mut self.numbered);
        self.told.extend(told);
        self.turned.extend(self.sessions.turned(&now));
    }

    fn seconds(&mut self, count: u64, uses: &[GpuUse]) {
        (0..count).for_each(|_| self.after(1, uses));
    }

    /// Those that ended: when they began and ended, seen from the start, and how.
    fn ended(&self) -> Vec<(i64, i64, Ended)> {
        let ended = self.told.iter().filter_map(|one| Some((one.start - START, one.end - START, one.ended?)));
        ended.collect()
    }
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-6), "{found:?}, not {expected}");
}

#[test]
fn joules_belong_to_the_instance_on_which_they_were_spent() {
    let mut rig = Rig::new();
    let whole = rig.gpu.clone();
    let on = |rig: &mut Rig, instance: &str| {
        rig.gpu = Source::part(&whole, SourceKind::Gpu, instance, instance);
        rig.used("a", 1, 0.9, GIB)
    };
    let uses = [on(&mut rig, "gpu:1/0"), on(&mut rig, "gpu:1/1")];
    rig.seconds(40, &uses);
    rig.sessions.spent("gpu:1/1", &"program:a".into(), Some(1000), 40.0);
    let open = rig.sessions.open();
    let energies = open.iter().map(|one| (one.source.id.as_str(), one.energy)).collect::<Vec<_>>();
    assert_eq!(energies, [("gpu:1/0", None), ("gpu:1/1", Some(40.0))]);
}

#[test]
fn a_session_is_what_one_identity_did_from_its_first_to_its_last_use() {
    let mut rig = Rig::new();
    let two = [rig.used("a", 1, 0.3, 100 << 20), rig.used("a", 2, 0.2, 50 << 20)];
    rig.seconds(29, &two);
    assert_eq!(rig.told, []);
    rig.seconds(1, &two);
    let [begun] = &rig.told[..] else { panic!("{:?}", rig.told) };
    assert_eq!((begun.id, begun.start, begun.end, begun.ended), (11, START, START + 30, None));
    rig.sessions.spent("gpu:1", &"program:a".into(), Some(1000), 40.0);
    rig.sessions.spent("gpu:2", &"program:a".into(), Some(1000), 40.0);
    let peak = rig.used("a", 1, 0.9, GIB);
    rig.seconds(1, &[peak]);
    rig.sessions.late(&two[..1]);
    rig.seconds(200, &[]);
    let over = rig.told.last().unwrap();
    assert_eq!(rig.ended(), [(0, 31, Ended::Exited)]);
    near(over.busy, 30.0 * 0.5 + 0.9 + 0.3);
    near(over.decoder, (30.0 * 0.5 + 0.9 + 0.3) / 10.0);
    near(over.peak_share, 90.0);
    near(over.energy, 40.0);
    assert_eq!((over.encoder, over.vram, over.uid), (None, Some(GIB), Some(1000)));
    let told: Vec<_> = over.processes.iter().map(|process| (process.pid, process.started)).collect();
    assert_eq!(told, [(1, Some(10)), (2, Some(20))]);
}

#[test]
fn short_pauses_are_bridged_and_long_ones_are_not() {
    let mut rig = Rig::new();
    let a = [rig.used("a", 1, 1.0, 0)];
    let idle = [rig.used("a", 1, 0.01, 0)];
    rig.seconds(40, &a);
    rig.seconds(60, &idle);
    rig.seconds(10, &a);
    assert_eq!(rig.ended(), []);
    rig.seconds(61, &idle);
    assert_eq!(rig.ended(), [(0, 110, Ended::Idle)]);
    // What little it did in the pause that was its end is not its own.
    near(rig.told.last().unwrap().busy, 50.0 + 0.6);
    rig.seconds(40, &a);
    assert_eq!(rig.sessions.open()[0].start, START + 171);
}

#[test]
fn noise_is_no_session() {
    #[track_caller]
    fn none(uses: impl Fn(&Rig, u64) -> Vec<GpuUse>) {
        let mut rig = Rig::new();
        for second in 0..900 {
            let uses = uses(&rig, second);
            rig.after(1, &uses);
        }
        assert_eq!((&rig.told[..], rig.numbered), (&[][..], 10));
    }
    // A desktop that stands still, a short burst, a burst each minute, memory that is held for a moment.
    none(|rig, _| vec![rig.used("a", 1, 0.05, 100 << 20)]);
    none(|rig, second| if second < 20 { vec![rig.used("a", 1, 1.0, 0)] } else { vec![] });
    none(|rig, second| vec![rig.used("a", 1, if second % 60 < 4 { 1.0 } else { 0.0 }, 0)]);
    none(|rig, second| vec![rig.used("a", 1, 0.0, if second % 100 < 29 { GIB } else { 0 })]);
}

#[test]
fn work_in_bursts_and_memory_that_is_held_count() {
    let mut rig = Rig::new();
    let (on, off) = ([rig.used("a", 1, 1.0, 0)], [rig.used("a", 1, 0.0, 0)]);
    for _ in 0..6 {
        rig.seconds(3, &on);
        rig.seconds(7, &off);
    }
    assert_eq!(rig.told.len(), 1);
    assert_eq!((rig.told[0].start, rig.told[0].busy), (START, Some(10.0)));
    let holds = [rig.used("b", 2, 0.0, GIB)];
    rig.seconds(30, &holds);
    let held = rig.told.last().unwrap();
    assert_eq!((held.start, held.vram, held.busy), (START + 60, Some(GIB), Some(0.0)));
    // It lets go of its memory, and is there still.
    rig.seconds(100, &[rig.used("b", 2, 0.0, 1)]);
    assert_eq!(rig.ended(), [(0, 53, Ended::Exited), (60, 90, Ended::Idle)]);
}

#[test]
fn memory_on_a_gpu_that_is_left_alone_is_held_still() {
    let mut rig = Rig::new();
    let (a, b) = (rig.used("a", 1, 0.0, GIB), rig.used("b", 2, 0.9, 0));
    rig.seconds(40, &[a.clone(), b]);
    rig.sight = Sight::Asleep;
    rig.seconds(900, &[]);
    assert_eq!(rig.ended(), [(0, 40, Ended::Idle)], "who only worked does not");
    rig.sight = Sight::Read;
    rig.seconds(1, &[a]);
    assert_eq!(rig.sessions.open()[0].end, START + 941);
    rig.sight = Sight::Blind;
    rig.seconds(100, &[]);
    assert_eq!(rig.ended()[1], (0, 941, Ended::Unknown));
}

#[test]
fn another_process_of_the_same_number_is_another_session() {
    let mut rig = Rig::new();
    let a = rig.used("a", 7, 1.0, 0);
    let again = GpuUse { started: Some(99), ..a.clone() };
    let stranger = GpuUse { key: "program:b".into(), identity: "b".into(), started: Some(88), ..a.clone() };
    rig.seconds(40, &[a]);
    // Of another identity: at once.
    rig.seconds(70, &[stranger]);
    assert_eq!((rig.ended(), rig.told.len()), (vec![(0, 40, Ended::Exited)], 3));
    // Of the same one, after the pause.
    rig.seconds(40, &[again]);
    let last = rig.told.last().unwrap();
    assert_eq!(
        (last.start - START, last.id, &last.processes[..]),
        (110, 13, &[Process { pid: 7, started: Some(99) }][..])
    );
}

#[test]
fn the_process_that_used_most_names_the_program_of_a_session() {
    let mut rig = Rig::new();
    let command = |name: &str, one: GpuUse| GpuUse { command: Some(name.into()), ..one };
    let open = |rig: &Rig| rig.sessions.open()[0].command.clone();
    let shell = command("sh", rig.used("a", 1, 0.5, 0));
    let server = command("python3", rig.used("a", 2, 0.2, 0));
    rig.seconds(40, &[server.clone(), shell.clone()]);
    assert_eq!(open(&rig), Some("sh".into()));
    // The shell has turned into the program that it started, which is no other process.
    rig.seconds(1, &[server, command("ffmpeg", shell)]);
    assert_eq!(open(&rig), Some("ffmpeg".into()));
    // By memory, where no shares are told.
    let quiet =
        |pid, vram, name| command(name, GpuUse { share: None, busy: None, ..Rig::new().used("b", pid, 0.0, vram) });
    let mut rig = Rig::new();
    rig.seconds(40, &[quiet(1, 1 << 30, "small"), quiet(2, 2 << 30, "large"), quiet(3, 2 << 30, "later")]);
    assert_eq!(open(&rig), Some("large".into()));
    // The next recorder goes on with it, and one whose name nobody knows takes nothing from it.
    let mut rig = Rig::continuing(vec![rig.sessions.open().remove(0)], rig.ts, rig.boot);
    rig.seconds(1, &[quiet(2, 1 << 30, "other")]);
    assert_eq!(open(&rig), Some("large".into()));
}

#[test]
fn one_whose_processes_have_ended_is_told_so_while_its_pause_is_bridged() {
    let mut rig = Rig::new();
    let a = [rig.used("a", 1, 1.0, 0)];
    let turned = |rig: &mut Rig| {
        let turned = std::mem::take(&mut rig.turned);
        turned.into_iter().map(|one| (one.id, one.end - START, one.ended)).collect::<Vec<_>>()
    };
    rig.seconds(40, &a);
    // For a moment, as between two processes of a loop.
    rig.seconds(5, &[]);
    rig.seconds(1, &a);
    assert_eq!(turned(&mut rig), []);
    rig.seconds(6, &[]);
    assert_eq!(turned(&mut rig), [(11, 46, Some(Ended::Exited))]);
    assert_eq!(rig.sessions.open()[0].ended, Some(Ended::Exited));
    rig.seconds(20, &[]);
    assert_eq!(turned(&mut rig), [], "once");
    // Another process of it goes on with the same session.
    let other = [rig.used("a", 2, 1.0, 0)];
    rig.seconds(2, &other);
    assert_eq!(turned(&mut rig), [(11, 73, None)]);
    // One that is there and does nothing has not ended.
    let idle = [rig.used("a", 2, 0.0, 0)];
    rig.seconds(30, &idle);
    assert_eq!((turned(&mut rig), rig.sessions.open()[0].ended), (vec![], None));
    // Nor has one that an earlier recorder left, and that was not seen since.
    let mut rig = Rig::continuing(vec![left()], START + 5, 1000);
    rig.seconds(20, &[]);
    assert_eq!((turned(&mut rig), rig.sessions.open()[0].ended), (vec![], None));
}

#[test]
fn users_and_gpus_have_sessions_of_their_own() {
    let mut rig = Rig::new();
    let a = rig.used("a", 1, 0.5, 0);
    let instance = Source::part(&rig.gpu, SourceKind::Gpu, "gpu:1:mig:2", "Instance");
    let other = GpuUse { pid: 2, uid: Some(0), ..a.clone() };
    let elsewhere = GpuUse { source: instance, ..a.clone() };
    rig.seconds(10, &[]);
    rig.seconds(40, &[a, other, elsewhere]);
    assert_eq!(rig.sessions.open().len(), 3);
    assert_eq!(rig.sessions.on("gpu:1"), On { is_used: true, since: Some(START + 10) });
    assert_eq!(rig.sessions.on("gpu:1:mig:2"), On::default());
}

#[test]
fn a_suspend_is_bridged_or_not_by_the_time_that_passed() {
    let mut rig = Rig::new();
    let a = [rig.used("a", 1, 0.5, 0)];
    rig.seconds(40, &a);
    rig.after(50, &a);
    assert_eq!(rig.ended(), []);
    rig.after(8 * 3600, &a);
    assert_eq!(rig.ended(), [(0, 90, Ended::Unknown)]);
    rig.seconds(40, &a);
    assert_eq!(rig.sessions.open()[0].start, START + 90 + 8 * 3600 - 1);
}

#[test]
fn a_clock_that_is_set_renames_the_beginning_and_not_the_time_that_passed() {
    let mut rig = Rig::new();
    let a = [rig.used("a", 1, 0.5, 0)];
    rig.seconds(40, &a);
    rig.ts += 1_000_000;
    rig.seconds(20, &a);
    let open = &rig.sessions.open()[0];
    assert_eq!((open.start, open.end), (START + 1_000_000, START + 1_000_060));
}

/// A session that a recorder wrote at [`START`] and left.
fn left() -> Session {
    let mut rig = Rig::new();
    let a = [rig.used("a", 1, 0.5, 0)];
    rig.seconds(40, &a);
    let open = rig.sessions.open().remove(0);
    Session { start: open.start - 60, end: START - 20, episode: Some(3), ..open }
}

#[test]
fn a_session_goes_on_after_a_restart_with_the_same_process() {
    let mut rig = Rig::continuing(vec![left()], START + 30, 1000);
    let a = [rig.used("a", 1, 0.5, 0)];
    rig.seconds(10, &[]);
    rig.seconds(10, &a);
    assert_eq!(rig.told, []);
    let open = rig.sessions.open().remove(0);
    assert_eq!((open.id, open.start, open.end, open.episode), (11, START - 60, START + 50, Some(3)));
    near(open.busy, 20.0 + 5.0);
}

#[test]
fn it_ends_where_it_was_last_written_without_that_process() {
    #[track_caller]
    fn check(ts: i64, boot: u64, uses: impl Fn(&Rig) -> Vec<GpuUse>) {
        let mut rig = Rig::continuing(vec![left()], ts, boot);
        let uses = uses(&rig);
        rig.seconds(70, &uses);
        assert_eq!(rig.ended(), [(-60, -20, Ended::Unknown)]);
        near(rig.told[0].busy, 20.0);
    }
    check(START + 5, 1000, |_| Vec::new());
    // Another process of the same program, also one that has the same number.
    check(START + 5, 1000, |rig| vec![rig.used("a", 2, 0.5, 0)]);
    check(START + 5, 1000, |rig| vec![GpuUse { started: Some(11), ..rig.used("a", 1, 0.5, 0) }]);
    // The same one after too long, after the machine was started anew, and after the clock was put back.
    check(START + 90, 1000, |rig| vec![rig.used("a", 1, 0.5, 0)]);
    check(START + 30, 20, |rig| vec![rig.used("a", 1, 0.5, 0)]);
    check(START - 3600, 1000, |rig| vec![rig.used("a", 1, 0.5, 0)]);
}

#[test]
fn names_made_to_fill_memory_do_not() {
    let mut rig = Rig::new();
    for second in 0..30 {
        let many: Vec<_> = (0..200).map(|at| rig.used(&format!("{second}-{at}"), at, 1.0, 0)).collect();
        rig.after(1, &many);
    }
    assert_eq!(rig.sessions.tracks.values().flatten().count(), MOST);
}

proptest! {
    /// Whatever is fed: the sessions of one identity on one GPU do not overlap, and each has the time that was fed between
    /// its first and its last second.
    #[test]
    fn sessions_do_not_overlap_and_lose_nothing(
        stretches in prop::collection::vec((1u64..90, 0usize..5, 0u64..3), 1..30),
        gaps in prop::collection::vec(prop_oneof![9 => Just(1u64), 1 => 2u64..100], 30),
        hold in prop_oneof![Just(30u64), 0u64..100],
        bridge in prop_oneof![Just(60u64), 0u64..100],
    ) {
        let mut rig = Rig::new();
        (rig.rules.hold, rig.rules.bridge) = (Duration::from_secs(hold), Duration::from_secs(bridge));
        let mut fed: Vec<(i64, f64)> = Vec::new();
        for ((seconds, level, pid), gap) in stretches.into_iter().zip(gaps) {
            let busy = [0.0, 0.02, 0.2, 0.9, 0.0][level];
            let vram = if level == 4 { GIB } else { 0 };
            let uses = [rig.used("a", pid as u32, busy, vram)];
            let uses = if level == 0 { &uses[..0] } else { &uses[..] };
            for second in 0..seconds {
                rig.after(if second == 0 { gap } else { 1 }, uses);
                fed.push((rig.ts, busy));
            }
        }
        rig.seconds(200, &[]);
        prop_assert!(rig.sessions.open().is_empty() && rig.sessions.tracks.is_empty());
        let ended: Vec<&Session> = rig.told.iter().filter(|one| one.ended.is_some()).collect();
        for pair in ended.windows(2) {
            prop_assert!(pair[0].end <= pair[1].start, "{pair:?}");
        }
        for one in ended {
            prop_assert!(one.end - one.start >= hold as i64 && one.end > one.start, "{one:?}");
            let inside = fed.iter().filter(|(ts, _)| (one.start + 1..=one.end).contains(ts));
            let expected: f64 = inside.map(|(_, busy)| busy).sum();
            prop_assert!((one.busy.unwrap_or(0.0) - expected).abs() < 1e-6, "{one:?}, not {expected}");
        }
    }
}
