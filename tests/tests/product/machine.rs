//! `--root` shows the whole product another machine than this one.

use hoofbeat_product_tests::Sandbox;
use hoofbeat_product_tests::sandbox::repository;

#[test]
fn every_machine_folder_is_recorded_as_that_machine() {
    let folder = repository().join("tests/machines");
    let machines = std::fs::read_dir(&folder).expect("the machines lie there").flatten();
    let mut machines: Vec<_> = machines
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_none() && path.join("proc/meminfo").exists())
        .collect();
    machines.sort();
    assert!(!machines.is_empty(), "no machine in {}", folder.display());
    for machine in machines {
        let sandbox = Sandbox::new();
        let root = machine.to_str().expect("our own names are text");
        let ended = sandbox.run(&["--root", root, "watch", "--headless", "--for", "3s"]);
        assert!(ended.status.success(), "{root}: {}", String::from_utf8_lossy(&ended.stderr));

        let meminfo = std::fs::read_to_string(machine.join("proc/meminfo")).expect("it is there");
        let kib = meminfo
            .lines()
            .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<f64>().ok());
        let status = sandbox.json(&["status"]);
        let value = |id: &str, metric: &str| {
            let sources = status["sources"].as_array().expect("sources are a list");
            let source = sources.iter().find(|source| source["id"] == id)?;
            source["metrics"][metric]["value"].as_f64()
        };
        assert_eq!(value("memory", "memory.total"), kib.map(|kib| kib * 1024.0), "{root}");

        let loadavg = std::fs::read_to_string(machine.join("proc/loadavg")).unwrap_or_default();
        let load =
            loadavg.split_whitespace().next().and_then(|word| word.parse().ok()).filter(|load: &f64| load.is_finite());
        assert_eq!(value("cpu", "cpu.load.1m"), load, "{root}");
    }
}
