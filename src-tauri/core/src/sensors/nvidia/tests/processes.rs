//! Who uses a GPU.

use super::*;

/// How far a share may be from what was scripted, in percent of the GPU's time.
const NEAR: f64 = 5.0;

#[track_caller]
fn near(value: f64, expected: f64, by: f64) {
    assert!((value - expected).abs() <= by, "{value} is not near {expected}");
}

#[test]
fn a_process_has_its_name_its_memory_its_share_and_its_seconds() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nutil = 60\nenc = 40\ndec = 20\n\
         [[process]]\npid = 4242\ndevice = 0\nkind = \"C+G\"\nmem_mib = 4096\nshare = 0.5\nenc_share = 1.0\ndec_share = 0.5\n\
         [[process]]\npid = 4243\ndevice = 0\nkind = \"G\"\nname = \"/usr/lib/xorg/Xorg\"\n",
    );
    rig.process(4242, "blender");
    let first = rig.at(1);
    assert_eq!(first.one(4242).busy, None, "there is no stretch yet");
    let told = rig.until(40);
    let one = told.one(4242);
    assert_eq!((one.source.id.as_str(), one.started, one.uid), (&*format!("gpu:{UUID}"), Some(900), Some(1000)));
    assert_eq!((one.identity.terminal(), one.vram), ("Blender".to_owned(), Some(4096 << 20)));
    near(one.share.unwrap(), 30.0, 0.5);
    near(one.busy.unwrap(), 0.3, 0.001);
    near(one.encoder.unwrap(), 0.4, 0.001);
    near(one.decoder.unwrap(), 0.1, 0.001);
    // The driver names what `/proc` does not show; what it does not know is unknown, and who did nothing did nothing.
    let other = told.one(4243);
    assert_eq!((other.identity.terminal(), other.started, other.uid), ("Xorg".to_owned(), None, None));
    assert_eq!((other.vram, other.share, other.busy), (None, Some(0.0), Some(0.0)));
    assert_eq!(told.uses.len(), 2, "one that stands in two lists is one");
}

#[test]
fn two_processes_that_take_turns_come_out_with_what_they_used() {
    let script = |extra: &str, period: &str, winner: bool| {
        format!(
            "[device.curve]\nutil = 90\n\
             [[process]]\npid = 10\ndevice = 0\nkind = \"C\"\nshare = 0.7\n\
             [[process]]\npid = 20\ndevice = 0\nkind = \"C\"\nshare = 0.3\n{extra}\n\
             [sampling]\nperiod = {period}\nwinner_takes_sample = {winner}\njunk_rows = 100\n[noise]\nseed = 7\n"
        )
    };
    const OLDER: &str = "[driver]\nhide = [\"nvmlDeviceGetProcessesUtilizationInfo\"]\n";
    let mut cases = vec![(OLDER, "1.0", true, 1)];
    // Who wins is drawn once for all; how far other draws come out from the truth is tested with the shares themselves.
    for tick in [1, 5] {
        for period in ["0.16666666666666666", "0.2", "1.0"] {
            cases.extend([true, false].map(|winner| ("", period, winner, tick)));
        }
    }
    for (extra, period, winner, tick) in cases {
        let mut rig = Rig::new("geforce-rtx-4090", &script(extra, period, winner));
        let (mut used, mut shares) = (HashMap::<u32, f64>::new(), HashMap::<u32, f64>::new());
        rig.at(0);
        for second in (1..=120).filter(|second| second % tick == 0) {
            let told = rig.at(second);
            assert_eq!(told.uses.len(), 2, "rows of nobody are left out");
            for one in &told.uses {
                *used.entry(one.pid).or_default() += one.busy.unwrap();
                *shares.entry(one.pid).or_default() += one.share.unwrap() * tick as f64 / 120.0;
            }
            let sum: f64 = told.uses.iter().filter_map(|one| one.busy).sum();
            assert!(sum <= 0.9 * tick as f64 + 1e-9, "never more than the GPU was busy: {sum}");
        }
        let all = used[&10] + used[&20];
        near(used[&10] / all * 100.0, 70.0, NEAR);
        near(used[&20] / all * 100.0, 30.0, NEAR);
        near(shares[&10], 63.0, NEAR);
        near(shares[&20], 27.0, NEAR);
    }
}

#[test]
fn what_a_process_that_is_not_listed_does_is_the_remainder() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nutil = [[0, 40], [60, 90]]\n\
         [[process]]\npid = 10\ndevice = 0\nkind = \"C\"\nshare = [[0, 1.0], [60, 0.45]]\n",
    );
    rig.process(10, "train");
    let told = rig.until(50);
    near(told.value(Metric::GpuAttributed).unwrap(), 40.0, 1.0);
    near(told.value(Metric::GpuRemainder).unwrap(), 0.0, 1.0);
    let told = rig.until(110);
    near(told.value(Metric::GpuAttributed).unwrap(), 40.5, 1.5);
    near(told.value(Metric::GpuRemainder).unwrap(), 49.5, 1.5);
}

#[test]
fn what_a_process_does_that_nobody_can_name_is_in_the_remainder() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[device.curve]\nutil = 90\n\
         [[process]]\npid = 4200010\ndevice = 0\nkind = \"C\"\nshare = 0.5\n\
         [[process]]\npid = 4200020\ndevice = 0\nkind = \"C\"\nshare = 0.25\nname = \"/usr/bin/train\"\n",
    );
    let told = rig.until(50);
    near(told.one(4_200_010).share.unwrap(), 45.0, 1.5);
    near(told.value(Metric::GpuAttributed).unwrap(), 22.5, 1.5);
    near(told.value(Metric::GpuRemainder).unwrap(), 67.5, 1.5);
}

#[test]
fn rows_that_would_run_past_the_buffer_are_not_asked_for() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[[process]]\npid = 10\ndevice = 0\nkind = \"C\"\n\
         [driver]\nversion = \"535.54.03\"\nrow_bytes = 32\nhide = [\"nvmlDeviceGetRunningProcessDetailList\"]\ntrace = \"calls.txt\"\n",
    );
    let told = rig.until(3);
    assert!(told.uses.is_empty() && told.is(Health::Unsupported, "cannot tell who uses"), "{told:?}");
    assert!(told.value(Metric::GpuTemperature).is_some(), "the rest is there");
    assert!(!rig.calls().iter().any(|call| call.contains("RunningProcesses")));
}

#[test]
fn more_processes_than_there_was_room_for_are_all_there() {
    let many: String =
        (1..=150).map(|pid| format!("[[process]]\npid = {pid}\ndevice = 0\nkind = \"C\"\nshare = 0.001\n")).collect();
    let mut rig = Rig::new("geforce-rtx-4090", &format!("[device.curve]\nutil = 90\n{many}"));
    assert_eq!(rig.until(2).uses.len(), 150);
}

#[test]
fn drivers_before_510_list_processes_and_memory_too() {
    let mut rig = Rig::new(
        "geforce-rtx-4090",
        "[[process]]\npid = 10\ndevice = 0\nkind = \"C\"\nmem_mib = 100\n[driver]\nversion = \"470.256.02\"\n\
         hide = [\"nvmlDeviceGet*RunningProcesses_v3\", \"nvmlDeviceGetMemoryInfo_v2\", \"nvmlDeviceGetConfCompute*\", \
         \"nvmlDeviceGetRunningProcessDetailList\"]\n",
    );
    let told = rig.until(2);
    assert_eq!(told.one(10).vram, Some(100 << 20));
    assert!(told.value(Metric::GpuMemoryUsed).is_some_and(|used| used >= (100 << 20) as f64), "{told:?}");
}

#[test]
fn instances_are_sources_of_their_own_with_their_processes() {
    let mut rig = Rig::new("h100-mig", "[[process]]\npid = 55\ndevice = 0\nmig = 1\nkind = \"C\"\nmem_mib = 1000\n");
    let told = rig.until(61);
    assert_eq!(told.value(Metric::GpuUtilization), None);
    assert_eq!(told.value(Metric::GpuAttributed), None);
    assert!(told.value(Metric::GpuPower).is_some() && told.is(Health::Unsupported, "MIG"), "{told:?}");
    let instance = "gpu:MIG-6f2a0300-5c1b-4d1e-9a77-300000000002";
    assert_eq!(told.value_of(instance, Metric::GpuMemoryTotal), Some(20096.0 * 1_048_576.0));
    assert_eq!(told.value_of(instance, Metric::GpuMemoryUsed), Some(1017.0 * 1_048_576.0));
    assert_eq!(told.value_of(instance, Metric::GpuUtilization), None, "nobody counted");
    assert!(told.labels[instance].ends_with("MIG 2g.20gb #3"), "{:?}", told.labels);
    let busy = "gpu:MIG-6f2a0300-5c1b-4d1e-9a77-300000000001";
    let told = rig.until(62);
    assert_eq!(told.value_of(busy, Metric::GpuUtilization), Some(97.0));
    assert_eq!(told.value_of(busy, Metric::GpuMemoryUtilization), Some(41.0));
    let one = told.one(55);
    assert_eq!((one.source.id.as_str(), one.source.part_of.as_deref()), (instance, Some(&*format!("gpu:{UUID}"))));
    assert_eq!((one.share, one.busy, one.vram), (None, None, Some(1000 << 20)));
    assert_eq!(told.uses.iter().filter(|one| one.pid == 55).count(), 1);
}
