//! `alert`: from a crossed threshold to the notification, and what rules cost a tick.
//!
//! The first is measured from end to end: the real recorder on a written machine, a bus of its own, and a notification
//! server on it that notes when it is called. Each crossing is the first of its sensor, so that none counts as coming and
//! going. The server shows no pictures; for one that does a chart is drawn before. Of the second only the rules' own steps
//! are measured, on readings that are there already: not in the figure are sensors, words, what is told when, and the
//! database.

use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use hoofbeat_core::config::Config;
use hoofbeat_core::engine::Rules;
use hoofbeat_core::metrics::Metric;
use hoofbeat_core::model::{Now, Reading, Source, SourceKind};
use hoofbeat_product_tests::bus::Bus;
use hoofbeat_product_tests::desktop::start_bus;
use hoofbeat_product_tests::notifications::NotificationServer;
use hoofbeat_product_tests::{Sandbox, wait_until};

use crate::machine::Machine;
use crate::report::Report;
use crate::tick::spread;

const SECOND: Duration = Duration::from_secs(1);
const CHIP: &str = "sys/devices/platform/chip/hwmon/hwmon0";
/// A rule of its own, without `for`, and no limits to how much is told.
const CONFIG: &str = r#"
[notify]
burst = 100
max_per_hour = 1000

[[rule]]
id = "crossed"
metric = "hwmon.temperature"
fire = "> 70"
clear = "< 60"
"#;

const RULES: usize = 50;
const SOURCES: usize = 20;
const TICKS: u64 = 600;
const STRETCHES: u64 = 9;

pub fn run(crossings: u32, report: &mut Report) -> Result<()> {
    crossed(crossings, report)?;
    for (what, agg, hot) in [
        ("none of which is crossed", "", 0),
        ("each with a mean of a minute", "agg = \"avg:60s\"\n", 0),
        ("where all rules fire on one source", "", 1),
    ] {
        steps(what, agg, hot, report)?;
    }
    Ok(())
}

/// Lets a real recorder see thresholds crossed.
fn crossed(crossings: u32, report: &mut Report) -> Result<()> {
    ensure!((1..=100).contains(&crossings), "1 to 100 crossings can be measured");
    let mut sandbox = Sandbox::new();
    let root = sandbox.path("machine");
    machine(&root, crossings)?;
    sandbox.configure(CONFIG);
    let address = format!("unix:path={}", sandbox.path("run/bus").display());
    sandbox.set("DBUS_SESSION_BUS_ADDRESS", address.as_str());
    let _bus = start_bus(&sandbox);
    let server = NotificationServer::start(Bus::connect(&address)?)?;
    let _watch = sandbox.watch(&["--root", &root.to_string_lossy()]);
    sandbox.wait_for_ticks(3);
    let (mut beyond, mut whole) = (Vec::new(), Vec::new());
    for at in 1..=crossings {
        let file = File::options().write(true).open(root.join(CHIP).join(format!("temp{at}_input")))?;
        // Anywhere in the second but at its ends, where nobody can say which tick should see it.
        let fraction = 0.05 + 0.9 * (f64::from(at) * 0.618_034).fract();
        let passed = since_the_second()?;
        sleep(SECOND - passed + SECOND.mul_f64(fraction));
        file.write_all_at(b"80000", 0)?;
        let (written, passed) = (Instant::now(), since_the_second()?);
        wait_until("the notification", || server.received().len() >= at as usize);
        let arrived = server.received().last().context("it was there")?.arrived;
        let whole_time = arrived.saturating_duration_since(written);
        whole.push(whole_time.as_secs_f64() * 1e3);
        beyond.push((whole_time.as_secs_f64() - (SECOND - passed).as_secs_f64()) * 1e3);
    }
    let heard = server.received();
    ensure!(heard.len() == crossings as usize, "{} crossings were told {} times", crossings, heard.len());
    let words = |values: &mut [f64]| {
        let [_, middle, worst] = spread(values);
        format!("{middle:.0} ms (worst of {crossings}: {worst:.0})")
    };
    report.line(
        "a threshold is crossed and the notification server is called, beyond the next tick's second",
        words(&mut beyond),
        "≤ 50 ms",
    );
    report.line("  the whole, from the moment at which it was crossed", words(&mut whole), "≤ 1050 ms");
    Ok(())
}

/// How long ago the last full second of the wall clock was: ticks come with them.
fn since_the_second() -> Result<Duration> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Duration::from_nanos(now.subsec_nanos().into()))
}

/// A machine with a chip that has so many temperatures.
fn machine(root: &Path, temperatures: u32) -> Result<()> {
    let machine = Machine::at(root)?;
    machine.write(&format!("{CHIP}/name"), "bench\n")?;
    for at in 1..=temperatures {
        machine.write(&format!("{CHIP}/temp{at}_input"), "50000\n")?;
    }
    fs::create_dir_all(machine.path("sys/class/hwmon"))?;
    symlink("../../devices/platform/chip/hwmon/hwmon0", machine.path("sys/class/hwmon/hwmon0"))?;
    Ok(())
}

/// The CPU time of this thread: what others do on a busy machine is not in it.
fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The steps of so many rules on so many sources; `hot` of them are beyond the limit every other minute.
fn steps(what: &str, agg: &str, hot: usize, report: &mut Report) -> Result<()> {
    let rule = |at: usize| {
        format!("[[rule]]\nid = \"rule-{at}\"\nmetric = \"disk.temperature\"\n{agg}fire = \"> 70\"\nclear = \"< 60\"\n")
    };
    let text: String = (0..RULES).map(rule).collect();
    let mut rules = Config::parse(&text, Path::new("config.toml"))?.rules;
    rules.retain(|rule| rule.id.starts_with("rule-"));
    ensure!(rules.len() == RULES, "{} rules were read", rules.len());
    let sources: Vec<Arc<Source>> =
        (0..SOURCES).map(|at| Source::whole(SourceKind::Disk, format!("disk:{at}"), "Disk")).collect();
    let at =
        |tick: u64| Now { wall: Duration::from_secs(1_795_000_000 + tick), boot: Duration::from_secs(1000 + tick) };
    let mut rules = Rules::new(rules, at(0));
    let mut each = Vec::new();
    let mut words = 0;
    for stretch in 0..STRETCHES {
        let mut taken = Duration::ZERO;
        for tick in stretch * TICKS..(stretch + 1) * TICKS {
            let reading = |(place, source): (usize, &Arc<Source>)| {
                let value = if place < hot && tick / 60 % 2 == 1 { 80.0 } else { 40.0 + (tick % 7) as f64 };
                let stored = (value * 10.0) as i64;
                (place, Reading { source: source.clone(), metric: Metric::DiskTemperature, stored }, value)
            };
            let readings: Vec<_> = sources.iter().enumerate().map(reading).collect();
            let began = own_time();
            words += rules.tick(black_box(&readings), at(tick));
            taken += own_time() - began;
        }
        each.push(taken.as_secs_f64() * 1e6 / TICKS as f64);
    }
    ensure!((words > 0) == (hot > 0), "{words} words of {hot} sources beyond the limit");
    let [low, middle, high] = spread(&mut each);
    report.line(
        &format!("{RULES} rules on the same reading of {SOURCES} sources, a tick, {what}"),
        format!("{middle:.1} µs ({low:.1}–{high:.1})"),
        "≤ 20 µs",
    );
    Ok(())
}
