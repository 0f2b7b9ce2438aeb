//! What processes do on GPUs: now, and by minute.

use std::sync::Arc;

use hoofbeat_core::api::Face;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{
    Batch, Condition, GpuEnergy, GpuMinute, GpuUsage, GpuUse, Health, Keep, RecorderState, Source, SourceKind, Tick,
};
use hoofbeat_core::store::{Reader, Store};

use crate::support::*;

fn gpu() -> Arc<Source> {
    Source::whole(SourceKind::Gpu, "gpu:1", "GPU")
}

fn used(source: &Arc<Source>, pid: u32, name: &str, share: Option<f64>, vram: Option<u64>) -> GpuUse {
    GpuUse {
        source: source.clone(),
        pid,
        started: Some(4711),
        key: format!("program:{name}").as_str().into(),
        identity: name.into(),
        uid: Some(1000),
        exe: Some(format!("/opt/{name}").as_str().into()),
        command: None,
        share,
        vram,
        busy: None,
        encoder: None,
        decoder: None,
    }
}

fn tick(ts: i64, gpu: &Arc<Source>, gpu_uses: Vec<GpuUse>) -> Tick {
    let mut batch = Batch::default();
    batch.put(gpu, Metric::GpuUtilization, 50.0);
    let readings = batch.into_parts().readings;
    let recorder = Some((RecorderState::Recording, None));
    Tick { ts, readings, conditions: vec![(gpu.clone(), Condition::OK)], gpu_uses, recorder, ..Tick::default() }
}

fn usage(source: &Arc<Source>, name: &str, uid: Option<u32>, busy: Option<f64>, energy: Option<f64>) -> GpuUsage {
    GpuUsage {
        source: source.clone(),
        key: format!("program:{name}").as_str().into(),
        identity: name.into(),
        uid,
        busy,
        vram: Some(1 << 30),
        encoder: None,
        decoder: Some(0.25),
        energy,
    }
}

fn minute(source: &Arc<Source>, start: i64, usage: Vec<GpuUsage>) -> GpuMinute {
    let energy = GpuEnergy {
        source: source.clone(),
        energy: Some(600.0),
        idle: Some(200.0),
        attributed: Some(300.0),
        busy: Some(30.0),
        explained: None,
        missing: 1.5,
    };
    GpuMinute { start, usage, energy: vec![energy] }
}

/// A tick in which somebody uses the GPU.
pub fn used_tick(ts: i64) -> Tick {
    let gpu = gpu();
    tick(ts, &gpu, vec![used(&gpu, 1, "Ollama", Some(70.0), Some(8 << 30))])
}

/// A minute in which somebody did.
pub fn used_minute(start: i64) -> GpuMinute {
    let gpu = gpu();
    minute(&gpu, start, vec![usage(&gpu, "Ollama", Some(1000), Some(30.0), Some(300.0))])
}

#[test]
fn who_uses_a_gpu_now_stands_beside_its_values() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let mut store = open(temp.path(), HOUR).store;
    let hostile = "a\"';\\\n\u{1b}[31m<b>\u{0}";
    let mut hidden = used(&gpu, 3, hostile, None, Some(1 << 20));
    (hidden.started, hidden.uid) = (None, None);
    let uses =
        vec![hidden, used(&gpu, 1, "Ollama", Some(70.04), Some(8 << 30)), used(&gpu, 2, "Blender", Some(30.0), None)];
    store.append(&[tick(HOUR, &gpu, uses)], false).unwrap();

    let status = Reader::open(temp.path()).unwrap().status(true).unwrap();
    let told: Vec<_> =
        status.sources[0].processes.iter().map(|one| (one.pid, one.identity.as_str(), one.share, one.vram)).collect();
    assert_eq!(
        told,
        [(1, "Ollama", Some(70.0), Some(8 << 30)), (2, "Blender", Some(30.0), None), (3, hostile, None, Some(1 << 20))]
    );
    let rows =
        sqlite3(temp.path(), "SELECT source, pid, started, identity, uid, share, vram FROM gpu_processes LIMIT 2");
    assert_eq!(rows, "gpu:1|1|4711|Ollama|1000|70.0|8589934592\ngpu:1|2|4711|Blender|1000|30.0|");
    let rows = sqlite3(temp.path(), "SELECT json_array_length(processes), processes ->> '$[0].key' FROM status");
    assert_eq!(rows, "3|program:Ollama");
    assert_eq!(status.sources[0].processes[0].exe.as_deref(), Some("/opt/Ollama"));
    assert_eq!(sqlite3(temp.path(), "SELECT exe FROM gpu_processes WHERE pid = 2"), "/opt/Blender");

    // Nobody uses it any more; then it sleeps with somebody's memory on it.
    store.append(&[tick(HOUR + 1, &gpu, Vec::new())], false).unwrap();
    let processes = || Reader::open(temp.path()).unwrap().status(true).unwrap().sources[0].processes.len();
    assert_eq!(processes(), 0);
    assert_eq!(sqlite3(temp.path(), "SELECT processes IS NULL FROM status"), "1");
    store.append(&[tick(HOUR + 2, &gpu, vec![used(&gpu, 1, "Ollama", None, None)])], false).unwrap();
    assert_eq!(processes(), 1);
    let asleep = Condition { health: Health::Asleep, reason: String::new() };
    let emptied = vec![gpu.clone()];
    store.append(&[Tick { ts: HOUR + 3, conditions: vec![(gpu, asleep)], emptied, ..Tick::default() }], false).unwrap();
    assert_eq!(processes(), 0);
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM gpu_processes"), "0");
    assert_sound(temp.path());
}

#[test]
fn the_largest_are_told_and_an_instance_has_its_own() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let instance = Source::part(&gpu, SourceKind::Gpu, "gpu:1:mig:2", "Instance 2");
    let mut store = open(temp.path(), HOUR).store;
    let mut uses: Vec<GpuUse> =
        (0..100).map(|pid| used(&gpu, pid, "many", Some(f64::from(pid)), Some(u64::from(pid)))).collect();
    uses.push(used(&instance, 500, "Trainer", Some(99.5), None));
    let mut tick = tick(HOUR, &gpu, uses);
    tick.conditions.push((instance, Condition::OK));
    store.append(&[tick], false).unwrap();
    let status = Reader::open(temp.path()).unwrap().status(true).unwrap();
    let pids = |at: usize| status.sources[at].processes.iter().map(|one| one.pid).collect::<Vec<_>>();
    assert_eq!((pids(0), pids(1)), ((37..100).rev().collect(), vec![500]), "64 in all");
    assert_eq!(sqlite3(temp.path(), "SELECT pid FROM gpu_processes WHERE source = 'gpu:1:mig:2'"), "500");
    assert_eq!(sqlite3(temp.path(), "SELECT json_array_length(processes) FROM status"), "63\n1");
}

#[test]
fn a_minute_that_is_visited_twice_adds_up() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let mut store = open(temp.path(), HOUR).store;
    let tick = |ts, usage| Tick { gpu_minute: Some(minute(&gpu, HOUR, usage)), ..tick(ts, &gpu, Vec::new()) };
    let small = || GpuUsage { vram: None, ..usage(&gpu, "small", None, Some(0.01), None) };
    let first = vec![usage(&gpu, "a", None, Some(20.0), Some(100.5)), usage(&gpu, "b", Some(0), None, None), small()];
    let second = vec![usage(&gpu, "a", None, None, Some(0.25)), usage(&gpu, "b", Some(0), Some(1.5), None)];
    store.append(&[tick(HOUR + 60, first), tick(HOUR + 61, second)], false).unwrap();
    let rows = sqlite3(
        temp.path(),
        "SELECT identity, key, uid, busy_seconds, vram, encoder_seconds, decoder_seconds, energy FROM gpu_usages
          ORDER BY identity",
    );
    assert_eq!(rows, "a|program:a||20.0|1073741824||0.5|100.75\nb|program:b|0|1.5|1073741824||0.5|");
    let rows = sqlite3(
        temp.path(),
        "SELECT energy, idle, attributed, unattributed, busy_seconds, attributed_seconds, missing_seconds FROM gpu_minutes",
    );
    assert_eq!(rows, "1200.0|400.0|600.0|200.0|60.0||3.0");

    let reader = Reader::open(temp.path()).unwrap();
    // The running minute is told once it is over, and one in which nobody used a GPU is told, too.
    let counted = |since, until| reader.gpu_usages(since, until).unwrap().counted;
    assert_eq!(counted(HOUR, HOUR + 95), Some(HOUR + 60));
    assert_eq!((counted(HOUR + 30, HOUR + 40), counted(HOUR + 60, HOUR + 600)), (Some(HOUR + 40), None));
    let usages = reader.gpu_usages(HOUR + 30, HOUR + 40).unwrap();
    let [one] = &usages.gpus[..] else { panic!("{usages:?}") };
    assert_eq!((one.energy, one.unattributed, one.explained, one.missing), (Some(1200.0), Some(200.0), None, 3.0));
    let names: Vec<_> = one.usages.iter().map(|one| (one.identity.as_str(), one.uid, one.busy, one.encoder)).collect();
    assert_eq!(names, [("a", None, Some(20.0), None), ("b", Some(0), Some(1.5), None)]);
    assert!(reader.gpu_usages(HOUR + 60, HOUR + 600).unwrap().gpus.is_empty());
    store.append(&[self::tick(HOUR + 330, &gpu, Vec::new())], false).unwrap();
    assert_eq!(counted(HOUR, HOUR + 335), Some(HOUR + 300));
    // A recorder that ends writes what there is of the minute.
    let rest = Some(minute(&gpu, HOUR + 300, Vec::new()));
    store.append(&[Tick { gpu_minute: rest, ..self::tick(HOUR + 331, &gpu, Vec::new()) }], false).unwrap();
    assert_eq!(counted(HOUR, HOUR + 335), Some(HOUR + 332));
    assert_sound(temp.path());
}

#[test]
fn what_a_gpu_takes_when_idle_may_not_be_known() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let mut store = open(temp.path(), HOUR).store;
    let mut minute = minute(&gpu, HOUR, Vec::new());
    minute.energy[0].idle = None;
    store.append(&[Tick { gpu_minute: Some(minute), ..tick(HOUR + 60, &gpu, Vec::new()) }], false).unwrap();
    let rows = sqlite3(temp.path(), "SELECT energy, idle, attributed, unattributed FROM gpu_minutes");
    assert_eq!(rows, "600.0||300.0|300.0");
    let usages = Reader::open(temp.path()).unwrap().gpu_usages(HOUR, HOUR + 60).unwrap();
    let one = &usages.gpus[0];
    assert_eq!((one.energy, one.idle, one.unattributed), (Some(600.0), None, Some(300.0)));
}

#[test]
fn only_unused_minutes_tell_what_a_gpu_takes_when_idle() {
    let (temp, busy) = (tempfile::tempdir().unwrap(), gpu());
    let rests = Source::whole(SourceKind::Gpu, "gpu:2", "Another GPU");
    let mut store = open(temp.path(), HOUR).store;
    let ticks = (0..3600).map(|at| {
        let mut batch = Batch::default();
        // Both take least while they work; one of them rests in the tenth minute, and not for a whole one in the twentieth.
        let (load, watts) = match at / 60 {
            10 => (1.0, 30.0),
            20 if at % 60 < 30 => (0.0, 20.0),
            _ => (100.0, if at == 5 { 5.0 } else { 300.0 }),
        };
        batch.put(&busy, Metric::GpuUtilization, 100.0);
        batch.put(&busy, Metric::GpuPower, watts);
        batch.put(&rests, Metric::GpuUtilization, load);
        batch.put(&rests, Metric::GpuPower, watts);
        let mut tick = Tick { ts: HOUR + at, readings: batch.into_parts().readings, ..Tick::default() };
        if at == 0 {
            tick.conditions = [&busy, &rests].map(|gpu| (gpu.clone(), Condition::OK)).to_vec();
            tick.step = Some(1);
        }
        tick
    });
    store.append(&ticks.collect::<Vec<_>>(), false).unwrap();
    store.append(&[tick(HOUR + 3600, &busy, Vec::new())], false).unwrap();
    store.maintain(now(HOUR + 3600 + 120)).unwrap();
    store.close().unwrap();
    assert_eq!(open(temp.path(), HOUR + 7200).idle_power, [("gpu:2".to_owned(), 30.0)]);
}

#[test]
fn what_gpus_were_used_for_ages_and_keeps_its_names_until_then() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    const DAY: i64 = 86_400;
    let keep = Keep { usage: std::time::Duration::from_secs(36 * 3600 + 1200), ..Keep::default() };
    let mut store = Store::open(temp.path(), keep, now(HOUR)).unwrap().store;
    let names = || sqlite3(temp.path(), "SELECT DISTINCT identity FROM gpu_usages ORDER BY 1");
    // In the end two minutes of one hour lie before and after what is kept: the hour stays, and both of them.
    let half = DAY / 2 + 1800;
    for (at, name) in [(0, "old"), (half, "half"), (half + 1200, "half"), (DAY, "new"), (2 * DAY, "newest")] {
        let who = vec![usage(&gpu, name, Some(1), Some(5.0), None), usage(&gpu, "always", Some(1), Some(5.0), None)];
        let minute = minute(&gpu, HOUR + at, who);
        let later = |ts| tick(ts, &gpu, Vec::new());
        store.append(&[Tick { gpu_minute: Some(minute), ..later(HOUR + at) }, later(HOUR + at + 3600)], false).unwrap();
        store.maintain(now(HOUR + at + 3600)).unwrap();
    }
    assert_eq!(names(), "always\nhalf\nnew\nnewest");
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM gpu_minutes"), "4");
    // Hours are kept for as long as those of everything else, and are told where no minute is.
    let hours = "SELECT group_concat(identity) FROM (SELECT DISTINCT identity FROM gpu_usage_hours ORDER BY 1)";
    assert_eq!(sqlite3(temp.path(), hours), "always,half,new,newest,old");
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM identity"), "5");
    assert_eq!(sqlite3(temp.path(), "SELECT sum(missing_seconds) FROM gpu_hours"), "7.5");
    let face = Face::open(temp.path()).unwrap();
    let used = |since, until| {
        let gpus = face.gpu_usages(since, until).unwrap().gpus;
        let mut told: Vec<_> =
            gpus.into_iter().flat_map(|gpu| gpu.usages).map(|one| (one.identity, one.busy)).collect();
        told.sort_by(|a, b| a.0.cmp(&b.0));
        told
    };
    let first = [("always".to_owned(), Some(5.0)), ("old".to_owned(), Some(5.0))];
    assert_eq!(used(HOUR + 1800, HOUR + 1800 + 3600), first, "the hour that the time begins in");
    assert_eq!(used(HOUR, HOUR + 60), [], "an hour says nothing of a minute");
    assert_eq!(used(HOUR - DAY, HOUR + 3 * DAY).iter().filter_map(|(_, busy)| *busy).sum::<f64>(), 50.0);
    let lanes = |since, until| {
        let ribbons = face.ribbons("gpu:1", since, until, 10).unwrap();
        ribbons.lanes.into_iter().map(|lane| (lane.identity, lane.busy)).collect::<Vec<_>>()
    };
    assert_eq!(lanes(HOUR, HOUR + 7200), [("always".to_owned(), 5.0), ("old".to_owned(), 5.0)]);
    store.close().unwrap();

    let keep = Keep { hours: keep.usage, ..keep };
    let mut store = Store::open(temp.path(), keep, now(HOUR + 2 * DAY + 3600)).unwrap().store;
    store.append(&[tick(HOUR + 2 * DAY + 7200, &gpu, Vec::new())], false).unwrap();
    store.maintain(now(HOUR + 2 * DAY + 7200)).unwrap();
    assert_eq!(sqlite3(temp.path(), hours), "always,new,newest");
    assert_eq!(sqlite3(temp.path(), "SELECT count(*) FROM identity"), "3");
    assert_sound(temp.path());
}

#[test]
fn a_damaged_file_gives_back_who_used_a_gpu() {
    let (temp, gpu) = (tempfile::tempdir().unwrap(), gpu());
    let mut store = open(temp.path(), HOUR).store;
    let who = vec![usage(&gpu, "a", None, Some(20.0), Some(100.5)), usage(&gpu, "b", Some(7), Some(1.5), None)];
    let minute = minute(&gpu, HOUR, who);
    store.append(&[Tick { gpu_minute: Some(minute), ..tick(HOUR + 60, &gpu, Vec::new()) }], true).unwrap();
    store.append(&[crate::sessions::over_tick(HOUR + 100)], true).unwrap();
    store.close().unwrap();
    let told = || {
        let all = "SELECT identity, key, coalesce(uid, '-'), busy_seconds, energy FROM gpu_usages ORDER BY identity";
        sqlite3(temp.path(), all)
            + &sqlite3(temp.path(), "SELECT energy, missing_seconds FROM gpu_minutes")
            + &sqlite3(temp.path(), "SELECT * FROM sessions; SELECT * FROM episodes")
    };
    let before = told();
    assert!(before.contains("a|program:a|-|20.0|100.5") && before.contains("Ollama"), "{before}");
    let file = hoofbeat_core::store::database(temp.path());
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[..100].fill(0x5a);
    std::fs::write(&file, bytes).unwrap();
    let opened = open(temp.path(), HOUR + 100);
    assert_eq!(opened.events.len(), 1, "the damage is noticed");
    assert_eq!(told(), before);
    assert_sound(temp.path());
}
