//! What a person sees who looks at a terminal.

use std::collections::HashSet;
use std::io::Read;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use crate::sandbox::{Sandbox, repository, wait_for};

#[test]
fn no_line_of_a_hostile_machine_is_longer_than_the_terminal_is_wide() {
    let sandbox = Sandbox::new();
    let root = repository("tests/machines/hostile").display().to_string();
    let recorded = sandbox.run(&["watch", "--headless", "--for", "3s", "--root", &root]);
    assert_eq!(recorded.code, 0, "{recorded:?}");
    let longest = |text: &str| text.lines().skip(2).map(|line| line.trim_end().chars().count()).max().unwrap();
    let machine: &[&[&str]] = &[&["status"], &["status", "--all"], &["data"]];
    for arguments in machine {
        let shown = sandbox.on_terminal(&[arguments, &["--color", "never"][..]].concat()).output().unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains("eth0") || arguments[0] == "data", "{arguments:?}: {shown}");
        assert!(longest(&shown) <= 80, "{arguments:?}: {shown}");
    }
    let all = sandbox.on_terminal(&["status", "--all", "--color", "never"]).output().unwrap();
    let all = String::from_utf8(all.stdout).unwrap();
    let names: Vec<&str> =
        all.lines().filter_map(|line| Some(line.split_once("  hwmon.temperature")?.0.trim_end())).collect();
    let distinct = names.iter().collect::<HashSet<_>>().len();
    assert!(names.len() > 3 && distinct == names.len(), "two of them look the same: {all}");
    let piped = sandbox.run(&["status", "--all"]).stdout;
    assert!(longest(&piped) > 200, "nothing is cut for a program: {piped}");
    assert!(!piped.contains("net:pci0000"), "a label is enough where no other source has it: {piped}");
    let memory = piped.lines().find(|line| line.starts_with("Memory ")).unwrap();
    assert!(memory.ends_with("unsupported"), "{memory}");
}

#[test]
fn what_is_wrong_with_a_source_without_values_stands_behind_its_name() {
    let sandbox = Sandbox::new();
    sandbox.write("m/sys/devices/platform/chip/hwmon/hwmon0/fan1_input", "nonsense\n");
    let mut watcher = sandbox.watch(|command| command.arg("--headless"));
    let row = || sandbox.run(&["status"]).stdout.lines().find(|line| line.contains("fan1")).map(str::to_string);
    let row = wait_for("the fan that does not answer", || row().filter(|row| row.contains("unsupported")));
    let name = "  fan1".len();
    assert!(row[name..].trim_start().starts_with("unsupported: "), "{row}");
    assert!(row.find("unsupported").unwrap() < 34, "{row}");
    watcher.terminate();
}

#[test]
fn top_shows_a_table_before_it_has_measured() {
    let sandbox = Sandbox::new();
    let mut child = sandbox.on_terminal(&["top", "--interval", "1h"]).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdout, said) = (child.stdout.take().unwrap(), Arc::<Mutex<Vec<u8>>>::default());
    let into = said.clone();
    let reader = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stdout.read(&mut bytes) {
            into.lock().unwrap().extend(&bytes[..count]);
        }
    });
    let text = || String::from_utf8_lossy(&said.lock().unwrap()).into_owned();
    let table = wait_for("the first table", || Some(text()).filter(|text| text.contains("measuring for 1 h")));
    assert!(table.contains("MEMORY") && table.contains(" MiB"), "{table}");
    // The terminal goes, and what runs on it with it.
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
}

#[test]
fn the_measured_table_takes_the_place_of_the_first_one() {
    let sandbox = Sandbox::new();
    let shown = sandbox.on_terminal(&["top", "--interval", "50ms", "-n", "3"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let (first, measured) =
        shown.split_once("\x1b[5A\r\x1b[J").expect("three processes, a heading and a note are taken back");
    assert!(first.contains("measuring for 50 ms") && !measured.contains("measuring"), "{shown:?}");
    assert_eq!(
        measured.lines().count(),
        5,
        "a heading, three processes and why nothing is known of GPUs: {measured:?}"
    );
    let piped = sandbox.run(&["top", "--interval", "50ms"]).stdout;
    assert!(!piped.contains("measuring") && !piped.contains('\x1b'), "{piped:?}");
    assert_eq!(piped.matches("MEMORY").count(), 1);
}
