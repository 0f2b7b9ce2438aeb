//! Damaged files: set aside, salvaged, never deleted; and processes that are killed at any moment.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hoofbeat_core::api::HistoryQuery;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{EventKind, Keep};
use hoofbeat_core::store::{Reader, Store, StoreError, database};

use crate::support::*;

/// Ten hours of one sample each ten seconds, closed in order or not.
fn record(folder: &Path, in_order: bool) {
    let machine = Machine::new();
    let mut store = open(folder, HOUR).store;
    let mut first = machine.first(HOUR);
    if in_order {
        first.recorder = Some((hoofbeat_core::model::RecorderState::Off, None));
    }
    store.append(&[first], false).unwrap();
    for hour in 0..10 {
        let ticks: Vec<_> = (0..360)
            .map(|n| machine.tick(HOUR + hour * 3600 + n * 10 + 1, (n % 90) as f64, &[Some((n % 7) as f64)]))
            .collect();
        store.append(&ticks, false).unwrap();
        store.maintain(now(HOUR + (hour + 1) * 3600)).unwrap();
    }
    store.close().unwrap();
}

/// Samples that the stock command line finds.
fn count(folder: &Path) -> i64 {
    sqlite3(folder, "SELECT count(*) FROM history WHERE metric = 'cpu.utilization'").parse().unwrap()
}

/// Damages a recording, opens it, and returns how many of its 3,601 samples were saved; `None` where nothing was wrong.
#[track_caller]
fn damaged(damage: impl FnOnce(&Path)) -> Option<i64> {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), false);
    damage(&database(temp.path()));
    let damaged = fs::read(database(temp.path())).unwrap();
    let opened = open(temp.path(), HOUR + 40_000);
    let told: Vec<_> = opened.events.iter().filter(|event| event.kind == EventKind::DatabaseSetAside).collect();
    let noticed = !told.is_empty();
    if noticed {
        assert_eq!(told.len(), 1, "the person is told once");
        let aside = told[0].detail["file"].as_str().unwrap();
        assert!(fs::read(aside).unwrap() == damaged, "what was set aside is what was found");
    }
    let mut store = opened.store;
    store.append(&[Machine::new().first(HOUR + 40_000)], true).unwrap();
    assert_sound(temp.path());
    let found = count(temp.path());
    assert!(found >= 1, "recording goes on");
    noticed.then_some(found - 1)
}

#[track_caller]
fn check(damage: impl FnOnce(&Path)) -> i64 {
    damaged(damage).expect("the damage is noticed")
}

fn overwrite(file: &Path, at: usize, bytes: &[u8]) {
    let mut all = fs::read(file).unwrap();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(file, all).unwrap();
}

#[test]
fn a_damaged_header_costs_nothing() {
    assert_eq!(check(|file| overwrite(file, 0, &[0x5a; 100])), 3601);
}

#[test]
fn a_zeroed_page_costs_what_it_held() {
    const PAGE: usize = 2048;
    let whole = tempfile::tempdir().unwrap();
    record(whole.path(), false);
    let pages = fs::metadata(database(whole.path())).unwrap().len() as usize / PAGE;
    let mut costly = 0;
    for page in (0..pages).step_by(3) {
        // A page that holds nothing which reading needs is no damage that opening could find.
        let saved = damaged(|file| overwrite(file, page * PAGE, &[0; PAGE])).unwrap_or(3601);
        costly += u32::from(saved < 3601);
        assert!(saved >= 2000, "page {page} of {pages}: {saved}");
    }
    assert!(costly > 0, "a page with samples was among them");
}

#[test]
fn a_log_without_its_database_is_set_aside() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    fs::remove_file(database(temp.path())).unwrap();
    fs::write(temp.path().join("hoofbeat.db-wal"), [0x77; 5000]).unwrap();
    let opened = open(temp.path(), HOUR + 40_000);
    assert_eq!(opened.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::DatabaseSetAside]);
    let log = format!("{}-wal", opened.events[0].detail["file"].as_str().unwrap());
    assert_eq!(fs::read(log).unwrap(), [0x77; 5000]);
    assert_sound(temp.path());
}

#[test]
fn files_that_are_taken_away_while_recording_are_noticed() {
    for name in ["hoofbeat.db", "hoofbeat.db-wal"] {
        let temp = tempfile::tempdir().unwrap();
        let machine = Machine::new();
        let tick = |n: i64| [machine.tick(HOUR + n, 1.0, &[])];
        let mut store = open(temp.path(), HOUR).store;
        store.append(&[machine.first(HOUR)], true).unwrap();
        store.append(&tick(1), true).unwrap();
        fs::remove_file(temp.path().join(name)).unwrap();
        assert!(matches!(store.append(&tick(2), true), Err(StoreError::Damaged(_))), "{name}");
        drop(store);
        let mut store = open(temp.path(), HOUR + 2).store;
        store.append(&[machine.first(HOUR + 2)], true).unwrap();
        assert_sound(temp.path());
    }
}

#[test]
fn an_empty_file_is_noticed() {
    assert_eq!(check(|file| fs::write(file, "").unwrap()), 0);
}

#[test]
fn a_text_file_in_its_place_is_noticed() {
    assert_eq!(check(|file| fs::write(file, "not a database".repeat(1000)).unwrap()), 0);
}

#[test]
fn a_log_of_garbage_is_ignored() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    fs::write(temp.path().join("hoofbeat.db-wal"), [0x77; 50_000]).unwrap();
    let opened = open(temp.path(), HOUR + 40_000);
    assert!(opened.events.is_empty());
    assert_eq!(count(temp.path()), 3601);
    assert_sound(temp.path());
}

#[test]
fn a_flipped_byte_in_a_body_is_found_by_its_checksum() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    let db = rusqlite::Connection::open(database(temp.path())).unwrap();
    let body: Vec<u8> = db.query_row("SELECT body FROM chunk WHERE chunk_id = 3", [], |row| row.get(0)).unwrap();
    let mut flipped = body.clone();
    flipped[body.len() / 2] ^= 1;
    db.execute("UPDATE chunk SET body = ? WHERE chunk_id = 3", [flipped]).unwrap();
    drop(db);
    let findings = hoofbeat_core::store::Reader::open(temp.path()).unwrap().check().unwrap();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("checksum"));
}

/// Flips a bit of a stored body, which SQLite's own checks do not see.
fn flip(folder: &Path, table: &str, id: &str) {
    let db = rusqlite::Connection::open(database(folder)).unwrap();
    let sql = format!("SELECT {table}_id, body FROM {table} WHERE {id}");
    let (row, mut body): (i64, Vec<u8>) = db.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let middle = body.len() / 2;
    body[middle] ^= 1;
    db.execute(&format!("UPDATE {table} SET body = ? WHERE {table}_id = ?"), (body, row)).unwrap();
}

#[test]
fn a_damaged_day_of_minutes_is_folded_anew_and_stops_no_later_seal() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    let minutes =
        |sql: &str| sqlite3(temp.path(), &format!("SELECT {sql} FROM minutes WHERE metric = 'cpu.utilization'"));
    let before = minutes("count(*), sum(n), min(min), max(max)");
    flip(temp.path(), "minute", "series_id = 1 ORDER BY day DESC LIMIT 1");
    let machine = Machine::new();
    let mut store = open(temp.path(), HOUR + 36_000).store;
    store.append(&[machine.tick(HOUR + 36_000 + 5, 50.0, &[])], false).unwrap();
    store.append(&[machine.tick(HOUR + 39_600, 50.0, &[])], false).unwrap();
    store.maintain(now(HOUR + 39_600)).unwrap();
    store.close().unwrap();
    assert_sound(temp.path());
    assert_ne!(before, "0|||");
    let counts = |text: &str| text.split('|').take(2).map(|n| n.parse::<f64>().unwrap() as i64).collect::<Vec<_>>();
    let after = counts(&minutes("count(*), sum(n), min(min), max(max)"));
    assert_eq!(after, [counts(&before)[0] + 2, counts(&before)[1] + 2], "nothing is lost and nothing is counted twice");
}

#[test]
fn a_damaged_hour_leaves_its_minutes_and_the_rest_of_the_chart() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    let chart = |width: i64| {
        let query = HistoryQuery {
            metric: Metric::CpuUtilization,
            source: Some("cpu".into()),
            since: HOUR,
            until: HOUR + 36_000,
            points: (36_000 / width) as usize,
        };
        let history = Reader::open(temp.path()).unwrap().history(&query).unwrap();
        history.series[0].points.iter().map(|point| point.0).collect::<Vec<_>>()
    };
    let whole = chart(60);
    flip(temp.path(), "chunk", "hour = (SELECT min(hour) + 7200 FROM chunk)");
    assert_eq!(chart(60), whole);
    flip(temp.path(), "minute", "series_id = 1 ORDER BY day LIMIT 1");
    assert!(chart(60).len() >= whole.len() - 60, "an hour's minutes at most");
}

#[test]
fn a_replacement_that_was_interrupted_is_ended_by_the_next_start() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), false);
    let file = database(temp.path());
    overwrite(&file, 0, &[0x5a; 100]);
    let damaged = fs::read(&file).unwrap();
    drop(open(temp.path(), HOUR + 40_000));
    assert_eq!(count(temp.path()), 3601);
    // As it was between the last two renames.
    let ready = temp.path().join("hoofbeat.db.ready");
    drop(open(temp.path(), HOUR + 40_000).store.close());
    fs::rename(&file, &ready).unwrap();
    fs::write(temp.path().join("hoofbeat.db-wal"), [0x77; 5000]).unwrap();
    let opened = open(temp.path(), HOUR + 40_001);
    assert_eq!(opened.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::DatabaseSetAside]);
    assert_eq!(count(temp.path()), 3601);
    drop(opened);
    // As it was before the damaged one made way: it is salvaged again.
    fs::write(&ready, "half").unwrap();
    fs::write(temp.path().join("hoofbeat.db.building"), "half").unwrap();
    fs::write(&file, damaged).unwrap();
    let _ = fs::remove_file(temp.path().join("hoofbeat.db-wal"));
    assert_eq!(open(temp.path(), HOUR + 40_002).events.len(), 1);
    assert_eq!(count(temp.path()), 3601);
    assert!(!ready.exists());
}

#[test]
fn another_programs_lock_keeps_nobody_from_starting() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    let other = rusqlite::Connection::open(database(temp.path())).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut store = open(temp.path(), HOUR + 40_000).store;
    let machine = Machine::new();
    assert!(matches!(store.append(&[machine.tick(HOUR + 40_000, 1.0, &[])], false), Err(StoreError::Busy)));
    other.execute_batch("ROLLBACK").unwrap();
    store.append(&[machine.tick(HOUR + 40_000, 1.0, &[])], false).unwrap();
}

#[test]
fn damage_that_comes_back_is_believed_over_a_check_that_finds_none() {
    let temp = tempfile::tempdir().unwrap();
    record(temp.path(), true);
    let keep = Keep::default();
    let opened = Store::open_again(temp.path(), keep, now(HOUR + 40_000), false).unwrap();
    assert!(opened.events.is_empty());
    drop(opened);
    flip(temp.path(), "chunk", "chunk_id = 3");
    let opened = Store::open_again(temp.path(), keep, now(HOUR + 40_000), false).unwrap();
    assert_eq!(opened.events.len(), 1, "a checksum is looked at");
    drop(opened);
    let found = count(temp.path());
    let opened = Store::open_again(temp.path(), keep, now(HOUR + 40_000), true).unwrap();
    assert_eq!((opened.events.len(), count(temp.path())), (1, found));
}

/// Names the folder to write into when this test binary is its own victim.
const VICTIM: &str = "HOOFBEAT_TEST_VICTIM";

/// The victim: records as fast as it can, an hour in six ticks, and keeps samples for a day, so that a kill may hit a
/// seal or a retention pass; says what it has acknowledged, and when it puts an hour away.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(VICTIM) else { return };
    let machine = Machine::new();
    let keep = Keep { raw: Duration::from_secs(86_400), ..Keep::default() };
    let opened = Store::open(Path::new(&folder), keep, now(HOUR)).unwrap();
    let mut store = opened.store;
    let from = opened.last_ts.unwrap_or(HOUR) + 600;
    for n in 0.. {
        let ts = from + n * 600;
        store.append(&[machine.tick(ts, (n % 100) as f64, &[Some(1.0)])], n % 10 == 0).unwrap();
        println!("acknowledged {ts}");
        let puts_away = ts.rem_euclid(3600) < 600;
        if puts_away {
            println!("putting away");
        }
        store.maintain(now(ts)).unwrap();
        if puts_away {
            println!("put away");
        }
    }
}

#[test]
fn a_hundred_kills_lose_no_acknowledged_tick() {
    use std::io::BufRead;
    let temp = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut while_putting_away, mut while_made) = (0, 0, 0);
    let mut random = 88_172_645_463_325_252u64;
    for round in 0..100 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "damage::victim", "--nocapture", "--test-threads=1"])
            .env(VICTIM, temp.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // The first ones are killed while the database is made, a third of the others just when an hour is put away, and
        // the rest after a random number of ticks.
        let wanted = if round < 10 { 0 } else { random % 40 };
        let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let mut last = String::new();
        let mut take = |line: String| {
            if let Some(ts) = line.split("acknowledged ").nth(1) {
                acknowledged = acknowledged.max(ts.parse::<i64>().unwrap());
            }
            last = line;
        };
        let mut ticks = 0;
        while ticks < wanted || (round % 3 == 0 && round >= 10) {
            let Some(Ok(line)) = lines.next() else { break };
            ticks += u64::from(line.contains("acknowledged"));
            let now = ticks >= wanted && line.contains("putting away");
            take(line);
            if now {
                break;
            }
        }
        std::thread::sleep(Duration::from_micros(random % if round % 3 == 0 { 800 } else { 4000 }));
        child.kill().unwrap();
        for line in lines.map_while(Result::ok) {
            take(line);
        }
        child.wait().unwrap();
        while_putting_away += u32::from(last.contains("putting away"));
        while_made += u32::from(!database(temp.path()).exists());
        if random.is_multiple_of(3) {
            let _ = fs::remove_file(temp.path().join("hoofbeat.db-shm"));
        }
    }
    assert!(while_putting_away > 0, "kills hit a seal or a retention pass");
    assert!(while_made > 0, "kills hit the making of the database");
    let oldest = sqlite3(temp.path(), "SELECT min(hour) FROM chunk").parse::<i64>().unwrap();
    assert!(oldest > HOUR, "retention was among what was killed");
    let opened = open(temp.path(), HOUR);
    assert!(opened.events.is_empty(), "{:?}", opened.events);
    assert!(acknowledged > HOUR, "the victims recorded");
    assert!(opened.last_ts.unwrap() >= acknowledged);
    drop(opened);
    assert_sound(temp.path());
    // Each tick is there exactly once, and the status is the newest of them.
    let sql = "SELECT count(*) - count(DISTINCT ts), max(ts) FROM history WHERE metric = 'cpu.utilization'";
    let newest = sqlite3(temp.path(), "SELECT ts FROM status WHERE source = 'cpu'");
    assert_eq!(sqlite3(temp.path(), sql), format!("0|{newest}"));
    let missing = "SELECT count(*) FROM (SELECT ts - lag(ts) OVER (ORDER BY ts) AS step FROM history
                    WHERE metric = 'cpu.utilization') WHERE step <> 600";
    assert_eq!(sqlite3(temp.path(), missing), "0");
}
