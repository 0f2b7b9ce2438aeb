//! What goes wrong, and comes back.

use super::*;

const GAME: &str = "geforce-rtx-4090";

#[test]
fn a_library_that_is_installed_while_recording_is_found_within_a_minute() {
    let mut rig = Rig::new(GAME, "[device.curve]\nutil = 42\n");
    std::fs::remove_file(rig.path("libnvidia-ml.so.1")).unwrap();
    let missing = |told: &Told| {
        let mut all = told.conditions.values();
        all.any(|one| one.health == Health::Unsupported && one.reason.contains("not installed"))
    };
    assert!(missing(&rig.at(1)));
    assert!(missing(&rig.until(200)), "it was looked for ever more seldom");
    rig.install();
    assert_eq!(rig.until(260).value(Metric::GpuUtilization), Some(42.0));
}

#[test]
fn a_slow_driver_is_asked_less_often_and_one_that_is_quick_again_every_tick() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[fault]]\nat = 2\nuntil = 3\ncall = \"nvmlDeviceGetUtilizationRates\"\ndelay_ms = 300\n",
    );
    rig.at(1);
    assert_eq!(rig.sensor.interval(), Duration::ZERO);
    rig.at(2);
    assert!(rig.sensor.interval() >= Duration::from_millis(1200), "{:?}", rig.sensor.interval());
    rig.at(5);
    assert_eq!(rig.sensor.interval(), Duration::ZERO);
}

#[test]
fn a_driver_that_is_loaded_is_tried_at_once() {
    let mut rig =
        Rig::new(GAME, "[device.curve]\nutil = 42\n[[fault]]\nat = 10\naction = \"driver_reload\"\ndown_s = 500\n");
    rig.until(509);
    let folder = rig.path("proc/driver/nvidia");
    std::fs::create_dir_all(&folder).unwrap();
    rig.until(512);
    assert!(rig.sensor.session.is_none(), "its turn has not come");
    std::fs::write(folder.join("version"), "NVRM version: NVIDIA UNIX x86_64 Kernel Module  590.48.01\n").unwrap();
    assert_eq!(rig.at(513).value(Metric::GpuUtilization), Some(42.0));
}

#[test]
fn a_reloaded_driver_is_waited_for_and_what_it_can_do_is_tried_anew() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[fault]]\nat = 0\nuntil = 15\ncall = \"nvmlDeviceGetEncoderUtilization\"\ncode = \"NOT_SUPPORTED\"\n\
         [[fault]]\nat = 10\naction = \"driver_reload\"\ndown_s = 8\nmismatch_s = 60\nnew_version = \"590.48.01\"\n",
    );
    let told = rig.until(9);
    assert_eq!((told.value(Metric::GpuUtilization), told.value(Metric::GpuEncoder)), (Some(42.0), None));
    assert!(rig.at(10).is(Health::Lost, "not loaded"));
    assert!(rig.until(40).is(Health::Lost, "updated under the running one"), "an upgrade without a restart");
    let told = rig.until(140);
    assert_eq!(told.value(Metric::GpuUtilization), Some(42.0));
    assert!(told.value(Metric::GpuEncoder).is_some(), "another driver can do other things");
    assert_eq!(told.condition(), None);
}

#[test]
fn a_lost_gpu_takes_no_other_with_it_and_comes_back() {
    const OTHER: &str = "GPU-11111111-2222-3333-4444-555555555555";
    let mut rig = Rig::new(
        GAME,
        &format!(
            "[device.curve]\nutil = 42\n[[device]]\nprofile = \"{GAME}\"\nuuid = \"{OTHER}\"\npci = \"0000:02:00.0\"\n\
             [[fault]]\nat = 20\nuntil = 30\ndevice = 0\ncall = \"*\"\ncode = \"GPU_IS_LOST\"\n\
             [[fault]]\nat = 100\nuntil = 110\ndevice = 0\ncall = \"*\"\ncode = \"RESET_REQUIRED\"\n"
        ),
    );
    let other = rig.path("sys/bus/pci/devices/0000:02:00.0");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("vendor"), "0x10de\n").unwrap();
    std::fs::write(other.join("class"), "0x030200\n").unwrap();
    assert_eq!(rig.until(19).value(Metric::GpuUtilization), Some(42.0));
    for (second, word) in [(25, "fallen off the bus"), (105, "must be reset")] {
        let told = rig.until(second);
        assert!(told.is(Health::Lost, word) && told.value(Metric::GpuUtilization).is_none(), "{told:?}");
        assert!(told.value_of(&format!("gpu:{OTHER}"), Metric::GpuTemperature).is_some(), "the other goes on");
        let told = rig.until(second + 40);
        assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (Some(42.0), None));
    }
}

#[test]
fn where_the_kernel_shows_no_card_a_reload_and_an_upgrade_are_said_and_waited_for_too() {
    let mut rig = Rig::bare(
        "[device.curve]\nutil = 42\n\
         [[fault]]\nat = 10\naction = \"driver_reload\"\ndown_s = 8\nmismatch_s = 60\nnew_version = \"590.48.01\"\n\
         [driver]\ntrace = \"calls.txt\"\n",
    );
    assert_eq!(rig.until(9).value(Metric::GpuUtilization), Some(42.0));
    assert!(rig.at(10).is(Health::Lost, "not loaded"));
    assert!(rig.until(40).is(Health::Lost, "updated under the running one"), "an upgrade without a restart");
    let told = rig.until(140);
    assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (Some(42.0), None));
    let attempts = rig.calls().iter().filter(|call| *call == "nvmlInitWithFlags").count();
    assert!(attempts < 12, "{attempts} attempts in two minutes");
}

#[test]
fn where_the_kernel_shows_no_card_a_lost_gpu_and_a_missing_library_are_said_too() {
    let mut rig = Rig::bare(
        "[device.curve]\nutil = 42\n\
         [[fault]]\nat = 5\nuntil = 10\ndevice = 0\ncall = \"*\"\ncode = \"GPU_IS_LOST\"\n\
         [[fault]]\nat = 60\naction = \"driver_reload\"\ndown_s = 500\n",
    );
    assert_eq!(rig.until(4).value(Metric::GpuUtilization), Some(42.0));
    assert!(rig.until(6).is(Health::Lost, "fallen off the bus"));
    let told = rig.until(59);
    assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (Some(42.0), None));
    rig.until(61);
    // The loader would find the one that it has loaded under the name that it knows it by.
    let library = rig.sensor.library.replace(rig.path("nowhere").into_os_string());
    assert!(rig.until(130).is(Health::Unsupported, "not installed"));
    rig.sensor.library = library;
    assert_eq!(rig.until(620).value(Metric::GpuUtilization), Some(42.0));
}

#[test]
fn where_the_kernel_shows_no_card_one_that_the_driver_does_not_list_any_more_is_said() {
    let mut rig = Rig::bare("[device.curve]\nutil = 42\n[[fault]]\nat = 10\naction = \"driver_reload\"\n");
    assert_eq!(rig.until(9).value(Metric::GpuUtilization), Some(42.0));
    let other = rig.path("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(rig.path("libnvidia-ml.so.1"), other.join("libnvidia-ml.so.1")).unwrap();
    let nobody = "[driver]\nversion = \"580.95.05\"\nnvml = \"13.580.95.05\"\ncuda = 13000\n";
    std::fs::write(other.join("nvml-standin.toml"), nobody).unwrap();
    rig.sensor.library = Some(other.join("libnvidia-ml.so.1").into_os_string());
    assert!(rig.until(30).is(Health::Lost, "does not list"));
}

#[test]
fn where_the_kernel_shows_no_card_gpus_of_one_name_are_numbered() {
    const OTHER: &str = "GPU-11111111-2222-3333-4444-555555555555";
    let mut rig = Rig::bare(&format!("[[device]]\nprofile = \"{GAME}\"\nuuid = \"{OTHER}\"\npci = \"0000:02:00.0\"\n"));
    for second in 1..=2 {
        let told = rig.at(second);
        assert_eq!(told.labels[&format!("gpu:{UUID}")], "NVIDIA GeForce RTX 4090 1");
        assert_eq!(told.labels[&format!("gpu:{OTHER}")], "NVIDIA GeForce RTX 4090 2");
    }
}

#[test]
fn a_gpu_that_this_container_was_not_given_is_not_lost() {
    let mut rig = Rig::new(GAME, "[device.curve]\nutil = 42\n[driver]\ntrace = \"calls.txt\"\n");
    let other = rig.path("sys/bus/pci/devices/0000:02:00.0");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("vendor"), "0x10de\n").unwrap();
    std::fs::write(other.join("class"), "0x030200\n").unwrap();
    let told = rig.until(20);
    assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (Some(42.0), None));
    let condition = &told.conditions["gpu:0000:02:00.0"];
    assert_eq!(condition.health, Health::Unsupported);
    assert!(condition.reason.starts_with("not given to this container"), "{}", condition.reason);
    let asked = rig.calls().iter().filter(|call| call.contains("HandleByPciBusId")).count();
    assert!(asked <= 2, "it is not asked for again and again: {asked}");
}

#[test]
fn another_gpu_in_the_same_place_is_another_source() {
    let mut rig =
        Rig::new(GAME, "[device.curve]\nutil = 42\n[[fault]]\nat = 10\naction = \"driver_reload\"\ndown_s = 4\n");
    assert_eq!(rig.until(9).value(Metric::GpuUtilization), Some(42.0));
    assert!(rig.until(11).is(Health::Lost, "not loaded"));
    // A library in another folder is another driver, which plays the scenario beside it.
    let script = std::fs::read_to_string(rig.path("nvml-standin.toml")).unwrap();
    let script =
        script.replace(UUID, "GPU-99999999-2222-3333-4444-555555555555").replace("file:now.ms", "file:../now.ms");
    std::fs::create_dir(rig.path("other")).unwrap();
    std::fs::write(rig.path("other/nvml-standin.toml"), script).unwrap();
    std::fs::copy(rig.path("libnvidia-ml.so.1"), rig.path("other/libnvidia-ml.so.1")).unwrap();
    rig.sensor.library = Some(rig.path("other/libnvidia-ml.so.1").into_os_string());
    let told = rig.until(30);
    assert_eq!(told.value_of("gpu:GPU-99999999-2222-3333-4444-555555555555", Metric::GpuUtilization), Some(42.0));
    assert!(told.condition().is_none() && told.value(Metric::GpuUtilization).is_none(), "{told:?}");
}

#[test]
fn a_driver_that_only_says_unknown_is_started_anew() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[fault]]\nat = 10\nuntil = 12\ncall = \"nvmlDeviceGet*\"\ncode = \"UNKNOWN\"\n\
         [[fault]]\nat = 30\nuntil = 40\ncall = \"nvmlDeviceGetUtilizationRates\"\ncode = \"UNKNOWN\"\n[driver]\ntrace = \"calls.txt\"\n",
    );
    rig.until(9);
    rig.calls();
    assert!(rig.at(10).is(Health::Lost, "internal driver error"));
    let told = rig.until(20);
    assert_eq!(told.value(Metric::GpuUtilization), Some(42.0));
    assert!(rig.calls().iter().any(|call| call == "nvmlInitWithFlags"));
    // One call that says so takes nothing else away.
    let told = rig.until(35);
    assert_eq!((told.value(Metric::GpuUtilization), told.condition()), (None, None));
    assert!(told.value(Metric::GpuTemperature).is_some());
}

#[test]
fn a_driver_that_opens_and_fails_is_tried_ever_more_seldom() {
    let mut rig = Rig::new(
        GAME,
        "[[fault]]\nat = 10\ncall = \"nvmlDeviceGet*\"\ncode = \"UNKNOWN\"\n[driver]\ntrace = \"calls.txt\"\n",
    );
    rig.until(310);
    let attempts = rig.calls().iter().filter(|call| *call == "nvmlInitWithFlags").count();
    assert!((5..=11).contains(&attempts), "{attempts} attempts in five minutes");
}

#[test]
fn errors_of_the_driver_are_events() {
    let mut rig = Rig::new(GAME, "[[xid]]\nat = 1000000\ndevice = 0\ncode = 79\n[driver]\ntrace = \"calls.txt\"\n");
    let trace = rig.path("calls.txt");
    rig.wait_until("the driver to be listened to", |_| {
        std::fs::read_to_string(&trace).is_ok_and(|text| text.contains("nvmlDeviceRegisterEvents"))
    });
    rig.at(1_000_001);
    let told = rig.wait_until("the error", |told| !told.events.is_empty());
    let (source, detail) = &told.events[0];
    assert_eq!((source.as_str(), &detail["code"]), (&*format!("gpu:{UUID}"), &serde_json::json!(79)));
    assert!(detail["meaning"].as_str().is_some_and(|words| words.contains("fallen off the bus")));
}

#[test]
fn where_a_gpu_may_sleep_nothing_is_listened_to_or_asked_aside() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[device]]\nprofile = \"geforce-rtx-4090\"\nuuid = \"GPU-2\"\npci = \"0000:02:00.0\"\n\
         [driver]\ntrace = \"calls.txt\"\n",
    );
    let other = rig.path("sys/bus/pci/devices/0000:02:00.0");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("vendor"), "0x10de\n").unwrap();
    std::fs::write(other.join("class"), "0x030200\n").unwrap();
    std::fs::write(rig.path("sys/bus/pci/devices").join(ADDRESS).join("power/control"), "auto\n").unwrap();
    rig.until(5);
    let calls = rig.calls();
    assert!(calls.iter().any(|call| call == "nvmlDeviceGetUtilizationRates"));
    assert!(!calls.iter().any(|call| call.contains("Throughput")), "{calls:?}");
    assert!(!calls.iter().any(|call| call.contains("EventSet") || call.contains("RegisterEvents")), "{calls:?}");
}

#[test]
fn a_gpu_in_need_tells_what_would_help() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\nrecovery_action = 2\n\
         [[fault]]\nat = 5\nuntil = 100\ndevice = 0\ncall = \"nvmlDeviceGetUtilizationRates\"\ncode = \"RESET_REQUIRED\"\n\
         [[fault]]\nat = 20\nuntil = 100\ndevice = 0\ncall = \"*\"\ncode = \"RESET_REQUIRED\"\n",
    );
    rig.until(4);
    assert!(rig.at(5).is(Health::Lost, "asks for a restart of the machine"));
    assert!(rig.at(6).is(Health::Lost, "asks for a restart of the machine"), "it is remembered");
    assert!(rig.until(90).is(Health::Lost, "asks for a restart of the machine"), "though the GPU was tried again");
    assert_eq!(rig.until(160).condition(), None);
}

#[test]
fn lists_that_are_kept_from_this_user_are_said() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[process]]\npid = 10\ndevice = 0\nkind = \"C\"\nshare = 1.0\n\
         [device.codes]\nnvmlDeviceGetComputeRunningProcesses_v3 = \"NO_PERMISSION\"\n",
    );
    let told = rig.until(3);
    assert!(told.is(Health::Denied, "who uses the GPU") && told.uses.is_empty(), "{told:?}");
    let explained = [Metric::GpuAttributed, Metric::GpuRemainder].map(|metric| told.value(metric));
    assert_eq!((explained, told.value(Metric::GpuUtilization)), ([None; 2], Some(42.0)), "unknown is not 0");
    let mut rig = Rig::new(GAME, "process_list = false\n[device.curve]\nutil = 42\n");
    let told = rig.until(3);
    assert_eq!([Metric::GpuAttributed, Metric::GpuRemainder].map(|metric| told.value(metric)), [None; 2]);
}

#[test]
fn a_question_aside_that_hangs_is_given_up_and_put_to_a_few_threads_more() {
    let mut rig = Rig::new(
        GAME,
        "[device.curve]\nutil = 42\n[[fault]]\nat = 0\nuntil = 1000\ncall = \"nvmlDeviceGetPcieThroughput\"\ndelay_ms = 3600000\n",
    );
    for (second, hanging) in [(29, 0), (32, 1), (64, 2), (100, 3), (900, 3)] {
        let told = rig.until(second);
        assert_eq!(rig.sensor.aside.hanging(), hanging, "in second {second}");
        assert_eq!(told.value(Metric::GpuUtilization), Some(42.0), "the rest goes on");
    }
}

#[test]
fn a_question_aside_that_panics_is_put_again() {
    let mut rig = Rig::new(GAME, "[device.curve]\npcie_tx_kib = 100\npcie_rx_kib = 200\n");
    rig.until(2);
    rig.sensor.aside.break_off();
    let told = rig.wait_until("the traffic", |told| told.value(Metric::GpuPcieTransmit).is_some());
    assert_eq!(told.value(Metric::GpuPcieTransmit), Some(102_000.0));
}
