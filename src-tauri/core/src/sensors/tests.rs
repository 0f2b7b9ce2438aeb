//! No bytes may make a parser panic, or give a number that no machine has.

use proptest::collection::vec;
use proptest::prelude::*;

use super::cpu::{Times, parse_cpuinfo, parse_loadavg, parse_stat};
use super::disk::parse_diskstats;
use super::memory::Info;
use super::mounts::{self, parse_mountinfo, parse_mounts, unescaped};
use super::names::escaped;
use super::network::parse_dev;
use super::{parse, pressure, recorder};
use crate::procfs::stat::{self, Stat};

/// Pieces of what the kernel prints: they get further into a parser than random bytes do.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        " ",
        " ",
        " ",
        "\n",
        "\n",
        "\t",
        ":",
        "-",
        "(",
        ")",
        "/",
        "\\040",
        "\\",
        ",",
        ".",
        "0",
        "1",
        "-1",
        "4096",
        "65535",
        "18446744073709551615",
        "99999999999999999999",
        "9223372036854775808",
        "0.05",
        "1e9",
        "inf",
        "cpu",
        "cpu ",
        "cpu0 ",
        "cpu4294967296 ",
        "btime ",
        "some ",
        "total=",
        "MemTotal:",
        "MemAvailable:",
        "Cached:",
        " kB",
        "model name\t: ",
        "cpu MHz\t\t: ",
        "Uid:\t",
        "read_bytes: ",
        "write_bytes: ",
        "Pss: ",
        "eth0: ",
        "lo:",
        "8:1",
        "0:50",
        "ext4",
        "nfs4",
        "fuse.sshfs",
        " - ",
        "/dev/sda",
        " S ",
        " R ",
        "\u{202e}",
        "\u{1b}[2J",
        "\0",
    ];
    let piece = prop_oneof![
        9 => proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..4),
    ];
    vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

/// Texts that the kernel printed, with some bytes changed and the end cut off.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let texts: [&[u8]; 7] = [
        b"cpu  10132153 290696 3084719 46828483 16683 0 25195 0 175628 0\ncpu0 1393280 32966 572056 13343292 6130 0 17875\n",
        b"26231 (vim) R 5392 7446 5392 34835 7446 4218880 32533 309516 26 82 1677 44 158 99 20 0 1 0 82375 56274944 1981 18\n",
        b" 254       0 vda 45054 11625 7543874 41293 46332 49789 17185080 81718 0 16548 124177 8545 42 815536 826 8209 338\n",
        b"  eth0: 317634673    9692    0    0    0     0          0         0   685317    5980    0    0    0     0       0    0\n",
        b"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n44 27 0:40 / /net rw - nfs4 s:/e rw\n1 1 8:1 / /a rw - xfs d\n",
        b"MemTotal:       24684084 kB\nMemAvailable:   24216812 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n",
        b"some avg10=0.30 avg60=0.64 avg300=1.79 total=27623061\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
    ];
    let text = proptest::sample::select(texts.to_vec());
    (text, vec((any::<proptest::sample::Index>(), any::<u8>()), 0..8), any::<proptest::sample::Index>()).prop_map(
        |(text, changes, end)| {
            let mut text = text.to_vec();
            for (at, byte) in changes {
                let at = at.index(text.len());
                text[at] = byte;
            }
            text.truncate(end.index(text.len() + 1));
            text
        },
    )
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..400), pieces(), damaged()]
}

fn check(text: &[u8]) -> Result<(), TestCaseError> {
    let (all, cores) = parse_stat(text);
    for times in cores.iter().map(|(_, times)| times).chain(&all) {
        for busy in [times.busy_since(&Times::default()), Times::default().busy_since(times)].into_iter().flatten() {
            prop_assert!((0.0..=100.0).contains(&busy));
        }
    }
    prop_assert!(parse_loadavg(text).is_none_or(|load| load.iter().all(|load| load.is_finite() && *load >= 0.0)));
    let (_, hertz) = parse_cpuinfo(text);
    prop_assert!(hertz.is_none_or(|hertz| hertz > 0.0));
    prop_assert!(parse::celsius(text).is_none_or(|celsius| (-100.0..127.0).contains(&celsius)));
    for mount in [parse_mountinfo(text), parse_mounts(text)].map(mounts::local).into_iter().flatten() {
        prop_assert!(mount.point.starts_with(b"/"));
    }
    prop_assert!(unescaped(text).len() <= text.len());
    if let Some(stat) = Stat::parse(text) {
        prop_assert!(text.windows(stat.comm.len() + 2).any(|part| part[1..part.len() - 1] == *stat.comm));
    }
    let _ =
        (Info::parse(text), pressure::parse(text), parse_diskstats(text), parse_dev(text), recorder::parse_pss(text));
    let _ = (stat::parse_io(text), stat::parse_uid(text), stat::parse_boot_time(text));
    let _ = (stat::kernel_name(text), stat::program_name(text));
    let id = escaped(text);
    prop_assert!(id.len() < 256 && id.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_make_a_parser_panic(text in any_text()) {
        check(&text)?;
    }
}

#[test]
fn every_sensor_has_a_name_of_its_own() {
    let mut names: Vec<_> = super::SENSORS.iter().map(|line| line.name).collect();
    let expected = [
        "cpu",
        "memory",
        "disk",
        "filesystem",
        "network",
        "hwmon",
        "amd",
        "nvidia",
        "battery",
        "intel",
        "processes",
        "recorder",
    ]
    .to_vec();
    assert_eq!(names, expected);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), expected.len());
}

#[test]
fn an_error_of_the_system_is_a_health() {
    use super::SensorError;
    use crate::model::Health;
    #[track_caller]
    fn check(errno: i32, expected: Health) {
        let error = std::io::Error::from_raw_os_error(errno);
        assert_eq!(SensorError::io(std::path::Path::new("/proc/x"), &error).health, expected);
    }
    check(rustix::io::Errno::ACCESS.raw_os_error(), Health::Denied);
    check(rustix::io::Errno::PERM.raw_os_error(), Health::Denied);
    check(rustix::io::Errno::NOENT.raw_os_error(), Health::Unsupported);
    check(rustix::io::Errno::IO.raw_os_error(), Health::Lost);
    check(rustix::io::Errno::NODEV.raw_os_error(), Health::Lost);
}

/// A rate is of the moment at which its counter was read: the clock is asked right after, and not before.
#[test]
fn the_clock_is_asked_at_the_counters() {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::{Roots, SENSORS};
    use crate::clock::Clock;
    use crate::metrics::Metric;
    use crate::model::{Batch, Now};

    /// Each look at it takes two seconds, in which the counters go on by a number that tells which ones they are.
    struct Slow {
        file: PathBuf,
        text: fn(u64) -> String,
        looks: AtomicU64,
    }
    impl Clock for Slow {
        fn now(&self) -> Now {
            let looks = self.looks.fetch_add(1, Ordering::Relaxed) + 1;
            std::fs::write(&self.file, (self.text)(looks * looks * 1000)).unwrap();
            Now { wall: Duration::ZERO, boot: Duration::from_secs(looks * 2) }
        }
    }
    #[track_caller]
    fn check(sensor: &str, file: &str, text: fn(u64) -> String, metric: Metric, expected: f64) {
        let machine = tempfile::tempdir().unwrap();
        let roots = Roots::at(machine.path());
        for folder in ["proc/net", "sys/block/vda/device", "sys/class/net/eth0/device"] {
            std::fs::create_dir_all(machine.path().join(folder)).unwrap();
        }
        let clock = Slow { file: roots.proc.join(file), text, looks: AtomicU64::new(0) };
        std::fs::write(&clock.file, text(0)).unwrap();
        let mut sensor = (SENSORS.iter().find(|line| line.name == sensor).unwrap().new)(&roots);
        sensor.sample(&clock, &mut Batch::default()).unwrap();
        let mut batch = Batch::default();
        sensor.sample(&clock, &mut batch).unwrap();
        let readings = batch.into_parts().readings;
        let reading = readings.iter().find(|reading| reading.metric == metric).unwrap();
        assert_eq!(metric.to_value(reading.stored as f64), expected);
    }
    let disk = |count| format!(" 254 0 vda {count} 0 0 0 0 0 0 0 0 0 0\n");
    check("disk", "diskstats", disk, Metric::DiskReadOperations, 500.0);
    let network = |count| format!("Inter-|\n face |\n  eth0: {count} 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    check("network", "net/dev", network, Metric::NetReceive, 500.0);
}
