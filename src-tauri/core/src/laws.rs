//! What holds for whatever the parsers are fed: the laws that `fuzz/` tries with texts that nobody has thought of.
//!
//! Compiled for the fuzz targets and for the tests, which try the same laws on the machines of `tests/machines` and on
//! what fuzzing has found. A law that is broken panics. Deliberately not here: what single texts mean, which the tests
//! beside each parser say.

#![allow(clippy::missing_panics_doc, reason = "a broken law panics: that is the point")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::identity::Identities;
use crate::identity::cgroup::{self, Engine};
use crate::metrics::Metric;
use crate::paths::Roots;
use crate::procfs::stat::{self, Stat};
use crate::sensors::amd::gpu_metrics;
use crate::sensors::fdinfo::share::Track;
use crate::sensors::fdinfo::text::Client;
use crate::sensors::gpu::interrupts::Table;
use crate::sensors::gpu::{self, Finder, names};
use crate::sensors::nvidia::cards;
use crate::untrusted::Untrusted;

/// Parts the files that one input stands for; no text of the kernel holds it.
pub const BETWEEN: u8 = 0xff;

/// The longest name of anything, in bytes: a label of several cut parts.
const LONGEST_NAME: usize = 2048;

/// AMD's `gpu_metrics`.
pub fn amd_gpu_metrics(file: &[u8]) {
    // A chip of which nothing is known, one that counts in millijoules, and one that counts as documented.
    for chip in [None, Some(0x73bf), Some(0x738c)] {
        let values = gpu_metrics::read(file, chip).values;
        let metrics: HashSet<Metric> = values.iter().map(|(metric, _)| *metric).collect();
        assert_eq!(metrics.len(), values.len(), "a metric stands there twice: {values:?}");
        for (metric, value) in &values {
            assert!(is_plausible(*metric, *value), "{metric:?} cannot be {value}");
        }
        if values.is_empty() {
            continue;
        }
        let size = usize::from(u16::from_le_bytes([file[0], file[1]]));
        let longer = [file, &[0, 1, 0xff, 7]].concat();
        assert_eq!(values, gpu_metrics::read(&longer, chip).values, "what follows the table changed its values");
        assert_eq!(gpu_metrics::read(&file[..size - 1], chip).values, [], "a table that ends early has values");
    }
}

fn is_plausible(metric: Metric, value: f64) -> bool {
    match metric {
        Metric::GpuUtilization | Metric::GpuMemoryUtilization => (0.0..=100.0).contains(&value),
        Metric::GpuTemperature | Metric::GpuHotspot | Metric::GpuMemoryTemperature => value > 0.0 && value < 127.0,
        Metric::GpuPower => (0.0..=5_000.0).contains(&value),
        Metric::GpuEnergy => value > 0.0 && value.is_finite(),
        Metric::GpuFanSpeed => (0.0..=30_000.0).contains(&value),
        Metric::GpuClock | Metric::GpuMemoryClock => (0.0..=20e9).contains(&value),
        Metric::GpuThrottle => value.fract() == 0.0 && (0.0..32.0).contains(&value),
        Metric::GpuPcieGeneration => [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].contains(&value),
        Metric::GpuPcieWidth => [1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 32.0].contains(&value),
        _ => false,
    }
}

/// The text of one descriptor of a GPU, and of the same one a second later.
pub fn fdinfo(texts: &[u8]) {
    let mut track = Track::default();
    for (second, text) in texts.split(|byte| *byte == BETWEEN).take(3).enumerate() {
        let Some(client) = Client::parse(text) else { continue };
        assert!(!client.driver.is_empty());
        assert!(client.device.as_ref().is_none_or(|device| !device.is_empty()));
        let engines: HashSet<&[u8]> = client.engines.iter().map(|engine| &engine.name[..]).collect();
        assert!(engines.len() == client.engines.len() && !engines.contains(&b""[..]), "{:?}", client.engines);
        for engine in &client.engines {
            assert!((1..=1024).contains(&engine.capacity), "{engine:?}");
            assert!(engine.busy.is_some() || engine.cycles.is_some(), "{engine:?} tells nothing");
        }
        let regions: HashSet<&[u8]> = client.regions.iter().map(|region| &region.name[..]).collect();
        assert!(regions.len() == client.regions.len() && !regions.contains(&b""[..]), "{:?}", client.regions);
        for region in &client.regions {
            assert!(region.own() <= region.resident, "{region:?}");
            for bytes in [region.total, region.shared, region.resident, region.purgeable, region.active] {
                assert!(bytes.is_none_or(|bytes| bytes < 1 << 50), "{region:?} is larger than any memory");
            }
        }
        let shares = track.advance(Duration::from_secs(second as u64 + 1), &client.engines).unwrap_or_default();
        assert!(shares.iter().all(|share| (0.0..=100.0).contains(&share.percent)), "{shares:?}");
    }
}

/// `/proc/<pid>/stat`, and the small files whose parsers stand beside it.
pub fn process_stat(text: &[u8]) {
    if let Some(stat) = Stat::parse(text) {
        let open = text.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
        assert_eq!(text.get(open..open + stat.comm.len()), Some(stat.comm), "the name is not what stands there");
        assert!(!text[open + stat.comm.len() + 1..].contains(&b')'), "the name ends before its last bracket");
        assert!(stat.cpu < 1 << 50 && stat.pages < 1 << 50, "{stat:?}");
        // Whatever the process calls itself, the numbers are the same.
        let name = b"x) R 1 (y) S ) (\n";
        let renamed = [&text[..open], name, &text[open + stat.comm.len()..]].concat();
        assert_eq!(Stat::parse(&renamed), Some(Stat { comm: name, ..stat }));
        assert!(stat::kernel_name(stat.comm).is_empty() == stat.comm.is_empty());
    }
    assert!(stat::parse_io(text).is_none_or(|bytes| bytes < 1 << 50));
    assert!(stat::program_name(text).is_none_or(|name| !name.is_empty() && !name.contains(&b'/')));
    let _ = (stat::parse_uid(text), stat::parse_boot_time(text));
}

/// `/proc/<pid>/cgroup`.
pub fn process_cgroup(text: &[u8]) {
    let place = cgroup::parse(text);
    let is_hex = |id: &[u8]| !id.is_empty() && id.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-');
    if let Some(container) = &place.container {
        assert!(!container.id.is_empty(), "a container without a name: {place:?}");
        // These become parts of paths.
        let is_named = matches!(container.engine, Engine::Lxc | Engine::Nspawn);
        assert!(is_named || is_hex(&container.id), "{place:?}");
    }
    assert!(place.pod.as_deref().is_none_or(is_hex), "{place:?}");
    assert!(place.job.as_ref().is_none_or(|job| !job.is_empty() && job.iter().all(u8::is_ascii_digit)), "{place:?}");
    assert!(place.machine.as_ref().is_none_or(|name| !name.is_empty()), "a virtual machine without a name");
    assert!(place.app.as_ref().is_none_or(|app| !app.id.is_empty()), "an application without a name");
    let is_service = |unit: &Vec<u8>| unit.strip_suffix(b".service").is_some_and(|name| !name.is_empty());
    assert!(place.unit.as_ref().is_none_or(is_service), "{place:?}");
}

/// A process as a whole, and what a person calls it. The input is its `stat`, `cmdline`, `cgroup`, `environ`, and the
/// path of its program, parted by [`BETWEEN`]. They are written below `folder`, whose content is lost.
pub fn process_identity(files: &[u8], folder: &Path) {
    let own = folder.join("proc/7");
    fs::create_dir_all(&own).expect("the folder of the tests is ours");
    let mut parts = files.split(|byte| *byte == BETWEEN);
    for file in ["stat", "cmdline", "cgroup", "environ"] {
        fs::write(own.join(file), parts.next().unwrap_or_default()).expect("the folder of the tests is ours");
    }
    let exe = own.join("exe");
    // It is not there at the first call.
    let _ = fs::remove_file(&exe);
    if let Some(target) = parts.next().filter(|target| !target.is_empty() && !target.contains(&0)) {
        let target = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(target);
        // A path may be too long for a link.
        let _ = std::os::unix::fs::symlink(target, exe);
    }
    let (started, identity) = Identities::new(&Roots::at(folder)).of_driver(7);
    assert!(!identity.key.is_empty(), "{identity:?}");
    let known = identity.label.as_bytes();
    assert!(!known.trim_ascii().is_empty(), "nobody can call it that: {identity:?}");
    for name in [Some(&identity.key), Some(&identity.label), identity.detail.as_ref(), identity.parent.as_ref()] {
        is_printable(name);
    }
    if let Some(started) = started {
        let again = Identities::new(&Roots::at(folder)).resolve(7, started);
        assert_eq!(again, identity, "asked in another way, it is somebody else");
    }
}

/// That a name can be shown anywhere.
fn is_printable(name: Option<&Untrusted>) {
    let Some(name) = name else { return };
    assert!(name.as_bytes().len() <= LONGEST_NAME, "{} bytes are no name", name.as_bytes().len());
    for text in [name.terminal(), name.html(), name.notification(), name.csv()] {
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
    assert!(!name.html().contains(['<', '>', '"']));
}

/// The driver's `/proc/driver/nvidia/gpus/<address>/information`.
pub fn nvidia_information(text: &[u8]) {
    for key in ["GPU UUID", "Model", "Bus Location"] {
        let told = cards::told(text, key);
        assert!(told.is_none_or(|value| !value.is_empty() && value.trim() == value && !value.contains('\n')));
    }
}

/// `/proc/interrupts`, and the same a second later.
pub fn interrupts(texts: &[u8]) {
    let mut parts = texts.split(|byte| *byte == BETWEEN);
    let mut table = || Table::parse(parts.next()?);
    let Some(before) = table() else { return };
    let counts = before.all();
    assert!(counts.rate(&counts, 1.0).is_none_or(|rate| rate == 0.0), "what stands still is counted: {counts:?}");
    if let Some(after) = table() {
        let rate = after.all().rate(&counts, 1.0);
        assert!(rate.is_none_or(|rate| rate >= 0.0 && rate.is_finite()), "{rate:?}");
    }
}

/// The `uevent` of a graphics card, written below `folder`, whose content is lost.
pub fn card_uevent(text: &[u8], folder: &Path) {
    let device = folder.join("sys/class/drm/card0/device");
    fs::create_dir_all(&device).expect("the folder of the tests is ours");
    fs::write(device.join("uevent"), text).expect("the folder of the tests is ours");
    let roots = Roots::at(folder);
    for vendor in [gpu::AMD, gpu::INTEL, gpu::NVIDIA] {
        for card in Finder::new(&roots, vendor).find() {
            assert!(!card.address.is_empty() && !card.address.chars().any(char::is_control), "{card:?}");
            let label = names::of(&card, &roots).unwrap_or_else(|| names::without(&card));
            is_printable(Some(&Untrusted::new(label)));
        }
    }
}

#[cfg(test)]
mod tests;
