//! What NVIDIA's driver has to do with a card, and what is read of it in `/proc`.

use super::*;

/// The driver is scripted to wake whatever its manual says that a call initialises.
#[test]
fn over_an_hour_a_card_sleeps_on_beside_one_that_is_read() {
    let mut machine = Machine::new(Maker::Nvidia);
    machine.gpu("02");
    machine.write("01", "power/control", "on\n");
    machine.status("02", "suspended");
    machine.write("02", "power_state", "D3cold\n");
    let watch = Watch::below(&machine.device("02"));
    let status = machine.device("02").join("power/runtime_status");
    for second in 0..3600 {
        let told = machine.sample();
        assert!(told.values > 0, "the other is read in second {second}");
        assert_eq!(fs::read_to_string(&status).unwrap(), "suspended\n", "second {second}");
        let is_harmless = |file: &String| IN_MEMORY.iter().any(|end| format!("/{file}").ends_with(end));
        assert!(watch.opened().iter().all(is_harmless), "second {second}");
    }
    let calls = machine.calls();
    assert!(!calls.contains("0000:02:00.0") && !calls.contains("HandleByUUID"));
    assert!(!calls.contains("nvmlInit_v2") && !calls.contains("nvmlInit()"), "it attaches all of them");
    // Whoever opens that one wakes it: the script does what it says.
    machine.write("02", "power_state", "D0\n");
    machine.status("02", "active");
    machine.sample();
    assert!(machine.calls().contains("0000:02:00.0"));
}

/// Nobody promises that the driver answers from memory.
#[test]
fn what_the_driver_tells_in_proc_is_read_of_a_card_that_is_awake_alone() {
    let mut machine = Machine::new(Maker::Nvidia);
    let information = format!("Model: \t\t NVIDIA X\nGPU UUID: \t {UUID}\nDevice Minor: \t 0\n");
    machine.write_file("proc/driver/nvidia/gpus/0000:01:00.0/information", &information);
    machine.status("01", "suspended");
    let watch = Watch::below(&machine.folder.path().join("proc/driver"));
    for second in 1..=100 {
        if second == 50 {
            // It was awake in between two looks.
            machine.write("01", "power/runtime_active_time", "300\n");
        }
        let told = machine.sample();
        assert_eq!(told.health.keys().collect::<Vec<_>>(), ["gpu:0000:01:00.0"], "its id is not known yet");
        assert_eq!(watch.opened(), BTreeSet::new(), "second {second}");
    }
    machine.status("01", "active");
    let own = format!("gpu:{UUID}");
    assert_eq!(machine.sample().health.keys().collect::<Vec<_>>(), [&own]);
    assert!(watch.opened().iter().any(|file| file.contains("information")));
    machine.status("01", "suspended");
    for second in 1..=100 {
        let told = machine.sample();
        assert_eq!(told.health.keys().collect::<Vec<_>>(), [&own], "what it told is kept");
        assert_eq!(watch.opened(), BTreeSet::new(), "second {second}");
    }
}
