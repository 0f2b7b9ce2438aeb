//! `scan`: what finding the users of GPUs costs among many processes, once they are known.
//!
//! The processes are real and hold no GPU, so that this runs anywhere; the texts of those that do are files, whose
//! reading costs about what the kernel's printing of them does.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use hoofbeat_core::sensors::Roots;
use hoofbeat_core::sensors::fdinfo::Scan;

use crate::report::Report;
use crate::tick::Ended;

const SAMPLES: u64 = 100;
const ADDRESS: &str = "0000:03:00.0";
/// Processes with GPUs on a busy desktop, and the descriptors of each.
const USERS: u32 = 20;
const DESCRIPTORS: u32 = 3;

pub fn run(processes: usize, report: &mut Report) -> Result<()> {
    let machine = tempfile::tempdir()?;
    card(machine.path())?;
    let _sleepers = (0..processes)
        .map(|_| Ended::start(Command::new("sleep").arg("infinity")))
        .collect::<Result<Vec<Ended>>>()
        .context("`sleep` cannot be started")?;
    let live = Roots { proc: "/proc".into(), sys: machine.path().join("sys") };
    let (first, rest) = measure(&live)?;
    let (running, descriptors) = count();
    let among = format!("{running} processes with {descriptors} descriptors");
    let looked = format!("who holds a GPU, looked for each second among {among} (`hoofbeat-bench scan`)");
    report.line(&looked, rest, "≤ 1 ms for 500 with 1,600, with the next line");
    users(machine.path())?;
    let (_, rest) = measure(&Roots::at(machine.path()))?;
    report.line(
        &format!("  asking {USERS} processes with {DESCRIPTORS} descriptors of a GPU each, more than that"),
        rest,
        "",
    );
    report.line("  the first look", first, "");
    Ok(())
}

/// CPU time of the first sample, and the median and most of those that follow.
fn measure(roots: &Roots) -> Result<(String, String)> {
    let mut scan = Scan::new(roots);
    let mut took = Vec::new();
    for second in 0..=SAMPLES {
        let before = cpu_time();
        scan.update(Duration::from_secs(second), &mut |address| address == ADDRESS)?;
        std::hint::black_box((scan.processes(), scan.device(ADDRESS)));
        took.push((cpu_time() - before).as_secs_f64() * 1e3);
    }
    let first = took.remove(0);
    took.sort_by(f64::total_cmp);
    Ok((format!("{first:.2} ms"), format!("{:.2} ms (most {:.2})", took[took.len() / 2], took[took.len() - 1])))
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// A card with a node, as the kernel shows it.
fn card(root: &Path) -> Result<()> {
    let node = root.join("sys/class/drm/renderD128");
    fs::create_dir_all(node.join("device"))?;
    fs::write(node.join("dev"), "226:128\n")?;
    fs::write(node.join("device/uevent"), format!("DRIVER=xe\nPCI_SLOT_NAME={ADDRESS}\n"))?;
    Ok(())
}

/// Processes that hold it, each with a client of its own behind all of its descriptors.
fn users(root: &Path) -> Result<()> {
    let engines: String = ["rcs", "bcs", "vcs", "vecs", "ccs"]
        .iter()
        .map(|engine| format!("drm-cycles-{engine}:\t1000\ndrm-total-cycles-{engine}:\t7655183225\n"))
        .collect();
    let regions: String = ["system", "gtt", "vram0", "stolen"]
        .iter()
        .flat_map(|region| ["total", "shared", "active", "resident", "purgeable"].map(|key| (key, region)))
        .map(|(key, region)| format!("drm-{key}-{region}:\t192 KiB\n"))
        .collect();
    for pid in 1..=USERS {
        let process = root.join(format!("proc/{pid}"));
        fs::create_dir_all(process.join("fd"))?;
        fs::create_dir_all(process.join("fdinfo"))?;
        fs::write(
            process.join("stat"),
            format!("{pid} (x) S 1 1 1 0 -1 0 0 0 0 0 9 0 0 0 20 0 1 0 900 1000000 25 0\n"),
        )?;
        for number in 1..=DESCRIPTORS {
            symlink("/dev/dri/renderD128", process.join(format!("fd/{number}")))?;
            let head = format!("drm-driver:\txe\ndrm-client-id:\t{pid}\ndrm-pdev:\t{ADDRESS}\n");
            fs::write(process.join(format!("fdinfo/{number}")), format!("{head}{regions}{engines}"))?;
        }
    }
    Ok(())
}

/// The processes that run now, and their descriptors.
fn count() -> (usize, usize) {
    let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
    let is_process =
        |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.bytes().all(|it| it.is_ascii_digit()));
    let folders: Vec<_> = entries(Path::new("/proc")).filter(|entry| is_process(&entry.file_name())).collect();
    (folders.len(), folders.iter().map(|folder| entries(&folder.path().join("fd")).count()).sum())
}
