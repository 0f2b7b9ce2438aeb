//! `window`: how soon the real window answers a click on the real tray icon, what it costs while it is open, and what is
//! left once it is closed.
//!
//! The desktop has no GPU, so WebKit draws in software: a machine with one pays less. Deliberately not here: what the
//! recorder costs without a window (`tick`).

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use hoofbeat_product_tests::sandbox::repository;
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::webdriver::Window;
use hoofbeat_product_tests::{Desktop, LIMIT, Program, wait_until};
use libdeflater::{CompressionLvl, Compressor};

use crate::report::Report;
use crate::tick::{cpu_time, pss, spread};

/// How often the list of windows is asked for; no figure is finer than this.
const LOOK: Duration = Duration::from_millis(2);
/// Until the page has drawn itself and WebKit has settled.
const SETTLED: Duration = Duration::from_secs(10);
/// The cost is the median of so many stretches.
const STRETCHES: u32 = 5;

pub fn run(times: usize, seconds: u64, report: &mut Report) -> Result<()> {
    bundle(report)?;
    let Some(mut desktop) = Desktop::start() else {
        eprintln!("The window is not measured: there is no virtual desktop here. `make test` installs it.");
        return Ok(());
    };
    desktop.start_panel();
    let watch = desktop.watch(&[]);
    let bus = desktop.bus();
    wait_until("the tray icon", || Item::of_hoofbeat(&bus).is_some());
    let icon = Item::of_hoofbeat(&bus).context("the tray icon has gone")?;
    desktop.wait_for_ticks(5);
    let before = pss(watch.pid())?;

    let mut mapped = (0..times).map(|_| click(&desktop, &icon)).collect::<Result<Vec<f64>>>()?;
    report.line("window: click on the tray to mapped", milliseconds(&mut mapped), "≤ 300 ms");
    let mut values = (0..times).map(|_| first_values(&desktop)).collect::<Result<Vec<f64>>>()?;
    report.line("  start of its program to first values on the page", milliseconds(&mut values), "≤ 500 ms");
    open(&desktop, &watch, &icon, Duration::from_secs(seconds) / STRETCHES, report)?;

    sleep(SETTLED);
    let after = pss(watch.pid())?;
    let left: Vec<String> = of_window(&desktop).into_iter().map(|(_, name)| name).collect();
    ensure!(left.is_empty(), "the closed window left {left:?}");
    let words = format!("{:.1} MiB PSS, {:.1} before; no process left", after / 1024.0, before / 1024.0);
    report.line("  the recorder after it was closed", words, "as before");
    Ok(())
}

/// Milliseconds from a click on the icon to a window on the screen, which is closed again.
fn click(desktop: &Desktop, icon: &Item) -> Result<f64> {
    let clicked = Instant::now();
    icon.activate()?;
    let found = || desktop.windows().into_iter().find(|(_, title)| title.contains("Hoofbeat")).map(|(id, _)| id);
    let window = loop {
        if let Some(window) = found() {
            break window;
        }
        ensure!(clicked.elapsed() < LIMIT, "no window appears");
        sleep(LOOK);
    };
    let passed = clicked.elapsed().as_secs_f64() * 1000.0;
    close(desktop, &window);
    Ok(passed)
}

fn close(desktop: &Desktop, window: &str) {
    desktop.close_window(window);
    wait_until("the end of the window's programs", || of_window(desktop).is_empty());
}

/// Milliseconds from the start of the window's program, of which the kernel tells hundredths of a second, to the frame
/// with the first values, which the page marks. The window is opened by WebKit's driver, which can ask it.
fn first_values(desktop: &Desktop) -> Result<f64> {
    let window = Window::open(desktop);
    let pid = *desktop.named("hoofbeat-desktop").first().context("the window's program runs")?;
    let marked = "const mark = performance.getEntriesByName('values')[0];
        return mark ? performance.timeOrigin + mark.startTime : 0;";
    let mut at = 0.0;
    wait_until("the first values", || {
        at = window.script(marked).ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
        at > 0.0
    });
    let passed = at - started(pid)?;
    window.quit();
    wait_until("the end of the window's programs", || of_window(desktop).is_empty());
    Ok(passed)
}

/// When a process began, in milliseconds since 1970.
fn started(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("a name stands in brackets")?;
    let ticks: f64 = fields.split_whitespace().nth(19).context("the 22nd field is the start")?.parse()?;
    let uptime = fs::read_to_string("/proc/uptime")?;
    let uptime: f64 = uptime.split_whitespace().next().context("/proc/uptime is empty")?.parse()?;
    let age = uptime - ticks / rustix::param::clock_ticks_per_second() as f64;
    Ok((SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() - age) * 1000.0)
}

/// Measures recorder and window together, the page Now open.
fn open(desktop: &Desktop, watch: &Program, icon: &Item, stretch: Duration, report: &mut Report) -> Result<()> {
    icon.activate()?;
    let window = desktop.wait_for_window("Hoofbeat");
    sleep(SETTLED);
    let pids = || of_window(desktop).into_iter().map(|(pid, _)| pid).chain([watch.pid()]);
    let cost = || pids().map(cpu_time).sum::<Result<Duration>>();
    let mut shares = Vec::new();
    for _ in 0..STRETCHES {
        let (before, began) = (cost()?, Instant::now());
        sleep(stretch);
        shares.push((cost()? - before).as_secs_f64() / began.elapsed().as_secs_f64() * 100.0);
    }
    let memory = pids().map(pss).sum::<Result<f64>>()? / 1024.0;
    let [low, middle, high] = spread(&mut shares);
    let words = format!("{middle:.1} % of a core ({low:.1}–{high:.1}), {memory:.0} MiB PSS");
    report.line("  recorder and open window, page Now, drawn in software", words, "≤ 5 %");
    close(desktop, &window);
    Ok(())
}

/// The processes of the window: its program, and WebKit's.
fn of_window(desktop: &Desktop) -> Vec<(u32, String)> {
    let mut processes = desktop.processes();
    processes.retain(|(_, name)| name == "hoofbeat-desktop" || name.starts_with("WebKit"));
    // The driver belongs to the measurement.
    processes.retain(|(_, name)| name != "WebKitWebDriver");
    processes
}

/// What the pages weigh as they are built, each file compressed on its own; of the languages, a person loads one.
fn bundle(report: &mut Report) -> Result<()> {
    let folder = repository().join("ui/dist");
    let (mut pages, mut language) = (0, 0);
    let mut compressor = Compressor::new(CompressionLvl::default());
    for file in files(&folder).with_context(|| format!("{}: build the pages with `make setup`", folder.display()))? {
        let text = fs::read(&file)?;
        let mut out = vec![0; compressor.gzip_compress_bound(text.len())];
        let bytes = compressor.gzip_compress(&text, &mut out)?;
        if is_catalogue(&file) { language = language.max(bytes) } else { pages += bytes }
    }
    let kib = |bytes: usize| format!("{:.1} KiB", bytes as f64 / 1024.0);
    report.line("all that the pages can load, gzip", kib(pages), "≤ 120 KiB");
    report.line("  their texts in another language", kib(language), "");
    Ok(())
}

/// Whether it holds the texts of a language, as `de-….js` does those of `languages/de.json`.
fn is_catalogue(file: &Path) -> bool {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.split_once('-'));
    stem.is_some_and(|(code, _)| repository().join(format!("languages/{code}.json")).is_file())
}

/// The files of a folder, and of those in it.
fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

fn milliseconds(values: &mut [f64]) -> String {
    let [low, middle, high] = spread(values);
    format!("{middle:.0} ms ({low:.0}–{high:.0})")
}
