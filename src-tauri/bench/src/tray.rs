//! `tray`: what the percent in the tray's icon costs beside the bar.
//!
//! Two recorders run at the same time on the same scripted GPU, each with an icon in the same panel. The GPU's load
//! wanders within one step of the bar, so that the bar stands still and the digits change as often as they may: less
//! load that moves, and the digits cost less. Only the recorders' own CPU time is counted, and not the panel's; that of the
//! scripted driver is in both.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use hoofbeat_product_tests::sandbox::product;
use hoofbeat_product_tests::tray::Item;
use hoofbeat_product_tests::{Desktop, Program, wait_until};

use crate::report::Report;
use crate::tick::{cpu_time, percent, pss};

/// Until the first ticks, which find everything, are over.
const WARM_UP: Duration = Duration::from_secs(15);
/// Each figure is the median of so many stretches.
const STRETCHES: u32 = 7;
const GPU: &str = "
[[device]]
profile = \"geforce-rtx-4090\"
[device.curve]
util = { kind = \"wave\", mean = 60, amplitude = 10, period = 37 }
";

pub fn run(seconds: u64, report: &mut Report) -> Result<()> {
    let Some(mut desktop) = Desktop::start() else { return Ok(()) };
    desktop.start_panel();
    let scenario = desktop.path("scenario.toml");
    fs::write(&scenario, GPU).context("the sandbox's folder is ours")?;
    let (bar, digits) = (recorder(&desktop, "bar", &scenario)?, recorder(&desktop, "digits", &scenario)?);
    let bus = desktop.bus();
    let own = |item: &Item| item.text("Id").is_ok_and(|id| id == "hoofbeat");
    wait_until("both icons", || {
        Item::registered(&bus).is_ok_and(|items| items.iter().filter(|item| own(item)).count() == 2)
    });
    sleep(WARM_UP);
    let (mut plain, mut with, mut more) = (Vec::new(), Vec::new(), Vec::new());
    let stretch = Duration::from_secs(seconds) / STRETCHES;
    for _ in 0..STRETCHES {
        let spent = |began: [Duration; 2]| -> Result<[f64; 2]> {
            let now = [cpu_time(bar.pid())?, cpu_time(digits.pid())?];
            Ok([0, 1].map(|at| (now[at] - began[at]).as_secs_f64() / stretch.as_secs_f64() * 100.0))
        };
        let began = [cpu_time(bar.pid())?, cpu_time(digits.pid())?];
        sleep(stretch);
        let [one, other] = spent(began)?;
        plain.push(one);
        with.push(other);
        more.push(other - one);
    }
    report.line(
        "`hoofbeat watch` with one GPU, tray shown as digits that change each two seconds, more than as a bar",
        format!("{} of a core", percent(&mut more)),
        "",
    );
    for (name, recorder, shares) in [("bar", &bar, &mut plain), ("digits", &digits, &mut with)] {
        let memory = pss(recorder.pid())? / 1024.0;
        report.line(
            &format!("  as {name}, at the same time"),
            format!("{} of a core, {memory:.1} MiB PSS", percent(shares)),
            "",
        );
    }
    Ok(())
}

/// A recorder with folders of its own on a desktop that others use, too.
fn recorder(desktop: &Desktop, icon: &str, scenario: &Path) -> Result<Program> {
    let folder = desktop.path(icon);
    fs::create_dir(&folder)?;
    let config = folder.join("config.toml");
    fs::write(&config, format!("[tray]\nicon = \"{icon}\"\n"))?;
    let mut command = desktop.product("hoofbeat", &["watch"]);
    command.env("HOOFBEAT_DATA_DIR", folder.join("data")).env("HOOFBEAT_CONFIG", &config);
    command.env("HOOFBEAT_NVML", product("libnvml_standin.so")).env("NVML_STANDIN", scenario);
    let mut program = Program::start(icon, &mut command, &desktop.logs());
    sleep(Duration::from_secs(1));
    ensure!(program.ended().is_none(), "the recorder ended:\n{}", program.log());
    Ok(program)
}
